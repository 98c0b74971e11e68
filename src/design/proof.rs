//! What is proved of the activations that were found, or of there being none.

use std::cmp::Ordering;

use rug::Rational;

use super::{
    Criterion, Criticals, Extremal, KernelDesign, KernelOutcome, Leaky, Members, Nearest, Shapings,
};
use crate::activation::Expr;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::limit::Classification;
use crate::real::Quantity;

/// What is proved of an answer.
///
/// ```
/// use deeplimit::{Effort, design::{Slopes, slopes}};
/// let none = slopes(&"x^2".parse()?, &Slopes::Dks((8, 5).into()), &Effort::default())?.proof();
/// assert!(none.complete && none.proved && none.infeasible.is_some());
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// There is no other: proved.
    pub complete: bool,
    /// What is said of the solutions, or that there is none, is proved.
    pub proved: bool,
    /// Why there is none, in a sentence; nothing where that is not known.
    pub infeasible: Option<String>,
}

impl Proof {
    /// Each solution is one; others may be.
    pub fn of_solutions() -> Self {
        Proof {
            complete: false,
            proved: true,
            infeasible: None,
        }
    }
}

impl Proof {
    /// Each of so many solutions is one; that none was found proves nothing.
    pub fn of_found(count: usize) -> Self {
        Proof {
            proved: count > 0,
            ..Proof::of_solutions()
        }
    }

    /// There is this one and no other, or none for this reason: proved.
    pub fn of_the_only(infeasible: Option<String>) -> Self {
        Proof {
            complete: true,
            proved: true,
            infeasible,
        }
    }
}

impl Extremal {
    /// That the best have the exponent, and the bound; that no other is better where that is proved.
    pub fn proof(&self) -> Proof {
        Proof {
            complete: self.optimal,
            proved: true,
            infeasible: self.infeasible.clone(),
        }
    }
}

impl Leaky {
    /// Of the answer for so many layers: the only negative slope from 0 to 1, or none.
    pub fn proof(found: Option<&Leaky>, layers: u32) -> Proof {
        Proof::of_the_only(found.is_none().then(|| {
            format!(
                "{layers} layers of ReLU, which of all negative slopes from 0 to 1 has the largest, do not reach this correlation"
            )
        }))
    }
}

impl Members {
    /// `boxes` and `alpha` are what was asked, for the sentence.
    pub fn proof(&self, boxes: &str, alpha: &str) -> Proof {
        let open = !self.open.is_empty();
        let none = self.members.is_empty() && !open && self.sections.is_none();
        Proof {
            complete: self.complete(),
            proved: !open,
            infeasible: none.then(|| {
                let all = match self.side {
                    Some(Ordering::Less) => ", it is less for all of them",
                    Some(_) => ", it is greater for all of them",
                    None => "",
                };
                format!("no member with {boxes} has alpha = {alpha}{all}")
            }),
        }
    }
}

impl Shapings {
    /// See [`Proof`].
    pub fn proof(&self) -> Proof {
        Proof {
            complete: self.infeasible.is_some(),
            proved: !self.solutions.is_empty() || self.infeasible.is_some(),
            infeasible: self.infeasible.clone(),
        }
    }
}

impl Criticals {
    /// What is said of the scales without a solution, a sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let scale = |a: &Rational| Expr::rational(a).to_string();
        if !self.repelling.is_empty() {
            let of =
                |(a, q): &(Rational, Quantity)| format!("{} (Q'(1) = {})", scale(a), q.digits(4));
            let all: Vec<String> = self.repelling.iter().map(of).collect();
            let all = all.join(", ");
            remarks.push(format!(
                "The variance does not attract at the input scales {all}: proved."
            ));
        }
        if !self.undecided.is_empty() {
            let all: Vec<String> = self.undecided.iter().map(scale).collect();
            let all = all.join(", ");
            remarks.push(format!(
                "Whether the variance attracts is undecided at {all}."
            ));
        }
        if let Some(rate) = &self.rate {
            let rate = Expr::rational(rate);
            remarks.push(match self.attracting.is_empty() {
                true => format!("No scale from 0.02 to 12 with Q'(1) = {rate} was found, which proves nothing."),
                false => format!("Each scale was found to as many digits as Q'(1) = {rate}; that there are no others is not proved."),
            });
        }
        remarks
    }

    /// Of these scales: others have others. Of a rate: what was not found is not excluded.
    pub fn proof(&self) -> Proof {
        let open = !self.undecided.is_empty();
        let none = self.attracting.is_empty() && !open;
        if none && self.rate.is_some() {
            return Proof::of_found(0);
        }
        Proof {
            complete: false,
            proved: !open,
            infeasible: none.then(|| self.remarks().join(" ")),
        }
    }
}

impl Nearest {
    /// That its exponent is what was wanted; not that it is the nearest.
    pub fn proof(&self) -> Proof {
        Proof::of_solutions()
    }
}

impl KernelDesign {
    /// Is the polynomial proved to be the best, to within a millionth of its error?
    pub fn is_best(&self) -> bool {
        let upper = |q: &Quantity| q.ball().map_or(f64::INFINITY, |b| b.upper().to_f64());
        let lower = |q: &Quantity| q.ball().map_or(0.0, |b| b.lower().to_f64());
        let (error, least) = (upper(&self.error), lower(&self.at_least));
        error <= least * (1.0 + 1e-6) || error == 0.0
    }

    /// What becomes of a deep network with the activation; nothing where there was no time for the question.
    ///
    /// # Errors
    /// What cannot be.
    pub fn classification(&self, effort: &Effort) -> Result<Option<Classification>> {
        let activation = &self.realisation.activation;
        match Activation::new(activation).and_then(|a| a.classify(effort)) {
            // the activation is an answer without it
            Err(Error::Timeout { .. } | Error::Domain(_) | Error::Unresolved(_)) => Ok(None),
            other => other.map(Some),
        }
    }
}

impl KernelOutcome {
    /// See [`Proof`].
    pub fn proof(&self, criterion: Criterion) -> Proof {
        match self {
            KernelOutcome::Design(design) => {
                let series = matches!(criterion, Criterion::Series);
                Proof {
                    complete: false,
                    proved: !design.partial && (series || design.is_best()),
                    infeasible: None,
                }
            }
            KernelOutcome::None { reason, proved } => Proof {
                complete: *proved,
                proved: *proved,
                infeasible: Some(reason.clone()),
            },
        }
    }
}

/// An exponent as it is typed.
///
/// ```
/// use deeplimit::design::exponent;
/// assert_eq!(exponent("11/5")?, rug::Rational::from((11, 5)));
/// assert!(exponent("inf").is_err() && exponent("sqrt(2)").is_err());
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parse`]; [`Error::Domain`] for what is no rational number, and for infinity.
pub fn exponent(text: &str) -> Result<Rational> {
    if ["inf", "infinity"].contains(&text.trim().trim_start_matches('+')) {
        return Err(Error::Domain(
            "alpha = inf is no singular kernel but the nearest neighbour (A' = 0): an activation for it is hermite(2,x)".into(),
        ));
    }
    let value = Expr::parse(text)?.simplify().as_rational();
    value.ok_or_else(|| {
        Error::Domain(format!(
            "alpha = {text}: the exponent is a rational number greater than zero"
        ))
    })
}
