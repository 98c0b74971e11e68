//! The kernels of a network of any depth: NNGP `S_L` and NTK `T_L`, layer by layer.

mod covariance;
mod scaled;
mod unit;
mod variance;
mod walk;

#[cfg(test)]
mod tests;

pub use covariance::{Covariance, HermitePair};
pub use scaled::Scaled;
pub use unit::{DIRECT, Kernels, Unit};
pub use variance::{Moments, Taylor, Window, Windows, scaled};
pub use walk::{Correlation, Layer, Walk};
