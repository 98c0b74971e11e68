//! The kernels of a network of any depth: NNGP `S_L` and NTK `T_L`, layer by layer.
//!
//! * [`mod@unit`], [`walk`]: unit-norm inputs, no bias, one dual for all layers.
//! * [`covariance`], [`variance`], [`prepared`]: an activation at any variance.
//! * [`network`]: which network, as data; [`layers`]: its maps, with weights, biases, inputs of any norm; [`fixed`]: where the variance settles.
//! * [`depth`]: which kernel, how deep; [`conventions`]: where papers put their factors; [`ntk`]: kernels with certain digits.
//! * [`scaled`], [`decimal`]: numbers far outside of doubles, and how they are written; [`pair`]: NNGP and NTK.

mod conventions;
mod covariance;
mod crossing;
mod decimal;
mod depth;
mod fixed;
mod germ;
mod given;
mod layers;
mod moments;
mod network;
mod ntk;
mod origin;
mod pair;
mod prepared;
mod scaled;
mod scan;
mod unit;
mod variance;
mod walk;

#[cfg(test)]
mod tests;

pub use conventions::{Convention, Variances, WeightVariance, bias_variance, weight_variance};
pub use covariance::Covariance;
pub use crossing::crossing;
pub use depth::{Depth, Kind};
pub use fixed::{Attraction, Beyond, FixedVariance, FixedVariances, fixed_variances};
pub use germ::Vanishing;
pub use given::Given;
pub use layers::{Layers, variance_after};
pub use moments::VarianceMoments;
pub use network::{Network, Settings};
pub(crate) use ntk::Attempt;
pub use ntk::{DEPTH_MAX, KernelValue, ntk};
pub use origin::{bend_at_zero, closed_slope_at_zero, slope_at_zero, vanishes_at_zero};
pub use pair::Pair;
pub use prepared::Prepared;
pub use scaled::Scaled;
pub use scan::{OfVariance, Scan, Zero};
pub use unit::{DIRECT, UnitLayers};
pub use variance::Windows;
pub use walk::{Correlation, LayerMap, Walk};
