//! The expression tree.

use std::sync::Arc;

use rug::Rational;

/// A real function of one variable `x`, as a tree. Subtrees are shared, so cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// A non-negative terminating decimal, exact: `0.1` is one tenth at every precision. (Every other
    /// rational is written with [`BinaryOp::Div`] and [`Expr::Neg`]; [`Expr::rational`] does it.)
    Number(Arc<Rational>),
    /// `pi` or `e`.
    Constant(Constant),
    /// The variable.
    X,
    /// `-a`.
    Neg(Arc<Expr>),
    /// `a + b` and its kin.
    Binary(BinaryOp, Arc<Expr>, Arc<Expr>),
    /// A primitive function of one or two arguments.
    Call(Function, Arc<[Expr]>),
    /// `a < b ? then : otherwise`.
    If(Arc<Condition>, Arc<Expr>, Arc<Expr>),
    /// An entry of the catalogue with all its arguments: `leaky_relu(x, 0.1)`, `hermite(3, x)`.
    Named(&'static str, Arc<[Expr]>),
}

/// The constants of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constant {
    /// The circle's.
    Pi,
    /// Euler's.
    E,
}

/// The operators of two arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
    /// `a ^ b`, right associative, binds tighter than the minus before it.
    Pow,
}

/// The primitive functions of the grammar; everything else is in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `min(a, b)`
    Min,
    /// `max(a, b)`
    Max,
    /// `abs(a)`
    Abs,
    /// `sign(a)`: -1, 0, 1
    Sign,
    /// `step(a)`: 0 for a < 0, 1 for a >= 0
    Step,
    /// `exp(a)`
    Exp,
    /// `log(a)`, natural
    Log,
    /// `sqrt(a)`
    Sqrt,
    /// `sin(a)`
    Sin,
    /// `cos(a)`
    Cos,
    /// `tan(a)`
    Tan,
    /// `sinh(a)`
    Sinh,
    /// `cosh(a)`
    Cosh,
    /// `tanh(a)`
    Tanh,
    /// `asin(a)`
    Asin,
    /// `acos(a)`
    Acos,
    /// `atan(a)`
    Atan,
    /// `asinh(a)`
    Asinh,
    /// `erf(a)`
    Erf,
    /// `erfc(a)`
    Erfc,
}

/// `left relation right`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The left side.
    pub left: Expr,
    /// How the sides compare.
    pub relation: Relation,
    /// The right side.
    pub right: Expr,
}

/// The comparisons of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}
