//! The derivative of a tree.

use std::collections::HashMap;

use rug::Rational;

use super::catalogue;
use super::expr::{BinaryOp, Condition, Constant, Expr, Function, Relation};
use crate::error::{Error, Result};

/// A larger derivative (of a product of a hundred factors, say) is left as the rules made it.
const TIDY_SIZE: usize = 20_000;

impl Expr {
    /// `d/dx`, simplified. It holds almost everywhere: at kinks and jumps, which are isolated, the
    /// derivative takes the value of one side or (for `abs`) zero, and the mass that a jump carries is
    /// not in it.
    ///
    /// `abs' = sign`, `sign' = step' = 0`, a conditional keeps its condition, `max(a, b)'` becomes one.
    /// Quotients are differentiated through the logarithmic derivative of the denominator, so that
    /// derivatives of the logistic function of every order stay quotients by `1+exp(-x)` and
    /// `1+exp(x)` and never turn into infinity divided by infinity.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// assert_eq!("x^3-abs(x)".parse::<Expr>()?.derivative().to_string(), "3*x^2-sign(x)");
    /// assert_eq!("relu".parse::<Expr>()?.derivative().to_string(), "x >= 0 ? 1 : 0");
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn derivative(&self) -> Expr {
        Slopes::new(Expr::X).tidy(self)
    }

    /// `d/dc` by a [letter](Expr::Letter) `c`, simplified, by the rules of [`derivative`](Expr::derivative): it holds for
    /// almost every `c` and `x`, and under a mean.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// assert_eq!(Expr::parse_family("c*x-c")?.derivative_in("c")?, "x-1".parse()?);
    /// // a mean follows its letters
    /// let f = Expr::parse_family("max(x-c, 0)-mean(max(x-c, 0))")?;
    /// assert!(f.derivative_in("c")?.to_string().contains("(x-c >= 0 ? -1 : 0)"));
    /// assert!(Expr::parse_family("step(x-c)")?.derivative_in("c").is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Unresolved`] where a jump may move with the letter: a mean then changes by what passes under the jump,
    /// and the derivative does not see that.
    pub fn derivative_in(&self, letter: &str) -> Result<Expr> {
        if let Some(jump) = jump_that_moves(&self.expand(), letter) {
            return Err(Error::Unresolved(format!(
                "{jump} may jump at a place that moves with `{letter}`, and means over it have a derivative that the \
                 formula does not show"
            )));
        }
        Ok(Slopes::new(Expr::Letter(letter.into())).tidy(self))
    }
}

/// The derivatives of the subtrees seen so far.
struct Slopes {
    /// By what: `x` or a letter.
    by: Expr,
    known: HashMap<Expr, Expr>,
}

impl Slopes {
    fn new(by: Expr) -> Slopes {
        let known = HashMap::new();
        Slopes { by, known }
    }

    /// The derivative, simplified unless it is too long.
    fn tidy(&mut self, e: &Expr) -> Expr {
        let slope = self.of(e);
        if slope.size() > TIDY_SIZE {
            slope
        } else {
            slope.tidied()
        }
    }

    fn of(&mut self, e: &Expr) -> Expr {
        match e {
            Expr::Number(_) | Expr::Constant(_) => return Expr::int(0),
            Expr::X | Expr::Letter(_) => return Expr::int(i64::from(*e == self.by)),
            _ => {}
        }
        if let Some(slope) = self.known.get(e) {
            return slope.clone();
        }
        let slope = self.node(e);
        self.known.insert(e.clone(), slope.clone());
        slope
    }

    fn node(&mut self, e: &Expr) -> Expr {
        match e {
            Expr::Number(_) | Expr::Constant(_) | Expr::X | Expr::Letter(_) => self.of(e),
            Expr::Mean(_) if self.by == Expr::X => Expr::int(0),
            Expr::Mean(f) => match self.of(f) {
                slope if slope.is_int(0) => slope,
                slope => slope.mean(),
            },
            Expr::Neg(a) => -self.of(a),
            Expr::Binary(BinaryOp::Add, a, b) => self.of(a) + self.of(b),
            Expr::Binary(BinaryOp::Sub, a, b) => self.of(a) - self.of(b),
            Expr::Binary(BinaryOp::Mul, a, b) => {
                self.of(a) * (**b).clone() + (**a).clone() * self.of(b)
            }
            // One quotient again: split in two, each would be infinite where both vanish.
            Expr::Binary(BinaryOp::Div, a, b) if !removable(a, b).is_empty() => {
                (self.of(a) * (**b).clone() - (**a).clone() * self.of(b)) / square((**b).clone())
            }
            Expr::Binary(BinaryOp::Div, a, b) => {
                let first = over(self.of(a), (**b).clone());
                match self.logarithmic(b) {
                    zero if zero.is_int(0) => first,
                    rate => first - e.clone() * rate,
                }
            }
            Expr::Binary(BinaryOp::Pow, a, b) => self.power(e, a, b),
            Expr::Call(function, args) => match (function, &args[..]) {
                (Function::Min, [a, b]) => self.choice(a, Relation::LessEqual, b),
                (Function::Max, [a, b]) => self.choice(a, Relation::GreaterEqual, b),
                (Function::Log, [u]) => self.logarithmic(u),
                (_, [u]) => match self.of(u) {
                    zero if zero.is_int(0) => zero,
                    inner => outer(*function, u) * inner,
                },
                _ => Expr::int(0),
            },
            Expr::If(c, a, b) => branches((**c).clone(), self.of(a), self.of(b)),
            Expr::Named(name, args) => self.named(e, name, args),
        }
    }

    /// The chain rule, the derivative of the name itself being made once, at `x`.
    fn named(&mut self, e: &Expr, name: &'static str, args: &[Expr]) -> Expr {
        let place = usize::from(
            args.len() > 1 && catalogue::entry(name).is_some_and(|entry| entry.index.is_some()),
        );
        let others = (args.iter().enumerate()).filter(|(i, _)| *i != place);
        if others.into_iter().any(|(_, a)| has(a, &self.by)) {
            return match e.written_out() {
                Expr::Named(..) => Expr::int(0),
                formula => self.of(&formula),
            };
        }
        match &args[place] {
            Expr::X if self.by != Expr::X => Expr::int(0),
            Expr::X => match e.hermite_index() {
                Some(0) => Expr::int(0),
                // h_n' = sqrt(n) h_{n-1}
                Some(n) => {
                    let n = i64::from(n);
                    let lower = Expr::Named(name, [Expr::int(n - 1), Expr::X].into());
                    Expr::call(Function::Sqrt, Expr::int(n)) * lower
                }
                None => match e.written_out() {
                    Expr::Named(..) => Expr::int(0),
                    formula => self.of(&formula),
                },
            },
            u => match self.of(u) {
                zero if zero.is_int(0) => zero,
                inner => {
                    let mut at_x = args.to_vec();
                    at_x[place] = Expr::X;
                    let at_x = Expr::Named(name, at_x.into());
                    let outer = match self.by {
                        Expr::X => self.of(&at_x).tidied(),
                        _ => at_x.derivative(),
                    };
                    outer.substitute(u) * inner
                }
            },
        }
    }

    fn choice(&mut self, a: &Expr, relation: Relation, b: &Expr) -> Expr {
        let condition = Condition {
            left: a.clone(),
            relation,
            right: b.clone(),
        };
        branches(condition, self.of(a), self.of(b))
    }

    fn power(&mut self, e: &Expr, a: &Expr, b: &Expr) -> Expr {
        let (rise, growth) = (self.of(a), self.of(b));
        let base = a.clone();
        if growth.is_int(0) {
            let less = match b.as_rational() {
                Some(q) => Expr::rational(&(q - 1)),
                None => b.clone() - Expr::int(1),
            };
            return if rise.is_int(0) {
                rise
            } else {
                b.clone() * base.pow(less) * rise
            };
        }
        let log = match a {
            Expr::Constant(Constant::E) => Expr::int(1),
            _ => Expr::call(Function::Log, base),
        };
        let by_exponent = log * growth;
        let by_base = if rise.is_int(0) {
            rise
        } else {
            b.clone() * self.logarithmic(a)
        };
        e.clone() * (by_exponent + by_base)
    }

    /// `u'/u`, without ever dividing a large exponential by itself.
    fn logarithmic(&mut self, u: &Expr) -> Expr {
        match u {
            Expr::Neg(a) => self.logarithmic(a),
            Expr::Binary(BinaryOp::Mul, a, b) => self.logarithmic(a) + self.logarithmic(b),
            Expr::Binary(BinaryOp::Div, a, b) => self.logarithmic(a) - self.logarithmic(b),
            Expr::Binary(BinaryOp::Pow, a, b) if self.of(b).is_int(0) => {
                let rate = self.logarithmic(a);
                if rate.is_int(0) {
                    rate
                } else {
                    (**b).clone() * rate
                }
            }
            Expr::Call(Function::Exp, args) => self.of(&args[0]),
            Expr::Call(Function::Sqrt, args) => over(self.logarithmic(&args[0]), Expr::int(2)),
            _ => match plus_exponential(u) {
                Some(v) => over(
                    self.of(v),
                    Expr::int(1) + Expr::call(Function::Exp, -v.clone()),
                ),
                None => over(self.of(u), u.clone()),
            },
        }
    }
}

/// Does this atom occur, under a mean or not?
fn has(e: &Expr, atom: &Expr) -> bool {
    match e {
        Expr::Mean(f) => *atom != Expr::X && has(f, atom),
        _ => e == atom || e.children().into_iter().any(|child| has(child, atom)),
    }
}

/// The first subtree that may jump where the letter decides; catalogue names are expanded.
fn jump_that_moves(e: &Expr, letter: &str) -> Option<Expr> {
    let letter_in = |e: &Expr| has(e, &Expr::Letter(letter.into()));
    let moves = match e {
        Expr::Call(Function::Sign | Function::Step, args) => letter_in(&args[0]),
        Expr::If(c, a, b) if letter_in(&c.left) || letter_in(&c.right) => !branches_meet(c, a, b),
        _ => false,
    };
    if moves {
        return Some(e.clone());
    }
    let inside = match e {
        Expr::Mean(f) => vec![&**f],
        _ => e.children(),
    };
    inside
        .into_iter()
        .find_map(|child| jump_that_moves(child, letter))
}

/// Are both branches equal where the sides of the condition are? Seen where these are linear in `x`.
fn branches_meet(c: &Condition, a: &Expr, b: &Expr) -> bool {
    let difference = c.left.clone() - c.right.clone();
    let Some([constant, slope]) = difference
        .polynomial_over_constants()
        .and_then(|p| <[Expr; 2]>::try_from(p).ok())
    else {
        return false;
    };
    // A slope that may be zero is no place.
    if slope.as_rational().is_none_or(|q| q == 0) {
        return false;
    }
    let place = -(constant / slope);
    let jump = a.clone() - b.clone();
    jump.substitute(&place).simplify().is_int(0)
}

fn over(a: Expr, b: Expr) -> Expr {
    if a.is_int(0) { a } else { a / b }
}

fn square(u: Expr) -> Expr {
    u.pow(Expr::int(2))
}

fn branches(condition: Condition, a: Expr, b: Expr) -> Expr {
    if a == b {
        a
    } else {
        Expr::conditional(condition, a, b)
    }
}

/// The derivative of a primitive of one argument, at `u`.
fn outer(function: Function, u: &Expr) -> Expr {
    let one = || Expr::int(1);
    let at = |f: Function| Expr::call(f, u.clone());
    let bell = || {
        let two_over_root_pi =
            Expr::int(2) / Expr::call(Function::Sqrt, Expr::Constant(Constant::Pi));
        two_over_root_pi * Expr::call(Function::Exp, -square(u.clone()))
    };
    match function {
        Function::Min | Function::Max | Function::Sign | Function::Step => Expr::int(0),
        Function::Abs => at(Function::Sign),
        Function::Exp => at(Function::Exp),
        Function::Log => one() / u.clone(),
        Function::Sqrt => one() / (Expr::int(2) * at(Function::Sqrt)),
        Function::Sin => at(Function::Cos),
        Function::Cos => -at(Function::Sin),
        Function::Tan => one() + square(at(Function::Tan)),
        Function::Sinh => at(Function::Cosh),
        Function::Cosh => at(Function::Sinh),
        Function::Tanh => one() - square(at(Function::Tanh)),
        Function::Asin => one() / beside_one(u),
        Function::Acos => -(one() / beside_one(u)),
        Function::Atan => one() / (one() + square(u.clone())),
        Function::Asinh => one() / Expr::call(Function::Sqrt, one() + square(u.clone())),
        Function::Erf => bell(),
        Function::Erfc => -bell(),
    }
}

/// `sqrt(1 - u^2)`
fn beside_one(u: &Expr) -> Expr {
    match u {
        Expr::Call(Function::Sin, args) => {
            Expr::call(Function::Abs, Expr::call(Function::Cos, args[0].clone()))
        }
        Expr::Call(Function::Cos, args) => {
            Expr::call(Function::Abs, Expr::call(Function::Sin, args[0].clone()))
        }
        _ => Expr::call(Function::Sqrt, Expr::int(1) - u.clone().pow(Expr::int(2))),
    }
}

/// `v` where the tree is `1+exp(v)` or `exp(v)+1`.
fn plus_exponential(e: &Expr) -> Option<&Expr> {
    let Expr::Binary(BinaryOp::Add, a, b) = e else {
        return None;
    };
    let other = if a.is_int(1) {
        b
    } else if b.is_int(1) {
        a
    } else {
        return None;
    };
    match &**other {
        Expr::Call(Function::Exp, args) => args.first(),
        _ => None,
    }
}

/// The rational places where both trees provably vanish and are analytic, so that their quotient has
/// a limit there that their derivatives know: zero, and the roots of what is visibly a multiple of
/// `(x-c)^k` in the denominator.
pub(crate) fn removable(numerator: &Expr, denominator: &Expr) -> Vec<Rational> {
    if denominator.is_constant() {
        return vec![];
    }
    let (numerator, denominator) = (numerator.expand(), denominator.expand());
    if is_switched(&denominator) || is_switched(&numerator) {
        return vec![];
    }
    let mut places = vec![Rational::new()];
    roots(&denominator, &mut places);
    let vanishes = |e: &Expr, c: &Rational| e.substitute(&Expr::rational(c)).simplify().is_int(0);
    places.retain(|c| vanishes(&denominator, c) && vanishes(&numerator, c));
    places
}

fn is_switched(e: &Expr) -> bool {
    e.any(&|node| match node {
        Expr::If(..) => true,
        Expr::Call(function, _) => function.is_switch(),
        _ => false,
    })
}

/// The places `c` of the subtrees that are `a*(x-c)^k`.
fn roots(e: &Expr, places: &mut Vec<Rational>) {
    match e.polynomial() {
        Some(p) => {
            if let [.., second, first] = &p[..] {
                // a (x - c)^k = a x^k - a k c x^(k-1) + ...
                let c = -Rational::from(second / first) / (p.len() as u32 - 1);
                if !places.contains(&c) {
                    places.push(c);
                }
            }
        }
        None => e
            .children()
            .into_iter()
            .for_each(|child| roots(child, places)),
    }
}
