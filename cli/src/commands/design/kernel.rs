//! `deeplimit design kernel`: the activation whose kernel is nearest to a given one.

use std::collections::BTreeMap;
use std::io;

use deeplimit::activation::Expr;
use deeplimit::design::{
    Criterion, Definiteness, Extent, KernelDesign, KernelOutcome, KernelWish, REACH,
};
use deeplimit::limit::Quantity;
use rug::Rational;
use serde::Serialize;

use super::{DesignJson, Designed, SolutionJson, answered};
use crate::args::{Beside, DesignKernel as Args};
use crate::library::{self, DesignedKernel, KernelSource};
use crate::number::{Number, certain};
use crate::report::Report;
use crate::table::{Entry, Table, wrapped};

/// What this subcommand adds to a solution, and once more beside the solutions.
#[derive(Clone, Serialize)]
struct KernelJson {
    /// `b_k` by degree: those of the activation, exactly.
    coefficients: Vec<Number>,
    /// `max |p - K|` on `[-1, 1]`, or on the rows of a table.
    error: Number,
    /// No polynomial of this degree whose coefficients are not negative is nearer; 0 says nothing.
    error_at_least: Number,
    /// Of `--tolerance`: is it proved that no smaller degree has it?
    smallest_degree: Option<bool>,
    /// `max |phi'|` for `|x| <= 4`.
    slope: Number,
    /// Were all choices of signs compared?
    all_signs: bool,
    /// What a deep network with this activation becomes.
    regime: Option<String>,
    /// Is the error proved on all of `[-1, 1]`, or only wherever the formula has a value there?
    everywhere: bool,
}

/// What is known of the wanted kernel.
#[derive(Serialize)]
struct WantedJson {
    kernel: String,
    /// Is it one of a network? `null` where that is not known.
    positive_definite: Option<bool>,
    /// The first coefficient of its power series that is negative.
    negative_coefficient: Option<NegativeJson>,
    /// No coefficient up to this one is negative, which proves nothing.
    looked_up_to: Option<usize>,
    #[serde(flatten)]
    found: Option<KernelJson>,
}

#[derive(Serialize)]
struct NegativeJson {
    degree: usize,
    value: Number,
}

/// Answers the command.
pub fn run(args: &Args, beside: &Beside, width: usize) -> io::Result<Report> {
    let wish = KernelWish {
        extent: match (&args.tolerance, args.degree) {
            (Some(tolerance), _) => Extent::Tolerance(tolerance.clone()),
            (None, degree) => Extent::Degree(degree.unwrap_or_default()),
        },
        criterion: criterion(args),
        realised: args.realised,
    };
    let (typed, wanted) = match (&args.kernel, &args.table, &args.of) {
        (_, Some(path), _) => (
            path.display().to_string(),
            KernelSource::Table(path.clone()),
        ),
        (_, _, Some(of)) => {
            let layers = args.layers.unwrap_or(1);
            (of.clone(), KernelSource::Network(layers, args.kind))
        }
        (formula, ..) => (formula.clone().unwrap_or_default(), KernelSource::Formula),
    };
    let question =
        move |text: &str, request| library::designed_kernel(text, &wanted, &wish, request);
    answered(
        ("kernel", &typed),
        (&args.effort, beside),
        question,
        |found| told(&found, args, width),
    )
}

fn told(
    found: &DesignedKernel,
    args: &Args,
    width: usize,
) -> Designed<DesignJson<SolutionJson<KernelJson>, WantedJson>> {
    match &found.outcome {
        KernelOutcome::Design(design) => designed(found, design, args, width),
        KernelOutcome::None { reason, proved } => Designed {
            json: DesignJson::new(
                vec![],
                found.outcome.proof(criterion(args)),
                Some(WantedJson {
                    kernel: found.wanted.clone(),
                    positive_definite: None,
                    negative_coefficient: None,
                    looked_up_to: None,
                    found: None,
                }),
            ),
            text: wrapped(reason, 0, "", width),
            notes: vec![],
            undecided: !proved,
        },
    }
}

fn designed(
    found: &DesignedKernel,
    design: &KernelDesign,
    args: &Args,
    width: usize,
) -> Designed<DesignJson<SolutionJson<KernelJson>, WantedJson>> {
    let digits = args.effort.digits;
    let number = |q: &Quantity| Number::new(q, digits);
    let classification = found.classification.as_deref();
    let activation = design.realisation.activation.to_string();
    let kernel = KernelJson {
        coefficients: design.coefficients.iter().map(exactly).collect(),
        error: number(&design.error),
        error_at_least: number(&design.at_least),
        smallest_degree: design.smallest_degree,
        slope: number(&design.realisation.slope),
        all_signs: design.realisation.all_signs,
        regime: classification.map(|c| c.regime.to_string()),
        everywhere: !design.partial,
    };
    let (positive_definite, negative, looked_up_to) = match &design.definite {
        Definiteness::Yes => (Some(true), None, None),
        Definiteness::No {
            degree,
            coefficient,
        } => {
            let negative = NegativeJson {
                degree: *degree,
                value: number(coefficient),
            };
            (Some(false), Some(negative), None)
        }
        Definiteness::Open(looked) => (None, None, *looked),
    };
    let solution = SolutionJson {
        activation: activation.clone(),
        parameters: BTreeMap::new(),
        alpha: classification.and_then(|c| c.alpha.as_ref()).map(number),
        more: Some(kernel.clone()),
    };
    let more = WantedJson {
        kernel: found.wanted.clone(),
        positive_definite,
        negative_coefficient: negative,
        looked_up_to,
        found: Some(kernel),
    };
    let json = DesignJson::new(
        vec![solution],
        found.outcome.proof(criterion(args)),
        Some(more),
    );
    Designed {
        json,
        text: shown(found, design, &activation, args, width),
        notes: vec![],
        undecided: false,
    }
}

/// A decimal or a fraction, which is exact.
fn exactly(q: &Rational) -> Number {
    let text = Expr::rational(q).to_string();
    let decimal = !text.contains('/');
    let ball = deeplimit::real::Ball::new(rug::Float::with_val(1024, q), &rug::Float::new(53));
    let (value, radius) = match decimal {
        true => (text.clone(), "0".to_owned()),
        false => {
            let last = rug::Float::with_val(64, rug::Float::i_exp(1, -1000));
            let ball = deeplimit::real::Ball::new(ball.mid().clone(), &last);
            let near = Number::new(&Quantity::new(&ball, None), 40);
            (near.value, near.radius)
        }
    };
    Number {
        value,
        radius,
        exact: Some(text),
    }
}

fn criterion(args: &Args) -> Criterion {
    match (args.exact, args.sum_is_one) {
        (true, _) => Criterion::Series,
        (_, true) => Criterion::NearestNormalised,
        _ => Criterion::Nearest,
    }
}

fn shown(
    found: &DesignedKernel,
    design: &KernelDesign,
    activation: &str,
    args: &Args,
    width: usize,
) -> String {
    let digits = args.effort.digits;
    let mut entries = Vec::new();
    for (k, b) in design
        .coefficients
        .iter()
        .enumerate()
        .filter(|(_, b)| **b != 0)
    {
        entries.push(Entry {
            name: k.to_string(),
            cells: vec![exactly(b).value],
            ..Entry::default()
        });
    }
    let table = Table {
        title: "k",
        columns: vec!["b_k"],
        entries,
    };
    let mut lines = vec![
        format!("kernel: {}", found.wanted),
        format!("activation: {activation}"),
    ];
    lines.extend(found.classification.as_deref().map(|c| {
        let alpha = c.alpha.as_ref().map_or(String::new(), |a| {
            format!(", alpha = {}", certain(a, digits))
        });
        format!("at infinite depth: {}{alpha}", c.regime)
    }));
    lines.push(error_line(design, args));
    lines.extend(degree_line(design));
    if design.partial {
        lines.push("the error is that wherever the formula has a value: that it has one everywhere was not proved".to_owned());
    }
    lines.extend(definite_line(&design.definite, args));
    lines.push(format!(
        "slope: |phi'(x)| is at most {} for |x| <= {REACH}; {}",
        certain(&design.realisation.slope, digits.min(6)),
        match design.realisation.all_signs {
            true => "no other choice of signs was found to have less",
            false => "the least of the choices of signs that were tried",
        }
    ));
    let mut text: String = lines.iter().map(|l| wrapped(l, 0, "", width)).collect();
    text += "\n";
    text += &table.text(width);
    text
}

fn error_line(design: &KernelDesign, args: &Args) -> String {
    let digits = args.effort.digits;
    let error = certain(&design.error, digits.min(10));
    let best = match (args.exact, design.is_best()) {
        (true, _) => "the first coefficients of its own power series".to_owned(),
        (_, true) if design.error.as_integer().is_some() => "the kernel itself".to_owned(),
        (_, true) => "no polynomial of this degree is nearer, proved".to_owned(),
        (_, false) => format!(
            "that of the best polynomial is at least {}, proved",
            certain(&design.at_least, digits.min(10))
        ),
    };
    format!("error: {error}, proved; {best}")
}

fn degree_line(design: &KernelDesign) -> Option<String> {
    let degree = design.coefficients.len().saturating_sub(1);
    design.smallest_degree.map(|proved| match proved {
        true => format!("degree: {degree}, and no smaller one has this error, proved"),
        false => format!("degree: {degree}; that no smaller one has this error is not proved"),
    })
}

fn definite_line(definite: &Definiteness, args: &Args) -> Option<String> {
    match definite {
        Definiteness::Yes => None,
        Definiteness::No {
            degree,
            coefficient,
        } => Some(format!(
            "no activation has this kernel itself: the coefficient of rho^{degree} is {}",
            certain(coefficient, args.effort.digits.min(10))
        )),
        Definiteness::Open(Some(n)) => Some(format!(
            "none of its coefficients up to rho^{n} is negative, which proves nothing of the others"
        )),
        Definiteness::Open(None) => None,
    }
}
