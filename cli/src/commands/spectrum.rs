//! `deeplimit spectrum`: the eigenvalues of a kernel on the sphere, or on the cube.

use std::io;

use serde::Serialize;

use crate::args::Spectrum as Args;
use crate::fault::Fault;
use crate::json::Item;
use crate::library::{self, Spectra, Which};
use crate::number::{Number, certain};
use crate::report::{Report, Section, ask};
use crate::table::{Entry, Table, wrapped};
use crate::typed;

/// The contract.
#[derive(Serialize)]
struct SpectrumJson {
    activation: String,
    kernel: &'static str,
    depth: String,
    convention: &'static str,
    /// `S^4`, `{-1, 1}^128`.
    space: String,
    eigenvalues: Vec<EigenvalueJson>,
    /// `K(1)`, the sum of all; `null` where it is infinite.
    trace: Option<Number>,
    /// What the degrees above the last one have of it.
    rest: Option<Number>,
    /// A proved exponent of the decay, where there is one.
    decay: Option<DecayJson>,
    /// Along even and along odd degrees.
    observed_decay: Vec<ObservedJson>,
}

#[derive(Serialize)]
struct EigenvalueJson {
    degree: u32,
    /// A whole number of any size.
    multiplicity: String,
    eigenvalue: Number,
    /// Zero by the structure of the activation.
    vanishes: bool,
}

#[derive(Serialize)]
struct DecayJson {
    exponent: String,
    source: &'static str,
}

#[derive(Serialize)]
struct ObservedJson {
    parity: &'static str,
    degrees: (u32, u32),
    exponent: f64,
}

/// The network of a command, or what is wrong with it, which is no fault of an activation.
pub(super) fn which(args: &crate::args::SpectrumKernel, json: bool) -> Result<Which, Report> {
    let network = library::NetworkRequest {
        sigma_w: args.sigma_w.clone(),
        sigma_b: args.sigma_b.clone(),
        norms: None,
        convention: args.convention,
    };
    if let Err(error) = library::check(&network) {
        let text = String::new();
        let name = network.convention().name();
        return Err(Report::refused(
            "convention",
            name,
            Fault { text, error },
            json,
        ));
    }
    Ok(Which {
        network,
        kind: args.kernel,
        depth: args.depth,
    })
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let which = match which(&args.network, args.effort.json) {
        Ok(which) => which,
        Err(refused) => return Ok(refused),
    };
    let (asked_of, what) = (which.clone(), (args.space(), args.degree));
    let asked = ask(&args.expressions, &args.effort, move |text, request| {
        library::spectrum(text, &asked_of, what, request)
    })?;
    Ok(asked.headed_sections(|text, spectra| {
        let text = typed::shown(text);
        let shown = shown(&spectra, args, width);
        let json = json(&text, &spectra, &which, args);
        Section::of_answer(text, vec![Item::Answer(json)], shown)
    }))
}

fn parity(parity: u32) -> &'static str {
    match parity {
        0 => "even",
        _ => "odd",
    }
}

fn shown(spectra: &Spectra, args: &Args, width: usize) -> String {
    let digits = args.effort.digits;
    let wanted = |k: u32| args.show.is_empty() || args.show.contains(&k);
    let all = spectra.found.eigenvalues.iter();
    let entries = all.filter(|e| wanted(e.degree)).map(|e| Entry {
        name: e.degree.to_string(),
        cells: vec![e.multiplicity.to_string(), certain(&e.quantity(), digits)],
        ..Entry::default()
    });
    let table = Table {
        title: "degree",
        columns: vec!["multiplicity", "eigenvalue"],
        entries: entries.collect(),
    };
    let mut text = table.text(width);
    let mut say = |line: String| text += &wrapped(&line, 0, "", width);
    let few = digits.min(6);
    if let (Some(trace), Some(rest)) = (&spectra.trace, &spectra.rest) {
        say(format!(
            "K(1) = {}; degrees above {} have {} of it",
            certain(trace, digits),
            args.degree,
            certain(rest, few)
        ));
    }
    let seen = spectra.observed.iter().map(|o| {
        format!(
            "{:.3} along {} degrees from {} to {}",
            o.exponent,
            parity(o.parity),
            o.degrees.0,
            o.degrees.1
        )
    });
    let seen: Vec<String> = seen.collect();
    let observed = match seen.is_empty() {
        true => String::new(),
        false => format!("observed: {}", seen.join(", ")),
    };
    match (&spectra.decay, observed.is_empty()) {
        (Some(decay), true) => say(format!(
            "decay like k^-{}, proved ({})",
            decay.exponent, decay.source
        )),
        (Some(decay), false) => say(format!(
            "decay like k^-{}, proved ({}); {observed}",
            decay.exponent, decay.source
        )),
        (None, false) => say(format!("decay like a power of k; {observed}")),
        (None, true) => {}
    }
    text
}

fn json(text: &str, spectra: &Spectra, which: &Which, args: &Args) -> SpectrumJson {
    let digits = args.effort.digits;
    let wanted = |k: u32| args.show.is_empty() || args.show.contains(&k);
    let found = &spectra.found;
    let eigenvalues = found.eigenvalues.iter().filter(|e| wanted(e.degree));
    SpectrumJson {
        activation: text.to_owned(),
        kernel: which.kind.name(),
        depth: which.depth.to_string(),
        convention: which.network.convention().name(),
        space: found.space.to_string(),
        eigenvalues: eigenvalues
            .map(|e| EigenvalueJson {
                degree: e.degree,
                multiplicity: e.multiplicity.to_string(),
                eigenvalue: Number::new(&e.quantity(), digits),
                vanishes: e.vanishes(),
            })
            .collect(),
        trace: spectra.trace.as_ref().map(|q| Number::new(q, digits)),
        rest: spectra.rest.as_ref().map(|q| Number::new(q, digits)),
        decay: spectra.decay.as_ref().map(|d| DecayJson {
            exponent: d.exponent.to_string(),
            source: d.source,
        }),
        observed_decay: spectra
            .observed
            .iter()
            .map(|o| ObservedJson {
                parity: parity(o.parity),
                degrees: o.degrees,
                exponent: o.exponent,
            })
            .collect(),
    }
}
