//! The consistency experiment: two Dirichlet laws on the sphere's positive orthant, training sets of growing size.
//!
//! Densities and priors are those of the authors' published code (class +1 has the prior 0.4). A point of the simplex is
//! divided by its Euclidean norm; the sphere has dimension `d`, the space `d + 1`. Random numbers: ChaCha8, the same on every
//! machine; repetition `s` draws its training points from the stream of the seed `s` and its test points from that of
//! `2^32 + s`, so that training sets are nested and test sets the same for every `n`.

use std::sync::Arc;

use rand_distr::{Distribution, StandardUniform};
use rayon::prelude::*;

use super::laboratory::Laboratory;
use super::parameters::unknown;
use crate::activation::Expr;
use crate::classifier::{
    Decision, Definite, Dirichlet, Regression, Training, Weight, bayes, generator, majority,
    mean_and_error, nearest, on_the_sphere, power, smoother,
};
use crate::error::{Error, Result};
use crate::gram::{Gram, Lengths, Matrix, Points, gaps};
use crate::kernel::{Classifier, Depth, Kernel, Kind};

/// `d`, the parameters of class +1 (prior 0.4) and those of class -1.
pub const DIMENSIONS: [(u64, &[f64], &[f64]); 4] = [
    (1, &[1.0, 2.0], &[2.0, 1.0]),
    (2, &[0.5, 0.5, 2.5], &[2.5, 0.1, 0.5]),
    (4, &[3.0, 1.0, 2.0, 1.0, 1.0], &[1.0, 2.0, 2.0, 2.0, 3.0]),
    (
        8,
        &[1.0, 2.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        &[1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 2.0, 2.0, 1.0],
    ),
];

/// Added to the seed of a repetition for its test points: they are the same for every number of training points.
const TESTS: u64 = 1 << 32;

/// What the rounding of points drawn leaves of a weight, relatively: `alpha/2` times that of a gap.
const KNOWN: f64 = 1e-12;

/// The prior of class +1, which is class 1 here.
pub const PRIOR: f64 = 0.4;

/// A classifier of the experiment.
#[derive(Clone, Debug)]
pub enum Competitor {
    /// `bayes`
    Bayes,
    /// `majority`
    Majority,
    /// `nearest`
    Nearest,
    /// `power a`: weights `|x-x'|^-a`; the Hilbert estimate for `a = d`.
    Power(f64),
    /// `limit phi`: the Koenigs kernel.
    Limit(Expr),
    /// `ntk L phi`, `nngp L phi`: `sign(sum y_i K_L(x, x_i))`, the regression's sign where the matrix is diagonal to
    /// first order.
    Deep(Kind, u64, Expr),
    /// `regression L phi`: `sign(y K_L^-1 K_L(X, x))` with the tangent kernel, in doubles.
    Regression(u64, Expr),
}

impl Competitor {
    /// # Errors
    /// [`Error::Domain`] for a text that is none of the above.
    pub fn parse(text: &str) -> Result<Competitor> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let number = |text: &str| {
            text.parse::<f64>()
                .ok()
                .filter(|a| a.is_finite() && *a >= 0.0)
                .ok_or_else(|| Error::Domain(format!("`{text}` is no exponent")))
        };
        let deep = |kind| {
            let (depth, phi) = rest.split_once(' ').ok_or_else(|| {
                Error::Domain(format!("the rule `{text}` wants a depth and an activation"))
            })?;
            let depth = depth
                .parse()
                .map_err(|_| Error::Domain(format!("`{depth}` is no depth")))?;
            Ok(Competitor::Deep(kind, depth, Expr::parse(phi)?))
        };
        match word {
            "bayes" => Ok(Competitor::Bayes),
            "majority" => Ok(Competitor::Majority),
            "nearest" => Ok(Competitor::Nearest),
            "power" => Ok(Competitor::Power(number(rest)?)),
            "limit" => Ok(Competitor::Limit(Expr::parse(rest)?)),
            "ntk" => deep(Kind::Ntk),
            "nngp" => deep(Kind::Nngp),
            "regression" => match deep(Kind::Ntk)? {
                Competitor::Deep(_, depth, phi) => Ok(Competitor::Regression(depth, phi)),
                other => Ok(other),
            },
            _ => {
                let known = [
                    "bayes",
                    "majority",
                    "nearest",
                    "power a",
                    "limit phi",
                    "ntk L phi",
                    "nngp L phi",
                    "regression L phi",
                ];
                Err(unknown("rule", text, &known))
            }
        }
    }
}

/// Training and test set of one repetition.
#[derive(Clone, Debug)]
pub struct Repetition {
    laws: [Dirichlet; 2],
    training: Training,
    tests: Vec<Vec<f64>>,
    truth: Vec<usize>,
}

impl Repetition {
    /// `points` training points and `tests` test points on the sphere of this dimension.
    ///
    /// # Errors
    /// [`Error::Domain`] for a dimension without densities, or fewer than two points.
    pub fn new(dimension: u64, points: u64, tests: u64, seed: u64) -> Result<Self> {
        let Some((_, plus, minus)) = DIMENSIONS.iter().find(|d| d.0 == dimension) else {
            return Err(Error::Domain(format!(
                "the experiment has densities for the dimensions 1, 2, 4 and 8, not for {dimension}"
            )));
        };
        if !(2..=1_000_000).contains(&points) || !(1..=1_000_000).contains(&tests) {
            return Err(Error::Domain("from 2 to 1000000 points are wanted".into()));
        }
        let laws = [Dirichlet::new(minus)?, Dirichlet::new(plus)?];
        let draw = |count: u64, seed: u64| {
            let mut stream = generator(seed);
            let mut rows = Vec::new();
            let mut labels = Vec::new();
            for _ in 0..count {
                let uniform: f64 = StandardUniform.sample(&mut stream);
                let class = usize::from(uniform < PRIOR);
                rows.push(on_the_sphere(&laws[class].sample(&mut stream)));
                labels.push(class);
            }
            (rows, labels)
        };
        let (rows, labels) = draw(points, seed);
        let (tests, truth) = draw(tests, TESTS + seed);
        let points = Points::new(dimension as usize + 1, rows.concat())?;
        let training = Training::new(points, labels)?;
        Ok(Repetition {
            laws,
            training,
            tests,
            truth,
        })
    }

    /// Of a point to the training points, as they were drawn.
    fn gaps(&self, x: &[f64]) -> Vec<f64> {
        gaps(x, self.training.points().given())
    }

    /// The labels that a rule gives to the test points.
    ///
    /// # Errors
    /// What the kernel says; [`Error::Timeout`].
    pub fn labels(&self, lab: &Laboratory, rule: &Competitor) -> Result<Vec<Option<usize>>> {
        let (known, classes) = (self.training.labels(), self.training.classes());
        let smooth = |weight: &(dyn Fn(f64) -> Weight + Sync), error: f64| {
            self.each(lab, |x| {
                smoother(known, classes, &self.gaps(x), weight, error)
            })
        };
        let kernel = |kernel: &Kernel| {
            let error = KNOWN.max(10.0 * kernel.accuracy().measured);
            smooth(&|t| Weight::of_kernel(kernel, t), error)
        };
        match rule {
            Competitor::Bayes => self.each(lab, |x| bayes(&[1.0 - PRIOR, PRIOR], &self.laws, x)),
            Competitor::Majority => {
                let vote = majority(known, classes);
                self.each(lab, |_| vote.clone())
            }
            Competitor::Nearest => self.each(lab, |x| nearest(known, classes, &self.gaps(x))),
            Competitor::Power(a) => smooth(&power(*a), 1e-13),
            Competitor::Limit(phi) => kernel(&*singular(lab, phi)?),
            Competitor::Deep(kind, depth, phi) => {
                kernel(&*lab.kernel(phi, Depth::Layers(*depth), *kind)?)
            }
            Competitor::Regression(depth, phi) => {
                let deep = lab.kernel(phi, Depth::Layers(*depth), Kind::Ntk)?;
                // a diagonal beyond the doubles leaves nothing beside it
                match deep.diagonal().is_finite() {
                    true => self.regression(lab, &deep, *depth),
                    false => kernel(&deep),
                }
            }
        }
    }

    /// Kernel regression in doubles.
    fn regression(
        &self,
        lab: &Laboratory,
        kernel: &Kernel,
        depth: u64,
    ) -> Result<Vec<Option<usize>>> {
        let points = self.training.points();
        let n = points.len();
        if n > 5000 {
            return Err(Error::Domain("regression takes at most 5000 points".into()));
        }
        let gram = Gram::symmetric(kernel, points, Lengths::Unit)?.matrix();
        let sign = |c: &usize| if *c == 1 { 1.0 } else { -1.0 };
        let targets = Matrix {
            rows: n,
            columns: 1,
            values: self.training.labels().iter().map(sign).collect(),
        };
        let undecided = || {
            Error::Unresolved(format!(
                "doubles do not decide the regression at depth {depth}"
            ))
        };
        let fit = Regression::new(&gram, &targets, 0.0, Definite::Factored);
        let fit = fit.map_err(|_| undecided())?;
        let condition = fit.inverse_norm() * gram.norm();
        if condition > 1e8 {
            return Err(undecided());
        }
        let weights = fit.weights().values;
        // the entries are known to 1e-11, and better
        let slack = 1e-11 * condition;
        self.each(lab, |x| {
            let gaps = self.gaps(x);
            let (mut sum, mut size) = (0.0, 0.0);
            for (t, w) in gaps.iter().zip(&weights) {
                let term = kernel.at_gap(*t) * w;
                sum += term;
                size += term.abs();
            }
            Decision {
                label: (sum.abs() > slack * size).then_some(usize::from(sum > 0.0)),
                scores: Vec::new(),
            }
        })
    }

    fn each(
        &self,
        lab: &Laboratory,
        rule: impl Fn(&[f64]) -> Decision + Sync,
    ) -> Result<Vec<Option<usize>>> {
        self.tests
            .par_iter()
            .map(|x| {
                lab.deadline().check("the experiment")?;
                Ok(rule(x).label)
            })
            .collect()
    }

    /// Which test points got their own label.
    pub fn hits(&self, labels: &[Option<usize>]) -> Vec<bool> {
        labels
            .iter()
            .zip(&self.truth)
            .map(|(a, b)| *a == Some(*b))
            .collect()
    }
}

/// The labels of a rule in several repetitions.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Per repetition and test point.
    pub labels: Vec<Vec<Option<usize>>>,
    /// The same: is it the true label?
    pub hits: Vec<Vec<bool>>,
}

impl Tally {
    /// Mean and standard error of the mean over repetitions and test points.
    pub fn accuracy(&self) -> (f64, f64) {
        let number = |hits: &Vec<bool>| hits.iter().map(|h| f64::from(u8::from(*h))).collect();
        over_repetitions(&self.hits.iter().map(number).collect::<Vec<Vec<f64>>>())
    }

    /// Mean and standard error of the difference, test point by test point.
    pub fn lead(&self, over: &Tally) -> (f64, f64) {
        let pairs: Vec<Vec<f64>> = self
            .hits
            .iter()
            .zip(&over.hits)
            .map(|(a, b)| {
                a.iter()
                    .zip(b)
                    .map(|(a, b)| f64::from(u8::from(*a)) - f64::from(u8::from(*b)))
                    .collect()
            })
            .collect();
        over_repetitions(&pairs)
    }
}

/// With one repetition the spread over the test points, with several the larger of that and the spread over the
/// repetitions (each has a training set of its own).
fn over_repetitions(values: &[Vec<f64>]) -> (f64, f64) {
    let all: Vec<f64> = values.iter().flatten().copied().collect();
    let means: Vec<f64> = values.iter().map(|v| mean_and_error(v).0).collect();
    let ((mean, error), (_, spread)) = (mean_and_error(&all), mean_and_error(&means));
    (mean, error.max(spread))
}

/// What claims and figures ask for: a rule on `seeds` repetitions, kept for the next who asks.
pub(super) fn tally(
    lab: &Laboratory,
    dimension: u64,
    points: u64,
    tests: u64,
    seeds: u64,
    rule: &str,
) -> Result<Arc<Tally>> {
    let parsed = Competitor::parse(rule)?;
    if !(1..=1000).contains(&seeds) {
        return Err(Error::Domain("from 1 to 1000 seeds are wanted".into()));
    }
    lab.kept(
        &format!("{dimension} {points} {tests} {seeds} {rule}"),
        || {
            let mut out = Tally {
                labels: Vec::new(),
                hits: Vec::new(),
            };
            for seed in 1..=seeds {
                let split = Repetition::new(dimension, points, tests, seed)?;
                let labels = split.labels(lab, &parsed)?;
                out.hits.push(split.hits(&labels));
                out.labels.push(labels);
            }
            Ok(out)
        },
    )
}

/// The limit kernel of an activation in the singular regime.
pub(super) fn singular(lab: &Laboratory, phi: &Expr) -> Result<Arc<Kernel>> {
    let kernel = lab.kernel(phi, Depth::Infinite, Kind::Ntk)?;
    match kernel.classifier() {
        Classifier::Smoother => Ok(kernel),
        _ => Err(Error::Domain(format!(
            "`{phi}` is not in the singular regime"
        ))),
    }
}
