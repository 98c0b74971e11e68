//! From an activation to a dual that can be iterated.

use super::{Dual, closed_form};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Activation, Closed};
use crate::hermite::{Series, hermite_series};
use crate::quadrature::{Envelope, Integrand, Plan, Samples, Unit};
use crate::real::{Analytic, Arithmetic, Ball, Bits};

/// The normalised dual, in closed form where there is one, else as a Hermite series of so many terms, everything with an
/// absolute error of about `2^-accuracy`. What the expression proves to be zero is exactly zero in it, so
/// [`Dual::leading`] can be trusted.
///
/// # Errors
/// See [`hermite_series`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, dual, exact::Activation};
/// let tanh = Activation::new(&Expr::parse("tanh(x)").unwrap()).unwrap();
/// let dual = dual::prepared(&tanh, 32, 64, Deadline::default()).unwrap();
/// let (order, lambda) = dual.leading().unwrap();
/// assert_eq!(order, 1);
/// assert!((lambda.mid().to_f64() - 0.964608689373724711f64.powi(2)).abs() < 1e-15);
/// ```
pub fn prepared(
    structure: &Activation,
    degree: u32,
    accuracy: Bits,
    deadline: Deadline,
) -> Result<Dual<Ball>> {
    if let Some(dual) = closed_form::<Ball>(&structure.expr, accuracy + GUARD) {
        return Ok(dual);
    }
    // the normalised dual does not change with a factor
    let structure = &Unit::of(structure)?.structure;
    let square = derivative_square(structure, accuracy, deadline)?;
    let series = hermite_series(
        structure,
        square.as_ref(),
        degree,
        accuracy,
        Arithmetic::Ball,
        deadline,
    )?;
    Ok(Dual::Series(cleared(series, structure, accuracy + GUARD)))
}

/// Bits beyond the accuracy that numbers are carried with.
const GUARD: Bits = 32;

/// `E phi'(Z)^2` where the activation is continuous; `None` where it is not, or where no bound was found.
///
/// # Errors
/// [`Error::Timeout`].
pub fn derivative_square(
    structure: &Activation,
    accuracy: Bits,
    deadline: Deadline,
) -> Result<Option<Ball>> {
    if structure.continuous != Some(true) {
        return Ok(None);
    }
    if let Some(d) = &structure.derivative_square {
        return Ok(Some(d.relative(accuracy + 64)));
    }
    let found = Plan::new(
        &Integrand::with_derivative(&structure.expr),
        Envelope::Moments { degree: 1 },
        accuracy,
    )
    .and_then(|plan| Samples::<Ball>::new(&plan, accuracy + 64, deadline))
    .map(|s| s.square(1));
    match found {
        Err(timeout @ Error::Timeout { .. }) => Err(timeout),
        other => Ok(other.ok()),
    }
}

/// The coefficients that are proved to be zero, and no more bits than mean something. (The coefficients come with the
/// guard bits of the three-term recurrence.)
fn cleared(series: Series<Ball>, structure: &Activation, bits: Bits) -> Series<Ball> {
    let mut open = true;
    let squares = series.squares.iter().enumerate().map(|(n, c)| {
        // only what precedes the leading term matters
        if open && c.contains_zero() {
            let zero = match n {
                0 => structure.mean.as_ref().is_some_and(Closed::is_zero),
                1 => structure.first.as_ref().is_some_and(Closed::is_zero),
                _ => false,
            };
            let zero = zero
                || c.is_exact()
                || structure.coefficient(n as u32).is_some_and(|a| a.is_zero());
            open &= zero;
            if zero {
                return Ball::int(0, bits);
            }
        } else {
            open = false;
        }
        c.with_bits(bits)
    });
    Series {
        squares: squares.collect(),
        tail: series.tail.with_bits(bits),
        slope_tail: series.slope_tail.map(|s| s.with_bits(bits)),
    }
}
