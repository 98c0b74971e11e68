//! The walk through a formula: ranges and bounds of all its parts along `[start, inf)`.

use std::collections::HashMap;

use rug::float::{Round, Special};
use rug::{Float, Rational};

use super::{BITS, Growth, add_up};
use crate::activation::{BinaryOp, Expr, Function, Tape};
use crate::real::{Analytic, Interval, Real};

/// Enclosure of the values on `[start, inf)` and growth of their modulus, either of which may fail.
#[derive(Clone)]
pub(super) struct Tail {
    pub(super) range: Interval,
    pub(super) growth: Option<Growth>,
}

/// What is known of the parts of a formula.
pub(super) struct Tails {
    start: u32,
    known: HashMap<Expr, Tail>,
}

impl Tails {
    pub(super) fn new(start: u32) -> Self {
        Tails {
            start,
            known: HashMap::new(),
        }
    }

    pub(super) fn of(&mut self, e: &Expr) -> Tail {
        if let Some(tail) = self.known.get(e) {
            return tail.clone();
        }
        let range = self.range(e);
        let from_range = self.bounded(&range);
        let structural = self.structural(e);
        let growth = match (from_range, structural) {
            (Some(f), Some(s)) => Some(if s.slower_than(&f) { s } else { f }),
            (f, s) => f.or(s),
        };
        // An undecided switch leaves no range, but a bound of the modulus is one.
        let range = match growth.as_ref().and_then(Growth::supremum) {
            Some(c) => {
                let bound = Interval::symmetric(c);
                let common = range.intersect(&bound);
                if common.is_undefined() { bound } else { common }
            }
            None => range,
        };
        let tail = Tail { range, growth };
        self.known.insert(e.clone(), tail.clone());
        tail
    }

    fn x(&self) -> Interval {
        let infinity = Float::with_val(BITS, Special::Infinity);
        Interval::new(Float::with_val(BITS, self.start), infinity)
    }

    /// Interval enclosure of all values: by a tape, and from the ranges of the parts.
    fn range(&mut self, e: &Expr) -> Interval {
        let whole = Tape::new(std::slice::from_ref(e), BITS).at_one(&self.x());
        if e.is_constant() {
            return whole;
        }
        // A polynomial is monotone enough in Horner's form.
        if let Some(coefficients) = e.polynomial_over_constants() {
            let mut acc = Interval::int(0, BITS);
            for c in coefficients.iter().rev() {
                acc = &(&acc * &self.x()) + &self.range(c);
            }
            return acc;
        }
        let parts = self.by_parts(e);
        match (whole.is_undefined(), parts.is_undefined()) {
            (true, _) => parts,
            (_, true) => whole,
            _ => {
                let common = whole.intersect(&parts);
                if common.is_undefined() { whole } else { common }
            }
        }
    }

    fn by_parts(&mut self, e: &Expr) -> Interval {
        let undefined = Interval::undefined(BITS);
        match e {
            Expr::Neg(a) => -self.of(a).range,
            Expr::Binary(op, a, b) => {
                let (u, v) = (self.of(a).range, self.of(b).range);
                match op {
                    BinaryOp::Add => u + v,
                    BinaryOp::Sub => u - v,
                    BinaryOp::Mul => u * v,
                    BinaryOp::Div => u / v,
                    BinaryOp::Pow => match b.as_rational() {
                        Some(q) => u.powr(&q),
                        None => (v * u.ln()).exp(),
                    },
                }
            }
            Expr::Call(function, args) => {
                let ranges: Vec<Interval> = args.iter().map(|a| self.of(a).range).collect();
                match (function, &ranges[..]) {
                    (Function::Min, [u, v]) => u.min(v),
                    (Function::Max, [u, v]) => u.max(v),
                    (Function::Abs, [u]) => u.abs(),
                    (Function::Exp, [u]) => u.exp(),
                    (Function::Log, [u]) => u.ln(),
                    (Function::Sqrt, [u]) => u.sqrt(),
                    (Function::Sinh, [u]) => u.sinh(),
                    (Function::Cosh, [u]) => u.cosh(),
                    (Function::Tanh, [u]) => u.tanh(),
                    (Function::Atan, [u]) => u.atan(),
                    (Function::Asinh, [u]) => u.asinh(),
                    (Function::Erf, [u]) => u.erf(),
                    (Function::Erfc, [u]) => u.erfc(),
                    _ => undefined,
                }
            }
            Expr::Named(..) => self.of(&e.expand()).range,
            _ => undefined,
        }
    }

    fn constant(&self, c: Float) -> Growth {
        Growth::constant(c, self.start)
    }

    fn bounded(&self, range: &Interval) -> Option<Growth> {
        let magnitude = range.mag();
        magnitude
            .is_finite()
            .then(|| self.constant(Float::with_val_round(BITS, magnitude, Round::Up).0))
    }

    fn structural(&mut self, e: &Expr) -> Option<Growth> {
        match e {
            Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) => None,
            Expr::X => Some(Growth::power(1, self.start)),
            Expr::Neg(a) => self.of(a).growth,
            Expr::Binary(op, a, b) => match op {
                BinaryOp::Add | BinaryOp::Sub => Some(self.of(a).growth?.plus(&self.of(b).growth?)),
                BinaryOp::Mul => Some(self.of(a).growth?.times(&self.of(b).growth?)),
                // u/|u|
                BinaryOp::Div if Expr::call(Function::Abs, (**a).clone()) == **b => {
                    Some(self.constant(Float::with_val(BITS, 1)))
                }
                BinaryOp::Div => Some(self.of(a).growth?.times(&self.reciprocal(b)?)),
                BinaryOp::Pow => match b.as_rational() {
                    Some(q) if q > 0 => Some(self.of(a).growth?.powered(&q)),
                    Some(q) => Some(self.reciprocal(a)?.powered(&-q)),
                    None => {
                        let log = Expr::Call(Function::Log, [(**a).clone()].into());
                        self.exponential(&Expr::Binary(BinaryOp::Mul, b.clone(), log.into()))
                    }
                },
            },
            Expr::Call(function, arguments) => {
                let a = &arguments[0];
                match function {
                    Function::Exp => self.exponential(a),
                    Function::Sinh | Function::Cosh => {
                        let minus = Expr::Neg(a.clone().into());
                        let up = self.exponential(a)?;
                        Some(up.plus(&self.exponential(&minus.simplify())?))
                    }
                    Function::Sqrt => Some(self.of(a).growth?.powered(&Rational::from((1, 2)))),
                    Function::Log => self.logarithm(a),
                    Function::Abs => self.of(a).growth,
                    Function::Min | Function::Max => {
                        Some(self.of(a).growth?.plus(&self.of(&arguments[1]).growth?))
                    }
                    Function::Sign | Function::Step => {
                        Some(self.constant(Float::with_val(BITS, 1)))
                    }
                    // |asinh y| <= log(1 + 2|y|) <= 2|y|, |atan y| <= |y|, and so on: at most linear.
                    Function::Asinh | Function::Atan | Function::Erf | Function::Tanh => {
                        let g = self.of(a).growth?;
                        Some(g.weighted(&Float::with_val(BITS, 2), &Float::new(BITS)))
                    }
                    _ => None,
                }
            }
            Expr::If(_, a, b) => Some(self.of(a).growth?.plus(&self.of(b).growth?)),
            Expr::Named(..) => self.structural(&e.expand()),
        }
    }

    /// `log(1 + v) <= v` for `v >= 0`; otherwise `|log y| <= |log(upper bound of y)| + |log(lower bound of y)|`.
    fn logarithm(&mut self, a: &Expr) -> Option<Growth> {
        let excess = one_plus(a).map(|v| self.of(&v));
        let small = excess.filter(|v| *v.range.lo() >= 0).and_then(|v| v.growth);
        let large = self.large_logarithm(a);
        match (small, large) {
            (Some(s), Some(l)) => Some(if l.slower_than(&s) { l } else { s }),
            (s, l) => s.or(l),
        }
    }

    fn large_logarithm(&mut self, a: &Expr) -> Option<Growth> {
        let inner = self.of(a);
        let low = inner.range.lo().clone();
        if low.is_nan() || low <= 0 {
            return None;
        }
        let g = inner.growth?;
        let mut ln_c = g.c.clone();
        ln_c.ln_round(Round::Up);
        let mut ln_low = low.clone();
        ln_low.ln_round(Round::Up);
        let mut c = Float::with_val(BITS, 1);
        for part in [&ln_c, &ln_low, &g.k, &g.a, &g.b] {
            c = add_up(&c, &part.clone().abs());
        }
        let mut out = self.constant(c);
        // log x <= x and x <= x^2 for x >= 1
        out.k = Float::with_val(BITS, if g.b > 0 { 2 } else { 1 });
        Some(out)
    }

    /// The growth of `1/e`: from below, where the structure has one.
    fn reciprocal(&mut self, e: &Expr) -> Option<Growth> {
        let inverse = &Interval::int(1, BITS) / &self.of(e).range;
        let from_range = self.bounded(&inverse);
        let structural = match e {
            Expr::X => {
                let mut g = Growth::power(1, self.start);
                g.k = -g.k;
                Some(g)
            }
            Expr::Neg(a) => self.reciprocal(a),
            // two of one sign: the sum is no smaller than either
            Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), a, b) => {
                let (u, v) = (self.of(a).range, self.of(b).range);
                let v = if *op == BinaryOp::Sub { -v } else { v };
                let alike = *u.lo() >= 0 && *v.lo() >= 0 || *u.hi() <= 0 && *v.hi() <= 0;
                match alike {
                    true => slower(self.reciprocal(a), self.reciprocal(b)),
                    false => None,
                }
            }
            Expr::Binary(BinaryOp::Mul, a, b) => {
                let (a, b) = (self.reciprocal(a), self.reciprocal(b));
                a.and_then(|a| Some(a.times(&b?)))
            }
            Expr::Binary(BinaryOp::Div, a, b) => {
                let (a, b) = (self.reciprocal(a), self.of(b).growth);
                a.and_then(|a| Some(a.times(&b?)))
            }
            Expr::Binary(BinaryOp::Pow, a, b) => match b.as_rational() {
                Some(q) if q > 0 => self.reciprocal(a).map(|g| g.powered(&q)),
                Some(q) => self.of(a).growth.map(|g| g.powered(&-q)),
                None => None,
            },
            Expr::Call(function, arguments) => match (function, &arguments[..]) {
                (Function::Exp, [a]) => self.exponential(&Expr::Neg(a.clone().into()).simplify()),
                (Function::Sqrt, [a]) => self
                    .reciprocal(a)
                    .map(|g| g.powered(&Rational::from((1, 2)))),
                (Function::Abs, [a]) => self.reciprocal(a),
                // 1/log(1 + v) <= 1 + 1/v for v > 0
                (Function::Log, [a]) => one_plus(a)
                    .filter(|v| *self.of(v).range.lo() >= 0)
                    .and_then(|v| self.reciprocal(&v))
                    .map(|g| g.plus(&self.constant(Float::with_val(BITS, 1)))),
                _ => None,
            },
            Expr::Named(..) => self.reciprocal(&e.expand()),
            _ => None,
        };
        slower(from_range, structural)
    }

    /// The growth of `exp(g)`.
    fn exponential(&mut self, g: &Expr) -> Option<Growth> {
        let [mut c, a, b] = self.above(&g.simplify(), Sign::Plus)?;
        c.exp_round(Round::Up);
        let mut out = self.constant(c);
        (out.a, out.b) = (a, b);
        [&out.c, &out.a, &out.b]
            .iter()
            .all(|v| v.is_finite())
            .then_some(out)
    }

    /// `c, a, b` with `g(x) <= c + a x + b x^2` on `[start, inf)` (or `-g(x)`): only from above, so `x - exp(x)` has a bound.
    fn above(&mut self, g: &Expr, sign: Sign) -> Option<[Float; 3]> {
        let zero = || Float::new(BITS);
        if let Some(coefficients) = g.polynomial_over_constants()
            && coefficients.len() <= 3
        {
            return Some([0, 1, 2].map(|i| {
                coefficients.get(i).map_or_else(zero, |c| {
                    let c = self.range(c);
                    match sign {
                        Sign::Plus => c.hi().clone(),
                        Sign::Minus => Float::with_val(BITS, -c.lo()),
                    }
                })
            }));
        }
        let of_parts = match g {
            Expr::Neg(u) => self.above(u, sign.reversed()),
            Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), u, v) => {
                let second = match op {
                    BinaryOp::Add => sign,
                    _ => sign.reversed(),
                };
                match (self.above(u, sign), self.above(v, second)) {
                    (Some(p), Some(q)) => Some([0, 1, 2].map(|i| add_up(&p[i], &q[i]))),
                    _ => None,
                }
            }
            _ => None,
        };
        let falls = |p: &[Float; 3]| p[2] < 0 || p[2] == 0 && p[1] < 0;
        let inner = self.of(g);
        let end = match sign {
            Sign::Plus => inner.range.hi().clone(),
            Sign::Minus => Float::with_val(BITS, -inner.range.lo()),
        };
        if end.is_finite() && !of_parts.as_ref().is_some_and(falls) {
            return Some([end, zero(), zero()]);
        }
        of_parts.or_else(|| {
            let bound = inner.growth?;
            match bound {
                Growth { a, b, k, .. } if a > 0 || b > 0 || k > 2 => None,
                Growth { c, k, .. } if k <= 0 => Some([c, zero(), zero()]),
                Growth { c, k, .. } if k <= 1 => Some([zero(), c, zero()]),
                Growth { c, .. } => Some([zero(), zero(), c]),
            }
        })
    }
}

/// Which of `g` and `-g` is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

impl Sign {
    fn reversed(self) -> Sign {
        match self {
            Sign::Plus => Sign::Minus,
            Sign::Minus => Sign::Plus,
        }
    }
}

fn slower(f: Option<Growth>, g: Option<Growth>) -> Option<Growth> {
    match (f, g) {
        (Some(f), Some(g)) => Some(if g.slower_than(&f) { g } else { f }),
        (f, g) => f.or(g),
    }
}

/// `v` where the tree is `1 + v`.
fn one_plus(e: &Expr) -> Option<Expr> {
    match e {
        Expr::Binary(BinaryOp::Add, a, b) if a.is_int(1) => Some((**b).clone()),
        Expr::Binary(BinaryOp::Add, a, b) if b.is_int(1) => Some((**a).clone()),
        _ => None,
    }
}
