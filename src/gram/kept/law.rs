//! `E phi(x) phi(y)` at two variances, in doubles: by homogeneity, in closed form, or as a Hermite series; and what a layer
//! makes of the variances of all rows.

use super::expansion::Smooth;
use super::vector::LANES;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::Bits;
use crate::recursion::{Covariance, Prepared};

/// Bits of the constants that the doubles are rounded from.
const BITS: Bits = 96;
/// A column that needs so many times the coefficients of the median one is worked at alone.
const FAR_MORE: usize = 2;
/// Closed forms are asked how their slope moves this far from correlation 1.
const BESIDE: f64 = 1e-9;

/// An activation at any two variances.
#[derive(Clone, Debug)]
pub(super) enum Law {
    /// `phi(c z) = c^k phi(z)`: one dual for all, and gaps keep their digits.
    Homogeneous {
        degree: f64,
        square: f64,
        dual: Box<Dual<f64>>,
    },
    /// A closed form.
    Closed(Box<Covariance<f64>>),
    /// Analytic on the line.
    Series(Box<Smooth>),
}

/// What one layer does to all rows; numbers of a row stand at the row's place.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub map: Map,
    /// `sqrt(sigma_b^2/q')`
    pub bias: Vec<f64>,
    /// The variance after the layer.
    pub variance: Vec<f64>,
    /// The slope of the correlation's map at 1.
    pub chi: Vec<f64>,
    /// The second derivative there.
    pub bend: Vec<f64>,
    /// A step of the trapezoidal rule that resolves a row; empty where there is no series.
    pub steps: Vec<f64>,
}

/// `rho' = f(rho) + bias bias'`, and `f`:
#[derive(Clone, Debug)]
pub(super) enum Map {
    /// `share share' dual(rho)`
    Shares(Vec<f64>),
    /// `factor factor' E phi(x) phi(y)` at these variances.
    Closed { before: Vec<f64>, factor: Vec<f64> },
    /// `sum_n a_n a'_n rho^n`
    Series(Series),
}

/// Coefficients of the rows of one side and the columns of the other.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub first: usize,
    pub step: usize,
    pub rows: Vec<Vec<f64>>,
    pub needed: Vec<usize>,
    pub blocks: Vec<Block>,
}

/// [`LANES`] columns.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub needed: usize,
    /// Coefficient after coefficient, of all columns.
    pub values: Vec<f64>,
    /// Columns that need far more of them than the others.
    pub longer: Vec<Longer>,
}

/// A column with all of its coefficients.
#[derive(Clone, Debug)]
pub(super) struct Longer {
    pub lane: usize,
    pub needed: usize,
    pub row: Vec<f64>,
}

impl Law {
    /// The one that the activation obeys.
    pub fn of(structure: &Activation, deadline: Deadline) -> Result<Self> {
        let analytic = !structure.has_breakpoints();
        let found = match Prepared::<f64>::new(structure, 64, BITS, deadline)? {
            Prepared::Homogeneous {
                degree,
                square,
                dual,
            } if has_digits(&dual) => Some(Law::Homogeneous {
                degree: degree.to_f64(),
                square,
                dual: Box::new(dual),
            }),
            Prepared::Closed(Covariance::Truncated(_) | Covariance::Jump { .. }) => None,
            Prepared::Closed(c) => Some(Law::Closed(Box::new(c))),
            _ => None,
        };
        if let Some(law) = found {
            return Ok(law);
        }
        if analytic {
            return Ok(Law::Series(Box::new(Smooth::new(structure, deadline)?)));
        }
        Err(Error::Domain(format!(
            "`{}` has kinks or jumps and no closed form in doubles at two variances, so its kernel is known on inputs of one length only: \
             divide the rows by their lengths, or lift them",
            structure.expr
        )))
    }

    /// `V(1)`
    pub fn square_at_one(&self) -> Result<f64> {
        Ok(match self {
            Law::Homogeneous { square, .. } => *square,
            Law::Closed(c) => c.square(&1.0),
            Law::Series(s) => s.at(&[1.0])?.squares[0],
        })
    }

    /// A layer with these variances of weights and biases. Rows are those of the left side, then those from `right` on.
    pub fn stage(&self, q: &[f64], (weight, bias): (f64, f64), sides: Sides) -> Result<Stage> {
        let root = |x: f64, next: f64| if next > 0.0 { (x / next).sqrt() } else { 0.0 };
        let (next, chi, bend, map, steps): (Vec<f64>, Vec<f64>, Vec<f64>, Map, Vec<f64>);
        match self {
            Law::Homogeneous {
                degree,
                square,
                dual,
            } => {
                let own: Vec<f64> = q
                    .iter()
                    .map(|q| weight * square * q.powf(*degree))
                    .collect();
                next = own.iter().map(|u| u + bias).collect();
                let share: Vec<f64> = own.iter().zip(&next).map(|(u, n)| root(*u, *n)).collect();
                let slope = dual.slope_at_gap(&0.0);
                chi = share.iter().map(|s| s * s * slope).collect();
                // of a kink the slope is known by the gap, with its digits
                let steep: f64 = match &**dual {
                    Dual::Series(s) => (2..s.squares.len())
                        .map(|n| (n * (n - 1)) as f64 * s.squares[n])
                        .sum(),
                    _ => 0.0,
                };
                bend = share.iter().map(|s| s * s * steep).collect();
                (map, steps) = (Map::Shares(share), vec![]);
            }
            Law::Closed(c) => {
                next = q.iter().map(|q| weight * c.square(q) + bias).collect();
                let factor: Vec<f64> = next.iter().map(|n| root(weight, *n)).collect();
                let slope = |q: f64, f: f64, rho: f64| match q > 0.0 {
                    true => f * f * c.at(&q, &q, &rho).1,
                    false => 0.0,
                };
                let rows = || q.iter().zip(&factor);
                chi = rows().map(|(q, f)| slope(*q, *f, 1.0)).collect();
                let steep = |(q, f): (&f64, &f64)| {
                    (slope(*q, *f, 1.0) - slope(*q, *f, 1.0 - BESIDE)) / BESIDE
                };
                bend = match **c {
                    // its slope has an infinite one at 1
                    Covariance::Kinked { .. } => vec![f64::INFINITY; q.len()],
                    _ => rows().map(steep).collect(),
                };
                let before = q.to_vec();
                (map, steps) = (Map::Closed { before, factor }, vec![]);
            }
            Law::Series(smooth) => {
                let mut found = smooth.at(q)?;
                next = found.squares.iter().map(|v| weight * v + bias).collect();
                let factor: Vec<f64> = next.iter().map(|n| root(weight, *n)).collect();
                chi = (found.slopes.iter().zip(&factor))
                    .map(|(d, f)| d * f * f)
                    .collect();
                for (row, f) in found.rows.iter_mut().zip(&factor) {
                    row.iter_mut().for_each(|a| *a *= f);
                }
                let degree = |k: usize| (found.first + found.step * k) as f64;
                let steep = |row: &Vec<f64>| -> f64 {
                    let terms = row.iter().enumerate();
                    terms
                        .map(|(k, a)| degree(k) * (degree(k) - 1.0) * a * a)
                        .sum()
                };
                bend = found.rows.iter().map(steep).collect();
                let blocks = blocks(&found.rows[sides.right..], &found.needed[sides.right..]);
                found.rows.truncate(sides.left);
                found.needed.truncate(sides.left);
                steps = found.steps;
                map = Map::Series(Series {
                    first: found.first,
                    step: found.step,
                    rows: found.rows,
                    needed: found.needed,
                    blocks,
                });
            }
        }
        if !next.iter().chain(&chi).all(|x| x.is_finite()) {
            return Err(Error::Unresolved(
                "the variance of a layer is out of all bounds: divide all rows by one number, or each by its length".to_owned(),
            ));
        }
        Ok(Stage {
            bias: next.iter().map(|n| root(bias, *n)).collect(),
            map,
            variance: next,
            chi,
            bend,
            steps,
        })
    }
}

/// How many rows the left side has, and where those of the right begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides {
    pub left: usize,
    pub right: usize,
}

/// Closed forms, and polynomials: no rest that is left out.
fn has_digits(dual: &Dual<f64>) -> bool {
    match dual {
        Dual::ArcCosine(_) => true,
        Dual::Series(s) => s.tail == 0.0,
        _ => false,
    }
}

fn blocks(rows: &[Vec<f64>], needed: &[usize]) -> Vec<Block> {
    let of = |(rows, needed): (&[Vec<f64>], &[usize])| {
        let mut order = needed.to_vec();
        order.sort_unstable();
        let most = FAR_MORE * order[order.len() / 2];
        let usual = |lane: &usize| needed[*lane] <= most;
        let lanes = || 0..rows.len();
        let lengths = lanes().filter(usual).map(|l| rows[l].len());
        let terms = lengths.max().unwrap_or(0);
        let mut values = vec![0.0; terms * LANES];
        for (lane, row) in rows.iter().enumerate() {
            for (k, a) in row.iter().take(terms).enumerate() {
                values[k * LANES + lane] = *a;
            }
        }
        let longer = lanes().filter(|lane| !usual(lane)).map(|lane| Longer {
            lane,
            needed: needed[lane],
            row: rows[lane].clone(),
        });
        Block {
            needed: lanes().filter(usual).map(|l| needed[l]).max().unwrap_or(0),
            values,
            longer: longer.collect(),
        }
    };
    let chunks = rows.chunks(LANES).zip(needed.chunks(LANES));
    chunks.map(of).collect()
}
