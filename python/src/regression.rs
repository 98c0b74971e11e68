//! Regression on a Gram matrix that is there already.

use std::sync::Arc;

use deeplimit::Matrix;
use deeplimit::classifier::{Definite, Regression, labels, one_hot};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::array::{numbers, room};
use crate::kernel::matrix;
use crate::{errors, work};

/// What entries are off by as a rule, relative: a squared pivot below is rounding.
const ROUNDING: f64 = 10.0 * f64::EPSILON;

/// What `deeplimit.Regression` asks.
#[pyclass(frozen, module = "deeplimit._core")]
pub struct FactoredGram {
    inner: Arc<Regression>,
    rows: usize,
}

fn read(py: Python<'_>, x: &PyReadonlyArray2<'_, f64>) -> PyResult<Matrix> {
    let made = Matrix::new(x.shape()[1], numbers(py, x)?.to_vec());
    made.map_err(|e| errors::of(py, e, None))
}

#[pymethods]
impl FactoredGram {
    /// Targets, or the numbers of classes.
    #[new]
    fn new(
        py: Python<'_>,
        gram: PyReadonlyArray2<'_, f64>,
        targets: Option<PyReadonlyArray2<'_, f64>>,
        classes: Option<(Vec<usize>, usize)>,
        ridge: f64,
    ) -> PyResult<Self> {
        let failed = |e| errors::of(py, e, None);
        let n = gram.shape()[0];
        // the matrix, its copy and its factor
        room(py, [3 * n, n])?;
        let gram = read(py, &gram)?;
        let targets = match (targets, classes) {
            (Some(targets), _) => read(py, &targets)?,
            (None, Some((codes, count))) => one_hot(&codes, count).map_err(failed)?,
            (None, None) => return Err(errors::raise(py, "DataError", "there are no targets")),
        };
        let inner = work::ask(py, None, move || {
            let ridge = ridge * gram.mean_diagonal();
            Regression::new(&gram, &targets, ridge, Definite::Beyond(ROUNDING))
        })?;
        Ok(FactoredGram {
            inner: Arc::new(inner),
            rows: n,
        })
    }

    /// A row for each row of `cross`, a column for each target.
    fn predictions<'py>(
        &self,
        py: Python<'py>,
        cross: PyReadonlyArray2<'_, f64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (inner, cross) = (self.inner.clone(), read(py, &cross)?);
        matrix(py, work::ask(py, None, move || inner.predictions(&cross))?)
    }

    /// What is still unknown of each test point.
    fn variances<'py>(
        &self,
        py: Python<'py>,
        cross: PyReadonlyArray2<'_, f64>,
        own: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (inner, cross) = (self.inner.clone(), read(py, &cross)?);
        let own = numbers(py, &own)?.to_vec();
        room(py, [cross.rows, self.rows])?;
        let found = work::ask(py, None, move || inner.posterior_variances(&cross, &own))?;
        Ok(PyArray1::from_vec(py, found))
    }

    /// Each training row without itself.
    fn left_out<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let inner = self.inner.clone();
        room(py, [2 * self.rows, self.rows])?;
        matrix(py, work::ask(py, None, move || Ok(inner.left_out()))?)
    }

    /// The weights of the training rows.
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        matrix(py, self.inner.weights())
    }

    /// `log p(y)`
    fn log_likelihood(&self) -> f64 {
        self.inner.log_marginal_likelihood()
    }
}

/// The column with the largest number, for each row.
#[pyfunction]
pub fn _largest(py: Python<'_>, scores: PyReadonlyArray2<'_, f64>) -> PyResult<Vec<usize>> {
    Ok(labels(&read(py, &scores)?))
}
