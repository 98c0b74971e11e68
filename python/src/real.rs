//! Exact numbers from Python: a text is what it says, a double, an integer or a fraction the number that it is.

use deeplimit::activation::Expr;
use deeplimit::exact::NearFraction;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};
use rug::{Integer, Rational};

use crate::errors;
use crate::number::Number;

fn refused(py: Python<'_>, what: &str, given: &Bound<'_, PyAny>) -> PyErr {
    let shown = given.repr().map_or_else(|_| "?".into(), |r| r.to_string());
    let shown: String = shown.chars().take(60).collect();
    let message = format!(
        "{what} must be a number (a float, an int, a Fraction or a text such as \"sqrt(2)\"), got {shown}"
    );
    errors::raise(py, "DomainError", &message)
}

/// A Python integer of any size.
fn integer(n: &Bound<'_, PyAny>) -> PyResult<Integer> {
    let hex = n.call_method1("__format__", ("x",))?;
    let hex: String = hex.extract()?;
    let parsed = Integer::from_str_radix(&hex, 16);
    parsed.map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))
}

/// An integer of any size as Python's.
pub fn python<'py>(py: Python<'py>, n: &Integer) -> PyResult<Bound<'py, PyAny>> {
    let int = py.import("builtins")?.getattr("int")?;
    int.call1((n.to_string_radix(16), 16))
}

/// What it is exactly, where it is no text: `as_integer_ratio` of floats, ints, fractions and decimals.
fn ratio(x: &Bound<'_, PyAny>) -> PyResult<Option<Rational>> {
    let pair = match x.call_method0("as_integer_ratio") {
        Ok(pair) => pair.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?,
        Err(_) => match (x.getattr("numerator"), x.getattr("denominator")) {
            (Ok(n), Ok(d)) => (n, d),
            // an array of no dimension is its element
            _ => match x.getattr("ndim").and_then(|n| n.extract()) {
                Ok(0) => return ratio(&x.call_method0("item")?),
                _ => return Ok(None),
            },
        },
    };
    let (n, d) = (integer(&pair.0)?, integer(&pair.1)?);
    Ok((d != 0).then(|| Rational::from((n, d))))
}

/// The number, or one next to it; `what` names it.
///
/// # Errors
/// `DomainError` for what is none.
pub fn rational(x: &Bound<'_, PyAny>, what: &str) -> PyResult<Rational> {
    near(x, what).map(|known| known.value)
}

fn near(x: &Bound<'_, PyAny>, what: &str) -> PyResult<NearFraction> {
    let py = x.py();
    let exactly = |value: Rational| NearFraction {
        value,
        error: Rational::new(),
    };
    if let Ok(text) = x.cast::<PyString>() {
        return NearFraction::parse(&text.extract::<String>()?).map_err(|why| {
            let message = format!("{what} must be a number, `{}` is not: {why}", short(text));
            errors::raise(py, "DomainError", &message)
        });
    }
    if let Ok(number) = x.cast::<Number>() {
        let exact = number.get().exactly();
        return exact.map(exactly).ok_or_else(|| refused(py, what, x));
    }
    if x.is_instance_of::<PyBool>() {
        return Err(refused(py, what, x));
    }
    ratio(x)?.map(exactly).ok_or_else(|| refused(py, what, x))
}

fn short(text: &Bound<'_, PyString>) -> String {
    let text = text.to_string();
    text.trim().chars().take(40).collect()
}

/// The number as a text that the library reads as the same number; `what` names it.
///
/// # Errors
/// As [`rational`].
pub fn text(x: &Bound<'_, PyAny>, what: &str) -> PyResult<String> {
    match x.cast::<PyString>() {
        Ok(text) => Ok(text.extract::<String>()?.trim().to_owned()),
        Err(_) => Ok(Expr::rational(&rational(x, what)?).to_string()),
    }
}

/// The same, where there is one.
pub fn text_of(x: Option<&Bound<'_, PyAny>>, what: &str) -> PyResult<Option<String>> {
    x.map(|x| text(x, what)).transpose()
}

/// One correlation, or a sequence of them.
pub struct Correlations {
    /// The numbers.
    pub at: Vec<Rational>,
    /// As they are shown.
    pub shown: Vec<String>,
    /// It was one, and no sequence.
    pub one: bool,
}

impl Correlations {
    /// From what was given as `rho`.
    ///
    /// # Errors
    /// `DomainError` with `.index` for what is no number from -1 to 1; `DataError` for arrays of other shapes.
    pub fn of(rho: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = rho.py();
        let scalar = rho.is_instance_of::<PyString>() || rho.is_instance_of::<Number>();
        let masked = rho.get_type().name()? == "MaskedArray";
        if masked {
            let message = "rho must not be a masked array: its mask would be ignored";
            return Err(errors::raise(py, "DataError", message));
        }
        if let Ok(axes) = rho.getattr("ndim").and_then(|n| n.extract::<usize>())
            && axes > 1
        {
            let message = format!(
                "rho must be a number or a one-dimensional sequence, got {axes} dimensions"
            );
            return Err(errors::raise(py, "DataError", &message));
        }
        let items = match rho.try_iter() {
            Ok(items) if !scalar => items.collect::<PyResult<Vec<_>>>()?,
            _ => {
                return Ok(Self::all(
                    vec![correlation(rho, None)?],
                    vec![shown(rho)?],
                    true,
                ));
            }
        };
        let mut at = Vec::with_capacity(items.len());
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            at.push(correlation(item, Some(index))?);
            texts.push(shown(item)?);
        }
        Ok(Self::all(at, texts, false))
    }

    fn all(at: Vec<Rational>, shown: Vec<String>, one: bool) -> Self {
        Correlations { at, shown, one }
    }
}

fn shown(x: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(x.str()?.to_string().trim().to_owned())
}

fn correlation(x: &Bound<'_, PyAny>, index: Option<usize>) -> PyResult<Rational> {
    let py = x.py();
    let here = index.map_or(String::new(), |i| format!("[{i}]"));
    let name = format!("rho{here}");
    let failure = match near(x, &name) {
        Ok(NearFraction { value, error }) => {
            let shown: String = shown(x)?.chars().take(40).collect();
            let size = value.clone().abs();
            if error > 0 && (size.clone() - 1u32).abs() <= error {
                let message = format!("{name}: `{shown}` cannot be told from 1 or -1: write that");
                errors::raise(py, "DomainError", &message)
            } else if size <= 1 {
                return Ok(value);
            } else {
                let message = format!("{name} must be a correlation between -1 and 1, got {shown}");
                errors::raise(py, "DomainError", &message)
            }
        }
        Err(error) => error,
    };
    if failure.value(py).hasattr("index")? {
        failure.value(py).setattr("index", index)?;
    }
    Err(failure)
}
