//! What is computed once per image: its pixels as padded lines, and the standard deviation of every pixel in every layer.

use super::activation::Form;
use super::diagonal::DiagonalPlan;
use super::geometry::{Geometry, Line};
use super::lane::Lane;
use super::loops::Terms;
use crate::error::{Error, Result};

/// One image, prepared for any number of pairs.
#[derive(Debug)]
pub struct Profile<T> {
    pub(super) pixels: Line<T>,
    pub(super) spreads: Vec<Spread<T>>,
    /// The numbers of a channel, padding included.
    stored: usize,
    /// Of the kernel that it was made for.
    mark: u64,
    /// The same in `f64`, where this is `f32` and the activation has a kink: for images that are nearly alike.
    pub(super) fine: Option<Box<Profile<f64>>>,
}

/// What the activation of a layer needs of every pixel, as lines of `stored` numbers.
///
/// For `a z + b |z|`: `s/divisor` and `1/s`, with `s^2` the pixel's variance. Otherwise: `1/s`, the coefficients `a_n(s)/divisor`
/// of even order, and those of odd order. All are zero in the padding, and `1/s` where a pixel's window is empty.
#[derive(Debug)]
pub(super) struct Spread<T> {
    lines: Line<T>,
    stored: usize,
    /// How many coefficients of even and odd order there are.
    counts: [usize; 2],
}

impl<T: Lane> Spread<T> {
    /// Of the variances of pixels, pixel `p` at `place(p)`; and `E phi^2` of the pixels, normalised.
    pub fn new(
        form: &Form,
        variances: &[f64],
        place: impl Fn(usize) -> usize,
        stored: usize,
        divisor: f64,
    ) -> Result<(Spread<T>, Vec<f64>)> {
        match form {
            Form::Bent(_) => {
                let mut lines = Line::zeros(2 * stored);
                for (p, s) in variances.iter().enumerate() {
                    if *s >= T::SMALLEST {
                        lines[place(p)] = T::rounded(s.sqrt() / divisor);
                        lines[stored + place(p)] = T::rounded(1.0 / s.sqrt());
                    }
                }
                let spread = Spread {
                    lines,
                    stored,
                    counts: [0; 2],
                };
                // c_sigma E phi(sqrt(s) Z)^2 = s
                Ok((spread, variances.to_vec()))
            }
            Form::Series(expansion) => {
                let coefficients: Vec<[Vec<f64>; 2]> = variances
                    .iter()
                    .map(|s| expansion.coefficients(s.sqrt()))
                    .collect::<Result<_>>()?;
                let counts = [0, 1].map(|part| {
                    let lengths = coefficients.iter().map(|c| c[part].len());
                    lengths.max().unwrap_or(0)
                });
                let mut lines = Line::zeros((1 + counts[0] + counts[1]) * stored);
                for (p, (s, parts)) in variances.iter().zip(&coefficients).enumerate() {
                    if *s >= T::SMALLEST {
                        lines[place(p)] = T::rounded(1.0 / s.sqrt());
                    }
                    for (part, first) in [(0, 1), (1, 1 + counts[0])] {
                        for (n, a) in parts[part].iter().enumerate() {
                            lines[(first + n) * stored + place(p)] = T::rounded(a / divisor);
                        }
                    }
                }
                let square = |parts: &[Vec<f64>; 2]| parts.iter().flatten().map(|a| a * a).sum();
                let spread = Spread {
                    lines,
                    stored,
                    counts,
                };
                Ok((spread, coefficients.iter().map(square).collect()))
            }
        }
    }

    /// `s/divisor`
    #[inline(always)]
    pub fn deviation(&self) -> &[T] {
        &self.lines[..self.stored]
    }

    /// `1/s` of an activation in closed form.
    #[inline(always)]
    pub fn reciprocal(&self) -> &[T] {
        &self.lines[self.stored..][..self.stored]
    }

    /// `1/s`, of a series, from a place on.
    pub fn series_reciprocal(&self, from: usize) -> &[T] {
        &self.lines[from..self.stored]
    }

    /// The coefficients, from a place on.
    pub fn terms(&self, from: usize) -> Terms<'_, T> {
        let line = |n: usize| self.lines.get(n * self.stored + from..).unwrap_or_default();
        Terms {
            even: line(1),
            odd: line(1 + self.counts[0]),
            stride: self.stored,
        }
    }

    /// How many terms two pixels have in common.
    pub fn common(&self, other: &Spread<T>) -> [usize; 2] {
        [0, 1].map(|part| self.counts[part].min(other.counts[part]))
    }
}

/// All variances are numbers in range.
pub(super) fn checked<T: Lane>(variances: &[f64], width: usize) -> Result<()> {
    match variances.iter().position(|s| s.is_nan() || *s > T::LARGEST) {
        None => Ok(()),
        Some(p) => Err(Error::Data(format!(
            "the pixels of an image are too large (or no numbers) at row {}, column {}",
            p / width,
            p % width
        ))),
    }
}

impl<T: Lane> Profile<T> {
    /// What was made elsewhere.
    pub(super) fn from_parts(
        pixels: Line<T>,
        stored: usize,
        spreads: Vec<Spread<T>>,
        mark: u64,
    ) -> Profile<T> {
        Profile {
            pixels,
            spreads,
            stored,
            mark,
            fine: None,
        }
    }

    /// With its twin in `f64`.
    pub(super) fn with_fine(mut self, fine: Option<Profile<f64>>) -> Profile<T> {
        self.fine = fine.map(Box::new);
        self
    }

    /// Of the pixels `height x width x channels`, for as many convolutions as the plan has.
    ///
    /// On the diagonal `x' = x`, `p' = p` the recursion is `Sigma^(h)[p] = bias + q^-2 sum_D c_sigma E phi(u)^2`. It is
    /// computed in `f64`.
    pub(super) fn new(pixels: &[f64], plan: &DiagonalPlan<T>, mark: u64) -> Result<Profile<T>> {
        let geometry = plan.geometry;
        let Geometry {
            width,
            height,
            channels,
            radius,
        } = geometry;
        let (stride, stored) = (geometry.stride(), geometry.stored());
        let place = |p: usize| p / width * stride + p % width;
        let mut numbers = Line::zeros(channels * stored);
        let mut square = vec![0.0; geometry.pixels()];
        for (p, pixel) in pixels.chunks_exact(channels).enumerate() {
            for (c, value) in pixel.iter().enumerate() {
                let value = *value * plan.input;
                numbers[c * stored + place(p)] = T::rounded(value);
                square[p] += value.powi(2);
            }
        }
        let q = (2 * radius + 1) as f64;
        let mut spreads = Vec::with_capacity(plan.layers);
        for layer in 0..plan.layers {
            let scale = if layer == 0 { 1.0 } else { 1.0 / (q * q) };
            let mut variances = windows(&square, height, width, radius);
            variances
                .iter_mut()
                .for_each(|s| *s = *s * scale + plan.bias);
            checked::<T>(&variances, width)?;
            let (spread, next) = Spread::new(&plan.form, &variances, place, stored, q)?;
            square = next;
            spreads.push(spread);
        }
        Ok(Profile::from_parts(numbers, stored, spreads, mark))
    }

    /// The padded pixels of a channel.
    #[inline(always)]
    pub(super) fn channel(&self, c: usize) -> &[T] {
        &self.pixels[c * self.stored..][..self.stored]
    }

    /// The memory of the profile in bytes, and of that what every diagonal takes.
    pub(super) fn bytes(&self) -> [usize; 2] {
        let fine = self.fine.as_ref().map_or(0, |fine| fine.own_bytes());
        [self.own_bytes() + fine, self.own_bytes()]
    }

    fn own_bytes(&self) -> usize {
        let lines = self.spreads.iter().map(|s| s.lines.len());
        (self.pixels.len() + lines.sum::<usize>()) * size_of::<T>()
    }

    /// Made for the same kernel.
    pub(super) fn fits(&self, mark: u64) -> bool {
        self.mark == mark
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
