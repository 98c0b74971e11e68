//! Sines and cosines of constants: values at multiples of `pi/12`, one name for each angle up to sign and
//! quarter turns, products written as sums.

use std::sync::Arc;

use rug::{Integer, Rational};

use super::atom::{Atom, Monomial};
use super::constant::Closed;
use super::polynomial::{Polynomial, reduced};

/// `cos(angle)`.
pub(super) fn cosine(angle: &Closed) -> Option<Polynomial> {
    turned(angle, 0)
}

/// `sin(angle) = cos(angle - pi/2)`.
pub(super) fn sine(angle: &Closed) -> Option<Polynomial> {
    turned(angle, -1)
}

/// `cos(angle + quarters * pi/2)`.
fn turned(angle: &Closed, quarters: i32) -> Option<Polynomial> {
    let quarter = Closed::pi().scaled(&Rational::from((1, 2)));
    // angle + quarters pi/2 = turns * pi + rest, the rest without a rational multiple of pi in it.
    let half_turns = angle.multiple_of_pi();
    let mut rest = angle.minus(&Closed::pi().scaled(&half_turns))?;
    let mut half_turns = half_turns + Rational::from((quarters, 2));
    // The cosine is even: the rest's leading coefficient is made positive.
    if rest.leads_negative() {
        rest = rest.negated();
        half_turns = -half_turns;
    }
    if rest.is_zero() {
        return cosine_of_multiple(half_turns);
    }
    // half_turns = j/2 + remainder, 0 <= remainder < 1/2.
    let (fraction, j) = Rational::from(&half_turns * 2u32).fract_floor(Integer::new());
    let argument = Arc::new(rest.plus(&quarter.scaled(&fraction))?);
    let (atom, sign) = match j.mod_u(4) {
        0 => (Atom::Cos(argument), 1),
        1 => (Atom::Sin(argument), -1),
        2 => (Atom::Cos(argument), -1),
        _ => (Atom::Sin(argument), 1),
    };
    Some(Polynomial::atom(atom).scaled(&Rational::from(sign)))
}

/// `cos(r pi)`.
fn cosine_of_multiple(r: Rational) -> Option<Polynomial> {
    // Period 2, even: 0 <= r <= 1; and cos(pi - a) = -cos(a): 0 <= r <= 1/2.
    let (mut r, _) = Rational::from(&r / 2u32).fract_floor(Integer::new());
    r *= 2u32;
    if r > 1 {
        r = Rational::from(2) - r;
    }
    let mut sign = Rational::from(1);
    if Rational::from(&r * 2u32) > 1 {
        r = Rational::from(1) - r;
        sign = Rational::from(-1);
    }
    let root = |n: u32, q: (i32, i32)| {
        Polynomial::term(
            Rational::from(q),
            Monomial::power(Atom::Prime(Integer::from(n)), Rational::from((1, 2))),
        )
    };
    let root6 = |q: (i32, i32)| root(2, q).times(&root(3, (1, 1)));
    let twelfths = Rational::from(&r * 12u32);
    let value = match (twelfths.is_integer(), twelfths.numer().to_u32()?) {
        (true, 0) => Polynomial::rational(Rational::from(1)),
        (true, 1) => root6((1, 4))?.plus(&root(2, (1, 4)))?,
        (true, 2) => root(3, (1, 2)),
        (true, 3) => root(2, (1, 2)),
        (true, 4) => Polynomial::rational(Rational::from((1, 2))),
        (true, 5) => root6((1, 4))?.plus(&root(2, (-1, 4)))?,
        (true, _) => Polynomial::zero(),
        (false, _) => Polynomial::atom(Atom::Cos(Arc::new(Closed::pi().scaled(&r)))),
    };
    Some(value.scaled(&sign))
}

/// `sum * wave`, linear in waves again: `2 cos a cos b = cos(a-b) + cos(a+b)` and its kin.
pub(super) fn product(sum: &Polynomial, wave: &Atom) -> Option<Polynomial> {
    let half = Rational::from((1, 2));
    let mut result = Polynomial::zero();
    for (monomial, coefficient) in sum.terms() {
        let other = monomial.iter().find(|(a, _)| a.is_wave());
        let (rest, waves) = match other {
            None => (monomial.clone(), Polynomial::atom(wave.clone())),
            Some((other, _)) => {
                let rest: Monomial = (monomial.iter())
                    .filter(|(a, _)| !a.is_wave())
                    .cloned()
                    .collect();
                let sum_of_two = match (other, wave) {
                    (Atom::Cos(a), Atom::Cos(b)) => {
                        cosine(&a.minus(b)?)?.plus(&cosine(&a.plus(b)?)?)?
                    }
                    (Atom::Sin(a), Atom::Sin(b)) => {
                        cosine(&a.minus(b)?)?.plus(&cosine(&a.plus(b)?)?.negated())?
                    }
                    (Atom::Sin(a), Atom::Cos(b)) | (Atom::Cos(b), Atom::Sin(a)) => {
                        sine(&a.plus(b)?)?.plus(&sine(&a.minus(b)?)?)?
                    }
                    _ => return None,
                };
                (rest, sum_of_two.scaled(&half))
            }
        };
        let r = reduced(rest)?;
        let mut term = Polynomial::term(Rational::from(coefficient * &r.factor), r.monomial);
        for p in &r.extra {
            term = term.times(p)?;
        }
        result = result.plus(&term.times(&waves)?)?;
    }
    Some(result)
}
