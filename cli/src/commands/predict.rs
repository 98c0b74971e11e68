//! `deeplimit predict`: the classes of new rows into a file.

use std::io;

use serde::Serialize;

use super::{INTERRUPT, expression};
use crate::args::Predict as Args;
use crate::data::Reading;
use crate::json::array;
use crate::library::{self, ErrorJson};
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
    #[serde(flatten)]
    error: ErrorJson,
}

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let activation = expression(&args.network.activation)?;
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
                    error: p.error.json(),
                }]),
                false => format!(
                    "{out}: {} rows in {} classes, from {} training rows by {}\n{}\n",
                    p.rows,
                    p.classes.len(),
                    p.training,
                    p.classifier.name(),
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
