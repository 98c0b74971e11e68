//! Duals of sums of `P(x) e^(a x)` on intervals, in closed form: relu6, elu, selu, hard_tanh, hard_swish, shrinkage, thresholds,
//! steps, and every conditional of such pieces, at every variance and correlation, to any precision.
//!
//! `E phi(u) phi(v)` is a finite sum of truncated moments of the bivariate normal distribution ([`moments`]), and so of
//! probabilities of quadrants ([`owen`]; Owen 1956, Plackett 1954; Genz 2004 has a survey). Near `rho = +-1` everything is written in
//! the angle ([`angle`]), and cancellation (of `E phi^2` and `E phi(u) phi(v)`, of far pieces) is met by more bits until the
//! digits that were asked for are there. An equality is never read off such a number: what is exactly zero is so by [`crate::exact::Closed`].

mod angle;
mod coefficients;
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

pub(crate) use coefficients::closed_coefficients;

use angle::{Angle, Spot};
use halves::Halves;
use layer::{Layer, bilinear, covariance, layer};
use source::Source;
use spline::Spline;

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
    /// The layers of several precisions with their `V`.
    layers: Arc<Kept<(Layer, Ball)>>,
}

/// Bits of the numbers that [`Truncated::bend`] is rounded from.
const BEND_BITS: Bits = 96;

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
        let square = certain(bits, |work| self.layer(work).1.clone());
        (*k > 0).then(|| (*k, &a.relative(bits).square() / &square))
    }

    /// The layer and its `V`, at so many bits.
    fn layer(&self, bits: Bits) -> Arc<(Layer, Ball)> {
        self.layers.at(bits, || {
            let layer = layer(&self.source, self.variance.as_ref(), 1, bits);
            let square = self.square_of(&layer);
            (layer, square)
        })
    }

    /// The same at the middle of the ball of its variance: for arithmetics without errors.
    pub(crate) fn at_middle(&self) -> Truncated {
        match &self.variance {
            Some(q) if !q.is_exact() => self.at_variance(&q.midpoint()),
            _ => self.clone(),
        }
    }

    /// `K(b) = sin(b) E F''(u) F''(v)` at the correlation `cos(b)`, over `V`: the slope falls by its integral over the angle. In doubles,
    /// `0 < b < pi`.
    pub(super) fn bend(&self, b: f64) -> f64 {
        let layer = self.layer(BEND_BITS);
        let f = &layer.0.middle.slope.derivative(true);
        let half = Ball::exact(Float::with_val(BEND_BITS, b / 2.0));
        let spot = match b <= std::f64::consts::FRAC_PI_2 {
            true => Spot::Gap(half.sin().square().scale2(1)),
            false => Spot::Rise(half.cos().square().scale2(1)),
        };
        let angle = Angle::new(&spot, 0);
        let value = moments::cross(f, f, &angle).c.remove(0) * &angle.sine.c[0];
        (value / &layer.1).to_f64()
    }

    /// Is every slope finite?
    pub(super) fn is_continuous(&self) -> bool {
        self.source.continuous
    }

    /// What is bilinear in the two values.
    fn values(&self, pair: (&Layer, &Layer), f: impl Fn(&Halves, &Halves) -> Ball) -> Ball {
        bilinear(pair, self.source.continuous, false, f)
    }

    /// Of a spline: how far values may be off, counted so often.
    fn off(layer: &Layer, value: Ball, times: u32) -> Ball {
        match &layer.off {
            None => value,
            Some(off) => value.widened(&Float::with_val(64, &off.value * times)),
        }
    }

    fn square_of(&self, layer: &Layer) -> Ball {
        let square = self.values((layer, layer), |f, g| moments::at_end(f, g, 1));
        Truncated::off(layer, square, 1)
    }

    fn slope_of(&self, a: &Layer, b: &Layer, spot: &Spot) -> Ball {
        let slope = bilinear((a, b), self.source.continuous, true, |f, g| {
            covariance(f, g, spot)
        });
        let Some(off) = &a.off else {
            return slope;
        };
        match &off.slope {
            Some(off) => slope.widened(off),
            // sum n |a_n^2 - b_n^2| |rho|^(n-1) <= sum |a_n^2 - b_n^2|/(1 - |rho|)^2
            None => slope.widened(&Float::with_val(64, &off.value / spot.room().square())),
        }
    }

    /// `V = E phi(sqrt(q) Z)^2`
    pub(crate) fn square(&self) -> Ball {
        certain(self.bits, |work| self.layer(work).1.clone())
    }

    /// `dual`, or with `gap` one minus it.
    fn value(&self, spot: &Spot, gap: bool, bits: Bits) -> Ball {
        if spot.end() == Some(1) {
            return Ball::int(i64::from(!gap), bits);
        }
        if spot.is_zero() && self.source.parity == Some(Parity::Odd) {
            return Ball::int(i64::from(gap), bits);
        }
        certain(bits, |work| {
            let layer = self.layer(work);
            let spot = spot.with_bits(layer.0.bits);
            let value = self.values((&layer.0, &layer.0), |f, g| {
                let there = covariance(f, g, &spot);
                match gap {
                    true => moments::at_end(f, g, 1) - &there,
                    false => there,
                }
            });
            Truncated::off(&layer.0, value, 1 + u32::from(gap)) / &layer.1
        })
    }

    /// `dual(rho) - dual(0)`
    fn rise(&self, rho: &Ball, bits: Bits) -> Ball {
        if rho.sign() == Some(Ordering::Equal) {
            return rho.clone();
        }
        certain(bits, |work| {
            let layer = self.layer(work);
            let here = Spot::Plain(rho.with_bits(layer.0.bits));
            let zero = Spot::Plain(Ball::int(0, layer.0.bits));
            let rise = self.values((&layer.0, &layer.0), |f, g| {
                covariance(f, g, &here) - &covariance(f, g, &zero)
            });
            Truncated::off(&layer.0, rise, 2) / &layer.1
        })
    }

    fn slope(&self, spot: &Spot, bits: Bits) -> Ball {
        if spot.end().is_some() && !self.source.continuous {
            return Ball::undefined(bits);
        }
        certain(bits, |work| {
            let layer = self.layer(work);
            self.slope_of(&layer.0, &layer.0, &spot.with_bits(layer.0.bits)) / &layer.1
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
            let layer = self.layer(work);
            let (layer, square) = (&layer.0, &layer.1);
            let spot = Spot::Plain(at.with_bits(layer.bits));
            let angle = Angle::new(&spot, degree);
            let of = |f: &Halves, g: &Halves| moments::cross(f, g, &angle).c;
            best = match &layer.wide {
                None => of(&layer.middle.value, &layer.middle.value),
                Some((wide, ..)) if !self.source.continuous => of(&wide.value, &wide.value),
                Some((wide, moved, rad)) => {
                    let steep = of(&moved.value, &wide.value);
                    let middle = of(&layer.middle.value, &layer.middle.value);
                    let spread = |s: &Ball| Float::with_val(64, s.magnitude() * rad) * 2u32;
                    let both = middle.iter().zip(&steep);
                    both.map(|(c, s)| c.widened(&spread(s))).collect()
                }
            };
            if let Some(off) = &layer.off {
                // sum_n C(n, j) |p|^(n-j) = (1 - |p|)^(-j-1)
                let room = Float::with_val(64, 1) / spot.room();
                let mut spread = off.value.clone();
                for c in &mut best {
                    spread *= &room;
                    *c = c.widened(&spread);
                }
            }
            best = best.iter().map(|c| c / square).collect();
            // what is below the last bit of 1 is as good as 0
            let last = Float::with_val(64, 1) >> bits;
            let matters = best.iter().filter(|c| c.magnitude() > last);
            let have = matters.map(|c| c.relative_bits()).min().unwrap_or(bits);
            if have >= bits || !at.is_exact() {
                break;
            }
            work += bits - have + work / 4;
        }
        best.iter().map(R::from_ball).collect()
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
        let value = certain(bits, |work| {
            let (a, b) = layers(work);
            let spot = spot.with_bits(work);
            self.values((&a, &b), |f, g| covariance(f, g, &spot))
        });
        let slope = match spot.end().is_some() && !self.source.continuous {
            true => Ball::undefined(bits),
            false => certain(bits, |work| {
                let (a, b) = layers(work);
                self.slope_of(&a, &b, &spot.with_bits(work))
            }),
        };
        if rho.is_exact() {
            return (R::from_ball(&value), R::from_ball(&slope));
        }
        // |d/drho| is largest where |rho| is
        let far = Real::min(&Real::abs(&rho).upper_end(), &one);
        let steep = match far.mid() == spot.plain().mid() {
            true => slope.clone(),
            false => certain(64, |work| {
                let (a, b) = layers(work);
                let at = Spot::Plain(far.with_bits(work));
                let of = |x: &Layer| self.slope_of(x, x, &at);
                // Cauchy and Schwarz: the coefficients of both are not negative
                Real::abs(&(of(&a) * &of(&b))).sqrt()
            }),
        };
        let moved = (Float::with_val(64, rho.rad()) * steep.magnitude()) * 2u32;
        let bend = slope.hull(&steep);
        (R::from_ball(&value.widened(&moved)), R::from_ball(&bend))
    }
}

impl Spot {
    /// `1 - |rho|`, from below.
    fn room(&self) -> Float {
        let (Spot::Plain(x) | Spot::Gap(x) | Spot::Rise(x)) = self;
        let one = Ball::int(1, x.bits().max(64));
        let room = match self {
            Spot::Plain(x) => one - &Real::abs(x),
            Spot::Gap(x) | Spot::Rise(x) => Real::min(x, &(one.scale2(1) - x)),
        };
        match room.sign() {
            Some(Ordering::Greater) => {
                Float::with_val_round(64, &room.lower(), rug::float::Round::Down).0
            }
            _ => Float::new(64),
        }
    }

    fn plain(&self) -> &Ball {
        let (Spot::Plain(x) | Spot::Gap(x) | Spot::Rise(x)) = self;
        x
    }
}

/// More than this is not worked with, beside eight times what is asked for.
const MOST_BITS: Bits = 2048;
/// More bits so often.
const ROUNDS: usize = 8;

/// Raises the precision until `bits` relative ones are there; what was given with a radius cannot become better than that.
fn certain(bits: Bits, f: impl Fn(Bits) -> Ball) -> Ball {
    let mut work = bits + 32;
    let mut last = f(work);
    let most = 8 * bits + MOST_BITS;
    for _ in 0..ROUNDS {
        let have = last.relative_bits();
        if have >= bits || last.is_exact() || !last.is_finite() {
            break;
        }
        let rad = last.rad();
        work += match have {
            0 => work,
            have => bits - have + 16,
        };
        // kinks far out, where everything is smaller than any number: what is known stands
        if work > most {
            break;
        }
        let next = f(work);
        // what is known is better than what was not found
        if !next.is_finite() {
            break;
        }
        // nothing is won any more
        let stuck = next.rad() * 2u32 > rad;
        last = next;
        if stuck {
            break;
        }
    }
    last.with_bits(bits)
}

fn through<R: Real>(x: &R, most: Bits, f: impl Fn(Ball, Bits) -> Ball) -> R {
    let bits = x.bits().max(64).min(most);
    R::from_ball(&f(Ball::new(x.to_float(), &x.radius()), bits))
}
