//! Containment and tightness of rectangles, against complex series at 700 bits that share no formula with
//! them beyond the definitions.

use std::f64::consts::FRAC_PI_2;

use proptest::prelude::*;
use rug::{Float, Rational};

use super::series::{BITS, C, CASES, REFERENCE_ERROR, c};
use super::*;
use crate::real::trials::{fraction, member, number};

/// Rectangles of every kind: small, large, flat, on an axis, quarter planes, half planes, strips.
fn rect() -> impl Strategy<Value = Rect> {
    (side(), side(), 0..8u8).prop_map(|(re, im, kind)| match kind {
        0 => Rect::real(re),
        1 => Rect::new(Interval::zero(64), im),
        _ => Rect::new(re, im),
    })
}

fn side() -> impl Strategy<Value = Interval> {
    let width = prop_oneof![
        1 => Just(Float::new(64)),
        3 => number(64, 2),
        5 => number(64, 3).prop_map(|w| w >> 8),
        3 => number(64, 3).prop_map(|w| w >> 40),
    ];
    (number(64, 2), width, 0..16u8).prop_map(|(lo, width, kind)| {
        let hi = Float::with_val_round(64, &lo + width.abs(), Round::Up).0;
        let (below, above) = (
            Float::with_val(64, f64::NEG_INFINITY),
            Float::with_val(64, f64::INFINITY),
        );
        match kind {
            0 => Interval::new(below, hi),
            1 => Interval::new(lo, above),
            2 => Interval::whole(64),
            3 => Interval::symmetric(hi.abs()),
            _ => Interval::new(lo, hi),
        }
    })
}

/// A member of the rectangle, not farther out than 5 in an unbounded direction.
fn point(r: &Rect, s: f64, t: f64) -> C {
    let near = |x: &Interval| {
        let limit = |e: &Float, sign: i32| {
            if e.is_infinite() {
                Float::with_val(64, 5 * sign)
            } else {
                e.clone()
            }
        };
        let (lo, hi) = (limit(x.lo(), -1), limit(x.hi(), 1));
        if lo <= hi {
            (lo, hi)
        } else if x.lo().is_finite() {
            (x.lo().clone(), x.lo().clone())
        } else {
            (x.hi().clone(), x.hi().clone())
        }
    };
    let part = |x: &Interval, t| {
        let (lo, hi) = near(x);
        Float::with_val(BITS, member(&lo, &hi, t))
    };
    let z = C {
        re: part(&r.re, s),
        im: part(&r.im, t),
    };
    assert!(r.contains(&z.re, &z.im));
    z
}

/// The interval holds the reference, up to the error of the reference.
fn near(x: &Interval, value: &Float, size: &Float) -> bool {
    let e = Float::with_val(
        BITS,
        size.clone().max(&Float::with_val(2, 1)) * REFERENCE_ERROR,
    );
    Float::with_val(BITS, value + &e) >= *x.lo() && Float::with_val(BITS, value - &e) <= *x.hi()
}

fn holds(r: &Rect, value: &C) -> bool {
    let size = value.abs();
    near(&r.re, &value.re, &size) && near(&r.im, &value.im, &size)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn functions_contain_the_value_at_every_point(r in rect(), s in fraction(), t in fraction()) {
        let z = point(&r, s, t);
        for case in CASES {
            let result = (case.of)(&r);
            // The series of erf are for |z| < 12.
            if result.is_undefined() || case.name.starts_with("erf") && z.abs() >= 12 {
                continue;
            }
            let value = (case.reference)(&z);
            prop_assert!(
                holds(&result, &value),
                "{} of {r:?} at {z:?}: {value:?} not in {result:?}", case.name
            );
            if r.is_real() && case.name != "conj" {
                prop_assert!(result.is_real(), "{} leaves the real axis", case.name);
            }
        }
        let modulus = r.modulus();
        prop_assert!(near(&modulus, &z.abs(), &z.abs()));
    }

    #[test]
    fn operations_contain_the_value_at_every_point(
        (a, b) in (rect(), rect()), (s, t, u, v) in (fraction(), fraction(), fraction(), fraction()),
    ) {
        let (x, y) = (point(&a, s, t), point(&b, u, v));
        let check = |name: &str, r: Rect, value: C| {
            prop_assert!(
                r.is_undefined() || holds(&r, &value),
                "{name} of {a:?} and {b:?}: {value:?} not in {r:?}"
            );
            Ok(())
        };
        check("sum", &a + &b, x.plus(&y))?;
        check("difference", &a - &b, x.minus(&y))?;
        check("product", &a * &b, x.times(&y))?;
        check("hull", a.hull(&b), x.clone())?;
        let quotient = &a / &b;
        prop_assert_eq!(quotient.is_undefined(), b.contains_zero());
        if !b.contains_zero() {
            check("quotient", quotient, x.over(&y))?;
        }
    }
}

fn between(lo: f64, hi: f64) -> Interval {
    Interval::new(Float::with_val(64, lo), Float::with_val(64, hi))
}

fn box_of(x: (f64, f64), y: (f64, f64)) -> Rect {
    Rect::new(between(x.0, x.1), between(y.0, y.1))
}

fn ends(x: &Interval) -> (f64, f64) {
    (
        x.lo().to_f64_round(Round::Down),
        x.hi().to_f64_round(Round::Up),
    )
}

/// Is `z` at least `distance` away from the points where the function is not analytic? (Poles of tan and tanh
/// are judged by the size of the value.)
fn regular(name: &str, z: &C, value: &C, distance: f64) -> bool {
    let (x, y) = (z.re.to_f64(), z.im.to_f64());
    let off_left_ray = |x: f64, y: f64, end: f64| y.abs() > distance || x > end + distance;
    match name {
        "ln" | "sqrt" | "powr 1/3" => off_left_ray(x, y, 0.0),
        "ln_1p" => off_left_ray(x, y, -1.0),
        "asin" | "acos" => off_left_ray(x, y, -1.0) && off_left_ray(-x, y, -1.0),
        "atan" | "asinh" => off_left_ray(y, x, -1.0) && off_left_ray(-y, x, -1.0),
        "tan" | "tanh" => value.abs() < 1.0 / distance,
        "recip" | "powi -3" => x.hypot(y) > distance,
        _ => true,
    }
}

/// A small square somewhere near the origin, its middle and its half side.
fn small_square() -> impl Strategy<Value = (Rect, C, f64)> {
    (-3.0..3.0f64, -3.0..3.0f64, 10..40i32).prop_map(|(x, y, k)| {
        let r = 2f64.powi(-k);
        (box_of((x - r, x + r), (y - r, y + r)), c(x, y), r)
    })
}

/// `tanh` in doubles.
fn tanh(x: f64, y: f64) -> (f64, f64) {
    let norm = (2.0 * x).cosh() + (2.0 * y).cos();
    ((2.0 * x).sinh() / norm, (2.0 * y).sin() / norm)
}

proptest! {
    // Five references at 700 bits for each function: slow.
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Away from the singularities a small square has an image, and this image is at most six times as
    /// wide as the images of the corners ask for (the inverse functions and the powers pass through several
    /// products, each of which may add the diameter once), plus what 64 bits cost. The error function has no
    /// such promise.
    #[test]
    fn small_squares_have_small_images((square, z, r) in small_square()) {
        for case in CASES {
            if case.name.starts_with("erf") {
                continue;
            }
            let value = (case.reference)(&z);
            // Eight half sides are far enough for the derivative to be about constant.
            if !regular(case.name, &z, &value, 0.05) || r > 0.001 {
                continue;
            }
            let result = (case.of)(&square);
            prop_assert!(!result.is_undefined(), "{} of {square:?}", case.name);
            let mut reach = 0.0f64;
            for (s, t) in [(-r, -r), (-r, r), (r, -r), (r, r)] {
                let corner = (case.reference)(&z.plus(&c(s, t)));
                reach = reach.max(corner.minus(&value).abs().to_f64());
            }
            let width = result.re.width().to_f64().max(result.im.width().to_f64());
            // A corner is sqrt(2) r away, the width is twice the reach.
            let rounding = value.abs().to_f64().max(1.0) * 2f64.powi(-58);
            prop_assert!(
                width <= 6.0 * 2.0 * reach + rounding,
                "{} of {square:?}: width {width:e}, reach {reach:e}", case.name
            );
        }
    }
}

proptest! {
    /// Real and imaginary part are harmonic, so their extrema are on the edge: the ranges exceed the values at
    /// 200 points of each side by no more than 2 % of their width: neighbours are 0.01 apart, a tenth of the distance from
    /// the poles, so the true extremum is within `(0.1)^2/2` of the nearest sample in relative terms.
    #[test]
    fn the_range_of_tanh_is_exact(
        x in -2.0..2.0f64, y in -2.0..2.0f64, w in 0.001..2.0f64, h in 0.001..2.0f64,
    ) {
        let pole = |k: f64| {
            let p = k * FRAC_PI_2;
            x < 0.1 && x + w > -0.1 && y < p + 0.1 && y + h > p - 0.1
        };
        if pole(-1.0) || pole(1.0) || pole(3.0) {
            return Ok(());
        }
        let image = box_of((x, x + w), (y, y + h)).tanh();
        let (mut re, mut im) = ((INF, -INF), (INF, -INF));
        for k in 0..=200 {
            let t = f64::from(k) / 200.0;
            for (x, y) in [(x + t * w, y), (x + t * w, y + h), (x, y + t * h), (x + w, y + t * h)] {
                let (u, v) = tanh(x, y);
                re = (re.0.min(u), re.1.max(u));
                im = (im.0.min(v), im.1.max(v));
            }
        }
        for (range, sampled) in [(ends(&image.re), re), (ends(&image.im), im)] {
            // The norm is at least 2 sin^2(0.1) = 0.02 and computed from terms of size 2 to 60 with a few
            // roundings of 2^-53, the values are at most 10: errors below 1e-12.
            let slack = 0.02 * (sampled.1 - sampled.0) + 1e-12;
            prop_assert!(range.0 <= sampled.0 + 1e-12 && range.1 >= sampled.1 - 1e-12);
            prop_assert!(
                range.0 >= sampled.0 - slack && range.1 <= sampled.1 + slack,
                "{range:?} against {sampled:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The image of a part lies in the image of the whole. (For functions whose ranges are exact; a few roundings
    /// of 64 bits are granted.)
    #[test]
    fn images_grow_with_the_argument(r in rect(), s in fraction(), t in fraction()) {
        let z = point(&r, s, t);
        let inner = |x: &Interval, e: &Float| {
            Interval::new(x.lo().clone(), Float::with_val_round(64, e, Round::Down).0).intersect(x)
        };
        let part = Rect::new(inner(&r.re, &z.re), inner(&r.im, &z.im));
        if part.is_undefined() {
            return Ok(());
        }
        let slack = |x: &Interval| {
            let size = x.mag();
            if size.is_finite() { x + Interval::symmetric(size >> 58) } else { x.clone() }
        };
        let exact = ["exp", "ln", "sqrt", "sin", "cos", "sinh", "cosh", "recip", "conj", "erf", "erfc"];
        for case in CASES.iter().filter(|case| exact.contains(&case.name)) {
            let (all, some) = ((case.of)(&r), (case.of)(&part));
            if all.is_undefined() {
                continue;
            }
            let all = Rect::new(slack(&all.re), slack(&all.im));
            prop_assert!(all.encloses(&some), "{} {r:?} {part:?}", case.name);
        }
    }

    /// On the real axis a rectangle is an interval.
    #[test]
    fn real_rectangles_are_intervals(x in side()) {
        let r = Rect::real(x.clone());
        type OnBoth = (fn(&Rect) -> Rect, fn(&Interval) -> Interval);
        let of: [OnBoth; 19] = [
            (Rect::exp, Interval::exp), (Rect::exp_m1, Interval::exp_m1), (Rect::ln, Interval::ln),
            (Rect::ln_1p, Interval::ln_1p), (Rect::sqrt, Interval::sqrt), (Rect::sin, Interval::sin),
            (Rect::cos, Interval::cos), (Rect::tan, Interval::tan), (Rect::sinh, Interval::sinh),
            (Rect::cosh, Interval::cosh), (Rect::tanh, Interval::tanh), (Rect::asin, Interval::asin),
            (Rect::acos, Interval::acos), (Rect::atan, Interval::atan), (Rect::asinh, Interval::asinh),
            (Rect::erf, Interval::erf), (Rect::erfc, Interval::erfc),
            (|r| r.powi(5), |x| x.powi(5)), (|r| r.powi(-4), |x| x.powi(-4)),
        ];
        for (of_rect, of_interval) in of {
            let (image, range) = (of_rect(&r), of_interval(&x));
            // Analytic on all of it may ask for more than defined on all of it: ends of the domain.
            prop_assert!(image.is_undefined() || image.is_real());
            prop_assert!(image.is_undefined() || (image.re.encloses(&range) && range.encloses(&image.re)));
        }
    }

    /// Values, references and reused memory: one result.
    #[test]
    fn operator_forms_agree(a in rect(), b in rect()) {
        let same = |x: &Rect, y: &Rect| {
            (x.is_undefined() && y.is_undefined()) || (x.encloses(y) && y.encloses(x))
        };
        prop_assert!(same(&(&a + &b), &(a.clone() + b.clone())) && same(&(&a + &b), &(&a + b.clone())));
        prop_assert!(same(&(&a - &b), &(a.clone() - b.clone())) && same(&(&a - &b), &(&a - b.clone())));
        prop_assert!(same(&(&a * &b), &(a.clone() * b.clone())) && same(&(&a * &b), &(&a * b.clone())));
        prop_assert!(same(&(&a / &b), &(a.clone() / b.clone())) && same(&(&a / &b), &(&a / b.clone())));
    }
}

const INF: f64 = f64::INFINITY;

#[test]
fn unbounded_rectangles() {
    let all = (-INF, INF);
    // exp of a left half plane: the disc of radius e^b.
    let image = box_of((-INF, 0.0), all).exp();
    assert_eq!(
        (ends(&image.re), ends(&image.im)),
        ((-1.0, 1.0), (-1.0, 1.0))
    );
    // exp of a strip to the right: Re >= e^a cos d.
    let image = box_of((0.0, INF), (-1.0, 1.0)).exp();
    assert!(
        ends(&image.re).0 > 0.5403
            && ends(&image.re).0 < 1f64.cos() + 1e-15
            && ends(&image.re).1 == INF
    );
    // The half plane Re >= a has the disc |w - 1/(2a)| <= 1/(2a) as its reciprocal.
    for (x, re) in [((4.0, INF), (0.0, 0.25)), ((-INF, -4.0), (-0.25, 0.0))] {
        let image = box_of(x, all).recip();
        assert_eq!((ends(&image.re), ends(&image.im)), (re, (-0.125, 0.125)));
    }
    let image = box_of(all, (4.0, INF)).recip();
    assert_eq!(
        (ends(&image.re), ends(&image.im)),
        ((-0.125, 0.125), (-0.25, 0.0))
    );
    // tanh: towards 1 on the right, towards -1 on the left, bounded in a strip.
    let image = box_of((10.0, INF), all).tanh();
    assert!(
        image.re.contains(&Float::with_val(64, 1))
            && image.re.width() < 1e-8
            && image.im.width() < 1e-8
    );
    let image = box_of((-INF, -10.0), all).tanh();
    assert!(image.re.contains(&Float::with_val(64, -1)) && image.re.width() < 1e-8);
    let image = box_of(all, (-0.75, 0.75)).tanh();
    assert_eq!(ends(&image.re), (-1.0, 1.0));
    // Im tanh(iy) = tan y is the largest imaginary part.
    assert!(ends(&image.im).1 < 0.75f64.tan() + 1e-15);
    let image = box_of(all, (-1.25, 1.25)).tanh();
    // Re tanh reaches 1/|sin 2y|, Im tanh tan y.
    assert!(
        ends(&image.re).1 < 1.0 / 2.5f64.sin() + 1e-14 && ends(&image.im).1 < 1.25f64.tan() + 1e-14
    );
    let image = box_of((0.5, INF), all).tanh();
    assert!(
        ends(&image.re).1 < 1.0 / 0.5f64.tanh() + 1e-14
            && ends(&image.im).1 < 1.0 / 1f64.sinh() + 1e-14
    );
    // erfc decays as e^(y^2 - x^2).
    let image = box_of((6.0, INF), (-1.0, 1.0)).erfc();
    assert!(image.modulus().hi().to_f64() < 2.0 * (1f64 - 36.0).exp());
    let image = box_of((6.0, INF), (-1.0, 1.0)).erf();
    assert!(
        (&image - Rect::int(1, 64)).modulus().hi().to_f64() < 2.0 * (1f64 - 36.0).exp() + 1e-18
    );
    let image = box_of(all, (-0.5, 0.5)).erf();
    // |erf| <= 1 + 2/sqrt(pi) (e^(1/4) - 1)/(1/2)
    assert!(image.re.mag() < 1.7 && image.im.mag() < 0.65);
    // sin and cos are unbounded only with the imaginary part.
    let image = box_of(all, (-1.0, 1.0)).sin();
    assert!(image.re.mag() < 1.5431 && image.im.mag() < 1.1753);
    // The logarithm and the root of the right half plane.
    let image = box_of((1.0, INF), all).ln();
    assert_eq!(ends(&image.re), (0.0, INF));
    assert!(image.im.mag().to_f64_round(Round::Down) <= FRAC_PI_2);
    let image = box_of((4.0, INF), all).sqrt();
    assert_eq!(ends(&image.re), (2.0, INF));
    assert_eq!(ends(&image.im), (-INF, INF));
    // The inverse tangent is bounded off its rays.
    let image = box_of((1.0, INF), all).atan();
    assert!(image.re.mag().to_f64_round(Round::Down) <= FRAC_PI_2 && image.im.mag() < 0.5);
}

#[test]
fn undefined_where_not_analytic() {
    let z = |x: f64, y: f64| box_of((x - 0.125, x + 0.125), (y - 0.125, y + 0.125));
    let half_pi = FRAC_PI_2;
    let third = Rational::from((1, 3));
    for image in [
        z(-2.0, 0.1).ln(),
        z(0.0, 0.0).sqrt(),
        z(-1.0, 0.0).powr(&third),
        z(-2.0, 0.0).ln_1p(),
        z(1.0, 0.0).asin(),
        z(-3.0, 0.0).acos(),
        z(0.0, 1.0).atan(),
        z(0.0, -3.0).asinh(),
        z(half_pi, 0.0).tan(),
        z(0.0, half_pi).tanh(),
        z(0.0, -half_pi).tanh(),
        z(0.0, 0.0).recip(),
        z(0.0, 0.0).powi(-2),
        z(1.0, 1.0) / z(0.1, -0.1),
        // On the axis too.
        Rect::real(between(0.0, 1.0)).sqrt(),
        Rect::real(between(-2.0, -1.0)).ln(),
        Rect::real(between(0.5, 1.0)).asin(),
        // The edge counts.
        box_of((-2.0, -1.0), (0.0, 1.0)).ln(),
        box_of((-2.0, -1.0), (-1.0, 0.0)).sqrt(),
        box_of((1.0, 2.0), (0.0, 1.0)).asin(),
    ] {
        assert!(image.is_undefined(), "{image:?}");
    }
    for image in [
        z(-2.0, 0.2).ln(),
        z(2.0, 0.2).asin(),
        z(0.2, 2.0).atan(),
        z(0.2, 2.0).asinh(),
        z(half_pi + 0.25, 0.0).tan(),
        z(0.25, half_pi).tanh(),
        z(0.0, 0.0).tanh(),
        z(0.0, 0.0).powi(3),
    ] {
        assert!(image.is_finite(), "{image:?}");
    }
}

#[test]
fn undefined_stays_undefined() {
    let u = Rect::undefined(64);
    let one = Rect::int(1, 64);
    for case in CASES {
        assert!((case.of)(&u).is_undefined(), "{}", case.name);
    }
    for r in [
        &u + &one,
        &one - &u,
        &u * Rect::int(0, 64),
        &one / &u,
        &u / &one,
        u.hull(&one),
        u.intersect(&one),
    ] {
        assert!(r.is_undefined());
    }
    assert!(u.modulus().is_undefined() && u.arg().is_undefined() && u.sign().is_none());
    assert!(Rect::new(Interval::undefined(64), Interval::int(1, 64)).is_undefined());
}
