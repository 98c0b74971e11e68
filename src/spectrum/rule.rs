//! The trapezoidal rule in `u`, `t = tanh u`: its step, how far it goes, and what it may be off by.
//!
//! Bounds are powers of two in doubles, which are much coarser than doubles are inexact: one bit is added.

use std::f64::consts::{FRAC_PI_4, LN_2, LOG2_E, PI};

use rug::Float;

use super::harmonics::normalisation;

/// How large a kernel is in the disc: `|K(z)| <= K(|z|) <= 2^size (1 + (2^cut/(1 - |z|))^exponent)`, without the second term where
/// the exponent is 0 (and then `2^size = K(1)`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    /// `log2`
    pub size: f64,
    pub exponent: f64,
    /// `log2`
    pub cut: f64,
}

/// A rule for the degrees up to some degree on `S^d`.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    d: u32,
    growth: Growth,
    /// `h`, exactly.
    pub step: Float,
    /// Nodes `0, h, ..., last h` and their mirrors.
    pub last: u64,
    /// `log2 c_d`, rounded up.
    normalisation: f64,
}

/// So many widths `y` of the strip are tried.
const WIDTHS: u32 = 64;
/// Of a step so many bits are kept after the binary point.
const STEP_BITS: i32 = 40;

impl Rule {
    /// The rule whose errors, of the discretisation and of the ends, are below `2^(size - below)` for degrees up to `degree`.
    pub fn new(d: u32, degree: u32, growth: Growth, below: f64) -> Rule {
        let mut rule = Rule {
            d,
            growth,
            step: Float::with_val(64, 1),
            last: 0,
            normalisation: normalisation(d, 64).to_f64().log2() + 1e-9,
        };
        let wanted = below - growth.size;
        let widest = widths(growth)
            .map(|y| 2.0 * PI * y / LN_2 / (wanted + 2.0 + rule.on_the_edge(y, degree)).max(1.0))
            .fold(0.0, f64::max);
        let step = (widest.min(1.0) * 2f64.powi(STEP_BITS)).floor().max(1.0);
        rule.step = Float::with_val(64, step) >> STEP_BITS;
        let h = rule.step.to_f64();
        // where the rest is small enough: doubling, then halving
        let fits = |n: u64| rule.ends_at(n as f64 * h) <= growth.size - below;
        let mut high = 1;
        while !fits(high) && high < 1 << 40 {
            high *= 2;
        }
        let mut low = high / 2;
        while low + 1 < high {
            let middle = u64::midpoint(low, high);
            match fits(middle) {
                true => high = middle,
                false => low = middle,
            }
        }
        rule.last = high;
        rule
    }

    /// `log2` of what the sum may be off by at this degree.
    pub fn error(&self, degree: u32) -> f64 {
        let h = self.step.to_f64();
        let bound = |y: f64| {
            // log2 (exp(2 pi y/h) - 1) >= 2 pi y/h log2 e - 1, where that is 1 or more
            let gain = 2.0 * PI * y / h * LOG2_E - 1.0;
            match gain >= 1.0 {
                true => 1.0 + self.on_the_edge(y, degree) - gain,
                false => f64::INFINITY,
            }
        };
        let discretisation = widths(self.growth).map(bound).fold(f64::INFINITY, f64::min);
        let ends = self.ends_at(self.last as f64 * h);
        discretisation.max(ends) + 2.0
    }

    /// The last node is nearer to 1 than `2^-bits`, at most so many.
    pub fn last_gap_bits(&self) -> u32 {
        (2.0 * self.last as f64 * self.step.to_f64() * LOG2_E).ceil() as u32
    }

    /// `log2` of a bound of `c_d int |K P_k sech^d|` along `Im u = b`, for all `|b| <= y`.
    fn on_the_edge(&self, y: f64, degree: u32) -> f64 {
        let (d, k) = (f64::from(self.d), f64::from(degree));
        let polynomial = k * ((1.0 + y.sin()) / y.cos()).log2() - d * y.cos().log2();
        let g = self.growth;
        let singular = match g.exponent > 0.0 {
            // 1 - |z| >= cos(2y) sech(x)^2/2, int sech^s <= 2 ln 2 + 2/s
            true => {
                let s = d - 2.0 * g.exponent;
                let part = self.normalisation
                    + g.exponent * (g.cut + 1.0 - (2.0 * y).cos().log2())
                    + (2.0 * LN_2 + 2.0 / s).log2();
                sum(0.0, part)
            }
            false => 0.0,
        };
        g.size + polynomial + singular
    }

    /// `log2` of a bound of what is left out beyond `x`, on both sides.
    fn ends_at(&self, x: f64) -> f64 {
        let (d, g) = (f64::from(self.d), self.growth);
        // log-concave: sech(u)^d <= sech(x)^d exp(-d tanh(x) (u - x))
        let log_sech = (LN_2 - x - (-2.0 * x).exp().ln_1p()) * LOG2_E;
        let regular = d * log_sech - (d * x.tanh()).log2();
        let both = match g.exponent > 0.0 {
            // 1 - tanh u >= exp(-2u), sech u <= 2 exp(-u)
            true => {
                let s = d - 2.0 * g.exponent;
                let singular = g.exponent * g.cut + d - s * x * LOG2_E - s.log2();
                sum(regular, singular)
            }
            false => regular,
        };
        1.0 + g.size + self.normalisation + both
    }
}

/// `log2(2^a + 2^b)`, at most.
fn sum(a: f64, b: f64) -> f64 {
    a.max(b) + 1.0
}

/// At `pi/4` a singular kernel has no bound.
fn widths(growth: Growth) -> impl Iterator<Item = f64> {
    let widest = match growth.exponent > 0.0 {
        true => FRAC_PI_4 * 0.98,
        false => FRAC_PI_4,
    };
    (1..=WIDTHS).map(move |n| widest * f64::from(n) / f64::from(WIDTHS))
}
