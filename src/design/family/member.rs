//! The moments of a member of a family, with their derivatives by the letter, and what they say of its exponent.

use std::cmp::Ordering;

use rug::Float;

use crate::real::{Analytic, Ball, Bits, Real};

/// A number and its derivative by the letter.
#[derive(Clone, Debug)]
pub(super) struct Dual {
    pub value: Ball,
    pub slope: Ball,
}

/// Variance, first moment and slope of a member of the family.
#[derive(Clone, Debug)]
pub(super) struct MomentsOfMember {
    /// `E f^2 - (E f)^2`
    pub variance: Dual,
    /// `E Z f = E f'`
    pub first: Dual,
    /// `E f'^2`
    pub slope: Dual,
}

impl Dual {
    pub fn zero(bits: Bits) -> Dual {
        Dual {
            value: Ball::int(0, bits),
            slope: Ball::int(0, bits),
        }
    }
    pub fn plus(&self, o: &Dual) -> Dual {
        Dual {
            value: &self.value + &o.value,
            slope: &self.slope + &o.slope,
        }
    }
    pub fn minus(&self, o: &Dual) -> Dual {
        Dual {
            value: &self.value - &o.value,
            slope: &self.slope - &o.slope,
        }
    }
    pub fn times(&self, o: &Dual) -> Dual {
        Dual {
            value: &self.value * &o.value,
            slope: &(&self.slope * &o.value) + &(&self.value * &o.slope),
        }
    }
    pub fn square(&self) -> Dual {
        Dual {
            value: self.value.square(),
            slope: (&self.value * &self.slope).scale2(1),
        }
    }
}

impl MomentsOfMember {
    /// `2 log A'^2 + D log B'` in terms of the moments and its derivative: zero where `alpha = D`, negative where it is larger.
    /// `None` where a moment may vanish.
    pub fn excess(&self, alpha: &Ball) -> Option<Dual> {
        let log = |d: &Dual| {
            let l = d.value.ln();
            l.is_finite().then(|| Dual {
                slope: &d.slope / &d.value,
                value: l,
            })
        };
        let scaled = |d: Dual, f: &Ball| Dual {
            value: &d.value * f,
            slope: &d.slope * f,
        };
        let two = Ball::int(2, alpha.bits());
        let a = scaled(log(&self.first.square())?, &two);
        let b = scaled(log(&self.slope)?, alpha);
        let v = scaled(log(&self.variance)?, &(&two + alpha));
        Some(a.plus(&b).minus(&v))
    }

    /// On which side of the wanted value `alpha` is: `Less` where it is greater (the excess is negative); the first moment may
    /// vanish.
    pub fn side(&self, alpha: &Ball) -> Option<Ordering> {
        if self.variance.value.lower() <= 0 || self.slope.value.lower() <= 0 {
            return None;
        }
        let two = Ball::int(2, alpha.bits());
        let rest = self.slope.value.ln() * alpha - self.variance.value.ln() * (&two + alpha);
        let square = self.first.value.square();
        let of = |end: Float| Ball::exact(end).ln() * &two + &rest;
        if square.upper() <= 0 || of(square.upper()).upper() < 0 {
            return Some(Ordering::Less);
        }
        (square.lower() > 0 && of(square.lower()).lower() > 0).then_some(Ordering::Greater)
    }

    /// `alpha = -2 log A'^2 / log B'`.
    pub fn alpha(&self) -> Ball {
        let first = self.first.value.square() / &self.variance.value;
        let slope = &self.slope.value / &self.variance.value;
        -(first.ln() / slope.ln()).scale2(1)
    }
}
