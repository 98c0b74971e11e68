//! Duals of sums of `P(x) e^(a x)` on intervals, in closed form: relu6, elu, selu, hard_tanh, hard_swish, shrinkage, thresholds,
//! steps, and every conditional of such pieces, at every variance and correlation, to any precision.
//!
//! `E phi(u) phi(v)` is a finite sum of truncated moments of the bivariate normal distribution ([`moments`]), and so of
//! probabilities of quadrants ([`owen`]; Owen 1956, Plackett 1954; Genz 2004 has a survey). Near `rho = +-1` everything is written in
//! the angle ([`angle`]), and cancellation (of `E phi^2` and `E phi(u) phi(v)`, of far pieces) is met by more bits until the
//! digits that were asked for are there. An equality is never read off such a number: what is exactly zero is so by [`crate::exact::Closed`].

mod angle;
mod bending;
mod certain;
mod coefficients;
mod ends;
mod halves;
mod layer;
mod moments;
mod owen;
mod panel;
mod source;
mod spline;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::sync::Arc;

use rug::Float;
use rug::float::Round;

pub(crate) use coefficients::closed_coefficients;

pub(super) use bending::Bending;

use angle::{Angle, Spot};
use certain::{ROUNDS, certain};
use coefficients::of_halves;
use ends::at_end;
use halves::Halves;
use layer::{Layer, STEEP, at_middle, covariance, layer, spread};
use source::Source;
use spline::{Off, Spline};

use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Bits, Kept, Real};

/// The dual of `phi(sqrt(q) z)` for a `phi` of this class.
#[derive(Clone, Debug)]
pub struct Truncated {
    source: Arc<Source>,
    /// `q`, 1 where there is none.
    variance: Option<Ball>,
    /// Of numbers that are asked for without a correlation.
    bits: Bits,
    /// The layers of several precisions.
    layers: Arc<Kept<Known>>,
}

/// A layer and its second moment.
#[derive(Debug)]
struct Known {
    layer: Layer,
    /// `V` at the middle of the ball of its variance,
    square: Ball,
    /// and how far it moves over the ball.
    spread: Float,
}

impl Truncated {
    /// `None` for what is not of the class.
    pub(crate) fn new(structure: &Activation, bits: Bits) -> Option<Truncated> {
        Some(Truncated {
            source: Arc::new(Source::new(structure)?),
            variance: None,
            bits,
            layers: Arc::default(),
        })
    }

    /// Of an activation whose pieces are analytic, by splines that are as near as is needed; `None` where none was found.
    pub(crate) fn near(
        structure: &Activation,
        bits: Bits,
        deadline: Deadline,
    ) -> Option<Truncated> {
        let spline = Spline::new(structure, bits + 32, deadline)?;
        Some(Truncated {
            source: Arc::new(Source::near(structure, spline)),
            variance: None,
            bits,
            layers: Arc::default(),
        })
    }

    /// The dual of `phi(sqrt(q) z)`.
    pub(crate) fn at_variance(&self, q: &Ball) -> Truncated {
        Truncated {
            source: Arc::clone(&self.source),
            variance: Some(q.clone()),
            bits: q.bits().max(64),
            layers: Arc::default(),
        }
    }

    pub(crate) fn bits(&self) -> Bits {
        self.bits
    }

    /// A spline costs the more the nearer it is, so it is as near as was asked for when it was made.
    fn most_bits(&self) -> Bits {
        match self.source.spline {
            Some(_) => self.bits,
            None => Bits::MAX,
        }
    }

    /// Even or odd, where the activation is.
    pub(crate) fn parity(&self) -> Option<Parity> {
        self.source.parity
    }

    /// `(k, a_k^2/E phi^2)`, `k >= 1`, of the first coefficient that is not 0.
    pub(crate) fn leading(&self) -> Option<(u32, Ball)> {
        let bits = self.bits;
        let (k, a) = self.source.leading.as_ref()?;
        if self.variance.is_some() {
            // elsewhere only parity keeps a coefficient from coming back
            let kept = self.source.parity == Some(Parity::Odd);
            let slope = self.slope(&Spot::Plain(Ball::int(0, bits)), bits);
            return kept
                .then_some((1, slope))
                .filter(|(_, c)| c.sign() == Some(Ordering::Greater));
        }
        (*k > 0).then(|| (*k, &a.relative(bits).square() / &self.square()))
    }

    /// The layer and its `V`, at so many bits.
    fn layer(&self, bits: Bits) -> Arc<Known> {
        self.layers.at(bits, || {
            let layer = layer(&self.source, self.variance.as_ref(), 1, bits);
            let (pair, continuous) = ((&layer, &layer), self.source.continuous);
            let end = |f: &Halves, g: &Halves| at_end(f, g, 1);
            Known {
                square: widened(&layer, at_middle(pair, continuous, false, end), |off| {
                    off.value.clone()
                }),
                spread: spread(pair, continuous, false, end),
                layer,
            }
        })
    }

    /// `f(F, F)/V` from its value at the middle of the variance: `|c/V - c_0/V_0| <= (|c - c_0| + |c_0/V_0| |V - V_0|)/|V|`.
    fn blurred(&self, middle: Ball, slope: bool, f: impl Fn(&Halves, &Halves) -> Ball) -> Ball {
        if !self.is_blurred() || !self.source.continuous {
            return middle;
        }
        let known = self.layer(STEEP);
        let moved = spread((&known.layer, &known.layer), true, slope, f);
        let least = known.square.widened(&known.spread).mignitude();
        let size = middle.magnitude();
        let product = raised(&size * &known.spread);
        let sum = raised(&moved + &product);
        middle.widened(&raised(&sum / &least))
    }

    /// The same at the middle of the ball of its variance: for arithmetics without errors.
    pub(crate) fn at_middle(&self) -> Truncated {
        match &self.variance {
            Some(q) if !q.is_exact() => self.at_variance(&q.midpoint()),
            _ => self.clone(),
        }
    }

    /// Is every slope finite?
    pub(super) fn is_continuous(&self) -> bool {
        self.source.continuous
    }

    /// `V = E phi(sqrt(q) Z)^2`
    pub(crate) fn square(&self) -> Ball {
        let middle = certain(self.bits, self.bits, |work| self.layer(work).square.clone());
        match self.is_blurred() {
            true => middle.widened(&self.layer(STEEP).spread),
            false => middle,
        }
    }

    /// `f(F, F)/V` (of the derivative with `slope`), where so many bits can be had; `far` is how far that of a spline may be off.
    fn over_square(
        &self,
        (bits, reach): (Bits, Bits),
        slope: bool,
        far: impl Fn(&Off) -> Float,
        f: impl Fn(&Halves, &Halves) -> Ball,
    ) -> Ball {
        let middle = certain(bits, reach, |work| {
            let known = self.layer(work);
            let pair = (&known.layer, &known.layer);
            let value = at_middle(pair, self.source.continuous, slope, &f);
            widened(&known.layer, value, &far) / &known.square
        });
        self.blurred(middle, slope, f).with_bits(bits)
    }

    /// `dual`, or with `gap` one minus it.
    fn value(&self, spot: &Spot, gap: bool, bits: Bits) -> Ball {
        if spot.end() == Some(1) {
            return Ball::int(i64::from(!gap), bits);
        }
        if spot.is_zero() && self.source.parity == Some(Parity::Odd) {
            return Ball::int(i64::from(gap), bits);
        }
        let far = |off: &Off| raised(&off.value * (1 + u32::from(gap)));
        self.over_square((bits, spot.reach(bits)), false, far, |f, g| {
            let there = covariance(f, g, spot);
            match gap {
                true => at_end(f, g, 1) - &there,
                false => there,
            }
        })
    }

    /// `dual(rho) - dual(0)`
    fn rise(&self, rho: &Ball, bits: Bits) -> Ball {
        if rho.sign() == Some(Ordering::Equal) {
            return rho.clone();
        }
        let here = Spot::Plain(rho.clone());
        let zero = Spot::Plain(Ball::int(0, bits));
        let far = |off: &Off| raised(&off.value * 2u32);
        self.over_square((bits, here.reach(bits)), false, far, |f, g| {
            covariance(f, g, &here) - &covariance(f, g, &zero)
        })
    }

    fn slope(&self, spot: &Spot, bits: Bits) -> Ball {
        if spot.end().is_some() && !self.source.continuous {
            return Ball::undefined(bits);
        }
        let place = spot.plain();
        if self.source.spline.is_some() && !place.is_exact() {
            // What cancels between panels would multiply the radius of the place. The slope is a convex power series with coefficients
            // that are not negative, so its own slope is at most (B' - slope)/(1 - |rho|); in general sum n (n-1) r^(n-2) <= 2/(1-r)^3.
            let room = spot.room();
            let steep = match self.source.continuous {
                true => self.slope(&Spot::Gap(Ball::int(0, bits)), bits).magnitude() / &room,
                false => Float::with_val(64, 2) / room.clone().square() / &room,
            };
            let spread = raised(&place.rad() * &steep) * 2u32;
            return self.slope(&spot.middle(), bits).widened(&spread);
        }
        let far = |off: &Off| match &off.slope {
            Some(off) => off.clone(),
            // sum n |a_n^2 - b_n^2| |rho|^(n-1) <= sum |a_n^2 - b_n^2|/(1 - |rho|)^2
            None => raised(&off.value / &spot.room().square()),
        };
        self.over_square((bits, spot.reach(bits)), true, far, |f, g| {
            covariance(f, g, spot)
        })
    }

    /// `dual(rho)` at a point.
    pub(super) fn at<R: Real>(&self, rho: &R) -> R {
        through(rho, self.most_bits(), |x, bits| {
            self.value(&Spot::Plain(x), false, bits)
        })
    }

    pub(super) fn slope_at<R: Real>(&self, rho: &R) -> R {
        through(rho, self.most_bits(), |x, bits| {
            self.slope(&Spot::Plain(x), bits)
        })
    }

    /// `dual(rho) - dual(0)`
    pub(super) fn rise_at<R: Real>(&self, rho: &R) -> R {
        through(rho, self.most_bits(), |x, bits| self.rise(&x, bits))
    }

    /// `1 - dual(1 - t)` at a point.
    pub(super) fn gap<R: Real>(&self, t: &R) -> R {
        through(t, self.most_bits(), |t, bits| {
            self.value(&Spot::Gap(t), true, bits)
        })
    }

    pub(super) fn slope_at_gap<R: Real>(&self, t: &R) -> R {
        through(t, self.most_bits(), |t, bits| {
            self.slope(&Spot::Gap(t), bits)
        })
    }

    /// `dual(-1 + u)` and the slope there.
    pub(super) fn opposite<R: Real>(&self, u: &R) -> (R, R) {
        (
            through(u, self.most_bits(), |u, bits| {
                self.value(&Spot::Rise(u), false, bits)
            }),
            through(u, self.most_bits(), |u, bits| {
                self.slope(&Spot::Rise(u), bits)
            }),
        )
    }

    /// `dual^(j)(p)/j!`
    pub(super) fn taylor<R: Real>(&self, p: &R, degree: usize) -> Vec<R> {
        let bits = p.bits().max(64);
        let at = Ball::new(p.to_float(), &p.radius());
        let mut work = bits + 64 + 2 * degree as Bits;
        let mut best = Vec::new();
        // the coefficients are not negative: what cancels in them is met by more bits
        for _ in 0..ROUNDS {
            best = match at.sign() {
                Some(Ordering::Equal) if self.source.spline.is_none() => self.squares(degree, work),
                _ => self.derivatives(&at, degree, work),
            };
            // what is below the last bit of 1 is as good as 0
            let last = Float::with_val(64, 1) >> bits;
            let matters = best.iter().filter(|c| c.magnitude() > last);
            let have = matters.map(|c| c.relative_bits()).min().unwrap_or(bits);
            if have >= bits || !at.is_exact() || self.is_blurred() {
                break;
            }
            work += bits - have + work / 4;
        }
        best.iter().map(R::from_ball).collect()
    }

    fn derivatives(&self, at: &Ball, degree: usize, work: Bits) -> Vec<Ball> {
        let known = self.layer(work);
        let layer = &known.layer;
        let spot = Spot::Plain(at.with_bits(layer.bits));
        let angle = Angle::new(&spot, degree);
        let of = |f: &Halves, g: &Halves| moments::cross(f, g, &angle).c;
        let square = known.square.widened(&known.spread);
        let mut sums = match &layer.wide {
            None => of(&layer.middle.value, &layer.middle.value),
            Some((wide, ..)) if !self.source.continuous => of(&wide.value, &wide.value),
            Some((wide, moved, rad)) => {
                let steep = of(&moved.value, &wide.value);
                let middle = of(&layer.middle.value, &layer.middle.value);
                let spread = |s: &Ball| {
                    let size = s.magnitude();
                    raised(&size * rad) * 2u32
                };
                let both = middle.iter().zip(&steep);
                both.map(|(c, s)| c.widened(&spread(s))).collect()
            }
        };
        if let Some(off) = &layer.off {
            // sum_n C(n, j) |p|^(n-j) = (1 - |p|)^(-j-1)
            let room = spot.room();
            let mut spread = off.value.clone();
            for c in &mut sums {
                spread = raised(&spread / &room);
                *c = c.widened(&spread);
            }
        }
        sums.iter().map(|c| c / &square).collect()
    }

    /// The coefficients at 0, `a_n^2/V`, from the Hermite coefficients.
    fn squares(&self, degree: usize, work: Bits) -> Vec<Ball> {
        let known = self.layer(work);
        let whole = match &known.layer.wide {
            Some((wide, ..)) => &wide.value,
            None => &known.layer.middle.value,
        };
        let square = known.square.widened(&known.spread);
        let missing = |n: usize| match self.source.parity {
            Some(Parity::Even) => n % 2 == 1,
            Some(Parity::Odd) => n.is_multiple_of(2),
            None => false,
        };
        let coefficients = of_halves(whole, degree as u32, work);
        let term = |(n, a): (usize, &Ball)| match missing(n) {
            true => Ball::int(0, work),
            false => &a.square() / &square,
        };
        coefficients.iter().enumerate().map(term).collect()
    }

    /// The variance is not known exactly: more bits have an end.
    fn is_blurred(&self) -> bool {
        self.variance.as_ref().is_some_and(|q| !q.is_exact())
    }

    /// `E phi(x) phi(y)` at variances `q` and `p` and its derivative in the correlation.
    pub(crate) fn cross<R: Real>(&self, q: &R, p: &R, rho: &R) -> (R, R) {
        if self.source.spline.is_some() {
            let nothing = R::undefined(q.bits());
            return (nothing.clone(), nothing);
        }
        let ball = |x: &R| Ball::new(x.to_float(), &x.radius());
        let (q, p, rho) = (ball(q), ball(p), ball(rho));
        let bits = q.bits().max(p.bits()).max(rho.bits()).max(64);
        let layers = |work: Bits| {
            let first = layer(&self.source, Some(&q), 1, work);
            let same = q.is_exact() && p.is_exact() && q.mid() == p.mid();
            (
                first,
                layer(&self.source, Some(&p), if same { 1 } else { 2 }, work),
            )
        };
        let one = Ball::int(1, bits);
        let middle = Real::max(&Real::min(&rho.midpoint(), &one), &-&one);
        let spot = Spot::Plain(middle);
        let continuous = self.source.continuous;
        let at = |slope: bool| {
            let middle = certain(bits, bits, |work| {
                let (a, b) = layers(work);
                at_middle((&a, &b), continuous, slope, |f, g| covariance(f, g, &spot))
            });
            let (a, b) = layers(STEEP);
            let moved = spread((&a, &b), continuous, slope, |f, g| covariance(f, g, &spot));
            middle.widened(&moved)
        };
        let value = at(false);
        let slope = match spot.end().is_some() && !continuous {
            true => Ball::undefined(bits),
            false => at(true),
        };
        if rho.is_exact() {
            return (R::from_ball(&value), R::from_ball(&slope));
        }
        // |d/drho| is largest where |rho| is
        let far = Real::min(&Real::abs(&rho).upper_end(), &one);
        let steep = match far.mid() == spot.plain().mid() {
            true => slope.clone(),
            false => certain(64, 64, |work| {
                let (a, b) = layers(work);
                let at = Spot::Plain(far.with_bits(work));
                let of = |x: &Layer| {
                    let there = |f: &Halves, g: &Halves| covariance(f, g, &at);
                    let middle = at_middle((x, x), continuous, true, there);
                    middle.widened(&spread((x, x), continuous, true, there))
                };
                // Cauchy and Schwarz: the coefficients of both are not negative
                Real::abs(&(of(&a) * &of(&b))).sqrt()
            }),
        };
        let moved = (Float::with_val(64, rho.rad()) * steep.magnitude()) * 2u32;
        let bend = slope.hull(&steep);
        (R::from_ball(&value.widened(&moved)), R::from_ball(&bend))
    }
}

/// Of a spline: by how far it may be off.
fn widened(layer: &Layer, value: Ball, far: impl Fn(&Off) -> Float) -> Ball {
    match &layer.off {
        None => value,
        Some(off) => value.widened(&far(off)),
    }
}

/// Rounded up.
fn raised<T>(x: T) -> Float
where
    Float: rug::ops::AssignRound<T, Round = Round, Ordering = Ordering>,
{
    Float::with_val_round(STEEP, x, Round::Up).0
}

fn through<R: Real>(x: &R, most: Bits, f: impl Fn(Ball, Bits) -> Ball) -> R {
    let bits = x.bits().max(64).min(most);
    R::from_ball(&f(Ball::new(x.to_float(), &x.radius()), bits))
}
