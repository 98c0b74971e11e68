//! Learning curves as a figure: a line for what is predicted, marks with error bars for what was measured.

use super::{CurvePoint, Measurement};
use crate::figure::{Axis, Curve, Figure, Look};

/// One kernel's curve.
#[derive(Clone, Debug)]
pub struct DrawnCurve {
    /// For the legend: the activation.
    pub name: String,
    /// In the order of their inputs.
    pub predicted: Vec<CurvePoint>,
    /// Likewise; none where nothing was measured.
    pub measured: Vec<Measurement>,
}

/// The curves in one frame, both axes logarithmic. Error bars are one standard error on either side.
///
/// ```
/// use deeplimit::spectrum::{DrawnCurve, learning_figure};
/// let curve = DrawnCurve { name: "relu".to_owned(), predicted: vec![], measured: vec![] };
/// assert_eq!(learning_figure("a target of degree 2 on S^4", &[curve]).x.label, "n");
/// ```
pub fn learning_figure(title: &str, curves: &[DrawnCurve]) -> Figure {
    let mut figure = Figure::new(
        "learning",
        title,
        Axis::new("n", true),
        Axis::new("mean squared error", true),
    );
    for curve in curves {
        let points = curve.predicted.iter().map(|p| (p.inputs, p.error));
        let name = format!("{}, predicted", curve.name);
        figure
            .series
            .push(Curve::new(name, Look::Line, points.collect()));
        // marks are not joined: each goes on with the one before
        for (n, m) in curve.measured.iter().enumerate() {
            let name = match n {
                0 => format!("{}, measured", curve.name),
                _ => String::new(),
            };
            let mut mark = Curve::new(name, Look::Marked, vec![(m.inputs as f64, m.error)]);
            mark.errors = vec![m.deviation];
            figure.series.push(mark);
        }
    }
    let trials = curves.iter().find_map(|c| c.measured.first());
    if let Some(m) = trials {
        figure.remarks.push(format!(
            "marks: means of {} experiments, error bars one standard error",
            m.trials
        ));
    }
    figure
}
