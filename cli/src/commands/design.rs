//! `deeplimit design`: from what is wanted back to an activation. One file per subcommand; here is what they share.

pub mod alpha;
pub mod critical;
pub mod extremal;
pub mod kernel;
pub mod nearest;
pub mod slopes;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use deeplimit::design::Proof;
use deeplimit::error::{Error, Result};
use serde::Serialize;

use super::{INTERRUPT, expression};
use crate::args::{Beside, Design, DesignAction, Effort};
use crate::batch::answers;
use crate::fault::Fault;
use crate::figures::in_all;
use crate::json::{FaultItem, object};
use crate::library::{self, Picture, Request};
use crate::number::Number;
use crate::report::Report;

/// The contract of every `deeplimit design ... --json`; `M` is what one of the subcommands adds.
#[derive(Serialize)]
pub struct DesignJson<S, M = ()> {
    /// The activations that were found.
    pub solutions: Vec<S>,
    /// There is no other: proved.
    pub complete: bool,
    /// Why there is none, in a sentence; `null` where that is not known.
    pub infeasible: Option<String>,
    /// What is said of the solutions, or that there is none, is proved.
    pub proved: bool,
    #[serde(flatten)]
    pub more: Option<M>,
}

impl<S, M> DesignJson<S, M> {
    /// With what is proved of them.
    pub fn new(solutions: Vec<S>, proof: Proof, more: Option<M>) -> Self {
        Self {
            solutions,
            complete: proof.complete,
            infeasible: proof.infeasible,
            proved: proof.proved,
            more,
        }
    }
}

/// An activation that was found.
#[derive(Serialize)]
pub struct SolutionJson<M = ()> {
    /// An expression that `deeplimit classify` accepts.
    pub activation: String,
    /// What the free letters of a family stand for.
    pub parameters: BTreeMap<String, Number>,
    /// The exponent of its singular kernel; `null` where it has none, or it is not decided.
    pub alpha: Option<Number>,
    #[serde(flatten)]
    pub more: Option<M>,
}

/// An answer for people and for programs.
pub struct Designed<J> {
    pub json: J,
    pub text: String,
    /// Remarks for stderr.
    pub notes: Vec<String>,
    pub undecided: bool,
}

/// Answers the command.
pub fn run(design: &Design, width: usize) -> io::Result<Report> {
    let beside = &design.beside;
    match &design.action {
        DesignAction::Alpha(args) => alpha::run(args, beside, width),
        DesignAction::Extremal(args) => extremal::run(args, beside, width),
        DesignAction::Slopes(args) => slopes::run(args, beside, width),
        DesignAction::Critical(args) => critical::run(args, beside, width),
        DesignAction::Nearest(args) => nearest::run(args, beside, width),
        DesignAction::Kernel(args) => kernel::run(args, beside, width),
    }
}

/// Asks one question about what was typed, with its deadline; an error stands in the place of the answer, under `key`.
pub fn answered<T: Send + 'static, J: Serialize>(
    (key, typed): (&'static str, &str),
    (effort, beside): (&Effort, &Beside),
    question: impl Fn(&str, Request) -> Result<T> + Send + Sync + 'static,
    told: impl FnOnce(T) -> Designed<J>,
) -> io::Result<Report> {
    let text = expression(typed)?;
    if let Some(folder) = &beside.figures {
        let refused = |e| {
            io::Error::other(format!(
                "the folder {} cannot be made: {e}",
                folder.display()
            ))
        };
        fs::create_dir_all(folder).map_err(refused)?;
    }
    let (asked, request) = (text.clone(), effort.request());
    let labels = [text.clone()];
    let mut batch = answers(&labels, effort.timeout, &INTERRUPT, move |_| {
        question(&asked, request)
    });
    let missing = batch.missing(&labels, "designs");
    Ok(match batch.answers.pop().flatten() {
        Some(Ok(answer)) => {
            let mut told = told(answer);
            match shown(&mut told, effort, beside) {
                Ok(text) => {
                    let mut report = Report::new(text, vec![], told.undecided, false);
                    report.notes = told.notes;
                    report
                }
                Err(error) => {
                    let shown = in_json(effort, &FaultItem::new(key, &text, &error));
                    Report::new(shown, vec![Fault { text, error }], false, false)
                }
            }
        }
        Some(Err(error)) => {
            let item = FaultItem::new(key, &text, &error);
            let shown = in_json(effort, &item);
            Report::new(shown, vec![Fault { text, error }], false, false)
        }
        None => {
            let item = FaultItem::interrupted(key, &text);
            Report::new(in_json(effort, &item), vec![], false, true).with_closing(missing)
        }
    })
}

/// The answer with what is wanted beside it: the code of every solution under `code`, the names of its figures under `figures`.
fn shown<J: Serialize>(told: &mut Designed<J>, effort: &Effort, beside: &Beside) -> Result<String> {
    if beside.emit.is_none() && beside.figures.is_none() {
        return Ok(match effort.json {
            true => object(&told.json),
            false => std::mem::take(&mut told.text),
        });
    }
    let unreadable = |e: serde_json::Error| Error::Io(e.to_string());
    let mut json = serde_json::to_value(&told.json).map_err(unreadable)?;
    let mut text = vec![std::mem::take(&mut told.text)];
    let solutions = json.get_mut("solutions").and_then(|s| s.as_array_mut());
    let solutions = solutions.into_iter().flatten();
    for (n, solution) in solutions.filter_map(|s| s.as_object_mut()).enumerate() {
        let activation = solution.get("activation").and_then(|a| a.as_str());
        let activation = activation.unwrap_or_default().to_owned();
        if let Some(language) = beside.emit {
            let request = effort.request();
            let code = library::emitted(&activation, language, false, None, request)?.code;
            solution.insert("code".into(), code.clone().into());
            text.push(code);
        }
        if let Some(folder) = &beside.figures {
            let files = drawn(&activation, n + 1, folder, effort, &mut told.notes)?;
            solution.insert("figures".into(), files.clone().into());
            text.push(files.join("\n"));
        }
    }
    Ok(match effort.json {
        true => object(&json),
        false => text.join("\n"),
    })
}

/// Draws a solution; what cannot be drawn is a remark.
fn drawn(
    activation: &str,
    number: usize,
    folder: &Path,
    effort: &Effort,
    notes: &mut Vec<String>,
) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for picture in [Picture::Activation, Picture::Dual, Picture::Kernel] {
        let name = format!("{number}-{picture}");
        match library::picture(activation, picture, effort.request()) {
            Ok(figure) => {
                let remark = |r: &String| format!("not drawn in {name}: {r}");
                notes.extend(figure.remarks.iter().map(remark));
                let paths = in_all(&figure.into(), &name, folder)?;
                files.extend(paths.iter().map(|p| p.display().to_string()));
            }
            Err(reason) => notes.push(format!("{name} was not drawn: {reason}")),
        }
    }
    Ok(files)
}

/// What stands in the place of an answer; for people there is the error.
fn in_json(effort: &Effort, item: &FaultItem) -> String {
    match effort.json {
        true => object(item),
        false => String::new(),
    }
}
