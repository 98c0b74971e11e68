//! Points from a CSV file, and their correlations.

use std::path::Path;

use deeplimit::error::{Error, Result};

/// More points than this are not compared pair by pair.
const POINTS_MAX: usize = 50_000;

/// The largest and the smallest correlation of two rows of the file, each row divided by its length. As decimals of
/// 17 digits (doubles).
pub fn extreme_correlations(path: &Path) -> Result<Vec<String>> {
    let points = unit_rows(path)?;
    let (mut most, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
    for (i, x) in points.iter().enumerate() {
        for y in &points[..i] {
            let rho = x
                .iter()
                .zip(y)
                .map(|(a, b)| a * b)
                .sum::<f64>()
                .clamp(-1.0, 1.0);
            (most, least) = (most.max(rho), least.min(rho));
        }
    }
    Ok([most, least].map(|rho| format!("{rho:?}")).to_vec())
}

/// The rows as points of the unit sphere.
fn unit_rows(path: &Path) -> Result<Vec<Vec<f64>>> {
    let name = path.display();
    let bad = |message: String| Error::Domain(format!("{name}: {message}"));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_path(path)
        .map_err(|e| bad(e.to_string()))?;
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|e| bad(e.to_string()))?;
        let line = record
            .position()
            .map_or(index as u64 + 1, csv::Position::line);
        let numbers: std::result::Result<Vec<f64>, usize> = record
            .iter()
            .enumerate()
            .map(|(k, field)| field.parse::<f64>().ok().filter(|x| x.is_finite()).ok_or(k))
            .collect();
        match numbers {
            Ok(row) => rows.push(row),
            // a header
            Err(_) if index == 0 => {}
            Err(k) => {
                return Err(bad(format!(
                    "line {line}, column {}: `{}` is no finite number",
                    k + 1,
                    &record[k]
                )));
            }
        }
        if let Some(row) = rows.last_mut().filter(|r| !r.is_empty()) {
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            if length == 0.0 || !length.is_finite() {
                return Err(bad(format!(
                    "line {line}: a point of length {length} has no direction"
                )));
            }
            row.iter_mut().for_each(|x| *x /= length);
        }
    }
    match rows.len() {
        0 | 1 => Err(bad("two points or more are wanted".to_owned())),
        n if n > POINTS_MAX => Err(bad(format!("more than {POINTS_MAX} points"))),
        _ => Ok(rows),
    }
}
