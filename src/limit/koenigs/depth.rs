//! Kernels at any depth from the Koenigs function.

use std::cmp::Ordering;

use rug::{Integer, Rational};

use super::Koenigs;
use crate::limit::Landing;
use crate::real::Real;
use crate::recursion::{Correlation, Scaled};

/// Below `e^-FAR` powers of the multiplier are kept as logarithms.
const FAR: f64 = 10_000.0;

/// Kernels, and what they are off their limits.
#[derive(Clone, Debug)]
pub struct DeepKernels<R> {
    /// `S_L`
    pub nngp: Scaled<R>,
    /// `T_L`
    pub ntk: Scaled<R>,
    /// `S_L - p`
    pub nngp_rest: Scaled<R>,
    /// `T_L - p/(1-m)`
    pub ntk_rest: Scaled<R>,
}

impl<R: Real> Koenigs<R> {
    /// `C(rho)` in `T_L = { p/(1-m) + m^L (a (L+1) h + C) + O(m^2L) } / h'(z_L)`; in the singular regime
    /// `T_L/((L+1) lambda^L) = h + C/(L+1) + O(lambda^L)` and `C = sum_j (S_j h'(S_j)/lambda^j - h)`.
    pub fn correction_at(&self, place: &Correlation<R>) -> Option<R> {
        let l = self.land(place, None)?;
        Some(self.correction_from(&l))
    }

    fn correction_from(&self, l: &Landing<R>) -> R {
        let bits = l.position.bits();
        let z = &l.nngp() - &self.point;
        let layers = &(&self.drift * &R::int(l.steps as i64 + 1, bits)) * &self.h_near(&z);
        let limit = &self.point / &(&R::int(1, bits) - &self.multiplier);
        let gathered = &(&self.slope_near(&z) * &l.ntk) + &self.later_sum(&z);
        &(&(&gathered - &layers) - &limit) / &self.multiplier.powi(l.steps as i64)
    }

    /// `h`, `h'` and `C` at once.
    pub fn all_at(&self, place: &Correlation<R>) -> Option<[R; 3]> {
        let l = self.land(place, None)?;
        let z = &l.nngp() - &self.point;
        let power = self.multiplier.powi(l.steps as i64);
        Some([
            &self.h_near(&z) / &power,
            &(&l.slopes * &self.slope_near(&z)) / &power,
            self.correction_from(&l),
        ])
    }

    /// `S_L - p` and `T_L` after `l.steps + more` layers, from a landing near `p`, given `y = m^more h(z_n)` and
    /// `a more h(z_n) m^more`-like terms through `power = m^more`, in one evaluation of the series.
    fn beyond(&self, l: &Landing<R>, more: &R, power: &R) -> (R, R) {
        let bits = l.position.bits();
        let z = &l.nngp() - &self.point;
        let h = self.h_near(&z);
        let last = self.inverse_near(&(power * &h));
        let limit = &self.point / &(&R::int(1, bits) - &self.multiplier);
        let gathered = &(&self.slope_near(&z) * &l.ntk) + &self.later_sum(&z);
        let gathered = &(&gathered - &limit) + &(&(&self.drift * more) * &h);
        let numerator = &(&limit + &(power * &gathered)) - &self.later_sum(&last);
        let ntk = &numerator / &self.slope_near(&last);
        (last, ntk)
    }

    /// `(S_L, T_L)` at depth `depth`: layers are walked until the series can be used, the others cost nothing. Where
    /// `m^L` would leave the range of the numbers use [`Koenigs::all_at`] and logarithms.
    pub fn kernels_at(&self, place: &Correlation<R>, depth: u64) -> Option<(R, R)> {
        let l = self.land(place, Some(depth))?;
        if l.steps == depth {
            return Some((l.nngp(), l.ntk));
        }
        let more = (depth - l.steps) as i64;
        let power = self.multiplier.powi(more);
        let (z, ntk) = self.beyond(&l, &R::int(more, place.bits()), &power);
        Some((&self.point + &z, ntk))
    }

    /// `S_L`, `T_L` and what they are off their limits `p` and `p/(1-m)`, at any depth, in logarithms where `m^L` is too small.
    pub fn deep_at(&self, place: &Correlation<R>, depth: &Integer) -> Option<DeepKernels<R>> {
        let bits = place.bits();
        let limit = &self.point / &(&R::int(1, bits) - &self.multiplier);
        let log_m = self.multiplier.ln();
        let far = depth.to_f64() * -log_m.to_f64() > FAR + 2.0 * f64::from(bits);
        if !far {
            let (s, t) = self.kernels_at(place, depth.to_u64()?)?;
            return Some(DeepKernels {
                nngp_rest: Scaled::plain(&s - &self.point),
                ntk_rest: Scaled::plain(&t - &limit),
                nngp: Scaled::plain(s),
                ntk: Scaled::plain(t),
            });
        }
        // m^N < e^-FAR 2^-2bits: h(z_L) = z_L and what is of second order is below the last bit
        let large = self.at_radius.iter().any(|x| (x / &self.radius).to_f64() > 1e100);
        let l = self.land(place, None).filter(|_| !large)?;
        let more = R::rational(&Rational::from(Integer::from(depth - l.steps)), bits);
        let log = &more * &log_m;
        let z = &l.nngp() - &self.point;
        let h = self.h_near(&z);
        let gathered = &(&self.slope_near(&z) * &l.ntk) + &self.later_sum(&z);
        let gathered = &(&gathered - &limit) + &(&(&self.drift * &more) * &h);
        let mantissa = &gathered - &(&(&limit * &self.h[2]).scale2(1) * &h);
        let ulp = R::int(1, bits).scale2(-(bits as i32)).to_float();
        let blurred = |x: R| {
            let slack = (&x.abs() * &R::int(0, bits).widened(&ulp)).radius();
            Scaled { mantissa: x.widened(&slack), log: log.clone() }
        };
        let (nngp_rest, ntk_rest) = (blurred(h), blurred(mantissa));
        if self.point.sign() == Some(Ordering::Equal) {
            return Some(DeepKernels {
                nngp: nngp_rest.clone(),
                ntk: ntk_rest.clone(),
                nngp_rest,
                ntk_rest,
            });
        }
        Some(DeepKernels {
            nngp: Scaled::plain(self.point.widened(&ulp)),
            ntk: Scaled::plain(limit.widened(&(&limit.abs() * &R::int(0, bits).widened(&ulp)).radius())),
            nngp_rest,
            ntk_rest,
        })
    }
}
