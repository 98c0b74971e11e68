//! An activation near 0: what a variance that tends to 0 sees of it.
//!
//! With one-sided derivatives `p_j = phi^(j)(0+)` and `m_j = phi^(j)(0-)` and `phi(0) = 0`, for `q -> 0`
//!
//! ```text
//! V(q) = E phi(sqrt(q) Z)^2 = (p_1^2 + m_1^2)/2 q + E|Z|^3/2 (p_1 p_2 - m_1 m_2) q^(3/2) + ...
//! ```
//!
//! and where the derivatives on both sides agree the next term is `3 (p_2^2/4 + p_1 p_3/3) q^2`.

use std::cmp::Ordering;

use crate::activation::pieces::{End, Piece};
use crate::activation::{Expr, Tape};
use crate::exact::{Activation, Closed};
use crate::real::{Analytic, Ball, Bits, Real};

/// `phi(0) = 0`, proved.
pub fn vanishes_at_zero(structure: &Activation) -> bool {
    let there = structure.expr.substitute(&Expr::int(0)).simplify();
    Closed::from_expr(&there).is_some_and(|c| c.is_zero())
}

/// `lim V(q)/q = (phi'(0+)^2 + phi'(0-)^2)/2` for `q -> 0`, where `phi(0) = 0`; `None` where a derivative is not finite.
pub fn slope_at_zero(structure: &Activation, bits: Bits) -> Option<Ball> {
    let [left, right] = sides(structure)?;
    let of = |p: &Piece| derivatives(p, 1, bits).map(|d| d[1].powi(2));
    let sum = match same(left, right) {
        true => of(right)?,
        false => (&of(left)? + &of(right)?).scale2(-1),
    };
    sum.is_finite().then_some(sum)
}

/// The same in closed form, where one is found.
pub fn closed_slope_at_zero(structure: &Activation) -> Option<Closed> {
    let [left, right] = sides(structure)?;
    let of = |p: &Piece| {
        let there = p.formula.derivative().substitute(&Expr::int(0)).simplify();
        Closed::from_expr(&there)?.powi(2)
    };
    match same(left, right) {
        true => of(right),
        false => Some(of(left)?.plus(&of(right)?)?.scaled(&(1, 2).into())),
    }
}

/// The sign of `V(q) - V'(0) q` for all small `q > 0`; `None` where it is not decided by the next order.
pub fn bend_at_zero(structure: &Activation) -> Option<Ordering> {
    const BITS: Bits = 128;
    let [left, right] = sides(structure)?;
    let p = derivatives(right, 3, BITS)?;
    if same(left, right) {
        let three = Ball::int(3, BITS);
        let next = &p[2].powi(2).scale2(-2) + &(&(&p[1] * &p[3]) / &three);
        return next.sign().filter(|s| s.is_ne());
    }
    let m = derivatives(left, 3, BITS)?;
    (&(&p[1] * &p[2]) - &(&m[1] * &m[2]))
        .sign()
        .filter(|s| s.is_ne())
}

fn same(left: &Piece, right: &Piece) -> bool {
    std::ptr::eq(left, right)
}

/// The pieces on either side of 0: twice the same one where 0 is inside of it.
fn sides(structure: &Activation) -> Option<[&Piece; 2]> {
    const BITS: Bits = 128;
    let place = |end: &End| match end {
        End::MinusInfinity => Some(Ordering::Less),
        End::PlusInfinity => Some(Ordering::Greater),
        End::Reach(r) => Some(r.cmp(&0)),
        End::At(b) => match b.as_rational() {
            Some(q) => Some(q.cmp0()),
            None => b.position(BITS).sign(),
        },
    };
    // an end whose side is not certain leaves both open
    let all: Option<Vec<_>> = structure
        .pieces
        .iter()
        .map(|p| Some((p, place(&p.from)?, place(&p.to)?)))
        .collect();
    let all = all?;
    let left = all
        .iter()
        .find(|(_, from, to)| from.is_lt() && to.is_ge())?;
    let right = all
        .iter()
        .find(|(_, from, to)| from.is_le() && to.is_gt())?;
    Some([left.0, right.0])
}

/// `phi^(j)(0)` of a piece, `j <= order`.
pub(super) fn derivatives(piece: &Piece, order: u32, bits: Bits) -> Option<Vec<Ball>> {
    let mut all = vec![piece.formula.clone()];
    for j in 0..order as usize {
        let next = all[j].derivative().simplify();
        all.push(next);
    }
    let values = Tape::<Ball>::new(&all, bits).at(&Ball::int(0, bits));
    values.iter().all(Ball::is_finite).then_some(values)
}

/// The piece around 0, where the formula is one and the same on both sides.
pub(super) fn piece_around_zero(structure: &Activation) -> Option<&Piece> {
    let [left, right] = sides(structure)?;
    same(left, right).then_some(right)
}
