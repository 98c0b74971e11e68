//! What is known of the primitive functions.

use std::cmp::Ordering;

use rug::Rational;

use super::form::{Form, Monomial, is_positive};
use super::reading::Reader;
use super::writing;
use crate::activation::expr::{Constant, Expr, Function};

impl Reader {
    pub fn call(&mut self, function: Function, args: &[Form]) -> Option<Form> {
        match (function, args) {
            (Function::Min | Function::Max, [a, b]) => self.extremum(function, a, b),
            (_, [u]) => self.unary(function, u),
            _ => None,
        }
    }

    fn extremum(&mut self, function: Function, a: &Form, b: &Form) -> Option<Form> {
        if a == b {
            return Some(a.clone());
        }
        if let (Some(p), Some(q)) = (a.rational(), b.rational()) {
            return Some(Form::constant(if function == Function::Min {
                p.min(q)
            } else {
                p.max(q)
            }));
        }
        if self.bold {
            // max(a, b) = (a + b + |a - b|)/2
            let mut difference = a.clone();
            difference.add(b, &Rational::from(-1))?;
            let distance = self.absolute(&difference)?;
            let mut sum = a.clone();
            sum.add(b, &Rational::from(1))?;
            sum.add(
                &distance,
                &Rational::from(if function == Function::Min { -1 } else { 1 }),
            )?;
            return Some(sum.scaled(&Rational::from((1, 2))));
        }
        let (mut first, mut second) = (writing::tree(a), writing::tree(b));
        if (first.is_constant(), &first) > (second.is_constant(), &second) {
            std::mem::swap(&mut first, &mut second);
        }
        Some(Form::atom(Expr::call2(function, first, second)))
    }

    fn unary(&mut self, function: Function, u: &Form) -> Option<Form> {
        use Function::*;
        let number = |n: i32| Some(Form::constant(Rational::from(n)));
        if let Some(q) = u.rational() {
            match (function, q.cmp0()) {
                (Sign, Ordering::Less) => return number(-1),
                (Sign, Ordering::Greater) => return number(1),
                (Step, order) => return number(i32::from(order != Ordering::Less)),
                (Sign | Sin | Tan | Sinh | Tanh | Asin | Atan | Asinh | Erf, Ordering::Equal) => {
                    return number(0);
                }
                (Cos | Cosh | Erfc, Ordering::Equal) => return number(1),
                (Log, _) if q == 1 => return number(0),
                (Acos, _) if q == 1 => return number(0),
                _ => {}
            }
        }
        if let Some(inner) = undone(function, u) {
            return Some(self.read(&inner));
        }
        match function {
            Min | Max => None,
            Exp => self.exponential(u),
            Sqrt => self.rational_power(u, &Rational::from((1, 2))),
            Abs => self.absolute(u),
            Log => self.logarithm(u),
            Sin | Tan | Sinh | Tanh | Asin | Atan | Asinh | Erf | Sign if u.is_negative() => Some(
                self.unary(function, &u.scaled(&Rational::from(-1)))?
                    .scaled(&Rational::from(-1)),
            ),
            Cos | Cosh if u.is_negative() => self.unary(function, &u.scaled(&Rational::from(-1))),
            Sin | Cos => match half_turns(u) {
                Some(value) => number(if function == Sin { value.0 } else { value.1 }),
                None => Some(Form::atom(Expr::call(function, writing::tree(u)))),
            },
            Asin | Acos if u.rational().is_some_and(|q| q == 1 || q == -1) => {
                // pi/2 for asin 1, pi for acos -1
                let pi = Form::atom(Expr::Constant(Constant::Pi));
                Some(pi.scaled(&match function {
                    Acos => Rational::from(1),
                    _ => Rational::from((1, 2)),
                }))
            }
            Tan if half_turns(u).is_some_and(|(sine, _)| sine == 0) => number(0),
            // Positive factors do not matter to a sign.
            Sign | Step => {
                let (coefficient, monomial) = self.factor(u)?;
                let rest = monomial
                    .0
                    .into_iter()
                    .filter(|(atom, _)| !is_positive(atom))
                    .collect();
                let sign = Rational::from(if coefficient > 0 { 1 } else { -1 });
                let rest = Form::term(Monomial(rest), sign);
                if rest.rational().is_some() {
                    return self.unary(function, &rest);
                }
                Some(Form::atom(Expr::call(function, writing::tree(&rest))))
            }
            Erfc if self.bold => {
                let mut complement = self.unary(Erf, u)?.scaled(&Rational::from(-1));
                complement.insert(Monomial::default(), Rational::from(1));
                Some(complement)
            }
            Sinh | Cosh | Tanh if self.bold => {
                let up = self.exponential(u)?;
                let down = self.exponential(&u.scaled(&Rational::from(-1)))?;
                let (mut odd, mut even) = (up.clone(), up);
                odd.add(&down, &Rational::from(-1))?;
                even.add(&down, &Rational::from(1))?;
                match function {
                    Tanh => {
                        let inverse = self.integer_power(&even, -1)?;
                        self.product(&odd, &inverse)
                    }
                    Sinh => Some(odd.scaled(&Rational::from((1, 2)))),
                    _ => Some(even.scaled(&Rational::from((1, 2)))),
                }
            }
            _ => Some(Form::atom(Expr::call(function, writing::tree(u)))),
        }
    }

    /// `|u|`: factors that are positive by nature or squared come out.
    pub fn absolute(&mut self, u: &Form) -> Option<Form> {
        let (coefficient, monomial) = self.factor(u)?;
        if coefficient == 0 {
            return Some(Form::default());
        }
        let clear = |(atom, n): &(Expr, Rational)| {
            is_positive(atom) || (n.is_integer() && n.numer().is_even())
        };
        let (outside, inside): (Vec<_>, Vec<_>) = monomial.0.into_iter().partition(clear);
        let outside = Form::term(Monomial(outside), coefficient.abs());
        if inside.is_empty() {
            return Some(outside);
        }
        let inside = Form::term(Monomial(inside), Rational::from(1));
        let atom = match writing::tree(&inside) {
            already @ Expr::Call(Function::Abs | Function::Sqrt | Function::Cosh, _) => already,
            tree => Expr::call(Function::Abs, tree),
        };
        self.product(&outside, &Form::atom(atom))
    }

    /// `log(exp(u)) = u`; in a proof, exponentials are drawn out of sums: `log(1+exp(-x)) = log(1+exp(x))-x`.
    fn logarithm(&mut self, u: &Form) -> Option<Form> {
        let (coefficient, monomial) = self.factor(u)?;
        let (exponentials, rest): (Vec<_>, Vec<_>) = monomial
            .0
            .into_iter()
            .partition(|(atom, _)| matches!(atom, Expr::Call(Function::Exp, _)));
        if exponentials.is_empty() || !(self.bold || (rest.is_empty() && coefficient == 1)) {
            return Some(Form::atom(Expr::call(Function::Log, writing::tree(u))));
        }
        let mut sum = Form::default();
        for (atom, q) in exponentials {
            if let Expr::Call(_, args) = &atom {
                let exponent = self.read(&args[0]);
                sum.add(&exponent, &q)?;
            }
        }
        let rest = Form::term(Monomial(rest), coefficient);
        if rest.rational().is_none_or(|q| q != 1) {
            let log = Form::atom(Expr::call(Function::Log, writing::tree(&rest)));
            sum.add(&log, &Rational::from(1))?;
        }
        Some(sum)
    }
}

/// `v` where `u = f^-1(v)`, on the whole domain of the inverse function.
fn undone(function: Function, u: &Form) -> Option<Expr> {
    let (monomial, coefficient) = u.single()?;
    let [(Expr::Call(inner, args), power)] = &monomial.0[..] else {
        return None;
    };
    let inverse = match function {
        Function::Tan => Function::Atan,
        Function::Sin => Function::Asin,
        Function::Cos => Function::Acos,
        Function::Sinh => Function::Asinh,
        Function::Asinh => Function::Sinh,
        _ => return None,
    };
    let plain = *coefficient == 1 && *power == 1 && *inner == inverse;
    plain.then(|| args.first().cloned())?
}

/// Sine and cosine of a multiple of `pi/2`.
fn half_turns(u: &Form) -> Option<(i32, i32)> {
    let (monomial, coefficient) = u.single()?;
    match &monomial.0[..] {
        [(Expr::Constant(Constant::Pi), n)] if *n == 1 => {
            let quarter = Rational::from(coefficient * 2);
            let quarter = quarter.is_integer().then(|| quarter.numer().mod_u(4))?;
            Some([(0, 1), (1, 0), (0, -1), (-1, 0)][quarter as usize])
        }
        _ => None,
    }
}
