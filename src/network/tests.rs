//! Gradients against differences, kernels against Jacobians, closed formulas and infinite width, training against its
//! linearisation.

use proptest::prelude::*;

use super::*;
use crate::activation::Expr;
use crate::classifier::Time;
use crate::deadline::Deadline;
use crate::gram::Matrix;
use crate::kernel::{Depth, Kernel, Kind};

fn expr(text: &str) -> Expr {
    Expr::parse(text).unwrap()
}

fn normalised(text: &str, depth: usize, width: usize) -> FiniteArchitecture {
    FiniteArchitecture::normalised(&expr(text), depth, width, Deadline::default()).unwrap()
}

/// Points of the unit circle at these angles.
fn circle(angles: &[f64]) -> Matrix {
    Matrix {
        rows: angles.len(),
        columns: 2,
        values: angles.iter().flat_map(|g| [g.cos(), g.sin()]).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Every entry of the Jacobian is a difference quotient of the outputs (smooth activations: relative error `h^2`).
    #[test]
    fn the_jacobian_is_the_difference_quotient(seed in any::<u64>(), depth in 1usize..4, bias in 0.0f64..1.0) {
        let a = FiniteArchitecture::with_scales(&expr("tanh(x)+x^2/4"), depth, 3, [0.7, 1.3, bias]).unwrap();
        let f = FiniteNetwork::sampled(&a, 2, seed).unwrap();
        let x = Matrix { rows: 2, columns: 2, values: vec![0.3, -1.1, 0.8, 0.2] };
        let jacobian = f.jacobian(&x).unwrap();
        let h = 1e-5;
        let mut at = 0;
        for l in 0..=depth {
            let (rows, columns) = (f.weights[l].nrows(), f.weights[l].ncols());
            let weights = (0..columns).flat_map(|j| (0..rows).map(move |i| (i, j)));
            let moved = |change: &dyn Fn(&mut FiniteNetwork, f64)| {
                let [above, below] = [h, -h].map(|h| {
                    let mut g = f.clone();
                    change(&mut g, h);
                    g.outputs(&x).unwrap()
                });
                [0, 1].map(|p| (above[p] - below[p]) / (2.0 * h))
            };
            let mut quotients: Vec<[f64; 2]> = weights
                .map(|(i, j)| moved(&|g, h| g.weights[l][(i, j)] += h))
                .collect();
            quotients.extend((0..columns).map(|j| moved(&|g, h| g.biases[l][j] += h)));
            for q in quotients {
                for (p, quotient) in q.iter().enumerate() {
                    let exact = jacobian.row(p)[at];
                    // third derivatives of some ten, times h^2; rounding 1e-16/h
                    prop_assert!((quotient - exact).abs() < 1e-7 * (1.0 + exact.abs()), "{quotient} {exact}");
                }
                at += 1;
            }
        }
        prop_assert_eq!(at, jacobian.columns);
    }

    /// The kernels by backpropagation are the products of the Jacobian's rows.
    #[test]
    fn the_tangent_kernel_is_the_product_of_jacobians(seed in any::<u64>(), depth in 1usize..4, bias in 0.0f64..1.0) {
        let a = FiniteArchitecture::with_scales(&expr("gelu"), depth, 7, [1.0, 1.4, bias]).unwrap();
        let f = FiniteNetwork::sampled(&a, 3, seed).unwrap();
        let x = Matrix { rows: 3, columns: 3, values: vec![0.3, -1.1, 0.8, 0.2, 0.5, 0.1, -0.4, 0.0, 2.0] };
        let j = f.jacobian(&x).unwrap();
        let k = f.kernels(&x).unwrap().ntk;
        for p in 0..3 {
            for q in 0..3 {
                let product: f64 = j.row(p).iter().zip(j.row(q)).map(|(a, b)| a * b).sum();
                prop_assert!((product - k.row(p)[q]).abs() < 1e-12 * (1.0 + product.abs()));
            }
        }
    }
}

/// Two layers without biases: `G + H` of Arora et al. and Du et al., written out unit by unit.
#[test]
fn two_layers_have_their_closed_formula() {
    let (m, relu) = (50, normalised("relu", 1, 50));
    let f = FiniteNetwork::sampled(&relu, 2, 9).unwrap();
    let x = circle(&[0.1, 1.0, 2.5]);
    let k = f.kernels(&x).unwrap();
    for i in 0..3 {
        for j in 0..3 {
            let dot: f64 = x.row(i).iter().zip(x.row(j)).map(|(a, b)| a * b).sum();
            let (mut g, mut h) = (0.0, 0.0);
            for r in 0..m {
                let u = |p: usize| {
                    f.weights[0][(0, r)] * x.row(p)[0] + f.weights[0][(1, r)] * x.row(p)[1]
                };
                let a = f.weights[1][(r, 0)];
                // sigma = sqrt(2) relu
                g += 2.0 * u(i).max(0.0) * u(j).max(0.0) / m as f64;
                if u(i) > 0.0 && u(j) > 0.0 {
                    h += 2.0 * a * a * dot / m as f64;
                }
            }
            assert!((k.nngp.row(i)[j] - g).abs() < 1e-13);
            assert!((k.ntk.row(i)[j] - g - h).abs() < 1e-13);
        }
    }
}

/// The deviation of the empirical kernels from `S_L` and `T_L` falls like `width^(-1/2)`: mean square over seeds and entries.
#[test]
fn kernels_tend_to_their_limits() {
    for (text, depth) in [("relu", 2), ("erf", 1)] {
        let x = circle(&[0.0, 0.4, 1.3, 2.9]);
        let phi = expr(text);
        let limits = [Kind::Nngp, Kind::Ntk].map(|kind| {
            Kernel::new(&phi, Depth::Layers(depth), kind, Deadline::default()).unwrap()
        });
        let deviation = |width: usize| {
            let a = normalised(text, depth as usize, width);
            let mut squares = [0.0; 2];
            for seed in 0..24 {
                let k = FiniteNetwork::sampled(&a, 2, seed)
                    .unwrap()
                    .kernels(&x)
                    .unwrap();
                for (k, (limit, square)) in
                    [k.nngp, k.ntk].iter().zip(limits.iter().zip(&mut squares))
                {
                    for i in 0..4 {
                        for j in 0..4 {
                            let rho: f64 = x.row(i).iter().zip(x.row(j)).map(|(a, b)| a * b).sum();
                            *square += (k.row(i)[j] - limit.at(rho)).powi(2);
                        }
                    }
                }
            }
            squares.map(f64::sqrt)
        };
        let (narrow, wide) = (deviation(32), deviation(512));
        for k in 0..2 {
            // 16 times the width: a factor 4; 24 draws give a spread of some 15 % each
            let order = (narrow[k] / wide[k]).ln() / 16f64.ln();
            assert!(
                (order - 0.5).abs() < 0.15,
                "{text}, kernel {k}: order {order}"
            );
        }
    }
}

/// The loss falls at least as fast as `exp(-2 t lambda_min)` allows where the kernel stays, and gradient descent is first
/// order: halving the rate at the same time halves the distance to half of that again.
#[test]
fn the_loss_falls_and_bad_questions_are_refused() {
    let x = circle(&[0.0, 1.0, 2.0]);
    let y = [1.0, -1.0, 0.5];
    let a = normalised("relu", 1, 2000);
    let mut f = FiniteNetwork::sampled(&a, 2, 3).unwrap();
    let k = f.kernels(&x).unwrap().ntk;
    let start = f.outputs(&x).unwrap();
    let initial: f64 = start
        .iter()
        .zip(&y)
        .map(|(f, y)| (f - y).powi(2))
        .sum::<f64>()
        / 2.0;
    let least = k
        .view()
        .self_adjoint_eigenvalues(faer::Side::Lower)
        .unwrap()[0];
    let (rate, steps) = (0.05, 100);
    let mut last = f64::INFINITY;
    let loss = f
        .descend(&x, &y, rate, steps, |_, outputs| {
            let loss: f64 = outputs
                .iter()
                .zip(&y)
                .map(|(f, y)| (f - y).powi(2))
                .sum::<f64>()
                / 2.0;
            assert!(loss <= last);
            last = loss;
            true
        })
        .unwrap();
    // the kernel moves by a few per cent at this width
    assert!(
        loss <= 1.2 * initial * (-2.0 * 0.95 * rate * steps as f64 * least).exp(),
        "{loss} {initial} {least}"
    );
    assert!(loss > 0.0 && loss < initial);
    assert!(f.outputs(&circle(&[0.0])).is_ok());
    let wrong = Matrix {
        rows: 1,
        columns: 3,
        values: vec![0.0; 3],
    };
    assert!(
        f.outputs(&wrong)
            .unwrap_err()
            .to_string()
            .contains("3 coordinates")
    );
    assert!(f.descend(&x, &y[..2], 0.1, 1, |_, _| true).is_err());
    assert!(f.descend(&x, &y, -0.1, 1, |_, _| true).is_err());
    let error = f
        .descend(&x, &y, 1e3, 2000, |_, _| true)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no number"), "{error}");
    assert!(FiniteNetwork::sampled(&a, 0, 1).is_err());
    assert!(FiniteNetwork::sampled(&normalised("relu", 4, 32_000), 2, 1).is_err());
    assert!(FiniteArchitecture::with_scales(&expr("relu"), 1, 8, [1.0, f64::NAN, 0.0]).is_err());
    assert!(FiniteArchitecture::normalised(&expr("0*x"), 1, 8, Deadline::default()).is_err());
}

/// A trained network follows its linearisation, the better the wider: the root mean square distance falls at least like
/// `width^(-1/2)`, the bound of Lee et al.
#[test]
fn wide_networks_follow_their_linearisation() {
    let (x, t) = (circle(&[0.0, 1.0, 2.0]), circle(&[0.5, 1.7]));
    let y = [1.0, -1.0, 0.5];
    let off = |width: usize| {
        let a = normalised("erf", 1, width);
        let mut sum = 0.0;
        for seed in 0..16 {
            let mut f = FiniteNetwork::sampled(&a, 2, seed).unwrap();
            let line = f.linearised(&x, &y, &t, 0.1, Time::Steps(50)).unwrap();
            f.descend(&x, &y, 0.1, 50, |_, _| true).unwrap();
            for (f, g) in f.outputs(&t).unwrap().iter().zip(&line) {
                sum += (f - g).powi(2);
            }
        }
        sum.sqrt()
    };
    let order = (off(32) / off(512)).ln() / 16f64.ln();
    assert!(order > 0.45, "{order}");
}
