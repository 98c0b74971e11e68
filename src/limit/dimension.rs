//! In which dimension of the data the singular smoother is consistent.

use rug::{Integer, Rational};

use crate::real::{Quantity, Value};

/// The dimension `d` of the data in which the smoother with the kernel `R(u)/u^alpha` tends to the Bayes classifier: the one
/// that `alpha` is (Radhakrishnan et al. 2022, Theorem 1; Devroye et al. 1998 for `R = 1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// `alpha` is proved to be this one.
    Exactly(Integer),
    /// Certainly none.
    None,
    /// The enclosure contains an integer, but `alpha` is not proved to be that integer.
    Unknown,
}

impl Dimension {
    /// From the exponent and its error.
    ///
    /// ```
    /// use deeplimit::limit::{Dimension, Quantity};
    /// assert_eq!(Dimension::of(&Quantity::integer(4)), Dimension::Exactly(4.into()));
    /// assert_eq!(Dimension::of(&Quantity::infinite()), Dimension::None);
    /// ```
    pub fn of(alpha: &Quantity) -> Dimension {
        if let Some(d) = alpha.as_integer() {
            return match d > 0 {
                true => Dimension::Exactly(d),
                false => Dimension::None,
            };
        }
        match &alpha.value {
            Value::Infinite | Value::MinusInfinite => Dimension::None,
            Value::Finite { midpoint, radius } => {
                match (midpoint.to_rational(), radius.to_rational()) {
                    (Some(m), Some(r)) => {
                        let first = Rational::from(&m - &r).ceil();
                        match first <= m + r {
                            true => Dimension::Unknown,
                            false => Dimension::None,
                        }
                    }
                    _ => Dimension::Unknown,
                }
            }
        }
    }
}
