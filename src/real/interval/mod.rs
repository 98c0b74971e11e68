//! Real intervals with directed rounding, possibly unbounded: for bounds.

mod functions;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use rug::Float;
use rug::float::Round;
use rug::ops::{AddAssignRound, NegAssign, SubAssignRound};

use super::operators::{Arithmetic, binary_operator, operators};
use super::rounding::Pending;
use super::{Analytic, Bits, Real};

/// The closed interval `[lo, hi]`; `lo` may be minus infinity, `hi` plus infinity. An interval is a
/// set of real numbers: infinity itself is not a member.
///
/// Promise (proved by MPFR's directed rounding): the result of an operation contains `f(x)` for
/// **every** `x` in the argument; if `f` is not defined on all of the argument, the result is
/// undefined (both ends NaN). Monotone functions are as tight as the precision allows.
///
/// ```
/// use deeplimit::real::{Analytic, Interval};
/// let x = Interval::int(2, 64);
/// assert!(x.sqrt().contains(&rug::Float::with_val(200, 2).sqrt()));
/// assert!(!(Interval::int(1, 64) / Interval::whole(64)).is_finite());
/// ```
#[derive(Clone, Debug)]
pub struct Interval {
    lo: Float,
    hi: Float,
}

impl Interval {
    /// `[lo, hi]` at the larger precision of the two; undefined if an end is NaN or `lo > hi`.
    pub fn new(lo: Float, hi: Float) -> Self {
        let bits = lo.prec().max(hi.prec());
        let empty = !matches!(lo.partial_cmp(&hi), Some(Ordering::Less | Ordering::Equal));
        if empty || (lo.is_infinite() && lo.is_sign_positive()) || hi_is_minus_infinity(&hi) {
            return Self::undefined(bits);
        }
        let widen = |mut x: Float| {
            if x.prec() < bits {
                x.set_prec(bits);
            }
            x
        };
        Interval {
            lo: widen(lo),
            hi: widen(hi),
        }
    }
    /// As [`Interval::new`], for ends that are known to be in order and of one precision.
    pub(super) fn of_ends(lo: Float, hi: Float) -> Self {
        debug_assert!(lo <= hi || lo.is_nan() || hi.is_nan());
        Interval { lo, hi }
    }
    /// `[x, x]`.
    pub fn point(x: Float) -> Self {
        Self::new(x.clone(), x)
    }
    /// `[0, 0]`.
    pub fn zero(bits: Bits) -> Self {
        Interval {
            lo: Float::new(bits),
            hi: Float::new(bits),
        }
    }
    /// The real line.
    pub fn whole(bits: Bits) -> Self {
        Interval {
            lo: Float::with_val(bits, f64::NEG_INFINITY),
            hi: Float::with_val(bits, f64::INFINITY),
        }
    }
    /// `[-a, a]` for the `a >= 0` given.
    pub fn symmetric(a: Float) -> Self {
        let mut lo = a.clone();
        lo.neg_assign();
        Self::new(lo, a)
    }
    /// The lower end.
    pub fn lo(&self) -> &Float {
        &self.lo
    }
    /// The upper end.
    pub fn hi(&self) -> &Float {
        &self.hi
    }
    /// Both ends.
    pub fn into_ends(self) -> (Float, Float) {
        (self.lo, self.hi)
    }
    /// Nothing is known, not even that there is a value.
    pub fn is_undefined(&self) -> bool {
        self.lo.is_nan() || self.hi.is_nan()
    }
    /// Exactly one number.
    pub fn is_point(&self) -> bool {
        self.lo == self.hi
    }
    /// Exactly the number zero.
    pub fn is_zero(&self) -> bool {
        self.lo.is_zero() && self.hi.is_zero()
    }
    /// `hi - lo`, rounded up.
    pub fn width(&self) -> Float {
        (&self.hi - &self.lo).up(self.bits())
    }
    /// `x` is a member. (`false` for an undefined interval: it may be anything.)
    pub fn contains(&self, x: &Float) -> bool {
        self.lo <= *x && *x <= self.hi
    }
    /// Zero is a member.
    pub fn contains_zero(&self) -> bool {
        self.lo <= 0 && self.hi >= 0
    }
    /// Every member of `other` is a member.
    pub fn encloses(&self, other: &Self) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }
    /// The smallest interval around both.
    pub fn hull(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        if self.is_undefined() || other.is_undefined() {
            return Self::undefined(bits);
        }
        Interval {
            lo: Float::with_val(bits, smaller(&self.lo, &other.lo)),
            hi: Float::with_val(bits, larger(&self.hi, &other.hi)),
        }
    }
    /// The common members; undefined if there are none.
    pub fn intersect(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        if self.is_undefined() || other.is_undefined() {
            return Self::undefined(bits);
        }
        Self::new(
            Float::with_val(bits, larger(&self.lo, &other.lo)),
            Float::with_val(bits, smaller(&self.hi, &other.hi)),
        )
    }
    /// The two halves. A half line is cut at twice its finite end (at least 1 away from zero), the
    /// line at zero.
    pub fn split(&self) -> (Self, Self) {
        let cut = if self.lo.is_finite() && self.hi.is_finite() {
            self.to_float()
        } else if self.lo.is_finite() {
            let two = Float::with_val(self.bits(), &self.lo << 1);
            if two < 1 {
                Float::with_val(self.bits(), 1)
            } else {
                two
            }
        } else if self.hi.is_finite() {
            let two = Float::with_val(self.bits(), &self.hi << 1);
            if two > -1 {
                Float::with_val(self.bits(), -1)
            } else {
                two
            }
        } else {
            Float::new(self.bits())
        };
        (
            Self::new(self.lo.clone(), cut.clone()),
            Self::new(cut, self.hi.clone()),
        )
    }
    /// The largest absolute value of a member (its supremum).
    pub fn mag(&self) -> Float {
        if self.is_undefined() {
            return self.lo.clone();
        }
        if self.lo.cmp_abs(&self.hi) == Some(Ordering::Greater) {
            self.lo.clone().abs()
        } else {
            self.hi.clone().abs()
        }
    }
    /// The smallest absolute value of a member.
    pub fn mig(&self) -> Float {
        if self.lo > 0 {
            self.lo.clone()
        } else if self.hi < 0 {
            self.hi.clone().abs()
        } else if self.is_undefined() {
            self.lo.clone()
        } else {
            Float::new(self.bits())
        }
    }
    /// `x^2`, never negative: tighter than `x * x`.
    pub fn square(&self) -> Self {
        if self.is_undefined() {
            return self.clone();
        }
        let bits = self.bits();
        let (near, far) = match self.class() {
            Class::Positive => (Some(&self.lo), &self.hi),
            Class::Negative => (Some(&self.hi), &self.lo),
            Class::Mixed => (
                None,
                if self.lo.cmp_abs(&self.hi) == Some(Ordering::Greater) {
                    &self.lo
                } else {
                    &self.hi
                },
            ),
        };
        Interval {
            lo: near.map_or_else(|| Float::new(bits), |x| x.square_ref().down(bits)),
            hi: far.square_ref().up(bits),
        }
    }
    /// `1 / x`, undefined if zero is a member.
    pub fn recip(&self) -> Self {
        let bits = self.bits();
        if !(self.lo > 0 || self.hi < 0) {
            return Self::undefined(bits);
        }
        Interval {
            lo: self.hi.recip_ref().down(bits),
            hi: self.lo.recip_ref().up(bits),
        }
    }
    /// The members not below zero; undefined if there are none.
    pub(super) fn nonnegative_part(&self) -> Self {
        if self.lo >= 0 || self.is_undefined() {
            return self.clone();
        }
        Self::new(Float::new(self.bits()), self.hi.clone())
    }

    fn class(&self) -> Class {
        if self.lo >= 0 {
            Class::Positive
        } else if self.hi <= 0 {
            Class::Negative
        } else {
            Class::Mixed
        }
    }
}

fn hi_is_minus_infinity(hi: &Float) -> bool {
    hi.is_infinite() && hi.is_sign_negative()
}

fn smaller<'a>(a: &'a Float, b: &'a Float) -> &'a Float {
    if b < a { b } else { a }
}

fn larger<'a>(a: &'a Float, b: &'a Float) -> &'a Float {
    if b > a { b } else { a }
}

/// Where an interval lies; `[0, 0]` counts as positive.
#[derive(Clone, Copy)]
enum Class {
    Positive,
    Negative,
    Mixed,
}

/// `a * b` at the end of a product: an end that is zero stays zero however large the other is,
/// because infinity itself is not a member.
fn end_product(a: &Float, b: &Float, bits: Bits, round: Round) -> Float {
    if a.is_zero() || b.is_zero() {
        Float::new(bits)
    } else {
        (a * b).rounded(bits, round).0
    }
}

impl Arithmetic for Interval {
    fn negated(mut self) -> Self {
        self.lo.neg_assign();
        self.hi.neg_assign();
        Interval {
            lo: self.hi,
            hi: self.lo,
        }
    }
    fn sum(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        Interval {
            lo: (&self.lo + &other.lo).down(bits),
            hi: (&self.hi + &other.hi).up(bits),
        }
    }
    fn sum_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.sum(other);
        }
        self.lo.add_assign_round(&other.lo, Round::Down);
        self.hi.add_assign_round(&other.hi, Round::Up);
        self
    }
    fn difference(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        Interval {
            lo: (&self.lo - &other.hi).down(bits),
            hi: (&self.hi - &other.lo).up(bits),
        }
    }
    fn difference_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.difference(other);
        }
        self.lo.sub_assign_round(&other.hi, Round::Down);
        self.hi.sub_assign_round(&other.lo, Round::Up);
        self
    }
    fn product(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        if self.is_undefined() || other.is_undefined() {
            return Self::undefined(bits);
        }
        let (a, b) = (self, other);
        let down = |x: &Float, y: &Float| end_product(x, y, bits, Round::Down);
        let up = |x: &Float, y: &Float| end_product(x, y, bits, Round::Up);
        use Class::*;
        let (lo, hi) = match (a.class(), b.class()) {
            (Positive, Positive) => (down(&a.lo, &b.lo), up(&a.hi, &b.hi)),
            (Positive, Negative) => (down(&a.hi, &b.lo), up(&a.lo, &b.hi)),
            (Positive, Mixed) => (down(&a.hi, &b.lo), up(&a.hi, &b.hi)),
            (Negative, Positive) => (down(&a.lo, &b.hi), up(&a.hi, &b.lo)),
            (Negative, Negative) => (down(&a.hi, &b.hi), up(&a.lo, &b.lo)),
            (Negative, Mixed) => (down(&a.lo, &b.hi), up(&a.lo, &b.lo)),
            (Mixed, Positive) => (down(&a.lo, &b.hi), up(&a.hi, &b.hi)),
            (Mixed, Negative) => (down(&a.hi, &b.lo), up(&a.lo, &b.lo)),
            (Mixed, Mixed) => {
                let lows = (down(&a.lo, &b.hi), down(&a.hi, &b.lo));
                let highs = (up(&a.lo, &b.lo), up(&a.hi, &b.hi));
                (
                    if lows.1 < lows.0 { lows.1 } else { lows.0 },
                    if highs.1 > highs.0 { highs.1 } else { highs.0 },
                )
            }
        };
        Interval { lo, hi }
    }
    /// Undefined if zero is in the divisor. The divisor's end nearer to zero is finite and not zero,
    /// and no end of the dividend meets an infinite end of the divisor unless it is itself finite.
    fn quotient(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        let (a, b) = (self, other);
        if a.is_undefined() {
            return Self::undefined(bits);
        }
        if b.lo > 0 {
            let for_lo = if a.lo >= 0 { &b.hi } else { &b.lo };
            let for_hi = if a.hi >= 0 { &b.lo } else { &b.hi };
            Interval {
                lo: (&a.lo / for_lo).down(bits),
                hi: (&a.hi / for_hi).up(bits),
            }
        } else if b.hi < 0 {
            let for_lo = if a.hi >= 0 { &b.hi } else { &b.lo };
            let for_hi = if a.lo >= 0 { &b.lo } else { &b.hi };
            Interval {
                lo: (&a.hi / for_lo).down(bits),
                hi: (&a.lo / for_hi).up(bits),
            }
        } else {
            Self::undefined(bits)
        }
    }
}

operators!(Interval);

impl Real for Interval {
    fn midpoint(&self) -> Self {
        Interval::point(self.to_float())
    }
    fn lower_end(&self) -> Self {
        Interval::point(self.lo.clone())
    }
    fn upper_end(&self) -> Self {
        Interval::point(self.hi.clone())
    }
    fn abs(&self) -> Self {
        match self.class() {
            Class::Positive => self.clone(),
            Class::Negative => -self,
            Class::Mixed if self.is_undefined() => self.clone(),
            Class::Mixed => Interval {
                lo: Float::new(self.bits()),
                hi: self.mag(),
            },
        }
    }
    fn min(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        if self.is_undefined() || other.is_undefined() {
            return Self::undefined(bits);
        }
        Interval {
            lo: Float::with_val(bits, smaller(&self.lo, &other.lo)),
            hi: Float::with_val(bits, smaller(&self.hi, &other.hi)),
        }
    }
    fn max(&self, other: &Self) -> Self {
        let bits = self.bits().max(other.bits());
        if self.is_undefined() || other.is_undefined() {
            return Self::undefined(bits);
        }
        Interval {
            lo: Float::with_val(bits, larger(&self.lo, &other.lo)),
            hi: Float::with_val(bits, larger(&self.hi, &other.hi)),
        }
    }
    fn scale2(&self, n: i32) -> Self {
        let bits = self.bits();
        Interval {
            lo: (&self.lo << n).down(bits),
            hi: (&self.hi << n).up(bits),
        }
    }
    /// The midpoint; of a half line its end, of the line zero.
    fn to_f64(&self) -> f64 {
        self.to_float().to_f64()
    }
    /// The midpoint, rounded; of a half line its end, of the line zero. Always a member.
    fn to_float(&self) -> Float {
        let bits = self.bits();
        match (self.lo.is_infinite(), self.hi.is_infinite()) {
            (false, false) => {
                let mid = Float::with_val(bits, &self.lo + &self.hi) >> 1;
                // The rounding of a sum of neighbours, or an overflow, may lead outside.
                if mid < self.lo {
                    self.lo.clone()
                } else if mid > self.hi {
                    self.hi.clone()
                } else {
                    mid
                }
            }
            (false, true) => self.lo.clone(),
            (true, false) => self.hi.clone(),
            (true, true) => Float::new(bits),
        }
    }
    /// The distance from [`Real::to_float`] to the farther end, rounded up.
    fn radius(&self) -> Float {
        let mid = self.to_float();
        let (below, above) = ((&mid - &self.lo).up(53), (&self.hi - &mid).up(53));
        if below > above { below } else { above }
    }
    fn widened(&self, e: &Float) -> Self {
        let bits = self.bits();
        let e = e.clone().abs();
        if e.is_nan() {
            return Self::undefined(bits);
        }
        Interval {
            lo: (&self.lo - &e).down(bits),
            hi: (&self.hi + &e).up(bits),
        }
    }
}
