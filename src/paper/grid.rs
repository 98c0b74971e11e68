//! The published grid of tangent kernels of Arora et al. (2020), in tables.

use std::sync::LazyLock;

use crate::dual::Dual;
use crate::kernel::charts::{Charts, Mirror, Place};
use crate::kernel::lines::Lines;
use crate::recursion::{Correlation, LayerMap};

/// Up to this many layers of weights.
const LAYERS_MAX: u64 = 5;

/// The tangent kernel of a ReLU network of `layers` layers of weights, the first `fixed` of them fixed, on inputs of length 1:
/// `S_0 = rho`, `S_l = kappa1(S_(l-1))`, `T_l = kappa0(S_(l-1)) T_(l-1) + S_l` from `l = fixed` on, 0 before (Arora et al.
/// 2020, appendix; normalised to `S_l(1) = 1`).
fn tangent(place: Place, layers: u64, fixed: u64) -> f64 {
    let dual = Dual::ArcCosine(0.5);
    let mut s = match place {
        Place::Near(t) => Correlation::Gap(t),
        other => Correlation::Plain(other.value()),
    };
    let mut t = if fixed == 0 { s.value() } else { 0.0 };
    for layer in 1..layers {
        let (next, slope) = LayerMap::of(&dual).step(&s);
        s = next;
        t *= slope;
        if layer >= fixed {
            t += s.value();
        }
    }
    t
}

/// A kernel of the grid in tables.
pub(super) struct Member {
    pub layers: u64,
    pub fixed: u64,
    pub lines: Lines,
    /// At -1 and 1.
    pub ends: [f64; 2],
}

/// The whole grid, the same for all sets.
pub(super) static GRID: LazyLock<Option<Vec<Member>>> = LazyLock::new(|| {
    let member = |layers, fixed| {
        let charts = Charts::new(Mirror::None, |place| tangent(place, layers, fixed))?;
        Some(Member {
            layers,
            fixed,
            lines: Lines::of(&charts),
            ends: [Place::Far(0.0), Place::Near(0.0)].map(|end| tangent(end, layers, fixed)),
        })
    };
    let all = (1..=LAYERS_MAX).flat_map(|layers| (0..layers).map(move |fixed| (layers, fixed)));
    all.map(|(layers, fixed)| member(layers, fixed)).collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Expr;
    use crate::deadline::Deadline;
    use crate::kernel::{Depth, Kernel, Kind};

    /// The grid's kernels against compiled ones: all layers trained is the NTK, all but the last fixed the NNGP kernel.
    #[test]
    fn the_grid_has_the_tangent_kernel_and_the_covariance_at_its_ends() {
        let relu: Expr = "relu".parse().unwrap();
        for layers in 2..=LAYERS_MAX {
            let made = |kind| {
                Kernel::new(&relu, Depth::Layers(layers - 1), kind, Deadline::default()).unwrap()
            };
            let (ntk, nngp) = (made(Kind::Ntk), made(Kind::Nngp));
            let rho: Vec<f64> = (-10..=10).map(|k| f64::from(k) / 10.0).collect();
            let of = |fixed| {
                let mut grid = GRID.as_ref().unwrap().iter();
                let k = grid
                    .find(|k| (k.layers, k.fixed) == (layers, fixed))
                    .unwrap();
                let mut out = vec![0.0; rho.len()];
                k.lines.at_all(&rho, &mut out, k.ends);
                out
            };
            let (all, last) = (of(0), of(layers - 1));
            for (k, rho) in rho.iter().enumerate() {
                // a few roundings per layer
                assert!(
                    (all[k] - ntk.at(*rho)).abs() < 1e-14 * ntk.diagonal(),
                    "{rho}"
                );
                assert!((last[k] - nngp.at(*rho)).abs() < 1e-14, "{rho}");
            }
            // each trained layer adds 1 on the diagonal
            for fixed in 0..layers {
                assert_eq!(
                    tangent(Place::Near(0.0), layers, fixed),
                    (layers - fixed) as f64
                );
            }
        }
    }
}
