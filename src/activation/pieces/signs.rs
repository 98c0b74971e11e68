//! The sign of a smooth function on an interval, proved, with the points where it changes.

use std::cmp::Ordering;

use super::End;
use super::breakpoint::Breakpoint;
use super::isolation::isolated;
use super::polynomial::Polynomial;
use super::probe::{Probe, sign_of_constant};
use super::span::{Division, Span, refined};
use super::structure;
use crate::activation::{Expr, Function};
use crate::error::{Error, Result};

/// Polynomials of higher degree are left to interval arithmetic: Sturm's chain takes half a second here and
/// grows with the fifth power of the degree.
const EXACT_DEGREE: usize = 64;

/// What is asked about a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Where it changes sign. Zeros without a change of sign need not be found.
    Changes,
    /// All zeros.
    Zeros,
}

/// How far the search goes, and what is searched for (in the words of the activation).
pub(super) struct Search<'a> {
    pub(super) reach: u32,
    pub(super) activation: &'a Expr,
}

impl Search<'_> {
    /// The interval divided into parts on which `g` has one sign. `Equal` is for a function that is zero
    /// on the whole part; otherwise single zeros without a change of sign may lie inside a part if only
    /// changes were asked for. `g` is smooth in the interval.
    pub(super) fn signs(&self, g: &Expr, span: &Span, need: Need) -> Result<Division<Ordering>> {
        let g = g.simplify();
        let whole = |sign| Ok(vec![(span.clone(), sign)]);
        if g.is_constant() {
            return match sign_of_constant(&g) {
                Some(sign) => whole(sign),
                None => Err(Error::Unresolved(format!(
                    "the sign of the constant {g} in {} cannot be proved",
                    self.activation
                ))),
            };
        }
        let (constants, factors) = structure::factors(&g);
        let mut sign = Ordering::Greater;
        for c in &constants {
            match sign_of_constant(c) {
                Some(Ordering::Less) => sign = sign.reverse(),
                Some(Ordering::Greater) => {}
                Some(Ordering::Equal) => return whole(Ordering::Equal),
                None => {
                    return Err(Error::Unresolved(format!(
                        "the sign of the constant {c} in {} cannot be proved",
                        self.activation
                    )));
                }
            }
        }
        let mut division = vec![(span.clone(), sign)];
        for (h, odd) in &factors {
            if need == Need::Changes && !odd {
                self.not_everywhere_zero(h, span)?;
                continue;
            }
            let of_factor = self.factor_signs(h, span, need)?;
            division = refined(&division, &of_factor)?
                .into_iter()
                .map(|(span, (a, b))| {
                    let b = if *odd || b.is_eq() {
                        b
                    } else {
                        Ordering::Greater
                    };
                    (span, times(a, b))
                })
                .collect();
        }
        Ok(self.merged(&g, division, need))
    }

    /// Neighbours of one sign are joined, unless the point between them is (or may be) a zero that was
    /// asked for.
    fn merged(&self, g: &Expr, parts: Division<Ordering>, need: Need) -> Division<Ordering> {
        let mut merged: Division<Ordering> = Vec::new();
        for (span, sign) in parts {
            if let Some((last, before)) = merged.last_mut()
                && *before == sign
            {
                let keeps = match &last.to {
                    End::At(p) => need == Need::Zeros && p.sign_of(g).is_none_or(Ordering::is_eq),
                    _ => false,
                };
                if !keeps {
                    last.to = span.to;
                    continue;
                }
            }
            merged.push((span, sign));
        }
        merged
    }

    /// An analytic function that is not zero at one point is zero at isolated points only.
    fn not_everywhere_zero(&self, h: &Expr, span: &Span) -> Result<()> {
        let probe = Probe::new(h, 64);
        let mut samples = span.samples().into_iter();
        match samples.any(|x| probe.sign_at(&x).is_some_and(Ordering::is_ne)) {
            true => Ok(()),
            false => Err(Error::Unresolved(format!(
                "it cannot be proved that {h} in {} is not zero for {span}",
                self.activation
            ))),
        }
    }

    fn factor_signs(&self, h: &Expr, span: &Span, need: Need) -> Result<Division<Ordering>> {
        if let Some(division) = self.polynomial_signs(h, span)? {
            return Ok(division);
        }
        if let Some(product) = structure::solved(h) {
            let mut division = vec![(span.clone(), Ordering::Greater)];
            for factor in product {
                let signs = self.signs(&factor, span, need)?;
                division = refined(&division, &signs)?
                    .into_iter()
                    .map(|(span, (a, b))| (span, times(a, b)))
                    .collect();
            }
            return Ok(division);
        }
        isolated(h, span, need, self)
    }

    /// Exact zeros of polynomials: all real roots for rational coefficients, radicals up to degree 2 for
    /// other constants.
    fn polynomial_signs(&self, h: &Expr, span: &Span) -> Result<Option<Division<Ordering>>> {
        if let Some(c) = h.polynomial() {
            if c.len() > EXACT_DEGREE + 1 {
                return Ok(None);
            }
            let given = Polynomial::new(&c);
            let free = given.square_free();
            let of = free.expr();
            let zeros = (free.roots().into_iter())
                .map(|root| Breakpoint::root(root, &free, &of))
                .collect();
            // Between its roots a polynomial has the sign of any sample.
            return between(span, zeros, |part| {
                part.samples()
                    .iter()
                    .map(|x| given.sign_at(x))
                    .find(|s| s.is_ne())
            });
        }
        let Some(c) = h.polynomial_over_constants() else {
            return Ok(None);
        };
        let zeros = match &c[..] {
            [b, a] => vec![-b.clone() / a.clone()],
            [c, b, a] => {
                let discriminant = b.clone() * b.clone() - Expr::int(4) * a.clone() * c.clone();
                match (sign_of_constant(&discriminant), sign_of_constant(a)) {
                    (Some(Ordering::Less), Some(_)) => vec![],
                    (Some(Ordering::Greater), Some(sign)) if sign.is_ne() => {
                        let root = Expr::call(Function::Sqrt, discriminant);
                        let middle = -b.clone();
                        let below = Expr::int(2) * a.clone();
                        let mut roots = vec![
                            (middle.clone() - root.clone()) / below.clone(),
                            (middle + root) / below,
                        ];
                        if sign.is_lt() {
                            roots.reverse();
                        }
                        roots
                    }
                    _ => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        let leading = c.last().and_then(sign_of_constant);
        if leading.is_none_or(Ordering::is_eq) {
            return Ok(None);
        }
        let zeros = zeros.into_iter().map(Breakpoint::exact_at).collect();
        let probe = Probe::new(h, 64);
        between(span, zeros, |part| {
            part.samples()
                .iter()
                .find_map(|x| probe.sign_at(x).filter(|s| s.is_ne()))
        })
    }
}

fn times(a: Ordering, b: Ordering) -> Ordering {
    match b {
        Ordering::Less => a.reverse(),
        Ordering::Equal => Ordering::Equal,
        Ordering::Greater => a,
    }
}

/// The interval cut at all zeros of a function, with the sign that a sample shows on each part; `None` if a
/// part has none.
fn between(
    span: &Span,
    zeros: Vec<Breakpoint>,
    sign: impl Fn(&Span) -> Option<Ordering>,
) -> Result<Option<Division<Ordering>>> {
    let mut division = Vec::new();
    let mut from = span.from.clone();
    let mut ends = Vec::new();
    for zero in zeros {
        if span.contains(&zero)? {
            ends.push(End::At(zero));
        }
    }
    ends.push(span.to.clone());
    for to in ends {
        let part = Span {
            from: from.clone(),
            to: to.clone(),
        };
        match sign(&part) {
            Some(sign) => division.push((part, sign)),
            None => return Ok(None),
        }
        from = to;
    }
    Ok(Some(division))
}
