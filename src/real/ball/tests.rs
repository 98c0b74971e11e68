//! Containment of balls, against MPFR at 1200 bits.

use proptest::prelude::*;
use rug::Float;

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
    #![proptest_config(ProptestConfig::with_cases(400))]

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
