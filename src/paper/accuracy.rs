//! Quantities of the consistency experiment.

use std::sync::Arc;

use super::claim::{Answer, Measured};
use super::experiment::{Tally, tally};
use super::laboratory::Laboratory;
use super::parameters::Parameters;
use crate::error::Result;

fn of(lab: &Laboratory, p: &Parameters, rule: &str) -> Result<Arc<Tally>> {
    let (tests, seeds) = (p.whole_or("tests", 1000)?, p.whole_or("seeds", 4)?);
    tally(
        lab,
        p.whole("dimension")?,
        p.whole("points")?,
        tests,
        seeds,
        p.text(rule)?,
    )
}

/// A mean within twice its standard error.
fn within((mean, error): (f64, f64)) -> Measured {
    Measured::within(mean, 2.0 * error)
}

fn note(p: &Parameters, t: &Tally, (mean, error): (f64, f64)) -> Result<String> {
    let seeds = t.hits.len();
    Ok(format!(
        "{mean:.4}, standard error {error:.4}; {} training points, seeds 1 to {seeds}, {} test points each",
        p.whole("points")?,
        t.hits.first().map_or(0, Vec::len),
    ))
}

pub(super) fn accuracy(lab: &Laboratory, p: &Parameters) -> Answer {
    let t = of(lab, p, "rule")?;
    let result = t.accuracy();
    Ok((within(result), vec![note(p, &t, result)?]))
}

pub(super) fn lead(lab: &Laboratory, p: &Parameters) -> Answer {
    let (a, b) = (of(lab, p, "rule")?, of(lab, p, "over")?);
    let result = a.lead(&b);
    let both = format!("{:.4} against {:.4}", a.accuracy().0, b.accuracy().0);
    Ok((within(result), vec![note(p, &a, result)?, both]))
}

pub(super) fn same_labels(lab: &Laboratory, p: &Parameters) -> Answer {
    let (a, b) = (of(lab, p, "rule")?, of(lab, p, "over")?);
    let pairs = || a.labels.iter().flatten().zip(b.labels.iter().flatten());
    let same = pairs().filter(|(a, b)| a == b).count() as f64 / pairs().count() as f64;
    let note = format!(
        "{} test points in {} repetitions with {} training points",
        pairs().count(),
        a.hits.len(),
        p.whole("points")?
    );
    Ok((Measured::within(same, f64::EPSILON), vec![note]))
}
