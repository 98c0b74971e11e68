//! The numbers and labels of a text file, row by row.

use std::path::Path;

use csv::StringRecord;
use deeplimit::error::Result;

use super::columns::{Columns, Role};
use super::labels::{missing, one_spelling, quantity};
use super::reading::Reading;
use super::text::Text;
use super::{Asked, Label, Rows, bad};
use crate::fault::shortened;

/// From so many rows on a first column that counts them is remarked upon.
const COUNTED: usize = 5;

/// What is known of a column when all its cells have been seen.
#[derive(Clone, Copy)]
struct Column {
    empty: bool,
    /// It counts the rows from this number on.
    counts: Option<u64>,
}

/// Reads a text file.
pub fn rows(path: &Path, asked: &Asked) -> Result<Rows> {
    let text = Text::read(path)?;
    let mut plan: Option<Columns> = None;
    let (mut rows, mut seen) = (0u64, Vec::new());
    text.each(path, |line, record| {
        let Some(columns) = &plan else {
            let columns = Columns::of(path, record, asked)?;
            let header = columns.header.is_some();
            plan = Some(columns);
            let unknown = Column {
                empty: true,
                counts: None,
            };
            seen = vec![unknown; record.len()];
            if !header {
                look(&mut seen, record, &mut rows);
            }
            return Ok(());
        };
        let width = columns.roles.len();
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
        look(&mut seen, record, &mut rows);
        Ok(())
    })?;
    let Some(mut columns) = plan.filter(|_| rows > 0) else {
        return Err(bad(path, "there are no rows"));
    };
    if let Some(last) = text.comments.last() {
        let cells = text.cells(last.trim_start_matches('#'));
        columns.commented(path, &cells, asked)?;
    }
    let left_out = left_out(path, &mut columns, &seen, rows)?;
    let mut out = Rows {
        dimension: columns.coordinates().count(),
        values: Vec::new(),
        labels: Vec::new(),
        targets: Vec::new(),
        target_names: Vec::new(),
        known: Vec::new(),
        names: columns.names(),
        columns: None,
        read: Reading::of_text(
            path,
            usize::try_from(rows).unwrap_or(usize::MAX),
            columns.coordinates().count(),
            text.separator,
            columns.header.is_some(),
        ),
    };
    let mut header = columns.header.is_some();
    text.each(path, |line, record| {
        if !std::mem::take(&mut header) {
            row(path, line, record, &columns, &mut out)?;
        }
        Ok(())
    })?;
    out.read.named(&out.names);
    for (k, why) in left_out {
        out.read.left_out(columns.key(k), columns.called(k), why);
    }
    let places = columns.roles.iter().enumerate();
    let mut targets: Vec<(usize, usize)> = places
        .filter_map(|(place, role)| match role {
            Role::Target(k) => Some((*k, place)),
            _ => None,
        })
        .collect();
    targets.sort_unstable();
    for (_, place) in &targets {
        out.target_names.push(columns.key(*place));
    }
    let shown: Vec<String> = targets.iter().map(|(_, k)| columns.called(*k)).collect();
    out.read.targeted(&out.target_names, &shown, &out.targets);
    remarks(&mut out, &columns, &seen, &text);
    labelled(path, &mut out, &columns, asked)?;
    out.columns = Some(columns);
    Ok(out)
}

/// What a record says of its columns.
fn look(seen: &mut [Column], record: &StringRecord, rows: &mut u64) {
    for (column, cell) in seen.iter_mut().zip(record) {
        column.empty &= cell.is_empty();
        let number = cell.parse::<u64>().ok();
        column.counts = match *rows {
            0 => number.filter(|n| *n <= 1),
            row => column.counts.filter(|n| number == Some(n + row)),
        };
    }
    *rows += 1;
}

/// The columns that are no coordinates, and why. A column without a name is one only of nothing, or of the rows' numbers.
fn left_out(
    path: &Path,
    columns: &mut Columns,
    seen: &[Column],
    rows: u64,
) -> Result<Vec<(usize, &'static str)>> {
    let mut out = Vec::new();
    let width = columns.roles.len();
    for k in 0..width {
        match columns.roles[k] {
            Role::Dropped => out.push((k, "--drop")),
            Role::Known(None) => out.push((k, "the label")),
            Role::Known(Some(_)) => out.push((k, "the target")),
            _ => {}
        }
        if columns.roles[k] != Role::Coordinate || columns.kept.contains(&k) {
            continue;
        }
        let name = columns.header.as_ref().map(|h| h[k].as_str());
        let nameless = name.is_some_and(|n| n.is_empty() || n.starts_with("Unnamed: "));
        let last = name.is_none() && k + 1 == width && width > 1;
        let why = match seen[k] {
            Column { empty: true, .. } if nameless || last => "empty in every row",
            Column {
                counts: Some(_), ..
            } if nameless && rows > 1 => "without a name, and counts the rows",
            _ if nameless => {
                return Err(bad(
                    path,
                    format!(
                        "column {} has no name: --drop {} leaves it out, --keep {} takes it as a coordinate",
                        k + 1,
                        k + 1,
                        k + 1
                    ),
                ));
            }
            _ => continue,
        };
        columns.roles[k] = Role::Dropped;
        out.push((k, why));
    }
    match columns.coordinates().next() {
        Some(_) => Ok(out),
        None => Err(bad(path, "there are no columns of numbers")),
    }
}

fn row(
    path: &Path,
    line: u64,
    record: &StringRecord,
    columns: &Columns,
    out: &mut Rows,
) -> Result<()> {
    let mut targets: Vec<(usize, f64)> = Vec::new();
    let mut known: Vec<(Option<usize>, &str)> = Vec::new();
    for (k, cell) in record.iter().enumerate() {
        match columns.roles[k] {
            Role::Dropped => {}
            Role::Known(which) => known.push((which, cell)),
            Role::Target(which) => match number(cell) {
                Ok(y) => targets.push((which, y)),
                Err(why) => {
                    return Err(bad(
                        path,
                        format!("line {line}, the target {}: {why}", columns.called(k)),
                    ));
                }
            },
            Role::Label => {
                if cell.is_empty() {
                    return Err(bad(path, format!("line {line} has no label")));
                }
                let infinite = cell.parse().is_ok_and(f64::is_infinite);
                if missing(cell) || infinite && !cell.contains(|c: char| c.is_ascii_digit()) {
                    return Err(bad(
                        path,
                        format!("line {line} has no label: `{cell}` stands for none"),
                    ));
                }
                out.labels.push(cell.to_owned());
            }
            Role::Coordinate => match number(cell) {
                Ok(x) => out.values.push(x),
                Err(why) => {
                    let name = match &columns.header {
                        Some(_) => format!(" ({})", columns.called(k)),
                        // the first line may have been meant as one
                        None if out.values.len() < columns.roles.len() && !missing(cell) => {
                            " (--header yes, if this is a line of names)".to_owned()
                        }
                        None => String::new(),
                    };
                    return Err(bad(
                        path,
                        format!("line {line}, column {}: {why}{name}", k + 1),
                    ));
                }
            },
        }
    }
    // in the order in which they were asked for
    targets.sort_by_key(|(which, _)| *which);
    known.sort_by_key(|(which, _)| *which);
    out.targets.extend(targets.into_iter().map(|(_, y)| y));
    let known = known.into_iter().map(|(_, cell)| cell.to_owned());
    out.known.extend(known);
    Ok(())
}

/// A cell as a double, or why it is none.
fn number(cell: &str) -> std::result::Result<f64, String> {
    let shown = shortened(cell, 40);
    let nonzero = || {
        let mantissa = cell.split(['e', 'E']).next().unwrap_or_default();
        mantissa.contains(|c: char| ('1'..='9').contains(&c))
    };
    match cell.parse::<f64>() {
        Ok(0.0) if nonzero() => Err(format!("`{shown}` is too small for doubles")),
        Ok(x) if x.is_finite() => Ok(x),
        Ok(x) if x.is_infinite() && nonzero() => Err(format!("`{shown}` is too large for doubles")),
        _ if cell.is_empty() => Err("the cell is empty, and no finite number".to_owned()),
        _ if missing(cell) => Err(format!(
            "`{shown}` is no finite number but stands for a missing one"
        )),
        Err(_) if cell.contains(',') && cell.contains(|c: char| c.is_ascii_digit()) => {
            Err(format!(
                "`{shown}` is no finite number: a point stands before decimals, and nothing between thousands"
            ))
        }
        _ => Err(format!("`{shown}` is no finite number")),
    }
}

/// What one might not have noticed.
fn remarks(out: &mut Rows, columns: &Columns, seen: &[Column], text: &Text) {
    for note in &columns.notes {
        out.read.note(note.clone());
    }
    let first = columns.coordinates().next().filter(|k| *k == 0);
    if let Some((k, Some(from))) = first.map(|k| (k, seen[k].counts))
        && out.read.rows >= COUNTED
        && !columns.kept.contains(&k)
    {
        out.read.note(format!(
            "{} counts from {from} to {} and is a coordinate: --drop {} leaves it out",
            columns.called(k),
            from + out.read.rows as u64 - 1,
            columns.header.as_ref().map_or("1", |h| h[k].as_str())
        ));
    }
    let mut names = out.names.clone();
    names.sort();
    if let Some(pair) = names.windows(2).find(|p| p[0] == p[1]) {
        out.read
            .note(format!("several columns are called `{}`", pair[0]));
    }
    match text.comments.len() {
        0 => {}
        1 => out
            .read
            .note("a line that begins with # is passed over".to_owned()),
        n => out
            .read
            .note(format!("{n} lines that begin with # are passed over")),
    }
}

/// One spelling for one class, and no quantity.
fn labelled(path: &Path, out: &mut Rows, columns: &Columns, asked: &Asked) -> Result<()> {
    let Label::Column(_) = asked.label else {
        return Ok(());
    };
    for several in one_spelling(&mut out.labels) {
        out.read.note(format!(
            "the labels {several} are one number, and one class"
        ));
    }
    let place = columns.roles.iter().position(|r| *r == Role::Label);
    let label = place.map_or(String::new(), |k| columns.called(k));
    if let Some(why) = quantity(&out.labels) {
        return Err(bad(path, format!("the label {label}: {why}")));
    }
    let key = place.map_or(String::new(), |k| columns.key(k));
    out.read.labelled(key, label, &out.labels);
    Ok(())
}
