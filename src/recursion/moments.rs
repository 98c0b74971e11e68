//! `V(q) = E phi(sqrt(q) Z)^2` and `D(q) = E phi'(sqrt(q) Z)^2` at one variance, with their slopes.

use rug::Rational;

use super::origin::vanishes_at_zero;
use crate::activation::pieces::pieces;
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::exact::Activation;
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Bits, Real};

/// Breakpoints farther out than this are looked for only where the integrals need them.
const REACH: u32 = 16;

/// `V` and `D` with their slopes at one variance.
#[derive(Clone, Debug)]
pub struct VarianceMoments {
    /// `V(q) = E phi(sqrt(q) Z)^2`
    pub square: Ball,
    /// `V'(q)`
    pub slope: Ball,
    /// `D(q) = E phi'(sqrt(q) Z)^2`; `None` for an activation that is not proved to be continuous.
    pub derivative_square: Option<Ball>,
    /// `D'(q)`
    pub derivative_slope: Option<Ball>,
}

/// `phi(c z)/unit` with exact `c > 0` and `unit > 0`.
pub(super) struct Rescaled {
    pub structure: Activation,
    /// `c` where `phi(0) = 0` and `c < 1`, so that a small variance leaves a function of ordinary size, with digits of its
    /// own; else 1.
    pub unit: Rational,
}

/// The activation at the standard deviation `root`. Nothing in closed form is looked for: the constants would be new at
/// every variance.
///
/// # Errors
/// See [`pieces`].
pub(super) fn rescaled(structure: &Activation, root: &Rational) -> Result<Rescaled> {
    let one = Rational::from(1);
    if *root == 1 {
        return Ok(Rescaled {
            structure: structure.clone(),
            unit: one,
        });
    }
    let mut expr = structure
        .expr
        .substitute(&(Expr::rational(root) * Expr::X))
        .simplify();
    let small = *root < 1 && vanishes_at_zero(structure);
    let unit = if small { root.clone() } else { one };
    if small {
        expr = Expr::rational(&unit.clone().recip()) * expr;
    }
    Ok(Rescaled {
        // The scale moves breakpoints, and takes no jump away.
        structure: Activation {
            continuous: structure.continuous,
            linear: structure.linear,
            ..bare(expr, structure.parity)?
        },
        unit,
    })
}

/// An expression without the closed forms that an [`Activation`] comes with.
pub(super) fn bare(expr: Expr, parity: Option<Parity>) -> Result<Activation> {
    Ok(Activation {
        typed: expr.clone(),
        pieces: pieces(&expr, REACH)?,
        parity,
        continuous: None,
        linear: false,
        homogeneity: None,
        mean: None,
        centred: false,
        square: None,
        first: None,
        derivative_square: None,
        critical: false,
        expr,
    })
}

/// The expectations of four functions that are not negative, at one variance.
struct Raw {
    /// `E phi(x)^2`, `E x^2 phi(x)^2`
    own: [Ball; 2],
    /// `E phi'(x)^2`, `E x^2 phi'(x)^2`
    derivative: Option<[Ball; 2]>,
}

impl Raw {
    fn new(
        structure: &Activation,
        root: &Rational,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<Self> {
        let here = rescaled(structure, root)?;
        let bits = accuracy + 32;
        let smooth = here.structure.continuous == Some(true);
        // f, f', z f and z f'
        let integrand = match smooth {
            true => Integrand::with_derivative(&here.structure.expr),
            false => Integrand::of(&here.structure.expr),
        };
        let integrand = integrand.with_moments();
        let plan = Plan::new(&integrand, Envelope::Moments { degree: 0 }, accuracy)?;
        let samples = Samples::<Ball>::new(&plan, bits, deadline)?;
        let q = Ball::rational(&Rational::from(root * root), bits);
        let unit = Ball::rational(&here.unit.clone().square(), bits);
        let whole = &unit * &q;
        // d/dz phi(c z) = c phi'(c z)
        let share = &unit / &q;
        Ok(Raw {
            derivative: smooth.then(|| [&share * &samples.square(1), &unit * &samples.square(3)]),
            own: [
                &unit * &samples.square(0),
                &whole * &samples.square(if smooth { 2 } else { 1 }),
            ],
        })
    }

    fn moments(&self, q: &Ball) -> VarianceMoments {
        let twice = q.scale2(1);
        let slope = |[v, w]: &[Ball; 2]| &(&(w / q) - v) / &twice;
        VarianceMoments {
            square: self.own[0].clone(),
            slope: slope(&self.own),
            derivative_square: self.derivative.as_ref().map(|d| d[0].clone()),
            derivative_slope: self.derivative.as_ref().map(slope),
        }
    }
}

impl VarianceMoments {
    /// `V` and `D` at the variance `root^2`, by quadrature without a window around it; the slopes from the same integrals
    /// with one more factor: `2 q V' = E (Z^2 - 1) phi^2` because the normal density obeys the heat equation, and
    /// `2 q D' = E (Z^2 - 1) phi'^2`.
    ///
    /// # Errors
    /// See [`Plan::new`].
    pub fn at_point(
        structure: &Activation,
        root: &Rational,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<Self> {
        let q = Ball::rational(&Rational::from(root * root), accuracy + 32);
        Ok(Raw::new(structure, root, accuracy, deadline)?.moments(&q))
    }

    /// Enclosures of them at every variance between two, and an enclosure of those. The density of variance `q` is at most
    /// `sqrt(q_2/q)` times that of `q_2 >= q`, and so is the expectation of what is not negative: between `q_1` and `q_2`
    /// it lies between `sqrt(q_1/q_2)` times the one at `q_1` and `sqrt(q_2/q_1)` times the one at `q_2`.
    ///
    /// # Errors
    /// As [`VarianceMoments::at_point`].
    pub fn between(
        structure: &Activation,
        [low, high]: &[Rational; 2],
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<(Ball, Self)> {
        let bits = accuracy + 32;
        let of = |root: &Rational| Raw::new(structure, root, accuracy, deadline);
        let (a, b) = (of(low)?, of(high)?);
        let square = |root: &Rational| Ball::rational(&Rational::from(root * root), bits);
        let q = square(low).hull(&square(high));
        // sqrt(q_2/q_1)
        let ratio = Ball::rational(&Rational::from(high / low), bits);
        let hull = |x: &Ball, y: &Ball| (x / &ratio).hull(&(y * &ratio));
        let both = |x: &[Ball; 2], y: &[Ball; 2]| [hull(&x[0], &y[0]), hull(&x[1], &y[1])];
        let all = Raw {
            own: both(&a.own, &b.own),
            derivative: a.derivative.zip(b.derivative).map(|(x, y)| both(&x, &y)),
        };
        let moments = all.moments(&q);
        Ok((q, moments))
    }
}
