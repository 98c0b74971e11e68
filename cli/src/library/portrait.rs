//! The seam: all that is known of an activation, for a page.

use deeplimit::Activation;
use deeplimit::emit::{Language, mathml};
use deeplimit::error::{Error, Result};
use deeplimit::figure::{all_of, of_activations};
use deeplimit::limit::Classification;

use super::{Figure, Picture, Request};
use crate::typed;

/// What a page says of an activation.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// The formula as MathML.
    pub formula: Option<String>,
    /// The verdict, or why there is none.
    pub verdict: Result<Classification>,
    pub figures: Vec<(Picture, Result<Figure>)>,
    /// Code in these languages, where it can be written.
    pub code: Vec<(Language, Result<String>)>,
}

/// What is known of an activation; that it is undecided is no error.
pub fn portrait(text: &str, request: Request) -> Result<Portrait> {
    let expr = typed::parsed(text)?;
    let effort = request.effort();
    let activation = Activation::new(&expr)?;
    let verdict = match activation.classify(&effort) {
        undecided @ Err(Error::Unresolved(_) | Error::Timeout { .. }) => undecided,
        verdict => Ok(verdict?),
    };
    let known = verdict.as_ref().ok();
    let code = [Language::Torch, Language::Python, Language::Latex].map(|language| {
        let code = activation.emitted(language, false, None, &effort);
        (language, code.map(|c| c.code))
    });
    Ok(Portrait {
        formula: mathml(&expr).ok(),
        figures: all_of(&activation, known, &effort),
        code: code.into(),
        verdict,
    })
}

/// Figures in which several activations have a curve each.
pub fn comparison(texts: &[String], request: Request) -> Result<Vec<(Picture, Result<Figure>)>> {
    let read = |text: &String| Activation::new(&typed::parsed(text)?);
    let activations: Result<Vec<Activation>> = texts.iter().map(read).collect();
    let (activations, effort) = (activations?, request.effort());
    let pictures = [
        Picture::Activation,
        Picture::Spectrum,
        Picture::Dual,
        Picture::Kernel,
        Picture::Phase,
    ];
    Ok(pictures
        .map(|picture| (picture, of_activations(&activations, picture, &effort)))
        .into())
}
