//! An expression to a program whose every step is stable: `1 + erf(u)` is `erfc(-u)`, `1/(1 + e^-u)` a sigmoid, `log(1 + e^u)` a
//! softplus, and where terms cancel near a point there is a polynomial (`near.rs`).

use std::collections::HashMap;

use rug::Rational;

use super::calm::distributed;
use super::constant::value;
use super::masked;
use super::near::{Near, near};
use super::program::{Call, Double, Op, Own, Program, Slot};
use super::terms::{Factors, Sum, one_plus_exp};
use crate::activation::{BinaryOp, Constant, Expr, Function, Relation, removable};
use crate::error::{Error, Result};
use crate::real::{Analytic, Mpfr, Real};

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

    fn sum(&mut self, e: &Expr, x: Slot) -> Result<Slot> {
        let mut sum = Sum::of(e);
        let paired = self.pairs(&mut sum, x)?;
        if paired.is_empty()
            && !self.outside
            && e.size() <= LOOKED_AT
            && cancels(e, &sum)
            && let Some(near) = near(e, &Rational::new())
        {
            return self.mended(&near, x, |here, x| here.added(&sum, vec![], x));
        }
        self.added(&sum, paired, x)
    }

    /// The terms one after the other.
    fn added(&mut self, sum: &Sum, paired: Vec<Slot>, x: Slot) -> Result<Slot> {
        let mut total: Option<Slot> = None;
        let mut later = Vec::new();
        let add = |here: &mut Self, total: Option<Slot>, slot: Slot| match total {
            None => slot,
            Some(total) => here.program.slot(Op::Add(total, slot)),
        };
        for slot in paired {
            total = Some(add(self, total, slot));
        }
        for term in &sum.terms {
            // a term with a minus is taken away from what comes before it
            if term.is_negative() {
                later.push(term);
            } else {
                let slot = self.of(&term.expr(), x)?;
                total = Some(add(self, total, slot));
            }
        }
        let constant = value(&sum.constant)?;
        if constant > 0.0 && !later.is_empty() && total.is_none() {
            total = Some(self.program.number(constant));
        }
        let used = total.is_some_and(|t| self.program.known_number(t).is_some());
        for term in later {
            let slot = self.of(&(-term.expr()), x)?;
            total = Some(match total {
                None => self.negative(slot),
                Some(total) => self.program.slot(Op::Sub(total, slot)),
            });
        }
        let Some(total) = total else {
            return Ok(self.program.number(constant));
        };
        if constant == 0.0 || used {
            return Ok(total);
        }
        let c = self.program.number(constant.abs());
        Ok(self.program.slot(match constant > 0.0 {
            true => Op::Add(total, c),
            false => Op::Sub(total, c),
        }))
    }

    /// Terms that cancel far out are taken together: `k + k erf(u) = k erfc(-u)`, and what else has a name of its own.
    fn pairs(&mut self, sum: &mut Sum, x: Slot) -> Result<Vec<Slot>> {
        let mut paired = Vec::new();
        if let Some((u, w, b, coefficient)) = sum.take_conjugate() {
            let (u, w) = (self.of(&u, x)?, self.of(&w, x)?);
            let root = self.call(Call::Plain(Function::Sqrt), w);
            let both = self.conjugate(u, root, &b)?;
            paired.push(self.scaled(&coefficient, &[both], None)?);
        }
        let Some((term, same)) = sum.take_complement() else {
            return Ok(paired);
        };
        let k = term.constant.clone();
        let k = if same { k } else { -k };
        let turned = |u: &Expr| if same { u.clone() } else { -u.clone() };
        let two = || Expr::int(2);
        // k is the constant that was taken, `same` says that the term is k f and not -k f
        let slot = match (&term.above[..], &term.below[..]) {
            ([Expr::Call(Function::Erf, args)], []) => {
                let u = self.of(&-turned(&args[0]), x)?;
                let f = self.call(Call::Plain(Function::Erfc), u);
                self.scaled(&k, &[f], None)?
            }
            ([Expr::Call(Function::Erfc, args)], []) => {
                let u = self.of(&args[0], x)?;
                let f = self.call(Call::Plain(Function::Erf), u);
                self.scaled(&k, &[f], None)?
            }
            ([Expr::Call(Function::Tanh, args)], []) => {
                let gate = self.sigmoid(&(two() * turned(&args[0])), x)?;
                self.scaled(&(two() * k), &[gate], None)?
            }
            ([Expr::Binary(BinaryOp::Pow, t, _)], []) => {
                let Expr::Call(_, args) = &**t else {
                    return Err(Error::Domain(format!("{t} is no tanh")));
                };
                let up = self.sigmoid(&(two() * args[0].clone()), x)?;
                let down = self.sigmoid(&(two() * -args[0].clone()), x)?;
                self.scaled(&(Expr::int(4) * k), &[up, down], None)?
            }
            ([Expr::Call(_, args)], []) => {
                // k - k e^u
                let u = self.of(&args[0], x)?;
                let f = self.call(Call::Expm1, u);
                self.scaled(&-k, &[f], None)?
            }
            ([u], [Expr::Call(_, args)]) => {
                let b = term.conjugate_constant().unwrap_or_else(|| Expr::int(0));
                let (u, w) = (self.of(&turned(u), x)?, self.of(&args[0], x)?);
                let root = self.call(Call::Plain(Function::Sqrt), w);
                let both = self.conjugate(u, root, &b)?;
                self.scaled(&k, &[both], Some(root))?
            }
            _ => return Err(Error::Domain("a pair of terms that is none".to_owned())),
        };
        paired.push(slot);
        Ok(paired)
    }

    /// `u + root` with `root = sqrt(u^2 + b)`, which is `b/(root - u)`.
    fn conjugate(&mut self, u: Slot, root: Slot, b: &Expr) -> Result<Slot> {
        let (zero, b) = (self.program.number(0.0), self.program.number(value(b)?));
        let size = self.call(Call::Plain(Function::Abs), u);
        let below = self.program.slot(Op::Add(root, size));
        let small = self.program.slot(Op::Div(b, below));
        let plain = self.program.slot(Op::Add(u, root));
        Ok(self.select((u, Relation::Less, zero), small, plain))
    }

    /// A polynomial near a point, something else farther away.
    fn mended(
        &mut self,
        near: &Near,
        x: Slot,
        plain: impl FnOnce(&mut Self, Slot) -> Result<Slot>,
    ) -> Result<Slot> {
        let centre = self.program.number(near.centre);
        let radius = self.program.number(near.radius);
        let t = match near.centre == 0.0 {
            true => x,
            false => self.program.slot(Op::Sub(x, centre)),
        };
        let size = self.call(Call::Plain(Function::Abs), t);
        let (mut inside, mut outside) = (t, x);
        if self.demands.guarded {
            let zero = self.program.number(0.0);
            let far = self.program.number(near.far);
            inside = self.select((size, Relation::Less, radius), t, zero);
            outside = self.select((size, Relation::Less, radius), far, x);
        }
        let polynomial = self.polynomial(&near.coefficients, inside);
        let before = self.outside;
        self.outside |= near.centre == 0.0;
        let plain = plain(self, outside);
        self.outside = before;
        let plain = plain?;
        Ok(self.select((size, Relation::Less, radius), polynomial, plain))
    }

    /// By powers of `t^2` where there are only even or only odd ones.
    fn polynomial(&mut self, c: &[f64], t: Slot) -> Slot {
        let every = |from: usize| c.iter().skip(from).step_by(2);
        let kept = |c: Vec<f64>| c.into_iter().map(Double::new).collect();
        let parity = [0, 1].into_iter().find(|p| every(1 - p).all(|c| *c == 0.0));
        let Some(odd) = parity else {
            return self.program.slot(Op::Polynomial(kept(c.to_vec()), t));
        };
        let square = self.program.slot(Op::Power(t, 2));
        let half = Op::Polynomial(kept(every(odd).copied().collect()), square);
        let half = self.program.slot(half);
        match odd {
            0 => half,
            _ => self.program.slot(Op::Mul(t, half)),
        }
    }

    fn extremum(&mut self, a: &Expr, relation: Relation, b: &Expr, x: Slot) -> Result<Slot> {
        if self.demands.guarded && !(masked::tame(a) && masked::tame(b)) {
            return self.choice((a, relation, b), a, b, x);
        }
        let (a, b) = (self.of(a, x)?, self.of(b, x)?);
        Ok(match relation {
            _ if a == b => a,
            Relation::LessEqual => self.program.slot(Op::Min(a, b)),
            _ => self.program.slot(Op::Max(a, b)),
        })
    }

    /// A conditional; where both branches are evaluated, each at an argument that it can bear.
    fn choice(
        &mut self,
        (left, relation, right): (&Expr, Relation, &Expr),
        then: &Expr,
        otherwise: &Expr,
        x: Slot,
    ) -> Result<Slot> {
        let (l, r) = (self.of(left, x)?, self.of(right, x)?);
        if let (Some(a), Some(b)) = (self.program.known_number(l), self.program.known_number(r)) {
            let holds = a.partial_cmp(&b).is_some_and(|order| relation.holds(order));
            return self.of(if holds { then } else { otherwise }, x);
        }
        let mut at = [x, x];
        if self.demands.guarded {
            let sides = [(relation, then), (masked::negated(relation), otherwise)];
            for (n, (holds, branch)) in sides.into_iter().enumerate() {
                if !masked::tame(branch) {
                    let point = masked::point(left, holds, right, branch)?;
                    let point = self.program.number(point);
                    // what is no number compares with nothing and goes into the second branch as it is
                    let (then, otherwise) = if n == 0 { (x, point) } else { (point, x) };
                    at[n] = self.program.slot(Op::Select {
                        left: l,
                        relation,
                        right: r,
                        then,
                        otherwise,
                    });
                }
            }
        }
        let (then, otherwise) = (self.of(then, at[0])?, self.of(otherwise, at[1])?);
        Ok(self.select((l, relation, r), then, otherwise))
    }

    /// What is no number compares with nothing and takes the second branch: it is made one that is not constant.
    fn select(
        &mut self,
        (left, relation, right): (Slot, Relation, Slot),
        then: Slot,
        otherwise: Slot,
    ) -> Slot {
        if then == otherwise {
            return then;
        }
        let constant = |slot: Slot| self.program.known_number(slot).is_some();
        let (relation, then, otherwise) = match (constant(then), constant(otherwise)) {
            (_, false) => (relation, then, otherwise),
            (false, true) => (masked::negated(relation), otherwise, then),
            (true, true) => {
                let lost = self.program.slot(Op::Sub(left, right));
                let lost = match self.program.known_number(right) {
                    Some(0.0) => left,
                    _ => lost,
                };
                let rest = Op::Select {
                    left,
                    relation: masked::negated(relation),
                    right,
                    then: otherwise,
                    otherwise: lost,
                };
                let rest = self.program.slot(rest);
                (relation, then, rest)
            }
        };
        self.program.slot(Op::Select {
            left,
            relation,
            right,
            then,
            otherwise,
        })
    }
}

/// Do the terms nearly cancel on either side of 0?
fn cancels(e: &Expr, sum: &Sum) -> bool {
    /// So many bits are more than doubles can spare.
    const LOST: f64 = 1e-4;
    let mut all = vec![e.clone(), sum.constant.clone()];
    all.extend(sum.terms.iter().map(Factors::expr));
    let tape = crate::activation::Tape::<Mpfr>::new(&all, 300);
    [1, -1].into_iter().all(|side| {
        let x = Mpfr::int(side, 300).scale2(-30);
        let values: Vec<f64> = tape.at(&x).iter().map(Real::to_f64).collect();
        let largest = values[1..].iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        values.iter().all(|v| v.is_finite()) && values[0].abs() < LOST * largest
    })
}
