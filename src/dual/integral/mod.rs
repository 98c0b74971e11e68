//! The dual by integration in the plane, with a proved error: for every activation, and every correlation.
//!
//! `D(rho) = E[phi(u) phi(v)]` and, where the pieces' derivative is `phi'` and `phi` jumps by `J_i` at `c_i`,
//!
//! `D'(rho) = E[phi'(u) phi'(v)] + 2 sum_i J_i n(c_i) E[phi'(rho c_i + s W)] + sum_ij J_i J_j phi_2(c_i, c_j; rho)`
//!
//! with `s = sqrt(1 - rho^2)`, the normal density `n` and the bivariate one `phi_2`. An activation that is analytic on
//! the whole line is integrated on a [`lattice`]; a piecewise analytic one by iterated integrals: [`inner`] over `v`
//! given `u`, split at the breakpoints, then [`outer`] over `u`, between the breakpoints. At `rho = +-1` the integral is
//! one-dimensional.

mod bound;
mod inner;
mod lattice;
mod nested;
mod outer;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use rug::{Float, Rational};

use crate::activation::pieces::{Breakpoint, End, Piece, pieces};
use crate::activation::{BinaryOp, Expr, Function, Tape};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Structure, is_continuous};
use crate::quadrature::{Envelope, Integrand, Plan, Samples, reach};
use crate::real::{Analytic, Ball, Real};

use inner::{Edge, Part};
use nested::Nested;

/// The dual of an activation as typed (not normalised) and its derivative.
#[derive(Clone, Debug)]
pub struct Integral {
    /// `E[phi(u) phi(v)]`.
    pub dual: Ball,
    /// Its derivative with respect to `rho`.
    pub slope: Slope,
}

/// The derivative of the dual.
#[derive(Clone, Debug)]
pub enum Slope {
    /// An enclosure.
    Finite(Ball),
    /// Plus infinity: `phi` jumps, and `rho` is 1.
    Infinite,
    /// No bound was proved; the text says what is missing.
    Unknown(String),
}

/// `D(rho)` and `D'(rho)` for a rational `rho` in `[-1, 1]`, each with an absolute error of about `2^-accuracy`, enclosed.
///
/// # Errors
/// [`Error::Domain`] for a correlation outside `[-1, 1]` and where `E phi^2` diverges; [`Error::Unresolved`] where no
/// region of analyticity could be proved; [`Error::Timeout`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, dual::integrate, exact::Structure, real::Real};
/// // E[relu(u) relu(v)] at rho = 1/2 is (sqrt(3)/2 + pi/3)/(2 pi)
/// let relu = Structure::new(&Expr::parse("relu").unwrap()).unwrap();
/// let half = rug::Rational::from((1, 2));
/// let d = integrate(&relu, &half, 60, Deadline::default()).unwrap().dual;
/// assert!((d.to_f64() - 0.304498890522114679).abs() < 1e-15);
/// assert!(d.rad() < 1e-17);
/// ```
pub fn integrate(
    structure: &Structure,
    rho: &Rational,
    accuracy: u32,
    deadline: Deadline,
) -> Result<Integral> {
    match rho.clone().abs().cmp(&Rational::from(1)) {
        Ordering::Greater => Err(Error::Domain(format!(
            "{rho} is not a correlation: it must lie between -1 and 1"
        ))),
        Ordering::Equal => at_an_end(structure, *rho > 0, accuracy, deadline),
        Ordering::Less => within(structure, rho, accuracy, deadline),
    }
}

/// `2^-bits`.
fn power_of_two(bits: u32) -> Float {
    Float::with_val(64, 1) >> bits
}

fn product(a: &Expr, b: &Expr) -> Expr {
    Expr::Binary(BinaryOp::Mul, a.clone().into(), b.clone().into())
}

/// `E phi(Z) phi(Z)` or `E phi(Z) phi(-Z)`.
fn at_an_end(
    structure: &Structure,
    plus: bool,
    accuracy: u32,
    deadline: Deadline,
) -> Result<Integral> {
    let bits = accuracy + 48;
    let mirror = |e: &Expr| e.substitute(&Expr::Neg(Expr::X.into()));
    let mean = |f: &Expr| -> Result<Ball> {
        let of = if plus {
            (Integrand::of(f), Envelope::Moments { degree: 0 })
        } else {
            let both = product(f, &mirror(f)).simplify();
            (Integrand::of(&both), Envelope::Plain)
        };
        let samples = Samples::<Ball>::new(&Plan::new(&of.0, of.1, accuracy)?, bits, deadline)?;
        Ok(if plus {
            samples.square(0)
        } else {
            samples.mean(0)
        })
    };
    let dual = match structure.square.as_ref().filter(|_| plus) {
        Some(closed) => closed.evaluate(bits),
        None => mean(&structure.expr)?,
    };
    let jumps = jumps(&structure.pieces, bits)?;
    let infinite = jumps
        .iter()
        .any(|j| j.height.sign().is_some_and(Ordering::is_ne));
    let slope = if jumps.is_empty() {
        match structure.derivative_square.as_ref().filter(|_| plus) {
            Some(closed) => Slope::Finite(closed.evaluate(bits)),
            None => match mean(&structure.expr.derivative().simplify()) {
                Ok(slope) => Slope::Finite(slope),
                Err(Error::Timeout(t)) => return Err(Error::Timeout(t)),
                Err(e) => Slope::Unknown(e.to_string()),
            },
        }
    } else if infinite && plus {
        Slope::Infinite
    } else {
        Slope::Unknown("the slope at -1 of an activation that jumps".to_string())
    };
    Ok(Integral { dual, slope })
}

/// A jump.
struct Jump {
    at: Breakpoint,
    height: Ball,
}

/// The jumps of the activation, none if it is proved to be continuous.
fn jumps(pieces: &[Piece], bits: u32) -> Result<Vec<Jump>> {
    let mut out = Vec::new();
    for pair in pieces.windows(2) {
        let End::At(at) = &pair[1].from else {
            continue;
        };
        if is_continuous(pair) == Some(true) {
            continue;
        }
        let x = at.position(bits);
        let value = |e: &Expr| Tape::<Ball>::new(std::slice::from_ref(e), bits).at_one(&x);
        let height = &value(&pair[1].formula) - &value(&pair[0].formula);
        if !height.is_finite() {
            return Err(Error::Unresolved(format!(
                "the values of the activation on both sides of {at} could not be enclosed"
            )));
        }
        if !(height.is_exact() && height.mid().is_zero()) {
            out.push(Jump {
                at: at.clone(),
                height,
            });
        }
    }
    Ok(out)
}

fn within(
    structure: &Structure,
    rho: &Rational,
    accuracy: u32,
    deadline: Deadline,
) -> Result<Integral> {
    let envelope = Envelope::Moments { degree: 0 };
    let with = Integrand::with_derivative(&structure.expr);
    let alone = Integrand::of(&structure.expr);
    // the slope may be infinite or beyond proof where the dual is not
    let bounded = |share: &Float| match reach(&with, envelope, share) {
        Ok((r, tail)) => Ok((true, r, tail)),
        Err(_) => reach(&alone, envelope, share).map(|(r, tail)| (false, r, tail)),
    };
    let functions = |formula: &Expr, derivative: bool| {
        let mut out = vec![formula.clone()];
        if derivative {
            out.push(formula.derivative().simplify());
        }
        out
    };
    if let [piece] = structure.pieces.as_slice()
        && let (End::MinusInfinity, End::PlusInfinity) = (&piece.from, &piece.to)
    {
        let (derivative, r, tail) = bounded(&power_of_two(accuracy + 3))?;
        let functions = functions(&piece.formula, derivative);
        if let Some(values) = lattice::lattice(&functions, (r, &tail), rho, accuracy, deadline)? {
            return Ok(integral(values));
        }
    }
    let (derivative, r, tail) = bounded(&power_of_two(2 * accuracy + 40))?;
    // Where s is small the inner integral reaches farther than the outer one, so that the outer one ends well inside it.
    let beyond = u32::from(rho.clone().abs() > Rational::from((99, 100)));
    // no breakpoint may be so close to a reach that its side is in doubt
    let doubtful = |found: &[Piece], r: u32| {
        found.iter().any(|p| match &p.from {
            End::At(b) => {
                let x = b.position(64).to_f64().abs();
                (r..=r + beyond).any(|r| (x - f64::from(r)).abs() < 1e-6)
            }
            _ => false,
        })
    };
    let (mut r, mut found) = (r, pieces(&structure.expr, r + beyond)?);
    while doubtful(&found, r) {
        r += 1;
        found = pieces(&structure.expr, r + beyond)?;
    }
    let parts = parts(&found, r + beyond, |formula| functions(formula, derivative));
    let nested = Nested::new(&parts, rho, accuracy, (r, &tail))?;
    let mut out = integral(nested.values(deadline)?);
    if let Slope::Finite(regular) = &out.slope {
        let jumps = jumps(&found, accuracy + 64)?;
        let endless = |p: Option<&Piece>| {
            p.is_none_or(|p| matches!((&p.from, &p.to), (End::Reach(_), _) | (_, End::Reach(_))))
        };
        out.slope =
            if (endless(found.first()) || endless(found.last())) && structure.expr.any(&may_jump) {
                Slope::Unknown(format!("jumps beyond {r} are not bounded"))
            } else {
                Slope::Finite(nested.slope(regular, &jumps))
            };
    }
    Ok(out)
}

/// The operations that make a jump.
fn may_jump(e: &Expr) -> bool {
    matches!(
        e,
        Expr::If(..) | Expr::Call(Function::Sign | Function::Step, _)
    )
}

fn integral(values: Vec<Ball>) -> Integral {
    let mut values = values.into_iter();
    let dual = values.next().unwrap_or_else(|| Ball::undefined(64));
    let slope = values.next().map_or_else(
        || Slope::Unknown("no bound of E phi'(Z)^2 could be proved".to_string()),
        Slope::Finite,
    );
    Integral { dual, slope }
}

/// The pieces cut off at `+-r`.
fn parts(pieces: &[Piece], r: u32, functions: impl Fn(&Expr) -> Vec<Expr>) -> Vec<Part> {
    let limit = i64::from(r);
    let rational = |x: i64| Edge::Rational(Rational::from(x));
    let edge = |end: &End| match end {
        End::MinusInfinity => rational(-limit),
        End::PlusInfinity => rational(limit),
        End::Reach(x) => rational((*x).clamp(-limit, limit)),
        End::At(b) => {
            let x = b.position(64).to_f64();
            if x.abs() > f64::from(r) {
                rational(if x > 0.0 { limit } else { -limit })
            } else {
                Edge::At(b.clone())
            }
        }
    };
    pieces
        .iter()
        .map(|p| (edge(&p.from), edge(&p.to), p))
        .filter(|(from, to, _)| match (from, to) {
            (Edge::Rational(a), Edge::Rational(b)) => a < b,
            _ => true,
        })
        .map(|(from, to, p)| Part {
            from,
            to,
            functions: functions(&p.formula),
        })
        .collect()
}
