//! A wanted kernel as a function of the correlation.

use crate::activation::{Constants, Expr};
use crate::error::Result;

/// A kernel `K(rho)` on `[-1, 1]` that is wanted of a network with one hidden layer.
#[derive(Clone, Debug)]
pub struct Target {
    /// As it is shown.
    pub text: String,
    /// The formula, with `x` for `rho`.
    pub formula: Expr,
}

impl Target {
    /// The kernel of a formula in `rho`.
    ///
    /// # Errors
    /// [`Error::Parse`](crate::Error::Parse) with the place.
    pub fn formula(text: &str, constants: &Constants) -> Result<Self> {
        Ok(Target {
            text: text.to_owned(),
            formula: Expr::parse_in("rho", text, constants)?,
        })
    }
}
