//! The Hermite coefficients of an activation, on any road.

use rug::Float;

use super::{Series, coefficients, guard_bits};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::Result;
use crate::exact::{Activation, Closed};
use crate::quadrature::{Envelope, Integrand, Plan, Samples, Unit};
use crate::real::{Analytic, Arithmetic, Ball, Bits, Mpfr, Quantity, Real, bits_for};

/// The dual as a Hermite series up to `degree`, its coefficients with an absolute error of about `2^-accuracy`.
pub fn hermite_series(
    structure: &Activation,
    derivative_square: Option<&Ball>,
    degree: u32,
    accuracy: Bits,
    road: Arithmetic,
    deadline: Deadline,
) -> Result<Series<Ball>> {
    let (a, square) = hermite_coefficients(structure, degree, accuracy, road, deadline)?;
    Ok(Series::new(&a, &square, derivative_square))
}

/// `E phi h_n` for `n <= degree` and `E phi^2`, of the activation as typed.
pub fn hermite_coefficients(
    structure: &Activation,
    degree: u32,
    accuracy: Bits,
    road: Arithmetic,
    deadline: Deadline,
) -> Result<(Vec<Ball>, Ball)> {
    let plan = Plan::new(
        &Integrand::of(&structure.expr).until(deadline),
        Envelope::Moments { degree },
        accuracy,
    )?;
    deadline.check("the planning of the quadrature")?;
    let bits = accuracy + guard_bits(degree) + 16;
    let (mut a, mut square): (Vec<Ball>, Ball) = match road {
        Arithmetic::Ball => {
            let samples = Samples::<Ball>::new(&plan, bits, deadline)?;
            (
                coefficients(&samples, 0, degree, deadline)?,
                samples.square(0),
            )
        }
        Arithmetic::Mpfr => {
            let samples = Samples::<Mpfr>::new(&plan, bits, deadline)?;
            let error = Float::with_val(64, &plan.error * 4);
            let of = |x: &Mpfr| Ball::new(x.to_float(), &error);
            (
                coefficients(&samples, 0, degree, deadline)?
                    .iter()
                    .map(of)
                    .collect(),
                of(&samples.square(0)),
            )
        }
        Arithmetic::F64 => {
            let samples = Samples::<f64>::new(&plan, 53, deadline)?;
            let size = samples.square(0).abs().sqrt().max(1.0);
            let error = Float::with_val(64, &plan.error * 4) + size * 1e-14;
            let of = |x: &f64| Ball::new(x.to_float(), &error);
            (
                coefficients(&samples, 0, degree, deadline)?
                    .iter()
                    .map(of)
                    .collect(),
                of(&samples.square(0)),
            )
        }
    };
    // What parity proves to be zero is exactly zero, on segments too.
    for (n, a) in a.iter_mut().enumerate() {
        let vanishes = match structure.parity {
            Some(Parity::Even) => n % 2 == 1,
            Some(Parity::Odd) => n.is_multiple_of(2),
            None => false,
        };
        if vanishes {
            *a = Ball::int(0, bits);
        }
    }
    if structure.mean.as_ref().is_some_and(Closed::is_zero)
        && let Some(first) = a.first_mut()
    {
        *first = Ball::int(0, bits);
    }
    if let Some(s) = structure
        .square
        .as_ref()
        .filter(|_| road == Arithmetic::Ball)
    {
        let closed = s.relative(bits);
        // a closed form whose terms cancel beyond all precision is of no use
        if closed.rad() <= square.rad() {
            square = closed;
        }
    }
    Ok((a, square))
}

/// Closed forms of coefficients are looked for up to this degree.
const LAST_CLOSED: u32 = 24;

/// The normalised coefficients `a_n = E[phi(Z) h_n(Z)] / sqrt(E phi(Z)^2)`, `n < terms`, each with about `digits`
/// certain digits after the point (they tend to 0, so a relative accuracy would be asked for in vain); the first 25 with as many
/// significant digits where they have a closed form.
///
/// # Errors
/// See [`Activation::new`], [`Plan::new`], [`Deadline::check`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, hermite};
/// let a = hermite::terms(&Expr::parse("sin(x)").unwrap(), 4, 15, Deadline::default()).unwrap();
/// assert_eq!((a[0].to_string(), a[1].to_string()), ("0".into(), "0.922452236291572".into()));
/// ```
pub fn terms(
    expr: &crate::activation::Expr,
    terms: u32,
    digits: usize,
    deadline: Deadline,
) -> Result<Vec<Quantity>> {
    let structure = Unit::of(&Activation::new(expr)?)?.structure;
    let wanted = bits_for(digits);
    let mut accuracy = wanted + 16;
    for _ in 0..3 {
        let (a, square) = hermite_coefficients(
            &structure,
            terms.saturating_sub(1),
            accuracy,
            Arithmetic::Ball,
            deadline,
        )?;
        let root = square.sqrt();
        let normalised: Vec<Ball> = a.iter().map(|a| a / &root).collect();
        let worst = normalised
            .iter()
            .map(|a| a.rad())
            .fold(Float::new(53), |m, r| if r > m { r } else { m });
        let goal = Float::with_val(53, 1) >> wanted;
        if worst <= goal {
            let norm = structure.square.as_ref().and_then(Closed::sqrt);
            let closed = |n: u32| structure.coefficient(n)?.over(norm.as_ref()?);
            let entry = |(n, a): (usize, &Ball)| {
                if a.is_exact() && a.mid().is_zero() {
                    return Quantity::integer(0);
                }
                match Some(n as u32)
                    .filter(|n| *n <= LAST_CLOSED)
                    .and_then(closed)
                {
                    Some(c) if c.is_zero() => Quantity::integer(0),
                    Some(c) => {
                        let closed = c.relative(wanted);
                        let sharper = closed.rad() < a.rad() || closed.is_exact();
                        let text = Some(c.to_string()).filter(|t| t.len() <= 64);
                        Quantity::new(if sharper { &closed } else { a }, text)
                    }
                    None => Quantity::new(a, None),
                }
            };
            return Ok(normalised
                .iter()
                .take(terms as usize)
                .enumerate()
                .map(entry)
                .collect());
        }
        // a small E phi^2 magnifies the error
        let lost =
            crate::quadrature::ln(&Float::with_val(64, &worst / &goal)) / std::f64::consts::LN_2;
        accuracy += lost.max(1.0) as Bits + 16;
    }
    Err(crate::error::Error::Unresolved(format!(
        "{digits} digits of the Hermite coefficients were not reached"
    )))
}

impl Activation {
    /// The first normalised Hermite coefficients: [`terms`].
    ///
    /// # Errors
    /// As [`terms`].
    ///
    /// ```
    /// use deeplimit::{Activation, Effort};
    /// let relu: Activation = "relu".parse()?;
    /// let a = relu.hermite(3, &Effort::default())?;
    /// assert_eq!(a[1].exact.as_deref(), Some("1/sqrt(2)"));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn hermite(&self, count: u32, effort: &Effort) -> Result<Vec<Quantity>> {
        terms(&self.expr, count, effort.digits, effort.deadline)
    }
}
