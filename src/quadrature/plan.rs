//! From an activation and a tolerance to a set of rules with a proved error.

use rug::{Float, Rational};

use super::envelope::{BITS, Envelope};
use super::halving::Halving;
use super::line::{self, Line};
use super::moduli::Moduli;
use super::reach::reach;
use super::segment::Segment;
use crate::activation::pieces::{End, Piece, integrable_pieces, pieces};
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Interval};

/// What is integrated: an activation, alone or with its derivative.
#[derive(Clone, Debug)]
pub struct Integrand {
    pub(super) expr: Expr,
    pub(super) derivative: bool,
    moments: bool,
    deadline: Deadline,
}

impl Integrand {
    /// The function alone.
    pub fn of(expr: &Expr) -> Self {
        Integrand {
            expr: expr.expand(),
            derivative: false,
            moments: false,
            deadline: Deadline::default(),
        }
    }

    /// The function and its derivative (almost everywhere; a jump's delta is not part of it).
    pub fn with_derivative(expr: &Expr) -> Self {
        Integrand {
            expr: expr.expand(),
            derivative: true,
            moments: false,
            deadline: Deadline::default(),
        }
    }

    /// And each of them times `x`, behind them.
    #[must_use]
    pub fn with_moments(self) -> Self {
        Integrand {
            moments: true,
            ..self
        }
    }

    /// Planning gives up then.
    #[must_use]
    pub fn until(self, deadline: Deadline) -> Self {
        Integrand { deadline, ..self }
    }

    /// The expression, catalogue names expanded.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The functions that a formula stands for.
    pub(super) fn functions(&self, formula: &Expr) -> Vec<Expr> {
        let mut out = vec![formula.clone()];
        if self.derivative {
            out.push(formula.derivative().simplify());
        }
        if self.moments {
            let times_x: Vec<Expr> = out.iter().map(|f| Expr::X * f.clone()).collect();
            out.extend(times_x);
        }
        out
    }
}

/// Rules that together integrate over the whole line, and one bound for the error of every integral of the envelope.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) parts: Vec<Part>,
    /// Bound of `|rule - integral|` in exact arithmetic, for every integrand of the envelope.
    pub error: Float,
    /// The family of integrands that the bound is for.
    pub envelope: Envelope,
    /// Nothing outside `[-reach, reach]` is looked at; its contribution is in `error`.
    pub reach: u32,
}

/// One rule with the formulas to be evaluated at its nodes.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub functions: Vec<Expr>,
    pub rule: Rule,
}

#[derive(Clone, Debug)]
pub(super) enum Rule {
    Line(Line, Option<Vec<Parity>>),
    Segment {
        from: Place,
        to: Place,
        segment: Segment,
    },
}

/// An end of a segment.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Break(crate::activation::pieces::Breakpoint),
    Rational(Rational),
    Ball(Ball),
}

impl Place {
    pub(super) fn ball(&self, bits: u32) -> Ball {
        match self {
            Place::Break(b) => b.position(bits),
            Place::Rational(q) => Ball::rational(q, bits),
            Place::Ball(b) => b.clone(),
        }
    }

    pub(super) fn interval(&self) -> Interval {
        let ball = self.ball(2 * BITS);
        Interval::new(ball.lower(), ball.upper())
    }
}

impl Plan {
    /// A plan whose error is at most `2^-accuracy`.
    ///
    /// # Errors
    /// [`Error::Domain`] where the integrals do not exist or the formula is undefined somewhere, [`Error::Unresolved`]
    /// where no strip of analyticity or no position of a kink could be proved, [`Error::Timeout`] ([`Integrand::until`]).
    pub fn new(integrand: &Integrand, envelope: Envelope, accuracy: u32) -> Result<Plan> {
        let target = Float::with_val(BITS, 1) >> accuracy;
        let share = Float::with_val(BITS, &target >> 2);
        let (reach, tail) = reach(integrand, envelope, &share)?;
        integrand.deadline.check("the bound of the tails")?;
        let pieces = match envelope {
            Envelope::Moments { .. } => pieces(&integrand.expr, reach)?,
            Envelope::Plain | Envelope::Bare => integrable_pieces(&integrand.expr, reach)?,
        };
        let mut parts = Vec::new();
        let mut error = tail;
        if let [piece] = pieces.as_slice()
            && let Some((part, e)) = whole_line(integrand, piece, envelope, reach, &share)?
        {
            error += e;
            return Ok(Plan {
                parts: vec![part],
                error: error * ROUNDING,
                envelope,
                reach,
            });
        }
        let within = clipped(&pieces, reach);
        let share = share / (within.len().max(1) as u32);
        for (piece, from, to) in within {
            let functions = integrand.functions(&piece.formula);
            if functions
                .iter()
                .all(|f| f.as_rational().is_some_and(|q| q == 0))
            {
                continue;
            }
            let halving = Halving::new(&functions, envelope, [&from, &to], integrand.deadline);
            let tiling = halving.between(&from, &to, &share)?.ok_or_else(|| {
                let why = halving.obstacle().map_or(String::new(), |at| {
                    format!(" (at x = {at} it is neither analytic nor like a power or a logarithm)")
                });
                Error::Unresolved(format!(
                    "no region of analyticity could be proved for {} between {} and {}{why}, so its integral has no proved \
                     error bound",
                    piece.formula,
                    short(&from),
                    short(&to)
                ))
            })?;
            error += &tiling.error;
            for (from, to, segment) in tiling.segments {
                parts.push(Part {
                    functions: functions.clone(),
                    rule: Rule::Segment { from, to, segment },
                });
            }
        }
        Ok(Plan {
            parts,
            error: error * ROUNDING,
            envelope,
            reach,
        })
    }

    /// The number of nodes, that is of evaluations of the activation.
    pub fn nodes(&self) -> u64 {
        self.parts
            .iter()
            .map(|p| match &p.rule {
                Rule::Line(line, _) => 2 * u64::from(line.steps),
                Rule::Segment { segment, .. } => segment.nodes(),
            })
            .sum()
    }
}

/// Enclosures of `int_a^b f(x) dx` for functions analytic on a neighbourhood of `[a, b]`, each with an absolute error of
/// about `2^-accuracy`, in balls of `bits` bits; `None` where no region of analyticity could be proved.
pub fn integrals(
    functions: &[Expr],
    a: &Ball,
    b: &Ball,
    accuracy: u32,
    bits: u32,
) -> Option<Vec<Ball>> {
    let share = Float::with_val(BITS, 1) >> accuracy;
    let (from, to) = (Place::Ball(a.clone()), Place::Ball(b.clone()));
    let halving = Halving::new(functions, Envelope::Bare, [&from, &to], Deadline::default());
    let tiling = halving.between(&from, &to, &share).ok()??;
    let parts = (tiling.segments.into_iter())
        .map(|(from, to, segment)| Part {
            functions: functions.to_vec(),
            rule: Rule::Segment { from, to, segment },
        })
        .collect();
    let plan = Plan {
        parts,
        error: tiling.error * ROUNDING,
        envelope: Envelope::Bare,
        reach: 0,
    };
    let samples = super::Samples::<Ball>::new(&plan, bits, Deadline::default()).ok()?;
    Some((0..functions.len()).map(|i| samples.mean(i)).collect())
}

/// Covers the roundings of a few sums of non-negative 64-bit numbers.
pub(super) const ROUNDING: f64 = 1.0 + 1e-9;

fn short(place: &Place) -> String {
    format!("{:.6}", place.ball(64).to_f64())
}

/// The rule for an activation without breakpoints.
fn whole_line(
    integrand: &Integrand,
    piece: &Piece,
    envelope: Envelope,
    reach: u32,
    share: &Float,
) -> Result<Option<(Part, Float)>> {
    let (End::MinusInfinity, End::PlusInfinity) = (&piece.from, &piece.to) else {
        return Ok(None);
    };
    let functions = integrand.functions(&piece.formula);
    let parities: Option<Vec<Parity>> = functions.iter().map(Expr::parity).collect();
    let moduli = Moduli::new(&functions, envelope, parities.is_some());
    // A larger reach makes the vertical sides small enough where the strip is wide.
    let mut r = reach;
    for _ in 0..6 {
        integrand
            .deadline
            .check("the search for a strip of analyticity")?;
        if let Some(line) = line::line(&moduli, r, share) {
            // Where poles crowd towards the real axis the strip is thin, and segments that follow them are cheaper.
            let thin = f64::from(line.steps) > 40.0 * f64::from(r) + 12.0 * -ln(share);
            if thin {
                let from = Place::Rational((-i64::from(reach)).into());
                let to = Place::Rational(reach.into());
                let halving = Halving::new(&functions, envelope, [&from, &to], integrand.deadline);
                if let Some(found) = halving.between(&from, &to, share)?
                    && found.nodes() < u64::from(line.steps)
                {
                    return Ok(None); // the caller takes the segments
                }
            }
            let error = line.error.clone();
            return Ok(Some((
                Part {
                    functions,
                    rule: Rule::Line(line, parities),
                },
                error,
            )));
        }
        r += 1 + r / 6;
    }
    Ok(None)
}

/// The pieces that meet `[-reach, reach]`, cut off there.
fn clipped(pieces: &[Piece], reach: u32) -> Vec<(&Piece, Place, Place)> {
    let edge = i64::from(reach);
    let place = |end: &End| match end {
        End::MinusInfinity => Place::Rational((-edge).into()),
        End::PlusInfinity => Place::Rational(edge.into()),
        End::Reach(r) => Place::Rational((*r).clamp(-edge, edge).into()),
        End::At(b) => {
            let x = b.position(BITS).to_f64();
            if x.abs() > f64::from(reach) {
                Place::Rational((if x > 0.0 { edge } else { -edge }).into())
            } else {
                Place::Break(b.clone())
            }
        }
    };
    pieces
        .iter()
        .map(|p| (p, place(&p.from), place(&p.to)))
        .filter(|(_, from, to)| match (from, to) {
            (Place::Rational(a), Place::Rational(b)) => a < b,
            _ => true,
        })
        .collect()
}

/// Natural logarithm as a double, for sizes far outside `f64` too.
pub fn ln(x: &Float) -> f64 {
    if x.is_zero() {
        -1e300
    } else {
        Float::with_val(BITS, x.abs_ref()).ln().to_f64()
    }
}
