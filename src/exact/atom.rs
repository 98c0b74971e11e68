//! What a constant is made of: atoms, and monomials in them.

use std::cmp::Ordering;
use std::sync::Arc;

use rug::{Integer, Rational};

use super::constant::Closed;
use super::polynomial::Polynomial;

/// A number that the algebra treats as an independent unknown, apart from the rule stated with it.
///
/// Treating a number that is *not* independent as if it were can only lose a proof (a zero that is not
/// recognised), never make a false one: every rule applied is an identity of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Atom {
    /// A prime (or an integer above 1 that could not be factored), with an exponent in (0, 1): the
    /// whole part of the exponent goes to the coefficient.
    Prime(Integer),
    /// The circle's; any rational exponent.
    Pi,
    /// `e^c`; any rational exponent. The leading coefficient of `c` is 1, so `e^(c/2) * e^(c/2) = e^c`.
    Exp(Arc<Closed>),
    /// `log(c)`, `c > 0`; integer exponents, as for the next three.
    Log(Arc<Closed>),
    /// `erf(c)`; the leading coefficient of `c` is positive (erf is odd), as for the next two.
    Erf(Arc<Closed>),
    /// `asin(c)`, `-1 < c < 1`.
    Asin(Arc<Closed>),
    /// `atan(c)`.
    Atan(Arc<Closed>),
    /// A positive polynomial under a root, with an exponent in (0, 1): whole parts multiply out.
    Root(Arc<Polynomial>),
    /// `cos(c)`. Products of two of these are written as sums (product-to-sum), so a monomial holds at
    /// most one, with exponent 1; this makes `sin^2 + cos^2 = 1` and the addition theorems automatic.
    Cos(Arc<Closed>),
    /// `sin(c)`, as [`Atom::Cos`].
    Sin(Arc<Closed>),
}

impl Atom {
    /// May a monomial carry a negative power of it? (Only after a division by something proved non-zero.)
    pub(super) fn is_free(&self) -> bool {
        !matches!(
            self,
            Atom::Prime(_) | Atom::Root(_) | Atom::Cos(_) | Atom::Sin(_)
        )
    }

    /// Positive whatever its argument?
    pub(super) fn is_positive(&self) -> bool {
        matches!(
            self,
            Atom::Prime(_) | Atom::Pi | Atom::Exp(_) | Atom::Root(_)
        )
    }

    pub(super) fn is_wave(&self) -> bool {
        matches!(self, Atom::Cos(_) | Atom::Sin(_))
    }
}

/// A product of powers of atoms: sorted by atom, exponents non-zero.
///
/// The order is lexicographic from the greatest atom down, an absent atom counting as exponent 0. It is
/// compatible with multiplication of free atoms, which is what division of polynomials needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(super) struct Monomial(Vec<(Atom, Rational)>);

impl Monomial {
    pub(super) fn one() -> Self {
        Self::default()
    }

    /// `atom^exponent`; the exponent must suit the atom.
    pub(super) fn power(atom: Atom, exponent: Rational) -> Self {
        if exponent.is_zero() {
            return Self::one();
        }
        Self(vec![(atom, exponent)])
    }

    pub(super) fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &(Atom, Rational)> {
        self.0.iter()
    }

    pub(super) fn exponent(&self, atom: &Atom) -> Rational {
        match self.0.binary_search_by(|(a, _)| a.cmp(atom)) {
            Ok(i) => self.0[i].1.clone(),
            Err(_) => Rational::new(),
        }
    }

    /// The only atom, if there is just one, with its exponent.
    pub(super) fn single(&self) -> Option<&(Atom, Rational)> {
        match &self.0[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The exponents added (or subtracted, `sign = -1`), without any rule applied.
    pub(super) fn combined(&self, other: &Self, sign: i32) -> Self {
        let mut all = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut i, mut j) = (0, 0);
        while i < self.0.len() || j < other.0.len() {
            let order = match (self.0.get(i), other.0.get(j)) {
                (Some((a, _)), Some((b, _))) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            match order {
                Ordering::Less => {
                    all.push(self.0[i].clone());
                    i += 1;
                }
                Ordering::Greater => {
                    let (atom, e) = &other.0[j];
                    all.push((atom.clone(), Rational::from(e * sign)));
                    j += 1;
                }
                Ordering::Equal => {
                    let e = Rational::from(&other.0[j].1 * sign) + &self.0[i].1;
                    if !e.is_zero() {
                        all.push((self.0[i].0.clone(), e));
                    }
                    i += 1;
                    j += 1;
                }
            }
        }
        Self(all)
    }
}

impl FromIterator<(Atom, Rational)> for Monomial {
    /// From atoms in ascending order.
    fn from_iter<I: IntoIterator<Item = (Atom, Rational)>>(atoms: I) -> Self {
        Self(atoms.into_iter().filter(|(_, e)| !e.is_zero()).collect())
    }
}

impl Ord for Monomial {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (self.0.iter().rev(), other.0.iter().rev());
        let (mut left, mut right) = (a.next(), b.next());
        loop {
            let by_atom = match (left, right) {
                (None, None) => return Ordering::Equal,
                (Some(_), None) => Ordering::Greater,
                (None, Some(_)) => Ordering::Less,
                (Some((x, _)), Some((y, _))) => x.cmp(y),
            };
            match (by_atom, left, right) {
                (Ordering::Greater, Some((_, e)), _) => return e.cmp0(),
                (Ordering::Less, _, Some((_, e))) => return e.cmp0().reverse(),
                (_, Some((_, e)), Some((_, f))) if e != f => return e.cmp(f),
                _ => {}
            }
            (left, right) = (a.next(), b.next());
        }
    }
}

impl PartialOrd for Monomial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
