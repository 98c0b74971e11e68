//! Any depth: both kernels of a network of blocks.
//!
//! **Words.** `T_L = sum_j S_j prod_{l=j}^{L-1} d_l'(S_l)`, and the `j` that are `i` beyond a multiple of the period are what the network
//! that begins with layer `i` sums up: `T_L = sum_i T^(i)(S_i) (the slopes that are left)`, where `T^(i)` is the tangent kernel of one map,
//! the composition. So whatever is known of one activation at any depth is known of a word. [DERIVED]
//!
//! **Residual layers** are walked, up to [`DIRECT`] of them.

use std::cmp::Ordering;

use rug::Rational;

use super::network::Letters;
use super::{Blocks, Shrinking};
use crate::deadline::Deadline;
use crate::dual::{Dual, correlations};
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::limit::{Certainty, Classification, DeepValue, Limit, LimitKernel};
use crate::real::{Analytic, Ball, Bits, Real, bits_for};
use crate::recursion::{Correlation, DIRECT, Depth, LayerMap, Pair, Scaled, UnitLayers};

/// The precision is raised so often.
const ROUNDS: usize = 5;
/// Deeper networks are asked of the limit kernel first.
const DEEP: u64 = 2000;
/// Logarithms beyond this are kept as such.
const FAR: f64 = 1e6;

impl Blocks {
    /// `S_L` and `T_L` (of a residual network `S_L` and `N_L`, see [`crate::block`]) of a network of `depth` layers at correlations in
    /// `[-1, 1]`, each with the digits asked for where they can be had; every enclosure is proved.
    ///
    /// # Errors
    /// [`Error::Domain`] for what is no correlation, no depth, or no network; per correlation [`Error::Unresolved`] where the kernels could
    /// not be followed; [`Error::Timeout`].
    ///
    /// ```
    /// use deeplimit::{Effort, block::Blocks};
    /// let residual = Blocks::new("relu".parse()?, Some("1/sqrt(L)".parse()?));
    /// let half = "1/2".parse::<rug::Rational>().unwrap();
    /// let at = residual.values(1000, &[half], &Effort::default())?;
    /// let ntk = at[0].as_ref().unwrap().ntk.as_ref().unwrap().value();
    /// // 1/L away from the flow
    /// assert!((ntk.mid().to_f64() - 0.439906601498435).abs() < 1e-4);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn values(
        &self,
        depth: u64,
        at: &[Rational],
        effort: &Effort,
    ) -> Result<Vec<Result<DeepValue>>> {
        Depth::check(depth)?;
        correlations(at)?;
        if self.skip().is_some() && depth == 0 {
            return Err(Error::Domain(
                "a residual network has at least one layer: a depth of 1 or more is wanted"
                    .to_owned(),
            ));
        }
        if self.skip().is_some() && depth > DIRECT {
            return Err(Error::Unresolved(format!(
                "depth {depth} is beyond the {DIRECT} residual layers that are passed one by one; what they tend to is the limit"
            )));
        }
        let letters = self.letters(effort.deadline)?;
        let verdict = match self.shrinking() == Shrinking::Constant && depth > DEEP {
            true => Some(self.classify(&Effort {
                deadline: effort.deadline,
                ..Effort::digits(6)
            })?),
            false => None,
        };
        let question = Question {
            blocks: self,
            letters: &letters,
            verdict: verdict.as_ref(),
            depth,
            deadline: effort.deadline,
        };
        let one = |rho: &Rational| {
            let found = question.precise(rho, bits_for(effort.digits))?;
            Ok(DeepValue {
                nngp: found.nngp,
                ntk: Some(found.ntk).filter(|t| t.mantissa.is_finite()),
                limit: None,
                correction: None,
            })
        };
        Ok(at.iter().map(one).collect())
    }
}

struct Question<'a> {
    blocks: &'a Blocks,
    letters: &'a Letters,
    verdict: Option<&'a Classification>,
    depth: u64,
    deadline: Deadline,
}

impl Question<'_> {
    /// The precision is raised until both kernels have the digits.
    fn precise(&self, rho: &Rational, wanted: Bits) -> Result<Pair<Scaled<Ball>>> {
        let mut bits = wanted + 48;
        let mut best = Err(Error::Unresolved(format!(
            "the kernels of `{}` could not be enclosed",
            self.blocks
        )));
        for _ in 0..ROUNDS {
            match self.at(rho, bits) {
                Ok(found) => {
                    let have = match found.ntk.mantissa.is_finite() {
                        true => found.relative_bits(),
                        // an infinite slope on the diagonal does not become finite
                        false => wanted,
                    };
                    best = Ok(found);
                    if have >= wanted {
                        break;
                    }
                    bits += (wanted - have).max(bits / 2) + 16;
                }
                Err(Error::Timeout { .. }) if best.is_ok() => break,
                Err(e @ Error::Timeout { .. }) => return Err(e),
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

    fn at(&self, rho: &Rational, bits: Bits) -> Result<Pair<Scaled<Ball>>> {
        let a = self.blocks.skip().map(|s| s.square(self.depth, bits));
        let attractor = self
            .verdict
            .map_or(Rational::new(), Classification::attractor);
        let far = rho.clone().abs().max(attractor);
        let maps = self.letters.maps(a.as_ref(), &far, bits, self.deadline)?;
        let place = Correlation::rational(rho, bits);
        match a {
            Some(_) => residual(&maps, place, self.depth, self.deadline),
            None => self.word(&maps, place, bits),
        }
    }

    fn word(
        &self,
        maps: &[Dual<Ball>],
        start: Correlation<Ball>,
        bits: Bits,
    ) -> Result<Pair<Scaled<Ball>>> {
        let period = maps.len() as u64;
        let mut places = vec![start];
        for (i, map) in maps.iter().enumerate().take(maps.len() - 1) {
            let (next, _) = LayerMap::of(map).step(&places[i]);
            places.push(next);
        }
        let mut nngp = None;
        let mut terms = Vec::new();
        for (i, place) in places.into_iter().enumerate() {
            let Some(left) = self.depth.checked_sub(i as u64) else {
                break;
            };
            let found = self.of_one_map(maps, i, place, left / period, bits)?;
            let mut here = found.nngp.clone();
            let mut term = found.ntk;
            for l in 0..left % period {
                let map = &maps[(i + l as usize) % maps.len()];
                let (next, slope) = onward(map, &here).ok_or_else(|| self.lost())?;
                term = term.product(&slope);
                here = next;
            }
            nngp.get_or_insert(here);
            terms.push(term);
        }
        let nngp = nngp.ok_or_else(|| self.lost())?;
        Ok(Pair {
            nngp,
            ntk: sum(&terms),
        })
    }

    /// The kernels of the network that begins with layer `i`, after so many periods.
    fn of_one_map(
        &self,
        maps: &[Dual<Ball>],
        i: usize,
        place: Correlation<Ball>,
        periods: u64,
        bits: Bits,
    ) -> Result<Pair<Scaled<Ball>>> {
        if periods == 0 {
            let s = place.value();
            return Ok(Pair::plain(s.clone(), s));
        }
        let map = rotated(maps, i)?;
        let parity = self.blocks.parity(i);
        if let Some(verdict) = self.verdict
            && let Ok(limit) = Limit::of(verdict, &map, bits, || Err(self.lost()))
        {
            let kernel = LimitKernel::new(map.clone(), parity, limit, bits);
            return kernel.kernels_from(place, periods);
        }
        let unit = UnitLayers::new(map).with_parity(parity);
        unit.kernels(place, periods, self.deadline)
    }

    fn lost(&self) -> Error {
        Error::Unresolved(format!(
            "the kernels of `{}` could not be followed to depth {}",
            self.blocks, self.depth
        ))
    }
}

/// The map of the period that begins with layer `i`.
pub(super) fn rotated(maps: &[Dual<Ball>], i: usize) -> Result<Dual<Ball>> {
    let mut maps = maps.to_vec();
    maps.rotate_left(i);
    Dual::composed(maps)
}

/// A layer further, and the slope there, of a correlation of any size: near 0 by the leading term.
fn onward(map: &Dual<Ball>, s: &Scaled<Ball>) -> Option<(Scaled<Ball>, Scaled<Ball>)> {
    if s.log.to_f64().abs() < FAR {
        let (next, slope) = LayerMap::of(map).step(&Correlation::new(s.value()));
        return Some((Scaled::plain(next.value()), Scaled::plain(slope)));
    }
    let tiny = s.value();
    let Some((k, c)) = map.leading() else {
        // 0 is no fixed point
        let (next, slope) = map.at_with_slope(&tiny);
        return Some((Scaled::plain(next), Scaled::plain(slope)));
    };
    let (ratio, weighted) = match k {
        // between the slopes at 0 and at |S|
        1 => {
            let slope = map.slope_at(&tiny.abs().upper_end()).hull(&c);
            (slope.clone(), slope)
        }
        _ => map.divided(k, &tiny)?,
    };
    let scaled = |factor: Ball, k: u32| Scaled {
        mantissa: &factor * &s.mantissa.powi(i64::from(k)),
        log: &s.log * &Ball::int(i64::from(k), s.log.bits()),
    };
    let found = (scaled(ratio, k), scaled(weighted, k - 1));
    (found.0.mantissa.is_finite() && found.1.mantissa.is_finite()).then_some(found)
}

/// A sum of numbers of any sizes.
fn sum(terms: &[Scaled<Ball>]) -> Scaled<Ball> {
    let largest = terms.iter().map(|t| &t.log).max_by(|a, b| {
        let order = a.midpoint().compare(&b.midpoint());
        order.unwrap_or(Ordering::Equal)
    });
    let Some(log) = largest.map(Ball::midpoint) else {
        return Scaled::plain(Ball::undefined(64));
    };
    let zero = Ball::int(0, log.bits());
    let mantissa = terms.iter().fold(zero, |sum, t| {
        let off = &t.log - &log;
        let share = match off.sign() {
            Some(Ordering::Equal) => t.mantissa.clone(),
            _ => &t.mantissa * &off.exp(),
        };
        &sum + &share
    });
    Scaled { mantissa, log }
}

/// The map of a layer without its skip.
pub(super) fn branch(map: &Dual<Ball>) -> &Dual<Ball> {
    match map {
        Dual::Skipped(s) => s.inner(),
        plain => plain,
    }
}

/// `S_L` and `N_L`, layer by layer.
fn residual(
    maps: &[Dual<Ball>],
    mut place: Correlation<Ball>,
    depth: u64,
    deadline: Deadline,
) -> Result<Pair<Scaled<Ball>>> {
    let bits = place.bits();
    let mut ntk = Ball::int(0, bits);
    for l in 0..depth {
        if l.is_multiple_of(64) {
            deadline.check("the recursion over the residual layers")?;
        }
        let map = &maps[(l % maps.len() as u64) as usize];
        let source = source(branch(map), &place);
        let (next, slope) = LayerMap::of(map).step(&place);
        ntk = &(&ntk * &slope) + &source;
        place = next;
        if !place.value().is_finite() {
            return Err(Error::Unresolved(format!(
                "the enclosure of the kernel was lost at layer {l}: at this precision the dual is not known well enough near this \
                 correlation"
            )));
        }
    }
    let layers = Ball::rational(&Rational::from(depth), bits);
    Ok(Pair::plain(place.value(), &ntk / &layers))
}

/// What a branch adds to the tangent kernel: `(dual + rho dual')/2`.
pub(super) fn source(dual: &Dual<Ball>, place: &Correlation<Ball>) -> Ball {
    let (value, slope) = match place {
        Correlation::Gap(t) => {
            let (gap, slope) = dual.gap_with_slope(t);
            (&Ball::int(1, t.bits()) - &gap, slope)
        }
        Correlation::Plain(rho) => dual.at_with_slope(rho),
    };
    (&value + &(&place.value() * &slope)).scale2(-1)
}
