//! Residual networks whose branches shrink like `c/sqrt(L)`: continuous depth.
//!
//! `L` layers `rho + (a dual(rho) - a rho)/(1 + a)` with `a = c^2/L` are a step of Euler's method for `rho' = c^2 (F(rho) - rho)` up to
//! time 1, `F` the dual (of a word: the mean of its duals), and
//!
//! `N_inf = int_0^1 (F + rho F')/2 (rho_s) exp(int_s^1 c^2 (F'(rho_u) - 1) du) ds`.
//!
//! **The integrator.** Taylor's method: with `E = exp(int c^2 (F' - 1))` and `I` the integral of a step begun at 0, a step maps
//! `(rho, N)` to `(rho(h), E N + I)`. **The rest is a proof, before anything is computed**: the coefficients of `F` are not negative with
//! sum 1, so `|F| <= 1` and `|F'(z)| <= F'(|z|)` in the unit disc. From `rho_0` with `d = 1 - |rho_0|` the field is bounded by `M` on
//! `|z - rho_0| <= d/2`, so the solution is analytic, and stays there, for complex times below `tau = d/(2 c^2 M)`, and Cauchy bounds
//! coefficient `j` by `tau^-j` times the largest value. `M` is the smaller of 2 and `(3/2) d (1 + B')`, because
//! `|F(z) - z| <= |1 - z| + |1 - F(z)|`: near 1 steps do not become small. [DERIVED]
//!
//! The radius of `rho` is carried by the mean-value form (`d rho_h/d rho_0 <= exp(c^2 h (sup F' - 1))`), not by what the series
//! amplifies.

use std::cmp::Ordering;

use rug::Float;
use rug::float::Round;

use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::Pair;

/// Steps are this share of the time for which the solution is known to be analytic: two bits a term.
const SHARE: i32 = 2;
/// More steps are not taken.
const MOST_STEPS: u32 = 4000;

/// The flow of a network with branches of scale `c/sqrt(L)`.
#[derive(Clone, Debug)]
pub struct Flow {
    duals: Vec<Dual<Ball>>,
    /// `c^2`
    rate: Ball,
    /// `F'(1)`, where it is finite.
    steepest: Option<Ball>,
    bits: Bits,
}

/// One step from `rho`: where it ends, `E` and `I`.
struct Stride {
    rho: Ball,
    growth: Ball,
    gained: Ball,
}

impl Flow {
    /// From the duals of the layers of a period, each with the same share of the time, and `rate = c^2`.
    pub fn new(duals: Vec<Dual<Ball>>, rate: Ball, bits: Bits) -> Self {
        let mut out = Flow {
            duals,
            rate,
            steepest: None,
            bits,
        };
        let steepest = out.slope_at_gap(&Ball::int(0, bits));
        out.steepest = Some(steepest).filter(Ball::is_finite);
        out
    }

    /// `F'(1)` is infinite: an activation jumps.
    pub fn is_steep(&self) -> bool {
        self.steepest.is_none()
    }

    fn mean(&self, f: impl Fn(&Dual<Ball>) -> Ball) -> Ball {
        let sum = (self.duals.iter()).fold(Ball::int(0, self.bits), |sum, d| &sum + &f(d));
        &sum / &Ball::int(self.duals.len() as i64, self.bits)
    }

    fn slope_at_gap(&self, t: &Ball) -> Ball {
        self.mean(|d| d.slope_at_gap(t))
    }

    fn taylor(&self, p: &Ball, degree: usize) -> Vec<Ball> {
        let zero = vec![Ball::int(0, self.bits); degree + 1];
        let n = Ball::int(self.duals.len() as i64, self.bits);
        let all = self.duals.iter().map(|d| d.taylor(p, degree));
        let sum = all.fold(zero, |sum, f| {
            sum.iter().zip(&f).map(|(a, b)| a + b).collect()
        });
        sum.iter().map(|c| c / &n).collect()
    }

    /// `rho` and `N` at time 1, from `0 <= rho <= 1` (`-1 < rho` where the duals have no Hermite rest); the enclosure is proved.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the enclosure is lost or the steps become too many; [`Error::Timeout`].
    pub fn at(&self, rho: &Ball, deadline: Deadline) -> Result<Pair<Ball>> {
        let bits = self.bits;
        let (zero, one) = (Ball::int(0, bits), Ball::int(1, bits));
        if (&one - rho).sign() == Some(Ordering::Equal) {
            return self.diagonal();
        }
        let (mut rho, mut ntk, mut left) = (rho.clone(), zero.clone(), one.clone());
        for _ in 0..MOST_STEPS {
            deadline.check("the flow of a residual network")?;
            let (tau, beta) = self.radius(&rho).ok_or_else(|| self.lost())?;
            // few bits, so that what is left of the time is exact
            let step = Float::with_val_round(24, tau.scale2(-SHARE).mid(), Round::Down).0;
            let step = Ball::exact(step).with_bits(bits);
            let last = left.compare(&step) != Some(Ordering::Greater);
            let step = if last { left.clone() } else { step };
            let stride = self.stride(&rho, &step, &tau, &beta);
            ntk = &(&stride.growth * &ntk) + &stride.gained;
            rho = stride.rho;
            if !rho.is_finite() || !ntk.is_finite() {
                return Err(self.lost());
            }
            if last {
                return Ok(Pair { nngp: rho, ntk });
            }
            left = &left - &step;
        }
        Err(Error::Unresolved(format!(
            "the flow takes more than {MOST_STEPS} steps: the branch scale is too large, or the correlation too near 1"
        )))
    }

    /// Equal inputs: `rho = 1` stays, and `N = (1 + B)/2 (e^(c^2 (B - 1)) - 1)/(c^2 (B - 1))`.
    fn diagonal(&self) -> Result<Pair<Ball>> {
        let one = Ball::int(1, self.bits);
        let b = self.steepest.as_ref().ok_or_else(|| {
            Error::Unresolved(
                "the tangent kernel of equal inputs is infinite where an activation jumps"
                    .to_owned(),
            )
        })?;
        let half = (&one + b).scale2(-1);
        let exponent = &self.rate * &(b - &one);
        let mean = match exponent.sign() {
            Some(Ordering::Equal) => one.clone(),
            None => one.hull(&exponent.exp()),
            _ => &exponent.exp_m1() / &exponent,
        };
        Ok(Pair {
            nngp: one,
            ntk: &half * &mean,
        })
    }

    fn lost(&self) -> Error {
        Error::Unresolved(format!(
            "the flow of the residual network could not be enclosed at {} bits",
            self.bits
        ))
    }

    /// A lower bound of `tau`, and an upper bound of `|F'|` on the disc.
    fn radius(&self, rho: &Ball) -> Option<(Ball, Ball)> {
        let one = Ball::int(1, self.bits);
        let d = (&one - &rho.abs()).lower_end();
        if d.sign() != Some(Ordering::Greater) {
            return None;
        }
        let mut bound = Ball::int(2, self.bits);
        if let Some(b) = &self.steepest
            && rho.sign() == Some(Ordering::Greater)
        {
            // |1 - z| <= 3 d/2, where d is that of the left end
            let wide = (&one - rho).upper_end();
            let near = &(&(&one + b) * &Ball::int(3, self.bits)) * &wide.scale2(-1);
            bound = bound.min(&near).upper_end();
        }
        let tau = (&d.scale2(-1) / &(&self.rate * &bound)).lower_end();
        let beta = self.slope_at_gap(&d.scale2(-1)).upper_end();
        (beta.is_finite() && tau.sign() == Some(Ordering::Greater)).then_some((tau, beta))
    }

    /// A step of length `h <= tau/4`.
    fn stride(&self, rho: &Ball, h: &Ball, tau: &Ball, beta: &Ball) -> Stride {
        let terms = (self.bits / SHARE as u32) as usize + 4;
        let [_, growth, gained] = self.series(rho, h, tau, beta, terms);
        let middle = rho.midpoint();
        let [end, _, _] = self.series(&middle, h, tau, beta, terms);
        let one = Ball::int(1, self.bits);
        // the slope of F between here and there is at most that at the larger end in modulus, and at most beta
        let excess = beta - &one;
        let stretch = (&(&self.rate * h) * &excess).exp().upper_end();
        let radius = &stretch.to_float() * Float::with_val(64, rho.radius());
        Stride {
            rho: end.widened(&Float::with_val(64, radius * 2u32)),
            growth,
            gained,
        }
    }

    /// The three series at `h`, with their rests.
    fn series(&self, rho: &Ball, h: &Ball, tau: &Ball, beta: &Ball, terms: usize) -> [Ball; 3] {
        let bits = self.bits;
        let zero = Ball::int(0, bits);
        let f = self.taylor(rho, terms + 1);
        let n = |k: usize| Ball::int(k as i64, bits);
        // u = rho(t) - rho_0 and its powers; F and F' along it
        let mut u = vec![zero.clone(); terms + 1];
        let mut powers: Vec<Vec<Ball>> = vec![vec![zero.clone(); terms + 1]; terms + 1];
        powers[0][0] = n(1);
        let (mut value, mut slope) = (Vec::with_capacity(terms + 1), Vec::with_capacity(terms + 1));
        for k in 0..=terms {
            // u_1 .. u_k are known here
            for j in 1..=k {
                let mut sum = zero.clone();
                for i in 1..=k + 1 - j {
                    sum = &sum + &(&u[i] * &powers[j - 1][k - i]);
                }
                powers[j][k] = sum;
            }
            let along = |shift: usize| {
                (0..=k).fold(zero.clone(), |sum, j| {
                    let c = &f[j + shift];
                    let c = if shift == 1 { &n(j + 1) * c } else { c.clone() };
                    &sum + &(&c * &powers[j][k])
                })
            };
            value.push(along(0));
            slope.push(along(1));
            if k < terms {
                let here = if k == 0 { rho } else { &u[k] };
                u[k + 1] = &(&self.rate * &(&value[k] - here)) / &n(k + 1);
            }
        }
        // E' = c^2 (F' - 1) E, I' = c^2 (F' - 1) I + (F + rho F')/2
        let mut position = u.clone();
        position[0] = rho.clone();
        let mut growth = vec![n(1)];
        let mut gained = vec![zero.clone()];
        for k in 0..terms {
            let (mut e, mut i) = (-&growth[k], -&gained[k]);
            let mut w = value[k].clone();
            for j in 0..=k {
                e = &e + &(&slope[j] * &growth[k - j]);
                i = &i + &(&slope[j] * &gained[k - j]);
                w = &w + &(&slope[j] * &position[k - j]);
            }
            growth.push(&(&self.rate * &e) / &n(k + 1));
            let i = &(&self.rate * &i) + &w.scale2(-1);
            gained.push(&i / &n(k + 1));
        }
        let one = n(1);
        let q = (h / tau).upper_end();
        let rest = &q.powi(terms as i64 + 1) / &(&one - &q);
        let most = (&(&self.rate * tau) * &(&one + beta)).exp().upper_end();
        let source = &(tau * &(&one + beta).scale2(-1)) * &most;
        let sum = |c: &[Ball], bound: &Ball| {
            let sum = (c.iter().rev()).fold(zero.clone(), |sum, c| &(&sum * h) + c);
            sum.widened(&(&rest * bound).upper_end().to_float())
        };
        [
            sum(&position, &one),
            sum(&growth, &most),
            sum(&gained, &source),
        ]
    }
}
