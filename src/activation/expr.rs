//! The expression tree.

use std::cmp::Ordering;
use std::sync::Arc;

use rug::Rational;

/// A real function of one variable `x`, as a tree. Subtrees are shared, so cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expr {
    /// A non-negative terminating decimal, exact: `0.1` is one tenth at every precision. (Every other
    /// rational is written with [`BinaryOp::Div`] and [`Expr::Neg`]; [`Expr::rational`] does it.)
    Number(Arc<Rational>),
    /// `pi` or `e`.
    Constant(Constant),
    /// A letter that has no value yet, the parameter of a family: `c` in `max(x-c, 0)`
    /// ([`Expr::parse_family`]). A constant of which nothing is known, not even that it is not zero.
    Letter(Arc<str>),
    /// `mean(f)`: the number `E f(Z)`, `Z ~ N(0,1)`. The `x` of `f` is bound, so this is a constant.
    Mean(Arc<Expr>),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Constant {
    /// The circle's.
    Pi,
    /// Euler's.
    E,
}

/// The operators of two arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Condition {
    /// The left side.
    pub left: Expr,
    /// How the sides compare.
    pub relation: Relation,
    /// The right side.
    pub right: Expr,
}

/// The comparisons of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

impl Function {
    /// All of them, in the order of the grammar.
    pub const ALL: [Function; 20] = {
        use Function::*;
        [
            Min, Max, Abs, Sign, Step, Exp, Log, Sqrt, Sin, Cos, Tan, Sinh, Cosh, Tanh, Asin, Acos,
            Atan, Asinh, Erf, Erfc,
        ]
    };

    /// The name in the grammar.
    pub fn name(self) -> &'static str {
        match self {
            Function::Min => "min",
            Function::Max => "max",
            Function::Abs => "abs",
            Function::Sign => "sign",
            Function::Step => "step",
            Function::Exp => "exp",
            Function::Log => "log",
            Function::Sqrt => "sqrt",
            Function::Sin => "sin",
            Function::Cos => "cos",
            Function::Tan => "tan",
            Function::Sinh => "sinh",
            Function::Cosh => "cosh",
            Function::Tanh => "tanh",
            Function::Asin => "asin",
            Function::Acos => "acos",
            Function::Atan => "atan",
            Function::Asinh => "asinh",
            Function::Erf => "erf",
            Function::Erfc => "erfc",
        }
    }

    /// The function of this name.
    pub fn named(name: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|f| f.name() == name)
    }

    /// How many arguments it takes: 1 or 2.
    pub fn arity(self) -> usize {
        match self {
            Function::Min | Function::Max => 2,
            _ => 1,
        }
    }

    /// Not analytic somewhere on the reals by definition: min, max, abs, sign, step.
    pub fn is_switch(self) -> bool {
        matches!(
            self,
            Function::Min | Function::Max | Function::Abs | Function::Sign | Function::Step
        )
    }
}

impl Relation {
    /// `<`, `<=`, `>`, `>=`.
    pub fn symbol(self) -> &'static str {
        match self {
            Relation::Less => "<",
            Relation::LessEqual => "<=",
            Relation::Greater => ">",
            Relation::GreaterEqual => ">=",
        }
    }

    /// Does the relation hold between two values whose difference `left - right` has this sign?
    pub fn holds(self, difference: Ordering) -> bool {
        match self {
            Relation::Less => difference == Ordering::Less,
            Relation::LessEqual => difference != Ordering::Greater,
            Relation::Greater => difference == Ordering::Greater,
            Relation::GreaterEqual => difference != Ordering::Less,
        }
    }

    /// The same relation with its sides exchanged: `a < b` is `b > a`.
    pub fn mirrored(self) -> Relation {
        match self {
            Relation::Less => Relation::Greater,
            Relation::LessEqual => Relation::GreaterEqual,
            Relation::Greater => Relation::Less,
            Relation::GreaterEqual => Relation::LessEqual,
        }
    }
}
