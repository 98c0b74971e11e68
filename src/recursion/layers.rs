//! Weights, biases, and inputs of any variance.
//!
//! ```text
//! q_0 = input + sigma_b^2,                k_0 = sqrt(input input') rho + sigma_b^2,      Theta_0 = k_0
//! q_{l+1} = sigma_w^2 V(q_l) + sigma_b^2, k_{l+1} = sigma_w^2 E phi(x) phi(y) + sigma_b^2
//! Theta_{l+1} = k_{l+1} + sigma_w^2 E phi'(x) phi'(y) Theta_l,   (x, y) Gaussian with variances q_l, q'_l and covariance k_l
//! ```
//!
//! (Poole et al. 2016; Lee et al. 2018, 2019; Jacot et al. 2018.) Two inputs of the same norm have the same variance in
//! every layer. With `S_l = k_l/q_l`, `T_l = Theta_l/q_l` and the normalised dual of `phi(sqrt(q_l) z)` theirs is the
//! recursion of a unit-norm network, its map mixed with the constant 1:
//! `S_{l+1} = w dual(S_l) + 1 - w`, `T_{l+1} = w dual'(S_l) T_l + S_{l+1}`, `w = sigma_w^2 V(q_l)/q_{l+1}`. So the same
//! coordinates keep the digits, and once the variance has settled any depth is had at once where a unit-norm network
//! has it.

use std::cmp::Ordering;

use rayon::prelude::*;
use rug::{Float, Rational};

use super::Scaled;
use super::pair::Pair;
use super::prepared::{Prepared, enclosed};
use super::unit::{DIRECT, UnitLayers};
use super::walk::{Correlation, LayerMap, Walk, within};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::hermite::Series;
use crate::real::{Analytic, Ball, Real};

/// A network of infinite width: activation, `sigma_w^2`, `sigma_b^2`.
#[derive(Debug)]
pub struct Layers<R> {
    /// The activation at any variance.
    pub activation: Prepared<R>,
    /// `sigma_w^2` of the layers after the first.
    pub weight: R,
    /// `sigma_b^2`
    pub bias: R,
}

impl<R: Real + Send + Sync> Layers<R> {
    /// Is there a bias?
    pub fn is_biased(&self) -> bool {
        self.bias.sign() != Some(Ordering::Equal)
    }

    /// The variance map `q -> sigma_w^2 V(q) + sigma_b^2`; an enclosure in ball arithmetic.
    ///
    /// # Errors
    /// See [`Prepared::square`].
    pub fn variance(&self, q: &R) -> Result<R> {
        Ok(&(&self.weight * &self.activation.square(q)?) + &self.bias)
    }

    /// The map of correlations at a variance, `rho -> w dual(rho) + 1 - w`, which is a normalised dual too, and where the
    /// variance goes.
    ///
    /// # Errors
    /// See [`Prepared::at`].
    pub fn correlation_map(&self, q: &R) -> Result<(Dual<R>, R)> {
        let (square, dual) = self.activation.at(q)?;
        let signal = &self.weight * &square;
        if !self.is_biased() {
            return Ok((dual, signal));
        }
        let next = &signal + &self.bias;
        let (w, rest) = (&signal / &next, &self.bias / &next);
        Ok((mixed(dual, &w, &rest), next))
    }

    /// `k_L` and `Theta_L`, `L = depth`, for inputs of the same norm: `input` is what they contribute to `q_0`.
    ///
    /// Accuracy: as [`UnitLayers::kernels`]; in ball arithmetic enclosures.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the variance leaves the range in which the activation can be expanded;
    /// [`Error::Timeout`]. A pair whose kernels are lost has an error of its own.
    pub fn kernels(
        &self,
        input: &R,
        rhos: &[Correlation<R>],
        parity: Option<Parity>,
        depth: u64,
        deadline: Deadline,
    ) -> Result<Vec<Result<Pair<Scaled<R>>>>> {
        if let Some((variance, dual)) = self.homogeneous(input, depth) {
            let unit = UnitLayers::new(dual.clone()).with_parity(parity);
            let of = |rho: &Correlation<R>| {
                Ok(unit.kernels(rho.clone(), depth, deadline)?.times(&variance))
            };
            return Ok(rhos.par_iter().map(of).collect());
        }
        let mut q = input + &self.bias;
        let mut walks: Vec<Walk<R>> = rhos.iter().map(|rho| self.start(input, rho)).collect();
        for l in 0..depth {
            deadline.check("the recursion over the layers")?;
            if let Some(rest) = self.vanishing(&q, &walks, depth - l) {
                return Ok(rest);
            }
            if l == DIRECT {
                return Err(too_deep(depth));
            }
            let (dual, next) = self.correlation_map(&q)?;
            if !next.is_finite() {
                return Err(out_of_bounds(l + 1));
            }
            let layer = LayerMap::of(&dual);
            walks.par_iter_mut().for_each(|w| w.advance(&layer));
            // a set of variances that is never left again
            let near = matches!(next.compare(&q), None | Some(Ordering::Equal));
            q = next;
            if !near {
                continue;
            }
            let all = loosened(&q, 2);
            if let Ok((dual, image)) = self.correlation_map(&all)
                && within(&image, &all)
            {
                let unit = UnitLayers::new(dual);
                let of = |walk: Walk<R>| {
                    let k = unit.onward(walk, depth, deadline)?;
                    Ok(k.times(&Scaled::plain(all.clone())))
                };
                return Ok(walks.into_par_iter().map(of).collect());
            }
        }
        let of = |walk: Walk<R>| {
            let k = Pair {
                nngp: Scaled::plain(walk.nngp()),
                ntk: walk.ntk(),
            };
            if !k.nngp.mantissa.is_finite() || !k.ntk.mantissa.is_finite() {
                return Err(lost(depth));
            }
            Ok(k.times(&Scaled::plain(q.clone())))
        };
        Ok(walks.into_iter().map(of).collect())
    }

    /// The remaining `m` layers at once, where the variance tends to 0 and the layers are linear to within the accuracy.
    fn vanishing(&self, q: &R, walks: &[Walk<R>], m: u64) -> Option<Vec<Result<Pair<Scaled<R>>>>> {
        if self.is_biased() {
            return None;
        }
        let Prepared::Expanded(windows) = &self.activation else {
            return None;
        };
        let (q, weight) = (enclosed(q), enclosed(&self.weight));
        let all = windows.vanishing(&q, &weight)?;
        let layers = Ball::rational(&Rational::from(m), q.bits());
        let log = R::from_ball(&(&layers * &all.log_rate));
        let of = |walk: &Walk<R>| {
            let (s, t) = (enclosed(&walk.nngp()), enclosed(walk.plain_ntk()?));
            let [q, s, t] = all.after(&q, &s, &t, m);
            let scaled = |x: Ball| Scaled {
                mantissa: R::from_ball(&(&q * &x)),
                log: log.clone(),
            };
            Some(Ok(Pair {
                nngp: scaled(s),
                ntk: scaled(t),
            }))
        };
        walks.iter().map(of).collect()
    }

    /// `S_0 = (input rho + bias)/(input + bias)`
    fn start(&self, input: &R, rho: &Correlation<R>) -> Walk<R> {
        if !self.is_biased() {
            return Walk::new(rho.clone());
        }
        let whole = input + &self.bias;
        let share = input / &whole;
        Walk::new(match rho {
            Correlation::Gap(t) => Correlation::Gap(&share * t),
            Correlation::Plain(rho) => Correlation::Plain(&(&share * rho) + &(&self.bias / &whole)),
        })
    }

    /// Without biases: the variance after all layers, and the dual, where the latter is the same in all of them.
    pub fn homogeneous(&self, input: &R, depth: u64) -> Option<(Scaled<R>, &Dual<R>)> {
        let Prepared::Homogeneous {
            degree,
            square,
            dual,
        } = &self.activation
        else {
            return None;
        };
        if self.is_biased() {
            return None;
        }
        let gain = &self.weight * square;
        let variance = variance_after(degree, &gain, input, depth)?;
        variance.log.is_finite().then_some((variance, dual))
    }

    /// `k_L` and `Theta_L` for two inputs of different norms, which contribute `input` and `other` to their variances.
    ///
    /// Accuracy: enclosures in ball arithmetic, every layer a mean-value step in the correlation; so the relative error
    /// of the variances, and not more, is added with every layer.
    ///
    /// # Errors
    /// As [`Layers::kernels`].
    pub fn pair_kernels(
        &self,
        (input, other): (&R, &R),
        rho: &Correlation<R>,
        parity: Option<Parity>,
        depth: u64,
        deadline: Deadline,
    ) -> Result<Pair<Scaled<R>>> {
        if let (Some((q, dual)), Some((p, _))) = (
            self.homogeneous(input, depth),
            self.homogeneous(other, depth),
        ) {
            let unit = UnitLayers::new(dual.clone()).with_parity(parity);
            let both = q.product(&p);
            let mean = Scaled {
                mantissa: both.mantissa.sqrt(),
                log: both.log.scale2(-1),
            };
            return Ok(unit.kernels(rho.clone(), depth, deadline)?.times(&mean));
        }
        let mut at = Unequal::new(self, (input, other), &rho.value());
        for l in 0..depth {
            deadline.check("the recursion over the layers")?;
            if l == DIRECT {
                return Err(too_deep(depth));
            }
            if l % 32 == 31
                && let Some(rest) = at.settled(self)
            {
                at = rest;
                break;
            }
            at = at.next(self)?;
            if !at.q.is_finite() || !at.p.is_finite() {
                return Err(out_of_bounds(l + 1));
            }
            if !at.k.is_finite() {
                break;
            }
        }
        if !at.k.is_finite() || !at.theta.is_finite() {
            return Err(lost(depth));
        }
        Ok(Pair {
            nngp: Scaled::plain(at.k),
            ntk: Scaled::plain(at.theta),
        })
    }
}

/// Two inputs on their way through the layers.
#[derive(Clone, Debug)]
struct Unequal<R> {
    q: R,
    p: R,
    rho: R,
    k: R,
    theta: R,
}

impl<R: Real + Send + Sync> Unequal<R> {
    fn new(network: &Layers<R>, (input, other): (&R, &R), rho: &R) -> Self {
        let (q, p) = (input + &network.bias, other + &network.bias);
        let k = &(&(input * other).sqrt() * rho) + &network.bias;
        Unequal {
            rho: &k / &(&q * &p).sqrt(),
            theta: k.clone(),
            q,
            p,
            k,
        }
    }

    fn next(&self, network: &Layers<R>) -> Result<Self> {
        let (value, slope) = network.activation.cross(&self.q, &self.p, &self.rho)?;
        let (q, p) = (network.variance(&self.q)?, network.variance(&self.p)?);
        let k = &(&network.weight * &value) + &network.bias;
        let factor = &(&network.weight * &slope) / &(&self.q * &self.p).sqrt();
        Ok(Unequal {
            rho: &k / &(&q * &p).sqrt(),
            theta: &k + &(&factor * &self.theta),
            q,
            p,
            k,
        })
    }

    /// A set of states that is never left again and holds the present one, its `theta` included: all later layers are in it.
    fn settled(&self, network: &Layers<R>) -> Option<Self> {
        if !R::TRACKS_ERRORS {
            let next = self.next(network).ok()?;
            let same = |a: &R, b: &R| a.compare(b) == Some(Ordering::Equal);
            let still = same(&next.q, &self.q)
                && same(&next.p, &self.p)
                && same(&next.rho, &self.rho)
                && same(&next.theta, &self.theta);
            return still.then_some(next);
        }
        let mut all = Unequal {
            q: loosened(&self.q, 2),
            p: loosened(&self.p, 2),
            ..self.clone()
        };
        let probe = all.next(network).ok()?;
        if !within(&probe.q, &all.q) || !within(&probe.p, &all.p) {
            return None;
        }
        // the error that a layer brings, and what is left of the way
        let missing = (&probe.rho - &self.rho).abs().upper_end().to_float();
        all.rho = (4..=10).step_by(3).find_map(|j| {
            let wide = self.rho.widened(&Float::with_val(64, &missing << j));
            let image = Unequal {
                rho: wide.clone(),
                ..all.clone()
            }
            .next(network)
            .ok()?;
            within(&image.rho, &wide).then_some(wide)
        })?;
        let image = all.next(network).ok()?;
        all.k = image.k.clone();
        let bits = self.q.bits();
        let (_, slope) = network.activation.cross(&all.q, &all.p, &all.rho).ok()?;
        let factor = &(&network.weight * &slope) / &(&all.q * &all.p).sqrt();
        let target = &all.k / &(R::int(1, bits) - &factor);
        let missing = (&target - &self.theta).abs().upper_end().to_float();
        all.theta = self.theta.widened(&Float::with_val(64, missing * 2u32));
        // no larger than what is lost anyway
        let own = Float::with_val(64, self.theta.radius() * 64u32);
        let least = Float::with_val(64, all.theta.abs().upper_end().to_float()) >> (2 * bits / 5);
        let small = all.theta.radius() <= own.max(&least);
        let image = all.next(network).ok()?;
        (small && within(&image.theta, &all.theta) && within(&image.k, &loosened(&all.k, 2)))
            .then_some(all)
    }
}

/// The variance after so many layers that map `q` to `gain q^degree`; at depths beyond `2^63` there is none.
///
/// ```
/// use deeplimit::recursion::variance_after;
/// let q = variance_after(&1.into(), &2.0, &3.0, 10).unwrap();
/// assert!((q.value() - 3072.0).abs() < 1e-9);
/// ```
pub fn variance_after<R: Real>(
    degree: &Rational,
    gain: &R,
    input: &R,
    layers: u64,
) -> Option<Scaled<R>> {
    let layers = i64::try_from(layers).ok()?;
    let bits = input.bits();
    let one = R::int(1, bits);
    if *degree != 1 {
        // ln q_{l+1} = ln(gain) + k ln q_l
        let k = R::rational(degree, bits);
        let power = k.powi(layers);
        let sum = &(&power - &one) / &(&k - &one);
        return Some(Scaled {
            mantissa: one,
            log: &(&power * &input.ln()) + &(&sum * &gain.ln()),
        });
    }
    if gain.compare(&one) == Some(Ordering::Equal) {
        return Some(Scaled::plain(input.clone()));
    }
    Some(Scaled {
        mantissa: input.clone(),
        log: &R::int(layers, bits) * &gain.ln(),
    })
}

/// `w dual(rho) + rest`, `w + rest = 1`.
fn mixed<R: Real>(dual: Dual<R>, w: &R, rest: &R) -> Dual<R> {
    if let Dual::Series(mut s) = dual {
        let squares: Vec<R> = s.squares.iter().map(|c| w * c).collect();
        s = Series {
            squares,
            tail: w * &s.tail,
            slope_tail: s.slope_tail.map(|t| w * &t),
        };
        match s.squares.first_mut() {
            Some(c) => *c = &*c + rest,
            None => s.squares.push(rest.clone()),
        }
        return Dual::Series(s);
    }
    let at_zero = dual.at(&R::int(0, w.bits()));
    Dual::Shifted {
        constant: &(w * &at_zero) + rest,
        scale: w.clone(),
        inner: Box::new(dual),
    }
}

/// The number with `times` its radius and a few units in the last place more.
fn loosened<R: Real>(x: &R, times: u32) -> R {
    if !R::TRACKS_ERRORS {
        return x.clone();
    }
    let unit = x.abs().upper_end().to_float() >> (x.bits() - 4);
    x.widened(&(Float::with_val(64, x.radius() * times) + unit))
}

fn too_deep(depth: u64) -> Error {
    Error::Unresolved(format!(
        "depth {depth} is beyond the {DIRECT} layers that are passed one by one, and the variances of these layers do not \
         settle"
    ))
}

fn out_of_bounds(layer: u64) -> Error {
    Error::Unresolved(format!(
        "the variance of layer {layer} is out of all bounds: with this sigma_w it grows without end"
    ))
}

fn lost(depth: u64) -> Error {
    Error::Unresolved(format!(
        "the enclosure of the kernel was lost on the way to layer {depth}: at this precision the dual is not known well \
         enough near this correlation"
    ))
}
