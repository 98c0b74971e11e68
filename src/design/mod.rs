//! Designing activations: the way back, from what is wanted of a limit to an activation that has it.
//!
//! * [`family`]: all members of a family with free letters whose singular kernel has a wanted exponent.
//! * [`lowest`](mod@lowest): the polynomial of lowest degree with a wanted exponent.
//! * [`known`](mod@known): one activation of each kind that has it.
//! * [`extremal`](mod@extremal): the steepest, the flattest, the one with the smallest Lipschitz constant.
//! * [`finite`]: the exponent that a network of finite depth takes.
//! * [`nearest`](mod@nearest): the one nearest to a given activation.
//! * [`critical`](mod@critical): an affine wrap at the edge of chaos, with a variance that attracts.
//! * [`slopes`](mod@slopes): an affine wrap of an activation with wanted slopes (deep kernel shaping and its kin).
//! * [`proof`]: what is proved of an answer.
//! * [`shape`](mod@shape): functions that are proved to rise, or to stay between two values.
//! * [`expansion`], [`taylor`]: Gaussian expectations as functions of scale and shift, and of a letter.
//! * [`kernel`]: the activation whose kernel is nearest to a given function of the correlation.

use rug::Rational;

use crate::activation::Expr;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::quadrature::{Unit, power_of_ten};

mod critical;
mod expansion;
mod extremal;
pub mod family;
mod finite;
pub mod kernel;
mod known;
mod lowest;
mod nearest;
mod proof;
mod shape;
mod slopes;
mod taylor;

pub use critical::{Critical, Criticals, critical, critical_with_rate};
pub use extremal::{Among, Extremal, Extreme, Extremum, KINKS_MAX, extremal};
pub use family::{Family, Member, Members, Span, Undecided};
pub use finite::{FiniteDepth, at_depth};
pub use kernel::{
    Criterion, DEGREE_MAX, Definiteness, Extent, KernelDesign, KernelOutcome, KernelWish,
    LAYERS_MAX, REACH, Realisation, WantedKernel,
};
pub use known::{Known, Shape, known};
pub use lowest::{Lowest, lowest};
pub use nearest::{NEAREST_DEGREE, Nearest, nearest};
pub use proof::{Proof, exponent};
pub use slopes::{Leaky, Shaped, Shapings, Slopes, leaky, local_slope, slopes};

/// That an exponent is one.
fn positive(alpha: &Rational) -> Result<()> {
    if *alpha > 0 {
        return Ok(());
    }
    Err(Error::Domain(format!(
        "alpha = {} is no exponent of a singular kernel: it is greater than zero",
        Expr::rational(alpha)
    )))
}

/// `f = power g` with `g` of moderate size: a factor is nothing that an exponent depends on.
fn without_size(function: &Expr) -> (Expr, Rational) {
    let unit = Activation::new(function).and_then(|f| Unit::of(&f));
    match unit {
        Ok(unit) if unit.exponent != 0 => (unit.structure.expr, power_of_ten(unit.exponent)),
        // what is wrong with the function is said where it is integrated
        _ => (function.clone(), Rational::from(1)),
    }
}
