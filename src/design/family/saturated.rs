//! Where the scale of `F(a x + b)` grows beyond all bounds, for a monotone `F` with values in an interval of length `2 w`: the
//! members tend to a step, and `alpha` to zero.
//!
//! Turn `F` so that `F' >= 0`, and let `a > 0` (a sign turns the law of `x`, which is symmetric). With the density `p` of `Z`
//!
//! ```text
//! E f' = int F'(y) p((y-b)/a) dy,     E f'^2 = a int F'(y)^2 p((y-b)/a) dy,     Var f <= w^2
//! ```
//!
//! (Popoviciu for the last). Both integrals do not fall as `a` grows, since `p((y-b)/a)` does not; so for all scales from `a` on, with
//! `s = E f'` and `d = E f'^2` at `a` and `d > w^2`,
//!
//! ```text
//! alpha = 2 log(Var/(E f')^2) / log(E f'^2/Var) <= 2 log(w^2/s^2) / log(d/w^2),
//! ```
//!
//! because the left-hand side grows with the variance. At a larger scale `A` instead of `a`, `s` is no less and `d` at least `A/a` as
//! large: the bound tends to zero.

use rug::{Float, Rational};

use super::curve::Curve;
use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::design::shape::{monotone, range_of_monotone};
use crate::error::Result;
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Bits, Interval, Real};

const BITS: Bits = 96;
/// Of the integrals, which are bounds.
const ACCURACY: Bits = 48;
/// The letter is tried up to `2^POWERS`.
const POWERS: i32 = 10;

/// From this value of the letter on, `alpha` is less than what is wanted for all members; `None` where that is not proved for any.
pub(super) fn saturated(
    curve: &Curve,
    alpha: &Rational,
    from: &Rational,
    deadline: Deadline,
) -> Result<Option<Rational>> {
    let ([weight], [function]) = (curve.weights.as_slice(), curve.functions.as_slice()) else {
        return Ok(None);
    };
    if !weight.is_constant() || !curve.shift.is_constant() || monotone(function).is_none() {
        return Ok(None);
    }
    let Some(range) = range_of_monotone(function) else {
        return Ok(None);
    };
    let w2 = Ball::exact(range.width()).scale2(-1).square();
    let d = Ball::rational(alpha, BITS);
    let growth = curve.scale.derivative().simplify();
    for k in 0..=POWERS {
        let at = Rational::from(1 << k);
        if at <= *from {
            continue;
        }
        let Some(scale) = grows(&curve.scale, &growth, &at) else {
            continue;
        };
        let argument = Expr::rational(&scale) * Expr::X + curve.shift.clone();
        let moments = |e: &Expr| -> Option<Result<Samples<Ball>>> {
            let integrand = Integrand::of(&e.substitute(&argument));
            let plan = Plan::new(&integrand, Envelope::Moments { degree: 1 }, ACCURACY).ok()?;
            Some(Samples::new(&plan, BITS, deadline))
        };
        let slope = function.derivative().simplify();
        let (Some(values), Some(slopes)) = (moments(function), moments(&slope)) else {
            return Ok(None);
        };
        let s2 = values?.first_moment(0).square();
        let slope = slopes?.square(0) * Ball::rational(&scale, BITS).square();
        let steep = (slope / &w2).ln();
        if steep.lower() > 0 && ((&w2 / &s2).ln().scale2(1) - steep * &d).upper() < 0 {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// A lower bound of the scale's modulus for all values of the letter from `at` on, at `at`, if its modulus does not fall.
fn grows(scale: &Expr, growth: &Expr, at: &Rational) -> Option<Rational> {
    let beyond = Interval::new(
        Float::with_val(BITS, at),
        Float::with_val(BITS, rug::float::Special::Infinity),
    );
    let here =
        Tape::<Ball>::new(std::slice::from_ref(scale), BITS).at_one(&Ball::rational(at, BITS));
    let growth = Tape::<Interval>::new(std::slice::from_ref(growth), BITS).at_one(&beyond);
    let rises = *growth.lo() >= 0 && here.lower() > 0;
    let falls = *growth.hi() <= 0 && here.upper() < 0;
    let least = if rises { here.lower() } else { -here.upper() };
    (rises || falls)
        .then(|| Float::with_val_round(24, least, rug::float::Round::Down).0)
        .and_then(|least| least.to_rational())
}
