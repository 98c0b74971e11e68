//! Writing tapes.

use std::collections::HashMap;

use rug::Rational;

use super::{Op, Slot, Tape};
use crate::activation::derive::removable;
use crate::activation::expr::{BinaryOp, Condition, Constant, Expr, Function};
use crate::real::{Analytic, Bits};

/// How often a quotient whose derivatives vanish as well is differentiated again.
const ORDER: u32 = 6;
/// So many quotients get limits, those in limits of limits included; the others stay plain.
const LIMITS: u32 = 40;

/// A quotient with more nodes than this stays plain: its derivatives would grow out of hand.
const LIMIT_SIZE: usize = 400;

/// The program of these trees.
pub(super) fn tape<T: Analytic>(outputs: &[Expr], bits: Bits) -> Tape<T> {
    limited(outputs, bits, ORDER, &mut LIMITS.clone())
}

fn limited<T: Analytic>(outputs: &[Expr], bits: Bits, order: u32, left: &mut u32) -> Tape<T> {
    let tape = Tape {
        steps: vec![],
        constants: vec![],
        outputs: vec![],
        limits: vec![],
        bits,
    };
    let mut writer = Writer {
        tape,
        known: HashMap::new(),
        sinc: None,
        order,
        left,
    };
    let outputs: Vec<Slot> = outputs.iter().map(|e| writer.slot(e)).collect();
    writer.tape.outputs = outputs;
    writer.tape
}

/// Writes a tape; every operation has one slot, however often it occurs.
struct Writer<'a, T> {
    tape: Tape<T>,
    known: HashMap<Op, Slot>,
    /// The number of the tape of `sinc(x)`, for `sinc` of something else.
    sinc: Option<usize>,
    /// How often a quotient may still be differentiated.
    order: u32,
    /// How many limits may still be made, here and in all limits.
    left: &'a mut u32,
}

impl<T: Analytic> Writer<'_, T> {
    fn emit(&mut self, op: Op) -> Slot {
        match op {
            // Undecided, and of no consequence.
            Op::Min(a, b) | Op::Max(a, b) if a == b => return a,
            Op::Select {
                then, otherwise, ..
            } if then == otherwise => return then,
            _ => {}
        }
        if let Some(slot) = self.known.get(&op) {
            return *slot;
        }
        let constant = op
            .operands()
            .iter()
            .all(|slot| matches!(slot, Slot::Constant(_)));
        let slot = if constant {
            // All operands are constants, so neither `x` nor earlier steps are looked at.
            let value = self.tape.result(&op, &T::undefined(self.tape.bits), &[]);
            self.tape.constants.push(value);
            Slot::Constant(self.tape.constants.len() - 1)
        } else {
            self.tape.steps.push(op.clone());
            Slot::Step(self.tape.steps.len() - 1)
        };
        self.known.insert(op, slot);
        slot
    }

    fn number(&mut self, q: impl Into<Rational>) -> Slot {
        self.emit(Op::Number(q.into()))
    }

    fn slot(&mut self, e: &Expr) -> Slot {
        // A quotient of literals is rounded once, not three times.
        if let Some(q) = e.as_rational() {
            return self.number(q);
        }
        match e {
            Expr::Number(q) => self.number((**q).clone()),
            Expr::Constant(Constant::Pi) => self.emit(Op::Pi),
            Expr::Constant(Constant::E) => self.emit(Op::E),
            Expr::Letter(_) => self.emit(Op::Unknown),
            Expr::Mean(f) => self.emit(Op::Mean(f.clone())),
            Expr::X => Slot::X,
            Expr::Neg(a) => {
                let a = self.slot(a);
                self.emit(Op::Neg(a))
            }
            Expr::Binary(op, a, b) => self.binary(*op, a, b),
            Expr::Call(function, args) => match (function, &args[..]) {
                (Function::Min, [a, b]) => {
                    let (a, b) = (self.slot(a), self.slot(b));
                    self.emit(Op::Min(a, b))
                }
                (Function::Max, [a, b]) => {
                    let (a, b) = (self.slot(a), self.slot(b));
                    self.emit(Op::Max(a, b))
                }
                (Function::Log, [u]) => match one_plus(u) {
                    Some(rest) => match exponent(&rest) {
                        Some(v) => {
                            let v = self.slot(v);
                            self.emit(Op::Softplus(v))
                        }
                        None => {
                            let rest = self.slot(&rest);
                            self.emit(Op::Ln1p(rest))
                        }
                    },
                    None => self.function(Function::Log, u),
                },
                (_, [u]) => self.function(*function, u),
                _ => self.function(Function::Min, &Expr::X),
            },
            Expr::If(condition, a, b) => {
                let Condition {
                    left,
                    relation,
                    right,
                } = &**condition;
                let (left, right) = (self.slot(left), self.slot(right));
                let (then, otherwise) = (self.slot(a), self.slot(b));
                self.emit(Op::Select {
                    left,
                    relation: *relation,
                    right,
                    then,
                    otherwise,
                })
            }
            Expr::Named(name, args) => match (e.hermite_index(), &args[..]) {
                (Some(n), [_, u]) => self.hermite(n, u),
                // At the value of u, so that the hole is mended wherever u vanishes.
                (_, [u]) if *name == "sinc" && *u != Expr::X => {
                    let u = self.slot(u);
                    let sinc = self.sinc.unwrap_or_else(|| {
                        let sinc = Expr::Named(name, [Expr::X].into());
                        self.tape.limits.push(tape(&[sinc], self.tape.bits));
                        self.tape.limits.len() - 1
                    });
                    self.sinc = Some(sinc);
                    self.emit(Op::Composed(sinc, u))
                }
                _ => match e.written_out() {
                    Expr::Named(..) => self.function(Function::Min, &Expr::X),
                    formula => self.slot(&formula),
                },
            },
        }
    }

    fn function(&mut self, function: Function, u: &Expr) -> Slot {
        let u = self.slot(u);
        self.emit(Op::Unary(function, u))
    }

    fn binary(&mut self, op: BinaryOp, a: &Expr, b: &Expr) -> Slot {
        if T::REGION
            && matches!(op, BinaryOp::Add | BinaryOp::Sub)
            && let Some(slot) = self.completed_square(op, a, b)
        {
            return slot;
        }
        match op {
            BinaryOp::Pow => return self.power(a, b),
            // exp(u) - 1, 1 - exp(u)
            BinaryOp::Sub => match (exponent(a), exponent(b)) {
                (Some(u), _) if b.is_int(1) => {
                    let u = self.slot(u);
                    return self.emit(Op::ExpM1(u));
                }
                (_, Some(u)) if a.is_int(1) => {
                    let u = self.slot(u);
                    let small = self.emit(Op::ExpM1(u));
                    return self.emit(Op::Neg(small));
                }
                _ => {}
            },
            BinaryOp::Add => match (exponent(a), exponent(b)) {
                (Some(u), _) if b.is_int(-1) => {
                    let u = self.slot(u);
                    return self.emit(Op::ExpM1(u));
                }
                (_, Some(u)) if a.is_int(-1) => {
                    let u = self.slot(u);
                    return self.emit(Op::ExpM1(u));
                }
                _ => {}
            },
            BinaryOp::Div | BinaryOp::Mul if T::REGION => {
                if let Some(slot) = self.damped(op, a, b) {
                    return slot;
                }
            }
            _ => {}
        }
        let (left, right) = (self.slot(a), self.slot(b));
        match op {
            BinaryOp::Add => self.emit(Op::Add(left, right)),
            BinaryOp::Sub => self.emit(Op::Sub(left, right)),
            BinaryOp::Mul => self.emit(Op::Mul(left, right)),
            BinaryOp::Div | BinaryOp::Pow => {
                let plain = Op::Div(left, right);
                if matches!(right, Slot::Constant(_)) || self.known.contains_key(&plain) {
                    return self.emit(plain);
                }
                let places = match self.order.min(*self.left) {
                    0 => vec![],
                    _ if a.size() + b.size() > LIMIT_SIZE => vec![],
                    _ => removable(a, b),
                };
                if places.is_empty() {
                    return self.emit(plain);
                }
                *self.left -= 1;
                let quotient = a.derivative() / b.derivative();
                let limit = limited(&[quotient], self.tape.bits, self.order - 1, self.left);
                self.tape.limits.push(limit);
                let limit = self.tape.limits.len() - 1;
                let slot = self.emit(Op::Removable(left, right, places, limit));
                self.known.insert(plain, slot);
                slot
            }
        }
    }

    /// `a (x + s)^2 + r`: a region has one `x` there, and the two of `a x^2 + b x` are taken for different ones.
    fn completed_square(&mut self, op: BinaryOp, a: &Expr, b: &Expr) -> Option<Slot> {
        if !is_written_polynomial(a) || !is_written_polynomial(b) {
            return None;
        }
        let sum = Expr::Binary(op, a.clone().into(), b.clone().into());
        let [constant, linear, square] = sum.polynomial()?.try_into().ok()?;
        if linear.is_zero() {
            return None;
        }
        let shift = Rational::from(&linear / &square) / 2u32;
        let rest = constant - shift.clone().square() * &square;
        let shift = self.number(shift);
        let base = self.emit(Op::Add(Slot::X, shift));
        let power = self.emit(Op::Integer(base, 2));
        let square = self.number(square);
        let product = self.emit(Op::Mul(square, power));
        let rest = self.number(rest);
        Some(self.emit(Op::Add(product, rest)))
    }

    /// A product with a factor `(1 + e^v)^-n` by logistic functions: a region holds all angles of a large `e^v`, and would hold zeros of the
    /// divisor.
    fn damped(&mut self, op: BinaryOp, a: &Expr, b: &Expr) -> Option<Slot> {
        let mut factors = Vec::new();
        let product = Expr::Binary(op, a.clone().into(), b.clone().into());
        flatten(&product, 1, &mut factors);
        let found = factors
            .iter()
            .position(|(f, n)| *n < 0 && plus_exponential(f).is_some())?;
        let (divisor, n) = factors.swap_remove(found);
        let v = plus_exponential(&divisor)?.clone();
        // e^v/(1 + e^v) = 1/(1 + e^-v)
        let same = |f: &Expr| exponent(f) == Some(&v);
        let up = factors.iter().position(|(f, m)| *m > 0 && same(f));
        let times = up.map_or(0, |i| factors[i].1.min(-n));
        if let Some(i) = up {
            factors[i].1 -= times;
        }
        let rest = factors
            .into_iter()
            .fold(Expr::int(1), |product, (f, m)| match m {
                0 => product,
                1 => product * f,
                -1 => product / f,
                m if m < 0 => product / f.pow(Expr::int(-m)),
                m => product * f.pow(Expr::int(m)),
            });
        let mut out = self.slot(&rest);
        let v = self.slot(&v);
        for (sign, m) in [(1, times), (-1, -n - times)] {
            if m > 0 {
                let at = if sign > 0 { v } else { self.emit(Op::Neg(v)) };
                let factor = self.emit(Op::Logistic(at));
                let power = self.emit(Op::Integer(factor, m));
                out = self.emit(Op::Mul(out, power));
            }
        }
        Some(out)
    }

    fn power(&mut self, a: &Expr, b: &Expr) -> Slot {
        if T::REGION && b.as_rational().is_some_and(|q| q < 0) && plus_exponential(a).is_some() {
            let reciprocal = a.clone().pow(b.clone());
            if let Some(slot) = self.damped(BinaryOp::Mul, &Expr::int(1), &reciprocal) {
                return slot;
            }
        }
        let base = self.slot(a);
        if let Some(q) = b.as_rational() {
            if let Some(n) = q.is_integer().then(|| q.numer().to_i64()).flatten() {
                return self.emit(Op::Integer(base, n));
            }
            return match q == Rational::from((1, 2)) {
                true => self.emit(Op::Unary(Function::Sqrt, base)),
                false => self.emit(Op::Rational(base, q)),
            };
        }
        let exponent = self.slot(b);
        if *a == Expr::Constant(Constant::E) {
            return self.emit(Op::Unary(Function::Exp, exponent));
        }
        let log = self.emit(Op::Unary(Function::Log, base));
        let product = self.emit(Op::Mul(exponent, log));
        self.emit(Op::Unary(Function::Exp, product))
    }

    /// `h_{k+1} = (u h_k - sqrt(k) h_{k-1}) / sqrt(k+1)`: no cancellation, unlike the powers of `u`.
    fn hermite(&mut self, n: u32, u: &Expr) -> Slot {
        let u = self.slot(u);
        let (mut before, mut now) = (self.number(0), self.number(1));
        let mut root = self.number(0);
        for k in 0..n {
            let next_root = self.number(k + 1);
            let next_root = self.emit(Op::Unary(Function::Sqrt, next_root));
            let mut next = if k == 0 {
                u
            } else {
                self.emit(Op::Mul(u, now))
            };
            if k > 0 {
                let back = self.emit(Op::Mul(root, before));
                next = self.emit(Op::Sub(next, back));
                next = self.emit(Op::Div(next, next_root));
            }
            (before, now, root) = (now, next, next_root);
        }
        now
    }
}

/// `u` where the tree is `exp(u)`.
fn exponent(e: &Expr) -> Option<&Expr> {
    match e {
        Expr::Call(Function::Exp, args) => args.first(),
        _ => None,
    }
}

/// `r` where the tree is `1+r`, `r+1` or `1-r`.
fn one_plus(e: &Expr) -> Option<Expr> {
    match e {
        Expr::Binary(BinaryOp::Add, a, b) if a.is_int(1) => Some((**b).clone()),
        Expr::Binary(BinaryOp::Add, a, b) if b.is_int(1) => Some((**a).clone()),
        Expr::Binary(BinaryOp::Sub, a, b) if a.is_int(1) => Some(-(**b).clone()),
        _ => None,
    }
}

/// Sums, products and squares of `x` and numbers.
fn is_written_polynomial(e: &Expr) -> bool {
    match e {
        Expr::X | Expr::Number(_) => true,
        Expr::Neg(a) => is_written_polynomial(a),
        Expr::Binary(BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, a, b) => {
            is_written_polynomial(a) && is_written_polynomial(b)
        }
        Expr::Binary(BinaryOp::Pow, a, b) => b.is_int(2) && is_written_polynomial(a),
        _ => e.as_rational().is_some(),
    }
}

/// `v` where the tree is `1 + e^v`.
fn plus_exponential(e: &Expr) -> Option<&Expr> {
    match e {
        Expr::Binary(BinaryOp::Add, a, b) if a.is_int(1) => exponent(b),
        Expr::Binary(BinaryOp::Add, a, b) if b.is_int(1) => exponent(a),
        _ => None,
    }
}

/// The factors of a product, with their integer powers.
fn flatten(e: &Expr, power: i64, factors: &mut Vec<(Expr, i64)>) {
    match e {
        Expr::Neg(a) => {
            factors.push((Expr::int(-1), 1));
            flatten(a, power, factors);
        }
        Expr::Binary(BinaryOp::Mul, a, b) => {
            flatten(a, power, factors);
            flatten(b, power, factors);
        }
        Expr::Binary(BinaryOp::Div, a, b) => {
            flatten(a, power, factors);
            flatten(b, -power, factors);
        }
        Expr::Binary(BinaryOp::Pow, a, b) if plus_exponential(a).is_some() => {
            match b.as_rational().filter(|q| q.is_integer()) {
                Some(n) => match n.numer().to_i32() {
                    Some(n) => factors.push(((**a).clone(), power * i64::from(n))),
                    None => factors.push((e.clone(), power)),
                },
                None => factors.push((e.clone(), power)),
            }
        }
        _ => factors.push((e.clone(), power)),
    }
}
