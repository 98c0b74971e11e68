//! Infinitely many layers: fixed points, regimes and the evidence for them.

mod abel;
mod boettcher;
mod classify;
mod constants;
mod depth;
mod digits;
mod dimension;
mod emitted;
mod evidence;
mod fixed_point;
mod interior;
mod kernel;
mod koenigs;
mod log_periodic;
mod nearby;
mod network;
mod ordered;
mod plain;
mod power_series;
mod regime;
mod sentence;
mod subject;
mod table;
mod underflow;
mod values;
mod verdict;

#[cfg(test)]
pub(crate) mod tests;

pub use crate::real::{Arithmetic, Quantity, Value};
pub use abel::{Abel, EdgeKernels};
pub use boettcher::{Boettcher, Logarithmic};
pub use classify::classify;
pub use constants::Moments;
pub use depth::{Breakdown, DEEPEST, NAIVE_DEEPEST, NaiveFormat, Settling};
pub use dimension::Dimension;
pub use emitted::{Emitted, emitted};
pub use evidence::{Fact, Stands, VerdictConstant};
pub use interior::Interior;
pub use kernel::{Limit, LimitKernel, LimitValue};
pub use koenigs::{Koenigs, Landing};
pub use log_periodic::{Bend, LogPeriodic};
pub use nearby::NearEquality;
pub use network::homogeneous_kernels;
pub use ordered::Ordered;
pub use subject::Subject;
pub(crate) use subject::{Certainty, ladder};
pub use table::{Limits, limits};
pub use values::{DeepValue, DeepValues, values};
pub use verdict::{Classification, Phase, Regime};
