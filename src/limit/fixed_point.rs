//! The numbers that need the dual itself: the fixed point `c*` and the order of a superattracting one.

use std::cmp::Ordering;

use super::classify::Inquiry;
use crate::dual::{Dual, attracting_fixed_point, closed_form, fixed_point_gap};
use crate::error::{Error, Result};
use crate::exact::Closed;
use crate::hermite::{hermite_coefficients, hermite_series};
use crate::real::{Analytic, Arithmetic, Ball, Bits, Certain, Quantity, Real, certain_digits};

/// `log2 1/|A|` beyond which kinks are far out.
const FAR: Bits = 200;
/// More Hermite coefficients than this are not computed for a fixed point.
const LAST_DEGREE: u32 = 3000;

/// Fills in `c*` and its multiplier, with the digits asked for where they can be had.
pub(super) fn chaotic_fixed_point(q: &mut Inquiry) -> Result<()> {
    let wanted = q.wanted_bits();
    let exact = q.report.proved && q.options.arithmetic == Arithmetic::Ball;
    let small = smallness(q);
    let bits = 2 * wanted + 64 + 2 * small;
    // far out the truncated moments take as many bits as everything there is small by: the series is quicker
    let quick = |dual: &Dual<Ball>| small < FAR || !matches!(dual, Dual::Truncated(_));
    if let Some(dual) = closed_form::<Ball>(&q.structure.expr, bits).filter(quick) {
        // near 1 it is the gap that has digits
        if let Dual::Truncated(_) = dual
            && dual.slope_at(&near_one(bits)).compare(&Ball::int(1, bits)) == Some(Ordering::Less)
            && let Some((gap, m)) = fixed_point_gap(&dual, wanted)
        {
            let c = &Ball::int(1, gap.bits() + wanted) - &gap;
            let t = match certain_digits(gap.mid(), &gap.rad(), 15) {
                Certain::Digits(s) | Certain::Bound(s) => s,
            };
            q.say(&format!("1 - c* = {t}, by the dual in closed form"));
            record(q, &c, &m, "a change of sign");
            return Ok(());
        }
        if let Some((c, m)) = attracting_fixed_point(&dual, bits) {
            record(
                q,
                &c,
                &m,
                "the interval Newton operator on the dual in closed form",
            );
            return Ok(());
        }
    }
    // a jump makes sum n a_n^2 infinite, whatever the pieces' derivatives do
    let continuous = q.structure.continuous == Some(true);
    let derivative_square = q.moments.derivative_square.clone().filter(|_| continuous);
    let mut accuracy = wanted + 24;
    let mut degree = 48.min(LAST_DEGREE);
    let mut best: Option<(Ball, Ball)> = None;
    let mut above_half = false;
    loop {
        let mut series = match hermite_series(
            &q.structure,
            derivative_square.as_ref(),
            degree,
            accuracy,
            q.options.arithmetic,
            q.options.deadline,
        ) {
            Ok(s) => s,
            // The verdict stands without the number.
            Err(missed @ (Error::Timeout { .. } | Error::Unresolved(_))) => {
                q.report.missing.push(format!("digits of c*: {missed}"));
                break;
            }
            Err(e) => return Err(e),
        };
        // where c* is near A^2 these two are what matters, and they are known to a relative accuracy
        if q.options.arithmetic == Arithmetic::Ball {
            series.squares[0] = q.constants.a.powi(2);
            series.squares[1] = q.constants.a_prime.powi(2);
        }
        let tail = series.tail.magnitude();
        let dual = Dual::Series(series);
        let half = Ball::int(1, accuracy).scale2(-1);
        above_half = (&dual.at(&half) - &half).sign() == Some(Ordering::Greater);
        let found = attracting_fixed_point(&dual, accuracy + 64);
        let next = match &found {
            Some((c, m)) => {
                let have = c.relative_bits().min(m.relative_bits());
                if have >= wanted || q.options.arithmetic == Arithmetic::F64 {
                    best = found;
                    break;
                }
                let ln_c = c.to_f64().ln();
                let rest = crate::quadrature::ln(&tail) + f64::from(degree + 1) * ln_c;
                if rest < -0.7 * f64::from(accuracy) {
                    // the series is long enough: what is missing is accuracy
                    accuracy += wanted - have + 16;
                    degree
                } else {
                    let needed = (f64::from(accuracy) * std::f64::consts::LN_2 / -ln_c) as u32 + 8;
                    needed.min(degree * 2)
                }
            }
            None => degree * 2,
        };
        best = found.or(best);
        if next > LAST_DEGREE
            || (best.is_none() && next > 800)
            || accuracy > 4 * wanted + 400 + 4 * small
        {
            break;
        }
        degree = next;
    }
    match best {
        Some((c, m)) => record(q, &c, &m, "the interval Newton operator on the Hermite series with its rest bounded by Parseval's identity"),
        None => q.report.missing.push(format!(
            "digits of c*: it exists and is unique by convexity, but {} than {degree} terms of the Hermite series resolve",
            if above_half {
                "it is closer to 1"
            } else {
                "it takes more digits"
            }
        )),
    }
    debug_assert_eq!(
        exact,
        q.report.proved && q.options.arithmetic == Arithmetic::Ball
    );
    Ok(())
}

/// `log2 1/|A|`: `c*` is at least `A^2`, and near it where that is small.
fn smallness(q: &Inquiry) -> Bits {
    let size = crate::quadrature::ln(&q.constants.a.mignitude()) / std::f64::consts::LN_2;
    (-size).clamp(0.0, 1e5) as Bits
}

/// A correlation beyond which the gap is what has digits.
fn near_one(bits: Bits) -> Ball {
    Ball::int(1, bits) - &Ball::int(1, bits).scale2(-8)
}

fn record(q: &mut Inquiry, c: &Ball, m: &Ball, how: &str) {
    q.report.fixed_point = Some(Quantity::new(c, None));
    q.report.multiplier = Some(Quantity::new(m, None));
    let shown = |x: &Ball| certain_digits(x.mid(), &x.rad(), 15);
    q.say(&format!(
        "c* = {} with multiplier {}, enclosed by {how}",
        shown(c),
        shown(m)
    ));
}

/// The first `n >= 2` with `a_n != 0`, the ones before it proved to be zero (or else `proved` is withdrawn).
/// The coefficients up to there come with it, those that are proved to be zero as enclosed.
pub(super) fn order(q: &mut Inquiry) -> Result<(Option<u32>, Vec<Ball>)> {
    const LAST: u32 = 64;
    let coefficients = |q: &Inquiry, accuracy| {
        let (road, deadline) = (q.options.arithmetic, q.options.deadline);
        hermite_coefficients(&q.structure, LAST, accuracy, road, deadline).map(|(a, _)| a)
    };
    let mut a = coefficients(q, 80)?;
    let mut accuracy = 80;
    for n in 2..=LAST {
        let by_parity = |a: &Ball| a.is_exact() && a.contains_zero();
        if by_parity(&a[n as usize]) {
            continue;
        }
        let closed = q.structure.coefficient(n);
        if closed.as_ref().is_some_and(Closed::is_zero) {
            continue;
        }
        // small is not zero: `hermite(3) + 1e-40*hermite(2)`
        if let Some(value) = closed.map(|c| c.relative(80))
            && !value.contains_zero()
        {
            a.truncate(n as usize);
            a.push(value);
            return Ok((Some(n), a));
        }
        if a[n as usize].contains_zero() && accuracy < q.zero_bits {
            accuracy = q.zero_bits;
            a = coefficients(q, accuracy)?;
        }
        let value = &a[n as usize];
        if !value.is_finite() {
            return Ok((None, a));
        }
        if !value.contains_zero() {
            a.truncate(n as usize + 1);
            return Ok((Some(n), a));
        }
        q.report.proved = false;
        q.report.missing.push(format!(
            "a proof that a_{n} = 0: it is 0 to within {:.1e}",
            value.magnitude().to_f64()
        ));
    }
    Ok((None, a))
}
