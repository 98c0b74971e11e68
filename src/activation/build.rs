//! Building trees by hand: numbers, operators that add numbers and drop zeros and ones, substitution, size and depth.

use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::Arc;

use rug::{Integer, Rational};

use super::expr::{BinaryOp, Condition, Expr, Function};

/// A terminating decimal with more digits than this is written as a quotient of integers.
const DECIMAL_DIGITS: u32 = 40;
/// Exact constant arithmetic stops at rationals of this many bits (some 9,000 digits, so that the result
/// can be printed and parsed); the tree is then left as it is.
pub(crate) const EXACT_BITS: u32 = 30_000;

impl Expr {
    /// The canonical tree of a rational number: a decimal where it terminates (within 40 digits),
    /// otherwise a quotient of integers, with the minus in front.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// use rug::Rational;
    /// assert_eq!(Expr::rational(&Rational::from((-1, 4))).to_string(), "-0.25");
    /// assert_eq!(Expr::rational(&Rational::from((2, 3))).to_string(), "2/3");
    /// ```
    pub fn rational(q: &Rational) -> Expr {
        if *q < 0 {
            return Expr::Neg(Arc::new(Expr::rational(&Rational::from(-q))));
        }
        if decimals(q.denom()).is_some_and(|n| n <= DECIMAL_DIGITS) {
            return Expr::Number(Arc::new(q.clone()));
        }
        let whole = |n: &Integer| Arc::new(Expr::Number(Arc::new(Rational::from(n))));
        // The minus of a negative quotient stays outside, so that `-2/3` has one tree only.
        Expr::Binary(BinaryOp::Div, whole(q.numer()), whole(q.denom()))
    }

    /// The canonical tree of an integer.
    pub fn int(n: i64) -> Expr {
        Expr::rational(&Rational::from(n))
    }

    /// A primitive function of one argument.
    pub fn call(function: Function, argument: Expr) -> Expr {
        Expr::Call(function, Arc::from([argument]))
    }

    /// A primitive function of two arguments.
    pub fn call2(function: Function, a: Expr, b: Expr) -> Expr {
        Expr::Call(function, Arc::from([a, b]))
    }

    /// `self ^ exponent`; `u^0` is `1` and `u^1` is `u`.
    pub fn pow(self, exponent: Expr) -> Expr {
        match &exponent {
            Expr::Number(q) if **q == 0 => Expr::int(1),
            Expr::Number(q) if **q == 1 => self,
            _ => Expr::Binary(BinaryOp::Pow, Arc::new(self), Arc::new(exponent)),
        }
    }

    /// `left relation right ? then : otherwise`.
    pub fn conditional(condition: Condition, then: Expr, otherwise: Expr) -> Expr {
        Expr::If(Arc::new(condition), Arc::new(then), Arc::new(otherwise))
    }

    /// `factor * self`: the activation with its values scaled.
    pub fn scaled(&self, factor: &Expr) -> Expr {
        factor.clone() * self.clone()
    }

    /// `self` with every `x` replaced.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// let f: Expr = "relu(x)+x^2".parse()?;
    /// assert_eq!(f.substitute(&"2*x-1".parse()?).to_string(), "relu(2*x-1)+(2*x-1)^2");
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn substitute(&self, replacement: &Expr) -> Expr {
        match self {
            Expr::X => replacement.clone(),
            _ => self.with_children(|child| child.substitute(replacement)),
        }
    }

    /// `mean(self)`, the number `E f(Z)`.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// let f: Expr = "softplus".parse()?;
    /// assert_eq!(f.mean().to_string(), "mean(softplus(x))");
    /// assert!(f.mean().is_constant());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    #[must_use]
    pub fn mean(&self) -> Expr {
        Expr::Mean(Arc::new(self.clone()))
    }

    /// `self - mean(self)`, whose mean is zero by definition.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// let f: Expr = "softplus".parse()?;
    /// assert_eq!(f.centred(), "centred(softplus)".parse()?);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    #[must_use]
    pub fn centred(&self) -> Expr {
        Expr::Binary(BinaryOp::Sub, Arc::new(self.clone()), Arc::new(self.mean()))
    }

    /// The same node over other children.
    pub(crate) fn with_children(&self, f: impl Fn(&Expr) -> Expr) -> Expr {
        let each = |args: &Arc<[Expr]>| args.iter().map(&f).collect();
        match self {
            Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) | Expr::X => {
                self.clone()
            }
            Expr::Neg(a) => Expr::Neg(Arc::new(f(a))),
            Expr::Binary(op, a, b) => Expr::Binary(*op, Arc::new(f(a)), Arc::new(f(b))),
            Expr::Call(function, args) => Expr::Call(*function, each(args)),
            Expr::If(c, a, b) => {
                let c = Condition {
                    left: f(&c.left),
                    relation: c.relation,
                    right: f(&c.right),
                };
                Expr::conditional(c, f(a), f(b))
            }
            Expr::Named(name, args) => Expr::Named(name, each(args)),
        }
    }

    /// The direct subtrees, from left to right. What is inside a mean is none: its `x` is another one.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) | Expr::X => {
                vec![]
            }
            Expr::Neg(a) => vec![a],
            Expr::Binary(_, a, b) => vec![a, b],
            Expr::Call(_, args) | Expr::Named(_, args) => args.iter().collect(),
            Expr::If(c, a, b) => vec![&c.left, &c.right, a, b],
        }
    }

    /// Does any node, this one included, satisfy `property`?
    pub fn any(&self, property: &dyn Fn(&Expr) -> bool) -> bool {
        property(self) || self.children().into_iter().any(|child| child.any(property))
    }

    /// No `x` anywhere, but inside means.
    pub fn is_constant(&self) -> bool {
        !self.any(&|e| matches!(e, Expr::X))
    }

    /// The number of nodes (shared subtrees count every time).
    pub fn size(&self) -> usize {
        let bound = match self {
            Expr::Mean(f) => f.size(),
            _ => 0,
        };
        self.children()
            .into_iter()
            .fold(1 + bound, |n, child| n.saturating_add(child.size()))
    }

    /// The number of nodes on the longest way down.
    pub fn depth(&self) -> usize {
        if let Expr::Mean(f) = self {
            return 1 + f.depth();
        }
        1 + self
            .children()
            .into_iter()
            .map(Expr::depth)
            .max()
            .unwrap_or(0)
    }

    /// The exact value of a constant tree of numbers, `+ - * /` and integer powers, while it stays
    /// small (30,000 bits).
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// assert_eq!("-(0.1+2^-2)/3".parse::<Expr>()?.as_rational(), Some((-7, 60).into()));
    /// assert_eq!("1/0".parse::<Expr>()?.as_rational(), None);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn as_rational(&self) -> Option<Rational> {
        match self {
            Expr::Number(q) => Some((**q).clone()),
            Expr::Neg(a) => a.as_rational().map(|q| -q),
            Expr::Binary(op, a, b) => {
                let (a, b) = (a.as_rational()?, b.as_rational()?);
                let value = match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Sub => a - b,
                    BinaryOp::Mul => a * b,
                    BinaryOp::Div if b == 0 => return None,
                    BinaryOp::Div => a / b,
                    BinaryOp::Pow if !b.is_integer() => return None,
                    BinaryOp::Pow => integer_power(&a, b.numer().to_i64()?)?,
                };
                (bit_length(&value) <= EXACT_BITS).then_some(value)
            }
            _ => None,
        }
    }

    /// Is it this literal integer?
    pub(crate) fn is_int(&self, n: i64) -> bool {
        match self {
            Expr::Number(q) => **q == n,
            Expr::Neg(a) if n < 0 => matches!(&**a, Expr::Number(q) if **q == -n),
            _ => false,
        }
    }
}

/// Bits of numerator and denominator together.
pub(crate) fn bit_length(q: &Rational) -> u32 {
    q.numer()
        .significant_bits()
        .saturating_add(q.denom().significant_bits())
}

/// `q^n` where it exists and stays small.
pub(crate) fn integer_power(q: &Rational, n: i64) -> Option<Rational> {
    if *q == 0 {
        return (n >= 0).then(|| Rational::from(i32::from(n == 0)));
    }
    if *q == 1 || n == 0 {
        return Some(Rational::from(1));
    }
    let magnitude = u32::try_from(n.unsigned_abs()).ok()?;
    if *q == -1 {
        return Some(Rational::from(if magnitude % 2 == 0 { 1 } else { -1 }));
    }
    if u64::from(bit_length(q)) * u64::from(magnitude) > u64::from(EXACT_BITS) {
        return None;
    }
    use rug::ops::Pow;
    let power = q.clone().pow(magnitude);
    Some(if n < 0 { power.recip() } else { power })
}

/// How many decimals `1/denominator` needs, if it terminates.
fn decimals(denominator: &Integer) -> Option<u32> {
    let mut rest = denominator.clone();
    let twos = rest.remove_factor_mut(&Integer::from(2));
    let fives = rest.remove_factor_mut(&Integer::from(5));
    (rest == 1).then_some(twos.max(fives))
}

/// The literal value of a number, with or without a minus.
fn literal(e: &Expr) -> Option<Rational> {
    match e {
        Expr::Number(q) => Some((**q).clone()),
        Expr::Neg(a) => match &**a {
            Expr::Number(q) => Some(Rational::from(-&**q)),
            _ => None,
        },
        _ => None,
    }
}

impl Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        match self {
            Expr::Neg(a) => (*a).clone(),
            zero if zero.is_int(0) => zero,
            a => Expr::Neg(Arc::new(a)),
        }
    }
}

impl Add for Expr {
    type Output = Expr;
    fn add(self, other: Expr) -> Expr {
        if let (Some(a), Some(b)) = (literal(&self), literal(&other)) {
            return Expr::rational(&(a + b));
        }
        match (self, other) {
            (a, b) if a.is_int(0) => b,
            (a, b) if b.is_int(0) => a,
            (a, Expr::Neg(b)) => Expr::Binary(BinaryOp::Sub, Arc::new(a), b),
            (a, b) => Expr::Binary(BinaryOp::Add, Arc::new(a), Arc::new(b)),
        }
    }
}

impl Sub for Expr {
    type Output = Expr;
    fn sub(self, other: Expr) -> Expr {
        if let (Some(a), Some(b)) = (literal(&self), literal(&other)) {
            return Expr::rational(&(a - b));
        }
        match (self, other) {
            (a, b) if b.is_int(0) => a,
            (a, b) if a.is_int(0) => -b,
            (a, Expr::Neg(b)) => Expr::Binary(BinaryOp::Add, Arc::new(a), b),
            (a, b) => Expr::Binary(BinaryOp::Sub, Arc::new(a), Arc::new(b)),
        }
    }
}

impl Mul for Expr {
    type Output = Expr;
    fn mul(self, other: Expr) -> Expr {
        if let (Some(a), Some(b)) = (literal(&self), literal(&other)) {
            return Expr::rational(&(a * b));
        }
        match (self, other) {
            (a, b) if a.is_int(0) || b.is_int(0) => Expr::int(0),
            (a, b) if a.is_int(1) => b,
            (a, b) if b.is_int(1) => a,
            (a, b) if a.is_int(-1) => -b,
            (a, b) if b.is_int(-1) => -a,
            (a, b) => Expr::Binary(BinaryOp::Mul, Arc::new(a), Arc::new(b)),
        }
    }
}

impl Div for Expr {
    type Output = Expr;
    fn div(self, other: Expr) -> Expr {
        match (self, other) {
            (a, b) if b.is_int(1) => a,
            (a, b) if b.is_int(-1) => -a,
            (a, b) => Expr::Binary(BinaryOp::Div, Arc::new(a), Arc::new(b)),
        }
    }
}
