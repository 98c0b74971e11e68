//! Signs of a function at points, certain.

use std::cell::OnceCell;
use std::cmp::Ordering;

use rug::Rational;

use crate::activation::{Expr, Tape};
use crate::real::{Analytic, Ball, Bits};

/// A function to be evaluated in balls at a precision that doubles until the sign is certain.
pub(super) struct Probe {
    of: Expr,
    levels: [(Bits, OnceCell<Tape<Ball>>); 4],
}

impl Probe {
    /// `bits`: the precision to start with.
    pub(super) fn new(of: &Expr, bits: Bits) -> Self {
        Self {
            of: of.clone(),
            levels: [1, 2, 4, 16].map(|times| (bits.saturating_mul(times), OnceCell::new())),
        }
    }

    /// The sign at `x`; `None` if it stays uncertain at 16 times the precision. (A zero that no exact
    /// arithmetic shows is always uncertain.)
    pub(super) fn sign_at(&self, x: &Rational) -> Option<Ordering> {
        self.levels.iter().find_map(|(bits, tape)| {
            let tape = tape.get_or_init(|| Tape::new(std::slice::from_ref(&self.of), *bits));
            tape.at_one(&Ball::rational(x, *bits)).sign()
        })
    }
}

/// The sign of a constant: zero by structure, the others by enclosure.
pub(super) fn sign_of_constant(c: &Expr) -> Option<Ordering> {
    if let Some(q) = c.as_rational() {
        return Some(q.cmp0());
    }
    if c.simplify().is_int(0) {
        return Some(Ordering::Equal);
    }
    Probe::new(c, 128).sign_at(&Rational::new())
}
