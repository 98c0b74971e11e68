//! A kernel in the precision that is chosen while the program runs.

use super::{Architecture, Cntk, ConvNetwork, Kernels, Readout, Watch};
use crate::error::Result;
use crate::image::Images;
use crate::words::named;

/// What a kernel is computed in.
///
/// ```
/// use deeplimit::cntk::{Numbers, Readout};
/// assert_eq!(Numbers::F32.with(Readout::Gap), Numbers::F32);
/// assert_eq!(Numbers::F32.with(Readout::Vanilla), Numbers::F64);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Fast.
    F32,
    /// Six times slower.
    F64,
}

named!(Numbers, "precision": F32 = "f32", F64 = "f64");

impl Numbers {
    /// For this read-out: without pooling doubles cost next to nothing, and always are what they should be.
    #[must_use]
    pub fn with(self, readout: Readout) -> Numbers {
        match readout {
            Readout::Vanilla => Numbers::F64,
            Readout::Gap => self,
        }
    }
}

/// A convolutional kernel in either precision: a [`Cntk`].
///
/// ```
/// use deeplimit::cntk::{Architecture, Convolutional, Numbers, Readout};
/// let network = Architecture::new(&"relu".parse()?, &[2], Readout::Gap)?;
/// let kernel = Convolutional::new(&network, Numbers::F32, [4, 4, 1])?;
/// assert_eq!(kernel.numbers(), Numbers::F32);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Convolutional {
    /// In `f32`.
    Single(Box<Cntk<f32>>),
    /// In `f64`.
    Double(Box<Cntk<f64>>),
}

impl Convolutional {
    /// Of a stack of equal convolutions, for images of `height x width x channels`.
    ///
    /// # Errors
    /// As [`Cntk::new`].
    pub fn new(stack: &Architecture, numbers: Numbers, shape: [usize; 3]) -> Result<Self> {
        Ok(match numbers {
            Numbers::F32 => Convolutional::Single(Box::new(Cntk::new(stack, shape)?)),
            Numbers::F64 => Convolutional::Double(Box::new(Cntk::new(stack, shape)?)),
        })
    }

    /// Of any network, for images of `height x width x channels`.
    ///
    /// # Errors
    /// As [`Cntk::of`].
    pub fn of(network: &ConvNetwork, numbers: Numbers, shape: [usize; 3]) -> Result<Self> {
        Ok(match numbers {
            Numbers::F32 => Convolutional::Single(Box::new(Cntk::of(network, shape)?)),
            Numbers::F64 => Convolutional::Double(Box::new(Cntk::of(network, shape)?)),
        })
    }

    /// All pairs of two sets; `None` if it was stopped.
    ///
    /// # Errors
    /// As [`Cntk::block`].
    pub fn block(&self, rows: &Images, columns: &Images, go: Watch) -> Result<Option<Kernels>> {
        match self {
            Convolutional::Single(k) => k.block(rows, columns, go),
            Convolutional::Double(k) => k.block(rows, columns, go),
        }
    }

    /// All pairs of one set; `None` if it was stopped.
    ///
    /// # Errors
    /// As [`Cntk::gram`].
    pub fn gram(&self, images: &Images, go: Watch) -> Result<Option<Kernels>> {
        match self {
            Convolutional::Single(k) => k.gram(images, go),
            Convolutional::Double(k) => k.gram(images, go),
        }
    }

    /// The relative rounding of a kernel.
    pub fn rounding(&self) -> f64 {
        match self {
            Convolutional::Single(_) => Cntk::<f32>::rounding(),
            Convolutional::Double(_) => Cntk::<f64>::rounding(),
        }
    }

    /// The precision.
    pub fn numbers(&self) -> Numbers {
        match self {
            Convolutional::Single(_) => Numbers::F32,
            Convolutional::Double(_) => Numbers::F64,
        }
    }

    /// The instructions in use.
    pub fn processor(&self) -> &'static str {
        match self {
            Convolutional::Single(k) => k.processor().name(),
            Convolutional::Double(k) => k.processor().name(),
        }
    }
}

impl Architecture {
    /// Whether there is a kernel of it in this precision, whatever the images: fields in their ranges, and an activation whose
    /// series is short enough.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::error::Error::Domain), as [`Cntk::new`].
    ///
    /// ```
    /// use deeplimit::cntk::{Architecture, Numbers, Readout};
    /// let mut network = Architecture::new(&"relu".parse()?, &[2], Readout::Gap)?;
    /// assert!(network.check_in(Numbers::F32).is_ok());
    /// network.filter = 4;
    /// assert!(network.check_in(Numbers::F32).is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn check_in(&self, numbers: Numbers) -> Result<()> {
        match numbers {
            Numbers::F32 => Cntk::<f32>::form_of(self).map(drop),
            Numbers::F64 => Cntk::<f64>::form_of(self).map(drop),
        }
    }
}
