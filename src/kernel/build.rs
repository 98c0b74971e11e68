//! From an activation to its compiled kernel.

use rayon::prelude::*;
use rug::{Float, Rational};

use super::charts::{Charts, LOWEST, Mirror, Place};
use super::orbit::{EDGE_BITS, Edge, LAST_STEP, Map, Orbits, Sample, Target, WALKED};
use super::{Accuracy, Depth, Form, Kernel, Kind};
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::limit::{Abel, Koenigs, LimitKernel, Phase, Regime, Subject};
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::{Correlation, Kernels, Scaled, Unit};

/// Bits of the dual that the doubles are rounded from, and of the reference that the error is measured against.
const BITS: Bits = 96;
/// The same for a dual that is a long Hermite series: each bit costs terms.
const SERIES_BITS: Bits = 64;
/// Bits of the limit functions that deep references take.
const DEEP_BITS: Bits = 192;
/// Terms of the reference's Koenigs series.
const TERMS: usize = 32;
/// Shallower references walk all layers.
const SHALLOW: u64 = 512;
/// Places at which the error is measured.
const PLACES: usize = 24;
/// Powers of `rho` up to this are multiplied out.
const PLAIN_POWER: u64 = 64;
/// Logarithms of what a table of plain numbers may hold.
const PLAIN_LOG: f64 = 600.0;
/// Values below this, times `e^log_scale`, are as good as 0.
const VANISHING: f64 = 1e-290;
/// A compiled kernel with a larger measured error is not handed out.
const WORST: f64 = 1e-6;

impl Kernel {
    /// Compiles the kernel.
    ///
    /// Depth `L` counts hidden layers, without biases, the activation normalised to `E phi(Z)^2 = 1`:
    /// `S_0 = T_0 = rho`, `S_l = dual(S_{l-1})`, `T_l = T_{l-1} dual'(S_{l-1}) + S_l`. At infinite depth: `rho` for linear
    /// activations (`lim T_L/(L+1)`), the Koenigs function `h = lim T_L/((L+1) lambda^L) = lim S_L/lambda^L` in the singular
    /// regime.
    ///
    /// # Errors
    /// [`Error::Domain`] at infinite depth in the other regimes, whose limit is a constant (or the nearest point), and
    /// where the kernel leaves the doubles for every correlation but 1; [`Error::Unresolved`] where the regime is undecided,
    /// an orbit was lost or the measured error is above 1e-6; [`Error::Timeout`].
    pub fn new(expr: &Expr, depth: Depth, kind: Kind, deadline: Deadline) -> Result<Kernel> {
        Source::new(expr, depth, kind, deadline)?.compiled(deadline)
    }
}

/// What there is to compile.
struct Source {
    subject: Subject,
    dual: Dual<Ball>,
    orbits: Orbits,
    depth: Depth,
    kind: Kind,
    mirror: Mirror,
    /// The kernel vanishes like `rho^power` at 0.
    power: u64,
    degree: Option<Rational>,
}

impl Source {
    fn new(expr: &Expr, depth: Depth, kind: Kind, deadline: Deadline) -> Result<Self> {
        let subject = Subject::new(expr, deadline)?;
        let (regime, phase) = (subject.classification.regime, subject.classification.phase);
        if depth == Depth::Infinite {
            usable(&subject)?;
        }
        let dual = dual_of(&subject, deadline)?;
        let mut mirror = match subject.parity() {
            None => Mirror::None,
            Some(Parity::Even) => Mirror::Even,
            Some(Parity::Odd) => Mirror::Odd,
        };
        let degree = if depth == Depth::Layers(0) {
            // rho itself, whatever the activation
            mirror = Mirror::Odd;
            Some(Rational::from(1))
        } else {
            expr.homogeneity()
        };
        let rounded: Dual<f64> = dual.rounded();
        let leading = dual.leading().filter(|_| depth != Depth::Layers(0));
        let lost = || {
            Error::Unresolved(format!(
                "the dual of `{}` is undefined somewhere in doubles",
                subject.classification.activation
            ))
        };
        let map = Map::new(rounded.clone(), mirror).ok_or_else(lost)?;
        let power = match (&leading, depth) {
            (None, _) => u64::from(depth == Depth::Layers(0)),
            (Some((1, _)), _) | (_, Depth::Infinite) => 1,
            (Some((k, _)), Depth::Layers(l)) => u32::try_from(l)
                .ok()
                .and_then(|l| u64::from(*k).checked_pow(l))
                .filter(|p| *p < 1 << 52)
                .ok_or_else(|| {
                    Error::Domain(format!(
                        "after {l} layers the kernel of `{}` vanishes like rho^({k}^{l}) (nearest-neighbour regime): no double can \
                         hold it; fewer layers have a kernel, and the limit is the label of the nearest point",
                        subject.classification.activation
                    ))
                })?,
        };
        let target = match depth {
            Depth::Infinite if regime == Regime::Linear => Target::Layers(0),
            Depth::Infinite => Target::Koenigs(Box::new(
                Koenigs::new(&rounded, 0.0, 16).ok_or_else(|| {
                    Error::Unresolved(format!(
                        "the Koenigs function at 0 of `{}` could not be prepared in doubles",
                        subject.classification.activation
                    ))
                })?,
            )),
            Depth::Layers(l) if regime == Regime::NearestNeighbour && l > 0 => Target::Nearest(
                Box::new(Unit::new(rounded).with_parity(subject.parity())),
                l,
            ),
            Depth::Layers(l) if phase == Some(Phase::EdgeOfChaos) && l > WALKED => {
                match Abel::new(&dual, BITS) {
                    Some(_) => {
                        let fine = subject.dual(&Rational::from(1), EDGE_BITS, deadline)?;
                        let abel = Abel::new(&fine, EDGE_BITS).ok_or_else(lost)?;
                        let (double, multiple) =
                            (abel.rounded(rounded), abel.rounded(fine.rounded()));
                        Target::Edge(Box::new(Edge { double, multiple }), l)
                    }
                    None => Target::Layers(l),
                }
            }
            Depth::Layers(l) => Target::Layers(l),
        };
        if let Target::Layers(l) = target
            && l > LAST_STEP
            && phase == Some(Phase::EdgeOfChaos)
        {
            return Err(Error::Unresolved(format!(
                "`{}` is at the edge of chaos with a dual in no closed form: more than {LAST_STEP} layers are not walked",
                subject.classification.activation
            )));
        }
        let lambda = leading.filter(|(k, _)| *k == 1).map(|(_, c)| c.to_f64());
        Ok(Source {
            subject,
            dual,
            orbits: Orbits {
                map,
                lambda,
                target,
            },
            depth,
            kind,
            mirror,
            power,
            degree,
        })
    }

    fn sample(&self, place: Place) -> Option<Sample> {
        let [nngp, ntk] = self.orbits.sample(place)?;
        Some(if self.kind == Kind::Nngp { nngp } else { ntk })
    }

    /// The value at equal inputs.
    /// `None` where it is infinite.
    fn diagonal(&self) -> Result<Option<Scaled<Ball>>> {
        let one = || Ok(Some(Scaled::plain(Ball::int(1, BITS))));
        match (self.depth, self.kind) {
            (Depth::Infinite, _) if self.subject.classification.regime == Regime::Linear => one(),
            (Depth::Infinite, _) => Ok(None),
            (_, Kind::Nngp) => one(),
            (Depth::Layers(l), Kind::Ntk) => {
                let zero = Ball::int(0, BITS);
                if !self.dual.slope_at_gap(&zero).is_finite() && l > 0 {
                    return Ok(None);
                }
                let unit = Unit::new(self.dual.clone());
                Ok(Some(
                    unit.kernels(Correlation::Gap(zero), l, Deadline::default())?
                        .ntk,
                ))
            }
        }
    }

    fn lost(&self) -> Error {
        Error::Unresolved(format!(
            "the kernel of `{}` could not be followed over all correlations in doubles",
            self.subject.classification.activation
        ))
    }

    fn compiled(self, deadline: Deadline) -> Result<Kernel> {
        let size = |place: Place| {
            let s = self.sample(place)?;
            let divided = s.log + s.mantissa.abs().ln()
                - self.power as f64 * super::log_modulus(place.value());
            Some((divided, s.log + s.mantissa.abs().ln()))
        };
        let middle = size(Place::Middle(0.5)).ok_or_else(|| self.lost())?.1;
        let top = self.diagonal()?;
        let diagonal = top.as_ref().map_or(f64::INFINITY, |top| top.ln().to_f64());
        let ordinary = |log: f64| log.abs() < PLAIN_LOG;
        // near pairs may overflow (deep chaotic networks), and in the nearest-neighbour regime far ones are nothing
        let log_scale = if ordinary(middle) || self.power > 1 && ordinary(diagonal) {
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
            let (log, _) = size(end).ok_or_else(|| self.lost())?;
            // a zero of the kernel is no reason for logarithms
            fits &= log - log_scale < PLAIN_LOG
                && (log - log_scale > -PLAIN_LOG || log == f64::NEG_INFINITY);
        }
        let form = Form {
            power: self.power,
            logarithmic: !fits || self.power > PLAIN_POWER,
        };
        deadline.check("the kernel's table")?;
        let flipped = match self.mirror {
            Mirror::None => Mirror::None,
            _ if form.logarithmic => Mirror::Even,
            Mirror::Even if self.power.is_multiple_of(2) => Mirror::Even,
            Mirror::Odd if self.power % 2 == 1 => Mirror::Even,
            _ => Mirror::Odd,
        };
        let power = self.power as f64;
        let charts = Charts::new(flipped, |place| {
            let Some(s) = self.sample(place) else {
                return f64::NAN;
            };
            let rho = place.value();
            if form.logarithmic {
                // of one sign on either side of 0
                let sign = if rho < 0.0 && self.power % 2 == 1 {
                    -1.0
                } else {
                    1.0
                };
                if s.mantissa * sign <= 0.0 {
                    return f64::NAN;
                }
                return (s.log - log_scale) + s.mantissa.abs().ln()
                    - power * super::log_modulus(rho);
            }
            let value = if s.log == log_scale {
                s.mantissa
            } else {
                s.mantissa * (s.log - log_scale).exp()
            };
            match self.power {
                0 => value,
                1 => value / rho,
                p => value / rho.powi(p as i32),
            }
        });
        let charts = charts.ok_or_else(|| self.lost())?;
        let diagonal = match &top {
            Some(top) if log_scale == 0.0 => top.value().to_f64(),
            _ => (diagonal - log_scale).exp(),
        };
        let mut kernel = Kernel {
            activation: self.subject.classification.activation.clone(),
            depth: self.depth,
            kind: self.kind,
            regime: self.subject.classification.regime,
            phase: self.subject.classification.phase,
            charts,
            form,
            mirror: self.mirror,
            log_scale,
            diagonal,
            opposite: f64::NAN,
            degree: self.degree.clone(),
            accuracy: Accuracy {
                measured: f64::INFINITY,
                places: 0,
            },
        };
        kernel.opposite = match kernel.mirror {
            Mirror::Even => diagonal,
            Mirror::Odd => -diagonal,
            Mirror::None => {
                let end = self
                    .sample(Place::Far(0.0))
                    .map(|s| s.mantissa * (s.log - log_scale).exp());
                end.filter(|x| x.is_finite())
                    .unwrap_or_else(|| kernel.at((-1f64).next_up()))
            }
        };
        kernel.accuracy = self.accuracy(&kernel, deadline)?;
        // an undefined error is infinite
        if kernel.accuracy.measured >= WORST {
            return Err(Error::Unresolved(format!(
                "the compiled kernel of `{}` is off by {:.1e} somewhere: the dual is not known well enough near rho = 1 (a \
                 kinked activation without a closed form)",
                kernel.activation, kernel.accuracy.measured
            )));
        }
        Ok(kernel)
    }

    /// Against balls, at places spread over the charts.
    fn accuracy(&self, kernel: &Kernel, deadline: Deadline) -> Result<Accuracy> {
        let places = spread(PLACES);
        let reference = Reference::new(&self.subject, &self.dual, self.depth, deadline)?;
        let errors: Result<Vec<f64>> = places
            .par_iter()
            .map(|place| {
                deadline.check("the measurement of the kernel's error")?;
                let exact = reference.at(*place, self.kind)?;
                Ok(kernel.error(*place, &exact))
            })
            .collect();
        let measured =
            errors?.into_iter().fold(
                0.0,
                |m: f64, e| if e.is_nan() { f64::INFINITY } else { m.max(e) },
            );
        Ok(Accuracy {
            measured,
            places: PLACES,
        })
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
}

/// Enclosures of the kernel.
pub(super) struct Reference {
    road: Road,
}

enum Road {
    Layers(Box<Unit<Ball>>, u64),
    Limit(Box<LimitKernel>, u64),
    Koenigs(Box<Koenigs<Ball>>),
    Linear,
}

/// Good enough for doubles on all of `[-1, 1]`.
pub(super) fn dual_of(subject: &Subject, deadline: Deadline) -> Result<Dual<Ball>> {
    let one = Rational::from(1);
    match subject.dual(&one, SERIES_BITS, deadline)? {
        long @ Dual::Series(_) => Ok(long),
        _ => subject.dual(&one, BITS, deadline),
    }
}

impl Reference {
    pub(super) fn new(
        subject: &Subject,
        dual: &Dual<Ball>,
        depth: Depth,
        deadline: Deadline,
    ) -> Result<Self> {
        let layers = |l| {
            let unit = Unit::new(dual.clone()).with_parity(subject.parity());
            Road::Layers(Box::new(unit), l)
        };
        let long = matches!(dual, Dual::Series(s) if s.degree() > 64);
        let road = match depth {
            Depth::Infinite if subject.classification.regime == Regime::Linear => Road::Linear,
            Depth::Infinite => match Koenigs::new(dual, Ball::int(0, BITS), TERMS) {
                Some(h) => Road::Koenigs(Box::new(h)),
                None => {
                    return Err(Error::Unresolved(format!(
                        "the Koenigs function at 0 of `{}` could not be prepared",
                        subject.classification.activation
                    )));
                }
            },
            Depth::Layers(l) if l <= SHALLOW || long => layers(l),
            Depth::Layers(l) => match subject.kernel(&Rational::from(1), DEEP_BITS, deadline) {
                Ok(kernel) => Road::Limit(Box::new(kernel), l),
                Err(Error::Unresolved(_)) => layers(l),
                Err(e) => return Err(e),
            },
        };
        Ok(Reference { road })
    }

    pub(super) fn at(&self, place: Place, kind: Kind) -> Result<Scaled<Ball>> {
        let exact = |x: f64| Rational::from_f64(x).unwrap_or_default();
        let rho = match place {
            Place::Near(t) => 1 - exact(t),
            Place::Middle(rho) => exact(rho),
            Place::Far(u) => exact(u) - 1,
        };
        let of = |k: Kernels<Ball>| if kind == Kind::Nngp { k.nngp } else { k.ntk };
        let start = |bits| Correlation::rational(&rho, bits);
        match &self.road {
            Road::Layers(unit, l) => unit.kernels(start(BITS), *l, Deadline::default()).map(of),
            Road::Limit(kernel, l) => kernel.kernels(&rho, *l).map(of),
            Road::Koenigs(h) => h.at(&start(BITS)).map(Scaled::plain).ok_or_else(|| {
                Error::Unresolved("an orbit could not be followed to the fixed point 0".to_owned())
            }),
            Road::Linear => Ok(Scaled::plain(Ball::rational(&rho, BITS))),
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

/// Is the limit something that a Gram matrix can be made of?
fn usable(subject: &Subject) -> Result<()> {
    let c = &subject.classification;
    let why = match (c.regime, c.phase) {
        (Regime::Linear | Regime::Singular, _) => return Ok(()),
        (Regime::NearestNeighbour, _) => {
            "is in the nearest-neighbour regime: at infinite depth only the diagonal is left, and the classifier is the label \
             of the nearest point"
        }
        (_, Some(Phase::Chaotic)) => {
            "is in the chaotic phase: at infinite depth the kernel is the same number for all pairs of different inputs, and the \
             classifier is the majority vote"
        }
        (_, Some(Phase::EdgeOfChaos)) => {
            "is at the edge of chaos: at infinite depth the kernel is the same number for all pairs of different inputs, and \
             the classifier is the majority vote"
        }
        _ => {
            "is in the ordered phase: at infinite depth the kernel is the same number for all pairs, equal inputs included"
        }
    };
    Err(Error::Domain(format!(
        "`{}` {why}; give a number of layers instead",
        c.activation
    )))
}
