//! Given a kernel (Simon, Anand and DeWeese 2022): every kernel `sum_k b_k rho^k` whose coefficients are not negative is the
//! covariance of a network with one hidden layer, `a_k^2 = b_k`, and the tangent kernel of another, `a_k^2 = b_k/(1 + k)`. So a
//! wanted kernel is replaced by the nearest polynomial of that kind, and the polynomial by an activation.
//!
//! * [`target`]: the wanted kernel: a formula, a table, the kernel of a deep network.
//! * [`arc`], [`formula`], [`layers`]: its values and derivatives, enclosed at a point or over a cell.
//! * [`exchange`], [`search`]: the nearest polynomial, by linear programming.
//! * [`bounds`]: what is proved of its error, from above and below.
//! * [`definite`]: whether the kernel is one of a network at all.
//! * [`realised`]: the activation, with the signs that make it flattest.
//! * [`question`]: question and answer.

mod arc;
mod bounds;
mod definite;
mod exchange;
mod formula;

mod layers;
mod question;
mod realised;
mod search;
mod target;

#[cfg(test)]
mod tests;

pub use definite::Definiteness;
pub use question::{Criterion, DEGREE_MAX, Extent, KernelDesign, KernelOutcome, KernelWish};
pub use realised::{REACH, Realisation};
pub use target::{LAYERS_MAX, WantedKernel};
