//! The kernel at infinite depth at several correlations, with what the numbers are.

use rug::Rational;

use super::{Classification, Limit, LimitValue, LogPeriodic, Phase, Regime, Subject, Value};
use crate::activation::Expr;
use crate::effort::Effort;
use crate::error::Result;
use crate::exact::Activation;
use crate::real::{Ball, Quantity};

/// The verdict, the constants of the regime, and a row for each correlation.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The regime.
    pub classification: Classification,
    /// What the limit, the function and the correction of a row are.
    pub formula: &'static str,
    /// The tangent kernel is `N_L`, of residual layers (`block`).
    pub residual: bool,
    /// `lambda`, `m` or `b`: the slope of the dual at the attracting fixed point, where it is between 0 and 1.
    pub multiplier: Option<Quantity>,
    /// The coefficient of `log(L+1)` at the edge of chaos.
    pub kappa: Option<Quantity>,
    /// In the order of the correlations.
    pub values: Vec<LimitValue>,
    /// `R(u)`, `u^2 = 2 (1 - rho)`, in the singular regime.
    pub regular: Vec<Option<Quantity>>,
    /// `1 - c*`, where that is so small that no orbit is followed to `c*`: the function and the correction are left out.
    pub verge: Option<Quantity>,
    /// How `R(u)` oscillates, if that was asked for.
    pub oscillation: Option<LogPeriodic>,
}

/// The kernel at infinite depth at correlations, and the first `fourier` coefficients of the oscillation of `R(u)`.
///
/// # Errors
/// As [`Subject::values`] and [`Subject::oscillation`].
///
/// ```
/// use deeplimit::{Effort, limit::limits};
/// let found = limits(&"relu".parse()?, &[(1, 2).into()], None, &Effort::default())?;
/// assert_eq!(found.values[0].limit.exact.as_deref(), Some("1/4"));
/// assert!(found.classification.formula().starts_with("T_L = r (L+1) + kappa log(L+1)"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn limits(
    expr: &Expr,
    at: &[Rational],
    fourier: Option<u32>,
    effort: &Effort,
) -> Result<Limits> {
    let deadline = effort.deadline;
    let subject = Subject::new(expr, deadline)?;
    let (kernel, values) = subject.values(at, effort.digits, deadline)?;
    let oscillation = fourier
        .map(|n| subject.oscillation(n as usize, effort.digits, deadline))
        .transpose()?;
    let quantity = |b: &Ball| Quantity::new(b, None);
    let regular = at.iter().zip(&values).map(|(rho, v)| {
        // at u = 2 the factor u^alpha is no zero that could make up for an infinite kernel
        let infinite = *rho == -1 && matches!(v.limit.value, Value::MinusInfinite);
        let regular = kernel.regular_part(rho).as_ref().map(quantity);
        regular.or_else(|| infinite.then(Quantity::minus_infinite))
    });
    Ok(Limits {
        formula: match kernel.limit() {
            Limit::Ordered(o) if o.is_rooted() != Some(false) => ROOTED,
            _ => subject.classification.formula(),
        },
        multiplier: kernel.multiplier().map(quantity),
        kappa: kernel.log_rate().as_ref().map(quantity),
        verge: kernel.verge().as_ref().map(quantity),
        regular: regular.collect(),
        residual: false,
        classification: subject.classification,
        values,
        oscillation,
    })
}

impl Activation {
    /// [`limits`].
    ///
    /// # Errors
    /// As [`limits`].
    pub fn limits(&self, at: &[Rational], fourier: Option<u32>, effort: &Effort) -> Result<Limits> {
        limits(&self.typed, at, fourier, effort)
    }
}

/// The formula of the ordered phase where the activation has kinks.
const ROOTED: &str = "T_L = T - C b^(L/2) + O(L b^L), g(dual) = b g, g(1) = 0";

impl Classification {
    /// What the limit, the function and the correction of a [`LimitValue`] are in this regime (in the ordered phase, of an activation
    /// whose derivative is continuous: with kinks it is [`Limits::formula`]).
    pub fn formula(&self) -> &'static str {
        match (self.regime, self.phase) {
            (Regime::Linear, _) => "T_L = (L+1) rho at every depth",
            (Regime::Singular, _) => {
                "T_L = (L+1) lambda^L (h + C/(L+1) + O(lambda^L)), h(dual) = lambda h"
            }
            (Regime::NearestNeighbour, _) => {
                "log T_L = k^L log B + L log k + C + o(1), B(dual) = B^k"
            }
            (_, Some(Phase::Chaotic)) => "T_L = T + C L m^L + O(m^L), g(dual) = m g, g(c*) = 0",
            (_, Some(Phase::EdgeOfChaos)) => {
                "T_L = r (L+1) + kappa log(L+1) + C + o(1), A(dual) = A + 1"
            }
            (_, Some(Phase::Ordered)) => "T_L = T - C L b^L + O(b^L), g(dual) = b g, g(1) = 0",
            (Regime::Flow, _) => "N_L = T + O(1/L), S_L = S + O(1/L)",
            (Regime::Frozen, _) => "N_L -> T, S_L -> rho",
            _ => "undecided",
        }
    }
}
