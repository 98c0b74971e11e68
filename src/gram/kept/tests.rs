//! Entries on rows of several lengths against certified values, formulas by hand, and the kernel on one length.

use super::vector::{LANES, from, portable, sums};
use crate::gram::tests::numbers;
use crate::gram::{Gram, Lengths, Matrix, Points};
use crate::kernel::{Depth, Kernel, Kind};
use crate::{Activation, Convention, Effort, Error, Network};

fn network(text: &str, sigma_w: &str, sigma_b: &str) -> Network {
    let activation: Activation = text.parse().unwrap();
    let network = Network::of(&activation).convention(Convention::Lee2019);
    network.weights(sigma_w).unwrap().biases(sigma_b).unwrap()
}

fn compiled(text: &str, layers: u64, kind: Kind) -> Kernel {
    network(text, "3/2", "1/10")
        .kernel(Depth::Layers(layers), kind, &Effort::default())
        .unwrap()
}

fn kept(kernel: &Kernel, points: &Points) -> Matrix {
    let gram = Gram::symmetric(kernel, points, Lengths::Keep).unwrap();
    assert!(gram.error().is_none_or(|e| e < 1e-10));
    gram.matrix()
}

/// `|K_ij - exact|` of `sqrt(K_ii K_jj)`.
fn off(k: &Matrix, (i, j): (usize, usize), exact: f64) -> f64 {
    (k.row(i)[j] - exact).abs() / (k.row(i)[i] * k.row(j)[j]).sqrt()
}

/// Triples of Pythagoras over 8: lengths and correlations are rational, so the certified kernels have them exactly.
#[test]
fn entries_are_the_certified_ones() {
    let rows = [(3, 4), (5, 12), (-8, 15), (4, -3)];
    let points = Points::new(
        2,
        rows.iter()
            .flat_map(|(x, y)| [*x, *y])
            .map(|x| f64::from(x) / 8.0)
            .collect(),
    );
    let points = points.unwrap();
    let square = |(x, y): (i32, i32)| x * x + y * y;
    let root = |r: (i32, i32)| f64::from(square(r)).sqrt() as i32;
    for text in ["gelu", "erf", "relu", "x^3 - x", "tanh"] {
        let kinds = [Kind::Nngp, Kind::Ntk];
        let matrices = kinds.map(|kind| kept(&compiled(text, 2, kind), &points));
        for (i, x) in rows.iter().enumerate() {
            for (j, y) in rows.iter().enumerate().take(i + 1) {
                // windows of balls take their time
                if text == "tanh" && i != j + 1 {
                    continue;
                }
                let rho = format!("{}/{}", x.0 * y.0 + x.1 * y.1, root(*x) * root(*y));
                let [first, second] = [x, y].map(|r| format!("{}/64", square(*r)));
                let of = network(text, "3/2", "1/10");
                let of = of.norms(first.as_str(), second.as_str()).unwrap();
                let found = of.values(2, &[rho.as_str()], &Effort::digits(13)).unwrap();
                let (nngp, ntk) = (&found[0].nngp, found[0].ntk.as_ref().unwrap());
                for (k, exact) in matrices.iter().zip([nngp, ntk]) {
                    // twelve digits at least
                    let exact = exact.value().to_f64();
                    assert!(off(k, (i, j), exact) < 1e-12, "{text} {rho} {exact}");
                }
            }
        }
    }
}

/// On rows of length 1 the kernel is the one that is compiled there.
#[test]
fn rows_of_one_length_have_the_kernel_of_that() {
    let mut rows = numbers(30 * 4, 3);
    for row in rows.chunks_mut(4) {
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter_mut().for_each(|x| *x /= length);
    }
    let points = Points::new(4, rows).unwrap();
    for text in [
        "tanh",
        "softplus",
        "gelu",
        "relu",
        "sin(x) + x",
        "exp(-x^2)",
    ] {
        for kind in [Kind::Nngp, Kind::Ntk] {
            let kernel = compiled(text, 3, kind);
            let k = kept(&kernel, &points);
            let unit = Gram::symmetric(&kernel, &points, Lengths::Unit)
                .unwrap()
                .matrix();
            for i in 0..30 {
                for j in 0..=i {
                    assert!(
                        off(&k, (i, j), unit.row(i)[j]) < 2e-12,
                        "{text} {kind} {i} {j}"
                    );
                }
            }
        }
    }
}

/// ReLU with biases, by hand (Cho and Saul 2009); nearly equal rows included, whose tangent kernel bends at the gap's root.
#[test]
fn relu_with_biases_is_the_arc_cosine_kernel() {
    let mut rows = numbers(12 * 3, 5);
    let near: Vec<f64> = rows[..3]
        .iter()
        .zip([1e-9, 0.0, -2e-9])
        .map(|(x, e)| x + e)
        .collect();
    rows.extend(near);
    rows[3..6].iter_mut().for_each(|x| *x *= 1e3);
    let points = Points::new(3, rows.clone()).unwrap();
    let layers = 3;
    for kind in [Kind::Nngp, Kind::Ntk] {
        let k = kept(&compiled("relu", layers, kind), &points);
        let w = 2.25;
        for i in 0..13 {
            for j in 0..i {
                // in 200 bits
                let number = |x: f64| rug::Float::with_val(200, x);
                let dot = |a: usize, c: usize| {
                    let pairs = rows[3 * a..3 * a + 3].iter().zip(&rows[3 * c..3 * c + 3]);
                    pairs.fold(number(0.0), |s, (x, y)| s + number(*x) * number(*y)) * number(w)
                };
                let b = number(1.0) / 100u32;
                let (mut q, mut p, mut c) = (dot(i, i) + &b, dot(j, j) + &b, dot(i, j) + &b);
                let mut theta = c.clone();
                let pi = rug::Float::with_val(200, rug::float::Constant::Pi);
                for _ in 0..layers {
                    let size = rug::Float::with_val(200, &q * &p).sqrt();
                    let angle = rug::Float::with_val(200, &c / &size).acos();
                    let rest = number(0.0) + &pi - &angle;
                    let value = (angle.clone().sin() + rest.clone() * angle.cos()) * &size
                        / (number(2.0) * &pi);
                    let slope = rest / (number(2.0) * &pi);
                    c = value * w + &b;
                    theta = theta * slope * w + &c;
                    q = q * w / 2u32 + &b;
                    p = p * w / 2u32 + &b;
                }
                let exact = if kind == Kind::Nngp { c } else { theta };
                assert!(off(&k, (i, j), exact.to_f64()) < 1e-13, "{kind} {i} {j}");
            }
        }
    }
}

/// A few rows that are far longer than the others take long series, each alone; pairs are those of a matrix of these alone.
#[test]
fn long_rows_among_short_ones() {
    let mut rows = numbers(100 * 3, 21);
    for i in [7, 40, 90] {
        rows[3 * i..3 * i + 3].iter_mut().for_each(|x| *x *= 9.0);
    }
    let all = Points::new(3, rows).unwrap();
    let chosen = [3, 7, 40, 50, 90, 91];
    let some = all.selected(&chosen).unwrap();
    for (text, kind) in [("tanh", Kind::Nngp), ("silu", Kind::Ntk)] {
        let kernel = compiled(text, 2, kind);
        let (large, small) = (kept(&kernel, &all), kept(&kernel, &some));
        for (a, i) in chosen.iter().enumerate() {
            for (b, j) in chosen.iter().enumerate() {
                assert!(
                    off(&large, (*i, *j), small.row(a)[b]) < 2e-12,
                    "{text} {i} {j}"
                );
            }
        }
    }
}

/// A rectangle is a part of the square, the diagonal its own, and rows of zeros have a kernel.
#[test]
fn rectangles_diagonals_and_rows_of_zeros() {
    let mut rows = numbers(150 * 3, 9);
    rows.iter_mut()
        .enumerate()
        .for_each(|(k, x)| *x *= f64::from(k as i32 % 5));
    rows[..3].fill(0.0);
    let all = Points::with_zero_rows(3, rows.clone()).unwrap();
    let (some, rest) = rows.split_at(40 * 3);
    let some = Points::with_zero_rows(3, some.to_vec()).unwrap();
    let rest = Points::with_zero_rows(3, rest.to_vec()).unwrap();
    for text in ["tanh", "gelu", "cos", "relu"] {
        let kernel = compiled(text, 2, Kind::Ntk);
        let square = kept(&kernel, &all);
        let cross = Gram::cross(&kernel, &some, &rest, Lengths::Keep)
            .unwrap()
            .matrix();
        let own = Gram::diagonal(&kernel, &all, Lengths::Keep).unwrap();
        for i in 0..150 {
            assert_eq!(own[i], square.row(i)[i]);
            for j in 0..40 {
                let size = (own[j] * own[i]).sqrt();
                assert!((square.row(j)[i] - square.row(i)[j]).abs() == 0.0);
                if i >= 40 {
                    assert!(
                        (cross.row(j)[i - 40] - square.row(j)[i]).abs() < 1e-12 * size,
                        "{text}"
                    );
                }
            }
        }
    }
    // without biases nothing comes of a row of zeros where phi(0) = 0
    let kernel = network("tanh", "1", "0").kernel(Depth::Layers(2), Kind::Nngp, &Effort::default());
    let k = kept(&kernel.unwrap(), &all);
    assert!(k.row(0).iter().all(|x| *x == 0.0) && k.row(1)[1] > 0.0);
}

#[test]
fn what_is_not_known_at_two_variances_is_refused() {
    let points = Points::new(2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let refused = |kernel: &Kernel| Gram::symmetric(kernel, &points, Lengths::Keep).unwrap_err();
    assert!(matches!(
        refused(&compiled("elu", 2, Kind::Nngp)),
        Error::Domain(_)
    ));
    let tanh: Activation = "tanh".parse().unwrap();
    let limit = Network::of(&tanh)
        .kernel(Depth::Infinite, Kind::Ntk, &Effort::default())
        .unwrap();
    assert!(matches!(refused(&limit), Error::Domain(_)));
    // too long for a series, and for any closed form's digits
    let long = Points::new(2, vec![1e6, 2.0, 3.0, 4.0]).unwrap();
    let error =
        Gram::symmetric(&compiled("tanh", 2, Kind::Nngp), &long, Lengths::Keep).unwrap_err();
    assert!(matches!(error, Error::Unresolved(_)));
    // the same rows, one number smaller
    assert!(Gram::symmetric(&compiled("gelu", 2, Kind::Nngp), &long, Lengths::Keep).is_ok());
}

#[test]
fn vectors_are_the_plain_loop() {
    let (a, c) = (numbers(57, 1), numbers(57 * LANES, 2));
    let y: [f64; LANES] = std::array::from_fn(|k| 0.99 - k as f64 / 33.0);
    let (fast, plain) = (sums(&a, &c, &y), portable(&a, &c, &y));
    for (fast, plain) in fast.iter().flatten().zip(plain.iter().flatten()) {
        // 57 terms below 1 and a derivative up to 57^2
        assert!((fast - plain).abs() < 57.0 * 57.0 * f64::EPSILON);
    }
    // in two parts
    let column: Vec<f64> = (0..57).map(|k| c[k * LANES + 3]).collect();
    let (front, back) = (sums(&a[..20], &c, &y), from(20, &a, &column, y[3]));
    for k in 0..2 {
        assert!((front[k][3] + back[k] - plain[k][3]).abs() < 57.0 * 57.0 * f64::EPSILON);
    }
    // by hand, one lane
    let sum: f64 = (0..57)
        .map(|k| a[k] * c[k * LANES + 3] * y[3].powi(k as i32))
        .sum();
    assert!((fast[0][3] - sum).abs() < 1e-14);
}
