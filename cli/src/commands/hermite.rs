//! `deeplimit hermite`: the coefficients.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::{INTERRUPT, Report, expression, with_closed_form};
use crate::args::Hermite as Args;
use crate::batch::{Batch, answers};
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library;
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct CoefficientJson {
    n: usize,
    value: Number,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let text = expression(&args.expression)?;
    let (effort, question, terms) = (args.effort.clone(), text.clone(), args.terms);
    let labels = [text];
    let batch = answers(&labels, args.effort.timeout, &INTERRUPT, move |_| {
        library::hermite(&question, terms, effort.request())
    });
    let [text] = labels;
    Ok(report(text, batch, args, width))
}

fn report(text: String, mut batch: Batch<Vec<Quantity>>, args: &Args, width: usize) -> Report {
    let digits = args.effort.digits;
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    match batch.answers.pop().flatten() {
        Some(Ok(coefficients)) => {
            for (n, a) in coefficients.iter().enumerate() {
                items.push(Item::Answer(CoefficientJson {
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
        }
        Some(Err(error)) => {
            items.push(Item::Fault(FaultItem::new("activation", &text, &error)));
            faults.push(Fault { text, error });
        }
        None => {}
    }
    let table = Table {
        title: "n",
        columns: vec!["a_n"],
        entries,
    };
    let text = if args.effort.json {
        array(&items)
    } else {
        table.text(width)
    };
    Report::new(text, faults, false, batch.interrupted)
}
