//! Infinitely many layers: fixed points, regimes and the evidence for them.

mod abel;
mod boettcher;
mod classify;
mod constants;
mod fixed_point;
mod interior;
mod deep_number;
mod koenigs;
mod landing;
mod log_periodic;
mod ordered;
mod power_series;
mod verdict;

#[cfg(test)]
mod tests;

pub use crate::real::{Arithmetic, Quantity, Value};
pub use abel::{Abel, EdgeKernels};
pub use boettcher::{Boettcher, LogKernels, Logarithmic};
pub use classify::{Options, classify};
pub use constants::Moments;
pub use interior::Interior;
pub use deep_number::DeepNumber;
pub use koenigs::{DeepKernels, Koenigs};
pub use landing::Landing;
pub use log_periodic::{Bend, LogPeriodic};
pub use ordered::Ordered;
pub use verdict::{Classification, Phase, Regime};
