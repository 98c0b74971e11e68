//! What an infinitely wide neural network becomes when it is infinitely deep too.
//!
//! `ls src` reads as the mathematics does; a room uses only earlier rooms.
//!
//! * [`error`]: the one error type, one clear sentence each.
//! * [`real`]: the numbers. One formula, four arithmetics: `f64`, MPFR, balls, complex rectangles.
//! * [`activation`]: an activation as data: parse, print, derive, resolve into smooth pieces, evaluate.
//! * [`exact`]: constants and Gaussian expectations in closed form; the proofs of equalities.

pub mod activation;
pub mod error;
pub mod exact;
pub mod limit;
pub mod real;
