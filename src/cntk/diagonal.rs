//! One diagonal of the matrix of pairs of positions, through all the layers: plain loops that a compiler turns into
//! vectors. `vector.rs` compiles them for several processors; nothing here knows of that.
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
use super::profile::Profile;

/// What the loops need to know of the architecture.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The shape
    pub geometry: Geometry,
    /// The last layer that is wanted
    pub layers: usize,
    /// `wanted[h - 1]`: the sums after layer `h` are wanted
    pub wanted: Vec<bool>,
    /// `b^2/(a^2 + b^2)` of `phi = a z + b |z|`
    pub bend: f64,
    /// The variance of the bias
    pub bias: f64,
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
#[inline(always)]
pub fn add_diagonal<T: Lane, const FMA: bool>(
    plan: &Plan,
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
    let mut constants = Constants::new(plan);
    // The diagonal before this one may have been longer.
    for lines in [&mut desk.values, &mut desk.sums] {
        lines.k[guard + n..][..guard].fill(T::default());
        lines.t[guard + n..][..guard].fill(T::default());
    }
    {
        let k = &mut desk.values.k[guard..][..n];
        k.fill(T::default());
        for c in 0..geometry.channels {
            products::<T, FMA>(&x.channel(c)[ox..][..n], &y.channel(c)[oy..][..n], k);
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
            row_sums::<T>(&values.k[guard - 1..][..n + 2], &mut sums.k[guard..][..n]);
            row_sums::<T>(&values.t[guard - 1..][..n + 2], &mut sums.t[guard..][..n]);
            let (up, down) = (guard - stride, guard + stride);
            let (k, t) = (&sums.k, &sums.t);
            activated::<T, FMA, 3>(
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
            activated::<T, FMA, 1>(
                [k],
                [t],
                pixels,
                &constants,
                &mut values.k[guard..][..n],
                &mut values.t[guard..][..n],
            );
        }
        if plan.wanted[layer] {
            out[place][0] += weight * total(&values.k[guard..][..n]);
            out[place][1] += weight * total(&values.t[guard..][..n]);
            place += 1;
        }
    }
}

struct Constants<T> {
    bend: T,
    straight: T,
    bias: T,
    /// The same, but 0 below a first layer that is fixed.
    theta_bias: T,
}

impl<T: Lane> Constants<T> {
    #[inline(always)]
    fn new(plan: &Plan) -> Self {
        Constants {
            bend: T::rounded(plan.bend),
            straight: T::rounded(1.0 - plan.bend),
            bias: T::rounded(plan.bias),
            theta_bias: T::rounded(if plan.first_trained { plan.bias } else { 0.0 }),
        }
    }
}

/// `out += x y`
#[inline(always)]
fn products<T: Lane, const FMA: bool>(x: &[T], y: &[T], out: &mut [T]) {
    for ((x, y), out) in x.iter().zip(y).zip(out) {
        *out = x.times_plus::<FMA>(*y, *out);
    }
}

/// The sums of three neighbours in a row.
#[inline(always)]
fn row_sums<T: Lane>(values: &[T], out: &mut [T]) {
    let n = out.len();
    let (left, middle, right) = (&values[..n], &values[1..][..n], &values[2..][..n]);
    for p in 0..n {
        out[p] = left[p] + middle[p] + right[p];
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

/// The activation, at the sums of `TAPS` rows: `K` and `T` of the next layer.
#[inline(always)]
fn activated<T: Lane, const FMA: bool, const TAPS: usize>(
    k: [&[T]; TAPS],
    t: [&[T]; TAPS],
    [dx, rx, dy, ry]: [&[T]; 4],
    constants: &Constants<T>,
    k_out: &mut [T],
    t_out: &mut [T],
) {
    let n = k_out.len();
    // Equal lengths, said so that no bound is checked inside the loop.
    let (k, t) = (k.map(|l| &l[..n]), t.map(|l| &l[..n]));
    let (dx, rx, dy, ry, t_out) = (&dx[..n], &rx[..n], &dy[..n], &ry[..n], &mut t_out[..n]);
    let Constants {
        bend,
        straight,
        bias,
        theta_bias,
    } = *constants;
    for p in 0..n {
        let (mut sigma, mut theta) = (k[0][p], t[0][p]);
        if TAPS == 3 {
            sigma = sigma + k[1][p] + k[2][p];
            theta = theta + t[1][p] + t[2][p];
        }
        let inverse = rx[p] * ry[p];
        let rho = (sigma + bias) * inverse;
        let theta = (theta + theta_bias) * inverse;
        let distance = T::ONE - rho.magnitude();
        // Beyond 1 by rounding, or as near to 1 as rounding reaches.
        let distance = if distance < T::NEAR {
            T::default()
        } else {
            distance
        };
        let magnitude = T::ONE - distance;
        let root = distance.root();
        // 1 - (2/pi) acos|rho| = (2/pi) asin|rho|
        let arc = T::ONE - root * T::angle::<FMA>(distance);
        let segment = distance * root * T::segment::<FMA>(distance);
        let kappa0 = arc.signed(rho).times_plus::<FMA>(bend, straight);
        let kappa1 =
            straight.times_plus::<FMA>(magnitude.signed(rho), bend * (magnitude + segment));
        let n = dx[p] * dy[p];
        k_out[p] = n * kappa1;
        t_out[p] = n * kappa0.times_plus::<FMA>(theta, kappa1);
    }
}

/// The sum of all numbers: sixteen running sums, added in `f64`.
#[inline(always)]
fn total<T: Lane>(line: &[T]) -> f64 {
    let mut sums = [T::default(); BLOCK];
    for block in line.chunks_exact(BLOCK) {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum = *sum + *value;
        }
    }
    sums.iter().map(|s| s.double()).sum()
}
