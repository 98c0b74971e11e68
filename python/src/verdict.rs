//! Answers as Python's objects: `deeplimit/_answers.py` has the classes.

use deeplimit::limit::{Fact, NearEquality};
use deeplimit::{Classification, Quantity};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::number::Number;

/// An object of a class of `deeplimit._answers`.
pub fn answer<'py>(
    py: Python<'py>,
    class: &str,
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("deeplimit._answers")?.getattr(class)?;
    class.call((), Some(fields))
}

/// A number, where there is one.
pub fn known(q: &Option<Quantity>, digits: usize) -> Option<Number> {
    q.as_ref().map(|q| Number::new(q.clone(), digits))
}

/// A word of the library as programs write it.
pub fn hyphened(word: &str) -> String {
    word.replace(' ', "-")
}

/// A verdict.
pub fn classification<'py>(
    py: Python<'py>,
    c: &Classification,
    digits: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let fields = PyDict::new(py);
    let facts = c.facts.iter().map(|f| fact(py, f, digits));
    let nearby = c.nearby.iter().map(|n| near(py, n, digits));
    fields.set_item("activation", &c.activation)?;
    fields.set_item("regime", hyphened(c.regime.name()))?;
    fields.set_item("phase", c.phase.map(|p| hyphened(p.name())))?;
    fields.set_item("sentence", c.sentence())?;
    fields.set_item("proved", c.proved)?;
    fields.set_item("normalisation", known(&c.normalisation, digits))?;
    fields.set_item("mean", known(&c.a, digits))?;
    fields.set_item("mean_slope", known(&c.a_prime, digits))?;
    fields.set_item("slope", known(&c.b_prime, digits))?;
    fields.set_item("alpha", known(&c.alpha, digits))?;
    fields.set_item("fixed_point", known(&c.fixed_point, digits))?;
    fields.set_item("multiplier", known(&c.multiplier, digits))?;
    fields.set_item("order", c.order)?;
    let exponent = c.edge_exponent.as_ref().map(ToString::to_string);
    fields.set_item("edge_exponent", exponent)?;
    fields.set_item("evidence", &c.evidence)?;
    fields.set_item("facts", facts.collect::<PyResult<Vec<_>>>()?)?;
    fields.set_item("missing", &c.missing)?;
    fields.set_item("nearby", nearby.collect::<PyResult<Vec<_>>>()?)?;
    fields.set_item("words", c.to_string())?;
    answer(py, "Classification", &fields)
}

fn fact<'py>(py: Python<'py>, fact: &Fact, digits: usize) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("step", fact.step + 1)?;
    fields.set_item("constant", fact.constant.to_string())?;
    fields.set_item("stands", fact.stands.symbol())?;
    fields.set_item("bound", fact.bound.to_string())?;
    fields.set_item("value", Number::of(&fact.enclosure, digits))?;
    Ok(fields)
}

fn near<'py>(py: Python<'py>, n: &NearEquality, digits: usize) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    let (typed, meant) = n.meant.clone().unzip();
    fields.set_item("constant", n.constant)?;
    fields.set_item("value", Number::new(n.value.clone(), digits))?;
    fields.set_item("equals", n.equals)?;
    fields.set_item("off", Number::new(n.off.clone(), digits))?;
    fields.set_item("regime", hyphened(n.regime.name()))?;
    fields.set_item("phase", n.phase.map(|p| hyphened(p.name())))?;
    fields.set_item("alpha", known(&n.alpha, digits))?;
    fields.set_item("order", n.order)?;
    fields.set_item("typed", typed)?;
    fields.set_item("meant", meant)?;
    fields.set_item("instead", &n.instead)?;
    fields.set_item("words", n.to_string())?;
    Ok(fields)
}
