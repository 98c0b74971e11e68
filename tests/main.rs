//! One binary: independent reference values, laws that hold for every activation, and the order of the house.

#[path = "another_crate/src/lib.rs"]
mod another_crate;
#[path = "another_crate/tests/identities.rs"]
mod another_crates_tests;
mod disguises;
mod laws;
mod means;
mod oracles;
mod planted;
mod scales;
mod sharp;
mod support;
mod tidy;
