//! `k(q, p, k12) = E phi(x) phi(y)`, `(x, y)` Gaussian with variances `q`, `p` and covariance `k12`, and its derivative
//! map `E phi'(x) phi'(y)`.
//!
//! Closed forms where the literature has them:
//!
//! | activation | source |
//! |---|---|
//! | `a + b z + c |z|` (ReLU, leaky ReLU, `|z|`), `a + b sign(z)` | Cho and Saul 2009 |
//! | `c erf(k z)` | Williams 1997 |
//! | `c sin(k z)`, `c cos(k z)`, `c exp(k z)` | characteristic and moment generating functions; Han et al. 2022 |
//! | `c gelu(k z)` | Han et al. 2022 (2209.04121), as in neural-tangents `stax/elementwise.py` |
//! | polynomials | Hermite coefficients at each variance, exact |
//!
//! and otherwise Hermite coefficients of `phi(sqrt(q) z)` and `phi(sqrt(p) z)` with the rest bounded by Cauchy and Schwarz
//! ([`HermitePair`]).

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::variance::scaled;
use crate::activation::{BinaryOp, Expr, Function, Tape};
use crate::deadline::Deadline;
use crate::dual::{
    Dual, closed_form, hull, polynomial_coefficients, polynomial_dual, scaled_function,
};
use crate::error::Result;
use crate::exact::Structure;
use crate::hermite::{Series, hermite_coefficients};
use crate::real::{Analytic, Arithmetic, Ball, Bits, Real};

/// An activation whose covariance map is known in closed form at all variances.
#[derive(Clone, Debug)]
pub enum Covariance<R> {
    /// `a + b z + c |z|`
    Kinked {
        /// `a`
        constant: R,
        /// `b`
        odd: R,
        /// `c`
        even: R,
    },
    /// `a + b sign(z)`
    Jump {
        /// `a`
        constant: R,
        /// `b`
        step: R,
    },
    /// `c F(k z)` for `F` one of erf, sin, cos, exp
    Scaled {
        /// `F`
        function: Function,
        /// `c`
        amplitude: R,
        /// `k`
        rate: R,
    },
    /// `c gelu(k z)`
    Gelu {
        /// `c`
        amplitude: R,
        /// `k`
        rate: R,
    },
    /// `sum_m c_m z^m`
    Polynomial(Vec<R>),
}

impl<R: Real> Covariance<R> {
    /// The closed form of an activation, if it is recognised.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, recursion::Covariance};
    /// let erf = Covariance::<f64>::of(&Expr::parse("erf(x)").unwrap(), 53).unwrap();
    /// // Williams 1997
    /// let (k, _) = erf.at(&0.5, &2.0, &0.3);
    /// let expected = (0.6f64 / (2.0 * 5.0f64).sqrt()).asin() * 2.0 / std::f64::consts::PI;
    /// assert!((k - expected).abs() < 1e-15);
    /// ```
    pub fn of(expr: &Expr, bits: Bits) -> Option<Self> {
        if let Some((amplitude, rate)) = gelu(expr) {
            let value = |e: &Expr| constant::<R>(e, bits);
            return Some(Covariance::Gelu {
                amplitude: value(&amplitude),
                rate: value(&rate),
            });
        }
        let expr = expr.expand().simplify();
        if let Some(c) = expr.polynomial_over_constants() {
            return Some(Covariance::Polynomial(
                c.iter().map(|e| constant(e, bits)).collect(),
            ));
        }
        let at_zero =
            |e: &Expr| Tape::<R>::new(std::slice::from_ref(e), bits).at_one(&R::int(0, bits));
        if let Some((function, k)) = scaled_function(&expr) {
            let rate = constant::<R>(&k, bits);
            let amplitude = match function {
                Function::Cos | Function::Exp => at_zero(&expr),
                Function::Sin => &at_zero(&expr.derivative()) / &rate,
                // erf'(0) = 2/sqrt(pi)
                Function::Erf => {
                    &(&at_zero(&expr.derivative()) / &rate) * &R::pi(bits).sqrt().scale2(-1)
                }
                _ => return None,
            };
            return Some(Covariance::Scaled {
                function,
                amplitude,
                rate,
            });
        }
        // two pieces that meet at 0: the values at 0, 1 and -1 tell the rest
        let one = R::int(1, bits);
        let tape = Tape::<R>::new(std::slice::from_ref(&expr), bits);
        let (left, right) = (tape.at_one(&-&one), tape.at_one(&one));
        match closed_form::<R>(&expr, bits)? {
            Dual::ArcCosine(_) => Some(Covariance::Kinked {
                constant: R::int(0, bits),
                odd: (&right - &left).scale2(-1),
                even: (&right + &left).scale2(-1),
            }),
            Dual::ShiftedArcCosine { .. } => {
                let constant = tape.at_one(&R::int(0, bits));
                let even = &(&right + &left).scale2(-1) - &constant;
                Some(Covariance::Kinked {
                    odd: (&right - &left).scale2(-1),
                    even,
                    constant,
                })
            }
            Dual::ArcSine(_) => Some(Covariance::Jump {
                constant: (&right + &left).scale2(-1),
                step: (&right - &left).scale2(-1),
            }),
            _ => None,
        }
    }

    /// `E phi(x) phi(y)` and `E phi'(x) phi'(y)` for variances `q`, `p` and covariance `k`, `k^2 <= q p`. The second is
    /// infinite (undefined) on the diagonal of an activation that jumps.
    pub fn at(&self, q: &R, p: &R, k: &R) -> (R, R) {
        let bits = q.bits().max(p.bits()).max(k.bits());
        let int = |n: i64| R::int(n, bits);
        let two_over_pi = || R::int(2, bits) / R::pi(bits);
        let geometric = || (q * p).sqrt();
        match self {
            Covariance::Kinked {
                constant,
                odd,
                even,
            } => {
                let size = geometric();
                let rho = correlation(k, &size);
                let root = root(&(&int(1) - &rho.powi(2)));
                let arc = &two_over_pi() * &arc_sine(&rho);
                let kappa = &(&two_over_pi() * &root) + &(&rho * &arc);
                let cross = &(constant * even) * &two_over_pi().sqrt();
                let means = &constant.powi(2) + &(&cross * &(&q.sqrt() + &p.sqrt()));
                let value = &(&odd.powi(2) * k) + &(&(&even.powi(2) * &size) * &kappa);
                (&means + &value, &odd.powi(2) + &(&even.powi(2) * &arc))
            }
            Covariance::Jump { constant, step } => {
                let rho = correlation(k, &geometric());
                let square = &step.powi(2) * &two_over_pi();
                let value = &constant.powi(2) + &(&square * &arc_sine(&rho));
                // E phi'(x) phi'(y): two delta functions of weight 2 b
                let slope = &square / &(&(q * p) - &k.powi(2)).sqrt();
                (value, slope)
            }
            Covariance::Scaled {
                function,
                amplitude,
                rate,
            } => {
                let (c2, k2) = (amplitude.powi(2), rate.powi(2));
                let half_sum = (&k2 * &(q + p)).scale2(-1);
                let cross = &k2 * k;
                match function {
                    Function::Erf => {
                        let spread = |v: &R| &int(1) + &(&k2 * v).scale2(1);
                        let product = &spread(q) * &spread(p);
                        let twice = cross.scale2(1);
                        let sine = correlation(&twice, &product.sqrt());
                        let value = &(&c2 * &two_over_pi()) * &arc_sine(&sine);
                        let root = (&product - &twice.powi(2)).sqrt();
                        let slope = &(&(&c2 * &k2).scale2(2) / &R::pi(bits)) / &root;
                        (value, slope)
                    }
                    Function::Exp => {
                        let value = &c2 * &(&half_sum + &cross).exp();
                        let slope = &k2 * &value;
                        (value, slope)
                    }
                    _ => {
                        let scale = &c2 * &(-half_sum).exp();
                        let (sinh, cosh) = (&scale * &cross.sinh(), &scale * &cross.cosh());
                        if *function == Function::Sin {
                            (sinh, &k2 * &cosh)
                        } else {
                            (cosh, &k2 * &sinh)
                        }
                    }
                }
            }
            Covariance::Gelu { amplitude, rate } => {
                // gelu at variances k^2 q, k^2 p; the derivative brings k^2
                let (c2, k2) = (amplitude.powi(2), rate.powi(2));
                let (value, slope) = gelu_covariance(&(&k2 * q), &(&k2 * p), &(&k2 * k));
                (&c2 * &value, &(&c2 * &k2) * &slope)
            }
            Covariance::Polynomial(c) => {
                let size = geometric();
                let rho = &correlation(k, &size);
                let (a, b) = (coefficients_at(c, q), coefficients_at(c, p));
                let (mut value, mut slope) = (int(0), int(0));
                for (n, (a, b)) in a.iter().zip(&b).enumerate().rev() {
                    let product = a * b;
                    value = &(&value * rho) + &product;
                    if n > 0 {
                        slope = &(&slope * rho) + &(&int(n as i64) * &product);
                    }
                }
                (value, &slope / &size)
            }
        }
    }

    /// `V(q) = E phi(sqrt(q) Z)^2` and the normalised dual of `phi(sqrt(q) z)`; `None` where there is no [`Dual`] for it.
    pub fn dual_at(&self, q: &R) -> Option<(R, Dual<R>)> {
        let bits = q.bits();
        let one = || R::int(1, bits);
        let dual = match self {
            Covariance::Kinked {
                constant,
                odd,
                even,
            } => {
                let (b, c) = (odd.powi(2), even.powi(2));
                if constant.sign() == Some(Ordering::Equal) {
                    Dual::ArcCosine(&c / &(&b + &c))
                } else {
                    let (square, _) = self.at(q, q, q);
                    let modulus = (R::int(2, bits) / R::pi(bits)).sqrt();
                    let mean = constant + &(&(even * &modulus) * &q.sqrt());
                    Dual::ShiftedArcCosine {
                        mean_square: &mean.powi(2) / &square,
                        linear: &(&b * q) / &square,
                        bend: &(&c * q) / &square,
                    }
                }
            }
            Covariance::Jump { constant, step } => {
                let (a, b) = (constant.powi(2), step.powi(2));
                Dual::ArcSine(&b / &(&a + &b))
            }
            Covariance::Scaled { function, rate, .. } => {
                let s = &rate.powi(2) * q;
                match function {
                    Function::Erf => Dual::Erf(&s.scale2(1) / &(&one() + &s.scale2(1))),
                    Function::Sin => Dual::Sinh(s),
                    Function::Cos => Dual::Cosh(s),
                    _ => Dual::Exp(s),
                }
            }
            Covariance::Gelu { .. } => return None,
            Covariance::Polynomial(c) => Dual::Series(polynomial_dual(&coefficients_at(c, q))),
        };
        Some((self.square(q), dual))
    }

    /// `V(q)`, by formulas that do not go through the correlation 1.
    fn square(&self, q: &R) -> R {
        match self {
            Covariance::Polynomial(c) => coefficients_at(c, q)
                .iter()
                .fold(R::int(0, q.bits()), |sum, a| &sum + &a.powi(2)),
            Covariance::Kinked {
                constant,
                odd,
                even,
            } => {
                let modulus = (R::int(2, q.bits()) / R::pi(q.bits())).sqrt();
                let cross = &(&(constant * even) * &modulus).scale2(1) * &q.sqrt();
                &(&constant.powi(2) + &cross) + &(&(&odd.powi(2) + &even.powi(2)) * q)
            }
            Covariance::Jump { constant, step } => &constant.powi(2) + &step.powi(2),
            _ => self.at(q, q, q).0,
        }
    }
}

/// The Hermite coefficients of `phi(sqrt(q) z)` for a polynomial.
fn coefficients_at<R: Real>(c: &[R], q: &R) -> Vec<R> {
    let root = q.sqrt();
    let mut power = R::int(1, q.bits());
    let scaled: Vec<R> = c
        .iter()
        .map(|c| {
            let out = c * &power;
            power = &power * &root;
            out
        })
        .collect();
    polynomial_coefficients(&scaled)
}

/// `k/size`, known to be in `[-1, 1]`.
fn correlation<R: Real>(k: &R, size: &R) -> R {
    let rho = k / size;
    let one = R::int(1, rho.bits());
    if rho.abs().compare(&one) == Some(Ordering::Less) {
        rho
    } else {
        rho.min(&one).max(&-one)
    }
}

/// The arc sine of a correlation; the part of a ball beyond `+-1` is ignored.
fn arc_sine<R: Real>(rho: &R) -> R {
    let one = R::int(1, rho.bits());
    let (low, high) = (rho.lower_end(), rho.upper_end());
    let inside = |x: &R| x.abs().compare(&one) != Some(Ordering::Greater);
    if inside(&low) && inside(&high) {
        return rho.asin();
    }
    hull(
        &low.max(&-&one).min(&one).asin(),
        &high.min(&one).max(&-&one).asin(),
    )
}

/// The root of a number that is known not to be negative.
fn root<R: Real>(x: &R) -> R {
    if !R::TRACKS_ERRORS || x.sign().is_some() {
        return x.max(&R::int(0, x.bits())).sqrt();
    }
    hull(&R::int(0, x.bits()), &x.upper_end().sqrt())
}

/// The covariance map of gelu, `z Phi(z)`, and its derivative map (Han et al. 2022).
fn gelu_covariance<R: Real>(q: &R, p: &R, k: &R) -> (R, R) {
    let bits = q.bits();
    let one = R::int(1, bits);
    let two_pi = R::pi(bits).scale2(1);
    let spread = &(&one + q) * &(&one + p);
    let delta2 = &spread - &k.powi(2);
    let delta = delta2.sqrt();
    // atan2(k, delta) with delta > 0
    let angle = (k / &delta).atan();
    let numerator = &k.powi(2) + &(&(q * p) * &delta2);
    let bracket = &(&numerator / &(&spread * &delta)) + &(k * &angle);
    let value = &k.scale2(-2) + &(&bracket / &two_pi);
    let terms = &(&(&one / &delta2) + &(&(&one - &(q * p)) / &spread)) + &one;
    let slope = &(&one.scale2(-2) + &(&angle / &two_pi)) + &(&(&terms * k) / &(&two_pi * &delta));
    (value, slope)
}

/// `c gelu(k x)`: by name, since the formula has many faces.
fn gelu(e: &Expr) -> Option<(Expr, Expr)> {
    let times = |c: &Expr, (a, k): (Expr, Expr)| Some((c.clone() * a, k));
    match e {
        Expr::Neg(a) => times(&Expr::int(-1), gelu(a)?),
        Expr::Binary(BinaryOp::Mul, a, b) if a.is_constant() => times(a, gelu(b)?),
        Expr::Binary(BinaryOp::Mul, a, b) if b.is_constant() => times(b, gelu(a)?),
        Expr::Named("gelu", arguments) => {
            let linear = arguments.first()?.simplify().polynomial_over_constants()?;
            match linear.as_slice() {
                [c, k] if c.as_rational().is_some_and(|q| q == 0) => {
                    Some((Expr::int(1), k.clone()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn constant<R: Real>(e: &Expr, bits: Bits) -> R {
    Tape::<R>::new(std::slice::from_ref(e), bits).at_one(&R::int(0, bits))
}

/// An activation at two variances, by Hermite coefficients: `sum_n a_n b_n rho^n` with
/// `|sum_{n > N}| <= |rho|^(N+1) sqrt(sum_{n > N} a_n^2 sum_{n > N} b_n^2)` (Cauchy and Schwarz, Parseval).
#[derive(Clone, Debug)]
pub struct HermitePair {
    products: Vec<Ball>,
    tail: Float,
    slope_tail: Option<Float>,
    /// `sqrt(q p)`
    size: Ball,
}

impl HermitePair {
    /// Up to `degree`, with an absolute error of about `2^-accuracy`; the variances are `root^2` and `other^2`.
    ///
    /// # Errors
    /// See [`hermite_coefficients`].
    pub fn new(
        structure: &Structure,
        [root, other]: [&Rational; 2],
        degree: u32,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<Self> {
        let at = |c: &Rational| -> Result<(Vec<Ball>, Float, Option<Float>)> {
            let there = scaled(structure, c)?;
            let (a, square) =
                hermite_coefficients(&there, degree, accuracy, Arithmetic::Ball, deadline)?;
            let slope = crate::dual::derivative_square(&there, accuracy, deadline);
            let series = Series::new(&a, &square, slope.as_ref());
            let rest = |x: &Ball| (x * &square).upper().max(&Float::new(64)).clone();
            let tails = (rest(&series.tail), series.slope_tail.as_ref().map(rest));
            Ok((a, tails.0, tails.1))
        };
        let (a, tail, slope_tail) = at(root)?;
        let (b, other_tail, other_slope_tail) = at(other)?;
        let mean = |x: &Float, y: &Float| {
            let product = Float::with_val_round(64, x * y, rug::float::Round::Up).0;
            Float::with_val_round(64, product.sqrt_ref(), rug::float::Round::Up).0
        };
        let bits = accuracy + 32;
        Ok(HermitePair {
            products: a
                .iter()
                .zip(&b)
                .map(|(a, b)| (a * b).with_bits(bits))
                .collect(),
            tail: mean(&tail, &other_tail),
            slope_tail: slope_tail.zip(other_slope_tail).map(|(x, y)| mean(&x, &y)),
            size: Ball::rational(&(root.clone() * other), bits),
        })
    }

    /// `E phi(x) phi(y)` and `E phi'(x) phi'(y)` at a correlation in `[-1, 1]`; the second is unbounded where nothing is
    /// known of `E phi'^2`.
    pub fn at(&self, rho: &Ball) -> (Ball, Ball) {
        let bits = rho.bits();
        let (mut value, mut slope) = (Ball::int(0, bits), Ball::int(0, bits));
        for (n, c) in self.products.iter().enumerate().rev() {
            value = &(&value * rho) + c;
            if n > 0 {
                slope = &(&slope * rho) + &(&Ball::int(n as i64, bits) * c);
            }
        }
        let degree = self.products.len() as i64 - 1;
        let reach = rho.abs().min(&Ball::int(1, bits));
        let rest = |tail: &Float, n: i64| (&Ball::exact(tail.clone()) * &reach.powi(n)).magnitude();
        let slope = match &self.slope_tail {
            Some(tail) => slope.widened(&rest(tail, degree)),
            None => Ball::unbounded(bits),
        };
        (
            value.widened(&rest(&self.tail, degree + 1)),
            &slope / &self.size,
        )
    }
}
