//! Piecewise linear activations with `m` kinks, an exponent `D > 2` and a small Lipschitz constant.
//!
//! At slopes between -1 and 1 a small constant is a large variance, a convex function of the slopes, and the outermost are -1 and 1. The
//! gaps between the kinks and the slopes between them are varied by a compass search in doubles; where the first kink lies is
//! what gives the exponent. With one kink this is `|x - c|`, which is proved to be the best ([`super::bounds`]); with more it is the
//! best found, and a bound for all activations says how much is left. The exponent of what is written is proved by [`Family`].

use rug::{Integer, Rational};

use super::{Extremal, bounds, measured};
use crate::activation::Expr;
use crate::design::{Family, Span, lowest};
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Quantity};

/// Gaps and slopes are written with so many decimals.
const DECIMALS: u32 = 10;

/// A function whose first kink is at 0.
#[derive(Clone, Debug)]
struct Polygon {
    /// Of the other kinks, ascending.
    places: Vec<f64>,
    /// Between the kinks.
    slopes: Vec<f64>,
}

pub(super) fn smoothest(alpha: &Rational, kinks: u32, effort: &Effort) -> Result<Extremal> {
    if !(1..=super::KINKS_MAX).contains(&kinks) {
        return Err(Error::Domain(format!(
            "the number of kinks is a whole number from 1 to {}",
            super::KINKS_MAX
        )));
    }
    if *alpha <= 2 {
        return Err(Error::Domain(format!(
            "alpha = {}: a small Lipschitz constant is looked for above alpha = 2; up to there, functions that are nearly linear have one as near to 1 as one likes, with enough kinks",
            Expr::rational(alpha)
        )));
    }
    let d = alpha.to_f64();
    let (shape, place) = best(kinks as usize, d, effort)?.ok_or_else(|| {
        Error::Unresolved("no piecewise linear activation with this exponent was found".into())
    })?;
    let family = Family::parse(&shape.text())?;
    let end = |v: f64| Rational::from_f64(v);
    let span = Span {
        letter: "c".into(),
        from: end(place - 1e-3),
        to: end(place + 1e-3),
    };
    let found = family.with_alpha(alpha, &[span], effort)?;
    let member = found.members.into_iter().next().ok_or_else(|| {
        Error::Unresolved("the exponent of what was found could not be enclosed".into())
    })?;
    let one = Ball::int(1, 64);
    let best = measured(
        member.activation,
        member.values,
        member.alpha,
        Some(one),
        effort,
    )?;
    let constant = best.lipschitz.as_ref().and_then(Quantity::ball);
    let constant = constant.unwrap_or_else(|| Ball::undefined(64));
    let p = lowest::of_degree(alpha, 2, 20)?.first.ball();
    let flattest = p.map_or_else(|| Ball::int(1, 64), |p| Ball::int(2, p.bits()) - p);
    let least = |variance: &Ball| Ball::int(1, 80) / variance.sqrt();
    if kinks == 1 {
        // a variance that is larger by a millionth
        let slightly = Ball::int(1, 80) + Ball::rational(&(1, 1_000_000).into(), 80);
        let variance = (slightly / constant.square()).with_bits(80).upper();
        if bounds::one_kink(alpha, &flattest, &variance, effort.deadline)? {
            let bound = least(&Ball::exact(variance));
            return Ok(Extremal {
                best: vec![best],
                bound: Some(Quantity::new(&Ball::exact(bound.lower()), None)),
                optimal: true,
                infeasible: None,
                reason: "no activation with one kink and this alpha has a smaller Lipschitz constant, up to a millionth"
                    .into(),
            });
        }
    }
    let bound = least(&bounds::any(alpha, &flattest, effort.deadline)?).lower();
    Ok(Extremal {
        best: vec![best],
        bound: Some(Quantity::new(&Ball::exact(bound), None)),
        optimal: false,
        infeasible: None,
        reason: "the best found; no activation at all with this alpha is below the bound".into(),
    })
}

/// The variance is as large as it was found to be.
fn best(kinks: usize, alpha: f64, effort: &Effort) -> Result<Option<(Polygon, f64)>> {
    let mut found: Option<(f64, Polygon, f64)> = None;
    for width in [0.1, 0.5, 1.5] {
        let mut now = Polygon::even(kinks, width);
        let mut value = now.placed(alpha);
        let mut step = 0.4;
        while step > 1e-7 && kinks > 1 {
            effort
                .deadline
                .check("the search for a small Lipschitz constant")?;
            let mut better = false;
            for n in 0..2 * (kinks - 1) {
                for sign in [1.0, -1.0] {
                    let next = now.varied(n, sign * step);
                    let there = next.placed(alpha);
                    if there.map(|t| t.0) > value.map(|v| v.0 + 1e-15) {
                        (now, value, better) = (next, there, true);
                    }
                }
            }
            if !better {
                step /= 2.0;
            }
        }
        if let Some((variance, place)) = value
            && found.as_ref().is_none_or(|f| f.0 < variance)
        {
            found = Some((variance, now, place));
        }
    }
    Ok(found.map(|(_, shape, place)| (shape, place)))
}

impl Polygon {
    fn even(kinks: usize, width: f64) -> Polygon {
        let part = |n: usize| n as f64 / kinks as f64;
        Polygon {
            places: (1..kinks).map(|n| width * part(n)).collect(),
            slopes: (1..kinks).map(|n| 2.0 * part(n) - 1.0).collect(),
        }
    }

    /// One of the gaps longer or shorter, or one of the slopes other.
    fn varied(&self, n: usize, by: f64) -> Polygon {
        let mut next = self.clone();
        let gaps = self.places.len();
        if n < gaps {
            let before = if n == 0 { 0.0 } else { self.places[n - 1] };
            let more = (self.places[n] - before) * (by.exp() - 1.0);
            for place in &mut next.places[n..] {
                *place += more;
            }
        } else {
            let slope = &mut next.slopes[n - gaps];
            *slope = (*slope + by).clamp(-1.0, 1.0);
        }
        next
    }

    fn all_slopes(&self) -> Vec<f64> {
        [&[-1.0], self.slopes.as_slice(), &[1.0]].concat()
    }

    /// `E f'`, `E f'^2` and `Var f`, the first kink at `c`.
    fn moments(&self, c: f64) -> [f64; 3] {
        let mut ends = vec![f64::NEG_INFINITY, c];
        ends.extend(self.places.iter().map(|p| c + p));
        ends.push(f64::INFINITY);
        let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let below = |x: f64| libm::erfc(-x / std::f64::consts::SQRT_2) / 2.0;
        let times = |x: f64| if x.is_finite() { x * density(x) } else { 0.0 };
        let (mut mean, mut square, mut first, mut slope) = (0.0, 0.0, 0.0, 0.0);
        // f = s x + t on a piece, f(c) = 0
        let mut t = c;
        for (n, s) in self.all_slopes().iter().enumerate() {
            let [a, b] = [ends[n], ends[n + 1]];
            if n > 0 {
                t += (self.all_slopes()[n - 1] - s) * a;
            }
            let i0 = below(b) - below(a);
            let i1 = density(a) - density(b);
            let i2 = i0 + times(a) - times(b);
            mean += s * i1 + t * i0;
            square += s * s * i2 + 2.0 * s * t * i1 + t * t * i0;
            first += s * i0;
            slope += s * s * i0;
        }
        [first, slope, square - mean * mean]
    }

    /// The variance, and where the first kink lies, where that gives the exponent; the largest, if there are several.
    fn placed(&self, alpha: f64) -> Option<(f64, f64)> {
        let excess = |c: f64| {
            let [mu, e, v] = self.moments(c);
            4.0 * mu.abs().ln() + alpha * e.ln() - (2.0 + alpha) * v.ln()
        };
        let mut best: Option<(f64, f64)> = None;
        let mut before = (-6.0, excess(-6.0));
        for k in 1..=60 {
            let c = -6.0 + 0.2 * f64::from(k);
            let here = (c, excess(c));
            if (before.1 < 0.0) != (here.1 < 0.0) && before.1.is_finite() {
                let (mut a, mut b) = (before.0, c);
                for _ in 0..48 {
                    let middle = f64::midpoint(a, b);
                    if (excess(middle) < 0.0) == (before.1 < 0.0) {
                        a = middle
                    } else {
                        b = middle
                    }
                }
                let v = self.moments(a)[2];
                // of mirrored ones the right one
                if best.is_none_or(|(most, _)| v > most - 1e-12) {
                    best = Some((v, a));
                }
            }
            before = here;
        }
        best
    }

    /// As a family in `c`, where the first kink is.
    fn text(&self) -> String {
        if self.places.is_empty() {
            return "abs(x-c)".into();
        }
        let power = f64::from(10_u32).powi(DECIMALS as i32);
        let exact = |v: f64| {
            let unit = Rational::from((1, Integer::from(Integer::u_pow_u(10, DECIMALS))));
            unit * Rational::from_f64((v * power).round()).unwrap_or_default()
        };
        let slopes: Vec<Rational> = self.all_slopes().into_iter().map(exact).collect();
        let mut text = "-(x-c)".to_owned();
        for n in 1..slopes.len() {
            let bend = Expr::rational(&Rational::from(&slopes[n] - &slopes[n - 1]));
            let place = match n {
                1 => String::new(),
                _ => format!("-{}", Expr::rational(&exact(self.places[n - 2]))),
            };
            text += &format!("+({bend})*max(x-c{place},0)");
        }
        text
    }
}
