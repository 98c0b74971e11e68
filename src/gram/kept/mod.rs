//! Gram matrices of rows of any lengths, for activations that are not homogeneous: two variances for each pair.
//!
//! The input layer gives row `i` the variance `q_i = first |x_i|^2 + sigma_b^2`, and a layer takes it to
//! `q'_i = sigma_w^2 E phi(sqrt(q_i) Z)^2 + sigma_b^2` (Poole et al. 2016, Lee et al. 2019). Pairs are followed by their correlation
//!
//! ```text
//! rho' = (sigma_w^2 E phi(x) phi(y) + sigma_b^2)/sqrt(q'_i q'_j),    tau' = rho' + tau d rho'/d rho
//! ```
//!
//! with `K_ij = sqrt(q_i q_j) rho` (NNGP) and `sqrt(q_i q_j) tau` (NTK) behind the last layer. The expectation is
//!
//! * for homogeneous activations with biases `sqrt(V_i V_j) dual(rho)`; the gap `1 - rho` is followed too, so near-duplicates keep their
//!   digits where the slope has a kink of its own;
//! * a closed form where the literature has one at two variances ([`crate::recursion::Covariance`]: erf, gelu, sin, cos, exp, polynomials);
//! * `sum_n a_n(q_i) a_n(q_j) rho^n` for whatever is analytic on the line (tanh, silu, softplus ...): coefficients of a row once for
//!   each layer (`expansion`), a few terms for an entry once the variances have settled.
//!
//! * `law`: which of these, and what a layer does to all rows. `expansion`: Hermite coefficients of many rows.
//! * `vector`: sums of products of coefficients. `check`: the error, measured by another method.
//!
//! **Accuracy.** An entry is off by less than 1e-10 of `sqrt(K_ii K_jj)` ([`PROMISE`]), or there is no matrix. The figure is the larger one
//! of two: what roundings may grow to through the layers (estimated from the slopes at correlation 1), and the difference from
//! enclosures (closed forms), or from two-dimensional integrals (series), at pairs with the longest, the shortest and median rows.

mod check;
mod expansion;
mod law;
#[cfg(test)]
mod tests;
mod vector;

use std::sync::Arc;

use law::{Law, Map, Series, Sides, Stage};
use vector::LANES;

use super::points::{Points, Rounding};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::kernel::{Depth, Kernel, Kind};
use crate::real::{Ball, Bits, Real};
use crate::recursion::WeightVariance;

/// The largest error of an entry that is handed out, relative to `sqrt(K_ii K_jj)`.
pub const PROMISE: f64 = 1e-10;
/// Bits of constants.
const BITS: Bits = 96;
/// Layers, and layers with tables of their own, at most.
const DEEPEST: u64 = 10_000;
const UNSETTLED: u64 = 256;
/// Variances that move by less, relatively, have settled.
const SETTLED: f64 = 1e-14;
/// Half a unit in the last place of 1.
const UNIT: f64 = f64::EPSILON / 2.0;
/// Series are cut off where powers of the correlation are below `e^-40`.
const POWER: f64 = 40.0;

/// Rows on both sides, ready for entries.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    ntk: bool,
    law: Arc<Law>,
    sides: Sides,
    same: bool,
    /// `sqrt(first |x|^2/q_0)` and `sqrt(sigma_b^2/q_0)`.
    shares: [Vec<f64>; 2],
    /// `q_0`
    inputs: Vec<f64>,
    /// `sigma_w^2` of later layers.
    weight: f64,
    /// One of each layer; those behind settled variances are the same.
    stages: Vec<Arc<Stage>>,
    /// `K(x, x)` of the rows on the left.
    own: Vec<f64>,
    error: f64,
}

impl Kept {
    /// For a kernel of finite depth on these rows.
    pub fn new(kernel: &Kernel, [left, right]: [&Points; 2], same: bool) -> Result<Self> {
        let network = kernel.origin().ok_or_else(|| {
            Error::Domain(format!(
                "the kernel of `{}`, of layers that differ, is known on inputs of one length only: divide the rows by their lengths, or lift \
                 them",
                kernel.activation()
            ))
        })?;
        let Depth::Layers(depth) = kernel.depth() else {
            return Err(Error::Domain(format!(
                "at infinite depth the kernel of `{}` is known on inputs of one length only: divide the rows by their lengths, or lift them, or \
                 give a number of layers",
                kernel.activation()
            )));
        };
        let settings = network.settings();
        if settings.norms.0 != 1 || settings.norms.1 != 1 {
            return Err(Error::Domain(
                "lengths are those of the rows: inputs of another norm than 1 have none besides"
                    .to_owned(),
            ));
        }
        let structure = network.activation();
        if kernel.kind() == Kind::Ntk && structure.continuous != Some(true) {
            return Err(Error::Domain(format!(
                "the tangent kernel of `{}`, which jumps, is infinite at equal inputs, and on rows of several lengths no limit of anything: divide \
                 the rows by their lengths, or lift them",
                kernel.activation()
            )));
        }
        let law = Arc::new(Law::of(structure, Deadline::default())?);
        let variances = settings.variances()?;
        let double = |x: &crate::exact::Closed| x.evaluate::<Ball>(BITS).to_f64();
        let (first, bias) = (double(&variances.first), double(&variances.bias));
        let weight = match &variances.weight {
            WeightVariance::Fixed(w) => double(w),
            WeightVariance::Normalising => 1.0 / law.square_at_one()?,
        };
        let sides = Sides {
            left: left.len(),
            right: if same { 0 } else { left.len() },
        };
        let lengths = left.lengths().iter();
        let other = right.lengths().iter().filter(|_| !same);
        let signals: Vec<f64> = lengths.chain(other).map(|x| first * x * x).collect();
        let inputs: Vec<f64> = signals.iter().map(|u| u + bias).collect();
        let root = |x: f64, q: f64| if q > 0.0 { (x / q).sqrt() } else { 0.0 };
        let share = signals.iter().zip(&inputs).map(|(u, q)| root(*u, *q));
        let rest = inputs.iter().map(|q| root(bias, *q));
        let mut kept = Kept {
            ntk: kernel.kind() == Kind::Ntk,
            law,
            sides,
            same,
            shares: [share.collect(), rest.collect()],
            stages: vec![],
            own: vec![],
            error: 0.0,
            inputs,
            weight,
        };
        if depth > DEEPEST {
            return Err(Error::Domain(format!(
                "on rows of several lengths every pair goes through all layers, and more than {DEEPEST} are too many: divide the rows by their \
                 lengths, or lift them"
            )));
        }
        for l in 0..depth {
            let before = kept.variances(kept.stages.len());
            let stage = Arc::new(kept.law.stage(before, (weight, bias), sides)?);
            let pairs = before.iter().zip(&stage.variance);
            let settled = pairs.fold(true, |all, (q, p)| all && (q - p).abs() <= SETTLED * p);
            // what is refused in the end is not prepared any further
            let look = kept.stages.len().is_power_of_two();
            kept.stages.push(stage);
            if look {
                kept.grown(left.dimension())?;
            }
            if settled {
                let last = kept.stages[kept.stages.len() - 1].clone();
                kept.stages.resize(depth as usize, last);
                break;
            }
            if l == UNSETTLED {
                return Err(Error::Unresolved(format!(
                    "the variances of these rows do not settle within {UNSETTLED} layers: divide the rows by their lengths, or lift them"
                )));
            }
        }
        kept.own = kept.diagonal();
        let layers = kept.stages.len().min(check::LAYERS);
        let measured = check::largest(&kept, network, [left, right], layers)?;
        kept.error = kept.grown(left.dimension())?.max(measured);
        match kept.error <= PROMISE {
            true => Ok(kept),
            false => Err(too_large(kept.error)),
        }
    }

    /// The error of an entry, relative to `sqrt(K_ii K_jj)`: see the head of this file.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// `K(x, x)` of the rows on the left.
    pub fn own(&self) -> &[f64] {
        &self.own
    }

    /// The variances behind so many layers.
    fn variances(&self, layers: usize) -> &[f64] {
        match layers {
            0 => &self.inputs,
            l => &self.stages[l - 1].variance,
        }
    }

    fn diagonal(&self) -> Vec<f64> {
        let q = self.variances(self.stages.len());
        let of = |i: usize| {
            let mut tau = if self.inputs[i] > 0.0 { 1.0 } else { 0.0 };
            for stage in &self.stages {
                tau = 1.0 + stage.chi[i] * tau;
            }
            q[i] * if self.ntk { tau } else { 1.0 }
        };
        (0..self.sides.left).map(of).collect()
    }

    /// What the rounding of a correlation, and that of every layer, may grow to: row by row at correlation 1, of the row's own kernel. By
    /// Cauchy and Schwarz (all coefficients are squares, or products of two rows) a pair's is at most the mean of its rows'.
    fn grown(&self, dimension: usize) -> Result<f64> {
        // roundings of random sign, and of sums of `dimension` numbers
        let rounding = UNIT * ((dimension as f64).sqrt() + 6.0);
        let rounding = rounding.min(Rounding::of(dimension).product.max(8.0 * UNIT));
        let kinked = matches!(*self.law, Law::Homogeneous { .. });
        let mut largest = 0.0;
        for i in 0..self.inputs.len() {
            let mut rho = rounding;
            // the gap of nearly opposite rows has no digits of its own
            let rest = self.shares[1][i];
            if kinked && self.ntk && rest > 0.0 {
                rho += UNIT / rest;
            }
            let (mut off, mut tau) = (rho, 1.0);
            for stage in &self.stages {
                let (chi, bend) = (stage.chi[i], stage.bend[i]);
                let (rest, steep) = match stage.map {
                    Map::Series(_) => (expansion::REST, expansion::SLOPE_REST * chi),
                    _ => (0.0, 0.0),
                };
                let slope = bend * rho + 16.0 * UNIT * chi + steep;
                rho = chi * rho + 8.0 * UNIT + rest;
                off = rho + chi * off + tau * slope;
                tau = 1.0 + chi * tau;
            }
            let error = if self.ntk { off / tau } else { rho };
            // a NaN is no error below anything
            if error.is_nan() || error > PROMISE {
                return Err(too_large(error));
            }
            largest = error.max(largest);
        }
        Ok(largest)
    }

    /// Entries of row `i` with columns from `start` on, of their correlations; `gap(k)` is `1 - rho` of the `k`-th of them with its
    /// digits, where that is small.
    pub fn entries(
        &self,
        (i, start): (usize, usize),
        rho: &[f64],
        gap: impl Fn(usize) -> Option<f64>,
        out: &mut [f64],
    ) {
        self.behind(self.stages.len(), (i, start), rho, gap, out);
        if self.same && (start..start + rho.len()).contains(&i) {
            out[i - start] = self.own[i];
        }
    }

    /// The same behind so many layers, and without looking for the row itself.
    fn behind(
        &self,
        layers: usize,
        (i, start): (usize, usize),
        rho: &[f64],
        gap: impl Fn(usize) -> Option<f64>,
        out: &mut [f64],
    ) {
        let q = self.variances(layers);
        let size = q[i].sqrt();
        let mut done = 0;
        while done < rho.len() {
            // columns of one block
            let column = start + done;
            let lane = column % LANES;
            let count = (LANES - lane).min(rho.len() - done);
            let mut at = Lanes::default();
            for k in 0..count {
                if self.same && i == column + k {
                    continue;
                }
                let near = gap(done + k);
                at.rho[lane + k] = near.map_or(rho[done + k].clamp(-1.0, 1.0), |t| 1.0 - t);
                at.gap[lane + k] = near.unwrap_or(1.0 - at.rho[lane + k]);
            }
            let place = Segment {
                row: i,
                column: column - lane,
                lanes: lane..lane + count,
                right: self.sides.right,
            };
            place.mixed(&mut at, [&self.shares[0], &self.shares[1]]);
            at.tau = at.rho;
            for stage in &self.stages[..layers] {
                place.passed(&mut at, &self.law, stage);
            }
            let last = if self.ntk { &at.tau } else { &at.rho };
            for k in 0..count {
                let other = q[self.sides.right + column + k].sqrt();
                out[done + k] = size * other * last[lane + k];
            }
            done += count;
        }
    }
}

fn too_large(error: f64) -> Error {
    Error::Unresolved(format!(
        "on rows of these lengths, at this depth, roundings grow to {error:.0e} of an entry: fewer layers, rows divided by one number, or each by \
         its length"
    ))
}

/// Pairs on their way through the layers.
struct Lanes {
    rho: [f64; LANES],
    gap: [f64; LANES],
    tau: [f64; LANES],
}

impl Default for Lanes {
    fn default() -> Self {
        Lanes {
            rho: [0.0; LANES],
            gap: [1.0; LANES],
            tau: [0.0; LANES],
        }
    }
}

/// A row and the columns of one block.
struct Segment {
    row: usize,
    /// Where the block begins.
    column: usize,
    lanes: std::ops::Range<usize>,
    /// Where the right side begins among all rows.
    right: usize,
}

impl Segment {
    fn other(&self, lane: usize) -> usize {
        self.right + self.column + lane
    }

    /// `rho' = a a' rho + b b'` with `a^2 + b^2 = 1`, so `1 - rho' = a a' (1 - rho) + ((a - a')^2 + (b - b')^2)/2`.
    fn mixed(&self, at: &mut Lanes, [a, b]: [&[f64]; 2]) {
        let i = self.row;
        for k in self.lanes.clone() {
            let j = self.other(k);
            let apart = (a[i] - a[j]).powi(2) + (b[i] - b[j]).powi(2);
            at.gap[k] = a[i] * a[j] * at.gap[k] + apart / 2.0;
            at.rho[k] = a[i] * a[j] * at.rho[k] + b[i] * b[j];
        }
    }

    fn passed(&self, at: &mut Lanes, law: &Law, stage: &Stage) {
        let i = self.row;
        match (&stage.map, law) {
            (Map::Shares(share), Law::Homogeneous { dual, .. }) => {
                let mut slopes = [0.0; LANES];
                for k in self.lanes.clone() {
                    let slope;
                    if at.rho[k] > 0.5 {
                        (at.gap[k], slope) = dual.gap_with_slope(&at.gap[k]);
                        at.rho[k] = 1.0 - at.gap[k];
                    } else {
                        (at.rho[k], slope) = dual.at_with_slope(&at.rho[k]);
                        at.gap[k] = 1.0 - at.rho[k];
                    }
                    slopes[k] = share[i] * share[self.other(k)] * slope;
                }
                self.mixed(at, [share, &stage.bias]);
                for k in self.lanes.clone() {
                    at.tau[k] = at.rho[k] + at.tau[k] * slopes[k];
                }
            }
            (Map::Closed { before, factor }, Law::Closed(c)) => {
                for k in self.lanes.clone() {
                    let j = self.other(k);
                    let (value, slope) = c.at(&before[i], &before[j], &at.rho[k]);
                    let both = factor[i] * factor[j];
                    let rho = (both * value + stage.bias[i] * stage.bias[j]).clamp(-1.0, 1.0);
                    at.tau[k] = rho + at.tau[k] * both * slope;
                    at.rho[k] = rho;
                }
            }
            (Map::Series(series), _) => {
                let [value, slope] = self.sums(series, &at.rho);
                for k in self.lanes.clone() {
                    let bias = stage.bias[i] * stage.bias[self.other(k)];
                    let rho = (value[k] + bias).clamp(-1.0, 1.0);
                    at.tau[k] = rho + at.tau[k] * slope[k];
                    at.rho[k] = rho;
                }
            }
            // stages are made by their law
            _ => {}
        }
    }

    /// `sum_n a_n a'_n rho^n` and its derivative.
    fn sums(&self, series: &Series, rho: &[f64; LANES]) -> [[f64; LANES]; 2] {
        let block = &series.blocks[self.column / LANES];
        let row = &series.rows[self.row];
        let (first, step) = (series.first, series.step);
        let far = rho.iter().fold(0.0f64, |m, r| m.max(r.abs()));
        let last = match far < 1.0 {
            true => (POWER / -far.ln()) as usize / step + 4,
            false => usize::MAX,
        };
        let all = |needed: usize| series.needed[self.row].max(needed).min(last).min(row.len());
        let terms = all(block.needed).min(block.values.len() / LANES);
        let y: [f64; LANES] = match step {
            1 => *rho,
            _ => std::array::from_fn(|k| rho[k] * rho[k]),
        };
        let [mut p, mut d] = vector::sums(&row[..terms], &block.values, &y);
        for column in &block.longer {
            let (k, end) = (column.lane, all(column.needed).min(column.row.len()));
            if end > terms && self.lanes.contains(&k) {
                let [more, steep] = vector::from(terms, &row[..end], &column.row, y[k]);
                (p[k], d[k]) = (p[k] + more, d[k] + steep);
            }
        }
        if step == 2 {
            for k in 0..LANES {
                let r = rho[k];
                (p[k], d[k]) = match first {
                    0 => (p[k], 2.0 * r * d[k]),
                    _ => (r * p[k], p[k] + 2.0 * y[k] * d[k]),
                };
            }
        }
        [p, d]
    }
}
