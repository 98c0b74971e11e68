//! The network as data.

use rug::Rational;

use crate::activation::{Expr, Tape};
use crate::error::{Error, Result};

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

/// Which kernel of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Training all that is trained by gradient descent: the neural tangent kernel.
    Ntk,
    /// Training the last layer alone: the covariance of the network at initialisation, from `K^(L)`.
    Nngp,
}

/// A convolutional network of infinite width: `q x q` convolutions with zero padding and stride 1, each
/// followed by the activation, then the read-out.
///
/// ```
/// use deeplimit::cntk::{Architecture, Readout};
/// let relu = "relu".parse()?;
/// let network = Architecture::new(&relu, &[2, 3, 5], Readout::Gap)?;
/// assert_eq!(network.filter, 3);
/// assert!(Architecture::new(&"tanh".parse()?, &[2], Readout::Gap).is_err());
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
    /// `b^2/(a^2 + b^2)` of the activation `a z + b |z|`: 1/2 for ReLU, 1 for `|z|`, 0 for `z`. See [`bend`].
    pub bend: f64,
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
    /// [`Error::Domain`] for an activation that is not `a z + b |z|`, and for no or absurd numbers of layers.
    pub fn new(activation: &Expr, layers: &[usize], readout: Readout) -> Result<Architecture> {
        let architecture = Architecture {
            filter: 3,
            layers: layers.to_vec(),
            readout,
            kernel: Kind::Ntk,
            bend: bend(activation)?,
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
        if !(0.0..=1.0).contains(&self.bend) {
            return refused(format!(
                "b^2/(a^2 + b^2) is from 0 to 1; {} is not",
                self.bend
            ));
        }
        if !(0.0..=1e6).contains(&self.bias) {
            return refused(format!(
                "the standard deviation of the bias must be from 0 to 1e6; {} is not",
                self.bias
            ));
        }
        Ok(())
    }
}

/// `b^2/(a^2 + b^2)` of an activation `a z + b |z|`, to the last digits of a double.
///
/// These are all activations that are positively homogeneous of degree 1; that is proved by structure, and `a`, `b` are
/// then `(phi(1) -+ phi(-1))/2`. The kernel does not depend on the scale of the activation, nor on the sign of `a`, `b`.
///
/// # Errors
/// [`Error::Domain`] for any other activation.
///
/// ```
/// use deeplimit::cntk::bend;
/// assert_eq!(bend(&"relu".parse()?)?, 0.5);
/// assert_eq!(bend(&"3*x".parse()?)?, 0.0);
/// assert_eq!(bend(&"abs(2*x)".parse()?)?, 1.0);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn bend(activation: &Expr) -> Result<f64> {
    if activation.homogeneity() != Some(Rational::from(1)) {
        return Err(Error::Domain(format!(
            "the convolutional kernel of `{activation}` has no closed form here: only activations a z + b |z| do (relu, leaky_relu, abs, x)"
        )));
    }
    let tape = Tape::<f64>::new(std::slice::from_ref(activation), 53);
    let (right, left) = (tape.at_one(&1.0), tape.at_one(&-1.0));
    let (a, b) = ((right - left) / 2.0, (right + left) / 2.0);
    let bend = b * b / (a * a + b * b);
    if bend.is_finite() {
        Ok(bend)
    } else {
        Err(Error::Domain(format!(
            "`{activation}` is zero (or too large) everywhere and has no kernel"
        )))
    }
}
