//! The dual activation `dual(rho) = E[phi(u) phi(v)] / E[phi(Z)^2]`, `(u, v)` standard Gaussian with correlation `rho`.
//!
//! Normalised, the dual is `sum_n a_n^2 rho^n` with `sum_n a_n^2 = 1` (Mehler; Daniely, Frostig and Singer 2016): a
//! power series with non-negative coefficients, so on `[0, 1]` it is increasing and convex with `dual(1) = 1`, and
//! everywhere `|dual(rho)| <= dual(|rho|)`. Its slope is the dual of `phi'`: `dual'(1) = B'`.
//!
//! A dual always offers [`Dual::at`] and [`Dual::slope_at`], because a step of a recursion in ball arithmetic has to be
//! a mean-value step: `f(mid) +- rad * sup |f'|`. Naive balls lose every digit of deep ReLU by layer 128.

mod angular;
mod closed;
mod composed;
mod gap;
mod gated;
mod origin;
mod prepared;
mod sampled;
mod shifted;
mod taylor;
mod truncated;
mod turn;
mod values;

pub use angular::{Angular, AngularTable, Mesh};
pub use closed::closed_form;
pub(crate) use closed::{polynomial_coefficients, scaled_function};
pub(crate) use composed::parity_of;
pub use composed::{Composed, Skipped};
pub(crate) use gated::gated;
pub use prepared::{derivative_square, prepared};
pub use sampled::{DualPart, Estimate, SamplePlan, SampledDual};
pub use truncated::Truncated;
pub(crate) use truncated::closed_coefficients;
pub(crate) use turn::Turn;
pub use values::{DualValue, values};
pub(crate) use values::{LAST_DEGREE, correlations, resolving_series};

use std::cmp::Ordering;

use crate::hermite::Series;
use crate::real::{Analytic, Ball, Real};

/// A normalised dual, ready to be evaluated.
#[derive(Clone, Debug)]
pub enum Dual<R> {
    /// `phi = a z + b |z|`: `(1 - D) rho + D (2/pi) (sqrt(1 - rho^2) + rho asin(rho))`, `D = b^2/(a^2 + b^2)` (Cho and
    /// Saul 2009, the arc-cosine kernel of degree 1; ReLU has `D = 1/2`).
    ArcCosine(R),
    /// `phi = a + b sign(z)`: `(1 - D) + D (2/pi) asin(rho)`, `D = b^2/(a^2 + b^2)` (Cho and Saul 2009, degree 0).
    ArcSine(R),
    /// `phi = erf(k z)`: `asin(s rho)/asin(s)`, `s = 2 k^2/(1 + 2 k^2)` (Williams 1997).
    Erf(R),
    /// `phi = sin(k z)`: `sinh(s rho)/sinh(s)`, `s = k^2` (characteristic function of a Gaussian).
    Sinh(R),
    /// `phi = cos(k z)`: `cosh(s rho)/cosh(s)`, `s = k^2`.
    Cosh(R),
    /// `phi = exp(k z)`: `exp(s (rho - 1))`, `s = k^2`.
    Exp(R),
    /// `phi = a z + b z erf(k z)` (gelu): `(1 - D) rho + D e(rho)/e(1)`, `D` the share of the even part, with `e` as in the
    /// module `gated` and `sigma = 2 k^2/(1 + 2 k^2)`.
    Gated {
        /// `D`
        share: R,
        /// `sigma`
        sigma: R,
        /// `1 - sigma`
        tau: R,
    },
    /// Hermite series with a bounded rest (no rest for a polynomial).
    Series(Series<R>),
    /// A sum of terms `c x^n e^(a x)` on intervals (relu6, elu, hard_tanh, ...): truncated moments.
    Truncated(Truncated),
    /// `phi = g - m`: `constant + scale (dual_g(rho) - dual_g(0))`, the constant exactly 0 where `E phi = 0` is proved.
    Shifted {
        /// `dual_g`
        inner: Box<Dual<R>>,
        /// `(E phi)^2 / E phi^2`
        constant: R,
        /// `E g^2 / E phi^2`
        scale: R,
    },
    /// Several layers, one after the other.
    Composed(Composed<R>),
    /// A residual layer: a convex combination of `rho` and the dual of the branch.
    Skipped(Skipped<R>),
}

impl<R: Real> Dual<R> {
    /// `dual(rho)` for `-1 <= rho <= 1`; for a ball `rho` an enclosure in mean-value form. The part of a ball beyond
    /// `+-1` is ignored: a correlation is never there.
    pub fn at(&self, rho: &R) -> R {
        match self {
            // each layer takes its own mean-value step
            Dual::Composed(c) => c.at(rho),
            Dual::Skipped(s) => s.at(rho),
            _ => self.mean_value(rho, |x| self.at_point(x)),
        }
    }

    /// The value at the midpoint, widened by `rad * sup |dual'|`; the slope is largest at the end of largest modulus,
    /// since the coefficients are non-negative.
    fn mean_value(&self, rho: &R, f: impl Fn(&R) -> R) -> R {
        let value = f(&clamped(&rho.midpoint()));
        if !R::TRACKS_ERRORS {
            return value;
        }
        let radius = rho.radius();
        if radius.is_zero() {
            return value;
        }
        let far = clamped(&rho.abs().upper_end());
        let slope = self.slope_at(&far);
        let bound = rug::Float::with_val_round(
            64,
            &radius * &slope.upper_end().to_float(),
            rug::float::Round::Up,
        )
        .0;
        value.widened(&bound)
    }

    fn at_point(&self, rho: &R) -> R {
        let bits = rho.bits();
        let one = || R::int(1, bits);
        let two_over_pi = || &R::int(2, bits) / &R::pi(bits);
        match self {
            Dual::ArcCosine(d) => {
                let root = (&one() - &rho.powi(2)).sqrt();
                let kappa = &two_over_pi() * &(&root + &(rho * &rho.asin()));
                &(&(&one() - d) * rho) + &(d * &kappa)
            }
            Dual::ArcSine(d) => &(&one() - d) + &(d * &(&two_over_pi() * &rho.asin())),
            Dual::Erf(s) => &(s * rho).asin() / &s.asin(),
            Dual::Sinh(s) => &sinh(&(s * rho), s) / &sinh(s, s),
            Dual::Cosh(s) => &cosh(&(s * rho), s) / &cosh(s, s),
            Dual::Exp(s) => (s * &(rho - &one())).exp(),
            Dual::Gated { share, sigma, tau } => {
                let part = &gated::even_at(sigma, tau, rho).0 / &gated::even(sigma, tau);
                &(&(&one() - share) * rho) + &(share * &part)
            }
            Dual::Series(s) => s.at(rho),
            Dual::Truncated(t) => t.at(rho),
            Dual::Shifted {
                constant,
                scale,
                inner,
            } => constant + &(scale * &inner.rise_at(rho)),
            Dual::Composed(c) => c.at(rho),
            Dual::Skipped(s) => s.at(rho),
        }
    }

    /// `dual'(rho)` for `-1 <= rho <= 1`; undefined at `+-1` for an activation that jumps.
    pub fn slope_at(&self, rho: &R) -> R {
        let bits = rho.bits();
        let one = || R::int(1, bits);
        let two_over_pi = || &R::int(2, bits) / &R::pi(bits);
        match self {
            Dual::ArcCosine(d) => &(&one() - d) + &(d * &(&two_over_pi() * &clamped(rho).asin())),
            Dual::ArcSine(d) => &(d * &two_over_pi()) / &(&one() - &rho.powi(2)).sqrt(),
            Dual::Erf(s) => &(s / &(&one() - &(s * rho).powi(2)).sqrt()) / &s.asin(),
            Dual::Sinh(s) => &(s * &cosh(&(s * rho), s)) / &sinh(s, s),
            Dual::Cosh(s) => &(s * &sinh(&(s * rho), s)) / &cosh(s, s),
            Dual::Exp(s) => s * &(s * &(rho - &one())).exp(),
            Dual::Gated { share, sigma, tau } => {
                let part = &gated::even_at(sigma, tau, &clamped(rho)).1 / &gated::even(sigma, tau);
                &(&one() - share) + &(share * &part)
            }
            Dual::Series(s) => s.slope_at(rho),
            Dual::Truncated(t) => t.slope_at(&clamped(rho)),
            Dual::Shifted { scale, inner, .. } => scale * &inner.slope_at(rho),
            Dual::Composed(c) => c.slope_at(rho),
            Dual::Skipped(s) => s.slope_at(rho),
        }
    }
}

impl<R: Real> Dual<R> {
    /// Every value is a computation at high precision, so a table pays.
    pub(crate) fn is_slow(&self) -> bool {
        match self {
            Dual::Truncated(_) => true,
            Dual::Shifted { inner, .. } => inner.is_slow(),
            Dual::Composed(c) => c.any(Dual::is_slow),
            Dual::Skipped(s) => s.inner().is_slow(),
            _ => false,
        }
    }
}

impl<R: Real> Dual<R> {
    /// It is not a Hermite series of the largest length: more digits can be had.
    pub(crate) fn may_be_continued(&self) -> bool {
        match self {
            Dual::Series(s) => s.degree() < LAST_DEGREE as usize,
            Dual::Composed(c) => c.layers().iter().all(Dual::may_be_continued),
            Dual::Skipped(s) => s.inner().may_be_continued(),
            _ => true,
        }
    }

    /// More layers than this are not walked to come near a fixed point.
    pub(crate) fn longest_walk(&self) -> u64 {
        if self.is_slow() { 8_000 } else { 400_000 }
    }
}

/// `sinh(x)`, or `e^(-s) sinh(x)` where doubles would overflow: it is divided by another of them.
fn sinh<R: Real>(x: &R, s: &R) -> R {
    if R::TRACKS_ERRORS || s.to_f64() < LARGE {
        return x.sinh();
    }
    if x.sign() == Some(Ordering::Less) {
        return -sinh(&-x, s);
    }
    -(&(x - s).exp().scale2(-1) * &(-x.scale2(1)).exp_m1())
}

/// As [`sinh`].
fn cosh<R: Real>(x: &R, s: &R) -> R {
    if R::TRACKS_ERRORS || s.to_f64() < LARGE {
        return x.cosh();
    }
    let x = x.abs();
    &(&x - s).exp().scale2(-1) * &(R::int(1, s.bits()) + &(-x.scale2(1)).exp())
}

/// Beyond this doubles would overflow soon. (MPFR's exponents are wider.)
const LARGE: f64 = 300.0;

/// The intersection of a value that is known to be a correlation with `[-1, 1]`.
fn clamped<R: Real>(rho: &R) -> R {
    let one = R::int(1, rho.bits());
    if rho.abs().compare(&one) == Some(Ordering::Less) {
        rho.clone()
    } else {
        rho.min(&one).max(&-one)
    }
}

/// The attracting fixed point `c*` in `[0, 1)` of a dual with `dual(0) > 0` and `B' > 1`, and the multiplier
/// `dual'(c*)`, both proved.
///
/// `F(rho) = dual(rho) - rho` is convex with `F(0) > 0`; once a point `b < 1` with `F(b) < 0` is found there is exactly
/// one zero in `(0, b)`, none in `(b, 1)`, and there `dual' < 1`. Bisection, then the interval Newton operator
/// `mid - F(mid)/(dual'(X) - 1)`.
pub fn attracting_fixed_point(dual: &Dual<Ball>, bits: u32) -> Option<(Ball, Ball)> {
    let f = |x: &Ball| &dual.at(x) - x;
    let one = Ball::int(1, bits);
    // F < 0 to the right of c*
    let mut low = Ball::int(0, bits);
    let mut high = (1..bits as i32 / 2)
        .map(|j| &one - &one.scale2(-j))
        .find(|b| f(b).sign() == Some(Ordering::Less))?;
    for _ in 0..2 * bits {
        let slope_high = dual.slope_at(&high);
        if slope_high.compare(&one) == Some(Ordering::Less) && (&high - &low).to_f64() < 0.05 {
            break;
        }
        let middle = (&low + &high).scale2(-1).midpoint();
        match f(&middle).sign() {
            Some(Ordering::Greater) => low = middle,
            Some(Ordering::Less) => high = middle,
            _ => break,
        }
    }
    let mut x = low.hull(&high);
    for _ in 0..64 {
        let slopes = dual
            .slope_at(&x.lower_end())
            .hull(&dual.slope_at(&x.upper_end()));
        let contraction = &slopes - &one;
        if contraction.sign() != Some(Ordering::Less) {
            return None;
        }
        let middle = x.midpoint();
        let next = &middle - &(&f(&middle) / &contraction);
        // the operator's image contains the zero; keep the intersection, as long as it shrinks
        let narrowed = next.intersect(&x)?;
        if narrowed.rad() * 2u32 > x.rad() {
            x = narrowed;
            break;
        }
        x = narrowed;
    }
    let multiplier = dual
        .slope_at(&x.lower_end())
        .hull(&dual.slope_at(&x.upper_end()));
    Some((x, multiplier))
}

/// `1 - c*` of the attracting fixed point and its multiplier, with about `wanted` relative bits, where `c*` may be so near 1 that
/// it has none: for `dual(0) > 0` and `B' > 1`. Since `1 - dual(1 - t)` is concave in `t` and vanishes at 0, it crosses `t` once:
/// a change of sign encloses the place.
pub fn fixed_point_gap(dual: &Dual<Ball>, wanted: u32) -> Option<(Ball, Ball)> {
    let excess = |t: &Ball| dual.gap(t) - t;
    // bracket in powers of two
    let coarse = |j: i32| {
        let t = Ball::int(1, 128 + 2 * j as u32).scale2(-j);
        excess(&t).sign()
    };
    let last = coarse(0)?;
    if last != Ordering::Less {
        return None;
    }
    let j = (1..LAST_POWER).find(|j| coarse(*j) == Some(Ordering::Greater))?;
    let bits = wanted + 2 * j as u32 + 64;
    let (mut low, mut high) = (
        Ball::int(1, bits).scale2(-j),
        Ball::int(1, bits).scale2(1 - j),
    );
    // Newton from below overshoots, from above it does not: the chord from the left end and the tangent on the right enclose
    for _ in 0..LAST_STEP {
        let small = rug::Float::with_val(64, low.mid() >> (wanted + 4));
        if (&high - &low).magnitude() <= small {
            break;
        }
        let slope = dual.slope_at_gap(&high) - &Ball::int(1, bits);
        let tangent = &high - &(&excess(&high) / &slope);
        let (left, right) = (excess(&low), excess(&high));
        let chord = &low + &(&(&left * &(&high - &low)) / &(&left - &right));
        let mut narrowed = false;
        // a little to the outside, and the middle where that wins nothing
        let guard = (&high - &low).scale2(-16).abs();
        for x in [
            &chord - &guard,
            &tangent + &guard,
            (&low + &high).scale2(-1),
        ] {
            let x = x.midpoint();
            let inside =
                low.compare(&x) == Some(Ordering::Less) && x.compare(&high) == Some(Ordering::Less);
            if !inside {
                continue;
            }
            match excess(&x).sign() {
                Some(Ordering::Greater) => low = x,
                Some(Ordering::Less) => high = x,
                _ => continue,
            }
            narrowed = true;
        }
        if !narrowed {
            break;
        }
    }
    let multiplier = dual.slope_at_gap(&low).hull(&dual.slope_at_gap(&high));
    Some((low.hull(&high), multiplier))
}

/// `1 - c* < 2^-LAST_POWER` is not looked for.
const LAST_POWER: i32 = 128;
/// Steps towards `1 - c*`.
const LAST_STEP: u32 = 200;
