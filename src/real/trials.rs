//! For the tests of the number types: random numbers of all sizes, and the functions by name.

use proptest::prelude::*;
use rug::{Float, Rational};

use super::{Analytic, Bits, Mpfr};

/// Precision of the references: at least four times that of the arithmetic under test.
pub const FINE: Bits = 1200;

/// Random numbers `+-m 2^e` with 1 to `bits` significant bits and `|e| <= size`; sometimes special.
pub fn number(bits: Bits, size: i32) -> impl Strategy<Value = Float> {
    let mantissa = prop_oneof![
        1 => (1u64..16).prop_map(|m| [m, 0, 0, 0]),
        4 => any::<[u64; 4]>(),
    ];
    (mantissa, -size..=size, any::<bool>(), 0..20u8).prop_map(move |(m, e, negative, special)| {
        let mut x = Float::new(bits);
        for word in m {
            x = Float::with_val(bits + 64, &x << 64) + word;
            x.set_prec(bits);
        }
        if let Some(top) = x.get_exp() {
            x >>= top - 1 - e;
        }
        match special {
            0 => x = Float::new(bits),
            1 => x = Float::with_val(bits, 1),
            _ => (),
        }
        if negative { -x } else { x }
    })
}

/// A fraction in `[-1, 1]`, the ends and the middle often.
pub fn fraction() -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => Just(-1.0),
        1 => Just(1.0),
        1 => Just(0.0),
        5 => (-1.0..1.0f64).prop_map(|t| (t * 1048576.0).round() / 1048576.0),
    ]
}

/// A function in each arithmetic, with its name for the message of a failure.
pub struct Case<T> {
    pub name: &'static str,
    pub of: fn(&T) -> T,
    pub reference: fn(&Mpfr) -> Mpfr,
}

/// All functions of one argument.
pub fn cases<T: Analytic>() -> Vec<Case<T>> {
    macro_rules! case {
        ($($name:ident),*) => { vec![$(Case {
            name: stringify!($name),
            of: |x: &T| x.$name(),
            reference: |x: &Mpfr| x.$name(),
        }),*] };
    }
    let mut cases = case!(
        sqrt, exp, exp_m1, ln, ln_1p, sin, cos, tan, sinh, cosh, tanh, asin, acos, atan, asinh,
        erf, erfc
    );
    macro_rules! power {
        ($($n:literal),*) => { $(cases.push(Case {
            name: concat!("powi ", $n),
            of: |x: &T| x.powi($n),
            reference: |x: &Mpfr| x.powi($n),
        });)* };
    }
    power!(0, 1, 2, 3, 4, 7, 30, -1, -2, -3, -8);
    macro_rules! root {
        ($(($n:literal, $d:literal)),*) => { $(cases.push(Case {
            name: concat!("powr ", $n, "/", $d),
            of: |x: &T| x.powr(&Rational::from(($n, $d))),
            reference: |x: &Mpfr| x.powr(&Rational::from(($n, $d))),
        });)* };
    }
    root!((1, 3), (5, 2), (-1, 2), (-7, 3), (4, 2), (22, 7));
    cases
}

/// The number in `[lo, hi]` at the fraction `t` in `[-1, 1]` of the way, at [`FINE`] bits; an infinite end is
/// replaced by a large number.
pub fn member(lo: &Float, hi: &Float, t: f64) -> Float {
    let far = |x: &Float, sign: i32| {
        if x.is_infinite() {
            Float::with_val(FINE, sign * 1000)
        } else {
            Float::with_val(FINE, x)
        }
    };
    let lo_far = far(lo, -1);
    let hi_far = far(hi, 1);
    let mid = Float::with_val(FINE, &lo_far + &hi_far) >> 1;
    let half = Float::with_val(FINE, &hi_far - &lo_far) >> 1;
    let mut x = mid + half * t;
    if x < *lo {
        x = Float::with_val(FINE, lo);
    }
    if x > *hi {
        x = Float::with_val(FINE, hi);
    }
    x
}
