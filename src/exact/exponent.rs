//! The exponent `alpha = -4 log|A'| / log B'` of a singular kernel, where it is rational.

use std::collections::BTreeMap;

use rug::{Integer, Rational};

use super::atom::Atom;
use super::constant::{Closed, prime_factors};
use super::polynomial::Polynomial;

/// `alpha = -2 log(lambda) / log(b)` for `lambda = A'^2` and `b = B'`, where it is a rational number by
/// structure: `lambda = m^p` and `b = m^q` for a common base `m` give `-2 p / q`.
///
/// ```
/// use deeplimit::exact::{Closed, alpha_exact};
/// use rug::Rational;
/// let lambda = Closed::int(2).powr(&Rational::from((-3, 2))).unwrap();
/// assert_eq!(alpha_exact(&lambda, &Closed::int(2)), Some(Rational::from(3)));
/// ```
pub fn alpha_exact(lambda: &Closed, b: &Closed) -> Option<Rational> {
    if b.compare(&Closed::one())?.is_eq() {
        return None;
    }
    let (lambda, b) = (logarithms(lambda)?, logarithms(b)?);
    let (base, q) = b.first_key_value()?;
    let ratio = Rational::from(lambda.get(base)? / q);
    let proportional = lambda.len() == b.len()
        && (lambda.iter()).all(|(base, p)| {
            b.get(base)
                .is_some_and(|q| *p == Rational::from(q * &ratio))
        });
    proportional.then(|| ratio * -2)
}

/// The number as a product of powers of positive factors; the exponents are those of its logarithm.
fn logarithms(c: &Closed) -> Option<BTreeMap<Polynomial, Rational>> {
    if !c.sign()?.is_gt() {
        return None;
    }
    let mut logarithms: BTreeMap<Polynomial, Rational> = BTreeMap::new();
    let mut add = |base: Polynomial, e: Rational| *logarithms.entry(base).or_default() += e;
    let prime = |p: Integer| Polynomial::rational(p.into());
    let factors = c.positive_factors()?;
    for (p, e) in prime_factors(&factors.coefficient)? {
        add(prime(p), e.into());
    }
    for (atom, e) in factors.atoms {
        match atom {
            Atom::Prime(p) => add(prime(p), e),
            Atom::Root(under) => add((*under).clone(), e),
            _ => add(Polynomial::atom(atom), e),
        }
    }
    for (polynomial, n) in factors.polynomials {
        add(polynomial, n.into());
    }
    logarithms.retain(|_, e| !e.is_zero());
    Some(logarithms)
}
