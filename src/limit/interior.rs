//! The chaotic phase: `dual(0) > 0`, `B' > 1`, and every pair of inputs tends to the correlation `c*` in `(0, 1)`.
//!
//! `S_L -> c*` and `T_L -> c*/(1 - m)`, the same for all pairs: majority vote. What tells pairs apart is the next order,
//! `S_L - c* ~ m^L g(rho)` with the Koenigs function `g` of the dual at `c*` ([`Koenigs`], its coefficients are
//! non-negative there too), and `T_L - c*/(1-m) ~ a L m^L g(rho)`: where the labels balance, `sign(sum y_i g(x . x_i))`
//! decides.

use super::koenigs::Koenigs;
use crate::dual::{Dual, attracting_fixed_point};
use crate::real::{Ball, Bits, Real};
use crate::recursion::Correlation;

/// The limit in the chaotic phase.
///
/// Promise: enclosures (proved) for [`Ball`].
///
/// ```
/// use deeplimit::{activation::Expr, dual::closed_form, limit::Interior, real::{Ball, Real}};
/// let dual = closed_form::<Ball>(&Expr::parse("x^2").unwrap(), 128).unwrap();
/// let limit = Interior::new(&dual, 128).unwrap();
/// assert!((limit.koenigs().point().to_f64() - 0.5).abs() < 1e-30);
/// assert!((limit.ntk().to_f64() - 1.5).abs() < 1e-30);
/// ```
#[derive(Clone, Debug)]
pub struct Interior<R> {
    koenigs: Koenigs<R>,
}

impl Interior<Ball> {
    /// `None` where no attracting fixed point is found in `[0, 1)`.
    pub fn new(dual: &Dual<Ball>, bits: Bits) -> Option<Self> {
        let (point, _) = attracting_fixed_point(dual, bits)?;
        Some(Interior {
            koenigs: Koenigs::new(dual, point, terms(bits))?,
        })
    }
}

/// About as many terms of the series as halve the sum of the costs of making it and of walking to it.
pub(super) fn terms(bits: Bits) -> usize {
    (bits as usize / 6).clamp(16, 64)
}

impl<R: Real> Interior<R> {
    /// From a Koenigs function at an interior fixed point.
    pub fn of(koenigs: Koenigs<R>) -> Self {
        Interior { koenigs }
    }

    /// `g`, with `c*` as its point and `m` as its multiplier.
    pub fn koenigs(&self) -> &Koenigs<R> {
        &self.koenigs
    }

    /// `T_inf = c*/(1 - m)`.
    pub fn ntk(&self) -> R {
        let one = R::int(1, self.koenigs.point().bits());
        self.koenigs.point() / &(&one - self.koenigs.multiplier())
    }

    /// `g(rho) = lim (S_L - c*)/m^L`: negative below `c*`, positive above.
    pub fn next_order(&self, place: &Correlation<R>) -> Option<R> {
        self.koenigs.at(place)
    }

    /// `a g(rho)` in `T_L = T_inf + a L m^L g(rho) + O(m^L)`.
    pub fn correction_at(&self, place: &Correlation<R>) -> Option<R> {
        let k = &self.koenigs;
        // 1/h'(z_L) = 1 - 2 h_2 z_L + ... contributes only at order m^L
        Some(k.drift() * &self.next_order(place)?)
    }
}
