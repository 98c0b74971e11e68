//! The conventions of papers, against published recursions and against each other.

use std::str::FromStr;

use rug::{Float, Rational};

use super::reference;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::real::{Analytic, Ball, Real};
use crate::recursion::{Convention, Settings, ntk};

fn settings(name: &str, sigma_w: Option<&str>, sigma_b: Option<&str>) -> Settings {
    let constant = |text: &str| Expr::parse(text).unwrap();
    Settings {
        convention: Convention::from_str(name).unwrap(),
        sigma_w: sigma_w.map(constant),
        sigma_b: sigma_b.map(constant),
        ..Settings::default()
    }
}

fn kernel(text: &str, rho: Rational, depth: u64, settings: &Settings) -> (Ball, Ball) {
    let rows = ntk(
        &Expr::parse(text).unwrap(),
        &[rho],
        depth,
        settings,
        33,
        Deadline::default(),
    )
    .unwrap();
    let row = rows[0].as_ref().unwrap();
    (row.nngp.value(), row.ntk.as_ref().unwrap().value())
}

const RELATED: &str = include_str!("../../../tests/oracles/related.txt");

/// related.txt (e): ReLU, normalised, no bias; Arora's (9) and the recursion of Radhakrishnan et al.
#[test]
fn fully_connected_relu_without_bias() {
    for (rho, start) in [
        ((-1, 2), "x=-0.5 ["),
        ((0, 1), "x=0 ["),
        ((1, 2), "x=0.5 ["),
    ] {
        let line = RELATED
            .lines()
            .find_map(|l| l.trim().strip_prefix(start))
            .unwrap();
        let values = line
            .trim_end_matches(']')
            .split(", ")
            .map(|v| v.trim_matches('\''));
        for (depth, expected) in (1..).zip(values) {
            for name in ["radhakrishnan2022", "arora2019"] {
                let (_, found) = kernel("relu", rho.into(), depth, &settings(name, None, None));
                assert!(
                    reference(expected).overlaps(&found),
                    "{name} {depth}: {found:?} {expected}"
                );
                assert!(found.rad() < 1e-30);
            }
        }
    }
}

/// related.txt (f): `Theta^(4)` of Jacot et al., three hidden layers, `x.x'/n_0 = cos(gamma)/2`, `beta` = 0, 0.1, 1. The
/// cosine is a rational here, so the angle is the two with a rational cosine; the others are compared in doubles.
#[test]
fn jacot_with_bias() {
    let mut seen = 0;
    for line in RELATED.lines().filter(|l| l.trim().starts_with("beta=")) {
        let mut words = line
            .split_whitespace()
            .map(|w| w.split_once('=').unwrap().1);
        let (beta, gamma, value) = (
            words.next().unwrap(),
            words.next().unwrap(),
            words.next().unwrap(),
        );
        let mut s = settings("jacot2018", None, Some(beta));
        s.norms = ((1, 2).into(), (1, 2).into());
        let gamma: f64 = gamma.parse().unwrap();
        // the file prints pi as 3.14159
        let exact = gamma == 0.0 || gamma > 3.0;
        let rho = if gamma == 0.0 {
            Rational::from(1)
        } else if exact {
            Rational::from(-1)
        } else {
            Rational::from_f64(gamma.cos()).unwrap()
        };
        let (_, found) = kernel("relu", rho, 3, &s);
        let expected = Ball::exact(Float::with_val(200, Float::parse(value).unwrap()));
        // a cosine in doubles is off by 1e-16, and the kernel has a slope below 10
        let slack = if exact { 1e-30 } else { 1e-15 };
        assert!(
            (&expected - &found).magnitude() < slack,
            "{line}: {found:?}"
        );
        seen += 1;
    }
    assert_eq!(seen, 15);
}

/// neural-tangents' `Dense - (Relu - Dense)^L` with `W_std^2 = 2`, `b_std = 0` is twice Arora's (9), since its first layer has
/// the factor `W_std^2` too; Jacot's without bias is `2^-L` of it; Lee with `W_std = 1` is Jacot.
#[test]
fn the_conventions_agree_up_to_the_stated_factors() {
    let two = Ball::int(2, 200);
    for rho in [(-9, 10), (0, 1), (3, 10), (99, 100), (1, 1)] {
        for depth in [1u64, 2, 7, 40] {
            let at = |s: &Settings| kernel("relu", rho.into(), depth, s);
            let arora = at(&settings("arora2019", None, None));
            let lee = at(&settings("lee2019", Some("sqrt(2)"), None));
            let jacot = at(&settings("jacot2018", None, None));
            for (a, (l, j)) in [(arora.0, (lee.0, jacot.0)), (arora.1, (lee.1, jacot.1))] {
                assert!((&a * &two).overlaps(&l), "{rho:?} {depth} {a:?} {l:?}");
                assert!(
                    a.overlaps(&j.scale2(depth as i32)),
                    "{rho:?} {depth} {a:?} {j:?}"
                );
                assert!(a.rad() < 1e-28 && l.rad() < 1e-28);
            }
        }
    }
    for text in ["relu", "tanh(x)", "erf(x)"] {
        for rho in [(-1, 2), (1, 4)] {
            let lee = kernel(
                text,
                rho.into(),
                5,
                &settings("lee2019", Some("1"), Some("0.3")),
            );
            let jacot = kernel(
                text,
                rho.into(),
                5,
                &settings("jacot2018", None, Some("0.3")),
            );
            assert!(
                lee.0.overlaps(&jacot.0) && lee.1.overlaps(&jacot.1),
                "{text}"
            );
        }
    }
}

#[test]
fn what_a_paper_has_not_is_refused() {
    for (name, w, b, word) in [
        ("arora2019", Some("1"), None, "sigma_w"),
        ("radhakrishnan2022", None, Some("1"), "sigma_b"),
        ("jacot2018", Some("2"), None, "sigma_w"),
        ("lee2019", Some("0"), None, "sigma_w = 0"),
        ("lee2019", Some("-1"), None, "positive"),
        ("lee2019", Some("1"), Some("-1"), "negative"),
        ("lee2019", Some("x"), None, "constant"),
        ("lee2019", Some("1/0"), None, "constant"),
    ] {
        let s = settings(name, w, b);
        let error = ntk(
            &Expr::parse("relu").unwrap(),
            &[],
            1,
            &s,
            10,
            Deadline::default(),
        )
        .unwrap_err();
        assert!(error.to_string().contains(word), "{name}: {error}");
    }
    assert!(
        Convention::from_str("jacot")
            .unwrap_err()
            .to_string()
            .contains("jacot2018")
    );
}
