//! `deeplimit phase`: the edge of chaos, and where a network stands.

use std::io;

use deeplimit::limit::Quantity;
use serde::Serialize;

use super::cell;
use crate::args::Phase as Args;
use crate::json::Item;
use crate::library::{self, CriticalPoint, GROWS_SO_FAR, Place, Standing, Standings};
use crate::number::Number;
use crate::report::{Report, Section, ask};
use crate::table::{Entry, Table, wrapped};
use crate::typed;

/// A point of the curve in the contract.
#[derive(Serialize)]
struct PointJson {
    activation: String,
    sigma_w: Number,
    sigma_b: Number,
    /// `null`: every variance.
    q: Option<Number>,
    /// Of the variance map at `q`.
    slope: Number,
    /// `attracts` (the point is on the edge of chaos), `repels` (no network is found there), `neutral` (every variance is
    /// fixed); `null` where the slope may be 1.
    fixed_point: Option<&'static str>,
    /// A branch ends here: `slope 1`, `sigma_b 0`.
    end: Option<&'static str>,
}

/// `--at` in the contract.
#[derive(Serialize)]
struct StandingJson {
    activation: String,
    /// `ordered`, `critical`, `chaotic`; `diverging` and `oscillating` where no variance attracts; `null` where `chi_1` is
    /// too near 1 to say.
    phase: Option<&'static str>,
    /// `chi_1` is 1, or is for some of the numbers that the decimals typed stand for.
    edge: bool,
    /// `settles`, `shrinks to 0`, `stays`, `grows without end`, `grows as far as was looked`, `oscillates`, `undecided`.
    variance: &'static str,
    q: Option<Number>,
    /// Of the variance map at `q`.
    slope: Option<Number>,
    /// `attracts` or `neutral`; `null` where it is not decided, and where there is none.
    fixed_point: Option<&'static str>,
    /// `null` where the variance oscillates.
    chi_1: Option<Number>,
    c: Option<Number>,
    chi_c: Option<Number>,
    xi_1: Option<Number>,
    xi_c: Option<Number>,
    /// The fixed points of the variance that repel.
    repelling: Vec<RepellingJson>,
    /// What variances above the last fixed point do, where they do not come back to it.
    beyond: Option<&'static str>,
}

#[derive(Clone, Serialize)]
struct RepellingJson {
    q: Number,
    slope: Option<Number>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Point(Box<PointJson>),
    Standing(Box<StandingJson>),
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let place = match &args.at {
        Some((w, b)) => Place::At(w.clone(), b.clone()),
        None if args.sigma_b.is_empty() => Place::Points(args.points),
        None => Place::Biases(args.sigma_b.clone()),
    };
    let asked = ask(&args.expressions, &args.effort, move |text, request| {
        library::phase(text, &place, request)
    })?;
    Ok(asked.headed_sections(|text, phases| section(text, &phases, args, width)))
}

fn section(text: &str, phases: &library::Phases, args: &Args, width: usize) -> Section<Answer> {
    let text = typed::shown(text);
    let told = tell(&text, phases, args, width);
    let items = told.answers.into_iter().map(Item::Answer).collect();
    Section {
        undecided: told.undecided,
        ..Section::of_answer(text, items, told.text)
    }
}

/// The answer for one activation.
#[derive(Default)]
struct Told {
    answers: Vec<Answer>,
    text: String,
    undecided: bool,
}

fn tell(text: &str, phases: &library::Phases, args: &Args, width: usize) -> Told {
    let mut told = Told::default();
    let (title, columns, entries, notes);
    match phases {
        library::Phases::Curve(points) => {
            title = "q*";
            columns = vec!["sigma_w", "sigma_b", "slope", "fixed point"];
            entries = points.iter().map(|p| point_entry(p, args)).collect();
            notes = curve_notes(points, args);
            told.answers = points
                .iter()
                .map(|p| Answer::Point(Box::new(point_json(text, p, args))))
                .collect();
        }
        library::Phases::Here(here) => {
            title = "phase";
            columns = vec!["q*", "slope", "chi_1", "c*", "chi(c*)", "xi_1", "xi_c"];
            entries = here
                .rows
                .iter()
                .map(|s| standing_entry(s, here, args))
                .collect();
            notes = standing_notes(here, args);
            told.undecided = here.rows.iter().any(|s| s.phase.is_none() && !s.edge);
            told.answers = here
                .rows
                .iter()
                .map(|s| Answer::Standing(Box::new(standing_json(text, s, here, args))))
                .collect();
        }
    }
    let table = Table {
        title,
        columns,
        entries,
    };
    told.text = table.text(width);
    for note in notes {
        told.text += &wrapped(&note, 0, "", width);
    }
    told
}

/// Which points no network reaches.
fn curve_notes(points: &[CriticalPoint], args: &Args) -> Vec<String> {
    let inner = || points.iter().filter(|p| p.end.is_none());
    let repelling = inner().filter(|p| p.fixed_point == Some("repels")).count();
    let mut notes = Vec::new();
    if repelling > 0 {
        notes.push(format!(
            "{repelling} of {} points repel: chi_1 is 1 there, but the variance of no network settles at such a q*",
            inner().count()
        ));
    }
    if !points.iter().any(|p| p.reached) {
        let range = match args.sigma_b.is_empty() {
            true => "sqrt(q*) from 0 to 3",
            false => "q* up to 2^9, with these sigma_b",
        };
        notes.push(format!("no attracting edge in this range ({range})"));
    }
    for p in points {
        let q = p.q.as_ref().map_or(String::new(), |q| cell(Some(q), 6));
        match p.end {
            Some("slope 1") => notes.push(format!(
                "a branch ends at q* = {q}: the slope is 1 there, and on one side of it q* repels"
            )),
            Some(_) => notes.push(format!("the curve ends at q* = {q}: sigma_b is 0 there")),
            None => {}
        }
    }
    notes
}

fn standing_notes(here: &Standings, args: &Args) -> Vec<String> {
    let mut notes = Vec::new();
    for s in &here.rows {
        match s.variance {
            "settles" => {}
            "stays" => notes.push("every variance stays as it is".to_owned()),
            "undecided" => notes.push(
                "whether q* attracts is undecided: the slope of the variance map is too near 1"
                    .to_owned(),
            ),
            other => notes.push(format!("the variance {other}")),
        }
        if s.phase.is_none() && s.edge {
            notes.push("the edge of chaos is within the rounding of what was typed: chi_1 is 1 for some of it".to_owned());
        }
    }
    for p in &here.repelling {
        let slope = cell(p.slope.as_ref(), 6);
        let q = cell(Some(&p.q), args.effort.digits);
        notes.push(format!("q* = {q} repels (slope {slope})"));
    }
    if let (Some(beyond), Some(_)) = (here.beyond, here.repelling.last())
        && here.rows.iter().any(|s| s.fixed_point.is_some())
    {
        notes.push(format!("a variance above the last of them {beyond}"));
    }
    if let Some(q) = &here.looked {
        notes.push(format!(
            "the largest variance that was looked at is {}; beyond it nothing is proved",
            cell(Some(q), 6)
        ));
    }
    notes
}

fn point_entry(p: &CriticalPoint, args: &Args) -> Entry {
    let shown = |q: &Quantity| cell(Some(q), args.effort.digits);
    let nature = match (p.end, p.fixed_point) {
        (Some(_), _) => "end",
        (None, Some(word)) => word,
        (None, None) => "undecided",
    };
    Entry {
        name: p.q.as_ref().map_or_else(|| "any".to_owned(), shown),
        cells: vec![
            shown(&p.sigma_w),
            shown(&p.sigma_b),
            shown(&p.slope),
            nature.to_owned(),
        ],
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
        slope: number(&p.slope),
        fixed_point: p.fixed_point,
        end: p.end,
    }
}

fn standing_entry(s: &Standing, here: &Standings, args: &Args) -> Entry {
    let shown = |q: &Option<Quantity>| cell(q.as_ref(), args.effort.digits);
    let q = match (&s.q, &here.looked) {
        (Some(_), _) => shown(&s.q),
        (None, Some(looked)) if s.variance == GROWS_SO_FAR => {
            format!("> {}", cell(Some(looked), 6))
        }
        (None, _) if s.fixed_point == Some("neutral") => "any".to_owned(),
        _ => String::new(),
    };
    let name = match (s.phase, s.edge) {
        (Some(phase), _) => phase,
        (None, true) => "critical as typed",
        (None, false) => "undecided",
    };
    Entry {
        name: name.to_owned(),
        cells: vec![
            q,
            shown(&s.slope),
            shown(&s.chi_1),
            shown(&s.c),
            shown(&s.chi_c),
            shown(&s.xi_1),
            shown(&s.xi_c),
        ],
        ..Entry::default()
    }
}

fn standing_json(text: &str, s: &Standing, here: &Standings, args: &Args) -> StandingJson {
    let number = |q: &Quantity| Number::new(q, args.effort.digits);
    let optional = |q: &Option<Quantity>| q.as_ref().map(number);
    StandingJson {
        activation: text.to_owned(),
        phase: s.phase,
        edge: s.edge,
        variance: s.variance,
        q: optional(&s.q),
        slope: optional(&s.slope),
        fixed_point: s.fixed_point,
        chi_1: optional(&s.chi_1),
        c: optional(&s.c),
        chi_c: optional(&s.chi_c),
        xi_1: optional(&s.xi_1),
        xi_c: optional(&s.xi_c),
        repelling: here
            .repelling
            .iter()
            .map(|p| RepellingJson {
                q: number(&p.q),
                slope: optional(&p.slope),
            })
            .collect(),
        beyond: here.beyond,
    }
}
