//! A function of `x` as a sum of terms `c x^n e^(a x^2 + b x) {1, cos(w x), sin(w x)} prod erf(p x + q)`.

use std::collections::BTreeMap;

use rug::Rational;

use super::constant::Closed;
use crate::activation::{BinaryOp, Expr, Function};

/// More terms than this and the expansion gives up.
const MOST_TERMS: usize = 300;
/// Higher powers than this and the expansion gives up.
const MOST_POWER: u32 = 400;
/// Nodes visited before giving up: subtrees are shared, so a small tree may unfold to a vast one.
const MOST_NODES: u32 = 20_000;

/// A term without its coefficient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// `n` in `x^n`.
    pub(super) power: u32,
    /// `a` in `e^(a x^2)`.
    pub(super) square: Closed,
    /// `b` in `e^(b x)`.
    pub(super) linear: Closed,
    /// A wave `cos(w x)` or `sin(w x)`, `w` leading with a positive coefficient.
    pub(super) wave: Option<(Wave, Closed)>,
    /// `p, q` in `erf(p x + q)`, each as often as it is a factor, sorted, `p` leading with a positive
    /// coefficient.
    pub(super) errors: Vec<(Closed, Closed)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wave {
    Cos,
    Sin,
}

impl Shape {
    fn one() -> Self {
        Self::power(0)
    }

    pub(super) fn power(power: u32) -> Self {
        Self {
            power,
            square: Closed::zero(),
            linear: Closed::zero(),
            wave: None,
            errors: Vec::new(),
        }
    }

    fn is_exponential(&self) -> bool {
        self.power == 0 && self.wave.is_none() && self.errors.is_empty()
    }

    /// Even (`Some(true)`), odd (`Some(false)`) or neither in `x`.
    pub(super) fn is_even(&self) -> Option<bool> {
        let centred = self.linear.is_zero() && self.errors.iter().all(|(_, q)| q.is_zero());
        let odd_factors = self.power as usize
            + self.errors.len()
            + usize::from(matches!(self.wave, Some((Wave::Sin, _))));
        centred.then_some(odd_factors.is_multiple_of(2))
    }
}

/// `sum of coefficient * shape`, coefficients not zero by normal form.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms(pub(super) BTreeMap<Shape, Closed>);

impl Terms {
    fn constant(c: Closed) -> Self {
        Self::single(Shape::one(), c)
    }

    fn single(shape: Shape, c: Closed) -> Self {
        let mut terms = BTreeMap::new();
        if !c.is_zero() {
            terms.insert(shape, c);
        }
        Self(terms)
    }

    fn add(&mut self, shape: Shape, c: &Closed) -> Option<()> {
        let sum = match self.0.get(&shape) {
            Some(have) => have.plus(c)?,
            None => c.clone(),
        };
        if sum.is_zero() {
            self.0.remove(&shape);
        } else {
            self.0.insert(shape, sum);
        }
        (self.0.len() <= MOST_TERMS).then_some(())
    }

    fn plus(mut self, other: &Self) -> Option<Self> {
        for (shape, c) in &other.0 {
            self.add(shape.clone(), c)?;
        }
        Some(self)
    }

    fn scaled(&self, by: &Closed) -> Option<Self> {
        let mut scaled = Self::default();
        for (shape, c) in &self.0 {
            scaled.add(shape.clone(), &c.times(by)?)?;
        }
        Some(scaled)
    }

    fn negated(&self) -> Self {
        Self(
            (self.0.iter())
                .map(|(s, c)| (s.clone(), c.negated()))
                .collect(),
        )
    }

    fn times(&self, other: &Self) -> Option<Self> {
        let mut product = Self::default();
        for (s, c) in &self.0 {
            for (t, d) in &other.0 {
                let c = c.times(d)?;
                let power = s.power + t.power;
                if power > MOST_POWER {
                    return None;
                }
                let mut errors = [&s.errors[..], &t.errors[..]].concat();
                errors.sort();
                let waveless = Shape {
                    power,
                    square: s.square.plus(&t.square)?,
                    linear: s.linear.plus(&t.linear)?,
                    wave: None,
                    errors,
                };
                match (&s.wave, &t.wave) {
                    (None, wave) | (wave, None) => {
                        let wave = wave.clone();
                        product.add(Shape { wave, ..waveless }, &c)?;
                    }
                    (Some((v, w)), Some((u, z))) => {
                        for (sign, wave, frequency) in sum_of_waves(*v, w, *u, z)? {
                            let c = c.scaled(&Rational::from((sign, 2)));
                            let one = single_wave(wave, &frequency);
                            if let Some((wave, sign)) = one {
                                let shape = Shape {
                                    wave,
                                    ..waveless.clone()
                                };
                                product.add(shape, &c.scaled(&sign.into()))?;
                            }
                        }
                    }
                }
            }
        }
        Some(product)
    }

    fn powered(&self, n: u32) -> Option<Self> {
        let mut power = Self::constant(Closed::one());
        for bit in (0..32 - n.leading_zeros()).rev() {
            power = power.times(&power)?;
            if n >> bit & 1 == 1 {
                power = power.times(self)?;
            }
        }
        Some(power)
    }

    /// The constant that this is.
    fn as_constant(&self) -> Option<Closed> {
        match self.0.first_key_value() {
            None => Some(Closed::zero()),
            Some((shape, c)) if self.0.len() == 1 && *shape == Shape::one() => Some(c.clone()),
            _ => None,
        }
    }

    /// `(c0, c1, c2)` of a polynomial `c0 + c1 x + c2 x^2`.
    fn as_quadratic(&self) -> Option<[Closed; 3]> {
        let mut coefficients = [Closed::zero(), Closed::zero(), Closed::zero()];
        for (shape, c) in &self.0 {
            if *shape != Shape::power(shape.power) {
                return None;
            }
            *coefficients.get_mut(shape.power as usize)? = c.clone();
        }
        Some(coefficients)
    }

    fn as_linear(&self) -> Option<[Closed; 2]> {
        let [c0, c1, c2] = self.as_quadratic()?;
        c2.is_zero().then_some([c0, c1])
    }

    /// `self^q` of a single term `c e^(a x^2 + b x)`, `c` proved positive (or `q` an integer).
    fn exponential_powered(&self, q: &Rational) -> Option<Self> {
        let (shape, c) = self.0.first_key_value()?;
        if self.0.len() != 1 || !shape.is_exponential() {
            return None;
        }
        let shape = Shape {
            square: shape.square.scaled(q),
            linear: shape.linear.scaled(q),
            ..Shape::one()
        };
        Some(Self::single(shape, c.powr(q)?))
    }
}

/// `2 v(w x) u(z x)` as `sum of sign * wave(frequency x)`.
fn sum_of_waves(v: Wave, w: &Closed, u: Wave, z: &Closed) -> Option<[(i32, Wave, Closed); 2]> {
    let (sum, difference) = (w.plus(z)?, w.minus(z)?);
    Some(match (v, u) {
        (Wave::Cos, Wave::Cos) => [(1, Wave::Cos, difference), (1, Wave::Cos, sum)],
        (Wave::Sin, Wave::Sin) => [(1, Wave::Cos, difference), (-1, Wave::Cos, sum)],
        (Wave::Sin, Wave::Cos) => [(1, Wave::Sin, sum), (1, Wave::Sin, difference)],
        (Wave::Cos, Wave::Sin) => [(1, Wave::Sin, sum), (-1, Wave::Sin, difference)],
    })
}

/// `wave(frequency x)` with its frequency's sign chosen, and the sign that comes out; `None` is zero.
fn single_wave(wave: Wave, frequency: &Closed) -> Option<(Option<(Wave, Closed)>, i32)> {
    match (wave, frequency.is_zero(), frequency.leads_negative()) {
        (Wave::Cos, true, _) => Some((None, 1)),
        (Wave::Sin, true, _) => None,
        (_, false, false) => Some((Some((wave, frequency.clone())), 1)),
        (Wave::Cos, false, true) => Some((Some((wave, frequency.negated())), 1)),
        (Wave::Sin, false, true) => Some((Some((wave, frequency.negated())), -1)),
    }
}

/// The expression multiplied out, if it is of this kind.
pub(super) fn expanded(expr: &Expr) -> Option<Terms> {
    expand(expr, &mut { MOST_NODES })
}

fn expand(expr: &Expr, budget: &mut u32) -> Option<Terms> {
    *budget = budget.checked_sub(1)?;
    match expr {
        Expr::X => Some(Terms::single(Shape::power(1), Closed::one())),
        Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) => {
            Some(Terms::constant(Closed::from_expr(expr)?))
        }
        Expr::Neg(a) => Some(expand(a, budget)?.negated()),
        Expr::Binary(BinaryOp::Pow, a, b) => power(&expand(a, budget)?, &expand(b, budget)?),
        Expr::Binary(op, a, b) => {
            let (a, b) = (expand(a, budget)?, expand(b, budget)?);
            match op {
                BinaryOp::Add => a.plus(&b),
                BinaryOp::Sub => a.plus(&b.negated()),
                BinaryOp::Mul => a.times(&b),
                _ => a.times(&b.exponential_powered(&Rational::from(-1))?),
            }
        }
        Expr::Call(function, arguments) => match &arguments[..] {
            [a] => call(*function, &expand(a, budget)?),
            _ => Some(Terms::constant(Closed::from_expr(expr)?)),
        },
        Expr::If(..) => Some(Terms::constant(Closed::from_expr(expr)?)),
        Expr::Named(..) => expand(&expr.expand(), budget),
    }
}

fn power(base: &Terms, exponent: &Terms) -> Option<Terms> {
    match exponent.as_constant().map(|c| c.as_rational()) {
        Some(Some(q)) => match q.numer().to_u32() {
            Some(n) if q.is_integer() && n <= MOST_POWER => base.powered(n),
            _ => base.exponential_powered(&q),
        },
        _ => exponential(&exponent.scaled(&base.as_constant()?.ln()?)?),
    }
}

/// `e^argument` of a polynomial of degree at most 2.
fn exponential(argument: &Terms) -> Option<Terms> {
    let [c0, linear, square] = argument.as_quadratic()?;
    let shape = Shape {
        linear,
        square,
        ..Shape::one()
    };
    Some(Terms::single(shape, c0.exp()?))
}

fn call(function: Function, a: &Terms) -> Option<Terms> {
    if let Some(c) = a.as_constant() {
        return Some(Terms::constant(c.applied(function)?));
    }
    let half = |terms: Terms| terms.scaled(&Closed::rational((1, 2).into()));
    match function {
        Function::Exp => exponential(a),
        Function::Sinh => half(exponential(a)?.plus(&exponential(&a.negated())?.negated())?),
        Function::Cosh => half(exponential(a)?.plus(&exponential(&a.negated())?)?),
        Function::Sqrt => a.exponential_powered(&Rational::from((1, 2))),
        Function::Erf => error_function(a),
        Function::Erfc => Terms::constant(Closed::one()).plus(&error_function(a)?.negated()),
        Function::Sin => waves(a, false),
        Function::Cos => waves(a, true),
        _ => None,
    }
}

fn error_function(argument: &Terms) -> Option<Terms> {
    let [q, p] = argument.as_linear()?;
    let (p, q, sign) = match p.leads_negative() {
        true => (p.negated(), q.negated(), -1),
        false => (p, q, 1),
    };
    let errors = vec![(p, q)];
    Some(Terms::single(
        Shape {
            errors,
            ..Shape::one()
        },
        Closed::int(sign),
    ))
}

/// `cos(w x + s) = cos s cos(w x) - sin s sin(w x)`, and the sine likewise.
fn waves(argument: &Terms, is_cosine: bool) -> Option<Terms> {
    let [s, w] = argument.as_linear()?;
    let (cosine, sine) = match is_cosine {
        true => (s.cos()?, s.sin()?.negated()),
        false => (s.sin()?, s.cos()?),
    };
    let mut terms = Terms::default();
    for (wave, c) in [(Wave::Cos, cosine), (Wave::Sin, sine)] {
        if let Some((wave, sign)) = single_wave(wave, &w)
            && !c.is_zero()
        {
            let shape = Shape {
                wave,
                ..Shape::one()
            };
            terms.add(shape, &c.scaled(&sign.into()))?;
        }
    }
    Some(terms)
}

/// `c x^n e^(a x)`
#[derive(Clone, Debug, PartialEq)]
pub struct ExponentialTerm {
    /// `c`, not zero.
    pub coefficient: Closed,
    /// `n`
    pub power: u32,
    /// `a`
    pub rate: Closed,
}

/// An expression as a sum of terms `c x^n e^(a x)` with constants in closed form; `None` where it is none.
///
/// ```
/// use deeplimit::{activation::Expr, exact::exponential_terms};
/// let terms = exponential_terms(&Expr::parse("x*sinh(2*x)-3")?).unwrap();
/// assert_eq!(terms.len(), 3);
/// assert!(exponential_terms(&Expr::parse("tanh(x)")?).is_none());
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn exponential_terms(expr: &Expr) -> Option<Vec<ExponentialTerm>> {
    let terms = expanded(expr)?.0.into_iter();
    terms
        .map(|(shape, coefficient)| {
            let exponential =
                shape.square.is_zero() && shape.wave.is_none() && shape.errors.is_empty();
            exponential.then_some(ExponentialTerm {
                coefficient,
                power: shape.power,
                rate: shape.linear,
            })
        })
        .collect()
}
