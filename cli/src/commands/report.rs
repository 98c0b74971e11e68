//! `deeplimit report`: a page about activations.

use std::io;

use super::{INTERRUPT, expressions};
use crate::args::Page as Args;
use crate::batch::answers;
use crate::data::{free, written};
use crate::fault::Fault;
use crate::json::{FaultItem, array, object};
use crate::library;
use crate::page::{PageJson, PortraitJson, drawn, html};
use crate::report::Report;
use crate::typed;

/// More activations than this make a page that nobody reads.
const MOST: usize = 20;

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    if texts.len() > MOST || texts.is_empty() {
        let message = format!(
            "from 1 to {MOST} activations make a page, not {}",
            texts.len()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    if let Some(path) = &args.out {
        free(path, args.force, &[]).map_err(|e| io::Error::other(e.to_string()))?;
    }
    let request = args.effort.request();
    let questions = texts.clone();
    let batch = answers(&texts, args.effort.timeout, &INTERRUPT, move |n| {
        library::portrait(&questions[n], request)
    });
    let missing = batch.missing(&texts, "activations");
    let interrupted = batch.interrupted;
    let (mut faults, mut portraits) = (Vec::new(), Vec::new());
    for (n, (text, answer)) in texts.iter().zip(batch.answers).enumerate() {
        match answer {
            Some(Ok(portrait)) => {
                let shown = typed::shown(text);
                portraits.push(PortraitJson::new(n, &shown, &portrait, args.effort.digits));
            }
            Some(Err(error)) => faults.push(Fault {
                text: text.clone(),
                error,
            }),
            None => {}
        }
    }
    // half a page is none
    if !faults.is_empty() || interrupted {
        let text = match args.effort.json {
            true => array(
                &faults
                    .iter()
                    .map(|f| FaultItem::new("activation", &f.text, &f.error))
                    .collect::<Vec<_>>(),
            ),
            false => String::new(),
        };
        return Ok(Report::new(text, faults, false, interrupted).with_closing(missing));
    }
    let comparison = match texts.len() {
        1 => Vec::new(),
        _ => {
            let questions = texts.clone();
            let label = [texts.join(", ")];
            let mut batch = answers(&label, args.effort.timeout, &INTERRUPT, move |_| {
                library::comparison(&questions, request)
            });
            match batch.answers.pop().flatten() {
                Some(Ok(figures)) => figures.iter().map(drawn).collect(),
                Some(Err(error)) => {
                    let [text] = label;
                    return Ok(Report::new(
                        String::new(),
                        vec![Fault { text, error }],
                        false,
                        false,
                    ));
                }
                None => return Ok(Report::new(String::new(), vec![], false, true)),
            }
        }
    };
    let undecided = portraits.iter().any(|p| p.standing == "undecided");
    let page = PageJson {
        title: portraits
            .iter()
            .map(|p| p.activation.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        program: format!("deeplimit {}", env!("CARGO_PKG_VERSION")),
        command: format!(
            "deeplimit report {}",
            texts
                .iter()
                .map(|t| quoted(t))
                .collect::<Vec<_>>()
                .join(" ")
        ),
        activations: portraits,
        comparison,
    };
    let refused = |e: deeplimit::error::Error| io::Error::other(e.to_string());
    let template = args.template.as_deref();
    let text = match (&args.out, args.effort.json) {
        (None, true) => object(&page),
        (None, false) => html(&page, "report.html", template).map_err(refused)?,
        (Some(path), json) => {
            let content = html(&page, "report.html", template).map_err(refused)?;
            written(path, content).map_err(refused)?;
            match json {
                true => object(&page),
                false => told(&page, path),
            }
        }
    };
    Ok(Report::new(text, vec![], undecided, false))
}

/// As a shell reads it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.,+-/^".contains(c);
    match text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// What has been written, and what is not in it.
fn told(page: &PageJson, path: &std::path::Path) -> String {
    let mut text = String::new();
    for portrait in &page.activations {
        text += &format!(
            "{}: {}: {}\n",
            path.display(),
            portrait.activation,
            portrait.verdict
        );
    }
    text
}
