//! Where a network stands: fixed points, multipliers and depth scales.

use std::cmp::Ordering;

use rug::Rational;

use super::curve::continuous;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::dual::attracting_fixed_point;
use crate::error::{Error, Result};
use crate::exact::{Closed, Structure};
use crate::real::{Analytic, Ball, Bits, Real, bits_for};
use crate::recursion::{
    FixedVariance, FixedVariances, Network, Prepared, Windows, fixed_variances,
};

/// On which side of the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// `chi_1 < 1`: all inputs become alike.
    Ordered,
    /// `chi_1 = 1`, proved.
    Critical,
    /// `chi_1 > 1`: inputs end at the correlation `c* < 1`.
    Chaotic,
}

/// A network at an attracting fixed point of its variance.
#[derive(Clone, Debug)]
pub struct Standing {
    /// `None` where the enclosure of `chi_1` contains 1 and nothing proves that it is 1.
    pub phase: Option<Phase>,
    /// `q*`; `None` where every variance is fixed.
    pub q: Option<Ball>,
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

/// More Hermite coefficients than this are not made.
const LAST_DEGREE: u32 = 1024;

/// Where the network with weights `sigma_w` and biases `sigma_b` stands, at each of the attracting fixed points of its
/// variance that [`fixed_variances`] finds.
///
/// # Errors
/// [`Error::Domain`] for a `sigma_w` that is not positive, a negative `sigma_b`, an activation that jumps, and where the
/// variance has no fixed point that attracts; [`Error::Unresolved`]; [`Error::Timeout`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, phase};
/// let relu = Expr::parse("relu")?;
/// let here = phase::standings(&relu, &1.into(), &1.into(), 15, Deadline::default())?;
/// assert_eq!(here[0].phase, Some(phase::Phase::Ordered));
/// assert!((here[0].xi_1.as_ref().unwrap().mid().to_f64() - 1.0 / 2f64.ln()).abs() < 1e-15);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn standings(
    expr: &Expr,
    sigma_w: &Rational,
    sigma_b: &Rational,
    digits: usize,
    deadline: Deadline,
) -> Result<Vec<Standing>> {
    if *sigma_w <= 0 {
        return Err(Error::Domain(format!(
            "sigma_w is a standard deviation and must be positive, {sigma_w} is not"
        )));
    }
    if *sigma_b < 0 {
        return Err(Error::Domain(format!(
            "sigma_b is a standard deviation and must not be negative, {sigma_b} is"
        )));
    }
    let structure = continuous(expr)?;
    let wanted = bits_for(digits);
    let accuracy = wanted + 24;
    let square = |s: &Rational| Closed::rational(Rational::from(s * s));
    let (weight, bias) = (square(sigma_w), square(sigma_b));
    let here = Here {
        structure: &structure,
        weight: weight.evaluate(accuracy + 32),
        bias: bias.evaluate(accuracy + 32),
        accuracy,
        wanted,
        deadline,
    };
    match fixed_variances(&structure, &weight, &bias, accuracy, deadline)? {
        FixedVariances::Every => {
            let one = Ball::int(1, accuracy);
            Ok(vec![Standing {
                phase: Some(Phase::Critical),
                q: None,
                chi_1: one.clone(),
                c: Some(one.clone()),
                chi_c: Some(one),
                xi_1: None,
                xi_c: None,
            }])
        }
        FixedVariances::Points(points) => {
            let one = Ball::int(1, accuracy);
            // with a slope of exactly 1 at q* = 0 the network is critical
            let attracts = |p: &&FixedVariance| {
                let order = p.slope.as_ref().and_then(|s| s.abs().compare(&one));
                matches!(order, Some(Ordering::Less | Ordering::Equal))
            };
            let out: Vec<Standing> = points
                .iter()
                .filter(attracts)
                .map(|p| here.standing(p))
                .collect::<Result<_>>()?;
            if out.is_empty() {
                return Err(Error::Domain(
                    "no attracting fixed point of the variance was found: with these weights it grows without end, shrinks to \
                     nothing, or does not settle"
                        .into(),
                ));
            }
            Ok(out)
        }
    }
}

struct Here<'a> {
    structure: &'a Structure,
    weight: Ball,
    bias: Ball,
    accuracy: Bits,
    wanted: Bits,
    deadline: Deadline,
}

impl Here<'_> {
    fn standing(&self, at: &FixedVariance) -> Result<Standing> {
        let bits = self.accuracy + 32;
        let one = Ball::int(1, bits);
        let linear = self.structure.homogeneity.as_ref().is_some_and(|k| *k == 1);
        let origin = at.q.is_exact() && at.q.mid().is_zero();
        let chi_1 = match &at.slope {
            // V(q) = V(1) q, or q* = 0: chi_1 is the slope of the variance map too
            Some(slope) if linear || origin => slope.clone(),
            _ => {
                let moments = Windows::new(self.structure, None, self.accuracy, self.deadline)
                    .moments(&at.q)?;
                let d = moments
                    .derivative_square
                    .unwrap_or_else(|| Ball::undefined(bits));
                &self.weight * &d
            }
        };
        let phase = chi_1.compare(&one).map(|order| match order {
            Ordering::Less => Phase::Ordered,
            Ordering::Equal => Phase::Critical,
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
            phase,
            q: Some(at.q.clone()),
            xi_1: scale(&chi_1),
            xi_c: chi_c.as_ref().and_then(scale),
            chi_1,
            c,
            chi_c,
        })
    }

    /// `c*` and `chi(c*)` in the chaotic phase: more coefficients until there are digits enough.
    fn correlation(&self, q: &Ball) -> Result<Option<(Ball, Ball)>> {
        let mut degree = 64;
        loop {
            let network = Network {
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
