//! Proofs that a tree is zero.

use std::cmp::Ordering;

use rug::Rational;

use super::form::{Form, Monomial, is_positive};
use super::reading::Reader;
use crate::activation::expr::{Condition, Expr, Function};

/// Denominators inside denominators are cleared this often.
const ROUNDS: usize = 6;
/// So many switches are decided one after the other.
const SPLITS: u32 = 24;
/// Larger trees are not tried.
const SIZE: usize = 20_000;

/// Is the tree provably zero at every `x` where it is defined, except perhaps at isolated points?
///
/// The line is cut at the zeros of the linear polynomials under `abs`, `sign`, `step`, `min`, `max` and
/// in conditions; on every interval the switches are resolved, everything is multiplied out over a
/// common denominator, and must cancel. `false` says nothing.
pub(in crate::activation) fn is_zero(e: &Expr) -> bool {
    let e = e.expand();
    e.size() <= SIZE && vanishes_on(&e, &Range::default(), SPLITS)
}

/// What is known of `x`: strict bounds, and the signs of polynomials of higher degree.
#[derive(Clone, Default)]
struct Range {
    low: Option<Rational>,
    high: Option<Rational>,
    signs: Vec<(Vec<Rational>, Ordering)>,
}

fn vanishes_on(e: &Expr, range: &Range, splits: u32) -> bool {
    let e = range.resolved(e);
    if cancels(&e) {
        return true;
    }
    if splits == 0 {
        return false;
    }
    match undecided(&e) {
        Some(p) => [Ordering::Less, Ordering::Greater].into_iter().all(|sign| {
            let case = range.with_sign(&p, sign);
            case.is_none_or(|case| vanishes_on(&e, &case, splits - 1))
        }),
        None => false,
    }
}

/// Does everything cancel when it is multiplied out?
fn cancels(e: &Expr) -> bool {
    let mut reader = Reader::new(1_000, true);
    let mut form = reader.read(e);
    for _ in 0..ROUNDS {
        if form.is_zero() {
            return true;
        }
        match numerator(&reader, &form) {
            Some(next) if next != form => form = next,
            _ => return false,
        }
    }
    false
}

/// The form times all its denominators, sums multiplied out.
fn numerator(reader: &Reader, form: &Form) -> Option<Form> {
    let mut denominator = Monomial::default();
    for monomial in form.terms.keys() {
        for (atom, q) in &monomial.0 {
            let lacking = Rational::from(-q) - denominator.exponent_of(atom);
            if *q < 0 && lacking > 0 && !is_positive(atom) {
                denominator = denominator.times(&Monomial::atom(atom.clone(), lacking))?.1;
            }
        }
    }
    let mut total = Form::default();
    for (monomial, c) in &form.terms {
        let (factor, monomial) = monomial.times(&denominator)?;
        let mut product = Form::constant(factor * c);
        for (atom, q) in monomial.0 {
            match reader
                .inside(&atom)
                .filter(|_| q.is_integer() && q > 0 && q <= 64)
            {
                Some(inside) => {
                    for _ in 0..q.numer().to_i64()? {
                        product = product.distributed(inside)?;
                    }
                }
                None => {
                    product = product
                        .distributed(&Form::term(Monomial::atom(atom, q), Rational::from(1)))?
                }
            }
        }
        total.add(&product, &Rational::from(1))?;
    }
    Some(total)
}

/// The polynomial whose sign decides a switch, if the node is one: `u` for `abs(u)`, `a - b` for the
/// others.
fn decisive(e: &Expr) -> Option<Vec<Rational>> {
    let difference = match e {
        Expr::Call(Function::Abs | Function::Sign | Function::Step, args) => args[0].clone(),
        Expr::Call(Function::Min | Function::Max, args) if args.len() == 2 => {
            args[0].clone() - args[1].clone()
        }
        Expr::If(c, ..) => c.left.clone() - c.right.clone(),
        _ => return None,
    };
    difference.polynomial().filter(|p| p.len() > 1)
}

/// The first switch, from the inside, whose polynomial can be decided by cutting the line.
fn undecided(e: &Expr) -> Option<Vec<Rational>> {
    e.children()
        .into_iter()
        .find_map(undecided)
        .or_else(|| decisive(e))
}

impl Range {
    /// The sign of a polynomial on the whole range, where it is known.
    fn sign(&self, p: &[Rational]) -> Option<Ordering> {
        if let [b, a] = p {
            let zero = Rational::from(-b) / a;
            let rising = a.cmp0();
            return if self.low.as_ref().is_some_and(|low| *low >= zero) {
                Some(rising)
            } else if self.high.as_ref().is_some_and(|high| *high <= zero) {
                Some(rising.reverse())
            } else {
                None
            };
        }
        self.signs.iter().find_map(|(known, sign)| {
            let ratio = Rational::from(p.last()? / known.last()?);
            let proportional = p.len() == known.len()
                && p.iter()
                    .zip(known)
                    .all(|(a, b)| *a == Rational::from(b * &ratio));
            proportional.then(|| if ratio > 0 { *sign } else { sign.reverse() })
        })
    }

    /// The part of the range on which a polynomial has this sign; `None` if it is empty.
    fn with_sign(&self, p: &[Rational], sign: Ordering) -> Option<Range> {
        if let Some(known) = self.sign(p) {
            return (known == sign).then(|| self.clone());
        }
        let mut part = self.clone();
        match p {
            [b, a] => {
                let zero = Rational::from(-b) / a;
                match sign == a.cmp0() {
                    true => part.low = Some(zero),
                    false => part.high = Some(zero),
                }
            }
            _ => part.signs.push((p.to_vec(), sign)),
        }
        Some(part)
    }

    /// The tree with every switch resolved that the range decides.
    fn resolved(&self, e: &Expr) -> Expr {
        let e = match e {
            Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) | Expr::X => {
                return e.clone();
            }
            _ => e.with_children(|child| self.resolved(child)),
        };
        let Some(sign) = decisive(&e).and_then(|p| self.sign(&p)) else {
            return e;
        };
        match &e {
            Expr::Call(Function::Abs, args) if sign == Ordering::Less => -args[0].clone(),
            Expr::Call(Function::Abs, args) => args[0].clone(),
            Expr::Call(Function::Sign, _) => Expr::int(if sign == Ordering::Less { -1 } else { 1 }),
            Expr::Call(Function::Step, _) => Expr::int(i64::from(sign != Ordering::Less)),
            Expr::Call(f @ (Function::Min | Function::Max), args) => {
                args[usize::from((*f == Function::Min) != (sign == Ordering::Less))].clone()
            }
            Expr::If(condition, a, b) => {
                let Condition { relation, .. } = &**condition;
                if relation.holds(sign) {
                    (**a).clone()
                } else {
                    (**b).clone()
                }
            }
            _ => e,
        }
    }
}
