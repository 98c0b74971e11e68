//! An activation, ready for layers of any variance.

use std::cmp::Ordering;

use rug::Rational;

use super::covariance::{Covariance, clamped};
use super::variance::Windows;
use crate::deadline::Deadline;
use crate::dual::{Dual, prepared};
use crate::error::Result;
use crate::exact::Activation;
use crate::real::{Ball, Bits, Real};

/// The second moment `V(q) = E phi(sqrt(q) Z)^2` and the normalised dual of an activation at any variance `q`.
#[derive(Debug)]
pub enum Prepared<R> {
    /// `phi(c z) = c^k phi(z)`: the dual is the same at all variances, `V(q) = q^k V(1)`.
    Homogeneous {
        /// `k`
        degree: Rational,
        /// `V(1)`
        square: R,
        /// At variance 1, and so everywhere.
        dual: Dual<R>,
    },
    /// A closed form at all variances.
    Closed(Covariance<R>),
    /// Hermite coefficients that follow the variance.
    Expanded(Box<Windows>),
}

/// Bits beyond the accuracy that numbers are carried with.
const GUARD: Bits = 48;

impl<R: Real> Prepared<R> {
    /// Chooses the road: homogeneity, then a closed form, then Hermite coefficients up to `degree`; numbers with an absolute
    /// error of about `2^-accuracy`.
    ///
    /// # Errors
    /// See [`prepared`].
    pub fn new(
        structure: &Activation,
        degree: u32,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<Self> {
        if let (Some(k), Some(square)) = (&structure.homogeneity, &structure.square) {
            let dual = prepared(structure, degree, accuracy, deadline)?;
            return Ok(Prepared::Homogeneous {
                degree: k.clone(),
                square: R::from_ball(&square.evaluate(accuracy + GUARD)),
                dual: dual.rounded(),
            });
        }
        Ok(
            match Covariance::<R>::of(&structure.expr, accuracy + GUARD) {
                Some(c) => Prepared::Closed(c),
                None => Prepared::Expanded(Box::new(Windows::new(
                    structure,
                    Some(degree),
                    accuracy,
                    deadline,
                ))),
            },
        )
    }

    /// More Hermite coefficients would give more digits.
    pub fn is_expanded(&self) -> bool {
        match self {
            Prepared::Homogeneous { dual, .. } => matches!(dual, Dual::Series(s)
                if s.tail.sign() != Some(Ordering::Equal)),
            Prepared::Closed(_) => false,
            Prepared::Expanded(_) => true,
        }
    }

    /// `V(q)` and the normalised dual of `phi(sqrt(q) z)`.
    ///
    /// # Errors
    /// See [`Windows::at`].
    pub fn at(&self, q: &R) -> Result<(R, Dual<R>)> {
        Ok(match self {
            Prepared::Homogeneous {
                degree,
                square,
                dual,
            } => (square * &power(q, degree), dual.clone()),
            Prepared::Closed(c) => c.dual_at(q),
            Prepared::Expanded(w) => {
                let (square, dual) = w.dual(&enclosed(q))?;
                (R::from_ball(&square), dual.rounded())
            }
        })
    }

    /// `V(q)`
    ///
    /// # Errors
    /// See [`Windows::at`].
    pub fn square(&self, q: &R) -> Result<R> {
        Ok(match self {
            Prepared::Homogeneous { degree, square, .. } => square * &power(q, degree),
            Prepared::Closed(c) => c.square(q),
            Prepared::Expanded(w) => R::from_ball(&w.square(&enclosed(q))?),
        })
    }

    /// `E phi(x) phi(y)` at variances `q`, `p` and correlation `rho`, and its derivative with respect to `rho`; in ball
    /// arithmetic enclosures in mean-value form.
    ///
    /// # Errors
    /// See [`Windows::at`].
    pub fn cross(&self, q: &R, p: &R, rho: &R) -> Result<(R, R)> {
        Ok(match self {
            Prepared::Homogeneous {
                degree,
                square,
                dual,
            } => {
                let half = Rational::from(degree / 2);
                let size = square * &power(&(q * p), &half);
                let one = R::int(1, rho.bits());
                let near = rho.scale2(1).compare(&one) == Some(Ordering::Greater);
                let (value, slope) = if near {
                    let (gap, slope) = dual.gap_with_slope(&(&one - rho));
                    (&one - &gap, slope)
                } else {
                    dual.at_with_slope(&clamped(rho))
                };
                (&size * &value, &size * &slope)
            }
            Prepared::Closed(c) => c.at(q, p, rho),
            Prepared::Expanded(w) => {
                let (value, slope) = w.cross(&enclosed(q), &enclosed(p), &enclosed(rho))?;
                (R::from_ball(&value), R::from_ball(&slope))
            }
        })
    }
}

/// `q^k`, exact for `k = 1`.
fn power<R: Real>(q: &R, degree: &Rational) -> R {
    if *degree == 1 {
        return q.clone();
    }
    match degree.numer().to_i64().filter(|_| *degree.denom() == 1) {
        Some(k) => q.powi(k),
        None => q.powr(degree),
    }
}

/// The number as a ball: itself, or the point that it is.
pub(super) fn enclosed<R: Real>(x: &R) -> Ball {
    Ball::new(x.to_float(), &x.radius())
}
