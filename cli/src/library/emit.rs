//! The seam: activations as code.

use deeplimit::emit::Language;
use deeplimit::error::Result;
use deeplimit::limit::{self, Emitted};

use super::Request;
use crate::typed;

/// An activation as code that says what is known of it.
pub fn emitted(
    text: &str,
    language: Language,
    normalise: bool,
    name: Option<String>,
    request: Request,
) -> Result<Emitted> {
    let expr = typed::parsed(text)?;
    limit::emitted(&expr, language, normalise, name, &request.effort())
}
