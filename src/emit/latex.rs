//! The formula, typeset.

use super::Options;
use super::constant::value;
use crate::activation::{BinaryOp, Condition, Constant, Expr, Function, Relation};
use crate::error::Result;

/// A constant with more nodes is written as a decimal.
pub(super) const LARGE_CONSTANT: usize = 12;
/// Hermite polynomials of a higher index keep their name.
pub(super) const WRITTEN_OUT: u32 = 8;

/// How tightly a formula binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tightness {
    Sum,
    Sign,
    Product,
    Power,
    Atom,
}

type Formula = (String, Tightness);

/// `\varphi(x) = ...`, with what is known in comments.
pub(super) fn code(e: &Expr, options: &Options) -> Result<String> {
    let name = match &options.name {
        None => r"\varphi".to_owned(),
        Some(name) if name.chars().count() == 1 => name.clone(),
        Some(name) => format!(r"\operatorname{{{}}}", name.replace('_', r"\_")),
    };
    let mut text = format!("% {e}\n");
    for fact in &options.facts {
        text += &format!("% {}\n", fact.replace(['\n', '\r'], " "));
    }
    let formula = match options.factor {
        None => formula(e, "x")?.0,
        Some(factor) => {
            let (number, _) = decimal(factor);
            match formula(e, "x")? {
                f if f.0.starts_with(|c: char| c.is_ascii_digit()) => {
                    format!(r"{number} \cdot {}", at(&f, Tightness::Product))
                }
                f => format!(r"{number} \, {}", at(&f, Tightness::Product)),
            }
        }
    };
    Ok(text + &format!("{name}(x) = {formula}\n"))
}

fn bracketed(text: &str) -> String {
    format!(r"\left({text}\right)")
}

fn at((text, tightness): &Formula, least: Tightness) -> String {
    match *tightness < least {
        true => bracketed(text),
        false => text.clone(),
    }
}

/// A double, its power of ten apart.
fn decimal(x: f64) -> Formula {
    let text = format!("{x:?}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    let tightness = if x < 0.0 {
        Tightness::Sign
    } else {
        Tightness::Atom
    };
    match text.split_once('e') {
        None => (text.to_owned(), tightness),
        Some((digits, power)) => (
            format!(r"{digits} \cdot 10^{{{power}}}"),
            tightness.min(Tightness::Product),
        ),
    }
}

fn number(q: &rug::Rational) -> Formula {
    let text = Expr::rational(q).to_string();
    match text.split_once('e') {
        Some((digits, power)) => (
            format!(r"{digits} \cdot 10^{{{power}}}"),
            Tightness::Product,
        ),
        None => match text.split_once('/') {
            Some((a, b)) => (format!(r"\frac{{{a}}}{{{b}}}"), Tightness::Product),
            None => (text, Tightness::Atom),
        },
    }
}

/// `x` is what the variable is called.
fn formula(e: &Expr, x: &str) -> Result<Formula> {
    use Tightness::{Atom, Power, Product, Sign, Sum};
    let means = e.any(&|e| matches!(e, Expr::Mean(_)));
    if e.is_constant() && e.size() > LARGE_CONSTANT && !means {
        return Ok(decimal(value(e)?));
    }
    Ok(match e {
        Expr::Number(q) => number(q),
        Expr::Constant(Constant::Pi) => (r"\pi".to_owned(), Atom),
        Expr::Constant(Constant::E) => ("e".to_owned(), Atom),
        Expr::X => (x.to_owned(), Atom),
        Expr::Letter(name) => (name.to_string(), Atom),
        Expr::Mean(f) => (
            format!(r"\mathbb{{E}}\left[{}\right]", formula(f, "Z")?.0),
            Atom,
        ),
        Expr::Neg(a) => (format!("-{}", at(&formula(a, x)?, Product)), Sign),
        Expr::Binary(op, a, b) => {
            let (left, right) = (formula(a, x)?, formula(b, x)?);
            match op {
                BinaryOp::Add => (format!("{} + {}", at(&left, Sum), at(&right, Product)), Sum),
                BinaryOp::Sub => (format!("{} - {}", at(&left, Sum), at(&right, Product)), Sum),
                BinaryOp::Mul => product(&left, &right),
                BinaryOp::Div => (format!(r"\frac{{{}}}{{{}}}", left.0, right.0), Product),
                BinaryOp::Pow => (format!("{{{}}}^{{{}}}", at(&left, Atom), right.0), Power),
            }
        }
        Expr::Call(function, args) => call(*function, args, x)?,
        Expr::If(c, a, b) => (cases(c, a, b, x)?, Product),
        Expr::Named("relu", args) => (
            format!(
                r"\max{}",
                bracketed(&format!("{}, 0", formula(&args[0], x)?.0))
            ),
            Product,
        ),
        Expr::Named(name, args) => match e.hermite_index() {
            Some(n) if n > WRITTEN_OUT => (
                format!("h_{{{n}}}{}", bracketed(&formula(&args[1], x)?.0)),
                Product,
            ),
            _ => match e.written_out() {
                Expr::Named(..) => (format!(r"\operatorname{{{name}}}"), Product),
                written => formula(&tidy(&written), x)?,
            },
        },
    })
}

/// Without the factors and divisors 1 that a default leaves, its constants simplified.
pub(super) fn tidy(e: &Expr) -> Expr {
    match e {
        _ if e.is_constant() => e.simplify(),
        Expr::Binary(BinaryOp::Mul, a, b) => tidy(a) * tidy(b),
        Expr::Binary(BinaryOp::Div, a, b) => tidy(a) / tidy(b),
        _ => e.with_children(tidy),
    }
}

fn product(left: &Formula, right: &Formula) -> Formula {
    let (a, b) = (at(left, Tightness::Product), at(right, Tightness::Product));
    let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let between = match () {
        () if digit(&b) || b.starts_with(r"\frac") && a.ends_with(|c: char| c.is_ascii_digit()) => {
            r" \cdot "
        }
        () => r" \, ",
    };
    (format!("{a}{between}{b}"), Tightness::Product)
}

fn call(function: Function, args: &[Expr], x: &str) -> Result<Formula> {
    let mut inner = Vec::new();
    for a in args {
        inner.push(formula(a, x)?.0);
    }
    let inner = inner.join(", ");
    let product = Tightness::Product;
    let of = |name: &str| (format!("{name}{}", bracketed(&inner)), product);
    Ok(match function {
        Function::Abs => (format!(r"\left|{inner}\right|"), Tightness::Atom),
        Function::Sqrt => (format!(r"\sqrt{{{inner}}}"), Tightness::Atom),
        Function::Exp => (format!("e^{{{inner}}}"), Tightness::Power),
        Function::Sign => of(r"\operatorname{sgn}"),
        Function::Step => (format!(r"\mathbf{{1}}_{{{inner} \ge 0}}"), Tightness::Atom),
        Function::Asin => of(r"\arcsin"),
        Function::Acos => of(r"\arccos"),
        Function::Atan => of(r"\arctan"),
        Function::Asinh => of(r"\operatorname{arsinh}"),
        Function::Erf | Function::Erfc => of(&format!(r"\operatorname{{{}}}", function.name())),
        Function::Min
        | Function::Max
        | Function::Log
        | Function::Sin
        | Function::Cos
        | Function::Tan
        | Function::Sinh
        | Function::Cosh
        | Function::Tanh => of(&format!(r"\{}", function.name())),
    })
}

/// One row for each branch; a conditional in the second one goes on with the rows.
fn cases(c: &Condition, then: &Expr, otherwise: &Expr, x: &str) -> Result<String> {
    let mut rows = String::new();
    let (mut c, mut then, mut otherwise) = (c, then, otherwise);
    loop {
        let symbol = match c.relation {
            Relation::Less => "<",
            Relation::LessEqual => r"\le",
            Relation::Greater => ">",
            Relation::GreaterEqual => r"\ge",
        };
        let (left, right) = (formula(&c.left, x)?.0, formula(&c.right, x)?.0);
        rows += &format!(
            r"{} & \text{{if }} {left} {symbol} {right}, \\ ",
            formula(then, x)?.0
        );
        match otherwise {
            Expr::If(next, a, b) => (c, then, otherwise) = (next, a, b),
            _ => break,
        }
    }
    rows += &format!(r"{} & \text{{otherwise}}", formula(otherwise, x)?.0);
    Ok(format!(r"\begin{{cases}} {rows} \end{{cases}}"))
}
