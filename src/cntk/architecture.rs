//! The network as data.

use super::activation::{bend, is_homogeneous};
use crate::activation::Expr;
use crate::error::{Error, Result};
use crate::recursion::Kind;
use crate::words::named;

/// The most convolutions: one more would be a slip of the keyboard.
const LAYERS_MAX: usize = 10_000;

/// What stands behind the last convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readout {
    /// All pixels, flattened: the kernel is the trace, `sum_p Theta[p, p]`.
    Vanilla,
    /// Global average pooling: the kernel is the mean, `sum_pp' Theta[p, p'] / (P Q)^2`.
    Gap,
}

named!(Readout, "read-out": Vanilla = "vanilla", Gap = "gap");

/// The scale of the first layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// `Sigma^(0) = sum_D sum_c x_c x'_c`, as in the paper.
    Sum,
    /// The mean over the window and the channels: standardised images have variances near 1, where the activation is
    /// normalised.
    Mean,
}

named!(Input, "scale of the first layer": Sum = "sum", Mean = "mean");

impl Input {
    /// The sum for activations `a z + b |z|`, to which the scale of the images is nothing but a factor of the kernel; the mean
    /// for others.
    pub fn of(activation: &Expr) -> Input {
        match is_homogeneous(activation) {
            true => Input::Sum,
            false => Input::Mean,
        }
    }

    /// What the pixels are multiplied by.
    pub(super) fn factor(self, filter: usize, channels: usize) -> f64 {
        match self {
            Input::Sum => 1.0,
            Input::Mean => 1.0 / (filter as f64 * (channels as f64).sqrt()),
        }
    }
}

/// A convolutional network of infinite width: `q x q` convolutions with zero padding and stride 1, each
/// followed by the activation, then the read-out.
///
/// ```
/// use deeplimit::cntk::{Architecture, Input, Readout};
/// let relu = "relu".parse()?;
/// let network = Architecture::new(&relu, &[2, 3, 5], Readout::Gap)?;
/// assert_eq!(network.filter, 3);
/// assert_eq!(network.input, Input::Sum);
/// let smooth = Architecture::new(&"tanh".parse()?, &[2], Readout::Gap)?;
/// assert_eq!(smooth.input, Input::Mean);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// `q`: rows and columns of a filter, odd.
    pub filter: usize,
    /// The numbers of convolutions whose kernels are wanted, all from one pass. "Depth" in Table 1 of Arora et al. (2019) is one
    /// more: it counts the read-out.
    pub layers: Vec<usize>,
    /// Flattened or averaged.
    pub readout: Readout,
    /// NTK or NNGP.
    pub kernel: Kind,
    /// Any activation: `a z + b |z|` in closed form, smooth ones by series.
    pub activation: Expr,
    /// How the first layer sums.
    pub input: Input,
    /// The standard deviation of the bias that every convolution adds (trained with it); 0 for none, as in the paper.
    pub bias: f64,
    /// The first convolution is trained: `Theta^(0) = Sigma^(0)`, otherwise 0.
    pub first_trained: bool,
    /// The read-out is trained: `Theta^(L) = K.^(L) Theta^(L-1) + K^(L)`, otherwise without `+ K^(L)`.
    pub last_trained: bool,
}

impl Architecture {
    /// The network of Arora et al. (2019): 3 x 3 filters, no bias, everything trained, NTK. The other fields may be set
    /// afterwards; [`Cntk::new`](super::Cntk::new) looks at them again.
    ///
    /// # Errors
    /// [`Error::Domain`] for an activation that is zero, and for no or absurd numbers of layers. Whether the series of an
    /// activation is short enough is found by [`Cntk::new`](super::Cntk::new).
    pub fn new(activation: &Expr, layers: &[usize], readout: Readout) -> Result<Architecture> {
        let architecture = Architecture {
            filter: 3,
            layers: layers.to_vec(),
            readout,
            kernel: Kind::Ntk,
            activation: activation.clone(),
            input: Input::of(activation),
            bias: 0.0,
            first_trained: true,
            last_trained: true,
        };
        architecture.check()?;
        Ok(architecture)
    }

    /// All fields are in their ranges.
    pub(super) fn check(&self) -> Result<()> {
        let refused = |sentence: String| Err(Error::Domain(sentence));
        if self.filter.is_multiple_of(2) {
            return refused(format!(
                "a filter must have an odd number of rows, so that it has a middle; {} is even",
                self.filter
            ));
        }
        if self.layers.is_empty() {
            return refused("no number of layers is asked for".to_owned());
        }
        if let Some(l) = self.layers.iter().find(|l| !(1..=LAYERS_MAX).contains(*l)) {
            return refused(format!(
                "the number of layers must be from 1 to {LAYERS_MAX}; {l} is not"
            ));
        }
        if is_homogeneous(&self.activation) {
            bend(&self.activation)?;
        }
        check_bias(self.bias)
    }
}

/// The standard deviation of the bias is in its range.
pub(super) fn check_bias(bias: f64) -> Result<()> {
    if (0.0..=1e6).contains(&bias) {
        return Ok(());
    }
    Err(Error::Domain(format!(
        "the standard deviation of the bias must be from 0 to 1e6; {bias} is not"
    )))
}
