//! The kernels of a network of a few layers as jets.

use std::cmp::Ordering;

use crate::deadline::Deadline;
use crate::dual::{Dual, closed_form, resolving_series};
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::hermite::Series;
use crate::quadrature::Unit;
use crate::real::Jet;
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::Kind;

/// A Hermite series need not be longer than for so many bits.
const SERIES_BITS: Bits = 60;

/// `S_L`, or `T_L` over its value at 1, of the network with normalised activation, unit-norm inputs, no biases.
#[derive(Clone, Debug)]
pub(super) struct Deep {
    dual: Dual<Ball>,
    layers: u32,
    kind: Kind,
    bits: Bits,
    /// `1/T_L(1)`
    factor: Ball,
}

impl Deep {
    /// The dual in closed form at `bits`, or as a Hermite series with its rest.
    pub fn new(
        structure: &Activation,
        layers: u32,
        kind: Kind,
        bits: Bits,
        deadline: Deadline,
    ) -> Result<Deep> {
        let dual = match closed_form::<Ball>(&structure.expr, bits) {
            Some(dual) => dual,
            None => {
                let unit = Unit::of(structure)?.structure;
                let one = rug::Rational::from(1);
                let wanted = bits.min(SERIES_BITS);
                Dual::Series(resolving_series(&unit, Some(&one), wanted, deadline)?)
            }
        };
        let one = Ball::int(1, bits);
        let factor = match kind {
            Kind::Nngp => one,
            Kind::Ntk => {
                // T_L(1) = 1 + B' + ... + B'^L
                let slope = dual.slope_at(&one);
                let mut sum = one.clone();
                for _ in 0..layers {
                    sum = sum * &slope + &one;
                }
                one / &sum
            }
        };
        if !factor.is_finite() {
            return Err(Error::Domain(format!(
                "the tangent kernel of `{}` is infinite at rho = 1, or was not bounded there: it cannot be normalised",
                structure.expr
            )));
        }
        Ok(Deep {
            dual,
            layers,
            kind,
            bits,
            factor,
        })
    }

    pub fn at(&self, x: &Ball, order: usize) -> Jet {
        let x = x.with_bits(self.bits.max(x.bits()));
        let mut s = Jet::variable(&x, order);
        let mut t = s.clone();
        for _ in 0..self.layers {
            s.c[0] = s.c[0].clamp_unit();
            // one more, for the slope
            let ntk = self.kind == Kind::Ntk;
            let f = expansion(&self.dual, &s.c[0], order + usize::from(ntk));
            let next = s.composed(&f[..=order]);
            if ntk {
                let slope: Vec<Ball> = (1..f.len())
                    .map(|j| Ball::int(j as i64, self.bits) * &f[j])
                    .collect();
                t = t.times(&s.composed(&slope)).plus(&next);
            }
            s = next;
        }
        match self.kind {
            Kind::Nngp => s,
            Kind::Ntk => t.scaled(&self.factor),
        }
    }
}

/// The Taylor coefficients of a dual all over a ball of correlations.
fn expansion(dual: &Dual<Ball>, z: &Ball, order: usize) -> Vec<Ball> {
    let mut f = match dual {
        Dual::Series(series) => series_expansion(series, z, order),
        _ if order > 1 => dual.taylor(z, order),
        _ => vec![Ball::undefined(z.bits()); order + 1],
    };
    // these two have enclosures that do not suffer from the width of the ball
    f[0] = dual.at(z);
    if order > 0 {
        f[1] = dual.slope_at(z);
    }
    f
}

/// Those of a Hermite series: of the polynomial by Horner's scheme, of the rest by Cauchy's bound with its coefficients, which
/// are not negative: `|rest^(j)(z)/j!| <= tail (|z| + d)^(N+1)/d^j` for every `d <= 1 - |z|`.
fn series_expansion(series: &Series<Ball>, z: &Ball, order: usize) -> Vec<Ball> {
    let mut out = series.squares.clone();
    let bits = z.bits();
    for j in 0..=order.min(series.degree()) {
        for k in (j..series.degree()).rev() {
            out[k] = &out[k] + &(z * &out[k + 1]);
        }
    }
    out.resize(order + 1, Ball::int(0, bits));
    if series.tail.sign() == Some(Ordering::Equal) {
        return out;
    }
    let far = Real::abs(z).upper_end();
    let room = Ball::int(1, bits) - &far;
    let at_zero = far.sign() == Some(Ordering::Equal);
    for (j, c) in out.iter_mut().enumerate() {
        if at_zero && j <= series.degree() {
            continue;
        }
        if room.sign() != Some(Ordering::Greater) {
            *c = Ball::undefined(bits);
            continue;
        }
        // the best d solves (N + 1) d = j (|z| + d)
        let n = series.degree() + 1;
        let best = (&Ball::int(j as i64, bits) * &far)
            / Ball::int(n.saturating_sub(j).max(1) as i64, bits);
        let d = if j >= n || j == 0 || best.compare(&room) != Some(Ordering::Less) {
            room.clone()
        } else {
            best
        };
        let power = (&far + &d).powi(n as i64);
        let rest = (&series.tail * &power) / d.powi(j as i64);
        *c = match rest.is_finite() {
            true => c.widened(&Real::abs(&rest).upper_end().to_float()),
            false => Ball::undefined(bits),
        };
    }
    out
}
