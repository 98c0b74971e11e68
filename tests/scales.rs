//! Small numbers: verdicts and digits at any scale, far out in the tail, and beside an equality.
//!
//! References: mpmath at 400 digits from the closed forms named beside them, and the values of the issue that asked for this.

use deeplimit::Effort;
use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::exact::Activation;
use deeplimit::limit::{Classification, Moments, Phase, Regime, classify};
use deeplimit::quadrature::expect;
use deeplimit::real::{Analytic, Arithmetic, Ball, Quantity, Value};
use deeplimit::{dual, hermite};
use proptest::prelude::*;
use rug::{Float, Rational};

use crate::support::{effort, parse};

fn decided(text: &str) -> Classification {
    classify(&parse(text), &Effort::default()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn ball(q: &Quantity) -> Ball {
    let Value::Finite { midpoint, radius } = &q.value else {
        panic!("{q:?} is infinite")
    };
    Ball::new(midpoint.clone(), radius)
}

/// The enclosure holds the reference to within its last digit (units of the 16th), and has fifteen digits.
#[track_caller]
fn holds(q: Option<&Quantity>, reference: &str) {
    let b = ball(q.expect("a number"));
    let value = Float::with_val(400, Float::parse(reference).unwrap());
    let unit = Float::with_val(64, value.abs_ref()) * 1e-15;
    let distance = Float::with_val(400, b.mid() - &value).abs();
    assert!(distance <= unit, "{b:?} is not {reference}");
    assert!(
        b.rad() <= unit,
        "{b:?}: fewer than fifteen digits of {reference}"
    );
}

#[test]
fn a_factor_changes_nothing() {
    // alpha of tanh: the reference table of the project
    let tiny = decided("1e-50*tanh(x)");
    assert_eq!((tiny.regime, tiny.proved), (Regime::Singular, true));
    holds(tiny.alpha.as_ref(), "0.880703630807796");
    let norm = ball(tiny.normalisation.as_ref().unwrap());
    let plain = ball(decided("tanh(x)").normalisation.as_ref().unwrap());
    let scale = Ball::rational(
        &Rational::from(rug::Integer::from(rug::Integer::u_pow_u(10, 100))),
        200,
    );
    assert!(norm.overlaps(&(&plain * &scale)));

    let (tiny, plain) = (decided("1e-40*gelu(x)"), decided("gelu(x)"));
    assert_eq!(tiny.phase, Some(Phase::Chaotic));
    let c = ball(tiny.fixed_point.as_ref().expect("c*"));
    assert!(c.relative_bits() > 45 && c.overlaps(&ball(plain.fixed_point.as_ref().unwrap())));
}

#[test]
fn duals_and_coefficients_do_not_change_with_a_factor() {
    let half = [Rational::from((1, 2))];
    let value = |text: &str| {
        let v = dual::values(&parse(text), &half, 15, Deadline::default()).unwrap();
        (ball(&v[0].dual), ball(v[0].slope.as_ref().unwrap()))
    };
    let (tiny, plain) = (value("1e-100*gelu(x)"), value("gelu(x)"));
    assert!(tiny.0.overlaps(&plain.0) && tiny.1.overlaps(&plain.1));
    assert!(tiny.0.relative_bits() > 45 && tiny.1.relative_bits() > 45);

    let terms = |text: &str| hermite::terms(&parse(text), 6, 15, Deadline::default()).unwrap();
    for (a, b) in terms("1e-100*gelu(x)").iter().zip(terms("gelu(x)")) {
        assert!(ball(a).overlaps(&ball(&b)));
        assert!(ball(a).rad() < 1e-15);
    }
    // E phi of relu(x-30) over sqrt(E phi^2): A below
    holds(terms("relu(x-30)").first(), "1.56718185826363209e-99");
}

/// With `n`, `Q` the normal density and its tail: `E phi = n - c Q`, `E phi^2 = (1 + c^2) Q - c n`, `E Z phi = E phi'^2 = Q`, and
/// `c*` by iteration of `sum a_n^2 rho^n`, `a_n = n(c) He_(n-2)(c)/sqrt(n!)`.
#[test]
fn far_out() {
    for (c, a, a_prime, b_prime, c_star, slope) in [
        (
            "18",
            "6.98938317842768872e-37",
            "1.26578455418639727e-35",
            "164.481977161592187",
            "4.88514772148879403e-73",
            "1.60221053761685649e-70",
        ),
        (
            "30",
            "1.56718185826363209e-99",
            "4.71195889552636941e-98",
            "452.49339910130747",
            "2.45605897687065102e-198",
            "2.22025566331300831e-195",
        ),
        (
            "100",
            "8.19851629026763428e-1088",
            "8.20015550195870907e-1086",
            "5002.49940053933499",
            "6.72156693617837721e-2175",
            "6.72425502563036879e-2171",
        ),
    ] {
        let v = decided(&format!("relu(x-{c})"));
        assert_eq!(
            (v.regime, v.phase, v.proved),
            (Regime::Majority, Some(Phase::Chaotic), true),
            "{c}"
        );
        holds(v.a.as_ref(), a);
        holds(v.a_prime.as_ref(), a_prime);
        holds(v.b_prime.as_ref(), b_prime);
        holds(v.fixed_point.as_ref(), c_star);
        holds(v.multiplier.as_ref(), slope);
        // small because everything is: nobody means 0
        assert!(v.nearby.is_empty(), "{:?}", v.nearby);
    }
}

#[test]
fn expectations_of_tails() {
    let of = |text: &str| {
        expect(&parse(text), 15, Deadline::default()).unwrap_or_else(|e| panic!("{text}: {e}"))
    };
    holds(Some(&of("step(x-20)")), "2.75362411860623370e-89");
    // erfc(30/sqrt(3))
    holds(Some(&of("erfc(x+30)")), "1.67416798469178776e-132");
    // the same by quadrature: no closed form is found through the conditional's other branch, tanh(x)^2 + 1/cosh(x)^2 = 1
    holds(
        Some(&of("erfc(x+30)*(tanh(x)^2+1/cosh(x)^2)")),
        "1.67416798469178776e-132",
    );
    // E exp(Z) tanh^2 + .. = exp(1/2), at three scales
    for (scale, reference) in [
        ("1e-200", "1.64872127070012815e-200"),
        ("1", "1.64872127070012815"),
        ("1e200", "1.64872127070012815e200"),
    ] {
        holds(
            Some(&of(&format!("{scale}*exp(x)*(tanh(x)^2+1/cosh(x)^2)"))),
            reference,
        );
    }
}

/// `E e^(tZ) 1_(Z<0) = e^(t^2/2) Phi(-t)`: the closed forms have terms of the size of `e^800`, and of `e^(2e12)`.
#[test]
fn steep_on_one_side() {
    let elu = decided("elu(20*x)");
    assert_eq!((elu.phase, elu.proved), (Some(Phase::Chaotic), true));
    holds(elu.a.as_ref(), "0.529619053563208406");
    holds(elu.a_prime.as_ref(), "0.734383549179378217");
    holds(elu.b_prime.as_ref(), "1.01754256972257374");

    // without c*, which lies too close to 1
    let celu = Activation::new(&parse("celu(x,1e-6)")).unwrap();
    let m = Moments::new(&celu, 100, Arithmetic::Ball, Deadline::default()).unwrap();
    let root = m.square.sqrt();
    holds(
        Some(&Quantity::new(&(&m.mean / &root), None)),
        "0.564188876441257196",
    );
    holds(
        Some(&Quantity::new(&(&m.first / &root), None)),
        "0.707107345375777518",
    );
    let b = &m.derivative_square.unwrap() / &m.square;
    holds(Some(&Quantity::new(&b, None)), "1.0000003989412804");
    let off = &b - &Ball::int(1, 100);
    holds(Some(&Quantity::new(&off, None)), "3.98941280402130828e-7");
}

#[test]
fn alpha_of_what_is_nearly_linear() {
    let v = decided("x+1e-30*tanh(x)");
    assert_eq!((v.regime, v.proved), (Regime::Singular, true));
    // -4 log(A')/log(B') with both within 1e-60 of 1, mpmath at 150 digits
    holds(v.alpha.as_ref(), "0.782083782348719047");
    let near = &v.nearby[0];
    assert_eq!(
        (near.constant, near.equals, near.regime),
        ("A'^2", 1, Regime::Linear)
    );
}

#[test]
fn near_equalities_are_named() {
    let v = decided("max(x,0)-0.3989422804014327");
    assert_eq!(
        (v.regime, v.phase),
        (Regime::Majority, Some(Phase::Chaotic))
    );
    let [near] = v.nearby.as_slice() else {
        panic!("{:?}", v.nearby)
    };
    assert_eq!(
        (near.constant, near.equals, near.regime),
        ("A", 0, Regime::Singular)
    );
    holds(Some(&near.value), "-3.77857520146222e-17");
    // the published alpha of the centred ReLU
    holds(near.alpha.as_ref(), "1.61786624717785146");
    let (typed, meant) = near.meant.clone().unwrap();
    assert_eq!(typed, "0.3989422804014327");
    let instead = near.instead.clone().unwrap();
    let closed = decided(&instead);
    assert!(closed.proved && closed.regime == Regime::Singular && closed.nearby.is_empty());
    let (meant, density): (Expr, Expr) = (parse(&meant), parse("1/sqrt(2*pi)"));
    assert_eq!(meant.simplify(), density.simplify());

    // no closed form: what the verdict would be follows from the constants. A' = E Z silu, B', E silu^2 of silu - E silu
    let v = decided("silu(x)-0.206621");
    let near = &v.nearby[0];
    assert_eq!(
        (near.constant, near.regime, &near.meant),
        ("A", Regime::Singular, &None)
    );
    assert!(near.alpha.is_some());

    // E Z phi = 3 - 2.9999999: a cube that is nearly the third Hermite polynomial
    let v = decided("x^3-2.9999999*x");
    let near = &v.nearby[0];
    assert_eq!(
        (near.constant, near.regime, near.order),
        ("A'", Regime::NearestNeighbour, Some(3))
    );
    assert_eq!(near.instead.as_deref(), Some("x^3-3*x"));

    // E phi'^2 = 1/2 - Q(6), E phi^2 = 1/2 - Q(6) - 6 n(6) + 36 Q(6)
    let v = decided("relu6");
    let near = &v.nearby[0];
    assert_eq!(
        (near.constant, near.equals, near.phase),
        ("B'", 1, Some(Phase::EdgeOfChaos))
    );
    holds(Some(&near.off), "1.87628376238783721e-9");

    // what is exactly 0 or 1 is no near-equality, nor what is far from it
    for text in [
        "relu",
        "tanh",
        "gelu",
        "max(x,0)-1/sqrt(2*pi)",
        "x^3-3*x",
        "softplus",
        "sin(x)+0.01",
    ] {
        assert!(decided(text).nearby.is_empty(), "{text}");
    }
}

/// No number that is none, and no verdict that stands on one.
#[test]
fn no_verdict_without_numbers() {
    for text in [
        "1e-300*tanh(x)",
        "relu(x-300)",
        "relu(x-5000)",
        "step(x-1000)*x",
        "x+1e-3000*tanh(x)",
        "tanh(1e-200*x)",
        "tanh(1e30*x)",
        "1e3000*cos(x)",
        "(x-1e-2000)^2-x^2-1e-4000+2e-2000*tanh(x)",
        "sigmoid(x-200)",
        "gelu(x-25)",
    ] {
        // an error is an answer too, and a sentence
        let Ok(v) = classify(&parse(text), &Effort::default()) else {
            continue;
        };
        let numbers = [
            &v.normalisation,
            &v.a,
            &v.a_prime,
            &v.b_prime,
            &v.alpha,
            &v.fixed_point,
            &v.multiplier,
        ];
        for q in numbers.into_iter().flatten() {
            assert!(q.is_finite() || q.is_infinite(), "{text}: {q:?}");
        }
        if v.regime == Regime::Undecided {
            assert!(!v.proved && !v.missing.is_empty(), "{text}");
        } else {
            assert!(
                v.normalisation.is_some() && v.a.is_some() && v.a_prime.is_some(),
                "{text}"
            );
        }
        if v.regime == Regime::Singular && v.proved {
            assert!(v.alpha.is_some(), "{text}");
        }
        assert!(
            v.evidence.iter().all(|l| !l.contains("undefined")),
            "{text}: {:?}",
            v.evidence
        );
    }
}

/// Activations that are quick to classify, with shifts into the tail.
fn activation() -> impl Strategy<Value = String> {
    let shift = prop_oneof![3 => Just(0.0), 2 => -3.0..3.0, 2 => -12.0..12.0, 1 => -40.0..40.0_f64];
    let shift = shift.prop_map(|s: f64| (s * 4.0).round() / 4.0);
    let gain = prop_oneof![Just("1"), Just("0.5"), Just("1.5")];
    // those whose c* takes long Hermite series are rarer
    let kind = prop_oneof![24 => 0..11usize, 1 => 11..14usize];
    (kind, gain, shift).prop_map(|(kind, k, s)| {
        let arg = format!("({k}*x-({s}))");
        match kind {
            0 => format!("tanh{arg}"),
            1 => format!("sin{arg}"),
            2 => format!("exp(-{arg}^2)"),
            3 => format!("sigmoid{arg}"),
            4 => format!("softplus{arg}"),
            5 => format!("relu{arg}"),
            6 => format!("abs{arg}"),
            7 => format!("relu{arg}^2"),
            8 => format!("leaky_relu({arg},0.1)"),
            9 => format!("{arg}^3-{arg}"),
            10 => format!("exp{arg}"),
            11 => format!("step{arg}"),
            12 => format!("erf{arg}"),
            _ => format!("erfc{arg}"),
        }
    })
}

fn factor() -> impl Strategy<Value = String> {
    (1..1000_u32, -200..=198_i32, any::<bool>())
        .prop_map(|(m, e, minus)| format!("{}{m}e{e}", if minus { "-" } else { "" }))
}

/// The same number: the two enclosures meet, and neither says less than the other by more than a few digits.
fn same(p: Option<&Quantity>, q: Option<&Quantity>, sign: i64) -> Result<(), String> {
    let (p, q) = match (p, q) {
        (None, None) => return Ok(()),
        (Some(p), Some(q)) => (p, q),
        _ => return Err(format!("{p:?} {q:?}")),
    };
    if p.is_infinite() || q.is_infinite() {
        return if p.is_infinite() && q.is_infinite() {
            Ok(())
        } else {
            Err(format!("{p:?} {q:?}"))
        };
    }
    let (p, q) = (
        ball(p),
        &ball(q) * &Ball::rational(&Rational::from(sign), 64),
    );
    // six digits take 20 bits
    let digits = |b: &Ball| b.relative_bits().min(20);
    if p.overlaps(&q) && digits(&p) == digits(&q) {
        Ok(())
    } else {
        Err(format!("{p:?} {q:?}"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300 * effort(), failure_persistence: None, ..ProptestConfig::default() })]

    /// `c phi` has the verdict, the proof and the normalised numbers of `phi` (`A`, `A'` up to the sign of `c`), for `c` from
    /// `1e-200` to `1e200`.
    #[test]
    fn a_verdict_is_the_same_at_every_scale(text in activation(), c in factor()) {
        let options = Effort { digits: 6, ..Effort::default() };
        let of = |text: &str| classify(&parse(text), &options);
        let scaled = format!("({c})*({text})");
        let (plain, scaled_verdict) = (of(&text), of(&scaled));
        let (plain, v) = match (plain, scaled_verdict) {
            (Ok(p), Ok(v)) => (p, v),
            (Err(_), Err(_)) => return Ok(()),
            (p, v) => return Err(TestCaseError::fail(format!("{scaled}: {p:?} {v:?}"))),
        };
        prop_assert_eq!(plain.regime, v.regime, "{}", scaled);
        prop_assert_eq!(plain.phase, v.phase, "{}", scaled);
        prop_assert_eq!(plain.order, v.order, "{}", scaled);
        prop_assert_eq!(plain.proved, v.proved, "{}: {:?} {:?}", scaled, plain.missing, v.missing);
        prop_assert_eq!(&plain.edge_exponent, &v.edge_exponent, "{}", scaled);
        let sign = if c.starts_with('-') { -1 } else { 1 };
        let pairs = [
            (&plain.a, &v.a, sign),
            (&plain.a_prime, &v.a_prime, sign),
            (&plain.b_prime, &v.b_prime, 1),
            (&plain.alpha, &v.alpha, 1),
            (&plain.fixed_point, &v.fixed_point, 1),
            (&plain.multiplier, &v.multiplier, 1),
        ];
        for (n, (p, q, sign)) in pairs.into_iter().enumerate() {
            let same = same(p.as_ref(), q.as_ref(), sign);
            prop_assert!(same.is_ok(), "number {n} of {scaled}: {}", same.unwrap_err());
        }
    }
}
