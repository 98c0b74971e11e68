//! The words of the module: what is asked of a text at once.

use std::collections::BTreeMap;

use deeplimit::activation::{Constants, Expr, catalogue};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::activation::Activation;
use crate::number::Number;
use crate::{errors, real, work};

/// What an infinitely wide network with this activation becomes as its depth tends to infinity: `Activation.classify`.
///
/// Parameters
/// ----------
/// expr : str or Activation
/// digits : int, default 15
/// timeout : float or None, default 60
///
/// Returns
/// -------
/// Classification
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> dl.classify("relu").regime
/// 'majority'
#[pyfunction]
#[pyo3(signature = (expr, /, *, digits=15, timeout=Some(60.0)), text_signature = "(expr, /, *, digits=15, timeout=60.0)")]
pub fn classify<'py>(
    expr: &Bound<'py, PyAny>,
    digits: i64,
    timeout: Option<f64>,
) -> PyResult<Bound<'py, PyAny>> {
    let activation = Activation::object(expr)?;
    activation.get().classify(expr.py(), digits, timeout)
}

/// The dual at correlations: `Activation.dual`.
///
/// Parameters
/// ----------
/// expr : str or Activation
/// rho : float, int, Fraction, str, or a sequence of them
/// slope : bool, default False
/// digits : int, default 15
/// timeout : float or None, default 60
///
/// Returns
/// -------
/// Number, or list of Number for a sequence
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> dl.dual("relu", 0)
/// Number(0.318309886183791)
#[pyfunction]
#[pyo3(signature = (expr, rho, /, *, slope=false, digits=15, timeout=Some(60.0)), text_signature = "(expr, rho, /, *, slope=False, digits=15, timeout=60.0)")]
pub fn dual<'py>(
    expr: &Bound<'py, PyAny>,
    rho: &Bound<'py, PyAny>,
    slope: bool,
    digits: i64,
    timeout: Option<f64>,
) -> PyResult<Bound<'py, PyAny>> {
    let activation = Activation::object(expr)?;
    activation
        .get()
        .dual(expr.py(), rho, slope, digits, timeout)
}

/// Hermite coefficients of the normalised activation: `Activation.hermite`.
///
/// Parameters
/// ----------
/// expr : str or Activation
/// n : int
///     The last degree.
/// digits : int, default 15
/// timeout : float or None, default 60
///
/// Returns
/// -------
/// list of Number
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> dl.hermite("x^2-1", 2)
/// [Number(0), Number(0), Number(1)]
#[pyfunction]
#[pyo3(signature = (expr, n, /, *, digits=15, timeout=Some(60.0)), text_signature = "(expr, n, /, *, digits=15, timeout=60.0)")]
pub fn hermite(
    expr: &Bound<'_, PyAny>,
    n: i64,
    digits: i64,
    timeout: Option<f64>,
) -> PyResult<Vec<Number>> {
    let activation = Activation::object(expr)?;
    activation.get().hermite(expr.py(), n, digits, timeout)
}

/// The kernel at infinite depth: `Activation.limit`.
///
/// Parameters
/// ----------
/// expr : str or Activation
/// rho : float, int, Fraction, str, or a sequence of them
/// digits : int, default 15
/// timeout : float or None, default 60
///
/// Returns
/// -------
/// LimitTable
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> dl.limit("relu", "1/2")[0].limit
/// Number(0.25 = 1/4)
#[pyfunction]
#[pyo3(signature = (expr, rho, /, *, digits=15, timeout=Some(60.0)), text_signature = "(expr, rho, /, *, digits=15, timeout=60.0)")]
pub fn limit<'py>(
    expr: &Bound<'py, PyAny>,
    rho: &Bound<'py, PyAny>,
    digits: i64,
    timeout: Option<f64>,
) -> PyResult<Bound<'py, PyAny>> {
    let activation = Activation::object(expr)?;
    activation.get().limit(expr.py(), rho, digits, timeout)
}

/// ``E f(Z)``, ``Z ~ N(0, 1)``, of any expression of ``x``, a constant included.
///
/// Parameters
/// ----------
/// expr : str
/// digits : int, default 15
/// timeout : float or None, default 60
/// **constants : float, int, Fraction or str
///     Values of letters, as in `Activation`.
///
/// Returns
/// -------
/// Number
///
/// Raises
/// ------
/// ParseError, DomainError
///     Where there is no such number.
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> dl.expect("x^4")
/// Number(3)
/// >>> dl.expect("exp(a*x)", a=1, digits=30)
/// Number(1.64872127070012814684865078781 = sqrt(e))
#[pyfunction]
#[pyo3(signature = (expr, /, *, digits=15, timeout=Some(60.0), **constants), text_signature = "(expr, /, *, digits=15, timeout=60.0, **constants)")]
pub fn expect(
    py: Python<'_>,
    expr: &str,
    digits: i64,
    timeout: Option<f64>,
    constants: Option<&Bound<'_, PyDict>>,
) -> PyResult<Number> {
    let effort = work::effort(py, digits, timeout)?;
    let settings = settings(constants)?;
    let text = expr.to_owned();
    let value = work::ask(py, Some(expr), move || {
        let expr = Expr::parse_with(&text, &known(&settings)?)?;
        deeplimit::quadrature::expect(&expr, effort.digits, effort.deadline)
    })?;
    Ok(Number::new(value, effort.digits))
}

/// Names with the values that were given for them, as texts.
pub fn settings(constants: Option<&Bound<'_, PyDict>>) -> PyResult<BTreeMap<String, String>> {
    let mut settings = BTreeMap::new();
    for (name, value) in constants.into_iter().flatten() {
        let name: String = name.extract()?;
        let value = real::text(&value, &name)?;
        settings.insert(name, value);
    }
    Ok(settings)
}

/// The same, read.
pub fn known(settings: &BTreeMap<String, String>) -> deeplimit::Result<Constants> {
    let mut known = Constants::default();
    for (name, value) in settings {
        known.set(name, value)?;
    }
    Ok(known)
}

/// The names of the catalogue.
///
/// Returns
/// -------
/// list of str
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> "gelu" in dl.activations()
/// True
#[pyfunction]
pub fn activations(py: Python<'_>) -> Vec<Bound<'_, PyString>> {
    let names = catalogue().iter();
    names.map(|entry| PyString::new(py, entry.name)).collect()
}

/// What is thrown on purpose, for the tests: a panic becomes `InternalError`.
#[pyfunction]
pub fn _panic(py: Python<'_>) -> PyResult<()> {
    errors::guarded(py, || panic!("on purpose"))
}
