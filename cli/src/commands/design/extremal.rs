//! `deeplimit design extremal`: of the activations with an exponent, the one at an end.

use std::collections::BTreeMap;
use std::io;

use deeplimit::design::{Among, Extremal, Extreme, Extremum, Span, exponent};
use deeplimit::error::Result;
use serde::Serialize;

use super::alpha::capital;
use super::{DesignJson, Designed, SolutionJson, answered};
use crate::args::{Beside, DesignExtremal as Args};
use crate::library::{self, Request};
use crate::number::{Number, certain};
use crate::report::Report;
use crate::table::{Entry, Table, wrapped};

/// What is said beside the solutions.
#[derive(Serialize)]
struct ExtremalJson {
    /// What is extreme.
    extremum: &'static str,
    /// No other is better than the solutions: proved.
    optimal: bool,
    /// No other is better than this: proved.
    bound: Option<Number>,
    /// What is proved, in a sentence.
    reason: String,
}

#[derive(Serialize)]
struct ExtremeJson {
    /// `B'`
    b_prime: Number,
    /// `sup |f'|` at variance 1.
    lipschitz: Option<Number>,
}

/// Answers the command.
pub fn run(args: &Args, beside: &Beside, width: usize) -> io::Result<Report> {
    // among others of a group, clap forgets that --box requires --family
    if args.members.family.is_none() && !args.members.spans.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "--box says where the letter of a --family lies, and there is none",
        ));
    }
    let (alpha, wanted, spans) = (args.alpha.clone(), args.wanted, args.members.spans.clone());
    let among = match (args.degree, args.kinks, args.odd) {
        (Some(n), _, false) => Among::Polynomials(n),
        (Some(n), _, true) => Among::OddPolynomials(n),
        (None, Some(m), _) => Among::Kinks(m),
        (None, None, true) => Among::Odd,
        (None, None, false) => Among::All,
    };
    let of_family = args.members.family.is_some();
    let question = move |text: &str, request: Request| -> Result<Extremal> {
        let spans: Vec<Span> = spans
            .iter()
            .map(|s| Span::parse(s))
            .collect::<Result<_>>()?;
        let family = of_family.then_some((text, spans.as_slice()));
        library::extremal(&exponent(&alpha)?, wanted, among.clone(), family, request)
    };
    let about = match &args.members.family {
        Some(family) => ("family", family.as_str()),
        None => ("alpha", args.alpha.as_str()),
    };
    answered(about, (&args.effort, beside), question, |found| {
        told(&found, args, width)
    })
}

fn told(
    found: &Extremal,
    args: &Args,
    width: usize,
) -> Designed<DesignJson<SolutionJson<ExtremeJson>, ExtremalJson>> {
    let digits = args.effort.digits;
    let solution = |e: &Extreme| SolutionJson {
        activation: e.activation.to_string(),
        parameters: (e.values.iter())
            .map(|(n, q)| (n.clone(), Number::new(q, digits)))
            .collect::<BTreeMap<_, _>>(),
        alpha: Some(Number::new(&e.alpha, digits)),
        more: Some(ExtremeJson {
            b_prime: Number::new(&e.slope, digits),
            lipschitz: e.lipschitz.as_ref().map(|q| Number::new(q, digits)),
        }),
    };
    let lipschitz = args.wanted == Extremum::SmallestLipschitz;
    let entries = found.best.iter().map(|e| Entry {
        name: e.activation.to_string(),
        cells: [Some(&e.alpha), Some(&e.slope), e.lipschitz.as_ref()]
            .into_iter()
            .take(if lipschitz { 3 } else { 2 })
            .map(|q| q.map(|q| certain(q, digits)).unwrap_or_default())
            .collect(),
        ..Entry::default()
    });
    let columns = ["alpha", "B'", "Lipschitz"];
    let mut text = Table {
        title: "activation",
        columns: columns[..if lipschitz { 3 } else { 2 }].to_vec(),
        entries: entries.collect(),
    }
    .text(width);
    let closing = match (&found.infeasible, found.optimal) {
        (Some(reason), _) => format!("None: {reason}: proved."),
        (None, true) => format!("{}: proved.", capital(&found.reason)),
        (None, false) => match &found.bound {
            Some(bound) => format!("{}, {}, proved.", capital(&found.reason), certain(bound, 6)),
            None => format!("{}.", capital(&found.reason)),
        },
    };
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&wrapped(&closing, 0, "", width));
    Designed {
        json: DesignJson::new(
            found.best.iter().map(solution).collect(),
            found.proof(),
            Some(ExtremalJson {
                extremum: args.wanted.name(),
                optimal: found.optimal,
                bound: found.bound.as_ref().map(|q| Number::new(q, digits)),
                reason: found.reason.clone(),
            }),
        ),
        text,
        notes: vec![],
        undecided: false,
    }
}
