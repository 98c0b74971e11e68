//! Plain loops over lines of numbers, which a compiler turns into vectors: all of the work. `vector.rs` compiles them for
//! several processors; nothing here knows of that.

use super::geometry::BLOCK;
use super::lane::Lane;

/// The numbers of a layer. They are read at run time, on purpose: see [`Lane::angle`].
#[derive(Clone, Copy, Debug)]
pub struct Constants<T: Lane> {
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

impl<T: Lane> Constants<T> {
    /// For `b^2/(a^2 + b^2)` of `phi = a z + b |z|`, and the variance of the bias.
    pub fn new(bend: f64, bias: f64, first_trained: bool) -> Self {
        Constants {
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
