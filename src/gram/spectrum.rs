//! Eigenvalues and eigenvectors of a symmetric matrix.
//!
//! `faer`'s self-adjoint decomposition, on all cores. It takes two more matrices of the same size, and by the usual count some
//! `9 n^3` operations against the `n^3/3` of a Cholesky decomposition: a matter for small `n`.

use faer::linalg::solvers::SelfAdjointEigen;
use faer::{Mat, MatRef, Side};

use super::matrix::Matrix;
use crate::error::{Error, Result};

/// `A = V diag(lambda) V^T`.
///
/// Accuracy: every eigenvalue to about [`Spectrum::rounding`], `n 2^-52 |lambda|_max`; a smaller one is as good as 0.
///
/// ```
/// use deeplimit::gram::{Matrix, Spectrum};
/// let k = Matrix { rows: 2, columns: 2, values: vec![2.0, 1.0, 1.0, 2.0] };
/// let s = Spectrum::new(&k)?;
/// assert!((s.values()[0] - 1.0).abs() < 1e-15 && (s.values()[1] - 3.0).abs() < 1e-15);
/// assert_eq!(s.rank(), 2);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Spectrum {
    values: Vec<f64>,
    vectors: Mat<f64>,
}

impl Spectrum {
    /// Of the lower triangle.
    ///
    /// # Errors
    /// [`Error::Data`] for a matrix that is not square or has an entry that is not finite (a singular limit kernel has an
    /// infinite diagonal).
    pub fn new(matrix: &Matrix) -> Result<Self> {
        let n = matrix.rows;
        if matrix.columns != n || n == 0 {
            return Err(Error::Data(format!(
                "a matrix of {n} x {} has no eigenvalues",
                matrix.columns
            )));
        }
        if let Some(k) = matrix.values.iter().position(|x| !x.is_finite()) {
            return Err(Error::Data(format!(
                "the kernel of rows {} and {} is {}: such a matrix has no eigenvalues",
                k / n + 1,
                k % n + 1,
                matrix.values[k]
            )));
        }
        let found = SelfAdjointEigen::new(matrix.view(), Side::Lower).map_err(|_| {
            Error::Data(format!(
                "the eigenvalues of a matrix of {n} x {n} did not converge"
            ))
        })?;
        let values = (0..n).map(|i| found.S()[i]).collect();
        Ok(Spectrum {
            values,
            vectors: found.U().to_owned(),
        })
    }

    /// The eigenvalues, the smallest first.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The eigenvectors, a column for each eigenvalue.
    pub fn vectors(&self) -> Matrix {
        Matrix::from(self.vectors.as_ref())
    }

    /// The largest eigenvalue.
    pub fn largest(&self) -> f64 {
        self.values.last().copied().unwrap_or(0.0)
    }

    /// `n 2^-52 max |lambda|`: what rounding may have done to each eigenvalue.
    pub fn rounding(&self) -> f64 {
        let size = self.values.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        self.values.len() as f64 * f64::EPSILON * size
    }

    /// How many eigenvalues are not 0 to within rounding.
    pub fn rank(&self) -> usize {
        let rounding = self.rounding();
        self.values.iter().filter(|x| x.abs() > rounding).count()
    }

    /// The largest eigenvalue over the smallest; `None` where the smallest is not positive beyond rounding.
    pub fn condition(&self) -> Option<f64> {
        (self.values[0] > self.rounding()).then(|| self.largest() / self.values[0])
    }

    /// `f(A) B`
    pub(crate) fn applied(&self, f: impl Fn(f64) -> f64, right: MatRef<'_, f64>) -> Mat<f64> {
        let mut inner = self.vectors.transpose() * right;
        for i in 0..inner.nrows() {
            let factor = f(self.values[i]);
            for j in 0..inner.ncols() {
                inner[(i, j)] *= factor;
            }
        }
        &self.vectors * inner
    }
}
