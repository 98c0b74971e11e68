//! How fast a formula grows along the real line: the bound behind every truncated integral.

use rug::float::Round;
use rug::ops::{AddAssignRound, MulAssignRound};
use rug::{Float, Rational};

use super::{BinaryOp, Expr, Function};
use crate::real::{Analytic, Interval};

const BITS: u32 = 64;

/// `|f(x)| <= c x^k exp(a x + b x^2)` for every real `x >= start >= 1`.
///
/// All four parameters are rounded up, which only weakens the bound because `x >= 1`.
#[derive(Clone, Debug)]
pub struct Growth {
    /// The bound holds from here on.
    pub start: u32,
    c: Float,
    k: Float,
    a: Float,
    b: Float,
}

/// Enclosure of the values on `[start, inf)` and growth of their modulus, either of which may fail.
struct Tail {
    range: Interval,
    growth: Option<Growth>,
}

impl Growth {
    fn constant(c: Float, start: u32) -> Self {
        let zero = || Float::new(BITS);
        Growth {
            start,
            c,
            k: zero(),
            a: zero(),
            b: zero(),
        }
    }

    /// The bound of the product of two functions.
    pub fn times(&self, other: &Growth) -> Growth {
        Growth {
            start: self.start.max(other.start),
            c: mul_up(&self.c, &other.c),
            k: add_up(&self.k, &other.k),
            a: add_up(&self.a, &other.a),
            b: add_up(&self.b, &other.b),
        }
    }

    /// The bound of the sum of two functions; also a bound of either.
    pub fn plus(&self, other: &Growth) -> Growth {
        Growth {
            start: self.start.max(other.start),
            c: add_up(&self.c, &other.c),
            k: max(&self.k, &other.k),
            a: max(&self.a, &other.a),
            b: max(&self.b, &other.b),
        }
    }

    /// The bound of `|f|^q` for `q > 0`.
    fn powered(&self, q: &Rational) -> Growth {
        let times_q = |v: &Float| {
            let towards = if *v < 0 { Round::Down } else { Round::Up };
            mul_up(v, &Float::with_val_round(BITS, q, towards).0)
        };
        let mut ln_c = self.c.clone();
        ln_c.ln_round(Round::Up);
        let mut c = times_q(&ln_c);
        c.exp_round(Round::Up);
        Growth {
            start: self.start,
            c,
            k: times_q(&self.k),
            a: times_q(&self.a),
            b: times_q(&self.b),
        }
    }

    /// Multiplied by `scale * exp(b x^2)`: the way other factors of an integrand come in.
    pub fn weighted(&self, scale: &Float, b: &Float) -> Growth {
        let mut out = self.clone();
        out.c = mul_up(&out.c, scale);
        out.b = add_up(&out.b, b);
        out
    }

    /// An upper bound of `int_r^inf |f(x)| exp(-x^2/2) / sqrt(2 pi) dx`, or `None` where this bound is infinite
    /// or `r` is too small for it.
    ///
    /// The bounding integrand `g` has `(log g)' = k/x + a + (2b - 1) x`, which decreases for `x >= r` (after
    /// `k` is replaced by `max(k, 0)`), so `int_r^inf g <= g(r) / s` with `s = -(log g)'(r)`, if `s > 0`.
    pub fn gaussian_tail(&self, r: u32) -> Option<Float> {
        if r < self.start || self.b >= 0.5 {
            return None;
        }
        let x = Float::with_val(BITS, r);
        let half = Float::with_val(BITS, 0.5);
        let b = sub_up(&self.b, &half); // negative
        let k = max(&self.k, &Float::new(BITS));
        let mut slope = add_up(&self.a, &mul_up(&mul_up(&b, &x), &Float::with_val(BITS, 2)));
        let mut k_over_x = k.clone();
        div_up(&mut k_over_x, &x);
        slope = add_up(&slope, &k_over_x);
        if slope >= 0 {
            return None;
        }
        let mut ln_x = x.clone();
        ln_x.ln_round(Round::Up);
        let mut exponent = mul_up(&k, &ln_x);
        exponent = add_up(&exponent, &mul_up(&self.a, &x));
        exponent = add_up(&exponent, &mul_up(&mul_up(&b, &x), &x));
        exponent.exp_round(Round::Up);
        let mut bound = mul_up(&self.c, &exponent);
        // 1/sqrt(2 pi) < 0.4
        bound = mul_up(&bound, &Float::with_val_round(BITS, 0.4, Round::Up).0);
        div_up(&mut bound, &-slope);
        bound.is_finite().then_some(bound)
    }

    /// The bound at one point, as a double: for tests and plots.
    pub fn at(&self, x: f64) -> f64 {
        let (c, k, a, b) = (
            self.c.to_f64(),
            self.k.to_f64(),
            self.a.to_f64(),
            self.b.to_f64(),
        );
        c * x.powf(k) * (a * x + b * x * x).exp()
    }

    /// The bound is `c x^k` with `k < 1`.
    pub fn is_sublinear(&self) -> bool {
        self.b <= 0 && self.a <= 0 && self.k < 1
    }

    fn is_constant(&self) -> bool {
        self.k == 0 && self.a == 0 && self.b == 0
    }

    /// `self` is the slower of the two for large `x`.
    fn slower_than(&self, other: &Growth) -> bool {
        let key = |g: &Growth| (g.b.to_f64(), g.a.to_f64(), g.k.to_f64());
        key(self) < key(other)
    }
}

/// The growth of an expression along `[start, inf)`, `start >= 1`; `None` where no bound of the form
/// `c x^k exp(a x + b x^2)` could be proved. For the left half line substitute `x := -x` first.
pub fn growth(formula: &Expr, start: u32) -> Option<Growth> {
    tail(formula, start).growth
}

fn tail(e: &Expr, start: u32) -> Tail {
    let range = range_of(e, start);
    let from_range = bounded(&range, start);
    let structural = structural(e, start);
    let growth = match (from_range, structural) {
        (Some(f), Some(s)) => Some(if s.slower_than(&f) { s } else { f }),
        (f, s) => f.or(s),
    };
    // An undecided switch leaves no range, but a bound of the modulus is one.
    let range = match &growth {
        Some(g) if !range.is_finite() && g.is_constant() => {
            Interval::new(Float::with_val(BITS, -&g.c), g.c.clone())
        }
        _ => range,
    };
    Tail { range, growth }
}

/// Interval enclosure of all values on `[start, inf)`.
fn range_of(e: &Expr, start: u32) -> Interval {
    let x = Interval::new(
        Float::with_val(BITS, start),
        Float::with_val(BITS, rug::float::Special::Infinity),
    );
    if e.is_constant() {
        return crate::activation::Tape::new(std::slice::from_ref(e), BITS).at_one(&x);
    }
    // A polynomial is monotone enough in Horner's form; other formulas are evaluated as they stand.
    if let Some(coefficients) = e.polynomial_over_constants() {
        let mut acc = Interval::int(0, BITS);
        for c in coefficients.iter().rev() {
            acc = &(&acc * &x) + &range_of(c, start);
        }
        return acc;
    }
    crate::activation::Tape::new(std::slice::from_ref(e), BITS).at_one(&x)
}

fn bounded(range: &Interval, start: u32) -> Option<Growth> {
    let magnitude = range.mag();
    magnitude
        .is_finite()
        .then(|| Growth::constant(Float::with_val_round(BITS, magnitude, Round::Up).0, start))
}

fn structural(e: &Expr, start: u32) -> Option<Growth> {
    let of = |e: &Expr| tail(e, start);
    match e {
        Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) => None,
        Expr::X => {
            let mut g = Growth::constant(Float::with_val(BITS, 1), start);
            g.k = Float::with_val(BITS, 1);
            Some(g)
        }
        Expr::Neg(a) => of(a).growth,
        Expr::Binary(op, a, b) => match op {
            BinaryOp::Add | BinaryOp::Sub => Some(of(a).growth?.plus(&of(b).growth?)),
            BinaryOp::Mul => Some(of(a).growth?.times(&of(b).growth?)),
            BinaryOp::Div => {
                let reciprocal = &Interval::int(1, BITS) / &of(b).range;
                Some(of(a).growth?.times(&bounded(&reciprocal, start)?))
            }
            BinaryOp::Pow => match b.as_rational() {
                Some(q) if q > 0 => Some(of(a).growth?.powered(&q)),
                Some(q) => {
                    let reciprocal = &Interval::int(1, BITS) / &of(a).range;
                    Some(bounded(&reciprocal, start)?.powered(&-q))
                }
                None => exponential(
                    &(Expr::Binary(
                        BinaryOp::Mul,
                        b.clone(),
                        Expr::Call(Function::Log, [(**a).clone()].into()).into(),
                    )),
                    start,
                ),
            },
        },
        Expr::Call(function, arguments) => {
            let a = &arguments[0];
            match function {
                Function::Exp => exponential(a, start),
                Function::Sinh | Function::Cosh => {
                    let minus = Expr::Neg(a.clone().into());
                    Some(exponential(a, start)?.plus(&exponential(&minus.simplify(), start)?))
                }
                Function::Sqrt => Some(of(a).growth?.powered(&Rational::from((1, 2)))),
                // |log y| <= |log(upper bound of y)| + |log(lower bound of y)|
                Function::Log => {
                    let inner = of(a);
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
                    let mut out = Growth::constant(c, start);
                    // log x <= x and x <= x^2 for x >= 1
                    out.k = Float::with_val(BITS, if g.b > 0 { 2 } else { 1 });
                    Some(out)
                }
                // |asinh y| <= log(1 + 2|y|) <= 2|y|, |atan y| <= |y|, and so on: at most linear.
                Function::Abs => of(a).growth,
                Function::Min | Function::Max => {
                    Some(of(a).growth?.plus(&of(&arguments[1]).growth?))
                }
                Function::Sign | Function::Step => {
                    Some(Growth::constant(Float::with_val(BITS, 1), start))
                }
                Function::Asinh | Function::Atan | Function::Erf => {
                    let g = of(a).growth?;
                    Some(g.weighted(&Float::with_val(BITS, 2), &Float::new(BITS)))
                }
                _ => None,
            }
        }
        Expr::If(_, a, b) => Some(of(a).growth?.plus(&of(b).growth?)),
        Expr::Named(..) => structural(&e.expand(), start),
    }
}

/// The growth of `exp(g)`.
fn exponential(g: &Expr, start: u32) -> Option<Growth> {
    if let Some(coefficients) = g.simplify().polynomial_over_constants()
        && coefficients.len() <= 3
    {
        let upper = |i: usize| {
            coefficients
                .get(i)
                .map_or_else(|| Float::new(BITS), |c| range_of(c, start).hi().clone())
        };
        let mut c = upper(0);
        c.exp_round(Round::Up);
        let out = Growth {
            start,
            c,
            k: Float::new(BITS),
            a: upper(1),
            b: upper(2),
        };
        return [&out.c, &out.a, &out.b]
            .iter()
            .all(|v| v.is_finite())
            .then_some(out);
    }
    let [constant, a, b] = above(g, Sign::Plus, start)?;
    let mut c = constant;
    c.exp_round(Round::Up);
    let mut out = Growth::constant(c, start);
    (out.a, out.b) = (a, b);
    [&out.c, &out.a, &out.b]
        .iter()
        .all(|v| v.is_finite())
        .then_some(out)
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

/// `c, a, b` with `g(x) <= c + a x + b x^2` on `[start, inf)` (or `-g(x)`): only from above, so `x - exp(x)` has a bound.
fn above(g: &Expr, sign: Sign, start: u32) -> Option<[Float; 3]> {
    let zero = || Float::new(BITS);
    let inner = tail(g, start);
    let end = match sign {
        Sign::Plus => inner.range.hi().clone(),
        Sign::Minus => Float::with_val(BITS, -inner.range.lo()),
    };
    if end.is_finite() {
        return Some([end, zero(), zero()]);
    }
    let of_parts = match g {
        Expr::Neg(u) => above(u, sign.reversed(), start),
        Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), u, v) => {
            let second = match op {
                BinaryOp::Add => sign,
                _ => sign.reversed(),
            };
            match (above(u, sign, start), above(v, second, start)) {
                (Some(p), Some(q)) => Some([0, 1, 2].map(|i| add_up(&p[i], &q[i]))),
                _ => None,
            }
        }
        _ => None,
    };
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

fn add_up(a: &Float, b: &Float) -> Float {
    let mut out = a.clone();
    out.add_assign_round(b, Round::Up);
    out
}

fn sub_up(a: &Float, b: &Float) -> Float {
    add_up(a, &Float::with_val(b.prec(), -b))
}

fn mul_up(a: &Float, b: &Float) -> Float {
    let mut out = a.clone();
    out.mul_assign_round(b, Round::Up);
    // 0 * inf: the factor 0 is exact here (an absent exponent), so the product is 0.
    if out.is_nan() { Float::new(BITS) } else { out }
}

fn div_up(a: &mut Float, b: &Float) {
    rug::ops::DivAssignRound::div_assign_round(a, b, Round::Up);
}

fn max(a: &Float, b: &Float) -> Float {
    if a >= b { a.clone() } else { b.clone() }
}
