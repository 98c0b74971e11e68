//! Gram matrices entry by entry against the kernel, gaps against multiple precision.

mod ends;

use proptest::prelude::*;
use rug::Float;

use super::points::gap_of;
use super::*;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::kernel::{Depth, Kernel, Kind};
use crate::real::Ball;

pub(crate) fn kernel(text: &str, depth: Depth) -> Kernel {
    Kernel::new(
        &Expr::parse(text).unwrap(),
        depth,
        Kind::Ntk,
        Deadline::default(),
    )
    .unwrap()
}

/// Numbers without rhyme or reason (SplitMix64), in `(-1, 1)`.
pub(crate) fn numbers(count: usize, seed: u64) -> Vec<f64> {
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

pub(crate) fn points(n: usize, d: usize, seed: u64) -> Points {
    Points::new(d, numbers(n * d, seed)).unwrap()
}

/// `1 - cos` in 400 bits.
pub(crate) fn exact_gap(a: &[f64], b: &[f64]) -> f64 {
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

proptest! {
    /// At any precision rows have the gaps of their numbers, and are the same where that is exactly 0.
    #[test]
    fn exact_points_are_their_numbers(seed in any::<u64>(), d in 2usize..8, length in -600i32..300) {
        let mut rows = numbers(2 * d, seed);
        rows.extend_from_within(..d);
        // three times a double with 51 bits is a double
        rows.iter_mut().for_each(|x| *x = (*x * 2f64.powi(40)).round() * 2f64.powi(length));
        rows[2 * d..].iter_mut().for_each(|x| *x *= 3.0);
        prop_assume!(rows.chunks(d).all(|r| r.iter().any(|x| *x != 0.0)));
        let x = Points::new(d, rows.clone()).unwrap();
        let exact = x.exactly::<Ball>(200);
        let gap = |i, j| exact.correlation(i, &exact, j, x.same(i, &x, j)).gap();
        let scaled = |i: usize| -> Vec<f64> {
            rows[i * d..][..d].iter().map(|x| x * 2f64.powi(-length - 40)).collect()
        };
        let e = exact_gap(&scaled(0), &scaled(1));
        prop_assert!((gap(0, 1).to_f64() / e - 1.0).abs() < 1e-15 && gap(0, 1).rad() < 1e-55);
        prop_assert!(x.same(0, &x, 2) && !x.same(0, &x, 1) && gap(0, 2).contains_zero());
        // a row is not its opposite
        let other = Points::new(d, scaled(0).iter().map(|x| -x).collect()).unwrap();
        prop_assert!(!x.same(0, &other, 0));
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
                let slope = (k.at(rho + 1e-6) - k.at(rho - 1e-6)) / 2e-6;
                let blur = 1e-15 * (4.0 + if rho < 0.9 { slope.abs() } else { 0.0 });
                prop_assert!((cross.row(i)[j] - value).abs() <= 2.0 * blur * x.lengths()[i] * y.lengths()[j]);
            }
            prop_assert_eq!(same.row(j)[j], 4.0);
            for i in 0..j {
                prop_assert_eq!(same.row(i)[j].to_bits(), same.row(j)[i].to_bits());
            }
        }
    }
}

/// 0.141 times a row, rounded: the unit vectors are one in doubles, the directions are not.
#[test]
fn unit_vectors_that_round_alike_are_not_the_same() {
    let x = Points::new(
        2,
        vec![3.0, 7.0, 0.422_999_999_999_999_93, 0.986_999_999_999_999_9],
    );
    let x = x.unwrap();
    assert_eq!(x.unit()[..2], x.unit()[2..]);
    assert!(x.same(0, &x, 0) && !x.same(0, &x, 1));
    let exact = x.exactly::<Ball>(300);
    assert!(!exact.correlation(0, &exact, 1, false).gap().contains_zero());
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
    // limits of others than homogeneous activations know no lengths
    let even = kernel("x^2-1", Depth::Infinite);
    let error = Gram::symmetric(&even, &tiny, Lengths::Keep)
        .unwrap_err()
        .to_string();
    assert!(error.contains("at infinite depth"), "{error}");
}

#[test]
fn watched_matrices_are_the_matrices_and_stop() {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    let (x, y) = (points(150, 4, 5), points(70, 4, 6));
    // regression, and the nearest neighbour's gaps
    for (text, depth) in [("gelu", Depth::Layers(2)), ("x^2-1", Depth::Infinite)] {
        let kernel = kernel(text, depth);
        let own = Gram::symmetric(&kernel, &x, Lengths::Unit).unwrap();
        let cross = Gram::cross(&kernel, &y, &x, Lengths::Unit).unwrap();
        for gram in [own, cross] {
            let (n, m) = gram.shape();
            let mut out = vec![f64::NAN; n * m];
            let told = AtomicUsize::new(0);
            let watch = |done: usize, all: usize| {
                assert!(done <= all && all == n.div_ceil(64));
                told.fetch_add(1, Relaxed);
                true
            };
            assert!(gram.matrix_watched(&mut out, watch).unwrap());
            assert_eq!(told.load(Relaxed), n.div_ceil(64));
            assert_eq!(out, gram.matrix().values);
            assert!(gram.decisive_watched(&mut out, |_, _| true).unwrap());
            assert_eq!(out, gram.decisive().unwrap().values);
            assert!(!gram.decisive_watched(&mut out, |_, _| false).unwrap());
            assert!(gram.matrix_watched(&mut out[1..], |_, _| true).is_err());
        }
    }
    // what takes a vote of directions knows no lengths
    let relu = kernel("relu", Depth::Infinite);
    let gram = Gram::symmetric(&relu, &x, Lengths::Keep).unwrap();
    let mut out = vec![0.0; 150 * 150];
    assert!(gram.decisive_watched(&mut out, |_, _| true).is_err());
}

#[test]
fn rows_of_zeros_apart_are_points_like_others() {
    let mut rows = numbers(12, 3);
    rows[3..6].fill(0.0);
    rows[9..].fill(0.0);
    let kernel = kernel("relu", Depth::Layers(2));
    let apart = Points::zeros_apart(3, rows.clone()).unwrap();
    let k = Gram::symmetric(&kernel, &apart, Lengths::Unit)
        .unwrap()
        .matrix();
    assert_eq!([k.row(1)[0], k.row(1)[2]], [kernel.at(0.0); 2]);
    assert_eq!([k.row(1)[1], k.row(1)[3]], [kernel.diagonal(); 2]);
    // the others do not see it
    let others = Points::new(3, [&rows[..3], &rows[6..9]].concat()).unwrap();
    let direct = Gram::symmetric(&kernel, &others, Lengths::Unit)
        .unwrap()
        .matrix();
    assert!((k.row(0)[2] / direct.row(0)[1] - 1.0).abs() < 1e-14);
    assert!(Points::zeros_apart(3, vec![1.0, f64::NAN, 0.0]).is_err());
    assert!(
        Points::lifted(3, vec![1.0, f64::NAN, 0.0])
            .unwrap_err()
            .to_string()
            .contains("row 1, column 2")
    );
}
