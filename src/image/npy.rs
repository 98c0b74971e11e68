//! Stacks of images in numpy's `.npy` format, versions 1 to 3, little-endian, C order.

use std::path::Path;

use super::{Images, bytes, unit};
use crate::error::{Error, Result};

/// Images of an array `n x height x width` or `n x height x width x channels` of `u1` (divided by 255), `f4` or `f8`
/// (rounded to `f32`, not scaled), and labels 0 to 255 of an array of whole numbers.
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
        "<f4" => array.numbers(f32::from_le_bytes),
        "<f8" => array.numbers(|b| f64::from_le_bytes(b) as f32),
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

fn class_numbers(path: &Path) -> Result<Vec<u8>> {
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

struct Array {
    kind: String,
    sizes: Vec<usize>,
    data: Vec<u8>,
}

impl Array {
    fn read(path: &Path) -> Result<Array> {
        let mut bytes = bytes(path)?;
        let bad = |what: &str| Error::Data(format!("{}: {what}", path.display()));
        if !bytes.starts_with(b"\x93NUMPY") || bytes.len() < 12 {
            return Err(bad(
                "this is no .npy file: it does not begin with \\x93NUMPY",
            ));
        }
        let (start, length): (usize, usize) = match bytes[6] {
            1 => (10, usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))),
            _ => {
                let length = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
                (12, length as usize)
            }
        };
        let header = bytes
            .get(start..start.saturating_add(length))
            .and_then(|h| std::str::from_utf8(h).ok())
            .ok_or_else(|| bad("the file ends inside its header"))?;
        let value = |key: &str| {
            let from = header.find(&format!("'{key}'"))? + key.len() + 2;
            Some(header[from..].trim_start().strip_prefix(':')?.trim_start())
        };
        let unreadable = || bad("the header is not what numpy writes");
        let kind = value("descr")
            .and_then(|v| v.strip_prefix('\'')?.split('\'').next())
            .ok_or_else(unreadable)?
            .to_owned();
        if value("fortran_order").is_none_or(|v| !v.starts_with("False")) {
            return Err(bad("the array is in Fortran order; save it in C order"));
        }
        let sizes: Option<Vec<usize>> = value("shape")
            .and_then(|v| v.strip_prefix('(')?.split(')').next())
            .map(|v| v.split(',').map(str::trim).filter(|s| !s.is_empty()))
            .and_then(|sizes| sizes.map(|s| s.parse().ok()).collect());
        let sizes = sizes.ok_or_else(unreadable)?;
        let width = kind.trim_start_matches(|c: char| !c.is_ascii_digit());
        let width: usize = width.parse().map_err(|_| unreadable())?;
        let count = sizes.iter().try_fold(width, |n, s| n.checked_mul(*s));
        bytes.drain(..start + length);
        if count != Some(bytes.len()) {
            return Err(bad(&format!(
                "{} bytes follow the header, which says {sizes:?} numbers of {width} bytes",
                bytes.len()
            )));
        }
        Ok(Array {
            kind,
            sizes,
            data: bytes,
        })
    }

    fn numbers<T, const N: usize>(&self, number: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (chunks, _) = self.data.as_chunks::<N>();
        chunks.iter().map(|c| number(*c)).collect()
    }
}
