//! The inverse of the Koenigs function.

use std::cmp::Ordering;

use super::Koenigs;
use crate::limit::power_series::{evaluated, slope_evaluated};
use crate::real::Real;
use crate::recursion::Correlation;

impl<R: Real> Koenigs<R> {
    /// `h^-1(y)` for `|y| <= |h(+-reach)|`, near 0: Newton's method, then for balls the mean-value theorem
    /// `z - z0 = (y - h(z0))/h'(xi)`, valid because `h' >= 1/2` on the ball that the step stays in.
    pub fn inverse_near(&self, y: &R) -> R {
        let target = y.midpoint();
        let mut z = if target.abs().compare(&self.reach) == Some(Ordering::Less) {
            target.clone()
        } else if target.sign() == Some(Ordering::Less) {
            -&self.reach
        } else {
            self.reach.clone()
        };
        for _ in 0..64 {
            let step = &(&evaluated(&self.h, &z) - &target) / &slope_evaluated(&self.h, &z);
            let next = (&z - &step).midpoint();
            let small = z.abs().scale2(-(z.bits() as i32) + 2);
            z = next;
            if step.midpoint().abs().compare(&small) != Some(Ordering::Greater) {
                break;
            }
        }
        let error = &self.h_near(&z) - y;
        let room = error.abs().upper_end().scale2(1);
        if room.sign() == Some(Ordering::Equal) {
            return z;
        }
        let slope = self.slope_near(&z.widened(&room.to_float()));
        let half = R::int(1, z.bits()).scale2(-1);
        if slope.compare(&half) != Some(Ordering::Greater) {
            return R::undefined(y.bits());
        }
        &z - &(&error / &slope)
    }

    /// `h^-1(y)` for `y > 0`: the gap `1 - rho` of the `rho` in `(p, 1)` with `h(rho - p) = y`. Bisection in the logarithm of
    /// the gap, Newton's method; for balls the result is enclosed by the mean-value theorem (`h'` increases). `None` where
    /// `y` is not positive.
    pub fn inverse_at(&self, y: &R) -> Option<R> {
        let bits = y.bits();
        let one = R::int(1, bits);
        if y.sign() != Some(Ordering::Greater) {
            return None;
        }
        let at = |t: &R| self.all_at(&Correlation::gap_of(t.clone()));
        let target = y.midpoint();
        let (mut near, mut far) = (None, (&one - &self.point).midpoint());
        for _ in 0..60 {
            let middle = match &near {
                None => far.scale2(-8),
                Some(near) => (near * &far).sqrt().midpoint(),
            };
            match at(&middle)?[0].midpoint().compare(&target)? {
                Ordering::Less => far = middle,
                _ => near = Some(middle),
            }
            if near.as_ref().is_some_and(|n| (&far / n).to_f64() < 1.01) {
                break;
            }
        }
        let mut t = far;
        for _ in 0..24 {
            let [h, slope, _] = at(&t)?;
            let step = (&(&target - &h) / &slope).midpoint();
            let small = t.scale2(-(bits as i32) + 4);
            t = (&t - &step).midpoint();
            if step.abs().compare(&small) != Some(Ordering::Greater) {
                break;
            }
        }
        let [h, slope, _] = at(&t)?;
        let error = &h - y;
        let room = (&error / &slope).abs().upper_end().scale2(1);
        let least = at(&(&t + &room).upper_end())?[1].lower_end();
        if least.compare(&slope.scale2(-1)) == Some(Ordering::Less) {
            return None;
        }
        Some(t.widened(&(&error / &least).abs().upper_end().to_float()))
    }
}
