//! Which network: what its kernels depend on besides their inputs, as data.

use rug::Rational;

use super::conventions::{Convention, Variances};
use crate::activation::{Exact, Expr};
use crate::error::{Error, Result};
use crate::exact::Activation;

/// Whose kernel, of which weights and biases, on inputs of which length.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose kernel.
    pub convention: Convention,
    /// Standard deviation of the weights, a constant; where the convention has one.
    pub sigma_w: Option<Expr>,
    /// Standard deviation of the biases, a constant; where the convention has one.
    pub sigma_b: Option<Expr>,
    /// `|x|^2` and `|x'|^2` (over `n_0` where the paper divides by it).
    pub norms: (Rational, Rational),
}

impl Default for Settings {
    /// The paper's: unit-norm inputs, normalised activation, no bias.
    fn default() -> Self {
        Settings {
            convention: Convention::default(),
            sigma_w: None,
            sigma_b: None,
            norms: (Rational::from(1), Rational::from(1)),
        }
    }
}

impl Settings {
    /// What the convention makes of the standard deviations.
    ///
    /// # Errors
    /// [`Error::Domain`] for what is no constant, or what the convention does not have.
    pub fn variances(&self) -> Result<Variances> {
        self.convention
            .variances(self.sigma_w.as_ref(), self.sigma_b.as_ref())
    }

    /// Inputs of these norms have a direction.
    pub(crate) fn directions(&self) -> Result<()> {
        let (one, other) = &self.norms;
        match [one, other].into_iter().find(|norm| **norm <= 0) {
            None => Ok(()),
            Some(norm) => Err(Error::Domain(format!(
                "{norm} is not the squared norm of an input with a direction: it must be positive"
            ))),
        }
    }
}

/// A network, infinitely wide: an activation, a convention, weights and biases. What is asked of it stands in later rooms: its
/// kernels at correlations with certain digits (`values`), compiled for data (`kernel`, `kernels`).
///
/// ```
/// use deeplimit::{Activation, Convention, Network};
/// let erf: Activation = "erf".parse()?;
/// let network = Network::of(&erf).convention(Convention::Lee2019).weights("3/2")?.biases("1/10")?;
/// assert_eq!(network.to_string(), "erf, lee2019, sigma_w = 3/2, sigma_b = 1/10");
/// assert!(Network::of(&erf).weights("x").is_err());
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    activation: Activation,
    settings: Settings,
}

impl Network {
    /// The network of the paper: the activation normalised to `E phi(Z)^2 = 1`, no biases, inputs of length 1.
    pub fn of(activation: &Activation) -> Self {
        Network {
            activation: activation.clone(),
            settings: Settings::default(),
        }
    }

    /// With these settings.
    pub fn with(activation: &Activation, settings: Settings) -> Self {
        Network {
            activation: activation.clone(),
            settings,
        }
    }

    /// In the convention of a paper.
    #[must_use]
    pub fn convention(mut self, convention: Convention) -> Self {
        self.settings.convention = convention;
        self
    }

    /// The standard deviation of the weights: a constant, `3/2` or `sqrt(2)`.
    ///
    /// # Errors
    /// [`Error::Parse`]; [`Error::Domain`] for what is no constant. Whether the convention has it is seen by what is asked next.
    pub fn weights(mut self, sigma_w: &str) -> Result<Self> {
        self.settings.sigma_w = Some(constant(sigma_w)?);
        Ok(self)
    }

    /// The standard deviation of the biases, likewise.
    ///
    /// # Errors
    /// As [`Network::weights`].
    pub fn biases(mut self, sigma_b: &str) -> Result<Self> {
        self.settings.sigma_b = Some(constant(sigma_b)?);
        Ok(self)
    }

    /// The squared norms of the two inputs (over `n_0` where the paper divides by it).
    ///
    /// # Errors
    /// [`Error::Domain`] for what is no rational number.
    pub fn norms(mut self, first: impl Exact, second: impl Exact) -> Result<Self> {
        self.settings.norms = (first.exact()?, second.exact()?);
        Ok(self)
    }

    /// The activation.
    pub fn activation(&self) -> &Activation {
        &self.activation
    }

    /// Convention, weights, biases, norms.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = &self.settings;
        write!(f, "{}, {}", self.activation.typed, s.convention)?;
        for (name, sigma) in [("sigma_w", &s.sigma_w), ("sigma_b", &s.sigma_b)] {
            if let Some(sigma) = sigma {
                write!(f, ", {name} = {sigma}")?;
            }
        }
        if s.norms != (Rational::from(1), Rational::from(1)) {
            write!(f, ", |x|^2 = {}, |x'|^2 = {}", s.norms.0, s.norms.1)?;
        }
        Ok(())
    }
}

fn constant(text: &str) -> Result<Expr> {
    let expr = Expr::parse(text)?;
    match expr.is_constant() {
        true => Ok(expr),
        false => Err(Error::Domain(format!(
            "`{text}` is no constant: a standard deviation does not depend on x"
        ))),
    }
}
