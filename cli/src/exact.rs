//! Numbers as typed, exactly: decimals (`-0.5`, `1e-3`) and fractions (`1/3`).

use deeplimit::error::{Error, Result};
use rug::{Integer, Rational};

use crate::fault::shortened;

/// A correlation: a number from -1 to 1.
pub fn correlation(text: &str) -> Result<Rational> {
    let number = number(text, "correlation")?;
    match (-1..=1).contains(&number) {
        true => Ok(number),
        false => Err(Error::Domain(format!(
            "a correlation is between -1 and 1, `{}` is not",
            shortened(text, 40)
        ))),
    }
}

/// The correlation `1 - u^2/2` of two points of the unit sphere at the distance `u`.
pub fn distance(text: &str) -> Result<Rational> {
    let u = number(text, "distance")?;
    match (0..=2).contains(&u) {
        true => Ok(Rational::from(1) - u.square() / 2),
        false => Err(Error::Domain(format!(
            "a distance on the unit sphere is between 0 and 2, `{}` is not",
            shortened(text, 40)
        ))),
    }
}

/// Any number; `what` is wanted.
pub fn number(text: &str, what: &str) -> Result<Rational> {
    /// Longer ones are refused: the number is kept exactly.
    const LENGTH_MAX: usize = 5000;
    let number = if text.len() > LENGTH_MAX {
        None
    } else {
        rational(text)
    };
    number.ok_or_else(|| {
        Error::Domain(format!(
            "`{}` is no {what}: a decimal number or a fraction is wanted",
            shortened(text, 40)
        ))
    })
}

fn rational(text: &str) -> Option<Rational> {
    if let Some((numerator, denominator)) = text.split_once('/') {
        let (n, d) = (decimal(numerator)?, decimal(denominator)?);
        return if d == 0 { None } else { Some(n / d) };
    }
    decimal(text)
}

fn decimal(text: &str) -> Option<Rational> {
    /// Powers of ten beyond this are refused: the number is kept exactly.
    const EXPONENT_MAX: u32 = 5000;
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || exponent.unsigned_abs() > EXPONENT_MAX {
        return None;
    }
    let places = exponent - i32::try_from(fraction.len()).ok()?;
    let power = Integer::from(Integer::u_pow_u(10, places.unsigned_abs()));
    let n = Rational::from(digits.parse::<Integer>().ok()?);
    let n = if places < 0 { n / power } else { n * power };
    Some(if negative { -n } else { n })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_is_kept_exactly() {
        for (text, n, d) in [
            ("0.1", 1, 10),
            ("-.5", -1, 2),
            ("1.", 1, 1),
            ("+1", 1, 1),
            ("5e-3", 1, 200),
            ("0.025E1", 1, 4),
            ("-1/3", -1, 3),
            ("0.5/1.5", 1, 3),
        ] {
            assert_eq!(correlation(text), Ok(Rational::from((n, d))), "{text}");
        }
    }

    #[test]
    fn what_is_no_correlation_is_refused_in_one_sentence() {
        for text in [
            "",
            ".",
            "-",
            "x",
            "1/0",
            "1/",
            "nan",
            "inf",
            "1e",
            "1e99999999",
            "0.5.5",
            "--1",
            "١",
        ] {
            let error = correlation(text).unwrap_err().to_string();
            assert!(error.contains("is no correlation"), "{text}: {error}");
        }
        for text in ["1.0000000000000000000000000001", "-2", "3/2"] {
            let error = correlation(text).unwrap_err().to_string();
            assert!(error.contains("between -1 and 1"), "{text}: {error}");
        }
        let long = "9".repeat(1_000_000);
        assert!(correlation(&long).unwrap_err().to_string().len() < 200);
    }
}
