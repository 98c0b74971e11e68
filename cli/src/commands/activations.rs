//! `deeplimit activations`: the catalogue.

use serde::Serialize;

use super::Report;
use crate::args::Activations;
use crate::json::array;
use crate::library::{Entry, catalogue};
use crate::table::{text_width, wrapped};

/// An entry in JSON.
#[derive(Serialize)]
struct EntryJson {
    activation: String,
    aliases: Vec<String>,
    formula: String,
}

/// Answers the command.
pub fn run(args: &Activations, width: usize) -> Report {
    let entries = catalogue();
    Report::of(if args.json {
        json(entries)
    } else {
        text(&entries, width)
    })
}

fn json(entries: Vec<Entry>) -> String {
    let items = entries.into_iter().map(|e| EntryJson {
        activation: e.usage,
        aliases: e.aliases,
        formula: e.formula,
    });
    array(&items.collect::<Vec<_>>())
}

fn text(entries: &[Entry], width: usize) -> String {
    let names: Vec<String> = entries
        .iter()
        .map(|e| {
            std::iter::once(&e.usage)
                .chain(&e.aliases)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        })
        .collect();
    let widest = names.iter().map(|n| text_width(n)).max().unwrap_or(0);
    let rows = names.iter().zip(entries).map(|(name, entry)| {
        let blanks = " ".repeat(widest - text_width(name) + 2);
        wrapped(&entry.formula, 0, &format!("{name}{blanks}"), width)
    });
    rows.collect()
}
