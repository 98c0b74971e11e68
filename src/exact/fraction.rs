//! Constants as fractions: what a question is asked at, wherever a number is typed.

use rug::Rational;

use super::Closed;
use crate::activation::{Expr, Tape};
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball};

/// Bits of a constant that is no fraction: more than twice those of the most digits that can be asked for, so that what
/// rounding it does is far below every radius that is printed.
const BITS: u32 = 8192;

/// A number as somebody types it: a fraction or decimal exactly, any other constant to thousands of bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearFraction {
    /// The number, or one next to it.
    pub value: Rational,
    /// How far it is off at most; 0 for a fraction.
    pub error: Rational,
}

impl NearFraction {
    /// What a constant is, `1/3`, `0.1`, `pi/2` or `sqrt(2)`.
    ///
    /// ```
    /// use deeplimit::exact::NearFraction;
    /// let third = NearFraction::parse("sqrt(1/9)")?;
    /// assert_eq!((third.value, third.error), ((1, 3).into(), 0.into()));
    /// let root = NearFraction::parse("sqrt(2)")?;
    /// assert!((root.value.clone().square() - 2u32).abs() <= root.error.clone() * 4u32 && root.error > 0);
    /// assert!(NearFraction::parse("x").is_err() && NearFraction::parse("log(-1)").is_err());
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parse`]; [`Error::Domain`] for what contains `x`, for what is no real number, and for what cannot be told from 0.
    pub fn parse(text: &str) -> Result<Self> {
        let expr = Expr::parse(text.trim())?;
        if !expr.is_constant() {
            return Err(Error::Domain("it may not contain x".to_owned()));
        }
        let closed = Closed::from_expr(&expr);
        let fraction = expr.as_rational();
        if let Some(value) = fraction.or_else(|| closed.as_ref().and_then(Closed::as_rational)) {
            let error = Rational::new();
            return Ok(NearFraction { value, error });
        }
        let ball: Ball = match &closed {
            Some(closed) => closed.evaluate(BITS),
            None => Tape::<Ball>::new(&[expr], BITS).at_one(&Ball::int(0, BITS)),
        };
        let both = ball.mid().to_rational().zip(ball.rad().to_rational());
        let Some((value, error)) = both else {
            return Err(Error::Domain("it is no real number".to_owned()));
        };
        // A constant whose digits cancel has few of them left.
        let size = value.clone().abs();
        match error.clone() << 4000_u32 <= size {
            true => Ok(NearFraction { value, error }),
            false => Err(Error::Domain(
                "it cannot be told from 0: write it without what cancels".to_owned(),
            )),
        }
    }
}
