//! Iterated integrals over the pieces: everything about one correlation `|rho| < 1`.

use rayon::prelude::*;
use rug::{Float, Rational};

use super::Jump;
use super::bound::Bound;
use super::inner::{Cell, Edge, Inner, PLACE_BITS, Part, cells};
use super::outer::{Outer, Stretch, stretches};
use crate::activation::Tape;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::quadrature::Rules;
use crate::real::{Analytic, Ball, Interval, Real};

/// The rules for one correlation.
pub(super) struct Nested<'a> {
    parts: &'a [Part],
    rho: Ball,
    /// `1 - rho^2`
    rest: Ball,
    s: f64,
    inner: Inner,
    stretches: Vec<Stretch>,
    /// A quarter of the error asked for.
    share: Bound,
    /// Bound of `E[f(u) f(v)]` where `u` or `v` is beyond the reach.
    cut: Bound,
    /// Bound of `E[|f(Z)|; |Z| > R]`.
    tail: Bound,
    bits: u32,
}

/// A node of the outer rule: the piece, the place, the weight with the density.
struct Node {
    piece: usize,
    u: Ball,
    weight: Ball,
}

impl<'a> Nested<'a> {
    /// Rules with a total error of about `2^-accuracy` for functions with `E[f^2; |Z| > R] <= tail`, `R` the reach of the
    /// outer integral; that of the inner one, to which the parts extend, may be larger.
    pub(super) fn new(
        parts: &'a [Part],
        rho: &Rational,
        accuracy: u32,
        (reach, tail): (u32, &Float),
    ) -> Result<Nested<'a>> {
        let share = Bound::exp(-f64::from(accuracy + 2) * std::f64::consts::LN_2);
        let mut edges: Vec<Edge> = parts.iter().take(1).map(|p| p.from.clone()).collect();
        let mut all: Vec<Cell> = Vec::new();
        for (piece, part) in parts.iter().enumerate() {
            all.extend(cells(part, piece, &mut edges)?);
        }
        // E f^2 within the reach
        let square: Bound = all
            .iter()
            .map(|c| {
                let near = c.from.to_f64().max(-c.to.to_f64()).max(0.0) * (1.0 - 1e-12);
                let length = Float::with_val(64, &c.to - &c.from).to_f64();
                c.real_sup * c.real_sup * Bound::gauss(near) * Bound::number(0.4 * length)
            })
            .sum();
        let tail = Bound::of(tail);
        // Cauchy-Schwarz, for u and for v
        let cut = ((square + tail) * tail).root() * Bound::number(2.0);
        let rest = Rational::from(1 - Rational::from(rho * rho));
        let s = Float::with_val(64, &rest).sqrt().to_f64();
        let bits = accuracy
            + 56
            + (-s.log2()).max(0.0) as u32
            + (square.ln().max(0.0) / std::f64::consts::LN_2) as u32;
        let each = share * Bound::number(0.25 / parts.len() as f64);
        let hot = hot(parts, rho);
        let mut found = Vec::new();
        for (piece, part) in parts.iter().enumerate() {
            let Some(mut ends) = within(part, reach).filter(|_| !part.is_zero()) else {
                continue;
            };
            let outer = Outer::new(part, piece, &all, rho);
            let cuts = cuts(&ends, &hot, s);
            let each = each * Bound::number(1.0 / (cuts.len() + 1) as f64);
            for cut in cuts.into_iter().map(Edge::Rational).chain([ends.1.clone()]) {
                let (from, to) = (std::mem::replace(&mut ends.0, cut.clone()), cut);
                found.extend(
                    stretches(&outer, (&from, &to), &hot, each)
                        .ok_or_else(|| not_analytic(part, &from, &to))?,
                );
            }
        }
        Ok(Nested {
            parts,
            rho: Ball::rational(rho, bits),
            rest: Ball::rational(&rest, bits),
            s,
            inner: Inner::new(parts, all, &edges, rho, accuracy, bits),
            stretches: found,
            share,
            cut,
            tail: tail.root(),
            bits,
        })
    }

    fn nodes(&self) -> Vec<Node> {
        let bits = self.bits;
        let norm = &Ball::int(1, bits) / &Ball::pi(bits).scale2(1).sqrt();
        let mut rules = Rules::<Ball>::new(bits);
        let mut out = Vec::new();
        for stretch in &self.stretches {
            let (a, b) = (stretch.from.ball(bits), stretch.to.ball(bits));
            let length = &b - &a;
            let (left, right) = (stretch.rule.left as usize, stretch.rule.right as usize);
            let half = rules.half(stretch.rule.m, left.max(right) as u32);
            let mut push = |u: Ball, w: &Ball| {
                let density = &(-u.square().scale2(-1)).exp() * &norm;
                out.push(Node {
                    piece: stretch.piece,
                    weight: &(&length * w) * &density,
                    u,
                });
            };
            for (f, w) in &half[..=left] {
                push(&a + &(&length * f), w);
            }
            for (f, w) in &half[1..=right] {
                push(&b - &(&length * f), w);
            }
        }
        out
    }

    /// `E[f(u) f(v)]` for every function `f`.
    pub(super) fn values(&self, deadline: Deadline) -> Result<Vec<Ball>> {
        deadline.check("the planning of an integral in the plane")?;
        for s in &self.stretches {
            eprintln!(
                "DEBUG {:?}..{:?} m={} {}+{}",
                s.from, s.to, s.rule.m, s.rule.left, s.rule.right
            );
        }
        eprintln!("DEBUG cells {:?}", self.inner.cells.len());
        let nodes = self.nodes();
        let tapes: Vec<Tape<Ball>> = self
            .parts
            .iter()
            .map(|p| Tape::new(&p.functions, self.bits))
            .collect();
        // every node may add the same error to the sum
        let each = self.share * Bound::number(1.0 / nodes.len().max(1) as f64);
        let outputs = self.parts.first().map_or(0, |p| p.functions.len());
        let zero = || vec![Ball::int(0, self.bits); outputs];
        let add = |a: Vec<Ball>, b: Vec<Ball>| Ok(a.iter().zip(&b).map(|(a, b)| a + b).collect());
        let sums = nodes
            .par_iter()
            .map(|node| {
                deadline.check("an integral in the plane")?;
                let values: Vec<Ball> = tapes[node.piece]
                    .at(&node.u)
                    .iter()
                    .map(|v| v * &node.weight)
                    .collect();
                let largest = values
                    .iter()
                    .map(|v| Bound::of(&v.magnitude()))
                    .fold(Bound::exp(-1e15), Bound::max);
                let smooth = self.inner.at(&node.u, each * largest.inverse());
                Ok(values.iter().zip(&smooth).map(|(v, g)| v * g).collect())
            })
            .try_reduce(zero, add)?;
        let rules: Bound = self
            .stretches
            .iter()
            .map(|s| Bound::of(&s.rule.error))
            .sum();
        let error = (rules + self.cut).to_float();
        Ok(sums.iter().map(|s| s.widened(&error)).collect())
    }

    /// The terms that jumps add to the slope, `E[phi'(u) phi'(v)]` being `regular`.
    pub(super) fn slope(&self, regular: &Ball, jumps: &[Jump]) -> Ball {
        let bits = self.bits;
        let norm = &Ball::int(1, bits) / &Ball::pi(bits).scale2(1).sqrt();
        let s = self.rest.sqrt();
        let mut slope = regular.clone();
        for jump in jumps {
            let c = jump.at.position(bits);
            // 2 J n(c) E[phi'(rho c + s W)]
            let factor = &(&jump.height * &(-c.square().scale2(-1)).exp()) * &norm.scale2(1);
            let size = Bound::of(&factor.magnitude()).max(Bound::exp(-1e15));
            let share = self.share * Bound::number(1.0 / jumps.len() as f64);
            let smooth = self.inner.at(&c, share * size.inverse());
            // n(c) n((t - rho c)/s)/s <= n(t)/(s sqrt(2 pi)), so what is beyond the reach adds at most this
            let beyond =
                self.tail * Bound::of(&jump.height.magnitude()) * Bound::number(0.8 / self.s);
            slope = (slope + &(&factor * &smooth[1])).widened(&beyond.to_float());
        }
        for (i, first) in jumps.iter().enumerate() {
            for (j, second) in jumps.iter().enumerate() {
                let (a, b) = (first.at.position(bits), second.at.position(bits));
                // a^2 - 2 rho a b + b^2 = (a -+ b)^2 +- 2 (1 -+ rho) a b without cancellation
                let one = Ball::int(1, bits);
                let (far, near) = if self.rho.to_f64() >= 0.0 {
                    let far = if i == j { Ball::int(0, bits) } else { &a - &b };
                    (far, &(&a * &b) / &(&one + &self.rho))
                } else {
                    (&a + &b, -(&(&a * &b) / &(&one - &self.rho)))
                };
                let exponent = &(&far.square() / &self.rest.scale2(1)) + &near;
                let density = &(-exponent).exp() / &(&Ball::pi(bits).scale2(1) * &s);
                slope = slope + &(&(&first.height * &second.height) * &density);
            }
        }
        slope
    }
}

/// The part within the reach of the outer integral.
fn within(part: &Part, reach: u32) -> Option<(Edge, Edge)> {
    let limit = i64::from(reach);
    let clipped = |edge: &Edge| {
        let x = edge.ball(64).to_f64();
        if x.abs() > f64::from(reach) {
            Edge::Rational(Rational::from(if x > 0.0 { limit } else { -limit }))
        } else {
            edge.clone()
        }
    };
    let (from, to) = (clipped(&part.from), clipped(&part.to));
    match (&from, &to) {
        (Edge::Rational(a), Edge::Rational(b)) if a >= b => None,
        _ => Some((from, to)),
    }
}

/// `c/rho` for the breakpoints `c`: around them the inner integral changes on the scale of `s`.
fn hot(parts: &[Part], rho: &Rational) -> Vec<Interval> {
    let rho = Interval::rational(rho, PLACE_BITS);
    parts
        .iter()
        .skip(1)
        .map(|p| &p.from.interval() / &rho)
        .filter(Interval::is_finite)
        .collect()
}

/// The hot points inside a part where `s` is small, unless an end of it or another one is nearby anyway.
fn cuts((from, to): &(Edge, Edge), hot: &[Interval], s: f64) -> Vec<Rational> {
    let mut out: Vec<Rational> = Vec::new();
    if s > 0.35 {
        return out;
    }
    let (from, to) = (from.interval(), to.interval());
    for x in hot {
        let gap = |y: &Interval| (x - y).to_f64();
        let apart = out
            .last()
            .is_none_or(|q| gap(&Interval::rational(q, PLACE_BITS)).abs() > s);
        if gap(&from) > s && -gap(&to) > s && apart {
            // a point close to it, by the scale of s, with few digits
            let unit = 2f64.powi(s.log2().floor() as i32 - 6);
            let units = (x.to_float() / unit).round();
            if let Some(q) = (units * unit).to_rational() {
                out.push(q);
            }
        }
    }
    out.sort();
    out
}

fn not_analytic(part: &Part, from: &Edge, to: &Edge) -> Error {
    Error::Unresolved(format!(
        "no region of analyticity could be proved for {} between {:.6} and {:.6}",
        part.functions[0],
        from.ball(64).to_f64(),
        to.ball(64).to_f64()
    ))
}
