//! The kernels of a network of any depth: NNGP `S_L` and NTK `T_L`, layer by layer.

mod conventions;
mod covariance;
mod general;
mod ntk;
mod scaled;
mod unit;
mod variance;
mod walk;

#[cfg(test)]
mod tests;

pub use conventions::{Convention, bias_variance, weight_variance};
pub use covariance::{Covariance, HermitePair};
pub use general::{Activation, Deep, Network, Weight, deep_kernels, pair_kernels};
pub use ntk::{KernelValue, Settings, ntk};
pub use scaled::Scaled;
pub use unit::{DIRECT, Kernels, Unit};
pub use variance::{Moments, Taylor, Window, Windows, scaled};
pub use walk::{Correlation, Layer, Walk};
