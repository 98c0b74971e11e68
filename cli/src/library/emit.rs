//! The seam: activations as code.

use deeplimit::emit::{self, Language, Options};
use deeplimit::error::{Error, Result};
use deeplimit::limit::Quantity;
use deeplimit::real::{Analytic, Arithmetic};

use super::{Request, classification};
use crate::number::certain;
use crate::typed;

/// Code, and what its values were multiplied by.
pub struct Emitted {
    pub code: String,
    pub factor: Option<f64>,
}

/// An activation as code that says what is known of it. An activation of which nothing is known in time is emitted all the
/// same, unless the factor is wanted; one that is undefined is not.
pub fn emitted(
    text: &str,
    language: Language,
    normalise: bool,
    name: Option<String>,
    request: Request,
) -> Result<Emitted> {
    let expr = typed::parsed(text)?;
    let mut options = Options {
        name,
        deadline: request.deadline(),
        ..Options::default()
    };
    // a bad name, or what cannot be written, is said at once
    emit::code(&expr, language, &options)?;
    match classification(text, request, Arithmetic::Ball) {
        Ok(c) => {
            if normalise {
                let square = c.normalisation.as_ref().and_then(Quantity::ball);
                let root = square.map(|b| b.sqrt().to_f64()).filter(|f| f.is_normal());
                options.factor = Some(root.ok_or_else(|| {
                    Error::Domain("1/E phi(Z)^2 is no number that a double could hold".to_owned())
                })?);
            }
            let f = if normalise { "f" } else { "phi" };
            let shown = |label: &str, q: &Quantity| {
                let exact = q.exact.as_ref().filter(|_| q.as_integer().is_none());
                let exact = exact.map_or(String::new(), |e| format!(" = {e}"));
                format!("{label} = {}{exact}", certain(q, request.digits))
            };
            let square = format!("1/E {f}(Z)^2");
            options
                .facts
                .extend(c.normalisation.as_ref().map(|q| shown(&square, q)));
            let constants = [("A", &c.a), ("A'", &c.a_prime), ("B'", &c.b_prime)];
            let constants = constants
                .into_iter()
                .filter_map(|(label, q)| Some(shown(label, q.as_ref()?)));
            let constants: Vec<String> = constants.collect();
            options
                .facts
                .push(format!("With E phi(Z)^2 = 1: {}.", constants.join(", ")));
            options.facts.push(format!("Infinitely deep, {c}."));
        }
        Err(error @ (Error::Unresolved(_) | Error::Timeout { .. })) if !normalise => {
            options
                .facts
                .push(format!("Infinitely deep, undecided: {error}."));
        }
        Err(error) => return Err(error),
    }
    options.deadline = request.deadline();
    Ok(Emitted {
        code: emit::code(&expr, language, &options)?,
        factor: options.factor,
    })
}
