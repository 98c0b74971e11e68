//! The dual of a function of which nothing is known but its values: in doubles, the errors estimated and not proved.
//!
//! The coefficients `a_n = E phi h_n` are integrated by Gauss and Legendre's rule on panels between the kinks, by two rules; what
//! they differ by is taken for the error. `E phi'^2` comes from the slopes of the polynomials through the values of a panel. A kink
//! that was not told is seen by the two rules as an error that is large.

use rayon::prelude::*;
use rug::Float;

use super::Dual;
use super::angular::Rule;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::hermite::Series;
use crate::real::{Analytic, Ball, Real};
use crate::words::named;

/// Beyond this the normal density is below `1e-36`.
const REACH: f64 = 13.0;
/// Width of a panel: `h_1000` turns by 8 radians on it.
const WIDTH: f64 = 0.25;
/// The last degree.
const DEGREE: usize = 1000;
/// Nodes a panel of the two rules.
const NODES: [usize; 2] = [16, 13];
/// The two rules differ by less than they are off, sometimes.
const CAUTION: f64 = 4.0;
/// A jump is one from this share of the function's size on.
const JUMP: f64 = 1e-6;
/// Bits of the balls that carry the estimates.
const BITS: u32 = 64;

/// Where a function has to be known.
#[derive(Clone, Debug)]
pub struct SamplePlan {
    panels: Vec<(f64, f64)>,
    cuts: Vec<f64>,
    rules: [Rule; 2],
}

/// The dual of a function that was sampled. Nothing here is proved.
#[derive(Clone, Debug)]
pub struct SampledDual {
    /// `a_n` of the normalised function.
    pub coefficients: Vec<f64>,
    /// Estimated error of each.
    pub error: f64,
    /// `E phi(Z)^2` as it was given.
    pub square: f64,
    /// `B' = E phi'(Z)^2` of the normalised function, with its error; nothing where it jumps, or where that could not be told.
    pub slope: Option<Estimate>,
    dual: Dual<Ball>,
}

/// A number and what it may be off by: an estimate, no bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its estimated error; infinite where nothing is known.
    pub error: f64,
}

/// What is asked of a dual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DualPart {
    /// `dual(rho)`
    Value,
    /// `dual'(rho)`
    Slope,
}

named!(DualPart, "part of a dual": Value = "value", Slope = "slope");

impl SamplePlan {
    /// For a function with kinks or jumps at these places and nowhere else.
    ///
    /// # Errors
    /// [`Error::Domain`] for what is no number, and for more than a thousand.
    pub fn new(kinks: &[f64]) -> Result<Self> {
        if let Some(bad) = kinks.iter().find(|k| !k.is_finite()) {
            return Err(Error::Domain(format!("a kink is a number, {bad} is none")));
        }
        if kinks.len() > 1000 {
            return Err(Error::Domain(format!(
                "there are {} kinks, and at most 1000 are looked at",
                kinks.len()
            )));
        }
        let mut cuts: Vec<f64> = kinks.iter().copied().filter(|k| k.abs() < REACH).collect();
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let mut panels = Vec::new();
        let mut from = -REACH;
        for to in cuts.iter().copied().chain([REACH]) {
            let count = ((to - from) / WIDTH).ceil().max(1.0);
            let width = (to - from) / count;
            let end = |n: f64| if n == count { to } else { from + n * width };
            panels.extend((0..count as usize).map(|n| (end(n as f64), end(n as f64 + 1.0))));
            from = to;
        }
        Ok(SamplePlan {
            panels,
            cuts,
            rules: NODES.map(Rule::new),
        })
    }

    /// Where the function has to be known, in this order.
    pub fn points(&self) -> Vec<f64> {
        let of = |rule: &Rule| self.nodes(rule).map(|(x, _)| x).collect::<Vec<_>>();
        self.rules.iter().flat_map(of).collect()
    }

    fn nodes(&self, rule: &Rule) -> impl Iterator<Item = (f64, f64)> {
        let panels = self.panels.iter();
        panels.flat_map(move |(from, to)| rule.on(*from, *to))
    }

    /// The dual of the function that has these values at the [points](SamplePlan::points).
    ///
    /// # Errors
    /// [`Error::Data`] for values that are no numbers or too many or few; [`Error::Domain`] for a function that is zero, or
    /// constant; [`Error::Unresolved`] for one that grows beyond what is looked at.
    ///
    /// ```
    /// use deeplimit::dual::{DualPart, SamplePlan};
    /// let plan = SamplePlan::new(&[0.0])?;
    /// let relu: Vec<f64> = plan.points().iter().map(|x| x.max(0.0)).collect();
    /// let half = plan.dual(&relu)?.at(0.5, DualPart::Value);
    /// // sqrt(3)/(2 pi) + 1/3
    /// let exact = 3f64.sqrt() / std::f64::consts::TAU + 1.0 / 3.0;
    /// assert!((half.value - exact).abs() <= half.error && half.error < 1e-12);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn dual(&self, values: &[f64]) -> Result<SampledDual> {
        let points = self.points();
        if values.len() != points.len() {
            return Err(Error::Data(format!(
                "{} values are wanted, there are {}",
                points.len(),
                values.len()
            )));
        }
        if let Some(n) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::Data(format!(
                "the function has no finite value at x = {}",
                points[n]
            )));
        }
        let largest = values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        if largest == 0.0 {
            return Err(Error::Domain(
                "the function is zero and cannot be normalised".to_owned(),
            ));
        }
        // a power of two, so that nothing is rounded and no square overflows
        let unit = (-largest.log2().ceil()).clamp(-1000.0, 1000.0).exp2();
        let scaled: Vec<f64> = values.iter().map(|v| v * unit).collect();
        let (fine, coarse) = scaled.split_at(NODES[0] * self.panels.len());
        let [one, two] = [(0, fine), (1, coarse)].map(|(k, values)| self.moments(k, values));
        if one.outside > 1e-12 * one.square || one.square.is_nan() || one.square <= 0.0 {
            return Err(Error::Unresolved(format!(
                "the function grows so fast that its values beyond |x| = {} count",
                REACH - 1.0
            )));
        }
        self.made(&one, &two, unit)
    }

    fn made(&self, one: &MomentsSampled, two: &MomentsSampled, unit: f64) -> Result<SampledDual> {
        let root = one.square.sqrt();
        let off = |a: f64, b: f64| CAUTION * (a - b).abs();
        let pairs = one.coefficients.iter().zip(&two.coefficients);
        let differences = pairs.map(|(a, b)| off(*a, *b) / root);
        let error = differences.fold(CAUTION * f64::EPSILON, f64::max);
        let coefficients: Vec<f64> = one.coefficients.iter().map(|a| a / root).collect();
        let varying: f64 = coefficients[1..].iter().map(|a| a * a).sum();
        if varying.sqrt() <= error * 32.0 {
            return Err(Error::Domain(
                "the function is constant, as far as its values show: its dual is 1 everywhere"
                    .to_owned(),
            ));
        }
        let slope = Estimate {
            value: one.slope / one.square,
            error: off(one.slope, two.slope) / one.square + 1e-13 * one.slope / one.square,
        };
        let jumps = one.jumps || slope.error > 1e-3 * slope.value || !slope.error.is_finite();
        let slope = (!jumps).then_some(slope);
        let ball = |x: f64, e: f64| Ball::new(Float::with_val(BITS, x), &Float::with_val(32, e));
        let balls: Vec<Ball> = coefficients.iter().map(|a| ball(*a, error)).collect();
        let square = off(one.square, two.square) / one.square;
        let square = ball(1.0, square + CAUTION * f64::EPSILON);
        let series = Series::new(
            &balls,
            &square,
            slope.map(|s| ball(s.value, s.error)).as_ref(),
        );
        Ok(SampledDual {
            coefficients,
            error,
            square: one.square / unit / unit,
            slope,
            dual: Dual::Series(series),
        })
    }

    /// By one of the two rules.
    fn moments(&self, which: usize, values: &[f64]) -> MomentsSampled {
        let rule = &self.rules[which];
        let nodes: Vec<(f64, f64)> = self.nodes(rule).collect();
        let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
        let weights: Vec<f64> = nodes.iter().map(|(x, w)| w * density(*x)).collect();
        let roots: Vec<f64> = (0..=DEGREE).map(|n| (n as f64).sqrt()).collect();
        // always in the same order, so that the last bits are the same
        let places: Vec<usize> = (0..nodes.len()).collect();
        let parts: Vec<Vec<f64>> = places
            .par_chunks(128)
            .map(|places| {
                let mut sums = vec![0.0; DEGREE + 1];
                for k in places {
                    // w f h_n stays in range where h_n does not
                    let (mut before, mut now) = (0.0, weights[*k] * values[*k]);
                    for n in 0..=DEGREE {
                        sums[n] += now;
                        if n < DEGREE {
                            let next = (nodes[*k].0 * now - roots[n] * before) / roots[n + 1];
                            (before, now) = (now, next);
                        }
                    }
                }
                sums
            })
            .collect();
        let sum = |n: usize| parts.iter().map(|part| part[n]).sum();
        let coefficients = (0..=DEGREE).map(sum).collect();
        let pieces = Interpolant::new(rule);
        let count = pieces.count();
        let mut slope = 0.0;
        let mut ends = Vec::new();
        for ((from, to), (values, weights)) in self
            .panels
            .iter()
            .zip(values.chunks(count).zip(weights.chunks(count)))
        {
            let slopes = pieces.slopes(values);
            let width = to - from;
            let squares = slopes.iter().zip(weights);
            slope += squares.map(|(d, w)| w * (d / width).powi(2)).sum::<f64>();
            ends.push([pieces.at(0.0, values), pieces.at(1.0, values)]);
        }
        let square: Vec<f64> = weights.iter().zip(values).map(|(w, v)| w * v * v).collect();
        let outside = nodes.iter().zip(&square);
        let outside = outside.filter(|((x, _), _)| x.abs() > REACH - 1.0);
        let total: f64 = square.iter().sum();
        let jumps = self.panels.windows(2).zip(ends.windows(2)).any(|(p, e)| {
            let jump = (e[1][0] - e[0][1]).abs();
            self.cuts.contains(&p[0].1) && jump > JUMP * total.sqrt()
        });
        MomentsSampled {
            coefficients,
            outside: outside.map(|(_, s)| s).sum(),
            square: total,
            slope,
            jumps,
        }
    }
}

struct MomentsSampled {
    coefficients: Vec<f64>,
    square: f64,
    /// What of it is beyond the last panels but a few.
    outside: f64,
    slope: f64,
    jumps: bool,
}

/// The polynomial through values at the nodes of a rule on `[0, 1]`, by its barycentric weights (Berrut and Trefethen 2004).
struct Interpolant {
    nodes: Vec<f64>,
    weights: Vec<f64>,
}

impl Interpolant {
    fn new(rule: &Rule) -> Self {
        let nodes: Vec<f64> = rule.on(0.0, 1.0).map(|(x, _)| x).collect();
        let weight = |k: usize| {
            let others = (0..nodes.len()).filter(|j| *j != k);
            others
                .map(|j| 4.0 * (nodes[k] - nodes[j]))
                .product::<f64>()
                .recip()
        };
        let weights = (0..nodes.len()).map(weight).collect();
        Interpolant { nodes, weights }
    }

    fn count(&self) -> usize {
        self.nodes.len()
    }

    /// The derivative at the nodes.
    fn slopes(&self, values: &[f64]) -> Vec<f64> {
        let at = |k: usize| {
            let others = (0..self.count()).filter(|j| *j != k);
            let term = |j: usize| {
                let ratio = self.weights[j] / self.weights[k];
                ratio * (values[j] - values[k]) / (self.nodes[k] - self.nodes[j])
            };
            others.map(term).sum()
        };
        (0..self.count()).map(at).collect()
    }

    /// The value anywhere but at a node.
    fn at(&self, x: f64, values: &[f64]) -> f64 {
        let (mut above, mut below) = (0.0, 0.0);
        for ((node, weight), value) in self.nodes.iter().zip(&self.weights).zip(values) {
            let share = weight / (x - node);
            above += share * value;
            below += share;
        }
        above / below
    }
}

impl Estimate {
    /// The middle of a ball and its radius.
    pub fn of(ball: &Ball) -> Self {
        let (value, error) = (ball.to_f64(), ball.rad().to_f64());
        match value.is_finite() && error.is_finite() {
            true => Estimate {
                value,
                error: error + value.abs() * f64::EPSILON,
            },
            false => Estimate {
                value: f64::NAN,
                error: f64::INFINITY,
            },
        }
    }
}

impl SampledDual {
    /// The dual as balls that carry the estimates: what later rooms make a recursion of.
    pub fn dual(&self) -> &Dual<Ball> {
        &self.dual
    }

    /// The dual or its slope at a correlation in `[-1, 1]`.
    pub fn at(&self, rho: f64, part: DualPart) -> Estimate {
        let x = Ball::exact(Float::with_val(BITS, rho));
        Estimate::of(&match part {
            DualPart::Value if rho == 1.0 => Ball::int(1, BITS),
            DualPart::Value => self.dual.at(&x),
            DualPart::Slope => self.dual.slope_at(&x),
        })
    }

    /// The same at several.
    ///
    /// # Errors
    /// [`Error::Domain`] for what is no correlation; [`Error::Timeout`].
    pub fn all(&self, rhos: &[f64], part: DualPart, deadline: Deadline) -> Result<Vec<Estimate>> {
        let one = |rho: &f64| {
            deadline.check("the dual")?;
            match rho.abs() <= 1.0 {
                true => Ok(self.at(*rho, part)),
                false => Err(Error::Domain(format!(
                    "{rho} is not a correlation: it must lie between -1 and 1"
                ))),
            }
        };
        rhos.par_iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(f: impl Fn(f64) -> f64, kinks: &[f64]) -> Result<SampledDual> {
        let plan = SamplePlan::new(kinks)?;
        let values: Vec<f64> = plan.points().into_iter().map(f).collect();
        plan.dual(&values)
    }

    /// Against what is enclosed: within the estimate, which is small where the kinks were told.
    #[test]
    fn the_estimates_hold() {
        type Case = (&'static str, fn(f64) -> f64, &'static [f64], f64);
        let cases: [Case; 5] = [
            ("relu", |x| x.max(0.0), &[0.0], 1e-12),
            ("tanh", f64::tanh, &[], 1e-12),
            ("x/(1+exp(-x))", |x| x / (1.0 + (-x).exp()), &[], 1e-12),
            ("exp(x)", f64::exp, &[], 1e-12),
            // not told: the rules see it
            ("relu", |x| (x - 0.0).max(0.0), &[0.1], 1e-2),
        ];
        let rhos = [-0.9, -0.5, 0.0, 0.3, 0.9];
        for (text, f, kinks, most) in cases {
            let found = sampled(f, kinks).unwrap();
            let exact: Vec<rug::Rational> = rhos
                .iter()
                .map(|r| rug::Rational::from_f64(*r).unwrap())
                .collect();
            let wanted =
                super::super::values(&text.parse().unwrap(), &exact, 15, Deadline::default());
            for (rho, v) in rhos.iter().zip(wanted.unwrap()) {
                let slope = v.slope.unwrap();
                for (part, q) in [(DualPart::Value, v.dual), (DualPart::Slope, slope)] {
                    let e = found.at(*rho, part);
                    let off = (e.value - q.to_f64()).abs();
                    assert!(off <= e.error, "{text} {part} {rho}: {off:e} {:e}", e.error);
                    assert!(e.error < most * 100.0, "{text} {part} {rho}: {:e}", e.error);
                }
            }
        }
    }

    #[test]
    fn what_jumps_has_no_slope_at_one() {
        let step = sampled(|x| f64::from(u8::from(x >= 0.5)), &[0.5]).unwrap();
        assert!(step.slope.is_none() && step.at(1.0, DualPart::Slope).error > 1e3);
        let relu = sampled(|x| x.max(0.0), &[0.0]).unwrap();
        let slope = relu.slope.unwrap();
        assert!((slope.value - 1.0).abs() <= slope.error && slope.error < 1e-11);
    }

    #[test]
    fn what_cannot_be_sampled_is_refused() {
        assert!(matches!(sampled(|_| 0.0, &[]), Err(Error::Domain(_))));
        assert!(matches!(sampled(|_| 3.0, &[]), Err(Error::Domain(_))));
        assert!(matches!(
            sampled(|x| 1.0 / x.max(0.0), &[]),
            Err(Error::Data(_))
        ));
        assert!(matches!(
            sampled(|x| (x * x / 4.0).exp(), &[]),
            Err(Error::Unresolved(_))
        ));
        assert!(SamplePlan::new(&[f64::NAN]).is_err());
        assert!(SamplePlan::new(&[]).unwrap().dual(&[1.0]).is_err());
        // however small or large
        for scale in [1e-300, 1e300] {
            let tiny = sampled(|x| scale * x.tanh(), &[]).unwrap();
            let plain = sampled(f64::tanh, &[]).unwrap();
            let (a, b) = (
                tiny.at(0.5, DualPart::Value),
                plain.at(0.5, DualPart::Value),
            );
            assert!((a.value - b.value).abs() < 1e-14);
        }
    }
}
