//! The map of one layer, in doubles: a formula, or tables of the dual.

use super::charts::{Charts, Mirror, Place, lowest, lowest_far};
use crate::dual::{Angular, Dual};
use crate::hermite::Series;
use crate::recursion::{Correlation, LayerMap};

/// The map of one layer.
#[derive(Clone, Debug)]
pub enum Map {
    /// In closed form, or a short polynomial.
    Formula(Dual<f64>),
    /// A long Hermite series, compiled.
    Compiled(Box<CompiledDual>),
}

/// Tables of a dual: the gap over `t`, the value (over `rho^k` where it vanishes like that), and the slope.
#[derive(Clone, Debug)]
pub struct CompiledDual {
    values: Charts,
    slopes: Charts,
    /// Value and slope at `rho = -1`, where the tables end short of it.
    opposite: Option<(f64, f64)>,
    /// `k`
    order: u32,
}

/// Terms of a power series whose coefficients sum to 1, up to `|rho| = 1/2`.
const MIDDLE: usize = 72;
/// Polynomials up to this degree are evaluated as they are.
const SHORT: usize = 24;

impl Map {
    /// Compiles the dual where it is worth it; beyond `|rho| = 1/2` from the angle, where that is given. `None` where it is
    /// undefined somewhere.
    pub fn new(dual: Dual<f64>, mirror: Mirror, angular: Option<&Angular>) -> Option<Self> {
        match &dual {
            Dual::Series(s) if s.degree() > SHORT || angular.is_some() => {}
            other if other.is_slow() => {}
            _ => return Some(Map::Formula(dual)),
        }
        let order = dual.leading().map_or(0, |(k, _)| k);
        // in the middle a slow dual is its power series, whose rest is nothing
        let middle = match dual.is_slow() {
            false => dual.clone(),
            true => {
                let mut squares = dual.taylor(&0.0, MIDDLE);
                squares
                    .iter_mut()
                    .take(order as usize)
                    .for_each(|c| *c = 0.0);
                Dual::Series(Series {
                    squares,
                    tail: 0.0,
                    slope_tail: Some(0.0),
                })
            }
        };
        let divided = |rho: f64| match &middle {
            Dual::Series(s) => s.divided(order as usize, &rho).0,
            other => other.at(&rho),
        };
        // the gap over t has no symmetry, so both sides are sampled
        let values = Charts::new(Mirror::None, |place| match (place, angular) {
            (Place::Near(t), Some(a)) => a.gap(t) / t,
            (Place::Far(u), Some(a)) => a.opposite(u),
            (Place::Near(t), None) => dual.gap(&t) / t,
            (Place::Far(u), None) => dual.opposite_with_slope(&u).0,
            (Place::Middle(rho), _) => divided(rho),
        })?;
        let slope_mirror = match mirror {
            Mirror::None => Mirror::None,
            Mirror::Even => Mirror::Odd,
            Mirror::Odd => Mirror::Even,
        };
        let slopes = Charts::new(slope_mirror, |place| match (place, angular) {
            (Place::Near(t), Some(a)) => a.slope_at_gap(t),
            (Place::Far(u), Some(a)) => a.opposite_slope(u),
            (Place::Near(t), None) => dual.slope_at_gap(&t),
            (Place::Far(u), None) => dual.opposite_with_slope(&u).1,
            (Place::Middle(rho), _) => middle.slope_at(&rho),
        })?;
        Some(Map::Compiled(Box::new(CompiledDual {
            values,
            slopes,
            opposite: angular.map(|a| (a.opposite(0.0), a.opposite_slope(0.0))),
            order,
        })))
    }

    /// Where a correlation goes, and the slope of the map there.
    pub fn step(&self, from: &Correlation<f64>) -> (Correlation<f64>, f64) {
        match self {
            Map::Formula(dual) => LayerMap::of(dual).step(from),
            Map::Compiled(c) => c.step(from),
        }
    }

    /// The first layer from `rho = -1 + u`, where a piecewise linear activation has a singularity like `u^(3/2)` or
    /// `u^(1/2)` that the double `rho` does not resolve.
    pub fn first_step(&self, place: Place) -> (Correlation<f64>, f64) {
        let (value, slope) = match (self, place) {
            (_, Place::Near(t)) => return self.step(&Correlation::Gap(t)),
            (_, Place::Middle(rho)) => return self.step(&Correlation::Plain(rho)),
            (Map::Formula(dual), Place::Far(u)) => dual.opposite_with_slope(&u),
            (Map::Compiled(c), Place::Far(u)) => c.opposite(u),
        };
        (Correlation::new(value), slope)
    }
}

impl CompiledDual {
    /// `(1 - dual(1 - t))/t` and `dual'(1 - t)`, also for gaps that the tables do not reach.
    fn near(&self, t: f64) -> (f64, f64) {
        [&self.values, &self.slopes]
            .map(|table| {
                let end = lowest();
                match t < end {
                    false => table.at_gap(t),
                    true => {
                        let [first, second] = [end, 2.0 * end].map(|t| table.at_gap(t));
                        first * (t / end).powf(exponent(first, second))
                    }
                }
            })
            .into()
    }

    /// `dual(-1 + u)` and `dual'(-1 + u)`.
    fn opposite(&self, u: f64) -> (f64, f64) {
        let end = lowest_far();
        let at = |u| {
            let [value, slope] = [&self.values, &self.slopes].map(|t| t.at_place(Place::Far(u)));
            (value, slope)
        };
        let (Some((value, slope)), true) = (self.opposite, u < end) else {
            return at(u);
        };
        if u == 0.0 {
            return (value, slope);
        }
        let ((first, first_slope), share) = (at(end), u / end);
        // kinks: the slope moves like the root of u; jumps: the value does, and the slope is infinite at the end
        match slope.is_finite() {
            true => (
                value + (first - value) * share,
                slope + (first_slope - slope) * share.sqrt(),
            ),
            false => (
                value + (first - value) * share.sqrt(),
                first_slope / share.sqrt(),
            ),
        }
    }

    fn step(&self, from: &Correlation<f64>) -> (Correlation<f64>, f64) {
        let (t, slope) = match from {
            Correlation::Gap(t) if *t < 0.5 => {
                let (quotient, slope) = self.near(*t);
                let gap = t * quotient;
                if gap > 0.75 {
                    return (Correlation::Plain(1.0 - gap), slope);
                }
                (gap, slope)
            }
            other => {
                let rho = other.value();
                let slope = self.slopes.at(rho);
                let s = self.values.at(rho);
                if rho > 0.5 {
                    ((1.0 - rho) * s, slope)
                } else {
                    let power = if rho.abs() <= 0.5 {
                        rho.powi(self.order as i32)
                    } else {
                        1.0
                    };
                    return (Correlation::new(s * power), slope);
                }
            }
        };
        (Correlation::gap_of(t), slope)
    }
}

/// `p` of a function that goes like `t^p` where the tables end, from its values there and at twice the gap: 0, but for jumps.
fn exponent(first: f64, second: f64) -> f64 {
    let p = (second / first).log2();
    let halves = (2.0 * p).round() / 2.0;
    if (p - halves).abs() < 1e-6 { halves } else { p }
}
