//! Value and slope of a dual as polynomials of the angle: a step of a recursion costs an arc sine and two short sums.
//!
//! With `rho = cos(theta)`, `gap = 1 - dual(cos theta)` both `gap/(1 - cos theta)` and the slope are analytic on `[0, pi]` where the
//! activation is continuous; where it jumps, `gap/theta` and `sin(theta) dual'(cos theta)` are. They are the integrals of `K` (of
//! `M = sin(b) E phi'(u) phi'(v)`), made once for each node, every one a sum of terms without cancellation.
//!
//! Promise: as [`Angular`], no bound; where the activation jumps, the slope has the digits of `sin(theta) dual'`.

use std::f64::consts::PI;

use super::{Angular, BASIS, Panel, Rule, TERMS, angle, panels};
use crate::deadline::Deadline;
use crate::dual::truncated::Bending;
use crate::dual::{Dual, Truncated};
use crate::real::{Ball, Chebyshev};

/// Gauss-Legendre nodes a panel where `K` is known in closed form, and how far the integrals may be from the dual.
const NODES: usize = 20;
const MISMATCH: f64 = 1e-13;

/// A dual by the angle, ready for many evaluations.
///
/// ```
/// use deeplimit::deadline::Deadline;
/// use deeplimit::dual::{Angular, AngularTable, Mesh};
/// let relu = deeplimit::exact::Activation::new(&deeplimit::activation::Expr::parse("relu").unwrap()).unwrap();
/// let angular = Angular::new(&relu, 1.0, Mesh { nodes: 20, widest: 2.0 }, Deadline::default()).unwrap();
/// let (gap, slope) = AngularTable::of(&angular).near(0.5);
/// // dual(1/2) = 1/3 + sqrt(3)/(2 pi), dual'(1/2) = 2/3
/// let value = 1.0 / 3.0 + 3f64.sqrt() / (2.0 * std::f64::consts::PI);
/// assert!((1.0 - gap - value).abs() < 1e-15 && (slope - 2.0 / 3.0).abs() < 1e-15);
/// ```
#[derive(Clone, Debug)]
pub struct AngularTable {
    starts: Vec<f64>,
    panels: Vec<Pair>,
    jumps: bool,
}

/// The two functions on an interval of angles.
#[derive(Clone, Debug)]
struct Pair {
    from: f64,
    to: f64,
    ratio: [f64; TERMS],
    slope: [f64; TERMS],
}

impl AngularTable {
    /// Of a continuous activation's dual.
    pub fn of(dual: &Angular) -> Self {
        // both integrals up to the panel
        let (mut plain, mut weighted) = (0.0, 0.0);
        let mut out = Vec::new();
        for panel in &dual.panels {
            let from = panel.from;
            let at = |theta: f64| {
                let (mut first, mut second) = (plain, weighted);
                // cos(from) - cos(theta)
                second += plain * 2.0 * ((theta + from) / 2.0).sin() * ((theta - from) / 2.0).sin();
                for (b, w) in dual.rule.on(from, theta) {
                    let k = w * panel.at(b);
                    first += k;
                    second += k * 2.0 * ((theta + b) / 2.0).sin() * ((theta - b) / 2.0).sin();
                }
                (first, second)
            };
            out.push(Pair::new(from, panel.to, |theta| {
                let (first, second) = at(theta);
                let gap = 2.0 * (theta / 2.0).sin().powi(2);
                let ratio = (dual.derivative_square - second / gap) / dual.square;
                (ratio, (dual.derivative_square - first) / dual.square)
            }));
            (plain, weighted) = at(panel.to);
        }
        AngularTable::from_panels(out, false)
    }

    fn from_panels(panels: Vec<Pair>, jumps: bool) -> Self {
        AngularTable {
            starts: panels.iter().map(|p| p.from).collect(),
            panels,
            jumps,
        }
    }

    /// By truncated moments, without a mesh. `None` for what is of another class, and where time is up.
    pub(crate) fn closed(dual: &Dual<Ball>, deadline: Deadline) -> Option<Self> {
        let (inner, scale) = match dual {
            Dual::Truncated(t) => (t, 1.0),
            Dual::Shifted { inner, scale, .. } => match &**inner {
                Dual::Truncated(t) => (t, scale.to_f64()),
                _ => return None,
            },
            _ => return None,
        };
        let inner = inner.at_middle();
        let bending = Bending::new(&inner);
        let panels = panels(|b| bending.at(b), deadline)?;
        let table = match inner.is_continuous() {
            true => {
                let known = Dual::<f64>::Truncated(inner.clone());
                AngularTable::of(&Angular {
                    square: 1.0,
                    derivative_square: known.slope_at(&1.0),
                    panels,
                    rule: Rule::new(NODES),
                    mismatch: 0.0,
                })
            }
            false => AngularTable::of_jumps(&panels),
        };
        let apart = table.mismatch(inner);
        (apart < MISMATCH).then(|| table.mixed(scale))
    }

    /// From the panels of `M`.
    fn of_jumps(panels: &[Panel]) -> Self {
        let rule = Rule::new(NODES);
        let mut sum = 0.0;
        let mut out = Vec::new();
        for panel in panels {
            let at = |theta: f64| {
                let inside = rule.on(panel.from, theta);
                sum + inside.map(|(b, w)| w * panel.at(b)).sum::<f64>()
            };
            out.push(Pair::new(panel.from, panel.to, |theta| {
                (at(theta) / theta, panel.at(theta))
            }));
            sum = at(panel.to);
        }
        AngularTable::from_panels(out, true)
    }

    /// How far it is from the dual itself, at a few places.
    fn mismatch(&self, dual: Truncated) -> f64 {
        let known = Dual::<f64>::Truncated(dual);
        let size = known.slope_at(&0.5).max(1.0);
        // `1 - rho` is exact
        let places = [-1023.0 / 1024.0, -0.5, 0.0, 0.5];
        places.into_iter().fold(0.0, |worst: f64, rho| {
            let (gap, slope) = self.near(1.0 - rho);
            let apart = (1.0 - gap - known.at(&rho)).abs();
            let apart = apart + (slope - known.slope_at(&rho)).abs() / size;
            worst.max(if apart.is_nan() { f64::INFINITY } else { apart })
        })
    }

    /// `share dual + 1 - share`: with biases.
    #[must_use]
    pub fn mixed(mut self, share: f64) -> Self {
        for panel in &mut self.panels {
            let all = panel.ratio.iter_mut().chain(&mut panel.slope);
            all.for_each(|c| *c *= share);
        }
        self
    }

    /// `1 - dual(1 - t)` and `dual'(1 - t)` for `0 <= t <= 2`, the first with the digits of `t` however small.
    pub fn near(&self, t: f64) -> (f64, f64) {
        self.at(angle(t), (t, 2.0 - t))
    }

    /// `dual(-1 + u)` and `dual'(-1 + u)` for `0 <= u <= 1`.
    pub fn far(&self, u: f64) -> (f64, f64) {
        let (gap, slope) = self.at(PI - angle(u), (2.0 - u, u));
        (1.0 - gap, slope)
    }

    /// At the angle `theta`, `1 - cos theta` and `1 + cos theta`.
    fn at(&self, theta: f64, (t, u): (f64, f64)) -> (f64, f64) {
        let above = self.starts.partition_point(|from| *from <= theta);
        let panel = &self.panels[above.saturating_sub(1)];
        let y = ((theta - panel.from) - (panel.to - theta)) / (panel.to - panel.from);
        let ratio = Chebyshev::value(&panel.ratio, y);
        let slope = Chebyshev::value(&panel.slope, y);
        match self.jumps {
            false => (t * ratio, slope),
            true => (theta * ratio, slope / (t * u).sqrt()),
        }
    }
}

impl Pair {
    fn new(from: f64, to: f64, f: impl Fn(f64) -> (f64, f64)) -> Self {
        let (middle, half) = (f64::midpoint(from, to), (to - from) / 2.0);
        let samples: [(f64, f64); TERMS] =
            std::array::from_fn(|j| f(middle + half * BASIS.node(j)));
        Pair {
            from,
            to,
            ratio: BASIS.coefficients(&samples.map(|s| s.0)),
            slope: BASIS.coefficients(&samples.map(|s| s.1)),
        }
    }
}
