//! What a dual of this class is integrated from in doubles, as a function of the angle `b`, `rho = cos(b)`.
//!
//! Of a continuous activation `K(b) = sin(b) E F''(u) F''(v)`, by which the slope falls; of one that jumps
//! `M(b) = sin(b) E F'(u) F'(v)`, by which the value does. Either is analytic on `[0, pi]`, its ends included.

use std::f64::consts::{FRAC_PI_2, PI};
use std::sync::Arc;

use rug::Float;

use super::angle::{Angle, Spot};
use super::ends::at_end;
use super::halves::Halves;
use super::moments;
use super::owen::density;
use super::{Ball, Bits, Truncated};
use crate::dual::Turn;
use crate::dual::angular::exponent;
use crate::real::{Analytic, Kept, Real};

/// Bits to begin with, and how often there may be more.
const BITS: Bits = 80;
const ROUNDS: u32 = 6;
/// What is to be known of a value, of itself or of the slope at 1.
const WANTED: Bits = 56;

/// `K` or `M`, over `V`.
pub(in crate::dual) struct Bending {
    dual: Truncated,
    functions: Kept<Halves>,
    /// Values are as good as known to this.
    least: Float,
    /// Places and heights of the deltas, where there is nothing else: their sum is had in doubles.
    deltas: Option<Vec<(f64, f64)>>,
}

impl Bending {
    pub(in crate::dual) fn new(dual: &Truncated) -> Self {
        let mut out = Bending {
            dual: dual.clone(),
            functions: Kept::default(),
            least: Float::new(53),
            deltas: None,
        };
        let (halves, known) = (out.function(BITS), dual.layer(BITS));
        let slope = match dual.is_continuous() {
            true => at_end(&known.layer.middle.slope, &known.layer.middle.slope, 1) / &known.square,
            false => Ball::int(1, BITS),
        };
        out.least = slope.magnitude() >> WANTED;
        if halves.groups.is_empty() {
            let size = known.square.sqrt();
            let delta =
                |(k, jump): &(usize, Ball)| (halves.kinks[*k].to_f64(), (jump / &size).to_f64());
            out.deltas = Some(halves.deltas.iter().map(delta).collect());
        }
        out
    }

    /// `F''`, or `F'` where that has deltas already.
    fn function(&self, bits: Bits) -> Arc<Halves> {
        self.functions.at(bits, || {
            let known = self.dual.layer(bits);
            let slope = &known.layer.middle.slope;
            match self.dual.is_continuous() {
                true => slope.derivative(true),
                false => slope.clone(),
            }
        })
    }

    /// For `0 < b < pi`.
    pub(in crate::dual) fn at(&self, b: f64) -> f64 {
        if let Some(deltas) = &self.deltas {
            // (1/2 pi) sum_ij s_i s_j exp(-(c_i^2 - 2 c_i c_j cos b + c_j^2)/(2 sin^2 b))
            let row = |(c, s): &(f64, f64)| -> f64 {
                let term = |(d, t): &(f64, f64)| s * t * (-exponent(*c, *d, b)).exp();
                deltas.iter().map(term).sum()
            };
            return deltas.iter().map(row).sum::<f64>() / (2.0 * PI);
        }
        let mut bits = BITS;
        let mut value = self.enclosed(b, bits);
        // what grows fast has terms that cancel
        for _ in 0..ROUNDS {
            if value.rad() <= self.least || value.relative_bits() >= WANTED {
                break;
            }
            bits += bits / 2;
            value = self.enclosed(b, bits);
        }
        value.to_f64()
    }

    fn enclosed(&self, b: f64, bits: Bits) -> Ball {
        let half = Ball::exact(Float::with_val(bits, b / 2.0));
        let spot = match b <= FRAC_PI_2 {
            true => Spot::Gap(half.sin().square().scale2(1)),
            false => Spot::Rise(half.cos().square().scale2(1)),
        };
        let angle = Angle::new(&spot, 0);
        let f = self.function(bits);
        let value = moments::cross(&f, &f, &angle).c.remove(0) * &angle.sine.c[0];
        value / &self.dual.layer(bits).square
    }
}

impl Truncated {
    /// With slope jumps `s_i` at `c_i`, `g = F''` between them and the normal density `n`,
    ///
    /// `K(0) = sum_i s_i^2 n(c_i)/sqrt(2 pi)`, `|K(b)| <= sin(b) E g^2 + 2 sum_i |s_i| n(c_i) e^(2 c_i^2/3) sqrt(E g^2) + (sum_i |s_i|)^2/(2 pi)`:
    ///
    /// Cauchy and Schwarz, and for `sin(b) <= 1/2` the density of `v` given `u = c`, `sin(b)` times, is at most `e^(2 c^2/3) n(v)`, because
    /// `2 (x - m)^2 >= x^2/2 - 2 m^2/3`. Then `b - dual' = int_0^theta K/V` with `theta <= 1.12 sqrt(2 t)`, `theta <= pi/6` where `t <= 2/15`. [DERIVED]
    ///
    /// `None` for what jumps, and at a variance that is not known exactly.
    pub(in crate::dual) fn turn(&self) -> Option<Turn> {
        if !self.is_continuous() || self.is_blurred() {
            return None;
        }
        let bits = self.bits;
        let known = self.layer(bits + 32);
        let bend = known.layer.middle.slope.derivative(true);
        let int = |n: i64| Ball::int(n, bits + 32);
        let (mut at_zero, mut lines, mut jumps) = (int(0), int(0), int(0));
        for (k, jump) in &bend.deltas {
            let c = &bend.kinks[*k];
            let at = density(c);
            at_zero = at_zero + &(&jump.square() * &at);
            let steep = (&c.square().scale2(1) / &int(3)).exp();
            lines = lines + &(&(&Real::abs(jump) * &at) * &steep);
            jumps = jumps + &Real::abs(jump);
        }
        let smooth = Halves {
            deltas: Vec::new(),
            ..bend
        };
        let square = at_end(&smooth, &smooth, 1);
        let two_pi = Ball::pi(bits + 32).scale2(1);
        let root = Real::abs(&square).upper_end().sqrt();
        let most =
            &square.scale2(-1) + &(&(&lines * &root).scale2(1) + &(&jumps.square() / &two_pi));
        let turned = int(2).sqrt();
        let over = |x: Ball| (&(&x * &turned) / &known.square).with_bits(bits);
        let longer = Ball::rational(&(28, 25).into(), bits);
        Some(Turn {
            limit: over(&at_zero / &two_pi.sqrt()),
            largest: (&over(most) * &longer).upper_end(),
            second: (&square / &known.square).with_bits(bits),
        })
    }
}
