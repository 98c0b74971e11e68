//! `sum_j F_j P_k(t_j)` for all degrees at once.
//!
//! `(k+d-1) P_(k+1) = (2k+d-1) t P_k - k P_(k-1)`, that is `y_(k+1) = (1+a) cos(theta) y_k - a y_(k-1)`, `a = k/(k+d-1) <= 1`.
//!
//! **Why rounding does no harm.** For a solution `y` let `z_k = y_k - e^(i theta) y_(k-1)`. Then
//! `Re z_(k+1) = a Re(e^(-i theta) z_k)` and `Im z_(k+1) = Im(e^(-i theta) z_k)`, so `|z_(k+1)| <= |z_k|`, and a solution that begins with
//! `0, 1` at `j` is at most `k - j` at `k`. So local errors of at most `e` are no more than `k(k+1)/2 e` at degree `k`.
//! \[DERIVED\] One step of MPFR with `|P| <= 1.1` has a local error of at most `16 u`, `u = 2^-bits`: two units of the products by `t` and of the
//! integer each, one of the other product, three of the difference, three of the quotient, two of `t` itself, and what is above 1.

use rayon::prelude::*;
use rug::{Assign, Float};

use crate::deadline::Deadline;
use crate::error::Result;
use crate::real::{Ball, Bits};

/// A pair of nodes `t`, `-t`: `t` to within half a unit in the last place, what `P_k(t)` is multiplied with for even `k`, and for odd ones.
pub(super) struct Node {
    pub t: Float,
    pub even: Ball,
    pub odd: Ball,
}

/// So many nodes are summed by one thread before the clock is looked at.
const CHUNK: usize = 64;

/// `sum_j F_j P_k(t_j)`, `k = 0..=degree`, on `S^d`, enclosed.
///
/// # Errors
/// [`crate::error::Error::Timeout`].
pub(super) fn sums(
    nodes: &[Node],
    d: u32,
    degree: u32,
    bits: Bits,
    deadline: Deadline,
) -> Result<Vec<Ball>> {
    let chunks: Result<Vec<Vec<Float>>> = nodes
        .par_chunks(CHUNK)
        .map(|chunk| {
            deadline.check("the sums over the nodes")?;
            Ok(summed(chunk, d, degree, bits))
        })
        .collect();
    let chunks = chunks?;
    // |F_j|, and what is not known of them
    let (mut size, mut unknown) = ([zero(), zero()], [zero(), zero()]);
    for node in nodes {
        for (parity, f) in [&node.even, &node.odd].into_iter().enumerate() {
            size[parity] = up(&size[parity] + &up(f.mid().clone().abs()));
            unknown[parity] = up(&unknown[parity] + &f.rad());
        }
    }
    let additions = 3 * nodes.len() as u64 + 16;
    let of = |k: u32| {
        let parity = (k % 2) as usize;
        let mut sum = Float::new(bits);
        for chunk in &chunks {
            sum += &chunk[k as usize];
        }
        let units = 8 * u64::from(k) * (u64::from(k) + 1) + additions;
        let unit = Float::with_val(64, units) >> bits;
        let rounding = up(&size[parity] * &unit);
        Ball::new(sum, &up(&rounding + &unknown[parity]))
    };
    Ok((0..=degree).map(of).collect())
}

fn zero() -> Float {
    Float::new(64)
}

/// At 64 bits, rounded up.
fn up<T>(value: T) -> Float
where
    Float: rug::ops::AssignRound<T, Round = rug::float::Round, Ordering = std::cmp::Ordering>,
{
    Float::with_val_round(64, value, rug::float::Round::Up).0
}

fn summed(nodes: &[Node], d: u32, degree: u32, bits: Bits) -> Vec<Float> {
    let mut sums = vec![Float::new(bits); degree as usize + 1];
    let mut term = Float::new(bits);
    for Node { t, even, odd } in nodes {
        let (even, odd) = (even.mid(), odd.mid());
        let mut before = Float::with_val(bits, 1);
        let mut now = t.clone();
        sums[0] += even;
        for (k, sum) in (1..=degree).zip(&mut sums[1..]) {
            term.assign(&now * if k % 2 == 0 { even } else { odd });
            *sum += &term;
            // before = ((2k+d-1) t now - k before)/(k+d-1)
            term.assign(t * &now);
            term *= 2 * k + d - 1;
            before *= k;
            before -= &term;
            before /= k + d - 1;
            before = -before;
            std::mem::swap(&mut before, &mut now);
        }
    }
    sums
}
