//! `deeplimit design`: from what is wanted back to an activation. One file per subcommand; here is what they share.

pub mod alpha;
pub mod critical;
pub mod extremal;
pub mod kernel;
pub mod nearest;
pub mod slopes;

use std::collections::BTreeMap;
use std::io;

use deeplimit::design::Proof;
use deeplimit::emit::Language;
use deeplimit::error::Result;
use serde::Serialize;

use super::{INTERRUPT, expression};
use crate::args::{Design, DesignAction, Effort};
use crate::batch::answers;
use crate::fault::Fault;
use crate::json::{FaultItem, object};
use crate::library::{self, Request};
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
    let emit = design.emit;
    match &design.action {
        DesignAction::Alpha(args) => alpha::run(args, emit, width),
        DesignAction::Extremal(args) => extremal::run(args, emit, width),
        DesignAction::Slopes(args) => slopes::run(args, emit, width),
        DesignAction::Critical(args) => critical::run(args, emit, width),
        DesignAction::Nearest(args) => nearest::run(args, emit, width),
        DesignAction::Kernel(args) => kernel::run(args, emit, width),
    }
}

/// Asks one question about what was typed, with its deadline; an error stands in the place of the answer, under `key`.
pub fn answered<T: Send + 'static, J: Serialize>(
    (key, typed): (&'static str, &str),
    (effort, emit): (&Effort, Option<Language>),
    question: impl Fn(&str, Request) -> Result<T> + Send + Sync + 'static,
    told: impl FnOnce(T) -> Designed<J>,
) -> io::Result<Report> {
    let text = expression(typed)?;
    let (asked, request) = (text.clone(), effort.request());
    let labels = [text.clone()];
    let mut batch = answers(&labels, effort.timeout, &INTERRUPT, move |_| {
        question(&asked, request)
    });
    let missing = batch.missing(&labels, "designs");
    Ok(match batch.answers.pop().flatten() {
        Some(Ok(answer)) => {
            let told = told(answer);
            let text = match (emit, effort.json) {
                (None, true) => object(&told.json),
                (None, false) => told.text,
                (Some(language), in_json_too) => {
                    let mut json = serde_json::to_value(&told.json).map_err(io::Error::other)?;
                    match with_code(&mut json, language, request) {
                        Ok(_) if in_json_too => object(&json),
                        Ok(codes) => [vec![told.text], codes].concat().join("\n"),
                        Err(error) => {
                            let item = FaultItem::new(key, &text, &error);
                            let shown = in_json(effort, &item);
                            return Ok(Report::new(
                                shown,
                                vec![Fault { text, error }],
                                false,
                                false,
                            ));
                        }
                    }
                }
            };
            let mut report = Report::new(text, vec![], told.undecided, false);
            report.notes = told.notes;
            report
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

/// Adds the code of every solution under `code`, and returns it.
fn with_code(
    json: &mut serde_json::Value,
    language: Language,
    request: Request,
) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let solutions = json
        .get_mut("solutions")
        .and_then(serde_json::Value::as_array_mut);
    for solution in solutions
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_object_mut)
    {
        let activation = solution
            .get("activation")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let code = library::emitted(activation, language, false, None, request)?.code;
        solution.insert("code".into(), code.clone().into());
        all.push(code);
    }
    Ok(all)
}

/// What stands in the place of an answer; for people there is the error.
fn in_json(effort: &Effort, item: &FaultItem) -> String {
    match effort.json {
        true => object(item),
        false => String::new(),
    }
}
