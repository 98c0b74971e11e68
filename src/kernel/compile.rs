//! From values at single places to tables.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rug::Rational;

use super::accuracy::accuracy;
use super::charts::{Charts, LOWEST, Mirror, Place, lowest_far};
use super::source::Source;
use super::{Accuracy, Beyond, Conditions, Depth, Form, Kernel, Kind, LimitForm};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::limit::{Phase, Regime};
use crate::real::Ball;
use crate::recursion::{Pair, Scaled};

/// Powers of `rho` up to this are multiplied out.
const PLAIN_POWER: u64 = 64;
/// Logarithms of what a table of plain numbers may hold.
pub(super) const PLAIN_LOG: f64 = 600.0;
/// Values below this, times `e^log_scale`, are as good as 0.
pub(super) const VANISHING: f64 = 1e-290;
/// A compiled kernel with a larger measured error is not handed out.
const WORST: f64 = 1e-6;

impl Kind {
    /// This one of the two.
    pub(super) fn of<T>(self, pair: Pair<T>) -> T {
        match self {
            Kind::Nngp => pair.nngp,
            Kind::Ntk => pair.ntk,
        }
    }
}

/// The values that were asked for, by the bits of the place.
type Memory<T> = Mutex<HashMap<(u8, u64), T>>;

/// A source on whose way both kernels lie: what one of them was made from serves the other.
pub(super) struct Both {
    source: Source,
    /// Nothing is kept where only one kernel is wanted.
    keeps: bool,
    /// Nor samples that are made sooner than they are found.
    keeps_samples: bool,
    samples: Memory<Option<Pair<Scaled<f64>>>>,
    enclosures: Memory<Pair<Scaled<Ball>>>,
}

impl Both {
    fn new(source: Source, keeps: bool) -> Self {
        Both {
            keeps_samples: keeps && source.orbits.is_slow(),
            source,
            keeps,
            samples: Mutex::default(),
            enclosures: Mutex::default(),
        }
    }

    fn sample(&self, place: Place) -> Option<Pair<Scaled<f64>>> {
        if !self.keeps_samples {
            return self.source.sample(place);
        }
        let known = lock(&self.samples).get(&place.key()).copied();
        known.unwrap_or_else(|| {
            let sample = self.source.sample(place);
            lock(&self.samples).insert(place.key(), sample);
            sample
        })
    }

    fn enclosures(&self, places: &[Place], deadline: Deadline) -> Result<Vec<Pair<Scaled<Ball>>>> {
        if !self.keeps {
            return self.source.enclosures(places, deadline);
        }
        let mut known = lock(&self.enclosures);
        let new = places.iter().filter(|p| !known.contains_key(&p.key()));
        let new: Vec<Place> = new.copied().collect();
        let found = self.source.enclosures(&new, deadline)?;
        known.extend(new.iter().map(|p| p.key()).zip(found));
        let found = places.iter().filter_map(|p| known.get(&p.key()).cloned());
        Ok(found.collect())
    }
}

/// What another thread left there before it panicked is a finished value all the same.
fn lock<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of the two kernels.
pub(super) struct Sampled<'a> {
    both: &'a Both,
    kind: Kind,
}

impl Sampled<'_> {
    fn sample(&self, place: Place) -> Option<Scaled<f64>> {
        Some(self.kind.of(self.both.sample(place)?))
    }

    /// [`Source::again`]
    pub(super) fn again(&self, place: Place) -> Option<Scaled<f64>> {
        Some(self.kind.of(self.both.source.again(place)?))
    }

    fn symmetry(&self) -> (Mirror, u64) {
        (self.both.source.mirror, self.both.source.power)
    }

    fn datum(&self) -> f64 {
        self.both.source.orbits.datum.log
    }

    fn diagonal(&self) -> Result<Option<Scaled<Ball>>> {
        self.both.source.diagonal(self.kind)
    }

    /// [`Source::enclosures`]
    pub(super) fn enclosures(
        &self,
        places: &[Place],
        deadline: Deadline,
    ) -> Result<Vec<Scaled<Ball>>> {
        let both = self.both.enclosures(places, deadline)?;
        Ok(both.into_iter().map(|pair| self.kind.of(pair)).collect())
    }
}

/// What compiled kernels are of.
#[derive(Clone)]
pub(super) struct Heading {
    pub activation: String,
    pub depth: Depth,
    pub regime: Option<Regime>,
    pub phase: Option<Phase>,
    pub network: String,
    pub limit: Option<LimitForm>,
    pub degree: Option<Rational>,
}

impl Heading {
    pub(super) fn kernel(self, kind: Kind, charts: Charts, form: Form, mirror: Mirror) -> Kernel {
        Kernel {
            activation: self.activation,
            depth: self.depth,
            kind,
            regime: self.regime,
            phase: self.phase,
            network: self.network,
            origin: None,
            limit: self.limit,
            degree: self.degree,
            lines: form.lines(&charts),
            charts,
            beyond: None,
            form,
            mirror,
            log_scale: 0.0,
            diagonal: f64::NAN,
            opposite: f64::NAN,
            accuracy: Accuracy {
                measured: f64::INFINITY,
                places: 0,
                estimated: 0,
                relative: f64::INFINITY,
                conditions: Conditions::default(),
            },
        }
    }
}

/// The kernels of a source, one for each kind.
pub(super) fn compiled(
    source: Source,
    heading: &Heading,
    kinds: &[Kind],
    deadline: Deadline,
) -> Result<Vec<Kernel>> {
    let both = Both::new(source, kinds.len() > 1);
    let of = |kind: &Kind| {
        let kind = *kind;
        tabulated(&Sampled { both: &both, kind }, heading.clone(), deadline)
    };
    let mut kernels = kinds.iter().map(of).collect::<Result<Vec<Kernel>>>()?;
    let mut source = both.source;
    source.unhurried();
    let source = Arc::new(source);
    for kernel in &mut kernels {
        let (source, kind) = (Arc::clone(&source), kernel.kind);
        let log_scale = kernel.log_scale - source.orbits.datum.log;
        kernel.beyond = Some(Beyond(Arc::new(move |place| {
            Some(kind.of(source.sample(place)?).over(log_scale))
        })));
    }
    Ok(kernels)
}

/// Samples the kernel, makes its tables and measures their error.
fn tabulated(source: &Sampled, heading: Heading, deadline: Deadline) -> Result<Kernel> {
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
        Some((log - power as f64 * place.log_modulus(), log))
    };
    let middle = size(Place::Middle(0.5)).ok_or_else(lost)?.1;
    let top = source.diagonal()?;
    // all logarithms are relative to this
    let datum = source.datum();
    let diagonal = top
        .as_ref()
        .map_or(f64::INFINITY, |top| top.ln().to_f64() - datum);
    let ordinary = |log: f64| log.abs() < PLAIN_LOG;
    // near pairs may overflow (deep chaotic networks), and in the nearest-neighbour regime far ones are nothing
    let log_scale = if ordinary(middle) || power > 1 && ordinary(diagonal) {
        0.0
    } else {
        middle
    };
    // so that the datum and this have a sum without rounding
    let log_scale = (datum + log_scale) - datum;
    let fit = |places: &[Place]| -> Result<bool> {
        let mut fit = true;
        for place in places {
            let (log, _) = size(*place).ok_or_else(lost)?;
            // a zero of the kernel is no reason for logarithms
            fit &= log - log_scale < PLAIN_LOG
                && (log - log_scale > -PLAIN_LOG || log == f64::NEG_INFINITY);
        }
        Ok(fit)
    };
    let near = fit(&[Place::Near(2f64.powi(-(LOWEST as i32))), Place::Near(0.5)])?;
    let [right, left] = [1.0, -1.0].map(|sign| Place::Middle(sign / 64.0));
    let middle = fit(&[Place::Middle(0.5), right, left])?;
    let far = mirror != Mirror::None || fit(&[Place::Far(lowest_far()), Place::Far(0.5)])?;
    let rest = !(middle && far) || power > PLAIN_POWER;
    // without a symmetry the kernel may vanish at a negative correlation, where it has no logarithm
    let form = Form {
        power,
        near: !near || rest,
        rest: rest || !near && mirror != Mirror::None,
    };
    deadline.check("the kernel's table")?;
    let flipped = match mirror {
        Mirror::None => Mirror::None,
        _ if form.rest => Mirror::Even,
        Mirror::Even if power.is_multiple_of(2) => Mirror::Even,
        Mirror::Odd if power % 2 == 1 => Mirror::Even,
        _ => Mirror::Odd,
    };
    let value = |place: Place| {
        let Some(s) = source.sample(place) else {
            return f64::NAN;
        };
        let rho = place.value();
        if form.is_logarithmic(place) {
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
                - power as f64 * place.log_modulus();
        }
        let value = s.over(log_scale);
        match power {
            0 => value,
            1 => value / rho,
            p => value / rho.powi(p as i32),
        }
    };
    let charts = Charts::weighed(flipped, value, |place, value| form.weight(place, value));
    let charts = charts.ok_or_else(lost)?;
    let mut kernel = heading.kernel(source.kind, charts, form, mirror);
    kernel.log_scale = datum + log_scale;
    kernel.diagonal = match &top {
        Some(top) if kernel.log_scale == 0.0 => top.value().to_f64(),
        _ => (diagonal - log_scale).exp(),
    };
    kernel.opposite = match mirror {
        Mirror::Even => kernel.diagonal,
        Mirror::Odd => -kernel.diagonal,
        Mirror::None => {
            let end = source.sample(Place::Far(0.0)).map(|s| s.over(log_scale));
            end.filter(|x| !x.is_nan())
                .unwrap_or_else(|| kernel.at((-1f64).next_up()))
        }
    };
    kernel.accuracy = accuracy(source, &kernel, deadline)?;
    // an undefined error is infinite
    let error = kernel.accuracy.measured.min(kernel.accuracy.relative);
    if error >= WORST {
        return Err(Error::Unresolved(format!(
            "the compiled kernel of `{activation}` is off by {:.1e} somewhere: the dual is not known well enough near rho = 1 (a \
             kinked activation without a closed form, or a very large variance)",
            error
        )));
    }
    Ok(kernel)
}

impl Kernel {
    /// The kernel times `mantissa e^log`, `mantissa` positive: into the entries, or where they would leave the doubles
    /// into the scale.
    pub(super) fn times(mut self, factor: &Scaled<Ball>) -> Kernel {
        let log = factor.ln().to_f64();
        if log == 0.0 {
            return self;
        }
        if log.abs() >= PLAIN_LOG || self.log_scale != 0.0 || self.form.near != self.form.rest {
            self.log_scale += log;
            return self;
        }
        let plain = factor.value().to_f64();
        if self.form.near {
            self.charts.raise(log);
        } else {
            self.charts.scale(plain);
        }
        self.beyond = self
            .beyond
            .map(|Beyond(value)| Beyond(Arc::new(move |place| value(place).map(|x| plain * x))));
        self.lines = self.form.lines(&self.charts);
        self.diagonal *= plain;
        self.opposite *= plain;
        self
    }
}

impl Scaled<f64> {
    /// The number over `e^log`.
    pub(super) fn over(&self, log: f64) -> f64 {
        let log = self.log - log;
        match self.mantissa {
            0.0 => 0.0,
            m if log == 0.0 => m,
            m if log.abs() < PLAIN_LOG => m * log.exp(),
            // either may be beyond the doubles where the number is not
            m => m.signum() * (log + m.abs().ln()).exp(),
        }
    }
}
