//! `deeplimit evaluate`: accuracy on the folds of a data set.

use std::io;

use serde::Serialize;

use super::{INTERRUPT, only};
use crate::args::Evaluate as Args;
use crate::data::Reading;
use crate::json::{FaultItem, Item, array};
use crate::library::{self, ErrorJson, Evaluation, Fold};
use crate::progress::Progress;
use crate::report::Report;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct EvaluateJson {
    data: String,
    activation: String,
    /// What was read.
    read: Reading,
    rows: usize,
    classes: usize,
    /// `validation` or `leave-one-out`.
    chosen_by: &'static str,
    folds: Vec<FoldJson>,
    accuracy: f64,
    /// Of the mean, the rows taken for independent; what several folds test counts once.
    standard_error: f64,
    /// Wilson's of 95 %, likewise.
    interval: [f64; 2],
    /// Different test rows of all folds.
    tested: usize,
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
    /// Wilson's of 95 %.
    interval: [f64; 2],
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    if args.all {
        return super::accuracies::run(args, width);
    }
    let activation = only(&args.network.activation)?;
    let name = name(args);
    // Nothing is written: Ctrl-C ends the program at once, with the folds that are finished.
    let mut progress: Option<Progress> = None;
    say_unfinished(args, &activation, (0, 0), &[], width);
    let result = library::evaluation(args, &activation, |done, all, folds| {
        say_unfinished(args, &activation, (done, all), folds, width);
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
            Report::of(text).having_read(args.network.json, &[e.read])
        }
        Err(error) => Report::of_data_fault("data", &name, &activation, error, args.network.json),
    })
}

fn name(args: &Args) -> String {
    args.data
        .first()
        .map_or_else(String::new, |file| file.display().to_string())
}

/// What Ctrl-C would print now.
fn say_unfinished(
    args: &Args,
    activation: &str,
    (done, all): (usize, usize),
    folds: &[Fold],
    width: usize,
) {
    let steps = match all {
        0 => "the data and the kernels are not ready".to_owned(),
        _ => format!("{done} of {all} regressions, folds {}", folds.len()),
    };
    let missing = format!("interrupted: {steps} finished; the accuracy is missing");
    let finished = match (args.network.json, folds.is_empty()) {
        (true, _) => array(&[Item::<EvaluateJson>::Fault(FaultItem::interrupted(
            "data",
            &name(args),
        ))]),
        (false, true) => String::new(),
        (false, false) => format!("{activation}\n{}", table(folds).text(width)),
    };
    INTERRUPT.would_say(finished, missing);
}

fn json(args: &Args, e: &Evaluation) -> EvaluateJson {
    let fold = |f: &Fold| FoldJson {
        depth: f.depth.to_string(),
        classifier: f.classifier.name(),
        ridge: f.chosen.choice.ridge,
        train: f.chosen.train,
        test: f.chosen.test,
        accuracy: f.chosen.accuracy,
        interval: f.chosen.interval(),
    };
    EvaluateJson {
        data: name(args),
        activation: e.activation.clone(),
        read: e.read.clone(),
        rows: e.rows,
        classes: e.classes,
        chosen_by: chosen(args),
        folds: e.folds.iter().map(fold).collect(),
        accuracy: e.outcome.accuracy(),
        standard_error: e.outcome.standard_error(),
        interval: e.outcome.interval(),
        tested: e.outcome.tested,
        majority: e.outcome.majority,
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

fn percent(x: f64) -> String {
    format!("{:.2}", 100.0 * x)
}

fn percents([low, high]: [f64; 2]) -> String {
    format!("{} to {}", percent(low), percent(high))
}

/// The folds, a line each.
fn table(folds: &[Fold]) -> Table {
    let entry = |(k, f): (usize, &Fold)| Entry {
        name: (k + 1).to_string(),
        cells: vec![
            f.depth.to_string(),
            f.classifier.name().to_owned(),
            f.chosen
                .choice
                .ridge
                .map_or_else(|| "none".to_owned(), |r| format!("{r:e}")),
            f.chosen.train.to_string(),
            f.chosen.test.to_string(),
            percent(f.chosen.accuracy),
            percents(f.chosen.interval()),
        ],
        ..Entry::default()
    };
    Table {
        title: "fold",
        columns: vec![
            "depth",
            "classifier",
            "ridge",
            "training rows",
            "test rows",
            "accuracy %",
            "95 %",
        ],
        entries: folds.iter().enumerate().map(entry).collect(),
    }
}

fn words(args: &Args, e: &Evaluation, width: usize) -> String {
    let table = table(&e.folds);
    let how = if args.folds.is_some() {
        "mean accuracy"
    } else {
        "accuracy, leaving out one row at a time"
    };
    let tests: usize = e.folds.iter().map(|f| f.chosen.test).sum();
    let overlap = match tests > e.outcome.tested {
        true => format!(
            "the folds test {tests} rows, {} different ones: a row counts once\n",
            e.outcome.tested
        ),
        false => String::new(),
    };
    format!(
        "{}: {} rows, {} classes; depth and ridge chosen by {}\n{}{how} {} % ± {} (95 %: {}), largest class {} %\n{overlap}{}\n",
        e.activation,
        e.rows,
        e.classes,
        chosen(args),
        table.text(width),
        percent(e.outcome.accuracy()),
        percent(e.outcome.standard_error()),
        percents(e.outcome.interval()),
        percent(e.outcome.majority),
        e.error.words(),
    )
}
