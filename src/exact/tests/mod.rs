mod constants;
mod continuity;
mod expectations;

use super::Closed;
use crate::activation::Expr;

fn expr(text: &str) -> Expr {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn closed(text: &str) -> Closed {
    Closed::from_expr(&expr(text)).unwrap_or_else(|| panic!("{text} has no closed form"))
}
