//! Order and chaos in the plane of `sigma_w` and `sigma_b` (Poole et al. 2016; Schoenholz et al. 2017).
//!
//! The variance of a deep network settles at an **attracting** fixed point `q*` of `q -> sigma_w^2 V(q) + sigma_b^2`,
//! `V(q) = E phi(sqrt(q) Z)^2`. There `chi_1 = sigma_w^2 D(q*)`, `D(q) = E phi'(sqrt(q) Z)^2`, is the slope at 1 of the map of
//! correlations: below 1 all inputs become alike (ordered), above 1 they do not (chaotic). `chi_1 = 1` is explicit in `q*`:
//!
//! ```text
//! sigma_w^2 = 1/D(q*),     sigma_b^2 = q* - V(q*)/D(q*),     slope of the variance map V'(q*)/D(q*)
//! ```
//!
//! so a point needs no equation to be solved, and an enclosure is had for nothing. It is on the edge of chaos where that
//! slope is below 1 (in modulus); where it is above, no network ever has this variance. For smooth activations the slope is
//! `1 + E phi phi''/E phi'^2`: convex ones with positive values (exp, silu) repel.

mod curve;
mod point;

#[cfg(test)]
mod tests;

pub use curve::{BranchEnd, CriticalPoint, curve, with_biases};
pub use point::{Divergence, Phase, Standing, Standings, standings};
