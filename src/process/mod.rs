//! Gaussian processes of networks on real targets: what is known of new rows, how likely the data are, and which network makes
//! them most likely.
//!
//! | question | answer | formula |
//! |---|---|---|
//! | mean and variance, NNGP | [`Posterior`] without a prior of its own | `K_x M^-1 y`, `K_xx - K_x M^-1 K_x^T`, `M = K + noise I` (Rasmussen and Williams 2006, eqs. 2.23, 2.24) |
//! | mean and variance, all layers trained | [`Posterior`] of `Theta` with the prior `K` | `A y`, `K_xx - 2 A K_x^T + A (K + noise I) A^T`, `A = Theta_x (Theta + noise I)^-1` (Lee et al. 2019, eq. 16; see [`dynamics`](crate::classifier::dynamics)) |
//! | each row without itself | [`Posterior::left_out`] | `y_i - (M^-1 y)_i/(M^-1)_ii` (Rasmussen and Williams 2006, eqs. 5.11, 5.12) |
//! | how likely the data are | [`Posterior::evidence`] | `-y^T M^-1 y/2 - log det M/2 - n log(2 pi)/2` (eq. 5.8) |
//! | which way it grows | [`Processes::slopes`] | `alpha^T dM alpha/2 - tr(M^-1 dM)/2`, `alpha = M^-1 y` (eq. 5.9) |
//! | where it is largest | [`Processes::maximum`] | BFGS between bounds, from several starts |
//! | how good predictions are | [`Score`] | RMSE, `R^2`, mean log predictive density |
//!
//! Everything is said in the units of the targets as they were given; [`Targets`] brings them to mean 0 and variance 1 before a
//! kernel sees them, unless they shall stay as they are. Several targets share a kernel and the noise, and are independent given them.

mod maximum;
mod posterior;
mod processes;
mod score;
mod targets;

pub use maximum::{Bounds, Climb, Maximum};
pub use posterior::{Foreseen, Posterior};
pub use processes::{Processes, Scales};
pub use score::Score;
pub use targets::{Scaling, Targets};
