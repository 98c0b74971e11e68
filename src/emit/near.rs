//! Where a formula loses its digits, `sin(x)/x` or `x - tanh(x)` near 0, a polynomial has them.

use rug::{Float, Rational};

use crate::activation::{Expr, Tape};
use crate::real::Mpfr;

/// Nodes of the interpolation: twice as many as the polynomials have terms, so that these are right to far more than a double.
const NODES: usize = 64;
/// The highest power that is written.
const DEGREE: usize = 30;
/// Bits of the arithmetic: the quotient may lose hundreds.
const BITS: u32 = 900;
/// Relative to the value: half a unit in the last place of a double.
const ACCURACY: f64 = 1.2e-16;
/// Radii from the largest on: the smaller, the more digits the formula has lost outside.
const RADII: [f64; 6] = [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125];

/// A polynomial in `x - centre` that is the function for `|x - centre| < radius`.
pub(super) struct Near {
    pub centre: f64,
    pub radius: f64,
    pub coefficients: Vec<f64>,
    /// An `x` outside at which the formula is finite.
    pub far: f64,
}

/// The polynomial, if there is one as good as a double can be. That is measured, not proved: it is interpolated at 64
/// Chebyshev nodes in 900 bits, and compared with the function between them.
pub(super) fn near(e: &Expr, place: &Rational) -> Option<Near> {
    let centre = Float::with_val(BITS, place);
    if centre.to_f64() != centre {
        return None;
    }
    let tape = Tape::<Mpfr>::new(std::slice::from_ref(e), BITS);
    let at = |t: &Float| {
        let x = Mpfr::new(Float::with_val(BITS, &centre + t));
        let value = tape.at_one(&x).into_float();
        value.is_finite().then_some(value)
    };
    RADII.into_iter().find_map(|radius| {
        let coefficients = interpolated(&at, radius)?;
        let centre = centre.to_f64();
        let double = Tape::<f64>::new(std::slice::from_ref(e), 53);
        let outside = [2.0, -2.0, 4.0, -4.0, 1.5, -1.5].map(|f| centre + f * radius);
        let far = outside.into_iter().find(|x| double.at_one(x).is_finite())?;
        Some(Near {
            centre,
            radius,
            coefficients,
            far,
        })
    })
}

fn interpolated(at: &impl Fn(&Float) -> Option<Float>, radius: f64) -> Option<Vec<f64>> {
    let n = NODES as u32;
    let zero = || Float::new(BITS);
    let angle = |k: usize| {
        let pi = Float::with_val(BITS, rug::float::Constant::Pi);
        (pi * k as u32 / (2 * n)).cos()
    };
    let cosines: Vec<Float> = (0..4 * NODES).map(angle).collect();
    let samples: Option<Vec<Float>> = (0..NODES)
        .map(|j| at(&Float::with_val(BITS, &cosines[2 * j + 1] * radius)))
        .collect();
    let samples = samples?;
    // c_k, and the powers of T_k = 2 s T_(k-1) - T_(k-2)
    let mut powers = vec![zero(); NODES];
    let (mut before, mut now) = (vec![zero(); NODES], vec![zero(); NODES]);
    now[0] = Float::with_val(BITS, 1);
    for k in 0..NODES {
        let mut c = zero();
        for (j, y) in samples.iter().enumerate() {
            c += Float::with_val(BITS, y * &cosines[k * (2 * j + 1) % (4 * NODES)]);
        }
        c *= if k == 0 { 1 } else { 2 };
        c /= n;
        for (p, t) in powers.iter_mut().zip(&now) {
            *p += Float::with_val(BITS, t * &c);
        }
        let mut next = vec![zero(); NODES];
        for i in 0..NODES {
            if i > 0 {
                next[i] = Float::with_val(BITS, &now[i - 1] * if k == 0 { 1 } else { 2 });
            }
            next[i] -= &before[i];
        }
        if k == 0 {
            before = std::mem::replace(&mut now, next);
        } else {
            (before, now) = (now, next);
        }
    }
    let largest = powers.iter().map(|p| p.to_f64().abs()).fold(0.0, f64::max);
    let mut scale = Float::with_val(BITS, 1);
    let mut coefficients = Vec::new();
    for p in powers.iter().take(DEGREE + 1) {
        let scaled = Float::with_val(BITS, p / &scale);
        // what interpolation left of a power that is not there
        let kept = p.to_f64().abs() > 1e-25 * largest;
        coefficients.push(if kept { scaled.to_f64() } else { 0.0 });
        scale *= radius;
    }
    while coefficients.last() == Some(&0.0) {
        coefficients.pop();
    }
    good(at, radius, &coefficients).then_some(coefficients)
}

/// Is the polynomial, summed exactly, the function to half an ulp, near the centre too?
fn good(at: &impl Fn(&Float) -> Option<Float>, radius: f64, c: &[f64]) -> bool {
    let places = [1.0, 0.97, 0.8, 0.61, 0.4, 0.23, 0.1, 1e-3, 1e-6];
    !c.is_empty()
        && places.into_iter().flat_map(|s| [s, -s]).all(|s| {
            let t = Float::with_val(BITS, s * radius);
            let sum = c
                .iter()
                .rev()
                .fold(Float::new(BITS), |sum, c| sum * &t + *c);
            at(&t).is_some_and(|value| {
                let error = Float::with_val(BITS, &sum - &value).abs();
                error <= Float::with_val(BITS, value.abs() * ACCURACY)
            })
        })
}
