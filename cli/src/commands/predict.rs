//! `deeplimit predict`: the classes of new rows into a file.

use std::io;
use std::sync::Mutex;

use deeplimit::classifier::wilson;
use serde::Serialize;

use super::{INTERRUPT, only};
use crate::args::Predict as Args;
use crate::data::Reading;
use crate::json::array;
use crate::library::{self, Advance, ErrorJson, Predicted, Predictions, Tested};
use crate::progress::Progress;
use crate::report::Report;

/// The contract.
#[derive(Serialize)]
struct PredictJson {
    train: String,
    test: String,
    out: String,
    activation: String,
    /// What was read: the training rows, the new ones.
    read: [Reading; 2],
    /// A number of layers, or `inf`.
    depth: String,
    /// `ntk` or `nngp`
    kernel: &'static str,
    /// `unit` or `keep`
    lengths: &'static str,
    training_rows: usize,
    rows: usize,
    classes: Vec<String>,
    classifier: &'static str,
    /// Where the file of the new rows has labels; `null` elsewhere.
    tested: Option<TestedJson>,
    /// Only where the matrix of the training rows was not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    conjugate_gradients: Option<SolvedJson>,
    #[serde(flatten)]
    error: ErrorJson,
}

#[derive(Serialize)]
struct SolvedJson {
    steps: usize,
    /// `|Y - (K + ridge) W|/|Y|`, the largest of the classes.
    residual: f64,
}

#[derive(Serialize)]
struct TestedJson {
    /// New rows with a label.
    rows: usize,
    accuracy: f64,
    /// Wilson's of 95 %.
    interval: [f64; 2],
    /// How many rows of each class (down) were predicted to be of each (across), in the order of `classes`.
    confusion: Vec<Vec<usize>>,
    /// Rows of a class that no training row has.
    unknown: usize,
}

/// More classes than this are not shown, one in a line, for people.
const SHOWN: usize = 20;

fn tested_words(t: &Tested, classes: &[String]) -> String {
    let [low, high] = wilson(t.accuracy, t.rows);
    let mut text = format!(
        "accuracy {:.2} % (95 %: {:.2} to {:.2}) of {} rows with a label\n",
        100.0 * t.accuracy,
        100.0 * low,
        100.0 * high,
        t.rows
    );
    if t.unknown > 0 {
        text += &format!(
            "{} of them of a class that no training row has\n",
            t.unknown
        );
    }
    for (c, row) in t.confusion.iter().enumerate().take(SHOWN) {
        let rows: usize = row.iter().sum();
        let others = row.iter().enumerate().filter(|(k, n)| *k != c && **n > 0);
        let others: String = others
            .map(|(k, n)| format!(", {n} as {}", classes[k]))
            .collect();
        text += &format!("{}: {} of {rows} right{others}\n", classes[c], row[c]);
    }
    text
}

/// The work with a line of progress, and Ctrl-C heard.
fn watched(args: &Args, activation: &str) -> deeplimit::error::Result<Predicted> {
    let progress = Mutex::new(None);
    let report = |standing: &Advance| {
        INTERRUPT.listen(true);
        if let Ok(mut line) = progress.lock() {
            let (done, all) = standing.tiles;
            let words = format!(
                "step {}, residual {:.0e}, {} %",
                standing.steps + 1,
                standing.residual,
                100 * done / all.max(1)
            );
            line.get_or_insert_with(|| Progress::new(1))
                .show(0, Some(&words));
        }
        !INTERRUPT.pressed()
    };
    let result = library::predictions(args, activation, &report);
    INTERRUPT.listen(false);
    result
}

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let activation = only(&args.network.activation)?;
    INTERRUPT.listen(false);
    let missing = format!(
        "interrupted: no row is predicted, {} is not written",
        args.out.display()
    );
    INTERRUPT.would_say(String::new(), missing.clone());
    Ok(match watched(args, &activation) {
        Ok(Predicted::Written(p)) => {
            let text = match args.network.json {
                true => array(&[json(args, &p)]),
                false => words(args, &p),
            };
            Report::of(text).having_read(args.network.json, &p.read)
        }
        Ok(Predicted::Stopped { steps, kept }) => {
            let line = match kept {
                Some(path) => format!(
                    "{missing}; the same line goes on behind step {steps}, from {}",
                    path.display()
                ),
                None => missing,
            };
            let text = match args.network.json {
                true => array::<PredictJson>(&[]),
                false => String::new(),
            };
            Report::new(text, vec![], false, true).with_closing([line])
        }
        Err(error) => {
            let text = args.test.display().to_string();
            Report::of_data_fault("test", &text, &activation, error, args.network.json)
        }
    })
}

fn json(args: &Args, p: &Predictions) -> PredictJson {
    PredictJson {
        train: args.train.display().to_string(),
        test: args.test.display().to_string(),
        out: args.out.display().to_string(),
        activation: p.activation.clone(),
        read: p.read.clone(),
        depth: args.depth.to_string(),
        kernel: args.network.kernel.name(),
        lengths: args.network.lengths.name(),
        training_rows: p.training,
        rows: p.rows,
        classes: p.classes.clone(),
        classifier: p.classifier.name(),
        tested: p.tested.as_ref().map(|t| TestedJson {
            rows: t.rows,
            accuracy: t.accuracy,
            interval: wilson(t.accuracy, t.rows),
            confusion: t.confusion.clone(),
            unknown: t.unknown,
        }),
        conjugate_gradients: p.approximated.map(|a| SolvedJson {
            steps: a.steps,
            residual: a.residual,
        }),
        error: p.error.json(),
    }
}

fn words(args: &Args, p: &Predictions) -> String {
    let tested = p.tested.as_ref();
    let solved = p.approximated.map_or_else(String::new, |a| {
        format!(
            "conjugate gradients: {} steps to a residual of {:.0e} of the targets\n",
            a.steps, a.residual
        )
    });
    format!(
        "{}: {} rows in {} classes, from {} training rows by {}\n{solved}{}{}\n",
        args.out.display(),
        p.rows,
        p.classes.len(),
        p.training,
        p.classifier.name(),
        tested.map_or_else(String::new, |t| tested_words(t, &p.classes)),
        p.error.words()
    )
}
