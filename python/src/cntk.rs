//! Convolutional kernels of images.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use deeplimit::cntk::{Architecture, Convolutional, Numbers, Readout};
use deeplimit::image::Images;
use numpy::{PyArray2, PyReadonlyArray4, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::activation::Activation;
use crate::array::data_error;
use crate::kernel::matrix;
use crate::{errors, work};

/// `n x height x width x channels`, in C order.
fn images(py: Python<'_>, x: &PyReadonlyArray4<'_, f64>, name: &str) -> PyResult<Images> {
    let shape = x.shape().to_vec();
    if !x.is_c_contiguous() {
        return Err(errors::raise(
            py,
            "DataError",
            "an array in C order is wanted",
        ));
    }
    let numbers = x.as_slice()?;
    if let Some(at) = numbers.iter().position(|v| !v.is_finite()) {
        let [h, w, c] = [shape[1], shape[2], shape[3]];
        let index = (at / (h * w * c), at / (w * c) % h, at / c % w, at % c);
        let message = format!(
            "{name}[{}, {}, {}, {}] is {}: every pixel must be finite",
            index.0, index.1, index.2, index.3, numbers[at]
        );
        return Err(data_error(py, &message, index));
    }
    Images::new([shape[1], shape[2], shape[3]], numbers.to_vec(), vec![])
        .map_err(|e| errors::of(py, e, None))
}

/// What `deeplimit.cntk` asks; the layout is settled.
#[pyfunction]
#[pyo3(signature = (x, y, depth, activation, pooling, single, kind, progress))]
#[allow(clippy::too_many_arguments)]
pub fn _cntk<'py>(
    py: Python<'py>,
    x: PyReadonlyArray4<'py, f64>,
    y: Option<PyReadonlyArray4<'py, f64>>,
    depth: usize,
    activation: &Activation,
    pooling: bool,
    single: bool,
    kind: &str,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let failed = |e| errors::of(py, e, None);
    let left = images(py, &x, "images")?;
    let right = y.map(|y| images(py, &y, "other")).transpose()?;
    let readout = match pooling {
        true => Readout::Gap,
        false => Readout::Vanilla,
    };
    let mut architecture =
        Architecture::new(&activation.inner.typed, &[depth], readout).map_err(failed)?;
    architecture.kernel = kind.parse().map_err(failed)?;
    let numbers = match single {
        true => Numbers::F32,
        false => Numbers::F64,
    };
    let (n, m) = (left.len(), right.as_ref().map_or(left.len(), Images::len));
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
    matrix(py, deeplimit::Matrix::new(kernels.columns, values))
}
