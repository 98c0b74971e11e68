//! Infinitely many layers: fixed points, regimes and the evidence for them.

mod classify;
mod constants;
mod fixed_point;
mod verdict;

pub use crate::real::{Arithmetic, Quantity, Value};
pub use classify::{Options, classify};
pub use constants::Moments;
pub use verdict::{Classification, Phase, Regime};
