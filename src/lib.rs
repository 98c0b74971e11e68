//! What an infinitely wide neural network becomes when it is infinitely deep too.
//!
//! # A session
//!
//! An activation is text; a verdict is proved, or says what it lacks; numbers are enclosures and print their certain digits; kernels
//! of any depth are compiled, applied to rows and asked for labels:
//!
//! ```
//! use deeplimit::{Activation, Convention, Depth, Effort, Lengths, Network, Gram, Points};
//!
//! # fn main() -> deeplimit::Result<()> {
//! let gelu: Activation = "gelu".parse()?;
//! let verdict = gelu.classify(&Effort::digits(30))?;
//! assert_eq!(verdict.to_string(), "gelu: majority vote (chaotic, c* = 0.7604...), proved");
//! assert_eq!(gelu.mean(&Effort::default())?.exact.as_deref(), Some("1/(2*sqrt(pi))"));
//!
//! // what every pair of inputs tends to, and how: enclosed, at any depth
//! let limit = gelu.limit(&["1/2"], &Effort::digits(20))?;
//! let network = Network::of(&gelu).convention(Convention::Lee2019).weights("3/2")?.biases("1/10")?;
//! let at = network.values(100, &["0.99", "1/2"], &Effort::default())?;
//! assert!(at[0].ntk.is_some() && limit[0].limit.to_f64() > 0.0);
//!
//! // both kernels, compiled in one go; rows and labels in, labels out
//! let kernels = Network::of(&gelu).kernels(Depth::Layers(5), &Effort::default())?;
//! let rows = Points::new(2, vec![1.0, 0.1, 0.9, 0.3, 0.1, 1.0, 0.2, 0.9])?;
//! let gram = Gram::symmetric(&kernels.nngp, &rows, Lengths::Unit)?.matrix();
//! let fitted = kernels.ntk.fit(&rows, &[0, 0, 1, 1], 1e-6)?;
//! assert_eq!(fitted.labels(&Points::new(2, vec![1.0, 0.0])?)?, [0]);
//! # assert_eq!(gram.rows, 4);
//! # Ok(())
//! # }
//! ```
//!
//! | station | object | asked |
//! |---|---|---|
//! | text | [`Expr`] | parse, print, derive, evaluate |
//! | activation | [`Activation`] | `classify`, `mean`, `hermite`, `dual`, `limit` |
//! | network | [`Network`] | `values` (enclosed), `kernel`, `kernels` (compiled) |
//! | kernel | [`Kernel`] | `at`, `at_gap`, `accuracy`, `classifier`, `fit` |
//! | rows | [`Points`], [`Gram`] | matrices in memory, or in a [`store`] |
//! | labels | [`Fitted`] | `labels`, `scores`, `left_out`; [`classifier`] has the parts |
//! | images | [`Cntk`] | pairs, blocks, Gram matrices of convolutional kernels |
//!
//! How much work an answer is worth is an [`Effort`]; what can go wrong is an [`Error`], one sentence each. `examples/` has six
//! programs of a page.
//!
//! # The rooms
//!
//! `ls src` reads as the mathematics does; a room uses only earlier rooms.
//!
//! * [`error`], [`deadline`]: one clear sentence each; a point in time after which a computation gives up.
//! * [`array`](mod@array): arrays of numbers in files: `.npy` and idx.
//! * [`store`]: matrices into a `.npy` file or a Zarr folder, tile by tile, resumable, in shards.
//! * [`real`]: the numbers. One formula, four arithmetics: `f64`, MPFR, balls, complex rectangles.
//! * [`activation`]: an activation as data: parse, print, derive, resolve into smooth pieces, bound, evaluate.
//! * [`effort`]: how much work an answer is worth: digits, arithmetic, time.
//! * [`exact`]: constants in closed form, and Gaussian expectations in closed form: where equalities are proved.
//! * [`quadrature`]: `E f(Z)` with a proved error.
//! * [`emit`]: an activation as runnable code: Python, PyTorch, JAX, Rust, LaTeX.
//! * [`hermite`]: the coefficients `a_n = E phi h_n` and the power series of the dual.
//! * [`dual`]: `rho -> E phi(u) phi(v)`, its slope and its fixed points.
//! * [`recursion`]: the kernels of a network of any depth, with weights, biases and the conventions of papers.
//! * [`phase`]: the edge of chaos in the plane of `sigma_w` and `sigma_b`, and the depth scales on either side of it.
//! * [`limit`]: infinitely many layers: the regime, with its evidence.
//! * [`block`]: layers that differ and skip connections: words of activations, residual networks, flows in continuous depth.
//! * [`kernel`]: a kernel of any depth, compiled into a fast function of the correlation in doubles.
//! * [`gram`]: Gram matrices on data.
//! * [`classifier`]: from a matrix and labels to scores and a label: regression at any depth, and what it becomes; choosing and testing.
//! * [`process`]: Gaussian processes on real targets: means and deviations, the evidence and where it is largest.
//! * [`spectrum`]: eigenvalues of kernels on the sphere and on the boolean cube, and the learning curves that they predict.
//! * [`design`]: from a wanted exponent, kernel or slope back to an activation, with a certificate.
//! * [`network`]: networks of finite width: empirical kernels, training, linearisation.
//! * [`image`]: pictures as arrays: readers and preprocessing.
//! * [`cntk`]: the convolutional kernels of pictures.
//! * [`identity`]: what every dual, recursion and limit obeys, checked on ours or on anybody's kernel.
//! * [`paper`]: a paper's claims as data, and the measuring of each.

// The contents page of a room names its private files too.
#![allow(rustdoc::private_intra_doc_links)]

pub mod activation;
pub mod array;
pub mod block;
pub mod classifier;
pub mod cntk;
pub mod deadline;
pub mod design;
pub mod dual;
pub mod effort;
pub mod emit;
pub mod error;
pub mod exact;
pub mod figure;
pub mod gram;
pub mod hermite;
pub mod identity;
pub mod image;
pub mod kernel;
pub mod limit;
pub mod network;
pub mod paper;
pub mod phase;
pub mod process;
pub mod quadrature;
pub mod real;
pub mod recursion;
pub mod spectrum;
pub mod store;
mod words;

pub use activation::{Exact, Expr};
pub use classifier::Fitted;
pub use cntk::Cntk;
pub use deadline::Deadline;
pub use effort::Effort;
pub use error::{Error, Result};
pub use exact::Activation;
pub use gram::{Gram, Lengths, Matrix, Points};
pub use kernel::{Classifier, Kernel};
pub use limit::{Classification, LimitKernel, Regime};
pub use real::{Ball, Quantity};
pub use recursion::{Convention, Depth, Kind, Network, Pair};

/// The Rust in README.md runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
