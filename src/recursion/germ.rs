//! An activation with `phi(0) = 0` at variances that tend to 0: its Taylor polynomial there, and how far it is off.
//!
//! With `psi(z) = phi(sqrt(q) z)/sqrt(q)` and the Taylor polynomial `T` of `phi` at 0, of degree `m`,
//! `psi = P + R`, `P(z) = T(sqrt(q) z)/sqrt(q)`, and everything that a layer needs follows from bounds of `R` and `R'` in
//! `L^2` of the normal law: `|a_n - P_n| <= |R|`, `sum_{n > m} a_n^2 <= |R|^2`, `sum_{n > m} n a_n^2 <= |R'|^2`. With
//! `K >= |phi|` on the disc of radius `r` (Cauchy) and `x = sqrt(q) z`
//!
//! * where `|x| <= r/2`, `|phi - T| <= 2 K (|x|/r)^(m+1)`;
//! * beyond, the density of variance `q` is below that of variance 1 by `F = q^(-1/2) exp(-(r^2/8) (1/q - 1))` at least, so
//!   `|phi|^2` and `|T|^2` have at most `F` times their expectations at variance 1 there.
//!
//! **Vanishing variance.** Without biases and with `g = sigma_w^2 phi'(0)^2 < 1` the variance shrinks by about `g` with
//! every layer, `q' = g q (1 + theta)`, and the layers become linear: `dual(rho) = rho + 2 eta`, `dual'(rho) = 1 + zeta` with
//! `|theta|, |eta|, |zeta|` bounded by multiples of `q`. So all of them together change a kernel by a factor that is
//! known as soon as `q` is small: any depth costs nothing.

use rug::Float;
use rug::float::Round;

use super::origin::{derivatives, piece_around_zero};
use super::variance::Expansion;
use crate::activation::pieces::End;
use crate::activation::{Parity, Tape};
use crate::deadline::Deadline;
use crate::dual::polynomial_coefficients;
use crate::exact::Activation;
use crate::hermite::Series;
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Bits, Interval, Real, Rect};

/// The degree `m` of the Taylor polynomial: formulas of higher derivatives grow fast.
const DEGREE: u32 = 6;
/// Precision of bounds.
const COARSE: Bits = 64;

/// See the module.
#[derive(Debug)]
pub(super) struct Germ {
    /// `phi^(j)(0)/j!`, `j <= m`; the first is exactly 0.
    terms: Vec<Ball>,
    parity: Option<Parity>,
    /// `r`
    radius: Ball,
    /// `K` for `phi` and for `phi'`.
    bounds: [Ball; 2],
    /// `sqrt(E phi^2) + sqrt(E T^2)` at variance 1, and the same for the derivatives.
    far: [Ball; 2],
}

/// What the layers do from a variance on that tends to 0: see the module. All bounds are those of the sums over the layers.
#[derive(Clone, Debug)]
pub struct Vanishing {
    /// `ln g`, `g = sigma_w^2 phi'(0)^2`.
    pub log_rate: Ball,
    /// `|prod (1 + theta) - 1|` is at most this.
    pub variance: Float,
    /// `sum 2 eta`: how far `S` moves at most; for odd activations in units of `S`.
    pub correlation: Float,
    /// `|prod (1 + zeta) - 1|` is at most this.
    pub slopes: Float,
    /// `correlation` is relative.
    pub relative: bool,
}

impl Germ {
    /// `None` where the activation is not analytic around 0, is not 0 there, is flat there, or is not proved to be continuous.
    pub fn new(structure: &Activation, bits: Bits, deadline: Deadline) -> Option<Germ> {
        if structure.continuous != Some(true) {
            return None;
        }
        let piece = piece_around_zero(structure)?;
        let mut terms = derivatives(piece, DEGREE, bits)?;
        let mut factorial = Ball::int(1, bits);
        for (j, t) in terms.iter_mut().enumerate().skip(1) {
            factorial = &factorial * &Ball::int(j as i64, bits);
            let vanishes = structure
                .parity
                .is_some_and(|p| (j % 2 == 0) == (p == Parity::Odd));
            *t = if vanishes {
                Ball::int(0, bits)
            } else {
                &*t / &factorial
            };
        }
        terms[0] = Ball::int(0, bits);
        terms[1].sign().filter(|s| s.is_ne())?;
        let beyond = |end: &End, r: &Ball| match end {
            End::At(b) => b
                .position(COARSE)
                .abs()
                .compare(r)
                .is_some_and(|o| o.is_gt()),
            End::Reach(x) => *x != 0,
            _ => true,
        };
        let both = [piece.formula.clone(), piece.formula.derivative().simplify()];
        let tape = Tape::<Rect>::new(&both, COARSE);
        let (radius, bounds) = (0..8).find_map(|j| {
            let r = Ball::int(1, COARSE).scale2(-j);
            if !beyond(&piece.from, &r) || !beyond(&piece.to, &r) {
                return None;
            }
            let side = Interval::new(-r.mid().clone(), r.mid().clone());
            let values = tape.at(&Rect::new(side.clone(), side));
            let sup = |z: &Rect| {
                let size = z.modulus();
                (z.is_finite() && size.is_finite()).then(|| Ball::exact(size.hi().clone()))
            };
            Some((r, [sup(&values[0])?, sup(&values[1])?]))
        })?;
        let plan = Plan::new(
            &Integrand::with_derivative(&structure.expr),
            Envelope::Moments { degree: 0 },
            24,
        )
        .ok()?;
        let samples = Samples::<Ball>::new(&plan, COARSE, deadline).ok()?;
        // E Z^(2j) = (2j-1)!!, by Minkowski
        let root = |j: i64| double_factorial(2 * j - 1).sqrt();
        let (mut size, mut steep) = (Ball::int(0, COARSE), Ball::int(0, COARSE));
        for (j, t) in terms.iter().enumerate().skip(1) {
            let (j, t) = (j as i64, Ball::exact(t.magnitude()));
            size = &size + &(&t * &root(j));
            steep = &steep + &(&(&t * &Ball::int(j, COARSE)) * &root(j - 1));
        }
        let far = [
            &samples.square(0).abs().upper_end().sqrt() + &size,
            &samples.square(1).abs().upper_end().sqrt() + &steep,
        ];
        far.iter().all(Ball::is_finite).then_some(Germ {
            terms,
            parity: structure.parity,
            radius,
            bounds,
            far,
        })
    }

    fn degree(&self) -> i64 {
        self.terms.len() as i64 - 1
    }

    /// Bounds of `|R|` and `|R'|` at a variance below 1; both divided by `sqrt(q)` grow with `q` as far as
    /// [`Germ::resolves`] allows.
    fn rests(&self, q: &Ball) -> [Ball; 2] {
        let q = Ball::exact(q.magnitude());
        let one = Ball::int(1, COARSE);
        let m = self.degree();
        let ratio = &q.sqrt() / &self.radius;
        // sqrt(F)
        let exponent = &self.radius.powi(2).scale2(-4) * &(&(&one / &q) - &one);
        let far = &(-exponent).exp() / &q.sqrt().sqrt();
        let near = |k: i64, bound: &Ball| {
            &(&bound.scale2(1) * &ratio.powi(k)) * &double_factorial(2 * k - 1).sqrt()
        };
        [
            &(&near(m + 1, &self.bounds[0]) + &(&far * &self.far[0])) / &q.sqrt(),
            &near(m, &self.bounds[1]) + &(&far * &self.far[1]),
        ]
        .map(|b| b.upper_end())
    }

    /// The rest is below `2^-accuracy` of the whole, here and at all smaller variances.
    pub fn resolves(&self, q: &Ball, accuracy: Bits) -> bool {
        let q = Ball::exact(q.magnitude());
        // q^(-3/4) exp(-r^2/(16 q)) falls with q faster than any power that is wanted: d log/d log q >= m
        let steep =
            q.compare(&(&self.radius.powi(2) / &Ball::int(16 * (self.degree() + 2), COARSE)));
        if !steep.is_some_and(|o| o.is_lt()) {
            return false;
        }
        let whole = self.terms[1].abs().lower_end();
        self.rests(&q).iter().all(|b| {
            (b / &whole)
                .compare(&Ball::int(1, COARSE).scale2(-(accuracy as i32)))
                .is_some_and(|o| o.is_lt())
        })
    }

    /// Coefficients, `V` and the dual at a variance that it resolves.
    pub fn expansion(&self, q: &Ball) -> Expansion {
        let bits = q.bits();
        let root = q.sqrt();
        let mut power = Ball::int(1, bits);
        let mut scaled = vec![Ball::int(0, bits)];
        for t in &self.terms[1..] {
            scaled.push(t * &power);
            power = &power * &root;
        }
        let [rest, steep] = self.rests(q);
        let sure_zero = |n: usize| {
            self.parity
                .is_some_and(|p| n.is_multiple_of(2) == (p == Parity::Odd))
        };
        let own: Vec<Ball> = polynomial_coefficients(&scaled)
            .into_iter()
            .enumerate()
            .map(|(n, a)| match sure_zero(n) {
                true => Ball::int(0, bits),
                false => a.widened(&rest.magnitude()),
            })
            .collect();
        // the whole: the known coefficients, and a rest between 0 and |R|^2
        let between = |x: &Ball| {
            let half = x.powi(2).upper_end().scale2(-1);
            half.with_bits(bits).widened(&half.magnitude())
        };
        let zero = Ball::int(0, bits);
        let known = own.iter().fold(zero.clone(), |sum, a| &sum + &a.powi(2));
        let whole = &known + &between(&rest);
        let series = Series {
            squares: own.iter().map(|a| &a.powi(2) / &whole).collect(),
            tail: &between(&rest) / &whole,
            slope_tail: Some(&between(&steep) / &whole),
        };
        Expansion {
            coefficients: own.iter().map(|a| &root * a).collect(),
            square: q * &whole,
            series,
        }
    }

    /// See the module; `q` is one that it resolves.
    pub fn vanishing(&self, q: &Ball, weight: &Ball, accuracy: Bits) -> Option<Vanishing> {
        let one = Ball::int(1, COARSE);
        let bits = q.bits();
        let size = |j: usize| Ball::exact(self.terms[j].magnitude());
        let top = Ball::exact(q.magnitude());
        let root = top.sqrt();
        // sums of |t_i t_j| q^((i+j-2)/2) E Z^(i+j), i + j even: all in powers of q from the first on
        let (mut others, mut whole, mut slopes) = (
            Ball::int(0, COARSE),
            Ball::int(0, COARSE),
            Ball::int(0, COARSE),
        );
        let m = self.terms.len();
        for i in 1..m {
            for j in 1..m {
                if (i + j) % 2 == 1 || i + j == 2 {
                    continue;
                }
                let power = root.powi((i + j) as i64 - 2);
                let product = &(&size(i) * &size(j)) * &power;
                let n = (i + j) as i64;
                whole = &whole + &(&product * &double_factorial(n - 1));
                if i > 1 && j > 1 {
                    others = &others + &(&product * &double_factorial(n - 1));
                    let factor = Ball::int((i * j) as i64, COARSE);
                    slopes = &slopes + &(&(&product * &factor) * &double_factorial(n - 3));
                }
            }
        }
        let [rest, steep] = self.rests(q);
        let first = self.terms[1].powi(2);
        let least = Ball::exact(self.terms[1].mignitude()).powi(2);
        let norm = (&(&least + &whole).upper_end() + &first.abs().upper_end()).sqrt();
        let theta = &(&whole + &(&(&norm.scale2(1) * &rest) + &rest.powi(2))) / &least;
        let theta = theta.upper_end();
        let scale = &least * &(&one - &theta).lower_end();
        if scale.sign() != Some(std::cmp::Ordering::Greater) {
            return None;
        }
        let eta = (&(&others.sqrt() + &rest).powi(2) / &scale).upper_end();
        let zeta = &eta + &(&(&slopes.sqrt() + &steep).powi(2) / &scale);
        let rate = weight * &first.with_bits(bits);
        // q_j <= q_0 lambda^j
        let lambda = (&rate.upper_end() * &(&one + &theta)).upper_end();
        let left = (&one - &lambda).lower_end();
        if left.sign() != Some(std::cmp::Ordering::Greater) {
            return None;
        }
        let small = one.scale2(-(accuracy as i32));
        let sum = |x: &Ball| (x / &left).upper_end();
        let (theta, eta, zeta) = (sum(&theta), sum(&eta.scale2(1)), sum(&zeta));
        let resolved = [&theta, &eta, &zeta]
            .iter()
            .all(|x| x.compare(&small).is_some_and(|o| o.is_lt()));
        let grown = |x: &Ball| x.exp_m1().magnitude();
        // for odd activations |dual(rho) - rho| <= 2 eta |rho|
        let relative = self.parity == Some(Parity::Odd);
        resolved.then(|| Vanishing {
            log_rate: rate.ln(),
            variance: grown(&theta),
            correlation: if relative {
                grown(&eta)
            } else {
                eta.magnitude()
            },
            slopes: grown(&zeta),
            relative,
        })
    }
}

/// `n!!` for odd `n`, 1 for `n = -1`.
fn double_factorial(n: i64) -> Ball {
    (1..=n)
        .rev()
        .step_by(2)
        .fold(Ball::int(1, COARSE), |p, k| &p * &Ball::int(k, COARSE))
}

impl Vanishing {
    /// `1 +- x` as a factor.
    fn factor(x: &Float, bits: Bits) -> Ball {
        Ball::int(1, bits).widened(x)
    }

    /// `q_m`, `S_m` and `T_m`, the first without the factor `g^m`, from `q`, `S` and `T`.
    ///
    /// `|T_m - (T + m S)| <= |T| (e^D - 1) + m (|S| (e^D - 1) + 2 eta e^D)`.
    pub fn after(&self, q: &Ball, s: &Ball, t: &Ball, m: u64) -> [Ball; 3] {
        let bits = q.bits();
        let layers = Ball::rational(&rug::Rational::from(m), bits);
        let moved = match self.relative {
            true => (&s.abs() * &Ball::exact(self.correlation.clone())).magnitude(),
            false => self.correlation.clone(),
        };
        let steep = Ball::exact(self.slopes.clone());
        let one = Ball::int(1, COARSE);
        let each = &(&s.abs() * &steep) + &(&Ball::exact(moved.clone()) * &(&one + &steep));
        let slack = &(&t.abs() * &steep) + &(&layers * &each);
        let slack = Float::with_val_round(64, slack.magnitude(), Round::Up).0;
        [
            q * &Self::factor(&self.variance, bits),
            s.widened(&moved),
            (t + &(&layers * s)).widened(&slack),
        ]
    }
}
