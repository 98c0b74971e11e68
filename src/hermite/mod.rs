//! `phi = sum_n a_n h_n`: coefficients `a_n = E[phi(Z) h_n(Z)]` in the orthonormal probabilists' Hermite basis
//! `h_n = He_n / sqrt(n!)`, and the power series `dual(rho) = sum_n a_n^2 rho^n` with its tail.

mod coefficients;
mod series;

pub use coefficients::{hermite_coefficients, hermite_series, terms};
pub use series::Series;

use rayon::prelude::*;

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
/// `g_n = w f h_n` obeys `g_{n+1} = (z g_n - sqrt(n) g_{n-1}) / sqrt(n+1)` at every node, and `a_n` is its sum.
pub fn coefficients<R: Real + Send + Sync>(samples: &Samples<R>, i: usize, degree: u32) -> Vec<R> {
    let bits = samples.bits();
    let one = R::int(1, bits);
    let roots: Vec<R> = (0..=degree)
        .map(|n| R::int(i64::from(n), bits).sqrt())
        .collect();
    // (1/sqrt(n+1), sqrt(n)/sqrt(n+1))
    let steps: Vec<(R, R)> = (0..degree as usize)
        .map(|n| (&one / &roots[n + 1], &roots[n] / &roots[n + 1]))
        .collect();
    let zeros = || vec![R::int(0, bits); degree as usize + 1];
    let add = |mut sums: Vec<R>, other: Vec<R>| {
        for (s, o) in sums.iter_mut().zip(other) {
            *s = &*s + &o;
        }
        sums
    };
    let sums = (0..samples.z.len())
        .into_par_iter()
        .fold(zeros, |mut sums, k| {
            let z = &samples.z[k];
            let mut previous = R::int(0, bits);
            let mut current = &samples.weight[k] * &samples.values[i][k];
            sums[0] = &sums[0] + &current;
            for (n, (by_root, ratio)) in steps.iter().enumerate() {
                let next = &(&(z * by_root) * &current) - &(ratio * &previous);
                previous = std::mem::replace(&mut current, next);
                sums[n + 1] = &sums[n + 1] + &current;
            }
            sums
        })
        .reduce(zeros, add);
    sums.into_iter()
        .map(|s| s.widened(&samples.error))
        .collect()
}
