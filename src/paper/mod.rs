//! Executable papers: a claim is data, and this room measures it.
//!
//! A [`Claim`] names a quantity of the library with its parameters ([`measures`] lists them all), the value or the bound that
//! the paper states, and a tolerance with its origin. [`Laboratory::check`] measures the quantity and says
//! [`Verdict::Agrees`], [`Verdict::Differs`] (a finding: the claim stays, with the numbers) or
//! [`Verdict::NotAttempted`], with the reason.
//!
//! A number agrees where it is **certainly** within the bounds: its own error counts against it. One that is neither
//! certainly inside nor certainly outside is not attempted, with the precision named as what is missing.

mod accuracy;
mod check;
mod claim;
mod convolution;
mod dynamics;
mod experiment;
pub mod figures;
mod grid;
mod kernels;
mod labels;
mod laboratory;
mod measures;
mod parameters;
mod source;
pub mod standings;
mod taxonomy;
pub mod uci;
mod vocabulary;
mod width;

#[cfg(test)]
mod data_tests;
#[cfg(test)]
mod tests;

pub use claim::{Claim, Expected, Finding, Measured, Paper, Verdict, Wanted};
pub use experiment::{Competitor, DIMENSIONS, Repetition};
pub use laboratory::Laboratory;
pub use measures::{Measure, measures};
pub use parameters::{Parameter, Parameters};
pub use source::{Part, Rows, Source};
pub use taxonomy::{Row, taxonomy};
