//! The protocol of Arora, Du, Li, Salakhutdinov, Wang and Yu (2020) on the classification sets of Fernandez-Delgado et al.
//! (2014): hyperparameters by one split into halves, accuracy by four folds.
//!
//! The published classifier is a C-SVM; here it is kernel ridge regression on one-hot targets of mean zero, with a ridge
//! relative to the mean diagonal in place of `C`. Rows stand in two geometries:
//!
//! * **as they are**: the standardised features, as in the authors' code. ReLU is homogeneous, so lengths count exactly;
//!   a row of zeros has kernel 0. Rules `ntk` and `nearest`.
//! * **on the sphere**: a constant coordinate `sqrt(D)` (the root mean square length of the rows) is put beside the `D`
//!   features and the row divided by its length, which keeps all rows apart, those of zeros too. The limits of infinitely
//!   deep networks live there. All other rules.

use std::sync::Arc;

use rayon::prelude::*;

use super::experiment::koenigs_table;
use super::grid::GRID;
use super::laboratory::{Laboratory, unknown};
use super::source::Rows;
use crate::activation::Expr;
use crate::classifier::{self, Table, Weight};
use crate::error::{Error, Result};
use crate::gram::folds::distinct;
use crate::gram::{Gram, Lengths, Matrix, Points, Regression, classes, one_hot};
use crate::kernel::{Depth, Kind};

/// Ridges over the mean diagonal, from smooth to rough.
const RIDGES: [f64; 7] = [10.0, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5];
/// Exponents of the singular smoothers, and dimensions of the optimal activations.
const EXPONENTS: [u32; 10] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/// The rules of the table.
pub const RULES: [&str; 13] = [
    "ntk",
    "power",
    "limit",
    "hilbert",
    "nearest",
    "nearest sphere",
    "deep 1",
    "deep 3",
    "deep 10",
    "deep 30",
    "deep 100",
    "deep 1000",
    "majority",
];

/// A classifier with what is chosen by validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `ntk`: regression with the tangent kernel of ReLU networks of `L = 1..=5` layers of weights of which the first
    /// `L' < L` are fixed; `L`, `L'` and the ridge are chosen. The published grid.
    Ntk,
    /// `power`: the smoother `|x-x'|^-alpha` on the sphere; `alpha` is chosen.
    Power,
    /// `limit`: the smoother of the infinitely deep network with the activation `optimal(d)`; `d` is chosen.
    Limit,
    /// `hilbert`: the smoother `|x-x'|^-D`, `D` the dimension of the sphere: consistent, and nothing to choose.
    Hilbert,
    /// `nearest`: the nearest row.
    Nearest,
    /// `nearest sphere`: the same on the sphere, the limit of `power` for large `alpha`.
    NearestOnSphere,
    /// `deep L`: regression with the tangent kernel of ReLU networks of `L` hidden layers on the sphere; the ridge is chosen.
    Deep(u64),
    /// `majority`: the largest class, what `deep L` becomes as `L` grows.
    Majority,
}

impl Rule {
    /// # Errors
    /// [`Error::Domain`] for a text that is none of the above.
    pub fn parse(text: &str) -> Result<Rule> {
        Ok(match text {
            "ntk" => Rule::Ntk,
            "power" => Rule::Power,
            "limit" => Rule::Limit,
            "hilbert" => Rule::Hilbert,
            "nearest" => Rule::Nearest,
            "nearest sphere" => Rule::NearestOnSphere,
            "majority" => Rule::Majority,
            _ => {
                let depth = text.strip_prefix("deep ").and_then(|l| l.parse().ok());
                match depth {
                    Some(l) if (1..=1_000_000).contains(&l) => Rule::Deep(l),
                    _ => return Err(unknown("rule", text, &RULES)),
                }
            }
        })
    }
}

/// What a rule did on a set.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The accuracy in each fold.
    pub folds: Vec<f64>,
    /// What was chosen, in words; empty where there was nothing to choose.
    pub chosen: String,
    /// Different rows that the folds test.
    pub rows: usize,
}

impl Outcome {
    /// The mean over the folds.
    pub fn accuracy(&self) -> f64 {
        self.folds.iter().sum::<f64>() / self.folds.len() as f64
    }

    /// The binomial standard error of the mean. The four test parts overlap, so they are no independent tests: a row counts
    /// once.
    pub fn error(&self) -> f64 {
        let p = self.accuracy();
        (p * (1.0 - p) / self.rows as f64).sqrt()
    }
}

/// A rule on a set of the laboratory's source, computed by the first who asks.
///
/// # Errors
/// Those of the source, [`Error::Domain`] for an unknown rule, [`Error::Timeout`].
pub fn outcome(lab: &Laboratory, set: &str, rule: &str) -> Result<Arc<Outcome>> {
    let parsed = Rule::parse(rule)?;
    lab.outcome(&format!("{set} {rule}"), || {
        let rows = lab.rows(set)?;
        let named = |e| match e {
            Error::Data(text) => Error::Data(format!("{set}: {text}")),
            e => e,
        };
        Bench { lab, rows: &rows }.outcome(parsed).map_err(named)
    })
}

/// Classes of test rows from training rows.
type Predict<'a> = Box<dyn Fn(&[usize], &[usize]) -> Result<Vec<usize>> + 'a>;

/// Something to choose from, in words, and what it predicts.
struct Candidate<'a> {
    words: String,
    predict: Predict<'a>,
}

struct Bench<'a> {
    lab: &'a Laboratory,
    rows: &'a Rows,
}

impl Bench<'_> {
    fn outcome(&self, rule: Rule) -> Result<Outcome> {
        let (chosen, predict) = match rule {
            Rule::Majority => (String::new(), self.majority()),
            Rule::Nearest => (String::new(), self.nearest(self.as_they_are()?)),
            Rule::NearestOnSphere => (String::new(), self.nearest(self.on_the_sphere()?)),
            Rule::Hilbert => {
                let alpha = self.rows.dimension() as f64;
                (String::new(), self.power(self.on_the_sphere()?, alpha))
            }
            Rule::Power => {
                let points = self.on_the_sphere()?;
                self.best(EXPONENTS.into_iter().map(|a| Candidate {
                    words: format!("alpha = {a}"),
                    predict: self.power(points.clone(), f64::from(a)),
                }))?
            }
            Rule::Limit => {
                let points = self.on_the_sphere()?;
                let made: Result<Vec<_>> = EXPONENTS
                    .into_iter()
                    .map(|d| {
                        let table =
                            koenigs_table(self.lab, &Expr::parse(&format!("optimal({d})"))?)?;
                        Ok(Candidate {
                            words: format!("d = {d}"),
                            predict: self.limit(points.clone(), table),
                        })
                    })
                    .collect();
                self.best(made?.into_iter())?
            }
            Rule::Deep(depth) => {
                let kernel = self.lab.kernel("relu", Depth::Layers(depth), Kind::Ntk)?;
                let points = self.on_the_sphere()?;
                let matrices = move |train: &[usize], test: &[usize]| {
                    let (own, new) = (points.selected(train)?, points.selected(test)?);
                    Ok([
                        Gram::symmetric(&kernel, &own, Lengths::Unit)?.matrix(),
                        Gram::cross(&kernel, &new, &own, Lengths::Unit)?.matrix(),
                    ])
                };
                return self.regressions(vec![(String::new(), Box::new(matrices))]);
            }
            Rule::Ntk => return self.grid(),
        };
        self.tested(chosen, &predict)
    }

    fn as_they_are(&self) -> Result<Points> {
        Points::with_zero_rows(self.rows.dimension(), self.rows.values().to_vec())
    }

    fn on_the_sphere(&self) -> Result<Points> {
        let d = self.rows.dimension();
        let more = (d as f64).sqrt();
        let rows = self.rows.values().chunks_exact(d);
        let beside = rows.flat_map(|r| r.iter().copied().chain([more])).collect();
        Points::new(d + 1, beside)
    }

    fn labels(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter().map(|r| self.rows.labels()[*r]).collect()
    }

    fn share(&self, predicted: &[usize], rows: &[usize]) -> f64 {
        let labels = self.labels(rows);
        let hits = predicted.iter().zip(&labels).filter(|(a, b)| a == b);
        hits.count() as f64 / rows.len() as f64
    }

    /// The first of the best in validation.
    fn best<'a>(
        &self,
        candidates: impl Iterator<Item = Candidate<'a>>,
    ) -> Result<(String, Predict<'a>)> {
        let [train, validation] = self.rows.tuning();
        let mut best: Option<(f64, Candidate)> = None;
        for candidate in candidates {
            self.lab.deadline().check("the choice by validation")?;
            let accuracy = self.share(&(candidate.predict)(train, validation)?, validation);
            if best.as_ref().is_none_or(|(top, _)| accuracy > *top) {
                best = Some((accuracy, candidate));
            }
        }
        let (_, candidate) =
            best.ok_or_else(|| Error::Domain("there is nothing to choose from".to_owned()))?;
        Ok((candidate.words, candidate.predict))
    }

    fn tested(&self, chosen: String, predict: &Predict) -> Result<Outcome> {
        let mut folds = Vec::new();
        for [train, test] in self.rows.folds() {
            self.lab.deadline().check("the folds")?;
            folds.push(self.share(&predict(train, test)?, test));
        }
        Ok(Outcome {
            folds,
            chosen,
            rows: distinct(self.rows.folds().iter().map(|[_, test]| test.as_slice())),
        })
    }

    fn majority<'a>(&'a self) -> Predict<'a> {
        Box::new(|train, test| {
            let mut count = vec![0usize; self.rows.classes()];
            self.labels(train).iter().for_each(|c| count[*c] += 1);
            let largest = (0..count.len()).fold(0, |b, c| if count[c] > count[b] { c } else { b });
            Ok(vec![largest; test.len()])
        })
    }

    fn nearest<'a>(&'a self, points: Points) -> Predict<'a> {
        let sphere = points.dimension() > self.rows.dimension();
        Box::new(move |train, test| {
            let labels = self.labels(train);
            let rows = if sphere {
                points.unit()
            } else {
                points.given()
            };
            let closest = |x: &usize| {
                let far = distances(rows, points.dimension(), *x, train);
                let at = (0..far.len()).fold(0, |b, i| if far[i] < far[b] { i } else { b });
                labels[at]
            };
            Ok(test.par_iter().map(closest).collect())
        })
    }

    fn power<'a>(&'a self, points: Points, alpha: f64) -> Predict<'a> {
        self.smoother(points, classifier::power(alpha))
    }

    /// The kernel of an odd activation is odd.
    fn limit<'a>(&'a self, points: Points, table: Arc<Table>) -> Predict<'a> {
        self.smoother(points, move |t| match t <= 1.0 {
            true => table.weight(t),
            false => Weight {
                sign: -1.0,
                ..table.weight(2.0 - t)
            },
        })
    }

    /// `argmax_c sum_(i of class c) w(t_i)`, `t_i = |x - x_i|^2/2`; of rows that are equal to `x`, where there are any, alone.
    /// Weights are taken relative to the largest, so that none leaves the doubles.
    fn smoother<'a>(
        &'a self,
        points: Points,
        weight: impl Fn(f64) -> Weight + Sync + 'a,
    ) -> Predict<'a> {
        Box::new(move |train, test| {
            let labels = self.labels(train);
            let vote = |x: &usize| {
                let far = distances(points.unit(), points.dimension(), *x, train);
                let equal = far.contains(&0.0);
                let weights: Vec<Weight> = far
                    .iter()
                    .map(|d| match equal {
                        true => Weight::of(f64::from(u8::from(*d == 0.0))),
                        false => weight(d / 2.0),
                    })
                    .collect();
                let most = weights.iter().fold(f64::NEG_INFINITY, |m, w| m.max(w.log));
                let mut votes = vec![0.0; self.rows.classes()];
                for (w, class) in weights.iter().zip(&labels) {
                    votes[*class] += w.sign * (w.log - most).exp();
                }
                (0..votes.len()).fold(0, |b, c| if votes[c] > votes[b] { c } else { b })
            };
            Ok(test.par_iter().map(vote).collect())
        })
    }

    /// The published grid of tangent kernels, all from one matrix of products.
    fn grid(&self) -> Result<Outcome> {
        let points = self.as_they_are()?;
        let plain = self.lab.kernel("x", Depth::Layers(1), Kind::Nngp)?;
        let products = Arc::new(Gram::symmetric(&plain, &points, Lengths::Keep)?.matrix());
        let lengths: Arc<[f64]> = points.lengths().into();
        let mut families: Vec<(String, Family)> = Vec::new();
        let grid = GRID.as_ref().ok_or_else(|| {
            Error::Domain("a kernel of the grid is infinite somewhere".to_owned())
        })?;
        for member in grid {
            let (products, lengths) = (Arc::clone(&products), Arc::clone(&lengths));
            let mapped = move |rows: &[usize], columns: &[usize]| {
                let mut k = products.selected(rows, columns)?;
                let entries = k.values.par_chunks_mut(columns.len()).zip(rows);
                entries.for_each(|(row, i)| {
                    let both = |j: &usize| lengths[*i] * lengths[*j];
                    // a row of zeros has no direction, and its kernel is 0
                    let rho = |(value, j): (&f64, &usize)| match both(j) {
                        0.0 => 0.0,
                        both => *value / both,
                    };
                    let rho: Vec<f64> = row.iter().zip(columns).map(rho).collect();
                    member.lines.at_all(&rho, row, member.ends);
                    for (value, j) in row.iter_mut().zip(columns) {
                        *value *= both(j);
                    }
                });
                Ok(k)
            };
            let matrices = move |train: &[usize], test: &[usize]| -> Result<[Matrix; 2]> {
                Ok([mapped(train, train)?, mapped(test, train)?])
            };
            let words = format!("L = {}, L' = {}, ", member.layers, member.fixed);
            families.push((words, Box::new(matrices)));
        }
        self.regressions(families)
    }

    /// Kernel regressions: the family and the ridge are chosen, each matrix is made once.
    fn regressions(&self, families: Vec<(String, Family)>) -> Result<Outcome> {
        let [train, validation] = self.rows.tuning();
        let mut best: Option<(f64, usize, f64)> = None;
        for (n, (_, matrices)) in families.iter().enumerate() {
            let pair = matrices(train, validation)?;
            for ridge in RIDGES {
                self.lab.deadline().check("the choice by validation")?;
                let accuracy = self.share(&self.regressed(&pair, train, ridge)?, validation);
                if best.is_none_or(|(top, ..)| accuracy > top) {
                    best = Some((accuracy, n, ridge));
                }
            }
        }
        let (_, n, ridge) =
            best.ok_or_else(|| Error::Domain("there is nothing to choose from".to_owned()))?;
        let (words, matrices) = &families[n];
        let chosen = format!("{words}ridge {ridge:e}");
        let predict: Predict =
            Box::new(|train, test| self.regressed(&matrices(train, test)?, train, ridge));
        self.tested(chosen, &predict)
    }

    fn regressed(
        &self,
        [own, cross]: &[Matrix; 2],
        train: &[usize],
        ridge: f64,
    ) -> Result<Vec<usize>> {
        let targets = one_hot(&self.labels(train), self.rows.classes());
        let ridge = ridge * own.mean_diagonal();
        let regression = Regression::new(own, &targets, ridge, None)?;
        Ok(classes(&regression.predictions(cross)?))
    }
}

/// The matrices `K(train, train)` and `K(test, train)` of a kernel.
type Family<'a> = Box<dyn Fn(&[usize], &[usize]) -> Result<[Matrix; 2]> + 'a>;

/// Squared distances of row `x` from the rows `others`.
fn distances(rows: &[f64], d: usize, x: usize, others: &[usize]) -> Vec<f64> {
    let row = |i: usize| &rows[i * d..][..d];
    let pair = |i: &usize| {
        let pairs = row(*i).iter().zip(row(x));
        pairs.map(|(a, b)| (a - b) * (a - b)).sum()
    };
    others.iter().map(pair).collect()
}
