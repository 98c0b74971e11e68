//! Gram matrices of a compiled kernel on data.
//!
//! * [`points`]: rows of numbers as points, and their correlations with all digits.
//! * [`twins`]: rows of one direction.
//! * `inputs`: how rows become points: divided by their lengths, as they are, lifted.
//! * `exact`: the same points at any precision.
//! * [`matrix`]: matrices as plain data. [`entries`]: symmetric and rectangular Gram matrices, blockwise, on all cores.
//! * `decisive`: the matrix that a classifier decides by. `diagonal`: `K(x, x)` alone.
//! * `kept`: rows of any lengths: two variances for each pair.
//! * `product`: a Gram matrix times vectors, without the matrix.
//! * `mirror`: the upper triangle from the lower. `pages`: memory for large matrices, in large pages.
//! * [`spectrum`]: eigenvalues, condition, rank.
//!
//! The cost does not depend on the depth: a matrix product `X X^T`, and a polynomial of degree 7 for each entry.
//!
//! Measured (`cargo bench --bench gram`: n = 5,000, d = 10, NTK, release build, 2 cores of a Xeon with AVX-512, best of three; `X X^T`
//! alone, whose result is not in large pages, takes 100 to 120 ms; a matrix of 200 MB has to be written in any case):
//!
//! | activation, depth | prepared, ms | largest error measured (of the function, an estimate) | one evaluation, ns | Gram matrix, ms | over `X X^T` alone |
//! |---|---|---|---|---|---|
//! | relu, 3 | 11 | 1e-15 | 2.0 | 62 | 0.54 |
//! | relu, 100 | 195 | 6e-15 | 1.9 | 57 | 0.53 |
//! | relu, 1,000,000 | 555 | 4e-15 | 1.9 | 56 | 0.50 |
//! | relu, infinite | 3 | 0 | 2.0 | 63 | 0.56 |
//! | optimal(4), infinite | 39 | 3e-15 | 2.4 | 63 | 0.57 |
//! | sin(x), infinite | 758 | 1e-14 | 2.4 | 59 | 0.58 |
//! | gelu, 100 | 375 | 2e-14 | 2.0 | 59 | 0.53 |
//! | gelu, infinite | 428 | 7e-17 | 1.9 | 57 | 0.52 |
//! | tanh, 100 | 228 | 3e-14 | 2.2 | 61 | 0.57 |
//! | tanh, infinite | 414 | 2e-14 | 2.4 | 60 | 0.56 |

mod decisive;
mod diagonal;
pub mod entries;
mod exact;
mod inputs;
mod kept;
pub mod matrix;
mod mirror;
mod pages;
pub mod points;
mod product;
pub mod spectrum;
pub mod twins;

#[cfg(test)]
pub(crate) mod tests;

pub use entries::{Gram, Lengths};
pub use exact::ExactPoints;
pub use inputs::Inputs;
pub use kept::PROMISE;
pub use matrix::Matrix;
pub use points::{Points, Rounding, gaps};
pub use spectrum::Spectrum;
pub use twins::Twins;
