//! `deeplimit dual`: the dual activation at given correlations.

use std::io;

use deeplimit::error::Result;
use deeplimit::limit::Quantity;
use rug::Rational;
use serde::Serialize;

use super::{INTERRUPT, Report, cell, expression, with_closed_form};
use crate::args::Dual as Args;
use crate::batch::{Batch, answers};
use crate::exact::correlation;
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library::{self, DualValue};
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct DualJson {
    at: String,
    dual: Number,
    slope: Option<Number>,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let text = expression(&args.expression)?;
    let typed: Vec<_> = args.at.iter().map(|t| t.trim()).collect();
    let points: Vec<_> = typed.iter().map(|t| correlation(t)).collect();
    // One question for all that are in order: the dual is prepared once.
    let wanted: Vec<_> = points
        .iter()
        .filter_map(|p| p.as_ref().ok().cloned())
        .collect();
    let (question, request) = (text.clone(), args.effort.request());
    let labels = [text];
    let batch = answers(&labels, args.effort.timeout, &INTERRUPT, move |_| {
        library::dual(&question, &wanted, request)
    });
    let [text] = labels;
    Ok(report(text, &typed, points, batch, args, width))
}

fn report(
    text: String,
    typed: &[&str],
    points: Vec<Result<Rational>>,
    mut batch: Batch<Vec<DualValue>>,
    args: &Args,
    width: usize,
) -> Report {
    let digits = args.effort.digits;
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    match batch.answers.pop().flatten() {
        Some(Ok(values)) => {
            let mut values = values.into_iter();
            for (at, point) in typed.iter().zip(points) {
                match point.map(|_| values.next()) {
                    Ok(Some(value)) => {
                        let slope = value.slope.as_ref().filter(|_| args.slope);
                        entries.push(entry(at, &value.dual, slope, digits));
                        items.push(Item::Answer(DualJson {
                            at: (*at).to_owned(),
                            dual: Number::new(&value.dual, digits),
                            slope: slope.map(|q| Number::new(q, digits)),
                        }));
                    }
                    // Not there: nothing to say of it.
                    Ok(None) => {}
                    Err(error) => {
                        items.push(Item::Fault(FaultItem::new("at", at, &error)));
                        faults.push(Fault {
                            text: (*at).to_owned(),
                            error,
                        });
                    }
                }
            }
        }
        Some(Err(error)) => {
            items.push(Item::Fault(FaultItem::new("activation", &text, &error)));
            faults.push(Fault { text, error });
        }
        None => {}
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
    let text = if args.effort.json {
        array(&items)
    } else {
        table.text(width)
    };
    Report::new(text, faults, false, batch.interrupted)
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
