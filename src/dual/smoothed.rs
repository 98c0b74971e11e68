//! Duals of activations whose kinks join other analytic pieces (softsign, `max(tanh(x), x)`): the kinks in closed form, the smooth rest
//! by its Hermite series.
//!
//! With Taylor's polynomial of the difference of both sides of every kink, damped, the function
//!
//! `psi(x) = sum_c e^(-b (x - c)) sum_(1 <= j <= m) t_j (x - c)^j 1(x > c)`
//!
//! has the kinks of `phi` up to derivatives of order `m`, and `r = phi - psi` is smooth that far. `psi` is of the class of
//! [`Truncated`], so its dual is known at every correlation, and
//!
//! `E phi(u) phi(v) = E psi(u) psi(v) + sum_n d_n rho^n`, `d_n = a_n(phi)^2 - a_n(psi)^2 = a_n(r) (a_n(phi) + a_n(psi))`,
//!
//! where what follows the degree `N` is at most `|r|_N (2 |psi|_N + |r|_N)` by Cauchy and Schwarz, with Parseval's rests
//! `|f|_N^2 = E f^2 - sum_(n <= N) a_n(f)^2`; and the same for the slope with `E f'^2` and `n a_n^2`. So the error is proved whatever the `t_j`
//! are; that they are Taylor's makes it small, `e^(-R sqrt(N))` where the pieces are analytic as far as `R` from their kinks. The `t_j` are
//! rational numbers near the true ones, found by divided differences; `psi` is continuous by construction. [DERIVED]
//!
//! Up to `|rho| = 3/4` the series of `phi` itself serves, whose first coefficients may be exactly 0.

use std::cmp::Ordering;

use rug::float::Round;
use rug::{Float, Rational};

use super::Truncated;
use super::derivative_square;
use crate::activation::{BinaryOp, Condition, Expr, Function, Relation, Tape};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::exact::Activation;
use crate::hermite::{Series, hermite_coefficients};
use crate::quadrature::Unit;
use crate::real::{Analytic, Arithmetic, Ball, Bits, Real};

/// More kinks are left to the series.
const MOST_KINKS: usize = 4;
/// Longer series are not made.
const LAST_DEGREE: u32 = 2400;
/// Where the plain series gives over, in quarters.
const QUARTERS: i64 = 3;

/// The dual of a kinked activation beyond the reach of its series.
#[derive(Clone, Debug)]
pub struct Smoothed<R> {
    /// The Hermite series of `phi`.
    series: Series<R>,
    kinks: Truncated,
    /// `E psi^2/E phi^2`
    share: R,
    /// `d_n/E phi^2`, and bounds of the sums of `|d_n|` and `n |d_n|` beyond.
    rest: Vec<R>,
    tail: R,
    slope_tail: R,
}

impl Smoothed<Ball> {
    /// With `wanted` bits near `rho = 1`, or with those that a series of the largest length gives. `None` where the activation is not
    /// continuous or has no kinks, or where the place of one is not known in closed form.
    ///
    /// # Errors
    /// See [`hermite_coefficients`].
    pub(crate) fn new(
        structure: &Activation,
        wanted: Bits,
        deadline: Deadline,
    ) -> Result<Option<Smoothed<Ball>>> {
        if structure.continuous != Some(true) || !structure.has_breakpoints() {
            return Ok(None);
        }
        let structure = &Unit::of(structure)?.structure;
        let order = (wanted / 2 + 8).clamp(12, 40) as usize;
        let Some(psi) = polynomials(structure, order, wanted + 64) else {
            return Ok(None);
        };
        let smooth = Expr::Binary(
            BinaryOp::Sub,
            structure.expr.clone().into(),
            psi.clone().into(),
        );
        let (Ok(psi), Ok(smooth)) = (Activation::new(&psi), Activation::new(&smooth)) else {
            return Ok(None);
        };
        let accuracy = 2 * wanted + 96;
        let Some(kinks) = Truncated::new(&psi, accuracy) else {
            return Ok(None);
        };
        deadline.check("the dual of a kinked activation")?;
        let slopes = [structure, &psi, &smooth].map(|s| derivative_square(s, accuracy, deadline));
        let [Ok(Some(of_phi)), Ok(Some(of_psi)), Ok(Some(of_rest))] = slopes else {
            return Ok(None);
        };
        let road = Arithmetic::Ball;
        // E r^2; its own coefficients are differences
        let (_, plain) = hermite_coefficients(&smooth, 0, accuracy, road, deadline)?;
        let goal = -f64::from(wanted + 6) * std::f64::consts::LN_2;
        let mut degree = 160;
        loop {
            let of = |s: &Activation| hermite_coefficients(s, degree, accuracy, road, deadline);
            let ((a, square), (p, kinked)) = (of(structure)?, of(&psi)?);
            let r: Vec<Ball> = a.iter().zip(&p).map(|(a, p)| a - p).collect();
            let beyond = |whole: &Ball, f: &[Ball], weighted: bool| {
                let mut left = whole.clone();
                for (n, a) in f.iter().enumerate() {
                    let weight = if weighted { n as i64 } else { 1 };
                    left = left - &(a.square() * &Ball::int(weight, accuracy));
                }
                // a rest is not negative
                Real::max(&left, &Ball::int(0, accuracy)).upper_end().sqrt()
            };
            let bound = |rest: &Ball, own: &Ball| {
                let both = own.scale2(1) + rest;
                ((rest * &both) / &square).upper_end()
            };
            let tail = bound(&beyond(&plain, &r, false), &beyond(&kinked, &p, false));
            let slope_tail = bound(&beyond(&of_rest, &r, true), &beyond(&of_psi, &p, true));
            let have = crate::quadrature::ln(&slope_tail.magnitude());
            if have <= goal || degree >= LAST_DEGREE {
                let rest = r
                    .iter()
                    .zip(a.iter().zip(&p))
                    .map(|(r, (a, p))| (r * &(a + p)) / &square);
                return Ok(Some(Smoothed {
                    rest: rest.map(|d| d.with_bits(accuracy)).collect(),
                    series: Series::new(&a, &square, Some(&of_phi)),
                    share: &kinked / &square,
                    kinks,
                    tail,
                    slope_tail,
                }));
            }
            // it falls like e^(-R sqrt(N))
            let stretched = match have < -1.0 {
                true => (goal / have).powi(2) * 1.1,
                false => 3.0,
            };
            degree = (f64::from(degree) * stretched.clamp(1.3, 4.0)) as u32;
            degree = degree.min(LAST_DEGREE);
        }
    }
}

impl<R: Real> Smoothed<R> {
    /// The Hermite series of the activation, with its own rest.
    pub fn series(&self) -> &Series<R> {
        &self.series
    }

    pub(super) fn mapped<S: Real>(&self, r: &impl Fn(&R) -> S) -> Smoothed<S> {
        Smoothed {
            series: Series {
                squares: self.series.squares.iter().map(r).collect(),
                tail: r(&self.series.tail),
                slope_tail: self.series.slope_tail.as_ref().map(r),
            },
            kinks: self.kinks.clone(),
            share: r(&self.share),
            rest: self.rest.iter().map(r).collect(),
            tail: r(&self.tail),
            slope_tail: r(&self.slope_tail),
        }
    }

    /// The coefficients before the first `count` are proved to be 0.
    pub(crate) fn with_zeros(mut self, count: usize) -> Self {
        for c in self.series.squares.iter_mut().take(count) {
            *c = R::int(0, c.bits());
        }
        self
    }

    fn is_near_zero(&self, rho: &R) -> bool {
        let edge = R::int(QUARTERS, rho.bits()).scale2(-2);
        rho.abs().compare(&edge) == Some(Ordering::Less)
    }

    /// At a point.
    pub(super) fn at(&self, rho: &R) -> R {
        if self.is_near_zero(rho) {
            return self.series.at(rho);
        }
        let rest = polynomial(&self.rest, rho);
        &(&self.share * &self.kinks.at(rho)) + &rest.widened(&up(&self.tail))
    }

    pub(super) fn slope_at(&self, rho: &R) -> R {
        if self.is_near_zero(rho) {
            return self.series.slope_at(rho);
        }
        let slope = slope(&self.rest, rho).widened(&up(&self.slope_tail));
        &(&self.share * &self.kinks.slope_at(rho)) + &slope
    }

    /// `1 - dual(1 - t)` at a point: `sum_n d_n (1 - rho^n) = t sum_j (sum_(n > j) d_n) rho^j`, and what follows is at most
    /// `t sum n |d_n|`.
    pub(super) fn gap(&self, t: &R) -> R {
        let one = R::int(1, t.bits());
        let rho = &one - t;
        if self.is_near_zero(&rho) {
            return &one - &self.series.at(&rho);
        }
        let mut remaining = R::int(0, t.bits());
        let mut sum = remaining.clone();
        for d in self.rest.iter().skip(1).rev() {
            remaining = &remaining + d;
            sum = &(&sum * &rho) + &remaining;
        }
        let rest = &sum.widened(&up(&self.slope_tail)) * t;
        &(&self.share * &self.kinks.gap(t)) + &rest
    }

    pub(super) fn slope_at_gap(&self, t: &R) -> R {
        let rho = R::int(1, t.bits()) - t;
        if self.is_near_zero(&rho) {
            return self.series.slope_at(&rho);
        }
        let slope = slope(&self.rest, &rho).widened(&up(&self.slope_tail));
        &(&self.share * &self.kinks.slope_at_gap(t)) + &slope
    }

    /// `dual(-1 + u)` and the slope there.
    pub(super) fn opposite(&self, u: &R) -> (R, R) {
        let rho = u - &R::int(1, u.bits());
        if self.is_near_zero(&rho) {
            return (self.series.at(&rho), self.series.slope_at(&rho));
        }
        let (value, steep) = self.kinks.opposite(u);
        let rest = polynomial(&self.rest, &rho).widened(&up(&self.tail));
        let slope = slope(&self.rest, &rho).widened(&up(&self.slope_tail));
        (
            &(&self.share * &value) + &rest,
            &(&self.share * &steep) + &slope,
        )
    }

    /// `dual(rho) - dual(0)`
    pub(super) fn rise_at(&self, rho: &R) -> R {
        match self.is_near_zero(rho) {
            true => {
                let mut series = self.series.clone();
                series.squares[0] = R::int(0, rho.bits());
                series.at(rho)
            }
            false => &self.at(rho) - &self.series.squares[0],
        }
    }

    /// `dual^(j)(p)/j!`; beyond `3/4` the polynomial's by Horner's scheme, and of what follows the sum of the moduli at `p + d`, over
    /// `d^j`.
    pub(super) fn taylor(&self, p: &R, degree: usize) -> Option<Vec<R>> {
        if self.is_near_zero(p) {
            return None;
        }
        let bits = p.bits();
        let mut c = self.rest.clone();
        for j in 0..=degree.min(c.len() - 1) {
            for k in (j..c.len() - 1).rev() {
                c[k] = &c[k] + &(p * &c[k + 1]);
            }
        }
        c.resize(degree + 1, R::int(0, bits));
        let kinks = self.kinks.taylor(p, degree);
        let room = &R::int(1, bits) - p;
        let joined = c.iter().zip(&kinks).enumerate().map(|(j, (c, k))| {
            let rest = match j {
                0 => self.tail.clone(),
                1 => self.slope_tail.clone(),
                _ => &self.tail / &room.powi(j as i64),
            };
            &(&self.share * k) + &c.widened(&up(&rest))
        });
        Some(joined.collect())
    }
}

fn polynomial<R: Real>(c: &[R], x: &R) -> R {
    let zero = R::int(0, x.bits());
    c.iter().rev().fold(zero, |sum, c| &(&sum * x) + c)
}

fn slope<R: Real>(c: &[R], x: &R) -> R {
    let mut sum = R::int(0, x.bits());
    for (n, c) in c.iter().enumerate().skip(1).rev() {
        sum = &(&sum * x) + &(&R::int(n as i64, x.bits()) * c);
    }
    sum
}

fn up<R: Real>(x: &R) -> Float {
    let end = x.abs().upper_end().to_float();
    Float::with_val_round(64, &end, Round::Up).0
}

/// `b`: half the order, so that a term of the highest power is largest at a distance of 2 from its kink (by trial: twice as much makes the
/// rest rougher, half as much the polynomials larger than what they are taken from).
fn damping(order: usize) -> i64 {
    order as i64 / 2
}

/// `psi`
fn polynomials(structure: &Activation, order: usize, bits: Bits) -> Option<Expr> {
    let pieces = &structure.pieces;
    if pieces.len() > MOST_KINKS + 1 {
        return None;
    }
    let mut sum: Option<Expr> = None;
    for pair in pieces.windows(2) {
        let kink = pair[0].to.breakpoint()?.exact()?.clone();
        let difference = Expr::Binary(
            BinaryOp::Sub,
            pair[1].formula.clone().into(),
            pair[0].formula.clone().into(),
        );
        let taylor = taylor(&difference, &kink, order, bits)?;
        let moved = Expr::Binary(BinaryOp::Sub, Expr::X.into(), kink.clone().into()).simplify();
        let mut terms = taylor.iter().enumerate().filter(|(_, t)| **t != 0);
        let term = |(j, t): (usize, &Rational)| {
            let power = moved.clone().pow(Expr::int(j as i64 + 1));
            power.scaled(&Expr::rational(t))
        };
        let Some(first) = terms.next() else { continue };
        let polynomial = terms.fold(term(first), |sum, next| sum + term(next));
        let damping = Expr::call(
            Function::Exp,
            moved.clone().scaled(&Expr::int(-damping(order))),
        );
        let above = Condition {
            left: Expr::X,
            relation: Relation::Greater,
            right: kink,
        };
        let part = Expr::conditional(above, damping * polynomial, Expr::int(0));
        sum = Some(match sum {
            None => part,
            Some(sum) => sum + part,
        });
    }
    sum
}

/// `t_1, ..., t_m`: the Taylor coefficients of `f(x) e^(b (x - c))` at `c`, nearly, by divided differences on a grid that is so fine that
/// its own error is below `2^-bits`.
fn taylor(f: &Expr, kink: &Expr, order: usize, bits: Bits) -> Option<Vec<Rational>> {
    let step = bits + 32;
    let work = step * (order as Bits + 2) + bits;
    let at = |e: &Expr, x: &Ball| Tape::<Ball>::new(std::slice::from_ref(e), work).at_one(x);
    let centre = at(kink, &Ball::int(0, work));
    let tape = Tape::<Ball>::new(std::slice::from_ref(f), work);
    let h = Ball::int(1, work).scale2(-(step as i32));
    let half = order as i64 / 2;
    let nodes: Vec<Ball> = (0..=order as i64)
        .map(|k| &Ball::int(k - half, work) * &h)
        .collect();
    let mut values: Vec<Ball> = nodes
        .iter()
        .map(|x| {
            let damped = (&Ball::int(damping(order), work) * x).exp();
            tape.at_one(&(&centre + x)) * &damped
        })
        .collect();
    // Newton's form, expanded about the kink
    for j in 1..=order {
        for k in (j..=order).rev() {
            values[k] = (&values[k] - &values[k - 1]) / (&nodes[k] - &nodes[k - j]);
        }
    }
    let zero = Ball::int(0, work);
    let mut c = vec![zero; order + 1];
    for k in (0..=order).rev() {
        for j in (1..=order).rev() {
            c[j] = &c[j - 1] - &(&nodes[k] * &c[j]);
        }
        c[0] = &values[k] - &(&nodes[k] * &c[0]);
    }
    c[1..]
        .iter()
        .map(|c| {
            let short = Float::with_val(bits, c.mid());
            match c.is_finite() && c.rad() < 1e-6 {
                true if short.to_f64().abs() < 2f64.powi(-(bits as i32) / 2) => {
                    Some(Rational::new())
                }
                true => short.to_rational(),
                false => None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dual::{Angular, Dual, Mesh, resolving_series};

    fn smoothed(text: &str, wanted: Bits) -> (Activation, Dual<Ball>) {
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        let dual = Smoothed::new(&structure, wanted, Deadline::default());
        (structure, Dual::Smoothed(Box::new(dual.unwrap().unwrap())))
    }

    /// The series where it has digits, the angle near both ends in doubles, and another precision, which has other polynomials.
    #[test]
    fn three_ways_to_the_same_dual() {
        for text in ["max(tanh(x),x)", "abs(x)*sigmoid(x)"] {
            let (structure, dual) = smoothed(text, 40);
            let (_, finer) = smoothed(text, 52);
            let one = Rational::from((4, 5));
            let series = resolving_series(&structure, Some(&one), 40, Deadline::default());
            let series = Dual::Series(series.unwrap());
            let mesh = Mesh {
                nodes: 20,
                widest: 2.0,
            };
            let angle = Angular::new(&structure, 1.0, mesh, Deadline::default()).unwrap();
            for (n, d) in [(-4, 5), (-1, 2), (1, 3), (31, 40), (4, 5)] {
                let x = Ball::rational(&Rational::from((n, d)), 120);
                assert!(dual.at(&x).overlaps(&series.at(&x)), "{text} {n}/{d}");
                let slopes = (dual.slope_at(&x), series.slope_at(&x));
                assert!(slopes.0.overlaps(&slopes.1), "{text} {n}/{d}");
            }
            for power in [3, 20, 60] {
                let t = Ball::int(1, 120).scale2(-power);
                let (gap, small) = (dual.gap(&t), t.to_f64());
                assert!(gap.overlaps(&finer.gap(&t)), "{text}");
                assert!(finer.gap(&t).rad() < gap.rad(), "{text}");
                assert!(
                    (angle.gap(small) / gap.to_f64() - 1.0).abs() < 1e-10,
                    "{text}"
                );
                assert!(gap.rad() < small * 1e-11, "{text} {gap:?}");
                let (value, slope) = dual.opposite_with_slope(&t);
                assert!(
                    (angle.opposite(small) - value.to_f64()).abs() < 1e-12,
                    "{text}"
                );
                assert!(
                    (angle.opposite_slope(small) - slope.to_f64()).abs() < 1e-10,
                    "{text}"
                );
            }
            // derivatives beyond the reach of the series
            let p = Ball::rational(&Rational::from((19, 20)), 120).midpoint();
            let c = dual.taylor(&p, 2);
            assert!(c[0].overlaps(&dual.at(&p)) && c[1].overlaps(&dual.slope_at(&p)));
        }
    }

    /// What is not of the kind: a jump, no kink, a kink at an unknown place.
    #[test]
    fn others_are_left_alone() {
        for text in ["step(x)", "tanh(x)", "max(tanh(x),x/2)"] {
            let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
            let none = Smoothed::new(&structure, 30, Deadline::default()).unwrap();
            assert!(none.is_none(), "{text}");
        }
    }
}
