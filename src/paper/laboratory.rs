//! The place where claims are measured.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::claim::{Claim, Finding, Wanted};
use super::convolution::Answers;
use super::experiment::Tally;
use super::measures::measure;
use super::source::{Rows, Source};
use super::uci::Outcome;
use crate::activation::Expr;
use crate::classifier::Table;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::kernel::{Depth, Kernel, Kind};

/// Where claims are checked: it keeps what several of them share.
pub struct Laboratory {
    effort: u32,
    deadline: Deadline,
    tables: Mutex<HashMap<String, Arc<Table>>>,
    tallies: Mutex<HashMap<String, Arc<Tally>>>,
    source: Option<Arc<dyn Source>>,
    kernels: Mutex<HashMap<String, Arc<Kernel>>>,
    rows: Once<Rows>,
    outcomes: Once<Outcome>,
    answers: Once<Answers>,
}

/// What is made once: whoever comes second waits.
type Once<T> = Mutex<HashMap<String, Arc<OnceLock<Result<Arc<T>>>>>>;

impl Laboratory {
    /// Claims of more effort are not attempted.
    pub fn new(effort: u32) -> Self {
        Laboratory {
            effort,
            deadline: Deadline::default(),
            tables: Mutex::default(),
            tallies: Mutex::default(),
            source: None,
            kernels: Mutex::default(),
            rows: Once::default(),
            outcomes: Once::default(),
            answers: Once::default(),
        }
    }

    /// Where data are; without it claims that need data are not attempted.
    #[must_use]
    pub fn with(mut self, source: Arc<dyn Source>) -> Self {
        self.source = Some(source);
        self
    }

    /// # Errors
    /// [`Error::NoSource`].
    pub(super) fn source(&self) -> Result<&dyn Source> {
        self.source.as_deref().ok_or(Error::NoSource)
    }

    /// The UCI sets of the source, in order.
    ///
    /// # Errors
    /// Where there is no source, or none in it.
    pub fn sets(&self) -> Result<Vec<String>> {
        self.source()?.sets()
    }

    /// A set of rows, read by the first who asks.
    pub(super) fn rows(&self, set: &str) -> Result<Arc<Rows>> {
        once(&self.rows, set, || self.source()?.rows(set))
    }

    /// A compiled kernel.
    pub(super) fn kernel(&self, activation: &str, depth: Depth, kind: Kind) -> Result<Arc<Kernel>> {
        kept(
            &self.kernels,
            &format!("{activation} {depth:?} {kind:?}"),
            || Kernel::new(&Expr::parse(activation)?, depth, kind, self.deadline),
        )
    }

    pub(super) fn outcome(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Outcome>,
    ) -> Result<Arc<Outcome>> {
        once(&self.outcomes, name, make)
    }

    pub(super) fn answers(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Answers>,
    ) -> Result<Arc<Answers>> {
        once(&self.answers, name, make)
    }

    /// The point in time when a computation gives up.
    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.deadline = deadline;
        self
    }

    pub(super) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Measures the quantity of a claim and compares.
    pub fn check(&self, claim: &Claim) -> Finding {
        if let Err(error) = claim.validate() {
            return Finding::not_attempted(error.to_string());
        }
        if claim.effort > self.effort {
            return Finding::left_out(Wanted::Effort(claim.effort));
        }
        let Some(measure) = measure(&claim.quantity) else {
            return Finding::not_attempted(String::new());
        };
        match (measure.run)(self, &claim.parameters) {
            Ok((measured, mut notes)) => {
                let verdict = claim.verdict(&measured);
                if verdict == super::Verdict::NotAttempted {
                    notes.push("the error of the measured value reaches across the bound: more digits or more data are needed".into());
                }
                Finding {
                    verdict,
                    measured: Some(measured),
                    notes,
                    wanted: None,
                }
            }
            Err(Error::NoSource) => Finding::left_out(Wanted::Data),
            Err(error) => Finding::not_attempted(error.to_string()),
        }
    }

    /// The table of this name, made by the first who asks.
    pub(super) fn table(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Table>,
    ) -> Result<Arc<Table>> {
        kept(&self.tables, name, make)
    }

    /// The experiment of this name, carried out by the first who asks.
    pub(super) fn tally(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Tally>,
    ) -> Result<Arc<Tally>> {
        kept(&self.tallies, name, make)
    }
}

/// What is in the map, or what is made now. Two who ask at once may both make it, and make the same.
fn kept<T>(
    map: &Mutex<HashMap<String, Arc<T>>>,
    name: &str,
    make: impl FnOnce() -> Result<T>,
) -> Result<Arc<T>> {
    let look = || {
        map.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    };
    if let Some(found) = look() {
        return Ok(found);
    }
    let made = Arc::new(make()?);
    map.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(name.to_owned(), Arc::clone(&made));
    Ok(made)
}

/// What is in the map, or what is made now, by one alone; not to be called from within a parallel loop, where the one
/// who makes it could come to wait for itself.
fn once<T>(map: &Once<T>, name: &str, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    let cell = {
        let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(name.to_owned()).or_default())
    };
    cell.get_or_init(|| make().map(Arc::new)).clone()
}

/// An error that says which words would do.
pub(super) fn unknown(what: &str, given: &str, known: &[&str]) -> Error {
    Error::Domain(format!(
        "there is no {what} `{given}`; there is {}",
        known.join(", ")
    ))
}
