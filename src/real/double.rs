//! `f64` as a [`Real`]: the fast road.

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::{Analytic, Ball, Bits, Real};

impl Analytic for f64 {
    fn bits(&self) -> Bits {
        53
    }
    fn rational(q: &Rational, _: Bits) -> Self {
        q.to_f64()
    }
    fn int(n: i64, _: Bits) -> Self {
        n as f64
    }
    fn from_ball(ball: &Ball) -> Self {
        ball.mid().to_f64()
    }
    fn pi(_: Bits) -> Self {
        std::f64::consts::PI
    }
    fn undefined(_: Bits) -> Self {
        f64::NAN
    }
    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }
    fn sign(&self) -> Option<Ordering> {
        self.partial_cmp(&0.0)
    }
    fn sqrt(&self) -> Self {
        f64::sqrt(*self)
    }
    fn exp(&self) -> Self {
        f64::exp(*self)
    }
    fn exp_m1(&self) -> Self {
        f64::exp_m1(*self)
    }
    fn ln(&self) -> Self {
        f64::ln(*self)
    }
    fn ln_1p(&self) -> Self {
        f64::ln_1p(*self)
    }
    fn sin(&self) -> Self {
        f64::sin(*self)
    }
    fn cos(&self) -> Self {
        f64::cos(*self)
    }
    fn tan(&self) -> Self {
        f64::tan(*self)
    }
    fn sinh(&self) -> Self {
        f64::sinh(*self)
    }
    fn cosh(&self) -> Self {
        f64::cosh(*self)
    }
    fn tanh(&self) -> Self {
        f64::tanh(*self)
    }
    fn asin(&self) -> Self {
        f64::asin(*self)
    }
    fn acos(&self) -> Self {
        f64::acos(*self)
    }
    fn atan(&self) -> Self {
        f64::atan(*self)
    }
    fn asinh(&self) -> Self {
        f64::asinh(*self)
    }
    /// The crate `libm` (a port of FreeBSD's): at most 1 ulp off, 3 ulp for `erfc`, in some 20 nanoseconds.
    /// `statrs::function::erf` is off by up to 4e5 ulp (at `x = 0.5`); the tests below keep both claims honest.
    fn erf(&self) -> Self {
        libm::erf(*self)
    }
    /// As [`Analytic::erf`].
    fn erfc(&self) -> Self {
        libm::erfc(*self)
    }
    fn powi(&self, n: i64) -> Self {
        match i32::try_from(n) {
            Ok(n) => f64::powi(*self, n),
            Err(_) => f64::powf(*self, n as f64),
        }
    }
    fn powr(&self, q: &Rational) -> Self {
        f64::powf(*self, q.to_f64())
    }
}

impl Real for f64 {
    const TRACKS_ERRORS: bool = false;

    fn abs(&self) -> Self {
        f64::abs(*self)
    }
    /// NaN if one of the two is: the undefined propagates (`f64::min` would drop it).
    fn min(&self, other: &Self) -> Self {
        if self.is_nan() || other.is_nan() {
            return f64::NAN;
        }
        f64::min(*self, *other)
    }
    fn max(&self, other: &Self) -> Self {
        if self.is_nan() || other.is_nan() {
            return f64::NAN;
        }
        f64::max(*self, *other)
    }
    fn scale2(&self, n: i32) -> Self {
        // A power of two that is itself out of range goes in steps that are not.
        let mut x = *self;
        let mut rest = n.clamp(-2200, 2200);
        while rest != 0 {
            let step = rest.clamp(-1000, 1000);
            x *= f64::from_bits(((1023 + step) as u64) << 52);
            rest -= step;
        }
        x
    }
    fn to_f64(&self) -> f64 {
        *self
    }
    fn to_float(&self) -> Float {
        Float::with_val(53, *self)
    }
    fn radius(&self) -> Float {
        Float::new(32)
    }
    fn widened(&self, _: &Float) -> Self {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance of `y` from the number, in units of the last place of the nearest double.
    fn ulps(y: f64, truth: &Float) -> f64 {
        let near = truth.to_f64().abs();
        Float::with_val(200, truth - y).to_f64().abs() / (near.next_up() - near)
    }

    fn worst(f: impl Fn(f64) -> f64, truth: impl Fn(Float) -> Float, lo: f64, hi: f64) -> f64 {
        let x = |k| lo + (hi - lo) * (f64::from(k) + 0.37) / 2000.0;
        (0..2000)
            .map(|k| ulps(f(x(k)), &truth(Float::with_val(200, x(k)))))
            .fold(0.0, f64::max)
    }

    #[test]
    fn erf_and_erfc_are_accurate() {
        for (lo, hi) in [(-6.0, 6.0), (-1e-3, 1e-3), (6.0, 26.0), (-1e-300, 1e-300)] {
            assert!(worst(|x| Analytic::erf(&x), Float::erf, lo, hi) <= 1.0);
            assert!(worst(|x| Analytic::erfc(&x), Float::erfc, lo, hi) <= 4.0);
        }
    }

    /// The reason for `libm`: four units in the last place would have been good enough.
    #[test]
    fn statrs_is_not_good_enough() {
        use statrs::function::erf::{erf, erfc};
        assert!(worst(erf, Float::erf, -6.0, 6.0) > 4.0);
        assert!(worst(erfc, Float::erfc, 6.0, 26.0) > 4.0);
    }

    #[test]
    fn undefined_propagates_and_scaling_is_exact() {
        assert!(Real::min(&f64::NAN, &1.0).is_nan() && Real::min(&1.0, &f64::NAN).is_nan());
        assert!(Real::max(&f64::NAN, &1.0).is_nan() && Real::max(&1.0, &f64::NAN).is_nan());
        let smallest = f64::from_bits(1);
        assert_eq!(smallest.scale2(1074), 1.0);
        assert_eq!(1.0.scale2(-1074), smallest);
        assert_eq!(smallest.scale2(2097), 2f64.powi(1023));
        assert_eq!(1.5.scale2(3), 12.0);
        assert_eq!(1.5.scale2(i32::MIN), 0.0);
    }
}
