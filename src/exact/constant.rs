//! The field of constants in closed form.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rug::ops::Pow;
use rug::{Integer, Rational};

use super::atom::{Atom, Monomial};
use super::polynomial::{Parts, Polynomial, reduced};
use crate::real::{Analytic, Ball, Bits};

/// A real number in closed form: a quotient of polynomials with rational coefficients in `pi`, roots, and
/// values of `exp`, `log`, `erf`, `sin`, `cos`, `asin`, `atan` at numbers of the same kind.
///
/// It is kept in a normal form, so most equalities between constants that people write down are decided by
/// [`Closed::is_zero`] of the difference. The one-sided promise: **true is a proof, false says nothing**.
/// An operation returns `None` where it is not defined, where that cannot be proved (a divisor that no enclosure
/// tells from zero), or where the normal form would exceed 400 terms.
/// ```
/// use deeplimit::exact::Closed;
/// use rug::Rational;
/// let two = Closed::int(2);
/// let root = two.powr(&Rational::from((1, 4))).unwrap();
/// let difference = root.times(&root).unwrap().minus(&two.sqrt().unwrap()).unwrap();
/// assert!(difference.is_zero()); // (2^(1/4))^2 = sqrt(2), proved
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Closed {
    numerator: Polynomial,
    /// Primitive polynomials that are no monomials (sines and cosines apart), with their exponents > 0.
    /// Every one is proved to be non-zero.
    denominator: BTreeMap<Polynomial, u32>,
}

/// Precisions tried in turn when a sign is wanted; what 1,500 bits do not tell from zero probably is zero.
const SIGN_BITS: [Bits; 3] = [96, 384, 1500];

impl Closed {
    /// A rational number.
    pub fn rational(q: Rational) -> Self {
        Polynomial::rational(q).into()
    }

    /// An integer.
    pub fn int(n: i64) -> Self {
        Self::rational(Rational::from(n))
    }

    /// `0`
    pub fn zero() -> Self {
        Polynomial::zero().into()
    }

    /// `1`
    pub fn one() -> Self {
        Self::int(1)
    }

    /// `pi`
    pub fn pi() -> Self {
        Polynomial::atom(Atom::Pi).into()
    }

    /// `e`
    pub fn e() -> Self {
        Polynomial::atom(Atom::Exp(Self::one().into())).into()
    }

    /// Is the number zero? `true` is a proof, `false` says nothing.
    pub fn is_zero(&self) -> bool {
        self.numerator.is_zero()
    }

    /// Is the number one? `true` is a proof, `false` says nothing.
    pub fn is_one(&self) -> bool {
        self.as_rational().is_some_and(|q| q == 1)
    }

    /// The rational number that this is proved to be.
    pub fn as_rational(&self) -> Option<Rational> {
        if self.denominator.is_empty() {
            self.numerator.as_rational()
        } else {
            None
        }
    }

    /// Are the two proved to be equal?
    pub fn equals(&self, other: &Self) -> bool {
        self == other || self.minus(other).is_some_and(|d| d.is_zero())
    }

    /// `-self`
    #[must_use]
    pub fn negated(&self) -> Self {
        self.scaled(&Rational::from(-1))
    }

    /// `q * self`
    #[must_use]
    pub fn scaled(&self, q: &Rational) -> Self {
        let numerator = self.numerator.scaled(q);
        let denominator = if numerator.is_zero() {
            BTreeMap::new()
        } else {
            self.denominator.clone()
        };
        Self {
            numerator,
            denominator,
        }
    }

    /// `self + other`
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let mut common = self.denominator.clone();
        for (factor, n) in &other.denominator {
            let m = common.entry(factor.clone()).or_default();
            *m = (*m).max(*n);
        }
        let raised = |c: &Self| {
            let mut numerator = c.numerator.clone();
            for (factor, n) in &common {
                let have = c.denominator.get(factor).copied().unwrap_or(0);
                numerator = numerator.times(&factor.powered(n - have)?)?;
            }
            Some(numerator)
        };
        Self::cancelled(raised(self)?.plus(&raised(other)?)?, common)
    }

    /// `self - other`
    pub fn minus(&self, other: &Self) -> Option<Self> {
        self.plus(&other.negated())
    }

    /// `self * other`
    pub fn times(&self, other: &Self) -> Option<Self> {
        let mut denominator = self.denominator.clone();
        for (factor, n) in &other.denominator {
            let m = denominator.entry(factor.clone()).or_default();
            *m = m.checked_add(*n)?;
        }
        Self::cancelled(self.numerator.times(&other.numerator)?, denominator)
    }

    /// `1 / self`, where an enclosure proves that the number is not zero.
    pub fn reciprocal(&self) -> Option<Self> {
        match self.sign()? {
            Ordering::Equal => None,
            _ => self.reciprocal_of_nonzero(),
        }
    }

    /// `self / other`, where an enclosure proves that `other` is not zero.
    pub fn over(&self, other: &Self) -> Option<Self> {
        self.times(&other.reciprocal()?)
    }

    /// `self^n`; `0^0 = 1`, and a negative power needs a number proved non-zero.
    pub fn powi(&self, n: i64) -> Option<Self> {
        if n < 0 {
            return self.reciprocal()?.powi(n.checked_neg()?);
        }
        if let Some((monomial, c)) = self.numerator.single()
            && self.denominator.is_empty()
            && !monomial.iter().any(|(a, _)| a.is_wave())
        {
            // One term: exponents are multiplied, however large n is.
            let bits = c
                .numer()
                .significant_bits()
                .max(c.denom().significant_bits());
            if n.checked_mul(i64::from(bits))? > 1 << 15 && *c != 1 {
                return None;
            }
            let multiplied = (monomial.iter())
                .map(|(a, e)| (a.clone(), Rational::from(e * n)))
                .collect();
            let r = reduced(multiplied)?;
            let coefficient = match u32::try_from(n) {
                Ok(n) => Rational::from(c.pow(n)),
                Err(_) => Rational::from(1),
            };
            let mut power = Polynomial::term(coefficient * r.factor, r.monomial);
            for p in &r.extra {
                power = power.times(p)?;
            }
            return Some(power.into());
        }
        let n = u32::try_from(n).ok()?;
        let denominator = (self.denominator.iter())
            .map(|(f, m)| Some((f.clone(), m.checked_mul(n)?)))
            .collect::<Option<BTreeMap<_, _>>>()?;
        let denominator = if n == 0 { BTreeMap::new() } else { denominator };
        Self::cancelled(self.numerator.powered(n)?, denominator)
    }

    /// `self^q`: for a `q` that is no integer the number must be proved positive (or be zero, and `q > 0`).
    pub fn powr(&self, q: &Rational) -> Option<Self> {
        if q.is_integer() {
            return self.powi(q.numer().to_i64()?);
        }
        match self.sign()? {
            Ordering::Less => return None,
            Ordering::Equal => return (*q > 0).then(Self::zero),
            Ordering::Greater => {}
        }
        let factors = self.positive_factors()?;
        let mut power = power_of_rational(&factors.coefficient, q)?;
        for (atom, e) in factors.atoms {
            power = power.times(&power_of_atom(atom, Rational::from(&e * q))?)?;
        }
        for (polynomial, e) in factors.polynomials {
            let e = Rational::from(q * e);
            power = power.times(&power_of_polynomial(polynomial, e)?)?;
        }
        Some(power)
    }

    /// The positive square root.
    pub fn sqrt(&self) -> Option<Self> {
        self.powr(&Rational::from((1, 2)))
    }

    /// The sign, proved by the normal form (zero) or by an enclosure (the others).
    pub fn sign(&self) -> Option<Ordering> {
        if let Some(q) = self.as_rational() {
            return Some(q.cmp0());
        }
        if self.is_zero() {
            return Some(Ordering::Equal);
        }
        SIGN_BITS.iter().find_map(|&bits| {
            let ball = self.evaluate::<Ball>(bits);
            if ball.is_finite() { ball.sign() } else { None }
        })
    }

    /// The order of two numbers, proved.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        self.minus(other)?.sign()
    }

    /// The number in any arithmetic, at `bits` bits: an enclosure in balls, rounded elsewhere.
    pub fn evaluate<T: Analytic>(&self, bits: Bits) -> T {
        let mut value = self.numerator.evaluate::<T>(bits);
        for (factor, n) in &self.denominator {
            value = value / factor.evaluate::<T>(bits).powi(i64::from(*n));
        }
        value
    }

    // What follows is for the other files of this room.

    pub(super) fn numerator(&self) -> &Polynomial {
        &self.numerator
    }

    pub(super) fn denominator(&self) -> &BTreeMap<Polynomial, u32> {
        &self.denominator
    }

    /// The number as its only term `coefficient * monomial`.
    pub(super) fn as_term(&self) -> Option<(&Monomial, &Rational)> {
        if self.denominator.is_empty() {
            self.numerator.single()
        } else {
            None
        }
    }

    /// Is the leading coefficient of the numerator negative? (One way to choose between `c` and `-c`.)
    pub(super) fn leads_negative(&self) -> bool {
        self.numerator.leading().is_some_and(|(_, c)| *c < 0)
    }

    /// The coefficient of the term `pi`.
    pub(super) fn multiple_of_pi(&self) -> Rational {
        if self.denominator.is_empty() {
            let pi = Monomial::power(Atom::Pi, Rational::from(1));
            self.numerator.coefficient(&pi)
        } else {
            Rational::new()
        }
    }

    /// Whole factors of the denominator that divide the numerator are removed.
    fn cancelled(
        mut numerator: Polynomial,
        mut denominator: BTreeMap<Polynomial, u32>,
    ) -> Option<Self> {
        if numerator.is_zero() {
            return Some(Self::zero());
        }
        denominator.retain(|factor, n| {
            while *n > 0
                && let Some(quotient) = numerator.quotient(factor)
            {
                numerator = quotient;
                *n -= 1;
            }
            *n > 0
        });
        Some(Self {
            numerator,
            denominator,
        })
    }

    /// The caller has proved that the number is not zero; then no factor of it is.
    fn reciprocal_of_nonzero(&self) -> Option<Self> {
        let Parts {
            coefficient,
            monomial,
            primitive,
        } = self.numerator.parts()?;
        let mut denominator = BTreeMap::new();
        if !primitive.is_one() {
            denominator.insert(primitive, 1);
        }
        // 1/g^(1/3) = g^(2/3) / g for roots; the other atoms take negative exponents.
        let mut inverted = Monomial::one().combined(&monomial, -1);
        for (atom, _) in monomial.iter() {
            if let Atom::Root(under) = atom {
                inverted = inverted.combined(&Monomial::power(atom.clone(), 1.into()), 1);
                *denominator.entry((**under).clone()).or_insert(0) += 1;
            }
        }
        let r = reduced(inverted)?;
        debug_assert!(r.extra.is_empty());
        let mut numerator = Polynomial::term(coefficient.recip() * r.factor, r.monomial);
        for (factor, n) in &self.denominator {
            numerator = numerator.times(&factor.powered(*n)?)?;
        }
        Self::cancelled(numerator, denominator)
    }

    /// A positive number as a product of positive factors.
    pub(super) fn positive_factors(&self) -> Option<Factors> {
        let Parts {
            coefficient,
            monomial,
            primitive,
        } = self.numerator.parts()?;
        let mut atoms = Vec::new();
        let mut polynomials = Vec::new();
        for (atom, e) in monomial.iter() {
            if atom.is_positive() {
                atoms.push((atom.clone(), e.clone()));
            } else {
                // The other atoms have integer exponents.
                polynomials.push((Polynomial::atom(atom.clone()), e.numer().to_i64()?));
            }
        }
        if !primitive.is_one() {
            polynomials.push((primitive, 1));
        }
        for (factor, n) in &self.denominator {
            polynomials.push((factor.clone(), -i64::from(*n)));
        }
        // The whole is positive: signs may be dropped, one factor at a time.
        for (polynomial, _) in &mut polynomials {
            match Self::from(polynomial.clone()).sign()? {
                Ordering::Greater => {}
                Ordering::Less => *polynomial = polynomial.negated(),
                Ordering::Equal => return None,
            }
        }
        Some(Factors {
            coefficient: coefficient.abs(),
            atoms,
            polynomials,
        })
    }
}

/// `coefficient * product of atoms^e * product of polynomials^n`, everything positive.
pub(super) struct Factors {
    pub(super) coefficient: Rational,
    pub(super) atoms: Vec<(Atom, Rational)>,
    pub(super) polynomials: Vec<(Polynomial, i64)>,
}

impl From<Polynomial> for Closed {
    fn from(numerator: Polynomial) -> Self {
        Self {
            numerator,
            denominator: BTreeMap::new(),
        }
    }
}

impl Polynomial {
    fn evaluate<T: Analytic>(&self, bits: Bits) -> T {
        let mut sum: Option<T> = None;
        for (monomial, c) in self.terms() {
            let mut term = T::rational(c, bits);
            for (atom, e) in monomial.iter() {
                term = term * atom.evaluate::<T>(e, bits);
            }
            sum = Some(match sum {
                None => term,
                Some(sum) => sum + term,
            });
        }
        sum.unwrap_or_else(|| T::int(0, bits))
    }
}

impl Atom {
    /// `self^e`
    fn evaluate<T: Analytic>(&self, e: &Rational, bits: Bits) -> T {
        let power = |base: T| match (e.numer().to_i64(), e.denom().to_u32()) {
            (Some(1), Some(1)) => base,
            (Some(n), Some(1)) => base.powi(n),
            (Some(n), Some(2)) => base.sqrt().powi(n),
            _ => base.powr(e),
        };
        match self {
            Atom::Prime(p) => power(T::rational(&Rational::from(p), bits)),
            Atom::Pi => power(T::pi(bits)),
            Atom::Exp(c) => (c.evaluate::<T>(bits) * T::rational(e, bits)).exp(),
            Atom::Log(c) => power(c.evaluate::<T>(bits).ln()),
            Atom::Erf(c) => power(c.evaluate::<T>(bits).erf()),
            Atom::Asin(c) => power(c.evaluate::<T>(bits).asin()),
            Atom::Atan(c) => power(c.evaluate::<T>(bits).atan()),
            Atom::Root(p) => power(p.evaluate::<T>(bits)),
            Atom::Cos(c) => power(c.evaluate::<T>(bits).cos()),
            Atom::Sin(c) => power(c.evaluate::<T>(bits).sin()),
        }
    }
}

/// `r^q` for a rational `r > 0`: the primes of `r`, each with its exponent.
fn power_of_rational(r: &Rational, q: &Rational) -> Option<Closed> {
    let mut power = Polynomial::rational(Rational::from(1));
    for (p, n) in prime_factors(r)? {
        let e = Rational::from(q * n);
        let reduced = reduced(Monomial::power(Atom::Prime(p), e))?;
        power = power.times(&Polynomial::term(reduced.factor, reduced.monomial))?;
    }
    Some(power.into())
}

/// `atom^e` for a positive atom and any `e`.
fn power_of_atom(atom: Atom, e: Rational) -> Option<Closed> {
    match atom {
        Atom::Root(under) => power_of_polynomial((*under).clone(), e),
        Atom::Prime(p) => power_of_rational(&Rational::from(p), &e),
        _ => Some(Polynomial::term(Rational::from(1), Monomial::power(atom, e)).into()),
    }
}

/// `p^e` for a polynomial proved positive: a root for the fraction of `e`, multiplied out for the rest.
fn power_of_polynomial(p: Polynomial, e: Rational) -> Option<Closed> {
    let (fraction, whole) = e.fract_floor(Integer::new());
    let whole = Closed::from(p.clone()).powi(whole.to_i64()?)?;
    let root = Monomial::power(Atom::Root(p.into()), fraction);
    Closed::from(Polynomial::term(Rational::from(1), root)).times(&whole)
}

/// The primes of `r > 0` with their exponents. What trial division to 2^16 leaves is taken as it is (its
/// perfect powers apart), as if it were prime: two such numbers with a common factor are then thought
/// independent, which loses proofs and makes none.
pub(super) fn prime_factors(r: &Rational) -> Option<BTreeMap<Integer, i64>> {
    let mut primes = BTreeMap::new();
    for (n, sign) in [(r.numer(), 1), (r.denom(), -1)] {
        let mut n = n.clone();
        if n <= 0 {
            return None;
        }
        let mut d = 2u32;
        while d < 1 << 16 && n > 1 {
            if n.is_divisible_u(d) {
                let p = Integer::from(d);
                let exponent = n.remove_factor_mut(&p);
                *primes.entry(p).or_insert(0) += sign * i64::from(exponent);
            }
            d += if d == 2 { 1 } else { 2 };
            if n < u64::from(d) * u64::from(d) {
                break;
            }
        }
        if n > 1 {
            let longest = n.significant_bits() / 16 + 1;
            let (base, k) = (2..=longest)
                .rev()
                .find_map(|k| {
                    let root = n.clone().root(k);
                    (root.clone().pow(k) == n).then_some((root, k))
                })
                .unwrap_or((n, 1));
            *primes.entry(base).or_insert(0) += sign * i64::from(k);
        }
    }
    primes.retain(|_, e| *e != 0);
    Some(primes)
}
