//! `deeplimit depth`: how deep is deep enough, and how deep is too deep for doubles.

use std::io;

use deeplimit::error::{Error, Result};
use deeplimit::limit::{Breakdown, DEEPEST, Quantity, Settling};
use rug::Rational;
use serde::Serialize;

use super::{INTERRUPT, Report, cell, expression};
use crate::args::Depth as Args;
use crate::batch::{Batch, answers};
use crate::exact::{correlation, number};
use crate::fault::{Fault, shortened};
use crate::json::{FaultItem, Item, array};
use crate::library::{DepthQuestion, Depths, Found};
use crate::number::Number;
use crate::table::{Entry, Table, wrapped};
use crate::{points, words};

/// The contract.
#[derive(Serialize)]
struct DepthJson {
    activation: String,
    regime: &'static str,
    phase: Option<&'static str>,
    proved: bool,
    rho: String,
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
    let text = expression(&args.expression)?;
    let tolerance = tolerance(&args.tolerance);
    let mut said = None;
    let typed: Vec<String> = match &args.data {
        None => args.rho.iter().map(|t| t.trim().to_owned()).collect(),
        Some(path) => match points::extremes(path) {
            Ok(extremes) => {
                said = Some(extremes.sentence());
                extremes.correlations
            }
            Err(error) => return Ok(refused(&path.display().to_string(), error, args)),
        },
    };
    let tolerance = match tolerance {
        Ok(tolerance) => tolerance,
        Err(error) => return Ok(refused(&args.tolerance, error, args)),
    };
    let places: Vec<_> = typed.iter().map(|t| correlation(t)).collect();
    let known: Vec<Rational> = places.iter().filter_map(|p| p.clone().ok()).collect();
    let question = DepthQuestion::new(&text, &known, tolerance, args.effort.request());
    let batch = answers(&typed, args.effort.timeout, &INTERRUPT, move |n| {
        question.at(places[n].as_ref().map_err(Clone::clone)?)
    });
    Ok(report(&text, &typed, batch, said, args, width))
}

fn refused(text: &str, error: Error, args: &Args) -> Report {
    let item: Item<DepthJson> = Item::Fault(FaultItem::new("depth", text, &error));
    let fault = Fault {
        text: text.to_owned(),
        error,
    };
    let shown = if args.effort.json {
        array(&[item])
    } else {
        String::new()
    };
    Report::new(shown, vec![fault], false, false)
}

/// A positive number.
fn tolerance(text: &str) -> Result<Rational> {
    let number = number(text.trim(), "tolerance")?;
    match number > 0 {
        true => Ok(number),
        false => Err(Error::Domain(format!(
            "a tolerance is greater than 0, `{}` is not",
            shortened(text, 40)
        ))),
    }
}

fn report(
    text: &str,
    typed: &[String],
    batch: Batch<Depths>,
    said: Option<String>,
    args: &Args,
    width: usize,
) -> Report {
    let digits = args.effort.digits;
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults: Vec<Fault> = Vec::new();
    let mut heading = String::new();
    for (rho, answer) in typed.iter().zip(batch.answers) {
        match answer {
            Some(Ok(d)) => {
                if heading.is_empty() {
                    heading = headline(&d, said.as_deref(), args, width);
                }
                entries.push(entry(rho, &d, digits));
                items.push(Item::Answer(json(rho, &d, args)));
            }
            Some(Err(error)) => {
                // what is wrong with the activation is said once
                let fault = Fault {
                    text: format!("{text} at {rho}"),
                    error,
                };
                items.push(Item::Fault(FaultItem::new("rho", rho, &fault.error)));
                if faults.iter().all(|f| f.error != fault.error) {
                    faults.push(fault);
                }
            }
            None => {}
        }
    }
    let columns = vec!["depth", "deviation there", "f32 1 % off", "f64 1 % off"];
    let table = Table {
        title: "rho",
        columns,
        entries,
    };
    let shown = match args.effort.json {
        true => array(&items),
        false => heading + &table.text(width),
    };
    Report::new(shown, faults, false, batch.interrupted)
}

fn headline(d: &Depths, said: Option<&str>, args: &Args, width: usize) -> String {
    let c = &d.classification;
    let scale = match &d.scale {
        Some(q) => format!(
            "depth scale -1/log(multiplier) = {}",
            cell(Some(q), args.effort.digits)
        ),
        None => "no depth scale: the approach is not exponential".to_owned(),
    };
    let text = format!("{}: {}", c.activation, words::sentence(c));
    let lines = [
        text,
        scale,
        format!(
            "relative deviation of T_L from its limiting form <= {}",
            args.tolerance
        ),
    ];
    let lines = lines.iter().map(String::as_str).chain(said);
    let lines: String = lines.map(|l| wrapped(l, 0, "", width)).collect();
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

fn json(rho: &str, d: &Depths, args: &Args) -> DepthJson {
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
        regime: words::regime(c.regime),
        phase: c.phase.map(words::phase),
        proved: c.proved,
        rho: rho.to_owned(),
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
