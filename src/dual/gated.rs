//! `phi(z) = a z + b z erf(k z)`: gelu, `x Phi(c x)` and their multiples, at every variance.
//!
//! For `X = c Z`, `c = sqrt(2) k`, of variances `Q`, `P` and covariance `K`, Stein's lemma twice gives
//!
//! ```text
//! E X Phi(X) Y Phi(Y) = K (1/4 + asin(s)/(2 pi)) + (Q P - K^2 + K^2/(1+Q) + K^2/(1+P))/(2 pi sqrt(Delta)),
//! s = K/sqrt((1+Q)(1+P)),   Delta = (1+Q)(1+P) - K^2
//! ```
//!
//! (Tsuchida, Pearce et al. 2021; the same as in Han et al. 2022), and `E z erf(kz) y erf(ky)` is the part of it that is
//! even in `K`. With equal variances, `sigma = Q/(1+Q)`, `tau = 1 - sigma`, `R = sqrt(1 - sigma^2 rho^2)` the even part is
//! `q (2/pi) e(rho)`,
//!
//! ```text
//! e(rho)  = rho asin(sigma rho) + sigma (1 - rho^2 + 2 tau rho^2)/R
//! e'(rho) = asin(sigma rho) + 2 sigma tau rho/R + sigma tau^2 rho/R^3
//! ```

use super::Dual;
use crate::activation::{BinaryOp, Expr, Function};
use crate::real::Real;

/// `a z + b z erf(k z)` with constants `a`, `b` and `k`.
#[derive(Clone, Debug)]
pub(crate) struct Gated {
    /// `a`
    pub linear: Expr,
    /// `b`
    pub gated: Expr,
    /// `k`
    pub rate: Expr,
}

/// Recognised by structure, so that it is proved.
pub(crate) fn gated(expr: &Expr) -> Option<Gated> {
    let (linear, gated, rate) = odd_and_even(expr)?;
    Some(Gated {
        linear: linear.simplify(),
        gated: gated.simplify(),
        rate: rate?,
    })
}

type Parts = (Expr, Expr, Option<Expr>);

/// `x (a + b erf(k x))`
fn odd_and_even(e: &Expr) -> Option<Parts> {
    match e {
        Expr::X => Some((Expr::int(1), Expr::int(0), None)),
        Expr::Binary(BinaryOp::Mul, a, b) if **a == Expr::X => affine(b),
        Expr::Binary(BinaryOp::Mul, a, b) if **b == Expr::X => affine(a),
        _ => combined(e, odd_and_even),
    }
}

/// `a + b erf(k x)`
fn affine(e: &Expr) -> Option<Parts> {
    if e.is_constant() {
        return Some((e.clone(), Expr::int(0), None));
    }
    if let Expr::Call(function @ (Function::Erf | Function::Erfc), arguments) = e {
        let [argument] = &**arguments else {
            return None;
        };
        let linear = argument.simplify().polynomial_over_constants()?;
        let [c, k] = linear.as_slice() else {
            return None;
        };
        c.as_rational().filter(|c| *c == 0)?;
        return Some(match function {
            Function::Erf => (Expr::int(0), Expr::int(1), Some(k.clone())),
            _ => (Expr::int(1), Expr::int(-1), Some(k.clone())),
        });
    }
    combined(e, affine)
}

/// Sums, differences and constant multiples of what `of` recognises.
fn combined(e: &Expr, of: fn(&Expr) -> Option<Parts>) -> Option<Parts> {
    let times = |c: &Expr, (a, b, k): Parts| (c.clone() * a, c.clone() * b, k);
    match e {
        Expr::Neg(a) => of(a).map(|p| times(&Expr::int(-1), p)),
        // (-x) u
        Expr::Binary(BinaryOp::Mul, a, b) if matches!(&**a, Expr::Neg(_)) => {
            let Expr::Neg(positive) = &**a else {
                return None;
            };
            let product = Expr::Binary(BinaryOp::Mul, positive.clone(), b.clone());
            of(&product).map(|p| times(&Expr::int(-1), p))
        }
        Expr::Binary(BinaryOp::Mul, c, a) if c.is_constant() => of(a).map(|p| times(c, p)),
        Expr::Binary(BinaryOp::Mul, a, c) if c.is_constant() => of(a).map(|p| times(c, p)),
        Expr::Binary(BinaryOp::Div, a, c) if c.is_constant() => {
            let one = Expr::int(1);
            let inverse = Expr::Binary(BinaryOp::Div, one.into(), c.clone());
            of(a).map(|p| times(&inverse, p))
        }
        // x (u/c) may be written (x u)/c, and the other way round
        Expr::Binary(BinaryOp::Mul, a, b) => match (&**a, &**b) {
            (Expr::Binary(BinaryOp::Mul, c, u), v) | (v, Expr::Binary(BinaryOp::Mul, c, u))
                if c.is_constant() =>
            {
                let rest = Expr::Binary(BinaryOp::Mul, u.clone(), v.clone().into());
                of(&rest).map(|p| times(c, p))
            }
            _ => None,
        },
        Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), a, b) => {
            let (p, q) = (of(a)?, of(b)?);
            let rate = match (p.2, q.2) {
                (Some(k), Some(l)) if k == l => Some(k),
                (Some(k), None) | (None, Some(k)) => Some(k),
                (None, None) => None,
                _ => return None,
            };
            let join = |x: Expr, y: Expr| Expr::Binary(*op, x.into(), y.into());
            Some((join(p.0, q.0), join(p.1, q.1), rate))
        }
        _ => None,
    }
}

impl<R: Real> Dual<R> {
    /// The dual of `a z + b z erf(k z)` at variance `q`, and `E phi(sqrt(q) Z)^2`.
    pub(crate) fn gated(linear: &R, gated: &R, rate: &R, q: &R) -> (R, Self) {
        let bits = q.bits();
        let wide = (&rate.powi(2) * q).scale2(1);
        let one = R::int(1, bits);
        let tau = &one / &(&one + &wide);
        let sigma = &wide * &tau;
        let (a, b) = (linear.powi(2), &gated.powi(2) * &even(&sigma, &tau));
        let sum = &a + &b;
        let dual = Dual::Gated {
            share: &b / &sum,
            sigma,
            tau,
        };
        (q * &sum, dual)
    }
}

fn two_over_pi<R: Real>(bits: u32) -> R {
    R::int(2, bits) / R::pi(bits)
}

/// `(2/pi) e(1)`, by the arc tangent: `asin(sigma)` is steep where `sigma` is near 1.
pub(super) fn even<R: Real>(sigma: &R, tau: &R) -> R {
    let root = cosine(sigma, tau);
    let whole = &(sigma / &root).atan() + &(&(sigma * tau).scale2(1) / &root);
    &two_over_pi(sigma.bits()) * &whole
}

/// `sqrt(1 - sigma^2) = sqrt(tau (1 + sigma))`
fn cosine<R: Real>(sigma: &R, tau: &R) -> R {
    (tau * &(&R::int(1, sigma.bits()) + sigma)).sqrt()
}

/// `e(rho)` and its slope at a point, times `2/pi`.
pub(super) fn even_at<R: Real>(sigma: &R, tau: &R, rho: &R) -> (R, R) {
    let bits = rho.bits();
    let one = R::int(1, bits);
    let sine = sigma * rho;
    // 1 - sigma |rho| = tau + sigma (1 - |rho|)
    let modulus = rho.abs();
    let gap = &one - &modulus;
    let root = (&(tau + &(sigma * &gap)) * &(&one + &sine.abs())).sqrt();
    let square = rho.powi(2);
    let spread = &(&gap * &(&one + &modulus)) + &(tau * &square).scale2(1);
    let value = &(rho * &sine.asin()) + &(&(sigma * &spread) / &root);
    let slope = slope_with(sigma, tau, rho, &root);
    let factor = two_over_pi(bits);
    (&factor * &value, &factor * &slope)
}

/// `e'(rho)` where `R` is known.
fn slope_with<R: Real>(sigma: &R, tau: &R, rho: &R, root: &R) -> R {
    let sine = sigma * rho;
    let first = &(&sine * tau).scale2(1) / root;
    let second = &(&sine * &tau.powi(2)) / &root.powi(3);
    &sine.asin() + &(&first + &second)
}

/// `e(1) - e(1 - t)` and `e'(1 - t)` at a point `0 <= t <= 1`, times `2/pi`. With `b = sigma (1 - t)`, `c_b = sqrt(1 - b^2)`,
/// `c_s = sqrt(1 - sigma^2)` and `T = t (2 - t)` nothing is subtracted from what is nearly its equal:
///
/// `asin(sigma) - asin(b) = asin(sigma^2 T/(sigma c_b + b c_s))`, `1/c_s - 1/c_b = sigma^2 T/((c_s + c_b) c_s c_b)`.
pub(super) fn even_gap<R: Real>(sigma: &R, tau: &R, t: &R) -> (R, R) {
    let bits = t.bits();
    let one = R::int(1, bits);
    let rho = &one - t;
    let b = sigma * &rho;
    let (near, far) = (
        cosine(sigma, tau),
        (&(tau + &(sigma * t)) * &(&one + &b)).sqrt(),
    );
    let wide = t * &(&R::int(2, bits) - t);
    let turned = &sigma.powi(2) * &wide;
    let sine = &turned / &(&(sigma * &far) + &(&b * &near));
    let arcs = &sine.asin() + &(t * &b.asin());
    let inverse = &turned / &(&(&near + &far) * &(&near * &far));
    let twice = tau.scale2(1);
    // sigma { 2 tau (1/c_s - 1/c_b) - T (1 - 2 tau)/c_b }
    let rest = sigma * &(&(&twice * &inverse) - &(&(&wide * &(&one - &twice)) / &far));
    let factor = two_over_pi(bits);
    let slope = slope_with(sigma, tau, &rho, &far);
    (&factor * &(&arcs + &rest), &factor * &slope)
}

/// `e(rho) - e(0)`, times `2/pi`.
pub(super) fn even_rise<R: Real>(sigma: &R, tau: &R, rho: &R) -> R {
    let bits = rho.bits();
    let one = R::int(1, bits);
    let sine = sigma * rho;
    let root = (&one - &sine.powi(2)).sqrt();
    let square = rho.powi(2);
    // 1/R - 1 = sigma^2 rho^2/(R (1 + R))
    let inverse = &sine.powi(2) / &(&root * &(&one + &root));
    let share = &(&one - &tau.scale2(1)) * &square;
    let second = sigma * &(&inverse - &(&share / &root));
    &two_over_pi(bits) * &(&(rho * &sine.asin()) + &second)
}

/// The Taylor coefficients of `e` at `p`, times `2/pi`, from those of the arc sine at `sigma p`: its derivative is `1/R`, and
/// `sigma (1 - (1 - 2 tau) rho^2)/R`.
pub(super) fn even_taylor<R: Real>(
    sigma: &R,
    tau: &R,
    p: &R,
    arcsine: &[R],
    degree: usize,
) -> Vec<R> {
    let bits = p.bits();
    let zero = R::int(0, bits);
    let at = |c: &[R], j: usize| c.get(j).cloned().unwrap_or_else(|| zero.clone());
    let mut power = R::int(1, bits);
    let mut arcs = Vec::new();
    let mut inverse = Vec::new();
    for j in 0..=degree {
        arcs.push(&arcsine[j] * &power);
        inverse.push(&(&R::int(j as i64 + 1, bits) * &arcsine[j + 1]) * &power);
        power = &power * sigma;
    }
    let even = &R::int(1, bits) - &tau.scale2(1);
    let front = &R::int(1, bits) - &(&even * &p.powi(2));
    let middle = (&even * p).scale2(1);
    let factor = two_over_pi::<R>(bits);
    (0..=degree)
        .map(|j| {
            let before = |c: &[R], k: usize| if j >= k { at(c, j - k) } else { zero.clone() };
            let first = &(p * &arcs[j]) + &before(&arcs, 1);
            let second = &(&(&front * &inverse[j]) - &(&middle * &before(&inverse, 1)))
                - &(&even * &before(&inverse, 2));
            &factor * &(&first + &(sigma * &second))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::{Analytic, Ball};

    const BITS: u32 = 300;

    fn number(n: i64, d: i64) -> Ball {
        Ball::rational(&(n, d).into(), BITS)
    }

    /// gelu at variance `m 2^e`.
    fn gelu(m: i64, e: i32) -> (Ball, Dual<Ball>) {
        let rate = number(1, 2).sqrt();
        Dual::gated(&number(1, 2), &number(1, 2), &rate, &number(m, 1).scale2(e))
    }

    /// `E gelu(Z)^2 = 1/3 + 1/(2 sqrt(3) pi)`: at variance 1 `sigma` is 1/2 and its arc sine `pi/6`.
    #[test]
    fn the_second_moment_at_variance_one() {
        let (square, _) = gelu(1, 0);
        let root = &(&number(3, 1).sqrt() * &Ball::pi(BITS)).scale2(1);
        let expected = &number(1, 3) + &(&number(1, 1) / root);
        assert!(square.overlaps(&expected) && square.rad() < 1e-80);
    }

    /// Value, gap, rise, slope and Taylor coefficients are those of one function, at variances of any size, with relative
    /// digits near 1.
    #[test]
    fn one_function() {
        for (m, e) in [(1, -100), (3, -8), (1, 0), (5, 3), (1, 17), (1, 60)] {
            let (_, dual) = gelu(m, e);
            let one = Ball::int(1, BITS);
            assert!(dual.at(&one).overlaps(&one), "{m} {e}");
            for t in [
                number(1, 1).scale2(-150),
                number(1, 1000),
                number(1, 3),
                number(9, 10),
            ] {
                let gap = dual.gap(&t);
                let direct = &one - &dual.at(&(&one - &t));
                assert!(gap.overlaps(&direct), "{m} {e} {gap:?} {direct:?}");
                assert!(gap.relative_bits() > 180, "{m} {e} {gap:?}");
                let (steep, slope) = (dual.slope_at_gap(&t), dual.slope_at(&(&one - &t)));
                assert!(steep.overlaps(&slope), "{m} {e} {steep:?} {slope:?}");
            }
            let zero = Ball::int(0, BITS);
            for rho in [number(-3, 4), number(1, 5), number(1, 1).scale2(-90)] {
                let rise = &dual.at(&zero) + &dual.rise_at(&rho);
                assert!(rise.overlaps(&dual.at(&rho)), "{m} {e}");
                assert!(dual.rise_at(&rho).relative_bits() > 100, "{m} {e}");
            }
            let (p, z) = (number(1, 4), number(1, 1).scale2(-10));
            let c = dual.taylor(&p, 20);
            let mut sum = zero.clone();
            for c in c.iter().rev() {
                sum = &(&sum * &z) + c;
            }
            // what is left: (z/d)^21 with d = 1/2
            let rest = rug::Float::with_val(53, 1) >> (21 * 9);
            let value = dual.at(&(&p + &z));
            assert!(
                sum.widened(&rest).overlaps(&value),
                "{m} {e} {sum:?} {value:?}"
            );
            assert!(c[1].overlaps(&dual.slope_at(&p)), "{m} {e}");
        }
    }

    /// Written in other ways, and with other things added.
    #[test]
    fn what_is_recognised() {
        for text in [
            "gelu",
            "x*erfc(-x/sqrt(2))/2",
            "3*x - x*erf(2*x)",
            "-x*(1+erf(x))",
            "(x+x*erf(x/3))*0.7",
        ] {
            let expr = Expr::parse(text).unwrap().expand().simplify();
            assert!(gated(&expr).is_some(), "{text}");
        }
        for text in [
            "x*erf(x+1)",
            "x*erf(x)+1",
            "x^2*erf(x)",
            "x*erf(x)+x*erf(2*x)",
            "silu",
            "relu",
            "x",
        ] {
            let expr = Expr::parse(text).unwrap().expand().simplify();
            assert!(gated(&expr).is_none(), "{text}");
        }
    }
}
