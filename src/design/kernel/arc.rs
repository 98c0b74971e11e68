//! The arc-cosine kernel `(sqrt(1 - a^2) + a (pi - acos a))/pi` in a typed formula, in whatever form it stands there.
//!
//! Term by term it cannot be enclosed near `a = 1`: the root of what rounding has left of `1 - a^2` costs half of the digits, in
//! each of the nested layers. As one function it is increasing, and known (Cho and Saul 2009).

use std::collections::BTreeMap;

use rug::Rational;

use crate::activation::{BinaryOp, Constant, Expr, Function};

/// The powers of `a`, `acos a`, `sqrt(1 - a^2)` and `pi`.
type Powers = [i32; 4];
/// A polynomial in these, without terms that are zero.
type Terms = BTreeMap<Powers, Rational>;

/// More terms than this are no arc-cosine kernel.
const TERMS: usize = 32;

/// `q` and `a`, if the expression is `q` times the arc-cosine kernel of `a`.
pub(super) fn arc_cosine(e: &Expr) -> Option<(Rational, &Expr)> {
    let mut found = Vec::new();
    arguments(e, &mut found);
    found.into_iter().find_map(|a| {
        let terms = terms(e, a)?;
        let q = terms.get(&[1, 0, 0, 0])?.clone();
        let minus = Rational::from(-&q);
        let kernel: Terms = [
            ([1, 0, 0, 0], q.clone()),
            ([1, 1, 0, -1], minus),
            ([0, 0, 1, -1], q.clone()),
        ]
        .into();
        (terms == kernel).then_some((q, a))
    })
}

/// Of what an arc cosine is taken in a sum of products.
fn arguments<'a>(e: &'a Expr, found: &mut Vec<&'a Expr>) {
    match e {
        Expr::Neg(a) => arguments(a, found),
        Expr::Binary(BinaryOp::Pow, ..) => {}
        Expr::Binary(_, a, b) => {
            arguments(a, found);
            arguments(b, found);
        }
        Expr::Call(Function::Acos | Function::Asin, args) => {
            let a = match &args[0] {
                Expr::Neg(a) => a,
                a => a,
            };
            if a.as_rational().is_none() && !found.contains(&a) {
                found.push(a);
            }
        }
        _ => {}
    }
}

fn one(powers: Powers, factor: Rational) -> Terms {
    [(powers, factor)].into()
}

/// The expression as a polynomial in `a`, `acos a`, `sqrt(1 - a^2)` and `pi`.
fn terms(e: &Expr, a: &Expr) -> Option<Terms> {
    let unit = || Rational::from(1);
    if e == a {
        return Some(one([1, 0, 0, 0], unit()));
    }
    if let Some(q) = e.as_rational() {
        return Some(if q == 0 { Terms::new() } else { one([0; 4], q) });
    }
    let found = match e {
        Expr::Constant(Constant::Pi) => one([0, 0, 0, 1], unit()),
        Expr::Neg(b) => scaled(&terms(b, a)?, &Rational::from(-1)),
        Expr::Binary(BinaryOp::Add, b, c) => sum(terms(b, a)?, &terms(c, a)?),
        Expr::Binary(BinaryOp::Sub, b, c) => {
            sum(terms(b, a)?, &scaled(&terms(c, a)?, &Rational::from(-1)))
        }
        Expr::Binary(BinaryOp::Mul, b, c) => product(&terms(b, a)?, &terms(c, a)?),
        Expr::Binary(BinaryOp::Div, b, c) => {
            // by a number times a power of pi
            let divisor = terms(c, a)?;
            let mut only = divisor.iter();
            let (Some(([0, 0, 0, n], q)), None) = (only.next(), only.next()) else {
                return None;
            };
            let inverse = one([0, 0, 0, -n], Rational::from(q.recip_ref()));
            product(&terms(b, a)?, &inverse)
        }
        Expr::Binary(BinaryOp::Pow, b, c) if c.as_rational()? == 2 => {
            let b = terms(b, a)?;
            product(&b, &b)
        }
        Expr::Call(Function::Acos, args) => match terms(&args[0], a)? {
            t if t == one([1, 0, 0, 0], unit()) => one([0, 1, 0, 0], unit()),
            // acos(-a) = pi - acos(a)
            t if t == one([1, 0, 0, 0], Rational::from(-1)) => sum(
                one([0, 0, 0, 1], unit()),
                &one([0, 1, 0, 0], Rational::from(-1)),
            ),
            _ => return None,
        },
        // asin(a) = pi/2 - acos(a)
        Expr::Call(Function::Asin, args) if args[0] == *a => sum(
            one([0, 0, 0, 1], Rational::from((1, 2))),
            &one([0, 1, 0, 0], Rational::from(-1)),
        ),
        Expr::Call(Function::Sqrt, args) => {
            let sine: Terms = [([0; 4], unit()), ([2, 0, 0, 0], Rational::from(-1))].into();
            (terms(&args[0], a)? == sine).then(|| one([0, 0, 1, 0], unit()))?
        }
        _ => return None,
    };
    (found.len() <= TERMS).then_some(found)
}

fn scaled(terms: &Terms, q: &Rational) -> Terms {
    let times = |(powers, c): (&Powers, &Rational)| (*powers, Rational::from(c * q));
    terms.iter().map(times).collect()
}

fn sum(mut a: Terms, b: &Terms) -> Terms {
    for (powers, c) in b {
        *a.entry(*powers).or_default() += c;
    }
    a.retain(|_, c| *c != 0);
    a
}

fn product(a: &Terms, b: &Terms) -> Terms {
    let mut out = Terms::new();
    for (p, c) in a {
        for (q, d) in b {
            let powers = std::array::from_fn(|i| p[i] + q[i]);
            *out.entry(powers).or_default() += Rational::from(c * d);
        }
    }
    out.retain(|_, c| *c != 0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Constants;

    #[test]
    fn the_arc_cosine_kernel_is_known_in_every_form() {
        let read = |text: &str| Expr::parse_in("rho", text, &Constants::default()).unwrap();
        for (text, q) in [
            ("(sqrt(1-rho^2)+rho*(pi-acos(rho)))/pi", Some((1, 1))),
            ("rho*(1-acos(rho)/pi)+1/pi*sqrt(1-rho*rho)", Some((1, 1))),
            (
                "1/(2*pi)*(rho*acos(-rho)+sqrt((1-rho)*(1+rho)))",
                Some((1, 2)),
            ),
            ("rho/2+(sqrt(1-rho^2)+rho*asin(rho))/pi", Some((1, 1))),
            ("rho/3+(sqrt(1-rho^2)+rho*asin(rho))/pi", None),
            ("(sqrt(1-rho^2)+rho*(pi/2+asin(rho)))*3/pi", Some((3, 1))),
            ("(sqrt(1-rho^2)-rho*(pi-acos(rho)))/pi", None),
            ("sqrt(1-rho^2)+rho*(pi-acos(rho))", None),
            ("1-acos(rho)/pi", None),
        ] {
            let e = read(text);
            let found = arc_cosine(&e);
            assert_eq!(
                found.as_ref().map(|(q, _)| q.clone()),
                q.map(Rational::from)
            );
            assert!(found.is_none_or(|(_, a)| *a == Expr::X));
        }
        let inner = "(exp(rho)-2)";
        let nested = read(&format!(
            "(sqrt(1-{inner}^2)+{inner}*(pi-acos({inner})))/pi"
        ));
        assert_eq!(arc_cosine(&nested).unwrap().1, &read(inner));
    }
}
