//! Given a kernel: the activation whose kernel is nearest to it, and how near any could be.

use rug::ops::Pow;
use rug::{Float, Integer, Rational};

use super::bounds::{Deviation, deviation};
use super::definite::{Definiteness, definite, taylor};
use super::realised::Realisation;
use super::search::{BITS, Grid};
use super::target::{Prepared, WantedKernel};
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Mpfr, Quantity, Real};
use crate::recursion::Kind;

/// The highest power of a polynomial that is looked for: that of the highest Hermite polynomial that an expression has.
pub const DEGREE_MAX: u32 = 200;

/// How far the powers go.
#[derive(Clone, Debug)]
pub enum Extent {
    /// Up to this one.
    Degree(u32),
    /// As far as an error that is not above this takes.
    Tolerance(Rational),
}

/// What is wanted of the coefficients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Criterion {
    /// The polynomial nearest to the kernel.
    #[default]
    Nearest,
    /// The nearest of those with `p(1) = 1`: the kernel of a normalised activation.
    NearestNormalised,
    /// The first coefficients of the kernel's own power series: exact, but for those that are left out.
    Series,
}

/// A polynomial in `rho` whose coefficients are not negative, and an activation that has it for its kernel.
#[derive(Clone, Debug)]
pub struct KernelDesign {
    /// `b_k`, exactly as they stand in the activation.
    pub coefficients: Vec<Rational>,
    /// `max |p - K|` on `[-1, 1]` (on a table's rows), enclosed.
    pub error: Quantity,
    /// No such polynomial of this degree is nearer than this: proved (0 says nothing).
    pub at_least: Quantity,
    /// Of a given tolerance: no lower degree has it, proved.
    pub smallest_degree: Option<bool>,
    /// The kernel may be undefined in places near the ends; the error is of where it is defined.
    pub partial: bool,
    /// Is the wanted kernel one of a network at all?
    pub definite: Definiteness,
    /// The activation.
    pub realisation: Realisation,
}

/// Why there is no design.
#[derive(Clone, Debug)]
pub enum KernelOutcome {
    /// There is one.
    Design(Box<KernelDesign>),
    /// There is none, in a sentence; proved or not.
    None {
        /// The sentence.
        reason: String,
        /// Is that proved?
        proved: bool,
    },
}

/// The question.
#[derive(Clone, Debug)]
pub struct KernelWish {
    /// How far the powers go.
    pub extent: Extent,
    /// Which polynomial.
    pub criterion: Criterion,
    /// Which kernel of the network with one hidden layer it shall be.
    pub realised: Kind,
}

impl WantedKernel {
    /// The polynomial with coefficients that are not negative that is nearest to this kernel in the uniform norm, with bounds of
    /// its error from above and below that are proved, and an activation that has it for its kernel.
    ///
    /// The polynomial is that of a linear programme (its optimality is not taken on trust: a signed measure bounds the error of
    /// all others from below), rounded to decimals with `effort.digits` digits and as many more as its error takes; what is
    /// said of the error is said of the rounded one.
    ///
    /// ```
    /// use deeplimit::design::{Criterion, Extent, KernelOutcome, KernelWish, WantedKernel};
    /// use deeplimit::{Activation, Effort, Kind};
    /// let relu: Activation = "relu".parse()?;
    /// let deep = WantedKernel::of_network(&relu, 4, Kind::Ntk)?;
    /// let wish = KernelWish { extent: Extent::Degree(5), criterion: Criterion::Nearest, realised: Kind::Nngp };
    /// let KernelOutcome::Design(found) = deep.design(&wish, &Effort::default())? else { panic!() };
    /// assert_eq!(found.error.digits(4), "0.04439");
    /// assert!((found.error.to_f64() / found.at_least.to_f64() - 1.0).abs() < 1e-9);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Domain`] for a degree above [`DEGREE_MAX`], a tolerance that is not positive, and where the kernel has no value;
    /// [`Error::Unresolved`] where it was not enclosed; [`Error::Timeout`].
    pub fn design(&self, wish: &KernelWish, effort: &Effort) -> Result<KernelOutcome> {
        let search = Search {
            wanted: self,
            wish,
            effort,
            kernel: self.prepared(BITS, effort.deadline)?,
        };
        match &wish.extent {
            Extent::Degree(degree) if *degree > DEGREE_MAX => Err(Error::Domain(format!(
                "the degree must not be above {DEGREE_MAX}, {degree} is"
            ))),
            Extent::Degree(degree) => search.of_degree(*degree as usize),
            Extent::Tolerance(tolerance) if *tolerance <= 0 => Err(Error::Domain(
                "the tolerance must be greater than 0".to_owned(),
            )),
            Extent::Tolerance(tolerance) => search.within(tolerance),
        }
    }
}

/// One question on its way.
struct Search<'a> {
    wanted: &'a WantedKernel,
    wish: &'a KernelWish,
    effort: &'a Effort,
    kernel: Prepared,
}

/// A polynomial that was found.
struct Found {
    coefficients: Vec<Rational>,
    deviation: Deviation,
    at_least: Float,
}

/// Smaller errors are not told apart.
const FELT: f64 = 1e-28;
/// A series that leaves out less is as good as the kernel.
const SERIES: f64 = 1e-6;

/// Of the error, the upper bound is so sharp: `2^-30` of it.
const SHARP: u32 = 30;

impl Search<'_> {
    fn of_degree(&self, degree: usize) -> Result<KernelOutcome> {
        let definite = self.definite(degree)?;
        if let Some(none) = self.without_series(&definite) {
            return Ok(none);
        }
        let found = match self.wish.criterion {
            Criterion::Series => self.series(degree)?,
            _ => self.nearest(degree)?,
        };
        self.designed(found, definite, None)
    }

    fn grid(&self, degree: usize) -> Result<Grid> {
        Grid::new(self.wanted, &self.kernel, degree, self.effort.deadline)
    }

    fn definite(&self, degree: usize) -> Result<Definiteness> {
        definite(self.wanted, degree, self.effort.deadline)
    }

    /// The power series of a kernel that has none with coefficients that are not negative.
    fn without_series(&self, definite: &Definiteness) -> Option<KernelOutcome> {
        if self.wish.criterion != Criterion::Series {
            return None;
        }
        match definite {
            Definiteness::No {
                degree,
                coefficient,
            } => Some(KernelOutcome::None {
                reason: format!(
                    "no activation has this kernel: the coefficient of rho^{degree} is {}, and in the kernel of an activation none is negative",
                    coefficient.digits(6)
                ),
                proved: true,
            }),
            _ if self.wanted.rows().is_some() => Some(KernelOutcome::None {
                reason: "a table has no power series".to_owned(),
                proved: true,
            }),
            _ => None,
        }
    }

    /// The smallest degree that is good enough: doubled until one is, then halved in between.
    fn within(&self, tolerance: &Rational) -> Result<KernelOutcome> {
        let goal = |found: &Found| found.deviation.upper <= *tolerance;
        let first = self.definite(0)?;
        if let Some(none) = self.without_series(&first) {
            return Ok(none);
        }
        let find = |degree: usize| -> Result<Found> {
            match self.wish.criterion {
                Criterion::Series => self.series(degree),
                _ => self.nearest(degree),
            }
        };
        // of the greatest degree that is not good enough: is that proved?
        let mut refuted = (None, true);
        let mut good = None;
        let mut degree = 0;
        loop {
            let found = find(degree)?;
            if goal(&found) {
                good = Some((degree, found));
                break;
            }
            refuted = (Some(degree), found.at_least > *tolerance);
            if degree == DEGREE_MAX as usize {
                break;
            }
            degree = (2 * degree).clamp(1, DEGREE_MAX as usize);
        }
        let Some((mut highest, mut best)) = good else {
            let proved = refuted.1;
            let (verb, seems) = if proved {
                ("is", "")
            } else {
                ("was", " found")
            };
            return Ok(KernelOutcome::None {
                reason: format!(
                    "no polynomial of degree up to {DEGREE_MAX} with coefficients that are not negative {verb}{seems} within {} of this kernel",
                    tolerance.to_f64()
                ),
                proved,
            });
        };
        while let Some(low) = refuted.0.filter(|low| low + 1 < highest) {
            let middle = (low + highest) / 2;
            let found = find(middle)?;
            if goal(&found) {
                (highest, best) = (middle, found);
            } else {
                refuted = (Some(middle), found.at_least > *tolerance);
            }
        }
        let definite = self.definite(highest)?;
        self.designed(best, definite, Some(refuted.1))
    }

    /// The best polynomial, rounded, with its bounds.
    fn nearest(&self, degree: usize) -> Result<Found> {
        let normalised = self.wish.criterion == Criterion::NearestNormalised;
        if let Some(found) = self.itself(degree, normalised) {
            return Ok(found);
        }
        let felt = self.felt(degree, normalised)?;
        let mut best =
            self.grid(felt)?
                .best(&self.kernel, felt, normalised, self.effort.deadline)?;
        let size = best.at_least.clone();
        best.coefficients.resize(degree + 1, Mpfr::int(0, BITS));
        if felt < degree {
            best.at_least = Float::with_val(64, 0);
        }
        let coefficients = self.decimals(&best.coefficients, &size, normalised);
        Ok(Found {
            deviation: self.deviation(&coefficients, &best.extrema)?,
            coefficients,
            at_least: best.at_least,
        })
    }

    /// The degree from which on the error is too small for the search to feel: what a power series without negative coefficients
    /// leaves out there is small, and the best polynomial is better by about `2^n` (Chebyshev). All powers, where that is not so.
    fn felt(&self, degree: usize, normalised: bool) -> Result<usize> {
        if self.wanted.rows().is_some() {
            return Ok(degree);
        }
        let c = taylor(&self.kernel, degree, BITS);
        if c.iter().any(|c| !c.is_finite() || c.lower() < 0) {
            return Ok(degree);
        }
        let value = |x: i32| self.kernel.value(&Float::with_val(BITS, x), BITS);
        let one = Ball::int(1, BITS);
        let (mut right, mut left) = (value(1)?, value(-1)?);
        if normalised && !(&right - &one).contains_zero() {
            return Ok(degree);
        }
        for (n, c) in c.iter().enumerate() {
            right = right - c;
            left = if n % 2 == 0 { left - c } else { left + c };
            let rest = right.magnitude().to_f64().max(left.magnitude().to_f64());
            if rest < SERIES && rest * 0.5_f64.powi(n as i32) < FELT {
                return Ok(n);
            }
        }
        Ok(degree)
    }

    /// A polynomial whose coefficients are not negative is its own.
    fn itself(&self, degree: usize, normalised: bool) -> Option<Found> {
        let c = self.wanted.polynomial()?;
        let one = !normalised || c.iter().sum::<Rational>() == 1;
        if c.len() > degree + 1 || c.iter().any(|c| *c < 0) || !one {
            return None;
        }
        let nothing = || Float::with_val(64, 0);
        Some(Found {
            coefficients: c,
            deviation: Deviation {
                lower: nothing(),
                upper: nothing(),
                partial: false,
            },
            at_least: nothing(),
        })
    }

    /// The first coefficients of the power series.
    fn series(&self, degree: usize) -> Result<Found> {
        if let Some(found) = self.itself(degree, false) {
            return Ok(found);
        }
        let bits = BITS;
        let c = taylor(&self.kernel, degree, bits);
        if let Some(k) = c.iter().position(|c| !c.is_finite()) {
            return Err(Error::Unresolved(format!(
                "the coefficient of rho^{k} in the power series of the kernel was not enclosed"
            )));
        }
        let middles: Vec<Mpfr> = c.iter().map(|c| Mpfr::new(c.mid().clone())).collect();
        // what is left out is largest at 1
        let one = Float::with_val(bits, 1);
        let sum = c.iter().fold(Ball::int(0, bits), |sum, c| sum + c);
        let rest = Real::abs(&(self.kernel.value(&one, bits)? - &sum));
        let size = Float::with_val(64, rest.mid());
        let coefficients = self.decimals(&middles, &size, false);
        let deviation = self.deviation(&coefficients, &[one])?;
        Ok(Found {
            deviation,
            coefficients,
            at_least: Float::with_val(64, 0),
        })
    }

    /// Decimals: as many digits as were asked for, and more where the error is so small that they would be felt.
    fn decimals(&self, b: &[Mpfr], error: &Float, normalised: bool) -> Vec<Rational> {
        let felt = match error.get_exp() {
            Some(exponent) => (f64::from(-exponent) * std::f64::consts::LOG10_2) as i64 + 10,
            None => 40,
        };
        let places = felt.clamp(self.effort.digits as i64, 80).min(1100) as u32;
        let ten = Integer::from(10).pow(places);
        let rounded = |b: &Mpfr| {
            let exact = b.as_float().to_rational().unwrap_or_default() * &ten;
            let n: Integer = exact.round().into_numer_denom().0;
            Rational::from((n.max(Integer::new()), ten.clone()))
        };
        let mut out: Vec<Rational> = b.iter().map(rounded).collect();
        if normalised {
            let missing = Rational::from(1) - out.iter().sum::<Rational>();
            if let Some(largest) = (0..out.len()).max_by_key(|k| &out[*k]) {
                out[largest] += missing;
            }
        }
        out
    }

    fn deviation(&self, coefficients: &[Rational], hints: &[Float]) -> Result<Deviation> {
        let Some(rows) = self.wanted.rows() else {
            return deviation(
                &self.kernel,
                coefficients,
                hints,
                (BITS, SHARP),
                self.effort.deadline,
            );
        };
        // exactly
        let mut largest = Rational::new();
        for (rho, value) in rows {
            let p = coefficients
                .iter()
                .rev()
                .fold(Rational::new(), |sum, b| sum * rho + b);
            largest = largest.max((p - value).abs());
        }
        let ball = Ball::rational(&largest, BITS);
        Ok(Deviation {
            lower: ball.lower(),
            upper: ball.upper(),
            partial: false,
        })
    }

    fn designed(
        &self,
        found: Found,
        definite: Definiteness,
        smallest_degree: Option<bool>,
    ) -> Result<KernelOutcome> {
        let Deviation {
            lower,
            upper,
            partial,
        } = found.deviation;
        let exactly = upper.is_zero();
        let quantity = |lower: &Float, upper: &Float| {
            let ball = Ball::from_interval(lower, upper, 128);
            Quantity::new(&ball, exactly.then(|| "0".to_owned()))
        };
        Ok(KernelOutcome::Design(Box::new(KernelDesign {
            error: quantity(&lower, &upper),
            at_least: quantity(&found.at_least, &found.at_least),
            smallest_degree,
            partial,
            definite,
            realisation: Realisation::new(&found.coefficients, self.wish.realised)?,
            coefficients: found.coefficients,
        })))
    }
}
