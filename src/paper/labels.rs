//! Quantities of classifiers: labels on a quarter of the circle, where every precision is at hand.
//!
//! The training points divide the quarter circle evenly, both ends included; the test points do so with an offset of
//! `11/37` of their distance, so that none lies midway between two training points. With the parameter `seed` both are
//! random points of the sphere's positive octant instead (uniform on the simplex, divided by the norm).

use rug::{Float, Rational};

use super::claim::{Answer, Measured};
use super::experiment::singular;
use super::laboratory::Laboratory;
use super::parameters::{Parameters, unknown};
use crate::activation::Expr;
use crate::classifier::certain::{
    AtAnyPrecision, Deep, OrderedGap, Precision, Prediction, dual_of, interpolant, regression,
};
use crate::classifier::{
    Decision, Dirichlet, Training, Weight, generator, majority, nearest, on_the_sphere, smoother,
};
use crate::error::{Error, Result};
use crate::gram::Points;
use crate::kernel::Kind;
use crate::limit::Interior;
use crate::real::{Ball, Bits, Quantity, Real, Value};
use crate::recursion::{Correlation, Scaled};

/// Bits beyond which a sign is given up.
const MOST: Bits = 8192;

pub(super) fn training_of(p: &Parameters) -> Result<Training> {
    let labels: Vec<usize> = p.wholes("labels")?.iter().map(|l| *l as usize).collect();
    let n = labels.len() as u64;
    if !(2..=300).contains(&n) {
        return Err(Error::Domain("from 2 to 300 labels are wanted".into()));
    }
    if p.has("seed") {
        return Training::new(cloud(p, 0, n)?, labels);
    }
    let angles = (0..n).map(|i| Rational::from((i, 2 * (n - 1)))).collect();
    Training::new(Points::on_circle(angles)?, labels)
}

pub(super) fn tests_of(p: &Parameters) -> Result<Points> {
    let n = p.whole_or("tests", 60)?;
    if !(1..=10_000).contains(&n) {
        return Err(Error::Domain(
            "from 1 to 10000 test points are wanted".into(),
        ));
    }
    if p.has("seed") {
        return cloud(p, p.wholes("labels")?.len() as u64, n);
    }
    let angle = |i| Rational::from((37 * i + 11, 74 * n));
    Points::on_circle((0..n).map(angle).collect())
}

/// The points `skipped..skipped + n` of a random stream.
fn cloud(p: &Parameters, skipped: u64, n: u64) -> Result<Points> {
    let law = Dirichlet::new(&[1.0; 3])?;
    let mut stream = generator(p.whole("seed")?);
    let rows = (0..skipped + n)
        .flat_map(|_| on_the_sphere(&law.sample(&mut stream)))
        .skip(3 * skipped as usize)
        .collect();
    Points::new(3, rows)
}

fn share(count: usize, of: usize) -> Measured {
    let exact = Rational::from((count as u64, of as u64));
    let midpoint = Float::with_val(64, &exact);
    // 64 bits hold the quotient exactly, or to 2^-64
    let radius = if midpoint == exact { 0 } else { 1 };
    Measured::Number(Quantity {
        value: Value::Finite {
            midpoint,
            radius: Float::with_val(32, radius) >> 64,
        },
        exact: Some(exact.to_string()),
    })
}

fn deep(p: &Parameters) -> Result<Deep> {
    let kind = if p.has("kernel") {
        p.text("kernel")?
    } else {
        "ntk"
    };
    let kind = match kind {
        "ntk" => Kind::Ntk,
        "nngp" => Kind::Nngp,
        other => return Err(unknown("kernel", other, &["ntk", "nngp"])),
    };
    Deep::new(p.activation("activation")?, p.whole("depth")?, kind)
}

pub(super) fn gaps_at(training: &Training, tests: &Points) -> Vec<Vec<f64>> {
    let (a, b) = (
        training.points().exactly::<f64>(53),
        tests.exactly::<f64>(53),
    );
    (0..tests.len())
        .map(|t| {
            let gap = |i| {
                let same = training.points().same(i, tests, t);
                a.correlation(i, &b, t, same).gap()
            };
            (0..training.points().len()).map(gap).collect()
        })
        .collect()
}

/// `sign(sum y_i g(rho_i))` with the Koenigs function at the interior fixed point.
fn balanced(expr: &Expr, training: &Training, gaps: &[Vec<f64>]) -> Result<Vec<Decision>> {
    let bits = 192;
    let dual = dual_of::<Ball>(expr, bits)?;
    let limit = Interior::new(&dual, bits).ok_or_else(|| {
        Error::Domain(format!("`{expr}` has no attracting fixed point in (0, 1)"))
    })?;
    let weight = |gap: f64| {
        let gap = Ball::exact(Float::with_val(bits, gap));
        let g = limit.next_order(&Correlation::gap_of(gap));
        Weight::of(g.map_or(f64::NAN, |g| g.to_f64()))
    };
    let (labels, classes) = (training.labels(), training.classes());
    let one = |g: &Vec<f64>| smoother(labels, classes, g, weight, 1e-12);
    Ok(gaps.iter().map(one).collect())
}

fn predicted(
    lab: &Laboratory,
    p: &Parameters,
    training: &Training,
    tests: &Points,
) -> Result<Vec<Decision>> {
    let gaps = gaps_at(training, tests);
    let expr = p.activation("activation")?;
    let (labels, classes) = (training.labels(), training.classes());
    Ok(match p.text("with")? {
        "majority" => vec![majority(labels, classes); tests.len()],
        "nearest" => {
            let one = |g: &Vec<f64>| nearest(labels, classes, g);
            gaps.iter().map(one).collect()
        }
        "koenigs" => {
            let kernel = singular(lab, &expr)?;
            let weight = |t| Weight::of_kernel(&kernel, t);
            let one = |g: &Vec<f64>| smoother(labels, classes, g, weight, 1e-9);
            gaps.iter().map(one).collect()
        }
        "balanced" => balanced(&expr, training, &gaps)?,
        "interpolant" => interpolant(&OrderedGap::new(expr)?, training, tests, MOST)?.0,
        other => {
            let known = ["majority", "nearest", "koenigs", "balanced", "interpolant"];
            return Err(unknown("classifier", other, &known));
        }
    })
}

fn solved(p: &Parameters, precision: Precision) -> Result<(Prediction, Training, Points)> {
    let (training, tests) = (training_of(p)?, tests_of(p)?);
    let answer = regression(&deep(p)?, &training, &tests, precision)?;
    Ok((answer, training, tests))
}

fn note(answer: &Prediction) -> String {
    let s = &answer.solved;
    let power = |log: f64| {
        if log == f64::NEG_INFINITY {
            "0".into()
        } else {
            format!("2^{log:.0}")
        }
    };
    let matrix = if s.singular {
        "a matrix that is not seen to be positive definite".into()
    } else {
        format!(
            "residual {}, condition {}",
            power(s.residual),
            power(s.condition)
        )
    };
    format!(
        "kernel regression in {}: {matrix}, {} of {} labels open",
        s.words(),
        answer.undecided(),
        answer.decisions.len()
    )
}

pub(super) fn agreement(lab: &Laboratory, p: &Parameters) -> Answer {
    let (answer, training, tests) = solved(p, Precision::Automatic { most: MOST })?;
    let rule = predicted(lab, p, &training, &tests)?;
    let same = answer
        .decisions
        .iter()
        .zip(&rule)
        .filter(|(a, b)| a.label.is_some() && a.label == b.label)
        .count();
    Ok((share(same, tests.len()), vec![note(&answer)]))
}

pub(super) fn interpolant_distance(_: &Laboratory, p: &Parameters) -> Answer {
    let (answer, training, tests) = solved(p, Precision::Automatic { most: MOST })?;
    let g = OrderedGap::new(p.activation("activation")?)?;
    let (limit, bits) = interpolant(&g, &training, &tests, MOST)?;
    let margins: Vec<f64> = limit.iter().map(|d| d.margin().to_f64()).collect();
    let high = margins.iter().fold(f64::MIN, |m, x| m.max(*x));
    let low = margins.iter().fold(f64::MAX, |m, x| m.min(*x));
    let pairs = answer.decisions.iter().zip(&margins);
    let far = pairs.fold(0.0, |m: f64, (d, x)| m.max((d.margin().to_f64() - x).abs()));
    let notes = vec![
        note(&answer),
        format!("interpolant in mpfr at {bits} bits, from {low:.6} to {high:.6}"),
    ];
    Ok((relatively(far / (high - low), 1e-8), notes))
}

/// A double that is known to a relative error.
fn relatively(x: f64, error: f64) -> Measured {
    Measured::within(x, x.abs() * error)
}

/// A kernel with something added to its diagonal.
struct Ridged(Deep, Rational);

impl AtAnyPrecision for Ridged {
    fn kernel<R: Real + Send + Sync + 'static>(
        &self,
        bits: Bits,
    ) -> Result<Box<dyn Fn(&Correlation<R>) -> Result<Scaled<R>> + Send + Sync + '_>> {
        let inner = self.0.kernel::<R>(bits)?;
        Ok(Box::new(move |place| {
            let k = inner(place)?;
            if place.gap().sign() != Some(std::cmp::Ordering::Equal) {
                return Ok(k);
            }
            Ok(Scaled::plain(&k.value() + &R::rational(&self.1, bits)))
        }))
    }

    fn roundings(&self) -> f64 {
        self.0.roundings()
    }
}

pub(super) fn ridge_majority(_: &Laboratory, p: &Parameters) -> Answer {
    let (training, tests) = (training_of(p)?, tests_of(p)?);
    let family = Ridged(deep(p)?, p.number("ridge")?);
    let answer = regression(
        &family,
        &training,
        &tests,
        Precision::Automatic { most: MOST },
    )?;
    let counts = training.counts();
    if counts.len() != 2 {
        return Err(Error::Domain("two classes are wanted".into()));
    }
    let mean = (counts[1] as f64 - counts[0] as f64) / training.labels().len() as f64;
    let far = answer
        .decisions
        .iter()
        .fold(0.0, |m: f64, d| m.max((d.margin().to_f64() - mean).abs()));
    Ok((
        relatively(far, 1e-6),
        vec![note(&answer), format!("the mean label is {mean:.6}")],
    ))
}

pub(super) fn decided(_: &Laboratory, p: &Parameters) -> Answer {
    let precision = match p.text("arithmetic")? {
        "f64" => Precision::Double,
        "automatic" => Precision::Automatic { most: MOST },
        "ball" => Precision::Proved { most: MOST },
        other => return Err(unknown("arithmetic", other, &["f64", "automatic", "ball"])),
    };
    let (answer, ..) = solved(p, precision)?;
    let all = answer.decisions.len();
    Ok((share(all - answer.undecided(), all), vec![note(&answer)]))
}

/// `S_l = dual(S_{l-1})` in doubles, as it stands, and the sign of `sum y_i S_L(x . x_i)`.
pub(super) fn naive_zeros(_: &Laboratory, p: &Parameters) -> Answer {
    let (training, tests) = (training_of(p)?, tests_of(p)?);
    let depth = p.whole("depth")?.min(1_000_000);
    let dual = dual_of::<f64>(&p.activation("activation")?, 53)?;
    let zero = |gaps: &Vec<f64>| {
        let sum: f64 = gaps
            .iter()
            .zip(training.labels())
            .map(|(t, label)| {
                let s = (0..depth).fold(1.0 - t, |s, _| dual.at(&s));
                if *label == 1 { s } else { -s }
            })
            .sum();
        sum == 0.0
    };
    let count = gaps_at(&training, &tests)
        .iter()
        .filter(|g| zero(g))
        .count();
    Ok((
        share(count, tests.len()),
        vec!["the kernel underflows to 0 and the sign is lost".into()],
    ))
}
