//! A kernel that is examined.

use std::fmt;

use crate::exact::Activation;
use crate::real::Ball;
use crate::recursion::{Convention, Pair};

/// A number as a candidate gives it.
#[derive(Clone, Debug)]
pub enum Numeral {
    /// In single precision.
    Single(f32),
    /// In double precision.
    Double(f64),
    /// An enclosure.
    Enclosed(Ball),
}

impl From<f32> for Numeral {
    fn from(x: f32) -> Self {
        Numeral::Single(x)
    }
}

impl From<f64> for Numeral {
    fn from(x: f64) -> Self {
        Numeral::Double(x)
    }
}

impl From<Ball> for Numeral {
    fn from(x: Ball) -> Self {
        Numeral::Enclosed(x)
    }
}

/// How good the answers of a candidate are meant to be.
///
/// An answer `v` stands for all numbers within `ulps * unit * size` of it, where `size` is the larger of `|v|` and the kernel's own
/// size (1 for a dual), times `(L + 1) max(1, B')^L` for `L` layers, which is what they do to an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fineness {
    /// Half a unit in the last place of 1: `2^-24` for single, `2^-53` for double precision.
    pub unit: f64,
    /// So many of them.
    pub ulps: f64,
}

impl Fineness {
    /// Double precision, 64 units in the last place.
    pub const DOUBLE: Fineness = Fineness {
        unit: f64::EPSILON / 2.0,
        ulps: 64.0,
    };
    /// Single precision, 64 units in the last place.
    pub const SINGLE: Fineness = Fineness {
        unit: f32::EPSILON as f64 / 2.0,
        ulps: 64.0,
    };

    /// The same with another number of units.
    #[must_use]
    pub fn within(self, ulps: f64) -> Self {
        Fineness { ulps, ..self }
    }
}

/// What a network's kernels are asked at. All numbers are short binary fractions: they are the same in single precision.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The activation: `typed` is its text, `expr` its formula.
    pub activation: &'a Activation,
    /// The correlation of the two inputs.
    pub rho: f64,
    /// `|x|^2` and `|x'|^2` (over `n_0` where the paper divides by it).
    pub norms: (f64, f64),
    /// Hidden layers.
    pub depth: u64,
    /// Whose kernel.
    pub convention: Convention,
    /// Standard deviation of the weights, where the convention has one; else 1.
    pub sigma_w: f64,
    /// Standard deviation of the biases, where the convention has one; else 0.
    pub sigma_b: f64,
}

impl<'a> Question<'a> {
    /// The normalised network on unit inputs, without biases.
    pub fn unit(activation: &'a Activation, rho: f64, depth: u64) -> Self {
        Question {
            activation,
            rho,
            norms: (1.0, 1.0),
            depth,
            convention: Convention::Radhakrishnan2022,
            sigma_w: 1.0,
            sigma_b: 0.0,
        }
    }

    /// `sigma_w^2` of the first layer: what `|x|^2` is multiplied with.
    pub fn first(&self) -> f64 {
        match self.convention {
            Convention::Lee2019 => self.sigma_w * self.sigma_w,
            _ => 1.0,
        }
    }

    /// `sigma_w^2` of the layers after the first; `None` where it is `c_sigma = 1/E phi(Z)^2`.
    pub fn weight(&self) -> Option<f64> {
        match self.convention {
            Convention::Lee2019 => Some(self.sigma_w * self.sigma_w),
            Convention::Jacot2018 => Some(1.0),
            _ => None,
        }
    }

    /// `sigma_b^2`.
    pub fn bias(&self) -> f64 {
        self.sigma_b * self.sigma_b
    }
}

/// A kernel of somebody's: whatever it has. What it has not, or has not of an activation, is `None`, and asks for nothing.
///
/// ```
/// use deeplimit::Activation;
/// use deeplimit::identity::{Candidate, Examination, Numeral, examine};
///
/// /// The dual of relu, with a sign that is wrong.
/// struct Mine;
///
/// impl Candidate for Mine {
///     fn dual(&self, phi: &Activation, rho: f64) -> Option<Numeral> {
///         let wrong = (1.0 - rho * rho).sqrt() - rho * (std::f64::consts::PI - rho.acos());
///         (phi.typed.to_string() == "relu").then(|| (wrong / std::f64::consts::PI).into())
///     }
/// }
///
/// let findings = examine(&Mine, &Examination::of(["relu"])?);
/// assert!(findings.failures.iter().any(|f| f.identity.name == "dual_at_one"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub trait Candidate: Sync {
    /// What it is called in a report.
    fn name(&self) -> String {
        "the candidate".to_owned()
    }

    /// How good its answers are meant to be; enclosures are taken at their word.
    fn precision(&self) -> Fineness {
        Fineness::DOUBLE
    }

    /// `E phi(u) phi(v) / E phi(Z)^2` at the correlation `rho`.
    fn dual(&self, _phi: &Activation, _rho: f64) -> Option<Numeral> {
        None
    }

    /// The slope of the dual, `E phi'(u) phi'(v) / E phi(Z)^2`.
    fn slope(&self, _phi: &Activation, _rho: f64) -> Option<Numeral> {
        None
    }

    /// `E phi(sqrt(q) u) phi(sqrt(p) v)`, nothing normalised.
    fn covariance(&self, _phi: &Activation, _variances: (f64, f64), _rho: f64) -> Option<Numeral> {
        None
    }

    /// `a_n = E phi(Z) h_n(Z)` of the normalised `phi`.
    fn coefficient(&self, _phi: &Activation, _n: u32) -> Option<Numeral> {
        None
    }

    /// The covariance of the Gaussian process (NNGP) of a network.
    fn nngp(&self, _question: &Question) -> Option<Numeral> {
        None
    }

    /// The neural tangent kernel of a network.
    fn ntk(&self, _question: &Question) -> Option<Numeral> {
        None
    }

    /// The function of the regime at `rho > 0`, in the singular regime (`h`), on the edge of chaos (`A`), in the ordered phase
    /// (`g`), and for the nearest neighbour (`log B`): [`LimitValue::function`](crate::limit::LimitValue::function).
    fn limit(&self, _phi: &Activation, _rho: f64) -> Option<Numeral> {
        None
    }

    /// Both kernels; for those to whom one costs as much as two.
    fn kernels(&self, question: &Question) -> Pair<Option<Numeral>> {
        Pair {
            nngp: self.nngp(question),
            ntk: self.ntk(question),
        }
    }
}

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at rho = {}, L = {}",
            self.activation.typed, self.rho, self.depth
        )
    }
}
