//! Infinitely many layers: fixed points, regimes and the evidence for them.

mod classify;
mod constants;
mod fixed_point;
mod structure;
mod verdict;

pub use classify::{Options, classify};
pub use constants::{Arithmetic, Moments};
pub use fixed_point::{hermite_coefficients, hermite_series};
pub use structure::Structure;
pub use verdict::{Classification, Phase, Quantity, Regime, Value};
