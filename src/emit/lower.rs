//! An expression to a program whose every step is stable: `1 + erf(u)` is `erfc(-u)`, `1/(1 + e^-u)` a sigmoid, `log(1 + e^u)` a
//! softplus, and where terms cancel near a point there is a polynomial (`near.rs`).

mod sums;
mod switches;

use std::collections::HashMap;

use rug::Rational;

use super::calm::distributed;
use super::constant::value;
use super::near::near;
use super::program::{Call, Double, Op, Own, Program, Slot};
use super::terms::{Factors, Sum, one_plus_exp};
use crate::activation::{BinaryOp, Constant, Expr, Function, Relation, removable};
use crate::error::{Error, Result};

/// Longer programs are refused.
const LONGEST: usize = 20_000;
/// A quotient or a sum with more nodes is not looked at for what cancels.
const LOOKED_AT: usize = 400;

/// What a language asks of its programs.
#[derive(Clone, Copy)]
pub(super) struct Demands {
    /// Both branches of a switch are evaluated and differentiated: the one that is not taken gets another argument.
    pub guarded: bool,
    /// The entries of the catalogue that the framework has, each with what its parameters must satisfy.
    pub own: fn(&str, &[f64]) -> bool,
}

/// The program of an expression.
pub(super) fn program(e: &Expr, demands: Demands) -> Result<Program> {
    let mut lowering = Lowering {
        program: Program::default(),
        demands,
        done: HashMap::new(),
        outside: false,
    };
    let x = lowering.program.slot(Op::X);
    lowering.program.result = lowering.of(e, x)?;
    Ok(lowering.program)
}

struct Lowering {
    program: Program,
    demands: Demands,
    /// What stands outside of a polynomial is another formula than inside.
    done: HashMap<(Expr, Slot, bool), Slot>,
    /// What stands outside of a polynomial round 0.
    outside: bool,
}

impl Lowering {
    /// `e` at the value of `x`.
    fn of(&mut self, e: &Expr, x: Slot) -> Result<Slot> {
        if *e == Expr::X {
            return Ok(x);
        }
        if self.program.ops.len() > LONGEST {
            return Err(Error::Unresolved(format!(
                "the expression takes more than {LONGEST} operations, too many to be written out"
            )));
        }
        if e.is_constant() {
            let value = value(e)?;
            return Ok(self.program.number(value));
        }
        let question = (e.clone(), x, self.outside);
        if let Some(slot) = self.done.get(&question) {
            return Ok(*slot);
        }
        let slot = self.node(e, x)?;
        self.done.insert(question, slot);
        Ok(slot)
    }

    fn node(&mut self, e: &Expr, x: Slot) -> Result<Slot> {
        match e {
            Expr::Neg(_) | Expr::Binary(BinaryOp::Mul, ..) => self.product(e, x),
            Expr::Binary(BinaryOp::Div, a, b) => match a.size() + b.size() <= LOOKED_AT {
                true => {
                    let mut holes = removable(a, b);
                    holes.retain(|hole| !self.outside || *hole != 0);
                    self.quotient(e, &holes, x)
                }
                false => self.product(e, x),
            },
            Expr::Binary(BinaryOp::Add | BinaryOp::Sub, ..) => self.sum(e, x),
            Expr::Binary(BinaryOp::Pow, a, b) => self.power(a, b, x),
            Expr::Call(function, args) => match (function, &args[..]) {
                (Function::Min, [a, b]) => self.extremum(a, Relation::LessEqual, b, x),
                (Function::Max, [a, b]) => self.extremum(a, Relation::GreaterEqual, b, x),
                (Function::Step, [u]) => {
                    let (u, zero, one) = (
                        self.of(u, x)?,
                        self.program.number(0.0),
                        self.program.number(1.0),
                    );
                    Ok(self.select((u, Relation::GreaterEqual, zero), one, zero))
                }
                (Function::Log, [u]) => self.logarithm(u, x),
                (_, [u]) => {
                    let u = self.of(u, x)?;
                    Ok(self.call(Call::Plain(*function), u))
                }
                _ => Err(Error::Domain(format!(
                    "{e} has the wrong number of arguments"
                ))),
            },
            Expr::If(c, a, b) => self.choice((&c.left, c.relation, &c.right), a, b, x),
            Expr::Named(name, args) => self.named(e, name, args, x),
            // constants, and what has become one before
            Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::Mean(_) | Expr::X => {
                Err(Error::Domain(format!("{e} has no value")))
            }
        }
    }

    fn call(&mut self, call: Call, u: Slot) -> Slot {
        self.program.slot(Op::Call(call, u))
    }

    fn negative(&mut self, a: Slot) -> Slot {
        match self.program.ops[a] {
            Op::Neg(a) => a,
            Op::Number(c) => self.program.number(-c.value()),
            _ => self.program.slot(Op::Neg(a)),
        }
    }

    fn named(&mut self, e: &Expr, name: &'static str, args: &[Expr], x: Slot) -> Result<Slot> {
        if let (Some(n), [_, u]) = (e.hermite_index(), args) {
            let u = self.of(u, x)?;
            return Ok(match n {
                0 => self.program.number(1.0),
                1 => u,
                _ => self.program.slot(Op::Hermite(n, u)),
            });
        }
        let parameters: Result<Vec<f64>> = args[1..].iter().map(value).collect();
        if let Ok(parameters) = parameters
            && (self.demands.own)(name, &parameters)
        {
            let u = self.of(&args[0], x)?;
            let mut at_x = args.to_vec();
            at_x[0] = Expr::X;
            let tape = crate::activation::Tape::new(&[Expr::Named(name, at_x.into())], 53);
            let same = |own: &Own| own.name == name && own.parameters == parameters;
            let number = self.program.own.iter().position(same).unwrap_or_else(|| {
                self.program.own.push(Own {
                    name,
                    parameters,
                    tape,
                });
                self.program.own.len() - 1
            });
            return Ok(self.program.slot(Op::Own(number, u)));
        }
        match (name, args) {
            // At the value of u, so that the hole is mended wherever u vanishes.
            ("sinc", [u]) if *u != Expr::X => {
                let u = self.of(u, x)?;
                self.of(&Expr::Named(name, [Expr::X].into()), u)
            }
            _ => match e.written_out() {
                Expr::Named(..) => Err(Error::Domain(format!("{e} is no activation"))),
                formula => self.of(&formula, x),
            },
        }
    }

    fn logarithm(&mut self, u: &Expr, x: Slot) -> Result<Slot> {
        if let Some(v) = one_plus_exp(u) {
            let v = self.of(&v, x)?;
            return Ok(self.call(Call::Softplus, v));
        }
        let sum = Sum::of(u);
        if sum.constant.as_rational().is_some_and(|q| q == 1) && !sum.terms.is_empty() {
            let rest = self.of(&sum.rest(), x)?;
            return Ok(self.call(Call::Log1p, rest));
        }
        let u = self.of(u, x)?;
        Ok(self.call(Call::Plain(Function::Log), u))
    }

    fn power(&mut self, a: &Expr, b: &Expr, x: Slot) -> Result<Slot> {
        if let Some(q) = b.as_rational() {
            if let (Some(v), Some(n)) = (one_plus_exp(a), q.numer().to_i64())
                && q.is_integer()
                && n < 0
            {
                let gate = self.sigmoid(&-v, x)?;
                return Ok(self.integer_power(gate, -n));
            }
            let base = self.of(a, x)?;
            if let Some(n) = q.is_integer().then(|| q.numer().to_i64()).flatten() {
                return Ok(self.integer_power(base, n));
            }
            return Ok(match q == Rational::from((1, 2)) {
                true => self.call(Call::Plain(Function::Sqrt), base),
                false => self.program.slot(Op::Root(base, Double::new(value(b)?))),
            });
        }
        if *a == Expr::Constant(Constant::E) {
            let b = self.of(b, x)?;
            return Ok(self.call(Call::Plain(Function::Exp), b));
        }
        if a.is_constant() {
            let base = value(a)?;
            if base > 0.0 {
                let b = self.of(b, x)?;
                return Ok(self.program.slot(Op::Exponential(Double::new(base), b)));
            }
        }
        let (a, b) = (self.of(a, x)?, self.of(b, x)?);
        let log = self.call(Call::Plain(Function::Log), a);
        let product = self.program.slot(Op::Mul(b, log));
        Ok(self.call(Call::Plain(Function::Exp), product))
    }

    fn integer_power(&mut self, a: Slot, n: i64) -> Slot {
        match n {
            0 => self.program.number(1.0),
            1 => a,
            _ => self.program.slot(Op::Power(a, n)),
        }
    }

    fn sigmoid(&mut self, u: &Expr, x: Slot) -> Result<Slot> {
        let u = self.of(u, x)?;
        Ok(self.call(Call::Sigmoid, u))
    }

    /// A quotient that has holes at these places.
    fn quotient(&mut self, e: &Expr, places: &[Rational], x: Slot) -> Result<Slot> {
        let Some((place, others)) = places.split_first() else {
            return match distributed(e) {
                Some(sum) => self.of(&sum, x),
                None => self.product(e, x),
            };
        };
        let near = near(e, place).ok_or_else(|| {
            Error::Unresolved(format!(
                "the quotient {e} has a hole at x = {place}, and no polynomial was found that mends it"
            ))
        })?;
        self.mended(&near, x, |here, x| here.quotient(e, others, x))
    }

    /// Factors over factors, all constants in one.
    fn product(&mut self, e: &Expr, x: Slot) -> Result<Slot> {
        let mut factors = Factors::of(e);
        let mut above = Vec::new();
        for gate in factors.gates() {
            let u = self.sigmoid(&gate.argument, x)?;
            above.push(self.integer_power(u, gate.power));
        }
        let mut first = Vec::new();
        for f in &factors.above {
            first.push(self.of(f, x)?);
        }
        first.extend(above);
        let mut below = None;
        for f in &factors.below {
            let f = self.of(f, x)?;
            below = Some(below.map_or(f, |b| self.program.slot(Op::Mul(b, f))));
        }
        self.scaled(&factors.constant, &first, below)
    }

    /// `constant * above / below`.
    fn scaled(&mut self, constant: &Expr, above: &[Slot], below: Option<Slot>) -> Result<Slot> {
        let mut c = value(constant)?;
        let mut above = above.to_vec();
        let mut exact = true;
        for f in &mut above {
            // powers of two and signs are exact wherever they stand
            if let Op::Mul(a, b) = self.program.ops[*f]
                && let Some(two) = self.program.known_number(a)
                && (two.abs().log2().fract() == 0.0)
                && (c * two).is_normal()
            {
                (c, *f, exact) = (c * two, b, false);
            } else if let Op::Neg(a) = self.program.ops[*f] {
                (c, *f, exact) = (-c, a, false);
            }
        }
        if above.is_empty() {
            let c = self.program.number(c);
            return Ok(match below {
                Some(below) => self.program.slot(Op::Div(c, below)),
                None => c,
            });
        }
        // x/6 is one rounding, x*(1/6) two
        let divisor = constant.as_rational().filter(|q| {
            exact && *q.numer() == 1 && q.denom().to_f64() < 1e15 && !q.denom().is_power_of_two()
        });
        let mut product: Option<Slot> = match divisor {
            None if c.abs() != 1.0 => Some(self.program.number(c)),
            _ => None,
        };
        for f in &above {
            product = Some(product.map_or(*f, |p| self.program.slot(Op::Mul(p, *f))));
        }
        let mut result = product.unwrap_or(0);
        if c == -1.0 {
            result = self.negative(result);
        }
        if let Some(q) = divisor {
            let n = self.program.number(q.denom().to_f64());
            result = self.program.slot(Op::Div(result, n));
        }
        Ok(match below {
            Some(below) => self.program.slot(Op::Div(result, below)),
            None => result,
        })
    }
}
