//! Learning curves of kernel regression, measured: random points on the sphere, a target made of zonal harmonics, new points.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::harmonics::multiplicity;
use crate::classifier::{Definite, Regression};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::gram::{Gram, Lengths, Matrix, Points};
use crate::kernel::Kernel;

/// The most rows of an experiment: a matrix of them takes 2 GiB.
pub const INPUTS_MAX: usize = 16_384;
/// So much of the mean diagonal may be added where a matrix is not positive definite in doubles.
const JITTER: f64 = 1e-10;

/// Kernel regression on random points of `S^d`.
#[derive(Clone, Debug)]
pub struct LearningExperiment {
    /// The sphere `S^d`.
    pub sphere: u32,
    /// `v_k^2`, by degree: the target is `sum_k v_k sqrt(N(d, k)) P_k(x . e_1)`, whose parts have the mean squares `v_k^2`.
    pub target: Vec<f64>,
    /// Added to the diagonal.
    pub ridge: f64,
    /// The variance of the noise on the targets.
    pub noise: f64,
    /// How often it is repeated, with new points.
    pub trials: usize,
    /// New points of every trial.
    pub tests: usize,
    /// ChaCha8, a stream for each trial.
    pub seed: u64,
}

/// The error that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// `n`
    pub inputs: usize,
    /// The mean squared error on new inputs, the variance of their noise included.
    pub error: f64,
    /// The standard error of that mean, over the trials.
    pub deviation: f64,
    /// How many there were.
    pub trials: usize,
}

impl Measurement {
    /// By how many standard errors it is above a prediction.
    ///
    /// ```
    /// use deeplimit::spectrum::Measurement;
    /// let m = Measurement { inputs: 64, error: 1.5, deviation: 0.25, trials: 10 };
    /// assert_eq!(m.above(1.0), 2.0);
    /// ```
    pub fn above(&self, predicted: f64) -> f64 {
        (self.error - predicted) / self.deviation
    }
}

impl LearningExperiment {
    /// With `n` training points. Trials run on all cores.
    ///
    /// # Errors
    /// [`Error::Domain`] for fewer than 2 trials, no test points, or more than 16,384 points; [`Error::Data`] where the matrix is not positive
    /// definite in doubles; [`Error::Timeout`].
    ///
    /// ```
    /// use deeplimit::spectrum::LearningExperiment;
    /// use deeplimit::{Activation, Depth, Effort, Kind, Network};
    /// let relu: Activation = "relu".parse()?;
    /// let kernel = Network::of(&relu).kernel(Depth::Layers(1), Kind::Ntk, &Effort::default())?;
    /// let experiment = LearningExperiment {
    ///     sphere: 4, target: vec![0.0, 1.0], ridge: 1e-6, noise: 0.0, trials: 4, tests: 64, seed: 1,
    /// };
    /// let many = experiment.measured(&kernel, 128, Default::default())?;
    /// assert!(many.error < 0.05 && many.deviation < many.error);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn measured(&self, kernel: &Kernel, n: usize, deadline: Deadline) -> Result<Measurement> {
        if self.trials < 2 || self.tests == 0 || n == 0 || n.max(self.tests) > INPUTS_MAX {
            return Err(Error::Domain(format!(
                "an experiment has 2 trials or more, and from 1 to {INPUTS_MAX} points of either kind"
            )));
        }
        let trial = |t: usize| {
            deadline.check("the experiment")?;
            self.trial(kernel, n, t as u64)
        };
        // large matrices are factored on all cores, one after the other
        let all: Result<Vec<f64>> = match n <= 512 {
            true => (0..self.trials).into_par_iter().map(trial).collect(),
            false => (0..self.trials).map(trial).collect(),
        };
        let all = all?;
        let count = all.len() as f64;
        let error = all.iter().sum::<f64>() / count;
        let square = all.iter().map(|e| (e - error) * (e - error)).sum::<f64>() / (count - 1.0);
        Ok(Measurement {
            inputs: n,
            error,
            deviation: (square / count).sqrt(),
            trials: self.trials,
        })
    }

    fn trial(&self, kernel: &Kernel, n: usize, t: u64) -> Result<f64> {
        let dimension = self.sphere as usize + 1;
        let mut stream = ChaCha8Rng::seed_from_u64(self.seed);
        stream.set_stream(((n as u64) << 32) + t);
        let mut normal = || -> f64 { StandardNormal.sample(&mut stream) };
        let mut points = |count: usize| -> Vec<f64> {
            let mut rows = Vec::with_capacity(count * dimension);
            for _ in 0..count {
                let row: Vec<f64> = (0..dimension).map(|_| normal()).collect();
                let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
                rows.extend(row.iter().map(|x| x / length));
            }
            rows
        };
        let (train, test) = (points(n), points(self.tests));
        let deviation = self.noise.sqrt();
        let values = |rows: &[f64]| -> Vec<f64> {
            rows.chunks(dimension).map(|x| self.value(x[0])).collect()
        };
        let mut targets = values(&train);
        if deviation > 0.0 {
            targets.iter_mut().for_each(|y| *y += deviation * normal());
        }
        let wanted = values(&test);
        let (train, test) = (
            Points::new(dimension, train)?,
            Points::new(dimension, test)?,
        );
        let gram = Gram::symmetric(kernel, &train, Lengths::Unit)?.matrix();
        let cross = Gram::cross(kernel, &test, &train, Lengths::Unit)?.matrix();
        let targets = Matrix::new(1, targets)?;
        // a compiled kernel may have been divided by a power of e
        let ridge = self.ridge * (-kernel.log_scale()).exp();
        let fitted = Regression::new(&gram, &targets, ridge, Definite::Jittered(JITTER))?;
        let found = fitted.predictions(&cross)?;
        let pairs = found.values.iter().zip(&wanted);
        let sum: f64 = pairs.map(|(f, y)| (f - y) * (f - y)).sum();
        Ok(sum / self.tests as f64 + self.noise)
    }

    /// The target at a point whose first coordinate is `t`.
    fn value(&self, t: f64) -> f64 {
        let d = f64::from(self.sphere);
        let (mut before, mut now) = (0.0, 1.0);
        let mut sum = 0.0;
        for (k, v) in (0_u32..).zip(&self.target) {
            let norm = multiplicity(self.sphere, k).to_f64().sqrt();
            sum += v.sqrt() * norm * now;
            let k = f64::from(k);
            let next = match k + d - 1.0 > 0.0 && k > 0.0 {
                true => ((2.0 * k + d - 1.0) * t * now - k * before) / (k + d - 1.0),
                false => t,
            };
            (before, now) = (now, next);
        }
        sum
    }
}
