//! Square root and inverse circular functions of rectangles.

use rug::Float;
use rug::float::Round;

use super::{Rect, angle_in_right_half, over_norm};
use crate::real::rounding::Pending;
use crate::real::{Analytic, Bits, Interval, Real};

impl Rect {
    /// `u + iv` with `u = sqrt((|z| + x)/2)`, `v = +-sqrt((|z| - x)/2)`: `u` grows with `x` and `|y|`, `v` grows
    /// with `y`, and `|v|` falls with `x`.
    pub(super) fn principal_sqrt(&self) -> Self {
        let bits = self.bits();
        if self.is_undefined() || self.meets_negative_axis() {
            return Self::undefined(bits);
        }
        if self.is_real() {
            return Self::real(self.re.sqrt());
        }
        let (x, y) = (&self.re, &self.im);
        let re = Interval::new(
            sqrt_at(x.lo(), &y.mig(), bits).0.into_ends().0,
            sqrt_at(x.hi(), &y.mag(), bits).0.into_ends().1,
        );
        let for_lo = if *y.lo() >= 0 { x.hi() } else { x.lo() };
        let for_hi = if *y.hi() >= 0 { x.lo() } else { x.hi() };
        let im = Interval::new(
            sqrt_at(for_lo, y.lo(), bits).1.into_ends().0,
            sqrt_at(for_hi, y.hi(), bits).1.into_ends().1,
        );
        Self::new(re, im)
    }

    /// `Re = atan2(x, Re(sqrt(1-z) sqrt(1+z)))`, `Im = asinh(Im(conj(sqrt(1-z)) sqrt(1+z)))`
    /// [W. Kahan, Branch cuts for complex elementary functions, 1987]. Off the rays neither root meets
    /// its cut.
    pub(super) fn inverse_sine(&self) -> Self {
        let bits = self.bits();
        let inside = *self.re.lo() > -1 && *self.re.hi() < 1;
        if self.is_undefined() || (self.im.contains_zero() && !inside) {
            return Self::undefined(bits);
        }
        if self.is_real() {
            return Self::real(self.re.asin());
        }
        let one = Self::int(1, bits);
        let left = (&one - self).principal_sqrt();
        let right = (one + self).principal_sqrt();
        let cos = &left.re * &right.re - &left.im * &right.im;
        let sinh = &left.re * &right.im - &left.im * &right.re;
        if cos.is_undefined() || sinh.is_undefined() {
            return Self::undefined(bits);
        }
        // The cosine of the result is positive in truth: what the enclosure holds below zero is void.
        let re = angle_in_right_half(&cos.nonnegative_part(), &self.re);
        Self::new(re, sinh.asinh())
    }

    /// `Re = (arg(1 + iz) - arg(1 - iz))/2`, `Im = log(1 + 4y/(x^2 + (1-y)^2))/4` for `y >= 0` and mirrored below.
    pub(super) fn inverse_tangent(&self) -> Self {
        let bits = self.bits();
        let inside = *self.im.lo() > -1 && *self.im.hi() < 1;
        if self.is_undefined() || (self.re.contains_zero() && !inside) {
            return Self::undefined(bits);
        }
        if self.is_real() {
            return Self::real(self.re.atan());
        }
        let one = Interval::int(1, bits);
        let above = Rect {
            re: &one - &self.im,
            im: self.re.clone(),
        };
        let below = Rect {
            re: one + &self.im,
            im: -&self.re,
        };
        let re = (above.arg() - below.arg()).scale2(-1);
        // Never beyond +-pi/2, and on the side of x.
        let zero = Float::new(bits);
        let quarter = Interval::pi(bits).scale2(-1).into_ends().1;
        let re = re.intersect(&if *self.re.lo() >= 0 {
            Interval::new(zero.clone(), quarter)
        } else if *self.re.hi() <= 0 {
            Interval::new(-quarter, zero.clone())
        } else {
            Interval::symmetric(quarter)
        });
        let im = if *self.im.lo() >= 0 {
            atanh_part(&self.re, &self.im)
        } else if *self.im.hi() <= 0 {
            -atanh_part(&self.re, &-&self.im)
        } else {
            let up = Interval::new(zero.clone(), self.im.hi().clone());
            let down = Interval::new(zero, -self.im.lo().clone());
            atanh_part(&self.re, &up).hull(&-atanh_part(&self.re, &down))
        };
        Self::new(re, im)
    }
}

/// `log(1 + 4y/(x^2 + (1-y)^2))/4` for `y >= 0`. For unbounded `y` with `t = y - 1` as
/// `4y/(x^2 + t^2) = 4 t/(x^2 + t^2) + 4/(x^2 + t^2)`, where each term is bounded.
fn atanh_part(x: &Interval, y: &Interval) -> Interval {
    let t = y - Interval::int(1, y.bits());
    let norm = x.square() + t.square();
    let ratio = if y.is_finite() {
        y / norm
    } else {
        over_norm(&t, x) + norm.recip()
    };
    ratio.scale2(2).nonnegative_part().ln_1p().scale2(-2)
}

/// `sqrt(x + iy)` at a point (an infinite coordinate stands for the limit), not on `(-inf, 0]`.
fn sqrt_at(x: &Float, y: &Float, bits: Bits) -> (Interval, Interval) {
    let end = |infinite: bool| {
        if infinite {
            // A number beyond MPFR's finite ones and above.
            Interval::new(largest(bits), Float::with_val(bits, f64::INFINITY))
        } else {
            Interval::zero(bits)
        }
    };
    let signed = |v: Interval| if y.is_sign_negative() { -v } else { v };
    if y.is_infinite() {
        return (end(true), signed(end(true)));
    }
    if x.is_infinite() {
        let right = x.is_sign_positive();
        return (end(right), signed(end(!right)));
    }
    let (modulus, exact) = x.hypot_ref(y).rounded(bits, Round::Down);
    let mut above = modulus.clone();
    if exact != std::cmp::Ordering::Equal {
        above.next_up();
    }
    let modulus = Interval::new(modulus, above);
    let (px, py) = (Interval::point(x.clone()), Interval::point(y.clone()));
    if *x >= 0 {
        let u = (modulus + px).scale2(-1).sqrt();
        let v = py / u.scale2(1);
        (u, v)
    } else {
        let v = (modulus - px).scale2(-1).sqrt();
        let u = py.abs() / v.scale2(1);
        (u, signed(v))
    }
}

/// The largest finite number.
fn largest(bits: Bits) -> Float {
    let mut x = Float::with_val(bits, f64::INFINITY);
    x.next_down();
    x
}
