//! The map of one layer, in doubles: a formula, or tables of the dual, by the correlation or by the angle.

use super::charts::{Charts, Mirror, Place, lowest};
use crate::dual::{AngularTable, Dual};
use crate::hermite::Series;
use crate::recursion::{Correlation, LayerMap};

/// The map of one layer.
#[derive(Clone, Debug)]
pub enum Map {
    /// In closed form, or a short polynomial.
    Formula(Dual<f64>),
    /// A long Hermite series, compiled.
    Compiled(Box<CompiledDual>),
    /// By the angle.
    Angular(Box<AngularMap>),
}

/// Tables of a dual: the gap over `t`, the value (over `rho^k` where it vanishes like that), and the slope.
#[derive(Clone, Debug)]
pub struct CompiledDual {
    values: Charts,
    slopes: Charts,
    /// `k`
    order: u32,
}

/// Polynomials of the angle, and for `|rho| <= 1/2` the power series, which has relative digits where the dual vanishes.
#[derive(Clone, Debug)]
pub struct AngularMap {
    table: AngularTable,
    series: Vec<f64>,
}

/// Terms of a power series whose coefficients sum to 1, up to `|rho| = 1/2`.
const MIDDLE: usize = 72;
/// What follows is left out once it is below this many bits of 1: those of doubles, and as many for a leading coefficient that is small.
const SERIES_BITS: i32 = 96;
/// Polynomials up to this degree are evaluated as they are.
const SHORT: usize = 24;

impl Map {
    /// Compiles the dual where it is worth it; beyond `|rho| = 1/2` from the angle, where that is given. `None` where it is
    /// undefined somewhere.
    pub fn new(dual: Dual<f64>, mirror: Mirror, angular: Option<AngularTable>) -> Option<Self> {
        match &dual {
            Dual::Series(s) if s.degree() > SHORT || angular.is_some() => {}
            other if other.is_slow() => {}
            _ => return Some(Map::Formula(dual)),
        }
        let order = dual.leading().map_or(0, |(k, _)| k);
        // in the middle a slow dual is its power series, whose rest is nothing
        let series = || {
            let mut series = match &dual {
                Dual::Series(s) => s.squares.clone(),
                slow => slow.taylor(&0.0, MIDDLE),
            };
            series.truncate(MIDDLE + 1);
            series
                .iter_mut()
                .take(order as usize)
                .for_each(|c| *c = 0.0);
            series
        };
        if let Some(table) = angular {
            let map = AngularMap {
                table,
                series: series(),
            };
            return Some(Map::Angular(Box::new(map)));
        }
        let middle = match dual.is_slow() {
            false => dual.clone(),
            true => Dual::Series(Series {
                squares: series(),
                tail: 0.0,
                slope_tail: Some(0.0),
            }),
        };
        let divided = |rho: f64| match &middle {
            Dual::Series(s) => s.divided(order as usize, &rho).0,
            other => other.at(&rho),
        };
        // the gap over t has no symmetry, so both sides are sampled
        let values = Charts::new(Mirror::None, |place| match place {
            Place::Near(t) => dual.gap(&t) / t,
            Place::Far(u) => dual.opposite_with_slope(&u).0,
            Place::Middle(rho) => divided(rho),
        })?;
        let slope_mirror = match mirror {
            Mirror::None => Mirror::None,
            Mirror::Even => Mirror::Odd,
            Mirror::Odd => Mirror::Even,
        };
        let slopes = Charts::new(slope_mirror, |place| match place {
            Place::Near(t) => dual.slope_at_gap(&t),
            Place::Far(u) => dual.opposite_with_slope(&u).1,
            Place::Middle(rho) => middle.slope_at(&rho),
        })?;
        Some(Map::Compiled(Box::new(CompiledDual {
            values,
            slopes,
            order,
        })))
    }

    /// Where a correlation goes, and the slope of the map there.
    pub fn step(&self, from: &Correlation<f64>) -> (Correlation<f64>, f64) {
        match self {
            Map::Formula(dual) => LayerMap::of(dual).step(from),
            Map::Compiled(c) => c.step(from),
            Map::Angular(a) => a.step(from),
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
            (Map::Angular(a), Place::Far(u)) => a.table.far(u),
        };
        (Correlation::new(value), slope)
    }
}

impl AngularMap {
    fn step(&self, from: &Correlation<f64>) -> (Correlation<f64>, f64) {
        let (gap, slope) = match from {
            Correlation::Gap(t) => self.table.near(*t),
            Correlation::Plain(rho) if *rho > 0.5 => self.table.near(1.0 - rho),
            Correlation::Plain(rho) => {
                let (value, slope) = match *rho < -0.5 {
                    true => self.table.far(1.0 + rho),
                    false => self.middle(*rho),
                };
                return (Correlation::new(value), slope);
            }
        };
        (Correlation::gap_of(gap), slope)
    }

    /// Value and slope for `|rho| <= 1/2`.
    fn middle(&self, rho: f64) -> (f64, f64) {
        // |rho| <= 2^-e
        let e = (1022 - ((rho.abs().to_bits() >> 52) as i32)).max(1);
        let terms = (SERIES_BITS / e + 3).max(8) as usize;
        let (mut value, mut slope) = (0.0, 0.0);
        for c in self.series.iter().take(terms).rev() {
            slope = slope * rho + value;
            value = value * rho + c;
        }
        (value, slope)
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
        let [value, slope] = [&self.values, &self.slopes].map(|t| t.at_place(Place::Far(u)));
        (value, slope)
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
