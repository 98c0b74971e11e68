//! Reference values from elsewhere, closed-form families, laws, overlaps, and things broken on purpose.

mod conventions;
mod families;
mod network;
mod unit;
mod variances;

use rug::Float;

use crate::dual::{Dual, closed_form};
use crate::real::{Analytic, Ball, Bits, Real};

/// A reference value printed to so many digits: a ball that contains the true one.
pub fn reference(text: &str) -> Ball {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let places = mantissa.split_once('.').map_or(0, |(_, f)| f.len()) as i32
        - exponent.parse::<i32>().unwrap();
    let mid = Float::with_val(600, Float::parse(text).unwrap());
    let error = Float::with_val(64, Float::parse(format!("1e{}", -places)).unwrap());
    Ball::new(mid, &error)
}

/// `|x/y - 1|` as a double.
pub fn off(x: f64, y: &Ball) -> f64 {
    let x = Ball::exact(Float::with_val(53, x));
    (&(&x - y) / y).to_f64().abs()
}

/// Certain decimal digits of a ball.
pub fn digits(x: &Ball) -> f64 {
    f64::from(x.relative_bits()) * std::f64::consts::LOG10_2
}

/// A dual in closed form.
pub fn dual<R: Real>(text: &str, bits: Bits) -> Dual<R> {
    closed_form(&crate::activation::Expr::parse(text).unwrap(), bits)
        .unwrap_or_else(|| panic!("{text} has no closed form"))
}

pub fn ball(n: i64, d: i64, bits: Bits) -> Ball {
    Ball::rational(&(n, d).into(), bits)
}
