//! Gram matrices of a compiled kernel on data, and regression with them.
//!
//! * [`points`]: rows of numbers as points, and their correlations with all digits.
//! * [`matrix`]: symmetric and rectangular Gram matrices, blockwise, on all cores.
//! * [`store`]: the same into a `.npy` file, row block by row block, resumable.
//! * [`regression`]: Cholesky, prediction, leave-one-out, log marginal likelihood.
//! * [`evaluation`]: scores of test rows from training rows.
//!
//! The cost does not depend on the depth: a matrix product `X X^T`, and a polynomial of degree 13 for each entry.

pub mod evaluation;
pub mod matrix;
pub mod points;
pub mod regression;
pub mod store;

#[cfg(test)]
mod tests;

pub use evaluation::{scores, scores_left_out};
pub use matrix::{Gram, Lengths, Matrix};
pub use points::Points;
pub use regression::{Regression, accuracy, classes, one_hot, smoothed};
pub use store::{Progress, Store};
