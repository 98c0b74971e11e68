//! The edge of chaos as a curve.

use rug::Rational;
use std::cmp::Ordering;

use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Closed, Structure};
use crate::real::{Analytic, Ball, Bits, Real, bits_for};
use crate::recursion::{Moments, Scan, slope_at_zero, vanishes_at_zero};

/// A point of the edge of chaos.
#[derive(Clone, Debug)]
pub struct CriticalPoint {
    /// `q*`; `None` where every variance is fixed (homogeneous activations of degree 1).
    pub q: Option<Ball>,
    /// `sigma_w`
    pub sigma_w: Ball,
    /// `sigma_b`
    pub sigma_b: Ball,
}

/// Bits beyond those that were asked for.
const GUARD: Bits = 24;

/// The points of the edge with `sqrt(q*)` in `points` equal steps from 0 to 3, as far as `sigma_b^2 >= 0` there; the single
/// point `sigma_w^2 = 1/E phi(Z)^2`, `sigma_b = 0` for a homogeneous activation of degree 1. Enclosed, with about `digits`
/// digits.
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
    let mut out = Vec::new();
    for n in 1..=points {
        let root = Rational::from((3 * n, points));
        let moments = Moments::at_point(&structure, &root, accuracy, deadline)?;
        let q = Ball::rational(&Rational::from(&root * &root), accuracy + 32);
        out.extend(critical(&moments, q));
    }
    Ok(out)
}

/// The points of the edge with the biases `sigma_b`, each bias's in the order of `q*`: each one is enclosed and proved; those
/// that a change of sign betrays on the grid of [`Scan`], and that at `q* = 0` where `sigma_b = 0` and `phi(0) = 0`.
///
/// # Errors
/// As [`curve`], and [`Error::Domain`] for a negative `sigma_b`.
pub fn with_biases(
    expr: &Expr,
    biases: &[Rational],
    digits: usize,
    deadline: Deadline,
) -> Result<Vec<CriticalPoint>> {
    if let Some(negative) = biases.iter().find(|b| **b < 0) {
        return Err(Error::Domain(format!(
            "sigma_b is a standard deviation and must not be negative, {negative} is"
        )));
    }
    let structure = continuous(expr)?;
    let accuracy = bits_for(digits) + GUARD;
    if let Some(point) = homogeneous(&structure, accuracy)? {
        let any = biases.iter().any(|b| *b == 0);
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
    structure: &Structure,
    scan: &Scan,
    sigma_b: &Rational,
    accuracy: Bits,
) -> Result<Vec<CriticalPoint>> {
    let bits = accuracy + 32;
    let mut out = Vec::new();
    if *sigma_b == 0
        && vanishes_at_zero(structure)
        && let Some(d) = slope_at_zero(structure, bits)
        && d.sign().is_some_and(Ordering::is_ne)
    {
        out.push(CriticalPoint {
            q: Some(Ball::int(0, bits)),
            sigma_w: &Ball::int(1, bits) / &d.abs(),
            sigma_b: Ball::int(0, bits),
        });
    }
    let bias = Ball::rational(&Rational::from(sigma_b * sigma_b), bits);
    let of = |m: &Moments, q: &Ball| {
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
    for q in scan.zeros(&of)? {
        let Some(d) = scan.windows.moments(&q)?.derivative_square else {
            continue;
        };
        out.push(CriticalPoint {
            q: Some(q),
            sigma_w: &Ball::int(1, bits) / &d.sqrt(),
            sigma_b: Ball::rational(sigma_b, bits),
        });
    }
    Ok(out)
}

/// The activation, if `E phi'(Z)^2` is what it seems.
pub(super) fn continuous(expr: &Expr) -> Result<Structure> {
    let structure = Structure::new(expr)?;
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
fn homogeneous(structure: &Structure, accuracy: Bits) -> Result<Option<CriticalPoint>> {
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
    }))
}

/// The point of the edge at a variance; `None` where `sigma_b^2` would be negative, or is not proved to be positive.
fn critical(m: &Moments, q: Ball) -> Option<CriticalPoint> {
    let d = m.derivative_square.as_ref()?;
    let bias = &q - &(&m.square / d);
    (bias.sign() == Some(Ordering::Greater)).then(|| CriticalPoint {
        sigma_w: &Ball::int(1, q.bits()) / &d.sqrt(),
        sigma_b: bias.sqrt(),
        q: Some(q),
    })
}
