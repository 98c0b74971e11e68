//! Leaky ReLUs tailored to a depth (Zhang et al. 2022): the negative slope `a` at which `L` layers take orthogonal inputs to a wanted
//! correlation.
//!
//! With `b = (1-a)^2/(1+a^2)` a normalised layer has `C(c) = c + b/pi (sqrt(1-c^2) - c acos c)`: `C` rises with `c`, and with `b`, which
//! falls from 1 to 0 as `a` goes from 0 to 1. So `C_L(0)` falls from that of ReLU to 0, and there is one `a` between (`1/a` has
//! the same kernel).

use rug::{Float, Rational};

use crate::activation::Expr;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Quantity, bits_for};

/// A leaky ReLU of variance 1.
#[derive(Clone, Debug)]
pub struct Leaky {
    /// `a`
    pub negative_slope: Quantity,
    /// `sqrt(2/(1+a^2))`
    pub output_scale: Quantity,
    /// The activation with these numbers written out.
    pub activation: Expr,
}

/// The deepest network.
const LAYERS_MAX: u32 = 1000;

/// The one leaky ReLU with a negative slope from 0 to 1 with which `layers` layers have `C(0) = eta`; `None` where that of ReLU is
/// no larger, proved.
///
/// ```
/// use deeplimit::{Effort, design::leaky};
/// let found = leaky(50, &(9, 10).into(), &Effort::default())?.unwrap();
/// assert!((0.4..0.6).contains(&found.negative_slope.to_f64()));
/// assert!(leaky(1, &(9, 10).into(), &Effort::default())?.is_none());
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for a correlation that is not between 0 and 1 and a number of layers that is not from 1 to 1000;
/// [`Error::Timeout`].
pub fn leaky(layers: u32, eta: &Rational, effort: &Effort) -> Result<Option<Leaky>> {
    if *eta <= 0 || *eta >= 1 {
        return Err(Error::Domain(format!(
            "the correlation {} is not between 0 and 1",
            Expr::rational(eta)
        )));
    }
    if !(1..=LAYERS_MAX).contains(&layers) {
        return Err(Error::Domain(format!(
            "the number of layers is from 1 to {LAYERS_MAX}"
        )));
    }
    let digits = effort.digits;
    let bits = bits_for(digits) + 64;
    let wanted = Ball::rational(eta, bits);
    let reached = |a: &Float| -> Result<Ball> {
        effort.deadline.check("the slope of a leaky ReLU")?;
        let a = Ball::exact(a.clone());
        Ok(correlation(layers, &a, bits) - &wanted)
    };
    let (mut lo, mut hi) = (Float::new(bits), Float::with_val(bits, 1));
    let relu = reached(&lo)?;
    if relu.upper() <= 0 {
        return Ok(None);
    }
    if relu.lower() <= 0 {
        return Err(Error::Unresolved(
            "the correlation is that of ReLU, to all digits that were looked at".into(),
        ));
    }
    for _ in 0..bits_for(digits) + 8 {
        let middle = Float::with_val(bits, &lo + &hi) / 2u32;
        let side = reached(&middle)?;
        if side.lower() > 0 {
            lo = middle
        } else if side.upper() < 0 {
            hi = middle
        } else {
            break;
        }
    }
    let a = Ball::from_interval(&lo, &hi, bits);
    let scale = (Ball::int(2, bits) / (Ball::int(1, bits) + a.square())).sqrt();
    let [negative_slope, output_scale] = [&a, &scale].map(|b| Quantity::new(b, None));
    let text = format!(
        "{}*leaky_relu(x,{})",
        output_scale.digits(digits),
        negative_slope.digits(digits)
    );
    Ok(Some(Leaky {
        activation: Expr::parse(&text)?,
        negative_slope,
        output_scale,
    }))
}

/// `C_L(0)`
fn correlation(layers: u32, a: &Ball, bits: u32) -> Ball {
    let one = Ball::int(1, bits);
    let b = (&one - a).square() / (&one + a.square()) / Ball::pi(bits);
    let mut c = Ball::int(0, bits);
    for _ in 0..layers {
        let root = (&one - c.square()).sqrt();
        c = &c + &(&b * &(root - &c * &c.acos()));
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written does what was wanted, by the dual of the activation layer by layer.
    #[test]
    fn the_written_activation_has_the_correlation() {
        let found = leaky(4, &(1, 2).into(), &Effort::digits(20))
            .unwrap()
            .unwrap();
        let phi = crate::exact::Activation::new(&found.activation).unwrap();
        let mut rho = "0".to_owned();
        for _ in 0..4 {
            rho = phi.dual(&[&rho], &Effort::digits(20)).unwrap()[0]
                .dual
                .digits(20);
        }
        assert!((rho.parse::<f64>().unwrap() - 0.5).abs() < 1e-14, "{rho}");
        assert!(leaky(0, &(1, 2).into(), &Effort::default()).is_err());
        assert!(leaky(3, &1.into(), &Effort::default()).is_err());
        // deeper networks take less of a kink
        let slope = |l: u32| {
            leaky(l, &(1, 2).into(), &Effort::digits(10))
                .unwrap()
                .unwrap()
                .negative_slope
                .to_f64()
        };
        assert!(slope(8) > slope(4) && slope(200) > slope(8));
    }
}
