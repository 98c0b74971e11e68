//! `deeplimit hermite`: the coefficients.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::{INTERRUPT, Report, Section, expressions, with_closed_form};
use crate::args::Hermite as Args;
use crate::batch::answers;
use crate::json::Item;
use crate::library;
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct CoefficientJson {
    activation: String,
    n: usize,
    value: Number,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    let (effort, questions, terms) = (args.effort.clone(), texts.clone(), args.terms);
    let batch = answers(&texts, args.effort.timeout, &INTERRUPT, move |n| {
        library::hermite(&questions[n], terms, effort.request())
    });
    let missing = batch.missing(&texts, "activations");
    let sections = texts
        .iter()
        .zip(batch.answers)
        .map(|(text, answer)| match answer {
            Some(Ok(coefficients)) => section(text, &coefficients, args, width),
            Some(Err(error)) => Section::of_fault(text, error),
            None => Section::unfinished(text),
        })
        .map(|section| section.headed(texts.len() > 1))
        .collect();
    Ok(Report::of_sections(sections, args.effort.json, missing))
}

fn section(
    text: &str,
    coefficients: &[Quantity],
    args: &Args,
    width: usize,
) -> Section<CoefficientJson> {
    let digits = args.effort.digits;
    let activation = library::typed::shown(text);
    let mut items = Vec::new();
    let mut entries = Vec::new();
    for (n, a) in coefficients.iter().enumerate() {
        items.push(Item::Answer(CoefficientJson {
            activation: activation.clone(),
            n,
            value: Number::new(a, digits),
        }));
        let cells = vec![with_closed_form(a, digits)];
        entries.push(Entry {
            name: n.to_string(),
            cells,
            ..Entry::default()
        });
    }
    let table = Table {
        title: "n",
        columns: vec!["a_n"],
        entries,
    };
    Section::of_answer(activation, items, table.text(width))
}
