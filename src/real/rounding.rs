//! MPFR operations in a chosen direction, in few letters.

use std::cmp::Ordering;

use rug::Float;
use rug::float::Round;
use rug::ops::AssignRound;

use super::Bits;

/// What [`Float::with_val_round`] takes: a value or an operation not yet carried out (`&a + &b`).
pub(super) trait Pending: Sized {
    /// Carry out at `bits`, rounded in direction `round`.
    fn rounded(self, bits: Bits, round: Round) -> (Float, Ordering);
    /// The largest number of `bits` bits that is at most the exact result.
    fn down(self, bits: Bits) -> Float {
        self.rounded(bits, Round::Down).0
    }
    /// The smallest number of `bits` bits that is at least the exact result.
    fn up(self, bits: Bits) -> Float {
        self.rounded(bits, Round::Up).0
    }
}

impl<T> Pending for T
where
    Float: AssignRound<T, Round = Round, Ordering = Ordering>,
{
    fn rounded(self, bits: Bits, round: Round) -> (Float, Ordering) {
        Float::with_val_round(bits, self, round)
    }
}

/// MPFR reduces the argument of sine, cosine and tangent by a `pi` of as many bits as the argument
/// has before the binary point. Beyond 2^65536 (`pi` to 20,000 digits) no kernel ever goes, and a
/// typing error (`sin(1e300000000)`) must not keep the machine busy for hours.
pub(super) fn too_large_to_reduce(x: &Float) -> bool {
    x.is_infinite() || x.get_exp().is_some_and(|e| e > 1 << 16)
}
