//! What `deeplimit design` asks.

use deeplimit::design::{
    self, Criticals, Family, Known, Members, Nearest, Shapings, Slopes, Span, Target, known,
};
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

/// Affine wraps of an activation with wanted slopes.
pub fn slopes(text: &str, wanted: &Slopes, request: Request) -> Result<Shapings> {
    design::slopes(&typed::parsed(text)?, wanted, &request.effort())
}

/// Affine wraps of an activation at the edge of chaos.
pub fn critical(text: &str, scales: &[Rational], request: Request) -> Result<Criticals> {
    design::critical(&typed::parsed(text)?, scales, &request.effort())
}

/// The activation nearest to another one with a wanted exponent.
pub fn nearest(text: &str, alpha: &Rational, degree: u32, request: Request) -> Result<Nearest> {
    design::nearest(&typed::parsed(text)?, alpha, degree, &request.effort())
}
