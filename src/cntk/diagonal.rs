//! One diagonal of the matrix of pairs of positions, through all the layers.
//!
//! With `n = sigma sigma'/q^2` and `rho = Sigma/(sigma sigma')` a layer is
//!
//! `K = n kappa1(rho)`, `T = n (kappa0(rho) Theta/(sigma sigma') + kappa1(rho))`, then `Sigma`, `Theta` = box sums of `K`, `T`,
//!
//! in two passes over lines in the first-level cache: the sums along rows; and the sums along columns together with
//! the activation. Operations per entry and layer, 3 x 3, f32: 25 multiplications and fused multiply-adds, 13 additions and
//! comparisons, 1 square root; 16 numbers are read and 4 written, all of them in the first-level cache.

use super::geometry::{BLOCK, Geometry, Line};
use super::lane::Lane;
use super::loops::Constants;
use super::profile::Profile;
use super::vector::Processor;

/// What the loops need to know of the architecture.
#[derive(Clone, Debug)]
pub struct Plan<T: Lane> {
    /// The shape
    pub geometry: Geometry,
    /// The last layer that is wanted
    pub layers: usize,
    /// `wanted[h - 1]`: the sums after layer `h` are wanted
    pub wanted: Vec<bool>,
    /// The variance of the bias
    pub bias: f64,
    /// What the activation multiplies and adds
    pub constants: Constants<T>,
    /// `Theta^(0) = Sigma^(0)`, not 0
    pub first_trained: bool,
}

/// The sums of `K^(h)` and `T^(h)` over a diagonal, for every layer that is wanted.
pub type Sums = [[f64; 2]];

/// Two lines, `K` and `T`, with zeros before and behind.
#[derive(Debug)]
struct Lines<T> {
    k: Line<T>,
    t: Line<T>,
}

/// The lines of one thread.
#[derive(Debug)]
pub struct Desk<T> {
    values: Lines<T>,
    sums: Lines<T>,
}

impl<T: Lane> Desk<T> {
    /// For diagonals of images of this shape.
    pub fn new(geometry: Geometry) -> Desk<T> {
        let length = geometry.stored() + 2 * geometry.guard();
        let lines = || Lines {
            k: Line::zeros(length),
            t: Line::zeros(length),
        };
        Desk {
            values: lines(),
            sums: lines(),
        }
    }
}

/// Adds the sums over the diagonal `shift`, `weight` times, to `out`.
#[allow(clippy::too_many_arguments)]
pub fn add_diagonal<T: Lane>(
    processor: Processor,
    plan: &Plan<T>,
    x: &Profile<T>,
    y: &Profile<T>,
    shift: isize,
    weight: f64,
    desk: &mut Desk<T>,
    out: &mut Sums,
) {
    let geometry = plan.geometry;
    let (guard, stride, radius) = (geometry.guard(), geometry.stride(), geometry.radius);
    let far = shift.unsigned_abs();
    // Where the diagonal begins in either image.
    let (ox, oy) = if shift < 0 { (far, 0) } else { (0, far) };
    let n = (geometry.count() - far).next_multiple_of(BLOCK);
    let mut constants = plan.constants;
    // The diagonal before this one may have been longer.
    for lines in [&mut desk.values, &mut desk.sums] {
        lines.k[guard + n..][..guard].fill(T::default());
        lines.t[guard + n..][..guard].fill(T::default());
    }
    {
        let k = &mut desk.values.k[guard..][..n];
        k.fill(T::default());
        for c in 0..geometry.channels {
            processor.products(&x.channel(c)[ox..][..n], &y.channel(c)[oy..][..n], k);
        }
        let t = &mut desk.values.t[guard..][..n];
        if plan.first_trained {
            t.copy_from_slice(k);
        } else {
            t.fill(T::default());
        }
    }
    let mut place = 0;
    for layer in 0..plan.layers {
        if layer == 1 {
            constants.theta_bias = constants.bias;
        }
        let (values, sums) = (&mut desk.values, &mut desk.sums);
        let pixels = [
            &x.deviation(layer)[ox..][..n],
            &x.reciprocal(layer)[ox..][..n],
            &y.deviation(layer)[oy..][..n],
            &y.reciprocal(layer)[oy..][..n],
        ];
        if radius == 1 {
            processor.row_sums(
                [
                    &values.k[guard - 1..][..n + 2],
                    &values.t[guard - 1..][..n + 2],
                ],
                [&mut sums.k[guard..][..n], &mut sums.t[guard..][..n]],
            );
            let (up, down) = (guard - stride, guard + stride);
            let (k, t) = (&sums.k, &sums.t);
            processor.activated(
                [&k[up..][..n], &k[guard..][..n], &k[down..][..n]],
                [&t[up..][..n], &t[guard..][..n], &t[down..][..n]],
                pixels,
                &constants,
                &mut values.k[guard..][..n],
                &mut values.t[guard..][..n],
            );
        } else {
            box_sums(&mut values.k, &mut sums.k, guard, n, radius, stride);
            box_sums(&mut values.t, &mut sums.t, guard, n, radius, stride);
            let (k, t) = (&sums.k[guard..][..n], &sums.t[guard..][..n]);
            processor.activated(
                [k],
                [t],
                pixels,
                &constants,
                &mut values.k[guard..][..n],
                &mut values.t[guard..][..n],
            );
        }
        if plan.wanted[layer] {
            out[place][0] += weight * processor.total(&values.k[guard..][..n]);
            out[place][1] += weight * processor.total(&values.t[guard..][..n]);
            place += 1;
        }
    }
}

/// Sums over windows of any radius; the values are used up.
fn box_sums<T: Lane>(
    values: &mut [T],
    sums: &mut [T],
    guard: usize,
    n: usize,
    radius: usize,
    stride: usize,
) {
    let zero = |line: &mut [T]| line[guard..][..n].fill(T::default());
    let add = |from: &[T], to: &mut [T], start: usize| {
        for (to, from) in to[guard..][..n].iter_mut().zip(&from[start..][..n]) {
            *to = *to + *from;
        }
    };
    zero(sums);
    for b in 0..=2 * radius {
        add(values, sums, guard - radius + b);
    }
    zero(values);
    for a in 0..=2 * radius {
        add(sums, values, guard - radius * stride + a * stride);
    }
    sums[guard..][..n].copy_from_slice(&values[guard..][..n]);
}
