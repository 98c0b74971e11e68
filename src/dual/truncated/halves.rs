//! An activation as a sum of `P(x) e^(a x)` on half lines, in numbers; its derivative with the jumps as deltas.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use super::owen::upper_tail;
use crate::real::{Analytic, Ball, Bits, Real};

/// Where a term is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Support {
    Line,
    /// `x < kink`
    Below(usize),
    /// `x > kink`
    Above(usize),
}

impl Support {
    /// `+1` above a kink, `-1` below one.
    pub fn side(self) -> Option<(i64, usize)> {
        match self {
            Support::Line => None,
            Support::Above(k) => Some((1, k)),
            Support::Below(k) => Some((-1, k)),
        }
    }
}

/// `P(x) e^(a x)` on its support.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub support: Support,
    /// `a`, and the place of its closed form: equal places are equal numbers.
    pub rate: (usize, Ball),
    /// `P`, by powers.
    pub powers: Vec<Ball>,
}

/// A sum of such, and of multiples of deltas at kinks.
#[derive(Clone, Debug)]
pub(super) struct Halves {
    pub kinks: Vec<Ball>,
    pub groups: Vec<Group>,
    pub deltas: Vec<(usize, Ball)>,
    /// The scales that kinks were divided by: functions with the same number have the same kinks.
    pub scale: u64,
    /// `P(Z > kink)`, once it has been asked for.
    pub tails: Arc<Vec<OnceLock<Ball>>>,
}

/// Nothing has been asked for yet.
pub(super) fn unknown(kinks: &[Ball]) -> Arc<Vec<OnceLock<Ball>>> {
    Arc::new(kinks.iter().map(|_| OnceLock::new()).collect())
}

impl Halves {
    pub fn bits(&self) -> Bits {
        self.kinks
            .iter()
            .map(Real::to_float)
            .map(|x| x.prec())
            .chain(self.groups.iter().map(|g| g.rate.1.bits()))
            .max()
            .unwrap_or(53)
    }

    /// `P(Z > kink)`
    pub fn tail(&self, kink: usize) -> &Ball {
        self.tails[kink].get_or_init(|| upper_tail(&self.kinks[kink]))
    }

    /// `f(c x)`, `c > 0`; `scale` is its number.
    pub fn scaled(&self, c: &Ball, scale: u64) -> Halves {
        let group = |g: &Group| {
            let mut factor = Ball::int(1, c.bits());
            let powers = g.powers.iter().map(|p| {
                let out = p * &factor;
                factor = &factor * c;
                out
            });
            Group {
                support: g.support,
                powers: powers.collect(),
                rate: (g.rate.0, &g.rate.1 * c),
            }
        };
        let kinks: Vec<Ball> = self.kinks.iter().map(|k| k / c).collect();
        Halves {
            tails: unknown(&kinks),
            kinks,
            groups: self.groups.iter().map(group).collect(),
            // a delta of c x
            deltas: self.deltas.iter().map(|(k, j)| (*k, j / c)).collect(),
            scale,
        }
    }

    /// The derivative; with `jumps` where the function itself may jump: those are deltas then. (Deltas are not differentiated.)
    pub fn derivative(&self, jumps: bool) -> Halves {
        let group = |g: &Group| {
            let a = &g.rate.1;
            let powers = (0..g.powers.len()).map(|n| {
                let same = a * &g.powers[n];
                match g.powers.get(n + 1) {
                    Some(next) => same + &(&Ball::int(n as i64 + 1, a.bits()) * next),
                    None => same,
                }
            });
            let mut powers: Vec<Ball> = powers.collect();
            while powers
                .last()
                .is_some_and(|p| p.sign() == Some(Ordering::Equal))
            {
                powers.pop();
            }
            let group = Group {
                powers,
                ..g.clone()
            };
            (!group.powers.is_empty()).then_some(group)
        };
        let mut deltas = Vec::new();
        if jumps {
            for (i, kink) in self.kinks.iter().enumerate() {
                let mut jump = Ball::int(0, kink.bits());
                for g in &self.groups {
                    match g.support.side() {
                        Some((side, k)) if k == i => {
                            let value = &polynomial(&g.powers, kink) * &(&g.rate.1 * kink).exp();
                            jump = if side > 0 {
                                jump + &value
                            } else {
                                jump - &value
                            };
                        }
                        _ => {}
                    }
                }
                deltas.push((i, jump));
            }
        }
        Halves {
            kinks: self.kinks.clone(),
            groups: self.groups.iter().filter_map(group).collect(),
            deltas,
            scale: self.scale,
            tails: Arc::clone(&self.tails),
        }
    }

    /// `x f(x)`
    pub fn times_x(&self) -> Halves {
        let group = |g: &Group| {
            let zero = Ball::int(0, g.rate.1.bits());
            Group {
                powers: std::iter::once(zero)
                    .chain(g.powers.iter().cloned())
                    .collect(),
                ..g.clone()
            }
        };
        Halves {
            groups: self.groups.iter().map(group).collect(),
            deltas: self
                .deltas
                .iter()
                .map(|(k, j)| (*k, j * &self.kinks[*k]))
                .collect(),
            ..self.clone()
        }
    }

    /// `c f(x)`
    pub fn times(mut self, c: &Ball) -> Halves {
        for g in &mut self.groups {
            for p in &mut g.powers {
                *p = &*p * c;
            }
        }
        for (_, jump) in &mut self.deltas {
            *jump = &*jump * c;
        }
        self
    }

    /// The sum of two with the same kinks.
    pub fn plus(mut self, other: &Halves) -> Halves {
        self.groups.extend(other.groups.iter().cloned());
        self.deltas.extend(other.deltas.iter().cloned());
        self
    }
}

fn polynomial(powers: &[Ball], x: &Ball) -> Ball {
    let zero = Ball::int(0, x.bits());
    powers.iter().rev().fold(zero, |sum, p| &(&sum * x) + p)
}
