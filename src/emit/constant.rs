//! Constants as doubles, correctly rounded.

use rug::Float;

use crate::activation::{Expr, Tape};
use crate::error::{Error, Result};
use crate::exact::Closed;
use crate::real::{Analytic, Ball};

/// Bits at which a constant is looked at; more where it cannot be told from zero.
const BITS: [u32; 3] = [256, 2048, 16_384];

/// The nearest double.
///
/// # Errors
/// [`Error::Domain`] where it is undefined or beyond the doubles, [`Error::Unresolved`] where it cannot be told from zero.
pub(super) fn value(e: &Expr) -> Result<f64> {
    let beyond = || Error::Domain(format!("{e} is no number that a double could hold"));
    if let Some(q) = e.as_rational() {
        // `Rational::to_f64` rounds towards zero
        let x = Float::with_val(53, &q).to_f64();
        return if x.is_finite() { Ok(x) } else { Err(beyond()) };
    }
    if Closed::from_expr(e).is_some_and(|c| c.is_zero()) {
        return Ok(0.0);
    }
    for bits in BITS {
        let ball = Tape::<Ball>::new(std::slice::from_ref(e), bits).at_one(&Ball::int(0, bits));
        if !ball.is_finite() {
            return Err(beyond());
        }
        if ball.sign().is_some() && ball.relative_bits() > 100 {
            let x = ball.mid().to_f64();
            return if x.is_finite() { Ok(x) } else { Err(beyond()) };
        }
    }
    Err(Error::Unresolved(format!(
        "the constant {e} cannot be told from zero: write it without what cancels"
    )))
}
