//! The two kernels of a network.

use super::Scaled;
use crate::real::Real;

/// What there is of both kernels: two values at one pair of inputs, two compiled kernels, two matrices.
///
/// ```
/// use deeplimit::recursion::Pair;
/// let layers = Pair { nngp: 1.0, ntk: 3.0 };
/// assert_eq!(layers.map(|x| 2.0 * x), Pair { nngp: 2.0, ntk: 6.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<T> {
    /// `S_L`: the covariance of the Gaussian process at initialisation (NNGP).
    pub nngp: T,
    /// `T_L`: the neural tangent kernel.
    pub ntk: T,
}

impl<T> Pair<T> {
    /// The same done to both.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> {
        Pair {
            nngp: f(self.nngp),
            ntk: f(self.ntk),
        }
    }
}

impl<R: Real> Pair<Scaled<R>> {
    /// Both of ordinary size.
    pub fn plain(nngp: R, ntk: R) -> Self {
        Pair { nngp, ntk }.map(Scaled::plain)
    }

    /// Both times the same number.
    pub fn times(&self, c: &Scaled<R>) -> Self {
        Pair {
            nngp: self.nngp.product(c),
            ntk: self.ntk.product(c),
        }
    }

    /// Both with the other sign.
    pub fn negated(&self) -> Self {
        Pair {
            nngp: self.nngp.negated(),
            ntk: self.ntk.negated(),
        }
    }
}
