//! Means inside expressions: `mean(f)`, `centred(f)`.

use deeplimit::activation::{Expr, Tape};
use deeplimit::deadline::Deadline;
use deeplimit::exact::Closed;
use deeplimit::limit::{Arithmetic, Classification, Moments, Regime, classify};
use deeplimit::quadrature::expect;
use deeplimit::real::{Ball, Quantity, Value};
use deeplimit::{Activation, Effort};
use proptest::prelude::*;
use rug::Float;

use crate::support::{contains, effort, parse, tight};

fn classified(text: &str, digits: usize) -> Classification {
    let found =
        classify(&parse(text), &Effort::digits(digits)).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(found.checked(), Ok(()), "{text}");
    found
}

fn digits_of(q: &Quantity, digits: usize) -> String {
    match &q.value {
        Value::Finite { midpoint, .. } => midpoint.to_string_radix(10, Some(digits)),
        _ => panic!("{q:?}"),
    }
}

/// `E log(1+e^Z)` by the trapezoidal rule with step 1/32: the strip of analyticity is `|Im z| < pi`, so the error is about
/// `exp(-2 pi^2 32) = 10^-274`.
fn mean_of_softplus() -> Float {
    let bits = 1100;
    let mut sum = Float::new(bits);
    for k in -1400_i32..=1400 {
        let z = Float::with_val(bits, k) / 32u32;
        let weight = (-Float::with_val(bits, z.square_ref()) / 2u32).exp();
        sum += weight * z.exp().ln_1p();
    }
    let tau = Float::with_val(bits, rug::float::Constant::Pi) * 2u32;
    sum / 32u32 / tau.sqrt()
}

#[test]
fn a_mean_is_the_integral() {
    let reference = mean_of_softplus();
    let digits = reference.to_string_radix(10, Some(250));
    let expected =
        |text: &str, digits: usize| expect(&parse(text), digits, Deadline::default()).unwrap();
    assert!(contains(&expected("softplus", 200), &digits, 1e-240));
    assert!(contains(&expected("mean(softplus)", 200), &digits, 1e-240));
    let square = Float::with_val(900, reference.square_ref()).to_string_radix(10, Some(250));
    assert!(contains(
        &expected("mean(softplus)^2", 200),
        &square,
        1e-230
    ));
    // E (f - m)^2 = E f^2 - m^2
    let variance = expected("centred(softplus(x))^2", 200);
    let difference = expected("softplus(x)^2-mean(softplus)^2", 200);
    assert!(tight(&variance, 1e-199) && tight(&difference, 1e-199));
    assert!(contains(&variance, &digits_of(&difference, 230), 1e-199));
    // a double is the nearest one
    let tape = Tape::<f64>::new(&[parse("mean(softplus)")], 53);
    assert_eq!(tape.at_one(&0.0), reference.to_f64());
}

#[test]
fn what_is_centred_is_proved_to_be_centred() {
    for text in [
        "centred(softplus(x))",
        "softplus(x)-mean(softplus)",
        "3*centred(softplus(x))/2",
        "mean(softplus)-softplus(x)",
        "centred(tanh(2*x+1))",
        "centred(gelu(1.938*x))",
        "centred(max(x-0.545, 0))",
        "centred(max(tanh(x), x/2))",
        "tanh(x+1)+1-mean(tanh(x+1))-1",
        "centred(tanh)",
        "centred(leaky_relu(x, mean(sigmoid(x-3))))",
        "1e-30*centred(softplus(x))",
    ] {
        let found = classified(text, 15);
        assert!(
            found.proved && found.regime == Regime::Singular,
            "{text}: {:?}",
            found.missing
        );
        assert_eq!(found.a.unwrap().exact.as_deref(), Some("0"), "{text}");
        let phi = Activation::new(&parse(text)).unwrap();
        let a = phi.hermite(1, &Effort::default()).unwrap();
        assert_eq!(a[0].exact.as_deref(), Some("0"), "{text}");
    }
    let by_definition = |text| {
        let lines = classified(text, 15).evidence.join(" ");
        lines.contains("by definition of the mean")
    };
    assert!(by_definition("centred(softplus(x))") && !by_definition("max(x, 0)-1/sqrt(2*pi)"));
    for (text, order) in [
        ("centred(x^2)", 2),
        ("centred(abs(x))", 2),
        ("centred(centred(cosh(x)))", 2),
    ] {
        let found = classified(text, 15);
        assert!(
            found.proved && found.regime == Regime::NearestNeighbour,
            "{text}"
        );
        assert_eq!(found.order, Some(order), "{text}");
    }
    // the mean of another function, or of the same at another place, is not the mean
    for text in [
        "softplus(x)-mean(softplus(x+1e-6))",
        "softplus(x)-1.000001*mean(softplus)",
        "tanh(x-mean(softplus))",
    ] {
        let found = classified(text, 15);
        assert!(found.proved && found.regime != Regime::Singular, "{text}");
    }
}

/// Roots of `alpha(s) = d` that were found by an independent study, with the digits that they were given with.
#[test]
fn centred_families_have_the_exponents_wanted() {
    for (text, bound) in [
        ("centred(gelu(1.93833459631882683*x))", 1e-15),
        ("centred(max(x-0.5450852627730138608890663, 0))", 1e-20),
        ("centred(max(x-2.387393011214659557020015, 0))/2", 1e-20),
    ] {
        let wanted = if text.contains("2.387") { "4" } else { "2" };
        let alpha = classified(text, 30).alpha.unwrap();
        assert!(
            tight(&alpha, 1e-28) && contains(&alpha, wanted, bound),
            "{text}: {alpha}"
        );
    }
}

#[test]
fn closed_means_are_found_and_kept_where_they_cancel() {
    let phi = |text: &str| Activation::new(&parse(text)).unwrap();
    assert_eq!(phi("centred(x^2)").expr, phi("x^2-1").expr);
    assert_eq!(phi("centred(tanh)").expr, phi("tanh").expr);
    assert_eq!(
        phi("relu(x)+mean(abs(x))").expr,
        phi("relu(x)+sqrt(2/pi)").expr
    );
    // E max(x-9, 0) = 1.1e-20: as it stands its closed form loses all doubles
    let far = phi("centred(max(x-9, 0))");
    assert!(far.expr.to_string().contains("mean") && far.square.is_some());
    let double = Tape::<f64>::new(&[parse("mean(max(x-9, 0))")], 53).at_one(&0.0);
    let closed = Closed::from_expr(&parse("mean(max(x-9, 0))"))
        .unwrap()
        .relative(80);
    assert_eq!(double, closed.mid().to_f64());
}

#[test]
fn bad_means_have_their_sentence() {
    for text in [
        "mean()",
        "mean(x, 2)",
        "centred",
        "mean",
        "mean(c)",
        "mean(x",
        "centred(f=x)",
        "np.mean(x)",
    ] {
        assert!(Expr::parse(text).is_err(), "{text}");
    }
    for (text, part) in [
        ("mean(1/x)+x", "in `mean(1/x)`"),
        ("x+mean(1/x)-mean(1/x)", "in `mean(1/x)`"),
        ("x*mean(exp(x^2))", "diverges"),
        ("tanh(x+mean(centred(log(x))))", "in `mean("),
        ("centred(3)", "zero"),
        ("mean(softplus)", "constant"),
    ] {
        let said = Activation::new(&parse(text))
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(said.contains(part), "{text}: {said}");
    }
    let late = Deadline::after(std::time::Duration::ZERO);
    assert!(expect(&parse("mean(tanh(x+0.123)^4)^2"), 3000, late).is_err());
}

fn smooth() -> impl Strategy<Value = String> {
    let arg = prop_oneof![Just("x"), Just("(2*x-1)"), Just("(x+0.3)")];
    (0..6usize, arg).prop_map(|(kind, a)| match kind {
        0 => format!("softplus({a})"),
        1 => format!("tanh({a})"),
        2 => format!("gelu({a})"),
        3 => format!("max({a}, 0.25)"),
        4 => format!("sin({a})*x"),
        _ => format!("max(sigmoid({a}), x)"),
    })
}

fn moments(text: &str) -> Moments {
    let phi = Activation::new(&parse(text)).unwrap_or_else(|e| panic!("{text}: {e}"));
    Moments::new(&phi, 64, Arithmetic::Ball, Deadline::default()).unwrap()
}

fn meet(a: &Moments, b: &Moments, factor: i32) -> bool {
    let f = Ball::exact(Float::with_val(64, factor));
    let square = &f * &f;
    let near = |x: &Ball, y: &Ball| x.overlaps(y) && x.rad() < 1e-15;
    near(&a.mean, &(&b.mean * &f))
        && near(&a.first, &(&b.first * &f))
        && near(&a.square, &(&b.square * &square))
        && near(
            a.derivative_square.as_ref().unwrap(),
            &(b.derivative_square.as_ref().unwrap() * &square),
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8 * effort(), ..ProptestConfig::default() })]

    #[test]
    fn means_are_linear(f in smooth(), g in smooth(), c in 1..5i32) {
        let value = |text: String| Tape::<Ball>::new(&[parse(&text)], 100).at_one(&Ball::exact(Float::new(100)));
        let sum = value(format!("mean({f}+{c}*{g})"));
        let parts = value(format!("mean({f})+{c}*mean({g})"));
        prop_assert!(sum.overlaps(&parts) && sum.rad() < 1e-25 && parts.rad() < 1e-25, "{f} {g}: {sum:?} {parts:?}");
    }

    #[test]
    fn what_is_centred_has_no_place_and_a_size(f in smooth(), c in -3..4i32, s in 2..5i32) {
        let plain = moments(&format!("centred({f})"));
        prop_assert!(plain.mean.contains_zero() && plain.mean.rad().is_zero());
        prop_assert!(meet(&moments(&format!("centred({f}+({c}))")), &plain, 1), "{f}+{c}");
        prop_assert!(meet(&moments(&format!("centred({s}*({f}))")), &plain, s), "{s}*{f}");
        // and against the number typed with its digits
        let mean = expect(&parse(&f), 30, Deadline::default()).unwrap();
        let typed = moments(&format!("{f}-({})", digits_of(&mean, 30)));
        prop_assert!((&typed.square - &plain.square).magnitude() < 1e-15, "{f}");
    }
}
