//! `deeplimit dual`: the dual activation at given correlations.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::{cell, with_closed_form};
use crate::args::Dual as Args;
use crate::exact::correlation;
use crate::library::{self, DualValue};
use crate::number::Number;
use crate::report::{At, Report, Rows, Section, ask};
use crate::table::Entry;
use crate::typed;

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
    let places = At::all("at", &args.rho, correlation);
    let wanted = At::known(&places);
    let asked = ask(&args.expressions, &args.effort, move |text, request| {
        library::dual(text, &wanted, request)
    })?;
    Ok(asked.headed_sections(|text, values| section(text, &places, values, args, width)))
}

fn section(
    text: &str,
    places: &[At],
    values: Vec<DualValue>,
    args: &Args,
    width: usize,
) -> Section<DualJson> {
    let digits = args.effort.digits;
    let activation = typed::shown(text);
    let values = values.into_iter().map(Ok);
    let rows = Rows::at(&activation, places, values, |at, value| {
        let slope = value.slope.as_ref().filter(|_| args.slope);
        let json = DualJson {
            activation: activation.clone(),
            at: at.text.clone(),
            rho: at.text.clone(),
            dual: Number::new(&value.dual, digits),
            slope: slope.map(|q| Number::new(q, digits)),
        };
        (entry(&at.text, &value.dual, slope, digits), json)
    });
    let columns = if args.slope {
        vec!["dual", "slope"]
    } else {
        vec!["dual"]
    };
    rows.section(activation.clone(), "rho", columns, width)
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
