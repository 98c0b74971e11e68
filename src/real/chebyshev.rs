//! Interpolation in Chebyshev polynomials, in doubles.
//!
//! The polynomial of degree `N - 1` through the values at the nodes `x_j = cos((2j + 1) pi/(2N))`, the zeros of `T_N`, is
//! `sum_k c_k T_k` with
//!
//! ```text
//! c_k = (2/N) sum_j f(x_j) cos(k (2j + 1) pi/(2N)),     c_0 with 1/N
//! ```
//!
//! (discrete orthogonality; Trefethen 2019, *Approximation Theory and Approximation Practice*, chapters 3 and 4). For a
//! function that is analytic around `[-1, 1]` the coefficients fall geometrically, and the last ones say how good it is.

/// Nodes of `N` points, and the transform from values to coefficients.
///
/// Accuracy: a sum of `N` products; each cosine is right to an ulp.
///
/// ```
/// use deeplimit::real::Chebyshev;
/// let basis = Chebyshev::<3>::new();
/// // x^2 = (T_0 + T_2)/2
/// let c = basis.coefficients(&std::array::from_fn(|j| basis.node(j).powi(2)));
/// assert!((c[0] - 0.5).abs() < 1e-15 && c[1].abs() < 1e-15 && (c[2] - 0.5).abs() < 1e-15);
/// assert!((Chebyshev::value(&c, 0.3) - 0.09).abs() < 1e-15);
/// ```
#[derive(Clone, Debug)]
pub struct Chebyshev<const N: usize> {
    /// `cos(pi m/(2N))`, `m < 4N`: nodes where `m` is odd, extrema where it is even.
    cosines: Vec<f64>,
}

impl<const N: usize> Default for Chebyshev<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Chebyshev<N> {
    /// The cosines.
    pub fn new() -> Self {
        let cosine = |m: usize| (m as f64 * std::f64::consts::PI / (2 * N) as f64).cos();
        Chebyshev {
            cosines: (0..4 * N).map(cosine).collect(),
        }
    }

    /// `x_j = cos((2j + 1) pi/(2N))`, `j < N`.
    pub fn node(&self, j: usize) -> f64 {
        self.cosines[2 * j + 1]
    }

    /// `cos(j pi/N)`, `j <= N`: where `|T_N| = 1`, and the interpolant of a smooth function is worst.
    pub fn extremum(&self, j: usize) -> f64 {
        self.cosines[2 * j]
    }

    /// `c_0, ..., c_(N-1)` from the values at the nodes.
    pub fn coefficients(&self, samples: &[f64; N]) -> [f64; N] {
        std::array::from_fn(|k| {
            let terms = samples.iter().enumerate();
            let sum: f64 = terms
                .map(|(j, x)| x * self.cosines[k * (2 * j + 1) % (4 * N)])
                .sum();
            sum * if k == 0 { 1.0 } else { 2.0 } / N as f64
        })
    }

    /// `sum_k c_k T_k(x)` by Clenshaw's rule, stable on `[-1, 1]`.
    pub fn value(coefficients: &[f64; N], x: f64) -> f64 {
        let (mut now, mut before) = (0.0, 0.0);
        for c in coefficients[1..].iter().rev() {
            (now, before) = (2.0 * x * now - before + c, now);
        }
        x * now - before + coefficients[0]
    }

    /// The same polynomial in powers of `x`, by `T_(k+1) = 2 x T_k - T_(k-1)`: faster to evaluate, and as good on `[-1, 1]`
    /// where the coefficients fall (they grow by up to `(1 + sqrt(2))^k`).
    pub fn powers(coefficients: &[f64; N]) -> [f64; N] {
        let mut out = [0.0; N];
        let (mut before, mut now) = ([0.0; N], [0.0; N]);
        now[0] = 1.0;
        for (k, c) in coefficients.iter().enumerate() {
            for (o, n) in out.iter_mut().zip(&now) {
                *o += c * n;
            }
            let mut next = [0.0; N];
            for i in 0..N {
                let shifted = if i > 0 { now[i - 1] } else { 0.0 };
                next[i] = if k == 0 {
                    shifted
                } else {
                    2.0 * shifted - before[i]
                };
            }
            (before, now) = (now, next);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const N: usize = 12;

    proptest! {
        /// A polynomial of degree `N - 1` is its own interpolant: between the nodes, in both bases.
        #[test]
        fn polynomials_come_back(powers in prop::array::uniform12(-1.0f64..1.0), x in -1.0f64..1.0) {
            let horner = |p: &[f64; N], x: f64| p.iter().rev().fold(0.0, |s, c| s * x + c);
            let basis = Chebyshev::<N>::new();
            let c = basis.coefficients(&std::array::from_fn(|j| horner(&powers, basis.node(j))));
            let exact = horner(&powers, x);
            // N values of up to N, each off by N roundings
            let slack = (N * N * N) as f64 * f64::EPSILON;
            prop_assert!((Chebyshev::value(&c, x) - exact).abs() < slack, "{c:?}");
            // T_11 has the coefficients of (1 + sqrt(2))^11 = 16000 in all
            let again = Chebyshev::powers(&c);
            prop_assert!((horner(&again, x) - exact).abs() < 2e4 * slack, "{again:?}");
            for (a, b) in again.iter().zip(&powers) {
                prop_assert!((a - b).abs() < 2e4 * slack);
            }
        }

        /// `T_k(cos g) = cos(k g)`, and nodes and extrema are where they should be.
        #[test]
        fn each_polynomial_is_a_cosine(k in 0..N, g in 0.0..std::f64::consts::PI, j in 0..N) {
            let basis = Chebyshev::<N>::new();
            let mut c = [0.0; N];
            c[k] = 1.0;
            prop_assert!((Chebyshev::value(&c, g.cos()) - (k as f64 * g).cos()).abs() < 1e-13);
            let last = |x: f64| (N as f64 * x.acos()).cos();
            prop_assert!(last(basis.node(j)).abs() < 1e-13);
            prop_assert!((last(basis.extremum(j)).abs() - 1.0).abs() < 1e-13);
        }
    }
}
