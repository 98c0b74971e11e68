//! Learning curves, and what is refused.

use super::{network, spectrum};
use crate::recursion::Settings;
use crate::spectrum::{LearningCurve, LearningExperiment, Space};
use crate::{Activation, Deadline, Depth, Effort, Error, Kind, Network};

#[test]
fn what_has_no_spectrum_is_told() {
    let refused = |text: &str, space: Space, kind: Kind, depth: Depth, degree: u32| {
        let error = network(text)
            .spectrum(space, kind, depth, degree, &Effort::digits(10))
            .unwrap_err();
        assert!(matches!(error, Error::Domain(_)), "{error:?}");
        error.to_string()
    };
    let layers = Depth::Layers(2);
    for (space, degree, part) in [
        (
            Space::Sphere(0),
            3,
            "a dimension from 1 to 10000, 0 is none",
        ),
        (
            Space::Sphere(4),
            1_000_000_000,
            "from 0 to 10000, 1000000000 is beyond",
        ),
        (Space::Cube(0), 0, "a dimension from 1 to 1000, 0 is none"),
        (Space::Cube(4), 5, "degrees end at 4"),
    ] {
        let told = refused("relu", space, Kind::Ntk, layers, degree);
        assert!(told.contains(part), "{told}");
    }
    let infinite = Depth::Infinite;
    for (text, space, depth, part) in [
        (
            "optimal(4)",
            Space::Sphere(4),
            infinite,
            "not integrable on S^4: alpha = 4 is not below 4",
        ),
        (
            "optimal(4)",
            Space::Cube(4),
            infinite,
            "takes a finite depth",
        ),
        (
            "relu",
            Space::Sphere(3),
            infinite,
            "constant away from the diagonal",
        ),
        (
            "hermite(2,x)",
            Space::Sphere(3),
            infinite,
            "0 away from the diagonal",
        ),
        ("sign", Space::Sphere(3), layers, "jumps"),
        ("sign", Space::Cube(3), layers, "jumps"),
        (
            "relu",
            Space::Sphere(3),
            Depth::Layers(1 << 40),
            "at most 10000 layers",
        ),
    ] {
        let told = refused(text, space, Kind::Ntk, depth, 3);
        assert!(told.contains(part), "{told}");
    }
    let settings = Settings {
        norms: (1.into(), 4.into()),
        ..Settings::default()
    };
    let other = Network::with(&"relu".parse::<Activation>().unwrap(), settings);
    let told = other
        .spectrum(Space::Sphere(3), Kind::Ntk, layers, 3, &Effort::digits(10))
        .unwrap_err();
    assert!(told.to_string().contains("the same length"), "{told}");
}

/// Predicted and measured errors agree within three standard errors (and what the approximation may be off by at few inputs).
#[test]
fn learning_curves_are_those_of_experiments() {
    for (text, depth, sphere, target, ridge, noise) in [
        ("relu", 1, 4, vec![0.0, 1.0], 1e-3, 0.0),
        ("erf", 2, 8, vec![0.0, 0.5, 0.0, 0.5], 1e-3, 0.3),
    ] {
        let network = network(text);
        let found = spectrum(&network, Space::Sphere(sphere), (Kind::Ntk, depth), 24, 8);
        let curve = LearningCurve::new(&found, &target, ridge, noise).unwrap();
        let kernel = network
            .kernel(Depth::Layers(depth), Kind::Ntk, &Effort::default())
            .unwrap();
        let experiment = LearningExperiment {
            sphere,
            target: target.clone(),
            ridge,
            noise,
            trials: 24,
            tests: 200,
            seed: 7,
        };
        for n in [32, 128] {
            let measured = experiment
                .measured(&kernel, n, Deadline::default())
                .unwrap();
            let predicted = curve.predicted(n as f64).unwrap();
            let off = (measured.error - predicted.error).abs();
            assert!(
                off < 3.0 * measured.deviation + 0.05 * predicted.error,
                "{text} {n}: {measured:?} {predicted:?}"
            );
        }
    }
}

#[test]
fn curves_have_their_ends() {
    let found = spectrum(&network("relu"), Space::Sphere(4), (Kind::Ntk, 1), 12, 8);
    let curve = LearningCurve::new(&found, &[0.0, 1.0], 1e-3, 0.1).unwrap();
    // nothing is learned from next to nothing: the target and the noise are left; with many inputs the noise alone
    let (none, all) = (
        curve.predicted(1e-9).unwrap(),
        curve.predicted(1e9).unwrap(),
    );
    assert!((none.error - 1.1).abs() < 1e-6 && (all.error - 0.1).abs() < 1e-3);
    // the equation for kappa
    for n in [1.0, 30.0, 1e4] {
        let p = curve.predicted(n).unwrap();
        let sum: f64 = (found.eigenvalues.iter().zip(&p.learnability))
            .map(|(e, l)| e.multiplicity.to_f64() * l)
            .sum();
        let beyond = (1e-3 + found.rest.as_ref().unwrap().to_f64()) / p.regularisation;
        assert!(((sum + beyond) / n - 1.0).abs() < 1e-9);
        assert!(p.overfitting >= 1.0);
    }
    for (target, ridge, noise, part) in [
        (
            vec![0.0; 13].into_iter().chain([1.0]).collect(),
            0.0,
            0.0,
            "ends at degree 12",
        ),
        (vec![1.0], -1.0, 0.0, "a ridge is a number from 0 on"),
        (vec![f64::NAN], 0.0, 0.0, "NaN is not"),
        (vec![1.0], 0.0, -0.5, "the noise is a number from 0 on"),
        (vec![0.0], 0.0, 0.0, "nothing to learn"),
    ] {
        let target: Vec<f64> = target;
        let told = LearningCurve::new(&found, &target, ridge, noise).unwrap_err();
        assert!(told.to_string().contains(part), "{told}");
    }
    assert!(curve.predicted(0.0).is_err());
}
