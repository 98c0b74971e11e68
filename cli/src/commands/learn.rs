//! `deeplimit learn`: learning curves of kernel regression on the sphere, predicted and measured.

use std::io;

use serde::Serialize;

use super::spectrum::which;
use crate::args::Learn as Args;
use crate::data::free;
use crate::figures::{as_named, format};
use crate::json::Item;
use crate::library::{self, Learned, Lesson, Which};
use crate::report::{Report, Section, ask};
use crate::table::{Entry, Table, wrapped};
use crate::typed;

/// From this on the degrees that the prediction leaves out are remarked upon.
const LEFT_OUT: f64 = 0.05;
/// So many standard errors are no chance.
const FAR: f64 = 3.0;

/// The contract.
#[derive(Serialize)]
struct LearnJson {
    activation: String,
    kernel: &'static str,
    depth: String,
    convention: &'static str,
    sphere: u32,
    /// Degrees and weights.
    target: Vec<(u32, f64)>,
    /// In units of the kernel.
    ridge: f64,
    noise: f64,
    /// The last degree of the spectrum that the prediction is made from.
    degree: u32,
    rows: Vec<RowJson>,
    /// The figure, where there is one.
    out: Option<String>,
}

#[derive(Serialize)]
struct RowJson {
    n: u32,
    kappa: f64,
    overfitting: f64,
    /// Of the degrees of the target, in their order.
    learnability: Vec<f64>,
    predicted: f64,
    /// `null` where nothing was measured.
    measured: Option<MeasuredJson>,
    /// `lambda/kappa` of the last degree: where it is not small, the prediction misses what higher degrees do.
    left_out: f64,
}

#[derive(Serialize)]
struct MeasuredJson {
    error: f64,
    /// One standard error of the mean.
    standard_error: f64,
    /// So many standard errors above the prediction.
    above: f64,
    trials: usize,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    if let Some(path) = &args.out {
        let possible = format(path).and_then(|_| free(path, args.force, &[]));
        possible.map_err(|e| io::Error::other(e.to_string()))?;
    }
    let which = match which(&args.network, args.effort.json) {
        Ok(which) => which,
        Err(refused) => return Ok(refused),
    };
    let lesson = Lesson {
        sphere: args.sphere,
        target: args.target.clone(),
        inputs: args.inputs.clone(),
        ridge: args.ridge,
        noise: args.noise,
        trials: args.trials,
        tests: args.tests,
        seed: args.seed,
    };
    let (asked_of, what) = (which.clone(), lesson.clone());
    let asked = ask(&args.expressions, &args.effort, move |text, request| {
        library::learned(text, &asked_of, &what, request)
    })?;
    let mut drawn = Vec::new();
    let report = asked.headed_sections(|text, learned| {
        let text = typed::shown(text);
        let shown = shown(&learned, args, width);
        let json = json(&text, &learned, &which, args);
        drawn.push((text.clone(), learned));
        Section::of_answer(text, vec![Item::Answer(json)], shown)
    });
    let Some(path) = args.out.as_ref().filter(|_| !drawn.is_empty()) else {
        return Ok(report);
    };
    let degrees: Vec<String> = args.target.iter().map(|t| t.0.to_string()).collect();
    let title = format!(
        "{} of depth {}: a target of degree {} on S^{}",
        which.kind,
        which.depth,
        degrees.join(" and "),
        args.sphere
    );
    let sheet = library::learning_sheet(&title, &drawn);
    as_named(&sheet, path).map_err(|e| io::Error::other(e.to_string()))?;
    match args.effort.json {
        true => Ok(report),
        false => Ok(report.with_closing([format!("{}: {title}", path.display())])),
    }
}

fn shown(learned: &Learned, args: &Args, width: usize) -> String {
    let entries = learned.rows.iter().zip(&args.inputs).map(|((p, m), n)| {
        let parts = args.target.iter().map(|(k, _)| {
            let l = p.learnability.get(*k as usize).copied().unwrap_or(0.0);
            format!("{l:.4}")
        });
        let parts: Vec<String> = parts.collect();
        let mut cells = vec![
            format!("{:.3e}", p.regularisation),
            format!("{:.4}", p.overfitting),
            parts.join(" "),
            format!("{:.4e}", p.error),
        ];
        if let Some(m) = m {
            cells.push(format!("{:.4e}", m.error));
            cells.push(format!("{:.1e}", m.deviation));
        }
        Entry {
            name: n.to_string(),
            cells,
            ..Entry::default()
        }
    });
    let mut columns = vec!["kappa", "E_0", "learned", "predicted"];
    if args.trials > 0 {
        columns.extend(["measured", "error"]);
    }
    let table = Table {
        title: "n",
        columns,
        entries: entries.collect(),
    };
    let mut text = table.text(width);
    let far = learned.rows.iter().filter_map(|(p, m)| {
        let above = m.as_ref()?.above(p.error);
        (above.abs() > FAR).then(|| format!("{above:+.1} at n = {}", p.inputs))
    });
    let far: Vec<String> = far.collect();
    if !far.is_empty() {
        let line = format!(
            "standard errors above the prediction: {}; it is an approximation, which gets better with the dimension",
            far.join(", ")
        );
        text += &wrapped(&line, 0, "", width);
    }
    if learned.rows.iter().any(|r| r.0.left_out > LEFT_OUT) {
        let line = format!(
            "the spectrum ends at degree {}, and for the largest n higher degrees are learned, too: the prediction misses that",
            learned.degree
        );
        text += &wrapped(&line, 0, "", width);
    }
    text
}

fn json(text: &str, learned: &Learned, which: &Which, args: &Args) -> LearnJson {
    let rows = learned.rows.iter().zip(&args.inputs);
    LearnJson {
        activation: text.to_owned(),
        kernel: which.kind.name(),
        depth: which.depth.to_string(),
        convention: which.network.convention().name(),
        sphere: args.sphere,
        target: args.target.clone(),
        ridge: learned.ridge,
        noise: args.noise,
        degree: learned.degree,
        rows: rows
            .map(|((p, m), n)| RowJson {
                n: *n,
                kappa: p.regularisation,
                overfitting: p.overfitting,
                learnability: args
                    .target
                    .iter()
                    .map(|(k, _)| p.learnability.get(*k as usize).copied().unwrap_or(0.0))
                    .collect(),
                predicted: p.error,
                measured: m.as_ref().map(|m| MeasuredJson {
                    error: m.error,
                    standard_error: m.deviation,
                    above: m.above(p.error),
                    trials: m.trials,
                }),
                left_out: p.left_out,
            })
            .collect(),
        out: args.out.as_ref().map(|path| path.display().to_string()),
    }
}
