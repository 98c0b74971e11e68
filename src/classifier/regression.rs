//! Kernel regression by Cholesky: `(K + ridge I) w = y`.
//!
//! `faer`'s factorisation: blocked and on all cores (nalgebra's is neither, and six times slower at n = 2,000).

use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};

use super::certain::inverse_norm;
use crate::error::{Error, Result};
use crate::gram::Matrix;

/// When a matrix counts as positive definite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Definite {
    /// Cholesky's decomposition in doubles succeeds.
    Factored,
    /// It succeeds with so much of the mean diagonal added, at most: `1e-15, 1e-14, ...` of it is tried, and
    /// [`Regression::jitter`] says what it took.
    Jittered(f64),
    /// It succeeds, and no squared pivot is below this share of its diagonal entry: the relative accuracy of the entries. The
    /// squared pivots are the distances of the points from the span of those before them, and a point that is nearer than that
    /// to a combination of others has no weight that means anything.
    Beyond(f64),
}

fn uncertain(n: usize) -> Error {
    Error::Unresolved(format!(
        "the kernel matrix of the {n} training points is not positive definite to within rounding: are two of them equal, or \
         one zero? A small ridge helps"
    ))
}

/// A factored Gram matrix with its targets.
///
/// ```
/// use deeplimit::classifier::{Definite, Regression};
/// use deeplimit::gram::Matrix;
/// let k = Matrix { rows: 2, columns: 2, values: vec![2.0, 1.0, 1.0, 2.0] };
/// let y = Matrix { rows: 2, columns: 1, values: vec![3.0, 0.0] };
/// let r = Regression::new(&k, &y, 0.0, Definite::Factored).unwrap();
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
    /// Factors `K + ridge I`.
    ///
    /// # Errors
    /// [`Error::Data`] for shapes that do not fit, an entry that is not finite (a singular limit kernel: its diagonal is
    /// infinite, and it interpolates by itself), and a matrix that is not positive definite; [`Error::Unresolved`] for one that
    /// is not [beyond the rounding](Definite::Beyond) of its entries.
    pub fn new(gram: &Matrix, targets: &Matrix, ridge: f64, definite: Definite) -> Result<Self> {
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
        let mean = gram.mean_diagonal();
        let most = match definite {
            Definite::Jittered(most) => most,
            _ => 0.0,
        };
        let tries = std::iter::once(0.0).chain((0..16).map(|k| 10f64.powi(k - 15)));
        let tries = tries.take_while(|j| *j <= most);
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
            let found = Regression {
                factor,
                targets,
                weights,
                jitter: share * mean,
            };
            if let Definite::Beyond(rounding) = definite {
                let mut pivots = found.pivots().into_iter().enumerate();
                let certain = pivots.all(|(i, p)| p > rounding * (gram.row(i)[i] + ridge));
                if !certain {
                    return Err(uncertain(n));
                }
            }
            return Ok(found);
        }
        if matches!(definite, Definite::Beyond(_)) {
            return Err(uncertain(n));
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

    /// A lower estimate of `|(K + ridge)^-1|_1`, the largest sum of moduli in a column, usually within a factor of 3: with the norm
    /// of the matrix, the condition.
    ///
    /// ```
    /// use deeplimit::classifier::{Definite, Regression};
    /// use deeplimit::gram::Matrix;
    /// let k = Matrix { rows: 2, columns: 2, values: vec![2.0, 1.0, 1.0, 2.0] };
    /// let y = Matrix { rows: 2, columns: 1, values: vec![1.0, 0.0] };
    /// let r = Regression::new(&k, &y, 0.0, Definite::Factored).unwrap();
    /// assert!((r.inverse_norm() * k.norm() - 3.0).abs() < 1e-14);
    /// ```
    pub fn inverse_norm(&self) -> f64 {
        let n = self.weights.nrows();
        inverse_norm(n, 53, |b: &[f64]| {
            let x = self.factor.solve(Mat::from_fn(n, 1, |i, _| b[i]));
            (0..n).map(|i| x[(i, 0)]).collect()
        })
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

    /// `(K + ridge)^-1 B`, a row for each point.
    ///
    /// # Errors
    /// [`Error::Data`] where `right` does not have a row for each point.
    pub fn solved(&self, right: &Matrix) -> Result<Matrix> {
        let n = self.weights.nrows();
        if right.rows != n {
            return Err(Error::Data(format!(
                "a matrix of {} rows does not go with {n} points",
                right.rows
            )));
        }
        Ok(Matrix::from(self.factor.solve(right.view()).as_ref()))
    }

    /// `(K + ridge)^-1`.
    pub fn inverse(&self) -> Matrix {
        Matrix::from(self.factor.inverse().as_ref())
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
