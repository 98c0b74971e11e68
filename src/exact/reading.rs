//! From an expression without `x` to a constant in closed form.

use std::cmp::Ordering;

use super::closed_mean;
use super::constant::Closed;
use crate::activation::{BinaryOp, Condition, Constant, Expr, Function, Relation};

/// Nodes visited before giving up: subtrees are shared, so a small tree may unfold to a vast one.
const MOST_NODES: u32 = 20_000;

impl Closed {
    /// The value of an expression in which `x` does not occur. `None` if `x` occurs, if the value is not
    /// defined or not proved to be, or if a function is outside this algebra.
    ///
    /// ```
    /// use deeplimit::activation::{Expr, Function};
    /// use deeplimit::exact::Closed;
    /// use rug::Rational;
    /// let third = Expr::call(Function::Sqrt, Expr::rational(&Rational::from((1, 9))));
    /// assert_eq!(Closed::from_expr(&third).unwrap().to_string(), "1/3");
    /// ```
    pub fn from_expr(expr: &Expr) -> Option<Self> {
        read(expr, &mut { MOST_NODES })
    }
}

fn read(expr: &Expr, budget: &mut u32) -> Option<Closed> {
    *budget = budget.checked_sub(1)?;
    match expr {
        Expr::Number(q) => Some(Closed::rational((**q).clone())),
        Expr::Constant(Constant::Pi) => Some(Closed::pi()),
        Expr::Constant(Constant::E) => Some(Closed::e()),
        Expr::Mean(f) => closed_mean(f),
        Expr::X | Expr::Letter(_) => None,
        Expr::Neg(a) => Some(read(a, budget)?.negated()),
        Expr::Binary(op, a, b) => {
            let (a, b) = (read(a, budget)?, read(b, budget)?);
            match op {
                BinaryOp::Add => a.plus(&b),
                BinaryOp::Sub => a.minus(&b),
                BinaryOp::Mul => a.times(&b),
                BinaryOp::Div => a.over(&b),
                BinaryOp::Pow => match b.as_rational() {
                    Some(q) => a.powr(&q),
                    None => b.times(&a.ln()?)?.exp(),
                },
            }
        }
        Expr::Call(function, arguments) => {
            let arguments = (arguments.iter())
                .map(|a| read(a, budget))
                .collect::<Option<Vec<_>>>()?;
            match &arguments[..] {
                [a] => a.applied(*function),
                [a, b] => {
                    let a_is_less = a.compare(b)? == Ordering::Less;
                    match function {
                        Function::Min => Some(if a_is_less { a } else { b }.clone()),
                        Function::Max => Some(if a_is_less { b } else { a }.clone()),
                        _ => None,
                    }
                }
                _ => None,
            }
        }
        Expr::If(condition, then, otherwise) => {
            let Condition {
                left,
                relation,
                right,
            } = &**condition;
            let order = read(left, budget)?.compare(&read(right, budget)?)?;
            let holds = match relation {
                Relation::Less => order.is_lt(),
                Relation::LessEqual => order.is_le(),
                Relation::Greater => order.is_gt(),
                Relation::GreaterEqual => order.is_ge(),
            };
            read(if holds { then } else { otherwise }, budget)
        }
        Expr::Named(..) => read(&expr.expand(), budget),
    }
}

impl Closed {
    /// A function of one argument, at this number.
    pub(super) fn applied(&self, function: Function) -> Option<Self> {
        let a = self;
        match function {
            Function::Min | Function::Max => None,
            Function::Abs => match a.sign()? {
                Ordering::Less => Some(a.negated()),
                _ => Some(a.clone()),
            },
            Function::Sign => Some(Closed::int(a.sign()? as i64)),
            Function::Step => Some(Closed::int(i64::from(a.sign()?.is_ge()))),
            Function::Exp => a.exp(),
            Function::Log => a.ln(),
            Function::Sqrt => a.sqrt(),
            Function::Sin => a.sin(),
            Function::Cos => a.cos(),
            Function::Tan => a.sin()?.over(&a.cos()?),
            Function::Sinh => a.sinh(),
            Function::Cosh => a.cosh(),
            Function::Tanh => a.tanh(),
            Function::Asin => a.asin(),
            Function::Acos => a.acos(),
            Function::Atan => a.atan(),
            Function::Asinh => a.asinh(),
            Function::Erf => a.erf(),
            Function::Erfc => Closed::one().minus(&a.erf()?),
        }
    }
}
