//! A number with its error, as text: certain digits for people, value and radius for programs.

use deeplimit::limit::{Quantity, Value};
use rug::Float;
use rug::float::Round;
use rug::ops::AssignRound;
use serde::Serialize;

/// Decimal digits per binary digit.
const LOG10_2: f64 = std::f64::consts::LOG10_2;

/// A number in the JSON contract: `|true value - value| <= radius`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Number {
    /// A decimal number, or `inf`.
    pub value: String,
    /// A decimal number rounded up, `0` where `value` is exact.
    pub radius: String,
    /// The number in closed form, where one is proved.
    pub exact: Option<String>,
}

impl Number {
    /// The number with at most `digits` significant digits; the radius covers the rounding too.
    pub fn new(q: &Quantity, digits: u32) -> Self {
        let (value, radius) = match (&q.value, exact_integer(q)) {
            (_, Some(n)) => (n.to_owned(), "0".to_owned()),
            (Value::Infinite, None) => ("inf".to_owned(), "0".to_owned()),
            (Value::Finite { midpoint, radius }, None) => rounded(midpoint, radius, digits),
        };
        let exact = q.exact.clone();
        Self {
            value,
            radius,
            exact,
        }
    }
}

/// The digits that are certain, at most `digits` of them: the true value, rounded to as many places
/// as are shown, is what is shown. `inf` for infinity, and `0 +- 1e-20` for a number that cannot be
/// told from zero.
pub fn certain(q: &Quantity, digits: u32) -> String {
    match (&q.value, exact_integer(q)) {
        (_, Some(n)) => n.to_owned(),
        (Value::Infinite, None) => "inf".to_owned(),
        (Value::Finite { midpoint, radius }, None) => certain_digits(midpoint, radius, digits),
    }
}

/// The number for a sentence: four places cut off with an ellipsis (`0.8807...`), or whole if it is
/// short and exact.
pub fn beginning(q: &Quantity) -> String {
    const PLACES: usize = 4;
    match (&q.value, exact_integer(q)) {
        (_, Some(n)) => n.to_owned(),
        (Value::Infinite, None) => "inf".to_owned(),
        (Value::Finite { midpoint, radius }, None) => {
            let (lower, upper) = ends(midpoint, radius, 30);
            let exponent = lower.to_sign_string_exp(10, Some(1)).2.unwrap_or(0).max(0);
            let places = PLACES + usize::try_from(exponent).unwrap_or(0);
            let cut = |f: &Float| Decimal::new(f, places, Round::Zero);
            match (cut(&lower), cut(&upper)) {
                (low, high) if low == high && lower == upper && low.is(midpoint) => {
                    low.trimmed().text()
                }
                (low, high) if low == high && !lower.is_zero() => format!("{}...", low.text()),
                _ => certain_digits(midpoint, radius, 5),
            }
        }
    }
}

/// The closed form, if it is an integer.
pub fn exact_integer(q: &Quantity) -> Option<&str> {
    let text = q.exact.as_deref()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// `0.d1 d2 d3... * 10^exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Decimal {
    fn new(f: &Float, digits: usize, round: Round) -> Self {
        let (negative, digits, exponent) =
            f.to_sign_string_exp_round(10, Some(digits.max(1)), round);
        Self {
            negative,
            digits,
            exponent: exponent.unwrap_or(1),
        }
    }

    /// Whether this is `f` itself, not an approximation: rounding up and down agree.
    fn is(&self, f: &Float) -> bool {
        let n = self.digits.len();
        Self::new(f, n, Round::Down) == Self::new(f, n, Round::Up)
    }

    /// Without the zeros at the end, except those of an integer that was written out.
    fn trimmed(mut self) -> Self {
        let whole = usize::try_from(self.exponent).unwrap_or(0);
        let whole = if whole <= self.digits.len() { whole } else { 0 };
        let n = self.digits.trim_end_matches('0').len().max(whole).max(1);
        self.digits.truncate(n);
        self
    }

    /// Plain where no zero has to be made up behind the digits and few in front; otherwise with an
    /// exponent.
    fn text(&self) -> String {
        /// `0.000012` is still read at a glance, `0.0000012` is not.
        const ZEROS_IN_FRONT: i32 = 4;
        let sign = if self.negative { "-" } else { "" };
        let (d, e) = (&self.digits, self.exponent);
        match usize::try_from(e) {
            Ok(0) => format!("{sign}0.{d}"),
            Ok(e) if e == d.len() => format!("{sign}{d}"),
            Ok(e) if e < d.len() => format!("{sign}{}.{}", &d[..e], &d[e..]),
            Err(_) if e >= -ZEROS_IN_FRONT => {
                format!("{sign}0.{}{d}", "0".repeat(e.unsigned_abs() as usize))
            }
            _ if d.len() == 1 => format!("{sign}{d}e{}", e - 1),
            _ => format!("{sign}{}.{}e{}", &d[..1], &d[1..], e - 1),
        }
    }
}

/// Lower and upper end of the ball, rounded outwards far beyond `digits`.
fn ends(midpoint: &Float, radius: &Float, digits: u32) -> (Float, Float) {
    let bits = precision(midpoint, digits);
    (
        Float::with_val_round(bits, midpoint - radius, Round::Down).0,
        Float::with_val_round(bits, midpoint + radius, Round::Up).0,
    )
}

/// Bits in which `digits` decimal digits and 64 guard bits have room.
fn precision(midpoint: &Float, digits: u32) -> u32 {
    midpoint.prec().max((f64::from(digits) / LOG10_2) as u32) + 64
}

/// How many digits the radius leaves, roughly.
fn digits_left(midpoint: &Float, radius: &Float) -> f64 {
    match (midpoint.get_exp(), radius.get_exp()) {
        (Some(m), Some(r)) => f64::from(m - r) * LOG10_2,
        (_, None) => f64::INFINITY,
        (None, _) => 0.0,
    }
}

fn certain_digits(midpoint: &Float, radius: &Float, digits: u32) -> String {
    let (lower, upper) = ends(midpoint, radius, digits);
    if lower <= 0 && upper >= 0 {
        return match lower.is_zero() && upper.is_zero() {
            true => "0".to_owned(),
            false => format!("0 +- {}", bound(&(-lower).max(&upper))),
        };
    }
    let most = (digits_left(midpoint, radius) + 2.0).clamp(1.0, f64::from(digits)) as usize;
    for n in (1..=most).rev() {
        let low = Decimal::new(&lower, n, Round::Nearest);
        if low == Decimal::new(&upper, n, Round::Nearest) {
            let exact = radius.is_zero() && low.is(midpoint);
            return if exact { low.trimmed() } else { low }.text();
        }
    }
    let middle = Decimal::new(midpoint, 2, Round::Nearest).text();
    format!("{middle} +- {}", bound(radius))
}

fn rounded(midpoint: &Float, radius: &Float, digits: u32) -> (String, String) {
    if midpoint.is_zero() {
        return ("0".to_owned(), bound(radius));
    }
    let most = (digits_left(midpoint, radius) + 1.0).clamp(1.0, f64::from(digits)) as usize;
    let decimal = Decimal::new(midpoint, most, Round::Nearest);
    if radius.is_zero() && decimal.is(midpoint) {
        return (decimal.trimmed().text(), "0".to_owned());
    }
    let value = decimal.text();
    // The text as a number again, off by at most half a unit in its last place.
    let bits = precision(midpoint, digits);
    let read = Float::parse(&value)
        .map(|p| Float::with_val(bits, p))
        .unwrap_or(Float::new(bits));
    let mut error = Float::with_val(bits, midpoint - &read).abs();
    error += Float::with_val(bits, &read).abs() >> (bits - 2);
    error.assign_round(&error.clone() + radius, Round::Up);
    (value, bound(&error))
}

/// An upper bound in at most two digits.
fn bound(f: &Float) -> String {
    let decimal = Decimal::new(f, 2, Round::Up).trimmed();
    if f.is_zero() {
        "0".to_owned()
    } else {
        decimal.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(midpoint: &str, radius: &str) -> Quantity {
        let float = |text, bits| Float::with_val(bits, Float::parse(text).unwrap());
        let value = Value::Finite {
            midpoint: float(midpoint, 400),
            radius: float(radius, 32),
        };
        Quantity { value, exact: None }
    }

    #[test]
    fn only_digits_that_are_certain_are_shown() {
        // tanh's alpha, from a table of 20 digits.
        let alpha = "0.88070363080779621";
        for (radius, digits, shown) in [
            ("1e-17", 15, "0.880703630807796"),
            ("1e-17", 50, "0.8807036308077962"),
            ("1e-8", 15, "0.8807036"),
            // 0.8797..0.8817: even the third digit may be 0 or 2.
            ("1e-3", 15, "0.88"),
            // 0.83..0.93: no digit is certain.
            ("0.1", 15, "0.88 +- 0.11"),
            ("2", 15, "0 +- 2.9"),
        ] {
            assert_eq!(
                certain(&quantity(alpha, radius), digits),
                shown,
                "{radius} {digits}"
            );
        }
    }

    #[test]
    fn a_digit_is_certain_only_if_both_ends_round_to_it() {
        // 0.49999 and 0.50001 agree in no digit when cut off, but both round to 0.5000.
        assert_eq!(certain(&quantity("0.5", "1e-5"), 15), "0.5000");
        // Both ends of 0.125 +- 1e-9 round to different numbers of two places, so one is shown.
        assert_eq!(certain(&quantity("0.125", "1e-9"), 2), "0.1");
    }

    #[test]
    fn exact_numbers_are_short() {
        assert_eq!(certain(&quantity("4", "0"), 15), "4");
        assert_eq!(certain(&quantity("-0.375", "0"), 15), "-0.375");
        assert_eq!(certain(&quantity("0", "0"), 15), "0");
        assert_eq!(certain(&quantity("100", "0"), 15), "100");
        assert_eq!(certain(&quantity("0", "1e-40"), 15), "0 +- 1.1e-40");
        let four = Quantity {
            exact: Some("4".to_owned()),
            ..quantity("4", "1e-30")
        };
        assert_eq!(certain(&four, 15), "4");
        assert_eq!(Number::new(&four, 15).radius, "0");
    }

    #[test]
    fn large_and_small_numbers_have_an_exponent_and_no_invented_zeros() {
        assert_eq!(certain(&quantity("1.25e30", "1e10"), 3), "1.25e30");
        assert_eq!(certain(&quantity("123456.7", "1e-3"), 3), "1.23e5");
        assert_eq!(certain(&quantity("1.5e-12", "1e-20"), 4), "1.500e-12");
        assert_eq!(certain(&quantity("0.00123", "1e-20"), 3), "0.00123");
    }

    #[test]
    fn the_radius_covers_the_rounding() {
        let n = Number::new(&quantity("0.88070363080779621", "1.5e-17"), 15);
        assert_eq!(n.value, "0.880703630807796");
        // |0.88070363080779621 - 0.880703630807796| = 2.1e-16, and 1.5e-17 for the radius, is 2.25e-16.
        assert_eq!(n.radius, "2.3e-16");
        let n = Number::new(&quantity("2", "0"), 15);
        assert_eq!((n.value.as_str(), n.radius.as_str()), ("2", "0"));
        let n = Number::new(
            &Quantity {
                value: Value::Infinite,
                exact: None,
            },
            15,
        );
        assert_eq!((n.value.as_str(), n.radius.as_str()), ("inf", "0"));
    }

    /// Deterministic spread of balls over signs, sizes and radii: the JSON interval contains the
    /// ball's, and the digits shown are what every point of the ball rounds to.
    #[test]
    fn text_encloses_the_ball() {
        for n in 1_u32..400 {
            let bits = 40 + n % 90;
            let mut midpoint = Float::with_val(bits, n).sqrt() / Float::with_val(bits, 1 + n % 7);
            midpoint <<= (n % 61) as i32 - 30;
            if n % 3 == 0 {
                midpoint = -midpoint;
            }
            let radius = Float::with_val(32, midpoint.clone().abs()) >> (n % 40);
            let value = Value::Finite {
                midpoint: midpoint.clone(),
                radius: radius.clone(),
            };
            let q = Quantity { value, exact: None };
            let digits = 1 + n % 25;

            let number = Number::new(&q, digits);
            let read = |t: &str| Float::with_val(300, Float::parse(t).unwrap());
            let distance = Float::with_val(300, read(&number.value) - &midpoint).abs();
            assert!(
                distance + &radius <= read(&number.radius),
                "{n}: {number:?}"
            );

            let shown = certain(&q, digits);
            if !shown.contains("+-") {
                let places = shown.trim_start_matches('-').split('e').next().unwrap();
                let count = places.replace('.', "").trim_start_matches('0').len();
                for part in [-1.0, -0.3, 0.0, 0.7, 1.0] {
                    let point = Float::with_val(300, &radius) * part + &midpoint;
                    let expected = Decimal::new(&point, count, Round::Nearest);
                    let got = Decimal::new(&read(&shown), count, Round::Nearest);
                    assert_eq!(expected, got, "{n}: {shown} for {midpoint} +- {radius}");
                }
            }
        }
    }

    #[test]
    fn a_sentence_gets_the_beginning() {
        assert_eq!(
            beginning(&quantity("0.88070363080779621", "1e-17")),
            "0.8807..."
        );
        assert_eq!(
            beginning(&quantity("1.185565769445566", "1e-15")),
            "1.1855..."
        );
        assert_eq!(beginning(&quantity("12.5", "0")), "12.5");
        assert_eq!(beginning(&quantity("0.88", "0.001")), "0.88");
    }
}
