//! Jumps that are exactly zero, and pieces between breakpoints in closed form.

use super::constant::Closed;
use super::expectation::Bound;
use super::tails::{is_continuous_beyond, is_continuous_on};
use crate::activation::Expr;
use crate::activation::pieces::{End, Piece, jump};
use crate::real::{Analytic, Ball};

/// Enclosures of a jump are tried at these precisions: what 1,000 bits do not tell from zero is left open.
const JUMP_BITS: [u32; 3] = [64, 256, 1000];

/// Does the activation have the same limit on both sides of the breakpoint between two neighbours? `true` is a
/// proof (by the switch that vanishes there, or by constants in closed form), `false` says nothing.
pub fn meet(left: &Piece, right: &Piece) -> bool {
    let Some(p) = left.to.breakpoint() else {
        return false;
    };
    let difference = right.formula.clone() - left.formula.clone();
    if p.is_zero_of(&difference) {
        return true;
    }
    let value = |formula: &Expr| Closed::from_expr(&formula.substitute(p.exact()?));
    match (value(&left.formula), value(&right.formula)) {
        (Some(a), Some(b)) => a.equals(&b),
        _ => false,
    }
}

/// Is the activation continuous on the whole line? `Some` is a proof: every jump is exactly zero, or excluded by construction
/// (`abs` of something continuous), or an enclosure of one excludes zero. Pieces that end at a [reach](End::Reach) leave open what comes after, unless `expr`, which they are the
/// pieces of, is continuous there by construction.
///
/// ```
/// use deeplimit::activation::{Expr, pieces::pieces};
/// use deeplimit::exact::is_continuous;
/// let continuous = |text: &str| {
///     let expr: Expr = text.parse()?;
///     Ok::<_, deeplimit::error::Error>(is_continuous(&expr, &pieces(&expr, 32)?))
/// };
/// assert_eq!(continuous("max(tanh(x), -0.5)")?, Some(true));
/// assert_eq!(continuous("hard_shrink(x)")?, Some(false));
/// // kinks without end, and jumps that may lie beyond 32
/// assert_eq!(continuous("abs(sin(x))")?, Some(true));
/// assert_eq!(continuous("sign(cos(x)+e^2000*exp(-x^2))")?, None);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn is_continuous(expr: &Expr, pieces: &[Piece]) -> Option<bool> {
    let mut open = !is_continuous_outside(expr, pieces);
    for pair in pieces.windows(2) {
        if meet(&pair[0], &pair[1]) {
            continue;
        }
        if certain_jump(pair).is_some() {
            return Some(false);
        }
        // a kink that is known by its digits alone
        let place = pair[0]
            .to
            .breakpoint()
            .map(|p| p.position(128).to_interval());
        open |= !place.is_some_and(|x| is_continuous_on(expr, x));
    }
    if open { None } else { Some(true) }
}

/// An enclosure, which excludes zero, of the first jump that certainly is one.
pub fn first_jump(pieces: &[Piece]) -> Option<Ball> {
    pieces
        .windows(2)
        .filter(|pair| !meet(&pair[0], &pair[1]))
        .find_map(certain_jump)
}

fn certain_jump(pair: &[Piece]) -> Option<Ball> {
    JUMP_BITS
        .iter()
        .map(|&bits| jump(&pair[0], &pair[1], bits))
        .find(|ball| ball.is_finite() && ball.sign().is_some_and(|sign| sign.is_ne()))
}

/// Nothing can jump beyond the reach of the pieces.
fn is_continuous_outside(expr: &Expr, pieces: &[Piece]) -> bool {
    let right = match pieces.last().map(|piece| &piece.to) {
        Some(End::Reach(r)) => is_continuous_beyond(expr, *r),
        _ => true,
    };
    let left = match pieces.first().map(|piece| &piece.from) {
        Some(End::Reach(r)) => is_continuous_beyond(&expr.substitute(&-Expr::X), -*r),
        _ => true,
    };
    left && right
}

/// The pieces as [`expectation`](super::expectation()) wants them: `None` if a breakpoint has no closed form, or
/// if the pieces do not cover the line.
pub fn bounds(pieces: &[Piece]) -> Option<Vec<(Bound, Bound, Expr)>> {
    let bound = |end: &End| match end {
        End::MinusInfinity => Some(Bound::MinusInfinity),
        End::PlusInfinity => Some(Bound::PlusInfinity),
        End::At(p) => Some(Bound::At(Closed::from_expr(p.exact()?)?)),
        End::Reach(_) => None,
    };
    (pieces.iter())
        .map(|piece| {
            Some((
                bound(&piece.from)?,
                bound(&piece.to)?,
                piece.formula.clone(),
            ))
        })
        .collect()
}
