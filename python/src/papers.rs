//! `deeplimit.papers`: the claims that are brought, and the measuring of each.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use deeplimit::paper::{Claim, Finding, Laboratory, Measured, Paper, Wanted};
use deeplimit_claims::{all, chosen, expected, word};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rayon::prelude::*;

use crate::number::Number;
use crate::{errors, work};

/// Digits of a measured value.
const DIGITS: usize = 20;

fn papers(py: Python<'_>, target: Option<&str>, folder: Option<PathBuf>) -> PyResult<Vec<Paper>> {
    let found = all(folder.as_deref()).and_then(|papers| chosen(papers, target));
    found.map_err(|e| errors::raise(py, "DataError", &e.to_string()))
}

fn fields<'py>(py: Python<'py>, paper: &Paper, claim: &Claim) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("paper", &paper.key)?;
    fields.set_item("claim", &claim.key)?;
    fields.set_item("statement", &claim.statement)?;
    fields.set_item("source", &claim.source)?;
    fields.set_item("quantity", &claim.quantity)?;
    fields.set_item("parameters", claim.parameters.words())?;
    fields.set_item("expected", expected(claim))?;
    fields.set_item("origin", &claim.origin)?;
    fields.set_item("effort", claim.effort)?;
    Ok(fields)
}

/// The claims: `papers.list`.
#[pyfunction]
#[pyo3(signature = (target, folder))]
pub fn _papers_list<'py>(
    py: Python<'py>,
    target: Option<&str>,
    folder: Option<PathBuf>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let papers = papers(py, target, folder)?;
    let claims = papers
        .iter()
        .flat_map(|p| p.claims.iter().map(move |c| (p, c)));
    claims.map(|(p, c)| fields(py, p, c)).collect()
}

/// The claims measured: `papers.check`. Stopped, it gives back nothing, and leaves behind the claims that are under way.
#[pyfunction]
#[pyo3(signature = (target, folder, effort, timeout, progress))]
pub fn _papers_check<'py>(
    py: Python<'py>,
    target: Option<&str>,
    folder: Option<PathBuf>,
    effort: u32,
    timeout: Option<f64>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let papers = papers(py, target, folder)?;
    let deadline = work::deadline(py, timeout)?;
    let claims = papers.iter().flat_map(|p| &p.claims).cloned();
    let claims: Vec<Claim> = claims.collect();
    let laboratory = Laboratory::new(effort).until(deadline);
    let findings = work::leave(py, progress, move |watch| {
        let done = AtomicUsize::new(0);
        watch.report(0, claims.len());
        let measured = |claim: &Claim| {
            let begun = Instant::now();
            let found = match watch.stopped() {
                true => Finding::not_attempted("stopped".to_owned()),
                false => laboratory.check(claim),
            };
            watch.report(done.fetch_add(1, Relaxed) + 1, claims.len());
            (found, begun.elapsed().as_secs_f64())
        };
        let each = claims.par_iter().with_max_len(1);
        each.map(measured).collect::<Vec<_>>()
    })?;
    let claims = papers
        .iter()
        .flat_map(|p| p.claims.iter().map(move |c| (p, c)));
    let mut answers = Vec::with_capacity(findings.len());
    for ((paper, claim), (found, seconds)) in claims.zip(findings) {
        let fields = fields(py, paper, claim)?;
        fields.set_item("verdict", word(found.verdict))?;
        match &found.measured {
            Some(Measured::Word(word)) => fields.set_item("measured", word)?,
            Some(Measured::Number(q)) => {
                fields.set_item("measured", Number::new(q.clone(), DIGITS))?
            }
            None => fields.set_item("measured", py.None())?,
        }
        let hint = match found.wanted {
            Some(Wanted::Effort(n)) => format!(" (effort={n})"),
            Some(Wanted::Data) => " (the command `deeplimit papers check` reads them)".to_owned(),
            None => String::new(),
        };
        let notes: Vec<String> = found.notes.iter().map(|n| format!("{n}{hint}")).collect();
        fields.set_item("notes", notes)?;
        fields.set_item("seconds", seconds)?;
        answers.push(fields);
    }
    Ok(answers)
}
