//! Kernel regression on labels, as in the paper: one-hot, shifted to mean zero over the classes.

use nalgebra::{Cholesky, DMatrix, Dyn};

use crate::error::{Error, Result};

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
    coefficients: DMatrix<f64>,
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
                "the jitter must be a number from 0; {jitter} is not"
            )));
        }
        let mut matrix = DMatrix::from_row_slice(n, n, gram);
        let more = jitter * matrix.diagonal().mean();
        for i in 0..n {
            matrix[(i, i)] += more;
        }
        let shift = 1.0 / classes as f64;
        let wanted = DMatrix::from_fn(n, classes, |i, c| {
            f64::from(u8::from(usize::from(labels[i]) == c)) - shift
        });
        let diagonal = matrix.diagonal();
        // The squares of the pivots are the distances of the images from the span of those before them.
        let certain = |c: &Cholesky<f64, Dyn>| {
            let pivots = c.l_dirty().diagonal();
            let mut pairs = pivots.iter().zip(diagonal.iter());
            pairs.all(|(p, d)| p * p > rounding * d)
        };
        let cholesky = Cholesky::new(matrix).filter(certain).ok_or_else(|| {
            Error::Unresolved(format!(
                "the kernel matrix of the {n} training images is not positive definite to within rounding: are two images equal, or one zero? A small jitter helps"
            ))
        })?;
        Ok(Regression {
            coefficients: cholesky.solve(&wanted),
        })
    }

    /// The class of the largest score for every row of kernels against the training images.
    ///
    /// # Errors
    /// [`Error::Shape`] where the numbers are no whole number of rows.
    pub fn classes(&self, kernels: &[f64]) -> Result<Vec<u8>> {
        let n = self.coefficients.nrows();
        if !kernels.len().is_multiple_of(n) {
            return Err(Error::Shape(format!(
                "{} kernels are no rows of {n}",
                kernels.len()
            )));
        }
        let rows = DMatrix::from_row_slice(kernels.len() / n, n, kernels);
        let scores = rows * &self.coefficients;
        let largest = |i: usize| {
            let mut best = 0;
            for c in 1..scores.ncols() {
                if scores[(i, c)] > scores[(i, best)] {
                    best = c;
                }
            }
            best as u8
        };
        Ok((0..scores.nrows()).map(largest).collect())
    }
}
