//! Files of rows: CSV, .npy and idx in, CSV out. Every complaint is one sentence that names the place, and it is said what was
//! read.
//!
//! * `text`: what the bytes are, what separates the columns, the records.
//! * `columns`: the header, and which column is what.
//! * `table`: the numbers and labels of a text file.
//! * `labels`: which labels are missing, one class, or a quantity.
//! * `array`: .npy and idx.
//! * `reading`: what was read.
//! * `folds`: files of row numbers.
//! * `kernel`: a kernel as a table.
//! * `output`: files that are written. `iterate`: where conjugate gradients stand.

mod array;
mod columns;
mod folds;
mod iterate;
mod kernel;
mod labels;
mod output;
mod reading;
mod table;
mod text;

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;

use deeplimit::error::{Error, Result};

use columns::Columns;
pub use folds::splits;
pub use iterate::{begun, kept};
pub use kernel::kernel_table;
pub use labels::{missing, one_row_each};
pub use output::{free, table, written};
pub use reading::Reading;

/// Rows of numbers, with a class each where a column of them was asked for.
#[derive(Debug)]
pub struct Rows {
    pub dimension: usize,
    pub values: Vec<f64>,
    pub labels: Vec<String>,
    /// Real targets, in the order in which they were asked for, row after row.
    pub targets: Vec<f64>,
    /// Their names (or numbers).
    pub target_names: Vec<String>,
    /// Of rows to be predicted: what their labels or targets are where the file says it, row after row.
    pub known: Vec<String>,
    /// The names of the coordinates, where the file has a first line of names.
    names: Vec<String>,
    /// The columns of a text file.
    columns: Option<Columns>,
    /// What was read.
    pub read: Reading,
}

/// What is asked of the columns of a file.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub label: Label<'a>,
    /// Does the command have `--label`?
    pub labels: bool,
    /// Is there a second file, whose columns --drop and --keep may be?
    pub pair: bool,
    /// Are rows divided by their lengths?
    pub directions: bool,
    /// Columns that are left out.
    pub drop: &'a [String],
    /// Coordinates, whatever they are called.
    pub keep: &'a [String],
    /// Is the first line a header? `None`: it is found out.
    pub header: Option<bool>,
}

/// Where the labels or targets are.
#[derive(Clone, Copy)]
pub enum Label<'a> {
    /// Nowhere.
    None,
    /// In the column of this name or number, or (of an array) in the file of this name.
    Column(&'a str),
    /// No labels but real targets: in the columns of these names or numbers, or (of an array) in the file of this name.
    Targets(&'a [String]),
    /// Nowhere, or where they are in these training rows, and not read.
    Like { known: &'a Rows, whose: &'a Path },
}

impl Asked<'_> {
    /// The column `label`, and nothing else.
    pub fn labelled(label: &str) -> Asked<'_> {
        Asked {
            label: Label::Column(label),
            labels: true,
            pair: false,
            directions: false,
            drop: &[],
            keep: &[],
            header: None,
        }
    }
}

/// The first of these names.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN {
        text += ", ...";
    }
    text
}

fn bad(path: &Path, message: impl std::fmt::Display) -> Error {
    Error::Data(format!("{}: {message}", path.display()))
}

fn unread(path: &Path, error: &std::io::Error) -> Error {
    Error::file(path, "read", error)
}

impl Rows {
    /// Rows that are there already, with a remark.
    fn repeats(&mut self) {
        let mut seen: HashMap<u64, Vec<usize>> = HashMap::new();
        let row = |i: usize| &self.values[i * self.dimension..][..self.dimension];
        let (mut repeated, mut otherwise) = (0, 0);
        for i in 0..self.read.rows {
            let mut hasher = DefaultHasher::new();
            // -0 is 0
            row(i)
                .iter()
                .for_each(|x| (x + 0.0).to_bits().hash(&mut hasher));
            let alike = seen.entry(hasher.finish()).or_default();
            match alike.iter().find(|j| row(**j) == row(i)) {
                None => alike.push(i),
                Some(j) => {
                    repeated += 1;
                    let m = self.target_names.len();
                    let target = |i: usize| self.targets.get(i * m..(i + 1) * m);
                    let same = self.labels.get(*j) == self.labels.get(i) && target(*j) == target(i);
                    otherwise += usize::from(!same);
                }
            }
        }
        if repeated > 0 {
            let labels = match otherwise {
                0 => String::new(),
                n if self.target_names.is_empty() => format!(", {n} of them with another label"),
                n => format!(", {n} of them with another target"),
            };
            self.read.note(format!(
                "{repeated} of the rows repeat{} an earlier one{labels}",
                if repeated == 1 { "s" } else { "" }
            ));
        }
    }
}

/// Reads rows: CSV, .npy, or idx (bytes over 255), told apart by how they begin.
pub fn rows(path: &Path, asked: &Asked) -> Result<Rows> {
    // a pipe can be read once, and the first bytes say what a file is
    let about = fs::metadata(path).map_err(|e| unread(path, &e))?;
    if !about.is_file() {
        let what = if about.is_dir() {
            "a folder"
        } else {
            "no file (a pipe or a device)"
        };
        return Err(bad(
            path,
            format!("this is {what}: give the name of a file"),
        ));
    }
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(512).read_to_end(&mut start))
        .map_err(|e| unread(path, &e))?;
    let named = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("npy"));
    let array = named
        || [&b"\x1f\x8b"[..], b"\x93NUMPY", &[0, 0]]
            .iter()
            .any(|magic| start.starts_with(magic));
    let mut rows = match array {
        false => table::rows(path, asked)?,
        true => {
            if !(asked.drop.is_empty() && asked.keep.is_empty() && asked.header.is_none()) {
                return Err(bad(
                    path,
                    "--drop, --keep and --header are about text files: this is an array",
                ));
            }
            let labels = match asked.label {
                Label::Column(file) => Some(Path::new(file)),
                _ => None,
            };
            let mut rows = array::array_rows(path, labels)?;
            if let Label::Targets(files) = asked.label {
                array::targets(path, files, &mut rows)?;
            }
            rows
        }
    };
    rows.repeats();
    if asked.directions && rows.dimension == 1 {
        rows.read.note(
            "rows of one column have two directions, and nothing else is left of them where lengths are divided out: --lengths lift keeps \
             them apart"
                .to_owned(),
        );
    }
    match asked.label {
        Label::Like { known, whose } => rows.like(path, known, whose),
        _ => Ok(rows),
    }
}
