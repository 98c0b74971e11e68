//! Points from a file, and their correlations.

use std::path::Path;

use deeplimit::error::{Error, Result};
use rug::{Integer, Rational};

use crate::args::Columns;
use crate::data::Reading;
use crate::library::{RowPair, extremes};

/// More points than this are not compared pair by pair.
const POINTS_MAX: usize = 50_000;
/// Gaps below this have digits that a correlation of 17 digits does not.
const NEAR: f64 = 1e-3;

/// The largest and the smallest correlation of two rows of the file, each row divided by its length, as decimals (before and
/// after them 1 and -1, where rows lie on one line); and what was read. Near 1 and -1 the decimal has the 17 digits of the gap.
pub fn extreme_correlations(path: &Path, columns: &Columns) -> Result<(Vec<String>, Reading)> {
    let bad = |message: String| Error::Data(format!("{}: {message}", path.display()));
    let (found, mut read) = extremes(path, columns, POINTS_MAX)?;
    if read.rows < 2 {
        return Err(bad("two points or more are wanted".to_owned()));
    }
    let mut out = Vec::new();
    for (count, what, rho) in [
        (found.same, "the same direction", "1"),
        (found.opposite, "opposite directions", "-1"),
    ] {
        if count > 0 {
            let pairs = if count == 1 { "pair has" } else { "pairs have" };
            read.note(format!("{count} {pairs} {what}"));
            out.push(rho.to_owned());
        }
    }
    // the largest first
    let at = usize::from(found.same > 0);
    let mut between: Vec<String> = [found.nearest, found.farthest]
        .iter()
        .flatten()
        .map(decimal)
        .collect();
    between.dedup();
    out.splice(at..at, between);
    Ok((out, read))
}

fn decimal(pair: &RowPair) -> String {
    match (pair.gap, pair.opposite_gap) {
        (Some(gap), _) if gap < NEAR => complement(gap),
        (_, Some(gap)) if gap < NEAR => format!("-{}", complement(gap)),
        _ => format!("{:?}", pair.rho),
    }
}

/// `1 - gap` as a decimal, `gap` in `[0, 1)` to 17 digits.
fn complement(gap: f64) -> String {
    if gap == 0.0 {
        return "1".to_owned();
    }
    let places = 17 - gap.log10().floor() as i32;
    let ten = Integer::from(Integer::u_pow_u(10, places.unsigned_abs()));
    // a double is a rational number
    let scaled = Rational::from_f64(gap).unwrap_or_default() * &ten;
    let rest = ten - Integer::from(scaled.round_ref());
    format!("0.{rest:0>width$}", width = places as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_keep_their_digits() {
        for (gap, text) in [
            (0.0, "1"),
            (0.0009765625, "0.999023437500000000000"),
            // the double is 5.5e-17 of itself below 1e-20: 9.9999999999999994515e-21
            (1e-20, "0.9999999999999999999900000000000000005"),
        ] {
            assert_eq!(complement(gap), text);
        }
        let back: f64 = complement(3e-5).parse().unwrap();
        assert_eq!(back, 1.0 - 3e-5);
    }
}
