//! `deeplimit design slopes`: an affine wrap of an activation with wanted slopes.

use std::collections::BTreeMap;
use std::io;

use deeplimit::design::{Leaky, Shaped, Shapings, Slopes};
use deeplimit::error::Result;
use deeplimit::limit::Quantity;
use rug::Rational;
use serde::Serialize;

use super::{DesignJson, Designed, SolutionJson, answered};
use crate::args::{Beside, DesignSlopes as Args};
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

#[derive(Serialize)]
struct NetworkJson {
    /// `psi`, with `--network`.
    local_slope: Option<String>,
}

#[derive(Serialize)]
struct LeakyJson {
    negative_slope: Number,
    output_scale: Number,
}

/// Answers the command.
pub fn run(args: &Args, beside: &Beside, width: usize) -> io::Result<Report> {
    if let (Some(correlation), Some(layers)) = (&args.correlation, args.layers) {
        return tailored(args, correlation, layers, beside, width);
    }
    let network = args.network.clone();
    let (slope, curvature, tat) = (args.slope.clone(), args.curvature.clone(), args.tat);
    let question = move |text: &str, request| -> Result<(Shapings, Option<Rational>)> {
        let mut local = None;
        let mut wanted = match (tat, &curvature, &slope) {
            (true, Some(curvature), _) => Slopes::Tat(exact::number(curvature, "curvature")?),
            (_, _, slope) => Slopes::Dks(exact::number(
                slope.as_deref().unwrap_or_default(),
                "slope",
            )?),
        };
        if let (Some(network), Slopes::Dks(slope)) = (&network, &mut wanted) {
            *slope = library::local_slope(network, slope, request)?;
            local = Some(slope.clone());
        }
        Ok((library::slopes(text, &wanted, request)?, local))
    };
    answered(
        ("activation", &args.expression),
        (&args.effort, beside),
        question,
        |(found, local)| told(&found, local.as_ref(), args, width),
    )
}

/// A leaky ReLU for a depth.
fn tailored(
    args: &Args,
    correlation: &str,
    layers: u32,
    beside: &Beside,
    width: usize,
) -> io::Result<Report> {
    let correlation = correlation.to_owned();
    let question = move |text: &str, request| -> Result<Option<Leaky>> {
        let correlation = exact::number(&correlation, "correlation")?;
        library::leaky(text, layers, &correlation, request)
    };
    let digits = args.effort.digits;
    answered(
        ("activation", &args.expression),
        (&args.effort, beside),
        question,
        |found: Option<Leaky>| {
            let proof = Leaky::proof(found.as_ref(), layers);
            let text = match (&found, &proof.infeasible) {
                (Some(leaky), _) => format!(
                    "{}\n{}",
                    leaky.activation,
                    wrapped(
                        &format!(
                            "The negative slope is {}: the only one from 0 to 1, proved.",
                            certain(&leaky.negative_slope, digits)
                        ),
                        0,
                        "",
                        width
                    )
                ),
                (None, reason) => wrapped(
                    &format!("None: {}: proved.", reason.as_deref().unwrap_or_default()),
                    0,
                    "",
                    width,
                ),
            };
            let solution = |l: Leaky| SolutionJson {
                activation: l.activation.to_string(),
                parameters: BTreeMap::from([(
                    "a".to_owned(),
                    Number::new(&l.negative_slope, digits),
                )]),
                alpha: None,
                more: Some(LeakyJson {
                    negative_slope: Number::new(&l.negative_slope, digits),
                    output_scale: Number::new(&l.output_scale, digits),
                }),
            };
            Designed {
                json: DesignJson::<_, ()>::new(
                    found.into_iter().map(solution).collect(),
                    proof,
                    None,
                ),
                text,
                notes: vec![],
                undecided: false,
            }
        },
    )
}

fn told(
    found: &Shapings,
    local: Option<&Rational>,
    args: &Args,
    width: usize,
) -> Designed<DesignJson<SolutionJson<ShapedJson>, NetworkJson>> {
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
    let local = local.map(|q| {
        let ball = deeplimit::real::Analytic::rational(q, 64 + 4 * digits);
        certain(&Quantity::new(&ball, None), digits)
    });
    if let Some(local) = &local {
        let said = format!("The slope of a layer is {local}.");
        text.push_str(&wrapped(&said, 0, "", width));
    }
    let proof = found.proof();
    Designed {
        undecided: !proof.proved,
        json: DesignJson::new(
            found.solutions.iter().map(solution).collect(),
            proof,
            Some(NetworkJson { local_slope: local }),
        ),
        text,
        notes: vec![],
    }
}
