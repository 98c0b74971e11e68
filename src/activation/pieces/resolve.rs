//! From a tree with switches to formulas without.

use std::cell::RefCell;
use std::cmp::Ordering;

use rug::Rational;

use super::breakpoint::Breakpoint;
use super::probe::sign_of_constant;
use super::signs::{Need, Search};
use super::span::{Division, Span};
use super::structure::{self, Sides};
use super::{End, Piece};
use crate::activation::{BinaryOp, Condition, Constant, Expr, Function, Tape};
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball};

/// More pieces than this are not worked with.
const MOST_PIECES: usize = 5_000;

/// Walks the tree once; divisions become finer from the leaves to the root.
pub(super) struct Resolver<'a> {
    search: Search<'a>,
    /// Points where the formula is not analytic although it may look the same on both sides.
    singular: RefCell<Vec<Breakpoint>>,
    /// Zeros of divisors that the dividend does not have, with the quotient.
    poles: RefCell<Vec<(Breakpoint, Expr)>>,
    /// `E phi(Z)^2` shall exist, or `E phi(Z)` alone.
    square: bool,
}

fn is_switch(e: &Expr) -> bool {
    match e {
        Expr::If(..) => true,
        Expr::Call(function, _) => function.is_switch(),
        _ => false,
    }
}

/// Where the argument of a function must lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Domain {
    Positive,
    NonNegative,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(activation: &'a Expr, reach: u32) -> Self {
        Self {
            search: Search { reach, activation },
            singular: RefCell::default(),
            poles: RefCell::default(),
            square: true,
        }
    }

    /// Poles are judged by `E |phi(Z)|`.
    pub(super) fn integrable(self) -> Self {
        Self {
            square: false,
            ..self
        }
    }

    pub(super) fn pieces(&self) -> Result<Vec<Piece>> {
        let mut pieces: Vec<Piece> = Vec::new();
        for (span, formula) in self.resolved(self.search.activation, &Span::line())? {
            for (span, formula) in self.simplified(&formula, &span)? {
                if let Some(last) = pieces.last_mut()
                    && self.continues(last, &span, &formula)?
                {
                    last.to = span.to;
                } else {
                    pieces.push(Piece {
                        from: span.from,
                        to: span.to,
                        formula,
                    });
                }
            }
        }
        self.poles_cancel(&pieces)?;
        Ok(pieces)
    }

    /// A simpler formula. Simplification may bring switches back (`sqrt(x^2) = abs(x)`): those are resolved.
    fn simplified(&self, formula: &Expr, span: &Span) -> Result<Division<Expr>> {
        let simpler = formula.tidied();
        if !simpler.any(&is_switch) {
            return Ok(vec![(span.clone(), simpler)]);
        }
        let mut parts = self.resolved(&simpler, span)?;
        for (_, part) in &mut parts {
            let simpler = part.tidied();
            if !simpler.any(&is_switch) {
                *part = simpler;
            }
        }
        Ok(parts)
    }

    /// The formula is the one of the piece before, and analytic where the two meet.
    fn continues(&self, last: &Piece, span: &Span, formula: &Expr) -> Result<bool> {
        let same = last.formula == *formula
            || (last.formula.clone() - formula.clone())
                .simplify()
                .is_int(0);
        if !same || self.is_smooth_at(&last.to)? {
            return Ok(same);
        }
        // What was singular may have been simplified away: x*(1/x).
        let joined = Span {
            from: last.from.clone(),
            to: span.to.clone(),
        };
        let again = Self::new(self.search.activation, self.search.reach);
        let parts = again.resolved(formula, &joined);
        Ok(parts.is_ok_and(|parts| parts.len() == 1) && again.poles.borrow().is_empty())
    }

    fn is_smooth_at(&self, end: &End) -> Result<bool> {
        let End::At(p) = end else { return Ok(false) };
        for q in self.singular.borrow().iter() {
            if p.compare(q)?.is_eq() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The formulas without switches, and the parts of the interval where they hold.
    fn resolved(&self, e: &Expr, span: &Span) -> Result<Division<Expr>> {
        if e.is_constant() {
            let written_out = e.expand();
            if !written_out.any(&is_switch) {
                return self.constant(&written_out, span);
            }
        }
        match e {
            Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) | Expr::X => {
                Ok(vec![(span.clone(), e.clone())])
            }
            Expr::Neg(a) => self.mapped(a, span, |a| -a),
            Expr::Binary(op, a, b) => self.binary(e, *op, (a, b), span),
            Expr::Call(function, args) => match (&args[..], function) {
                ([a, b], Function::Min | Function::Max) => self.extremum(*function, (a, b), span),
                ([a], _) => self.call(e, *function, a, span),
                _ => Ok(vec![]),
            },
            Expr::If(condition, a, b) => self.conditional(condition, (a, b), span),
            Expr::Named(..) => self.resolved(&e.written_out(), span),
        }
    }

    /// A constant subtree has a value or is outside its domain.
    fn constant(&self, e: &Expr, span: &Span) -> Result<Division<Expr>> {
        let tape = Tape::<Ball>::new(std::slice::from_ref(e), 256);
        if tape.at_one(&Ball::int(0, 256)).is_finite() {
            return Ok(vec![(span.clone(), e.simplify())]);
        }
        Err(match self.constant_fault(e) {
            Some(fault) => fault,
            None => Error::Unresolved(format!("the value of {e} cannot be enclosed")),
        })
    }

    /// Which part of a constant is not defined, if that can be told.
    fn constant_fault(&self, e: &Expr) -> Option<Error> {
        if let Some(fault) = e
            .children()
            .into_iter()
            .find_map(|c| self.constant_fault(c))
        {
            return Some(fault);
        }
        let outside = |a: &Expr, allowed: fn(Ordering) -> bool| {
            sign_of_constant(a).is_some_and(|sign| !allowed(sign))
        };
        let fault = match e {
            Expr::Binary(BinaryOp::Div, _, b) => outside(b, Ordering::is_ne),
            Expr::Binary(BinaryOp::Pow, a, b) => match b.as_rational() {
                Some(q) if q.is_integer() => q < 0 && outside(a, Ordering::is_ne),
                Some(q) if q > 0 => outside(a, Ordering::is_ge),
                _ => outside(a, Ordering::is_gt),
            },
            Expr::Call(Function::Log, args) => outside(args.first()?, Ordering::is_gt),
            Expr::Call(Function::Sqrt, args) => outside(args.first()?, Ordering::is_ge),
            Expr::Call(Function::Asin | Function::Acos, args) => {
                let room = Expr::int(1) - args.first()?.clone().pow(Expr::int(2));
                outside(&room, Ordering::is_ge)
            }
            _ => false,
        };
        fault.then(|| Error::Domain(format!("{e} is undefined")))
    }

    fn mapped(&self, a: &Expr, span: &Span, f: impl Fn(Expr) -> Expr) -> Result<Division<Expr>> {
        let parts = self.resolved(a, span)?.into_iter();
        Ok(parts.map(|(span, a)| (span, f(a))).collect())
    }

    /// Both resolved, on common parts.
    fn both(&self, (a, b): (&Expr, &Expr), span: &Span) -> Result<Division<(Expr, Expr)>> {
        let mut parts = Vec::new();
        for (span, a) in self.resolved(a, span)? {
            for (span, b) in self.resolved(b, &span)? {
                parts.push((span, (a.clone(), b)));
            }
            if parts.len() > MOST_PIECES {
                return Err(Error::Unresolved(format!(
                    "{} has more than {MOST_PIECES} pieces",
                    self.search.activation
                )));
            }
        }
        Ok(parts)
    }

    fn binary(
        &self,
        e: &Expr,
        op: BinaryOp,
        ab: (&Expr, &Expr),
        span: &Span,
    ) -> Result<Division<Expr>> {
        let mut parts = Vec::new();
        for (span, (a, b)) in self.both(ab, span)? {
            let guarded = match op {
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => vec![span],
                BinaryOp::Div => self.divided(e, &a, &b, &span)?,
                BinaryOp::Pow => match b.as_rational() {
                    Some(q) if q.is_integer() && q >= 0 => vec![span],
                    Some(q) if q.is_integer() => {
                        let divisor = a.clone().pow(Expr::rational(&-q));
                        self.divided(e, &Expr::int(1), &divisor, &span)?
                    }
                    Some(q) if q > 0 => self.inside(e, &a, Domain::NonNegative, &span)?,
                    Some(q) => {
                        let mut parts = Vec::new();
                        for span in self.inside(e, &a, Domain::Positive, &span)? {
                            let divisor = a.clone().pow(Expr::rational(&Rational::from(-&q)));
                            parts.extend(self.divided(e, &Expr::int(1), &divisor, &span)?);
                        }
                        parts
                    }
                    None if a == Expr::Constant(Constant::E) => vec![span],
                    None => self.inside(e, &a, Domain::Positive, &span)?,
                },
            };
            let formula = match op {
                BinaryOp::Add => a + b,
                BinaryOp::Sub => a - b,
                BinaryOp::Mul => a * b,
                BinaryOp::Div => a / b,
                BinaryOp::Pow => a.pow(b),
            };
            parts.extend(guarded.into_iter().map(|span| (span, formula.clone())));
        }
        Ok(parts)
    }

    fn extremum(
        &self,
        function: Function,
        ab: (&Expr, &Expr),
        span: &Span,
    ) -> Result<Division<Expr>> {
        let mut parts = Vec::new();
        for (span, (a, b)) in self.both(ab, span)? {
            let difference = a.clone() - b.clone();
            for (span, sign) in self.search.signs(&difference, &span, Need::Changes)? {
                let left = sign.is_lt() == (function == Function::Min);
                parts.push((span, if left { a.clone() } else { b.clone() }));
            }
        }
        Ok(parts)
    }

    fn conditional(
        &self,
        condition: &Condition,
        (then, otherwise): (&Expr, &Expr),
        span: &Span,
    ) -> Result<Division<Expr>> {
        let mut parts = Vec::new();
        for (span, (a, b)) in self.both((&condition.left, &condition.right), span)? {
            for (span, sign) in self.search.signs(&(a - b), &span, Need::Changes)? {
                let branch = if condition.relation.holds(sign) {
                    then
                } else {
                    otherwise
                };
                parts.extend(self.resolved(branch, &span)?);
            }
        }
        Ok(parts)
    }

    fn call(&self, e: &Expr, function: Function, a: &Expr, span: &Span) -> Result<Division<Expr>> {
        let mut parts = Vec::new();
        for (span, a) in self.resolved(a, span)? {
            let whole = |a: Expr| vec![(span.clone(), Expr::call(function, a))];
            let on = |spans: Vec<Span>, a: Expr| {
                let formula = Expr::call(function, a);
                spans.into_iter().map(|s| (s, formula.clone())).collect()
            };
            let by_sign = |f: &dyn Fn(Ordering) -> Expr| {
                let signs = self.search.signs(&a, &span, Need::Changes)?;
                Ok(signs.into_iter().map(|(s, sign)| (s, f(sign))).collect())
            };
            let resolved: Division<Expr> = match function {
                Function::Abs => {
                    by_sign(&|sign| if sign.is_lt() { -a.clone() } else { a.clone() })?
                }
                Function::Sign => by_sign(&|sign| Expr::int(sign as i64))?,
                Function::Step => by_sign(&|sign| Expr::int(i64::from(sign.is_ge())))?,
                Function::Log => on(self.inside(e, &a, Domain::Positive, &span)?, a),
                Function::Sqrt => on(self.inside(e, &a, Domain::NonNegative, &span)?, a),
                Function::Asin | Function::Acos => {
                    let mut spans = Vec::new();
                    let one = Expr::int(1);
                    let (above, below) = (one.clone() - a.clone(), one + a.clone());
                    for span in self.inside(e, &above, Domain::NonNegative, &span)? {
                        spans.extend(self.inside(e, &below, Domain::NonNegative, &span)?);
                    }
                    let formula = |span: Span| {
                        let unwound = unwound(function, &a, &span);
                        let plain = || Expr::call(function, a.clone());
                        (span, unwound.unwrap_or_else(plain))
                    };
                    spans.into_iter().map(formula).collect()
                }
                Function::Tan => {
                    let sine = Expr::call(Function::Sin, a.clone());
                    let cosine = Expr::call(Function::Cos, a.clone());
                    on(self.divided(e, &sine, &cosine, &span)?, a)
                }
                _ => whole(a),
            };
            parts.extend(resolved);
        }
        Ok(parts)
    }

    /// The parts of the interval between zeros of `g`, on all of which it must lie in the domain.
    fn inside(&self, e: &Expr, g: &Expr, domain: Domain, span: &Span) -> Result<Vec<Span>> {
        let mut spans = Vec::new();
        for (part, sign) in self.search.signs(g, span, Need::Zeros)? {
            let undefined = sign.is_lt() || sign.is_eq() && domain == Domain::Positive;
            if undefined {
                return Err(Error::Domain(format!(
                    "{} is undefined for {part}",
                    in_words(e)
                )));
            }
            if let (Some(_), End::At(p)) = (spans.last(), &part.from) {
                self.singular.borrow_mut().push(p.clone());
            }
            spans.push(part);
        }
        Ok(spans)
    }

    /// The parts of the interval between poles of `a / b`; zeros of `b` that `a` has too are no poles.
    fn divided(&self, e: &Expr, a: &Expr, b: &Expr, span: &Span) -> Result<Vec<Span>> {
        let mut spans: Vec<Span> = Vec::new();
        for (part, sign) in self.search.signs(b, span, Need::Zeros)? {
            if sign.is_eq() {
                return Err(Error::Domain(format!(
                    "{} is undefined for {part}",
                    in_words(e)
                )));
            }
            match spans.last_mut() {
                // A removable singularity is no breakpoint, if both are analytic there.
                Some(last) if self.is_removable(&part.from, a, b) => last.to = part.to,
                _ => spans.push(part),
            }
        }
        let first = spans.first().map(|span| &span.from);
        let ends = first.into_iter().chain(spans.iter().map(|span| &span.to));
        for (i, end) in ends.enumerate() {
            let End::At(p) = end else { continue };
            let inner = i > 0 && i < spans.len();
            if !inner && p.sign_of(b).is_some_and(Ordering::is_ne) {
                continue;
            }
            let bounded = || {
                let growth = structure::growth(&(a.clone() / b.clone()), p, Sides::Both);
                growth.is_some_and(|growth| growth.exponent >= 0)
            };
            if inner {
                self.singular.borrow_mut().push(p.clone());
            }
            if !bounded() {
                self.poles.borrow_mut().push((p.clone(), e.clone()));
            }
        }
        Ok(spans)
    }

    fn is_removable(&self, end: &End, a: &Expr, b: &Expr) -> bool {
        let End::At(p) = end else { return false };
        match (structure::order(a, p), structure::order(b, p)) {
            (Some(above), Some(below)) => above >= below,
            // A dividend that is zero everywhere has no order.
            _ => a.simplify().is_int(0),
        }
    }

    /// A quotient inside may have a pole where the whole formula has none.
    fn poles_cancel(&self, pieces: &[Piece]) -> Result<()> {
        let (what, power) = match self.square {
            true => ("E phi(Z)^2", Rational::from((1, 2))),
            false => ("E |f(Z)|", Rational::from(1)),
        };
        // The pole nearest to the origin is the one to speak of.
        let mut poles = self.poles.borrow().clone();
        let distance = |p: &Breakpoint| p.position(64).to_f64().abs();
        poles.sort_by(|(p, _), (q, _)| distance(p).total_cmp(&distance(q)));
        for (p, quotient) in &poles {
            let touches = |end: &End| match end {
                End::At(q) => Ok(p.compare(q)?.is_eq()),
                _ => Ok(false),
            };
            for piece in pieces {
                let side = match (touches(&piece.from)?, touches(&piece.to)?) {
                    (true, _) => Sides::Right,
                    (_, true) => Sides::Left,
                    _ => continue,
                };
                let pole = format!("{} has a pole at x = {p}", in_words(quotient));
                match structure::growth(&piece.formula, p, side) {
                    Some(growth) if growth.exponent >= 0 => {}
                    Some(growth) if growth.exact && growth.exponent <= Rational::from(-&power) => {
                        return Err(Error::Domain(format!("{pole}, so {what} diverges")));
                    }
                    Some(growth) if growth.exponent > Rational::from(-&power) => {}
                    _ => {
                        return Err(Error::Unresolved(format!(
                            "{pole}, and it is not decided whether {what} is finite"
                        )));
                    }
                }
            }
        }
        Ok(())
    }
}

/// `asin(sin u)`, `acos(cos u)` where `sin u` (`cos u`) is nowhere 1 or -1: `u` up to a sign and a multiple of `pi`.
fn unwound(function: Function, a: &Expr, span: &Span) -> Option<Expr> {
    let u = match (function, a) {
        (Function::Asin, Expr::Call(Function::Sin, args)) => &args[0],
        (Function::Acos, Expr::Call(Function::Cos, args)) => &args[0],
        _ => return None,
    };
    let pi = Expr::Constant(Constant::Pi);
    // the number of the branch, at any point of the interval
    let turns =
        u.clone() / pi.clone() + Expr::int(i64::from(function == Function::Asin)) / Expr::int(2);
    let tape = Tape::<Ball>::new(&[turns], 128);
    let sample = span.samples().into_iter().next()?;
    let value = tape.at_one(&Ball::rational(&sample, 128));
    let (low, high) = (value.lower().floor(), value.upper().floor());
    let k = low.to_integer().filter(|_| low == high)?.to_i64()?;
    let turned = |n: i64| Expr::int(n) * pi.clone();
    let formula = match (function, k % 2 == 0) {
        (Function::Asin, true) => u.clone() - turned(k),
        (Function::Asin, false) => turned(k) - u.clone(),
        (_, true) => u.clone() - turned(k),
        (_, false) => turned(k + 1) - u.clone(),
    };
    Some(formula.simplify())
}

/// The subtree as it is typed; a bare `log` is printed for `log(x)`.
pub(super) fn in_words(e: &Expr) -> String {
    let text = e.to_string();
    let is_bare = matches!(e, Expr::Call(..) | Expr::Named(..)) && !text.contains('(');
    if is_bare { text + "(x)" } else { text }
}
