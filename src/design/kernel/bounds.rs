//! Bounds of the error, proved: from above by enclosures of `K - p` over cells, from below by a signed measure.

use std::cmp::Ordering;

use rug::float::Round;
use rug::{Float, Rational};

use super::target::Prepared;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::real::Jet;
use crate::real::{Analytic, Ball, Bits, Real};

/// What is proved of `max |K - p|`.
#[derive(Clone, Debug)]
pub(super) struct Deviation {
    /// Attained somewhere.
    pub lower: Float,
    /// Nowhere exceeded.
    pub upper: Float,
    /// The kernel may be undefined somewhere in a cell that was too small to be divided: the bound is of where it is defined.
    pub partial: bool,
}

/// Cells are halved so often at most; more says that the kernel is not bounded there.
const HALVINGS: u32 = 700;
/// So many cells are looked at before the bound is taken as it is.
const CELLS: usize = 60_000;

/// `p` with the numbers `b_k`.
pub(super) struct Polynomial {
    /// The powers that occur.
    terms: Vec<(usize, Ball)>,
}

impl Polynomial {
    pub fn new(coefficients: &[Rational], bits: Bits) -> Polynomial {
        let terms = coefficients.iter().enumerate();
        let terms = terms.filter(|(_, b)| **b != 0);
        Polynomial {
            terms: terms.map(|(k, b)| (k, Ball::rational(b, bits))).collect(),
        }
    }

    /// `p^(j)(x)/j!` at a point, up to `order`.
    pub fn at(&self, x: &Ball, order: usize) -> Vec<Ball> {
        let bits = x.bits();
        let mut out = vec![Ball::int(0, bits); order + 1];
        for (k, b) in &self.terms {
            for (j, out) in out.iter_mut().enumerate().take(k + 1) {
                let binomial = rug::Integer::from(rug::Integer::binomial_u(*k as u32, j as u32));
                let factor = Ball::rational(&Rational::from(binomial), bits);
                *out = &*out + &(&(&factor * b) * &x.powi((k - j) as i64));
            }
        }
        out
    }

    /// The numbers themselves.
    pub fn of(coefficients: &[Ball]) -> Polynomial {
        let terms = coefficients.iter().cloned().enumerate();
        let terms = terms.filter(|(_, b)| b.sign() != Some(Ordering::Equal));
        Polynomial {
            terms: terms.collect(),
        }
    }

    /// The last of them all over a cell, whose points are no farther than `radius` from the middle: the next one is largest
    /// where `|x|` is, since no coefficient is negative.
    fn last_over(&self, middle: &Ball, cell: &Ball, radius: &Ball, order: usize) -> Ball {
        let far = Real::abs(cell).upper_end();
        let next = self.at(&far, order + 1).pop();
        let here = self.at(middle, order).pop();
        let (Some(next), Some(here)) = (next, here) else {
            return Ball::undefined(cell.bits());
        };
        let n = Ball::int(order as i64 + 1, cell.bits());
        let spread = &(&n * &next) * radius;
        here.widened(&spread.magnitude())
    }
}

/// The largest modulus of `K - p` on `[-1, 1]`, enclosed: from below by the values at `hints` and at the middles of cells, from
/// above by Taylor expansions over cells that are halved until they say no more than `1 + 2^-sharp` times the former.
pub(super) fn deviation(
    kernel: &Prepared,
    coefficients: &[Rational],
    hints: &[Float],
    (bits, sharp): (Bits, u32),
    deadline: Deadline,
) -> Result<Deviation> {
    let p = Polynomial::new(coefficients, bits);
    let error = |x: &Ball, order: usize| -> (Vec<Ball>, bool) {
        let Jet { c, partial } = kernel.at(x, order);
        let p = p.at(x, order);
        (c.iter().zip(&p).map(|(k, p)| k - p).collect(), partial)
    };
    let zero = || Float::with_val(64, 0);
    let mut found = Deviation {
        lower: zero(),
        upper: zero(),
        partial: false,
    };
    for x in hints {
        let e = error(&Ball::exact(Float::with_val(bits, x)), 0).0.remove(0);
        if e.is_finite() {
            raise(&mut found.lower, &e.mignitude());
        }
    }
    // a smaller error takes higher orders: the cells must not become too many
    let order = match found.lower.get_exp() {
        Some(exponent) => (-exponent / 10).clamp(6, 40) as usize,
        None => 20,
    };
    let one = Float::with_val(bits, 1);
    let mut cells = vec![
        (Float::with_val(bits, -1), Float::with_val(bits, 0), 0),
        (Float::with_val(bits, 0), one, 0),
    ];
    let mut looked = 0_usize;
    while let Some((lo, hi, depth)) = cells.pop() {
        looked += 1;
        if looked.is_multiple_of(64) {
            deadline.check("the bound of the error")?;
        }
        let middle = Float::with_val(bits, &lo + &hi) / 2_u32;
        let cell = Ball::from_interval(&lo, &hi, bits).clamp_unit();
        let centre = Ball::exact(middle.clone());
        let radius = {
            let up = |x| Float::with_val_round(64, x, Round::Up).0;
            let (right, left) = (up(&hi - &middle), up(&middle - &lo));
            Ball::exact(if right > left { right } else { left })
        };
        let (at, _) = error(&centre, order - 1);
        if at[0].is_finite() {
            raise(&mut found.lower, &at[0].mignitude());
        } else if at[0].is_undefined() {
            return Err(Error::Domain(format!(
                "the kernel has no value at rho = {}: its formula is undefined there, or was not enclosed",
                middle.to_f64()
            )));
        }
        let jet = kernel.at(&cell, order);
        let bound = taylor_bound(&jet, &p, &at, (&centre, &cell, &radius));
        let goal = {
            let slack = Float::with_val(64, &found.lower >> sharp);
            Float::with_val(64, &found.lower + &slack)
        };
        let done = bound.as_ref().is_some_and(|b| *b <= goal);
        if done || looked >= CELLS && bound.is_some() || depth >= HALVINGS {
            let Some(bound) = bound else {
                return Err(Error::Unresolved(format!(
                    "the kernel was not bounded near rho = {}",
                    middle.to_f64()
                )));
            };
            raise(&mut found.upper, &bound);
            found.partial |= jet.partial;
            continue;
        }
        // the middle must be a new number
        if middle == lo || middle == hi {
            return Err(Error::Unresolved(format!(
                "the kernel was not bounded near rho = {}",
                middle.to_f64()
            )));
        }
        cells.push((lo, middle.clone(), depth + 1));
        cells.push((middle, hi, depth + 1));
    }
    if found.upper < found.lower {
        found.upper = found.lower.clone();
    }
    Ok(found)
}

fn raise(bound: &mut Float, to: &Float) {
    if *to > *bound {
        *bound = to.clone();
    }
}

/// The modulus all over a cell is at most `sum_(i < j) |e_i| r^i + |e_j(cell)| r^j`, with the Taylor coefficients in the middle
/// and the last one all over the cell, for every `j`: the smallest of these. (Near the ends of a domain the lower ones are
/// enclosed better, elsewhere the higher ones.)
fn taylor_bound(
    jet: &Jet,
    p: &Polynomial,
    at: &[Ball],
    (centre, cell, radius): (&Ball, &Ball, &Ball),
) -> Option<Float> {
    let bits = cell.bits();
    let (mut sum, mut power) = (Ball::int(0, bits), Ball::int(1, bits));
    let mut best: Option<Float> = None;
    for (j, k) in jet.c.iter().enumerate() {
        if k.is_finite() {
            let last = k - &p.last_over(centre, cell, radius, j);
            let bound = &sum + &(Real::abs(&last) * &power);
            if bound.is_finite() {
                let bound = bound.magnitude();
                best = Some(best.map_or(bound.clone(), |b| b.min(&bound)));
            }
        }
        if let Some(e) = at.get(j) {
            sum = sum + &(Real::abs(e) * &power);
        }
        power = &power * radius;
    }
    best
}

/// Of every polynomial up to `degree` whose coefficients are not negative (and, if `normalised`, sum to 1) the error is at
/// least this: with a signed measure `w`, moments `m_k = sum_i w_i x_i^k`,
///
/// ```text
/// E sum |w_i| >= sum_i w_i (K - p)(x_i) = sum_i w_i K(x_i) - sum_k b_k m_k
/// ```
///
/// and the last sum is at most `max_k m_k` where `sum b_k = 1`, and not positive where no `m_k` is. (What rounding has left of
/// a positive `m_k` is taken away by a little more negative weight at `(x, K(x))`, the largest `x` that there is: the measure
/// itself may have no `x_i > 0`.)
pub(super) fn at_least(
    measure: &[(Ball, Ball, Ball)],
    (x_max, k_max): (&Ball, &Ball),
    degree: usize,
    normalised: bool,
    bits: Bits,
) -> Float {
    let zero = Ball::int(0, bits);
    let (mut total, mut value) = (zero.clone(), zero.clone());
    for (_, w, k) in measure {
        total = total + &Real::abs(w);
        value = value + &(w * k);
    }
    let mut powers: Vec<Ball> = measure.iter().map(|(_, w, _)| w.clone()).collect();
    let nothing = || Float::with_val(64, 0);
    let mut scale = Ball::int(1, bits);
    let mut worst: Option<Ball> = None;
    for k in 0..=degree {
        if k > 0 {
            for (p, (x, _, _)) in powers.iter_mut().zip(measure) {
                *p = &*p * x;
            }
            scale = &scale * x_max;
        }
        let moment = powers.iter().fold(zero.clone(), |sum, p| sum + p);
        // over x_max^k, where the weight there shall make up for it
        let moment = match normalised {
            true => moment,
            false if moment.upper() <= 0 => zero.clone(),
            false if scale.lower() > 0 => moment / &scale,
            false => return nothing(),
        };
        worst = Some(match worst {
            Some(w) => Real::max(&w, &moment),
            None => moment,
        });
    }
    let Some(worst) = worst else { return nothing() };
    let bound = match normalised {
        true => (value - &worst) / &total,
        false => {
            let more = worst.upper_end();
            (value - &(&more * k_max)) / (total + &more)
        }
    };
    let lower = bound.lower();
    if bound.is_finite() && lower > 0 {
        Float::with_val_round(64, &lower, Round::Down).0
    } else {
        nothing()
    }
}
