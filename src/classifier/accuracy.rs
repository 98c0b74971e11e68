//! How certain an accuracy is: the statistics of shares and means.

/// The quantile of the standard normal distribution at 0.975: intervals hold with a probability of 95 %.
/// (`Phi(1.959963984540054) = 0.975`; Abramowitz and Stegun 1964, table 26.5 has 1.96.)
pub const QUANTILE: f64 = 1.959_963_984_540_054;

/// The standard error `sqrt(p (1 - p)/n)` of a share of `n` independent trials. It is 0 for the shares 0 and 1: [`wilson`] is
/// not.
///
/// ```
/// assert_eq!(deeplimit::classifier::binomial_error(0.5, 100), 0.05);
/// ```
pub fn binomial_error(p: f64, n: usize) -> f64 {
    (p * (1.0 - p) / n as f64).sqrt()
}

/// The mean and its standard error `sqrt(sum (x - mean)^2/(n (n - 1)))`, the numbers taken for independent.
///
/// ```
/// assert_eq!(deeplimit::classifier::mean_and_error(&[1.0, 3.0]), (2.0, 1.0));
/// ```
pub fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, (squares / (n * (n - 1.0).max(1.0))).sqrt())
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
/// use deeplimit::classifier::wilson;
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

        /// Trials that are numbers 0 and 1 have the binomial error, but for `n - 1`.
        #[test]
        fn a_share_is_a_mean(hits in proptest::collection::vec(any::<bool>(), 2..200)) {
            let numbers: Vec<f64> = hits.iter().map(|h| f64::from(u8::from(*h))).collect();
            let (p, error) = mean_and_error(&numbers);
            let n = hits.len();
            let again = binomial_error(p, n) * (n as f64 / (n as f64 - 1.0)).sqrt();
            prop_assert!((error - again).abs() < 1e-14);
        }
    }
}
