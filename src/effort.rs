//! How much work an answer is worth: digits, arithmetic, time.

use std::time::Duration;

use crate::deadline::Deadline;
use crate::real::Arithmetic;

/// How much work an answer is worth.
///
/// ```
/// use std::time::Duration;
/// use deeplimit::Effort;
/// let effort = Effort::digits(50).within(Duration::from_secs(60));
/// assert_eq!((effort.digits, Effort::default().digits), (50, 15));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Significant digits wanted; what cannot be reached is told by the error of the answer.
    pub digits: usize,
    /// The road.
    pub arithmetic: Arithmetic,
    /// When to give up.
    pub deadline: Deadline,
}

impl Default for Effort {
    /// 15 digits, enclosed, however long it takes.
    fn default() -> Self {
        Effort {
            digits: 15,
            arithmetic: Arithmetic::Ball,
            deadline: Deadline::default(),
        }
    }
}

impl Effort {
    /// So many significant digits, enclosed, however long it takes.
    pub fn digits(digits: usize) -> Self {
        Effort {
            digits,
            ..Effort::default()
        }
    }

    /// The same, given up so long from now.
    pub fn within(self, span: Duration) -> Self {
        Effort {
            deadline: Deadline::after(span),
            ..self
        }
    }

    /// The same by another arithmetic.
    pub fn by(self, arithmetic: Arithmetic) -> Self {
        Effort { arithmetic, ..self }
    }
}
