//! `g(u) = E[phi(rho u + s W); |rho u + s W| <= R]`, `s = sqrt(1 - rho^2)`, for piecewise analytic `phi`.
//!
//! `[-R, R]` is covered by [`Cell`]s: intervals `[a, b]` within one piece on whose surroundings the formula is analytic and
//! bounded. In `w = (t - rho u)/s` the integral is taken by the tanh-sinh rule on the part of every cell that lies
//! within a window `|w| <= omega`, or, where the whole window lies in cells of one piece, by the midpoint rule.
//!
//! **Tanh-sinh.** The map `f(t) = 1/(1 + exp(-pi sinh t))` takes the strip `|Im t| <= 1/2` into the surroundings
//! `[-OVERSHOOT, 1 + OVERSHOOT] x [-HEIGHT, HEIGHT]` of `[0, 1]`. So for every part `[a', b']` of a cell the rule
//! with nodes `t = k/m` has an error of at most
//!
//! `sup |phi| (2 Lambda/(e^(pi m) - 1) + 2 |b' - a'|/s n_max exp(-pi sinh(K/m)))`, `Lambda = int |n(w) w'(x + i/2)| dx`,
//!
//! `sup |phi|` on the surroundings of the cell, `n_max` the largest density on the part, and `K >= m` the last node.
//!
//! **Midpoint.** With nodes `(k + 1/2) h`, `omega = K h`, and `|phi| <= S` for `|Im t| <= s d`,
//! the error is at most `S (2 e^(d^2/2)/(e^(2 pi d/h) - 1) + 4 d n(omega))` if `d^2/2 <= 2 pi d/h`.

use std::sync::OnceLock;

use rug::{Float, Rational};

use super::bound::Bound;
use crate::activation::pieces::Breakpoint;
use crate::activation::{Expr, Tape};
use crate::error::{Error, Result};
use crate::quadrature::{Envelope, Moduli, Modulus, Rules};
use crate::real::{Analytic, Ball, Interval, Real, Rect};

/// The half width of the strip of the tanh-sinh rule.
pub(super) const STRIP: f64 = 0.5;
/// How far the image of the strip reaches beyond the ends of `[0, 1]`, and up and down. (Proved in a test.)
pub(super) const OVERSHOOT: f64 = 0.04;
pub(super) const HEIGHT: f64 = 0.48;

/// Precision of positions in bounds: enough for `s` down to `1e-17`.
pub(super) const PLACE_BITS: u32 = 192;

/// An end of a cell.
#[derive(Clone, Debug)]
pub(super) enum Edge {
    At(Breakpoint),
    Rational(Rational),
}

impl Edge {
    pub(super) fn ball(&self, bits: u32) -> Ball {
        match self {
            Edge::At(b) => b.position(bits),
            Edge::Rational(q) => Ball::rational(q, bits),
        }
    }

    pub(super) fn interval(&self) -> Interval {
        self.ball(PLACE_BITS).to_interval()
    }
}

/// A piece of the activation, cut off at `-R` and `R`: the formula, and its derivative where the slope is wanted.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub from: Edge,
    pub to: Edge,
    pub functions: Vec<Expr>,
}

impl Part {
    /// All functions are identically zero.
    pub(super) fn is_zero(&self) -> bool {
        let zero = |f: &Expr| f.as_rational().is_some_and(|q| q == 0);
        self.functions.iter().all(zero)
    }
}

/// An interval within one piece with bounds of the functions around it.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub from: Float,
    pub to: Float,
    /// The edges with these numbers bound it.
    pub piece: usize,
    /// The largest modulus on the surroundings `[a - OVERSHOOT (b - a), b + OVERSHOOT (b - a)] x [0, height]`.
    pub sup: Bound,
    /// The same on `[a, b]`.
    pub real_sup: Bound,
    /// `HEIGHT (b - a)`.
    pub height: f64,
}

/// The inner integrals for one correlation.
pub(super) struct Inner {
    pub cells: Vec<Cell>,
    /// The ends of the cells, one more than there are cells.
    edges: Vec<Ball>,
    tapes: Vec<Tape<Ball>>,
    rho: Ball,
    s: Ball,
    s_near: f64,
    rules: Vec<OnceLock<Vec<(Ball, Ball)>>>,
    midpoints: Vec<OnceLock<Vec<Ball>>>,
    /// The tanh-sinh rules reach to this `t`.
    last: f64,
    norm: Ball,
    outputs: usize,
    bits: u32,
}

/// How often an interval is halved in search of cells.
const DEPTH: u32 = 12;

/// The cells of one piece.
pub(super) fn cells(part: &Part, piece: usize, edges: &mut Vec<Edge>) -> Result<Vec<Cell>> {
    let moduli = Moduli::new(&part.functions, Envelope::Bare, false);
    let mut out = Vec::new();
    halved(&moduli, piece, &part.from, &part.to, DEPTH, edges, &mut out).ok_or_else(|| {
        Error::Unresolved(format!(
            "no region of analyticity could be proved around {} between {:.6} and {:.6}",
            part.functions[0],
            part.from.ball(64).to_f64(),
            part.to.ball(64).to_f64()
        ))
    })?;
    Ok(out)
}

fn halved(
    moduli: &Moduli,
    piece: usize,
    from: &Edge,
    to: &Edge,
    depth: u32,
    edges: &mut Vec<Edge>,
    out: &mut Vec<Cell>,
) -> Option<()> {
    let (a, b) = (from.interval(), to.interval());
    if let Some(cell) = cell(moduli, piece, &a, &b, depth == 0) {
        out.push(cell);
        edges.push(to.clone());
        return Some(());
    }
    if depth == 0 {
        return None;
    }
    let length = b.hi().to_f64() - a.lo().to_f64();
    let unit = 2f64.powi(length.log2().floor() as i32 - 8);
    let middle = ((0.5 * (a.to_f64() + b.to_f64())) / unit).round() * unit;
    let middle = Edge::Rational(Rational::from_f64(middle)?);
    halved(moduli, piece, from, &middle, depth - 1, edges, out)?;
    halved(moduli, piece, &middle, to, depth - 1, edges, out)
}

/// More than this factor between the suprema around a cell and on it costs more nodes than two cells do.
const STEEPEST: f64 = 25.0;

fn cell(moduli: &Moduli, piece: usize, a: &Interval, b: &Interval, last: bool) -> Option<Cell> {
    let length = Float::with_val(64, b.hi() - a.lo());
    // a little more than is used, for the rounding
    let height = Float::with_val(64, &length * (HEIGHT * (1.0 + 1e-6)));
    let beyond = Float::with_val(64, &length * (OVERSHOOT * (1.0 + 1e-6)));
    let low = Float::with_val(64, a.lo() - &beyond);
    let high = Float::with_val(64, b.hi() + &beyond);
    let (mut sup, mut real_sup) = (Bound::ZERO, Bound::ZERO);
    const COLUMNS: u32 = 8;
    let at = |k: u32| Float::with_val(64, &low + Float::with_val(64, &high - &low) * k / COLUMNS);
    for k in 0..COLUMNS {
        let column = Interval::new(at(k), at(k + 1));
        let side = Interval::new(Float::new(64), height.clone());
        let real = Interval::new(Float::new(64), Float::new(64));
        real_sup = real_sup.max(Bound::of(&moduli.sup_split(
            &Rect::new(column.clone(), real),
            4,
            true,
        )?));
        sup = sup.max(Bound::of(&moduli.sup_split(
            &Rect::new(column, side),
            4,
            false,
        )?));
    }
    let calm = sup == Bound::ZERO || sup.ln() - real_sup.ln() <= STEEPEST;
    (last || calm).then(|| Cell {
        from: Float::with_val(PLACE_BITS, a.lo()),
        to: Float::with_val(PLACE_BITS, b.hi()),
        piece,
        sup,
        real_sup,
        height: length.to_f64() * HEIGHT,
    })
}

/// A panel of the image of the line `Im t = STRIP`: real parts, largest imaginary part, `int |f'|`.
struct Panel {
    low: f64,
    high: f64,
    height: f64,
    weight: f64,
}

/// Panels that cover the image of the whole line.
fn panels() -> &'static [Panel] {
    static PANELS: OnceLock<Vec<Panel>> = OnceLock::new();
    PANELS.get_or_init(|| {
        let bits = 64;
        let end = 2.0;
        let n = 20;
        let one = Rect::int(1, bits);
        let y = Interval::point(Float::with_val(bits, STRIP));
        let up = |x: &Float| x.to_f64() * (1.0 + 1e-9);
        let mut left: Vec<Panel> = (0..n)
            .map(|k| {
                let at = |k: i32| Float::with_val(bits, -end * f64::from(k) / f64::from(n));
                let x = Interval::new(at(k + 1), at(k));
                let width = up(&x.width());
                let t = Rect::new(x, y.clone());
                let f = &one / &(&one + &(-(&Rect::pi(bits) * &t.sinh())).exp());
                let slope = &(&Rect::pi(bits) * &t.cosh()) * &(&f * &(&one - &f));
                Panel {
                    low: f.re().lo().to_f64() - 1e-9,
                    high: f.re().hi().to_f64() + 1e-9,
                    height: up(&f.im().mag()),
                    weight: up(slope.modulus().hi()) * width,
                }
            })
            .collect();
        // beyond: |f| <= u/(1 - u) and int |f'| <= u/((1 - u) cos STRIP)
        let u = (-std::f64::consts::PI * STRIP.cos() * end.sinh()).exp() * (1.0 + 1e-9);
        left.push(Panel {
            low: -u / (1.0 - u) - 1e-9,
            high: u / (1.0 - u) + 1e-9,
            height: u / (1.0 - u) + 1e-9,
            weight: u / ((1.0 - u) * STRIP.cos()) * (1.0 + 1e-9),
        });
        let right: Vec<Panel> = left
            .iter()
            .map(|p| Panel {
                low: 1.0 - p.high,
                high: 1.0 - p.low,
                ..*p
            })
            .collect();
        left.extend(right);
        left
    })
}

/// `int |n(w) w'| dx` along the image of the line for `[from, to]`.
fn arc(from: f64, to: f64) -> Bound {
    let length = to - from;
    let sum: Bound = panels()
        .iter()
        .map(|p| {
            let low = from + length * p.low;
            let high = from + length * p.high;
            let near = low.max(-high).max(0.0);
            let up = length * p.height;
            Bound::exp(0.5 * (up * up - near * near)) * Bound::number(p.weight)
        })
        .sum();
    // 1/sqrt(2 pi) < 0.4
    sum * Bound::number(0.4 * length)
}

impl Inner {
    pub(super) fn new(
        parts: &[Part],
        cells: Vec<Cell>,
        edges: &[Edge],
        rho: &Rational,
        accuracy: u32,
        bits: u32,
    ) -> Inner {
        let rest = Rational::from(1 - Rational::from(rho * rho));
        let s = Ball::rational(&rest, bits).sqrt();
        let largest = f64::from(accuracy) * std::f64::consts::LN_2 + 200.0;
        Inner {
            cells,
            edges: edges.iter().map(|e| e.ball(bits)).collect(),
            tapes: parts
                .iter()
                .map(|p| Tape::new(&p.functions, bits))
                .collect(),
            rho: Ball::rational(rho, bits),
            s_near: s.to_f64(),
            s,
            rules: (0..1024).map(|_| OnceLock::new()).collect(),
            midpoints: (0..64).map(|_| OnceLock::new()).collect(),
            last: (largest / std::f64::consts::PI).asinh(),
            norm: &Ball::int(1, bits) / &Ball::pi(bits).scale2(1).sqrt(),
            outputs: parts.first().map_or(0, |p| p.functions.len()),
            bits,
        }
    }

    /// `E[f(rho u + s W)]` within `[-R, R]` for every function `f`, with an error of at most `tolerance` and the rounding.
    pub(super) fn at(&self, u: &Ball, tolerance: Bound) -> Vec<Ball> {
        let zero = || vec![Ball::int(0, self.bits); self.outputs];
        let centre = &self.rho * u;
        // distances of the edges in units of s; doubles decide, balls compute
        let near: Vec<f64> = self
            .edges
            .iter()
            .map(|e| ((e - &centre) / &self.s).to_f64())
            .collect();
        let quarter = tolerance * Bound::number(0.25);
        let mut window = 0.0;
        while self.beyond(&near, window) > quarter {
            window += 0.5;
        }
        let mut error = self.beyond(&near, window);
        if window == 0.0 {
            return widened(zero(), error);
        }
        // no edge may be so close to an end of the window that its side is in doubt
        while near.iter().any(|x| (x.abs() - window).abs() < 1e-3) {
            window += 4e-3;
        }
        let inside: Vec<usize> = (0..self.cells.len())
            .filter(|&c| near[c] < window && near[c + 1] > -window)
            .collect();
        if let Some(values) = self.by_midpoints(&inside, &near, &centre, window, quarter) {
            return values
                .into_iter()
                .map(|v| v.widened(&(error.to_float() + quarter.to_float())))
                .collect();
        }
        let mut sums = zero();
        let segments = self.segments(&inside, &near, &centre, window);
        let share = quarter * Bound::number(1.0 / segments.len().max(1) as f64);
        for segment in &segments {
            error = error + self.add(segment, &centre, share, &mut sums);
        }
        widened(sums, error)
    }

    /// Bound of what lies in the cells but outside the window.
    fn beyond(&self, near: &[f64], window: f64) -> Bound {
        let parts = self.cells.iter().enumerate();
        parts
            .map(|(c, cell)| {
                let distance = near[c].max(-near[c + 1]).max(window) * (1.0 - 1e-12);
                cell.real_sup * Bound::gauss(distance)
            })
            .sum()
    }

    fn segments(&self, inside: &[usize], near: &[f64], centre: &Ball, window: f64) -> Vec<Segment> {
        let edge = |i: usize| {
            if near[i].abs() < window {
                (near[i], (&self.edges[i] - centre) / &self.s)
            } else {
                let end = window.copysign(near[i]);
                (end, Ball::exact(Float::with_val(self.bits, end)))
            }
        };
        let mut out = Vec::new();
        for &cell in inside {
            let (from, to) = (edge(cell), edge(cell + 1));
            let mut push = |from: &(f64, Ball), to: &(f64, Ball)| {
                out.push(Segment {
                    cell,
                    near: (from.0, to.0),
                    from: from.1.clone(),
                    to: to.1.clone(),
                });
            };
            // far to both sides of the centre of the density the strip is dear
            if from.0 < -LONGEST && to.0 > LONGEST {
                let middle = (0.0, Ball::int(0, self.bits));
                push(&from, &middle);
                push(&middle, &to);
            } else {
                push(&from, &to);
            }
        }
        out
    }

    /// Adds the integral over a segment by the tanh-sinh rule, and returns a bound of the error.
    fn add(&self, segment: &Segment, centre: &Ball, share: Bound, sums: &mut [Ball]) -> Bound {
        let cell = &self.cells[segment.cell];
        let (from, to) = segment.near;
        // the doubles are off by some 1e-15
        let (from, to) = (
            from - 1e-12 * (1.0 + from.abs()),
            to + 1e-12 * (1.0 + to.abs()),
        );
        let nearest = from.max(-to).max(0.0);
        let ends = cell.sup * Bound::gauss(nearest) * Bound::number(0.4 * (to - from));
        if ends <= share {
            return ends;
        }
        let size = cell.sup * arc(from, to) * Bound::number(2.0);
        // pi m = 2 pi STRIP m
        let mut m = ((size.ln() - share.ln() + 1.0) / std::f64::consts::PI)
            .ceil()
            .max(2.0) as usize;
        if m > 16 {
            m = m.next_multiple_of(if m > 64 { 8 } else { 2 });
        }
        let m = m.min(self.rules.len() - 1);
        let needed = (ends.ln() - share.ln() + 2.0).max(0.0) / std::f64::consts::PI;
        let last = (needed.asinh().max(1.0).min(self.last) * m as f64).ceil() as usize;
        let rule = self.rule(m);
        let last = last.min(rule.len() - 1);
        let length = &segment.to - &segment.from;
        let tape = &self.tapes[cell.piece];
        let mut term = |w: Ball, weight: &Ball| {
            let t = centre + &(&self.s * &w);
            let weight = weight * &(-w.square().scale2(-1)).exp();
            for (sum, value) in sums.iter_mut().zip(tape.at(&t)) {
                *sum = std::mem::replace(sum, Ball::int(0, 2)) + &(&weight * &value);
            }
        };
        let scale = &length * &self.norm;
        for (k, (f, weight)) in rule[..=last].iter().enumerate() {
            let step = &length * f;
            let weight = &scale * weight;
            term(&segment.from + &step, &weight);
            if k > 0 {
                term(&segment.to - &step, &weight);
            }
        }
        let m = m as f64;
        // 2/(e^(pi m) - 1) <= 2.01 e^(-pi m) for m >= 2
        let discrete = size * Bound::exp(-std::f64::consts::PI * m) * Bound::number(1.01);
        let rest = (last as f64 / m).sinh() * (1.0 - 1e-12);
        let cut = ends * Bound::exp(-std::f64::consts::PI * rest) * Bound::number(2.0);
        discrete + cut
    }

    /// `(f, w)` at `t = k/m`, `k >= 0`: the distance from the nearer end and the weight.
    fn rule(&self, m: usize) -> &[(Ball, Ball)] {
        self.rules[m].get_or_init(|| {
            let last = (self.last * m as f64).ceil() as u32;
            Rules::<Ball>::new(self.bits).half(m as u32, last).to_vec()
        })
    }

    /// The midpoint rule, where the window lies in cells of one piece and the rule is cheaper than tanh-sinh.
    fn by_midpoints(
        &self,
        inside: &[usize],
        near: &[f64],
        centre: &Ball,
        window: f64,
        share: Bound,
    ) -> Option<Vec<Ball>> {
        let (first, last) = (*inside.first()?, *inside.last()?);
        let piece = self.cells[first].piece;
        let covered = near[first] < -window && near[last + 1] > window;
        if !covered || self.cells[last].piece != piece {
            return None;
        }
        let cells = || inside.iter().map(|&c| &self.cells[c]);
        let highest = cells().map(|c| c.height).fold(f64::INFINITY, f64::min) / self.s_near;
        let sup = cells().map(|c| c.sup).fold(Bound::ZERO, Bound::max);
        if sup == Bound::ZERO {
            return Some(vec![Ball::int(0, self.bits); self.outputs]);
        }
        // nodes per standard deviation
        let needed = sup.ln() - share.ln() + 2.0;
        let d = (2.0 * needed.max(1.0)).sqrt().min(0.999 * highest);
        let density = ((needed + 0.5 * d * d) / (std::f64::consts::TAU * d)).ceil();
        if density >= self.midpoints.len() as f64 || density * window > 150.0 {
            return None;
        }
        let q = density as usize;
        let count = (window * density).ceil() as usize;
        // the window grows to a multiple of h: still in the cells?
        let end = count as f64 / density;
        if near[first] >= -end - 1e-9 || near[last + 1] <= end + 1e-9 {
            return None;
        }
        let exponent = std::f64::consts::TAU * d * density;
        if exponent < 1.0 || 0.5 * d * d > exponent {
            return None;
        }
        let error = sup
            * (Bound::exp(0.5 * d * d - exponent) * Bound::number(3.2)
                + Bound::gauss(end) * Bound::number(1.6 * d));
        if error > share {
            return None;
        }
        let weights = self.midpoints[q].get_or_init(|| self.midpoint_weights(q));
        if count > weights.len() {
            return None;
        }
        let tape = &self.tapes[piece];
        let mut sums = vec![Ball::int(0, self.bits); self.outputs];
        for (k, weight) in weights[..count].iter().enumerate() {
            let w = Ball::rational(&Rational::from((2 * k as u64 + 1, 2 * q as u64)), self.bits);
            let step = &self.s * &w;
            for t in [centre + &step, centre - &step] {
                for (sum, value) in sums.iter_mut().zip(tape.at(&t)) {
                    *sum = std::mem::replace(sum, Ball::int(0, 2)) + &(weight * &value);
                }
            }
        }
        Some(sums)
    }

    /// `n(w) h` at `w = (k + 1/2) h`, `h = 1/q`.
    fn midpoint_weights(&self, q: usize) -> Vec<Ball> {
        let h = Ball::rational(&Rational::from((1, q as u64)), self.bits);
        let scale = &h * &self.norm;
        let largest = (2.0 * f64::from(self.bits)).sqrt() + 4.0;
        (0..(largest * q as f64) as u64)
            .map(|k| {
                let w = Ball::rational(&Rational::from((2 * k + 1, 2 * q as u64)), self.bits);
                &scale * &(-w.square().scale2(-1)).exp()
            })
            .collect()
    }
}

/// Segments of the inner rule reach at most this far across the centre of the density.
const LONGEST: f64 = 3.0;

/// A part of a cell in units of `s` from the centre.
struct Segment {
    cell: usize,
    near: (f64, f64),
    from: Ball,
    to: Ball,
}

fn widened(values: Vec<Ball>, error: Bound) -> Vec<Ball> {
    let error = error.to_float();
    values.into_iter().map(|v| v.widened(&error)).collect()
}
