//! Published and recomputed numbers, and the laws of the curve.

use proptest::prelude::*;
use rug::{Float, Rational};

use super::{Phase, curve, standings, with_biases};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::real::{Analytic, Ball, Real};

fn parse(text: &str) -> Expr {
    Expr::parse(text).unwrap()
}

fn number(text: &str) -> Ball {
    Ball::exact(Float::with_val(200, Float::parse(text).unwrap()))
}

/// `key=value` in a line.
fn field<'a>(line: &'a str, key: &str) -> &'a str {
    let start = line.find(key).unwrap() + key.len();
    line[start..].split_whitespace().next().unwrap()
}

const RELATED: &str = include_str!("../../tests/oracles/related.txt");

/// related.txt (c): the critical line of tanh at `sigma_b^2` = 0.05, 0.1, 0.01, to the 22 digits that its quadrature has;
/// the bias is a square root there, so the squares are compared at a rational next to it.
#[test]
fn critical_line_of_tanh() {
    let tanh = parse("tanh(x)");
    let mut seen = 0;
    for line in RELATED.lines().filter(|l| l.contains("critical q*=")) {
        let bias = number(field(line, "sigma_b^2=").trim_end_matches(':'));
        // 60 digits of the root, as a rational
        let root = Float::with_val(200, bias.mid().sqrt_ref())
            .to_rational()
            .unwrap();
        let found = with_biases(&tanh, &[root], 30, Deadline::default()).unwrap();
        assert_eq!(found.len(), 1, "{line}");
        let q = found[0].q.as_ref().unwrap();
        let close = |x: &Ball, text: &str| (x - &number(text)).magnitude() < 1e-21;
        assert!(close(q, field(line, "q*=")), "{line} {q:?}");
        let square = found[0].sigma_w.powi(2);
        assert!(
            close(&square, field(line, "sigma_w^2=")),
            "{line} {square:?}"
        );
        assert!(q.rad() < 1e-29 && square.rad() < 1e-29);
        seen += 1;
    }
    assert_eq!(seen, 3);
    // without bias the curve begins at sigma_w = 1/phi'(0)
    let start = with_biases(&tanh, &[Rational::new()], 15, Deadline::default()).unwrap();
    assert_eq!(start[0].sigma_w.mid().to_f64(), 1.0);
}

/// related.txt (c): `q*`, `chi_1`, and in the ordered phase `xi_c`, at `sigma_b^2 = 0.05`. The bias of the library is a
/// rational: the root of 0.05 to 60 digits.
#[test]
fn fixed_points_of_tanh() {
    let tanh = parse("tanh(x)");
    let root = Float::with_val(200, number("0.05").mid().sqrt_ref())
        .to_rational()
        .unwrap();
    let mut seen = 0;
    for line in RELATED.lines().filter(|l| l.contains("xi_q^-1")) {
        let w = number(field(line, "sigma_w^2="));
        let sigma_w = Float::with_val(200, w.mid().sqrt_ref())
            .to_rational()
            .unwrap();
        let found = standings(&tanh, &sigma_w, &root, 25, Deadline::default()).unwrap();
        assert_eq!(found.len(), 1);
        let (here, close) = (&found[0], |x: &Ball, text: &str, e: f64| {
            (x - &number(text)).magnitude() < e
        });
        assert!(
            close(here.q.as_ref().unwrap(), field(line, " q*="), 1e-20),
            "{line} {here:?}"
        );
        assert!(
            close(&here.chi_1, field(line, "chi1="), 1e-19),
            "{line} {here:?}"
        );
        let rate = &Ball::int(1, 200) / here.xi_1.as_ref().unwrap();
        assert!(
            close(&rate, field(line, "-log chi1="), 1e-14),
            "{line} {rate:?}"
        );
        let expected = if here.chi_1.to_f64() < 1.0 {
            Phase::Ordered
        } else {
            Phase::Chaotic
        };
        assert_eq!(here.phase, Some(expected));
        if expected == Phase::Chaotic {
            // c* is fixed: below 1, with a multiplier below 1
            let (c, chi) = (
                here.c.as_ref().unwrap().to_f64(),
                here.chi_c.as_ref().unwrap().to_f64(),
            );
            assert!(
                0.0 < c && c < 1.0 && 0.0 < chi && chi < 1.0,
                "{line} {c} {chi}"
            );
        }
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn relu_has_a_single_point() {
    let relu = parse("relu");
    let edge = curve(&relu, 5, 20, Deadline::default()).unwrap();
    assert_eq!(edge.len(), 1);
    assert!((&edge[0].sigma_w.powi(2) - &Ball::int(2, 100)).magnitude() < 1e-20);
    assert!(edge[0].q.is_none());
    assert!(
        with_biases(&relu, &[Rational::from(1)], 20, Deadline::default())
            .unwrap()
            .is_empty()
    );
    let divergent = standings(&relu, &2.into(), &1.into(), 15, Deadline::default()).unwrap_err();
    assert!(divergent.to_string().contains("grows without end"));
}

#[test]
fn bad_questions_are_refused() {
    let text = |r: crate::error::Result<Vec<super::Standing>>| r.unwrap_err().to_string();
    let at = |e: &str, w: i32, b: i32| {
        text(standings(
            &parse(e),
            &w.into(),
            &b.into(),
            15,
            Deadline::default(),
        ))
    };
    assert!(at("relu", 0, 0).contains("must be positive"));
    assert!(at("relu", 1, -1).contains("negative"));
    assert!(at("sign(x)", 1, 1).contains("jumps"));
    assert!(curve(&parse("step(x)"), 3, 15, Deadline::default()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() })]

    /// The sine has `V = (1 - e^(-2q))/2`, `D = (1 + e^(-2q))/2`: the explicit curve, and back from its bias to its `q`.
    #[test]
    fn the_curve_of_the_sine_there_and_back(n in 1u32..8) {
        let sine = parse("sin(x)");
        let edge = curve(&sine, 8, 20, Deadline::default()).unwrap();
        let root = Rational::from((3 * n, 8));
        let q = Ball::rational(&Rational::from(&root * &root), 200);
        let one = Ball::int(1, 200);
        let e = (-q.scale2(1)).exp();
        let weight = &Ball::int(2, 200) / &(&one + &e);
        let bias = &q - &(&(&one - &e) / &(&one + &e));
        let point = edge.iter().find(|p| p.q.as_ref().unwrap().overlaps(&q)).unwrap();
        prop_assert!(point.sigma_w.powi(2).overlaps(&weight), "{point:?}");
        prop_assert!(point.sigma_b.powi(2).overlaps(&bias), "{point:?}");
        let back = with_biases(&sine, &[point.sigma_b.mid().to_rational().unwrap()], 20, Deadline::default()).unwrap();
        prop_assert!(back.iter().any(|p| (p.q.as_ref().unwrap() - &q).magnitude() < 1e-18), "{back:?}");
    }
}
