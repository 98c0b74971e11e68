//! The convolutional kernels of Arora, Du, Hu, Li, Salakhutdinov and Wang (2019) on real images: NTK and NNGP of infinitely
//! wide convolutional networks; for activations `a z + b |z|` exactly, for others by series with a known error.
//!
//! Images `x`, `x'` of `P x Q` pixels; `D` shifts a pair of positions `(p, p')` by all steps of a `q x q` window, both by
//! the same step, and pairs beyond the border are zero (zero padding). With `c_sigma = 1/E phi(Z)^2`
//!
//! * `Sigma^(0)[p, p'] = sum_D sum_c x_c[p] x'_c[p']`, `Theta^(0) = Sigma^(0)` (0 if the first layer is fixed),
//! * `K^(h) = c_sigma/q^2 E phi(u) phi(v)`, `K.^(h) = c_sigma/q^2 E phi'(u) phi'(v)`, where `(u, v)` is Gaussian with the
//!   variances `Sigma^(h-1)[p, p](x, x)` and `Sigma^(h-1)[p', p'](x', x')` and the covariance `Sigma^(h-1)[p, p'](x, x')`,
//! * `Sigma^(h) = sum_D K^(h)`, `Theta^(h) = sum_D (K.^(h) Theta^(h-1) + K^(h))` for `h < L`,
//! * `Theta^(L) = K.^(L) Theta^(L-1) + K^(L)` (without `+ K^(L)` if the read-out is fixed).
//!
//! A bias of variance `beta^2` adds `beta^2` to every `Sigma^(h)` and, being trained, to `Theta^(h)`, `1 <= h < L` (and
//! `h = 0` where the first layer is trained).
//!
//! For `a z + b |z|` the scale of the images is nothing but a factor; for others it matters, and `Sigma^(0)` is the mean over
//! window and channels unless the sum is asked for ([`Input`]). Strides, pooling and circular padding: [`ConvNetwork`].
//!
//! * [`architecture`]: a stack of equal convolutions; [`network`]: any network, as data and as text.
//! * [`activation`]: closed form or series; [`expansion`]: the series, and their errors.
//! * [`lane`]: `f32` and `f64`, and the polynomials that replace the arccosine.
//! * [`geometry`]: a padded image as a line; why its diagonals never meet.
//! * [`profile`]: once per image; [`alike`]: images that `f32` does not tell apart.
//! * [`diagonal`]: one diagonal through all the layers; [`loops`]: its loops; [`vector`]: compiled for several processors.
//! * [`course`], [`whole`]: networks that no diagonal goes through alone.
//! * [`gram`]: pairs, blocks and Gram matrices on all cores.
//! * [`depth`]: what many layers do to the kernel of images.
//! * [`numbers`]: a kernel in a precision that is chosen while the program runs; [`tiles`]: kernels of many images, kept and
//!   resumed, and what regression makes of them.
//!
//! The classifier of the paper is [`crate::classifier::Regression`], with [`Cntk::rounding`] as the accuracy of its entries.

mod activation;
mod alike;
mod architecture;
mod course;
mod depth;
mod diagonal;
mod expansion;
mod geometry;
mod gram;
mod lane;
mod loops;
mod network;
mod numbers;
mod profile;
mod tiles;
mod vector;
mod whole;

#[cfg(test)]
mod tests;

pub use crate::recursion::Kind;
pub use activation::bend;
pub use architecture::{Architecture, Input, Readout};
pub use depth::{Endless, border_factor, endless};
pub use gram::{Cntk, Kernels, Watch};
pub use lane::Lane;
pub use network::{ConvNetwork, Layer, Padding};
pub use numbers::{Convolutional, Numbers};
pub use profile::Profile;
pub use tiles::{Answers, ImageTrial, Progress, Sharded};
pub use vector::Processor;
