//! Intervals between breakpoints, and how two divisions of one interval are joined.

use std::cmp::Ordering;
use std::fmt;

use rug::Rational;

use super::End;
use super::breakpoint::Breakpoint;
use crate::error::Result;
use crate::real::{Analytic, Ball, Bits};

/// An open interval.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) from: End,
    pub(super) to: End,
}

/// What holds on an interval: the parts of a division tile it in ascending order.
pub(super) type Division<T> = Vec<(Span, T)>;

impl Span {
    pub(super) fn line() -> Self {
        Self {
            from: End::MinusInfinity,
            to: End::PlusInfinity,
        }
    }

    /// `p` lies strictly inside.
    pub(super) fn contains(&self, p: &Breakpoint) -> Result<bool> {
        let p = End::At(p.clone());
        Ok(self.from.compare(&p)?.is_lt() && p.compare(&self.to)?.is_lt())
    }

    /// Rational points strictly inside, for samples: a few, well apart.
    pub(super) fn samples(&self) -> Vec<Rational> {
        let places = [(41, 97), (17, 97), (71, 97), (1, 97), (93, 97)].map(Rational::from);
        for bits in [64, 256, 1024] {
            let low = self.from.ball(bits).map(|ball| ball.upper().to_rational());
            let high = self.to.ball(bits).map(|ball| ball.lower().to_rational());
            let inside = |q: Rational| match (&low, &high) {
                (None, None) => Some(q * 5u32 - 2u32),
                (Some(Some(a)), None) => Some(q * 5u32 + a),
                (None, Some(Some(b))) => Some(b - q * 5u32),
                (Some(Some(a)), Some(Some(b))) if a < b => Some(q * Rational::from(b - a) + a),
                _ => None,
            };
            let samples: Vec<Rational> = places.iter().cloned().filter_map(inside).collect();
            if !samples.is_empty() {
                return samples;
            }
        }
        Vec::new()
    }
}

impl fmt::Display for Span {
    /// As a condition on x: `x < 0`, `-1 < x < 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |end: &End| match end {
            End::At(p) => Some(p.to_string()),
            End::Reach(n) => Some(n.to_string()),
            End::MinusInfinity | End::PlusInfinity => None,
        };
        match (text(&self.from), text(&self.to)) {
            (None, None) => f.write_str("every x"),
            (None, Some(b)) => write!(f, "x < {b}"),
            (Some(a), None) => write!(f, "x > {a}"),
            (Some(a), Some(b)) => write!(f, "{a} < x < {b}"),
        }
    }
}

impl End {
    /// The order of two ends, proved.
    pub(super) fn compare(&self, other: &Self) -> Result<Ordering> {
        use End::{At, MinusInfinity, PlusInfinity, Reach};
        Ok(match (self, other) {
            (MinusInfinity, MinusInfinity) | (PlusInfinity, PlusInfinity) => Ordering::Equal,
            (MinusInfinity, _) | (_, PlusInfinity) => Ordering::Less,
            (PlusInfinity, _) | (_, MinusInfinity) => Ordering::Greater,
            (Reach(m), Reach(n)) => m.cmp(n),
            (At(p), At(q)) => p.compare(q)?,
            (At(p), Reach(n)) => p.compare(&Breakpoint::rational((*n).into()))?,
            (Reach(n), At(q)) => Breakpoint::rational((*n).into()).compare(q)?,
        })
    }

    /// A ball around this end; `None` at infinity.
    pub(super) fn ball(&self, bits: Bits) -> Option<Ball> {
        match self {
            End::MinusInfinity | End::PlusInfinity => None,
            End::Reach(n) => Some(Ball::int(*n, bits)),
            End::At(p) => Some(p.position(bits)),
        }
    }
}

/// The common refinement of two divisions of one interval; where one of them ends early (a reach), so does
/// the result.
pub(super) fn refined<A: Clone, B: Clone>(
    a: &Division<A>,
    b: &Division<B>,
) -> Result<Division<(A, B)>> {
    let mut result = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some((s, x)), Some((t, y))) = (a.get(i), b.get(j)) {
        let from = if s.from.compare(&t.from)?.is_ge() {
            &s.from
        } else {
            &t.from
        };
        let ends = s.to.compare(&t.to)?;
        let to = if ends.is_le() { &s.to } else { &t.to };
        if from.compare(to)?.is_lt() {
            let span = Span {
                from: from.clone(),
                to: to.clone(),
            };
            result.push((span, (x.clone(), y.clone())));
        }
        i += usize::from(ends.is_le());
        j += usize::from(ends.is_ge());
    }
    Ok(result)
}
