//! The figures of one activation, or of several in one frame.

use super::limits::{convergence, oscillation, phase};
use super::together::together;
use super::{Axis, Curve, Figure, Look, Picture};
use crate::activation::Tape;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::kernel::{Depth, Kernel, Kind};
use crate::limit::Classification;
use crate::real::{Analytic, Real};
use rayon::prelude::*;

/// The activation is drawn from `-REACH` to `REACH`: all but 6e-5 of the normal law.
const REACH: f64 = 4.0;
/// Places of a curve.
const PLACES: i32 = 400;
/// Coefficients of a spectrum.
const TERMS: u32 = 24;
/// Depths of kernels that are drawn.
const DEPTHS: [u64; 3] = [1, 10, 100];
/// The least angle at which kernels are drawn.
const NEAREST: f64 = 1e-3;
/// Kernels are followed as far as they are so many times as large, or as small, as at the angle pi/3.
const LARGEST: f64 = 1e30;
const SMALLEST: f64 = 1e-30;
/// And drawn so far.
const HIGH: f64 = 1e12;
const LOW: f64 = 1e-4;
/// Where pairs of inputs set out on their way through the layers.
const STARTS: [f64; 3] = [0.95, 0.5, -0.7];
/// So many layers of it.
const LAYERS: usize = 20;

/// What all figures of an activation begin with.
pub(super) struct Sitter<'a> {
    pub activation: &'a Activation,
    pub name: String,
    /// `None` where it was not reached.
    pub verdict: Option<Classification>,
}

/// A figure of an activation, in doubles: for looking, not for citing.
///
/// * `activation`: `phi(z)` and `phi'(z)` for `-4 <= z <= 4`, `phi` divided by the root of `E phi(Z)^2`;
/// * `spectrum`: `p_n = a_n^2/E phi(Z)^2` for `n < 24`, where they are greater than 0; they add up to 1;
/// * `dual`: the dual activation on `[-1, 1]`, three pairs on their way through the layers, and the fixed point that attracts them;
/// * `kernel`: the tangent kernel of 1, 10, 100 and of infinitely many layers against the angle of two inputs, each divided by its value
///   at `pi/3`; a singular kernel is a line of slope `-alpha` there, up to its oscillation;
/// * `convergence`: how far the tangent kernel of `L` layers is from its limit at `rho = 1/2`, and the proved rate;
/// * `oscillation`: `R(u) = u^alpha h(1 - u^2/2)` over its mean at 0, and the periodic function that it tends to;
/// * `phase`: the edge of chaos in the plane of `sigma_w^2` and `sigma_b^2`, as far as networks are found there.
///
/// What cannot be drawn (a kernel that has no table, a limit that is constant) is told in the remarks.
///
/// # Errors
/// As those of [`Activation::classify`] and [`Kernel::new`] where nothing at all is left to draw.
///
/// ```
/// use deeplimit::{Activation, Effort, figure::{Picture, of_activation}};
/// let figure = of_activation(&"relu".parse::<Activation>()?, Picture::Dual, &Effort::digits(12))?;
/// let (rho, value) = figure.series[0].points[200];
/// assert!(rho == 0.0 && (value - 1.0 / std::f64::consts::PI).abs() < 1e-12);
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn of_activation(activation: &Activation, picture: Picture, effort: &Effort) -> Result<Figure> {
    of_activations(std::slice::from_ref(activation), picture, effort)
}

/// The same figure of several activations in one frame: a curve for each, named after it. Kernels are those of infinite depth.
///
/// # Errors
/// As [`of_activation`], where none of them can be drawn; what others lack is told in the remarks.
///
/// ```
/// use deeplimit::{Activation, Effort, figure::{Picture, of_activations}};
/// let both = ["relu".parse::<Activation>()?, "erf".parse()?];
/// let figure = of_activations(&both, Picture::Dual, &Effort::digits(12))?;
/// assert_eq!((figure.series[0].name.as_str(), figure.series[1].name.as_str()), ("relu", "erf"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn of_activations(
    activations: &[Activation],
    picture: Picture,
    effort: &Effort,
) -> Result<Figure> {
    let sitters: Result<Vec<Sitter>> = activations
        .iter()
        .map(|activation| {
            let verdict = match activation.classify(effort) {
                Err(Error::Unresolved(_)) => None,
                verdict => Some(verdict?),
            };
            Ok(Sitter::new(activation, verdict))
        })
        .collect();
    drawn(&sitters?, picture, effort)
}

/// The figures of an activation whose verdict is known, in the order of [`Picture::ALL`], each by itself.
///
/// ```
/// use deeplimit::{Activation, Effort, figure::{Picture, all_of}};
/// let (relu, effort) = ("relu".parse::<Activation>()?, Effort::digits(12));
/// let verdict = relu.classify(&effort)?;
/// let all = all_of(&relu, Some(&verdict), &effort);
/// assert_eq!(all.len(), Picture::ALL.len());
/// // there is no R(u) in the majority regime
/// assert!(all.iter().all(|(picture, figure)| figure.is_ok() == (*picture != Picture::Oscillation)));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn all_of(
    activation: &Activation,
    verdict: Option<&Classification>,
    effort: &Effort,
) -> Vec<(Picture, Result<Figure>)> {
    let sitter = [Sitter::new(activation, verdict.cloned())];
    let draw = |picture: Picture| (picture, drawn(&sitter, picture, effort));
    Picture::ALL.into_par_iter().map(draw).collect()
}

impl<'a> Sitter<'a> {
    fn new(activation: &'a Activation, verdict: Option<Classification>) -> Sitter<'a> {
        Sitter {
            name: activation.typed.to_string(),
            activation,
            verdict,
        }
    }

    /// The verdict, as much of it as a title holds.
    pub fn told(&self) -> String {
        let sentence = match &self.verdict {
            Some(verdict) => verdict.sentence(),
            None => "undecided".to_owned(),
        };
        let end = sentence.find([':', ';']).unwrap_or(sentence.len());
        sentence[..end].to_owned()
    }
}

fn drawn(sitters: &[Sitter], picture: Picture, effort: &Effort) -> Result<Figure> {
    let draw = |sitter: &Sitter| match picture {
        Picture::Activation => function(sitter),
        Picture::Spectrum => spectrum(sitter, effort),
        Picture::Dual => dual(sitter, effort),
        Picture::Kernel => kernels(sitter, sitters.len() == 1, effort),
        Picture::Convergence => convergence(sitter, effort),
        Picture::Oscillation => oscillation(sitter, effort),
        Picture::Phase => phase(sitter, effort),
    };
    if let [one] = sitters {
        return draw(one);
    }
    together(sitters, draw)
}

/// `n + 1` places at equal distances.
pub(super) fn places(from: f64, to: f64, n: i32) -> impl Iterator<Item = f64> {
    (0..=n).map(move |k| from + (to - from) * f64::from(k) / f64::from(n))
}

fn function(sitter: &Sitter) -> Result<Figure> {
    let (activation, name) = (sitter.activation, &sitter.name);
    let exact = sitter
        .verdict
        .as_ref()
        .and_then(|v| v.normalisation.as_ref());
    let factor = exact.map(|c| c.to_f64().sqrt());
    let factor = factor.filter(|f| f.is_finite() && *f > 0.0);
    let mut ends = vec![-REACH];
    let kinks = activation.pieces.iter().filter_map(|p| p.from.breakpoint());
    ends.extend(kinks.map(|k| k.position(64).to_f64()));
    ends.push(REACH);
    ends.retain(|x| x.abs() <= REACH);
    let mut series = Vec::new();
    for (label, expr, look) in [
        ("phi", activation.expr.clone(), Look::Line),
        ("phi'", activation.expr.derivative(), Look::Dashed),
    ] {
        let tape = Tape::<f64>::new(&[expr], 53);
        let begun = series.len();
        for pair in ends.windows(2) {
            let count = ((pair[1] - pair[0]) / (2.0 * REACH) * f64::from(PLACES)).ceil() as i32;
            // not at the kinks themselves: what jumps there has two values
            let inside = 1e-9 * (pair[1] - pair[0]);
            let points = places(pair[0] + inside, pair[1] - inside, count.max(2))
                .map(|z| (z, tape.at(&z)[0] * factor.unwrap_or(1.0)))
                .filter(|(_, y)| y.is_finite())
                .collect::<Vec<_>>();
            if !points.is_empty() {
                let name = if series.len() == begun { label } else { "" };
                series.push(Curve::new(name, look, points));
            }
        }
    }
    if series.is_empty() {
        return Err(Error::Unresolved(format!("{name} has no value in doubles")));
    }
    let (title, remark) = match (factor, exact) {
        (Some(_), _) => (format!("{name}, normalised to E phi(Z)^2 = 1"), None),
        (None, Some(c)) => (
            format!("{name}, as it is written"),
            Some(format!(
                "not normalised: 1/E phi(Z)^2 = {} is beyond doubles",
                c.digits(4)
            )),
        ),
        (None, None) => (
            format!("{name}, as it is written"),
            Some("not normalised: E phi(Z)^2 is not known".to_owned()),
        ),
    };
    let mut figure = Figure::new(
        "activation",
        title,
        Axis::new("z", false),
        Axis::new("phi(z)", false),
    );
    figure.series = series;
    figure.remarks.extend(remark);
    Ok(figure)
}

fn spectrum(sitter: &Sitter, effort: &Effort) -> Result<Figure> {
    let name = &sitter.name;
    let effort = Effort {
        digits: effort.digits.max(20),
        ..*effort
    };
    let terms = sitter.activation.hermite(TERMS, &effort)?;
    let points: Vec<(f64, f64)> = terms
        .iter()
        .enumerate()
        .map(|(n, a)| (n as f64, a.to_f64().powi(2)))
        // below this there are no digits
        .filter(|(_, p)| *p > 1e-36)
        .collect();
    if points.is_empty() {
        return Err(Error::Unresolved(format!(
            "the first {TERMS} Hermite coefficients of {name} are 0"
        )));
    }
    let mut figure = Figure::new(
        "spectrum",
        format!("Hermite spectrum of {name}: p_n = a_n^2/E phi(Z)^2"),
        Axis {
            ends: Some((-0.6, f64::from(TERMS))),
            ..Axis::new("degree n", false)
        },
        Axis::new("p_n", true),
    );
    let range = points.iter().map(|p| p.1);
    let (least, most) = range.fold((1.0f64, 0.0f64), |(a, b), p| (a.min(p), b.max(p)));
    figure.y.ends = Some((least / 3.0, 1.5 * most));
    figure.series = vec![Curve::new("p_n", Look::Stems, points)];
    if figure.series[0].points.len() < TERMS as usize {
        let none = "degrees without a mark have p_n = 0, or less than 10^-36";
        figure.remarks.push(none.to_owned());
    }
    Ok(figure)
}

fn dual(sitter: &Sitter, effort: &Effort) -> Result<Figure> {
    let layer = Kernel::new(
        &sitter.activation.expr,
        Depth::Layers(1),
        Kind::Nngp,
        effort.deadline,
    )?;
    let graph = places(-1.0, 1.0, PLACES)
        .map(|x| (x, layer.at(x)))
        .collect();
    let mut figure = Figure::new(
        "dual",
        format!("The dual of {}: {}", sitter.name, sitter.told()),
        Axis::between("correlation rho of two inputs", -1.0, 1.0),
        Axis::between("after one more layer", -1.0, 1.0),
    );
    figure.square = true;
    figure.series = vec![
        Curve::new("dual", Look::Line, graph),
        Curve::new("identity", Look::Guide, vec![(-1.0, -1.0), (1.0, 1.0)]),
    ];
    for start in STARTS {
        let mut points = vec![(start, start)];
        let mut x = start;
        for _ in 0..LAYERS {
            let y = layer.at(x);
            points.extend([(x, y), (y, y)]);
            x = y;
        }
        let name = format!("from {start}");
        figure.series.push(Curve::new(name, Look::Line, points));
    }
    if let Some(c) = sitter.verdict.as_ref().and_then(|v| v.fixed_point.as_ref()) {
        let (name, c) = (format!("c* = {}", c.digits(4)), c.to_f64());
        let mark = Curve::new(name, Look::Point, vec![(c, c)]);
        figure.series.push(mark);
    }
    Ok(figure)
}

fn kernels(sitter: &Sitter, all: bool, effort: &Effort) -> Result<Figure> {
    let name = &sitter.name;
    let (mut series, mut remarks) = (Vec::new(), Vec::new());
    let (mut low, mut high) = (1.0f64, 1.0f64);
    let depths = DEPTHS.map(Depth::Layers).into_iter().filter(|_| all);
    for depth in depths.chain([Depth::Infinite]) {
        let label = match depth {
            Depth::Layers(layers) => format!("L = {layers}"),
            Depth::Infinite => "L = infinity".into(),
        };
        let kernel = match Kernel::new(&sitter.activation.expr, depth, Kind::Ntk, effort.deadline) {
            Ok(kernel) => kernel,
            Err(timeout @ Error::Timeout { .. }) => return Err(timeout),
            Err(reason) => {
                remarks.push(format!("{label}: {reason}"));
                continue;
            }
        };
        let whole = kernel.at(0.5);
        let gap = |angle: f64| 2.0 * (angle / 2.0).sin().powi(2);
        let points: Vec<(f64, f64)> = places(NEAREST.ln(), std::f64::consts::PI.ln(), PLACES)
            .map(f64::exp)
            .map(|angle| (angle, kernel.at_gap(gap(angle)) / whole))
            .skip_while(|(_, k)| *k > LARGEST)
            // odd ones change their sign at a right angle
            .take_while(|(_, k)| *k > SMALLEST)
            .collect();
        if points.len() < 2 {
            remarks.push(format!("{label}: the kernel is no positive number there"));
            continue;
        }
        let range = points.iter().map(|p| p.1);
        let (least, most) = range.fold((1.0f64, 1.0f64), |(a, b), y| (a.min(y), b.max(y)));
        let (above, below) = (most > HIGH || points[0].0 > 1.1 * NEAREST, least < LOW);
        let beyond = match (above, below) {
            (true, true) => Some("goes on above and below the frame"),
            (true, false) => Some("goes on above the frame"),
            (false, true) => Some("falls on below the frame"),
            (false, false) => None,
        };
        remarks.extend(beyond.map(|beyond| format!("{label} {beyond}")));
        (low, high) = (low.min(least), high.max(most));
        series.push(Curve::new(label, Look::Line, points));
    }
    if series.is_empty() {
        return Err(Error::Unresolved(format!(
            "no kernel of {name} can be drawn: {}",
            remarks.join("; ")
        )));
    }
    let mut figure = Figure::new(
        "kernel",
        format!("Tangent kernels of {name}: {}", sitter.told()),
        Axis::new("angle theta of two inputs", true),
        Axis::new("kernel over its value at theta = pi/3", true),
    );
    figure.y.ends = Some((low.max(LOW) / 1.3, high.min(HIGH) * 1.3));
    figure.series = series;
    figure.remarks = remarks;
    Ok(figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, picture: Picture) -> Figure {
        let activation = text.parse::<Activation>().unwrap();
        of_activation(&activation, picture, &Effort::digits(12)).unwrap()
    }

    /// A figure of each regime, a jump and a kink: finite points, names once.
    #[test]
    fn every_regime_can_be_drawn() {
        for text in ["optimal(4)", "relu", "gelu", "x^2-1", "exp(x/2)", "step(x)"] {
            for picture in Picture::ALL {
                let activation = text.parse::<Activation>().unwrap();
                let figure = match of_activation(&activation, picture, &Effort::digits(12)) {
                    Ok(figure) => figure,
                    // R(u) belongs to the singular regime, the edge of chaos to the continuous
                    Err(Error::Domain(_)) if picture == Picture::Oscillation => continue,
                    Err(Error::Domain(_)) if picture == Picture::Phase && text == "step(x)" => {
                        continue;
                    }
                    Err(e) => panic!("{text} {picture}: {e}"),
                };
                let svg = figure.svg();
                assert!(
                    !svg.contains("NaN") && svg.contains("<desc>"),
                    "{text} {picture}"
                );
                let points = figure.series.iter().flat_map(|s| &s.points);
                assert!(points.clone().all(|(x, y)| x.is_finite() && y.is_finite()));
                assert!(points.count() > 0, "{text} {picture}");
                let mut names: Vec<&str> = figure
                    .series
                    .iter()
                    .map(|s| s.name.as_str())
                    .filter(|n| !n.is_empty())
                    .collect();
                names.sort_unstable();
                names.dedup();
                let named = figure.series.iter().filter(|s| !s.name.is_empty()).count();
                assert_eq!(names.len(), named, "{text} {picture}");
            }
        }
    }

    /// The slope of the limit kernel in logarithms is `-alpha`; the function is normalised; jumps are gaps.
    #[test]
    fn figures_show_what_is_proved() {
        let kernel = of("optimal(4)", Picture::Kernel);
        let limit = kernel.series.last().unwrap();
        assert_eq!(limit.name, "L = infinity");
        let (near, far) = (limit.points[0], limit.points[PLACES as usize / 2]);
        let slope = (near.1 / far.1).ln() / (near.0 / far.0).ln();
        assert!((slope + 4.0).abs() < 0.1, "{slope}");
        let sign = of("2*sign(x)", Picture::Activation);
        let phi: Vec<_> = sign
            .series
            .iter()
            .filter(|s| s.look == Look::Line)
            .collect();
        assert_eq!(phi.len(), 2);
        assert!(phi[0].points.iter().all(|p| (p.1 + 1.0).abs() < 1e-12));
        let spectrum = of("relu", Picture::Spectrum);
        let sum: f64 = spectrum.series[0].points.iter().map(|p| p.1).sum();
        assert!(sum < 1.0 && sum > 0.99);
    }
}
