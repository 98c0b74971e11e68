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

use rug::Rational;

use crate::activation::Expr;
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

fn at_scale(
    expr: &Expr,
    phi: &Expr,
    scale: &Rational,
    effort: &Effort,
    all: &mut Criticals,
) -> Result<()> {
    let digits = effort.digits + 12;
    let bits = bits_for(digits) + 8;
    let a = Expr::rational(scale);
    let f = phi.substitute(&(a.clone() * Expr::X));
    let slope = a.clone()
        * phi
            .derivative()
            .simplify()
            .substitute(&(a.clone() * Expr::X));
    let mean = |e: Expr| -> Result<Ball> {
        let value = expect(&e.simplify(), digits, effort.deadline)?;
        Ok(value
            .ball()
            .map_or_else(|| Ball::undefined(bits), |b| b.with_bits(bits)))
    };
    let m = mean(f.clone())?;
    let s = mean(f.clone() * f.clone())?;
    let d = mean(slope.clone() * slope.clone())?;
    let z = mean(Expr::X * slope.clone())?;
    let zf = mean(Expr::X * slope * f)?;
    let inside = &d - &(&s - &m.square());
    if inside.upper() < 0 || !d.is_finite() || d.lower() <= 0 {
        return Err(Error::Unresolved(format!(
            "the moments at the scale {} are not known well enough",
            Expr::rational(scale)
        )));
    }
    // zero for linear ones alone
    let root = if inside.lower() > 0 {
        inside.sqrt()
    } else {
        Ball::from_interval(&rug::Float::new(bits), &inside.upper(), bits).sqrt()
    };
    let gamma = Ball::int(1, bits) / d.sqrt();
    let a2 = Ball::rational(&Rational::from(scale * scale), bits);
    let weights = &a2 / &d;
    let biases = &a2 - &(&weights * &s);
    let one = Ball::int(1, bits);
    for sign in [1, -1] {
        let delta = Ball::int(sign, bits) * &root - &m;
        let variance_slope = (&zf + &(&delta * &z)) / &d;
        let quantity = |b: &Ball| Quantity::new(b, None);
        if (Real::abs(&variance_slope) - &one).upper() < 0 {
            let [output_shift, output_scale] = [&delta, &gamma].map(quantity);
            let written = |q: &Quantity| q.digits(effort.digits).parse::<Expr>();
            let argument = if *scale == 1 {
                Expr::X
            } else {
                a.clone() * Expr::X
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
        } else if (Real::abs(&variance_slope) - &one).lower() >= 0 {
            all.repelling
                .push((scale.clone(), quantity(&variance_slope)));
        } else {
            all.undecided.push(scale.clone());
        }
    }
    Ok(())
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

    #[test]
    fn homogeneous_ones_keep_every_variance() {
        // the wrap without a shift has Q'(1) = 1: nothing attracts there
        let found = critical(&"relu".parse().unwrap(), &[1.into()], &Effort::default()).unwrap();
        assert!(found.attracting.len() < 2);
        assert!(critical(&"step".parse().unwrap(), &[1.into()], &Effort::default()).is_err());
        assert!(critical(&"tanh".parse().unwrap(), &[0.into()], &Effort::default()).is_err());
    }
}
