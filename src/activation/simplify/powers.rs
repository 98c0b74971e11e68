//! The rules for powers and roots.

use rug::ops::Pow;
use rug::{Integer, Rational};

use super::form::{Form, Monomial, is_positive, may_cancel};
use super::reading::{PROOF_POWER, Reader};
use super::writing;
use crate::activation::build::integer_power;
use crate::activation::expr::{Expr, Function};

/// Primes up to this bound are found in the numbers under roots.
const PRIME_BOUND: u32 = 1_000;

impl Reader {
    pub fn integer_power(&mut self, form: &Form, n: i64) -> Option<Form> {
        if n == 0 {
            return Some(Form::constant(Rational::from(1)));
        }
        if form.is_zero() {
            return (n > 0).then(Form::default);
        }
        if form.single().is_none() && n > 0 {
            let degree = form
                .polynomial()
                .map(|p| (p.len() as u64 - 1).saturating_mul(n.unsigned_abs()));
            let multiply = match degree {
                Some(degree) if !self.bold => degree <= u64::from(self.degree),
                Some(degree) => degree <= 1_000,
                None => self.bold && n <= PROOF_POWER,
            };
            if multiply {
                let mut power = Form::constant(Rational::from(1));
                for bit in (0..64 - n.leading_zeros()).rev() {
                    power = power.distributed(&power)?;
                    if n >> bit & 1 == 1 {
                        power = power.distributed(form)?;
                    }
                }
                return Some(power);
            }
        }
        if let Some(Expr::If(c, a, b)) = lone_atom(form) {
            // (x < 0 ? 2 : 1)^2 is x < 0 ? 4 : 1.
            if let (Some(a), Some(b)) = (a.as_rational(), b.as_rational()) {
                let power = |q| Some(Expr::rational(&integer_power(q, n)?));
                return Some(Form::atom(Expr::conditional(
                    (**c).clone(),
                    power(&a)?,
                    power(&b)?,
                )));
            }
        }
        let (coefficient, monomial) = self.factor(form)?;
        if n < 0
            && monomial
                .0
                .iter()
                .any(|(a, q)| *q < 0 && !may_cancel(a, q, &1.into()))
        {
            return None;
        }
        let (factor, power) = monomial.power(&Rational::from(n))?;
        let power = Form::term(power, integer_power(&coefficient, n)? * factor);
        if self.bold {
            Some(power)
        } else {
            self.flattened(power)
        }
    }

    pub fn power(&mut self, base: &Form, exponent: &Form) -> Option<Form> {
        if let Some(q) = exponent.rational() {
            return match q.is_integer() {
                true => self.integer_power(base, q.numer().to_i64()?),
                false => self.rational_power(base, &q),
            };
        }
        if base.rational().is_some_and(|q| q == 1) {
            return Some(base.clone());
        }
        let is_e = base.single().is_some_and(|(m, c)| {
            *c == 1
                && m.0.len() == 1
                && m.0[0].1 == 1
                && m.0[0].0 == Expr::call(Function::Exp, Expr::int(1))
        });
        if is_e {
            return self.exponential(exponent);
        }
        Some(Form::atom(writing::tree(base).pow(writing::tree(exponent))))
    }

    /// `base^q` for a `q` that is no integer: what is positive by nature is drawn out of the power.
    pub fn rational_power(&mut self, base: &Form, q: &Rational) -> Option<Form> {
        if base.is_zero() {
            return (*q > 0).then(Form::default);
        }
        let half = Rational::from((1, 2));
        let (coefficient, monomial) = self.factor(base)?;
        let (positive, other): (Vec<_>, Vec<_>) =
            monomial.0.into_iter().partition(|(a, _)| is_positive(a));
        let (factor, drawn) = Monomial(positive).power(q)?;
        let (root, radicals) = radical(&coefficient.clone().abs(), q)?;
        let (more, mut drawn) = drawn.times(&radicals)?;
        let mut outside = factor * root * more;
        if coefficient > 0 && other.is_empty() {
            return Some(Form::term(drawn, outside));
        }
        if coefficient > 0
            && *q == half
            && other
                .iter()
                .all(|(_, n)| n.is_integer() && n.numer().is_even())
        {
            // sqrt(u^2) = |u|
            for (atom, n) in other {
                let half: Rational = n / 2;
                let atom = if half.numer().is_even() {
                    Form::atom(atom)
                } else {
                    self.absolute(&Form::atom(atom))?
                };
                let (c, m) = self.factor(&atom)?;
                let (more, m) = m.power(&half)?;
                let (again, product) = drawn.times(&m)?;
                outside *= more * again * integer_power(&c, half.numer().to_i64()?)?;
                drawn = product;
            }
            return Some(Form::term(drawn, outside));
        }
        let sign = Rational::from(if coefficient > 0 { 1 } else { -1 });
        let inside = self.flattened(Form::term(Monomial(other), sign))?;
        let inside = writing::tree(&inside);
        let magnitude = q.clone().abs();
        let atom = match magnitude == half {
            true => Expr::call(Function::Sqrt, inside),
            false => inside.pow(Expr::rational(&magnitude)),
        };
        let outer = Monomial::atom(atom, Rational::from(if *q > 0 { 1 } else { -1 }));
        let (more, monomial) = drawn.times(&outer)?;
        Some(Form::term(monomial, outside * more))
    }

    /// `exp` of a form: one atom for each of its monomials.
    pub fn exponential(&mut self, form: &Form) -> Option<Form> {
        let mut flat = form.clone();
        if let Some((m, c)) = form.single()
            && let [(atom, n)] = &m.0[..]
            && let Some(inside) = self.sums.get(atom).filter(|_| *n == 1)
        {
            flat = inside.scaled(c);
        }
        let mut monomial = Monomial::default();
        for (m, c) in &flat.terms {
            let exponent = writing::tree(&Form::term(m.clone(), Rational::from(1)));
            monomial = monomial
                .times(&Monomial::atom(
                    Expr::call(Function::Exp, exponent),
                    c.clone(),
                ))?
                .1;
        }
        Some(Form::term(monomial, Rational::from(1)))
    }
}

/// The form that is one atom and nothing else.
fn lone_atom(form: &Form) -> Option<&Expr> {
    let (monomial, coefficient) = form.single()?;
    match &monomial.0[..] {
        [(atom, n)] if *n == 1 && *coefficient == 1 => Some(atom),
        _ => None,
    }
}

/// `c^q` for rational `c > 0`, as a rational times radicals of primes (and of what trial division
/// leaves): `sqrt(8) = 2 * 2^(1/2)`, `sqrt(1/2) = 1/2 * 2^(1/2)`.
fn radical(c: &Rational, q: &Rational) -> Option<(Rational, Monomial)> {
    let mut factor = Rational::from(1);
    let mut radicals = Monomial::default();
    for (part, sign) in [(c.numer(), 1), (c.denom(), -1)] {
        for (prime, n) in factors(part) {
            let exponent = Rational::from(q * (i64::from(n) * sign));
            let power = Monomial::atom(Expr::rational(&Rational::from(prime)), Rational::from(1))
                .power(&exponent)?;
            let (more, product) = radicals.times(&power.1)?;
            factor *= power.0 * more;
            radicals = product;
        }
    }
    Some((factor, radicals))
}

/// Prime factors up to a bound, the rest as a power of one number.
fn factors(n: &Integer) -> Vec<(Integer, u32)> {
    let mut rest = n.clone();
    let mut found = Vec::new();
    for p in (2..PRIME_BOUND).map(Integer::from) {
        if rest == 1 {
            break;
        }
        let k = rest.remove_factor_mut(&p);
        if k > 0 {
            found.push((p, k));
        }
    }
    if rest > 1 {
        let degree = (2..=rest.significant_bits())
            .rev()
            .find(|k| rest.is_perfect_power() && Integer::from(rest.root_ref(*k)).pow(*k) == rest);
        let k = degree.unwrap_or(1);
        found.push((rest.root(k), k));
    }
    found
}
