//! The limit classifier of the ordered phase: the interpolant `b + sum_i w_i g(1 - x . x_i)` of the labels with
//! `sum w_i = 0`.
//!
//! `-g` is conditionally positive definite: with a point `x_0` as origin, `w_0 = -sum w_i` leaves the positive definite
//! matrix `g_i0 + g_j0 - g_ij`, which is a kernel regression with the kernel `k(x, x') = g(x, x_0) + g(x', x_0) - g(x, x')`.

use rayon::prelude::*;
use rug::Float;

use super::deep::AtAnyPrecision;
use super::symmetric::{Factor, Symmetric};
use crate::classifier::{Decision, Training, decided};
use crate::error::{Error, Result};
use crate::gram::Points;
use crate::real::{Bits, Mpfr, Real};

/// The interpolant at the test points: scores per class (they sum to 1), computed in MPFR with the bits doubled from
/// 128 until two precisions agree to `2^-30` of the largest score, and the bits that this took. Labels are given where
/// the scores are farther apart than that.
///
/// `g` is the Koenigs function of the gap ([`super::OrderedGap`]).
///
/// ```
/// use deeplimit::activation::Expr;
/// use deeplimit::classifier::{Training, certain::{OrderedGap, interpolant}};
/// use deeplimit::gram::Points;
/// let points = Points::new(2, vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0]).unwrap();
/// let training = Training::new(points.clone(), vec![0, 1, 1]).unwrap();
/// let g = OrderedGap::new(Expr::parse("exp(x/2)").unwrap()).unwrap();
/// let (scores, _) = interpolant(&g, &training, &points, 2048).unwrap();
/// // it interpolates: two ones are in the majority, but the first point keeps its own label
/// assert_eq!(scores[0].label, Some(0));
/// ```
///
/// # Errors
/// [`Error::Unresolved`] where `most` bits do not suffice; [`Error::Domain`] for points of another dimension.
pub fn interpolant<F: AtAnyPrecision>(
    g: &F,
    training: &Training,
    tests: &Points,
    most: Bits,
) -> Result<(Vec<Decision>, Bits)> {
    training.accepts(tests)?;
    let mut bits = 128;
    let mut last: Option<Vec<Vec<Mpfr>>> = None;
    while bits <= most {
        let scores = attempt(g, training, tests, bits)?;
        if let (Some(old), Some(new)) = (&last, &scores) {
            let slack = distance(old, new);
            if slack.0 <= slack.1 * 2f64.powi(-30) {
                return Ok((labelled(new, slack.0 + slack.1 * 2f64.powi(-30)), bits));
            }
        }
        last = scores;
        bits *= 2;
    }
    Err(Error::Unresolved(format!(
        "the interpolant is not certain with {most} bits: the points are too close together"
    )))
}

/// The largest difference and the largest score.
fn distance(a: &[Vec<Mpfr>], b: &[Vec<Mpfr>]) -> (f64, f64) {
    let pairs = || a.iter().flatten().zip(b.iter().flatten());
    (
        pairs().fold(0.0, |m, (a, b)| (a - b).to_f64().abs().max(m)),
        pairs().fold(0.0, |m, (_, b)| b.to_f64().abs().max(m)),
    )
}

fn labelled(scores: &[Vec<Mpfr>], slack: f64) -> Vec<Decision> {
    scores
        .iter()
        .map(|s| {
            let values: Vec<f64> = s.iter().map(Real::to_f64).collect();
            Decision {
                label: decided(&values, |a, b| values[a] - values[b] > 2.0 * slack),
                scores: s.iter().map(|s| s.as_float().clone()).collect(),
            }
        })
        .collect()
}

fn attempt<F: AtAnyPrecision>(
    g: &F,
    training: &Training,
    tests: &Points,
    bits: Bits,
) -> Result<Option<Vec<Vec<Mpfr>>>> {
    let kernel = g.kernel::<Mpfr>(bits)?;
    let kept = training.distinct();
    let (origin, others) = (kept[0], &kept[1..]);
    let places = training.points().exactly::<Mpfr>(bits);
    let between = |i: usize, j: usize| -> Result<Mpfr> {
        if i == j {
            return Ok(Mpfr::new(Float::new(bits)));
        }
        Ok(kernel(&places.correlation(i, &places, j, false))?.value())
    };
    let to_origin = others
        .iter()
        .map(|i| between(*i, origin))
        .collect::<Result<Vec<_>>>()?;
    let rows = others
        .par_iter()
        .enumerate()
        .map(|(a, i)| {
            (0..=a)
                .map(|b| Ok(&(&to_origin[a] + &to_origin[b]) - &between(*i, others[b])?))
                .collect::<Result<Vec<_>>>()
        })
        .collect::<Result<Vec<_>>>()?;
    let Some(factor) = Factor::new(&Symmetric::from_rows(rows)) else {
        return Ok(None);
    };
    let zero = || Mpfr::new(Float::new(bits));
    let indicator =
        |i: usize, c: usize| Mpfr::new(Float::with_val(bits, u32::from(training.labels()[i] == c)));
    let weights: Vec<Vec<Mpfr>> = (0..training.classes())
        .map(|c| {
            let start = indicator(origin, c);
            let y: Vec<Mpfr> = others.iter().map(|i| &indicator(*i, c) - &start).collect();
            factor.solved(&y)
        })
        .collect();
    let there = tests.exactly::<Mpfr>(bits);
    let at = |t: usize| -> Result<Vec<Mpfr>> {
        let to = |i: usize| -> Result<Mpfr> {
            if training.points().same(i, tests, t) {
                return Ok(zero());
            }
            Ok(kernel(&places.correlation(i, &there, t, false))?.value())
        };
        let first = to(origin)?;
        let k = others
            .iter()
            .zip(&to_origin)
            .map(|(i, g)| Ok(&(g + &first) - &to(*i)?))
            .collect::<Result<Vec<_>>>()?;
        Ok((0..training.classes())
            .map(|c| {
                k.iter()
                    .zip(&weights[c])
                    .fold(indicator(origin, c), |s, (k, w)| s + &(k * w))
            })
            .collect())
    };
    let scores = (0..tests.len())
        .into_par_iter()
        .map(at)
        .collect::<Result<Vec<_>>>()?;
    let finite = |s: &Mpfr| s.as_float().is_finite();
    Ok(scores.iter().flatten().all(finite).then_some(scores))
}
