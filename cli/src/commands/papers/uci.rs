//! `deeplimit papers table arora2020`: rules on the UCI sets.

use std::io;
use std::sync::Arc;

use serde::Serialize;

use super::LIMIT;
use super::table::printed;
use crate::args::{Format, PapersTable};
use crate::batch::answers;
use crate::collection::laboratory;
use crate::commands::INTERRUPT;
use crate::fault::{Fault, sentence};
use crate::json::array;
use crate::library::{OnSet, Placing, RULES, outcome, source_sets, standings};
use crate::report::Report;

/// A rule on a set, or over all sets, in JSON.
#[derive(Serialize)]
#[serde(untagged)]
enum RowJson {
    Set {
        set: String,
        rule: &'static str,
        rows: usize,
        accuracy: f64,
        /// Binomial.
        standard_error: f64,
        folds: Vec<f64>,
        chosen: String,
    },
    All {
        rule: &'static str,
        sets: usize,
        accuracy: f64,
        rank: f64,
        rank_standard_error: f64,
        p90: f64,
        p95: f64,
        share_of_best: f64,
    },
}

/// Answers the command.
pub fn run(args: &PapersTable) -> io::Result<Report> {
    let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidInput, message);
    let laboratory = Arc::new(laboratory(3, args.data.as_deref()));
    let known = source_sets(&laboratory).map_err(|e| invalid(sentence(&e)))?;
    if let Some(name) = args.only.iter().find(|n| !known.contains(n)) {
        return Err(invalid(format!("there is no set `{name}`")));
    }
    let wanted = |n: &String| args.only.is_empty() || args.only.contains(n);
    let sets: Arc<Vec<String>> = Arc::new(known.into_iter().filter(wanted).collect());
    let questions = Arc::clone(&sets);
    let batch = answers(&sets, LIMIT, &INTERRUPT, move |n| {
        RULES
            .iter()
            .map(|rule| outcome(&laboratory, &questions[n], rule))
            .collect::<Result<Vec<Arc<OnSet>>, _>>()
    });
    let missing = batch.missing(&sets, "sets");
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for (set, answer) in sets.iter().zip(batch.answers) {
        match answer {
            Some(Ok(outcomes)) => found.push((set.clone(), outcomes)),
            Some(Err(error)) => faults.push(Fault {
                text: set.clone(),
                error,
            }),
            None => {}
        }
    }
    let accuracies: Vec<Vec<f64>> = (0..RULES.len())
        .map(|r| found.iter().map(|(_, o)| o[r].outcome.accuracy()).collect())
        .collect();
    // nothing finished, no standings
    let over_all = standings(&accuracies).unwrap_or_default();
    let text = if args.json {
        json(&found, &over_all)
    } else {
        table(args.format, &found, &over_all)
    };
    Ok(Report::new(text, faults, false, batch.interrupted).with_closing(missing))
}

type Found = [(String, Vec<Arc<OnSet>>)];

fn json(found: &Found, over_all: &[Placing]) -> String {
    let mut items = Vec::new();
    for (set, outcomes) in found {
        for (rule, o) in RULES.iter().zip(outcomes) {
            items.push(RowJson::Set {
                set: set.clone(),
                rule,
                rows: o.outcome.tested,
                accuracy: o.outcome.accuracy(),
                standard_error: o.outcome.standard_error(),
                folds: o.outcome.folds.iter().map(|f| f.accuracy).collect(),
                chosen: o.chosen.clone(),
            });
        }
    }
    for (rule, s) in RULES.iter().zip(over_all) {
        items.push(RowJson::All {
            rule,
            sets: found.len(),
            accuracy: s.accuracy,
            rank: s.rank,
            rank_standard_error: s.rank_error,
            p90: s.p90,
            p95: s.p95,
            share_of_best: s.share_of_best,
        });
    }
    array(&items)
}

/// Per cent, a row for each set, below them the standings.
fn table(format: Format, found: &Found, over_all: &[Placing]) -> String {
    let titles = ["set", "rows"].into_iter().chain(RULES);
    let titles: Vec<String> = titles.map(str::to_owned).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (set, outcomes) in found {
        let first = [set.clone(), outcomes[0].outcome.tested.to_string()];
        let numbers = outcomes
            .iter()
            .map(|o| format!("{:.2}", 100.0 * o.outcome.accuracy()));
        rows.push(first.into_iter().chain(numbers).collect());
    }
    if !over_all.is_empty() {
        let mut line = |name: &str, cell: &dyn Fn(&Placing) -> String| {
            let first = [name.to_owned(), String::new()];
            rows.push(first.into_iter().chain(over_all.iter().map(cell)).collect());
        };
        line("mean accuracy", &|s| format!("{:.2}", 100.0 * s.accuracy));
        line("mean rank", &|s| format!("{:.2}", s.rank));
        line("P90", &|s| format!("{:.1}", 100.0 * s.p90));
        line("P95", &|s| format!("{:.1}", 100.0 * s.p95));
        line("share of the best", &|s| {
            format!("{:.2}", 100.0 * s.share_of_best)
        });
    }
    printed(format, &titles, &rows)
}
