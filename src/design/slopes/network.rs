//! The slope of a layer from that of a network.
//!
//! `C'(1)` of a network is a function of `psi = C'(1)` of its nonlinear layers (Martens et al. 2021, section on the maximal slope):
//! layers one after another multiply, a sum `w f + sqrt(1-w^2) g` of two parts has `w^2` times the one plus `1 - w^2` times the
//! other. What they call the maximal slope is that of the part of the network that has the largest. A chain of `L` layers has
//! `psi^L`, sixteen residual blocks of two layers with equal weights `((1+psi^2)/2)^16`.

use rug::{Float, Rational};

use crate::activation::{Expr, Tape};
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Interval, bits_for};

/// So large is no slope that anybody wants of a layer.
const MOST: u32 = 1 << 20;

/// The smallest `psi > 1` at which the network has the wanted slope, to so many digits; `network` is a formula in which `x` stands for `psi`.
///
/// ```
/// use deeplimit::design::local_slope;
/// let psi = local_slope(&"x^50".parse()?, &(3, 2).into(), 15)?;
/// assert!((psi.to_f64() - 1.5f64.powf(0.02)).abs() < 1e-14);
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for a slope that is not greater than 1 and a formula that is not 1 at 1, or is not proved to rise.
pub fn local_slope(network: &Expr, wanted: &Rational, digits: usize) -> Result<Rational> {
    let refuse = |message: String| Err(Error::Domain(message));
    if *wanted <= 1 {
        return refuse(format!(
            "C'(1) = {} cannot be: it is greater than 1 for every network that is not linear",
            Expr::rational(wanted)
        ));
    }
    let network = network.expand().simplify();
    let bits = bits_for(digits) + 64;
    let tape = Tape::<Ball>::new(std::slice::from_ref(&network), bits);
    let at = |q: &Rational| tape.at_one(&Ball::rational(q, bits));
    let one = Rational::from(1);
    let linear = network.substitute(&Expr::int(1)).simplify();
    if linear
        .as_rational()
        .map_or_else(|| !at(&one).contains(&Float::with_val(bits, 1)), |q| q != 1)
    {
        return refuse(
            "with linear layers (psi = 1) a network has the slope 1, and this formula has not: in a sum w f + sqrt(1-w^2) g the squares of the weights sum to 1"
                .into(),
        );
    }
    let target = Ball::rational(wanted, bits);
    let above = |q: &Rational| (at(q) - &target).lower() > 0;
    let mut most = Rational::from(2);
    while !above(&most) {
        most *= 2u32;
        if most > MOST {
            return refuse(format!(
                "the network does not reach the slope {}",
                Expr::rational(wanted)
            ));
        }
    }
    let slope = Tape::<Interval>::new(&[network.derivative().simplify()], bits);
    let all = Interval::new(Float::with_val(bits, 1), Float::with_val(bits, &most));
    if slope.at_one(&all).lo().is_nan() || *slope.at_one(&all).lo() <= 0 {
        return refuse("the network's slope is not proved to grow with that of its layers".into());
    }
    let mut least = one;
    for _ in 0..bits_for(digits) + 32 {
        let middle = Rational::from(&least + &most) / 2u32;
        if above(&middle) {
            most = middle
        } else {
            least = middle
        }
    }
    // rounded to a short number
    let short = Float::with_val(bits_for(digits) + 16, &least);
    Ok(short.to_rational().unwrap_or(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_residual_blocks() {
        let of = |text: &str, s: (i32, i32)| {
            let e = Expr::parse_in("psi", text, &crate::activation::Constants::default()).unwrap();
            local_slope(&e, &s.into(), 20)
        };
        let psi = of("((1+psi^2)/2)^16", (3, 2)).unwrap().to_f64();
        assert!((((1.0 + psi * psi) / 2.0).powi(16) - 1.5).abs() < 1e-13);
        // the chain's slope is that of its square twice
        let (once, twice) = (of("psi^10", (2, 1)).unwrap(), of("psi^20", (2, 1)).unwrap());
        let off = Rational::from(&twice * &twice) - once;
        assert!(off.to_f64().abs() < 1e-19);
        for (text, s, words) in [
            ("psi^3", (1, 1), "greater than 1"),
            ("psi+psi^2", (2, 1), "squares of the weights"),
            ("2-psi", (3, 2), "does not reach"),
            ("tanh(psi-1)+1", (3, 1), "does not reach"),
            // 3/2 at 1.19 and once more at 2.31
            ("1+3*(psi-1)-2*(psi-1)^2", (3, 2), "not proved to grow"),
        ] {
            let told = of(text, s).unwrap_err().to_string();
            assert!(told.contains(words), "{text}: {told}");
        }
    }
}
