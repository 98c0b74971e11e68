//! `deeplimit activations`: the catalogue.

use std::collections::BTreeMap;

use anstyle::Style;
use serde::Serialize;

use crate::args::Activations;
use crate::json::array;
use crate::library::{Entry, catalogue, readings};
use crate::report::Report;
use crate::table::wrapped;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// An entry in JSON.
#[derive(Serialize)]
struct EntryJson {
    /// `leaky_relu(x, slope)`
    activation: String,
    formula: &'static str,
    /// The constants that need not be given, and what they are then.
    defaults: BTreeMap<&'static str, &'static str>,
    summary: &'static str,
    source: &'static str,
}

/// Answers the command.
pub fn run(args: &Activations, width: usize) -> Report {
    Report::of(if args.json {
        json(catalogue())
    } else {
        text(catalogue(), width)
    })
}

fn json(entries: &[Entry]) -> String {
    let items = entries.iter().map(|e| EntryJson {
        activation: e.signature(),
        formula: e.formula,
        defaults: e.parameters.iter().copied().collect(),
        summary: e.summary,
        source: e.source,
    });
    array(&items.collect::<Vec<_>>())
}

/// What may be typed and what it means, then the formula, then who says so.
fn text(entries: &[Entry], width: usize) -> String {
    let rows = entries.iter().map(|e| {
        let head = format!("{BOLD}{}{BOLD:#}  {}\n", e.signature(), condition(e));
        let formula = wrapped(e.formula, 4, "", width);
        let source = if e.source == "-" {
            String::new()
        } else {
            format!(" [{}]", e.source)
        };
        let words = wrapped(&format!("{}{source}", e.summary), 4, "", width);
        format!("{}\n{formula}{DIM}{words}{DIM:#}", head.trim_end())
    });
    let rows: String = rows.collect();
    let read: Vec<String> = readings()
        .map(|(there, here)| format!("{there} = {here}"))
        .collect();
    let head = format!("{BOLD}read as in numpy, torch, jax and tensorflow{BOLD:#}\n");
    rows + &head + &wrapped(&read.join("; "), 4, "", width)
}

/// `n from 0 to 200`, `slope = 0.01 if it is not given`.
fn condition(entry: &Entry) -> String {
    let index = entry
        .index
        .as_ref()
        .map(|(letter, range)| format!("{letter} from {} to {}", range.start(), range.end()));
    let defaults = entry
        .parameters
        .iter()
        .map(|(name, value)| format!("{name} = {value} if not given"));
    index
        .into_iter()
        .chain(defaults)
        .collect::<Vec<_>>()
        .join(", ")
}
