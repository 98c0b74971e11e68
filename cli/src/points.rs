//! Points from a file, and their correlations.

use std::path::Path;

use deeplimit::error::{Error, Result};

use crate::data;

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
    let bad = |message: String| Error::Data(format!("{}: {message}", path.display()));
    let read = data::rows(path, None, false)?;
    let mut rows: Vec<Vec<f64>> = read
        .values
        .chunks(read.dimension)
        .map(<[f64]>::to_vec)
        .collect();
    for (n, row) in rows.iter_mut().enumerate() {
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length == 0.0 || !length.is_finite() {
            return Err(bad(format!(
                "row {}: a point of length {length} has no direction",
                n + 1
            )));
        }
        row.iter_mut().for_each(|x| *x /= length);
    }
    match rows.len() {
        0 | 1 => Err(bad("two points or more are wanted".to_owned())),
        n if n > POINTS_MAX => Err(bad(format!("more than {POINTS_MAX} points"))),
        _ => Ok(rows),
    }
}
