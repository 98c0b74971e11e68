//! Unit-norm inputs, no bias, a normalised activation: `S_L` and `T_L` at any depth.

use std::cmp::Ordering;

use rug::Float;

use super::walk::{Correlation, LayerMap, Walk};
use super::{Pair, Scaled};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::real::Real;

/// So many layers are passed one by one; deeper down the map must have settled or `S` be small, or else the question
/// belongs to the limit kernels.
pub const DIRECT: u64 = 1_000_000;

/// A network of infinite width whose layers all have the same dual.
///
/// ```
/// use deeplimit::{deadline::Deadline, dual::Dual};
/// use deeplimit::recursion::{Correlation, UnitLayers};
/// let relu = UnitLayers::new(Dual::ArcCosine(0.5));
/// let deep = relu.kernels(Correlation::new(0.5), 200_000, Deadline::default()).unwrap();
/// assert!((deep.ntk.value() / 200_001.0 - 0.2500290562938187869).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct UnitLayers<R> {
    dual: Dual<R>,
    parity: Option<Parity>,
    /// Order and multiplier of the fixed point 0, where there is one.
    leading: Option<(u32, R)>,
}

impl<R: Real> UnitLayers<R> {
    /// The network with this dual in every layer.
    pub fn new(dual: Dual<R>) -> Self {
        UnitLayers {
            parity: dual.parity(),
            leading: dual.leading(),
            dual,
        }
    }

    /// What the expression proves and a series with a rest cannot know: the activation is even or odd.
    pub fn with_parity(mut self, parity: Option<Parity>) -> Self {
        self.parity = self.parity.or(parity);
        self
    }

    /// The dual of a layer.
    pub fn dual(&self) -> &Dual<R> {
        &self.dual
    }

    /// The map of a layer.
    pub fn layer(&self) -> LayerMap<'_, R> {
        LayerMap::of(&self.dual)
    }

    /// `S_L` and `T_L`, `L = depth`, from `S_0 = T_0 = rho`.
    ///
    /// Accuracy: in ball arithmetic enclosures, whose radius grows by about one rounding a layer; in `f64` about
    /// 13 digits at a depth of 200,000, from either coordinate. What carries on forever is cut short: once `S` is so small
    /// that only the leading term of the dual acts (singular and nearest-neighbour regimes), or once nothing moves any
    /// more (chaotic and ordered phases), any depth costs nothing.
    ///
    /// # Errors
    /// [`Error::Timeout`]; [`Error::Unresolved`] beyond [`DIRECT`] layers at the edge of chaos, and where a ball has become
    /// undefined.
    pub fn kernels(
        &self,
        start: Correlation<R>,
        depth: u64,
        deadline: Deadline,
    ) -> Result<Pair<Scaled<R>>> {
        if start.coordinate().sign() == Some(Ordering::Less)
            && let (Correlation::Plain(rho), Some(parity)) = (&start, self.parity)
        {
            let mirrored = Correlation::new(-rho);
            return match (parity, depth) {
                (Parity::Odd, _) | (Parity::Even, 0) => {
                    Ok(self.forward(mirrored, depth, deadline)?.negated())
                }
                (Parity::Even, _) => self.forward(mirrored, depth, deadline),
            };
        }
        self.forward(start, depth, deadline)
    }

    fn forward(
        &self,
        start: Correlation<R>,
        depth: u64,
        deadline: Deadline,
    ) -> Result<Pair<Scaled<R>>> {
        self.onward(Walk::new(start), depth, deadline)
    }

    /// The rest of a walk whose first layers were others: from `walk.depth` to `depth`.
    ///
    /// # Errors
    /// As [`UnitLayers::kernels`].
    pub fn onward(
        &self,
        mut walk: Walk<R>,
        depth: u64,
        deadline: Deadline,
    ) -> Result<Pair<Scaled<R>>> {
        let layer = self.layer();
        while walk.depth < depth {
            if walk
                .depth
                .is_multiple_of(if R::TRACKS_ERRORS { 64 } else { 16 })
            {
                deadline.check("the recursion over the layers")?;
                if !walk.nngp().is_finite() {
                    break;
                }
                if let Some((s, t)) = walk.settled(&layer) {
                    return Ok(Pair {
                        nngp: Scaled::plain(s),
                        ntk: Scaled::plain(t),
                    });
                }
            }
            if let Some(out) = self.shortcut(&walk, depth - walk.depth) {
                return Ok(out);
            }
            if walk.depth >= DIRECT {
                return Err(Error::Unresolved(format!(
                    "depth {depth} is beyond the {DIRECT} layers that are passed one by one, and here the kernels neither \
                     settle nor become small: it takes the limit kernel"
                )));
            }
            walk.advance(&layer);
        }
        if !walk.nngp().is_finite() || !walk.ntk().mantissa.is_finite() {
            return Err(Error::Unresolved(format!(
                "the enclosure of the kernel was lost at layer {}: at this precision the dual is not known well enough near \
                 this correlation",
                walk.depth
            )));
        }
        Ok(Pair {
            nngp: Scaled::plain(walk.nngp()),
            ntk: walk.ntk(),
        })
    }

    /// The remaining `m` layers at once, where `S = 1` or where `S` is small.
    fn shortcut(&self, walk: &Walk<R>, m: u64) -> Option<Pair<Scaled<R>>> {
        let ntk = walk.plain_ntk()?;
        match &walk.position {
            Correlation::Gap(t) if t.sign() == Some(Ordering::Equal) => self.diagonal(ntk, m),
            Correlation::Gap(_) => None,
            Correlation::Plain(s) => {
                let (k, c) = self.leading.as_ref()?;
                match (k, &self.dual) {
                    (1, _) => self.singular(c, s, ntk, m),
                    (_, Dual::Series(_) | Dual::Truncated(_) | Dual::Composed(_)) => {
                        nearest(*k, c, &self.dual, s, ntk, m)
                    }
                    _ => None,
                }
            }
        }
    }

    /// `S = 1`: `T -> b T + 1`, so `T_L = b^m T + (b^m - 1)/(b - 1)`.
    fn diagonal(&self, ntk: &R, m: u64) -> Option<Pair<Scaled<R>>> {
        let bits = ntk.bits();
        let one = R::int(1, bits);
        let steps = R::int(i64::try_from(m).ok()?, bits);
        let b = self.dual.slope_at_gap(&R::int(0, bits));
        let ntk = match b.compare(&one) {
            Some(Ordering::Equal) => Scaled::plain(ntk + &steps),
            Some(order) if b.is_finite() => {
                let excess = &b - &one;
                let log = &steps * &b.ln();
                if order == Ordering::Less {
                    // 1/(1-b) + b^m (T - 1/(1-b))
                    let end = -(&one / &excess);
                    Scaled::plain(&end + &(&log.exp() * &(ntk - &end)))
                } else if log.to_f64() < 1.0 {
                    Scaled::plain(&(&log.exp() * ntk) + &(&log.exp_m1() / &excess))
                } else {
                    // b^m (T + (1 - b^-m)/(b - 1))
                    let mantissa = ntk - &(&(-&log).exp_m1() / &excess);
                    Scaled { mantissa, log }
                }
            }
            _ => return None,
        };
        Some(Pair {
            nngp: Scaled::plain(one),
            ntk,
        })
    }

    /// `dual(S) = lambda S (1 + d)` with `|d| <= |S| (1 - lambda)/lambda`, because the other coefficients sum to
    /// `1 - lambda`; and `S` shrinks by `(1 + lambda)/2` or faster. So from a small `S` on
    /// `S_L = S lambda^m (1 + O(eta))`, `T_L = lambda^m (T + m S) (1 + O(eta))`, `eta = 2 |S|/lambda`: the first with at most
    /// `2 eta`, the second with `6 eta (|T| + m |S|)`, slopes included.
    fn singular(&self, lambda: &R, s: &R, ntk: &R, m: u64) -> Option<Pair<Scaled<R>>> {
        let bits = s.bits();
        let steps = R::int(i64::try_from(m).ok()?, bits);
        let eta = &s.abs().scale2(1) / lambda;
        let small = R::int(1, bits).scale2(-(bits as i32) - 4);
        let linear = matches!(self.dual, Dual::ArcCosine(_));
        if !linear && eta.compare(&small) != Some(Ordering::Less) {
            return None;
        }
        let log = &steps * &lambda.ln();
        let error = |x: R, times: u32| {
            if linear || !R::TRACKS_ERRORS {
                return x;
            }
            let size = x.abs().upper_end().to_float() * eta.upper_end().to_float();
            x.widened(&(size * times * 2u32))
        };
        let sum = ntk + &(&steps * s);
        let bound = ntk.abs() + &(&steps * &s.abs());
        let slack = error(bound, 6).radius();
        Some(Pair {
            nngp: Scaled {
                mantissa: error(s.clone(), 2),
                log: log.clone(),
            },
            ntk: Scaled {
                mantissa: sum.widened(&slack),
                log,
            },
        })
    }
}

/// Below this modulus of `S` the nearest-neighbour regime goes on in logarithms.
const LOGARITHMIC: f64 = 0.125;

/// `dual(S) = c S^k (1 + ...)`, `k >= 2`: the rest of the way with `ln |S|` and `r = T/S`,
///
/// `ln |S'| = k ln |S| + ln g(S)`, `r' = 1 + r G(S)`, `g = dual(S)/S^k`, `G = S dual'(S)/dual(S)`.
fn nearest<R: Real>(
    k: u32,
    c: &R,
    dual: &Dual<R>,
    s: &R,
    ntk: &R,
    mut m: u64,
) -> Option<Pair<Scaled<R>>> {
    let bits = s.bits();
    match s.sign() {
        Some(Ordering::Equal) => {
            // S = 0 stays, and T = 0 S' + 0
            return Some(Pair {
                nngp: Scaled::zero(bits),
                ntk: Scaled::zero(bits),
            });
        }
        Some(_) if s.to_f64().abs() < LOGARITHMIC => (),
        _ => return None,
    }
    let mut negative = s.sign() == Some(Ordering::Less);
    let degree = R::int(i64::from(k), bits);
    let (mut log, mut ratio) = (s.abs().ln(), ntk / s);
    // until 2 |S| (1 - c)/c is below the last bit
    let threshold = (c.to_f64().ln() - f64::from(bits + 8) * std::f64::consts::LN_2).max(-1e300);
    while m > 0 && log.to_f64() > threshold {
        let modulus = log.exp();
        let s = if negative { -modulus } else { modulus };
        let (g, weighted) = dual.divided(k, &s)?;
        log = &(&degree * &log) + &g.ln();
        ratio = &R::int(1, bits) + &(&ratio * &(&weighted / &g));
        negative &= k % 2 == 1;
        m -= 1;
    }
    if m > 0 {
        // ln |S_L| = k^m (ln |S| + ln(c)/(k - 1) + d) - ln(c)/(k - 1), |d| <= 2 |S|/c;
        // r_L = k^m r + (k^m - 1)/(k - 1), each term with a relative error of at most 8 |S|/c
        let one = R::int(1, bits);
        let power = degree.powi(i64::try_from(m).ok()?);
        let less = &degree - &one;
        let shift = &c.ln() / &less;
        let d = (&log.exp().scale2(1) / c).upper_end().to_float();
        let blur = |x: R, times: u32| {
            if R::TRACKS_ERRORS {
                x.widened(&Float::with_val(64, &d * times))
            } else {
                x
            }
        };
        log = &(&power * &blur(&log + &shift, 1)) - &shift;
        let layers = &(&power - &one) / &less;
        let size = &(&power * &ratio.abs()) + &layers;
        let slack = &size * &blur(R::int(0, bits), 8);
        ratio = &(&(&power * &ratio) + &layers) + &slack;
        negative &= k % 2 == 1;
    }
    let sign = R::int(if negative { -1 } else { 1 }, bits);
    Some(Pair {
        ntk: Scaled {
            mantissa: &sign * &ratio,
            log: log.clone(),
        },
        nngp: Scaled {
            mantissa: sign,
            log,
        },
    })
}
