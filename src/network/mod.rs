//! Fully connected networks of finite width: what the limits are limits of.
//!
//! In the NTK parametrisation, one output, all weights and biases standard normal at initialisation and all trained:
//!
//! ```text
//! z^1 = sigma_1 W^1 x + sigma_b b^1,      z^{l+1} = sigma_w n^(-1/2) W^{l+1} phi(z^l) + sigma_b b^{l+1},      f = z^{L+1}
//! ```
//!
//! with `L` hidden layers of `n` units (Jacot, Gabriel and Hongler 2018; Lee et al. 2019). As `n` grows the empirical
//! kernels at initialisation tend to those of [`crate::recursion`] and [`crate::kernel`]: with `sigma_1 = 1`,
//! `sigma_w^2 = 1/E phi(Z)^2`, no biases ([`FiniteArchitecture::normalised`]) and inputs of length 1 to `S_L` and `T_L`, with a
//! deviation of the order of `n^(-1/2)`.
//!
//! * [`architecture`]: the network as data.
//! * [`weights`]: a network drawn from a seed, its outputs, its empirical NNGP and tangent kernels, exact by
//!   backpropagation.
//! * [`training`]: full-batch gradient descent, and the network linearised at its initial weights.
//!
//! The empirical tangent kernel at initialisation against `T_L`:
//!
//! ```
//! use deeplimit::{activation::Expr, deadline::Deadline, gram::Matrix};
//! use deeplimit::kernel::{Depth, Kernel, Kind};
//! use deeplimit::network::{FiniteArchitecture, FiniteNetwork};
//! let relu = Expr::parse("relu")?;
//! let inputs = Matrix { rows: 2, columns: 2, values: vec![1.0, 0.0, 0.6, 0.8] };
//! let architecture = FiniteArchitecture::normalised(&relu, 2, 1000, Deadline::default())?;
//! let empirical = FiniteNetwork::sampled(&architecture, inputs.columns, 1)?.kernels(&inputs)?.ntk;
//! let limit = Kernel::new(&relu, Depth::Layers(2), Kind::Ntk, Deadline::default())?;
//! assert!((empirical.row(0)[1] - limit.at(0.6)).abs() < 0.3);
//! # Ok::<(), deeplimit::error::Error>(())
//! ```

pub mod architecture;
pub mod training;
pub mod weights;

#[cfg(test)]
mod tests;

pub use architecture::FiniteArchitecture;
pub use weights::{EmpiricalKernels, FiniteNetwork};
