//! Preprocessing: what is learnt from one set of images is applied to others.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::Images;
use crate::error::{Error, Result};

/// Mean and standard deviation of every channel over all pixels of a set, as in the code of Arora et al. (2019).
#[derive(Clone, Debug, PartialEq)]
pub struct Standardisation {
    /// Per channel.
    pub mean: Vec<f64>,
    /// Per channel; divided by `n`, not `n - 1`.
    pub deviation: Vec<f64>,
}

impl Standardisation {
    /// Of these images.
    ///
    /// # Errors
    /// [`Error::Data`] for a channel that is constant (or no image): it cannot be scaled to deviation 1.
    pub fn of(images: &Images) -> Result<Standardisation> {
        let channels = images.channels;
        let count = (images.pixels.len() / channels) as f64;
        let mut mean = vec![0.0; channels];
        for pixel in images.pixels.chunks_exact(channels) {
            for (m, v) in mean.iter_mut().zip(pixel) {
                *m += v / count;
            }
        }
        let mut deviation = vec![0.0; channels];
        for pixel in images.pixels.chunks_exact(channels) {
            for ((d, m), v) in deviation.iter_mut().zip(&mean).zip(pixel) {
                *d += (v - m).powi(2) / count;
            }
        }
        for (c, d) in deviation.iter_mut().enumerate() {
            // The mean itself is rounded.
            if d.is_nan() || *d <= 1e-24 * mean[c] * mean[c] {
                return Err(Error::Data(format!(
                    "channel {c} of the images is constant and cannot be standardised"
                )));
            }
            *d = d.sqrt();
        }
        Ok(Standardisation { mean, deviation })
    }

    /// `(pixel - mean)/deviation`, in place.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of channels.
    pub fn apply(&self, images: &mut Images) -> Result<()> {
        if images.channels != self.mean.len() {
            return Err(Error::Shape(format!(
                "images of {} channels cannot be standardised with {} means",
                images.channels,
                self.mean.len()
            )));
        }
        let channels = images.channels;
        for pixel in images.pixels.chunks_exact_mut(channels) {
            for ((v, m), d) in pixel.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *v = (*v - m) / d;
            }
        }
        Ok(())
    }
}

/// Scales the channels of every pixel to norm 1, in place; a pixel that is zero stays zero.
pub fn scale_pixels_to_norm_one(images: &mut Images) {
    let channels = images.channels;
    for pixel in images.pixels.chunks_exact_mut(channels) {
        let square: f64 = pixel.iter().map(|v| v * v).sum();
        if square > 0.0 {
            for v in pixel {
                *v /= square.sqrt();
            }
        }
    }
}

/// ZCA whitening: `x -> U (Lambda + epsilon)^(-1/2) U^T (x - mean)`, where `U Lambda U^T` is the covariance of whole
/// images (all pixels and channels together). Nothing uses it unless it is asked for.
#[derive(Clone, Debug)]
pub struct Zca {
    mean: DVector<f64>,
    matrix: DMatrix<f64>,
}

impl Zca {
    /// Of these images; `epsilon > 0` is added to the eigenvalues. Costs an eigendecomposition of `size()` rows: about a
    /// minute for 32 x 32 x 3.
    ///
    /// # Errors
    /// [`Error::Domain`] where epsilon is not positive, [`Error::Shape`] for no images.
    pub fn of(images: &Images, epsilon: f64) -> Result<Zca> {
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            return Err(Error::Domain(format!(
                "the epsilon of ZCA must be positive; {epsilon} is not"
            )));
        }
        if images.is_empty() {
            return Err(Error::Shape("there is no image to whiten".to_owned()));
        }
        let (size, count) = (images.size(), images.len());
        let mut columns = DMatrix::from_iterator(size, count, images.pixels.iter().copied());
        let mean = columns.column_mean();
        for mut column in columns.column_iter_mut() {
            column -= &mean;
        }
        let covariance = &columns * columns.transpose() / count as f64;
        let SymmetricEigen {
            eigenvalues,
            eigenvectors,
        } = SymmetricEigen::new(covariance);
        let mut scaled = eigenvectors.clone();
        for (mut column, value) in scaled.column_iter_mut().zip(eigenvalues.iter()) {
            // Rounding may leave an eigenvalue below zero.
            column /= (value.max(0.0) + epsilon).sqrt();
        }
        Ok(Zca {
            mean,
            matrix: scaled * eigenvectors.transpose(),
        })
    }

    /// Whitens in place.
    ///
    /// # Errors
    /// [`Error::Shape`] for images of another size.
    pub fn apply(&self, images: &mut Images) -> Result<()> {
        let size = images.size();
        if size != self.mean.len() {
            return Err(Error::Shape(format!(
                "images of {size} numbers cannot be whitened with {} means",
                self.mean.len()
            )));
        }
        for image in images.pixels.chunks_exact_mut(size) {
            let x = DVector::from_iterator(size, image.iter().copied());
            let white = &self.matrix * (x - &self.mean);
            image.copy_from_slice(white.as_slice());
        }
        Ok(())
    }
}
