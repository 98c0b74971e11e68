//! One step of the depth recursion, in the coordinate that keeps digits.
//!
//! `S -> dual(S)` near the fixed point 1 is iterated in the gap `t = 1 - S`, near 0 in `S` itself; `T` takes part with the
//! same slope. In ball arithmetic every step is a mean-value step: the radius is multiplied by the slope and not by
//! what a formula happens to subtract, which keeps deep ReLU at full precision for any number of layers (naive balls
//! lose every digit by layer 128).

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::{Pair, Scaled};
use crate::dual::Dual;
use crate::real::{Bits, Real};

/// A correlation in the coordinate that keeps its digits.
#[derive(Clone, Debug)]
pub enum Correlation<R> {
    /// `rho`
    Plain(R),
    /// `t = 1 - rho`
    Gap(R),
}

impl<R: Real> Correlation<R> {
    /// The better of the two coordinates of a number in `[-1, 1]`. For a double `rho` that was rounded already,
    /// `1 - rho` is exact.
    pub fn new(rho: R) -> Self {
        let bits = rho.bits();
        if rho.scale2(1).compare(&R::int(1, bits)) == Some(Ordering::Greater) {
            Correlation::Gap(R::int(1, bits) - &rho)
        } else {
            Correlation::Plain(rho)
        }
    }

    /// The correlation `1 - t`.
    pub fn gap_of(t: R) -> Self {
        let one = R::int(1, t.bits());
        // beyond rho = 1/2 the gap has no digits that rho has not
        if t.scale2(1).compare(&one) == Some(Ordering::Less) {
            Correlation::Gap(t)
        } else {
            Correlation::Plain(one - t)
        }
    }

    /// An exact number in `[-1, 1]`.
    pub fn rational(rho: &Rational, bits: Bits) -> Self {
        if *rho > Rational::from((1, 2)) {
            Correlation::Gap(R::rational(&(1 - rho.clone()), bits))
        } else {
            Correlation::Plain(R::rational(rho, bits))
        }
    }

    /// `rho`
    pub fn value(&self) -> R {
        match self {
            Correlation::Plain(rho) => rho.clone(),
            Correlation::Gap(t) => R::int(1, t.bits()) - t,
        }
    }

    /// `1 - rho`
    pub fn gap(&self) -> R {
        match self {
            Correlation::Plain(rho) => R::int(1, rho.bits()) - rho,
            Correlation::Gap(t) => t.clone(),
        }
    }

    /// The precision it carries.
    pub fn bits(&self) -> Bits {
        match self {
            Correlation::Plain(x) | Correlation::Gap(x) => x.bits(),
        }
    }

    /// Is it the same number (or ball) in the same coordinate?
    pub fn is_the_same(&self, other: &Self) -> bool {
        let (x, y) = match (self, other) {
            (Correlation::Plain(x), Correlation::Plain(y))
            | (Correlation::Gap(x), Correlation::Gap(y)) => (x, y),
            _ => return false,
        };
        let middle = x.midpoint().compare(&y.midpoint());
        x.bits() == y.bits() && x.radius() == y.radius() && middle == Some(Ordering::Equal)
    }

    /// The number inside.
    pub(super) fn coordinate(&self) -> &R {
        match self {
            Correlation::Plain(x) | Correlation::Gap(x) => x,
        }
    }

    /// The same place, less certain by `e`.
    pub(super) fn widened(&self, e: &Float) -> Self {
        match self {
            Correlation::Plain(x) => Correlation::Plain(x.widened(e)),
            Correlation::Gap(x) => Correlation::Gap(x.widened(e)),
        }
    }
}

/// The map of one layer: `rho -> w dual(rho) + (1 - w)`. Without biases `w = 1`; with them
/// `w = sigma_w^2 E phi^2 / (sigma_w^2 E phi^2 + sigma_b^2)`.
#[derive(Clone, Debug)]
pub struct LayerMap<'a, R> {
    /// The normalised dual of the activation at this layer's variance.
    pub dual: &'a Dual<R>,
    /// `w`, if it is not 1.
    pub weight: Option<&'a R>,
    /// How far `dual` and its slope may be from those of the layer (the variance is known only so well).
    pub blur: Option<&'a (Float, Float)>,
}

impl<'a, R: Real> LayerMap<'a, R> {
    /// A layer without bias.
    pub fn of(dual: &'a Dual<R>) -> Self {
        LayerMap {
            dual,
            weight: None,
            blur: None,
        }
    }

    /// Where a correlation goes, and the slope of the map there.
    pub fn step(&self, from: &Correlation<R>) -> (Correlation<R>, R) {
        let bits = from.bits();
        let one = || R::int(1, bits);
        match from {
            Correlation::Gap(t) => {
                let (gap, slope) = self.weighted(self.dual.gap_with_slope(t));
                // S below 1/4: its relative digits are in S from now on
                if gap.scale2(2).compare(&R::int(3, bits)) == Some(Ordering::Greater) {
                    let rho = self.mixed(&self.blurred(self.dual.at(&(one() - t))));
                    return (Correlation::Plain(rho), slope);
                }
                (Correlation::Gap(gap), slope)
            }
            Correlation::Plain(rho) => {
                let (value, slope) = self.dual.at_with_slope(rho);
                let (value, slope) = (self.blurred(value), self.blurred_slope(slope));
                let value = self.mixed(&value);
                let slope = self.weight.map_or_else(|| slope.clone(), |w| w * &slope);
                // S above 1/2: its gap has the digits
                if value.scale2(1).compare(&one()) == Some(Ordering::Greater) {
                    let (gap, _) = self.weighted(self.dual.gap_with_slope(&(one() - rho)));
                    return (Correlation::Gap(gap), slope);
                }
                (Correlation::Plain(value), slope)
            }
        }
    }

    fn weighted(&self, (gap, slope): (R, R)) -> (R, R) {
        let (gap, slope) = (self.blurred(gap), self.blurred_slope(slope));
        match self.weight {
            Some(w) => (w * &gap, w * &slope),
            None => (gap, slope),
        }
    }

    /// `w x + (1 - w)`
    fn mixed(&self, x: &R) -> R {
        match self.weight {
            Some(w) => &(w * x) + &(R::int(1, x.bits()) - w),
            None => x.clone(),
        }
    }

    fn blurred(&self, x: R) -> R {
        match self.blur {
            Some((e, _)) => x.widened(e),
            None => x,
        }
    }

    fn blurred_slope(&self, x: R) -> R {
        match self.blur {
            Some((_, e)) => x.widened(e),
            None => x,
        }
    }
}

/// A pair of inputs on its way through the layers: `S_l` and `T_l`,
///
/// `S_{l+1} = f(S_l)`, `T_{l+1} = T_l f'(S_l) + S_{l+1}`.
#[derive(Clone, Debug)]
pub struct Walk<R> {
    /// `S_l`
    pub position: Correlation<R>,
    /// `T_l 2^-exponent`
    ntk: R,
    exponent: i64,
    /// `l`
    pub depth: u64,
}

impl<R: Real> Walk<R> {
    /// `S_0 = T_0 = rho`.
    pub fn new(start: Correlation<R>) -> Self {
        Walk {
            ntk: start.value(),
            position: start,
            exponent: 0,
            depth: 0,
        }
    }

    /// One layer deeper.
    pub fn advance(&mut self, layer: &LayerMap<R>) {
        self.stepped(layer.step(&self.position));
    }

    /// One layer deeper, by a step that was made elsewhere: where the correlation went, and the slope of the map where it was.
    pub fn stepped(&mut self, (next, slope): (Correlation<R>, R)) {
        let mut s = next.value();
        if self.exponent != 0 {
            s = s.scale2(-self.exponent.min(1 << 28) as i32);
        }
        self.ntk = &(&self.ntk * &slope) + &s;
        self.position = next;
        self.depth += 1;
        self.normalise();
    }

    /// Keeps `T` between the ends of the doubles. What `S` adds while `exponent > 0` is far below the last bit.
    fn normalise(&mut self) {
        const HIGH: f64 = 4.149515568880993e180; // 2^600
        const LOW: f64 = 1.2089258196146292e24; // 2^80
        const STEP: i32 = 512;
        let size = self.ntk.to_f64().abs();
        if size > HIGH {
            self.ntk = self.ntk.scale2(-STEP);
            self.exponent += i64::from(STEP);
        } else if self.exponent > 0 && size < LOW {
            self.ntk = self.ntk.scale2(STEP);
            self.exponent -= i64::from(STEP);
        }
    }

    /// `S_l`
    pub fn nngp(&self) -> R {
        self.position.value()
    }

    /// `T_l`
    pub fn ntk(&self) -> Scaled<R> {
        let mut out = Scaled::plain(self.ntk.clone());
        if self.exponent != 0 {
            let bits = self.ntk.bits();
            out.log = R::int(self.exponent, bits) * &R::int(2, bits).ln();
        }
        out
    }

    /// `S_l` and `T_l`
    pub fn kernels(&self) -> Pair<Scaled<R>> {
        Pair {
            nngp: Scaled::plain(self.nngp()),
            ntk: self.ntk(),
        }
    }

    /// `T_l` up to a power of two.
    pub fn mantissa(&self) -> &R {
        &self.ntk
    }

    /// `T_l`, where it is of ordinary size.
    pub fn plain_ntk(&self) -> Option<&R> {
        (self.exponent == 0).then_some(&self.ntk)
    }

    /// After this layer nothing moves any more: all later `S` and `T` are the same numbers (or, in ball arithmetic, lie in
    /// the same two balls, which are returned).
    ///
    /// In balls: a set that the layer maps into itself is never left. Both sets are taken a little larger than the
    /// present balls, so that a contraction can be seen to be one.
    pub(super) fn settled(&self, layer: &LayerMap<R>) -> Option<(R, R)> {
        let ntk = self.plain_ntk()?;
        if !R::TRACKS_ERRORS {
            let (next, slope) = layer.step(&self.position);
            let s = next.value();
            let again = &(ntk * &slope) + &s;
            let same = |a: &R, b: &R| a.compare(b) == Some(Ordering::Equal);
            return (same(&again, ntk) && same(&s, &self.nngp())).then_some((s, again));
        }
        let bits = self.position.bits();
        let unit = |x: &R| Float::with_val(64, x.abs().upper_end().to_float()) >> (bits - 2);
        let x = self.position.coordinate();
        let near = self.position.widened(&(x.radius() + unit(x)));
        // t -> 0 in the ordered phase: everything between 0 and t
        let below = match &self.position {
            Correlation::Gap(t) => {
                let half = t.upper_end().scale2(-1);
                Some(Correlation::Gap(half.widened(&half.to_float())))
            }
            Correlation::Plain(_) => None,
        };
        let sets = [Some((near, false)), below.map(|set| (set, true))];
        sets.into_iter().flatten().find_map(|(set, from_zero)| {
            let (image, slope) = layer.step(&set);
            let stays = match (&image, &set) {
                // a gap is never negative
                (Correlation::Gap(a), Correlation::Gap(b)) if from_zero => matches!(
                    a.upper_end().compare(&b.upper_end()),
                    Some(Ordering::Less | Ordering::Equal)
                ),
                (Correlation::Gap(a), Correlation::Gap(b))
                | (Correlation::Plain(a), Correlation::Plain(b)) => within(a, b),
                _ => false,
            };
            if !stays {
                return None;
            }
            let s = set.value();
            let error = Float::with_val(64, ntk.radius() * 7u32) + unit(ntk);
            // what is left of the way to s/(1 - slope)
            let target = &s / &(R::int(1, bits) - &slope);
            let missing = (&target.midpoint() - &ntk.midpoint())
                .abs()
                .upper_end()
                .to_float();
            let all = ntk
                .widened(&error)
                .widened(&Float::with_val(64, missing * 2u32));
            // no larger than what is lost anyway
            let own = Float::with_val(64, ntk.radius() * 64u32);
            let small = all.radius() <= own.max(&(Float::with_val(64, unit(ntk)) << 24u32));
            (small && within(&(&(&all * &slope) + &image.value()), &all)).then_some((s, all))
        })
    }
}

/// Is all of `a` in `b`?
pub(super) fn within<R: Real>(a: &R, b: &R) -> bool {
    let order = |x: R, y: R| matches!(x.compare(&y), Some(Ordering::Less | Ordering::Equal));
    order(b.lower_end(), a.lower_end()) && order(a.upper_end(), b.upper_end())
}
