//! What is computed once per image: its pixels as padded lines, and the standard deviation of every pixel in every layer.

use super::geometry::{Geometry, Line};
use super::lane::Lane;
use crate::error::{Error, Result};

/// One image, prepared for any number of pairs.
#[derive(Debug)]
pub struct Profile<T> {
    numbers: Line<T>,
    geometry: Geometry,
    layers: usize,
}

impl<T: Lane> Profile<T> {
    /// Of the pixels `height x width x channels`, for up to `layers` convolutions; `bias` is the variance of the bias.
    ///
    /// On the diagonal `x' = x`, `p' = p` the recursion is `Sigma^(h)[p] = bias + q^-2 sum_D Sigma^(h-1)`, whatever the
    /// activation, because `c_sigma E phi(sqrt(s) Z)^2 = s`. It is computed in `f64`.
    pub(super) fn new(
        pixels: &[f32],
        geometry: Geometry,
        layers: usize,
        bias: f64,
    ) -> Result<Profile<T>> {
        let Geometry {
            height,
            width,
            channels,
            radius,
        } = geometry;
        if pixels.len() != geometry.pixels() * channels {
            return Err(Error::Shape(format!(
                "an image of {} numbers is not {height} x {width} x {channels}",
                pixels.len()
            )));
        }
        let (stride, stored) = (geometry.stride(), geometry.stored());
        let mut numbers = Line::zeros((channels + 2 * layers) * stored);
        let mut square = vec![0.0; geometry.pixels()];
        for (p, pixel) in pixels.chunks_exact(channels).enumerate() {
            let at = p / width * stride + p % width;
            for (c, value) in pixel.iter().enumerate() {
                numbers[c * stored + at] = T::rounded(f64::from(*value));
                square[p] += f64::from(*value).powi(2);
            }
        }
        let q = (2 * radius + 1) as f64;
        for layer in 0..layers {
            let scale = if layer == 0 { 1.0 } else { 1.0 / (q * q) };
            square = windows(&square, height, width, radius);
            for (p, s) in square.iter_mut().enumerate() {
                *s = *s * scale + bias;
                if s.is_nan() || *s > T::LARGEST {
                    return Err(Error::Data(format!(
                        "the pixels of an image are too large (or no numbers) at row {}, column {}",
                        p / width,
                        p % width
                    )));
                }
                if *s >= T::SMALLEST {
                    let at = (channels + 2 * layer) * stored + p / width * stride + p % width;
                    numbers[at] = T::rounded(s.sqrt() / q);
                    numbers[at + stored] = T::rounded(1.0 / s.sqrt());
                }
            }
        }
        Ok(Profile {
            numbers,
            geometry,
            layers,
        })
    }

    /// The padded pixels of a channel.
    #[inline(always)]
    pub(super) fn channel(&self, c: usize) -> &[T] {
        let stored = self.geometry.stored();
        &self.numbers[c * stored..][..stored]
    }

    /// `sqrt(Sigma^(layer)[p]) / q`, zero where the pixel's window is empty and in the padding.
    #[inline(always)]
    pub(super) fn deviation(&self, layer: usize) -> &[T] {
        self.channel(self.geometry.channels + 2 * layer)
    }

    /// `1 / sqrt(Sigma^(layer)[p])`, zero where the deviation is zero.
    #[inline(always)]
    pub(super) fn reciprocal(&self, layer: usize) -> &[T] {
        self.channel(self.geometry.channels + 2 * layer + 1)
    }

    /// The memory of a profile in bytes.
    pub(super) fn bytes(geometry: Geometry, layers: usize) -> usize {
        (geometry.channels + 2 * layers) * geometry.stored() * size_of::<T>()
    }

    /// Made for the same kernel.
    pub(super) fn fits(&self, geometry: Geometry, layers: usize) -> bool {
        self.geometry == geometry && self.layers == layers
    }
}

/// The sum over the window around every pixel.
fn windows(values: &[f64], height: usize, width: usize, radius: usize) -> Vec<f64> {
    let mut rows = vec![0.0; values.len()];
    for i in 0..height {
        for j in 0..width {
            let columns = j.saturating_sub(radius)..(j + radius + 1).min(width);
            rows[i * width + j] = columns.map(|k| values[i * width + k]).sum();
        }
    }
    let mut sums = vec![0.0; values.len()];
    for i in 0..height {
        for k in i.saturating_sub(radius)..(i + radius + 1).min(height) {
            for j in 0..width {
                sums[i * width + j] += rows[k * width + j];
            }
        }
    }
    sums
}
