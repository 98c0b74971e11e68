//! Sums of monomials over atoms, with exact rational coefficients.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rug::{Integer, Rational};

use super::writing::DECIMAL_LENGTH;
use crate::activation::build::{EXACT_BITS, bit_length, integer_power};
use crate::activation::expr::{BinaryOp, Constant, Expr, Function};

/// Sums beyond this many terms are refused.
const TERMS: usize = 2_000;
/// An integer of more bits than this is better written as a decimal.
const LONG: u32 = 12;
/// Products of sums beyond this many pairs of terms are refused.
const PAIRS: usize = 10_000;

/// Powers of atoms, sorted by atom, no exponent zero.
///
/// An atom is a tree that the arithmetic does not look into. Exponents are integers, except over the
/// atoms that are positive by nature: `pi`, `exp(t)` with a coefficient-free `t` (so that
/// `exp(2*x) = exp(x)^2`; `e` is `exp(1)`), and integers with an exponent in `(0, 1)`, the radicals.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Monomial(pub Vec<(Expr, Rational)>);

/// A sum of monomials with coefficients, none of them zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub terms: BTreeMap<Monomial, Rational>,
}

/// Positive by nature, so that it may carry any rational exponent.
pub(super) fn is_positive(atom: &Expr) -> bool {
    matches!(
        atom,
        Expr::Number(_) | Expr::Constant(Constant::Pi) | Expr::Call(Function::Exp, _)
    )
}

/// May these two powers of an atom be joined? A constant of which it is not known that it is not zero (a letter, a mean)
/// must stay below the line where it is: `c*x/c` has no value for `c = 0`, at no `x`.
pub(super) fn may_cancel(atom: &Expr, p: &Rational, q: &Rational) -> bool {
    let opposed = p.cmp0() == q.cmp0().reverse();
    !opposed || is_positive(atom) || !has_unknown(atom)
}

/// Is there a letter or a mean in it?
pub(super) fn has_unknown(atom: &Expr) -> bool {
    atom.any(&|e| matches!(e, Expr::Letter(_) | Expr::Mean(_)))
}

pub(super) fn is_sum(atom: &Expr) -> bool {
    matches!(atom, Expr::Binary(BinaryOp::Add | BinaryOp::Sub, ..))
}

impl Monomial {
    pub fn atom(atom: Expr, exponent: Rational) -> Monomial {
        Monomial(vec![(atom, exponent)])
    }

    /// The product, and the rational factor that radicals leave: `2^(1/2) * 2^(1/2) = 2`.
    pub fn times(&self, other: &Monomial) -> Option<(Rational, Monomial)> {
        self.joined(other, false)
    }

    /// The same for a divisor that is known to divide.
    fn without(&self, inverse: &Monomial) -> Option<(Rational, Monomial)> {
        self.joined(inverse, true)
    }

    fn joined(&self, other: &Monomial, divides: bool) -> Option<(Rational, Monomial)> {
        let mut factor = Rational::from(1);
        let mut product = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some((a, _)), Some((b, _))) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return Some((factor, Monomial(product))),
            };
            let (atom, exponent) = match order {
                Ordering::Less => left.next()?.clone(),
                Ordering::Greater => right.next()?.clone(),
                Ordering::Equal => {
                    let ((atom, p), (_, q)) = (left.next()?, right.next()?);
                    if !divides && !may_cancel(atom, p, q) {
                        return None;
                    }
                    (atom.clone(), Rational::from(p + q))
                }
            };
            let exponent = reduced(&atom, exponent, &mut factor)?;
            if exponent != 0 {
                product.push((atom, exponent));
            }
        }
    }

    pub fn power(&self, q: &Rational) -> Option<(Rational, Monomial)> {
        let mut factor = Rational::from(1);
        let mut powers = Vec::with_capacity(self.0.len());
        for (atom, exponent) in &self.0 {
            let exponent = reduced(atom, Rational::from(exponent * q), &mut factor)?;
            if exponent != 0 {
                powers.push((atom.clone(), exponent));
            }
        }
        Some((factor, Monomial(powers)))
    }

    /// The power of `x` in it.
    pub fn degree(&self) -> Rational {
        self.exponent_of(&Expr::X)
    }

    pub fn exponent_of(&self, atom: &Expr) -> Rational {
        self.0
            .iter()
            .find(|(a, _)| a == atom)
            .map_or_else(Rational::new, |(_, q)| q.clone())
    }

    pub fn is_constant(&self) -> bool {
        self.0.iter().all(|(atom, _)| atom.is_constant())
    }

    /// The order of reading: powers of `x` fall, constants come last.
    pub fn reading_order(&self, other: &Monomial) -> Ordering {
        let constant = self.is_constant().cmp(&other.is_constant());
        constant
            .then_with(|| other.degree().cmp(&self.degree()))
            .then_with(|| self.cmp(other))
    }
}

/// The coefficient, if it is not too large.
pub(super) fn within_bits(q: Rational) -> Option<Rational> {
    (bit_length(&q) <= EXACT_BITS).then_some(q)
}

/// Radicals keep exponents in `[0, 1)`; the whole part goes into the factor.
fn reduced(atom: &Expr, exponent: Rational, factor: &mut Rational) -> Option<Rational> {
    let Expr::Number(base) = atom else {
        return Some(exponent);
    };
    let whole = exponent.clone().floor();
    if whole == 0 {
        return Some(exponent);
    }
    *factor *= integer_power(base, whole.numer().to_i64()?)?;
    (bit_length(factor) <= EXACT_BITS).then(|| exponent - whole)
}

impl Form {
    pub fn constant(q: Rational) -> Form {
        Form::term(Monomial::default(), q)
    }

    pub fn term(monomial: Monomial, coefficient: Rational) -> Form {
        let mut form = Form::default();
        form.insert(monomial, coefficient);
        form
    }

    pub fn atom(atom: Expr) -> Form {
        Form::term(Monomial::atom(atom, Rational::from(1)), Rational::from(1))
    }

    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn insert(&mut self, monomial: Monomial, coefficient: Rational) {
        if coefficient == 0 {
            return;
        }
        match self.terms.entry(monomial) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(coefficient);
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
                *place.get_mut() += coefficient;
                if *place.get() == 0 {
                    place.remove();
                }
            }
        }
    }

    /// `self + factor * other`, refused where a coefficient that is new becomes too large.
    pub fn add(&mut self, other: &Form, factor: &Rational) -> Option<()> {
        for (monomial, coefficient) in &other.terms {
            let term = Rational::from(coefficient * factor);
            self.insert(monomial.clone(), term);
            let untouched = |sum: &Rational| sum.cmp_abs(coefficient) == Ordering::Equal;
            let sum = self.terms.get(monomial);
            if sum.is_some_and(|sum| !untouched(sum) && bit_length(sum) > EXACT_BITS) {
                return None;
            }
        }
        (self.terms.len() <= TERMS).then_some(())
    }

    pub fn scaled(&self, factor: &Rational) -> Form {
        let mut form = Form::default();
        for (monomial, coefficient) in &self.terms {
            form.insert(monomial.clone(), Rational::from(coefficient * factor));
        }
        form
    }

    pub fn single(&self) -> Option<(&Monomial, &Rational)> {
        (self.terms.len() == 1).then(|| self.terms.iter().next())?
    }

    /// The value, where it is a rational number.
    pub fn rational(&self) -> Option<Rational> {
        if self.is_zero() {
            return Some(Rational::new());
        }
        let (monomial, coefficient) = self.single()?;
        monomial.0.is_empty().then(|| coefficient.clone())
    }

    /// Every pair of terms multiplied.
    pub fn distributed(&self, other: &Form) -> Option<Form> {
        if let (Some(a), Some(b)) = (self.polynomial(), other.polynomial()) {
            return product_of_polynomials(&a, &b);
        }
        if self.terms.len() * other.terms.len() > PAIRS {
            return None;
        }
        let mut product = Form::default();
        for (m, c) in &self.terms {
            for (n, d) in &other.terms {
                let (factor, monomial) = m.times(n)?;
                let coefficient = factor * c * d;
                if bit_length(&coefficient) > EXACT_BITS {
                    return None;
                }
                product.insert(monomial, coefficient);
            }
        }
        (product.terms.len() <= TERMS).then_some(product)
    }

    /// The coefficients, the constant first, where it is a polynomial in `x` over the rationals.
    pub fn polynomial(&self) -> Option<Vec<Rational>> {
        let mut coefficients = Vec::new();
        for (monomial, coefficient) in &self.terms {
            let degree = match &monomial.0[..] {
                [] => 0,
                [(Expr::X, n)] if n.is_integer() => n.numer().to_usize().filter(|n| *n <= TERMS)?,
                _ => return None,
            };
            if coefficients.len() <= degree {
                coefficients.resize(degree + 1, Rational::new());
            }
            coefficients[degree] = coefficient.clone();
        }
        Some(coefficients)
    }

    pub fn from_polynomial(coefficients: Vec<Rational>) -> Form {
        let mut form = Form::default();
        for (degree, coefficient) in coefficients.into_iter().enumerate() {
            let monomial = match degree {
                0 => Monomial::default(),
                n => Monomial::atom(Expr::X, Rational::from(n)),
            };
            form.insert(monomial, coefficient);
        }
        form
    }

    /// The terms in the order of reading.
    pub fn ordered(&self) -> Vec<(&Monomial, &Rational)> {
        let mut terms: Vec<_> = self.terms.iter().collect();
        terms.sort_by(|a, b| a.0.reading_order(b.0));
        terms
    }

    /// Does the first term, in the order of reading, have a minus?
    pub fn is_negative(&self) -> bool {
        self.terms
            .iter()
            .min_by(|a, b| a.0.reading_order(b.0))
            .is_some_and(|(_, c)| *c < 0)
    }

    /// The largest monomial with coefficient that divides every term, its sign that of the first term:
    /// `-2*x^2-4*x` has `-2*x`. Exponentials are left inside unless `exponentials` are asked for.
    pub fn content(&self, exponentials: bool) -> Option<(Rational, Monomial)> {
        let (mut numerator, mut denominator) = (Integer::new(), Integer::from(1));
        for c in self.terms.values() {
            numerator.gcd_mut(c.numer());
            denominator.lcm_mut(c.denom());
            if denominator.significant_bits() > EXACT_BITS {
                return None;
            }
        }
        let mut content = Rational::from((numerator, denominator));
        if self.is_negative() {
            content = -content;
        }
        content *= self.decimal_scale(&content);
        let mut common: Vec<(Expr, Rational)> = Vec::new();
        for monomial in self.terms.keys() {
            for (atom, _) in &monomial.0 {
                let is_exponential = matches!(atom, Expr::Call(Function::Exp, _));
                if (is_exponential && !exponentials) || common.iter().any(|(a, _)| a == atom) {
                    continue;
                }
                let least = self.terms.keys().map(|m| m.exponent_of(atom)).min()?;
                // A negative power common to some terms only is no divisor, except for exponentials,
                // which are never zero.
                if least > 0 || is_exponential || self.terms.keys().all(|m| m.exponent_of(atom) < 0)
                {
                    common.push((atom.clone(), least));
                }
            }
        }
        common.retain(|(_, q)| *q != 0);
        common.sort();
        Some((content, Monomial(common)))
    }

    /// Integers without a common divisor may be unreadable where decimals are not: `1+0.044715*x^2`
    /// rather than `200000+8943*x^2`. This is the last coefficient if the others divided by it are short
    /// decimals, and otherwise 1.
    fn decimal_scale(&self, content: &Rational) -> Rational {
        let one = Rational::from(1);
        let primitive: Vec<Rational> = self
            .ordered()
            .into_iter()
            .map(|(_, c)| Rational::from(c / content))
            .collect();
        let Some(last) = primitive.last().cloned() else {
            return one;
        };
        let short = |c: &Rational| {
            let decimal = Expr::rational(&Rational::from(c / &last).abs());
            matches!(decimal, Expr::Number(_)) && decimal.to_string().len() <= DECIMAL_LENGTH
        };
        match primitive
            .iter()
            .any(|c| c.numer().significant_bits() > LONG)
            && primitive.iter().all(short)
        {
            true => last.abs(),
            false => one,
        }
    }

    /// Every term divided by a monomial with coefficient.
    pub fn divided(&self, coefficient: &Rational, monomial: &Monomial) -> Option<Form> {
        let (factor, inverse) = monomial.power(&Rational::from(-1))?;
        let mut quotient = Form::default();
        for (m, c) in &self.terms {
            let (more, rest) = m.without(&inverse)?;
            quotient.insert(rest, more * &factor * c / coefficient);
        }
        Some(quotient)
    }
}

pub(super) fn product_of_polynomials(a: &[Rational], b: &[Rational]) -> Option<Form> {
    if a.len() + b.len() > TERMS {
        return None;
    }
    let mut product = vec![Rational::new(); (a.len() + b.len()).saturating_sub(1)];
    for (i, p) in a.iter().enumerate().filter(|(_, p)| **p != 0) {
        for (j, q) in b.iter().enumerate().filter(|(_, q)| **q != 0) {
            product[i + j] += Rational::from(p * q);
        }
    }
    let small = product.iter().all(|c| bit_length(c) <= EXACT_BITS);
    small.then(|| Form::from_polynomial(product))
}
