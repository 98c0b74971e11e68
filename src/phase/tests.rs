//! Published and recomputed numbers, and the laws of the curve.

use proptest::prelude::*;
use rug::{Float, Rational, ops::Pow};

use super::{BranchEnd, Divergence, Phase, curve, standings, with_biases};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::Closed;
use crate::real::{Analytic, Ball, Real};
use crate::recursion::{Attraction, Given};

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
        let found = with_biases(&tanh, &[root.into()], 30, Deadline::default()).unwrap();
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
    let start = with_biases(&tanh, &[0.into()], 15, Deadline::default()).unwrap();
    assert_eq!(start[0].sigma_w.mid().to_f64(), 1.0);
    // V = q - 2 q^2 + ...: the variance falls to 0
    assert!(start[0].is_reached());
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
        let (w, b) = (sigma_w.into(), root.clone().into());
        let found = standings(&tanh, &w, &b, 25, Deadline::default())
            .unwrap()
            .settled;
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
        with_biases(&relu, &[1.into()], 20, Deadline::default())
            .unwrap()
            .is_empty()
    );
    assert!(edge[0].is_reached());
    // q -> 2 q + 1
    let here = standings(&relu, &2.into(), &1.into(), 15, Deadline::default()).unwrap();
    assert!(here.settled.is_empty());
    let Some(Divergence::Grows { chi_1: Some(chi_1) }) = here.divergence else {
        panic!("{here:?}")
    };
    assert_eq!(chi_1.to_f64(), 2.0);
    // the weight that keeps every variance, exactly, and as a decimal
    let root = Closed::int(2).sqrt().unwrap();
    let here = standings(&relu, &root.into(), &0.into(), 15, Deadline::default()).unwrap();
    assert_eq!(here.settled[0].phase, Some(Phase::EdgeOfChaos));
    let centre = Rational::from((141_421_356_237_310u64, 100_000_000_000_000u64));
    let radius = Rational::from((1, 200_000_000_000_000u64));
    let typed = Given::Rounded { centre, radius };
    let here = standings(&relu, &typed, &0.into(), 15, Deadline::default()).unwrap();
    assert_eq!(
        (here.settled[0].phase, here.settled[0].at_edge),
        (None, true)
    );
}

/// Which `q*` attract among the twelve of `deeplimit phase`: the slope is `V'/D`.
#[test]
fn points_that_no_network_reaches() {
    for (text, repelling, all) in [
        ("silu", 12, 12),
        ("gelu", 7, 12),
        ("mish", 5, 12),
        // sigma_b^2 = q* - 1: there are none below q* = 1
        ("exp(x)", 8, 8),
        ("x^2", 12, 12),
        ("x^3", 12, 12),
        ("squared_relu", 12, 12),
        ("tanh(x)", 0, 12),
        ("sin(x)", 0, 12),
    ] {
        let points = curve(&parse(text), 12, 15, Deadline::default()).unwrap();
        let inner: Vec<_> = points.iter().filter(|p| p.end.is_none()).collect();
        assert_eq!(inner.len(), all, "{text}");
        let found = inner
            .iter()
            .filter(|p| p.attraction == Some(Attraction::Repels))
            .count();
        assert_eq!(found, repelling, "{text}");
        // one branch ends where some repel and some do not
        let ends = points
            .iter()
            .filter(|p| p.end == Some(BranchEnd::Repulsion));
        let expected = usize::from(repelling > 0 && repelling < all);
        assert_eq!(ends.count(), expected, "{text}");
    }
    // V'/D in closed form: x^2 has 6q/4q, exp 2e^(2q)/e^(2q), sin e^(-2q)/((1 + e^(-2q))/2)
    let slope = |text: &str, q: f64| {
        let found = curve(&parse(text), 3, 15, Deadline::default()).unwrap();
        let one = found.iter().find(|p| p.q.as_ref().unwrap().to_f64() == q);
        one.unwrap().slope.to_f64()
    };
    let e = f64::exp(-2.0);
    for (text, q, expected) in [
        ("x^2", 1.0, 1.5),
        ("exp(x)", 4.0, 2.0),
        ("sin(x)", 1.0, 2.0 * e / (1.0 + e)),
    ] {
        let found = slope(text, q);
        assert!((found - expected).abs() < 1e-14, "{text} {found}");
    }
}

/// A network at a point of the edge as it was printed stands at the edge: never ordered, never chaotic.
#[test]
fn the_curve_and_the_standing_agree() {
    for (text, sigma_b) in [
        ("gelu", None),
        ("mish", None),
        ("tanh(x)", Some((1, 10))),
        ("silu", Some((1, 10))),
    ] {
        let points = match sigma_b {
            None => curve(&parse(text), 6, 15, Deadline::default()),
            Some(b) => with_biases(
                &parse(text),
                &[Rational::from(b).into()],
                15,
                Deadline::default(),
            ),
        };
        for p in points.unwrap().iter().filter(|p| p.end.is_none()) {
            let here = at(&parse(text), p).unwrap();
            let near = |q: &Ball| (q - p.q.as_ref().unwrap()).magnitude() < 1e-9;
            let settled = here.settled.iter().find(|s| near(s.q.as_ref().unwrap()));
            let repelling = here.repelling.iter().any(|r| near(&r.q));
            match p.attraction {
                Some(Attraction::Attracts) => {
                    let s = settled.unwrap_or_else(|| panic!("{text} {p:?} {here:?}"));
                    assert!(
                        s.at_edge && matches!(s.phase, None | Some(Phase::EdgeOfChaos)),
                        "{text} {s:?}"
                    );
                }
                _ => assert!(repelling && settled.is_none(), "{text} {p:?} {here:?}"),
            }
        }
    }
}

/// The network at a point of the curve, its parameters printed with 15 digits.
fn at(expr: &Expr, p: &super::CriticalPoint) -> Result<super::Standings> {
    let printed = |x: &Ball| {
        if x.is_exact() && x.mid().is_zero() {
            return Given::from(0);
        }
        let text = format!("{:.14e}", Float::with_val(200, x.mid()));
        let radius =
            x.mid().to_rational().unwrap().abs() / Rational::from(rug::Integer::from(10).pow(14));
        Given::Rounded {
            centre: number(&text).mid().to_rational().unwrap(),
            radius,
        }
    };
    standings(
        expr,
        &printed(&p.sigma_w),
        &printed(&p.sigma_b),
        15,
        Deadline::default(),
    )
}

/// The variances of a bounded activation do not grow, however large the bias; those of others may, and it is not said to be
/// proved where it is not.
#[test]
fn where_variances_go() {
    let of = |text: &str, w: (i32, i32), b: (i32, i32)| {
        let given = |x: (i32, i32)| Given::from(Rational::from(x));
        standings(&parse(text), &given(w), &given(b), 15, Deadline::default())
    };
    let gone = of("tanh(x)", (1, 2), (0, 1)).unwrap();
    assert_eq!(gone.settled[0].q.as_ref().unwrap().to_f64(), 0.0);
    assert_eq!(gone.settled[0].chi_1.to_f64(), 0.25);
    assert!(
        of("tanh(x)", (1, 1), (1_000_000, 1))
            .unwrap_err()
            .to_string()
            .contains("not known")
    );
    let gelu = of("gelu", (2, 1), (1, 10)).unwrap();
    assert!(
        matches!(gelu.divergence, Some(Divergence::GrowsUpTo { .. })),
        "{gelu:?}"
    );
    let cube = of("x^3", (1, 1), (1, 1)).unwrap();
    assert!(
        matches!(cube.divergence, Some(Divergence::Grows { .. })),
        "{cube:?}"
    );
    // 1.1 is above 1: tanh settles at a small variance; elu has a slope at 0 although it bends there
    let small = of("tanh(x)", (10_001, 10_000), (0, 1)).unwrap();
    assert_eq!(
        (small.settled.len(), small.repelling.len()),
        (1, 1),
        "{small:?}"
    );
    let elu = of("elu", (1, 2), (0, 1)).unwrap();
    assert_eq!(elu.settled[0].chi_1.to_f64(), 0.25, "{elu:?}");
}

#[test]
fn bad_questions_are_refused() {
    let text = |r: Result<super::Standings>| r.unwrap_err().to_string();
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

    /// Random activations: at every attracting point of the curve the network that is printed stands at the edge.
    #[test]
    fn random_curves_and_standings_agree(a in -2i32..3, b in 1i32..4, c in -2i32..3, kind in 0usize..4) {
        let text = ["tanh", "sin", "atan", "softplus"][kind];
        let expr = parse(&format!("({a}/2)*x+({b}/2)*{text}(x)+({c}/4)*x^2*exp(-x^2)"));
        for p in curve(&expr, 3, 12, Deadline::default()).unwrap() {
            if p.attraction == Some(Attraction::Attracts) && p.end.is_none() {
                let here = match at(&expr, &p) {
                    // another fixed point is nearly tangent to the diagonal: whether it is there is not said
                    Err(Error::Unresolved(_)) => continue,
                    here => here.unwrap(),
                };
                let q = p.q.as_ref().unwrap();
                let near = here.settled.iter().find(|s| (s.q.as_ref().unwrap() - q).magnitude() < 1e-6);
                prop_assert!(near.is_some_and(|s| s.at_edge), "{expr} {p:?} {here:?}");
            }
        }
    }

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
        let bias = point.sigma_b.mid().to_rational().unwrap();
        let back = with_biases(&sine, &[bias.into()], 20, Deadline::default()).unwrap();
        prop_assert!(back.iter().any(|p| (p.q.as_ref().unwrap() - &q).magnitude() < 1e-18), "{back:?}");
    }
}
