//! `deeplimit predict`: the classes of new rows into a file.

use std::io;

use deeplimit::classifier::wilson;
use serde::Serialize;

use super::{INTERRUPT, only};
use crate::args::Predict as Args;
use crate::data::Reading;
use crate::json::array;
use crate::library::{self, ErrorJson, Tested};
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
    #[serde(flatten)]
    error: ErrorJson,
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

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let activation = only(&args.network.activation)?;
    INTERRUPT.listen(false);
    let missing = format!(
        "interrupted: no row is predicted, {} is not written",
        args.out.display()
    );
    INTERRUPT.would_say(String::new(), missing);
    Ok(match library::predictions(args, &activation) {
        Ok(p) => {
            let out = args.out.display().to_string();
            let text = match args.network.json {
                true => array(&[PredictJson {
                    train: args.train.display().to_string(),
                    test: args.test.display().to_string(),
                    out,
                    activation: p.activation,
                    read: p.read.clone(),
                    depth: args.depth.to_string(),
                    kernel: args.network.kernel.name(),
                    lengths: args.network.lengths.name(),
                    training_rows: p.training,
                    rows: p.rows,
                    classes: p.classes,
                    classifier: p.classifier.name(),
                    tested: p.tested.map(|t| TestedJson {
                        rows: t.rows,
                        accuracy: t.accuracy,
                        interval: wilson(t.accuracy, t.rows),
                        confusion: t.confusion,
                        unknown: t.unknown,
                    }),
                    error: p.error.json(),
                }]),
                false => format!(
                    "{out}: {} rows in {} classes, from {} training rows by {}\n{}{}\n",
                    p.rows,
                    p.classes.len(),
                    p.training,
                    p.classifier.name(),
                    p.tested
                        .as_ref()
                        .map_or_else(String::new, |t| tested_words(t, &p.classes)),
                    p.error.words()
                ),
            };
            Report::of(text).having_read(args.network.json, &p.read)
        }
        Err(error) => {
            let text = args.test.display().to_string();
            Report::of_data_fault("test", &text, &activation, error, args.network.json)
        }
    })
}
