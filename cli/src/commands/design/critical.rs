//! `deeplimit design critical`: an affine wrap of an activation at the edge of chaos, where the variance attracts.

use std::collections::BTreeMap;
use std::io;

use deeplimit::activation::Expr;
use deeplimit::design::{Critical, Criticals};
use serde::Serialize;

use super::{DesignJson, Designed, SolutionJson, answered};
use crate::args::{Beside, DesignCritical as Args};
use crate::exact;
use crate::library;
use crate::number::{Number, certain};
use crate::report::Report;
use crate::table::{Entry, Table, wrapped};

#[derive(Serialize)]
struct CriticalJson {
    input_scale: String,
    output_shift: Number,
    output_scale: Number,
    /// `Q'(1)`: how fast the variance returns to 1.
    variance_slope: Number,
    /// The same network by weights and biases, at the variance `input_scale^2`.
    sigma_w_squared: Number,
    sigma_b_squared: Option<Number>,
}

/// Answers the command.
pub fn run(args: &Args, beside: &Beside, width: usize) -> io::Result<Report> {
    let (scales, rate) = (args.scales.clone(), args.rate.clone());
    let question = move |text: &str, request| {
        let scales = scales
            .iter()
            .map(|s| exact::positive(s, "input scale"))
            .collect::<Result<Vec<_>, _>>()?;
        let rate = match &rate {
            Some(rate) => Some(exact::number(rate, "rate")?),
            None => None,
        };
        library::critical(text, &scales, rate.as_ref(), request)
    };
    answered(
        ("activation", &args.expression),
        (&args.effort, beside),
        question,
        |found| told(&found, args, width),
    )
}

fn told(
    found: &Criticals,
    args: &Args,
    width: usize,
) -> Designed<DesignJson<SolutionJson<CriticalJson>>> {
    let digits = args.effort.digits;
    let solution = |c: &Critical| SolutionJson {
        activation: c.activation.to_string(),
        parameters: BTreeMap::new(),
        alpha: None,
        more: Some(CriticalJson {
            input_scale: Expr::rational(&c.input_scale).to_string(),
            output_shift: Number::new(&c.output_shift, digits),
            output_scale: Number::new(&c.output_scale, digits),
            variance_slope: Number::new(&c.variance_slope, digits),
            sigma_w_squared: Number::new(&c.weights, digits),
            sigma_b_squared: c.biases.as_ref().map(|b| Number::new(b, digits)),
        }),
    };
    let entries = found.attracting.iter().map(|c| Entry {
        name: c.activation.to_string(),
        cells: vec![
            certain(&c.variance_slope, digits),
            certain(&c.weights, digits),
            c.biases
                .as_ref()
                .map(|b| certain(b, digits))
                .unwrap_or_default(),
        ],
        ..Entry::default()
    });
    let columns = vec!["Q'(1)", "sigma_w^2", "sigma_b^2"];
    let mut text = Table {
        title: "activation",
        columns,
        entries: entries.collect(),
    }
    .text(width);
    let closing = found.remarks();
    if !text.is_empty() && !closing.is_empty() {
        text.push('\n');
    }
    for line in &closing {
        text.push_str(&wrapped(line, 0, "", width));
    }
    let proof = found.proof();
    let solutions: Vec<_> = found.attracting.iter().map(solution).collect();
    Designed {
        undecided: solutions.is_empty() && !proof.proved,
        json: DesignJson::new(solutions, proof, None),
        text,
        notes: vec![],
    }
}
