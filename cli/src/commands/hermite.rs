//! `deeplimit hermite`: the coefficients.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::with_closed_form;
use crate::args::Hermite as Args;
use crate::library;
use crate::number::Number;
use crate::report::{Report, Rows, Section, ask};
use crate::table::Entry;
use crate::typed;

/// The contract.
#[derive(Serialize)]
struct CoefficientJson {
    activation: String,
    n: usize,
    value: Number,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let terms = args.terms;
    let asked = ask(&args.expressions, &args.effort, move |text, request| {
        library::hermite(text, terms, request)
    })?;
    let digits = args.effort.digits;
    Ok(asked.headed_sections(|text, coefficients| section(text, &coefficients, digits, width)))
}

fn section(
    text: &str,
    coefficients: &[Quantity],
    digits: u32,
    width: usize,
) -> Section<CoefficientJson> {
    let activation = typed::shown(text);
    let mut rows = Rows::default();
    for (n, a) in coefficients.iter().enumerate() {
        let entry = Entry {
            name: n.to_string(),
            cells: vec![with_closed_form(a, digits)],
            ..Entry::default()
        };
        let json = CoefficientJson {
            activation: activation.clone(),
            n,
            value: Number::new(a, digits),
        };
        rows.add(entry, json);
    }
    rows.section(activation, "n", vec!["a_n"], width)
}
