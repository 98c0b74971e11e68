//! Folds of a data set: what makes them a fair test.

use crate::error::{Error, Result};

/// Training and test rows of a set of `n` rows, counted from 0, are a fair test: all are there, none stands twice, none is in
/// both, and neither part is empty.
///
/// # Errors
/// [`Error::Data`] with the first row that is wrong.
///
/// ```
/// use deeplimit::classifier::fair;
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
/// assert_eq!(deeplimit::classifier::distinct([&[0, 1][..], &[1, 2]]), 3);
/// ```
pub fn distinct<'a>(tests: impl IntoIterator<Item = &'a [usize]>) -> usize {
    let mut rows: Vec<usize> = tests.into_iter().flatten().copied().collect();
    rows.sort_unstable();
    rows.dedup();
    rows.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
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
