//! Switches: where branches meet, and which of them is evaluated where.

use super::super::masked;
use super::super::near::Near;
use super::super::program::{Call, Double, Op, Slot};
use super::Lowering;
use crate::activation::{Expr, Function, Relation};
use crate::error::Result;

impl Lowering {
    /// A polynomial near a point, something else farther away.
    pub(super) fn mended(
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
    pub(super) fn polynomial(&mut self, c: &[f64], t: Slot) -> Slot {
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

    pub(super) fn extremum(
        &mut self,
        a: &Expr,
        relation: Relation,
        b: &Expr,
        x: Slot,
    ) -> Result<Slot> {
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
    pub(super) fn choice(
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
            let negated = masked::negated(relation);
            let sides = [(relation, negated, then), (negated, relation, otherwise)];
            for (n, (holds, fails, branch)) in sides.into_iter().enumerate() {
                if !masked::tame(branch) {
                    let point = masked::point(left, holds, right, branch)?;
                    let point = self.program.number(point);
                    // what is no number compares with nothing and stays what it is
                    at[n] = self.program.slot(Op::Select {
                        left: l,
                        relation: fails,
                        right: r,
                        then: point,
                        otherwise: x,
                    });
                }
            }
        }
        let (then, otherwise) = (self.of(then, at[0])?, self.of(otherwise, at[1])?);
        Ok(self.select((l, relation, r), then, otherwise))
    }

    /// What is no number compares with nothing and takes the second branch: it is made one that is not constant.
    pub(super) fn select(
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
