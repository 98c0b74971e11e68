//! The dual of a continuous piecewise linear activation near `rho = 1`, where no series resolves it.
//!
//! With kinks `c_i` and jumps `s_i` of the slope, `phi'' = sum_i s_i delta(z - c_i)`, and Price's theorem gives
//! `E[phi phi]''(rho) = sum_ij s_i s_j phi_2(c_i, c_j; rho)` with the bivariate normal density. In the angle `theta`,
//! `rho = cos(theta)`, and with
//!
//! `K(b) = (1/2 pi) sum_ij s_i s_j exp(-(c_i - c_j)^2/(2 sin^2 b) - c_i c_j/(1 + cos b))`:
//!
//! * `dual'(cos theta) E phi^2 = E phi'^2 - int_0^theta K(b) db`,
//! * `(1 - dual(cos theta)) E phi^2 = E phi'^2 (1 - cos theta) - int_0^theta K(b) (cos b - cos theta) db`,
//!
//! both without cancellation of anything but what `theta` is small by. [DERIVED; checked against the arc-cosine kernel
//! in the tests]

use std::cmp::Ordering;

use rug::Float;

use crate::activation::pieces::{End, Piece};
use crate::activation::{BinaryOp, Expr, Function};
use crate::quadrature::integrals;
use crate::real::{Analytic, Ball, Bits, Real};

/// Kinks and slope jumps of a continuous piecewise linear activation, as constant expressions.
#[derive(Clone, Debug)]
pub struct PiecewiseLinear {
    kinks: Vec<(Expr, Expr)>,
    /// `E phi^2`
    square: Ball,
    /// `E phi'^2`
    derivative_square: Ball,
}

impl PiecewiseLinear {
    /// `None` where the pieces are not linear, or a kink has no exact position. Continuity is the caller's knowledge.
    pub fn new(pieces: &[Piece], square: Ball, derivative_square: Ball) -> Option<Self> {
        let slope = |p: &Piece| {
            let c = p.formula.polynomial_over_constants()?;
            (c.len() <= 2).then(|| c.get(1).cloned().unwrap_or_else(|| Expr::int(0)))
        };
        let mut kinks = Vec::new();
        for pair in pieces.windows(2) {
            let End::At(b) = &pair[1].from else {
                return None;
            };
            let jump = binary(BinaryOp::Sub, &slope(&pair[1])?, &slope(&pair[0])?).simplify();
            kinks.push((b.exact()?.clone(), jump));
        }
        (!kinks.is_empty()).then_some(PiecewiseLinear {
            kinks,
            square,
            derivative_square,
        })
    }

    /// `s_i s_j exp(...)/(2 pi)` as a function of the angle `x`.
    fn term(&self, i: usize, j: usize) -> Expr {
        let ((a, s), (b, t)) = (&self.kinks[i], &self.kinks[j]);
        let one_plus_cos = binary(
            BinaryOp::Add,
            &Expr::int(1),
            &Expr::call(Function::Cos, Expr::X),
        );
        let mut exponent = binary(BinaryOp::Div, &binary(BinaryOp::Mul, a, b), &one_plus_cos);
        if i != j {
            let sine = Expr::call(Function::Sin, Expr::X).pow(Expr::int(2));
            let difference = binary(BinaryOp::Sub, a, b).pow(Expr::int(2));
            let far = binary(
                BinaryOp::Div,
                &difference,
                &binary(BinaryOp::Mul, &Expr::int(2), &sine),
            );
            exponent = binary(BinaryOp::Add, &far, &exponent);
        }
        let weight = binary(BinaryOp::Mul, s, t);
        let two_pi = binary(
            BinaryOp::Mul,
            &Expr::int(2),
            &Expr::Constant(crate::activation::Constant::Pi),
        );
        let factor = binary(BinaryOp::Div, &weight, &two_pi);
        binary(
            BinaryOp::Mul,
            &factor,
            &Expr::call(Function::Exp, Expr::Neg(exponent.into())),
        )
    }

    /// `int_0^theta K` and `int_0^theta K cos`, each with an absolute error of about `2^-accuracy`, `0 < theta <= pi/2`.
    fn integrals(&self, theta: &Ball, accuracy: Bits) -> Option<(Ball, Ball)> {
        let bits = theta.bits();
        let zero = Ball::int(0, bits);
        let mut sums = (zero.clone(), zero.clone());
        for i in 0..self.kinks.len() {
            for j in i..self.kinks.len() {
                let term = self.term(i, j);
                let functions = [
                    term.clone(),
                    binary(BinaryOp::Mul, &term, &Expr::call(Function::Cos, Expr::X)),
                ];
                let times = Ball::int(if i == j { 1 } else { 2 }, bits);
                let (from, rest) = if i == j {
                    (zero.clone(), None)
                } else {
                    self.start(i, j, theta, accuracy)?
                };
                let values = if from.compare(theta) == Some(Ordering::Less) {
                    integrals(&functions, &from, theta, accuracy, bits)?
                } else {
                    vec![zero.clone(), zero.clone()]
                };
                let mut values = values.into_iter();
                let mut next = || {
                    let v = values.next().unwrap_or_else(|| zero.clone());
                    rest.as_ref().map_or(v.clone(), |r| v.widened(r))
                };
                sums.0 = &sums.0 + &(&times * &next());
                sums.1 = &sums.1 + &(&times * &next());
            }
        }
        Some(sums)
    }

    /// Where the term of two different kinks begins to matter, and a bound of its integral up to there:
    /// on `(0, b]` it is at most `|s t|/(2 pi) exp(-(c - d)^2/(2 sin^2 b) + max(0, -c d))`.
    fn start(
        &self,
        i: usize,
        j: usize,
        theta: &Ball,
        accuracy: Bits,
    ) -> Option<(Ball, Option<Float>)> {
        let bits = theta.bits();
        let value = |e: &Expr| {
            crate::activation::Tape::<Ball>::new(std::slice::from_ref(e), bits).at_one(theta)
        };
        let ((a, s), (b, t)) = (&self.kinks[i], &self.kinks[j]);
        let (a, b, s, t) = (value(a), value(b), value(s), value(t));
        let distance = (&a - &b).abs();
        let negative = (-(&a * &b)).max(&Ball::int(0, bits));
        let room = Ball::int(i64::from(accuracy) + 8, bits) + &negative.scale2(1);
        // (c - d)^2/(2 sin^2 b) >= accuracy log 2 + max(0, -c d) where sin b <= b <= |c - d|/sqrt(2 room)
        let from = (&distance / &room.scale2(1).sqrt()).midpoint();
        let from = if from.compare(theta) == Some(Ordering::Less) {
            from
        } else {
            theta.clone()
        };
        let sine = from.sin();
        let exponent = &negative - &(&distance.powi(2) / &sine.powi(2).scale2(1));
        let bound = &(&(&s * &t).abs() * &exponent.exp()) * &from;
        let bound = bound.magnitude();
        bound.is_finite().then_some((from, Some(bound)))
    }

    /// `t = 1 - cos(theta)`, `(1 - dual(1 - t)) - t` and `dual'(1 - t)`.
    fn excess(&self, theta: &Ball, accuracy: Bits) -> Option<(Ball, Ball, Ball)> {
        let (plain, with_cos) = self.integrals(theta, accuracy)?;
        let t = theta.scale2(-1).sin().powi(2).scale2(1);
        let bend = &with_cos - &(&theta.cos() * &plain);
        let gap = &(&(&self.derivative_square * &t) - &bend) / &self.square;
        let slope = &(&self.derivative_square - &plain) / &self.square;
        Some((&gap - &t, t, slope)).map(|(e, t, s)| (t, e, s))
    }

    /// `t* = 1 - c*` and the multiplier of the attracting fixed point, `t*` with about `digits` relative bits, for
    /// `dual(0) > 0` and `B' > 1`. Since `1 - dual(1 - t)` is concave in `t` and vanishes at 0, it crosses `t` once:
    /// a change of sign encloses `t*`.
    pub fn fixed_point_gap(&self, wanted: Bits) -> Option<(Ball, Ball)> {
        // bracket in powers of two
        let coarse = |j: i32, extra: Bits| {
            let theta = Ball::int(1, 256).scale2(-j);
            self.excess(&theta, 2 * j.max(0) as Bits + extra)
                .map(|(_, e, _)| e.sign())
        };
        let mut j = 0;
        while coarse(j, 80)? != Some(Ordering::Greater) {
            j += 1;
            if j > 60 {
                return None;
            }
        }
        let bits = wanted + 4 * j as Bits + 128;
        let accuracy = wanted + 3 * j as Bits + 64;
        let mut theta = Ball::int(3, bits).scale2(-j - 1);
        // Newton: d/dtheta (gap - t) = (dual' - 1) sin(theta)
        let mut last = Float::with_val(64, 1);
        for _ in 0..40 {
            let (_, e, slope) = self.excess(&theta, accuracy)?;
            let step = &e / &(&(&slope - &Ball::int(1, bits)) * &theta.sin());
            let next = (&theta - &step).midpoint();
            let ratio = (&step / &theta).magnitude();
            if !ratio.is_finite() || next.sign() != Some(Ordering::Greater) || next.to_f64() > 1.6 {
                theta = theta.scale2(-1);
                continue;
            }
            theta = next;
            let small = Float::with_val(64, 1) >> (wanted + 8);
            if ratio < small || (ratio >= last && last < Float::with_val(64, 1e-6)) {
                break;
            }
            last = ratio;
        }
        // enclose by a change of sign
        for back in [6, 2, 0] {
            let delta = theta.scale2(-((wanted + back) as i32));
            let (low, high) = ((&theta - &delta).midpoint(), (&theta + &delta).midpoint());
            let (t_low, e_low, m_low) = self.excess(&low, accuracy)?;
            let (t_high, e_high, m_high) = self.excess(&high, accuracy)?;
            if e_low.sign() == Some(Ordering::Greater) && e_high.sign() == Some(Ordering::Less) {
                return Some((t_low.hull(&t_high), m_low.hull(&m_high)));
            }
        }
        None
    }
}

fn binary(op: BinaryOp, a: &Expr, b: &Expr) -> Expr {
    Expr::Binary(op, a.clone().into(), b.clone().into())
}
