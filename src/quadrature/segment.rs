//! Between two points `a < b`: `z = a + (b - a) f(t)`, `f(t) = 1/(1 + exp(-pi sinh t))`, nodes `t = k/m`.
//!
//! The strip `|Im t| <= delta < pi/2` is covered by panels for `|Re t| <= X`, and its two ends by discs around `a` and
//! `b`, into which the map winds: `|z - a| <= (b - a) |q|/(1 - |q|)` with `|q| <= exp(-pi cos(delta) sinh X)`, where
//! `int_X^inf |z'(x + i delta)| dx <= (b - a) u/((1 - u) cos delta)`, `u` that bound of `|q|`. Where the formula is not analytic at an
//! end, it is bounded there on all sheets, by `M (|z - a|/r)^e` ([`super::branch`]), `r` the radius of the disc; then for `e < 0`
//! the integral of `(|z - a|/r)^e |z'|` is at most `(b - a) u ((1 + u)/(1 - u))^-e / ((1 + e) (1 - u)^2 cos delta)`.

use std::cell::RefCell;
use std::collections::HashMap;

use rug::float::Round;
use rug::{Float, Rational};

use super::branch::{BranchPoint, LOGARITHM, Neighbourhood};
use super::envelope::BITS;
use super::line::interval;
use super::moduli::Modulus;
use super::plan::ln;
use crate::real::{Analytic, Bits, Interval, Real, Rect};

/// A tanh-sinh rule and the bound of its error.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Nodes at `t = k/m` for `-left <= k <= right`.
    pub m: u32,
    pub left: u32,
    pub right: u32,
    pub error: Float,
    /// Formulas are evaluated with so many bits more: nodes near an end must know their distance from it.
    pub depth: Bits,
}

/// A bound near an end: of `|F / z'|` by `sup (|z - a|/r)^exponent`, where `-1 < exponent <= 0`.
struct EndBound {
    sup: Float,
    exponent: Rational,
    branched: bool,
}

impl Segment {
    pub(super) fn nodes(&self) -> u64 {
        u64::from(self.left) + u64::from(self.right) + 1
    }
}

const PANEL: f64 = 0.2;

/// Images of rectangles under the map, without the factor `b - a`: all segments ask for the same ones, and they take half of the time.
#[derive(Default)]
pub(super) struct MapImages {
    known: RefCell<HashMap<Corners, (Rect, Rect)>>,
}

/// Four numbers of 64 bits, each as two doubles.
type Corners = [[u64; 2]; 4];

/// More than this many are not kept.
const IMAGES: usize = 20_000;

impl MapImages {
    /// `f(t)`, the fraction of the way from the nearer end, and `f'(t)` up to its sign, on a rectangle in `Re t >= 0`.
    fn at(&self, t: &Rect) -> (Rect, Rect) {
        // 64 bits are two doubles, exactly
        let exactly = |x: &Float| {
            let high = x.to_f64();
            let low = Float::with_val(BITS, x - high).to_f64();
            [high.to_bits(), low.to_bits()]
        };
        let key = [t.re().lo(), t.re().hi(), t.im().lo(), t.im().hi()].map(exactly);
        if let Some(found) = self.known.borrow().get(&key) {
            return found.clone();
        }
        let one = Rect::int(1, BITS);
        let pi = Rect::pi(BITS);
        let f = &one / &(&one + &(&pi * &t.sinh()).exp());
        let slope = &(&pi * &t.cosh()) * &(&f * &(&one - &f));
        let mut known = self.known.borrow_mut();
        if known.len() < IMAGES {
            known.insert(key, (f.clone(), slope.clone()));
        }
        (f, slope)
    }
}

/// The geometry for one `delta`.
struct Strip<'a, M> {
    moduli: &'a M,
    images: &'a MapImages,
    a: &'a Interval,
    b: &'a Interval,
    length: Interval,
    delta: f64,
    end: f64,
    u: Interval,
    branches: [Option<&'a BranchPoint>; 2],
}

/// How finely the strips near the ends are looked at where nothing is known to happen there: the discs have a radius of
/// about `exp(-3)` of the length.
pub(super) const PLAIN_ENDS: f64 = 3.0;

/// Powers near `|x|^-1` take nodes that are nearer to the end than this power of two; nobody waits for those.
const DEEPEST: f64 = 2e4;

/// The half widths of strips that are tried.
const DELTAS: [f64; 15] = [
    0.012, 0.018, 0.025, 0.035, 0.05, 0.1, 0.16, 0.24, 0.33, 0.42, 0.52, 0.64, 0.8, 1.0, 1.2,
];

/// The cheapest rule whose error is at most `target`, or `None` where no strip could be proved. As for the line, strips
/// are tried from thin to wide, and a widening has to prove the band that it adds. The discs around the ends, on which
/// one bound is taken, have a radius of about `exp(-ends)` of the length.
pub(super) fn segment<M: Modulus>(
    (moduli, images): (&M, &MapImages),
    a: &Interval,
    b: &Interval,
    target: &Float,
    ends: f64,
    branches: [Option<&BranchPoint>; 2],
) -> Option<Segment> {
    let mut best: Option<(f64, Strip<M>, Float)> = None;
    let mut proved = 0.0;
    let mut worse = 0;
    // thin strips pay only where the ends are looked at closely
    for delta in DELTAS.into_iter().filter(|d| d * ends > 0.14) {
        let strip = Strip::new((moduli, images), a, b, delta, ends, branches);
        if !strip.analytic(proved) {
            break;
        }
        proved = delta;
        let Some(m) = strip.integral() else { break };
        let cost = (ln(&m) - ln(target)).max(1.0) / delta;
        if best.as_ref().is_none_or(|(c, ..)| cost < *c) {
            best = Some((cost, strip, m));
            worse = 0;
        } else {
            worse += 1;
            if worse == 2 {
                break;
            }
        }
    }
    let (_, strip, integral) = best?;
    strip.certified(integral, target)
}

/// The bound of an integrand in a neighbourhood of an end.
fn end_bound<M: Modulus>(
    moduli: &M,
    branch: &BranchPoint,
    place: &Neighbourhood,
) -> Option<EndBound> {
    let functions = branch.on(place)?;
    let none = Rational::new();
    let least = functions
        .iter()
        .map(|f| &f.exponent)
        .min()?
        .clone()
        .min(none);
    let sizes: Vec<Float> = functions
        .iter()
        .map(|f| f.factor.modulus().hi().clone())
        .collect();
    let exponent = match moduli.squares() {
        true => least * 2u32,
        false => least,
    };
    let sup = moduli.weighted(&sizes, &place.disc)?;
    (exponent > -1).then_some(EndBound {
        sup,
        exponent,
        branched: true,
    })
}

/// Upper bound of the integral of `|F|` over the real points within `radius` of an end, by bounds on the line alone.
pub(super) fn remainder<M: Modulus>(
    moduli: &M,
    branch: &BranchPoint,
    end: &Interval,
    radius: f64,
    rightward: bool,
) -> Option<Float> {
    let place = Neighbourhood::on_the_line(end, radius, rightward);
    let bound = end_bound(moduli, branch, &place)?;
    let power = Interval::rational(&Rational::from(&bound.exponent + 1u32), BITS);
    let out = &(&Interval::point(bound.sup) * &place.radius) / &power;
    out.is_finite().then(|| out.hi().clone())
}

impl<'a, M: Modulus> Strip<'a, M> {
    fn new(
        (moduli, images): (&'a M, &'a MapImages),
        a: &'a Interval,
        b: &'a Interval,
        delta: f64,
        ends: f64,
        branches: [Option<&'a BranchPoint>; 2],
    ) -> Self {
        let cos = delta.cos();
        let end = (ends / (std::f64::consts::PI * cos)).asinh();
        let sinh = Interval::point(Float::with_val(BITS, end)).sinh();
        let cos = Interval::point(Float::with_val(BITS, delta)).cos();
        let u = (-(&(&Interval::pi(BITS) * &cos) * &sinh)).exp();
        Strip {
            moduli,
            images,
            a,
            b,
            length: b - a,
            delta,
            end,
            u,
            branches,
        }
    }

    /// `z` and `|z'|` on a rectangle of the `t` plane that lies in `Re t <= 0` or `Re t >= 0`.
    fn image(&self, t: &Rect, left_half: bool) -> (Rect, Float) {
        let (f, slope) = match left_half {
            true => self.images.at(&-t.clone()),
            false => self.images.at(t),
        };
        let length = Rect::real(self.length.clone());
        let offset = &length * &f;
        let z = if left_half {
            &Rect::real(self.a.clone()) + &offset
        } else {
            &Rect::real(self.b.clone()) - &offset
        };
        let slope = &length * &slope;
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
    fn end_bound(&self, left_half: bool) -> Option<EndBound> {
        let radius = (&self.length * &self.odds()).hi().clone();
        let square = Interval::symmetric(radius.clone());
        let centre = if left_half { self.a } else { self.b };
        let disc = Rect::new(centre + &square, square);
        let branch = self.branches[usize::from(!left_half)];
        let depth = if branch.is_some() { 0 } else { 6 };
        if let Some(sup) = self.moduli.sup_split(&disc, depth, false) {
            return Some(EndBound {
                sup,
                exponent: Rational::new(),
                branched: false,
            });
        }
        let place = Neighbourhood {
            logarithm: self.logarithm()?,
            disc,
            radius: Interval::point(radius),
            rightward: left_half,
            real: false,
        };
        end_bound(self.moduli, branch?, &place)
    }

    /// `u/(1 - u)`
    fn odds(&self) -> Interval {
        &self.u / &(&Interval::int(1, BITS) - &self.u)
    }

    /// `M` with `|log(w/r)| <= M (r/|w|)^(1/16)` for `w = z - a` beyond the panels, `r` the radius of the disc: with
    /// `log(w/r) = log(1/odds) + log q - log(1 + q)` and `|arg q| <= tan(delta) coth(X) |log |q||` both are linear in `log(r/|w|)`.
    fn logarithm(&self) -> Option<Float> {
        let one = Interval::int(1, BITS);
        let x = Interval::point(Float::with_val(BITS, self.end));
        let delta = Interval::point(Float::with_val(BITS, self.delta));
        let turn = &delta.tan() / &x.tanh();
        let slope = (&one + &turn.square()).sqrt();
        let start = self.odds().ln().abs() + -(&one - &self.u).ln();
        let power = Interval::rational(&LOGARITHM.into(), BITS);
        let e = one.exp();
        let bound = &(&(&one + &slope) * &start) + &(&slope / &(&e * &power));
        bound.is_finite().then(|| bound.hi().clone())
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
            let end = self.end_bound(left_half)?;
            let mut beyond = &(&self.length * &self.odds()) / &cos;
            if !end.exponent.is_zero() {
                let rest = &one - &self.u;
                let ratio = (&(&one + &self.u) / &rest).powr(&Rational::from(-&end.exponent));
                let power = Interval::rational(&Rational::from(&end.exponent + 1u32), BITS);
                beyond = &(&beyond * &ratio) / &(&rest * &power);
            }
            total += end.sup * beyond.hi();
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

    /// The rule for this strip, from the bound of the integral along its edge.
    fn certified(&self, m_bound: Float, target: &Float) -> Option<Segment> {
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
        // What lies beyond the last node k = K: where |z - a|^e z' decreases, h sum_{k > K} is at most the integral from K h, which is
        // (b - a) (r/(b - a))^-e q^(1 + e)/(1 + e) with q = exp(-pi sinh(K h)).
        let mut counts = [0u32; 2];
        let mut depth = 0.0f64;
        let one = Interval::int(1, BITS);
        for (count, left_half) in counts.iter_mut().zip([true, false]) {
            let end = self.end_bound(left_half)?;
            let power = Interval::rational(&Rational::from(&end.exponent + 1u32), BITS);
            let radius = self.odds().powr(&Rational::from(-&end.exponent));
            let scale = &(&Interval::point(end.sup) * &self.length) * &(&radius / &power);
            let scale = scale.hi().clone();
            let needed =
                (ln(&scale) - ln(target) + 2.5) / (std::f64::consts::PI * power.lo().to_f64());
            let t = needed.max(0.0).asinh().max(self.end);
            let k = (t * m).ceil();
            let last = Interval::point(Float::with_val(BITS, k)) / &Interval::int(m as i64, BITS);
            let fall = &Interval::pi(BITS) * &last.sinh();
            let q = (-&fall).exp();
            // -(log(|z - a|^e z'))' = pi cosh(t) ((1 + e)(1 - f) - f) - tanh(t), f <= q
            let steepness = &(&power * &(&one - &q)) - &q;
            let decay = &(&Interval::pi(BITS) * &last.cosh()) * &steepness;
            if !end.exponent.is_zero() && *decay.lo() < 1 {
                return None;
            }
            let rest = (-&(&fall * &power)).exp();
            error += scale * rest.hi();
            *count = k as u32;
            if end.branched {
                depth = depth.max(fall.hi().to_f64() / std::f64::consts::LN_2);
            }
        }
        error *= 1.0 + 1e-9;
        (error.is_finite() && error <= *target && depth < DEEPEST).then_some(Segment {
            m: m as u32,
            left: counts[0],
            right: counts[1],
            error,
            depth: depth.ceil() as Bits,
        })
    }
}
