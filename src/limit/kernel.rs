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
//!
//! Even and odd activations are folded to `rho >= 0` first: for even ones `T_L(-rho) = T_L(rho)` from the first layer on
//! (`T_0` and `dual'` both change sign), for odd ones everything is odd.

use std::cmp::Ordering;

use rug::{Integer, Rational};

use super::classify::{Inquiry, Options};
use super::interior::terms;
use super::{
    Abel, Boettcher, Classification, Interior, Koenigs, LogKernels, Ordered, Phase, Regime,
};
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::dual::{Dual, closed_form, resolving_series};
use crate::error::{Error, Result};
use crate::exact::Structure;
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Bits, Quantity, Real, bits_for};
use crate::recursion::{Correlation, Kernels, Scaled, Unit};

/// An activation whose regime is known: what limit kernels of any precision are made from.
#[derive(Clone, Debug)]
pub struct Subject {
    structure: Structure,
    /// The regime, with its evidence; `proved` and `missing` hold for all that follows from it.
    pub classification: Classification,
}

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
    dual: Dual<Ball>,
    parity: Option<Parity>,
    limit: Limit,
    bits: Bits,
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
    /// infinite on the diagonal where `T_L(x, x)` outgrows the normalisation.
    pub limit: Quantity,
    /// `f(rho)`; `None` where it is minus infinity (`log B(0)`), infinite where it is.
    pub function: Option<Quantity>,
    /// `C(rho)`; `None` where the function is not finite.
    pub correction: Option<Quantity>,
    /// `h'(rho)` in the singular regime.
    pub slope: Option<Quantity>,
}

impl Subject {
    /// Classifies the activation.
    ///
    /// # Errors
    /// Those of [`super::classify`], and [`Error::Unresolved`] where the regime is undecided.
    pub fn new(expr: &Expr, deadline: Deadline) -> Result<Self> {
        let options = Options {
            digits: 6,
            deadline,
            ..Options::default()
        };
        let structure = Structure::new(expr)?;
        deadline.check("the analysis of the expression")?;
        let mut inquiry = Inquiry::new(expr, structure, options)?;
        inquiry.decide()?;
        if inquiry.report.regime == Regime::Undecided {
            return Err(Error::Unresolved(format!(
                "the regime of `{}` is undecided, so there is no limit kernel to evaluate; missing: {}",
                inquiry.report.activation,
                inquiry.report.missing.join("; ")
            )));
        }
        Ok(Subject {
            structure: inquiry.structure,
            classification: inquiry.report,
        })
    }

    /// Even or odd, if proved.
    pub fn parity(&self) -> Option<Parity> {
        self.structure.parity
    }

    /// The dual at `bits`, good for correlations up to `far` in modulus (which matters for Hermite series only).
    ///
    /// # Errors
    /// See [`crate::hermite::hermite_series`]; [`Error::Timeout`].
    pub fn dual(&self, far: &Rational, bits: Bits, deadline: Deadline) -> Result<Dual<Ball>> {
        if let Some(dual) = closed_form::<Ball>(&self.structure.expr, bits) {
            return Ok(dual);
        }
        let mut series = resolving_series(&self.structure, Some(far), bits, deadline)?;
        // what the classification proved (or assumed, and said so) to be zero
        let zeros = match self.classification.regime {
            Regime::Singular => 1,
            Regime::NearestNeighbour => self.classification.order.unwrap_or(2) as usize,
            _ => 0,
        };
        for c in series.squares.iter_mut().take(zeros) {
            *c = Ball::int(0, bits);
        }
        Ok(Dual::Series(series))
    }

    /// The limit kernel at `bits`, good for correlations up to `far` in modulus.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the function of the regime could not be prepared; [`Error::Timeout`].
    pub fn kernel(&self, far: &Rational, bits: Bits, deadline: Deadline) -> Result<LimitKernel> {
        let ordered = self.classification.phase == Some(Phase::Ordered);
        let one = Rational::from(1);
        let far = if ordered { &one } else { far };
        let dual = self.dual(far, bits, deadline)?;
        let limit = self.limit(&dual, bits, deadline)?;
        deadline.check("the limit kernel")?;
        Ok(LimitKernel {
            dual,
            parity: self.structure.parity,
            limit,
            bits,
        })
    }

    fn limit(&self, dual: &Dual<Ball>, bits: Bits, deadline: Deadline) -> Result<Limit> {
        let name = &self.classification.activation;
        let missing = |what: &str| {
            Error::Unresolved(format!(
                "{what} of `{name}` could not be prepared at {bits} bits"
            ))
        };
        match (self.classification.regime, self.classification.phase) {
            (Regime::Linear, _) => Ok(Limit::Linear),
            (Regime::Singular, _) => Koenigs::new(dual, Ball::int(0, bits), terms(bits))
                .map(Limit::Singular)
                .ok_or_else(|| missing("the Koenigs function at 0")),
            (Regime::NearestNeighbour, _) => self
                .classification
                .order
                .and_then(|k| Boettcher::new(dual, k, bits))
                .map(Limit::NearestNeighbour)
                .ok_or_else(|| missing("the Boettcher function")),
            (_, Some(Phase::Chaotic)) => Interior::new(dual, bits)
                .map(Limit::Chaotic)
                .ok_or_else(|| missing("the fixed point c* and the Koenigs function there")),
            (_, Some(Phase::EdgeOfChaos)) => {
                Abel::new(dual, bits).map(Limit::EdgeOfChaos).ok_or_else(|| {
                    Error::Unresolved(format!(
                        "the Abel function of `{name}` (edge of chaos) needs the dual in closed form, and here it is \
                         known as a Hermite series only"
                    ))
                })
            }
            (_, Some(Phase::Ordered)) => self.ordered(dual, bits, deadline).map(Limit::Ordered),
            _ => Err(missing("the regime")),
        }
    }

    /// `dual''(1) = E phi''^2/E phi^2` and `dual'''(1)` from the expression, where the dual is a series with a rest.
    fn ordered(&self, dual: &Dual<Ball>, bits: Bits, deadline: Deadline) -> Result<Ordered<Ball>> {
        if let Some(out) = Ordered::new(dual, bits) {
            return Ok(out);
        }
        let name = &self.classification.activation;
        let kinked = || {
            Error::Unresolved(format!(
                "the Koenigs function at 1 (ordered phase) of `{name}` needs an activation with two continuous derivatives"
            ))
        };
        if self.structure.has_breakpoints() {
            return Err(kinked());
        }
        let second = self
            .structure
            .expr
            .derivative()
            .simplify()
            .derivative()
            .simplify();
        let plan = Plan::new(
            &Integrand::with_derivative(&second),
            Envelope::Moments { degree: 1 },
            bits,
        )?;
        let samples = Samples::<Ball>::new(&plan, bits + 48, deadline)?;
        let square = match &self.structure.square {
            Some(s) => s.evaluate(bits + 48),
            None => {
                let plan = Plan::new(
                    &Integrand::of(&self.structure.expr),
                    Envelope::Moments { degree: 1 },
                    bits,
                )?;
                Samples::<Ball>::new(&plan, bits + 48, deadline)?.square(0)
            }
        };
        Ordered::with_derivatives(
            dual,
            &samples.square(0) / &square,
            &samples.square(1) / &square,
            bits,
        )
        .ok_or_else(kinked)
    }

    /// The limit kernel at rational correlations in `[-1, 1]`, with `digits` certain digits where they can be had: the
    /// precision is raised until they are there, or four times.
    ///
    /// # Errors
    /// [`Error::Domain`] for a correlation outside `[-1, 1]`; [`Subject::kernel`].
    pub fn values(
        &self,
        at: &[Rational],
        digits: usize,
        deadline: Deadline,
    ) -> Result<(LimitKernel, Vec<LimitValue>)> {
        self.ladder(at, digits, deadline, |kernel| {
            at.iter().map(|rho| kernel.value(rho)).collect()
        })
    }

    /// `S_L` and `T_L` at rational correlations and any depth, with `digits` certain digits where they can be had.
    ///
    /// # Errors
    /// As [`Subject::values`].
    pub fn kernels(
        &self,
        at: &[Rational],
        depth: u64,
        digits: usize,
        deadline: Deadline,
    ) -> Result<(LimitKernel, Vec<Kernels<Ball>>)> {
        self.ladder(at, digits, deadline, |kernel| {
            at.iter().map(|rho| kernel.kernels(rho, depth)).collect()
        })
    }

    /// Raises the precision until every number has the digits asked for.
    pub(super) fn ladder<V: Certainty>(
        &self,
        at: &[Rational],
        digits: usize,
        deadline: Deadline,
        values: impl Fn(&LimitKernel) -> Result<Vec<V>>,
    ) -> Result<(LimitKernel, Vec<V>)> {
        for rho in at {
            if rho.clone().abs() > 1 {
                return Err(Error::Domain(format!(
                    "{rho} is not a correlation: it must lie between -1 and 1"
                )));
            }
        }
        let far = at.iter().map(|r| r.clone().abs()).filter(|r| *r < 1).max();
        let far = far.unwrap_or_default();
        let wanted = bits_for(digits);
        // near 1 the digits of a function of log(1 - rho) are those of the gap
        let mut bits = wanted + 48;
        if self.classification.phase == Some(Phase::Ordered) {
            bits += wanted;
        }
        let mut best = None;
        for _ in 0..4 {
            match self.kernel(&far, bits, deadline).and_then(|kernel| {
                let values = values(&kernel)?;
                Ok((kernel, values))
            }) {
                Ok((kernel, values)) => {
                    let have = values.iter().map(V::relative_bits).min().unwrap_or(wanted);
                    let resolved = kernel.resolved();
                    best = Some((kernel, values));
                    // a series that ends too early does not become better by more bits
                    if have >= wanted || !resolved {
                        break;
                    }
                    bits += (wanted - have).max(bits / 2) + 16;
                }
                Err(Error::Timeout(_)) if best.is_some() => break,
                Err(Error::Unresolved(_)) if bits < 8 * wanted + 400 => bits *= 2,
                Err(e) => return best.ok_or(e),
            }
        }
        best.ok_or_else(|| {
            Error::Unresolved(format!(
                "the limit kernel of `{}` could not be enclosed",
                self.classification.activation
            ))
        })
    }
}

/// How much of an answer is certain.
pub(super) trait Certainty {
    /// The fewest relative bits of its numbers.
    fn relative_bits(&self) -> Bits;
}

impl Certainty for LimitValue {
    fn relative_bits(&self) -> Bits {
        [
            Some(&self.limit),
            self.function.as_ref(),
            self.correction.as_ref(),
            self.slope.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(Quantity::relative_bits)
        .min()
        .unwrap_or(0)
    }
}

impl Certainty for Kernels<Ball> {
    fn relative_bits(&self) -> Bits {
        let of = |x: &Scaled<Ball>| {
            let scale = match x.log.sign() {
                Some(Ordering::Equal) => Bits::MAX,
                // an absolute error of the exponent is a relative one of the number
                _ => (-(x.log.rad().get_exp().unwrap_or(-1 << 20))).max(0) as Bits,
            };
            certain(&x.mantissa).min(scale)
        };
        of(&self.nngp).min(of(&self.ntk))
    }
}

/// Relative bits; an exact zero has them all.
fn certain(x: &Ball) -> Bits {
    match x.sign() {
        Some(Ordering::Equal) => Bits::MAX,
        _ => x.relative_bits(),
    }
}

impl LimitKernel {
    /// The function behind it.
    pub fn limit(&self) -> &Limit {
        &self.limit
    }

    /// The dual.
    pub fn dual(&self) -> &Dual<Ball> {
        &self.dual
    }

    /// The dual is known to the working precision on all of `[-1, 1]`, or the series ends where it could be continued.
    fn resolved(&self) -> bool {
        match &self.dual {
            Dual::Series(s) => s.degree() < crate::dual::LAST_DEGREE as usize,
            _ => true,
        }
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
            Limit::Chaotic(c) => Some(c.koenigs().multiplier()),
            Limit::Ordered(o) => Some(o.multiplier()),
            Limit::Linear | Limit::NearestNeighbour(_) | Limit::EdgeOfChaos(_) => None,
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
            Limit::Chaotic(c) => c.next_order(&place).map(|g| LimitValue {
                limit: Quantity::new(&c.ntk(), None),
                correction: Some(Quantity::new(&(c.koenigs().drift() * &g), None)),
                function: Some(Quantity::new(&g, None)),
                slope: None,
            }),
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
                correction: Some(Quantity::new(&(&o.drift() * &g), None)),
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
            Limit::Singular(_) | Limit::Chaotic(_) => {
                plain(Quantity::infinite(), Quantity::infinite(), None)
            }
        }
    }

    fn lost(&self, rho: &Rational) -> Error {
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
    pub fn kernels(&self, rho: &Rational, depth: u64) -> Result<Kernels<Ball>> {
        let plain = |s: Ball, t: Ball| Kernels {
            nngp: Scaled::plain(s),
            ntk: Scaled::plain(t),
        };
        if depth == 0 {
            let rho = Ball::rational(rho, self.bits);
            return Ok(plain(rho.clone(), rho));
        }
        let (negative, place) = self.folded(rho);
        let one = Ball::int(1, self.bits);
        let kernels = if place.gap().sign() == Some(Ordering::Equal) {
            let unit = Unit::new(self.dual.clone());
            Some(unit.kernels(place, depth, Deadline::default())?)
        } else {
            match &self.limit {
                Limit::Linear => {
                    let s = place.value();
                    let layers =
                        Ball::rational(&Rational::from(Integer::from(depth) + 1), self.bits);
                    Some(plain(s.clone(), &s * &layers))
                }
                Limit::Singular(h) => h.kernels_at(&place, depth).map(|(s, t)| plain(s, t)),
                Limit::NearestNeighbour(b) => {
                    b.kernels_at(&place, &Integer::from(depth))
                        .map(|LogKernels { nngp, ntk }| Kernels {
                            nngp: from_logarithm(&nngp, self.bits),
                            ntk: from_logarithm(&ntk, self.bits),
                        })
                }
                Limit::Chaotic(c) => c
                    .koenigs()
                    .kernels_at(&place, depth)
                    .map(|(s, t)| plain(s, t)),
                Limit::EdgeOfChaos(a) => a
                    .kernels_at(&place, &Integer::from(depth))
                    .map(|k| plain(&one - &k.gap, k.ntk)),
                Limit::Ordered(o) => o
                    .gaps_at(&place, depth)
                    .map(|(s, t)| plain(&one - &s, &o.ntk() - &t)),
            }
        };
        let kernels = kernels
            .filter(|k| k.nngp.mantissa.is_finite() && k.ntk.mantissa.is_finite())
            .ok_or_else(|| self.lost(rho))?;
        Ok(if negative { kernels.negated() } else { kernels })
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
