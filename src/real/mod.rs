//! The numbers: one formula, five arithmetics.
//!
//! A formula is written once, generic in [`Analytic`] (or [`Real`] where order matters), and
//! evaluated in
//!
//! | type | what it is | what its results mean |
//! |---|---|---|
//! | `f64` | the machine's double | fast, rounding errors only estimated |
//! | [`Mpfr`] | a `rug::Float` with the manners of a value | any precision, rounding errors only estimated |
//! | [`Ball`] | midpoint and radius | certainly contains the true value |
//! | [`Interval`] | two ends, possibly infinite | certainly contains all values on all of its argument |
//! | [`Rect`] | a complex rectangle, possibly unbounded | the same in the plane, for analytic functions |
//!
//! Precision travels with the value: constants are made at a given number of bits, and an operation on
//! two values works at the larger precision of the two. There is no global state. A bare `0.5` does
//! not compile in generic code, so no double leaks into a 256-bit result.
//!
//! A value may be *undefined* (`f64::NAN` and its kin): the logarithm of a ball that contains zero, a
//! quotient by a ball that contains zero. Undefined values propagate and are caught by
//! [`Analytic::is_finite`].
//!
//! [`certain_digits`] and [`enclosing_decimal`] are the way out: decimals of which no digit is a guess.

mod ball;
mod chebyshev;
mod decimal;
mod double;
mod interval;
mod jet;
mod kept;
mod magnitude;
mod mpfr;
mod operators;
mod quantity;
mod rect;
mod rounding;

#[cfg(test)]
mod trials;

pub use ball::Ball;
pub use chebyshev::Chebyshev;
pub use decimal::{Certain, certain_digits, enclosing_decimal};
pub use interval::Interval;
pub(crate) use jet::Jet;
pub(crate) use kept::Kept;
pub use mpfr::Mpfr;
pub use quantity::{Quantity, Value, bits_for};
pub use rect::Rect;

use std::cmp::Ordering;
use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use imply_hack::Imply;
use rug::Rational;

use crate::words::named;

/// Working precision in bits of the significand.
pub type Bits = u32;

/// On which road numbers travel to the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// Balls: every result is an enclosure.
    #[default]
    Ball,
    /// MPFR: any precision, rounding errors estimated from two different grids.
    Mpfr,
    /// The machine's double: fast, rounding errors estimated from two different grids.
    F64,
}

named!(Arithmetic, "arithmetic": Ball = "ball", Mpfr = "mpfr", F64 = "f64");

/// Values on which a formula without case distinctions can be evaluated: the four operations and the
/// elementary functions of the activation grammar. Operators work on values and on references.
pub trait Analytic:
    Clone
    + Debug
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + for<'a> Add<&'a Self, Output = Self>
    + for<'a> Sub<&'a Self, Output = Self>
    + for<'a> Mul<&'a Self, Output = Self>
    + for<'a> Div<&'a Self, Output = Self>
    + for<'a> Imply<
        &'a Self,
        Is: Neg<Output = Self>
                + Add<Output = Self>
                + Sub<Output = Self>
                + Mul<Output = Self>
                + Div<Output = Self>
                + Add<Self, Output = Self>
                + Sub<Self, Output = Self>
                + Mul<Self, Output = Self>
                + Div<Self, Output = Self>,
    >
{
    /// The precision that this value carries.
    fn bits(&self) -> Bits;
    /// A rational number, rounded (or enclosed) at `bits`.
    fn rational(q: &Rational, bits: Bits) -> Self;
    /// An integer, exact where `bits` allow.
    fn int(n: i64, bits: Bits) -> Self {
        Self::rational(&Rational::from(n), bits)
    }
    /// The number that a ball encloses: the ball itself for [`Ball`], an enclosure of it for intervals and rectangles, its
    /// midpoint, rounded, elsewhere.
    fn from_ball(ball: &Ball) -> Self;
    /// `pi`.
    fn pi(bits: Bits) -> Self;
    /// The value that no operation can mend.
    fn undefined(bits: Bits) -> Self;
    /// Values are regions of the plane, of which some formulas know more than others.
    const REGION: bool = false;
    /// Neither undefined nor unbounded.
    fn is_finite(&self) -> bool;
    /// The sign, where it is certain: `None` for a ball that straddles zero, for a value that is not
    /// real, for an undefined value. `Some(Equal)` only for an exact zero.
    fn sign(&self) -> Option<Ordering>;
    /// A convex set that contains the value and zero, for the mean-value form of a quotient with a
    /// removable singularity. Types whose values are single points return themselves.
    fn hull_with_zero(&self) -> Self {
        self.clone()
    }

    /// Principal square root.
    fn sqrt(&self) -> Self;
    /// `e^x`.
    fn exp(&self) -> Self;
    /// `e^x - 1`, accurate near zero.
    fn exp_m1(&self) -> Self;
    /// Principal natural logarithm.
    fn ln(&self) -> Self;
    /// `log(1 + x)`, accurate near zero.
    fn ln_1p(&self) -> Self;
    /// `1/(1 + e^-x)`.
    fn logistic(&self) -> Self {
        let one = Self::int(1, self.bits());
        one.clone() / (one + (-self.clone()).exp())
    }
    /// `log(1 + e^x)`.
    fn softplus(&self) -> Self {
        // For large x the exponential would leave the range of doubles; a sign is certain on the real line only, and there both
        // forms are equal.
        match self.sign() {
            Some(Ordering::Greater) => self.clone() + (-self.clone()).exp().ln_1p(),
            _ => self.exp().ln_1p(),
        }
    }
    /// Sine.
    fn sin(&self) -> Self;
    /// Cosine.
    fn cos(&self) -> Self;
    /// Tangent.
    fn tan(&self) -> Self;
    /// Hyperbolic sine.
    fn sinh(&self) -> Self;
    /// Hyperbolic cosine.
    fn cosh(&self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(&self) -> Self;
    /// Inverse sine on `[-1, 1]`.
    fn asin(&self) -> Self;
    /// Inverse cosine on `[-1, 1]`.
    fn acos(&self) -> Self;
    /// Inverse tangent.
    fn atan(&self) -> Self;
    /// Inverse hyperbolic sine.
    fn asinh(&self) -> Self;
    /// Error function `2/sqrt(pi) * int_0^x exp(-t^2) dt`.
    fn erf(&self) -> Self;
    /// Complementary error function `1 - erf(x)`, accurate for large `x`.
    fn erfc(&self) -> Self;
    /// Integer power; `x^0 = 1` for every `x`, a negative power of zero is undefined.
    fn powi(&self, n: i64) -> Self;
    /// Rational power `x^q = exp(q log x)` for `x > 0`; `0^q = 0` for `q > 0`.
    fn powr(&self, q: &Rational) -> Self;
}

/// Real numbers: [`Analytic`] with an order and a way out.
pub trait Real: Analytic {
    /// Results carry the bound of their error. `false` for `f64` and [`Mpfr`]: what would only widen a result can be
    /// left out.
    const TRACKS_ERRORS: bool = true;

    /// The value without its radius.
    fn midpoint(&self) -> Self {
        self.clone()
    }
    /// The lower end of what this value may be, as an exact value.
    fn lower_end(&self) -> Self {
        self.clone()
    }
    /// The upper end of what this value may be, as an exact value.
    fn upper_end(&self) -> Self {
        self.clone()
    }
    /// Absolute value.
    fn abs(&self) -> Self;
    /// The smaller of two (for balls: an enclosure of the minimum of any two points).
    fn min(&self, other: &Self) -> Self;
    /// The larger of two.
    fn max(&self, other: &Self) -> Self;
    /// The order, where it is certain.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        (self.clone() - other).sign()
    }
    /// `self * 2^n`, exact.
    fn scale2(&self, n: i32) -> Self;
    /// The nearest double to the midpoint (may be infinite or zero when out of range).
    fn to_f64(&self) -> f64;
    /// The midpoint as an MPFR number at the value's own precision.
    fn to_float(&self) -> rug::Float;
    /// An upper bound of the distance between the midpoint and the true value that arithmetic itself
    /// guarantees: the radius of a ball, `0` for `f64` and `Mpfr` (whose rounding errors are not tracked).
    fn radius(&self) -> rug::Float;
    /// The same value, its error enlarged by `|e|` (`f64` and `Mpfr` do not track errors and return themselves).
    fn widened(&self, e: &rug::Float) -> Self;
}
