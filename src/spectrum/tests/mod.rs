//! Closed forms, laws, two roads.

mod curves;
mod rules;

use rug::{Float, Rational};
use serde_json::Value as Json;

use super::harmonics::{moment, multiplicity, normalisation, zonal};
use super::{KernelSpectrum, Space};
use crate::activation::Expr;
use crate::real::{Analytic, Ball, Real, bits_for};
use crate::{Activation, Convention, Deadline, Depth, Effort, Kind, Network};

fn network(text: &str) -> Network {
    Network::of(&text.parse::<Activation>().unwrap())
}

fn spectrum(
    network: &Network,
    space: Space,
    (kind, depth): (Kind, u64),
    degree: u32,
    digits: usize,
) -> KernelSpectrum {
    network
        .spectrum(
            space,
            kind,
            Depth::Layers(depth),
            degree,
            &Effort::digits(digits),
        )
        .unwrap()
}

/// A recorded decimal, off by no more than its last digit.
fn recorded(text: &str) -> Ball {
    let value = Float::with_val(400, Float::parse(text).unwrap());
    let digits = text.chars().filter(char::is_ascii_digit).count() as f64 - 3.0;
    let size = value.clone().abs().log10().to_f64();
    let error = match value.is_zero() {
        true => Float::new(53),
        false => Float::with_val(53, size - digits.min(22.0)).exp10(),
    };
    Ball::new(value, &error)
}

fn oracle(name: &str) -> Vec<Vec<Json>> {
    let all: Json =
        serde_json::from_str(include_str!("../../../tests/oracles/spectrum.json")).unwrap();
    let rows = all[name].as_array().unwrap();
    rows.iter().map(|r| r.as_array().unwrap().clone()).collect()
}

fn number(json: &Json) -> u32 {
    json.as_u64().unwrap() as u32
}

fn has_digits(values: &KernelSpectrum, digits: usize) {
    for e in &values.eigenvalues {
        assert!(
            e.vanishes() || e.value.relative_bits() >= bits_for(digits) - 6,
            "{} {}: {:?}",
            values.space,
            e.degree,
            e.value
        );
    }
}

/// Bach 2017: 2 (d+1) mu_k^2, in closed form, to 30 digits; and 0 is 0.
#[test]
fn one_hidden_layer_of_relu_in_closed_form() {
    let relu = network("relu");
    for d in [1, 2, 3, 4, 9] {
        let found = spectrum(&relu, Space::Sphere(d), (Kind::Nngp, 1), 40, 30);
        has_digits(&found, 30);
        for row in oracle("relu_nngp").iter().filter(|r| number(&r[0]) == d) {
            let (k, expected) = (number(&row[1]), row[2].as_str().unwrap());
            let e = &found.eigenvalues[k as usize];
            assert!(
                e.value.overlaps(&recorded(expected)),
                "{d} {k}: {:?} {expected}",
                e.value
            );
            assert_eq!(e.vanishes(), expected == "0.0", "{d} {k}");
        }
    }
}

#[test]
fn tangent_kernels_of_relu_integrated_elsewhere() {
    for row in oracle("relu_ntk") {
        let [layers, d, k] = [0, 1, 2].map(|i| number(&row[i]));
        let found = spectrum(
            &network("relu"),
            Space::Sphere(d),
            (Kind::Ntk, layers.into()),
            k,
            25,
        );
        let value = &found.eigenvalues[k as usize].value;
        let expected = recorded(row[3].as_str().unwrap());
        assert!(value.overlaps(&expected), "{row:?}: {value:?}");
        assert!(value.relative_bits() > 80);
    }
}

#[test]
fn erf_on_the_cube_of_128_dimensions() {
    let found = spectrum(&network("erf"), Space::Cube(128), (Kind::Ntk, 4), 48, 15);
    has_digits(&found, 15);
    for row in oracle("cube_erf_ntk_4") {
        let e = &found.eigenvalues[number(&row[0]) as usize];
        let expected = row[1].as_str().unwrap();
        assert!(
            e.value.overlaps(&recorded(expected)),
            "{row:?}: {:?}",
            e.value
        );
        assert_eq!(e.vanishes(), expected == "0");
    }
}

/// A polynomial kernel `sum b_n rho^n` has the eigenvalues `sum b_n c(n, k, d)`, in rational numbers.
#[test]
fn polynomials_by_their_coefficients() {
    // (h_1 + h_3)/sqrt(2): the dual is (rho + rho^3)/2
    let dual: [i64; 4] = [0, 1, 0, 1];
    let half = |n: i64| Rational::from((n, 2));
    let mut twice = vec![Rational::new(); 10];
    // (D + D^3)/2 with D = (rho + rho^3)/2
    for (n, c) in dual.iter().enumerate() {
        twice[n] += half(*c) / 2;
    }
    for (n, c) in [(3, 1), (5, 3), (7, 3), (9, 1)] {
        twice[n] += Rational::from((c, 16));
    }
    let once: Vec<Rational> = dual.iter().map(|c| half(*c)).collect();
    let odd = network("(hermite(1,x)+hermite(3,x))/sqrt(2)");
    // (1 + 2 h_2)/sqrt(5): (1 + 4 rho^2)/5, and its tangent kernel rho (8/5) rho + (1 + 4 rho^2)/5
    let even = network("1+2*hermite(2,x)");
    let fifth = |n: i64| Rational::from((n, 5));
    let nngp = vec![fifth(1), fifth(0), fifth(4)];
    let ntk = vec![fifth(1), fifth(0), fifth(12)];
    for d in [1, 2, 3, 4, 9, 50] {
        for (network, kind, depth, b) in [
            (&odd, Kind::Nngp, 1, &once),
            (&odd, Kind::Nngp, 2, &twice),
            (&even, Kind::Nngp, 1, &nngp),
            (&even, Kind::Ntk, 1, &ntk),
        ] {
            let found = spectrum(network, Space::Sphere(d), (kind, depth), 12, 20);
            has_digits(&found, 20);
            for e in &found.eigenvalues {
                let exact: Rational = (0..)
                    .zip(b)
                    .map(|(n, b)| b.clone() * moment(d, n, e.degree))
                    .sum();
                assert_eq!(e.vanishes(), exact == 0, "{d} {depth} {}", e.degree);
                assert!(
                    e.value.overlaps(&Ball::rational(&exact, 300)),
                    "{d} {depth} {}: {:?} {exact}",
                    e.degree,
                    e.value
                );
            }
            // nothing is left: the kernel ends at degree 9
            let rest = found.rest.unwrap();
            assert!(rest.contains_zero() && rest.upper() < 1e-19);
        }
    }
}

/// The moments of powers: `1 = sum N c(n, k)`, and `c(n, k) <= 1/N`.
#[test]
fn powers_are_sums_of_harmonics() {
    for d in [1, 2, 3, 10] {
        for n in [0, 1, 4, 7, 12] {
            let mut sum = Rational::new();
            for k in 0..=n {
                let c = moment(d, n, k) * multiplicity(d, k);
                assert!((0..=1).contains(&c), "{d} {n} {k}");
                sum += c;
            }
            assert_eq!(sum, 1, "{d} {n}");
        }
    }
}

/// `K(rho) = sum N lambda_k P_k(rho)`, up to what the degrees above have at 1: for kinks, jumps, biases, all depths.
#[test]
fn kernels_are_the_sums_of_their_harmonics() {
    let biased = network("gelu")
        .convention(Convention::Lee2019)
        .weights("3/2")
        .unwrap()
        .biases("1/3")
        .unwrap();
    let odd_biased = network("erf")
        .convention(Convention::Lee2019)
        .weights("3/2")
        .unwrap()
        .biases("1/2")
        .unwrap();
    let cases: [(Network, Kind, u64, u32, u32); 9] = [
        (network("step"), Kind::Nngp, 2, 3, 12),
        (odd_biased, Kind::Ntk, 2, 3, 12),
        (network("relu"), Kind::Ntk, 3, 3, 24),
        (biased, Kind::Ntk, 2, 4, 16),
        (network("hard_tanh"), Kind::Nngp, 1, 2, 16),
        (network("sign"), Kind::Nngp, 2, 4, 16),
        (network("erf"), Kind::Ntk, 4, 1, 40),
        (network("tanh"), Kind::Nngp, 2, 6, 10),
        (network("relu"), Kind::Nngp, 0, 5, 3),
    ];
    for (network, kind, depth, d, degree) in &cases {
        let found = spectrum(network, Space::Sphere(*d), (*kind, *depth), *degree, 8);
        let rest = found.rest.clone().unwrap();
        assert!(rest.lower() >= 0);
        for rho in [
            Rational::from(-1),
            (-1, 3).into(),
            Rational::new(),
            (4, 5).into(),
        ] {
            // the tangent kernel of a jump is infinite there, and `values` has both or none
            if network.activation().continuous == Some(false) && rho == -1 {
                continue;
            }
            let at = network
                .values(*depth, std::slice::from_ref(&rho), &Effort::digits(20))
                .unwrap();
            let value = match kind {
                Kind::Nngp => at[0].nngp.value(),
                Kind::Ntk => at[0].ntk.as_ref().unwrap().value(),
            };
            let p = zonal(*d, *degree, &Ball::rational(&rho, 300));
            let sum = found.eigenvalues.iter().fold(Ball::int(0, 200), |sum, e| {
                let n = Ball::exact(Float::with_val(100, &e.multiplicity));
                sum + &(&(&n * &e.value) * &p[e.degree as usize])
            });
            let enclosed = sum.widened(&rest.upper());
            assert!(
                enclosed.overlaps(&value),
                "{network} {kind} {depth} {rho}: {value:?} {sum:?} {rest:?}"
            );
        }
    }
}

/// What is left above degree `k` is no more than `sum_(n > k) a_n^2` (Parseval), and the spectrum of a smooth kernel ends soon.
#[test]
fn the_rest_is_that_of_parseval() {
    let text = "softplus";
    let found = spectrum(&network(text), Space::Sphere(3), (Kind::Nngp, 1), 9, 12);
    let terms = crate::hermite::terms(&Expr::parse(text).unwrap(), 10, 20, Deadline::default());
    let sum: f64 = terms.unwrap().iter().map(|a| a.to_f64() * a.to_f64()).sum();
    let rest = found.rest.unwrap().to_f64();
    assert!(rest > 0.0 && rest <= 1.0 - sum + 1e-12, "{rest} {sum}");
    let smooth = spectrum(&network("erf"), Space::Sphere(9), (Kind::Ntk, 2), 60, 10);
    has_digits(&smooth, 10);
    assert!(smooth.rest.unwrap().upper() < 1e-9);
}

/// On the corners: `lambda_k` by summing over all of them, and the trace.
#[test]
fn the_cube_corner_by_corner() {
    for (text, kind, depth, d) in [
        ("relu", Kind::Ntk, 2, 6),
        ("erf", Kind::Nngp, 3, 7),
        ("gelu", Kind::Ntk, 1, 5),
    ] {
        let found = spectrum(&network(text), Space::Cube(d), (kind, depth), d, 12);
        has_digits(&found, 12);
        let kernel = network(text)
            .kernel(Depth::Layers(depth), kind, &Effort::default())
            .unwrap();
        for e in &found.eigenvalues {
            let mut sum = 0.0;
            for corner in 0_u32..1 << d {
                let minus = corner.count_ones();
                let sign = (corner & ((1 << e.degree) - 1)).count_ones() % 2;
                let value = kernel.at(1.0 - 2.0 * f64::from(minus) / f64::from(d));
                sum += if sign == 1 { -value } else { value };
            }
            let value = e.value.to_f64();
            let mean = sum / f64::from(1 << d);
            assert!(
                (mean - value).abs() < 1e-13,
                "{text} {}: {mean} {value}",
                e.degree
            );
        }
        let trace = found.trace.unwrap();
        let sum = found.eigenvalues.iter().fold(Ball::int(0, 200), |sum, e| {
            sum + &(&Ball::exact(Float::with_val(64, &e.multiplicity)) * &e.value)
        });
        assert!(sum.overlaps(&trace));
        assert!(found.rest.unwrap().mid().is_zero());
    }
}

/// The singular limit: the same integral in doubles, and the coefficients of the power series from below.
#[test]
fn singular_kernels_have_spectra() {
    for (text, d) in [
        ("optimal(2)", 3),
        ("optimal(2)", 9),
        ("optimal(4)", 7),
        ("erf", 2),
    ] {
        let network = network(text);
        let found = network
            .spectrum(
                Space::Sphere(d),
                Kind::Ntk,
                Depth::Infinite,
                6,
                &Effort::digits(10),
            )
            .unwrap();
        has_digits(&found, 10);
        assert!(found.trace.is_none() && found.rest.is_none());
        let kernel = network
            .kernel(Depth::Infinite, Kind::Ntk, &Effort::default())
            .unwrap();
        let c = normalisation(d, 64).to_f64();
        for e in &found.eigenvalues {
            // t = tanh u, step 1/16
            let term = |j: i32| {
                let u = f64::from(j) / 16.0;
                let gap = 2.0 / ((2.0 * u).exp() + 1.0);
                let weight = u.cosh().recip().powi(d as i32) / 16.0;
                let other = 2.0 / ((-2.0 * u).exp() + 1.0);
                let value = match (gap < 0.5, other < 0.5) {
                    (true, _) => kernel.at_gap(gap),
                    (_, true) => kernel.at_opposite_gap(other),
                    _ => kernel.at(1.0 - gap),
                };
                let p = zonal(d, e.degree, &Ball::exact(Float::with_val(200, 1.0 - gap)));
                c * weight * value * p[e.degree as usize].to_f64()
            };
            let sum: f64 = (-500..500).map(term).sum();
            let value = e.value.to_f64();
            assert!(
                (sum - value).abs() < 1e-9 * (1.0 + value),
                "{text} {d} {}: {sum} {value}",
                e.degree
            );
        }
    }
}

#[test]
fn decay_is_what_theory_proves() {
    for (text, kind, depth, d, exponent) in [
        ("relu", Kind::Nngp, 1, 2, 5.0),
        ("relu", Kind::Ntk, 1, 3, 4.0),
        ("leaky_relu", Kind::Ntk, 3, 2, 3.0),
        ("abs(x)", Kind::Nngp, 2, 4, 7.0),
        ("sign", Kind::Nngp, 2, 2, 2.5),
        ("sign", Kind::Nngp, 1, 3, 4.0),
    ] {
        let network = network(text);
        let found = spectrum(&network, Space::Sphere(d), (kind, depth), 100, 8);
        let proved = network.decay(found.space, kind, Depth::Layers(depth));
        assert_eq!(proved.unwrap().exponent.to_f64(), exponent, "{text}");
        let observed = found.observed_decay();
        assert!(!observed.is_empty(), "{text}");
        for seen in observed {
            assert!(
                (seen.exponent / exponent - 1.0).abs() < 0.04,
                "{text} {kind} {depth}: {seen:?}"
            );
        }
    }
    // faster than any power
    let smooth = spectrum(&network("erf"), Space::Sphere(2), (Kind::Nngp, 1), 60, 8);
    assert_eq!(smooth.observed_decay(), []);
}
