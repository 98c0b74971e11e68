//! The polynomials that replace the arccosine, against MPFR.

use rug::Float;
use rug::float::Constant;

use crate::cntk::Lane;

const BITS: u32 = 300;

/// `(2/pi) acos(1 - y)` and `(2/pi) (sqrt(y (2 - y)) - (1 - y) acos(1 - y))`.
fn exact(y: f64) -> (Float, Float) {
    let y = Float::with_val(BITS, y);
    let x = Float::with_val(BITS, 1 - &y);
    let angle = Float::with_val(BITS, x.acos_ref());
    let sine = (Float::with_val(BITS, 2 - &y) * &y).sqrt();
    let segment = sine - x * &angle;
    let half_pi = Float::with_val(BITS, Constant::Pi) / 2;
    (angle / &half_pi, segment / half_pi)
}

fn worst<T: Lane, const FMA: bool>(points: impl Iterator<Item = f64>) -> f64 {
    let error = |got: f64, wanted: Float| ((got - wanted.clone()) / wanted).to_f64().abs();
    points
        .map(|y| {
            let y = T::rounded(y);
            let (angle, segment) = exact(y.double());
            let root = y.root();
            let a = error((root * T::angle::<FMA>(&T::ANGLE, y)).double(), angle);
            let s = error(
                (y * root * T::segment::<FMA>(&T::SEGMENT, y)).double(),
                segment,
            );
            a.max(s)
        })
        .fold(0.0, f64::max)
}

/// Evenly on `(0, 1]`, and over all orders of magnitude.
fn points() -> impl Iterator<Item = f64> {
    let even = (1..=4000).map(|n| f64::from(n) / 4000.0);
    even.chain((0..4000).map(|n| (-f64::from(n) / 110.0).exp()))
}

#[test]
fn the_error_of_the_polynomials_is_as_promised() {
    assert!(worst::<f32, true>(points()) < f32::ANGLE_ERROR);
    assert!(worst::<f32, false>(points()) < f32::ANGLE_ERROR);
    assert!(worst::<f64, true>(points()) < f64::ANGLE_ERROR);
    assert!(worst::<f64, false>(points()) < f64::ANGLE_ERROR);
}
