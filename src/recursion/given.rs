//! The standard deviations of weights and biases, as they are given.

use std::cmp::Ordering;

use rug::Rational;
use rug::float::Round;

use crate::exact::Closed;
use crate::real::{Analytic, Ball, Bits, Real};

/// A standard deviation: a constant, or a decimal that was rounded.
///
/// ```
/// use deeplimit::recursion::Given;
/// use deeplimit::real::Real;
/// let half: Given = rug::Rational::from((1, 2)).into();
/// assert_eq!(half.variance(64).to_f64(), 0.25);
/// // 1.41421356237310 as it was printed: the root of 2 is one of the numbers that it stands for
/// let centre = rug::Rational::from((141_421_356_237_310u64, 100_000_000_000_000u64));
/// let printed = Given::Rounded { centre, radius: rug::Rational::from((1, 200_000_000_000_000u64)) };
/// assert!(printed.variance(128).contains(&rug::Float::with_val(64, 2)));
/// ```
#[derive(Clone, Debug)]
pub enum Given {
    /// A constant: `1.5`, `sqrt(2)`.
    Exact(Closed),
    /// Any number within `radius` of `centre`.
    Rounded {
        /// The decimal as typed.
        centre: Rational,
        /// Half a unit of its last place.
        radius: Rational,
    },
}

impl From<Closed> for Given {
    fn from(sigma: Closed) -> Self {
        Given::Exact(sigma)
    }
}

impl From<Rational> for Given {
    fn from(sigma: Rational) -> Self {
        Given::Exact(Closed::rational(sigma))
    }
}

impl From<i32> for Given {
    fn from(sigma: i32) -> Self {
        Given::from(Rational::from(sigma))
    }
}

impl Given {
    /// An enclosure of `sigma`.
    pub fn ball(&self, bits: Bits) -> Ball {
        match self {
            Given::Exact(sigma) => sigma.evaluate(bits),
            Given::Rounded { centre, radius } => {
                let slack = rug::Float::with_val_round(64, radius, Round::Up).0;
                Ball::rational(centre, bits).widened(&slack)
            }
        }
    }

    /// An enclosure of `sigma^2`.
    pub fn variance(&self, bits: Bits) -> Ball {
        match self.closed_variance() {
            Some(square) => square.evaluate(bits),
            None => self.ball(bits).powi(2),
        }
    }

    /// `sigma^2`, where it is known exactly.
    pub fn closed_variance(&self) -> Option<Closed> {
        match self {
            Given::Exact(sigma) => sigma.powi(2),
            Given::Rounded { .. } => None,
        }
    }

    /// Exactly zero.
    pub fn is_zero(&self) -> bool {
        matches!(self, Given::Exact(sigma) if sigma.is_zero())
    }

    /// The sign, where it is certain.
    pub fn sign(&self) -> Option<Ordering> {
        match self {
            Given::Exact(sigma) => sigma.sign(),
            Given::Rounded { .. } => self.ball(128).sign(),
        }
    }
}
