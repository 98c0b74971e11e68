//! What the expression alone proves: symmetry, continuity, and moments in closed form.

use rug::Rational;

use crate::activation::pieces::{End, Piece, pieces};
use crate::activation::{BinaryOp, Expr, Parity};
use crate::error::{Error, Result};

use super::{Bound, Closed, expectation};

/// Facts about an activation that rest on its expression and on no number.
#[derive(Clone, Debug)]
pub struct Structure {
    /// Catalogue names expanded, simplified.
    pub expr: Expr,
    /// Even or odd, if proved.
    pub parity: Option<Parity>,
    /// Positive homogeneity of this degree, if proved: `phi(c z) = c^k phi(z)` for `c > 0`.
    pub homogeneity: Option<Rational>,
    /// The smooth pieces.
    pub pieces: Vec<Piece>,
    /// `E phi(Z)`.
    pub mean: Option<Closed>,
    /// `E phi(Z)^2`.
    pub square: Option<Closed>,
    /// `E Z phi(Z)`.
    pub first: Option<Closed>,
    /// `E phi'(Z)^2`, the derivative taken on the pieces.
    pub derivative_square: Option<Closed>,
    /// `E phi'(Z)^2 - E phi(Z)^2 = 0`, proved.
    pub critical: bool,
}

/// Breakpoints farther out than this are looked for only where the integrals need them.
const REACH: u32 = 16;

impl Structure {
    /// # Errors
    /// [`Error::Domain`] where the expression is undefined somewhere, zero, or constant; [`Error::Unresolved`] where the
    /// position of a kink cannot be proved.
    pub fn new(expr: &Expr) -> Result<Structure> {
        let expanded = expr.expand().simplify();
        if let Some(q) = expanded.as_rational() {
            return Err(Error::Domain(if q == 0 {
                "the activation is identically zero and cannot be normalised".to_string()
            } else {
                constant_message(&expanded)
            }));
        }
        if expanded.is_constant() {
            return Err(Error::Domain(constant_message(&expanded)));
        }
        let pieces = pieces(&expanded, REACH)?;
        if let [piece] = pieces.as_slice()
            && piece.formula.is_constant()
        {
            return Err(Error::Domain(
                if piece.formula.as_rational().is_some_and(|q| q == 0) {
                    "the activation is identically zero and cannot be normalised".to_string()
                } else {
                    constant_message(&piece.formula)
                },
            ));
        }
        let times =
            |a: &Expr, b: &Expr| Expr::Binary(BinaryOp::Mul, a.clone().into(), b.clone().into());
        let of = |f: &dyn Fn(&Expr) -> Expr| closed_expectation(&pieces, f);
        let mean = of(&Expr::clone);
        let square = of(&|p| times(p, p));
        let first = of(&|p| times(&Expr::X, p));
        let derivative_square = of(&|p| {
            let d = p.derivative();
            times(&d, &d)
        });
        let homogeneity = expanded.homogeneity();
        let difference = || {
            of(&|p| {
                let d = p.derivative();
                Expr::Binary(BinaryOp::Sub, times(&d, &d).into(), times(p, p).into())
            })
        };
        let critical = homogeneity.as_ref().is_some_and(|k| *k == 1)
            || match (&square, &derivative_square) {
                (Some(s), Some(d)) => d.equals(s),
                _ => difference().is_some_and(|d| d.is_zero()),
            };
        Ok(Structure {
            parity: expanded.parity(),
            homogeneity,
            mean,
            square,
            first,
            derivative_square,
            critical,
            expr: expanded,
            pieces,
        })
    }

    /// `E[phi(Z) h_n(Z)]` in closed form.
    pub fn coefficient(&self, n: u32) -> Option<Closed> {
        let h = Expr::parse(&format!("hermite({n}, x)")).ok()?.expand();
        closed_expectation(&self.pieces, &|p| {
            Expr::Binary(BinaryOp::Mul, p.clone().into(), h.clone().into())
        })
    }

    /// The activation has kinks or jumps.
    pub fn has_breakpoints(&self) -> bool {
        self.pieces.len() > 1
    }

    /// `phi(z) = c z`.
    pub fn is_linear(&self) -> bool {
        let zero = |e: &Expr| e.as_rational().is_some_and(|q| q == 0);
        matches!(self.pieces.as_slice(), [p] if p.formula.polynomial_over_constants()
            .is_some_and(|c| c.len() == 2 && zero(&c[0])))
    }
}

fn constant_message(e: &Expr) -> String {
    format!(
        "the activation is the constant {e}: its dual is 1 everywhere, every kernel matrix is singular, and there is no classifier to speak of"
    )
}

/// `sum_pieces E f(p(Z))` in closed form, where one is found.
pub fn closed_expectation(pieces: &[Piece], f: &dyn Fn(&Expr) -> Expr) -> Option<Closed> {
    let bound = |end: &End| match end {
        End::MinusInfinity => Some(Bound::MinusInfinity),
        End::PlusInfinity => Some(Bound::PlusInfinity),
        End::At(b) => Some(Bound::At(Closed::from_expr(b.exact()?)?)),
        End::Reach(_) => None,
    };
    let parts: Option<Vec<(Bound, Bound, Expr)>> = pieces
        .iter()
        .map(|p| Some((bound(&p.from)?, bound(&p.to)?, f(&p.formula).simplify())))
        .collect();
    expectation(&parts?)
}
