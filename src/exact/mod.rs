//! Numbers and Gaussian expectations in closed form: where equalities are proved.
//!
//! An enclosure proves that two numbers differ, never that they agree. Agreement, `E phi(Z) = 0` or
//! `E phi'(Z)^2 = 1`, is proved here, by structure: a [`Closed`] is a constant in a normal form that is
//! zero for most zeros that people write down, and [`expectation`] writes `E f(Z)` as such a constant where
//! `f` is a sum of products of polynomials, exponentials, sines, cosines and error functions between exact
//! breakpoints.
//!
//! ```
//! use deeplimit::activation::Expr;
//! use deeplimit::exact::{Bound, Closed, expectation};
//! // max(x, 0) - 1/sqrt(2 pi) has mean zero: proved.
//! let below: Expr = "-1/sqrt(2*pi)".parse()?;
//! let above: Expr = "x - 1/sqrt(2*pi)".parse()?;
//! let zero = Bound::At(Closed::zero());
//! let mean = expectation(&[
//!     (Bound::MinusInfinity, zero.clone(), below),
//!     (zero, Bound::PlusInfinity, above),
//! ]);
//! assert!(mean.unwrap().is_zero());
//! # Ok::<(), deeplimit::error::Error>(())
//! ```

mod activation;
mod atom;
mod constant;
mod continuity;
mod expectation;
mod exponent;
mod form;
mod fraction;
mod functions;
mod means;
mod polynomial;
mod precise;
mod reading;
mod tails;
mod terms;
mod wave;

#[cfg(test)]
mod tests;

pub(crate) use activation::defined;
pub use activation::{Activation, closed_expectation};
pub use constant::Closed;
pub use continuity::{bounds, first_jump, is_continuous, meet};
pub use expectation::{Bound, expectation};
pub use exponent::alpha_exact;
pub use fraction::NearFraction;
pub use means::closed_mean;
pub use terms::{ExponentialTerm, exponential_terms};
