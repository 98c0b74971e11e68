//! Between two points `a < b`: `z = a + (b - a) f(t)`, `f(t) = 1/(1 + exp(-pi sinh t))`, nodes `t = k/m`.
//!
//! The strip `|Im t| <= delta < pi/2` is covered by panels for `|Re t| <= X`, and its two ends by discs around `a` and
//! `b`, into which the map winds: `|z - a| <= (b - a) |q|/(1 - |q|)` with `|q| <= exp(-pi cos(delta) sinh X)`, where
//! `int_X^inf |z'(x + i delta)| dx <= (b - a) u/((1 - u) cos delta)`, `u` that bound of `|q|`.

use rug::Float;
use rug::float::Round;

use super::envelope::BITS;
use super::line::interval;
use super::moduli::Modulus;
use super::plan::ln;
use crate::real::{Analytic, Interval, Rect};

/// A tanh-sinh rule and the bound of its error.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Nodes at `t = k/m` for `-left <= k <= right`.
    pub m: u32,
    pub left: u32,
    pub right: u32,
    pub error: Float,
}

impl Segment {
    pub(super) fn nodes(&self) -> u64 {
        u64::from(self.left) + u64::from(self.right) + 1
    }
}

const PANEL: f64 = 0.2;

/// The geometry for one `delta`.
struct Strip<'a, M> {
    moduli: &'a M,
    a: &'a Interval,
    b: &'a Interval,
    length: Interval,
    delta: f64,
    end: f64,
    u: Interval,
}

/// How finely the strips near the ends are looked at where nothing is known to happen there: the discs have a radius of
/// about `exp(-3)` of the length.
pub(super) const PLAIN_ENDS: f64 = 3.0;

/// The half widths of strips that are tried.
const DELTAS: [f64; 15] = [
    0.012, 0.018, 0.025, 0.035, 0.05, 0.1, 0.16, 0.24, 0.33, 0.42, 0.52, 0.64, 0.8, 1.0, 1.2,
];

/// The cheapest rule whose error is at most `target`, or `None` where no strip could be proved. As for the line, strips
/// are tried from thin to wide, and a widening has to prove the band that it adds. The discs around the ends, on which
/// one bound is taken, have a radius of about `exp(-ends)` of the length.
pub(super) fn segment<M: Modulus>(
    moduli: &M,
    a: &Interval,
    b: &Interval,
    target: &Float,
    ends: f64,
) -> Option<Segment> {
    let mut best: Option<(f64, Strip<M>)> = None;
    let mut proved = 0.0;
    let mut worse = 0;
    // thin strips pay only where the ends are looked at closely
    for delta in DELTAS.into_iter().filter(|d| d * ends > 0.14) {
        let strip = Strip::new(moduli, a, b, delta, ends);
        if !strip.analytic(proved) {
            break;
        }
        proved = delta;
        let Some(m) = strip.integral() else { break };
        let cost = (ln(&m) - ln(target)).max(1.0) / delta;
        if best.as_ref().is_none_or(|(c, _)| cost < *c) {
            best = Some((cost, strip));
            worse = 0;
        } else {
            worse += 1;
            if worse == 2 {
                break;
            }
        }
    }
    best?.1.certified(target)
}

impl<'a, M: Modulus> Strip<'a, M> {
    fn new(moduli: &'a M, a: &'a Interval, b: &'a Interval, delta: f64, ends: f64) -> Self {
        let cos = delta.cos();
        let end = (ends / (std::f64::consts::PI * cos)).asinh();
        let sinh = Interval::point(Float::with_val(BITS, end)).sinh();
        let cos = Interval::point(Float::with_val(BITS, delta)).cos();
        let u = (-(&(&Interval::pi(BITS) * &cos) * &sinh)).exp();
        Strip {
            moduli,
            a,
            b,
            length: b - a,
            delta,
            end,
            u,
        }
    }

    /// `z` and `|z'|` on a rectangle of the `t` plane that lies in `Re t <= 0` or `Re t >= 0`.
    fn image(&self, t: &Rect, left_half: bool) -> (Rect, Float) {
        let one = Rect::int(1, BITS);
        let pi = Rect::pi(BITS);
        let s = &pi * &t.sinh();
        let s = if left_half { -s } else { s };
        // the fraction of the way from the nearer end
        let f = &one / &(&one + &s.exp());
        let length = Rect::real(self.length.clone());
        let offset = &length * &f;
        let z = if left_half {
            &Rect::real(self.a.clone()) + &offset
        } else {
            &Rect::real(self.b.clone()) - &offset
        };
        let slope = &(&(&length * &pi) * &t.cosh()) * &(&f * &(&one - &f));
        (z, slope.modulus().hi().clone())
    }

    /// Upper bound of `|F| = |G phi z'|` on a rectangle of the `t` plane.
    fn sup(&self, t: &Rect, left_half: bool, depth: u32, line: bool) -> Option<Float> {
        let (z, slope) = self.image(t, left_half);
        if slope.is_finite()
            && z.is_finite()
            && let Some(sup) = self.moduli.sup(&z)
        {
            let out = Float::with_val_round(BITS, sup * &slope, Round::Up).0;
            if out.is_finite() {
                return Some(out);
            }
        }
        if depth == 0 {
            return None;
        }
        let (p, q) = super::moduli::halves(t, line);
        let p = self.sup(&p, left_half, depth - 1, line)?;
        let q = self.sup(&q, left_half, depth - 1, line)?;
        Some(if p > q { p } else { q })
    }

    fn panels(&self) -> Vec<(f64, f64)> {
        let n = (self.end / PANEL).ceil();
        (0..n as u32)
            .map(|k| (self.end * f64::from(k) / n, self.end * f64::from(k + 1) / n))
            .collect()
    }

    /// Bound of `|G phi|` on the disc around an end that holds everything beyond the panels.
    fn end_sup(&self, left_half: bool) -> Option<Float> {
        let one = Interval::int(1, BITS);
        let radius = (&self.length * &(&self.u / &(&one - &self.u))).hi().clone();
        let square = Interval::new(-radius.clone(), radius);
        let centre = if left_half { self.a } else { self.b };
        self.moduli
            .sup_split(&Rect::new(centre + &square, square), 6, false)
    }

    /// Upper bound of `int |F(x + i delta)| dx`.
    fn integral(&self) -> Option<Float> {
        let y = Interval::point(Float::with_val(BITS, self.delta));
        let mut total = Float::new(BITS);
        for left_half in [true, false] {
            for (p, q) in self.panels() {
                let x = if left_half {
                    interval(-q, -p)
                } else {
                    interval(p, q)
                };
                let sup = self.sup(&Rect::new(x, y.clone()), left_half, 4, true)?;
                total += sup * (q - p);
            }
            let one = Interval::int(1, BITS);
            let cos = Interval::point(Float::with_val(BITS, self.delta)).cos();
            let beyond = &(&self.length * &self.u) / &(&(&one - &self.u) * &cos);
            total += self.end_sup(left_half)? * beyond.hi();
        }
        total *= 1.0 + 1e-9; // covers the few roundings at 64 bits above
        total.is_finite().then_some(total)
    }

    /// Analyticity on `from <= Im t <= delta`.
    fn analytic(&self, from: f64) -> bool {
        [true, false].iter().all(|&left_half| {
            self.panels().iter().all(|&(p, q)| {
                let x = if left_half {
                    interval(-q, -p)
                } else {
                    interval(p, q)
                };
                self.sup(
                    &Rect::new(x, interval(from, self.delta)),
                    left_half,
                    7,
                    false,
                )
                .is_some()
            })
        })
    }

    fn certified(&self, target: &Float) -> Option<Segment> {
        let m_bound = self.integral()?;
        let m = ((ln(&m_bound) - ln(target) + 2.5).max(1.0) / (std::f64::consts::TAU * self.delta))
            .ceil()
            .max(2.0);
        if m > 1e6 {
            return None;
        }
        let exponent = &(&(&Interval::pi(BITS) * &Interval::int(2, BITS))
            * &Interval::point(Float::with_val(BITS, self.delta)))
            * &Interval::int(m as i64, BITS);
        let mut error = (&Interval::point(m_bound * 2) / &exponent.exp_m1())
            .hi()
            .clone();
        // What lies beyond the last node k = K: since z' decreases there, h sum_{k > K} z'(k h) <= |z(K h) - end|
        // <= (b - a) exp(-pi sinh(K h)).
        let mut counts = [0u32; 2];
        for (count, left_half) in counts.iter_mut().zip([true, false]) {
            let scale = self.end_sup(left_half)? * self.length.hi();
            let needed = ((ln(&scale) - ln(target) + 2.5) / std::f64::consts::PI).max(0.0);
            let t = needed.asinh().max(self.end);
            let k = (t * m).ceil();
            let last = Interval::point(Float::with_val(BITS, k)) / &Interval::int(m as i64, BITS);
            let rest = (-(&Interval::pi(BITS) * &last.sinh())).exp();
            error += scale * rest.hi();
            *count = k as u32;
        }
        error *= 1.0 + 1e-9;
        (error.is_finite() && error <= *target).then_some(Segment {
            m: m as u32,
            left: counts[0],
            right: counts[1],
            error,
        })
    }
}
