//! Sums: terms that belong together, and what cancels near 0.

use rug::Rational;

use super::super::constant::value;
use super::super::near::near;
use super::super::program::{Call, Op, Slot};
use super::super::terms::{Factors, Sum};
use super::{LOOKED_AT, Lowering};
use crate::activation::{BinaryOp, Expr, Function, Relation};
use crate::error::{Error, Result};
use crate::real::{Analytic, Mpfr, Real};

impl Lowering {
    pub(super) fn sum(&mut self, e: &Expr, x: Slot) -> Result<Slot> {
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
    pub(super) fn added(&mut self, sum: &Sum, paired: Vec<Slot>, x: Slot) -> Result<Slot> {
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
    pub(super) fn pairs(&mut self, sum: &mut Sum, x: Slot) -> Result<Vec<Slot>> {
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
    pub(super) fn conjugate(&mut self, u: Slot, root: Slot, b: &Expr) -> Result<Slot> {
        let (zero, b) = (self.program.number(0.0), self.program.number(value(b)?));
        let size = self.call(Call::Plain(Function::Abs), u);
        let below = self.program.slot(Op::Add(root, size));
        let small = self.program.slot(Op::Div(b, below));
        let plain = self.program.slot(Op::Add(u, root));
        Ok(self.select((u, Relation::Less, zero), small, plain))
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
