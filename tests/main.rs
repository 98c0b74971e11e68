//! One binary: independent reference values, laws that hold for every activation, and the order of the house.

#[path = "another_crate/tests/identities.rs"]
mod another_crate_tests;
#[path = "another_crate/src/lib.rs"]
mod another_crates_kernels;
mod disguises;
mod identities;
mod laws;
mod lengths;
mod means;
mod oracles;
mod planted;
mod process;
mod scales;
mod sharp;
mod support;
mod tidy;

// The crate outside of the workspace is tested here too: there it would be built with all that it needs once more.
extern crate self as another_crate;
use another_crates_kernels::{kernels, relu, wrong_kernels};
