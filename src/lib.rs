//! What an infinitely wide neural network becomes when it is infinitely deep too.
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
//! * [`hermite`]: the coefficients `a_n = E phi h_n` and the power series of the dual.
//! * [`dual`]: `rho -> E phi(u) phi(v)`, its slope and its fixed points.
//! * [`recursion`]: the kernels of a network of any depth, with weights, biases and the conventions of papers.
//! * [`phase`]: the edge of chaos in the plane of `sigma_w` and `sigma_b`, and the depth scales on either side of it.
//! * [`limit`]: infinitely many layers: the regime, with its evidence.
//! * [`kernel`]: a kernel of any depth, compiled into a fast function of the correlation in doubles.
//! * [`gram`]: Gram matrices on data.
//! * [`classifier`]: from a matrix and labels to scores and a label: regression at any depth, and what it becomes; choosing and testing.
//! * [`network`]: networks of finite width: empirical kernels, training, linearisation.
//! * [`image`]: pictures as arrays: readers and preprocessing.
//! * [`cntk`]: the convolutional kernels of pictures.
//! * [`paper`]: a paper's claims as data, and the measuring of each.

// The contents page of a room names its private files too.
#![allow(rustdoc::private_intra_doc_links)]

pub mod activation;
pub mod array;
pub mod classifier;
pub mod cntk;
pub mod deadline;
pub mod dual;
pub mod effort;
pub mod error;
pub mod exact;
pub mod gram;
pub mod hermite;
pub mod image;
pub mod kernel;
pub mod limit;
pub mod network;
pub mod paper;
pub mod phase;
pub mod quadrature;
pub mod real;
pub mod recursion;
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
