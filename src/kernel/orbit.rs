//! One pair of inputs on its way through the layers, in doubles: the values that a kernel is compiled from.

use rug::{Float, Integer, Rational};

use super::charts::Place;
use super::compile::PLAIN_LOG;
use super::map::Map;
use crate::deadline::Deadline;
use crate::limit::{Abel, Koenigs, Landing};
use crate::real::{Analytic, Ball, Bits, Mpfr, Real};
use crate::recursion::{Correlation, Pair, Scaled, UnitLayers, Walk};

/// Layers after which the Abel function takes over at the edge of chaos.
pub const WALKED: u64 = 256;
/// More layers than this are not walked.
pub const LAST_STEP: u64 = 1_000_000;

/// What is asked of an orbit.
#[derive(Clone, Debug)]
pub enum Target {
    /// `S_L` and `T_L` by walking; what becomes linear or settles on the way is cut short.
    Layers(u64),
    /// As `Layers`, deep at the edge of chaos.
    Edge(Box<Edge>, u64),
    /// As `Layers`, in the nearest-neighbour regime, by logarithms.
    Nearest(Box<UnitLayers<f64>>, u64),
    /// The identity's kernels `rho` and `(L + 1) rho`.
    Linear(u64),
    /// The Koenigs function at 0.
    Koenigs(Box<Koenigs<f64>>),
    /// Minus the Koenigs function at the fixed point 1, of the ordered phase.
    Ordered(Descent),
}

/// `-g(t)`, `g = lim (1 - S_n)/b^n`, from `g(t) = t (1 - bend t) + O(t^3)`, or with kinks from `t (1 - bend sqrt(t)) + O(t^2)`.
#[derive(Clone, Copy, Debug)]
pub struct Descent {
    /// `ln b`, `b = dual'(1)`.
    pub log: f64,
    /// `dual''(1)/(2 b (1 - b))`, or with kinks that of the root.
    pub bend: f64,
    /// There are kinks, and the tangent kernel's limit is `-sqrt(g)` (where the derivative is continuous it is `-g` all the same).
    pub kinks: Option<bool>,
}

impl Descent {
    /// Layers are walked until `(bend t)^2` is below rounding; with kinks `t` itself, times what may stand before it.
    fn threshold(&self) -> f64 {
        match self.kinks {
            None => 2f64.powi(-28) / self.bend.max(1.0),
            Some(_) => 2f64.powi(-60) / self.bend.max(1.0).powi(2),
        }
    }

    /// The limits after so many layers, where the gap is `t`.
    fn limits(&self, t: f64, steps: u64) -> Pair<Scaled<f64>> {
        let small = if self.kinks.is_some() { t.sqrt() } else { t };
        let (g, log) = (t * (1.0 - self.bend * small), -(steps as f64) * self.log);
        let nngp = Scaled { mantissa: -g, log };
        let ntk = match self.kinks {
            Some(true) => Scaled {
                mantissa: -g.sqrt(),
                log: log / 2.0,
            },
            _ => nngp,
        };
        Pair { nngp, ntk }
    }
}

/// The Abel function in doubles, and in multiple precision for pairs so near each other that they have hardly moved after
/// `L` layers: there `T_L` is a difference of large numbers.
#[derive(Clone, Debug)]
pub struct Edge {
    pub double: Abel<f64>,
    pub multiple: Abel<Mpfr>,
}

impl Edge {
    fn kernels(
        &self,
        place: Place,
        next: Correlation<f64>,
        ntk: f64,
        depth: u64,
    ) -> Option<[f64; 2]> {
        let layers = Integer::from(depth);
        let near = 0.25 / (depth as f64).powi(self.double.q() as i32);
        match place {
            // the kernels have moved by less than the last bit: S_L = 1 - t, T_L = L + 1
            Place::Near(t) if depth as f64 * t.powf(1.0 / self.double.q() as f64) < UNMOVED => {
                Some([1.0, depth as f64 + 1.0])
            }
            // the first Abel coordinate is 2 t^(-1/q) or so
            Place::Near(t) if t < near => {
                let t = Mpfr::rational(&Rational::from_f64(t)?, EDGE_BITS);
                let k = self.multiple.kernels_at(&Correlation::Gap(t), &layers)?;
                Some([1.0 - k.gap.to_f64(), k.ntk.to_f64()])
            }
            _ => {
                let landing = Landing {
                    steps: 1,
                    position: next,
                    ntk,
                    slopes: 1.0,
                };
                let k = self.double.kernels_from(landing, &layers)?;
                Some([1.0 - k.gap, k.ntk])
            }
        }
    }
}

/// `T_L` near the diagonal is a difference of terms `(y/L)^2` times as large, `y/L < 1/UNMOVED`.
pub const EDGE_BITS: Bits = 256;
/// At the edge of chaos `S_L` and `T_L/(L+1)` are 1 up to some `L t^(1/q)`.
const UNMOVED: f64 = 1e-18;

/// What a correlation becomes before the first layer: `S_0 = share rho + (1 - share)`.
#[derive(Clone, Copy, Debug)]
pub struct InputLayer {
    /// `input/(input + bias)`
    pub share: f64,
    /// `bias/(input + bias)`
    pub bias: f64,
}

impl InputLayer {
    /// Without biases nothing happens.
    pub const UNIT: InputLayer = InputLayer {
        share: 1.0,
        bias: 0.0,
    };

    /// The place of `S_0`, from the coordinate that has the digits.
    fn place(&self, from: Place) -> Place {
        if self.bias == 0.0 {
            return from;
        }
        let gap = self.share
            * match from {
                Place::Near(t) => t,
                Place::Middle(rho) => 1.0 - rho,
                Place::Far(u) => 2.0 - u,
            };
        let far = match from {
            Place::Far(u) => self.share * u + 2.0 * self.bias,
            _ => 2.0 - gap,
        };
        if gap < 0.5 {
            Place::Near(gap)
        } else if far < 0.5 {
            Place::Far(far)
        } else {
            Place::Middle(match from {
                Place::Middle(rho) => self.share * rho + self.bias,
                _ => 1.0 - gap,
            })
        }
    }
}

/// `lambda^L` of a deep network, split off: `L ln lambda = log + rest`, `log` a double. Logarithms of samples are relative to `log`, so
/// that no double has to hold the digits of a kernel beside those of `L ln lambda`.
#[derive(Clone, Copy, Debug)]
pub struct Datum {
    pub log: f64,
    pub rest: f64,
}

impl Datum {
    /// Nothing.
    pub const NONE: Datum = Datum {
        log: 0.0,
        rest: 0.0,
    };

    /// Of `lambda^depth`; nothing where the doubles hold it.
    pub fn of_power(lambda: &Ball, depth: u64) -> Self {
        let exact =
            Ball::rational(&Rational::from(depth), DATUM_BITS) * &lambda.with_bits(DATUM_BITS).ln();
        let log = exact.to_f64();
        if log.is_nan() || log.abs() < PLAIN_LOG {
            return Datum::NONE;
        }
        let rest = (&exact - &Ball::exact(Float::with_val(53, log))).to_f64();
        Datum { log, rest }
    }

    fn relative(self, x: Scaled<f64>) -> Scaled<f64> {
        Scaled {
            mantissa: x.mantissa,
            log: x.log - self.log,
        }
    }
}

/// Bits of `L ln lambda`: those of a double, of a depth and of a logarithm.
const DATUM_BITS: Bits = 160;

/// The maps of the layers, one after the other, the last one for all that follow; and what is asked of them.
#[derive(Clone, Debug)]
pub struct Orbits {
    pub maps: Vec<Map>,
    pub entry: InputLayer,
    /// The multiplier of the last map's fixed point 0, if it has one.
    pub lambda: Option<f64>,
    /// What is split off all logarithms.
    pub datum: Datum,
    pub target: Target,
    /// Orbits that are under way when it comes are lost.
    pub deadline: Deadline,
}

/// A place as a walk begins.
fn start(place: Place) -> Correlation<f64> {
    match place {
        Place::Near(t) => Correlation::Gap(t),
        other => Correlation::Plain(other.value()),
    }
}

impl Orbits {
    /// `S` and `T` (twice the Koenigs function, where that is the target). `None` where the orbit was lost.
    pub fn sample(&self, place: Place) -> Option<Pair<Scaled<f64>>> {
        match &self.target {
            Target::Layers(depth) => self.walked(place, *depth),
            Target::Linear(depth) => {
                let rho = place.value();
                Some(Pair::plain(rho, (*depth as f64 + 1.0) * rho))
            }
            Target::Edge(edge, depth) => {
                let mut walk = Walk::new(start(place));
                walk.stepped(self.map(0)?.first_step(place));
                let ntk = *walk.plain_ntk()?;
                let [nngp, ntk] = edge.kernels(place, walk.position, ntk, *depth)?;
                Some(Pair::plain(nngp, ntk))
            }
            Target::Nearest(unit, depth) => {
                let kernels = unit.kernels(start(place), *depth, Deadline::default());
                kernels.ok()
            }
            Target::Koenigs(h) => {
                let lambda = self.lambda?;
                let map = self.map(0)?;
                let (next, _) = map.first_step(place);
                let (mut next, mut log) = (next, -lambda.ln());
                let mut steps = 1;
                // compiled layers are cheaper than those of the Koenigs function
                let compiled = !matches!(map, Map::Formula(_));
                while compiled && next.value().abs() >= 0.01 {
                    next = map.step(&next).0;
                    steps += 1;
                    if steps > LAST_STEP {
                        return None;
                    }
                }
                log *= steps as f64;
                if next.value().is_nan() {
                    return None;
                }
                let end = h.scaled_at(&next)?;
                let limit = Scaled {
                    mantissa: end.mantissa,
                    log: log + end.log,
                };
                Some(Pair {
                    nngp: limit,
                    ntk: limit,
                })
            }
            Target::Ordered(g) => {
                let map = self.map(0)?;
                let mut at = start(place);
                let mut steps = 0;
                while at.gap() > g.threshold() {
                    at = match steps {
                        0 => map.first_step(place).0,
                        _ => map.step(&at).0,
                    };
                    steps += 1;
                    if steps > LAST_STEP || at.gap().is_nan() {
                        return None;
                    }
                }
                Some(g.limits(at.gap(), steps))
            }
        }
    }

    /// An orbit takes longer than a look into a table.
    pub fn is_slow(&self) -> bool {
        !matches!(self.target, Target::Layers(0..32) | Target::Linear(_))
    }

    fn map(&self, layer: u64) -> Option<&Map> {
        let last = self.maps.len().checked_sub(1)?;
        self.maps.get((layer as usize).min(last))
    }

    fn walked(&self, place: Place, depth: u64) -> Option<Pair<Scaled<f64>>> {
        let place = self.entry.place(place);
        let mut walk = Walk::new(start(place));
        // from here on all layers are the same
        let settled = self.maps.len().saturating_sub(1) as u64;
        for layer in 0..depth {
            if layer % 1024 == 1023 && self.deadline.passed() {
                return None;
            }
            if let (Some(lambda), Correlation::Plain(s), Some(ntk)) =
                (self.lambda, &walk.position, walk.plain_ntk())
                && layer >= settled.max(1)
                && s.abs() < 1e-17 * lambda
            {
                // only the leading term acts: S lambda^m, lambda^m (T + m S)
                let m = (depth - layer) as f64;
                let log = match self.datum.log {
                    0.0 => m * lambda.ln(),
                    _ => self.datum.rest - layer as f64 * lambda.ln(),
                };
                let powers = |mantissa| Scaled { mantissa, log };
                return Some(Pair {
                    nngp: powers(*s),
                    ntk: powers(ntk + m * s),
                });
            }
            let map = self.map(layer)?;
            let step = if layer == 0 {
                map.first_step(place)
            } else {
                map.step(&walk.position)
            };
            let (s, t) = (walk.nngp(), *walk.mantissa());
            // jumps have an infinite slope at +-1, and what was infinite stays so
            let infinite = step.1.is_infinite() || t.is_infinite();
            walk.stepped(step);
            let ntk = *walk.mantissa();
            if ntk.is_nan() || !(infinite || ntk.is_finite()) || layer > LAST_STEP {
                return None;
            }
            // at rest at the fixed point: no more than rounding moves (twice, so that a turning point is not taken for rest)
            let still = |a: f64, b: f64| (a - b).abs() <= 2.0 * f64::EPSILON * b.abs();
            if layer > 64
                && layer >= settled
                && walk.plain_ntk().is_some()
                && still(s, walk.nngp())
                && still(t, ntk)
                && s.abs() > 1e-3
            {
                let (again, slope) = map.step(&walk.position);
                if slope < 1.0 && still(again.value() + ntk * slope, ntk) {
                    break;
                }
            }
        }
        Some(walk.kernels().map(|x| self.datum.relative(x)))
    }
}
