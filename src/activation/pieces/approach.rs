//! How the search for zeros begins at the ends of its interval: next to a breakpoint, or far out.

use std::cmp::Ordering;

use rug::Float;

use super::End;
use super::isolation::{BITS, HIGHEST_ORDER, Isolation, Pin};
use super::probe::Probe;
use crate::activation::growth::values_beyond;
use crate::activation::{Expr, Tape};
use crate::real::{Analytic, Interval};

/// The tail is decided beyond `reach * 2^k` for some `k` up to this, or the search ends at `reach`.
const DOUBLINGS: u32 = 10;

/// How the search starts at one end of the interval.
pub(super) struct Start {
    pub(super) at: Float,
    pub(super) pin: Pin,
    /// The sign from the end up to `at`.
    pub(super) sign: Option<Ordering>,
}

pub(super) fn infinity(positive: bool) -> Float {
    Float::with_val(
        BITS,
        if positive {
            f64::INFINITY
        } else {
            f64::NEG_INFINITY
        },
    )
}

impl Isolation<'_> {
    /// How to start at a finite end of the interval.
    pub(super) fn start(&mut self, end: &End, right: bool) -> Option<Start> {
        let p = match end {
            End::MinusInfinity | End::PlusInfinity => return None,
            End::Reach(n) => {
                return Some(Start {
                    at: Float::with_val(BITS, *n),
                    pin: Pin::Free,
                    sign: None,
                });
            }
            End::At(p) => p,
        };
        let g = self.derivatives[0].0.clone();
        // Just outside, so that the end itself is in the part.
        let ball = p.position(BITS);
        let outside = if right { ball.upper() } else { ball.lower() };
        if p.is_zero_of(&g) {
            let mut order = 1;
            while order < HIGHEST_ORDER && p.is_zero_of(&self.derivative(order).0.clone()) {
                order += 1;
            }
            return Some(Start {
                at: outside,
                pin: Pin::Zero(order),
                sign: None,
            });
        }
        // Not zero there: the sign around the end, and a start inside.
        for bits in [BITS, 4 * BITS, 16 * BITS] {
            let ball = p.position(bits);
            let tape = Tape::<Interval>::new(std::slice::from_ref(&g), bits);
            if let Some(sign) = tape.at_one(&ball.to_interval()).sign() {
                return Some(Start {
                    at: if right { ball.lower() } else { ball.upper() },
                    pin: Pin::Free,
                    sign: Some(sign),
                });
            }
        }
        Some(Start {
            at: outside,
            pin: Pin::Blind,
            sign: None,
        })
    }

    /// By the growth of the parts: `x exp(-x) - 1`.
    fn sign_beyond(&self, at: &Float, right: bool) -> Option<Ordering> {
        let start = at
            .clone()
            .abs()
            .to_integer()
            .and_then(|n| n.to_u32())
            .filter(|n| (1..=1024).contains(n))?;
        let g = &self.derivatives[0].0;
        let values = match right {
            true => values_beyond(g, start),
            false => values_beyond(&g.substitute(&-Expr::X).simplify(), start),
        };
        values.sign().filter(|sign| sign.is_ne())
    }

    /// The first point from which the function has one sign to the right (left) for ever; otherwise how far
    /// the search goes. `beyond` is the other end of the interval, if it is finite.
    ///
    /// One sign on a tail: by its enclosure there, or because some derivative has one sign `s` there
    /// and, where the tail starts, the function and the derivatives before have it too (to the left:
    /// alternating signs).
    pub(super) fn tail(&mut self, right: bool, beyond: Option<&Float>) -> (Start, Option<i64>) {
        let outward = |x: &Float| if right { x.to_f64() } else { -x.to_f64() };
        // An interval that starts beyond the reach is searched for as long again.
        let past = beyond.map_or(0.0, |x| outward(x).ceil().clamp(0.0, 1e9)) as i64;
        let mut reach = i64::from(self.search.reach.max(1));
        if past >= reach {
            reach += past;
        }
        let signed = |n: i64| if right { n } else { -n };
        for doubling in 0..=DOUBLINGS {
            let at = Float::with_val(BITS, signed(reach << doubling));
            let tail = match right {
                true => Interval::new(at.clone(), infinity(true)),
                false => Interval::new(infinity(false), at.clone()),
            };
            let by_derivative = |isolation: &mut Self, k: usize| {
                let slope = isolation.derivative(k).1.at_one(&tail);
                // A derivative that is never positive will do, where the ones before are negative.
                let sign = match slope.sign().filter(|sign| sign.is_ne()) {
                    Some(sign) => sign,
                    None if *slope.lo() >= 0 => Ordering::Greater,
                    None if *slope.hi() <= 0 => Ordering::Less,
                    None => return None,
                };
                let here = at.to_rational()?;
                let expected = |j: usize| match right || (k - j).is_multiple_of(2) {
                    true => sign,
                    false => sign.reverse(),
                };
                let agree = (0..k).all(|j| {
                    let probe = Probe::new(&isolation.derivatives[j].0, 64);
                    probe.sign_at(&here) == Some(expected(j))
                });
                agree.then(|| expected(0))
            };
            let sign = match self.sign_on(&tail) {
                Some(sign) => Some(sign),
                None => (1..=3)
                    .find_map(|k| by_derivative(self, k))
                    .or_else(|| self.sign_beyond(&at, right)),
            };
            if sign.is_some() {
                let pin = Pin::Free;
                return (Start { at, pin, sign }, None);
            }
        }
        let start = Start {
            at: Float::with_val(BITS, signed(reach)),
            pin: Pin::Free,
            sign: None,
        };
        (start, Some(signed(reach)))
    }
}
