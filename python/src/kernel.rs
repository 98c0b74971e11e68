//! `Kernel`: compiled once, applied to arrays.

use std::sync::Arc;

use deeplimit::kernel::Kernel as Inner;
use deeplimit::{Convention, Depth, Gram, Kind, Network, Points};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::activation::Activation;
use crate::array::{Lengths, Reading, room, writing};
use crate::{errors, work};

/// What `deeplimit.Kernel` asks.
#[pyclass(frozen, module = "deeplimit._core")]
pub struct CompiledKernel {
    inner: Arc<Inner>,
    lengths: Lengths,
    zeros_apart: bool,
}

/// A word of the library's.
fn word<T: std::str::FromStr<Err = deeplimit::Error>>(py: Python<'_>, text: &str) -> PyResult<T> {
    text.parse().map_err(|e| errors::of(py, e, Some(text)))
}

impl CompiledKernel {
    /// How its rows are read.
    pub fn reading<'a>(&self, name: &'a str, epsilon: f64) -> Reading<'a> {
        Reading {
            name,
            lengths: self.lengths,
            zeros_apart: self.zeros_apart,
            epsilon,
        }
    }
}

#[pymethods]
impl CompiledKernel {
    #[new]
    #[pyo3(signature = (activation, depth, kind, sigma_w, sigma_b, convention, lengths, zeros_apart, timeout))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        activation: &Activation,
        depth: &str,
        kind: &str,
        sigma_w: Option<&str>,
        sigma_b: Option<&str>,
        convention: Option<&str>,
        lengths: &str,
        zeros_apart: bool,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let lengths = Lengths::of(py, lengths)?;
        let (depth, kind): (Depth, Kind) = (word(py, depth)?, word(py, kind)?);
        let mut network = Network::of(&activation.inner);
        if let Some(convention) = convention {
            network = network.convention(word::<Convention>(py, convention)?);
        }
        let of = |text| move |e| errors::of(py, e, text);
        if let Some(text) = sigma_w {
            network = network.weights(text).map_err(of(sigma_w))?;
        }
        if let Some(text) = sigma_b {
            network = network.biases(text).map_err(of(sigma_b))?;
        }
        let effort = work::effort(py, 15, timeout)?;
        let inner = work::ask(py, None, move || network.kernel(depth, kind, &effort))?;
        Ok(CompiledKernel {
            inner: Arc::new(inner),
            lengths,
            zeros_apart,
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
        x: PyReadonlyArray2<'_, f64>,
        y: Option<PyReadonlyArray2<'_, f64>>,
        epsilon: [f64; 2],
        out: &Bound<'_, PyArray2<f64>>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let left = self.reading("X", epsilon[0]).points(py, &x)?;
        let right = match &y {
            Some(y) => Some(self.reading("Y", epsilon[1]).points(py, y)?),
            None => None,
        };
        // the rows may lie where the matrix will
        drop((x, y));
        let lengths = self.lengths.kept();
        let gram = match &right {
            Some(right) => Gram::cross(&self.inner, &left, right, lengths),
            None => Gram::symmetric(&self.inner, &left, lengths),
        };
        let gram = gram.map_err(|e| errors::of(py, e, None))?;
        let mut out = writing(py, out)?;
        let out = out.as_slice_mut()?;
        let filled = work::run(py, progress, |watch| {
            gram.matrix_watched(out, |done, all| watch.report(done, all))
        })?;
        filled.map(|_| ()).map_err(|e| errors::of(py, e, None))
    }

    /// The diagonal into `out`.
    fn diag(
        &self,
        py: Python<'_>,
        x: PyReadonlyArray2<'_, f64>,
        epsilon: f64,
        out: &Bound<'_, PyArray1<f64>>,
    ) -> PyResult<()> {
        let points = self.reading("X", epsilon).points(py, &x)?;
        // what is refused of the matrix is refused here
        Gram::symmetric(&self.inner, &points, self.lengths.kept())
            .map_err(|e| errors::of(py, e, None))?;
        let mut out = writing(py, out)?;
        let k = self.inner.length_exponent().unwrap_or(0.0);
        for (out, length) in out.as_slice_mut()?.iter_mut().zip(points.lengths()) {
            *out = self.inner.diagonal();
            if self.lengths == Lengths::Keep {
                let factor = length.powf(k);
                *out *= factor * factor;
            }
        }
        Ok(())
    }

    /// The function of the correlation, or its slope, into `out`.
    fn at(
        &self,
        py: Python<'_>,
        rho: &Bound<'_, PyArray1<f64>>,
        slope: bool,
        out: &Bound<'_, PyArray1<f64>>,
    ) -> PyResult<()> {
        let (rho, mut out) = (rho.try_readonly()?, writing(py, out)?);
        let (rho, out) = (crate::array::list(py, &rho)?, out.as_slice_mut()?);
        if let Some(i) = rho.iter().position(|r| !(-1.0..=1.0).contains(r)) {
            let message = format!("rho must be in [-1, 1], got {}", rho[i]);
            let raised = errors::raise(py, "DomainError", &message);
            raised.value(py).setattr("index", i)?;
            return Err(raised);
        }
        py.detach(|| {
            for (out, rho) in out.iter_mut().zip(rho) {
                *out = match slope {
                    true => self.inner.slope_at(*rho),
                    false => self.inner.at(*rho),
                };
            }
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
        let points = self.reading(name, epsilon).points(py, &x)?;
        Ok(Rows {
            points: Arc::new(points),
        })
    }

    /// What a store of the matrix says that it is of.
    fn words(&self, py: Python<'_>, x: &Rows, y: Option<&Rows>) -> PyResult<String> {
        let gram = self.gram(x, y).map_err(|e| errors::of(py, e, None))?;
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
        let gram = self.gram(x, y).map_err(|e| errors::of(py, e, None))?;
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
        let gram = self.gram(x, y).map_err(|e| errors::of(py, e, None))?;
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
    fn gram<'a>(&'a self, x: &'a Rows, y: Option<&'a Rows>) -> deeplimit::Result<Gram<'a>> {
        let lengths = self.lengths.kept();
        match y {
            None => Gram::symmetric(&self.inner, &x.points, lengths),
            Some(y) => Gram::cross(&self.inner, &x.points, &y.points, lengths),
        }
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
