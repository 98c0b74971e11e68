//! Numbers as typed: decimals (`-0.5`, `1e-3`) and fractions (`1/3`) exactly, constants (`sqrt(2)`, `pi/4`) to more
//! digits than anybody can ask for.

use std::cmp::Ordering;

use deeplimit::activation::Expr;
use deeplimit::error::{Error, Result};
use deeplimit::exact::{Closed, NearFraction};
use deeplimit::recursion::Given;
use rug::{Float, Integer, Rational};

use crate::fault::shortened;

/// A correlation: a number from -1 to 1.
pub fn correlation(text: &str) -> Result<Rational> {
    between(
        text,
        "correlation",
        -1,
        1,
        "a correlation is between -1 and 1",
    )
}

/// The correlation `1 - u^2/2` of two points of the unit sphere at the distance `u`.
pub fn distance(text: &str) -> Result<Rational> {
    let sentence = "a distance on the unit sphere is between 0 and 2";
    let u = between(text, "distance", 0, 2, sentence)?;
    // sqrt(2) is the correlation 0 exactly.
    let exactly = rational(text)
        .is_none()
        .then(|| NearFraction::parse(&format!("1-({text})^2/2")));
    match exactly {
        Some(Ok(rho)) => Ok(rho.value),
        _ => Ok(Rational::from(1) - u.square() / 2),
    }
}

fn between(text: &str, what: &str, low: i32, high: i32, sentence: &str) -> Result<Rational> {
    let NearFraction { value, error } = constant(text, what)?;
    let (least, most) = (value.clone() - &error, value.clone() + &error);
    if error > 0 && (least <= low && most >= low || least <= high && most >= high) {
        return Err(Error::Domain(format!(
            "`{}` cannot be told from {}: write that",
            shortened(text, 40),
            if most >= high { high } else { low }
        )));
    }
    match (low..=high).contains(&value) {
        true => Ok(value),
        false => Err(Error::Domain(format!(
            "{sentence}, `{}` is not",
            shortened(text, 40)
        ))),
    }
}

/// Any number; `what` is wanted.
pub fn number(text: &str, what: &str) -> Result<Rational> {
    Ok(constant(text, what)?.value)
}

/// A number above 0; `what` is wanted.
pub fn positive(text: &str, what: &str) -> Result<Rational> {
    let value = number(text, what)?;
    match value.cmp0() {
        Ordering::Greater => Ok(value),
        _ => Err(Error::Domain(format!(
            "a {what} is greater than 0, `{}` is not",
            shortened(text, 40)
        ))),
    }
}

/// A double from 0 on: the nearest to what is typed; `what` is wanted.
pub fn double(text: &str, what: &str) -> Result<f64> {
    let value = number(text, what)?;
    let nearest = Float::with_val(53, &value).to_f64();
    match value >= 0 && nearest.is_finite() && (nearest > 0.0 || value == 0) {
        true => Ok(nearest),
        false => Err(Error::Domain(format!(
            "a {what} is a number from 0 on, within the range of doubles, `{}` is not",
            shortened(text, 40)
        ))),
    }
}

fn constant(text: &str, what: &str) -> Result<NearFraction> {
    /// Longer ones are refused: the number is kept exactly.
    const LENGTH_MAX: usize = 5000;
    let refused = |why: String| {
        Error::Domain(format!(
            "`{}` is no {what}: a decimal number, a fraction or a constant such as sqrt(2) is wanted{why}",
            shortened(text, 40)
        ))
    };
    if text.len() > LENGTH_MAX || text.trim().is_empty() {
        return Err(refused(String::new()));
    }
    if let Some(value) = rational(text) {
        let error = Rational::new();
        return Ok(NearFraction { value, error });
    }
    NearFraction::parse(text).map_err(|why| refused(format!("; {why}")))
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

/// A standard deviation as typed. A decimal of 12 digits and more has been rounded, and stands for all numbers that round
/// to it; everything else is exact.
pub fn given(text: &str, what: &str) -> Result<Given> {
    const ROUNDED: usize = 12;
    let text = text.trim();
    let refused = || {
        Error::Domain(format!(
            "`{}` is no {what}: a decimal number, a fraction or a constant such as sqrt(2) is wanted",
            shortened(text, 40)
        ))
    };
    let constant = Expr::parse(text).ok().filter(Expr::is_constant);
    let closed = constant.as_ref().and_then(Closed::from_expr);
    if let Some(closed) = closed.filter(|c| c.as_rational().is_none()) {
        return Ok(Given::Exact(closed));
    }
    let Ok(centre) = number(text, what) else {
        return Err(refused());
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let Some((whole, places)) = mantissa.split_once('.') else {
        return Ok(Given::from(centre));
    };
    let digits = format!("{whole}{places}");
    let plain = digits.trim_start_matches(['-', '+', '0']);
    let plain = plain.bytes().all(|b| b.is_ascii_digit()) && plain.len() >= ROUNDED;
    let power = exponent
        .parse::<i32>()
        .ok()
        .zip(i32::try_from(places.len()).ok())
        .and_then(|(e, n)| e.checked_sub(n));
    match power.filter(|_| plain && centre != 0) {
        Some(power) => {
            let unit = Rational::from(Integer::from(Integer::u_pow_u(10, power.unsigned_abs())));
            let unit = if power < 0 { unit.recip() } else { unit };
            Ok(Given::Rounded {
                centre,
                radius: unit / 2u32,
            })
        }
        None => Ok(Given::from(centre)),
    }
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

    /// Between two rationals that enclose it, and the same to 300 digits (mpmath's digits are in the names).
    #[test]
    fn a_constant_is_a_number_wherever_one_is() {
        for (text, digits) in [
            (
                "sqrt(2)/2",
                "0.70710678118654752440084436210484903928483593768847",
            ),
            (
                "pi/4",
                "0.78539816339744830961566084581987572104929234984378",
            ),
            (
                "-tanh(1)",
                "-0.76159415595576488811945828260479359041276859725794",
            ),
            (
                "1/e",
                "0.36787944117144232159552377016146086744581113103177",
            ),
            (
                "erf(1/2)",
                "0.52049987781304653768274665389196452873645157575796",
            ),
            (
                "2^(-1/2)",
                "0.70710678118654752440084436210484903928483593768847",
            ),
        ] {
            let difference = correlation(text).unwrap() - rational(digits).unwrap();
            assert!(difference.abs() <= rational("1e-50").unwrap(), "{text}");
        }
        // What is a fraction is one exactly, however it is written.
        for (text, n, d) in [
            ("sqrt(1/4)", 1, 2),
            ("2^-2", 1, 4),
            ("1/3+1/6", 1, 2),
            ("cos(pi)", -1, 1),
            ("1-1", 0, 1),
        ] {
            assert_eq!(correlation(text), Ok(Rational::from((n, d))), "{text}");
        }
        assert_eq!(distance("sqrt(2)"), Ok(Rational::new()));
        assert_eq!(double("1/4", "ridge"), Ok(0.25));
        assert_eq!(double("sqrt(2)", "ridge"), Ok(std::f64::consts::SQRT_2));
        for text in ["-1", "1e400", "1e-400", "-sqrt(2)", "nan", "x"] {
            assert!(double(text, "ridge").is_err(), "{text}");
        }
        assert!(positive("0", "tolerance").is_err() && positive("pi", "tolerance").is_ok());
    }

    #[test]
    fn what_is_no_correlation_is_refused_in_one_sentence() {
        for text in ["sqrt(2)", "-pi/2", "1+1e-60", "e", "2*sin(1)"] {
            let error = correlation(text).unwrap_err().to_string();
            assert!(error.contains("between -1 and 1"), "{text}: {error}");
        }
        // One in disguise: whether it is above 1 is not for digits to say.
        let error = correlation("-tanh(300000)").unwrap_err().to_string();
        assert!(error.contains("cannot be told from"), "{error}");
        // but for a closed form
        assert_eq!(correlation("tanh(1)^2+1/cosh(1)^2"), Ok(Rational::from(1)));
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
