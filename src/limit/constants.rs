//! `A`, `A'`, `B'`: the constants that decide the deep limit (Radhakrishnan, Belkin and Uhler 2022), enclosed.

use rug::Float;

use crate::activation::pieces::derivative_pole;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Activation, Closed};
use crate::quadrature::{Envelope, Integrand, Plan, Samples, lost_bits};
use crate::real::{Analytic, Arithmetic, Ball, Bits, Mpfr, Real};

/// `E phi`, `E phi^2`, `E Z phi`, `E phi'^2` of an activation as typed. On the roads other than [`Arithmetic::Ball`] the
/// radii are estimates.
#[derive(Clone, Debug)]
pub struct Moments {
    /// `E phi(Z)`
    pub mean: Ball,
    /// `E phi(Z)^2`
    pub square: Ball,
    /// `E Z phi(Z)`
    pub first: Ball,
    /// `E phi'(Z)^2`, the derivative taken on the pieces; `None` where no bound of it could be proved.
    pub derivative_square: Option<Ball>,
    /// Why there is none.
    pub no_derivative: Option<String>,
}

/// Bits beyond the accuracy asked for in which sums are carried.
const GUARD: Bits = 48;

impl Moments {
    /// All four with an absolute error of about `2^-accuracy`, and with a relative one where they have a closed form. (Of an
    /// activation of size 1, see [`crate::quadrature::Unit`], that is a relative error of `E phi^2`.)
    ///
    /// # Errors
    /// See [`Plan::new`]; [`Error::Timeout`].
    pub fn new(
        structure: &Activation,
        accuracy: Bits,
        road: Arithmetic,
        deadline: Deadline,
    ) -> Result<Moments> {
        let bits = accuracy + GUARD;
        let closed = match road {
            Arithmetic::Ball => ClosedMoments::new(structure, accuracy),
            _ => ClosedMoments::default(),
        };
        deadline.check("the closed forms of the moments")?;
        if let ClosedMoments {
            mean: Some(mean),
            square: Some(square),
            first: Some(first),
            derivative_square: Some(derivative_square),
        } = closed
        {
            return Ok(Moments {
                mean,
                square,
                first,
                derivative_square: Some(derivative_square),
                no_derivative: None,
            });
        }
        let envelope = Envelope::Moments { degree: 1 };
        let with = Integrand::with_derivative(&structure.expr).until(deadline);
        let alone = Integrand::of(&structure.expr).until(deadline);
        let accuracy = if road == Arithmetic::F64 {
            accuracy.min(50)
        } else {
            accuracy
        };
        let whole = match derivative_pole(&structure.pieces) {
            Some((p, _)) => Err(Error::Unresolved(format!(
                "it is infinite, by the pole of phi' at x = {p}"
            ))),
            None => Plan::new(&with, envelope, accuracy),
        };
        let (plan, missing) = match whole {
            Ok(plan) => (plan, None),
            // The activation may be enclosed where its derivative is not.
            Err(Error::Unresolved(why)) => (Plan::new(&alone, envelope, accuracy)?, Some(why)),
            Err(e) => return Err(e),
        };
        let derivative = missing.is_none();
        // the second grid of the roads whose errors are estimated
        let finer = || {
            Plan::new(
                if derivative { &with } else { &alone },
                envelope,
                accuracy + 7,
            )
        };
        match road {
            Arithmetic::Ball => enclosed(&plan, bits, derivative, deadline),
            Arithmetic::Mpfr => {
                let coarse = Samples::<Mpfr>::new(&plan, bits, deadline)?;
                let fine = Samples::<Mpfr>::new(&finer()?, bits, deadline)?;
                estimated(
                    from_samples(&coarse, derivative)?,
                    from_samples(&fine, derivative)?,
                    &fine.error,
                    bits,
                )
            }
            Arithmetic::F64 => {
                let coarse = Samples::<f64>::new(&plan, 53, deadline)?;
                let fine = Samples::<f64>::new(&finer()?, 53, deadline)?;
                estimated(
                    from_samples(&coarse, derivative)?,
                    from_samples(&fine, derivative)?,
                    &fine.error,
                    53,
                )
            }
        }
        .map(|m| Moments {
            no_derivative: missing,
            ..m.sharpened(closed)
        })
    }

    /// Where a moment has a closed form, that is its tightest enclosure.
    fn sharpened(mut self, closed: ClosedMoments) -> Moments {
        let sharpen = |value: &mut Ball, closed: Option<Ball>| {
            if let Some(exact) = closed {
                debug_assert!(
                    exact.overlaps(value),
                    "{exact:?} does not meet the quadrature's {value:?}"
                );
                *value = exact;
            }
        };
        sharpen(&mut self.mean, closed.mean);
        sharpen(&mut self.square, closed.square);
        sharpen(&mut self.first, closed.first);
        if let Some(d) = &mut self.derivative_square {
            sharpen(d, closed.derivative_square);
        }
        self
    }
}

/// The moments that have a closed form which can be evaluated: that of `elu(1000*x)` has terms of the size of `e^1000000`
/// that cancel, and is of no use.
#[derive(Default)]
struct ClosedMoments {
    mean: Option<Ball>,
    square: Option<Ball>,
    first: Option<Ball>,
    derivative_square: Option<Ball>,
}

impl ClosedMoments {
    fn new(structure: &Activation, accuracy: Bits) -> Self {
        let small = Float::with_val(64, 1) >> accuracy;
        let of = |closed: &Option<Closed>| {
            let value = closed.as_ref()?.relative(accuracy);
            let enough = value.is_finite() && value.relative_bits() >= accuracy;
            (enough || value.rad() <= small).then_some(value)
        };
        ClosedMoments {
            mean: of(&structure.mean),
            square: of(&structure.square),
            first: of(&structure.first),
            derivative_square: of(&structure.derivative_square),
        }
    }
}

/// In balls of `bits` bits, or of more where the formula cancels (`1 + erf(x-20)` near 0 does).
fn enclosed(plan: &Plan, bits: Bits, derivative: bool, deadline: Deadline) -> Result<Moments> {
    let mut extra = 0;
    loop {
        let samples = Samples::<Ball>::new(plan, bits + extra, deadline)?;
        let found = from_samples(&samples, derivative);
        let lost = match &found {
            Ok(m) => [&m.mean, &m.square, &m.first]
                .into_iter()
                .chain(&m.derivative_square)
                .map(|x| lost_bits(x, &plan.error))
                .max()
                .unwrap_or(0),
            Err(_) => bits,
        };
        // three times at most
        if lost <= 2 || extra > 2 * bits + 2_000 {
            return found;
        }
        extra += lost + 16;
    }
}

fn from_samples<R: Real + Send + Sync>(samples: &Samples<R>, derivative: bool) -> Result<Moments> {
    let ball = |x: R| Ball::new(x.to_float(), &x.radius());
    let out = Moments {
        mean: ball(samples.mean(0)),
        square: ball(samples.square(0)),
        first: ball(samples.first_moment(0)),
        derivative_square: derivative.then(|| ball(samples.square(1))),
        no_derivative: None,
    };
    if [&out.mean, &out.square, &out.first]
        .iter()
        .any(|b| !b.is_finite())
    {
        return Err(Error::Unresolved(
            "the activation could not be evaluated at a node of the quadrature at this precision"
                .to_string(),
        ));
    }
    Ok(out)
}

/// The finer of two results, with four times their difference, a few units in the last place of what is summed, and the
/// discretisation error of its grid, which is proved on every road, as its error. `E phi` and `E Z phi` may be small by
/// cancellation: what is summed is at most `sqrt(E phi^2)` (Cauchy and Schwarz), and its rounding does not cancel.
fn estimated(coarse: Moments, fine: Moments, grid: &Float, bits: Bits) -> Result<Moments> {
    let size = fine.square.abs().sqrt();
    let estimate = |c: &Ball, f: &Ball, size: &Ball| {
        let mut e = Float::with_val(64, f.mid() - c.mid()).abs() * 4u32;
        e += grid;
        e += Float::with_val(64, size.mid().abs_ref()) >> (bits - 4);
        e += Float::with_val(64, 1) >> (bits - 2);
        Ball::new(f.mid().clone(), &e)
    };
    Ok(Moments {
        mean: estimate(&coarse.mean, &fine.mean, &size),
        square: estimate(&coarse.square, &fine.square, &fine.square),
        first: estimate(&coarse.first, &fine.first, &size),
        derivative_square: match (&coarse.derivative_square, &fine.derivative_square) {
            (Some(c), Some(f)) => Some(estimate(c, f, f)),
            _ => None,
        },
        no_derivative: None,
    })
}
