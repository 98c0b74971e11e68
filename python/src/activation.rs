//! `Activation`.

use pyo3::prelude::*;

use crate::{errors, work};

/// An activation function, given as text.
#[pyclass(frozen, module = "deeplimit")]
pub struct Activation {
    pub inner: deeplimit::Activation,
    text: String,
}

#[pymethods]
impl Activation {
    #[new]
    #[pyo3(signature = (expr, /))]
    fn new(py: Python<'_>, expr: &str) -> PyResult<Self> {
        let text = expr.to_owned();
        let inner = work::ask(py, Some(expr), move || text.parse::<deeplimit::Activation>())?;
        Ok(Activation {
            inner,
            text: expr.to_owned(),
        })
    }

    /// The expression as it was typed.
    #[getter]
    fn expr(&self) -> &str {
        &self.text
    }

    /// The verdict in a sentence.
    #[pyo3(signature = (*, digits=15, timeout=Some(60.0)))]
    fn verdict(&self, py: Python<'_>, digits: usize, timeout: Option<f64>) -> PyResult<String> {
        let effort = work::effort(py, digits, timeout)?;
        let inner = self.inner.clone();
        errors::guarded(py, || {
            work::ask(py, Some(&self.text), move || {
                Ok(inner.classify(&effort)?.to_string())
            })
        })
    }
}
