//! Where the scale of `F(a x + b)` tends to zero: the members become constant, and `alpha` has a limit all the same.
//!
//! With `c_n = E F^(n)(a Z + b)` the Hermite coefficients are `a^n c_n / sqrt(n!)`. Let `u_n = a^(2(n-1)) c_n^2 / (n! c_1^2)`, `m` the
//! first `n >= 2` with `F^(n)(b) != 0`, `q = sum_{n>=m} u_n` and `T = sum_{n>m} (n - m) u_n`. Then
//!
//! ```text
//! A'^2 = 1/(1 + q),   B' = (1 + m q + T)/(1 + q),   alpha = 2 log(1+q) / (log(1 + m q + T) - log(1+q)) -> 2/(m - 1)
//! ```
//!
//! so `alpha < D` if and only if `(2 + D) log(1 + q) < D log(1 + m q + T)`, which a few bounds decide for all small `a` at once:
//!
//! * `|c_n(a) - F^(n)(b)| <= a^2/2 sup |c_(n+2)|` (the heat equation), `c_n^2 <= E F^(n)(a Z + b)^2`;
//! * `sum_{n>=K} (n-m) u_n <= (K-m)/K! a^(2(K-1)) E F^(K)(a Z + b)^2 / c_1^2` (Parseval for the `K`-th derivative);
//! * `E G(a Z + b) <= E G(e Z + b) + e^2 (E G''(e Z + b)^2)^(1/2)` for `0 <= a <= e` (Hermite series in `a/e`, Cauchy and Schwarz).

use std::cmp::Ordering;

use rug::{Float, Rational};

use crate::activation::{Expr, Parity, Tape};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Bits, Real};

const BITS: Bits = 96;
/// Of the integrals, which are bounds.
const ACCURACY: Bits = 64;

/// `alpha` compared with what is wanted, for all scales of modulus at most `scale` but zero; and its limit at zero.
pub(super) struct End {
    pub side: Ordering,
    pub limit: Rational,
}

/// Decides the members `F(a x + b)` for `0 < |a| <= scale`, if the bounds are sharp enough there.
pub(super) fn end(
    function: &Expr,
    shift: &Ball,
    scale: &Float,
    alpha: &Rational,
    deadline: Deadline,
) -> Result<Option<End>> {
    let function = function.expand().simplify();
    let odd = shift.is_exact() && shift.mid().is_zero() && function.parity() == Some(Parity::Odd);
    let (m, next, tail) = if odd { (3, 5, 7) } else { (2, 3, 4) };
    let mut derivatives = vec![function];
    for n in 0..=tail + 2 {
        derivatives.push(derivatives[n].derivative().simplify());
    }
    let small = Small {
        derivatives,
        shift,
        scale: Ball::exact(Float::with_val(BITS, scale)),
        deadline,
    };
    let Some(values) = small.values(&[1, m, next])? else {
        return Ok(None);
    };
    let [first, leading, second] = [0, 1, 2].map(|i| &values[i]);
    if first.contains_zero() || leading.contains_zero() {
        return Ok(None);
    }
    let Some(bound) = small.mean_square(tail)? else {
        return Ok(None);
    };
    let c1 = first.square();
    let factorial =
        |n: usize| (1..=n as i64).fold(Ball::int(1, BITS), |f, k| f * Ball::int(k, BITS));
    let a2 = small.scale.square();
    // in units of a^(2(m-1)), for all a at once: from zero to the largest
    let from_zero = |x: Ball| Ball::from_interval(&Float::new(BITS), &x.upper(), BITS);
    let power = |n: usize| from_zero(a2.powi((n - m) as i64));
    let u_m = leading.square() / (factorial(m) * &c1);
    let u_next = second.square() / (factorial(next) * &c1) * power(next);
    let weight = |n: usize| Ball::int((n - m) as i64, BITS);
    let rest = from_zero(&bound / &c1 / factorial(tail) * a2.powi((tail - m) as i64));
    let q = &u_m + &u_next + &rest;
    let t = &u_next * weight(next) + &rest * weight(tail);
    let unit = from_zero(a2.powi(m as i64 - 1));
    let d = Ball::rational(alpha, BITS);
    let limit = Rational::from((2, m as u32 - 1));
    let two = Ball::int(2, BITS);
    let difference = if *alpha == limit {
        // (1+q)^m - 1 - m q against T: both of the next order, a^(4(m-1)) or a^(2(next-1))
        let most = (m - 1) * 2;
        let lead = Ball::int((m * (m - 1) / 2) as i64, BITS) * q.square();
        let order = 2 * (next - m);
        if order != most {
            return Ok(None);
        }
        // divided by a^order
        let cubes = if m == 3 {
            q.powi(3) * &unit
        } else {
            Ball::int(0, BITS)
        };
        let t = second.square() / (factorial(next) * &c1) * weight(next)
            + from_zero(&bound / &c1 / factorial(tail) * a2.powi((tail - next) as i64))
                * weight(tail);
        lead + cubes - t
    } else {
        // log(1 + x) lies between x - x^2/2 and x; divided by a^(2(m-1))
        let log = |x: &Ball| x - &from_zero(x.square().scale2(-1) * &unit);
        let r = &q * Ball::int(m as i64, BITS) + &t;
        log(&q) * (&two + &d) - log(&r) * &d
    };
    // alpha < D where the difference is negative
    Ok(difference.sign().map(|side| End { side, limit }))
}

struct Small<'a> {
    derivatives: Vec<Expr>,
    shift: &'a Ball,
    scale: Ball,
    deadline: Deadline,
}

impl Small<'_> {
    /// `c_n(a)` for all `a` up to the scale.
    fn values(&self, orders: &[usize]) -> Result<Option<Vec<Ball>>> {
        let tape = Tape::<Ball>::new(&self.derivatives, BITS);
        let at = tape.at(self.shift);
        let mut out = Vec::new();
        for &n in orders {
            let Some(bound) = self.mean_square(n + 2)? else {
                return Ok(None);
            };
            let away = self.scale.square().scale2(-1) * bound.sqrt();
            if !at[n].is_finite() {
                return Ok(None);
            }
            out.push(at[n].widened(&away.upper()));
        }
        Ok(Some(out))
    }

    /// An upper bound of `E F^(n)(a Z + b)^2` for all `a` up to the scale.
    fn mean_square(&self, n: usize) -> Result<Option<Ball>> {
        let f = &self.derivatives[n];
        let square = f.clone() * f.clone();
        let second = square.derivative().derivative().simplify();
        let here = |e: &Expr| self.second_moment(e);
        let (Some(first), Some(curvature)) = (here(f)?, here(&second)?) else {
            return Ok(None);
        };
        let bound = first + self.scale.square() * curvature.sqrt();
        Ok(Some(Ball::exact(bound.upper())))
    }

    /// `E f(e Z + b)^2`, the shift a rational number.
    fn second_moment(&self, f: &Expr) -> Result<Option<Ball>> {
        if let Some(q) = f.as_rational() {
            return Ok(Some(Ball::rational(&q, BITS).square()));
        }
        if !self.shift.is_exact() {
            return Ok(None);
        }
        let [scale, shift] = [&self.scale, self.shift]
            .map(|b| Expr::rational(&b.mid().to_rational().unwrap_or_default()));
        let at = f.substitute(&(scale * Expr::X + shift));
        let Ok(plan) = Plan::new(
            &Integrand::of(&at),
            Envelope::Moments { degree: 0 },
            ACCURACY,
        ) else {
            return Ok(None);
        };
        Ok(Some(
            Samples::<Ball>::new(&plan, BITS, self.deadline)?.square(0),
        ))
    }
}
