//! Evaluation: trees to straight-line programs, generic in the numbers.

use std::cmp::Ordering;
use std::collections::HashMap;

use rug::Rational;

use super::derive::removable;
use super::expr::{BinaryOp, Condition, Constant, Expr, Function, Relation};
use crate::real::{Analytic, Bits};

/// How often a quotient whose derivatives vanish as well is differentiated again.
const REMOVALS: u32 = 8;

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    X,
    Constant(usize),
    Step(usize),
}

/// One step of the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Op {
    Number(Rational),
    Pi,
    E,
    Neg(Slot),
    Add(Slot, Slot),
    Sub(Slot, Slot),
    Mul(Slot, Slot),
    Div(Slot, Slot),
    /// A quotient of two functions that both vanish at these `x`; the tape of this number has its limits.
    Removable(Slot, Slot, Vec<Rational>, usize),
    /// A tape of its own, at the value of an operand.
    Composed(usize, Slot),
    /// `log(1 + e^v)`
    Softplus(Slot),
    Integer(Slot, i64),
    Rational(Slot, Rational),
    Unary(Function, Slot),
    ExpM1(Slot),
    Ln1p(Slot),
    Min(Slot, Slot),
    Max(Slot, Slot),
    Select {
        left: Slot,
        relation: Relation,
        right: Slot,
        then: Slot,
        otherwise: Slot,
    },
}

/// A program for one or several trees: common subtrees are evaluated once, constant ones when the
/// tape is made, catalogue names are written out (`hermite` as its three-term recurrence).
///
/// What a result means is up to the number type: rounded for `f64`, an enclosure for balls and
/// rectangles. A switch (`min`, `max`, `abs`, `sign`, `step`, a conditional) whose sign is not certain
/// makes the result [undefined](Analytic::undefined), as does every point outside the domain.
///
/// A quotient `N/D` of functions that provably both vanish at a rational `c` (0, or a visible root of the
/// denominator) is taken in mean-value form where the division fails: for a convex set `S` that
/// contains `c`, and `N`, `D` analytic on it, `N(z)/D(z)` lies in `hull N'(S) / hull D'(S)` for every
/// `z` in `S`; so `sinc` has a value at 0 and an enclosure on every ball around it.
///
/// ```
/// use deeplimit::activation::{Expr, Tape};
/// let sinc: Expr = "sinc".parse()?;
/// let tape = Tape::<f64>::new(&[sinc.clone(), sinc.derivative()], 53);
/// assert_eq!(tape.at(&0.0), vec![1.0, 0.0]);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tape<T> {
    steps: Vec<Op>,
    constants: Vec<T>,
    outputs: Vec<Slot>,
    /// The limits of quotients, and what is evaluated at something else than `x`.
    limits: Vec<Tape<T>>,
    bits: Bits,
}

impl<T: Analytic> Tape<T> {
    /// The program of these trees, its constants made at `bits`.
    pub fn new(outputs: &[Expr], bits: Bits) -> Tape<T> {
        Tape::with_removals(outputs, bits, REMOVALS)
    }

    fn with_removals(outputs: &[Expr], bits: Bits, removals: u32) -> Tape<T> {
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
            removals,
        };
        let outputs: Vec<Slot> = outputs.iter().map(|e| writer.slot(e)).collect();
        writer.tape.outputs = outputs;
        writer.tape
    }

    /// The values of all trees at `x`.
    pub fn at(&self, x: &T) -> Vec<T> {
        let mut values: Vec<T> = Vec::with_capacity(self.steps.len());
        for op in &self.steps {
            let value = self.result(op, x, &values);
            values.push(value);
        }
        self.outputs
            .iter()
            .map(|slot| self.operand(*slot, x, &values).clone())
            .collect()
    }

    /// The value of the first tree at `x`.
    pub fn at_one(&self, x: &T) -> T {
        self.at(x).swap_remove(0)
    }

    /// The number of operations that one evaluation takes.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    fn operand<'a>(&'a self, slot: Slot, x: &'a T, values: &'a [T]) -> &'a T {
        match slot {
            Slot::X => x,
            Slot::Constant(i) => &self.constants[i],
            Slot::Step(i) => &values[i],
        }
    }

    fn result(&self, op: &Op, x: &T, values: &[T]) -> T {
        let at = |slot: &Slot| self.operand(*slot, x, values);
        let less = |a: &T, b: &T| (a.clone() - b).sign();
        let undefined = || T::undefined(self.bits);
        match op {
            Op::Number(q) => T::rational(q, self.bits),
            Op::Pi => T::pi(self.bits),
            Op::E => T::int(1, self.bits).exp(),
            Op::Neg(a) => -at(a).clone(),
            Op::Add(a, b) => at(a).clone() + at(b),
            Op::Sub(a, b) => at(a).clone() - at(b),
            Op::Mul(a, b) => at(a).clone() * at(b),
            Op::Div(a, b) => at(a).clone() / at(b),
            Op::Removable(a, b, places, limit) => {
                let quotient = at(a).clone() / at(b);
                if quotient.is_finite() {
                    return quotient;
                }
                // An exact 0/0: there, or so near that doubles underflow.
                if [at(a), at(b)]
                    .iter()
                    .all(|v| v.sign() == Some(Ordering::Equal))
                {
                    return self.limits[*limit].at_one(x);
                }
                // Where the hull contains the place, the division failed because `x` is there, or near.
                // A point elsewhere is its own hull, and the limit says nothing about it.
                let near = places.iter().find_map(|c| {
                    let c = T::rational(c, self.bits);
                    let around = (x.clone() - &c).hull_with_zero();
                    let contains_zero = !(T::int(1, self.bits) / &around).is_finite();
                    contains_zero.then(|| around + &c)
                });
                near.map_or(quotient, |around| self.limits[*limit].at_one(&around))
            }
            Op::Composed(tape, a) => self.limits[*tape].at_one(at(a)),
            Op::Softplus(v) => {
                // For large v the exponential would leave the range of doubles; a sign is certain on
                // the real line only, and there both forms are equal.
                let v = at(v);
                match v.sign() {
                    Some(Ordering::Greater) => v.clone() + (-v.clone()).exp().ln_1p(),
                    _ => v.exp().ln_1p(),
                }
            }
            Op::Integer(a, n) => at(a).powi(*n),
            Op::Rational(a, q) => at(a).powr(q),
            Op::ExpM1(a) => at(a).exp_m1(),
            Op::Ln1p(a) => at(a).ln_1p(),
            Op::Min(a, b) | Op::Max(a, b) => {
                let (a, b, smaller) = (at(a), at(b), matches!(op, Op::Min(..)));
                match less(a, b) {
                    Some(Ordering::Equal) => a.clone(),
                    Some(order) if (order == Ordering::Less) == smaller => a.clone(),
                    Some(_) => b.clone(),
                    None => undefined(),
                }
            }
            Op::Select {
                left,
                relation,
                right,
                then,
                otherwise,
            } => match less(at(left), at(right)) {
                Some(order) if relation.holds(order) => at(then).clone(),
                Some(_) => at(otherwise).clone(),
                None => undefined(),
            },
            Op::Unary(function, a) => self.unary(*function, at(a)),
        }
    }

    fn unary(&self, function: Function, a: &T) -> T {
        let signed = |less: i64, equal: i64, greater: i64| match a.sign() {
            Some(Ordering::Less) => T::int(less, self.bits),
            Some(Ordering::Equal) => T::int(equal, self.bits),
            Some(Ordering::Greater) => T::int(greater, self.bits),
            None => T::undefined(self.bits),
        };
        match function {
            Function::Abs => match a.sign() {
                Some(Ordering::Less) => -a.clone(),
                Some(_) => a.clone(),
                None => T::undefined(self.bits),
            },
            Function::Sign => signed(-1, 0, 1),
            Function::Step => signed(0, 1, 1),
            Function::Exp => a.exp(),
            Function::Log => a.ln(),
            Function::Sqrt => a.sqrt(),
            Function::Sin => a.sin(),
            Function::Cos => a.cos(),
            Function::Tan => a.tan(),
            Function::Sinh => a.sinh(),
            Function::Cosh => a.cosh(),
            Function::Tanh => a.tanh(),
            Function::Asin => a.asin(),
            Function::Acos => a.acos(),
            Function::Atan => a.atan(),
            Function::Asinh => a.asinh(),
            Function::Erf => a.erf(),
            Function::Erfc => a.erfc(),
            Function::Min | Function::Max => T::undefined(self.bits),
        }
    }
}

/// Writes a tape; every operation has one slot, however often it occurs.
struct Writer<T> {
    tape: Tape<T>,
    known: HashMap<Op, Slot>,
    removals: u32,
}

impl<T: Analytic> Writer<T> {
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
                    let sinc = Expr::Named(name, [Expr::X].into());
                    let inner = Tape::with_removals(&[sinc], self.tape.bits, self.removals);
                    self.tape.limits.push(inner);
                    self.emit(Op::Composed(self.tape.limits.len() - 1, u))
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
                let places = match self.removals {
                    0 => vec![],
                    _ => removable(a, b),
                };
                if places.is_empty() {
                    return self.emit(plain);
                }
                let quotient = a.derivative() / b.derivative();
                let limit = Tape::with_removals(&[quotient], self.tape.bits, self.removals - 1);
                self.tape.limits.push(limit);
                let limit = self.tape.limits.len() - 1;
                let slot = self.emit(Op::Removable(left, right, places, limit));
                self.known.insert(plain, slot);
                slot
            }
        }
    }

    fn power(&mut self, a: &Expr, b: &Expr) -> Slot {
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

impl Op {
    fn operands(&self) -> Vec<Slot> {
        match self {
            Op::Number(_) | Op::Pi | Op::E => vec![],
            Op::Neg(a)
            | Op::Integer(a, _)
            | Op::Rational(a, _)
            | Op::Unary(_, a)
            | Op::ExpM1(a)
            | Op::Ln1p(a)
            | Op::Softplus(a)
            | Op::Composed(_, a) => {
                vec![*a]
            }
            Op::Add(a, b)
            | Op::Sub(a, b)
            | Op::Mul(a, b)
            | Op::Div(a, b)
            | Op::Min(a, b)
            | Op::Max(a, b) => {
                vec![*a, *b]
            }
            Op::Removable(a, b, ..) => vec![*a, *b],
            Op::Select {
                left,
                right,
                then,
                otherwise,
                ..
            } => vec![*left, *right, *then, *otherwise],
        }
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
