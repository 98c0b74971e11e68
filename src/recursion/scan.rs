//! Where a function of the variance changes its sign.

use std::cmp::Ordering;

use rayon::prelude::*;
use rug::Rational;

use super::crossing::crossing;
use super::moments::VarianceMoments;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Bits};

/// A function of the variance and its derivative, from the moments there; `None` where it has none.
pub type OfVariance<'a> = dyn Fn(&VarianceMoments, &Ball) -> Option<(Ball, Ball)> + Sync + 'a;

/// The moments of an activation on a grid of variances between `2^-12` and `2^9`, three points an octave of `sqrt(q)`.
#[derive(Debug)]
pub struct Scan {
    structure: Activation,
    grid: Vec<(Rational, Option<VarianceMoments>)>,
    accuracy: Bits,
    deadline: Deadline,
}

/// A variance at which a function changes its sign.
#[derive(Clone, Debug)]
pub struct Zero {
    /// Enclosed.
    pub q: Ball,
    /// The moments there, enclosed.
    pub moments: VarianceMoments,
}

/// A point of the grid: `sqrt(q)`, the sign of the function there, its value and its slope.
#[derive(Clone, Debug)]
struct Known {
    root: Rational,
    sign: Ordering,
    value: f64,
    slope: f64,
}

impl Scan {
    /// # Errors
    /// [`Error::Timeout`]. Where a moment does not exist, or has no proved bound, the grid has a hole.
    pub fn new(structure: &Activation, accuracy: Bits, deadline: Deadline) -> Result<Self> {
        let roots: Vec<Rational> = (-6i32..=4)
            .flat_map(|octave| [4, 5, 6].map(|m| Rational::from(m) * power_of_two(octave - 2)))
            .collect();
        let of = |root: Rational| -> Result<(Rational, Option<VarianceMoments>)> {
            let found = coarse(structure, &root, COARSE, deadline)?;
            Ok((root, found))
        };
        Ok(Scan {
            structure: structure.clone(),
            grid: roots.into_par_iter().map(of).collect::<Result<_>>()?,
            accuracy,
            deadline,
        })
    }

    /// The largest variance of the grid at which a function has a sign, and that sign.
    pub fn last_sign(&self, of: &OfVariance) -> Option<(Rational, Ordering)> {
        let known = self.known(of);
        let last = known.last()?;
        // a hole above it would leave the sign there open
        let top = self.grid.last().is_some_and(|(root, _)| *root == last.root);
        top.then(|| (last.root.clone().square(), last.sign))
    }

    fn known(&self, of: &OfVariance) -> Vec<Known> {
        let point = |(root, m): &(Rational, Option<VarianceMoments>)| {
            let (value, slope) = of(m.as_ref()?, &self.variance(root))?;
            Some(Known {
                root: root.clone(),
                sign: value.sign()?,
                value: value.to_f64(),
                slope: slope.to_f64(),
            })
        };
        self.grid.iter().filter_map(point).collect()
    }

    fn variance(&self, root: &Rational) -> Ball {
        Ball::rational(&Rational::from(root * root), self.accuracy + 32)
    }

    fn at(&self, of: &OfVariance, root: &Rational, accuracy: Bits) -> Result<Option<Known>> {
        let m = coarse(&self.structure, root, accuracy, self.deadline)?;
        let found = m.and_then(|m| of(&m, &self.variance(root)));
        Ok(found.and_then(|(value, slope)| {
            Some(Known {
                root: root.clone(),
                sign: value.sign()?,
                value: value.to_f64(),
                slope: slope.to_f64(),
            })
        }))
    }

    /// The zeros of a continuous function of the variance, enclosed: those between points of the grid at which its sign
    /// differs, those between points at which it does not but between which its slopes say that it turns (two zeros are
    /// told from none by following the slope's sign), and the one below the grid where the sign there is not that at 0,
    /// `at_zero`.
    ///
    /// # Errors
    /// [`Error::Timeout`]; [`Error::Unresolved`] where an enclosure was not reached.
    pub fn zeros(&self, of: &OfVariance, at_zero: Option<Ordering>) -> Result<Vec<Zero>> {
        let mut known = self.known(of);
        if let (Some(sign), Some(first)) = (at_zero, known.first().cloned())
            && sign != first.sign
            && let Some([low, high]) = self.below(of, sign, &first)?
        {
            known[0] = high;
            known.insert(0, low);
        }
        let mut out = Vec::new();
        for pair in known.windows(2) {
            let [low, high] = pair else { continue };
            if low.sign != high.sign {
                out.push(self.between(of, low, high)?);
            } else if let Some(turn) = self.turn(of, low, high)? {
                out.push(self.between(of, low, &turn)?);
                out.push(self.between(of, &turn, high)?);
            }
        }
        Ok(out)
    }

    /// A point with the other sign between two points with the same one, where the function turns on its way.
    fn turn(&self, of: &OfVariance, low: &Known, high: &Known) -> Result<Option<Known>> {
        const STEPS: u32 = 14;
        let towards = |k: &Known, sign: f64| k.slope * sign;
        let sign = if low.sign == Ordering::Greater {
            1.0
        } else {
            -1.0
        };
        if !(towards(low, sign) < 0.0 && towards(high, sign) > 0.0) {
            return Ok(None);
        }
        let (mut low, mut high) = (low.clone(), high.clone());
        for _ in 0..STEPS {
            // where the tangents meet the function is at least, if it is convex between them
            let (p, q) = (square(&low.root), square(&high.root));
            let meet = (high.value - low.value + low.slope * p - high.slope * q)
                / (low.slope - high.slope);
            let least = low.value + low.slope * (meet - p);
            if least * sign > 0.0 {
                return Ok(None);
            }
            let middle = Rational::from(&low.root + &high.root) / 2;
            let Some(next) = self.at(of, &middle, COARSE)? else {
                // not even its sign is certain
                return Err(tangent());
            };
            if next.sign != low.sign {
                return Ok(Some(next));
            }
            if towards(&next, sign) < 0.0 {
                low = next;
            } else {
                high = next;
            }
        }
        Err(tangent())
    }

    /// Two points below the grid, a factor of 4 in the variance apart, between which the sign changes.
    fn below(&self, of: &OfVariance, sign: Ordering, first: &Known) -> Result<Option<[Known; 2]>> {
        const DEEPEST: i32 = 1 << 10;
        let mut high = first.clone();
        let at = |n: i32| self.at(of, &power_of_two(-n), COARSE + 4 * n.unsigned_abs());
        // sqrt(q) = 2^-n, n doubled until the sign is that at 0
        let (mut near, mut n) = (6, 8);
        let low = loop {
            match at(n)? {
                Some(found) if found.sign == sign => break found,
                Some(found) => high = found,
                None => {}
            }
            near = n;
            n *= 2;
            if n > DEEPEST {
                return Ok(None);
            }
        };
        let mut low = low;
        let mut far = n;
        while far - near > 1 {
            let middle = near + (far - near) / 2;
            match at(middle)? {
                Some(found) if found.sign == sign => {
                    low = found;
                    far = middle;
                }
                Some(found) => {
                    high = found;
                    near = middle;
                }
                None => break,
            }
        }
        Ok(Some([low, high]))
    }

    /// The zero between two points at which the sign differs.
    fn between(&self, of: &OfVariance, low: &Known, high: &Known) -> Result<Zero> {
        // a small variance has to be known to more bits after the point
        let depth = Rational::from(1) / &low.root;
        let more = 2 * depth.to_f64().max(1.0).log2() as Bits;
        let accuracy = self.accuracy + more;
        let value = |root: &Rational| -> Result<Option<Ball>> {
            let m = VarianceMoments::at_point(&self.structure, root, accuracy, self.deadline)?;
            let q = Ball::rational(&Rational::from(root * root), accuracy + 32);
            Ok(of(&m, &q).map(|(value, _)| value))
        };
        let found = crossing(&value, &low.root, &high.root, self.accuracy - ROOM)?;
        let ends = found.ok_or_else(tangent)?;
        let (q, moments) =
            VarianceMoments::between(&self.structure, &ends, accuracy, self.deadline)?;
        Ok(Zero { q, moments })
    }
}

fn square(root: &Rational) -> f64 {
    root.to_f64().powi(2)
}

/// `None` where there is no such moment, or no proved bound.
fn coarse(
    structure: &Activation,
    root: &Rational,
    accuracy: Bits,
    deadline: Deadline,
) -> Result<Option<VarianceMoments>> {
    match VarianceMoments::at_point(structure, root, accuracy, deadline) {
        Err(timeout @ Error::Timeout { .. }) => Err(timeout),
        other => Ok(other.ok()),
    }
}

/// Bits by which the place of a zero is known less well than the function, whose slope may be small.
const ROOM: Bits = 16;

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

fn tangent() -> Error {
    Error::Unresolved(
        "a map of the variance changes its sign at a variance that was found but not enclosed: it is nearly tangent there"
            .into(),
    )
}
