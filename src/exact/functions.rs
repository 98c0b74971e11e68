//! The functions of the grammar on constants in closed form.

use std::cmp::Ordering;

use rug::Rational;

use super::atom::{Atom, Monomial};
use super::constant::{Closed, prime_factors};
use super::polynomial::Polynomial;
use super::wave;

impl Closed {
    /// `e^self`; one factor per term of the exponent, and `e^(q log c) = c^q`.
    pub fn exp(&self) -> Option<Self> {
        let mut power = Self::one();
        for (monomial, c) in self.numerator().terms() {
            let mut term = Self::from(Polynomial::term(c.clone(), monomial.clone()));
            for (factor, n) in self.denominator() {
                let divisor = Self::from(factor.clone()).powi(i64::from(*n))?;
                term = term.over(&divisor)?;
            }
            power = power.times(&term.exp_of_term()?)?;
        }
        Some(power)
    }

    fn exp_of_term(&self) -> Option<Self> {
        let (_, c) = self.numerator().leading()?;
        let direction = self.scaled(&c.clone().recip());
        if let Some((monomial, _)) = direction.as_term()
            && let Some((Atom::Log(base), e)) = monomial.single()
            && *e == 1
        {
            return base.powr(c);
        }
        let monomial = Monomial::power(Atom::Exp(direction.into()), c.clone());
        Some(Polynomial::term(Rational::from(1), monomial).into())
    }

    /// `log(self)` of a number proved positive: the sum of the logarithms of its factors.
    pub fn ln(&self) -> Option<Self> {
        if self.sign()? != Ordering::Greater {
            return None;
        }
        let factors = self.positive_factors()?;
        let mut sum = Self::zero();
        let mut add = |multiple: &Rational, of: Self| {
            sum = sum.plus(&of.scaled(multiple))?;
            Some(())
        };
        for (p, n) in prime_factors(&factors.coefficient)? {
            add(&n.into(), log_atom(Self::rational(p.into())))?;
        }
        for (atom, e) in factors.atoms {
            match atom {
                Atom::Prime(p) => add(&e, log_atom(Self::rational(p.into())))?,
                Atom::Exp(exponent) => add(&e, (*exponent).clone())?,
                Atom::Root(under) => add(&e, Self::from((*under).clone()).ln()?)?,
                _ => add(&e, log_atom(Polynomial::atom(atom).into()))?,
            }
        }
        for (polynomial, n) in factors.polynomials {
            add(&n.into(), log_atom(polynomial.into()))?;
        }
        Some(sum)
    }

    /// `sin(self)`
    pub fn sin(&self) -> Option<Self> {
        Some(wave::sine(self)?.into())
    }

    /// `cos(self)`
    pub fn cos(&self) -> Option<Self> {
        Some(wave::cosine(self)?.into())
    }

    /// `erf(self)`
    pub fn erf(&self) -> Option<Self> {
        Some(self.odd(Atom::Erf))
    }

    /// `asin(self)`, `-1 <= self <= 1` proved; a multiple of pi at 0, 1/2, sqrt(2)/2, sqrt(3)/2, 1.
    pub fn asin(&self) -> Option<Self> {
        let root = |n: i64| Self::int(n).sqrt().map(|r| r.scaled(&(1, 2).into()));
        let table = [
            (Self::rational((1, 2).into()), (1, 6)),
            (root(2)?, (1, 4)),
            (root(3)?, (1, 3)),
            (Self::one(), (1, 2)),
        ];
        if let Some(special) = self.odd_in_table(&table) {
            return Some(special);
        }
        let room = Self::one().minus(&self.times(self)?)?;
        (room.sign()? == Ordering::Greater).then(|| self.odd(Atom::Asin))
    }

    /// `acos(self) = pi/2 - asin(self)`
    pub fn acos(&self) -> Option<Self> {
        Self::pi().scaled(&(1, 2).into()).minus(&self.asin()?)
    }

    /// `atan(self)`; a multiple of pi at 0, 1/sqrt(3), 1, sqrt(3).
    pub fn atan(&self) -> Option<Self> {
        let root = Self::int(3).sqrt()?;
        let table = [
            (root.scaled(&(1, 3).into()), (1, 6)),
            (Self::one(), (1, 4)),
            (root, (1, 3)),
        ];
        match self.odd_in_table(&table) {
            Some(special) => Some(special),
            None => Some(self.odd(Atom::Atan)),
        }
    }

    /// `cosh(self)`
    pub fn cosh(&self) -> Option<Self> {
        let sum = self.exp()?.plus(&self.negated().exp()?)?;
        Some(sum.scaled(&(1, 2).into()))
    }

    /// `sinh(self)`
    pub fn sinh(&self) -> Option<Self> {
        let difference = self.exp()?.minus(&self.negated().exp()?)?;
        Some(difference.scaled(&(1, 2).into()))
    }

    /// `tanh(self) = (e^(2c) - 1) / (e^(2c) + 1)`
    pub fn tanh(&self) -> Option<Self> {
        let square = self.scaled(&2.into()).exp()?;
        square
            .minus(&Self::one())?
            .over(&square.plus(&Self::one())?)
    }

    /// `asinh(self) = log(c + sqrt(c^2 + 1))`, odd: computed for the sign that has no cancellation.
    pub fn asinh(&self) -> Option<Self> {
        match self.sign()? {
            Ordering::Equal => Some(Self::zero()),
            Ordering::Less => Some(self.negated().asinh()?.negated()),
            Ordering::Greater => {
                let root = self.times(self)?.plus(&Self::one())?.sqrt()?;
                self.plus(&root)?.ln()
            }
        }
    }

    /// An odd function of the number as an atom (zero at zero).
    fn odd(&self, atom: fn(std::sync::Arc<Closed>) -> Atom) -> Self {
        if self.is_zero() {
            return Self::zero();
        }
        if self.leads_negative() {
            return self.negated().odd(atom).negated();
        }
        Polynomial::atom(atom(self.clone().into())).into()
    }

    /// An odd function with value 0 at 0 and `q pi` at each number listed with `q`.
    fn odd_in_table(&self, table: &[(Self, (i32, i32))]) -> Option<Self> {
        if self.is_zero() {
            return Some(Self::zero());
        }
        table.iter().find_map(|(at, q)| {
            let value = Self::pi().scaled(&Rational::from(*q));
            if self == at {
                Some(value)
            } else if self.negated() == *at {
                Some(value.negated())
            } else {
                None
            }
        })
    }
}

fn log_atom(c: Closed) -> Closed {
    Polynomial::atom(Atom::Log(c.into())).into()
}
