//! Infinitely many periods: the limit kernels of a network of blocks.
//!
//! The function that straightens the map of the period (Koenigs, Boettcher) is that of one activation. What the tangent kernel adds up in a
//! period decides the constants beside it; `L = k p` layers, `p` in a period, and for `L = k p + j` those of the word that begins `j` layers
//! further on, because a deep kernel does not know where it began:
//!
//! | regime | words | residual layers |
//! |---|---|---|
//! | singular | `T_L = (L+1) lambda^k (h + C/(L+1) + O(lambda^k))` | `N_L = lambda^k (T + O(1/L))`, `T = h mean(A_i'^2/mu_i)` |
//! | chaotic, ordered | `T_L -> T = sum_i c_i prod_{l >= i} d_l'(c_l)/(1 - m)` | `L N_L -> T`, of the sources `(d + c d')/2` |
//! | edge of chaos | `T_L(x, x')/T_L(x, x) -> r` | `N_L -> r` |
//! | flow | | `N_L -> T` along the flow, `S_L -> S` |
//! | frozen | | `N_L -> T = mean (dual + rho dual')/2`, `S_L -> rho` |

use std::cmp::Ordering;

use rug::Rational;

use super::depth::{branch, rotated, source};
use super::{Blocks, Shrinking};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::dual::{Dual, correlations};
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::limit::{
    Classification, Koenigs, Limit, LimitKernel, LimitValue, Limits, Ordered, Phase, Regime, ladder,
};
use crate::real::{Analytic, Ball, Bits, Quantity, bits_for};
use crate::recursion::{Correlation, LayerMap};

/// The precision of a flow is raised so often.
const ROUNDS: usize = 4;

impl Blocks {
    /// The kernels at infinite depth at correlations in `[-1, 1]`, with the digits asked for where they can be had; [`Limits::formula`]
    /// says what the numbers are.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the regime is undecided or the function of the regime could not be prepared; those of
    /// [`Blocks::classify`].
    pub fn limits(&self, at: &[Rational], effort: &Effort) -> Result<Limits> {
        if let (None, [only]) = (self.skip(), self.word().layers()) {
            return only.limits(at, None, effort);
        }
        correlations(at)?;
        let classification = self.classify(effort)?;
        let (values, [multiplier, verge]) = match classification.regime {
            Regime::Undecided => {
                return Err(Error::Unresolved(format!(
                    "the regime of `{self}` is undecided, so there is no limit kernel to evaluate; missing: {}",
                    classification.missing.join("; ")
                )));
            }
            Regime::Flow | Regime::Frozen => {
                let each = at.iter().map(|rho| self.shrunk(rho, effort));
                (each.collect::<Result<Vec<_>>>()?, [None, None])
            }
            // the Abel function is known of single maps
            _ if classification.phase == Some(Phase::EdgeOfChaos) => {
                let each = at.iter().map(|rho| edge(rho, &classification));
                (each.collect::<Result<Vec<_>>>()?, [None, None])
            }
            _ => {
                let make = |far: &Rational, bits| {
                    self.limit_kernel(&classification, far, bits, effort.deadline)
                };
                let values = |kernel: &LimitKernel| {
                    let each = at
                        .iter()
                        .map(|rho| self.value(kernel, rho, &classification));
                    each.collect::<Result<Vec<_>>>()
                };
                let name = &classification.activation;
                let (kernel, values) = ladder(name, at, effort.digits, make, values)?;
                let quantity = |b: &Ball| Quantity::new(b, None);
                let verge = kernel.verge().as_ref().map(quantity);
                (values, [kernel.multiplier().map(quantity), verge])
            }
        };
        Ok(Limits {
            formula: self.formula(&classification),
            residual: self.skip().is_some(),
            regular: vec![None; values.len()],
            classification,
            multiplier,
            verge,
            kappa: None,
            values,
            oscillation: None,
        })
    }

    fn limit_kernel(
        &self,
        verdict: &Classification,
        far: &Rational,
        bits: Bits,
        deadline: Deadline,
    ) -> Result<LimitKernel> {
        let letters = self.letters(deadline)?;
        let far = far.clone().max(verdict.attractor());
        let a = self.constant_square(bits);
        let map = Dual::composed(letters.maps(a.as_ref(), &far, bits, deadline)?)?;
        let limit = Limit::of(verdict, &map, bits, || {
            Ordered::new(&map, bits).ok_or_else(|| {
                Error::Unresolved(format!(
                    "the Koenigs function at 1 (ordered phase) of `{self}` needs layers whose duals are known in closed form and smooth at 1"
                ))
            })
        })?;
        deadline.check("the limit kernel")?;
        Ok(LimitKernel::new(map, self.parity(0), limit, bits))
    }

    /// The value of the map's kernel, with what the layers of a period add up in the place of what one layer does.
    fn value(
        &self,
        kernel: &LimitKernel,
        rho: &Rational,
        verdict: &Classification,
    ) -> Result<LimitValue> {
        let mut value = kernel.value(rho)?;
        let plain = self.skip().is_none();
        let bits = kernel.bits();
        let maps = layers(kernel.dual());
        let finite = value.limit.is_finite();
        match (kernel.limit(), verdict.regime) {
            (Limit::Singular(_), _) if plain => {
                value.correction = match finite {
                    true => Some(Quantity::new(&self.correction(kernel, rho)?, None)),
                    false => None,
                };
            }
            (Limit::Singular(_), _) => {
                value.correction = None;
                if finite && let Some(h) = value.limit.ball() {
                    value.limit = Quantity::new(&(&h * &share(maps, bits)), None);
                }
            }
            (Limit::Chaotic(c), _) => {
                value.correction = None;
                if finite {
                    let start = Correlation::Plain(c.point().clone());
                    let t = gathered(maps, start, c.multiplier(), plain);
                    value.limit = Quantity::new(&t, None);
                }
            }
            (Limit::Ordered(o), _) => {
                value.correction = None;
                let start = Correlation::Gap(Ball::int(0, bits));
                let t = gathered(maps, start, o.multiplier(), plain);
                value.limit = Quantity::new(&t, None);
            }
            _ => {
                value.correction = value
                    .correction
                    .filter(|_| verdict.regime == Regime::Linear)
            }
        }
        Ok(value)
    }

    /// `C = C_0(rho) + sum_i C_i(S_i)/e_i'(0)`: the corrections of the words that begin with layer `i`, `S_i = e_i(rho)`.
    fn correction(&self, kernel: &LimitKernel, rho: &Rational) -> Result<Ball> {
        let bits = kernel.bits();
        let maps = layers(kernel.dual());
        let lost = || {
            Error::Unresolved(format!(
                "the correction of `{self}` could not be enclosed at {bits} bits"
            ))
        };
        let mut place = Correlation::rational(rho, bits);
        let mut slope = Ball::int(1, bits);
        let mut sum = Ball::int(0, bits);
        for (i, layer) in maps.iter().enumerate() {
            let map = rotated(maps, i)?;
            let h = Koenigs::new(&map, Ball::int(0, bits), 16 + bits as usize / 6);
            let c = h.ok_or_else(lost)?.correction_at(&place).ok_or_else(lost)?;
            sum = &sum + &(&c / &slope);
            let (_, first) = layer.leading().ok_or_else(lost)?;
            slope = &slope * &first;
            place = LayerMap::of(layer).step(&place).0;
        }
        Ok(sum)
    }

    /// Branches that shrink with the depth.
    fn shrunk(&self, rho: &Rational, effort: &Effort) -> Result<LimitValue> {
        let wanted = bits_for(effort.digits);
        let odd = self
            .word()
            .layers()
            .iter()
            .all(|a| a.parity == Some(Parity::Odd));
        let negative = *rho < 0 && odd;
        let at = if negative {
            rho.clone().abs()
        } else {
            rho.clone()
        };
        let mut bits = wanted + 48;
        let mut best: Result<LimitValue> = Err(Error::Unresolved(format!(
            "the limit of `{self}` at {rho} could not be enclosed"
        )));
        for _ in 0..ROUNDS {
            let found = match self.shrinking() {
                Shrinking::Flow => self.flowed(&at, bits, effort.deadline),
                _ => self.frozen(&at, bits, effort.deadline),
            };
            match found {
                Ok([ntk, nngp]) => {
                    let have = if ntk.is_finite() {
                        let zero = |x: &Ball| x.sign() == Some(Ordering::Equal);
                        let of = |x: &Ball| if zero(x) { wanted } else { x.relative_bits() };
                        of(&ntk).min(of(&nngp))
                    } else {
                        wanted
                    };
                    let sign = |x: Ball| if negative { -x } else { x };
                    best = Ok(LimitValue {
                        limit: match (ntk.is_finite(), negative) {
                            (true, _) => Quantity::new(&sign(ntk), None),
                            (_, false) => Quantity::infinite(),
                            (_, true) => Quantity::minus_infinite(),
                        },
                        function: Some(Quantity::new(&sign(nngp), None)),
                        correction: None,
                        slope: None,
                    });
                    if have >= wanted {
                        break;
                    }
                    bits += (wanted - have).max(bits / 2) + 16;
                }
                Err(Error::Timeout { .. }) if best.is_ok() => break,
                Err(e) => {
                    if best.is_err() {
                        best = Err(e);
                    }
                    bits *= 2;
                }
            }
        }
        best
    }

    fn flowed(&self, rho: &Rational, bits: Bits, deadline: Deadline) -> Result<[Ball; 2]> {
        // a series that is good there is an enclosure elsewhere, too
        let reach = match *rho == 1 {
            true => Rational::from(1),
            false => rho.clone().abs().max(Rational::from((9, 10))),
        };
        let flow = self.flow(&reach, bits, deadline)?;
        if *rho == 1 && flow.is_steep() {
            return Ok([Ball::undefined(bits), Ball::int(1, bits)]);
        }
        let end = flow.at(&Ball::rational(rho, bits), deadline)?;
        Ok([end.ntk, end.nngp])
    }

    fn frozen(&self, rho: &Rational, bits: Bits, deadline: Deadline) -> Result<[Ball; 2]> {
        let letters = self.letters(deadline)?;
        let duals = letters.inner(&rho.clone().abs(), bits, deadline)?;
        let place = Correlation::rational(rho, bits);
        let zero = Ball::int(0, bits);
        let sum = duals.iter().fold(zero, |sum, d| &sum + &source(d, &place));
        let mean = &sum / &Ball::int(duals.len() as i64, bits);
        Ok([mean, place.value()])
    }

    /// What the limit, the function and the correction of a [`LimitValue`] are.
    fn formula(&self, verdict: &Classification) -> &'static str {
        let residual = self.skip().is_some();
        match (verdict.regime, verdict.phase, residual) {
            (Regime::Flow, ..) => {
                "N_L = T + O(1/L), S_L = S + O(1/L): rho' = c^2 (F(rho) - rho) up to time 1"
            }
            (Regime::Frozen, ..) => "N_L -> T = mean (dual + rho dual')/2, S_L -> S = rho",
            (Regime::Linear, _, true) => "N_L = S_L = rho at every depth",
            (Regime::Linear, _, false) => "T_L = (L+1) rho at every depth",
            (Regime::Singular, _, false) => {
                "T_L = (L+1) lambda^k (h + C/(L+1) + O(lambda^k)), L = k periods, h(period) = lambda h"
            }
            (Regime::Singular, _, true) => {
                "N_L = lambda^k (T + O(1/L)), S_L = lambda^k (h + O(lambda^k)), L = k periods, h(period) = lambda h"
            }
            (Regime::NearestNeighbour, ..) => {
                "log S_L = k^n log B + O(1), L = n periods, B(period) = B^k"
            }
            (_, Some(Phase::EdgeOfChaos), false) => "T_L(x,x')/T_L(x,x) -> r",
            (_, Some(Phase::EdgeOfChaos), true) => "N_L(x,x')/N_L(x,x) -> r",
            (_, _, false) => {
                "T_L = T + O(k m^k), S_L = c* + g m^k + O(m^2k), L = k periods, g(period) = m g"
            }
            (_, _, true) => {
                "L N_L = T + O(k m^k), S_L = c* + g m^k + O(m^2k), L = k periods, g(period) = m g"
            }
        }
    }
}

/// The layers of the map of a period.
fn layers(map: &Dual<Ball>) -> &[Dual<Ball>] {
    match map {
        Dual::Composed(c) => c.layers(),
        single => std::slice::from_ref(single),
    }
}

/// `mean(A_i'^2/mu_i)`: what the branches add to the tangent kernel, in units of `h lambda^k`.
fn share(maps: &[Dual<Ball>], bits: Bits) -> Ball {
    let sum = maps.iter().fold(Ball::int(0, bits), |sum, map| {
        let first = match branch(map).leading() {
            Some((1, slope)) => slope,
            Some(_) => Ball::int(0, bits),
            None => Ball::undefined(bits),
        };
        let whole = map
            .leading()
            .map_or_else(|| Ball::undefined(bits), |(_, c)| c);
        &sum + &(&first / &whole)
    });
    &sum / &Ball::int(maps.len() as i64, bits)
}

/// What the layers of a period add up at the fixed point of multiplier `m`, in all periods: `sum_i (source_i) (slopes after it)/(1 - m)`;
/// without skips the sources are the correlations themselves, before the slope of their own layer.
fn gathered(maps: &[Dual<Ball>], start: Correlation<Ball>, m: &Ball, plain: bool) -> Ball {
    let bits = m.bits();
    let mut place = start;
    let mut sum = Ball::int(0, bits);
    for (i, map) in maps.iter().enumerate() {
        let (next, slope) = LayerMap::of(map).step(&place);
        sum = match plain {
            // S_0 counts at the end of the period, where it comes again
            true if i == 0 => &sum * &slope,
            true => &(&sum + &place.value()) * &slope,
            false => &(&sum * &slope) + &source(branch(map), &place),
        };
        place = next;
    }
    if plain {
        sum = &sum + &place.value();
    }
    &sum / &(&Ball::int(1, bits) - m)
}

/// At the edge of chaos, of a composition: the ratio alone.
fn edge(rho: &Rational, verdict: &Classification) -> Result<LimitValue> {
    let p = verdict.edge_exponent.as_ref().ok_or_else(|| {
        Error::Unresolved(format!(
            "the exponent at the edge of chaos of `{}`, which the limit takes",
            verdict.activation
        ))
    })?;
    let ratio = match *rho == 1 {
        true => Rational::from(1),
        false => Rational::from(p - 1u32) / (Rational::from(p * 2u32) - 1u32),
    };
    Ok(LimitValue {
        limit: Quantity::new(&Ball::rational(&ratio, 128), Some(ratio.to_string())),
        function: None,
        correction: None,
        slope: None,
    })
}
