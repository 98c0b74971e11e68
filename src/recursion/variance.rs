//! An activation at other variances, `phi(sqrt(q) Z)`, as an analytic function of `q`.
//!
//! With `q = q0 (1 + u)` and the coefficients at `q0` known,
//!
//! * `E g(sqrt(q) Z) = sum_k u^k sqrt((2k)!)/(2^k k!) E[g(sqrt(q0) Z) h_2k(Z)]`, from `d/dq p = (1/2) d^2/dx^2 p` for the
//!   normal density; applied to `g = phi^2` and `phi'^2` this is the variance map, its slope, and `chi_1`;
//! * `a_n(q) = (1+u)^(n/2) sum_j u^j sqrt((n+2j)!/n!)/(2^j j!) a_(n+2j)(q0)`, the expansion of `h_m(r z)` in `h_n(z)`.
//!
//! So one preparation serves all variances of a [`Window`] `|u| <= 1/64`, exactly and for a ball `q` as well as for a
//! number; what is cut off is bounded (see [`Taylor`], [`Window::coefficients`]). A recursion whose variance settles
//! passes through a handful of windows, whatever its depth.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use rug::float::Round;
use rug::{Float, Rational};

use super::covariance::clamped;
use super::germ::{Germ, Vanishing};
use super::moments::{VarianceMoments, bare, rescaled};
use super::origin::vanishes_at_zero;
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::hermite::{Series, hermite_coefficients};
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Arithmetic, Ball, Bits, Real};

/// A power series `sum_k v_k u^k` of `E g(sqrt(q0 (1+u)) Z)`, `g >= 0`, known up to a degree `K`.
///
/// The function is analytic for `|u| < 1` as far as the integral exists, and for `|u| = 1/2` the density obeys
/// `|p_q| <= sqrt(3) p_(3 q0/2)`; so `|v_k| <= sqrt(3) E g(sqrt(3 q0/2) Z) 2^k` by Cauchy.
#[derive(Clone, Debug)]
pub struct Taylor {
    coefficients: Vec<Ball>,
    /// `sqrt(3) E g(sqrt(3 q0/2) Z)`, rounded up.
    bound: Float,
}

impl Taylor {
    /// Value and derivative with respect to `u`, `|u| < 1/4`.
    pub fn at(&self, u: &Ball) -> (Ball, Ball) {
        let bits = u.bits();
        let (mut value, mut slope) = (Ball::int(0, bits), Ball::int(0, bits));
        for (k, v) in self.coefficients.iter().enumerate().rev() {
            value = &(&value * u) + v;
            if k > 0 {
                slope = &(&slope * u) + &(&Ball::int(k as i64, bits) * v);
            }
        }
        // y = 2 |u|: y^(K+1)/(1-y), and 2 (K+1) y^K/(1-y)^2
        let k = self.coefficients.len() as i64;
        let y = Ball::exact(u.magnitude()).scale2(1);
        let left = &Ball::int(1, 64) - &y;
        let bound = Ball::exact(self.bound.clone());
        let rest = &(&bound * &y.powi(k)) / &left;
        let slope_rest = &(&(&bound * &y.powi(k - 1)) * &Ball::int(2 * k, 64)) / &left.powi(2);
        (
            value.widened(&rest.magnitude()),
            slope.widened(&slope_rest.magnitude()),
        )
    }
}

/// An activation near one variance.
#[derive(Clone, Debug)]
pub struct Window {
    /// `sqrt(q0)`
    pub root: Rational,
    /// Everything below is of `phi/unit`: see [`rescaled`].
    unit: Rational,
    /// `E phi(sqrt(q0) Z) h_n(Z)`
    coefficients: Vec<Ball>,
    /// Of `V(q) = E phi(sqrt(q) Z)^2`.
    square: Taylor,
    /// Of `D(q) = E phi'(sqrt(q) Z)^2`; `None` for an activation that jumps.
    derivative_square: Option<Taylor>,
    parity: Option<Parity>,
}

/// Size of `u` in a window.
const WINDOW_BITS: u32 = 6;

impl Window {
    /// The centre of the window to which a variance belongs: `sqrt(q)` in 7 bits, so `|u| <= 1/64`.
    pub fn root_for(q: &Ball) -> Option<Rational> {
        let root = Float::with_val(WINDOW_BITS + 1, q.mid().sqrt_ref());
        (root.is_finite() && root > 0)
            .then(|| root.to_rational())
            .flatten()
    }

    /// Prepared at `root^2`, for Hermite coefficients up to `degree` with an absolute error of about `2^-accuracy`.
    ///
    /// # Errors
    /// See [`hermite_coefficients`].
    pub fn new(
        structure: &Activation,
        root: &Rational,
        degree: Option<u32>,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<Self> {
        let at = rescaled(structure, root)?;
        let (here, unit) = (at.structure, at.unit);
        let even = here.parity.map(|_| Parity::Even);
        let squared = |e: &Expr| bare(e.clone().pow(Expr::int(2)).simplify(), even);
        let taylor = |g: &Expr, times: &Rational| -> Result<Taylor> {
            let terms = accuracy.div_ceil(WINDOW_BITS - 1) + 1;
            let (b, _) = hermite_coefficients(
                &squared(g)?,
                2 * terms,
                accuracy,
                Arithmetic::Ball,
                deadline,
            )?;
            let bits = accuracy + GUARD;
            let times = Ball::rational(times, bits);
            let mut weight = Ball::int(1, bits); // (2k)!/(2^k k!)^2
            let mut coefficients = Vec::new();
            for k in 0..=terms as usize {
                coefficients.push((&(&weight.sqrt() * &times) * &b[2 * k]).with_bits(bits));
                let k = k as i64;
                weight = &weight * &Ball::rational(&Rational::from((2 * k + 1, 2 * k + 2)), bits);
            }
            // V(3 q0/2) <= sqrt(25/24) V(25 q0/16), and sqrt(3 * 25/24) < 1.77
            let wide = g.substitute(&(Expr::rational(&(5, 4).into()) * Expr::X));
            let plan = Plan::new(
                &Integrand::of(&wide.simplify()),
                Envelope::Moments { degree: 0 },
                24,
            )?;
            let far = Samples::<Ball>::new(&plan, 64, deadline)?.square(0);
            let far = (&far * &times).magnitude();
            let bound = Float::with_val_round(64, far * 1.78, Round::Up).0;
            Ok(Taylor {
                coefficients,
                bound,
            })
        };
        let one = Rational::from(1);
        let square = taylor(&here.expr, &one)?;
        let derivative_square = if here.continuous == Some(true) {
            // d/dz phi(c z) = c phi'(c z)
            let times = Rational::from(root * root).recip();
            Some(taylor(&here.expr.derivative().simplify(), &times)?)
        } else {
            None
        };
        let coefficients = match degree {
            Some(n) => {
                let last = n + 2 * reach(n, accuracy);
                let accuracy = accuracy + n.div_ceil(8);
                hermite_coefficients(&here, last, accuracy, Arithmetic::Ball, deadline)?
                    .0
                    .iter()
                    .map(|a| a.with_bits(accuracy + GUARD))
                    .collect()
            }
            None => Vec::new(),
        };
        Ok(Window {
            root: root.clone(),
            unit,
            coefficients,
            square,
            derivative_square,
            parity: here.parity,
        })
    }

    /// `u = q/q0 - 1`
    fn offset(&self, q: &Ball) -> Ball {
        let centre = Ball::rational(&(self.root.clone() * &self.root), q.bits());
        &(q - &centre) / &centre
    }

    /// `V` and `D` with their slopes at a variance of the window, enclosed.
    pub fn moments(&self, q: &Ball) -> VarianceMoments {
        let own = self.own_moments(q);
        let unit = Ball::rational(&self.unit.clone().square(), q.bits());
        VarianceMoments {
            square: &unit * &own.square,
            slope: &unit * &own.slope,
            derivative_square: own.derivative_square.map(|d| &unit * &d),
            derivative_slope: own.derivative_slope.map(|d| &unit * &d),
        }
    }

    /// Those of `phi/unit`.
    fn own_moments(&self, q: &Ball) -> VarianceMoments {
        let u = self.offset(q);
        let centre = Ball::rational(&(self.root.clone() * &self.root), q.bits());
        let (square, slope) = self.square.at(&u);
        let derivative = self.derivative_square.as_ref().map(|d| d.at(&u));
        VarianceMoments {
            square,
            slope: &slope / &centre,
            derivative_slope: derivative.as_ref().map(|d| &d.1 / &centre),
            derivative_square: derivative.map(|d| d.0),
        }
    }

    /// `a_n(q)` of `phi/unit`, `n <= degree`, enclosed.
    ///
    /// The terms beyond `j = J` are bounded by `|a_m| <= sqrt(V(q0))`, `(2j)!/(2^j j!)^2 <= 1` and
    /// `binomial(n + 2j, n) <= x^(-2j) (1 - x)^(-n-1)` with `x = 1/8`: together at most
    /// `sqrt(V) (7/8)^(-(n+1)/2) (8|u|)^(J+1)/(1 - 8|u|)`.
    pub fn coefficients(&self, q: &Ball, degree: u32, accuracy: Bits) -> Vec<Ball> {
        let bits = q.bits();
        let u = self.offset(q);
        let one = Ball::int(1, bits);
        let stretch = (&one + &u).sqrt();
        let size = self.square.coefficients[0].abs().sqrt();
        let ratio = Ball::exact(u.magnitude()).scale2(3);
        let mut power = one.clone();
        let mut out = Vec::new();
        for n in 0..=degree {
            let last = reach(n, accuracy).min((self.coefficients.len() as u32 - 1 - n) / 2);
            // Horner's rule in u: the ratio of neighbouring weights is sqrt((n+2j+1)(n+2j+2))/(2(j+1))
            let mut sum = self.coefficients[(n + 2 * last) as usize].clone();
            for j in (0..last).rev() {
                let m = u64::from(n + 2 * j);
                let factor = Ball::int(((m + 1) * (m + 2)) as i64, bits).sqrt()
                    / Ball::int(2 * i64::from(j) + 2, bits);
                sum = &(&(&sum * &u) * &factor) + &self.coefficients[m as usize];
            }
            let rest = &(&ratio.powi(i64::from(last) + 1) / &(&Ball::int(1, 64) - &ratio)) * &size;
            // (8/7)^(1/2) < 1.0691
            let growth = Float::with_val_round(64, 1.0691, Round::Up).0;
            let growth = Ball::exact(growth).powi(i64::from(n) + 1);
            let sum = sum.widened(&(&rest * &growth).magnitude());
            out.push(if sum.is_exact() && sum.mid().is_zero() {
                sum
            } else {
                &sum * &power
            });
            power = &power * &stretch;
        }
        for (n, a) in out.iter_mut().enumerate() {
            if self
                .parity
                .is_some_and(|p| (n % 2 == 0) == (p == Parity::Odd))
            {
                *a = Ball::int(0, bits);
            }
        }
        out
    }

    fn expansion(&self, q: &Ball, degree: u32, accuracy: Bits) -> Expansion {
        let moments = self.own_moments(q);
        let coefficients = self.coefficients(q, degree, accuracy);
        let slope = moments.derivative_square.map(|d| &d * q);
        let series = Series::new(&coefficients, &moments.square, slope.as_ref());
        let bits = accuracy + GUARD;
        let unit = Ball::rational(&self.unit, q.bits());
        Expansion {
            series: Series {
                squares: series.squares.iter().map(|c| c.with_bits(bits)).collect(),
                tail: series.tail.with_bits(bits),
                slope_tail: series.slope_tail.map(|s| s.with_bits(bits)),
            },
            coefficients: coefficients.iter().map(|a| &unit * a).collect(),
            square: &unit.powi(2) * &moments.square,
        }
    }
}

/// An activation at one variance.
pub(super) struct Expansion {
    /// `E phi(sqrt(q) Z) h_n(Z)`
    pub coefficients: Vec<Ball>,
    /// `V(q)`
    pub square: Ball,
    /// The normalised dual.
    pub series: Series<Ball>,
}

impl Expansion {
    /// So many coefficients: those that are not known have a bound.
    fn pad(&mut self, terms: usize) {
        let rest = (&self.series.tail.abs() * &self.square.abs())
            .sqrt()
            .magnitude();
        let unknown = Ball::int(0, self.square.bits()).widened(&rest);
        if self.coefficients.len() < terms {
            self.coefficients.resize(terms, unknown);
        }
    }
}

/// `J` for which what is cut off of `a_n` is below `2^-accuracy`: 3 bits a term, and `n log2(8/7)/2` to begin with.
fn reach(n: u32, accuracy: Bits) -> u32 {
    (accuracy + n / 10 + 16).div_ceil(3)
}

/// Bits beyond the accuracy that numbers are carried with.
const GUARD: Bits = 48;

/// Variances from `2^LARGEST` on are not expanded.
const LARGEST: i32 = 200;
/// Nor are those below `2^-SMALLEST`, or below `2^-LARGEST` where `phi(0)` is not 0 and the activation is constant there.
const SMALLEST: i32 = 4096;

/// The windows of one activation, each prepared once.
#[derive(Debug)]
pub struct Windows {
    structure: Activation,
    /// `phi(0) = 0`
    vanishes: bool,
    /// Once it has been asked for; `None` where there is none.
    germ: OnceLock<Option<Germ>>,
    degree: Option<u32>,
    accuracy: Bits,
    deadline: Deadline,
    known: Mutex<HashMap<Rational, Arc<Window>>>,
}

impl Windows {
    /// For Hermite coefficients up to `degree` (or moments alone) with an absolute error of about `2^-accuracy`.
    pub fn new(
        structure: &Activation,
        degree: Option<u32>,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Self {
        Windows {
            structure: structure.clone(),
            vanishes: vanishes_at_zero(structure),
            germ: OnceLock::new(),
            degree,
            accuracy,
            deadline,
            known: Mutex::default(),
        }
    }

    /// The activation.
    pub fn structure(&self) -> &Activation {
        &self.structure
    }

    /// The window of a variance.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the variance is not known to a hundredth, or out of all proportion; see [`Window::new`].
    pub fn at(&self, q: &Ball) -> Result<Arc<Window>> {
        let narrow = q.sign() == Some(std::cmp::Ordering::Greater) && q.relative_bits() > 8;
        let size = q.mid().get_exp().unwrap_or(0);
        let least = if self.vanishes { -SMALLEST } else { -LARGEST };
        let root = Window::root_for(q)
            .filter(|_| narrow && size < LARGEST && size > least)
            .ok_or_else(|| {
                Error::Unresolved(format!(
                    "the variance of a layer is {}, where the activation cannot be expanded",
                    crate::real::certain_digits(q.mid(), &q.rad(), 6)
                ))
            })?;
        if let Ok(known) = self.known.lock()
            && let Some(window) = known.get(&root)
        {
            return Ok(window.clone());
        }
        self.deadline.check("the preparation of a variance")?;
        let window = Arc::new(Window::new(
            &self.structure,
            &root,
            self.degree,
            self.accuracy,
            self.deadline,
        )?);
        if let Ok(mut known) = self.known.lock() {
            known.insert(root, window.clone());
        }
        Ok(window)
    }

    /// `V`, `V'` and `D` at a variance.
    ///
    /// # Errors
    /// As [`Windows::at`].
    pub fn moments(&self, q: &Ball) -> Result<VarianceMoments> {
        Ok(self.at(q)?.moments(q))
    }

    /// `V` at a variance, however small.
    ///
    /// # Errors
    /// As [`Windows::at`].
    pub fn square(&self, q: &Ball) -> Result<Ball> {
        Ok(match self.germ_for(q) {
            Some(germ) => germ.expansion(q).square,
            None => self.moments(q)?.square,
        })
    }

    /// `V` and the normalised dual at a variance.
    ///
    /// # Errors
    /// As [`Windows::at`].
    pub fn dual(&self, q: &Ball) -> Result<(Ball, Dual<Ball>)> {
        let all = self.expansion(q)?;
        Ok((all.square, Dual::Series(all.series)))
    }

    fn expansion(&self, q: &Ball) -> Result<Expansion> {
        if let Some(germ) = self.germ_for(q) {
            return Ok(germ.expansion(q));
        }
        let degree = self.degree.unwrap_or(0);
        Ok(self.at(q)?.expansion(q, degree, self.accuracy))
    }

    /// The Taylor polynomial at 0, where a variance is so small that it is all that is seen.
    fn germ_for(&self, q: &Ball) -> Option<&Germ> {
        const LOOK: i32 = -12;
        let small = q.sign() == Some(std::cmp::Ordering::Greater)
            && q.mid().get_exp().is_some_and(|e| e < LOOK);
        if !self.vanishes || !small {
            return None;
        }
        self.germ().filter(|germ| germ.resolves(q, self.accuracy))
    }

    fn germ(&self) -> Option<&Germ> {
        self.germ
            .get_or_init(|| Germ::new(&self.structure, self.accuracy + GUARD, self.deadline))
            .as_ref()
    }

    /// What all later layers do where the variance tends to 0, without biases: from the variance `q` on, with weights of
    /// the variance `weight`. `None` where it does not shrink, or where `q` is not yet so small that the layers are linear
    /// to within the accuracy.
    pub fn vanishing(&self, q: &Ball, weight: &Ball) -> Option<Vanishing> {
        self.germ_for(q)?.vanishing(q, weight, self.accuracy)
    }

    /// `E phi(x) phi(y)` at variances `q`, `p` and correlation `rho`, and its derivative with respect to `rho`:
    /// `sum_n a_n(q) a_n(p) rho^n`, where `|sum_{n > N}| <= |rho|^(N+1) sqrt(sum_{n > N} a_n(q)^2 sum_{n > N} a_n(p)^2)`
    /// (Cauchy and Schwarz, Parseval), and the same for the derivative. In mean-value form.
    ///
    /// # Errors
    /// As [`Windows::at`].
    pub fn cross(&self, q: &Ball, p: &Ball, rho: &Ball) -> Result<(Ball, Ball)> {
        let (mut a, mut b) = (self.expansion(q)?, self.expansion(p)?);
        let terms = a.coefficients.len().max(b.coefficients.len());
        a.pad(terms);
        b.pad(terms);
        let degree = terms - 1;
        let bits = rho.bits();
        let products: Vec<Ball> = a
            .coefficients
            .iter()
            .zip(&b.coefficients)
            .map(|(a, b)| (a * b).with_bits(bits))
            .collect();
        let rho = &clamped(rho);
        let middle = clamped(&rho.midpoint());
        let (mut value, mut slope) = (Ball::int(0, bits), Ball::int(0, bits));
        for (n, c) in products.iter().enumerate().rev() {
            value = &(&value * &middle) + c;
            if n > 0 {
                slope = &(&slope * rho) + &(&Ball::int(n as i64, bits) * c);
            }
        }
        let reach = rho.abs().min(&Ball::int(1, bits));
        let rest = |x: &Ball, y: &Ball, power: i64| {
            let size = |t: &Ball, e: &Expansion| Ball::exact(t.magnitude()) * e.square.abs();
            let mean = (&size(x, &a) * &size(y, &b)).sqrt();
            (&mean * &reach.powi(power)).magnitude()
        };
        let n = degree as i64;
        let value = value.widened(&rest(&a.series.tail, &b.series.tail, n + 1));
        let slope = match (&a.series.slope_tail, &b.series.slope_tail) {
            (Some(x), Some(y)) => slope.widened(&rest(x, y, n)),
            // m r^(m-1) decreases for m > N where (N+1)(1 - r) >= 1
            _ => {
                let gap = &Ball::int(1, bits) - &reach;
                let steep = (&gap * &Ball::int(n + 1, bits)).compare(&Ball::int(1, bits));
                if steep == Some(std::cmp::Ordering::Greater) {
                    let bound = rest(&a.series.tail, &b.series.tail, n) * (n + 1);
                    slope.widened(&bound)
                } else {
                    Ball::unbounded(bits)
                }
            }
        };
        let spread = (&Ball::exact(rho.rad()) * &slope).magnitude();
        let value = if rho.is_exact() {
            value
        } else {
            value.widened(&spread)
        };
        Ok((value, slope))
    }
}
