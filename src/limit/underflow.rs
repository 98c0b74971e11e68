//! The singular regime so deep that `lambda^L` leaves the range of MPFR's exponents.
//!
//! After `n` layers `z = S_n` is near 0, and with `y = m^N h(z)`, `N = L - n`, `|y| < 2^-(bits + 600)`, the exact formulas of
//! [`Koenigs`] lose all but their leading terms: `S_L = y (1 + d)`, `T_L = m^N G (1 + d)`, where
//! `G = h'(z) T_n + (Omega - omega)(z) + N h(z)` and `|d| <= 8 K |y|` with `K = h(r)/r^2` (the coefficients of `h`, `omega`,
//! `Omega` from the second on are bounded by their values at `r`). [DERIVED]

use std::cmp::Ordering;

use super::koenigs::Koenigs;
use crate::real::{Analytic, Ball, Real};
use crate::recursion::{Correlation, Pair, Scaled};

impl Koenigs<Ball> {
    /// `S_L` and `T_L` as a number times `m^N`, for the fixed point 0 and a depth at which `m^L` is below `2^-2^20`; `None` for
    /// other depths and fixed points, and where the orbit does not come near 0.
    pub(super) fn underflowing_kernels_at(
        &self,
        place: &Correlation<Ball>,
        depth: u64,
    ) -> Option<Pair<Scaled<Ball>>> {
        let fall = -self.multiplier().to_f64().log2() * depth as f64;
        if self.point().sign() != Some(Ordering::Equal) || fall < f64::from(1 << 20) {
            return None;
        }
        let l = self.land(place, Some(depth))?;
        let bits = place.bits();
        let more = depth - l.steps;
        let layers = Ball::rational(&rug::Rational::from(more), bits);
        let log = &layers * &self.multiplier().ln();
        let (h, gathered) = self.leading_terms(&l, &layers)?;
        // |y| <= 2^-(fall - 2 steps ...) is far below 2^-(bits + 600) once half of the fall is left
        if log.to_f64() > -f64::from(1 << 18) {
            return None;
        }
        // relative to the terms, which may cancel for rho < 0
        let size = &(&layers * &h.abs()) + &(&l.ntk.abs() + &Ball::int(1, bits));
        let d = size.upper_end().to_float() >> (bits + 64);
        let blur = |x: Ball| x.widened(&rug::Float::with_val(64, &d));
        Some(Pair {
            nngp: Scaled {
                mantissa: blur(h),
                log: log.clone(),
            },
            ntk: Scaled {
                mantissa: blur(gathered),
                log,
            },
        })
    }
}
