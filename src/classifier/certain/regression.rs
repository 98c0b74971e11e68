//! Kernel regression `sign(y K^-1 k(x))`, in doubles where they suffice and in as many bits as it takes where not.
//!
//! **When a sign is certain.** Let every entry of `K` and `k` have the relative error `e` and let `w` solve `K w = y` with
//! the residual `r`. With `z = K^-1 k(x)` the score `k . w` is off by at most
//!
//! `|z| (e |K| |w| + |r|) + e |k| |w|`
//!
//! to first order, which holds where `e |K| |K^-1| n` is small (it is asked to be below `2^-6`, the condition estimated). A
//! label is given where the best score leads by more than both bounds: an estimate that errs on the safe side, not a
//! proof. In balls ([`Precision::Proved`]) the whole computation is enclosed, and a label is a proof.

use std::cmp::Ordering;

use rayon::prelude::*;
use rug::Float;

use super::deep::{AtAnyPrecision, Evaluator};
use super::symmetric::{Factor, Symmetric};
use crate::classifier::{Decision, Training, decided};
use crate::error::{Error, Result};
use crate::gram::{ExactPoints, Points};
use crate::real::{Arithmetic, Ball, Bits, Mpfr, Real};

/// In which arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Doubles, then MPFR from 128 bits on, doubled until every label is certain or `most` bits were not enough.
    Automatic {
        /// The last precision that is tried.
        most: Bits,
    },
    /// Doubles and nothing else.
    Double,
    /// MPFR at this precision and nothing else.
    Mpfr(Bits),
    /// Balls from 128 bits on, doubled likewise: labels are proved.
    Proved {
        /// The last precision that is tried.
        most: Bits,
    },
}

/// How an answer came about.
#[derive(Clone, Debug)]
pub struct Solved {
    /// The last arithmetic.
    pub arithmetic: Arithmetic,
    /// Its bits.
    pub bits: Bits,
    /// `log2` of the largest `|y - K w|` (of the middles, for balls) where the largest `|y|` is 1.
    pub residual: f64,
    /// `log2` of the estimated condition `|K| |K^-1|` in the norm of column sums.
    pub condition: f64,
    /// The matrix was not seen to be positive definite at the last precision: no labels.
    pub singular: bool,
}

impl Solved {
    /// `f64`, `mpfr at 256 bits`.
    pub fn words(&self) -> String {
        match self.arithmetic {
            Arithmetic::F64 => "f64".into(),
            Arithmetic::Mpfr => format!("mpfr at {} bits", self.bits),
            Arithmetic::Ball => format!("balls at {} bits", self.bits),
        }
    }
}

/// The answers.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// One per test point; the scores are those of the regression on the indicators of the classes.
    pub decisions: Vec<Decision>,
    /// In which arithmetic, with which residual.
    pub solved: Solved,
}

impl Prediction {
    /// Test points without a label.
    pub fn undecided(&self) -> usize {
        self.decisions.iter().filter(|d| d.label.is_none()).count()
    }
}

/// The regression on the training points, evaluated at the test points. Points that stand twice count once.
///
/// ```
/// use deeplimit::activation::Expr;
/// use deeplimit::classifier::Training;
/// use deeplimit::classifier::certain::{Deep, Precision, regression};
/// use deeplimit::{gram::Points, kernel::Kind};
/// let points = Points::new(2, vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0]).unwrap();
/// let training = Training::new(points, vec![0, 1, 1]).unwrap();
/// let tests = Points::new(2, vec![0.96, 0.28]).unwrap();
/// let deep = Deep::new(Expr::parse("relu").unwrap(), 3, Kind::Ntk).unwrap();
/// let answer = regression(&deep, &training, &tests, Precision::Automatic { most: 1024 }).unwrap();
/// assert_eq!(answer.decisions[0].label, Some(0));
/// ```
///
/// # Errors
/// [`Error::Domain`] where training and test points have different dimensions; what the kernel says.
pub fn regression<F: AtAnyPrecision>(
    family: &F,
    training: &Training,
    tests: &Points,
    precision: Precision,
) -> Result<Prediction> {
    training.accepts(tests)?;
    let double = || attempt::<f64, F>(family, training, tests, 53, Arithmetic::F64);
    let mpfr = |bits| attempt::<Mpfr, F>(family, training, tests, bits, Arithmetic::Mpfr);
    let ball = |bits| attempt::<Ball, F>(family, training, tests, bits, Arithmetic::Ball);
    let climb = |mut answer: Prediction, most: Bits, next: &dyn Fn(Bits) -> Result<Prediction>| {
        let mut bits = answer.solved.bits.max(64) * 2;
        while answer.undecided() > 0 && bits <= most {
            answer = next(bits)?;
            bits *= 2;
        }
        Ok(answer)
    };
    match precision {
        Precision::Double => double(),
        Precision::Mpfr(bits) => mpfr(bits),
        Precision::Automatic { most } => climb(double()?, most, &mpfr),
        Precision::Proved { most } => climb(ball(128)?, most, &ball),
    }
}

/// `log2 |x|` to a few digits, minus infinity for 0.
fn log2<R: Real>(x: &R) -> f64 {
    let x = x.to_float();
    match x.get_exp() {
        Some(e) => f64::from(e) + Float::with_val(53, &x >> e).to_f64().abs().log2(),
        None if x.is_zero() => f64::NEG_INFINITY,
        None => f64::INFINITY,
    }
}

/// The kernel matrix divided by its diagonal, and what it was divided by (a logarithm).
fn gram<R: Real + Send + Sync>(
    kernel: &Evaluator<'_, R>,
    places: &ExactPoints<R>,
    kept: &[usize],
) -> Result<(Symmetric<R>, R)> {
    let diagonal = kernel(&places.correlation(kept[0], places, kept[0], true))?;
    let scale = diagonal.ln();
    if !scale.is_finite() {
        return Err(Error::Unresolved(
            "the kernel of a point with itself is not finite: B' is infinite".into(),
        ));
    }
    let rows = kept
        .par_iter()
        .enumerate()
        .map(|(a, i)| {
            kept[..=a]
                .iter()
                .map(|j| {
                    if i == j {
                        return Ok(R::int(1, scale.bits()));
                    }
                    let mut k = kernel(&places.correlation(*i, places, *j, false))?;
                    k.log = &k.log - &scale;
                    Ok(k.value())
                })
                .collect::<Result<Vec<R>>>()
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((Symmetric::from_rows(rows), scale))
}

fn attempt<R: Real + Send + Sync + 'static, F: AtAnyPrecision>(
    family: &F,
    training: &Training,
    tests: &Points,
    bits: Bits,
    arithmetic: Arithmetic,
) -> Result<Prediction> {
    let kernel = family.kernel::<R>(bits)?;
    let kept = training.distinct();
    let n = kept.len();
    let places = training.points().exactly::<R>(bits);
    let (matrix, scale) = gram(&kernel, &places, &kept)?;
    let mut solved = Solved {
        arithmetic,
        bits,
        residual: f64::INFINITY,
        condition: f64::INFINITY,
        singular: true,
    };
    let open = || Decision {
        label: None,
        scores: vec![Float::with_val(53, f64::NAN); training.classes()],
    };
    let nothing = |solved| Prediction {
        decisions: vec![open(); tests.len()],
        solved,
    };
    let Some(factor) = Factor::new(&matrix) else {
        return Ok(nothing(solved));
    };
    solved.singular = false;
    solved.condition = log2(&(&factor.inverse_norm(n, bits) * &matrix.norm()));
    let unit = R::int(1, bits).scale2(-(bits as i32));
    let error = if R::TRACKS_ERRORS {
        R::int(0, bits)
    } else {
        &unit * &R::int((family.roundings() + 4.0 * n as f64) as i64, bits)
    };
    let trusted = R::TRACKS_ERRORS || solved.condition + log2(&error) + (n as f64).log2() < -6.0;
    // e_c, w_c = K^-1 e_c, its residual and |K| |w_c|
    let classes: Vec<[Vec<R>; 3]> = (0..training.classes())
        .map(|c| {
            let indicator: Vec<R> = kept
                .iter()
                .map(|i| R::int(i64::from(training.labels()[*i] == c), bits))
                .collect();
            let w = factor.solved(&indicator);
            let image = matrix.times(&w);
            let residual: Vec<R> = indicator
                .iter()
                .zip(&image)
                .map(|(y, k)| (y - k).abs())
                .collect();
            let moduli = matrix.moduli_times(&w);
            [w, residual, moduli]
        })
        .collect();
    solved.residual = classes
        .iter()
        .flat_map(|c| c[1].iter().map(|r| log2(&r.midpoint())))
        .fold(f64::NEG_INFINITY, f64::max);
    let there = tests.exactly::<R>(bits);
    let decide = |t: usize| -> Result<Decision> {
        let mut column = kept
            .iter()
            .map(|i| {
                let same = training.points().same(*i, tests, t);
                kernel(&places.correlation(*i, &there, t, same))
            })
            .collect::<Result<Vec<_>>>()?;
        let size = |k: &crate::recursion::Scaled<R>| {
            k.log.to_f64() + log2(&k.mantissa) * std::f64::consts::LN_2
        };
        let largest = column
            .iter()
            .max_by(|a, b| size(a).total_cmp(&size(b)))
            .map_or_else(
                || scale.clone(),
                |k| {
                    let size = size(k);
                    if size.is_finite() {
                        R::int(size as i64, bits)
                    } else {
                        scale.clone()
                    }
                },
            );
        let k: Vec<R> = column
            .iter_mut()
            .map(|k| {
                k.log = &k.log - &largest;
                k.value()
            })
            .collect();
        let dot = |a: &[R], b: &[R]| {
            a.iter()
                .zip(b)
                .fold(R::int(0, bits), |s, (a, b)| s + &(a * b))
        };
        let moduli = |a: &[R], b: &[R]| {
            a.iter()
                .zip(b)
                .fold(R::int(0, bits), |s, (a, b)| s + &(&a.abs() * &b.abs()))
        };
        let scores: Vec<R> = classes.iter().map(|[w, ..]| dot(&k, w)).collect();
        let bounds: Vec<R> = if R::TRACKS_ERRORS {
            vec![R::int(0, bits); scores.len()]
        } else {
            let z = factor.solved(&k);
            let tiny = R::int(1, bits).scale2(-990);
            classes
                .iter()
                .map(|[w, residual, image]| {
                    let inside = &(&error * &moduli(&z, image)) + &moduli(&z, residual);
                    &(&inside + &(&error * &moduli(&k, w))) + &tiny
                })
                .collect()
        };
        let apart = |a: usize, b: usize| {
            let lead = &(&scores[a] - &scores[b]) - &(&bounds[a] + &bounds[b]);
            lead.sign() == Some(Ordering::Greater)
        };
        let doubles: Vec<Float> = scores.iter().map(R::to_float).collect();
        let order: Vec<&Float> = doubles.iter().collect();
        let label = if trusted {
            decided(&order, apart)
        } else {
            None
        };
        let back = (&largest - &scale).to_float().exp();
        Ok(Decision {
            label,
            scores: doubles
                .iter()
                .map(|s| Float::with_val(bits, s * &back))
                .collect(),
        })
    };
    let decisions = (0..tests.len())
        .into_par_iter()
        .map(decide)
        .collect::<Result<Vec<_>>>()?;
    Ok(Prediction { decisions, solved })
}
