//! How fast eigenvalues fall: what theory proves, and what is observed.

use rug::Rational;

use super::eigenvalues::{KernelSpectrum, Space};
use crate::recursion::{Depth, Kind, Network};

/// A proved exponent: `lambda_k ~ C k^-exponent` on `S^d`, along the degrees whose eigenvalues do not vanish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decay {
    /// `d + 2 nu`, where `K(1 - t) = p(t) + c t^nu + o(t^nu)`.
    pub exponent: Rational,
    /// Where it is proved.
    pub source: &'static str,
}

/// What was observed along the degrees of one parity, or of both where they do not differ.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedDecay {
    /// 0 for even degrees, 1 for odd ones.
    pub parity: u32,
    /// The degrees that went into it.
    pub degrees: (u32, u32),
    /// The slope of `-log lambda_k` against `log(k + (d-1)/2)` (least squares): an observation, no bound.
    pub exponent: f64,
}

/// A power law has the same slope in both halves, to within this share.
const SAME: f64 = 0.1;
/// A fit takes so many degrees of a parity in each half.
const LEAST: usize = 3;

impl Network {
    /// The exponent of the decay of `lambda_k` on the sphere `S^d`, where a theorem has it: positively homogeneous activations without
    /// biases, at least one hidden layer.
    ///
    /// Source: Bietti and Bach 2021 ("Deep equals shallow for ReLU networks in kernel regimes"), theorem 1: a kernel with
    /// `K(1 - t) = p(t) + c_1 t^nu + o(t^nu)`, `K(-1 + t) = q(t) + c_2 t^nu + o(t^nu)` has `lambda_k ~ (c_1 + (-1)^k c_2) C(d, nu) k^(-d - 2 nu)`
    /// on `S^d` (there: `S^(d-1)` and `k^(-d - 2 nu + 1)`). Of `a x + b |x|` `nu = 3/2` (NNGP) and `1/2` (NTK) at any depth, because
    /// `dual(1 - t) = 1 - t + kappa t^(3/2) + ...`: `c_1 = L kappa`, or `-3/4 L (L+1) kappa`, and from the second layer on `|c_2| < |c_1|`
    /// or the kernel is even. Of `a + b sign(x)` `nu = 2^-L` (NNGP).
    ///
    /// ```
    /// use deeplimit::spectrum::Space;
    /// use deeplimit::{Activation, Depth, Kind, Network};
    /// let relu: Activation = "relu".parse()?;
    /// let decay = Network::of(&relu).decay(Space::Sphere(9), Kind::Ntk, Depth::Layers(10)).unwrap();
    /// assert_eq!(decay.exponent, 10);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn decay(&self, space: Space, kind: Kind, depth: Depth) -> Option<Decay> {
        let (Space::Sphere(d), Depth::Layers(layers @ 1..=64)) = (space, depth) else {
            return None;
        };
        let activation = self.activation();
        let unbiased = self.settings().variances().ok()?.bias.is_zero();
        let homogeneity = activation.homogeneity.clone()?;
        if !unbiased || activation.linear {
            return None;
        }
        let twice_nu = match kind {
            Kind::Nngp if homogeneity == 1 => Rational::from(3),
            Kind::Ntk if homogeneity == 1 => Rational::from(1),
            Kind::Nngp if homogeneity == 0 && activation.continuous == Some(false) => {
                Rational::from((2, 1)) >> layers as u32
            }
            _ => return None,
        };
        Some(Decay {
            exponent: twice_nu + d,
            source: "Bietti and Bach 2021, theorem 1",
        })
    }
}

impl KernelSpectrum {
    /// The slopes along even and along odd degrees, over the upper half of the degrees that are certain to seven digits and do not
    /// vanish; nothing where those of the quarter before are others (no power law, or none yet).
    pub fn observed_decay(&self) -> Vec<ObservedDecay> {
        let Space::Sphere(d) = self.space else {
            return Vec::new();
        };
        let shift = f64::from(d - 1) / 2.0;
        let along = |parity: u32| {
            let of = |from: u32, to: u32| {
                let points = self.eigenvalues.iter().filter(|e| {
                    e.degree % 2 == parity
                        && (from..=to).contains(&e.degree)
                        && e.value.relative_bits() > 23
                        && !e.vanishes()
                });
                let logs = points.map(|e| {
                    let log = e.value.mid().clone().ln().to_f64();
                    ((f64::from(e.degree) + shift).ln(), -log)
                });
                slope(&logs.collect::<Vec<_>>())
            };
            let last = self.eigenvalues.last()?.degree;
            let middle = last.div_ceil(2);
            let (before, exponent) = (of(middle.div_ceil(2), middle)?, of(middle, last)?);
            ((before / exponent - 1.0).abs() < SAME).then_some(ObservedDecay {
                parity,
                degrees: (middle, last),
                exponent,
            })
        };
        [0, 1].into_iter().filter_map(along).collect()
    }
}

/// Least squares.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < LEAST {
        return None;
    }
    let n = points.len() as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let above: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let below: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
    Some(above / below)
}
