//! The layers that are walked before a limit's series can be used.

use crate::dual::Dual;
use crate::real::Real;
use crate::recursion::{Correlation, Layer};

/// Where an orbit has come near the fixed point, and what it has gathered on its way.
#[derive(Clone, Debug)]
pub struct Landing<R> {
    /// `n`: layers walked.
    pub steps: u64,
    /// `S_n`, in the coordinate that keeps digits.
    pub position: Correlation<R>,
    /// `T_n`.
    pub ntk: R,
    /// `dual'(S_0) ... dual'(S_{n-1})`.
    pub slopes: R,
}

impl<R: Real> Landing<R> {
    /// Layer 0.
    pub fn start(place: &Correlation<R>) -> Self {
        Landing {
            steps: 0,
            position: place.clone(),
            ntk: place.value(),
            slopes: R::int(1, place.bits()),
        }
    }

    /// One layer more.
    pub fn step(&mut self, dual: &Dual<R>) {
        let (next, slope) = Layer::of(dual).step(&self.position);
        self.ntk = &(&self.ntk * &slope) + &next.value();
        self.position = next;
        self.slopes = &self.slopes * &slope;
        self.steps += 1;
    }

    /// `S_n`.
    pub fn nngp(&self) -> R {
        self.position.value()
    }
}
