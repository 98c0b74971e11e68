//! The elementary functions of intervals.

use std::cmp::Ordering;
use std::f64::consts::{PI, TAU};

use rug::float::{Constant, Round};
use rug::ops::Pow;
use rug::{Float, Rational};

use super::Interval;
use crate::real::rounding::{Pending, too_large_to_reduce};
use crate::real::{Analytic, Ball, Bits};

/// An MPFR function in place, as [`Float::exp_round`].
type InPlace = fn(&mut Float, Round) -> Ordering;

/// A function rounded down, and from that rounded up: the next number, unless the value is exact.
fn enclosed(mut x: Float, f: InPlace) -> Interval {
    let exact = f(&mut x, Round::Down);
    let mut hi = x.clone();
    if exact != Ordering::Equal {
        hi.next_up();
    }
    Interval { lo: x, hi }
}

impl Interval {
    fn increasing(&self, f: InPlace) -> Self {
        if self.is_point() {
            return enclosed(self.lo.clone(), f);
        }
        let (mut lo, mut hi) = (self.lo.clone(), self.hi.clone());
        f(&mut lo, Round::Down);
        f(&mut hi, Round::Up);
        Interval { lo, hi }
    }

    fn decreasing(&self, f: InPlace) -> Self {
        if self.is_point() {
            return enclosed(self.lo.clone(), f);
        }
        let (mut lo, mut hi) = (self.hi.clone(), self.lo.clone());
        f(&mut lo, Round::Down);
        f(&mut hi, Round::Up);
        Interval { lo, hi }
    }

    /// `(sin x, cos x)`.
    ///
    /// An interval shorter than `2 pi` holds at most two zeros of the derivative: exactly one if and only
    /// if the derivative changes sign from one end to the other, and otherwise none if it is also shorter
    /// than `pi`. MPFR rounds correctly, so the signs of sine and cosine at the ends are certain. In all other
    /// cases the result is `[-1, 1]`, which is exact for two zeros.
    pub(in crate::real) fn sin_cos(&self) -> (Self, Self) {
        if self.is_undefined() {
            return (self.clone(), self.clone());
        }
        if self.is_point() && !too_large_to_reduce(&self.lo) {
            return sin_cos_at(&self.lo);
        }
        let bits = self.bits();
        if !self.is_shorter_than(TAU) {
            return (unit(bits), unit(bits));
        }
        let monotone = self.is_shorter_than(PI);
        let (sin_lo, cos_lo) = sin_cos_at(&self.lo);
        let (sin_hi, cos_hi) = sin_cos_at(&self.hi);
        let slopes_of_sin = (sign_at_point(&cos_lo), sign_at_point(&cos_hi));
        // At x = 0 the cosine has its maximum: it falls to the right and rises from the left.
        let slopes_of_cos = (
            sign_at_point(&sin_lo).reverse().then(Ordering::Less),
            sign_at_point(&sin_hi).reverse().then(Ordering::Greater),
        );
        (
            between(sin_lo, sin_hi, slopes_of_sin, monotone),
            between(cos_lo, cos_hi, slopes_of_cos, monotone),
        )
    }

    /// Shorter than `length`, and not too far out to reduce. (The doubles `PI` and `TAU` are below `pi` and
    /// `2 pi`, and the width is rounded up.)
    fn is_shorter_than(&self, length: f64) -> bool {
        !too_large_to_reduce(&self.lo) && !too_large_to_reduce(&self.hi) && self.width() < length
    }
}

/// `[-1, 1]`.
fn unit(bits: Bits) -> Interval {
    Interval {
        lo: Float::with_val(bits, -1),
        hi: Float::with_val(bits, 1),
    }
}

/// Enclosures of sine and cosine of one number.
fn sin_cos_at(x: &Float) -> (Interval, Interval) {
    let mut sin = x.clone();
    let mut cos = Float::new(x.prec());
    let exact = sin.sin_cos_round(&mut cos, Round::Down);
    let enclose = |lo: Float, exact| {
        let mut hi = lo.clone();
        if exact != Ordering::Equal {
            hi.next_up();
        }
        Interval { lo, hi }
    };
    (enclose(sin, exact.0), enclose(cos, exact.1))
}

/// The sign of the number that `x` encloses as tightly as its precision allows: zero is an end of
/// `x` when the number underflowed, and then the other end tells.
fn sign_at_point(x: &Interval) -> Ordering {
    if x.hi > 0 && x.lo >= 0 {
        Ordering::Greater
    } else if x.lo < 0 && x.hi <= 0 {
        Ordering::Less
    } else {
        Ordering::Equal
    }
}

/// Range of sine or cosine over an interval shorter than `2 pi`, from its values and the signs of its
/// slope at the two ends (inside the interval, where an end is an extremum); `short`: shorter than `pi`.
fn between(lo: Interval, hi: Interval, slopes: (Ordering, Ordering), short: bool) -> Interval {
    let bits = lo.bits();
    let mut range = lo.hull(&hi);
    match slopes {
        (Ordering::Greater, Ordering::Less) => range.hi = Float::with_val(bits, 1),
        (Ordering::Less, Ordering::Greater) => range.lo = Float::with_val(bits, -1),
        _ if short => (),
        _ => return unit(bits),
    }
    range
}

/// Lower (upper) end of `x^q` over `q` in `[low, high]`, for `x >= 0`; it grows with `q` if `x >= 1`.
fn power_end(x: &Float, (low, high): (&Float, &Float), bits: Bits, round: Round) -> Float {
    let q = if (*x >= 1) == (round == Round::Down) {
        low
    } else {
        high
    };
    x.pow(q).rounded(bits, round).0
}

impl Analytic for Interval {
    fn bits(&self) -> Bits {
        self.lo.prec()
    }
    fn rational(q: &Rational, bits: Bits) -> Self {
        Interval {
            lo: q.down(bits),
            hi: q.up(bits),
        }
    }
    fn int(n: i64, bits: Bits) -> Self {
        Interval {
            lo: n.down(bits),
            hi: n.up(bits),
        }
    }
    fn from_ball(ball: &Ball) -> Self {
        ball.to_interval()
    }
    fn pi(bits: Bits) -> Self {
        Interval {
            lo: Constant::Pi.down(bits),
            hi: Constant::Pi.up(bits),
        }
    }
    fn undefined(bits: Bits) -> Self {
        Interval {
            lo: Float::with_val(bits, f64::NAN),
            hi: Float::with_val(bits, f64::NAN),
        }
    }
    fn is_finite(&self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }
    fn hull_with_zero(&self) -> Self {
        self.hull(&Self::int(0, self.bits()))
    }
    fn sign(&self) -> Option<Ordering> {
        if self.lo > 0 {
            Some(Ordering::Greater)
        } else if self.hi < 0 {
            Some(Ordering::Less)
        } else if self.is_zero() {
            Some(Ordering::Equal)
        } else {
            None
        }
    }
    fn sqrt(&self) -> Self {
        if self.lo < 0 {
            return Self::undefined(self.bits());
        }
        self.increasing(Float::sqrt_round)
    }
    fn exp(&self) -> Self {
        self.increasing(Float::exp_round)
    }
    fn exp_m1(&self) -> Self {
        self.increasing(Float::exp_m1_round)
    }
    fn ln(&self) -> Self {
        if self.lo <= 0 {
            return Self::undefined(self.bits());
        }
        self.increasing(Float::ln_round)
    }
    fn ln_1p(&self) -> Self {
        if self.lo <= -1 {
            return Self::undefined(self.bits());
        }
        self.increasing(Float::ln_1p_round)
    }
    fn sin(&self) -> Self {
        self.sin_cos().0
    }
    fn cos(&self) -> Self {
        self.sin_cos().1
    }
    /// No pole inside if the interval is shorter than `pi` and the cosine has one sign at both ends.
    fn tan(&self) -> Self {
        if !self.is_shorter_than(PI) {
            return Self::undefined(self.bits());
        }
        let (mut lo, mut hi) = (self.lo.clone(), self.hi.clone());
        let signs = (
            sign_at_point(&enclosed(lo.clone(), Float::cos_round)),
            sign_at_point(&enclosed(hi.clone(), Float::cos_round)),
        );
        if signs.0 != signs.1 || signs.0 == Ordering::Equal {
            return Self::undefined(self.bits());
        }
        lo.tan_round(Round::Down);
        hi.tan_round(Round::Up);
        Interval { lo, hi }
    }
    fn sinh(&self) -> Self {
        self.increasing(Float::sinh_round)
    }
    fn cosh(&self) -> Self {
        if self.is_point() {
            return enclosed(self.lo.clone(), Float::cosh_round);
        }
        let (mut lo, mut hi) = (self.mig(), self.mag());
        lo.cosh_round(Round::Down);
        hi.cosh_round(Round::Up);
        Interval { lo, hi }
    }
    fn tanh(&self) -> Self {
        self.increasing(Float::tanh_round)
    }
    fn asin(&self) -> Self {
        if self.lo < -1 || self.hi > 1 {
            return Self::undefined(self.bits());
        }
        self.increasing(Float::asin_round)
    }
    fn acos(&self) -> Self {
        if self.lo < -1 || self.hi > 1 {
            return Self::undefined(self.bits());
        }
        self.decreasing(Float::acos_round)
    }
    fn atan(&self) -> Self {
        self.increasing(Float::atan_round)
    }
    fn asinh(&self) -> Self {
        self.increasing(Float::asinh_round)
    }
    fn erf(&self) -> Self {
        self.increasing(Float::erf_round)
    }
    fn erfc(&self) -> Self {
        self.decreasing(Float::erfc_round)
    }
    fn powi(&self, n: i64) -> Self {
        let bits = self.bits();
        if self.is_undefined() || (n < 0 && self.contains_zero()) {
            return Self::undefined(bits);
        }
        match n {
            0 => return Self::int(1, bits),
            1 => return self.clone(),
            2 => return self.square(),
            _ => (),
        }
        // On the side where x^n grows with the ends as given, or falls.
        let (low, high) = if n % 2 == 0 {
            let (near, far) = (self.mig(), self.mag());
            if n > 0 { (near, far) } else { (far, near) }
        } else if n > 0 {
            (self.lo.clone(), self.hi.clone())
        } else {
            (self.hi.clone(), self.lo.clone())
        };
        Interval {
            lo: (&low).pow(n).down(bits),
            hi: (&high).pow(n).up(bits),
        }
    }
    fn powr(&self, q: &Rational) -> Self {
        if *q.denom() == 1
            && let Some(n) = q.numer().to_i64()
        {
            return self.powi(n);
        }
        let bits = self.bits();
        let negative = *q < 0;
        if self.is_undefined() || self.lo < 0 || (negative && self.lo <= 0) {
            return Self::undefined(bits);
        }
        // 64 bits more: an error d of the exponent costs the factor x^d, and |log x| < 2^31.
        let ends = (q.down(bits + 64), q.up(bits + 64));
        let exponent = (&ends.0, &ends.1);
        let (low, high) = if negative {
            (&self.hi, &self.lo)
        } else {
            (&self.lo, &self.hi)
        };
        Interval {
            lo: power_end(low, exponent, bits, Round::Down),
            hi: power_end(high, exponent, bits, Round::Up),
        }
    }
}
