//! Activation, depth, width and the scales of the layers.

use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::quadrature::expect;
use crate::real::Value;

/// More units in a layer are refused: a square matrix of them takes 8 GiB.
pub const WIDEST: usize = 1 << 15;
/// More hidden layers are refused.
pub const DEEPEST: usize = 1000;

/// A fully connected network as data; see the [room](super) for its formula.
#[derive(Clone, Debug)]
pub struct FiniteArchitecture {
    /// `phi` and its derivative.
    tape: Tape<f64>,
    depth: usize,
    width: usize,
    first: f64,
    weight: f64,
    bias: f64,
}

impl FiniteArchitecture {
    /// `sigma_1 = 1`, `sigma_w^2 = 1/E phi(Z)^2`, no biases: on inputs of length 1 the kernels tend to `S_L` and `T_L` of
    /// [`crate::kernel::Kernel`] (Arora et al. 2019, section 3.1; Radhakrishnan, Belkin and Uhler 2022).
    ///
    /// # Errors
    /// [`Error::Domain`] for a depth or a width of 0 or too large, an activation that is 0 or has no second moment; what
    /// [`expect`] says.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline, network::FiniteArchitecture};
    /// let relu = Expr::parse("relu")?;
    /// let a = FiniteArchitecture::normalised(&relu, 3, 256, Deadline::default())?;
    /// assert_eq!(a.scales(), [1.0, 2f64.sqrt(), 0.0]);
    /// assert!(FiniteArchitecture::normalised(&relu, 0, 256, Deadline::default()).is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn normalised(
        activation: &Expr,
        depth: usize,
        width: usize,
        deadline: Deadline,
    ) -> Result<Self> {
        let square = activation.clone() * activation.clone();
        let second = match expect(&square, 17, deadline)?.value {
            Value::Finite { midpoint, .. } => midpoint.to_f64(),
            Value::Infinite => f64::INFINITY,
            Value::MinusInfinite => f64::NEG_INFINITY,
        };
        if !(second.is_finite() && second > 0.0) {
            return Err(Error::Domain(format!(
                "`{activation}` has E phi(Z)^2 = {second} and cannot be normalised"
            )));
        }
        Self::with_scales(activation, depth, width, [1.0, (1.0 / second).sqrt(), 0.0])
    }

    /// With the scales `sigma_1`, `sigma_w`, `sigma_b`: those of Lee et al. (2019) are `sigma_w/|x|`-like,
    /// `[sigma_w, sigma_w, sigma_b]` for inputs of length 1.
    ///
    /// # Errors
    /// [`Error::Domain`] for a depth or a width of 0 or too large, and for scales that are no numbers from 0 on.
    pub fn with_scales(
        activation: &Expr,
        depth: usize,
        width: usize,
        scales: [f64; 3],
    ) -> Result<Self> {
        if !(1..=DEEPEST).contains(&depth) {
            return Err(Error::Domain(format!(
                "a network has from 1 to {DEEPEST} hidden layers, not {depth}"
            )));
        }
        if !(1..=WIDEST).contains(&width) {
            return Err(Error::Domain(format!(
                "a layer has from 1 to {WIDEST} units, not {width}"
            )));
        }
        if let Some(bad) = scales.iter().find(|s| !(s.is_finite() && **s >= 0.0)) {
            return Err(Error::Domain(format!(
                "a scale of weights or biases is a number from 0 on, {bad} is not"
            )));
        }
        let tape = Tape::new(&[activation.clone(), activation.derivative()], 53);
        let [first, weight, bias] = scales;
        Ok(FiniteArchitecture {
            tape,
            depth,
            width,
            first,
            weight,
            bias,
        })
    }

    /// Hidden layers.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Units in each of them.
    pub fn width(&self) -> usize {
        self.width
    }

    /// `sigma_1`, `sigma_w`, `sigma_b`.
    pub fn scales(&self) -> [f64; 3] {
        [self.first, self.weight, self.bias]
    }

    /// `phi` and `phi'` (from the right at a kink).
    pub(super) fn at(&self, z: f64) -> [f64; 2] {
        let values = self.tape.at(&z);
        [values[0], values[1]]
    }

    /// What multiplies the weights of layer `l`, counted from 0.
    pub(super) fn scale(&self, l: usize) -> f64 {
        match l {
            0 => self.first,
            _ => self.weight / (self.width as f64).sqrt(),
        }
    }
}
