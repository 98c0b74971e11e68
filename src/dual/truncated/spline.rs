//! Activations whose pieces are analytic, as splines that are near them: softsign, `max(tanh(x), x/2)`, `abs(tanh(x))`.
//!
//! Between its kinks, and within a reach `R`, the activation is replaced by polynomials ([`super::panel`]); beyond `R` by 0. So
//! `delta^2 = E (phi - s)^2` is at most `(sup |phi - s| + sqrt(E phi^2 1_(|Z| > R)))^2`, and
//!
//! ```text
//! |E phi(u) phi(v) - E s(u) s(v)| <= 2 delta sqrt(E s^2) + delta^2
//! ```
//!
//! at every correlation (Cauchy and Schwarz), and the same of the derivatives. `E s(u) s(v)` is a closed form.

use std::sync::Arc;

use rug::{Float, Rational};

use super::ends::at_end;
use super::halves::{Group, Halves, Support, unknown};
use super::panel::{Formula, Panel};
use crate::activation::Expr;
use crate::activation::pieces::{Breakpoint, End};
use crate::deadline::Deadline;
use crate::exact::Activation;
use crate::quadrature::{ln, tails};
use crate::real::{Analytic, Ball, Bits, Kept};

/// More panels than this are not made.
const MOST_PANELS: usize = 40;
/// Nor longer polynomials together: a value costs their square.
const MOST_DEGREES: usize = 800;
/// A panel that has a polynomial is halved so often, to see whether two short ones are cheaper.
const CHEAPER: u32 = 3;
/// One that has none is halved so often.
const DEEPEST: u32 = 24;
/// Halves must be so much shorter together.
const WON: f64 = 0.9;

/// A function with its smooth pieces.
pub(super) struct Spline {
    expr: Expr,
    continuous: bool,
    formulas: Vec<Formula>,
    /// Between the pieces.
    kinks: Vec<Breakpoint>,
    deadline: Deadline,
    kept: Kept<Option<Near>>,
}

impl std::fmt::Debug for Spline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Spline({})", self.expr)
    }
}

/// A spline at a precision.
#[derive(Debug)]
pub(super) struct Near {
    pub halves: Halves,
    /// Of its numbers.
    pub bits: Bits,
    pub off: Off,
}

/// How far functionals of the spline are from those of the function.
#[derive(Clone, Debug)]
pub(super) struct Off {
    /// Of `E phi(u) phi(v)`.
    pub value: Float,
    /// Of `E phi'(u) phi'(v)`, if `phi` is continuous.
    pub slope: Option<Float>,
}

/// Where panels meet.
#[derive(Clone, Debug)]
enum Node {
    Kink(Breakpoint),
    At(Rational),
}

impl Node {
    fn position(&self, bits: Bits) -> Ball {
        match self {
            Node::Kink(at) => at.position(bits).with_bits(bits),
            Node::At(q) => Ball::rational(q, bits),
        }
    }
}

impl Spline {
    /// `None` where a piece is not analytic in a neighbourhood of its ends, or has too many panels.
    pub fn new(structure: &Activation, accuracy: Bits, deadline: Deadline) -> Option<Spline> {
        let pieces = &structure.pieces;
        let whole = matches!(
            (&pieces.first()?.from, &pieces.last()?.to),
            (End::MinusInfinity, End::PlusInfinity)
        );
        let kinks: Option<Vec<Breakpoint>> = pieces
            .windows(2)
            .map(|pair| pair[0].to.breakpoint().cloned())
            .collect();
        let spline = Spline {
            expr: structure.expr.clone(),
            continuous: structure.continuous == Some(true),
            formulas: pieces.iter().map(|p| Formula::new(&p.formula)).collect(),
            kinks: kinks.filter(|_| whole)?,
            deadline,
            kept: Kept::default(),
        };
        spline.at(accuracy).as_ref().as_ref()?;
        Some(spline)
    }

    /// As near as `2^-accuracy`, relative to numbers about 1.
    pub fn at(&self, accuracy: Bits) -> Arc<Option<Near>> {
        self.kept.at(accuracy, || self.near(accuracy))
    }

    fn near(&self, accuracy: Bits) -> Option<Near> {
        let goal = f64::from(accuracy) * std::f64::consts::LN_2;
        let share = Float::with_val(64, 1) >> (2 * accuracy);
        let (reach, tail) = tails(&self.expr, &share).ok()?;
        let mut nodes = vec![Node::At(Rational::from(-i64::from(reach)))];
        let mut panels: Vec<(usize, Panel)> = Vec::new();
        let end = Node::At(Rational::from(reach));
        let within = |k: &Breakpoint| k.position(64).magnitude() < reach;
        if !self.kinks.iter().all(within) {
            return None;
        }
        let ends: Vec<Node> = self
            .kinks
            .iter()
            .cloned()
            .map(Node::Kink)
            .chain([end])
            .collect();
        for (i, to) in ends.iter().enumerate() {
            let from = nodes.last()?.clone();
            let mut room = MOST_PANELS.checked_sub(panels.len())?;
            let tiles = self.tiles(i, (&from, to), goal, 0, &mut room)?;
            for (to, panel) in tiles {
                nodes.push(to);
                panels.push((i, panel));
            }
        }
        if panels.iter().map(|(_, p)| p.degree).sum::<usize>() > MOST_DEGREES {
            return None;
        }
        let far = f64::from(reach);
        let lost = panels
            .iter()
            .map(|(i, p)| self.formulas[*i].lost_bits(p, far))
            .max()?;
        let powers = |bits: Bits| -> Vec<Vec<Ball>> {
            let of = |(i, p): &(usize, Panel)| self.formulas[*i].powers(p, bits);
            panels.iter().map(of).collect()
        };
        // what is summed is at most sum |c_k| sqrt(E Z^(2k)) in modulus, for each of the two
        let size = size(&powers(lost + 64));
        let bits = accuracy + 2 * size + 64;
        let powers = powers(accuracy + size + lost + 64);
        let halves = on_half_lines(&nodes, &powers, bits);
        let root = tail.sqrt() * (1.0 + 1e-9);
        let far = |of: &dyn Fn(&Panel) -> Float| {
            let sup = panels
                .iter()
                .map(|(_, p)| of(p))
                .fold(Float::new(64), |a, b| a.max(&b));
            sup + &root
        };
        let spread = |delta: &Float, s: &Halves| {
            let norm = at_end(s, s, 1).magnitude().sqrt();
            Float::with_val(64, (norm * 2u32 + delta) * delta) * (1.0 + 1e-9)
        };
        let slope = self
            .continuous
            .then(|| spread(&far(&|p| p.slope.clone()), &halves.derivative(false)));
        let off = Off {
            value: spread(&far(&|p| p.value.clone()), &halves),
            slope,
        };
        Some(Near { halves, bits, off })
    }

    /// Panels that tile what lies between two nodes of one piece, each with its right end.
    fn tiles(
        &self,
        piece: usize,
        (from, to): (&Node, &Node),
        goal: f64,
        depth: u32,
        room: &mut usize,
    ) -> Option<Vec<(Node, Panel)>> {
        if self.deadline.passed() || *room == 0 {
            return None;
        }
        let formula = &self.formulas[piece];
        let (low, high) = (from.position(96).lower(), to.position(96).upper());
        let whole = formula.panel(&low, &high, goal);
        let degrees = |tiles: &[(Node, Panel)]| tiles.iter().map(|(_, p)| p.degree).sum::<usize>();
        let deepest = if whole.is_some() { CHEAPER } else { DEEPEST };
        let long = whole.as_ref().is_none_or(|p| p.degree > SHORT);
        if long && depth < deepest {
            let middle = Float::with_val(53, &low + &high) / 2u32;
            let middle = Node::At(middle.to_rational()?);
            let mut left_room = *room;
            let halves = self
                .tiles(piece, (from, &middle), goal, depth + 1, &mut left_room)
                .and_then(|mut left| {
                    left.extend(self.tiles(
                        piece,
                        (&middle, to),
                        goal,
                        depth + 1,
                        &mut left_room,
                    )?);
                    Some(left)
                });
            if let Some(halves) = halves {
                let cheaper = whole
                    .as_ref()
                    .is_none_or(|p| (degrees(&halves) as f64) < WON * p.degree as f64);
                if cheaper {
                    *room = left_room;
                    return Some(halves);
                }
            }
        }
        *room -= 1;
        Some(vec![(to.clone(), whole?)])
    }
}

/// `log2` of the largest `sum |c_k| sqrt(E Z^(2k))`, if it is positive.
fn size(powers: &[Vec<Ball>]) -> Bits {
    let of = |p: &Vec<Ball>| {
        let (mut moment, mut sum) = (Float::with_val(64, 1), Float::new(64));
        for (k, c) in p.iter().enumerate() {
            sum += c.magnitude() * Float::with_val(64, moment.sqrt_ref());
            moment *= 2 * k as u64 + 1;
        }
        ln(&sum) / std::f64::consts::LN_2
    };
    powers.iter().map(of).fold(0.0, f64::max).ceil() as Bits
}

/// Shorter panels are not halved.
const SHORT: usize = 12;

/// The spline on half lines to the right of its nodes: what changes there.
fn on_half_lines(nodes: &[Node], powers: &[Vec<Ball>], bits: Bits) -> Halves {
    let zero = || Ball::int(0, bits);
    let none: Vec<Ball> = Vec::new();
    let group = |i: usize| {
        let before = if i == 0 { &none } else { &powers[i - 1] };
        let after = powers.get(i).unwrap_or(&none);
        let at = |p: &[Ball], n: usize| p.get(n).cloned().unwrap_or_else(zero);
        let count = before.len().max(after.len()).max(1);
        Group {
            support: Support::Above(i),
            rate: (0, zero()),
            powers: (0..count)
                .map(|n| (at(after, n) - &at(before, n)).with_bits(bits))
                .collect(),
        }
    };
    let kinks: Vec<Ball> = nodes.iter().map(|n| n.position(bits)).collect();
    Halves {
        tails: unknown(&kinks),
        kinks,
        groups: (0..nodes.len()).map(group).collect(),
        deltas: Vec::new(),
        scale: 0,
    }
}
