//! Stacks of images in numpy's `.npy` format.

use std::path::Path;

use super::{Images, unit};
use crate::error::{Error, Result};
use crate::gram::npy::Array;

/// Images of an array `n x height x width` or `n x height x width x channels` of `u1` (divided by 255), `f4` or `f8`
/// (as they are), and labels 0 to 255 of an array of whole numbers.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] where a file is not what it should be; [`Error::Shape`] where the files do not fit.
pub fn npy(images: &Path, labels: Option<&Path>) -> Result<Images> {
    let array = Array::read(images)?;
    let shape = match array.sizes[..] {
        [_, height, width] => [height, width, 1],
        [_, height, width, channels] => [height, width, channels],
        _ => {
            return Err(Error::Data(format!(
                "{} is an array of {} sizes; images have three (n, height, width) or four (and channels)",
                images.display(),
                array.sizes.len()
            )));
        }
    };
    let pixels = match array.kind.as_str() {
        "|u1" => array.data.iter().map(|b| unit(*b)).collect(),
        "<f4" => array.numbers(|b| f64::from(f32::from_le_bytes(b))),
        "<f8" => array.numbers(f64::from_le_bytes),
        kind => {
            return Err(Error::Data(format!(
                "{} holds numbers of type {kind}; images are |u1, <f4 or <f8",
                images.display()
            )));
        }
    };
    let labels = labels.map_or(Ok(vec![]), class_numbers)?;
    Images::new(shape, pixels, labels).map_err(|e| match e {
        Error::Data(text) => Error::Data(format!("{}: {text}", images.display())),
        e => e,
    })
}

/// Labels 0 to 255 of an array of whole numbers.
pub(super) fn class_numbers(path: &Path) -> Result<Vec<u8>> {
    let array = Array::read(path)?;
    if array.sizes.len() != 1 {
        return Err(Error::Data(format!(
            "{} is an array of {} sizes; labels have one",
            path.display(),
            array.sizes.len()
        )));
    }
    let numbers: Vec<i64> = match array.kind.as_str() {
        "|u1" => array.data.iter().map(|b| i64::from(*b)).collect(),
        "<i4" => array.numbers(|b| i64::from(i32::from_le_bytes(b))),
        "<i8" => array.numbers(i64::from_le_bytes),
        kind => {
            return Err(Error::Data(format!(
                "{} holds numbers of type {kind}; labels are |u1, <i4 or <i8",
                path.display()
            )));
        }
    };
    let label = |(n, v): (usize, &i64)| {
        u8::try_from(*v).map_err(|_| {
            Error::Data(format!(
                "{}, entry {n}: the label {v} is not from 0 to 255",
                path.display()
            ))
        })
    };
    numbers.iter().enumerate().map(label).collect()
}
