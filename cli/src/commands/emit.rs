//! `deeplimit emit`: an activation as code.

use std::io;

use serde::Serialize;

use super::expression;
use crate::args::Emit as Args;
use crate::data::{free, written};
use crate::json::Item;
use crate::library;
use crate::report::{Report, Section, ask};
use crate::typed;

/// The contract.
#[derive(Serialize)]
struct EmitJson {
    activation: String,
    to: &'static str,
    /// What the values are multiplied by; `null` without `--normalise`.
    factor: Option<f64>,
    code: String,
    /// The file, where there is one.
    out: Option<String>,
}

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let text = expression(&args.expression)?;
    if let Some(path) = &args.out {
        free(path, args.force, &[]).map_err(|e| io::Error::other(e.to_string()))?;
    }
    let question = (args.to, args.normalise, args.name.clone());
    let asked = ask(&[text], &args.effort, move |text, request| {
        let (language, normalise, name) = question.clone();
        library::emitted(text, language, normalise, name, request)
    })?;
    Ok(asked.headed_sections(|text, emitted| {
        let out = args.out.as_ref();
        if let Some(Err(error)) = out.map(|path| written(path, &emitted.code)) {
            return Section::of_fault(text, error);
        }
        let activation = typed::shown(text);
        let shown = match out {
            None => emitted.code.clone(),
            Some(path) => format!("{}: {activation} in {}\n", path.display(), args.to),
        };
        let item = Item::Answer(EmitJson {
            activation: activation.clone(),
            to: args.to.name(),
            factor: emitted.factor,
            code: emitted.code,
            out: out.map(|path| path.display().to_string()),
        });
        Section::of_answer(activation, vec![item], shown)
    }))
}
