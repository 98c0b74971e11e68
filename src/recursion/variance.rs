//! An activation at other variances: `phi(sqrt(q) Z)`.
//!
//! The variance map `q -> sigma_w^2 V(q) + sigma_b^2`, `V(q) = E phi(sqrt(q) Z)^2`, and the slope of the correlation map at
//! 1, `chi_1 = sigma_w^2 D(q)`, `D(q) = E phi'(sqrt(q) Z)^2`, are evaluated at exact roots `c = sqrt(q)`; what happens between
//! two of them is bounded by the same functions further out ([`Variances::drift`]).

use std::sync::Mutex;

use rug::float::Round;
use rug::{Float, Rational};

use crate::activation::Expr;
use crate::activation::pieces::pieces;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Structure, is_continuous};
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Bits, Real};

/// Breakpoints farther out than this are looked for only where the integrals need them.
const REACH: u32 = 16;

/// `phi(c z)` with an exact `c > 0`. Nothing in closed form is looked for: the constants would be new at every variance.
///
/// # Errors
/// See [`pieces`].
pub fn scaled(structure: &Structure, root: &Rational) -> Result<Structure> {
    if *root == 1 {
        return Ok(structure.clone());
    }
    let expr = structure
        .expr
        .substitute(&(Expr::rational(root) * Expr::X))
        .simplify();
    Ok(Structure {
        pieces: pieces(&expr, REACH)?,
        parity: structure.parity,
        homogeneity: structure.homogeneity.clone(),
        mean: None,
        square: None,
        first: None,
        derivative_square: None,
        critical: structure.critical,
        expr,
    })
}

/// The moments of an activation at all variances.
#[derive(Debug)]
pub struct Variances {
    structure: Structure,
    deadline: Deadline,
    /// `(c, E phi(c Z)^2, E phi'(c Z)^2)` farthest out, at low accuracy.
    far: Mutex<Option<(Rational, Float, Option<Float>)>>,
}

/// `V(q)` and `D(q)` at `q = c^2`.
#[derive(Clone, Debug)]
pub struct Moments {
    /// `E phi(c Z)^2`
    pub square: Ball,
    /// `E phi'(c Z)^2`; `None` for an activation that jumps.
    pub derivative_square: Option<Ball>,
}

/// How much `V`, `D` and the kernels at one correlation may change per unit of variance.
#[derive(Clone, Debug)]
pub struct Drift {
    /// Bound of `|d/dq E phi(sqrt(q) u) phi(sqrt(q) v)|` at every fixed correlation, so of `|V'(q)|` too.
    pub square: Float,
    /// The same for `phi'`.
    pub derivative_square: Option<Float>,
}

impl Variances {
    /// Of an activation as typed.
    pub fn new(structure: &Structure, deadline: Deadline) -> Self {
        Variances {
            structure: structure.clone(),
            deadline,
            far: Mutex::new(None),
        }
    }

    /// The activation.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// The deadline of all that is asked.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// `V` and `D` at `q = c^2`, each with an absolute error of about `2^-accuracy`.
    ///
    /// # Errors
    /// See [`Plan::new`]; [`Error::Timeout`].
    pub fn moments(&self, root: &Rational, accuracy: Bits) -> Result<Moments> {
        let samples = self.samples::<Ball>(root, accuracy)?;
        let bits = accuracy + GUARD;
        Ok(Moments {
            square: samples.square(0),
            derivative_square: (samples.values.len() > 1)
                .then(|| samples.square(1) / Ball::rational(&(root.clone() * root), bits)),
        })
    }

    /// The same in doubles: fast, the errors not tracked.
    ///
    /// # Errors
    /// As [`Variances::moments`].
    pub fn estimates(&self, root: f64) -> Result<(f64, Option<f64>)> {
        let c = Rational::from_f64(root).unwrap_or_default();
        let samples = self.samples::<f64>(&c, 44)?;
        let d = (samples.values.len() > 1).then(|| samples.square(1) / (root * root));
        Ok((samples.square(0), d))
    }

    fn samples<R: Real + Send + Sync>(
        &self,
        root: &Rational,
        accuracy: Bits,
    ) -> Result<Samples<R>> {
        self.deadline.check("the moments at a variance")?;
        let at = scaled(&self.structure, root)?;
        let envelope = Envelope::Moments { degree: 1 };
        let plan = match self.is_continuous() {
            true => Plan::new(&Integrand::with_derivative(&at.expr), envelope, accuracy),
            false => Plan::new(&Integrand::of(&at.expr), envelope, accuracy),
        }?;
        Samples::new(&plan, accuracy + GUARD, self.deadline)
    }

    /// Proved to be continuous.
    pub fn is_continuous(&self) -> bool {
        is_continuous(&self.structure.pieces) == Some(true)
    }

    /// `V'(q) = E Z phi(c Z) phi'(c Z) / c` at `q = c^2`, for a continuous activation.
    ///
    /// # Errors
    /// As [`Variances::moments`].
    pub fn slope(&self, root: &Rational, accuracy: Bits) -> Result<Ball> {
        self.deadline.check("the slope of the variance map")?;
        let at = scaled(&self.structure, root)?.expr;
        // d/dz phi(c z) = c phi'(c z)
        let product = Expr::X * at.clone() * at.derivative();
        let plan = Plan::new(
            &Integrand::of(&product.simplify()),
            Envelope::Plain,
            accuracy,
        )?;
        let mean = Samples::<Ball>::new(&plan, accuracy + GUARD, self.deadline)?.mean(0);
        let q = Ball::rational(&(root.clone() * root), accuracy + GUARD);
        Ok(mean / q)
    }

    /// Bounds of the change of the moments with the variance, valid for all `q` in `[low, high]`.
    ///
    /// At a fixed correlation `d/dq log p = (Q/q - 2)/(2q)` with `Q = x^2 + q w^2`, `w` standard normal and independent of
    /// `x`; so with `|g(x) g(y)| <= (g(x)^2 + g(y)^2)/2` the derivative of `E g(x) g(y)` is at most
    /// `(E_q[g^2 x^2]/q + 3 E_q[g^2])/(2q)`. And for `r >= 2q` the normal densities obey
    /// `p_q <= sqrt(r/q) exp(-x^2/(4q)) p_r`, `x^2 exp(-x^2/(4q)) <= 4q/e`. Together:
    /// `(4/e + 3) sqrt(r/q) E_r[g^2]/(2q)`.
    ///
    /// # Errors
    /// As [`Variances::moments`], at twice the variance.
    pub fn drift(&self, low: &Float, high: &Float) -> Result<Drift> {
        let (root, square, derivative_square) = self.far(high)?;
        let up = |x: f64| Float::with_val_round(64, x, Round::Up).0;
        let far = Float::with_val_round(64, &root, Round::Up).0;
        let near = Float::with_val_round(64, low.sqrt_ref(), Round::Down).0;
        // 4/e + 3 < 4.4716; a little more for the roundings here
        let factor = up(4.48) * far / near / low / 2u32;
        Ok(Drift {
            square: Float::with_val(64, &factor * square),
            derivative_square: derivative_square.map(|d| Float::with_val(64, &factor * d)),
        })
    }

    /// `E phi(c Z)^2` and `E phi'(c Z)^2` for some `c^2 >= 2 high`, rounded up.
    fn far(&self, high: &Float) -> Result<(Rational, Float, Option<Float>)> {
        let least = Float::with_val_round(64, high * 2u32, Round::Up).0;
        let known = self.far.lock().map_or(None, |f| f.clone());
        if let Some(known) = known
            && Float::with_val_round(64, &(known.0.clone() * &known.0), Round::Down).0 >= least
        {
            return Ok(known);
        }
        // a little farther than asked for, so that it need not be asked for again
        let root = least.to_f64().sqrt() * 1.5;
        let root = Rational::from_f64(root).filter(|c| *c > 0).ok_or_else(|| {
            Error::Unresolved("the variance is out of all proportion".to_string())
        })?;
        let m = self.moments(&root, 40)?;
        let found = (
            root,
            m.square.magnitude(),
            m.derivative_square.map(|d| d.magnitude()),
        );
        if let Ok(mut far) = self.far.lock() {
            *far = Some(found.clone());
        }
        Ok(found)
    }
}

/// Bits beyond the accuracy that numbers are carried with.
const GUARD: Bits = 48;

/// An exact root of about a variance: `(c, |q - c^2|)`, `c` of so many bits.
pub fn root_of(q: &Ball, bits: Bits) -> Option<(Rational, Float)> {
    let c = Float::with_val(bits, q.mid().sqrt_ref());
    if !c.is_finite() || c.is_zero() {
        return None;
    }
    let c = c.to_rational()?;
    let square = Ball::rational(&(c.clone() * &c), q.bits().max(bits) + 32);
    Some((c, (q - &square).magnitude()))
}
