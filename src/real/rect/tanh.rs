//! The hyperbolic tangent of rectangles: exact ranges of both parts, everywhere.
//!
//! With `c = cos 2y`, `s = sin 2y`, `C = cosh 2x`, `S = sinh 2x`,
//!
//! `tanh(x + iy) = (S + i s) / (C + c)`.
//!
//! * Real part, for `x >= 0` (odd in `x`): falls with `c`; along `x` its derivative has the sign of `1 + cC`, so it
//!   grows throughout for `c >= 0`, and else up to `C = -1/c`, where it is `1/sqrt(1 - c^2)`, and falls from there.
//! * Imaginary part (odd in `y`): where `s >= 0` it falls with `|x|`; along `y` its derivative has the sign of
//!   `1 + Cc`, with one maximum in each period, `1/|S|`.
//!
//! All is written in `q = e^(-2|x|)`, so that an infinite `x` gives the limit: `C + c` is `norm/(2q)` with
//! `norm = (1 - q)^2 + 2q(1 + c)`, a sum of terms that are not negative, and `1 + cC` is `slope/(2q)` with
//! `slope = 2q + c(1 + q^2)`.

use std::cmp::Ordering;

use rug::Float;

use super::Rect;
use crate::real::{Analytic, Interval, Real};

/// `q = e^(-2|x|)` and `1 - q`, both to full relative precision.
struct Decay {
    q: Interval,
    gap: Interval,
}

impl Decay {
    /// At `|x|`; infinity gives the limit.
    fn at(x: &Float) -> Self {
        let bits = x.prec();
        let one = Interval::int(1, bits);
        if x.is_infinite() {
            return Decay {
                q: Interval::zero(bits),
                gap: one,
            };
        }
        let exponent = Interval::point(-(x.clone().abs() << 1u32));
        if *exponent.lo() > -0.5 {
            let gap = -exponent.exp_m1();
            Decay { q: one - &gap, gap }
        } else {
            let q = exponent.exp();
            Decay { gap: one - &q, q }
        }
    }
    fn one(&self) -> Interval {
        Interval::int(1, self.q.bits())
    }
    fn norm(&self, c: &Interval) -> Interval {
        let above = (self.one() + c).nonnegative_part();
        self.gap.square() + (&self.q * above).scale2(1)
    }
    fn slope(&self, c: &Interval) -> Interval {
        c * (self.one() + self.q.square()) + self.q.scale2(1)
    }
    /// `Re tanh(|x| + iy) = (1 - q^2)/norm`.
    fn re(&self, c: &Interval) -> Float {
        let value = &self.gap * (self.one() + &self.q) / self.norm(c);
        value.into_ends().1
    }
    /// The same, rounded down.
    fn re_lower(&self, c: &Interval) -> Float {
        let value = &self.gap * (self.one() + &self.q) / self.norm(c);
        value.into_ends().0
    }
    /// `Im tanh(|x| + iy) = 2qs/norm`, rounded up.
    fn im(&self, end: &End) -> Float {
        let value = (&self.q * &end.sin).scale2(1) / self.norm(&end.cos);
        value.into_ends().1
    }
    /// `1/|sinh 2x| = 2q/(1 - q^2)`, rounded up; undefined for `x = 0`.
    fn largest_im(&self) -> Float {
        let value = self.q.scale2(1) / (&self.gap * (self.one() + &self.q));
        value.into_ends().1
    }
}

/// `sin 2y` and `cos 2y` at an end.
struct End {
    sin: Interval,
    cos: Interval,
}

impl End {
    fn at(y: &Float) -> Self {
        let (sin, cos) = Interval::point(y.clone()).scale2(1).sin_cos();
        End { sin, cos }
    }
    fn mirrored(&self) -> Self {
        End {
            sin: -&self.sin,
            cos: self.cos.clone(),
        }
    }
}

/// The range of `cos 2y`, as points.
struct Cosines {
    least: Interval,
    most: Interval,
}

impl Rect {
    /// `tanh`, not on the real axis; undefined if a pole may be inside.
    pub(super) fn hyperbolic_tangent(&self) -> Self {
        let (sin, cos) = self.im.scale2(1).sin_cos();
        if self.is_undefined() || (self.re.contains_zero() && *cos.lo() <= -1) {
            return Self::undefined(self.bits());
        }
        let (x, y) = (&self.re, &self.im);
        let (at_lo, at_hi) = (Decay::at(x.lo()), Decay::at(x.hi()));
        let cosines = Cosines {
            least: Interval::point(cos.lo().clone()),
            most: Interval::point(cos.hi().clone()),
        };
        let re_hi = largest_re((x.lo(), &at_lo), (x.hi(), &at_hi), &cosines);
        let re_lo = -largest_re(
            (&-x.hi().clone(), &at_hi),
            (&-x.lo().clone(), &at_lo),
            &cosines,
        );

        let (near, far) = if x.lo().cmp_abs(x.hi()) == Some(Ordering::Less) {
            (at_lo, at_hi)
        } else {
            (at_hi, at_lo)
        };
        let near = if x.contains_zero() {
            Decay::at(&Float::new(self.bits()))
        } else {
            near
        };
        // A period or more: both extrema.
        if !y.is_finite() || y.width() >= std::f64::consts::PI {
            let im = Interval::symmetric(near.largest_im());
            return Self::new(Interval::new(re_lo, re_hi), im);
        }
        let (low, high) = (End::at(y.lo()), End::at(y.hi()));
        let im_hi = largest_im(&low, &high, &near, &far, &cosines, *sin.hi() >= 0);
        let (low, high) = (high.mirrored(), low.mirrored());
        let im_lo = -largest_im(&low, &high, &near, &far, &cosines, *sin.lo() <= 0);
        Self::new(Interval::new(re_lo, re_hi), Interval::new(im_lo, im_hi))
    }
}

/// Upper bound of the real part for `x` from `lo` to `hi`.
fn largest_re(
    (lo, at_lo): (&Float, &Decay),
    (hi, at_hi): (&Float, &Decay),
    cos: &Cosines,
) -> Float {
    if *hi >= 0 {
        let c = &cos.least;
        if *c.lo() >= 0 || *at_hi.slope(c).lo() >= 0 {
            return at_hi.re(c);
        }
        if *lo > 0 && *at_lo.slope(c).hi() <= 0 {
            return at_lo.re(c);
        }
        let one = Interval::int(1, c.bits());
        // (1 - c)(1 + c) is zero for c = -1 at the least: then the bound is infinite.
        let sine = ((&one - c) * (one + c)).nonnegative_part().sqrt();
        return if sine.contains_zero() {
            Float::with_val(c.bits(), f64::INFINITY)
        } else {
            sine.recip().into_ends().1
        };
    }
    // All negative, and unimodal along x: the smallest modulus is at an end.
    let (a, b) = (at_lo.re_lower(&cos.most), at_hi.re_lower(&cos.most));
    if a < b { -a } else { -b }
}

/// Upper bound of the imaginary part for `y` from `low` to `high` (less than a period), `|x|` from `near` to
/// `far`; `reaches_up`: somewhere `sin 2y` may be positive or zero.
fn largest_im(
    low: &End,
    high: &End,
    near: &Decay,
    far: &Decay,
    cos: &Cosines,
    reaches_up: bool,
) -> Float {
    let decay = if reaches_up { near } else { far };
    let (a, b) = (decay.im(low), decay.im(high));
    let top = if a < b { b } else { a };
    // Below the axis there is no maximum inside; above, the derivative goes from plus to minus there.
    let monotone = *near.slope(&cos.least).lo() >= 0 || *near.slope(&cos.most).hi() <= 0;
    let only_a_minimum = *near.slope(&low.cos).hi() < 0 && *near.slope(&high.cos).lo() > 0;
    if !reaches_up || monotone || only_a_minimum {
        return top;
    }
    near.largest_im()
}
