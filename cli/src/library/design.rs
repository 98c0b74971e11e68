//! What `deeplimit design` asks.

use deeplimit::design::WantedKernel;
use deeplimit::error::Result;

use super::Request;
use crate::typed;

/// The wanted kernel.
pub fn target(text: &str, _request: Request) -> Result<String> {
    WantedKernel::formula(text, typed::constants()).map(|t| t.to_string())
}
