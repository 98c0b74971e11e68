//! What kernel classifiers become: from points with labels to scores and a label.
//!
//! | classifier | scores of a class | limit of a deep network where |
//! |---|---|---|
//! | kernel regression ([`Regression`], [`certain::regression`]) | `e_c K^-1 k(x)`, `e_c` the indicator of the class | any finite depth |
//! | majority ([`majority`]) | the number of its points | `A != 0`, `B' >= 1` (Proposition 1) |
//! | nearest neighbour ([`nearest`]) | 1 for the class of the nearest point | `A = A' = 0` (Theorem 3) |
//! | smoother ([`smoother`]) | `sum_i k(x, x_i)` over its points | `A = 0`, `A' != 0`: the Koenigs kernel (Theorem 1) |
//! | ordered interpolant ([`Interpolant`], [`certain::interpolant`]) | `b + sum w_i g(1 - x . x_i)`, `sum w_i = 0` | `A != 0`, `B' < 1` |
//! | balanced vote ([`smoother`] with `g`) | `sum_i g(x . x_i)` over its points | `A != 0`, `B' > 1`, classes of equal size |
//! | Bayes rule ([`Dirichlet`]) | `prior * density` | nothing is better |
//!
//! For two classes with `y = +-1` the difference of the two scores is `y K^-1 k(x)` and its sign is the label: every
//! classifier here is linear in the indicators of the classes, so two classes and many are the same code.
//!
//! **In doubles**, for thousands of rows: a [`Rule`] is the classifier that a compiled kernel means; Gram matrices and labels
//! go in, scores come out, also those of every row without itself. [`choice`] chooses kernels and ridges by validation and tests on folds,
//! [`dynamics`] is training up to any time.
//!
//! **Without the matrix**, for a hundred thousand rows and more: [`conjugate`] solves the regression by conjugate gradients.
//!
//! **For certain**, for hundreds of points: [`certain`] takes as many bits as it needs until every label is certain, and gives none
//! where that does not help. (Kernel matrices of deep networks are close to singular.)

mod accuracy;
pub mod certain;
pub mod choice;
pub mod conjugate;
mod density;
pub mod dynamics;
mod ensemble;
mod fitted;
mod folds;
pub mod interpolant;
mod labels;
mod landmarks;
pub mod regression;
mod rule;
mod training;
mod votes;

#[cfg(test)]
mod tests;

pub use accuracy::{QUANTILE, binomial_error, mean_and_error, wilson};
pub use conjugate::{Advance, Approximation, Conjugate, Iterate, Solver};
pub use density::{Dirichlet, Generator, bayes, generator, on_the_sphere};
pub use dynamics::{Dynamics, Prior, Time};
pub use ensemble::Ensemble;
pub use fitted::Fitted;
pub use folds::{distinct, fair};
pub use interpolant::Interpolant;
pub use labels::{accuracy, labels, numbered, one_hot, share};
pub use regression::{Definite, Regression};
pub use rule::Rule;
pub use training::Training;
pub use votes::{Weight, majority, nearest, power, smoothed, smoother};

use rug::Float;

/// What a classifier says of one point.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The class with the largest score, `None` where the arithmetic (or a tie) leaves that open.
    pub label: Option<usize>,
    /// A score per class, on a scale that is the same for all classes of this point.
    pub scores: Vec<Float>,
}

impl Decision {
    /// The difference of the scores of class 1 and class 0: `y K^-1 k(x)` of two classes coded as `+1` and `-1`.
    ///
    /// ```
    /// let decision = deeplimit::classifier::majority(&[0, 1, 1], 2);
    /// assert_eq!((decision.label, decision.margin().to_f64()), (Some(1), 1.0));
    /// ```
    pub fn margin(&self) -> Float {
        let bits = self.scores.first().map_or(53, Float::prec);
        let score = |c: usize| {
            self.scores
                .get(c)
                .cloned()
                .unwrap_or_else(|| Float::new(bits))
        };
        Float::with_val(bits, score(1) - score(0))
    }
}

impl Decision {
    /// The class of the largest score, the first of equals: a label where one has to be given.
    ///
    /// ```
    /// let tie = deeplimit::classifier::majority(&[0, 1], 2);
    /// assert_eq!((tie.label, tie.first()), (None, 0));
    /// ```
    pub fn first(&self) -> usize {
        let s = &self.scores;
        (0..s.len()).fold(0, |best, c| if s[c] > s[best] { c } else { best })
    }
}

/// The largest of the scores, where it is larger than every other one by more than both errors.
fn decided<T: PartialOrd + Copy>(
    scores: &[T],
    apart: impl Fn(usize, usize) -> bool,
) -> Option<usize> {
    let best = (0..scores.len()).fold(None, |best: Option<usize>, c| match best {
        Some(b) if scores[b] >= scores[c] => Some(b),
        _ => Some(c),
    })?;
    (0..scores.len())
        .all(|c| c == best || apart(best, c))
        .then_some(best)
}
