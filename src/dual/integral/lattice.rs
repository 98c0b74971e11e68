//! Whole-line analytic activations: the product trapezoidal rule in rotated coordinates.
//!
//! With `A = sqrt((1 + |rho|)/2)`, `B = sqrt((1 - |rho|)/2)` and independent standard normal `p`, `q`,
//!
//! `u = A p + B q`, `v = sign(rho) (A p - B q)`
//!
//! have correlation `rho`. The steps are chosen so that `B h_q = delta` and `A h_p = m delta` with an integer `m`: then
//! both `u` and `v` run through multiples of `delta`, and the activation is evaluated on a line, not on a plane.
//!
//! The error, with `F(p, q) = phi(u) phi(v) n(p) n(q)` in the box `|p| <= P = (K + 1/2) h_p`, `|q| <= Q = (L + 1/2) h_q`
//! and the theorem of [`crate::quadrature`] for finite intervals, in `q` at every node `p_k`, then in `p`. Everywhere
//! `|phi(z) phi(z')| <= (|phi(z)|^2 + |phi(z')|^2)/2`, and both terms have the same bound by the symmetry of the box.
//! Let `M_c(D)` and `m_c(D)` be the suprema of `|phi|` on the columns `c x [0, D]` and on their upper sides, and `n` the
//! normal density.
//!
//! * horizontal sides, `q`: `2 e^(d^2/2)/(e^E - 1) sum_c m_c(B d)^2 n(c) (|c| + h_p)` with `E = 2 pi d/h_q`. (For a column
//!   `c`, `p -> n(p) P(q in (c - A p)/B)` is log-concave, so that its trapezoidal sum is at most its integral plus
//!   `h_p` times its maximum, and the maximum is at most `n` at the point of `c` nearest to 0, because
//!   `p^2 + q^2 >= u^2`.)
//! * vertical sides, `q`: `4 int_0^d e^(y^2/2 - 2 pi y/h_q) dy sum_c M_c(B d)^2 e^(-max(|c|, Q)^2/2)/(2 pi) (|c|/A + h_p)`.
//! * horizontal sides, `p`: `2 e^(d^2/2)/(e^E - 1) sum_c m_c(A d)^2 P(u in c)` with `E = 2 pi d/h_p`.
//! * vertical sides, `p`: `4 int_0^d e^(y^2/2 - 2 pi y/h_p) dy sum_c M_c(A d)^2 e^(-max(|c|, P)^2/2)/sqrt(2 pi)`.
//! * outside the box: `E[phi(u)^2; |u| > R] + 2 sum_c M_c^2 e^(-max(|c|, min(P, Q))^2/2)`.

use rayon::prelude::*;
use rug::{Float, Rational};

use super::bound::Bound;
use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::quadrature::{Envelope, Moduli, Modulus};
use crate::real::{Analytic, Ball, Interval, Real, Rect};

/// Width of the columns.
const WIDTH: f64 = 0.5;

/// Steps in units of the standard deviation are at most this long.
const LONGEST_STEP: f64 = 1.5;

/// A product rule and the bound of its error.
struct Lattice {
    delta: f64,
    m: i64,
    k: i64,
    l: i64,
    error: Bound,
    /// Upper bound of the sum of the moduli of all terms, in bits.
    size: f64,
}

/// One direction of the rule: the strip's half width in units of the standard deviation, and the longest step.
#[derive(Clone, Copy)]
struct Strip {
    d: f64,
    step: f64,
}

struct Geometry<'a> {
    moduli: &'a Moduli,
    a: f64,
    b: f64,
    ln_target: f64,
    columns: Vec<(f64, f64)>,
}

/// `E[f(u) f(v)]` for every function `f`, each analytic near the real line, or `None` where no strip was proved;
/// `tail` bounds `E[f(Z)^2; |Z| > reach]`.
pub(super) fn lattice(
    functions: &[Expr],
    (reach, tail): (u32, &Float),
    rho: &Rational,
    accuracy: u32,
    deadline: Deadline,
) -> Result<Option<Vec<Ball>>> {
    let size = rho.clone().abs();
    let moduli = Moduli::new(functions, Envelope::Bare, false);
    let half = |q: Rational| (q / 2u32).to_f64().sqrt();
    let mut geometry = Geometry {
        moduli: &moduli,
        a: half(Rational::from(1 + &size)),
        b: half(Rational::from(1 - &size)),
        ln_target: -f64::from(accuracy) * std::f64::consts::LN_2 - 2.0,
        columns: Vec::new(),
    };
    let Some(rule) = geometry.rule(reach) else {
        return Ok(None);
    };
    deadline.check("the planning of an integral in the plane")?;
    let error = (rule.error + Bound::of(tail)).to_float();
    let values = rule.sums(functions, rho, accuracy, deadline)?;
    Ok(Some(values.iter().map(|v| v.widened(&error)).collect()))
}

/// The distance of a column from 0.
fn near((left, right): (f64, f64)) -> f64 {
    left.max(-right).max(0.0)
}

/// The normal density at a distance of at least `x` from 0.
fn density(x: f64) -> Bound {
    Bound::gauss(x) * Bound::number(0.4)
}

impl Geometry<'_> {
    fn rule(&mut self, reach: u32) -> Option<Lattice> {
        // the box, by what is left outside it
        let mut side = (-2.0 * self.ln_target).sqrt().max(2.0);
        let real = loop {
            self.cover(f64::from(reach).max((self.a + self.b) * (side + LONGEST_STEP)));
            let real = self.suprema(0.0, 0.0)?;
            if self.beyond(&real, side).ln() <= self.ln_target - 1.0 {
                break real;
            }
            side += 0.25;
            if side > 1e3 {
                return None;
            }
        };
        for _ in 0..8 {
            let p = self.strip(self.a)?;
            let q = self.strip(self.b)?;
            let (delta, m) = steps(self.a * p.step, self.b * q.step);
            let rule = self.certified(&real, p, q, delta, m, side)?;
            if rule.error.ln() <= self.ln_target + 2.0 {
                return Some(rule);
            }
            // the vertical sides are too high: farther out they are lower
            side += 1.0;
            self.cover(f64::from(reach).max((self.a + self.b) * (side + LONGEST_STEP)));
        }
        None
    }

    fn cover(&mut self, to: f64) {
        let n = (to / WIDTH).ceil() as i64;
        self.columns = (-n..n)
            .map(|k| (k as f64 * WIDTH, (k + 1) as f64 * WIDTH))
            .collect();
    }

    /// `sup |f|` on every column between two heights.
    fn suprema(&self, low: f64, high: f64) -> Option<Vec<Bound>> {
        let interval =
            |a: f64, b: f64| Interval::new(Float::with_val(64, a), Float::with_val(64, b));
        self.columns
            .iter()
            .map(|&(left, right)| {
                let z = Rect::new(interval(left, right), interval(low, high));
                self.moduli
                    .sup_split(&z, 5, low == high)
                    .map(|s| Bound::of(&s))
            })
            .collect()
    }

    /// `sum_c s_c^2 e^(-max(|c|, side)^2/2)`.
    fn beyond(&self, suprema: &[Bound], side: f64) -> Bound {
        let columns = self.columns.iter().zip(suprema);
        columns
            .map(|(&c, &s)| s * s * Bound::gauss(near(c).max(side)))
            .sum()
    }

    /// `sum_c s_c^2 n(c) (|c| + h)`.
    fn weighted(&self, suprema: &[Bound], h: f64) -> Bound {
        let columns = self.columns.iter().zip(suprema);
        let sum: Bound = columns.map(|(&c, &s)| s * s * density(near(c))).sum();
        sum * Bound::number(WIDTH + h)
    }

    /// The strip with the longest step, for the direction with this coefficient.
    fn strip(&self, coefficient: f64) -> Option<Strip> {
        let mut best: Option<(f64, Strip)> = None;
        for j in 0..28 {
            let d = 0.0078125 * 2f64.powf(0.5 * f64::from(j));
            let Some(upper) = self.suprema(coefficient * d, coefficient * d) else {
                break;
            };
            let size = self.weighted(&upper, LONGEST_STEP).ln() + 0.5 * d * d;
            let needed = (size - self.ln_target + 3.0).max(1.0);
            let step = std::f64::consts::TAU * d / needed;
            if best.is_none_or(|(s, _)| step > s) {
                best = Some((step, Strip { d, step }));
            } else if best.is_some_and(|(s, _)| step < 0.7 * s) {
                break;
            }
        }
        let (_, mut strip) = best?;
        // what holds on the upper side of a strip must hold inside it too
        while self.suprema(0.0, coefficient * strip.d).is_none() {
            strip.d *= 0.8;
            strip.step *= 0.8;
            if strip.d < 1e-3 {
                return None;
            }
        }
        strip.step = strip.step.min(LONGEST_STEP);
        Some(strip)
    }

    fn certified(
        &self,
        real: &[Bound],
        p: Strip,
        q: Strip,
        delta: f64,
        m: i64,
        side: f64,
    ) -> Option<Lattice> {
        let (h_p, h_q) = (m as f64 * delta / self.a, delta / self.b);
        let count = |h: f64| (side / h - 0.5).ceil().max(0.0);
        let (k, l) = (count(h_p), count(h_q));
        if k * l > 1e9 {
            return None;
        }
        let mut error = self.beyond(real, side) * Bound::number(2.0);
        for (strip, h, coefficient, rows) in [(q, h_q, self.b, true), (p, h_p, self.a, false)] {
            let d = strip.d;
            let height = coefficient * d;
            let exponent = std::f64::consts::TAU * d / h * (1.0 - 1e-12);
            if exponent < 1.0 {
                return None;
            }
            // 1/(e^E - 1) <= 1.6 e^-E for E >= 1
            let horizontal = self.weighted(&self.suprema(height, height)?, h_p)
                * Bound::exp(0.5 * d * d - exponent)
                * Bound::number(3.2);
            // the exponent is convex in y: largest at an end
            let kernel = Bound::number(4.0 * d) * Bound::exp((0.5 * d * d - exponent).max(0.0));
            let around = self.beyond(&self.suprema(0.0, height)?, side) * kernel;
            let vertical = around
                * Bound::number(if rows {
                    0.16 * (WIDTH / self.a + h_p)
                } else {
                    0.4
                });
            error = error + horizontal + vertical;
        }
        let size = self.weighted(real, h_p) + Bound::number(1.0);
        Some(Lattice {
            delta,
            m,
            k: k as i64,
            l: l as i64,
            error,
            size: size.ln() / std::f64::consts::LN_2,
        })
    }
}

/// `delta` and `m` with `delta <= short` and `m delta <= long`, the product `m delta^2` as large as may be; `delta` has
/// few bits.
fn steps(long: f64, short: f64) -> (f64, i64) {
    let down = |x: f64| {
        let scale = 2f64.powi(20 - x.log2().floor() as i32);
        (x * scale).floor() / scale
    };
    if long <= short {
        return (down(long), 1);
    }
    let m = (long / short).floor().min(1e15);
    let finer = long / (m + 1.0);
    if (m + 1.0) * finer * finer > m * short * short {
        (down(finer), m as i64 + 1)
    } else {
        (down(short), m as i64)
    }
}

impl Lattice {
    /// Where the value at `delta (m k + l)` is stored.
    fn position(&self, k: i64, l: i64) -> usize {
        if self.contiguous() {
            (self.m * (k + self.k) + l + self.l) as usize
        } else {
            ((k + self.k) * (2 * self.l + 1) + l + self.l) as usize
        }
    }

    /// The rows of nodes overlap.
    fn contiguous(&self) -> bool {
        self.m <= 2 * self.l + 1
    }

    /// The multiples of `delta` at which the functions are evaluated, in the order of their positions.
    fn multiples(&self) -> Vec<i64> {
        let (m, k, l) = (self.m, self.k, self.l);
        if self.contiguous() {
            (-(m * k + l)..=m * k + l).collect()
        } else {
            (-k..=k)
                .flat_map(|k| (-l..=l).map(move |l| m * k + l))
                .collect()
        }
    }

    fn sums(
        &self,
        functions: &[Expr],
        rho: &Rational,
        accuracy: u32,
        deadline: Deadline,
    ) -> Result<Vec<Ball>> {
        let bits = accuracy + 48 + self.size.max(0.0) as u32;
        let delta = Ball::exact(Float::with_val(bits, self.delta));
        let tape = Tape::<Ball>::new(functions, bits);
        let values: Vec<Vec<Ball>> = self
            .multiples()
            .par_iter()
            .map(|&i| {
                deadline.check("the evaluation of the activation")?;
                Ok(tape.at(&(&delta * &Ball::int(i, bits))))
            })
            .collect::<Result<_>>()?;
        let size = rho.clone().abs();
        // exp(-(delta i)^2/(2 c^2)) with 2 c^2 = 1 + |rho| or 1 - |rho|
        let gauss = |i: i64, twice_square: &Ball| {
            let x = &delta * &Ball::int(i, bits);
            (-(x.square() / twice_square)).exp()
        };
        let long = Ball::rational(&Rational::from(1 + &size), bits);
        let short = Ball::rational(&Rational::from(1 - &size), bits);
        let row_weight: Vec<Ball> = (0..=self.k).map(|k| gauss(self.m * k, &long)).collect();
        let weight: Vec<Ball> = (0..=self.l).map(|l| gauss(l, &short)).collect();
        let same = *rho >= 0;
        let zero = || vec![Ball::int(0, bits); functions.len()];
        let product = |k: i64, l: i64, i: usize| {
            let other = if same { (k, -l) } else { (-k, l) };
            &values[self.position(k, l)][i] * &values[self.position(other.0, other.1)][i]
        };
        let rows: Vec<i64> = if same {
            (-self.k..=self.k).collect()
        } else {
            (0..=self.k).collect()
        };
        let row = |k: i64| -> Result<Vec<Ball>> {
            deadline.check("the summation of an integral in the plane")?;
            let mut out = zero();
            for (i, out) in out.iter_mut().enumerate() {
                let mut sum = Ball::int(0, bits);
                if same {
                    // the terms at l and -l are the same
                    for l in 1..=self.l {
                        sum = sum + &(&weight[l as usize] * &product(k, l, i));
                    }
                    sum = sum.scale2(1) + &product(k, 0, i);
                } else {
                    for l in -self.l..=self.l {
                        sum = sum + &(&weight[l.unsigned_abs() as usize] * &product(k, l, i));
                    }
                    // those at k and -k
                    if k > 0 {
                        sum = sum.scale2(1);
                    }
                }
                *out = &sum * &row_weight[k.unsigned_abs() as usize];
            }
            Ok(out)
        };
        let add = |a: Vec<Ball>, b: Vec<Ball>| Ok(a.iter().zip(&b).map(|(a, b)| a + b).collect());
        let sums: Vec<Ball> = rows.par_iter().map(|&k| row(k)).try_reduce(zero, add)?;
        // h_p h_q/(2 pi) = m delta^2/(2 pi A B), A B = sqrt(1 - rho^2)/2
        let root = (&long * &short).sqrt();
        let scale = &(&delta.square() * &Ball::int(self.m, bits)) / &(&Ball::pi(bits) * &root);
        Ok(sums.iter().map(|s| s * &scale).collect())
    }
}
