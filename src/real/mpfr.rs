//! Any precision: a `rug::Float` with the manners of a value.

use std::cmp::Ordering;

use rug::float::{Constant, Round};
use rug::ops::{AddAssignRound, DivAssignRound, MulAssignRound, NegAssign, Pow, SubAssignRound};
use rug::{Float, Rational};

use super::operators::{Arithmetic, binary_operator, operators};
use super::rounding::too_large_to_reduce;
use super::{Analytic, Ball, Bits, Real};

/// An MPFR number. Every operation is carried out at the larger precision of its operands and
/// rounded to nearest (correctly: the error is at most half a unit in the last place); the errors
/// are not tracked. The undefined value is NaN.
///
/// ```
/// use deeplimit::real::{Analytic, Mpfr};
/// let x = Mpfr::int(2, 200).sqrt();
/// let error = &x * &x - Mpfr::int(2, 200);
/// assert!(*error.as_float() < 1e-59);
/// ```
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Mpfr(Float);

impl Mpfr {
    /// The number itself.
    pub fn new(x: Float) -> Self {
        Mpfr(x)
    }
    /// A look at the number.
    pub fn as_float(&self) -> &Float {
        &self.0
    }
    /// The number, taken out.
    pub fn into_float(self) -> Float {
        self.0
    }
}

impl From<Float> for Mpfr {
    fn from(x: Float) -> Self {
        Mpfr(x)
    }
}

impl Arithmetic for Mpfr {
    fn negated(mut self) -> Self {
        self.0.neg_assign();
        self
    }
    fn sum(&self, other: &Self) -> Self {
        Mpfr(Float::with_val(
            self.bits().max(other.bits()),
            &self.0 + &other.0,
        ))
    }
    fn difference(&self, other: &Self) -> Self {
        Mpfr(Float::with_val(
            self.bits().max(other.bits()),
            &self.0 - &other.0,
        ))
    }
    fn product(&self, other: &Self) -> Self {
        Mpfr(Float::with_val(
            self.bits().max(other.bits()),
            &self.0 * &other.0,
        ))
    }
    fn quotient(&self, other: &Self) -> Self {
        Mpfr(Float::with_val(
            self.bits().max(other.bits()),
            &self.0 / &other.0,
        ))
    }
    fn sum_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.sum(other);
        }
        self.0.add_assign_round(&other.0, Round::Nearest);
        self
    }
    fn difference_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.difference(other);
        }
        self.0.sub_assign_round(&other.0, Round::Nearest);
        self
    }
    fn product_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.product(other);
        }
        self.0.mul_assign_round(&other.0, Round::Nearest);
        self
    }
    fn quotient_into(mut self, other: &Self) -> Self {
        if self.bits() < other.bits() {
            return self.quotient(other);
        }
        self.0.div_assign_round(&other.0, Round::Nearest);
        self
    }
}

operators!(Mpfr);

/// `fn name(&self)` by the MPFR function `name_ref`.
macro_rules! by_mpfr {
    ($($name:ident $of:ident),*) => {$(
        fn $name(&self) -> Self {
            Mpfr(Float::with_val(self.bits(), self.0.$of()))
        }
    )*};
}

/// As [`by_mpfr`], undefined where the argument is too large to be reduced by `pi`.
macro_rules! by_mpfr_reduced {
    ($($name:ident $of:ident),*) => {$(
        fn $name(&self) -> Self {
            if too_large_to_reduce(&self.0) {
                return Self::undefined(self.bits());
            }
            Mpfr(Float::with_val(self.bits(), self.0.$of()))
        }
    )*};
}

impl Analytic for Mpfr {
    fn bits(&self) -> Bits {
        self.0.prec()
    }
    fn rational(q: &Rational, bits: Bits) -> Self {
        Mpfr(Float::with_val(bits, q))
    }
    fn int(n: i64, bits: Bits) -> Self {
        Mpfr(Float::with_val(bits, n))
    }
    fn from_ball(ball: &Ball) -> Self {
        Mpfr(ball.mid().clone())
    }
    fn pi(bits: Bits) -> Self {
        Mpfr(Float::with_val(bits, Constant::Pi))
    }
    fn undefined(bits: Bits) -> Self {
        Mpfr(Float::with_val(bits, f64::NAN))
    }
    fn is_finite(&self) -> bool {
        self.0.is_finite()
    }
    fn sign(&self) -> Option<Ordering> {
        self.0.cmp0()
    }
    by_mpfr! {
        sqrt sqrt_ref, exp exp_ref, exp_m1 exp_m1_ref, ln ln_ref, ln_1p ln_1p_ref,
        sinh sinh_ref, cosh cosh_ref, tanh tanh_ref, asin asin_ref, acos acos_ref, atan atan_ref,
        asinh asinh_ref, erf erf_ref, erfc erfc_ref
    }
    by_mpfr_reduced! { sin sin_ref, cos cos_ref, tan tan_ref }
    fn powi(&self, n: i64) -> Self {
        // MPFR says NaN^0 = 1; here the undefined stays undefined.
        if self.0.is_nan() {
            return self.clone();
        }
        Mpfr(Float::with_val(self.bits(), (&self.0).pow(n)))
    }
    fn powr(&self, q: &Rational) -> Self {
        if *q.denom() == 1
            && let Some(n) = q.numer().to_i64()
        {
            return self.powi(n);
        }
        // An error d of the exponent costs the factor x^d: 64 bits more leave |log x| < 2^31 its room.
        let exponent = Float::with_val(self.bits() + 64, q);
        Mpfr(Float::with_val(self.bits(), (&self.0).pow(&exponent)))
    }
}

impl Real for Mpfr {
    const TRACKS_ERRORS: bool = false;

    fn abs(&self) -> Self {
        Mpfr(self.0.clone().abs())
    }
    fn min(&self, other: &Self) -> Self {
        match self.0.partial_cmp(&other.0) {
            None => Self::undefined(self.bits().max(other.bits())),
            Some(Ordering::Greater) => other.clone(),
            Some(_) => self.clone(),
        }
    }
    fn max(&self, other: &Self) -> Self {
        match self.0.partial_cmp(&other.0) {
            None => Self::undefined(self.bits().max(other.bits())),
            Some(Ordering::Less) => other.clone(),
            Some(_) => self.clone(),
        }
    }
    fn scale2(&self, n: i32) -> Self {
        Mpfr(Float::with_val(self.bits(), &self.0 << n))
    }
    fn to_f64(&self) -> f64 {
        self.0.to_f64()
    }
    fn to_float(&self) -> Float {
        self.0.clone()
    }
    fn radius(&self) -> Float {
        Float::new(32)
    }
    fn widened(&self, _: &Float) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mpfr(x: f64, bits: Bits) -> Mpfr {
        Mpfr(Float::with_val(bits, x))
    }

    /// The result has the larger precision, whichever operand is owned.
    #[test]
    fn operations_work_at_the_larger_precision() {
        let (one, three) = (mpfr(1.0, 53), mpfr(3.0, 200));
        let third = Float::with_val(200, 1) / 3u32;
        for quotient in [
            &one / &three,
            one.clone() / &three,
            &one / three.clone(),
            one.clone() / three.clone(),
        ] {
            assert_eq!(*quotient.as_float(), third);
        }
        let tiny = mpfr(1.0, 200).scale2(-100);
        for difference in [
            &one - &tiny,
            one.clone() - &tiny,
            &one - tiny.clone(),
            one.clone() - tiny.clone(),
        ] {
            assert_eq!(difference.bits(), 200);
            assert!(difference < one && &one - difference == tiny);
        }
    }

    #[test]
    fn undefined_propagates() {
        let (nan, one) = (Mpfr::undefined(64), mpfr(1.0, 64));
        for x in [
            Real::min(&nan, &one),
            Real::max(&one, &nan),
            nan.powi(0),
            mpfr(-1.0, 64).sqrt(),
            mpfr(2.0, 64).asin(),
            mpfr(-8.0, 64).powr(&Rational::from((1, 3))),
            // Beyond the cap of the argument reduction.
            one.scale2(1 << 20).sin(),
        ] {
            assert!(x.as_float().is_nan());
        }
        assert_eq!(nan.sign(), None);
    }

    #[test]
    fn rational_powers() {
        let cube_root = mpfr(27.0, 100).powr(&Rational::from((1, 3)));
        assert_eq!(cube_root, mpfr(3.0, 100));
        assert_eq!(mpfr(0.0, 100).powr(&Rational::from((1, 3))), mpfr(0.0, 100));
        assert_eq!(mpfr(-2.0, 100).powr(&Rational::from(3)), mpfr(-8.0, 100));
    }
}
