//! One diagonal of the matrix of pairs of positions, through all the layers.
//!
//! With `n = sigma sigma'/q^2` and `rho = Sigma/(sigma sigma')` a layer is
//!
//! `K = n kappa1(rho)`, `T = n (kappa0(rho) Theta/(sigma sigma') + kappa1(rho))`, then `Sigma`, `Theta` = box sums of `K`, `T`,
//!
//! in two passes over lines in the first-level cache: the sums along rows; and the sums along columns together with
//! the activation.
//!
//! # How near this is to what the machine can do
//!
//! Per entry and layer, 3 x 3 filter, `f32`: 16 fused multiply-adds, 12 multiplications, 15 additions and comparisons and a
//! square root (60 operations). 16 numbers are read and 4 written, 80 bytes, all in the first-level cache; of these the four
//! deviations, 16 bytes, come from the second level, because those of all layers do not fit into the first. From memory
//! comes nothing: two profiles of 20 layers have 370 kB.
//!
//! Measured on one core of a Zen 5 server at 4.0 GHz, whose other core was busy (`cargo bench --bench cntk -- avx512`):
//! 0.58 ns per entry and layer, 0.61 ms per pair and layer, so 103 Gflop/s. The same core reaches 257 Gflop/s in a loop
//! of independent fused multiply-adds: 40 % of peak. Were every multiplication fused with an addition the 44 vector
//! instructions would take 22 cycles of two units; they take 37 for sixteen entries, the rest goes to loads that cross
//! a cache line (the second image is never aligned with the first) and to the second-level cache. `f64` has polynomials
//! of degree 18 and half the lanes: 1.63 ns. AVX2: 0.96 ns, portable SSE2: 2.5 ns in `f32`.

use super::activation::Form;
use super::geometry::{BLOCK, Geometry, Line};
use super::lane::Lane;
use super::loops::LayerConstants;
use super::profile::{Profile, Spread};
use super::vector::Processor;

/// What the loops need to know of the architecture.
#[derive(Clone, Debug)]
pub struct DiagonalPlan<T: Lane> {
    /// The shape
    pub geometry: Geometry,
    /// The last layer that is wanted
    pub layers: usize,
    /// `wanted[h - 1]`: the sums after layer `h` are wanted
    pub wanted: Vec<bool>,
    /// The variance of the bias
    pub bias: f64,
    /// What the pixels are multiplied by
    pub input: f64,
    /// The activation
    pub form: Form,
    /// What the activation multiplies and adds
    pub constants: LayerConstants<T>,
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
    plan: &DiagonalPlan<T>,
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
        let (sx, sy) = (&x.spreads[layer], &y.spreads[layer]);
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
            activated(
                processor,
                &plan.form,
                [&k[up..][..n], &k[guard..][..n], &k[down..][..n]],
                [&t[up..][..n], &t[guard..][..n], &t[down..][..n]],
                [(sx, ox), (sy, oy)],
                &constants,
                &mut values.k[guard..][..n],
                &mut values.t[guard..][..n],
            );
        } else {
            box_sums(&mut values.k, &mut sums.k, guard, n, radius, stride);
            box_sums(&mut values.t, &mut sums.t, guard, n, radius, stride);
            activated(
                processor,
                &plan.form,
                [&sums.k[guard..][..n]],
                [&sums.t[guard..][..n]],
                [(sx, ox), (sy, oy)],
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

/// The activation in closed form or as a series; either image begins somewhere.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn activated<T: Lane, const TAPS: usize>(
    processor: Processor,
    form: &Form,
    k: [&[T]; TAPS],
    t: [&[T]; TAPS],
    [(x, ox), (y, oy)]: [(&Spread<T>, usize); 2],
    constants: &LayerConstants<T>,
    k_out: &mut [T],
    t_out: &mut [T],
) {
    let n = k_out.len();
    match form {
        Form::Bent(_) => {
            let pixels = [
                &x.deviation()[ox..][..n],
                &x.reciprocal()[ox..][..n],
                &y.deviation()[oy..][..n],
                &y.reciprocal()[oy..][..n],
            ];
            processor.activated(k, t, pixels, constants, k_out, t_out);
        }
        Form::Series(_) => {
            processor.expanded::<T, TAPS, false>(
                k,
                t,
                [x.series_reciprocal(ox), y.series_reciprocal(oy)],
                [x.terms(ox), y.terms(oy)],
                x.common(y),
                constants.biases(),
                k_out,
                t_out,
            );
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
