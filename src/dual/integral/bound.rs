//! Upper bounds far outside the range of doubles, kept as logarithms.

use rug::Float;
use rug::float::Round;

/// A non-negative number given by an upper bound of its natural logarithm.
///
/// Every operation adds `1e-12 (1 + |ln|)` to the logarithm, thousands of times the rounding error of the double
/// operations and of `exp` and `ln` behind it; so what starts as an upper bound remains one.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Bound(f64);

impl Bound {
    pub(super) const ZERO: Bound = Bound(f64::NEG_INFINITY);
    pub(super) const INFINITE: Bound = Bound(f64::INFINITY);

    /// `|x|`.
    pub(super) fn of(x: &Float) -> Bound {
        if x.is_zero() {
            Bound::ZERO
        } else if !x.is_finite() {
            Bound::INFINITE
        } else {
            Bound::exp(Float::with_val(64, x.abs_ref()).ln().to_f64())
        }
    }

    /// A positive double.
    pub(super) fn number(x: f64) -> Bound {
        Bound::exp(x.ln())
    }

    /// `exp(x)`.
    pub(super) fn exp(x: f64) -> Bound {
        if x.is_nan() {
            Bound::INFINITE
        } else {
            Bound(widened(x))
        }
    }

    /// `exp(-x^2/2)` for a lower bound `x >= 0`.
    pub(super) fn gauss(x: f64) -> Bound {
        Bound::exp(-0.5 * x * x)
    }

    /// The square root.
    pub(super) fn root(self) -> Bound {
        Bound(widened(0.5 * self.0))
    }

    /// The reciprocal of the bound itself: a tolerance, no bound of anything.
    pub(super) fn inverse(self) -> Bound {
        Bound(-self.0)
    }

    pub(super) fn ln(self) -> f64 {
        self.0
    }

    pub(super) fn to_float(self) -> Float {
        let mut out = Float::with_val(64, self.0);
        out.exp_round(Round::Up);
        out
    }

    pub(super) fn max(self, other: Bound) -> Bound {
        Bound(self.0.max(other.0))
    }

    pub(super) fn min(self, other: Bound) -> Bound {
        Bound(self.0.min(other.0))
    }
}

fn widened(x: f64) -> f64 {
    if x.is_finite() {
        x + 1e-12 * (1.0 + x.abs())
    } else {
        x
    }
}

impl std::ops::Mul for Bound {
    type Output = Bound;
    fn mul(self, other: Bound) -> Bound {
        if self == Bound::ZERO || other == Bound::ZERO {
            return Bound::ZERO;
        }
        Bound(widened(self.0 + other.0))
    }
}

impl std::ops::Add for Bound {
    type Output = Bound;
    fn add(self, other: Bound) -> Bound {
        let (high, low) = (self.0.max(other.0), self.0.min(other.0));
        if low == f64::NEG_INFINITY || high == f64::INFINITY {
            return Bound(high);
        }
        Bound(widened(high + (low - high).exp().ln_1p()))
    }
}

impl std::iter::Sum for Bound {
    fn sum<I: Iterator<Item = Bound>>(terms: I) -> Bound {
        terms.fold(Bound::ZERO, |a, b| a + b)
    }
}
