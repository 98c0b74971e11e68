//! Votes: every training point has a weight, the heaviest class wins.
//!
//! By gaps, for weights of any size ([`smoother`], [`nearest`], [`majority`]): a decision, with a label where there is one. By
//! the entries of a matrix ([`smoothed`], and what [`super::Rule`] makes of limit kernels): scores.

use rug::Float;

use super::{Decision, decided};
use crate::error::{Error, Result};
use crate::gram::Matrix;
use crate::kernel::Kernel;

/// A weight of any size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weight {
    /// -1, 0 or 1.
    pub sign: f64,
    /// `log |w|`; plus infinity for the weight of a point on itself.
    pub log: f64,
}

impl Weight {
    /// `e^log`.
    pub fn positive(log: f64) -> Self {
        Weight { sign: 1.0, log }
    }

    /// An ordinary number.
    pub fn of(w: f64) -> Self {
        Weight {
            sign: if w == 0.0 { 0.0 } else { w.signum() },
            log: w.abs().ln(),
        }
    }
}

impl Weight {
    /// `K(1 - t)` of a compiled kernel; nearer than its tables reach as at their end.
    pub fn of_kernel(kernel: &Kernel, t: f64) -> Self {
        let (sign, log) = kernel.logarithm_at_gap(t);
        Weight { sign, log }
    }
}

/// `|x - x'|^-alpha` of the gap `t = |x - x'|^2/2`: with `alpha = d` the Hilbert estimate (Devroye, Gyorfi and Krzyzak
/// 1998). The constant `2^(-alpha/2)` is left out.
pub fn power(alpha: f64) -> impl Fn(f64) -> Weight + Copy {
    move |t| Weight::positive(-0.5 * alpha * t.ln())
}

/// How many points each class has.
pub(super) fn counts(labels: &[usize], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    labels.iter().for_each(|c| counts[*c] += 1);
    counts
}

/// The class with the most points, everywhere. Two largest classes of the same size are a tie.
pub fn majority(labels: &[usize], classes: usize) -> Decision {
    let counts = counts(labels, classes);
    Decision {
        label: decided(&counts, |a, b| counts[a] > counts[b]),
        scores: counts.iter().map(|c| Float::with_val(53, *c)).collect(),
    }
}

/// The label of the point with the smallest gap; `None` where points of different classes share it to within `4e-16` of
/// the gap or `1e-30`, what rounding leaves of a difference of coordinates. The score is 1 for the class of the first of them.
pub fn nearest(labels: &[usize], classes: usize, gaps: &[f64]) -> Decision {
    let best = gaps
        .iter()
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(b.1))
        .map(|(i, t)| (labels[i], *t));
    let mut scores = vec![Float::new(53); classes];
    let label = best.and_then(|(class, gap)| {
        scores[class] = Float::with_val(53, 1);
        let near = gap + 4e-16 * gap + 1e-30;
        let shared = gaps
            .iter()
            .zip(labels)
            .any(|(t, c)| *t <= near && *c != class);
        (gap == 0.0 || !shared).then_some(class)
    });
    Decision { label, scores }
}

/// The class of the largest `sum_i k(t_i)` over its points, `t_i` the gaps, relative to the largest weight so that
/// nothing overflows. On a training point only that one is asked (on several that are the same, those).
///
/// Accuracy: the weights are taken to be known to `error`, relatively; classes closer than that leave the label open.
///
/// ```
/// use deeplimit::classifier::{power, smoother};
/// assert_eq!(smoother(&[0, 1], 2, &[0.1, 0.7], power(2.0), 1e-12).label, Some(0));
/// assert_eq!(smoother(&[0, 1], 2, &[0.4, 0.4], power(2.0), 1e-12).label, None);
/// ```
pub fn smoother(
    labels: &[usize],
    classes: usize,
    gaps: &[f64],
    weight: impl Fn(f64) -> Weight,
    error: f64,
) -> Decision {
    let on = gaps.contains(&0.0);
    let of = |t: &f64| match on {
        true => Weight::of(f64::from(u8::from(*t == 0.0))),
        false => weight(*t),
    };
    let weights: Vec<Weight> = gaps.iter().map(of).collect();
    let top = weights
        .iter()
        .filter(|w| w.sign != 0.0)
        .fold(f64::NEG_INFINITY, |m, w| m.max(w.log));
    let mut scores = vec![0.0; classes];
    let mut sizes = vec![0.0; classes];
    if top.is_finite() {
        for (w, c) in weights.iter().zip(labels) {
            let size = (w.log - top).exp();
            scores[*c] += w.sign * size;
            sizes[*c] += size;
        }
    }
    // each of n additions may round once more
    let relative = error + f64::EPSILON * gaps.len() as f64;
    Decision {
        label: decided(&scores, |a, b| {
            scores[a] - scores[b] > relative * (sizes[a] + sizes[b])
        }),
        scores: scores.iter().map(|s| Float::with_val(53, *s)).collect(),
    }
}

/// The smoother of a kernel that is infinite on the diagonal: `sum_i K(x, x_i) y_i / sum_i |K(x, x_i)|`; where `x` is one of the
/// points, its own targets (the mean of those of equal points). It interpolates, and it is what the singular limit's
/// classifier is (Radhakrishnan, Belkin and Uhler 2022, Theorem 1).
///
/// # Errors
/// [`Error::Data`] where the shapes do not fit.
pub fn smoothed(cross: &Matrix, targets: &Matrix) -> Result<Matrix> {
    voted(cross, Some(cross), targets, relative)
}

/// The weights of a kernel that is infinite on the diagonal: `K(x, x_i)`, of the order of 1 so that their sum stays within
/// the doubles; where `x` is one of the points, those that it is.
pub(super) fn relative(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().fold(0.0f64, |m, k| m.max(k.abs()));
    row.iter()
        .map(|k| match largest {
            0.0 => 1.0,
            f64::INFINITY if k.is_infinite() => k.signum(),
            f64::INFINITY => 0.0,
            _ => k / largest,
        })
        .collect()
}

/// `sum_i w_i y_i / sum_i |w_i|` for each row of `cross`, or of `gram` without the row itself, the weights made of its
/// entries.
pub(super) fn voted(
    gram: &Matrix,
    cross: Option<&Matrix>,
    targets: &Matrix,
    weights: impl Fn(&[f64]) -> Vec<f64>,
) -> Result<Matrix> {
    let rows = cross.unwrap_or(gram);
    if rows.columns != targets.rows || cross.is_none() && rows.rows != rows.columns {
        return Err(Error::Data(format!(
            "a matrix of {} columns does not go with {} targets",
            rows.columns, targets.rows
        )));
    }
    let mut values = Vec::with_capacity(rows.rows * targets.columns);
    for i in 0..rows.rows {
        let present: Vec<usize> = (0..rows.columns)
            .filter(|j| cross.is_some() || *j != i)
            .collect();
        let entries: Vec<f64> = present.iter().map(|j| rows.row(i)[*j]).collect();
        let weights = weights(&entries);
        let total: f64 = weights.iter().map(|w| w.abs()).sum();
        for c in 0..targets.columns {
            let sum: f64 = weights
                .iter()
                .zip(&present)
                .map(|(w, j)| w * targets.row(*j)[c])
                .sum();
            // nobody is left to ask
            values.push(if total == 0.0 { 0.0 } else { sum / total });
        }
    }
    Ok(Matrix {
        rows: rows.rows,
        columns: targets.columns,
        values,
    })
}
