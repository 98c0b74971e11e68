//! How good predictions of real numbers are.

use std::f64::consts::TAU;

use crate::error::{Error, Result};

/// How far predictions are from what was true.
///
/// ```text
/// rmse = sqrt(mean (y - m)^2),   r2 = 1 - sum (y - m)^2 / sum (y - mean y)^2,
/// log_density = mean (-(y - m)^2/(2 v) - log(2 pi v)/2)
/// ```
///
/// with the mean of the rows at hand in `r2`, so that it is negative for what is worse than one number for all.
///
/// ```
/// use deeplimit::process::Score;
/// let s = Score::of(&[1.0, 2.0, 3.0], &[1.0; 3], &[1.0, 2.0, 4.0])?;
/// assert!((s.rmse - (1.0f64 / 3.0).sqrt()).abs() < 1e-15);
/// // the true numbers lie 4/3, 1/3, -5/3 from their mean
/// assert!((s.r2.unwrap() - (1.0 - 1.0 / (42.0 / 9.0))).abs() < 1e-15);
/// assert!((s.log_density.unwrap() + 0.5 * std::f64::consts::TAU.ln() + 1.0 / 6.0).abs() < 1e-15);
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Of so many rows.
    pub rows: usize,
    /// Root mean square error.
    pub rmse: f64,
    /// The share of the variance that is explained; `None` where the true numbers are all the same.
    pub r2: Option<f64>,
    /// The mean logarithm of the predictive density (natural); `None` where a variance is 0.
    pub log_density: Option<f64>,
}

impl Score {
    /// Of predicted means and variances (with the noise that the true numbers have).
    ///
    /// # Errors
    /// [`Error::Shape`] where there are not as many of each, or none.
    pub fn of(means: &[f64], variances: &[f64], truth: &[f64]) -> Result<Score> {
        let n = truth.len();
        if means.len() != n || variances.len() != n || n == 0 {
            return Err(Error::Shape(format!(
                "{} means and {} variances do not go with {n} true numbers",
                means.len(),
                variances.len()
            )));
        }
        let count = n as f64;
        let squares: Vec<f64> = means
            .iter()
            .zip(truth)
            .map(|(m, y)| (y - m).powi(2))
            .collect();
        let sum: f64 = squares.iter().sum();
        let centre = truth.iter().map(|y| y / count).sum::<f64>();
        let spread: f64 = truth.iter().map(|y| (y - centre).powi(2)).sum();
        let same = truth.iter().all(|y| *y == truth[0]);
        let density = |(v, s): (&f64, &f64)| -s / (2.0 * v) - (TAU * v).ln() / 2.0;
        let known = variances.iter().all(|v| *v > 0.0);
        Ok(Score {
            rows: n,
            rmse: (sum / count).sqrt(),
            r2: (!same).then(|| 1.0 - sum / spread),
            log_density: known
                .then(|| variances.iter().zip(&squares).map(density).sum::<f64>() / count),
        })
    }
}
