//! From an activation to its compiled kernel.

use rayon::prelude::*;
use rug::Rational;

use super::angle;
use super::charts::{Mirror, Place};
use super::compile::{Compilable, Heading, compiled};
use super::limits::{OrderedLimit, constant};
use super::map::Map;
use super::orbit::{EDGE_BITS, Edge, InputLayer, LAST_STEP, Orbits, Target, WALKED};
use super::{Depth, Kernel, Kind, LimitForm};
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::dual::{Angular, Dual, closed_form};
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::limit::{Abel, Koenigs, LimitKernel, Phase, Regime, Subject};
use crate::real::{Analytic, Ball, Bits};
use crate::recursion::{Correlation, Pair, Scaled, Settings, UnitLayers};

/// Bits of the dual that the doubles are rounded from, and of the reference that the error is measured against.
pub(super) const BITS: Bits = 96;
/// The same for a dual that is a long Hermite series: each bit costs terms.
pub(super) const SERIES_BITS: Bits = 64;
/// Bits of the limit functions that deep references take.
pub(super) const DEEP_BITS: Bits = 192;
/// Terms of the reference's Koenigs series.
const TERMS: usize = 32;
/// Shallower references walk all layers.
const SHALLOW: u64 = 512;

impl Kernel {
    /// Compiles the kernel.
    ///
    /// Depth `L` counts hidden layers, without biases, the activation normalised to `E phi(Z)^2 = 1`:
    /// `S_0 = T_0 = rho`, `S_l = dual(S_{l-1})`, `T_l = T_{l-1} dual'(S_{l-1}) + S_l`. At infinite depth the kernel is the
    /// limit in the normalisation of its regime: [`LimitForm`].
    ///
    /// # Errors
    /// [`Error::Domain`] where the kernel leaves the doubles for every correlation but 1; [`Error::Unresolved`] where the
    /// regime is undecided, the limit is not known (an edge of chaos whose exponent is not, an ordered phase with kinks), an
    /// orbit was lost or the measured error is above 1e-6; [`Error::Timeout`].
    pub fn new(expr: &Expr, depth: Depth, kind: Kind, deadline: Deadline) -> Result<Kernel> {
        Kernel::of_network(expr, depth, kind, &Settings::default(), deadline)
    }

    /// [`Kernel::new`] of both kinds, at little more than the price of one: the orbit of a correlation gives both.
    ///
    /// # Errors
    /// As [`Kernel::new`], of either.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline};
    /// use deeplimit::kernel::{Depth, Kernel};
    /// let relu = Expr::parse("relu").unwrap();
    /// let both = Kernel::both(&relu, Depth::Layers(3), Deadline::default()).unwrap();
    /// assert_eq!((both.nngp.diagonal(), both.ntk.diagonal()), (1.0, 4.0));
    /// ```
    pub fn both(expr: &Expr, depth: Depth, deadline: Deadline) -> Result<Pair<Kernel>> {
        Kernel::both_of_network(expr, depth, &Settings::default(), deadline)
    }
}

/// The normalised activation without biases.
pub(super) fn unit(
    activation: &Activation,
    depth: Depth,
    kinds: &[Kind],
    network: String,
    deadline: Deadline,
) -> Result<Vec<Kernel>> {
    let subject = Subject::of(activation, deadline)?;
    let form = (depth == Depth::Infinite).then(|| LimitForm::of(&subject.classification));
    let c = &subject.classification;
    let mut heading = Heading {
        activation: c.activation.clone(),
        depth,
        regime: Some(c.regime),
        phase: c.phase,
        network,
        limit: form,
        degree: activation.homogeneity.clone(),
    };
    match form {
        Some(LimitForm::Ordered) => {
            let source = OrderedLimit::new(subject, deadline)?;
            compiled(source, &heading, kinds, deadline)
        }
        Some(LimitForm::Linear | LimitForm::Singular) | None => {
            let source = Source::new(subject, depth, deadline)?;
            heading.degree.clone_from(&source.degree);
            compiled(source, &heading, kinds, deadline)
        }
        Some(form) => {
            let of = |kind: &Kind| constant(&subject, form, heading.clone(), *kind, deadline);
            kinds.iter().map(of).collect()
        }
    }
}

/// What there is to compile.
struct Source {
    subject: Subject,
    dual: Dual<Ball>,
    orbits: Orbits,
    /// The same from tables that were integrated with more nodes: where the dual's enclosures resolve nothing.
    second: Option<Orbits>,
    depth: Depth,
    mirror: Mirror,
    /// The kernel vanishes like `rho^power` at 0.
    power: u64,
    degree: Option<Rational>,
}

impl Source {
    fn new(subject: Subject, depth: Depth, deadline: Deadline) -> Result<Self> {
        let (regime, phase) = (subject.classification.regime, subject.classification.phase);
        let (dual, angular) = duals(&subject, deadline)?;
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
            subject.structure().homogeneity.clone()
        };
        let rounded: Dual<f64> = dual.rounded();
        let leading = dual.leading().filter(|_| depth != Depth::Layers(0));
        let lost = || {
            Error::Unresolved(format!(
                "the dual of `{}` is undefined somewhere in doubles",
                subject.classification.activation
            ))
        };
        let map = |a: Option<&Angular>| Map::new(rounded.clone(), mirror, a).ok_or_else(lost);
        let (first, second) = match &angular {
            Some([first, second]) => (map(Some(first))?, Some(map(Some(second))?)),
            None => (map(None)?, None),
        };
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
            Depth::Infinite if regime == Regime::Linear => Target::Linear(0),
            Depth::Layers(l) if regime == Regime::Linear => Target::Linear(l),
            Depth::Infinite => Target::Koenigs(Box::new(
                Koenigs::new(&rounded, 0.0, 16).ok_or_else(|| {
                    Error::Unresolved(format!(
                        "the Koenigs function at 0 of `{}` could not be prepared in doubles",
                        subject.classification.activation
                    ))
                })?,
            )),
            Depth::Layers(l) if regime == Regime::NearestNeighbour && l > 0 => Target::Nearest(
                Box::new(UnitLayers::new(rounded).with_parity(subject.parity())),
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
        let orbits = |map| Orbits {
            maps: vec![map],
            entry: InputLayer::UNIT,
            lambda,
            target: target.clone(),
            deadline,
        };
        let (first, second) = (orbits(first), second.map(orbits));
        Ok(Source {
            subject,
            dual,
            orbits: first,
            second,
            depth,
            mirror,
            power,
            degree,
        })
    }
}

impl Compilable for Source {
    fn unhurried(&mut self) {
        self.orbits.deadline = Deadline::default();
    }

    fn sample(&self, place: Place) -> Option<Pair<Scaled<f64>>> {
        self.orbits.sample(place)
    }

    fn again(&self, place: Place) -> Option<Pair<Scaled<f64>>> {
        angle::again(self.second.as_ref()?, place, self.mirror)
    }

    fn symmetry(&self) -> (Mirror, u64) {
        (self.mirror, self.power)
    }

    fn diagonal(&self, kind: Kind) -> Result<Option<Scaled<Ball>>> {
        let one = || Ok(Some(Scaled::plain(Ball::int(1, BITS))));
        match (self.depth, kind) {
            (Depth::Infinite, _) if self.subject.classification.regime == Regime::Linear => one(),
            (Depth::Infinite, _) => Ok(None),
            (_, Kind::Nngp) => one(),
            (Depth::Layers(l), Kind::Ntk)
                if self.subject.classification.regime == Regime::Linear =>
            {
                let layers = Rational::from(l) + 1;
                Ok(Some(Scaled::plain(Ball::rational(&layers, BITS))))
            }
            (Depth::Layers(l), Kind::Ntk) => {
                let zero = Ball::int(0, BITS);
                if !self.dual.slope_at_gap(&zero).is_finite() && l > 0 {
                    return Ok(None);
                }
                let unit = UnitLayers::new(self.dual.clone());
                Ok(Some(
                    unit.kernels(Correlation::Gap(zero), l, self.orbits.deadline)?
                        .ntk,
                ))
            }
        }
    }

    fn enclosures(&self, places: &[Place], deadline: Deadline) -> Result<Vec<Pair<Scaled<Ball>>>> {
        let reference = Reference::new(&self.subject, &self.dual, self.depth, deadline)?;
        places
            .par_iter()
            .map(|place| {
                deadline.check("the measurement of the kernel's error")?;
                match reference.at(*place) {
                    // lost in a wide enclosure: the second computation counts
                    Err(Error::Unresolved(_)) if self.second.is_some() || place.is_extreme() => {
                        let open = Ball::undefined(BITS);
                        Ok(Pair::plain(open.clone(), open))
                    }
                    other => other,
                }
            })
            .collect()
    }
}

/// Enclosures of the kernel.
pub(super) struct Reference {
    road: Road,
    deadline: Deadline,
}

enum Road {
    Layers(Box<UnitLayers<Ball>>, u64),
    Limit(Box<LimitKernel>, u64),
    Koenigs(Box<Koenigs<Ball>>),
    /// `rho` and `(L + 1) rho`
    Linear(u64),
}

/// The dual as a ball function, and where kinks keep that from resolving what is near `+-1`, the dual by angle twice, with the
/// series for the middle.
fn duals(subject: &Subject, deadline: Deadline) -> Result<(Dual<Ball>, Option<[Angular; 2]>)> {
    let structure = subject.structure();
    let closed = closed_form::<Ball>(&structure.expr, BITS).is_some();
    if !closed && let Some(pair) = angle::duals(structure, 1.0, 1.0, deadline) {
        let series = subject.dual(&Rational::from((19, 20)), SERIES_BITS, deadline)?;
        if angle::agree(&pair[1], &series.rounded(), &[-0.9, -0.5, 0.5, 0.9]) {
            return Ok((series, Some(pair)));
        }
    }
    deadline.check("the dual")?;
    Ok((dual_of(subject, deadline)?, None))
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

    pub(super) fn at(&self, place: Place) -> Result<Pair<Scaled<Ball>>> {
        let rho = place.exact();
        let start = |bits| Correlation::rational(&rho, bits);
        match &self.road {
            Road::Layers(unit, l) => unit.kernels(start(BITS), *l, self.deadline),
            Road::Limit(kernel, l) => kernel.kernels(&rho, *l),
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
