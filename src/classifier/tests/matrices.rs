//! Classifiers in doubles, on Gram matrices: against their equations, against the same for certain.

use proptest::prelude::*;

use super::super::labels as labels_of;
use super::*;
use crate::classifier::certain::{OrderedGap, interpolant};
use crate::deadline::Deadline;
use crate::gram::tests::{exact_gap, kernel, numbers, points};
use crate::gram::{Gram, Lengths, Matrix};
use crate::kernel::{Depth, Kernel};

/// `K w = y`, the points left out one at a time, and the density of two correlated normal numbers.
#[test]
fn regression_solves_its_equations() {
    let k = kernel("relu", Depth::Layers(2));
    let x = points(30, 4, 3);
    let gram = Gram::symmetric(&k, &x, Lengths::Unit).unwrap().matrix();
    let y = Matrix {
        rows: 30,
        columns: 2,
        values: numbers(60, 5),
    };
    let r = Regression::new(&gram, &y, 0.0, Definite::Factored).unwrap();
    let back = r.predictions(&gram).unwrap();
    for (a, b) in back.values.iter().zip(&y.values) {
        assert!((a - b).abs() < 1e-10);
    }
    let ridge = 0.1;
    let all = Regression::new(&gram, &y, ridge, Definite::Factored)
        .unwrap()
        .left_out();
    for out in [0, 17] {
        let rest: Vec<usize> = (0..30).filter(|i| *i != out).collect();
        let few = x.selected(&rest).unwrap();
        let values = rest.iter().flat_map(|i| y.row(*i).to_vec()).collect();
        let targets = Matrix {
            rows: 29,
            columns: 2,
            values,
        };
        let small = Gram::symmetric(&k, &few, Lengths::Unit).unwrap().matrix();
        let cross = Gram::cross(&k, &x.selected(&[out]).unwrap(), &few, Lengths::Unit)
            .unwrap()
            .matrix();
        let p = Regression::new(&small, &targets, ridge, Definite::Factored)
            .unwrap()
            .predictions(&cross)
            .unwrap();
        for c in 0..2 {
            assert!((p.values[c] - all.row(out)[c]).abs() < 1e-12);
        }
    }
    let two = Matrix {
        rows: 2,
        columns: 2,
        values: vec![2.0, 1.0, 1.0, 2.0],
    };
    let y = Matrix {
        rows: 2,
        columns: 1,
        values: vec![1.0, 0.0],
    };
    // det = 3, K^-1 = (2 -1; -1 2)/3
    let expected = -1.0 / 3.0 - 3f64.ln() / 2.0 - (2.0 * std::f64::consts::PI).ln();
    let found = Regression::new(&two, &y, 0.0, Definite::Factored)
        .unwrap()
        .log_marginal_likelihood();
    assert!((found - expected).abs() < 1e-15);
}

#[test]
fn a_singular_matrix_is_refused_and_jitter_is_reported() {
    let ones = Matrix {
        rows: 3,
        columns: 3,
        values: vec![1.0; 9],
    };
    let y = Matrix {
        rows: 3,
        columns: 1,
        values: vec![1.0, 0.0, 2.0],
    };
    let error = |m: &Matrix| {
        Regression::new(m, &y, 0.0, Definite::Factored)
            .err()
            .unwrap()
            .to_string()
    };
    assert!(error(&ones).contains("not positive definite"));
    let r = Regression::new(&ones, &y, 0.0, Definite::Jittered(1e-3)).unwrap();
    assert!(r.jitter() > 0.0 && r.jitter() <= 1e-3);
    let mut infinite = ones.clone();
    infinite.values[4] = f64::INFINITY;
    assert!(error(&infinite).contains("rows 2 and 2"));
    let labels = one_hot(&[0, 1, 1], 2).unwrap();
    let smooth = smoothed(&infinite, &labels).unwrap();
    // row 2 meets itself; rows 1 and 3 see the majority
    assert_eq!(smooth.row(1), [-0.5, 0.5]);
    assert_eq!(accuracy(&smooth, &[1, 1, 1]), 1.0);
}

fn expr(text: &str) -> Expr {
    Expr::parse(text).unwrap()
}

/// The circle, labels in two arcs, and one test point that is a training point.
fn labelled(n: usize, seed: u64) -> (Points, Points, Vec<usize>) {
    let x = points(n, 2, seed);
    let labels = (0..n)
        .map(|i| usize::from(x.unit()[2 * i] > 0.2) + usize::from(x.unit()[2 * i + 1] > 0.7))
        .collect();
    let mut others = numbers(16, seed ^ 5);
    others.extend(&x.given()[6..8]);
    (x, Points::new(2, others).unwrap(), labels)
}

fn decided(k: &Kernel, x: &Points, tests: &Points, labels: &[usize], ridge: f64) -> Matrix {
    let own = Gram::symmetric(k, x, Lengths::Unit)
        .unwrap()
        .decisive()
        .unwrap();
    let cross = Gram::cross(k, tests, x, Lengths::Unit)
        .unwrap()
        .decisive()
        .unwrap();
    Rule::new(k, 3, ridge).scores(&own, &cross, labels).unwrap()
}

#[test]
fn the_interpolant_is_that_of_high_precision() {
    let k = kernel("exp(x/2)", Depth::Infinite);
    let (x, tests, labels) = labelled(9, 21);
    let scores = decided(&k, &x, &tests, &labels, 0.0);
    let training = Training::new(x.clone(), labels.clone()).unwrap();
    let g = OrderedGap::new(expr("exp(x/2)")).unwrap();
    let (exact, _) = interpolant(&g, &training, &tests, 4096).unwrap();
    for (i, d) in exact.iter().enumerate() {
        for c in 0..d.scores.len() {
            // one-hot targets with the mean 1/3 taken off; doubles times the condition of nine points
            let e = d.scores[c].to_f64() - 1.0 / 3.0;
            assert!(
                (scores.row(i)[c] - e).abs() < 1e-5,
                "{i} {c} {e} {:?}",
                scores.row(i)
            );
        }
    }
    // a training point keeps its label
    assert_eq!(labels_of(&scores)[8], labels[3]);
    // what regression at a finite depth is near: S_L = 1 - b^L g + O(b^2L), b = 1/4
    let deep = Kernel::new(
        &expr("exp(x/2)"),
        Depth::Layers(5),
        Kind::Nngp,
        Deadline::default(),
    );
    let near = decided(&deep.unwrap(), &x, &tests, &labels, 0.0);
    assert_eq!(labels_of(&near), labels_of(&scores));
}

#[test]
fn votes_and_nearest_points() {
    let (x, tests, labels) = labelled(40, 3);
    for text in ["relu", "x^2", "exp(x)*x"] {
        let k = kernel(text, Depth::Infinite);
        let scores = decided(&k, &x, &tests, &labels, 0.0);
        let found = labels_of(&scores);
        for (c, count) in crate::classifier::votes::counts(&labels, 3)
            .into_iter()
            .enumerate()
        {
            // shares of the classes, less their mean
            let share = count as f64 / 40.0 - 1.0 / 3.0;
            assert!((scores.row(0)[c] - share).abs() < 1e-14, "{text}");
        }
        assert_eq!(Some(found[0]), majority(&labels, 3).label, "{text}");
        assert_eq!(found[8], labels[3], "{text}");
        // ridgeless regression far down
        let deep = kernel(
            text,
            Depth::Layers(if text == "relu" { 100_000_000 } else { 150 }),
        );
        assert_eq!(
            labels_of(&decided(&deep, &x, &tests, &labels, 0.0)),
            found,
            "{text}"
        );
    }
    let k = kernel("(hermite(2,x)+hermite(3,x))/sqrt(2)", Depth::Infinite);
    let found = labels_of(&decided(&k, &x, &tests, &labels, 0.0));
    for (i, class) in found.iter().enumerate() {
        let row = |p: &Points, i: usize| p.given()[2 * i..2 * i + 2].to_vec();
        let gaps: Vec<f64> = (0..40)
            .map(|j| exact_gap(&row(&tests, i), &row(&x, j)))
            .collect();
        assert_eq!(Some(*class), nearest(&labels, 3, &gaps).label, "{i}");
    }
    // an even activation sees lines: the point opposite to x_3 is x_3
    let even = kernel("x^2-1", Depth::Infinite);
    let opposite: Vec<f64> = x.given()[6..8].iter().map(|a| -a).collect();
    let there = Points::new(2, opposite).unwrap();
    assert_eq!(
        labels_of(&decided(&even, &x, &there, &labels, 0.0)),
        [labels[3]]
    );
    // equally near: the class that most of them have, then the first
    let square = Points::new(2, vec![1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, -3.0]).unwrap();
    let middle = Points::new(2, vec![1.0, 1.0]).unwrap();
    assert_eq!(
        labels_of(&decided(&k, &square, &middle, &[1, 0, 1, 2], 0.0)),
        [1]
    );
    assert_eq!(
        labels_of(&decided(&k, &square, &middle, &[1, 0, 2, 0], 0.0)),
        [0]
    );
    // where lengths count a vote has no matrix
    let relu = kernel("relu", Depth::Infinite);
    let kept = Gram::symmetric(&relu, &square, Lengths::Keep).unwrap();
    assert!(
        kept.decisive()
            .unwrap_err()
            .to_string()
            .contains("majority")
    );
}

/// A ridge is relative: the unit of a kernel does not matter.
#[test]
fn scores_have_no_unit() {
    let (x, tests, labels) = labelled(20, 4);
    for (text, depth) in [("erf", Depth::Layers(2)), ("exp(x/2)", Depth::Infinite)] {
        let k = kernel(text, depth);
        let own = Gram::symmetric(&k, &x, Lengths::Unit).unwrap();
        let cross = Gram::cross(&k, &tests, &x, Lengths::Unit).unwrap();
        let scores = |unit: f64| {
            let [own, cross] = [&own, &cross].map(|gram| {
                let mut matrix = gram.decisive().unwrap();
                matrix.values.iter_mut().for_each(|x| *x *= unit);
                matrix
            });
            Rule::new(&k, 3, 0.1).scores(&own, &cross, &labels).unwrap()
        };
        for (a, b) in scores(1.0).values.iter().zip(&scores(1024.0).values) {
            assert!((a - b).abs() < 1e-13, "{text} {a} {b}");
        }
    }
}

/// Leaving a row out is the same as having none, for every classifier.
#[test]
fn left_out_is_left_out() {
    let (x, _, labels) = labelled(25, 8);
    for (text, depth, ridge) in [
        ("relu", Depth::Layers(3), 1e-3),
        ("relu", Depth::Infinite, 0.0),
        ("exp(x)*x", Depth::Infinite, 0.0),
        ("sin(x)", Depth::Infinite, 0.0),
        ("x^2-1", Depth::Infinite, 0.0),
    ] {
        let k = kernel(text, depth);
        let own = Gram::symmetric(&k, &x, Lengths::Unit)
            .unwrap()
            .decisive()
            .unwrap();
        // a ridge is relative to the matrix at hand: the diagonal of relu is 4 with any row left out
        let all = Rule::new(&k, 3, ridge)
            .scores_left_out(&own, &labels)
            .unwrap();
        for out in [0, 11, 24] {
            let rest: Vec<usize> = (0..25).filter(|i| *i != out).collect();
            let few: Vec<usize> = rest.iter().map(|i| labels[*i]).collect();
            let (small, cross) = (
                own.selected(&rest, &rest).unwrap(),
                own.selected(&[out], &rest).unwrap(),
            );
            let one = Rule::new(&k, 3, ridge)
                .scores(&small, &cross, &few)
                .unwrap();
            for c in 0..3 {
                let (a, b) = (one.values[c], all.row(out)[c]);
                assert!(
                    (a - b).abs() < 1e-9 * (1.0 + a.abs()),
                    "{text} {out} {c}: {a} {b}"
                );
            }
        }
    }
}

/// The interpolant's shortcut for leaving out, on `-|x - x'|`, which is conditionally definite and far from singular.
#[test]
fn interpolants_leave_out_and_interpolate() {
    let (x, _, labels) = labelled(25, 8);
    let values = (0..25)
        .flat_map(|i| (0..25).map(move |j| (i, j)))
        .map(|(i, j)| {
            let d = |c: usize| x.unit()[2 * i + c] - x.unit()[2 * j + c];
            -d(0).hypot(d(1))
        })
        .collect();
    let k = Matrix {
        rows: 25,
        columns: 25,
        values,
    };
    let y = one_hot(&labels, 3).unwrap();
    let fit = Interpolant::new(&k, &y, 0.0).unwrap();
    for (a, b) in fit.predictions(&k).unwrap().values.iter().zip(&y.values) {
        assert!((a - b).abs() < 1e-11);
    }
    let all = fit.left_out();
    for out in [0, 11, 24] {
        let rest: Vec<usize> = (0..25).filter(|i| *i != out).collect();
        let targets = y.selected(&rest, &[0, 1, 2]).unwrap();
        let fit = Interpolant::new(&k.selected(&rest, &rest).unwrap(), &targets, 0.0).unwrap();
        let one = fit
            .predictions(&k.selected(&[out], &rest).unwrap())
            .unwrap();
        for c in 0..3 {
            assert!((one.values[c] - all.row(out)[c]).abs() < 1e-11, "{out} {c}");
        }
    }
    // with a ridge: K w + ridge mu w + b = y, and w sums to 0, so that the residuals do
    let soft = Interpolant::new(&k, &y, 0.1)
        .unwrap()
        .predictions(&k)
        .unwrap();
    for c in 0..3 {
        let sum: f64 = (0..25).map(|i| y.row(i)[c] - soft.row(i)[c]).sum();
        assert!(sum.abs() < 1e-11);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// The same kernel regression twice: by a table and `faer`, and by the recursion in 256 bits.
    #[test]
    fn doubles_and_certainty_agree(seed in any::<u64>(), n in 4usize..10, depth in 1u64..4) {
        let (x, tests) = (points(n, 3, seed), points(6, 3, seed ^ 1));
        let labels: Vec<usize> = (0..n).map(|i| i % 3).collect();
        let training = Training::new(x.clone(), labels.clone()).unwrap();
        let deep = deep("erf", depth);
        let exact = regression(&deep, &training, &tests, Precision::Mpfr(256)).unwrap();
        let condition = exact.solved.condition.exp2();
        prop_assume!(condition < 1e8);
        let k = kernel("erf", Depth::Layers(depth));
        let scores = decided(&k, &x, &tests, &labels, 0.0);
        for (i, d) in exact.decisions.iter().enumerate() {
            for c in 0..3 {
                // one-hot targets with the mean 1/3 taken off are regressed on too: the sum of all scores, over 3
                let all: f64 = d.scores.iter().map(|s| s.to_f64()).sum();
                let e = d.scores[c].to_f64() - all / 3.0;
                // some ten roundings an entry, and the condition
                prop_assert!((scores.row(i)[c] - e).abs() < 1e-13 * condition, "{e} {:?}", scores.row(i));
            }
        }
    }
}
