//! The dual near `rho = 0`: parity and leading term.

use std::cmp::Ordering;

use super::Dual;
use crate::activation::Parity;
use crate::hermite::Series;
use crate::real::{Ball, Bits, Real};

impl<R: Real> Dual<R> {
    /// `(k, c)` with `dual(rho) = c rho^k (1 + O(rho))`, `k >= 1`, `c > 0`: the order and the multiplier of the fixed
    /// point 0. `None` where `dual(0) = A^2` is not **exactly** zero, or where what precedes the leading coefficient is
    /// not: an enclosure that contains 0 is not a zero.
    ///
    /// `k = 1` is the singular regime (`c = lambda = A'^2`), `k >= 2` that of the nearest neighbour.
    ///
    /// ```
    /// use deeplimit::dual::Dual;
    /// assert_eq!(Dual::ArcSine(1.0).leading(), Some((1, 2.0 / std::f64::consts::PI)));
    /// assert_eq!(Dual::ArcCosine(0.5).leading(), None);
    /// ```
    pub fn leading(&self) -> Option<(u32, R)> {
        let vanishes = |x: &R| x.sign() == Some(Ordering::Equal);
        match self {
            Dual::ArcCosine(d) => vanishes(d).then(|| (1, R::int(1, d.bits()))),
            Dual::ArcSine(d) => {
                let one = R::int(1, d.bits());
                let two_over_pi = R::int(2, d.bits()) / R::pi(d.bits());
                vanishes(&(&one - d)).then(|| (1, d * &two_over_pi))
            }
            Dual::Erf(s) => Some((1, s / &s.asin())),
            // s / sinh(s) without overflow
            Dual::Sinh(s) => {
                let twice = s.scale2(1);
                Some((1, &(&twice * &(-s).exp()) / &-(-&twice).exp_m1()))
            }
            Dual::Cosh(_) | Dual::Exp(_) => None,
            // dual(0) = D e(0)/e(1)
            Dual::Gated { share, .. } => vanishes(share).then(|| (1, R::int(1, share.bits()))),
            Dual::Shifted {
                constant,
                inner,
                scale,
            } => {
                let (k, c) = vanishes(constant).then(|| inner.rise())??;
                Some((k, scale * &c))
            }
            Dual::Series(s) => first(s),
            Dual::Truncated(t) => t.leading().map(|(k, c)| (k, R::from_ball(&c))),
            Dual::Composed(c) => c.leading(),
            Dual::Skipped(s) => s.leading(),
        }
        .filter(|(_, c)| c.is_finite() && c.sign() == Some(Ordering::Greater))
    }

    /// `dual(rho)/rho^k` and `rho dual'(rho)/rho^k`, for a series or truncated moments, where `k` is the order of the fixed point 0;
    /// `None` for what has `k = 1` only.
    pub fn divided(&self, k: u32, rho: &R) -> Option<(R, R)> {
        match self {
            Dual::Series(s) => Some(s.divided(k as usize, rho)),
            Dual::Truncated(t) => {
                let power = rho.powi(i64::from(k));
                Some((&t.at(rho) / &power, &(rho * &t.slope_at(rho)) / &power))
            }
            Dual::Composed(c) => c.divided(rho),
            _ => None,
        }
    }

    /// [`Dual::divided`] of any dual that vanishes at 0.
    pub(super) fn quotient(&self, k: u32, rho: &R) -> Option<(R, R)> {
        self.divided(k, rho).or_else(|| {
            let (value, slope) = (self.rise_at(rho), self.slope_at(rho));
            (k == 1).then(|| (&value / rho, slope))
        })
    }

    /// The precision that it carries.
    pub(super) fn bits(&self) -> Bits {
        match self {
            Dual::ArcCosine(x) | Dual::ArcSine(x) | Dual::Erf(x) | Dual::Sinh(x) => x.bits(),
            Dual::Cosh(x) | Dual::Exp(x) | Dual::Gated { share: x, .. } => x.bits(),
            Dual::Series(s) => s.tail.bits(),
            Dual::Truncated(t) => t.bits(),
            Dual::Shifted { scale, .. } => scale.bits(),
            Dual::Composed(c) => c.bits(),
            Dual::Skipped(s) => s.bits(),
        }
    }

    /// The leading term of `dual(rho) - dual(0)`.
    fn rise(&self) -> Option<(u32, R)> {
        let bits = self.bits();
        let vanishes = |x: &R| x.sign() == Some(Ordering::Equal);
        // the first coefficient vanishes for D = 1 and for even functions; the second is then positive
        let taylor = self.taylor(&R::int(0, bits), 64);
        let k = (1..taylor.len()).find(|k| !vanishes(&taylor[*k]))?;
        Some((k as u32, taylor[k].clone()))
    }

    /// Even or odd as a function of the correlation, if that is certain.
    pub fn parity(&self) -> Option<Parity> {
        let vanishes = |x: &R| x.sign() == Some(Ordering::Equal);
        match self {
            Dual::ArcCosine(d) => {
                if vanishes(d) {
                    Some(Parity::Odd)
                } else {
                    vanishes(&(R::int(1, d.bits()) - d)).then_some(Parity::Even)
                }
            }
            Dual::ArcSine(d) => vanishes(&(R::int(1, d.bits()) - d)).then_some(Parity::Odd),
            Dual::Erf(_) | Dual::Sinh(_) => Some(Parity::Odd),
            Dual::Cosh(_) => Some(Parity::Even),
            Dual::Exp(_) => None,
            Dual::Truncated(t) => t.parity(),
            Dual::Composed(c) => c.parity(),
            Dual::Skipped(s) => s.parity(),
            Dual::Gated { share, .. } => {
                vanishes(&(R::int(1, share.bits()) - share)).then_some(Parity::Even)
            }
            Dual::Shifted {
                constant, inner, ..
            } => inner
                .parity()
                .filter(|p| *p == Parity::Even || vanishes(constant)),
            Dual::Series(s) => {
                // what lies beyond the known degree has to be nothing
                if !vanishes(&s.tail) && R::TRACKS_ERRORS {
                    return None;
                }
                let all = |r: usize| s.squares.iter().skip(r).step_by(2).all(vanishes);
                match (all(0), all(1)) {
                    (true, false) => Some(Parity::Odd),
                    (false, true) => Some(Parity::Even),
                    _ => None,
                }
            }
        }
    }
}

/// The first coefficient that is not exactly 0, where it is certainly positive.
fn first<R: Real>(series: &Series<R>) -> Option<(u32, R)> {
    let vanishes = |x: &R| x.sign() == Some(Ordering::Equal);
    let k = series.squares.iter().position(|c| !vanishes(c))?;
    let certain = k > 0 && series.squares[k].sign() == Some(Ordering::Greater);
    certain.then(|| (k as u32, series.squares[k].clone()))
}

impl Dual<Ball> {
    /// The same dual in another arithmetic, its parameters rounded.
    pub fn rounded<R: Real>(&self) -> Dual<R> {
        self.mapped(&R::from_ball)
    }

    /// The same dual with every parameter replaced.
    pub(crate) fn mapped<R: Real>(&self, r: &impl Fn(&Ball) -> R) -> Dual<R> {
        match self {
            Dual::ArcCosine(x) => Dual::ArcCosine(r(x)),
            Dual::ArcSine(x) => Dual::ArcSine(r(x)),
            Dual::Erf(x) => Dual::Erf(r(x)),
            Dual::Sinh(x) => Dual::Sinh(r(x)),
            Dual::Cosh(x) => Dual::Cosh(r(x)),
            Dual::Exp(x) => Dual::Exp(r(x)),
            Dual::Gated { share, sigma, tau } => Dual::Gated {
                share: r(share),
                sigma: r(sigma),
                tau: r(tau),
            },
            Dual::Shifted {
                inner,
                constant,
                scale,
            } => Dual::Shifted {
                inner: Box::new(inner.mapped(r)),
                constant: r(constant),
                scale: r(scale),
            },
            Dual::Composed(c) => Dual::Composed(c.mapped(&|d: &Dual<Ball>| d.mapped(r))),
            Dual::Skipped(s) => Dual::Skipped(s.mapped(|d| d.mapped(r), r)),
            Dual::Truncated(t) if !R::TRACKS_ERRORS => Dual::Truncated(t.at_middle()),
            Dual::Truncated(t) => Dual::Truncated(t.clone()),
            Dual::Series(s) => Dual::Series(Series {
                squares: s.squares.iter().map(r).collect(),
                tail: r(&s.tail),
                slope_tail: s.slope_tail.as_ref().map(r),
            }),
        }
    }
}
