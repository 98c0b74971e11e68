//! A number with its error, as text: certain digits for people, value and radius for programs.

use deeplimit::limit::Quantity;
use deeplimit::real::Ball;
use deeplimit::recursion::Scaled;
use serde::Serialize;

/// A number in the JSON contract: `|true value - value| <= radius`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Number {
    /// A decimal number, `inf` or `-inf`.
    pub value: String,
    /// A decimal number rounded up, `0` where `value` is exact.
    pub radius: String,
    /// The number in closed form, where one is proved.
    pub exact: Option<String>,
}

impl Number {
    /// The number with at most `digits` significant digits; the radius covers the rounding too.
    pub fn new(q: &Quantity, digits: u32) -> Self {
        let (value, radius) = q.decimal(digits as usize);
        let exact = q.exact.clone();
        Self {
            value,
            radius,
            exact,
        }
    }
}

/// A kernel: its exponent may be far outside of doubles, and of MPFR.
#[derive(Clone, Debug)]
pub enum Deep {
    /// An enclosure.
    Scaled(Scaled<Ball>),
    /// Plus infinity.
    Infinite,
}

impl Deep {
    /// As [`certain`].
    pub fn shown(&self, digits: u32) -> String {
        match self {
            Deep::Scaled(x) => x.certain_digits(digits as usize).to_string(),
            Deep::Infinite => "inf".to_owned(),
        }
    }

    /// As [`Number::new`].
    pub fn number(&self, digits: u32) -> Number {
        let (value, radius) = match self {
            Deep::Scaled(x) => match x.enclosing_decimal(digits as usize) {
                (value, _) if value == "nan" => ("0".to_owned(), "inf".to_owned()),
                known => known,
            },
            Deep::Infinite => ("inf".to_owned(), "0".to_owned()),
        };
        // what is exact and written out is known in closed form: it is that decimal
        let exact =
            (radius == "0" && !value.contains('.') && value != "inf").then(|| value.clone());
        Number {
            value,
            radius,
            exact,
        }
    }
}

/// [`Quantity::digits`]
pub fn certain(q: &Quantity, digits: u32) -> String {
    q.digits(digits as usize)
}

#[cfg(test)]
mod tests {
    use deeplimit::limit::Value;
    use rug::Float;

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
        // tanh's alpha, from a table of 17 digits.
        let alpha = "0.88070363080779621";
        for (radius, digits, shown) in [
            ("1e-17", 15, "0.880703630807796"),
            ("1e-17", 50, "0.8807036308077962"),
            ("1e-8", 15, "0.8807036"),
            // From 0.8797 to 0.8817: the third digit is 0 or 2, the second 8 all the same.
            ("1e-3", 15, "0.88"),
        ] {
            let q = quantity(alpha, radius);
            assert_eq!(certain(&q, digits), shown, "{radius} {digits}");
        }
        assert_eq!(certain(&quantity("0", "1e-40"), 15), "0 +- 1.1e-40");
    }

    #[test]
    fn a_proved_integer_is_written_as_one() {
        let four = Quantity {
            exact: Some("4".to_owned()),
            ..quantity("4", "1e-30")
        };
        assert_eq!(certain(&four, 15), "4");
        assert_eq!(four.beginning(), "4");
        let n = Number::new(&four, 15);
        assert_eq!((n.value.as_str(), n.radius.as_str()), ("4", "0"));
        // Not proved: the digits are certain, the number is not.
        assert_eq!(
            certain(&quantity("4", "1e-30"), 15),
            format!("4.{}", "0".repeat(14))
        );
    }

    #[test]
    fn the_radius_covers_the_rounding() {
        let n = Number::new(&quantity("0.88070363080779621", "1.5e-17"), 15);
        assert_eq!(n.value, "0.880703630807796");
        // 0.88070363080779621 - 0.880703630807796 = 2.1e-16; with 1.5e-17 it is 2.25e-16.
        assert_eq!(n.radius, "2.3e-16");
    }

    #[test]
    fn no_digits_far_below_the_radius() {
        let n = Number::new(&quantity("0.88070363080779621", "3e-9"), 15);
        assert_eq!(
            (n.value.as_str(), n.radius.as_str()),
            ("0.8807036308", "3.1e-9")
        );
        // what cannot be told from zero has no digit at all
        let n = Number::new(&quantity("1e-9", "3"), 15);
        assert_eq!((n.value.as_str(), n.radius.as_str()), ("0", "3.1"));
        let n = Number::new(&quantity("-1e-512", "6.2e-50"), 15);
        assert_eq!((n.value.as_str(), n.radius.as_str()), ("0", "6.3e-50"));
    }

    #[test]
    fn infinity() {
        let q = Quantity {
            value: Value::Infinite,
            exact: None,
        };
        let n = Number::new(&q, 15);
        assert_eq!((n.value.as_str(), n.radius.as_str()), ("inf", "0"));
        assert_eq!(certain(&q, 15), "inf");
        assert_eq!(q.beginning(), "inf");
    }
}
