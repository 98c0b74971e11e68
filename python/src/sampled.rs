//! Functions of which nothing is known but their values: `deeplimit/_callable.py` has the words.

use deeplimit::Ball;
use deeplimit::deadline::Deadline;
use deeplimit::dual::{DualPart, Estimate, SamplePlan, SampledDual};
use deeplimit::recursion::{Correlation, UnitLayers};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use rayon::prelude::*;
use rug::Rational;

use crate::{errors, work};

/// The dual of a function that was sampled: estimates, nothing proved.
#[pyclass(frozen, module = "deeplimit._core")]
pub struct Sampled {
    inner: SampledDual,
    layers: UnitLayers<Ball>,
}

type Columns<'py> = Vec<Bound<'py, PyArray1<f64>>>;

/// Values and errors, an array each.
fn columns<'py>(py: Python<'py>, all: &[Estimate]) -> Columns<'py> {
    let of = |f: fn(&Estimate) -> f64| PyArray1::from_iter(py, all.iter().map(f));
    vec![of(|e| e.value), of(|e| e.error)]
}

/// Where a function with these kinks has to be known.
#[pyfunction]
pub fn _sample_points(py: Python<'_>, kinks: Vec<f64>) -> PyResult<Bound<'_, PyArray1<f64>>> {
    let plan = SamplePlan::new(&kinks).map_err(|e| errors::of(py, e, None))?;
    Ok(PyArray1::from_vec(py, plan.points()))
}

/// The dual of the function with these values.
#[pyfunction]
pub fn _sampled(
    py: Python<'_>,
    kinks: Vec<f64>,
    values: PyReadonlyArray1<'_, f64>,
) -> PyResult<Sampled> {
    let values = values.as_array().to_vec();
    let inner = work::ask(py, None, move || SamplePlan::new(&kinks)?.dual(&values))?;
    let layers = UnitLayers::new(inner.dual().clone());
    Ok(Sampled { inner, layers })
}

#[pymethods]
impl Sampled {
    #[getter]
    fn coefficients<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.inner.coefficients)
    }

    #[getter]
    fn error(&self) -> f64 {
        self.inner.error
    }

    #[getter]
    fn square(&self) -> f64 {
        self.inner.square
    }

    #[getter]
    fn slope(&self) -> Option<(f64, f64)> {
        self.inner.slope.map(|s| (s.value, s.error))
    }

    /// Values and errors of the dual, or of its slope.
    fn dual<'py>(
        &self,
        py: Python<'py>,
        rho: PyReadonlyArray1<'py, f64>,
        slope: bool,
        timeout: Option<f64>,
    ) -> PyResult<Columns<'py>> {
        let deadline = work::deadline(py, timeout)?;
        let part = if slope {
            DualPart::Slope
        } else {
            DualPart::Value
        };
        let rhos = rho.as_array().to_vec();
        let inner = self.inner.clone();
        let all = work::ask(py, None, move || inner.all(&rhos, part, deadline))?;
        Ok(columns(py, &all))
    }

    /// Values and errors of both kernels.
    fn kernels<'py>(
        &self,
        py: Python<'py>,
        depth: &Bound<'py, PyAny>,
        rho: PyReadonlyArray1<'py, f64>,
        timeout: Option<f64>,
    ) -> PyResult<Columns<'py>> {
        let deadline: Deadline = work::deadline(py, timeout)?;
        let depth = crate::network::layers(depth)?;
        let rhos = rho.as_array().to_vec();
        let layers = self.layers.clone();
        let all = work::ask(py, None, move || {
            let one = |rho: &f64| {
                let exact = Rational::from_f64(*rho).unwrap_or_default();
                let pair = layers.kernels(Correlation::rational(&exact, 64), depth, deadline)?;
                Ok(pair.map(|x| Estimate::of(&x.value())))
            };
            rhos.par_iter()
                .map(one)
                .collect::<deeplimit::Result<Vec<_>>>()
        })?;
        let of =
            |f: fn(&deeplimit::Pair<Estimate>) -> Estimate| all.iter().map(f).collect::<Vec<_>>();
        let both = [of(|p| p.nngp), of(|p| p.ntk)];
        Ok(both.iter().flat_map(|kernel| columns(py, kernel)).collect())
    }
}
