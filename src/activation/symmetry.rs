//! Parity and homogeneity, proved from the tree.

use rug::Rational;

use super::expr::{BinaryOp, Constant, Expr, Function};
use super::simplify::zero::is_zero;

/// A symmetry under `x -> -x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parity {
    /// `f(-x) = f(x)`
    Even,
    /// `f(-x) = -f(x)`
    Odd,
}

impl Parity {
    fn times(self, other: Parity) -> Parity {
        if self == other {
            Parity::Even
        } else {
            Parity::Odd
        }
    }
}

impl Expr {
    /// The parity, if it can be proved from the tree; `None` says nothing. It holds wherever both
    /// sides are defined, except perhaps at isolated points: `step(x)-1/2` is odd. (Zero, which is
    /// both, is `Even`.)
    ///
    /// Proved by composition (an odd function of an odd one is odd, ...), and where that does not
    /// help by showing that `f(x) - f(-x)` or `f(x) + f(-x)` cancels.
    ///
    /// ```
    /// use deeplimit::activation::{Expr, Parity};
    /// assert_eq!("x < -1 ? -1 : x > 1 ? 1 : sin(x)/sin(1)".parse::<Expr>()?.parity(), Some(Parity::Odd));
    /// assert_eq!("softplus(x)-x/2".parse::<Expr>()?.parity(), Some(Parity::Even));
    /// assert_eq!("relu".parse::<Expr>()?.parity(), None);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn parity(&self) -> Option<Parity> {
        let e = self.expand();
        composed(&e).or_else(|| {
            let mirrored = e.substitute(&-Expr::X);
            if is_zero(&(e.clone() - mirrored.clone())) {
                Some(Parity::Even)
            } else if is_zero(&(e + mirrored)) {
                Some(Parity::Odd)
            } else {
                None
            }
        })
    }

    /// The degree `k` of positive homogeneity, `f(c x) = c^k f(x)` for all `c > 0`, if it can be proved
    /// from the tree; `None` says nothing. (Zero, which has every degree, is not answered.)
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// assert_eq!("leaky_relu".parse::<Expr>()?.homogeneity(), Some(1.into()));
    /// assert_eq!("sign(x)*sqrt(abs(x))".parse::<Expr>()?.homogeneity(), Some((1, 2).into()));
    /// assert_eq!("tanh".parse::<Expr>()?.homogeneity(), None);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn homogeneity(&self) -> Option<Rational> {
        let e = self.expand();
        let degree = degree(&e).or_else(|| degree(&e.simplify()))?;
        match degree {
            Degree::Of(k) => Some(k),
            Degree::Every => None,
        }
    }
}

fn composed(e: &Expr) -> Option<Parity> {
    use Function::*;
    use Parity::{Even, Odd};
    match e {
        Expr::X => Some(Odd),
        e if e.is_constant() => Some(Even),
        Expr::Neg(a) => composed(a),
        Expr::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => {
            composed(a).filter(|p| composed(b) == Some(*p))
        }
        Expr::Binary(BinaryOp::Mul | BinaryOp::Div, a, b) => Some(composed(a)?.times(composed(b)?)),
        Expr::Binary(BinaryOp::Pow, a, b) => match (composed(a)?, b.as_rational()) {
            (Even, _) => composed(b).filter(|p| *p == Even),
            (Odd, Some(n)) if n.is_integer() => Some(if n.numer().is_odd() { Odd } else { Even }),
            (Odd, _) => None,
        },
        Expr::Call(function, args) => match (function, &args[..]) {
            (Min | Max, [a, b]) => (composed(a)? == Even && composed(b)? == Even).then_some(Even),
            (_, [u]) => match (composed(u)?, function) {
                (Even, _) => Some(Even),
                (Odd, Abs | Cos | Cosh) => Some(Even),
                (Odd, Sign | Sin | Tan | Sinh | Tanh | Asin | Atan | Asinh | Erf) => Some(Odd),
                (Odd, _) => None,
            },
            _ => None,
        },
        Expr::If(c, a, b) => {
            let even = composed(&c.left)? == Even && composed(&c.right)? == Even;
            composed(a).filter(|p| even && composed(b) == Some(*p))
        }
        _ => None,
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Degree {
    Of(Rational),
    /// Zero has every degree.
    Every,
}

impl Degree {
    /// The common degree of two summands.
    fn with(self, other: Degree) -> Option<Degree> {
        match (self, other) {
            (Degree::Every, d) | (d, Degree::Every) => Some(d),
            (a, b) => (a == b).then_some(a),
        }
    }
}

fn degree(e: &Expr) -> Option<Degree> {
    let of = |k: i32| Some(Degree::Of(Rational::from(k)));
    if e.is_constant() {
        return if is_literal_zero(e) {
            Some(Degree::Every)
        } else {
            of(0)
        };
    }
    match e {
        Expr::X => of(1),
        Expr::Neg(a) => degree(a),
        Expr::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => degree(a)?.with(degree(b)?),
        Expr::Binary(BinaryOp::Mul, a, b) => Some(match (degree(a)?, degree(b)?) {
            (Degree::Of(j), Degree::Of(k)) => Degree::Of(j + k),
            _ => Degree::Every,
        }),
        Expr::Binary(BinaryOp::Div, a, b) => match (degree(a)?, degree(b)?) {
            (Degree::Of(j), Degree::Of(k)) => Some(Degree::Of(j - k)),
            (Degree::Every, Degree::Of(_)) => Some(Degree::Every),
            (_, Degree::Every) => None,
        },
        Expr::Binary(BinaryOp::Pow, a, b) => match (degree(a)?, b.as_rational()) {
            (Degree::Of(k), Some(q)) => Some(Degree::Of(k * q)),
            (Degree::Of(k), None) if k == 0 => {
                degree(b).filter(|d| *d == Degree::Of(Rational::new()))
            }
            _ => None,
        },
        Expr::Call(function, args) => match (function, &args[..]) {
            (Function::Min | Function::Max, [a, b]) => degree(a)?.with(degree(b)?),
            (Function::Abs, [u]) => degree(u),
            (Function::Sign | Function::Step, [u]) => degree(u).and_then(|_| of(0)),
            (Function::Sqrt, [u]) => Some(match degree(u)? {
                Degree::Of(k) => Degree::Of(k / 2),
                Degree::Every => Degree::Every,
            }),
            (_, [u]) => degree(u).filter(|d| *d == Degree::Of(Rational::new())),
            _ => None,
        },
        Expr::If(c, a, b) => {
            degree(&c.left)?.with(degree(&c.right)?)?;
            degree(a)?.with(degree(b)?)
        }
        Expr::Number(_)
        | Expr::Constant(Constant::Pi | Constant::E)
        | Expr::Letter(_)
        | Expr::Mean(_)
        | Expr::Named(..) => None,
    }
}

fn is_literal_zero(e: &Expr) -> bool {
    e.as_rational().is_some_and(|q| q == 0)
}
