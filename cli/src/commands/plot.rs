//! `deeplimit plot`: a figure of an activation.

use std::io;

use serde::Serialize;

use super::expression;
use crate::args::Plot as Args;
use crate::data::free;
use crate::figures::{as_named, csv, format};
use crate::json::Item;
use crate::library::{self, Figure};
use crate::report::{Report, Section, ask};
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
    let text = expression(&args.expression)?;
    if let Some(path) = &args.out {
        let possible = format(path).and_then(|_| free(path, args.force, &[]));
        possible.map_err(|e| io::Error::other(e.to_string()))?;
    }
    let picture = args.picture;
    let asked = ask(&[text], &args.effort, move |text, request| {
        library::picture(text, picture, request)
    })?;
    Ok(asked.headed_sections(|text, figure| {
        let out = args.out.as_ref();
        if let Some(Err(error)) = out.map(|path| as_named(&figure, path)) {
            return Section::of_fault(text, error);
        }
        let activation = typed::shown(text);
        let mut shown = match out {
            None => csv(&figure),
            Some(path) => format!("{}: {}\n", path.display(), figure.title),
        };
        if out.is_some() {
            for remark in &figure.remarks {
                shown += &format!("not drawn: {remark}\n");
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
