//! The idx format of MNIST (LeCun, Cortes and Burges 1998): `00 00 08 d`, then `d` sizes of four bytes, then bytes.

use std::path::Path;

use super::{Images, bytes, unit};
use crate::error::{Error, Result};

/// The type code of unsigned bytes.
const BYTES: u8 = 8;

/// Images of a file of three sizes (`n`, rows, columns) or four (and channels), and labels of a file of one size.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] where a file is not what it should be; [`Error::Shape`] where the files do not fit.
pub fn idx(images: &Path, labels: Option<&Path>) -> Result<Images> {
    let (sizes, data) = idx_bytes(images)?;
    let shape = match sizes[..] {
        [_, height, width] => [height, width, 1],
        [_, height, width, channels] => [height, width, channels],
        _ => {
            return Err(Error::Data(format!(
                "{} is an idx file of {} sizes; images have three or four",
                images.display(),
                sizes.len()
            )));
        }
    };
    let labels = match labels {
        None => vec![],
        Some(path) => {
            let labels = class_bytes(path)?;
            if labels.len() != sizes[0] {
                return Err(Error::Shape(format!(
                    "{} has {} images and {} has {} labels",
                    images.display(),
                    sizes[0],
                    path.display(),
                    labels.len()
                )));
            }
            labels
        }
    };
    Images::new(shape, data.iter().map(|b| unit(*b)).collect(), labels)
}

/// The labels of a file of one size.
pub(super) fn class_bytes(path: &Path) -> Result<Vec<u8>> {
    let (sizes, labels) = idx_bytes(path)?;
    match sizes.len() {
        1 => Ok(labels),
        n => Err(Error::Data(format!(
            "{} is an idx file of {n} sizes; labels have one",
            path.display()
        ))),
    }
}

/// The sizes and the bytes of any idx file of bytes.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] where the file is not what it should be.
pub fn idx_bytes(path: &Path) -> Result<(Vec<usize>, Vec<u8>)> {
    let mut bytes = bytes(path)?;
    let name = path.display();
    let [0, 0, kind, dimensions] = bytes[..bytes.len().min(4)] else {
        return Err(Error::Data(format!(
            "{name} is no idx file: it does not begin with two zero bytes"
        )));
    };
    if kind != BYTES {
        return Err(Error::Data(format!(
            "{name} is an idx file of type {kind:#04x}; only unsigned bytes (0x08) are read"
        )));
    }
    let head = 4 + 4 * usize::from(dimensions);
    if bytes.len() < head {
        return Err(Error::Data(format!(
            "{name} ends inside its header, at byte {} of {head}",
            bytes.len()
        )));
    }
    let sizes: Vec<usize> = bytes[4..head]
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let product = sizes.iter().try_fold(1_usize, |n, s| n.checked_mul(*s));
    if product.and_then(|n| n.checked_add(head)) != Some(bytes.len()) {
        let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
        return Err(Error::Data(format!(
            "{name} has {} bytes behind its header, which says {}: it is truncated or no idx file",
            bytes.len() - head,
            sizes.join(" x ")
        )));
    }
    bytes.drain(..head);
    Ok((sizes, bytes))
}
