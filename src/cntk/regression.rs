//! Kernel regression on labels, as in the paper: one-hot, shifted to mean zero over the classes.

use crate::error::{Error, Result};
use crate::gram::{self, Matrix, one_hot};

/// The coefficients `K^-1 Y` of a training set; `Y` has `1 - 1/c` for the label and `-1/c` for the other classes (0.9 and
/// -0.1 for ten classes, as in the code of Arora et al. (2019)).
///
/// ```
/// use deeplimit::cntk::Regression;
/// let gram = [2.0, 1.0, 1.0, 2.0];
/// let regression = Regression::new(&gram, &[0, 1], 2, 0.0, 1e-12)?;
/// assert_eq!(regression.classes(&[2.0, 1.0, 0.5, 0.6])?, [0, 1]);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Regression {
    coefficients: Matrix,
}

impl Regression {
    /// From the Gram matrix of the training images, row after row, by a Cholesky decomposition. `jitter` times the mean of
    /// the diagonal is added to the diagonal: 0 for the interpolant of the paper. `rounding` is the relative accuracy of
    /// the kernels, [`Cntk::rounding`](super::Cntk::rounding): an image that is nearer than that to a combination of the
    /// others has no coefficient that means anything.
    ///
    /// # Errors
    /// [`Error::Shape`] where labels and matrix do not fit, [`Error::Data`] for a label that is no class,
    /// [`Error::Domain`] for a jitter that is negative, [`Error::Unresolved`] where the matrix is not positive definite to
    /// within rounding (two equal images, or a zero one).
    pub fn new(
        gram: &[f64],
        labels: &[u8],
        classes: usize,
        jitter: f64,
        rounding: f64,
    ) -> Result<Regression> {
        let n = labels.len();
        if n == 0 || gram.len() != n * n {
            return Err(Error::Shape(format!(
                "a matrix of {} numbers is no Gram matrix of {n} labelled images",
                gram.len()
            )));
        }
        if let Some(at) = labels.iter().position(|l| usize::from(*l) >= classes) {
            return Err(Error::Data(format!(
                "image {at} has the label {}; there are {classes} classes",
                labels[at]
            )));
        }
        if !(jitter >= 0.0 && jitter.is_finite()) {
            return Err(Error::Domain(format!(
                "the ridge must be a number from 0; {jitter} is not"
            )));
        }
        let matrix = Matrix {
            rows: n,
            columns: n,
            values: gram.to_vec(),
        };
        let more = jitter * matrix.mean_diagonal();
        let known: Vec<usize> = labels.iter().map(|l| usize::from(*l)).collect();
        let solved = gram::Regression::new(&matrix, &one_hot(&known, classes), more, None);
        // The squares of the pivots are the distances of the images from the span of those before them.
        let certain = |r: &gram::Regression| {
            let mut pivots = r.pivots().into_iter().enumerate();
            pivots.all(|(i, p)| p > rounding * (matrix.row(i)[i] + more))
        };
        let solved = solved.ok().filter(certain).ok_or_else(|| {
            Error::Unresolved(format!(
                "the kernel matrix of the {n} training images is not positive definite to within rounding: are two images equal, or one zero? A small ridge helps"
            ))
        })?;
        Ok(Regression {
            coefficients: solved.weights(),
        })
    }

    /// The class of the largest score for every row of kernels against the training images.
    ///
    /// # Errors
    /// [`Error::Shape`] where the numbers are no whole number of rows.
    pub fn classes(&self, kernels: &[f64]) -> Result<Vec<u8>> {
        let n = self.coefficients.rows;
        if !kernels.len().is_multiple_of(n) {
            return Err(Error::Shape(format!(
                "{} kernels are no rows of {n}",
                kernels.len()
            )));
        }
        let rows = faer::MatRef::from_row_major_slice(kernels, kernels.len() / n, n);
        let scores = Matrix::from((rows * self.coefficients.view()).as_ref());
        Ok(gram::classes(&scores)
            .into_iter()
            .map(|c| c as u8)
            .collect())
    }
}
