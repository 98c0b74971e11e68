//! How fast a formula grows along the real line: the bound behind every truncated integral.

use rug::float::Round;
use rug::ops::{AddAssignRound, MulAssignRound};
use rug::{Float, Rational};

mod tail;

use super::Expr;
use crate::real::Interval;

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

    /// `x^n`, exactly.
    pub fn power(n: u32, start: u32) -> Self {
        let mut out = Growth::constant(Float::with_val(BITS, 1), start);
        out.k = Float::with_val(BITS, n);
        out
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
        if r < self.start || self.b > 0.5 {
            return None;
        }
        if self.b == 0.5 {
            return self.power_tail(r);
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

    /// Where the Gaussian weight is used up: `int_r^inf c x^k dx/sqrt(2 pi) = c r^(k+1)/(-k-1)/sqrt(2 pi)` for `k < -1`.
    fn power_tail(&self, r: u32) -> Option<Float> {
        if self.a > 0 || self.k >= -1 {
            return None;
        }
        let k = add_up(&self.k, &Float::with_val(BITS, 1));
        let mut power = mul_up(&k, &{
            let mut down = Float::with_val(BITS, r);
            down.ln_round(Round::Down);
            down
        });
        power.exp_round(Round::Up);
        let mut bound = mul_up(
            &mul_up(&self.c, &power),
            &Float::with_val_round(BITS, 0.4, Round::Up).0,
        );
        div_up(&mut bound, &-k);
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

    /// An upper bound of the whole tail where the bound decreases from `start` on, which is where `k/x + a + 2 b x` is not positive.
    fn supremum(&self) -> Option<Float> {
        let x = Float::with_val(BITS, self.start);
        let mut slope = max(&self.k, &Float::new(BITS));
        div_up(&mut slope, &x);
        slope = add_up(&slope, &self.a);
        if self.b > 0 {
            return None;
        }
        slope = add_up(
            &slope,
            &mul_up(&mul_up(&self.b, &x), &Float::with_val(BITS, 2)),
        );
        if slope > 0 {
            return None;
        }
        let mut ln_x = x.clone();
        ln_x.ln_round(Round::Up);
        let mut exponent = mul_up(&max(&self.k, &Float::new(BITS)), &ln_x);
        exponent = add_up(&exponent, &mul_up(&self.a, &x));
        exponent = add_up(&exponent, &mul_up(&mul_up(&self.b, &x), &x));
        exponent.exp_round(Round::Up);
        let bound = mul_up(&self.c, &exponent);
        bound.is_finite().then_some(bound)
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
    tail::Tails::new(start).of(formula).growth
}

/// An enclosure of the values of an expression on `[start, inf)`, `start >= 1`; undefined where none is found.
pub fn values_beyond(formula: &Expr, start: u32) -> Interval {
    tail::Tails::new(start).of(formula).range
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
