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

use super::experiment::singular;
use super::grid::{GRID, Member};
use super::laboratory::Laboratory;
use super::parameters::unknown;
use super::source::Rows;
use crate::activation::Expr;
use crate::classifier::choice::{self, ByRidge, Choice, Eligible, Protocol};
use crate::classifier::{
    Decision, Definite, Regression, Weight, labels, majority, nearest, one_hot, power, smoother,
};
use crate::error::{Error, Result};
use crate::gram::{Gram, Lengths, Matrix, Points, gaps};
use crate::kernel::{Depth, Kernel, Kind};

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
pub enum Method {
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

impl Method {
    /// # Errors
    /// [`Error::Domain`] for a text that is none of the above.
    pub fn parse(text: &str) -> Result<Method> {
        Ok(match text {
            "ntk" => Method::Ntk,
            "power" => Method::Power,
            "limit" => Method::Limit,
            "hilbert" => Method::Hilbert,
            "nearest" => Method::Nearest,
            "nearest sphere" => Method::NearestOnSphere,
            "majority" => Method::Majority,
            _ => {
                let depth = text.strip_prefix("deep ").and_then(|l| l.parse().ok());
                match depth {
                    Some(l) if (1..=1_000_000).contains(&l) => Method::Deep(l),
                    _ => return Err(unknown("rule", text, &RULES)),
                }
            }
        })
    }
}

/// What a rule did on a set.
#[derive(Clone, Debug)]
pub struct OnSet {
    /// The folds, and their statistics.
    pub outcome: choice::Outcome,
    /// What was chosen, in words; empty where there was nothing to choose.
    pub chosen: String,
}

/// A rule on a set of the laboratory's source, computed by the first who asks.
///
/// # Errors
/// Those of the source, [`Error::Domain`] for an unknown rule, [`Error::Timeout`].
pub fn outcome(lab: &Laboratory, set: &str, rule: &str) -> Result<Arc<OnSet>> {
    let parsed = Method::parse(rule)?;
    lab.once(&format!("{set} {rule}"), || {
        let rows = lab.rows(set)?;
        let named = |e| match e {
            Error::Data(text) => Error::Data(format!("{set}: {text}")),
            e => e,
        };
        Task { lab, rows: &rows }.answer(parsed).map_err(named)
    })
}

/// What a classifier needs of training and test rows, before a ridge.
type Made<'a> = Box<dyn Fn(&[usize], &[usize]) -> Result<ByRidge<'a>> + 'a>;

/// Something to choose from.
struct Contender<'a> {
    /// Empty where it is the only one.
    words: String,
    ridge: bool,
    made: Made<'a>,
}

impl Eligible for Contender<'_> {
    fn has_ridge(&self) -> bool {
        self.ridge
    }

    fn fitted<'a>(&'a self, train: &[usize], test: &[usize]) -> Result<ByRidge<'a>> {
        (self.made)(train, test)
    }

    fn left_out<'a>(&'a self, _: &[usize]) -> Result<ByRidge<'a>> {
        Err(Error::Domain("the protocol has a validation set".into()))
    }
}

struct Task<'a> {
    lab: &'a Laboratory,
    rows: &'a Rows,
}

impl Task<'_> {
    fn answer(&self, rule: Method) -> Result<OnSet> {
        let contenders = self.contenders(rule)?;
        let protocol = Protocol {
            labels: self.rows.labels(),
            ridges: &RIDGES,
            tuning: Some(self.rows.tuning()),
            folds: Some(self.rows.folds()),
        };
        let deadline = self.lab.deadline();
        let outcome = protocol.run(&contenders, |_, _, _| deadline.check("the protocol"))?;
        let chosen = match outcome.folds.first().map(|fold| fold.choice) {
            Some(Choice { candidate, ridge }) => {
                let words = &contenders[candidate].words;
                ridge.map_or(words.clone(), |r| format!("{words}ridge {r:e}"))
            }
            None => String::new(),
        };
        Ok(OnSet { outcome, chosen })
    }

    fn contenders(&self, rule: Method) -> Result<Vec<Contender<'_>>> {
        Ok(match rule {
            Method::Majority => {
                vec![self.voting("", self.as_they_are()?, Points::given, majority_vote)]
            }
            Method::Nearest => vec![self.voting("", self.as_they_are()?, Points::given, nearest)],
            Method::NearestOnSphere => {
                vec![self.voting("", self.on_the_sphere()?, Points::unit, nearest)]
            }
            Method::Hilbert => vec![self.powered("", self.rows.dimension() as f64)?],
            Method::Power => EXPONENTS
                .into_iter()
                .map(|a| self.powered(&format!("alpha = {a}"), f64::from(a)))
                .collect::<Result<_>>()?,
            Method::Limit => EXPONENTS
                .into_iter()
                .map(|d| {
                    let phi = Expr::parse(&format!("optimal({d})"))?;
                    let kernel = singular(self.lab, &phi)?;
                    self.smoothing(&format!("d = {d}"), move |t| Weight::of_kernel(&kernel, t))
                })
                .collect::<Result<_>>()?,
            Method::Deep(depth) => {
                let relu = Expr::parse("relu")?;
                let kernel = self.lab.kernel(&relu, Depth::Layers(depth), Kind::Ntk)?;
                let points = self.on_the_sphere()?;
                vec![self.regressing("", move |train, test| {
                    matrices(&kernel, &points, [train, test])
                })]
            }
            Method::Ntk => self.grid()?,
        })
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

    /// By the gaps of rows (as they came, or of unit vectors).
    fn voting<'a>(
        &'a self,
        words: &str,
        points: Points,
        of: fn(&Points) -> &[f64],
        vote: impl Fn(&[usize], usize, &[f64]) -> Decision + Sync + 'a,
    ) -> Contender<'a> {
        let made = move |train: &[usize], test: &[usize]| -> Result<ByRidge<'a>> {
            let (known, new) = (points.selected(train)?, points.selected(test)?);
            let labels = self.labels(train);
            let one = |x: &[f64]| {
                let gaps = gaps(x, of(&known));
                vote(&labels, self.rows.classes(), &gaps).first()
            };
            let rows = of(&new).par_chunks_exact(points.dimension());
            let predicted: Vec<usize> = rows.map(one).collect();
            Ok(Box::new(move |_| Ok(predicted.clone())))
        };
        Contender {
            words: words.to_owned(),
            ridge: false,
            made: Box::new(made),
        }
    }

    fn smoothing<'a>(
        &'a self,
        words: &str,
        weight: impl Fn(f64) -> Weight + Sync + 'a,
    ) -> Result<Contender<'a>> {
        let vote = move |labels: &[usize], classes, gaps: &[f64]| {
            smoother(labels, classes, gaps, &weight, 0.0)
        };
        Ok(self.voting(words, self.on_the_sphere()?, Points::unit, vote))
    }

    fn powered(&self, words: &str, alpha: f64) -> Result<Contender<'_>> {
        self.smoothing(words, power(alpha))
    }

    /// Kernel regression: `matrices` of training rows among themselves, and of test rows with them.
    fn regressing<'a>(
        &'a self,
        words: &str,
        matrices: impl Fn(&[usize], &[usize]) -> Result<[Matrix; 2]> + 'a,
    ) -> Contender<'a> {
        let made = move |train: &[usize], test: &[usize]| -> Result<ByRidge<'a>> {
            let [own, cross] = matrices(train, test)?;
            let targets = one_hot(&self.labels(train), self.rows.classes())?;
            Ok(Box::new(move |ridge| {
                let ridge = ridge * own.mean_diagonal();
                let fit = Regression::new(&own, &targets, ridge, Definite::Factored)?;
                Ok(labels(&fit.predictions(&cross)?))
            }))
        };
        Contender {
            words: words.to_owned(),
            ridge: true,
            made: Box::new(made),
        }
    }

    /// The published grid of tangent kernels, all from one matrix of products.
    fn grid(&self) -> Result<Vec<Contender<'_>>> {
        let points = self.as_they_are()?;
        let linear = Expr::parse("x")?;
        let plain = self.lab.kernel(&linear, Depth::Layers(1), Kind::Nngp)?;
        let products = Arc::new(Gram::symmetric(&plain, &points, Lengths::Keep)?.matrix());
        let lengths: Arc<[f64]> = points.lengths().into();
        let grid = GRID.as_ref().ok_or_else(|| {
            Error::Domain("a kernel of the grid is infinite somewhere".to_owned())
        })?;
        let of = |member: &'static Member| {
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
            let words = format!("L = {}, L' = {}, ", member.layers, member.fixed);
            self.regressing(&words, move |train, test| {
                Ok([mapped(train, train)?, mapped(test, train)?])
            })
        };
        Ok(grid.iter().map(of).collect())
    }
}

/// The largest class, whatever the gaps.
fn majority_vote(labels: &[usize], classes: usize, _: &[f64]) -> Decision {
    majority(labels, classes)
}

/// On the sphere.
fn matrices(kernel: &Kernel, points: &Points, rows: [&[usize]; 2]) -> Result<[Matrix; 2]> {
    let [own, new] = [points.selected(rows[0])?, points.selected(rows[1])?];
    Ok([
        Gram::symmetric(kernel, &own, Lengths::Unit)?.matrix(),
        Gram::cross(kernel, &new, &own, Lengths::Unit)?.matrix(),
    ])
}
