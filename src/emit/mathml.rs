//! The formula as MathML, for pages.

use super::constant::value;
use super::latex::{LARGE_CONSTANT, Tightness, WRITTEN_OUT, tidy};
use crate::activation::{BinaryOp, Condition, Constant, Expr, Function, Relation};
use crate::error::Result;

type Formula = (String, Tightness);

/// `phi(x) = ...` as a MathML element (MathML Core), which browsers typeset without a script.
///
/// # Errors
/// As [`super::code`] of [`super::Language::Latex`].
///
/// ```
/// use deeplimit::{activation::Expr, emit::mathml};
/// let formula = mathml(&Expr::parse("x/(1+exp(-x))")?)?;
/// assert!(formula.contains("<mfrac><mi>x</mi><mrow><mn>1</mn><mo>+</mo><msup><mi>e</mi><mrow><mo>−</mo><mi>x</mi></mrow></msup></mrow></mfrac>"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn mathml(expr: &Expr) -> Result<String> {
    let (formula, _) = formula(expr, "x")?;
    Ok(format!(
        "<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\"><mrow><mi>φ</mi>{}<mo>=</mo>{formula}</mrow></math>",
        bracketed("<mi>x</mi>")
    ))
}

fn bracketed(inner: &str) -> String {
    format!("<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>")
}

fn at((inner, tightness): &Formula, least: Tightness) -> String {
    match *tightness < least {
        true => bracketed(inner),
        false => inner.clone(),
    }
}

fn row(inner: &str) -> String {
    format!("<mrow>{inner}</mrow>")
}

/// Digits, and a power of ten apart: `1.5e-7`.
fn digits(text: &str) -> Formula {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("<mo>−</mo>", rest),
        None => ("", text),
    };
    let tightness = match sign.is_empty() {
        true => Tightness::Atom,
        false => Tightness::Sign,
    };
    match text.split_once('e') {
        None if sign.is_empty() => (format!("<mn>{text}</mn>"), tightness),
        None => (row(&format!("{sign}<mn>{text}</mn>")), tightness),
        Some((mantissa, power)) => {
            let power = digits(power).0;
            let ten = format!("<msup><mn>10</mn>{power}</msup>");
            (
                row(&format!("{sign}<mn>{mantissa}</mn><mo>·</mo>{ten}")),
                tightness.min(Tightness::Product),
            )
        }
    }
}

fn number(q: &rug::Rational) -> Formula {
    let text = Expr::rational(q).to_string();
    match text.split_once('/') {
        Some((a, b)) => (
            format!("<mfrac>{}{}</mfrac>", digits(a).0, digits(b).0),
            Tightness::Product,
        ),
        None => digits(&text),
    }
}

fn formula(e: &Expr, x: &str) -> Result<Formula> {
    use Tightness::{Atom, Power, Product, Sign, Sum};
    let means = e.any(&|e| matches!(e, Expr::Mean(_)));
    if e.is_constant() && e.size() > LARGE_CONSTANT && !means {
        let text = format!("{:?}", value(e)?);
        return Ok(digits(text.strip_suffix(".0").unwrap_or(&text)));
    }
    let sum = |sign: &str, a: &Formula, b: &Formula| {
        let (a, b) = (at(a, Sum), at(b, Product));
        (row(&format!("{a}<mo>{sign}</mo>{b}")), Sum)
    };
    Ok(match e {
        Expr::Number(q) => number(q),
        Expr::Constant(Constant::Pi) => ("<mi>π</mi>".to_owned(), Atom),
        Expr::Constant(Constant::E) => ("<mi>e</mi>".to_owned(), Atom),
        Expr::X => (format!("<mi>{x}</mi>"), Atom),
        Expr::Letter(name) => (format!("<mi>{name}</mi>"), Atom),
        Expr::Mean(f) => {
            let inner = formula(f, "Z")?.0;
            (
                row(&format!(
                    "<mi mathvariant=\"normal\">E</mi><mo>[</mo>{inner}<mo>]</mo>"
                )),
                Atom,
            )
        }
        Expr::Neg(a) => {
            let inner = at(&formula(a, x)?, Product);
            (row(&format!("<mo>−</mo>{inner}")), Sign)
        }
        Expr::Binary(op, a, b) => {
            let (left, right) = (formula(a, x)?, formula(b, x)?);
            match op {
                BinaryOp::Add => sum("+", &left, &right),
                BinaryOp::Sub => sum("−", &left, &right),
                BinaryOp::Mul => product(&left, &right),
                BinaryOp::Div => (format!("<mfrac>{}{}</mfrac>", left.0, right.0), Product),
                BinaryOp::Pow => (
                    format!("<msup>{}{}</msup>", at(&left, Atom), right.0),
                    Power,
                ),
            }
        }
        Expr::Call(function, args) => call(*function, args, x)?,
        Expr::If(c, a, b) => (cases(c, a, b, x)?, Product),
        Expr::Named("relu", args) => {
            let inner = formula(&args[0], x)?.0;
            applied("max", &format!("{inner}<mo>,</mo><mn>0</mn>"))
        }
        Expr::Named(name, args) => match e.hermite_index() {
            Some(n) if n > WRITTEN_OUT => {
                let inner = bracketed(&formula(&args[1], x)?.0);
                (
                    row(&format!("<msub><mi>h</mi><mn>{n}</mn></msub>{inner}")),
                    Product,
                )
            }
            _ => match e.written_out() {
                Expr::Named(..) => (format!("<mi>{name}</mi>"), Product),
                written => formula(&tidy(&written), x)?,
            },
        },
    })
}

fn product(left: &Formula, right: &Formula) -> Formula {
    let (a, b) = (at(left, Tightness::Product), at(right, Tightness::Product));
    let number = |text: &str| text.starts_with("<mn>") || text.starts_with("<mrow><mn>");
    let between = match number(&b) {
        true => "<mo>·</mo>",
        // a product that is not seen
        false => "<mo>\u{2062}</mo>",
    };
    (row(&format!("{a}{between}{b}")), Tightness::Product)
}

fn applied(name: &str, inner: &str) -> Formula {
    let name = format!("<mi mathvariant=\"normal\">{name}</mi><mo>\u{2061}</mo>");
    (
        row(&format!("{name}{}", bracketed(inner))),
        Tightness::Product,
    )
}

fn call(function: Function, args: &[Expr], x: &str) -> Result<Formula> {
    let mut inner = Vec::new();
    for a in args {
        inner.push(formula(a, x)?.0);
    }
    let inner = inner.join("<mo>,</mo>");
    Ok(match function {
        Function::Abs => (
            row(&format!("<mo>|</mo>{inner}<mo>|</mo>")),
            Tightness::Atom,
        ),
        Function::Sqrt => (format!("<msqrt>{inner}</msqrt>"), Tightness::Atom),
        Function::Exp => (format!("<msup><mi>e</mi>{inner}</msup>"), Tightness::Power),
        Function::Step => (
            format!("<msub><mn>1</mn><mrow>{inner}<mo>≥</mo><mn>0</mn></mrow></msub>"),
            Tightness::Atom,
        ),
        Function::Sign => applied("sgn", &inner),
        Function::Asin => applied("arcsin", &inner),
        Function::Acos => applied("arccos", &inner),
        Function::Atan => applied("arctan", &inner),
        Function::Asinh => applied("arsinh", &inner),
        _ => applied(function.name(), &inner),
    })
}

/// One row for each branch; a conditional in the second one goes on with the rows.
fn cases(c: &Condition, then: &Expr, otherwise: &Expr, x: &str) -> Result<String> {
    let cell = |inner: &str| format!("<mtd>{inner}</mtd>");
    let mut rows = String::new();
    let (mut c, mut then, mut otherwise) = (c, then, otherwise);
    loop {
        let symbol = match c.relation {
            Relation::Less => "&lt;",
            Relation::LessEqual => "≤",
            Relation::Greater => "&gt;",
            Relation::GreaterEqual => "≥",
        };
        let (left, right) = (formula(&c.left, x)?.0, formula(&c.right, x)?.0);
        let value = cell(&formula(then, x)?.0);
        let condition = format!("<mtext>if\u{a0}</mtext>{left}<mo>{symbol}</mo>{right}");
        rows += &format!("<mtr>{value}{}</mtr>", cell(&row(&condition)));
        match otherwise {
            Expr::If(next, a, b) => (c, then, otherwise) = (next, a, b),
            _ => break,
        }
    }
    let value = cell(&formula(otherwise, x)?.0);
    rows += &format!("<mtr>{value}{}</mtr>", cell("<mtext>otherwise</mtext>"));
    Ok(format!(
        "<mrow><mo>{{</mo><mtable columnalign=\"left\">{rows}</mtable></mrow>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::catalogue;

    /// Every entry of the catalogue: elements are closed, and those that take two or more have them.
    #[test]
    fn the_catalogue_is_well_formed() {
        for entry in catalogue() {
            let text = match entry.index {
                Some(_) => format!("{}(4)", entry.name),
                None => entry.name.to_owned(),
            };
            let formula = mathml(&Expr::parse(&text).unwrap()).unwrap();
            let mut open: Vec<(String, usize)> = Vec::new();
            for piece in formula.split('<').skip(1) {
                let (tag, _) = piece.split_once('>').unwrap();
                match tag.strip_prefix('/') {
                    Some(name) => {
                        let (opened, children) = open.pop().unwrap();
                        assert_eq!(opened, name, "{formula}");
                        let wanted = matches!(name, "msup" | "msub" | "mfrac");
                        assert!(!wanted || children == 2, "{}: {formula}", entry.name);
                    }
                    None => {
                        if let Some(last) = open.last_mut() {
                            last.1 += 1;
                        }
                        open.push((tag.split(' ').next().unwrap().to_owned(), 0));
                    }
                }
            }
            assert!(open.is_empty(), "{formula}");
        }
    }

    #[test]
    fn brackets_stand_where_they_are_needed() {
        let of = |text: &str| mathml(&Expr::parse(text).unwrap()).unwrap();
        assert!(of("(x+1)^2").contains("<msup><mrow><mo>(</mo>"));
        assert!(!of("x^2+1").contains("<mo>(</mo><mrow>"));
        assert!(of("x < 0 ? 0 : x").contains("<mo>&lt;</mo>"));
        assert!(
            of("x*(x-1)").contains("</mo>") && of("x*(x-1)").contains("<mo>(</mo><mrow><mi>x</mi>")
        );
    }
}
