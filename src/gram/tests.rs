//! Gram matrices entry by entry against the kernel, gaps against multiple precision, regression against its equations.

mod dynamics;
mod ends;

use proptest::prelude::*;
use rug::Float;

use super::points::gap_of;
use super::*;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::kernel::{Depth, Kernel, Kind};

pub(super) fn kernel(text: &str, depth: Depth) -> Kernel {
    Kernel::new(
        &Expr::parse(text).unwrap(),
        depth,
        Kind::Ntk,
        Deadline::default(),
    )
    .unwrap()
}

/// Numbers without rhyme or reason (SplitMix64), in `(-1, 1)`.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

pub(super) fn points(n: usize, d: usize, seed: u64) -> Points {
    Points::new(d, numbers(n * d, seed)).unwrap()
}

/// `1 - cos` in 400 bits.
fn exact_gap(a: &[f64], b: &[f64]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| {
        x.iter().zip(y).fold(Float::new(400), |s, (p, q)| {
            s + Float::with_val(400, *p) * Float::with_val(400, *q)
        })
    };
    let cos = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    Float::with_val(400, 1 - cos).to_f64()
}

proptest! {
    /// A double `b` near a multiple of `a`, whatever the lengths: the gap has all its digits (6 d roundings or so).
    #[test]
    fn gaps_keep_their_digits(seed in any::<u64>(), d in 2usize..20, size in -50i32..-1, length in -200i32..200) {
        let a = numbers(d, seed);
        let noise = numbers(d, seed ^ 1);
        let factor = 3.7 * 2f64.powi(length);
        let b: Vec<f64> = a.iter().zip(&noise).map(|(x, e)| factor * (x + e * 2f64.powi(size))).collect();
        let exact = exact_gap(&a, &b);
        prop_assume!(exact > 0.0 && exact < 0.1);
        let t = gap_of(&a, &b);
        prop_assert!((t / exact - 1.0).abs() < 40.0 * f64::EPSILON * d as f64, "{t} {exact}");
    }

}

// every case is a matrix of up to 45,000 exact gaps
proptest! {
    /// All pairs, one after the other; and rows that are nearly parallel or opposite, at any length, are found by their gaps.
    #[test]
    fn the_extremes_are_the_closest_and_the_farthest(
        seed in any::<u64>(), n in 3usize..30, d in 2usize..8, size in -60i32..-30, length in -600i32..600,
    ) {
        let mut rows = numbers(n * d, seed);
        let plain = Points::new(d, rows.clone()).unwrap();
        let found = plain.extremes().unwrap();
        let (near, far) = (found.nearest.unwrap(), found.farthest.unwrap());
        let product = |i: usize, j: usize| -> f64 {
            let row = |i: usize| &plain.unit()[i * d..][..d];
            row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum()
        };
        for i in 0..n {
            for j in 0..i {
                // a product of unit vectors is off by d 2^-53
                let rho = product(i, j);
                prop_assert!(rho <= near.rho + 1e-15 && rho >= far.rho - 1e-15);
            }
        }
        prop_assert_eq!(near.rho, product(near.rows[0], near.rows[1]));
        // a copy of row 0 that is longer and a little turned: all doubles say 1, its gap does not
        let noise = numbers(d, seed ^ 1);
        let turned = |sign: f64| -> Vec<f64> {
            let moved = rows[..d].iter().zip(&noise).map(|(x, e)| x + e * 2f64.powi(size));
            moved.map(|x| sign * x * 2f64.powi(length)).collect()
        };
        let (alike, opposite) = (turned(1.0), turned(-1.0));
        rows.extend(alike);
        let found = Points::new(d, rows.clone()).unwrap().extremes().unwrap();
        // unless all that is turned was rounded away
        if found.same == 0 {
            let near = found.nearest.unwrap();
            prop_assert_eq!(near.rows, [n, 0]);
            prop_assert!(near.gap.is_some_and(|g| g < 2f64.powi(size)));
        }
        rows.truncate(n * d);
        rows.extend(opposite);
        let found = Points::new(d, rows.clone()).unwrap().extremes().unwrap();
        if found.opposite == 0 {
            let far = found.farthest.unwrap();
            prop_assert_eq!(far.rows, [n, 0]);
            prop_assert!(far.opposite_gap.is_some_and(|g| g < 2f64.powi(size)));
        }
        // multiples by powers of 2 are counted, and hide nobody
        rows.truncate(n * d);
        let again: Vec<f64> = rows[..d].iter().map(|x| x * 2f64.powi(length)).collect();
        rows.extend(&again);
        rows.extend(again.iter().map(|x| -x));
        let found = Points::new(d, rows).unwrap().extremes().unwrap();
        prop_assert_eq!((found.same, found.opposite), (1, 2));
        prop_assert!(found.nearest.unwrap().gap != Some(0.0) && found.farthest.unwrap().opposite_gap != Some(0.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_matrix_is_the_kernel_entry_by_entry(seed in any::<u64>(), n in 1usize..150, m in 1usize..300) {
        let k = kernel("relu", Depth::Layers(3));
        let (x, y) = (points(n, 3, seed), points(m, 3, seed ^ 7));
        let cross = Gram::cross(&k, &x, &y, Lengths::Keep).unwrap().matrix();
        let same = Gram::symmetric(&k, &y, Lengths::Unit).unwrap().matrix();
        for j in 0..m {
            for i in 0..n {
                let (a, b) = (&x.given()[3 * i..3 * i + 3], &y.given()[3 * j..3 * j + 3]);
                let value = k.at_gap(exact_gap(a, b)) * x.lengths()[i] * y.lengths()[j];
                // products of three numbers are off by 4e-16 or so, which the slope (infinite at +-1) multiplies; T_3 <= 4
                let rho = 1.0 - exact_gap(a, b);
                let blur = 1e-15 * (4.0 + if rho < 0.9 { k.slope_at(rho).abs() } else { 0.0 });
                prop_assert!((cross.row(i)[j] - value).abs() <= 2.0 * blur * x.lengths()[i] * y.lengths()[j]);
            }
            prop_assert_eq!(same.row(j)[j], 4.0);
            for i in 0..j {
                prop_assert_eq!(same.row(i)[j].to_bits(), same.row(j)[i].to_bits());
            }
        }
    }
}

#[test]
fn near_points_keep_their_digits_in_the_matrix() {
    // rho = 1 - 1e-15: a double rho would have one digit
    let k = kernel("optimal(4)", Depth::Infinite);
    let x = Points::new(2, vec![1.0, 0.0, 1.0, 4.472135954999579e-8]).unwrap();
    let m = Gram::symmetric(&k, &x, Lengths::Unit).unwrap().matrix();
    let exact = k.at_gap(exact_gap(&x.given()[..2], &x.given()[2..]));
    assert!((m.row(0)[1] / exact - 1.0).abs() < 1e-14);
    assert!((k.at(1.0 - 1e-15) / exact - 1.0).abs() > 1e-3);
    assert_eq!(m.row(0)[0], f64::INFINITY);
}

#[test]
fn unusable_points_are_refused_with_their_place() {
    for (rows, words) in [
        (vec![1.0, 2.0, 3.0], "no points of 2 coordinates"),
        (vec![1.0, 2.0, 0.0, 0.0], "row 2 is zero"),
        (vec![1.0, 2.0, 3.0, f64::NAN], "row 2, column 2"),
        (vec![f64::MAX, f64::MAX], "too long"),
    ] {
        let error = Points::new(2, rows).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let tiny = Points::new(2, vec![3e-320, 4e-320]).unwrap();
    assert!((tiny.unit()[0] - 0.6).abs() < 1e-3);
    let zero = Points::with_zero_rows(2, vec![0.0, 0.0, 3.0, 4.0]).unwrap();
    let relu = kernel("relu", Depth::Layers(2));
    assert!(Gram::symmetric(&relu, &zero, Lengths::Unit).is_err());
    let kept = Gram::symmetric(&relu, &zero, Lengths::Keep)
        .unwrap()
        .matrix();
    assert_eq!(kept.values, [0.0, 0.0, 0.0, 75.0]);
    let erf = kernel("erf", Depth::Layers(2));
    let error = Gram::symmetric(&erf, &tiny, Lengths::Keep)
        .unwrap_err()
        .to_string();
    assert!(error.contains("not homogeneous"), "{error}");
}

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
    let r = Regression::new(&gram, &y, 0.0, None).unwrap();
    let back = r.predictions(&gram).unwrap();
    for (a, b) in back.values.iter().zip(&y.values) {
        assert!((a - b).abs() < 1e-10);
    }
    let ridge = 0.1;
    let all = Regression::new(&gram, &y, ridge, None).unwrap().left_out();
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
        let p = Regression::new(&small, &targets, ridge, None)
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
    let found = Regression::new(&two, &y, 0.0, None)
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
    let error = |m: &Matrix| Regression::new(m, &y, 0.0, None).err().unwrap().to_string();
    assert!(error(&ones).contains("not positive definite"));
    let r = Regression::new(&ones, &y, 0.0, Some(1e-3)).unwrap();
    assert!(r.jitter() > 0.0 && r.jitter() <= 1e-3);
    let mut infinite = ones.clone();
    infinite.values[4] = f64::INFINITY;
    assert!(error(&infinite).contains("rows 2 and 2"));
    let labels = one_hot(&[0, 1, 1], 2);
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

/// The same points for the room `classifier`.
fn exactly(p: &Points) -> crate::classifier::Points {
    let rows = p.unit().chunks_exact(2).map(<[f64]>::to_vec).collect();
    crate::classifier::Points::coordinates(rows, crate::classifier::Sphere::Refuse).unwrap()
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
    let training = crate::classifier::Training::new(exactly(&x), labels.clone()).unwrap();
    let g = crate::classifier::OrderedGap::new(expr("exp(x/2)")).unwrap();
    let (exact, _) = crate::classifier::interpolant(&g, &training, &exactly(&tests), 4096).unwrap();
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
    assert_eq!(classes(&scores)[8], labels[3]);
    // what regression at a finite depth is near: S_L = 1 - b^L g + O(b^2L), b = 1/4
    let deep = Kernel::new(
        &expr("exp(x/2)"),
        Depth::Layers(5),
        Kind::Nngp,
        Deadline::default(),
    );
    let near = decided(&deep.unwrap(), &x, &tests, &labels, 0.0);
    assert_eq!(classes(&near), classes(&scores));
}

#[test]
fn votes_and_nearest_points() {
    use crate::classifier::{Training, majority, nearest};
    let (x, tests, labels) = labelled(40, 3);
    let training = Training::new(exactly(&x), labels.clone()).unwrap();
    for text in ["relu", "x^2", "exp(x)*x"] {
        let k = kernel(text, Depth::Infinite);
        let found = classes(&decided(&k, &x, &tests, &labels, 0.0));
        assert_eq!(Some(found[0]), majority(&training).label, "{text}");
        assert_eq!(found[8], labels[3], "{text}");
        // ridgeless regression far down
        let deep = kernel(
            text,
            Depth::Layers(if text == "relu" { 100_000_000 } else { 150 }),
        );
        assert_eq!(
            classes(&decided(&deep, &x, &tests, &labels, 0.0)),
            found,
            "{text}"
        );
    }
    let k = kernel("(hermite(2,x)+hermite(3,x))/sqrt(2)", Depth::Infinite);
    let found = classes(&decided(&k, &x, &tests, &labels, 0.0));
    for (i, class) in found.iter().enumerate() {
        let row = |p: &Points, i: usize| p.given()[2 * i..2 * i + 2].to_vec();
        let gaps: Vec<f64> = (0..40)
            .map(|j| exact_gap(&row(&tests, i), &row(&x, j)))
            .collect();
        assert_eq!(Some(*class), nearest(&training, &gaps).label, "{i}");
    }
    // an even activation sees lines: the point opposite to x_3 is x_3
    let even = kernel("x^2-1", Depth::Infinite);
    let opposite: Vec<f64> = x.given()[6..8].iter().map(|a| -a).collect();
    let there = Points::new(2, opposite).unwrap();
    assert_eq!(
        classes(&decided(&even, &x, &there, &labels, 0.0)),
        [labels[3]]
    );
    // equally near: the class that most of them have, then the first
    let square = Points::new(2, vec![1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, -3.0]).unwrap();
    let middle = Points::new(2, vec![1.0, 1.0]).unwrap();
    assert_eq!(
        classes(&decided(&k, &square, &middle, &[1, 0, 1, 2], 0.0)),
        [1]
    );
    assert_eq!(
        classes(&decided(&k, &square, &middle, &[1, 0, 2, 0], 0.0)),
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
    let y = one_hot(&labels, 3);
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
