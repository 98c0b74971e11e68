//! Any activation: its series against integrals over two dimensions, closed forms and the recursion.

use super::*;
use crate::cntk::expansion::Expansion;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::recursion::{Correlation, Covariance, UnitLayers};

/// Below what the documentation promises of a pair of pixels, 1e-6; in `f32` that, the root of [`Lane::REST`].
const DOUBLE: f64 = 3.2e-7;
const SINGLE: f64 = 3.2e-6;

fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn normal(z: f64) -> f64 {
    libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Names and the functions written down a second time.
const SMOOTH: [(&str, Phi); 6] = [
    ("tanh", Phi::Smooth(f64::tanh, |z| z.cosh().powi(-2))),
    (
        "gelu",
        Phi::Smooth(|z| z * normal(z), |z| normal(z) + z * density(z)),
    ),
    (
        "erf",
        Phi::Smooth(libm::erf, |z| {
            2.0 / std::f64::consts::PI.sqrt() * (-z * z).exp()
        }),
    ),
    (
        "x*sigmoid(x)",
        Phi::Smooth(
            |z| z * sigmoid(z),
            |z| sigmoid(z) + z * sigmoid(z) * sigmoid(-z),
        ),
    ),
    ("sin(x)", Phi::Smooth(f64::sin, f64::cos)),
    ("softplus", Phi::Smooth(softplus, sigmoid)),
];

/// Pixels of about variance 1, as standardised ones.
fn standard(count: usize, seed: u64) -> Vec<f32> {
    noise(count, seed).iter().map(|v| 1.7 * v).collect()
}

fn assert_near(got: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), wanted.len());
    for (g, w) in got.iter().zip(wanted) {
        let error = (g - w) / w;
        assert!(error.abs() <= tolerance, "{what}: {g:e} {w:e} {error:e}");
    }
}

#[test]
fn smooth_activations_agree_with_integrals_over_two_dimensions() {
    for (n, (name, phi)) in SMOOTH.iter().enumerate() {
        for (shape, layers) in [([1, 1, 3], 3), ([3, 4, 3], 2)] {
            let size = shape.iter().product();
            let (x, y) = (standard(size, n as u64 + 1), standard(size, n as u64 + 70));
            let mut architecture = network(name, &[1, layers], Readout::Gap);
            architecture.filter = if shape[0] == 1 { 1 } else { 3 };
            for (bias, kernel) in [(0.0, Kind::Ntk), (0.4, Kind::Nngp)] {
                (architecture.bias, architecture.kernel) = (bias, kernel);
                for y in [&y, &x] {
                    let wanted = slow_of(&architecture, phi, shape, &x, y);
                    let got = fast::<f64>(&architecture, shape, &x, y);
                    assert_near(&got, &wanted, DOUBLE, name);
                    let got = fast::<f32>(&architecture, shape, &x, y);
                    assert_near(&got, &wanted, SINGLE, name);
                }
            }
        }
    }
}

#[test]
fn every_pair_of_deviations_agrees_with_the_closed_form() {
    let far = [0.01, 0.3, 1.0, 1.9, 2.5];
    let mut worst = 0.0_f64;
    for name in [
        "erf",
        "sin(x)",
        "cos(x)",
        "exp(x)",
        "x^3-x+1",
        "optimal(4)",
        "2*erf(x)",
    ] {
        let activation: Expr = name.parse().unwrap();
        let closed = Covariance::<f64>::of(&activation, 53).unwrap();
        let expansion = Expansion::new(&activation, f64::REST).unwrap();
        let square = closed.square(&1.0);
        for (s, t) in far.iter().flat_map(|s| far.map(|t| (*s, t))) {
            let [a, b] = [s, t].map(|s| expansion.coefficients(s).unwrap());
            for rho in [-1.0, -0.7, 0.0, 0.5, 0.99, 1.0] {
                let (mut value, mut slope) = (0.0, 0.0);
                for part in 0..2 {
                    for (n, (a, b)) in a[part].iter().zip(&b[part]).enumerate() {
                        let order = (2 * n + part) as i32;
                        value += a * b * rho_power(rho, order);
                        slope += f64::from(order) * a * b * rho_power(rho, order - 1);
                    }
                }
                let (k, d) = closed.at(&(s * s), &(t * t), &rho);
                let norm = |s: f64| closed.square(&(s * s));
                let scale = (norm(s) * norm(t)).sqrt() / square;
                let scale_d = {
                    let d = |s: f64| closed.at(&(s * s), &(s * s), &1.0).1;
                    (d(s) * d(t)).sqrt() / square
                };
                let error = (value - k / square).abs() / scale;
                let error_d = (slope - d / square).abs() / scale_d;
                worst = worst.max(error).max(error_d);
                assert!(
                    error < DOUBLE && error_d < DOUBLE,
                    "{name} {s} {t} {rho}: {error:e} {error_d:e}"
                );
            }
        }
    }
    assert!(worst > 0.0);
    // Far out only polynomials have a series.
    let cubic: Expr = "x^3-x+1".parse().unwrap();
    let closed = Covariance::<f64>::of(&cubic, 53).unwrap();
    let expansion = Expansion::new(&cubic, f64::REST).unwrap();
    for s in [15.9, 16.0, 45.0, 1e4] {
        let parts = expansion.coefficients(s).unwrap();
        let square: f64 = parts.iter().flatten().map(|a| a * a).sum();
        let wanted = closed.square(&(s * s)) / closed.square(&1.0);
        assert!((square / wanted - 1.0).abs() < 1e-12, "{s}");
    }
}

fn rho_power(rho: f64, n: i32) -> f64 {
    if n < 0 { 0.0 } else { rho.powi(n) }
}

#[test]
fn one_pixel_is_the_fully_connected_network_of_any_activation() {
    // Variance 1 at the first layer, so that every hidden layer has variance 1: the normalised recursion.
    let (x, y) = ([1.0, 1.0, 1.0], [1.0, -1.0, 1.0]);
    for name in ["erf", "sin(x)", "x^3-x+1", "optimal(4)"] {
        let mut architecture = network(name, &[4], Readout::Gap);
        architecture.filter = 1;
        let got = fast::<f64>(&architecture, [1, 1, 3], &x, &y)[0];
        let closed = Covariance::<f64>::of(&name.parse().unwrap(), 53).unwrap();
        let rho = Correlation::new(1.0 / 3.0);
        let wanted = UnitLayers::new(closed.dual_at(&1.0).1).kernels(rho, 4, Deadline::default());
        assert_near(&[got], &[wanted.unwrap().ntk.value()], DOUBLE, name);
    }
}

#[test]
fn what_no_series_reaches_is_refused_with_its_error() {
    let refused = |activation: &str, word: &str| {
        let architecture = network(activation, &[2], Readout::Gap);
        let error = Cntk::<f64>::new(&architecture, [4, 4, 1]).unwrap_err();
        assert!(
            matches!(&error, Error::Unresolved(t) | Error::Domain(t) if t.contains(word)),
            "{activation}: {error}"
        );
    };
    for kinked in ["relu6", "elu", "relu + 1", "selu"] {
        refused(kinked, "kinks");
    }
    refused("sign", "kinks");
    refused("log(x)", "no convolutional kernel");
    refused("exp(x^2)", "`exp(x^2)`");
    // Images that are scaled too large for a series, not for the activation.
    let tanh = Cntk::<f64>::new(&network("tanh", &[1], Readout::Gap), [2, 2, 1]).unwrap();
    let error = tanh.profile(&[30.0; 4]).unwrap_err().to_string();
    assert!(error.contains("scale"), "{error}");
    let error = tanh.profile(&[8.0; 4]).unwrap_err().to_string();
    assert!(error.contains("standard deviation"), "{error}");
}

#[test]
fn zero_images_are_what_the_activation_makes_of_zero() {
    let shape = [4, 4, 2];
    let (zero, full) = (vec![0.0; 32], standard(32, 3));
    // Odd: nothing comes of nothing.
    let tanh = network("tanh", &[1, 3], Readout::Gap);
    assert_eq!(fast::<f64>(&tanh, shape, &zero, &full), [0.0; 2]);
    assert_eq!(fast::<f32>(&tanh, shape, &zero, &zero), [0.0; 2]);
    let phi = &SMOOTH[5].1;
    let softplus = network("softplus", &[1, 2], Readout::Gap);
    for y in [&zero, &full] {
        let wanted = slow_of(&softplus, phi, shape, &zero, y);
        assert!(wanted[0] > 0.0);
        let got = fast::<f64>(&softplus, shape, &zero, y);
        assert_near(&got, &wanted, DOUBLE, "softplus");
    }
}

#[test]
fn every_processor_expands_alike() {
    let shape = [5, 19, 1];
    let (x, y) = (standard(95, 1), standard(95, 2));
    let architecture = network("gelu", &[3], Readout::Gap);
    let value = |p| {
        let kernel = Cntk::<f32>::new(&architecture, shape).unwrap().on(p);
        let (x, y) = (kernel.profile(&x).unwrap(), kernel.profile(&y).unwrap());
        kernel.pair(&x, &y).unwrap()
    };
    let all = crate::cntk::Processor::all();
    for p in &all[1..] {
        assert_near(&value(*p), &value(all[0]), 1e-6, p.name());
    }
}
