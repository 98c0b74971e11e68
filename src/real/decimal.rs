//! From enclosures to decimals: only digits that are certain are printed.

use std::cmp::Ordering;

use rug::Float;
use rug::float::Round;

use super::Bits;
use super::rounding::Pending;

/// What can be said of a number in so many decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certain {
    /// Every number of the enclosure rounds to this decimal.
    Digits(String),
    /// Not even one digit is certain: `0 +- 3e-17`, `5 +- 3.1`, `unbounded`, `undefined`. Every number of the
    /// enclosure is within the printed bound.
    Bound(String),
}

impl std::fmt::Display for Certain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Certain::Digits(text) | Certain::Bound(text)) = self;
        f.write_str(text)
    }
}

/// The longest decimal of at most `digits` significant digits to which **every** number in
/// `[mid - |rad|, mid + |rad|]` rounds (to nearest; a tie goes to the even digit). At least one digit is asked
/// for. Where fewer digits are certain, fewer are printed.
///
/// An exact number (`rad = 0`) that is a decimal of at most `digits` digits is printed without trailing
/// zeros: `0`, `2`, `0.5`. Trailing zeros of an inexact number are certain digits: `1.000`.
/// Scientific notation (`4.44e-29`) below `10^-6`, from `10^digits` on, and where the certain digits end
/// before the point.
///
/// Promise: proved (MPFR converts with correct rounding, the ends are rounded outward).
///
/// ```
/// use deeplimit::real::{Certain, certain_digits};
/// use rug::Float;
/// let third = Float::with_val(100, 1) / 3u32;
/// let digits = |radius: f64| certain_digits(&third, &Float::with_val(53, radius), 15).to_string();
/// assert_eq!(digits(1e-20), "0.333333333333333");
/// assert_eq!(digits(1e-5), "0.3333");
/// assert_eq!(certain_digits(&Float::with_val(53, 0.5), &Float::new(53), 15).to_string(), "0.5");
/// ```
pub fn certain_digits(mid: &Float, rad: &Float, digits: usize) -> Certain {
    let digits = digits.max(1);
    if mid.is_nan() || rad.is_nan() {
        return Certain::Bound("undefined".into());
    }
    if mid.is_infinite() || rad.is_infinite() {
        return Certain::Bound("unbounded".into());
    }
    if rad.is_zero() {
        return Certain::Digits(exact_digits(mid, digits));
    }
    let bits = mid.prec().max(bits_of(digits)) + 64;
    let rad = rad.clone().abs();
    let (lo, hi) = ((mid - &rad).down(bits), (mid + &rad).up(bits));
    if lo <= 0 && hi >= 0 {
        let bound = if lo.cmp_abs(&hi) == Some(Ordering::Greater) {
            &lo
        } else {
            &hi
        };
        let (_, size, exp) = decimal(bound, 2, Round::AwayZero);
        return Certain::Bound(format!("0 +- {}", shortest(&size, exp)));
    }
    // About log10(|mid| / rad) digits are certain; try one more.
    let spread = (exponent(mid) - exponent(&rad)).max(0) as f64;
    let most = ((spread * std::f64::consts::LOG10_2) as usize + 2).min(digits);
    for n in (1..=most).rev() {
        if let Some((negative, text, exp)) = common_rounding(&lo, &hi, n) {
            return Certain::Digits(written(negative, &text, exp, digits, false));
        }
    }
    let (value, radius) = enclosing_decimal(mid, &rad, 2);
    Certain::Bound(format!("{value} +- {radius}"))
}

/// Decimal strings `(value, radius)` such that `[value - radius, value + radius]` certainly contains
/// `[mid - |rad|, mid + |rad|]`: `value` has at most `digits` significant digits, `radius` at most two,
/// rounded up, the error of `value` included; `value` is `0` where zero is in the enclosure and the radius is not: no digit
/// of the midpoint means anything then. `("nan", "inf")` for an undefined enclosure, `("0", "inf")` for an
/// unbounded one.
///
/// ```
/// use deeplimit::real::enclosing_decimal;
/// use rug::Float;
/// let third = Float::with_val(100, 1) / 3u32;
/// let (value, radius) = enclosing_decimal(&third, &Float::with_val(53, 1e-20), 10);
/// assert_eq!((value.as_str(), radius.as_str()), ("0.3333333333", "3.4e-11"));
/// ```
pub fn enclosing_decimal(mid: &Float, rad: &Float, digits: usize) -> (String, String) {
    let digits = digits.max(1);
    if mid.is_nan() || rad.is_nan() {
        return ("nan".into(), "inf".into());
    }
    if mid.is_infinite() || rad.is_infinite() {
        return ("0".into(), "inf".into());
    }
    let rad = rad.clone().abs();
    if !rad.is_zero() && mid.cmp_abs(&rad) != Some(Ordering::Greater) {
        let bound = (&mid.clone().abs() + &rad).up(64);
        let (_, text, exp) = decimal(&bound, 2, Round::Up);
        return ("0".into(), shortest(&text, exp));
    }
    let value = exact_digits(mid, digits);
    // The decimal read back, rounded both ways: the error of the conversion is below the larger
    // distance of the two from the midpoint.
    let bits = mid.prec().max(bits_of(digits)) + 64;
    let read = |round| match Float::parse(&value) {
        Ok(text) => text.rounded(bits, round).0,
        Err(_) => Float::with_val(bits, f64::NAN),
    };
    let below = (mid - &read(Round::Down)).up(64);
    let above = (&read(Round::Up) - mid).up(64);
    let error = below.max(&above).max(&Float::new(64));
    let radius = (&error + &rad).up(64);
    if radius.is_zero() {
        return (value, "0".into());
    }
    let (_, text, exp) = decimal(&radius, 2, Round::Up);
    (value, shortest(&text, exp))
}

/// An exact number in at most `digits` digits: all of them without trailing zeros where they suffice,
/// else the nearest decimal of `digits` digits.
fn exact_digits(x: &Float, digits: usize) -> String {
    if x.is_zero() {
        return "0".into();
    }
    let below = decimal(x, digits, Round::Down);
    if below == decimal(x, digits, Round::Up) {
        let (negative, text, exp) = below;
        return written(negative, text.trim_end_matches('0'), exp, digits, true);
    }
    let (negative, text, exp) = decimal(x, digits, Round::Nearest);
    written(negative, &text, exp, digits, false)
}

/// The decimal of `n` digits to which both numbers round, if they round to the same one. Where a power of
/// ten lies between them, the nearer to zero is rounded at the same **place** as the other: 0.99996 and
/// 1.00003 are both 1.000.
fn common_rounding(a: &Float, b: &Float, n: usize) -> Option<Decimal> {
    let (low, high) = (decimal(a, n, Round::Nearest), decimal(b, n, Round::Nearest));
    if low == high {
        return Some(low);
    }
    if n == 1 || low.2 == high.2 {
        return None;
    }
    let (near, far) = if low.2 < high.2 { (a, high) } else { (b, low) };
    let (negative, text, exp) = decimal(near, n - 1, Round::Nearest);
    ((negative, text + "0", exp) == far).then_some(far)
}

/// Sign, digits and exponent of `+-0.DDD * 10^exp`.
type Decimal = (bool, String, i64);

/// Sign, `n` digits and exponent of `+-0.DDD * 10^exp`, correctly rounded; `x` is finite and not zero.
fn decimal(x: &Float, n: usize, round: Round) -> Decimal {
    let (negative, text, exp) = x.to_sign_string_exp_round(10, Some(n), round);
    (negative, text, exp.unwrap_or(0).into())
}

/// A positive decimal `0.DDD * 10^exp` in few letters.
fn shortest(text: &str, exp: i64) -> String {
    written(false, text.trim_end_matches('0'), exp, 6, true)
}

/// `+-0.DDD * 10^exp` as text. `padded`: zeros may fill the places up to the point.
fn written(negative: bool, text: &str, exp: i64, digits: usize, padded: bool) -> String {
    let sign = if negative { "-" } else { "" };
    let count = text.len() as i64;
    // The leading digit stands for 10^(exp - 1).
    if exp < -5 || exp > digits as i64 || (exp > count && !padded) {
        let (first, rest) = text.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}e{}", exp - 1)
    } else if exp <= 0 {
        format!("{sign}0.{}{text}", "0".repeat(-exp as usize))
    } else if exp >= count {
        format!("{sign}{text}{}", "0".repeat((exp - count) as usize))
    } else {
        let (whole, rest) = text.split_at(exp as usize);
        format!("{sign}{whole}.{rest}")
    }
}

/// Binary exponent of a number that is not zero.
fn exponent(x: &Float) -> i64 {
    x.get_exp().map_or(i64::from(i32::MIN), i64::from)
}

/// Bits that hold so many decimal digits.
fn bits_of(digits: usize) -> Bits {
    // log2(10) < 10/3 + 1/100; an absurd wish for digits must not overflow.
    (digits.min(1 << 28) * 7 / 2 + 8) as Bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rug::ops::Pow;
    use rug::{Integer, Rational};

    use super::*;
    use crate::real::trials::number;

    fn float(x: f64) -> Float {
        Float::with_val(53, x)
    }

    fn printed(mid: f64, rad: f64, digits: usize) -> String {
        certain_digits(&float(mid), &float(rad), digits).to_string()
    }

    #[test]
    fn exact_numbers_have_no_trailing_zeros() {
        for (x, text) in [
            (0.0, "0"),
            (2.0, "2"),
            (0.5, "0.5"),
            (1.5, "1.5"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (123456.0, "123456"),
            // 2^-16 is not below 10^-6.
            (0.0000152587890625, "0.0000152587890625"),
        ] {
            assert_eq!(printed(x, 0.0, 15), text);
        }
        assert_eq!(printed(123456.0, 0.0, 3), "1.23e5");
        assert_eq!(
            printed(2f64.powi(-40), 0.0, 20),
            "9.0949470177292823792e-13"
        );
        assert_eq!(printed(2f64.powi(-40), 0.0, 5), "9.0949e-13");
    }

    #[test]
    fn only_certain_digits() {
        assert_eq!(printed(0.123456, 1e-9, 15), "0.12345600");
        assert_eq!(printed(1.0, 1e-4, 15), "1.000");
        assert_eq!(printed(1.0, 4e-4, 15), "1.000");
        assert_eq!(printed(-1.0, 6e-4, 15), "-1.00");
        assert_eq!(printed(123456.0, 30.0, 15), "1.23e5");
        assert_eq!(printed(-4.4404e-29, 1e-32, 15), "-4.44e-29");
        assert_eq!(printed(0.0, 3e-17, 15), "0 +- 3.1e-17");
        assert_eq!(printed(1e-20, 3e-17, 15), "0 +- 3.1e-17");
        assert_eq!(printed(5.0, 3.0, 15), "5 +- 3");
        assert_eq!(printed(f64::NAN, 1.0, 15), "undefined");
        assert_eq!(printed(0.0, f64::INFINITY, 15), "unbounded");
    }

    /// Ties go to the even digit.
    #[test]
    fn ties_go_to_the_even_digit() {
        assert_eq!(printed(2.5, 0.0, 1), "2");
        assert_eq!(printed(3.5, 0.0, 1), "4");
        assert_eq!(printed(0.375, 0.0, 2), "0.38");
        assert_eq!(printed(0.625, 0.0, 2), "0.62");
    }

    #[test]
    fn exponents_far_outside_of_doubles() {
        let tiny = Float::with_val(100, Float::parse("1.2345e-400000").unwrap());
        let rad = Float::with_val(53, Float::parse("1e-400010").unwrap());
        assert_eq!(
            certain_digits(&tiny, &rad, 20).to_string(),
            "1.234500000e-400000"
        );
        let (value, radius) = enclosing_decimal(&tiny, &rad, 8);
        assert_eq!(value, "1.2345000e-400000");
        // The double nearest to 1e-400010 may lie on either side of it.
        assert!(radius == "1e-400010" || radius == "1.1e-400010", "{radius}");
        let huge = Float::with_val(100, Float::parse("9.5e400000").unwrap());
        assert_eq!(certain_digits(&huge, &rad, 3).to_string(), "9.50e400000");
    }

    /// The number that a decimal string stands for, exactly.
    fn read(text: &str) -> Rational {
        let (mantissa, exp) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Integer = format!("{whole}{rest}").parse().unwrap();
        let exp = exp.parse::<i32>().unwrap() - rest.len() as i32;
        let power = Rational::from(Integer::from(10).pow(exp.unsigned_abs()));
        let power = if exp < 0 { power.recip() } else { power };
        digits * power
    }

    proptest! {
        /// Both ends and the middle are at most half a unit of the last printed digit away, and one digit more
        /// would not have been certain.
        #[test]
        fn every_number_rounds_to_the_printed_digits(
            mid in number(80, 60), rad in number(32, 60), shift in 0..200u32, digits in 1..30usize,
        ) {
            let rad = (rad >> shift).abs();
            let (m, r) = (mid.to_rational().unwrap(), rad.to_rational().unwrap());
            let ends = [m.clone() - &r, m.clone() + &r];
            match certain_digits(&mid, &rad, digits) {
                Certain::Digits(text) => {
                    let mantissa = text.split('e').next().unwrap().trim_start_matches('-');
                    let places = mantissa.split_once('.').map_or(0, |(_, rest)| rest.len() as i32);
                    let exp = text.split_once('e').map_or(0, |(_, e)| e.parse::<i32>().unwrap());
                    let significant = mantissa.replace('.', "").trim_start_matches('0').len();
                    prop_assert!(significant <= digits);
                    let unit = read(&format!("1e{}", exp - places));
                    let value = read(&text);
                    for end in &ends {
                        let distance = Rational::from(end - &value).abs();
                        prop_assert!(
                            distance <= unit.clone() / 2u32,
                            "{end} does not round to {text}"
                        );
                    }
                    // One digit more: the ends lie in different cells of a tenth of the unit. (9.6 and 9.7
                    // have the common digit 1e1, but in the cells of their own size they differ.)
                    let power_of_ten = mantissa.replace('.', "").trim_matches('0') == "1";
                    if rad > 0 && significant < digits && !power_of_ten {
                        let cell = |x: &Rational| {
                            (x.clone() / &unit * 10u32 + Rational::from((1, 2))).floor()
                        };
                        prop_assert_ne!(cell(&ends[0]), cell(&ends[1]), "{} could be longer", text);
                    }
                }
                Certain::Bound(text) => {
                    let (value, bound) = text.split_once(" +- ").unwrap();
                    let (value, bound) = (read(value), read(bound));
                    for end in ends {
                        prop_assert!((end - &value).abs() <= bound);
                    }
                }
            }
        }

        #[test]
        fn the_decimal_encloses_the_ball(
            mid in number(80, 400), rad in number(32, 60), shift in 0..400u32, digits in 1..30usize,
        ) {
            let rad = (rad >> shift).abs();
            let (value, radius) = enclosing_decimal(&mid, &rad, digits);
            let (value, radius) = (read(&value), read(&radius));
            let (m, r) = (mid.to_rational().unwrap(), rad.to_rational().unwrap());
            prop_assert!((m.clone() - &r - &value).abs() <= radius);
            prop_assert!((m + &r - &value).abs() <= radius);
        }
    }
}
