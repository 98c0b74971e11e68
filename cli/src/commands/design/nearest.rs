//! `deeplimit design nearest`: the activation nearest to a given one with a wanted exponent.

use std::collections::BTreeMap;
use std::io;

use deeplimit::design::{Nearest, exponent};
use serde::Serialize;

use super::{DesignJson, Designed, SolutionJson, answered};
use crate::args::{Beside, DesignNearest as Args};
use crate::library;
use crate::number::{Number, certain};
use crate::report::Report;
use crate::table::wrapped;

#[derive(Serialize)]
struct NearestJson {
    /// `|f - g| / |g - E g|` under the normal law.
    distance: f64,
}

/// Answers the command.
pub fn run(args: &Args, beside: &Beside, width: usize) -> io::Result<Report> {
    let (alpha, degree) = (args.alpha.clone(), args.degree);
    let question =
        move |text: &str, request| library::nearest(text, &exponent(&alpha)?, degree, request);
    answered(
        ("activation", &args.expression),
        (&args.effort, beside),
        question,
        |found| told(&found, args, width),
    )
}

fn told(
    found: &Nearest,
    args: &Args,
    width: usize,
) -> Designed<DesignJson<SolutionJson<NearestJson>>> {
    let digits = args.effort.digits;
    let member = &found.member;
    let text = format!(
        "{}\n{}",
        member.activation,
        wrapped(
            &format!(
                "alpha = {}: proved. Its distance in L2 under the normal law is {:.6} of the norm of the given one (centred): the best found, not proved the nearest.",
                certain(&member.alpha, digits),
                found.distance
            ),
            0,
            "",
            width
        )
    );
    Designed {
        json: DesignJson::new(
            vec![SolutionJson {
                activation: member.activation.to_string(),
                parameters: member
                    .values
                    .iter()
                    .map(|(n, q)| (n.clone(), Number::new(q, digits)))
                    .collect::<BTreeMap<_, _>>(),
                alpha: Some(Number::new(&member.alpha, digits)),
                more: Some(NearestJson {
                    distance: found.distance,
                }),
            }],
            found.proof(),
            None,
        ),
        text,
        notes: vec![],
        undecided: false,
    }
}
