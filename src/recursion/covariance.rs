//! `k(q, p, rho) = E phi(x) phi(y)`, `(x, y)` Gaussian with variances `q`, `p` and correlation `rho`, and its derivative with
//! respect to `rho`, `sqrt(q p) E phi'(x) phi'(y)`.
//!
//! Closed forms where the literature has them:
//!
//! | activation | source |
//! |---|---|
//! | `a + b z + c |z|` (ReLU, leaky ReLU, `|z|`), `a + b sign(z)` | Cho and Saul 2009 |
//! | `c erf(k z)` | Williams 1997 |
//! | `c sin(k z)`, `c cos(k z)`, `c exp(k z)` | characteristic and moment generating functions; Han et al. 2022 |
//! | `a z + b z erf(k z)` (gelu) | Tsuchida et al. 2021, Han et al. 2022; derived in `dual::gated` |
//! | polynomials | Hermite coefficients at each variance, exact |
//! | sums of `c x^n e^(a x)` on intervals (relu6, elu, ...) | truncated moments, `dual::Truncated` |

use std::cmp::Ordering;

use super::prepared::enclosed;
use crate::activation::{Expr, Function, Tape};
use crate::dual::{Dual, Truncated, closed_form, gated, polynomial_coefficients, scaled_function};
use crate::hermite::Series;
use crate::real::{Bits, Real};

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
    /// `c F(k z)` for `F` one of erf, sin, cos, exp.
    Scaled {
        /// `F`
        function: Function,
        /// `c`
        amplitude: R,
        /// `k`
        rate: R,
    },
    /// `a z + b z erf(k z)`
    Gated {
        /// `a`
        linear: R,
        /// `b`
        gated: R,
        /// `k`
        rate: R,
    },
    /// `sum_m c_m z^m`
    Polynomial(Vec<R>),
    /// Sums of `c x^n e^(a x)` on intervals.
    Truncated(Truncated),
}

impl<R: Real> Covariance<R> {
    /// The closed form of an activation, if it is recognised.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, recursion::Covariance};
    /// let erf = Covariance::<f64>::of(&Expr::parse("erf(x)").unwrap(), 53).unwrap();
    /// // Williams 1997: variances 1/2 and 2, covariance 0.3
    /// let (k, _) = erf.at(&0.5, &2.0, &0.3);
    /// let expected = (0.6f64 / (2.0 * 5.0f64).sqrt()).asin() * 2.0 / std::f64::consts::PI;
    /// assert!((k - expected).abs() < 1e-15);
    /// ```
    pub fn of(expr: &Expr, bits: Bits) -> Option<Self> {
        let expr = expr.expand().simplify();
        if let Some(c) = expr.polynomial_over_constants() {
            return Some(Covariance::Polynomial(
                c.iter().map(|e| constant(e, bits)).collect(),
            ));
        }
        let value = |e: &Expr, x: i64| {
            Tape::<R>::new(std::slice::from_ref(e), bits).at_one(&R::int(x, bits))
        };
        if let Some((function, k)) = scaled_function(&expr) {
            let rate = constant::<R>(&k, bits);
            let amplitude = match function {
                Function::Cos | Function::Exp => value(&expr, 0),
                Function::Sin => &value(&expr.derivative(), 0) / &rate,
                // erf'(0) = 2/sqrt(pi)
                Function::Erf => {
                    &(&value(&expr.derivative(), 0) / &rate) * &R::pi(bits).sqrt().scale2(-1)
                }
                _ => return None,
            };
            return Some(Covariance::Scaled {
                function,
                amplitude,
                rate,
            });
        }
        if let Some(g) = gated(&expr) {
            return Some(Covariance::Gated {
                linear: constant(&g.linear, bits),
                gated: constant(&g.gated, bits),
                rate: constant(&g.rate, bits),
            });
        }
        // two pieces that meet at 0: the values at -1, 0 and 1 tell the rest
        let (left, right) = (value(&expr, -1), value(&expr, 1));
        let (mean, half) = ((&right + &left).scale2(-1), (&right - &left).scale2(-1));
        let kinked = |constant: R| Covariance::Kinked {
            odd: half.clone(),
            even: &mean - &constant,
            constant,
        };
        match closed_form::<R>(&expr, bits)? {
            Dual::ArcCosine(_) => Some(kinked(R::int(0, bits))),
            Dual::ArcSine(_) => Some(Covariance::Jump {
                constant: mean,
                step: half,
            }),
            Dual::Shifted { inner, .. } => match *inner {
                Dual::ArcCosine(_) => Some(kinked(value(&expr, 0))),
                _ => None,
            },
            Dual::Truncated(t) => Some(Covariance::Truncated(t)),
            _ => None,
        }
    }

    /// `E phi(x) phi(y)` and its derivative with respect to the correlation `rho`, for variances `q`, `p`. The derivative is
    /// infinite (undefined) at `rho = +-1` for an activation that jumps. For a ball `rho` in mean-value form: its radius
    /// is multiplied by the slope; the part of it beyond `+-1` is ignored.
    pub fn at(&self, q: &R, p: &R, rho: &R) -> (R, R) {
        let alone = !R::TRACKS_ERRORS || rho.radius().is_zero();
        if alone || matches!(self, Covariance::Truncated(_)) {
            return self.point(q, p, rho);
        }
        let rho = clamped(rho);
        let slope = self.point(q, p, &rho).1;
        let value = self.point(q, p, &clamped(&rho.midpoint())).0;
        let far = (&R::int(0, q.bits()).widened(&rho.radius()) * &slope)
            .abs()
            .upper_end();
        (value.widened(&far.to_float()), slope)
    }

    fn point(&self, q: &R, p: &R, rho: &R) -> (R, R) {
        let bits = q.bits().max(p.bits()).max(rho.bits());
        let int = |n: i64| R::int(n, bits);
        let two_over_pi = || R::int(2, bits) / R::pi(bits);
        let size = (q * p).sqrt();
        match self {
            Covariance::Kinked {
                constant,
                odd,
                even,
            } => {
                let square = root(&(&int(1) - &rho.powi(2)));
                let arc = &two_over_pi() * &arc_sine(rho);
                let kappa = &(&two_over_pi() * &square) + &(rho * &arc);
                let cross = &(constant * even) * &two_over_pi().sqrt();
                let means = &constant.powi(2) + &(&cross * &(&q.sqrt() + &p.sqrt()));
                let (b, c) = (odd.powi(2), even.powi(2));
                let value = &size * &(&(&b * rho) + &(&c * &kappa));
                (&means + &value, &size * &(&b + &(&c * &arc)))
            }
            Covariance::Jump { constant, step } => {
                let square = &step.powi(2) * &two_over_pi();
                let value = &constant.powi(2) + &(&square * &arc_sine(rho));
                (value, &square / &(&int(1) - &rho.powi(2)).sqrt())
            }
            Covariance::Scaled {
                function,
                amplitude,
                rate,
            } => {
                let (c2, k2) = (amplitude.powi(2), rate.powi(2));
                let half_sum = (&k2 * &(q + p)).scale2(-1);
                let scale = &k2 * &size;
                let cross = &scale * rho;
                match function {
                    Function::Erf => {
                        // 2 k^2 sqrt(q p) / sqrt((1 + 2 k^2 q)(1 + 2 k^2 p))
                        let limit = (&share(&(&k2 * q)) * &share(&(&k2 * p))).sqrt();
                        let sine = &limit * rho;
                        let value = &(&c2 * &two_over_pi()) * &arc_sine(&sine);
                        let root = (&int(1) - &sine.powi(2)).sqrt();
                        (value, &(&(&c2 * &two_over_pi()) * &limit) / &root)
                    }
                    Function::Exp => {
                        let value = &c2 * &(&half_sum + &cross).exp();
                        let slope = &scale * &value;
                        (value, slope)
                    }
                    _ => {
                        // sinh and cosh of `cross`, times e^(-half_sum): in exponentials, which cannot overflow
                        let (up, down) = (
                            (&cross - &half_sum).exp().scale2(-1),
                            (&-&cross - &half_sum).exp().scale2(-1),
                        );
                        let cosh = &c2 * &(&up + &down);
                        let sinh = if cross.to_f64().abs() < 1.0 {
                            &(&c2 * &(-half_sum).exp()) * &cross.sinh()
                        } else {
                            &c2 * &(&up - &down)
                        };
                        if *function == Function::Sin {
                            (sinh, &scale * &cosh)
                        } else {
                            (cosh, &scale * &sinh)
                        }
                    }
                }
            }
            Covariance::Gated {
                linear,
                gated,
                rate,
            } => {
                let (a2, b2) = (linear.powi(2), gated.powi(2));
                let k2 = rate.powi(2).scale2(1);
                let (x, y) = (&k2 * q, &k2 * p);
                let (f, g) = (&int(1) + &x, &int(1) + &y);
                let limit = (&share(&(&k2 * q).scale2(-1)) * &share(&(&k2 * p).scale2(-1))).sqrt();
                let sine = &limit * rho;
                let cosine = root(&(&int(1) - &sine.powi(2)));
                let square = rho.powi(2);
                // both tau, and 1 - rho^2 apart from them
                let taus = &(&int(1) / &f) + &(&int(1) / &g);
                let spread = &(&int(1) - &square) + &(&taus * &square);
                let even = &(rho * &arc_sine(&sine)) + &(&(&limit * &spread) / &cosine);
                // d/drho: two terms of the quotient joined
                let both = &(&int(1) / &f) * &(&int(1) / &g);
                let first = &(&sine * &taus) / &cosine;
                let second = &(&sine * &both) / &cosine.powi(3);
                let steep = &arc_sine(&sine) + &(&first + &second);
                let b2 = &b2 * &two_over_pi();
                (
                    &size * &(&(&a2 * rho) + &(&b2 * &even)),
                    &size * &(&a2 + &(&b2 * &steep)),
                )
            }
            Covariance::Truncated(t) => t.cross(q, p, rho),
            Covariance::Polynomial(c) => {
                let (a, b) = (coefficients_at(c, q), coefficients_at(c, p));
                let (mut value, mut slope) = (int(0), int(0));
                for (n, (a, b)) in a.iter().zip(&b).enumerate().rev() {
                    let product = a * b;
                    value = &(&value * rho) + &product;
                    if n > 0 {
                        slope = &(&slope * rho) + &(&int(n as i64) * &product);
                    }
                }
                (value, slope)
            }
        }
    }

    /// `V(q) = E phi(sqrt(q) Z)^2` and the normalised dual of `phi(sqrt(q) z)`.
    pub fn dual_at(&self, q: &R) -> (R, Dual<R>) {
        let bits = q.bits();
        let square = self.square(q);
        let dual = match self {
            Covariance::Kinked {
                constant,
                odd,
                even,
            } => {
                let (b, c) = (odd.powi(2), even.powi(2));
                let both = &b + &c;
                let kinked = Dual::ArcCosine(&c / &both);
                if constant.sign() == Some(Ordering::Equal) {
                    kinked
                } else {
                    let modulus = (R::int(2, bits) / R::pi(bits)).sqrt();
                    let mean = constant + &(&(even * &modulus) * &q.sqrt());
                    Dual::Shifted {
                        inner: Box::new(kinked),
                        constant: &mean.powi(2) / &square,
                        scale: &(&both * q) / &square,
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
                    Function::Erf => Dual::Erf(share(&s)),
                    Function::Sin => Dual::Sinh(s),
                    Function::Cos => Dual::Cosh(s),
                    _ => Dual::Exp(s),
                }
            }
            Covariance::Gated {
                linear,
                gated,
                rate,
            } => Dual::gated(linear, gated, rate, q).1,
            Covariance::Truncated(t) => Dual::Truncated(t.at_variance(&enclosed(q))),
            Covariance::Polynomial(c) => {
                let a = coefficients_at(c, q);
                let zero = R::int(0, bits);
                Dual::Series(Series {
                    squares: a.iter().map(|a| &a.powi(2) / &square).collect(),
                    tail: zero.clone(),
                    slope_tail: Some(zero),
                })
            }
        };
        (square, dual)
    }

    /// `V(q)`, by formulas that do not go through the correlation 1.
    pub fn square(&self, q: &R) -> R {
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
            Covariance::Truncated(t) => R::from_ball(&t.at_variance(&enclosed(q)).square()),
            Covariance::Gated {
                linear,
                gated,
                rate,
            } => {
                if !R::TRACKS_ERRORS || q.radius().is_zero() {
                    return Dual::gated(linear, gated, rate, q).0;
                }
                let middle = self.square(&q.midpoint());
                let slope = gated_slope(linear, gated, rate, q);
                let spread = &R::int(0, q.bits()).widened(&q.radius()) * &slope;
                middle.widened(&spread.abs().upper_end().to_float())
            }
            Covariance::Scaled {
                function,
                amplitude,
                rate,
            } => {
                let bits = q.bits();
                let one = R::int(1, bits);
                let c2 = amplitude.powi(2);
                let twice = (&rate.powi(2) * q).scale2(1);
                match function {
                    // (2/pi) asin(2s/(1 + 2s)) as an arc tangent: the sine comes near 1, where the arc sine is steep
                    Function::Erf => {
                        let tangent = &twice / &(&one + &twice.scale2(1)).sqrt();
                        let two_over_pi = R::int(2, bits) / R::pi(bits);
                        let value = |t: &R| &(&c2 * &two_over_pi) * &t.atan();
                        if !R::TRACKS_ERRORS || q.radius().is_zero() {
                            return value(&tangent);
                        }
                        // V' = c^2 k^2 (4/pi)/((1 + 2s) sqrt(1 + 4s))
                        let slope = &(&(&c2 * &rate.powi(2)) * &two_over_pi.scale2(1))
                            / &(&(&one + &twice) * &(&one + &twice.scale2(1)).sqrt());
                        let middle = self.square(&q.midpoint());
                        let spread = &R::int(0, bits).widened(&q.radius()) * &slope;
                        middle.widened(&spread.abs().upper_end().to_float())
                    }
                    Function::Sin => -(&c2 * &(-twice).exp_m1()).scale2(-1),
                    Function::Cos => (&c2 * &(&one + &(-twice).exp())).scale2(-1),
                    _ => &c2 * &twice.exp(),
                }
            }
        }
    }
}

/// `V'(q)` of `a z + b z erf(k z)`: `a^2 + b^2 (2/pi) v'(Q)` with `Q = 2 k^2 q`, `w = sqrt(1 + 2Q)`, `tau = 1/(1+Q)`,
/// `v = Q atan(Q/w) + 2 Q^2 tau/w`, `v' = atan(Q/w) + Q tau (5 - 2 Q tau - 2 Q/w^2)/w`.
fn gated_slope<R: Real>(linear: &R, gated: &R, rate: &R, q: &R) -> R {
    let bits = q.bits();
    let int = |n: i64| R::int(n, bits);
    let wide = (&rate.powi(2) * q).scale2(1);
    let square = &int(1) + &wide.scale2(1);
    let root = square.sqrt();
    let turned = &wide / &(&int(1) + &wide);
    let bracket = &(&int(5) - &turned.scale2(1)) - &(&wide.scale2(1) / &square);
    let even = &(&wide / &root).atan() + &(&(&turned * &bracket) / &root);
    let two_over_pi = int(2) / R::pi(bits);
    &linear.powi(2) + &(&(&gated.powi(2) * &two_over_pi) * &even)
}

/// `2s/(1 + 2s)`
fn share<R: Real>(s: &R) -> R {
    let one = R::int(1, s.bits());
    if s.to_f64() < 1.0 {
        return &s.scale2(1) / &(&one + &s.scale2(1));
    }
    &one - &(&one / &(&one + &s.scale2(1)))
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

/// What of a correlation lies in `[-1, 1]`.
pub(super) fn clamped<R: Real>(rho: &R) -> R {
    let one = R::int(1, rho.bits());
    let (low, high) = (rho.lower_end(), rho.upper_end());
    let beyond = |x: &R| x.abs().compare(&one) == Some(Ordering::Greater);
    if !beyond(&low) && !beyond(&high) {
        return rho.clone();
    }
    hull(&low.max(&-&one).min(&one), &high.min(&one).max(&-&one))
}

/// The arc sine of a correlation; the part of a ball beyond `+-1` is ignored.
fn arc_sine<R: Real>(rho: &R) -> R {
    let one = R::int(1, rho.bits());
    let ends = [rho.lower_end(), rho.upper_end()];
    if ends
        .iter()
        .all(|x| x.abs().compare(&one) == Some(Ordering::Less))
    {
        return rho.asin();
    }
    let [low, high] = ends.map(|x| x.max(&-&one).min(&one).asin());
    hull(&low, &high)
}

/// The root of a number that is known not to be negative.
fn root<R: Real>(x: &R) -> R {
    if !R::TRACKS_ERRORS || x.sign().is_some() {
        return x.max(&R::int(0, x.bits())).sqrt();
    }
    hull(&R::int(0, x.bits()), &x.upper_end().sqrt())
}

/// A value around two.
fn hull<R: Real>(a: &R, b: &R) -> R {
    let middle = (a + b).scale2(-1);
    let half = (a - b).abs().scale2(-1).upper_end().to_float();
    let slack = a.radius().max(&b.radius()).clone();
    middle.widened(&half).widened(&slack)
}

fn constant<R: Real>(e: &Expr, bits: Bits) -> R {
    Tape::<R>::new(std::slice::from_ref(e), bits).at_one(&R::int(0, bits))
}
