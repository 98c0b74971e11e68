//! The classifier of the ordered phase: `b + sum_i w_i K(x, x_i)` with `sum_i w_i = 0`, for `K = -g`.
//!
//! The equations `(K + ridge I) w + b 1 = y`, `1 . w = 0` are solved on the hyperplane: with `P = I - 1 1^T/n` the matrix
//! `P K P + (mu/n) 1 1^T` is positive definite (`K` is conditionally so), it commutes with `1 1^T`, and with the targets
//! `P y` its solution has the sum 0. So Cholesky does, for thousands of rows; `mu` is the mean diagonal of `P K P`.

use super::regression::{Definite, Regression};
use crate::error::{Error, Result};
use crate::gram::Matrix;

/// An interpolant, factored.
///
/// ```
/// use deeplimit::{classifier::Interpolant, gram::Matrix};
/// // -|s - t| of the points 0, 1, 3 of a line: piecewise linear interpolation
/// let k = Matrix { rows: 3, columns: 3, values: vec![0.0, -1.0, -3.0, -1.0, 0.0, -2.0, -3.0, -2.0, 0.0] };
/// let y = Matrix { rows: 3, columns: 1, values: vec![0.0, 1.0, 0.0] };
/// let fit = Interpolant::new(&k, &y, 0.0).unwrap();
/// let at_two = Matrix { rows: 1, columns: 3, values: vec![-2.0, -1.0, -1.0] };
/// assert!((fit.predictions(&at_two).unwrap().values[0] - 0.5).abs() < 1e-14);
/// // without its second point the data are constant
/// assert!(fit.left_out().values[1].abs() < 1e-14);
/// ```
pub struct Interpolant {
    fit: Regression,
    targets: Matrix,
    /// `b` of each target.
    level: Vec<f64>,
    /// `1/(n (mu + ridge))`, what `1 1^T` contributes to the inverse.
    share: f64,
}

impl Interpolant {
    /// Factors the equations; the ridge is relative to `mu`.
    ///
    /// # Errors
    /// As [`Regression::new`].
    pub fn new(gram: &Matrix, targets: &Matrix, ridge: f64) -> Result<Self> {
        let n = gram.rows;
        if gram.columns != n || targets.rows != n || n == 0 {
            return Err(Error::Data(format!(
                "a Gram matrix of {n} x {} does not go with {} targets",
                gram.columns, targets.rows
            )));
        }
        let count = n as f64;
        let means: Vec<f64> = (0..n)
            .map(|i| gram.row(i).iter().sum::<f64>() / count)
            .collect();
        let mean = means.iter().sum::<f64>() / count;
        let mu = gram.mean_diagonal() - mean;
        let centred = (0..n).flat_map(|i| {
            let means = &means;
            let row = gram.row(i);
            (0..n).map(move |j| row[j] - means[i] - means[j] + mean + mu / count)
        });
        let centred = Matrix {
            rows: n,
            columns: n,
            values: centred.collect(),
        };
        let mut levelled = targets.clone();
        for c in 0..targets.columns {
            let mean = (0..n).map(|i| targets.row(i)[c]).sum::<f64>() / count;
            (0..n).for_each(|i| levelled.values[i * targets.columns + c] -= mean);
        }
        let fit = Regression::new(&centred, &levelled, ridge * mu, Definite::Factored)?;
        let reached = fit.predictions(gram)?;
        let level = (0..targets.columns)
            .map(|c| {
                let left = |i: usize| targets.row(i)[c] - reached.row(i)[c];
                (0..n).map(left).sum::<f64>() / count
            })
            .collect();
        Ok(Interpolant {
            fit,
            targets: targets.clone(),
            level,
            share: 1.0 / (count * mu * (1.0 + ridge)),
        })
    }

    /// `b + K(x, X) w`, a row for each row of `cross`, a column for each target.
    ///
    /// # Errors
    /// As [`Regression::predictions`].
    pub fn predictions(&self, cross: &Matrix) -> Result<Matrix> {
        let mut out = self.fit.predictions(cross)?;
        for row in out.values.chunks_exact_mut(self.level.len()) {
            row.iter_mut().zip(&self.level).for_each(|(x, b)| *x += b);
        }
        Ok(out)
    }

    /// What each point would have been predicted to be without itself: `y_i - w_i/G_ii` (Dubrule 1983), `G` the block of
    /// `w` in the inverse of the bordered matrix.
    pub fn left_out(&self) -> Matrix {
        let (weights, inverse) = (self.fit.weights(), self.fit.inverse_diagonal());
        let columns = self.targets.columns;
        let mut out = self.targets.clone();
        for (k, x) in out.values.iter_mut().enumerate() {
            let (i, c) = (k / columns, k % columns);
            *x -= weights.row(i)[c] / (inverse[i] - self.share);
        }
        out
    }
}
