//! All members of a family whose singular kernel has a wanted exponent.
//!
//! A family is an expression with free letters: `max(x-c, 0)`, `gelu(s*x)`, `x^3+c*x`. Its members are centred
//! (`f - E f(Z)`), so they have `A = 0`, and with `V = E f^2 - (E f)^2`
//!
//! ```text
//! alpha = -2 log((E f')^2 / V) / log(E f'^2 / V) = D   if and only if   (E f')^4 (E f'^2)^D = V^(2 + D)
//! ```
//!
//! (Theorem 1 of Radhakrishnan, Belkin and Uhler 2022; `E f' = E Z f` by Stein). Read as `sum_i w_i F_i(a x + b)` with letters in
//! `w`, `a`, `b` alone ([`reading`]), the moments are Gaussian expectations of the functions `F_i`, `F_i F_j`, `F_i' F_j'` with
//! another scale and shift: analytic in the letter, whatever kinks the functions have, and known from their Hermite
//! coefficients at one point, all derivatives by the letter included ([`super::expansion`]: the heat equation). On every cell of a
//! subdivision of the box the condition becomes a polynomial in the letter with a proved rest ([`super::taylor`], [`curve`]); where it
//! has no zero, or one and is monotone, the cell is done ([`search`]). So "these are all" and "there is none" are proved, and each
//! solution is known to as many digits as one wants. Ends where the scale vanishes ([`ends`]), or grows beyond all bounds
//! ([`saturated`]), are decided by bounds for all members there at once.

mod curve;
mod ends;
mod member;
mod reading;
mod saturated;
mod search;

use std::cmp::Ordering;
use std::sync::Arc;

use rayon::prelude::*;
use rug::Rational;

use crate::activation::pieces::pieces;
use crate::activation::{Constants, Expr};
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::{Activation, is_continuous};
use crate::real::{Analytic, Ball, Quantity, bits_for};

use super::expansion::KINKS_WITHIN;
use curve::Curve;
use reading::Reading;

/// An expression with letters that have no value yet.
///
/// ```
/// use deeplimit::{Effort, design::{Family, Span}};
/// let family = Family::parse("max(x-c, 0)")?;
/// let all = family.with_alpha(&2.into(), &[Span::parse("c=-1..1")?], &Effort::digits(20))?;
/// assert_eq!(all.members.len(), 1);
/// assert_eq!(all.members[0].values[0].1.digits(20), "0.54508526277301386089");
/// assert!(all.complete());
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Family {
    /// As it was typed, what was set before put in.
    pub expr: Expr,
    /// The letters, in order of first appearance.
    pub letters: Vec<Arc<str>>,
}

/// The values that a letter may take: `c=-6..12`.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Which letter.
    pub letter: String,
    /// The least value; `None` where there is none.
    pub from: Option<Rational>,
    /// The greatest value; `None` where there is none.
    pub to: Option<Rational>,
}

/// A member of a family.
#[derive(Clone, Debug)]
pub struct Member {
    /// The letters with their values: the true root is in the enclosure, and no other.
    pub values: Vec<(String, Quantity)>,
    /// The activation, centred, with the values written out in as many digits as were asked for.
    pub activation: Expr,
    /// The exponent of what is written out (at the root itself it is exactly what was wanted).
    pub alpha: Quantity,
}

/// A part of the box about which nothing could be proved.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// Where.
    pub span: Span,
    /// The other letters' values.
    pub others: Vec<(String, Rational)>,
    /// Why.
    pub reason: String,
}

/// The members that were found, and what is proved.
#[derive(Clone, Debug)]
pub struct Members {
    /// In ascending order of the letter.
    pub members: Vec<Member>,
    /// Where more may be.
    pub open: Vec<Undecided>,
    /// How many values of the first of two letters were looked at; `None` for one letter, whose whole box was.
    pub sections: Option<usize>,
    /// What happens at an end where the family degenerates, in a sentence each.
    pub remarks: Vec<String>,
    /// Proved of all members, where none has the exponent: it is greater, or less.
    pub side: Option<Ordering>,
}

impl Members {
    /// The members are all that there are in the box: proved.
    pub fn complete(&self) -> bool {
        self.open.is_empty() && self.sections.is_none()
    }
}

/// So many values of the first of two letters are looked at.
const SECTIONS: u32 = 13;

impl Family {
    /// Reads an expression in which some names have no meaning: those are the letters.
    ///
    /// # Errors
    /// [`Error::Parse`], and [`Error::Domain`] where there is no letter.
    pub fn parse(text: &str) -> Result<Family> {
        Family::parse_with(text, &Constants::default())
    }

    /// The same where some letters have a value.
    ///
    /// # Errors
    /// As [`Family::parse`].
    pub fn parse_with(text: &str, constants: &Constants) -> Result<Family> {
        let expr = Expr::parse_family_with(text, constants)?;
        let letters = expr.letters();
        if letters.is_empty() {
            return Err(Error::Domain(
                "the family has no free letter: write one for what may vary, as in max(x-c,0)"
                    .into(),
            ));
        }
        Ok(Family { expr, letters })
    }

    /// All members in the box with `alpha = D`: for one letter, all of them, proved; for two, those on a few lines through the
    /// box, where the second letter is solved for.
    ///
    /// # Errors
    /// [`Error::Domain`] for an `alpha` that no singular kernel has, a box that does not fit to the letters, and a family that
    /// jumps; [`Error::Unresolved`] for one whose letters are in places where the method does not reach; [`Error::Timeout`].
    pub fn with_alpha(&self, alpha: &Rational, spans: &[Span], effort: &Effort) -> Result<Members> {
        super::positive(alpha)?;
        let spans = self.sorted(spans)?;
        match spans.as_slice() {
            [span] => self.section(alpha, span, &[], effort),
            [first, second] => {
                let (Some(from), Some(to)) = (&first.from, &first.to) else {
                    return Err(endless(&first.letter, "it is laid in lines"));
                };
                let width = Rational::from(to - from);
                let lines: Vec<Rational> = (0..SECTIONS)
                    .map(|k| &width * Rational::from((k, SECTIONS - 1)) + from)
                    .collect();
                let sections: Vec<Members> = lines
                    .into_par_iter()
                    .map(|value| {
                        self.section(alpha, second, &[(first.letter.clone(), value)], effort)
                    })
                    .collect::<Result<_>>()?;
                let mut all = Members {
                    members: vec![],
                    open: vec![],
                    sections: Some(sections.len()),
                    remarks: vec![],
                    side: None,
                };
                for section in sections {
                    all.members.extend(section.members);
                    all.open.extend(section.open);
                    for remark in section.remarks {
                        if !all.remarks.contains(&remark) {
                            all.remarks.push(remark);
                        }
                    }
                }
                Ok(all)
            }
            _ => Err(Error::Domain(format!(
                "one condition fixes one letter, and two leave a curve; give the others a value: {} are free",
                spans.len()
            ))),
        }
    }

    /// One span for each letter, in the order of the letters.
    fn sorted(&self, spans: &[Span]) -> Result<Vec<Span>> {
        let refuse = |message: String| Err(Error::Domain(message));
        for span in spans {
            if !self.letters.iter().any(|l| **l == *span.letter) {
                return refuse(format!("there is no `{}` in {}", span.letter, self.expr));
            }
        }
        let mut sorted = Vec::new();
        for letter in &self.letters {
            let mut of = spans.iter().filter(|s| *s.letter == **letter);
            match (of.next(), of.next()) {
                (Some(span), None) => sorted.push(span.clone()),
                (None, _) => return refuse(format!("between which values may `{letter}` lie?")),
                (Some(_), Some(_)) => return refuse(format!("`{letter}` has two boxes")),
            }
        }
        Ok(sorted)
    }

    fn section(
        &self,
        alpha: &Rational,
        span: &Span,
        others: &[(String, Rational)],
        effort: &Effort,
    ) -> Result<Members> {
        let with = |family: &Expr| {
            let put = |e: Expr, (name, value): &(String, Rational)| {
                e.with_letter(name, &Expr::rational(value))
            };
            others.iter().fold(family.clone(), put)
        };
        let family = with(&self.expr);
        let reading = Reading::of(&family).ok_or_else(|| {
            Error::Unresolved(format!(
                "the letters of {family} are neither factors of what has none nor in one argument a*x+b, and only there all members can be found"
            ))
        })?;
        for (_, function) in &reading.terms {
            if jumps(function)? {
                return Err(Error::Domain(format!(
                    "{family} jumps: B' is infinite and alpha is 0 for every member"
                )));
            }
        }
        let curve = Curve::new(&reading, &span.letter);
        let (ends, beyond) = closed(&curve, alpha, span, effort)?;
        let found = search::search(&curve, alpha, &ends, effort.deadline)?;
        let mut all = Members {
            members: vec![],
            open: vec![],
            sections: None,
            remarks: [found.remarks, beyond].concat(),
            side: None,
        };
        let side = |s: &Ordering| {
            // beyond an end it is less
            (span.from.is_some() && span.to.is_some() || s.is_lt())
                && found.sides.iter().all(|o| o == s)
        };
        if found.brackets.is_empty() && found.open.is_empty() {
            all.side = found.sides.first().copied().filter(side);
        }
        for (lo, hi, reason) in found.open {
            let span = Span {
                letter: span.letter.clone(),
                from: Some(lo),
                to: Some(hi),
            };
            all.open.push(Undecided {
                span,
                others: others.to_vec(),
                reason,
            });
        }
        let mut basins: Vec<Ball> = Vec::new();
        for (lo, hi) in found.brackets {
            match search::refined(&curve, alpha, &lo, &hi, effort.digits, effort.deadline)? {
                Some(root) => {
                    // two cells overlap: the same root
                    if basins.iter().any(|b| b.encloses(&root.value)) {
                        continue;
                    }
                    let letter = &span.letter;
                    if let Some(member) =
                        self.member(&family, &root, (letter, &ends), others, effort)?
                    {
                        all.members.push(member);
                    }
                    basins.push(root.basin);
                }
                None => all.open.push(Undecided {
                    span: Span {
                        letter: span.letter.clone(),
                        from: Some(lo),
                        to: Some(hi),
                    },
                    others: others.to_vec(),
                    reason: "one solution, whose digits were not reached".into(),
                }),
            }
        }
        Ok(all)
    }

    /// The member at a root; `None` for a root outside of the box.
    fn member(
        &self,
        family: &Expr,
        root: &search::Root,
        (letter, ends): (&str, &[Rational; 2]),
        others: &[(String, Rational)],
        effort: &Effort,
    ) -> Result<Option<Member>> {
        let bits = root.value.mid().prec();
        let [from, to] = ends.each_ref().map(|q| Ball::rational(q, bits));
        if root.value.upper() < from.lower() || root.value.lower() > to.upper() {
            return Ok(None);
        }
        let value = Quantity::new(&root.value, None);
        let written = Expr::parse(&value.digits(effort.digits))?.simplify();
        let exact = written.as_rational().unwrap_or_default();
        let alpha = root.alpha(&exact);
        let mut values: Vec<(String, Quantity)> = others
            .iter()
            .map(|(name, q)| {
                (
                    name.clone(),
                    Quantity::new(
                        &Ball::rational(q, bits_for(effort.digits) + 8),
                        Some(Expr::rational(q).to_string()),
                    ),
                )
            })
            .collect();
        values.push((letter.to_owned(), value));
        let member = family.with_letter(letter, &Expr::rational(&exact));
        let centred = matches!(&member, Expr::Binary(_, _, mean) if matches!(&**mean, Expr::Mean(_)))
            || Activation::new(&member)?.mean.is_some_and(|m| m.is_zero());
        Ok(Some(Member {
            values,
            activation: if centred { member } else { member.centred() },
            alpha: Quantity::new(&alpha, None),
        }))
    }
}

/// The box with ends, and what is proved beyond the ends that it has not.
fn closed(
    curve: &Curve,
    alpha: &Rational,
    span: &Span,
    effort: &Effort,
) -> Result<([Rational; 2], Vec<String>)> {
    let mut beyond = Vec::new();
    let mut end = |given: &Option<Rational>, other: &Option<Rational>, turn: i32| {
        if let Some(given) = given {
            return Ok(given.clone());
        }
        let mirrored;
        let curve = if turn > 0 {
            curve
        } else {
            mirrored = curve.mirrored();
            &mirrored
        };
        let from = other.clone().map_or_else(Rational::new, |q| q * turn);
        match saturated::saturated(curve, alpha, &from, effort.deadline)? {
            Some(at) => {
                let at = at * turn;
                beyond.push(format!(
                    "where {} tends to {}, alpha tends to 0; from {} on it is less than {}: proved",
                    span.letter,
                    if turn > 0 { "infinity" } else { "-infinity" },
                    Expr::rational(&at),
                    Expr::rational(alpha)
                ));
                Ok(at)
            }
            None => Err(endless(
                &span.letter,
                "what happens beyond all bounds is proved for an exponent that is not small and a bounded monotone function, as in tanh(c*x)",
            )),
        }
    };
    let to = end(&span.to, &span.from, 1)?;
    let from = end(&span.from, &span.to, -1)?;
    Ok(([from, to], beyond))
}

fn endless(letter: &str, why: &str) -> Error {
    Error::Domain(format!(
        "the box of `{letter}` has no end, and {why}: give both ends, as in {letter}=-6..12"
    ))
}

pub(in crate::design) fn jumps(function: &Expr) -> Result<bool> {
    let expanded = function.expand().simplify();
    let pieces = pieces(&expanded, KINKS_WITHIN)?;
    match is_continuous(&expanded, &pieces) {
        Some(continuous) => Ok(!continuous),
        None => Err(Error::Unresolved(format!(
            "whether {function} jumps is not proved"
        ))),
    }
}

impl Span {
    /// `c=-6..12`, `c=0..inf`; the ends are rational numbers, or there is none.
    ///
    /// # Errors
    /// [`Error::Domain`] with what is wanted.
    pub fn parse(text: &str) -> Result<Span> {
        let fault = |message: &str| Error::Domain(format!("`{text}`: {message}"));
        let refuse = |message: &str| Err(fault(message));
        let Some((letter, range)) = text.split_once('=') else {
            return refuse("a box is written as c=-6..12");
        };
        let Some((from, to)) = range.split_once("..") else {
            return refuse("a box has two ends, as in c=-6..12");
        };
        let number = || {
            fault(
                "an end of a box is a rational number, or -inf before the dots and inf after them",
            )
        };
        let end = |t: &str, endless: &[&str]| match t.trim() {
            "" => Err(fault(
                "the box has no end; write inf where it shall have none",
            )),
            t if endless.contains(&t) => Ok(None),
            "inf" | "+inf" | "-inf" => Err(number()),
            t => (Expr::parse(t)?.simplify().as_rational().map(Some)).ok_or_else(number),
        };
        let (from, to) = (end(from, &["-inf"])?, end(to, &["inf", "+inf"])?);
        if let (Some(from), Some(to)) = (&from, &to)
            && from >= to
        {
            return refuse("the first end is to be less than the second");
        }
        Ok(Span {
            letter: letter.trim().to_owned(),
            from,
            to,
        })
    }
}

#[cfg(test)]
mod tests;
