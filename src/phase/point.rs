//! Where a network stands: fixed points, multipliers and depth scales.

use std::cmp::Ordering;

use rug::Rational;

use super::curve::continuous;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::dual::attracting_fixed_point;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Bits, Real, bits_for};
use crate::recursion::{
    Attraction, Beyond, FixedVariance, FixedVariances, Given, Layers, Prepared, VarianceMoments,
    fixed_variances,
};
use crate::words::named;

/// On which side of the edge: where the map `rho -> dual(rho)` of the correlations stands at its fixed point 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// `chi_1 < 1` (`B' < 1` of a normalised activation without biases): all inputs become alike.
    Ordered,
    /// `chi_1 = 1`, proved.
    EdgeOfChaos,
    /// `chi_1 > 1`: inputs end at the correlation `c* < 1`.
    Chaotic,
}

named!(Phase, "phase": Ordered = "ordered", EdgeOfChaos = "edge of chaos", Chaotic = "chaotic");

/// A network at an attracting fixed point of its variance.
#[derive(Clone, Debug)]
pub struct Standing {
    /// `None` where the enclosure of `chi_1` contains 1 and nothing proves that it is 1.
    pub phase: Option<Phase>,
    /// The edge of chaos is within the rounding of the `sigma_w` and `sigma_b` that were given: `chi_1` is 1 for some of the
    /// numbers that they stand for.
    pub at_edge: bool,
    /// `q*`; `None` where every variance is fixed.
    pub q: Option<Ball>,
    /// The slope of the variance map at `q*`.
    pub slope: Option<Ball>,
    /// What follows from it: attracts, or neutral where every variance is fixed; `None` where it is not decided.
    pub attraction: Option<Attraction>,
    /// `chi_1 = sigma_w^2 E phi'(sqrt(q*) Z)^2`
    pub chi_1: Ball,
    /// `c*`, the attracting fixed point of the correlations.
    pub c: Option<Ball>,
    /// `chi(c*) = sigma_w^2 E phi'(x) phi'(y)` there.
    pub chi_c: Option<Ball>,
    /// `xi_1 = -1/log(chi_1)`: negative in the chaotic phase, where gradients grow; `None` at the edge.
    pub xi_1: Option<Ball>,
    /// `xi_c = -1/log(chi(c*))`; `None` at the edge.
    pub xi_c: Option<Ball>,
}

/// A variance that does not settle.
#[derive(Clone, Debug)]
pub enum Divergence {
    /// It grows without end, proved.
    Grows {
        /// `lim chi_1`, where it is known; `None` where it is infinite.
        chi_1: Option<Ball>,
    },
    /// It grows as far as was looked.
    GrowsUpTo {
        /// The largest variance that was looked at.
        q: Rational,
        /// `chi_1` there.
        chi_1: Ball,
    },
    /// It is bounded, and every fixed point in its reach repels: it goes to and fro.
    Oscillates,
}

/// Everything about the variances of a network.
#[derive(Clone, Debug)]
pub struct Standings {
    /// At the fixed points that attract (or may: see [`Standing::attraction`]).
    pub settled: Vec<Standing>,
    /// The fixed points that repel.
    pub repelling: Vec<FixedVariance>,
    /// What variances do that do not settle: all of them where nothing attracts, else those above the last fixed point
    /// that repels.
    pub divergence: Option<Divergence>,
}

/// More Hermite coefficients than this are not made.
const LAST_DEGREE: u32 = 1024;

/// Where the network with weights `sigma_w` and biases `sigma_b` stands: at each of the attracting fixed points of its
/// variance that [`fixed_variances`] finds; and where none attracts, what the variance does instead.
///
/// # Errors
/// [`Error::Domain`] for a `sigma_w` that is not positive, a negative `sigma_b`, and an activation that jumps;
/// [`Error::Unresolved`] where it is not known what the variance does; [`Error::Timeout`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, phase};
/// let relu = Expr::parse("relu")?;
/// let here = phase::standings(&relu, &1.into(), &1.into(), 15, Deadline::default())?;
/// let here = &here.settled[0];
/// assert_eq!(here.phase, Some(phase::Phase::Ordered));
/// assert!((here.xi_1.as_ref().unwrap().mid().to_f64() - 1.0 / 2f64.ln()).abs() < 1e-15);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn standings(
    expr: &Expr,
    sigma_w: &Given,
    sigma_b: &Given,
    digits: usize,
    deadline: Deadline,
) -> Result<Standings> {
    let shown = |g: &Given| g.ball(64).to_f64();
    if sigma_w.sign() != Some(Ordering::Greater) {
        return Err(Error::Domain(format!(
            "sigma_w is a standard deviation and must be positive, {} is not",
            shown(sigma_w)
        )));
    }
    if !sigma_b.is_zero() && sigma_b.sign() != Some(Ordering::Greater) {
        return Err(Error::Domain(format!(
            "sigma_b is a standard deviation and must not be negative, {} is",
            shown(sigma_b)
        )));
    }
    let structure = continuous(expr)?;
    let wanted = bits_for(digits);
    let accuracy = wanted + 24;
    let rounded = |g: &Given| matches!(g, Given::Rounded { .. });
    let here = Here {
        structure: &structure,
        weight: sigma_w.variance(accuracy + 32),
        bias: sigma_b.variance(accuracy + 32),
        rounded: rounded(sigma_w) || rounded(sigma_b),
        accuracy,
        wanted,
        deadline,
    };
    match fixed_variances(&structure, sigma_w, sigma_b, accuracy, deadline)? {
        FixedVariances::Every => {
            let one = Ball::int(1, accuracy);
            Ok(Standings {
                settled: vec![Standing {
                    phase: Some(Phase::EdgeOfChaos),
                    at_edge: true,
                    q: None,
                    slope: Some(one.clone()),
                    attraction: Some(Attraction::Neutral),
                    chi_1: one.clone(),
                    c: Some(one.clone()),
                    chi_c: Some(one),
                    xi_1: None,
                    xi_c: None,
                }],
                repelling: Vec::new(),
                divergence: None,
            })
        }
        FixedVariances::Points { points, beyond } => {
            let (repelling, others): (Vec<_>, Vec<_>) = points
                .into_iter()
                .partition(|p| p.attraction == Some(Attraction::Repels));
            // without a slope nothing can be said of the variance 0
            let settled: Vec<Standing> = others
                .iter()
                .filter(|p| p.slope.is_some())
                .map(|p| here.standing(p))
                .collect::<Result<_>>()?;
            let divergence = here.divergence(&beyond, settled.is_empty(), &repelling)?;
            Ok(Standings {
                settled,
                repelling,
                divergence,
            })
        }
    }
}

struct Here<'a> {
    structure: &'a Activation,
    weight: Ball,
    bias: Ball,
    /// `weight` or `bias` is a decimal that was rounded.
    rounded: bool,
    accuracy: Bits,
    wanted: Bits,
    deadline: Deadline,
}

impl Here<'_> {
    fn standing(&self, at: &FixedVariance) -> Result<Standing> {
        let bits = self.accuracy + 32;
        let one = Ball::int(1, bits);
        let chi_1 = at.chi_1.clone().unwrap_or_else(|| Ball::undefined(bits));
        let phase = chi_1.compare(&one).map(|order| match order {
            Ordering::Less => Phase::Ordered,
            Ordering::Equal => Phase::EdgeOfChaos,
            Ordering::Greater => Phase::Chaotic,
        });
        let scale = |chi: &Ball| {
            let xi = &-&one / &chi.ln();
            xi.is_finite().then_some(xi)
        };
        let (c, chi_c) = match phase {
            Some(Phase::Chaotic) => self.correlation(&at.q)?.unzip(),
            Some(_) => (Some(one.clone()), Some(chi_1.clone())),
            None => (None, None),
        };
        Ok(Standing {
            at_edge: phase == Some(Phase::EdgeOfChaos) || (phase.is_none() && self.rounded),
            phase,
            q: Some(at.q.clone()),
            slope: at.slope.clone(),
            attraction: at.attraction,
            xi_1: scale(&chi_1),
            xi_c: chi_c.as_ref().and_then(scale),
            chi_1,
            c,
            chi_c,
        })
    }

    /// What variances do that do not settle.
    fn divergence(
        &self,
        beyond: &Beyond,
        all: bool,
        repelling: &[FixedVariance],
    ) -> Result<Option<Divergence>> {
        match beyond {
            Beyond::Grows => {
                let linear = self.structure.homogeneity.as_ref().is_some_and(|k| *k == 1);
                let square = self.structure.square.as_ref().filter(|_| linear);
                let bits = self.accuracy + 32;
                let chi_1 = square.map(|v| &self.weight * &v.evaluate(bits));
                Ok(Some(Divergence::Grows { chi_1 }))
            }
            Beyond::GrowsUpTo(q) => {
                let bits = self.accuracy + 32;
                // the grid is one of standard deviations
                let root = Ball::rational(q, bits).sqrt();
                let root = root.mid().to_rational().unwrap_or_default();
                let m = VarianceMoments::at_point(self.structure, &root, self.accuracy, self.deadline)?;
                let d = m.derivative_square;
                let chi_1 = d.map_or_else(|| Ball::undefined(bits), |d| &self.weight * &d);
                let q = q.clone();
                Ok(Some(Divergence::GrowsUpTo { q, chi_1 }))
            }
            Beyond::Falls if all && !repelling.is_empty() => Ok(Some(Divergence::Oscillates)),
            _ if all => Err(Error::Unresolved(
                "no fixed point of the variance was found between 2^-12 and 2^9, and it is not known where it goes".into(),
            )),
            _ => Ok(None),
        }
    }

    /// `c*` and `chi(c*)` in the chaotic phase: more coefficients until there are digits enough.
    fn correlation(&self, q: &Ball) -> Result<Option<(Ball, Ball)>> {
        let mut degree = 64;
        loop {
            let network = Layers {
                activation: Prepared::new(self.structure, degree, self.accuracy, self.deadline)?,
                weight: self.weight.clone(),
                bias: self.bias.clone(),
            };
            let (dual, _) = network.correlation_map(q)?;
            let found = match dual.leading() {
                Some((order, multiplier)) => {
                    let zero = Ball::int(0, q.bits());
                    let slope = if order == 1 { multiplier } else { zero.clone() };
                    Some((zero, slope))
                }
                None => attracting_fixed_point(&dual, self.accuracy),
            };
            let enough = |x: &Ball| x.relative_bits() >= self.wanted || x.is_exact();
            let good = found
                .as_ref()
                .is_some_and(|(c, chi)| enough(c) && enough(chi));
            if good || degree >= LAST_DEGREE || !network.activation.is_expanded() {
                return Ok(found);
            }
            degree *= 2;
        }
    }
}
