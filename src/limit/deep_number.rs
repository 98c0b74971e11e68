//! Numbers of any size: deep kernels are far outside of the range of doubles, and of everything else.

use rug::{Float, Integer};

use super::boettcher::Logarithmic;
use crate::real::{Analytic, Ball, Quantity, Real};
use crate::recursion::Scaled;

/// An enclosed number in a form that can be printed.
#[derive(Clone, Debug)]
pub enum DeepNumber {
    /// `mantissa 10^exponent`; the exponent is 0 for numbers of ordinary size.
    Decimal {
        /// The digits.
        mantissa: Quantity,
        /// The power of ten split off.
        exponent: Integer,
    },
    /// `+-e^log`, where even the exponent has too many digits: the nearest-neighbour regime.
    Exponential {
        /// The sign.
        negative: bool,
        /// The natural logarithm of the modulus.
        log: Box<DeepNumber>,
    },
}

/// Logarithms below this are left to the number itself.
const PLAIN: f64 = 20_000.0;

impl DeepNumber {
    /// A number of ordinary size.
    pub fn plain(quantity: Quantity) -> Self {
        DeepNumber::Decimal {
            mantissa: quantity,
            exponent: Integer::new(),
        }
    }

    /// A ball.
    pub fn ball(x: &Ball) -> Self {
        DeepNumber::plain(Quantity::new(x, None))
    }

    /// `mantissa e^log`.
    pub fn scaled(x: &Scaled<Ball>) -> Self {
        if x.log.abs().to_f64() < PLAIN || x.mantissa.contains_zero() {
            return DeepNumber::ball(&x.value());
        }
        let bits = x.log.bits();
        let size = &x.ln() / &Ball::int(10, bits).ln();
        let whole = size.mid().clone().floor();
        let Some(exponent) = whole.to_integer().filter(|_| size.rad() < 0.25) else {
            return DeepNumber::Exponential {
                negative: x.mantissa.to_f64() < 0.0,
                log: Box::new(DeepNumber::ball(&x.ln())),
            };
        };
        let rest = &size - &Ball::exact(Float::with_val(bits, &whole));
        let mantissa = (&rest * &Ball::int(10, bits).ln()).exp();
        let negative = x.mantissa.to_f64() < 0.0;
        let mantissa = if negative { -mantissa } else { mantissa };
        DeepNumber::Decimal {
            mantissa: Quantity::new(&mantissa, None),
            exponent,
        }
    }

    /// A number given by its logarithm.
    pub fn logarithmic(x: &Logarithmic<Ball>) -> Self {
        if x.sign.is_eq() {
            return DeepNumber::plain(Quantity::integer(0));
        }
        let negative = x.sign.is_lt();
        let log = x.log.value();
        // digits of the number are digits of its logarithm after the point
        if log.is_finite() && log.rad() < 1e-3 {
            let one = Ball::int(if negative { -1 } else { 1 }, log.bits());
            return DeepNumber::scaled(&Scaled { mantissa: one, log });
        }
        DeepNumber::Exponential {
            negative,
            log: Box::new(DeepNumber::scaled(&x.log)),
        }
    }

    /// Certain bits, relative: of the mantissa, or of the logarithm.
    pub fn relative_bits(&self) -> u32 {
        match self {
            DeepNumber::Decimal { mantissa, .. } => mantissa.relative_bits(),
            DeepNumber::Exponential { log, .. } => log.relative_bits(),
        }
    }
}
