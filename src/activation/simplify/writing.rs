//! Form to tree.

use rug::{Integer, Rational};

use super::form::{Form, Monomial};
use crate::activation::expr::{BinaryOp, Constant, Expr, Function};

/// A coefficient is written as a decimal while it is no longer than this, otherwise as a quotient.
pub(super) const DECIMAL_LENGTH: usize = 8;

/// The tree of a form: the terms in the order of reading, a positive one first if there is one.
pub(super) fn tree(form: &Form) -> Expr {
    let mut terms = form.ordered();
    if let Some(first) = terms.iter().position(|(_, c)| **c > 0) {
        terms[..=first].rotate_right(1);
    }
    let mut sum = Expr::int(0);
    for (monomial, coefficient) in terms {
        let (monomial, negative) = match *coefficient < 0 {
            true => with_sign_inside(monomial),
            false => (monomial.clone(), false),
        };
        let term = product(&monomial, &coefficient.clone().abs());
        sum = match (negative, sum.is_int(0)) {
            (false, _) => sum + term,
            (true, false) => sum - term,
            (true, true) => negated(term),
        };
    }
    sum
}

/// `-(tanh(x)^2-1)` reads better as `1-tanh(x)^2`: the monomial with one of its sums turned round, and
/// whether a minus remains.
fn with_sign_inside(monomial: &Monomial) -> (Monomial, bool) {
    let mut turned = monomial.clone();
    for (atom, n) in &mut turned.0 {
        if *n == 1
            && let Some(sum) = turned_sum(atom)
        {
            *atom = sum;
            return (turned, false);
        }
    }
    (turned, true)
}

/// A sum with all its signs changed, if one of them was a minus.
fn turned_sum(e: &Expr) -> Option<Expr> {
    let mut terms = Vec::new();
    let mut rest = e;
    loop {
        match rest {
            Expr::Binary(BinaryOp::Add, a, b) => {
                terms.push((false, (**b).clone()));
                rest = a;
            }
            Expr::Binary(BinaryOp::Sub, a, b) => {
                terms.push((true, (**b).clone()));
                rest = a;
            }
            first => {
                terms.push((false, first.clone()));
                break;
            }
        }
    }
    terms.reverse();
    let first = terms.iter().position(|(negative, _)| *negative)?;
    terms[..=first].rotate_right(1);
    let sum = terms
        .into_iter()
        .map(|(negative, term)| if negative { term } else { -term });
    sum.reduce(|a, b| a + b)
}

/// The minus goes to the first factor, as it is read: `-x*y` is `(-x)*y`.
fn negated(e: Expr) -> Expr {
    use BinaryOp::{Div, Mul};
    match &e {
        Expr::Binary(op @ (Mul | Div), a, b) if e.as_rational().is_none() => {
            Expr::Binary(*op, negated((**a).clone()).into(), b.clone())
        }
        _ => -e,
    }
}

fn times(product: Option<Expr>, factor: Expr) -> Option<Expr> {
    Some(match product {
        Some(product) => product * factor,
        None => factor,
    })
}

/// A positive coefficient times a monomial.
fn product(monomial: &Monomial, coefficient: &Rational) -> Expr {
    if monomial.0.is_empty() {
        return Expr::rational(coefficient);
    }
    let mut coefficient = coefficient.clone();
    let (mut above, mut below): (Option<Expr>, Option<Expr>) = (None, None);
    let mut exponent: Vec<(&Expr, &Rational)> = Vec::new();
    let (mut root_above, mut root_below) = (Vec::new(), Vec::new());
    let mut radicals: Vec<(Rational, Integer)> = Vec::new();
    for (atom, q) in &monomial.0 {
        match atom {
            Expr::Number(base) => match radicals.iter_mut().find(|(exponent, _)| exponent == q) {
                Some((_, product)) => *product *= base.numer(),
                None => radicals.push((q.clone(), base.numer().clone())),
            },
            Expr::Call(Function::Exp, args) => exponent.push((&args[0], q)),
            _ => {}
        }
    }
    let half = Rational::from((1, 2));
    for (q, base) in radicals {
        // 1/2 * sqrt(2) is 1/sqrt(2).
        let turned = coefficient.denom().is_divisible(&base);
        if turned {
            coefficient *= &base;
        }
        let q = if turned { Rational::from(1) - q } else { q };
        let base = Expr::rational(&Rational::from(base));
        if q == half {
            if turned {
                &mut root_below
            } else {
                &mut root_above
            }
            .push(base);
        } else {
            let power = base.pow(Expr::rational(&q));
            let side = if turned { &mut below } else { &mut above };
            *side = times(side.take(), power);
        }
    }
    for (atom, q) in &monomial.0 {
        if matches!(atom, Expr::Number(_) | Expr::Call(Function::Exp, _)) {
            continue;
        }
        let mut magnitude = q.clone().abs();
        let negative = *q < 0;
        if *magnitude.denom() == 2 {
            // pi is the only atom here with half powers.
            if negative {
                &mut root_below
            } else {
                &mut root_above
            }
            .push(atom.clone());
            magnitude -= &half;
        }
        if magnitude != 0 {
            let side = if negative { &mut below } else { &mut above };
            *side = times(side.take(), atom.clone().pow(Expr::rational(&magnitude)));
        }
    }
    let (above, below) = with_roots(above, below, root_above, root_below);
    let above = if exponent.is_empty() {
        above
    } else {
        times(above, exponential(exponent))
    };
    with_coefficient(&coefficient, above, below)
}

/// Products under one root: `sqrt(2*pi)`, `sqrt(2/pi)`.
fn with_roots(
    mut above: Option<Expr>,
    mut below: Option<Expr>,
    root_above: Vec<Expr>,
    root_below: Vec<Expr>,
) -> (Option<Expr>, Option<Expr>) {
    let joined = |factors: Vec<Expr>| factors.into_iter().reduce(|a, b| a * b);
    let root = |e: Expr| Expr::call(Function::Sqrt, e);
    // Constants are read before everything else.
    let before = |root: Expr, side: Option<Expr>| {
        Some(match side {
            Some(side) => multiplied_first(root, side),
            None => root,
        })
    };
    match (joined(root_above), joined(root_below)) {
        (Some(a), Some(b)) => above = before(root(a / b), above),
        (Some(a), None) => above = before(root(a), above),
        (None, Some(b)) => below = before(root(b), below),
        (None, None) => {}
    }
    (above, below)
}

fn with_coefficient(coefficient: &Rational, above: Option<Expr>, below: Option<Expr>) -> Expr {
    let whole = |n: &Integer| Expr::rational(&Rational::from(n));
    let (mut number, mut divisor) = (coefficient.clone(), None);
    if !coefficient.is_integer() {
        let decimal = Expr::rational(coefficient);
        let short =
            matches!(decimal, Expr::Number(_)) && decimal.to_string().len() <= DECIMAL_LENGTH;
        if !short {
            number = Rational::from(coefficient.numer());
            divisor = Some(whole(coefficient.denom()));
        }
    }
    let above = match above {
        Some(factors) if number == 1 => factors,
        Some(factors) => multiplied_first(Expr::rational(&number), factors),
        None => Expr::rational(&number),
    };
    match (divisor, below) {
        (None, None) => above,
        (Some(d), None) => above / d,
        (None, Some(b)) => above / b,
        (Some(d), Some(b)) => above / multiplied_first(d, b),
    }
}

/// `c * (a * b)` as it is read: `(c * a) * b`.
fn multiplied_first(number: Expr, factors: Expr) -> Expr {
    match &factors {
        Expr::Binary(BinaryOp::Mul, a, b) => {
            multiplied_first(number, (**a).clone()) * (**b).clone()
        }
        _ => number * factors,
    }
}

/// `exp` of a sum of multiples of coefficient-free trees.
fn exponential(mut exponent: Vec<(&Expr, &Rational)>) -> Expr {
    exponent.sort_by_key(|(t, _)| (t.is_constant(), std::cmp::Reverse(degree(t))));
    if let [(one, q)] = &exponent[..]
        && one.is_int(1)
        && **q == 1
    {
        return Expr::Constant(Constant::E);
    }
    let first = exponent.iter().position(|(_, q)| **q > 0);
    exponent[..=first.unwrap_or(0)].rotate_right(1);
    let sum = exponent.into_iter().map(|(t, q)| {
        let (above, below) = match t {
            Expr::Binary(BinaryOp::Div, a, b) => ((**a).clone(), Some((**b).clone())),
            _ => (t.clone(), None),
        };
        let above = if above.is_int(1) { None } else { Some(above) };
        let term = with_coefficient(&q.clone().abs(), above, below);
        if *q < 0 { negated(term) } else { term }
    });
    let sum = sum.reduce(|a, b| match b {
        b if starts_with_minus(&b) => a - negated(b),
        b => a + b,
    });
    Expr::call(Function::Exp, sum.unwrap_or_else(|| Expr::int(0)))
}

fn starts_with_minus(e: &Expr) -> bool {
    match e {
        Expr::Neg(_) => true,
        Expr::Binary(BinaryOp::Mul | BinaryOp::Div, a, _) => starts_with_minus(a),
        _ => false,
    }
}

/// The power of `x` that a coefficient-free tree visibly is, for the order of reading.
fn degree(t: &Expr) -> Rational {
    match t {
        Expr::X => Rational::from(1),
        Expr::Binary(BinaryOp::Mul, a, b) => degree(a) + degree(b),
        Expr::Binary(BinaryOp::Div, a, b) => degree(a) - degree(b),
        Expr::Binary(BinaryOp::Pow, a, b) => degree(a) * b.as_rational().unwrap_or_default(),
        _ => Rational::new(),
    }
}
