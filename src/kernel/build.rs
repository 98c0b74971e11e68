//! From an activation to its compiled kernel.

use rug::Rational;

use super::angle;
use super::charts::Mirror;
use super::compile::{Heading, compiled};
use super::limits::{constant, ordered};
use super::map::Map;
use super::orbit::{Datum, EDGE_BITS, Edge, InputLayer, LAST_STEP, Orbits, Target, WALKED};
use super::source::{Reference, Source};
use super::{Depth, Kernel, Kind, LimitForm};
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::dual::{AngularTable, Dual, closed_form};
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::limit::{Abel, Koenigs, Phase, Regime, Subject};
use crate::real::{Analytic, Ball, Bits};
use crate::recursion::{Correlation, Pair, Scaled, Settings, UnitLayers};

/// Bits of the dual that the doubles are rounded from, and of the reference that the error is measured against.
pub(super) const BITS: Bits = 96;
/// The same for a dual that is a long Hermite series: each bit costs terms.
pub(super) const SERIES_BITS: Bits = 64;
/// Bits of the limit functions that deep references take.
pub(super) const DEEP_BITS: Bits = 192;

impl Kernel {
    /// Compiles the kernel.
    ///
    /// Depth `L` counts hidden layers, without biases, the activation normalised to `E phi(Z)^2 = 1`:
    /// `S_0 = T_0 = rho`, `S_l = dual(S_{l-1})`, `T_l = T_{l-1} dual'(S_{l-1}) + S_l`. At infinite depth the kernel is the
    /// limit in the normalisation of its regime: [`LimitForm`].
    ///
    /// # Errors
    /// [`Error::Domain`] where the kernel leaves the doubles for every correlation but 1; [`Error::Unresolved`] where the
    /// regime is undecided, the limit is not known (an edge of chaos whose exponent is not, an ordered phase with kinks without a closed form), an
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
            compiled(ordered(&subject, deadline)?, &heading, kinds, deadline)
        }
        Some(LimitForm::Linear | LimitForm::Singular) | None => {
            let source = source(&subject, depth, deadline)?;
            heading.degree.clone_from(&source.degree);
            compiled(source, &heading, kinds, deadline)
        }
        Some(form) => {
            let of = |kind: &Kind| constant(&subject, form, heading.clone(), *kind, deadline);
            kinds.iter().map(of).collect()
        }
    }
}

/// The kernels of the normalised network without biases: finite depth, and the limits that are functions of the orbit.
fn source(subject: &Subject, depth: Depth, deadline: Deadline) -> Result<Source> {
    let (regime, phase) = (subject.classification.regime, subject.classification.phase);
    let (dual, angular) = duals(subject, deadline)?;
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
    let map = |a: Option<AngularTable>| Map::new(rounded.clone(), mirror, a).ok_or_else(lost);
    let Angles(first, second) = angular;
    let first = map(first)?;
    let second = second.map(|a| map(Some(a))).transpose()?;
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
        Depth::Infinite => Target::Koenigs(Box::new(Koenigs::new(&rounded, 0.0, 16).ok_or_else(
            || {
                Error::Unresolved(format!(
                    "the Koenigs function at 0 of `{}` could not be prepared in doubles",
                    subject.classification.activation
                ))
            },
        )?)),
        Depth::Layers(l) if regime == Regime::NearestNeighbour && l > 0 => Target::Nearest(
            Box::new(UnitLayers::new(rounded).with_parity(subject.parity())),
            l,
        ),
        Depth::Layers(l) if phase == Some(Phase::EdgeOfChaos) && l > WALKED => {
            match Abel::new(&dual, BITS) {
                Some(_) => {
                    let fine = subject.dual(&Rational::from(1), EDGE_BITS, deadline)?;
                    let abel = Abel::new(&fine, EDGE_BITS).ok_or_else(lost)?;
                    let (double, multiple) = (abel.rounded(rounded), abel.rounded(fine.rounded()));
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
    let leading = leading.filter(|(k, _)| *k == 1).map(|(_, c)| c);
    let lambda = leading.as_ref().map(Ball::to_f64);
    let datum = match (&leading, &target) {
        (Some(lambda), Target::Layers(l)) => Datum::of_power(lambda, *l),
        _ => Datum::NONE,
    };
    let orbits = |map| Orbits {
        maps: vec![map],
        entry: InputLayer::UNIT,
        lambda,
        datum,
        target: target.clone(),
        deadline,
    };
    Ok(Source {
        second: second.map(orbits),
        orbits: orbits(first),
        scale: None,
        diagonal: diagonal(subject, &dual, depth, deadline),
        reference: Reference::new(subject, &dual, depth, deadline)?,
        mirror,
        power,
        degree,
    })
}

/// The values at equal inputs, `None` where they are infinite.
fn diagonal(
    subject: &Subject,
    dual: &Dual<Ball>,
    depth: Depth,
    deadline: Deadline,
) -> Pair<Result<Option<Scaled<Ball>>>> {
    let linear = subject.classification.regime == Regime::Linear;
    let plain = |x: Ball| Ok(Some(Scaled::plain(x)));
    let one = || plain(Ball::int(1, BITS));
    let ntk = match depth {
        Depth::Infinite if linear => {
            return Pair {
                nngp: one(),
                ntk: one(),
            };
        }
        Depth::Infinite => {
            return Pair {
                nngp: Ok(None),
                ntk: Ok(None),
            };
        }
        Depth::Layers(l) if linear => plain(Ball::rational(&(Rational::from(l) + 1), BITS)),
        Depth::Layers(l) => {
            let zero = Ball::int(0, BITS);
            match dual.slope_at_gap(&zero).is_finite() || l == 0 {
                true => UnitLayers::new(dual.clone())
                    .kernels(Correlation::Gap(zero), l, deadline)
                    .map(|pair| Some(pair.ntk)),
                false => Ok(None),
            }
        }
    };
    Pair { nngp: one(), ntk }
}

/// The dual as a ball function, and where kinks keep that from resolving what is near `+-1`, the dual by angle twice, with the
/// series for the middle.
fn duals(subject: &Subject, deadline: Deadline) -> Result<(Dual<Ball>, Angles)> {
    let structure = subject.structure();
    match closed_form::<Ball>(&structure.expr, BITS) {
        Some(dual) if dual.is_slow() => {
            let angles = angle::exact(&dual, structure, (1.0, 1.0), deadline);
            deadline.check("the dual")?;
            return Ok((dual, Angles(angles, None)));
        }
        Some(dual) => return Ok((dual, Angles(None, None))),
        None => {}
    }
    if let Some([first, second]) = angle::duals(structure, 1.0, 1.0, deadline) {
        let series = subject.dual(&Rational::from((19, 20)), SERIES_BITS, deadline)?;
        if angle::agree(&second, &series.rounded(), &[-0.9, -0.5, 0.5, 0.9]) {
            let [first, second] = [first, second].map(|a| Some(AngularTable::of(&a)));
            return Ok((series, Angles(first, second)));
        }
    }
    deadline.check("the dual")?;
    Ok((dual_of(subject, deadline)?, Angles(None, None)))
}

/// The dual by angle, and its second opinion where there are no enclosures.
struct Angles(Option<AngularTable>, Option<AngularTable>);

/// Good enough for doubles on all of `[-1, 1]`.
pub(super) fn dual_of(subject: &Subject, deadline: Deadline) -> Result<Dual<Ball>> {
    let one = Rational::from(1);
    match subject.dual(&one, SERIES_BITS, deadline)? {
        long @ Dual::Series(_) => Ok(long),
        _ => subject.dual(&one, BITS, deadline),
    }
}
