//! The dual and its slope at given correlations, with as many certain digits as asked for.

use rug::Rational;

use super::{Dual, Truncated, closed_form, derivative_square};
use crate::activation::{Exact, Expr, all_exact};
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::hermite::hermite_series;
use crate::quadrature::Unit;
use crate::real::{Analytic, Arithmetic, Ball, Quantity, bits_for};

/// The normalised dual at one correlation.
#[derive(Clone, Debug)]
pub struct DualValue {
    /// `dual(rho)`
    pub dual: Quantity,
    /// `dual'(rho)`; plus infinity where the activation jumps and `rho` is 1, `None` where no finite bound was proved.
    pub slope: Option<Quantity>,
}

/// Are these correlations?
pub(crate) fn correlations(rhos: &[Rational]) -> Result<()> {
    match rhos.iter().find(|rho| (*rho).clone().abs() > 1) {
        None => Ok(()),
        Some(rho) => Err(Error::Domain(format!(
            "{rho} is not a correlation: it must lie between -1 and 1"
        ))),
    }
}

/// Longer series than this are not made: the enclosure is given as it is.
pub(crate) const LAST_DEGREE: u32 = 3000;

/// `dual(rho)` and `dual'(rho)` of the normalised activation at rational correlations in `[-1, 1]`, with `digits` certain
/// significant digits where the method reaches them: always for an activation with a closed form, and at `rho = 1`; for others where
/// the Hermite series of up to 3,000 terms resolves it (its rest is bounded by Parseval's identity), and near `+-1` where the pieces are
/// analytic at their ends and a spline comes near enough. What is returned is an enclosure in any case.
///
/// # Errors
/// [`Error::Domain`] for a correlation outside `[-1, 1]` and for activations without a normalised dual; see
/// [`crate::quadrature::Plan::new`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, dual, real::Value};
/// let half = rug::Rational::from((1, 2));
/// let v = dual::values(&Expr::parse("relu").unwrap(), &[half], 15, Deadline::default()).unwrap();
/// let Value::Finite { midpoint, .. } = &v[0].slope.as_ref().unwrap().value else { panic!() };
/// assert!((midpoint.to_f64() - 2.0 / 3.0).abs() < 1e-15);
/// ```
pub fn values(
    expr: &Expr,
    at: &[Rational],
    digits: usize,
    deadline: Deadline,
) -> Result<Vec<DualValue>> {
    correlations(at)?;
    // the normalised dual does not change with a factor
    let structure = Unit::of(&Activation::new(expr)?)?.structure;
    let wanted = bits_for(digits);
    let bits = 2 * wanted + 64;
    let jumps = structure.continuous == Some(false);
    // at 1 the value is known, at -1 it is not
    let far = at.iter().filter(|r| **r < 1).map(|r| r.clone().abs()).max();
    let closed = closed_form::<Ball>(&structure.expr, bits);
    let mut accuracy = wanted;
    let mut dual = prepared(&structure, closed.clone(), far.as_ref(), accuracy, deadline)?;
    // near a zero of the dual, and where its mean is small, the digits of a series are those of its coefficients
    for _ in 0..3 {
        let lacking = at
            .iter()
            .map(|rho| lacking(&dual, rho, wanted, accuracy))
            .max();
        let Some(lacking) = lacking.filter(|l| *l > 0 && closed.is_none()) else {
            break;
        };
        accuracy += lacking + 8;
        match prepared(&structure, None, far.as_ref(), accuracy, deadline) {
            Ok(finer) => dual = finer,
            // what is known already is an enclosure too
            Err(Error::Timeout { .. }) => break,
            Err(e) => return Err(e),
        }
    }
    if structure.pieces.len() > 1
        && at.iter().any(|rho| is_short(&dual, rho, accuracy))
        && let Some(spline) = Truncated::near(&structure, wanted, deadline)
    {
        dual = Dual::Truncated(spline);
    }
    at.iter()
        .map(|rho| {
            let x = Ball::rational(rho, bits);
            let slope = dual.slope_at(&x);
            let value = dual.at(&x);
            if *rho != 1 && !value.is_finite() {
                return Err(Error::Unresolved(format!(
                    "the dual of `{expr}` at {rho} could not be enclosed: it is a quotient of numbers that were not told from 0"
                )));
            }
            Ok(DualValue {
                dual: if *rho == 1 {
                    Quantity::integer(1)
                } else {
                    Quantity::new(&value, None)
                },
                // infinite only where that is proved; an enclosure that is not finite proves nothing
                slope: if slope.is_finite() {
                    Some(Quantity::new(&slope, None))
                } else {
                    let steep = jumps && *rho == 1 || matches!(dual, Dual::ArcSine(_));
                    steep.then(Quantity::infinite)
                },
            })
        })
        .collect()
}

fn prepared(
    structure: &Activation,
    closed: Option<Dual<Ball>>,
    far: Option<&Rational>,
    accuracy: u32,
    deadline: Deadline,
) -> Result<Dual<Ball>> {
    match closed {
        Some(dual) => Ok(dual),
        None => {
            let kinked = structure.pieces.len() > 1;
            if kinked
                && far.is_some_and(|far| far.to_f64() > NEAR_ONE)
                && let Some(spline) = Truncated::near(structure, accuracy, deadline)
            {
                return Ok(Dual::Truncated(spline));
            }
            resolving_series(structure, far, accuracy, deadline).map(Dual::Series)
        }
    }
}

/// Beyond this the series of an activation with kinks is long, and a spline is quicker.
const NEAR_ONE: f64 = 0.9;

/// Does the length of a series keep it from that accuracy?
fn is_short(dual: &Dual<Ball>, rho: &Rational, accuracy: u32) -> bool {
    let Dual::Series(series) = dual else {
        return false;
    };
    let rest = crate::quadrature::ln(&series.tail.magnitude())
        + f64::from(series.degree() as u32) * rho.to_f64().abs().max(1e-300).ln();
    *rho != 1 && rest > -0.6 * f64::from(accuracy)
}

/// Bits of a series' coefficients that the value at a correlation seems to lack: none where the value is 0 by its parity, or
/// is not told from 0 at four times what was asked for, or where the length of the series is what keeps it from more.
fn lacking(dual: &Dual<Ball>, rho: &Rational, wanted: u32, accuracy: u32) -> u32 {
    let Dual::Series(_) = dual else { return 0 };
    let x = Ball::rational(rho, accuracy + 64);
    let value = dual.at(&x);
    let have = value.relative_bits();
    if *rho == 1 || have >= wanted || is_short(dual, rho, accuracy) || value.is_exact() {
        0
    } else if value.contains_zero() {
        (4 * wanted).saturating_sub(accuracy)
    } else {
        wanted - have
    }
}

/// A Hermite series long enough for `wanted` bits at correlations up to `far` (1 included: then of the slope at 1 too), or
/// of the largest length.
pub(crate) fn resolving_series(
    structure: &Activation,
    far: Option<&Rational>,
    wanted: u32,
    deadline: Deadline,
) -> Result<crate::hermite::Series<Ball>> {
    let accuracy = wanted + 32;
    let derivative_square = derivative_square(structure, accuracy, deadline)?;
    let far = far.map_or(0.0, Rational::to_f64);
    let mut degree = 64;
    loop {
        let s = hermite_series(
            structure,
            derivative_square.as_ref(),
            degree,
            accuracy,
            Arithmetic::Ball,
            deadline,
        )?;
        let rest = crate::quadrature::ln(&s.slope_tail.as_ref().unwrap_or(&s.tail).magnitude());
        let decay = if far > 0.0 {
            f64::from(degree) * far.ln()
        } else {
            -1e9
        };
        let goal = -f64::from(wanted + 4) * std::f64::consts::LN_2;
        let have = rest + decay;
        if have <= goal || degree >= LAST_DEGREE {
            return Ok(s);
        }
        // the rest falls like e^(-c sqrt(n)) if the activation is analytic in a strip, and never slower than far^n
        let stretched = if have < -1.0 {
            (goal / have).powi(2)
        } else {
            2.0
        };
        let stretched = f64::from(degree) * stretched.clamp(1.2, 4.0);
        let geometric = if far > 0.0 && far < 1.0 {
            goal / far.ln() + 16.0
        } else {
            f64::INFINITY
        };
        degree = (stretched.min(geometric) as u32).clamp(degree + 1, LAST_DEGREE);
    }
}

impl Activation {
    /// The dual `E phi(u) phi(v)` of the normalised activation at correlations, and its slope: [`values`].
    ///
    /// # Errors
    /// As [`values`].
    ///
    /// ```
    /// use deeplimit::{Activation, Effort};
    /// let relu: Activation = "relu".parse()?;
    /// let dual = relu.dual(&["0"], &Effort::default())?;
    /// assert_eq!(dual[0].dual.to_string(), "0.318309886183791"); // 1/pi
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn dual(&self, rhos: &[impl Exact], effort: &Effort) -> Result<Vec<DualValue>> {
        values(
            &self.expr,
            &all_exact(rhos)?,
            effort.digits,
            effort.deadline,
        )
    }
}
