//! Arrays of rows: .npy, and idx (bytes over 255).

use std::path::Path;

use deeplimit::error::Result;

use super::labels::quantity;
use super::reading::Reading;
use super::{Rows, bad};
use crate::library::images as library;

/// What an array may hold, from numpy or of bytes (idx).
pub fn array_rows(path: &Path, labels: Option<&Path>, npy: bool) -> Result<Rows> {
    let (sizes, values) = match npy {
        true => {
            let array = library::Array::read(path)?;
            let values = match array.kind.as_str() {
                "<f8" => array.numbers(f64::from_le_bytes),
                "<f4" => array.numbers(|b| f64::from(f32::from_le_bytes(b))),
                "|u1" => array.numbers(|b| f64::from(u8::from_le_bytes(b))),
                "|i1" => array.numbers(|b| f64::from(i8::from_le_bytes(b))),
                "<u2" => array.numbers(|b| f64::from(u16::from_le_bytes(b))),
                "<i2" => array.numbers(|b| f64::from(i16::from_le_bytes(b))),
                "<u4" => array.numbers(|b| f64::from(u32::from_le_bytes(b))),
                "<i4" => array.numbers(|b| f64::from(i32::from_le_bytes(b))),
                // rounded beyond 2^53
                "<u8" => array.numbers(|b| u64::from_le_bytes(b) as f64),
                "<i8" => array.numbers(|b| i64::from_le_bytes(b) as f64),
                kind => {
                    return Err(bad(
                        path,
                        format!(
                            "numbers of type `{kind}` are not read: floats (f8, f4) or whole numbers, little-endian"
                        ),
                    ));
                }
            };
            if array.sizes.len() != 2 {
                return Err(bad(
                    path,
                    format!("an array of {} dimensions is no matrix", array.sizes.len()),
                ));
            }
            (array.sizes, values)
        }
        false => {
            let (sizes, bytes) = library::idx_bytes(path)?;
            let values = bytes.iter().map(|b| f64::from(*b) / 255.0).collect();
            (sizes, values)
        }
    };
    let (n, dimension) = match sizes[..] {
        [] | [_] => return Err(bad(path, "one number for each row is a file of labels")),
        [n, ref rest @ ..] => (n, rest.iter().product::<usize>()),
    };
    if values.is_empty() {
        return Err(bad(path, "there are no rows"));
    }
    if let Some(k) = values.iter().position(|x: &f64| !x.is_finite()) {
        return Err(bad(
            path,
            format!(
                "row {}, column {}: {} is no finite number",
                k / dimension + 1,
                k % dimension + 1,
                values[k]
            ),
        ));
    }
    let mut read = Reading::of_array(path, if npy { "npy" } else { "idx" }, n, dimension);
    let labels: Vec<String> = match labels {
        None => vec![],
        Some(of) => {
            let labels = library::labels(of)?;
            if labels.len() != n {
                return Err(bad(
                    of,
                    format!(
                        "{} labels are there for {n} rows of {}",
                        labels.len(),
                        path.display()
                    ),
                ));
            }
            let labels: Vec<String> = labels.iter().map(u8::to_string).collect();
            if let Some(why) = quantity(&labels) {
                return Err(bad(of, why));
            }
            let file = of.display().to_string();
            read.labelled(file.clone(), file, &labels);
            labels
        }
    };
    Ok(Rows {
        dimension,
        values,
        labels,
        names: vec![],
        columns: None,
        read,
    })
}
