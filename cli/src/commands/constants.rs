//! `deeplimit constants`: what decides the limit, without the decision.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::{INTERRUPT, Report, cell, expressions, with_closed_form};
use crate::args::Constants as Args;
use crate::batch::{Batch, answers};
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library::{self, Constants};
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct ConstantsJson {
    activation: String,
    normalisation: Option<Number>,
    a: Option<Number>,
    a_prime: Option<Number>,
    b_prime: Option<Number>,
    alpha: Option<Number>,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    let (effort, questions) = (args.effort.clone(), texts.clone());
    let batch = answers(&texts, args.effort.timeout, &INTERRUPT, move |n| {
        library::constants(&questions[n], effort.request())
    });
    Ok(report(&texts, batch, args, width))
}

fn report(texts: &[String], batch: Batch<Constants>, args: &Args, width: usize) -> Report {
    let digits = args.effort.digits;
    let number = |q: &Option<Quantity>| q.as_ref().map(|q| Number::new(q, digits));
    let missing = batch.missing(texts, "activations");
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for (text, answer) in texts.iter().zip(batch.answers) {
        match answer {
            Some(Ok(c)) => {
                entries.push(entry(&c, digits));
                items.push(Item::Answer(ConstantsJson {
                    normalisation: number(&c.normalisation),
                    a: number(&c.a),
                    a_prime: number(&c.a_prime),
                    b_prime: number(&c.b_prime),
                    alpha: number(&c.alpha),
                    activation: c.activation,
                }));
            }
            Some(Err(error)) => {
                items.push(Item::Fault(FaultItem::new("activation", text, &error)));
                faults.push(Fault {
                    text: text.clone(),
                    error,
                });
            }
            None => items.push(Item::Fault(FaultItem::interrupted("activation", text))),
        }
    }
    let columns = vec!["normalisation", "A", "A'", "B'", "alpha"];
    let table = Table {
        title: "activation",
        columns,
        entries,
    };
    let text = if args.effort.json {
        array(&items)
    } else {
        table.text(width)
    };
    Report::new(text, faults, false, batch.interrupted).with_closing(missing)
}

fn entry(c: &Constants, digits: u32) -> Entry {
    let numbers = [
        ("normalisation", c.normalisation.as_ref()),
        ("A", c.a.as_ref()),
        ("A'", c.a_prime.as_ref()),
        ("B'", c.b_prime.as_ref()),
        ("alpha", c.alpha.as_ref()),
    ];
    let lines = numbers
        .iter()
        .filter_map(|(label, q)| Some((*label, (*q)?)));
    Entry {
        name: c.activation.clone(),
        cells: numbers.iter().map(|(_, q)| cell(*q, digits)).collect(),
        lines: lines
            .map(|(label, q)| (label, with_closed_form(q, digits)))
            .collect(),
        ..Entry::default()
    }
}
