//! Which activations have a dual in closed form.

use std::cmp::Ordering;

use rug::{Integer, Rational};

use super::{Dual, Truncated};
use crate::activation::pieces::{End, pieces};
use crate::activation::{BinaryOp, Expr, Function, Tape};
use crate::exact::{Activation, Closed};
use crate::hermite::Series;
use crate::real::{Bits, Real};

/// The dual in closed form, where the literature has one and the expression is recognised: `a z + b |z|` (ReLU and its
/// kin), `a + b sign(z)`, `c erf(k z)`, `c sin(k z)`, `c cos(k z)`, `c exp(k z)`, polynomials, and all of these plus a constant; sums of terms `c x^n e^(a x)` on intervals ([`Truncated`]).
pub fn closed_form<R: Real>(expr: &Expr, bits: Bits) -> Option<Dual<R>> {
    let expr = expr.expand().simplify();
    let value = |e: &Expr| Tape::<R>::new(std::slice::from_ref(e), bits).at_one(&R::int(0, bits));
    if let Some(coefficients) = expr.polynomial_over_constants() {
        let values: Vec<R> = coefficients.iter().map(value).collect();
        return Some(Dual::Series(polynomial(&coefficients, &values)));
    }
    if let Some((function, k)) = scaled_function(&expr) {
        let s = value(&k).powi(2);
        match function {
            Function::Erf => {
                let twice = s.scale2(1);
                return Some(Dual::Erf(&twice / &(&R::int(1, bits) + &twice)));
            }
            Function::Sin => return Some(Dual::Sinh(s)),
            Function::Cos => return Some(Dual::Cosh(s)),
            Function::Exp => return Some(Dual::Exp(s)),
            _ => {}
        }
    }
    split_at_zero(&expr, bits)
        .or_else(|| super::shifted::shifted(&expr, bits))
        .or_else(|| Truncated::new(&Activation::new(&expr).ok()?, bits).map(Dual::Truncated))
}

/// Two pieces that meet at 0, both linear through the origin or both constant.
fn split_at_zero<R: Real>(expr: &Expr, bits: Bits) -> Option<Dual<R>> {
    let pieces = pieces(expr, 1).ok()?;
    let [left, right] = pieces.as_slice() else {
        return None;
    };
    let (End::MinusInfinity, End::At(b), End::PlusInfinity) = (&left.from, &left.to, &right.to)
    else {
        return None;
    };
    let zero = |e: &Expr| e.as_rational().is_some_and(|q| q == 0);
    if !b.exact().is_some_and(zero) {
        return None;
    }
    let (p, q) = (
        left.formula.polynomial_over_constants()?,
        right.formula.polynomial_over_constants()?,
    );
    let coefficient = |c: &[Expr], i: usize| {
        c.get(i).map_or_else(
            || R::int(0, bits),
            |e| Tape::<R>::new(std::slice::from_ref(e), bits).at_one(&R::int(0, bits)),
        )
    };
    let only = |c: &[Expr], i: usize| c.iter().enumerate().all(|(j, e)| j == i || zero(e));
    let share = |i: usize| {
        let (p, q) = (coefficient(&p, i), coefficient(&q, i));
        // a = (p + q)/2, b = (q - p)/2, D = b^2/(a^2 + b^2)
        &(&q - &p).powi(2) / &(&p.powi(2) + &q.powi(2)).scale2(1)
    };
    if only(&p, 1) && only(&q, 1) {
        return Some(Dual::ArcCosine(share(1)));
    }
    (only(&p, 0) && only(&q, 0)).then(|| Dual::ArcSine(share(0)))
}

/// `c F(k x)` with constants `c` and `k`.
pub(crate) fn scaled_function(e: &Expr) -> Option<(Function, Expr)> {
    match e {
        Expr::Neg(a) => scaled_function(a),
        Expr::Binary(BinaryOp::Mul, a, b) if a.is_constant() => scaled_function(b),
        Expr::Binary(BinaryOp::Mul | BinaryOp::Div, a, b) if b.is_constant() => scaled_function(a),
        Expr::Call(function, arguments) => {
            let [argument] = &**arguments else {
                return None;
            };
            let linear = argument.simplify().polynomial_over_constants()?;
            match linear.as_slice() {
                [c, k] if c.as_rational().is_some_and(|q| q == 0) => Some((*function, k.clone())),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The Hermite coefficients of `sum_m c_m x^m` by Horner's rule with `x h_n = sqrt(n+1) h_{n+1} + sqrt(n) h_{n-1}`.
pub(crate) fn polynomial_coefficients<R: Real>(c: &[R]) -> Vec<R> {
    let bits = c.first().map_or(53, |c| c.bits());
    let root = |n: usize| R::int(n as i64, bits).sqrt();
    let mut acc: Vec<R> = Vec::new();
    for c in c.iter().rev() {
        let mut next = vec![R::int(0, bits); acc.len() + 1];
        for (n, a) in acc.iter().enumerate() {
            next[n + 1] = &next[n + 1] + &(&root(n + 1) * a);
            if n > 0 {
                next[n - 1] = &next[n - 1] + &(&root(n) * a);
            }
        }
        next[0] = &next[0] + c;
        acc = next;
    }
    acc
}

fn polynomial<R: Real>(exact: &[Expr], c: &[R]) -> Series<R> {
    let mut a = polynomial_coefficients(c);
    let bits = a.first().map_or(53, |a| a.bits());
    let zero = R::int(0, bits);
    // A coefficient that cancels to zero is exactly zero: the depth limit hangs on it.
    let size = a.iter().fold(zero.clone(), |sum, a| &sum + &a.abs());
    let noise = size.scale2(8 - bits as i32).upper_end();
    for (n, a) in a.iter_mut().enumerate() {
        let small = a.abs().compare(&noise) != Some(Ordering::Greater);
        if small && vanishes(exact, n) {
            *a = zero.clone();
        }
    }
    let square = a.iter().fold(zero.clone(), |sum, a| &sum + &a.powi(2));
    Series {
        squares: a.iter().map(|a| &a.powi(2) / &square).collect(),
        tail: zero.clone(),
        slope_tail: Some(zero),
    }
}

/// `E[sum_m c_m Z^m He_n(Z)] = sum_m c_m m!/(2^j j!)`, `m = n + 2j`, is zero: proved in closed form.
fn vanishes(c: &[Expr], n: usize) -> bool {
    let mut sum = Closed::zero();
    let mut weight = Rational::from(Integer::from(Integer::factorial(n as u32)));
    for (j, c) in c.iter().skip(n).step_by(2).enumerate() {
        let next = Closed::from_expr(c).and_then(|c| sum.plus(&c.scaled(&weight)));
        let Some(next) = next else { return false };
        sum = next;
        let m = n + 2 * j;
        weight *= Rational::from(((m + 1) as u64 * (m + 2) as u64, 2 * (j + 1) as u64));
    }
    sum.is_zero()
}
