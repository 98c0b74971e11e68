//! From values at single places to tables, and the error measured against enclosures.

use rug::{Float, Rational};

use super::charts::{Charts, LOWEST, Mirror, Place};
use super::lines::Lines;
use super::orbit::Sample;
use super::{Accuracy, Depth, Form, Kernel, Kind, LimitForm};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::limit::{Phase, Regime};
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::Scaled;

/// Bits of the numbers that errors are measured with.
const BITS: Bits = 96;
/// Places at which the error is measured.
const PLACES: usize = 24;
/// Powers of `rho` up to this are multiplied out.
const PLAIN_POWER: u64 = 64;
/// Logarithms of what a table of plain numbers may hold.
const PLAIN_LOG: f64 = 600.0;
/// Errors below this are known from enclosures: larger ones may be the enclosures' own.
const RESOLVED: f64 = 1e-12;
/// Values below this, times `e^log_scale`, are as good as 0.
const VANISHING: f64 = 1e-290;
/// A compiled kernel with a larger measured error is not handed out.
const WORST: f64 = 1e-6;

/// A kernel that can be had at any place, in doubles and enclosed.
pub(super) trait Compilable: Sync {
    /// The kernel at a place in doubles. `None` where an orbit was lost.
    fn sample(&self, place: Place) -> Option<Sample>;
    /// The same by other tables of the dual, where its enclosures do not resolve what kinks do near `rho = 1`.
    fn again(&self, _: Place) -> Option<Sample> {
        None
    }
    /// The symmetry, and `p` where the kernel vanishes like `rho^p` at 0.
    fn symmetry(&self) -> (Mirror, u64);
    /// The value at equal inputs, `None` where it is infinite.
    fn diagonal(&self) -> Result<Option<Scaled<Ball>>>;
    /// Enclosures of the kernel.
    fn enclosures(&self, places: &[Place], deadline: Deadline) -> Result<Vec<Scaled<Ball>>>;
}

/// What a compiled kernel is of.
pub(super) struct Heading {
    pub activation: String,
    pub depth: Depth,
    pub kind: Kind,
    pub regime: Option<Regime>,
    pub phase: Option<Phase>,
    pub network: String,
    pub limit: Option<LimitForm>,
    pub degree: Option<Rational>,
}

impl Heading {
    pub(super) fn kernel(self, charts: Charts, form: Form, mirror: Mirror) -> Kernel {
        Kernel {
            activation: self.activation,
            depth: self.depth,
            kind: self.kind,
            regime: self.regime,
            phase: self.phase,
            network: self.network,
            limit: self.limit,
            degree: self.degree,
            lines: Lines::of(&charts),
            charts,
            form,
            mirror,
            log_scale: 0.0,
            diagonal: f64::NAN,
            opposite: f64::NAN,
            accuracy: Accuracy {
                measured: f64::INFINITY,
                places: 0,
                estimated: 0,
            },
        }
    }
}

/// Samples the kernel, makes its tables and measures their error.
pub(super) fn compiled(
    source: &impl Compilable,
    heading: Heading,
    deadline: Deadline,
) -> Result<Kernel> {
    let activation = heading.activation.clone();
    let lost = || match deadline.check("the kernel's table") {
        Err(timeout) => timeout,
        Ok(()) => Error::Unresolved(format!(
            "the kernel of `{activation}` could not be followed over all correlations in doubles"
        )),
    };
    let (mirror, power) = source.symmetry();
    let size = |place: Place| {
        let s = source.sample(place)?;
        let log = s.log + s.mantissa.abs().ln();
        Some((log - power as f64 * super::log_modulus(place.value()), log))
    };
    let middle = size(Place::Middle(0.5)).ok_or_else(lost)?.1;
    let top = source.diagonal()?;
    let diagonal = top.as_ref().map_or(f64::INFINITY, |top| top.ln().to_f64());
    let ordinary = |log: f64| log.abs() < PLAIN_LOG;
    // near pairs may overflow (deep chaotic networks), and in the nearest-neighbour regime far ones are nothing
    let log_scale = if ordinary(middle) || power > 1 && ordinary(diagonal) {
        0.0
    } else {
        middle
    };
    let smallest = Place::Near(2f64.powi(-(LOWEST as i32)));
    let ends = [
        smallest,
        Place::Middle(0.5),
        Place::Middle(1.0 / 64.0),
        Place::Middle(-1.0 / 64.0),
    ];
    let mut fits = true;
    for end in ends {
        let (log, _) = size(end).ok_or_else(lost)?;
        // a zero of the kernel is no reason for logarithms
        fits &= log - log_scale < PLAIN_LOG
            && (log - log_scale > -PLAIN_LOG || log == f64::NEG_INFINITY);
    }
    let form = Form {
        power,
        logarithmic: !fits || power > PLAIN_POWER,
    };
    deadline.check("the kernel's table")?;
    let flipped = match mirror {
        Mirror::None => Mirror::None,
        _ if form.logarithmic => Mirror::Even,
        Mirror::Even if power.is_multiple_of(2) => Mirror::Even,
        Mirror::Odd if power % 2 == 1 => Mirror::Even,
        _ => Mirror::Odd,
    };
    let charts = Charts::new(flipped, |place| {
        let Some(s) = source.sample(place) else {
            return f64::NAN;
        };
        let rho = place.value();
        if form.logarithmic {
            // of one sign on either side of 0
            let sign = if rho < 0.0 && power % 2 == 1 {
                -1.0
            } else {
                1.0
            };
            if s.mantissa * sign <= 0.0 {
                return f64::NAN;
            }
            return (s.log - log_scale) + s.mantissa.abs().ln()
                - power as f64 * super::log_modulus(rho);
        }
        let value = if s.log == log_scale {
            s.mantissa
        } else {
            s.mantissa * (s.log - log_scale).exp()
        };
        match power {
            0 => value,
            1 => value / rho,
            p => value / rho.powi(p as i32),
        }
    });
    let charts = charts.ok_or_else(lost)?;
    let mut kernel = heading.kernel(charts, form, mirror);
    kernel.log_scale = log_scale;
    kernel.diagonal = match &top {
        Some(top) if log_scale == 0.0 => top.value().to_f64(),
        _ => (diagonal - log_scale).exp(),
    };
    kernel.opposite = match mirror {
        Mirror::Even => kernel.diagonal,
        Mirror::Odd => -kernel.diagonal,
        Mirror::None => {
            let end = source
                .sample(Place::Far(0.0))
                .map(|s| s.mantissa * (s.log - log_scale).exp());
            end.filter(|x| !x.is_nan())
                .unwrap_or_else(|| kernel.at((-1f64).next_up()))
        }
    };
    kernel.accuracy = accuracy(source, &kernel, deadline)?;
    // an undefined error is infinite
    if kernel.accuracy.measured >= WORST {
        return Err(Error::Unresolved(format!(
            "the compiled kernel of `{activation}` is off by {:.1e} somewhere: the dual is not known well enough near rho = 1 (a \
             kinked activation without a closed form, or a very large variance)",
            kernel.accuracy.measured
        )));
    }
    Ok(kernel)
}

/// Against balls, at places spread over the charts; against a second computation where there is one and the balls are wide.
fn accuracy(source: &impl Compilable, kernel: &Kernel, deadline: Deadline) -> Result<Accuracy> {
    let places = spread(PLACES);
    let exact = source.enclosures(&places, deadline)?;
    let mut accuracy = Accuracy {
        measured: 0.0,
        places: PLACES,
        estimated: 0,
    };
    for (place, exact) in places.iter().zip(&exact) {
        let mut error = kernel.error(*place, exact);
        // an undefined error is not
        let resolved = error < RESOLVED;
        if !resolved && let Some(sample) = source.again(*place) {
            error = kernel.error(*place, &sample.enclosed());
            accuracy.estimated += 1;
        }
        error += kernel.disagreement(*place);
        let error = if error.is_nan() { f64::INFINITY } else { error };
        accuracy.measured = accuracy.measured.max(error);
    }
    Ok(accuracy)
}

impl Sample {
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
    /// The error at a place, given the enclosure of the kernel there.
    pub(super) fn error(&self, place: Place, exact: &Scaled<Ball>) -> f64 {
        let (value, slope, x) = match place {
            Place::Near(t) => (self.at_gap(t), self.slope_at_gap(t), t),
            Place::Middle(rho) => (self.at(rho), self.slope_at(rho), rho),
            Place::Far(u) => {
                let x = if self.mirror == Mirror::None { 1.0 } else { u };
                (self.at(u - 1.0), self.slope_at(u - 1.0), x)
            }
        };
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
            return 0.0;
        }
        // both beyond the doubles
        if value.abs() == f64::INFINITY && exact.to_f64() == value {
            return 0.0;
        }
        bound / size
    }

    /// Near 1 gaps and correlations have two tables: how far they are apart there, in the measure of [`Accuracy`].
    fn disagreement(&self, place: Place) -> f64 {
        let (rho, Place::Near(t)) = (place.value(), Place::of(place.value())) else {
            return 0.0;
        };
        let apart = (self.at(rho) - self.at_gap(t)).abs();
        if apart > 0.0 && self.at_gap(t).abs() >= VANISHING {
            apart / (self.at_gap(t).abs() + (t * self.slope_at_gap(t)).abs())
        } else {
            0.0
        }
    }

    /// The kernel times `mantissa e^log`, `mantissa` positive: into the entries, or where they would leave the doubles
    /// into the scale.
    pub(super) fn times(mut self, factor: &Scaled<Ball>) -> Kernel {
        let log = factor.ln().to_f64();
        if log == 0.0 {
            return self;
        }
        if log.abs() >= PLAIN_LOG || self.log_scale != 0.0 {
            self.log_scale += log;
            return self;
        }
        let plain = factor.value().to_f64();
        if self.form.logarithmic {
            self.charts.raise(log);
        } else {
            self.charts.scale(plain);
        }
        self.lines = Lines::of(&self.charts);
        self.diagonal *= plain;
        self.opposite *= plain;
        self
    }
}

impl Place {
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

/// Places spread evenly over the charts, by the golden ratio: a third in the logarithm of the gap down to 1e-17, some in the
/// logarithm of `1 + rho`, the others in `rho`.
pub(super) fn spread(count: usize) -> Vec<Place> {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    (0..count)
        .map(|n| {
            let x = (n as f64 * GOLDEN + 0.317).fract();
            match n % 4 {
                0 | 1 => Place::Near(2f64.powf(-1.0 - 55.5 * x)),
                2 => Place::Middle(x - 0.5),
                // a double of this size is rho + 1 exactly
                _ => Place::Far((2f64.powf(-1.0 - 40.0 * x) - 1.0) + 1.0),
            }
        })
        .collect()
}
