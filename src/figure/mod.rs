//! Figures as data, and as SVG: numbers, names of curves and of axes, and the figures of one activation.
//!
//! [`of_activation`] gives, for any activation: the function itself with its derivative, its Hermite spectrum `p_n`, its dual with the way
//! of pairs of inputs through the layers, the tangent kernel at several depths up to infinity, how fast it converges, how the singular
//! kernel oscillates, and the edge of chaos. [`of_activations`] draws several in one frame. [`crate::paper`] has the figures of papers.
//! A [`Sheet`] of figures [writes itself](Sheet::svg) as SVG.

mod activation;
mod labels;
mod limits;
mod marks;
mod panel;
mod scale;
mod style;
mod svg;
mod text;
mod together;

pub use activation::{all_of, of_activation, of_activations};
pub use text::marked_up;

use crate::words::named;

/// Empty bands of an axis are left out if they are a larger share of it.
const STRETCHED: f64 = 0.35;
/// Curves are one to the eye if they are nearer than this share of the axis.
const COVERED: f64 = 0.004;

/// A label, and whether the scale is logarithmic.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What is on it.
    pub label: String,
    /// Powers of ten at equal distances.
    pub log: bool,
    /// What is left out of a broken axis.
    pub gap: Option<(f64, f64)>,
    /// Where it ends, if not with the data.
    pub ends: Option<(f64, f64)>,
}

impl Axis {
    pub(crate) fn new(label: &str, log: bool) -> Axis {
        Axis {
            label: label.into(),
            log,
            gap: None,
            ends: None,
        }
    }

    pub(crate) fn between(label: &str, low: f64, high: f64) -> Axis {
        Axis {
            ends: Some((low, high)),
            ..Axis::new(label, false)
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
    /// A thin grey line: a reference that is no curve of its own.
    Guide,
    /// Points alone, with their name beside them.
    Point,
    /// Points on stems.
    Stems,
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
    /// What is not to be seen in it, and why; how many seeds and test points there were.
    pub remarks: Vec<String>,
    /// As wide as high: the diagonal means something.
    pub square: bool,
    /// `x` and `y` of a part that is drawn larger in a free corner.
    pub inset: Option<[(f64, f64); 2]>,
}

impl Figure {
    pub(crate) fn new(name: &str, title: impl Into<String>, x: Axis, y: Axis) -> Figure {
        Figure {
            name: name.into(),
            title: title.into(),
            x,
            y,
            series: Vec::new(),
            remarks: Vec::new(),
            square: false,
            inset: None,
        }
    }

    /// Moduli on a logarithmic axis: the line is interrupted where the sign changes, since it has no modulus 0 there to show.
    pub(crate) fn push_moduli(&mut self, name: &str, look: Look, points: &[(f64, f64)]) {
        let pieces = points.chunk_by(|a, b| (a.1 < 0.0) == (b.1 < 0.0));
        let mut pieces: Vec<&[(f64, f64)]> = pieces.collect();
        // the name is that of the longest
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        for (n, piece) in pieces.into_iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            let moduli = piece.iter().map(|(x, y)| (*x, y.abs()));
            // a line takes two points
            let look = if piece.len() == 1 { Look::Marked } else { look };
            self.series.push(Curve::new(name, look, moduli.collect()));
            let remark = "where a line is interrupted the distance changes its sign";
            if n == 1 && !self.remarks.iter().any(|r| r == remark) {
                self.remarks.push(remark.to_owned());
            }
        }
    }

    /// Leaves out of the axis what lies between two bands of curves, where that is more than [`STRETCHED`] of all.
    pub(crate) fn break_the_axis(&mut self) {
        let mut ends: Vec<(f64, f64)> = Vec::new();
        for curve in &self.series {
            for (n, (_, y)) in curve.points.iter().enumerate() {
                let error = curve.errors.get(n).copied().unwrap_or(0.0);
                ends.push((y - error, y + error));
            }
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some(first) = ends.first() else { return };
        let (low, mut high) = *first;
        let mut widest = (0.0, 0.0);
        for (from, to) in &ends {
            if from - high > widest.1 - widest.0 {
                widest = (high, *from);
            }
            high = high.max(*to);
        }
        let room = widest.1 - widest.0;
        if room > STRETCHED * (high - low) {
            let margin = 0.12 * (high - low - room).max(0.05 * room);
            self.y.gap = Some((widest.0 + margin, widest.1 - margin));
        }
    }

    /// A remark on each curve that another hides.
    pub(crate) fn tell_what_is_covered(&mut self) {
        let all = || self.series.iter().flat_map(|c| &c.points).map(|p| p.1);
        let ends = all().fold((f64::MAX, f64::MIN), |(a, b), y| (a.min(y), b.max(y)));
        let seen = COVERED * (ends.1 - ends.0);
        let mut remarks = Vec::new();
        for (n, below) in self.series.iter().enumerate() {
            let above = self.series[n + 1..].iter().find(|above| {
                let pairs = below.points.iter().zip(&above.points);
                above.points.len() == below.points.len()
                    && pairs
                        .into_iter()
                        .all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < seen)
            });
            if let Some(above) = above {
                remarks.push(format!("{} lies under {}", below.name, above.name));
            }
        }
        self.remarks.extend(remarks);
    }

    /// What it shows, in a sentence or two, for those who do not see it.
    pub fn description(&self) -> String {
        let named = self.series.iter().map(|s| s.name.as_str());
        let named: Vec<&str> = named.filter(|n| !n.is_empty()).collect();
        let log = |axis: &Axis| if axis.log { " (logarithmic)" } else { "" };
        format!(
            "{}{} against {}{}: {}.",
            self.y.label,
            log(&self.y),
            self.x.label,
            log(&self.x),
            named.join("; ")
        )
    }
}

/// Figures beside each other, with one title.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// A name for files.
    pub name: String,
    /// Above all of them; empty for a single figure, which has its own.
    pub title: String,
    /// In the order in which they are read.
    pub panels: Vec<Figure>,
    /// As those of a figure.
    pub remarks: Vec<String>,
}

impl From<Figure> for Sheet {
    fn from(figure: Figure) -> Sheet {
        Sheet {
            name: figure.name.clone(),
            title: String::new(),
            panels: vec![figure],
            remarks: Vec::new(),
        }
    }
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
    /// The tangent kernel at the depths 1, 10, 100 and infinity against the angle.
    Kernel,
    /// How fast the tangent kernel approaches its limit, and the proved rate.
    Convergence,
    /// `R(u)` of the singular kernel near equal inputs.
    Oscillation,
    /// The edge of chaos in the plane of `sigma_w^2` and `sigma_b^2`.
    Phase,
}

named! {
    Picture, "figure":
    Activation = "activation",
    Spectrum = "spectrum",
    Dual = "dual",
    Kernel = "kernel",
    Convergence = "convergence",
    Oscillation = "oscillation",
    Phase = "phase",
}
