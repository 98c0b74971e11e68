//! `deeplimit expect`: `E f(Z)`.

use std::io;

use serde::Serialize;

use super::with_closed_form;
use crate::args::Expect as Args;
use crate::library;
use crate::number::Number;
use crate::report::{Report, Row, ask};
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct ExpectationJson {
    expression: String,
    value: Number,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let mut asked = ask(&args.expressions, &args.effort, |text, request| {
        let value = library::expectation(text, request)?;
        Ok((library::printed(text)?, value))
    })?;
    asked.things = "expressions";
    let digits = args.effort.digits;
    let table = Table {
        title: "f",
        columns: vec!["E f(Z)"],
        entries: vec![],
    };
    Ok(
        asked.rows("expression", table, width, |(expression, q)| Row {
            entry: Entry {
                name: expression.clone(),
                cells: vec![with_closed_form(&q, digits)],
                ..Entry::default()
            },
            json: ExpectationJson {
                expression,
                value: Number::new(&q, digits),
            },
            undecided: false,
        }),
    )
}
