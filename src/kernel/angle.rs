//! The duals of activations with kinks by the angle, twice: what a kernel is compiled from where no series resolves the kinks,
//! and the second opinion that its error is measured against there.

use super::charts::{Mirror, Place};
use super::orbit::Orbits;
use crate::deadline::Deadline;
use crate::dual::{Angular, AngularTable, Dual, Mesh};
use crate::exact::Activation;
use crate::real::Ball;
use crate::recursion::{Pair, Scaled};

/// Gauss-Legendre nodes a panel of the two.
const NODES: [usize; 2] = [20, 28];
/// The widest panels, and how far a dual by angle on them may be from what is known at `rho = 0` and `-1`: narrower ones
/// where the wide ones miss it.
const MESHES: [(f64, f64); 3] = [(4.0, 1e-13), (2.0, 1e-13), (1.0, MISMATCH)];
/// How far a dual by angle may be from the series.
const MISMATCH: f64 = 1e-12;

/// The duals of `phi(scale z)`, with a constant: `share dual + 1 - share`. `None` where the activation has no kinks, or one of
/// them misses what is known.
pub(super) fn duals(
    structure: &Activation,
    scale: f64,
    share: f64,
    deadline: Deadline,
) -> Option<[Angular; 2]> {
    MESHES.into_iter().find_map(|(widest, mismatch)| {
        let of = |nodes| {
            let dual = Angular::new(structure, scale, Mesh { nodes, widest }, deadline)?;
            (dual.mismatch() < mismatch).then(|| dual.mixed(share))
        };
        Some([of(NODES[0])?, of(NODES[1])?])
    })
}

/// The same for a dual that has digits everywhere, so that there is no second opinion to be asked for: by truncated moments where it is of
/// that class.
pub(super) fn exact(
    dual: &Dual<Ball>,
    structure: &Activation,
    (scale, share): (f64, f64),
    deadline: Deadline,
) -> Option<AngularTable> {
    AngularTable::closed(dual, deadline).or_else(|| {
        let [first, _] = duals(structure, scale, share, deadline)?;
        Some(AngularTable::of(&first))
    })
}

/// Is this the dual of the series, at these correlations?
pub(super) fn agree(dual: &Angular, series: &Dual<f64>, places: &[f64]) -> bool {
    places.iter().all(|rho| {
        let value = 1.0 - dual.gap(1.0 - rho) - series.at(rho);
        let slope = dual.slope_at_gap(1.0 - rho) / series.slope_at(rho) - 1.0;
        value.abs() < MISMATCH && slope.abs() < MISMATCH
    })
}

/// The kernels by the second tables.
pub(super) fn again(second: &Orbits, place: Place, mirror: Mirror) -> Option<Pair<Scaled<f64>>> {
    // an odd dual near -1 moves like the root of 1 + rho: from the other side it has its digits
    let (place, sign) = match (place, mirror) {
        (Place::Far(u), Mirror::Even) => (Place::Near(u), 1.0),
        (Place::Far(u), Mirror::Odd) => (Place::Near(u), -1.0),
        (place, _) => (place, 1.0),
    };
    let samples = second.sample(place)?;
    Some(samples.map(|s| s.times(&sign)))
}
