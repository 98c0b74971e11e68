//! The seam: figures of activations.

use deeplimit::Activation;
use deeplimit::error::Result;
use deeplimit::figure::of_activation;

use super::{Figure, Picture, Request};
use crate::typed;

/// A figure of an activation.
pub fn picture(text: &str, picture: Picture, request: Request) -> Result<Figure> {
    let activation = Activation::new(&typed::parsed(text)?)?;
    of_activation(&activation, picture, &request.effort())
}
