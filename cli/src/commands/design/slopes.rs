//! `deeplimit design slopes`: an affine wrap of an activation with wanted slopes.

use std::collections::BTreeMap;
use std::io;

use deeplimit::design::{Shaped, Shapings, Slopes};
use deeplimit::emit::Language;
use deeplimit::limit::Quantity;
use serde::Serialize;

use super::{DesignJson, Designed, SolutionJson, answered};
use crate::args::DesignSlopes as Args;
use crate::exact;
use crate::library;
use crate::number::{Number, certain};
use crate::report::Report;
use crate::table::{Entry, Table, wrapped};

/// `output_scale * (phi(input_scale x + input_shift) + output_shift)`
#[derive(Serialize)]
struct ShapedJson {
    input_scale: Number,
    input_shift: Number,
    output_shift: Number,
    output_scale: Number,
}

/// Answers the command.
pub fn run(args: &Args, emit: Option<Language>, width: usize) -> io::Result<Report> {
    let (slope, curvature, tat) = (args.slope.clone(), args.curvature.clone(), args.tat);
    let question = move |text: &str, request| {
        let wanted = match (tat, &curvature, &slope) {
            (true, Some(curvature), _) => Slopes::Tat(exact::number(curvature, "curvature")?),
            (_, _, slope) => Slopes::Dks(exact::number(
                slope.as_deref().unwrap_or_default(),
                "slope",
            )?),
        };
        library::slopes(text, &wanted, request)
    };
    answered(
        ("activation", &args.expression),
        (&args.effort, emit),
        question,
        |found| told(&found, args, width),
    )
}

fn told(
    found: &Shapings,
    args: &Args,
    width: usize,
) -> Designed<DesignJson<SolutionJson<ShapedJson>>> {
    let digits = args.effort.digits;
    let number = |q: &Quantity| Number::new(q, digits);
    let solution = |s: &Shaped| SolutionJson {
        activation: s.activation.to_string(),
        parameters: BTreeMap::new(),
        alpha: None,
        more: Some(ShapedJson {
            input_scale: number(&s.input_scale),
            input_shift: number(&s.input_shift),
            output_shift: number(&s.output_shift),
            output_scale: number(&s.output_scale),
        }),
    };
    let entries = found.solutions.iter().map(|s| Entry {
        name: s.activation.to_string(),
        cells: [
            &s.input_scale,
            &s.input_shift,
            &s.output_shift,
            &s.output_scale,
        ]
        .map(|q| certain(q, digits))
        .to_vec(),
        ..Entry::default()
    });
    let columns = vec!["input_scale", "input_shift", "output_shift", "output_scale"];
    let mut text = Table {
        title: "activation",
        columns,
        entries: entries.collect(),
    }
    .text(width);
    let closing = match (&found.infeasible, found.solutions.len()) {
        (Some(reason), _) => format!("None: {reason}."),
        (None, 0) => "None was found, which proves nothing.".to_owned(),
        (None, n) => format!(
            "{n} found, each proved to be a solution; that there are no others is not proved."
        ),
    };
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&wrapped(&closing, 0, "", width));
    let proof = found.proof();
    Designed {
        undecided: !proof.proved,
        json: DesignJson::new(found.solutions.iter().map(solution).collect(), proof, None),
        text,
        notes: vec![],
    }
}
