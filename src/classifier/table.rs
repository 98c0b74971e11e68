//! A kernel as a table: millions of evaluations in doubles at the price of a few thousand exact ones.
//!
//! What is tabulated is `q(u) = log(k(rho)/rho)`, `u = log t`, `t = 1 - rho`: near equal inputs a singular kernel is a
//! power of `t` times a function periodic in `log t`, so `q` is smooth in `u` on the whole line, and at `rho = 0` it is
//! finite because `k` vanishes there like `rho`. Each piece carries a Chebyshev interpolant of degree [`DEGREE`], and is
//! halved until the interpolant meets the kernel between its nodes.

use rayon::prelude::*;

use super::vote::Weight;
use crate::error::{Error, Result};
use crate::limit::Koenigs;
use crate::recursion::Correlation;

/// Degree of the interpolant of a piece.
const DEGREE: usize = 11;
/// Pieces narrower than this are not halved: what is left is the rounding of the kernel itself. Near `u = 0`, where the
/// kernel bends on the scale `rho ~ A'^2`, it is relative to `|u|`.
const NARROWEST: f64 = 0.05;
/// ... but not below this.
const FINEST: f64 = 1e-9;
/// What a piece is halved for.
const TARGET: f64 = 1e-12;
/// The table begins at this gap: `|x - x'| = 1e-9`.
const SMALLEST: f64 = 5e-19;

/// `log(k(rho)/rho)` for `5e-19 <= 1 - rho <= 1`.
///
/// Promise: [`Table::error`] is the largest deviation seen at two points between any two nodes (heuristic).
#[derive(Clone, Debug)]
pub struct Table {
    /// Left ends of the pieces in `u`, ascending; the last entry is 0.
    ends: Vec<f64>,
    pieces: Vec<[f64; DEGREE + 1]>,
    /// Piece that begins in or before each cell of a uniform grid.
    starts: Vec<usize>,
    error: f64,
}

/// Cells of the uniform grid.
const CELLS: usize = 4096;

impl Table {
    /// Of `k`, given as `(log(k/rho))` of the gap.
    ///
    /// # Errors
    /// What `k` says.
    pub fn new(k: impl Fn(f64) -> Result<f64> + Sync) -> Result<Self> {
        let first = SMALLEST.ln();
        let coarse = 48;
        let step = -first / f64::from(coarse);
        let parts = (0..coarse)
            .into_par_iter()
            .map(|i| {
                let from = first + f64::from(i) * step;
                let to = if i + 1 == coarse { 0.0 } else { from + step };
                let mut out = Vec::new();
                refine(&k, from, to, &mut out)?;
                Ok(out)
            })
            .collect::<Result<Vec<_>>>()?;
        let all: Vec<(f64, [f64; DEGREE + 1], f64)> = parts.into_iter().flatten().collect();
        let error = all.iter().fold(0.0, |m: f64, p| m.max(p.2));
        let mut ends: Vec<f64> = all.iter().map(|p| p.0).collect();
        ends.push(0.0);
        let starts = (0..CELLS)
            .map(|c| {
                let u = first * (1.0 - c as f64 / CELLS as f64);
                ends.partition_point(|e| *e <= u).saturating_sub(1)
            })
            .collect();
        Ok(Table {
            ends,
            pieces: all.into_iter().map(|p| p.1).collect(),
            starts,
            error,
        })
    }

    /// Of the Koenigs function: the limit kernel of the singular regime.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where an orbit does not come near 0.
    pub fn koenigs(h: &Koenigs<f64>) -> Result<Self> {
        Table::new(|t| {
            let place = Correlation::gap_of(t);
            let rho = place.value();
            if rho.abs() < 1e-9 {
                // h(rho) = rho + h_2 rho^2 + ...
                return Ok((h.coefficients()[2] * rho).ln_1p());
            }
            let value = h
                .at(&place)
                .ok_or_else(|| Error::Unresolved("an orbit does not come near 0".into()))?;
            Ok((value / rho).ln())
        })
    }

    /// The largest deviation of `log k` that was seen.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// How many pieces.
    pub fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// `k` at the gap `0 <= t <= 1`; below the smallest gap of the table as at that gap; 0 beyond `t = 1`.
    pub fn weight(&self, t: f64) -> Weight {
        if t >= 1.0 {
            return Weight::of(0.0);
        }
        let u = t.max(SMALLEST).ln();
        let first = self.ends[0];
        let cell = ((1.0 - u / first) * CELLS as f64) as usize;
        let mut i = self.starts[cell.min(CELLS - 1)];
        while i + 1 < self.pieces.len() && self.ends[i + 1] <= u {
            i += 1;
        }
        let (from, to) = (self.ends[i], self.ends[i + 1]);
        let x = (2.0 * u - from - to) / (to - from);
        Weight::positive(clenshaw(&self.pieces[i], x) + (-t).ln_1p())
    }
}

type Piece = (f64, [f64; DEGREE + 1], f64);

fn refine(
    k: &(impl Fn(f64) -> Result<f64> + Sync),
    from: f64,
    to: f64,
    out: &mut Vec<Piece>,
) -> Result<()> {
    let at = |x: f64| k((0.5 * (from + to + x * (to - from))).exp());
    let n = DEGREE + 1;
    let node = |j: f64| (std::f64::consts::PI * j / n as f64).cos();
    let mut values = [0.0; DEGREE + 1];
    for (j, v) in values.iter_mut().enumerate() {
        *v = at(node(j as f64 + 0.5))?;
    }
    let mut c = [0.0; DEGREE + 1];
    for (m, c) in c.iter_mut().enumerate() {
        let sum: f64 = values
            .iter()
            .enumerate()
            .map(|(j, v)| v * (std::f64::consts::PI * m as f64 * (j as f64 + 0.5) / n as f64).cos())
            .sum();
        *c = sum * if m == 0 { 1.0 } else { 2.0 } / n as f64;
    }
    let mut error: f64 = 0.0;
    // the extrema of the Chebyshev polynomial are where the interpolant is worst
    for j in 0..=n {
        let x = node(j as f64);
        error = error.max((clenshaw(&c, x) - at(x)?).abs());
    }
    if error > TARGET && to - from > NARROWEST * (-from).clamp(FINEST, 1.0) {
        let middle = 0.5 * (from + to);
        refine(k, from, middle, out)?;
        return refine(k, middle, to, out);
    }
    out.push((from, c, error));
    Ok(())
}

/// `sum c_m T_m(x)`
fn clenshaw(c: &[f64; DEGREE + 1], x: f64) -> f64 {
    let (mut a, mut b) = (0.0, 0.0);
    for c in c[1..].iter().rev() {
        (a, b) = (2.0 * x * a - b + c, a);
    }
    x * a - b + c[0]
}
