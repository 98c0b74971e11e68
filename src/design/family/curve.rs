//! One free letter: the moments of `sum_i w_i(c) F_i(a(c) x + b(c))` and of its derivative as functions of the letter.

use std::cmp::Ordering;

use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::design::without_size;
use crate::error::Result;
use crate::real::{Analytic, Ball, Bits, Real};
use rug::{Float, Rational};

use super::super::expansion::{Expansion, Moments, MomentsAlong};
use super::super::taylor::{self, Taylor, up};
use super::ends;
use super::member::{Dual, MomentsOfMember};
use super::reading::Reading;

/// A family with one letter, which `Expr::X` stands for in `weights`, `scale` and `shift`.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    letter: String,
    pub(super) weights: Vec<Expr>,
    pub(super) functions: Vec<Expr>,
    pub(super) scale: Expr,
    pub(super) shift: Expr,
}

/// The expansions around one value of the letter.
#[derive(Debug)]
pub(super) struct Reference<'a> {
    curve: &'a Curve,
    scale: Rational,
    shift: Rational,
    means: Vec<Expansion>,
    /// Pairs `i <= j`: of the products of the functions, and of their derivatives.
    products: Vec<(Expansion, Expansion)>,
    degree: u32,
    bits: Bits,
    tape: Tape<Ball>,
    derivatives: Vec<Tape<Ball>>,
}

impl Curve {
    /// The family in the one letter that it has left; functions of moderate size. Of a single function a factor does not change
    /// the exponent, and a constant one is left out.
    pub fn new(reading: &Reading, letter: &str) -> Curve {
        let of = |e: &Expr| e.with_letter(letter, &Expr::X).simplify();
        let mut weights = Vec::new();
        let mut functions = Vec::new();
        for (weight, function) in &reading.terms {
            let (function, power) = without_size(function);
            weights.push(of(&(weight.clone() * Expr::rational(&power))));
            functions.push(function);
        }
        if let [weight] = weights.as_mut_slice()
            && weight.as_rational().is_some_and(|q| q != 0)
        {
            *weight = Expr::int(1);
        }
        Curve {
            letter: letter.to_owned(),
            weights,
            functions,
            scale: of(&reading.scale),
            shift: of(&reading.shift),
        }
    }

    /// The family in the letter with the other sign.
    pub fn mirrored(&self) -> Curve {
        let of = |e: &Expr| e.substitute(&-Expr::X).simplify();
        Curve {
            letter: self.letter.clone(),
            weights: self.weights.iter().map(of).collect(),
            functions: self.functions.clone(),
            scale: of(&self.scale),
            shift: of(&self.shift),
        }
    }

    /// The scale in terms of the letter.
    fn name_of_scale(&self) -> String {
        self.scale
            .substitute(&Expr::Letter(self.letter.as_str().into()))
            .to_string()
    }

    fn tape(&self, bits: Bits) -> Tape<Ball> {
        let mut all = Vec::new();
        for e in self.weights.iter().chain([&self.scale, &self.shift]) {
            all.push(e.clone());
            all.push(e.derivative());
        }
        Tape::new(&all, bits)
    }

    /// One expansion serves the letter's values from `lo` to `hi`.
    pub fn near(&self, lo: &Rational, hi: &Rational, mid: &Rational) -> bool {
        let bits = 64;
        let tape = self.tape(bits);
        let k = self.weights.len();
        let at = tape.at(&Ball::rational(mid, bits));
        let over = tape.at(&Ball::rational(lo, bits).hull(&Ball::rational(hi, bits)));
        let (scale, shift) = (&at[2 * k], &at[2 * k + 2]);
        let s = &over[2 * k] / scale;
        let delta = (&over[2 * k + 2] - shift) / scale;
        let tau = s.square() - Ball::int(1, bits);
        // undefined compares as false
        tau.magnitude() < 0.6 && delta.magnitude() < 1.0 && s.lower() > 0
    }

    /// What is proved of all members near one that is constant, where the scale vanishes in the cell; `None` where it does not, or
    /// nothing is proved.
    pub fn degenerate(
        &self,
        lo: &Rational,
        hi: &Rational,
        alpha: &Rational,
        deadline: Deadline,
    ) -> Result<Option<(Ordering, String)>> {
        let bits = 96;
        let over = self
            .tape(bits)
            .at(&Ball::rational(lo, bits).hull(&Ball::rational(hi, bits)));
        let k = self.weights.len();
        let (scale, shift) = (&over[2 * k], &over[2 * k + 2]);
        let size = scale.magnitude();
        if k != 1
            || !scale.contains_zero()
            || over[0].contains_zero()
            || size.is_nan()
            || size > 0.3
        {
            return Ok(None);
        }
        let Some(end) = ends::end(&self.functions[0], shift, &size, alpha, deadline)? else {
            return Ok(None);
        };
        let limit = Expr::rational(&end.limit);
        let side = if end.side == Ordering::Greater {
            "greater"
        } else {
            "less"
        };
        let remark = format!(
            "where {} tends to 0, alpha tends to {limit}; up to {} it is {side} than {}: proved",
            self.name_of_scale(),
            // cut off, not rounded
            (size.to_f64() * 1000.0).floor() / 1000.0,
            Expr::rational(alpha)
        );
        Ok(Some((end.side, remark)))
    }

    /// The expansions around the letter's value `at`, of `degree`, with about `accuracy` bits.
    pub fn reference(
        &self,
        at: &Rational,
        degree: u32,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<Option<Reference<'_>>> {
        let bits = accuracy + 32;
        let tape = self.tape(bits);
        let values = tape.at(&Ball::rational(at, bits));
        let k = self.weights.len();
        let near = |v: &Ball| v.is_finite().then(|| rounded(v));
        let (Some(scale), Some(shift)) = (near(&values[2 * k]), near(&values[2 * k + 2])) else {
            return Ok(None);
        };
        if scale == 0 {
            return Ok(None);
        }
        let argument = Expr::rational(&scale) * Expr::X + Expr::rational(&shift);
        let at_argument = |e: &Expr| e.substitute(&argument);
        let slopes: Vec<Expr> = self
            .functions
            .iter()
            .map(|f| f.derivative().simplify())
            .collect();
        let expansion = |e: &Expr| Expansion::new(&at_argument(e), degree, accuracy, deadline);
        let mut means = Vec::new();
        let mut products = Vec::new();
        for i in 0..k {
            means.push(expansion(&self.functions[i])?);
            for j in i..k {
                let of = |f: &[Expr]| expansion(&(f[i].clone() * f[j].clone()).simplify());
                products.push((of(&self.functions)?, of(&slopes)?));
            }
        }
        Ok(Some(Reference {
            curve: self,
            scale,
            shift,
            means,
            products,
            degree,
            bits,
            tape,
            derivatives: self.derivatives(bits),
        }))
    }
}

/// A short rational number near the midpoint: 24 bits.
fn rounded(v: &Ball) -> Rational {
    Float::with_val(24, v.mid())
        .to_rational()
        .unwrap_or_default()
}

impl Reference<'_> {
    /// How many Hermite coefficients its expansions have.
    pub fn degree(&self) -> u32 {
        self.degree
    }

    /// Its precision.
    pub fn bits(&self) -> Bits {
        self.bits
    }

    /// The moments for all values of the letter in the ball; `None` where the ball leads too far away.
    pub fn at(&self, letter: &Ball) -> Option<MomentsOfMember> {
        let bits = self.bits;
        let values = self.tape.at(letter);
        if values.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let dual = |i: usize| Dual {
            value: values[2 * i].clone(),
            slope: values[2 * i + 1].clone(),
        };
        let k = self.means.len();
        let (scale, shift) = (dual(k), dual(k + 1));
        let unit = Ball::rational(&self.scale, bits);
        // y = a Z + b = a_0 (s Z + delta) + b_0
        let s = Dual {
            value: &scale.value / &unit,
            slope: &scale.slope / &unit,
        };
        let delta = Dual {
            value: (&shift.value - &Ball::rational(&self.shift, bits)) / &unit,
            slope: &shift.slope / &unit,
        };
        let moments = Moments::new(self.degree as usize, &s.value, &delta.value, bits)?;
        // d/dc = delta' d/d delta + s' s d^2/d delta^2
        let along = |d: &[Ball], order: usize| Dual {
            value: d[order].clone(),
            slope: &(&delta.slope * &d[order + 1]) + &(&(&s.slope * &s.value) * &d[order + 2]),
        };
        let mut mean = Dual::zero(bits);
        let mut first = Dual::zero(bits);
        let mut square = Dual::zero(bits);
        let mut slope = Dual::zero(bits);
        let mut pair = 0;
        for i in 0..k {
            let w = dual(i);
            let d = self.means[i].at(&moments)?;
            mean = mean.plus(&w.times(&along(&d, 0)));
            // E Z f(s Z + delta) = s d/d delta
            first = first.plus(&w.times(&s.times(&along(&d, 1))));
            for j in i..k {
                let mut weight = w.times(&dual(j));
                if i != j {
                    weight = Dual {
                        value: weight.value.scale2(1),
                        slope: weight.slope.scale2(1),
                    };
                }
                let (p, q) = &self.products[pair];
                pair += 1;
                square = square.plus(&weight.times(&along(&p.at(&moments)?, 0)));
                slope = slope.plus(&weight.times(&along(&q.at(&moments)?, 0)));
            }
        }
        Some(MomentsOfMember {
            variance: square.minus(&mean.square()),
            first,
            slope: slope.times(&scale.square()),
        })
    }
}

/// A function of the letter and its derivative by it, in the cell.
#[derive(Clone, Debug)]
struct Pair {
    value: Taylor,
    slope: Taylor,
}

impl Pair {
    fn plus(&self, o: &Pair) -> Pair {
        Pair {
            value: self.value.plus(&o.value),
            slope: self.slope.plus(&o.slope),
        }
    }
    fn minus(&self, o: &Pair) -> Pair {
        Pair {
            value: self.value.minus(&o.value),
            slope: self.slope.minus(&o.slope),
        }
    }
    fn times(&self, o: &Pair) -> Pair {
        Pair {
            value: self.value.times(&o.value),
            slope: self.slope.times(&o.value).plus(&self.value.times(&o.slope)),
        }
    }
    fn times_number(&self, f: &Ball) -> Pair {
        Pair {
            value: self.value.times_number(f),
            slope: self.slope.times_number(f),
        }
    }
}

/// `exp(D log E f'^2 - (2 + D) log Var f) (E Z f)^4 - 1` on a cell: positive where `alpha < D`, negative where `alpha > D`, analytic
/// where the first moment vanishes.
#[derive(Clone, Debug)]
pub(super) struct Excess {
    pub value: Taylor,
    pub slope: Taylor,
}

impl Reference<'_> {
    /// The excess for the letter's values within `radius` of `mid`; `None` where the cell is too large for a series.
    pub fn excess(&self, mid: &Rational, radius: &Rational, alpha: &Ball) -> Option<Excess> {
        let k = self.means.len();
        let bits = self.bits;
        let letter = |i: usize| self.curve.series(&self.derivatives, i, mid, radius, bits);
        let (scale, shift) = (letter(k)?, letter(k + 1)?);
        let inverse = Ball::int(1, bits) / &Ball::rational(&self.scale, bits);
        let s = scale.times_number(&inverse);
        let mut delta = shift.times_number(&inverse);
        delta.value.c[0] = &delta.value.c[0] - &(&Ball::rational(&self.shift, bits) * &inverse);
        let moments = MomentsAlong::new(self.degree as usize, &s.value, &delta.value)?;
        let ss = s.slope.times(&s.value);
        let along = |d: &[Taylor], order: usize| Pair {
            value: d[order].clone(),
            slope: delta
                .slope
                .times(&d[order + 1])
                .plus(&ss.times(&d[order + 2])),
        };
        let zero = || {
            let zero = Taylor::constant(Ball::int(0, bits));
            Pair {
                value: zero.clone(),
                slope: zero,
            }
        };
        let (mut mean, mut first, mut square, mut slope) = (zero(), zero(), zero(), zero());
        let mut pair = 0;
        let weights: Vec<Pair> = (0..k).map(letter).collect::<Option<_>>()?;
        for i in 0..k {
            let w = &weights[i];
            let d = self.means[i].along::<4>(&moments);
            mean = mean.plus(&w.times(&along(&d, 0)));
            first = first.plus(&w.times(&s.times(&along(&d, 1))));
            for (j, other) in weights.iter().enumerate().skip(i) {
                let twice = Ball::int(if i == j { 1 } else { 2 }, bits);
                let weight = w.times(other).times_number(&twice);
                let (p, q) = &self.products[pair];
                pair += 1;
                square = square.plus(&weight.times(&along(&p.along::<3>(&moments), 0)));
                slope = slope.plus(&weight.times(&along(&q.along::<3>(&moments), 0)));
            }
        }
        let variance = square.minus(&mean.times(&mean));
        let slope = slope.times(&scale.times(&scale));
        let power = Ball::int(2, bits) + alpha;
        let exponent = slope
            .value
            .ln()?
            .times_number(alpha)
            .minus(&variance.value.ln()?.times_number(&power));
        let factor = exponent.exp();
        let second = first.value.square();
        let mut value = factor.times(&second.square());
        value.c[0] = &value.c[0] - &Ball::int(1, bits);
        // E s^3 (4 s' + s (D d'/d - (2 + D) V'/V))
        let of = |p: &Pair| Some(p.slope.times(&p.value.recip()?));
        let inner = of(&slope)?
            .times_number(alpha)
            .minus(&of(&variance)?.times_number(&power));
        let sum = first
            .slope
            .times_number(&Ball::int(4, bits))
            .plus(&first.value.times(&inner));
        let slope = factor.times(&second).times(&first.value).times(&sum);
        Some(Excess { value, slope })
    }
}

impl Curve {
    /// The Taylor series of a weight, the scale or the shift and of its derivative by the letter.
    fn series(
        &self,
        derivatives: &[Tape<Ball>],
        i: usize,
        mid: &Rational,
        radius: &Rational,
        bits: Bits,
    ) -> Option<Pair> {
        let n = taylor::DEGREE;
        let here = derivatives[i].at(&Ball::rational(mid, bits));
        let h = Ball::rational(radius, bits);
        let around = Ball::rational(mid, bits).widened(&up(&h));
        let over = derivatives[i].at(&around);
        let of = |order: usize| {
            let mut c = Vec::with_capacity(n + 1);
            let mut power = Ball::int(1, bits);
            for k in 0..=n {
                c.push(&here[order + k] * &power);
                power = &power * &h / Ball::int(k as i64 + 1, bits);
            }
            let rest = up(&(&over[order + n + 1] * &power));
            (c.iter().all(Analytic::is_finite) && rest.is_finite()).then_some(Taylor { c, rest })
        };
        Some(Pair {
            value: of(0)?,
            slope: of(1)?,
        })
    }

    fn derivatives(&self, bits: Bits) -> Vec<Tape<Ball>> {
        let all = self.weights.iter().chain([&self.scale, &self.shift]);
        all.map(|e| {
            let mut list = vec![e.clone()];
            for k in 0..=taylor::DEGREE + 1 {
                list.push(list[k].derivative().simplify());
            }
            Tape::new(&list, bits)
        })
        .collect()
    }
}
