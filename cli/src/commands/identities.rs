//! `deeplimit identities`: the catalogue, examinations, the reference table.

use std::io;

use anstyle::Style;
use deeplimit::real::Quantity;
use serde::Serialize;

use crate::against::Program;
use crate::args::Identities as Args;
use crate::batch::answers;
use crate::commands::INTERRUPT;
use crate::data::{free, written};
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array, object};
use crate::library::{self, Failure, Findings, Fineness, Identity, Inquiry};
use crate::number::Number;
use crate::report::{Exit, Report};
use crate::table::wrapped;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// An identity in JSON.
#[derive(Serialize)]
struct IdentityJson {
    name: &'static str,
    statement: &'static str,
    source: &'static str,
    domain: &'static str,
    needs: Vec<&'static str>,
    /// It compares with certified values.
    reference: bool,
}

impl IdentityJson {
    fn new(i: &Identity) -> Self {
        IdentityJson {
            name: i.name,
            statement: i.statement,
            source: i.source,
            domain: i.domain.name(),
            needs: i.needs.iter().map(|o| o.name()).collect(),
            reference: i.reference,
        }
    }
}

/// What an examination found.
#[derive(Serialize)]
struct FindingsJson {
    candidate: String,
    held: u64,
    undecided: u64,
    skipped: u64,
    /// The time was over before everything was examined.
    unfinished: bool,
    failures: Vec<FailureJson>,
    /// What went wrong with the program of `--against`.
    troubles: Vec<String>,
    errors: Vec<FaultItem>,
}

#[derive(Serialize)]
struct FailureJson {
    identity: IdentityJson,
    activation: String,
    rho: f64,
    other: f64,
    depth: Option<u64>,
    /// `null` where an answer was no number.
    left: Option<Number>,
    sense: Option<&'static str>,
    right: Option<Number>,
    /// Units in the last place; `null` where an answer was no number.
    ulps: Option<f64>,
    cause: Option<String>,
    /// On so many activations.
    activations: usize,
    /// All of it in a sentence.
    sentence: String,
}

impl FailureJson {
    fn new(f: &Failure) -> Self {
        let number = |b: &deeplimit::Ball| Number::new(&Quantity::new(b, None), 17);
        let c = f.comparison.as_ref();
        FailureJson {
            identity: IdentityJson::new(f.identity),
            activation: f.activation.clone(),
            rho: f.spot.rho,
            other: f.spot.other,
            depth: f.identity.deep.then_some(f.spot.depth),
            left: c.map(|c| number(&c.left)),
            sense: c.map(|c| match c.sense {
                deeplimit::identity::Sense::Equal => "equal",
                deeplimit::identity::Sense::AtMost => "at most",
            }),
            right: c.map(|c| number(&c.right)),
            ulps: Some(f.ulps).filter(|u| u.is_finite()),
            cause: Some(f.cause.clone()).filter(|c| !c.is_empty()),
            activations: f.count,
            sentence: f.to_string(),
        }
    }
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    if let Some(path) = &args.table {
        return Ok(table(args, path));
    }
    let nothing_to_check = args.expressions.is_empty()
        && args.tests.is_none()
        && args.against.is_none()
        && args.only.is_empty();
    if nothing_to_check {
        return Ok(Report::of(listed(args.json, width)));
    }
    let expressions = super::expressions(&args.expressions)?;
    let precision = match args.single {
        true => Fineness::SINGLE,
        false => Fineness::DOUBLE,
    };
    let program = (args.against.as_ref())
        .map(|c| Program::new(c, precision.within(args.ulps), args.patience));
    let inquiry = Inquiry {
        expressions: &expressions,
        tests: args.tests.unwrap_or(0),
        seed: args.seed,
        only: &args.only,
        depth: args.depth,
        timeout: args.timeout,
    };
    let candidate = program
        .as_ref()
        .map(|p| p as &dyn deeplimit::identity::Candidate);
    let (findings, refused) = match library::examined(&inquiry, candidate) {
        Ok(found) => found,
        Err(error) => {
            let text = String::new();
            let fault = Fault { text, error };
            return Ok(Report::refused(
                "only",
                &args.only.join(","),
                fault,
                args.json,
            ));
        }
    };
    let troubles = program.as_ref().map_or(vec![], Program::troubles);
    let name = args
        .against
        .clone()
        .unwrap_or_else(|| "deeplimit".to_owned());
    let text = match args.json {
        true => {
            let error = |(text, e): &(String, _)| FaultItem::new("activation", text, e);
            let item: Item<FindingsJson> = Item::Answer(FindingsJson {
                candidate: name.clone(),
                held: findings.held,
                undecided: findings.undecided,
                skipped: findings.skipped,
                unfinished: findings.unfinished,
                failures: findings.failures.iter().map(FailureJson::new).collect(),
                troubles: troubles.clone(),
                errors: refused.iter().chain(&findings.refused).map(error).collect(),
            });
            object(&item)
        }
        false => shown(&findings, width),
    };
    let failed = !findings.failures.is_empty();
    let faults: Vec<Fault> = (refused.into_iter().chain(findings.refused))
        .map(|(text, error)| Fault { text, error })
        .collect();
    let mut report = Report::new(text, faults, failed, false);
    report
        .notes
        .extend(troubles.iter().map(|t| format!("{name}: {t}")));
    if findings.unfinished {
        report
            .notes
            .push("the time was over before everything was examined".to_owned());
    }
    if !troubles.is_empty() {
        report.exit = Exit::Error;
    }
    Ok(report)
}

fn listed(json: bool, width: usize) -> String {
    let all = library::all_identities();
    if json {
        return array(&all.iter().map(|i| IdentityJson::new(i)).collect::<Vec<_>>());
    }
    let one = |i: &&Identity| {
        let domain = match i.domain.name() {
            "any" => String::new(),
            domain => format!("  ({domain})"),
        };
        let needs: Vec<_> = i.needs.iter().map(|o| o.name()).collect();
        let head = format!("{BOLD}{}{BOLD:#}{domain}\n", i.name);
        let statement = wrapped(i.statement, 4, "", width);
        let words = wrapped(
            &format!("{} [{}]", needs.join(", "), i.source),
            4,
            "",
            width,
        );
        format!("{head}{statement}{DIM}{words}{DIM:#}")
    };
    let text: String = all.iter().map(one).collect();
    format!("{text}{} identities\n", all.len())
}

fn shown(findings: &Findings, width: usize) -> String {
    let mut text = String::new();
    for failure in &findings.failures {
        let sentence = failure.to_string();
        let rest = sentence
            .strip_prefix(failure.identity.name)
            .unwrap_or(&sentence);
        let more = match failure.count {
            1 => String::new(),
            n => format!(" It fails on {n} activations."),
        };
        text += &format!("{BOLD}{}{BOLD:#}\n", failure.identity.name);
        text += &wrapped(&format!("{}.{more}", rest.trim()), 4, "", width);
    }
    let plural = |n: usize, what: &str| match n {
        1 => format!("1 {what} fails"),
        n => format!("{n} of the identities fail"),
    };
    let summary = match findings.failures.len() {
        0 => "nothing fails".to_owned(),
        n => plural(n, "identity"),
    };
    let undecided = match findings.undecided {
        0 => String::new(),
        n => format!(", {n} undecided"),
    };
    text + &format!("{summary}; {} comparisons hold{undecided}\n", findings.held)
}

/// A row of the reference table.
#[derive(Serialize)]
struct RowJson {
    activation: String,
    formula: String,
    convention: &'static str,
    sigma_w: f64,
    sigma_b: f64,
    depth: u64,
    rho: f64,
    /// `null` where it is infinite, or was not reached.
    nngp: Option<Number>,
    ntk: Option<Number>,
}

fn table(args: &Args, path: &std::path::Path) -> Report {
    let refused = |error| {
        let name = path.display().to_string();
        let fault = Fault {
            text: name.clone(),
            error,
        };
        Report::refused("table", &name, fault, args.json)
    };
    if let Err(error) = free(path, args.force, &[]) {
        return refused(error);
    }
    let number =
        |b: &Option<deeplimit::Ball>| b.as_ref().map(|b| Number::new(&Quantity::new(b, None), 20));
    let names: Vec<String> = (library::reference_activations().iter())
        .map(|a| (*a).to_owned())
        .collect();
    let asked = names.clone();
    let batch = answers(&names, args.timeout, &INTERRUPT, move |n| {
        Ok(library::reference_rows(&asked[n]))
    });
    let missing = batch.missing(&names, "activations");
    let interrupted = batch.interrupted;
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for (text, answer) in names.into_iter().zip(batch.answers) {
        match answer {
            Some(Ok(rows)) => found.extend(rows),
            Some(Err(error)) => faults.push(Fault { text, error }),
            None => {}
        }
    }
    let rows: Vec<RowJson> = (found.into_iter())
        .map(|r| RowJson {
            convention: r.convention.name(),
            sigma_w: r.sigma.0,
            sigma_b: r.sigma.1,
            depth: r.depth,
            rho: r.rho,
            nngp: number(&r.kernels.nngp),
            ntk: number(&r.kernels.ntk),
            activation: r.activation,
            formula: r.formula,
        })
        .collect();
    if let Err(error) = written(path, array(&rows)) {
        return refused(error);
    }
    let text = format!("{}: {} rows\n", path.display(), rows.len());
    Report::new(text, faults, false, interrupted).with_closing(missing)
}
