//! Layers that differ, and skip connections: networks whose layers are not all the same.
//!
//! A [`Word`] is a period of layers, a [`BranchScale`] makes residual layers of them; [`Blocks`] is the network. Every layer maps
//! correlations by a probability generating function: its dual, or `(rho + a dual(rho))/(1 + a)`, and so does the period
//! ([`crate::dual::Composed`], [`crate::dual::Skipped`]). So what a period does to `A`, `A'` and `B'` decides the regime as it does for one
//! activation:
//!
//! | of the period | is |
//! |---|---|
//! | `A^2`, its value at 0 | 0 exactly where every layer has `A = 0` |
//! | `A'^2`, its slope at 0 | the product of the slopes of the layers, each where the ones before have put 0 |
//! | the order of 0 | the product of the orders |
//! | `B'`, its slope at 1 | the product of theirs |
//!
//! * `word`, `skip`: what is typed. `network`: [`Blocks`], its duals.
//! * `layer`, `verdict`, `regime`: the verdict, proved. `limit`: infinitely many periods. `depth`: any depth. `flow`: branches of scale `c/sqrt(L)`.
//!
//! **Conventions.** Without a skip `T_{l+1} = T_l dual'(S_l) + S_{l+1}` from `S_0 = T_0 = rho`, as everywhere. With one the branch is
//! `V phi(U x)`, both of its matrices are trained, the first and the last layer of the network are not (Huang, Wang, Tao and Zhao 2020;
//! Belfer, Geifman, Galun and Basri 2021), and `S`, `N` are divided by what they are for equal inputs of an activation with `B' = 1`:
//!
//! `S_l = (S_{l-1} + a dual(S_{l-1}))/(1 + a)`, `N_L = (1/(2L)) sum_l (dual(S_{l-1}) + S_{l-1} dual'(S_{l-1})) prod_{i > l} (1 + a dual'(S_{i-1}))/(1 + a)`.
//!
//! Layer normalisation needs no word of its own: it divides by the standard deviation, which is what a normalised dual does. Dropout
//! in a branch multiplies the variance of equal inputs and not the covariance of different ones.

mod depth;
mod flow;
mod layer;
mod limit;
mod network;
mod regime;
mod skip;
mod verdict;
mod word;

#[cfg(test)]
mod tests;

pub use flow::Flow;
pub use network::Blocks;
pub use skip::{BranchScale, Shrinking};
pub use word::{LONGEST_PERIOD, Word};
