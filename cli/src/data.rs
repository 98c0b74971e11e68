//! Files of rows: CSV and .npy in, CSV out. Every complaint is one sentence that names the place.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use deeplimit::error::{Error, Result};

/// A longer .npy header is not believed.
const HEADER_MAX: usize = 1 << 16;

/// Rows of numbers, with a class each where a column of them was asked for.
#[derive(Debug)]
pub struct Rows {
    pub dimension: usize,
    pub values: Vec<f64>,
    pub labels: Vec<String>,
}

fn bad(path: &Path, message: impl std::fmt::Display) -> Error {
    Error::Data(format!("{}: {message}", path.display()))
}

fn unread(path: &Path, error: &std::io::Error) -> Error {
    Error::Io(format!("{} cannot be read: {error}", path.display()))
}

/// Reads rows; `label` names a column (or gives its number from 1) that is no coordinate. `optional`: it may be missing.
pub fn rows(path: &Path, label: Option<&str>, optional: bool) -> Result<Rows> {
    let npy = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("npy"));
    if npy {
        if label.is_some() {
            return Err(bad(path, "a .npy file has no column of labels"));
        }
        return npy_rows(path);
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
    };
    let (mut width, mut column) = (0, None);
    let mut begun = false;
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|e| bad(path, e))?;
        let line = record
            .position()
            .map_or(index as u64 + 1, csv::Position::line);
        if index == 0 {
            width = record.len();
            column = match label {
                None => None,
                Some(name) => match place(&record, name) {
                    None if optional => None,
                    None => return Err(bad(path, format!("there is no column `{name}`"))),
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
                continue;
            }
        }
        if record.len() != width {
            return Err(bad(
                path,
                format!(
                    "line {line} has {} fields, the first line has {width}",
                    record.len()
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

fn npy_rows(path: &Path) -> Result<Rows> {
    let mut file = File::open(path).map_err(|e| unread(path, &e))?;
    let size = file.metadata().map_err(|e| unread(path, &e))?.len();
    let short = || bad(path, "the file is truncated");
    let mut start = [0; 10];
    file.read_exact(&mut start).map_err(|_| short())?;
    if !start.starts_with(b"\x93NUMPY") {
        return Err(bad(path, "this is no .npy file"));
    }
    let (length, skipped) = if start[6] == 1 {
        (usize::from(u16::from_le_bytes([start[8], start[9]])), 10)
    } else {
        let mut more = [0; 2];
        file.read_exact(&mut more).map_err(|_| short())?;
        (
            u32::from_le_bytes([start[8], start[9], more[0], more[1]]) as usize,
            12,
        )
    };
    if length > HEADER_MAX {
        return Err(bad(
            path,
            format!("a header of {length} bytes is not believed"),
        ));
    }
    let mut header = vec![0; length];
    file.read_exact(&mut header).map_err(|_| short())?;
    let header = String::from_utf8_lossy(&header);
    let wide = match quoted(&header, "descr") {
        Some("<f8") => 8,
        Some("<f4") => 4,
        Some(other) => {
            return Err(bad(
                path,
                format!("numbers of type `{other}` are not read: f8 or f4, little-endian"),
            ));
        }
        None => return Err(bad(path, "the header has no type")),
    };
    if after(&header, "fortran_order").is_some_and(|v| v.starts_with("True")) {
        return Err(bad(
            path,
            "the matrix is stored column by column; save it in C order",
        ));
    }
    let shape = after(&header, "shape")
        .and_then(|v| v.strip_prefix('('))
        .and_then(|v| v.split_once(')'))
        .map(|(inside, _)| {
            inside
                .split(',')
                .map(str::trim)
                .filter(|n| !n.is_empty())
                .map(str::parse::<u64>)
                .collect()
        });
    let shape: Vec<u64> = match shape {
        Some(Ok(shape)) => shape,
        _ => return Err(bad(path, "the header has no shape that can be read")),
    };
    let &[n, d] = shape.as_slice() else {
        return Err(bad(
            path,
            format!("an array of {} dimensions is no matrix", shape.len()),
        ));
    };
    let wanted = n.checked_mul(d).and_then(|x| x.checked_mul(wide));
    let rest = size - skipped - length as u64;
    match wanted {
        Some(0) => return Err(bad(path, "there are no numbers")),
        Some(wanted) if wanted == rest => {}
        Some(wanted) if wanted < rest => {
            return Err(bad(
                path,
                format!("there are {} bytes too many", rest - wanted),
            ));
        }
        Some(wanted) => {
            return Err(bad(
                path,
                format!(
                    "the file is truncated: {n} x {d} numbers take {wanted} bytes, {rest} are there"
                ),
            ));
        }
        None => return Err(bad(path, format!("a matrix of {n} x {d} is not believed"))),
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| unread(path, &e))?;
    let values = match wide {
        8 => bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().unwrap_or_default()))
            .collect(),
        _ => bytes
            .chunks_exact(4)
            .map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap_or_default())))
            .collect(),
    };
    Ok(Rows {
        dimension: d as usize,
        values,
        labels: Vec::new(),
    })
}

/// What follows `'key':` in a Python dictionary.
fn after<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let rest = &header[header.find(&format!("'{key}'"))? + key.len() + 2..];
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

fn quoted<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    after(header, key)?.strip_prefix('\'')?.split('\'').next()
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

/// Is there room for this name?
pub fn free(path: &Path, force: bool) -> Result<()> {
    match path.exists() && !force {
        true => Err(Error::Io(format!(
            "{} exists already; --force replaces it",
            path.display()
        ))),
        false => Ok(()),
    }
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
        Error::Io(format!("{} cannot be written: {e}", path.display()))
    })
}
