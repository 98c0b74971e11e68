//! Zeros of smooth functions by interval arithmetic: existence by a change of sign, uniqueness by a
//! derivative that is certainly not zero.

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::End;
use super::approach::infinity;
use super::breakpoint::Breakpoint;
use super::probe::Probe;
use super::signs::{Need, Search};
use super::span::{Division, Span};
use crate::activation::{Constant, Expr, Function, Tape};
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits, Interval};

/// Precision of the interval evaluations.
pub(super) const BITS: Bits = 160;
/// Operations on intervals before giving up, about a second of work.
const MOST_OPERATIONS: usize = 1_000_000;
/// Interval evaluations before giving up.
const MOST_BOXES: usize = 20_000;
/// A box this small that is still undecided, relative to max(1, |x|), hides a zero of higher order.
const SMALLEST: i32 = -64;
/// How closely a zero is enclosed before a simple number is tried for it.
const GUESS_BITS: Bits = 24;
/// Derivatives looked at.
pub(super) const HIGHEST_ORDER: usize = 6;
/// What is known of the function on an interval, or at a point between two.
enum Event {
    /// One sign; zeros inside only if they do not change it.
    Sign(Ordering, Float),
    /// A single zero in the interval, where the sign changes to this one.
    Zero(Float, Float, Ordering),
    /// A zero at this point, with the signs before and after.
    Point(Rational, Ordering, Ordering),
}

/// What is known at an end of a part.
#[derive(Clone, Copy)]
pub(super) enum Pin {
    /// The function is smooth there and beyond, and its sign at the end may be asked for.
    Free,
    /// Nothing: only an enclosure on a whole part counts.
    Blind,
    /// It vanishes at the end of the interval, which lies in the part, with all derivatives before this one.
    Zero(usize),
}

/// A part of the interval still to be decided.
struct Part {
    low: Float,
    high: Float,
    left: Pin,
    right: Pin,
    depth: u32,
}

/// See [`Search::signs`]; `g` has no structure that helps.
pub(super) fn isolated(
    g: &Expr,
    span: &Span,
    need: Need,
    search: &Search,
) -> Result<Division<Ordering>> {
    let tape = Tape::new(std::slice::from_ref(g), BITS);
    let most_boxes = MOST_BOXES.min(MOST_OPERATIONS / (tape.steps() + 1));
    let mut isolation = Isolation {
        derivatives: vec![(g.clone(), tape)],
        probe: Probe::new(g, 64),
        need,
        boxes_left: most_boxes,
        events: Vec::new(),
        search,
    };
    // Often one evaluation decides everything.
    let ends = (span.from.ball(BITS), span.to.ball(BITS));
    let hull = Interval::new(
        ends.0.map_or_else(|| infinity(false), |ball| ball.lower()),
        ends.1.map_or_else(|| infinity(true), |ball| ball.upper()),
    );
    if let Some(sign) = isolation.sign_on(&hull) {
        isolation.events.push(Event::Sign(sign, hull.lo().clone()));
        return isolation.division(span.clone());
    }
    let mut covered = span.clone();
    let (mut left, mut right) = (
        isolation.start(&span.from, false),
        isolation.start(&span.to, true),
    );
    if left.is_none() {
        let (start, reach) = isolation.tail(false, right.as_ref().map(|start| &start.at));
        covered.from = reach.map_or(End::MinusInfinity, End::Reach);
        left = Some(start);
    }
    if right.is_none() {
        let from = left
            .as_ref()
            .filter(|_| !matches!(span.from, End::MinusInfinity));
        let (start, reach) = isolation.tail(true, from.map(|start| &start.at));
        covered.to = reach.map_or(End::PlusInfinity, End::Reach);
        right = Some(start);
    }
    if let (Some(left), Some(right)) = (left, right) {
        if let Some(sign) = left.sign {
            isolation.events.push(Event::Sign(sign, left.at.clone()));
        }
        if left.at < right.at {
            isolation.decide(Part {
                low: left.at,
                high: right.at.clone(),
                left: left.pin,
                right: right.pin,
                depth: 0,
            })?;
        }
        if let Some(sign) = right.sign {
            isolation.events.push(Event::Sign(sign, right.at));
        }
    }
    isolation.division(covered)
}

pub(super) struct Isolation<'a> {
    /// `g, g', g'', ...`, as far as they were wanted.
    pub(super) derivatives: Vec<(Expr, Tape<Interval>)>,
    probe: Probe,
    need: Need,
    boxes_left: usize,
    events: Vec<Event>,
    pub(super) search: &'a Search<'a>,
}

impl Isolation<'_> {
    fn unresolved<T>(&self, near: &Float) -> Result<T> {
        Err(Error::Unresolved(format!(
            "{} has a switch whose position cannot be proved near x = {:.6}",
            self.search.activation,
            near.to_f64()
        )))
    }

    pub(super) fn derivative(&mut self, k: usize) -> &(Expr, Tape<Interval>) {
        while self.derivatives.len() <= k {
            let last = &self.derivatives[self.derivatives.len() - 1].0;
            let next = last.derivative();
            let tape = Tape::new(std::slice::from_ref(&next), BITS);
            self.derivatives.push((next, tape));
        }
        &self.derivatives[k]
    }

    /// The sign of the `k`-th derivative on all of `x`, if it is certain.
    fn derivative_sign(&mut self, k: usize, x: &Interval) -> Option<Ordering> {
        let sign = self.derivative(k).1.at_one(x).sign();
        sign.filter(|sign| sign.is_ne())
    }

    /// The sign on all of `x`, as far as it is needed.
    pub(super) fn sign_on(&mut self, x: &Interval) -> Option<Ordering> {
        self.boxes_left = self.boxes_left.saturating_sub(1);
        let value = self.derivative(0).1.at_one(x);
        match (value.sign(), self.need) {
            (Some(sign @ (Ordering::Less | Ordering::Greater)), _) => Some(sign),
            (_, Need::Zeros) => None,
            _ if *value.lo() >= 0 => Some(Ordering::Greater),
            _ if *value.hi() <= 0 => Some(Ordering::Less),
            _ => None,
        }
    }

    fn decide(&mut self, whole: Part) -> Result<()> {
        let mut open = vec![whole];
        while let Some(part) = open.pop() {
            let Part {
                low,
                high,
                left,
                right,
                depth,
            } = part;
            if self.decided(&low, &high, (left, right), depth) {
                continue;
            }
            let width = Float::with_val(BITS, &high - &low);
            // Not the middle: zeros like to be at round numbers, and there they are hard to see.
            let cut = Float::with_val(BITS, &width * 63u32) / 128u32 + &low;
            let size = Float::with_val(BITS, cut.abs_ref()).max(&Float::with_val(BITS, 1));
            if self.boxes_left == 0 || width < size << SMALLEST || !(low < cut && cut < high) {
                return self.unresolved(&cut);
            }
            let depth = depth + 1;
            open.push(Part {
                low: cut.clone(),
                high,
                left: Pin::Free,
                right,
                depth,
            });
            open.push(Part {
                low,
                high: cut,
                left,
                right: Pin::Free,
                depth,
            });
        }
        Ok(())
    }

    /// Decides a part, if that is possible, and records the events in it.
    fn decided(&mut self, low: &Float, high: &Float, pins: (Pin, Pin), depth: u32) -> bool {
        let part = Interval::new(low.clone(), high.clone());
        if let Some(sign) = self.sign_on(&part) {
            self.events.push(Event::Sign(sign, low.clone()));
            return true;
        }
        match pins {
            (Pin::Free, Pin::Free) => {
                self.decided_by_slope(low, high, &part)
                    || depth % 4 == 3 && self.decided_by_guess(&part)
            }
            // g(x) = g^(k)(xi)/k! (x-p)^k
            (Pin::Zero(k), Pin::Free) => {
                let sign = self.derivative_sign(k, &part);
                self.events
                    .extend(sign.map(|sign| Event::Sign(sign, low.clone())));
                sign.is_some()
            }
            (Pin::Free, Pin::Zero(k)) => {
                let sign = self
                    .derivative_sign(k, &part)
                    .map(|sign| alternated(sign, k));
                self.events
                    .extend(sign.map(|sign| Event::Sign(sign, low.clone())));
                sign.is_some()
            }
            _ => false,
        }
    }

    /// A monotone function: the signs at the ends tell.
    fn decided_by_slope(&mut self, low: &Float, high: &Float, part: &Interval) -> bool {
        let Some(slope) = self.derivative_sign(1, part) else {
            return false;
        };
        let (Some(a), Some(b)) = (low.to_rational(), high.to_rational()) else {
            return false;
        };
        let g = self.derivatives[0].0.clone();
        let sign_at = |x: &Rational| match self.probe.sign_at(x) {
            None if Breakpoint::rational(x.clone()).is_zero_of(&g) => Some(Ordering::Equal),
            sign => sign,
        };
        let sign = |s: Ordering| Event::Sign(s, low.clone());
        let events = match (sign_at(&a), sign_at(&b)) {
            (None, _) | (_, None) => return false,
            (Some(Ordering::Equal), _) => {
                vec![Event::Point(a, slope.reverse(), slope), sign(slope)]
            }
            (_, Some(Ordering::Equal)) => {
                vec![
                    sign(slope.reverse()),
                    Event::Point(b, slope.reverse(), slope),
                ]
            }
            (Some(s), Some(t)) if s == t => vec![sign(s)],
            (Some(_), Some(t)) => vec![Event::Zero(low.clone(), high.clone(), t)],
        };
        self.events.extend(events);
        true
    }

    /// A zero of higher order at a simple rational number.
    fn decided_by_guess(&mut self, part: &Interval) -> bool {
        let (Some(a), Some(b)) = (part.lo().to_rational(), part.hi().to_rational()) else {
            return false;
        };
        let guess = simplest_between(&a, &b);
        let p = Breakpoint::rational(guess.clone());
        let mut order = 0;
        while p.is_zero_of(&self.derivative(order).0.clone()) {
            order += 1;
            if order > HIGHEST_ORDER {
                return false;
            }
        }
        if order == 0 {
            return false;
        }
        let Some(after) = self.derivative_sign(order, part) else {
            return false;
        };
        let before = alternated(after, order);
        self.events.extend([
            Event::Sign(before, part.lo().clone()),
            Event::Point(guess, before, after),
            Event::Sign(after, part.hi().clone()),
        ]);
        true
    }

    /// The only zero in an interval: exact, if a simple multiple of 1 or pi is one.
    fn zero(&self, low: Rational, high: Rational, after: Ordering) -> Breakpoint {
        let g = &self.derivatives[0].0;
        let zero = Breakpoint::zero(g, low, high, after.is_gt());
        let Some((low, high)) = zero.enclosure(GUESS_BITS) else {
            return zero;
        };
        let guess = Breakpoint::rational(simplest_between(&low, &high));
        if guess.is_zero_of(g) {
            return guess;
        }
        let is_wave = |e: &Expr| matches!(e, Expr::Call(Function::Sin | Function::Cos, _));
        if g.any(&is_wave) {
            let pi = Ball::pi(64).mid().to_rational().unwrap_or_default();
            let turns = simplest_between(&Rational::from(&low / &pi), &Rational::from(&high / &pi));
            let exact = Expr::rational(&turns) * Expr::Constant(Constant::Pi);
            let guess = Breakpoint::exact_at(exact);
            if guess.is_zero_of(g) && zero.compare(&guess).is_ok_and(Ordering::is_eq) {
                return guess;
            }
        }
        zero
    }

    /// The events, from left to right, as a division.
    fn division(&self, covered: Span) -> Result<Division<Ordering>> {
        let mut division = Vec::new();
        let mut from = covered.from;
        let mut now: Option<Ordering> = None;
        let mut cut = |at: Breakpoint, before: Ordering| {
            // A zero just where the search begins is no breakpoint.
            if let (End::Reach(n), Some(q)) = (&from, at.as_rational())
                && q == n
            {
                return;
            }
            let to = End::At(at);
            let from = std::mem::replace(&mut from, to.clone());
            division.push((Span { from, to }, before));
        };
        for event in &self.events {
            match event {
                Event::Sign(sign, low) => {
                    // Both signs allow zero, and the function is continuous: it vanishes between.
                    if let Some(before) = now.filter(|before| before != sign) {
                        match low.to_rational() {
                            Some(q) => cut(Breakpoint::rational(q), before),
                            None => return self.unresolved(low),
                        }
                    }
                    now = Some(*sign);
                }
                Event::Zero(low, high, after) => {
                    let (Some(a), Some(b)) = (low.to_rational(), high.to_rational()) else {
                        return self.unresolved(low);
                    };
                    cut(self.zero(a, b, *after), after.reverse());
                    now = Some(*after);
                }
                Event::Point(at, before, after) => {
                    // The end of one part and the beginning of the next may be the same point.
                    let again = now == Some(*after) && before != after;
                    if !again && (before != after || self.need == Need::Zeros) {
                        cut(Breakpoint::rational(at.clone()), *before);
                    }
                    now = Some(*after);
                }
            }
        }
        let ends_there = match (&from, &covered.to) {
            (End::At(p), End::Reach(n)) => p.as_rational().is_some_and(|q| q == n),
            _ => false,
        };
        match (now, division.last_mut()) {
            (_, Some((last, _))) if ends_there => last.to = covered.to,
            (Some(sign), _) => {
                let to = covered.to;
                division.push((Span { from, to }, sign));
            }
            (None, _) => {}
        }
        Ok(division)
    }
}

fn alternated(sign: Ordering, k: usize) -> Ordering {
    if k.is_multiple_of(2) {
        sign
    } else {
        sign.reverse()
    }
}

/// The rational number with the smallest denominator in `[a, b]`.
fn simplest_between(a: &Rational, b: &Rational) -> Rational {
    if *a <= 0 && *b >= 0 {
        return Rational::new();
    }
    if *b < 0 {
        return -simplest_between(&Rational::from(-b), &Rational::from(-a));
    }
    // Continued fractions: the first whole number at or above a, or one step deeper.
    let (mut a, mut b) = (a.clone(), b.clone());
    let mut steps = Vec::new();
    let end = loop {
        let whole = a.clone().ceil();
        if whole <= b {
            break whole;
        }
        let floor = a.clone().floor();
        let next = (
            Rational::from(&b - &floor).recip(),
            Rational::from(&a - &floor).recip(),
        );
        steps.push(floor);
        (a, b) = next;
    };
    steps
        .into_iter()
        .rev()
        .fold(end, |x, floor| floor + x.recip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simplest_numbers() {
        let q = |a: i32, b: i32| Rational::from((a, b));
        assert_eq!(simplest_between(&q(3, 10), &q(4, 10)), q(1, 3));
        assert_eq!(simplest_between(&q(-9, 4), &q(-8, 5)), q(-2, 1));
        assert_eq!(simplest_between(&q(-1, 9), &q(1, 7)), q(0, 1));
        assert_eq!(simplest_between(&q(314, 100), &q(315, 100)), q(22, 7));
        assert_eq!(simplest_between(&q(1, 2), &q(1, 2)), q(1, 2));
    }
}
