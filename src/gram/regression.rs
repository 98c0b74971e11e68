//! Kernel regression by Cholesky: `(K + ridge I) w = y`.
//!
//! `faer`'s factorisation: blocked and on all cores (nalgebra's is neither, and six times slower at n = 2,000).

use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};

use super::evaluation::{smoother, voted};
use super::matrix::Matrix;
use crate::error::{Error, Result};

/// A factored Gram matrix with its targets.
///
/// ```
/// use deeplimit::gram::{Matrix, Regression};
/// let k = Matrix { rows: 2, columns: 2, values: vec![2.0, 1.0, 1.0, 2.0] };
/// let y = Matrix { rows: 2, columns: 1, values: vec![3.0, 0.0] };
/// let r = Regression::new(&k, &y, 0.0, None).unwrap();
/// let near = Matrix { rows: 1, columns: 2, values: vec![1.0, 0.0] };
/// assert!((r.predictions(&near).unwrap().values[0] - 2.0).abs() < 1e-15);
/// ```
pub struct Regression {
    factor: Llt<f64>,
    targets: Mat<f64>,
    weights: Mat<f64>,
    jitter: f64,
}

impl Regression {
    /// Factors `K + (ridge + jitter) I`. With `jitter: None` nothing is added; with `Some(largest)` a matrix that is not
    /// positive definite in doubles is tried again with `1e-15, 1e-14, ...` of its mean diagonal, up to `largest` of it, and
    /// [`Regression::jitter`] says what it took.
    ///
    /// # Errors
    /// [`Error::Data`] for shapes that do not fit, an entry that is not finite (a singular limit kernel: its diagonal is
    /// infinite, and it interpolates by itself), and a matrix that is not positive definite.
    pub fn new(gram: &Matrix, targets: &Matrix, ridge: f64, jitter: Option<f64>) -> Result<Self> {
        let n = gram.rows;
        if gram.columns != n || targets.rows != n || targets.columns == 0 {
            return Err(Error::Data(format!(
                "a Gram matrix of {n} x {} does not go with {} targets",
                gram.columns, targets.rows
            )));
        }
        if !ridge.is_finite() || ridge < 0.0 {
            return Err(Error::Data(format!(
                "a ridge is a number from 0 on, {ridge} is not"
            )));
        }
        if let Some(k) = gram.values.iter().position(|x| !x.is_finite()) {
            return Err(Error::Data(format!(
                "the kernel of rows {} and {} is {}: with a singular kernel there is nothing to be solved, its smoother \
                 interpolates by itself",
                k / n + 1,
                k % n + 1,
                gram.values[k]
            )));
        }
        let mean = (0..n).map(|i| gram.row(i)[i]).sum::<f64>() / n as f64;
        let tries = std::iter::once(0.0).chain((0..16).map(|k| 10f64.powi(k - 15)));
        let tries = tries.take_while(|j| *j <= jitter.unwrap_or(0.0));
        for share in tries {
            let mut k = gram.view().to_owned();
            for i in 0..n {
                k[(i, i)] += ridge + share * mean;
            }
            let Ok(factor) = Llt::new(k.as_ref(), Side::Lower) else {
                continue;
            };
            let targets = targets.view().to_owned();
            let weights = factor.solve(&targets);
            return Ok(Regression {
                factor,
                targets,
                weights,
                jitter: share * mean,
            });
        }
        Err(Error::Data(
            "the Gram matrix is not positive definite in doubles: rows that are nearly the same, or a kernel that is nearly \
             constant; a ridge helps, or a jitter where it is asked for"
                .to_owned(),
        ))
    }

    /// What was added to the diagonal besides the ridge: 0 unless it was asked for and needed.
    pub fn jitter(&self) -> f64 {
        self.jitter
    }

    /// `K(x, X) w`, a row for each row of `cross`, a column for each target.
    ///
    /// # Errors
    /// [`Error::Data`] where `cross` does not have a column for each point.
    pub fn predictions(&self, cross: &Matrix) -> Result<Matrix> {
        if cross.columns != self.weights.nrows() {
            return Err(Error::Data(format!(
                "a matrix of {} columns does not go with {} points",
                cross.columns,
                self.weights.nrows()
            )));
        }
        let product = cross.view() * &self.weights;
        Ok(Matrix::from(product.as_ref()))
    }

    /// `K(x, x) - K(x, X) (K + ridge)^-1 K(X, x)`: what is still unknown of each test point of the Gaussian process (NNGP)
    /// after the data; the ridge is the variance of the noise. `own = K(x, x)`. Never negative; off by some `n 2^-52 K(x, x)`
    /// times the condition's root.
    ///
    /// # Errors
    /// [`Error::Data`] where the shapes do not fit.
    pub fn posterior_variances(&self, cross: &Matrix, own: &[f64]) -> Result<Vec<f64>> {
        let n = self.weights.nrows();
        if cross.columns != n || own.len() != cross.rows {
            return Err(Error::Data(format!(
                "kernels of {} x {} and {} variances do not go with {n} points",
                cross.rows,
                cross.columns,
                own.len()
            )));
        }
        let solved = self.factor.solve(cross.view().transpose());
        let of = |(i, own): (usize, &f64)| {
            let row = cross.row(i).iter().enumerate();
            let explained: f64 = row.map(|(k, x)| x * solved[(k, i)]).sum();
            (own - explained).max(0.0)
        };
        Ok(own.iter().enumerate().map(of).collect())
    }

    /// `w = (K + ridge)^-1 y`: a row for each point, a column for each target.
    pub fn weights(&self) -> Matrix {
        Matrix::from(self.weights.as_ref())
    }

    /// The squared pivots: each the squared distance of a point from the span of those before it, as functions.
    pub fn pivots(&self) -> Vec<f64> {
        let l = self.factor.L();
        (0..l.nrows()).map(|i| l[(i, i)] * l[(i, i)]).collect()
    }

    /// What each point would have been predicted to be without itself: `y_i - w_i / (K^-1)_ii` (Rasmussen and Williams 2006,
    /// eq. 5.12), exactly, from one inverse.
    pub fn left_out(&self) -> Matrix {
        let inverse = self.inverse_diagonal();
        let n = self.weights.nrows();
        let out = Mat::from_fn(n, self.weights.ncols(), |i, j| {
            self.targets[(i, j)] - self.weights[(i, j)] / inverse[i]
        });
        Matrix::from(out.as_ref())
    }

    /// The diagonal of the inverse.
    pub(super) fn inverse_diagonal(&self) -> Vec<f64> {
        let inverse = self.factor.inverse();
        (0..self.weights.nrows()).map(|i| inverse[(i, i)]).collect()
    }

    /// `log p(y) = -y^T K^-1 y/2 - log det K/2 - n log(2 pi)/2` of the Gaussian process with covariance `K + ridge I`
    /// (NNGP), summed over the targets.
    pub fn log_marginal_likelihood(&self) -> f64 {
        let n = self.weights.nrows();
        let l = self.factor.L();
        let half_log_det: f64 = (0..n).map(|i| l[(i, i)].ln()).sum();
        let constant = n as f64 * (2.0 * std::f64::consts::PI).ln() / 2.0;
        (0..self.weights.ncols())
            .map(|j| {
                let fit: f64 = (0..n)
                    .map(|i| self.targets[(i, j)] * self.weights[(i, j)])
                    .sum();
                -fit / 2.0 - half_log_det - constant
            })
            .sum()
    }
}

/// Labels `0..classes` as targets: 1 in the column of the class, 0 elsewhere, and the mean subtracted from every row so that
/// no class is preferred far from the data.
pub fn one_hot(labels: &[usize], classes: usize) -> Matrix {
    let mean = 1.0 / classes as f64;
    let row = |label: usize| (0..classes).map(move |c| f64::from(u8::from(c == label)) - mean);
    Matrix {
        rows: labels.len(),
        columns: classes,
        values: labels.iter().flat_map(|l| row(*l)).collect(),
    }
}

/// The class of the largest score of each row (the first of equals).
pub fn classes(scores: &Matrix) -> Vec<usize> {
    (0..scores.rows)
        .map(|i| {
            let row = scores.row(i);
            (0..row.len()).fold(0, |best, c| if row[c] > row[best] { c } else { best })
        })
        .collect()
}

/// The share of rows whose largest score is in the column of their label.
pub fn accuracy(scores: &Matrix, labels: &[usize]) -> f64 {
    let hits = classes(scores)
        .iter()
        .zip(labels)
        .filter(|(a, b)| a == b)
        .count();
    hits as f64 / labels.len().max(1) as f64
}

/// The smoother of a kernel that is infinite on the diagonal: `sum_i K(x, x_i) y_i / sum_i |K(x, x_i)|`; where `x` is one of the
/// points, its own targets (the mean of those of equal points). It interpolates, and it is what the singular limit's
/// classifier is (Radhakrishnan, Belkin and Uhler 2022, Theorem 1).
///
/// # Errors
/// [`Error::Data`] where the shapes do not fit.
pub fn smoothed(cross: &Matrix, targets: &Matrix) -> Result<Matrix> {
    voted(cross, Some(cross), targets, smoother)
}
