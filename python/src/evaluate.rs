//! Functions of doubles, elementwise on arrays of any shape.

use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::emit::DoubleFunction;
use numpy::{PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::{errors, work};

/// A function of one double, compiled.
pub struct Doubles(DoubleFunction);

impl Doubles {
    /// The expression, or its derivative.
    pub fn new(expr: &Expr, derivative: bool) -> deeplimit::Result<Self> {
        let made = match derivative {
            false => DoubleFunction::new(expr, Deadline::default()),
            true => DoubleFunction::derivative(expr, Deadline::default()),
        };
        made.map(Doubles)
    }
}

/// Fewer values than this are not worth a thread.
const FEW: usize = 4096;

/// The values at the elements of an array; a scalar of numpy for a scalar.
pub fn elementwise<'py>(
    py: Python<'py>,
    function: &Doubles,
    x: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let arrays = py.import("deeplimit._numbers")?;
    let x = arrays.call_method1("doubles", (x, "x"))?;
    let out = py.import("numpy")?.call_method1("empty_like", (&x,))?;
    let x = x.cast::<PyArrayDyn<f64>>()?;
    let filled = out.cast::<PyArrayDyn<f64>>()?;
    if !x.is_c_contiguous() || !filled.is_c_contiguous() {
        return Err(errors::raise(
            py,
            "InternalError",
            "an array is not in C order",
        ));
    }
    {
        let x = x.readonly();
        let mut y = filled.readwrite();
        let (from, to) = (x.as_slice()?, y.as_slice_mut()?);
        if from.len() < FEW {
            errors::guarded(py, || {
                function.0.fill(from, to);
                Ok(())
            })?;
        } else {
            work::run(py, None, |watch| {
                let pairs = from.par_chunks(FEW).zip(to.par_chunks_mut(FEW));
                pairs.for_each(|(from, to)| {
                    if !watch.stopped() {
                        function.0.fill(from, to);
                    }
                });
            })?;
        }
    }
    out.get_item(pyo3::types::PyTuple::empty(py))
}
