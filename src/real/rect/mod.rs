//! Complex rectangles, possibly unbounded: for bounds of analytic functions over regions of the plane.

mod erf;
mod functions;
mod inverse;
#[cfg(test)]
mod series;
mod tanh;
#[cfg(test)]
mod tests;

use rug::Float;
use rug::float::Round;

use super::operators::{Arithmetic, binary_operator, operators};
use super::rounding::Pending;
use super::{Analytic, Bits, Interval};

/// The complex numbers `x + iy` with `x` in `re` and `y` in `im`; each side may be unbounded.
///
/// Promise (proved): the result of an operation contains `f(z)` for **every** `z` in the argument, where
/// `f` (principal branch) is **analytic** on the whole argument; else the result is undefined: a
/// divisor that holds zero, `ln`, `sqrt` and fractional powers of a rectangle that meets `(-inf, 0]`,
/// `asin` and `acos` on the real rays `|x| >= 1`, `atan` and `asinh` on the imaginary rays `|y| >= 1`, `tan`
/// and `tanh` where a pole may be inside. A rectangle on the real axis (`im` exactly zero) stays there
/// and is as tight as an [`Interval`].
///
/// ```
/// use deeplimit::real::{Analytic, Interval, Rect};
/// use rug::Float;
/// // exp on { Re z <= 0 } stays in the unit disc, however far up and down.
/// let left = Interval::new(Float::with_val(64, f64::NEG_INFINITY), Float::new(64));
/// let z = Rect::new(left, Interval::whole(64));
/// assert_eq!(*z.exp().re().hi(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Rect {
    re: Interval,
    im: Interval,
}

impl Rect {
    /// `re + i im`, undefined if a side is.
    pub fn new(re: Interval, im: Interval) -> Self {
        if re.is_undefined() || im.is_undefined() {
            return Self::undefined(re.bits().max(im.bits()));
        }
        Rect { re, im }
    }
    /// An interval of the real axis.
    pub fn real(re: Interval) -> Self {
        let im = Interval::zero(re.bits());
        Self::new(re, im)
    }
    /// The plane.
    pub fn whole(bits: Bits) -> Self {
        Rect {
            re: Interval::whole(bits),
            im: Interval::whole(bits),
        }
    }
    /// The real parts.
    pub fn re(&self) -> &Interval {
        &self.re
    }
    /// The imaginary parts.
    pub fn im(&self) -> &Interval {
        &self.im
    }
    /// Nothing is known, not even that there is a value.
    pub fn is_undefined(&self) -> bool {
        self.re.is_undefined() || self.im.is_undefined()
    }
    /// On the real axis: the imaginary part is exactly zero.
    pub fn is_real(&self) -> bool {
        self.im.is_zero()
    }
    /// Bounds of `|z|`.
    pub fn modulus(&self) -> Interval {
        if self.is_real() {
            return super::Real::abs(&self.re);
        }
        let bits = self.bits();
        if self.is_undefined() {
            return Interval::undefined(bits);
        }
        Interval::of_ends(
            self.re.mig().hypot_ref(&self.im.mig()).down(bits),
            self.re.mag().hypot_ref(&self.im.mag()).up(bits),
        )
    }
    /// The principal argument in `(-pi, pi]`; undefined if the rectangle meets `(-inf, 0]`.
    pub fn arg(&self) -> Interval {
        let bits = self.bits();
        let (x, y) = (&self.re, &self.im);
        if self.is_undefined() || self.meets_negative_axis() {
            Interval::undefined(bits)
        } else if *x.lo() >= 0 {
            angle_in_right_half(x, y)
        } else if *y.lo() > 0 {
            angle_in_upper_half(x, y)
        } else {
            -angle_in_upper_half(x, &-y)
        }
    }
    /// The mirror image in the real axis.
    pub fn conj(&self) -> Self {
        Rect {
            re: self.re.clone(),
            im: -&self.im,
        }
    }
    /// Zero is a member.
    pub fn contains_zero(&self) -> bool {
        self.re.contains_zero() && self.im.contains_zero()
    }
    /// `x + iy` is a member. (`false` for an undefined rectangle.)
    pub fn contains(&self, x: &Float, y: &Float) -> bool {
        self.re.contains(x) && self.im.contains(y)
    }
    /// Every member of `other` is a member.
    pub fn encloses(&self, other: &Self) -> bool {
        self.re.encloses(&other.re) && self.im.encloses(&other.im)
    }
    /// The smallest rectangle around both.
    pub fn hull(&self, other: &Self) -> Self {
        Self::new(self.re.hull(&other.re), self.im.hull(&other.im))
    }
    /// The common members; undefined if there are none.
    pub fn intersect(&self, other: &Self) -> Self {
        Self::new(self.re.intersect(&other.re), self.im.intersect(&other.im))
    }
    /// `z^2 = (x^2 - y^2, 2xy)`, with squares that are not negative.
    pub fn square(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.square());
        }
        Rect {
            re: self.re.square() - self.im.square(),
            im: super::Real::scale2(&(&self.re * &self.im), 1),
        }
    }
    /// `1/z = (x - iy)/(x^2 + y^2)`, undefined if zero is a member. Both parts are the exact ranges of
    /// `x/(x^2 + y^2)` and `-y/(x^2 + y^2)` over the rectangle (up to rounding): the half plane
    /// `Re z >= a > 0` gives the rectangle around the disc `|w - 1/(2a)| <= 1/(2a)`.
    pub fn recip(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.recip());
        }
        if self.is_undefined() || self.contains_zero() {
            return Self::undefined(self.bits());
        }
        Rect {
            re: over_norm(&self.re, &self.im),
            im: -over_norm(&self.im, &self.re),
        }
    }

    fn meets_negative_axis(&self) -> bool {
        self.im.contains_zero() && *self.re.lo() <= 0
    }
    /// `iz`.
    fn turned_left(&self) -> Self {
        Rect {
            re: -&self.im,
            im: self.re.clone(),
        }
    }
    /// `-iz`.
    fn turned_right(&self) -> Self {
        Rect {
            re: self.im.clone(),
            im: -&self.re,
        }
    }
    /// `r (cos t + i sin t)`.
    fn polar(r: &Interval, t: &Interval) -> Self {
        let (sin, cos) = t.sin_cos();
        Self::new(r * cos, r * sin)
    }
}

/// Range of `x/(x^2 + y^2)`, zero excluded from the rectangle.
pub(super) fn over_norm(x: &Interval, y: &Interval) -> Interval {
    let bits = x.bits().max(y.bits());
    let (near, far) = (y.mig(), y.mag());
    let hi = largest_over_norm(x.lo(), x.hi(), &near, &far, bits);
    let mirror = -x;
    let lo = largest_over_norm(mirror.lo(), mirror.hi(), &near, &far, bits);
    Interval::of_ends(-lo, hi)
}

/// Upper bound of `x/(x^2 + t^2)` for `lo <= x <= hi`, `near <= t <= far`.
///
/// For fixed `x > 0` it falls with `t`; along `t = near` it grows up to `x = near`, where it is `1/(2 near)`,
/// and falls from there. For `x < 0` all is mirrored: `t = far`, and the maximum is at an end.
fn largest_over_norm(lo: &Float, hi: &Float, near: &Float, far: &Float, bits: Bits) -> Float {
    let norm = |x: &Float, t: &Float, round| (x * x + t * t).rounded(bits, round).0;
    if *hi > 0 {
        let start_is_right_of_top = lo > near;
        if !start_is_right_of_top && near <= hi && !near.is_zero() {
            return near.recip_ref().up(bits) >> 1u32;
        }
        // Not both `lo <= 0` and `near = 0` (zero would be a member), so x is positive.
        let x = if hi < near { hi } else { lo };
        return (x / &norm(x, near, Round::Down)).up(bits);
    }
    if hi.is_zero() || lo.is_infinite() || far.is_infinite() {
        return Float::new(bits);
    }
    let at_hi = (hi / &norm(hi, far, Round::Up)).up(bits);
    let at_lo = (lo / &norm(lo, far, Round::Up)).up(bits);
    if at_lo > at_hi { at_lo } else { at_hi }
}

/// Angles of the points with `x` in the non-negative interval `x`: the angle grows with `y`, and with
/// `x` it tends to zero. At the origin itself the angle counts as zero.
fn angle_in_right_half(x: &Interval, y: &Interval) -> Interval {
    let bits = x.bits().max(y.bits());
    let for_hi = if *y.hi() >= 0 { x.lo() } else { x.hi() };
    let for_lo = if *y.lo() >= 0 { x.hi() } else { x.lo() };
    Interval::of_ends(
        y.lo().atan2_ref(&unsigned(for_lo)).down(bits),
        y.hi().atan2_ref(&unsigned(for_hi)).up(bits),
    )
}

/// Angles for positive `y`: they fall with `x`, and tend to `pi/2` with growing `y`.
fn angle_in_upper_half(x: &Interval, y: &Interval) -> Interval {
    let bits = x.bits().max(y.bits());
    let for_hi = if *x.lo() >= 0 { y.hi() } else { y.lo() };
    let for_lo = if *x.hi() >= 0 { y.lo() } else { y.hi() };
    Interval::of_ends(
        for_lo.atan2_ref(x.hi()).down(bits),
        for_hi.atan2_ref(x.lo()).up(bits),
    )
}

/// The same number, `0` for `-0`: `atan2` makes a difference of `pi` of that.
fn unsigned(x: &Float) -> Float {
    if x.is_zero() {
        Float::new(x.prec())
    } else {
        x.clone()
    }
}

impl Arithmetic for Rect {
    fn negated(self) -> Self {
        Rect {
            re: -self.re,
            im: -self.im,
        }
    }
    fn sum(&self, other: &Self) -> Self {
        Rect {
            re: &self.re + &other.re,
            im: &self.im + &other.im,
        }
    }
    fn sum_into(self, other: &Self) -> Self {
        Rect {
            re: self.re + &other.re,
            im: self.im + &other.im,
        }
    }
    fn difference(&self, other: &Self) -> Self {
        Rect {
            re: &self.re - &other.re,
            im: &self.im - &other.im,
        }
    }
    fn difference_into(self, other: &Self) -> Self {
        Rect {
            re: self.re - &other.re,
            im: self.im - &other.im,
        }
    }
    fn product(&self, other: &Self) -> Self {
        match (self.is_real(), other.is_real()) {
            (true, true) => Self::real(&self.re * &other.re),
            (true, false) => Self::new(&self.re * &other.re, &self.re * &other.im),
            (false, true) => Self::new(&self.re * &other.re, &self.im * &other.re),
            (false, false) => Rect {
                re: &self.re * &other.re - &self.im * &other.im,
                im: &self.re * &other.im + &self.im * &other.re,
            },
        }
    }
    fn quotient(&self, other: &Self) -> Self {
        if other.is_real() {
            let re = &self.re / &other.re;
            if self.is_real() {
                return Self::real(re);
            }
            return Self::new(re, &self.im / &other.re);
        }
        self.product(&other.recip())
    }
}

operators!(Rect);
