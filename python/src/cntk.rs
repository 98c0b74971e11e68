//! Convolutional kernels of images.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use deeplimit::cntk::{Architecture, Convolutional, Numbers, Readout};
use deeplimit::error::{Doubt, Error};
use deeplimit::image::{Images, Layout};
use numpy::{PyArray2, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::activation::Activation;
use crate::array::{numbers, room};
use crate::kernel::matrix;
use crate::{errors, work};

/// The pictures of an array of three or four axes, in the order that is said or shown.
fn pictures(
    py: Python<'_>,
    x: &PyReadonlyArrayDyn<'_, f64>,
    (name, bytes): (&str, bool),
    layout: Option<Layout>,
) -> PyResult<Images> {
    let (sizes, numbers) = (x.shape(), numbers(py, x)?);
    if let Some(mut at) = numbers.iter().position(|v| !v.is_finite()) {
        let value = numbers[at];
        let mut index = vec![0; sizes.len()];
        for (place, size) in index.iter_mut().zip(sizes).rev() {
            (*place, at) = (at % size, at / size);
        }
        let message = format!("{name}{index:?} is {value}: every pixel must be finite");
        return Err(errors::placed(
            py,
            "DataError",
            &message,
            PyTuple::new(py, index)?,
        ));
    }
    let scaled = |x: &f64| if bytes { x / 255.0 } else { *x };
    let arranged = Images::arranged(sizes, numbers.iter().map(scaled).collect(), layout);
    arranged.map_err(|error| {
        let hint = match &error {
            Error::Axes {
                doubt: Doubt::Flat, ..
            } => "; if it is not one, say layout='nhw'",
            Error::Axes { .. } => "; say layout='nhwc' or layout='nchw'",
            _ => "",
        };
        let message = format!("{name}: {error}{hint}");
        errors::raise(py, "DataError", &message)
    })
}

/// What `deeplimit.cntk` asks.
#[pyfunction]
#[pyo3(signature = (x, y, bytes, layout, depth, filter, activation, pooling, single, kind, progress))]
#[allow(clippy::too_many_arguments)]
pub fn _cntk<'py>(
    py: Python<'py>,
    x: PyReadonlyArrayDyn<'py, f64>,
    y: Option<PyReadonlyArrayDyn<'py, f64>>,
    bytes: [bool; 2],
    layout: Option<&str>,
    depth: usize,
    filter: usize,
    activation: &Activation,
    pooling: bool,
    single: bool,
    kind: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let failed = |e| errors::of(py, e, None);
    let layout = layout
        .map(|word| word.parse().map_err(failed))
        .transpose()?;
    let left = pictures(py, &x, ("images", bytes[0]), layout)?;
    let right = y.map(|y| pictures(py, &y, ("other", bytes[1]), layout));
    let right = right.transpose()?;
    let readout = match pooling {
        true => Readout::Gap,
        false => Readout::Vanilla,
    };
    let mut architecture =
        Architecture::new(&activation.inner.typed, &[depth], readout).map_err(failed)?;
    architecture.filter = filter;
    architecture.kernel = kind.parse().map_err(failed)?;
    let numbers = match single {
        true => Numbers::F32.with(readout),
        false => Numbers::F64,
    };
    let (n, m) = (left.len(), right.as_ref().map_or(left.len(), Images::len));
    room(py, [n, m])?;
    let all = match &right {
        None => n * (n + 1) / 2,
        Some(_) => n * m,
    };
    let made = work::run(py, progress, |watch| {
        let kernel = Convolutional::new(&architecture, numbers, left.shape())?;
        let done = AtomicUsize::new(0);
        let more = |pairs: usize| watch.report(done.fetch_add(pairs, Relaxed) + pairs, all);
        match &right {
            None => kernel.gram(&left, &more),
            Some(right) => kernel.block(&left, right, &more),
        }
    })?;
    let kernels = made.map_err(failed)?;
    let mut kernels = kernels
        .ok_or_else(|| errors::raise(py, "InternalError", "the work was stopped by nobody"))?;
    let values = kernels.values.pop().unwrap_or_default();
    let values = deeplimit::Matrix::new(kernels.columns, values);
    matrix(py, values.map_err(failed)?)
}
