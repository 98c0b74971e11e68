//! The dual near `rho = 1`, as a function of the gap `t = 1 - rho`.
//!
//! `1 - rho` has digits there that `rho` has lost: a double `rho = 1 - 1e-14` has two of them. So `1 - dual(1 - t)` is
//! evaluated without subtracting anything from 1, with full **relative** accuracy for every variant:
//!
//! | variant | `1 - dual(1 - t)` |
//! |---|---|
//! | arc-cosine | `t - D (2/pi) (sin(theta) - theta cos(theta))`, `cos(theta) = 1 - t`; for small `t` a series |
//! | arc-sine | `D (2/pi) theta` |
//! | erf | `asin(s t s (2 - t) / (a c_b + b c_a)) / asin(s)`, `a = s`, `b = s (1 - t)`, `c_a = sqrt(1 - a^2)` |
//! | sinh | `(1 + e^(-s (2 - t))) (1 - e^(-s t)) / (1 - e^(-2 s))` |
//! | cosh | `(1 - e^(-s (2 - t))) (1 - e^(-s t)) / (1 + e^(-2 s))` |
//! | exp | `1 - e^(-s t)` |
//! | gated | see `gated` |
//! | truncated | `(E phi^2 - E phi(u) phi(v))/E phi^2` at more bits, in the angle (`truncated`) |
//! | layers together | gap by gap; a skip mixes the two gaps |
//! | series | `t sum_j (sum_{n > j} c_n) (1 - t)^j` ([`crate::hermite::Series::gap`]) |

use std::cmp::Ordering;

use rug::Float;
use rug::float::Round;

use super::Dual;
use super::gated::{even, even_gap};
use crate::real::Real;

impl<R: Real> Dual<R> {
    /// `1 - dual(1 - t)` for `0 <= t <= 2`, with full relative accuracy for `t <= 1`; in ball arithmetic an enclosure in
    /// mean-value form. (For a series with a rest the accuracy is that of its `tail` and `slope_tail`.)
    ///
    /// ```
    /// use deeplimit::dual::Dual;
    /// let relu = Dual::ArcCosine(0.5);
    /// let t = 1e-14;
    /// // 1 - dual(1 - t) = t - (2 sqrt(2)/(3 pi)) t^(3/2) + O(t^(5/2))
    /// let expected = t - 8f64.sqrt() / (3.0 * std::f64::consts::PI) * t * t.sqrt();
    /// assert!((relu.gap(&t) / expected - 1.0).abs() < 4e-16);
    /// assert!(((1.0 - relu.at(&(1.0 - t))) / expected - 1.0).abs() > 1e-4);
    /// ```
    pub fn gap(&self, t: &R) -> R {
        self.gap_with_slope(t).0
    }

    /// `dual'(1 - t)` for `0 <= t <= 2`.
    pub fn slope_at_gap(&self, t: &R) -> R {
        if t.sign() == Some(Ordering::Less) || t.sign().is_none() && R::TRACKS_ERRORS {
            // The slope does not increase with t as long as t <= 1, and a ball that reaches below 0 is small.
            let zero = R::int(0, t.bits());
            return hull(
                &self.slope_at_gap_point(&zero),
                &self.slope_at_gap_point(&t.upper_end()),
            );
        }
        self.slope_at_gap_point(t)
    }

    /// [`Dual::gap`] and [`Dual::slope_at_gap`] at once: what a layer of a recursion needs. The slope over the ball is also
    /// what bounds the radius of the value.
    pub fn gap_with_slope(&self, t: &R) -> (R, R) {
        let slope = self.slope_at_gap(t);
        if !R::TRACKS_ERRORS {
            return (self.gap_at_point(t), slope);
        }
        let middle = t.midpoint();
        let middle = if middle.sign() == Some(Ordering::Less) {
            R::int(0, t.bits())
        } else {
            middle
        };
        let value = self.gap_at_point(&middle);
        let radius = t.radius();
        if radius.is_zero() {
            return (value, slope);
        }
        let bound = up(&radius, &slope.abs().upper_end().to_float());
        (value.widened(&bound), slope)
    }

    /// `dual(rho)` and `dual'(rho)` at once, the value in mean-value form.
    pub fn at_with_slope(&self, rho: &R) -> (R, R) {
        let slope = self.slope_at(rho);
        if !R::TRACKS_ERRORS || rho.radius().is_zero() {
            return (self.at(rho), slope);
        }
        let value = self.at(&super::clamped(&rho.midpoint()));
        let bound = up(&rho.radius(), &slope.abs().upper_end().to_float());
        (value.widened(&bound), slope)
    }

    /// `dual(-1 + u)` and the slope there for a point `0 <= u <= 1`, from `u` and not from the rounded `-1 + u`: piecewise
    /// linear activations have a singularity like `u^(3/2)` there, those that jump one like `u^(1/2)`.
    ///
    /// Arc-cosine: `dual(rho) - dual(-rho) = 2 (1 - D) rho`; arc-sine: `dual(rho) + dual(-rho) = 2 (1 - D)`.
    pub fn opposite_with_slope(&self, u: &R) -> (R, R) {
        let bits = u.bits();
        let one = R::int(1, bits);
        let two_over_pi = || R::int(2, bits) / R::pi(bits);
        match self {
            Dual::ArcCosine(d) => {
                let even = &d.scale2(1) - &one;
                let value = &(&even * &(&one - u)) + &(d * &bend(u));
                (value, &(&(d * &two_over_pi()) * &angle(u)) - &even)
            }
            Dual::ArcSine(d) => {
                let (gap, slope) = self.gap_with_slope(u);
                (&(&one - &d.scale2(1)) + &gap, slope)
            }
            Dual::Shifted {
                inner,
                constant,
                scale,
            } => {
                let (value, slope) = inner.opposite_with_slope(u);
                let rise = value - &inner.at(&R::int(0, bits));
                (constant + &(scale * &rise), scale * &slope)
            }
            Dual::Truncated(d) => d.opposite(u),
            Dual::Composed(c) => c.opposite(u),
            Dual::Skipped(s) => s.opposite(u),
            _ => self.at_with_slope(&(u - &one)),
        }
    }

    /// At a point `t >= 0`.
    fn gap_at_point(&self, t: &R) -> R {
        let bits = t.bits();
        let one = R::int(1, bits);
        if let Dual::Truncated(d) = self {
            return d.gap(t);
        }
        // beyond rho = 0 there is nothing to be kept
        if t.compare(&one) == Some(Ordering::Greater) {
            return &one - &self.at(&(&one - t));
        }
        let two = R::int(2, bits);
        let two_minus_t = &two - t;
        match self {
            Dual::ArcCosine(d) => t - &(d * &bend(t)),
            Dual::ArcSine(d) => &(d * &(&two / &R::pi(bits))) * &angle(t),
            Dual::Erf(s) => {
                let b = s * &(&one - t);
                let cosine = |x: &R| (&(&one - x) * &(&one + x)).sqrt();
                let sum = &(s * &cosine(&b)) + &(&b * &cosine(s));
                let sine = &(&(s * t) * &(s * &two_minus_t)) / &sum;
                &sine.asin() / &s.asin()
            }
            Dual::Sinh(s) => {
                let far = &one + &(-(s * &two_minus_t)).exp();
                &(&far * &(-(s * t)).exp_m1()) / &(-s.scale2(1)).exp_m1()
            }
            Dual::Cosh(s) => {
                let far = (-(s * &two_minus_t)).exp_m1();
                &(&far * &(-(s * t)).exp_m1()) / &(&one + &(-s.scale2(1)).exp())
            }
            Dual::Exp(s) => -(-(s * t)).exp_m1(),
            Dual::Gated { share, sigma, tau } => {
                let part = &even_gap(sigma, tau, t).0 / &even(sigma, tau);
                &(&(&one - share) * t) + &(share * &part)
            }
            Dual::Series(s) => s.gap(t),
            Dual::Truncated(d) => d.gap(t),
            // 1 = constant + scale (1 - dual_g(0))
            Dual::Shifted { scale, inner, .. } => scale * &inner.gap_at_point(t),
            Dual::Composed(c) => c.gap(t),
            Dual::Skipped(s) => s.gap(t),
        }
    }

    fn slope_at_gap_point(&self, t: &R) -> R {
        let bits = t.bits();
        let one = R::int(1, bits);
        let two_over_pi = || R::int(2, bits) / R::pi(bits);
        match self {
            Dual::ArcCosine(d) => &one - &(&(d * &two_over_pi()) * &angle(t)),
            Dual::ArcSine(d) => &(d * &two_over_pi()) / &(t * &(&R::int(2, bits) - t)).sqrt(),
            // cosh(s rho)/sinh(s) with the exponent -s t, which has the digits of t
            Dual::Sinh(s) => {
                let sum = &one + &(-(s * &(&one - t)).scale2(1)).exp();
                let scale = &(-(s * t)).exp() / &-(-s.scale2(1)).exp_m1();
                &(s * &scale) * &sum
            }
            Dual::Cosh(s) => {
                let difference = -(-(s * &(&one - t)).scale2(1)).exp_m1();
                let scale = &(-(s * t)).exp() / &(&one + &(-s.scale2(1)).exp());
                &(s * &scale) * &difference
            }
            Dual::Exp(s) => s * &(-(s * t)).exp(),
            Dual::Gated { share, sigma, tau } => {
                if t.compare(&one) == Some(Ordering::Greater) {
                    return self.slope_at(&(&one - t));
                }
                let part = &even_gap(sigma, tau, t).1 / &even(sigma, tau);
                &(&one - share) + &(share * &part)
            }
            Dual::Shifted { scale, inner, .. } => scale * &inner.slope_at_gap_point(t),
            Dual::Truncated(d) => d.slope_at_gap(t),
            Dual::Composed(c) => c.slope_at_gap(t),
            Dual::Skipped(s) => s.slope_at_gap(t),
            Dual::Erf(_) | Dual::Series(_) => self.slope_at(&(&one - t)),
        }
    }
}

/// `theta = acos(1 - t) = 2 asin(sqrt(t/2))`.
fn angle<R: Real>(t: &R) -> R {
    let half_chord = t.scale2(-1).sqrt();
    if half_chord.compare(&R::int(1, t.bits())) == Some(Ordering::Less) {
        half_chord.asin().scale2(1)
    } else {
        // rho = -1, where the ball may reach beyond
        (&R::int(1, t.bits()) - t)
            .max(&R::int(-1, t.bits()))
            .min(&R::int(1, t.bits()))
            .acos()
    }
}

/// `(2/pi) (sin(theta) - theta cos(theta))` at a point `0 <= t <= 1`, `cos(theta) = 1 - t`.
///
/// For small `t` it is `(2/pi) sqrt(2) t^(3/2) sum_k e_k t^k / (k + 3/2)` with
/// `e_k = (2k)!/(8^k k!^2 (2k + 1)) <= 2^-k`, from `theta = sqrt(2t) sum_k e_k t^k` (the series of the arc sine) and
/// `d/dt (sin(theta) - theta cos(theta)) = theta`.
fn bend<R: Real>(t: &R) -> R {
    let bits = t.bits();
    let two_over_pi = R::int(2, bits) / R::pi(bits);
    let size = t.to_f64();
    if size > SMALL {
        let one = R::int(1, bits);
        let theta = angle(t);
        let sine = (t * &(&R::int(2, bits) - t)).sqrt();
        return &two_over_pi * &(&sine - &(&theta * &(&one - t)));
    }
    // t <= 2^-e
    let e = if size > 1e-300 {
        (-size.log2()).floor() - 1e-9
    } else {
        900.0
    };
    let terms = (f64::from(bits + 4) / (e + 1.0)).ceil().max(1.0) as i64;
    let (mut term, mut sum) = (R::int(2, bits), R::int(0, bits));
    for k in 0..terms {
        // e_k t^k / (k + 3/2) = 2 e_k t^k / (2k + 3)
        sum = sum + &(&term / &R::int(2 * k + 3, bits));
        let ratio = R::int((2 * k + 1).pow(2), bits) / R::int(4 * (k + 1) * (2 * k + 3), bits);
        term = &(term * t) * &ratio;
    }
    if R::TRACKS_ERRORS {
        // what follows is at most sum_{k >= terms} (t/2)^k <= 2 (t/2)^terms
        let exponent = ((e + 1.0) * terms as f64).floor() as i64 - 2;
        let rest = Float::with_val(32, 1) >> exponent.clamp(0, 1 << 29) as u32;
        sum = sum.widened(&rest);
    }
    &(&two_over_pi * &sum) * &(t * &t.scale2(1).sqrt())
}

/// Below this the series is taken: above, `sin(theta) - theta cos(theta)` loses no more than the rounding of `t` does.
const SMALL: f64 = 0.03125;

/// `|a b|` rounded up.
fn up(a: &Float, b: &Float) -> Float {
    if a.is_zero() || b.is_zero() {
        return Float::new(64);
    }
    Float::with_val_round(64, a * b, Round::Up).0
}

/// A value around two.
fn hull<R: Real>(a: &R, b: &R) -> R {
    let middle = (a + b).scale2(-1);
    let half = (a - b).abs().scale2(-1).upper_end().to_float();
    let slack = a.radius().max(&b.radius()).clone();
    middle.widened(&half).widened(&slack)
}
