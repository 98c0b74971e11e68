//! Arrays in and out: rows of numbers as points.
//!
//! The thin Python layer (`deeplimit/_arrays.py`) has made them C-contiguous arrays of doubles; what is wrong with a number in
//! them is said here, with its place.

use deeplimit::Points;
use numpy::ndarray::Dimension;
use numpy::{
    PyArray, PyArrayMethods, PyReadonlyArray, PyReadonlyArray2, PyReadwriteArray,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;

use crate::errors;

/// Memory that is about to be written.
///
/// # Errors
/// `DataError` where somebody else is at it.
pub fn writing<'py, T: numpy::Element, D: Dimension>(
    py: Python<'py>,
    out: &Bound<'py, PyArray<T, D>>,
) -> PyResult<PyReadwriteArray<'py, T, D>> {
    out.try_readwrite().map_err(|_| {
        let message = "out cannot be written: it is read-only, or in use by another thread";
        errors::raise(py, "DataError", message)
    })
}

/// Could so many doubles be had? (What the library allocates for itself ends the program where it cannot be had.)
///
/// # Errors
/// `MemoryError`, in numpy's words.
pub fn room(py: Python<'_>, sides: [usize; 2]) -> PyResult<()> {
    py.import("numpy")?
        .call_method1("empty", (sides,))
        .map(drop)
}

/// The numbers as they lie.
///
/// # Errors
/// `DataError` for an array that is not C-contiguous: that is a fault of the layer above.
pub fn numbers<'a, D: Dimension>(
    py: Python<'_>,
    x: &'a PyReadonlyArray<'_, f64, D>,
) -> PyResult<&'a [f64]> {
    // as_slice takes Fortran order too, and hands it over as it lies
    match x.is_c_contiguous() {
        true => Ok(x.as_slice()?),
        false => Err(errors::raise(
            py,
            "DataError",
            "an array in C order is wanted",
        )),
    }
}

/// What becomes of the lengths of rows, as Python says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lengths {
    Unit,
    Keep,
    Lift,
    /// Rows have length 1 up to this.
    Strict,
}

impl Lengths {
    /// By its name.
    ///
    /// # Errors
    /// `Error` for another word.
    pub fn of(py: Python<'_>, word: &str) -> PyResult<Self> {
        Ok(match word {
            "unit" => Lengths::Unit,
            "keep" => Lengths::Keep,
            "lift" => Lengths::Lift,
            "strict" => Lengths::Strict,
            other => {
                let message =
                    format!("lengths must be 'unit', 'keep', 'lift' or 'strict', got '{other}'");
                return Err(errors::raise(py, "Error", &message));
            }
        })
    }

    /// What the library makes of them once the rows are points.
    pub fn kept(self) -> deeplimit::Lengths {
        match self {
            Lengths::Keep => deeplimit::Lengths::Keep,
            _ => deeplimit::Lengths::Unit,
        }
    }
}

/// How an array becomes points.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// "X" or "Y".
    pub name: &'a str,
    pub lengths: Lengths,
    /// `2^-52`, or that of the numbers that the doubles were made of.
    pub epsilon: f64,
}

impl Reading<'_> {
    /// The rows as points; there is one at least.
    ///
    /// # Errors
    /// `DataError` with `.index`, `(row, column)` of a number that is not finite, the row that is zero, too long, or not of
    /// length 1 where it has to be.
    pub fn points(&self, py: Python<'_>, x: &PyReadonlyArray2<'_, f64>) -> PyResult<Points> {
        let (name, dimension) = (self.name, x.shape()[1]);
        let rows = numbers(py, x)?;
        if let Some(at) = rows.iter().position(|v| !v.is_finite()) {
            let index = (at / dimension, at % dimension);
            let message = format!(
                "{name}[{}, {}] is {}: every number must be finite",
                index.0, index.1, rows[at]
            );
            return Err(errors::placed(py, "DataError", &message, index));
        }
        let zero = |row: &[f64]| row.iter().all(|v| *v == 0.0);
        let counts = matches!(self.lengths, Lengths::Keep | Lengths::Lift);
        if !counts && let Some(i) = rows.chunks_exact(dimension).position(zero) {
            let message = format!("row {i} of {name} is zero and has no direction");
            return Err(errors::placed(py, "DataError", &message, i));
        }
        let own = rows.to_vec();
        let points = py.detach(move || match self.lengths {
            Lengths::Lift => Points::lifted(dimension, own),
            Lengths::Keep => Points::with_zero_rows(dimension, own),
            _ => Points::new(dimension, own),
        });
        let points = points.map_err(|e| errors::of(py, e, None))?;
        let unit = self.epsilon.max(f64::EPSILON) / 2.0;
        if self.lengths == Lengths::Strict
            && let Some(i) = points.not_of_unit_length(unit)
        {
            let length = points.lengths()[i];
            let message = format!(
                "row {i} of {name} has length {length}, not 1, and lengths='strict' divides nothing"
            );
            return Err(errors::placed(py, "DataError", &message, i));
        }
        Ok(points)
    }
}
