//! Arrays of numbers in files: numpy's `.npy` and the idx format of MNIST, either of them compressed by gzip or not.
//!
//! The one reader of the program: rows of points, pictures and labels all come through it. Every type of number of either
//! format is read ([`NumberType`]), in either order of bytes and of indices; what a file is instead, if it is something else, is
//! said by its name.
//!
//! * [`npy`]: numpy's format, versions 1 to 3, and the header that is written.
//! * [`idx`]: the idx format.
//! * [`source`]: files, compressed or not; what other files are called.
//! * [`labels`]: arrays of classes, in every form that people keep them.

mod idx;
mod labels;
pub mod npy;
mod source;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use labels::Labels;
pub(crate) use source::ends_in;
pub use source::{foreign, unpacked};

use crate::error::{Error, Result};
use source::Source;

/// Beyond this not every whole number is a double.
const WHOLE_MAX: u64 = 1 << 53;

/// The type of an array's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    /// One byte, 0 or 1.
    Bool,
    /// Whole numbers with a sign, of so many bytes: 1, 2, 4 or 8.
    Int(usize),
    /// Whole numbers without a sign, of so many bytes: 1, 2, 4 or 8.
    Unsigned(usize),
    /// Binary floating point, of so many bytes: 2, 4 or 8.
    Float(usize),
}

impl NumberType {
    /// One byte from 0 to 255.
    pub const BYTE: NumberType = NumberType::Unsigned(1);

    /// Bytes of a number.
    pub fn width(self) -> usize {
        match self {
            NumberType::Bool => 1,
            NumberType::Int(bytes) | NumberType::Unsigned(bytes) | NumberType::Float(bytes) => {
                bytes
            }
        }
    }
}

/// numpy's name: `uint8`, `float64` ...
impl std::fmt::Display for NumberType {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            NumberType::Bool => write!(f, "bool"),
            NumberType::Int(bytes) => write!(f, "int{}", 8 * bytes),
            NumberType::Unsigned(bytes) => write!(f, "uint{}", 8 * bytes),
            NumberType::Float(bytes) => write!(f, "float{}", 8 * bytes),
        }
    }
}

/// Which format a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// numpy's.
    Npy,
    /// That of MNIST.
    Idx,
}

/// An array, its numbers row by row (C order) and little-endian, whatever the order of the file.
#[derive(Clone, Debug)]
pub struct Array {
    /// The type of its numbers.
    pub kind: NumberType,
    /// How many along each axis.
    pub sizes: Vec<usize>,
    /// The numbers.
    pub data: Vec<u8>,
    /// What the file was.
    pub format: Format,
    path: PathBuf,
}

impl Array {
    /// Reads a file of either format, told apart by how it begins. Nothing is believed before it is checked: memory is
    /// asked for only as much as the file has bytes.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Data`] where the file is of another format (which is named), ends too early or too late,
    /// holds no numbers, or numbers that are neither whole nor floating point.
    ///
    /// ```
    /// use deeplimit::array::{Array, NumberType};
    /// # let path = std::env::temp_dir().join(format!("deeplimit-array-doc-{}", std::process::id()));
    /// // idx: two signed numbers of two bytes, the larger byte first
    /// std::fs::write(&path, [0, 0, 0x0b, 1, 0, 0, 0, 2, 0xff, 0xff, 1, 0]).unwrap();
    /// let array = Array::open(&path)?;
    /// assert_eq!((array.kind, array.floats()?), (NumberType::Int(2), vec![-1.0, 256.0]));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn open(path: &Path) -> Result<Array> {
        let source = Source::open(path)?;
        let named = source::ends_in(path, "npy");
        if source.start.starts_with(npy::MAGIC) {
            return npy::read(source);
        }
        let what = foreign(&source.start);
        if let (None, false, [0, 0, ..]) = (what, named, &source.start[..]) {
            return idx::read(source);
        }
        let no = match named {
            true => "no .npy file: it does not begin with \\x93NUMPY",
            false => {
                "no .npy file and no idx file, which begin with \\x93NUMPY and with two zero bytes"
            }
        };
        Err(source.bad(match what {
            Some(what) => format!("this is {what}"),
            None if source.start.is_empty() => "the file is empty".to_owned(),
            None if source.size.is_none() => format!("inside gzip, this is {no}: unpack it first"),
            None => format!("this is {no}"),
        }))
    }

    /// All numbers as doubles, which is exact: a whole number beyond `2^53` is refused.
    ///
    /// # Errors
    /// [`Error::Data`] for such a number, with its place.
    pub fn floats(&self) -> Result<Vec<f64>> {
        let lossy = |k: usize, x: &dyn std::fmt::Display| {
            self.bad(format!("{} is {x}, which no double holds", self.place(k)))
        };
        Ok(match self.kind {
            NumberType::Bool | NumberType::Unsigned(1) => {
                self.data.iter().map(|b| f64::from(*b)).collect()
            }
            NumberType::Int(1) => self.numbers(|b| f64::from(i8::from_le_bytes(b))),
            NumberType::Unsigned(2) => self.numbers(|b| f64::from(u16::from_le_bytes(b))),
            NumberType::Int(2) => self.numbers(|b| f64::from(i16::from_le_bytes(b))),
            NumberType::Unsigned(4) => self.numbers(|b| f64::from(u32::from_le_bytes(b))),
            NumberType::Int(4) => self.numbers(|b| f64::from(i32::from_le_bytes(b))),
            NumberType::Unsigned(_) => {
                let all = self.numbers(u64::from_le_bytes);
                if let Some(k) = all.iter().position(|x| *x > WHOLE_MAX) {
                    return Err(lossy(k, &all[k]));
                }
                all.into_iter().map(|x| x as f64).collect()
            }
            NumberType::Int(_) => {
                let all = self.numbers(i64::from_le_bytes);
                if let Some(k) = all.iter().position(|x| x.unsigned_abs() > WHOLE_MAX) {
                    return Err(lossy(k, &all[k]));
                }
                all.into_iter().map(|x| x as f64).collect()
            }
            NumberType::Float(2) => self.numbers(|b| half(u16::from_le_bytes(b))),
            NumberType::Float(4) => self.numbers(|b| f64::from(f32::from_le_bytes(b))),
            NumberType::Float(_) => self.numbers(f64::from_le_bytes),
        })
    }

    /// The sizes in words: `60000 x 28 x 28`.
    pub fn shape(&self) -> String {
        shape(&self.sizes)
    }

    /// Where number `k` stands, as Python counts: `[0, 3]`.
    pub fn place(&self, k: usize) -> String {
        place(&self.sizes, k)
    }

    /// What is wrong with the file.
    pub fn bad(&self, what: impl std::fmt::Display) -> Error {
        Error::Data(format!("{}: {what}", self.path.display()))
    }

    /// The numbers, each of `N` bytes.
    fn numbers<T, const N: usize>(&self, number: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (chunks, _) = self.data.as_chunks::<N>();
        chunks.iter().map(|c| number(*c)).collect()
    }
}

/// `3 x 4`
pub(crate) fn shape(sizes: &[usize]) -> String {
    let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
    sizes.join(" x ")
}

/// Where number `k` of an array stands, as Python counts: `[0, 3]`.
pub(crate) fn place(sizes: &[usize], mut k: usize) -> String {
    let mut index = Vec::new();
    for size in sizes.iter().rev() {
        index.push((k % size).to_string());
        k /= size;
    }
    index.reverse();
    format!("[{}]", index.join(", "))
}

/// A number of IEEE 754's binary16: a sign, five bits of exponent, ten of fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let size = match (bits >> 10) & 0x1f {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2_f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Each number's bytes in the other order.
fn turned(data: &mut [u8], width: usize) {
    data.chunks_exact_mut(width).for_each(<[u8]>::reverse);
}
