//! Spherical harmonics on `S^d`, the sphere in `R^(d+1)`: how many there are, and their zonal polynomials.

use rug::{Integer, Rational};

use crate::real::{Analytic, Ball, Bits};

/// `N(d, k)`: the harmonics of degree `k` on `S^d`, exactly.
///
/// `N(d, k) = C(k+d, d) - C(k+d-2, d)` (Mueller 1966): 1, `d + 1`, and 2 each on the circle.
///
/// ```
/// use deeplimit::spectrum::harmonics::multiplicity;
/// assert_eq!((0..5).map(|k| multiplicity(2, k)).collect::<Vec<_>>(), [1, 3, 5, 7, 9]);
/// assert_eq!(multiplicity(1, 7), 2);
/// assert_eq!(multiplicity(9, 2), 54);
/// ```
pub fn multiplicity(d: u32, k: u32) -> Integer {
    let all = Integer::from(k + d).binomial(d);
    match k {
        0 | 1 => all,
        _ => all - Integer::from(k + d - 2).binomial(d),
    }
}

/// `c_d = Gamma((d+1)/2)/(sqrt(pi) Gamma(d/2)) = 1/int_(-1)^1 (1 - t^2)^((d-2)/2) dt`, by `c_(d+2) = c_d (d+1)/d`.
///
/// ```
/// use deeplimit::spectrum::harmonics::normalisation;
/// assert_eq!(normalisation(2, 64).to_f64(), 0.5);
/// ```
pub fn normalisation(d: u32, bits: Bits) -> Ball {
    let mut c = match d % 2 {
        1 => Ball::int(1, bits) / Ball::pi(bits),
        _ => Ball::rational(&Rational::from((1, 2)), bits),
    };
    let mut at = if d % 2 == 1 { 1 } else { 2 };
    while at < d {
        c = &(&c * &Ball::int(i64::from(at) + 1, bits)) / &Ball::int(i64::from(at), bits);
        at += 2;
    }
    c
}

/// `c_d int_(-1)^1 t^n P_k(t) (1 - t^2)^((d-2)/2) dt`: what the power `rho^n` contributes to `lambda_k`. Not negative; 0 unless
/// `n = k, k+2, ...`, and at most `1/N(d, k)`.
///
/// By Rodrigues' formula (Mueller 1966) it is
/// `n!/(n-k)! 2^-k Gamma((d+1)/2) Gamma((n-k+1)/2)/(sqrt(pi) Gamma((n+k+d+1)/2))`; computed from `n = k` by the ratio
/// `(n+2)(n+1)/((n-k+2)(n+k+d+1))`, exactly.
///
/// ```
/// use deeplimit::spectrum::harmonics::moment;
/// // t^2 = 1/3 + (2/3) P_2(t) on S^2, N = 5
/// assert_eq!(moment(2, 2, 2), rug::Rational::from((2, 15)));
/// assert_eq!(moment(2, 2, 0), rug::Rational::from((1, 3)));
/// assert_eq!(moment(2, 3, 2), 0);
/// ```
pub fn moment(d: u32, n: u32, k: u32) -> Rational {
    if n < k || (n - k) % 2 == 1 {
        return Rational::new();
    }
    // n = k: k!/((d+1)(d+3) ... (d+2k-1))
    let mut value = Rational::from(1);
    for j in 1..=k {
        value *= Rational::from((j, d + 2 * j - 1));
    }
    let mut at = k;
    while at < n {
        let above = Integer::from(at + 2) * (at + 1);
        let below = Integer::from(at - k + 2) * (at + k + d + 1);
        value *= Rational::from((above, below));
        at += 2;
    }
    value
}

/// `P_k(t)` for `k = 0..=degree`: `(k+d-1) P_(k+1) = (2k+d-1) t P_k - k P_(k-1)`. (In balls, whose radii grow like
/// `(1 + sqrt(2))^k`: for a look at a few degrees, and for tests.)
///
/// ```
/// use deeplimit::real::{Analytic, Ball};
/// use deeplimit::spectrum::harmonics::zonal;
/// let p = zonal(2, 2, &Ball::rational(&(1, 2).into(), 64));
/// assert_eq!(p[2].to_f64(), -0.125);
/// ```
pub fn zonal(d: u32, degree: u32, t: &Ball) -> Vec<Ball> {
    let bits = t.bits();
    let int = |n: u32| Ball::int(i64::from(n), bits);
    let mut p = vec![int(1), t.clone()];
    for k in 1..degree {
        let n = k as usize;
        let next = &(&(&int(2 * k + d - 1) * t) * &p[n]) - &(&int(k) * &p[n - 1]);
        p.push(next / int(k + d - 1));
    }
    p.truncate(degree as usize + 1);
    p
}
