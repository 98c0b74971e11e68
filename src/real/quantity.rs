//! A number on its way to the reader: an enclosure, and a closed form where one is proved.

use rug::{Float, Integer};

use super::{Ball, Bits, Certain, certain_digits, enclosing_decimal};

/// A number with its error.
#[derive(Clone, Debug)]
pub struct Quantity {
    /// The enclosure.
    pub value: Value,
    /// The number in closed form, where one is proved: `1/sqrt(pi)`, `4`.
    pub exact: Option<String>,
}

/// An enclosure `midpoint +- radius`, or infinity.
#[derive(Clone, Debug)]
pub enum Value {
    /// The true value is within `radius` of `midpoint`.
    Finite {
        /// The middle.
        midpoint: Float,
        /// Bound of the error (proved for balls, estimated for `f64` and MPFR arithmetic).
        radius: Float,
    },
    /// Plus infinity, and that is the right answer (`B'` of an activation that jumps).
    Infinite,
    /// Minus infinity (the singular kernel of an odd activation at opposite inputs).
    MinusInfinite,
}

impl Quantity {
    /// The number that a ball encloses.
    pub fn new(ball: &Ball, exact: Option<String>) -> Self {
        Quantity {
            value: Value::Finite {
                midpoint: ball.mid().clone(),
                radius: ball.rad(),
            },
            exact,
        }
    }

    /// An integer, exactly.
    pub fn integer(n: u32) -> Self {
        Quantity {
            value: Value::Finite {
                midpoint: Float::with_val(53, n),
                radius: Float::new(32),
            },
            exact: Some(n.to_string()),
        }
    }

    /// The integer that it is proved to be, if it is.
    ///
    /// ```
    /// use deeplimit::real::{Analytic, Ball, Quantity};
    /// assert_eq!(Quantity::integer(4).as_integer(), Some(4.into()));
    /// // an enclosure proves nothing of the kind
    /// assert_eq!(Quantity::new(&Ball::int(4, 53), None).as_integer(), None);
    /// ```
    pub fn as_integer(&self) -> Option<Integer> {
        self.exact.as_deref()?.parse().ok()
    }

    /// Not infinite, and not undefined.
    pub fn is_finite(&self) -> bool {
        matches!(&self.value, Value::Finite { midpoint, radius } if midpoint.is_finite() && radius.is_finite())
    }

    /// Plus infinity, as an answer.
    pub fn is_infinite(&self) -> bool {
        matches!(self.value, Value::Infinite)
    }

    /// Relative accuracy in bits; all of them for what is exact or infinite.
    pub fn relative_bits(&self) -> Bits {
        match &self.value {
            Value::Infinite | Value::MinusInfinite => Bits::MAX,
            Value::Finite { .. } if self.exact.is_some() => Bits::MAX,
            Value::Finite { radius, .. } if radius.is_zero() => Bits::MAX,
            Value::Finite { midpoint, radius } => {
                Ball::new(midpoint.clone(), radius).relative_bits()
            }
        }
    }

    /// The nearest double of the midpoint, `inf` or `-inf`.
    pub fn to_f64(&self) -> f64 {
        match &self.value {
            Value::Finite { midpoint, .. } => midpoint.to_f64(),
            Value::Infinite => f64::INFINITY,
            Value::MinusInfinite => f64::NEG_INFINITY,
        }
    }

    /// The enclosure as a ball; `None` for infinity.
    pub fn ball(&self) -> Option<Ball> {
        match &self.value {
            Value::Finite { midpoint, radius } => Some(Ball::new(midpoint.clone(), radius)),
            Value::Infinite | Value::MinusInfinite => None,
        }
    }

    /// The digits that are certain, at most so many: the true value, rounded to as many places as are shown, is what is shown.
    /// `inf` or `-inf` for infinity, and `0 +- 1e-20` for a number that cannot be told from zero.
    ///
    /// ```
    /// use deeplimit::{Activation, Effort};
    /// let a = "tanh".parse::<Activation>()?.classify(&Effort::digits(30))?.alpha;
    /// assert_eq!(a.unwrap().digits(20), "0.88070363080779621040");
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn digits(&self, digits: usize) -> String {
        match (&self.value, self.as_integer()) {
            (_, Some(n)) => n.to_string(),
            (Value::Infinite, None) => "inf".to_owned(),
            (Value::MinusInfinite, None) => "-inf".to_owned(),
            (Value::Finite { midpoint, radius }, None) => {
                certain_digits(midpoint, radius, digits).to_string()
            }
        }
    }

    /// Decimal strings `(value, radius)` for programs, `|x - value| <= radius`: at most so many significant digits, and none that
    /// is far below the error; the radius is rounded up, covers the rounding of the value too, and is `0` where the value is exact
    /// or infinite.
    ///
    /// ```
    /// use deeplimit::real::{Analytic, Ball, Quantity};
    /// let third = Quantity::new(&Ball::rational(&(1, 3).into(), 64), None);
    /// let (value, radius) = third.decimal(10);
    /// assert_eq!((value.as_str(), radius.as_str()), ("0.3333333333", "3.4e-11"));
    /// ```
    pub fn decimal(&self, digits: usize) -> (String, String) {
        let exactly = |text: &str| (text.to_owned(), "0".to_owned());
        match (&self.value, self.as_integer()) {
            (_, Some(n)) => exactly(&n.to_string()),
            (Value::Infinite, None) => exactly("inf"),
            (Value::MinusInfinite, None) => exactly("-inf"),
            // of what is no number nothing is known
            (Value::Finite { midpoint, radius }, None) if midpoint.is_nan() || radius.is_nan() => {
                ("0".to_owned(), "inf".to_owned())
            }
            (Value::Finite { midpoint, radius }, None) => {
                // those down to the radius, and one more; all of an exact number, or zero
                let meaningful = match (midpoint.get_exp(), radius.get_exp()) {
                    (Some(m), Some(r)) => {
                        let bits = f64::from(m) - f64::from(r);
                        (bits * std::f64::consts::LOG10_2 + 2.0).max(1.0) as usize
                    }
                    _ => usize::MAX,
                };
                enclosing_decimal(midpoint, radius, digits.min(meaningful))
            }
        }
    }

    /// The number for a sentence: cut off behind four places with an ellipsis (`0.8807...`), or whole if it is short.
    pub fn beginning(&self) -> String {
        const PLACES: usize = 4;
        /// Enough to see that what is cut off is no rounded-up `999...`.
        const DIGITS: usize = 30;
        let Value::Finite { midpoint, radius } = &self.value else {
            return self.digits(DIGITS);
        };
        if self.as_integer().is_none()
            && let Certain::Digits(text) = certain_digits(midpoint, radius, DIGITS)
            && let Some(point) = text.find('.').filter(|_| !text.contains('e'))
            && let Some((head, tail)) = text.split_at_checked(point + 1 + PLACES)
            && tail.bytes().any(|b| b != b'0')
            && head.bytes().any(|b| (b'1'..=b'9').contains(&b))
        {
            return format!("{head}...");
        }
        self.digits(PLACES + 1)
    }

    /// Plus infinity.
    pub fn infinite() -> Self {
        Quantity {
            value: Value::Infinite,
            exact: None,
        }
    }

    /// Minus infinity.
    pub fn minus_infinite() -> Self {
        Quantity {
            value: Value::MinusInfinite,
            exact: None,
        }
    }
}

impl std::fmt::Display for Quantity {
    /// Up to 15 certain digits, or as many as the precision of the format asks for: `{:.40}`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.digits(f.precision().unwrap_or(15)))
    }
}

/// Bits in which `digits` significant decimal digits are certain with a little room.
pub fn bits_for(digits: usize) -> Bits {
    (digits as f64 * std::f64::consts::LOG2_10).ceil() as Bits + 6
}

impl Ball {
    /// Relative accuracy in bits: `log2(|x| / rad)`, 0 where the ball contains zero.
    pub fn relative_bits(&self) -> Bits {
        if !super::Analytic::is_finite(self) || self.contains_zero() {
            return 0;
        }
        let radius = self.rad();
        if radius.is_zero() {
            return Bits::MAX / 4;
        }
        let (m, r) = (
            self.mignitude().get_exp().unwrap_or(0),
            radius.get_exp().unwrap_or(0),
        );
        (m - r).max(0) as Bits
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
    fn a_sentence_gets_the_beginning() {
        for (midpoint, radius, shown) in [
            ("0.88070363080779621", "1e-17", "0.8807..."),
            // Cut off, not rounded.
            ("1.185565769445566", "1e-15", "1.1855..."),
            ("-12.345678", "1e-15", "-12.3456..."),
            ("12.5", "0", "12.5"),
            // Too little is known.
            ("0.88", "0.001", "0.88"),
            // 0.3 from below or from above: no digit can be cut off.
            ("0.3", "1e-20", "0.30000"),
            ("0.00001234567", "1e-20", "0.000012346"),
        ] {
            assert_eq!(quantity(midpoint, radius).beginning(), shown, "{midpoint}");
        }
    }
}
