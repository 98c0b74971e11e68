//! What the shape of a tree says about its sign and its zeros.

use std::cmp::Ordering;

use rug::Rational;

use super::breakpoint::Breakpoint;
use super::probe::sign_of_constant;
use crate::activation::{BinaryOp, Constant, Expr, Function};

/// How often a function is differentiated to find the order of a zero.
const HIGHEST_ORDER: u32 = 8;

/// Functions, each with `true` for an odd exponent: `g` vanishes where one of them does (perhaps nowhere
/// else), and its sign is the constant's times those of the odd ones. The constant comes first.
pub(super) fn factors(g: &Expr) -> (Vec<Expr>, Vec<(Expr, bool)>) {
    let (mut constants, mut list) = (Vec::new(), Vec::new());
    collect(g, true, &mut constants, &mut list);
    // The same factor twice counts once, with the sum of the exponents.
    let mut distinct: Vec<(Expr, bool)> = Vec::new();
    for (h, odd) in list {
        match distinct.iter_mut().find(|(other, _)| *other == h) {
            Some((_, parity)) => *parity ^= odd,
            None => distinct.push((h, odd)),
        }
    }
    (constants, distinct)
}

fn collect(g: &Expr, odd: bool, constants: &mut Vec<Expr>, list: &mut Vec<(Expr, bool)>) {
    if g.is_constant() {
        if odd {
            constants.push(g.clone());
        }
        return;
    }
    match g {
        Expr::Neg(a) => {
            if odd {
                constants.push(Expr::int(-1));
            }
            collect(a, odd, constants, list);
        }
        Expr::Binary(BinaryOp::Mul | BinaryOp::Div, a, b) => {
            collect(a, odd, constants, list);
            collect(b, odd, constants, list);
        }
        Expr::Binary(BinaryOp::Pow, a, b) => match b.as_rational() {
            // Powers of constants are positive, as are powers with an exponent that is no integer.
            _ if a.is_constant() => {}
            Some(q) => collect(
                a,
                odd && q.is_integer() && q.numer().is_odd(),
                constants,
                list,
            ),
            None => collect(a, false, constants, list),
        },
        Expr::Call(function, args) => match (function, &args[..]) {
            (Function::Exp | Function::Cosh | Function::Erfc, _) => {}
            (Function::Sqrt, [a]) => collect(a, false, constants, list),
            (
                Function::Sinh
                | Function::Tanh
                | Function::Asinh
                | Function::Asin
                | Function::Atan
                | Function::Erf,
                [a],
            ) => collect(a, odd, constants, list),
            (Function::Log, [a]) => {
                collect(&(a.clone() - Expr::int(1)).simplify(), odd, constants, list);
            }
            (Function::Acos, [a]) => {
                collect(
                    &(Expr::int(1) - a.clone()).simplify(),
                    false,
                    constants,
                    list,
                );
            }
            (Function::Tan, [a]) => {
                list.push((Expr::call(Function::Sin, a.clone()), odd));
                list.push((Expr::call(Function::Cos, a.clone()), odd));
            }
            _ => list.push((g.clone(), odd)),
        },
        _ => match doubled(g) {
            Some(root) => {
                if odd {
                    constants.push(root.0);
                }
                list.push((root.1, false));
            }
            None => list.push((g.clone(), odd)),
        },
    }
}

/// `k`, `f` where the tree is `k f^2` in disguise: `1 - sin u = 2 sin^2(u/2 - pi/4)`, `1 + cos u = 2 cos^2(u/2)`, and so on, times a constant.
fn doubled(g: &Expr) -> Option<(Expr, Expr)> {
    let (varying, constant) = addends(g);
    let [term] = &varying[..] else { return None };
    let (factor, core) = scale(term);
    let Expr::Call(function @ (Function::Sin | Function::Cos), args) = &core else {
        return None;
    };
    let same = (constant.clone() - factor.clone()).simplify().is_int(0);
    let opposite = (constant.clone() + factor).simplify().is_int(0);
    if !same && !opposite {
        return None;
    }
    let half = args.first()?.clone() / Expr::int(2);
    let quarter = Expr::Constant(Constant::Pi) / Expr::int(4);
    let root = match (function, same) {
        (Function::Cos, true) => Expr::call(Function::Cos, half),
        (Function::Cos, false) => Expr::call(Function::Sin, half),
        (_, true) => Expr::call(Function::Sin, half + quarter),
        (_, false) => Expr::call(Function::Sin, half - quarter),
    };
    Some((constant, root.simplify()))
}

/// For `g = k f(u) + c` with an `f` that has an inverse: functions whose product has the zeros and the sign
/// of `g`, among them `u - f^-1(-c/k)`.
pub(super) fn solved(g: &Expr) -> Option<Vec<Expr>> {
    let (varying, constant) = addends(g);
    let [term] = &varying[..] else { return None };
    if constant.is_int(0) {
        return None;
    }
    let (factor, core) = scale(term);
    let reciprocal = |u: &Expr, k: Expr| {
        // k/u + c = (c u + k) / u
        vec![constant.clone() * u.clone() + k, u.clone()]
    };
    if let Expr::Binary(BinaryOp::Div, k, u) = &core
        && k.is_constant()
    {
        return Some(reciprocal(u, factor * (**k).clone()));
    }
    let value = (-constant.clone() / factor.clone()).simplify();
    let exceeds = |bound: i64| {
        let sign = sign_of_constant(&(value.clone() - Expr::int(bound)));
        sign == Some(Ordering::Greater)
    };
    let positive = exceeds(0);
    let within_one = || {
        let below = sign_of_constant(&(value.clone() - Expr::int(1)));
        exceeds(-1) && below == Some(Ordering::Less)
    };
    let call = |f: Function, a: Expr| Expr::call(f, a);
    let (u, inverse) = match &core {
        Expr::Call(function, args) => {
            let u = args.first()?.clone();
            let at = value.clone();
            let inverse = match function {
                Function::Exp if positive => call(Function::Log, at),
                Function::Log => call(Function::Exp, at),
                Function::Sqrt if positive => at.pow(Expr::int(2)),
                Function::Tanh if within_one() => {
                    let odds = (Expr::int(1) + at.clone()) / (Expr::int(1) - at);
                    call(Function::Log, odds) / Expr::int(2)
                }
                Function::Sinh => call(Function::Asinh, at),
                Function::Asinh => call(Function::Sinh, at),
                _ => return None,
            };
            (u, inverse)
        }
        Expr::Binary(BinaryOp::Pow, base, u) if positive => match &**base {
            Expr::Constant(Constant::E) => ((**u).clone(), call(Function::Log, value)),
            _ => return None,
        },
        _ => return None,
    };
    Some(vec![factor, (u - inverse).simplify()])
}

/// The terms with `x`, signs included, and the sum of the others.
fn addends(g: &Expr) -> (Vec<Expr>, Expr) {
    let mut varying = Vec::new();
    let mut constant = Expr::int(0);
    let mut open = vec![(g.clone(), false)];
    while let Some((e, minus)) = open.pop() {
        let signed = |e: Expr| if minus { -e } else { e };
        match &e {
            _ if e.is_constant() => constant = constant + signed(e),
            Expr::Neg(a) => open.push(((**a).clone(), !minus)),
            Expr::Binary(BinaryOp::Add, a, b) => {
                open.push(((**a).clone(), minus));
                open.push(((**b).clone(), minus));
            }
            Expr::Binary(BinaryOp::Sub, a, b) => {
                open.push(((**a).clone(), minus));
                open.push(((**b).clone(), !minus));
            }
            _ => varying.push(signed(e)),
        }
    }
    (varying, constant)
}

/// `e = factor * core` with a constant factor.
fn scale(e: &Expr) -> (Expr, Expr) {
    match e {
        Expr::Neg(a) => {
            let (factor, core) = scale(a);
            (-factor, core)
        }
        Expr::Binary(BinaryOp::Mul, a, b) if a.is_constant() => {
            let (factor, core) = scale(b);
            ((**a).clone() * factor, core)
        }
        Expr::Binary(BinaryOp::Mul, a, b) if b.is_constant() => {
            let (factor, core) = scale(a);
            (factor * (**b).clone(), core)
        }
        Expr::Binary(BinaryOp::Div, a, b) if b.is_constant() => {
            let (factor, core) = scale(a);
            (factor / (**b).clone(), core)
        }
        _ => (Expr::int(1), e.clone()),
    }
}

/// How often the smooth function `h` vanishes at `p`: all derivatives before vanish exactly, this one
/// certainly does not. `None` if that is not proved.
pub(super) fn order(h: &Expr, p: &Breakpoint) -> Option<u32> {
    let mut derivative = h.clone();
    for k in 0..=HIGHEST_ORDER {
        match p.sign_of(&derivative)? {
            Ordering::Equal => derivative = derivative.derivative(),
            _ => return Some(k),
        }
    }
    None
}

/// `|f(x)|` near `p`: of the order `|x-p|^exponent`, exactly or at most.
pub(super) struct Growth {
    pub(super) exponent: Rational,
    pub(super) exact: bool,
}

/// From where a point is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sides {
    Left,
    Right,
    Both,
}

impl Sides {
    /// Of what is known to the left and to the right.
    fn of<T>(self, [left, right]: [T; 2]) -> impl Iterator<Item = T> {
        let looked_at = [self != Sides::Right, self != Sides::Left];
        [left, right]
            .into_iter()
            .zip(looked_at)
            .filter(|(_, looked)| *looked)
            .map(|(known, _)| known)
    }
}

/// The sign on a punctured neighbourhood of a point, to the left and to the right of it, wherever the formula is defined there: proved by
/// the first derivative that does not vanish, by the larger of two terms, or by the factors.
fn signs_beside(u: &Expr, p: &Breakpoint, sides: Sides) -> Option<[Ordering; 2]> {
    if let Some(signs) = leading_signs(u, p) {
        return Some(signs);
    }
    if let Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), a, b) = u {
        let terms = [growth(a, p, sides)?, growth(b, p, sides)?];
        let larger = |f: &Growth, g: &Growth| f.exact && f.exponent < g.exponent;
        let of_second = || {
            let signs = signs_beside(b, p, sides)?;
            Some(match op {
                BinaryOp::Add => signs,
                _ => signs.map(Ordering::reverse),
            })
        };
        return match &terms {
            [f, g] if larger(f, g) => signs_beside(a, p, sides),
            [f, g] if larger(g, f) => of_second(),
            _ => signs_beside(a, p, sides).filter(|signs| of_second().as_ref() == Some(signs)),
        };
    }
    let (constants, factors) = factors(u);
    let mut signs = [Ordering::Greater; 2];
    let mut times = |other: [Ordering; 2]| {
        for (sign, other) in signs.iter_mut().zip(other) {
            *sign = if other.is_lt() { sign.reverse() } else { *sign };
        }
    };
    for c in &constants {
        times([sign_of_constant(c).filter(|sign| sign.is_ne())?; 2]);
    }
    for (h, _) in factors.iter().filter(|(_, odd)| *odd) {
        let of_factor = match h == u {
            true => None,
            false => signs_beside(h, p, sides),
        };
        times(of_factor?);
    }
    Some(signs)
}

/// By Taylor's formula: the sign of the first derivative that does not vanish at the point.
fn leading_signs(h: &Expr, p: &Breakpoint) -> Option<[Ordering; 2]> {
    let k = order(h, p)?;
    let mut derivative = h.clone();
    for _ in 0..k {
        derivative = derivative.derivative();
    }
    let right = p.sign_of(&derivative)?;
    let left = if k % 2 == 0 { right } else { right.reverse() };
    Some([left, right])
}

/// How a formula behaves at a point where a divisor in it vanishes; `None` if its shape does not tell.
pub(super) fn growth(f: &Expr, p: &Breakpoint, sides: Sides) -> Option<Growth> {
    let exact = |exponent: Rational| {
        Some(Growth {
            exponent,
            exact: true,
        })
    };
    let bounded = || Growth {
        exponent: Rational::new(),
        exact: false,
    };
    if f.is_constant() {
        let zero = sign_of_constant(f)?.is_eq();
        return if zero {
            Some(bounded())
        } else {
            exact(Rational::new())
        };
    }
    if p.sign_of(f).is_some_and(Ordering::is_ne) {
        return exact(Rational::new());
    }
    match f {
        Expr::Neg(a) => growth(a, p, sides),
        Expr::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => {
            if let Some(k) = order(f, p) {
                return exact(k.into());
            }
            let (a, b) = (growth(a, p, sides)?, growth(b, p, sides)?);
            let exact = a.exponent < b.exponent && a.exact || b.exponent < a.exponent && b.exact;
            Some(Growth {
                exponent: a.exponent.min(b.exponent),
                exact,
            })
        }
        Expr::Binary(BinaryOp::Mul, a, b) => {
            let (a, b) = (growth(a, p, sides)?, growth(b, p, sides)?);
            Some(Growth {
                exponent: a.exponent + b.exponent,
                exact: a.exact && b.exact,
            })
        }
        Expr::Binary(BinaryOp::Div, a, b) => {
            let (a, b) = (growth(a, p, sides)?, growth(b, p, sides)?);
            b.exact.then(|| Growth {
                exponent: a.exponent - b.exponent,
                exact: a.exact,
            })
        }
        Expr::Binary(BinaryOp::Pow, a, b) => {
            let (a, q) = (growth(a, p, sides)?, b.as_rational()?);
            (a.exact || q >= 0).then(|| Growth {
                exponent: a.exponent * q,
                exact: a.exact,
            })
        }
        Expr::Call(Function::Sqrt, args) => {
            let a = growth(args.first()?, p, sides)?;
            Some(Growth {
                exponent: a.exponent / 2u32,
                exact: a.exact,
            })
        }
        Expr::Call(
            Function::Tanh
            | Function::Atan
            | Function::Erf
            | Function::Erfc
            | Function::Sin
            | Function::Cos,
            args,
        ) => match order(f, p) {
            Some(k) => exact(k.into()),
            // Bounded, whatever happens inside, as long as it is defined.
            None => args.first().map(|_| bounded()),
        },
        // Bounded where what is inside is negative beside the point, be it as large as it may.
        Expr::Call(Function::Exp, args) => {
            let u = args.first()?;
            match order(f, p) {
                Some(k) => exact(k.into()),
                None => {
                    let inner = growth(u, p, sides)?;
                    let falls = signs_beside(u, p, sides)
                        .is_some_and(|signs| sides.of(signs).all(Ordering::is_lt));
                    (inner.exponent >= 0 || falls).then(bounded)
                }
            }
        }
        Expr::Call(Function::Tan, args) => {
            let u = args.first()?.clone();
            let quotient = Expr::call(Function::Sin, u.clone()) / Expr::call(Function::Cos, u);
            growth(&quotient, p, sides)
        }
        Expr::Call(Function::Log, args) => {
            let u = growth(args.first()?, p, sides)?;
            // Weaker than every power: |x-p|^(-1/8) is plenty, unless what is inside is smaller than every power.
            let unbounded = !u.exponent.is_zero();
            match order(f, p) {
                Some(k) => exact(k.into()),
                None => u.exact.then(|| Growth {
                    exponent: Rational::from((if unbounded { -1 } else { 0 }, 8)),
                    exact: false,
                }),
            }
        }
        _ => order(f, p).and_then(|k| exact(k.into())),
    }
}
