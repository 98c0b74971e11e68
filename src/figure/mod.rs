//! Figures as data: numbers, names of curves and of axes, and the figures of one activation.
//!
//! [`of_activation`] gives, for any activation: the function itself with its derivative, its Hermite spectrum `p_n`, its dual with the way
//! of pairs of inputs through the layers, and the tangent kernel at several depths up to infinity. [`crate::paper`] has the figures of
//! papers. Drawing them is the work of whoever has a window: the command line writes SVG, PNG and CSV.

mod activation;

pub use activation::of_activation;

use crate::words::named;

/// A label, and whether the scale is logarithmic.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What is on it.
    pub label: String,
    /// Powers of ten at equal distances.
    pub log: bool,
}

impl Axis {
    pub(crate) fn new(label: &str, log: bool) -> Axis {
        Axis {
            label: label.into(),
            log,
        }
    }
}

/// How a curve looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A line.
    Line,
    /// A dashed line.
    Dashed,
    /// Points joined by a line.
    Marked,
}

/// A curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// For the legend; empty for what goes on with the curve before.
    pub name: String,
    /// In the order in which they are joined.
    pub points: Vec<(f64, f64)>,
    /// Half the length of an error bar for each point, or none at all.
    pub errors: Vec<f64>,
    /// How it looks.
    pub look: Look,
}

impl Curve {
    pub(crate) fn new(name: impl Into<String>, look: Look, points: Vec<(f64, f64)>) -> Curve {
        Curve {
            name: name.into(),
            points,
            errors: Vec::new(),
            look,
        }
    }
}

/// Curves in one frame.
#[derive(Clone, Debug)]
pub struct Figure {
    /// A name for files.
    pub name: String,
    /// Above the frame.
    pub title: String,
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// In the order of the legend.
    pub series: Vec<Curve>,
    /// What is not to be seen in it, and why.
    pub remarks: Vec<String>,
}

/// The figures of an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// `phi` and `phi'`
    Activation,
    /// `p_n = a_n^2/E phi^2` against `n`
    Spectrum,
    /// The dual, and how correlations move through the layers.
    Dual,
    /// The tangent kernel at the depths 1, 10, 100 and infinity against the distance.
    Kernel,
}

named! {
    Picture, "figure":
    Activation = "activation",
    Spectrum = "spectrum",
    Dual = "dual",
    Kernel = "kernel",
}
