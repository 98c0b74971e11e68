use proptest::prelude::*;
use rug::Float;

use super::{closed, expr};
use crate::activation::{Expr, Tape};
use crate::exact::{Bound, Closed, alpha_exact, expectation};
use crate::real::{Ball, Mpfr, Real};

const WHOLE: [&str; 2] = ["-inf", "inf"];

/// Pieces from texts: bounds and the formulas between them.
fn pieces(bounds: &[&str], formulas: &[&str]) -> Vec<(Bound, Bound, Expr)> {
    let bound = |text: &str| match text {
        "-inf" => Bound::MinusInfinity,
        "inf" => Bound::PlusInfinity,
        _ => Bound::At(closed(text)),
    };
    (bounds.windows(2).zip(formulas))
        .map(|(ends, f)| (bound(ends[0]), bound(ends[1]), expr(f)))
        .collect()
}

fn mean(bounds: &[&str], formulas: &[&str]) -> Closed {
    expectation(&pieces(bounds, formulas)).unwrap_or_else(|| panic!("{formulas:?}"))
}

/// Known values, as they are printed.
#[test]
fn known_means() {
    let relu: [&str; 3] = ["-inf", "0", "inf"];
    for (bounds, formulas, value) in [
        (&relu[..], &["0", "x"][..], "1/sqrt(2*pi)"),
        (&relu, &["0", "x^2"], "1/2"),
        (&relu, &["-x", "x"], "sqrt(2/pi)"),
        (&relu, &["0", "1"], "1/2"),
        (&WHOLE, &["exp(x)"], "sqrt(e)"),
        (&WHOLE, &["cos(x)"], "exp(-1/2)"),
        (&WHOLE, &["sin(x)^2"], "1/2-exp(-2)/2"),
        (&WHOLE, &["exp(-x^2)"], "1/sqrt(3)"),
        (&WHOLE, &["x^4"], "3"),
        (&WHOLE, &["hermite(7, x)*hermite(7, x)"], "1"),
        (&WHOLE, &["hermite(7, x)*hermite(3, x)"], "0"),
        (&WHOLE, &["gelu(x)"], "1/(2*sqrt(pi))"),
        (&WHOLE, &["gelu(x)*x"], "1/2"),
        (&WHOLE, &["gelu(x)^2"], "1/3+1/(2*pi*sqrt(3))"),
        (&WHOLE, &["erf(x)^2"], "2*asin(2/3)/pi"),
        (&WHOLE, &["erf(x)*x"], "2/sqrt(3*pi)"),
        (&WHOLE, &["erf(x+1)"], "erf(1/sqrt(3))"),
        (&["-inf", "-1", "1", "inf"], &["-1", "x", "1"], "0"),
    ] {
        assert_eq!(mean(bounds, formulas).to_string(), value, "{formulas:?}");
    }
}

/// The zeros that classification rests on.
#[test]
fn zeros_are_proved() {
    let half: [&str; 3] = ["-inf", "0", "inf"];
    let zeros: [(&[&str], &[&str]); 9] = [
        (&half, &["-1/sqrt(2*pi)", "x-1/sqrt(2*pi)"]),
        // E phi'^2 = E phi^2: relu, leaky_relu(x, 0.01), abs, exp, sin + cos.
        (&half, &["0", "1-x^2"]),
        (&half, &["0.01^2-(0.01*x)^2", "1-x^2"]),
        (&half, &["1-(-x)^2", "1-x^2"]),
        (&WHOLE, &["exp(x)^2-exp(x)^2"]),
        (&WHOLE, &["(cos(x)-sin(x))^2-(sin(x)+cos(x))^2"]),
        (&WHOLE, &["(cos(x)-sin(x))^2-1"]),
        // Odd without a closed form of its own, and equal pieces across a breakpoint.
        (&WHOLE, &["sin(x)*erf(x)^2"]),
        (&half, &["x*cos(x)", "x*cos(x)"]),
    ];
    for (bounds, formulas) in zeros {
        let mean = mean(bounds, formulas);
        assert!(mean.is_zero(), "{formulas:?}: {mean}");
    }
}

/// Neighbours with one formula are one interval only if they touch.
#[test]
fn a_gap_is_no_piece() {
    let mut with_gap = pieces(&["-inf", "-1", "1", "inf"], &["1", "1", "1"]);
    with_gap.remove(1);
    assert_eq!(expectation(&with_gap), Some(closed("erfc(1/sqrt(2))")));
}

#[test]
fn selu_has_mean_zero_and_variance_one() {
    let formulas = ["SCALE*ALPHA*(exp(x)-1)", "SCALE*x"].map(|f| {
        f.replace("SCALE", "((1-erfc(1/sqrt(2))*sqrt(e))*sqrt(2*pi)\
            /sqrt(2*erfc(sqrt(2))*e^2+pi*erfc(1/sqrt(2))^2*e-2*(2+pi)*erfc(1/sqrt(2))*sqrt(e)+pi+2))")
            .replace("ALPHA", "(-sqrt(2/pi)/(exp(1/2)*erfc(1/sqrt(2))-1))")
    });
    let squares = formulas.clone().map(|f| format!("({f})^2"));
    let bounds = ["-inf", "0", "inf"];
    assert!(mean(&bounds, &formulas.each_ref().map(|s| &s[..])).is_zero());
    assert!(mean(&bounds, &squares.each_ref().map(|s| &s[..])).is_one());
    // The constants as everybody rounds them do not give zero.
    let rounded = [
        "1.0507009873554805*1.6732632423543772*(exp(x)-1)",
        "1.0507009873554805*x",
    ];
    let almost = mean(&bounds, &rounded);
    assert!(!almost.is_zero() && almost.evaluate::<Ball>(200).to_f64().abs() < 1e-14);
}

#[test]
fn optimal_activations_have_their_exponent() {
    for d in (2..=64).step_by(6).chain([3, 5, 63]) {
        let phi = expr(&format!("optimal({d}, x)")).expand();
        let on_line = |f: Expr| {
            let line = [(Bound::MinusInfinity, Bound::PlusInfinity, f)];
            expectation(&line).unwrap()
        };
        let slope = phi.derivative();
        assert!(on_line(phi.clone()).is_zero(), "A, d = {d}");
        assert!(
            on_line(phi.clone() * phi.clone()).is_one(),
            "variance, d = {d}"
        );
        let lambda = on_line(slope.clone()).powi(2).unwrap();
        let b = on_line(slope.clone() * slope);
        assert!(b.minus(&Closed::int(2)).unwrap().is_zero(), "B', d = {d}");
        assert_eq!(alpha_exact(&lambda, &b), Some(d.into()), "alpha, d = {d}");
    }
}

/// Outside the class, and where E f(Z) does not exist.
#[test]
fn what_has_no_closed_form_here() {
    let line = |f: &str| expectation(&pieces(&WHOLE, &[f]));
    for f in [
        "tanh(x)^2",
        "log(1+exp(x))",
        "exp(x^2/2)",
        "exp(x^2)",
        "exp(x^3)",
        "1/x",
        "sqrt(x)",
        "erf(x+1)^2",
        "abs(x)",
        "x^1000",
        "sin(x^2)",
        "(exp(x)+1)^400",
        "erf(erf(x))",
        "exp(erf(x))",
    ] {
        assert_eq!(line(f), None, "{f}");
    }
    assert_eq!(expectation(&pieces(&["0", "inf"], &["sin(x)"])), None);
}

/// In high precision first: closed forms cancel.
fn value(c: &Closed) -> f64 {
    c.evaluate::<Ball>(400).to_f64()
}

/// Gauss-Legendre with five nodes on panels of width at most h = 1/8: the error of a panel is
/// `h^11 (5!)^4 / (11 (10!)^3) f^(10)`, below 1e-23 times the tenth derivative, which the integrands here
/// keep below 1e12. Beyond 16 they are below 1e-20.
fn quadrature(pieces: &[(Bound, Bound, Expr)]) -> f64 {
    let end = |bound: &Bound| match bound {
        Bound::MinusInfinity => -16.0,
        Bound::PlusInfinity => 16.0,
        Bound::At(c) => value(c),
    };
    let root = |q: f64| (5.0 + q * (10.0f64 / 7.0).sqrt()).sqrt() / 3.0;
    let weight = |q: f64| (322.0 + q * 70f64.sqrt()) / 1800.0;
    let rule = [
        (0.0, 64.0 / 225.0),
        (root(-2.0), weight(13.0)),
        (-root(-2.0), weight(13.0)),
        (root(2.0), weight(-13.0)),
        (-root(2.0), weight(-13.0)),
    ];
    let mut sum = 0.0;
    for (from, to, f) in pieces {
        // MPFR, because the error function in f64 is good to 1e-11 only.
        let tape = Tape::<Mpfr>::new(std::slice::from_ref(f), 64);
        let (from, to) = (end(from), end(to));
        let panels = ((to - from) * 8.0).ceil();
        let h = (to - from) / panels;
        for k in 0..panels as u32 {
            let middle = from + h * (f64::from(k) + 0.5);
            for (node, weight) in rule {
                let x = middle + node * h / 2.0;
                let density = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
                let f = tape.at_one(&Mpfr::new(Float::with_val(64, x))).to_f64();
                sum += weight * h * density * f;
            }
        }
    }
    sum
}

/// A random term of the class; `erf` and waves only where they are integrable in closed form.
fn term(on_line: bool) -> impl Strategy<Value = String> {
    let extra = if on_line {
        vec![
            "",
            "*cos(3/2*x+1)",
            "*sin(1/3-x)",
            "*cos(x)*sin(2*x)",
            "*erf(1-x/2)",
            "*erf(x)",
            "*cos(x)^2",
            "*sinh(x/2)",
        ]
    } else {
        vec!["", "*cosh(x/3)"]
    };
    (
        -9..10i32,
        0..6u32,
        prop::sample::select(vec!["-1", "-1/3", "0", "1/8"]),
        prop::sample::select(vec!["-1", "0", "1/2", "sqrt(2)"]),
        prop::sample::select(extra),
    )
        .prop_map(|(c, n, a, b, extra)| format!("({c}/4)*x^{n}*exp({a}*x^2+({b})*x){extra}"))
}

fn sum_of_terms(on_line: bool) -> impl Strategy<Value = String> {
    prop::collection::vec(term(on_line), 1..4).prop_map(|terms| terms.join("+"))
}

#[test]
fn products_of_error_functions_agree_with_quadrature() {
    for (bounds, f) in [
        (["-inf", "inf"], "gelu(x)^2"),
        (
            ["-inf", "inf"],
            "((1+erf(x/sqrt(2)))/2+x*exp(-x^2/2)/sqrt(2*pi))^2",
        ),
        (["-inf", "inf"], "x^2*erf(x)^2*exp(-x^2/3)"),
        (["-inf", "inf"], "x^4*erf(x/2)*erf(2*x)"),
        (["-inf", "inf"], "x^3*erf(x)*erf(x/2)*erf(x/3)"),
        (["-inf", "inf"], "x^3*erf(2*x-1)*exp(x/2)"),
        (
            ["0", "inf"],
            "erf(x)^2+x*erf(x)*cosh(x)*exp(-x^2/2)-x*erf(x)*exp(-x^2/2)*exp(x)/2-x*erf(x)*exp(-x^2/2)*exp(-x)/2",
        ),
        (["-inf", "0"], "x^3*erf(x)*exp(-x^2/2)+x*sin(3*x)"),
    ] {
        let pieces = pieces(&bounds, &[f]);
        let exact = value(&expectation(&pieces).unwrap_or_else(|| panic!("{f}")));
        let sum = quadrature(&pieces);
        assert!(
            (exact - sum).abs() < 1e-12 * (1.0 + exact.abs()),
            "{f}: {exact} against {sum}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn closed_forms_agree_with_quadrature_on_the_line(f in sum_of_terms(true)) {
        let pieces = pieces(&WHOLE, &[&f]);
        let exact = expectation(&pieces).expect("inside the class");
        let exact = value(&exact);
        let sum = quadrature(&pieces);
        prop_assert!((exact - sum).abs() < 1e-12 * (1.0 + exact.abs()), "{f}: {exact} against {sum}");
    }

    #[test]
    fn closed_forms_agree_with_quadrature_on_pieces(
        f in prop::array::uniform4(sum_of_terms(false)),
        at in prop::sample::select(vec![["-1", "0", "1/2"], ["-sqrt(2)", "1/3", "pi/2"], ["-2", "-1", "atan(2)"]]),
    ) {
        let pieces = pieces(&["-inf", at[0], at[1], at[2], "inf"], &f.each_ref().map(|s| &s[..]));
        let exact = expectation(&pieces).expect("inside the class");
        let exact = value(&exact);
        let sum = quadrature(&pieces);
        prop_assert!((exact - sum).abs() < 1e-12 * (1.0 + exact.abs()), "{f:?}: {exact} against {sum}");
    }
}
