//! Where the variance of a deep network settles: the fixed points of `q -> sigma_w^2 V(q) + sigma_b^2`.

use std::cmp::Ordering;

use rug::Rational;

use super::given::Given;
use super::moments::VarianceMoments;
use super::origin::{bend_at_zero, closed_slope_at_zero, slope_at_zero, vanishes_at_zero};
use super::scan::Scan;
use crate::activation::Expr;
use crate::activation::growth::growth;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Activation, Closed};
use crate::real::{Analytic, Ball, Bits, Real};

/// What a fixed point of the variance map does with the variances next to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attraction {
    /// They come nearer with every layer: networks are found there.
    Attracts,
    /// They go away: no network is found there.
    Repels,
    /// They stay where they are: every variance is fixed.
    Neutral,
}

impl Attraction {
    /// By the slope of the map; `None` where its enclosure holds 1 or -1.
    pub fn of_slope(slope: &Ball) -> Option<Attraction> {
        let one = Ball::int(1, slope.bits());
        match slope.abs().compare(&one)? {
            Ordering::Less => Some(Attraction::Attracts),
            Ordering::Greater => Some(Attraction::Repels),
            Ordering::Equal => None,
        }
    }

    /// At variance 0 with a slope of exactly 1: by the next order.
    pub fn of_bend(structure: &Activation) -> Option<Attraction> {
        bend_at_zero(structure).map(|sign| match sign {
            Ordering::Less => Attraction::Attracts,
            _ => Attraction::Repels,
        })
    }
}

/// A fixed point of the variance map.
#[derive(Clone, Debug)]
pub struct FixedVariance {
    /// `q*`, enclosed; exactly zero only where that is proved.
    pub q: Ball,
    /// `sigma_w^2 V'(q*)`. `None` at `q* = 0` where the activation has no slope.
    pub slope: Option<Ball>,
    /// `chi_1 = sigma_w^2 D(q*)`; `None` for an activation that is not proved to be continuous.
    pub chi_1: Option<Ball>,
    /// `None` where it is not decided.
    pub attraction: Option<Attraction>,
}

/// Where variances above the last fixed point go.
#[derive(Clone, Debug)]
pub enum Beyond {
    /// Down, to the last fixed point or below it.
    Falls,
    /// They grow without end, proved.
    Grows,
    /// They grow, at least up to this variance, the largest one that was looked at.
    GrowsUpTo(Rational),
    /// It is not known.
    Open,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum FixedVariances {
    /// A homogeneous activation of degree 1 at its critical weight, without bias: every variance stays as it is.
    Every,
    /// Single ones.
    Points {
        /// In increasing order. Each one is proved to be there; that there is no other is not.
        points: Vec<FixedVariance>,
        /// What is above them.
        beyond: Beyond,
    },
}

/// The fixed points of the variance map: `0` where `sigma_b = 0` and `phi(0) = 0`; exactly for homogeneous activations of
/// degree 1; for others those up to `2^9` that [`Scan::zeros`] finds for `sigma_w^2 V(q) + sigma_b^2 - q`, each enclosed by
/// bisection and the interval Newton operator. (Fixed points that crowd between neighbours of its grid may escape it.)
///
/// # Errors
/// [`Error::Timeout`]; [`Error::Unresolved`] where an enclosure was not reached.
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, exact::Activation};
/// use deeplimit::recursion::{Attraction, FixedVariances, fixed_variances};
/// // relu with sigma_w = 1, sigma_b = 1: q = q/2 + 1
/// let relu = Activation::new(&Expr::parse("relu")?)?;
/// let found = fixed_variances(&relu, &1.into(), &1.into(), 64, Deadline::default())?;
/// let FixedVariances::Points { points, .. } = found else { panic!() };
/// assert_eq!(points[0].q.mid().to_f64(), 2.0);
/// assert_eq!(points[0].attraction, Some(Attraction::Attracts));
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn fixed_variances(
    structure: &Activation,
    sigma_w: &Given,
    sigma_b: &Given,
    accuracy: Bits,
    deadline: Deadline,
) -> Result<FixedVariances> {
    if let (Some(k), Some(square)) = (&structure.homogeneity, &structure.square)
        && *k == 1
    {
        return homogeneous(square, sigma_w, sigma_b, accuracy + 32);
    }
    let bits = accuracy + 32;
    let one = Ball::int(1, bits);
    let (w, b) = (sigma_w.variance(bits), sigma_b.variance(bits));
    let of = |m: &VarianceMoments, q: &Ball| {
        let image = &(&w * &m.square) + &b;
        Some((&image - q, &(&w * &m.slope) - &one))
    };
    let mut points = Vec::new();
    let mut at_zero = Some(Ordering::Greater);
    if sigma_b.is_zero() && vanishes_at_zero(structure) {
        let origin = at_origin(structure, sigma_w, &w);
        at_zero = match origin.attraction {
            Some(Attraction::Attracts) => Some(Ordering::Less),
            Some(Attraction::Repels) => Some(Ordering::Greater),
            _ => None,
        };
        points.push(origin);
    }
    let scan = Scan::new(structure, accuracy, deadline)?;
    for zero in scan.zeros(&of, at_zero)? {
        let slope = &w * &zero.moments.slope;
        points.push(FixedVariance {
            attraction: Attraction::of_slope(&slope),
            slope: Some(slope),
            chi_1: zero.moments.derivative_square.map(|d| &w * &d),
            q: zero.q,
        });
    }
    let beyond = match scan.last_sign(&of) {
        Some((_, Ordering::Less)) => Beyond::Falls,
        Some((q, Ordering::Greater)) if !is_sublinear(structure) => {
            let grows = structure.homogeneity.as_ref().is_some_and(|k| *k > 1);
            if grows {
                Beyond::Grows
            } else {
                Beyond::GrowsUpTo(q)
            }
        }
        _ => Beyond::Open,
    };
    Ok(FixedVariances::Points { points, beyond })
}

/// The fixed point 0.
fn at_origin(structure: &Activation, sigma_w: &Given, w: &Ball) -> FixedVariance {
    let slope = slope_at_zero(structure, w.bits()).map(|d| w * &d);
    let exactly_one = || {
        let product = sigma_w
            .closed_variance()?
            .times(&closed_slope_at_zero(structure)?)?;
        product.is_one().then_some(())
    };
    let mut attraction = slope.as_ref().and_then(Attraction::of_slope);
    let mut slope = slope;
    if attraction.is_none() && exactly_one().is_some() {
        slope = Some(Ball::int(1, w.bits()));
        attraction = Attraction::of_bend(structure);
    }
    FixedVariance {
        q: Ball::int(0, w.bits()),
        // at variance 0, D is V'
        chi_1: slope.clone(),
        slope,
        attraction,
    }
}

/// `V(q) = V(1) q`
fn homogeneous(
    square: &Closed,
    sigma_w: &Given,
    sigma_b: &Given,
    bits: Bits,
) -> Result<FixedVariances> {
    let none = |beyond| FixedVariances::Points {
        points: Vec::new(),
        beyond,
    };
    let unbiased = sigma_b.is_zero();
    let weight = sigma_w.closed_variance();
    let gain = weight.and_then(|w| w.times(square));
    if gain.as_ref().is_some_and(Closed::is_one) {
        return Ok(if unbiased {
            FixedVariances::Every
        } else {
            none(Beyond::Grows)
        });
    }
    let one = Ball::int(1, bits);
    let gain: Ball = match gain {
        Some(closed) => closed.evaluate(bits),
        None => &sigma_w.variance(bits) * &square.evaluate(bits),
    };
    let left = &one - &gain;
    let q = match (unbiased, left.sign()) {
        (true, _) => Ball::int(0, bits),
        (false, Some(Ordering::Greater)) => &sigma_b.variance(bits) / &left,
        (false, Some(_)) => return Ok(none(Beyond::Grows)),
        (false, None) => {
            return Err(Error::Unresolved(
                "sigma_w is so near its critical value that the fixed point of the variance is not resolved".into(),
            ));
        }
    };
    let beyond = match left.sign() {
        Some(Ordering::Greater) => Beyond::Falls,
        Some(_) => Beyond::Grows,
        None => Beyond::Open,
    };
    let points = vec![FixedVariance {
        q,
        attraction: Attraction::of_slope(&gain),
        // V(q) = V(1) q = D q
        chi_1: Some(gain.clone()),
        slope: Some(gain),
    }];
    Ok(FixedVariances::Points { points, beyond })
}

/// `phi(x)/x -> 0`, proved: the variance cannot grow without end.
fn is_sublinear(structure: &Activation) -> bool {
    let mirror = Expr::Neg(Expr::X.into());
    let slow = |e: &Expr| {
        [2, 8, 32]
            .iter()
            .find_map(|start| growth(&e.simplify(), *start))
            .is_some_and(|g| g.is_sublinear())
    };
    slow(&structure.expr) && slow(&structure.expr.substitute(&mirror))
}
