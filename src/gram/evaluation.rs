//! Scores of test rows from training rows, out of one Gram matrix of all rows.

use super::interpolant::Interpolant;
use super::matrix::Matrix;
use super::regression::{Regression, one_hot};
use crate::error::{Error, Result};
use crate::kernel::{Classifier, Kernel};

impl Matrix {
    /// The entries in these rows and columns.
    ///
    /// # Errors
    /// [`Error::Data`] for a number that is no row or column, and where nothing is selected.
    pub fn selected(&self, rows: &[usize], columns: &[usize]) -> Result<Matrix> {
        if let Some(bad) = rows.iter().find(|i| **i >= self.rows) {
            return Err(Error::Data(format!(
                "there is no row {bad} (counted from 0) among {}",
                self.rows
            )));
        }
        if let Some(bad) = columns.iter().find(|j| **j >= self.columns) {
            return Err(Error::Data(format!(
                "there is no row {bad} (counted from 0) among {}",
                self.columns
            )));
        }
        if rows.is_empty() || columns.is_empty() {
            return Err(Error::Data("no rows are selected".to_owned()));
        }
        let values = rows
            .iter()
            .flat_map(|i| columns.iter().map(|j| self.row(*i)[*j]))
            .collect();
        Ok(Matrix {
            rows: rows.len(),
            columns: columns.len(),
            values,
        })
    }

    /// The mean of the diagonal: what a relative ridge is relative to. Infinite for singular limit kernels.
    pub fn mean_diagonal(&self) -> f64 {
        let n = self.rows.min(self.columns);
        (0..n).map(|i| self.row(i)[i]).sum::<f64>() / n.max(1) as f64
    }
}

/// Nearest points whose gaps differ by no more than this, relatively, are equally near: products of two unit vectors have
/// an absolute error of some 1e-15, and gaps below 0.1 are not made of them.
const SHARED: f64 = 1e-14;

/// The classifier of a kernel as a rule for labelled rows: scores of each class, on one-hot targets with mean 0.
///
/// The matrices are those of [`super::Gram::decisive`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, gram::{Gram, Lengths, Points, Rule, classes}};
/// use deeplimit::kernel::{Depth, Kernel, Kind};
/// let relu = Expr::parse("relu").unwrap();
/// let kernel = Kernel::new(&relu, Depth::Infinite, Kind::Ntk, Deadline::default()).unwrap();
/// let train = Points::new(2, vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0]).unwrap();
/// let test = Points::new(2, vec![2.0, 0.0, 1.0, 0.1]).unwrap();
/// let own = Gram::symmetric(&kernel, &train, Lengths::Unit).unwrap().decisive().unwrap();
/// let cross = Gram::cross(&kernel, &test, &train, Lengths::Unit).unwrap().decisive().unwrap();
/// // two of three points are of class 1, but the first test point is a training point
/// let scores = Rule::new(&kernel, 2, 0.0).scores(&own, &cross, &[0, 1, 1]).unwrap();
/// assert_eq!(classes(&scores), [0, 1]);
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
        let targets = one_hot(labels, self.classes);
        match self.classifier {
            Classifier::Regression => {
                let ridge = self.ridge * gram.mean_diagonal();
                let fit = Regression::new(gram, &targets, ridge, None)?;
                cross.map_or_else(|| Ok(fit.left_out()), |c| fit.predictions(c))
            }
            Classifier::Interpolant => {
                let fit = Interpolant::new(gram, &targets, self.ridge)?;
                cross.map_or_else(|| Ok(fit.left_out()), |c| fit.predictions(c))
            }
            Classifier::Smoother => voted(gram, cross, &targets, smoother),
            Classifier::Majority => voted(gram, cross, &targets, |row| {
                // on a training point (or several that are the same) only its own label counts
                let own = |k: f64| f64::from(u8::from(k == self.diagonal));
                match row.contains(&self.diagonal) {
                    true => row.iter().map(|k| own(*k)).collect(),
                    false => vec![1.0; row.len()],
                }
            }),
            Classifier::NearestNeighbour => voted(gram, cross, &targets, |row| {
                let best = row.iter().fold(f64::NEG_INFINITY, |m, k| m.max(*k));
                let least = best - SHARED * best.abs();
                row.iter()
                    .map(|k| f64::from(u8::from(*k >= least)))
                    .collect()
            }),
        }
    }
}

/// The weights of a kernel that is infinite on the diagonal: `K(x, x_i)`, of the order of 1 so that their sum stays within
/// the doubles; where `x` is one of the points, those that it is.
pub(super) fn smoother(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().fold(0.0f64, |m, k| m.max(k.abs()));
    row.iter()
        .map(|k| match largest {
            0.0 => 1.0,
            f64::INFINITY if k.is_infinite() => k.signum(),
            f64::INFINITY => 0.0,
            _ => k / largest,
        })
        .collect()
}

/// `sum_i w_i y_i / sum_i |w_i|` for each row of `cross`, or of `gram` without the row itself, the weights made of its
/// entries.
pub(super) fn voted(
    gram: &Matrix,
    cross: Option<&Matrix>,
    targets: &Matrix,
    weights: impl Fn(&[f64]) -> Vec<f64>,
) -> Result<Matrix> {
    let rows = cross.unwrap_or(gram);
    if rows.columns != targets.rows || cross.is_none() && rows.rows != rows.columns {
        return Err(Error::Data(format!(
            "a matrix of {} columns does not go with {} targets",
            rows.columns, targets.rows
        )));
    }
    let mut values = Vec::with_capacity(rows.rows * targets.columns);
    for i in 0..rows.rows {
        let present: Vec<usize> = (0..rows.columns)
            .filter(|j| cross.is_some() || *j != i)
            .collect();
        let entries: Vec<f64> = present.iter().map(|j| rows.row(i)[*j]).collect();
        let weights = weights(&entries);
        let total: f64 = weights.iter().map(|w| w.abs()).sum();
        for c in 0..targets.columns {
            let sum: f64 = weights
                .iter()
                .zip(&present)
                .map(|(w, j)| w * targets.row(*j)[c])
                .sum();
            // nobody is left to ask
            values.push(if total == 0.0 { 0.0 } else { sum / total });
        }
    }
    Ok(Matrix {
        rows: rows.rows,
        columns: targets.columns,
        values,
    })
}
