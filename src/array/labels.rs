//! Arrays of classes: one whole number for each row, in every form that people keep them.

use std::path::Path;

use super::{Array, NumberType};
use crate::error::Result;

/// One class for each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The numbers of the classes; a one-hot row is the place of its 1, from 0.
    pub values: Vec<i64>,
    /// What was read as a class that was not simply a whole number.
    pub note: Option<String>,
}

impl Labels {
    /// The classes of a file (`.npy` or idx): `n` numbers (or `n x 1`) that are whole, whatever their type, or `n x k` rows
    /// of zeros with a single 1 (one-hot).
    ///
    /// # Errors
    /// [`Error::Io`](crate::error::Error::Io); [`Error::Data`](crate::error::Error::Data) where the file is not what it should
    /// be, with the place of what is no class.
    ///
    /// ```
    /// use deeplimit::array::Labels;
    /// # let path = std::env::temp_dir().join(format!("deeplimit-labels-doc-{}", std::process::id()));
    /// // idx: two rows of three bytes
    /// std::fs::write(&path, [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 1, 1, 0, 0]).unwrap();
    /// let labels = Labels::read(&path)?;
    /// assert_eq!(labels.values, [2, 0]);
    /// assert!(labels.note.unwrap().contains("one-hot"));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn read(path: &Path) -> Result<Labels> {
        let array = Array::open(path)?;
        match array.sizes[..] {
            [_] | [_, 1] => whole(&array),
            [_, k] => one_hot(&array, k),
            _ => Err(array.bad(format!(
                "an array of {} has {} sizes; labels have one, or two if they are one-hot",
                array.shape(),
                array.sizes.len()
            ))),
        }
    }
}

/// A number for each row.
fn whole(array: &Array) -> Result<Labels> {
    let numbers = array.floats()?;
    if let Some(k) = numbers.iter().position(|x| x.fract() != 0.0) {
        return Err(array.bad(format!(
            "{} is {}, which is no class: labels are whole numbers",
            array.place(k),
            numbers[k]
        )));
    }
    // what `floats` gives is not beyond 2^53, but what a file of floats holds may be
    if let Some(k) = numbers.iter().position(|x| x.abs() > 2_f64.powi(53)) {
        return Err(array.bad(format!(
            "{} is {:e}, which is no class",
            array.place(k),
            numbers[k]
        )));
    }
    let values: Vec<i64> = numbers.iter().map(|x| *x as i64).collect();
    let signs = values.contains(&-1) && values.iter().all(|v| [-1, 1].contains(v));
    let note = match (array.kind, signs) {
        (NumberType::Bool, _) => {
            Some("labels False and True are read as the classes 0 and 1".to_owned())
        }
        (_, true) => Some("labels -1 and +1 are read as two classes".to_owned()),
        (NumberType::Float(_), false) => Some(format!(
            "labels of type {} are read as classes: all are whole",
            array.kind
        )),
        _ => None,
    };
    Ok(Labels { values, note })
}

/// Rows of zeros with a single 1.
fn one_hot(array: &Array, k: usize) -> Result<Labels> {
    let numbers = array.floats()?;
    let mut values = Vec::with_capacity(array.sizes[0]);
    for (n, row) in numbers.chunks_exact(k).enumerate() {
        let ones = row.iter().filter(|x| **x == 1.0).count();
        let zeros = row.iter().filter(|x| **x == 0.0).count();
        match row.iter().position(|x| *x == 1.0) {
            Some(at) if ones == 1 && zeros == k - 1 => values.push(at as i64),
            _ => {
                return Err(array.bad(format!(
                    "row [{n}] of {} is not one-hot (a single 1, zeros otherwise), and labels are one number for each row",
                    array.shape()
                )));
            }
        }
    }
    let note = Some(format!(
        "one-hot labels ({}) are read as the classes 0 to {}",
        array.shape(),
        k - 1
    ));
    Ok(Labels { values, note })
}
