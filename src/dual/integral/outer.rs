//! `int phi(u) g(u) n(u) du` over a piece by the tanh-sinh rule, with a bound of the entire function `g` off the axis.
//!
//! `g(z) = int_{-R}^{R} phi(t) exp(-(t - rho z)^2/(2 s^2))/(s sqrt(2 pi)) dt`. With `y = |rho Im z|/s`, distances in units of `s`
//! from `Re rho z`, and the cells `c` of [`super::inner`]:
//!
//! * on the real axis, `|g(z)| <= e^(y^2/2) sum_c sup_c |phi| e^(-dist(c)^2/2)`;
//! * where `Re rho z` lies in cells of one piece, the part `[p, q]` of the path, within these cells and with `Re rho z` at
//!   least `r` away from both ends, is lifted to the height `eta <= y` within their surroundings: with the supremum
//!   `S` there, `|g(z)| <= S e^((y - eta)^2/2) + 2 S eta/sqrt(2 pi) e^((y^2 - r^2)/2) + e^(y^2/2) sum_c sup_c |phi|
//!   e^(-max(dist(c), r)^2/2)`: the lifted part, the two vertical sides, what remains on the axis.
//!
//! So there is no blow-up where `Im z` is smaller than the distance to the breakpoints, however small `s` is. The
//! tanh-sinh map winds around its ends; within a distance of `s` that does no harm, and a strip of half width
//! about `pi/(4 log(1/s))` does not wind farther out: the number of nodes grows like `log(1/s)`.

use rug::{Float, Rational};

use super::bound::Bound;
use super::inner::{Cell, Edge, PLACE_BITS, Part};
use crate::activation::Tape;
use crate::quadrature::{Modulus, Segment, segment};
use crate::real::{Analytic, Interval, Real, Rect};

/// `phi(z) g(z) n(z)` for one piece.
pub(super) struct Outer<'a> {
    piece: usize,
    tape: Tape<Rect>,
    cells: &'a [Cell],
    rho: Interval,
    s: f64,
}

/// A part of a piece with its rule.
pub(super) struct Stretch {
    pub piece: usize,
    pub from: Edge,
    pub to: Edge,
    pub rule: Segment,
}

/// Beyond `y + MARGIN` standard deviations the path is not lifted: `e^((y^2 - r^2)/2) <= e^(-18)`.
const MARGIN: f64 = 6.0;

/// `e^((y^2 - d^2)/2)`, rounded up.
fn lifted(y: f64, d: f64) -> Bound {
    Bound::exp(0.5 * (y * y - d * d) + 1e-13 * (y * y + d * d))
}

impl<'a> Outer<'a> {
    pub(super) fn new(part: &Part, piece: usize, cells: &'a [Cell], rho: &Rational) -> Self {
        let rest = Rational::from(1 - Rational::from(rho * rho));
        Outer {
            piece,
            tape: Tape::new(&part.functions, 64),
            cells,
            rho: Interval::rational(rho, PLACE_BITS),
            s: Float::with_val(64, rest).sqrt().to_f64(),
        }
    }

    /// Upper bound of `|g|` on a rectangle.
    fn smoothed(&self, z: &Rect) -> Bound {
        let centre = &self.rho * z.re();
        let y =
            Float::with_val(64, self.rho.mag() * z.im().mag()).to_f64() / self.s * (1.0 + 1e-12);
        // lower bounds of b - a, in units of s
        let gap = |a: &Float, b: &Float| {
            let x = Float::with_val(64, b - a).to_f64() / self.s;
            x - 1e-12 * x.abs()
        };
        let distance: Vec<f64> = self
            .cells
            .iter()
            .map(|c| {
                gap(centre.hi(), &c.from)
                    .max(gap(&c.to, centre.lo()))
                    .max(0.0)
            })
            .collect();
        let on_the_axis = |r: f64| -> Bound {
            self.cells
                .iter()
                .zip(&distance)
                .map(|(c, &d)| c.real_sup * lifted(y, d.max(r)))
                .sum()
        };
        let plain = on_the_axis(0.0);
        let (Some(first), Some(last)) = (
            self.cells.iter().position(|c| c.to > *centre.lo()),
            self.cells.iter().rposition(|c| c.from < *centre.hi()),
        ) else {
            return plain;
        };
        let piece = self.cells[first.min(last)].piece;
        if first > last || self.cells[last].piece != piece {
            return plain;
        }
        let (mut left, mut right) = (first, last);
        let near_enough = |x: f64| x < y + MARGIN;
        while left > 0
            && self.cells[left - 1].piece == piece
            && near_enough(gap(&self.cells[left].from, centre.lo()))
        {
            left -= 1;
        }
        while right + 1 < self.cells.len()
            && self.cells[right + 1].piece == piece
            && near_enough(gap(centre.hi(), &self.cells[right].to))
        {
            right += 1;
        }
        let r = gap(&self.cells[left].from, centre.lo())
            .min(gap(centre.hi(), &self.cells[right].to))
            .clamp(0.0, y + MARGIN);
        let run = &self.cells[left..=right];
        let sup = run.iter().map(|c| c.sup).fold(Bound::ZERO, Bound::max);
        let highest = run.iter().map(|c| c.height).fold(f64::INFINITY, f64::min) / self.s;
        let eta = y.min(highest * (1.0 - 1e-12));
        let top = sup * lifted((y - eta) * (1.0 + 1e-12), 0.0);
        // 2/sqrt(2 pi) < 0.8
        let sides = sup * Bound::number(0.8 * eta.max(1e-300)) * lifted(y, r);
        plain.min(top + sides + on_the_axis(r))
    }
}

impl Modulus for Outer<'_> {
    fn sup(&self, z: &Rect) -> Option<Float> {
        let mut largest = Bound::ZERO;
        for value in self.tape.at(z) {
            if !value.is_finite() {
                return None;
            }
            largest = largest.max(Bound::of(value.modulus().hi()));
        }
        let (x, y) = (z.re().mig().to_f64(), z.im().mag().to_f64());
        // 1/sqrt(2 pi) < 0.4
        let weight = lifted(y * (1.0 + 1e-15), x * (1.0 - 1e-15)) * Bound::number(0.4);
        let out = (largest * weight * self.smoothed(z)).to_float();
        out.is_finite().then_some(out)
    }
}

/// Rules for `[from, to]` within one piece, each with an error of at most `target`. Around the points `hot` the inner integral
/// changes on the scale of `s`.
pub(super) fn stretches(
    outer: &Outer,
    (from, to): (&Edge, &Edge),
    hot: &[Interval],
    target: Bound,
) -> Option<Vec<Stretch>> {
    let mut ends = vec![from.clone()];
    let (a, b) = (from.interval(), to.interval());
    let length = distance(&b, &a);
    // cuts that approach the hot ends by factors of 8
    let near = |x: &Interval| hot.iter().any(|h| distance(x, h).abs() < outer.s);
    let steps = |hot: bool| {
        let count = if hot {
            (length / (FEW * outer.s)).log(GRADE).ceil()
        } else {
            0.0
        };
        (1..=count.max(0.0) as i32)
            .map(|k| length * GRADE.powi(-k))
            .collect::<Vec<_>>()
    };
    let (left, right) = (steps(near(&a)), steps(near(&b)));
    for x in left.iter().rev() {
        ends.push(cut(&a, *x)?);
    }
    for x in &right {
        ends.push(cut(&b, -*x)?);
    }
    ends.push(to.clone());
    let target = target * Bound::number(1.0 / ends.len() as f64);
    let mut out = Vec::new();
    for pair in ends.windows(2) {
        out.extend(divided(outer, &pair[0], &pair[1], hot, target, 5)?);
    }
    Some(out)
}

/// Stretches next to a hot point are a few `s` long,
const FEW: f64 = 30.0;
/// and every next one is longer by this factor.
const GRADE: f64 = 8.0;

fn distance(x: &Interval, y: &Interval) -> f64 {
    (x - y).to_f64()
}

/// About `x + step`, with few digits by the scale of the step.
fn cut(x: &Interval, step: f64) -> Option<Edge> {
    let unit = 2f64.powi(step.abs().log2().floor() as i32 - 8);
    let units = Float::with_val(PLACE_BITS, x.to_float() + step) / unit;
    Some(Edge::Rational((units.round() * unit).to_rational()?))
}

/// One rule, or rules for halves where poles make two cheaper than one.
fn divided(
    outer: &Outer,
    from: &Edge,
    to: &Edge,
    hot: &[Interval],
    target: Bound,
    depth: u32,
) -> Option<Vec<Stretch>> {
    let (a, b) = (from.interval(), to.interval());
    let length = distance(&b, &a);
    // the ends are looked at on the scale of s, or of their distance from what is hot
    let scale = hot
        .iter()
        .map(|h| distance(&a, h).abs().min(distance(&b, h).abs()))
        .fold(length, f64::min)
        .max(outer.s);
    let ends = (length / scale).ln().max(2.0) + 1.0;
    let whole = segment(outer, &a, &b, &target.to_float(), ends).map(|rule| Stretch {
        piece: outer.piece,
        from: from.clone(),
        to: to.clone(),
        rule,
    });
    // what a strip that does not wind farther than this needs
    let winding = (ends / std::f64::consts::PI).asinh().cosh();
    let delta = (0.4 / winding).asin();
    let range = (-target.ln() / std::f64::consts::PI).max(1.0).asinh();
    let fair = 2.0 * range * (30.0 - 1.2 * target.ln()) / (std::f64::consts::TAU * delta);
    if let Some(stretch) = &whole
        && (depth == 0 || (stretch.rule.nodes() as f64) < fair)
    {
        return whole.map(|stretch| vec![stretch]);
    }
    if depth == 0 {
        return None;
    }
    let middle = cut(&a, 0.5 * length)?;
    let half = target * Bound::number(0.5);
    let halves = divided(outer, from, &middle, hot, half, depth - 1).and_then(|mut left| {
        left.extend(divided(outer, &middle, to, hot, half, depth - 1)?);
        Some(left)
    });
    let count = |h: &[Stretch]| h.iter().map(|s| s.rule.nodes()).sum::<u64>();
    match (whole, halves) {
        (Some(w), Some(h)) if count(&h) < w.rule.nodes() => Some(h),
        (Some(w), _) => Some(vec![w]),
        (None, h) => h,
    }
}
