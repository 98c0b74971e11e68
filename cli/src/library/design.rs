//! What `deeplimit design` asks.

use deeplimit::design::{Family, Known, Members, Span, Target, known};
use deeplimit::error::Result;
use rug::Rational;

use super::Request;
use crate::typed;

/// The wanted kernel.
pub fn target(text: &str, _request: Request) -> Result<String> {
    Target::formula(text, typed::constants()).map(|t| t.text)
}

/// All members of a family with a wanted exponent.
pub fn members(
    family: &str,
    alpha: &Rational,
    spans: &[Span],
    request: Request,
) -> Result<Members> {
    Family::parse_with(family, typed::constants())?.with_alpha(alpha, spans, &request.effort())
}

/// One activation of each kind with a wanted exponent.
pub fn known_activations(alpha: &Rational, request: Request) -> Result<Vec<Known>> {
    known(alpha, &request.effort())
}
