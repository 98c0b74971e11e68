//! The same classifiers in as many bits as it takes.
//!
//! [`crate::kernel::Kernel`] is a table in doubles; a matrix of condition `2^120` takes entries with more bits than that. So a
//! kernel is a [`AtAnyPrecision`] here: it can be had in any arithmetic. [`Deep`] is that of a network, whose dual has a closed form.
//!
//! * [`regression`]: doubles, then MPFR, the bits doubled until every label is certain (or balls: then labels are proofs).
//! * [`interpolant`]: the limit of the ordered phase, by two precisions that agree.
//! * [`Symmetric`], [`Factor`]: `K = L D L^T` in any arithmetic.

mod deep;
mod interpolant;
mod regression;
mod symmetric;

pub use deep::{AtAnyPrecision, Deep, Evaluator, OrderedGap, dual_of};
pub use interpolant::interpolant;
pub use regression::{Precision, Prediction, Solved, regression};
pub(super) use symmetric::inverse_norm;
pub use symmetric::{Factor, Symmetric};
