//! Folds of a data set: what makes them a fair test, and how certain an accuracy is.

use crate::error::{Error, Result};

/// The quantile of the standard normal distribution at 0.975: intervals hold with a probability of 95 %.
/// (`Phi(1.959963984540054) = 0.975`; Abramowitz and Stegun 1964, table 26.5 has 1.96.)
pub const QUANTILE: f64 = 1.959_963_984_540_054;

/// Training and test rows of a set of `n` rows, counted from 0, are a fair test: all are there, none stands twice, none is in
/// both, and neither part is empty.
///
/// # Errors
/// [`Error::Data`] with the first row that is wrong.
///
/// ```
/// use deeplimit::gram::folds::fair;
/// assert!(fair(4, &[0, 2], &[1, 3]).is_ok());
/// assert_eq!(fair(4, &[0, 2], &[2, 3]).unwrap_err().to_string(), "row 2 is both a training and a test row");
/// assert_eq!(fair(4, &[0, 0], &[2, 3]).unwrap_err().to_string(), "row 0 stands twice among the training rows");
/// assert_eq!(fair(4, &[0, 1], &[4]).unwrap_err().to_string(), "there is no row 4 (counted from 0) among 4");
/// ```
pub fn fair(n: usize, train: &[usize], test: &[usize]) -> Result<()> {
    let mut seen = vec![None; n];
    for (part, rows) in [("training", train), ("test", test)] {
        if rows.is_empty() {
            return Err(Error::Data(format!("there are no {part} rows")));
        }
        for row in rows {
            let place = seen.get_mut(*row).ok_or_else(|| {
                Error::Data(format!("there is no row {row} (counted from 0) among {n}"))
            })?;
            match place {
                None => *place = Some(part),
                Some(p) if *p == part => {
                    return Err(Error::Data(format!(
                        "row {row} stands twice among the {part} rows"
                    )));
                }
                Some(_) => {
                    return Err(Error::Data(format!(
                        "row {row} is both a training and a test row"
                    )));
                }
            }
        }
    }
    Ok(())
}

/// How many different rows these tests have. Tests that overlap are no independent ones: a row counts once.
///
/// ```
/// assert_eq!(deeplimit::gram::folds::distinct([&[0, 1][..], &[1, 2]]), 3);
/// ```
pub fn distinct<'a>(tests: impl IntoIterator<Item = &'a [usize]>) -> usize {
    let mut rows: Vec<usize> = tests.into_iter().flatten().copied().collect();
    rows.sort_unstable();
    rows.dedup();
    rows.len()
}

/// Wilson's interval for a probability of which the share `p` was seen in `n` independent trials (Wilson 1927):
///
/// ```text
/// (p + z^2/(2n) -+ z sqrt(p (1 - p)/n + z^2/(4 n^2)))/(1 + z^2/n)
/// ```
///
/// It holds the probability in about 95 of 100 cases (`z` is [`QUANTILE`]), lies in `[0, 1]`, holds `p`, and has a length
/// at the shares 0 and 1 too. Without trials (or a share) nothing is known: `[0, 1]`.
///
/// ```
/// use deeplimit::gram::folds::wilson;
/// // Newcombe 1998, table I: 81 of 263 have [0.2553, 0.3662], 0 of 20 have [0, 0.1611]
/// let [low, high] = wilson(81.0 / 263.0, 263);
/// assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5);
/// let [low, high] = wilson(0.0, 20);
/// assert!(low == 0.0 && (high - 0.1611).abs() < 5e-5);
/// ```
pub fn wilson(p: f64, n: usize) -> [f64; 2] {
    if n == 0 || p.is_nan() {
        return [0.0, 1.0];
    }
    // a mean over folds may be a rounding beyond its ends
    let (p, n) = (p.clamp(0.0, 1.0), n as f64);
    let z2 = QUANTILE * QUANTILE;
    let middle = p + z2 / (2.0 * n);
    let half = QUANTILE * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // rounding must not push an end beyond the share, which is inside
    [
        ((middle - half) / scale).clamp(0.0, p),
        ((middle + half) / scale).clamp(p, 1.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The ends `q` are where the share is `z` standard deviations of `q` away: `(p - q)^2 = z^2 q (1 - q)/n`.
        #[test]
        fn ends_solve_their_equation(n in 1usize..100_000, share in 0.0f64..=1.0) {
            let p = (share * n as f64).round() / n as f64;
            let ends = wilson(p, n);
            prop_assert!(0.0 <= ends[0] && ends[0] <= p && p <= ends[1] && ends[1] <= 1.0);
            for q in ends {
                let (left, right) = ((p - q).powi(2), QUANTILE * QUANTILE * q * (1.0 - q) / n as f64);
                // both are differences of numbers of the order of 1, each rounded a few times
                prop_assert!((left - right).abs() < 16.0 * f64::EPSILON, "{p} {n} {q}");
            }
        }

        #[test]
        fn a_permutation_that_is_cut_is_fair(n in 2usize..40, cut in 1usize..39, step in 1usize..40) {
            prop_assume!(cut < n);
            let rows: Vec<usize> = (0..n).map(|k| (k + step) % n).collect();
            prop_assert!(fair(n, &rows[..cut], &rows[cut..]).is_ok());
            prop_assert!(fair(n - 1, &rows[..cut], &rows[cut..]).is_err());
            prop_assert!(fair(n, &rows[..cut], &rows[cut - 1..]).is_err());
            prop_assert!(fair(n, &rows, &[]).is_err() && fair(n, &[], &rows).is_err());
            prop_assert_eq!(distinct([&rows[..cut], &rows[cut - 1..]]), n);
        }
    }
}
