//! Exact numbers: what a question is asked at.

use rug::Rational;

use super::Expr;
use crate::error::{Error, Result};

/// A number that is known exactly: a fraction, a text such as `"0.99"` or `"1/3"`, a double for what it is.
///
/// ```
/// use deeplimit::activation::Exact;
/// use rug::Rational;
/// assert_eq!("-0.1".exact(), Ok(Rational::from((-1, 10))));
/// assert_ne!(0.1.exact(), Ok(Rational::from((1, 10))));
/// assert!("sqrt(2)".exact().is_err() && f64::NAN.exact().is_err());
/// ```
pub trait Exact {
    /// The number as a fraction.
    ///
    /// # Errors
    /// [`Error::Parse`] and [`Error::Domain`] for what is no rational number.
    fn exact(&self) -> Result<Rational>;
}

impl Exact for Rational {
    fn exact(&self) -> Result<Rational> {
        Ok(self.clone())
    }
}

impl Exact for str {
    fn exact(&self) -> Result<Rational> {
        let value = Expr::parse(self)?.as_rational();
        value.ok_or_else(|| {
            Error::Domain(format!(
                "`{self}` is no rational number: a decimal or a fraction is wanted"
            ))
        })
    }
}

impl Exact for String {
    fn exact(&self) -> Result<Rational> {
        self.as_str().exact()
    }
}

impl Exact for f64 {
    fn exact(&self) -> Result<Rational> {
        Rational::from_f64(*self).ok_or_else(|| Error::Domain(format!("{self} is no number")))
    }
}

impl Exact for i32 {
    fn exact(&self) -> Result<Rational> {
        Ok(Rational::from(*self))
    }
}

impl<T: Exact + ?Sized> Exact for &T {
    fn exact(&self) -> Result<Rational> {
        (**self).exact()
    }
}

/// All of them.
///
/// # Errors
/// Of the first that is none.
pub(crate) fn all_exact(numbers: &[impl Exact]) -> Result<Vec<Rational>> {
    numbers.iter().map(Exact::exact).collect()
}
