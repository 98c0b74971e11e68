//! The best polynomial for a kernel on all of `[-1, 1]`: exchange on a grid, which takes in the places where it is exceeded.

use std::cmp::Ordering;

use rayon::prelude::*;
use rug::{Float, Rational};

use super::bounds::{Polynomial, at_least};
use super::exchange::{Nearest, Programme};
use super::target::{Prepared, WantedKernel};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::real::{Analytic, Ball, Bits, Mpfr, Real};

/// Bits of all numbers of the search: with 320, powers up to 200 are told apart, and an error down to `10^-28` is that of the
/// best polynomial.
pub(super) const BITS: Bits = 320;
/// Bits of the points, which are exact numbers.
const POINT: Bits = 96;
/// The search ends when the error between the points exceeds that at the points by less than `2^-36` of it.
const SHARP: i32 = 36;
/// Rounds of the exchange.
const ROUNDS: usize = 40;

/// A best polynomial before it is rounded.
pub(super) struct Best {
    /// `b_k`
    pub coefficients: Vec<Mpfr>,
    /// Where the error is largest.
    pub extrema: Vec<Float>,
    /// No polynomial of this degree is nearer: proved.
    pub at_least: Float,
}

/// Points and values, made once for all degrees.
pub(super) struct Grid {
    points: Vec<Mpfr>,
    values: Vec<Ball>,
    /// There is nothing between the points.
    table: bool,
}

impl Grid {
    /// The extrema of a Chebyshev polynomial, eight for each power; the rows of a table.
    pub fn new(
        wanted: &WantedKernel,
        kernel: &Prepared,
        degree: usize,
        deadline: Deadline,
    ) -> Result<Grid> {
        if let Some(rows) = wanted.rows() {
            let exactly = |q: &Rational| Ball::rational(q, BITS);
            let point = |q: &Rational| Mpfr::new(Float::with_val(BITS, q));
            return Ok(Grid {
                points: rows.iter().map(|(rho, _)| point(rho)).collect(),
                values: rows.iter().map(|(_, k)| exactly(k)).collect(),
                table: true,
            });
        }
        let n = 8 * degree + 64;
        let points: Vec<Float> = (0..=n)
            .map(|j| match j {
                0 => Float::with_val(POINT, 1),
                j if j == n => Float::with_val(POINT, -1),
                j if 2 * j == n => Float::with_val(POINT, 0),
                j => Float::with_val(53, (std::f64::consts::PI * j as f64 / n as f64).cos()),
            })
            .collect();
        let values = points.par_iter().map(|x| {
            deadline.check("the values of the kernel")?;
            kernel.value(x, BITS)
        });
        Ok(Grid {
            values: values.collect::<Result<Vec<Ball>>>()?,
            points: points
                .into_iter()
                .map(|x| Mpfr::new(Float::with_val(BITS, x)))
                .collect(),
            table: false,
        })
    }

    /// The best polynomial up to a degree.
    pub fn best(
        &mut self,
        kernel: &Prepared,
        degree: usize,
        normalised: bool,
        deadline: Deadline,
    ) -> Result<Best> {
        let middles = self.values.iter().map(|v| Mpfr::new(v.mid().clone()));
        let mut programme = Programme::new(
            self.points.clone(),
            middles.collect(),
            degree,
            normalised,
            BITS,
        );
        let mut nearest = programme.solve(deadline)?;
        for _ in 0..ROUNDS {
            if self.table || !self.refined(&mut programme, &nearest, kernel)? {
                break;
            }
            nearest = programme.solve(deadline)?;
        }
        let measure: Vec<(Ball, Ball, Ball)> = nearest
            .measure
            .iter()
            .map(|(i, w)| {
                let exact = |x: &Mpfr| Ball::exact(x.as_float().clone());
                (self.at(*i), exact(w), self.values[*i].clone())
            })
            .collect();
        // the largest point with a value: of a kernel that is infinite at 1 the next one
        let placed = (0..self.points.len()).filter(|i| self.values[*i].is_finite());
        let largest = placed.max_by(|i, j| {
            let (x, y) = (&self.points[*i], &self.points[*j]);
            x.partial_cmp(y).unwrap_or(Ordering::Equal)
        });
        let more = |i: usize| (self.at(i), self.values[i].clone());
        Ok(Best {
            at_least: largest.map(more).map_or_else(
                || Float::with_val(64, 0),
                |(x, k)| at_least(&measure, (&x, &k), degree, normalised, BITS),
            ),
            extrema: nearest
                .measure
                .iter()
                .map(|(i, _)| self.points[*i].as_float().clone())
                .collect(),
            coefficients: nearest.coefficients,
        })
    }

    /// A point, as it is: those of a table are decimals.
    fn at(&self, i: usize) -> Ball {
        let x = Ball::exact(self.points[i].as_float().clone());
        match self.table {
            true => {
                let last = Float::with_val(64, Float::i_exp(1, 1 - BITS as i32));
                x.widened(&last)
            }
            false => x,
        }
    }

    /// New points where the error is larger than at all that there are; `false` if there is none to speak of.
    fn refined(
        &mut self,
        programme: &mut Programme,
        nearest: &Nearest,
        kernel: &Prepared,
    ) -> Result<bool> {
        let exact = |b: &Mpfr| Ball::exact(b.as_float().clone());
        let b: Vec<Ball> = nearest.coefficients.iter().map(exact).collect();
        let p = Polynomial::of(&b);
        let errors: Vec<Mpfr> = self
            .points
            .par_iter()
            .zip(&self.values)
            .map(|(x, k)| Mpfr::new((k - &p.at(&exact(x), 0)[0]).mid().clone()))
            .collect();
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_by(|i, j| {
            self.points[*i]
                .partial_cmp(&self.points[*j])
                .unwrap_or(Ordering::Equal)
        });
        let level = &nearest.error;
        let near = level.scale2(-1);
        // inner points at which the modulus is no smaller than at both neighbours
        let peaks = order.windows(3).filter(|w| {
            let [a, b, c] = [w[0], w[1], w[2]].map(|i| Real::abs(&errors[i]));
            b >= near && b >= a && b >= c
        });
        let mut places: Vec<[Mpfr; 3]> = peaks
            .map(|w| [w[0], w[1], w[2]].map(|i| self.points[i].clone()))
            .collect();
        // an end may be higher than its neighbour, and lower than what lies between
        let ends = [
            (order.first(), order.get(1)),
            (order.iter().nth_back(1), order.last()),
        ];
        for (a, b) in ends {
            if let (Some(a), Some(b)) = (a, b) {
                let (left, right) = (self.points[*a].clone(), self.points[*b].clone());
                places.push([left.clone(), rounded(&(&left + &right).scale2(-1)), right]);
            }
        }
        let found: Vec<Vec<(Mpfr, Ball, Ball)>> = places
            .into_par_iter()
            .map(|place| peak(kernel, &p, &place))
            .collect();
        let goal = level + &level.scale2(-SHARP);
        let mut more = false;
        for (x, value, error) in found.into_iter().flatten() {
            if Mpfr::new(error.mid().clone()) > goal {
                more = true;
                programme.add(x.clone(), Mpfr::new(value.mid().clone()));
                self.points.push(x);
                self.values.push(value);
            }
        }
        debug_assert_eq!(programme.points().len(), self.points.len());
        Ok(more)
    }
}

/// The place near the middle one where the modulus of the error is largest, by Newton's method for its slope; where that leads
/// nowhere, by thirds. With the kernel's value and the modulus.
fn peak(kernel: &Prepared, p: &Polynomial, place: &[Mpfr; 3]) -> Vec<(Mpfr, Ball, Ball)> {
    let exact = |x: &Mpfr| Ball::exact(x.as_float().clone());
    let [left, middle, right] = place;
    let evaluated = |x: &Mpfr| {
        let value = kernel.at(&exact(x), 0).c.remove(0);
        let error = Real::abs(&(&value - &p.at(&exact(x), 0)[0]));
        (x.clone(), value, error)
    };
    let mut x = middle.clone();
    for _ in 0..6 {
        let (k, q) = (kernel.at(&exact(&x), 2).c, p.at(&exact(&x), 2));
        let slope = Mpfr::new((&k[1] - &q[1]).mid().clone());
        let bend = Mpfr::new((&k[2] - &q[2]).mid().clone());
        let next = &x - &(slope / &bend.scale2(1));
        if !next.is_finite() || next <= *left || next >= *right {
            break;
        }
        let step = Real::abs(&(&next - &x));
        x = rounded(&next);
        if step.to_f64() < 1e-15 {
            return vec![evaluated(&x)];
        }
    }
    // thirds: the modulus has one peak between the neighbours, or nearly so
    let (mut a, mut b) = (left.clone(), right.clone());
    for _ in 0..40 {
        let third = (&b - &a) / Mpfr::int(3, BITS);
        let (c, d) = (rounded(&(&a + &third)), rounded(&(&b - &third)));
        let size = |x: &Mpfr| evaluated(x).2.to_f64();
        if size(&c) < size(&d) {
            a = c;
        } else {
            b = d;
        }
    }
    vec![evaluated(&rounded(&(&a + &b).scale2(-1)))]
}

/// A point has few bits, so that it is an exact number.
fn rounded(x: &Mpfr) -> Mpfr {
    let short = Float::with_val(POINT, x.as_float());
    Mpfr::new(Float::with_val(BITS, short))
}
