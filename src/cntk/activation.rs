//! The two ways in which an activation acts on a pair of pixels.

use std::sync::Arc;

use rug::Rational;

use super::expansion::Expansion;
use crate::activation::{Expr, Tape};
use crate::error::{Error, Result};

/// How `E phi(u) phi(v)` is found.
#[derive(Clone, Debug)]
pub enum Form {
    /// `b^2/(a^2 + b^2)` of `a z + b |z|`: the arc-cosine kernels.
    Bent(f64),
    /// The Hermite coefficients of every pixel.
    Series(Arc<Expansion>),
}

impl Form {
    /// Of an activation; a series may leave out the share `rest`.
    ///
    /// # Errors
    /// See [`Expansion::new`]; [`Error::Domain`] for zero.
    pub fn new(activation: &Expr, rest: f64) -> Result<Form> {
        match is_homogeneous(activation) {
            true => bend(activation).map(Form::Bent),
            false => Expansion::new(activation, rest).map(Form::Series),
        }
    }

    /// `b^2/(a^2 + b^2)`, where there is one.
    pub fn bend(&self) -> f64 {
        match self {
            Form::Bent(bend) => *bend,
            Form::Series(_) => 0.0,
        }
    }
}

/// The activation is `a z + b |z|`, by structure.
pub fn is_homogeneous(activation: &Expr) -> bool {
    activation.homogeneity() == Some(Rational::from(1))
}

/// `b^2/(a^2 + b^2)` of an activation `a z + b |z|`, to the last digits of a double.
///
/// These are all activations that are positively homogeneous of degree 1; that is proved by structure, and `a`, `b` are
/// then `(phi(1) -+ phi(-1))/2`. The kernel does not depend on the scale of the activation, nor on the sign of `a`, `b`.
///
/// # Errors
/// [`Error::Domain`] for any other activation.
///
/// ```
/// use deeplimit::cntk::bend;
/// assert_eq!(bend(&"relu".parse()?)?, 0.5);
/// assert_eq!(bend(&"3*x".parse()?)?, 0.0);
/// assert_eq!(bend(&"abs(2*x)".parse()?)?, 1.0);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn bend(activation: &Expr) -> Result<f64> {
    if !is_homogeneous(activation) {
        return Err(Error::Domain(format!(
            "`{activation}` is not a x + b |x|, as relu, leaky_relu, abs and x are"
        )));
    }
    let tape = Tape::<f64>::new(std::slice::from_ref(activation), 53);
    let (right, left) = (tape.at_one(&1.0), tape.at_one(&-1.0));
    let (a, b) = ((right - left) / 2.0, (right + left) / 2.0);
    let bend = b * b / (a * a + b * b);
    if bend.is_finite() {
        Ok(bend)
    } else {
        Err(Error::Domain(format!(
            "`{activation}` is zero (or too large) everywhere and has no kernel"
        )))
    }
}
