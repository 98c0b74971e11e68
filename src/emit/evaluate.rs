//! An activation as a function of doubles, by the program that is written as code.

use super::calm::calm;
use super::language::in_none;
use super::lower::{Demands, program};
use super::program::Program;
use super::with_means;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::Result;

/// A function of one double, with the promises of [`code`](super::code): what is written as code is what is computed here.
///
/// ```
/// use deeplimit::{Deadline, emit::DoubleFunction};
/// let silu = "x/(1+exp(-x))".parse()?;
/// let phi = DoubleFunction::new(&silu, Deadline::default())?;
/// let slope = DoubleFunction::derivative(&silu, Deadline::default())?;
/// // no exponential that overflows, in the derivative neither
/// assert_eq!((phi.at(-800.0), phi.at(800.0), slope.at(-800.0), slope.at(800.0)), (0.0, 800.0, 0.0, 1.0));
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DoubleFunction {
    program: Program,
}

/// Nothing of a framework, and a branch that is not taken harms nobody.
const PLAIN: Demands = Demands {
    guarded: false,
    own: in_none,
};

impl DoubleFunction {
    /// Of the expression; the deadline is for means that it contains.
    ///
    /// # Errors
    /// As [`code`](super::code).
    pub fn new(expr: &Expr, deadline: Deadline) -> Result<Self> {
        expr.no_letters()?;
        let program = program(&calm(&with_means(expr, deadline)?), PLAIN)?;
        Ok(DoubleFunction { program })
    }

    /// Of its derivative; at a kink that of one side.
    ///
    /// # Errors
    /// As [`code`](super::code).
    pub fn derivative(expr: &Expr, deadline: Deadline) -> Result<Self> {
        expr.no_letters()?;
        let known = calm(&with_means(expr, deadline)?);
        let program = program(&calm(&known.derivative()), PLAIN)?;
        Ok(DoubleFunction { program })
    }

    /// The value, NaN where there is none.
    pub fn at(&self, x: f64) -> f64 {
        self.program.at(x, &mut Vec::new()).0
    }

    /// The values at `from`, into `to`, as far as both reach.
    pub fn fill(&self, from: &[f64], to: &mut [f64]) {
        let mut values = Vec::new();
        for (x, y) in from.iter().zip(to) {
            *y = self.program.at(*x, &mut values).0;
        }
    }
}
