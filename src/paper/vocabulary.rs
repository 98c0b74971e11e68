//! The words that the parameters of a quantity may be, and the activations in them: what can be checked without measuring.

use super::experiment;
use super::parameters::{Parameters, unknown};
use super::uci;
use crate::error::{Error, Result};

/// Quantities, their parameter, what it is, and its words.
type Words = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static [&'static str],
);

const CHOICES: [Words; 8] = [
    (
        &["constant"],
        "name",
        "constant",
        &["A", "A'", "B'", "alpha", "fixed point", "multiplier"],
    ),
    (
        &["log_periodic"],
        "name",
        "property of R",
        &["mean", "half amplitude", "max over min"],
    ),
    (&["monte_carlo"], "name", "name", &["dual", "slope"]),
    (&["agreement"], "kernel", "kernel", &["ntk", "nngp"]),
    (
        &["agreement"],
        "with",
        "classifier",
        &["majority", "nearest", "koenigs", "balanced", "interpolant"],
    ),
    (
        &["decided"],
        "arithmetic",
        "arithmetic",
        &["f64", "automatic", "ball"],
    ),
    (
        &["cntk", "cntk_accuracy", "cntk_spread", "cntk_lead"],
        "readout",
        "read-out",
        &["vanilla", "gap"],
    ),
    (
        &["cntk_accuracy", "cntk_spread", "cntk_lead"],
        "preprocess",
        "preprocessing",
        &["standard", "norm-one", "none"],
    ),
];

/// Are the words of these parameters known, and can the activations in them be read?
///
/// # Errors
/// [`Error::Domain`], with the parameter.
pub(super) fn check(quantity: &str, p: &Parameters) -> Result<()> {
    let here = |name: &str, e: &Error| Error::Domain(format!("the parameter `{name}`: {e}"));
    if p.has("activation") {
        p.activation("activation")
            .map_err(|e| here("activation", &e))?;
    }
    for (quantities, name, what, words) in CHOICES {
        if quantities.contains(&quantity) && p.has(name) {
            let given = p.text(name)?;
            if !words.contains(&given) {
                return Err(unknown(what, given, words));
            }
        }
    }
    for name in ["rule", "over"].into_iter().filter(|n| p.has(n)) {
        let rule = |text: &str| match quantity {
            "accuracy" | "accuracy_lead" | "same_labels" => {
                experiment::Competitor::parse(text).map(drop)
            }
            "uci_accuracy" | "uci_lead" | "uci_mean_rank" | "uci_near_best" => {
                uci::Method::parse(text).map(drop)
            }
            _ => Ok(()),
        };
        rule(p.text(name)?).map_err(|e| here(name, &e))?;
    }
    if p.has("rho") {
        p.correlation("rho")?;
    }
    Ok(())
}
