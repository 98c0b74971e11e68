//! Against an independent implementation (tests/oracles/process.py), by a second road, and what is refused.

use proptest::prelude::*;
use serde_json::Value as Json;

use deeplimit::classifier::{Ensemble, Time};
use deeplimit::gram::{Gram, Lengths, Matrix, Points};
use deeplimit::process::{Bounds, Posterior, Processes, Scales, Scaling, Targets};
use deeplimit::{Activation, Convention, Depth, Effort, Error};

struct Case {
    json: Json,
    activation: Activation,
    depth: Depth,
    train: Points,
    test: Points,
    targets: Targets,
    at: Scales,
}

fn numbers(json: &Json) -> Vec<f64> {
    match json {
        Json::Array(all) => all.iter().flat_map(numbers).collect(),
        x => vec![x.as_f64().unwrap()],
    }
}

fn cases() -> Vec<Case> {
    let text = include_str!("oracles/process.json");
    let all: Vec<Json> = serde_json::from_str(text).unwrap();
    let of = |json: Json| {
        let width = |key: &str| json[key][0].as_array().unwrap().len();
        let points = |key: &str| Points::new(width(key), numbers(&json[key])).unwrap();
        let m = width("targets");
        let names: Vec<String> = (0..m).map(|k| format!("y{k}")).collect();
        let given = Matrix::new(m, numbers(&json["targets"])).unwrap();
        Case {
            activation: json["activation"].as_str().unwrap().parse().unwrap(),
            depth: Depth::Layers(json["depth"].as_u64().unwrap()),
            train: points("train"),
            test: points("test"),
            targets: Targets::new(given, &names, Scaling::Standard).unwrap(),
            at: Scales {
                sigma_w: json["sigma_w"].as_f64(),
                sigma_b: json["sigma_b"].as_f64(),
                ridge: json["ridge"].as_f64().unwrap(),
            },
            json,
        }
    };
    all.into_iter().map(of).collect()
}

impl Case {
    fn family(&self) -> Processes<'_> {
        let points = (&self.train, Lengths::Unit);
        Processes::new(
            &self.activation,
            self.depth,
            Convention::Lee2019,
            points,
            &self.targets,
        )
        .unwrap()
    }

    /// Columns of answers against the oracle's lists, one for each target; relative to the target's scale.
    fn agree(&self, key: &str, found: &Matrix, root: bool) {
        let expected = self.json[key].as_array().unwrap();
        assert_eq!(expected.len(), found.columns);
        for (j, column) in expected.iter().enumerate() {
            for (i, e) in numbers(column).into_iter().enumerate() {
                let x = found.row(i)[j];
                let x = if root { x.sqrt() } else { x };
                let off = (x - e).abs() / self.targets.scale(j);
                assert!(off < 1e-8, "{key} {i} {j}: {x} {e}");
            }
        }
    }
}

#[test]
fn means_deviations_and_evidence_are_those_of_an_independent_implementation() {
    for case in cases() {
        let (posterior, kernel) = case.family().posterior(case.at).unwrap();
        let cross = Gram::cross(&kernel, &case.test, &case.train, Lengths::Unit).unwrap();
        let own = vec![kernel.diagonal(); case.test.len()];
        let seen = posterior.foreseen(&cross.matrix(), &own, None).unwrap();
        case.agree("mean", &seen.means, false);
        case.agree("deviation", &seen.variances, true);
        let (means, variances) = posterior.left_out();
        case.agree("left_out", &means, false);
        case.agree("left_out_deviation", &variances, true);
        let expected = numbers(&case.json["evidence"]);
        let error = posterior.evidence_error(1e-15);
        let found = posterior.evidence();
        for (x, e) in found.iter().zip(&expected) {
            assert!(
                (x - e).abs() < 1e-8 && (x - e).abs() <= error,
                "{x} {e} {error}"
            );
        }
        assert!(error < 1e-6, "{error}");
        let (evidence, slopes) = case.family().slopes(case.at).unwrap();
        assert_eq!(evidence, found.iter().sum::<f64>());
        for (x, e) in slopes.iter().zip(numbers(&case.json["slopes"])) {
            // the largest slope is some tens
            assert!((x - e).abs() < 1e-8 * (1.0 + e.abs()), "{x} {e}");
        }
    }
}

#[test]
fn ensembles_of_trained_networks_are_those_of_an_independent_implementation() {
    for case in cases() {
        let network = case.family().network(case.at).unwrap();
        let both = network.kernels(case.depth, &Effort::default()).unwrap();
        let own = |kernel| {
            Gram::symmetric(kernel, &case.train, Lengths::Unit)
                .unwrap()
                .matrix()
        };
        let cross = |kernel| {
            let gram = Gram::cross(kernel, &case.test, &case.train, Lengths::Unit);
            gram.unwrap().matrix()
        };
        let theta = own(&both.ntk);
        let noise = case.at.ridge * theta.mean_diagonal();
        let posterior =
            Posterior::new(theta, Some(own(&both.nngp)), case.targets.clone(), noise).unwrap();
        let variances = vec![both.nngp.diagonal(); case.test.len()];
        let prior = cross(&both.nngp);
        let seen = posterior
            .foreseen(&cross(&both.ntk), &variances, Some(&prior))
            .unwrap();
        case.agree("ntk_mean", &seen.means, false);
        case.agree("ntk_deviation", &seen.variances, true);
        let (means, spread) = posterior.left_out();
        case.agree("ntk_left_out", &means, false);
        case.agree("ntk_left_out_deviation", &spread, true);
        // training to the end by eigenvalues
        let points = [&case.train, &case.test];
        let ensemble = Ensemble::new(
            &both.nngp,
            Some(&both.ntk),
            points,
            Lengths::Unit,
            case.at.ridge,
        )
        .unwrap();
        let (mean, variances) = ensemble.at(case.targets.values(), Time::Infinite).unwrap();
        for (i, variance) in variances.iter().enumerate() {
            for j in 0..mean.columns {
                let scale = case.targets.scale(j);
                let m = case.targets.given(j, mean.row(i)[j]);
                assert!((m - seen.means.row(i)[j]).abs() < 1e-10 * scale);
                let v = variance.0 * scale * scale;
                assert!((v - seen.variances.row(i)[j]).abs() < 1e-10 * scale * scale);
            }
        }
        // the covariance at the beginning is asked for where it is another one
        assert!(posterior.foreseen(&prior, &[1.0; 7], None).is_err());
    }
}

/// What was known may be tested with what came later, and is no better than that.
#[test]
fn the_maximum_is_where_slopes_vanish() {
    let case = &cases()[0];
    let bounds = Bounds {
        sigma_w: Some([0.3, 5.0]),
        sigma_b: Some([0.01, 5.0]),
        ridge: Some([1e-6, 10.0]),
    };
    let found = case
        .family()
        .maximum(case.at, bounds, (2, 1), |_, _| true)
        .unwrap();
    let begun = case.family().slopes(case.at).unwrap().0;
    assert!(found.best.evidence > begun && found.best.settled);
    assert_eq!(found.climbs.len() + found.failed.len(), 2);
    for (k, slope) in found.best.slopes.into_iter().enumerate() {
        assert!(
            slope.abs() < 0.01 || found.at_end[k],
            "{k} {slope} {:?}",
            found.best.to
        );
    }
    // neighbours on all sides are no better
    for (w, b, r) in [(1.05, 1.0, 1.0), (1.0, 1.05, 1.0), (1.0, 1.0, 1.05)] {
        for power in [1, -1] {
            let at = Scales {
                sigma_w: found.best.to.sigma_w.map(|x| x * f64::powi(w, power)),
                sigma_b: found.best.to.sigma_b.map(|x| x * f64::powi(b, power)),
                ridge: found.best.to.ridge * f64::powi(r, power),
            };
            let there = case.family().posterior(at).unwrap().0.evidence()[0];
            let outside = found.at_end.iter().any(|e| *e);
            assert!(there < found.best.evidence + 1e-6 || outside, "{at:?}");
        }
    }
    // interrupted at once: where it began
    let stopped = case
        .family()
        .maximum(case.at, bounds, (1, 1), |_, _| false)
        .unwrap();
    assert!(!stopped.best.settled && stopped.best.steps == 0);
}

#[test]
fn every_fault_has_its_sentence() {
    let names = ["y".to_owned()];
    let targets =
        |values: Vec<f64>| Targets::new(Matrix::new(1, values).unwrap(), &names, Scaling::Standard);
    let sentence = |r: deeplimit::Result<Targets>| r.unwrap_err().to_string();
    assert_eq!(
        sentence(targets(vec![1.0, f64::NAN, 2.0])),
        "row 2, the target `y`: NaN is no finite number"
    );
    assert!(sentence(targets(vec![1.0])).contains("two or more"));
    assert!(sentence(targets(vec![7.5; 4])).contains("is 7.5 in every row"));
    for size in [1e300, 1e-300] {
        assert!(sentence(targets(vec![-size, size])).contains("leaves the doubles"));
    }
    // equal rows without noise
    let k = Matrix::new(2, vec![1.0; 4]).unwrap();
    let y = targets(vec![1.0, 2.0]).unwrap();
    let equal = Posterior::new(k.clone(), None, y.clone(), 0.0)
        .err()
        .unwrap();
    assert!(
        matches!(&equal, Error::Unresolved(t) if t.contains("A small ridge helps")),
        "{equal}"
    );
    assert!(Posterior::new(k.clone(), None, y.clone(), 0.1).is_ok());
    assert!(Posterior::new(k, None, y.clone(), -0.1).is_err());
    let relu: Activation = "relu".parse().unwrap();
    let rows = Points::new(1, vec![1.0, -2.0]).unwrap();
    let of = |depth| {
        Processes::new(
            &relu,
            depth,
            Convention::Lee2019,
            (&rows, Lengths::Unit),
            &y,
        )
    };
    assert!(of(Depth::Infinite).is_err());
    let family = of(Depth::Layers(1)).unwrap();
    let at = Scales {
        sigma_w: Some(-1.0),
        sigma_b: None,
        ridge: 0.1,
    };
    assert!(
        family
            .slopes(at)
            .unwrap_err()
            .to_string()
            .contains("must be positive")
    );
    let none = family.maximum(
        Scales {
            sigma_w: None,
            ..at
        },
        Bounds::default(),
        (1, 0),
        |_, _| true,
    );
    assert!(none.unwrap_err().to_string().contains("nothing is free"));
    let wrong = Bounds {
        ridge: Some([1.0, 0.5]),
        ..Bounds::default()
    };
    assert!(family.maximum(at, wrong, (1, 0), |_, _| true).is_err());
}

proptest! {
    /// Units of targets change nothing but units: means and deviations go with them, the evidence is a density.
    #[test]
    fn units_are_units(shift in -100.0..100.0f64, factor in 0.01..100.0f64, y in proptest::collection::vec(-1.0..1.0f64, 5)) {
        prop_assume!(y.iter().any(|a| (a - y[0]).abs() > 0.1));
        let gram = |i: usize, j: usize| (-(i as f64 - j as f64).powi(2) / 4.0).exp();
        let k = Matrix::new(5, (0..25).map(|e| gram(e / 5, e % 5)).collect()).unwrap();
        let of = |y: Vec<f64>| {
            let names = ["y".to_owned()];
            let targets = Targets::new(Matrix::new(1, y).unwrap(), &names, Scaling::Standard).unwrap();
            Posterior::new(k.clone(), None, targets, 0.1).unwrap()
        };
        let (one, other) = (of(y.clone()), of(y.iter().map(|y| shift + factor * y).collect()));
        let cross = Matrix::new(5, vec![0.3, 0.6, 0.2, 0.1, 0.0]).unwrap();
        let (a, b) = (one.foreseen(&cross, &[1.0], None).unwrap(), other.foreseen(&cross, &[1.0], None).unwrap());
        // numbers of the size of 100, and a standard deviation of 0.001 at least
        prop_assert!((shift + factor * a.means.values[0] - b.means.values[0]).abs() < 1e-9);
        prop_assert!((factor * factor * a.variances.values[0] / b.variances.values[0] - 1.0).abs() < 1e-8);
        prop_assert!((one.evidence()[0] - 5.0 * factor.ln() - other.evidence()[0]).abs() < 1e-7);
    }
}
