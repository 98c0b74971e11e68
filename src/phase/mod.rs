//! Order and chaos in the plane of `sigma_w` and `sigma_b` (Poole et al. 2016; Schoenholz et al. 2017).
//!
//! The variance of a deep network settles at a fixed point `q*` of `q -> sigma_w^2 V(q) + sigma_b^2`,
//! `V(q) = E phi(sqrt(q) Z)^2`. There `chi_1 = sigma_w^2 D(q*)`, `D(q) = E phi'(sqrt(q) Z)^2`, is the slope at 1 of the map of
//! correlations: below 1 all inputs become alike (ordered), above 1 they do not (chaotic). The edge `chi_1 = 1` is
//! explicit in `q*`:
//!
//! ```text
//! sigma_w^2 = 1/D(q*),     sigma_b^2 = q* - V(q*)/D(q*)
//! ```
//!
//! so a point of it needs no equation to be solved, and an enclosure is had for nothing.

mod curve;
mod point;

#[cfg(test)]
mod tests;

pub use curve::{CriticalPoint, curve, with_biases};
pub use point::{Phase, Standing, standings};
