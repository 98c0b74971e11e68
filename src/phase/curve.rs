//! The edge of chaos as a curve.

use rug::Rational;
use std::cmp::Ordering;

use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Activation, Closed};
use crate::real::{Analytic, Ball, Bits, bits_for};
use crate::recursion::{
    Attraction, Given, Scan, VarianceMoments, closed_slope_at_zero, crossing, slope_at_zero,
    vanishes_at_zero,
};

/// A point at which `chi_1 = 1`. It belongs to the edge of chaos where its `q*` attracts: elsewhere no network has this
/// variance.
#[derive(Clone, Debug)]
pub struct CriticalPoint {
    /// `q*`; `None` where every variance is fixed (homogeneous activations of degree 1).
    pub q: Option<Ball>,
    /// `sigma_w`
    pub sigma_w: Ball,
    /// `sigma_b`
    pub sigma_b: Ball,
    /// The slope of the variance map at `q*`, `sigma_w^2 V'(q*) = V'(q*)/D(q*)`.
    pub slope: Ball,
    /// What follows from it; `None` where the enclosure of the slope holds 1.
    pub attraction: Option<Attraction>,
    /// The point is one at which a branch of the curve ends.
    pub end: Option<BranchEnd>,
}

/// Why a branch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchEnd {
    /// The slope of the variance map is 1: on one side of this point `q*` attracts, on the other it repels.
    Repulsion,
    /// `sigma_b` is 0: beyond it `sigma_b^2` would be negative.
    NoBias,
}

impl CriticalPoint {
    /// Networks are found there: `q*` attracts, or every variance is fixed.
    pub fn is_reached(&self) -> bool {
        matches!(
            self.attraction,
            Some(Attraction::Attracts | Attraction::Neutral)
        )
    }
}

/// Bits beyond those that were asked for.
const GUARD: Bits = 24;

/// The points with `chi_1 = 1` and `sqrt(q*)` in `points` equal steps from 0 to 3, as far as `sigma_b^2 >= 0` there, each with
/// the slope of the variance map, which says whether `q*` attracts; between them the points at which a branch ends. The
/// single point `sigma_w^2 = 1/E phi(Z)^2`, `sigma_b = 0` for a homogeneous activation of degree 1. Enclosed, with about
/// `digits` digits.
///
/// # Errors
/// [`Error::Domain`] for an activation that jumps (`chi_1` is infinite: chaotic everywhere); [`Error::Unresolved`] where a
/// moment has no proved bound; [`Error::Timeout`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, phase};
/// let tanh = Expr::parse("tanh(x)")?;
/// let edge = phase::curve(&tanh, 3, 15, Deadline::default())?;
/// // sqrt(q*) = 1
/// assert!((edge[0].sigma_w.mid().to_f64() - 1.4678).abs() < 1e-3);
/// assert!(edge[0].is_reached());
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn curve(
    expr: &Expr,
    points: u32,
    digits: usize,
    deadline: Deadline,
) -> Result<Vec<CriticalPoint>> {
    let structure = continuous(expr)?;
    let accuracy = bits_for(digits) + GUARD;
    if let Some(point) = homogeneous(&structure, accuracy)? {
        return Ok(vec![point]);
    }
    let look = Look {
        structure: &structure,
        accuracy,
        wanted: bits_for(digits),
        deadline,
    };
    let mut out = Vec::new();
    let mut last = look.foot(&Rational::from((3, points)))?;
    for n in 1..=points {
        let here = look.at(&Rational::from((3 * n, points)))?;
        if let Some(last) = &last {
            out.extend(look.ends(last, &here)?);
        }
        out.extend(critical(&here.moments, here.q.clone()));
        last = Some(here);
    }
    Ok(out)
}

/// The points with `chi_1 = 1` and the biases `sigma_b`, each bias's in the order of `q*`: each one is enclosed and proved;
/// those that [`Scan::zeros`] finds, and that at `q* = 0` where `sigma_b = 0` and `phi(0) = 0`.
///
/// # Errors
/// As [`curve`], and [`Error::Domain`] for a negative `sigma_b`.
pub fn with_biases(
    expr: &Expr,
    biases: &[Given],
    digits: usize,
    deadline: Deadline,
) -> Result<Vec<CriticalPoint>> {
    for b in biases {
        if !b.is_zero() && b.sign() != Some(Ordering::Greater) {
            return Err(Error::Domain(format!(
                "sigma_b is a standard deviation and must not be negative, {} is",
                b.ball(64).to_f64()
            )));
        }
    }
    let structure = continuous(expr)?;
    let accuracy = bits_for(digits) + GUARD;
    if let Some(point) = homogeneous(&structure, accuracy)? {
        let any = biases.iter().any(Given::is_zero);
        return Ok(if any { vec![point] } else { vec![] });
    }
    let scan = Scan::new(&structure, accuracy, deadline)?;
    let mut out = Vec::new();
    for sigma_b in biases {
        out.extend(with_bias(&structure, &scan, sigma_b, accuracy)?);
    }
    Ok(out)
}

fn with_bias(
    structure: &Activation,
    scan: &Scan,
    sigma_b: &Given,
    accuracy: Bits,
) -> Result<Vec<CriticalPoint>> {
    let bits = accuracy + 32;
    let mut out = Vec::new();
    let mut at_zero = Some(Ordering::Less);
    if sigma_b.is_zero() && vanishes_at_zero(structure) {
        at_zero = None;
        out.extend(origin(structure, bits));
    }
    let bias = sigma_b.variance(bits);
    let of = |m: &VarianceMoments, q: &Ball| {
        let d = m.derivative_square.as_ref()?;
        let value = &(q - &(&m.square / d)) - &bias;
        let steep = m.derivative_slope.as_ref().map_or_else(
            || Ball::undefined(bits),
            |s| {
                let turned = &(&m.slope * d) - &(&m.square * s);
                &Ball::int(1, bits) - &(&turned / &d.powi(2))
            },
        );
        Some((value, steep))
    };
    for zero in scan.zeros(&of, at_zero)? {
        let Some(d) = zero.moments.derivative_square else {
            continue;
        };
        let slope = &zero.moments.slope / &d;
        out.push(CriticalPoint {
            q: Some(zero.q),
            sigma_w: &Ball::int(1, bits) / &d.sqrt(),
            sigma_b: sigma_b.ball(bits),
            attraction: Attraction::of_slope(&slope),
            slope,
            end: None,
        });
    }
    Ok(out)
}

/// Variance 0, without bias: there `chi_1` is the slope of the variance map, and 1.
fn origin(structure: &Activation, bits: Bits) -> Option<CriticalPoint> {
    let slope = slope_at_zero(structure, bits)?;
    let one = Ball::int(1, bits);
    let closed = closed_slope_at_zero(structure)
        .and_then(|d| Closed::one().over(&d))
        .and_then(|c| c.sqrt());
    let sigma_w = match closed {
        Some(c) => c.evaluate(bits),
        None => &one / &slope.sqrt(),
    };
    (slope.sign() == Some(Ordering::Greater) && sigma_w.is_finite()).then(|| CriticalPoint {
        q: Some(Ball::int(0, bits)),
        sigma_w,
        sigma_b: Ball::int(0, bits),
        slope: one,
        attraction: Attraction::of_bend(structure),
        end: None,
    })
}

/// The activation, if `E phi'(Z)^2` is what it seems.
pub(super) fn continuous(expr: &Expr) -> Result<Activation> {
    let structure = Activation::new(expr)?;
    match structure.continuous {
        Some(true) => Ok(structure),
        Some(false) => Err(Error::Domain(
            "the activation jumps, so chi_1 is infinite: a network is chaotic at every sigma_w, and there is no edge of chaos"
                .into(),
        )),
        None => Err(Error::Unresolved(
            "that the activation does not jump could not be proved, so chi_1 may be infinite".into(),
        )),
    }
}

/// `sigma_w^2 = 1/E phi(Z)^2` for a homogeneous activation of degree 1, at every variance.
fn homogeneous(structure: &Activation, accuracy: Bits) -> Result<Option<CriticalPoint>> {
    let bits = accuracy + 32;
    let (Some(k), Some(square)) = (&structure.homogeneity, &structure.square) else {
        return Ok(None);
    };
    if *k != 1 {
        return Ok(None);
    }
    let sigma_w = match Closed::one().over(square).and_then(|c| c.sqrt()) {
        Some(c) => c.evaluate(bits),
        None => &Ball::int(1, bits) / &square.evaluate::<Ball>(bits).sqrt(),
    };
    Ok(Some(CriticalPoint {
        q: None,
        sigma_w,
        sigma_b: Ball::int(0, bits),
        slope: Ball::int(1, bits),
        attraction: Some(Attraction::Neutral),
        end: None,
    }))
}

/// The point at a variance; `None` where `sigma_b^2` would be negative, or is not proved to be positive.
fn critical(m: &VarianceMoments, q: Ball) -> Option<CriticalPoint> {
    let d = m.derivative_square.as_ref()?;
    let bias = &q - &(&m.square / d);
    let slope = &m.slope / d;
    (bias.sign() == Some(Ordering::Greater)).then(|| CriticalPoint {
        sigma_w: &Ball::int(1, q.bits()) / &d.sqrt(),
        sigma_b: bias.sqrt(),
        q: Some(q),
        attraction: Attraction::of_slope(&slope),
        slope,
        end: None,
    })
}

/// The curve at a standard deviation.
struct Here {
    root: Rational,
    q: Ball,
    moments: VarianceMoments,
}

/// What changes its sign where a branch ends.
type Function = fn(&Here) -> Option<Ball>;

/// `q D - V`, of the sign of `sigma_b^2`.
fn bias(at: &Here) -> Option<Ball> {
    let d = at.moments.derivative_square.as_ref()?;
    Some(&(&at.q * d) - &at.moments.square)
}

/// `V' - D`, of the sign of the slope minus 1.
fn excess(at: &Here) -> Option<Ball> {
    let d = at.moments.derivative_square.as_ref()?;
    Some(&at.moments.slope - d)
}

struct Look<'a> {
    structure: &'a Activation,
    accuracy: Bits,
    wanted: Bits,
    deadline: Deadline,
}

impl Look<'_> {
    fn at(&self, root: &Rational) -> Result<Here> {
        let moments =
            VarianceMoments::at_point(self.structure, root, self.accuracy, self.deadline)?;
        Ok(Here {
            q: Ball::rational(&Rational::from(root * root), self.accuracy + 32),
            root: root.clone(),
            moments,
        })
    }

    /// A point below the first one, where the branch may begin: small, and where `phi(0)` is not 0 without the branch.
    fn foot(&self, first: &Rational) -> Result<Option<Here>> {
        self.at(&Rational::from(first / 64u32)).map(Some)
    }

    /// The ends of branches between two neighbours.
    fn ends(&self, low: &Here, high: &Here) -> Result<Vec<CriticalPoint>> {
        let mut out = Vec::new();
        for (end, f) in [
            (BranchEnd::NoBias, bias as Function),
            (BranchEnd::Repulsion, excess as Function),
        ] {
            let sign = |at: &Here| f(at).and_then(|x| x.sign());
            let (Some(s), Some(t)) = (sign(low), sign(high)) else {
                continue;
            };
            if s == t {
                continue;
            }
            let value = |root: &Rational| -> Result<Option<Ball>> { Ok(f(&self.at(root)?)) };
            let Some(root) = crossing(&value, &low.root, &high.root, self.wanted)? else {
                continue;
            };
            out.extend(self.end(&root, end)?);
        }
        out.sort_by(|a, b| {
            let q = |p: &CriticalPoint| p.q.as_ref().map_or(0.0, Ball::to_f64);
            q(a).total_cmp(&q(b))
        });
        Ok(out)
    }

    /// The end in an interval of standard deviations.
    fn end(&self, roots: &[Rational; 2], end: BranchEnd) -> Result<Option<CriticalPoint>> {
        let bits = self.accuracy + 32;
        let (q, m) = VarianceMoments::between(self.structure, roots, self.accuracy, self.deadline)?;
        let Some(d) = &m.derivative_square else {
            return Ok(None);
        };
        let (sigma_b, slope) = match end {
            BranchEnd::NoBias => (Ball::int(0, bits), &m.slope / d),
            BranchEnd::Repulsion => {
                let bias = &q - &(&m.square / d);
                if bias.sign() != Some(Ordering::Greater) {
                    return Ok(None);
                }
                (bias.sqrt(), Ball::int(1, bits))
            }
        };
        let attraction = match end {
            BranchEnd::Repulsion => None,
            BranchEnd::NoBias => Attraction::of_slope(&slope),
        };
        Ok(Some(CriticalPoint {
            sigma_w: &Ball::int(1, bits) / &d.sqrt(),
            q: Some(q),
            sigma_b,
            slope,
            attraction,
            end: Some(end),
        }))
    }
}
