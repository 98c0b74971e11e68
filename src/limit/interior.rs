//! The chaotic phase: `dual(0) > 0`, `B' > 1`, and every pair of inputs tends to the correlation `c*` in `(0, 1)`.
//!
//! `S_L -> c*` and `T_L -> c*/(1 - m)`, the same for all pairs: majority vote. What tells pairs apart is the next order,
//! `S_L - c* ~ m^L g(rho)` with the Koenigs function `g` of the dual at `c*` ([`Koenigs`], its coefficients are
//! non-negative there too), and `T_L - c*/(1-m) ~ a L m^L g(rho)`: where the labels balance, `sign(sum y_i g(x . x_i))`
//! decides.

use std::cmp::Ordering;

use super::koenigs::Koenigs;
use crate::dual::{Dual, attracting_fixed_point, fixed_point_gap};
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::Correlation;

/// The limit in the chaotic phase.
///
/// Promise: enclosures (proved) for [`Ball`].
///
/// ```
/// use deeplimit::{activation::Expr, dual::closed_form, limit::Interior, real::{Ball, Real}};
/// let dual = closed_form::<Ball>(&Expr::parse("x^2").unwrap(), 128).unwrap();
/// let limit = Interior::new(&dual, 128).unwrap();
/// assert!((limit.point().to_f64() - 0.5).abs() < 1e-30);
/// assert!((limit.ntk().to_f64() - 1.5).abs() < 1e-30);
/// ```
#[derive(Clone, Debug)]
pub struct Interior<R> {
    point: R,
    multiplier: R,
    /// `None` where `c*` is so near 1 that no orbit is followed to it.
    koenigs: Option<Koenigs<R>>,
}

impl Interior<Ball> {
    /// `None` where no attracting fixed point is found in `[0, 1)`.
    pub fn new(dual: &Dual<Ball>, bits: Bits) -> Option<Self> {
        // of kinks with a step that takes long: nearer to 1 orbits take some 2/sqrt(1 - c*) layers
        if dual.is_slow() && on_the_verge(dual) {
            let (gap, multiplier) = fixed_point_gap(dual, bits)?;
            return Some(Interior {
                point: Ball::int(1, gap.bits()) - &gap,
                multiplier,
                koenigs: None,
            });
        }
        let (point, _) = attracting_fixed_point(dual, bits)?;
        Some(Interior::of(Koenigs::new(dual, point, terms(bits))?))
    }
}

/// Nearer to 1 than `2^-VERGE` the Koenigs function of a slow dual is not made.
const VERGE: i32 = 20;

/// `1 - c* < t`: beyond `c*` the map leads away from 1 no more, `1 - dual(1 - t) < t`.
fn on_the_verge(dual: &Dual<Ball>) -> bool {
    let t = Ball::int(1, 64).scale2(-VERGE);
    dual.gap(&t).compare(&t) == Some(Ordering::Less)
}

/// About as many terms of the series as halve the sum of the costs of making it and of walking to it.
pub(super) fn terms(bits: Bits) -> usize {
    (bits as usize / 6).clamp(16, 64)
}

impl<R: Real> Interior<R> {
    /// From a Koenigs function at an interior fixed point.
    pub fn of(koenigs: Koenigs<R>) -> Self {
        Interior {
            point: koenigs.point().clone(),
            multiplier: koenigs.multiplier().clone(),
            koenigs: Some(koenigs),
        }
    }

    /// `g`, with `c*` as its point and `m` as its multiplier; `None` where `c*` is so near 1 that no orbit is followed to it.
    pub fn koenigs(&self) -> Option<&Koenigs<R>> {
        self.koenigs.as_ref()
    }

    /// `c*`
    pub fn point(&self) -> &R {
        &self.point
    }

    /// `m = dual'(c*)`
    pub fn multiplier(&self) -> &R {
        &self.multiplier
    }

    /// `T_inf = c*/(1 - m)`.
    pub fn ntk(&self) -> R {
        let one = R::int(1, self.point.bits());
        &self.point / &(&one - &self.multiplier)
    }

    /// `g(rho) = lim (S_L - c*)/m^L`: negative below `c*`, positive above.
    pub fn next_order(&self, place: &Correlation<R>) -> Option<R> {
        self.koenigs()?.at(place)
    }

    /// `a g(rho)` in `T_L = T_inf + a L m^L g(rho) + O(m^L)`.
    pub fn correction_at(&self, place: &Correlation<R>) -> Option<R> {
        // 1/h'(z_L) = 1 - 2 h_2 z_L + ... contributes only at order m^L
        Some(self.koenigs()?.drift() * &self.next_order(place)?)
    }
}
