//! Hermite coefficients of one activation at the variances of many rows, in doubles.
//!
//! `a_n(q) = E phi(sqrt(q) Z) h_n(Z)` by the trapezoidal rule in `z`, which converges geometrically for activations that are analytic
//! around the line. Rows whose variances are in one octave share the nodes, so their coefficients are a matrix product: the
//! activation at all nodes times `h_n` there (by the three-term recurrence, whose errors grow like `n`). The step is halved until the
//! coefficients of the row with the largest variance stay the same; the series is as long as Parseval's rest of that row says.

use std::collections::BTreeMap;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::emit::DoubleFunction;
use crate::error::{Error, Result};
use crate::exact::Activation;

/// `E phi^2` beyond a series may be so much of it, and `E phi'^2` so much of that.
pub(super) const REST: f64 = 1e-13;
pub(super) const SLOPE_REST: f64 = 2e-12;
/// Where so many coefficients after each other are below this, relative to the root of `E phi^2`, the rest are rounding.
const NOISE: (usize, f64) = (32, 2e-15);
/// Beyond this the density, times what an activation and `h_n` may be there, is nothing: `exp(-13^2/4) = 4e-19`.
const REACH: f64 = 13.0;
/// The longest series. Those of tanh take some 40 coefficients for each unit of the variance.
const LONGEST: usize = 1 << 17;
/// The finest step.
const FINEST: f64 = 1.0 / 1024.0;
/// Coefficients in memory at most: 2 GiB.
const MOST: usize = 1 << 28;
/// Basis functions, and rows, of one matrix product.
const CHUNK: (usize, usize) = (128, 1024);

/// An activation that is analytic on the whole line.
#[derive(Clone, Debug)]
pub(super) struct Smooth {
    pub value: DoubleFunction,
    pub slope: DoubleFunction,
    parity: Option<Parity>,
    name: String,
}

/// At the variances that were asked for.
#[derive(Clone, Debug)]
pub(super) struct Coefficients {
    /// Number `k` of a row is `a_n`, `n = first + step k`.
    pub first: usize,
    pub step: usize,
    /// Those of each row; what follows is rounding, or beyond what any row needs.
    pub rows: Vec<Vec<f64>>,
    /// So many of them leave no rest at correlation 1.
    pub needed: Vec<usize>,
    /// `V = E phi(sqrt(q) Z)^2` and `q E phi'(sqrt(q) Z)^2`.
    pub squares: Vec<f64>,
    pub slopes: Vec<f64>,
    /// A step of the trapezoidal rule that resolves the row.
    pub steps: Vec<f64>,
}

/// The nodes `0, h, 2 h, ...`, weights `h n(z)` there, and half of that at 0.
struct Nodes {
    z: Vec<f64>,
    weight: Vec<f64>,
}

impl Nodes {
    fn new(step: f64) -> Self {
        let count = (REACH / step).ceil() as usize;
        let z: Vec<f64> = (0..=count).map(|k| k as f64 * step).collect();
        let density = |z: &f64| step * (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
        let mut weight: Vec<f64> = z.iter().map(density).collect();
        weight[0] /= 2.0;
        Nodes { z, weight }
    }

    /// `weight h_n` at the nodes, for `n = 0, 1, ...`, as long as it is asked for.
    fn basis(&self, mut each: impl FnMut(usize, &[f64]) -> bool) {
        let (mut before, mut now) = (vec![0.0; self.z.len()], self.weight.clone());
        for n in 0.. {
            if !each(n, &now) {
                return;
            }
            let (a, b) = (
                1.0 / (n as f64 + 1.0).sqrt(),
                (n as f64 / (n as f64 + 1.0)).sqrt(),
            );
            for ((before, now), z) in before.iter_mut().zip(&mut now).zip(&self.z) {
                let next = a * z * *now - b * *before;
                (*before, *now) = (*now, next);
            }
        }
    }
}

/// One row at the nodes: `phi(s z) + phi(-s z)`, `phi(s z) - phi(-s z)`, and the moments.
struct Halves {
    even: Vec<f64>,
    odd: Vec<f64>,
    square: f64,
    slope: f64,
}

/// One row's series.
struct Resolved {
    step: f64,
    coefficients: Vec<f64>,
    square: f64,
    slope: f64,
}

impl Resolved {
    /// Coefficients that are more than rounding.
    fn length(&self) -> usize {
        let noise = NOISE.1 * self.square.sqrt();
        let mut small = 0;
        for (k, a) in self.coefficients.iter().enumerate() {
            small = if a.abs() < noise { small + 1 } else { 0 };
            if small == NOISE.0 {
                return k + 1;
            }
        }
        self.coefficients.len()
    }
}

impl Smooth {
    /// For the deadline see [`DoubleFunction::new`].
    pub fn new(structure: &Activation, deadline: Deadline) -> Result<Self> {
        Ok(Smooth {
            value: DoubleFunction::new(&structure.expr, deadline)?,
            slope: DoubleFunction::derivative(&structure.expr, deadline)?,
            parity: structure.parity,
            name: structure.expr.to_string(),
        })
    }

    fn unresolved(&self, variance: f64) -> Error {
        Error::Unresolved(format!(
            "at the variance {variance:.3e}, which rows of this length give `{}`, its Hermite series is too long: divide all rows by \
             one number, or each by its length",
            self.name
        ))
    }

    fn indices(&self) -> (usize, usize) {
        match self.parity {
            None => (0, 1),
            Some(Parity::Even) => (0, 2),
            Some(Parity::Odd) => (1, 2),
        }
    }

    fn halves(&self, nodes: &Nodes, variance: f64) -> Halves {
        let scale = variance.sqrt();
        let x: Vec<f64> = nodes.z.iter().map(|z| scale * z).collect();
        let y: Vec<f64> = x.iter().map(|x| -x).collect();
        let at = |f: &DoubleFunction, x: &[f64]| {
            let mut out = vec![0.0; x.len()];
            f.fill(x, &mut out);
            out
        };
        let (up, down) = (at(&self.value, &x), at(&self.value, &y));
        let (steep, other) = (at(&self.slope, &x), at(&self.slope, &y));
        let pairs = |f: fn(f64, f64) -> f64| up.iter().zip(&down).map(|(a, b)| f(*a, *b)).collect();
        let squares = |a: &[f64], b: &[f64]| -> f64 {
            let both = a.iter().zip(b).zip(&nodes.weight);
            both.map(|((a, b), w)| w * (a * a + b * b)).sum()
        };
        Halves {
            square: squares(&up, &down),
            slope: variance * squares(&steep, &other),
            even: pairs(|a, b| a + b),
            odd: pairs(|a, b| a - b),
        }
    }

    /// The first coefficients of one row.
    fn at_step(&self, variance: f64, terms: usize, step: f64) -> Resolved {
        let nodes = Nodes::new(step);
        let halves = self.halves(&nodes, variance);
        let (first, stride) = self.indices();
        let mut coefficients = Vec::with_capacity(terms);
        nodes.basis(|n, basis| {
            if n >= first && (n - first).is_multiple_of(stride) {
                let half = if n % 2 == 0 {
                    &halves.even
                } else {
                    &halves.odd
                };
                coefficients.push(basis.iter().zip(half).map(|(b, x)| b * x).sum());
            }
            coefficients.len() < terms
        });
        Resolved {
            step,
            coefficients,
            square: halves.square,
            slope: halves.slope,
        }
    }

    /// The same with a step that resolves them.
    fn resolved(&self, variance: f64, terms: usize) -> Result<Resolved> {
        let (first, stride) = self.indices();
        let last = (first + stride * terms) as f64;
        let mut now = self.at_step(variance, terms, (2.5 / last.sqrt()).min(0.25));
        while now.step > FINEST {
            let next = self.at_step(variance, terms, now.step / 2.0);
            let size = next.square.sqrt();
            // what the recurrence loses, at random
            let slack = (4e-15 + 4e-16 * last.sqrt()) * size;
            let pairs = now.coefficients.iter().zip(&next.coefficients);
            let near = |a: f64, b: f64, slack: f64| (a - b).abs() <= slack * b;
            let same = pairs.fold(true, |same, (a, b)| same && (a - b).abs() <= slack)
                && near(now.square, next.square, 1e-14)
                && near(now.slope, next.slope, 1e-13);
            if same {
                return Ok(now);
            }
            if !next.square.is_finite() {
                break;
            }
            now = next;
        }
        Err(self.unresolved(variance))
    }

    /// How many coefficients leave no rest.
    fn needed(&self, variance: f64) -> Result<usize> {
        let (first, stride) = self.indices();
        let mut terms = 32;
        while first + stride * terms <= LONGEST {
            let row = self.resolved(variance, terms)?;
            let (mut rest, mut steep) = (row.square, row.slope);
            for (k, a) in row.coefficients.iter().enumerate() {
                rest -= a * a;
                steep -= (first + stride * k) as f64 * a * a;
                if rest <= REST * row.square && steep <= SLOPE_REST * row.slope {
                    return Ok(k + 1);
                }
            }
            terms *= 2;
        }
        Err(self.unresolved(variance))
    }

    /// At all these variances.
    pub fn at(&self, variances: &[f64]) -> Result<Coefficients> {
        let (first, step) = self.indices();
        let mut out = Coefficients {
            first,
            step,
            rows: vec![vec![]; variances.len()],
            needed: vec![1; variances.len()],
            squares: vec![0.0; variances.len()],
            slopes: vec![0.0; variances.len()],
            steps: vec![0.25; variances.len()],
        };
        let mut octaves: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        for (i, q) in variances.iter().enumerate() {
            if *q > 0.0 {
                octaves.entry(q.log2().floor() as i32).or_default().push(i);
            } else {
                // rows of zeros see phi(0) alone
                let value = self.value.at(0.0);
                out.rows[i] = vec![if first == 0 { value } else { 0.0 }];
                out.squares[i] = value * value;
            }
        }
        let largest = |rows: &[usize]| rows.iter().map(|i| variances[*i]).fold(0.0, f64::max);
        let needed = octaves.values().map(|rows| self.needed(largest(rows)));
        let needed: Vec<usize> = needed.collect::<Result<_>>()?;
        let terms = needed.iter().copied().max().unwrap_or(1);
        let mut total = 0;
        for (rows, needed) in octaves.values().zip(needed) {
            let row = self.resolved(largest(rows), terms)?;
            let length = row.length().max(needed);
            total += length * rows.len();
            if total > MOST {
                return Err(Error::Unresolved(format!(
                    "the Hermite coefficients of `{}` for so many rows of such lengths do not fit into 2 GiB: divide all rows by one \
                     number, or each by its length",
                    self.name
                )));
            }
            let nodes = Nodes::new(row.step);
            for rows in rows.chunks(CHUNK.1) {
                self.chunk((&nodes, rows), variances, length, &mut out);
            }
            for i in rows {
                out.needed[*i] = needed;
                out.steps[*i] = row.step;
            }
        }
        let found = out.squares.iter().chain(&out.slopes).all(|x| x.is_finite());
        match found {
            true => Ok(out),
            false => Err(self.unresolved(variances.iter().copied().fold(0.0, f64::max))),
        }
    }

    /// Some rows at once.
    fn chunk(
        &self,
        (nodes, rows): (&Nodes, &[usize]),
        variances: &[f64],
        terms: usize,
        out: &mut Coefficients,
    ) {
        let count = nodes.z.len();
        let halves: Vec<Halves> = rows
            .par_iter()
            .map(|i| self.halves(nodes, variances[*i]))
            .collect();
        let flat = |of: fn(&Halves) -> &Vec<f64>| -> Vec<f64> {
            halves.iter().flat_map(|h| of(h).iter().copied()).collect()
        };
        let parts = [flat(|h| &h.even), flat(|h| &h.odd)];
        for (i, h) in rows.iter().zip(&halves) {
            out.rows[*i] = vec![0.0; terms];
            (out.squares[*i], out.slopes[*i]) = (h.square, h.slope);
        }
        let (first, stride) = self.indices();
        // even and odd degrees have a matrix each
        let mut basis: [Vec<f64>; 2] = Default::default();
        let mut degrees: [Vec<usize>; 2] = Default::default();
        let mut product = vec![0.0; rows.len() * CHUNK.0];
        let mut flush = |side: usize, basis: &mut Vec<f64>, degrees: &mut Vec<usize>| {
            let width = degrees.len();
            if width == 0 {
                return;
            }
            let product = &mut product[..rows.len() * width];
            matmul(
                MatMut::from_row_major_slice_mut(product, rows.len(), width),
                Accum::Replace,
                MatRef::from_row_major_slice(&parts[side], rows.len(), count),
                MatRef::from_row_major_slice(basis, width, count).transpose(),
                1.0,
                Par::rayon(0),
            );
            for (i, found) in rows.iter().zip(product.chunks_exact(width)) {
                for (k, a) in degrees.iter().zip(found) {
                    out.rows[*i][*k] = *a;
                }
            }
            basis.clear();
            degrees.clear();
        };
        nodes.basis(|n, values| {
            if n < first || !(n - first).is_multiple_of(stride) {
                return true;
            }
            let (k, side) = ((n - first) / stride, n % 2);
            if k < terms {
                basis[side].extend_from_slice(values);
                degrees[side].push(k);
            }
            let done = k + 1 >= terms;
            for side in [0, 1] {
                if done || degrees[side].len() == CHUNK.0 {
                    flush(side, &mut basis[side], &mut degrees[side]);
                }
            }
            !done
        });
    }
}
