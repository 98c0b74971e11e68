//! Laws of the Hermite coefficients.

use super::duals::{mirrored, one};
use super::exam::{Exam, int};
use super::law::{Comparison, Domain, Identity, Object};
use crate::real::{Analytic, Ball, Real};

const COEFFICIENT: &[Object] = &[Object::Coefficient];
const WITH_DUAL: &[Object] = &[Object::Coefficient, Object::Dual];
const WITH_SLOPE: &[Object] = &[Object::Coefficient, Object::Slope];
const FACTORIAL: &str = "the physicists' Hermite polynomials, or a missing 1/sqrt(n!)";

/// So many coefficients are looked at.
const COUNT: u32 = 9;

/// The laws.
pub(super) const LAWS: &[Identity] = &[
    Identity::new(
        "coefficients_parseval",
        "sum_{n <= N} a_n^2 <= 1",
        "Parseval (Bessel)",
        Domain::Any,
        COEFFICIENT,
        |e, _| {
            let sum = squares(e)?.iter().fold(int(0), |s, p| &s + p);
            one(Comparison::at_most(sum, int(1)))
        },
    )
    .usually(FACTORIAL),
    Identity::new(
        "coefficients_mehler",
        "sum_{n <= N} a_n^2 rho^n <= dual(rho) <= the same + (1 - sum a_n^2) rho^(N+1)",
        "Mehler 1866, Parseval",
        Domain::Any,
        WITH_DUAL,
        |e, s| {
            let p = squares(e)?;
            let rho = e.number(s.rho);
            let value = p.iter().rev().fold(int(0), |v, c| &(&v * &rho) + c);
            let sum = p.iter().fold(int(0), |s, c| &s + c);
            let rest = &(int(1) - &sum) * &rho.powi(p.len() as i64);
            let dual = e.dual(s.rho)?;
            Some(vec![
                Comparison::at_most(value.clone(), dual.clone()),
                Comparison::at_most(dual, &value + &rest),
            ])
        },
    )
    .usually(FACTORIAL),
    Identity::new(
        "coefficients_mehler_negative",
        "|dual(-rho) - sum_{n <= N} a_n^2 (-rho)^n| <= (1 - sum a_n^2) rho^(N+1)",
        "Mehler 1866, Parseval",
        Domain::Any,
        WITH_DUAL,
        |e, s| {
            let p = squares(e)?;
            let rho = e.number(-s.rho);
            let value = p.iter().rev().fold(int(0), |v, c| &(&v * &rho) + c);
            let sum = p.iter().fold(int(0), |s, c| &s + c);
            let rest = &(int(1) - &sum) * &rho.abs().powi(p.len() as i64);
            one(Comparison::at_most((&e.dual(-s.rho)? - &value).abs(), rest))
        },
    ),
    Identity::new(
        "coefficient_zero",
        "a_0^2 = dual(0)",
        "Mehler 1866",
        Domain::Any,
        WITH_DUAL,
        |e, _| one(Comparison::equal(e.coefficient(0)?.square(), e.dual(0.0)?)),
    ),
    Identity::new(
        "coefficient_one",
        "a_1^2 = dual'(0)",
        "Mehler 1866",
        Domain::Any,
        WITH_SLOPE,
        |e, _| one(Comparison::equal(e.coefficient(1)?.square(), e.slope(0.0)?)),
    ),
    Identity::new(
        "coefficients_slope",
        "sum_{n <= N} n a_n^2 <= dual'(1)",
        "Parseval for phi'",
        Domain::Continuous,
        WITH_SLOPE,
        |e, _| {
            let p = squares(e)?;
            let sum = (p.iter().enumerate()).fold(int(0), |s, (n, p)| &s + &(p * &int(n as i64)));
            one(Comparison::at_most(sum, e.slope(1.0)?))
        },
    ),
    Identity::new(
        "coefficients_of_odd",
        "a_n = 0 for even n",
        "parity of h_n",
        Domain::Odd,
        COEFFICIENT,
        |e, _| vanish(e, 0),
    ),
    Identity::new(
        "coefficients_of_even",
        "a_n = 0 for odd n",
        "parity of h_n",
        Domain::Even,
        COEFFICIENT,
        |e, _| vanish(e, 1),
    ),
    Identity::new(
        "coefficients_of_mirrored",
        "a_n of phi(-x) = (-1)^n a_n",
        "parity of h_n",
        Domain::Any,
        COEFFICIENT,
        |e, _| {
            let other = e.made(mirrored)?;
            let both = (0..COUNT).map(|n| {
                let a = e.coefficient(n)?;
                let a = if n % 2 == 1 { -a } else { a };
                Some(Comparison::equal(e.coefficient_of(&other, n)?, a))
            });
            both.collect()
        },
    ),
    Identity::new(
        "coefficients_of_the_derivative",
        "n a_n^2 = dual'(1) a_{n-1}^2 of phi'",
        "Stein's identity: E phi' h_{n-1} = sqrt(n) E phi h_n",
        Domain::Continuous,
        WITH_SLOPE,
        |e, _| {
            let derivative = e.made(crate::activation::Expr::derivative)?;
            let b = e.slope(1.0)?;
            let both = (1..COUNT).map(|n| {
                let left = &e.coefficient(n)?.square() * &int(i64::from(n));
                let right = &b * &e.coefficient_of(&derivative, n - 1)?.square();
                Some(Comparison::equal(left, right))
            });
            both.collect()
        },
    )
    .usually("the derivative of a jump (a delta) left out"),
    Identity::new(
        "coefficients_certified",
        "a_n is the certified one, n <= 8",
        "this library, enclosed",
        Domain::Any,
        COEFFICIENT,
        |e, _| {
            use super::Candidate;
            let certain = |n| super::exam::enclosed(e.certified().coefficient(&e.phi, n)?);
            (0..COUNT)
                .map(|n| Some(Comparison::equal(e.coefficient(n)?, certain(n)?)))
                .collect()
        },
    )
    .reference()
    .usually(FACTORIAL),
];

fn squares(e: &Exam) -> Option<Vec<Ball>> {
    (0..COUNT)
        .map(|n| Some(e.coefficient(n)?.square()))
        .collect()
}

fn vanish(e: &Exam, first: u32) -> Option<Vec<Comparison>> {
    (first..COUNT)
        .step_by(2)
        .map(|n| Some(Comparison::equal(e.coefficient(n)?, int(0))))
        .collect()
}
