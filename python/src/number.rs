//! Certain numbers.

use deeplimit::{Ball, Quantity};
use deeplimit::real::Value;
use pyo3::prelude::*;
use rug::{Float, Rational};

/// A number with its error: the true value is within `radius` of `midpoint`.
///
/// `str(number)` has its certain digits; `float(number)` is the nearest double of the midpoint.
#[pyclass(frozen, module = "deeplimit")]
pub struct Number {
    quantity: Quantity,
    digits: usize,
}

impl Number {
    /// With at most so many digits.
    pub fn new(quantity: Quantity, digits: usize) -> Self {
        Number { quantity, digits }
    }

    /// The number that a ball encloses.
    pub fn of(ball: &Ball, digits: usize) -> Self {
        Number::new(Quantity::new(ball, None), digits)
    }
}

/// Exactly, as a fraction.
fn rational(x: &Float) -> Option<Rational> {
    x.to_rational()
}

#[pymethods]
impl Number {
    /// The certain digits as text, "inf" or "-inf" for infinity.
    #[getter]
    fn value(&self) -> String {
        self.quantity.digits(self.digits)
    }

    /// Bound of the error as text; "0" for what is exact or infinite.
    #[getter]
    fn radius(&self) -> String {
        match &self.quantity.value {
            Value::Finite { radius, .. } if !radius.is_zero() => {
                let mut up = Float::new(20);
                rug::ops::AssignRound::assign_round(&mut up, radius, rug::float::Round::Up);
                up.to_string_radix_round(10, Some(3), rug::float::Round::Up)
            }
            _ => "0".to_owned(),
        }
    }

    /// The closed form, where one is proved: "1/sqrt(pi)".
    #[getter]
    fn exact(&self) -> Option<String> {
        self.quantity.exact.clone()
    }

    /// The midpoint as a fraction (numerator, denominator) of integers in decimal; None for infinity.
    fn _ratio(&self) -> Option<(String, String)> {
        match &self.quantity.value {
            Value::Finite { midpoint, .. } => {
                let r = rational(midpoint)?;
                Some((r.numer().to_string(), r.denom().to_string()))
            }
            _ => None,
        }
    }

    /// The radius as a fraction, likewise.
    fn _radius_ratio(&self) -> Option<(String, String)> {
        match &self.quantity.value {
            Value::Finite { radius, .. } => {
                let r = rational(radius)?;
                Some((r.numer().to_string(), r.denom().to_string()))
            }
            _ => None,
        }
    }

    fn __float__(&self) -> f64 {
        self.quantity.to_f64()
    }

    fn __str__(&self) -> String {
        self.value()
    }

    fn __repr__(&self) -> String {
        match &self.quantity.exact {
            Some(exact) if *exact != self.value() => {
                format!("Number({} = {exact})", self.value())
            }
            _ => format!("Number({})", self.value()),
        }
    }
}
