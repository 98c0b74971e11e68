//! The Koenigs function of a dual at an attracting fixed point `p` in `[0, 1)`: 0 in the singular regime, `c*` in the
//! chaotic phase.
//!
//! With `F(z) = dual(p + z) - p` and `m = dual'(p)` in `(0, 1)` it is the solution of
//!
//! `h(F(z)) = m h(z)`, `h(z) = z + h_2 z^2 + ...`, `h(rho - p) = lim (S_L - p)/m^L`.
//!
//! **Why every bound here is a proof.** The Taylor coefficients of the dual at `p >= 0` are non-negative, so those of
//! `F^L(z)/m^L` are, and so are those of the limit: `h_n >= 0`. A power series with non-negative coefficients obeys
//! `sum_{n > N} h_n z^n <= (z/r)^(N+1) h(r)`, so a bound at one point `r` bounds the rest at every smaller one. Scaled to
//! `[0, 1]`, `F(y) <= m y + (1 - m) y^2` (the coefficients sum to 1), hence `h(y) <= y exp(y/(m (1 - y)))` for small `y`,
//! and `h(r) = h(F^n(r))/m^n` carries the bound to any `r`.
//!
//! **The tangent kernel.** The chain rule `h'(F) F' = m h'` turns the recursion `T_{l+1} = T_l dual'(S_l) + S_{l+1}` into
//! the sum `T_L = m^L/h'(z_L) sum_j (p + z_j) h'(z_j)/m^j`. With `a = 1 + 2 p h_2`,
//! `omega(z) = (p + z) h'(z) - p - a h(z) = O(z^2)` and `Omega(z) = sum_j omega(z_j)/m^j`, which is a power series again
//! (`Omega(F) = m (Omega - omega)`),
//!
//! `T_L = { p/(1-m) + m^L (a (L+1) h + C) - (Omega - omega)(z_L) } / h'(z_L)`
//!
//! exactly, at every depth. [DERIVED; the closed-form families of the tests agree]

use std::cmp::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::power_series::{evaluated, product, slope_evaluated};
use crate::dual::Dual;
use crate::real::{Bits, Real};
use crate::recursion::{Correlation, LayerMap, Scaled};

/// The Koenigs function, ready to be evaluated.
///
/// Promise: enclosures for [`crate::real::Ball`] (proved, see the module), estimates elsewhere.
///
/// ```
/// use deeplimit::{activation::Expr, dual::closed_form, limit::Koenigs, recursion::Correlation};
/// // dual = (rho + rho^3)/2, the optimal activation in two dimensions
/// let dual = closed_form::<f64>(&Expr::parse("optimal(2)").unwrap(), 53).unwrap();
/// let h = Koenigs::new(&dual, 0.0, 24).unwrap();
/// assert!((h.at(&Correlation::new(0.5)).unwrap() - 0.713599128288601206).abs() < 1e-14);
/// ```
#[derive(Clone, Debug)]
pub struct Koenigs<R> {
    dual: Dual<R>,
    point: R,
    multiplier: R,
    drift: R,
    /// `h_n`, `omega_n`, `Omega_n`.
    h: Vec<R>,
    omega: Vec<R>,
    sums: Vec<R>,
    /// The series are used for `|z| <= reach <= radius/2`.
    radius: R,
    reach: R,
    /// Upper bounds of `h(r)`, `sum |omega_n| r^n`, `sum |Omega_n| r^n` at `r = radius`.
    at_radius: [R; 3],
    /// The last orbit, with the place that it began at.
    landed: Arc<Mutex<Landed<R>>>,
}

/// An orbit that was followed, by the place that it began at.
type Landed<R> = Option<(Correlation<R>, Landing<R>)>;

/// Where an orbit has come near the fixed point, and what it has gathered on its way.
#[derive(Clone, Debug)]
pub struct Landing<R> {
    /// `n`: layers walked.
    pub steps: u64,
    /// `S_n`, in the coordinate that keeps digits.
    pub position: Correlation<R>,
    /// `T_n`.
    pub ntk: R,
    /// `dual'(S_0) ... dual'(S_{n-1})`.
    pub slopes: R,
}

impl<R: Real> Landing<R> {
    /// Layer 0.
    pub fn start(place: &Correlation<R>) -> Self {
        Landing {
            steps: 0,
            position: place.clone(),
            ntk: place.value(),
            slopes: R::int(1, place.bits()),
        }
    }

    /// One layer more.
    pub fn step(&mut self, dual: &Dual<R>) {
        let (next, slope) = LayerMap::of(dual).step(&self.position);
        self.ntk = &(&self.ntk * &slope) + &next.value();
        self.position = next;
        self.slopes = &self.slopes * &slope;
        self.steps += 1;
    }

    /// `S_n`.
    pub fn nngp(&self) -> R {
        self.position.value()
    }
}

impl<R: Real> Koenigs<R> {
    /// From the first `terms` coefficients of the series at the fixed point `point` of the dual (exactly 0 in the
    /// singular regime). `None` where the multiplier is not certainly in `(0, 1)`.
    pub fn new(dual: &Dual<R>, point: R, terms: usize) -> Option<Self> {
        let bits = point.bits();
        let terms = terms.max(4);
        let zero = R::int(0, bits);
        let one = R::int(1, bits);
        let mut map = dual.taylor(&point, terms + 1);
        map[0] = zero.clone();
        let m = map[1].clone();
        if m.sign() != Some(Ordering::Greater) || m.compare(&one) != Some(Ordering::Less) {
            return None;
        }
        let powers = powers(&map);
        let h = solution(&powers, &m, |_| zero.clone(), Some(&one));
        let drift = &one + &(&point * &h[2]).scale2(1);
        let omega: Vec<R> = (0..=terms)
            .map(|n| {
                if n < 2 {
                    return zero.clone();
                }
                let n_h = &R::int(n as i64, bits) * &h[n];
                let next = &R::int(n as i64 + 1, bits) * &(&point * &h[n + 1]);
                &(&n_h + &next) - &(&drift * &h[n])
            })
            .collect();
        let mut sums = solution(&powers[..terms], &m, |n| &m * &omega[n], None);
        sums.truncate(terms + 1);
        let h = h[..=terms].to_vec();
        let mut out = Koenigs {
            dual: centred(dual, &point),
            radius: (&one - &point).scale2(-2).lower_end(),
            reach: zero.clone(),
            at_radius: [zero.clone(), zero.clone(), zero],
            point,
            multiplier: m,
            drift,
            h,
            omega,
            sums,
            landed: Arc::default(),
        };
        out.bound()?;
        out.reach = out.best_reach(terms, bits);
        Some(out)
    }

    /// Bounds at the radius `r = (1 - p)/4` from one of `h(2r)`.
    fn bound(&mut self) -> Option<()> {
        let bits = self.point.bits();
        let one = R::int(1, bits);
        let width = (&one - &self.point).upper_end();
        let mut s = (&self.point + &self.radius.scale2(1)).upper_end();
        let quarter = self.multiplier.scale2(-2).lower_end();
        let mut power = one.clone();
        let mut steps = 0;
        let y = loop {
            let y = (&(&s - &self.point) / &width).upper_end();
            if y.compare(&quarter) == Some(Ordering::Less) {
                break y;
            }
            s = self.dual.at(&s).upper_end();
            power = (&power / &self.multiplier).upper_end();
            steps += 1;
            if steps > self.dual.longest_walk() || !s.is_finite() {
                return None;
            }
        };
        let exponent = &y / &(&self.multiplier * &(&one - &y));
        let twice = (&(&width * &power) * &(&y * &exponent.exp())).upper_end();
        let h = twice.scale2(-1);
        // h(2r) >= h(r) + r h'(r)
        let slope = &twice / &self.radius;
        let omega = &(&(&self.point + &self.radius) * &slope) + &(&self.drift * &h);
        let orbit = (&h / &self.radius).powi(2);
        let sums = &(&omega * &orbit) / &(&one - &self.multiplier);
        self.at_radius = [h, omega.abs().upper_end(), sums.abs().upper_end()];
        self.at_radius.iter().all(R::is_finite).then_some(())
    }

    /// `r 2^-w` where the rest of the series is below the working precision.
    fn best_reach(&self, terms: usize, bits: Bits) -> R {
        let excess = (&self.at_radius[0] / &self.radius).to_f64().log2().max(0.0);
        let w = ((f64::from(bits) + excess + 8.0) / (terms as f64 + 1.0)).ceil();
        self.radius.scale2(-(w.clamp(1.0, 1e4) as i32))
    }

    /// The fixed point `p`.
    pub fn point(&self) -> &R {
        &self.point
    }

    /// The multiplier `m = dual'(p)`.
    pub fn multiplier(&self) -> &R {
        &self.multiplier
    }

    /// `a = 1 + 2 p h_2`: `T_L - p/(1-m) ~ a L m^L h` for `p > 0`.
    pub fn drift(&self) -> &R {
        &self.drift
    }

    /// The dual.
    pub fn dual(&self) -> &Dual<R> {
        &self.dual
    }

    /// `h_n` for `n = 0, 1, 2, ...` in powers of `rho - p`: non-negative.
    pub fn coefficients(&self) -> &[R] {
        &self.h
    }

    /// Close enough for the series.
    fn near(&self, place: &Correlation<R>) -> bool {
        (&place.value() - &self.point).abs().compare(&self.reach) == Some(Ordering::Less)
    }

    /// Walks until the series can be used, or to layer `last`; `None` where the orbit does not come near `p`.
    pub fn land(&self, place: &Correlation<R>, last: Option<u64>) -> Option<Landing<R>> {
        if R::TRACKS_ERRORS
            && let Some(known) = self.known(place)
            && last.is_none_or(|last| known.steps <= last)
        {
            return Some(known);
        }
        let mut at = Landing::start(place);
        while !self.near(&at.position) {
            if last == Some(at.steps) {
                return Some(at);
            }
            at.step(&self.dual);
            if at.steps > self.dual.longest_walk() || !at.ntk.is_finite() {
                return None;
            }
        }
        if R::TRACKS_ERRORS {
            *self.memory() = Some((place.clone(), at.clone()));
        }
        Some(at)
    }

    /// The landing of this place, if it was the last one: many depths are asked of one pair, and balls are slow walkers.
    fn known(&self, place: &Correlation<R>) -> Option<Landing<R>> {
        let memory = self.memory();
        let (of, landing) = memory.as_ref()?;
        of.is_the_same(place).then(|| landing.clone())
    }

    fn memory(&self) -> MutexGuard<'_, Landed<R>> {
        self.landed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `(|z|/r)^(N+1)`: the rest of each series is at most this times its value at `r`.
    fn rest(&self, z: &R) -> R {
        (&z.abs().upper_end() / &self.radius).powi(self.h.len() as i64)
    }

    fn sum(&self, c: &[R], z: &R, bound: &R) -> R {
        evaluated(c, z).widened(&(&self.rest(z) * bound).upper_end().to_float())
    }

    /// `h(z)` for `|z| <= reach`.
    fn h_near(&self, z: &R) -> R {
        self.sum(&self.h, z, &self.at_radius[0])
    }

    /// `h'(z)`: `sum_{n > N} n h_n z^(n-1) <= h(r)/r sum (N+1) q^N` with `n q^(n-1)` decreasing for `q <= 1/2`.
    fn slope_near(&self, z: &R) -> R {
        let n = self.h.len() as i64;
        let q = &z.abs().upper_end() / &self.radius;
        let rest = &(&R::int(n, z.bits()) * &q.powi(n - 1)) * &(&self.at_radius[0] / &self.radius);
        slope_evaluated(&self.h, z).widened(&rest.upper_end().to_float())
    }

    /// `(Omega - omega)(z)`.
    fn later_sum(&self, z: &R) -> R {
        &self.sum(&self.sums, z, &self.at_radius[2]) - &self.sum(&self.omega, z, &self.at_radius[1])
    }

    /// `h(rho - p) = lim (S_L - p)/m^L` for `-1 < rho < 1`; `None` where the orbit does not come near `p` in
    /// reasonable time (`rho = 1`, for instance).
    pub fn at(&self, place: &Correlation<R>) -> Option<R> {
        let l = self.land(place, None)?;
        Some(&self.h_near(&(&l.nngp() - &self.point)) / &self.multiplier.powi(l.steps as i64))
    }

    /// The same with a logarithm where `m^-n`, `n` the layers that are walked, would leave the doubles.
    pub fn scaled_at(&self, place: &Correlation<R>) -> Option<Scaled<R>> {
        let l = self.land(place, None)?;
        let h = self.h_near(&(&l.nngp() - &self.point));
        let steps = R::int(l.steps as i64, h.bits());
        let log = -(&steps * &self.multiplier.ln());
        Some(match log.to_f64() < 600.0 {
            true => Scaled::plain(&h / &self.multiplier.powi(l.steps as i64)),
            false => Scaled { mantissa: h, log },
        })
    }

    /// `h'(rho - p)`.
    pub fn slope_at(&self, place: &Correlation<R>) -> Option<R> {
        let l = self.land(place, None)?;
        let near = &l.slopes * &self.slope_near(&(&l.nngp() - &self.point));
        Some(&near / &self.multiplier.powi(l.steps as i64))
    }

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

    /// `h(z)` and `G = h'(z) T_n + (Omega - omega)(z) + a N h(z)` from a landing with `N` layers to go, for the fixed
    /// point 0; `None` where `h(r)/r^2`, which bounds what is of second order, is beyond all measure.
    pub(super) fn leading_terms(&self, l: &Landing<R>, more: &R) -> Option<(R, R)> {
        let z = l.nngp();
        let h = self.h_near(&z);
        let gathered = &(&self.slope_near(&z) * &l.ntk) + &self.later_sum(&z);
        let second = self.at_radius.iter().map(|b| b.to_f64()).sum::<f64>();
        let bounded = second / self.radius.to_f64().powi(2) < 1e100;
        bounded.then(|| (h.clone(), &gathered + &(&(&self.drift * more) * &h)))
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

    /// `h^-1(y)` for `|y| <= |h(+-reach)|`, near 0: Newton's method, then for balls the mean-value theorem
    /// `z - z0 = (y - h(z0))/h'(xi)`, valid because `h' >= 1/2` on the ball that the step stays in.
    fn inverse_near(&self, y: &R) -> R {
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
}

/// With the fixed point exactly 0 the constant coefficient is 0, whatever its enclosure says.
fn centred<R: Real>(dual: &Dual<R>, point: &R) -> Dual<R> {
    let mut dual = dual.clone();
    if let (Dual::Series(series), Some(Ordering::Equal)) = (&mut dual, point.sign()) {
        series.squares[0] = R::int(0, series.tail.bits());
    }
    dual
}

/// `F, F^2, ..., F^N` as truncated power series.
fn powers<R: Real>(map: &[R]) -> Vec<Vec<R>> {
    let degree = map.len() - 1;
    let mut out = vec![map.to_vec()];
    for k in 1..degree {
        let next = product(&out[k - 1], map, degree, k, 1);
        out.push(next);
    }
    out
}

/// The power series `g` with `g(F) = m g - s`, `g_1` given or 0: `g_n (m - m^n) = s_n + sum_{k < n} g_k [z^n] F^k`.
fn solution<R: Real>(
    powers: &[Vec<R>],
    m: &R,
    s: impl Fn(usize) -> R,
    first: Option<&R>,
) -> Vec<R> {
    let degree = powers.len();
    let bits = m.bits();
    let zero = R::int(0, bits);
    let mut g = vec![zero; degree + 1];
    if let Some(first) = first {
        g[1] = first.clone();
    }
    let mut power = m.clone();
    for n in 2..=degree {
        power = &power * m;
        let mut sum = s(n);
        for k in 1..n {
            sum = &sum + &(&g[k] * &powers[k - 1][n]);
        }
        g[n] = &sum / &(m - &power);
    }
    g
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::tests::dual;
    use crate::real::{Analytic, Ball};

    /// Far beyond the reach, and with few terms, the rest of the series is what counts.
    #[test]
    fn the_rest_of_the_series_is_part_of_the_error() {
        let dual = dual("optimal(2)", 200);
        let zero = Ball::int(0, 200);
        let few = Koenigs::new(&dual, zero.clone(), 6).unwrap();
        let many = Koenigs::new(&dual, zero, 64).unwrap();
        let z = few.radius.scale2(-1);
        let exact = many.at(&Correlation::new(z.clone())).unwrap();
        let near = few.h_near(&z);
        assert!(near.overlaps(&exact), "{near:?} {exact:?}");
        assert!((&near.midpoint() - &exact).abs().to_f64() > 1e-12);
        let slope = few.slope_near(&z);
        assert!(slope.overlaps(&many.slope_at(&Correlation::new(z)).unwrap()));
    }
}
