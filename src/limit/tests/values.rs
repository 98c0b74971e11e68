//! Whichever road is taken, the kernels are the same.

use rug::Rational;

use super::decimal;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::limit::{DeepValues, values};
use crate::real::Real;
use crate::recursion::{Convention, DEPTH_MAX, Settings, ntk};

const DIGITS: usize = 12;

fn at(text: &str, rhos: &[Rational], depth: u64, settings: &Settings) -> DeepValues {
    let expr = Expr::parse(text).unwrap();
    values(&expr, rhos, depth, settings, DIGITS, Deadline::default()).unwrap()
}

fn lee(sigma_w: &str) -> Settings {
    Settings {
        convention: Convention::Lee2019,
        sigma_w: Some(Expr::parse(sigma_w).unwrap()),
        ..Settings::default()
    }
}

fn norms(q: u32, p: u32) -> Settings {
    Settings {
        norms: (q.into(), p.into()),
        ..Settings::default()
    }
}

/// The limit kernel, the variance beside it, and the walk through the layers: enclosures of the same numbers.
#[test]
fn the_roads_meet() {
    let rhos = ["-0.4", "0.3", "0.99"].map(decimal);
    let networks = [
        ("relu", Settings::default(), 2000),
        ("optimal(4)", Settings::default(), 2000),
        ("tanh", Settings::default(), 10),
        ("relu", lee("sqrt(2)"), 2000),
        ("abs(x)", lee("6/5"), 2000),
        ("erf", lee("3/2"), 10),
        ("erf", norms(1, 4), 10),
        ("relu", norms(4, 9), 2000),
    ];
    for (text, settings, deep) in &networks {
        for depth in [0, *deep] {
            let expr = Expr::parse(text).unwrap();
            let found = at(text, &rhos, depth, settings);
            let walked = ntk(&expr, &rhos, depth, settings, DIGITS, Deadline::default()).unwrap();
            for ((a, b), rho) in found.rows.iter().zip(&walked).zip(&rhos) {
                let (a, b) = (a.as_ref().unwrap(), b.as_ref().unwrap());
                let [Some(s), Some(t)] = [&a.ntk, &b.ntk] else {
                    panic!("{text} {depth} {rho}: infinite");
                };
                for (a, b) in [(&a.nngp, &b.nngp), (s, t)] {
                    let (a, b) = (a.value(), b.value());
                    assert!(a.overlaps(&b), "{text} {depth} {rho}: {a:?} {b:?}");
                    // an enclosure of everything would meet everything
                    let narrow = a.rad().is_zero() || a.relative_bits() > 30;
                    assert!(narrow, "{text} {depth} {rho}: {a:?}");
                }
            }
        }
    }
}

/// Beyond the layers that can be walked through, with and without a variance of the weights.
#[test]
fn a_million_million_layers_are_no_obstacle() {
    let half = [decimal("0.5")];
    let depth = 1_000_000_000_000;
    let relu = Expr::parse("relu").unwrap();
    let own = Settings::default();
    let walked = ntk(&relu, &half, depth, &own, DIGITS, Deadline::default());
    assert!(walked.is_err() || walked.unwrap()[0].is_err());
    let unit = at("relu", &half, depth, &own);
    let row = unit.rows[0].as_ref().unwrap();
    let limit = row.limit.as_ref().unwrap();
    assert_eq!(limit.exact.as_deref(), Some("1/4"));
    let scaled = at("relu", &half, depth, &lee("sqrt(2)"));
    let twice = scaled.rows[0].as_ref().unwrap();
    assert!(twice.limit.is_none());
    let [one, two] = [row, twice].map(|r| r.ntk.as_ref().unwrap().value());
    assert!(one.scale2(1).overlaps(&two), "{one:?} {two:?}");
}

#[test]
fn what_the_convention_has_not_is_refused_on_every_road() {
    let relu = Expr::parse("relu").unwrap();
    let half = [decimal("0.5")];
    let asked = |depth, settings: &Settings| {
        values(&relu, &half, depth, settings, DIGITS, Deadline::default())
    };
    let foreign = Settings {
        convention: Convention::Arora2019,
        ..lee("2")
    };
    assert!(matches!(asked(3, &foreign), Err(Error::Domain(_))));
    let deep = asked(DEPTH_MAX + 1, &Settings::default());
    assert!(matches!(deep, Err(Error::Domain(_))));
    let two = values(
        &relu,
        &[decimal("2")],
        3,
        &Settings::default(),
        15,
        Deadline::default(),
    );
    assert!(matches!(two, Err(Error::Domain(_))));
}

/// The limit is that of the normalised network, and is not told of another one.
#[test]
fn another_network_has_not_that_limit() {
    let plain = at("relu", &[decimal("0.3")], 3, &lee("2"));
    assert!(plain.without_limit.is_none() && plain.rows[0].as_ref().unwrap().limit.is_none());
}

/// Beyond -1 and 1 there is no correlation, and an input without length has no direction: each room that is asked says so.
#[test]
fn what_is_no_pair_of_inputs_is_refused() {
    let relu: crate::Activation = "relu".parse().unwrap();
    let effort = crate::Effort::default();
    for rho in ["1.0001", "-2"] {
        let network = crate::Network::of(&relu);
        let refused = [
            relu.dual(&[rho], &effort).err(),
            relu.limit(&[rho], &effort).err(),
            network.values(3, &[rho], &effort).err(),
        ];
        for error in refused {
            let said = error.unwrap().to_string();
            assert!(said.contains("is not a correlation"), "{said}");
        }
    }
    for (q, p) in [(0, 0), (0, 1), (1, 0)] {
        let error = ntk(
            &relu.expr,
            &[],
            3,
            &norms(q, p),
            DIGITS,
            Deadline::default(),
        )
        .unwrap_err();
        assert!(
            error.to_string().starts_with("0 is not the squared norm"),
            "{error}"
        );
    }
    let network = crate::Network::with(&relu, norms(0, 0));
    let error = network
        .kernel(crate::Depth::Layers(2), crate::Kind::Ntk, &effort)
        .unwrap_err();
    assert!(
        error.to_string().starts_with("0 is not the squared norm"),
        "{error}"
    );
}
