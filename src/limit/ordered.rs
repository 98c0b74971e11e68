//! The ordered phase: `dual(0) > 0`, `B' = b < 1`, and every pair of inputs tends to the correlation 1.
//!
//! The Koenigs function at that fixed point, `g(t) = lim (1 - S_L)/b^L` with `t = 1 - rho`, is the kernel of the limit
//! classifier: an interpolant `sign(w_0 + sum w_i g(1 - x . x_i))`, `sum w_i = 0`.
//!
//! With `f2 = dual''(1)`, `f3 = dual'''(1)` (sums of non-negative coefficients) one layer takes `t` to
//! `F(t)` in `[b t - f2 t^2/2, b t]`, so `g(t)` is in `[t (1 - d), t]`, `d = f2 t/(2 b (1 - b))`: walking until `t` is
//! small encloses `g`. For the tangent kernel `E = 1/(1-b) - T >= 0` obeys
//! `E' = b E + T (b - dual') + t'`, with `b - dual'(1 - t)` in `[f2 t - f3 t^2/2, f2 t]`, and therefore
//!
//! `E_L = b^N { E_n + N (g_n/b) X (1 + r) }`, `X = f2/(1-b) + b`, `N = L - n`,
//! `|r| <= d + (f2 E_max + f3 t_n/(2 (1-b)) + b d)/X`, `E_max = E_n + (f2/(1-b) + 1) t_n/(1-b)`. [DERIVED]
//!
//! **Kinks.** There `b - dual'(1 - t)` is at most `C sqrt(t)` and tends to `c sqrt(t)` (`dual::Turn`), so `F(t)` is in
//! `[b t - (2/3) C t^(3/2), b t]` and `g` in `[t (1 - d), t]` with `d = (2/3) C sqrt(t)/(b (1 - sqrt b))`. In `E' = b E + T (b - dual') + t'`
//! the term in the middle is of the order `b^(L/2)`, the root of what the others are:
//!
//! `T_L = 1/(1-b) - b^(L/2) c sqrt(g)/((1-b) sqrt b (1 - sqrt b)) + O(L b^L)`, [DERIVED]
//!
//! so the tangent kernel's interpolant is that of `sqrt(g)`, the covariance's that of `g`. After `N` layers from a landing, `E` is `b^N E_n` and
//! between 0 and `T_max C sqrt(t_n) b^((N-1)/2)/(1 - sqrt b) + N b^N t_n` more, `T_max = |T_n| + 1/(1-b)`.

use std::cmp::Ordering;

use super::koenigs::Landing;
use crate::dual::Dual;
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::Correlation;

/// The limit in the ordered phase.
///
/// Promise: enclosures for [`crate::real::Ball`] (proved): `g` with the digits of the arithmetic, what belongs to `T_L` with
/// about half of them; estimates elsewhere.
///
/// ```
/// use deeplimit::{activation::Expr, dual::closed_form, limit::Ordered, real::{Ball, Real}, recursion::Correlation};
/// let dual = closed_form::<Ball>(&Expr::parse("exp(x/2)").unwrap(), 256).unwrap();
/// let limit = Ordered::new(&dual, 256).unwrap();
/// assert!((limit.ntk().to_f64() - 4.0 / 3.0).abs() < 1e-30);
/// ```
#[derive(Clone, Debug)]
pub struct Ordered<R> {
    dual: Dual<R>,
    /// `b = B'`
    multiplier: R,
    /// `dual''(1)`
    second: R,
    /// `dual'''(1)`
    third: R,
    /// Layers are walked until `t` is below this.
    threshold: R,
    /// The same for `g` alone, which does not subtract `T` from its limit.
    fine: R,
    /// Where there are kinks.
    turn: Option<Roots<R>>,
}

/// How the slope leaves `b` at kinks.
#[derive(Clone, Debug)]
struct Roots<R> {
    /// `C`
    largest: R,
    /// `c`; exactly 0 where the activation's derivative is proved to be continuous.
    limit: R,
}

impl<R: Real> Ordered<R> {
    /// For a dual that is analytic at 1. `None` where it is not, or where `0 < B' < 1` is not certain.
    pub fn new(dual: &Dual<R>, bits: Bits) -> Option<Self> {
        let one = R::int(1, bits);
        if !analytic_at_one(dual) {
            return None;
        }
        let f = dual.taylor(&one, 3);
        let third = &R::int(6, bits) * &f[3];
        Self::with_derivatives(dual, f[2].scale2(1), third, bits)
    }

    /// With `dual''(1) = E phi''^2/E phi^2` and `dual'''(1) = E phi'''^2/E phi^2` (of the second an upper bound
    /// does); `accuracy`: the bits to which the dual is known.
    pub fn with_derivatives(dual: &Dual<R>, second: R, third: R, accuracy: Bits) -> Option<Self> {
        let bits = second.bits();
        let one = R::int(1, bits);
        let multiplier = dual.slope_at_gap(&R::int(0, bits));
        let inside = multiplier.sign() == Some(Ordering::Greater)
            && multiplier.compare(&one) == Some(Ordering::Less);
        (inside && second.is_finite() && third.is_finite()).then(|| Ordered {
            dual: dual.clone(),
            multiplier,
            second,
            third,
            threshold: one.scale2(-(accuracy as i32) / 2),
            fine: one.scale2(8 - accuracy as i32),
            turn: None,
        })
    }

    /// The dual is known by its [module](self)'s bounds at kinks.
    pub fn has_kinks(&self) -> bool {
        self.turn.is_some()
    }

    /// `T_L` tends to its limit like `b^(L/2)`: there are kinks. `None` where that is not decided.
    pub fn is_rooted(&self) -> Option<bool> {
        match &self.turn {
            None => Some(false),
            Some(turn) => match turn.limit.sign() {
                Some(Ordering::Equal) => Some(false),
                sign => sign.map(|_| true),
            },
        }
    }

    /// `b = B'`.
    pub fn multiplier(&self) -> &R {
        &self.multiplier
    }

    /// The dual.
    pub fn dual(&self) -> &Dual<R> {
        &self.dual
    }

    fn one(&self) -> R {
        R::int(1, self.multiplier.bits())
    }

    /// `T_inf = 1/(1 - b)`, for every pair, equal inputs included.
    pub fn ntk(&self) -> R {
        &self.one() / &(&self.one() - &self.multiplier)
    }

    /// `1 + dual''(1)/(b (1 - b))`: `T_L = 1/(1-b) - L b^L (this) g(1-rho) + O(b^L)`.
    pub fn drift(&self) -> R {
        let rest = &self.multiplier * &(&self.one() - &self.multiplier);
        &self.one() + &(&self.second / &rest)
    }

    fn land(&self, place: &Correlation<R>, last: Option<u64>) -> Option<Landing<R>> {
        self.land_below(&self.threshold, place, last)
    }

    fn land_below(
        &self,
        threshold: &R,
        place: &Correlation<R>,
        last: Option<u64>,
    ) -> Option<Landing<R>> {
        let mut at = Landing::start(place);
        while at.position.gap().compare(threshold) != Some(Ordering::Less) {
            if last == Some(at.steps) {
                return Some(at);
            }
            at.step(&self.dual);
            if at.steps > self.dual.longest_walk() || !at.ntk.is_finite() {
                return None;
            }
        }
        Some(at)
    }

    /// `1 - sqrt b`
    fn root_rest(&self) -> R {
        &self.one() - &self.multiplier.sqrt()
    }

    /// `d = f2 t/(2 b (1-b))`, or `(2/3) C sqrt(t)/(b (1 - sqrt b))`
    fn deviation(&self, t: &R) -> R {
        if let Some(turn) = &self.turn {
            let rest = &self.multiplier * &self.root_rest();
            let third = &turn.largest.scale2(1) / &R::int(3, t.bits());
            return (&(&third * &t.abs().upper_end().sqrt()) / &rest)
                .abs()
                .upper_end();
        }
        let rest = &self.multiplier * &(&self.one() - &self.multiplier);
        (&(&self.second * t).scale2(-1) / &rest).abs().upper_end()
    }

    /// `g` near 0: the middle of `[t (1 - d), t]`.
    fn near(&self, t: &R) -> R {
        let half = (t * &self.deviation(t)).scale2(-1);
        (t - &half).widened(&half.abs().upper_end().to_float())
    }

    /// `g(1 - rho) = lim (1 - S_L)/b^L`.
    pub fn at(&self, place: &Correlation<R>) -> Option<R> {
        let l = self.land_below(&self.fine, place, None)?;
        Some(&self.near(&l.position.gap()) / &self.multiplier.powi(l.steps as i64))
    }

    /// What `T_L` is short of its limit, over `L b^L` (over `b^(L/2)` with kinks), from `g`: `a g` with the [`Ordered::drift`] `a`, or
    /// `c sqrt(g)/((1-b) sqrt b (1 - sqrt b))`. `None` where it is not decided which.
    pub fn shortfall(&self, g: &R) -> Option<R> {
        let Some(turn) = &self.turn else {
            return Some(&self.drift() * g);
        };
        match self.is_rooted()? {
            false => Some(&self.drift() * g),
            true => {
                let (b, rest) = (&self.multiplier, self.root_rest());
                let below = &(&(&self.one() - b) * &b.sqrt()) * &rest;
                Some(&(&turn.limit * &g.sqrt()) / &below)
            }
        }
    }

    /// `C` in `T_L = 1/(1-b) - b^L (L a g + C + o(1))`, `a` the [`Ordered::drift`]; `None` with kinks.
    pub fn correction_at(&self, place: &Correlation<R>) -> Option<R> {
        if self.turn.is_some() {
            return None;
        }
        let l = self.land(place, None)?;
        let g = self.near(&l.position.gap());
        let walked = &(&self.drift() * &g) * &R::int(l.steps as i64, place.bits());
        let missing = &self.ntk() - &l.ntk;
        Some(&(&missing - &walked) / &self.multiplier.powi(l.steps as i64))
    }

    /// `1 - S_L` and `1/(1-b) - T_L` after `more` layers from a landing, each divided by `b^more`.
    pub fn beyond(&self, l: &Landing<R>, more: &R) -> (R, R) {
        let t = l.position.gap();
        let g = self.near(&t);
        let missing = &self.ntk() - &l.ntk;
        if let Some(turn) = &self.turn {
            let largest = &l.ntk.abs() + &self.ntk();
            let root = &(&largest * &turn.largest) * &t.abs().upper_end().sqrt();
            let layers = &(more + &self.one()).scale2(-1) * &self.multiplier.ln();
            let grown = &(&root / &self.root_rest()) * &(-layers).exp();
            let half = (&grown + &(more * &t.abs())).abs().upper_end().scale2(-1);
            return (g, (&missing + &half).widened(&half.upper_end().to_float()));
        }
        let rest = &self.one() - &self.multiplier;
        let x = &(&self.second / &rest) + &self.multiplier;
        let d = self.deviation(&t);
        let largest =
            &missing.abs() + &(&(&(&(&self.second / &rest) + &self.one()) * &t.abs()) / &rest);
        let bent = &(&self.third * &t.abs()).scale2(-1) / &rest;
        let inner = &(&(&self.second * &largest) + &bent) + &(&self.multiplier * &d);
        let relative = &d + &(&inner / &x);
        let grown = &(&(more * &g) * &x) / &self.multiplier;
        let slack = (&grown.abs() * &relative).upper_end().to_float();
        (g, &missing + &grown.widened(&slack))
    }

    /// The landing of a correlation, or its layer `depth` where that comes first.
    pub fn landing(&self, place: &Correlation<R>, depth: Option<u64>) -> Option<Landing<R>> {
        self.land(place, depth)
    }

    /// `1 - S_L` and `1/(1-b) - T_L`, each with its own relative accuracy.
    pub fn gaps_at(&self, place: &Correlation<R>, depth: u64) -> Option<(R, R)> {
        let l = self.land(place, Some(depth))?;
        let more = (depth - l.steps) as i64;
        if more == 0 {
            return Some((l.position.gap(), &self.ntk() - &l.ntk));
        }
        let (g, missing) = self.beyond(&l, &R::int(more, place.bits()));
        let power = self.multiplier.powi(more);
        // [t (1 - d), t] holds t_L/b^N at every depth, not only in the limit
        Some((&power * &g, &power * &missing))
    }
}

impl Ordered<Ball> {
    /// For an activation with kinks, whose dual knows how its slope leaves `b`; `smooth`: its derivative is proved to be continuous. `None`
    /// for others.
    pub(super) fn with_kinks(dual: &Dual<Ball>, smooth: bool, bits: Bits) -> Option<Self> {
        let turn = dual.turn()?;
        let mut out =
            Ordered::with_derivatives(dual, turn.second.clone(), Ball::int(0, bits), bits)?;
        // the root of the gap takes part
        let end = Ball::int(1, bits).scale2(2 * (8 - bits as i32));
        (out.threshold, out.fine) = (end.clone(), end);
        out.turn = Some(Roots {
            largest: turn.largest,
            limit: match smooth {
                true => Ball::int(0, bits),
                false => turn.limit,
            },
        });
        Some(out)
    }

    /// `e` of `g(t) = t (1 - e sqrt(t)) + O(t^2)` in doubles; 0 without kinks.
    pub(crate) fn root_bend(&self) -> f64 {
        let Some(turn) = &self.turn else { return 0.0 };
        let b = self.multiplier.to_f64();
        turn.limit.to_f64() * 2.0 / (3.0 * b * (1.0 - b.sqrt()))
    }
}

/// The dual is a power series that converges beyond 1, or a polynomial.
pub(super) fn analytic_at_one<R: Real>(dual: &Dual<R>) -> bool {
    match dual {
        Dual::Erf(_) | Dual::Sinh(_) | Dual::Cosh(_) | Dual::Exp(_) | Dual::Gated { .. } => true,
        Dual::ArcCosine(_) | Dual::ArcSine(_) | Dual::Truncated(_) => false,
        Dual::Series(s) => s.tail.sign() == Some(Ordering::Equal),
        Dual::Shifted { inner, .. } => analytic_at_one(inner),
        Dual::Composed(c) => c.layers().iter().all(analytic_at_one),
        Dual::Skipped(s) => analytic_at_one(s.inner()),
    }
}
