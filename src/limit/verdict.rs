//! The answer of `classify`, as data.

use rug::Rational;

use super::evidence::Fact;
use super::nearby::NearEquality;
pub use crate::phase::Phase;
use crate::real::Quantity;
use crate::words::named;

/// What the kernel classifier becomes as the depth tends to infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// `phi(z) = +-z`: nothing degenerates.
    Linear,
    /// Kernel smoother with a singular kernel `R(u)/u^alpha`.
    Singular,
    /// Label of the nearest training point.
    NearestNeighbour,
    /// Majority vote of the training labels.
    Majority,
    /// Interpolation with a conditionally definite kernel.
    Ordered,
    /// Residual layers whose branches shrink like `L^-1/2`: a flow in continuous depth, followed for a finite time.
    Flow,
    /// Residual layers whose branches shrink faster than `L^-1/2`: correlations stay where they are.
    Frozen,
    /// Not decided; `missing` says why.
    Undecided,
}

named!(
    Regime, "regime":
    Linear = "linear",
    Singular = "singular",
    NearestNeighbour = "nearest neighbour",
    Majority = "majority",
    Ordered = "ordered",
    Flow = "flow",
    Frozen = "frozen",
    Undecided = "undecided",
);

/// What `classify` says of one activation. `phi` is normalised to `E phi(Z)^2 = 1` throughout.
#[derive(Clone, Debug)]
pub struct Classification {
    /// The activation in printed form (it parses back to the same tree).
    pub activation: String,
    /// `c_sigma = 1 / E phi(Z)^2` of the activation as typed; `2` for ReLU.
    pub normalisation: Option<Quantity>,
    /// `A = E phi(Z)`.
    pub a: Option<Quantity>,
    /// `A' = E phi'(Z) = E Z phi(Z)`.
    pub a_prime: Option<Quantity>,
    /// `B' = E phi'(Z)^2`, the slope of the dual at 1.
    pub b_prime: Option<Quantity>,
    /// The exponent `-4 log|A'| / log B'` of the singular kernel.
    pub alpha: Option<Quantity>,
    /// The attracting fixed point of the dual in `[0, 1]`.
    pub fixed_point: Option<Quantity>,
    /// The slope of the dual there.
    pub multiplier: Option<Quantity>,
    /// Nearest-neighbour regime: the first `n` with `a_n != 0`.
    pub order: Option<u32>,
    /// Edge of chaos: `dual(1-e) = 1 - e + kappa e^p + ...`.
    pub edge_exponent: Option<Rational>,
    /// The regime.
    pub regime: Regime,
    /// Ordered, edge of chaos or chaotic, where the question makes sense (`A != 0`).
    pub phase: Option<Phase>,
    /// Every equality by structure, every inequality by an enclosure.
    pub proved: bool,
    /// The steps, each with the formula used.
    pub evidence: Vec<String>,
    /// What the steps stand on, to be [checked](Classification::checked) again.
    pub facts: Vec<Fact>,
    /// What a proof (or an answer) still needs.
    pub missing: Vec<String>,
    /// Constants that are nearly, but not, what would make the verdict another.
    pub nearby: Vec<NearEquality>,
}

impl Classification {
    /// A verdict of which nothing is known yet; `proved` until something is missing, where the arithmetic allows it.
    pub(crate) fn open(activation: String, proved: bool) -> Classification {
        Classification {
            activation,
            normalisation: None,
            a: None,
            a_prime: None,
            b_prime: None,
            alpha: None,
            fixed_point: None,
            multiplier: None,
            order: None,
            edge_exponent: None,
            regime: Regime::Undecided,
            phase: None,
            proved,
            evidence: Vec::new(),
            facts: Vec::new(),
            missing: Vec::new(),
            nearby: Vec::new(),
        }
    }
}
