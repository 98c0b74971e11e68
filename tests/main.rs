//! One binary: independent reference values, laws that hold for every activation, and the order of the house.

mod disguises;
mod laws;
mod means;
mod oracles;
mod scales;
mod support;
mod tidy;
