//! Arrays of rows: .npy, and idx (bytes over 255).

use std::path::Path;

use deeplimit::array::{Array, Format, Labels, NumberType};
use deeplimit::error::Result;

use super::labels::quantity;
use super::reading::Reading;
use super::{Rows, bad};

/// What an array may hold, from numpy or of bytes (idx).
pub fn array_rows(path: &Path, labels: Option<&Path>) -> Result<Rows> {
    let array = Array::open(path)?;
    let mut values = array.floats()?;
    match array.format {
        Format::Npy if array.sizes.len() != 2 => {
            return Err(bad(
                path,
                format!("an array of {} dimensions is no matrix", array.sizes.len()),
            ));
        }
        // pictures, as everywhere
        Format::Idx if array.kind == NumberType::BYTE => {
            values.iter_mut().for_each(|x| *x /= 255.0);
        }
        _ => {}
    }
    let format = match array.format {
        Format::Npy => "npy",
        Format::Idx => "idx",
    };
    let sizes = array.sizes;
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
    let mut read = Reading::of_array(path, format, n, dimension);
    let labels: Vec<String> = match labels {
        None => vec![],
        Some(of) => {
            let Labels {
                values: labels,
                note,
            } = Labels::read(of)?;
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
            let labels: Vec<String> = labels.iter().map(i64::to_string).collect();
            if let Some(why) = quantity(&labels) {
                return Err(bad(of, why));
            }
            let file = of.display().to_string();
            read.labelled(file.clone(), file, &labels);
            note.into_iter().for_each(|note| read.note(note));
            labels
        }
    };
    Ok(Rows {
        dimension,
        values,
        labels,
        targets: vec![],
        target_names: vec![],
        known: vec![],
        names: vec![],
        columns: None,
        read,
    })
}

/// Real targets of the rows of an array: one number for each, or a matrix with a column for each target.
pub fn targets(path: &Path, files: &[String], rows: &mut Rows) -> Result<()> {
    let [file] = files else {
        return Err(bad(
            path,
            "the targets of an array are one file: a number, or a row of numbers, for each row",
        ));
    };
    let of = Path::new(file);
    let array = Array::open(of)?;
    let values = array.floats()?;
    let columns = match array.sizes[..] {
        [_] => 1,
        [_, m] if m > 0 => m,
        _ => {
            return Err(bad(
                of,
                "targets are one number, or one row of numbers, for each row",
            ));
        }
    };
    let there = values.len() / columns;
    if there != rows.read.rows {
        return Err(bad(
            of,
            format!(
                "targets of {there} rows are there for {} rows of {}",
                rows.read.rows,
                path.display()
            ),
        ));
    }
    if let Some(k) = values.iter().position(|y| !y.is_finite()) {
        return Err(bad(
            of,
            format!(
                "row {}, target {}: {} is no finite number",
                k / columns + 1,
                k % columns + 1,
                values[k]
            ),
        ));
    }
    let names: Vec<String> = (1..=columns).map(|k| k.to_string()).collect();
    let shown: Vec<String> = names.iter().map(|k| format!("{file}, {k}")).collect();
    rows.read.targeted(&names, &shown, &values);
    (rows.target_names, rows.targets) = (names, values);
    Ok(())
}
