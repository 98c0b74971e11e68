//! `deeplimit evaluate`: accuracy on the folds of a data set.

use std::io;

use serde::Serialize;

use super::{Report, expression};
use crate::args::{Evaluate as Args, depth_name};
use crate::json::array;
use crate::library::{self, ErrorJson, Evaluation, Fold};
use crate::progress::Progress;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct EvaluateJson {
    data: String,
    activation: String,
    rows: usize,
    classes: usize,
    /// `validation` or `leave-one-out`.
    chosen_by: &'static str,
    folds: Vec<FoldJson>,
    accuracy: f64,
    /// Of the mean, the tests taken for independent.
    standard_error: f64,
    /// The share of the largest class.
    majority: f64,
    #[serde(flatten)]
    error: ErrorJson,
}

#[derive(Serialize)]
struct FoldJson {
    depth: String,
    /// What the kernel means: `regression`, and at infinite depth what its regime makes of it.
    classifier: &'static str,
    /// `null` for classifiers without one.
    ridge: Option<f64>,
    train: usize,
    test: usize,
    accuracy: f64,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let activation = expression(&args.network.activation)?;
    let name = args.data.display().to_string();
    // nothing is written: Ctrl-C ends the program as usual
    let mut progress: Option<Progress> = None;
    let result = library::evaluation(args, &activation, |done, all| {
        let line = progress.get_or_insert_with(|| Progress::new(all));
        line.show(done, Some("regressions"));
    });
    drop(progress);
    Ok(match result {
        Ok(e) => {
            let text = if args.network.json {
                array(&[json(args, &e)])
            } else {
                words(args, &e, width)
            };
            Report::new(text, vec![], false, false)
        }
        Err(error) => Report::of_data_fault("data", name, &activation, error, args.network.json),
    })
}

fn json(args: &Args, e: &Evaluation) -> EvaluateJson {
    let fold = |f: &Fold| FoldJson {
        depth: depth_name(f.depth),
        classifier: f.classifier.name(),
        ridge: f.ridge,
        train: f.train,
        test: f.test,
        accuracy: f.accuracy,
    };
    EvaluateJson {
        data: args.data.display().to_string(),
        activation: e.activation.clone(),
        rows: e.rows,
        classes: e.classes,
        chosen_by: chosen(args),
        folds: e.folds.iter().map(fold).collect(),
        accuracy: e.accuracy(),
        standard_error: e.standard_error(),
        majority: e.majority,
        error: e.error.json(),
    }
}

fn chosen(args: &Args) -> &'static str {
    if args.tune.is_some() {
        "validation"
    } else {
        "leave-one-out"
    }
}

fn words(args: &Args, e: &Evaluation, width: usize) -> String {
    let percent = |x: f64| format!("{:.2}", 100.0 * x);
    let entry = |(k, f): (usize, &Fold)| Entry {
        name: (k + 1).to_string(),
        cells: vec![
            depth_name(f.depth),
            f.classifier.name().to_owned(),
            f.ridge
                .map_or_else(|| "none".to_owned(), |r| format!("{r:e}")),
            f.train.to_string(),
            f.test.to_string(),
            percent(f.accuracy),
        ],
        ..Entry::default()
    };
    let table = Table {
        title: "fold",
        columns: vec![
            "depth",
            "classifier",
            "ridge",
            "training rows",
            "test rows",
            "accuracy %",
        ],
        entries: e.folds.iter().enumerate().map(entry).collect(),
    };
    let how = if args.folds.is_some() {
        "mean accuracy"
    } else {
        "accuracy, leaving out one row at a time"
    };
    format!(
        "{}: {} rows, {} classes; depth and ridge chosen by {}\n{}{how} {} % ± {}, largest class {} %\n{}\n",
        e.activation,
        e.rows,
        e.classes,
        chosen(args),
        table.text(width),
        percent(e.accuracy()),
        percent(e.standard_error()),
        percent(e.majority),
        e.error.words(),
    )
}
