//! From a constant to an expression, as people write it: `1/sqrt(pi)`, not `pi^(-1/2)`.

use std::fmt;
use std::sync::Arc;

use rug::ops::Pow;
use rug::{Integer, Rational};

use super::atom::{Atom, Monomial};
use super::constant::Closed;
use super::polynomial::Polynomial;
use crate::activation::{BinaryOp, Constant, Expr, Function};

impl Closed {
    /// The number as an expression of the grammar; reading it back gives the same number.
    pub fn to_expr(&self) -> Expr {
        if let Some((monomial, c)) = self.numerator().single() {
            let mut fraction = Fraction::default();
            fraction.divide(self, monomial);
            fraction.put_term(monomial, c, self);
            return signed(*c < 0, fraction.expr());
        }
        let numerator = sum(self.numerator());
        let mut fraction = Fraction::default();
        for (factor, n) in self.denominator() {
            fraction.below.push(powered(sum(factor), *n));
        }
        match fraction.below.is_empty() {
            true => numerator,
            false => numerator / product(fraction.below),
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_expr().fmt(f)
    }
}

/// Positive terms first, so that a sum starts with a minus only if all of it is negative.
fn sum(p: &Polynomial) -> Expr {
    let term = |(m, c): (&Monomial, &Rational)| {
        let mut fraction = Fraction::default();
        fraction.put_term(m, c, &Closed::zero());
        (*c < 0, fraction.expr())
    };
    let (negative, positive): (Vec<_>, Vec<_>) =
        p.terms().rev().map(term).partition(|(minus, _)| *minus);
    let mut terms = positive.into_iter().chain(negative);
    let Some((minus, first)) = terms.next() else {
        return Expr::int(0);
    };
    terms.fold(signed(minus, first), |sum, (minus, term)| match minus {
        true => sum - term,
        false => sum + term,
    })
}

/// The minus goes to the first factor, which prints as `-1/2`; a minus of a quotient is `-(1/2)`.
fn signed(minus: bool, expr: Expr) -> Expr {
    match (minus, expr) {
        (false, expr) => expr,
        (true, Expr::Binary(op @ (BinaryOp::Mul | BinaryOp::Div), a, b)) => {
            Expr::Binary(op, Arc::new(signed(true, (*a).clone())), b)
        }
        (true, expr) => -expr,
    }
}

fn integer(n: &Integer) -> Expr {
    Expr::Number(Arc::new(Rational::from(n)))
}

/// `3/4`, where [`Expr::rational`] would write `0.75`.
fn quotient(q: &Rational) -> Expr {
    let size = Rational::from(q.abs_ref());
    signed(*q < 0, integer(size.numer()) / integer(size.denom()))
}

fn powered(base: Expr, n: u32) -> Expr {
    base.pow(Expr::int(n.into()))
}

fn product(factors: Vec<Expr>) -> Expr {
    (factors.into_iter())
        .reduce(|product, factor| product * factor)
        .unwrap_or_else(|| Expr::int(1))
}

/// A product, sorted into above and below the line.
#[derive(Default)]
struct Fraction {
    above: Vec<Expr>,
    below: Vec<Expr>,
    /// What stands under a square root.
    root_above: Vec<Expr>,
    root_below: Vec<Expr>,
    /// Written last above: `e^...`, function values.
    last: Vec<Expr>,
}

impl Fraction {
    /// The denominator of `c`, apart from what combines with a root above: `sqrt(g)/g = 1/sqrt(g)`.
    fn divide(&mut self, c: &Closed, monomial: &Monomial) {
        for (factor, n) in c.denominator() {
            let root = Atom::Root(Arc::new(factor.clone()));
            let used = u32::from(!monomial.exponent(&root).is_zero());
            if *n > used {
                self.below.push(powered(sum(factor), n - used));
            }
        }
    }

    /// A factor `base^e`, `e` any rational: whole part outside, a half under the common square root.
    fn put_power(&mut self, base: Expr, e: &Rational) {
        let size = Rational::from(e.abs_ref());
        let (outside, under) = if *e > 0 {
            (&mut self.above, &mut self.root_above)
        } else {
            (&mut self.below, &mut self.root_below)
        };
        if *size.denom() == 1 {
            outside.push(base.pow(integer(size.numer())));
        } else if *size.denom() == 2 {
            let whole = Integer::from(size.numer() / 2u32);
            if whole > 0 {
                outside.push(base.clone().pow(integer(&whole)));
            }
            under.push(base);
        } else {
            outside.push(base.pow(quotient(&size)));
        }
    }

    /// `|coefficient| * monomial`. Roots whose radicand divides `whole` go below the line.
    fn put_term(&mut self, monomial: &Monomial, coefficient: &Rational, whole: &Closed) {
        // 2^(1/2)/2 = 1/2^(1/2): a prime's exponent in the coefficient is joined to its root.
        let (mut above, mut below) = Rational::from(coefficient.abs_ref()).into_numer_denom();
        let mut roots: Vec<(&Integer, Rational)> = Vec::new();
        for (atom, e) in monomial.iter() {
            if let Atom::Prime(p) = atom {
                let (n, m) = (above.remove_factor_mut(p), below.remove_factor_mut(p));
                roots.push((p, Rational::from(e + n) - m));
            }
        }
        let (mut under_above, mut under_below) = (Integer::from(1), Integer::from(1));
        for (p, e) in roots {
            if *e.denom() != 2 {
                self.put_power(integer(p), &e);
                continue;
            }
            let (outside, under) = match e > 0 {
                true => (&mut above, &mut under_above),
                false => (&mut below, &mut under_below),
            };
            // 3/(4*sqrt(2)), not 3/(2^2*sqrt(2)). Coefficients are short, so the exponent is small.
            let whole = Integer::from(e.numer() / 2u32).abs().to_u32();
            *outside *= Integer::from(p.pow(whole.unwrap_or(0)));
            *under *= p;
        }
        if under_above != 1 {
            self.root_above.push(integer(&under_above));
        }
        if under_below != 1 {
            self.root_below.push(integer(&under_below));
        }
        if above != 1 {
            self.above.insert(0, integer(&above));
        }
        if below != 1 {
            self.below.insert(0, integer(&below));
        }
        let mut exponent = Closed::zero();
        for (atom, e) in monomial.iter() {
            match atom {
                Atom::Prime(_) => {}
                Atom::Exp(c) => {
                    let c = c.scaled(e);
                    match exponent.plus(&c) {
                        Some(sum) => exponent = sum,
                        None => self.last.push(power_of_e(&c)),
                    }
                }
                Atom::Pi => self.put_power(Expr::Constant(Constant::Pi), e),
                Atom::Root(under) => {
                    let below = whole.denominator().contains_key(&**under);
                    let e = Rational::from(e - i32::from(below));
                    self.put_power(sum(under), &e);
                }
                Atom::Log(c) => self.put_call(Function::Log, c, e),
                Atom::Erf(c) => self.put_call(Function::Erf, c, e),
                Atom::Asin(c) => self.put_call(Function::Asin, c, e),
                Atom::Atan(c) => self.put_call(Function::Atan, c, e),
                Atom::Cos(c) => self.put_call(Function::Cos, c, e),
                Atom::Sin(c) => self.put_call(Function::Sin, c, e),
            }
        }
        if !exponent.is_zero() {
            self.last.push(power_of_e(&exponent));
        }
    }

    fn put_call(&mut self, function: Function, c: &Closed, e: &Rational) {
        let value = Expr::call(function, c.to_expr());
        let power = value.pow(integer(&Integer::from(e.numer().abs_ref())));
        if *e > 0 {
            &mut self.last
        } else {
            &mut self.below
        }
        .push(power);
    }

    fn expr(mut self) -> Expr {
        let root = |under: Expr| Expr::call(Function::Sqrt, under);
        match (self.root_above.is_empty(), self.root_below.is_empty()) {
            (true, true) => {}
            (false, true) => self.above.push(root(product(self.root_above))),
            (true, false) => self.below.push(root(product(self.root_below))),
            (false, false) => {
                let under = product(self.root_above) / product(self.root_below);
                self.above.push(root(under));
            }
        }
        self.above.append(&mut self.last);
        // 2^(-3/4), not 1/2^(3/4).
        if self.above.is_empty()
            && let [Expr::Binary(BinaryOp::Pow, base, e)] = &self.below[..]
            && matches!(**e, Expr::Binary(BinaryOp::Div, ..))
        {
            return (**base).clone().pow(signed(true, (**e).clone()));
        }
        match self.below.is_empty() {
            true => product(self.above),
            false => product(self.above) / product(self.below),
        }
    }
}

/// `e`, `e^2`, `sqrt(e)`, `exp(c)`.
fn power_of_e(exponent: &Closed) -> Expr {
    let e = Expr::Constant(Constant::E);
    match exponent.as_rational() {
        Some(q) if q == Rational::from((1, 2)) => Expr::call(Function::Sqrt, e),
        Some(q) if q > 0 && q.is_integer() => e.pow(integer(q.numer())),
        _ => Expr::call(Function::Exp, exponent.to_expr()),
    }
}
