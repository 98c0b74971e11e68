//! Where `c_sigma`, `sigma_w` and the factor of the first layer go: one adapter for each paper.
//!
//! `L` is the number of hidden layers throughout, `rho` the correlation of two inputs of unit norm, where the norm is
//! `|x|` or `|x|/sqrt(n_0)`, whichever the paper divides by.
//!
//! | paper | first layer | `sigma_w^2` | `sigma_b^2` | recursion |
//! |---|---|---|---|---|
//! | Radhakrishnan 2022 | `rho` | `1/E phi^2` | 0 | `T_{l+1} = T_l dual'(S_l) + S_{l+1}` |
//! | Arora 2019 | `rho` | `c_sigma = 1/E phi^2` | 0 | `Theta^(L) = sum_h Sigma^(h-1) prod_{h' >= h} Sigma'^(h')`, (9) |
//! | Jacot 2018 | `rho + beta^2` | 1 | `beta^2` | `Theta^(l+1) = Theta^(l) Sigma'^(l+1) + Sigma^(l+1)`, Theorem 1 |
//! | Lee 2019 | `sigma_w^2 rho + sigma_b^2` | `sigma_w^2` | `sigma_b^2` | `ntk = nngp + sigma_w^2 ntk` after every dense layer |
//!
//! So for an activation with `E phi^2 = 1/2` (ReLU) `Arora = Radhakrishnan`, `Lee(sqrt(2), 0) = 2 Radhakrishnan`,
//! `Jacot(0) = 2^-L Radhakrishnan`, `Lee(1, beta) = Jacot(beta)`. Jacot counts layers with the output: `Theta^(L+1)` there is
//! depth `L` here.

use crate::activation::Expr;
use crate::error::{Error, Result};
use crate::exact::Closed;
use crate::words::named;
use std::cmp::Ordering;

/// Whose kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Convention {
    /// Radhakrishnan, Belkin and Uhler 2022 (2204.14126): normalised activation, unit-norm inputs, no bias.
    #[default]
    Radhakrishnan2022,
    /// Arora, Du, Hu, Li, Salakhutdinov and Wang 2019 (1904.11955), section 3.1: `c_sigma` in every layer after the first.
    Arora2019,
    /// Jacot, Gabriel and Hongler 2018 (1806.07572): unit weights with the factor `1/sqrt(n)`, biases with the factor `beta`.
    Jacot2018,
    /// Lee, Xiao, Schoenholz, Bahri, Novak, Sohl-Dickstein and Pennington 2019 (1902.06720), and neural-tangents
    /// `Dense - (phi - Dense)^L` with `W_std = sigma_w`, `b_std = sigma_b` in its default `ntk` parametrisation.
    Lee2019,
}

named!(
    Convention, "convention":
    Radhakrishnan2022 = "radhakrishnan2022",
    Arora2019 = "arora2019",
    Jacot2018 = "jacot2018",
    Lee2019 = "lee2019",
);

impl Convention {
    /// The variances of a network in this convention. `sigma_w` and `sigma_b` are constants, so that `sqrt(2)` is exact.
    ///
    /// # Errors
    /// [`Error::Domain`] for a `sigma_w` that is not positive, a negative `sigma_b`, and for a parameter that the paper does
    /// not have.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, exact::Closed, recursion::Convention};
    /// let root: Expr = "sqrt(2)".parse()?;
    /// let net = Convention::Lee2019.variances(Some(&root), None)?;
    /// assert!(net.first.equals(&Closed::int(2)) && net.bias.is_zero());
    /// assert!(Convention::Arora2019.variances(Some(&root), None).is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn variances(self, sigma_w: Option<&Expr>, sigma_b: Option<&Expr>) -> Result<Variances> {
        let missing = |what: &str| {
            Error::Domain(format!(
                "the convention {} has no {what}; take lee2019 for weights and biases of any variance",
                self.name()
            ))
        };
        let no_weights = match (self, sigma_w) {
            (Convention::Lee2019, _) | (_, None) => Ok(()),
            _ => Err(missing("sigma_w")),
        };
        no_weights?;
        match self {
            Convention::Radhakrishnan2022 | Convention::Arora2019 => match sigma_b {
                Some(_) => Err(missing("sigma_b")),
                None => Ok(Variances {
                    first: Closed::one(),
                    weight: WeightVariance::Normalising,
                    bias: Closed::zero(),
                }),
            },
            Convention::Jacot2018 => Ok(Variances {
                first: Closed::one(),
                weight: WeightVariance::Fixed(Closed::one()),
                bias: bias_variance(sigma_b)?,
            }),
            Convention::Lee2019 => {
                let weight = weight_variance(sigma_w)?;
                Ok(Variances {
                    first: weight.clone(),
                    weight: WeightVariance::Fixed(weight),
                    bias: bias_variance(sigma_b)?,
                })
            }
        }
    }
}

/// The variances of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Variances {
    /// What the first layer multiplies `|x|^2` with.
    pub first: Closed,
    /// `sigma_w^2` of the layers after the first.
    pub weight: WeightVariance,
    /// `sigma_b^2`
    pub bias: Closed,
}

/// The weight variance of the layers after the first.
#[derive(Clone, Debug, PartialEq)]
pub enum WeightVariance {
    /// `sigma_w^2`
    Fixed(Closed),
    /// `c_sigma = 1/E phi(Z)^2`, which keeps unit variance.
    Normalising,
}

/// `sigma_w^2`, 1 where nothing is given.
///
/// # Errors
/// [`Error::Domain`] for a value that is not positive.
pub fn weight_variance(sigma: Option<&Expr>) -> Result<Closed> {
    let Some(sigma) = sigma else {
        return Ok(Closed::one());
    };
    let value = constant("sigma_w", sigma)?;
    match value.sign() {
        Some(Ordering::Greater) => value.powi(2).ok_or_else(too_long),
        Some(Ordering::Equal) => Err(Error::Domain(
            "sigma_w = 0: nothing passes a layer, and there is no kernel to speak of".into(),
        )),
        _ => Err(Error::Domain(format!(
            "sigma_w is a standard deviation and must be positive, {sigma} is not"
        ))),
    }
}

/// `sigma_b^2`, 0 where nothing is given.
///
/// # Errors
/// [`Error::Domain`] for a negative value.
pub fn bias_variance(sigma: Option<&Expr>) -> Result<Closed> {
    let Some(sigma) = sigma else {
        return Ok(Closed::zero());
    };
    let value = constant("sigma_b", sigma)?;
    match value.sign() {
        Some(Ordering::Greater | Ordering::Equal) => value.powi(2).ok_or_else(too_long),
        _ => Err(Error::Domain(format!(
            "sigma_b is a standard deviation and must not be negative, {sigma} is"
        ))),
    }
}

fn constant(name: &str, e: &Expr) -> Result<Closed> {
    let found = e.is_constant().then(|| Closed::from_expr(e)).flatten();
    found.ok_or_else(|| {
        Error::Domain(format!(
            "{name} must be a constant such as 1.5 or sqrt(2), {e} is not"
        ))
    })
}

fn too_long() -> Error {
    Error::Unresolved("the variance of the weights could not be written in closed form".into())
}
