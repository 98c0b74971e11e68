//! A correlation with everything of it that must keep its digits near `+-1`, as jets in the correlation.

use std::cmp::Ordering;

use rug::float::Round;
use rug::{Float, Rational};

use crate::real::{Analytic, Ball, Bits, Jet, Real};

/// Where a dual is asked for: points with digits.
#[derive(Clone, Debug)]
pub(super) enum Spot {
    /// `rho`
    Plain(Ball),
    /// `1 - rho`
    Gap(Ball),
    /// `1 + rho`
    Rise(Ball),
}

/// `rho` and what belongs to it.
pub(super) struct Angle {
    pub rho: Jet,
    /// `sqrt(1 - rho^2)`
    pub sine: Jet,
    /// `sqrt((1 - rho)/(1 + rho))`, or its inverse where `rho < 0`.
    pub tangent: Jet,
    /// `rho >= 0`
    pub positive: bool,
    pub arcsine: Ball,
}

impl Spot {
    /// At another precision.
    pub fn with_bits(&self, bits: Bits) -> Spot {
        match self {
            Spot::Plain(x) => Spot::Plain(x.with_bits(bits)),
            Spot::Gap(x) => Spot::Gap(x.with_bits(bits)),
            Spot::Rise(x) => Spot::Rise(x.with_bits(bits)),
        }
    }

    /// The middle of its ball.
    pub fn middle(&self) -> Spot {
        match self {
            Spot::Plain(x) => Spot::Plain(x.midpoint()),
            Spot::Gap(x) => Spot::Gap(x.midpoint()),
            Spot::Rise(x) => Spot::Rise(x.midpoint()),
        }
    }

    /// `+1` or `-1`, where the correlation is exactly that.
    pub fn end(&self) -> Option<i64> {
        let is = |x: &Ball, n: i64| x.is_exact() && *x.mid() == n;
        match self {
            Spot::Plain(x) if is(x, 1) => Some(1),
            Spot::Plain(x) if is(x, -1) => Some(-1),
            Spot::Gap(x) if is(x, 0) => Some(1),
            Spot::Gap(x) if is(x, 2) => Some(-1),
            Spot::Rise(x) if is(x, 0) => Some(-1),
            Spot::Rise(x) if is(x, 2) => Some(1),
            _ => None,
        }
    }

    /// Is it exactly 0?
    pub fn is_zero(&self) -> bool {
        let is = |x: &Ball, n: i64| x.is_exact() && *x.mid() == n;
        match self {
            Spot::Plain(x) => is(x, 0),
            Spot::Gap(x) | Spot::Rise(x) => is(x, 1),
        }
    }

    /// `1 - |rho|`, from below.
    pub fn room(&self) -> Float {
        let (Spot::Plain(x) | Spot::Gap(x) | Spot::Rise(x)) = self;
        let one = Ball::int(1, x.bits().max(64));
        let room = match self {
            Spot::Plain(x) => one - &Real::abs(x),
            Spot::Gap(x) | Spot::Rise(x) => Real::min(x, &(one.scale2(1) - x)),
        };
        match room.sign() {
            Some(Ordering::Greater) => Float::with_val_round(64, &room.lower(), Round::Down).0,
            _ => Float::new(64),
        }
    }

    pub fn plain(&self) -> &Ball {
        let (Spot::Plain(x) | Spot::Gap(x) | Spot::Rise(x)) = self;
        x
    }

    /// So many bits at most are to be had there: a place that is known to `2^-e` leaves about `e` of them.
    pub fn reach(&self, bits: Bits) -> Bits {
        let x = self.plain();
        match x.is_exact() {
            true => bits,
            false => match x.rad().get_exp() {
                Some(e) => (-e - REACH).clamp(LEAST_REACH, 1 << 30) as Bits,
                None => bits,
            },
        }
    }
}

/// Bits that a functional may lose of a place's, and how many are worth another attempt whatever the place is known to.
const REACH: i32 = 24;
const LEAST_REACH: i32 = 16;

impl Angle {
    pub fn new(spot: &Spot, order: usize) -> Angle {
        let (Spot::Plain(x) | Spot::Gap(x) | Spot::Rise(x)) = spot;
        let one = Ball::int(1, x.bits());
        let (rho, below, above) = match spot {
            Spot::Plain(x) => (x.clone(), &one - x, &one + x),
            Spot::Gap(t) => (&one - t, t.clone(), &Ball::int(2, x.bits()) - t),
            Spot::Rise(u) => (u - &one, &Ball::int(2, x.bits()) - u, u.clone()),
        };
        let positive = rho.mid().is_zero() || !rho.mid().is_sign_negative();
        let half = Rational::from((1, 2));
        let variable = Jet::variable(&rho, order);
        let valued = |jet: &Jet, value: Ball| {
            let mut jet = jet.clone();
            jet.c[0] = value;
            jet
        };
        let below = valued(&variable.negated(), below);
        let above = valued(&variable, above);
        let sine = below.times(&above).root(&half);
        let (near, far) = match positive {
            true => (&below, &above),
            false => (&above, &below),
        };
        let tangent = near.over(far).root(&half);
        // asin(rho) = +-(pi/2 - 2 asin(sqrt(near/2)))
        let arcsine = if rho.abs().to_f64() < 0.5 {
            rho.asin()
        } else {
            let chord = near.c[0].scale2(-1).sqrt().asin().scale2(1);
            let turn = Ball::pi(x.bits()).scale2(-1) - &chord;
            if positive { turn } else { -turn }
        };
        Angle {
            rho: variable,
            sine,
            tangent,
            positive,
            arcsine,
        }
    }

    pub fn bits(&self) -> Bits {
        self.arcsine.bits()
    }

    /// `(y - rho x)/sqrt(1 - rho^2)` from `y - x`, `y + x` (one of which may be exactly 0 where the other's digits are lost) and
    /// `x`: `(y - x)/sine + tangent x`, or `(y + x)/sine - tangent x`.
    pub fn turned(&self, (difference, sum): (&Jet, &Jet), x: &Jet) -> Jet {
        let exactly_zero = |j: &Jet| j.c.iter().all(|c| c.sign() == Some(Ordering::Equal));
        let (apart, rest) = match self.positive {
            true => (difference, self.tangent.times(x)),
            false => (sum, self.tangent.times(x).negated()),
        };
        match exactly_zero(apart) {
            true => rest,
            false => apart.over(&self.sine).plus(&rest),
        }
    }
}
