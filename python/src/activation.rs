//! `Activation`: what it is made of.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use deeplimit::activation::Expr;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::evaluate::Doubles;
use crate::questions::known;
use crate::{errors, work};

/// An activation function, given as text: what is proved of it rests on the expression and on no sampled values.
///
/// Immutable, hashable, and picklable by its text; a copy is the same object.
///
/// Parameters
/// ----------
/// expr : str
///     An expression of ``x`` (``"x*sigmoid(x)"``, ``"np.maximum(x, 0)"``, ``"lambda t: t if t > 0 else 0.1*t"``) or a name of
///     `activations`. Decimals are exact numbers.
/// **constants : float, int, fractions.Fraction or str
///     Values of letters in the expression. A text is exact (``a="1/5"``, ``a="sqrt(2)"``), a float is the double that it is.
///
/// Attributes
/// ----------
/// expr : str
///     The expression as typed.
/// name : str
///     As it is printed, constants put in; parses back to the same expression.
///
/// Raises
/// ------
/// ParseError
///     Where the text is no expression; ``.at`` is the place, ``(start, end)`` in characters.
/// DomainError
///     Where the activation is undefined, constant or zero, or a constant has no value.
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> dl.Activation("gelu").classify()
/// <Classification gelu: majority vote (chaotic, c* = 0.7604...), proved>
/// >>> leaky = dl.Activation("max(x, a*x)", a="1/5")
/// >>> leaky.name
/// 'max(x, 1/5*x)'
/// >>> leaky([-1.0, 2.0])
/// array([-0.2,  2. ])
#[pyclass(frozen, module = "deeplimit")]
pub struct Activation {
    /// The library's.
    pub inner: deeplimit::Activation,
    pub(crate) text: String,
    pub(crate) constants: BTreeMap<String, String>,
    pub(crate) name: String,
    value: OnceLock<Arc<Doubles>>,
    derivative: OnceLock<Arc<Doubles>>,
}

impl Activation {
    fn wrapped(
        inner: deeplimit::Activation,
        text: String,
        constants: BTreeMap<String, String>,
    ) -> Self {
        Activation {
            name: inner.typed.to_string(),
            inner,
            text,
            constants,
            value: OnceLock::new(),
            derivative: OnceLock::new(),
        }
    }

    /// Of an expression.
    pub fn of(py: Python<'_>, expr: Expr) -> PyResult<Self> {
        let text = expr.to_string();
        let inner = work::ask(py, None, move || deeplimit::Activation::new(&expr))?;
        Ok(Activation::wrapped(inner, text, BTreeMap::new()))
    }

    /// Of a text and constants.
    pub fn read(py: Python<'_>, text: &str, constants: BTreeMap<String, String>) -> PyResult<Self> {
        let (typed, settings) = (text.to_owned(), constants.clone());
        let unused = constants.keys().find(|name| !uses(text, name));
        if let Some(name) = unused {
            let message = format!("the constant `{name}` is not in the expression");
            return Err(errors::raise(py, "DomainError", &message));
        }
        let inner = work::ask(py, Some(text), move || {
            deeplimit::Activation::new(&Expr::parse_with(&typed, &known(&settings)?)?)
        })?;
        Ok(Activation::wrapped(inner, text.to_owned(), constants))
    }

    /// What was given as an activation: one, or its text.
    ///
    /// # Errors
    /// As those of a text; `Error` for anything else.
    pub fn taken(x: &Bound<'_, PyAny>) -> PyResult<deeplimit::Activation> {
        let py = x.py();
        if let Ok(this) = x.cast::<Activation>() {
            return Ok(this.get().inner.clone());
        }
        Ok(Activation::made(py, x)?.inner)
    }

    /// The same as an object.
    pub fn object<'py>(x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Activation>> {
        match x.cast::<Activation>() {
            Ok(this) => Ok(this.clone()),
            Err(_) => Bound::new(x.py(), Activation::made(x.py(), x)?),
        }
    }

    fn made(py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<Activation> {
        match x.cast::<PyString>() {
            Ok(text) => Activation::read(py, &text.extract::<String>()?, BTreeMap::new()),
            Err(_) => {
                let kind = x.get_type().name()?;
                let message = format!("an activation is a text or an Activation, got {kind}");
                Err(errors::raise(py, "Error", &message))
            }
        }
    }

    /// Its values, or those of its derivative, in doubles; made once.
    pub fn doubles(&self, py: Python<'_>, derivative: bool) -> PyResult<Arc<Doubles>> {
        let kept = match derivative {
            false => &self.value,
            true => &self.derivative,
        };
        if let Some(made) = kept.get() {
            return Ok(made.clone());
        }
        let expr = self.inner.typed.clone();
        let made = work::ask(py, Some(&self.text), move || {
            Doubles::new(&expr, derivative)
        })?;
        Ok(kept.get_or_init(|| Arc::new(made)).clone())
    }
}

/// Is this word in the text?
fn uses(text: &str, name: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !letter(c)).any(|word| word == name)
}

/// A number for one correlation, a list for several.
pub fn one_or_all<'py, T>(py: Python<'py>, values: Vec<T>, one: bool) -> PyResult<Bound<'py, PyAny>>
where
    T: IntoPyObjectExt<'py>,
{
    let items = values.into_iter().map(|v| v.into_bound_py_any(py));
    let mut items = items.collect::<PyResult<Vec<_>>>()?;
    match items.pop() {
        Some(value) if one => Ok(value),
        last => {
            items.extend(last);
            Ok(PyList::new(py, items)?.into_any())
        }
    }
}
