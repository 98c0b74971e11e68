//! Weights, biases and inputs of any variance, two inputs of the same norm.
//!
//!     q_0 = k_0(1) = input + sigma_b^2,            k_0 = input rho + sigma_b^2,        Theta_0 = k_0
//!     q_{l+1} = sigma_w^2 V(q_l) + sigma_b^2,      k_{l+1} = sigma_w^2 E phi(x) phi(y) + sigma_b^2
//!     Theta_{l+1} = k_{l+1} + sigma_w^2 E phi'(x) phi'(y) Theta_l,     (x, y) Gaussian with variances q_l and covariance k_l
//!
//! (Poole et al. 2016; Lee et al. 2018, 2019; Jacot et al. 2018.) With `S_l = k_l/q_l`, `T_l = Theta_l/q_l` and the normalised
//! dual of `phi(sqrt(q_l) z)` this is the recursion of a unit-norm network, its map mixed with the constant 1:
//! `S_{l+1} = w dual(S_l) + 1 - w`, `T_{l+1} = w dual'(S_l) T_l + S_{l+1}`, `w = sigma_w^2 V(q_l)/q_{l+1}`. So the same
//! coordinates keep the digits.

use rayon::prelude::*;
use rug::{Float, Rational};

use super::covariance::Covariance;
use super::unit::{DIRECT, Kernels, Unit};
use super::variance::Windows;
use super::walk::{Correlation, Layer, Walk};
use super::Scaled;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::dual::{Dual, prepared};
use crate::error::{Error, Result};
use crate::exact::{Closed, Structure};
use crate::real::{Analytic, Ball, Bits, Real};

/// The variances of a network.
#[derive(Clone, Debug)]
pub struct Network {
    /// What an input contributes to the variance of the first layer: its squared norm, with the factors of that layer.
    pub input: Closed,
    /// `sigma_w^2` of the layers after the first.
    pub weight: Weight,
    /// `sigma_b^2`
    pub bias: Closed,
}

/// The weight variance of the layers after the first.
#[derive(Clone, Debug)]
pub enum Weight {
    /// `sigma_w^2`
    Fixed(Closed),
    /// `c_sigma = 1/E phi(Z)^2`, which keeps unit variance.
    Normalising,
}

/// The normalised dual of an activation and its second moment at any variance.
#[derive(Debug)]
pub enum Activation {
    /// `phi(c z) = c^k phi(z)`: the dual is the same at all variances.
    Homogeneous {
        /// `k`
        degree: Rational,
        /// `E phi(Z)^2`
        square: Ball,
        /// At variance 1, and so everywhere.
        dual: Dual<Ball>,
    },
    /// A closed form at all variances.
    Closed(Covariance<Ball>),
    /// Hermite coefficients that follow the variance.
    Expanded(Windows),
}

/// Bits beyond the accuracy that numbers are carried with.
const GUARD: Bits = 48;

impl Activation {
    /// Chooses the road: homogeneity, then a closed form, then Hermite coefficients up to `degree`.
    ///
    /// # Errors
    /// See [`prepared`].
    pub fn new(
        expr: &Expr,
        structure: &Structure,
        degree: u32,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<Self> {
        if let (Some(k), Some(square)) = (&structure.homogeneity, &structure.square) {
            return Ok(Activation::Homogeneous {
                degree: k.clone(),
                square: square.evaluate(accuracy + GUARD),
                dual: prepared(structure, degree, accuracy, deadline)?,
            });
        }
        let closed = Covariance::<Ball>::of(expr, accuracy + GUARD)
            .filter(|c| !matches!(c, Covariance::Gelu { .. }));
        Ok(match closed {
            Some(c) => Activation::Closed(c),
            None => Activation::Expanded(Windows::new(structure, Some(degree), accuracy, deadline)),
        })
    }

    /// More Hermite coefficients would give more digits.
    pub fn is_expanded(&self) -> bool {
        match self {
            Activation::Homogeneous { dual, .. } => {
                matches!(dual, Dual::Series(s) if !s.tail.is_exact())
            }
            Activation::Closed(_) => false,
            Activation::Expanded(_) => true,
        }
    }

    /// `V(q) = E phi(sqrt(q) Z)^2` and the normalised dual of `phi(sqrt(q) z)`.
    ///
    /// # Errors
    /// See [`Windows::at`].
    pub fn at(&self, q: &Ball) -> Result<(Ball, Dual<Ball>)> {
        match self {
            Activation::Homogeneous {
                degree,
                square,
                dual,
            } => Ok((square * &q.powr(degree), dual.clone())),
            Activation::Closed(c) => c.dual_at(q).ok_or_else(|| {
                Error::Unresolved("this activation has no dual in closed form".to_string())
            }),
            Activation::Expanded(w) => w.dual(q),
        }
    }
}

/// The kernels of several pairs of inputs, unnormalised.
#[derive(Debug)]
pub struct Deep {
    /// `q_L`
    pub variance: Ball,
    /// `k_L` and `Theta_L` of each pair.
    pub kernels: Vec<Result<Kernels<Ball>>>,
}

/// `k_L` and `Theta_L` for inputs of equal norm with the correlations given, enclosed.
///
/// # Errors
/// [`Error::Unresolved`] where the variance leaves the range in which the activation can be expanded; [`Error::Timeout`].
/// A pair whose kernels are lost has an error of its own.
pub fn deep_kernels(
    network: &Network,
    activation: &Activation,
    structure: &Structure,
    rhos: &[Rational],
    depth: u64,
    bits: Bits,
    deadline: Deadline,
) -> Result<Deep> {
    let input: Ball = network.input.evaluate(bits);
    let bias: Ball = network.bias.evaluate(bits);
    let unit = Ball::int(1, bits);
    let weight: Ball = match &network.weight {
        Weight::Fixed(w) => w.evaluate(bits),
        Weight::Normalising => &unit / &activation.at(&unit)?.0,
    };
    let start = &input + &bias;
    if network.bias.is_zero() {
        if let Some((variance, dual)) = network.same_dual(activation, &input, &weight, depth)? {
            let net = Unit::new(dual).with_parity(structure.parity);
            let kernels = rhos
                .par_iter()
                .map(|rho| {
                    let k = net.kernels(Correlation::rational(rho, bits), depth, deadline)?;
                    Ok(k.times(&variance))
                })
                .collect();
            return Ok(Deep { variance, kernels });
        }
    }
    // S_0 = (input rho + bias)/(input + bias)
    let share = &input / &start;
    let mut walks: Vec<Walk<Ball>> = rhos
        .iter()
        .map(|rho| {
            let rho = if network.bias.is_zero() {
                Correlation::rational(rho, bits)
            } else if *rho > 0 {
                Correlation::Gap(&share * &Ball::rational(&(1 - rho.clone()), bits))
            } else {
                Correlation::Plain(&(&share * &Ball::rational(rho, bits)) + &(&bias / &start))
            };
            Walk::new(rho)
        })
        .collect();
    let mut q = start;
    let mut fixed: Option<(Ball, Dual<Ball>)> = None;
    let biased = !network.bias.is_zero();
    for l in 0..depth {
        deadline.check("the recursion over the layers")?;
        if l == DIRECT {
            return Err(Error::Unresolved(format!(
                "depth {depth} is beyond the {DIRECT} layers that are passed one by one, and here the kernels do not settle"
            )));
        }
        let (square, dual) = match &fixed {
            Some(known) => known.clone(),
            None => activation.at(&q)?,
        };
        let signal = &weight * &square;
        let next = &signal + &bias;
        if !next.is_finite() {
            return Err(Error::Unresolved(format!(
                "the variance of layer {} is out of all bounds",
                l + 1
            )));
        }
        let mix = &signal / &next;
        let layer = Layer {
            dual: &dual,
            weight: biased.then_some(&mix),
        };
        walks.par_iter_mut().for_each(|w| w.advance(&layer));
        if fixed.is_some() {
            if l % 64 == 63 {
                let settled: Option<Vec<_>> = walks.iter().map(|w| w.settled(&layer)).collect();
                if let Some(settled) = settled {
                    let kernels = settled.into_iter().map(|(s, t)| {
                        Ok(Kernels {
                            nngp: Scaled::plain(s),
                            ntk: Scaled::plain(t),
                        }
                        .times(&q))
                    });
                    return Ok(Deep {
                        kernels: kernels.collect(),
                        variance: q.clone(),
                    });
                }
            }
            continue;
        }
        // a set of variances that is never left again
        let near = next.overlaps(&q);
        q = next;
        if near {
            let unit = Float::with_val(64, q.magnitude()) >> (bits - 4);
            let all = q.widened(&Float::with_val(64, q.rad() + unit));
            let (square, dual) = activation.at(&all)?;
            if all.encloses(&(&(&weight * &square) + &bias)) {
                q = all;
                fixed = Some((square, dual));
            }
        }
    }
    let kernels = walks.iter().map(|w| {
        if !w.nngp().is_finite() || !w.ntk().mantissa.is_finite() {
            return Err(Error::Unresolved(format!(
                "the enclosure of the kernel was lost on the way to layer {depth}: at this precision the dual is not known \
                 well enough near this correlation"
            )));
        }
        Ok(Kernels {
            nngp: Scaled::plain(w.nngp()),
            ntk: w.ntk(),
        }
        .times(&q))
    });
    Ok(Deep {
        kernels: kernels.collect(),
        variance: q.clone(),
    })
}

impl Network {
    /// Without biases: the last variance and the dual, where the latter is the same in all layers.
    fn same_dual(
        &self,
        activation: &Activation,
        input: &Ball,
        weight: &Ball,
        depth: u64,
    ) -> Result<Option<(Ball, Dual<Ball>)>> {
        if let Activation::Homogeneous {
            degree,
            square,
            dual,
        } = activation
            && *degree == 1
            && let Ok(layers) = i64::try_from(depth)
        {
            let gain = match &self.weight {
                Weight::Normalising => Ball::int(1, input.bits()),
                Weight::Fixed(_) => weight * square,
            };
            return Ok(Some((input * &gain.powi(layers), dual.clone())));
        }
        if self.input.is_one() && matches!(self.weight, Weight::Normalising) {
            return Ok(Some((input.clone(), activation.at(input)?.1)));
        }
        Ok(None)
    }
}

impl Kernels<Ball> {
    fn times(&self, c: &Ball) -> Self {
        Kernels {
            nngp: self.nngp.times(c),
            ntk: self.ntk.times(c),
        }
    }
}

/// `k_L`, `Theta_L` of two inputs of different norm, for an activation with a covariance map in closed form: the
/// variances `q_0`, `p_0` and the covariance `k_0` are those before the first activation.
///
/// In ball arithmetic an enclosure, whose radius grows by a small factor with every layer.
///
/// # Errors
/// [`Error::Timeout`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline};
/// use deeplimit::recursion::{Covariance, pair_kernels};
/// // a homogeneous activation sees the norms as a factor
/// let relu = Covariance::<f64>::of(&Expr::parse("relu").unwrap(), 53).unwrap();
/// let kernels = |q, p, k| pair_kernels(&relu, (&2.0, &0.0), (q, p, k), 3, Deadline::default()).unwrap();
/// let (unit, other) = (kernels(1.0, 1.0, 0.5), kernels(4.0, 9.0, 3.0));
/// assert!((other.1 / unit.1 - 6.0).abs() < 1e-13);
/// ```
pub fn pair_kernels<R: Real>(
    activation: &Covariance<R>,
    (weight, bias): (&R, &R),
    (mut q, mut p, mut k): (R, R, R),
    depth: u64,
    deadline: Deadline,
) -> Result<(R, R)> {
    let mut theta = k.clone();
    for _ in 0..depth {
        deadline.check("the recursion over the layers")?;
        let (value, slope) = activation.at(&q, &p, &k);
        q = &(weight * &activation.square(&q)) + bias;
        p = &(weight * &activation.square(&p)) + bias;
        k = &(weight * &value) + bias;
        theta = &k + &(&(weight * &slope) * &theta);
    }
    Ok((k, theta))
}
