//! Gram matrices of a compiled kernel on data.
//!
//! * [`points`]: rows of numbers as points, and their correlations with all digits.
//! * [`twins`]: rows of one direction.
//! * `exact`: the same points at any precision.
//! * [`matrix`]: matrices as plain data. [`entries`]: symmetric and rectangular Gram matrices, blockwise, on all cores.
//! * `pages`: memory for large matrices, in large pages.
//! * [`spectrum`]: eigenvalues, condition, rank.
//!
//! The cost does not depend on the depth: a matrix product `X X^T`, and a polynomial of degree 7 for each entry.
//!
//! Measured (`cargo bench --bench gram`: n = 5,000, d = 10, NTK, release build, 2 cores of a Zen 4, best of three; the product
//! `X X^T` alone, whose result is not in large pages, takes 126 to 156 ms; a matrix of 200 MB has to be written in any case):
//!
//! | activation, depth | prepared, ms | largest error measured (of the function, an estimate) | one evaluation, ns | Gram matrix, ms | over `X X^T` alone |
//! |---|---|---|---|---|---|
//! | relu, 3 | 5 | 8e-16 | 3.4 | 54 | 0.43 |
//! | relu, 100 | 70 | 3e-15 | 1.9 | 53 | 0.41 |
//! | relu, 1,000,000 | 533 | 1e-15 | 1.8 | 51 | 0.39 |
//! | relu, infinite | 1 | 0 | 1.9 | 58 | 0.43 |
//! | optimal(4), infinite | 42 | 1e-15 | 2.9 | 77 | 0.59 |
//! | sin(x), infinite | 117 | 5e-15 | 4.2 | 52 | 0.40 |
//! | gelu, 100 | 360 | 2e-14 | 1.9 | 50 | 0.32 |
//! | gelu, infinite | 617 | 7e-17 | 2.6 | 51 | 0.40 |
//! | tanh, 100 | 378 | 2e-14 | 2.8 | 76 | 0.60 |
//! | tanh, infinite | 434 | 5e-15 | 3.9 | 68 | 0.54 |

pub mod entries;
mod exact;
pub mod matrix;
mod pages;
pub mod points;
pub mod spectrum;
pub mod twins;

#[cfg(test)]
pub(crate) mod tests;

pub use entries::{Gram, Lengths};
pub use exact::ExactPoints;
pub use matrix::Matrix;
pub use points::{Points, Rounding, gaps};
pub use spectrum::Spectrum;
pub use twins::Twins;
