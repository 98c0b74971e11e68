//! Conjugate gradients against Cholesky, and what stops them.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::classifier::{Conjugate, Definite, Regression, one_hot};
use crate::gram::tests::{kernel, numbers, points};
use crate::gram::{Gram, Lengths, Matrix, Points};
use crate::kernel::Depth;
use crate::{Activation, Convention, Effort, Error, Kind, Network};

fn labels(n: usize, classes: usize) -> Vec<usize> {
    let of = |(i, x): (usize, f64)| (i + (x.abs() * 100.0) as usize) % classes;
    numbers(n, 77).into_iter().enumerate().map(of).collect()
}

/// The largest difference of weights, relative to the largest weight.
fn apart(a: &Matrix, b: &Matrix) -> f64 {
    let largest = b.values.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let pairs = a.values.iter().zip(&b.values);
    pairs.fold(0.0f64, |m, (a, b)| m.max((a - b).abs())) / largest
}

#[test]
fn two_thousand_rows_have_the_weights_of_cholesky() {
    let (n, classes) = (2000, 10);
    let x = points(n, 20, 5);
    let k = kernel("relu", Depth::Layers(3));
    let gram = Gram::symmetric(&k, &x, Lengths::Unit).unwrap();
    let targets = one_hot(&labels(n, classes), classes).unwrap();
    let matrix = gram.matrix();
    let ridge = 1e-3 * matrix.mean_diagonal();
    let exact = Regression::new(&matrix, &targets, ridge, Definite::Factored).unwrap();
    let how = Conjugate {
        tolerance: 1e-8,
        ..Conjugate::of(n)
    };
    let found = how.solved(&gram, &targets, ridge, None, &|_| true).unwrap();
    assert!(found.settled && found.residuals.iter().all(|r| *r <= 1e-8));
    assert!(apart(&found.iterate.weights, &exact.weights()) < 1e-6);
    // the residual is what it says
    let product = gram
        .times(&found.iterate.weights, |_, _| true)
        .unwrap()
        .unwrap();
    for c in 0..classes {
        let square = |f: &dyn Fn(usize) -> f64| (0..n).map(|i| f(i).powi(2)).sum::<f64>();
        let w = &found.iterate.weights;
        let rest = square(&|i| targets.row(i)[c] - product.row(i)[c] - ridge * w.row(i)[c]);
        let size = square(&|i| targets.row(i)[c]);
        assert!((rest / size).sqrt() < 1.01e-8);
    }
    // without a preconditioner worth the name it takes longer
    let poor = Conjugate {
        landmarks: 1,
        ..how
    };
    let slow = poor
        .solved(&gram, &targets, ridge, None, &|_| true)
        .unwrap();
    assert!(slow.settled && slow.iterate.steps > found.iterate.steps);
}

#[test]
fn what_is_stopped_goes_on() {
    let n = 300;
    let x = points(n, 6, 8);
    let k = kernel("gelu", Depth::Layers(2));
    let gram = Gram::symmetric(&k, &x, Lengths::Unit).unwrap();
    let targets = one_hot(&labels(n, 3), 3).unwrap();
    let how = Conjugate {
        tolerance: 1e-9,
        landmarks: 20,
        steps: 1000,
    };
    let whole = how.solved(&gram, &targets, 0.01, None, &|_| true).unwrap();
    let steps = AtomicUsize::new(0);
    let third = |s: &crate::classifier::Advance| {
        steps.fetch_max(s.steps, Ordering::Relaxed);
        s.steps < 3
    };
    let part = how.solved(&gram, &targets, 0.01, None, &third).unwrap();
    assert!(!part.settled && part.iterate.steps == 3);
    let rest = how
        .solved(&gram, &targets, 0.01, Some(part.iterate), &|_| true)
        .unwrap();
    // as if nothing had happened, up to the order of sums
    assert!(rest.settled && rest.iterate.steps.abs_diff(whole.iterate.steps) <= 2);
    assert!(apart(&rest.iterate.weights, &whole.iterate.weights) < 1e-7);
    // stopped before anything was done
    let nothing = how.solved(&gram, &targets, 0.01, None, &|_| false).unwrap();
    assert!(!nothing.settled && nothing.iterate.steps == 0);
    let begun = how
        .solved(&gram, &targets, 0.01, Some(nothing.iterate), &|_| true)
        .unwrap();
    assert!(begun.settled);
    let few = Conjugate { steps: 2, ..how };
    assert!(
        !few.solved(&gram, &targets, 0.01, None, &|_| true)
            .unwrap()
            .settled
    );
}

/// Rows of several lengths, and rows that repeat: the landmarks may be the same.
#[test]
fn lengths_and_repeated_rows() {
    let mut rows = numbers(200 * 3, 4);
    rows.extend_from_within(..100 * 3);
    let x = Points::new(3, rows).unwrap();
    let tanh: Activation = "tanh".parse().unwrap();
    let network = Network::of(&tanh).convention(Convention::Lee2019);
    let network = network.weights("3/2").unwrap().biases("1/10").unwrap();
    let k = network
        .kernel(Depth::Layers(2), Kind::Nngp, &Effort::default())
        .unwrap();
    let gram = Gram::symmetric(&k, &x, Lengths::Keep).unwrap();
    let targets = Matrix::new(1, numbers(300, 6)).unwrap();
    let matrix = gram.matrix();
    let exact = Regression::new(&matrix, &targets, 1e-2, Definite::Factored).unwrap();
    let how = Conjugate {
        tolerance: 1e-8,
        landmarks: 280,
        steps: 1000,
    };
    let found = how.solved(&gram, &targets, 1e-2, None, &|_| true).unwrap();
    assert!(found.settled && apart(&found.iterate.weights, &exact.weights()) < 1e-5);
}

#[test]
fn every_fault_has_its_sentence() {
    let x = points(20, 3, 1);
    let k = kernel("relu", Depth::Layers(2));
    let gram = Gram::symmetric(&k, &x, Lengths::Unit).unwrap();
    let (y, short) = (
        Matrix::new(1, vec![1.0; 20]).unwrap(),
        Matrix::new(1, vec![1.0; 19]).unwrap(),
    );
    let how = Conjugate::of(20);
    let error = |y: &Matrix, ridge: f64| how.solved(&gram, y, ridge, None, &|_| true).unwrap_err();
    assert!(matches!(error(&short, 0.1), Error::Data(_)));
    assert!(matches!(error(&y, -0.1), Error::Data(_)));
    assert!(matches!(error(&y, f64::NAN), Error::Data(_)));
    let cross = Gram::cross(&k, &x, &x, Lengths::Unit).unwrap();
    assert!(how.solved(&cross, &y, 0.1, None, &|_| true).is_err());
    // infinite at equal inputs
    let step = kernel("sign", Depth::Layers(1));
    let infinite = Gram::symmetric(&step, &x, Lengths::Unit).unwrap();
    assert!(matches!(
        how.solved(&infinite, &y, 0.1, None, &|_| true),
        Err(Error::Data(_))
    ));
    // repeated rows with different targets have no weights without a ridge
    let mut rows = numbers(30, 2);
    rows.extend_from_within(..);
    let twice = Points::new(3, rows).unwrap();
    let gram = Gram::symmetric(&k, &twice, Lengths::Unit).unwrap();
    let y = Matrix::new(1, numbers(20, 9)).unwrap();
    let found = how.solved(&gram, &y, 0.0, None, &|_| true);
    assert!(found.map_or_else(|e| matches!(e, Error::Unresolved(_)), |f| !f.settled));
    // a target of zeros has weights of zeros
    let gram = Gram::symmetric(&k, &x, Lengths::Unit).unwrap();
    let zeros = Matrix::new(2, (0..40).map(|k| f64::from(k % 2)).collect()).unwrap();
    let found = how.solved(&gram, &zeros, 0.1, None, &|_| true).unwrap();
    assert!(found.settled && (0..20).all(|i| found.iterate.weights.row(i)[0] == 0.0));
}
