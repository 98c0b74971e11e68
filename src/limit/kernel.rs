//! The kernel at infinite depth as an object: one type over the regimes.
//!
//! | regime | the function `f(rho)` that straightens the map | `T_L` | correction `C(rho)` |
//! |---|---|---|---|
//! | linear | `rho` | `(L+1) rho` exactly | 0 |
//! | singular | Koenigs `h` at 0 | `(L+1) lambda^L (h + C/(L+1) + O(lambda^L))` | [`Koenigs::correction_at`] |
//! | nearest neighbour | `log B`, Boettcher | `exp(k^L log B + L log k + C + o(1))` | [`Boettcher::correction_at`] |
//! | chaotic | Koenigs `g` at `c*` | `c*/(1-m) + C L m^L + O(m^L)` | `a g` |
//! | edge of chaos | Abel `A` | `(L+1) (r + (kappa log(L+1) + C)/(L+1) + o(1/L))` | [`Abel::correction_at`] |
//! | ordered | Koenigs `g` at 1 | `1/(1-b) - C L b^L + O(b^L)` | `drift g` |
//! | ordered, kinks | the same | `1/(1-b) - C b^(L/2) + O(L b^L)` | [`Ordered::shortfall`] |
//!
//! Even and odd activations are folded to `rho >= 0` first: for even ones `T_L(-rho) = T_L(rho)` from the first layer on
//! (`T_0` and `dual'` both change sign), for odd ones everything is odd.

use std::cmp::Ordering;

use rug::{Integer, Rational};

use super::{Abel, Boettcher, Interior, Koenigs, Ordered};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits, Quantity, Real};
use crate::recursion::{Correlation, Pair, Scaled, UnitLayers};

/// The limit kernel of an activation at one precision.
///
/// Promise: every number is enclosed (proved), on the condition that the classification is (what it misses it says).
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, limit::Subject};
/// use deeplimit::real::{Real, Value};
/// let subject = Subject::new(&Expr::parse("relu").unwrap(), Deadline::default()).unwrap();
/// let half = rug::Rational::from((1, 2));
/// let kernel = subject.kernel(&half, 128, Deadline::default()).unwrap();
/// let deep = kernel.kernels(&half, 1_000_000_000_000).unwrap();
/// assert!((deep.ntk.value().to_f64() / 1e12 - 0.25).abs() < 1e-10);
/// ```
#[derive(Clone, Debug)]
pub struct LimitKernel {
    pub(super) dual: Dual<Ball>,
    pub(super) parity: Option<Parity>,
    pub(super) limit: Limit,
    pub(super) bits: Bits,
}

/// What there is at infinite depth, by regime.
#[derive(Clone, Debug)]
pub enum Limit {
    /// `dual(rho) = rho`
    Linear,
    /// Koenigs function at 0.
    Singular(Koenigs<Ball>),
    /// Boettcher function.
    NearestNeighbour(Boettcher<Ball>),
    /// Fixed point inside, and the Koenigs function there.
    Chaotic(Interior<Ball>),
    /// Abel function.
    EdgeOfChaos(Abel<Ball>),
    /// Koenigs function at 1.
    Ordered(Ordered<Ball>),
}

/// The limit kernel at one correlation; see the table of the module for the meaning by regime.
#[derive(Clone, Debug)]
pub struct LimitValue {
    /// `lim T_L` in the normalisation of the regime: `h(rho)`, `B(rho)`, `c*/(1-m)`, `1/4` or `1/3`, `1/(1-b)`, `rho`;
    /// infinite on the diagonal where `T_L(x, x)` outgrows the normalisation (minus infinity at -1 for odd activations).
    pub limit: Quantity,
    /// `f(rho)`; `None` where it is minus infinity (`log B(0)`), or no orbit is followed to where it is known ([`Interior::koenigs`]);
    /// infinite where it is.
    pub function: Option<Quantity>,
    /// `C(rho)`; `None` where the function is not finite.
    pub correction: Option<Quantity>,
    /// `h'(rho)` in the singular regime.
    pub slope: Option<Quantity>,
}

impl LimitKernel {
    /// The kernel of a network whose layers have this dual.
    pub(crate) fn new(dual: Dual<Ball>, parity: Option<Parity>, limit: Limit, bits: Bits) -> Self {
        LimitKernel {
            dual,
            parity,
            limit,
            bits,
        }
    }

    /// The function behind it.
    pub fn limit(&self) -> &Limit {
        &self.limit
    }

    /// The dual.
    pub fn dual(&self) -> &Dual<Ball> {
        &self.dual
    }

    /// The dual is known to the working precision on all of `[-1, 1]`, or the series ends where it could be continued.
    pub(super) fn resolved(&self) -> bool {
        self.dual.may_be_continued()
    }

    /// The working precision.
    pub fn bits(&self) -> Bits {
        self.bits
    }

    /// `-1/log(multiplier)`: after so many layers the distance from the fixed point has fallen by `e`. `None` at the edge
    /// of chaos (a power law), in the nearest-neighbour regime (doubly exponential) and for linear activations.
    pub fn depth_scale(&self) -> Option<Ball> {
        let m = self.multiplier()?;
        Some(-(&Ball::int(1, self.bits) / &m.ln()))
    }

    /// `lambda`, `m` or `b`: the slope of the dual at the attracting fixed point, where it is between 0 and 1.
    pub fn multiplier(&self) -> Option<&Ball> {
        match &self.limit {
            Limit::Singular(h) => Some(h.multiplier()),
            Limit::Chaotic(c) => Some(c.multiplier()),
            Limit::Ordered(o) => Some(o.multiplier()),
            Limit::Linear | Limit::NearestNeighbour(_) | Limit::EdgeOfChaos(_) => None,
        }
    }

    /// `1 - c*`, where `c*` is so near 1 that no orbit is followed to it.
    pub fn verge(&self) -> Option<Ball> {
        match &self.limit {
            Limit::Chaotic(c) if c.koenigs().is_none() => {
                Some(&Ball::int(1, self.bits) - c.point())
            }
            _ => None,
        }
    }

    /// `kappa`, the coefficient of `log(L+1)` at the edge of chaos.
    pub fn log_rate(&self) -> Option<Ball> {
        match &self.limit {
            Limit::EdgeOfChaos(a) => Some(a.log_rate()),
            _ => None,
        }
    }

    /// `R(u) = u^alpha h(1 - u^2/2)` at the distance `u = sqrt(2 (1 - rho))`; `None` outside the singular regime and where
    /// `B'` is infinite.
    pub fn regular_part(&self, rho: &Rational) -> Option<Ball> {
        let Limit::Singular(h) = &self.limit else {
            return None;
        };
        let b = self.dual.slope_at_gap(&Ball::int(0, self.bits));
        let gamma = -(&h.multiplier().ln() / &b.ln());
        let t = Ball::rational(&Rational::from(1 - rho), self.bits);
        let (negative, place) = self.folded(rho);
        if place.gap().sign() == Some(Ordering::Equal) {
            // no orbit comes from there
            return None;
        }
        let value = h.at(&place)?;
        let value = if negative { -value } else { value };
        Some(&value * &(&gamma * &t.scale2(1).ln()).exp()).filter(Ball::is_finite)
    }

    /// The sign to be put in front, and the correlation to be looked at.
    fn folded(&self, rho: &Rational) -> (bool, Correlation<Ball>) {
        let negative = *rho < 0 && self.parity == Some(Parity::Odd);
        let rho = if self.parity.is_some() {
            rho.clone().abs()
        } else {
            rho.clone()
        };
        (negative, Correlation::rational(&rho, self.bits))
    }

    /// The limit at one correlation.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the orbit could not be followed.
    pub fn value(&self, rho: &Rational) -> Result<LimitValue> {
        let (negative, place) = self.folded(rho);
        if place.gap().sign() == Some(Ordering::Equal) {
            return Ok(self.diagonal(negative));
        }
        let signed = |x: Ball| Quantity::new(&if negative { -x } else { x }, None);
        let value = match &self.limit {
            Limit::Linear => {
                let rho = Quantity::new(&Ball::rational(rho, self.bits), Some(rho.to_string()));
                Some(LimitValue {
                    limit: rho.clone(),
                    function: Some(rho),
                    correction: Some(Quantity::integer(0)),
                    slope: None,
                })
            }
            Limit::Singular(h) => h.all_at(&place).map(|[value, slope, c]| LimitValue {
                limit: signed(value.clone()),
                function: Some(signed(value)),
                correction: Some(signed(c)),
                slope: Some(Quantity::new(&slope, None)),
            }),
            Limit::NearestNeighbour(b) => {
                if place.value().sign() == Some(Ordering::Equal) {
                    return Ok(LimitValue {
                        limit: Quantity::integer(0),
                        function: None,
                        correction: None,
                        slope: None,
                    });
                }
                b.log_at(&place).map(|log| LimitValue {
                    limit: Quantity::new(&log.exp(), None),
                    function: Some(Quantity::new(&log, None)),
                    correction: b.correction_at(&place).map(|c| Quantity::new(&c, None)),
                    slope: None,
                })
            }
            Limit::Chaotic(c) => {
                let of = |function: Option<Ball>, correction: Option<Ball>| LimitValue {
                    limit: Quantity::new(&c.ntk(), None),
                    correction: correction.map(|c| Quantity::new(&c, None)),
                    function: function.map(|g| Quantity::new(&g, None)),
                    slope: None,
                };
                match c.koenigs() {
                    None => Some(of(None, None)),
                    Some(k) => k
                        .at(&place)
                        .map(|g| of(Some(g.clone()), Some(k.drift() * &g))),
                }
            }
            Limit::EdgeOfChaos(a) => {
                a.at(&place)
                    .zip(a.correction_at(&place))
                    .map(|(abel, (c, _))| LimitValue {
                        limit: fraction(&a.limit(), self.bits),
                        function: Some(Quantity::new(&abel, None)),
                        correction: Some(Quantity::new(&c, None)),
                        slope: None,
                    })
            }
            Limit::Ordered(o) => o.at(&place).map(|g| LimitValue {
                limit: Quantity::new(&o.ntk(), None),
                correction: o.shortfall(&g).map(|c| Quantity::new(&c, None)),
                function: Some(Quantity::new(&g, None)),
                slope: None,
            }),
        };
        value
            .filter(|v| v.function.as_ref().is_none_or(Quantity::is_finite))
            .ok_or_else(|| self.lost(rho))
    }

    /// Equal inputs (or, for odd activations, opposite ones).
    fn diagonal(&self, negative: bool) -> LimitValue {
        let sign = |n: i64| Ball::int(if negative { -n } else { n }, self.bits);
        let plain =
            |limit: Quantity, function: Quantity, correction: Option<Quantity>| LimitValue {
                limit,
                function: Some(function),
                correction,
                slope: None,
            };
        let one = || {
            Quantity::new(
                &sign(1),
                Some(if negative { "-1" } else { "1" }.to_string()),
            )
        };
        match &self.limit {
            Limit::Linear => plain(one(), one(), Some(Quantity::integer(0))),
            Limit::EdgeOfChaos(_) => plain(one(), Quantity::infinite(), None),
            Limit::Ordered(o) => plain(
                Quantity::new(&o.ntk(), None),
                Quantity::integer(0),
                Some(Quantity::integer(0)),
            ),
            Limit::NearestNeighbour(_) => plain(one(), Quantity::integer(0), None),
            Limit::Singular(_) if negative => {
                plain(Quantity::minus_infinite(), Quantity::minus_infinite(), None)
            }
            Limit::Singular(_) | Limit::Chaotic(_) => {
                plain(Quantity::infinite(), Quantity::infinite(), None)
            }
        }
    }

    pub(super) fn lost(&self, rho: &Rational) -> Error {
        Error::Unresolved(format!(
            "the orbit of {} could not be followed to the fixed point at {} bits",
            Ball::rational(rho, 53).to_f64(),
            self.bits
        ))
    }

    /// `S_L` and `T_L`, `L = depth`, on unit-norm inputs without bias: what a shallow network costs, at any depth.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the orbit could not be followed.
    pub fn kernels(&self, rho: &Rational, depth: u64) -> Result<Pair<Scaled<Ball>>> {
        let plain = |s: Ball, t: Ball| Pair {
            nngp: Scaled::plain(s),
            ntk: Scaled::plain(t),
        };
        if depth == 0 {
            let rho = Ball::rational(rho, self.bits);
            return Ok(plain(rho.clone(), rho));
        }
        let (negative, place) = self.folded(rho);
        let kernels = self.deep(&place, depth)?.ok_or_else(|| self.lost(rho))?;
        Ok(if negative { kernels.negated() } else { kernels })
    }

    /// [`LimitKernel::kernels`] of a correlation that is known as a ball.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the orbit could not be followed.
    pub(crate) fn kernels_from(
        &self,
        place: Correlation<Ball>,
        depth: u64,
    ) -> Result<Pair<Scaled<Ball>>> {
        let mirrored = match (place.value().sign(), self.parity) {
            (Some(Ordering::Less), Some(parity)) => Some(parity),
            _ => None,
        };
        let folded = match mirrored {
            Some(_) => Correlation::new(-place.value()),
            None => place.clone(),
        };
        let kernels = self.deep(&folded, depth)?.ok_or_else(|| {
            Error::Unresolved(format!(
                "the orbit of {} could not be followed to the fixed point at {} bits",
                place.value().to_f64(),
                self.bits
            ))
        })?;
        Ok(match mirrored {
            Some(Parity::Odd) => kernels.negated(),
            _ => kernels,
        })
    }

    /// After at least one layer, from a folded place; nothing where the orbit is lost.
    fn deep(&self, place: &Correlation<Ball>, depth: u64) -> Result<Option<Pair<Scaled<Ball>>>> {
        let plain = |s: Ball, t: Ball| Pair {
            nngp: Scaled::plain(s),
            ntk: Scaled::plain(t),
        };
        let one = Ball::int(1, self.bits);
        let kernels = if place.gap().sign() == Some(Ordering::Equal) {
            let unit = UnitLayers::new(self.dual.clone());
            Some(unit.kernels(place.clone(), depth, Deadline::default())?)
        } else {
            match &self.limit {
                Limit::Linear => {
                    let s = place.value();
                    let layers =
                        Ball::rational(&Rational::from(Integer::from(depth) + 1), self.bits);
                    Some(plain(s.clone(), &s * &layers))
                }
                Limit::Singular(h) => h
                    .underflowing_kernels_at(place, depth)
                    .or_else(|| h.kernels_at(place, depth).map(|(s, t)| plain(s, t))),
                Limit::NearestNeighbour(b) => {
                    b.kernels_at(place, &Integer::from(depth))
                        .map(|Pair { nngp, ntk }| Pair {
                            nngp: from_logarithm(&nngp, self.bits),
                            ntk: from_logarithm(&ntk, self.bits),
                        })
                }
                Limit::Chaotic(c) => c
                    .koenigs()
                    .and_then(|k| k.kernels_at(place, depth))
                    .map(|(s, t)| plain(s, t)),
                Limit::EdgeOfChaos(a) => a
                    .kernels_at(place, &Integer::from(depth))
                    .map(|k| plain(&one - &k.gap, k.ntk)),
                Limit::Ordered(o) => o
                    .gaps_at(place, depth)
                    .map(|(s, t)| plain(&one - &s, &o.ntk() - &t)),
            }
        };
        if let (Limit::NearestNeighbour(b), Some(k)) = (&self.limit, &kernels)
            && !(k.nngp.log.is_finite() && k.ntk.log.is_finite())
        {
            return Err(Error::Unresolved(format!(
                "at depth {depth} the kernel is exp({}^{depth} log B), a number whose logarithm is beyond the range of MPFR; \
                 log B is the function of the limit kernel",
                b.order()
            )));
        }
        Ok(kernels.filter(|k| k.nngp.mantissa.is_finite() && k.ntk.mantissa.is_finite()))
    }
}

fn from_logarithm(x: &super::Logarithmic<Ball>, bits: Bits) -> Scaled<Ball> {
    let sign = match x.sign {
        Ordering::Less => -1,
        Ordering::Equal => return Scaled::zero(bits),
        Ordering::Greater => 1,
    };
    Scaled {
        mantissa: Ball::int(sign, bits),
        log: x.log.value(),
    }
}

fn fraction(q: &Rational, bits: Bits) -> Quantity {
    Quantity::new(&Ball::rational(q, bits), Some(q.to_string()))
}
