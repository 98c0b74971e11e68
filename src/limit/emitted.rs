//! An activation as code that says what is known of it.

use super::{Classification, Quantity, classify};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::emit::{self, Language, Options};
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::Analytic;

/// Code, and what its values were multiplied by.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The whole file.
    pub code: String,
    /// `1/sqrt(E phi(Z)^2)`, where the values were normalised.
    pub factor: Option<f64>,
}

/// An activation as code that says what is known of it. An activation of which nothing is known in time is emitted all the
/// same, unless the factor is wanted; one that is undefined is not.
///
/// # Errors
/// As [`emit::code`] and, for what is undefined, as [`classify`].
///
/// ```
/// use deeplimit::{Effort, emit::Language, limit::emitted};
/// let relu = emitted(&"relu".parse()?, Language::Rust, true, None, &Effort::default())?;
/// assert!(relu.code.contains("edge of chaos") && relu.factor == Some(2f64.sqrt()));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn emitted(
    expr: &Expr,
    language: Language,
    normalise: bool,
    name: Option<String>,
    effort: &Effort,
) -> Result<Emitted> {
    let mut options = Options {
        name,
        deadline: effort.deadline,
        ..Options::default()
    };
    // a bad name, or what cannot be written, is said at once
    emit::code(expr, language, &options)?;
    // it takes as long once more
    options.deadline = Deadline::default();
    match classify(expr, effort) {
        Ok(c) => {
            if normalise {
                let square = c.normalisation.as_ref().and_then(Quantity::ball);
                let root = square.map(|b| b.sqrt().to_f64()).filter(|f| f.is_normal());
                options.factor = Some(root.ok_or_else(|| {
                    Error::Domain("1/E phi(Z)^2 is no number that a double could hold".to_owned())
                })?);
            }
            options.facts = facts(&c, normalise, effort.digits);
        }
        Err(error @ (Error::Unresolved(_) | Error::Timeout { .. })) if !normalise => {
            let fact = format!("Infinitely deep, undecided: {error}.");
            options.facts.push(fact);
        }
        Err(error) => return Err(error),
    }
    Ok(Emitted {
        code: emit::code(expr, language, &options)?,
        factor: options.factor,
    })
}

/// Moments and verdict, a line each.
fn facts(c: &Classification, normalise: bool, digits: usize) -> Vec<String> {
    let shown = |label: &str, q: &Quantity| {
        let exact = q.exact.as_ref().filter(|_| q.as_integer().is_none());
        let exact = exact.map_or(String::new(), |e| format!(" = {e}"));
        format!("{label} = {}{exact}", q.digits(digits))
    };
    let square = format!("1/E {}(Z)^2", if normalise { "f" } else { "phi" });
    let square = c.normalisation.as_ref().map(|q| shown(&square, q));
    let constants = [("A", &c.a), ("A'", &c.a_prime), ("B'", &c.b_prime)];
    let constants = constants
        .into_iter()
        .filter_map(|(label, q)| Some(shown(label, q.as_ref()?)));
    let constants: Vec<String> = constants.collect();
    let mut facts: Vec<String> = square.into_iter().collect();
    facts.push(format!("With E phi(Z)^2 = 1: {}.", constants.join(", ")));
    facts.push(format!("Infinitely deep, {c}."));
    facts
}

impl Activation {
    /// [`emitted`].
    ///
    /// # Errors
    /// As [`emitted`].
    pub fn emitted(
        &self,
        language: Language,
        normalise: bool,
        name: Option<String>,
        effort: &Effort,
    ) -> Result<Emitted> {
        emitted(&self.typed, language, normalise, name, effort)
    }
}
