//! Of all activations with a wanted exponent, the one at an end: the largest or the smallest slope `B'` of the dual, the smallest
//! Lipschitz constant; with what is proved of the others.
//!
//! Let `p = A'^2` and `g_k(B) = k - (k-1) B^(-D/2) - B`, concave, `g_k(1) = 0`, `g_k'(1) = (k-1) D/2 - 1`. An activation of variance 1
//! with `alpha = D` has `p = B'^(-D/2)`.
//!
//! * **Polynomials of degree `n`**: `B' = sum k a_k^2 <= n - (n-1) p`, so `g_n(B') >= 0`, and `B'` is at most the root of `g_n` above 1,
//!   which `sqrt(p) h_1 + sqrt(1-p) h_n` has. If `D <= 2/(n-1)` there is no such root, and no polynomial.
//! * **All activations**: `B' >= 2 - p` (odd: `3 - 2p`), so `g_2(B') <= 0`: `B'` is at least the root of `g_2`, which the polynomial
//!   of degree 2 (odd: 3) has. If `D <= 2` (odd: 1) there is no root: `B'` comes as near to 1 as one likes, by a
//!   nearly linear activation (of degree `n`, where `D > 2/(n-1)`), and is 1 for none.
//! * **The Lipschitz constant** `K` of an activation of variance 1 is at least `sqrt(B')`; more in [`bounds`]. Piecewise linear
//!   activations come near it ([`kinks`]).
//! * **A family** whose members with the exponent are all known: the best of a few.

mod bounds;
mod kinks;

use std::cmp::Ordering;

use rug::Rational;

use super::{Family, Lowest, Span, lowest, shape};
use crate::activation::Expr;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Quantity, bits_for};
use crate::words::named;

/// What is to be extreme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extremum {
    /// The largest `B'`: the fewest layers to the limit.
    LargestSlope,
    /// The smallest `B'`.
    SmallestSlope,
    /// The smallest `sup |f'|` of the activation of variance 1.
    SmallestLipschitz,
}

named!(Extremum, "extremum":
    LargestSlope = "largest-slope",
    SmallestSlope = "smallest-slope",
    SmallestLipschitz = "smallest-lipschitz",
);

/// Among which activations.
#[derive(Clone, Debug)]
pub enum Among {
    /// All of them.
    All,
    /// The odd ones.
    Odd,
    /// Polynomials up to a degree.
    Polynomials(u32),
    /// Odd polynomials up to a degree.
    OddPolynomials(u32),
    /// Piecewise linear ones with so many kinks.
    Kinks(u32),
    /// The members of a family in a box.
    Family(Family, Vec<Span>),
}

/// An activation with its numbers.
#[derive(Clone, Debug)]
pub struct Extreme {
    /// The activation.
    pub activation: Expr,
    /// What its letters, or its first coefficient, stand for.
    pub values: Vec<(String, Quantity)>,
    /// The exponent of what is written out.
    pub alpha: Quantity,
    /// `B'`
    pub slope: Quantity,
    /// `sup |f'|` at variance 1; `None` where it is infinite or not known.
    pub lipschitz: Option<Quantity>,
}

/// What was found, and what is proved of all others.
#[derive(Clone, Debug)]
pub struct Extremal {
    /// The best; several where members of a family cannot be told apart (mirrored ones), none where there is none.
    pub best: Vec<Extreme>,
    /// Proved: no other among those that were asked about is better than this.
    pub bound: Option<Quantity>,
    /// Proved: no other is better than the best, within a millionth, or within what the enclosures of members tell apart.
    pub optimal: bool,
    /// Why there is none, where that is proved.
    pub infeasible: Option<String>,
    /// What is proved, in a sentence.
    pub reason: String,
}

/// More kinks than this nobody can tell from a curve.
pub const KINKS_MAX: u32 = 8;

/// See the [module](self).
///
/// ```
/// use deeplimit::{Effort, design::{Among, Extremum, extremal}};
/// let effort = Effort::default();
/// // alpha = 4: of degree 2 the golden ratio, and no activation has a smaller B'
/// let found = extremal(&4.into(), Extremum::SmallestSlope, &Among::All, &effort)?;
/// assert!(found.optimal && (found.best[0].slope.to_f64() - 1.618033988749895).abs() < 1e-14);
/// let found = extremal(&4.into(), Extremum::LargestSlope, &Among::Polynomials(6), &effort)?;
/// assert!(found.optimal && found.best[0].slope.to_f64() > 5.8);
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for an exponent that is not positive and a question that has no answer, [`Error::Unresolved`],
/// [`Error::Timeout`].
pub fn extremal(
    alpha: &Rational,
    wanted: Extremum,
    among: &Among,
    effort: &Effort,
) -> Result<Extremal> {
    super::positive(alpha)?;
    let refuse = |message: &str| Err(Error::Domain(message.to_owned()));
    match (wanted, among) {
        (Extremum::LargestSlope, Among::Polynomials(n)) => {
            steepest_polynomial(alpha, *n, false, effort)
        }
        (Extremum::LargestSlope, Among::OddPolynomials(n)) => {
            steepest_polynomial(alpha, *n, true, effort)
        }
        (Extremum::LargestSlope, Among::All | Among::Odd) => refuse(
            "B' has no largest value among all activations: polynomials of high degree have any; say up to which degree",
        ),
        (Extremum::LargestSlope, Among::Kinks(_)) => refuse(
            "B' has no largest value among piecewise linear activations: far from the origin a short steep piece has any",
        ),
        (Extremum::SmallestSlope, Among::All | Among::Polynomials(_)) => {
            flattest(alpha, 2, among, effort)
        }
        (Extremum::SmallestSlope, Among::Odd | Among::OddPolynomials(_)) => {
            flattest(alpha, 3, among, effort)
        }
        (Extremum::SmallestSlope, Among::Kinks(_)) => refuse(
            "the smallest B' is that of a polynomial, which piecewise linear activations come as near to as one likes with more and more kinks",
        ),
        (Extremum::SmallestLipschitz, Among::Kinks(m)) => kinks::smoothest(alpha, *m, effort),
        (Extremum::SmallestLipschitz, Among::Polynomials(_) | Among::OddPolynomials(_)) => {
            refuse("a polynomial that is not linear has no Lipschitz constant on the line")
        }
        (Extremum::SmallestLipschitz, Among::All | Among::Odd) => refuse(
            "the smallest Lipschitz constant is looked for among piecewise linear activations: say with how many kinks",
        ),
        (_, Among::Family(family, spans)) => of_family(alpha, wanted, family, spans, effort),
    }
}

fn of_polynomial(found: Lowest, effort: &Effort) -> Extreme {
    let slope = found.first.ball().map(|p| {
        let k = Ball::int(i64::from(found.degree), p.bits());
        &k - &((&k - &Ball::int(1, p.bits())) * p)
    });
    Extreme {
        activation: found.activation,
        values: vec![("p".into(), found.first)],
        alpha: found.alpha,
        slope: Quantity::new(
            &slope.unwrap_or_else(|| Ball::undefined(bits_for(effort.digits))),
            None,
        ),
        lipschitz: None,
    }
}

/// The highest power that such a polynomial has.
fn highest(n: u32, odd: bool) -> u32 {
    if odd && n.is_multiple_of(2) {
        n.saturating_sub(1)
    } else {
        n
    }
}

/// Why none has the exponent, where none has.
fn no_polynomial(alpha: &Rational, n: u32, odd: bool) -> Option<String> {
    let k = highest(n, odd);
    (k < 2 || Rational::from(k - 1) * alpha <= 2).then(|| {
        format!(
            "no {}polynomial of degree {n} or less has alpha = {}: one of degree k > 1 has more than 2/(k-1)",
            if odd { "odd " } else { "" },
            Expr::rational(alpha)
        )
    })
}

fn steepest_polynomial(alpha: &Rational, n: u32, odd: bool, effort: &Effort) -> Result<Extremal> {
    let (k, parity) = (highest(n, odd), if odd { "odd " } else { "" });
    if let Some(reason) = no_polynomial(alpha, n, odd) {
        return Ok(none(reason));
    }
    let polynomial = format!("polynomial of degree {n} or less");
    two_terms(
        alpha,
        k,
        effort,
        &format!("no {parity}{polynomial} with this alpha has a larger B': B' <="),
    )
}

fn flattest(alpha: &Rational, k: u32, among: &Among, effort: &Effort) -> Result<Extremal> {
    let parity = if k == 3 { "odd " } else { "" };
    if let Among::Polynomials(n) | Among::OddPolynomials(n) = among
        && let Some(reason) = no_polynomial(alpha, *n, k == 3)
    {
        return Ok(none(reason));
    }
    if Rational::from(k - 1) * alpha <= 2 {
        return Ok(none(format!(
            "{parity}activations that are nearly linear have alpha = {} and a B' as near to 1 as one likes, and only linear ones have B' = 1",
            Expr::rational(alpha)
        )));
    }
    two_terms(
        alpha,
        k,
        effort,
        &format!("no {parity}activation at all with this alpha has a smaller B': B' >="),
    )
}

/// `p h_1 + r h_k`, for which an inequality about `B'` is an equality.
fn two_terms(alpha: &Rational, k: u32, effort: &Effort, inequality: &str) -> Result<Extremal> {
    let best = of_polynomial(lowest::of_degree(alpha, k, effort.digits)?, effort);
    Ok(Extremal {
        bound: Some(best.slope.clone()),
        best: vec![best],
        optimal: true,
        infeasible: None,
        reason: format!(
            "{inequality} {k} - {} A'^2, with equality for h_1 and h_{k} alone",
            k - 1
        ),
    })
}

fn none(reason: String) -> Extremal {
    Extremal {
        best: vec![],
        bound: None,
        optimal: true,
        infeasible: Some(reason.clone()),
        reason,
    }
}

/// The numbers of an activation as it is written.
fn measured(
    activation: Expr,
    values: Vec<(String, Quantity)>,
    alpha: Quantity,
    steepest: Option<Ball>,
    effort: &Effort,
) -> Result<Extreme> {
    let verdict = Activation::new(&activation)?.classify(effort)?;
    let size = verdict.normalisation.and_then(|q| q.ball());
    let lipschitz = steepest
        .zip(size)
        .map(|(k, size)| Quantity::new(&(k * size.sqrt()), None));
    Ok(Extreme {
        activation,
        values,
        alpha,
        slope: verdict
            .b_prime
            .ok_or_else(|| Error::Unresolved("B' of a member is not known".into()))?,
        lipschitz,
    })
}

fn of_family(
    alpha: &Rational,
    wanted: Extremum,
    family: &Family,
    spans: &[Span],
    effort: &Effort,
) -> Result<Extremal> {
    let all = family.with_alpha(alpha, spans, effort)?;
    let complete = all.complete();
    if all.members.is_empty() {
        return match complete {
            true => Ok(none(format!(
                "no member of the family in the box has alpha = {}",
                Expr::rational(alpha)
            ))),
            false => Err(Error::Unresolved(
                "no member was found, and parts of the box are undecided".into(),
            )),
        };
    }
    let mut members = Vec::new();
    for member in all.members {
        let steepest = match wanted {
            Extremum::SmallestLipschitz => {
                Some(shape::steepest(&member.activation).ok_or_else(|| {
                    Error::Unresolved(format!(
                        "no Lipschitz constant of {} was proved",
                        member.activation
                    ))
                })?)
            }
            _ => None,
        };
        members.push(measured(
            member.activation,
            member.values,
            member.alpha,
            steepest,
            effort,
        )?);
    }
    let sign = if wanted == Extremum::LargestSlope {
        -1
    } else {
        1
    };
    // the smaller, the better
    let merit = |m: &Extreme| {
        let q = match wanted {
            Extremum::SmallestLipschitz => m.lipschitz.as_ref(),
            _ => Some(&m.slope),
        };
        let ball = q.and_then(Quantity::ball);
        ball.map_or_else(|| Ball::undefined(64), |b| &b * &Ball::int(sign, b.bits()))
    };
    members.sort_by(|a, b| {
        merit(a)
            .mid()
            .partial_cmp(merit(b).mid())
            .unwrap_or(Ordering::Equal)
    });
    let first = merit(&members[0]);
    let equal = |m: &Extreme| first.overlaps(&merit(m));
    let (best, others): (Vec<_>, Vec<_>) = members.into_iter().partition(|m| equal(m));
    let all = best.iter().fold(first, |all, m| all.hull(&merit(m)));
    let bound = complete.then(|| Quantity::new(&(&all * &Ball::int(sign, all.bits())), None));
    Ok(Extremal {
        bound,
        optimal: complete,
        infeasible: None,
        reason: match (complete, best.len(), others.len()) {
            (true, 1, 0) => "this is the only member with this alpha in the box".into(),
            (true, _, 0) => {
                "the members with this alpha in the box are all known, and none can be told to be better than another"
                    .into()
            }
            (true, ..) => {
                "the members with this alpha in the box are all known, and all others are worse"
                    .into()
            }
            (false, ..) => "the best of the members that were found".into(),
        },
        best,
    })
}

#[cfg(test)]
mod tests;
