//! Poles near the axis: two sides of Stein's identity, each an integral of its own, and what rectangles say of logistic functions.

use proptest::prelude::*;
use rug::Float;

use super::parse;
use crate::Deadline;
use crate::activation::{Expr, Tape};
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Interval, Rect, Value};

fn steep(which: usize, k: i64, c: f64) -> Expr {
    parse(&match which {
        0 => format!("tanh({k}*(x-({c})))"),
        1 => format!("sigmoid({k}*(x-({c})))"),
        2 => format!("log(1+exp({k}*(x-({c}))))/{k}"),
        3 => format!("sqrt((x-({c}))^2+1/{k}^2)"),
        4 => format!("1/(1+({k}*(x-({c})))^2)"),
        _ => format!("(x-({c}))*tanh({k}*(x-({c})))"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// `E Z f(Z) = E f'(Z)`, relative to the size of `f`.
    #[test]
    fn parts(which in 0usize..6, power in 1u32..6, c in -8i32..9) {
        let f = steep(which, 10i64.pow(power), f64::from(c) / 8.0);
        for accuracy in [70, 200] {
            let of = |e: &Expr| {
                let plan = Plan::new(&Integrand::of(e), Envelope::Plain, accuracy).unwrap();
                let value = Samples::<Ball>::new(&plan, accuracy + 64, Deadline::default()).unwrap().mean(0);
                (value, plan.nodes())
            };
            let (left, _) = of(&(Expr::X * f.clone()).simplify());
            let (right, nodes) = of(&f.derivative().simplify());
            prop_assert!(left.overlaps(&right), "{f}: {left:?} against {right:?}");
            let small = Float::with_val(53, 1) >> (accuracy - 3);
            prop_assert!(left.rad() < small && right.rad() < small, "{f}: {left:?} {right:?}");
            prop_assert!(nodes < 300 * u64::from(accuracy), "{f}: {nodes} nodes");
        }
    }

    /// Every point of a rectangle has its value in the rectangle's, whatever the form of the formula.
    #[test]
    fn logistic_rectangles(which in 0usize..6, x in -3.0..3.0f64, y in -1.0..1.0f64, w in 0.0..0.5f64, s in 0.0..1.0f64, t in 0.0..1.0f64) {
        let (text, plain) = [
            ("1000/((exp(3*x)+1)*(exp(-3*x)+1))", "1000/((exp(3*x)+2-1)*(exp(-3*x)+2-1))"),
            ("x/(1+exp(-x))", "x/(2-1+exp(-x))"),
            ("exp(2*x)/(1+exp(2*x))^2", "exp(2*x)/(2-1+exp(2*x))^2"),
            ("5*x*exp(-2*x)/(exp(-2*x)+1)", "5*x*exp(-2*x)/(exp(-2*x)+2-1)"),
            ("log(1+exp(2*x))", "log(2-1+exp(2*x))"),
            ("(1+exp(x))^(-3)*exp(x)", "exp(x)/(2-1+exp(x))^3"),
        ][which];
        let interval = |a: f64, b: f64| Interval::new(Float::with_val(64, a), Float::with_val(64, b));
        let square = Rect::new(interval(x, x + w), interval(y, y + w));
        let (a, b) = (x + s * w, y + t * w);
        let point = Rect::new(interval(a, a), interval(b, b));
        let value = Tape::<Rect>::new(&[parse(text)], 64).at_one(&square);
        let inside = Tape::<Rect>::new(&[parse(plain)], 64).at_one(&point);
        prop_assume!(value.is_finite() && inside.is_finite());
        prop_assert!(!value.intersect(&inside).is_undefined(), "{text} on {square:?}: {value:?} misses {inside:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// `softplus` on squares: a logarithm of `1 + e^v` everywhere, the principal one beside the real axis, and on the right it has no jumps.
    #[test]
    fn softplus_is_continued(x in -6.0..6.0f64, y in -40.0..40.0f64, w in 0.0..0.3f64, s in 0.0..1.0f64, t in 0.0..1.0f64) {
        let interval = |a: f64, b: f64| Interval::new(Float::with_val(64, a), Float::with_val(64, b));
        let rect = |x: f64, y: f64, w: f64| Rect::new(interval(x, x + w), interval(y, y + w));
        let on = rect(x, y, w).softplus();
        let (a, b) = (x + s * w, y + t * w);
        let inside = rect(a, b, 0.0);
        let sum = Rect::int(1, 64) + inside.exp();
        if on.is_finite() {
            prop_assert!(!on.exp().intersect(&sum).is_undefined(), "{on:?} at {inside:?}");
        } else {
            prop_assert!(x <= 0.7 && x + w >= -0.7, "{x} {y} {w}");
        }
        if on.is_finite() && b.abs() < 3.0 {
            prop_assert!(!on.intersect(&sum.ln()).is_undefined(), "{on:?} at {inside:?}");
        }
        // |softplus(v) - v| <= -log(1 - e^-x) on the right
        if x > 1.0 {
            let off = on - inside;
            prop_assert!(*off.modulus().lo() <= -(-(-x).exp()).ln_1p() && *off.modulus().hi() < 2, "{off:?}");
        }
    }
}

/// Numbers that were computed elsewhere to 15 digits.
#[test]
fn constants() {
    use crate::Effort;
    let of = |text: &str| {
        text.parse::<crate::Activation>()
            .unwrap()
            .classify(&Effort::default())
            .unwrap()
    };
    let near = |q: &Option<crate::Quantity>, truth: f64| {
        let Some(Value::Finite { midpoint, radius }) = q.as_ref().map(|q| &q.value) else {
            return false;
        };
        (midpoint.to_f64() - truth).abs() <= 1e-15 * truth.abs() && *radius < 1e-15
    };
    let tanh = of("tanh(60*x)");
    assert!(
        tanh.proved && near(&tanh.alpha, 0.252_227_426_692_293),
        "{tanh:?}"
    );
    let soft = of("log(1+exp(100*x))/100");
    assert!(
        near(&soft.a, 0.564_281_837_263_283_7) && near(&soft.a_prime, 0.707_106_103_169_514_5),
        "{soft:?}"
    );
    assert!(
        soft.proved && near(&soft.b_prime, 0.992_020_563_984_163_6),
        "{soft:?}"
    );
    let power = of("relu(x)^1.5");
    assert!(
        near(&power.a, 0.481_413_891_223_208_8) && near(&power.a_prime, 0.690_331_340_876_693_3),
        "{power:?}"
    );
    assert!(power.proved && near(&power.b_prime, 1.125), "{power:?}");
    for text in [
        "asinh(x-1)",
        "1/softplus(x)",
        "sqrt(softplus(x))",
        "x/(1-x*exp(-(x+exp(x))))",
        "abs(x-tanh(x)-2.274)",
        "asin(sin(x))",
    ] {
        let report = of(text);
        assert!(
            report.proved && report.checked() == Ok(()),
            "{text}: {report:?}"
        );
    }
    // infinite slopes
    for text in ["sign(x)*sqrt(abs(x))", "asin(clip(x,-1,1))"] {
        let report = of(text);
        assert!(
            report.proved && report.checked() == Ok(()),
            "{text}: {report:?}"
        );
        assert!(
            matches!(report.b_prime.map(|b| b.value), Some(Value::Infinite)),
            "{text}"
        );
    }
}
