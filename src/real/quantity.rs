//! A number on its way to the reader: an enclosure, and a closed form where one is proved.

use rug::{Float, Integer};

use super::{Ball, Bits};

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
