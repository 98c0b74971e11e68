//! Where the variance of a deep network settles: the fixed points of `q -> sigma_w^2 V(q) + sigma_b^2`.

use std::cmp::Ordering;

use rayon::prelude::*;
use rug::Rational;

use super::variance::{Moments, Windows};
use crate::activation::pieces::End;
use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Closed, Structure};
use crate::real::{Analytic, Ball, Bits, Real};

/// A fixed point of the variance map.
#[derive(Clone, Debug)]
pub struct FixedVariance {
    /// `q*`, enclosed; exactly zero only where that is proved.
    pub q: Ball,
    /// `sigma_w^2 V'(q*)`: below 1 the fixed point attracts. `None` at `q* = 0` where the activation has a kink.
    pub slope: Option<Ball>,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum FixedVariances {
    /// A homogeneous activation of degree 1 at its critical weight, without bias: every variance stays as it is.
    Every,
    /// In increasing order. Each one is proved to be there; that there is no other is not.
    Points(Vec<FixedVariance>),
}

/// The fixed points of the variance map: `0` where `sigma_b = 0` and `phi(0) = 0`; exactly for homogeneous activations of
/// degree 1; for others those between `2^-12` and `2^9` that a change of sign of `sigma_w^2 V(q) + sigma_b^2 - q` betrays
/// on a grid of three points an octave of `sqrt(q)`, each enclosed by bisection and the interval Newton operator. (Two
/// fixed points between neighbours of the grid escape it.) None at all: the variance grows without end, or shrinks below
/// the grid.
///
/// # Errors
/// [`Error::Timeout`]; [`Error::Unresolved`] where an enclosure was not reached.
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, exact::{Closed, Structure}};
/// use deeplimit::recursion::{FixedVariances, fixed_variances};
/// // relu with sigma_w = 1, sigma_b = 1: q = q/2 + 1
/// let relu = Structure::new(&Expr::parse("relu")?)?;
/// let found = fixed_variances(&relu, &Closed::one(), &Closed::one(), 64, Deadline::default())?;
/// let FixedVariances::Points(points) = found else { panic!() };
/// assert_eq!(points[0].q.mid().to_f64(), 2.0);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn fixed_variances(
    structure: &Structure,
    weight: &Closed,
    bias: &Closed,
    accuracy: Bits,
    deadline: Deadline,
) -> Result<FixedVariances> {
    let bits = accuracy + 32;
    let one = Ball::int(1, bits);
    if let (Some(k), Some(square)) = (&structure.homogeneity, &structure.square)
        && *k == 1
    {
        let gain = weight.times(square);
        if gain.as_ref().is_some_and(Closed::is_one) {
            return Ok(if bias.is_zero() {
                FixedVariances::Every
            } else {
                FixedVariances::Points(Vec::new())
            });
        }
        let gain: Ball = &weight.evaluate::<Ball>(bits) * &square.evaluate(bits);
        let left = &one - &gain;
        let q = match (bias.is_zero(), left.sign()) {
            (true, _) => Ball::int(0, bits),
            (false, Some(Ordering::Greater)) => &bias.evaluate::<Ball>(bits) / &left,
            (false, Some(_)) => return Ok(FixedVariances::Points(Vec::new())),
            (false, None) => {
                return Err(Error::Unresolved(
                    "sigma_w is so near its critical value that the fixed point of the variance is not resolved".into(),
                ));
            }
        };
        let slope = Some(gain);
        return Ok(FixedVariances::Points(vec![FixedVariance { q, slope }]));
    }
    let (w, b): (Ball, Ball) = (weight.evaluate(bits), bias.evaluate(bits));
    let of = |m: &Moments, q: &Ball| {
        let image = &(&w * &m.square) + &b;
        Some((&image - q, &(&w * &m.slope) - &one))
    };
    let mut points = Vec::new();
    if bias.is_zero() && vanishes_at_zero(structure) {
        points.push(FixedVariance {
            q: Ball::int(0, bits),
            slope: slope_at_zero(structure, bits).map(|d| &w * &d.powi(2)),
        });
    }
    let scan = Scan::new(structure, accuracy, deadline)?;
    for q in scan.zeros(&of)? {
        let slope = Some(&w * &scan.windows.moments(&q)?.slope);
        points.push(FixedVariance { q, slope });
    }
    Ok(FixedVariances::Points(points))
}

/// `phi(0) = 0`, proved.
pub fn vanishes_at_zero(structure: &Structure) -> bool {
    let there = structure.expr.substitute(&Expr::int(0)).simplify();
    Closed::from_expr(&there).is_some_and(|c| c.is_zero())
}

/// `phi'(0)`; `None` where the activation has a kink at 0, or may have one.
pub fn slope_at_zero(structure: &Structure, bits: Bits) -> Option<Ball> {
    let zero = Ball::int(0, bits);
    let apart = |end: &End| match end {
        End::At(b) => b.position(bits).sign().is_some_and(Ordering::is_ne),
        _ => true,
    };
    let smooth = structure
        .pieces
        .iter()
        .all(|p| apart(&p.from) && apart(&p.to));
    let piece = structure.pieces.iter().find(|p| {
        let below = |end: &End| match end {
            End::MinusInfinity => true,
            End::PlusInfinity => false,
            End::At(b) => b.position(bits).sign() == Some(Ordering::Less),
            End::Reach(_) => false,
        };
        below(&p.from) && !below(&p.to)
    })?;
    let d = Tape::<Ball>::new(&[piece.formula.derivative().simplify()], bits).at_one(&zero);
    (smooth && d.is_finite()).then_some(d)
}

/// A function of the variance and its derivative, from the moments there; `None` where it has none.
pub type OfVariance<'a> = dyn Fn(&Moments, &Ball) -> Option<(Ball, Ball)> + Sync + 'a;

/// The moments of an activation on a grid of variances between `2^-12` and `2^9`, three points an octave of `sqrt(q)`.
#[derive(Debug)]
pub struct Scan {
    structure: Structure,
    grid: Vec<(Rational, Option<Moments>)>,
    /// At any variance.
    pub windows: Windows,
    accuracy: Bits,
    deadline: Deadline,
}

impl Scan {
    /// # Errors
    /// [`Error::Timeout`]. Where a moment does not exist, or has no proved bound, the grid has a hole.
    pub fn new(structure: &Structure, accuracy: Bits, deadline: Deadline) -> Result<Self> {
        let roots: Vec<Rational> = (-6i32..=4)
            .flat_map(|octave| [4, 5, 6].map(|m| Rational::from(m) * power_of_two(octave - 2)))
            .collect();
        let of = |root: Rational| -> Result<(Rational, Option<Moments>)> {
            let found = coarse(structure, &root, deadline)?;
            Ok((root, found))
        };
        Ok(Scan {
            structure: structure.clone(),
            grid: roots.into_par_iter().map(of).collect::<Result<_>>()?,
            windows: Windows::new(structure, None, accuracy, deadline),
            accuracy,
            deadline,
        })
    }

    /// The zeros of a continuous function of the variance at which it changes its sign from a point of the grid to the next
    /// one, enclosed.
    ///
    /// # Errors
    /// As [`fixed_variances`].
    pub fn zeros(&self, of: &OfVariance) -> Result<Vec<Ball>> {
        let bits = self.accuracy + 32;
        let variance = |root: &Rational| Ball::rational(&Rational::from(root * root), bits);
        let sign = |root: &Rational, m: &Option<Moments>| {
            of(m.as_ref()?, &variance(root)).and_then(|(value, _)| value.sign())
        };
        let sign_at =
            |root: &Rational| Ok(sign(root, &coarse(&self.structure, root, self.deadline)?));
        let known: Vec<(&Rational, Ordering)> = self
            .grid
            .iter()
            .filter_map(|(root, m)| Some((root, sign(root, m)?)))
            .collect();
        let mut out = Vec::new();
        for pair in known.windows(2) {
            let [(low, s), (high, t)] = pair else {
                continue;
            };
            if s == t {
                continue;
            }
            let (mut low, mut high) = ((*low).clone(), (*high).clone());
            // until one window holds both ends
            for _ in 0..11 {
                let middle = Rational::from(&low + &high) / 2;
                match sign_at(&middle)? {
                    Some(m) if m == *s => low = middle,
                    Some(_) => high = middle,
                    None => {
                        // the middle is the zero, as far as one can see
                        let near = [4095, 4097].map(|n| Rational::from((n, 4096)) * &middle);
                        if sign_at(&near[0])? == Some(*s) && sign_at(&near[1])? == Some(*t) {
                            [low, high] = near;
                        }
                        break;
                    }
                }
            }
            let x = variance(&low).hull(&variance(&high));
            out.push(zero(&self.windows, of, x, *s)?);
        }
        Ok(out)
    }
}

/// `None` where there is no such moment, or no proved bound.
fn coarse(structure: &Structure, root: &Rational, deadline: Deadline) -> Result<Option<Moments>> {
    match Moments::at_point(structure, root, COARSE, deadline) {
        Err(timeout @ Error::Timeout(_)) => Err(timeout),
        other => Ok(other.ok()),
    }
}

/// Accuracy in bits of what only has to have a sign.
const COARSE: Bits = 48;

fn power_of_two(n: i32) -> Rational {
    let one = Rational::from(1);
    if n < 0 {
        one >> n.unsigned_abs()
    } else {
        one << n.unsigned_abs()
    }
}

/// The zero in a ball at whose lower end the function has the sign `s`.
fn zero(windows: &Windows, of: &OfVariance, mut x: Ball, s: Ordering) -> Result<Ball> {
    let at = |q: &Ball| -> Result<(Ball, Ball)> {
        of(&windows.moments(q)?, q)
            .ok_or_else(|| Error::Domain("the activation jumps, so E phi'(Z)^2 is infinite".into()))
    };
    for _ in 0..2 * x.bits() {
        let middle = x.midpoint();
        let (value, slope) = (at(&middle)?.0, at(&x)?.1);
        if slope.sign().is_some() {
            // the operator's image contains every zero; keep the intersection, as long as it shrinks
            let next = &middle - &(&value / &slope);
            let Some(narrowed) = next.intersect(&x) else {
                break;
            };
            if narrowed.rad() * 2u32 > x.rad() {
                return Ok(narrowed);
            }
            x = narrowed;
            continue;
        }
        x = match value.sign() {
            Some(m) if m == s => middle.hull(&x.upper_end()),
            Some(_) => x.lower_end().hull(&middle),
            None => break,
        };
    }
    Err(Error::Unresolved(
        "a map of the variance changes its sign at a variance that was found but not enclosed: it is nearly tangent there"
            .into(),
    ))
}
