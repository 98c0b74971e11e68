//! The dual of `phi + constant`, where that of `phi` has a closed form: centred activations above all.

use super::gated::{even, even_rise};
use super::{Dual, closed_form};
use crate::activation::{BinaryOp, Expr, Tape};
use crate::exact::{Activation, Closed};
use crate::real::{Bits, Real};

/// `phi = g - m`, or a constant multiple of that, with a closed form for `g`: with `E = E g^2`, `M = E g` and
/// `Q = E phi^2 = E - 2 m M + m^2`, the dual is `(M - m)^2/Q + (E/Q) (dual_g(rho) - dual_g(0))`. The constant is exactly 0
/// where `E phi = 0` is proved.
pub(super) fn shifted<R: Real>(expr: &Expr, bits: Bits) -> Option<Dual<R>> {
    let (g, m) = split(expr)?;
    let inner = closed_form::<R>(&g, bits)?;
    if let Dual::Truncated(_) = inner {
        // the constant is one of its terms
        return None;
    }
    let of_g = Activation::new(&g).ok()?;
    // of what is far out (`relu(x-30)`) both are small, and their terms cancel
    let (mean, square) = (of_g.mean?.relative(bits), of_g.square?.relative(bits));
    let (mean, square) = (R::from_ball(&mean), R::from_ball(&square));
    let m = Tape::<R>::new(std::slice::from_ref(&m), bits).at_one(&R::int(0, bits));
    let whole = &(&square - &(&m * &mean).scale2(1)) + &m.powi(2);
    let centred = Activation::new(expr)
        .ok()?
        .mean
        .as_ref()
        .is_some_and(Closed::is_zero);
    let constant = if centred {
        R::int(0, bits)
    } else {
        &(&mean - &m).powi(2) / &whole
    };
    Some(Dual::Shifted {
        inner: Box::new(inner),
        constant,
        scale: &square / &whole,
    })
}

/// `g` and `m` with `phi = c (g - m)`.
fn split(expr: &Expr) -> Option<(Expr, Expr)> {
    match expr {
        Expr::Neg(a) => split(a),
        Expr::Binary(BinaryOp::Mul, c, a) if c.is_constant() => split(a),
        Expr::Binary(BinaryOp::Mul | BinaryOp::Div, a, c) if c.is_constant() => split(a),
        Expr::Binary(BinaryOp::Sub, g, m) if m.is_constant() => {
            Some(((**g).clone(), (**m).clone()))
        }
        Expr::Binary(BinaryOp::Sub, m, g) if m.is_constant() => {
            Some(((**g).clone(), (**m).clone()))
        }
        Expr::Binary(BinaryOp::Add, g, m) | Expr::Binary(BinaryOp::Add, m, g)
            if m.is_constant() =>
        {
            Some(((**g).clone(), Expr::Neg(m.clone())))
        }
        _ => None,
    }
}

impl<R: Real> Dual<R> {
    /// `dual(rho) - dual(0)`, with full relative accuracy near 0.
    pub(super) fn rise_at(&self, rho: &R) -> R {
        let bits = rho.bits();
        let one = R::int(1, bits);
        let two_over_pi = || R::int(2, bits) / R::pi(bits);
        match self {
            Dual::ArcCosine(d) => {
                // sqrt(1 - rho^2) - 1 + rho asin(rho)
                let square = rho.powi(2);
                let root = (&one - &square).sqrt();
                let kappa = &(rho * &rho.asin()) - &(&square / &(&one + &root));
                &(&(&one - d) * rho) + &(d * &(&two_over_pi() * &kappa))
            }
            Dual::ArcSine(d) => d * &(&two_over_pi() * &rho.asin()),
            Dual::Cosh(s) => {
                let half = (s * rho).scale2(-1).sinh();
                &half.powi(2).scale2(1) / &s.cosh()
            }
            Dual::Exp(s) => &(-s).exp() * &(s * rho).exp_m1(),
            Dual::Gated { share, sigma, tau } => {
                let part = &even_rise(sigma, tau, rho) / &even(sigma, tau);
                &(&(&one - share) * rho) + &(share * &part)
            }
            Dual::Series(s) => {
                let mut series = s.clone();
                series.squares[0] = R::int(0, bits);
                series.at(rho)
            }
            Dual::Shifted { inner, scale, .. } => scale * &inner.rise_at(rho),
            Dual::Truncated(t) => t.rise_at(rho),
            Dual::Composed(c) => c.rise_at(rho),
            Dual::Skipped(s) => s.rise_at(rho),
            Dual::Erf(_) | Dual::Sinh(_) => self.at_point(rho),
        }
    }
}
