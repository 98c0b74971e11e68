//! Scores of test rows from training rows, out of one Gram matrix of all rows.

use super::interpolant::Interpolant;
use super::labels::one_hot;
use super::regression::{Definite, Regression};
use super::votes::{relative, voted};
use crate::error::Result;
use crate::gram::{Gram, Lengths, Matrix, Points};
use crate::kernel::{Classifier, Kernel};

/// Nearest points whose gaps differ by no more than this, relatively, are equally near: products of two unit vectors have
/// an absolute error of some 1e-15, and gaps below 0.1 are not made of them.
const SHARED: f64 = 1e-14;

/// The classifier of a kernel as a rule for labelled rows: scores of each class, on one-hot targets with mean 0.
///
/// The matrices are those of [`crate::gram::Gram::decisive`].
///
/// ```
/// use deeplimit::{activation::Expr, classifier::{Rule, labels}, deadline::Deadline};
/// use deeplimit::gram::{Gram, Lengths, Points};
/// use deeplimit::kernel::{Depth, Kernel, Kind};
/// let relu = Expr::parse("relu").unwrap();
/// let kernel = Kernel::new(&relu, Depth::Infinite, Kind::Ntk, Deadline::default()).unwrap();
/// let train = Points::new(2, vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0]).unwrap();
/// let test = Points::new(2, vec![2.0, 0.0, 1.0, 0.1]).unwrap();
/// let own = Gram::symmetric(&kernel, &train, Lengths::Unit).unwrap().decisive().unwrap();
/// let cross = Gram::cross(&kernel, &test, &train, Lengths::Unit).unwrap().decisive().unwrap();
/// // two of three points are of class 1, but the first test point is a training point
/// let scores = Rule::new(&kernel, 2, 0.0).scores(&own, &cross, &[0, 1, 1]).unwrap();
/// assert_eq!(labels(&scores), [0, 1]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    classifier: Classifier,
    diagonal: f64,
    classes: usize,
    ridge: f64,
}

impl Rule {
    /// The rule of this kernel. The ridge is relative to the mean diagonal (of an interpolant: that of the centred matrix) and
    /// counts where [`Classifier::has_ridge`] says so; votes, smoothers and nearest neighbours are limits without one.
    pub fn new(kernel: &Kernel, classes: usize, ridge: f64) -> Self {
        Rule {
            classifier: kernel.classifier(),
            diagonal: kernel.diagonal(),
            classes,
            ridge,
        }
    }

    /// The classifier.
    pub fn classifier(&self) -> Classifier {
        self.classifier
    }

    /// The same with another ridge.
    pub fn with_ridge(self, ridge: f64) -> Self {
        Rule { ridge, ..self }
    }

    /// Scores of test points from training points and their labels, everything at once: the two Gram matrices are made here.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, classifier::{Rule, labels}, deadline::Deadline};
    /// use deeplimit::gram::{Lengths, Points};
    /// use deeplimit::kernel::{Depth, Kernel, Kind};
    /// let gelu = Expr::parse("gelu").unwrap();
    /// let kernel = Kernel::new(&gelu, Depth::Layers(3), Kind::Ntk, Deadline::default()).unwrap();
    /// let train = Points::new(2, vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0]).unwrap();
    /// let test = Points::new(2, vec![1.0, 0.1]).unwrap();
    /// let rule = Rule::new(&kernel, 2, 1e-6);
    /// let scores = rule.predicted(&kernel, [&train, &test], Lengths::Unit, &[0, 1, 1]).unwrap();
    /// assert_eq!(labels(&scores), [0]);
    /// ```
    ///
    /// # Errors
    /// Those of [`Gram::symmetric`], [`Gram::decisive`] and [`Regression::new`].
    pub fn predicted(
        &self,
        kernel: &Kernel,
        [train, test]: [&Points; 2],
        lengths: Lengths,
        labels: &[usize],
    ) -> Result<Matrix> {
        let own = Gram::symmetric(kernel, train, lengths)?.decisive()?;
        let cross = Gram::cross(kernel, test, train, lengths)?.decisive()?;
        self.scores(&own, &cross, labels)
    }

    /// Scores of the rows of `cross` (test against training) from the Gram matrix of the training rows.
    ///
    /// # Errors
    /// Those of [`Regression::new`].
    pub fn scores(&self, gram: &Matrix, cross: &Matrix, labels: &[usize]) -> Result<Matrix> {
        self.answers(gram, Some(cross), labels)
    }

    /// The scores of training rows, each without itself.
    ///
    /// # Errors
    /// Those of [`Regression::new`].
    pub fn scores_left_out(&self, gram: &Matrix, labels: &[usize]) -> Result<Matrix> {
        self.answers(gram, None, labels)
    }

    /// Without a `cross` the training rows, each left out.
    fn answers(&self, gram: &Matrix, cross: Option<&Matrix>, labels: &[usize]) -> Result<Matrix> {
        let fit = self.fit(gram, labels)?;
        fit.answers(gram, cross)
    }

    /// The equations of the training rows, factored once for all that is asked of them.
    ///
    /// # Errors
    /// Those of [`Regression::new`].
    pub(super) fn fit(&self, gram: &Matrix, labels: &[usize]) -> Result<Fit> {
        let targets = one_hot(labels, self.classes)?;
        Ok(match self.classifier {
            Classifier::Regression => {
                let ridge = self.ridge * gram.mean_diagonal();
                let fit = Regression::new(gram, &targets, ridge, Definite::Factored)?;
                Fit::Regression(fit)
            }
            Classifier::Interpolant => {
                Fit::Interpolant(Interpolant::new(gram, &targets, self.ridge)?)
            }
            _ => Fit::Vote(*self, targets),
        })
    }
}

/// A rule and labelled rows: what scores are made from.
pub(super) enum Fit {
    Regression(Regression),
    Interpolant(Interpolant),
    Vote(Rule, Matrix),
}

impl Fit {
    /// Scores of the rows of `cross`, or of the training rows, each left out.
    pub(super) fn answers(&self, gram: &Matrix, cross: Option<&Matrix>) -> Result<Matrix> {
        let (rule, targets) = match self {
            Fit::Regression(fit) => {
                return cross.map_or_else(|| Ok(fit.left_out()), |c| fit.predictions(c));
            }
            Fit::Interpolant(fit) => {
                return cross.map_or_else(|| Ok(fit.left_out()), |c| fit.predictions(c));
            }
            Fit::Vote(rule, targets) => (rule, targets),
        };
        match rule.classifier {
            Classifier::Majority => voted(gram, cross, targets, |row| {
                // on a training point (or several that are the same) only its own label counts
                let own = |k: f64| f64::from(u8::from(k == rule.diagonal));
                match row.contains(&rule.diagonal) {
                    true => row.iter().map(|k| own(*k)).collect(),
                    false => vec![1.0; row.len()],
                }
            }),
            Classifier::NearestNeighbour => voted(gram, cross, targets, |row| {
                let best = row.iter().fold(f64::NEG_INFINITY, |m, k| m.max(*k));
                let least = best - SHARED * best.abs();
                row.iter()
                    .map(|k| f64::from(u8::from(*k >= least)))
                    .collect()
            }),
            _ => voted(gram, cross, targets, relative),
        }
    }
}
