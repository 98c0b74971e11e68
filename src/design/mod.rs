//! Designing activations: the way back, from what is wanted of a limit to an activation that has it.
//!
//! * [`target`]: a kernel that is wanted, as a function of the correlation.

pub mod target;

pub use target::Target;
