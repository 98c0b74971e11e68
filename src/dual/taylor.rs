//! The Taylor coefficients of a dual at a point of `[0, 1)`: all non-negative, since those at 0 are `a_n^2`.

use super::Dual;
use super::gated::{even, even_taylor};
use crate::hermite::Series;
use crate::real::{Bits, Real};

impl<R: Real> Dual<R> {
    /// `dual^(j)(p) / j!` for `j = 0..=degree` at `0 <= p < 1`: enclosures in ball arithmetic, free of cancellation,
    /// because every term of every sum is non-negative.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, dual::closed_form};
    /// let dual = closed_form::<f64>(&Expr::parse("exp(x)").unwrap(), 53).unwrap();
    /// let c = dual.taylor(&0.0, 3); // exp(rho - 1)
    /// assert!((c[3] * 6.0 - (-1f64).exp()).abs() < 1e-15);
    /// ```
    pub fn taylor(&self, p: &R, degree: usize) -> Vec<R> {
        let bits = p.bits();
        let one = R::int(1, bits);
        let two_over_pi = &R::int(2, bits) / &R::pi(bits);
        match self {
            Dual::ArcCosine(d) => {
                // kappa' = (2/pi) asin
                let kappa = &two_over_pi * &(&(&one - &p.powi(2)).sqrt() + &(p * &p.asin()));
                let rest = &one - d;
                let mut out = vec![&(&rest * p) + &(d * &kappa)];
                let factor = d * &two_over_pi;
                for (j, a) in arcsine(p, degree.saturating_sub(1)).iter().enumerate() {
                    let c = &(&factor * a) / &R::int(j as i64 + 1, bits);
                    out.push(if j == 0 { &rest + &c } else { c });
                }
                out.truncate(degree + 1);
                out
            }
            Dual::ArcSine(d) => {
                let factor = d * &two_over_pi;
                let mut out: Vec<R> = arcsine(p, degree).iter().map(|a| &factor * a).collect();
                out[0] = &(&one - d) + &out[0];
                out
            }
            Dual::Erf(s) => {
                let factor = &one / &s.asin();
                let mut power = factor;
                let mut out = Vec::with_capacity(degree + 1);
                for a in arcsine(&(s * p), degree) {
                    out.push(&a * &power);
                    power = &power * s;
                }
                out
            }
            Dual::Sinh(s) => {
                let x = s * p;
                exponential(s, [x.sinh(), x.cosh()], &s.sinh(), degree)
            }
            Dual::Cosh(s) => {
                let x = s * p;
                exponential(s, [x.cosh(), x.sinh()], &s.cosh(), degree)
            }
            Dual::Exp(s) => {
                let x = (s * &(p - &one)).exp();
                exponential(s, [x.clone(), x], &one, degree)
            }
            Dual::Gated { share, sigma, tau } => {
                let arcs = arcsine(&(sigma * p), degree + 1);
                let norm = share / &even(sigma, tau);
                let mut out: Vec<R> = even_taylor(sigma, tau, p, &arcs, degree)
                    .iter()
                    .map(|c| &norm * c)
                    .collect();
                let rest = &one - share;
                out[0] = &out[0] + &(&rest * p);
                if let Some(c) = out.get_mut(1) {
                    *c = &*c + &rest;
                }
                out
            }
            Dual::Series(series) => shifted(series, p, degree),
            Dual::Truncated(t) => t.taylor(p, degree),
            Dual::Shifted {
                inner,
                constant,
                scale,
            } => {
                let mut out: Vec<R> = inner.taylor(p, degree).iter().map(|c| scale * c).collect();
                out[0] = constant + &(scale * &inner.rise_at(p));
                out
            }
            Dual::Composed(c) => c.taylor(p, degree),
            Dual::Skipped(s) => s.taylor(p, degree),
        }
    }
}

/// The Taylor coefficients of `asin` at `p`: its derivative `u = (1 - x^2)^(-1/2)` obeys `(1 - x^2) u' = x u`, so
/// `(1 - p^2) (k+1) u_{k+1} = (2k+1) p u_k + k u_{k-1}`.
fn arcsine<R: Real>(p: &R, degree: usize) -> Vec<R> {
    let bits = p.bits();
    let square = &R::int(1, bits) - &p.powi(2);
    let mut out = vec![p.asin()];
    let mut previous = R::int(0, bits);
    let mut current = &R::int(1, bits) / &square.sqrt();
    for k in 0..degree as i64 {
        out.push(&current / &R::int(k + 1, bits));
        let next = &(&(&R::int(2 * k + 1, bits) * &(p * &current))
            + &(&R::int(k, bits) * &previous))
            / &(&square * &R::int(k + 1, bits));
        previous = std::mem::replace(&mut current, next);
    }
    out
}

/// `s^j/j! v_(j mod 2) / norm`.
fn exponential<R: Real>(s: &R, v: [R; 2], norm: &R, degree: usize) -> Vec<R> {
    let bits = v[0].bits();
    let mut factor = &R::int(1, bits) / norm;
    let mut out = Vec::with_capacity(degree + 1);
    for j in 0..=degree {
        out.push(&v[j % 2] * &factor);
        factor = &(&factor * s) / &R::int(j as i64 + 1, bits);
    }
    out
}

/// The shifted polynomial by Horner's scheme, and the rest: its coefficients are non-negative, so by Cauchy the `j`-th at
/// `p` is at most `rest(|p| + d)/d^j <= tail (|p| + d)^(N+1)/d^j` for every `d <= 1 - |p|`.
fn shifted<R: Real>(series: &Series<R>, p: &R, degree: usize) -> Vec<R> {
    let bits: Bits = p.bits().max(series.tail.bits());
    let zero = R::int(0, bits);
    let n = series.degree();
    let at_zero = p.sign() == Some(std::cmp::Ordering::Equal);
    let mut out = series.squares.clone();
    if !at_zero {
        for j in 0..=n.min(degree) {
            for k in (j..n).rev() {
                out[k] = &out[k] + &(p * &out[k + 1]);
            }
        }
    }
    out.resize(degree + 1, zero.clone());
    let exact = series.tail.sign() == Some(std::cmp::Ordering::Equal);
    if exact {
        return out;
    }
    let one = R::int(1, bits);
    let p = &p.abs();
    for (j, c) in out.iter_mut().enumerate() {
        if at_zero && j <= n {
            continue;
        }
        let gap = &one - p;
        // the best d solves (N+1) d = j (p + d)
        let best =
            &(&R::int(j as i64, bits) * p) / &R::int((n + 1).saturating_sub(j).max(1) as i64, bits);
        let d = if j > n || best.compare(&gap) != Some(std::cmp::Ordering::Less) {
            gap
        } else {
            best
        };
        let power = (p + &d).powi(n as i64 + 1);
        let power = power.min(&one);
        let rest = if j == 0 {
            &series.tail * &p.powi(n as i64 + 1)
        } else {
            &(&series.tail * &power) / &d.powi(j as i64)
        };
        *c = c.widened(&rest.abs().upper_end().to_float());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Expr;
    use crate::dual::closed_form;
    use crate::real::{Analytic, Ball};
    use rug::Rational;

    /// The Taylor polynomial at `p` with the rest bounded by the sum of the coefficients, against the dual itself.
    #[test]
    fn taylor_polynomials_meet_the_dual() {
        for text in [
            "relu",
            "step(x)",
            "erf(x)",
            "sin(x)",
            "cos(x)",
            "exp(x)",
            "optimal(5)",
            "max(x,0)-1/sqrt(2*pi)",
            "1-cos(2*x)",
            "3*(exp(x)-1)",
        ] {
            let dual = closed_form::<Ball>(&Expr::parse(text).unwrap(), 200).unwrap();
            for p in [0, 1, 2] {
                let p = Ball::rational(&Rational::from((p, 5)), 200);
                let z = Ball::rational(&Rational::from((1, 64)), 200);
                let c = dual.taylor(&p, 40);
                let mut sum = Ball::int(0, 200);
                for c in c.iter().rev() {
                    sum = &(&sum * &z) + c;
                }
                let value = dual.at(&(&p + &z));
                // the rest: (z/d)^41 dual(p + d) with d = 1/2
                let rest = rug::Float::with_val(53, 1) >> (41 * 5);
                assert!(
                    sum.widened(&rest).overlaps(&value),
                    "{text}: {sum:?} {value:?}"
                );
                assert!(sum.rad() < 1e-50, "{text}");
            }
        }
    }
}
