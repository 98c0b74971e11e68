//! The size of an activation, found before anything is integrated, and the power of ten that brings it near 1.
//!
//! A [`super::Plan`] promises an absolute error. What it is asked for are numbers that do not change when the activation
//! is multiplied by a constant, so the activation is divided by its size first: then an absolute error of `E phi^2` is a
//! relative one. The size is an estimate, which costs nothing: every constant is as good a divisor as every other, and an
//! unlucky one costs time, not truth.

use rug::{Float, Integer, Rational};

use crate::activation::{BinaryOp, Expr, Tape};
use crate::error::Result;
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Bits, Real};

/// Binary logarithms of `E phi^2`, `E |phi|` and `E |Z phi|`, estimated to within a few bits.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// `log2 E phi(Z)^2`
    pub square: f64,
    /// `log2 E |phi(Z)|`
    pub absolute: f64,
    /// `log2 E |Z phi(Z)|`
    pub first: f64,
}

/// An activation without its size: `phi = 10^exponent psi`, `E psi^2` about 1.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What is known of `psi`.
    pub structure: Activation,
    /// `phi = 10^exponent psi`; 0 for most that people write down: the size is left in where it is moderate.
    pub exponent: i32,
    /// Of `psi`; `None` where no estimate was found.
    pub sizes: Option<Sizes>,
}

/// Sizes `sqrt(E phi^2)` between `10^-3` and `10^3` are left as they are.
const MODERATE: i32 = 3;
/// Larger powers are not taken out: the rational numbers would get too long to be written down.
const LARGEST: i32 = 4_000;

impl Unit {
    /// Takes the size out of an activation.
    ///
    /// # Errors
    /// Those of [`Activation::new`], which `phi` passed already.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, exact::Activation, quadrature::Unit};
    /// let tiny = Activation::new(&Expr::parse("1e-50*tanh(x)")?)?;
    /// let unit = Unit::of(&tiny)?;
    /// assert_eq!((unit.structure.expr.to_string().as_str(), unit.exponent), ("tanh", -50));
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn of(structure: &Activation) -> Result<Unit> {
        let positions: Vec<f64> = (structure.pieces.iter())
            .filter_map(|p| p.from.breakpoint())
            .map(|b| b.position(64).to_f64())
            .collect();
        let sizes = sizes(&structure.expr, &positions);
        let exponent = sizes.map_or(0, |s| exponent(s.square / 2.0));
        if exponent == 0 {
            return Ok(Unit {
                structure: structure.clone(),
                exponent,
                sizes,
            });
        }
        let down = f64::from(exponent) * std::f64::consts::LOG2_10;
        Ok(Unit {
            structure: Activation::new(&scaled(&structure.expr, -exponent))?,
            exponent,
            sizes: sizes.map(|s| Sizes {
                square: s.square - 2.0 * down,
                absolute: s.absolute - down,
                first: s.first - down,
            }),
        })
    }
}

/// The power of ten nearest to `2^log`, 0 where it is moderate.
pub(super) fn exponent(log: f64) -> i32 {
    let exponent = (log * std::f64::consts::LOG10_2).round();
    if exponent.abs() <= f64::from(MODERATE) || exponent.abs() > f64::from(LARGEST) {
        return 0;
    }
    exponent as i32
}

/// `10^exponent`
pub fn power_of_ten(exponent: i32) -> Rational {
    let power = Rational::from(Integer::from(Integer::u_pow_u(10, exponent.unsigned_abs())));
    if exponent < 0 { power.recip() } else { power }
}

/// `10^exponent f`
pub(super) fn scaled(f: &Expr, exponent: i32) -> Expr {
    let power = Expr::rational(&power_of_ten(exponent.abs()));
    let op = if exponent < 0 {
        BinaryOp::Div
    } else {
        BinaryOp::Mul
    };
    Expr::Binary(op, f.clone().into(), power.into()).simplify()
}

/// The grid ends here, and something that is largest in its last nodes has no known end.
const REACH: i64 = 256;
const OUTER: f64 = 250.0;

/// Precisions in turn: cancellation (`1 + erf(-20)`) shows as a ball that contains zero.
const PRECISIONS: [Bits; 4] = [64, 256, 1024, 4096];

/// A node: where, the logarithm of its weight, and ends of the logarithm of `|phi|`.
struct Node {
    x: Rational,
    weight: f64,
    low: f64,
    high: f64,
    /// At the end of a grid: what is largest here may be larger beyond.
    outer: bool,
}

/// Estimates by sums over nodes: near the origin, and only where they find next to nothing, or far too much, over the whole
/// line, with the neighbourhoods of the breakpoints. `None` where the sum ends in its outermost nodes, or in nothing.
pub(super) fn sizes(expr: &Expr, breakpoints: &[f64]) -> Option<Sizes> {
    let near = summed(expr, grid(&[(8, 4)]), 1).filter(|s| s.square.abs() < 20.0);
    near.or_else(|| {
        let mut nodes = grid(&[(64, 8), (REACH, 4)]);
        for b in breakpoints.iter().filter(|b| b.is_finite()).take(64) {
            let step = 1.0 / (1.0 + b.abs());
            for k in [-1.5, -0.5, 0.5, 1.5] {
                nodes.extend(Rational::from_f64(b + k * step).map(|x| Node {
                    outer: false,
                    ..node(x, step)
                }));
            }
        }
        let found = summed(expr, nodes, PRECISIONS.len());
        found.filter(|s| s.square.is_finite())
    })
}

fn node(x: Rational, step: f64) -> Node {
    let z = x.to_f64();
    // step exp(-z^2/2)/sqrt(2 pi)
    let weight = step.log2() - z * z / (2.0 * std::f64::consts::LN_2) - 1.325_748_064_736_159;
    Node {
        x,
        weight,
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        outer: z.abs() > OUTER,
    }
}

/// Nodes `(k + 3/8)/n` up to `reach`, for `(reach, n)` in turn, on both sides: off the places where people put kinks.
fn grid(steps: &[(i64, i64)]) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut from = 0;
    for &(reach, n) in steps {
        for k in from * n..reach * n {
            let x = Rational::from((8 * k + 3, 8 * n));
            nodes.push(node(-x.clone(), 1.0 / n as f64));
            nodes.push(node(x, 1.0 / n as f64));
        }
        from = reach;
    }
    nodes
}

fn summed(expr: &Expr, mut nodes: Vec<Node>, precisions: usize) -> Option<Sizes> {
    for bits in &PRECISIONS[..precisions] {
        let tape = Tape::<Ball>::new(std::slice::from_ref(expr), *bits);
        let certain = nodes
            .iter()
            .map(|n| 2.0 * n.low + n.weight)
            .fold(f64::NEG_INFINITY, f64::max);
        let mut open = false;
        for n in &mut nodes {
            // what is known well enough, or cannot matter
            if n.high - n.low < 1.0 || 2.0 * n.high + n.weight < certain - 40.0 {
                continue;
            }
            let value = tape.at_one(&Ball::rational(&n.x, *bits));
            if value.is_finite() {
                (n.low, n.high) = (log2(&value.mignitude()), log2(&value.magnitude()));
            }
            open |= n.high - n.low > 1.0 && value.is_finite();
        }
        if !open {
            break;
        }
    }
    // a pole or a point outside of the domain is passed over: others say how large the function is
    nodes.retain(|n| n.high < f64::INFINITY && n.low > f64::NEG_INFINITY);
    let total = |term: &dyn Fn(&Node) -> f64| {
        let largest = nodes.iter().map(term).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = nodes.iter().map(|n| (term(n) - largest).exp2()).sum();
        largest + sum.log2()
    };
    let square = |n: &Node| 2.0 * n.high + n.weight;
    let peak = nodes
        .iter()
        .max_by(|a, b| square(a).total_cmp(&square(b)))?;
    if peak.outer {
        return None;
    }
    Some(Sizes {
        square: total(&square),
        absolute: total(&|n| n.high + n.weight),
        first: total(&|n| n.high + n.weight + n.x.to_f64().abs().log2()),
    })
}

/// Binary logarithm of a non-negative number of any exponent.
fn log2(x: &Float) -> f64 {
    match x.get_exp() {
        Some(e) => f64::from(e) + (Float::with_val(53, x >> e)).to_f64().log2(),
        None if x.is_zero() => f64::NEG_INFINITY,
        None => f64::INFINITY,
    }
}
