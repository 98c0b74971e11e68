//! Exponential, circular and hyperbolic functions of rectangles, and powers.

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::Rect;
use crate::real::{Analytic, Ball, Bits, Interval, Real};

impl Analytic for Rect {
    const REGION: bool = true;

    fn bits(&self) -> Bits {
        self.re.bits()
    }
    fn rational(q: &Rational, bits: Bits) -> Self {
        Self::real(Interval::rational(q, bits))
    }
    fn int(n: i64, bits: Bits) -> Self {
        Self::real(Interval::int(n, bits))
    }
    fn from_ball(ball: &Ball) -> Self {
        Rect::real(ball.to_interval())
    }
    fn pi(bits: Bits) -> Self {
        Self::real(Interval::pi(bits))
    }
    fn undefined(bits: Bits) -> Self {
        Rect {
            re: Interval::undefined(bits),
            im: Interval::undefined(bits),
        }
    }
    fn is_finite(&self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }
    fn hull_with_zero(&self) -> Self {
        self.hull(&Self::int(0, self.bits()))
    }
    fn sign(&self) -> Option<Ordering> {
        if self.is_real() { self.re.sign() } else { None }
    }

    /// The parts are monotone, so four corners give their exact ranges (up to rounding).
    fn sqrt(&self) -> Self {
        self.principal_sqrt()
    }

    /// `e^x (cos y + i sin y)`: each part a product of independent factors, so exact ranges.
    fn exp(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.exp());
        }
        Self::polar(&self.re.exp(), &self.im)
    }

    /// Near zero `(e^x - 1) cos y - 2 sin^2(y/2) + i e^x sin y`, elsewhere `e^z - 1`.
    fn exp_m1(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.exp_m1());
        }
        if !(*self.re.lo() > -0.5 && *self.re.hi() < 0.5) {
            return self.exp() - Self::int(1, self.bits());
        }
        let (sin, cos) = self.im.sin_cos();
        let half = self.im.scale2(-1).sin().square().scale2(1);
        Self::new(self.re.exp_m1() * cos - half, self.re.exp() * sin)
    }

    /// `log|z| + i arg z`, each an exact range (up to rounding).
    fn ln(&self) -> Self {
        if self.is_undefined() || self.meets_negative_axis() {
            return Self::undefined(self.bits());
        }
        if self.is_real() {
            return Self::real(self.re.ln());
        }
        Self::new(self.modulus().ln(), self.arg())
    }

    /// Near zero `log(1 + x(2 + x) + y^2)/2 + i arg(1 + z)`, elsewhere `log(1 + z)`.
    fn ln_1p(&self) -> Self {
        let above = self + Self::int(1, self.bits());
        if above.is_undefined() || above.meets_negative_axis() {
            return Self::undefined(self.bits());
        }
        if self.is_real() {
            return Self::real(self.re.ln_1p());
        }
        if !(*self.re.lo() > -0.5 && *self.re.hi() < 0.5) {
            return above.ln();
        }
        // x(2 + x) grows with x > -1: its ends.
        let end = |x: &Float| {
            let x = Interval::point(x.clone());
            &x * (&x + Interval::int(2, self.bits()))
        };
        let excess = end(self.re.lo()).hull(&end(self.re.hi())) + self.im.square();
        Self::new(excess.ln_1p().scale2(-1), above.arg())
    }

    /// `(1 + tanh(z/2))/2`, and on the left `|f| <= 1/(e^-x - 1)`: where `|e^-z|` is large its angle does not matter.
    fn logistic(&self) -> Self {
        let one = Self::int(1, self.bits());
        let half = Self::new(self.re.scale2(-1), self.im.scale2(-1)).tanh();
        let sum = one + half;
        let mut out = Self::new(sum.re.scale2(-1), sum.im.scale2(-1));
        if *self.re.hi() < -1 {
            let size = (-&self.re).exp_m1().recip();
            let disc = Interval::symmetric(size.hi().clone());
            out = out.intersect(&Self::new(disc.clone(), disc));
        }
        out
    }

    /// `log(1 + e^z)`, continued from the real axis to the plane that is cut along `+-i [pi, inf)`: on the right of the axis
    /// that is `z + log(1 + e^-z)`, without the jumps of the principal branch.
    fn softplus(&self) -> Self {
        if self.is_undefined() {
            return self.clone();
        }
        let right = *self.re.lo() > 0;
        // 3 < pi
        if !right && *self.re.hi() >= 0 && self.im.mag() >= 3 {
            return Self::undefined(self.bits());
        }
        if right || self.is_real() && self.re.sign() == Some(Ordering::Greater) {
            return self.clone() + (-self.clone()).exp().ln_1p();
        }
        self.exp().ln_1p()
    }

    /// `sin x cosh y + i cos x sinh y`: exact ranges (up to rounding).
    fn sin(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.sin());
        }
        let (sin, cos) = self.re.sin_cos();
        Self::new(sin * self.im.cosh(), cos * self.im.sinh())
    }

    /// `cos x cosh y - i sin x sinh y`: exact ranges (up to rounding).
    fn cos(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.cos());
        }
        let (sin, cos) = self.re.sin_cos();
        Self::new(cos * self.im.cosh(), -(sin * self.im.sinh()))
    }

    /// `-i tanh(iz)`.
    fn tan(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.tan());
        }
        self.turned_left().tanh().turned_right()
    }

    /// `sinh x cos y + i cosh x sin y`: exact ranges (up to rounding).
    fn sinh(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.sinh());
        }
        let (sin, cos) = self.im.sin_cos();
        Self::new(self.re.sinh() * cos, self.re.cosh() * sin)
    }

    /// `cosh x cos y + i sinh x sin y`: exact ranges (up to rounding).
    fn cosh(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.cosh());
        }
        let (sin, cos) = self.im.sin_cos();
        Self::new(self.re.cosh() * cos, self.re.sinh() * sin)
    }

    /// `(sinh 2x + i sin 2y) / (cosh 2x + cos 2y)`: exact ranges (up to rounding), bounded however far the
    /// rectangle reaches.
    fn tanh(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.tanh());
        }
        self.hyperbolic_tangent()
    }

    fn asin(&self) -> Self {
        self.inverse_sine()
    }

    /// `pi/2 - asin z`.
    fn acos(&self) -> Self {
        if self.is_real() && *self.re.lo() > -1 && *self.re.hi() < 1 {
            return Self::real(self.re.acos());
        }
        Self::real(Interval::pi(self.bits()).scale2(-1)) - self.inverse_sine()
    }

    fn atan(&self) -> Self {
        self.inverse_tangent()
    }

    /// `-i asin(iz)`.
    fn asinh(&self) -> Self {
        if self.is_real() {
            return Self::real(self.re.asinh());
        }
        self.turned_left().inverse_sine().turned_right()
    }

    fn erf(&self) -> Self {
        self.error_function()
    }

    fn erfc(&self) -> Self {
        self.complementary_error_function()
    }

    /// By repeated squaring, by `|z|^n (cos n arg z + i sin n arg z)` where zero is outside, and within the
    /// disc of radius `max |z|^n`: the common part of the three.
    fn powi(&self, n: i64) -> Self {
        let bits = self.bits();
        if self.is_undefined() || (n < 0 && self.contains_zero()) {
            return Self::undefined(bits);
        }
        if self.is_real() {
            return Self::real(self.re.powi(n));
        }
        match n {
            0 => return Self::int(1, bits),
            1 => return self.clone(),
            2 => return self.square(),
            -1 => return self.recip(),
            _ => (),
        }
        let modulus = self.modulus().powi(n);
        let disc = Interval::symmetric(modulus.hi().clone());
        let mut power = Self::new(disc.clone(), disc);
        if let Some(product) = self.repeated_product(n) {
            power = power.intersect(&product);
        }
        let right = if *self.re.hi() < 0 {
            -self
        } else {
            self.clone()
        };
        let turns = right.arg() * Interval::int(n, bits);
        if !turns.is_undefined() {
            let mut by_angle = Self::polar(&modulus, &turns);
            if *self.re.hi() < 0 && n % 2 != 0 {
                by_angle = -by_angle;
            }
            power = power.intersect(&by_angle);
        }
        power
    }

    /// `|z|^q (cos q arg z + i sin q arg z)`; integer exponents are integer powers.
    fn powr(&self, q: &Rational) -> Self {
        if *q.denom() == 1
            && let Some(n) = q.numer().to_i64()
        {
            return self.powi(n);
        }
        if self.is_undefined() || self.meets_negative_axis() {
            return Self::undefined(self.bits());
        }
        if self.is_real() {
            return Self::real(self.re.powr(q));
        }
        let angle = self.arg() * Interval::rational(q, self.bits());
        Self::polar(&self.modulus().powr(q), &angle)
    }
}

impl Rect {
    /// `z^n` by squaring and multiplying; `None` where that is long and hopeless (`|n| > 64`).
    fn repeated_product(&self, n: i64) -> Option<Self> {
        if n.unsigned_abs() > 64 {
            return None;
        }
        let base = if n < 0 { self.recip() } else { self.clone() };
        let mut rest = n.unsigned_abs();
        let mut square = base;
        let mut product: Option<Self> = None;
        while rest > 0 {
            if rest & 1 == 1 {
                product = Some(match product {
                    None => square.clone(),
                    Some(p) => p * &square,
                });
            }
            rest >>= 1;
            if rest > 0 {
                square = square.square();
            }
        }
        product
    }
}
