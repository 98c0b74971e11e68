//! The kernels of a network of any depth: NNGP `S_L` and NTK `T_L`, layer by layer.

mod scaled;
mod unit;
mod walk;

#[cfg(test)]
mod tests;

pub use scaled::Scaled;
pub use unit::{DIRECT, Kernels, Unit};
pub use walk::{Correlation, Layer, Walk};
