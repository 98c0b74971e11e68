//! The kernels of a network of any depth: NNGP `S_L` and NTK `T_L`, layer by layer.
//!
//! * [`mod@unit`], [`walk`]: unit-norm inputs, no bias, one dual for all layers.
//! * [`covariance`], [`variance`], [`prepared`]: an activation at any variance.
//! * [`network`]: weights, biases, inputs of any norm; [`fixed`]: where the variance settles.
//! * [`conventions`]: where papers put their factors; [`ntk`]: kernels with certain digits.
//! * [`scaled`], [`decimal`]: numbers far outside of doubles, and how they are written.

mod conventions;
mod covariance;
mod decimal;
mod fixed;
mod network;
mod ntk;
mod prepared;
mod scaled;
mod unit;
mod variance;
mod walk;

#[cfg(test)]
mod tests;

pub use conventions::{Convention, Variances, Weight, bias_variance, weight_variance};
pub use covariance::Covariance;
pub use fixed::{
    FixedVariance, FixedVariances, OfVariance, Scan, fixed_variances, slope_at_zero,
    vanishes_at_zero,
};
pub use network::Network;
pub use ntk::{DEPTH_MAX, KernelValue, Settings, ntk};
pub use prepared::Prepared;
pub use scaled::Scaled;
pub use unit::{DIRECT, Kernels, Unit};
pub use variance::{Moments, Windows};
pub use walk::{Correlation, Layer, Walk};
