//! `deeplimit ntk`: the kernels of a network of any depth.

use std::io;

use deeplimit::error::{Error, Result};
use deeplimit::limit::Quantity;
use rug::Rational;
use serde::Serialize;

use super::{INTERRUPT, Report, Section, expressions};
use crate::args::Ntk as Args;
use crate::batch::answers;
use crate::exact::correlation;
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library::{self, Convention, Kernel, NetworkRequest};
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct NtkJson {
    activation: String,
    rho: String,
    depth: u64,
    convention: &'static str,
    nngp: Number,
    ntk: Number,
    /// The limit of the regime at this correlation, in its own normalisation (`deeplimit limit`).
    limit: Option<Number>,
    /// Its correction.
    correction: Option<Number>,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    let typed: Vec<_> = args.rho.iter().map(|t| t.trim()).collect();
    let points: Vec<_> = typed.iter().map(|t| correlation(t)).collect();
    let wanted: Vec<_> = points
        .iter()
        .filter_map(|p| p.as_ref().ok().cloned())
        .collect();
    let network = NetworkRequest {
        depth: args.depth,
        sigma_w: args.sigma_w.clone(),
        sigma_b: args.sigma_b.clone(),
        norms: args.norms.clone(),
        convention: args.convention,
    };
    if let Err(error) = library::check(&network) {
        return Ok(refused(error, &network, args));
    }
    let (questions, asked, request) = (texts.clone(), network.clone(), args.effort.request());
    let batch = answers(&texts, args.effort.timeout, &INTERRUPT, move |n| {
        library::kernels(&questions[n], &wanted, &asked, request)
    });
    let missing = batch.missing(&texts, "activations");
    let sections = texts
        .iter()
        .zip(batch.answers)
        .map(|(text, answer)| match answer {
            Some(Ok(values)) => section(
                text,
                &typed,
                &points,
                values,
                args,
                network.convention(),
                width,
            ),
            Some(Err(error)) => Section::of_fault(text, error),
            None => Section::unfinished(text),
        })
        .map(|section| section.headed(texts.len() > 1))
        .collect();
    Ok(Report::of_sections(sections, args.effort.json, missing))
}

/// What is wrong with the network is no fault of the activation.
fn refused(error: Error, network: &NetworkRequest, args: &Args) -> Report {
    let name = network.convention().name();
    let item: Item<NtkJson> = Item::Fault(FaultItem::new("convention", name, &error));
    let shown = if args.effort.json {
        array(&[item])
    } else {
        String::new()
    };
    let text = String::new();
    Report::new(shown, vec![Fault { text, error }], false, false)
}

fn section(
    text: &str,
    typed: &[&str],
    points: &[Result<Rational>],
    values: Vec<Result<Kernel>>,
    args: &Args,
    convention: Convention,
    width: usize,
) -> Section<NtkJson> {
    let digits = args.effort.digits;
    let activation = library::typed::shown(text);
    let number = |q: &Option<Quantity>| q.as_ref().map(|q| Number::new(q, digits));
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    let mut values = values.into_iter();
    for (rho, point) in typed.iter().zip(points) {
        // Not there: nothing to say of it.
        let value = match point {
            Ok(_) => match values.next() {
                Some(value) => value,
                None => continue,
            },
            Err(error) => Err(error.clone()),
        };
        match value {
            Ok(k) => {
                let (nngp, ntk) = (k.nngp.shown(digits), k.ntk.shown(digits));
                entries.push(Entry {
                    name: (*rho).to_owned(),
                    cells: vec![nngp, ntk],
                    ..Entry::default()
                });
                items.push(Item::Answer(NtkJson {
                    activation: activation.clone(),
                    rho: (*rho).to_owned(),
                    depth: args.depth,
                    convention: convention.name(),
                    nngp: k.nngp.number(digits),
                    ntk: k.ntk.number(digits),
                    limit: number(&k.limit),
                    correction: number(&k.correction),
                }));
            }
            Err(error) => {
                items.push(Item::Fault(
                    FaultItem::new("rho", rho, &error).about(&activation),
                ));
                faults.push(Fault {
                    text: (*rho).to_owned(),
                    error,
                });
            }
        }
    }
    let table = Table {
        title: "rho",
        columns: vec!["nngp", "ntk"],
        entries,
    };
    Section {
        faults,
        ..Section::of_answer(activation, items, table.text(width))
    }
}
