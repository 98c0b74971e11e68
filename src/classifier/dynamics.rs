//! Training in closed form: what an infinitely wide network, or one that is linearised, predicts at any time.
//!
//! Gradient flow `d theta/dt = -eta d loss/d theta` on `loss = 1/2 sum_i (f(x_i) - y_i)^2` (a sum, not a mean) makes
//! `df_t(X)/dt = -eta Theta (f_t(X) - Y)`, and so (Lee et al. 2019, section 2; Jacot et al. 2018, section 5)
//!
//! ```text
//! f_t(x) = f_0(x) + Theta(x, X) g_t(Theta) (Y - f_0(X)),     g_t(lambda) = (1 - e^{-eta lambda t})/lambda
//! ```
//!
//! Over networks drawn at random, `f_0` is a Gaussian process of mean 0 with covariance `K` (NNGP), and with
//! `A = Theta(x, X) g_t(Theta)`
//!
//! ```text
//! mean         mu_t(x)        = A Y
//! covariance   Sigma_t(x, x') = K(x, x') - A K(X, x') - K(x, X) A'^T + A K(X, X) A'^T
//! ```
//!
//! With `Theta = K` only the last layer is trained; at `t = infinity` that is the posterior of the Gaussian process. Gradient
//! descent in steps has `(1 - (1 - eta lambda)^k)/lambda` for `g_t`.
//!
//! A ridge is the variance of noise on the targets: every network is trained on `Y + sqrt(ridge) eps`, with normal `eps` of its
//! own, and pulled back to where it began by `ridge/2 |theta - theta_0|^2` in the loss (sample-then-optimise: Matthews, Hron,
//! Turner and Ghahramani 2017, section 3). Then `g_t` has `lambda + ridge` for `lambda`, and the noise adds its own part:
//!
//! ```text
//! Sigma_t(x, x') = K(x, x') - A K(X, x') - K(x, X) A'^T + A (K(X, X) + ridge I) A'^T
//! ```
//!
//! For `Theta = K` at `t = infinity`, `A = K(x, X) (K + ridge I)^-1`, and three of the four terms are one up to sign: what is
//! left, `K(x, x') - K(x, X) (K + ridge I)^-1 K(X, x')`, is the posterior of the Gaussian process under noise of that variance
//! (Rasmussen and Williams 2006, eq. 2.24). Without the noise, `ridge A A'^T` would be missing: an ensemble of networks that
//! are all pulled back from the same targets is narrower than the posterior.

use faer::Mat;

use crate::error::{Error, Result};
use crate::gram::{Matrix, Spectrum};

/// For how long the network has been trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Time {
    /// Gradient flow up to this `t`, from 0.
    Flow(f64),
    /// So many steps of gradient descent.
    Steps(u64),
    /// To the end.
    Infinite,
}

/// The covariance `K` of the outputs before training.
#[derive(Clone, Copy, Debug)]
pub struct Prior<'a> {
    /// `K(X, X)`
    pub gram: &'a Matrix,
    /// `K(x, X)`, a row for each test point.
    pub cross: &'a Matrix,
}

/// A training set's kernel, diagonalised; see the [module](self) for the formulas.
///
/// Accuracy: `g_t` to a few units in the last place however small `eta lambda t` is. The prediction inherits the rounding of
/// the kernel times `g_t(lambda_min)`: at `t = infinity` the condition of the matrix, at early times hardly anything.
///
/// ```
/// use deeplimit::classifier::{Dynamics, Time};
/// use deeplimit::gram::Matrix;
/// let theta = Matrix { rows: 1, columns: 1, values: vec![2.0] };
/// let (x, y) = (Matrix { rows: 1, columns: 1, values: vec![1.0] }, Matrix { rows: 1, columns: 1, values: vec![3.0] });
/// let d = Dynamics::new(&theta, 0.5, 0.0)?;
/// assert_eq!(d.mean(&x, &y, Time::Infinite)?.values[0], 1.5);
/// let early = d.mean(&x, &y, Time::Flow(1e-20))?.values[0];
/// assert!((early / 1.5e-20 - 1.0).abs() < 1e-15);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dynamics {
    spectrum: Spectrum,
    rate: f64,
    ridge: f64,
}

impl Dynamics {
    /// From `Theta(X, X)`, the learning rate `eta` and a ridge (0 for none): the variance of the targets' noise, in the units of
    /// the kernel; see the [module](self).
    ///
    /// # Errors
    /// As [`Spectrum::new`]; [`Error::Data`] for a rate that is not positive, a ridge that is negative, and a matrix with an
    /// eigenvalue that is negative beyond rounding.
    pub fn new(theta: &Matrix, rate: f64, ridge: f64) -> Result<Self> {
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::Data(format!(
                "a learning rate is a positive number, {rate} is not"
            )));
        }
        if !(ridge.is_finite() && ridge >= 0.0) {
            return Err(Error::Data(format!(
                "a ridge is a number from 0 on, {ridge} is not"
            )));
        }
        let spectrum = Spectrum::new(theta)?;
        if spectrum.values()[0] < -spectrum.rounding() {
            return Err(Error::Data(format!(
                "the matrix has the eigenvalue {:e} and is no kernel",
                spectrum.values()[0]
            )));
        }
        Ok(Dynamics {
            spectrum,
            rate,
            ridge,
        })
    }

    /// The eigenvalues of `Theta(X, X)`.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// `2/(lambda_max + ridge)`: gradient descent converges for smaller rates.
    pub fn critical_rate(&self) -> f64 {
        2.0 / (self.spectrum.largest() + self.ridge)
    }

    /// `mu_t`: a row for each row of `cross = Theta(x, X)`, a column for each target.
    ///
    /// # Errors
    /// [`Error::Data`] where the shapes do not fit, for a time that is negative, at infinite time where the matrix is
    /// singular to within rounding (a ridge, or a finite time), for steps with a rate above the [critical
    /// one](Dynamics::critical_rate).
    pub fn mean(&self, cross: &Matrix, targets: &Matrix, time: Time) -> Result<Matrix> {
        self.fits("targets", targets.rows)?;
        self.fits("columns", cross.columns)?;
        let gain = self.gain(time)?;
        let weights = self.spectrum.applied(gain, targets.view());
        let product = cross.view() * &weights;
        Ok(Matrix::from(product.as_ref()))
    }

    /// What a linearised network predicts that starts from `f_0`: at the training points from `start`, at the others from
    /// `start_cross`.
    ///
    /// # Errors
    /// As [`Dynamics::mean`].
    pub fn continued(
        &self,
        cross: &Matrix,
        targets: &Matrix,
        start: &Matrix,
        start_cross: &Matrix,
        time: Time,
    ) -> Result<Matrix> {
        let shapes = [
            (start.rows, start.columns),
            (start_cross.rows, start_cross.columns),
        ];
        if shapes
            != [
                (targets.rows, targets.columns),
                (cross.rows, targets.columns),
            ]
        {
            return Err(Error::Data(
                "the initial outputs are not as many as the points and targets".to_owned(),
            ));
        }
        let mut rest = targets.clone();
        for (y, f) in rest.values.iter_mut().zip(&start.values) {
            *y -= f;
        }
        let mut out = self.mean(cross, &rest, time)?;
        for (f, s) in out.values.iter_mut().zip(&start_cross.values) {
            *f += s;
        }
        Ok(out)
    }

    /// What is left of `f_0(X) - Y` (without a ridge): `e^{-eta Theta t}` of it, small numbers with their digits.
    ///
    /// # Errors
    /// As [`Dynamics::mean`].
    pub fn residual(&self, start: &Matrix, time: Time) -> Result<Matrix> {
        self.fits("rows", start.rows)?;
        self.checked(time)?;
        let (rate, ridge) = (self.rate, self.ridge);
        let decay = move |lambda: f64| {
            let step = rate * (lambda + ridge);
            match time {
                Time::Flow(t) => (-step * t).exp(),
                Time::Steps(k) => power(1.0 - step, k),
                Time::Infinite => 0.0,
            }
        };
        let out = self.spectrum.applied(decay, start.view());
        Ok(Matrix::from(out.as_ref()))
    }

    /// `Sigma_t(x, x')` of all pairs of test points; `own = K(x, x')`.
    ///
    /// ```
    /// use deeplimit::classifier::{Dynamics, Prior, Time};
    /// use deeplimit::gram::Matrix;
    /// let one = |x: f64| Matrix { rows: 1, columns: 1, values: vec![x] };
    /// let (k, cross) = (one(2.0), one(1.0));
    /// let d = Dynamics::new(&k, 1.0, 0.5)?;
    /// let sigma = d.covariance(&cross, Prior { gram: &k, cross: &cross }, &one(2.0), Time::Infinite)?;
    /// // 2 - 1 (2 + 0.5)^-1 1
    /// assert!((sigma.values[0] - 1.6).abs() < 1e-15);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Dynamics::mean`].
    pub fn covariance(
        &self,
        cross: &Matrix,
        prior: Prior<'_>,
        own: &Matrix,
        time: Time,
    ) -> Result<Matrix> {
        if own.rows != cross.rows || own.columns != cross.rows {
            return Err(Error::Data(format!(
                "a covariance of {} x {} does not go with {} test points",
                own.rows, own.columns, cross.rows
            )));
        }
        let a = self.response(cross, prior, time)?;
        let mixed = prior.cross.view() * &a;
        let last = a.transpose() * &self.noisy(prior, &a);
        let at = |i: usize, j: usize| {
            own.row(i)[j] - (mixed[(i, j)] + mixed[(j, i)]) + (last[(i, j)] + last[(j, i)]) / 2.0
        };
        let values = (0..own.rows).flat_map(|i| (0..own.rows).map(move |j| at(i, j)));
        Ok(Matrix {
            rows: own.rows,
            columns: own.rows,
            values: values.collect(),
        })
    }

    /// `Sigma_t(x, x)` of every test point, with what rounding may have done to it (`2^-52` of the sizes of its terms, `n`
    /// times); never negative. `own = K(x, x)`.
    ///
    /// # Errors
    /// As [`Dynamics::mean`].
    pub fn variances(
        &self,
        cross: &Matrix,
        prior: Prior<'_>,
        own: &[f64],
        time: Time,
    ) -> Result<Vec<(f64, f64)>> {
        if own.len() != cross.rows {
            return Err(Error::Data(format!(
                "{} variances do not go with {} test points",
                own.len(),
                cross.rows
            )));
        }
        let a = self.response(cross, prior, time)?;
        let product = self.noisy(prior, &a);
        let n = a.nrows();
        let of = |(i, own): (usize, &f64)| {
            let (mut sum, mut size) = (*own, own.abs());
            for k in 0..n {
                let terms = [
                    -2.0 * prior.cross.row(i)[k] * a[(k, i)],
                    a[(k, i)] * product[(k, i)],
                ];
                for term in terms {
                    sum += term;
                    size += term.abs();
                }
            }
            (sum.max(0.0), n as f64 * f64::EPSILON * size)
        };
        Ok(own.iter().enumerate().map(of).collect())
    }

    /// `(K(X, X) + ridge I) A^T`
    fn noisy(&self, prior: Prior<'_>, a: &Mat<f64>) -> Mat<f64> {
        let mut product = prior.gram.view() * a;
        for i in 0..a.nrows() {
            for j in 0..a.ncols() {
                product[(i, j)] += self.ridge * a[(i, j)];
            }
        }
        product
    }

    /// `A^T = g_t(Theta) Theta(X, x)`, a column for each test point.
    fn response(&self, cross: &Matrix, prior: Prior<'_>, time: Time) -> Result<Mat<f64>> {
        self.fits("columns", cross.columns)?;
        self.fits("columns", prior.cross.columns)?;
        self.fits("rows", prior.gram.rows)?;
        self.fits("columns", prior.gram.columns)?;
        if prior.cross.rows != cross.rows {
            return Err(Error::Data(format!(
                "kernels of {} and of {} test points do not go together",
                prior.cross.rows, cross.rows
            )));
        }
        Ok(self
            .spectrum
            .applied(self.gain(time)?, cross.view().transpose()))
    }

    fn fits(&self, what: &str, count: usize) -> Result<()> {
        let n = self.spectrum.values().len();
        match count == n {
            true => Ok(()),
            false => Err(Error::Data(format!(
                "{count} {what} do not go with {n} training points"
            ))),
        }
    }

    fn checked(&self, time: Time) -> Result<()> {
        match time {
            Time::Flow(t) if !(t.is_finite() && t >= 0.0) => Err(Error::Data(format!(
                "a time is a number from 0 on, or infinite; {t} is not"
            ))),
            Time::Steps(_) if self.rate >= self.critical_rate() => Err(Error::Data(format!(
                "gradient descent with the rate {:e} diverges: it must be below {:e}",
                self.rate,
                self.critical_rate()
            ))),
            _ => Ok(()),
        }
    }

    /// `g_t`
    fn gain(&self, time: Time) -> Result<impl Fn(f64) -> f64 + use<>> {
        self.checked(time)?;
        let least = self.spectrum.values()[0] + self.ridge;
        if time == Time::Infinite && least <= self.spectrum.rounding() {
            return Err(Error::Data(format!(
                "the kernel matrix is singular to within rounding (smallest eigenvalue {least:e}, rank {} of {}): rows that \
                 are nearly the same; take a ridge, or a finite time",
                self.spectrum.rank(),
                self.spectrum.values().len()
            )));
        }
        let (rate, ridge) = (self.rate, self.ridge);
        Ok(move |lambda: f64| {
            let lambda = lambda + ridge;
            let step = rate * lambda;
            match time {
                Time::Infinite => 1.0 / lambda,
                Time::Flow(t) if step * t == 0.0 => rate * t,
                Time::Flow(t) => -(-step * t).exp_m1() / lambda,
                Time::Steps(k) if k == 0 || step == 0.0 => rate * k as f64,
                Time::Steps(k) if step < 0.5 => -(k as f64 * (-step).ln_1p()).exp_m1() / lambda,
                Time::Steps(k) => (1.0 - power(1.0 - step, k)) / lambda,
            }
        })
    }
}

/// `x^k`
fn power(x: f64, k: u64) -> f64 {
    let size = match k {
        0 => 1.0,
        _ => (k as f64 * x.abs().ln()).exp(),
    };
    if x < 0.0 && k % 2 == 1 { -size } else { size }
}
