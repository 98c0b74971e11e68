//! Votes: every training point has a weight, the heaviest class wins.

use rug::Float;

use super::{Decision, Training, decided};

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

/// `|x - x'|^-alpha` of the gap `t = |x - x'|^2/2`: with `alpha = d` the Hilbert estimate (Devroye, Gyorfi and Krzyzak
/// 1998). The constant `2^(-alpha/2)` is left out.
pub fn power(alpha: f64) -> impl Fn(f64) -> Weight + Copy {
    move |t| Weight::positive(-0.5 * alpha * t.ln())
}

/// The class with the most points, everywhere. Two largest classes of the same size are a tie.
pub fn majority(training: &Training) -> Decision {
    let counts = training.counts();
    Decision {
        label: decided(&counts, |a, b| counts[a] > counts[b]),
        scores: counts.iter().map(|c| Float::with_val(53, *c)).collect(),
    }
}

/// The label of the point with the smallest gap; `None` where points of different classes share it to within `4e-16` of
/// the gap or `1e-30`, what rounding leaves of a difference of coordinates.
pub fn nearest(training: &Training, gaps: &[f64]) -> Decision {
    let labels = training.labels();
    let best = gaps
        .iter()
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(b.1))
        .map(|(i, t)| (labels[i], *t));
    let mut scores = vec![Float::new(53); training.classes()];
    let label = best.and_then(|(class, gap)| {
        let near = gap + 4e-16 * gap + 1e-30;
        let shared = gaps
            .iter()
            .zip(labels)
            .any(|(t, c)| *t <= near && *c != class);
        if gap > 0.0 && shared {
            return None;
        }
        scores[class] = Float::with_val(53, 1);
        Some(class)
    });
    Decision { label, scores }
}

/// The class of the largest `sum_i k(t_i)` over its points, `t_i` the gaps, relative to the largest weight so that
/// nothing overflows. A point on a training point has its label.
///
/// Accuracy: the weights are taken to be known to `error`, relatively; classes closer than that leave the label open.
///
/// ```
/// use deeplimit::classifier::{Points, Sphere, Training, power, smoother};
/// let points = Points::coordinates(vec![vec![1.0, 0.0], vec![0.0, 1.0]], Sphere::Refuse).unwrap();
/// let training = Training::new(points, vec![0, 1]).unwrap();
/// assert_eq!(smoother(&training, &[0.1, 0.7], power(2.0), 1e-12).label, Some(0));
/// assert_eq!(smoother(&training, &[0.4, 0.4], power(2.0), 1e-12).label, None);
/// ```
pub fn smoother(
    training: &Training,
    gaps: &[f64],
    weight: impl Fn(f64) -> Weight,
    error: f64,
) -> Decision {
    let labels = training.labels();
    if let Some(i) = gaps.iter().position(|t| *t == 0.0) {
        let mut scores = vec![Float::new(53); training.classes()];
        scores[labels[i]] = Float::with_val(53, 1);
        return Decision {
            label: Some(labels[i]),
            scores,
        };
    }
    let weights: Vec<Weight> = gaps.iter().map(|t| weight(*t)).collect();
    let top = weights
        .iter()
        .filter(|w| w.sign != 0.0)
        .fold(f64::NEG_INFINITY, |m, w| m.max(w.log));
    let mut scores = vec![0.0; training.classes()];
    let mut sizes = vec![0.0; training.classes()];
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
