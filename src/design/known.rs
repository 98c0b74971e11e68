//! Activations with a wanted exponent, where no family is given: one of each kind that is known.

use rayon::prelude::*;
use rug::Rational;

use super::{Family, Member, Span, lowest};
use crate::activation::Expr;
use crate::effort::Effort;
use crate::error::Result;
use crate::real::Quantity;

/// One kind of activations: a family in which the exponent fixes the letter.
struct Kind {
    family: &'static str,
    letter: &'static str,
    /// Exponents at or below this one are not reached (a limit at one end), or none that anybody looks for.
    above: (i32, i32),
    /// The greatest exponent that is looked for.
    most: i32,
    /// The values of the letter, which may depend on the exponent `D`: from, and `to = first + second D`.
    span: [(i32, i32); 3],
    about: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        family: "sin(sqrt(t)*x)",
        letter: "t",
        above: (1, 1),
        most: 40,
        span: [(0, 1), (2, 1), (2, 1)],
        about: "odd and bounded",
    },
    Kind {
        family: "exp(sqrt(t)*x)",
        letter: "t",
        above: (2, 1),
        most: 24,
        span: [(0, 1), (2, 1), (2, 1)],
        about: "monotone; the dual of sin(sqrt(t)*x+pi/4), which is bounded",
    },
    Kind {
        family: "max(x-c,0)",
        letter: "c",
        above: (1, 4),
        most: 24,
        span: [(-4, 1), (12, 1), (0, 1)],
        about: "one kink, monotone",
    },
    Kind {
        family: "gelu(s*x)",
        letter: "s",
        above: (1, 1),
        most: 3,
        span: [(1, 10), (6, 1), (0, 1)],
        about: "a gated unit",
    },
];

/// An activation with the wanted exponent.
#[derive(Clone, Debug)]
pub struct Known {
    /// As the classifier reads it.
    pub activation: Expr,
    /// The letters of its family.
    pub values: Vec<(String, Quantity)>,
    /// Its exponent, as written out.
    pub alpha: Quantity,
    /// What is special about it, in a few words.
    pub about: String,
}

/// One or several of each kind: the polynomial of lowest degree, the one of Radhakrishnan, Belkin and Uhler (`optimal(D)`, for
/// whole `D >= 2`), sine, exponential, a shifted ReLU, GELU, as far as they have the exponent.
///
/// # Errors
/// [`crate::Error::Domain`] for `D <= 0`; [`crate::Error::Timeout`].
///
/// ```
/// use deeplimit::{Effort, design::known};
/// let all = known(&4.into(), &Effort::default())?;
/// assert!(all.iter().any(|a| a.activation.to_string() == "optimal(4)"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn known(alpha: &Rational, effort: &Effort) -> Result<Vec<Known>> {
    let mut all = Vec::new();
    super::positive(alpha)?;
    if let Ok(found) = lowest(alpha, effort.digits) {
        all.push(Known {
            activation: found.activation,
            values: vec![("p".into(), found.first)],
            alpha: found.alpha,
            about: format!("a polynomial of the lowest degree, {}", found.degree),
        });
    }
    if let Some(d) = alpha
        .is_integer()
        .then(|| alpha.numer().to_u32())
        .flatten()
        .filter(|d| (2..=64).contains(d))
    {
        all.push(Known {
            activation: Expr::parse(&format!("optimal({d})"))?,
            values: vec![],
            alpha: Quantity::integer(d),
            about: "Radhakrishnan, Belkin and Uhler's; B' = 2".into(),
        });
    }
    let families: Vec<Vec<Known>> = KINDS
        .par_iter()
        .filter(|kind| *alpha > Rational::from(kind.above) && *alpha <= kind.most)
        .map(|kind| kind.members(alpha, effort))
        .collect::<Result<_>>()?;
    all.extend(families.into_iter().flatten());
    Ok(all)
}

impl Kind {
    fn members(&self, alpha: &Rational, effort: &Effort) -> Result<Vec<Known>> {
        let [from, first, second] = self.span.map(Rational::from);
        let span = Span {
            letter: self.letter.into(),
            from: Some(from),
            to: Some(first + second * alpha),
        };
        let found = Family::parse(self.family)?.with_alpha(alpha, &[span], effort)?;
        let of = |member: Member| Known {
            activation: member.activation,
            values: member.values,
            alpha: member.alpha,
            about: self.about.into(),
        };
        Ok(found.members.into_iter().map(of).collect())
    }
}
