//! Truncated power series in balls: a value and its Taylor coefficients, at a point or all over a cell.
//!
//! A jet at a ball `x` holds enclosures of `f^(j)(y)/j!`, `j = 0..=n`, for *every* `y` of the ball at which `f` is defined.
//! (A correlation that rounding has carried over the end of its domain is taken back to it: `acos` of a ball around 1 is the
//! arc cosine of the part that has one. `partial` remembers that.) A coefficient that is not known is undefined.

use std::cmp::Ordering;

use rug::Rational;

use super::{Analytic, Ball, Bits};

/// `c_0, c_1, ..., c_n`.
#[derive(Clone, Debug)]
pub(crate) struct Jet {
    pub c: Vec<Ball>,
    /// Part of the ball may be outside of the domain.
    pub partial: bool,
}

fn is_zero(b: &Ball) -> bool {
    b.sign() == Some(Ordering::Equal)
}

impl Jet {
    /// The same value everywhere.
    pub fn constant(value: Ball, order: usize) -> Jet {
        let zero = Ball::int(0, value.bits());
        let mut c = vec![zero; order + 1];
        c[0] = value;
        Jet { c, partial: false }
    }

    /// `x` itself, at this ball.
    pub fn variable(at: &Ball, order: usize) -> Jet {
        let mut jet = Jet::constant(at.clone(), order);
        if order > 0 {
            jet.c[1] = Ball::int(1, at.bits());
        }
        jet
    }

    pub fn order(&self) -> usize {
        self.c.len() - 1
    }

    fn bits(&self) -> Bits {
        self.c[0].bits()
    }

    fn with(&self, c: Vec<Ball>) -> Jet {
        Jet {
            c,
            partial: self.partial,
        }
    }

    pub fn negated(&self) -> Jet {
        self.with(self.c.iter().map(|c| -c).collect())
    }

    pub fn plus(&self, other: &Jet) -> Jet {
        let c = self.c.iter().zip(&other.c).map(|(a, b)| a + b).collect();
        Jet {
            c,
            partial: self.partial || other.partial,
        }
    }

    pub fn minus(&self, other: &Jet) -> Jet {
        self.plus(&other.negated())
    }

    pub fn scaled(&self, factor: &Ball) -> Jet {
        self.with(self.c.iter().map(|c| factor * c).collect())
    }

    pub fn times(&self, other: &Jet) -> Jet {
        let n = self.order().min(other.order());
        let c = (0..=n)
            .map(|k| convolution(&self.c, &other.c, 0, k, k, self.bits()))
            .collect();
        Jet {
            c,
            partial: self.partial || other.partial,
        }
    }

    /// The square, whose value is not negative.
    pub fn square(&self) -> Jet {
        let mut out = self.times(self);
        out.c[0] = self.c[0].square();
        out
    }

    pub fn over(&self, other: &Jet) -> Jet {
        // both vanish here, exactly: one order less
        if is_zero(&self.c[0]) && is_zero(&other.c[0]) && self.order() > 0 {
            let drop = |jet: &Jet| Jet {
                c: jet.c[1..].to_vec(),
                partial: jet.partial,
            };
            let mut out = drop(self).over(&drop(other));
            out.c.push(Ball::undefined(self.bits()));
            return out;
        }
        let n = self.order().min(other.order());
        let mut q: Vec<Ball> = Vec::with_capacity(n + 1);
        for k in 0..=n {
            let known = convolution(&other.c, &q, 1, k, k, self.bits());
            q.push((&self.c[k] - &known) / &other.c[0]);
        }
        Jet {
            c: q,
            partial: self.partial || other.partial,
        }
    }

    /// `x^n`
    pub fn power(&self, n: i64) -> Jet {
        let one = Jet::constant(Ball::int(1, self.bits()), self.order());
        if n < 0 {
            return one.over(&self.power(-n));
        }
        let (mut out, mut base, mut left) = (one, self.clone(), n);
        while left > 0 {
            if left % 2 == 1 {
                out = out.times(&base);
            }
            left /= 2;
            if left > 0 {
                base = base.square();
            }
        }
        out.c[0] = self.c[0].powi(n);
        out
    }

    /// `x^q` for `x >= 0`: `k u_0 y_k = sum_i (q i - k + i) u_i y_(k-i)`.
    pub fn root(&self, q: &Rational) -> Jet {
        let mut out = self.clone();
        let bits = self.bits();
        out.partial |= self.c[0].lower() < 0;
        let base = not_negative(&self.c[0]);
        let half = *q == Rational::from((1, 2));
        let mut y = vec![if half { base.sqrt() } else { base.powr(q) }];
        for k in 1..=self.order() {
            let mut sum = Ball::int(0, bits);
            for i in 1..=k {
                if is_zero(&self.c[i]) {
                    continue;
                }
                let weight = Rational::from(q * i as u32) + i as u32 - k as u32;
                sum = sum + &(Ball::rational(&weight, bits) * &(&self.c[i] * &y[k - i]));
            }
            y.push(quotient(sum, &self.c[0], k));
        }
        out.c = y;
        out
    }

    pub fn exp(&self) -> Jet {
        let mut e = vec![self.c[0].exp()];
        for k in 1..=self.order() {
            e.push(integrated(&self.c, &e, k));
        }
        self.with(e)
    }

    pub fn ln(&self) -> Jet {
        let mut out = self.clone();
        out.partial |= self.c[0].lower() < 0;
        let bits = self.bits();
        let positive = self.c[0].lower() > 0;
        let first = match positive || self.c[0].upper() <= 0 {
            true => self.c[0].ln(),
            false => Ball::unbounded(bits),
        };
        let mut l = vec![first];
        for k in 1..=self.order() {
            let mut sum = Ball::int(k as i64, bits) * &self.c[k];
            for (i, l) in l.iter().enumerate().skip(1) {
                sum = sum - &(Ball::int(i as i64, bits) * &(l * &self.c[k - i]));
            }
            l.push(quotient(sum, &self.c[0], k));
        }
        out.c = l;
        out
    }

    /// Sine and cosine, or with `hyperbolic` those.
    pub fn waves(&self, hyperbolic: bool) -> (Jet, Jet) {
        let x = &self.c[0];
        let (mut s, mut c) = match hyperbolic {
            true => (vec![x.sinh()], vec![x.cosh()]),
            false => (vec![x.sin()], vec![x.cos()]),
        };
        for k in 1..=self.order() {
            let (next_s, next_c) = (integrated(&self.c, &c, k), integrated(&self.c, &s, k));
            s.push(next_s);
            c.push(if hyperbolic { next_c } else { -next_c });
        }
        (self.with(s), self.with(c))
    }

    /// `f(x)` with `f(x_0) = value`, `f'(x) = slope`.
    pub fn chain(&self, value: Ball, slope: &Jet) -> Jet {
        let mut y = vec![value];
        for k in 1..=self.order() {
            y.push(integrated(&self.c, &slope.c, k));
        }
        Jet {
            c: y,
            partial: self.partial || slope.partial,
        }
    }

    fn one_minus_square(&self) -> Jet {
        Jet::constant(Ball::int(1, self.bits()), self.order()).minus(&self.square())
    }

    pub fn tan(&self) -> Jet {
        let cosine = self.waves(false).1.square();
        let one = Jet::constant(Ball::int(1, self.bits()), self.order());
        self.chain(self.c[0].tan(), &one.over(&cosine))
    }

    pub fn tanh(&self) -> Jet {
        let cosine = self.waves(true).1.square();
        let one = Jet::constant(Ball::int(1, self.bits()), self.order());
        self.chain(self.c[0].tanh(), &one.over(&cosine))
    }

    /// The arc sine, or the arc cosine.
    pub fn arc(&self, cosine: bool) -> Jet {
        let within = self.correlation();
        let inside = within.c[0].clone();
        let mut slope = match self.order() {
            0 => within.clone(),
            _ => within.one_minus_square().root(&Rational::from((-1, 2))),
        };
        // an arc is defined where its slope is not
        slope.partial = within.partial;
        match cosine {
            true => within.negated_chain(inside.acos(), &slope),
            false => within.chain(inside.asin(), &slope),
        }
    }

    fn negated_chain(&self, value: Ball, slope: &Jet) -> Jet {
        self.chain(value, &slope.negated())
    }

    /// The part of it that is a correlation.
    pub fn correlation(&self) -> Jet {
        let mut inside = self.clone();
        inside.c[0] = self.c[0].clamp_unit();
        inside.partial |= self.c[0].lower() < -1 || self.c[0].upper() > 1;
        inside
    }

    /// `sqrt(1 - x^2)`: not negative for what is a sine.
    pub fn cosine(&self) -> Jet {
        let inside = self.correlation();
        let mut out = inside.one_minus_square().root(&Rational::from((1, 2)));
        out.partial = inside.partial;
        out
    }

    pub fn atan(&self) -> Jet {
        let one = Jet::constant(Ball::int(1, self.bits()), self.order());
        let slope = one.over(&one.plus(&self.square()));
        self.chain(self.c[0].atan(), &slope)
    }

    pub fn asinh(&self) -> Jet {
        let one = Jet::constant(Ball::int(1, self.bits()), self.order());
        let slope = one.plus(&self.square()).root(&Rational::from((-1, 2)));
        self.chain(self.c[0].asinh(), &slope)
    }

    /// The error function, or its complement.
    pub fn erf(&self, complement: bool) -> Jet {
        let bits = self.bits();
        let factor = Ball::int(2, bits) / Ball::pi(bits).sqrt();
        let slope = self.square().negated().exp().scaled(&factor);
        match complement {
            true => self.negated_chain(self.c[0].erfc(), &slope),
            false => self.chain(self.c[0].erf(), &slope),
        }
    }

    /// Where it is not decided which of the two it is: both, and no more than their slopes (of a function that is
    /// continuous where they meet).
    pub fn either(&self, other: &Jet, continuous: bool) -> Jet {
        let bits = self.bits();
        let mut c = vec![Ball::undefined(bits); self.c.len()];
        c[0] = self.c[0].hull(&other.c[0]);
        if continuous && c.len() > 1 {
            c[1] = self.c[1].hull(&other.c[1]);
        }
        Jet {
            c,
            partial: self.partial || other.partial,
        }
    }

    /// `sum_j f_j (x - x_0)^j` with the Taylor coefficients `f_j` of a function at the value of this jet.
    pub fn composed(&self, f: &[Ball]) -> Jet {
        let n = self.order().min(f.len() - 1);
        let mut step = self.clone();
        step.c.truncate(n + 1);
        step.c[0] = Ball::int(0, self.bits());
        let mut out = Jet::constant(f[n].clone(), n);
        for f in f[..n].iter().rev() {
            out = out.times(&step);
            out.c[0] = f.clone();
        }
        out.partial = self.partial;
        out
    }
}

/// `sum_(i = from)^to a_i b_(k-i)`
fn convolution(a: &[Ball], b: &[Ball], from: usize, to: usize, k: usize, bits: Bits) -> Ball {
    let mut sum: Option<Ball> = None;
    for i in from..=to {
        if is_zero(&a[i]) || is_zero(&b[k - i]) {
            continue;
        }
        let term = &a[i] * &b[k - i];
        sum = Some(match sum {
            Some(sum) => sum + &term,
            None => term,
        });
    }
    sum.unwrap_or_else(|| Ball::int(0, bits))
}

/// `y_k` of `y' = v u'`: `(1/k) sum_i i u_i v_(k-i)`.
fn integrated(u: &[Ball], v: &[Ball], k: usize) -> Ball {
    let bits = u[0].bits();
    let mut sum = Ball::int(0, bits);
    for i in 1..=k {
        if is_zero(&u[i]) || is_zero(&v[k - i]) {
            continue;
        }
        sum = sum + &(Ball::int(i as i64, bits) * &(&u[i] * &v[k - i]));
    }
    sum / Ball::int(k as i64, bits)
}

/// `sum/(k u_0)`; 0 where the sum is, whatever `u_0` may be.
fn quotient(sum: Ball, u: &Ball, k: usize) -> Ball {
    match is_zero(&sum) {
        true => sum,
        false => sum / (Ball::int(k as i64, u.bits()) * u),
    }
}

/// The part of a ball that has a square root.
fn not_negative(b: &Ball) -> Ball {
    let bits = b.bits();
    match b.lower() < 0 {
        true => Ball::from_interval(&rug::Float::new(bits), &b.upper(), bits),
        false => b.clone(),
    }
}
