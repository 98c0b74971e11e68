//! What kernel classifiers become: from points with labels to scores and a label.
//!
//! | classifier | scores of a class | limit of a deep network where |
//! |---|---|---|
//! | kernel regression ([`regression`]) | `e_c K^-1 k(x)`, `e_c` the indicator of the class | any finite depth |
//! | majority ([`majority`]) | the number of its points | `A != 0`, `B' >= 1` (Proposition 1) |
//! | nearest neighbour ([`nearest`]) | 1 for the class of the nearest point | `A = A' = 0` (Theorem 3) |
//! | smoother ([`smoother`]) | `sum_i k(x, x_i)` over its points | `A = 0`, `A' != 0`: the Koenigs kernel (Theorem 1) |
//! | ordered interpolant ([`interpolant`]) | `b + sum w_i g(1 - x . x_i)`, `sum w_i = 0` | `A != 0`, `B' < 1` |
//! | balanced vote ([`smoother`] with `g`) | `sum_i g(x . x_i)` over its points | `A != 0`, `B' > 1`, classes of equal size |
//! | Bayes rule ([`Dirichlet`]) | `prior * density` | nothing is better |
//!
//! For two classes with `y = +-1` the difference of the two scores is `y K^-1 k(x)` and its sign is the label: every
//! classifier here is linear in the indicators of the classes, so two classes and many are the same code.
//!
//! A label is given only where the arithmetic can tell the two best scores apart; otherwise it is `None`. Kernel matrices
//! of deep networks are close to singular, so [`regression`] starts with doubles and goes on in MPFR, doubling the bits
//! until every sign is certain, and says in which arithmetic it ended ([`Solved`]).

mod deep;
mod density;
mod interpolant;
mod regression;
mod symmetric;
mod table;
mod training;
mod vote;

#[cfg(test)]
mod tests;

pub use crate::recursion::Kind;
pub use deep::{Deep, Family, OrderedGap};
pub use density::{Dirichlet, Generator, bayes, generator, on_the_sphere};
pub use interpolant::interpolant;
pub use regression::{Precision, Prediction, Solved, regression};
pub use symmetric::{Factor, Symmetric};
pub use table::Table;
pub use training::{Places, Points, Sphere, Training};
pub use vote::{Weight, majority, nearest, power, smoother};

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
    /// use deeplimit::classifier::{Points, Sphere, Training, majority};
    /// let points = Points::coordinates(vec![vec![1.0, 0.0], vec![0.6, 0.8], vec![0.0, 1.0]], Sphere::Refuse).unwrap();
    /// let training = Training::new(points, vec![0, 1, 1]).unwrap();
    /// let decision = majority(&training);
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
