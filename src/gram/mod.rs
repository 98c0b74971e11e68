//! Gram matrices of a compiled kernel on data, and regression with them.
//!
//! * [`points`]: rows of numbers as points, and their correlations with all digits.
//! * [`matrix`]: symmetric and rectangular Gram matrices, blockwise, on all cores.
//! * [`store`]: matrices into a `.npy` file or a Zarr folder, tile by tile, resumable, in shards.
//! * [`npy`]: numpy's format.
//! * [`regression`]: Cholesky, prediction, leave-one-out, log marginal likelihood.
//! * [`spectrum`]: eigenvalues, condition, rank.
//! * [`dynamics`]: predictions at any time of training, mean and covariance (NTK and NNGP).
//! * [`interpolant`]: the classifier of the ordered phase.
//! * [`evaluation`]: scores of test rows from training rows, by the classifier that the kernel means.
//!
//! The cost does not depend on the depth: a matrix product `X X^T`, and a polynomial of degree 13 for each entry.
//!
//! Measured (`cargo bench --bench gram`: n = 5,000, d = 10, NTK, release build, 2 cores, best of three; the product
//! `X X^T` alone takes 100 ms):
//!
//! | activation, depth | prepared, ms | largest error measured | one evaluation, ns | Gram matrix over `X X^T` alone |
//! |---|---|---|---|---|
//! | relu, 3 | 3 | 8e-16 | 8.7 | 1.53 |
//! | relu, 100 | 57 | 2e-15 | 8.9 | 1.57 |
//! | relu, 1,000,000 | 379 | 1e-15 | 8.8 | 1.53 |
//! | optimal(4), infinite | 23 | 1e-15 | 8.9 | 1.61 |
//! | gelu, 100 | 327 | 2e-14 | 8.9 | 1.61 |
//! | tanh, 100 | 385 | 2e-14 | 8.9 | 1.52 |
//! | tanh, infinite | 486 | 3e-15 | 9.0 | 1.60 |

pub mod dynamics;
pub mod evaluation;
pub mod interpolant;
pub mod matrix;
pub mod npy;
pub mod points;
pub mod regression;
pub mod spectrum;
pub mod store;

#[cfg(test)]
mod tests;

pub use dynamics::{Dynamics, Prior, Time};
pub use evaluation::Rule;
pub use interpolant::Interpolant;
pub use matrix::{Gram, Lengths, Matrix};
pub use points::Points;
pub use regression::{Regression, accuracy, classes, one_hot, smoothed};
pub use spectrum::Spectrum;
pub use store::{Contents, Filled, Fingerprint, Shard, Store, Tile};
