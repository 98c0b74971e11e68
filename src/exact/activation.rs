//! An activation, made ready: its expression, and what the expression alone proves: symmetry, continuity, moments in closed form.

use std::fmt;
use std::str::FromStr;

use rug::Rational;

use crate::activation::pieces::{End, Piece, pieces};
use crate::activation::{BinaryOp, Expr, Function, Parity};
use crate::error::{Error, Result};

use super::means::{is_centred, with_closed_means};
use super::{Bound, Closed, closed_mean, expectation, is_continuous};

/// An activation: the expression and the facts that rest on it and on no number. Made once, and asked often.
///
/// ```
/// use deeplimit::Activation;
/// let relu: Activation = "relu".parse()?;
/// assert_eq!(relu.to_string(), "max(x, 0)");
/// // E relu(Z)^2 = 1/2 in closed form, relu(c z) = c relu(z), and it does not jump
/// assert_eq!(relu.square.as_ref().map(|s| s.to_string()).as_deref(), Some("1/2"));
/// assert_eq!((relu.homogeneity.clone(), relu.continuous), (Some(1.into()), Some(true)));
/// assert!("sin(x)^2 + cos(x)^2".parse::<Activation>().is_err());
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Activation {
    /// As it was typed.
    pub typed: Expr,
    /// Catalogue names expanded, means in closed form where they have one, simplified.
    pub expr: Expr,
    /// Even or odd, if proved.
    pub parity: Option<Parity>,
    /// Positive homogeneity of this degree, if proved: `phi(c z) = c^k phi(z)` for `c > 0`.
    pub homogeneity: Option<Rational>,
    /// The smooth pieces.
    pub pieces: Vec<Piece>,
    /// `E phi(Z)`.
    pub mean: Option<Closed>,
    /// `E phi(Z) = 0` by the definition of the means in the expression: `centred(f)`.
    pub centred: bool,
    /// `E phi(Z)^2`.
    pub square: Option<Closed>,
    /// `E Z phi(Z)`.
    pub first: Option<Closed>,
    /// `E phi'(Z)^2`, the derivative taken on the pieces.
    pub derivative_square: Option<Closed>,
    /// `E phi'(Z)^2 - E phi(Z)^2 = 0`, proved.
    pub critical: bool,
    /// Continuous on the whole line; `Some` is a proof either way ([`is_continuous`]).
    pub continuous: Option<bool>,
    /// `phi(z) = c z` for almost every `z`, proved; `false` says nothing.
    pub linear: bool,
}

impl FromStr for Activation {
    type Err = Error;

    /// Reads an expression of `x`, or a name of the catalogue.
    fn from_str(text: &str) -> Result<Self> {
        Activation::new(&Expr::parse(text)?)
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

/// Breakpoints farther out than this are looked for only where the integrals need them.
pub(super) const REACH: u32 = 16;
/// So far a jump is looked for where continuity stays open.
const FAR: u32 = 64;

impl Activation {
    /// # Errors
    /// [`Error::Domain`] where the expression has a letter without a value or a mean that does not exist, is undefined somewhere, zero, or constant; [`Error::Unresolved`] where the
    /// position of a kink cannot be proved.
    pub fn new(expr: &Expr) -> Result<Activation> {
        expr.no_letters()?;
        let written = expr.expand();
        written.means_exist()?;
        let centred = is_centred(&written);
        let expanded = with_closed_means(&written.simplify()).simplify();
        defined(&written, &expanded, &pieces)?;
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
        let mut pieces = pieces(&expanded, REACH)?;
        let mut continuous = is_continuous(&expanded, &pieces);
        if continuous.is_none()
            && let Some(far) = farther(&expanded, &pieces)
        {
            continuous = is_continuous(&expanded, &far);
            pieces = far;
        }
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
        let mean = match centred {
            true => Some(Closed::zero()),
            false => of(&Expr::clone).or_else(|| {
                let has_means = expanded.any(&|e| matches!(e, Expr::Mean(_)));
                has_means.then(|| closed_mean(&expanded))?
            }),
        };
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
        if square.as_ref().is_some_and(Closed::is_zero) {
            return Err(Error::Domain(
                "the activation is zero almost everywhere and cannot be normalised".to_string(),
            ));
        }
        // Equality in the inequality of Cauchy and Schwarz.
        let parallel = |moment: &Option<Closed>| match (moment, &square) {
            (Some(m), Some(s)) => m.powi(2).is_some_and(|m| m.equals(s)),
            _ => false,
        };
        if parallel(&mean) {
            let value = mean.as_ref().map_or_else(String::new, Closed::to_string);
            return Err(Error::Domain(constant_message(&value)));
        }
        let zero = |e: &Expr| e.as_rational().is_some_and(|q| q == 0);
        let line = matches!(pieces.as_slice(), [p] if p.formula.polynomial_over_constants()
            .is_some_and(|c| c.len() == 2 && zero(&c[0])));
        let linear = line || parallel(&first);
        Ok(Activation {
            typed: expr.clone(),
            parity: expanded.parity(),
            continuous,
            linear,
            homogeneity,
            mean,
            centred,
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
        if n == 0 && self.mean.is_some() {
            return self.mean.clone();
        }
        let h = Expr::parse(&format!("hermite({n}, x)")).ok()?.expand();
        closed_expectation(&self.pieces, &|p| {
            Expr::Binary(BinaryOp::Mul, p.clone().into(), h.clone().into())
        })
    }

    /// The activation has kinks or jumps, or may have them beyond the reach of its pieces; otherwise it is proved to be
    /// analytic on the whole line.
    pub fn has_breakpoints(&self) -> bool {
        let [piece] = self.pieces.as_slice() else {
            return true;
        };
        !matches!(
            (&piece.from, &piece.to),
            (End::MinusInfinity, End::PlusInfinity)
        )
    }
}

/// The activation is defined wherever it is written to be: simplification drops what is multiplied by zero or cancels
/// (`0*log(x)`), and with it where that is undefined. `pieces` knows which poles are too strong.
pub(crate) fn defined(
    written: &Expr,
    simplified: &Expr,
    pieces: &dyn Fn(&Expr, u32) -> Result<Vec<Piece>>,
) -> Result<()> {
    let partial = |e: &Expr| match e {
        Expr::Binary(BinaryOp::Div, _, b) => !b.is_constant(),
        Expr::Binary(BinaryOp::Pow, a, b) => {
            !a.is_constant() && b.as_rational().is_none_or(|q| q < 0 || !q.is_integer())
        }
        Expr::Call(
            Function::Log | Function::Sqrt | Function::Asin | Function::Acos | Function::Tan,
            arguments,
        ) => !arguments[0].is_constant(),
        _ => false,
    };
    if written == simplified || !written.any(&partial) {
        return Ok(());
    }
    match pieces(written, REACH) {
        Err(fault @ Error::Domain(_)) => Err(fault),
        _ => Ok(()),
    }
}

/// The pieces as far as [`FAR`], where there are more and they can be had.
fn farther(expr: &Expr, near: &[Piece]) -> Option<Vec<Piece>> {
    let ends = [near.first().map(|p| &p.from), near.last().map(|p| &p.to)];
    let more = ends
        .into_iter()
        .flatten()
        .any(|end| matches!(end, End::Reach(_)));
    more.then(|| pieces(expr, FAR).ok())?
}

fn constant_message(e: &dyn std::fmt::Display) -> String {
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
