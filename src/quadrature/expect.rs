//! `E f(Z)` of any expression, to any number of digits.

use rug::Float;

use super::{Envelope, Integrand, Plan, Samples, ln};
use crate::activation::pieces::pieces;
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::closed_expectation;
use crate::real::{Ball, Quantity, bits_for};

/// `E f(Z)`, `Z ~ N(0,1)`, with `digits` certain significant digits (after the point, where the value is so small that
/// its sign stays open), and in closed form where one is found.
///
/// # Errors
/// [`Error::Domain`] where `f` is undefined or not integrable, [`Error::Unresolved`] where no bound could be proved,
/// [`Error::Timeout`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, quadrature::expect};
/// let e = expect(&Expr::parse("max(x, 0)").unwrap(), 15, Deadline::default()).unwrap();
/// assert_eq!(e.exact.as_deref(), Some("1/sqrt(2*pi)"));
/// ```
pub fn expect(expr: &Expr, digits: usize, deadline: Deadline) -> Result<Quantity> {
    let expr = expr.expand().simplify();
    let wanted = bits_for(digits);
    let pieces = pieces(&expr, 16)?;
    if expr.parity() == Some(Parity::Odd) {
        // the integral must exist all the same
        Plan::new(&Integrand::of(&expr), Envelope::Plain, 32)?;
        return Ok(Quantity::integer(0));
    }
    if let Some(closed) = closed_expectation(&pieces, &Expr::clone) {
        let value: Ball = closed.evaluate(wanted + 32);
        if closed.is_zero() || value.relative_bits() >= wanted {
            return Ok(Quantity::new(&value, Some(closed.to_string())));
        }
    }
    let mut accuracy = wanted + 8;
    for _ in 0..3 {
        let plan = Plan::new(&Integrand::of(&expr), Envelope::Plain, accuracy)?;
        let value = Samples::<Ball>::new(&plan, accuracy + 48, deadline)?.mean(0);
        let have = value.relative_bits();
        let small = Float::with_val(53, 1) >> (4 * wanted + 64);
        if have >= wanted || value.magnitude() < small {
            return Ok(Quantity::new(&value, None));
        }
        let size = if value.contains_zero() {
            3.0 * f64::from(wanted)
        } else {
            -ln(&value.magnitude()) / std::f64::consts::LN_2
        };
        accuracy += size.max(0.0) as u32 + wanted.saturating_sub(have) + 8;
    }
    Err(Error::Unresolved(format!(
        "{digits} digits of E f(Z) were not reached for f = {expr}"
    )))
}
