//! Scores of test rows from training rows, out of one Gram matrix of all rows.

use super::matrix::Matrix;
use super::regression::{Regression, one_hot, smoothed};
use crate::error::{Error, Result};

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

/// Scores of the rows of `cross` (test against training) from the Gram matrix of the training rows: kernel regression on
/// one-hot targets with a ridge relative to the mean diagonal, or the smoother where the kernel is singular (it has no ridge).
///
/// # Errors
/// Those of [`Regression::new`].
pub fn scores(
    gram: &Matrix,
    cross: &Matrix,
    labels: &[usize],
    classes: usize,
    ridge: f64,
) -> Result<Matrix> {
    let targets = one_hot(labels, classes);
    let mean = gram.mean_diagonal();
    if mean == f64::INFINITY {
        return smoothed(cross, &targets);
    }
    Regression::new(gram, &targets, ridge * mean, None)?.predictions(cross)
}

/// The scores of training rows, each without itself; for a singular kernel the smoother without the row itself.
///
/// # Errors
/// Those of [`Regression::new`].
pub fn scores_left_out(
    gram: &Matrix,
    labels: &[usize],
    classes: usize,
    ridge: f64,
) -> Result<Matrix> {
    let targets = one_hot(labels, classes);
    let mean = gram.mean_diagonal();
    if mean == f64::INFINITY {
        let mut others = gram.clone();
        for i in 0..gram.rows.min(gram.columns) {
            others.values[i * gram.columns + i] = 0.0;
        }
        return smoothed(&others, &targets);
    }
    Ok(Regression::new(gram, &targets, ridge * mean, None)?.left_out())
}
