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
//! Measured (`cargo bench --bench gram`: n = 5,000, d = 10, NTK, release build, 2 cores of a Zen 3, best of three; the product
//! `X X^T` alone, whose result is not in large pages, takes 200 to 260 ms; a matrix of 200 MB has to be written in any case):
//!
//! | activation, depth | prepared, ms | largest error measured | one evaluation, ns | Gram matrix, ms | over `X X^T` alone |
//! |---|---|---|---|---|---|
//! | relu, 3 | 13 | 7e-16 | 4.7 | 130 | 0.55 |
//! | relu, 100 | 80 | 2e-15 | 3.8 | 125 | 0.53 |
//! | relu, 1,000,000 | 923 | 1e-15 | 4.4 | 139 | 0.56 |
//! | relu, infinite | 3 | 0 | 3.9 | 141 | 0.62 |
//! | optimal(4), infinite | 55 | 1e-15 | 5.2 | 187 | 0.77 |
//! | sin(x), infinite | 159 | 5e-15 | 5.4 | 141 | 0.68 |
//! | gelu, 100 | 712 | 2e-14 | 4.3 | 143 | 0.57 |
//! | gelu, infinite | 975 | 7e-17 | 5.0 | 137 | 0.62 |
//! | tanh, 100 | 533 | 2e-14 | 8.1 | 156 | 0.67 |
//! | tanh, infinite | 702 | 5e-15 | 5.0 | 124 | 0.57 |

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
