//! Networks that differ in their weights, biases and noise alone, and how likely each makes the data.

use rayon::prelude::*;

use super::posterior::Posterior;
use super::targets::Targets;
use crate::activation::Expr;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::gram::{Gram, Lengths, Matrix, Points};
use crate::kernel::Kernel;
use crate::recursion::{Convention, Depth, Kind, Network, Settings};
use crate::{Deadline, Effort};
use std::time::Duration;

/// Differences of fourth order: `f' h = (f(-2h) - 8 f(-h) + 8 f(h) - f(2h))/12`.
const WEIGHTS: [(f64, f64); 4] = [(-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)];

/// Where in the family: standard deviations of weights and biases, where the convention has them, and the noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// Of the weights; `None`: as the convention has it.
    pub sigma_w: Option<f64>,
    /// Of the biases; `None`: none.
    pub sigma_b: Option<f64>,
    /// The variance of the targets' noise over the mean of the kernel's diagonal on the training rows.
    pub ridge: f64,
}

/// The Gaussian processes of networks with one activation and one depth, on training rows with their targets.
///
/// ```
/// use deeplimit::gram::{Lengths, Matrix, Points};
/// use deeplimit::process::{Processes, Scales, Scaling, Targets};
/// use deeplimit::{Activation, Convention, Depth};
/// let rows = Points::new(2, (0..12).map(|k| f64::from(k * k % 7) - 2.5).collect())?;
/// let y = Matrix::new(1, (0..6).map(|i| rows.given()[2 * i].sin()).collect())?;
/// let y = Targets::new(y, &["y".to_owned()], Scaling::Standard)?;
/// let erf: Activation = "erf".parse()?;
/// let family = Processes::new(&erf, Depth::Layers(2), Convention::Lee2019, (&rows, Lengths::Unit), &y)?;
/// let at = Scales { sigma_w: Some(1.5), sigma_b: Some(0.1), ridge: 0.1 };
/// let (evidence, slopes) = family.slopes(at)?;
/// // where the noise is a tenth larger
/// let more = family.posterior(Scales { ridge: 0.1 * 0.01f64.exp(), ..at })?.0.evidence()[0];
/// assert!(((more - evidence) / 0.01 - slopes[2]).abs() < 0.01);
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Processes<'a> {
    activation: &'a Activation,
    depth: u64,
    convention: Convention,
    points: &'a Points,
    lengths: Lengths,
    targets: &'a Targets,
    span: Option<Duration>,
}

impl<'a> Processes<'a> {
    /// Of this activation, at this depth.
    ///
    /// # Errors
    /// [`Error::Domain`] at infinite depth, where the kernels are limits in normalisations of their own and no covariances on one
    /// scale; [`Error::Shape`] where there are not as many targets as points.
    pub fn new(
        activation: &'a Activation,
        depth: Depth,
        convention: Convention,
        (points, lengths): (&'a Points, Lengths),
        targets: &'a Targets,
    ) -> Result<Self> {
        let Depth::Layers(depth) = depth else {
            return Err(Error::Domain(
                "regression on real targets is at a finite depth: limits of infinite depth are in normalisations of their own, and \
                 no covariances on the scale of targets"
                    .to_owned(),
            ));
        };
        if points.len() != targets.rows() {
            return Err(Error::Shape(format!(
                "there are {} rows and {} targets",
                points.len(),
                targets.rows()
            )));
        }
        Ok(Processes {
            activation,
            depth,
            convention,
            points,
            lengths,
            targets,
            span: None,
        })
    }

    /// With so much time for each kernel.
    #[must_use]
    pub fn within(self, span: Duration) -> Self {
        Processes {
            span: Some(span),
            ..self
        }
    }

    /// One of its networks.
    ///
    /// # Errors
    /// [`Error::Domain`] for numbers that are no standard deviations, or which the convention does not have.
    pub fn network(&self, at: Scales) -> Result<Network> {
        let sigma = |x: Option<f64>| -> Result<Option<Expr>> {
            // the shortest decimals that are this double
            x.map(|x| Expr::parse(&format!("{x:?}"))).transpose()
        };
        let settings = Settings {
            convention: self.convention,
            sigma_w: sigma(at.sigma_w)?,
            sigma_b: sigma(at.sigma_b)?,
            ..Settings::default()
        };
        settings.variances()?;
        Ok(Network::with(self.activation, settings))
    }

    fn effort(&self) -> Effort {
        Effort {
            deadline: self.span.map_or_else(Deadline::default, Deadline::after),
            ..Effort::default()
        }
    }

    /// The covariance of one of its networks.
    ///
    /// # Errors
    /// As [`Network::kernel`]; [`Error::Domain`] where the covariance leaves the doubles.
    pub fn kernel(&self, at: Scales) -> Result<Kernel> {
        let kernel =
            self.network(at)?
                .kernel(Depth::Layers(self.depth), Kind::Nngp, &self.effort())?;
        match kernel.log_scale() == 0.0 && kernel.diagonal().is_finite() {
            true => Ok(kernel),
            false => Err(Error::Domain(
                "the covariance leaves the doubles at this depth: fewer layers, or weights nearer to the edge of chaos"
                    .to_owned(),
            )),
        }
    }

    /// The Gaussian process there, and the kernel.
    ///
    /// # Errors
    /// As [`Processes::kernel`], [`Posterior::new`].
    pub fn posterior(&self, at: Scales) -> Result<(Posterior, Kernel)> {
        let kernel = self.kernel(at)?;
        let gram = Gram::symmetric(&kernel, self.points, self.lengths)?.matrix();
        let noise = at.ridge * gram.mean_diagonal();
        let posterior = Posterior::new(gram, None, self.targets.clone(), noise)?;
        Ok((posterior, kernel))
    }

    /// The evidence there, summed over the targets, and its derivatives by the logarithms of `sigma_w`, `sigma_b` and the ridge; 0
    /// for those that are `None` or 0.
    ///
    /// The derivatives of a kernel are differences of fourth order between four compiled ones, a step of `1e-3/(L + 1)` apart in the
    /// logarithm: off by some 1e-12 of the largest entry, and the slope by that times the condition at most.
    ///
    /// # Errors
    /// As [`Processes::posterior`], there and beside it.
    pub fn slopes(&self, at: Scales) -> Result<(f64, [f64; 3])> {
        let (posterior, kernel) = self.posterior(at)?;
        let n = self.points.len();
        let step = 1e-3 / (1.0 + self.depth as f64);
        let beside = |(which, k): (usize, f64)| -> Result<Matrix> {
            let factor = (k * step).exp();
            let moved = match which {
                0 => Scales {
                    sigma_w: at.sigma_w.map(|x| x * factor),
                    ..at
                },
                _ => Scales {
                    sigma_b: at.sigma_b.map(|x| x * factor),
                    ..at
                },
            };
            let kernel = self.kernel(moved)?;
            Ok(Gram::symmetric(&kernel, self.points, self.lengths)?.matrix())
        };
        let mut slopes = [0.0; 3];
        for (which, sigma) in [at.sigma_w, at.sigma_b].into_iter().enumerate() {
            if sigma.is_none_or(|x| x == 0.0) {
                continue;
            }
            // side by side: compiling is most of the work
            let grams: Vec<Matrix> = WEIGHTS
                .par_iter()
                .map(|(k, _)| beside((which, *k)))
                .collect::<Result<_>>()?;
            let mut direction = Matrix::new(n, vec![0.0; n * n])?;
            for (gram, (_, weight)) in grams.iter().zip(WEIGHTS) {
                let parts = direction.values.iter_mut().zip(&gram.values);
                parts.for_each(|(d, k)| *d += weight * k);
            }
            direction.values.iter_mut().for_each(|d| *d /= 12.0 * step);
            // the ridge goes with the diagonal
            let noise = at.ridge * direction.mean_diagonal();
            (0..n).for_each(|i| direction.values[i * n + i] += noise);
            slopes[which] = posterior.slope(&direction)?;
        }
        let own = Gram::diagonal(&kernel, self.points, self.lengths)?;
        let noise = at.ridge * own.iter().sum::<f64>() / n as f64;
        let mut identity = Matrix::new(n, vec![0.0; n * n])?;
        (0..n).for_each(|i| identity.values[i * n + i] = noise);
        slopes[2] = posterior.slope(&identity)?;
        Ok((posterior.evidence().iter().sum(), slopes))
    }
}
