//! Polynomial activations of the lowest degree with a wanted exponent.
//!
//! `phi = sqrt(p) h_1 + sqrt(1-p) h_k` has `A = 0`, `A'^2 = p`, `B' = k - (k-1) p`, so `alpha = D` if and only if
//! `L(p) = log p + (D/2) log(k - (k-1) p) = 0`. `L` is concave where it matters: `L' = 1/p - (D/2)(k-1)/(k - (k-1)p)` vanishes
//! once, `L(0+) = -inf`, `L(1) = 0`; so there is exactly one root below 1 if `L'(1) < 0`, that is `D > 2/(k-1)`, and none
//! otherwise. Among all activations of degree `k` with `A = 0` the smallest exponent at a given `p` is that of `h_1` and `h_k`
//! (they have the largest `B'`), so degree `k` reaches no exponent `D <= 2/(k-1)` at all: the lowest degree is the least `k` with
//! `D > 2/(k-1)`. The signs of both coefficients are free.

use rug::{Float, Rational};

use crate::activation::Expr;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Quantity, Real, bits_for};

/// `sqrt(p) h_1 + sqrt(1-p) h_k` with the exponent that is wanted.
#[derive(Clone, Debug)]
pub struct Lowest {
    /// `k`.
    pub degree: u32,
    /// `p = A'^2`, in closed form where one is known.
    pub first: Quantity,
    /// The activation; exact where `p` has a closed form, else with as many digits as were asked for.
    pub activation: Expr,
    /// The exponent of what is written out.
    pub alpha: Quantity,
}

/// Beyond this degree a polynomial is no activation that anybody wants.
const DEGREE_MAX: u32 = 100;

/// The activation of lowest degree with `alpha = D` (up to the signs of its coefficients; of degree 2 it is the only one, of
/// higher degrees those with some of `h_2 .. h_(k-1)` are solutions, too).
///
/// ```
/// let golden = deeplimit::design::lowest(&4.into(), 20)?;
/// assert_eq!(golden.first.exact.as_deref(), Some("(3-sqrt(5))/2"));
/// assert_eq!((golden.degree, golden.alpha.exact.as_deref()), (2, Some("4")));
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for `D <= 0`, and for one so small that the degree would be above 100.
pub fn lowest(alpha: &Rational, digits: usize) -> Result<Lowest> {
    super::positive(alpha)?;
    // the least k with D (k-1) > 2
    let k = (Rational::from(2) / alpha)
        .floor()
        .numer()
        .to_u32()
        .map_or(u32::MAX, |k| k.saturating_add(2));
    if k > DEGREE_MAX {
        return Err(Error::Domain(format!(
            "alpha = {} takes a polynomial of degree {}; degrees are looked at up to {DEGREE_MAX}",
            Expr::rational(alpha),
            if k == u32::MAX {
                "beyond all bounds".into()
            } else {
                k.to_string()
            }
        )));
    }
    of_degree(alpha, k, digits)
}

/// `sqrt(p) h_1 + sqrt(1-p) h_k`, for `D > 2/(k-1)`.
pub(super) fn of_degree(alpha: &Rational, k: u32, digits: usize) -> Result<Lowest> {
    let closed = closed(alpha, k);
    let bits = bits_for(digits) + 32;
    let root = match &closed {
        Some(text) => crate::activation::Tape::<Ball>::new(&[Expr::parse(text)?], bits)
            .at_one(&Ball::int(0, bits)),
        None => root(alpha, k, bits)?,
    };
    let first = Quantity::new(&root, closed.clone());
    let text = closed.unwrap_or_else(|| first.digits(digits));
    let activation = Expr::parse(&format!("sqrt({text})*x+sqrt(1-({text}))*hermite({k},x)"))?;
    let exact = first.exact.is_some();
    let p = if exact {
        root
    } else {
        Ball::rational(
            &Expr::parse(&text)?
                .simplify()
                .as_rational()
                .unwrap_or_default(),
            bits,
        )
    };
    let alpha_of = (p.ln() / slope(&p, k).ln()).scale2(1) * Ball::int(-1, bits);
    let name = exact.then(|| Expr::rational(alpha).to_string());
    Ok(Lowest {
        degree: k,
        first,
        activation,
        alpha: Quantity::new(&alpha_of, name),
    })
}

/// `B' = k - (k-1) p`
fn slope(p: &Ball, k: u32) -> Ball {
    let bits = p.bits();
    Ball::int(i64::from(k), bits) - Ball::int(i64::from(k) - 1, bits) * p
}

/// `p` where the equation is quadratic after the root 1 has been divided out.
fn closed(alpha: &Rational, k: u32) -> Option<String> {
    let m = u64::from(k) - 1;
    if *alpha == 1 {
        // p^2 (k - m p) = 1: m p^2 - p - 1 = 0
        Some(format!("(1+sqrt({}))/{}", 1 + 4 * m, 2 * m))
    } else if *alpha == 2 {
        Some(format!("1/{m}"))
    } else if *alpha == 4 {
        // p (k - m p)^2 = 1: m p^2 - (m + 2) p + 1/m = 0
        Some(format!("({}-sqrt({}))/{}", m + 2, m * m + 4 * m, 2 * m))
    } else {
        None
    }
}

/// The one root below 1: bisection, then Newton's operator.
fn root(alpha: &Rational, k: u32, bits: u32) -> Result<Ball> {
    let half = Ball::rational(&Rational::from(alpha / 2u32), bits);
    let one = Ball::int(1, bits);
    let m = Ball::int(i64::from(k) - 1, bits);
    let value = |p: &Ball| p.ln() + &half * slope(p, k).ln();
    let derivative = |p: &Ball| &one / p - &half * &m / slope(p, k);
    // L rises up to its one maximum and falls to L(1) = 0: the root is below the maximum, p_max = 2k / ((k-1)(2 + D))
    let mut hi = Float::with_val(
        bits,
        (Ball::int(2 * i64::from(k), bits) / (&m * (Ball::int(2, bits) + half.scale2(1)))).mid(),
    );
    let mut lo = Float::with_val(bits, &hi / 2u32);
    while value(&Ball::exact(lo.clone())).upper() > 0 {
        lo /= 2u32;
    }
    for _ in 0..60 {
        let mid = Float::with_val(bits, &lo + &hi) / 2u32;
        if value(&Ball::exact(mid.clone())).mid() < &0 {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    let mut p = Ball::from_interval(&lo, &hi, bits).widened(&Float::with_val(53, &hi - &lo));
    let mut proved = false;
    for _ in 0..24 {
        let mid = Ball::exact(p.mid().clone());
        let next = &mid - &(&value(&mid) / &derivative(&p));
        if !p.encloses(&next) {
            break;
        }
        proved = true;
        p = next;
    }
    if proved {
        Ok(p)
    } else {
        Err(Error::Unresolved(
            "the coefficient of h_1 was not enclosed".into(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effort::Effort;

    #[test]
    fn known_values_and_closed_forms() {
        let of = |d: (i32, i32)| lowest(&d.into(), 20).unwrap();
        // a table of 36 digits, made by another program
        assert_eq!(of((3, 1)).first.digits(20), "0.61060931666506608251");
        assert_eq!(of((8, 1)).first.digits(18), "0.0724380245170746957");
        assert_eq!(of((16, 1)).first.digits(18), "0.00396882026458541018");
        assert_eq!(
            (
                of((2, 1)).degree,
                of((1, 1)).degree,
                of((1, 2)).degree,
                of((5, 2)).degree
            ),
            (3, 4, 6, 2)
        );
        // what the classifier says of the closed forms
        for d in [1, 2, 4] {
            let found = of((d, 1));
            let verdict = found
                .activation
                .to_string()
                .parse::<crate::exact::Activation>()
                .unwrap()
                .classify(&Effort::digits(20))
                .unwrap();
            let alpha = verdict.alpha.clone().unwrap().ball().unwrap();
            assert!(
                verdict.proved && (alpha - Ball::int(d.into(), 100)).magnitude() < 1e-18,
                "{d}: {verdict}"
            );
        }
        assert!(
            lowest(&Rational::from((1, 1000)), 15)
                .unwrap_err()
                .to_string()
                .contains("2002")
        );
        assert!(lowest(&Rational::from(-1), 15).is_err());
    }
}
