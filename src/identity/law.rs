//! An identity as data.

use std::cmp::Ordering;

use super::exam::{Exam, Spot};
use crate::activation::Parity;
use crate::exact::{Activation, Closed};
use crate::real::{Ball, Real};
use crate::words::named;

/// What a candidate must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// The normalised dual.
    Dual,
    /// Its slope.
    Slope,
    /// `E phi(sqrt(q) u) phi(sqrt(p) v)`
    Covariance,
    /// Hermite coefficients.
    Coefficient,
    /// The NNGP kernel.
    Nngp,
    /// The NTK.
    Ntk,
    /// The function of the regime.
    Limit,
}

named!(
    Object, "object":
    Dual = "dual",
    Slope = "slope",
    Covariance = "covariance",
    Coefficient = "coefficient",
    Nngp = "nngp",
    Ntk = "ntk",
    Limit = "limit",
);

/// The activations that an identity is about: those of which the structure proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// All.
    Any,
    /// `phi(-z) = -phi(z)`
    Odd,
    /// `phi(-z) = phi(z)`
    Even,
    /// Without jumps.
    Continuous,
    /// `E phi(Z) = 0`, without jumps.
    Centred,
    /// `E phi(Z) = E Z phi(Z) = 0`, without jumps.
    TwiceCentred,
    /// `phi(c z) = c^k phi(z)` for `c > 0`.
    Homogeneous,
    /// `phi(c z) = c phi(z)` for `c > 0`, without jumps.
    HomogeneousOfDegreeOne,
}

named!(
    Domain, "domain":
    Any = "any",
    Odd = "odd",
    Even = "even",
    Continuous = "continuous",
    Centred = "centred",
    TwiceCentred = "twice centred",
    Homogeneous = "homogeneous",
    HomogeneousOfDegreeOne = "homogeneous of degree 1",
);

impl Domain {
    /// Is this activation proved to be of that kind?
    pub fn has(self, phi: &Activation) -> bool {
        let zero = |c: &Option<Closed>| c.as_ref().is_some_and(Closed::is_zero);
        let continuous = phi.continuous == Some(true);
        let centred =
            continuous && (phi.centred || zero(&phi.mean) || phi.parity == Some(Parity::Odd));
        match self {
            Domain::Any => true,
            Domain::Odd => phi.parity == Some(Parity::Odd),
            Domain::Even => phi.parity == Some(Parity::Even),
            Domain::Continuous => continuous,
            Domain::Centred => centred,
            Domain::TwiceCentred => {
                centred && (zero(&phi.first) || phi.parity == Some(Parity::Even))
            }
            Domain::Homogeneous => phi.homogeneity.is_some(),
            Domain::HomogeneousOfDegreeOne => {
                continuous && phi.homogeneity.as_ref().is_some_and(|k| *k == 1)
            }
        }
    }
}

/// How the sides of a comparison stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// `left = right`
    Equal,
    /// `left <= right`
    AtMost,
}

/// Two numbers that an identity compares.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The left side.
    pub left: Ball,
    /// What is said of them.
    pub sense: Sense,
    /// The right side.
    pub right: Ball,
}

/// What became of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The enclosures allow it, and are narrow enough to say something.
    Held,
    /// The enclosures are too wide to say anything.
    Undecided,
    /// The enclosures exclude it.
    Broken,
}

impl Comparison {
    /// `left = right`
    pub fn equal(left: Ball, right: Ball) -> Self {
        Comparison {
            left,
            sense: Sense::Equal,
            right,
        }
    }

    /// `left <= right`
    pub fn at_most(left: Ball, right: Ball) -> Self {
        Comparison {
            left,
            sense: Sense::AtMost,
            right,
        }
    }

    /// Held, undecided or broken.
    ///
    /// ```
    /// use deeplimit::identity::Comparison;
    /// use deeplimit::identity::law::Judgement;
    /// use deeplimit::real::{Analytic, Ball};
    /// let (one, two) = (Ball::int(1, 53), Ball::int(2, 53));
    /// assert_eq!(Comparison::at_most(one.clone(), two.clone()).judgement(), Judgement::Held);
    /// assert_eq!(Comparison::equal(one.clone(), two).judgement(), Judgement::Broken);
    /// assert_eq!(Comparison::equal(one, Ball::unbounded(53)).judgement(), Judgement::Undecided);
    /// ```
    pub fn judgement(&self) -> Judgement {
        let (l, r) = (&self.left, &self.right);
        if l.is_undefined() || r.is_undefined() {
            return Judgement::Undecided;
        }
        let broken = match self.sense {
            Sense::Equal => !l.overlaps(r),
            Sense::AtMost => l.compare(r) == Some(Ordering::Greater),
        };
        if broken {
            return Judgement::Broken;
        }
        let size = 1.0 + l.to_f64().abs().max(r.to_f64().abs());
        let wide = (l.rad().to_f64() + r.rad().to_f64()) > WIDE * size;
        let clear = self.sense == Sense::AtMost && l.compare(r).is_some();
        if wide && !clear {
            Judgement::Undecided
        } else {
            Judgement::Held
        }
    }

    /// By how much it is broken: the distance of the two midpoints.
    pub fn distance(&self) -> f64 {
        (&self.left - &self.right).to_f64().abs()
    }
}

/// Enclosures wider than this, beside the size of the numbers, say nothing.
const WIDE: f64 = 1e-2;

/// How an identity is checked at one place; `None` where the candidate has not what it takes.
pub type Check = fn(&Exam, &Spot) -> Option<Vec<Comparison>>;

/// An identity: a law of all duals, recursions, limits, or of those of some activations.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// `dual_at_one`
    pub name: &'static str,
    /// As a formula.
    pub statement: &'static str,
    /// Where it is from.
    pub source: &'static str,
    /// Which activations it is about.
    pub domain: Domain,
    /// What a candidate must have.
    pub needs: &'static [Object],
    /// Does it compare with a certified value? Then it says nothing of the library itself.
    pub reference: bool,
    /// Does the statement depend on the depth?
    pub deep: bool,
    /// What a failure usually comes from.
    pub cause: &'static str,
    /// How it is checked.
    pub check: Check,
}

impl Identity {
    /// An identity of some activations that says nothing of the depth.
    pub(super) const fn new(
        name: &'static str,
        statement: &'static str,
        source: &'static str,
        domain: Domain,
        needs: &'static [Object],
        check: Check,
    ) -> Self {
        Identity {
            name,
            statement,
            source,
            domain,
            needs,
            reference: false,
            deep: false,
            cause: "",
            check,
        }
    }

    /// It depends on the depth.
    pub(super) const fn deep(self) -> Self {
        Identity { deep: true, ..self }
    }

    /// It compares with a certified value.
    pub(super) const fn reference(self) -> Self {
        Identity {
            reference: true,
            ..self
        }
    }

    /// What a failure usually comes from.
    pub(super) const fn usually(self, cause: &'static str) -> Self {
        Identity { cause, ..self }
    }
}
