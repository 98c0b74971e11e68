//! What a kernel learns first: its eigenvalues on the sphere and on the boolean cube, and the learning curves that they predict.
//!
//! The **sphere `S^d`** is the one in `R^(d+1)`, with its normalised surface measure. A kernel `K(x . y)` has the spherical harmonics of
//! degree `k` as eigenfunctions, `N(d, k)` of them, with the eigenvalue (Funk 1916, Hecke 1918)
//!
//! `lambda_k = c_d int_(-1)^1 K(t) P_k(t) (1 - t^2)^((d-2)/2) dt`, `c_d = Gamma((d+1)/2)/(sqrt(pi) Gamma(d/2))`,
//!
//! `P_k` the Gegenbauer polynomial of index `(d-1)/2` with `P_k(1) = 1` (Legendre's in `d + 1` dimensions).
//!
//! * [`harmonics`]: `N(d, k)`, `c_d`, `P_k`, and `c_d int t^n P_k (1 - t^2)^((d-2)/2) dt >= 0`, by which a power series becomes a spectrum.
//! * `rule`: **the quadrature, with a proved error.** With `t = tanh u` the integral is `c_d int K(tanh u) P_k(tanh u) sech(u)^d du` over the
//!   line, and the strip `|Im u| < pi/4` is the unit disc of `t`: there `|K(t)| <= K(1)`, because the kernel of a network is a power series
//!   with coefficients that are not negative, and `|P_k(cos theta)| <= exp(k |Im theta|)` (Laplace's integral). So the
//!   trapezoidal rule of step `h` is off by no more than, for every `0 < y <= pi/4`,
//!   `2 K(1) ((1 + sin y)/cos y)^k cos(y)^-d / (exp(2 pi y/h) - 1)` (Trefethen and Weideman 2014, theorem 5.1) \[DERIVED\].
//!   One set of nodes serves all degrees, whatever kinks the activation has.
//! * `legendre`: all degrees at one node by the recursion in three terms, whose rounding errors grow no faster than
//!   `k^2/2`, proved.
//! * `source`: the kernels of networks at such nodes, in balls, and how large they are in the disc.
//! * `vanishing`: eigenvalues that are zero by structure. An enclosure never is.
//! * [`eigenvalues`]: all together, with the trace: `sum N(d, k) lambda_k = K(1)`.
//! * [`cube`]: the boolean cube `{-1, 1}^d` (Yang and Salman 2019).
//! * [`decay`]: exponents that theory proves (Bietti and Bach 2021), and those that are observed.
//! * [`curve`]: kernel regression predicted (Bordelon, Canatar and Pehlevan 2020; Simon et al. 2021); [`experiment`]: measured; `drawn`: both.

pub mod cube;
pub mod curve;
pub mod decay;
mod drawn;
pub mod eigenvalues;
pub mod experiment;
pub mod harmonics;
mod legendre;
mod rule;
mod source;
mod vanishing;

#[cfg(test)]
mod tests;

pub use curve::{CurvePoint, LearningCurve};
pub use decay::{Decay, ObservedDecay};
pub use drawn::{DrawnCurve, learning_figure};
pub use eigenvalues::{DEGREE_MAX, DIMENSION_MAX, Eigenvalue, KernelSpectrum, Space};
pub use experiment::{INPUTS_MAX, LearningExperiment, Measurement};
