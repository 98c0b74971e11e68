//! The edge of chaos: `dual'(1) = 1`, and the fixed point 1 is approached like a power of the depth.
//!
//! With `t = 1 - rho = eps^q` (`q = 2` for a kink, `q = 1` for a smooth activation) one layer is `1/eps -> 1/eps + c/q + ...`.
//! The **Abel function** straightens it: `A(dual(rho)) = A(rho) + 1`, so `L` layers cost an inversion of `A`, be `L` ten or
//! `10^12`. Some layers are walked until `eps` is small, then the formal series of [`Formal`] take over, with what they
//! leave bounded by [`residuals`] and summed along the orbit: `y = 1/eps` grows by at least `g = psi_1/2` a layer, so
//! `sum_{l >= n} (eps_l/r)^m <= (eps_n/r)^m (1 + y_n/(g (m - 1)))`.
//!
//! `T_L/(L+1) -> 1/(q+2)`: a quarter with a kink, a third without.

mod formal;
mod residual;

pub use formal::Formal;
use residual::{Residuals, residuals};

use std::cmp::Ordering;

use rug::{Integer, Rational};

use super::koenigs::Landing;
use super::power_series::evaluated;
use crate::dual::Dual;
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::Correlation;

/// More layers than this are not walked.
const LAST_STEP: u64 = 200_000;
/// The radii that are tried: for ReLU the bounds hardly change between 0.4 and 1.
const RADII: [f64; 3] = [0.7, 0.4, 0.2];

/// The Abel function and what follows from it.
///
/// Promise: for [`Ball`] every result is an enclosure (proved, see the module). Other arithmetics use the same layer to
/// change over and are estimates.
///
/// ```
/// use deeplimit::{activation::Expr, dual::closed_form, limit::Abel};
/// use deeplimit::{real::{Analytic, Ball, Real}, recursion::Correlation};
/// use rug::Integer;
/// let relu = closed_form::<Ball>(&Expr::parse("relu").unwrap(), 128).unwrap();
/// let abel = Abel::new(&relu, 128).unwrap();
/// let half = Correlation::new(Ball::int(1, 128).scale2(-1));
/// let million = abel.kernels_at(&half, &Integer::from(1_000_000)).unwrap();
/// let per_layer = &million.ntk / &Ball::int(1_000_001, 128);
/// assert!((per_layer.to_f64() - 0.25000641488435437678).abs() < 1e-15);
/// ```
#[derive(Clone, Debug)]
pub struct Abel<R> {
    dual: Dual<R>,
    formal: Formal<R>,
    residuals: Residuals,
    /// The series are used where `eps` is at most this.
    entry: R,
}

/// A kernel at the edge of chaos.
#[derive(Clone, Debug)]
pub struct EdgeKernels<R> {
    /// `1 - S_L`, which tends to 0.
    pub gap: R,
    /// `T_L`.
    pub ntk: R,
}

impl Abel<Ball> {
    /// `None` where the dual is not one of those whose gap is known as a convergent series at 1 (arc-cosine, exponential,
    /// hyperbolic cosine, polynomials). That `dual'(1) = 1` is the caller's knowledge.
    pub fn new(dual: &Dual<Ball>, bits: Bits) -> Option<Self> {
        let q = if matches!(dual, Dual::ArcCosine(_)) {
            2
        } else {
            1
        };
        // a smooth activation's series diverge so fast that more orders need a smaller disc
        let (formal, residuals) = [4, 8, 16, 32].iter().find_map(|share| {
            let orders = (bits / share).clamp(32, 160) as usize;
            let formal = Formal::new(&ratio(dual, orders + 2, bits)?, q);
            let residuals = RADII.iter().find_map(|r| residuals(dual, &formal, *r))?;
            Some((formal, residuals))
        })?;
        let mut out = Abel {
            dual: dual.clone(),
            formal,
            residuals,
            entry: Ball::int(0, bits),
        };
        out.entry = out.entry_for(bits);
        Some(out)
    }

    fn entry_for(&self, bits: Bits) -> Ball {
        let mut eps = entry(&self.residuals, bits);
        if self.formal.q == 1 {
            // y' >= y + c - d/y >= y + c/2
            let e = &self.formal.e;
            let (c, d) = (-e[1].to_f64(), e[2].to_f64().abs());
            eps = eps.min(c / (2.0 * d + 1e-300) * 0.99);
        }
        Ball::exact(rug::Float::with_val(53, eps))
    }

    /// The same in another arithmetic (its dual is given: the caller has it in closed form).
    pub fn rounded<R: Real>(&self, dual: Dual<R>) -> Abel<R> {
        let entry = R::from_ball(&self.entry);
        self.with_entry(dual, entry)
    }

    fn with_entry<R: Real>(&self, dual: Dual<R>, entry: R) -> Abel<R> {
        let one = |b: &Ball| R::from_ball(b);
        let all = |v: &[Ball]| v.iter().map(one).collect();
        let f = &self.formal;
        Abel {
            dual,
            formal: Formal {
                q: f.q,
                e: all(&f.e),
                rate: one(&f.rate),
                log: one(&f.log),
                mu: all(&f.mu),
                d: all(&f.d),
                sum: all(&f.sum),
                sum_log: one(&f.sum_log),
            },
            residuals: self.residuals.clone(),
            entry,
        }
    }
}

/// Where all three residuals are below `2^-bits`.
fn entry(r: &Residuals, bits: Bits) -> f64 {
    [r.abel, r.slope, r.sum]
        .iter()
        .map(|(factor, order)| {
            let excess = f64::from(bits) + f64::max(*factor, 1e-300).log2().max(0.0);
            r.radius * (-excess / *order as f64).exp2()
        })
        .fold(r.radius / 2.0, f64::min)
}

/// `F(eps^q)/eps^q` up to `eps^degree`, the constant exactly 1.
fn ratio(dual: &Dual<Ball>, degree: usize, bits: Bits) -> Option<Vec<Ball>> {
    let one = Ball::int(1, bits);
    if let Dual::ArcCosine(d) = dual {
        return Some(kinked_ratio(d, degree, bits));
    }
    match dual {
        Dual::Exp(_) | Dual::Cosh(_) => {}
        Dual::Series(s) if s.tail.is_exact() && s.tail.mid().is_zero() => {}
        _ => return None,
    }
    let f = dual.taylor(&one, degree + 1);
    let mut out: Vec<Ball> = f[1..]
        .iter()
        .enumerate()
        .map(|(j, c)| if j % 2 == 0 { c.clone() } else { -c })
        .collect();
    out[0] = one;
    Some(out)
}

/// `1 - (2 sqrt(2) D/pi) sum_k e_k eps^(2k+1)/(k + 3/2)`, `e_k = (2k)!/(8^k k!^2 (2k+1))`: the series of
/// `theta = 2 asin(sqrt(t/2))`, integrated, because `dual'(1 - t) = 1 - (2 D/pi) theta`.
fn kinked_ratio<R: Real>(d: &R, degree: usize, bits: Bits) -> Vec<R> {
    let int = |n: i64| R::int(n, bits);
    let factor = &(&d.scale2(1) * &int(2).sqrt()) / &R::pi(bits);
    let mut out = vec![int(0); degree + 1];
    out[0] = int(1);
    let mut central = int(1);
    for k in 0..=degree as i64 {
        let n = 2 * k + 1;
        if n as usize > degree {
            break;
        }
        // e_k/(k + 3/2) = 2 central/((2k+1)(2k+3))
        out[n as usize] = -(&(&factor * &central.scale2(1)) / &int(n * (n + 2)));
        central = &(&central * &int(n * (n + 1))) / &int(8 * (k + 1) * (k + 1));
    }
    out
}

impl<R: Real> Abel<R> {
    /// `q`: 2 with a kink, 1 without; `dual(1 - e) = 1 - e + kappa e^(1 + 1/q) + ...`
    pub fn q(&self) -> usize {
        self.formal.q
    }

    /// The formal series.
    pub fn formal(&self) -> &Formal<R> {
        &self.formal
    }

    /// `lim T_L/(L+1) = 1/(q+2)`.
    pub fn limit(&self) -> Rational {
        Rational::from((1, self.formal.q as u32 + 2))
    }

    /// Walks until the series can be used, or to layer `last`.
    fn land(&self, place: &Correlation<R>, last: Option<u64>) -> Option<Landing<R>> {
        self.landed(Landing::start(place), last)
    }

    fn landed(&self, mut at: Landing<R>, last: Option<u64>) -> Option<Landing<R>> {
        let threshold = self.entry.powi(self.formal.q as i64);
        while at.position.gap().compare(&threshold) != Some(Ordering::Less) {
            if last == Some(at.steps) {
                return Some(at);
            }
            at.step(&self.dual);
            if at.steps > LAST_STEP || !at.ntk.is_finite() {
                return None;
            }
        }
        Some(at)
    }

    /// `eps` of a correlation.
    fn eps(&self, place: &Correlation<R>) -> R {
        let t = place.gap();
        if self.formal.q == 2 { t.sqrt() } else { t }
    }

    /// `factor (eps/r)^order (1 + y/(g (order - 1)))`: a residual summed over all later layers.
    fn later(&self, eps: &R, bound: (f64, usize)) -> R {
        let bits = 64;
        let real = |x: f64| R::rational(&Rational::from_f64(x).unwrap_or_default(), bits);
        let top = eps.upper_end();
        let power = (&top / &real(self.residuals.radius)).powi(bound.1 as i64);
        let growth = (&R::int(1, bits) / &self.formal.rate).scale2(-1);
        let layers = &R::int(1, bits)
            + &(&R::int(1, bits) / &(&(&top * &growth) * &R::int(bound.1 as i64 - 1, bits)));
        (&(&real(bound.0) * &power) * &layers).upper_end()
    }

    /// The truncated Abel function.
    fn series_at(&self, eps: &R) -> R {
        let y = &R::int(1, eps.bits()) / eps;
        let f = &self.formal;
        &(&(&f.rate * &y) + &(&f.log * &y.ln())) + &evaluated(&f.mu, eps)
    }

    /// `A(rho) = lim (y_L/psi_1 + l log y_L - L)`: the Abel function.
    pub fn at(&self, place: &Correlation<R>) -> Option<R> {
        let l = self.land(place, None)?;
        let eps = self.eps(&l.position);
        let rest = self.later(&eps, self.residuals.abel);
        let value = self.series_at(&eps).widened(&rest.to_float());
        Some(&value - &R::int(l.steps as i64, place.bits()))
    }

    /// `eps` where the truncated Abel function takes a large value: Newton's method, and the mean-value theorem.
    fn inverse(&self, target: &R) -> R {
        let bits = target.bits();
        let one = R::int(1, bits);
        let goal = target.midpoint();
        let slope = |eps: &R| evaluated(&self.formal.d, eps);
        let mut y = &goal / &self.formal.rate;
        for _ in 0..200 {
            let eps = &one / &y;
            let step = &(&self.series_at(&eps) - &goal) / &slope(&eps);
            let next = (&y - &step).midpoint();
            // the logarithm may ask for too much at once
            let next = next.max(&y.scale2(-1)).midpoint();
            let small = y.abs().scale2(4 - bits as i32);
            y = next;
            if step.midpoint().abs().compare(&small) != Some(Ordering::Greater) {
                break;
            }
        }
        let error = &self.series_at(&(&one / &y)) - target;
        let near = y.widened(&(&error.abs() * &self.dominant()).upper_end().to_float());
        &one / &(&y - &(&error / &slope(&(&one / &near))))
    }

    /// A bound of `dy/dA` once `dA/dy >= 1/(2 psi_1)`.
    fn dominant(&self) -> R {
        let one = R::int(1, self.formal.rate.bits());
        (&one / &self.formal.rate).scale2(1)
    }

    /// `A'(rho)` near 1.
    fn density(&self, eps: &R) -> R {
        let q = self.formal.q as i64;
        let d = &evaluated(&self.formal.d, eps) / &eps.powi(q + 1);
        if q == 2 { d.scale2(-1) } else { d }
    }

    /// `Q(rho)` near 1, `Q(dual) - Q = rho A'`.
    fn sum(&self, eps: &R) -> R {
        let q = self.formal.q as i64;
        let laurent = &evaluated(&self.formal.sum, eps) / &eps.powi(q + 2);
        &laurent - &(&self.formal.sum_log * &eps.ln())
    }

    /// `1 - S_L` and `T_L` at any depth. `None` where the orbit does not come near 1 in reasonable time.
    pub fn kernels_at(&self, place: &Correlation<R>, depth: &Integer) -> Option<EdgeKernels<R>> {
        self.kernels_from(Landing::start(place), depth)
    }

    /// [`Abel::kernels_at`] for a pair that has passed some layers already.
    pub fn kernels_from(&self, start: Landing<R>, depth: &Integer) -> Option<EdgeKernels<R>> {
        let bits = start.position.bits();
        let one = R::int(1, bits);
        let l = self.landed(start, depth.to_u64())?;
        if *depth == l.steps {
            return Some(EdgeKernels {
                gap: l.position.gap(),
                ntk: l.ntk,
            });
        }
        let q = self.formal.q as i64;
        let more = R::rational(&Rational::from(depth.clone() - l.steps), bits);
        let first = self.eps(&l.position);
        let drift = self.later(&first, self.residuals.abel).to_float();
        let target = &self.series_at(&first).widened(&drift) + &more;
        let last = self.inverse(&target);
        let density = |eps: &R| self.density(eps);
        let sum = |eps: &R| self.sum(eps);
        let correlation = |eps: &R| &one - &eps.powi(q);
        let (d_first, d_last) = (density(&first), density(&last));
        let rest = self.later(&first, self.residuals.sum).to_float();
        let layers = (&sum(&last) - &sum(&first)).widened(&rest);
        let ends = &(&correlation(&last) * &d_last) - &(&correlation(&first) * &d_first);
        let gathered = &layers + &ends;
        let carried = &d_first * &l.ntk;
        let slack = self.later(&first, self.residuals.slope).exp_m1();
        let size = &(&gathered.abs() + &carried.abs()).upper_end() * &slack;
        let ntk = (&gathered + &carried).widened(&size.upper_end().to_float());
        Some(EdgeKernels {
            gap: last.powi(q),
            ntk: &ntk / &d_last,
        })
    }

    /// `kappa` in `T_L = r (L+1) + kappa log(L+1) + C + o(1)`: 3/8 for ReLU.
    pub fn log_rate(&self) -> R {
        let share = R::int(self.formal.q as i64 + 2, self.formal.log.bits());
        -(&self.formal.log / &share)
    }

    /// `C(rho)` in `T_L/(L+1) = 1/(q+2) + (k log(L+1) + C(rho))/(L+1) + o(1/L)`, and `k = -l/(q+2)` (3/8 for ReLU).
    pub fn correction_at(&self, place: &Correlation<R>) -> Option<(R, R)> {
        let f = &self.formal;
        let bits = place.bits();
        let psi = &R::int(1, bits) / &f.rate;
        let share = R::int(f.q as i64 + 2, bits);
        let k = self.log_rate();
        // T = alpha y + beta + ..., alpha psi_1 = 1/(q+2), y = psi_1 (A - l log y - ...)
        let q = R::int(f.q as i64, bits);
        let inner = &f.sum[1] - &(&(&f.sum[0] * &f.log) * &psi);
        let beta = &R::int(1, bits) + &(&(&q * &psi) * &inner);
        let abel = &self.at(place)? - &R::int(1, bits);
        let c = &(&(&abel / &share) + &(&k * &psi.ln())) + &beta;
        Some((c, k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::tests::{dual, holds, place};

    /// Changing over earlier than is good for the precision, the residual is what counts.
    #[test]
    fn the_residual_is_part_of_the_error() {
        let relu = dual("relu", 220);
        let abel = Abel::new(&relu, 220).unwrap();
        let late = abel.at(&place("0", 220)).unwrap();
        holds(&late, "7.235000260090157564978696575487690668267");
        let early = abel.with_entry(relu, abel.entry_for(40));
        let value = early.at(&place("0", 220)).unwrap();
        assert!(value.overlaps(&late), "{value:?} {late:?}");
        assert!((&value.midpoint() - &late).abs().to_f64() > 1e-40);
        assert!(value.rad() < 1e-10);
    }
}
