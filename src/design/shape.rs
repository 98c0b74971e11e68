//! What is proved of the shape of a function on the whole line: that it is monotone, and between which values it stays.

use std::cmp::Ordering;

use rug::Float;

use crate::activation::pieces::{End, pieces};
use crate::activation::{Expr, Function, Tape};
use crate::real::{Analytic, Bits, Interval};

const BITS: Bits = 96;
/// Breakpoints are looked for as far as this.
const REACH: u32 = 16;

/// `Greater` where a continuous function is proved not to fall anywhere on the line, `Less` where it does not rise; `None` proves
/// nothing.
///
/// The sign of its derivative is resolved into pieces that tile the line: all of one sign, or zero, is the proof.
pub(in crate::design) fn monotone(function: &Expr) -> Option<Ordering> {
    let slope = function.expand().simplify().derivative().simplify();
    if let Some(q) = slope.as_rational() {
        return Some(q.cmp0()).filter(|side| side.is_ne());
    }
    let pieces = pieces(&Expr::call(Function::Sign, slope).simplify(), REACH).ok()?;
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
    let pieces = pieces(&function, REACH).ok()?;
    let infinity = |positive: bool| {
        let sign = if positive {
            rug::float::Special::Infinity
        } else {
            rug::float::Special::NegInfinity
        };
        Float::with_val(BITS, sign)
    };
    let far = Float::with_val(BITS, 4 * REACH);
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
}
