//! `E f(Z)` of any expression, to any number of digits.

use rug::Float;

use super::unit::{exponent, power_of_ten, scaled, sizes};
use super::{Envelope, Integrand, Plan, Samples, ln};
use crate::activation::pieces::integrable_pieces;
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::{Activation, Closed, closed_expectation, defined};
use crate::real::{Analytic, Ball, Bits, Quantity, bits_for};

/// `E f(Z)`, `Z ~ N(0,1)`, with `digits` certain significant digits, and in closed form where one is found. Where `E f` is so
/// small beside `E |f|` that its sign stays open at four times the digits, what is returned is 0 with its error.
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
    let (value, closed) = mean(expr, bits_for(digits), deadline)?;
    Ok(Quantity::new(&value, closed.map(|c| c.to_string())))
}

/// `E f(Z)` with `wanted` certain bits, and in closed form where one is found that is of use.
///
/// # Errors
/// As [`expect`].
pub(crate) fn mean(
    expr: &Expr,
    wanted: Bits,
    deadline: Deadline,
) -> Result<(Ball, Option<Closed>)> {
    let written = expr.expand();
    written.means_are_known(wanted, deadline)?;
    // E[f - mean(g)] = E[f - g]
    let expr = written.with_functions_for_means().simplify();
    defined(&written, &expr, &integrable_pieces)?;
    let pieces = integrable_pieces(&expr, 16)?;
    if expr.parity() == Some(Parity::Odd) {
        // the integral must exist all the same
        Plan::new(&Integrand::of(&expr).until(deadline), Envelope::Plain, 32)?;
        return Ok((Ball::int(0, 53), Some(Closed::zero())));
    }
    if let Some(closed) = closed_expectation(&pieces, &Expr::clone) {
        let value = closed.relative(wanted);
        if closed.is_zero() || value.relative_bits() >= wanted {
            return Ok((value, Some(closed)));
        }
    }
    // f = 10^exponent g with E |g| about 1, so that what is small is small by cancellation alone
    let positions: Vec<f64> = (pieces.iter())
        .filter_map(|p| p.from.breakpoint())
        .map(|b| b.position(64).to_f64())
        .collect();
    let exponent = sizes(&expr, &positions).map_or(0, |s| exponent(s.absolute));
    let integrand = match exponent {
        0 => Integrand::of(&expr),
        _ => Integrand::of(&scaled(&expr, -exponent)),
    }
    .until(deadline);
    let power = Ball::rational(&power_of_ten(exponent), wanted + 64);
    let least = 4 * wanted + 64;
    let small = Float::with_val(53, 1) >> least;
    let (mut accuracy, mut extra) = (wanted + 8, 48);
    for _ in 0..6 {
        let plan = Plan::new(&integrand, Envelope::Plain, accuracy).map_err(|e| {
            // what is wrong is said of the function as typed
            Plan::new(&Integrand::of(&expr), Envelope::Plain, accuracy)
                .err()
                .unwrap_or(e)
        })?;
        let value = Samples::<Ball>::new(&plan, accuracy + extra, deadline)?.mean(0);
        let have = value.relative_bits();
        if have >= wanted || value.magnitude() < small {
            return Ok((&value * &power, None));
        }
        // what cancels within the formula (`1 - erf(x+30)`) takes bits, not nodes
        let rounding = lost_bits(&value, &plan.error);
        if rounding > 2 {
            extra += rounding + 16;
        } else if value.contains_zero() {
            accuracy = (2 * accuracy).min(least + 16);
        } else {
            accuracy += (wanted - have) + 8;
        }
    }
    Err(Error::Unresolved(unreached(&expr, wanted)))
}

fn unreached(expr: &Expr, wanted: Bits) -> String {
    let digits = (f64::from(wanted) * std::f64::consts::LOG10_2) as u32;
    format!("{digits} digits of E f(Z) were not reached for f = {expr}")
}

/// How many bits wider an enclosure is by roundings than by the error of its rule; a good many where it is no number.
pub(crate) fn lost_bits(value: &Ball, error: &Float) -> Bits {
    if !value.is_finite() {
        return value.bits();
    }
    let rounding = ln(&value.rad()) - ln(error);
    (rounding / std::f64::consts::LN_2).clamp(0.0, 1e5) as Bits
}

impl Activation {
    /// `E phi(Z)`, `Z ~ N(0,1)`: [`expect`].
    ///
    /// # Errors
    /// As [`expect`].
    ///
    /// ```
    /// use deeplimit::{Activation, Effort};
    /// let relu: Activation = "relu".parse()?;
    /// let mean = relu.mean(&Effort::digits(20))?;
    /// assert_eq!((mean.to_string().as_str(), mean.exact.as_deref()), ("0.398942280401433", Some("1/sqrt(2*pi)")));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn mean(&self, effort: &Effort) -> Result<Quantity> {
        expect(&self.expr, effort.digits, effort.deadline)
    }
}
