//! Digits by more bits, as far as there are any to be had.

use crate::real::{Analytic, Ball, Bits};

/// More than this is not worked with, beside eight times what is asked for.
const MOST_BITS: Bits = 2048;
/// Where more bits win nothing, so often.
const PATIENCE: u32 = 3;
/// More bits so often.
pub(super) const ROUNDS: usize = 8;

/// Raises the precision until `bits` relative ones are there, or the `reach` of them that what was given with a radius allows.
pub(super) fn certain(bits: Bits, reach: Bits, f: impl Fn(Bits) -> Ball) -> Ball {
    let mut work = bits + 32;
    let mut last = f(work);
    let most = 8 * bits + MOST_BITS;
    // Probabilities far out are bounded by what they are less than, until there are bits for them: so long nothing is won, and
    // everything later.
    let mut patience = if reach >= bits { PATIENCE } else { 1 };
    let mut stuck = false;
    for _ in 0..ROUNDS {
        let have = last.relative_bits();
        if have >= bits.min(reach) || last.is_exact() || !last.is_finite() {
            break;
        }
        let rad = last.rad();
        work += match have {
            0 => work,
            _ if stuck => work,
            have => bits - have + 16,
        };
        // kinks far out, where everything is smaller than any number: what is known stands
        if work > most {
            break;
        }
        let next = f(work);
        // what is known is better than what was not found
        if !next.is_finite() {
            break;
        }
        stuck = next.rad() * 2u32 > rad;
        patience -= u32::from(stuck);
        last = next;
        if patience == 0 {
            break;
        }
    }
    last.with_bits(bits)
}
