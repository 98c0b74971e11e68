//! Plain loops over lines of numbers, which a compiler turns into vectors: all of the work. `vector.rs` compiles them for
//! several processors; nothing here knows of that.

use super::geometry::BLOCK;
use super::lane::Lane;

/// The numbers of a layer. They are read at run time, on purpose: see [`Lane::angle`].
#[derive(Clone, Copy, Debug)]
pub struct LayerConstants<T: Lane> {
    bend: T,
    straight: T,
    pub bias: T,
    /// The same, but 0 below a first layer that is fixed.
    pub theta_bias: T,
    one: T,
    near: T,
    angle: T::Angle,
    segment: T::Segment,
}

impl<T: Lane> LayerConstants<T> {
    /// For `b^2/(a^2 + b^2)` of `phi = a z + b |z|`, and the variance of the bias.
    pub fn new(bend: f64, bias: f64, first_trained: bool) -> Self {
        LayerConstants {
            bend: T::rounded(bend),
            straight: T::rounded(1.0 - bend),
            bias: T::rounded(bias),
            theta_bias: T::rounded(if first_trained { bias } else { 0.0 }),
            one: T::ONE,
            near: T::NEAR,
            angle: T::ANGLE,
            segment: T::SEGMENT,
        }
    }
}

impl<T: Lane> LayerConstants<T> {
    /// What is added to `Sigma` and `Theta`.
    pub fn biases(&self) -> [T; 2] {
        [self.bias, self.theta_bias]
    }
}

/// `out += x y`
#[inline(always)]
pub fn products<T: Lane, const FMA: bool>(x: &[T], y: &[T], out: &mut [T]) {
    for ((x, y), out) in x.iter().zip(y).zip(out) {
        *out = x.times_plus::<FMA>(*y, *out);
    }
}

/// The sums of three neighbours in a row, of two lines with a number more at either end.
#[inline(always)]
pub fn row_sums<T: Lane>(values: [&[T]; 2], out: [&mut [T]; 2]) {
    for (values, out) in values.into_iter().zip(out) {
        let n = out.len();
        let (left, middle, right) = (&values[..n], &values[1..][..n], &values[2..][..n]);
        for p in 0..n {
            out[p] = left[p] + middle[p] + right[p];
        }
    }
}

/// The activation, at the sums of `TAPS` rows: `K` and `T` of the next layer.
#[inline(always)]
pub fn activated<T: Lane, const FMA: bool, const TAPS: usize>(
    k: [&[T]; TAPS],
    t: [&[T]; TAPS],
    [dx, rx, dy, ry]: [&[T]; 4],
    constants: &LayerConstants<T>,
    k_out: &mut [T],
    t_out: &mut [T],
) {
    let n = k_out.len();
    // Equal lengths, said so that no bound is checked inside the loop.
    let (k, t) = (k.map(|l| &l[..n]), t.map(|l| &l[..n]));
    let (dx, rx, dy, ry, t_out) = (&dx[..n], &rx[..n], &dy[..n], &ry[..n], &mut t_out[..n]);
    let LayerConstants {
        bend,
        straight,
        bias,
        theta_bias,
        one,
        near,
        angle,
        segment: segment_of,
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
        let distance = one - rho.magnitude();
        // Beyond 1 by rounding, or as near to 1 as rounding reaches.
        let distance = if distance < near {
            T::default()
        } else {
            distance
        };
        let magnitude = one - distance;
        let root = distance.root();
        // 1 - (2/pi) acos|rho| = (2/pi) asin|rho|
        let arc = one - root * T::angle::<FMA>(&angle, distance);
        let segment = distance * root * T::segment::<FMA>(&segment_of, distance);
        let kappa0 = arc.signed(rho).times_plus::<FMA>(bend, straight);
        let kappa1 =
            straight.times_plus::<FMA>(magnitude.signed(rho), bend * (magnitude + segment));
        let n = dx[p] * dy[p];
        k_out[p] = n * kappa1;
        t_out[p] = n * kappa0.times_plus::<FMA>(theta, kappa1);
    }
}

/// The coefficients of a line of pixels, even ones and odd ones, each line `stride` numbers behind the one before.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a, T> {
    pub even: &'a [T],
    pub odd: &'a [T],
    pub stride: usize,
}

/// Entries that go through a polynomial together: as many as keep the units busy and fit into registers.
const WIDE: usize = 2 * BLOCK;

/// As [`activated`], for `K = sum_n a_n a'_n rho^n` with `counts` even and odd terms. With `ONE` the first image has one
/// pixel for the whole line: its lines have one number each.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub fn expanded<T: Lane, const FMA: bool, const TAPS: usize, const ONE: bool>(
    k: [&[T]; TAPS],
    t: [&[T]; TAPS],
    [rx, ry]: [&[T]; 2],
    terms: [Terms<T>; 2],
    counts: [usize; 2],
    biases: [T; 2],
    k_out: &mut [T],
    t_out: &mut [T],
) {
    let n = k_out.len();
    let mut p = 0;
    while p + WIDE <= n {
        let (k_out, t_out) = (&mut k_out[p..][..WIDE], &mut t_out[p..][..WIDE]);
        expanded_block::<T, FMA, TAPS, ONE, WIDE>(
            p,
            k,
            t,
            [rx, ry],
            terms,
            counts,
            biases,
            k_out,
            t_out,
        );
        p += WIDE;
    }
    while p < n {
        let (k_out, t_out) = (&mut k_out[p..][..BLOCK], &mut t_out[p..][..BLOCK]);
        expanded_block::<T, FMA, TAPS, ONE, BLOCK>(
            p,
            k,
            t,
            [rx, ry],
            terms,
            counts,
            biases,
            k_out,
            t_out,
        );
        p += BLOCK;
    }
}

/// `W` entries from `p` on.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn expanded_block<T: Lane, const FMA: bool, const TAPS: usize, const ONE: bool, const W: usize>(
    p: usize,
    k: [&[T]; TAPS],
    t: [&[T]; TAPS],
    [rx, ry]: [&[T]; 2],
    [x, y]: [Terms<T>; 2],
    counts: [usize; 2],
    [bias, theta_bias]: [T; 2],
    k_out: &mut [T],
    t_out: &mut [T],
) {
    let (k, t) = (k.map(|l| &l[p..][..W]), t.map(|l| &l[p..][..W]));
    let ry = &ry[p..][..W];
    let rx = if ONE { &rx[..1] } else { &rx[p..][..W] };
    let (mut rho, mut square, mut theta) =
        ([T::default(); W], [T::default(); W], [T::default(); W]);
    for l in 0..W {
        let (mut sigma, mut sum) = (k[0][l], t[0][l]);
        for tap in 1..TAPS {
            sigma = sigma + k[tap][l];
            sum = sum + t[tap][l];
        }
        let inverse = rx[if ONE { 0 } else { l }] * ry[l];
        let r = (sigma + bias) * inverse;
        let magnitude = r.magnitude();
        // Beyond 1 by rounding.
        rho[l] = if magnitude > T::ONE {
            T::ONE
        } else {
            magnitude
        }
        .signed(r);
        square[l] = rho[l] * rho[l];
        theta[l] = (sum + theta_bias) * inverse;
    }
    let strides = [x.stride, y.stride];
    let (even, even_slope) =
        horner::<T, FMA, ONE, W>(p, &square, [x.even, y.even], strides, counts[0]);
    let (odd, odd_slope) = horner::<T, FMA, ONE, W>(p, &square, [x.odd, y.odd], strides, counts[1]);
    for l in 0..W {
        // E(rho^2) + rho O(rho^2), and its derivative
        let value = odd[l].times_plus::<FMA>(rho[l], even[l]);
        let inner = odd_slope[l].times_plus::<FMA>(rho[l], even_slope[l]);
        let slope = (rho[l] + rho[l]).times_plus::<FMA>(inner, odd[l]);
        k_out[l] = value;
        t_out[l] = slope.times_plus::<FMA>(theta[l], value);
    }
}

/// `sum_n a_n a'_n z^n` and its derivative at `W` places. A function of its own and no closure: a closure would be compiled
/// for a processor without these instructions.
#[inline(always)]
fn horner<T: Lane, const FMA: bool, const ONE: bool, const W: usize>(
    p: usize,
    z: &[T; W],
    [x, y]: [&[T]; 2],
    strides: [usize; 2],
    count: usize,
) -> ([T; W], [T; W]) {
    let (mut value, mut slope) = ([T::default(); W], [T::default(); W]);
    for n in (0..count).rev() {
        let from = n * strides[0];
        let a = if ONE {
            &x[from..][..1]
        } else {
            &x[from + p..][..W]
        };
        let b = &y[n * strides[1] + p..][..W];
        for l in 0..W {
            let product = a[if ONE { 0 } else { l }] * b[l];
            slope[l] = slope[l].times_plus::<FMA>(z[l], value[l]);
            value[l] = value[l].times_plus::<FMA>(z[l], product);
        }
    }
    (value, slope)
}

/// The sum of all numbers: sixteen running sums, added in `f64`.
#[inline(always)]
pub fn total<T: Lane>(line: &[T]) -> f64 {
    let mut sums = [T::default(); BLOCK];
    for block in line.chunks_exact(BLOCK) {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum = *sum + *value;
        }
    }
    sums.iter().map(|s| s.double()).sum()
}
