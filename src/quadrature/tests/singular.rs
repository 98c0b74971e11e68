//! Ends at which a formula is not analytic: against the gamma function, against itself in another variable, and what is refused.

use proptest::prelude::*;
use rug::{Float, Rational};

use super::{ball, parse};
use crate::Deadline;
use crate::error::Error;
use crate::quadrature::{Envelope, Integrand, Plan, Samples, expect, integrals};
use crate::real::{Analytic, Ball, Mpfr, Real};

/// `E |Z|^p = 2^(p/2) Gamma((p + 1)/2)/sqrt(pi)`, and half of it for `relu(x)^p`.
fn absolute_moment(p: &Rational, bits: u32) -> Float {
    let p = Float::with_val(bits, p);
    let half = Float::with_val(bits, &p / 2u32);
    let gamma = Float::with_val(bits, &half + 0.5).gamma();
    half.exp2() * gamma / Float::with_val(bits, rug::float::Constant::Pi).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any power above -1, to 30 and 100 digits.
    #[test]
    fn powers(p in -90i64..400, half in any::<bool>()) {
        let p = Rational::from((p, 100));
        for digits in [30, 100] {
            let text = match half {
                true => format!("x > 0 ? x^({p}) : 0"),
                false => format!("abs(x)^({p})"),
            };
            let got = ball(&expect(&parse(&text), digits, Deadline::default()).unwrap());
            let truth = absolute_moment(&p, 600) >> u32::from(half);
            prop_assert!(got.contains(&truth), "{text}: {got:?} against {truth}");
            prop_assert!(got.relative_bits() >= 3 * digits as u32, "{text}: {got:?}");
        }
    }

    /// `E |Z - c|^(k/2) g(Z)` with `z = c +- y^2`, where nothing is singular.
    #[test]
    fn roots_are_squared_away(k in 0i64..6, c in -20i64..20, which in 0usize..4) {
        let k = 2 * k - 1;
        let g = ["1", "tanh(x)^2", "1/(1+x^2)", "exp(-x)"][which];
        let c = Rational::from((c, 8));
        let text = format!("abs(x-({c}))^({k}/2)*({g})");
        let got = ball(&expect(&parse(&text), 25, Deadline::default()).unwrap());
        let side = |sign: &str| {
            let z = parse(&format!("{c}{sign}x^2"));
            let whole = parse(&format!("2*x^{}*({g})*exp(-x^2/2)/sqrt(2*pi)", 0));
            parse(&format!("x^{}", k + 1)) * whole.substitute(&z)
        };
        let functions = [side("+"), side("-")];
        // beyond |z - c| = 36 there is less than e^-500
        let parts = integrals(&functions, &Ball::int(0, 200), &Ball::int(6, 200), 120, 200).unwrap();
        let truth = parts[0].clone() + &parts[1];
        prop_assert!(got.overlaps(&truth.widened(&(Float::with_val(53, 1) >> 110))), "{text}: {got:?} against {truth:?}");
        prop_assert!(got.relative_bits() > 75, "{text}: {got:?}");
    }
}

#[test]
fn logarithms() {
    // E log|Z| = -(gamma + log 2)/2
    let bits = 500;
    let euler = Float::with_val(bits, rug::float::Constant::Euler);
    let truth = -(euler + Float::with_val(bits, rug::float::Constant::Log2)) / 2u32;
    for digits in [15, 100] {
        let got = ball(&expect(&parse("log(abs(x))"), digits, Deadline::default()).unwrap());
        assert!(got.contains(&truth), "{got:?}");
        assert!(got.relative_bits() >= 3 * digits as u32, "{got:?}");
    }
    // E log(Z^2)^2 = (gamma + log 2)^2 + pi^2/2
    let square = ball(&expect(&parse("log(x^2)^2"), 30, Deadline::default()).unwrap());
    let pi = Float::with_val(bits, rug::float::Constant::Pi);
    let truth = truth.square() * 4u32 + pi.square() / 2u32;
    assert!(square.contains(&truth), "{square:?} {truth}");
}

/// With few nodes and exact arithmetic the difference to the true value is the discretisation error alone.
#[test]
fn the_bound_of_the_error_holds_at_singular_ends() {
    for text in [
        "sqrt(abs(x))",
        "abs(x)^(-2/5)",
        "abs(x-1)*log(abs(x-1))",
        "acos(tanh(x)/(1+exp(-x)))",
        "sqrt(abs(tanh(3*x)))",
    ] {
        let e = parse(text);
        let truth = ball(&expect(&e, 40, Deadline::default()).unwrap());
        for accuracy in [5, 8, 12, 16, 24] {
            let plan = Plan::new(&Integrand::of(&e), Envelope::Plain, accuracy).unwrap();
            let rough = Samples::<Mpfr>::new(&plan, 200, Deadline::default())
                .unwrap()
                .mean(0);
            let error = Float::with_val(64, rough.to_float() - truth.mid()).abs();
            assert!(
                error <= plan.error,
                "{text} at 2^-{accuracy}: {error} > {}",
                plan.error
            );
        }
    }
}

/// Composed singularities against other formulas of the same function.
#[test]
fn disguises() {
    for (one, other) in [
        ("(x^2)^(1/3)", "abs(x)^(2/3)"),
        ("sqrt(abs(tanh(x)))", "sqrt(sqrt(tanh(x)^2))"),
        ("abs(x)^(1/2)", "exp(log(abs(x))/2)"),
        ("asin(clip(x,-1,1))^2", "(pi/2-acos(clip(x,-1,1)))^2"),
        ("exp(-1/x^2)", "exp(-1/x^2/2)^2"),
        (
            "asin(sin(x))^2",
            "acos(cos(x-pi/2))^2-pi*acos(cos(x-pi/2))+pi^2/4",
        ),
    ] {
        let of = |text: &str| ball(&expect(&parse(text), 30, Deadline::default()).unwrap());
        let (a, b) = (of(one), of(other));
        assert!(a.overlaps(&b), "{one}: {a:?} against {other}: {b:?}");
        assert!(
            a.relative_bits() > 90 && b.relative_bits() > 90,
            "{one}: {a:?} {b:?}"
        );
    }
}

#[test]
fn what_diverges_or_is_wild_is_said_in_time() {
    for (text, words) in [
        ("abs(x)^(-1)", "E |f(Z)| diverges"),
        ("1/abs(x)^1.5", "E |f(Z)| diverges"),
        ("1/x^2", "E |f(Z)| diverges"),
        ("sin(1/x)^2", "neither analytic nor like a power"),
    ] {
        let begin = std::time::Instant::now();
        let deadline = Deadline::after(std::time::Duration::from_secs(4));
        let error = expect(&parse(text), 15, deadline).unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains(words) || matches!(error, Error::Timeout { .. }),
            "{text}: {said}"
        );
        assert!(begin.elapsed().as_secs() < 6, "{text}");
    }
    // E f exists, E f^2 does not
    let error = "1/sqrt(abs(x))".parse::<crate::Activation>().unwrap_err();
    assert!(error.to_string().contains("E phi(Z)^2 diverges"), "{error}");
}
