//! Runnable code of an activation, its derivative correct.
//!
//! * [`language`]: the languages, and what each writes for an operation.
//! * [`module`]: what stands around the operations: imports, helpers, a text that says what it is.
//! * [`latex`], [`mathml`](mod@mathml): the formula, typeset.
//! * [`lower`], [`terms`]: an expression to a program of stable steps; sums and products, whose parts belong together.
//! * [`calm`]: exponentials that overflow together.
//! * [`near`]: polynomials where a formula loses its digits.
//! * [`masked`]: branches that are not taken.
//! * [`program`]: the program, and its values.
//! * [`reach`]: where it stays finite in half precision.
//! * [`evaluate`]: the values of the program.
//! * [`constant`]: constants as doubles, correctly rounded.
//!
//! ```
//! use deeplimit::activation::Expr;
//! use deeplimit::emit::{self, Language, Options};
//!
//! let silu: Expr = "x/(1+exp(-x))".parse()?;
//! let code = emit::code(&silu, Language::Rust, &Options::default())?;
//! // no exponential that overflows, in the derivative neither
//! assert!(code.contains("pub fn phi(x: f64) -> f64 {\n    x * sigmoid(x)\n}"));
//! assert!(code.contains("pub fn dphi(x: f64) -> f64 {"));
//! assert!(emit::code(&silu, Language::Torch, &Options::default())?.contains("class Phi(nn.Module):"));
//! let formula = emit::code(&silu, Language::Latex, &Options::default())?;
//! assert!(formula.contains(r"\varphi(x) = \frac{x}{1 + e^{-x}}"));
//! # Ok::<(), deeplimit::Error>(())
//! ```

mod calm;
mod constant;
mod evaluate;
mod language;
mod latex;
mod lower;
mod masked;
mod mathml;
mod module;
mod near;
mod program;
mod reach;
mod terms;

#[cfg(test)]
mod tests;

pub use evaluate::DoubleFunction;
pub use language::Language;
pub use mathml::mathml;

use crate::activation::{BinaryOp, Expr};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::quadrature::expect;

/// What else the code is told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the function is called; without it `phi`, and the class `Phi`.
    pub name: Option<String>,
    /// The values are multiplied by this: `1/sqrt(E phi(Z)^2)` makes `E phi(Z)^2 = 1`.
    pub factor: Option<f64>,
    /// What the code says of itself, a line each: moments, the verdict.
    pub facts: Vec<String>,
    /// For means that the expression contains.
    pub deadline: Deadline,
}

/// Code of the function that the expression is.
///
/// Values and derivatives are those of the expression, to some units in the last place of the largest term that is added on the
/// way; sigmoids, `log(1+exp(u))`, `1+erf(u)` and their kin keep their relative accuracy however small they are, and removable
/// singularities are filled. An exponent is a double: `x^(1/3)` is off by `2^-54 |log x|` of itself. At a kink the derivative is
/// that of one side, or, for `abs` and in PyTorch and JAX, between them. NaN comes to NaN. In PyTorch and JAX derivatives of any
/// order are the framework's, NaN only where a step of the formula overflows or has none; a branch that is not taken never
/// spoils them.
///
/// # Errors
/// [`Error::Domain`] for a name that is no identifier or taken, a constant that is undefined or beyond the doubles;
/// [`Error::Unresolved`] where a removable singularity cannot be filled, a branch has no point at which it is finite, or the
/// expression is too long.
pub fn code(expr: &Expr, language: Language, options: &Options) -> Result<String> {
    if let Some(name) = &options.name {
        module::check_name(name, language)?;
    }
    expr.no_letters()?;
    let known = with_means(expr, options.deadline)?;
    let scaled = match options.factor {
        None => known.clone(),
        Some(factor) => {
            let number = rug::Rational::from_f64(factor).filter(|q| *q != 0);
            let number = number
                .ok_or_else(|| Error::Domain(format!("{factor} is no factor of an activation")))?;
            let number = Expr::rational(&number);
            Expr::Binary(BinaryOp::Mul, number.into(), known.clone().into())
        }
    };
    match language {
        Language::Latex => latex::code(expr, options),
        _ => module::code(&scaled, expr, language, options),
    }
}

/// Digits of a mean: more than two doubles hold.
const MEAN_DIGITS: usize = 40;

/// Every `E f(Z)` as a number.
fn with_means(expr: &Expr, deadline: Deadline) -> Result<Expr> {
    let mut means = Vec::new();
    collect_means(expr, &mut means);
    if means.is_empty() {
        return Ok(expr.clone());
    }
    let mut values = Vec::new();
    for f in means {
        let inner = with_means(&f, deadline)?;
        let mean = expect(&inner, MEAN_DIGITS, deadline)?;
        let number = mean.ball().and_then(|b| b.mid().to_rational());
        let number =
            number.ok_or_else(|| Error::Domain(format!("E f(Z) is no number for f = {f}")))?;
        values.push((f.mean(), Expr::rational(&number)));
    }
    Ok(replaced(expr, &values))
}

fn collect_means(e: &Expr, means: &mut Vec<Expr>) {
    match e {
        Expr::Mean(f) => means.push((**f).clone()),
        _ => e
            .children()
            .into_iter()
            .for_each(|child| collect_means(child, means)),
    }
}

fn replaced(e: &Expr, values: &[(Expr, Expr)]) -> Expr {
    match e {
        Expr::Mean(_) => match values.iter().find(|(mean, _)| mean == e) {
            Some((_, value)) => value.clone(),
            None => e.clone(),
        },
        _ => e.with_children(|child| replaced(child, values)),
    }
}
