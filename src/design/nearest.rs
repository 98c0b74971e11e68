//! The activation nearest to a given one with `A = 0` and a wanted exponent.
//!
//! The distance is that of `L^2` under the normal law. With Hermite coefficients `a_n` of the given activation and `b_n` of the
//! one that is looked for, `b_0 = 0` and `b_n = a_n` for `n > N`, so that what is written is the given activation plus a
//! polynomial of degree `N`. `sum (a_n - b_n)^2` under `alpha = D`, that is
//! `4 log|b_1| + D log S_1 = (2 + D) log S_0`, `S_0 = sum b_n^2`, `S_1 = sum n b_n^2`, is made small by projected gradients in doubles
//! from several starts: best found, not proved the nearest. That its exponent is what was wanted is proved: the coefficients from
//! `h_2` on are written as decimals, and the one of `h_1` is a letter of a [`Family`], for which there is exactly one root.

use std::fmt::Write;

use rug::Rational;

use super::{Family, Member, Span};
use crate::activation::Expr;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Quantity};

/// The activation nearest to a given one.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// The one that is written, with the coefficient of `h_1` that was added as its letter `c`.
    pub member: Member,
    /// The distance relative to the norm of the given one, its mean taken off: `|f - g| / |g - E g|`.
    pub distance: f64,
    /// What the mean costs is not in it: `|E g| / |g|`.
    pub mean: f64,
}

/// `N`, where nothing is said.
pub const NEAREST_DEGREE: u32 = 6;

/// See the [module](self).
///
/// ```
/// use deeplimit::{Effort, design::nearest};
/// let found = nearest(&"tanh".parse()?, &1.into(), 5, &Effort::default())?;
/// assert!(found.distance < 0.1);
/// assert!((found.member.alpha.to_f64() - 1.0).abs() < 1e-13);
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for an exponent that is not positive and an activation that jumps; [`Error::Unresolved`] where none is found.
pub fn nearest(expr: &Expr, alpha: &Rational, degree: u32, effort: &Effort) -> Result<Nearest> {
    super::positive(alpha)?;
    let activation = Activation::new(expr)?;
    if super::family::jumps(&activation.expr)? {
        return Err(Error::Domain(format!(
            "{expr} jumps: B' is infinite and alpha is 0 whatever polynomial is added"
        )));
    }
    if degree < 2 {
        return Err(Error::Domain(
            "a polynomial of degree 2 or more is added".into(),
        ));
    }
    let (unit, power) = super::without_size(expr);
    if power != 1 {
        return Ok(nearest(&unit, alpha, degree, effort)?.times(&power));
    }
    let verdict = activation.classify(&Effort {
        digits: 15,
        ..*effort
    })?;
    let norm = |q: Option<Quantity>| q.map_or(f64::NAN, |q| q.to_f64());
    let slope = norm(verdict.b_prime);
    let a: Vec<f64> = activation
        .hermite(degree + 1, effort)?
        .iter()
        .map(Quantity::to_f64)
        .collect();
    let size = 1.0 / norm(verdict.normalisation).sqrt();
    if !(slope.is_finite() && size.is_finite()) {
        return Err(Error::Unresolved(
            "the constants of the activation are not known".into(),
        ));
    }
    let known = Known {
        alpha: alpha.to_f64(),
        rest: [
            1.0 - a.iter().map(|a| a * a).sum::<f64>(),
            slope
                - (0..)
                    .zip(&a)
                    .map(|(n, a)| f64::from(n) * a * a)
                    .sum::<f64>(),
        ]
        .map(|rest| if rest < 1e-12 { 0.0 } else { rest }),
        a,
    };
    let b = known.best().ok_or_else(|| {
        Error::Unresolved(format!(
            "no activation with alpha = {} was found near {expr} by adding a polynomial of degree {degree}: try a higher one",
            Expr::rational(alpha)
        ))
    })?;
    // as typed, not normalised: decimals for all but the first
    let mut text = format!("({})+c*x", activation.typed);
    for (n, (b, a)) in b.iter().zip(&known.a).enumerate().skip(2) {
        if (b - a).abs() > 1e-8 {
            let _ = write!(text, "+({:.12e})*hermite({n},x)", (b - a) * size);
        }
    }
    let c = (b[1] - known.a[1]) * size;
    let family = Family::parse(&text)?;
    let width = 1e-3 * (c.abs() + size);
    let end = |v: f64| Rational::from_f64(v).unwrap_or_default();
    let span = Span {
        letter: "c".into(),
        from: Some(end(c - width)),
        to: Some(end(c + width)),
    };
    let found = family.with_alpha(alpha, &[span], effort)?;
    let distance = (known.distance(&b) / (1.0 - known.a[0] * known.a[0])).sqrt();
    let member = found.members.into_iter().min_by(|p, q| {
        let off = |m: &Member| (m.values[0].1.to_f64() - c).abs();
        off(p).total_cmp(&off(q))
    });
    match member {
        Some(member) => Ok(Nearest {
            member,
            distance,
            mean: known.a[0].abs(),
        }),
        None => Err(Error::Unresolved(
            "the exponent of what was found could not be enclosed".into(),
        )),
    }
}

impl Nearest {
    /// What is nearest to `power phi` in place of `phi`.
    fn times(mut self, power: &Rational) -> Nearest {
        self.member.activation = Expr::rational(power) * self.member.activation;
        for (_, value) in &mut self.member.values {
            if let Some(ball) = value.ball() {
                let power = Ball::rational(power, ball.bits());
                *value = Quantity::new(&(&ball * &power), None);
            }
        }
        self
    }
}

struct Known {
    alpha: f64,
    /// Normalised coefficients up to `N`.
    a: Vec<f64>,
    /// What is beyond: of `sum a_n^2` and of `sum n a_n^2`.
    rest: [f64; 2],
}

impl Known {
    fn distance(&self, b: &[f64]) -> f64 {
        self.a[1..]
            .iter()
            .zip(&b[1..])
            .map(|(a, b)| (a - b).powi(2))
            .sum()
    }

    fn sums(&self, b: &[f64]) -> [f64; 2] {
        let squares = || (0..).zip(b).map(|(n, b)| (f64::from(n), b * b)).skip(1);
        [
            self.rest[0] + squares().map(|(_, b)| b).sum::<f64>(),
            self.rest[1] + squares().map(|(n, b)| n * b).sum::<f64>(),
        ]
    }

    /// `4 log|b_1| + D log S_1 - (2 + D) log S_0`
    fn excess(&self, b: &[f64]) -> f64 {
        let [s0, s1] = self.sums(b);
        4.0 * b[1].abs().ln() + self.alpha * s1.ln() - (2.0 + self.alpha) * s0.ln()
    }

    /// The derivatives of the excess by `b_1 ..`; `b_0` stays zero.
    fn gradient(&self, b: &[f64]) -> Vec<f64> {
        let [s0, s1] = self.sums(b);
        let d = self.alpha;
        let of = |(n, b): (usize, &f64)| {
            let first = if n == 1 { 4.0 / b } else { 0.0 };
            first + 2.0 * d * n as f64 * b / s1 - 2.0 * (2.0 + d) * b / s0
        };
        let mut all: Vec<f64> = b.iter().enumerate().map(of).collect();
        all[0] = 0.0;
        all
    }

    /// Onto the surface of excess 0 along its gradient, by steps that keep the sign of `b_1`.
    fn onto(&self, b: &mut [f64]) -> Option<()> {
        for _ in 0..200 {
            let excess = self.excess(b);
            if excess.abs() < 1e-13 {
                return Some(());
            }
            let gradient = self.gradient(b);
            let square: f64 = gradient.iter().map(|g| g * g).sum();
            let mut step = excess / square;
            let limit = 0.5 * b[1].abs() / gradient[1].abs();
            step = step.clamp(-limit, limit);
            for (b, g) in b.iter_mut().zip(&gradient) {
                *b -= step * g;
            }
            if !square.is_normal() || b.iter().any(|b| !b.is_finite()) {
                return None;
            }
        }
        (self.excess(b).abs() < 1e-9).then_some(())
    }

    /// On the surface of excess 0 by the coefficient of `h_1` alone: without it `alpha` is infinite, and with much of it small.
    fn started(&self, mut b: Vec<f64>) -> Option<Vec<f64>> {
        let first = if b[1] == 0.0 { 0.1 } else { b[1] };
        let mut at = |log: f64| {
            b[1] = first * log.exp();
            self.excess(&b)
        };
        let (mut lo, mut hi) = (-60.0, 0.0);
        while at(hi) < 0.0 {
            (lo, hi) = (hi, hi + 0.25);
            if hi > 4.0 {
                return None;
            }
        }
        for _ in 0..80 {
            let middle = f64::midpoint(lo, hi);
            if at(middle) < 0.0 {
                lo = middle
            } else {
                hi = middle
            }
        }
        Some(b)
    }

    /// Projected gradients: along the surface towards the given coefficients, and back onto it, from the given ones and from some
    /// with more of one of them, of either sign (an odd activation has no even ones, and would keep to that).
    fn best(&self) -> Option<Vec<f64>> {
        let mut plain = self.a.clone();
        plain[0] = 0.0;
        let mut starts = vec![plain.clone()];
        for n in 2..plain.len() {
            for off in [0.02, -0.02, 0.3, -0.3] {
                let mut b = plain.clone();
                b[n] += off;
                starts.push(b);
            }
        }
        let found = starts
            .into_iter()
            .filter_map(|start| self.descended(self.started(start)?));
        found.min_by(|p, q| self.distance(p).total_cmp(&self.distance(q)))
    }

    fn descended(&self, mut b: Vec<f64>) -> Option<Vec<f64>> {
        let mut rate = 0.5;
        for _ in 0..4000 {
            let gradient = self.gradient(&b);
            let square: f64 = gradient.iter().map(|g| g * g).sum();
            let away: Vec<f64> = self.a.iter().zip(&b).map(|(a, b)| a - b).collect();
            let along: f64 = away
                .iter()
                .zip(&gradient)
                .skip(1)
                .map(|(w, g)| w * g)
                .sum::<f64>()
                / square;
            let tangent: Vec<f64> = away
                .iter()
                .zip(&gradient)
                .map(|(w, g)| w - along * g)
                .collect();
            let mut next = b.clone();
            for (n, t) in next.iter_mut().zip(&tangent).skip(1) {
                *n += rate * t;
            }
            let nearer = next[1] * b[1] > 0.0
                && self.onto(&mut next).is_some()
                && self.distance(&next) < self.distance(&b) - 1e-16;
            if nearer {
                b = next;
            } else {
                rate /= 2.0;
                if rate < 1e-6 {
                    break;
                }
            }
        }
        Some(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, alpha: i32) -> Nearest {
        nearest(
            &text.parse().unwrap(),
            &alpha.into(),
            NEAREST_DEGREE,
            &Effort::default(),
        )
        .unwrap()
    }

    #[test]
    fn the_nearest_has_the_exponent_and_nothing_nearby_is_nearer() {
        let confirmed = |found: &Nearest, alpha: f64| {
            let verdict = Activation::new(&found.member.activation)
                .unwrap()
                .classify(&Effort::default())
                .unwrap();
            assert!((verdict.alpha.unwrap().to_f64() - alpha).abs() < 1e-9);
            assert!(found.distance < 1.0);
        };
        let (gelu, relu) = (of("gelu", 2), of("relu", 2));
        confirmed(&gelu, 2.0);
        confirmed(&relu, 2.0);
        // farther for an exponent that is farther
        assert!(of("softplus", 2).distance < of("softplus", 4).distance);
        // a factor is nothing but a factor
        let huge = of("1e200*gelu", 2);
        confirmed(&huge, 2.0);
        assert!((gelu.distance - huge.distance).abs() < 1e-9);
    }
}
