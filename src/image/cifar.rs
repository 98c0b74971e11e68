//! CIFAR-10 in its binary format (Krizhevsky 2009): records of a label byte and three planes of 32 x 32 bytes.

use std::path::Path;

use super::{Images, unit};
use crate::array::{foreign, unpacked};
use crate::error::{Error, Result};

const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;
const RECORD: usize = 1 + 3 * PLANE;
/// CIFAR-100 has two labels.
const RECORD_OF_100: usize = RECORD + 1;

/// The images of a file such as `data_batch_1.bin`, with their labels 0 to 9.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] where the file is no whole number of records, has none, or a label is above 9.
pub fn cifar10(path: &Path) -> Result<Images> {
    let bytes = unpacked(path)?;
    let name = path.display();
    if let Some(what) = foreign(&bytes[..bytes.len().min(512)]) {
        return Err(Error::Data(format!("{name}: this is {what}")));
    }
    if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD) {
        let other = match !bytes.is_empty() && bytes.len().is_multiple_of(RECORD_OF_100) {
            true => " (CIFAR-100, which has two labels in records of 3074 bytes, is not read)",
            false => "",
        };
        return Err(Error::Data(format!(
            "{name} has {} bytes, which is no whole number of CIFAR-10 records of {RECORD} bytes{other}",
            bytes.len()
        )));
    }
    let mut pixels = Vec::with_capacity(bytes.len() / RECORD * 3 * PLANE);
    let mut labels = Vec::with_capacity(bytes.len() / RECORD);
    for (n, record) in bytes.chunks_exact(RECORD).enumerate() {
        if record[0] > 9 {
            return Err(Error::Data(format!(
                "{name}, record {n} (byte {}): the label {} is not from 0 to 9",
                n * RECORD,
                record[0]
            )));
        }
        labels.push(record[0]);
        for p in 0..PLANE {
            pixels.extend((0..3).map(|c| unit(record[1 + c * PLANE + p])));
        }
    }
    Images::new([SIDE, SIDE, 3], pixels, labels)
}
