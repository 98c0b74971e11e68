//! A family as it was typed, read as `sum_i w_i(letters) F_i(a(letters) x + b(letters))`.

use crate::activation::{BinaryOp, Condition, Expr, Function};

/// What the expansions can follow: weights and one affine argument in which the letters are, functions in which they are not.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Weight and function, the letters in the weight alone.
    pub terms: Vec<(Expr, Expr)>,
    pub scale: Expr,
    pub shift: Expr,
}

impl Reading {
    /// Reads the family up to a constant, which centring takes away; `None` where the letters are elsewhere.
    pub fn of(family: &Expr) -> Option<Reading> {
        let family = centred_parts(family);
        let expanded = family.expand();
        for form in [&family, &expanded] {
            if let Some(terms) = terms(form) {
                return Some(Reading {
                    terms: tidied(terms)?,
                    scale: Expr::int(1),
                    shift: Expr::int(0),
                });
            }
        }
        let mut arguments = Vec::new();
        for form in [&family, &expanded] {
            collect_arguments(form, &mut arguments);
        }
        for argument in arguments {
            let scale = slope(&argument);
            let shift = argument.substitute(&Expr::int(0)).simplify();
            let back = (Expr::X - shift.clone()) / scale.clone();
            for form in [&family, &expanded] {
                if let Some(terms) = terms(&replaced(form, &argument, &back)).and_then(tidied) {
                    return Some(Reading {
                        terms,
                        scale,
                        shift,
                    });
                }
            }
        }
        None
    }
}

fn free(e: &Expr) -> bool {
    e.letters().is_empty()
}

/// `f - mean(f)` is `f`, up to the constant that centring takes away.
fn centred_parts(e: &Expr) -> Expr {
    match e {
        Expr::Binary(BinaryOp::Sub, f, mean) if matches!(&**mean, Expr::Mean(_)) => {
            centred_parts(f)
        }
        _ => e.clone(),
    }
}

fn slope(argument: &Expr) -> Expr {
    argument.derivative().simplify()
}

/// The largest subexpressions that are affine in `x` and have letters.
fn collect_arguments(e: &Expr, found: &mut Vec<Expr>) {
    if e.is_constant() || free(e) {
        return;
    }
    let slope = slope(e);
    if slope.is_constant()
        && slope.as_rational().is_none_or(|q| q != 0)
        && !e.any(&|e| matches!(e, Expr::If(..)))
    {
        if !found.contains(e) {
            found.push(e.clone());
        }
        return;
    }
    for child in e.children() {
        collect_arguments(child, found);
    }
}

/// The argument is `x` from now on, and `x` is what `back` says.
fn replaced(e: &Expr, argument: &Expr, back: &Expr) -> Expr {
    match e {
        _ if e == argument => Expr::X,
        Expr::X => back.clone(),
        _ => e.with_children(|child| replaced(child, argument, back)),
    }
}

type Terms = Vec<(Expr, Expr)>;

/// A sum of products, one factor with the letters and one with `x`.
fn terms(e: &Expr) -> Option<Terms> {
    if free(e) {
        return Some(vec![(Expr::int(1), e.clone())]);
    }
    if e.is_constant() {
        return Some(vec![(e.clone(), Expr::int(1))]);
    }
    match e {
        Expr::Neg(a) => Some(scaled(terms(a)?, &Expr::int(-1))),
        Expr::Binary(BinaryOp::Add, a, b) => Some([terms(a)?, terms(b)?].concat()),
        Expr::Binary(BinaryOp::Sub, a, b) => {
            Some([terms(a)?, scaled(terms(b)?, &Expr::int(-1))].concat())
        }
        Expr::Binary(BinaryOp::Mul, a, b) => Some(product(&terms(a)?, &terms(b)?)),
        Expr::Binary(BinaryOp::Div, a, b) => {
            let quotients = |terms: Terms, of: &dyn Fn(Expr, Expr) -> (Expr, Expr)| {
                terms.into_iter().map(|(w, f)| of(w, f)).collect()
            };
            if b.is_constant() {
                Some(quotients(terms(a)?, &|w, f| (w / (**b).clone(), f)))
            } else if free(b) {
                Some(quotients(terms(a)?, &|w, f| (w, f / (**b).clone())))
            } else {
                None
            }
        }
        Expr::Binary(BinaryOp::Pow, a, n) => {
            let n = n
                .as_rational()
                .filter(|n| n.is_integer() && *n > 0 && *n <= 4)?;
            let base = terms(a)?;
            let mut power = base.clone();
            for _ in 1..n.numer().to_u32()? {
                power = product(&power, &base);
            }
            Some(power)
        }
        Expr::If(condition, a, b) if [&condition.left, &condition.right].into_iter().all(free) => {
            let side = |terms: Terms, then: bool| {
                terms
                    .into_iter()
                    .map(move |(w, f)| (w, branch(condition, f, then)))
                    .collect::<Terms>()
            };
            Some([side(terms(a)?, true), side(terms(b)?, false)].concat())
        }
        // max(a, b) = b + max(a - b, 0), max(w f, 0) = (w f + |w| |f|)/2
        Expr::Call(function @ (Function::Max | Function::Min), arguments) => {
            let difference = merged(terms(
                &(arguments[0].clone() - arguments[1].clone()).simplify(),
            )?);
            let [(w, f)] = difference.as_slice() else {
                return None;
            };
            let half = Expr::rational(&(1, 2).into());
            let sign = if *function == Function::Max {
                half.clone()
            } else {
                -half.clone()
            };
            let mut all = terms(&arguments[1])?;
            all.push((half * w.clone(), f.clone()));
            all.push((
                sign * Expr::call(Function::Abs, w.clone()),
                Expr::call(Function::Abs, f.clone()),
            ));
            Some(all)
        }
        _ => None,
    }
}

fn branch(condition: &Condition, f: Expr, then: bool) -> Expr {
    let zero = Expr::int(0);
    let (a, b) = if then { (f, zero) } else { (zero, f) };
    Expr::conditional(condition.clone(), a, b)
}

fn scaled(terms: Terms, by: &Expr) -> Terms {
    terms
        .into_iter()
        .map(|(w, f)| (by.clone() * w, f))
        .collect()
}

fn product(a: &Terms, b: &Terms) -> Terms {
    let pairs = a.iter().flat_map(|p| b.iter().map(move |q| (p, q)));
    pairs
        .map(|((v, f), (w, g))| (v.clone() * w.clone(), f.clone() * g.clone()))
        .collect()
}

/// Constants left out; `None` where nothing is left or it is too much.
fn tidied(terms: Terms) -> Option<Terms> {
    let mut out = merged(terms);
    out.retain(|(_, f)| !f.is_constant());
    (!out.is_empty() && out.len() <= 4).then_some(out)
}

/// Simplified, what belongs together in one term.
fn merged(terms: Terms) -> Terms {
    let zero = |e: &Expr| e.as_rational().is_some_and(|q| q == 0);
    let mut out: Terms = Vec::new();
    for (weight, function) in terms {
        let (weight, function) = (weight.simplify(), function.simplify());
        if zero(&weight) || zero(&function) {
            continue;
        }
        if let Some((w, _)) = out.iter_mut().find(|(_, f)| *f == function) {
            *w = (w.clone() + weight).simplify();
        } else if let Some((_, f)) = out.iter_mut().find(|(w, _)| *w == weight) {
            *f = joined(f, &function).simplify();
        } else {
            out.push((weight, function));
        }
    }
    out.retain(|(w, f)| !zero(w) && !zero(f));
    out
}

/// `f + g`; two branches of one condition are one conditional.
fn joined(f: &Expr, g: &Expr) -> Expr {
    match (f, g) {
        (Expr::If(c, a, b), Expr::If(d, x, y)) if c == d => Expr::conditional(
            (**c).clone(),
            (**a).clone() + (**x).clone(),
            (**b).clone() + (**y).clone(),
        ),
        _ => f.clone() + g.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let reading = Reading::of(&Expr::parse_family(text).unwrap())?;
        let terms: Vec<String> = reading
            .terms
            .iter()
            .map(|(w, f)| format!("[{w}] {f}"))
            .collect();
        Some(format!(
            "{} at [{}] x + [{}]",
            terms.join(" + "),
            reading.scale,
            reading.shift
        ))
    }

    #[test]
    fn letters_are_found_in_the_argument_and_in_the_weights() {
        let read = |text| read(text).unwrap_or_else(|| "no".into());
        assert_eq!(read("max(x-c,0)"), "[1] max(x, 0) at [1] x + [-c]");
        assert_eq!(read("centred(max(x-c,0))"), "[1] max(x, 0) at [1] x + [-c]");
        assert_eq!(read("tanh(a*x+b)"), "[1] tanh at [a] x + [b]");
        assert_eq!(read("sin(sqrt(t)*x)"), "[1] sin at [sqrt(t)] x + [0]");
        assert_eq!(read("x^3+c*x+c^2"), "[1] x^3 + [c] x at [1] x + [0]");
        assert!(read("gelu(s*x)").ends_with("at [s] x + [0]"));
        assert!(
            read("x*sigmoid(c*x)").ends_with("at [c] x + [0]"),
            "{}",
            read("x*sigmoid(c*x)")
        );
        assert!(
            read("leaky_relu(x,c)").ends_with("at [1] x + [0]"),
            "{}",
            read("leaky_relu(x,c)")
        );
        assert!(
            read("elu(x,c)").ends_with("at [1] x + [0]"),
            "{}",
            read("elu(x,c)")
        );
        assert_eq!(read("tanh(x+c*x^2)"), "no");
        assert_eq!(read("tanh(a*x)+sin(b*x)"), "no");
    }
}
