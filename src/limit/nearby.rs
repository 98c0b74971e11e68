//! Near-equalities: a constant that decides the verdict by being 0 or 1, and is so nearly.
//!
//! `max(x,0)-0.3989422804014327` has `A = -3.8e-17`, so its network ends in a majority vote, after some hundred layers; with
//! `1/sqrt(2*pi)` for the decimals it is singular. Both verdicts are right, and only one was meant.

use std::sync::Arc;

use rug::{Float, Integer, Rational};

use super::classify::Inquiry;
use super::verdict::{Classification, Phase, Regime};
use crate::activation::{BinaryOp, Expr, Parity};
use crate::effort::Effort;
use crate::exact::{Activation, Closed};
use crate::real::{Analytic, Ball, Quantity, Real};

/// A constant within `10^-4` of the value at which the verdict is another: what a constant typed with four digits misses.
#[derive(Clone, Debug)]
pub struct NearEquality {
    /// Which one: `A`, `A'`, `A'^2` or `B'`.
    pub constant: &'static str,
    /// The constant.
    pub value: Quantity,
    /// 0 or 1.
    pub equals: u32,
    /// The constant less that.
    pub off: Quantity,
    /// The regime at equality: of `phi - E phi` for `A`, of `phi - E[Z phi] z` for `A'`.
    pub regime: Regime,
    /// The phase at equality.
    pub phase: Option<Phase>,
    /// The exponent at equality, in the singular regime.
    pub alpha: Option<Quantity>,
    /// The order at equality, in the nearest-neighbour regime.
    pub order: Option<u32>,
    /// The constant that was probably meant, as `(typed, meant)`: with it the equality is proved.
    pub meant: Option<(String, String)>,
    /// The activation to be written for that.
    pub instead: Option<String>,
}

/// `log2 10^-4`
const NEAR: f64 = -13.3;
/// Decimals with fewer digits than this are taken as they are: 0.5 is no rounded `pi/6`.
const FEWEST_DIGITS: usize = 4;

impl Inquiry {
    /// The near-equalities of a verdict that was reached.
    pub(super) fn tell_what_is_near(&mut self, typed: &Expr) {
        let found = match self.report.regime {
            _ if !self.options.arithmetic_is_certain() => None,
            Regime::Undecided
            | Regime::Linear
            | Regime::NearestNeighbour
            | Regime::Flow
            | Regime::Frozen => None,
            Regime::Singular => self.linear_part(typed),
            Regime::Majority | Regime::Ordered => None
                .or_else(|| self.mean(typed))
                .or_else(|| self.slope(typed)),
        };
        self.report.nearby.extend(found);
    }

    /// `A` nearly 0, and by cancellation: the mean of `relu(x-30)` is small because everything is, and nobody means 0.
    fn mean(&self, typed: &Expr) -> Option<NearEquality> {
        let a = &self.constants.a;
        let sizes = self.sizes?;
        let near = log2(a)? < NEAR + sizes.absolute - 0.5 * sizes.square;
        if !near || a.contains_zero() {
            return None;
        }
        let zero = |s: &Activation| {
            s.mean.as_ref().is_some_and(Closed::is_zero) || s.parity == Some(Parity::Odd)
        };
        let replaced = self.replaced(typed, &zero).or_else(|| {
            let mean = self.typed_scale(self.structure.mean.as_ref()?);
            centred(typed, &mean, &Expr::int(1))
                .filter(|e| Activation::new(e).is_ok_and(|s| zero(&s)))
                .map(|e| (None, e))
        });
        let mut out = self.at_equality("A", a, 0, replaced);
        if out.regime == Regime::Undecided {
            // phi - E phi has A'^2/(1 - A^2) and B'/(1 - A^2)
            let rest = &Ball::int(1, a.bits()) - &a.powi(2);
            let lambda = &self.constants.a_prime.powi(2) / &rest;
            if lambda.contains_zero() {
                out.regime = Regime::NearestNeighbour;
            } else {
                out.regime = Regime::Singular;
                out.alpha = match (self.continuous, &self.constants.b_prime) {
                    (Some(false), _) => Some(Quantity::integer(0)),
                    (Some(true), Some(b)) => Some(-(&lambda.ln().scale2(1) / &(b / &rest).ln()))
                        .filter(Ball::is_finite)
                        .map(|b| Quantity::new(&b, None)),
                    _ => None,
                };
            }
        }
        Some(out)
    }

    /// `A = 0` and `A'` nearly 0, or `A'^2` nearly 1.
    fn linear_part(&self, typed: &Expr) -> Option<NearEquality> {
        let a_prime = &self.constants.a_prime;
        if a_prime.contains_zero() {
            return None;
        }
        let lambda = a_prime.powi(2);
        let rest = &Ball::int(1, lambda.bits()) - &lambda;
        if log2(&rest)? < 1.5 * NEAR {
            let mut out = self.at_equality("A'^2", &lambda, 1, None);
            out.regime = Regime::Linear;
            return Some(out);
        }
        let sizes = self.sizes?;
        if log2(a_prime)? > NEAR + sizes.first - 0.5 * sizes.square {
            return None;
        }
        let zero = |s: &Activation| {
            let zero = |c: &Option<Closed>| c.as_ref().is_some_and(Closed::is_zero);
            (zero(&s.first) || s.parity == Some(Parity::Even))
                && (zero(&s.mean) || s.parity == Some(Parity::Odd))
        };
        let replaced = self.replaced(typed, &zero).or_else(|| {
            let first = self.typed_scale(self.structure.first.as_ref()?);
            centred(typed, &first, &Expr::X)
                .filter(|e| Activation::new(e).is_ok_and(|s| zero(&s)))
                .map(|e| (None, e))
        });
        let mut out = self.at_equality("A'", a_prime, 0, replaced);
        if out.regime == Regime::Undecided {
            out.regime = Regime::NearestNeighbour;
        }
        Some(out)
    }

    /// `A != 0` and `B'` nearly 1.
    fn slope(&self, typed: &Expr) -> Option<NearEquality> {
        let b = self
            .constants
            .b_prime
            .as_ref()
            .filter(|_| self.continuous == Some(true))?;
        let off = b - &Ball::int(1, b.bits());
        if self.structure.critical || off.contains_zero() || log2(&off)? > NEAR {
            return None;
        }
        let mut out = self.at_equality("B'", b, 1, self.replaced(typed, &|s| s.critical));
        if out.regime == Regime::Undecided {
            out.regime = Regime::Majority;
            out.phase = Some(Phase::EdgeOfChaos);
        }
        Some(out)
    }

    /// The entry, with the verdict on what was probably meant.
    fn at_equality(
        &self,
        constant: &'static str,
        value: &Ball,
        equals: u32,
        replaced: Option<(Option<(String, String)>, Expr)>,
    ) -> NearEquality {
        let (meant, instead) = replaced.map_or((None, None), |(meant, e)| (meant, Some(e)));
        let verdict = instead.as_ref().and_then(|e| self.verdict_on(e));
        let off = value - &Ball::int(i64::from(equals), value.bits());
        NearEquality {
            constant,
            value: Quantity::new(value, None),
            equals,
            off: Quantity::new(&off, None),
            regime: verdict.as_ref().map_or(Regime::Undecided, |c| c.regime),
            phase: verdict.as_ref().and_then(|c| c.phase),
            alpha: verdict.as_ref().and_then(|c| c.alpha.clone()),
            order: verdict.as_ref().and_then(|c| c.order),
            meant,
            instead: instead.map(|e| e.to_string()),
        }
    }

    fn verdict_on(&self, e: &Expr) -> Option<Classification> {
        let mut inquiry = Inquiry::new(Activation::new(e).ok()?, self.options).ok()?;
        inquiry.decide().ok()?;
        Some(inquiry.report)
    }

    /// A number typed in decimals, replaced by a constant in closed form that has those decimals, so that the structure
    /// proves the equality.
    fn replaced(
        &self,
        typed: &Expr,
        proves: &dyn Fn(&Activation) -> bool,
    ) -> Option<(Option<(String, String)>, Expr)> {
        decimals(typed).into_iter().find_map(|(number, unit)| {
            constants_near(&number, &unit)
                .into_iter()
                .find_map(|constant| {
                    let with = exchanged(typed, &number, &constant);
                    let proved = Activation::new(&with).is_ok_and(|s| proves(&s));
                    let names = (
                        Expr::Number(Arc::new(number.clone())).to_string(),
                        constant.to_string(),
                    );
                    proved.then_some((Some(names), with))
                })
        })
    }
}

impl Effort {
    fn arithmetic_is_certain(&self) -> bool {
        self.arithmetic == crate::real::Arithmetic::Ball
    }
}

/// Binary logarithm of the size; `None` for what is no number, and for an exact zero.
fn log2(x: &Ball) -> Option<f64> {
    let size = x.magnitude();
    (x.is_finite() && !size.is_zero())
        .then(|| crate::quadrature::ln(&size) / std::f64::consts::LN_2)
}

/// `phi - c times`, where that is short enough to be read.
fn centred(typed: &Expr, c: &Closed, times: &Expr) -> Option<Expr> {
    const LONGEST: usize = 80;
    let c = Expr::parse(&c.to_string()).ok()?;
    let term = Expr::Binary(BinaryOp::Mul, c.into(), times.clone().into());
    let out = Expr::Binary(BinaryOp::Sub, typed.clone().into(), term.into()).simplify();
    (out.to_string().len() <= LONGEST).then_some(out)
}

/// The numbers of an expression that are written with several digits after the point, each with one unit of its last.
fn decimals(e: &Expr) -> Vec<(Rational, Rational)> {
    let mut out: Vec<(Rational, Rational)> = Vec::new();
    if let Expr::Number(q) = e {
        let mut places = 0;
        let mut power = Integer::from(1);
        while places < 60 && !Integer::from(&power % q.denom()).is_zero() {
            power *= 10;
            places += 1;
        }
        let digits = (Rational::from(&**q) * &power).numer().to_string().len();
        if (1..60).contains(&places) && digits >= FEWEST_DIGITS {
            out.push(((**q).clone(), Rational::from((1, power))));
        }
    }
    for child in e.children() {
        for found in decimals(child) {
            if !out.contains(&found) {
                out.push(found);
            }
        }
    }
    out
}

/// `p/q c` within a unit of the last place, for constants `c` that activations are made of, the simplest first.
fn constants_near(number: &Rational, unit: &Rational) -> Vec<Expr> {
    const CONSTANTS: [&str; 12] = [
        "1",
        "sqrt(2)",
        "sqrt(3)",
        "pi",
        "1/pi",
        "sqrt(pi)",
        "1/sqrt(pi)",
        "1/sqrt(2*pi)",
        "sqrt(2*pi)",
        "e",
        "1/e",
        "log(2)",
    ];
    let unit = Float::with_val(64, unit);
    let number = Ball::rational(number, 256);
    let bases: Vec<(&str, Ball)> = (CONSTANTS.iter())
        .filter_map(|c| Some((*c, Closed::from_expr(&Expr::parse(c).ok()?)?.evaluate(256))))
        .collect();
    let mut found = Vec::new();
    for q in 1..=12_u32 {
        for p in 1..=12_u32 {
            if Integer::from(p).gcd(&Integer::from(q)) != 1 {
                continue;
            }
            let factor = Ball::rational(&Rational::from((p, q)), 256);
            for (c, base) in &bases {
                if (&(base * &factor) - &number).magnitude() <= unit {
                    let text = match (p, q) {
                        (1, 1) => (*c).to_string(),
                        (p, 1) => format!("{p}*{c}"),
                        (p, q) => format!("{p}/{q}*{c}"),
                    };
                    found.extend(Expr::parse(&text).map(|e| e.simplify()));
                }
            }
        }
    }
    found
}

fn exchanged(e: &Expr, number: &Rational, constant: &Expr) -> Expr {
    match e {
        Expr::Number(q) if **q == *number => constant.clone(),
        _ => e.with_children(|child| exchanged(child, number, constant)),
    }
}
