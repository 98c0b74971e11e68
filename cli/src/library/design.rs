//! What `deeplimit design` asks.

use deeplimit::design::Target;
use deeplimit::error::Result;

use super::Request;
use crate::typed;

/// The wanted kernel.
pub fn target(text: &str, _request: Request) -> Result<String> {
    Target::formula(text, typed::constants()).map(|t| t.text)
}
