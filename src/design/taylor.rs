//! Functions of one letter near a value of it: a polynomial in `t`, `|t| <= 1`, and a bound of what it leaves out.
//!
//! Cancellation (`E f^2 - (E f)^2` where the mean is large, `alpha` where the family is nearly linear) happens between the
//! coefficients, which are sharp, instead of between ranges, which are wide.

use crate::real::{Analytic, Ball, Bits, Real};
use rug::Float;

/// The degree of the polynomials.
pub(in crate::design) const DEGREE: usize = 12;

/// `|f(t) - sum_k c_k t^k| <= rest` for `|t| <= 1`.
#[derive(Clone, Debug)]
pub(in crate::design) struct Taylor {
    pub c: Vec<Ball>,
    pub rest: Float,
}

/// Precision of bounds.
const ROUGH: Bits = 64;

pub(in crate::design) fn up(x: &Ball) -> Float {
    x.with_bits(ROUGH).magnitude()
}

fn size(x: Float) -> Ball {
    Ball::exact(Float::with_val_round(ROUGH, x, rug::float::Round::Up).0)
}

impl Taylor {
    pub fn constant(value: Ball) -> Taylor {
        let bits = value.bits();
        let mut c = vec![value];
        c.resize(DEGREE + 1, Ball::int(0, bits));
        Taylor {
            c,
            rest: Float::new(ROUGH),
        }
    }

    fn bits(&self) -> Bits {
        self.c[0].bits()
    }

    /// `sum_k f_k t_k`
    pub fn combination(factors: &[Ball], of: &[Taylor], bits: Bits) -> Taylor {
        let mut out = Taylor::constant(Ball::int(0, bits));
        let mut rest = Ball::int(0, ROUGH);
        for (f, t) in factors.iter().zip(of) {
            for (sum, c) in out.c.iter_mut().zip(&t.c) {
                if !(c.is_exact() && c.mid().is_zero()) {
                    *sum = &*sum + &(c * f);
                }
            }
            if !t.rest.is_zero() {
                rest = rest + size(t.rest.clone()) * size(up(f));
            }
        }
        out.rest = up(&rest);
        out
    }

    pub fn plus(&self, o: &Taylor) -> Taylor {
        Taylor {
            c: self.c.iter().zip(&o.c).map(|(a, b)| a + b).collect(),
            rest: up(&(size(self.rest.clone()) + size(o.rest.clone()))),
        }
    }

    pub fn times_number(&self, f: &Ball) -> Taylor {
        Taylor {
            c: self.c.iter().map(|a| a * f).collect(),
            rest: up(&(size(self.rest.clone()) * size(up(f)))),
        }
    }

    pub fn minus(&self, o: &Taylor) -> Taylor {
        self.plus(&o.times_number(&Ball::int(-1, self.bits())))
    }

    /// `sum_{k >= from} |c_k|`
    fn norm(&self, from: usize) -> Ball {
        self.c[from.min(self.c.len())..]
            .iter()
            .fold(Ball::int(0, ROUGH), |s, c| s + size(up(c)))
    }

    pub fn times(&self, o: &Taylor) -> Taylor {
        let mut c = vec![Ball::int(0, self.bits()); DEGREE + 1];
        for (i, a) in self.c.iter().enumerate() {
            if a.is_exact() && a.mid().is_zero() {
                continue;
            }
            for (j, b) in o.c[..=DEGREE - i].iter().enumerate() {
                c[i + j] = &c[i + j] + &(a * b);
            }
        }
        let mut rest = size(self.rest.clone()) * (o.norm(0) + size(o.rest.clone()))
            + size(o.rest.clone()) * self.norm(0);
        // suffixes of the other: sum over i + j > DEGREE
        let mut suffix = Ball::int(0, ROUGH);
        for (i, a) in self.c.iter().enumerate().skip(1) {
            suffix = suffix + size(up(&o.c[DEGREE + 1 - i]));
            rest = rest + size(up(a)) * &suffix;
        }
        Taylor { c, rest: up(&rest) }
    }

    pub fn square(&self) -> Taylor {
        self.times(self)
    }

    /// `self / c_0 - 1` with a bound of its modulus, where that is less than 9/10.
    fn relative(&self) -> Option<(Taylor, Ball)> {
        let first = &self.c[0];
        first.sign()?;
        let inverse = Ball::int(1, self.bits()) / first;
        let mut u = self.times_number(&inverse);
        u.c[0] = Ball::int(0, self.bits());
        let bound = u.norm(1) + size(u.rest.clone());
        (bound.upper() < 0.9).then_some((u, size(bound.upper())))
    }

    /// `sum_k f_k u^k` with `|sum_{k > DEGREE} f_k u^k| <= rest`.
    fn composed(u: &Taylor, f: &[Ball], rest: &Ball) -> Taylor {
        let mut out = Taylor::constant(f[DEGREE].clone());
        for k in (0..DEGREE).rev() {
            out = out.times(u);
            out.c[0] = &out.c[0] + &f[k];
        }
        out.rest = up(&(size(out.rest) + rest));
        out
    }

    pub fn recip(&self) -> Option<Taylor> {
        let (u, bound) = self.relative()?;
        let bits = self.bits();
        let f: Vec<Ball> = (0..=DEGREE)
            .map(|k| Ball::int(if k % 2 == 0 { 1 } else { -1 }, bits))
            .collect();
        let rest = bound.powi(DEGREE as i64 + 1) / (Ball::int(1, ROUGH) - &bound);
        Some(Taylor::composed(&u, &f, &rest).times_number(&(Ball::int(1, bits) / &self.c[0])))
    }

    /// The logarithm of a positive function.
    pub fn ln(&self) -> Option<Taylor> {
        if self.c[0].lower() <= 0 {
            return None;
        }
        let (u, bound) = self.relative()?;
        let bits = self.bits();
        let term = |k: i64| Ball::int(if k % 2 == 1 { 1 } else { -1 }, bits) / Ball::int(k, bits);
        let f: Vec<Ball> = (0..=DEGREE as i64)
            .map(|k| if k == 0 { self.c[0].ln() } else { term(k) })
            .collect();
        let rest = bound.powi(DEGREE as i64 + 1)
            / (Ball::int(1, ROUGH) - &bound)
            / Ball::int(DEGREE as i64 + 1, ROUGH);
        Some(Taylor::composed(&u, &f, &rest))
    }

    pub fn exp(&self) -> Taylor {
        let bits = self.bits();
        let mut u = self.clone();
        u.c[0] = Ball::int(0, bits);
        let bound = u.norm(1) + size(u.rest.clone());
        let mut f = vec![Ball::int(1, bits)];
        for k in 1..=DEGREE + 1 {
            f.push(&f[k - 1] / &Ball::int(k as i64, bits));
        }
        let rest = bound.powi(DEGREE as i64 + 1) * bound.exp() * size(up(&f[DEGREE + 1]));
        Taylor::composed(&u, &f, &rest).times_number(&self.c[0].exp())
    }

    /// The values between two places of `[-1, 1]`.
    pub fn range(&self, [a, b]: &[Float; 2]) -> Ball {
        let at = Float::with_val(ROUGH, a + b) / 2u32;
        let radius = up(&(Ball::exact(b.clone()) - Ball::exact(a.clone()))) * 0.51;
        // the polynomial around `at`, by Horner's scheme repeated
        let mut c = self.c.clone();
        let at = Ball::exact(at);
        for k in 0..DEGREE {
            for i in (k..DEGREE).rev() {
                c[i] = &c[i] + &(&c[i + 1] * &at);
            }
        }
        let radius = size(radius);
        let mut wide = size(self.rest.clone());
        let mut power = Ball::int(1, ROUGH);
        for c in &c[1..] {
            power = power * &radius;
            wide = wide + size(up(c)) * &power;
        }
        c[0].widened(&up(&wide))
    }

    /// The value at one place.
    pub fn at(&self, t: &Ball) -> Ball {
        let mut sum = Ball::int(0, self.bits());
        for c in self.c.iter().rev() {
            sum = &(&sum * t) + c;
        }
        sum.widened(&self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A polynomial with the coefficients, whose rest is zero.
    fn of(c: &[f64]) -> Taylor {
        let mut all = Taylor::constant(Ball::int(0, 128));
        for (to, c) in all.c.iter_mut().zip(c) {
            *to = Ball::exact(Float::with_val(128, *c));
        }
        all
    }

    /// What is left out is in the rest: series of degree 12 at places where they are off by more than rounding.
    #[test]
    fn enclosures_contain_what_they_enclose() {
        let u = of(&[1.0, 0.3, -0.1, 0.0, 0.02]);
        for t in [-1.0, -0.7, 0.3, 0.99, 1.0] {
            let t = Ball::exact(Float::with_val(128, t));
            let x = u.at(&t);
            let one = Ball::int(1, 128);
            for (found, truth) in [
                (u.ln().unwrap(), x.ln()),
                (u.recip().unwrap(), &one / &x),
                (
                    u.times_number(&Ball::int(3, 128)).exp(),
                    (&x * &Ball::int(3, 128)).exp(),
                ),
                (u.square().square().square(), x.powi(8)),
                (u.minus(&u.square()), &x - &x.square()),
            ] {
                let value = found.at(&t);
                assert!(value.overlaps(&truth), "{value:?} {truth:?}");
                let all = [Float::with_val(64, -1), Float::with_val(64, 1)];
                assert!(found.range(&all).overlaps(&truth));
                assert!(value.radius() < 0.1);
            }
        }
        // 1 + 0.95 t comes too near to zero
        assert!(of(&[1.0, 0.95]).ln().is_none() && of(&[-1.0]).ln().is_none());
    }
}
