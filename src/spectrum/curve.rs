//! Learning curves of kernel regression, predicted from the spectrum.
//!
//! With `n` random inputs, the ridge `delta` (added to the diagonal), targets `f + noise` of variance `sigma^2`, and `f` with the weight
//! `v_k^2 = E f_k^2` on the eigenfunctions of degree `k`:
//!
//! ```text
//! n = sum_k N_k lambda_k/(lambda_k + kappa) + delta/kappa       the effective regularisation
//! L_k = lambda_k/(lambda_k + kappa)                             the learnability of a degree
//! E_0 = n/(n - sum_k N_k L_k^2)                                 the overfitting coefficient
//! error = E_0 (sum_k (1 - L_k)^2 v_k^2 + sigma^2)               on new inputs, their noise included
//! ```
//!
//! (Bordelon, Canatar and Pehlevan 2020; Simon, Dickens, Karkada and DeWeese 2021; the same as the replica estimate of Canatar et al. 2021.)
//! It is an approximation, exact as `n` and the dimension grow together; not a bound. Degrees above the last one act as a ridge:
//! `lambda/(lambda + kappa)` is `lambda/kappa` for them, and their sum is `K(1)` less the trace that is known.

use super::eigenvalues::{KernelSpectrum, Space};
use crate::error::{Error, Result};

/// What a learning curve is predicted from.
#[derive(Clone, Debug)]
pub struct LearningCurve {
    /// `lambda_k` and `N_k`.
    levels: Vec<(f64, f64)>,
    /// What the higher degrees have together.
    rest: f64,
    /// `v_k^2` by degree.
    target: Vec<f64>,
    /// Added to the diagonal.
    ridge: f64,
    /// `sigma^2`
    noise: f64,
}

/// The prediction for one number of inputs.
#[derive(Clone, Debug)]
pub struct CurvePoint {
    /// `n`
    pub inputs: f64,
    /// `kappa`
    pub regularisation: f64,
    /// `L_k`
    pub learnability: Vec<f64>,
    /// `E_0`
    pub overfitting: f64,
    /// The mean squared error on new inputs, the noise of their targets included.
    pub error: f64,
    /// `lambda/kappa` of the last degree: where that is not small, higher degrees are learned too, and the prediction misses them.
    pub left_out: f64,
}

impl LearningCurve {
    /// For a target with the weight `target[k] = E f_k^2` on the harmonics of degree `k`, a ridge that is added to the diagonal (in units of
    /// the kernel), and noise of the variance `noise`.
    ///
    /// # Errors
    /// [`Error::Domain`] for a kernel without a trace, for a degree beyond the spectrum, for numbers that are negative or not finite.
    ///
    /// ```
    /// use deeplimit::spectrum::{LearningCurve, Space};
    /// use deeplimit::{Activation, Depth, Effort, Kind, Network};
    /// let relu: Activation = "relu".parse()?;
    /// let spectrum = Network::of(&relu).spectrum(Space::Sphere(4), Kind::Ntk, Depth::Layers(1), 30, &Effort::digits(12))?;
    /// let curve = LearningCurve::new(&spectrum, &[0.0, 1.0], 1e-6, 0.0)?;
    /// let (few, many) = (curve.predicted(8.0)?, curve.predicted(256.0)?);
    /// assert!(few.error > 0.1 && many.error < 0.01 && many.learnability[1] > 0.9);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn new(
        spectrum: &KernelSpectrum,
        target: &[f64],
        ridge: f64,
        noise: f64,
    ) -> Result<LearningCurve> {
        let Some(rest) = &spectrum.rest else {
            return Err(Error::Domain(
                "a learning curve takes a kernel that is finite on the diagonal: a singular kernel interpolates by itself"
                    .to_owned(),
            ));
        };
        let last = spectrum.eigenvalues.len().saturating_sub(1);
        if let Some(k) = target.iter().rposition(|v| *v != 0.0)
            && k > last
        {
            return Err(Error::Domain(format!(
                "the target has a part of degree {k}, and the spectrum ends at degree {last}"
            )));
        }
        let wrong = |x: &f64| !x.is_finite() || *x < 0.0;
        for (what, bad) in [
            ("weight of a degree", target.iter().find(|x| wrong(x))),
            ("ridge", Some(&ridge).filter(|x| wrong(x))),
            ("variance of the noise", Some(&noise).filter(|x| wrong(x))),
        ] {
            if let Some(bad) = bad {
                return Err(Error::Domain(format!(
                    "a {what} is a number from 0 on, {bad} is not"
                )));
            }
        }
        if target.iter().sum::<f64>() + noise == 0.0 {
            return Err(Error::Domain(
                "the target is zero: there is nothing to learn".to_owned(),
            ));
        }
        let level = |e: &super::Eigenvalue| (e.value.to_f64(), e.multiplicity.to_f64());
        Ok(LearningCurve {
            levels: spectrum.eigenvalues.iter().map(level).collect(),
            rest: match spectrum.space {
                Space::Cube(d) if last == d as usize => 0.0,
                _ => rest.to_f64().max(0.0),
            },
            target: target.to_vec(),
            ridge,
            noise,
        })
    }

    /// What kernel regression on `n` random inputs is expected to do.
    ///
    /// Accuracy: that of the approximation; the equation for `kappa` is solved to rounding.
    ///
    /// # Errors
    /// [`Error::Domain`] for an `n` that is not positive, and for more inputs than there are eigenfunctions where nothing
    /// regularises.
    pub fn predicted(&self, n: f64) -> Result<CurvePoint> {
        if !n.is_finite() || n <= 0.0 {
            return Err(Error::Domain(format!(
                "a number of inputs is positive, {n} is not"
            )));
        }
        let modes: f64 = self.levels.iter().filter(|l| l.0 > 0.0).map(|l| l.1).sum();
        let beyond = self.ridge + self.rest;
        if beyond <= 0.0 && n >= modes {
            return Err(Error::Domain(format!(
                "the kernel has {modes} eigenfunctions and there is no ridge: {n} inputs determine everything"
            )));
        }
        let load = |kappa: f64| {
            let sum: f64 = self.levels.iter().map(|(l, m)| m * l / (l + kappa)).sum();
            sum + beyond / kappa - n
        };
        let trace: f64 = self.levels.iter().map(|(l, m)| l * m).sum();
        // load(high) <= 0, because lambda/(lambda + kappa) < lambda/kappa
        let mut high = ((trace + beyond) / n).ln();
        let mut low = high - 1.0;
        while load(low.exp()) < 0.0 && low > -700.0 {
            low -= 2.0 * (high - low);
        }
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            match load(middle.exp()) > 0.0 {
                true => low = middle,
                false => high = middle,
            }
        }
        let kappa = f64::midpoint(low, high).exp();
        let learnability: Vec<f64> = self.levels.iter().map(|(l, _)| l / (l + kappa)).collect();
        let squares = self.levels.iter().zip(&learnability);
        let spent: f64 = squares.map(|((_, m), l)| m * l * l).sum();
        let overfitting = n / (n - spent);
        let missed: f64 = self
            .target
            .iter()
            .zip(&learnability)
            .map(|(v, l)| (1.0 - l) * (1.0 - l) * v)
            .sum();
        let largest = self.levels.iter().rev().take(2).map(|l| l.0);
        let left_out = match self.rest > 0.0 {
            true => largest.fold(0.0, f64::max) / kappa,
            false => 0.0,
        };
        Ok(CurvePoint {
            inputs: n,
            regularisation: kappa,
            learnability,
            overfitting,
            error: overfitting * (missed + self.noise),
            left_out,
        })
    }
}
