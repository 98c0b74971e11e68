//! Training in closed form against a Runge-Kutta integration, iterated steps, regression, and its laws.

use proptest::prelude::*;

use super::*;
use crate::deadline::Deadline;
use crate::gram::tests::{numbers, points};
use crate::gram::{Gram, Lengths, Matrix, Spectrum};
use crate::kernel::{Depth, Kernel};

/// Training and test points with both kernels of relu at depth 2.
struct Case {
    theta: Matrix,
    cross: Matrix,
    k: Matrix,
    k_cross: Matrix,
    k_own: Matrix,
    y: Matrix,
}

const N: usize = 6;
const M: usize = 3;

fn case(seed: u64) -> Case {
    let (x, t) = (points(N, 3, seed), points(M, 3, seed ^ 99));
    let made = |kind| {
        let phi = Expr::parse("relu").unwrap();
        Kernel::new(&phi, Depth::Layers(2), kind, Deadline::default()).unwrap()
    };
    let (ntk, nngp) = (made(Kind::Ntk), made(Kind::Nngp));
    let same = |k: &Kernel, p: &Points| Gram::symmetric(k, p, Lengths::Unit).unwrap().matrix();
    let cross = |k: &Kernel| Gram::cross(k, &t, &x, Lengths::Unit).unwrap().matrix();
    Case {
        theta: same(&ntk, &x),
        cross: cross(&ntk),
        k: same(&nngp, &x),
        k_cross: cross(&nngp),
        k_own: same(&nngp, &t),
        y: matrix(N, 2, seed ^ 5),
    }
}

fn matrix(rows: usize, columns: usize, seed: u64) -> Matrix {
    let values = numbers(rows * columns, seed);
    Matrix {
        rows,
        columns,
        values,
    }
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let at = |i: usize, j: usize| {
        (0..a.columns)
            .map(|k| a.row(i)[k] * b.row(k)[j])
            .sum::<f64>()
    };
    let values = (0..a.rows)
        .flat_map(|i| (0..b.columns).map(move |j| at(i, j)))
        .collect();
    Matrix {
        rows: a.rows,
        columns: b.columns,
        values,
    }
}

fn distance(a: &Matrix, b: &Matrix) -> f64 {
    assert_eq!((a.rows, a.columns), (b.rows, b.columns));
    a.values
        .iter()
        .zip(&b.values)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

/// `f(X), f(x)` at time `t` by the classical Runge-Kutta method, from the differential equation alone.
fn integrated(
    c: &Case,
    rate: f64,
    start: [Matrix; 2],
    y: &Matrix,
    t: f64,
    steps: u32,
) -> [Matrix; 2] {
    let h = t / f64::from(steps);
    let slope = |f: &Matrix| {
        let mut rest = f.clone();
        rest.values
            .iter_mut()
            .zip(&y.values)
            .for_each(|(f, y)| *f = -rate * (*f - y));
        [product(&c.theta, &rest), product(&c.cross, &rest)]
    };
    let moved = |f: &Matrix, by: f64, s: &Matrix| {
        let mut g = f.clone();
        g.values
            .iter_mut()
            .zip(&s.values)
            .for_each(|(g, s)| *g += by * s);
        g
    };
    let [mut f, mut g] = start;
    for _ in 0..steps {
        let a = slope(&f);
        let b = slope(&moved(&f, h / 2.0, &a[0]));
        let d = slope(&moved(&f, h / 2.0, &b[0]));
        let e = slope(&moved(&f, h, &d[0]));
        for (k, out) in [&mut f, &mut g].into_iter().enumerate() {
            for (i, x) in out.values.iter_mut().enumerate() {
                let sum = a[k].values[i] + 2.0 * (b[k].values[i] + d[k].values[i]) + e[k].values[i];
                *x += h / 6.0 * sum;
            }
        }
    }
    [f, g]
}

fn zeros(rows: usize, columns: usize) -> Matrix {
    Matrix {
        rows,
        columns,
        values: vec![0.0; rows * columns],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Mean and covariance at a finite time are those of the differential equation: its linear map is had column by column.
    #[test]
    fn the_flow_is_the_differential_equation(seed in any::<u64>(), t in 0.01f64..3.0, rate in 0.1f64..1.0) {
        let c = case(seed);
        let d = Dynamics::new(&c.theta, rate, 0.0).unwrap();
        let (f, g) = (matrix(N, 2, seed ^ 1), matrix(M, 2, seed ^ 2));
        let [end, end_cross] = integrated(&c, rate, [f.clone(), g.clone()], &c.y, t, 800);
        // lambda_max <= 18, so h lambda <= 0.07 and the error is below (h lambda)^4
        prop_assert!(distance(&d.continued(&c.cross, &c.y, &f, &g, Time::Flow(t)).unwrap(), &end_cross) < 1e-6);
        prop_assert!(distance(&d.continued(&c.theta, &c.y, &f, &f, Time::Flow(t)).unwrap(), &end) < 1e-6);
        let unit = Matrix { rows: N, columns: N, values: (0..N * N).map(|k| f64::from(u8::from(k % (N + 1) == 0))).collect() };
        // f_t(x) = f_0(x) + map f_0(X) for Y = 0
        let [_, map] = integrated(&c, rate, [unit, zeros(M, N)], &zeros(N, N), t, 800);
        let transposed = |m: &Matrix| Matrix {
            rows: m.columns,
            columns: m.rows,
            values: (0..m.columns).flat_map(|j| (0..m.rows).map(move |i| (i, j))).map(|(i, j)| m.row(i)[j]).collect(),
        };
        let mixed = product(&map, &transposed(&c.k_cross));
        let last = product(&product(&map, &c.k), &transposed(&map));
        let prior = Prior { gram: &c.k, cross: &c.k_cross };
        let sigma = d.covariance(&c.cross, prior, &c.k_own, Time::Flow(t)).unwrap();
        for i in 0..M {
            for j in 0..M {
                let direct = c.k_own.row(i)[j] + mixed.row(i)[j] + mixed.row(j)[i] + last.row(i)[j];
                prop_assert!((sigma.row(i)[j] - direct).abs() < 1e-5, "{} {direct}", sigma.row(i)[j]);
            }
        }
        // symmetric, positive semidefinite, and its diagonal alone is the same
        prop_assert!(Spectrum::new(&sigma).unwrap().values()[0] > -1e-12);
        let own: Vec<f64> = (0..M).map(|i| c.k_own.row(i)[i]).collect();
        for (i, (v, error)) in d.variances(&c.cross, prior, &own, Time::Flow(t)).unwrap().into_iter().enumerate() {
            prop_assert!((v - sigma.row(i)[i]).abs() <= error + 1e-14);
        }
    }

    /// To go on for `t` after `s` is to go on for `s + t`.
    #[test]
    fn times_add(seed in any::<u64>(), s in 0.0f64..2.0, t in 0.0f64..2.0) {
        let c = case(seed);
        let d = Dynamics::new(&c.theta, 0.3, 0.0).unwrap();
        let (zero, zero_cross) = (zeros(N, 2), zeros(M, 2));
        let at = |t| (d.mean(&c.theta, &c.y, Time::Flow(t)).unwrap(), d.mean(&c.cross, &c.y, Time::Flow(t)).unwrap());
        let (f, g) = at(s);
        let on = d.continued(&c.cross, &c.y, &f, &g, Time::Flow(t)).unwrap();
        prop_assert!(distance(&on, &at(s + t).1) < 1e-11);
        prop_assert!(distance(&d.continued(&c.cross, &c.y, &zero, &zero_cross, Time::Flow(s)).unwrap(), &g) < 1e-13);
        // the residual: f - Y and its own decay
        let mut rest = zero;
        rest.values.iter_mut().zip(&c.y.values).for_each(|(r, y)| *r -= y);
        let left = d.residual(&rest, Time::Flow(s)).unwrap();
        for ((l, f), y) in left.values.iter().zip(&f.values).zip(&c.y.values) {
            prop_assert!((l - (f - y)).abs() < 1e-12);
        }
    }

    /// Before training the prior, at the end kernel regression and, for `Theta = K`, the posterior of the Gaussian process,
    /// which at any time is `K(x, x') - K(x, X) K^-1 (1 - e^{-2 eta K t}) K(X, x')`.
    #[test]
    fn the_ends_are_prior_and_regression(seed in any::<u64>(), t in 0.0f64..3.0) {
        let c = case(seed);
        let prior = Prior { gram: &c.k, cross: &c.k_cross };
        let d = Dynamics::new(&c.theta, 1.0, 0.0).unwrap();
        prop_assert!(distance(&d.mean(&c.cross, &c.y, Time::Flow(0.0)).unwrap(), &zeros(M, 2)) == 0.0);
        prop_assert!(distance(&d.covariance(&c.cross, prior, &c.k_own, Time::Flow(0.0)).unwrap(), &c.k_own) == 0.0);
        let condition = d.spectrum().condition().unwrap();
        prop_assume!(condition < 1e6);
        let slack = 1e-13 * condition;
        for ridge in [0.0, 0.1] {
            let d = Dynamics::new(&c.theta, 1.0, ridge).unwrap();
            let regression = Regression::new(&c.theta, &c.y, ridge, Definite::Factored).unwrap();
            let end = d.mean(&c.cross, &c.y, Time::Infinite).unwrap();
            prop_assert!(distance(&end, &regression.predictions(&c.cross).unwrap()) < slack);
            let late = d.mean(&c.cross, &c.y, Time::Flow(1e9)).unwrap();
            prop_assert!(distance(&end, &late) < slack);
        }
        let last = Dynamics::new(&c.k, 1.0, 0.0).unwrap();
        prop_assume!(last.spectrum().condition().unwrap() < 1e6);
        let sigma = last.covariance(&c.k_cross, prior, &c.k_own, Time::Infinite).unwrap();
        let posterior = Regression::new(&c.k, &c.y, 0.0, Definite::Factored).unwrap();
        let own: Vec<f64> = (0..M).map(|i| c.k_own.row(i)[i]).collect();
        for (i, v) in posterior.posterior_variances(&c.k_cross, &own).unwrap().into_iter().enumerate() {
            prop_assert!((sigma.row(i)[i] - v).abs() < 1e-8, "{} {v}", sigma.row(i)[i]);
        }
        let twice = Dynamics::new(&c.k, 2.0, 0.0).unwrap();
        let at_t = last.covariance(&c.k_cross, prior, &c.k_own, Time::Flow(t)).unwrap();
        let columns = Matrix {
            rows: N,
            columns: M,
            values: (0..N).flat_map(|k| (0..M).map(move |i| (i, k))).map(|(i, k)| c.k_cross.row(i)[k]).collect(),
        };
        let explained = twice.mean(&c.k_cross, &columns, Time::Flow(t)).unwrap();
        for i in 0..M {
            for j in 0..M {
                prop_assert!((at_t.row(i)[j] - (c.k_own.row(i)[j] - explained.row(i)[j])).abs() < 1e-11);
            }
        }
    }

    /// With a ridge the ensemble is that of noisy targets: at the end, for `Theta = K`, the posterior under noise of that
    /// variance, here by nalgebra's Cholesky from the textbook's formula; at any time, what noise adds to networks that all see
    /// the same targets is `ridge A A^T`, `A` the rows of predictions from unit targets.
    #[test]
    fn a_ridge_is_the_variance_of_noise(seed in any::<u64>(), log in -4.0f64..1.0, t in 0.01f64..3.0) {
        use nalgebra::DMatrix;
        let c = case(seed);
        let ridge = 10f64.powf(log);
        let prior = Prior { gram: &c.k, cross: &c.k_cross };
        let matrix = |m: &Matrix| DMatrix::from_row_slice(m.rows, m.columns, &m.values);
        let (k, cross, own) = (matrix(&c.k), matrix(&c.k_cross), matrix(&c.k_own));
        let noisy = &k + DMatrix::identity(N, N) * ridge;
        let solved = noisy.clone().cholesky().unwrap().solve(&cross.transpose());
        let posterior = &own - &cross * &solved;
        let d = Dynamics::new(&c.k, 1.0, ridge).unwrap();
        let sigma = d.covariance(&c.k_cross, prior, &c.k_own, Time::Infinite).unwrap();
        // A solution of either is off by some n 2^-52 times the condition, which is at most (|K| + ridge)/ridge; the kernels
        // have entries of the order of N.
        let size = k.norm() + ridge;
        let slack = 100.0 * f64::EPSILON * size * (size / ridge);
        for i in 0..M {
            for j in 0..M {
                prop_assert!((sigma.row(i)[j] - posterior[(i, j)]).abs() < slack, "{i} {j} {ridge:e}");
            }
        }
        let own_diagonal: Vec<f64> = (0..M).map(|i| c.k_own.row(i)[i]).collect();
        let ends = d.variances(&c.k_cross, prior, &own_diagonal, Time::Infinite).unwrap();
        for (i, (v, error)) in ends.into_iter().enumerate() {
            prop_assert!((v - posterior[(i, i)].max(0.0)).abs() < slack + error);
        }
        // at any time, also with a tangent kernel: A from the targets e_1 .. e_n
        let d = Dynamics::new(&c.theta, 1.0, ridge).unwrap();
        let unit = Matrix {
            rows: N,
            columns: N,
            values: (0..N * N).map(|k| f64::from(u8::from(k / N == k % N))).collect(),
        };
        let a = matrix(&d.mean(&c.cross, &unit, Time::Flow(t)).unwrap());
        let expected = &own - &a * cross.transpose() - &cross * a.transpose() + &a * noisy * a.transpose();
        let sigma = d.covariance(&c.cross, prior, &c.k_own, Time::Flow(t)).unwrap();
        let scale = own.norm() + a.norm() * (cross.norm() + size * a.norm());
        for i in 0..M {
            for j in 0..M {
                prop_assert!((sigma.row(i)[j] - expected[(i, j)]).abs() < 100.0 * f64::EPSILON * scale);
            }
        }
    }

    /// Steps of gradient descent, one after the other.
    #[test]
    fn steps_are_iterated(seed in any::<u64>(), k in 0u64..40, share in 0.01f64..0.99) {
        let c = case(seed);
        let rate = share * Dynamics::new(&c.theta, 1.0, 0.0).unwrap().critical_rate();
        let d = Dynamics::new(&c.theta, rate, 0.0).unwrap();
        let (mut f, mut g) = (zeros(N, 2), zeros(M, 2));
        for _ in 0..k {
            let mut rest = f.clone();
            rest.values.iter_mut().zip(&c.y.values).for_each(|(f, y)| *f -= y);
            let (a, b) = (product(&c.theta, &rest), product(&c.cross, &rest));
            f.values.iter_mut().zip(&a.values).for_each(|(f, a)| *f -= rate * a);
            g.values.iter_mut().zip(&b.values).for_each(|(g, b)| *g -= rate * b);
        }
        prop_assert!(distance(&d.mean(&c.cross, &c.y, Time::Steps(k)).unwrap(), &g) < 1e-11);
        prop_assert!(distance(&d.mean(&c.theta, &c.y, Time::Steps(k)).unwrap(), &f) < 1e-11);
    }
}

/// Gradient descent tends to the flow, the distance like the rate.
#[test]
fn small_steps_are_the_flow() {
    let c = case(4);
    let flow = Dynamics::new(&c.theta, 1.0, 0.0)
        .unwrap()
        .mean(&c.cross, &c.y, Time::Flow(1.0))
        .unwrap();
    let off = |steps: u64| {
        let d = Dynamics::new(&c.theta, 1.0 / steps as f64, 0.0).unwrap();
        distance(&d.mean(&c.cross, &c.y, Time::Steps(steps)).unwrap(), &flow)
    };
    let order = (off(1000) / off(4000)).ln() / 4f64.ln();
    assert!((order - 1.0).abs() < 0.02, "{order}");
}

/// Early times and vanishing eigenvalues keep their digits.
#[test]
fn small_numbers_keep_their_digits() {
    let theta = Matrix {
        rows: 2,
        columns: 2,
        values: vec![1.0, 0.0, 0.0, 1e-300],
    };
    let y = Matrix {
        rows: 2,
        columns: 1,
        values: vec![1.0, 1.0],
    };
    let d = Dynamics::new(&theta, 1.0, 0.0).unwrap();
    let cross = Matrix {
        rows: 2,
        columns: 2,
        values: vec![1.0, 0.0, 0.0, 1.0],
    };
    for t in [1e-30, 1e-8, 0.5, 700.0] {
        let f = d.mean(&cross, &y, Time::Flow(t)).unwrap();
        assert!((f.values[0] / -(-t).exp_m1() - 1.0).abs() < 1e-15, "{t}");
        assert!((f.values[1] / t - 1.0).abs() < 1e-15, "{t}");
    }
    let error = d.mean(&cross, &y, Time::Infinite).unwrap_err().to_string();
    assert!(error.contains("rank 1 of 2"), "{error}");
    assert!(d.spectrum().condition().is_none());
}

#[test]
fn spectra_are_spectra_and_bad_questions_are_refused() {
    // eigenvalues 2 - 2 cos(k pi/(n+1)) of the second difference
    let n = 12;
    let at = |i: usize, j: usize| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    };
    let second = Matrix {
        rows: n,
        columns: n,
        values: (0..n * n).map(|k| at(k / n, k % n)).collect(),
    };
    let s = Spectrum::new(&second).unwrap();
    for (k, value) in s.values().iter().enumerate() {
        let exact = 2.0 - 2.0 * (std::f64::consts::PI * (k + 1) as f64 / (n + 1) as f64).cos();
        assert!((value - exact).abs() < s.rounding());
    }
    assert!((s.condition().unwrap() * s.values()[0] / s.largest() - 1.0).abs() < 1e-15);
    let c = case(1);
    assert!(Spectrum::new(&c.cross).is_err());
    let bad = Matrix {
        rows: 1,
        columns: 1,
        values: vec![f64::INFINITY],
    };
    assert!(
        Spectrum::new(&bad)
            .unwrap_err()
            .to_string()
            .contains("rows 1 and 1")
    );
    let negative = Matrix {
        rows: 1,
        columns: 1,
        values: vec![-1.0],
    };
    assert!(Dynamics::new(&negative, 1.0, 0.0).is_err());
    assert!(
        Dynamics::new(&c.theta, 0.0, 0.0).is_err() && Dynamics::new(&c.theta, 1.0, -1.0).is_err()
    );
    let d = Dynamics::new(&c.theta, 10.0, 0.0).unwrap();
    let error = d
        .mean(&c.cross, &c.y, Time::Steps(3))
        .unwrap_err()
        .to_string();
    assert!(error.contains("diverges"), "{error}");
    assert!(d.mean(&c.cross, &c.y, Time::Flow(-1.0)).is_err());
    assert!(d.mean(&c.cross, &zeros(N + 1, 2), Time::Flow(1.0)).is_err());
    assert!(d.mean(&c.k_own, &c.y, Time::Flow(1.0)).is_err());
}

/// An ensemble is its matrices: variances before training are the kernel's own, in the end it is the regression with a ridge
/// relative to the diagonal; lengths count where they are kept.
#[test]
fn an_ensemble_begins_with_the_kernel_and_ends_with_the_regression() {
    let (x, t) = (points(N, 3, 5), points(M, 3, 6));
    let made = |kind| {
        let phi = Expr::parse("relu").unwrap();
        Kernel::new(&phi, Depth::Layers(2), kind, Deadline::default()).unwrap()
    };
    let (nngp, ntk) = (made(Kind::Nngp), made(Kind::Ntk));
    let y = matrix(N, 2, 9);
    for lengths in [Lengths::Keep, Lengths::Unit] {
        let (ridge, both) = (0.3, [&x, &t]);
        let ensemble = Ensemble::new(&nngp, Some(&ntk), both, lengths, ridge).unwrap();
        let own = Gram::symmetric(&nngp, &t, lengths).unwrap().matrix();
        let (mean, variances) = ensemble.at(&y, Time::Flow(0.0)).unwrap();
        for (i, (variance, _)) in variances.iter().enumerate() {
            assert!(
                (variance / own.row(i)[i] - 1.0).abs() < 1e-14,
                "{lengths:?}"
            );
            assert_eq!(mean.row(i), [0.0, 0.0]);
        }
        let theta = Gram::symmetric(&ntk, &x, lengths).unwrap().matrix();
        let cross = Gram::cross(&ntk, &t, &x, lengths).unwrap().matrix();
        let noise = ridge * theta.mean_diagonal();
        let fit = Regression::new(&theta, &y, noise, Definite::Factored).unwrap();
        let (mean, _) = ensemble.at(&y, Time::Infinite).unwrap();
        for (a, b) in mean
            .values
            .iter()
            .zip(&fit.predictions(&cross).unwrap().values)
        {
            // a condition below 1/ridge or so
            assert!((a - b).abs() < 1e-13, "{lengths:?} {a} {b}");
        }
    }
    let late = Kernel::new(
        &Expr::parse("relu").unwrap(),
        Depth::Infinite,
        Kind::Nngp,
        Deadline::default(),
    );
    assert!(Ensemble::new(&late.unwrap(), None, [&x, &t], Lengths::Unit, 0.0).is_err());
}
