//! The kernels of a ReLU network as one writes them, and the same with the layer's own term left out of the tangent kernel.

use std::f64::consts::PI;

/// `E phi(u) phi(v)` of the normalised ReLU at the correlation `rho`, and its slope.
pub fn relu(rho: f64) -> (f64, f64) {
    // the root without cancellation, and the angle from both sides of the triangle
    let root = ((1.0 - rho) * (1.0 + rho)).sqrt();
    let angle = PI - root.atan2(rho);
    ((root + rho * angle) / PI, angle / PI)
}

/// NNGP and NTK with so many hidden layers.
pub fn kernels(rho: f64, depth: u64) -> (f64, f64) {
    let (mut s, mut t) = (rho, rho);
    for _ in 0..depth {
        let (next, slope) = relu(s);
        t = t * slope + next;
        s = next;
    }
    (s, t)
}

/// The same, wrong: `T = T dual'(S)`.
pub fn wrong_kernels(rho: f64, depth: u64) -> (f64, f64) {
    let (mut s, mut t) = (rho, rho);
    for _ in 0..depth {
        let (next, slope) = relu(s);
        t *= slope;
        s = next;
    }
    (s, t)
}
