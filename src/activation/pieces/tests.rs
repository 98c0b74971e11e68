use std::cmp::Ordering;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rug::{Float, Rational};

use super::{Breakpoint, End, Piece, jump, kink, pieces};
use crate::activation::{Expr, Tape, catalogue};
use crate::error::Error;
use crate::real::{Mpfr, Real};

fn expr(text: &str) -> Expr {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn resolved(text: &str) -> Vec<Piece> {
    pieces(&expr(text), 32).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// An end as text: the exact position, or `~` and six decimals.
fn shown(end: &End) -> String {
    match end {
        End::MinusInfinity => "-inf".into(),
        End::PlusInfinity => "inf".into(),
        End::Reach(n) => format!("reach {n}"),
        End::At(p) => match p.exact() {
            Some(e) => e.to_string(),
            None => format!("~{:.6}", p.position(64).to_f64()),
        },
    }
}

/// Ends and formulas as they are worked out by hand.
#[test]
fn pieces_of_known_activations() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("relu(2*x-1)", &["-inf", "0.5", "inf"], &["0", "2*x-1"]),
        (
            "abs(x^2-1)",
            &["-inf", "-1", "1", "inf"],
            &["x^2-1", "1-x^2", "x^2-1"],
        ),
        (
            "abs(x^2-2)",
            &["-inf", "-sqrt(2)", "sqrt(2)", "inf"],
            &["x^2-2", "2-x^2", "x^2-2"],
        ),
        ("abs(x^3)", &["-inf", "0", "inf"], &["-x^3", "x^3"]),
        ("abs(x^2+x+1)", &["-inf", "inf"], &["x^2+x+1"]),
        (
            "sign((3*x-1)^2*(x+2))",
            &["-inf", "-2", "inf"],
            &["-1", "1"],
        ),
        (
            "abs(sqrt(2)*x-pi)",
            &["-inf", "pi/sqrt(2)", "inf"],
            &["pi-sqrt(2)*x", "sqrt(2)*x-pi"],
        ),
        // k/u + c with a negative u.
        (
            "x < 0 ? relu(1/(x-1)+1/2) : 0",
            &["-inf", "-1", "inf"],
            &["1/(x-1)+1/2", "0"],
        ),
        // A double root among irrational constants.
        (
            "abs(x^2-2*sqrt(2)*x+2)",
            &["-inf", "inf"],
            &["x^2-2*sqrt(2)*x+2"],
        ),
        (
            "relu(pi-x^2)",
            &["-inf", "-sqrt(pi)", "sqrt(pi)", "inf"],
            &["0", "pi-x^2", "0"],
        ),
        // x - sin(x) has a zero of order three; 1 - cos(x) and e^x - x - 1 touch zero.
        ("max(x, sin(x))", &["-inf", "0", "inf"], &["sin(x)", "x"]),
        ("abs(exp(x)-x-1)", &["-inf", "inf"], &["exp(x)-x-1"]),
        ("sign(1-cos(x))", &["-inf", "inf"], &["1"]),
        ("abs(sin(x)^2)", &["-inf", "inf"], &["sin(x)^2"]),
        (
            "max(tanh(x), -0.5)",
            &["-inf", "0.5*log(1/3)", "inf"],
            &["-0.5", "tanh(x)"],
        ),
        (
            "relu(sigmoid(x)-0.3)",
            &["-inf", "-log(7/3)", "inf"],
            &["0", "sigmoid(x)-0.3"],
        ),
        (
            "step(erf(x)-1/2)",
            &["-inf", "~0.476936", "inf"],
            &["0", "1"],
        ),
        (
            "relu(x-cos(x))",
            &["-inf", "~0.739085", "inf"],
            &["0", "x-cos(x)"],
        ),
        (
            "abs(x^5-x-1)",
            &["-inf", "~1.167304", "inf"],
            &["1+x-x^5", "x^5-x-1"],
        ),
        (
            "max(min(x, 1), max(-x, min(x^2, 2)))",
            &["-inf", "-2", "-sqrt(2)", "-1", "0", "1", "sqrt(2)", "inf"],
            &["-x", "2", "x^2", "-x", "x", "x^2", "2"],
        ),
        // Two switches at one point that is written in two ways; the pieces agree on both sides of 1.
        (
            "relu(x-sqrt(2))+abs(x^2-2)",
            &["-inf", "-sqrt(2)", "sqrt(2)", "inf"],
            &["x^2-2", "2-x^2", "x^2-2+x-sqrt(2)"],
        ),
        ("x > 1 ? 2*x : x < 1 ? x+x : 5", &["-inf", "inf"], &["2*x"]),
        ("relu(x)-relu(x)", &["-inf", "inf"], &["0"]),
        ("max(relu(x), 0)", &["-inf", "0", "inf"], &["0", "x"]),
        (
            "relu(softplus(x)-50)",
            &["-inf", "log(exp(50)-1)", "inf"],
            &["0", "softplus(x)-50"],
        ),
        ("sign(x-100)", &["-inf", "100", "inf"], &["-1", "1"]),
        // Guards: the formula is not analytic at zero, though it may look the same on both sides.
        ("log(x^2)", &["-inf", "0", "inf"], &["log(x^2)", "log(x^2)"]),
        ("sqrt(x^2)", &["-inf", "0", "inf"], &["-x", "x"]),
        (
            "sqrt(abs(x))",
            &["-inf", "0", "inf"],
            &["sqrt(-x)", "sqrt(x)"],
        ),
        (
            "x > 0 ? log(x) : 0",
            &["-inf", "0", "inf"],
            &["0", "log(x)"],
        ),
        (
            "asin(max(min(x, 1), -1))",
            &["-inf", "-1", "1", "inf"],
            &["asin(-1)", "asin(x)", "asin(1)"],
        ),
        (
            "tanh(1/x)",
            &["-inf", "0", "inf"],
            &["tanh(1/x)", "tanh(1/x)"],
        ),
        // Removable singularities.
        ("sin(x)/x", &["-inf", "inf"], &["sin(x)/x"]),
        ("(1-cos(x))/x^2", &["-inf", "inf"], &["(1-cos(x))/x^2"]),
        ("sin(x-1)/(x-1)", &["-inf", "inf"], &["sin(x-1)/(x-1)"]),
        ("(1-cos(x))*(1/x)", &["-inf", "inf"], &["(1-cos(x))/x"]),
        ("relu(x)/x", &["-inf", "0", "inf"], &["0", "1"]),
        (
            "x/(1+abs(x))",
            &["-inf", "0", "inf"],
            &["x/(1-x)", "x/(1+x)"],
        ),
    ];
    for (text, ends, formulas) in cases {
        let pieces = resolved(text);
        let mut found = vec![shown(&pieces[0].from)];
        found.extend(pieces.iter().map(|piece| shown(&piece.to)));
        let ends: Vec<String> = (ends.iter())
            .map(|end| match expr_or_word(end) {
                Some(e) => e.simplify().to_string(),
                None => end.to_string(),
            })
            .collect();
        assert_eq!(found, ends, "{text}");
        assert_eq!(pieces.len(), formulas.len(), "{text}");
        for (piece, formula) in pieces.iter().zip(*formulas) {
            let difference = (piece.formula.clone() - expr(formula).expand()).simplify();
            assert_eq!(
                difference,
                Expr::int(0),
                "{text}: {} is not {formula}",
                piece.formula
            );
        }
    }
}

fn expr_or_word(end: &str) -> Option<Expr> {
    let word = end.ends_with("inf") || end.starts_with("reach") || end.starts_with('~');
    (!word).then(|| expr(end))
}

/// Kinks without end: the pieces stop where the search does, and kinks are exact multiples of pi.
#[test]
fn kinks_without_end() {
    let pieces = resolved("abs(sin(x))");
    assert!(matches!(pieces[0].from, End::Reach(-32)));
    assert!(matches!(pieces[21].to, End::Reach(32)));
    assert_eq!(pieces.len(), 22); // 10 pi < 32 < 11 pi
    assert_eq!(shown(&pieces[13].to), "3*pi");
    // A zero at the very end of the search is no breakpoint.
    let whole = resolved("sign(sin(pi*x))");
    assert_eq!(
        (shown(&whole[0].from), shown(&whole[0].to)),
        ("reach -32".into(), "-31".into())
    );
    assert_eq!(whole.len(), 64);
    // Beyond a breakpoint that is out of reach the search goes on for as long again.
    let far = resolved("x > 100 ? abs(sin(x)) : 0");
    assert!(matches!(far.last().unwrap().to, End::Reach(132)));
    assert!(matches!(far[0].from, End::MinusInfinity));
}

/// Positions against MPFR at a higher precision.
#[test]
fn positions_have_the_precision_asked_for() {
    let first = |text: &str| match &resolved(text)[0].to {
        End::At(p) => p.clone(),
        end => panic!("{text}: {end:?}"),
    };
    let tight = |p: &Breakpoint, bits: u32| {
        let ball = p.position(bits);
        let bound =
            Float::with_val(64, ball.mid().clone().abs().max(&Float::with_val(64, 1))) >> bits;
        assert!(ball.rad() <= bound, "{p} at {bits} bits: {:?}", ball.rad());
        ball
    };
    type Function = fn(Float) -> Float;
    for bits in [20, 64, 300, 500, 1000] {
        let more = bits + 200;
        let root = -Float::with_val(more, 2).sqrt();
        assert!(tight(&first("abs(x^2-2)"), bits).contains(&root));
        let inverse = -Float::with_val(more, 0.5).atanh();
        assert!(tight(&first("max(tanh(x), -0.5)"), bits).contains(&inverse));
        // No closed form: the function changes sign across the ball.
        let functions: [(&str, Function); 4] = [
            ("relu(x-cos(x))", |x| x.clone() - x.cos()),
            ("step(erf(x)-1/2)", |x| x.erf() - 0.5),
            ("abs(x^5-x-1)", |x| {
                x.clone() * (x.clone().square().square() - 1) - 1
            }),
            ("max(tanh(x)+x^3, 1/3)", |x| {
                x.clone().tanh() + x.clone().square() * x - Float::with_val(1400, 1) / 3
            }),
        ];
        for (text, g) in functions {
            let p = first(text);
            assert!(p.exact().is_none(), "{text}");
            let ball = tight(&p, bits);
            let at = |x: Float| g(Float::with_val(more, x)).cmp0();
            let signs = (at(ball.lower()), at(ball.upper()));
            assert_eq!(
                signs,
                (Some(Ordering::Less), Some(Ordering::Greater)),
                "{text} at {bits}"
            );
        }
    }
}

#[test]
fn errors_in_one_clear_sentence() {
    for (text, message) in [
        ("1/x", "1/x has a pole at x = 0, so E phi(Z)^2 diverges"),
        (
            "x/(x-1)",
            "x/(x-1) has a pole at x = 1, so E phi(Z)^2 diverges",
        ),
        (
            "x^(-2)",
            "x^(-2) has a pole at x = 0, so E phi(Z)^2 diverges",
        ),
        (
            "tan(2*x)",
            "tan(2*x) has a pole at x = -0.25*pi, so E phi(Z)^2 diverges",
        ),
        (
            "1/sqrt(abs(x))",
            "1/sqrt(abs(x)) has a pole at x = 0, so E phi(Z)^2 diverges",
        ),
        (
            "cos(x)/sin(x)+1",
            "cos(x)/sin(x) has a pole at x = 0, so E phi(Z)^2 diverges",
        ),
        ("log(x)", "log(x) is undefined for x < 0"),
        ("log(x^2-1)", "log(x^2-1) is undefined for -1 < x < 1"),
        ("2*sqrt(1-x)", "sqrt(1-x) is undefined for x > 1"),
        ("x^(1/3)", "x^(1/3) is undefined for x < 0"),
        ("x^x", "x^x is undefined for x < 0"),
        ("asin(x)", "asin(x) is undefined for x > 1"),
        ("x*log(-1)", "log(-1) is undefined"),
        ("x/(1-1)", "1/(1-1) is undefined"),
        ("x/(x-x)", "x/(x-x) is undefined for every x"),
        ("x > 2 ? x : log(x)", "log(x) is undefined for x < 0"),
    ] {
        match pieces(&expr(text), 32) {
            Err(Error::Domain(found)) if text != "x/(1-1)" => assert_eq!(found, message, "{text}"),
            Err(Error::Domain(found)) => assert!(found.contains("undefined"), "{found}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    for (text, part) in [
        ("sign(sin(x)^2+cos(x)^2-1)", "cannot be proved"),
        (
            "abs(sin(exp(x)))",
            "switch whose position cannot be proved near x = ",
        ),
        ("relu(acos(sin(x)^3))", "cannot be proved"),
        ("exp(1/abs(x))", "not decided"),
        ("exp(1/x^2)", "not decided"),
        // negative at a distance of 1e-6, and infinite in the end
        ("exp(1/x^2-10^12/abs(x))", "not decided"),
        ("sign(sqrt(2)*sqrt(3)-sqrt(6)+sin(1)^2+cos(1)^2-1)", ""),
    ] {
        match pieces(&expr(text), 32) {
            Err(Error::Unresolved(found)) => assert!(found.contains(part), "{text}: {found}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

/// What tends to zero next to a pole of its exponent, on the side where it is looked at.
#[test]
fn exponentials_that_fall_at_poles() {
    for text in [
        "exp(-1/x^2)",
        "x > 0 ? exp(-1/x) : 0",
        "exp(1/abs(x)-1/x^2)",
        "exp(-1/sqrt(abs(x)))",
        "abs(x) < 1 ? exp(1/(x^2-1)) : 0",
    ] {
        assert!(pieces(&expr(text), 32).is_ok(), "{text}");
    }
    assert!(pieces(&expr("x < 0 ? exp(-1/x) : 0"), 32).is_err());
    assert!(pieces(&expr("exp(-1/x^3)"), 32).is_err());
}

#[test]
fn jumps_and_kinks() {
    let case = |text: &str, is_jump: bool, value: (i32, i32)| {
        let p = resolved(text);
        let ball = if is_jump {
            jump(&p[0], &p[1], 100)
        } else {
            kink(&p[0], &p[1], 100)
        };
        let value = Float::with_val(200, Rational::from(value));
        assert!(
            ball.contains(&value) && ball.rad() < 1e-29,
            "{text}: {ball:?}"
        );
    };
    case("step(x)", true, (1, 1));
    case("sign(x-1/3)", true, (2, 1));
    case("relu(x)", true, (0, 1));
    case("relu(x)", false, (1, 1));
    case("leaky_relu(x)", false, (99, 100));
    case("elu(x)", false, (0, 1));
    case("hard_shrink(x)", true, (1, 2));
    case("x < 1 ? x^2 : 3*x", true, (2, 1));
    case("x < 1 ? x^2 : 3*x", false, (1, 1));
}

/// A quotient without a value, or with another one, is not zero, whatever substitution makes of it.
#[test]
fn zero_is_a_value() {
    let p = Breakpoint::rational(Rational::new());
    for text in ["sin(x)/x", "(exp(x)-1)/x", "x/x^2", "x*log(x)", "0*log(x)"] {
        assert!(!p.is_zero_of(&expr(text)), "{text}");
    }
    for text in ["sin(x)", "exp(x)-1", "0*x"] {
        assert!(p.is_zero_of(&expr(text)), "{text}");
    }
}

/// The value of the piece that holds at `x`; `None` close to a breakpoint.
fn by_pieces(pieces: &[Piece], x: &Mpfr) -> Option<Mpfr> {
    let side = |end: &End| match end {
        End::MinusInfinity => Some(Ordering::Greater),
        End::PlusInfinity => Some(Ordering::Less),
        End::Reach(n) => x.as_float().partial_cmp(n),
        End::At(p) => {
            let p = p.position(64).to_float();
            let distance = Float::with_val(256, x.as_float() - &p);
            (distance.clone().abs() > 1e-12).then_some(distance.cmp0()?)
        }
    };
    for piece in pieces {
        if side(&piece.from)?.is_gt() && side(&piece.to)?.is_lt() {
            return Some(Tape::new(std::slice::from_ref(&piece.formula), 256).at_one(x));
        }
    }
    None
}

fn agree(text: &str, points: impl Iterator<Item = f64>) -> Result<(), Error> {
    let e = expr(text);
    let pieces = pieces(&e, 8)?;
    let direct = Tape::<Mpfr>::new(std::slice::from_ref(&e), 256);
    for x in points {
        let x = Mpfr::new(Float::with_val(256, x));
        let Some(value) = by_pieces(&pieces, &x) else {
            continue;
        };
        let expected = direct.at_one(&x);
        let error = (value.clone() - &expected).to_f64().abs();
        // 256 bits, a dozen operations on numbers below 1e9.
        assert!(
            error < 1e-50,
            "{text} at {x:?}: {value:?}, not {expected:?}"
        );
    }
    Ok(())
}

#[test]
fn the_catalogue_resolves() {
    for entry in catalogue() {
        for text in match entry.name {
            "hermite" => vec!["hermite(7)".to_string(), "hermite(40)".to_string()],
            "optimal" => vec!["optimal(2)".to_string(), "optimal(9)".to_string()],
            name => vec![name.to_string()],
        } {
            agree(&text, (-60..60).map(|k| f64::from(k) / 10.0 + 0.01)).unwrap();
            let switches = |e: &Expr| match e {
                Expr::If(..) | Expr::Named(..) => true,
                Expr::Call(f, _) => f.is_switch(),
                _ => false,
            };
            let pieces = resolved(&text);
            assert!(
                pieces.iter().all(|piece| !piece.formula.any(&switches)),
                "{text}"
            );
            assert!(matches!(pieces[0].from, End::MinusInfinity), "{text}");
            assert!(
                matches!(pieces[pieces.len() - 1].to, End::PlusInfinity),
                "{text}"
            );
        }
    }
}

fn piecewise() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "x",
        "(2*x-1)",
        "(x^2-1/3)",
        "(x^3-x)",
        "tanh(x)",
        "sin(2*x)",
        "exp(-x^2)",
        "erf(x+1)",
        "cos(x)",
        "(1/(1+x^2))",
        "0",
        "(1/2)",
        "-1",
        "sqrt(2)",
        "(x^4-2)",
        "log(1+exp(x))",
    ]);
    leaf.prop_map(String::from)
        .prop_recursive(3, 10, 2, |inner| {
            let pair = (inner.clone(), inner.clone());
            prop_oneof![
                (prop::sample::select(vec!["max", "min"]), pair.clone())
                    .prop_map(|(f, (a, b))| format!("{f}({a}, {b})")),
                (
                    prop::sample::select(vec!["abs", "step", "sign", "relu", "tanh", "sin"]),
                    inner.clone()
                )
                    .prop_map(|(f, a)| format!("{f}({a})")),
                (pair.clone(), prop::sample::select(vec!["+", "-", "*"]))
                    .prop_map(|((a, b), op)| format!("({a}{op}{b})")),
                (pair, inner.clone(), inner)
                    .prop_map(|((a, b), c, d)| format!("({a} < {b} ? {c} : {d})")),
            ]
        })
}

/// Random switches in switches: the pieces have the values of the tree. Some cannot be resolved (the same
/// function in two forms, zeros of high order); most must be.
#[test]
fn random_pieces_have_the_values_of_the_tree() {
    let mut runner = TestRunner::default();
    let cases = 150;
    let mut resolved = 0;
    for _ in 0..cases {
        let text = piecewise().new_tree(&mut runner).unwrap().current();
        let points: Vec<f64> = (0..25)
            .map(|_| (-6.0..6.0f64).new_tree(&mut runner).unwrap().current())
            .collect();
        match agree(&text, points.into_iter()) {
            Ok(()) => resolved += 1,
            Err(Error::Unresolved(why)) => eprintln!("{text}: {why}"),
            Err(other) => panic!("{text}: {other}"),
        }
    }
    assert!(resolved * 10 > cases * 8, "{resolved} of {cases}");
}
