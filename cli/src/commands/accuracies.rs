//! `deeplimit evaluate --all`: accuracies of many networks on many files, in one table.

use std::io;

use anstyle::Style;
use deeplimit::classifier::wilson;
use serde::Serialize;

use super::{INTERRUPT, expressions};
use crate::args::Evaluate as Args;
use crate::batch::unfinished;
use crate::fault::{Fault, FaultJson, sentence};
use crate::json::array;
use crate::library::{self, Line};
use crate::progress::Progress;
use crate::report::Report;
use crate::table::{Entry, Table};

/// The best stands out.
const BEST: Style = Style::new().bold();

/// The contract.
#[derive(Serialize)]
struct LineJson {
    data: String,
    /// `ntk` or `nngp`
    kernel: &'static str,
    activation: String,
    depth: String,
    #[serde(flatten)]
    outcome: OutcomeJson,
    /// The largest accuracy on this file, or equal to it.
    best: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum OutcomeJson {
    Answer {
        classifier: String,
        accuracy: f64,
        standard_error: f64,
        /// Wilson's of 95 %; what several folds test counts once.
        interval: [f64; 2],
        tested: usize,
        /// The share of the largest class.
        majority: f64,
        /// An earlier run had it.
        resumed: bool,
    },
    Fault {
        error: FaultJson,
    },
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let activations = expressions(&args.network.activation)?;
    let mut progress: Option<Progress> = None;
    let mut stopped = None;
    INTERRUPT.listen(true);
    let result = library::accuracies(args, &activations, |done, all, _| {
        let line = progress.get_or_insert_with(|| Progress::new(all));
        line.show(done, Some("accuracies"));
        let on = !INTERRUPT.pressed() || done == all;
        if !on {
            stopped = Some((done, all));
        }
        on
    });
    drop(progress);
    INTERRUPT.listen(false);
    let lines = match result {
        Ok(lines) => lines,
        Err(error) => {
            let name = args
                .out
                .as_ref()
                .unwrap_or(&args.data[0])
                .display()
                .to_string();
            let text = name.clone();
            return Ok(Report::refused(
                "data",
                &name,
                Fault { text, error },
                args.network.json,
            ));
        }
    };
    let text = match args.network.json {
        true => array(&json(&lines)),
        false => words(&lines, args.data.len() > 1, width),
    };
    let faults: Vec<Fault> = lines
        .iter()
        .filter_map(|l| {
            let error = l.outcome.clone().err()?;
            let data = l.data.display().to_string();
            Some(Fault::of_data(data, &l.activation, error))
        })
        .collect();
    let closing = stopped.map(|(done, all)| unfinished(done, all, "accuracies", &[]));
    Ok(Report::new(text, faults, false, stopped.is_some()).with_closing(closing))
}

fn json(lines: &[Line]) -> Vec<LineJson> {
    let of = |(l, best): (&Line, bool)| LineJson {
        data: l.data.display().to_string(),
        kernel: l.kernel.name(),
        activation: l.activation.clone(),
        depth: l.depth.to_string(),
        outcome: match &l.outcome {
            Ok(a) => OutcomeJson::Answer {
                classifier: a.classifier.clone(),
                accuracy: a.accuracy,
                standard_error: a.standard_error,
                interval: wilson(a.accuracy, a.tested),
                tested: a.tested,
                majority: a.majority,
                resumed: a.found,
            },
            Err(e) => OutcomeJson::Fault { error: e.into() },
        },
        best,
    };
    lines.iter().zip(library::best(lines)).map(of).collect()
}

fn words(lines: &[Line], several: bool, width: usize) -> String {
    let percent = |x: f64| format!("{:.2}", 100.0 * x);
    let entry = |(l, best): (&Line, bool)| {
        let mut cells = vec![l.kernel.to_string(), l.depth.to_string()];
        let mut notes = vec![];
        match &l.outcome {
            Ok(a) => {
                let [low, high] = wilson(a.accuracy, a.tested);
                cells.extend([
                    a.classifier.clone(),
                    percent(a.accuracy),
                    format!("{} to {}", percent(low), percent(high)),
                ]);
            }
            Err(e) => {
                cells.extend(std::iter::repeat_n(String::new(), 3));
                notes.push(sentence(e));
            }
        }
        let name = match several {
            true => format!("{}: {}", l.data.display(), l.activation),
            false => l.activation.clone(),
        };
        Entry {
            name,
            cells,
            mark: best.then(|| ("best".to_owned(), BEST)),
            notes,
            ..Entry::default()
        }
    };
    let table = Table {
        title: "activation",
        columns: vec!["kernel", "depth", "classifier", "accuracy %", "95 %"],
        entries: lines.iter().zip(library::best(lines)).map(entry).collect(),
    };
    table.text(width)
}
