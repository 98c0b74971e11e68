//! The error of entries at chosen pairs, by another method: balls where there is a closed form; for series, which balls resolve at small
//! variances only, the two-dimensional integrals, with the trapezoidal rule in both directions.

use rayon::prelude::*;
use rug::Rational;

use super::Kept;
use super::expansion::Smooth;
use super::law::Law;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::gram::points::Points;
use crate::real::{Analytic, Ball, Bits};
use crate::recursion::{Correlation, Layers, Network, Prepared, WeightVariance};

/// Layers that are looked at: later ones do what these do.
pub(super) const LAYERS: usize = 4;
const BITS: Bits = 128;
/// Beyond this the normal density is nothing: `exp(-9^2/2) = 3e-18`.
const REACH: f64 = 9.0;

/// A pair of rows by their numbers, and their correlation.
struct Chosen {
    left: usize,
    right: usize,
    rho: f64,
    gap: Option<f64>,
}

impl Chosen {
    fn of(left: usize, right: usize, [x, y]: [&Points; 2]) -> Self {
        let rho = product(x, left, y, right);
        Chosen {
            left,
            right,
            rho,
            gap: x.gap(left, y, right, rho),
        }
    }

    fn correlation(&self) -> Correlation<Ball> {
        let number = |x: f64| Ball::rational(&Rational::from_f64(x).unwrap_or_default(), BITS);
        match self.gap {
            Some(t) => Correlation::Gap(number(t)),
            None => Correlation::Plain(number(self.rho)),
        }
    }
}

fn product(x: &Points, i: usize, y: &Points, j: usize) -> f64 {
    let row = |p: &'_ Points, i: usize| -> Vec<f64> { p.row(p.unit(), i).to_vec() };
    row(x, i).iter().zip(&row(y, j)).map(|(a, b)| a * b).sum()
}

/// The longest, a middle and the shortest row, each with the nearest of the other side and with its longest and shortest.
fn chosen(points: [&Points; 2], same: bool) -> Vec<Chosen> {
    let [left, right] = points;
    let ends = |p: &Points| -> [usize; 3] {
        let mut rows: Vec<usize> = (0..p.len()).collect();
        rows.sort_by(|a, b| p.lengths()[*a].total_cmp(&p.lengths()[*b]));
        [rows[rows.len() - 1], rows[rows.len() / 2], rows[0]]
    };
    let others = ends(right);
    let mut pairs: Vec<[usize; 2]> = Vec::new();
    for i in ends(left) {
        let own = |j: &usize| same && *j == i;
        let nearest = (0..right.len())
            .into_par_iter()
            .filter(|j| !own(j))
            .map(|j| (product(left, i, right, j), j))
            .reduce(
                || (f64::NEG_INFINITY, i),
                |a, b| if b.0 > a.0 { b } else { a },
            );
        let all = [nearest.1, others[0], others[2]];
        pairs.extend(all.iter().filter(|j| !own(j)).map(|j| [i, *j]));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
        .into_iter()
        .map(|[i, j]| Chosen::of(i, j, points))
        .collect()
}

/// The entry of a pair by another method.
type Reference<'a> = Box<dyn Fn(&Chosen) -> Result<f64> + Sync + 'a>;

/// The largest error that is met behind so many layers, relative to `sqrt(K_ii K_jj)`.
pub(super) fn largest(
    kept: &Kept,
    network: &Network,
    points: [&Points; 2],
    layers: usize,
) -> Result<f64> {
    let pairs = chosen(points, kept.same);
    let reference: Reference = match &*kept.law {
        Law::Series(smooth) => Box::new(|pair| Ok(integrated(kept, smooth, pair, layers))),
        _ => {
            let balls = enclosures(network)?;
            Box::new(move |pair| enclosed(kept, &balls, network, points, pair, layers))
        }
    };
    let of = |pair: &Chosen| -> Result<f64> {
        let mut entry = [0.0];
        let at = (pair.left, pair.right);
        kept.behind(layers, at, &[pair.rho], |_| pair.gap, &mut entry);
        let size =
            size(kept, layers, pair.left) * size(kept, layers, kept.sides.right + pair.right);
        let difference = (entry[0] - reference(pair)?).abs();
        // what is 0 by all accounts is right
        Ok(if difference == 0.0 {
            0.0
        } else {
            difference / size
        })
    };
    let errors: Vec<f64> = pairs.par_iter().map(of).collect::<Result<_>>()?;
    // a NaN stays one
    Ok(errors
        .into_iter()
        .fold(0.0, |a, b| if a >= b { a } else { b }))
}

/// `sqrt(K(x, x))` behind so many layers.
fn size(kept: &Kept, layers: usize, row: usize) -> f64 {
    let stages = &kept.stages[..layers];
    let tau = stages
        .iter()
        .fold(1.0, |tau, stage| 1.0 + stage.chi[row] * tau);
    let tau = if kept.ntk { tau } else { 1.0 };
    (kept.variances(layers)[row] * tau).sqrt()
}

/// The network in balls, and what its first layer multiplies with.
fn enclosures(network: &Network) -> Result<(Layers<Ball>, Ball)> {
    let variances = network.settings().variances()?;
    let activation = Prepared::<Ball>::new(network.activation(), 64, BITS, Deadline::default())?;
    let weight = match &variances.weight {
        WeightVariance::Fixed(w) => w.evaluate(BITS),
        WeightVariance::Normalising => {
            &Ball::int(1, BITS) / &activation.square(&Ball::int(1, BITS))?
        }
    };
    let layers = Layers {
        activation,
        weight,
        bias: variances.bias.evaluate(BITS),
    };
    Ok((layers, variances.first.evaluate(BITS)))
}

fn enclosed(
    kept: &Kept,
    (layers, first): &(Layers<Ball>, Ball),
    network: &Network,
    [left, right]: [&Points; 2],
    pair: &Chosen,
    depth: usize,
) -> Result<f64> {
    let input = |length: f64| {
        let length = Ball::rational(&Rational::from_f64(length).unwrap_or_default(), BITS);
        first * &length.powi(2)
    };
    let (x, y) = (
        input(left.lengths()[pair.left]),
        input(right.lengths()[pair.right]),
    );
    let parity = network.activation().parity;
    let zero = x.mid().is_zero() || y.mid().is_zero();
    if zero && !layers.is_biased() {
        // no direction, which balls divide by
        let mut entry = [0.0];
        kept.behind(
            depth,
            (pair.left, pair.right),
            &[pair.rho],
            |_| pair.gap,
            &mut entry,
        );
        return Ok(entry[0]);
    }
    let correlation = pair.correlation();
    let found = layers.pair_kernels(
        (&x, &y),
        &correlation,
        parity,
        depth as u64,
        Deadline::default(),
    )?;
    let scaled = if kept.ntk { found.ntk } else { found.nngp };
    Ok(scaled.value().to_f64())
}

fn integrated(kept: &Kept, smooth: &Smooth, pair: &Chosen, layers: usize) -> f64 {
    let (i, j) = (pair.left, kept.sides.right + pair.right);
    let [share, rest] = &kept.shares;
    let start = pair.gap.map_or(pair.rho, |t| 1.0 - t);
    let mut rho = share[i] * share[j] * start + rest[i] * rest[j];
    let mut tau = rho;
    for (l, stage) in kept.stages[..layers].iter().enumerate() {
        let q = kept.variances(l);
        let [value, slope] = plane(smooth, [q[i], q[j]], rho, [stage.steps[i], stage.steps[j]]);
        let size = (stage.variance[i] * stage.variance[j]).sqrt();
        let factor = if size > 0.0 { kept.weight / size } else { 0.0 };
        rho = factor * value + stage.bias[i] * stage.bias[j];
        tau = rho + tau * factor * slope;
    }
    let q = kept.variances(layers);
    (q[i] * q[j]).sqrt() * if kept.ntk { tau } else { rho }
}

/// `E phi(x) phi(y)` and `sqrt(q p) E phi'(x) phi'(y)`: `x = sqrt(q) u`, `y = sqrt(p) (rho u + sqrt(1 - rho^2) w)`.
fn plane(smooth: &Smooth, [q, p]: [f64; 2], rho: f64, [outer, inner]: [f64; 2]) -> [f64; 2] {
    let (a, b) = (q.sqrt(), p.sqrt());
    let sine = ((1.0 - rho) * (1.0 + rho)).max(0.0).sqrt();
    let nodes = |step: f64| -> Vec<(f64, f64)> {
        let count = (REACH / step).ceil() as i32;
        let density = |z: f64| step * (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
        (-count..=count)
            .map(|k| f64::from(k) * step)
            .map(|z| (z, density(z)))
            .collect()
    };
    // beside the other variable this one moves less
    let within = nodes((inner / sine).min(0.3));
    let of = |(u, weight): (f64, f64)| {
        let y: Vec<f64> = within
            .iter()
            .map(|(w, _)| b * (rho * u + sine * w))
            .collect();
        let mut found = vec![0.0; y.len()];
        let mut mean = |f: &crate::emit::DoubleFunction| -> f64 {
            f.fill(&y, &mut found);
            found.iter().zip(&within).map(|(f, (_, w))| w * f).sum()
        };
        let (value, slope) = (mean(&smooth.value), mean(&smooth.slope));
        [
            weight * smooth.value.at(a * u) * value,
            weight * smooth.slope.at(a * u) * slope * a * b,
        ]
    };
    let add = |x: [f64; 2], y: [f64; 2]| [x[0] + y[0], x[1] + y[1]];
    nodes(outer)
        .into_par_iter()
        .map(of)
        .reduce(|| [0.0; 2], add)
}
