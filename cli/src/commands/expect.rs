//! `deeplimit expect`: `E f(Z)`.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::{INTERRUPT, Report, expressions, with_closed_form};
use crate::args::Expect as Args;
use crate::batch::{Batch, answers};
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library;
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct ExpectationJson {
    expression: String,
    value: Number,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    let (effort, questions) = (args.effort.clone(), texts.clone());
    let batch = answers(&texts, args.effort.timeout, &INTERRUPT, move |n| {
        let value = library::expectation(&questions[n], effort.request())?;
        Ok((library::printed(&questions[n])?, value))
    });
    Ok(report(&texts, batch, args, width))
}

fn report(texts: &[String], batch: Batch<(String, Quantity)>, args: &Args, width: usize) -> Report {
    let digits = args.effort.digits;
    let missing = batch.missing(texts, "expressions");
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for (text, answer) in texts.iter().zip(batch.answers) {
        match answer {
            Some(Ok((expression, q))) => {
                let cells = vec![with_closed_form(&q, digits)];
                entries.push(Entry {
                    name: expression.clone(),
                    cells,
                    ..Entry::default()
                });
                let value = Number::new(&q, digits);
                items.push(Item::Answer(ExpectationJson { expression, value }));
            }
            Some(Err(error)) => {
                items.push(Item::Fault(FaultItem::new("expression", text, &error)));
                faults.push(Fault {
                    text: text.clone(),
                    error,
                });
            }
            None => items.push(Item::Fault(FaultItem::interrupted("expression", text))),
        }
    }
    let table = Table {
        title: "f",
        columns: vec!["E f(Z)"],
        entries,
    };
    let text = if args.effort.json {
        array(&items)
    } else {
        table.text(width)
    };
    Report::new(text, faults, false, batch.interrupted).with_closing(missing)
}
