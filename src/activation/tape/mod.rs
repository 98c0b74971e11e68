//! Evaluation: trees to straight-line programs, generic in the numbers.

mod writer;

use std::cmp::Ordering;
use std::sync::Arc;

use rug::Rational;

use super::expr::{Expr, Function, Relation};
use super::mean;
use crate::real::{Analytic, Bits};

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
    /// A constant that has no value.
    Unknown,
    /// `E f(Z)`
    Mean(Arc<Expr>),
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
    /// `1/(1 + e^-v)`, where values are regions.
    Logistic(Slot),
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
/// makes the result [undefined](Analytic::undefined), as does every point outside the domain, a letter, and a mean that
/// does not exist. (Means are constants, so making a tape may take an integral; each is kept once it is known.)
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
        writer::tape(outputs, bits)
    }

    /// The values of all trees at `x`.
    pub fn at(&self, x: &T) -> Vec<T> {
        let mut values = Vec::with_capacity(self.steps.len());
        self.run(x, &mut values);
        self.outputs
            .iter()
            .map(|slot| self.operand(*slot, x, &values).clone())
            .collect()
    }

    /// The value of the first tree at `x`.
    pub fn at_one(&self, x: &T) -> T {
        self.at_one_with(x, &mut Vec::with_capacity(self.steps.len()))
    }

    /// The same with memory for the values of the steps, for loops over many `x`.
    pub fn at_one_with(&self, x: &T, values: &mut Vec<T>) -> T {
        self.run(x, values);
        self.operand(self.outputs[0], x, values).clone()
    }

    /// The values of the steps at `x`, in place of what is there.
    fn run(&self, x: &T, values: &mut Vec<T>) {
        values.clear();
        for op in &self.steps {
            let value = self.result(op, x, values);
            values.push(value);
        }
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
            Op::Unknown => undefined(),
            Op::Mean(f) => mean::number(f, self.bits),
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
            Op::Softplus(v) => at(v).softplus(),
            Op::Logistic(v) => at(v).logistic(),
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

impl Op {
    fn operands(&self) -> Vec<Slot> {
        match self {
            Op::Number(_) | Op::Pi | Op::E | Op::Unknown | Op::Mean(_) => vec![],
            Op::Neg(a)
            | Op::Integer(a, _)
            | Op::Rational(a, _)
            | Op::Unary(_, a)
            | Op::ExpM1(a)
            | Op::Ln1p(a)
            | Op::Softplus(a)
            | Op::Logistic(a)
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
