//! Points from a file, and their correlations.

use std::path::Path;

use deeplimit::error::{Error, Result};
use rug::Float;

use crate::data;

/// More points than this are not compared pair by pair.
const POINTS_MAX: usize = 50_000;

/// The pairs of a file.
#[derive(Debug)]
pub struct Extremes {
    /// As decimals, largest first: 1 where rows have the same direction, the largest and the smallest correlation of the
    /// other pairs, -1 where rows have opposite directions.
    pub correlations: Vec<String>,
    rows: usize,
    same: usize,
    opposite: usize,
}

impl Extremes {
    /// What was read and looked at.
    pub fn sentence(&self) -> String {
        let pairs = self.rows * (self.rows - 1) / 2;
        let mut text = format!(
            "{} rows, {pairs} pairs: the closest and the farthest",
            self.rows
        );
        for (count, what) in [(self.same, "the same"), (self.opposite, "opposite")] {
            if count > 0 {
                let verb = if count == 1 { "pair has" } else { "pairs have" };
                text += &format!(
                    "; {count} {verb} {what} direction{}",
                    if count == 1 { "" } else { "s" }
                );
            }
        }
        text
    }
}

/// The correlations of the closest and the farthest pair of rows, each row divided by its length.
pub fn extremes(path: &Path) -> Result<Extremes> {
    Ok(extremes_of(&unit_rows(path)?))
}

/// Near 1 and -1 by the distances `|x - x'|^2` and `|x + x'|^2`, which have digits that the product has lost.
fn extremes_of(points: &[Vec<f64>]) -> Extremes {
    /// `(3 eps)^2/2`: what the rounding of two unit vectors leaves of rows that are multiples of each other.
    const SAME: f64 = 2.5e-31;
    let mut out = Extremes {
        correlations: Vec::new(),
        rows: points.len(),
        same: 0,
        opposite: 0,
    };
    let (mut closest, mut farthest) = (f64::INFINITY, f64::INFINITY);
    for (i, x) in points.iter().enumerate() {
        for y in &points[..i] {
            let (mut less, mut more) = (0.0, 0.0);
            for (a, b) in x.iter().zip(y) {
                less += (a - b).powi(2);
                more += (a + b).powi(2);
            }
            let (gap, rest) = (less / 2.0, more / 2.0);
            if gap <= SAME {
                out.same += 1;
            } else if rest <= SAME {
                out.opposite += 1;
            } else {
                // what is nearer to -1 than to 1 is known by its distance from there
                closest = closest.min(if gap <= rest { gap } else { 2.0 - rest });
                farthest = farthest.min(if rest <= gap { rest } else { 2.0 - gap });
            }
        }
    }
    if out.same > 0 {
        out.correlations.push("1".to_owned());
    }
    if closest.is_finite() {
        let (most, least) = (beside_one(closest, false), beside_one(farthest, true));
        out.correlations.push(most.clone());
        if least != most {
            out.correlations.push(least);
        }
    }
    if out.opposite > 0 {
        out.correlations.push("-1".to_owned());
    }
    out
}

/// `1 - gap` (or `gap - 1`) as a decimal with the digits of a gap of 16 digits.
fn beside_one(gap: f64, mirrored: bool) -> String {
    let rho = 1.0 - gap;
    if gap > 0.01 {
        return format!("{:?}", if mirrored { -rho } else { rho });
    }
    let places = 17 + (-gap.log10()).ceil() as usize;
    let rho = Float::with_val(400, 1) - Float::with_val(53, gap);
    let text = format!("{rho:.places$}");
    let text = text.trim_end_matches('0');
    if mirrored {
        format!("-{text}")
    } else {
        text.to_owned()
    }
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
        // by the largest coordinate first: squares of large and small numbers leave the doubles
        let size = row.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        if size == 0.0 || !size.is_finite() {
            return Err(bad(format!(
                "row {}: a point of length {size} has no direction",
                n + 1
            )));
        }
        row.iter_mut().for_each(|x| *x /= size);
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter_mut().for_each(|x| *x /= length);
    }
    match rows.len() {
        0 | 1 => Err(bad("two points or more are wanted".to_owned())),
        n if n > POINTS_MAX => Err(bad(format!("more than {POINTS_MAX} points"))),
        _ => Ok(rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(x: &[f64]) -> Vec<f64> {
        let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
        x.iter().map(|x| x / length).collect()
    }

    #[test]
    fn near_pairs_keep_their_digits_and_parallel_ones_are_counted() {
        // (1, 0) and (cos t, sin t) with t = 1e-9: 1 - rho = t^2/2 = 5e-19
        let rows = [
            unit(&[1.0, 0.0]),
            unit(&[1.0, 1e-9]),
            unit(&[3.0, 3e-9]),
            unit(&[-7.0, 0.0]),
        ];
        let found = extremes_of(&rows);
        assert_eq!((found.same, found.opposite), (1, 1));
        assert_eq!(found.correlations.len(), 4);
        assert_eq!(found.correlations[0], "1");
        assert!(
            found.correlations[1].starts_with("0.9999999999999999995"),
            "{found:?}"
        );
        assert!(
            found.correlations[2].starts_with("-0.9999999999999999995"),
            "{found:?}"
        );
        assert_eq!(found.correlations[3], "-1");
        assert_eq!(
            found.sentence(),
            "4 rows, 6 pairs: the closest and the farthest; 1 pair has the same direction; 1 pair has opposite direction"
        );
    }

    #[test]
    fn decimals_beside_one() {
        assert_eq!(beside_one(0.5, false), "0.5");
        assert_eq!(beside_one(0.5, true), "-0.5");
        assert!(beside_one(1e-20, false).starts_with("0.99999999999999999999"));
    }
}
