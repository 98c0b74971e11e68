//! Beyond the last breakpoint that was looked for: continuity by construction.
//!
//! A piece that ends at its reach says nothing of what comes after, so a jump out there can be excluded only by what the
//! expression is made of: sums, products and compositions of continuous functions are continuous, and so are `abs`, `min`
//! and `max` of them. What can jump or be undefined (`sign`, `step`, conditionals, divisors, logarithms) is asked for
//! its range on the whole half line, by interval arithmetic.

use std::cmp::Ordering;

use rug::Float;
use rug::float::Special;

use super::Closed;
use crate::activation::{BinaryOp, Condition, Constant, Expr, Function, Tape};
use crate::real::{Analytic, Bits, Interval};

/// Precision of the ranges.
const BITS: Bits = 128;

/// Is the expression defined and continuous for every `x >= from`? `true` is a proof, `false` says nothing. For
/// the other half line substitute `-x` first.
pub(super) fn is_continuous_beyond(e: &Expr, from: i64) -> bool {
    let tail = Tail {
        x: Interval::new(
            Float::with_val(BITS, from),
            Float::with_val(BITS, Special::Infinity),
        ),
    };
    tail.is_continuous(e)
}

/// Is the expression defined and continuous on an interval? `true` is a proof, `false` says nothing.
pub(super) fn is_continuous_on(e: &Expr, x: Interval) -> bool {
    Tail { x }.is_continuous(e)
}

struct Tail {
    x: Interval,
}

impl Tail {
    /// The sign on the whole half line, if it is certain and never zero.
    fn sign(&self, e: &Expr) -> Option<Ordering> {
        let range = Tape::new(std::slice::from_ref(e), BITS).at_one(&self.x);
        range.sign().filter(|sign| sign.is_ne())
    }

    fn is_positive(&self, e: &Expr) -> bool {
        self.sign(e) == Some(Ordering::Greater)
    }

    /// `sin(u)` is.
    fn is_within_one(&self, e: &Expr) -> bool {
        let range = Tape::<Interval>::new(std::slice::from_ref(e), BITS).at_one(&self.x);
        *range.lo() >= -1 && *range.hi() <= 1
    }

    fn is_continuous(&self, e: &Expr) -> bool {
        if e.is_constant() && !e.any(&|part| matches!(part, Expr::If(..))) {
            return Tape::<Interval>::new(std::slice::from_ref(e), BITS)
                .at_one(&self.x)
                .is_finite();
        }
        let parts = || {
            e.children()
                .into_iter()
                .all(|part| self.is_continuous(part))
        };
        match e {
            Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) | Expr::X => true,
            Expr::Neg(_) => parts(),
            Expr::Binary(op, a, b) => {
                let defined = match op {
                    BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => true,
                    BinaryOp::Div => self.sign(b).is_some(),
                    BinaryOp::Pow => match b.as_rational() {
                        Some(q) if q.is_integer() => q >= 0 || self.sign(a).is_some(),
                        _ => **a == Expr::Constant(Constant::E) || self.is_positive(a),
                    },
                };
                defined && parts()
            }
            Expr::Call(function, arguments) => {
                let a = &arguments[0];
                let one = || Expr::int(1);
                let defined = match function {
                    Function::Sign | Function::Step => self.sign(a).is_some(),
                    Function::Log | Function::Sqrt => self.is_positive(a),
                    Function::Asin | Function::Acos if self.is_within_one(a) => true,
                    Function::Asin | Function::Acos => {
                        self.is_positive(&(one() - a.clone()))
                            && self.is_positive(&(one() + a.clone()))
                    }
                    Function::Tan => self.sign(&Expr::call(Function::Cos, a.clone())).is_some(),
                    _ => true,
                };
                defined && parts()
            }
            Expr::If(condition, then, otherwise) => {
                let difference = condition.left.clone() - condition.right.clone();
                match self.sign(&difference) {
                    Some(sign) if condition.relation.holds(sign) => self.is_continuous(then),
                    Some(_) => self.is_continuous(otherwise),
                    // The branches meet wherever they are exchanged.
                    None => {
                        switches_continuously(condition, then, otherwise)
                            && self.is_continuous(&difference)
                            && self.is_continuous(then)
                            && self.is_continuous(otherwise)
                    }
                }
            }
            Expr::Named(..) => self.is_continuous(&e.expand()),
        }
    }
}

/// `u < c ? f(u) : g(u)` with `f(c) = g(c)`, proved by constants in closed form.
fn switches_continuously(condition: &Condition, then: &Expr, otherwise: &Expr) -> bool {
    if !condition.right.is_constant() {
        return false;
    }
    let at = |branch: &Expr| {
        let value = replaced(branch, &condition.left, &condition.right).simplify();
        value.is_constant().then(|| Closed::from_expr(&value))?
    };
    matches!((at(then), at(otherwise)), (Some(a), Some(b)) if a.equals(&b))
}

/// The tree with every copy of a part replaced.
fn replaced(e: &Expr, part: &Expr, by: &Expr) -> Expr {
    if e == part {
        return by.clone();
    }
    e.with_children(|child| replaced(child, part, by))
}
