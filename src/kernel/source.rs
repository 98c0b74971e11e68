//! What kernels are compiled from: orbits in doubles, and enclosures of the same numbers.

use rayon::prelude::*;
use rug::Rational;

use super::angle;
use super::build::{BITS, DEEP_BITS};
use super::charts::{Mirror, Place};
use super::orbit::Orbits;
use super::{Depth, Kind};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::limit::{Koenigs, Limit, LimitKernel, Regime, Subject};
use crate::real::{Analytic, Ball};
use crate::recursion::{Correlation, Layers, Pair, Scaled, UnitLayers};

/// Terms of the reference's Koenigs series.
const TERMS: usize = 32;
/// Shallower references walk all layers.
const SHALLOW: u64 = 512;

/// Kernels that can be had at any place, in doubles and enclosed: the orbit of a pair of inputs gives both at once.
pub(super) struct Source {
    pub orbits: Orbits,
    /// The same from tables that were integrated with more nodes: where the dual's enclosures resolve nothing.
    pub second: Option<Orbits>,
    /// The kernels are this times what the orbits give: the variance `q_L`; 1 where there is none.
    pub scale: Option<Ball>,
    pub mirror: Mirror,
    /// The kernels vanish like `rho^power` at 0.
    pub power: u64,
    /// Of homogeneity.
    pub degree: Option<Rational>,
    /// The values at equal inputs, `None` where they are infinite.
    pub diagonal: Pair<Result<Option<Scaled<Ball>>>>,
    pub reference: Reference,
}

impl Source {
    /// Nobody waits any more: values that are asked for after the tables are finished have no deadline.
    pub fn unhurried(&mut self) {
        self.orbits.deadline = Deadline::default();
    }

    /// The kernels at a place in doubles. `None` where an orbit was lost.
    pub fn sample(&self, place: Place) -> Option<Pair<Scaled<f64>>> {
        Some(self.scaled(self.orbits.sample(place)?))
    }

    /// The same by other tables of the dual, where its enclosures do not resolve what kinks do near `rho = 1`.
    pub fn again(&self, place: Place) -> Option<Pair<Scaled<f64>>> {
        Some(self.scaled(angle::again(self.second.as_ref()?, place, self.mirror)?))
    }

    fn scaled(&self, pair: Pair<Scaled<f64>>) -> Pair<Scaled<f64>> {
        let Some(scale) = &self.scale else {
            return pair;
        };
        let q = scale.to_f64();
        if q.is_finite() && q.ln().abs() < 300.0 {
            return pair.map(|s| s.times(&q));
        }
        let log = scale.ln().to_f64();
        pair.map(|s| Scaled {
            mantissa: s.mantissa,
            log: s.log + log,
        })
    }

    /// The value at equal inputs, `None` where it is infinite.
    pub fn diagonal(&self, kind: Kind) -> Result<Option<Scaled<Ball>>> {
        match kind {
            Kind::Nngp => self.diagonal.nngp.clone(),
            Kind::Ntk => self.diagonal.ntk.clone(),
        }
    }

    /// Enclosures of the kernels: undefined where one was lost and a second computation counts, or so near 1 that it need not be
    /// resolved.
    pub fn enclosures(
        &self,
        places: &[Place],
        deadline: Deadline,
    ) -> Result<Vec<Pair<Scaled<Ball>>>> {
        let found = self.reference.all(places, deadline)?;
        let pairs = found.into_iter().zip(places);
        pairs
            .map(|(pair, place)| match pair {
                Err(Error::Unresolved(_)) if self.second.is_some() || place.is_extreme() => {
                    Ok(undefined())
                }
                other => other,
            })
            .collect()
    }
}

fn undefined() -> Pair<Scaled<Ball>> {
    let open = Ball::undefined(BITS);
    Pair::plain(open.clone(), open)
}

/// Enclosures of the kernel.
pub(super) struct Reference {
    road: Road,
    deadline: Deadline,
}

pub(super) enum Road {
    /// One dual for all layers.
    Layers(Box<UnitLayers<Ball>>, u64),
    /// Weights, biases, a norm.
    Network(Box<Layered>),
    Limit(Box<LimitKernel>, u64),
    Koenigs(Box<Koenigs<Ball>>),
    /// Minus the Koenigs function at 1, or its root.
    Ordered(Box<LimitKernel>),
    /// `rho` and `(L + 1) rho`
    Linear(u64),
}

/// A network, the squared norm of its inputs (as its first layer has it), and what its activation proves.
pub(super) struct Layered {
    pub network: Layers<Ball>,
    pub input: Ball,
    pub parity: Option<Parity>,
    pub depth: u64,
}

impl Layered {
    fn kernels(
        &self,
        places: &[Place],
        deadline: Deadline,
    ) -> Result<Vec<Result<Pair<Scaled<Ball>>>>> {
        let rho = |place: &Place| Correlation::rational(&place.exact(), BITS);
        let rhos: Vec<_> = places.iter().map(rho).collect();
        self.network
            .kernels(&self.input, &rhos, self.parity, self.depth, deadline)
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
            let unit = UnitLayers::new(dual.clone()).with_parity(subject.parity());
            Road::Layers(Box::new(unit), l)
        };
        let long = matches!(dual, Dual::Series(s) if s.degree() > 64);
        let road = match depth {
            _ if subject.classification.regime == Regime::Linear => Road::Linear(match depth {
                Depth::Layers(l) => l,
                Depth::Infinite => 0,
            }),
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
        Ok(Reference { road, deadline })
    }

    pub(super) fn by(road: Road, deadline: Deadline) -> Self {
        Reference { road, deadline }
    }

    /// All of them; an error of one is its own.
    fn all(&self, places: &[Place], deadline: Deadline) -> Result<Vec<Result<Pair<Scaled<Ball>>>>> {
        if let Road::Network(layered) = &self.road {
            // the layers are prepared once for all
            return layered.kernels(places, deadline);
        }
        let at = |place: &Place| {
            deadline.check("the measurement of the kernel's error")?;
            self.at(*place)
        };
        Ok(places.par_iter().map(at).collect())
    }

    pub(super) fn at(&self, place: Place) -> Result<Pair<Scaled<Ball>>> {
        let rho = place.exact();
        let start = |bits| Correlation::rational(&rho, bits);
        match &self.road {
            Road::Layers(unit, l) => unit.kernels(start(BITS), *l, self.deadline),
            Road::Network(layered) => match layered.kernels(&[place], self.deadline)?.pop() {
                Some(kernels) => kernels,
                None => Ok(undefined()),
            },
            Road::Limit(kernel, l) => kernel.kernels(&rho, *l),
            Road::Ordered(kernel) => {
                let lost = "an orbit could not be followed to the fixed point 1";
                let found = match kernel.limit() {
                    Limit::Ordered(o) => o.at(&start(kernel.bits())).map(|g| (o, g)),
                    _ => None,
                };
                let (o, g) = found.ok_or_else(|| Error::Unresolved(lost.to_owned()))?;
                let ntk = match o.is_rooted() {
                    Some(true) => g.sqrt(),
                    _ => g.clone(),
                };
                Ok(Pair::plain(-g, -ntk))
            }
            Road::Koenigs(h) => {
                let limit = h.at(&start(BITS)).ok_or_else(|| {
                    let lost = "an orbit could not be followed to the fixed point 0";
                    Error::Unresolved(lost.to_owned())
                })?;
                Ok(Pair::plain(limit.clone(), limit))
            }
            Road::Linear(l) => {
                let ball = |x: &Rational| Ball::rational(x, BITS);
                let layers = Rational::from(*l) + 1;
                Ok(Pair::plain(ball(&rho), ball(&(rho.clone() * layers))))
            }
        }
    }
}
