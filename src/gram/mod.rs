//! Gram matrices of a compiled kernel on data, and regression with them.
//!
//! * [`points`]: rows of numbers as points, and their correlations with all digits.
//! * [`matrix`]: symmetric and rectangular Gram matrices, blockwise, on all cores.
//! * `pages`: memory for large matrices, in large pages.
//! * [`store`]: matrices into a `.npy` file or a Zarr folder, tile by tile, resumable, in shards.
//! * [`npy`]: numpy's format.
//! * [`regression`]: Cholesky, prediction, leave-one-out, log marginal likelihood.
//! * [`spectrum`]: eigenvalues, condition, rank.
//! * [`dynamics`]: predictions at any time of training, mean and covariance (NTK and NNGP).
//! * [`interpolant`]: the classifier of the ordered phase.
//! * [`evaluation`]: scores of test rows from training rows, by the classifier that the kernel means.
//!
//! The cost does not depend on the depth: a matrix product `X X^T`, and a polynomial of degree 7 for each entry.
//!
//! Measured (`cargo bench --bench gram`: n = 5,000, d = 10, NTK, release build, 2 cores of a Zen 4, best of three; the product
//! `X X^T` alone, whose result is not in large pages, takes 130 ms; a matrix of 200 MB has to be written in any case):
//!
//! | activation, depth | prepared, ms | largest error measured | one evaluation, ns | Gram matrix, ms | over `X X^T` alone |
//! |---|---|---|---|---|---|
//! | relu, 3 | 2 | 8e-16 | 3.6 | 84 | 0.64 |
//! | relu, 100 | 68 | 2e-15 | 3.5 | 83 | 0.63 |
//! | relu, 1,000,000 | 654 | 1e-15 | 3.6 | 83 | 0.61 |
//! | relu, infinite | 1 | 0 | 4.9 | 84 | 0.64 |
//! | optimal(4), infinite | 33 | 1e-15 | 4.1 | 129 | 0.97 |
//! | gelu, 100 | 343 | 2e-14 | 3.5 | 88 | 0.69 |
//! | gelu, infinite | 440 | 7e-17 | 3.5 | 85 | 0.62 |
//! | tanh, 100 | 379 | 2e-14 | 6.0 | 97 | 0.61 |
//! | tanh, infinite | 492 | 5e-15 | 7.0 | 115 | 0.76 |

pub mod dynamics;
pub mod evaluation;
pub mod interpolant;
pub mod matrix;
pub mod npy;
mod pages;
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
