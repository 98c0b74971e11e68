//! Activations with kinks: duals by truncated moments, and others by the angle alone.

use super::*;

/// Kinks: continuous up to what is known of the diagonal, and degree 2 of the arc-cosine family. Where the dual has a closed form
/// every error is measured against an enclosure.
#[test]
fn kinked_kernels() {
    for text in [
        "elu",
        "selu",
        "relu6",
        "hard_sigmoid",
        "softsign",
        "min(max(x,-1),1)",
        "max(x,0)^2",
    ] {
        let kinds = match text {
            "relu6" => &[Kind::Nngp, Kind::Ntk][..],
            _ => &[Kind::Ntk],
        };
        for &kind in kinds {
            let k = kernel(text, Depth::Layers(3), kind);
            assert!(
                k.accuracy().measured < 1e-12,
                "{text} {kind:?}: {:?}",
                k.accuracy()
            );
            assert_eq!(
                k.accuracy().estimated > 0,
                text == "softsign",
                "{text} {kind:?}"
            );
            // continuous up to the diagonal, which comes from constants of the activation alone
            assert!(
                (k.at_gap(1e-32) / k.diagonal() - 1.0).abs() < 1e-12,
                "{text} {kind:?}: {} {}",
                k.at_gap(1e-32),
                k.diagonal()
            );
        }
    }
    // relu6 is 0 left of 0: no product of slopes at opposite inputs, T_1(-1) = S_1(-1) = 0
    let k = kernel("relu6", Depth::Layers(1), Kind::Ntk);
    assert!(k.at(-1.0).abs() < 1e-13, "{}", k.at(-1.0));
    let (squared, exact) = (
        kernel("max(x,0)^2", Depth::Layers(1), Kind::Nngp),
        |theta: f64| {
            // Cho and Saul 2009, degree 2
            let (s, c) = theta.sin_cos();
            (3.0 * s * c + (std::f64::consts::PI - theta) * (1.0 + 2.0 * c * c))
                / (3.0 * std::f64::consts::PI)
        },
    );
    for n in 0..=200 {
        let rho = f64::from(n) / 100.0 - 1.0;
        // below -1/2 two tables, each rough up to 2e-14 of the first octave's values
        let tolerance = if rho < -0.5 { 5e-14 } else { 2e-14 };
        let apart = (squared.at(rho) - exact(rho.acos())).abs();
        assert!(apart < tolerance, "{rho}: {apart:e}");
    }
}

/// A clipped identity is in the singular regime: its infinitely deep kernel satisfies `h(dual(rho)) = lambda h(rho)`.
#[test]
fn the_limit_kernel_of_a_clipped_identity() {
    let text = "min(max(x,-1),1)";
    let [h, dual] = [(Depth::Infinite, Kind::Ntk), (Depth::Layers(1), Kind::Nngp)]
        .map(|(depth, kind)| kernel(text, depth, kind));
    assert_eq!(h.limit_form(), Some(LimitForm::Singular));
    // lambda = (E Z phi)^2/E phi^2: erf(1/sqrt 2)^2 over erf(1/sqrt 2) - sqrt(2/(pi e)) + erfc(1/sqrt 2)
    let p = libm::erf(std::f64::consts::FRAC_1_SQRT_2);
    let square = p - (2.0 / (std::f64::consts::PI * std::f64::consts::E)).sqrt() + (1.0 - p);
    let lambda = p * p / square;
    for n in 1..100 {
        let rho = f64::from(n) / 100.0;
        let quotient = h.at(dual.at(rho)) / h.at(rho);
        assert!(
            (quotient / lambda - 1.0).abs() < 1e-11,
            "{rho}: {quotient} {lambda}"
        );
    }
}

/// Weights and biases: one layer is the normalised dual at the variance that the layer has, and a constant.
#[test]
fn networks_of_kinked_activations() {
    let settings = Settings {
        convention: Convention::Lee2019,
        sigma_w: Some(Expr::parse("3/2").unwrap()),
        sigma_b: Some(Expr::parse("1/2").unwrap()),
        ..Settings::default()
    };
    for (text, scaled) in [
        ("elu", "max(@*x,0)+min(exp(@*x)-1,0)"),
        ("relu6", "min(max(@*x,0),6)"),
    ] {
        // q_0 = 9/4 + 1/4
        let scaled = Expr::parse(&scaled.replace('@', "sqrt(5/2)")).unwrap();
        let unit = Kernel::new(&scaled, Depth::Layers(1), Kind::Nngp, Deadline::default());
        let unit = unit.unwrap();
        let k = network(text, 1, Kind::Nngp, &settings);
        assert_eq!(k.accuracy().estimated, 0, "{text}");
        let signal = k.diagonal() - 0.25;
        for n in 0..=40 {
            let rho = f64::from(n) / 20.0 - 1.0;
            let expected = signal * unit.at(0.9 * rho + 0.1) + 0.25;
            let apart = (k.at(rho) / expected - 1.0).abs();
            assert!(apart < 1e-12, "{text} at {rho}: {apart:e}");
        }
        // smooth parts take a double integral an angle and layer
        for l in if text == "relu6" { 2..7 } else { 2..3 } {
            let k = network(text, l, Kind::Ntk, &settings);
            assert!(
                k.accuracy().measured < 2e-12,
                "{text} {l}: {:?}",
                k.accuracy()
            );
            let apart = k.at_gap(1e-32) / k.diagonal() - 1.0;
            assert!(apart.abs() < 1e-12, "{text} {l}: {apart:e}");
        }
    }
}

/// Infinite depth: constants where `c*` is on the verge of 1, and the ordered phase, whose tangent kernel is the root of its covariance where
/// the slope jumps.
#[test]
fn infinite_depth_of_kinks() {
    let [nngp, ntk] = [Kind::Nngp, Kind::Ntk].map(|kind| kernel("relu6", Depth::Infinite, kind));
    assert_eq!(ntk.limit_form(), Some(LimitForm::Chaotic));
    assert!(nngp.at(0.3) <= 1.0 && nngp.at(0.3) > 1.0 - 1e-15 && ntk.at(0.3) > 1e6);
    let [g, root] = [Kind::Nngp, Kind::Ntk].map(|kind| kernel("relu(x)+1", Depth::Infinite, kind));
    assert_eq!(root.limit_form(), Some(LimitForm::Ordered));
    let layer = kernel("relu(x)+1", Depth::Layers(1), Kind::Nngp);
    // B' = E 1(Z > 0)/E (relu(Z) + 1)^2 = (1/2)/(3/2 + sqrt(2/pi))
    let b = 0.5 / (1.5 + (2.0 / std::f64::consts::PI).sqrt());
    for n in 0..40 {
        let t = 1.9 * 0.4f64.powi(n);
        assert!(
            (root.at_gap(t).powi(2) / -g.at_gap(t) - 1.0).abs() < 1e-12,
            "{t}"
        );
        // g(F) = b g: near by the digits of the gap are lost
        if t > 1e-3 {
            let ratio = g.at_gap(1.0 - layer.at_gap(t)) / g.at_gap(t);
            assert!((ratio / b - 1.0).abs() < 1e-11, "{t}: {ratio} {b}");
        }
    }
}

/// The tables of the angle and the enclosures, at random places of random networks.
#[test]
fn random_networks_of_kinked_activations() {
    use proptest::test_runner::{Config, TestRunner};
    let texts = [
        "elu",
        "relu6",
        "hard_swish",
        "hard_tanh",
        "soft_shrink",
        "hard_shrink",
        "x>1?x:x/3",
    ];
    let strategy = (0..texts.len(), 5..40u32, 1..12u32, 1..4u64, -0.98f64..0.98);
    let cases = 6 * effort() as u32;
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    };
    TestRunner::new(config)
        .run(&strategy, |(which, w, b, depth, rho)| {
            let number = |n: u32| Some(Expr::parse(&format!("{n}/10")).unwrap());
            let settings = Settings {
                convention: Convention::Lee2019,
                sigma_w: number(w),
                sigma_b: number(b),
                ..Settings::default()
            };
            let text = texts[which];
            let k = network(text, depth, Kind::Ntk, &settings);
            let expr = Expr::parse(text).unwrap();
            let exact = rug::Rational::from_f64(rho).unwrap();
            let found =
                crate::recursion::ntk(&expr, &[exact], depth, &settings, 16, Deadline::default());
            let value = found
                .unwrap()
                .remove(0)
                .unwrap()
                .ntk
                .unwrap()
                .value()
                .to_f64();
            let size = value.abs().max(k.at(0.5).abs());
            assert!(
                (k.at(rho) - value).abs() < PROMISED * size,
                "{text} {w} {b} {depth} {rho}: {} {value}",
                k.at(rho)
            );
            Ok(())
        })
        .unwrap();
}
