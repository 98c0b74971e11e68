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
    fn erf(&self) -> Self {
        statrs::function::erf::erf(*self)
    }
    fn erfc(&self) -> Self {
        statrs::function::erf::erfc(*self)
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

    fn from_ball(ball: &Ball) -> Self {
        ball.mid().to_f64()
    }
    fn abs(&self) -> Self {
        f64::abs(*self)
    }
    fn min(&self, other: &Self) -> Self {
        f64::min(*self, *other)
    }
    fn max(&self, other: &Self) -> Self {
        f64::max(*self, *other)
    }
    fn scale2(&self, n: i32) -> Self {
        *self * f64::powi(2.0, n)
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
