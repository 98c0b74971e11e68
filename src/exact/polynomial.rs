//! Sums of rational multiples of monomials, with the rules of the atoms applied.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rug::ops::Pow;
use rug::{Integer, Rational};

use super::atom::{Atom, Monomial};
use super::wave;

/// More terms than this and the algebra gives up: a constant that people write has a handful.
const MOST_TERMS: usize = 400;
/// Coefficients longer than this and the algebra gives up.
const MOST_BITS: u32 = 1 << 15;

/// `sum of coefficient * monomial`, coefficients non-zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Polynomial(BTreeMap<Monomial, Rational>);

/// A polynomial as `coefficient * monomial * primitive`.
pub(super) struct Parts {
    /// Carries the sign.
    pub(super) coefficient: Rational,
    /// No sines and cosines.
    pub(super) monomial: Monomial,
    /// Integer coefficients without a common divisor, leading one positive; no common factor in the
    /// atoms; 1 if the polynomial was a monomial without sines and cosines.
    pub(super) primitive: Polynomial,
}

impl Polynomial {
    pub(super) fn zero() -> Self {
        Self::default()
    }

    pub(super) fn rational(q: Rational) -> Self {
        Self::term(q, Monomial::one())
    }

    pub(super) fn term(coefficient: Rational, monomial: Monomial) -> Self {
        let mut terms = BTreeMap::new();
        if !coefficient.is_zero() {
            terms.insert(monomial, coefficient);
        }
        Self(terms)
    }

    pub(super) fn atom(atom: Atom) -> Self {
        Self::term(Rational::from(1), Monomial::power(atom, Rational::from(1)))
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_one(&self) -> bool {
        self.as_rational().is_some_and(|q| q == 1)
    }

    pub(super) fn terms(&self) -> impl DoubleEndedIterator<Item = (&Monomial, &Rational)> {
        self.0.iter()
    }

    /// The value, if no atom is in it.
    pub(super) fn as_rational(&self) -> Option<Rational> {
        match self.0.len() {
            0 => Some(Rational::new()),
            1 => self.0.get(&Monomial::one()).cloned(),
            _ => None,
        }
    }

    /// The only term, if there is just one.
    pub(super) fn single(&self) -> Option<(&Monomial, &Rational)> {
        if self.0.len() == 1 {
            self.0.first_key_value()
        } else {
            None
        }
    }

    /// The term of the greatest monomial.
    pub(super) fn leading(&self) -> Option<(&Monomial, &Rational)> {
        self.0.last_key_value()
    }

    pub(super) fn coefficient(&self, monomial: &Monomial) -> Rational {
        self.0.get(monomial).cloned().unwrap_or_default()
    }

    pub(super) fn negated(&self) -> Self {
        self.scaled(&Rational::from(-1))
    }

    pub(super) fn scaled(&self, q: &Rational) -> Self {
        if q.is_zero() {
            return Self::zero();
        }
        Self(
            self.0
                .iter()
                .map(|(m, c)| (m.clone(), Rational::from(c * q)))
                .collect(),
        )
    }

    fn insert(&mut self, monomial: Monomial, coefficient: Rational) {
        use std::collections::btree_map::Entry;
        match self.0.entry(monomial) {
            Entry::Vacant(place) => {
                if !coefficient.is_zero() {
                    place.insert(coefficient);
                }
            }
            Entry::Occupied(mut place) => {
                *place.get_mut() += coefficient;
                if place.get().is_zero() {
                    place.remove();
                }
            }
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        let mut sum = self.clone();
        for (m, c) in &other.0 {
            sum.insert(m.clone(), c.clone());
        }
        sum.bounded()
    }

    fn bounded(self) -> Option<Self> {
        let small = |c: &Rational| {
            c.numer().significant_bits() <= MOST_BITS && c.denom().significant_bits() <= MOST_BITS
        };
        (self.0.len() <= MOST_TERMS && self.0.values().all(small)).then_some(self)
    }

    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        let mut product = Self::zero();
        for (m, c) in &self.0 {
            for (n, d) in &other.0 {
                let coefficient = Rational::from(c * d);
                let Reduced {
                    factor,
                    monomial,
                    extra,
                } = reduced(m.combined(n, 1))?;
                let coefficient = coefficient * factor;
                if extra.is_empty() {
                    product.insert(monomial, coefficient);
                } else {
                    let mut expanded = Self::term(coefficient, monomial);
                    for p in &extra {
                        expanded = expanded.times(p)?;
                    }
                    for (m, c) in expanded.0 {
                        product.insert(m, c);
                    }
                }
                if product.0.len() > MOST_TERMS {
                    return None;
                }
            }
        }
        product.bounded()
    }

    pub(super) fn powered(&self, n: u32) -> Option<Self> {
        let mut power = Self::rational(Rational::from(1));
        for bit in (0..32 - n.leading_zeros()).rev() {
            power = power.times(&power)?;
            if n >> bit & 1 == 1 {
                power = power.times(self)?;
            }
        }
        Some(power)
    }

    /// `self / divisor` where the division comes out even. What is returned is exact: the remainder
    /// was computed in the ring and is zero.
    pub(super) fn quotient(&self, divisor: &Self) -> Option<Self> {
        let (lead, c) = divisor.leading()?;
        let mut rest = self.clone();
        let mut quotient = Self::zero();
        let mut steps = 4 * self.0.len() + 4;
        while let Some((m, d)) = rest.leading() {
            steps = steps.checked_sub(1)?;
            let r = reduced(m.combined(lead, -1))?;
            let negative = |(atom, e): &(Atom, Rational)| *e < 0 && !atom.is_free();
            if !r.extra.is_empty() || r.monomial.iter().any(negative) {
                return None;
            }
            let coefficient = Rational::from(d / c) * r.factor;
            let term = Self::term(coefficient.clone(), r.monomial.clone());
            let before = m.clone();
            rest = rest.plus(&term.times(divisor)?.negated())?;
            if rest.leading().is_some_and(|(m, _)| *m >= before) {
                return None;
            }
            quotient.insert(r.monomial, coefficient);
        }
        Some(quotient)
    }

    /// See [`Parts`]. `None` for zero.
    pub(super) fn parts(&self) -> Option<Parts> {
        let (_, leading) = self.leading()?;
        // The rational content, with the leading sign.
        let mut numerator = Integer::new();
        let mut denominator = Integer::from(1);
        for c in self.0.values() {
            numerator.gcd_mut(c.numer());
            denominator.lcm_mut(c.denom());
        }
        let mut content = Rational::from((numerator, denominator));
        if *leading < 0 {
            content = -content;
        }
        let mut primitive = self.scaled(&content.clone().recip());
        // The common monomial.
        let atoms: BTreeSet<Atom> = (self.0.keys())
            .flat_map(|m| m.iter().map(|(a, _)| a.clone()))
            .filter(|a| !a.is_wave())
            .collect();
        let mut common = Vec::new();
        for atom in atoms {
            let least = (primitive.0.iter())
                .map(|(m, c)| match &atom {
                    Atom::Prime(p) => m.exponent(&atom) + valuation(c, p),
                    _ => m.exponent(&atom),
                })
                .min()?;
            if !least.is_zero() {
                common.push((atom, least));
            }
        }
        let common: Monomial = common.into_iter().collect();
        if !common.is_one() {
            let mut divided = Self::zero();
            for (m, c) in &primitive.0 {
                let r = reduced(m.combined(&common, -1))?;
                debug_assert!(r.extra.is_empty());
                divided.insert(r.monomial, r.factor * c);
            }
            primitive = divided;
        }
        Some(Parts {
            coefficient: content,
            monomial: common,
            primitive,
        })
    }
}

/// The exponent of the prime `p` in `c != 0`.
fn valuation(c: &Rational, p: &Integer) -> i64 {
    let count = |n: &Integer| i64::from(n.clone().remove_factor(p).1);
    count(c.numer()) - count(c.denom())
}

/// `factor * monomial * product of extra`.
pub(super) struct Reduced {
    pub(super) factor: Rational,
    pub(super) monomial: Monomial,
    pub(super) extra: Vec<Polynomial>,
}

/// The rules of the atoms, applied to a monomial that may break them: whole powers of primes go to the
/// factor, whole powers of roots are multiplied out, two waves become a sum. An exponent of a root or a
/// wave that is negative stays as it is (the caller looks).
pub(super) fn reduced(monomial: Monomial) -> Option<Reduced> {
    let mut factor = Rational::from(1);
    let mut extra = Vec::new();
    let mut waves: Vec<(Atom, u32)> = Vec::new();
    let mut atoms = Vec::new();
    for (atom, e) in monomial.iter() {
        match atom {
            Atom::Prime(p) => {
                let (rest, whole) = e.clone().fract_floor(Integer::new());
                if !whole.is_zero() {
                    let whole = whole.to_i32()?;
                    if p.significant_bits().checked_mul(whole.unsigned_abs())? > MOST_BITS {
                        return None;
                    }
                    factor *= Rational::from(p).pow(whole);
                }
                atoms.push((atom.clone(), rest));
            }
            Atom::Root(under) if *e >= 1 => {
                let (rest, whole) = e.clone().fract_floor(Integer::new());
                extra.push(under.powered(whole.to_u32()?)?);
                atoms.push((atom.clone(), rest));
            }
            Atom::Cos(_) | Atom::Sin(_) if *e > 0 => {
                waves.push((atom.clone(), e.numer().to_u32()?));
            }
            _ => atoms.push((atom.clone(), e.clone())),
        }
    }
    match &waves[..] {
        [] => {}
        [(wave, 1)] => atoms.push((wave.clone(), Rational::from(1))),
        _ => {
            let mut sum = Polynomial::rational(Rational::from(1));
            for (wave, n) in &waves {
                for _ in 0..*n {
                    sum = wave::product(&sum, wave)?;
                }
            }
            extra.push(sum);
        }
    }
    Some(Reduced {
        factor,
        monomial: atoms.into_iter().collect(),
        extra,
    })
}
