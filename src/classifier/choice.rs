//! Choosing a kernel and a ridge, by a validation set or by leaving out one row at a time, and testing what was chosen on
//! folds.
//!
//! What is chosen never sees the rows that it is tested on, unless there is one validation set for all folds and they overlap
//! (as in Arora et al. 2020). With neither folds nor a validation set everything is chosen and tested by leaving out one row at a time: the
//! accuracy is that of the best, and a little better than it would be on new rows.
//!
//! ```
//! use deeplimit::{activation::Expr, deadline::Deadline};
//! use deeplimit::classifier::{Rule, choice::{Protocol, Trial}};
//! use deeplimit::gram::{Gram, Lengths, Points};
//! use deeplimit::kernel::{Depth, Kernel, Kind};
//! let relu = Expr::parse("relu")?;
//! let points = Points::new(2, (0..24).map(|k| (f64::from(k) * 1.7).sin()).collect())?;
//! let labels: Vec<usize> = (0..12).map(|i| usize::from(points.unit()[2 * i] > 0.0)).collect();
//! let trials: Vec<Trial> = [1, 3]
//!     .into_iter()
//!     .map(|depth| {
//!         let kernel = Kernel::new(&relu, Depth::Layers(depth), Kind::Ntk, Deadline::default())?;
//!         let gram = Gram::symmetric(&kernel, &points, Lengths::Unit)?.decisive()?;
//!         Ok(Trial::new(Rule::new(&kernel, 2, 0.0), gram, labels.clone()))
//!     })
//!     .collect::<deeplimit::error::Result<_>>()?;
//! let protocol = Protocol { labels: &labels, ridges: &[1e-3, 1e-1], tuning: None, folds: None };
//! let found = protocol.run(&trials, |_, _, _| Ok(()))?;
//! assert!(found.accuracy() > 0.8 && found.tested == 12);
//! # Ok::<(), deeplimit::error::Error>(())
//! ```

use super::accuracy::{binomial_error, wilson};
use super::folds::distinct;
use super::labels::{labels, share};
use super::rule::Rule;
use super::votes::counts;
use crate::error::{Error, Result};
use crate::gram::Matrix;

/// Training and test rows, counted from 0.
pub type Split = [Vec<usize>; 2];

/// The predicted labels of some rows as a function of the ridge.
pub type ByRidge<'a> = Box<dyn Fn(f64) -> Result<Vec<usize>> + 'a>;

/// A classifier of labelled rows that can be chosen.
pub trait Eligible {
    /// Is a ridge to be chosen?
    fn has_ridge(&self) -> bool;

    /// What it predicts of test rows from training rows.
    ///
    /// # Errors
    /// Its own.
    fn fitted<'a>(&'a self, train: &[usize], test: &[usize]) -> Result<ByRidge<'a>>;

    /// What it predicts of each training row from the others.
    ///
    /// # Errors
    /// Its own; [`Error::Domain`] where it has no way but to learn anew for each of them.
    fn left_out<'a>(&'a self, train: &[usize]) -> Result<ByRidge<'a>>;
}

impl<C: Eligible + ?Sized> Eligible for &C {
    fn has_ridge(&self) -> bool {
        (**self).has_ridge()
    }

    fn fitted<'a>(&'a self, train: &[usize], test: &[usize]) -> Result<ByRidge<'a>> {
        (**self).fitted(train, test)
    }

    fn left_out<'a>(&'a self, train: &[usize]) -> Result<ByRidge<'a>> {
        (**self).left_out(train)
    }
}

/// The classifier of a kernel on the matrix of all rows.
#[derive(Clone, Debug)]
pub struct Trial {
    rule: Rule,
    gram: Matrix,
    labels: Vec<usize>,
}

impl Trial {
    /// The matrix is that of [`crate::gram::Gram::decisive`].
    pub fn new(rule: Rule, gram: Matrix, labels: Vec<usize>) -> Self {
        Trial { rule, gram, labels }
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }
}

impl Eligible for Trial {
    fn has_ridge(&self) -> bool {
        self.rule.classifier().has_ridge()
    }

    fn fitted<'a>(&'a self, train: &[usize], test: &[usize]) -> Result<ByRidge<'a>> {
        let own = self.gram.selected(train, train)?;
        let cross = self.gram.selected(test, train)?;
        let known = of(&self.labels, train)?;
        Ok(Box::new(move |ridge| {
            let rule = self.rule.with_ridge(ridge);
            Ok(labels(&rule.scores(&own, &cross, &known)?))
        }))
    }

    fn left_out<'a>(&'a self, train: &[usize]) -> Result<ByRidge<'a>> {
        let own = self.gram.selected(train, train)?;
        let known = of(&self.labels, train)?;
        Ok(Box::new(move |ridge| {
            let rule = self.rule.with_ridge(ridge);
            Ok(labels(&rule.scores_left_out(&own, &known)?))
        }))
    }
}

/// The labels of these rows.
fn of(labels: &[usize], rows: &[usize]) -> Result<Vec<usize>> {
    let label = |row: &usize| {
        labels.get(*row).copied().ok_or_else(|| {
            Error::Data(format!(
                "there is no row {row} (counted from 0) among {}",
                labels.len()
            ))
        })
    };
    rows.iter().map(label).collect()
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Its number.
    pub candidate: usize,
    /// Where there is one.
    pub ridge: Option<f64>,
}

/// A fold, and how well the choice did there.
#[derive(Clone, Copy, Debug)]
pub struct Fold {
    /// What was chosen for it.
    pub choice: Choice,
    /// How many training rows.
    pub train: usize,
    /// How many test rows.
    pub test: usize,
    /// The share of test rows whose label was predicted.
    pub accuracy: f64,
}

impl Fold {
    /// Wilson's interval of the accuracy.
    pub fn interval(&self) -> [f64; 2] {
        wilson(self.accuracy, self.test)
    }
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// In their order.
    pub folds: Vec<Fold>,
    /// Different rows that they test. Tests that overlap are no independent ones: a row counts once.
    pub tested: usize,
    /// The share of the largest class among all rows: what is reached without looking at a row.
    pub majority: f64,
}

impl Outcome {
    /// The mean over the folds.
    pub fn accuracy(&self) -> f64 {
        self.folds.iter().map(|f| f.accuracy).sum::<f64>() / self.folds.len() as f64
    }

    /// The binomial standard error of the mean, the rows taken for independent.
    pub fn standard_error(&self) -> f64 {
        binomial_error(self.accuracy(), self.tested)
    }

    /// Wilson's interval of the mean, likewise.
    pub fn interval(&self) -> [f64; 2] {
        wilson(self.accuracy(), self.tested)
    }
}

/// How to choose, and what to test on.
#[derive(Clone, Copy, Debug)]
pub struct Protocol<'a> {
    /// Of all rows.
    pub labels: &'a [usize],
    /// To choose from, where a candidate has one.
    pub ridges: &'a [f64],
    /// Training and validation rows, the same for all folds; `None`: by leaving out one training row of the fold at a time.
    pub tuning: Option<&'a Split>,
    /// Training and test rows; `None`: all rows, each tested by leaving it out.
    pub folds: Option<&'a [Split]>,
}

impl Protocol<'_> {
    /// Chooses, of equals the first, and tests. A candidate that fails (a matrix that is singular without a larger ridge) is
    /// passed over as long as another one does not. `report(done, all, folds)` hears how far it is and may end it by an error.
    ///
    /// # Errors
    /// Where no candidate is left, the error of the last; [`Error::Timeout`]; [`Error::Data`] for rows that do not exist;
    /// [`Error::Domain`] for nothing to choose from.
    pub fn run<C: Eligible>(
        &self,
        candidates: &[C],
        mut report: impl FnMut(usize, usize, &[Fold]) -> Result<()>,
    ) -> Result<Outcome> {
        let rows: Split = [(0..self.labels.len()).collect(), Vec::new()];
        let folds = self.folds.unwrap_or(std::slice::from_ref(&rows));
        let ridges = |k: usize| -> Vec<Option<f64>> {
            match candidates[k].has_ridge() {
                false => vec![None],
                true => self.ridges.iter().copied().map(Some).collect(),
            }
        };
        let options: Vec<Choice> = (0..candidates.len())
            .flat_map(|candidate| {
                let of = move |ridge| Choice { candidate, ridge };
                ridges(candidate).into_iter().map(of)
            })
            .collect();
        // nothing is chosen from one
        let choices = match (options.len(), self.tuning) {
            (0, _) => return Err(Error::Domain("there is nothing to choose from".to_owned())),
            (1, _) => 0,
            (_, Some(_)) => 1,
            (_, None) => folds.len(),
        };
        let all = options.len() * choices + folds.len();
        let mut done = 0;
        let mut best = (choices == 0).then(|| options[0]);
        let mut out: Vec<Fold> = Vec::new();
        report(done, all, &out)?;
        for [train, test] in folds {
            let chosen = match best {
                Some(choice) => choice,
                None => self.chosen(candidates, &options, train, || {
                    done += 1;
                    report(done, all, &out)
                })?,
            };
            if self.tuning.is_some() {
                best = Some(chosen);
            }
            let tested = self.folds.map(|_| test.as_slice());
            let fit = self.fitted(&candidates[chosen.candidate], train, tested)?;
            let rows = tested.unwrap_or(train);
            let predicted = fit(chosen.ridge.unwrap_or(0.0))?;
            out.push(Fold {
                choice: chosen,
                train: train.len(),
                test: rows.len(),
                accuracy: share(&predicted, &of(self.labels, rows)?),
            });
            done += 1;
            report(done, all, &out)?;
        }
        let tested = match self.folds {
            Some(folds) => distinct(folds.iter().map(|[_, test]| test.as_slice())),
            None => self.labels.len(),
        };
        let classes = self.labels.iter().max().map_or(0, |c| c + 1);
        let largest = counts(self.labels, classes).into_iter().max().unwrap_or(0);
        Ok(Outcome {
            folds: out,
            tested,
            majority: largest as f64 / self.labels.len().max(1) as f64,
        })
    }

    fn fitted<'a, C: Eligible>(
        &self,
        candidate: &'a C,
        train: &[usize],
        test: Option<&[usize]>,
    ) -> Result<ByRidge<'a>> {
        match test {
            Some(test) => candidate.fitted(train, test),
            None => candidate.left_out(train),
        }
    }

    /// The first of the best.
    fn chosen<C: Eligible>(
        &self,
        candidates: &[C],
        options: &[Choice],
        fold: &[usize],
        mut step: impl FnMut() -> Result<()>,
    ) -> Result<Choice> {
        let (train, test) = match self.tuning {
            Some([train, validation]) => (train.as_slice(), Some(validation.as_slice())),
            None => (fold, None),
        };
        let truth = of(self.labels, test.unwrap_or(train))?;
        let mut top = (-1.0, None);
        let mut trouble = None;
        for group in options.chunk_by(|a, b| a.candidate == b.candidate) {
            let fit = self.fitted(&candidates[group[0].candidate], train, test);
            for choice in group {
                let predicted = match &fit {
                    Ok(fit) => fit(choice.ridge.unwrap_or(0.0)),
                    Err(e) => Err(e.clone()),
                };
                match predicted.map(|p| share(&p, &truth)) {
                    Ok(accuracy) if accuracy > top.0 => top = (accuracy, Some(*choice)),
                    Ok(_) => {}
                    Err(e @ Error::Timeout { .. }) => return Err(e),
                    Err(e) => trouble = Some(e),
                }
                step()?;
            }
        }
        match (top.1, trouble) {
            (Some(choice), _) => Ok(choice),
            (None, Some(e)) => Err(e),
            (None, None) => Err(Error::Domain("there is nothing to choose from".to_owned())),
        }
    }
}
