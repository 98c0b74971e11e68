//! `deeplimit constants`: what decides the limit, without the decision.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::{cell, with_closed_form};
use crate::args::Constants as Args;
use crate::library::{self, Constants};
use crate::number::Number;
use crate::report::{Report, Row, ask};
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
    let asked = ask(&args.expressions, &args.effort, library::constants)?;
    let digits = args.effort.digits;
    let number = |q: &Option<Quantity>| q.as_ref().map(|q| Number::new(q, digits));
    let table = Table {
        title: "activation",
        columns: vec!["normalisation", "A", "A'", "B'", "alpha"],
        entries: vec![],
    };
    Ok(asked.rows("activation", table, width, |c| Row {
        entry: entry(&c, digits),
        json: ConstantsJson {
            normalisation: number(&c.normalisation),
            a: number(&c.a),
            a_prime: number(&c.a_prime),
            b_prime: number(&c.b_prime),
            alpha: number(&c.alpha),
            activation: c.activation,
        },
        undecided: false,
    }))
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
