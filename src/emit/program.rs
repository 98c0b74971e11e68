//! A function as a straight-line program in doubles: what every language writes in its own words.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::activation::{Function, Relation, Tape};

/// The place of a value in its program.
pub(super) type Slot = usize;

/// A double that can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Double(u64);

impl Double {
    pub fn new(value: f64) -> Double {
        Double(value.to_bits())
    }

    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// The functions of one argument that languages have, or get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Call {
    /// A function of the grammar.
    Plain(Function),
    /// `e^u - 1`
    Expm1,
    /// `log(1 + u)`
    Log1p,
    /// `1/(1 + e^-u)`
    Sigmoid,
    /// `log(1 + e^u)`
    Softplus,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    X,
    Number(Double),
    Neg(Slot),
    Add(Slot, Slot),
    Sub(Slot, Slot),
    Mul(Slot, Slot),
    Div(Slot, Slot),
    /// `u^n`
    Power(Slot, i64),
    /// `u^q`, undefined for negative `u`
    Root(Slot, Double),
    /// `c^u`, `c > 0`
    Exponential(Double, Slot),
    Call(Call, Slot),
    Min(Slot, Slot),
    Max(Slot, Slot),
    /// `left relation right ? then : otherwise`
    Select {
        left: Slot,
        relation: Relation,
        right: Slot,
        then: Slot,
        otherwise: Slot,
    },
    /// `h_n(u)` by its three-term recurrence.
    Hermite(u32, Slot),
    /// The powers of `u` from the constant on.
    Polynomial(Vec<Double>, Slot),
    /// A function that the framework has: its number in [`Program::own`].
    Own(usize, Slot),
}

/// A catalogue entry that a framework computes itself.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// The catalogue's name.
    pub name: &'static str,
    /// Its parameters.
    pub parameters: Vec<f64>,
    /// Its values.
    pub tape: Tape<f64>,
}

/// The operations in an order in which they can be done.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub ops: Vec<Op>,
    pub own: Vec<Own>,
    /// What the whole comes to.
    pub result: Slot,
    known: HashMap<Op, Slot>,
}

impl Op {
    /// What it is made of.
    pub fn operands(&self) -> Vec<Slot> {
        match self {
            Op::X | Op::Number(_) => vec![],
            Op::Neg(a)
            | Op::Power(a, _)
            | Op::Root(a, _)
            | Op::Exponential(_, a)
            | Op::Call(_, a)
            | Op::Hermite(_, a)
            | Op::Polynomial(_, a)
            | Op::Own(_, a) => vec![*a],
            Op::Add(a, b)
            | Op::Sub(a, b)
            | Op::Mul(a, b)
            | Op::Div(a, b)
            | Op::Min(a, b)
            | Op::Max(a, b) => vec![*a, *b],
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

impl Program {
    /// The place of this operation, which is done once.
    pub fn slot(&mut self, op: Op) -> Slot {
        if let Some(slot) = self.known.get(&op) {
            return *slot;
        }
        self.ops.push(op.clone());
        self.known.insert(op, self.ops.len() - 1);
        self.ops.len() - 1
    }

    /// A number.
    pub fn number(&mut self, value: f64) -> Slot {
        self.slot(Op::Number(Double::new(value)))
    }

    /// The value, where it is a number.
    pub fn known_number(&self, slot: Slot) -> Option<f64> {
        match self.ops[slot] {
            Op::Number(value) => Some(value.value()),
            _ => None,
        }
    }

    /// How often each value is used by those that the result needs; 0 where it is not needed.
    pub fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.ops.len()];
        uses[self.result] = 1;
        for slot in (0..=self.result).rev() {
            if uses[slot] > 0 {
                for operand in self.ops[slot].operands() {
                    uses[operand] += 1;
                }
            }
        }
        uses
    }

    /// Does anything that is needed satisfy this?
    pub fn any(&self, property: impl Fn(&Op) -> bool) -> bool {
        let needed = self.uses().into_iter().zip(&self.ops);
        needed.into_iter().any(|(n, op)| n > 0 && property(op))
    }

    /// The value at `x`, and the largest modulus on the way (NaN is none, infinity is one; numbers that are written do not
    /// count).
    pub fn at(&self, x: f64, values: &mut Vec<f64>) -> (f64, f64) {
        values.clear();
        let mut largest: f64 = 0.0;
        for op in &self.ops[..=self.result] {
            let value = self.value(op, x, values, &mut largest);
            if !matches!(op, Op::Number(_)) {
                largest = largest.max(value.abs());
            }
            values.push(value);
        }
        (values[self.result], largest)
    }

    fn value(&self, op: &Op, x: f64, values: &[f64], largest: &mut f64) -> f64 {
        let at = |slot: &Slot| values[*slot];
        match op {
            Op::X => x,
            Op::Number(c) => c.value(),
            Op::Neg(a) => -at(a),
            Op::Add(a, b) => at(a) + at(b),
            Op::Sub(a, b) => at(a) - at(b),
            Op::Mul(a, b) => at(a) * at(b),
            Op::Div(a, b) => at(a) / at(b),
            Op::Power(a, n) => at(a).powf(*n as f64),
            Op::Root(a, q) => at(a).powf(q.value()),
            Op::Exponential(c, a) => c.value().powf(at(a)),
            Op::Call(call, a) => called(*call, at(a)),
            Op::Min(a, b) if at(a) > at(b) || at(b).is_nan() => at(b),
            Op::Max(a, b) if at(a) < at(b) || at(b).is_nan() => at(b),
            Op::Min(a, _) | Op::Max(a, _) => at(a),
            Op::Select {
                left,
                relation,
                right,
                then,
                otherwise,
            } => match at(left).partial_cmp(&at(right)) {
                Some(order) if relation.holds(order) => at(then),
                _ => at(otherwise),
            },
            Op::Hermite(n, a) => {
                let (u, mut before, mut now) = (at(a), 0.0, 1.0);
                for k in 0..*n {
                    let (up, down) = (u * now, f64::from(k).sqrt() * before);
                    *largest = largest.max(up.abs()).max(down.abs());
                    let next = (up - down) / f64::from(k + 1).sqrt();
                    (before, now) = (now, next);
                }
                now
            }
            Op::Polynomial(c, a) => c.iter().rev().fold(0.0, |sum, c| sum * at(a) + c.value()),
            Op::Own(n, a) => {
                let (own, u) = (&self.own[*n], at(a));
                let value = own.tape.at_one(&u);
                // PyTorch computes these in single precision and divides in the end
                let divided = match own.name {
                    "gelu" | "gelu_tanh" => 2.0,
                    "hard_swish" => 6.0,
                    _ => 1.0,
                };
                if divided * value.abs() > f64::from(f32::MAX) {
                    *largest = f64::INFINITY;
                }
                value
            }
        }
    }
}

/// The value of a function of one argument.
fn called(call: Call, u: f64) -> f64 {
    let function = match call {
        Call::Expm1 => return u.exp_m1(),
        Call::Log1p => return u.ln_1p(),
        Call::Sigmoid => {
            let e = (-u.abs()).exp();
            return if u >= 0.0 { 1.0 } else { e } / (1.0 + e);
        }
        Call::Softplus => return u.max(0.0) + (-u.abs()).exp().ln_1p(),
        Call::Plain(function) => function,
    };
    match function {
        Function::Abs => u.abs(),
        Function::Sign => match u.partial_cmp(&0.0) {
            Some(Ordering::Less) => -1.0,
            Some(Ordering::Greater) => 1.0,
            _ => u,
        },
        Function::Step => f64::from(u8::from(u >= 0.0)),
        Function::Exp => u.exp(),
        Function::Log => u.ln(),
        Function::Sqrt => u.sqrt(),
        Function::Sin => u.sin(),
        Function::Cos => u.cos(),
        Function::Tan => u.tan(),
        Function::Sinh => u.sinh(),
        Function::Cosh => u.cosh(),
        Function::Tanh => u.tanh(),
        Function::Asin => u.asin(),
        Function::Acos => u.acos(),
        Function::Atan => u.atan(),
        Function::Asinh => u.asinh(),
        Function::Erf => libm::erf(u),
        Function::Erfc => libm::erfc(u),
        Function::Min | Function::Max => f64::NAN,
    }
}
