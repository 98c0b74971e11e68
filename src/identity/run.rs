//! The examination: every identity on every activation at every place, and the smallest case that fails.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;

use super::activations::{random_activation, smaller, usual_activations};
use super::candidate::Candidate;
use super::catalogue::identities;
use super::cause::cause;
use super::certified::Certified;
use super::exam::{Exam, Spot};
use super::law::{Comparison, Identity, Judgement, Sense};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::Activation;

/// What is examined, and where.
#[derive(Debug)]
pub struct Examination {
    /// The activations, as text.
    pub activations: Vec<String>,
    /// The identities.
    pub identities: Vec<&'static Identity>,
    /// The places.
    pub spots: Vec<Spot>,
    /// The certified values, shared by all that are examined with them.
    pub certified: Arc<Certified>,
    /// When to stop; what was not examined then is not in the findings.
    pub deadline: Deadline,
    /// How long is looked for the smallest case of an identity that fails; zero takes the first.
    pub shrinking: Duration,
}

impl Default for Examination {
    /// All identities on one activation of each kind.
    fn default() -> Self {
        Examination {
            activations: usual_activations()
                .iter()
                .map(|t| (*t).to_owned())
                .collect(),
            identities: identities().collect(),
            spots: spots(2, 2),
            certified: Arc::default(),
            deadline: Deadline::default(),
            shrinking: Duration::from_secs(10),
        }
    }
}

impl Examination {
    /// On these activations.
    ///
    /// # Errors
    /// Those of the text of an activation: [`Error::Parse`], [`Error::Domain`].
    ///
    /// ```
    /// use deeplimit::identity::Examination;
    /// assert!(Examination::of(["relu", "tanh(x)"]).is_ok());
    /// assert!(Examination::of(["relo"]).is_err());
    /// ```
    pub fn of<T: AsRef<str>>(activations: impl IntoIterator<Item = T>) -> Result<Self> {
        let mut texts = vec![];
        for text in activations {
            text.as_ref().parse::<Activation>()?;
            texts.push(text.as_ref().to_owned());
        }
        Ok(Examination {
            activations: texts,
            ..Examination::default()
        })
    }

    /// On random activations, the same for the same seed.
    #[must_use]
    pub fn random(mut self, count: u64, seed: u64) -> Self {
        let first = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.activations
            .extend((0..count).map(|n| random_activation(first.wrapping_add(n))));
        self
    }

    /// Only these identities.
    ///
    /// # Errors
    /// [`Error::Domain`] for a name that is none.
    pub fn only<T: AsRef<str>>(mut self, names: impl IntoIterator<Item = T>) -> Result<Self> {
        let mut chosen = vec![];
        for name in names {
            let name = name.as_ref();
            chosen.push(super::identity(name).ok_or_else(|| unknown(name))?);
        }
        self.identities = chosen;
        Ok(self)
    }

    /// At so many places, as deep as this.
    #[must_use]
    pub fn at(mut self, correlations: usize, depth: u64) -> Self {
        self.spots = spots(correlations, depth);
        self
    }
}

fn unknown(name: &str) -> Error {
    let nearest = identities()
        .map(|i| (strsim::damerau_levenshtein(i.name, name), i.name))
        .min();
    let hint = nearest
        .filter(|(distance, _)| *distance <= 4)
        .map_or(String::new(), |(_, name)| {
            format!("; did you mean `{name}`?")
        });
    Error::Domain(format!("there is no identity `{name}`{hint}"))
}

/// Places: short binary fractions, exact in single precision, with their products.
pub(super) fn spots(correlations: usize, depth: u64) -> Vec<Spot> {
    const RHOS: [(f64, f64); 8] = [
        (0.5, 0.75),
        (0.9375, 0.25),
        (0.125, 0.875),
        (0.75, 0.0625),
        (0.984375, 0.5),
        (0.25, 0.96875),
        (0.3125, 0.6875),
        (0.0625, 0.1875),
    ];
    let pairs = RHOS.iter().take(correlations.clamp(1, RHOS.len()));
    pairs
        .flat_map(|(rho, other)| {
            (1..=depth.max(1)).map(|depth| Spot {
                rho: *rho,
                other: *other,
                depth,
            })
        })
        .collect()
}

/// An identity that fails.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which one.
    pub identity: &'static Identity,
    /// The smallest activation on which it was seen to fail.
    pub activation: String,
    /// The smallest place.
    pub spot: Spot,
    /// What is compared; nothing where an answer was no number.
    pub comparison: Option<Comparison>,
    /// By how much, in units in the last place of the larger side.
    pub ulps: f64,
    /// What it usually comes from.
    pub cause: String,
    /// On how many activations it failed.
    pub count: usize,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = &self.spot;
        write!(
            f,
            "{} ({}) fails for {} at rho = {}",
            self.identity.name, self.identity.statement, self.activation, s.rho
        )?;
        if s.other != s.rho {
            write!(f, ", s = {}", s.other)?;
        }
        if self.identity.deep {
            write!(f, ", L = {}", s.depth)?;
        }
        match &self.comparison {
            None => write!(f, ": the answer is no number")?,
            Some(c) => {
                let (left, right) = (c.left.to_f64(), c.right.to_f64());
                let sign = match c.sense {
                    Sense::Equal => "is not",
                    Sense::AtMost => "is not at most",
                };
                write!(
                    f,
                    ": {left:?} {sign} {right:?}, by {} units in the last place",
                    round(self.ulps)
                )?;
            }
        }
        if self.cause.is_empty() {
            return Ok(());
        }
        write!(f, "; usually {}", self.cause)
    }
}

fn round(ulps: f64) -> String {
    if ulps < 1e6 {
        format!("{ulps:.0}")
    } else {
        format!("{ulps:.1e}")
    }
}

/// What an examination found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// One for each identity that fails, in the order of the catalogue.
    pub failures: Vec<Failure>,
    /// Comparisons that hold.
    pub held: u64,
    /// Comparisons of numbers that are not known well enough.
    pub undecided: u64,
    /// Cases that could not be asked: the candidate has not what it takes.
    pub skipped: u64,
    /// By identity: comparisons that hold.
    pub by_identity: BTreeMap<&'static str, u64>,
    /// Activations that could not be examined, and why.
    pub refused: Vec<(String, Error)>,
    /// The deadline came before everything was examined.
    pub unfinished: bool,
}

impl Findings {
    /// Nothing failed.
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty()
    }

    fn joined(mut self, other: Findings) -> Findings {
        for failure in other.failures {
            match (self.failures.iter_mut()).find(|f| f.identity.name == failure.identity.name) {
                Some(known) => {
                    known.count += failure.count;
                    if simplicity(&failure) < simplicity(known) {
                        *known = Failure {
                            count: known.count,
                            ..failure
                        };
                    }
                }
                None => self.failures.push(failure),
            }
        }
        self.held += other.held;
        self.undecided += other.undecided;
        self.skipped += other.skipped;
        for (name, n) in other.by_identity {
            *self.by_identity.entry(name).or_default() += n;
        }
        self.refused.extend(other.refused);
        self.unfinished |= other.unfinished;
        self
    }
}

fn simplicity(f: &Failure) -> (usize, usize, u64) {
    let size = Expr::parse(&f.activation).map_or(usize::MAX, |e| e.size());
    (size, f.activation.len(), f.spot.depth)
}

/// Examines a candidate.
///
/// ```
/// use deeplimit::identity::{Certified, Examination, examine};
/// // the library itself
/// let examination = Examination::of(["relu"])?.only(["dual_at_one", "ntk_on_the_diagonal"])?;
/// let findings = examine(&Certified::default(), &examination);
/// assert!(findings.is_clean() && findings.held > 0);
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn examine(candidate: &dyn Candidate, examination: &Examination) -> Findings {
    let each = examination.activations.par_iter();
    let all = each.map(|text| on_activation(candidate, examination, text));
    let all: Vec<Findings> = all.collect();
    let mut findings = (all.into_iter()).fold(Findings::default(), Findings::joined);
    let place = |f: &Failure| identities().position(|i| i.name == f.identity.name);
    findings.failures.sort_by_key(place);
    if !examination.shrinking.is_zero() {
        findings.failures = (findings.failures.into_par_iter())
            .map(|f| shrunk(candidate, examination, f))
            .collect();
    }
    findings
}

fn on_activation(candidate: &dyn Candidate, examination: &Examination, text: &str) -> Findings {
    let mut findings = Findings::default();
    let certified = examination.certified.as_ref();
    let Some(phi) = certified.activation(text) else {
        let error = text.parse::<Activation>().err();
        findings.refused.extend(error.map(|e| (text.to_owned(), e)));
        return findings;
    };
    let exam = Exam::new(candidate, certified, phi);
    for identity in &examination.identities {
        if !identity.domain.has(&exam.phi) {
            continue;
        }
        for spot in &examination.spots {
            if !identity.deep && spot.depth > 1 {
                continue;
            }
            if examination.deadline.passed() {
                findings.unfinished = true;
                return findings;
            }
            match case(&exam, identity, spot) {
                Case::Missing => findings.skipped += 1,
                Case::Broken(failure) => {
                    // one is enough
                    findings.failures.push(*failure);
                    break;
                }
                Case::Judgement { held, undecided } => {
                    findings.held += held;
                    findings.undecided += undecided;
                    *findings.by_identity.entry(identity.name).or_default() += held;
                }
            }
        }
    }
    findings
}

enum Case {
    Missing,
    Broken(Box<Failure>),
    Judgement { held: u64, undecided: u64 },
}

/// One identity at one place.
fn case(exam: &Exam, identity: &'static Identity, spot: &Spot) -> Case {
    exam.was_undefined();
    let found = (identity.check)(exam, spot);
    let failure = |comparison: Option<Comparison>| {
        let ulps = comparison.as_ref().map_or(f64::INFINITY, |c| {
            let size = c.left.to_f64().abs().max(c.right.to_f64().abs());
            c.distance() / exam.unit_at(size)
        });
        let cause = cause(exam, identity, spot, comparison.as_ref());
        Case::Broken(Box::new(Failure {
            identity,
            activation: exam.phi.typed.to_string(),
            spot: *spot,
            comparison,
            ulps,
            cause,
            count: 1,
        }))
    };
    let Some(comparisons) = found else {
        return if exam.was_undefined() {
            failure(None)
        } else {
            Case::Missing
        };
    };
    let (mut held, mut undecided) = (0, 0);
    for comparison in comparisons {
        match comparison.judgement() {
            Judgement::Broken => return failure(Some(comparison)),
            Judgement::Held => held += 1,
            Judgement::Undecided => undecided += 1,
        }
    }
    Case::Judgement { held, undecided }
}

/// So many cases are tried for one that is smaller.
const ATTEMPTS: usize = 200;

/// The smallest case in which it still fails: a simpler activation first, then a simpler correlation, then fewer layers.
fn shrunk(candidate: &dyn Candidate, examination: &Examination, mut failure: Failure) -> Failure {
    let (identity, certified) = (failure.identity, examination.certified.as_ref());
    let deadline = Deadline::after(examination.shrinking);
    let count = failure.count;
    let mut attempts = 0;
    let mut fails = |text: &str, spot: &Spot| -> Option<Failure> {
        attempts += 1;
        if attempts > ATTEMPTS || deadline.passed() || examination.deadline.passed() {
            return None;
        }
        let phi = certified.activation(text)?;
        if !identity.domain.has(&phi) {
            return None;
        }
        match case(&Exam::new(candidate, certified, phi), identity, spot) {
            Case::Broken(failure) => Some(*failure),
            _ => None,
        }
    };
    loop {
        let Ok(expr) = Expr::parse(&failure.activation) else {
            break;
        };
        let simpler = smaller(&expr);
        let found = simpler
            .iter()
            .find_map(|e| fails(&e.to_string(), &failure.spot));
        match found {
            Some(found) => failure = found,
            None => break,
        }
    }
    for spot in simpler_spots(&failure.spot) {
        if let Some(found) = fails(&failure.activation.clone(), &spot) {
            failure = found;
            break;
        }
    }
    Failure { count, ..failure }
}

/// Simpler places, the simplest first.
fn simpler_spots(spot: &Spot) -> Vec<Spot> {
    let mut all = vec![];
    for depth in 1..=spot.depth {
        for (rho, other) in [(0.5, 0.5), (0.5, 0.75), (0.75, 0.5), (spot.rho, spot.other)] {
            let simpler = Spot { rho, other, depth };
            if simpler != *spot {
                all.push(simpler);
            }
        }
    }
    all
}
