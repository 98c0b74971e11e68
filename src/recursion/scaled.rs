//! Numbers whose size is out of proportion to their digits.

use std::cmp::Ordering;

use crate::real::{Bits, Real};

/// `mantissa * e^log`: deep kernels are as small as `lambda^L` and as large as `B'^L`, far outside of doubles, and in
/// the nearest-neighbour regime (`e^(-k^L b)`) far outside of everything else.
#[derive(Clone, Copy, Debug)]
pub struct Scaled<R> {
    /// Carries the sign, and the digits that are left when the power is split off.
    pub mantissa: R,
    /// Natural logarithm of the scale; exactly zero where there is no need of one.
    pub log: R,
}

impl<R: Real> Scaled<R> {
    /// A number of ordinary size.
    pub fn plain(mantissa: R) -> Self {
        let log = R::int(0, mantissa.bits());
        Scaled { mantissa, log }
    }

    /// Zero.
    pub fn zero(bits: Bits) -> Self {
        Scaled::plain(R::int(0, bits))
    }

    /// The number itself: it may underflow to `0` (in ball arithmetic to a tiny ball around it) or overflow.
    pub fn value(&self) -> R {
        if self.log.sign() == Some(Ordering::Equal) {
            return self.mantissa.clone();
        }
        &self.mantissa * &self.log.exp()
    }

    /// `ln |x|`; undefined for zero.
    pub fn ln(&self) -> R {
        let mantissa = self.mantissa.abs();
        let one = R::int(1, mantissa.bits());
        if mantissa.compare(&one) == Some(Ordering::Equal) {
            return self.log.clone();
        }
        &self.log + &mantissa.ln()
    }

    /// `-x`.
    pub fn negated(&self) -> Self {
        Scaled {
            mantissa: -&self.mantissa,
            log: self.log.clone(),
        }
    }

    /// `c x`.
    pub fn times(&self, c: &R) -> Self {
        Scaled {
            mantissa: &self.mantissa * c,
            log: self.log.clone(),
        }
    }

    /// `x y`.
    pub fn product(&self, y: &Self) -> Self {
        Scaled {
            mantissa: &self.mantissa * &y.mantissa,
            log: &self.log + &y.log,
        }
    }
}
