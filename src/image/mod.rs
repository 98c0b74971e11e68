//! Pictures as arrays: `n x height x width x channels`, in doubles: near-duplicates of a set differ by less than `f32` tells apart.
//!
//! * [`cifar10`], [`idx`], [`npy`], [`png_folder`]: what files hold; [`open`] tells them apart.
//! * [`standard`]: standardisation per channel, pixels of norm 1, ZCA.
//!
//! Bytes are divided by 255. An error names the file and the place.

mod cifar;
mod idx;
mod npy;
mod pictures;
pub mod standard;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use cifar::cifar10;
pub use idx::{idx, idx_bytes};
pub use npy::npy;
pub use pictures::png_folder;
pub use standard::{Standardisation, Zca};

use crate::error::{Error, Result};

/// A set of images of one size, with a label each, or with none.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    height: usize,
    width: usize,
    channels: usize,
    pixels: Vec<f64>,
    labels: Vec<u8>,
}

impl Images {
    /// From pixels `n x height x width x channels`; `labels` are as many as images, or none.
    ///
    /// # Errors
    /// [`Error::Shape`] where the numbers do not fit, [`Error::Data`] for a pixel that is no finite number.
    ///
    /// ```
    /// use deeplimit::image::Images;
    /// let two = Images::new([1, 2, 1], vec![0.0, 1.0, 2.0, 3.0], vec![])?;
    /// assert_eq!((two.len(), two.image(1)), (2, &[2.0, 3.0][..]));
    /// assert!(Images::new([1, 2, 1], vec![0.0; 3], vec![]).is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn new<P: Into<f64>>(
        [height, width, channels]: [usize; 3],
        pixels: Vec<P>,
        labels: Vec<u8>,
    ) -> Result<Images> {
        let pixels: Vec<f64> = pixels.into_iter().map(P::into).collect();
        let size = height * width * channels;
        if size == 0 || !pixels.len().is_multiple_of(size) {
            return Err(Error::Shape(format!(
                "{} numbers are no images of {height} x {width} x {channels}",
                pixels.len()
            )));
        }
        if !labels.is_empty() && labels.len() != pixels.len() / size {
            return Err(Error::Shape(format!(
                "there are {} images and {} labels",
                pixels.len() / size,
                labels.len()
            )));
        }
        if let Some(at) = pixels.iter().position(|v| !v.is_finite()) {
            return Err(Error::Data(format!(
                "image {}, row {}, column {} holds {}, which is no pixel",
                at / size,
                at % size / (width * channels),
                at % (width * channels) / channels,
                pixels[at]
            )));
        }
        Ok(Images {
            height,
            width,
            channels,
            pixels,
            labels,
        })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.pixels.len() / self.size()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// `[height, width, channels]`
    pub fn shape(&self) -> [usize; 3] {
        [self.height, self.width, self.channels]
    }

    /// Numbers of one image.
    pub fn size(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// The pixels of image `n < len()`, `height x width x channels`.
    pub fn image(&self, n: usize) -> &[f64] {
        &self.pixels[n * self.size()..][..self.size()]
    }

    /// The labels; empty where there are none.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// All pixels, to be changed in place.
    pub fn pixels_mut(&mut self) -> &mut [f64] {
        &mut self.pixels
    }

    /// The images `from..from + count`.
    ///
    /// # Errors
    /// [`Error::Shape`] where there are not so many.
    pub fn part(&self, from: usize, count: usize) -> Result<Images> {
        let end = from.checked_add(count).filter(|e| *e <= self.len());
        let Some(end) = end else {
            return Err(Error::Shape(format!(
                "images {from} to {} are asked for and there are {}",
                from.saturating_add(count),
                self.len()
            )));
        };
        let size = self.size();
        Ok(Images {
            pixels: self.pixels[from * size..end * size].to_vec(),
            labels: match self.labels.is_empty() {
                true => vec![],
                false => self.labels[from..end].to_vec(),
            },
            ..*self
        })
    }
}

/// Images of a file or folder, by what it is: a folder of PNG, `.bin` of CIFAR-10, `.npy`, otherwise idx. Labels of
/// `.npy` and idx come from a file of their own; the other two have them inside.
///
/// # Errors
/// As the reader; [`Error::Data`] for labels beside a file that has its own.
pub fn open(path: &Path, labels: Option<&Path>) -> Result<Images> {
    let inside = || match labels {
        Some(l) => Err(Error::Data(format!(
            "{} has its labels inside; {} is one file too many",
            path.display(),
            l.display()
        ))),
        None => Ok(()),
    };
    let ending = path
        .extension()
        .map(|e| e.to_ascii_lowercase())
        .unwrap_or_default();
    if path.is_dir() {
        inside().and_then(|()| png_folder(path))
    } else if ending == "bin" {
        inside().and_then(|()| cifar10(path))
    } else if ending == "npy" {
        npy(path, labels)
    } else {
        idx(path, labels)
    }
}

/// The labels in a file of their own, `.npy` or idx.
///
/// # Errors
/// As the reader.
pub fn labels(path: &Path) -> Result<Vec<u8>> {
    match path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("npy"))
    {
        true => npy::class_numbers(path),
        false => idx::class_bytes(path),
    }
}

/// The bytes of a file.
fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::file(path, "read", &e))
}

/// A byte as a number from 0 to 1.
fn unit(byte: u8) -> f64 {
    f64::from(byte) / 255.0
}
