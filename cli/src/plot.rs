//! Figures drawn: the library's curves as SVG and PNG.

use std::sync::Arc;

use kuva::backend::png::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::plot::LinePlot;
use kuva::plot::scatter::ScatterPlot;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;

use crate::library::{Curve, Figure, Look};

/// Colours that can be told apart by most eyes (Paul Tol's bright and muted schemes).
const COLOURS: [&str; 11] = [
    "#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE", "#882255", "#999933",
    "#332288", "#777777", "#DDAA33",
];

/// As SVG.
pub fn svg(figure: &Figure) -> String {
    SvgBackend::new().render_scene(&render_multiple(plots(figure), layout(figure)))
}

/// As PNG, twice as large.
pub fn png(figure: &Figure) -> Result<Vec<u8>, String> {
    let backend = PngBackend::new().with_scale(2.0);
    backend.render_scene(&render_multiple(plots(figure), layout(figure)))
}

fn plots(figure: &Figure) -> Vec<Plot> {
    let mut plots = Vec::new();
    let mut named = 0;
    for series in &figure.series {
        // what goes on with the curve before has its colour
        named += usize::from(!series.name.is_empty());
        let colour = COLOURS[named.saturating_sub(1) % COLOURS.len()];
        let points = series.points.iter().copied();
        let mut line = LinePlot::new()
            .with_data(points.clone())
            .with_color(colour)
            .with_stroke_width(1.8);
        if !series.name.is_empty() {
            line = line.with_legend(series.name.as_str());
        }
        if series.look == Look::Dashed {
            line = line.with_dashed();
        }
        if !series.errors.is_empty() {
            line = line.with_y_err(series.errors.iter().copied());
        }
        plots.push(Plot::Line(line));
        if series.look == Look::Marked {
            let marks = ScatterPlot::new()
                .with_data(points)
                .with_color(colour)
                .with_size(3.0);
            plots.push(Plot::Scatter(marks));
        }
    }
    plots
}

fn layout(figure: &Figure) -> Layout {
    let ends = |series: &Curve, n: usize, (x, y): (f64, f64)| {
        let e = series.errors.get(n).copied().unwrap_or(0.0);
        [(x, y - e), (x, y + e)]
    };
    let all: Vec<(f64, f64)> = figure
        .series
        .iter()
        .flat_map(|s| {
            s.points
                .iter()
                .enumerate()
                .flat_map(move |(n, p)| ends(s, n, *p))
        })
        .collect();
    let across = range(all.iter().map(|p| p.0), figure.x.log);
    let up = range(all.iter().map(|p| p.1), figure.y.log);
    // whole powers of ten as such, everything else as short as it can be
    let ticks = TickFormat::Custom(Arc::new(|x: f64| {
        if x != 0.0 && !(1e-3..1e6).contains(&x.abs()) {
            format!("{x:e}")
        } else {
            format!("{}", (x * 1e9).round() / 1e9)
        }
    }));
    let mut layout = Layout::auto_from_plots(&plots(figure))
        .with_title(figure.title.as_str())
        .with_x_label(figure.x.label.as_str())
        .with_y_label(figure.y.label.as_str())
        .with_tick_format(ticks)
        .with_x_axis_min(across.0)
        .with_x_axis_max(across.1)
        .with_y_axis_min(up.0)
        .with_y_axis_max(up.1)
        .with_width(860.0)
        .with_height(520.0);
    if figure.x.log {
        layout = layout.with_log_x();
    }
    if figure.y.log {
        layout = layout.with_log_y();
    }
    layout
}

/// The ends of the data and a little room, so that no mark and no bar is cut.
fn range(values: impl Iterator<Item = f64>, log: bool) -> (f64, f64) {
    let (low, high) = values
        .map(|v| if log { v.ln() } else { v })
        .fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
    let room = 0.03 * (high - low).max(1e-9);
    let back = |v: f64| if log { v.exp() } else { v };
    (back(low - room), back(high + room))
}
