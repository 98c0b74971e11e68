//! `Kernel`: compiled once, applied to arrays.

use std::sync::Arc;

use deeplimit::kernel::Kernel as Inner;
use deeplimit::{Depth, Gram, Kind, Points};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::array::{Lengths, Reading, numbers, room, writing};
use crate::network::Network;
use crate::{errors, work};

/// What `deeplimit.Kernel` asks.
#[pyclass(frozen, module = "deeplimit._core")]
pub struct CompiledKernel {
    inner: Arc<Inner>,
    lengths: Lengths,
}

/// A word of the library's.
fn word<T: std::str::FromStr<Err = deeplimit::Error>>(py: Python<'_>, text: &str) -> PyResult<T> {
    text.parse().map_err(|e| errors::of(py, e, Some(text)))
}

#[pymethods]
impl CompiledKernel {
    #[new]
    fn new(
        py: Python<'_>,
        network: &Network,
        depth: &str,
        kind: &str,
        lengths: &str,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let lengths = Lengths::of(py, lengths)?;
        let (depth, kind): (Depth, Kind) = (word(py, depth)?, word(py, kind)?);
        let effort = work::effort(py, 15, timeout)?;
        let network = network.inner.clone();
        let inner = work::ask(py, None, move || network.kernel(depth, kind, &effort))?;
        Ok(CompiledKernel {
            inner: Arc::new(inner),
            lengths,
        })
    }

    #[getter]
    fn error(&self) -> f64 {
        self.inner.accuracy().measured
    }

    #[getter]
    fn log_scale(&self) -> f64 {
        self.inner.log_scale()
    }

    #[getter]
    fn infinite_diagonal(&self) -> bool {
        self.inner.diagonal() == f64::INFINITY
    }

    #[getter]
    fn classifier(&self) -> &'static str {
        self.inner.classifier().name()
    }

    #[getter]
    fn regime(&self) -> Option<&'static str> {
        self.inner.regime().map(|r| r.name())
    }

    /// The matrix into `out`.
    fn fill(
        &self,
        py: Python<'_>,
        x: &Rows,
        y: Option<&Rows>,
        out: &Bound<'_, PyArray2<f64>>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let gram = self.gram(py, x, y)?;
        let mut out = writing(py, out)?;
        let out = out.as_slice_mut()?;
        let filled = work::run(py, progress, |watch| {
            gram.matrix_watched(out, |done, all| watch.report(done, all))
        })?;
        filled.map(drop).map_err(|e| errors::of(py, e, None))
    }

    /// The diagonal into `out`.
    fn diag(&self, py: Python<'_>, x: &Rows, out: &Bound<'_, PyArray1<f64>>) -> PyResult<()> {
        // what is refused of the matrix is refused here
        let gram = self.gram(py, x, None)?;
        let own = gram.own().map_err(|e| errors::of(py, e, None))?;
        writing(py, out)?.as_slice_mut()?.copy_from_slice(&own);
        Ok(())
    }

    /// The function of the correlation into `out`.
    fn at(
        &self,
        py: Python<'_>,
        rho: &Bound<'_, PyArray1<f64>>,
        out: &Bound<'_, PyArray1<f64>>,
    ) -> PyResult<()> {
        let (rho, mut out) = (rho.try_readonly()?, writing(py, out)?);
        let (rho, out) = (numbers(py, &rho)?, out.as_slice_mut()?);
        if let Some(i) = rho.iter().position(|r| !(-1.0..=1.0).contains(r)) {
            let message = format!("rho must be in [-1, 1], got {}", rho[i]);
            return Err(errors::placed(py, "DomainError", &message, i));
        }
        py.detach(|| {
            let pairs = out.iter_mut().zip(rho);
            pairs.for_each(|(out, rho)| *out = self.inner.at(*rho));
        });
        Ok(())
    }

    /// Rows as points, to be used more than once.
    fn read(
        &self,
        py: Python<'_>,
        x: PyReadonlyArray2<'_, f64>,
        name: &str,
        epsilon: f64,
    ) -> PyResult<Rows> {
        let reading = Reading {
            name,
            lengths: self.lengths,
            epsilon,
        };
        let points = reading.points(py, &x)?;
        Ok(Rows {
            points: Arc::new(points),
        })
    }

    /// What a store of the matrix says that it is of.
    fn words(&self, py: Python<'_>, x: &Rows, y: Option<&Rows>) -> PyResult<String> {
        let gram = self.gram(py, x, y)?;
        Ok(py.detach(|| gram.contents().words))
    }

    /// Some rows and columns of the matrix into `out`.
    fn tile(
        &self,
        py: Python<'_>,
        x: &Rows,
        y: Option<&Rows>,
        place: (usize, usize, usize, usize),
        out: &Bound<'_, PyArray2<f64>>,
    ) -> PyResult<()> {
        let (top, bottom, left, right) = place;
        let mut out = writing(py, out)?;
        let out = out.as_slice_mut()?;
        let gram = self.gram(py, x, y)?;
        work::run(py, None, |_| gram.tile(top..bottom, left..right, out))?
            .map_err(|e| errors::of(py, e, None))
    }

    /// The matrix that the classifier decides by, into `out`.
    fn decisive(
        &self,
        py: Python<'_>,
        x: &Rows,
        y: Option<&Rows>,
        out: &Bound<'_, PyArray2<f64>>,
    ) -> PyResult<()> {
        let gram = self.gram(py, x, y)?;
        let mut out = writing(py, out)?;
        let out = out.as_slice_mut()?;
        let filled = work::run(py, None, |watch| {
            gram.decisive_watched(out, |done, all| watch.report(done, all))
        })?;
        filled.map(drop).map_err(|e| errors::of(py, e, None))
    }

    /// Learns labelled rows.
    fn fit(
        &self,
        py: Python<'_>,
        x: &Rows,
        labels: Vec<usize>,
        ridge: f64,
    ) -> PyResult<CompiledFit> {
        let (kernel, points, lengths) = (self.inner.clone(), x.points.clone(), self.lengths.kept());
        // the matrix and its factor
        room(py, [2 * points.len(), points.len()])?;
        let fitted = work::ask(py, None, move || {
            kernel.fit_with(&points, &labels, ridge, lengths)
        })?;
        Ok(CompiledFit {
            fitted: Arc::new(fitted),
            rows: x.points.len(),
        })
    }
}

impl CompiledKernel {
    /// Where each row has a variance of its own this takes a while.
    fn gram<'a>(&'a self, py: Python<'_>, x: &'a Rows, y: Option<&'a Rows>) -> PyResult<Gram<'a>> {
        let lengths = self.lengths.kept();
        work::run(py, None, |_| match y {
            None => Gram::symmetric(&self.inner, &x.points, lengths),
            Some(y) => Gram::cross(&self.inner, &x.points, &y.points, lengths),
        })?
        .map_err(|e| errors::of(py, e, None))
    }
}

/// Rows that were read.
#[pyclass(frozen, module = "deeplimit._core")]
pub struct Rows {
    points: Arc<Points>,
}

#[pymethods]
impl Rows {
    fn __len__(&self) -> usize {
        self.points.len()
    }
}

/// A classifier that has seen its rows.
#[pyclass(frozen, module = "deeplimit._core")]
pub struct CompiledFit {
    fitted: Arc<deeplimit::Fitted>,
    rows: usize,
}

impl CompiledFit {
    /// What is asked of new rows: Ctrl-C leaves it behind.
    fn asked<T: Send + 'static>(
        &self,
        py: Python<'_>,
        x: &Rows,
        of: impl FnOnce(&deeplimit::Fitted, &Points) -> deeplimit::Result<T> + Send + 'static,
    ) -> PyResult<T> {
        let (fitted, points) = (self.fitted.clone(), x.points.clone());
        room(py, [points.len(), self.rows])?;
        work::ask(py, None, move || of(&fitted, &points))
    }
}

#[pymethods]
impl CompiledFit {
    /// A score for each row and class.
    fn scores<'py>(&self, py: Python<'py>, x: &Rows) -> PyResult<Bound<'py, PyArray2<f64>>> {
        matrix(py, self.asked(py, x, |fitted, x| fitted.scores(x))?)
    }

    /// The number of the class of each row.
    fn labels(&self, py: Python<'_>, x: &Rows) -> PyResult<Vec<usize>> {
        self.asked(py, x, |fitted, x| fitted.labels(x))
    }

    /// What each row would be taken for, had it not been seen.
    fn left_out(&self, py: Python<'_>) -> PyResult<Vec<usize>> {
        let fitted = self.fitted.clone();
        work::ask(py, None, move || fitted.left_out())
    }
}

/// A matrix of the library as numpy's, its memory handed over.
pub fn matrix(py: Python<'_>, made: deeplimit::Matrix) -> PyResult<Bound<'_, PyArray2<f64>>> {
    PyArray1::from_vec(py, made.values).reshape([made.rows, made.columns])
}
