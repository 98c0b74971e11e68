//! How the slope of a dual leaves `b = dual'(1)` where the activation has kinks: like a root of the gap.

use super::Dual;
use crate::real::{Analytic, Ball, Real};

/// `b - dual'(1 - t) <= largest sqrt(t)` for `0 <= t <= 2/15`, and `(b - dual'(1 - t))/sqrt(t) -> limit` as `t -> 0`. Where that limit is
/// 0 (the activation's derivative is continuous), `(b - dual'(1 - t))/t -> second`.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub limit: Ball,
    pub largest: Ball,
    /// `E phi''^2/E phi^2`, without what kinks add to `phi''`.
    pub second: Ball,
}

impl Dual<Ball> {
    /// Of the arc-cosine kernel, `b - dual'(cos theta) = D (2/pi) theta` and `theta <= 1.12 sqrt(2 t)`, and of truncated moments. `None` for
    /// others, and where the activation jumps.
    pub(crate) fn turn(&self) -> Option<Turn> {
        match self {
            Dual::ArcCosine(d) => {
                let bits = d.bits();
                let root = Ball::int(8, bits).sqrt() / Ball::pi(bits);
                let limit = d * &root;
                let longer = Ball::rational(&(28, 25).into(), bits);
                Some(Turn {
                    largest: (&limit * &longer).upper_end(),
                    limit,
                    second: Ball::int(0, bits),
                })
            }
            Dual::Truncated(t) => t.turn(),
            Dual::Shifted { inner, scale, .. } => {
                let turn = inner.turn()?;
                Some(Turn {
                    limit: scale * &turn.limit,
                    largest: (scale * &turn.largest).upper_end(),
                    second: scale * &turn.second,
                })
            }
            _ => None,
        }
    }
}
