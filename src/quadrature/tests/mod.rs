//! Each bound against what it bounds, and the whole against closed forms and an independent rule.

mod singular;
mod steep;

use proptest::prelude::*;
use rug::{Float, Rational};

use super::envelope::{BITS, Envelope};
use super::{Integrand, Plan, Samples, expect};
use crate::activation::Expr;
use crate::activation::growth::growth;
use crate::deadline::Deadline;
use crate::real::{Analytic, Ball, Interval, Mpfr, Quantity, Real, Rect, Value};

fn parse(text: &str) -> Expr {
    Expr::parse(text).unwrap()
}

fn ball(q: &Quantity) -> Ball {
    let Value::Finite { midpoint, radius } = &q.value else {
        panic!("{q:?}")
    };
    Ball::new(midpoint.clone(), radius)
}

/// The quadrature's own answer, never the closed form.
fn integrated(text: &str, accuracy: u32) -> Ball {
    let plan = Plan::new(&Integrand::of(&parse(text)), Envelope::Plain, accuracy).unwrap();
    Samples::<Ball>::new(&plan, accuracy + 48, Deadline::default())
        .unwrap()
        .mean(0)
}

#[test]
fn closed_forms() {
    let cases: &[(&str, &str)] = &[
        ("x^2", "1"),
        ("x^8", "105"),
        ("exp(x)", "exp(1/2)"),
        ("exp(-2*x)", "e^2"),
        ("cos(3*x)", "exp(-9/2)"),
        ("exp(-x^2)", "1/sqrt(3)"),
        ("exp(x^2/4)", "sqrt(2)"),
        ("erf(x)^2", "2*asin(2/3)/pi"),
        ("1/(1+x^2)", "sqrt(pi*e/2)*erfc(1/sqrt(2))"),
        ("sin(x)*x", "exp(-1/2)"),
    ];
    for (text, value) in cases {
        for accuracy in [40, 170] {
            let got = integrated(text, accuracy);
            let want = crate::activation::Tape::<Ball>::new(&[parse(value)], 400)
                .at_one(&Ball::int(0, 400));
            assert!(got.overlaps(&want), "E {text}: {got:?} against {want:?}");
            assert!(
                got.rad() < Float::with_val(53, 1) >> (accuracy - 2),
                "E {text}: {got:?}"
            );
        }
    }
}

/// With few nodes and exact arithmetic the difference to the true value is the discretisation error alone: it must be
/// below the bound, and the bound must not be a wild one.
#[test]
fn the_discretisation_error_is_bounded_and_the_bound_is_not_wild() {
    for text in ["1/(1+x^2)", "tanh(x)^2", "sigmoid(3*x)^2", "1/(2+cos(x))"] {
        let e = parse(text);
        let truth = integrated(text, 200);
        for accuracy in [6, 10, 16, 24] {
            let plan = Plan::new(&Integrand::of(&e), Envelope::Plain, accuracy).unwrap();
            let rough = Samples::<Mpfr>::new(&plan, 300, Deadline::default())
                .unwrap()
                .mean(0);
            let error = Float::with_val(64, rough.to_float() - truth.mid()).abs();
            assert!(
                error <= plan.error,
                "{text} at 2^-{accuracy}: {error} > {}",
                plan.error
            );
            assert!(
                error.to_f64() > 1e-9 * plan.error.to_f64(),
                "{text} at 2^-{accuracy}: {error} against {}",
                plan.error
            );
        }
    }
}

fn complex(re: f64, im: f64) -> Rect {
    let point = |x: f64| Interval::point(Float::with_val(BITS, x));
    Rect::new(point(re), point(im))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// The envelope of `{h_n}` at `z` is at least `|h_n(z)| exp(-Re z^2/2)/sqrt(2 pi)`.
    #[test]
    fn hermite_polynomials_stay_below_their_envelope(n in 0u32..60, degree in 0u32..30, x in -9.0..9.0f64, y in -4.0..4.0f64) {
        let degree = n.max(degree);
        let z = complex(x, y);
        let (mut previous, mut current) = (Rect::int(0, BITS), Rect::int(1, BITS));
        for k in 0..n {
            let root = |k: u32| Rect::int(i64::from(k), BITS).sqrt();
            let lower = if k == 0 { Rect::int(0, BITS) } else { &root(k) * &previous };
            let next = &(&(&z * &current) - &lower) / &root(k + 1);
            previous = std::mem::replace(&mut current, next);
        }
        let gauss = (-(0.5 * (x * x - y * y))).exp() / std::f64::consts::TAU.sqrt();
        let value = current.modulus().lo().to_f64() * gauss;
        let bound = Envelope::Moments { degree }.bound(&[Float::with_val(BITS, 1)], &z).to_f64();
        prop_assert!(value <= bound * (1.0 + 1e-9), "h_{n}({x}+{y}i): {value} > {bound}");
    }

    /// `int_r^inf c x^k exp(a x + b x^2) gauss` is below its bound, and the bound is within a factor of 100.
    #[test]
    fn tails_are_bounded(k in 0i32..4, a in -2i32..3, b in -2i32..2, r in 6u32..12) {
        let e = parse(&format!("x^{k}*exp({a}*x+{b}*x^2/8)"));
        let bound = growth(&e, 2).unwrap().gaussian_tail(r);
        prop_assume!(bound.is_some());
        let bound = bound.unwrap().to_f64();
        // a fine midpoint sum from r to r + 20
        let h = 1e-3;
        let truth: f64 = (0..20_000)
            .map(|i| {
                let x = f64::from(r) + (f64::from(i) + 0.5) * h;
                h * x.powi(k) * (f64::from(a) * x + (f64::from(b) / 8.0 - 0.5) * x * x).exp() / std::f64::consts::TAU.sqrt()
            })
            .sum();
        prop_assert!(truth <= bound * (1.0 + 1e-6), "{e} from {r}: {truth} > {bound}");
        prop_assert!(bound <= 100.0 * truth, "{e} from {r}: {truth} << {bound}");
    }

    /// The growth of a formula holds at random points of the half line.
    #[test]
    fn growth_holds(choice in 0usize..16, x in 4.0..40.0f64) {
        let text = ["x*sigmoid(x)", "log(1+exp(x))", "x^3*exp(-x)", "cosh(x)/(1+x^2)", "sqrt(1+x^4)", "x*tanh(log(1+exp(x)))", "exp(x^2/8)*cos(x)", "abs(sin(x))*x",
            "1/log(1+exp(-x))", "sqrt(x^2-6*x+10)", "exp(x^2/8)/(1+x^4)", "exp(-x)/sqrt(log(1+exp(-x)))", "x/(1+x*exp(x-exp(x)))",
            "exp(-exp(x))*x", "1/(2-tanh(x)/x)", "x*exp(-x^2/2-x)"][choice];
        let e = parse(text).expand();
        let g = growth(&e, 4).unwrap();
        let range = crate::activation::growth::values_beyond(&e, 4);
        prop_assert!(range.is_undefined() || range.contains(&Float::with_val(53, crate::activation::Tape::<crate::real::Mpfr>::new(std::slice::from_ref(&e), 53).at_one(&crate::real::Mpfr::new(Float::with_val(53, x))).as_float())), "{text} at {x}");
        let value = crate::activation::Tape::<f64>::new(std::slice::from_ref(&e), 53).at_one(&x).abs();
        prop_assert!(value <= g.at(x) * (1.0 + 1e-9), "{text} at {x}: {value} > {}", g.at(x));
    }

    /// The crate `quadrature` (double exponential, `f64`, no bound) as an independent second opinion, between the
    /// breakpoints and on unit panels.
    #[test]
    fn second_opinion(choice in 0usize..7, c in -1.5..1.5f64) {
        let c = (c * 64.0).round() / 64.0;
        let text = [
            format!("tanh(x-({c}))^2"),
            format!("abs(x-({c}))"),
            format!("max(x, {c})*sin(x)"),
            format!("step(x-({c}))*exp(x/2)"),
            format!("(x < {c} ? cos(x) : x^2)"),
            format!("gelu(x+({c}))"),
            format!("log(1+x^2)*relu(x-({c}))"),
        ][choice].clone();
        let e = parse(&text);
        let q = ball(&expect(&e, 15, Deadline::default()).unwrap());
        let tape = crate::activation::Tape::<f64>::new(&[e], 53);
        let f = |x: f64| tape.at_one(&x) * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        let mut cuts: Vec<f64> = (-9..=9).map(f64::from).collect();
        cuts.push(c);
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let sum: f64 = cuts.windows(2).map(|w| quadrature::double_exponential::integrate(f, w[0], w[1], 1e-13).integral).sum();
        prop_assert!((sum - q.to_f64()).abs() < 1e-10 * (1.0 + sum.abs()), "{text}: {sum} against {q:?}");
    }
}

#[test]
fn what_cannot_be_bounded_is_refused() {
    for text in ["exp(x^2)", "exp(x^2/2)", "exp(exp(x))", "exp(x^4)"] {
        let plan = Plan::new(
            &Integrand::of(&parse(text)),
            Envelope::Moments { degree: 1 },
            40,
        );
        assert!(
            matches!(plan, Err(crate::error::Error::Domain(_))),
            "{text}: {plan:?}"
        );
    }
}

#[test]
fn rational_nodes_do_not_meet_removable_singularities() {
    let sinc = integrated("sin(x)/x", 120);
    // E sin(Z)/Z = int_0^1 exp(-t^2/2) dt = sqrt(pi/2) erf(1/sqrt(2))
    let half = Ball::rational(&Rational::from((1, 2)), 300);
    let truth = &(&Ball::pi(300) * &half).sqrt() * &half.sqrt().erf();
    assert!(sinc.overlaps(&truth), "{sinc:?} {truth:?}");
}

/// What a plan leaves out beyond its reach is part of its error: for `exp(2 x)` that is
/// `e^2 (erfc((R-2)/sqrt(2)) + erfc((R+2)/sqrt(2)))/2`. Over many accuracies the tail is the larger part in some.
#[test]
fn the_tail_is_part_of_the_error() {
    let integrand = Integrand::of(&parse("exp(2*x)"));
    for accuracy in 4..80 {
        let plan = Plan::new(&integrand, Envelope::Plain, accuracy).unwrap();
        let part = |shift: f64| {
            let x = Float::with_val(100, f64::from(plan.reach) + shift);
            (x / Float::with_val(100, 2).sqrt()).erfc()
        };
        let tail = Float::with_val(100, 2).exp() * (part(-2.0) + part(2.0)) / 2u32;
        assert!(tail <= plan.error, "2^-{accuracy}: {tail} > {}", plan.error);
    }
}
