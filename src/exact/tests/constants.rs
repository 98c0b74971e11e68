use proptest::prelude::*;
use rug::Rational;

use super::{closed, expr};
use crate::activation::{Expr, Tape};
use crate::exact::{Closed, alpha_exact};
use crate::real::{Analytic, Ball, Real};

/// Pairs of names of the same number: the difference must be zero by structure.
const EQUAL: [(&str, &str); 47] = [
    ("(2^(1/4))^2", "sqrt(2)"),
    ("sqrt(2)*sqrt(3)", "sqrt(6)"),
    ("sqrt(1/2)", "sqrt(2)/2"),
    ("12^(1/3)", "2^(2/3)*3^(1/3)"),
    ("8^(1/6)", "sqrt(2)"),
    ("1/(sqrt(2)-1)", "sqrt(2)+1"),
    ("2/(2+sqrt(2))", "2-sqrt(2)"),
    ("sqrt(pi)*sqrt(pi)", "pi"),
    ("sqrt(2/pi)*sqrt(pi/2)", "1"),
    ("exp(1/2)*exp(1/2)", "e"),
    ("e^(1/3)*e^(2/3)", "exp(1)"),
    ("exp(-pi/4)^4", "exp(-pi)"),
    ("exp(sqrt(2))*exp(-sqrt(2)/2)", "exp(1/sqrt(2))"),
    ("exp(2*log(3))", "9"),
    ("exp(log(2)/2)", "sqrt(2)"),
    ("erfc(1/sqrt(2))", "1-erf(sqrt(1/2))"),
    ("erf(-sqrt(2))", "-erf(sqrt(2))"),
    ("erf(pi-pi)", "0"),
    ("log(6)", "log(2)+log(3)"),
    ("log(sqrt(2)*pi/e)", "log(2)/2+log(pi)-1"),
    ("log(1/4)", "-2*log(2)"),
    ("sin(pi/4)", "1/sqrt(2)"),
    ("cos(pi/12)", "(sqrt(6)+sqrt(2))/4"),
    ("cos(7*pi/6)", "-sqrt(3)/2"),
    ("tan(pi/3)", "sqrt(3)"),
    ("sin(1)^2+cos(1)^2", "1"),
    ("sin(1+pi/2)", "cos(1)"),
    ("sin(sqrt(2)+1)", "sin(sqrt(2))*cos(1)+cos(sqrt(2))*sin(1)"),
    ("cos(3*pi/7)", "sin(pi/14)"),
    ("cos(2)", "2*cos(1)^2-1"),
    ("sin(1)/cos(1)", "tan(1)"),
    ("asin(1/2)", "pi/6"),
    ("asin(-sqrt(2)/2)", "-pi/4"),
    ("asin(sqrt(3)/2)", "pi/3"),
    ("acos(-1)", "pi"),
    ("atan(sqrt(3))", "pi/3"),
    ("atan(1)*4", "pi"),
    ("atan(-1/sqrt(3))", "-pi/6"),
    ("sqrt(1-2^(-1/2))^2", "1-1/sqrt(2)"),
    ("1/sqrt(pi-2)", "sqrt(pi-2)/(pi-2)"),
    ("sqrt((pi-2)*pi)", "sqrt(pi)*sqrt(pi-2)"),
    ("(pi-2)^(3/2)", "(pi-2)*sqrt(pi-2)"),
    ("sqrt(3-pi+e)^3/sqrt(3-pi+e)", "3+e-pi"),
    ("tanh(1/2)", "(e-1)/(e+1)"),
    ("cosh(1)^2-sinh(1)^2", "1"),
    ("asinh(1)", "log(1+sqrt(2))"),
    (
        "max(pi, 3)+min(pi, 3)+abs(3-pi)+step(pi-3)+sign(-pi)",
        "2*pi",
    ),
];

#[test]
fn equal_numbers_are_equal_by_structure() {
    for (a, b) in EQUAL {
        let difference = closed(a).minus(&closed(b)).unwrap();
        assert!(difference.is_zero(), "{a} - {b} = {difference}");
        // A second opinion, in case both names were read wrongly.
        let values = [a, b].map(|text| value(&expr(text)));
        assert!(meet(&values[0], &values[1]), "{a} and {b} differ");
    }
}

/// Numbers that agree to many digits without being equal, and forms without a value.
#[test]
fn unequal_numbers_are_not_equal() {
    for (a, b) in [
        ("1.414213562373095", "sqrt(2)"),
        ("pi", "355/113"),
        ("exp(pi*sqrt(163))", "640320^3+744"),
        ("sqrt(2)", "3^(1/3)"),
        ("erf(1)", "erf(sqrt(2))"),
        ("cos(1)", "sin(1)"),
    ] {
        let difference = closed(a).minus(&closed(b)).unwrap();
        assert!(!difference.is_zero(), "{a} = {b}");
        assert!(difference.sign().is_some_and(|s| s.is_ne()), "{a}, {b}");
    }
    for undefined in [
        "1/0",
        "1/(sqrt(2)*sqrt(3)-sqrt(6))",
        "1/(sin(1)^2+cos(1)^2-1)",
        // zero, but not by any rule here: it must not be divided by
        "1/(asin(3/5)-atan(3/4))",
        "1/(sqrt(3+2*sqrt(2))-1-sqrt(2))",
        "log(0)",
        "log(-pi)",
        "sqrt(3-pi)",
        "(3-pi)^(1/3)",
        "0^(-1/2)",
        "asin(pi)",
        "x",
    ] {
        assert_eq!(Closed::from_expr(&expr(undefined)), None, "{undefined}");
    }
}

#[test]
fn numbers_print_as_people_write_them() {
    for (text, printed) in [
        ("1/pi^(1/2)", "1/sqrt(pi)"),
        ("pi^(-1/2)*2^(1/2)", "sqrt(2/pi)"),
        ("2", "2"),
        ("-0.5", "-1/2"),
        ("3^(-1/2)", "1/sqrt(3)"),
        ("0.75", "3/4"),
        ("2^(-3/4)", "2^(-3/4)"),
        ("3*2^(-3/4)", "3/2^(3/4)"),
        ("sqrt(8)", "2*sqrt(2)"),
        ("-5/sqrt(32)", "-5/(4*sqrt(2))"),
        ("1/2/sqrt(pi)", "1/(2*sqrt(pi))"),
        ("sqrt(2)/2*pi^(-3/2)", "1/(pi*sqrt(2*pi))"),
        ("sqrt(3)/2", "sqrt(3)/2"),
        ("e", "e"),
        ("exp(1/2)", "sqrt(e)"),
        ("e^2", "e^2"),
        ("1/sqrt(e)", "exp(-1/2)"),
        ("exp(-pi/4)", "exp(-pi/4)"),
        ("exp(1-pi)", "exp(1-pi)"),
        ("erfc(1)", "1-erf(1)"),
        ("1/3+1/(2*pi)", "1/3+1/(2*pi)"),
        ("1/(1+sqrt(2)*pi)", "1/(pi*sqrt(2)+1)"),
        ("1/sqrt(pi-2)", "1/sqrt(pi-2)"),
        ("sqrt(1-1/sqrt(2))", "sqrt(sqrt(2)-1)/2^(1/4)"),
    ] {
        assert_eq!(closed(text).to_string(), printed, "{text}");
    }
}

#[test]
fn exponents_of_singular_kernels() {
    for (lambda, b, alpha) in [
        ("2^(-3/2)", "2", Some((3, 1))),
        ("1/9", "sqrt(3)", Some((8, 1))),
        ("sqrt(2)/pi", "pi/sqrt(2)", Some((2, 1))),
        ("exp(-1)", "e^(1/3)", Some((6, 1))),
        ("1/sqrt(pi-2)", "pi-2", Some((1, 1))),
        ("1/36", "12", None),
        ("1/4", "12", None),
        ("1/2", "3", None),
        ("1/2", "1", None),
        ("0", "2", None),
    ] {
        let alpha = alpha.map(Rational::from);
        assert_eq!(alpha_exact(&closed(lambda), &closed(b)), alpha, "{lambda}");
    }
}

/// Growth is refused, not suffered.
#[test]
fn no_constant_is_too_large_to_refuse() {
    for text in [
        "(1+pi+e+sqrt(2)+sqrt(3)+erf(1))^1000000",
        "2^(10^9)",
        "(2/3)^(10^30)",
        "(1+2^(1/1000003))^1000",
        "exp(10^10)-exp(-10^10)-1/(exp(10^10)-1)",
    ] {
        let start = std::time::Instant::now();
        let _ = Closed::from_expr(&expr(text));
        // A rule of thumb for "at once" in an unoptimised build on a busy machine.
        assert!(start.elapsed().as_secs() < 5, "{text}");
    }
}

fn value(e: &Expr) -> Ball {
    Tape::<Ball>::new(std::slice::from_ref(e), 256).at_one(&Ball::int(0, 256))
}

fn meet(a: &Ball, b: &Ball) -> bool {
    let d = a.clone() - b;
    d.is_finite() && d.sign().is_none_or(|s| s.is_eq())
}

/// Constants of the grammar, three levels deep.
fn constant() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (1..20i32, 1..7i32).prop_map(|(p, q)| format!("({p}/{q})")),
        (1..9i32).prop_map(|n| format!("sqrt({n})")),
        Just("pi".to_string()),
        Just("e".to_string()),
        Just("2^(1/3)".to_string()),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            (pair.clone(), prop::sample::select(vec!['+', '-', '*', '/']))
                .prop_map(|((a, b), op)| format!("({a}{op}{b})")),
            (
                inner.clone(),
                prop::sample::select(vec![
                    "sqrt", "exp", "log", "erf", "erfc", "sin", "cos", "atan", "tanh", "asinh",
                    "abs"
                ])
            )
                .prop_map(|(a, f)| format!("{f}({a}/4)")),
            (inner.clone(), -3..4i32).prop_map(|(a, n)| format!("({a}^{n})")),
            (inner, 1..4i32, 2..4i32).prop_map(|(a, p, q)| format!("({a}^({p}/{q}))")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The normal form has the value of the expression, and so has its printed form.
    #[test]
    fn normal_form_keeps_the_value(text in constant()) {
        let e = expr(&text);
        if let Some(c) = Closed::from_expr(&e) {
            let (direct, normal) = (value(&e), c.evaluate::<Ball>(256));
            prop_assume!(direct.is_finite() && normal.is_finite());
            prop_assert!(meet(&direct, &normal), "{text} -> {c}: {direct:?} {normal:?}");
            // Anything may be wrong with a number known to no digits.
            prop_assume!(normal.radius() < 1e-20);
            let printed = expr(&c.to_string());
            prop_assert!(meet(&direct, &value(&printed)), "{text} -> {c}");
            if let Some(again) = Closed::from_expr(&printed) {
                prop_assert!(meet(&normal, &again.evaluate::<Ball>(256)), "{text} -> {c} -> {again}");
            }
        }
    }

    /// The laws of a field, by structure.
    #[test]
    fn field_laws((a, b, c) in (constant(), constant(), constant())) {
        let read = |t: &str| Closed::from_expr(&expr(t));
        let (Some(a), Some(b), Some(c)) = (read(&a), read(&b), read(&c)) else { return Ok(()) };
        let law = |left: Option<Closed>, right: Option<Closed>| match (left, right) {
            (Some(l), Some(r)) => l.minus(&r).is_none_or(|d| d.is_zero()),
            _ => true, // too long: refused
        };
        prop_assert!(law(a.plus(&b), b.plus(&a)));
        prop_assert!(law(a.times(&b), b.times(&a)));
        let (ab, bc) = (a.times(&b), b.times(&c));
        prop_assert!(law(ab.as_ref().and_then(|ab| ab.times(&c)), bc.as_ref().and_then(|bc| a.times(bc))));
        let sum = a.plus(&b).and_then(|s| s.times(&c));
        let sum_of_products = a.times(&c).and_then(|ac| ac.plus(bc.as_ref()?));
        prop_assert!(law(sum, sum_of_products));
        if let Some(inverse) = a.reciprocal() {
            prop_assert!(law(a.times(&inverse), Some(Closed::one())));
        }
        if let Some(root) = a.sqrt() {
            prop_assert!(law(root.powi(2), Some(a.clone())));
        }
        // Quotients have more than one partial fraction, so exponents with denominators may go unrecognised.
        if a.denominator().is_empty() && b.denominator().is_empty() {
            let exponentials = a.exp().and_then(|x| x.times(&b.exp()?));
            prop_assert!(law(exponentials, a.plus(&b).and_then(|s| s.exp())));
        }
        let pythagoras = a.sin().and_then(|s| s.powi(2)?.plus(&a.cos()?.powi(2)?));
        prop_assert!(law(pythagoras, Some(Closed::one())));
    }
}
