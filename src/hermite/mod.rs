//! `phi = sum_n a_n h_n`: coefficients `a_n = E[phi(Z) h_n(Z)]` in the orthonormal probabilists' Hermite basis
//! `h_n = He_n / sqrt(n!)`, and the power series `dual(rho) = sum_n a_n^2 rho^n` with its tail.

mod coefficients;
mod series;

pub use coefficients::{hermite_coefficients, hermite_series, terms};
pub use series::Series;

use rayon::prelude::*;

use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::quadrature::Samples;
use crate::real::{Bits, Real};

/// Guard bits that the three-term recurrence costs in ball arithmetic up to degree `n`.
///
/// The radius of `h_m(z)` obeys the recurrence with both signs positive, which grows like `exp(|z| sqrt(m))`
/// where the value itself does not; against the weight `exp(-z^2/2)` the worst node is `z = sqrt(n)`, where
/// `exp(n/2)`, that is `0.72 n` bits, are lost.
pub fn guard_bits(degree: u32) -> Bits {
    (degree * 3).div_ceil(4) + 32
}

/// `E[f_i(Z) h_n(Z)]` for `n = 0..=degree`; the plan behind the samples must have been made for at least this degree
/// ([`crate::quadrature::Envelope::Moments`]), then the results are enclosures in ball arithmetic.
///
/// `g_n = w f h_n` obeys `g_{n+1} = (z g_n - sqrt(n) g_{n-1}) / sqrt(n+1)` at every node, and `a_n` is its sum. Where the
/// function is proved even or odd, half of the nodes do, and the coefficients of the other parity are exactly 0.
///
/// # Errors
/// [`crate::error::Error::Timeout`].
pub fn coefficients<R: Real + Send + Sync>(
    samples: &Samples<R>,
    i: usize,
    degree: u32,
    deadline: Deadline,
) -> Result<Vec<R>> {
    let bits = samples.bits();
    let one = R::int(1, bits);
    let roots: Vec<R> = (0..=degree)
        .map(|n| R::int(i64::from(n), bits).sqrt())
        .collect();
    // (1/sqrt(n+1), sqrt(n)/sqrt(n+1))
    let steps: Vec<(R, R)> = (0..degree as usize)
        .map(|n| (&one / &roots[n + 1], &roots[n] / &roots[n + 1]))
        .collect();
    let parity = samples.parity(i);
    let vanishes = |n: usize| match parity {
        Some(Parity::Even) => n % 2 == 1,
        Some(Parity::Odd) => n % 2 == 0,
        None => false,
    };
    let zeros = || vec![R::int(0, bits); degree as usize + 1];
    let first = if parity.is_some() {
        samples.z.len() / 2
    } else {
        0
    };
    let sums = (first..samples.z.len())
        .into_par_iter()
        .try_fold(zeros, |mut sums, k| -> Result<Vec<R>> {
            deadline.check("the Hermite coefficients")?;
            let z = &samples.z[k];
            let mut previous = R::int(0, bits);
            let mut current = &samples.weight[k] * &samples.values[i][k];
            sums[0] = &sums[0] + &current;
            for (n, (by_root, ratio)) in steps.iter().enumerate() {
                let next = &(&(z * by_root) * &current) - &(ratio * &previous);
                previous = std::mem::replace(&mut current, next);
                if !vanishes(n + 1) {
                    sums[n + 1] = &sums[n + 1] + &current;
                }
            }
            Ok(sums)
        })
        .try_reduce(zeros, |mut sums, other| {
            for (s, o) in sums.iter_mut().zip(other) {
                *s = &*s + &o;
            }
            Ok(sums)
        })?;
    let doubled = i32::from(parity.is_some());
    Ok(sums
        .into_iter()
        .enumerate()
        .map(|(n, s)| {
            if vanishes(n) {
                R::int(0, bits)
            } else {
                s.scale2(doubled).widened(&samples.error)
            }
        })
        .collect())
}
