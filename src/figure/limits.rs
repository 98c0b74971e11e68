//! What happens at the end: convergence to the limit, the oscillation of `R(u)`, the edge of chaos.

use std::time::Duration;

use rug::Rational;

use super::activation::{Sitter, places};
use super::{Axis, Curve, Figure, Look};
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::kernel::{Depth, Kernel, Kind};
use crate::limit::{Limit, LimitKernel, LimitValue, Subject};
use crate::phase::{BranchEnd, CriticalPoint, curve};
use crate::real::{Analytic, Ball, Real};

/// Digits of what is drawn.
const DIGITS: usize = 10;
/// A distance below this is no longer drawn.
const LEAST: f64 = 1e-14;
/// Depths of a convergence that is exponential, and of one that is a power of the depth.
const LAYERS: u64 = 120;
const FAR: u64 = 10_000;
/// Periods of `R(u)` that are drawn, and places in each.
const FIRST: f64 = 2.0;
const PERIODS: f64 = 10.0;
const PLACES: i32 = 60;
/// So far in, the mean of `R(u)` is taken.
const FAR_IN: f64 = 24.0;
/// Points of an edge of chaos.
const POINTS: u32 = 18;
/// A figure does not wait longer for the function that `R(u)` tends to.
const PATIENCE: Duration = Duration::from_millis(1200);
/// More marks than this are a thick line.
const MARKS: usize = 70;

/// `|T_L/(its limit form) - 1|` at `rho = 1/2` against the depth, and what the theory says it tends to.
pub(super) fn convergence(sitter: &Sitter, effort: &Effort) -> Result<Figure> {
    let name = &sitter.name;
    let deadline = effort.deadline;
    let rho = Rational::from((1, 2));
    let subject = Subject::of(sitter.activation, deadline)?;
    let bits = subject.bits_for_depths(DIGITS);
    let kernel = subject.kernel(&rho, bits, deadline)?;
    let slow = matches!(kernel.limit(), Limit::Singular(_) | Limit::EdgeOfChaos(_));
    if matches!(kernel.limit(), Limit::Linear) {
        return Err(Error::Domain(format!(
            "the kernel of {name} is that of its limit at every depth: nothing converges"
        )));
    }
    let depths = (1..=LAYERS).filter(|l| slow || *l <= 30 || l % 3 == 0);
    let depths = depths.map(|l| if slow { spaced(l) } else { l });
    let mut depths: Vec<u64> = depths.filter(|l| *l <= FAR).collect();
    depths.dedup();
    let mut points = Vec::new();
    for depth in depths {
        deadline.check("the convergence")?;
        let Ok(off) = kernel.deviation(&rho, depth) else {
            break;
        };
        // a sign that is not certain is none
        let certain = off.mid().clone().abs() > off.rad();
        let off = off.mid().to_f64();
        if !certain || off.is_nan() || off.abs() < LEAST || off.is_infinite() {
            break;
        }
        points.push((depth as f64, off));
    }
    if points.is_empty() {
        return Err(Error::Unresolved(format!(
            "how far the kernel of {name} is from its limit was not enclosed"
        )));
    }
    let mut figure = Figure::new(
        "convergence",
        format!("How fast the tangent kernel of {name} converges, at rho = 1/2"),
        Axis::new("depth L", slow),
        Axis::new("relative distance from the limit", true),
    );
    let last = points.iter().map(|p| p.0).fold(1.0, f64::max);
    let look = match points.len() {
        0..=MARKS => Look::Marked,
        _ => Look::Line,
    };
    figure.push_moduli("T_L", look, &points);
    let value = kernel.value(&rho)?;
    if let Some((label, rate)) = rate(&kernel, &value) {
        let range = places(0.0, last.ln(), PLACES).map(f64::exp);
        let points = range.map(|l| (l, rate(l))).filter(|p| p.1 > LEAST / 10.0);
        figure
            .series
            .push(Curve::new(label, Look::Guide, points.collect()));
    }
    figure.remarks.push(format!(
        "the limit form: {}",
        subject.classification.formula()
    ));
    Ok(figure)
}

/// Depths at about equal distances on a logarithmic axis.
fn spaced(n: u64) -> u64 {
    10f64.powf((n - 1) as f64 / 20.0).round() as u64
}

type Rate = Box<dyn Fn(f64) -> f64>;

/// What the relative distance is asymptotic to, where the theory says so and the constant is not 0.
fn rate(kernel: &LimitKernel, value: &LimitValue) -> Option<(&'static str, Rate)> {
    let (limit, c) = (
        value.limit.to_f64(),
        value.correction.as_ref().map(|c| c.to_f64()),
    );
    let relative = c.map(|c| (c / limit).abs());
    let relative = relative.filter(|c| c.is_finite() && *c > 0.0);
    let multiplier = kernel.multiplier().map(|m| m.mid().to_f64().abs());
    Some(match kernel.limit() {
        Limit::Singular(_) => {
            let c = relative?;
            ("proved: |C/h|/(L + 1)", Box::new(move |l| c / (l + 1.0)))
        }
        Limit::Chaotic(_) => {
            let (c, m) = (relative?, multiplier?);
            ("proved: |C/T| L m^L", Box::new(move |l| c * l * m.powf(l)))
        }
        Limit::Ordered(_) => {
            let (c, b) = (relative?, multiplier?);
            ("proved: |C/T| L b^L", Box::new(move |l| c * l * b.powf(l)))
        }
        Limit::EdgeOfChaos(_) => {
            let kappa = kernel.log_rate()?.mid().to_f64();
            let r = limit;
            if kappa == 0.0 {
                let c = relative?;
                return Some(("proved: |C/r|/(L + 1)", Box::new(move |l| c / (l + 1.0))));
            }
            let c = c?;
            (
                "proved: |kappa log(L + 1) + C|/(r (L + 1))",
                Box::new(move |l| ((kappa * (l + 1.0).ln() + c) / (r * (l + 1.0))).abs()),
            )
        }
        Limit::Linear | Limit::NearestNeighbour(_) => return None,
    })
}

/// `R(u)` over its mean at 0 against the number of periods, and the periodic function that it tends to.
pub(super) fn oscillation(sitter: &Sitter, effort: &Effort) -> Result<Figure> {
    let name = &sitter.name;
    let deadline = effort.deadline;
    let subject = Subject::of(sitter.activation, deadline)?;
    let verdict = &subject.classification;
    let (alpha, b) = match (&verdict.alpha, &verdict.b_prime) {
        (Some(alpha), Some(b)) if b.is_finite() => (alpha.to_f64(), b.to_f64()),
        _ => {
            return Err(Error::Domain(format!(
                "R(u) belongs to singular kernels with a finite B', and {name} has none"
            )));
        }
    };
    let kernel = Kernel::new(
        &sitter.activation.expr,
        Depth::Infinite,
        Kind::Ntk,
        deadline,
    )?;
    let log_r = |periods: f64| {
        let t = b.powf(-periods);
        kernel.logarithm_at_gap(t).1 + alpha / 2.0 * (2.0 * t).ln()
    };
    // never beyond the doubles
    let far = FAR_IN.min(600.0 / b.ln());
    let level = places(0.0, 1.0, 64)
        .take(64)
        .map(|x| log_r(far - x))
        .sum::<f64>()
        / 64.0;
    let mean = places(0.0, 1.0, 64)
        .take(64)
        .map(|x| (log_r(far - x) - level).exp())
        .sum::<f64>()
        / 64.0;
    let points = places(FIRST, PERIODS, PLACES * (PERIODS - FIRST) as i32);
    let points = points.map(|x| (x, (log_r(x) - level).exp() / mean));
    let points: Vec<(f64, f64)> = points.filter(|p| p.1.is_finite()).collect();
    let mut figure = Figure::new(
        "oscillation",
        format!("R(u) of {name} near equal inputs: periodic in log u"),
        Axis::new("log_b(1/t), t = u^2/2, b = B'", false),
        Axis::new("R(u) over its mean at 0", false),
    );
    figure.series.push(Curve::new("R(u)", Look::Line, points));
    // the figure's own patience
    let limit = subject.oscillation(6, DIGITS, Deadline::after(PATIENCE));
    deadline.check("the oscillation")?;
    match limit {
        Ok(pi) => {
            let bits = pi.mean().bits();
            let at = |x: f64| {
                let v = Ball::rational(&Rational::from_f64(-x).unwrap_or_default(), bits);
                (&pi.at(&v) / pi.mean()).mid().to_f64()
            };
            let points =
                places(FIRST, PERIODS, PLACES * (PERIODS - FIRST) as i32).map(|x| (x, at(x)));
            let periodic = Curve::new("its limit", Look::Dashed, points.collect());
            figure.series.push(periodic);
            let share = &pi.amplitude(1).scale2(1) / pi.mean();
            let share = crate::real::Quantity::new(&share, None);
            figure.remarks.push(format!(
                "amplitude of the first harmonic: {} of the mean",
                share.digits(3)
            ));
        }
        Err(Error::Timeout { .. }) => {
            let late = "its limit takes longer than a figure waits: `deeplimit limit` has it";
            figure.remarks.push(late.into());
        }
        Err(reason) => figure.remarks.push(format!("its limit: {reason}")),
    }
    Ok(figure)
}

/// A part of the edge without a gap.
type Branch = Vec<(f64, f64)>;

/// The edge of chaos: where `q*` attracts, and where it repels.
pub(super) fn phase(sitter: &Sitter, effort: &Effort) -> Result<Figure> {
    let name = &sitter.name;
    let points = curve(&sitter.activation.typed, POINTS, 6, effort.deadline)?;
    let mut figure = Figure::new(
        "phase",
        format!("The edge of chaos of {name}"),
        Axis::new("sigma_w^2", false),
        Axis::new("sigma_b^2", false),
    );
    let place = |p: &CriticalPoint| {
        let square = |b: &Ball| b.mid().to_f64().powi(2);
        (square(&p.sigma_w), square(&p.sigma_b))
    };
    if let [point] = points.as_slice() {
        let (w, b) = place(point);
        let name = "edge of chaos: every variance stays";
        figure.series = vec![Curve::new(name, Look::Point, vec![(w, b)])];
        figure.x.ends = Some((0.0, 2.0 * w));
        figure.y.ends = Some((-0.1, 1.0));
        return Ok(figure);
    }
    let (mut attracts, mut repels): (Vec<Branch>, Vec<Branch>) = (Vec::new(), Vec::new());
    for pair in points.windows(2) {
        // a branch that has ended is not joined with the next
        if pair.iter().all(|p| p.end == Some(BranchEnd::NoBias)) {
            continue;
        }
        // what repels ends where the slope is 1, and so does what attracts
        let reached = pair.iter().any(CriticalPoint::is_reached);
        let all = pair.iter().all(|p| p.is_reached() || p.end.is_some());
        let side = match reached && all {
            true => &mut attracts,
            false => &mut repels,
        };
        let ends = (place(&pair[0]), place(&pair[1]));
        match side.last_mut() {
            Some(branch) if branch.last() == Some(&ends.0) => branch.push(ends.1),
            _ => side.push(vec![ends.0, ends.1]),
        }
    }
    for (name, look, lines) in [
        ("q* attracts: the edge of chaos", Look::Line, attracts),
        ("q* repels: no network is there", Look::Dashed, repels),
    ] {
        for (n, line) in lines.into_iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            figure.series.push(Curve::new(name, look, line));
        }
    }
    if figure.series.is_empty() {
        return Err(Error::Domain(format!(
            "no point of the edge of chaos of {name} has a q* up to 9"
        )));
    }
    figure
        .remarks
        .push("ordered on the left of the line, chaotic on its right; q* up to 9".into());
    Ok(figure)
}
