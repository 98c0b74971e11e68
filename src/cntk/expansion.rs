//! Any activation: its Hermite coefficients as functions of the standard deviation of a pixel.
//!
//! With `phi(s z) = sum_n a_n(s) h_n(z)` in the orthonormal Hermite basis, and `u = s z`, `v = s' z'` of correlation `rho`,
//!
//! * `E phi(u) phi(v) = sum_n a_n(s) a_n(s') rho^n`,
//! * `s s' E phi'(u) phi'(v) = sum_n n a_n(s) a_n(s') rho^(n-1)`.
//!
//! The coefficients belong to a pixel, so a pair of pixels costs a polynomial and its derivative. They are sums over 641
//! nodes (the trapezoidal rule, exponentially good for a smooth activation), interpolated in `s` by polynomials of
//! degree 12 on pieces of length 1/8 (longer ones beyond 16). A piece is made when the first pixel needs it.
//!
//! # What is left out
//!
//! By Parseval what follows the last term is known: `E phi(s Z)^2 - sum_n a_n^2`, and `s^2 E phi'(s Z)^2 - sum_n n a_n^2`
//! for the derivative. As many terms are taken as leave a share of [`Lane::REST`](super::Lane::REST) of both. A pair of
//! pixels uses the terms that both have, so by Cauchy and Schwarz it is off by at most the root of that share
//! (1e-6 in `f64`, where no smaller share than 1e-12 can be told from rounding; 3e-6 in `f32`), relative to `sqrt(E phi(u)^2 E phi(v)^2)`; between pixels of equal deviation by the share
//! itself, and away from `rho = +-1` by less. (A bound for exact coefficients; theirs is estimated, not proved.)

//!
//! # What it costs
//!
//! Per pair and layer with pooling (processor time of one core of a busy Zen 5 server, `f32`, two standardised CIFAR-10 images,
//! 5 layers; ReLU in closed form took 1.0 ms at the same time): `sin` 2.9 ms, `softplus` 5.1 ms, `gelu`, `erf` and `x*sigmoid(x)`
//! 10 to 11 ms, `tanh` 20 ms; in `f64` `gelu` 21 ms, `tanh` 84 ms. The number of terms is what makes the difference.
//! A profile of five layers takes 0.4 to 2 ms per image. `cargo bench --bench cntk` has `gelu` and `tanh` on noise.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::activation::{Expr, Tape};
use crate::error::{Error, Result};
use crate::real::Chebyshev;

/// No more terms than this: `h_0` to `h_1023`.
const TERMS: usize = 1024;
/// Nodes at multiples of this: functions of the bandwidth of `h_1023`, 32, are resolved three times over.
const STEP: f64 = 1.0 / 16.0;
/// Nodes on either side of 0: up to 20, where the density is `e^-200` and `h_1023` times its root is below `e^-100`.
const SIDE: usize = 320;
/// The length of a piece in the deviation `s`.
const LENGTH: f64 = 1.0 / 8.0;
/// From this deviation on a piece ends at twice where it begins: only polynomials have short series there, and they are
/// interpolated exactly.
const FAR: f64 = 16.0;
/// Pieces before and beyond that.
const PIECES: [usize; 2] = [(FAR / LENGTH) as usize, 40];
/// The share of its moments that the sum of a thousand squares can tell from nothing.
const RESOLVED: f64 = 1e-12;
/// Coefficients of a polynomial on a piece.
const NODES: usize = 13;
/// The share of `E phi^2` that the trapezoidal rule may change by when its step is doubled. Its error is the square
/// of that for an analytic activation.
const COARSE: f64 = 1e-5;
/// Where `E phi'^2` is nearly zero, errors of the derivative are measured by this share of `E phi^2`.
const FLOOR: f64 = 1e-6;

/// A polynomial in the Chebyshev basis.
type Polynomial = [f64; NODES];

/// The coefficients of one activation, normalised by `E phi(Z)^2 = 1`.
#[derive(Debug)]
pub struct Expansion {
    name: String,
    tape: Tape<f64>,
    basis: Basis,
    /// `1/sqrt(E phi(Z)^2)`
    scale: f64,
    rest: f64,
    pieces: Vec<OnceLock<Result<Piece>>>,
}

/// `w_k h_n(z_k)`, row `n` after row, at the nodes `z_k >= 0` alone.
#[derive(Debug)]
struct Basis(Vec<[f64; SIDE + 1]>);

/// On `LENGTH k <= s <= LENGTH (k + 1)`.
#[derive(Debug)]
struct Piece {
    /// Of `a_0, a_2, ...` and of `a_1, a_3, ...`, as many as are needed.
    parts: [Vec<Polynomial>; 2],
}

/// The numbers of a deviation.
struct Moments {
    a: Vec<f64>,
    /// `E phi(s Z)^2`
    square: f64,
    /// `s^2 E phi'(s Z)^2`
    slope: f64,
}

impl Moments {
    /// What an error of the derivative is a share of.
    fn slope_scale(&self) -> f64 {
        self.slope.max(FLOOR * self.square)
    }
}

impl Basis {
    fn new() -> Basis {
        let z = |k: usize| k as f64 * STEP;
        let density = STEP / (2.0 * std::f64::consts::PI).sqrt();
        // The node 0 stands for itself, every other one for two.
        let first = std::array::from_fn(|k| density * (-0.5 * z(k) * z(k)).exp());
        let mut rows: Vec<[f64; SIDE + 1]> = vec![first];
        for n in 1..TERMS {
            let root = (n as f64).sqrt();
            let below = if n > 1 { (n as f64 - 1.0).sqrt() } else { 0.0 };
            let (one, two) = (&rows[n - 1], &rows[n.saturating_sub(2)]);
            rows.push(std::array::from_fn(|k| {
                (z(k) * one[k] - below * two[k]) / root
            }));
        }
        for row in &mut rows {
            row[0] /= 2.0;
        }
        Basis(rows)
    }
}

impl Expansion {
    /// Of an activation, leaving out at most the share `rest` of its square and of its derivative's.
    ///
    /// # Errors
    /// [`Error::Domain`] for an activation that is zero, undefined somewhere or grows too fast, [`Error::Unresolved`] for one
    /// whose series is too long.
    pub fn new(activation: &Expr, rest: f64) -> Result<Arc<Expansion>> {
        let mut expansion = Expansion {
            name: activation.to_string(),
            tape: Tape::new(&[activation.clone(), activation.derivative()], 53),
            basis: Basis::new(),
            scale: 1.0,
            rest,
            pieces: vec![],
        };
        let square = expansion.moments(1.0)?.square;
        expansion.scale = 1.0 / square.sqrt();
        expansion.pieces = (0..PIECES[0] + PIECES[1])
            .map(|_| OnceLock::new())
            .collect();
        // What cannot be reached is better said before any image is read.
        expansion.piece(1.0)?;
        Ok(Arc::new(expansion))
    }

    /// `a_n(s)`, even ones and odd ones.
    ///
    /// # Errors
    /// [`Error::Unresolved`] for a deviation at which more than 1,024 terms are needed.
    pub fn coefficients(&self, s: f64) -> Result<[Vec<f64>; 2]> {
        let piece = self.piece(s)?;
        let (_, [from, to]) = place(s);
        let x = 2.0 * (s - from) / (to - from) - 1.0;
        let mut basis = [1.0; NODES];
        basis[1] = x;
        for j in 2..NODES {
            basis[j] = 2.0 * x * basis[j - 1] - basis[j - 2];
        }
        let value = |p: &Polynomial| -> f64 { p.iter().zip(&basis).map(|(p, b)| p * b).sum() };
        Ok([0, 1].map(|part| piece.parts[part].iter().map(value).collect()))
    }

    fn piece(&self, s: f64) -> Result<&Piece> {
        let (index, range) = place(s);
        let Some(piece) = self.pieces.get(index) else {
            return Err(Error::Unresolved(format!(
                "the Hermite series of `{}` are made for smaller pixels than those of standard deviation {s:.3e}: scale the images down",
                self.name
            )));
        };
        piece
            .get_or_init(|| self.made(range))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn made(&self, [from, to]: [f64; 2]) -> Result<Piece> {
        let basis = Chebyshev::<NODES>::new();
        let at = |j: usize| from + (to - from) * (1.0 + basis.node(j)) / 2.0;
        let moments: Vec<Moments> = (0..NODES)
            .into_par_iter()
            .map(|j| self.moments(at(j)))
            .collect::<Result<_>>()?;
        let mut counts = [0; 2];
        for (j, m) in moments.iter().enumerate() {
            let needed = self.needed(m, at(j))?;
            counts = [0, 1].map(|part| needed[part].max(counts[part]));
        }
        let fitted = |n: usize| -> Polynomial {
            basis.coefficients(&std::array::from_fn(|j| moments[j].a[n]))
        };
        Ok(Piece {
            parts: [0, 1].map(|part| (0..counts[part]).map(|n| fitted(2 * n + part)).collect()),
        })
    }

    /// How many even and odd terms are needed.
    fn needed(&self, m: &Moments, s: f64) -> Result<[usize; 2]> {
        let (mut value, mut slope) = (m.square, m.slope);
        for (n, a) in m.a.iter().enumerate() {
            value -= a * a;
            slope -= n as f64 * a * a;
        }
        let left = (value / m.square).max(slope / m.slope_scale());
        if left > self.rest.max(RESOLVED) {
            return Err(Error::Unresolved(format!(
                "the Hermite series of `{}` is too long for a convolutional kernel: at standard deviation {s:.3} of a pixel {TERMS} terms leave {left:.0e} of its square or its derivative's, and {:.0e} is allowed (kinks are in the way, unless it is a x + b |x|, and images that are scaled too large)",
                self.name, self.rest
            )));
        }
        let allowed = [
            self.rest / 2.0 * m.square,
            self.rest / 2.0 * m.slope_scale(),
        ];
        let mut needed = [0; 2];
        for (part, needed) in needed.iter_mut().enumerate() {
            let (mut value, mut slope) = (0.0, 0.0);
            for n in (0..TERMS / 2).rev() {
                let (order, a) = (2 * n + part, m.a[2 * n + part]);
                value += a * a;
                slope += order as f64 * a * a;
                if value > allowed[0] || slope > allowed[1] {
                    *needed = n + 1;
                    break;
                }
            }
        }
        Ok(needed)
    }

    fn moments(&self, s: f64) -> Result<Moments> {
        let (mut even, mut odd) = ([0.0; SIDE + 1], [0.0; SIDE + 1]);
        // With every node, and with every second one.
        let (mut square, mut slope, mut coarse) = (0.0, 0.0, 0.0);
        let mut last = 0.0;
        for k in 0..=SIDE {
            let z = k as f64 * STEP;
            let weight = self.basis.0[0][k];
            let (right, left) = (self.tape.at(&(s * z)), self.tape.at(&(-s * z)));
            even[k] = self.scale * (right[0] + left[0]);
            odd[k] = self.scale * (right[0] - left[0]);
            last = weight * (right[0] * right[0] + left[0] * left[0]);
            square += last;
            coarse += if k % 2 == 0 { 2.0 * last } else { 0.0 };
            slope += weight * (right[1] * right[1] + left[1] * left[1]);
        }
        if !(square.is_finite() && slope.is_finite() && square > 0.0) {
            return Err(Error::Domain(format!(
                "`{}` has no convolutional kernel: its square or its derivative's is zero, undefined or infinite on average, at standard deviation {s:.3} of a pixel",
                self.name
            )));
        }
        if last > f64::EPSILON * square || (coarse - square).abs() > COARSE * square {
            return Err(Error::Unresolved(format!(
                "the Hermite coefficients of `{}` at standard deviation {s:.3} of a pixel are not certain: steps of 1/8 and 1/16 differ by {:.0e} (kinks or jumps, or images that are scaled too large)",
                self.name,
                ((coarse - square) / square).abs()
            )));
        }
        let coefficient = |(n, row): (usize, &[f64; SIDE + 1])| -> f64 {
            let part = if n % 2 == 0 { &even } else { &odd };
            row.iter().zip(part).map(|(b, f)| b * f).sum()
        };
        Ok(Moments {
            a: self.basis.0.iter().enumerate().map(coefficient).collect(),
            square: self.scale * self.scale * square,
            slope: self.scale * self.scale * s * s * slope,
        })
    }
}

/// The piece of a deviation, and its ends.
fn place(s: f64) -> (usize, [f64; 2]) {
    if s < FAR {
        let index = (s / LENGTH) as usize;
        return (index, [0.0, 1.0].map(|end| LENGTH * (index as f64 + end)));
    }
    let octave = (s / FAR).log2().floor();
    let from = FAR * octave.exp2();
    (PIECES[0] + octave as usize, [from, 2.0 * from])
}
