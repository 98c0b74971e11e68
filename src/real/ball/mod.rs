//! Balls: midpoint and radius. The result of every operation certainly contains the true value.

mod functions;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use rug::Float;
use rug::float::Round;
use rug::ops::{AddAssignRound, MulAssignRound, NegAssign, SubAssignRound};

use super::magnitude::Magnitude;
use super::operators::{Arithmetic, binary_operator, operators};
use super::rounding::Pending;
use super::{Analytic, Bits, Interval, Real};

/// The real numbers at most `rad` away from `mid`.
///
/// Promise (proved): the result of an operation contains `f(x)` for **every** `x` in the argument; if
/// `f` is not defined (or not finite) on all of the argument, the result is undefined. The radius
/// may be infinite: then the ball says only that there is a real value.
///
/// How: `|f(x) - f(mid)| <= rad * L` with a bound `L` of `|f'|` over the ball, plus the rounding error
/// of `f(mid)`, which MPFR rounds correctly: half a unit in the last place, or nothing if the value is
/// exact. All bounds are rounded up. Where the ball is too wide for that, the ends are evaluated
/// with directed rounding ([`Interval`]). Each function states its bound.
///
/// ```
/// use deeplimit::real::{Analytic, Ball, Real};
/// let x = Ball::int(2, 128).sqrt();
/// assert!(x.contains(&rug::Float::with_val(300, 2).sqrt()));
/// assert!(x.radius() < 1e-38);
/// assert!((&x * &x - Ball::int(2, 128)).contains_zero());
/// ```
#[derive(Clone, Debug)]
pub struct Ball {
    /// Finite, or NaN for the undefined ball; zero for the unbounded ball.
    mid: Float,
    rad: Magnitude,
}

impl Ball {
    /// `mid +- |rad|`. An infinite midpoint or a NaN radius gives the unbounded ball, a NaN midpoint
    /// the undefined one. (The radius is rounded up to 53 bits.)
    pub fn new(mid: Float, rad: &Float) -> Self {
        Self::normal(mid, Magnitude::of(rad))
    }
    /// The number itself.
    pub fn exact(mid: Float) -> Self {
        Self::normal(mid, Magnitude::ZERO)
    }
    /// The double nearest to the midpoint: here for those who have not got the trait at hand.
    pub fn to_f64(&self) -> f64 {
        self.mid.to_f64()
    }
    /// The real line.
    pub fn unbounded(bits: Bits) -> Self {
        Ball {
            mid: Float::new(bits),
            rad: Magnitude::INFINITE,
        }
    }
    /// A ball of `bits` bits around `[lo, hi]`; undefined if an end is NaN or `lo > hi`. If the
    /// interval does not reach beyond zero, the ball does not: a square root may follow.
    pub fn from_interval(lo: &Float, hi: &Float, bits: Bits) -> Self {
        if !matches!(lo.partial_cmp(hi), Some(Ordering::Less | Ordering::Equal)) {
            return Self::undefined(bits);
        }
        if lo.is_infinite() || hi.is_infinite() {
            return Self::unbounded(bits);
        }
        if lo.is_zero() || hi.is_zero() {
            return Self::from_zero(lo, hi, bits);
        }
        let mut mid = Float::with_val(bits, lo + hi);
        mid >>= 1u32;
        if mid.is_infinite() {
            return Self::unbounded(bits);
        }
        let rad = Magnitude::of(&(&mid - lo).rounded(53, Round::AwayZero).0)
            .max(Magnitude::of(&(hi - &mid).rounded(53, Round::AwayZero).0));
        let ball = Ball { mid, rad };
        if (*lo > 0 || *hi < 0) && ball.lower() < 0 && ball.upper() > 0 {
            let zero = Float::new(bits);
            return if *lo > 0 {
                Self::from_zero(&zero, hi, bits)
            } else {
                Self::from_zero(lo, &zero, bits)
            };
        }
        ball
    }
    /// `[0, hi]` or `[lo, 0]`; the end at zero is kept exactly.
    fn from_zero(lo: &Float, hi: &Float, bits: Bits) -> Self {
        let length = Float::with_val_round(bits.min(53), hi - lo, Round::Up).0;
        let half = (&length >> 1u32).up(length.prec());
        let rad = Magnitude::of(&half);
        let mid = Float::with_val(bits, half);
        Self::normal(if lo.is_zero() { mid } else { -mid }, rad)
    }
    /// The midpoint.
    pub fn mid(&self) -> &Float {
        &self.mid
    }
    /// The radius, at 53 bits.
    pub fn rad(&self) -> Float {
        self.rad.to_float()
    }
    /// The numbers in both balls, as a ball; `None` where they are disjoint.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let lo = if self.lower() >= other.lower() {
            self.lower()
        } else {
            other.lower()
        };
        let hi = if self.upper() <= other.upper() {
            self.upper()
        } else {
            other.upper()
        };
        (lo <= hi).then(|| Ball::from_interval(&lo, &hi, self.bits().max(other.bits())))
    }
    /// The radius is zero.
    pub fn is_exact(&self) -> bool {
        self.rad.is_zero() && !self.is_undefined()
    }
    /// Nothing is known, not even that there is a value.
    pub fn is_undefined(&self) -> bool {
        self.mid.is_nan()
    }
    /// The lower end, rounded down.
    pub fn lower(&self) -> Float {
        if self.rad.is_zero() {
            return self.mid.clone();
        }
        (&self.mid - &self.rad.to_float()).down(self.bits())
    }
    /// The upper end, rounded up.
    pub fn upper(&self) -> Float {
        if self.rad.is_zero() {
            return self.mid.clone();
        }
        (&self.mid + &self.rad.to_float()).up(self.bits())
    }
    /// The ball as an interval of the same precision, rounded outward.
    pub fn to_interval(&self) -> Interval {
        Interval::new(self.lower(), self.upper())
    }
    /// Zero is a member. (`false` for the undefined ball.)
    pub fn contains_zero(&self) -> bool {
        !self.is_undefined() && self.side() == Ordering::Equal
    }
    /// `x` is a member; exact. (`false` for the undefined ball and for NaN.)
    pub fn contains(&self, x: &Float) -> bool {
        if self.is_undefined() || !x.is_finite() {
            return false;
        }
        // Truncation keeps the 53-bit radius on its side: a distance above it is truncated to the
        // radius or above, and then the truncation is not exact or the result is larger.
        let (distance, exact) = (x - &self.mid).rounded(64, Round::Zero);
        match distance.cmp_abs(&self.rad.to_float()) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => exact == Ordering::Equal,
            _ => false,
        }
    }
    /// The two balls have a member in common, up to 2^-52 of their radii.
    pub fn overlaps(&self, other: &Self) -> bool {
        if self.is_undefined() || other.is_undefined() {
            return false;
        }
        let distance = Magnitude::lower(&(&self.mid - &other.mid).rounded(64, Round::Zero).0);
        distance <= self.rad + other.rad
    }
    /// Every member of `other` is a member; judged with the ends of both rounded (`false` if in doubt).
    pub fn encloses(&self, other: &Self) -> bool {
        let distance = Magnitude::of(&(&self.mid - &other.mid).rounded(64, Round::AwayZero).0);
        self.rad.is_infinite() && !other.is_undefined() || distance + other.rad <= self.rad
    }
    /// A ball around both.
    pub fn hull(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        if self.is_undefined() || other.is_undefined() {
            return Self::undefined(bits);
        }
        let hull = self.to_interval().hull(&other.to_interval());
        Self::from_interval(hull.lo(), hull.hi(), bits)
    }
    /// Upper bound of `|x|`, at 53 bits.
    pub fn magnitude(&self) -> Float {
        self.mag().to_float()
    }
    /// Lower bound of `|x|`, at 53 bits.
    pub fn mignitude(&self) -> Float {
        self.mig().to_float()
    }
    /// The same ball at another precision: the midpoint rounded, the radius enlarged by the error.
    pub fn with_bits(&self, bits: Bits) -> Self {
        let (mid, exact) = (&self.mid).rounded(bits, Round::Nearest);
        Self::rounded(mid, exact, self.rad)
    }
    /// The same ball without the bits of the midpoint that the radius makes meaningless (30 bits below
    /// the radius), but never fewer than 53: later operations are cheaper.
    pub fn trimmed(&self) -> Self {
        let (Some(top), Some(bottom)) = (self.mid.get_exp(), self.rad().get_exp()) else {
            return self.clone();
        };
        let needed = (i64::from(top) - i64::from(bottom) + 30).max(53);
        if needed < i64::from(self.bits()) {
            self.with_bits(needed as Bits)
        } else {
            self.clone()
        }
    }
    /// `x^2`, never negative: `|x^2 - mid^2| <= rad (2 |mid| + rad)` for `rad <= |mid|/16`; by the ends where wider.
    pub fn square(&self) -> Self {
        if self.is_undefined() {
            return self.clone();
        }
        if self.rad.scale2(4) > Magnitude::lower(&self.mid) {
            return self.by_ends(Interval::square);
        }
        let (mid, exact) = self.mid.square_ref().rounded(self.bits(), Round::Nearest);
        let rad = self.rad * (Magnitude::of(&self.mid).scale2(1) + self.rad);
        Self::rounded(mid, exact, rad)
    }
    /// The part in `[-1, 1]`, for a correlation that is known to lie there: `asin` and `acos` of the
    /// result are defined. Undefined if there is no such part.
    pub fn clamp_unit(&self) -> Self {
        let bits = self.bits();
        let (lower, upper) = (self.lower(), self.upper());
        if !(lower <= 1 && upper >= -1) {
            return Self::undefined(bits);
        }
        match (lower < -1, upper > 1) {
            (false, false) => self.clone(),
            (true, true) => Ball {
                mid: Float::new(bits),
                rad: Magnitude::ONE,
            },
            (false, true) => Self::below_one(&lower, bits),
            (true, false) => -Self::below_one(&-upper, bits),
        }
    }
    /// A ball whose upper end is exactly 1 around `[lo, 1]`.
    fn below_one(lo: &Float, bits: Bits) -> Self {
        // mid = 1 - d for a d >= (1u32 - lo)/2 such that both d and 1 - d are represented exactly:
        // d is a multiple of the last place of the midpoint below 1, and of at most 30 bits.
        let half = (1u32 - lo).up(bits) >> 1u32;
        let mid = (1u32 - &half).down(bits);
        let distance = (1u32 - &mid).up(bits);
        let d = (&distance).up(bits.min(30));
        let (mid, exact) = (1u32 - &d).rounded(bits, Round::Nearest);
        Self::rounded(mid, exact, Magnitude::of(&d))
    }

    /// A midpoint of any kind with a radius.
    fn normal(mid: Float, rad: Magnitude) -> Self {
        if mid.is_infinite() || rad.is_infinite() && mid.is_finite() {
            return Self::unbounded(mid.prec());
        }
        Ball { mid, rad }
    }
    /// The result of an operation rounded to nearest, whose value at the midpoint is off by the
    /// rounding, and whose other values are `rad` away from that. An overflow gives the unbounded ball.
    fn rounded(mid: Float, exact: Ordering, rad: Magnitude) -> Self {
        let rounding = Magnitude::rounding(&mid, exact);
        Self::normal(mid, rad + rounding)
    }
    /// The function of the ends as an interval, as a ball: for balls too wide for a slope.
    fn by_ends(&self, f: impl Fn(&Interval) -> Interval) -> Self {
        let range = f(&self.to_interval());
        Self::from_interval(range.lo(), range.hi(), self.bits())
    }
    /// `Equal` if zero is a member, else the side on which the ball lies. Exact.
    fn side(&self) -> Ordering {
        let sign = self.mid.cmp0().unwrap_or(Ordering::Equal);
        if self.rad.is_zero() || sign == Ordering::Equal {
            return sign;
        }
        if Magnitude::lower(&self.mid) > self.rad {
            return sign;
        }
        match self.mid.cmp_abs(&self.rad.to_float()) {
            Some(Ordering::Greater) => sign,
            _ => Ordering::Equal,
        }
    }
    fn mag(&self) -> Magnitude {
        Magnitude::of(&self.mid) + self.rad
    }
    fn mig(&self) -> Magnitude {
        Magnitude::lower(&self.mid).minus_lower(self.rad)
    }
}

impl Arithmetic for Ball {
    fn negated(mut self) -> Self {
        self.mid.neg_assign();
        self
    }
    fn sum(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        let (mid, exact) = (&self.mid + &other.mid).rounded(bits, Round::Nearest);
        Self::rounded(mid, exact, self.rad + other.rad)
    }
    fn sum_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.sum(other);
        }
        let exact = self.mid.add_assign_round(&other.mid, Round::Nearest);
        Self::rounded(self.mid, exact, self.rad + other.rad)
    }
    fn difference(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        let (mid, exact) = (&self.mid - &other.mid).rounded(bits, Round::Nearest);
        Self::rounded(mid, exact, self.rad + other.rad)
    }
    fn difference_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.difference(other);
        }
        let exact = self.mid.sub_assign_round(&other.mid, Round::Nearest);
        Self::rounded(self.mid, exact, self.rad + other.rad)
    }
    /// `|xy - ab| <= |a| s + r |b| + r s` for `|x - a| <= r`, `|y - b| <= s`.
    fn product(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        let (mid, exact) = (&self.mid * &other.mid).rounded(bits, Round::Nearest);
        Self::rounded(mid, exact, self.product_radius(other))
    }
    fn product_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.product(other);
        }
        let rad = self.product_radius(other);
        let exact = self.mid.mul_assign_round(&other.mid, Round::Nearest);
        Self::rounded(self.mid, exact, rad)
    }
    /// `|x/y - a/b| <= (r |b| + s |a|) / (|b| (|b| - s))`; by the ends if `s > |b| / 16`; undefined if
    /// zero is in the divisor.
    fn quotient(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        if self.is_undefined() || other.is_undefined() || other.side() == Ordering::Equal {
            return Self::undefined(bits);
        }
        let divisor = Magnitude::lower(&other.mid);
        if other.rad.scale2(4) > divisor {
            let range = self.to_interval() / other.to_interval();
            return Self::from_interval(range.lo(), range.hi(), bits);
        }
        let (mid, exact) = (&self.mid / &other.mid).rounded(bits, Round::Nearest);
        let mut rad = Magnitude::ZERO;
        if !self.rad.is_zero() {
            rad = self.rad.over(divisor.minus_lower(other.rad));
        }
        if !other.rad.is_zero() {
            let slope = Magnitude::of(&self.mid).over(divisor);
            rad = rad + (slope * other.rad).over(divisor.minus_lower(other.rad));
        }
        Self::rounded(mid, exact, rad)
    }
}

impl Ball {
    fn product_radius(&self, other: &Self) -> Magnitude {
        match (self.rad.is_zero(), other.rad.is_zero()) {
            (true, true) => Magnitude::ZERO,
            (true, false) => Magnitude::of(&self.mid) * other.rad,
            (false, true) => self.rad * Magnitude::of(&other.mid),
            (false, false) => {
                Magnitude::of(&self.mid) * other.rad
                    + Magnitude::of(&other.mid) * self.rad
                    + self.rad * other.rad
            }
        }
    }
}

operators!(Ball);

impl Real for Ball {
    fn midpoint(&self) -> Self {
        Ball::exact(self.mid.clone())
    }
    fn lower_end(&self) -> Self {
        Ball::exact(self.lower())
    }
    fn upper_end(&self) -> Self {
        Ball::exact(self.upper())
    }
    /// A ball that holds zero inside gives `[0, |mid| + rad]`.
    fn abs(&self) -> Self {
        match self.side() {
            _ if self.is_undefined() || self.rad.is_zero() => Ball {
                mid: self.mid.clone().abs(),
                rad: self.rad,
            },
            Ordering::Greater => self.clone(),
            Ordering::Less => -self,
            Ordering::Equal => self.by_ends(Interval::abs),
        }
    }
    /// Minimum and maximum move at most as far as the farther-moving argument: the radius is the larger
    /// of the two, or that of the smaller ball alone where the order is certain.
    fn min(&self, other: &Self) -> Self {
        match self.compare(other) {
            _ if self.is_undefined() || other.is_undefined() => {
                Self::undefined(self.bits().max(other.bits()))
            }
            Some(Ordering::Less | Ordering::Equal) => self.clone(),
            Some(Ordering::Greater) => other.clone(),
            None if self.mid <= other.mid => {
                Self::normal(self.mid.clone(), self.rad.max(other.rad))
            }
            None => Self::normal(other.mid.clone(), self.rad.max(other.rad)),
        }
    }
    fn max(&self, other: &Self) -> Self {
        match self.compare(other) {
            _ if self.is_undefined() || other.is_undefined() => {
                Self::undefined(self.bits().max(other.bits()))
            }
            Some(Ordering::Greater | Ordering::Equal) => self.clone(),
            Some(Ordering::Less) => other.clone(),
            None if self.mid >= other.mid => {
                Self::normal(self.mid.clone(), self.rad.max(other.rad))
            }
            None => Self::normal(other.mid.clone(), self.rad.max(other.rad)),
        }
    }
    fn scale2(&self, n: i32) -> Self {
        let (mid, exact) = (&self.mid << n).rounded(self.bits(), Round::Nearest);
        Self::rounded(mid, exact, self.rad.scale2(n.into()))
    }
    fn to_f64(&self) -> f64 {
        self.mid.to_f64()
    }
    fn to_float(&self) -> Float {
        self.mid.clone()
    }
    fn radius(&self) -> Float {
        self.rad()
    }
    fn widened(&self, e: &Float) -> Self {
        Self::normal(self.mid.clone(), self.rad + Magnitude::of(e))
    }
}
