//! From an activation to its limit kernel: the regime, the dual, the precision that the digits asked for take.

use std::cmp::Ordering;

use rug::Rational;

use super::classify::Inquiry;
use super::interior::terms;
use super::kernel::{Limit, LimitKernel, LimitValue};
use super::{
    Abel, Bend, Boettcher, Classification, Interior, Koenigs, LogPeriodic, Ordered, Phase, Regime,
};
use crate::activation::{Exact, Expr, Parity, all_exact};
use crate::deadline::Deadline;
use crate::dual::{Dual, closed_form, correlations, resolving_series};
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Bits, Quantity, Real, Value, bits_for};
use crate::recursion::{Pair, Scaled};

/// An activation whose regime is known: what limit kernels of any precision are made from.
#[derive(Clone, Debug)]
pub struct Subject {
    structure: Activation,
    /// The regime, with its evidence; `proved` and `missing` hold for all that follows from it.
    pub classification: Classification,
}

impl Subject {
    /// Classifies the activation.
    ///
    /// # Errors
    /// Those of [`super::classify`], and [`Error::Unresolved`] where the regime is undecided.
    pub fn new(expr: &Expr, deadline: Deadline) -> Result<Self> {
        let activation = Activation::new(expr)?;
        deadline.check("the analysis of the expression")?;
        Subject::of(&activation, deadline)
    }

    /// [`Subject::new`] of an activation that is ready.
    ///
    /// # Errors
    /// As [`Subject::new`].
    pub fn of(activation: &Activation, deadline: Deadline) -> Result<Self> {
        let effort = Effort {
            deadline,
            ..Effort::digits(6)
        };
        let mut inquiry = Inquiry::new(activation.clone(), effort)?;
        inquiry.decide()?;
        if inquiry.report.regime == Regime::Undecided {
            return Err(Error::Unresolved(format!(
                "the regime of `{}` is undecided, so there is no limit kernel to evaluate; missing: {}",
                inquiry.report.activation,
                inquiry.report.missing.join("; ")
            )));
        }
        Ok(Subject {
            structure: inquiry.structure,
            classification: inquiry.report,
        })
    }

    /// What is known of the expression.
    pub fn structure(&self) -> &Activation {
        &self.structure
    }

    /// Even or odd, if proved.
    pub fn parity(&self) -> Option<Parity> {
        self.structure.parity
    }

    /// The dual at `bits`, good for correlations up to `far` in modulus (which matters for Hermite series only).
    ///
    /// # Errors
    /// See [`crate::hermite::hermite_series`]; [`Error::Timeout`].
    pub fn dual(&self, far: &Rational, bits: Bits, deadline: Deadline) -> Result<Dual<Ball>> {
        if let Some(dual) = closed_form::<Ball>(&self.structure.expr, bits) {
            return Ok(dual);
        }
        let mut series = resolving_series(&self.structure, Some(far), bits, deadline)?;
        // what the classification proved (or assumed, and said so) to be zero
        let zeros = match self.classification.regime {
            Regime::Singular => 1,
            Regime::NearestNeighbour => self.classification.order.unwrap_or(2) as usize,
            _ => 0,
        };
        for c in series.squares.iter_mut().take(zeros) {
            *c = Ball::int(0, bits);
        }
        Ok(Dual::Series(series))
    }

    /// The limit kernel at `bits`, good for correlations up to `far` in modulus.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the function of the regime could not be prepared; [`Error::Timeout`].
    pub fn kernel(&self, far: &Rational, bits: Bits, deadline: Deadline) -> Result<LimitKernel> {
        let far = far.clone().max(self.classification.attractor());
        let dual = self.dual(&far, bits, deadline)?;
        let limit = Limit::of(&self.classification, &dual, bits, || {
            self.ordered(&dual, bits, deadline)
        })?;
        deadline.check("the limit kernel")?;
        Ok(LimitKernel {
            dual,
            parity: self.structure.parity,
            limit,
            bits,
        })
    }

    /// Where the dual is no closed form that is analytic at 1: how it leaves 1 at kinks, or for a series with a rest
    /// `dual''(1) = E phi''^2/E phi^2` and `dual'''(1)` from the expression.
    fn ordered(&self, dual: &Dual<Ball>, bits: Bits, deadline: Deadline) -> Result<Ordered<Ball>> {
        if let Some(out) = Ordered::new(dual, bits) {
            return Ok(out);
        }
        let smooth = || {
            let slope = Activation::new(&self.structure.expr.derivative());
            slope.is_ok_and(|s| s.continuous == Some(true))
        };
        if let Some(out) = Ordered::with_kinks(dual, smooth(), bits) {
            return Ok(out);
        }
        let name = &self.classification.activation;
        let kinked = || {
            Error::Unresolved(format!(
                "the Koenigs function at 1 (ordered phase) of `{name}` needs an activation with two continuous derivatives, or with kinks and \
                 pieces whose dual is known in closed form"
            ))
        };
        if self.structure.has_breakpoints() {
            return Err(kinked());
        }
        let (second, third) = self.curvature(bits, deadline)?;
        Ordered::with_derivatives(dual, second, third, bits).ok_or_else(kinked)
    }

    /// `dual''(1) = E phi''^2/E phi^2` and `dual'''(1) = E phi'''^2/E phi^2` of an activation without breakpoints.
    fn curvature(&self, bits: Bits, deadline: Deadline) -> Result<(Ball, Ball)> {
        let first = self.structure.expr.derivative().simplify();
        let envelope = Envelope::Moments { degree: 1 };
        let sampled = |integrand: &Integrand| {
            let plan = Plan::new(integrand, envelope, bits)?;
            Samples::<Ball>::new(&plan, bits + 48, deadline)
        };
        let samples = sampled(&Integrand::with_derivative(&first.derivative().simplify()))?;
        let square = match &self.structure.square {
            Some(s) => s.relative(bits + 48),
            None => sampled(&Integrand::of(&self.structure.expr))?.square(0),
        };
        Ok((&samples.square(0) / &square, &samples.square(1) / &square))
    }

    /// How `R(u) = u^alpha h(1 - u^2/2)` oscillates as `u -> 0`: `R(u) ~ 2^gamma Pi(log_b(u^2/2))`, `gamma = alpha/2`, with
    /// the first `count` Fourier coefficients of `Pi` to about `digits` digits of its mean.
    ///
    /// # Errors
    /// [`Error::Domain`] outside the singular regime and where `B'` is infinite; [`Error::Unresolved`] where the bend of
    /// the dual at 1 is not known (a kinked activation without a closed form).
    pub fn oscillation(
        &self,
        count: usize,
        digits: usize,
        deadline: Deadline,
    ) -> Result<LogPeriodic> {
        let name = &self.classification.activation;
        let bits = 2 * bits_for(digits) + 64;
        if self.classification.regime != Regime::Singular {
            return Err(Error::Domain(format!(
                "R(u) belongs to the singular regime, and `{name}` is not in it"
            )));
        }
        let kernel = self.kernel(&Rational::from(1), bits, deadline)?;
        let Limit::Singular(h) = &kernel.limit else {
            return Err(kernel.lost(&Rational::from(1)));
        };
        let b = kernel.dual.slope_at_gap(&Ball::int(0, bits));
        if !b.is_finite() {
            return Err(Error::Domain(format!(
                "`{name}` jumps: B' is infinite, the singularity is logarithmic, and there is no R(u)"
            )));
        }
        let bend = match Bend::of(&kernel.dual, bits) {
            Some(bend) => bend,
            None if !self.structure.has_breakpoints() => {
                Bend::Smooth(self.curvature(bits, deadline)?.0.scale2(-1))
            }
            None => {
                return Err(Error::Unresolved(format!(
                    "the oscillation of R(u) for `{name}`: how the dual of a kinked activation without a closed form bends at rho = 1 is not enclosed"
                )));
            }
        };
        LogPeriodic::new(h, &bend, count, bits_for(digits))
            .ok_or_else(|| kernel.lost(&Rational::from(1)))
    }

    /// The limit kernel at rational correlations in `[-1, 1]`, with `digits` certain digits where they can be had: the
    /// precision is raised until they are there, or four times.
    ///
    /// # Errors
    /// [`Error::Domain`] for a correlation outside `[-1, 1]`; [`Subject::kernel`].
    pub fn values(
        &self,
        at: &[Rational],
        digits: usize,
        deadline: Deadline,
    ) -> Result<(LimitKernel, Vec<LimitValue>)> {
        self.ladder(at, digits, deadline, |kernel| {
            at.iter().map(|rho| kernel.value(rho)).collect()
        })
    }

    /// `S_L` and `T_L` at rational correlations and any depth, with `digits` certain digits where they can be had.
    ///
    /// # Errors
    /// As [`Subject::values`].
    pub fn kernels(
        &self,
        at: &[Rational],
        depth: u64,
        digits: usize,
        deadline: Deadline,
    ) -> Result<(LimitKernel, Vec<Pair<Scaled<Ball>>>)> {
        self.ladder(at, digits, deadline, |kernel| {
            at.iter().map(|rho| kernel.kernels(rho, depth)).collect()
        })
    }

    /// [`Subject::kernels`] and [`Subject::values`] at once.
    ///
    /// # Errors
    /// As [`Subject::values`].
    pub fn kernels_and_values(
        &self,
        at: &[Rational],
        depth: u64,
        digits: usize,
        deadline: Deadline,
    ) -> Result<Vec<(Pair<Scaled<Ball>>, LimitValue)>> {
        let both = self.ladder(at, digits, deadline, |kernel| {
            at.iter()
                .map(|rho| Ok((kernel.kernels(rho, depth)?, kernel.value(rho)?)))
                .collect()
        })?;
        Ok(both.1)
    }

    /// Raises the precision until every number has the digits asked for.
    pub(super) fn ladder<V: Certainty>(
        &self,
        at: &[Rational],
        digits: usize,
        deadline: Deadline,
        values: impl Fn(&LimitKernel) -> Result<Vec<V>>,
    ) -> Result<(LimitKernel, Vec<V>)> {
        ladder(
            &self.classification.activation,
            at,
            digits,
            |far, bits| self.kernel(far, bits, deadline),
            values,
        )
    }
}

impl Classification {
    /// Where orbits end, a little beyond: the dual has to be known there too.
    pub(crate) fn attractor(&self) -> Rational {
        let one = || Rational::from(1);
        match self.phase {
            Some(Phase::Ordered) => one(),
            Some(Phase::Chaotic) => match self.fixed_point.as_ref().map(|q| &q.value) {
                Some(Value::Finite { midpoint, .. }) => {
                    Rational::from_f64(midpoint.to_f64() + 1e-3)
                        .unwrap_or_default()
                        .min(one())
                }
                _ => one(),
            },
            _ => Rational::new(),
        }
    }
}

impl Limit {
    /// The limit in the regime of this verdict, of a network whose layers (or periods) have this dual.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the function of the regime could not be prepared.
    pub(crate) fn of(
        verdict: &Classification,
        dual: &Dual<Ball>,
        bits: Bits,
        ordered: impl FnOnce() -> Result<Ordered<Ball>>,
    ) -> Result<Limit> {
        let name = &verdict.activation;
        let missing = |what: &str| {
            Error::Unresolved(format!(
                "{what} of `{name}` could not be prepared at {bits} bits"
            ))
        };
        match (verdict.regime, verdict.phase) {
            (Regime::Linear, _) => Ok(Limit::Linear),
            (Regime::Singular, _) => Koenigs::new(dual, Ball::int(0, bits), terms(bits))
                .map(Limit::Singular)
                .ok_or_else(|| missing("the Koenigs function at 0")),
            (Regime::NearestNeighbour, _) => verdict
                .order
                .and_then(|k| Boettcher::new(dual, k, bits))
                .map(Limit::NearestNeighbour)
                .ok_or_else(|| missing("the Boettcher function")),
            (_, Some(Phase::Chaotic)) => Interior::new(dual, bits)
                .map(Limit::Chaotic)
                .ok_or_else(|| missing("the fixed point c* and the Koenigs function there")),
            (_, Some(Phase::EdgeOfChaos)) => {
                Abel::new(dual, bits).map(Limit::EdgeOfChaos).ok_or_else(|| {
                    Error::Unresolved(format!(
                        "the Abel function of `{name}` (edge of chaos) needs the dual in closed form, and here it is \
                         known as a Hermite series only"
                    ))
                })
            }
            (_, Some(Phase::Ordered)) => ordered().map(Limit::Ordered),
            _ => Err(missing("the regime")),
        }
    }
}

/// Raises the precision of a limit kernel, which is asked for by the largest correlation and the bits, until every number has
/// the digits asked for.
pub(crate) fn ladder<V: Certainty>(
    name: &str,
    at: &[Rational],
    digits: usize,
    kernel: impl Fn(&Rational, Bits) -> Result<LimitKernel>,
    values: impl Fn(&LimitKernel) -> Result<Vec<V>>,
) -> Result<(LimitKernel, Vec<V>)> {
    correlations(at)?;
    let far = at.iter().map(|r| r.clone().abs()).filter(|r| *r < 1).max();
    let far = far.unwrap_or_default();
    let wanted = bits_for(digits);
    // near 1 the digits of a function of log(1 - rho) are those of the gap
    let mut bits = wanted + 48;
    let mut best = None;
    let mut trouble = None;
    for _ in 0..4 {
        match kernel(&far, bits).and_then(|kernel| {
            let values = values(&kernel)?;
            Ok((kernel, values))
        }) {
            Ok((kernel, values)) => {
                let have = values.iter().map(V::relative_bits).min().unwrap_or(wanted);
                let resolved = kernel.resolved();
                best = Some((kernel, values));
                // a series that ends too early does not become better by more bits
                if have >= wanted || !resolved {
                    break;
                }
                bits += (wanted - have).max(bits / 2) + 16;
            }
            Err(Error::Timeout { .. }) if best.is_some() => break,
            Err(e @ Error::Unresolved(_)) if bits < 8 * wanted + 400 => {
                trouble = Some(e);
                bits *= 2;
            }
            Err(e) => return best.ok_or(e),
        }
    }
    best.ok_or_else(|| {
        trouble.unwrap_or_else(|| {
            Error::Unresolved(format!(
                "the limit kernel of `{name}` could not be enclosed"
            ))
        })
    })
}

/// How much of an answer is certain.
pub(crate) trait Certainty {
    /// The fewest relative bits of its numbers.
    fn relative_bits(&self) -> Bits;
}

impl<A: Certainty, B: Certainty> Certainty for (A, B) {
    fn relative_bits(&self) -> Bits {
        self.0.relative_bits().min(self.1.relative_bits())
    }
}

impl Certainty for LimitValue {
    fn relative_bits(&self) -> Bits {
        [
            Some(&self.limit),
            self.function.as_ref(),
            self.correction.as_ref(),
            self.slope.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(Quantity::relative_bits)
        .min()
        .unwrap_or(0)
    }
}

impl Certainty for Pair<Scaled<Ball>> {
    fn relative_bits(&self) -> Bits {
        let of = |x: &Scaled<Ball>| {
            let scale = match x.log.sign() {
                Some(Ordering::Equal) => Bits::MAX,
                // an absolute error of the exponent is a relative one of the number
                _ => (-(x.log.rad().get_exp().unwrap_or(-1 << 20))).max(0) as Bits,
            };
            certain(&x.mantissa).min(scale)
        };
        of(&self.nngp).min(of(&self.ntk))
    }
}

/// Relative bits; an exact zero has them all.
fn certain(x: &Ball) -> Bits {
    match x.sign() {
        Some(Ordering::Equal) => Bits::MAX,
        _ => x.relative_bits(),
    }
}

impl Activation {
    /// The limit kernel of the normalised network without biases at correlations: [`Subject::values`].
    ///
    /// # Errors
    /// [`Error::Domain`] for what is no correlation; [`Error::Unresolved`] where the regime is undecided or its function could not be
    /// prepared; [`Error::Timeout`].
    ///
    /// ```
    /// use deeplimit::{Activation, Effort};
    /// let cubes: Activation = "optimal(2)".parse()?;
    /// let h = cubes.limit(&["1/2"], &Effort::digits(30))?;
    /// assert_eq!(format!("{:.20}", h[0].limit), "0.71359912828860120622");
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn limit(&self, rhos: &[impl Exact], effort: &Effort) -> Result<Vec<LimitValue>> {
        let subject = Subject::of(self, effort.deadline)?;
        let (_, values) = subject.values(&all_exact(rhos)?, effort.digits, effort.deadline)?;
        Ok(values)
    }
}
