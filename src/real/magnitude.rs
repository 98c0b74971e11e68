//! Upper bounds of non-negative numbers: the radius of a ball and what it is computed from.

use std::cmp::Ordering;
use std::f64::consts::{LN_2, LOG2_E};
use std::ops::{Add, Mul};

use rug::Float;
use rug::float::{Round, exp_min};

use super::rounding::Pending;

/// Beyond `2^LIMIT` a magnitude is infinite, below `2^-LIMIT` it is taken for `2^-LIMIT`. The limit
/// leaves MPFR's exponents (below `2^30`) and their products with small integers plenty of room, and
/// sums of two exponents cannot overflow.
const LIMIT: i64 = 1 << 40;

/// `man * 2^exp` with `man` in `[1/2, 1)`, or zero (`man = 0`), or infinity (`man = inf`).
///
/// An `f64` with a wide exponent: an `f64` alone underflows as the radius of a ball from 1,100 bits
/// on, and an MPFR number costs an allocation. Sums, products, quotients and roots are rounded **up**
/// (one [`f64::next_up`] after the operation, which is rounded to nearest); functions with
/// `lower` in their name round down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Magnitude {
    man: f64,
    exp: i64,
}

impl Magnitude {
    pub const ZERO: Self = Magnitude { man: 0.0, exp: 0 };
    pub const ONE: Self = Magnitude { man: 0.5, exp: 1 };
    pub const INFINITE: Self = Magnitude {
        man: f64::INFINITY,
        exp: 0,
    };

    /// `2^n`.
    pub fn power_of_two(n: i64) -> Self {
        Self::normal(0.5, n.saturating_add(1))
    }

    /// `man * 2^exp` in normal form; `man` is zero, infinite or a normal `f64` not below 0.
    fn normal(man: f64, exp: i64) -> Self {
        if man == 0.0 {
            return Self::ZERO;
        }
        if man == f64::INFINITY {
            return Self::INFINITE;
        }
        const EXPONENT: u64 = 0x7ff << 52;
        let bits = man.to_bits();
        let shift = ((bits & EXPONENT) >> 52) as i64 - 1022;
        let exp = exp.saturating_add(shift);
        if exp > LIMIT {
            Self::INFINITE
        } else if exp < -LIMIT {
            Magnitude {
                man: 0.5,
                exp: -LIMIT,
            }
        } else {
            let man = f64::from_bits(bits & !EXPONENT | 1022 << 52);
            Magnitude { man, exp }
        }
    }

    /// A double that is not negative; subnormal doubles become the smallest normal one, NaN infinity.
    pub fn of_f64(x: f64) -> Self {
        debug_assert!(x.is_nan() || x >= 0.0);
        if x == 0.0 {
            Self::ZERO
        } else if x.is_nan() {
            Self::INFINITE
        } else {
            Self::normal(x.max(f64::MIN_POSITIVE), 0)
        }
    }

    /// Upper bound of `|x|`; infinity for NaN.
    pub fn of(x: &Float) -> Self {
        Self::truncated(x, Round::AwayZero)
    }

    /// Lower bound of `|x|`; zero for NaN.
    pub fn lower(x: &Float) -> Self {
        if x.is_nan() {
            return Self::ZERO;
        }
        Self::truncated(x, Round::Zero)
    }

    fn truncated(x: &Float, round: Round) -> Self {
        if x.is_zero() {
            return Self::ZERO;
        }
        if !x.is_finite() {
            return Self::INFINITE;
        }
        let (man, exp) = x.to_f64_exp_round(round);
        Self::normal(man.abs(), exp.into())
    }

    /// Bound of the error of an MPFR operation rounded to nearest with result `x`: nothing if `exact`
    /// says that it is, else half a unit in the last place; where the result underflowed, the
    /// smallest positive number.
    pub fn rounding(x: &Float, exact: Ordering) -> Self {
        if exact == Ordering::Equal {
            return Self::ZERO;
        }
        match x.get_exp() {
            // x = m 2^e, 1/2 <= |m| < 1: half a unit is 2^(e - bits - 1).
            Some(e) => {
                let e = i64::from(e) - i64::from(x.prec());
                Self::power_of_two(e.max(i64::from(exp_min())) - 1)
            }
            None if x.is_zero() => Self::power_of_two(i64::from(exp_min()) - 1),
            None => Self::INFINITE,
        }
    }

    /// One unit in the last place more.
    pub fn above(self) -> Self {
        Self::normal(self.man.next_up(), self.exp)
    }

    pub fn is_zero(self) -> bool {
        self.man == 0.0
    }

    pub fn is_infinite(self) -> bool {
        self.man == f64::INFINITY
    }

    /// The number itself, at 53 bits; rounded up only where MPFR's exponents end.
    pub fn to_float(self) -> Float {
        let man = Float::with_val(53, self.man);
        if self.is_zero() || self.is_infinite() {
            return man;
        }
        let exp = self.exp.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        (&man << exp).up(53)
    }

    /// Upper bound of the number as a double (infinity where it is too large).
    pub fn to_f64(self) -> f64 {
        if self.is_zero() || self.is_infinite() {
            self.man
        } else if self.exp > 1024 {
            f64::INFINITY
        } else if self.exp < -1021 {
            f64::MIN_POSITIVE
        } else {
            2.0 * self.man * power(self.exp - 1)
        }
    }

    /// `self * 2^n`.
    pub fn scale2(self, n: i64) -> Self {
        if self.is_zero() || self.is_infinite() {
            return self;
        }
        Self::normal(self.man, self.exp.saturating_add(n))
    }

    /// Upper bound of `self / d`, where `d` is a lower bound of the divisor; infinite for `d = 0`.
    pub fn over(self, d: Self) -> Self {
        if self.is_zero() {
            return Self::ZERO;
        }
        if d.is_zero() || self.is_infinite() {
            return Self::INFINITE;
        }
        if d.is_infinite() {
            return Self::power_of_two(-LIMIT);
        }
        Self::normal((self.man / d.man).next_up(), self.exp - d.exp)
    }

    /// Upper bound of the root.
    pub fn sqrt(self) -> Self {
        if self.is_zero() || self.is_infinite() {
            return self;
        }
        let odd = self.exp & 1;
        let man = if odd == 1 { 2.0 * self.man } else { self.man };
        Self::normal(man.sqrt().next_up(), (self.exp - odd) / 2)
    }

    /// Lower bound of `self - other`, at least zero.
    pub fn minus_lower(self, other: Self) -> Self {
        if self <= other {
            return Self::ZERO;
        }
        if other.is_zero() || self.is_infinite() {
            return self;
        }
        let gap = self.exp - other.exp;
        let man = if gap > 60 {
            self.man.next_down()
        } else {
            (self.man - other.man * power(-gap)).next_down()
        };
        if man <= 0.0 || self.exp < 100 - LIMIT {
            return Self::ZERO;
        }
        Self::normal(man, self.exp)
    }

    /// Upper bound of `e^x`.
    ///
    /// `x = n log 2 + f`; the error of `f` in doubles is below `|n| 2^-51 + 2^-50` and is added, the
    /// remainder of the Taylor polynomial (`|f| < 0.36`, below 1e-15) and its rounding errors (below
    /// 1e-14) are covered by the factor `1 + 2^-40`.
    pub fn exp(x: f64) -> Self {
        const INVERSE_FACTORIALS: [f64; 13] = [
            1.0,
            1.0,
            1.0 / 2.0,
            1.0 / 6.0,
            1.0 / 24.0,
            1.0 / 120.0,
            1.0 / 720.0,
            1.0 / 5040.0,
            1.0 / 40320.0,
            1.0 / 362880.0,
            1.0 / 3628800.0,
            1.0 / 39916800.0,
            1.0 / 479001600.0,
        ];
        if x.is_nan() || x > 7e11 {
            return Self::INFINITE;
        }
        if x < -7e11 {
            return Self::power_of_two(-LIMIT);
        }
        let n = (x * LOG2_E).round();
        let f = x - n * LN_2 + (n.abs() * 0.5f64.powi(51) + 0.5f64.powi(50));
        let taylor = INVERSE_FACTORIALS
            .iter()
            .rev()
            .fold(0.0, |sum, c| sum * f + c);
        let man = taylor * (1.0 + 0.5f64.powi(40));
        Self::normal(man.next_up(), n as i64)
    }

    pub fn max(self, other: Self) -> Self {
        if self < other { other } else { self }
    }
}

/// `2^n` as a double, exact (`f64::powi` promises no accuracy); `-1022 <= n <= 1023`.
fn power(n: i64) -> f64 {
    f64::from_bits(((1023 + n) as u64) << 52)
}

impl PartialOrd for Magnitude {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let special = |m: &Self| m.is_zero() || m.is_infinite();
        if special(self) || special(other) {
            return self.man.partial_cmp(&other.man);
        }
        Some(
            self.exp
                .cmp(&other.exp)
                .then(self.man.total_cmp(&other.man)),
        )
    }
}

impl Add for Magnitude {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (large, small) = if self.exp >= other.exp {
            (self, other)
        } else {
            (other, self)
        };
        if self.is_zero() {
            return other;
        }
        if other.is_zero() {
            return self;
        }
        if self.is_infinite() || other.is_infinite() {
            return Self::INFINITE;
        }
        let gap = large.exp - small.exp;
        let man = if gap > 60 {
            large.man.next_up()
        } else {
            (large.man + small.man * power(-gap)).next_up()
        };
        Self::normal(man, large.exp)
    }
}

impl Mul for Magnitude {
    type Output = Self;
    /// `0 * inf = 0`: the products of zero and of any real number, however large, are zero.
    fn mul(self, other: Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return Self::ZERO;
        }
        if self.is_infinite() || other.is_infinite() {
            return Self::INFINITE;
        }
        Self::normal((self.man * other.man).next_up(), self.exp + other.exp)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::real::trials::number;

    /// Room for a few roundings of 2^-53 each: bounds must be bounds, but not far.
    const TIGHT: f64 = 1.0 + 1e-15;
    const FINE: u32 = 400;

    fn fine(x: &Float) -> Float {
        Float::with_val(FINE, x).abs()
    }

    fn bounds(bound: Magnitude, value: &Float) -> Result<(), TestCaseError> {
        let bound = Float::with_val(FINE, bound.to_float());
        prop_assert!(
            bound >= *value && bound <= Float::with_val(FINE, value * TIGHT),
            "{bound} {value}"
        );
        Ok(())
    }

    fn bounds_from_below(bound: Magnitude, value: &Float) -> Result<(), TestCaseError> {
        let bound = Float::with_val(FINE, bound.to_float());
        prop_assert!(bound <= *value && bound * TIGHT >= *value, "{value}");
        Ok(())
    }

    proptest! {
        #[test]
        fn operations_are_tight_upper_bounds(a in number(90, 3000), b in number(90, 3000)) {
            let (x, y) = (fine(&a), fine(&b));
            let (up_a, up_b) = (Magnitude::of(&a), Magnitude::of(&b));
            bounds(up_a, &x)?;
            bounds_from_below(Magnitude::lower(&a), &x)?;
            bounds(up_a + up_b, &Float::with_val(FINE, &x + &y))?;
            bounds(up_a * up_b, &Float::with_val(FINE, &x * &y))?;
            bounds(up_a.sqrt(), &x.clone().sqrt())?;
            if !y.is_zero() {
                bounds(up_a.over(Magnitude::lower(&b)), &Float::with_val(FINE, &x / &y))?;
            }
            prop_assert_eq!(up_a.max(up_b).to_float(), up_a.to_float().max(&up_b.to_float()));
            // The difference may cancel: the error is relative to the larger.
            let difference = Magnitude::of(&a).minus_lower(Magnitude::of(&b)).to_float();
            let exact = Float::with_val(FINE, up_a.to_float() - up_b.to_float());
            prop_assert!(difference <= exact.clone().max(&Float::new(1)));
            let lost = exact - difference;
            prop_assert!(up_a < up_b || lost <= up_a.to_float() * 1e-15);
        }

        #[test]
        fn a_double_survives(x in proptest::num::f64::POSITIVE | proptest::num::f64::NORMAL) {
            let x = x.abs();
            prop_assert_eq!(Magnitude::of_f64(x).to_f64(), x);
        }

        /// The factor 1 + 2^-40 is the slack of the bound.
        #[test]
        fn exponential_is_an_upper_bound(x in -1e6..1e6f64, small in -1.0..1.0f64) {
            for x in [x, small, small * 1e-9] {
                let bound = Float::with_val(FINE, Magnitude::exp(x).to_float());
                let truth = Float::with_val(FINE, x).exp();
                prop_assert!(bound >= truth);
                // n = x/log 2 periods cost |n| 2^-51 each.
                let slack = 1e-11 + x.abs() * 1e-15;
                prop_assert!(bound <= truth * (1.0 + slack));
            }
        }
    }

    #[test]
    fn ends_of_the_range() {
        let smallest = Float::with_val(53, Float::i_exp(1, exp_min() - 1));
        assert_eq!(Magnitude::of(&smallest).to_float(), smallest);
        // Below MPFR's numbers a magnitude is still positive, and so is its conversion.
        let square = Magnitude::of(&smallest) * Magnitude::of(&smallest);
        assert!(!square.is_zero() && square < Magnitude::of(&smallest));
        assert_eq!(square.to_float(), smallest);
        assert!(Magnitude::power_of_two(1 << 50).is_infinite());
        assert!(!Magnitude::power_of_two(-1 << 50).is_zero());
        assert!(Magnitude::exp(1e300).is_infinite() && !Magnitude::exp(-1e300).is_zero());
        assert!((Magnitude::ZERO * Magnitude::INFINITE).is_zero());
        assert!(Magnitude::ONE.over(Magnitude::ZERO).is_infinite());
        assert!((Magnitude::ONE + Magnitude::INFINITE).is_infinite());
    }

    #[test]
    fn rounding_errors() {
        let error = |x: &Float, exact| Magnitude::rounding(x, exact).to_float();
        let third = Float::with_val_round(53, Float::with_val(500, 1) / 3u32, Round::Nearest);
        // 1/3 = 0.0101...b: exponent -1, half a unit of 53 bits is 2^-55.
        assert_eq!(
            error(&third.0, third.1),
            Float::with_val(53, Float::i_exp(1, -55))
        );
        assert_eq!(error(&third.0, Ordering::Equal), 0);
        // Next to zero numbers are as far apart as from zero: an underflow to the smallest number may be
        // off by half of it.
        let smallest = Float::with_val(53, Float::i_exp(1, exp_min() - 1));
        let bound = Magnitude::rounding(&smallest, Ordering::Less);
        assert!(bound >= Magnitude::of(&smallest).scale2(-1));
        // e^(-10^10) underflows to zero: the error is at most the smallest number.
        let tiny = Float::with_val_round(53, Float::with_val(53, -1e10).exp_ref(), Round::Nearest);
        assert!(tiny.0.is_zero() && error(&tiny.0, tiny.1) > 0);
    }
}
