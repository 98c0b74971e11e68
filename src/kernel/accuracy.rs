//! How far a compiled kernel is off: an estimate of the error of the function, and what the rounding of a correlation adds.

use rug::{Float, Rational};

use super::charts::{LOWEST, Mirror, Place};
use super::compile::{Sampled, VANISHING};
use super::{Accuracy, Conditions, Kernel};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::real::{Analytic, Ball, Bits};
use crate::recursion::Scaled;

/// Bits of the numbers that errors are measured with.
const BITS: Bits = 96;
/// Places at which the error is measured.
const PLACES: usize = 24;
/// Errors below this are known from enclosures: larger ones may be the enclosures' own.
const RESOLVED: f64 = 1e-12;
/// Gaps up to this are known with their digits; beyond, the correlation is.
const NEAR: f64 = 0.1;

/// Against balls, at places spread over the charts; against a second computation where there is one and the balls are wide. And
/// in every cell against the values that the tables are made of, once.
pub(super) fn accuracy(source: &Sampled, kernel: &Kernel, deadline: Deadline) -> Result<Accuracy> {
    // of a symmetry both sides are one, to the last bit, and near -1 balls are wider
    let folded = |place| match place {
        Place::Far(u) if kernel.mirror != Mirror::None => Place::Near(u),
        other => other,
    };
    let places: Vec<Place> = spread(PLACES).into_iter().map(folded).collect();
    let exact = source.enclosures(&places, deadline)?;
    // of logarithms it is relative to an eighth of them
    let largest = |log: f64, place: &Place| log.max(kernel.log_at(*place) / 8.0);
    // what the polynomials leave out, in all cells
    let deviation = kernel.charts.deviation() * places.iter().fold(1.0, largest);
    let mut accuracy = Accuracy {
        measured: deviation,
        relative: deviation,
        places: 0,
        estimated: 0,
        conditions: kernel.conditions(),
    };
    for (place, exact) in places.iter().zip(&exact) {
        let mut errors = kernel.errors(*place, exact);
        // an undefined error is not
        let resolved = errors[0] < RESOLVED;
        if errors[0].is_nan() && place.is_extreme() {
            continue;
        }
        accuracy.places += 1;
        if !resolved && let Some(sample) = source.again(*place) {
            errors = kernel.errors(*place, &sample.enclosed());
            accuracy.estimated += 1;
        }
        let apart = kernel.disagreement(*place);
        let [measured, relative] = errors.map(|e| match (e + apart).is_nan() {
            true => f64::INFINITY,
            false => e + apart,
        });
        accuracy.measured = accuracy.measured.max(measured);
        accuracy.relative = accuracy.relative.max(relative);
    }
    Ok(accuracy)
}

impl Scaled<f64> {
    /// The number that the doubles are.
    pub(super) fn enclosed(&self) -> Scaled<Ball> {
        let ball = |x: f64| Ball::exact(Float::with_val(BITS, x));
        Scaled {
            mantissa: ball(self.mantissa),
            log: ball(self.log),
        }
    }
}

impl Kernel {
    /// The error at a place, given the enclosure of the kernel there, in the measure of [`Accuracy`].
    #[cfg(test)]
    pub(super) fn error(&self, place: Place, exact: &Scaled<Ball>) -> f64 {
        self.errors(place, exact)[0]
    }

    /// The same, and relative as errors of entries are.
    fn errors(&self, place: Place, exact: &Scaled<Ball>) -> [f64; 2] {
        let (value, x) = match place {
            Place::Near(t) => (self.at_gap(t), t),
            Place::Middle(rho) => (self.at(rho), rho),
            Place::Far(u) => {
                let x = if self.mirror == Mirror::None { 1.0 } else { u };
                (self.at_opposite_gap(u), x)
            }
        };
        let slope = self.slope(place);
        let floor = match (place, self.mirror) {
            (Place::Far(_), Mirror::None) => self.at(-0.5).abs().max(self.at(-0.75).abs()),
            _ => 0.0,
        };
        let scale = Ball::exact(Float::with_val(BITS, self.log_scale));
        let log = &exact.log - &scale;
        let exact = &exact.mantissa * &log.exp();
        let difference = &exact - &Ball::exact(Float::with_val(BITS, value));
        let bound = difference.magnitude().to_f64();
        let size = exact.to_f64().abs() + (x * slope).abs() + floor;
        // both below the doubles, or so near their end that they have few digits left
        if value.abs() < VANISHING && exact.to_f64().abs() < VANISHING {
            return [0.0; 2];
        }
        // both beyond the doubles
        if value.abs() == f64::INFINITY && exact.to_f64() == value {
            return [0.0; 2];
        }
        [
            bound / size,
            bound / self.unit_of_error(place, exact.to_f64()),
        ]
    }

    /// What errors of an entry are relative to, by [`Conditions`].
    fn unit_of_error(&self, place: Place, value: f64) -> f64 {
        match place {
            Place::Near(_) => value.abs(),
            Place::Far(u) => value.abs().max(self.at_gap(u).abs()),
            Place::Middle(_) => value.abs().max(self.at(0.5).abs()),
        }
    }

    /// `|ln |f||` where `f` is in a table of logarithms and in the range of doubles, otherwise 0.
    fn log_at(&self, place: Place) -> f64 {
        let log = match place {
            Place::Near(t) if self.form.near => self.at_gap(t).abs().ln().abs(),
            other if self.form.rest => self.at(other.value()).abs().ln().abs(),
            _ => 0.0,
        };
        if log.is_finite() { log } else { 0.0 }
    }

    /// Near 1 gaps and correlations have two tables: how far they are apart there, in the measure of [`Accuracy`].
    fn disagreement(&self, place: Place) -> f64 {
        let (rho, Place::Near(t)) = (place.value(), Place::of(place.value())) else {
            return 0.0;
        };
        let apart = (self.at(rho) - self.at_gap(t)).abs();
        if apart > 0.0 && self.at_gap(t).abs() >= VANISHING {
            apart / (self.at_gap(t).abs() + (t * self.slope(Place::Near(t))).abs())
        } else {
            0.0
        }
    }
}

impl Place {
    /// So near to 1 that deep references may not resolve it.
    pub(super) fn is_extreme(self) -> bool {
        matches!(self, Place::Near(t) if t < 1e-17)
    }

    /// The correlation.
    pub(super) fn exact(self) -> Rational {
        let exact = |x: f64| Rational::from_f64(x).unwrap_or_default();
        match self {
            Place::Near(t) => 1 - exact(t),
            Place::Middle(rho) => exact(rho),
            Place::Far(u) => exact(u) - 1,
        }
    }
}

/// Places spread evenly over the charts, by the golden ratio: half in the logarithm of the gap down to 1e-32, some in the
/// logarithm of `1 + rho`, the others in `rho`.
pub(super) fn spread(count: usize) -> Vec<Place> {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    (0..count)
        .map(|n| {
            let x = (n as f64 * GOLDEN + 0.317).fract();
            match n % 4 {
                0 | 1 => Place::Near(2f64.powf(-1.0 - 106.0 * x)),
                2 => Place::Middle(x - 0.5),
                // a double of this size is rho + 1 exactly
                _ => Place::Far((2f64.powf(-1.0 - 40.0 * x) - 1.0) + 1.0),
            }
        })
        .collect()
}

impl Kernel {
    /// What a change of the correlation does, largest where it is.
    fn conditions(&self) -> Conditions {
        let largest = |places: &mut dyn Iterator<Item = (Place, f64)>| {
            places
                .filter_map(|(place, x)| Some(x * self.relative_slope(place)?))
                .fold(0.0, f64::max)
        };
        // four in an octave
        let gaps = |octaves: u32| {
            (0..4 * octaves)
                .map(|n| 2f64.powf(-f64::from(n + 1) / 4.0))
                .filter(|t| *t < NEAR)
                .chain([NEAR])
        };
        Conditions {
            gap: largest(&mut gaps(LOWEST).map(|t| (Place::Near(t), t))),
            opposite: largest(&mut gaps(LOWEST / 2).map(|u| (Place::Far(u), u))),
            product: largest(&mut (-450..=450).map(|n| (Place::of(f64::from(n) / 500.0), 1.0))),
        }
    }

    /// `|f'(rho)|` over what errors of entries are relative to; `None` where that is 0 or infinite in doubles.
    fn relative_slope(&self, place: Place) -> Option<f64> {
        let rho = place.value();
        let value = match place {
            Place::Near(t) => self.at_gap(t),
            Place::Middle(rho) => self.at(rho),
            Place::Far(u) => self.at_opposite_gap(u),
        };
        let size = self.unit_of_error(place, value);
        if !(VANISHING..f64::INFINITY).contains(&size) {
            return None;
        }
        let relative = match self.form.is_logarithmic(place) {
            // of the logarithm
            true => self.charts.slope_at_place(place) + self.form.power as f64 / rho,
            false => self.slope(place) / size,
        };
        Some(relative.abs()).filter(|x| x.is_finite())
    }

    /// The derivative in `rho`, from the polynomial of the cell: good for what a change of the coordinate does, and no further.
    ///
    /// The polynomial divides its rounding by the width of the cell, a share of the coordinate `x` of the chart: `x f'` is off by
    /// 1e-11 of `f` at most (a test holds it against the dual's own slope), `f'` alone has no digit left towards `+-1`.
    pub(super) fn slope(&self, place: Place) -> f64 {
        let (p, rho) = (self.form.power as f64, place.value());
        let (value, slope) = (
            self.charts.at_place(place),
            self.charts.slope_at_place(place),
        );
        if self.form.is_logarithmic(place) {
            let share = if p == 0.0 { 0.0 } else { p / rho };
            return self.finished(place, value) * (slope + share);
        }
        match self.form.power {
            0 => slope,
            1 => value + rho * slope,
            n => rho.powi(n as i32 - 1) * (p * value + rho * slope),
        }
    }
}
