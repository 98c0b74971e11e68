//! `deeplimit plot`: a figure of an activation.

use std::io;

use serde::Serialize;

use super::{INTERRUPT, expressions};
use crate::args::Plot as Args;
use crate::batch::answers;
use crate::data::free;
use crate::figures::{as_named, csv, format};
use crate::json::Item;
use crate::library::{self, Figure, Sheet};
use crate::report::{Asked, Report, Section};
use crate::typed;

/// The contract.
#[derive(Serialize)]
struct PlotJson {
    activation: String,
    figure: &'static str,
    title: String,
    x: AxisJson,
    y: AxisJson,
    series: Vec<SeriesJson>,
    /// What is not drawn, and why.
    remarks: Vec<String>,
    /// The file, where there is one.
    out: Option<String>,
}

#[derive(Serialize)]
struct AxisJson {
    label: String,
    /// On a logarithmic scale.
    log: bool,
}

#[derive(Serialize)]
struct SeriesJson {
    /// Empty for what goes on with the curve before.
    name: String,
    points: Vec<(f64, f64)>,
}

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let texts = expressions(&args.expressions)?;
    if let Some(path) = &args.out {
        let possible = format(path).and_then(|_| free(path, args.force, &[]));
        possible.map_err(|e| io::Error::other(e.to_string()))?;
    }
    // an error is about the expression that has it
    for text in &texts {
        if let Err(error) = library::printed(text) {
            let section = Section::<PlotJson>::of_fault(text, error);
            return Ok(Report::of_sections(vec![section], args.effort.json, None));
        }
    }
    let picture = args.picture;
    let (label, request) = (texts.join(", "), args.effort.request());
    let batch = answers(
        std::slice::from_ref(&label),
        args.effort.timeout,
        &INTERRUPT,
        move |_| library::pictures(&texts, picture, request),
    );
    let asked = Asked {
        texts: vec![label],
        batch,
        things: "figures",
        json: args.effort.json,
    };
    Ok(asked.sections(|text, figure| {
        let out = args.out.as_ref();
        let sheet = Sheet::from(figure.clone());
        if let Some(Err(error)) = out.map(|path| as_named(&sheet, path)) {
            return Section::of_fault(text, error);
        }
        let activation = match args.expressions.len() {
            1 => typed::shown(text),
            _ => text.to_owned(),
        };
        let mut shown = match out {
            None => csv(&sheet),
            Some(path) => format!("{}: {}\n", path.display(), figure.title),
        };
        if out.is_some() {
            for remark in &figure.remarks {
                shown += &format!("note: {remark}\n");
            }
        }
        let item = Item::Answer(json(args, &activation, figure));
        Section::of_answer(activation, vec![item], shown)
    }))
}

fn json(args: &Args, activation: &str, figure: Figure) -> PlotJson {
    PlotJson {
        activation: activation.to_owned(),
        figure: args.picture.name(),
        title: figure.title,
        x: AxisJson {
            label: figure.x.label,
            log: figure.x.log,
        },
        y: AxisJson {
            label: figure.y.label,
            log: figure.y.log,
        },
        series: figure
            .series
            .into_iter()
            .map(|s| SeriesJson {
                name: s.name,
                points: s.points,
            })
            .collect(),
        remarks: figure.remarks,
        out: args.out.as_ref().map(|path| path.display().to_string()),
    }
}
