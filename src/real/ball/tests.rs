//! Containment of balls, against MPFR at 1200 bits.

use proptest::prelude::*;
use std::cmp::Ordering;

use rug::{Float, Rational};

use super::*;
use crate::real::Mpfr;
use crate::real::trials::{FINE, cases, fraction, number};

/// Balls of every kind: exact, narrow, wide, very wide, at 53 to 200 bits.
fn ball() -> impl Strategy<Value = Ball> {
    let rad = prop_oneof![
        1 => Just(Float::new(32)),
        6 => number(32, 6),
        3 => number(32, 2).prop_map(|r| r >> 6),
        3 => number(32, 3).prop_map(|r| r >> 20),
        3 => number(32, 3).prop_map(|r| r >> 60),
        1 => number(32, 3).prop_map(|r| r >> 150),
    ];
    (
        prop_oneof![Just(53u32), Just(64), Just(128), Just(200)],
        rad,
    )
        .prop_flat_map(|(bits, rad)| {
            let mid =
                prop_oneof![6 => number(bits, 3), 2 => number(bits, 8), 1 => number(bits, 40)];
            mid.prop_map(move |mid| Ball::new(mid, &rad))
        })
}

fn at(b: &Ball, t: f64) -> Float {
    let x = Float::with_val(FINE, b.mid()) + Float::with_val(FINE, b.rad()) * t;
    assert!(b.contains(&x));
    x
}

/// The result holds the value at this point, or is undefined.
fn check(name: &str, b: &Ball, result: &Ball, value: &Float) -> Result<(), TestCaseError> {
    // An infinite reference is an overflow of MPFR's exponents.
    let holds = result.contains(value) || (value.is_infinite() && !result.is_finite());
    prop_assert!(
        result.is_undefined() || holds,
        "{name} of {b:?}: {value} not in {result:?}"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn functions_contain_the_value_at_every_point(b in ball(), t in fraction()) {
        let x = Mpfr::new(at(&b, t));
        for case in cases::<Ball>() {
            check(case.name, &b, &(case.of)(&b), (case.reference)(&x).as_float())?;
        }
        check("abs", &b, &b.abs(), x.abs().as_float())?;
        check("square", &b, &b.square(), (&x * &x).as_float())?;
        check("with_bits", &b, &b.with_bits(40), x.as_float())?;
        check("trimmed", &b, &b.trimmed(), x.as_float())?;
        check("scale2", &b, &b.scale2(-7), x.scale2(-7).as_float())?;
    }

    #[test]
    fn operations_contain_the_value_at_every_point(
        (a, b) in (ball(), ball()), (s, t) in (fraction(), fraction()),
    ) {
        let (x, y) = (Mpfr::new(at(&a, s)), Mpfr::new(at(&b, t)));
        check("sum", &a, &(&a + &b), (&x + &y).as_float())?;
        check("difference", &a, &(&a - &b), (&x - &y).as_float())?;
        check("product", &a, &(&a * &b), (&x * &y).as_float())?;
        check("quotient", &a, &(&a / &b), (&x / &y).as_float())?;
        check("min", &a, &a.min(&b), x.min(&y).as_float())?;
        check("max", &a, &a.max(&b), x.max(&y).as_float())?;
        let hull = a.hull(&b);
        prop_assert!(hull.contains(x.as_float()) && hull.contains(y.as_float()));
        if let Some(order) = a.compare(&b) {
            prop_assert_eq!(x.as_float().partial_cmp(y.as_float()), Some(order));
        }
        if let Some(sign) = a.sign() {
            prop_assert_eq!(x.as_float().cmp0(), Some(sign));
        }
        prop_assert!(*x.as_float() >= a.lower() && *x.as_float() <= a.upper());
        let modulus = x.abs().into_float();
        prop_assert!(modulus <= a.magnitude() && modulus >= a.mignitude());
    }

    /// Values, references and reused memory: one result.
    #[test]
    fn operator_forms_agree(a in ball(), b in ball()) {
        let same = |x: &Ball, y: &Ball| {
            (x.is_undefined() && y.is_undefined()) || (x.mid == y.mid && x.rad == y.rad)
        };
        prop_assert!(same(&(&a + &b), &(a.clone() + b.clone())) && same(&(&a + &b), &(&a + b.clone())));
        prop_assert!(same(&(&a - &b), &(a.clone() - b.clone())) && same(&(&a - &b), &(&a - b.clone())));
        prop_assert!(same(&(&a * &b), &(a.clone() * b.clone())) && same(&(&a * &b), &(&a * b.clone())));
        prop_assert!(same(&(&a / &b), &(a.clone() / b.clone())) && same(&(&a / &b), &(&a / b.clone())));
    }
}

/// `|f(m + k r) - f(m)|` on both sides, at 1200 bits.
fn spread(f: fn(&Mpfr) -> Mpfr, b: &Ball, k: f64) -> [Float; 2] {
    let value = |t: f64| {
        let x = Float::with_val(FINE, b.mid()) + Float::with_val(FINE, b.rad()) * t;
        f(&Mpfr::new(x)).into_float()
    };
    let middle = value(0.0);
    [(value(-k) - &middle).abs(), (value(k) - &middle).abs()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The same quantity at two precisions: the enclosures meet, and the finer is not the wider by more than
    /// its rounding.
    #[test]
    fn two_precisions_overlap(a in ball(), b in ball()) {
        let fine = |x: &Ball| x.with_bits(x.bits() + 100);
        for case in cases::<Ball>() {
            let (coarse, fine) = ((case.of)(&a), (case.of)(&fine(&a)));
            if coarse.is_finite() && fine.is_finite() {
                prop_assert!(coarse.overlaps(&fine), "{} {a:?}", case.name);
            }
        }
        for (coarse, fine) in [
            (&a + &b, fine(&a) + fine(&b)),
            (&a * &b, fine(&a) * fine(&b)),
            (&a / &b, fine(&a) / fine(&b)),
        ] {
            prop_assert!(coarse.is_undefined() || fine.is_undefined() || coarse.overlaps(&fine));
        }
    }

    /// Where the function is linear to 1 % over sixteen radii, the radius of the result is at most 5 % larger
    /// than what the values at the ends ask for, plus one unit in the last place.
    #[test]
    fn narrow_balls_stay_narrow(b in ball()) {
        // Sixteen radii of more than 1 could be whole periods.
        if b.is_exact() || b.rad() > 0.0625 {
            return Ok(());
        }
        for case in cases::<Ball>() {
            let [once, other] = spread(case.reference, &b, 1.0);
            let near = |x: &Float, y: &Float| (Float::with_val(FINE, x - y)).abs() <= y.clone() * 0.01;
            let sixteen = Float::with_val(FINE, &once * 16);
            let linear = near(&other, &once)
                && spread(case.reference, &b, 16.0).iter().all(|s| s.is_finite() && near(&sixteen, s));
            let result = (case.of)(&b);
            // A difference of zero is an underflow.
            if !linear || once.is_zero() {
                continue;
            }
            let ulp = Float::with_val(FINE, result.mid()).abs() >> (b.bits() - 1);
            prop_assert!(
                Float::with_val(FINE, result.rad()) <= once.clone() * 1.05 + &ulp,
                "{} of {b:?}: {result:?} against {once} + {ulp}", case.name
            );
        }
    }

    /// Undefined where a member is outside of the domain, defined where all are clearly inside.
    #[test]
    fn undefined_exactly_outside_the_domain(b in ball()) {
        // The exact ends.
        let (lo, hi) = (at(&b, -1.0), at(&b, 1.0));
        let negative = lo < 0;
        let nonpositive = lo <= 0;
        let straddles = lo <= 0 && hi >= 0;
        let beyond_one = lo < -1 || hi > 1;
        prop_assert_eq!(b.contains_zero(), straddles);
        let third = Rational::from((1, 3));
        for (result, outside) in [
            (b.sqrt(), negative),
            (b.ln(), nonpositive),
            (b.ln_1p(), lo <= -1),
            (b.asin(), beyond_one),
            (b.acos(), beyond_one),
            (b.powi(-3), straddles),
            (b.powr(&third), negative),
            (b.powr(&-third.clone()), nonpositive),
            (Ball::int(1, 64) / &b, straddles),
        ] {
            if outside {
                prop_assert!(result.is_undefined(), "{b:?} gives {result:?}");
            } else if b.lower() > 0 && hi < 1 {
                prop_assert!(result.is_finite(), "{b:?} gives {result:?}");
            }
        }
        for result in [
            b.exp(), b.exp_m1(), b.sin(), b.cos(), b.sinh(), b.cosh(), b.tanh(), b.atan(), b.asinh(), b.erf(),
            b.erfc(), b.powi(5), b.square(), b.abs(),
        ] {
            prop_assert!(!result.is_undefined());
        }
        // A root may follow what cannot be negative.
        prop_assert!(!b.abs().sqrt().is_undefined());
        prop_assert!(!b.square().sqrt().is_undefined());
    }

    #[test]
    fn clamping_keeps_the_unit_interval(b in ball(), t in fraction()) {
        let x = at(&b, t);
        let clamped = b.clamp_unit();
        if (-1..=1).contains(&x) {
            prop_assert!(clamped.contains(&x), "{x} not in {clamped:?}");
            prop_assert!(clamped.is_undefined() || !clamped.asin().is_undefined());
            check("asin", &b, &clamped.asin(), &x.asin())?;
        }
        if !clamped.is_undefined() {
            prop_assert!(at(&clamped, -1.0) >= -1 && at(&clamped, 1.0) <= 1);
        }
    }

    /// `contains` is exact at the ends.
    #[test]
    fn membership_is_exact(b in ball()) {
        if !b.is_exact() {
            let mut x = at(&b, 1.0);
            x.next_up();
            prop_assert!(!b.contains(&x));
            let mut x = at(&b, -1.0);
            x.next_down();
            prop_assert!(!b.contains(&x));
        }
    }
}

fn exact(x: f64, bits: Bits) -> Ball {
    Ball::exact(Float::with_val(bits, x))
}

fn wide(lo: f64, hi: f64) -> Ball {
    Ball::from_interval(&Float::with_val(64, lo), &Float::with_val(64, hi), 64)
}

#[test]
fn exact_results_have_no_radius() {
    for (ball, value) in [
        (exact(4.0, 64).sqrt(), 2.0),
        (exact(1.0, 64) / exact(4.0, 64), 0.25),
        (exact(3.0, 64) * exact(5.0, 64), 15.0),
        (exact(0.0, 64).exp(), 1.0),
        (exact(0.0, 64).erf(), 0.0),
        (exact(1.0, 64).ln(), 0.0),
        (exact(-3.0, 64).powi(3), -27.0),
        (exact(2.0, 64).powi(-3), 0.125),
        (exact(0.0, 64).powr(&Rational::from((1, 3))), 0.0),
        (Ball::unbounded(64) * exact(0.0, 64), 0.0),
        (Ball::int(7, 64), 7.0),
        (exact(1.0, 64).acos(), 0.0),
    ] {
        assert!(ball.is_exact(), "{ball:?}");
        assert_eq!(*ball.mid(), value);
    }
    assert_eq!(exact(0.0, 64).sign(), Some(Ordering::Equal));
    assert_eq!(wide(-1.0, 1.0).sign(), None);
    assert_eq!(Ball::undefined(64).sign(), None);
}

/// Half a unit in the last place, no more: 1/3 has the exponent -1.
#[test]
fn a_rounding_costs_half_a_unit() {
    let third = Ball::int(1, 100) / Ball::int(3, 100);
    assert_eq!(third.rad(), Float::with_val(53, Float::i_exp(1, -102)));
    assert_eq!(
        Ball::rational(&Rational::from((1, 3)), 100).rad(),
        third.rad()
    );
    // pi has the exponent 2.
    assert_eq!(
        Ball::pi(100).rad(),
        Float::with_val(53, Float::i_exp(1, -99))
    );
}

#[test]
fn wide_balls_and_domain_ends() {
    let ends = |b: &Ball| (b.lower().to_f64(), b.upper().to_f64());
    assert_eq!(ends(&wide(0.0, 4.0).sqrt()), (0.0, 2.0));
    // An end beside zero is not carried across it by the rounding of the radius.
    // (Half of a third has 64 bits, the radius 53.)
    let third = Float::with_val(64, 1) / 3u32;
    for end in [1e-30, 1e-18, 1e-3] {
        let right = Ball::from_interval(&Float::with_val(64, end), &third, 64);
        let left = Ball::from_interval(&-third.clone(), &Float::with_val(64, -end), 64);
        assert!(right.lower() >= 0 && !right.sqrt().is_undefined());
        assert!(left.upper() <= 0 && !(-left).sqrt().is_undefined());
    }
    assert_eq!(ends(&wide(-1.0, 1.0).powi(2)), (0.0, 1.0));
    assert_eq!(ends(&wide(-1.0, 2.0).powi(4)), (0.0, 16.0));
    assert_eq!(ends(&wide(-3.0, 1.0).abs()), (0.0, 3.0));
    assert_eq!(ends(&Ball::unbounded(64).sin()), (-1.0, 1.0));
    assert_eq!(ends(&Ball::unbounded(64).tanh()), (-1.0, 1.0));
    assert_eq!(ends(&Ball::unbounded(64).erfc()), (0.0, 2.0));
    assert!(!Ball::unbounded(64).exp().is_undefined() && !Ball::unbounded(64).exp().is_finite());
    assert!(Ball::unbounded(64).sqrt().is_undefined());
    assert!(Ball::unbounded(64).tan().is_undefined());
    assert!((Ball::int(1, 64) / Ball::unbounded(64)).is_undefined());
    assert!((Ball::int(1, 64) / wide(0.0, 1.0)).is_undefined());
    assert!(wide(0.0, 1.0).ln().is_undefined());
    assert!(wide(1.5, 1.6).tan().is_undefined());
    // asin(1) = pi/2 without a radius in the argument.
    assert!(
        exact(1.0, 64)
            .asin()
            .contains(Ball::pi(64).scale2(-1).mid())
    );
    // A midpoint inside, a radius that reaches beyond.
    let beyond = Ball::new(Float::with_val(64, 1), &Float::with_val(32, 1e-15));
    assert!(beyond.asin().is_undefined() && beyond.clamp_unit().asin().is_finite());
    assert!(wide(1.5, 2.0).clamp_unit().is_undefined());
}

/// erfc keeps its relative accuracy: `|erfc'| / erfc <= 2x + 1` for `x >= 1`.
#[test]
fn erfc_is_relatively_accurate() {
    for x in [5.0, 50.0, 500.0, 5000.0] {
        let result = exact(x, 128).erfc();
        let unit = result.mid().clone().abs() >> 127;
        assert!(result.mid() > &0 && result.rad() <= unit);
        let rad = Float::with_val(53, 1e-30);
        let result = Ball::new(Float::with_val(128, x), &rad).erfc();
        assert!(result.rad() <= result.mid().clone() * (2.0 * x + 1.0) * rad + unit);
    }
}

/// Beyond MPFR's exponents nothing is lost but accuracy.
#[test]
fn overflow_and_underflow_are_sound() {
    let huge = exact(1e10, 64).exp();
    assert!(!huge.is_undefined() && !huge.is_finite());
    let tiny = exact(-1e10, 64).exp();
    assert!(tiny.is_finite() && !tiny.is_exact() && tiny.upper() > 0);
    let small = exact(-7e8, 64).exp();
    assert!(small.lower() > 0);
    let product = &small * &small;
    assert!(product.is_finite() && !product.is_exact() && product.upper() > 0);
    assert!((&product / &small).is_finite());
    assert!((Ball::int(1, 64) / &product).is_undefined());
    assert!(!(small.powi(1000)).is_exact());
    assert!(exact(1e300, 64).powi(1 << 40).upper().is_infinite());
    assert!(!exact(1.0, 64).scale2(i32::MIN).is_exact());
    assert!(exact(1.0, 64).scale2(i32::MAX).upper().is_infinite());
    // sin of a number too large to be reduced: still in [-1, 1].
    let far = exact(1.0, 64).scale2(1 << 20);
    assert_eq!(far.sin().magnitude(), 1);
    // A radius far below the doubles.
    let b = Ball::new(
        Float::with_val(5000, 1),
        &Float::with_val(53, Float::i_exp(1, -4000)),
    );
    assert!((&b - Ball::int(1, 5000)).rad() == Float::with_val(53, Float::i_exp(1, -4000)));
}

#[test]
fn undefined_stays_undefined() {
    let u = Ball::undefined(64);
    for case in cases::<Ball>() {
        assert!((case.of)(&u).is_undefined(), "{}", case.name);
    }
    let one = Ball::int(1, 64);
    for b in [
        &u + &one,
        &one - &u,
        &u * Ball::int(0, 64),
        &one / &u,
        &u / &one,
    ] {
        assert!(b.is_undefined());
    }
    for b in [
        u.min(&one),
        one.max(&u),
        u.abs(),
        u.hull(&one),
        u.clamp_unit(),
        u.with_bits(20),
        u.square(),
    ] {
        assert!(b.is_undefined());
    }
    assert!(!u.contains_zero() && !u.overlaps(&one) && u.compare(&one).is_none());
}
