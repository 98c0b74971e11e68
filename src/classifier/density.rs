//! Known densities: what a classifier could do at best.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Gamma};
use rug::Float;

use super::{Decision, decided};
use crate::error::{Error, Result};

/// A stream of random numbers: the same for the same seed, on every machine (ChaCha with 8 rounds).
pub type Generator = ChaCha8Rng;

/// The stream of a seed.
pub fn generator(seed: u64) -> Generator {
    ChaCha8Rng::seed_from_u64(seed)
}

/// The Dirichlet law on the simplex, density proportional to `prod p_j^(a_j - 1)`.
#[derive(Clone, Debug)]
pub struct Dirichlet {
    parameters: Vec<f64>,
    log_constant: f64,
    gammas: Vec<Gamma<f64>>,
}

impl Dirichlet {
    /// # Errors
    /// [`Error::Domain`] for fewer than two parameters, or one that is not positive and finite.
    pub fn new(parameters: &[f64]) -> Result<Self> {
        let bad = || Error::Domain("a Dirichlet law takes two or more positive numbers".into());
        if parameters.len() < 2 || parameters.iter().any(|a| !a.is_finite()) {
            return Err(bad());
        }
        let gammas = parameters
            .iter()
            .map(|a| Gamma::new(*a, 1.0).map_err(|_| bad()))
            .collect::<Result<_>>()?;
        let total: f64 = parameters.iter().sum();
        let constant =
            libm::lgamma(total) - parameters.iter().map(|a| libm::lgamma(*a)).sum::<f64>();
        Ok(Dirichlet {
            parameters: parameters.to_vec(),
            log_constant: constant,
            gammas,
        })
    }

    /// A point of the simplex: gamma variables divided by their sum.
    pub fn sample(&self, generator: &mut Generator) -> Vec<f64> {
        loop {
            let g: Vec<f64> = self.gammas.iter().map(|g| g.sample(generator)).collect();
            let sum: f64 = g.iter().sum();
            if sum > 0.0 && sum.is_finite() {
                return g.iter().map(|x| x / sum).collect();
            }
        }
    }

    /// `log` of the density with respect to Lebesgue measure in all coordinates but one.
    pub fn log_density(&self, p: &[f64]) -> f64 {
        let terms = self
            .parameters
            .iter()
            .zip(p)
            .map(|(a, p)| if *a == 1.0 { 0.0 } else { (a - 1.0) * p.ln() });
        self.log_constant + terms.sum::<f64>()
    }

    /// The density of `p/|p|` on the sphere divided by a factor that is the same for all laws: `x` is brought back to the
    /// simplex by dividing by its sum.
    fn log_density_on_sphere(&self, x: &[f64]) -> f64 {
        let sum: f64 = x.iter().sum();
        let p: Vec<f64> = x.iter().map(|x| x / sum).collect();
        self.log_density(&p)
    }
}

/// A point of the simplex on the sphere: divided by its Euclidean norm.
pub fn on_the_sphere(p: &[f64]) -> Vec<f64> {
    let norm = p.iter().map(|x| x * x).sum::<f64>().sqrt();
    p.iter().map(|x| x / norm).collect()
}

/// The Bayes rule: the class with the largest `prior * density` at a point of the sphere's positive orthant.
///
/// ```
/// use deeplimit::classifier::{Dirichlet, bayes};
/// let classes = [Dirichlet::new(&[1.0, 2.0]).unwrap(), Dirichlet::new(&[2.0, 1.0]).unwrap()];
/// assert_eq!(bayes(&[0.5, 0.5], &classes, &[0.6, 0.8]).label, Some(0));
/// ```
pub fn bayes(priors: &[f64], classes: &[Dirichlet], x: &[f64]) -> Decision {
    let logs: Vec<f64> = priors
        .iter()
        .zip(classes)
        .map(|(p, c)| p.ln() + c.log_density_on_sphere(x))
        .collect();
    let top = logs.iter().fold(f64::NEG_INFINITY, |m, l| m.max(*l));
    Decision {
        label: decided(&logs, |a, b| {
            logs[a] - logs[b] > 1e-13 * (1.0 + logs[a].abs())
        }),
        scores: logs
            .iter()
            .map(|l| Float::with_val(53, (l - top).exp()))
            .collect(),
    }
}
