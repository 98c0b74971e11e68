//! An activation as smooth pieces: every switch resolved, every breakpoint known to any precision.
//!
//! * `breakpoint`: points, exact or as zeros; `probe`: signs at points.
//! * `span`: intervals between them.
//! * `polynomial`: all real roots of rational polynomials.
//! * `structure`: factors, inverse functions, orders of zeros and poles.
//! * `isolation`, `approach`: zeros of other smooth functions, by interval arithmetic.
//! * `signs`: the three joined: the sign of a function on an interval.
//! * `resolve`: the walk through the tree.

mod approach;
mod breakpoint;
mod isolation;
mod polynomial;
mod probe;
mod resolve;
mod signs;
mod span;
mod structure;
#[cfg(test)]
mod tests;

use crate::activation::{Expr, Tape};
use crate::error::Result;
use crate::real::{Ball, Bits};

pub use breakpoint::Breakpoint;
use resolve::Resolver;

/// A formula without switches, and the open interval on which it is the activation.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where the piece begins.
    pub from: End,
    /// Where it ends.
    pub to: End,
    /// No `min`, `max`, `abs`, `sign`, `step`, conditional or catalogue name; analytic inside the interval.
    pub formula: Expr,
}

/// An end of a [`Piece`].
#[derive(Clone, Debug)]
pub enum End {
    /// The piece has no lower end.
    MinusInfinity,
    /// The piece has no upper end.
    PlusInfinity,
    /// A kink, a jump, or another point where the formula is not analytic.
    At(Breakpoint),
    /// Nothing is claimed beyond this point (`abs(sin(x))` has kinks without end).
    Reach(i64),
}

impl End {
    /// The breakpoint, if it is one.
    pub fn breakpoint(&self) -> Option<&Breakpoint> {
        match self {
            End::At(p) => Some(p),
            _ => None,
        }
    }
}

/// The smooth pieces of an activation, in ascending order. They tile the real line, except that the first and
/// the last may end at [`End::Reach`].
///
/// Proved: each piece equals the activation on its open interval, its formula is analytic there, and
/// neighbours differ or meet at a point where the formula is not analytic. Zeros of switching functions are
/// exact where they are rational, linear or quadratic, or where the function can be solved; otherwise each is
/// the only zero in an interval that was found by interval arithmetic within `reach` of the origin.
///
/// # Errors
///
/// [`Domain`](crate::error::Error::Domain) where a letter has no value, where the activation is undefined on an interval or has a pole that makes `E phi(Z)^2`
/// diverge; [`Unresolved`](crate::error::Error::Unresolved) where a switching function has a zero that cannot be isolated, or
/// infinitely many.
///
/// ```
/// use deeplimit::activation::{Expr, pieces::pieces};
/// let kink: Expr = "relu(2*x-1)".parse()?;
/// let kink = pieces(&kink, 32)?;
/// assert_eq!(kink[1].formula.to_string(), "2*x-1");
/// let at = kink[1].from.breakpoint().and_then(|p| p.as_rational());
/// assert_eq!(at, Some(&(1, 2).into()));
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn pieces(expr: &Expr, reach: u32) -> Result<Vec<Piece>> {
    expr.no_letters()?;
    expr.means_exist()?;
    Resolver::new(expr, reach).pieces()
}

/// [`pieces`] of a function of which `E f(Z)` alone is wanted: a pole weaker than `1/|x - p|` is no fault.
///
/// # Errors
/// As [`pieces`]; [`Domain`](crate::error::Error::Domain) where a pole makes `E |f(Z)|` diverge.
pub fn integrable_pieces(expr: &Expr, reach: u32) -> Result<Vec<Piece>> {
    expr.no_letters()?;
    expr.means_exist()?;
    Resolver::new(expr, reach).integrable().pieces()
}

/// Where the square of the derivative is not integrable although the pieces may meet (`sqrt(abs(x))`): the first breakpoint next to which
/// `|phi'(x)|` is of the exact order `|x - p|^-k` with `k >= 1/2`, proved by the structure, and `k`.
///
/// ```
/// use deeplimit::activation::{Expr, pieces::{derivative_pole, pieces}};
/// let root: Expr = "sqrt(abs(x))".parse()?;
/// assert_eq!(derivative_pole(&pieces(&root, 16)?).map(|(_, k)| k), Some((1, 2).into()));
/// let kink: Expr = "abs(x)^1.5".parse()?;
/// assert!(derivative_pole(&pieces(&kink, 16)?).is_none());
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn derivative_pole(pieces: &[Piece]) -> Option<(Breakpoint, rug::Rational)> {
    pieces.iter().find_map(|piece| {
        let ends = [
            (&piece.from, structure::Sides::Right),
            (&piece.to, structure::Sides::Left),
        ];
        let mut breakpoints = (ends.into_iter())
            .filter_map(|(end, side)| Some((end.breakpoint()?, side)))
            .peekable();
        breakpoints.peek()?;
        let derivative = piece.formula.derivative().simplify();
        breakpoints.find_map(|(p, side)| {
            let growth = structure::growth(&derivative, p, side)?;
            let infinite = growth.exact && growth.exponent <= rug::Rational::from((-1, 2));
            infinite.then(|| (p.clone(), -growth.exponent))
        })
    })
}

/// The jump of the activation between neighbours, `right - left` at the breakpoint between them: a ball that
/// certainly contains it, undefined where one side has no limit by evaluation.
pub fn jump(left: &Piece, right: &Piece, bits: Bits) -> Ball {
    difference(left, &right.formula.clone(), &left.formula, bits)
}

/// The jump of the first derivative between neighbours, as [`jump`].
pub fn kink(left: &Piece, right: &Piece, bits: Bits) -> Ball {
    difference(
        left,
        &right.formula.derivative(),
        &left.formula.derivative(),
        bits,
    )
}

fn difference(left: &Piece, after: &Expr, before: &Expr, bits: Bits) -> Ball {
    use crate::real::Analytic;
    let Some(p) = left.to.breakpoint() else {
        return Ball::undefined(bits);
    };
    let work = bits.saturating_add(32);
    let tape = Tape::<Ball>::new(&[after.clone(), before.clone()], work);
    let values = tape.at(&p.position(work));
    values[0].clone() - &values[1]
}
