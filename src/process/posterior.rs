//! What is known after the data: means, variances, each row without itself, the evidence and its slopes.

use std::f64::consts::TAU;
use std::sync::OnceLock;

use super::score::Score;
use super::targets::Targets;
use crate::classifier::{Definite, Regression};
use crate::error::{Error, Result};
use crate::gram::Matrix;

/// Squared pivots below this share of a diagonal are rounding: what entries of compiled kernels are off by as a rule.
const ROUNDING: f64 = 10.0 * f64::EPSILON;

/// A network's kernel on training rows with their real targets; see the [room](super) for the formulas.
///
/// Accuracy: means inherit the rounding of the kernel times [`Posterior::condition`]; [`Posterior::evidence_error`] says what the errors of the entries
/// make of the evidence.
///
/// ```
/// use deeplimit::gram::Matrix;
/// use deeplimit::process::{Posterior, Scaling, Targets};
/// let k = Matrix::new(2, vec![2.0, 1.0, 1.0, 2.0])?;
/// let y = Targets::new(Matrix::new(1, vec![3.0, 0.0])?, &["y".to_owned()], Scaling::Raw)?;
/// let p = Posterior::new(k, None, y, 0.0)?;
/// // a training row again: its target, and no doubt
/// let seen = p.foreseen(&Matrix::new(2, vec![2.0, 1.0])?, &[2.0], None)?;
/// assert!((seen.means.row(0)[0] - 3.0).abs() < 1e-14 && seen.variances.row(0)[0] < 1e-14);
/// // without itself: 1/2 of the other one, variance 2 - 1/2
/// let (means, variances) = p.left_out();
/// assert!((means.row(1)[0] - 1.5).abs() < 1e-14 && (variances.row(1)[0] - 1.5).abs() < 1e-14);
/// // y^T K^-1 y = 6, det K = 3
/// let by_hand = -3.0 - 3f64.ln() / 2.0 - std::f64::consts::TAU.ln();
/// assert!((p.evidence()[0] - by_hand).abs() < 1e-14);
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub struct Posterior {
    fit: Regression,
    /// The trained kernel on the training rows, without the noise.
    trained: Matrix,
    /// `K(X, X)`, where another kernel is trained.
    prior: Option<Matrix>,
    targets: Targets,
    noise: f64,
    inverse: OnceLock<Matrix>,
}

/// Means and variances of new rows: a row for each, a column for each target, in the units of the targets.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// What is expected.
    pub means: Matrix,
    /// Of the function, without the noise of the targets.
    pub variances: Matrix,
    /// The variance of the noise, of each target.
    pub noise: Vec<f64>,
    /// What rounding may have done to a variance, at most: `2^-52` of the sizes of its terms, `n` times.
    pub variance_error: f64,
}

impl Foreseen {
    /// How good this is, of each target.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of rows or targets.
    pub fn scores(&self, truth: &Matrix) -> Result<Vec<Score>> {
        if truth.columns != self.means.columns {
            return Err(Error::Shape(format!(
                "{} targets were learnt, {} are there to compare with",
                self.means.columns, truth.columns
            )));
        }
        let column =
            |m: &Matrix, j: usize| -> Vec<f64> { (0..m.rows).map(|i| m.row(i)[j]).collect() };
        let of = |j: usize| {
            let variances = column(&self.variances, j);
            let noisy: Vec<f64> = variances.iter().map(|v| v + self.noise[j]).collect();
            Score::of(&column(&self.means, j), &noisy, &column(truth, j))
        };
        (0..truth.columns).map(of).collect()
    }
}

impl Posterior {
    /// From the trained kernel on the training rows (NNGP where the last layer is trained alone, NTK where all are), the covariance
    /// at the beginning where that is another one, the targets and the variance of their noise in the units that the kernel sees.
    ///
    /// # Errors
    /// As [`Regression::new`]: [`Error::Unresolved`] for a matrix that is singular to within rounding (equal rows without noise),
    /// [`Error::Data`] for shapes that do not fit and a noise that is negative.
    pub fn new(
        trained: Matrix,
        prior: Option<Matrix>,
        targets: Targets,
        noise: f64,
    ) -> Result<Self> {
        if let Some(prior) = &prior
            && (prior.rows, prior.columns) != (trained.rows, trained.columns)
        {
            return Err(Error::Data(format!(
                "kernels of {} and of {} training points do not go together",
                prior.rows, trained.rows
            )));
        }
        let definite = Definite::Beyond(ROUNDING);
        Ok(Posterior {
            fit: Regression::new(&trained, targets.values(), noise, definite)?,
            trained,
            prior,
            targets,
            noise,
            inverse: OnceLock::new(),
        })
    }

    /// The targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// The variance of the noise, of each target in its own units.
    pub fn noise(&self) -> Vec<f64> {
        let of = |j| self.noise * self.targets.scale(j).powi(2);
        (0..self.targets.names().len()).map(of).collect()
    }

    /// An estimate of the condition of `K + noise I`: the product of two norms, usually within a factor of 3.
    pub fn condition(&self) -> f64 {
        self.fit.inverse_norm() * (self.trained.norm() + self.noise)
    }

    /// What is known of new rows: `cross = Theta(x, X)`, `own = K(x, x)`, and `K(x, X)` where the kernel that is trained is not
    /// the covariance at the beginning.
    ///
    /// # Errors
    /// [`Error::Data`] where the shapes do not fit.
    pub fn foreseen(
        &self,
        cross: &Matrix,
        own: &[f64],
        prior_cross: Option<&Matrix>,
    ) -> Result<Foreseen> {
        let n = self.trained.rows;
        let shapes = prior_cross.is_none_or(|p| (p.rows, p.columns) == (cross.rows, n));
        if own.len() != cross.rows || !shapes || prior_cross.is_some() != self.prior.is_some() {
            return Err(Error::Data(format!(
                "kernels of {} x {} and {} variances do not go with {n} points",
                cross.rows,
                cross.columns,
                own.len()
            )));
        }
        let standard = self.fit.predictions(cross)?;
        // A^T: a row for each training point
        let answer = self.fit.solved(&cross.transposed())?;
        let noisy = self.prior.as_ref().map(|k| {
            let mut product = Matrix::from((k.view() * answer.view()).as_ref());
            for (p, a) in product.values.iter_mut().zip(&answer.values) {
                *p += self.noise * a;
            }
            product
        });
        let (mut variances, mut error) = (Vec::new(), 0.0f64);
        for (i, own) in own.iter().enumerate() {
            let (mut sum, mut size) = (*own, own.abs());
            for k in 0..n {
                let a = answer.row(k)[i];
                let terms = match (&noisy, prior_cross) {
                    (Some(noisy), Some(prior)) => [-2.0 * a * prior.row(i)[k], a * noisy.row(k)[i]],
                    _ => [-a * cross.row(i)[k], 0.0],
                };
                for term in terms {
                    sum += term;
                    size += term.abs();
                }
            }
            variances.push(sum.max(0.0));
            error = error.max(n as f64 * f64::EPSILON * size);
        }
        let m = self.targets.names().len();
        let scaled = |v: &f64| {
            let v = *v;
            (0..m).map(move |j| v * self.targets.scale(j).powi(2))
        };
        let largest = (0..m).fold(0.0f64, |s, j| s.max(self.targets.scale(j)));
        Ok(Foreseen {
            means: self.restored(&standard),
            variances: Matrix {
                rows: variances.len(),
                columns: m,
                values: variances.iter().flat_map(scaled).collect(),
            },
            noise: self.noise(),
            variance_error: error * largest.powi(2),
        })
    }

    /// Each training row without itself: means, and variances with the noise, in the units of the targets. Where the trained kernel
    /// is not the covariance: `v^T (K + noise I) v` with `v = M^-1 e_i/(M^-1)_ii`, which is `(1, -A)` in the order of the rows.
    /// (Mean and standard deviation that the targets were divided by are those of all rows.)
    pub fn left_out(&self) -> (Matrix, Matrix) {
        let inverse = self.inverse();
        let n = self.trained.rows;
        let variance = |i: usize| {
            let own = inverse.row(i)[i];
            let Some(prior) = &self.prior else {
                return 1.0 / own;
            };
            let v = inverse.row(i);
            let sum: f64 = (0..n)
                .map(|k| {
                    let inner: f64 = prior.row(k).iter().zip(v).map(|(p, v)| p * v).sum();
                    v[k] * (inner + self.noise * v[k])
                })
                .sum();
            (sum / own / own).max(0.0)
        };
        let m = self.targets.names().len();
        let values = (0..n).flat_map(|i| {
            let v = variance(i);
            (0..m).map(move |j| v * self.targets.scale(j).powi(2))
        });
        let variances = Matrix {
            rows: n,
            columns: m,
            values: values.collect(),
        };
        (self.restored(&self.fit.left_out()), variances)
    }

    /// How good each training row is foreseen without itself, of each target.
    ///
    /// # Errors
    /// None for what [`Posterior::new`] has taken.
    pub fn left_out_scores(&self) -> Result<Vec<Score>> {
        let (means, variances) = self.left_out();
        let truth = self.restored(self.targets.values());
        let noise = vec![0.0; truth.columns];
        Foreseen {
            means,
            variances,
            noise,
            variance_error: 0.0,
        }
        .scores(&truth)
    }

    /// The log marginal likelihood of each target under the Gaussian process with the covariance that is trained: the density of
    /// the numbers as they were given, of which mean and standard deviation are taken for known.
    pub fn evidence(&self) -> Vec<f64> {
        let n = self.trained.rows;
        let weights = self.fit.weights();
        let values = self.targets.values();
        let determinant: f64 = self.fit.pivots().iter().map(|p| p.ln() / 2.0).sum();
        let of = |j: usize| {
            let fit: f64 = (0..n).map(|i| values.row(i)[j] * weights.row(i)[j]).sum();
            let scale = self.targets.scale(j).ln();
            -fit / 2.0 - determinant - n as f64 * (TAU.ln() / 2.0 + scale)
        };
        (0..values.columns).map(of).collect()
    }

    /// What errors of `relative` of each entry, and as much of the factorisation's own (`n 2^-52`), may do to the evidence, summed over the targets, to
    /// first order: half of `sum |alpha|^T |M| |alpha| + m sum_ij |M^-1|_ij |M|_ij` times that.
    pub fn evidence_error(&self, relative: f64) -> f64 {
        let n = self.trained.rows;
        let (weights, inverse) = (self.fit.weights(), self.inverse());
        let m = self.targets.names().len();
        let mut sum = 0.0;
        for i in 0..n {
            for k in 0..n {
                let noise = if i == k { self.noise } else { 0.0 };
                let entry = self.trained.row(i)[k].abs() + noise;
                let pair = weights.row(i).iter().zip(weights.row(k));
                let size: f64 = pair.map(|(a, b)| (a * b).abs()).sum();
                sum += entry * (size + m as f64 * inverse.row(i)[k].abs());
            }
        }
        (relative + n as f64 * f64::EPSILON) * sum / 2.0
    }

    /// The derivative of the evidence, summed over the targets, where the covariance `K + noise I` moves in the direction of a
    /// matrix: `sum alpha^T D alpha/2 - m tr(M^-1 D)/2`.
    ///
    /// # Errors
    /// [`Error::Data`] for a matrix of another shape.
    pub fn slope(&self, direction: &Matrix) -> Result<f64> {
        let n = self.trained.rows;
        if (direction.rows, direction.columns) != (n, n) {
            return Err(Error::Data(format!(
                "a matrix of {} x {} does not go with {n} points",
                direction.rows, direction.columns
            )));
        }
        let (weights, inverse) = (self.fit.weights(), self.inverse());
        let m = self.targets.names().len() as f64;
        let mut sum = 0.0;
        for i in 0..n {
            let (row, known) = (direction.row(i), inverse.row(i));
            for k in 0..n {
                let pair = weights.row(i).iter().zip(weights.row(k));
                let fit: f64 = pair.map(|(a, b)| a * b).sum();
                sum += row[k] * (fit - m * known[k]);
            }
        }
        Ok(sum / 2.0)
    }

    fn inverse(&self) -> &Matrix {
        self.inverse.get_or_init(|| self.fit.inverse())
    }

    /// In the units of the targets.
    fn restored(&self, standard: &Matrix) -> Matrix {
        let m = standard.columns;
        let given = |(k, x): (usize, &f64)| self.targets.given(k % m, *x);
        Matrix {
            values: standard.values.iter().enumerate().map(given).collect(),
            ..*standard
        }
    }
}
