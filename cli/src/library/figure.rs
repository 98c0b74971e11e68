//! The seam: figures of activations.

use deeplimit::Activation;
use deeplimit::error::Result;
use deeplimit::figure::of_activations;

use super::{Figure, Picture, Request};
use crate::typed;

/// A figure of an activation.
pub fn picture(text: &str, picture: Picture, request: Request) -> Result<Figure> {
    pictures(&[text.to_owned()], picture, request)
}

/// The same figure of several activations, in one frame.
pub fn pictures(texts: &[String], picture: Picture, request: Request) -> Result<Figure> {
    let read = |text: &String| Activation::new(&typed::parsed(text)?);
    let activations: Result<Vec<Activation>> = texts.iter().map(read).collect();
    of_activations(&activations?, picture, &request.effort())
}
