//! The nearest-neighbour regime: `dual(rho) = c rho^k + ...`, `k >= 2`, and the kernels fall like `exp(-k^L b)`.
//!
//! The **Boettcher function** `B(rho) = c^(1/(k-1)) rho (1 + ...)` straightens it: `B(dual) = B^k`. Its logarithm is
//!
//! `log B(rho) = log rho + log(c)/(k-1) + sum_n k^-(n+1) log(dual(S_n)/(c S_n^k))`,
//!
//! and with `G(x) = x B'(x)/B(x)`, for which `G(dual) rho dual'/dual = k G`, the tangent kernel is
//!
//! `T_L = k^L S_L/G(S_L) sum_{j <= L} G(S_j)/k^j`.
//!
//! The coefficients beyond `c` sum to `1 - c`, so `|dual(x)/(c x^k) - 1| <= K |x|` with `K = (1 - c)/c`, and for
//! `|x| <= 1/4`, `K |x| <= 1/2` also `|x dual'(x)/(k dual(x)) - 1| <= 2 K |x|/k`. Once `S` is below the precision all of
//! that is nothing, and what is left has a closed form at any depth. [DERIVED]

use std::cmp::Ordering;

use rug::{Integer, Rational};

use super::koenigs::Landing;
use crate::dual::Dual;
use crate::real::{Bits, Real};
use crate::recursion::{Correlation, Pair, Scaled};

/// The power series of the dual is used for `|S| <= 2^-NEAR`.
const NEAR: i32 = 3;

/// The Boettcher function, ready to be evaluated.
///
/// Promise: enclosures for [`crate::real::Ball`] (proved), estimates elsewhere.
///
/// ```
/// use deeplimit::{activation::Expr, dual::closed_form, limit::Boettcher, recursion::Correlation};
/// let dual = closed_form::<f64>(&Expr::parse("(hermite(2)+hermite(3))/sqrt(2)").unwrap(), 53).unwrap();
/// let b = Boettcher::new(&dual, 2, 53).unwrap();
/// let log = b.log_at(&Correlation::new(0.5)).unwrap();
/// assert!((log.exp() - 0.320458354663023463).abs() < 1e-14);
/// ```
#[derive(Clone, Debug)]
pub struct Boettcher<R> {
    dual: Dual<R>,
    order: u32,
    /// `c = a_k^2`
    leading: R,
    /// `a_{k+j}^2/c`, `j = 0, 1, ...`
    ratio: Vec<R>,
    /// `K = (1 - c)/c`
    steepness: R,
}

/// A kernel too small for any number: its sign and the logarithm of its modulus, which may be huge itself.
#[derive(Clone, Debug)]
pub struct Logarithmic<R> {
    /// Negative, zero (then the logarithm is undefined) or positive.
    pub sign: Ordering,
    /// `log |x|`
    pub log: Scaled<R>,
}

impl<R: Real> Boettcher<R> {
    /// `order` is the first `k >= 2` with `a_k != 0`; that the coefficients before it vanish is the caller's knowledge.
    /// `None` where `a_k != 0` is not certain.
    pub fn new(dual: &Dual<R>, order: u32, bits: Bits) -> Option<Self> {
        let k = order as usize;
        let terms = (bits as usize).div_ceil(NEAR as usize) + 2;
        let zero = R::int(0, bits);
        let taylor = dual.taylor(&zero, k + terms);
        let leading = taylor[k].clone();
        if k < 2 || leading.sign() != Some(Ordering::Greater) {
            return None;
        }
        let mut dual = dual.clone();
        if let Dual::Series(series) = &mut dual {
            series.squares[..k].fill(zero);
        }
        let one = R::int(1, bits);
        Some(Boettcher {
            ratio: taylor[k..].iter().map(|c| c / &leading).collect(),
            steepness: (&(&one - &leading) / &leading).abs().upper_end(),
            dual,
            order,
            leading,
        })
    }

    /// `k`
    pub fn order(&self) -> u32 {
        self.order
    }

    /// The dual.
    pub fn dual(&self) -> &Dual<R> {
        &self.dual
    }

    /// `dual(x)/(c x^k)` and `x dual'(x)/dual(x)` for `|x| <= 2^-NEAR`: the coefficients left out are at most `1/c` each.
    fn near(&self, x: &R) -> (R, R) {
        let bits = x.bits();
        let (mut value, mut slope) = (R::int(0, bits), R::int(0, bits));
        for (j, c) in self.ratio.iter().enumerate().rev() {
            value = &(&value * x) + c;
            slope = &(&slope * x) + &(&R::int(j as i64 + i64::from(self.order), bits) * c);
        }
        let n = self.ratio.len() as i64;
        let size = x.abs().upper_end();
        // sum_{j >= n} (j + k) x^j <= 2 (n + k) x^n for x <= 1/4
        let rest =
            &(&size.powi(n) / &self.leading).scale2(1) * &R::int(n + i64::from(self.order), bits);
        let rest = rest.upper_end().to_float();
        let value = value.widened(&rest);
        let slope = &slope.widened(&rest) / &value;
        (value, slope)
    }

    /// One layer: by the power series near 0, which keeps relative digits.
    fn step(&self, at: &mut Landing<R>) {
        let bits = at.position.bits();
        let bound = R::int(1, bits).scale2(-NEAR);
        let s = at.nngp();
        if s.abs().compare(&bound) != Some(Ordering::Less) {
            at.step(&self.dual);
            return;
        }
        let (value, weighted) = self.near(&s);
        let power = &self.leading * &s.powi(i64::from(self.order) - 1);
        let next = &(&power * &s) * &value;
        let slope = &(&power * &value) * &weighted;
        at.ntk = &(&at.ntk * &slope) + &next;
        at.slopes = &at.slopes * &slope;
        at.position = Correlation::Plain(next);
        at.steps += 1;
    }

    /// Walks until `S` is below the precision, or to layer `last`.
    fn land(&self, place: &Correlation<R>, last: Option<u64>) -> Option<Landing<R>> {
        let bits = place.bits();
        let threshold = &R::int(1, bits).scale2(-(bits as i32) - 8) * &self.leading;
        let mut at = Landing::start(place);
        while at.nngp().abs().compare(&threshold) != Some(Ordering::Less) {
            if last == Some(at.steps) {
                return Some(at);
            }
            self.step(&mut at);
            if at.steps > self.dual.longest_walk() || !at.ntk.is_finite() {
                return None;
            }
        }
        Some(at)
    }

    /// `log |x| + log(c)/(k-1)` for `x` below the precision: `log |B(x)|` up to `sum_n k^-(n+1) 2 K |x| <= 2 K |x|`.
    fn log_near(&self, x: &R) -> R {
        let bits = x.bits();
        let shift = &self.leading.ln() / &R::int(i64::from(self.order) - 1, bits);
        (&x.abs().ln() + &shift).widened(&self.slack(x, 1))
    }

    /// `times 2 K |x|`
    fn slack(&self, x: &R, times: u32) -> rug::Float {
        let e = &self.steepness * &x.abs().upper_end();
        (&e.scale2(1) * &R::int(i64::from(times), x.bits()))
            .upper_end()
            .to_float()
    }

    /// `log |B(rho)| = lim log|S_L|/k^L`, shifted by `log(c)/(k-1)`; `None` at `rho = 1` and where an `S_l` is 0.
    pub fn log_at(&self, place: &Correlation<R>) -> Option<R> {
        let l = self.land(place, None)?;
        let near = self.log_near(&l.nngp());
        let k = R::int(i64::from(self.order), place.bits());
        Some(&near / &k.powi(l.steps as i64)).filter(R::is_finite)
    }

    /// The constant in `log |T_L| = k^L log |B| + L log k + constant + o(1)`: `log |sum_j G(S_j)/k^j| - log(c)/(k-1)`.
    pub fn correction_at(&self, place: &Correlation<R>) -> Option<R> {
        let l = self.land(place, None)?;
        let bits = place.bits();
        let k = R::int(i64::from(self.order), bits);
        let shift = &self.leading.ln() / &R::int(i64::from(self.order) - 1, bits);
        let sum = self.gathered(&l, None);
        let layers = &R::int(l.steps as i64, bits) * &k.ln();
        Some(&(&sum.abs().ln() - &layers) - &shift).filter(R::is_finite)
    }

    /// `T_n/S_n + sum_{i=1}^{more} k^-i`, the factors `G` within `1 +- 4 K |S_n|`.
    fn gathered(&self, l: &Landing<R>, more: Option<&R>) -> R {
        let bits = l.position.bits();
        let s = l.nngp();
        let one = R::int(1, bits);
        let k = R::int(i64::from(self.order), bits);
        let own = &l.ntk / &s;
        let later = match more {
            None => one.clone(),
            Some(more) => -(-(more * &k.ln())).exp_m1(),
        };
        let later = &later / &(&k - &one);
        let size = &own.abs() + &later;
        let relative = R::int(0, bits).widened(&self.slack(&s, 4));
        &(&own + &later) + &(&size * &relative)
    }

    /// `S_L` and `T_L` at any depth, as logarithms.
    pub fn kernels_at(
        &self,
        place: &Correlation<R>,
        depth: &Integer,
    ) -> Option<Pair<Logarithmic<R>>> {
        let bits = place.bits();
        let l = self.land(place, depth.to_u64())?;
        if *depth == l.steps {
            return Some(Pair {
                nngp: logarithm(&l.nngp()),
                ntk: logarithm(&l.ntk),
            });
        }
        let s = l.nngp();
        if s.sign() == Some(Ordering::Equal) {
            let zero = logarithm(&R::int(0, bits));
            return Some(Pair {
                nngp: zero.clone(),
                ntk: zero,
            });
        }
        let k = i64::from(self.order);
        let more = Integer::from(depth - l.steps);
        let shift = &self.leading.ln() / &R::int(k - 1, bits);
        let layers = R::rational(&Rational::from(more.clone()), bits);
        let power = &layers * &R::int(k, bits).ln();
        let boettcher = self.log_near(&s);
        let gathered = self.gathered(&l, Some(&layers));
        // log S_L = k^N log B(S_n) - shift, log T_L = N log k + log S_L + log(gathered), G(S_L) = 1
        let slack = R::int(0, bits).widened(&self.slack(&s, 2));
        let constant = &slack - &shift;
        let extra = &(&constant + &power) + &gathered.abs().ln();
        let even = self.order.is_multiple_of(2);
        let negative = s.sign() == Some(Ordering::Less) && !even;
        let sign = if negative {
            Ordering::Less
        } else {
            Ordering::Greater
        };
        let ntk_sign = match (gathered.sign()?, negative) {
            (Ordering::Equal, _) => Ordering::Equal,
            (o, false) => o,
            (o, true) => o.reverse(),
        };
        let large = power.to_f64() > 600.0 + 0.7 * f64::from(bits);
        let log = |constant: &R| {
            if large {
                // the constant is far below the last bit of k^N log B
                let share = &constant.abs() * &(-&power).exp();
                Scaled {
                    mantissa: boettcher.widened(&share.upper_end().to_float()),
                    log: power.clone(),
                }
            } else {
                Scaled::plain(&(&boettcher * &power.exp()) + constant)
            }
        };
        Some(Pair {
            nngp: Logarithmic {
                sign,
                log: log(&constant),
            },
            ntk: Logarithmic {
                sign: ntk_sign,
                log: log(&extra),
            },
        })
    }
}

fn logarithm<R: Real>(x: &R) -> Logarithmic<R> {
    Logarithmic {
        sign: x.sign().unwrap_or(Ordering::Equal),
        log: Scaled::plain(x.abs().ln()),
    }
}
