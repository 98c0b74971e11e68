//! `deeplimit classify`: the main job.

use std::io;

use anstyle::{AnsiColor, Style};
use deeplimit::error::{Error, Result};
use deeplimit::limit::{Classification, Fact, NearEquality, Quantity, Regime};
use serde::Serialize;

use super::{blocks, cell, with_closed_form};
use crate::args::Classify;
use crate::fault::sentence;
use crate::number::Number;
use crate::report::{Asked, Report, Row, ask};
use crate::table::{Entry, Table};
use crate::{library, words};

/// Answers the command.
pub fn run(args: &Classify, width: usize) -> io::Result<Report> {
    let arithmetic = args.arithmetic;
    let blocks = match blocks(&args.blocks, args.effort.json) {
        Ok(blocks) => blocks,
        Err(refused) => return Ok(refused),
    };
    let texts = args.blocks.texts(&args.expressions);
    let asked = ask(texts, &args.effort, move |text, request| match &blocks {
        Some(blocks) => blocks.classification(text, request, arithmetic),
        None => library::classification(text, request, arithmetic),
    })?;
    Ok(report(asked, args, width))
}

/// What was not reached, in time or at all, is undecided: an answer, with what is missing.
fn decided(text: &str, answer: Result<Classification>) -> Result<Classification> {
    match answer {
        Err(error @ (Error::Unresolved(_) | Error::Timeout { .. })) => {
            // Not worth a second error: the text stands for itself.
            let activation = library::printed(text).unwrap_or_else(|_| text.to_owned());
            Ok(undecided(activation, sentence(&error)))
        }
        answer => answer,
    }
}

fn undecided(activation: String, missing: String) -> Classification {
    Classification {
        activation,
        normalisation: None,
        a: None,
        a_prime: None,
        b_prime: None,
        alpha: None,
        fixed_point: None,
        multiplier: None,
        order: None,
        edge_exponent: None,
        regime: Regime::Undecided,
        phase: None,
        proved: false,
        evidence: vec![],
        facts: vec![],
        missing: vec![missing],
        nearby: vec![],
    }
}

/// The report on the answers so far.
fn report(mut asked: Asked<Classification>, args: &Classify, width: usize) -> Report {
    for (text, answer) in asked.texts.iter().zip(&mut asked.batch.answers) {
        *answer = answer.take().map(|answer| decided(text, answer));
    }
    let digits = args.effort.digits;
    let table = Table {
        title: "activation",
        columns: vec!["A", "A'", "B'", "alpha, c* or k"],
        entries: vec![],
    };
    asked.rows("activation", table, width, |c| Row {
        entry: entry(&c, digits, args.explain),
        json: ClassificationJson::new(&c, digits),
        undecided: c.regime == Regime::Undecided,
    })
}

fn entry(c: &Classification, digits: u32, explain: bool) -> Entry {
    let number = |q: &Option<Quantity>| cell(q.as_ref(), digits);
    // The number that the regime is about.
    let last = match c.regime {
        Regime::Singular => number(&c.alpha),
        Regime::NearestNeighbour => c.order.map_or(String::new(), |k| k.to_string()),
        Regime::Majority | Regime::Ordered => number(&c.fixed_point),
        Regime::Linear | Regime::Flow | Regime::Frozen | Regime::Undecided => String::new(),
    };
    let (mark, color) = match (c.regime, c.proved) {
        (Regime::Undecided, _) => ("undecided", AnsiColor::Red),
        (_, true) => ("proved", AnsiColor::Green),
        (_, false) => ("numerical", AnsiColor::Yellow),
    };
    let mut details = Vec::new();
    if explain {
        details.push(("evidence", c.evidence.clone()));
        // The words about an undecided activation say it already.
        if c.regime != Regime::Undecided {
            details.push(("missing", c.missing.clone()));
        }
        details.retain(|(_, steps)| !steps.is_empty());
    }
    Entry {
        name: c.activation.clone(),
        cells: vec![number(&c.a), number(&c.a_prime), number(&c.b_prime), last],
        lines: lines(c, digits, explain),
        mark: Some((mark.to_owned(), Style::new().fg_color(Some(color.into())))),
        words: Some(c.sentence()),
        notes: c.nearby.iter().map(|n| format!("note: {n}")).collect(),
        details,
    }
}

/// A line for each number.
fn lines(c: &Classification, digits: u32, explain: bool) -> Vec<(&'static str, String)> {
    let normalisation = c.normalisation.as_ref().filter(|_| explain);
    let multiplier = c.multiplier.as_ref().filter(|_| explain);
    let numbers = [
        ("normalisation", normalisation),
        ("A", c.a.as_ref()),
        ("A'", c.a_prime.as_ref()),
        ("B'", c.b_prime.as_ref()),
        ("alpha", c.alpha.as_ref()),
        ("c*", c.fixed_point.as_ref()),
        ("slope at c*", multiplier),
    ];
    let numbers = numbers
        .into_iter()
        .filter_map(|(label, q)| Some((label, q?)));
    let mut lines: Vec<_> = numbers
        .map(|(label, q)| (label, with_closed_form(q, digits)))
        .collect();
    lines.extend(c.order.map(|k| ("k", k.to_string())));
    lines.extend(c.edge_exponent.as_ref().map(|p| ("p", p.to_string())));
    lines
}

/// The contract: other programs rely on these names.
#[derive(Serialize)]
struct ClassificationJson {
    activation: String,
    normalisation: Option<Number>,
    a: Option<Number>,
    a_prime: Option<Number>,
    b_prime: Option<Number>,
    alpha: Option<Number>,
    fixed_point: Option<Number>,
    multiplier: Option<Number>,
    order: Option<u32>,
    edge_exponent: Option<String>,
    regime: String,
    phase: Option<String>,
    proved: bool,
    evidence: Vec<String>,
    facts: Vec<FactJson>,
    missing: Vec<String>,
    nearby: Vec<NearbyJson>,
}

/// A constant that is nearly what would make the verdict another, and that other verdict.
#[derive(Serialize)]
struct NearbyJson {
    constant: &'static str,
    value: Number,
    equals: u32,
    off: Number,
    regime: String,
    phase: Option<String>,
    alpha: Option<Number>,
    order: Option<u32>,
    typed: Option<String>,
    meant: Option<String>,
    instead: Option<String>,
}

impl NearbyJson {
    fn new(n: &NearEquality, digits: u32) -> Self {
        let (typed, meant) = n.meant.clone().unzip();
        Self {
            constant: n.constant,
            value: Number::new(&n.value, digits),
            equals: n.equals,
            off: Number::new(&n.off, digits),
            regime: words::hyphened(n.regime.name()),
            phase: n.phase.map(|p| words::hyphened(p.name())),
            alpha: n.alpha.as_ref().map(|q| Number::new(q, digits)),
            order: n.order,
            typed,
            meant,
            instead: n.instead.clone(),
        }
    }
}

/// What a step of the evidence stands on: `constant stands bound`, and the enclosure that says so.
#[derive(Serialize)]
struct FactJson {
    /// The line of `evidence`, from 1.
    step: usize,
    constant: String,
    stands: &'static str,
    bound: String,
    value: Number,
}

impl FactJson {
    fn new(fact: &Fact, digits: u32) -> Self {
        Self {
            step: fact.step + 1,
            constant: fact.constant.to_string(),
            stands: fact.stands.symbol(),
            bound: fact.bound.to_string(),
            value: Number::new(&Quantity::new(&fact.enclosure, None), digits),
        }
    }
}

impl ClassificationJson {
    fn new(c: &Classification, digits: u32) -> Self {
        let number = |q: &Option<Quantity>| q.as_ref().map(|q| Number::new(q, digits));
        Self {
            activation: c.activation.clone(),
            normalisation: number(&c.normalisation),
            a: number(&c.a),
            a_prime: number(&c.a_prime),
            b_prime: number(&c.b_prime),
            alpha: number(&c.alpha),
            fixed_point: number(&c.fixed_point),
            multiplier: number(&c.multiplier),
            order: c.order,
            edge_exponent: c.edge_exponent.as_ref().map(ToString::to_string),
            regime: words::hyphened(c.regime.name()),
            phase: c.phase.map(|p| words::hyphened(p.name())),
            proved: c.proved,
            evidence: c.evidence.clone(),
            facts: c
                .facts
                .iter()
                .map(|fact| FactJson::new(fact, digits))
                .collect(),
            missing: c.missing.clone(),
            nearby: (c.nearby.iter())
                .map(|n| NearbyJson::new(n, digits))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
