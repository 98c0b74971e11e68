//! Laws on random trees.

use proptest::prelude::*;
use rug::{Float, Rational};

use super::{cases, naive, parse};
use crate::activation::arbitrary::{activation, any_expr, any_family, any_family_of_means, smooth};
use crate::activation::expr::{Expr, Function};
use crate::activation::symmetry::Parity;
use crate::activation::tape::Tape;
use crate::real::{Analytic, Ball, Interval, Mpfr, Real, Rect};

/// A point that no switch of a random tree has as its place: 30 random bits.
fn point() -> impl Strategy<Value = f64> {
    (-3 << 28..3 << 28_i64).prop_map(|n| (2 * n + 1) as f64 / f64::from(1 << 28))
}

fn ball(e: &Expr, x: f64, bits: u32) -> Ball {
    Tape::<Ball>::new(std::slice::from_ref(e), bits).at_one(&Ball::exact(Float::with_val(bits, x)))
}

fn mpfr(e: &Expr, x: &Mpfr) -> Mpfr {
    Tape::<Mpfr>::new(std::slice::from_ref(e), x.bits()).at_one(x)
}

/// Both have values and they meet; `true` where that says something.
fn meet(a: &Ball, b: &Ball) -> Result<bool, TestCaseError> {
    if !a.is_finite() || !b.is_finite() {
        return Ok(false);
    }
    prop_assert!(a.overlaps(b), "{:?} and {:?}", a, b);
    let small = (Float::with_val(64, a.magnitude()) + 1u32) * 1e-20;
    Ok(a.rad() < small && b.rad() < small)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn simplification_keeps_values(e in activation(), x in point()) {
        let before = ball(&e, x, 300);
        for simple in [e.simplify(), e.expand().simplify(), e.tidied()] {
            let telling = meet(&before, &ball(&simple, x, 300))?;
            // A switch may be undecided at x; nothing else may.
            let switched = e.expand().any(&|e| matches!(e, Expr::If(..) | Expr::Call(Function::Min | Function::Max, _)));
            prop_assert!(telling || switched, "{} -> {} says nothing at {}: {:?}", e, simple, x, before);
        }
    }

    #[test]
    fn simplification_keeps_values_of_anything(e in any_expr(), x in point()) {
        let (before, after) = (ball(&e, x, 300), ball(&e.simplify(), x, 300));
        meet(&before, &after)?;
        // It may define more, never less.
        if before.is_finite() && before.rad() < 1e-40 {
            prop_assert!(after.is_finite(), "{} -> {} at {}: {:?}", e, e.simplify(), x, before);
        }
    }

    #[test]
    fn simplification_is_idempotent(e in any_expr()) {
        let once = e.simplify();
        let twice = once.simplify();
        prop_assert!(twice == once, "{:.300} -> {:.300} -> {:.300}", e, once, twice);
        prop_assert!(Expr::parse(&once.to_string()).as_ref() == Ok(&once), "{:.300} -> {:.300}", e, once);
    }

    #[test]
    fn letters_may_have_any_value(e in any_family(), x in point(), c in 0_i64..3, t in point()) {
        let value = |e: &Expr| {
            let t = Expr::rational(&Rational::from_f64(t).unwrap());
            ball(&e.with_letter("c", &Expr::int(c - 1)).with_letter("t", &t), x, 300)
        };
        let (before, after) = (value(&e), value(&e.simplify()));
        meet(&before, &after)?;
        if before.is_finite() && before.rad() < 1e-40 {
            prop_assert!(after.is_finite(), "{} -> {}: {:?}", e, e.simplify(), before);
        }
    }

    #[test]
    fn families_print_and_simplify(e in any_family_of_means()) {
        prop_assert_eq!(Expr::parse_family(&e.to_string()), Ok(e.clone()));
        let once = e.simplify();
        let twice = once.simplify();
        prop_assert!(twice == once, "{:.300} -> {:.300} -> {:.300}", e, once, twice);
        prop_assert_eq!(Expr::parse_family(&once.to_string()), Ok(once));
    }

    #[test]
    fn derivatives_in_a_letter_are_derivatives(e in activation(), c in point()) {
        // d/dc f(c) is f'(x) at x = c, however f is written
        let c = Expr::rational(&Rational::from_f64(c).unwrap());
        let letter = Expr::Letter("c".into());
        if let Ok(slope) = e.substitute(&letter).derivative_in("c") {
            let (a, b) = (slope.with_letter("c", &c), e.derivative().substitute(&c));
            meet(&ball(&a, 0.0, 300), &ball(&b, 0.0, 300))?;
        }
    }

    #[test]
    fn derivatives_are_limits_of_difference_quotients(e in activation(), x in point()) {
        // At 400 bits with h = 2^-100 the quotient is f' + O(f''' h^2) + O(2^-400/h): 2^-200 and 2^-300.
        let bits = 400;
        let (x, h) = (Mpfr::from(Float::with_val(bits, x)), Mpfr::int(1, bits).scale2(-100));
        let quotient = (mpfr(&e, &(x.clone() + &h)) - mpfr(&e, &(x.clone() - &h))) / (h.scale2(1));
        let slope = mpfr(&e.derivative(), &x);
        prop_assert!(slope.is_finite(), "{} -> {}", e, e.derivative());
        let scale = slope.to_float().abs() + 1;
        let difference = (quotient - &slope).to_float().abs();
        // The third derivative of such a tree on [-6, 6] stays below 2^100.
        prop_assert!(difference < scale * (Float::with_val(64, 1) >> 100), "{} -> {}", e, e.derivative());
    }

    #[test]
    fn parity_is_true(e in activation(), x in point()) {
        let mirrored = e.substitute(&parse("-x"));
        let sum = parse("x-x").simplify();
        prop_assert!(sum == Expr::int(0));
        // Sums and differences are always seen through. A product is not where `min` and `max` are nested in functions
        // whose signs the simplifier normalises in two ways; then it says nothing, which is no error.
        for (f, complete) in [
            (e.clone() + mirrored.clone(), true),
            (e.clone() - mirrored.clone(), true),
            (e.clone() * mirrored, false),
        ] {
            match f.parity() {
                Some(Parity::Even) => { meet(&ball(&f, x, 200), &ball(&f, -x, 200))?; }
                Some(Parity::Odd) => { meet(&ball(&f, x, 200), &-ball(&f, -x, 200))?; }
                None => prop_assert!(!complete, "{}: no parity found", f),
            }
        }
        // No law is made up for the tree itself.
        match e.parity() {
            Some(Parity::Even) => { meet(&ball(&e, x, 200), &ball(&e, -x, 200))?; }
            Some(Parity::Odd) => { meet(&ball(&e, x, 200), &-ball(&e, -x, 200))?; }
            None => {}
        }
    }

    #[test]
    fn homogeneity_is_true(e in any_expr(), x in point()) {
        if let Some(k) = e.homogeneity() {
            let scaled = ball(&e.substitute(&parse("3*x")), x, 200);
            let factor = ball(&parse("3").pow(Expr::rational(&k)), x, 200);
            meet(&scaled, &(factor * ball(&e, x, 200)))?;
        }
    }

    #[test]
    fn tapes_agree_with_the_plainest_evaluation(e in activation(), x in point()) {
        let value = Tape::<f64>::new(std::slice::from_ref(&e), 53).at_one(&x);
        let plain = naive(&e, x);
        let truth = ball(&e, x, 300).mid().to_f64();
        // Two evaluations in doubles need not agree closely where the tree is ill-conditioned at x; its
        // conditioning shows in how far the plain one is from the truth.
        let tolerance = 1e-12 * (1.0 + truth.abs()) + 100.0 * (plain - truth).abs();
        prop_assert!((value - truth).abs() <= tolerance, "{}: {} {} {}", e, value, plain, truth);
    }

    #[test]
    fn enclosures_hold_points(e in smooth(), x in point(), size in 0..60_i32) {
        let bits = 128;
        let middle = Float::with_val(bits, x);
        let radius = Float::with_val(53, 1) >> size;
        let wide = Ball::new(middle.clone(), &radius);
        let (lo, hi) = (wide.lower(), wide.upper());
        let interval = Interval::new(lo, hi);
        let rect = Rect::real(interval.clone());
        let (balls, intervals, rects) = (
            Tape::<Ball>::new(std::slice::from_ref(&e), bits).at_one(&wide),
            Tape::<Interval>::new(std::slice::from_ref(&e), bits).at_one(&interval),
            Tape::<Rect>::new(std::slice::from_ref(&e), bits).at_one(&rect),
        );
        for t in [-1.0, -0.3, 0.0, 0.7, 1.0] {
            let inside = Float::with_val(bits, &middle + Float::with_val(bits, &radius * t));
            let value = ball(&e, inside.to_f64(), 256);
            if inside != inside.to_f64() || !value.is_finite() {
                continue;
            }
            prop_assert!(!balls.is_finite() || balls.overlaps(&value), "{} on {:?}", e, wide);
            let point = value.to_interval();
            let apart = |i: &Interval| i.is_finite() && !(point.hi() >= i.lo() && point.lo() <= i.hi());
            prop_assert!(!apart(&intervals), "{} on {:?}", e, interval);
            prop_assert!(!apart(rects.re()), "{} on {:?}", e, interval);
        }
    }

    #[test]
    fn polynomials_keep_their_values(
        c in proptest::collection::vec((-9..9_i64, 1..9_i64), 1..6),
        n in 1..5_i64,
        x in (-50..50_i64, 1..9_i64),
    ) {
        let x = Rational::from(x);
        let mut sum = Expr::int(0);
        for (k, q) in c.iter().enumerate() {
            sum = sum + Expr::rational(&Rational::from(*q)) * Expr::X.pow(Expr::int(k as i64));
        }
        let f = (sum.clone() - Expr::X).pow(Expr::int(n)) * sum;
        let direct = f.substitute(&Expr::rational(&x)).as_rational();
        let coefficients = f.polynomial().expect("a polynomial");
        prop_assert!(coefficients.last().is_none_or(|c| *c != 0));
        let horner = coefficients.iter().rev().fold(Rational::new(), |value, c| value * &x + c);
        prop_assert_eq!(direct, Some(horner.clone()));
        let simple = f.simplify();
        prop_assert_eq!(simple.substitute(&Expr::rational(&x)).as_rational(), Some(horner));
        prop_assert_eq!(simple.polynomial(), Some(coefficients));
    }

    #[test]
    fn rationals_have_one_tree(p in -3000..3000_i64, q in 1..3000_i64) {
        let q = Rational::from((p, q));
        let e = Expr::rational(&q);
        prop_assert_eq!(e.as_rational(), Some(q));
        prop_assert_eq!(parse(&e.to_string()), e.clone());
        prop_assert_eq!(e.simplify(), e);
    }
}

#[test]
fn simplified_texts() {
    for (text, simple) in [
        ("x+0", "x"),
        ("1*x*1", "x"),
        ("x-x", "0"),
        ("-(-x)", "x"),
        ("sin(0)+exp(0)+cos(0)+log(1)+erf(0)", "2"),
        ("sqrt(4/9)", "2/3"),
        ("sqrt(12)*sqrt(3)", "6"),
        ("(x^2)^3", "x^6"),
        ("2^0.5*2^1.5", "4"),
        ("(1+x)*(1-x)+x^2", "1"),
        ("0.1+0.2", "0.3"),
        ("1/3+1/6", "0.5"),
        ("relu(3)-relu(-3)", "3"),
        ("2*relu(x)-relu(x+0)", "relu"),
        ("max(2, 3)*x", "3*x"),
        ("1 < 2 ? x : 1/0", "x"),
        ("x < 0 ? x+1 : 1+x", "x+1"),
        ("tanh(-x)+tanh(x)", "0"),
        ("sin(x)*x/sin(x)", "x"),
        ("exp(x)*exp(-x)", "1"),
        ("e^x/exp(x-1)", "e"),
        ("log(exp(3*x))", "3*x"),
        ("abs(-3*x)", "3*abs(x)"),
        ("sqrt(x^2)", "abs"),
        ("sqrt(x)^2", "sqrt(x)^2"),
        ("(x^2)^0.5-abs(x)", "0"),
        ("0^0", "1"),
        ("1/0", "1/0"),
        ("sin(pi)+cos(pi)", "-1"),
        ("hermite(1, x)", "x"),
        ("x*(1+erf(x))/2-x/2", "0.5*x*erf(x)"),
        ("10^10^10", "10^1e10"),
        ("(1+exp(x))^2/(1+exp(x))", "exp(x)+1"),
        ("(x^2-1)*exp(x)/(x-1)", "(x+1)*exp(x)"),
        ("(x+1)^3/(x+1)/(x+2)", "(x^2+2*x+1)/(x+2)"),
    ] {
        assert_eq!(parse(text).simplify().to_string(), simple, "{text}");
    }
}

#[test]
fn known_symmetries() {
    for (text, parity) in [
        ("tanh", Some(Parity::Odd)),
        ("x^2-1", Some(Parity::Even)),
        ("hermite(5)", Some(Parity::Odd)),
        ("optimal(2)", Some(Parity::Odd)),
        ("optimal(3)", None),
        ("x < 0 ? -x^2 : x^2", Some(Parity::Odd)),
        ("x <= 1 ? x < -1 ? -1 : x : 1", Some(Parity::Odd)),
        ("step(x)-1/2", Some(Parity::Odd)),
        ("relu(x)-relu(-x)", Some(Parity::Odd)),
        ("relu(x)+relu(-x)", Some(Parity::Even)),
        ("gelu(x)-x/2", Some(Parity::Even)),
        ("sigmoid(x)-0.5", Some(Parity::Odd)),
        ("sigmoid(x)-0.49", None),
        ("silu(x)-x/2", Some(Parity::Even)),
        ("softplus(x)-x/2", Some(Parity::Even)),
        ("hard_tanh", Some(Parity::Odd)),
        ("hard_sigmoid(x)-1/2", Some(Parity::Odd)),
        ("soft_shrink", Some(Parity::Odd)),
        ("hard_shrink(x, 2)", Some(Parity::Odd)),
        ("softsign", Some(Parity::Odd)),
        ("sinc", Some(Parity::Even)),
        ("x*gaussian(x)", Some(Parity::Odd)),
        ("abs(x-1)-abs(x+1)", Some(Parity::Odd)),
        ("log(cosh(x))", Some(Parity::Even)),
        ("max(x, -x)", Some(Parity::Even)),
        ("max(x^2-1, 0)", Some(Parity::Even)),
        ("relu", None),
        ("x+1", None),
        ("exp(x)", None),
        ("0", Some(Parity::Even)),
        // The two functions differ by 1e-40 everywhere.
        ("tanh(x)+1e-40", None),
        ("step(x)-step(-x)+1e-40", None),
    ] {
        assert_eq!(parse(text).parity(), parity, "{text}");
    }
    for (text, degree) in [
        ("relu", Some((1, 1))),
        ("prelu", Some((1, 1))),
        ("squared_relu", Some((2, 1))),
        ("abs(x)^0.5*sign(x)", Some((1, 2))),
        ("step", Some((0, 1))),
        ("max(x, 2*x)-abs(x)/3", Some((1, 1))),
        ("x < 0 ? x^2/x : 3*x", Some((1, 1))),
        ("x < 1 ? x : 3*x", None),
        ("x+1", None),
        ("x^2+x", None),
        ("tanh", None),
        ("relu6", None),
        ("exp(x/abs(x))", Some((0, 1))),
        ("(x+1)^2-x^2-1", Some((1, 1))),
        ("0", None),
    ] {
        assert_eq!(
            parse(text).homogeneity(),
            degree.map(Rational::from),
            "{text}"
        );
    }
}

/// The value and its enclosures at and around a removable singularity.
#[test]
fn removable_singularities_have_values() {
    for (text, at_zero) in [
        ("sin(x)/x", 1.0),
        ("(exp(x)-1)/x", 1.0),
        ("(1-cos(x))/x^2", 0.5),
        ("x/tanh(x)", 1.0),
        ("log(1+x)/sin(2*x)", 0.5),
        ("(x-sin(x))/x^3", 1.0 / 6.0),
        ("tanh(x)*(1+sin(x)/x)/x", 2.0),
    ] {
        let f = parse(text);
        let value = Tape::<f64>::new(std::slice::from_ref(&f), 53).at_one(&0.0);
        assert!((value - at_zero).abs() < 1e-15, "{text}: {value}");
        for power in [4, 10, 50] {
            // A ball that has 0 on its border, and in its inside, and one near it.
            for middle in [1.0, 0.25, 0.0] {
                let radius = Float::with_val(53, 1) >> power;
                let mid = Float::with_val(128, &radius * middle);
                let value = Tape::<Ball>::new(std::slice::from_ref(&f), 128)
                    .at_one(&Ball::new(mid, &radius));
                let distance = Float::with_val(128, value.mid() - at_zero).abs();
                assert!(distance <= value.rad() + 1e-16, "{text}: {value:?}");
                assert!(value.rad() < 3 * radius.clone(), "{text}: {value:?}");
            }
        }
        let around = Rect::new(
            Interval::new(Float::with_val(64, -0.01), Float::with_val(64, 0.01)),
            Interval::new(Float::with_val(64, -0.01), Float::with_val(64, 0.02)),
        );
        assert!(
            Tape::<Rect>::new(&[f], 64).at_one(&around).is_finite(),
            "{text}"
        );
    }
    // Elsewhere: at 1/2, of second order, with derivatives.
    let f = parse("sinc(2*x-1)+(1-cos(x-1/2))/(x-0.5)^2");
    let tape = Tape::<Ball>::new(
        &[f.clone(), f.derivative(), f.derivative().derivative()],
        128,
    );
    let half = Float::with_val(53, 0.5);
    let values = tape.at(&Ball::new(half.clone(), &Float::with_val(53, 1e-6)));
    for (value, expected) in values.iter().zip([1.5, 0.0, -4.0 / 3.0 - 1.0 / 12.0]) {
        assert!(
            (value.mid().to_f64() - expected).abs() < 1e-4 && value.rad() < 1e-4,
            "{value:?} {expected}"
        );
    }
    assert!(tape.at(&Ball::exact(half)).iter().all(Ball::is_finite));
    // No limit, or none that derivatives at zero know.
    for text in [
        "cos(x)/x",
        "abs(x)/x",
        "sin(x)/x^2",
        "sqrt(x)/x",
        "sin(x-1)/(x-1)/x",
    ] {
        let f = parse(text);
        assert!(
            !Tape::<f64>::new(std::slice::from_ref(&f), 53)
                .at_one(&0.0)
                .is_finite(),
            "{text}"
        );
        let around = Ball::new(Float::new(64), &Float::with_val(53, 0.5));
        assert!(
            !Tape::<Ball>::new(&[f], 64).at_one(&around).is_finite(),
            "{text}"
        );
    }
}

/// A tape shares what trees have in common.
#[test]
fn common_subtrees_are_evaluated_once() {
    let steps = |texts: &[&str]| {
        let trees: Vec<Expr> = texts.iter().map(|t| parse(t)).collect();
        Tape::<f64>::new(&trees, 53).steps()
    };
    assert_eq!(steps(&["sin(x)*sin(x)+sin(x)"]), 3);
    assert_eq!(steps(&["tanh(x)+1", "tanh(x)+2"]), 3);
    assert_eq!(steps(&["sqrt(2/pi)*exp(3)*x"]), 1);
    assert_eq!(steps(&["exp(x)-1", "log(1+x)"]), 2);
    assert_eq!(steps(&["2"]), 0);
}

/// Products `f(x) f(-x)` of ordinary activations are seen to be even.
#[test]
fn products_with_the_mirror_image_are_even() {
    for text in [
        "relu",
        "tanh(x)+1",
        "gelu",
        "elu",
        "exp(x)*sin(x+1)",
        "x < 1 ? x : x^2",
        "max(x, x^3-2)",
    ] {
        let e = parse(text);
        let f = e.clone() * e.substitute(&parse("-x"));
        assert_eq!(f.parity(), Some(Parity::Even), "{text}");
    }
}
