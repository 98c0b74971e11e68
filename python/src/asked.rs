//! `Activation`: what is asked of it.

use std::collections::BTreeMap;

use deeplimit::emit::Language;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::activation::{Activation, one_or_all};
use crate::evaluate::elementwise;
use crate::number::Number;
use crate::questions::settings;
use crate::real::Correlations;
use crate::{errors, verdict, work};

#[pymethods]
impl Activation {
    #[new]
    #[pyo3(signature = (expr, /, **constants))]
    fn new(expr: &Bound<'_, PyAny>, constants: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let py = expr.py();
        let settings = settings(constants)?;
        let Ok(text) = expr.cast::<PyString>() else {
            let kind = expr.get_type().name()?;
            let message = format!("an activation is made from a text, got {kind}");
            return Err(errors::raise(py, "Error", &message));
        };
        let text: String = text.extract()?;
        errors::guarded(py, || Activation::read(py, &text, settings))
    }

    #[getter]
    fn expr(&self) -> &str {
        &self.text
    }

    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// The values, elementwise, in doubles.
    ///
    /// Parameters
    /// ----------
    /// x : array_like of real numbers
    ///     Any shape, order, strides; float32 and integers are converted. Masked, complex and object arrays are refused
    ///     (`DataError`).
    ///
    /// Returns
    /// -------
    /// numpy.ndarray or numpy.float64
    ///     Of the shape of `x`. NaN comes to NaN, and so do points where the activation is undefined.
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> dl.Activation("silu")([-800.0, 0.0, 800.0])
    /// array([-0.,  0., 800.])
    #[pyo3(signature = (x, /))]
    fn __call__<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        elementwise(py, self.doubles(py, false)?.as_ref(), x)
    }

    /// The derivative, elementwise, in doubles; at a kink that of one side.
    ///
    /// Parameters
    /// ----------
    /// x : array_like of real numbers
    ///     As in a call.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray or numpy.float64
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> dl.Activation("tanh").derivative(0.0)
    /// np.float64(1.0)
    #[pyo3(signature = (x, /))]
    fn derivative<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        elementwise(py, self.doubles(py, true)?.as_ref(), x)
    }

    /// The same minus its mean ``E phi(Z)``, exactly: ``A = 0`` by definition, and not to so many decimals.
    ///
    /// Returns
    /// -------
    /// Activation
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> print(dl.Activation("relu").centred().classify())
    /// centred(relu(x)): singular kernel, alpha = 1.6178...; Bayes-consistent only where the data's dimension equals alpha, so for no integer dimension, proved
    fn centred(&self, py: Python<'_>) -> PyResult<Self> {
        errors::guarded(py, || Activation::of(py, self.inner.typed.centred()))
    }

    /// What an infinitely wide network with this activation becomes as its depth tends to infinity.
    ///
    /// Parameters
    /// ----------
    /// digits : int, default 15
    ///     Certain digits of the constants, at most 1000.
    /// timeout : float or None, default 60
    ///     Seconds; None waits for ever.
    ///
    /// Returns
    /// -------
    /// Classification
    ///
    /// Raises
    /// ------
    /// Undecided
    ///     Where not even the constants could be enclosed. (A verdict that is open is an answer: its regime is ``"undecided"``.)
    /// Timeout
    ///     Where the deadline came first.
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> verdict = dl.Activation("tanh").classify(digits=30)
    /// >>> verdict.regime, verdict.proved, str(verdict.alpha)
    /// ('singular', True, '0.880703630807796210397639343558')
    #[pyo3(signature = (*, digits=15, timeout=Some(60.0)), text_signature = "($self, /, *, digits=15, timeout=60.0)")]
    pub fn classify<'py>(
        &self,
        py: Python<'py>,
        digits: i64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let effort = work::effort(py, digits, timeout)?;
        let inner = self.inner.clone();
        let found = work::ask(py, Some(&self.text), move || inner.classify(&effort))?;
        verdict::classification(py, &found, effort.digits)
    }

    /// ``E phi(Z)`` of the activation as it is written, ``Z ~ N(0, 1)``.
    ///
    /// Parameters
    /// ----------
    /// digits, timeout
    ///     As in `classify`.
    ///
    /// Returns
    /// -------
    /// Number
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> dl.Activation("relu").expectation()
    /// Number(0.398942280401433 = 1/sqrt(2*pi))
    #[pyo3(signature = (*, digits=15, timeout=Some(60.0)), text_signature = "($self, /, *, digits=15, timeout=60.0)")]
    fn expectation(&self, py: Python<'_>, digits: i64, timeout: Option<f64>) -> PyResult<Number> {
        let effort = work::effort(py, digits, timeout)?;
        let inner = self.inner.clone();
        let mean = work::ask(py, Some(&self.text), move || inner.mean(&effort))?;
        Ok(Number::new(mean, effort.digits))
    }

    /// The Hermite coefficients ``a_0, ..., a_n`` of the normalised activation, ``a_k = E phi(Z) h_k(Z) / sqrt(E phi(Z)^2)``.
    ///
    /// Parameters
    /// ----------
    /// n : int
    ///     The last degree.
    /// digits, timeout
    ///     As in `classify`.
    ///
    /// Returns
    /// -------
    /// list of Number
    ///     The squares sum to 1 over all degrees; the dual is ``sum a_k^2 rho^k``.
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> dl.Activation("relu").hermite(2)
    /// [Number(0.564189583547756 = 1/sqrt(pi)), Number(0.707106781186548 = 1/sqrt(2)), Number(0.398942280401433 = 1/sqrt(2*pi))]
    #[pyo3(signature = (n, *, digits=15, timeout=Some(60.0)), text_signature = "($self, /, n, *, digits=15, timeout=60.0)")]
    pub fn hermite(
        &self,
        py: Python<'_>,
        n: i64,
        digits: i64,
        timeout: Option<f64>,
    ) -> PyResult<Vec<Number>> {
        let effort = work::effort(py, digits, timeout)?;
        let Some(count) = u32::try_from(n).ok().filter(|n| *n <= 3000) else {
            let message = format!("n must be between 0 and 3000, got {n}");
            return Err(errors::raise(py, "DomainError", &message));
        };
        let inner = self.inner.clone();
        let terms = work::ask(py, Some(&self.text), move || {
            inner.hermite(count + 1, &effort)
        })?;
        let number = |q| Number::new(q, effort.digits);
        Ok(terms.into_iter().map(number).collect())
    }

    /// The dual ``E phi(u) phi(v) / E phi(u)^2``, ``u`` and ``v`` normal with the correlation `rho`: what a layer does to it.
    ///
    /// Parameters
    /// ----------
    /// rho : float, int, Fraction, str, or a sequence of them
    ///     From -1 to 1. A text is exact (``"1/3"``, ``"sqrt(2)/2"``), a float is the double that it is.
    /// slope : bool, default False
    ///     The derivative of the dual instead; infinite at 1 for an activation that jumps.
    /// digits, timeout
    ///     As in `classify`.
    ///
    /// Returns
    /// -------
    /// Number, or list of Number for a sequence
    ///
    /// Raises
    /// ------
    /// DomainError
    ///     For what is no correlation; ``.index`` is its place in the sequence.
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> dl.Activation("relu").dual([0, "1/2"])
    /// [Number(0.318309886183791), Number(0.608997781044229)]
    #[pyo3(signature = (rho, *, slope=false, digits=15, timeout=Some(60.0)), text_signature = "($self, /, rho, *, slope=False, digits=15, timeout=60.0)")]
    pub fn dual<'py>(
        &self,
        py: Python<'py>,
        rho: &Bound<'py, PyAny>,
        slope: bool,
        digits: i64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let effort = work::effort(py, digits, timeout)?;
        let Correlations { at, shown, one } = Correlations::of(rho)?;
        let inner = self.inner.clone();
        let values = work::ask(py, Some(&self.text), move || {
            let values = inner.dual(&at, &effort)?;
            let wanted = |(v, rho): (deeplimit::dual::DualValue, &String)| match slope {
                false => Ok(v.dual),
                true => v.slope.ok_or_else(|| {
                    let message = format!("no finite bound of the slope at {rho} was proved");
                    deeplimit::Error::Unresolved(message)
                }),
            };
            values
                .into_iter()
                .zip(&shown)
                .map(wanted)
                .collect::<deeplimit::Result<Vec<_>>>()
        })?;
        let numbers = values.into_iter().map(|q| Number::new(q, effort.digits));
        one_or_all(py, numbers.collect(), one)
    }

    /// The kernel at infinite depth, as a function of the correlation of two inputs.
    ///
    /// Parameters
    /// ----------
    /// rho : float, int, Fraction, str, or a sequence of them
    ///     As in `dual`.
    /// digits, timeout
    ///     As in `classify`.
    ///
    /// Returns
    /// -------
    /// LimitTable
    ///     A row for each correlation; what its columns are depends on the regime and stands in ``.formula``.
    ///
    /// Raises
    /// ------
    /// Undecided
    ///     Where the regime is undecided, or its function could not be prepared.
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> table = dl.Activation("optimal(2)").limit("1/2", digits=20)
    /// >>> table.formula
    /// 'T_L = (L+1) lambda^L (h + C/(L+1) + O(lambda^L)), h(dual) = lambda h'
    /// >>> table[0].limit
    /// Number(0.71359912828860120622)
    #[pyo3(signature = (rho, *, digits=15, timeout=Some(60.0)), text_signature = "($self, /, rho, *, digits=15, timeout=60.0)")]
    pub fn limit<'py>(
        &self,
        py: Python<'py>,
        rho: &Bound<'py, PyAny>,
        digits: i64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let effort = work::effort(py, digits, timeout)?;
        let Correlations { at, shown, .. } = Correlations::of(rho)?;
        let inner = self.inner.clone();
        let limits = work::ask(py, Some(&self.text), move || {
            inner.limits(&at, None, &effort)
        })?;
        crate::limit::table(py, &limits, &shown, effort.digits)
    }

    /// The activation as runnable code, its derivative correct, with what is known of it in the comments.
    ///
    /// Parameters
    /// ----------
    /// target : {"python", "torch", "jax", "rust", "latex"}
    /// name : str, optional
    ///     What the function (for torch: the class) is called; ``phi`` (``Phi``) without.
    /// normalise : bool, default False
    ///     Multiply the values so that ``E phi(Z)^2 = 1``.
    /// facts : bool, default True
    ///     Write what is known: moments, the verdict.
    /// timeout : float or None, default 60
    ///     As in `classify`.
    ///
    /// Returns
    /// -------
    /// str
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> print(dl.Activation("silu").emit("latex", facts=False))
    /// % silu
    /// \varphi(x) = \frac{x}{1 + e^{-x}}
    /// <BLANKLINE>
    #[pyo3(signature = (target, *, name=None, normalise=false, facts=true, timeout=Some(60.0)), text_signature = "($self, /, target, *, name=None, normalise=False, facts=True, timeout=60.0)")]
    fn emit(
        &self,
        py: Python<'_>,
        target: &str,
        name: Option<String>,
        normalise: bool,
        facts: bool,
        timeout: Option<f64>,
    ) -> PyResult<String> {
        let language: Language = target.parse().map_err(|e| errors::of(py, e, None))?;
        let effort = work::effort(py, 15, timeout)?;
        let inner = self.inner.clone();
        work::ask(py, Some(&self.text), move || {
            if !facts && !normalise {
                let options = deeplimit::emit::Options {
                    name,
                    deadline: effort.deadline,
                    ..Default::default()
                };
                return deeplimit::emit::code(&inner.typed, language, &options);
            }
            Ok(inner.emitted(language, normalise, name, &effort)?.code)
        })
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let other = other.cast::<Activation>();
        other.is_ok_and(|other| other.get().inner.typed == self.inner.typed)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        PyString::new(py, &self.name).hash()
    }

    fn __str__(&self) -> &str {
        &self.name
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "Activation({})",
            PyString::new(py, &self.name).repr()?
        ))
    }

    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        slf
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let this = slf.get();
        let state = (this.text.clone(), this.constants.clone());
        (slf.get_type().getattr("_restore")?, state).into_pyobject(slf.py())
    }

    /// What `pickle` calls.
    #[staticmethod]
    fn _restore(py: Python<'_>, expr: &str, constants: BTreeMap<String, String>) -> PyResult<Self> {
        Activation::read(py, expr, constants)
    }
}
