//! `deeplimit dual`: the dual activation at given correlations.

use std::io;

use deeplimit::error::Result;
use deeplimit::limit::Quantity;
use rug::Rational;
use serde::Serialize;

use super::{INTERRUPT, Report, Section, cell, expressions, with_closed_form};
use crate::args::Dual as Args;
use crate::batch::answers;
use crate::exact::correlation;
use crate::fault::Fault;
use crate::json::{FaultItem, Item};
use crate::library::{self, DualValue};
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct DualJson {
    activation: String,
    /// The same as `rho`, as it was called at first.
    at: String,
    /// As typed.
    rho: String,
    dual: Number,
    slope: Option<Number>,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    let typed: Vec<_> = args.rho.iter().map(|t| t.trim()).collect();
    let points: Vec<_> = typed.iter().map(|t| correlation(t)).collect();
    // One question for all that are in order: the dual is prepared once.
    let wanted: Vec<_> = points
        .iter()
        .filter_map(|p| p.as_ref().ok().cloned())
        .collect();
    let (questions, request) = (texts.clone(), args.effort.request());
    let batch = answers(&texts, args.effort.timeout, &INTERRUPT, move |n| {
        library::dual(&questions[n], &wanted, request)
    });
    let missing = batch.missing(&texts, "activations");
    let sections = texts
        .iter()
        .zip(batch.answers)
        .map(|(text, answer)| match answer {
            Some(Ok(values)) => section(text, &typed, &points, values, args, width),
            Some(Err(error)) => Section::of_fault(text, error),
            None => Section::unfinished(text),
        })
        .map(|section| section.headed(texts.len() > 1))
        .collect();
    Ok(Report::of_sections(sections, args.effort.json, missing))
}

fn section(
    text: &str,
    typed: &[&str],
    points: &[Result<Rational>],
    values: Vec<DualValue>,
    args: &Args,
    width: usize,
) -> Section<DualJson> {
    let digits = args.effort.digits;
    let activation = library::typed::shown(text);
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    let mut values = values.into_iter();
    for (at, point) in typed.iter().zip(points) {
        match point.as_ref().map(|_| values.next()) {
            Ok(Some(value)) => {
                let slope = value.slope.as_ref().filter(|_| args.slope);
                entries.push(entry(at, &value.dual, slope, digits));
                items.push(Item::Answer(DualJson {
                    activation: activation.clone(),
                    at: (*at).to_owned(),
                    rho: (*at).to_owned(),
                    dual: Number::new(&value.dual, digits),
                    slope: slope.map(|q| Number::new(q, digits)),
                }));
            }
            // Not there: nothing to say of it.
            Ok(None) => {}
            Err(error) => {
                items.push(Item::Fault(
                    FaultItem::new("at", at, error).about(&activation),
                ));
                faults.push(Fault {
                    text: (*at).to_owned(),
                    error: error.clone(),
                });
            }
        }
    }
    let columns = if args.slope {
        vec!["dual", "slope"]
    } else {
        vec!["dual"]
    };
    let table = Table {
        title: "rho",
        columns,
        entries,
    };
    Section {
        faults,
        ..Section::of_answer(activation, items, table.text(width))
    }
}

fn entry(at: &str, dual: &Quantity, slope: Option<&Quantity>, digits: u32) -> Entry {
    let numbers = [("dual", Some(dual)), ("slope", slope)];
    let numbers = numbers
        .iter()
        .filter_map(|(label, q)| Some((*label, (*q)?)));
    Entry {
        name: at.to_owned(),
        cells: numbers
            .clone()
            .map(|(_, q)| cell(Some(q), digits))
            .collect(),
        lines: numbers
            .map(|(label, q)| (label, with_closed_form(q, digits)))
            .collect(),
        ..Entry::default()
    }
}
