//! Pictures as arrays: `n x height x width x channels`, in doubles, so that no type of number loses a bit.
//!
//! * [`cifar10`], [`png_folder`], arrays ([`Layout`]): what files hold; [`read`] tells them apart.
//! * [`numbering`]: classes by their names over training and test images.
//! * [`repeats`]: test images that are training images too.
//! * [`standard`]: standardisation per channel, pixels of norm 1, ZCA.
//!
//! Bytes are divided by 255, samples of 16 bits in PNG by 65535. An error names the file and the place.

mod cifar;
mod numbering;
mod pictures;
mod repeats;
mod stack;
pub mod standard;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use cifar::cifar10;
pub use numbering::{absent_last, one_numbering};
pub use pictures::png_folder;
pub use repeats::{Repeats, repeats};
pub use stack::Layout;
pub use standard::{Standardisation, Zca};

use crate::array;
use crate::error::{Error, Result};

/// A set of images of one size, with a label each, or with none.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    height: usize,
    width: usize,
    channels: usize,
    pixels: Vec<f64>,
    labels: Vec<u8>,
    classes: Vec<String>,
}

impl Images {
    /// From pixels `n x height x width x channels`; `labels` are as many as images, or none. The classes are named by their
    /// numbers.
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
        let highest = labels.iter().max();
        Ok(Images {
            height,
            width,
            channels,
            classes: highest.map_or(vec![], |m| (0..=*m).map(|l| l.to_string()).collect()),
            pixels,
            labels,
        })
    }

    /// With these names of the classes, of which a label is the place.
    ///
    /// # Errors
    /// [`Error::Data`] where a label has no name.
    ///
    /// ```
    /// use deeplimit::image::Images;
    /// let pets = Images::new([1, 1, 1], vec![0.0, 1.0], vec![1, 0])?;
    /// let pets = pets.with_classes(vec!["cat".to_owned(), "dog".to_owned()])?;
    /// assert_eq!(pets.class(0), Some("dog"));
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn with_classes(mut self, classes: Vec<String>) -> Result<Images> {
        if let Some(n) = self
            .labels
            .iter()
            .position(|l| usize::from(*l) >= classes.len())
        {
            return Err(Error::Data(format!(
                "image {n} has the label {}; there are {} classes",
                self.labels[n],
                classes.len()
            )));
        }
        self.classes = classes;
        Ok(self)
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

    /// The names of the classes, of which a label is the place.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The class of image `n`, where there are labels.
    pub fn class(&self, n: usize) -> Option<&str> {
        let label = self.labels.get(n)?;
        self.classes.get(usize::from(*label)).map(String::as_str)
    }

    /// How many images of each class there are, in the order of [`Images::classes`].
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for label in &self.labels {
            counts[usize::from(*label)] += 1;
        }
        counts
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
            classes: self.classes.clone(),
            ..*self
        })
    }
}

/// Images as they were read, and what there is to say of it.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The images.
    pub images: Images,
    /// The format and the type of the numbers, in words.
    pub kind: String,
    /// What could have been meant otherwise: a sentence each, without its full stop.
    pub notes: Vec<String>,
}

/// Images of a file or folder, by what it is: a folder of PNG, `.bin` of CIFAR-10, otherwise an array (`.npy` or idx), files
/// compressed by gzip or not. Labels of arrays and of a folder without folders come from a file of their own (`.npy` or
/// idx); the others have them inside. `layout` is the order of an array's axes, where its sizes do not show it; folders and
/// CIFAR-10 have their own.
///
/// # Errors
/// As the reader; [`Error::Data`] for labels beside what has its own, and for an array that may be read in two ways.
pub fn read(path: &Path, labels: Option<&Path>, layout: Option<Layout>) -> Result<Reading> {
    let inside = || match labels {
        Some(l) => Err(Error::Data(format!(
            "{} has its labels inside; {} is one file too many",
            path.display(),
            l.display()
        ))),
        None => Ok(()),
    };
    let mut notes = vec![];
    let (mut images, kind) = if path.is_dir() {
        let folder = pictures::folder(path)?;
        if !folder.images.labels().is_empty() {
            inside()?;
        }
        if let Some(first) = folder.others.first() {
            notes.push(match folder.others.len() {
                1 => format!("{first} is no picture and is passed over"),
                n => format!("{n} files are no pictures and are passed over, the first is {first}"),
            });
        }
        if let (Some(_), Some([a, b])) = (labels, folder.as_text) {
            notes.push(format!(
                "the labels are taken in the order of the pictures' names as text: {a} comes before {b}"
            ));
        }
        let bits: Vec<_> = folder.bits.iter().map(u8::to_string).collect();
        (folder.images, format!("PNG, {} bits", bits.join(" and ")))
    } else if array::ends_in(path, "bin") {
        inside()?;
        (cifar10(path)?, "CIFAR-10, uint8 over 255".to_owned())
    } else {
        stack::stack(path, layout)?
    };
    if let Some(labels) = labels {
        let (numbers, names, note) = stack::classes(labels, images.len())?;
        notes.extend(note);
        images.labels = numbers;
        images = images.with_classes(names)?;
    }
    Ok(Reading {
        images,
        kind,
        notes,
    })
}

/// The images of [`read`] alone.
///
/// # Errors
/// As [`read`].
pub fn open(path: &Path, labels: Option<&Path>) -> Result<Images> {
    read(path, labels, None).map(|r| r.images)
}

/// A byte as a number from 0 to 1.
fn unit(byte: u8) -> f64 {
    f64::from(byte) / 255.0
}
