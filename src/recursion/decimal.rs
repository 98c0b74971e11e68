//! Deep kernels as decimals: `1.2345e-301030`, certain digits only, however large the exponent.

use std::cmp::Ordering;

use rug::float::Round;
use rug::{Float, Integer};

use super::Scaled;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Certain, certain_digits, enclosing_decimal};

/// Up to this logarithm the number itself is an MPFR number (whose exponents reach to `e^(7e8)`).
const ORDINARY: f64 = 1e8;
/// Decimal exponents with more bits than this are not written out.
const EXPONENT_BITS: u32 = 1 << 14;

impl Scaled<Ball> {
    /// The longest decimal of at most `digits` digits to which every number of the enclosure rounds, as
    /// [`certain_digits`] has it; beyond MPFR's exponents too.
    ///
    /// ```
    /// use deeplimit::real::{Analytic, Ball};
    /// use deeplimit::recursion::Scaled;
    /// // 2^(-10^12)
    /// let log = Ball::int(-1_000_000_000_000, 128) * &Ball::int(2, 128).ln();
    /// let small = Scaled { mantissa: Ball::int(1, 128), log };
    /// assert_eq!(small.certain_digits(5).to_string(), "1.0443e-301029995664");
    /// ```
    pub fn certain_digits(&self, digits: usize) -> Certain {
        match self.parts() {
            Parts::Ordinary(x) => certain_digits(x.mid(), &x.rad(), digits),
            Parts::Power { front, exponent } => {
                match certain_digits(front.mid(), &front.rad(), digits) {
                    Certain::Digits(text) => Certain::Digits(format!("{text}e{exponent}")),
                    Certain::Bound(_) => Certain::Bound(bound(&front, &exponent)),
                }
            }
            Parts::Small(exponent) => Certain::Bound(format!("0 +- 1e{exponent}")),
            Parts::Unknown => Certain::Bound("unbounded".into()),
        }
    }

    /// Decimal strings `(value, radius)`, `|x - value| <= radius`, as [`enclosing_decimal`] has them; beyond MPFR's exponents
    /// too.
    pub fn enclosing_decimal(&self, digits: usize) -> (String, String) {
        match self.parts() {
            Parts::Ordinary(x) => {
                let most = if x.relative_bits() > 1 << 20 {
                    digits
                } else {
                    let known = f64::from(x.relative_bits()) * std::f64::consts::LOG10_2;
                    digits.min(known as usize + 2)
                };
                enclosing_decimal(x.mid(), &x.rad(), most)
            }
            Parts::Power { front, exponent } => {
                let known = f64::from(front.relative_bits()) * std::f64::consts::LOG10_2;
                let most = digits.min(known as usize + 2);
                let (value, radius) = enclosing_decimal(front.mid(), &front.rad(), most);
                (shifted(&value, &exponent), shifted(&radius, &exponent))
            }
            Parts::Small(exponent) => ("0".into(), format!("1e{exponent}")),
            Parts::Unknown => ("0".into(), "inf".into()),
        }
    }

    /// Can it be written as a decimal? Not where the decimal exponent itself has thousands of digits, as at depth 10^6 in the
    /// nearest-neighbour regime; the logarithm can be written then, where it is finite.
    ///
    /// # Errors
    /// [`Error::Unresolved`] with the logarithm.
    pub fn decimal_exists(&self) -> Result<()> {
        if !matches!(self.parts(), Parts::Unknown) {
            return Ok(());
        }
        let log = if self.log.is_finite() {
            format!(
                "exp({})",
                certain_digits(self.log.mid(), &self.log.rad(), 15)
            )
        } else {
            "beyond the range of MPFR even as a logarithm".to_owned()
        };
        Err(Error::Unresolved(format!(
            "the kernel is {log}: too far out to be written as a decimal (`limit` has the function that it is a power of)"
        )))
    }

    fn parts(&self) -> Parts {
        let zero = self.mantissa.sign() == Some(Ordering::Equal);
        if zero || self.log.magnitude() < ORDINARY {
            return Parts::Ordinary(self.value());
        }
        let bits = self.log.bits().max(self.mantissa.bits()) + 32;
        let ten = Ball::int(10, bits).ln();
        // log10 of the power alone: the mantissa keeps its sign, and its own digits
        let power = &self.log.with_bits(bits) / &ten;
        let (low, high) = (power.lower(), power.upper());
        if !power.is_finite() {
            return Parts::Unknown;
        }
        let size = self.mantissa.magnitude().get_exp().unwrap_or(0);
        let exponent_bits = high.get_exp().unwrap_or(0).max(low.get_exp().unwrap_or(0));
        if exponent_bits > EXPONENT_BITS as i32 {
            return Parts::Unknown;
        }
        let Some(whole) = power.mid().to_integer_round(Round::Down) else {
            return Parts::Unknown;
        };
        let mut exponent = whole.0;
        let rest = &power - &Ball::exact(Float::with_val(bits + EXPONENT_BITS, &exponent));
        let mut front = &self.mantissa * &(&rest * &ten).exp();
        let loose = rest.rad() > 1 || front.contains_zero();
        if loose || !front.is_finite() {
            // only how large it is at most: |mantissa| < 2^size <= 10^size
            if high > 0 {
                return Parts::Unknown;
            }
            let top = high
                .to_integer_round(Round::Up)
                .map(|(n, _)| n + size.max(0) + 1);
            return top.map_or(Parts::Unknown, Parts::Small);
        }
        // one digit before the point
        for _ in 0..2 {
            let decade = (front.mid().clone().abs().log10()).floor().to_f64() as i64;
            if decade != 0 && decade.unsigned_abs() < 1 << 20 {
                front = &front * &Ball::int(10, bits).powi(-decade);
                exponent += decade;
            }
        }
        Parts::Power { front, exponent }
    }
}

enum Parts {
    /// The number itself.
    Ordinary(Ball),
    /// `front 10^exponent`, `1 <= |front| < 10` or nearly so.
    Power {
        front: Ball,
        exponent: Integer,
    },
    /// At most `10^exponent`.
    Small(Integer),
    Unknown,
}

/// `0 +- 2.1e-5` for a front without a certain digit.
fn bound(front: &Ball, exponent: &Integer) -> String {
    let size = front.magnitude();
    let (value, _) = enclosing_decimal(
        &Float::with_val_round(8, &size, Round::Up).0,
        &Float::new(8),
        3,
    );
    format!("0 +- {}", shifted(&value, &(exponent.clone() + 1)))
}

/// `1.5e-3` times a power of ten, as a decimal.
fn shifted(text: &str, exponent: &Integer) -> String {
    if text == "0" || text == "inf" || text == "nan" {
        return text.to_string();
    }
    let (mantissa, own) = text.split_once('e').unwrap_or((text, "0"));
    let own: Integer = own.parse().unwrap_or_default();
    format!("{mantissa}e{}", own + exponent)
}
