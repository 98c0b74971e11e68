//! Files of rows: CSV, .npy and idx in, CSV out. Every complaint is one sentence that names the place.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use deeplimit::error::{Error, Result};

use crate::library::images as library;

/// Rows of numbers, with a class each where a column of them was asked for.
#[derive(Debug)]
pub struct Rows {
    pub dimension: usize,
    pub values: Vec<f64>,
    pub labels: Vec<String>,
    /// The names of the columns, where the file has a first line of names.
    pub names: Vec<String>,
}

impl Rows {
    /// The columns in the order of these rows of another file, where both have names.
    pub fn like(mut self, path: &Path, other: &Rows, whose: &Path) -> Result<Rows> {
        if self.dimension != other.dimension {
            return Err(bad(
                path,
                format!(
                    "rows have {} coordinates, those of {} have {}",
                    self.dimension,
                    whose.display(),
                    other.dimension
                ),
            ));
        }
        if self.names.is_empty() || other.names.is_empty() || self.names == other.names {
            return Ok(self);
        }
        let place = |name: &String| {
            let mut places = (0..self.names.len()).filter(|k| self.names[*k] == *name);
            let place = places.next().filter(|_| places.next().is_none());
            place.ok_or_else(|| {
                bad(
                    path,
                    format!(
                        "the columns are named {}, those of {} {}",
                        listed(&self.names),
                        whose.display(),
                        listed(&other.names)
                    ),
                )
            })
        };
        let order: Vec<usize> = other.names.iter().map(place).collect::<Result<_>>()?;
        let rows = self.values.chunks_exact(self.dimension);
        self.values = rows.flat_map(|row| order.iter().map(|k| row[*k])).collect();
        self.names.clone_from(&other.names);
        Ok(self)
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

/// Reads rows: CSV, .npy, or idx (bytes over 255), told apart by how they begin. `label` names a column of a CSV file (or
/// gives its number from 1) that is no coordinate, or the file of the labels of the other two. `optional`: there need be none.
pub fn rows(path: &Path, label: Option<&str>, optional: bool) -> Result<Rows> {
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
    let gzip = start.starts_with(b"\x1f\x8b");
    if named || gzip || start.starts_with(b"\x93NUMPY") || start.starts_with(&[0, 0]) {
        let labels = label.filter(|_| !optional).map(Path::new);
        return array_rows(path, labels);
    }
    if let Some(what) = library::foreign(&start) {
        return Err(bad(path, format!("this is {what}")));
    }
    csv_rows(path, label, optional)
}

fn csv_rows(path: &Path, label: Option<&str>, optional: bool) -> Result<Rows> {
    let file = File::open(path).map_err(|e| unread(path, &e))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(file);
    let mut out = Rows {
        dimension: 0,
        values: Vec::new(),
        labels: Vec::new(),
        names: Vec::new(),
    };
    let (mut width, mut column) = (0, None);
    let mut begun = false;
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|e| bad(path, e))?;
        let line = record
            .position()
            .map_or(index as u64 + 1, csv::Position::line);
        if let Some(k) = record.iter().position(|f| f.contains('\n')) {
            return Err(bad(
                path,
                format!(
                    "line {line}, column {}: a quotation mark is not closed on its line",
                    k + 1
                ),
            ));
        }
        if index == 0 {
            width = record.len();
            column = match label {
                None => None,
                Some(name) => match place(&record, name) {
                    None if optional => None,
                    None => {
                        let names: Vec<String> = record.iter().map(str::to_owned).collect();
                        return Err(bad(
                            path,
                            format!(
                                "there is no column `{name}`: the first line is {}",
                                listed(&names)
                            ),
                        ));
                    }
                    found => found,
                },
            };
            out.dimension = width - usize::from(column.is_some());
            if out.dimension == 0 {
                return Err(bad(path, "there are no columns of numbers"));
            }
            // a header: no coordinate of it is a number
            let coordinates = record
                .iter()
                .enumerate()
                .filter(|(k, _)| Some(*k) != column);
            if coordinates.clone().all(|(_, f)| f.parse::<f64>().is_err()) {
                out.names = coordinates.map(|(_, f)| f.to_owned()).collect();
                continue;
            }
        }
        if record.len() != width {
            return Err(bad(
                path,
                format!(
                    "line {line} has {} field{}, the first line has {width}",
                    record.len(),
                    if record.len() == 1 { "" } else { "s" }
                ),
            ));
        }
        begun = true;
        for (k, field) in record.iter().enumerate() {
            if Some(k) == column {
                if field.is_empty() {
                    return Err(bad(path, format!("line {line} has no label")));
                }
                out.labels.push(field.to_owned());
                continue;
            }
            match field.parse::<f64>() {
                Ok(x) if x.is_finite() => out.values.push(x),
                _ => {
                    return Err(bad(
                        path,
                        format!(
                            "line {line}, column {}: `{field}` is no finite number",
                            k + 1
                        ),
                    ));
                }
            }
        }
    }
    if !begun {
        return Err(bad(path, "there are no rows"));
    }
    Ok(out)
}

/// The column of a name in the header, or of a number from 1.
fn place(first: &csv::StringRecord, name: &str) -> Option<usize> {
    let number = || {
        name.parse::<usize>()
            .ok()
            .filter(|n| (1..=first.len()).contains(n))
    };
    first
        .iter()
        .position(|f| f == name)
        .or_else(|| number().map(|n| n - 1))
}

/// What an array may hold, from numpy or of bytes (idx).
fn array_rows(path: &Path, labels: Option<&Path>) -> Result<Rows> {
    let array = library::Array::open(path)?;
    let mut values = array.floats()?;
    match array.format {
        library::Format::Npy if array.sizes.len() != 2 => {
            return Err(bad(
                path,
                format!("an array of {} dimensions is no matrix", array.sizes.len()),
            ));
        }
        // pictures, as everywhere
        library::Format::Idx if array.kind == library::Kind::BYTE => {
            values.iter_mut().for_each(|x| *x /= 255.0);
        }
        _ => {}
    }
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
    let labels = match labels {
        None => vec![],
        Some(of) => {
            let labels = library::Labels::read(of)?.values;
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
            labels.iter().map(i64::to_string).collect()
        }
    };
    Ok(Rows {
        dimension,
        values,
        labels,
        names: vec![],
    })
}

/// Lines of row numbers from 0, two by two.
pub fn splits(path: &Path) -> Result<Vec<[Vec<usize>; 2]>> {
    let text = fs::read_to_string(path).map_err(|e| unread(path, &e))?;
    let mut lines = Vec::new();
    for (k, line) in text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty())
    {
        let numbers: std::result::Result<Vec<usize>, &str> = line
            .split_whitespace()
            .map(|w| w.parse().map_err(|_| w))
            .collect();
        match numbers {
            Ok(numbers) => lines.push(numbers),
            Err(word) => {
                return Err(bad(
                    path,
                    format!("line {}: `{word}` is no row number", k + 1),
                ));
            }
        }
    }
    if lines.is_empty() || lines.len() % 2 == 1 {
        return Err(bad(
            path,
            format!(
                "{} lines of row numbers are no pairs of training and test",
                lines.len()
            ),
        ));
    }
    let mut lines = lines.into_iter();
    let mut out = Vec::new();
    while let (Some(a), Some(b)) = (lines.next(), lines.next()) {
        out.push([a, b]);
    }
    Ok(out)
}

/// Is there room for this name? What is read is never replaced.
pub fn free(path: &Path, force: bool, read: &[&Path]) -> Result<()> {
    let name = path.display();
    let refused = |text: String| Err(Error::Io(text));
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty())
        && !parent.is_dir()
    {
        return refused(format!(
            "{name} cannot be written: there is no folder {}",
            parent.display()
        ));
    }
    let Ok(itself) = path.canonicalize() else {
        return Ok(());
    };
    if !force {
        return refused(format!("{name} exists already; --force replaces it"));
    }
    let same = |p: &&Path| p.canonicalize().is_ok_and(|p| p == itself);
    if read.iter().any(same) {
        return refused(format!(
            "{name} is read, and would be replaced: give --out another name"
        ));
    }
    if !path.is_file() && !path.is_dir() {
        return refused(format!("{name} is no file that could be replaced"));
    }
    Ok(())
}

/// Writes a file under another name first, so that it is whole or not there.
pub fn written(path: &Path, text: &str) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = Path::new(&name);
    let result = File::create(part)
        .and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all()))
        .and_then(|()| fs::rename(part, path));
    result.map_err(|e| {
        let _ = fs::remove_file(part);
        Error::file(path, "written", &e)
    })
}
