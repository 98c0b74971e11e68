//! What is proved of the shape of a function on the whole line: that it is monotone, between which values it stays, how steep it is.

use std::cmp::Ordering;

use rug::Float;

use super::expansion::KINKS_WITHIN;
use crate::activation::pieces::{End, pieces};
use crate::activation::{Expr, Function, Tape};
use crate::real::{Analytic, Ball, Bits, Interval, Real};

const BITS: Bits = 96;

/// `Greater` where a continuous function is proved not to fall anywhere on the line, `Less` where it does not rise; `None` proves
/// nothing.
///
/// The sign of its derivative is resolved into pieces that tile the line: all of one sign, or zero, is the proof.
pub(in crate::design) fn monotone(function: &Expr) -> Option<Ordering> {
    let slope = function.expand().simplify().derivative().simplify();
    if let Some(q) = slope.as_rational() {
        return Some(q.cmp0()).filter(|side| side.is_ne());
    }
    let pieces = pieces(&Expr::call(Function::Sign, slope).simplify(), KINKS_WITHIN).ok()?;
    let mut side = None;
    for piece in &pieces {
        let far = |end: &End| matches!(end, End::Reach(_));
        let sign = piece.formula.simplify().as_rational()?.cmp0();
        if far(&piece.from) || far(&piece.to) {
            return None;
        }
        match (side, sign) {
            (_, Ordering::Equal) => {}
            (None, sign) => side = Some(sign),
            (Some(before), sign) if before == sign => {}
            _ => return None,
        }
    }
    side
}

/// Two numbers between which a monotone function stays: ends of its range on the outermost parts of the line.
pub(in crate::design) fn range_of_monotone(function: &Expr) -> Option<Interval> {
    let function = function.expand().simplify();
    let pieces = pieces(&function, KINKS_WITHIN).ok()?;
    let far = Float::with_val(BITS, 4 * KINKS_WITHIN);
    let (first, last) = (pieces.first()?, pieces.last()?);
    if !matches!(
        (&first.from, &last.to),
        (End::MinusInfinity, End::PlusInfinity)
    ) {
        return None;
    }
    let inside = |end: &End, right: bool| match end.breakpoint() {
        Some(at) if right => at.position(BITS).upper() < far,
        Some(at) => at.position(BITS).lower() > -far.clone(),
        None => true,
    };
    if !inside(&last.from, true) || !inside(&first.to, false) {
        return None;
    }
    let at = |formula: &Expr, x: Interval| {
        let value = Tape::<Interval>::new(std::slice::from_ref(formula), BITS).at_one(&x);
        value.is_finite().then_some(value)
    };
    let left = at(&first.formula, Interval::new(infinity(false), -far.clone()))?;
    let right = at(&last.formula, Interval::new(far, infinity(true)))?;
    Some(left.hull(&right))
}

/// Derivatives are enclosed so far out piece by piece; what is beyond, at once.
const OUT: f64 = 64.0;
/// Relative to what was found.
const TOLERANCE: f64 = 1e-5;
/// Intervals that are looked at.
const MOST: usize = 20_000;

/// `sup |f'|` over the line, enclosed: exact for piecewise linear functions, else to about five digits. `None` where it is infinite or
/// nothing is proved.
pub(in crate::design) fn steepest(function: &Expr) -> Option<Ball> {
    let function = function.expand().simplify();
    let pieces = pieces(&function, KINKS_WITHIN).ok()?;
    let mut sup: Option<Ball> = None;
    for piece in &pieces {
        if matches!(piece.from, End::Reach(_)) || matches!(piece.to, End::Reach(_)) {
            return None;
        }
        let slope = piece.formula.derivative().simplify();
        let tape = Tape::<Interval>::new(std::slice::from_ref(&slope), BITS);
        let here = if slope.is_constant() {
            Real::abs(&Tape::<Ball>::new(&[slope], BITS).at_one(&Ball::int(0, BITS)))
        } else {
            let end = |end: &End, right: bool| match end.breakpoint() {
                Some(at) if right => at.position(BITS).upper(),
                Some(at) => at.position(BITS).lower(),
                None => infinity(right),
            };
            largest(&tape, end(&piece.from, false), end(&piece.to, true))?
        };
        sup = Some(match sup {
            None => here,
            Some(sup) => Real::max(&sup, &here),
        });
    }
    sup.filter(Analytic::is_finite)
}

/// The largest modulus between two points, by halving where it may be.
fn largest(tape: &Tape<Interval>, from: Float, to: Float) -> Option<Ball> {
    let size = |a: &Float, b: &Float| {
        let value = tape.at_one(&Interval::new(a.clone(), b.clone()));
        (!value.is_undefined() && value.mag().is_finite()).then(|| value.mag())
    };
    let out = [-OUT, OUT].map(|x| Float::with_val(BITS, x));
    let mut least = Float::new(BITS);
    let mut open = Vec::new();
    let mut most = Float::new(BITS);
    for (a, b) in [
        (from.clone(), to.clone().min(&out[0])),
        (from.clone().max(&out[1]), to.clone()),
    ] {
        if a < b {
            most.max_mut(&size(&a, &b)?);
        }
    }
    let (a, b) = (from.max(&out[0]), to.min(&out[1]));
    if a < b {
        open.push((size(&a, &b), a, b));
    }
    let mut looked = 0;
    while let Some((bound, a, b)) = open.pop() {
        let enough = Float::with_val(BITS, &least * (1.0 + TOLERANCE));
        if let Some(bound) = &bound
            && *bound <= enough
        {
            most.max_mut(bound);
            continue;
        }
        let middle = Float::with_val(BITS, &a + &b) / 2u32;
        looked += 1;
        if looked > MOST || !(a < middle && middle < b) {
            return None;
        }
        let there = tape.at_one(&Interval::point(middle.clone()));
        if !there.is_undefined() {
            least.max_mut(&there.mig());
        }
        open.push((size(&a, &middle), a, middle.clone()));
        open.push((size(&middle, &b), middle, b));
    }
    Some(Ball::from_interval(&least, &most.max(&least), BITS))
}

fn infinity(positive: bool) -> Float {
    let sign = if positive {
        rug::float::Special::Infinity
    } else {
        rug::float::Special::NegInfinity
    };
    Float::with_val(BITS, sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Expr {
        Expr::parse(text).unwrap()
    }

    #[test]
    fn what_rises_and_what_stays() {
        for (text, wanted) in [
            ("tanh", Some(Ordering::Greater)),
            ("1-3*sigmoid", Some(Ordering::Less)),
            ("erf(x/2)", Some(Ordering::Greater)),
            ("clip(x,-1,1)", Some(Ordering::Greater)),
            ("max(x-2,0)", Some(Ordering::Greater)),
            ("x^3+x", Some(Ordering::Greater)),
            ("exp(x)", Some(Ordering::Greater)),
            ("gelu", None),
            ("sin(x)", None),
            ("x^2", None),
        ] {
            assert_eq!(monotone(&of(text)), wanted, "{text}");
        }
        let range = range_of_monotone(&of("3*tanh(x)-1")).unwrap();
        assert!(*range.lo() <= -4 && *range.hi() >= 2 && range.width() < 6.01);
        assert!(range_of_monotone(&of("exp(x)")).is_none());
        assert!(range_of_monotone(&of("x")).is_none());
    }

    #[test]
    fn how_steep() {
        for (text, wanted) in [
            ("tanh(3*x)-1", 3.0),
            ("leaky_relu(x,0.25)-2*x", 1.75),
            ("sin(2*x)+x", 3.0),
            ("atan(2*x)", 2.0),
            ("softplus", 1.0),
        ] {
            let found = steepest(&of(text)).unwrap_or_else(|| panic!("{text}"));
            assert!(
                found.lower() <= wanted && found.upper() >= wanted,
                "{text} {found:?}"
            );
            assert!(found.radius() < 1e-3, "{text} {found:?}");
        }
        // beyond what is looked at in pieces
        let far = steepest(&of("x/2+tanh(3*(x-100))")).unwrap();
        assert!(far.upper() >= 3.5, "{far:?}");
        assert!(steepest(&of("x^2")).is_none() && steepest(&of("exp(x)")).is_none());
    }
}
