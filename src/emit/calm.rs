//! Exponentials that overflow together: `e^v/(k + c e^v)` is `1/(c + k e^-v)`, and finite wherever the quotient is.

use std::collections::HashMap;

use super::terms::{Factors, Sum};
use crate::activation::{BinaryOp, Expr, Function, removable};

/// The same function, without quotients of two infinities where that is seen.
pub(super) fn calm(e: &Expr) -> Expr {
    of(e, &mut HashMap::new())
}

fn of(e: &Expr, done: &mut HashMap<Expr, Expr>) -> Expr {
    if let Some(known) = done.get(e) {
        return known.clone();
    }
    // `with_children` takes a function that changes nothing
    let children: Vec<Expr> = e.children().into_iter().map(|c| of(c, done)).collect();
    let next = std::cell::Cell::new(0);
    let inner = e.with_children(|_| {
        next.set(next.get() + 1);
        children[next.get() - 1].clone()
    });
    let calmed = match &inner {
        Expr::Binary(BinaryOp::Mul | BinaryOp::Div, ..) => quotient(&inner).unwrap_or(inner),
        _ => inner,
    };
    done.insert(e.clone(), calmed.clone());
    calmed
}

/// The product with as many exponentials divided as there are; nothing where there is none.
fn quotient(e: &Expr) -> Option<Expr> {
    let mut factors = Factors::of(e);
    let mut changed = false;
    while step(&mut factors) {
        changed = true;
    }
    let calmed = changed.then(|| factors.expr())?;
    let holes = |e: &Expr| match e {
        Expr::Binary(BinaryOp::Div, a, b) => removable(a, b),
        _ => vec![],
    };
    // a hole that is not seen any more would not be filled
    (holes(e) == holes(&calmed)).then_some(calmed)
}

/// A sum over a product, term by term, where an exponential in a term is one of the product: `(1 - e^v + x e^v)/(1 - e^v)^2`.
/// At a hole the terms are infinite: it is for what stands outside of one.
pub(super) fn distributed(e: &Expr) -> Option<Expr> {
    let Expr::Binary(BinaryOp::Div, a, b) = e else {
        return None;
    };
    // others were mended, and would be looked for again
    if removable(a, b).iter().any(|hole| *hole != 0) {
        return None;
    }
    let mut factors = Factors::of(e);
    let is_sum = |f: &Expr| matches!(f, Expr::Binary(BinaryOp::Add | BinaryOp::Sub, ..));
    let place = factors.above.iter().position(is_sum)?;
    let sum = Sum::of(&factors.above.remove(place));
    let rest = factors;
    let mut changed = false;
    let mut over = |term: &Factors| {
        let mut whole = rest.clone();
        whole.constant = rest.constant.clone() * term.constant.clone();
        whole.above.extend(term.above.iter().cloned());
        whole.below.extend(term.below.iter().cloned());
        while step(&mut whole) {
            changed = true;
        }
        whole.expr()
    };
    let constant = Factors {
        constant: sum.constant.clone(),
        above: vec![],
        below: vec![],
    };
    let parts: Vec<Expr> = sum.terms.iter().chain([&constant]).map(&mut over).collect();
    let total = parts.into_iter().reduce(|a, b| a + b)?;
    changed.then_some(total)
}

fn step(factors: &mut Factors) -> bool {
    for (n, f) in factors.below.iter().enumerate() {
        let (base, power) = match f {
            Expr::Binary(BinaryOp::Pow, base, n) => match n.as_rational() {
                Some(n) if n.is_integer() && n > 1 => (&**base, n),
                _ => continue,
            },
            _ => (f, 1.into()),
        };
        let Some((exponential, turned)) = turned(base) else {
            continue;
        };
        let Some(place) = factors.above.iter().position(|f| *f == exponential) else {
            continue;
        };
        factors.above.remove(place);
        let rest = power - 1_u32;
        let base = base.clone();
        match rest.is_positive() {
            true if rest == 1 => factors.below[n] = base,
            true => factors.below[n] = base.pow(Expr::rational(&rest)),
            false => {
                factors.below.remove(n);
            }
        }
        factors.below.push(turned);
        return true;
    }
    false
}

/// `e^v` and `c + k e^-v` of `k + c e^v`.
fn turned(base: &Expr) -> Option<(Expr, Expr)> {
    let Expr::Binary(BinaryOp::Add | BinaryOp::Sub, ..) = base else {
        return None;
    };
    let sum = Sum::of(base);
    let [term] = &sum.terms[..] else { return None };
    let ([exponential @ Expr::Call(Function::Exp, v)], []) = (&term.above[..], &term.below[..])
    else {
        return None;
    };
    let k = sum.constant.as_rational().filter(|k| *k != 0)?;
    let c = term.constant.as_rational().filter(|c| *c != 0)?;
    let back = Expr::rational(&k) * Expr::call(Function::Exp, -v[0].clone());
    Some((exponential.clone(), Expr::rational(&c) + back))
}
