//! `deeplimit ntk`: the kernels of a network of any depth.

use std::io;

use deeplimit::error::{Error, Result};
use deeplimit::limit::Quantity;
use rug::Rational;
use serde::Serialize;

use super::{INTERRUPT, Report, expression};
use crate::args::Ntk as Args;
use crate::batch::{Batch, answers};
use crate::exact::correlation;
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library::{self, Kernel, NetworkRequest};
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct NtkJson {
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
    let text = expression(&args.expression)?;
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
    let (question, asked, request) = (text.clone(), network.clone(), args.effort.request());
    let labels = [text];
    let batch = answers(&labels, args.effort.timeout, &INTERRUPT, move |_| {
        library::kernels(&question, &wanted, &asked, request)
    });
    let [text] = labels;
    Ok(report(text, &typed, points, batch, args, &network, width))
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

fn report(
    text: String,
    typed: &[&str],
    points: Vec<Result<Rational>>,
    mut batch: Batch<Vec<Result<Kernel>>>,
    args: &Args,
    network: &NetworkRequest,
    width: usize,
) -> Report {
    let digits = args.effort.digits;
    let number = |q: &Option<Quantity>| q.as_ref().map(|q| Number::new(q, digits));
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    match batch.answers.pop().flatten() {
        Some(Ok(values)) => {
            let mut values = values.into_iter();
            for (rho, point) in typed.iter().zip(points) {
                // Not there: nothing to say of it.
                let value = match point {
                    Ok(_) => match values.next() {
                        Some(value) => value,
                        None => continue,
                    },
                    Err(error) => Err(error),
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
                            rho: (*rho).to_owned(),
                            depth: args.depth,
                            convention: network.convention().name(),
                            nngp: k.nngp.number(digits),
                            ntk: k.ntk.number(digits),
                            limit: number(&k.limit),
                            correction: number(&k.correction),
                        }));
                    }
                    Err(error) => {
                        items.push(Item::Fault(FaultItem::new("rho", rho, &error)));
                        faults.push(Fault {
                            text: (*rho).to_owned(),
                            error,
                        });
                    }
                }
            }
        }
        Some(Err(error)) => {
            items.push(Item::Fault(FaultItem::new("activation", &text, &error)));
            faults.push(Fault { text, error });
        }
        None => {}
    }
    let table = Table {
        title: "rho",
        columns: vec!["nngp", "ntk"],
        entries,
    };
    let text = if args.effort.json {
        array(&items)
    } else {
        table.text(width)
    };
    Report::new(text, faults, false, batch.interrupted)
}
