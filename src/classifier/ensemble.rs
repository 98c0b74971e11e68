//! An ensemble of infinitely wide networks on rows: what it predicts at any time, from its two kernels.

use super::dynamics::{Dynamics, Prior, Time};
use crate::error::{Error, Result};
use crate::gram::{Gram, Lengths, Matrix, Points};
use crate::kernel::{Depth, Kernel};

/// Networks that are trained on some rows, seen at others: [`Dynamics`] with its matrices.
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline};
/// use deeplimit::classifier::{Ensemble, Time, one_hot};
/// use deeplimit::gram::{Lengths, Points};
/// use deeplimit::kernel::{Depth, Kernel, Kind};
/// let relu = Expr::parse("relu")?;
/// let of = |kind| Kernel::new(&relu, Depth::Layers(2), kind, Deadline::default());
/// let train = Points::new(2, vec![1.0, 0.0, 0.0, 1.0])?;
/// let test = Points::new(2, vec![3.0, 0.0])?;
/// let ensemble = Ensemble::new(&of(Kind::Nngp)?, Some(&of(Kind::Ntk)?), [&train, &test], Lengths::Unit, 0.0)?;
/// // a training point keeps its target, and nothing is uncertain there in the end
/// let (mean, variances) = ensemble.at(&one_hot(&[0, 1], 2)?, Time::Infinite)?;
/// assert!((mean.row(0)[0] - 0.5).abs() < 1e-14 && variances[0].0 < 1e-14);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ensemble {
    dynamics: Dynamics,
    noise: f64,
    cross: Matrix,
    prior: [Matrix; 2],
    own: Vec<f64>,
}

impl Ensemble {
    /// From the covariance at initialisation and, where all layers are trained and not the last alone, the tangent kernel;
    /// training rows and others; `ridge` times the mean diagonal of the trained kernel is the variance of the targets' noise.
    /// The rate is 1, so that a time is `eta t`.
    ///
    /// # Errors
    /// [`Error::Domain`] for kernels that are infinite somewhere, beyond the doubles, or limits of infinite depth (which two kernels
    /// do not have on one scale); as [`Dynamics::new`].
    pub fn new(
        nngp: &Kernel,
        ntk: Option<&Kernel>,
        [train, test]: [&Points; 2],
        lengths: Lengths,
        ridge: f64,
    ) -> Result<Self> {
        for kernel in [Some(nngp), ntk].into_iter().flatten() {
            plain(kernel)?;
        }
        let matrices = |kernel: &Kernel| -> Result<[Matrix; 2]> {
            Ok([
                Gram::symmetric(kernel, train, lengths)?.matrix(),
                Gram::cross(kernel, test, train, lengths)?.matrix(),
            ])
        };
        let prior = matrices(nngp)?;
        let [theta, cross] = match ntk {
            Some(ntk) => matrices(ntk)?,
            None => prior.clone(),
        };
        let noise = ridge * theta.mean_diagonal();
        Ok(Ensemble {
            dynamics: Dynamics::new(&theta, 1.0, noise)?,
            noise,
            cross,
            prior,
            own: Gram::diagonal(nngp, test, lengths)?,
        })
    }

    /// The trained kernel, diagonalised.
    pub fn dynamics(&self) -> &Dynamics {
        &self.dynamics
    }

    /// The variance of the targets' noise.
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// Mean, a row for each test point, and variance of each with what rounding may have done to it.
    ///
    /// # Errors
    /// As [`Dynamics::mean`].
    pub fn at(&self, targets: &Matrix, time: Time) -> Result<(Matrix, Vec<(f64, f64)>)> {
        let [gram, cross] = &self.prior;
        let prior = Prior { gram, cross };
        Ok((
            self.dynamics.mean(&self.cross, targets, time)?,
            self.dynamics
                .variances(&self.cross, prior, &self.own, time)?,
        ))
    }
}

/// Times and deviations are on the scale of the kernels: those must be in the doubles as they are.
fn plain(kernel: &Kernel) -> Result<()> {
    let what = if kernel.depth() == Depth::Infinite {
        "training is that of a network of finite depth: its two kernels have no limit on one scale"
    } else if kernel.log_scale() != 0.0 {
        "the kernels leave the doubles at this depth: fewer layers, or weights nearer to the edge of chaos"
    } else if !kernel.diagonal().is_finite() {
        "the kernel of equal inputs is infinite (a jump, or too many layers), and training has no finite rate"
    } else {
        return Ok(());
    };
    Err(Error::Domain(what.into()))
}
