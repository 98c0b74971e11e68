//! The numbers of a kernel, `f32` and `f64`, and the two polynomials that replace the arccosine.
//!
//! With `y = 1 - |rho|` in `[0, 1]`,
//!
//! * `(2/pi) acos|rho| = sqrt(y) P(y)`,
//! * `(2/pi) (sqrt(1 - rho^2) - |rho| acos|rho|) = y sqrt(y) R(y)`,
//!
//! where `P` and `R` are analytic in `|y| < 2`: one square root and two short polynomials give both arc-cosine kernels
//! of Cho and Saul (2009), without a branch and without a call of libm. The coefficients are Chebyshev fits on `[0, 1]`
//! in 60 digits (`mpmath.chebyfit`; `tests/oracles/arccosine_fit.py`), of relative error
//!
//! | | `P` | `R` | with rounding, promised by [`Lane::ANGLE_ERROR`] |
//! |---|---|---|---|
//! | `f32` | degree 7, 1.9e-8 | degree 6, 1.9e-8 | 3e-7 |
//! | `f64` | degree 18, 2e-17 | degree 17, 1e-17 | 6e-16 |
//!
//! The last column bounds the relative error of both left-hand sides as functions of `y`; the tests compare with MPFR.

use std::ops::{Add, Mul, Sub};

/// `f32` or `f64`: what the loops over a diagonal are generic in.
pub trait Lane:
    Copy
    + Default
    + Send
    + Sync
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + 'static
{
    /// 1
    const ONE: Self;
    /// Correlations nearer to 1 than this count as 1: 16 units of rounding. That many can come together in a patch that
    /// two images share, and `acos` would turn them into an angle of their square root.
    const NEAR: Self;
    /// A variance below this counts as zero: its reciprocal root would leave the range of the type.
    const SMALLEST: f64;
    /// A variance above this is refused: products would leave the range of the type.
    const LARGEST: f64;
    /// The share of an activation's square, and of its derivative's, that a Hermite series may leave out.
    const REST: f64;
    /// Gaps `1 - rho` have an absolute error of a unit of rounding; here it is one of `f64`.
    const FINE: bool;
    /// The promised relative error of `sqrt(y) P(y)` and `y sqrt(y) R(y)` as functions of `y`.
    const ANGLE_ERROR: f64;

    /// Rounded to nearest.
    fn rounded(value: f64) -> Self;
    /// Exact.
    fn double(self) -> f64;
    /// `|x|`
    fn magnitude(self) -> Self;
    /// `sqrt(x)`
    fn root(self) -> Self;
    /// `|x|` with the sign of the other.
    fn signed(self, sign: Self) -> Self;
    /// `self * b + c`, fused where the processor can.
    fn times_plus<const FMA: bool>(self, b: Self, c: Self) -> Self;
    /// The coefficients of `P`, highest power first.
    type Angle: AsRef<[Self]> + Copy + std::fmt::Debug + Send + Sync;
    /// The coefficients of `R`, highest power first.
    type Segment: AsRef<[Self]> + Copy + std::fmt::Debug + Send + Sync;
    /// `P`
    const ANGLE: Self::Angle;
    /// `R`
    const SEGMENT: Self::Segment;
    /// The value of a polynomial of either type: its length is known when this is compiled, its coefficients are not, so
    /// that they are kept in registers instead of being read from memory in every step of a loop.
    fn angle<const FMA: bool>(coefficients: &Self::Angle, y: Self) -> Self;
    /// As [`Lane::angle`].
    fn segment<const FMA: bool>(coefficients: &Self::Segment, y: Self) -> Self;
}

macro_rules! lane {
    ($t:ty, $fine:expr, $near:expr, $smallest:expr, $largest:expr, $rest:expr, $error:expr, $p:ident, $r:ident) => {
        impl Lane for $t {
            const ONE: Self = 1.0;
            const FINE: bool = $fine;
            const NEAR: Self = $near;
            const SMALLEST: f64 = $smallest;
            const LARGEST: f64 = $largest;
            const REST: f64 = $rest;
            const ANGLE_ERROR: f64 = $error;

            #[inline(always)]
            fn rounded(value: f64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn double(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn magnitude(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn root(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn signed(self, sign: Self) -> Self {
                self.copysign(sign)
            }
            #[inline(always)]
            fn times_plus<const FMA: bool>(self, b: Self, c: Self) -> Self {
                // Without the instruction `mul_add` would be a call of libm.
                if FMA {
                    self.mul_add(b, c)
                } else {
                    self * b + c
                }
            }
            type Angle = [$t; $p.len()];
            type Segment = [$t; $r.len()];
            const ANGLE: Self::Angle = $p;
            const SEGMENT: Self::Segment = $r;
            #[inline(always)]
            fn angle<const FMA: bool>(coefficients: &Self::Angle, y: Self) -> Self {
                polynomial::<$t, FMA, { $p.len() }>(coefficients, y)
            }
            #[inline(always)]
            fn segment<const FMA: bool>(coefficients: &Self::Segment, y: Self) -> Self {
                polynomial::<$t, FMA, { $r.len() }>(coefficients, y)
            }
        }
    };
}

lane!(
    f32,
    false,
    9.536_743e-7, // 2^-20
    1e-30,
    1e30,
    1e-11,
    3e-7,
    ANGLE_32,
    SEGMENT_32
);
lane!(
    f64,
    true,
    1.776_356_839_400_250_5e-15, // 2^-49
    1e-280,
    1e280,
    1e-13,
    6e-16,
    ANGLE_64,
    SEGMENT_64
);

/// Four interleaved Horner schemes in `y^4`: a quarter of the steps that wait for each other.
#[inline(always)]
fn polynomial<T: Lane, const FMA: bool, const N: usize>(coefficients: &[T; N], y: T) -> T {
    let y2 = y * y;
    let y4 = y2 * y2;
    let mut parts = [T::default(); 4];
    for k in (0..N).rev() {
        let c = coefficients[N - 1 - k];
        parts[k % 4] = if k + 4 < N {
            parts[k % 4].times_plus::<FMA>(y4, c)
        } else {
            c
        };
    }
    let [even, odd, second, third] = parts;
    let low = odd.times_plus::<FMA>(y, even);
    let high = third.times_plus::<FMA>(y, second);
    high.times_plus::<FMA>(y2, low)
}

/// Highest power first.
const ANGLE_32: [f32; 8] = [
    0.000_771_416_2,
    -0.001_267_282_7,
    0.002_125_302_3,
    0.000_941_471_4,
    0.005_230_933_4,
    0.016_854_179,
    0.075_027_66,
    0.900_316_3,
];
const SEGMENT_32: [f32; 7] = [
    0.000_149_269_11,
    -0.000_112_172_63,
    0.000_472_538_65,
    0.001_055_696_8,
    0.004_833_674,
    0.030_009_87,
    0.600_210_9,
];
const ANGLE_64: [f64; 19] = [
    3.054_209_480_381_572_3e-6,
    -2.252_256_027_695_099_4e-5,
    7.910_107_540_802_501e-5,
    -1.711_529_637_484_247_3e-4,
    2.550_860_827_901_785_6e-4,
    -2.737_525_191_938_040_5e-4,
    2.216_065_451_752_638_3e-4,
    -1.305_065_399_005_016_7e-4,
    6.920_839_979_772_13e-5,
    -4.574_622_992_565_593e-6,
    4.639_091_735_102_612e-5,
    9.708_959_030_670_627e-5,
    2.442_710_296_557_708_4e-4,
    6.294_219_623_473_143e-4,
    1.709_586_085_186_477_8e-3,
    5.024_086_542_905_861e-3,
    0.016_880_930_928_850_14,
    0.075_026_359_679_751_28,
    0.900_316_316_157_106_1,
];
const SEGMENT_64: [f64; 18] = [
    1.951_811_718_870_545_7e-7,
    -1.321_886_899_085_11e-6,
    4.306_766_599_417_974e-6,
    -8.580_438_341_695_534e-6,
    1.178_965_631_616_648_8e-5,
    -1.142_663_433_682_267_3e-5,
    8.616_351_878_976_967e-6,
    -3.891_567_934_832_025e-6,
    3.479_628_755_762_772e-6,
    3.715_776_862_764_818_6e-6,
    1.168_141_695_259_951_5e-5,
    3.252_761_267_852_457_4e-5,
    9.683_890_697_821_738e-5,
    3.108_334_715_739_03e-4,
    1.116_463_693_257_452_2e-3,
    4.823_123_122_092_196e-3,
    0.030_010_543_871_905_195,
    0.600_210_877_438_070_7,
];
