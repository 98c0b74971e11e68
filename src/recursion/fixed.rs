//! Where the variance of a deep network settles: the fixed points of `q -> sigma_w^2 V(q) + sigma_b^2`.

use std::cmp::Ordering;

use rayon::prelude::*;
use rug::Rational;

use super::variance::Windows;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Closed, Structure};
use crate::real::{Analytic, Ball, Bits, Real};

/// A fixed point of the variance map.
#[derive(Clone, Debug)]
pub struct FixedVariance {
    /// `q*`, enclosed; exactly zero only where that is proved.
    pub q: Ball,
    /// `sigma_w^2 V'(q*)`: below 1 the fixed point attracts. `None` at `q* = 0`, where it is not looked for.
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
/// degree 1; for others those between `2^-16` and `2^16` that a change of sign of `sigma_w^2 V(q) + sigma_b^2 - q` betrays
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
    let of = |windows: &Windows, q: &Ball| -> Result<(Ball, Ball)> {
        let m = windows.moments(q)?;
        let image = &(&w * &m.square) + &b;
        Ok((&image - q, &(&w * &m.slope) - &one))
    };
    let mut points = Vec::new();
    if bias.is_zero() && vanishes_at_zero(structure) {
        points.push(FixedVariance {
            q: Ball::int(0, bits),
            slope: None,
        });
    }
    for q in zeros(structure, &of, accuracy, deadline)? {
        let windows = Windows::new(structure, None, accuracy, deadline);
        let slope = Some(&of(&windows, &q)?.1 + &one);
        points.push(FixedVariance { q, slope });
    }
    Ok(FixedVariances::Points(points))
}

/// `phi(0) = 0`, proved.
pub fn vanishes_at_zero(structure: &Structure) -> bool {
    let there = structure.expr.substitute(&Expr::int(0)).simplify();
    Closed::from_expr(&there).is_some_and(|c| c.is_zero())
}

/// A function of the variance and its derivative, from the moments there.
type OfVariance<'a> = dyn Fn(&Windows, &Ball) -> Result<(Ball, Ball)> + Sync + 'a;

/// Grid points in an octave of `sqrt(q)`; the octaves go from `-8` to `8`.
const OCTAVE: [i64; 3] = [4, 5, 6];

/// The zeros of a continuous function of the variance between `2^-16` and `2^16` at which it changes its sign from a point
/// of a grid to the next one, enclosed.
pub fn zeros(
    structure: &Structure,
    of: &OfVariance,
    accuracy: Bits,
    deadline: Deadline,
) -> Result<Vec<Ball>> {
    let coarse = Windows::new(structure, None, 48, deadline);
    let fine = Windows::new(structure, None, accuracy, deadline);
    let roots: Vec<Rational> = (-8i32..8)
        .flat_map(|octave| {
            OCTAVE.map(|m| {
                let size = Rational::from(m) / 4;
                if octave < 0 {
                    size >> octave.unsigned_abs()
                } else {
                    size << octave.unsigned_abs()
                }
            })
        })
        .collect();
    let sign = |windows: &Windows, root: &Rational| -> Result<Option<Ordering>> {
        let q = Ball::rational(&Rational::from(root * root), accuracy + 32);
        match of(windows, &q) {
            Ok((value, _)) => Ok(value.sign()),
            Err(timeout @ Error::Timeout(_)) => Err(timeout),
            // no such moment at this variance
            Err(_) => Ok(None),
        }
    };
    let signs: Vec<Option<Ordering>> = roots
        .par_iter()
        .map(|r| sign(&coarse, r))
        .collect::<Result<_>>()?;
    let known: Vec<(&Rational, Ordering)> = roots
        .iter()
        .zip(&signs)
        .filter_map(|(r, s)| Some((r, (*s)?)))
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
        // one window holds both ends
        for _ in 0..8 {
            let middle = Rational::from(&low + &high) / 2;
            match sign(&coarse, &middle)? {
                Some(m) if m == *s => low = middle,
                Some(_) => high = middle,
                None => break,
            }
        }
        out.push(zero(&fine, of, (&low, &high), *s, accuracy)?);
    }
    Ok(out)
}

/// The zero between two roots, the function having the sign `s` at the lower one.
fn zero(
    windows: &Windows,
    of: &OfVariance,
    (low, high): (&Rational, &Rational),
    s: Ordering,
    accuracy: Bits,
) -> Result<Ball> {
    let bits = accuracy + 32;
    let square = |r: &Rational| Ball::rational(&Rational::from(r * r), bits);
    let mut x = square(low).hull(&square(high));
    for _ in 0..2 * bits {
        let middle = x.midpoint();
        let value = of(windows, &middle)?.0;
        let slope = of(windows, &x)?.1;
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
        "a variance at which a map of the variance changes its sign was found, but not enclosed: it is nearly tangent there"
            .into(),
    ))
}
