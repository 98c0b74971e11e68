//! Tree to text that parses back to the same tree.

use std::fmt::{self, Display, Formatter, Write};

use rug::{Integer, Rational};

use super::catalogue;
use super::expr::{BinaryOp, Expr};

/// How tightly a text binds; an operand that binds less tightly than its place asks for gets parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tightness {
    Conditional,
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

impl Display for Expr {
    /// The text, with the parentheses that it needs and none else, except around a negative operand
    /// after an operator: `2*(-x)`, `x^(-1)`. An activation that is nothing but a name prints as the
    /// bare name.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// for text in ["relu", "leaky_relu(x, 0.1)", "optimal(4)", "x-(pi-e)", "-x^2", "(-x)^2", "2^3^x"] {
    ///     assert_eq!(text.parse::<Expr>()?.to_string(), text);
    /// }
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        match self {
            Expr::Call(function, args) if args.len() == 1 && args[0] == Expr::X => {
                text.push_str(function.name())
            }
            Expr::Named(name, args) => match catalogue::entry(name) {
                Some(entry) => {
                    text.push_str(&entry.shortest(args).unwrap_or_else(|| call(name, args)))
                }
                None => text.push_str(&call(name, args)),
            },
            _ => write(self, &mut text),
        }
        f.pad(&text)
    }
}

fn tightness(e: &Expr) -> Tightness {
    match e {
        Expr::Number(q) if **q < 0 => Tightness::Sign,
        Expr::Number(q) if decimal(q).is_none() => Tightness::Product,
        Expr::Number(_)
        | Expr::Constant(_)
        | Expr::Letter(_)
        | Expr::Mean(_)
        | Expr::X
        | Expr::Call(..)
        | Expr::Named(..) => Tightness::Atom,
        _ if centred(e).is_some() => Tightness::Atom,
        Expr::Neg(_) => Tightness::Sign,
        Expr::Binary(BinaryOp::Add | BinaryOp::Sub, ..) => Tightness::Sum,
        Expr::Binary(BinaryOp::Mul | BinaryOp::Div, ..) => Tightness::Product,
        Expr::Binary(BinaryOp::Pow, ..) => Tightness::Power,
        Expr::If(..) => Tightness::Conditional,
    }
}

/// `f` where the tree is `f-mean(f)`.
fn centred(e: &Expr) -> Option<&Expr> {
    match e {
        Expr::Binary(BinaryOp::Sub, f, mean) => match &**mean {
            Expr::Mean(g) if g == f => Some(f),
            _ => None,
        },
        _ => None,
    }
}

fn write_at(e: &Expr, least: Tightness, text: &mut String) {
    if tightness(e) < least {
        text.push('(');
        write(e, text);
        text.push(')');
    } else {
        write(e, text);
    }
}

fn write(e: &Expr, text: &mut String) {
    match e {
        Expr::Number(q) => match decimal(q) {
            Some(decimal) => text.push_str(&decimal),
            // Not a tree of the parser's; still a text with the right value.
            None => _ = write!(text, "{}/{}", q.numer(), q.denom()),
        },
        Expr::Constant(super::expr::Constant::Pi) => text.push_str("pi"),
        Expr::Constant(super::expr::Constant::E) => text.push('e'),
        Expr::Letter(name) => text.push_str(name),
        Expr::Mean(f) => text.push_str(&call("mean", std::slice::from_ref(&**f))),
        Expr::X => text.push('x'),
        Expr::Neg(a) => {
            text.push('-');
            write_at(a, Tightness::Power, text);
        }
        Expr::Binary(op, a, b) => {
            if let Some(f) = centred(e) {
                return text.push_str(&call("centred", std::slice::from_ref(f)));
            }
            let (symbol, left, right) = match op {
                BinaryOp::Add => ('+', Tightness::Sum, Tightness::Product),
                BinaryOp::Sub => ('-', Tightness::Sum, Tightness::Product),
                BinaryOp::Mul => ('*', Tightness::Product, Tightness::Power),
                BinaryOp::Div => ('/', Tightness::Product, Tightness::Power),
                BinaryOp::Pow => ('^', Tightness::Atom, Tightness::Power),
            };
            write_at(a, left, text);
            text.push(symbol);
            // `a+(-b)`, `a+(-b*c)`: two signs in a row are legal but unreadable.
            let right = if starts_with_sign(b) {
                Tightness::Atom
            } else {
                right
            };
            write_at(b, right, text);
        }
        Expr::Call(function, args) => text.push_str(&call(function.name(), args)),
        Expr::If(c, a, b) => {
            write_at(&c.left, Tightness::Sum, text);
            _ = write!(text, " {} ", c.relation.symbol());
            write_at(&c.right, Tightness::Sum, text);
            text.push_str(" ? ");
            write(a, text);
            text.push_str(" : ");
            write(b, text);
        }
        Expr::Named(name, args) => {
            let shown = catalogue::entry(name).map_or(args.len(), |entry| entry.needed(args));
            text.push_str(&call(name, &args[..shown]));
        }
    }
}

/// Does the text begin with a minus?
fn starts_with_sign(e: &Expr) -> bool {
    match e {
        Expr::Neg(_) => true,
        Expr::Binary(BinaryOp::Mul | BinaryOp::Div, a, _) => starts_with_sign(a),
        _ => false,
    }
}

pub(crate) fn call(name: &str, args: &[Expr]) -> String {
    let mut text = format!("{name}(");
    for (i, a) in args.iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        write(a, &mut text);
    }
    text.push(')');
    text
}

/// The shortest decimal of a non-negative terminating rational, scientific when it would carry more
/// than six zeros for padding.
fn decimal(q: &Rational) -> Option<String> {
    let mut rest = q.denom().clone();
    let twos = rest.remove_factor_mut(&Integer::from(2));
    let fives = rest.remove_factor_mut(&Integer::from(5));
    if rest != 1 || *q < 0 {
        return None;
    }
    let places = twos.max(fives);
    let scaled = q * Rational::from(Integer::u_pow_u(10, places));
    let digits = scaled.numer().to_string();
    if digits == "0" {
        return Some(digits);
    }
    let significant = digits.trim_end_matches('0');
    // q = 0.significant * 10^point
    let point = digits.len() as i64 - i64::from(places);
    let count = significant.len() as i64;
    let padding = if point <= 0 { -point } else { point - count };
    Some(if padding > 6 {
        let (first, others) = significant.split_at(1);
        let dot = if others.is_empty() { "" } else { "." };
        format!("{first}{dot}{others}e{}", point - 1)
    } else if point <= 0 {
        format!("0.{}{significant}", "0".repeat(padding as usize))
    } else if point >= count {
        format!("{significant}{}", "0".repeat(padding as usize))
    } else {
        let (whole, fraction) = significant.split_at(point as usize);
        format!("{whole}.{fraction}")
    })
}
