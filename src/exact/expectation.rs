//! `E f(Z)` in closed form.

use std::collections::BTreeMap;

use rug::Rational;

use super::constant::Closed;
use super::terms::{Shape, Wave, expanded};
use crate::activation::Expr;

/// An end of an interval on which one formula holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The interval has no lower end.
    MinusInfinity,
    /// A breakpoint in closed form.
    At(Closed),
    /// The interval has no upper end.
    PlusInfinity,
}

/// `E f(Z) = int f(x) e^(-x^2/2) dx / sqrt(2 pi)` for `f` given by pieces `(from, to, formula)` in
/// ascending order, in closed form.
///
/// Each formula must be a sum of products of
///
/// * powers `x^n` and exponentials `e^(a x^2 + b x)` with `a < 1/2` proved: on any interval;
/// * with a wave `sin(w x + s)` or `cos(w x + s)` besides: on the whole line, and on a half line for even terms;
/// * with `erf(p x + q)` besides: one of them, or several centred ones of which at most two remain even: on
///   the whole line, and on a half line for even terms
///
/// with constants in closed form (`sinh`, `cosh`, `erfc` and powers of `e` are rewritten). `None` if it is
/// not, or if the result would be too long. What is returned is exact: every step is an identity.
///
/// Method: with `v = 1 - 2a` and weight `w(x) = e^(bx + ax^2 - x^2/2) / sqrt(2 pi)`, `w' = (b - v x) w` gives
/// `v J_n = b J_(n-1) + (n-1) J_(n-2) - [x^(n-1) w]` for `J_n = int x^n w`, with further terms where error
/// functions are differentiated.
///
/// ```
/// use deeplimit::activation::Expr;
/// use deeplimit::exact::{Bound, expectation};
/// let f: Expr = "x^2*cos(x)".parse()?;
/// let line = [(Bound::MinusInfinity, Bound::PlusInfinity, f)];
/// assert_eq!(expectation(&line).unwrap().to_string(), "0"); // (1 - w^2) e^(-w^2/2) at w = 1
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn expectation(pieces: &[(Bound, Bound, Expr)]) -> Option<Closed> {
    // The coefficient of every shape on every piece: neighbours with the same are one interval, which
    // matters for what is integrable only on the whole line.
    let mut shapes: BTreeMap<Shape, Vec<Closed>> = BTreeMap::new();
    for (i, (_, _, formula)) in pieces.iter().enumerate() {
        for (shape, c) in expanded(formula)?.0 {
            let row = shapes
                .entry(shape)
                .or_insert_with(|| vec![Closed::zero(); pieces.len()]);
            row[i] = c;
        }
    }
    let mut sum = Closed::zero();
    for (shape, row) in &shapes {
        let mut i = 0;
        while i < row.len() {
            let mut j = i;
            while j + 1 < row.len() && pieces[j].1 == pieces[j + 1].0 && row[i].equals(&row[j + 1])
            {
                j += 1;
            }
            if !row[i].is_zero() {
                let integral = integral(shape, &pieces[i].0, &pieces[j].1)?;
                sum = sum.plus(&row[i].times(&integral)?)?;
            }
            i = j + 1;
        }
    }
    Some(sum)
}

/// `int shape(x) e^(-x^2/2) dx / sqrt(2 pi)` between two bounds.
fn integral(shape: &Shape, from: &Bound, to: &Bound) -> Option<Closed> {
    use Bound::{At, MinusInfinity, PlusInfinity};
    let weight = Weight::new(shape)?;
    if shape.wave.is_none() && shape.errors.is_empty() {
        return weight.moment(shape.power, from, to);
    }
    let whole = || match &shape.wave {
        _ if shape.is_even() == Some(false) => Some(Closed::zero()),
        None => weight.moment_with_errors(shape.power, &shape.errors),
        Some((wave, w)) if shape.errors.is_empty() => {
            weight.moment_with_wave(shape.power, *wave, w)
        }
        Some(_) => None,
    };
    match (from, to) {
        (MinusInfinity, PlusInfinity) => whole(),
        (At(zero), PlusInfinity) | (MinusInfinity, At(zero))
            if zero.is_zero() && shape.is_even() == Some(true) =>
        {
            Some(whole()?.scaled(&Rational::from((1, 2))))
        }
        _ => None,
    }
}

/// `w(x) = e^(b x + a x^2 - x^2/2) / sqrt(2 pi)`, with `v = 1 - 2a > 0`.
struct Weight {
    b: Closed,
    v: Closed,
}

impl Weight {
    fn new(shape: &Shape) -> Option<Self> {
        let v = Closed::one().minus(&shape.square.scaled(&2.into()))?;
        v.sign()?.is_gt().then(|| Self {
            b: shape.linear.clone(),
            v,
        })
    }

    /// `int w = e^(b^2/2v) / sqrt(v)` over the whole line.
    fn mass(&self) -> Option<Closed> {
        let exponent = self.b.powi(2)?.over(&self.v)?.scaled(&(1, 2).into());
        exponent.exp()?.over(&self.v.sqrt()?)
    }

    /// `int_from^to x^n w(x) dx`.
    fn moment(&self, n: u32, from: &Bound, to: &Bound) -> Option<Closed> {
        // x^k w(x) at a bound.
        let edge = |bound: &Bound, k: u32| match bound {
            Bound::At(c) => {
                let square = c.powi(2)?.times(&self.v)?.scaled(&(-1, 2).into());
                let density = self.b.times(c)?.plus(&square)?.exp()?;
                let root = Closed::pi().scaled(&2.into()).sqrt()?;
                c.powi(k.into())?.times(&density)?.over(&root)
            }
            _ => Some(Closed::zero()),
        };
        // erf((c - b/v) sqrt(v/2))
        let error = |bound: &Bound| match bound {
            Bound::MinusInfinity => Some(Closed::int(-1)),
            Bound::PlusInfinity => Some(Closed::one()),
            Bound::At(c) => {
                let root = self.v.scaled(&(1, 2).into()).sqrt()?;
                c.minus(&self.b.over(&self.v)?)?.times(&root)?.erf()
            }
        };
        let first = self.mass()?.scaled(&(1, 2).into());
        let first = first.times(&error(to)?.minus(&error(from)?)?)?;
        self.recurrence(n, first, |k| edge(from, k)?.minus(&edge(to, k)?))
    }

    /// `v J_n = b J_(n-1) + (n-1) J_(n-2) + rest(n-1)`.
    fn recurrence(
        &self,
        n: u32,
        first: Closed,
        rest: impl Fn(u32) -> Option<Closed>,
    ) -> Option<Closed> {
        let (mut before, mut last) = (Closed::zero(), first);
        for k in 1..=n {
            let next = self
                .b
                .times(&last)?
                .plus(&before.scaled(&(k - 1).into()))?
                .plus(&rest(k - 1)?)?
                .over(&self.v)?;
            (before, last) = (last, next);
        }
        Some(last)
    }

    /// `int x^n w(x) cos(w x) dx`, or with the sine: the recurrence at `b + i w`.
    fn moment_with_wave(&self, n: u32, wave: Wave, w: &Closed) -> Option<Closed> {
        let half_over_v = |c: &Closed| c.over(&self.v.scaled(&2.into()));
        let size = half_over_v(&self.b.powi(2)?.minus(&w.powi(2)?)?)?;
        let angle = self.b.times(w)?.over(&self.v)?;
        let size = size.exp()?.over(&self.v.sqrt()?)?;
        let mut last = (size.times(&angle.cos()?)?, size.times(&angle.sin()?)?);
        let mut before = (Closed::zero(), Closed::zero());
        for k in 1..=n {
            let (re, im) = &last;
            let step = |turned: Closed, before: &Closed| {
                turned.plus(&before.scaled(&(k - 1).into()))?.over(&self.v)
            };
            let next = (
                step(self.b.times(re)?.minus(&w.times(im)?)?, &before.0)?,
                step(self.b.times(im)?.plus(&w.times(re)?)?, &before.1)?,
            );
            (before, last) = (last, next);
        }
        Some(match wave {
            Wave::Cos => last.0,
            Wave::Sin => last.1,
        })
    }

    /// `int x^n w(x) prod erf(p x + q) dx`.
    fn moment_with_errors(&self, n: u32, errors: &[(Closed, Closed)]) -> Option<Closed> {
        if errors.is_empty() {
            return self.moment(n, &Bound::MinusInfinity, &Bound::PlusInfinity);
        }
        let centred = self.b.is_zero() && errors.iter().all(|(_, q)| q.is_zero());
        if centred && (n as usize + errors.len()) % 2 == 1 {
            return Some(Closed::zero());
        }
        let two: Rational = 2.into();
        let first = match errors {
            // E erf(pZ + q) = erf(q / sqrt(1 + 2p^2)), shifted by b/v and scaled by 1/sqrt(v).
            [(p, q)] => {
                let centre = p.times(&self.b)?.over(&self.v)?.plus(q)?;
                let spread = Closed::one().plus(&p.powi(2)?.over(&self.v)?.scaled(&two))?;
                self.mass()?.times(&centre.over(&spread.sqrt()?)?.erf()?)?
            }
            // E erf(pZ) erf(rZ) = (2/pi) asin(2pr / sqrt((1 + 2p^2)(1 + 2r^2))): Sheppard's formula.
            [(p, _), (r, _)] if centred => {
                let spread = |p: &Closed| self.v.plus(&p.powi(2)?.scaled(&two));
                let correlation = p.times(r)?.scaled(&two);
                let correlation = correlation.over(&spread(p)?.times(&spread(r)?)?.sqrt()?)?;
                let angle = correlation.asin()?.scaled(&two).over(&Closed::pi())?;
                self.mass()?.times(&angle)?
            }
            // With an odd number of centred ones only odd n remain, and n = 0 contributes nothing.
            _ if centred && errors.len() % 2 == 1 => Closed::zero(),
            _ => return None,
        };
        self.recurrence(n, first, |k| {
            let mut sum = Closed::zero();
            for i in 0..errors.len() {
                // d/dx erf(px + q) = 2p/sqrt(pi) e^(-(px + q)^2)
                let (p, q) = &errors[i];
                let others: Vec<_> = [&errors[..i], &errors[i + 1..]].concat();
                let weight = Weight {
                    b: self.b.minus(&p.times(q)?.scaled(&two))?,
                    v: self.v.plus(&p.powi(2)?.scaled(&two))?,
                };
                let size = q.powi(2)?.negated().exp()?.times(p)?.scaled(&two);
                let size = size.over(&Closed::pi().sqrt()?)?;
                sum = sum.plus(&size.times(&weight.moment_with_errors(k, &others)?)?)?;
            }
            Some(sum)
        })
    }
}
