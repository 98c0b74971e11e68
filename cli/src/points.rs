//! Points from a file, and their correlations.

use std::path::Path;

use deeplimit::error::{Error, Result};
use rug::{Integer, Rational};

use crate::args::Columns;
use crate::data::Reading;
use crate::library::{Pair, extremes};

/// More points than this are not compared pair by pair.
const POINTS_MAX: usize = 50_000;
/// Gaps below this have digits that a correlation of 17 digits does not.
const NEAR: f64 = 1e-3;

/// The largest and the smallest correlation of two rows of the file, each row divided by its length, as decimals; and what was
/// read. Near 1 and -1 the decimal has the 17 digits of the gap.
pub fn extreme_correlations(path: &Path, columns: &Columns) -> Result<(Vec<String>, Reading)> {
    let bad = |message: String| Error::Data(format!("{}: {message}", path.display()));
    let (pairs, read) = extremes(path, columns, POINTS_MAX)?;
    match pairs {
        None => Err(bad("two points or more are wanted".to_owned())),
        Some(pairs) => Ok((pairs.iter().map(decimal).collect(), read)),
    }
}

fn decimal(pair: &Pair) -> String {
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
            (1e-20, "0.9999999999999999999900000000000000000"),
        ] {
            assert_eq!(complement(gap), text);
        }
        let back: f64 = complement(3e-5).parse().unwrap();
        assert_eq!(back, 1.0 - 3e-5);
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
