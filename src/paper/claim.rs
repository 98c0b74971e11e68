//! A claim, what was measured, and the verdict.

use rug::{Float, Rational};

use super::measures::measure;
use super::parameters::Parameters;
use crate::error::{Error, Result};
use crate::real::{Quantity, Value};

/// What a proved regime is noted as.
pub(super) const PROVED: &str = "verdict proved";

/// A paper and what it claims.
#[derive(Clone, Debug)]
pub struct Paper {
    /// The name of its folder: `radhakrishnan2022`.
    pub key: String,
    /// Title.
    pub title: String,
    /// Authors.
    pub authors: String,
    /// Where it appeared.
    pub reference: String,
    /// In the order of the file.
    pub claims: Vec<Claim>,
}

/// A statement that can be measured.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Unique in the paper: `theorem-1.ratio`.
    pub key: String,
    /// In own words.
    pub statement: String,
    /// Where the paper says so: `Theorem 1`.
    pub source: String,
    /// The name of a quantity of [`super::measures`].
    pub quantity: String,
    /// Its parameters.
    pub parameters: Parameters,
    /// What the paper says of it.
    pub expected: Expected,
    /// Where expected value and tolerance come from.
    pub origin: String,
    /// 1: quick, part of the test suite; 2: seconds; 3: minutes.
    pub effort: u32,
}

/// What a claim says of its quantity.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// A word: `singular`.
    Word(String),
    /// A number within a tolerance.
    Near {
        /// The number, an exact decimal or fraction.
        value: Rational,
        /// At most this far away.
        tolerance: Rational,
    },
    /// Not more than this.
    AtMost(Rational),
    /// Not less than this.
    AtLeast(Rational),
}

/// What came out.
#[derive(Clone, Debug)]
pub enum Measured {
    /// A word.
    Word(String),
    /// A number with its error (proved, or a multiple of the standard error: the notes say which).
    Number(Quantity),
}

/// What was measured, and how: a sentence each.
pub(super) type Answer = Result<(Measured, Vec<String>)>;

impl Measured {
    /// A double and how far it may be off.
    pub(super) fn within(value: f64, radius: f64) -> Self {
        Measured::Number(Quantity {
            value: Value::Finite {
                midpoint: Float::with_val(53, value),
                radius: Float::with_val(53, radius),
            },
            exact: None,
        })
    }

    /// The same, at least its rounding.
    pub(super) fn estimate(value: f64, radius: f64) -> Self {
        Self::within(value, radius.max(value.abs() * f64::EPSILON))
    }
}

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What the paper says was found.
    Agrees,
    /// It was not: a finding.
    Differs,
    /// Too much effort for now, or out of reach.
    NotAttempted,
}

/// A verdict with its numbers.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The answer.
    pub verdict: Verdict,
    /// What was measured; nothing where it was not attempted.
    pub measured: Option<Measured>,
    /// How it was measured, or why not: a sentence each.
    pub notes: Vec<String>,
    /// What would have to be given for an attempt.
    pub wanted: Option<Wanted>,
}

/// What a claim takes that was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// So much effort.
    Effort(u32),
    /// A source of data.
    Data,
}

impl Finding {
    /// `proved` where the value is an enclosure, or the verdict of a classification with a proof; `numerical` for one without;
    /// `measured` where it came out of an experiment; nothing where nothing did.
    ///
    /// ```
    /// use deeplimit::paper::{Finding, Wanted};
    /// assert_eq!(Finding::left_out(Wanted::Data).standing("regime"), None);
    /// ```
    pub fn standing(&self, quantity: &str) -> Option<&'static str> {
        let enclosed = measure(quantity)?.enclosed;
        match self.measured.as_ref()? {
            Measured::Number(_) if enclosed => Some("proved"),
            Measured::Number(_) => Some("measured"),
            Measured::Word(_) if self.notes.iter().any(|n| n == PROVED) => Some("proved"),
            Measured::Word(_) => Some("numerical"),
        }
    }

    /// Not attempted, and why.
    pub fn not_attempted(reason: String) -> Self {
        Finding {
            verdict: Verdict::NotAttempted,
            measured: None,
            notes: vec![reason],
            wanted: None,
        }
    }

    /// Not attempted, because more would have to be given.
    pub fn left_out(wanted: Wanted) -> Self {
        let reason = match wanted {
            Wanted::Effort(n) => format!("takes effort {n}"),
            Wanted::Data => Error::NoSource.to_string(),
        };
        Finding {
            wanted: Some(wanted),
            ..Finding::not_attempted(reason)
        }
    }
}

impl Claim {
    /// The verdict on a measured value.
    pub fn verdict(&self, measured: &Measured) -> Verdict {
        let (low, high) = match (measured, &self.expected) {
            (Measured::Word(a), Expected::Word(b)) => {
                return if a == b {
                    Verdict::Agrees
                } else {
                    Verdict::Differs
                };
            }
            (Measured::Number(q), _) => match &q.value {
                Value::Finite { midpoint, radius } => {
                    let bits = midpoint.prec() + 64;
                    let wide = |r: &Float, sign: i32| {
                        Float::with_val(bits, midpoint + Float::with_val(bits, r * sign))
                    };
                    (wide(radius, -1), wide(radius, 1))
                }
                Value::Infinite => {
                    let infinity = Float::with_val(64, rug::float::Special::Infinity);
                    (infinity.clone(), infinity)
                }
                Value::MinusInfinite => {
                    let infinity = Float::with_val(64, rug::float::Special::NegInfinity);
                    (infinity.clone(), infinity)
                }
            },
            _ => return Verdict::NotAttempted,
        };
        let (least, most) = match &self.expected {
            Expected::Word(_) => return Verdict::NotAttempted,
            Expected::Near { value, tolerance } => (
                Some(Rational::from(value - tolerance)),
                Some(Rational::from(value + tolerance)),
            ),
            Expected::AtMost(x) => (None, Some(x.clone())),
            Expected::AtLeast(x) => (Some(x.clone()), None),
        };
        let inside =
            least.as_ref().is_none_or(|x| low >= *x) && most.as_ref().is_none_or(|x| high <= *x);
        let outside =
            least.as_ref().is_some_and(|x| high < *x) || most.as_ref().is_some_and(|x| low > *x);
        match (inside, outside) {
            (true, _) => Verdict::Agrees,
            (_, true) => Verdict::Differs,
            _ => Verdict::NotAttempted,
        }
    }
}
