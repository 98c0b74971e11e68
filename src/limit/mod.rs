//! Infinitely many layers: fixed points, regimes and the evidence for them.

pub mod verdict;
pub use verdict::{Classification, Phase, Quantity, Regime, Value};
