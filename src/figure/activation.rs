//! The figures of one activation.

use super::{Axis, Curve, Figure, Look, Picture};
use crate::activation::Tape;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::kernel::{Depth, Kernel, Kind};
use crate::limit::Classification;
use crate::real::{Analytic, Real};

/// The activation is drawn from `-REACH` to `REACH`: all but 6e-5 of the normal law.
const REACH: f64 = 4.0;
/// Places of a curve.
const PLACES: i32 = 400;
/// Coefficients of a spectrum.
const TERMS: u32 = 24;
/// Depths of kernels that are drawn.
const DEPTHS: [u64; 3] = [1, 10, 100];
/// The least distance at which kernels are drawn.
const NEAREST: f64 = 1e-3;
/// Kernels are drawn as far as they are so many times as large as at distance 1.
const LARGEST: f64 = 1e30;
/// And as far as they are so many times as small.
const SMALLEST: f64 = 1e-12;
/// Where pairs of inputs set out on their way through the layers.
const STARTS: [f64; 2] = [0.9, 0.3];
/// So many layers of it.
const LAYERS: usize = 12;

/// A figure of an activation, in doubles: for looking, not for citing.
///
/// * `activation`: `phi(z)` and `phi'(z)` for `-4 <= z <= 4`, `phi` divided by the root of `E phi(Z)^2`;
/// * `spectrum`: `p_n = a_n^2/E phi(Z)^2` for `n < 24`, where they are greater than 0; they add up to 1;
/// * `dual`: the dual activation on `[-1, 1]`, two pairs on their way through the layers, and the fixed point that attracts them;
/// * `kernel`: the tangent kernel of 1, 10, 100 and of infinitely many layers against the distance `|x - x'| = sqrt(2 (1 - rho))` of inputs
///   of length 1, each divided by its value at distance 1; a singular kernel is a line of slope `-alpha` there, up to its oscillation.
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
    let name = activation.typed.to_string();
    let verdict = activation.classify(effort)?;
    match picture {
        Picture::Activation => function(activation, &name, &verdict),
        Picture::Spectrum => spectrum(activation, &name, effort),
        Picture::Dual => dual(activation, &name, &verdict, effort),
        Picture::Kernel => kernels(activation, &name, &verdict, effort),
    }
}

/// The verdict, as much of it as a title holds.
fn told(verdict: &Classification) -> String {
    let sentence = verdict.sentence();
    let end = sentence.find([':', ';']).unwrap_or(sentence.len());
    sentence[..end].to_owned()
}

/// `n + 1` places at equal distances.
fn places(from: f64, to: f64, n: i32) -> impl Iterator<Item = f64> {
    (0..=n).map(move |k| from + (to - from) * f64::from(k) / f64::from(n))
}

fn function(activation: &Activation, name: &str, verdict: &Classification) -> Result<Figure> {
    let factor = verdict.normalisation.as_ref().map(|c| c.to_f64().sqrt());
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
        for (n, pair) in ends.windows(2).enumerate() {
            let count = ((pair[1] - pair[0]) / (2.0 * REACH) * f64::from(PLACES)).ceil() as i32;
            // not at the kinks themselves: what jumps there has two values
            let inside = 1e-9 * (pair[1] - pair[0]);
            let points = places(pair[0] + inside, pair[1] - inside, count.max(2))
                .map(|z| (z, tape.at(&z)[0] * factor.unwrap_or(1.0)))
                .filter(|(_, y)| y.is_finite())
                .collect::<Vec<_>>();
            if !points.is_empty() {
                series.push(Curve::new(if n == 0 { label } else { "" }, look, points));
            }
        }
    }
    if series.is_empty() {
        return Err(Error::Unresolved(format!("{name} has no value in doubles")));
    }
    let remarks = match factor {
        Some(_) => vec![],
        None => vec!["E phi(Z)^2 is not known: drawn as it is written".into()],
    };
    Ok(Figure {
        name: "activation".into(),
        title: format!("{name}, normalised to E phi(Z)^2 = 1"),
        x: Axis::new("z", false),
        y: Axis::new("phi(z)", false),
        series,
        remarks,
    })
}

fn spectrum(activation: &Activation, name: &str, effort: &Effort) -> Result<Figure> {
    let effort = Effort {
        digits: effort.digits.max(20),
        ..*effort
    };
    let terms = activation.hermite(TERMS, &effort)?;
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
    Ok(Figure {
        name: "spectrum".into(),
        title: format!("Hermite spectrum of {name}: p_n = a_n^2/E phi(Z)^2"),
        x: Axis::new("degree n", false),
        y: Axis::new("p_n", true),
        series: vec![Curve::new("p_n", Look::Marked, points)],
        remarks: vec![],
    })
}

fn dual(
    activation: &Activation,
    name: &str,
    verdict: &Classification,
    effort: &Effort,
) -> Result<Figure> {
    let layer = Kernel::new(
        &activation.expr,
        Depth::Layers(1),
        Kind::Nngp,
        effort.deadline,
    )?;
    let graph = places(-1.0, 1.0, PLACES)
        .map(|x| (x, layer.at(x)))
        .collect();
    let mut series = vec![
        Curve::new("dual", Look::Line, graph),
        Curve::new("identity", Look::Dashed, vec![(-1.0, -1.0), (1.0, 1.0)]),
    ];
    for start in STARTS {
        let mut points = vec![(start, start)];
        let mut x = start;
        for _ in 0..LAYERS {
            let y = layer.at(x);
            points.extend([(x, y), (y, y)]);
            x = y;
        }
        series.push(Curve::new(format!("from {start}"), Look::Line, points));
    }
    if let Some(c) = &verdict.fixed_point {
        let (name, c) = (format!("c* = {}", c.digits(4)), c.to_f64());
        series.push(Curve::new(name, Look::Marked, vec![(c, c)]));
    }
    Ok(Figure {
        name: "dual".into(),
        title: format!("The dual of {name}: {}", told(verdict)),
        x: Axis::new("correlation of two inputs", false),
        y: Axis::new("after one more layer", false),
        series,
        remarks: vec![],
    })
}

fn kernels(
    activation: &Activation,
    name: &str,
    verdict: &Classification,
    effort: &Effort,
) -> Result<Figure> {
    let (mut series, mut remarks) = (Vec::new(), Vec::new());
    let depths = DEPTHS.map(Depth::Layers).into_iter();
    for depth in depths.chain([Depth::Infinite]) {
        let label = match depth {
            Depth::Layers(layers) => format!("L = {layers}"),
            Depth::Infinite => "L = infinity".into(),
        };
        let kernel = match Kernel::new(&activation.expr, depth, Kind::Ntk, effort.deadline) {
            Ok(kernel) => kernel,
            Err(timeout @ Error::Timeout { .. }) => return Err(timeout),
            Err(reason) => {
                remarks.push(format!("{label}: {reason}"));
                continue;
            }
        };
        let whole = kernel.at(0.5);
        let points: Vec<(f64, f64)> = places(NEAREST.ln(), 2f64.ln(), PLACES)
            .map(f64::exp)
            .map(|u| (u, kernel.at_gap(u * u / 2.0) / whole))
            .skip_while(|(_, k)| *k > LARGEST)
            // odd ones change their sign at a right angle
            .take_while(|(_, k)| *k > SMALLEST)
            .collect();
        if points.first().is_some_and(|(u, _)| *u > 2.0 * NEAREST) {
            remarks.push(format!(
                "{label}: where the kernel is greater than {LARGEST:e}"
            ));
        }
        match points.len() {
            0 | 1 => remarks.push(format!("{label}: the kernel is no positive number there")),
            _ => series.push(Curve::new(label, Look::Line, points)),
        }
    }
    if series.is_empty() {
        return Err(Error::Unresolved(format!(
            "no kernel of {name} can be drawn: {}",
            remarks.join("; ")
        )));
    }
    Ok(Figure {
        name: "kernel".into(),
        title: format!("Tangent kernels of {name}: {}", told(verdict)),
        x: Axis::new("distance |x - x'|", true),
        y: Axis::new("kernel over its value at distance 1", true),
        series,
        remarks,
    })
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
                let figure = of(text, picture);
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
