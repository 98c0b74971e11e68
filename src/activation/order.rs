//! The exact order of a formula at infinity, where it has a simple one: the proof that a Gaussian integral diverges.
//!
//! An upper bound that is not found proves nothing. Divergence is proved from below: here `log |f(x)|` is followed up to
//! a bounded term.

use rug::Rational;

use super::{BinaryOp, Constant, Expr, Function};

/// `log |f(x)| = p(x) + k log x + O(1)` as `x` tends to infinity, `p` a polynomial without constant term; or larger than all of
/// these (`exp(exp(x))`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The coefficients of `p` from `x` on.
    exponent: Vec<Rational>,
    /// `k`
    power: Rational,
    /// Larger than every `exp` of a polynomial.
    beyond: bool,
}

impl Order {
    /// The order of an expression as `x` tends to infinity, `None` where it is not seen (substitute `-x` for the other side).
    ///
    /// ```
    /// use deeplimit::activation::{Expr, order::Order};
    /// let order = |text: &str| Order::of(&text.parse::<Expr>().unwrap());
    /// assert!(order("x^3*exp(x^2/4-x)+x").unwrap().is_at_least_gaussian(&(1, 5).into()));
    /// assert!(!order("exp(x^2/4-x)").unwrap().is_at_least_gaussian(&(1, 4).into()));
    /// assert!(order("exp(exp(x)-x)").is_none() && order("cos(x)*exp(x^2)").is_none());
    /// assert!(!order("x^3/exp(x^2/4)").unwrap().is_at_least_gaussian(&(1, 5).into()));
    /// assert!(order("x*exp(cosh(x))").unwrap().is_at_least_gaussian(&(1, 4).into()));
    /// ```
    pub fn of(e: &Expr) -> Option<Order> {
        if let Some(c) = e.polynomial() {
            return Some(Order {
                exponent: Vec::new(),
                power: Rational::from(c.len().checked_sub(1)?),
                beyond: false,
            });
        }
        match e {
            Expr::Neg(a) => Order::of(a),
            Expr::Binary(op, a, b) => match op {
                BinaryOp::Mul => Some(Order::of(a)?.plus(&Order::of(b)?, 1)),
                BinaryOp::Div => Some(Order::of(a)?.plus(&Order::of(b)?.simple()?, -1)),
                BinaryOp::Add | BinaryOp::Sub => Order::of(a)?.larger(Order::of(b)?),
                BinaryOp::Pow if **a == Expr::Constant(Constant::E) => Order::exponential(b),
                BinaryOp::Pow => match b.as_rational()? {
                    q if q > 0 => Some(Order::of(a)?.times(&q)),
                    q => Some(Order::of(a)?.simple()?.times(&q)),
                },
            },
            Expr::Call(Function::Exp, arguments) => Order::exponential(&arguments[0]),
            Expr::Call(Function::Sinh | Function::Cosh, arguments) => {
                let up = Order::exponential(&arguments[0])?;
                match up.beyond {
                    true => Some(up),
                    false => up.times(&Rational::from(-1)).larger(up),
                }
            }
            Expr::Call(Function::Sqrt, arguments) => {
                Some(Order::of(&arguments[0])?.times(&(1, 2).into()))
            }
            Expr::Call(Function::Abs, arguments) => Order::of(&arguments[0]),
            Expr::Named(..) => Order::of(&e.expand()),
            _ => None,
        }
    }

    /// `|f(x)| >= c exp(b x^2)/sqrt(x)` for large `x` with some `c > 0`. (So `E f(Z)^2` diverges for `b = 1/4`, and `E |f(Z)|` for
    /// `b = 1/2`.)
    pub fn is_at_least_gaussian(&self, b: &Rational) -> bool {
        let gaussian = Order {
            exponent: vec![Rational::new(), b.clone()],
            power: Rational::from((-1, 2)),
            beyond: false,
        };
        self.beyond || self.plus(&gaussian, -1).sign().is_ge()
    }

    fn exponential(g: &Expr) -> Option<Order> {
        let Some(mut exponent) = g.polynomial() else {
            let growing = Order::of(g).is_some_and(|order| {
                order.beyond
                    || order
                        .exponent
                        .iter()
                        .rev()
                        .find(|c| **c != 0)
                        .is_some_and(|c| *c > 0)
            });
            return (growing && is_positive(g)).then(|| Order {
                exponent: Vec::new(),
                power: Rational::new(),
                beyond: true,
            });
        };
        if !exponent.is_empty() {
            exponent.remove(0);
        }
        Some(Order {
            exponent,
            power: Rational::new(),
            beyond: false,
        })
    }

    /// Unless it is beyond all.
    fn simple(self) -> Option<Order> {
        (!self.beyond).then_some(self)
    }

    fn plus(&self, other: &Order, factor: i32) -> Order {
        let mut out = self.clone();
        let length = out.exponent.len().max(other.exponent.len());
        out.exponent.resize(length, Rational::new());
        for (mine, theirs) in out.exponent.iter_mut().zip(&other.exponent) {
            *mine += Rational::from(theirs * factor);
        }
        out.power += Rational::from(&other.power * factor);
        out.beyond |= other.beyond;
        out
    }

    fn times(&self, q: &Rational) -> Order {
        Order {
            exponent: self
                .exponent
                .iter()
                .map(|c| Rational::from(c * q))
                .collect(),
            power: Rational::from(&self.power * q),
            beyond: self.beyond,
        }
    }

    /// Whether `p(x) + k log x` tends to infinity, stays, or tends to minus infinity.
    fn sign(&self) -> std::cmp::Ordering {
        let leading = self.exponent.iter().rev().find(|c| **c != 0);
        leading.unwrap_or(&self.power).cmp0()
    }

    /// The order of a sum, unless the two may cancel.
    fn larger(self, other: Order) -> Option<Order> {
        match (self.beyond, other.beyond) {
            (true, true) => return None,
            (true, false) => return Some(self),
            (false, true) => return Some(other),
            (false, false) => {}
        }
        match self.plus(&other, -1).sign() {
            std::cmp::Ordering::Greater => Some(self),
            std::cmp::Ordering::Less => Some(other),
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// Positive for every `x`, as its parts show.
fn is_positive(e: &Expr) -> bool {
    match e {
        Expr::Binary(BinaryOp::Pow, a, _) => **a == Expr::Constant(Constant::E),
        Expr::Binary(BinaryOp::Add | BinaryOp::Mul | BinaryOp::Div, a, b) => {
            is_positive(a) && is_positive(b)
        }
        Expr::Call(Function::Exp | Function::Cosh, _) => true,
        _ => e.as_rational().is_some_and(|q| q > 0),
    }
}
