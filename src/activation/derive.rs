//! The derivative of a tree.

use std::collections::HashMap;

use rug::Rational;

use super::catalogue;
use super::expr::{BinaryOp, Condition, Constant, Expr, Function, Relation};

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
        let slope = Slopes::default().of(self);
        if slope.size() > TIDY_SIZE {
            slope
        } else {
            slope.tidied()
        }
    }
}

/// The derivatives of the subtrees seen so far.
#[derive(Default)]
struct Slopes {
    known: HashMap<Expr, Expr>,
}

impl Slopes {
    fn of(&mut self, e: &Expr) -> Expr {
        match e {
            Expr::Number(_) | Expr::Constant(_) => return Expr::int(0),
            Expr::X => return Expr::int(1),
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
            Expr::Number(_) | Expr::Constant(_) => Expr::int(0),
            Expr::X => Expr::int(1),
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
        match &args[place] {
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
                    let outer = self.of(&Expr::Named(name, at_x.into())).tidied();
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
        Function::Asin => one() / Expr::call(Function::Sqrt, one() - square(u.clone())),
        Function::Acos => -(one() / Expr::call(Function::Sqrt, one() - square(u.clone()))),
        Function::Atan => one() / (one() + square(u.clone())),
        Function::Asinh => one() / Expr::call(Function::Sqrt, one() + square(u.clone())),
        Function::Erf => bell(),
        Function::Erfc => -bell(),
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
