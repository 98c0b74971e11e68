//! Containment and tightness of intervals, against MPFR at 1200 bits.

use proptest::prelude::*;

use super::*;
use crate::real::Mpfr;
use crate::real::trials::{cases, fraction, member, number};

/// Intervals of every kind: points, narrow, wide, half lines, the line.
fn interval() -> impl Strategy<Value = Interval> {
    let bits = 64;
    let ends = (
        prop_oneof![4 => number(bits, 3), 1 => number(bits, 40)],
        prop_oneof![
            1 => Just(Float::new(bits)),
            4 => number(bits, 3),
            3 => number(bits, 3).prop_map(|w| w >> 30),
            1 => number(bits, 40),
        ],
        0..12u8,
    );
    ends.prop_map(move |(lo, width, kind)| {
        let hi = (&lo + &width.abs()).up(bits);
        let (below, above) = (
            Float::with_val(bits, f64::NEG_INFINITY),
            Float::with_val(bits, f64::INFINITY),
        );
        match kind {
            0 => Interval::new(below, hi),
            1 => Interval::new(lo, above),
            2 => Interval::whole(bits),
            3 => Interval::new(Float::new(bits), hi.abs()),
            _ => Interval::new(lo, hi),
        }
    })
}

fn check(name: &str, x: &Interval, result: &Interval, value: &Float) -> Result<(), TestCaseError> {
    // An infinite reference is an overflow of MPFR's exponents.
    let holds = result.contains(value) || (value.is_infinite() && !result.is_finite());
    prop_assert!(
        result.is_undefined() || holds,
        "{name} of {x:?}: {value} not in {result:?}"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn functions_contain_the_value_at_every_point(i in interval(), t in fraction()) {
        let x = Mpfr::new(member(&i.lo, &i.hi, t));
        prop_assert!(i.contains(x.as_float()));
        for case in cases::<Interval>() {
            check(case.name, &i, &(case.of)(&i), (case.reference)(&x).as_float())?;
        }
        check("abs", &i, &i.abs(), x.abs().as_float())?;
        check("square", &i, &i.square(), (&x * &x).as_float())?;
        check("recip", &i, &i.recip(), x.powi(-1).as_float())?;
    }

    #[test]
    fn operations_contain_the_value_at_every_point(
        (a, b) in (interval(), interval()), (s, t) in (fraction(), fraction()),
    ) {
        let (x, y) = (Mpfr::new(member(&a.lo, &a.hi, s)), Mpfr::new(member(&b.lo, &b.hi, t)));
        check("sum", &a, &(&a + &b), (&x + &y).as_float())?;
        check("difference", &a, &(&a - &b), (&x - &y).as_float())?;
        check("product", &a, &(&a * &b), (&x * &y).as_float())?;
        check("quotient", &a, &(&a / &b), (&x / &y).as_float())?;
        check("min", &a, &a.min(&b), x.min(&y).as_float())?;
        check("max", &a, &a.max(&b), x.max(&y).as_float())?;
        let hull = a.hull(&b);
        prop_assert!(hull.contains(x.as_float()) && hull.contains(y.as_float()));
        let (left, right) = a.split();
        prop_assert!(left.contains(x.as_float()) || right.contains(x.as_float()));
        let common = a.intersect(&b);
        prop_assert_eq!(
            common.contains(x.as_float()),
            a.contains(x.as_float()) && b.contains(x.as_float())
        );
    }
}
