//! How small a Lipschitz constant can be, proved.
//!
//! Let `|f'| <= 1`, `mu = |E f'|`, `e = E f'^2`, `V = Var f`. Then `f / sqrt(V)` has variance 1 and the constant at most `V^(-1/2)`, and
//! `alpha = D` says `V^(2+D) = mu^4 e^D`. With Hermite coefficients `d_n` of `f'`: `mu = |d_0|`, `e = sum d_n^2`,
//! `V = sum d_n^2/(n+1)`, and
//!
//! * `V <= e/B*` with the smallest `B'` of all, `B* = 2 - p` ([`super`]);
//! * `|d_1| = |E Z f'| <= 2 p(c)` where `mu = 1 - 2 P(Z > c)` and `p` is the density of `Z`: among functions between -1 and 1 with this
//!   mean the sign of `x + c` has the largest first moment (Neyman and Pearson). So
//!   `V <= mu^2 + d_1^2/2 + (e - mu^2 - d_1^2)/3 = 2 mu^2/3 + d_1^2/6 + e/3`, `d_1^2 <= min(e - mu^2, 4 p(c)^2)`.
//!
//! The largest `V` that all this allows is found by subdivision of the plane of `c` and `e`, best first ([`any`]). With one kink `f'` is
//! `s` left of `c` and 1 right of it, `-1 <= s <= 1` (mirrored and turned, if need be); there everything is known, and subdivision of
//! the plane of `s` and `c` shows that none has a larger `V` than a given one ([`one_kink`]).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rug::{Float, Rational};

use crate::deadline::Deadline;
use crate::error::Result;
use crate::real::{Analytic, Ball, Bits, Real};

const BITS: Bits = 80;
/// Rectangles of this size are not divided further: the bound is what it is.
const SMALL: f64 = 1.0 / 1024.0;
/// Kinks farther out than this are looked at all at once.
const FAR: f64 = 6.0;
/// Rectangles before the proof is given up.
const MOST: usize = 60_000;

/// A rectangle, its ends doubles that are exact.
#[derive(Clone, Debug)]
struct Cell {
    lo: [f64; 2],
    hi: [f64; 2],
    /// No smaller than what is looked for in it.
    bound: f64,
}

impl Cell {
    fn width(&self, i: usize) -> f64 {
        self.hi[i] - self.lo[i]
    }
    fn halves(&self, i: usize) -> [Cell; 2] {
        let middle = f64::midpoint(self.lo[i], self.hi[i]);
        let mut both = [self.clone(), self.clone()];
        both[0].hi[i] = middle;
        both[1].lo[i] = middle;
        both
    }
    fn side(&self, i: usize) -> Ball {
        Ball::from_interval(&float(self.lo[i]), &float(self.hi[i]), BITS)
    }
    fn middle(&self, i: usize) -> Ball {
        number(f64::midpoint(self.lo[i], self.hi[i]))
    }
}

impl PartialEq for Cell {
    fn eq(&self, o: &Cell) -> bool {
        self.cmp(o).is_eq()
    }
}
impl Eq for Cell {}
impl PartialOrd for Cell {
    fn partial_cmp(&self, o: &Cell) -> Option<Ordering> {
        Some(self.cmp(o))
    }
}
impl Ord for Cell {
    fn cmp(&self, o: &Cell) -> Ordering {
        self.bound.total_cmp(&o.bound)
    }
}

fn float(x: f64) -> Float {
    Float::with_val(BITS, x)
}

fn number(x: f64) -> Ball {
    Ball::exact(float(x))
}

fn upper(x: &Ball) -> f64 {
    x.upper().to_f64_round(rug::float::Round::Up)
}

/// The density of `Z`, and the probabilities right and left of `c`.
fn normal(c: &Ball) -> [Ball; 3] {
    let root = Ball::int(2, BITS).sqrt();
    let density =
        (c.square().scale2(-1) * Ball::int(-1, BITS)).exp() / Ball::pi(BITS).scale2(1).sqrt();
    let beyond = |c: &Ball| (c / &root).erfc().scale2(-1);
    [density, beyond(c), beyond(&-c)]
}

/// An upper bound of `V` for any activation with `alpha = D > 2`; `flattest` is `B*`.
pub(super) fn any(alpha: &Rational, flattest: &Ball, deadline: Deadline) -> Result<Ball> {
    let d = Ball::rational(alpha, BITS);
    let bound = |cell: &Cell| -> Option<f64> {
        let endless = cell.hi[0].is_infinite();
        let [density, right, _] = normal(&number(cell.lo[0]));
        let one = Ball::int(1, BITS);
        let mean = |right: &Ball| &one - &right.scale2(1);
        let least = mean(&right).lower();
        let most = match endless {
            true => one.clone(),
            false => mean(&normal(&number(cell.hi[0]))[1]),
        };
        let least = Ball::exact(least.max(&Float::new(BITS)));
        let [e0, e1] = [cell.lo[1], cell.hi[1]].map(number);
        // d_1^2 + mu^2 <= e
        let room = &e1 - &least.square();
        if room.upper() < 0 {
            return None;
        }
        let first = Ball::exact(room.upper().min(&density.scale2(1).square().upper()));
        let third = |b: &Ball| b / &Ball::int(3, BITS);
        let cap = third(&most.square().scale2(1)) + first / Ball::int(6, BITS) + third(&e1);
        let cap = upper(&cap).min(upper(&(&e1 / flattest)));
        let asked = |mu: &Ball, e: &Ball| {
            let logs = mu.ln().scale2(2) + &d * &e.ln();
            (logs / (Ball::int(2, BITS) + &d)).exp()
        };
        let positive = !least.contains_zero() && cell.lo[1] > 0.0;
        if positive && asked(&least, &e0).lower() > cap {
            return None;
        }
        Some(cap.min(upper(&asked(&most, &e1))))
    };
    let mut heap = BinaryHeap::new();
    let push = |heap: &mut BinaryHeap<Cell>, mut cell: Cell| {
        if let Some(b) = bound(&cell) {
            cell.bound = b;
            heap.push(cell);
        }
    };
    for (lo, hi) in [(0.0, 8.0), (8.0, f64::INFINITY)] {
        push(
            &mut heap,
            Cell {
                lo: [lo, 0.0],
                hi: [hi, 1.0],
                bound: 1.0,
            },
        );
    }
    let mut looked = 0;
    while let Some(cell) = heap.pop() {
        deadline.check("the bound of Lipschitz constants")?;
        looked += 1;
        let across = if cell.hi[0].is_finite() {
            cell.width(0) / 4.0
        } else {
            0.0
        };
        if across.max(cell.width(1)) < SMALL || looked > MOST {
            return Ok(number(cell.bound));
        }
        let side = usize::from(across < cell.width(1));
        for half in cell.halves(side) {
            push(&mut heap, half);
        }
    }
    // nothing is left: there is no such activation, and any bound holds
    Ok(Ball::int(0, BITS))
}

/// With one kink: `mu`, `e`, `V` and their derivatives by `s` and `c`.
struct OneKink {
    values: [Ball; 3],
    slopes: [[Ball; 3]; 2],
}

fn with_one_kink(s: &Ball, c: &Ball) -> OneKink {
    let one = Ball::int(1, BITS);
    let [p, right, left] = normal(c);
    let s2 = s.square();
    let mu = &right + &(s * &left);
    let e = &right + &(&s2 * &left);
    // of (x-c)_+ and (c-x)_+
    let m1 = &p - &(c * &right);
    let n1 = &p + &(c * &left);
    let m2 = (&one + c.square()) * &right - c * &p;
    let n2 = (&one + c.square()) * &left + c * &p;
    let mean = &m1 - &(s * &n1);
    let v = m2 + &s2 * &n2 - mean.square();
    let by_s = [
        left.clone(),
        (s * &left).scale2(1),
        (s * &n2 + &mean * &n1).scale2(1),
    ];
    let covariance = &m1 - &(&s2 * &n1) - &mean * &mu;
    let by_c = [
        -((&one - s) * &p),
        -((&one - &s2) * &p),
        -covariance.scale2(1),
    ];
    OneKink {
        values: [mu, e, v],
        slopes: [by_s, by_c],
    }
}

/// No activation with one kink and `alpha = D > 2` has a larger variance than `most`, at slopes of modulus at most 1: `true` is a proof.
pub(super) fn one_kink(
    alpha: &Rational,
    flattest: &Ball,
    most: &Float,
    deadline: Deadline,
) -> Result<bool> {
    let d = Ball::rational(alpha, BITS);
    if !far(flattest, most) {
        return Ok(false);
    }
    let mut open = vec![Cell {
        lo: [-1.0, -FAR],
        hi: [1.0, FAR],
        bound: 1.0,
    }];
    let mut looked = 0;
    while let Some(cell) = open.pop() {
        deadline.check("the proof that no kink is better")?;
        looked += 1;
        if looked > MOST {
            return Ok(false);
        }
        if !excluded(&cell, &d, flattest, most) {
            let side = usize::from(4.0 * cell.width(0) < cell.width(1));
            open.extend(cell.halves(side));
        }
    }
    Ok(true)
}

/// A kink beyond [`FAR`]: `f` is linear but for something of norm at most `2 n`, and `E f'^2` is less than `B*` times its variance,
/// or the variance is small.
fn far(flattest: &Ball, most: &Float) -> bool {
    let c = number(FAR);
    let [p, right, _] = normal(&c);
    let n = ((Ball::int(1, BITS) + c.square()) * &right - &c * &p).sqrt();
    let twice = n.scale2(1);
    // the slope of the line, where the variance is more than `most`
    let slope = Ball::exact(most.clone()).sqrt() - &twice;
    let left = &twice - &Ball::int(1, BITS);
    if left.upper() >= 0 || (&slope - &twice).lower() <= 0 {
        return false;
    }
    let ratio = |e: Ball, root: Ball| (e / root.square() - flattest).upper() < 0;
    ratio(Ball::int(1, BITS), left) && ratio(slope.square() + right, &slope - &twice)
}

fn excluded(cell: &Cell, d: &Ball, flattest: &Ball, most: &Float) -> bool {
    let over = with_one_kink(&cell.side(0), &cell.side(1));
    let here = with_one_kink(&cell.middle(0), &cell.middle(1));
    let away = [0, 1].map(|i| cell.side(i) - cell.middle(i));
    let centred = |value: &Ball, by: [&Ball; 2]| value + &(by[0] * &away[0]) + by[1] * &away[1];
    let [mu, e, v] =
        [0, 1, 2].map(|k| centred(&here.values[k], [&over.slopes[0][k], &over.slopes[1][k]]));
    if v.upper() <= *most {
        return true;
    }
    if v.lower() <= 0 || e.lower() <= 0 {
        return false;
    }
    // nearer to a linear function than any with this exponent
    if (&e / &v - flattest).upper() < 0 {
        return true;
    }
    let two = Ball::int(2, BITS);
    let excess = |mu: &Ball, e: &Ball, v: &Ball| {
        mu.square().ln().scale2(1) + d * &e.ln() - (&two + d) * v.ln()
    };
    let largest = Ball::exact(mu.magnitude());
    if excess(&largest, &e, &v).upper() < 0 {
        return true;
    }
    if mu.contains_zero() {
        return false;
    }
    let slope = |i: usize| {
        let [m, f, w] = &over.slopes[i];
        (m / &mu).scale2(2) + d * &(f / &e) - (&two + d) * (w / &v)
    };
    let [mu, e, v] = &here.values;
    let value = centred(&excess(mu, e, v), [&slope(0), &slope(1)]);
    value.sign().is_some_and(Ordering::is_ne)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moments of a kinked function and their derivatives, against integrals and difference quotients.
    #[test]
    fn moments_of_one_kink() {
        for (s, c) in [(-1.0, 0.3), (0.4, -1.2), (-0.25, 2.5)] {
            let at = |s: f64, c: f64| {
                with_one_kink(&number(s), &number(c))
                    .values
                    .map(|b| b.to_f64())
            };
            let f = format!("max(x-({c}),0)-({s})*max({c}-x,0)");
            let mean = |text: &str| {
                let e = text.parse().unwrap();
                crate::quadrature::expect(&e, 15, Deadline::default())
                    .unwrap()
                    .to_f64()
            };
            let first = mean(&format!("({f})*x"));
            let m = mean(&f);
            let variance = mean(&format!("({f})^2")) - m * m;
            let found = at(s, c);
            assert!((found[0] - first).abs() < 1e-12 && (found[2] - variance).abs() < 1e-12);
            let h = 1e-6;
            let [of_s, of_c] = with_one_kink(&number(s), &number(c)).slopes;
            for (k, (of_s, of_c)) in of_s.iter().zip(&of_c).enumerate() {
                let by_s = (at(s + h, c)[k] - at(s - h, c)[k]) / (2.0 * h);
                let by_c = (at(s, c + h)[k] - at(s, c - h)[k]) / (2.0 * h);
                assert!((of_s.to_f64() - by_s).abs() < 1e-8, "{s} {c} {k}");
                assert!((of_c.to_f64() - by_c).abs() < 1e-8, "{s} {c} {k}");
            }
        }
    }
}
