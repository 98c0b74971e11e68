//! The whole line: nodes `(k + 1/2) h` with the Gaussian weight, between `-R` and `R = K h`.
//!
//! The midpoint sum equals `int_{-R}^{R} F` up to contour integrals along the rectangle with corners `+-R +- i d`:
//! the horizontal sides give at most `2 int |F(x + i d)| dx / (exp(2 pi d/h) - 1)`, and the four vertical halves, on
//! which the kernel is `1/(1 + exp(2 pi y/h))`, at most `4 int_0^d sup |F(+-R + i y)| exp(-2 pi y/h) dy`.
//! So the strip needs to be looked at only between `-R` and `R`.

use rug::Float;
use rug::float::Round;

use super::envelope::BITS;
use super::plan::{Moduli, Modulus};
use crate::real::{Interval, Rect};

/// A whole-line rule and the bound of its error.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// `R`.
    pub reach: u32,
    /// `K`: there are `2 K` nodes.
    pub steps: u32,
    pub error: Float,
}

/// Width of the panels on which the integrand is bounded.
const PANEL: f64 = 0.5;

/// The cheapest rule whose error is at most `target`, or `None` where no strip could be proved.
///
/// Strips are tried from thin to wide; each widening only has to prove analyticity on the band that it adds.
pub(super) fn line(moduli: &Moduli, reach: u32, target: &Float) -> Option<Line> {
    let ln_target = super::plan::ln(target);
    let cost = |d: f64| {
        horizontal(moduli, reach, d).map(|m| (super::plan::ln(&m) - ln_target).max(1.0) / d)
    };
    let mut proved = [0.5, 0.25, 0.125, 0.0625, 0.03125]
        .into_iter()
        .find(|&d| analytic(moduli, reach, 0.0, d))?;
    let mut best = (cost(proved)?, proved);
    let mut wall = None;
    loop {
        let wider = proved * std::f64::consts::SQRT_2;
        if !analytic(moduli, reach, proved, wider) {
            wall = Some(wider);
            break;
        }
        proved = wider;
        match cost(wider) {
            Some(c) if c < best.0 => best = (c, wider),
            _ => break,
        }
    }
    // A singularity lies between the last strip that held and the next: go closer.
    if let Some(mut wall) = wall {
        for _ in 0..3 {
            let middle = 0.5 * (proved + wall);
            if analytic(moduli, reach, proved, middle) {
                proved = middle;
                match cost(middle) {
                    Some(c) if c < best.0 => best = (c, middle),
                    _ => break,
                }
            } else {
                wall = middle;
            }
        }
    }
    certified(moduli, reach, best.1, target)
}

/// Upper bound of `int_{-R}^{R} |F(x + i d)| dx`.
fn horizontal(moduli: &Moduli, reach: u32, d: f64) -> Option<Float> {
    let y = Interval::point(Float::with_val(BITS, d));
    let mut total = Float::new(BITS);
    for (left, right, weight) in moduli.columns(reach, PANEL) {
        let sup = moduli.sup_split(&Rect::new(interval(left, right), y.clone()), 4, true)?;
        total += Float::with_val_round(BITS, &sup * ((right - left) * weight), Round::Up).0;
    }
    total.is_finite().then_some(total * ROUNDING)
}

/// Covers the rounding of the few sums made at 64 bits outside interval arithmetic.
const ROUNDING: f64 = 1.0 + 1e-9;

/// Analyticity on the band `from <= Im z <= to`; below it it is known.
fn analytic(moduli: &Moduli, reach: u32, from: f64, to: f64) -> bool {
    moduli
        .columns(reach, PANEL)
        .iter()
        .all(|&(left, right, _)| {
            moduli
                .sup_split(
                    &Rect::new(interval(left, right), interval(from, to)),
                    6,
                    false,
                )
                .is_some()
        })
}

fn certified(moduli: &Moduli, reach: u32, d: f64, target: &Float) -> Option<Line> {
    let m = horizontal(moduli, reach, d)?;
    let needed = (super::plan::ln(&m) - super::plan::ln(target) + 2.0).max(1.0);
    let steps = (f64::from(reach) * needed / (std::f64::consts::TAU * d)).ceil();
    if steps > 5e7 {
        return None;
    }
    // 2 M / (exp(2 pi d / h) - 1), with 2 pi rounded down
    let mut exponent = Interval::pi(BITS) * &Interval::int(2, BITS);
    exponent = exponent * &Interval::point(Float::with_val(BITS, d));
    exponent = exponent * &Interval::point(Float::with_val(BITS, steps))
        / &Interval::int(i64::from(reach), BITS);
    let mut error = (&Interval::point(m * 2) / &exponent.exp_m1()).hi().clone();
    // the vertical sides
    let panels = 16;
    for side in [-1.0, 1.0] {
        let x = Interval::point(Float::with_val(BITS, side * f64::from(reach)));
        for k in 0..panels {
            let (y0, y1) = (
                d * f64::from(k) / f64::from(panels),
                d * f64::from(k + 1) / f64::from(panels),
            );
            let sup = moduli.sup_split(&Rect::new(x.clone(), interval(y0, y1)), 4, false)?;
            let decay = (-(&exponent
                * &Interval::point(Float::with_val(BITS, y0 / d * (1.0 - 1e-12)))))
                .exp();
            error += Float::with_val_round(BITS, sup * decay.hi() * (2.0 * (y1 - y0)), Round::Up).0
                * ROUNDING;
        }
    }
    error *= ROUNDING;
    (error.is_finite() && error <= *target).then_some(Line {
        reach,
        steps: steps as u32,
        error,
    })
}

pub(super) fn interval(lo: f64, hi: f64) -> Interval {
    Interval::new(Float::with_val(BITS, lo), Float::with_val(BITS, hi))
}

use crate::real::Analytic;
