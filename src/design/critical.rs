//! Activations at the edge of chaos, where the variance is attracting.
//!
//! For every input scale `a` there are two wraps `f = gamma (phi(a x) + delta)` with `Q(1) = 1` and `C'(1) = 1`: with `m = E phi(aZ)`,
//! `s = E phi(aZ)^2`, `d = a^2 E phi'(aZ)^2`
//!
//! ```text
//! gamma = d^(-1/2),    delta = -m +- sqrt(d - (s - m^2)),    Q'(1) = E a Z phi'(aZ) (phi(aZ) + delta) / d
//! ```
//!
//! (`d >= s - m^2` by Poincare's inequality). Networks keep the variance 1 only where it attracts, `|Q'(1)| < 1`; elsewhere the
//! deep limit is another one. In the plane of weights and biases these are the points of [`crate::phase`] with `q* = a^2`,
//! `sigma_w^2 = a^2/d`, `sigma_b^2 = a^2 - a^2 s/d`, where that is not negative.

use rug::ops::Pow;
use rug::{Float, Rational};

use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::quadrature::expect;
use crate::real::{Analytic, Ball, Quantity, Real, bits_for};

/// A wrap on the edge of chaos.
#[derive(Clone, Debug)]
pub struct Critical {
    /// `a`
    pub input_scale: Rational,
    /// `delta`
    pub output_shift: Quantity,
    /// `gamma`
    pub output_scale: Quantity,
    /// `Q'(1)`: how fast the variance returns to 1.
    pub variance_slope: Quantity,
    /// The same network by weights and biases: `sigma_w^2`, and `sigma_b^2` where it is not negative, at the variance `a^2`.
    pub weights: Quantity,
    /// See `weights`.
    pub biases: Option<Quantity>,
    /// The activation with these numbers written out.
    pub activation: Expr,
}

/// What was found for the scales that were asked about.
#[derive(Clone, Debug)]
pub struct Criticals {
    /// Those that attract: proved.
    pub attracting: Vec<Critical>,
    /// Scales and shifts where the variance is proved not to be attracting, with `Q'(1)`.
    pub repelling: Vec<(Rational, Quantity)>,
    /// Scales where the slope of the variance cannot be told from 1 or -1.
    pub undecided: Vec<Rational>,
    /// The wanted `Q'(1)`, where scales were looked for.
    pub rate: Option<Rational>,
}

/// The wraps on the edge of chaos at these input scales.
///
/// ```
/// use deeplimit::{Effort, design::critical};
/// let found = critical(&"tanh".parse()?, &[1.into()], &Effort::default())?;
/// assert_eq!(found.attracting.len(), 2);
/// assert!(found.attracting.iter().all(|c| c.variance_slope.to_f64().abs() < 1.0));
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for an activation that jumps or is constant and for a scale that is not greater than 0, [`Error::Unresolved`],
/// [`Error::Timeout`].
pub fn critical(expr: &Expr, scales: &[Rational], effort: &Effort) -> Result<Criticals> {
    expr.no_letters()?;
    let phi = expr.expand().simplify();
    if phi.is_constant() {
        return Err(Error::Domain("the activation is constant".into()));
    }
    if super::family::jumps(&phi)? {
        return Err(Error::Domain(format!(
            "{expr} jumps: C'(1) is infinite at every scale"
        )));
    }
    let mut all = Criticals {
        attracting: vec![],
        repelling: vec![],
        undecided: vec![],
        rate: None,
    };
    for scale in scales {
        if *scale <= 0 {
            return Err(Error::Domain(format!(
                "the input scale {} is not greater than 0",
                Expr::rational(scale)
            )));
        }
        at_scale(expr, &phi, scale, effort, &mut all)?;
    }
    Ok(all)
}

/// What a scale says: `E phi`, `E phi^2`, `a^2 E phi'^2`, `E a Z phi'`, `E a Z phi' phi`, all of `aZ`.
struct Moments {
    m: Ball,
    s: Ball,
    d: Ball,
    z: Ball,
    zf: Ball,
}

impl Moments {
    fn at(phi: &Expr, scale: &Rational, digits: usize, deadline: Deadline) -> Result<Moments> {
        let bits = bits_for(digits) + 8;
        let a = Expr::rational(scale);
        let f = phi.substitute(&(a.clone() * Expr::X));
        let slope = a.clone() * phi.derivative().simplify().substitute(&(a * Expr::X));
        let mean = |e: Expr| -> Result<Ball> {
            let value = expect(&e.simplify(), digits, deadline)?;
            Ok(value
                .ball()
                .map_or_else(|| Ball::undefined(bits), |b| b.with_bits(bits)))
        };
        let found = Moments {
            m: mean(f.clone())?,
            s: mean(f.clone() * f.clone())?,
            d: mean(slope.clone() * slope.clone())?,
            z: mean(Expr::X * slope.clone())?,
            zf: mean(Expr::X * slope * f)?,
        };
        let inside = found.inside();
        if inside.upper() < 0 || !found.d.is_finite() || found.d.lower() <= 0 {
            return Err(Error::Unresolved(format!(
                "the moments at the scale {} are not known well enough",
                Expr::rational(scale)
            )));
        }
        Ok(found)
    }

    /// `d - Var phi`, zero for linear ones alone.
    fn inside(&self) -> Ball {
        &self.d - &(&self.s - &self.m.square())
    }

    /// `delta` and `Q'(1)` with one of the two signs of the root.
    fn wrap(&self, sign: i64) -> (Ball, Ball) {
        let inside = self.inside();
        let bits = inside.bits();
        let root = if inside.lower() > 0 {
            inside.sqrt()
        } else {
            Ball::from_interval(&Float::new(bits), &inside.upper(), bits).sqrt()
        };
        let delta = Ball::int(sign, bits) * root - &self.m;
        let variance_slope = (&self.zf + &(&delta * &self.z)) / &self.d;
        (delta, variance_slope)
    }
}

fn at_scale(
    expr: &Expr,
    phi: &Expr,
    scale: &Rational,
    effort: &Effort,
    all: &mut Criticals,
) -> Result<()> {
    let moments = Moments::at(phi, scale, effort.digits + 12, effort.deadline)?;
    for sign in [1, -1] {
        wrapped(expr, &moments, scale, sign, effort, all)?;
    }
    Ok(())
}

/// One of the two wraps at a scale.
fn wrapped(
    expr: &Expr,
    moments: &Moments,
    scale: &Rational,
    sign: i64,
    effort: &Effort,
    all: &mut Criticals,
) -> Result<()> {
    let bits = moments.d.bits();
    let one = Ball::int(1, bits);
    let gamma = &one / &moments.d.sqrt();
    let a2 = Ball::rational(&Rational::from(scale * scale), bits);
    let weights = &a2 / &moments.d;
    let biases = &a2 - &(&weights * &moments.s);
    let (delta, variance_slope) = moments.wrap(sign);
    let quantity = |b: &Ball| Quantity::new(b, None);
    let distance = Real::abs(&variance_slope) - &one;
    if distance.upper() < 0 {
        let [output_shift, output_scale] = [&delta, &gamma].map(quantity);
        let written = |q: &Quantity| q.digits(effort.digits).parse::<Expr>();
        let argument = if *scale == 1 {
            Expr::X
        } else {
            Expr::rational(scale) * Expr::X
        };
        let activation =
            written(&output_scale)? * (expr.substitute(&argument) + written(&output_shift)?);
        all.attracting.push(Critical {
            input_scale: scale.clone(),
            output_shift,
            output_scale,
            variance_slope: quantity(&variance_slope),
            weights: quantity(&weights),
            biases: (biases.lower() >= 0).then(|| quantity(&biases)),
            activation,
        });
    } else if distance.lower() >= 0 {
        all.repelling
            .push((scale.clone(), quantity(&variance_slope)));
    } else {
        all.undecided.push(scale.clone());
    }
    Ok(())
}

/// Scales that are looked at for a wanted rate: from, to, and how many, each a constant factor apart.
const RATES: (f64, f64, u32) = (0.02, 12.0, 160);
/// Steps of false position.
const STEPS: usize = 60;

/// The wraps on the edge of chaos at which the variance returns to 1 with a wanted rate, `Q'(1) = rate`, at input scales from 0.02 to
/// 12: where on a grid in doubles it passes the rate, the scale is found to so many digits. Others are not excluded.
///
/// ```
/// use deeplimit::{Effort, design::critical_with_rate};
/// let found = critical_with_rate(&"tanh".parse()?, &(1, 2).into(), &Effort::default())?;
/// assert!(found.attracting.iter().all(|c| (c.variance_slope.to_f64() - 0.5).abs() < 1e-13));
/// assert_eq!(found.attracting.len(), 2);
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// As [`critical`], and [`Error::Domain`] for a rate that is not between -1 and 1.
pub fn critical_with_rate(expr: &Expr, rate: &Rational, effort: &Effort) -> Result<Criticals> {
    if *rate <= -1 || *rate >= 1 {
        return Err(Error::Domain(format!(
            "the variance does not attract with Q'(1) = {}: a rate lies between -1 and 1",
            Expr::rational(rate)
        )));
    }
    let mut all = critical(expr, &[], effort)?;
    all.rate = Some(rate.clone());
    let phi = super::without_size(&expr.expand().simplify()).0;
    let (from, to, places) = RATES;
    let scales: Vec<f64> = (0..=places)
        .map(|k| from * (to / from).powf(f64::from(k) / f64::from(places)))
        .collect();
    let rough = rough(&phi, &scales);
    let typed = expr.expand().simplify();
    let mut found = Vec::new();
    for (i, sign) in [(0, 1), (1, -1)] {
        for k in 0..places as usize {
            let [a, b] = [k, k + 1].map(|k| rough[k][i] - rate.to_f64());
            if !(a.is_finite() && b.is_finite() && (a < 0.0) != (b < 0.0)) {
                continue;
            }
            // a kink spoils sums in doubles a little
            let wide = [
                scales[k.saturating_sub(1)],
                scales[(k + 2).min(places as usize)],
            ];
            let mut scale = placed(&typed, rate, sign, [scales[k], scales[k + 1]], effort)?;
            if scale.is_none() {
                scale = placed(&typed, rate, sign, wide, effort)?;
            }
            let Some(scale) = scale.filter(|s| !found.contains(&(sign, s.clone()))) else {
                continue;
            };
            let moments = Moments::at(&typed, &scale, effort.digits + 12, effort.deadline)?;
            wrapped(expr, &moments, &scale, sign, effort, &mut all)?;
            found.push((sign, scale));
        }
    }
    Ok(all)
}

/// `Q'(1)` of both wraps, by sums.
fn rough(phi: &Expr, scales: &[f64]) -> Vec<[f64; 2]> {
    let tape = Tape::<f64>::new(&[phi.clone(), phi.derivative()], 53);
    let of = |a: f64| {
        let mut sums = [0.0; 6];
        for n in -400..=400 {
            let z = f64::from(n) * 0.03;
            let w = (-z * z / 2.0).exp();
            let value = tape.at(&(a * z));
            let (f, d) = (value[0], a * value[1]);
            for (s, t) in sums
                .iter_mut()
                .zip([1.0, f, f * f, d * d, z * d, z * d * f])
            {
                *s += w * t;
            }
        }
        let [m, s, d, z, zf] = [1, 2, 3, 4, 5].map(|i| sums[i] / sums[0]);
        let root = (d - s + m * m).max(0.0).sqrt();
        [1.0, -1.0].map(|sign| (zf + (sign * root - m) * z) / d)
    };
    scales.iter().map(|a| of(*a)).collect()
}

/// The scale between two others at which `Q'(1)` is the rate to so many digits; `None` where there is no certain change of sign.
fn placed(
    phi: &Expr,
    rate: &Rational,
    sign: i64,
    ends: [f64; 2],
    effort: &Effort,
) -> Result<Option<Rational>> {
    let digits = effort.digits + 12;
    let bits = bits_for(digits);
    let excess = |a: &Rational| -> Result<Ball> {
        let (_, slope) = Moments::at(phi, a, digits, effort.deadline)?.wrap(sign);
        let bits = slope.bits();
        Ok(slope - Ball::rational(rate, bits))
    };
    let short = |x: &Float| {
        // the last digit is behind those that are shown
        let text = x.to_string_radix(10, Some(effort.digits + 3));
        Expr::parse(&text)
            .ok()
            .and_then(|e| e.simplify().as_rational())
    };
    let [Some(mut a), Some(mut b)] = ends.map(|x| short(&Float::with_val(bits, x))) else {
        return Ok(None);
    };
    let (mut fa, mut fb) = (excess(&a)?, excess(&b)?);
    let (Some(left), Some(right)) = (fa.sign(), fb.sign()) else {
        return Ok(None);
    };
    if left == right {
        return Ok(None);
    }
    let enough = Float::with_val(53, 10).pow(-(effort.digits as i32) - 1);
    let mut last = None;
    for _ in 0..STEPS {
        // false position (Illinois)
        let [x, y] = [&a, &b].map(|q| Float::with_val(bits, q));
        let step = Float::with_val(bits, fb.mid() - fa.mid());
        let at = Float::with_val(bits, &y - &x) * fb.mid() / step;
        let Some(mut c) = short(&(y - at)) else {
            return Ok(None);
        };
        if c <= a || c >= b {
            c = Rational::from(&a + &b) / 2u32;
        }
        let fc = excess(&c)?;
        if fc.magnitude() < enough {
            return Ok(Some(c));
        }
        let side = fc.sign();
        match side {
            Some(s) if s == left => {
                (a, fa) = (c, fc);
                if last == side {
                    fb = fb.scale2(-1);
                }
            }
            Some(_) => {
                (b, fb) = (c, fc);
                if last == side {
                    fa = fa.scale2(-1);
                }
            }
            None => return Ok(Some(c)),
        }
        last = side;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_critical_and_attracting() {
        for text in ["tanh", "gelu", "softplus"] {
            let found = critical(
                &text.parse().unwrap(),
                &[Rational::from((1, 2)), 2.into()],
                &Effort::digits(20),
            )
            .unwrap();
            assert!(!found.attracting.is_empty(), "{text}");
            for c in found.attracting {
                let constants = crate::exact::Activation::new(&c.activation)
                    .unwrap()
                    .classify(&Effort::digits(15))
                    .unwrap();
                assert!(
                    (constants.b_prime.unwrap().to_f64() - 1.0).abs() < 1e-12,
                    "{}",
                    c.activation
                );
                // the variance by a difference quotient
                let square = |q: f64| {
                    let e = c
                        .activation
                        .substitute(&(format!("{}*x", q.sqrt()).parse().unwrap()));
                    expect(&(e.clone() * e), 15, crate::deadline::Deadline::default())
                        .unwrap()
                        .to_f64()
                };
                assert!((square(1.0) - 1.0).abs() < 1e-12);
                let slope = (square(1.0001) - square(0.9999)) / 0.0002;
                assert!((slope - c.variance_slope.to_f64()).abs() < 1e-6, "{slope}");
            }
        }
    }

    /// By the difference quotient above it is `Q'(1)`; here it is the one that was wanted, for kinks, too.
    #[test]
    fn with_a_rate() {
        let effort = Effort::digits(12);
        for (text, rate) in [("softplus", (1, 2)), ("max(x-1/2,0)", (2, 5))] {
            let found = critical_with_rate(&text.parse().unwrap(), &rate.into(), &effort).unwrap();
            assert!(!found.attracting.is_empty(), "{text}");
            let rate = f64::from(rate.0) / f64::from(rate.1);
            for c in &found.attracting {
                assert!((c.variance_slope.to_f64() - rate).abs() < 1e-11, "{text}");
                let again = critical(
                    &text.parse().unwrap(),
                    std::slice::from_ref(&c.input_scale),
                    &effort,
                )
                .unwrap();
                let same = |d: &Critical| d.activation == c.activation;
                assert!(again.attracting.iter().any(same), "{text}");
            }
        }
        assert!(critical_with_rate(&"tanh".parse().unwrap(), &1.into(), &effort).is_err());
    }

    #[test]
    fn homogeneous_ones_keep_every_variance() {
        // the wrap without a shift has Q'(1) = 1: nothing attracts there
        let found = critical(&"relu".parse().unwrap(), &[1.into()], &Effort::default()).unwrap();
        assert!(found.attracting.len() < 2);
        assert!(critical(&"step".parse().unwrap(), &[1.into()], &Effort::default()).is_err());
        assert!(critical(&"tanh".parse().unwrap(), &[0.into()], &Effort::default()).is_err());
    }
}
