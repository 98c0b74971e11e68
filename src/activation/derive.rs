//! The derivative of a tree.

use super::expr::{BinaryOp, Condition, Constant, Expr, Function, Relation};

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
        slope(self).tidied()
    }
}

fn slope(e: &Expr) -> Expr {
    match e {
        Expr::Number(_) | Expr::Constant(_) => Expr::int(0),
        Expr::X => Expr::int(1),
        Expr::Neg(a) => -slope(a),
        Expr::Binary(BinaryOp::Add, a, b) => slope(a) + slope(b),
        Expr::Binary(BinaryOp::Sub, a, b) => slope(a) - slope(b),
        Expr::Binary(BinaryOp::Mul, a, b) => slope(a) * (**b).clone() + (**a).clone() * slope(b),
        // One quotient again: split in two, each would be infinite at 0.
        Expr::Binary(BinaryOp::Div, a, b) if removable(a, b) => {
            (slope(a) * (**b).clone() - (**a).clone() * slope(b)) / square((**b).clone())
        }
        Expr::Binary(BinaryOp::Div, a, b) => {
            let first = over(slope(a), (**b).clone());
            match logarithmic_slope(b) {
                zero if zero.is_int(0) => first,
                rate => first - e.clone() * rate,
            }
        }
        Expr::Binary(BinaryOp::Pow, a, b) => power(e, a, b),
        Expr::Call(function, args) => match (function, &args[..]) {
            (Function::Min, [a, b]) => choice(a, Relation::LessEqual, b),
            (Function::Max, [a, b]) => choice(a, Relation::GreaterEqual, b),
            (Function::Log, [u]) => logarithmic_slope(u),
            (_, [u]) => match slope(u) {
                zero if zero.is_int(0) => zero,
                inner => outer(*function, u) * inner,
            },
            _ => Expr::int(0),
        },
        Expr::If(c, a, b) => branches((**c).clone(), slope(a), slope(b)),
        Expr::Named(_, args) => match (e.hermite_index(), &args[..]) {
            (Some(0), _) => Expr::int(0),
            // h_n' = sqrt(n) h_{n-1}
            (Some(n), [_, u]) => {
                let n = i64::from(n);
                let lower = Expr::Named("hermite", [Expr::int(n - 1), u.clone()].into());
                Expr::call(Function::Sqrt, Expr::int(n)) * lower * slope(u)
            }
            _ => match e.written_out() {
                Expr::Named(..) => Expr::int(0),
                formula => slope(&formula),
            },
        },
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

fn choice(a: &Expr, relation: Relation, b: &Expr) -> Expr {
    branches(
        Condition {
            left: a.clone(),
            relation,
            right: b.clone(),
        },
        slope(a),
        slope(b),
    )
}

fn power(e: &Expr, a: &Expr, b: &Expr) -> Expr {
    let (rise, growth) = (slope(a), slope(b));
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
        b.clone() * logarithmic_slope(a)
    };
    e.clone() * (by_exponent + by_base)
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

/// `u'/u`, without ever dividing a large exponential by itself.
fn logarithmic_slope(u: &Expr) -> Expr {
    match u {
        Expr::Neg(a) => logarithmic_slope(a),
        Expr::Binary(BinaryOp::Mul, a, b) => logarithmic_slope(a) + logarithmic_slope(b),
        Expr::Binary(BinaryOp::Div, a, b) => logarithmic_slope(a) - logarithmic_slope(b),
        Expr::Binary(BinaryOp::Pow, a, b) if slope(b).is_int(0) => {
            let rate = logarithmic_slope(a);
            if rate.is_int(0) {
                rate
            } else {
                (**b).clone() * rate
            }
        }
        Expr::Call(Function::Exp, args) => slope(&args[0]),
        Expr::Call(Function::Sqrt, args) => over(logarithmic_slope(&args[0]), Expr::int(2)),
        _ => match plus_exponential(u) {
            Some(v) => over(
                slope(v),
                Expr::int(1) + Expr::call(Function::Exp, -v.clone()),
            ),
            None => over(slope(u), u.clone()),
        },
    }
}

/// Do both trees provably vanish at `x = 0` and are they free of switches, so that their quotient
/// there has a limit that their derivatives know?
pub(crate) fn removable(numerator: &Expr, denominator: &Expr) -> bool {
    vanishes(denominator) && vanishes(numerator)
}

fn vanishes(e: &Expr) -> bool {
    let e = e.expand();
    let smooth = !e.any(&|node| match node {
        Expr::If(..) => true,
        Expr::Call(function, _) => function.is_switch(),
        _ => false,
    });
    smooth && e.substitute(&Expr::int(0)).simplify().is_int(0)
}
