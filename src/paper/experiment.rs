//! The consistency experiment: two Dirichlet laws on the sphere's positive orthant, training sets of growing size.
//!
//! Densities and priors are those of the authors' published code (class +1 has the prior 0.4). A point of the simplex is
//! divided by its Euclidean norm; the sphere has dimension `d`, the space `d + 1`. Random numbers: ChaCha8, the same on every
//! machine; repetition `s` draws its training points from the stream of the seed `s` and its test points from that of
//! `2^32 + s`, so that training sets are nested and test sets the same for every `n`.

use std::sync::Arc;

use rand_distr::{Distribution, StandardUniform};
use rayon::prelude::*;

use super::laboratory::{Laboratory, unknown};
use crate::activation::Expr;
use crate::classifier::{
    Decision, Deep, Dirichlet, Factor, Family, Kind, Points, Sphere, Symmetric, Table, Training,
    Weight, bayes, generator, majority, nearest, on_the_sphere, power, smoother,
};
use crate::dual::closed_form;
use crate::error::{Error, Result};
use crate::limit::Koenigs;
use crate::recursion::Correlation;

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

/// The prior of class +1, which is class 1 here.
pub const PRIOR: f64 = 0.4;

/// A classifier of the experiment.
#[derive(Clone, Debug)]
pub enum Rule {
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

impl Rule {
    /// # Errors
    /// [`Error::Domain`] for a text that is none of the above.
    pub fn parse(text: &str) -> Result<Rule> {
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
            Ok(Rule::Deep(kind, depth, Expr::parse(phi)?))
        };
        match word {
            "bayes" => Ok(Rule::Bayes),
            "majority" => Ok(Rule::Majority),
            "nearest" => Ok(Rule::Nearest),
            "power" => Ok(Rule::Power(number(rest)?)),
            "limit" => Ok(Rule::Limit(Expr::parse(rest)?)),
            "ntk" => deep(Kind::Ntk),
            "nngp" => deep(Kind::Nngp),
            "regression" => match deep(Kind::Ntk)? {
                Rule::Deep(_, depth, phi) => Ok(Rule::Regression(depth, phi)),
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
pub struct Split {
    laws: [Dirichlet; 2],
    training: Training,
    tests: Vec<Vec<f64>>,
    truth: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

impl Split {
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
        let training = Training::new(Points::coordinates(rows.clone(), Sphere::Refuse)?, labels)?;
        Ok(Split {
            laws,
            training,
            tests,
            truth,
            rows,
        })
    }

    fn gaps(&self, x: &[f64]) -> Vec<f64> {
        let gap = |row: &Vec<f64>| {
            0.5 * row
                .iter()
                .zip(x)
                .map(|(a, b)| (a - b) * (a - b))
                .sum::<f64>()
        };
        self.rows.iter().map(gap).collect()
    }

    /// The labels that a rule gives to the test points.
    ///
    /// # Errors
    /// What the kernel says; [`Error::Timeout`].
    pub fn labels(&self, lab: &Laboratory, rule: &Rule) -> Result<Vec<Option<usize>>> {
        let smooth = |weight: &(dyn Fn(f64) -> Weight + Sync), error: f64| {
            self.each(lab, |x| {
                smoother(&self.training, &self.gaps(x), weight, error)
            })
        };
        match rule {
            Rule::Bayes => self.each(lab, |x| bayes(&[1.0 - PRIOR, PRIOR], &self.laws, x)),
            Rule::Majority => {
                let vote = majority(&self.training);
                self.each(lab, |_| vote.clone())
            }
            Rule::Nearest => self.each(lab, |x| nearest(&self.training, &self.gaps(x))),
            Rule::Power(a) => smooth(&power(*a), 1e-13),
            Rule::Limit(phi) => {
                let table = koenigs_table(lab, phi)?;
                smooth(&|t| table.weight(t), 10.0 * table.error())
            }
            Rule::Deep(kind, depth, phi) => {
                let table = deep_table(lab, *kind, *depth, phi)?;
                smooth(&|t| table.weight(t), 10.0 * table.error())
            }
            Rule::Regression(depth, phi) => self.regression(lab, *depth, phi),
        }
    }

    /// Kernel regression in doubles, entries by the kernel's table and divided by the diagonal.
    fn regression(&self, lab: &Laboratory, depth: u64, phi: &Expr) -> Result<Vec<Option<usize>>> {
        let table = deep_table(lab, Kind::Ntk, depth, phi)?;
        let deep = Deep::new(phi.clone(), depth, Kind::Ntk)?;
        let diagonal = deep.kernel::<f64>(53)?(&Correlation::Gap(0.0))?.ln();
        let n = self.rows.len();
        if n > 5000 {
            return Err(Error::Domain("regression takes at most 5000 points".into()));
        }
        let row = |i: usize| {
            let gaps = self.gaps(&self.rows[i]);
            (0..=i)
                .map(|j| {
                    let w = table.weight(gaps[j]);
                    if i == j {
                        1.0
                    } else {
                        w.sign * (w.log - diagonal).exp()
                    }
                })
                .collect::<Vec<f64>>()
        };
        let matrix = Symmetric::from_rows((0..n).into_par_iter().map(row).collect());
        let factor = Factor::new(&matrix);
        let undecided = || {
            Error::Unresolved(format!(
                "doubles do not decide the regression at depth {depth}"
            ))
        };
        let factor = factor.ok_or_else(undecided)?;
        let condition = factor.inverse_norm(n, 53) * matrix.norm();
        // the entries are known to about 1e-11
        if condition > 1e8 {
            return Err(undecided());
        }
        let y: Vec<f64> = self
            .training
            .labels()
            .iter()
            .map(|c| if *c == 1 { 1.0 } else { -1.0 })
            .collect();
        let w = factor.solved(&y);
        let slack = 1e-11 * condition;
        self.each(lab, |x| {
            let gaps = self.gaps(x);
            let k: Vec<Weight> = gaps.iter().map(|t| table.weight(*t)).collect();
            let top = k.iter().fold(f64::MIN, |m, k| m.max(k.log));
            let (mut sum, mut size) = (0.0, 0.0);
            for (k, w) in k.iter().zip(&w) {
                let term = k.sign * (k.log - top).exp() * w;
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
        mean_and_error(&self.hits.iter().map(number).collect::<Vec<Vec<f64>>>())
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
        mean_and_error(&pairs)
    }
}

/// With one repetition the spread over the test points, with several the larger of that and the spread over the
/// repetitions (each has a training set of its own).
fn mean_and_error(values: &[Vec<f64>]) -> (f64, f64) {
    let all: Vec<f64> = values.iter().flatten().copied().collect();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let error = |v: &[f64]| {
        let m = mean(v);
        let n = v.len() as f64;
        (v.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (n * (n - 1.0).max(1.0))).sqrt()
    };
    let means: Vec<f64> = values.iter().map(|v| mean(v)).collect();
    let spread = if means.len() > 1 { error(&means) } else { 0.0 };
    (mean(&all), error(&all).max(spread))
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
    let parsed = Rule::parse(rule)?;
    if !(1..=1000).contains(&seeds) {
        return Err(Error::Domain("from 1 to 1000 seeds are wanted".into()));
    }
    lab.tally(
        &format!("{dimension} {points} {tests} {seeds} {rule}"),
        || {
            let mut out = Tally {
                labels: Vec::new(),
                hits: Vec::new(),
            };
            for seed in 1..=seeds {
                let split = Split::new(dimension, points, tests, seed)?;
                let labels = split.labels(lab, &parsed)?;
                out.hits.push(split.hits(&labels));
                out.labels.push(labels);
            }
            Ok(out)
        },
    )
}

/// The Koenigs kernel of an activation in the singular regime as a table.
pub(super) fn koenigs_table(lab: &Laboratory, phi: &Expr) -> Result<Arc<Table>> {
    lab.table(&format!("limit {phi}"), || {
        let dual = closed_form::<f64>(phi, 53).ok_or_else(|| {
            Error::Unresolved(format!(
                "the dual of `{phi}` has no closed form that is known"
            ))
        })?;
        if !matches!(dual.leading(), Some((1, _))) {
            return Err(Error::Domain(format!(
                "`{phi}` is not in the singular regime"
            )));
        }
        let h = Koenigs::new(&dual, 0.0, 24).ok_or_else(|| {
            Error::Unresolved(format!("the Koenigs function of `{phi}` was not found"))
        })?;
        Table::koenigs(&h)
    })
}

/// A kernel at finite depth as a table.
pub(super) fn deep_table(
    lab: &Laboratory,
    kind: Kind,
    depth: u64,
    phi: &Expr,
) -> Result<Arc<Table>> {
    lab.table(&format!("{kind:?} {depth} {phi}"), || {
        let deep = Deep::new(phi.clone(), depth, kind)?;
        let kernel = deep.kernel::<f64>(53)?;
        Table::new(|t| {
            // at rho = 0 itself the quotient is taken a little to the side
            let t = t.min(1.0 - 1e-9);
            let place = Correlation::gap_of(t);
            let log = kernel(&place)?.ln() - place.value().ln();
            if log.is_finite() {
                return Ok(log);
            }
            Err(Error::Unresolved(format!(
                "the kernel at depth {depth} is not positive at the gap {t}"
            )))
        })
    })
}
