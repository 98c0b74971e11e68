//! The elementary functions of balls.
//!
//! Notation: `m` midpoint, `r` radius, `h` any number with `|h| <= r`. Every bound that is stated
//! for `|f(m + h) - f(m)|` is computed upwards in [`Magnitude`]; the rounding error of `f(m)` comes on top.

use std::cmp::Ordering;

use rug::float::{Constant, Round};
use rug::ops::Pow;
use rug::{Float, Rational};

use super::Ball;
use crate::real::magnitude::Magnitude;
use crate::real::rounding::{Pending, too_large_to_reduce};
use crate::real::{Analytic, Bits, Interval};

/// A value at the midpoint, not yet with a radius.
struct Middle {
    value: Float,
    exact: Ordering,
}

impl Middle {
    /// Bound of the rounding error.
    fn rounding(&self) -> Magnitude {
        Magnitude::rounding(&self.value, self.exact)
    }
    /// Upper bound of `|f(m)|`.
    fn mag(&self) -> Magnitude {
        Magnitude::of(&self.value) + self.rounding()
    }
    /// Lower bound of `|f(m)|`.
    fn mig(&self) -> Magnitude {
        Magnitude::lower(&self.value).minus_lower(self.rounding())
    }
    /// Upper bound of `1 - |f(m)|`, where that is not negative.
    fn gap_to_one(&self) -> Magnitude {
        let gap = if self.value.is_sign_negative() {
            (&self.value + 1u32).up(53)
        } else {
            (1u32 - &self.value).up(53)
        };
        // A rounding beyond 1 leaves a negative gap, which the rounding error pays for.
        if gap < 0 {
            self.rounding()
        } else {
            Magnitude::of(&gap) + self.rounding()
        }
    }
    fn with_radius(self, rad: Magnitude) -> Ball {
        Ball::rounded(self.value, self.exact, rad)
    }
}

/// `1/4`: a radius up to this is taken through the derivative.
fn quarter() -> Magnitude {
    Magnitude::power_of_two(-2)
}

/// `s + s^2`, an upper bound of `e^s - 1` for `0 <= s <= 1` (`e^s <= 1 + s + s^2` there).
fn exp_m1_bound(s: Magnitude) -> Magnitude {
    s + s * s
}

impl Ball {
    /// `f(m)` by MPFR, rounded to nearest.
    fn middle<'a, T: Pending>(&'a self, f: impl FnOnce(&'a Float) -> T) -> Middle {
        let (value, exact) = f(&self.mid).rounded(self.bits(), Round::Nearest);
        Middle { value, exact }
    }
    /// The function of an exact ball or of the undefined one, where no radius is to be computed.
    fn is_plain(&self) -> bool {
        self.rad.is_zero() || self.is_undefined()
    }
    /// Lower bound of `1 + m`.
    fn one_plus_mid(&self) -> Magnitude {
        let sum = (&self.mid + 1u32).down(53);
        if sum > 0 {
            Magnitude::lower(&sum)
        } else {
            Magnitude::ZERO
        }
    }
    /// Lower bound of `1 + x^2` over the ball.
    fn one_plus_square(&self) -> Magnitude {
        // Both terms are bounded from below; their sum is rounded up by at most 2^-51 in total.
        let mig = self.mig();
        let square = lower_square(mig);
        (Magnitude::ONE + square).minus_lower((Magnitude::ONE + square).scale2(-50))
    }
    /// Bound of the slope of erf and erfc: `2/sqrt(pi) exp(-min |x|^2)`.
    fn gaussian_slope(&self) -> Magnitude {
        // The square in doubles, rounded down: beyond 2^40 any lower bound will do.
        let mig = lower_f64(self.mig()).min(1e6);
        let square = (mig * mig).next_down().max(0.0);
        Magnitude::of_f64(1.1283791670955128) * Magnitude::exp(-square)
    }
    /// `x^q = m^q e^(q log(1 + h/m))` and `|log(1 + h/m)| <= s/(1 - s)`, `s = r/|m|`; the bound of the
    /// exponent `|q| s/(1 - s)`, if it is at most 1/4 and `s` at most 1/16.
    fn relative_spread(&self, q: Magnitude) -> Option<Magnitude> {
        let m = Magnitude::lower(&self.mid);
        if self.rad.scale2(4) > m {
            return None;
        }
        let spread = q * self.rad.over(m.minus_lower(self.rad));
        (spread <= quarter()).then_some(spread)
    }
}

/// Lower bound of the square.
fn lower_square(x: Magnitude) -> Magnitude {
    let square = x * x;
    square.minus_lower(square.scale2(-50))
}

/// Lower bound as a double.
fn lower_f64(x: Magnitude) -> f64 {
    if x.is_infinite() {
        return f64::MAX;
    }
    // `to_f64` is exact between the ends of the exponent range and rounds up beyond.
    let value = x.to_f64();
    if value == f64::INFINITY {
        f64::MAX
    } else if value <= f64::MIN_POSITIVE {
        0.0
    } else {
        value
    }
}

impl Analytic for Ball {
    fn bits(&self) -> Bits {
        self.mid.prec()
    }
    fn rational(q: &Rational, bits: Bits) -> Self {
        let (mid, exact) = q.rounded(bits, Round::Nearest);
        Self::rounded(mid, exact, Magnitude::ZERO)
    }
    fn int(n: i64, bits: Bits) -> Self {
        let (mid, exact) = n.rounded(bits, Round::Nearest);
        Self::rounded(mid, exact, Magnitude::ZERO)
    }
    fn from_ball(ball: &Ball) -> Self {
        ball.clone()
    }
    fn pi(bits: Bits) -> Self {
        let (mid, exact) = Constant::Pi.rounded(bits, Round::Nearest);
        Self::rounded(mid, exact, Magnitude::ZERO)
    }
    fn undefined(bits: Bits) -> Self {
        Ball {
            mid: Float::with_val(bits, f64::NAN),
            rad: Magnitude::INFINITE,
        }
    }
    fn is_finite(&self) -> bool {
        self.mid.is_finite() && !self.rad.is_infinite()
    }
    fn hull_with_zero(&self) -> Self {
        self.hull(&Self::int(0, self.bits()))
    }
    fn sign(&self) -> Option<Ordering> {
        match self.side() {
            _ if self.is_undefined() => None,
            Ordering::Equal if !self.rad.is_zero() => None,
            side => Some(side),
        }
    }

    /// `|sqrt(m + h) - sqrt(m)| <= r / (2 sqrt(m)) * (1 + r/m)` for `r <= m/16`; by the ends where wider.
    fn sqrt(&self) -> Self {
        if self.mid < 0 {
            return Self::undefined(self.bits());
        }
        let m = Magnitude::lower(&self.mid);
        if !self.is_plain() && self.rad.scale2(4) > m {
            return self.by_ends(Interval::sqrt);
        }
        let root = self.middle(Float::sqrt_ref);
        if self.is_plain() {
            return root.with_radius(Magnitude::ZERO);
        }
        let slope = Magnitude::ONE + self.rad.over(m);
        let rad = self.rad.over(root.mig().scale2(1)) * slope;
        root.with_radius(rad)
    }

    /// `|e^(m+h) - e^m| <= e^m (r + r^2)` for `r <= 1/4`.
    fn exp(&self) -> Self {
        if self.rad > quarter() {
            return self.by_ends(Interval::exp);
        }
        let middle = self.middle(Float::exp_ref);
        let rad = middle.mag() * exp_m1_bound(self.rad);
        middle.with_radius(rad)
    }

    /// `|e^(m+h) - e^m| <= e^m (r + r^2)` for `r <= 1/4`.
    fn exp_m1(&self) -> Self {
        if self.rad > quarter() {
            return self.by_ends(Interval::exp_m1);
        }
        let middle = self.middle(Float::exp_m1_ref);
        if self.is_plain() {
            return middle.with_radius(Magnitude::ZERO);
        }
        let exp = if self.mid < 0 {
            Magnitude::exp(self.mid.to_f64_round(Round::Up))
        } else {
            Magnitude::ONE + middle.mag()
        };
        middle.with_radius(exp * exp_m1_bound(self.rad))
    }

    /// `|log(m + h) - log m| <= r/(m - r)` for `r <= m/16`.
    fn ln(&self) -> Self {
        if self.mid <= 0 {
            return Self::undefined(self.bits());
        }
        let m = Magnitude::lower(&self.mid);
        if self.rad.scale2(4) > m {
            return self.by_ends(Interval::ln);
        }
        let rad = self.rad.over(m.minus_lower(self.rad));
        self.middle(Float::ln_ref).with_radius(rad)
    }

    /// `|log(1 + m + h) - log(1 + m)| <= r/(1 + m - r)` for `r <= (1 + m)/16`.
    fn ln_1p(&self) -> Self {
        if self.mid <= -1 {
            return Self::undefined(self.bits());
        }
        let mut rad = Magnitude::ZERO;
        if !self.is_plain() {
            let m = self.one_plus_mid();
            if self.rad.scale2(4) > m {
                return self.by_ends(Interval::ln_1p);
            }
            rad = self.rad.over(m.minus_lower(self.rad));
        }
        self.middle(Float::ln_1p_ref).with_radius(rad)
    }

    /// `|sin(m + h) - sin m| <= |cos m| r + r^2/2`, with `cos^2 = (1 - |sin|)(1 + |sin|)`, for `r <= 1/4`.
    fn sin(&self) -> Self {
        if self.rad > quarter() || too_large_to_reduce(&self.mid) {
            return self.by_ends(Interval::sin);
        }
        let middle = self.middle(Float::sin_ref);
        if self.is_plain() {
            return middle.with_radius(Magnitude::ZERO);
        }
        let rad = middle.conjugate_slope() * self.rad + (self.rad * self.rad).scale2(-1);
        middle.with_radius(rad)
    }

    /// As the sine, with sine and cosine exchanged.
    fn cos(&self) -> Self {
        if self.rad > quarter() || too_large_to_reduce(&self.mid) {
            return self.by_ends(Interval::cos);
        }
        let middle = self.middle(Float::cos_ref);
        if self.is_plain() {
            return middle.with_radius(Magnitude::ZERO);
        }
        let rad = middle.conjugate_slope() * self.rad + (self.rad * self.rad).scale2(-1);
        middle.with_radius(rad)
    }

    /// `tan(m + h) - t = (1 + t^2) tan h / (1 - t tan h)` with `t = tan m`, and `|tan h| <= s = r + r^2` for
    /// `r <= 1/4`; no pole if `|t| s <= 1/4`.
    fn tan(&self) -> Self {
        if self.rad > quarter() || too_large_to_reduce(&self.mid) {
            return self.by_ends(Interval::tan);
        }
        let middle = self.middle(Float::tan_ref);
        if self.is_plain() {
            return middle.with_radius(Magnitude::ZERO);
        }
        let (t, s) = (middle.mag(), exp_m1_bound(self.rad));
        let ts = t * s;
        if ts > quarter() {
            return self.by_ends(Interval::tan);
        }
        let rad = ((Magnitude::ONE + t * t) * s).over(Magnitude::ONE.minus_lower(ts));
        middle.with_radius(rad)
    }

    /// `|sinh(m + h) - sinh m| <= |sinh m| r^2 + cosh m (r + r^2)` for `r <= 1/4`, with
    /// `cosh^2 = 1 + sinh^2`.
    fn sinh(&self) -> Self {
        if self.rad > quarter() {
            return self.by_ends(Interval::sinh);
        }
        let middle = self.middle(Float::sinh_ref);
        if self.is_plain() {
            return middle.with_radius(Magnitude::ZERO);
        }
        let sinh = middle.mag();
        let cosh = (Magnitude::ONE + sinh * sinh).sqrt();
        let rad = sinh * (self.rad * self.rad) + cosh * exp_m1_bound(self.rad);
        middle.with_radius(rad)
    }

    /// `|cosh(m + h) - cosh m| <= cosh m r^2 + |sinh m| (r + r^2)` for `r <= 1/4`, with
    /// `sinh^2 = (cosh - 1)(cosh + 1)`.
    fn cosh(&self) -> Self {
        if self.rad > quarter() {
            return self.by_ends(Interval::cosh);
        }
        let middle = self.middle(Float::cosh_ref);
        if self.is_plain() {
            return middle.with_radius(Magnitude::ZERO);
        }
        let cosh = middle.mag();
        let excess = Magnitude::of(&(&middle.value - 1u32).up(53)) + middle.rounding();
        let sinh = (excess * (cosh + Magnitude::ONE)).sqrt();
        let rad = cosh * (self.rad * self.rad) + sinh * exp_m1_bound(self.rad);
        middle.with_radius(rad)
    }

    /// `|tanh(m + h) - t| = (1 - t^2) |tanh h| / |1 + t tanh h| <= (1 - t^2) r / (1 - r)` with `t = tanh m`,
    /// for `r <= 1/4`.
    fn tanh(&self) -> Self {
        if self.rad > quarter() {
            return self.by_ends(Interval::tanh);
        }
        let middle = self.middle(Float::tanh_ref);
        if self.is_plain() {
            return middle.with_radius(Magnitude::ZERO);
        }
        let slope = middle.gap_to_one() * (Magnitude::ONE + middle.mag());
        let rad = slope * self.rad.over(Magnitude::ONE.minus_lower(self.rad));
        middle.with_radius(rad)
    }

    /// `|asin(m + h) - asin m| <= r / sqrt((1 - M)(1 + M))`, `M = |m| + r`, for `r <= (1 - |m|)/16`.
    /// Undefined if a member is outside `[-1, 1]` ([`Ball::clamp_unit`] cuts it).
    fn asin(&self) -> Self {
        let Some(slope) = self.arc_slope() else {
            return self.by_ends(Interval::asin);
        };
        let rad = slope * self.rad;
        self.middle(Float::asin_ref).with_radius(rad)
    }

    /// As [`Analytic::asin`].
    fn acos(&self) -> Self {
        let Some(slope) = self.arc_slope() else {
            return self.by_ends(Interval::acos);
        };
        let rad = slope * self.rad;
        self.middle(Float::acos_ref).with_radius(rad)
    }

    /// `|atan(m + h) - atan m| <= r / (1 + min x^2)`, for `r <= 1/4`.
    fn atan(&self) -> Self {
        if self.rad > quarter() {
            return self.by_ends(Interval::atan);
        }
        let rad = self.rad.over(self.one_plus_square());
        self.middle(Float::atan_ref).with_radius(rad)
    }

    /// `|asinh(m + h) - asinh m| <= r / sqrt(1 + min x^2)`, for `r <= 1/4`.
    fn asinh(&self) -> Self {
        if self.rad > quarter() {
            return self.by_ends(Interval::asinh);
        }
        let rad = self.rad * Magnitude::ONE.over(self.one_plus_square()).sqrt();
        self.middle(Float::asinh_ref).with_radius(rad)
    }

    /// `|erf(m + h) - erf m| <= r * 2/sqrt(pi) exp(-min x^2)`, for `r <= 1/4`.
    fn erf(&self) -> Self {
        if self.rad > quarter() {
            return self.by_ends(Interval::erf);
        }
        let mut rad = Magnitude::ZERO;
        if !self.is_plain() {
            rad = self.rad * self.gaussian_slope();
        }
        self.middle(Float::erf_ref).with_radius(rad)
    }

    /// As [`Analytic::erf`], for `r <= 1/4` and `|m| r <= 1/4`: then the slope at the near end is at
    /// most `e` times that at the midpoint, and the relative radius is about `2 |m| r`.
    fn erfc(&self) -> Self {
        let mut rad = Magnitude::ZERO;
        if !self.is_plain() {
            if self.rad > quarter() || Magnitude::of(&self.mid) * self.rad > quarter() {
                return self.by_ends(Interval::erfc);
            }
            rad = self.rad * self.gaussian_slope();
        }
        self.middle(Float::erfc_ref).with_radius(rad)
    }

    /// `|x^n - m^n| <= |m|^n (s + s^2)` with `s = |n| (r/|m|) / (1 - r/|m|)`, for `s <= 1/4`; by the ends where
    /// wider. Undefined for a negative power of a ball that holds zero.
    fn powi(&self, n: i64) -> Self {
        if self.is_undefined() {
            return self.clone();
        }
        match n {
            0 => return Self::int(1, self.bits()),
            1 => return self.clone(),
            2 => return self.square(),
            _ if n < 0 && self.contains_zero() => return Self::undefined(self.bits()),
            _ => (),
        }
        let mut spread = Magnitude::ZERO;
        if !self.rad.is_zero() {
            match self.relative_spread(Magnitude::of_f64(n.unsigned_abs() as f64).above()) {
                Some(s) => spread = s,
                None => return self.by_ends(|x| x.powi(n)),
            }
        }
        let middle = self.middle(|m| m.pow(n));
        let rad = middle.mag() * exp_m1_bound(spread);
        middle.with_radius(rad)
    }

    /// As [`Analytic::powi`] with `q` in place of `n`. Integer exponents are integer powers; otherwise
    /// undefined if a member is negative, or zero with `q < 0`.
    fn powr(&self, q: &Rational) -> Self {
        if *q.denom() == 1
            && let Some(n) = q.numer().to_i64()
        {
            return self.powi(n);
        }
        let bits = self.bits();
        if self.is_undefined() || self.mid < 0 {
            return Self::undefined(bits);
        }
        let mut spread = Magnitude::ZERO;
        if !self.rad.is_zero() {
            let exponent = Magnitude::of(&q.rounded(53, Round::AwayZero).0);
            match self.relative_spread(exponent) {
                Some(s) => spread = s,
                None => return self.by_ends(|x| x.powr(q)),
            }
        }
        // The power of the midpoint: both ends at 32 bits more, so that rounding costs little.
        let mid = Float::with_val(bits + 32, &self.mid);
        let power = Interval::point(mid).powr(q);
        let power = Self::from_interval(power.lo(), power.hi(), bits);
        let rad = power.mag() * exp_m1_bound(spread);
        Self::normal(power.mid, power.rad + rad)
    }
}

impl Middle {
    /// `sqrt((1 - |v|)(1 + |v|))`: the slope of sine where `v` is the sine, of cosine where `v` is the cosine.
    fn conjugate_slope(&self) -> Magnitude {
        (self.gap_to_one() * (Magnitude::ONE + self.mag())).sqrt()
    }
}

impl Ball {
    /// Bound of the slope of asin and acos over the ball; `None` where it is too near to `+-1` (or outside).
    fn arc_slope(&self) -> Option<Magnitude> {
        if self.is_undefined() {
            return None;
        }
        if self.rad.is_zero() {
            return (self.mid.cmp_abs(&Float::with_val(2, 1)) != Some(Ordering::Greater))
                .then_some(Magnitude::ZERO);
        }
        let gap = if self.mid.is_sign_negative() {
            (&self.mid + 1u32).down(53)
        } else {
            (1u32 - &self.mid).down(53)
        };
        if gap <= 0 {
            return None;
        }
        let gap = Magnitude::lower(&gap);
        if self.rad.scale2(4) > gap {
            return None;
        }
        // 1 + M >= 1 + |m|.
        let above = (Magnitude::ONE + Magnitude::lower(&self.mid))
            .minus_lower(Magnitude::power_of_two(-50));
        let square = Magnitude::ONE.over(gap.minus_lower(self.rad)).over(above);
        Some(square.sqrt())
    }
}
