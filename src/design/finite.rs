//! Finite depth: which exponent an activation shall have so that a network of `L` layers classifies as the consistent limit would.
//!
//! Near `t = |x-x'|^2/2 = 0` the tangent kernel of depth `L` is `(L+1) lambda^L h (1 + r)`, `r = gamma B'/((B'-1) t (L+1))`,
//! `gamma = alpha/2` (the second term of the expansion of `T_L`): it behaves like exponent `alpha` where `r` is small and like
//! `alpha + 2` where it is large, between them like `alpha + 2 r/(1 + r)`. What decides is the distance of nearest neighbours. For `n`
//! points, uniform on the part of the sphere `S^d` with no negative coordinate, it is about `u` with
//! `n V_d u^d = omega_d/2^(d+1)`, `t = u^2/2`. The exponent that is wanted solves `alpha + 2 r/(1+r) = d` at that `t`, for `B' = 2`, as
//! `optimal` has. An estimate to choose by, no theorem: data that are not uniform have other distances.

use crate::error::{Error, Result};

/// What depth asks of the exponent.
#[derive(Clone, Copy, Debug)]
pub struct FiniteDepth {
    /// The exponent, less than the dimension, and at least `d - 2`.
    pub alpha: f64,
    /// `t = |x-x'|^2/2` of nearest neighbours.
    pub nearest: f64,
    /// From this depth on an activation with `alpha = d` behaves as its limit at that distance, but for a tenth: `r = 1/10`.
    pub depth: f64,
}

impl FiniteDepth {
    /// Where the estimate is out of its range: a sentence.
    ///
    /// Activations with an exponent below 1 are nearly linear, or of a high degree, and have a `B'` other than the 2 of the estimate. That happens
    /// where `d < 3` and the depth is far too small for so many points.
    pub fn remark(&self) -> Option<String> {
        (self.alpha < 1.0).then(|| {
            format!(
                "an exponent below 1 is beyond what the estimate (for B' = 2) can tell: the depth is too small for so many points, and some {:.0e} layers are wanted",
                self.depth
            )
        })
    }
}

/// The exponent for `L` layers and `n` points of dimension `d`.
///
/// ```
/// // 100 layers and 10,000 points in dimension 4 are far from the limit; a million layers are near it
/// let shallow = deeplimit::design::at_depth(4, 100.0, 1e4)?;
/// let deep = deeplimit::design::at_depth(4, 1e6, 1e4)?;
/// assert!(shallow.alpha < 2.3 && deep.alpha > 3.9 && shallow.depth > 1e4);
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for a dimension below 1, no layer, or fewer than 2 points.
pub fn at_depth(dimension: u32, layers: f64, points: f64) -> Result<FiniteDepth> {
    let refuse = |message: &str| Err(Error::Domain(message.to_owned()));
    if !(1..=1000).contains(&dimension) {
        return refuse("the dimension of the data is a whole number from 1 to 1000");
    }
    if !(layers.is_finite() && layers >= 1.0) {
        return refuse("the depth is at least one layer, and finite");
    }
    if !(points.is_finite() && points >= 2.0) {
        return refuse("at least two points are wanted");
    }
    let d = f64::from(dimension);
    // omega_d = 2 pi^((d+1)/2) / Gamma((d+1)/2), V_d = pi^(d/2) / Gamma(d/2 + 1), in logarithms
    let ln_pi = std::f64::consts::PI.ln();
    let omega =
        std::f64::consts::LN_2 + (d + 1.0) / 2.0 * ln_pi - libm::lgamma(f64::midpoint(d, 1.0));
    let ball = d / 2.0 * ln_pi - libm::lgamma(d / 2.0 + 1.0);
    let ln_u = (omega - (d + 1.0) * std::f64::consts::LN_2 - points.ln() - ball) / d;
    let nearest = ((2.0 * ln_u).exp() / 2.0).min(1.0);
    let ratio = |alpha: f64| alpha / (nearest * (layers + 1.0));
    let (mut lo, mut hi) = ((d - 2.0).max(0.0), d);
    for _ in 0..60 {
        let middle = f64::midpoint(lo, hi);
        let r = ratio(middle);
        if middle + 2.0 * r / (1.0 + r) < d {
            lo = middle
        } else {
            hi = middle
        }
    }
    Ok(FiniteDepth {
        alpha: f64::midpoint(lo, hi),
        nearest,
        depth: (d / (0.1 * nearest) - 1.0).ceil().max(1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distances of nearest neighbours in the plane's and in the space's part of the sphere, drawn: their mean is
    /// `Gamma(1 + 1/d) u`, and a little more, as the part has an edge.
    #[test]
    fn nearest_neighbours_are_where_they_are_said_to_be() {
        let mut seed = 7_u64;
        let mut uniform = || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
            ((seed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        for d in [2_usize, 3] {
            let n = 1500;
            let points: Vec<Vec<f64>> = (0..n)
                .map(|_| {
                    let z: Vec<f64> = (0..=d)
                        .map(|_| {
                            let angle = std::f64::consts::TAU * uniform();
                            ((-2.0 * uniform().ln()).sqrt() * angle.cos()).abs()
                        })
                        .collect();
                    let length = z.iter().map(|z| z * z).sum::<f64>().sqrt();
                    z.iter().map(|z| z / length).collect()
                })
                .collect();
            let square = |a: &[f64], b: &[f64]| -> f64 {
                a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
            };
            let mean = (0..n)
                .map(|i| {
                    let others = (0..n).filter(|j| *j != i);
                    let all = others.map(|j| square(&points[i], &points[j]));
                    all.fold(f64::INFINITY, f64::min).sqrt()
                })
                .sum::<f64>()
                / n as f64;
            let said = (2.0 * at_depth(d as u32, 1.0, n as f64).unwrap().nearest).sqrt();
            let ratio = mean / (said * libm::tgamma(1.0 + 1.0 / d as f64));
            assert!((0.95..1.15).contains(&ratio), "{d}: {ratio}");
        }
    }

    #[test]
    fn between_the_exponents_and_monotone() {
        let mut last = 0.0;
        for layers in [1.0, 10.0, 1e2, 1e3, 1e4, 1e6, 1e9] {
            let found = at_depth(4, layers, 1e4).unwrap();
            assert!((2.0..4.0).contains(&found.alpha) && found.alpha >= last);
            last = found.alpha;
        }
        assert!(last > 3.99);
        assert!(at_depth(4, 1.0, 1e4).unwrap().remark().is_none());
        let shallow = at_depth(2, 50.0, 500.0).unwrap();
        assert!(shallow.remark().unwrap().contains("4e4 layers"));
        // more points are nearer, and take more depth
        assert!(at_depth(4, 100.0, 1e6).unwrap().depth > at_depth(4, 100.0, 1e4).unwrap().depth);
        // the equation, by its own numbers
        for (d, l, n) in [(4_u32, 100.0, 1e4), (7, 3.0, 1e3), (2, 1e6, 1e2)] {
            let found = at_depth(d, l, n).unwrap();
            let r = found.alpha / (found.nearest * (l + 1.0));
            assert!((found.alpha + 2.0 * r / (1.0 + r) - f64::from(d)).abs() < 1e-9);
        }
        for (d, l, n) in [
            (0, 1.0, 10.0),
            (2, 0.0, 10.0),
            (2, f64::INFINITY, 10.0),
            (2, 3.0, 1.0),
            (2, 3.0, f64::NAN),
        ] {
            assert!(at_depth(d, l, n).is_err());
        }
    }
}
