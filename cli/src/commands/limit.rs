//! `deeplimit limit`: the kernel at infinite depth as a function.

use std::io;

use deeplimit::limit::{LimitValue, LogPeriodic, Phase, Quantity, Regime};
use deeplimit::real::{Analytic, Ball, Real};
use serde::Serialize;

use super::{blocks, cell, with_closed_form};
use crate::args::Limit as Args;
use crate::exact::{correlation, distance};
use crate::json::Item;
use crate::library::{self, Limits};
use crate::number::Number;
use crate::report::{At, Report, Rows, Section, ask};
use crate::table::{Entry, Table, wrapped};
use crate::words;

/// The contract.
#[derive(Serialize)]
struct LimitJson {
    activation: String,
    regime: String,
    phase: Option<String>,
    proved: bool,
    missing: Vec<String>,
    /// What `limit`, `function` and `correction` are.
    formula: &'static str,
    multiplier: Option<Number>,
    kappa: Option<Number>,
    /// `1 - c*`, where it is so small that `function` and `correction` are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    verge: Option<Number>,
    alpha: Option<Number>,
    #[serde(flatten)]
    at: At,
    limit: Number,
    function: Option<Number>,
    correction: Option<Number>,
    slope: Option<Number>,
    #[serde(rename = "R")]
    regular: Option<Number>,
}

#[derive(Serialize)]
struct OscillationJson {
    activation: String,
    /// `alpha/2`
    gamma: Number,
    /// The mean of `R` over a period, as `u -> 0`.
    mean: Number,
    coefficients: Vec<CoefficientJson>,
    max: Number,
    min: Number,
    max_over_min: Number,
}

#[derive(Serialize)]
struct CoefficientJson {
    k: usize,
    re: Number,
    im: Number,
    /// `2 |c_k|/c_0`
    relative: Number,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Limit(Box<LimitJson>),
    Oscillation(Box<OscillationJson>),
}

/// A distance on the sphere, and not a correlation.
const DISTANCE: &str = "distance";

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let mut places = At::all("rho", &args.rho, correlation);
    places.extend(At::all(DISTANCE, &args.distance, distance));
    let (wanted, fourier) = (At::known(&places), args.fourier);
    let blocks = match blocks(&args.blocks, args.effort.json) {
        Ok(blocks) => blocks,
        Err(refused) => return Ok(refused),
    };
    let texts = args.blocks.texts(&args.expressions);
    let asked = ask(texts, &args.effort, move |text, request| match &blocks {
        Some(blocks) => blocks.limits(text, &wanted, request),
        None => library::limits(text, &wanted, fourier, request),
    })?;
    Ok(asked.sections(|_, limits| section(&limits, &places, args, width)))
}

/// The heading names the activation.
fn section(limits: &Limits, places: &[At], args: &Args, width: usize) -> Section<Answer> {
    let digits = args.effort.digits;
    let activation = &limits.classification.activation;
    let mixed = !args.rho.is_empty() && !args.distance.is_empty();
    let indices = (0..limits.values.len()).map(Ok);
    let mut rows = Rows::at(activation, places, indices, |at, index| {
        let json = json(limits, at, index, digits);
        let entry = entry(limits, at, index, digits, mixed);
        (entry, Answer::Limit(Box::new(json)))
    });
    let mut shown = String::new();
    if !rows.entries.is_empty() || limits.oscillation.is_some() {
        shown += &heading(limits, digits, width);
    }
    if !rows.entries.is_empty() {
        let table = Table {
            title: match (args.rho.is_empty(), args.distance.is_empty()) {
                (true, _) => "u",
                (_, true) => "rho",
                _ => "at",
            },
            columns: columns(limits, !args.distance.is_empty()),
            entries: rows.entries,
        };
        shown += &format!("\n{}", table.text(width));
    }
    if let Some(pi) = &limits.oscillation {
        let o = oscillation(activation, pi, digits);
        shown += &waves(&o, width);
        let item = Answer::Oscillation(Box::new(o));
        rows.items.push(Item::Answer(item));
    }
    Section {
        faults: rows.faults,
        ..Section::of_answer(activation.clone(), rows.items, shown)
    }
}

/// The name of its row; `mixed` where rows of both kinds stand in one table.
fn row(at: &At, mixed: bool) -> String {
    match (mixed, at.key) {
        (false, _) => at.text.clone(),
        (true, DISTANCE) => format!("u = {}", at.text),
        (true, _) => format!("rho = {}", at.text),
    }
}

fn columns(l: &Limits, distance: bool) -> Vec<&'static str> {
    let open = |f: fn(&LimitValue) -> bool| l.values.iter().all(f) && !l.values.is_empty();
    match (l.classification.regime, l.classification.phase) {
        (Regime::Linear, _) => vec!["T_L/(L+1)"],
        (Regime::Flow | Regime::Frozen, _) => vec!["T", "S"],
        (Regime::Singular, _) if l.residual => vec!["T", "h", "h'"],
        (Regime::Singular, _) if distance => vec!["h", "C", "h'", "R"],
        (Regime::Singular, _) => vec!["h", "C", "h'"],
        (Regime::NearestNeighbour, _) => vec!["B", "log B", "C"],
        (_, Some(Phase::EdgeOfChaos)) if open(|v| v.function.is_none()) => vec!["r"],
        (_, Some(Phase::EdgeOfChaos)) => vec!["r", "A", "C"],
        _ if open(|v| v.correction.is_none() && v.limit.is_finite()) => vec!["T", "g"],
        _ => vec!["T", "g", "C"],
    }
}

/// The regime, in two lines.
fn heading(l: &Limits, digits: u32, width: usize) -> String {
    let c = &l.classification;
    let proved = if c.proved { "proved" } else { "numerical" };
    let head = format!("{}: {} ({proved})", c.activation, c.sentence());
    let mut text = wrapped(&head, 0, "", width);
    let name = match c.phase {
        _ if c.regime == Regime::Singular => "lambda",
        Some(Phase::Ordered) => "b",
        Some(Phase::EdgeOfChaos) => "kappa",
        _ => "m",
    };
    let multiplier = l.multiplier.as_ref().or(l.kappa.as_ref());
    let multiplier = multiplier.map(|q| format!("; {name} = {}", cell(Some(q), digits)));
    let formula = format!("{}{}", l.formula, multiplier.unwrap_or_default());
    text += &wrapped(&formula, 2, "", width);
    for missing in &c.missing {
        text += &wrapped(missing, 2, "missing: ", width);
    }
    if let Some(gap) = &l.verge {
        let note = format!(
            "1 - c* = {}: no orbit is followed so near to 1, and g and C are left out",
            cell(Some(gap), digits)
        );
        text += &wrapped(&note, 2, "", width);
    }
    text
}

fn entry(l: &Limits, at: &At, index: usize, digits: u32, mixed: bool) -> Entry {
    let v = &l.values[index];
    let regular = l.regular[index].as_ref();
    let mut numbers: Vec<(&'static str, Option<&Quantity>)> = Vec::new();
    let names = columns(l, at.key == DISTANCE);
    let regime = l.classification.regime;
    numbers.push((names[0], Some(&v.limit)));
    match regime {
        Regime::Linear => {}
        Regime::Singular if l.residual => {
            numbers.push(("h", v.function.as_ref()));
            numbers.push(("h'", v.slope.as_ref()));
        }
        Regime::Singular => {
            numbers.push(("C", v.correction.as_ref()));
            numbers.push(("h'", v.slope.as_ref()));
            if at.key == DISTANCE {
                numbers.push(("R", regular));
            }
        }
        _ => {
            // what no column has is known of no correlation
            let more = [v.function.as_ref(), v.correction.as_ref()];
            numbers.extend(names.iter().skip(1).copied().zip(more));
        }
    }
    Entry {
        name: row(at, mixed),
        cells: numbers.iter().map(|(_, q)| cell(*q, digits)).collect(),
        lines: numbers
            .iter()
            .filter_map(|(label, q)| Some((*label, with_closed_form((*q)?, digits))))
            .collect(),
        ..Entry::default()
    }
}

fn json(l: &Limits, at: &At, index: usize, digits: u32) -> LimitJson {
    let number = |q: &Quantity| Number::new(q, digits);
    let c = &l.classification;
    let v = &l.values[index];
    LimitJson {
        activation: c.activation.clone(),
        regime: words::hyphened(c.regime.name()),
        phase: c.phase.map(|p| words::hyphened(p.name())),
        proved: c.proved,
        missing: c.missing.clone(),
        formula: l.formula,
        multiplier: l.multiplier.as_ref().map(number),
        kappa: l.kappa.as_ref().map(number),
        verge: l.verge.as_ref().map(number),
        alpha: c.alpha.as_ref().map(number),
        at: at.clone(),
        limit: number(&v.limit),
        function: v.function.as_ref().map(number),
        correction: v.correction.as_ref().map(number),
        slope: v.slope.as_ref().map(number),
        regular: l.regular[index].as_ref().map(number),
    }
}

fn oscillation(activation: &str, pi: &LogPeriodic, digits: u32) -> OscillationJson {
    let number = |b: &Ball| Number::new(&Quantity::new(b, None), digits);
    let bits = pi.mean().bits();
    // R at 0 is 2^gamma Pi
    let scale = (pi.gamma() * &Ball::int(2, bits).ln()).exp();
    let (max, min) = pi.extremes();
    OscillationJson {
        activation: activation.to_owned(),
        gamma: number(pi.gamma()),
        mean: number(&(&scale * pi.mean())),
        coefficients: pi
            .coefficients()
            .iter()
            .enumerate()
            .skip(1)
            .map(|(k, (re, im))| CoefficientJson {
                k,
                re: number(&(&scale * re)),
                im: number(&(&scale * im)),
                relative: number(&(&pi.amplitude(k).scale2(1) / pi.mean())),
            })
            .collect(),
        max: number(&(&scale * &max)),
        min: number(&(&scale * &min)),
        max_over_min: number(&(&max / &min)),
    }
}

/// The oscillation as a table.
fn waves(o: &OscillationJson, width: usize) -> String {
    let lead = format!(
        "R(u) -> sum_k c_k e^(2 pi i k v), v = log(u^2/2)/log B', as u -> 0; gamma = alpha/2 = {}, mean c_0 = {}, \
         max/min = {} +- {}",
        o.gamma.value, o.mean.value, o.max_over_min.value, o.max_over_min.radius
    );
    let entries = o
        .coefficients
        .iter()
        .map(|c| {
            let cell = |n: &Number| format!("{} +- {}", n.value, n.radius);
            Entry {
                name: c.k.to_string(),
                cells: vec![cell(&c.re), cell(&c.im), cell(&c.relative)],
                ..Entry::default()
            }
        })
        .collect();
    let table = Table {
        title: "k",
        columns: vec!["Re c_k", "Im c_k", "2 |c_k|/c_0"],
        entries,
    };
    format!("\n{}{}", wrapped(&lead, 0, "", width), table.text(width))
}
