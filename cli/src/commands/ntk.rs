//! `deeplimit ntk`: the kernels of a network of any depth.

use std::io;

use deeplimit::error::Result;
use deeplimit::limit::Quantity;
use serde::Serialize;

use super::blocks;
use crate::args::Ntk as Args;
use crate::exact::correlation;
use crate::fault::Fault;

use crate::library::{self, Kernel, NetworkRequest};
use crate::number::Number;
use crate::report::{At, Report, Rows, Section, ask};
use crate::table::Entry;
use crate::typed;

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
    let network = NetworkRequest {
        sigma_w: args.sigma_w.clone(),
        sigma_b: args.sigma_b.clone(),
        norms: args.norms.clone(),
        convention: args.convention,
    };
    let convention = network.convention();
    if let Err(error) = library::check(&network) {
        // What is wrong with the network is no fault of the activation.
        let text = String::new();
        let fault = Fault { text, error };
        let json = args.effort.json;
        return Ok(Report::refused(
            "convention",
            convention.name(),
            fault,
            json,
        ));
    }
    let blocks = match blocks(&args.blocks, args.effort.json) {
        Ok(blocks) => blocks,
        Err(refused) => return Ok(refused),
    };
    let places = At::all("rho", &args.rho, correlation);
    let (wanted, depth) = (At::known(&places), args.depth);
    let (texts, asked_of) = (args.blocks.texts(&args.expressions), blocks.clone());
    let asked = ask(texts, &args.effort, move |text, request| match &asked_of {
        Some(blocks) => blocks.kernels(text, &wanted, depth, request),
        None => library::kernels(text, &wanted, (&network, depth), request),
    })?;
    Ok(asked.headed_sections(|text, values| {
        let named = match &blocks {
            Some(blocks) => (blocks.shown(text), blocks.convention()),
            None => (typed::shown(text), convention.name()),
        };
        section(named, &places, values, args, width)
    }))
}

fn section(
    (activation, convention): (String, &'static str),
    places: &[At],
    values: Vec<Result<Kernel>>,
    args: &Args,
    width: usize,
) -> Section<NtkJson> {
    let digits = args.effort.digits;
    let number = |q: &Option<Quantity>| q.as_ref().map(|q| Number::new(q, digits));
    let rows = Rows::at(&activation, places, values, |at, k| {
        let entry = Entry {
            name: at.text.clone(),
            cells: vec![k.nngp.shown(digits), k.ntk.shown(digits)],
            ..Entry::default()
        };
        let json = NtkJson {
            activation: activation.clone(),
            rho: at.text.clone(),
            depth: args.depth,
            convention,
            nngp: k.nngp.number(digits),
            ntk: k.ntk.number(digits),
            limit: number(&k.limit),
            correction: number(&k.correction),
        };
        (entry, json)
    });
    rows.section(activation.clone(), "rho", vec!["nngp", "ntk"], width)
}
