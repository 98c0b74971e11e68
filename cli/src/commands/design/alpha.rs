//! `deeplimit design alpha`: the activations whose singular kernel has a given exponent.

use std::collections::BTreeMap;
use std::io;

use deeplimit::activation::Expr;
use deeplimit::design::{
    FiniteDepth, Known, Members, Proof, Shape, Span, Undecided, at_depth, exponent,
};
use deeplimit::error::{Error, Result};
use deeplimit::limit::Quantity;
use rug::Rational;
use serde::Serialize;

use super::{DesignJson, Designed, SolutionJson, answered};
use crate::args::{Beside, DesignAlpha as Args};
use crate::exact;
use crate::library::{self, Request};
use crate::number::{Number, certain};
use crate::report::Report;
use crate::table::{Entry, Table, wrapped};

/// What is said beside the solutions.
#[derive(Serialize)]
struct AlphaJson {
    /// What was asked for.
    wanted: Number,
    /// What is proved of ends where the family degenerates.
    remarks: Vec<String>,
    /// Parts of the box about which nothing is proved.
    open: Vec<OpenJson>,
    /// Lines through the box of two letters; `null` where there is one letter.
    lines: Option<usize>,
    /// With `--depth`; `null` without.
    finite_depth: Option<FiniteDepthJson>,
}

#[derive(Serialize)]
struct FiniteDepthJson {
    alpha: f64,
    nearest: f64,
    depth_of_limit: f64,
}

impl From<FiniteDepth> for FiniteDepthJson {
    fn from(found: FiniteDepth) -> Self {
        FiniteDepthJson {
            alpha: found.alpha,
            nearest: found.nearest,
            depth_of_limit: found.depth,
        }
    }
}

fn about_depth(alpha: &Rational, found: &FiniteDepth) -> String {
    format!(
        "At this depth an exponent of about {} does what the dimension does in the limit (an estimate for uniform points, whose nearest neighbours are at |x-x'|^2/2 = {:.2e}); alpha = d takes some {:.0e} layers.",
        Expr::rational(alpha),
        found.nearest,
        found.depth
    )
}

#[derive(Serialize)]
struct OpenJson {
    letter: String,
    from: Option<f64>,
    to: Option<f64>,
    reason: String,
}

/// What a known activation has beside a member of a family.
#[derive(Serialize)]
struct AboutJson {
    about: Option<String>,
    /// `odd`, `bounded`, `monotone`; of a member of a family it is not asked.
    shape: Option<Vec<&'static str>>,
}

fn words(shape: Shape) -> Vec<&'static str> {
    let all = [
        (shape.odd, "odd"),
        (shape.bounded, "bounded"),
        (shape.monotone, "monotone"),
    ];
    (all.into_iter().filter(|(has, _)| *has))
        .map(|(_, word)| word)
        .collect()
}

enum Found {
    Members(Members),
    Known(Vec<Known>),
}

/// Answers the command.
pub fn run(args: &Args, beside: &Beside, width: usize) -> io::Result<Report> {
    let (typed, spans) = (args.alpha.clone(), args.members.spans.clone());
    let shape = args.shape();
    let finite = args.depth.clone().zip(args.points.clone());
    let question =
        move |text: &str, request: Request| -> Result<(Rational, Option<FiniteDepth>, Found)> {
            let mut alpha = exponent(&typed)?;
            let mut depth = None;
            if let Some((layers, points)) = &finite {
                let dimension = alpha.is_integer().then(|| alpha.numer().to_u32()).flatten();
                let dimension = dimension.ok_or_else(|| {
                    Error::Domain(format!(
                        "{typed} is no dimension: with --depth it is a whole number"
                    ))
                })?;
                let found = at_depth(
                    dimension,
                    exact::double(layers, "depth")?,
                    exact::double(points, "number of points")?,
                )?;
                // three digits of an estimate
                alpha = exponent(&format!("{:.3}", found.alpha))?;
                depth = Some(found);
            }
            let spans: Vec<Span> = spans
                .iter()
                .map(|s| Span::parse(s))
                .collect::<Result<_>>()?;
            let found = match spans.is_empty() {
                true => Found::Known(library::known_activations(&alpha, shape, request)?),
                false => Found::Members(library::members(text, &alpha, &spans, request)?),
            };
            Ok((alpha, depth, found))
        };
    let about = match &args.members.family {
        Some(family) => ("family", family.as_str()),
        None => ("alpha", args.alpha.as_str()),
    };
    answered(
        about,
        (&args.effort, beside),
        question,
        |(alpha, depth, found)| {
            let mut designed = told(&alpha, found, args, width);
            if let Some(depth) = depth {
                let remark = depth.remark();
                designed.notes.extend(remark.clone());
                if let (Some(more), Some(remark)) = (&mut designed.json.more, remark) {
                    more.remarks.push(remark);
                }
                designed.text = format!(
                    "{}
{}",
                    wrapped(&about_depth(&alpha, &depth), 0, "", width),
                    designed.text
                );
                if let Some(more) = &mut designed.json.more {
                    more.finite_depth = Some(depth.into());
                }
            }
            designed
        },
    )
}

fn told(
    alpha: &Rational,
    found: Found,
    args: &Args,
    width: usize,
) -> Designed<DesignJson<SolutionJson<AboutJson>, AlphaJson>> {
    let digits = args.effort.digits;
    let wanted = Quantity::new(
        &deeplimit::real::Analytic::rational(alpha, 64),
        Some(Expr::rational(alpha).to_string()),
    );
    let solution = |activation: &Expr,
                    values: &[(String, Quantity)],
                    exponent: &Quantity,
                    about: Option<(String, Shape)>| SolutionJson {
        activation: activation.to_string(),
        parameters: values
            .iter()
            .map(|(n, q)| (n.clone(), Number::new(q, digits)))
            .collect::<BTreeMap<_, _>>(),
        alpha: Some(Number::new(exponent, digits)),
        more: Some(AboutJson {
            shape: about.as_ref().map(|(_, shape)| words(*shape)),
            about: about.map(|(about, _)| about),
        }),
    };
    let mut more = AlphaJson {
        wanted: Number::new(&wanted, digits),
        remarks: vec![],
        open: vec![],
        lines: None,
        finite_depth: None,
    };
    let entry = |name: &Expr,
                 values: &[(String, Quantity)],
                 exponent: &Quantity,
                 words: Option<String>| Entry {
        name: name.to_string(),
        cells: vec![certain(exponent, digits)],
        words: words.or_else(|| {
            let of = |(n, q): &(String, Quantity)| {
                format!(
                    "{n} = {}",
                    q.exact.clone().unwrap_or_else(|| certain(q, digits))
                )
            };
            (!values.is_empty()).then(|| values.iter().map(of).collect::<Vec<_>>().join(", "))
        }),
        ..Entry::default()
    };
    let asked = certain(&wanted, digits);
    match found {
        Found::Known(all) => {
            let entries = all
                .iter()
                .map(|k| entry(&k.activation, &[], &k.alpha, Some(k.about.clone())))
                .collect();
            let solutions = all
                .iter()
                .map(|k| {
                    let about = Some((k.about.clone(), k.shape));
                    solution(&k.activation, &k.values, &k.alpha, about)
                })
                .collect();
            let table = Table {
                title: "activation",
                columns: vec!["alpha"],
                entries,
            };
            let closing = match all.is_empty() {
                true => {
                    "None of the known kinds has this exponent and this shape, which proves nothing."
                }
                false => "There are others: give a --family with a --box for all its members.",
            };
            let closing = wrapped(closing, 0, "", width);
            Designed {
                json: DesignJson::new(solutions, Proof::of_found(all.len()), Some(more)),
                text: match all.is_empty() {
                    true => closing,
                    false => format!("{}\n{closing}", table.text(width)),
                },
                notes: vec![],
                undecided: all.is_empty(),
            }
        }
        Found::Members(found) => {
            let boxes = args.members.spans.join(", ");
            let proof = found.proof(&boxes, &asked);
            more.lines = found.sections;
            more.remarks.clone_from(&found.remarks);
            more.open = found.open.iter().map(open_json).collect();
            let entries: Vec<Entry> = found
                .members
                .iter()
                .map(|m| entry(&m.activation, &m.values, &m.alpha, None))
                .collect();
            let solutions: Vec<_> = found
                .members
                .iter()
                .map(|m| solution(&m.activation, &m.values, &m.alpha, None))
                .collect();
            let closing = match (&proof.infeasible, proof.complete, found.sections) {
                (Some(none), ..) => format!("None: {none}, proved."),
                (None, true, _) => format!("These are all with {boxes}: proved."),
                (None, false, Some(lines)) if proof.proved => format!(
                    "Two letters leave a curve: all members on {lines} lines through the box."
                ),
                _ => "Parts of the box are undecided.".into(),
            };
            let mut lines = vec![closing];
            lines.extend(found.remarks.iter().map(|r| format!("{}.", capital(r))));
            lines.extend(found.open.iter().map(said));
            let mut text = Table {
                title: "activation",
                columns: vec!["alpha"],
                entries,
            }
            .text(width);
            if !text.is_empty() {
                text.push('\n');
            }
            for line in &lines {
                text.push_str(&wrapped(line, 0, "", width));
            }
            Designed {
                undecided: !proof.proved,
                json: DesignJson::new(solutions, proof, Some(more)),
                text,
                notes: vec![],
            }
        }
    }
}

fn open_json(open: &Undecided) -> OpenJson {
    OpenJson {
        letter: open.span.letter.clone(),
        from: open.span.from.as_ref().map(Rational::to_f64),
        to: open.span.to.as_ref().map(Rational::to_f64),
        reason: open.reason.clone(),
    }
}

fn said(open: &Undecided) -> String {
    let others: Vec<String> = open
        .others
        .iter()
        .map(|(n, q)| format!("{n} = {}, ", Expr::rational(q)))
        .collect();
    let end = |q: &Option<Rational>| {
        q.as_ref()
            .map_or_else(|| "no end".to_owned(), |q| format!("{:.6}", q.to_f64()))
    };
    format!(
        "Undecided: {}{} from {} to {}: {}.",
        others.concat(),
        open.span.letter,
        end(&open.span.from),
        end(&open.span.to),
        open.reason
    )
}

pub(super) fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters
        .next()
        .map(|c| c.to_uppercase().collect::<String>())
        .unwrap_or_default();
    format!("{first}{}", letters.as_str())
}
