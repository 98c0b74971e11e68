//! The dual of a continuous activation with kinks, in doubles, as a function of the angle: `rho = cos(theta)`.
//!
//! Near `rho = 1` no Hermite series resolves a kink. In the angle there is nothing to resolve: with slope jumps `s_i` at `c_i`
//! and `g = phi''` between them, Price's theorem gives for
//!
//! `K(b) = sin(b) E[g(u) g(v)] + 2 sin(b) sum_i s_i n(c_i) E[g(c_i cos b + z sin b)]
//!         + (1/2 pi) sum_ij s_i s_j exp(-(c_i^2 - 2 c_i c_j cos b + c_j^2)/(2 sin^2 b))`
//!
//! (`n` the normal density, `(u, v)` of correlation `cos b`)
//!
//! * `dual'(cos theta) E phi^2 = E phi'^2 - int_0^theta K(b) db`,
//! * `(1 - dual(cos theta)) E phi^2 = E phi'^2 (1 - cos theta) - int_0^theta K(b) (cos b - cos theta) db`,
//!
//! and `K` is smooth on `[0, pi]`, its ends included: along `u + v` and `u - v` the kinks are lines that meet in fixed places.
//! [DERIVED; Price's theorem] `K` is kept as Chebyshev polynomials on panels; the integrals are sums
//! of positive terms times `K`, with `cos b - cos theta = 2 sin((theta + b)/2) sin((theta - b)/2)`, so `1 - dual` has all its
//! digits however small `theta` is.
//!
//! Promise: no bound, an estimate ([`Angular::mismatch`]): some 1e-14.

mod table;

use std::f64::consts::{FRAC_PI_2, PI};
use std::sync::LazyLock;

use nalgebra::{DMatrix, SymmetricEigen};
use rayon::prelude::*;

pub use table::AngularTable;

use crate::activation::Tape;
use crate::activation::pieces::{Piece, kink};
use crate::deadline::Deadline;
use crate::exact::Activation;
use crate::real::{Bits, Chebyshev, Real};

const BITS: Bits = 64;
/// Beyond this the normal density, times what an activation may be there, is nothing.
const REACH: f64 = 11.0;
/// Panels get as narrow as the scale is large: beyond this they would be too many. Below, kinks but that at 0 are out of reach.
const SCALES: (f64, f64) = (1e-3, 16.0);
/// Chebyshev coefficients of a panel of `K`.
const TERMS: usize = 20;
/// Its nodes, and the transform.
static BASIS: LazyLock<Chebyshev<TERMS>> = LazyLock::new(Chebyshev::new);
/// The last two of them may be so large, relative to the largest value of `K`.
const ROUGHNESS: f64 = 2e-15;
/// Panels are halved at most so often.
const HALVINGS: u32 = 12;

/// How the plane and lines in it are cut into panels.
#[derive(Clone, Copy, Debug)]
pub struct Mesh {
    /// Gauss-Legendre nodes a panel.
    pub nodes: usize,
    /// The widest panel, in standard deviations, at scales up to 1.
    pub widest: f64,
}

/// The dual of `phi(scale z)`, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Angular {
    /// `E phi^2`, `E phi'^2`
    square: f64,
    derivative_square: f64,
    panels: Vec<Panel>,
    rule: Rule,
    mismatch: f64,
}

/// `K` on an interval of angles.
#[derive(Clone, Debug)]
struct Panel {
    from: f64,
    to: f64,
    chebyshev: [f64; TERMS],
}

impl Angular {
    /// The dual of `phi(scale z)`, integrated on this mesh. `None` where the activation has no kinks or jumps itself, a kink has
    /// no known place, the scale is out of `[1e-3, 16]`, or time is up.
    pub fn new(structure: &Activation, scale: f64, mesh: Mesh, deadline: Deadline) -> Option<Self> {
        let fits = structure.has_breakpoints() && structure.continuous == Some(true);
        if !fits || !(SCALES.0..=SCALES.1).contains(&scale) {
            return None;
        }
        let plane = Plane::new(&structure.pieces, scale, mesh)?;
        let panels = panels(|b| plane.k(b), deadline)?;
        let [mean, square] = plane.moments(&plane.values, 1.0);
        let [slope_mean, derivative_square] = plane.moments(&plane.slopes, scale);
        let mut out = Angular {
            square,
            derivative_square,
            panels,
            rule: plane.rule.clone(),
            mismatch: f64::INFINITY,
        };
        // at rho = 0 both are known, (E phi)^2 and (E phi')^2, and at -1 E phi(z) phi(-z) and E phi'(z) phi'(-z)
        let known = [
            out.slope_at_gap(1.0) - slope_mean * slope_mean / square,
            out.opposite_slope(0.0) - plane.opposite(&plane.slopes, scale) / square,
        ];
        let slope = known.into_iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let known = [
            (1.0 - out.gap(1.0)) - mean * mean / square,
            out.opposite(0.0) - plane.opposite(&plane.values, 1.0) / square,
        ];
        let value = known.into_iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        out.mismatch = value + slope * square / derivative_square;
        out.mismatch.is_finite().then_some(out)
    }

    /// How far value and slope are from what is known of them at `rho = 0`, `(E phi)^2/E phi^2` and `(E phi')^2/E phi^2`, and at
    /// `rho = -1`, `E phi(z) phi(-z)/E phi^2` and `E phi'(z) phi'(-z)/E phi^2`.
    pub fn mismatch(&self) -> f64 {
        self.mismatch
    }

    /// `share dual + 1 - share`: with biases.
    pub fn mixed(mut self, share: f64) -> Self {
        // all that is asked for are integrals over E phi^2
        self.square /= share;
        self
    }

    /// `1 - dual(1 - t)` for `0 <= t <= 2`.
    pub fn gap(&self, t: f64) -> f64 {
        (self.derivative_square * t - self.integrals(angle(t)).1) / self.square
    }

    /// `dual'(1 - t)` for `0 <= t <= 2`.
    pub fn slope_at_gap(&self, t: f64) -> f64 {
        (self.derivative_square - self.integrals(angle(t)).0) / self.square
    }

    /// `dual(-1 + u)`, `0 <= u <= 1`.
    pub fn opposite(&self, u: f64) -> f64 {
        1.0 - (self.derivative_square * (2.0 - u) - self.integrals(PI - angle(u)).1) / self.square
    }

    /// `dual'(-1 + u)`, `0 <= u <= 1`.
    pub fn opposite_slope(&self, u: f64) -> f64 {
        (self.derivative_square - self.integrals(PI - angle(u)).0) / self.square
    }

    /// `int_0^theta K(b) db` and `int_0^theta K(b) (cos b - cos theta) db`.
    fn integrals(&self, theta: f64) -> (f64, f64) {
        let (mut plain, mut weighted) = (0.0, 0.0);
        for panel in self.panels.iter().take_while(|p| p.from < theta) {
            for (b, w) in self.rule.on(panel.from, panel.to.min(theta)) {
                let k = w * panel.at(b);
                plain += k;
                weighted += k * 2.0 * ((theta + b) / 2.0).sin() * ((theta - b) / 2.0).sin();
            }
        }
        (plain, weighted)
    }
}

/// `K` as polynomials on panels that are halved until these are short.
fn panels(k: impl Fn(f64) -> f64 + Sync, deadline: Deadline) -> Option<Vec<Panel>> {
    let mut panels = Vec::new();
    let mut largest = 0.0f64;
    let mut open = vec![(FRAC_PI_2, PI, 0), (0.0, FRAC_PI_2, 0)];
    while let Some((from, to, halvings)) = open.pop() {
        if deadline.passed() {
            return None;
        }
        let panel = Panel::new(from, to, &k);
        let [.., a, b] = panel.chebyshev;
        largest = panel.chebyshev.iter().fold(largest, |m, c| m.max(c.abs()));
        if !largest.is_finite() {
            return None;
        }
        if a.abs() + b.abs() > ROUGHNESS * largest && halvings < HALVINGS {
            let middle = f64::midpoint(from, to);
            open.push((middle, to, halvings + 1));
            open.push((from, middle, halvings + 1));
        } else {
            panels.push(panel);
        }
    }
    Some(panels)
}

/// `acos(1 - t)`
fn angle(t: f64) -> f64 {
    2.0 * (t / 2.0).sqrt().min(1.0).asin()
}

impl Panel {
    fn new(from: f64, to: f64, k: impl Fn(f64) -> f64 + Sync) -> Self {
        let (middle, half) = (f64::midpoint(from, to), (to - from) / 2.0);
        let samples: Vec<f64> = (0..TERMS)
            .into_par_iter()
            .map(|j| k(middle + half * BASIS.node(j)))
            .collect();
        let chebyshev = BASIS.coefficients(&std::array::from_fn(|j| samples[j]));
        Panel {
            from,
            to,
            chebyshev,
        }
    }

    fn at(&self, b: f64) -> f64 {
        let y = ((b - self.from) - (self.to - b)) / (self.to - self.from);
        Chebyshev::value(&self.chebyshev, y)
    }
}

/// Gauss-Legendre nodes and weights on `[0, 1]`.
#[derive(Clone, Debug)]
pub(super) struct Rule(Vec<(f64, f64)>);

impl Rule {
    /// Golub and Welsch 1969: eigenvalues of the Jacobi matrix of the Legendre polynomials.
    pub(super) fn new(nodes: usize) -> Self {
        let beside = |k: usize| k as f64 / ((4 * k * k) as f64 - 1.0).sqrt();
        let jacobi = DMatrix::from_fn(nodes, nodes, |i, j| match i.abs_diff(j) {
            1 => beside(i.max(j)),
            _ => 0.0,
        });
        let eigen = SymmetricEigen::new(jacobi);
        let weights = eigen.eigenvectors.row(0).map(|v| v * v);
        let pairs = eigen.eigenvalues.iter().zip(weights.iter());
        Rule(pairs.map(|(x, w)| ((1.0 + x) / 2.0, *w)).collect())
    }

    pub(super) fn on(&self, from: f64, to: f64) -> impl Iterator<Item = (f64, f64)> {
        let width = to - from;
        self.0
            .iter()
            .map(move |(x, w)| (from + width * x, w * width))
    }
}

/// The activation and its derivatives on its pieces, and integrals over the normal distribution in one and two dimensions.
struct Plane {
    cuts: Vec<f64>,
    jumps: Vec<f64>,
    /// Everything is of `phi(scale z)`, the tapes of `phi(z)`.
    scale: f64,
    values: Vec<Tape<f64>>,
    slopes: Vec<Tape<f64>>,
    /// `phi''`; `None` where it vanishes.
    bends: Vec<Option<Tape<f64>>>,
    widest: f64,
    rule: Rule,
}

impl Plane {
    fn new(pieces: &[Piece], scale: f64, mesh: Mesh) -> Option<Self> {
        let pairs = || pieces.windows(2);
        let cuts = pairs().map(|p| Some(p[0].to.breakpoint()?.position(BITS).to_f64() / scale));
        let cuts: Vec<f64> = cuts.collect::<Option<_>>()?;
        let jumps = pairs()
            .map(|p| kink(&p[0], &p[1], BITS).to_f64() * scale)
            .collect();
        let tape = |e: &crate::activation::Expr| Tape::new(std::slice::from_ref(e), 53);
        let bend = |p: &Piece| {
            let bend = p.formula.derivative().derivative().simplify();
            bend.as_rational()
                .is_none_or(|q| q != 0)
                .then(|| tape(&bend))
        };
        Some(Plane {
            cuts,
            jumps,
            scale,
            values: pieces.iter().map(|p| tape(&p.formula)).collect(),
            slopes: pieces
                .iter()
                .map(|p| tape(&p.formula.derivative()))
                .collect(),
            bends: pieces.iter().map(bend).collect(),
            widest: mesh.widest / scale.max(1.0),
            rule: Rule::new(mesh.nodes),
        })
    }

    fn piece(&self, x: f64) -> usize {
        self.cuts.partition_point(|c| *c < x)
    }

    /// From here to `reach`, cut at these places and then into panels that are not too wide.
    fn panels(&self, from: f64, reach: f64, mut cuts: Vec<f64>) -> Vec<(f64, f64)> {
        cuts.retain(|c| *c > from && *c < reach);
        cuts.push(reach);
        cuts.sort_by(f64::total_cmp);
        let mut out = Vec::new();
        let mut start = from;
        for end in cuts {
            let count = ((end - start) / self.widest).ceil();
            let width = (end - start) / count;
            // equal cuts leave nothing between them
            for n in 0..count as usize {
                out.push((start + n as f64 * width, start + (n + 1) as f64 * width));
            }
            start = end;
        }
        out
    }

    /// `E f` and `E f^2`, `f(z) = factor f(scale z)` by its pieces.
    fn moments(&self, pieces: &[Tape<f64>], factor: f64) -> [f64; 2] {
        let (mut mean, mut square) = (0.0, 0.0);
        for (from, to) in self.panels(-REACH, REACH, self.cuts.clone()) {
            let f = &pieces[self.piece(f64::midpoint(from, to))];
            for (x, w) in self.rule.on(from, to) {
                let y = factor * f.at_one(&(self.scale * x));
                let w = w * density(x);
                (mean, square) = (mean + w * y, square + w * y * y);
            }
        }
        [mean, square]
    }

    /// `E f(z) f(-z)`
    fn opposite(&self, pieces: &[Tape<f64>], factor: f64) -> f64 {
        let cuts = self.cuts.iter().map(|c| c.abs()).collect();
        let on = |(from, to): (f64, f64)| {
            let middle = f64::midpoint(from, to);
            let (f, g) = (&pieces[self.piece(middle)], &pieces[self.piece(-middle)]);
            let term = |(x, w): (f64, f64)| {
                w * density(x) * f.at_one(&(self.scale * x)) * g.at_one(&(-self.scale * x))
            };
            self.rule.on(from, to).map(term).sum::<f64>()
        };
        let half: f64 = self.panels(0.0, REACH, cuts).into_iter().map(on).sum();
        2.0 * factor * factor * half
    }

    /// `K(b)`
    fn k(&self, b: f64) -> f64 {
        let (sine, cosine) = b.sin_cos();
        let mut kinks = 0.0;
        for (c, s) in self.cuts.iter().zip(&self.jumps) {
            for (d, t) in self.cuts.iter().zip(&self.jumps) {
                kinks += s * t * (-exponent(*c, *d, b)).exp();
            }
        }
        let mut smooth = 0.0;
        if self.bends.iter().any(Option::is_some) {
            // a second derivative of phi(scale z)
            let factor = self.scale * self.scale;
            smooth = factor * factor * self.both(b);
            for (c, s) in self.cuts.iter().zip(&self.jumps) {
                if *s != 0.0 {
                    smooth += 2.0 * s * density(*c) * factor * self.line(c * cosine, sine);
                }
            }
        }
        kinks / (2.0 * PI) + sine * smooth
    }

    /// `E g(m + s z)`, without the factor of the scale.
    fn line(&self, m: f64, s: f64) -> f64 {
        let cuts = self.cuts.iter().map(|c| (c - m) / s).collect();
        let of = |(from, to): (f64, f64)| {
            let middle = m + s * f64::midpoint(from, to);
            let Some(g) = &self.bends[self.piece(middle)] else {
                return 0.0;
            };
            let term = |(z, w): (f64, f64)| w * density(z) * g.at_one(&(self.scale * (m + s * z)));
            self.rule.on(from, to).map(term).sum()
        };
        self.panels(-REACH, REACH, cuts).into_iter().map(of).sum()
    }

    /// `E[g(u) g(v)]` without the factors of the scale, `u, v = p cos(b/2) +- q sin(b/2)`: `q` the outer variable below a right angle and `p` beyond, so that the
    /// inner cuts move slowly; the outer ones are where inner ones meet.
    fn both(&self, b: f64) -> f64 {
        let (s, c) = (b / 2.0).sin_cos();
        let pairs = || {
            self.cuts
                .iter()
                .flat_map(|x| self.cuts.iter().map(move |y| (x, y)))
        };
        // beyond a circle there is nothing
        let rest = |x: f64| (REACH * REACH - x * x).sqrt();
        if b <= FRAC_PI_2 {
            let outer = pairs().map(|(x, y)| (x - y) / (2.0 * s)).collect();
            2.0 * self.outer(0.0, outer, |q| {
                let cuts = self
                    .cuts
                    .iter()
                    .flat_map(|x| [(x - q * s) / c, (x + q * s) / c]);
                let reach = rest(q);
                self.inner((-reach, reach), cuts.collect(), |p| {
                    (p * c + q * s, p * c - q * s)
                })
            })
        } else {
            let outer = pairs().map(|(x, y)| (x + y) / (2.0 * c)).collect();
            2.0 * self.outer(-REACH, outer, |p| {
                let cuts = self.cuts.iter().map(|x| (x - p * c).abs() / s);
                self.inner((0.0, rest(p)), cuts.collect(), |q| {
                    (p * c + q * s, p * c - q * s)
                })
            })
        }
    }

    fn outer(&self, from: f64, cuts: Vec<f64>, f: impl Fn(f64) -> f64) -> f64 {
        let term = |(x, w): (f64, f64)| w * density(x) * f(x);
        let on = |(from, to)| self.rule.on(from, to).map(term).sum::<f64>();
        self.panels(from, REACH, cuts).into_iter().map(on).sum()
    }

    fn inner(&self, (from, to): (f64, f64), cuts: Vec<f64>, at: impl Fn(f64) -> (f64, f64)) -> f64 {
        let mut memory = Vec::new();
        let mut sum = 0.0;
        for (from, to) in self.panels(from, to, cuts) {
            let (u, v) = at(f64::midpoint(from, to));
            let (Some(f), Some(g)) = (&self.bends[self.piece(u)], &self.bends[self.piece(v)])
            else {
                continue;
            };
            for (x, w) in self.rule.on(from, to) {
                let (u, v) = at(x);
                let f = f.at_one_with(&(self.scale * u), &mut memory);
                let g = g.at_one_with(&(self.scale * v), &mut memory);
                sum += w * density(x) * f * g;
            }
        }
        sum
    }
}

/// `(c^2 - 2 c d cos b + d^2)/(2 sin^2 b)`, without cancellation at either end.
pub(super) fn exponent(c: f64, d: f64, b: f64) -> f64 {
    let part = |x: f64, y: f64| if x == 0.0 { 0.0 } else { x / y };
    let (sine, half) = (b.sin(), (b / 2.0).sin_cos());
    if b <= FRAC_PI_2 {
        part((c - d).powi(2), 2.0 * sine * sine) + part(c * d, 2.0 * half.1 * half.1)
    } else {
        part((c + d).powi(2), 2.0 * sine * sine) - part(c * d, 2.0 * half.0 * half.0)
    }
}

fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / (2.0 * PI).sqrt()
}

#[cfg(test)]
mod tests;
