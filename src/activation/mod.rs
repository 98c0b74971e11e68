//! An activation as data.

pub mod expr;
pub use expr::{BinaryOp, Condition, Constant, Expr, Function, Relation};
