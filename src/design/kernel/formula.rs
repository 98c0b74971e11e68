//! A formula in `rho` as a program on jets.

use std::cmp::Ordering;
use std::collections::HashMap;

use rug::Rational;

use super::arc::arc_cosine;
use crate::activation::{BinaryOp, Constant, Expr, Function, Relation, Tape};
use crate::dual::{Dual, closed_form};
use crate::real::Jet;
use crate::real::{Analytic, Ball, Bits};

#[derive(Clone, Debug)]
enum Step {
    Rho,
    Constant(Ball),
    Neg(usize),
    Binary(BinaryOp, usize, usize),
    Integer(usize, i64),
    Rational(usize, Rational),
    Call(Function, usize),
    /// The smaller or the larger.
    Extreme(Ordering, usize, usize),
    Choice(usize, Relation, usize, usize),
    /// `sqrt(1 - a^2)`: defined wherever `|a| <= 1`.
    Cosine(usize),
    /// The dual of relu.
    Relu(Rational, usize),
}

/// A program: every subtree is evaluated once, a constant one when the program is made.
#[derive(Clone, Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    bits: Bits,
    /// That of relu.
    relu: Option<Dual<Ball>>,
}

impl Program {
    /// The program of a formula, its constants made at `bits`.
    pub fn new(formula: &Expr, bits: Bits) -> Program {
        let mut program = Program {
            steps: vec![],
            bits,
            relu: None,
        };
        program.written(&formula.expand(), &mut HashMap::new());
        program
    }

    /// The jet at a ball.
    pub fn at(&self, x: &Ball, order: usize) -> Jet {
        let mut values: Vec<Jet> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let value = self.value(step, x, order, &values);
            values.push(value);
        }
        values
            .pop()
            .unwrap_or_else(|| Jet::constant(Ball::undefined(self.bits), order))
    }

    fn written(&mut self, e: &Expr, known: &mut HashMap<Expr, usize>) -> usize {
        if let Some(at) = known.get(e) {
            return *at;
        }
        let step = if let Some(q) = e.as_rational() {
            Step::Constant(Ball::rational(&q, self.bits))
        } else {
            self.step(e, known)
        };
        let step = self.folded(step);
        self.steps.push(step);
        known.insert(e.clone(), self.steps.len() - 1);
        self.steps.len() - 1
    }

    fn step(&mut self, e: &Expr, known: &mut HashMap<Expr, usize>) -> Step {
        if let Some((factor, a)) = arc_cosine(e) {
            if self.relu.is_none() {
                let relu = Expr::Call(
                    Function::Max,
                    [Expr::X, Expr::rational(&Rational::new())].into(),
                );
                self.relu = closed_form(&relu, self.bits);
            }
            return Step::Relu(factor, self.written(a, known));
        }
        let mut child = |e: &Expr| self.written(e, known);
        match e {
            Expr::X => Step::Rho,
            Expr::Number(q) => Step::Constant(Ball::rational(q, self.bits)),
            Expr::Constant(Constant::Pi) => Step::Constant(Ball::pi(self.bits)),
            Expr::Constant(Constant::E) => Step::Constant(Ball::int(1, self.bits).exp()),
            Expr::Neg(a) => Step::Neg(child(a)),
            Expr::Binary(BinaryOp::Pow, a, b) => match b.as_rational() {
                Some(q) if q.is_integer() && q.numer().to_i64().is_some() => {
                    Step::Integer(child(a), q.numer().to_i64().unwrap_or_default())
                }
                Some(q) => Step::Rational(child(a), q),
                None => {
                    let power = (**b).clone() * Expr::call(Function::Log, (**a).clone());
                    Step::Call(Function::Exp, child(&power))
                }
            },
            Expr::Binary(op, a, b) => Step::Binary(*op, child(a), child(b)),
            Expr::Call(Function::Min, args) => {
                Step::Extreme(Ordering::Less, child(&args[0]), child(&args[1]))
            }
            Expr::Call(Function::Max, args) => {
                Step::Extreme(Ordering::Greater, child(&args[0]), child(&args[1]))
            }
            Expr::Call(Function::Sqrt, args) => match under_cosine(&args[0]) {
                Some(sine) => Step::Cosine(child(sine)),
                None => Step::Call(Function::Sqrt, child(&args[0])),
            },
            Expr::Call(function, args) => Step::Call(*function, child(&args[0])),
            Expr::If(condition, then, otherwise) => {
                let difference = condition.left.clone() - condition.right.clone();
                Step::Choice(
                    child(&difference),
                    condition.relation,
                    child(then),
                    child(otherwise),
                )
            }
            Expr::Mean(_) => {
                let tape = Tape::<Ball>::new(std::slice::from_ref(e), self.bits);
                Step::Constant(tape.at_one(&Ball::int(0, self.bits)))
            }
            // the catalogue is written out, and a formula has no letters
            Expr::Named(..) | Expr::Letter(_) => Step::Constant(Ball::undefined(self.bits)),
        }
    }

    /// A step of constants is one.
    fn folded(&self, step: Step) -> Step {
        let constant = |i: &usize| matches!(self.steps[*i], Step::Constant(_));
        let all = match &step {
            Step::Rho | Step::Constant(_) => false,
            Step::Neg(a) | Step::Integer(a, _) | Step::Rational(a, _) | Step::Call(_, a) => {
                constant(a)
            }
            Step::Cosine(a) | Step::Relu(_, a) => constant(a),
            Step::Binary(_, a, b) | Step::Extreme(_, a, b) => constant(a) && constant(b),
            Step::Choice(d, _, a, b) => [d, a, b].into_iter().all(constant),
        };
        if !all {
            return step;
        }
        let one = |s: &Step| match s {
            Step::Constant(b) => Jet::constant(b.clone(), 0),
            _ => Jet::constant(Ball::undefined(self.bits), 0),
        };
        let values: Vec<Jet> = self.steps.iter().map(one).collect();
        let value = self.value(&step, &Ball::int(0, self.bits), 0, &values);
        // what is undefined in part is no constant
        match value.partial {
            true => step,
            false => Step::Constant(value.c[0].clone()),
        }
    }

    fn value(&self, step: &Step, x: &Ball, order: usize, values: &[Jet]) -> Jet {
        match step {
            Step::Rho => Jet::variable(x, order),
            Step::Constant(b) => Jet::constant(b.clone(), order),
            Step::Neg(a) => values[*a].negated(),
            Step::Binary(op, a, b) => {
                let same = a == b;
                let (a, b) = (&values[*a], &values[*b]);
                match op {
                    BinaryOp::Add => a.plus(b),
                    BinaryOp::Sub => a.minus(b),
                    BinaryOp::Mul if same => a.square(),
                    BinaryOp::Mul => a.times(b),
                    BinaryOp::Div => a.over(b),
                    BinaryOp::Pow => Jet::constant(Ball::undefined(self.bits), order),
                }
            }
            Step::Integer(a, n) => values[*a].power(*n),
            Step::Rational(a, q) => values[*a].root(q),
            Step::Extreme(which, a, b) => {
                let (a, b) = (&values[*a], &values[*b]);
                match a.minus(b).c[0].sign() {
                    Some(Ordering::Equal) => a.either(b, true),
                    Some(order) if order == *which => a.clone(),
                    Some(_) => b.clone(),
                    None => {
                        let mut out = a.either(b, true);
                        let (a, b) = (&a.c[0], &b.c[0]);
                        out.c[0] = match which {
                            Ordering::Less => crate::real::Real::min(a, b),
                            _ => crate::real::Real::max(a, b),
                        };
                        out
                    }
                }
            }
            Step::Choice(difference, relation, then, otherwise) => {
                let (then, otherwise) = (&values[*then], &values[*otherwise]);
                match values[*difference].c[0].sign() {
                    // which it is here says nothing of the neighbourhood
                    Some(Ordering::Equal) => match relation.holds(Ordering::Equal) {
                        true => then.either(then, false),
                        false => otherwise.either(otherwise, false),
                    },
                    Some(order) if relation.holds(order) => then.clone(),
                    Some(_) => otherwise.clone(),
                    None => then.either(otherwise, false),
                }
            }
            Step::Call(function, a) => self.call(*function, &values[*a]),
            Step::Cosine(a) => values[*a].cosine(),
            Step::Relu(factor, a) => match &self.relu {
                Some(dual) => {
                    let z = values[*a].correlation();
                    // its slope is 1 - acos(z)/pi
                    let one = Jet::constant(Ball::int(1, self.bits), order);
                    let over = Ball::int(1, self.bits) / Ball::pi(self.bits);
                    let slope = one.minus(&z.arc(true).scaled(&over));
                    let kernel = z.chain(dual.at(&z.c[0]), &slope);
                    kernel.scaled(&Ball::rational(factor, self.bits))
                }
                None => Jet::constant(Ball::undefined(self.bits), order),
            },
        }
    }

    fn call(&self, function: Function, a: &Jet) -> Jet {
        let int = |n: i64| Jet::constant(Ball::int(n, self.bits), a.order());
        match function {
            Function::Abs => match a.c[0].sign() {
                Some(Ordering::Less) => a.negated(),
                Some(Ordering::Greater) => a.clone(),
                _ => {
                    let mut out = a.either(&a.negated(), true);
                    out.c[0] = crate::real::Real::abs(&a.c[0]);
                    out
                }
            },
            Function::Sign => match a.c[0].sign() {
                Some(Ordering::Less) => int(-1),
                Some(Ordering::Equal) => int(0).either(&int(0), false),
                Some(Ordering::Greater) => int(1),
                None => int(-1).either(&int(1), false),
            },
            Function::Step => match a.c[0].sign() {
                Some(Ordering::Less) => int(0),
                Some(Ordering::Greater) => int(1),
                Some(Ordering::Equal) => int(1).either(&int(1), false),
                None => int(0).either(&int(1), false),
            },
            Function::Exp => a.exp(),
            Function::Log => a.ln(),
            Function::Sqrt => a.root(&Rational::from((1, 2))),
            Function::Sin => a.waves(false).0,
            Function::Cos => a.waves(false).1,
            Function::Sinh => a.waves(true).0,
            Function::Cosh => a.waves(true).1,
            Function::Tan => a.tan(),
            Function::Tanh => a.tanh(),
            Function::Asin => a.arc(false),
            Function::Acos => a.arc(true),
            Function::Atan => a.atan(),
            Function::Asinh => a.asinh(),
            Function::Erf => a.erf(false),
            Function::Erfc => a.erf(true),
            Function::Min | Function::Max => Jet::constant(Ball::undefined(self.bits), a.order()),
        }
    }
}

/// `a` in `1 - a^2`.
fn under_cosine(e: &Expr) -> Option<&Expr> {
    let Expr::Binary(BinaryOp::Sub, one, square) = e else {
        return None;
    };
    one.as_rational().filter(|q| *q == 1)?;
    match &**square {
        Expr::Binary(BinaryOp::Pow, a, two) => two.as_rational().filter(|q| *q == 2).map(|_| &**a),
        Expr::Binary(BinaryOp::Mul, a, b) if a == b => Some(a),
        _ => None,
    }
}
