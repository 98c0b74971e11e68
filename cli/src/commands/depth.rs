//! `deeplimit depth`: how deep is deep enough, and how deep is too deep for doubles.

use std::io;

use deeplimit::error::{Error, Result};
use deeplimit::limit::{Breakdown, DEEPEST, Quantity, Settling};
use rug::Rational;
use serde::Serialize;

use super::{INTERRUPT, cell, expressions};
use crate::args::Depth as Args;
use crate::batch::answers;
use crate::data::Reading;
use crate::exact::{correlation, positive};
use crate::fault::Fault;
use crate::json::{FaultItem, Item};
use crate::library::{DepthQuestion, Depths, Found};
use crate::number::Number;
use crate::report::{Report, Rows, Section};
use crate::table::{Entry, wrapped};
use crate::{points, words};

/// The contract.
#[derive(Serialize)]
struct DepthJson {
    activation: String,
    regime: String,
    phase: Option<String>,
    proved: bool,
    rho: String,
    /// What was read; `null` without `--data`.
    read: Option<Reading>,
    tolerance: String,
    /// From this depth on the kernel is within the tolerance; `null` beyond 10^15.
    depth: Option<u64>,
    deviation: Option<Number>,
    before: Option<Number>,
    /// `-1/log(multiplier)`.
    scale: Option<Number>,
    /// The depth at which the naive recursion is 1 % wrong; `null` where there is a note.
    f32: Option<BreakdownJson>,
    f64: Option<BreakdownJson>,
    /// Why there is no depth to be asked for at this correlation; `null` where there is one.
    note: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum BreakdownJson {
    WrongAt(u64),
    NeverWrong,
    RightUpTo(u64),
}

impl From<Breakdown> for BreakdownJson {
    fn from(b: Breakdown) -> Self {
        match b {
            Breakdown::At(depth) => BreakdownJson::WrongAt(depth),
            Breakdown::Never => BreakdownJson::NeverWrong,
            Breakdown::NotBefore(depth) => BreakdownJson::RightUpTo(depth),
        }
    }
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    let tolerance = positive(args.tolerance.trim(), "tolerance");
    let (typed, read) = match &args.data {
        None => (args.rho.iter().map(|t| t.trim().to_owned()).collect(), None),
        Some(path) => match points::extreme_correlations(path, &args.columns) {
            Ok((extremes, read)) => (extremes, Some(read)),
            Err(error) => return Ok(refused(&path.display().to_string(), error, args)),
        },
    };
    let tolerance = match tolerance {
        Ok(tolerance) => tolerance,
        Err(error) => return Ok(refused(&args.tolerance, error, args)),
    };
    let places: Vec<_> = typed.iter().map(|t| correlation(t)).collect();
    let known: Vec<Rational> = places.iter().filter_map(|p| p.clone().ok()).collect();
    let request = args.effort.request();
    let questions: Vec<_> = texts
        .iter()
        .map(|text| DepthQuestion::new(text, &known, tolerance.clone(), request))
        .collect();
    let count = typed.len();
    let at = |text: &String, rho: &String| format!("{text} at {rho}");
    let labels: Vec<String> = texts
        .iter()
        .flat_map(|text| typed.iter().map(move |rho| at(text, rho)))
        .collect();
    let mut batch = answers(&labels, args.effort.timeout, &INTERRUPT, move |n| {
        questions[n / count].at(places[n % count].as_ref().map_err(Clone::clone)?)
    });
    let missing = batch.missing(&labels, "depths");
    let mut all = std::mem::take(&mut batch.answers).into_iter();
    let sections = texts
        .iter()
        .map(|text| section(text, &typed, &mut all, (args, read.as_ref()), width))
        .collect();
    let report = Report::of_sections(sections, args.effort.json, missing);
    Ok(report.having_read(args.effort.json, read.as_slice()))
}

fn refused(text: &str, error: Error, args: &Args) -> Report {
    let fault = Fault {
        text: text.to_owned(),
        error,
    };
    Report::refused("depth", text, fault, args.effort.json)
}

/// The heading names the activation.
fn section(
    text: &str,
    typed: &[String],
    answers: &mut impl Iterator<Item = Option<Result<Depths>>>,
    (args, read): (&Args, Option<&Reading>),
    width: usize,
) -> Section<DepthJson> {
    let digits = args.effort.digits;
    let mut rows = Rows::default();
    let mut heading = String::new();
    for (rho, answer) in typed.iter().zip(answers) {
        match answer {
            Some(Ok(d)) => {
                if heading.is_empty() {
                    heading = headline(&d, args, width);
                }
                rows.add(entry(rho, &d, digits), json(rho, &d, args, read));
            }
            Some(Err(error)) => {
                let item = FaultItem::new("rho", rho, &error).about(text);
                // what is wrong with the activation is said once
                match rows.faults.iter().any(|f| f.error == error) {
                    true => rows.items.push(Item::Fault(item)),
                    false => rows.refused(item, format!("{text} at {rho}"), error),
                }
            }
            None => {
                let item = FaultItem::interrupted("rho", rho).about(text);
                rows.items.push(Item::Fault(item));
            }
        }
    }
    let columns = vec!["depth", "deviation there", "f32 1 % off", "f64 1 % off"];
    let section = rows.section(text.to_owned(), "rho", columns, width);
    Section {
        text: heading + &section.text,
        ..section
    }
}

fn headline(d: &Depths, args: &Args, width: usize) -> String {
    let c = &d.classification;
    let scale = match &d.scale {
        Some(q) => format!(
            "depth scale -1/log(multiplier) = {}",
            cell(Some(q), args.effort.digits)
        ),
        None => "no depth scale: the approach is not exponential".to_owned(),
    };
    let text = format!("{}: {}", c.activation, c.sentence());
    let lines = [
        text,
        scale,
        format!(
            "relative deviation of T_L from its limiting form <= {}",
            args.tolerance
        ),
    ];
    let lines: String = lines.iter().map(|l| wrapped(l, 0, "", width)).collect();
    lines + "\n"
}

fn entry(rho: &str, d: &Depths, digits: u32) -> Entry {
    let (settling, single, double) = match &d.found {
        Found::Depths {
            settling,
            single,
            double,
        } => (settling, *single, *double),
        Found::Apart(why) => {
            return Entry {
                name: rho.to_owned(),
                cells: vec![String::new(); 4],
                words: Some((*why).to_owned()),
                ..Entry::default()
            };
        }
    };
    let depth = match settling.depth {
        Some(depth) => depth.to_string(),
        None => format!("> {DEEPEST:e}"),
    };
    let shown = |b: Breakdown| match b {
        Breakdown::At(depth) => depth.to_string(),
        Breakdown::Never => "never".to_owned(),
        Breakdown::NotBefore(depth) => format!("> {depth}"),
    };
    Entry {
        name: rho.to_owned(),
        cells: vec![
            depth,
            cell(settling.deviation.as_ref(), digits.min(6)),
            shown(single),
            shown(double),
        ],
        ..Entry::default()
    }
}

fn json(rho: &str, d: &Depths, args: &Args, read: Option<&Reading>) -> DepthJson {
    let number = |q: &Quantity| Number::new(q, args.effort.digits);
    let c = &d.classification;
    let (settling, breakdown, note) = match &d.found {
        Found::Depths {
            settling,
            single,
            double,
        } => (Some(settling), Some([*single, *double]), None),
        Found::Apart(why) => (None, None, Some(*why)),
    };
    let quantity = |of: fn(&Settling) -> Option<&Quantity>| settling.and_then(of).map(number);
    DepthJson {
        activation: c.activation.clone(),
        regime: words::hyphened(c.regime.name()),
        phase: c.phase.map(|p| words::hyphened(p.name())),
        proved: c.proved,
        rho: rho.to_owned(),
        read: read.cloned(),
        tolerance: args.tolerance.clone(),
        depth: settling.and_then(|s| s.depth),
        deviation: quantity(|s| s.deviation.as_ref()),
        before: quantity(|s| s.before.as_ref()),
        scale: d.scale.as_ref().map(number),
        f32: breakdown.map(|b| b[0].into()),
        f64: breakdown.map(|b| b[1].into()),
        note,
    }
}
