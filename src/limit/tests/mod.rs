//! The limit kernels against closed forms, reference values and each other.

mod abel;
mod boettcher;
mod interior;
mod kernel;
mod koenigs;
mod log_periodic;
mod ordered;
mod values;

use crate::activation::Expr;
use crate::dual::{Dual, closed_form};
use crate::real::{Analytic, Ball, Real};
use crate::recursion::{Correlation, LayerMap};
use rug::{Float, Rational};

/// The dual of a text with a closed form.
pub fn dual(text: &str, bits: u32) -> Dual<Ball> {
    closed_form(&Expr::parse(text).unwrap(), bits).unwrap_or_else(|| panic!("{text}"))
}

/// A decimal, exactly.
pub fn decimal(text: &str) -> Rational {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shift = exponent.parse::<i32>().unwrap() - rest.len() as i32;
    let digits: rug::Integer = format!("{whole}{rest}").parse().unwrap();
    let power = Rational::from(rug::Integer::u_pow_u(10, shift.unsigned_abs()));
    if shift < 0 {
        digits / power
    } else {
        digits * power
    }
}

/// The enclosure holds the decimal up to one unit of its last digit, and is tighter than that.
#[track_caller]
pub fn holds(ball: &Ball, text: &str) {
    let value = decimal(text);
    let unit = {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let rest = mantissa.split_once('.').map_or(0, |(_, r)| r.len() as i32);
        decimal(&format!("1e{}", exponent.parse::<i32>().unwrap() - rest))
    };
    let unit = Float::with_val(64, &unit);
    let bits = ball.mid().prec() + 64;
    let distance = Float::with_val(bits, ball.mid() - Float::with_val(bits, &value)).abs();
    assert!(distance <= unit, "{ball:?} is not {text}");
    assert!(ball.rad() <= unit, "{ball:?} is too wide for {text}");
}

/// A rational as a ball.
pub fn ball(text: &str, bits: u32) -> Ball {
    Ball::rational(&decimal(text), bits)
}

/// A correlation.
pub fn place(text: &str, bits: u32) -> Correlation<Ball> {
    Correlation::rational(&decimal(text), bits)
}

/// The largest relative error of `f64` against the midpoint of a ball.
pub fn relative_error(x: f64, ball: &Ball) -> f64 {
    let e = Float::with_val(100, ball.mid() - x) / ball.mid();
    e.to_f64().abs()
        + (Float::with_val(64, ball.radius()) / ball.mid())
            .to_f64()
            .abs()
}
