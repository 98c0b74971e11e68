//! The kernel at infinite depth.

use deeplimit::limit::Limits;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::number::Number;
use crate::verdict::{answer, hyphened, known};

/// A table of it; `shown` are the correlations as they were given.
pub fn table<'py>(
    py: Python<'py>,
    limits: &Limits,
    shown: &[String],
    digits: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let c = &limits.classification;
    let mut rows = Vec::with_capacity(shown.len());
    for ((v, regular), rho) in limits.values.iter().zip(&limits.regular).zip(shown) {
        let row = PyDict::new(py);
        row.set_item("rho", rho)?;
        row.set_item("limit", Number::new(v.limit.clone(), digits))?;
        row.set_item("function", known(&v.function, digits))?;
        row.set_item("correction", known(&v.correction, digits))?;
        row.set_item("slope", known(&v.slope, digits))?;
        row.set_item("R", known(regular, digits))?;
        rows.push(answer(py, "LimitRow", &row)?);
    }
    let fields = PyDict::new(py);
    fields.set_item("activation", &c.activation)?;
    fields.set_item("regime", hyphened(c.regime.name()))?;
    fields.set_item("phase", c.phase.map(|p| hyphened(p.name())))?;
    fields.set_item("proved", c.proved)?;
    fields.set_item("missing", &c.missing)?;
    fields.set_item("formula", limits.formula)?;
    fields.set_item("multiplier", known(&limits.multiplier, digits))?;
    fields.set_item("kappa", known(&limits.kappa, digits))?;
    fields.set_item("verge", known(&limits.verge, digits))?;
    fields.set_item("alpha", known(&c.alpha, digits))?;
    fields.set_item("rows", rows)?;
    answer(py, "LimitTable", &fields)
}
