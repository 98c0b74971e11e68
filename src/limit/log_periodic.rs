//! The singular kernel near equal inputs: `R(u) = u^alpha h(1 - u^2/2)` has no limit at 0, it oscillates.
//!
//! At the repelling fixed point 1 let `P` be Poincare's function, `P(b s) = F(P(s))`, `P'(0) = 1`, `F(t) = 1 - dual(1 - t)`,
//! `b = B'`. Then `h(1 - P(b s)) = lambda h(1 - P(s))`, so with `gamma = alpha/2 = -log(lambda)/log(b)`
//!
//! `h(1 - P(s)) s^gamma = Pi(log_b s)`, `Pi` of period 1, and `R(u) ~ 2^gamma Pi(log_b(u^2/2))` as `u -> 0`.
//!
//! **Values.** `F` is concave, so `P(s) <= s`; and `F(t) >= b t - kappa t^p` (`p = 2`, `kappa = dual''(1)/2` for a smooth
//! activation, `p = 3/2` with kinks) gives `P(s) >= s - c s^p`, `c = kappa b^-p/(1 - b^(1-p))`. From a tiny `s` one walks up
//! with `F` and on to 0 with the dual.
//!
//! **Fourier coefficients** by the trapezoidal rule. `1 - P(s) = E e^(-s W)` is the Laplace transform of the limit `W` of a
//! branching process (Kesten and Stigum: the dual is its generating function), hence `|1 - P(z)| <= 1 - P(Re z)`; the
//! coefficients of `h` are non-negative, hence `|h(1 - P(z))| <= h(1 - P(Re z))`, and on `z = s e^(i theta)`
//!
//! `|Pi(v + i theta/log b)| <= (cos theta)^-gamma max Pi`, so `|Pi_k| <= (cos theta)^-gamma max Pi e^(-2 pi theta |k|/log b)`
//!
//! for every `theta < pi/2`: that bounds what the trapezoidal rule folds together. [DERIVED]

use rug::{Float, Rational};

use super::koenigs::Koenigs;
use super::ordered::analytic_at_one;
use crate::dual::Dual;
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::Correlation;

/// How the dual bends at 1: `1 - dual(1 - t) >= b t - kappa t^p`.
#[derive(Clone, Debug)]
pub enum Bend {
    /// `p = 2`, `kappa = dual''(1)/2`.
    Smooth(Ball),
    /// `p = 3/2`.
    Kinked(Ball),
}

impl Bend {
    /// For a dual in closed form; `None` for a Hermite series with a rest, and where `B'` is infinite.
    pub fn of(dual: &Dual<Ball>, bits: Bits) -> Option<Bend> {
        if analytic_at_one(dual) {
            return Some(Bend::Smooth(dual.taylor(&Ball::int(1, bits), 2)[2].clone()));
        }
        match dual {
            // D (2/pi) (sin(theta) - theta cos(theta)) <= D (2/pi) theta^3/3, theta <= pi sqrt(t/2)
            Dual::ArcCosine(d) => {
                let square = Ball::pi(bits).powi(2);
                let root = Ball::int(8, bits).sqrt();
                Some(Bend::Kinked(
                    &(&d.scale2(1) * &square) / &(&Ball::int(3, bits) * &root),
                ))
            }
            Dual::Shifted { inner, scale, .. } => Some(match Bend::of(inner, bits)? {
                Bend::Smooth(k) => Bend::Smooth(scale * &k),
                Bend::Kinked(k) => Bend::Kinked(scale * &k),
            }),
            _ => None,
        }
    }
}

/// `Pi` and its Fourier coefficients `Pi_k = int_0^1 Pi(v) e^(-2 pi i k v) dv`, enclosed.
///
/// ```
/// use deeplimit::{activation::Expr, dual::closed_form, limit::{Bend, Koenigs, LogPeriodic}};
/// use deeplimit::real::{Analytic, Ball};
/// let dual = closed_form::<Ball>(&Expr::parse("optimal(2)").unwrap(), 128).unwrap();
/// let h = Koenigs::new(&dual, Ball::int(0, 128), 24).unwrap();
/// let pi = LogPeriodic::new(&h, &Bend::of(&dual, 128).unwrap(), 2, 60).unwrap();
/// // R is not constant near u = 0: relative half-amplitude 2 |Pi_1|/Pi_0
/// let half = 2.0 * pi.amplitude(1).mid().to_f64() / pi.mean().mid().to_f64();
/// assert!((half - 5.347e-8).abs() < 1e-11);
/// ```
#[derive(Clone, Debug)]
pub struct LogPeriodic {
    gamma: Ball,
    log_b: Ball,
    /// `(Re, Im)` of `Pi_k`, `k = 0, 1, ...`
    coefficients: Vec<(Ball, Ball)>,
    /// `|Pi_k| <= factor e^(-decay k)`
    factor: Float,
    decay: f64,
}

impl LogPeriodic {
    /// The first `count` coefficients (and the mean) with an absolute error of about `2^-accuracy` of the mean. `None`
    /// where `B' > 1` is not finite, or an orbit does not come near 0.
    pub fn new(h: &Koenigs<Ball>, bend: &Bend, count: usize, accuracy: Bits) -> Option<Self> {
        let bits = h.multiplier().bits();
        let b = h.dual().slope_at_gap(&Ball::int(0, bits));
        let log_b = b.ln();
        if !b.is_finite() || !log_b.is_finite() || log_b.to_f64() <= 0.0 {
            return None;
        }
        let gamma = &-h.multiplier().ln() / &log_b;
        let (g, l) = (gamma.to_f64(), log_b.to_f64());
        let nodes = nodes(g, l, count, accuracy);
        let start = Start::new(bend, &b, accuracy.max(bits / 2));
        let values = (0..nodes)
            .map(|j| {
                let v = Ball::rational(&Rational::from((j as u64, nodes as u64)), bits);
                start.value(h, &log_b, &gamma, &v)
            })
            .collect::<Option<Vec<Ball>>>()?;
        // between two nodes h falls and s^gamma grows by at most b^(gamma/nodes)
        let growth = (&(&gamma * &log_b) / &Ball::int(nodes as i64, bits)).exp();
        let largest = values
            .iter()
            .map(Ball::upper)
            .fold(Float::new(bits), |m, x| if x > m { x } else { m });
        let largest = &Ball::exact(largest) * &growth;
        let theta = angle(nodes as f64 - count as f64, g, l);
        let cosine = Ball::exact(Float::with_val(64, theta)).cos();
        let factor = (&largest * &(-(&gamma * &cosine.ln())).exp()).magnitude();
        // rounded down
        let decay = 2.0 * std::f64::consts::PI * theta / l * (1.0 - 1e-12);
        let coefficients = (0..=count)
            .map(|k| coefficient(&values, k, &factor, decay))
            .collect();
        Some(LogPeriodic {
            gamma,
            log_b,
            coefficients,
            factor,
            decay,
        })
    }

    /// `gamma = alpha/2`.
    pub fn gamma(&self) -> &Ball {
        &self.gamma
    }

    /// The mean of `Pi`; that of `R` at 0 is `2^gamma` times this.
    pub fn mean(&self) -> &Ball {
        &self.coefficients[0].0
    }

    /// `(Re, Im)` of `Pi_k`.
    pub fn coefficients(&self) -> &[(Ball, Ball)] {
        &self.coefficients
    }

    /// `|Pi_k|`.
    pub fn amplitude(&self, k: usize) -> Ball {
        let (re, im) = &self.coefficients[k];
        let square = re.square() + im.square();
        if square.lower() > 0 {
            return square.sqrt();
        }
        Ball::from_interval(&Float::new(53), &square.upper(), square.bits()).sqrt()
    }

    /// `Pi(v)` from the coefficients, those left out bounded.
    pub fn at(&self, v: &Ball) -> Ball {
        let turn = Ball::pi(v.bits()).scale2(1);
        let mut sum = self.mean().clone();
        for (k, (re, im)) in self.coefficients.iter().enumerate().skip(1) {
            let x = &(&turn * v) * &Ball::int(k as i64, v.bits());
            sum = &sum + &(&(re * &x.cos()) - &(im * &x.sin())).scale2(1);
        }
        // 2 factor sum_{k > count} e^(-decay k)
        let first = (-self.decay * self.coefficients.len() as f64).exp();
        let rest = 2.0 * first / (1.0 - (-self.decay).exp()) * (1.0 + 1e-9);
        sum.widened(&(Float::with_val(64, &self.factor) * rest))
    }

    /// Bounds of the largest and the smallest value of `Pi` (of `R` at 0, up to `2^gamma`): on a grid, and between its points
    /// by `|Pi''| <= 8 pi^2 sum k^2 |Pi_k|`, since `Pi'` vanishes at an extremum.
    pub fn extremes(&self) -> (Ball, Ball) {
        let bits = self.mean().bits();
        let grid = 64 * self.coefficients.len() as u64;
        let values: Vec<Ball> = (0..grid)
            .map(|j| self.at(&Ball::rational(&Rational::from((j, grid)), bits)))
            .collect();
        let mut curvature = Ball::int(0, bits);
        for k in 1..self.coefficients.len() {
            curvature = &curvature + &(&Ball::int((k * k) as i64, bits) * &self.amplitude(k));
        }
        // those left out: sum_{k >= n} k^2 q^k <= 2 n^2 q^n/(1-q)^3
        let q = (-self.decay).exp();
        let n = self.coefficients.len() as f64;
        let rest = 2.0 * n * n * q.powf(n) / (1.0 - q).powi(3) * (1.0 + 1e-9);
        let curvature = curvature.widened(&(Float::with_val(64, &self.factor) * rest));
        let eight = &Ball::pi(bits).square() * &Ball::int(8, bits);
        let between = &(&eight * &curvature).abs() / &Ball::int((8 * grid * grid) as i64, bits);
        let slack = between.upper();
        let pick = |sign: f64| {
            values
                .iter()
                .max_by(|a, b| (sign * a.to_f64()).total_cmp(&(sign * b.to_f64())))
                .map_or_else(|| self.mean().clone(), |x| x.widened(&slack))
        };
        (pick(1.0), pick(-1.0))
    }

    /// `Pi(log_b s)`: the value that belongs to a place in the period.
    pub fn phase(&self, s: &Ball) -> Ball {
        &s.ln() / &self.log_b
    }
}

/// The angle that bounds the coefficient of index `k` best: `tan(theta) = 2 pi k/(gamma log b)`.
fn angle(k: f64, gamma: f64, log_b: f64) -> f64 {
    (2.0 * std::f64::consts::PI * k / (gamma * log_b))
        .atan()
        .min(1.5)
}

/// So many nodes that what is folded together is below `2^-accuracy`.
fn nodes(gamma: f64, log_b: f64, count: usize, accuracy: Bits) -> usize {
    let target = f64::from(accuracy + 4) * std::f64::consts::LN_2;
    (count + 2..4000)
        .find(|n| {
            let k = (*n - count) as f64;
            let theta = angle(k, gamma, log_b);
            let decay = 2.0 * std::f64::consts::PI * theta / log_b;
            decay * k + gamma * theta.cos().ln() > target
        })
        .unwrap_or(4000)
}

/// The trapezoidal sum, widened by `factor e^(-decay n) (e^(decay k) + e^(-decay k))/(1 - e^(-decay n))`.
fn coefficient(values: &[Ball], k: usize, factor: &Float, decay: f64) -> (Ball, Ball) {
    let bits = values[0].bits();
    let n = values.len();
    let turn = Ball::pi(bits).scale2(1);
    let (mut re, mut im) = (Ball::int(0, bits), Ball::int(0, bits));
    for (j, value) in values.iter().enumerate() {
        let part = Rational::from(((k * j % n) as u64, n as u64));
        let x = &turn * &Ball::rational(&part, bits);
        re = &re + &(value * &x.cos());
        if k > 0 {
            im = &im - &(value * &x.sin());
        }
    }
    let count = Ball::int(n as i64, bits);
    let exponent = -decay * (n as f64 - k as f64);
    let folded = Float::with_val(64, exponent).exp() * factor * 2.0000001f64
        / (1.0 - (-decay * n as f64).exp());
    let widened = |x: Ball| (&x / &count).widened(&folded);
    let im = if k == 0 { im } else { widened(im) };
    (widened(re), im)
}

/// Where the walk away from 1 begins.
struct Start {
    /// `s = b^(v - layers)`
    layers: i64,
    /// `c` in `P(s) >= s - c s^p`, and whether `p = 3/2`.
    constant: Ball,
    kinked: bool,
}

impl Start {
    fn new(bend: &Bend, b: &Ball, accuracy: Bits) -> Self {
        let one = Ball::int(1, b.bits());
        let (kappa, kinked) = match bend {
            Bend::Smooth(k) => (k, false),
            Bend::Kinked(k) => (k, true),
        };
        // kappa b^-p/(1 - b^(1-p))
        let (power, falling) = if kinked {
            let root = b.sqrt();
            (b * &root, &one - &(&one / &root))
        } else {
            (b.powi(2), &one - &(&one / b))
        };
        let constant = (kappa / &(&power * &falling)).abs().upper_end();
        // c s^(p-1) <= 2^-accuracy
        let order = if kinked { 2.0 } else { 1.0 };
        let need = order * (f64::from(accuracy) + constant.to_f64().log2().max(0.0) + 2.0);
        let layers = (need / b.to_f64().log2()).ceil().min(2e5) as i64 + 1;
        Start {
            layers,
            constant,
            kinked,
        }
    }

    /// `Pi(v)`, `0 <= v <= 1`.
    fn value(&self, h: &Koenigs<Ball>, log_b: &Ball, gamma: &Ball, v: &Ball) -> Option<Ball> {
        let bits = v.bits();
        let log_s = log_b * &(v - &Ball::int(self.layers, bits));
        let s = log_s.exp();
        let power = if self.kinked {
            &s * &s.sqrt()
        } else {
            s.square()
        };
        // [s - c s^p, s]
        let half = (&self.constant * &power).scale2(-1);
        let t = (&s - &half).widened(&half.upper());
        let value = h.at(&Correlation::Gap(t))?;
        Some(&value * &(gamma * &log_s).exp())
    }
}
