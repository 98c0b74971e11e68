//! `deeplimit phase`: the edge of chaos, and where a network stands.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::{INTERRUPT, Report, Section, cell, expressions};
use crate::args::Phase as Args;
use crate::batch::answers;
use crate::json::Item;
use crate::library::{self, CriticalPoint, Place, Standing};
use crate::number::Number;
use crate::table::{Entry, Table};

/// A point of the curve in the contract.
#[derive(Serialize)]
struct PointJson {
    activation: String,
    sigma_w: Number,
    sigma_b: Number,
    /// `null`: every variance.
    q: Option<Number>,
}

/// `--at` in the contract.
#[derive(Serialize)]
struct StandingJson {
    activation: String,
    /// `null` where `chi_1` is too near 1 to say.
    phase: Option<&'static str>,
    q: Option<Number>,
    chi_1: Number,
    c: Option<Number>,
    chi_c: Option<Number>,
    xi_1: Option<Number>,
    xi_c: Option<Number>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Point(Box<PointJson>),
    Standing(Box<StandingJson>),
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    let place = match &args.at {
        Some((w, b)) => Place::At(w.clone(), b.clone()),
        None if args.sigma_b.is_empty() => Place::Points(args.points),
        None => Place::Biases(args.sigma_b.clone()),
    };
    let (questions, request) = (texts.clone(), args.effort.request());
    let batch = answers(&texts, args.effort.timeout, &INTERRUPT, move |n| {
        library::phase(&questions[n], &place, request)
    });
    let missing = batch.missing(&texts, "activations");
    let sections = texts
        .iter()
        .zip(batch.answers)
        .map(|(text, answer)| match answer {
            Some(Ok(phases)) => section(text, &phases, args, width),
            Some(Err(error)) => Section::of_fault(text, error),
            None => Section::unfinished(text),
        })
        .map(|section| section.headed(texts.len() > 1))
        .collect();
    Ok(Report::of_sections(sections, args.effort.json, missing))
}

fn section(text: &str, phases: &library::Phases, args: &Args, width: usize) -> Section<Answer> {
    let text = library::typed::shown(text);
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let (mut title, mut columns) = ("q*", vec!["sigma_w", "sigma_b"]);
    let mut undecided = false;
    match phases {
        library::Phases::Curve(points) => {
            for p in points {
                entries.push(point_entry(p, args));
                let json = Box::new(point_json(&text, p, args));
                items.push(Item::Answer(Answer::Point(json)));
            }
        }
        library::Phases::Here(standings) => {
            title = "phase";
            columns = vec!["q*", "chi_1", "c*", "chi(c*)", "xi_1", "xi_c"];
            for s in standings {
                undecided |= s.phase.is_none();
                entries.push(standing_entry(s, args));
                let json = Box::new(standing_json(&text, s, args));
                items.push(Item::Answer(Answer::Standing(json)));
            }
        }
    }
    let table = Table {
        title,
        columns,
        entries,
    };
    Section {
        undecided,
        ..Section::of_answer(text, items, table.text(width))
    }
}

fn point_entry(p: &CriticalPoint, args: &Args) -> Entry {
    let shown = |q: &Quantity| cell(Some(q), args.effort.digits);
    Entry {
        name: p.q.as_ref().map_or_else(|| "any".to_owned(), shown),
        cells: vec![shown(&p.sigma_w), shown(&p.sigma_b)],
        ..Entry::default()
    }
}

fn point_json(text: &str, p: &CriticalPoint, args: &Args) -> PointJson {
    let number = |q: &Quantity| Number::new(q, args.effort.digits);
    PointJson {
        activation: text.to_owned(),
        sigma_w: number(&p.sigma_w),
        sigma_b: number(&p.sigma_b),
        q: p.q.as_ref().map(number),
    }
}

fn standing_entry(s: &Standing, args: &Args) -> Entry {
    let shown = |q: &Option<Quantity>| cell(q.as_ref(), args.effort.digits);
    let q = match &s.q {
        Some(_) => shown(&s.q),
        None => "any".to_owned(),
    };
    Entry {
        name: s.phase.unwrap_or("undecided").to_owned(),
        cells: vec![
            q,
            cell(Some(&s.chi_1), args.effort.digits),
            shown(&s.c),
            shown(&s.chi_c),
            shown(&s.xi_1),
            shown(&s.xi_c),
        ],
        ..Entry::default()
    }
}

fn standing_json(text: &str, s: &Standing, args: &Args) -> StandingJson {
    let number = |q: &Quantity| Number::new(q, args.effort.digits);
    let optional = |q: &Option<Quantity>| q.as_ref().map(number);
    StandingJson {
        activation: text.to_owned(),
        phase: s.phase,
        q: optional(&s.q),
        chi_1: number(&s.chi_1),
        c: optional(&s.c),
        chi_c: optional(&s.chi_c),
        xi_1: optional(&s.xi_1),
        xi_c: optional(&s.xi_c),
    }
}
