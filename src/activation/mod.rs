//! An activation as data.
//!
//! * [`expr`]: the tree.
//! * [`build`]: trees from numbers, operators and other trees.
//! * [`token`], [`parse`], [`names`], [`foreign`]: text to tree, with the place and a suggestion where it fails.
//! * [`print`]: tree to text that parses back to the same tree.
//! * [`catalogue`](mod@catalogue): the activations that have a name, with their formulas.
//! * [`letters`]: families, with letters that have no value.
//! * [`mean`]: the values of means.
//! * [`derive`]: the derivative.
//! * [`growth`]: how fast it grows along the real line.
//! * [`simplify`]: simpler trees of equal value, polynomials, proofs that a tree is zero.
//! * [`symmetry`]: parity and homogeneity.
//! * [`pieces`]: smooth formulas between breakpoints, every switch resolved.
//! * [`tape`]: evaluation at any [`Analytic`](crate::real::Analytic) number.

mod build;
pub mod catalogue;
mod derive;
pub mod expr;
mod foreign;
pub mod growth;
mod letters;
mod mean;
mod names;
pub mod order;
pub mod parse;
pub mod pieces;
mod print;
mod rational;
mod simplify;
mod symmetry;
pub mod tape;
mod token;

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod tests;

pub use catalogue::{Entry, catalogue};
pub(crate) use derive::removable;
pub use expr::{BinaryOp, Condition, Constant, Expr, Function, Relation};
pub use foreign::readings;
pub(crate) use mean::Memo;
pub use parse::Constants;
pub use rational::Exact;
pub(crate) use rational::all_exact;
pub use symmetry::Parity;
pub use tape::Tape;
