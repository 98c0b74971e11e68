//! The library's errors as Python's: who can do something about it decides the class.
//!
//! | class | base | when |
//! |---|---|---|
//! | `Error` | `ValueError` | everything below but the last |
//! | `ParseError` | `Error` | the text is no expression; `.at` is the place in it, `(start, end)` in characters |
//! | `DomainError` | `Error` | the question has no answer |
//! | `DataError` | `Error` | the data cannot be used as they are; `.index` is the place where there is one |
//! | `Undecided` | `Error` | there may be an answer, but it was not reached |
//! | `Infeasible` | `Error` | proved: nothing has what is wanted |
//! | `Timeout` | `Error`, `TimeoutError` | the deadline came first |
//! | `StoreError` | `Error`, `OSError` | a file or folder cannot be read or written |
//! | `InternalError` | `RuntimeError` | a panic that was caught: a bug |
//!
//! The classes themselves are Python (`deeplimit/_errors.py`): two of them have two bases.

use std::panic::{AssertUnwindSafe, catch_unwind};

use deeplimit::Error;
use pyo3::prelude::*;

/// The class of this name, with these words.
pub fn raise(py: Python<'_>, class: &str, message: &str) -> PyErr {
    match errors(py).and_then(|m| m.getattr(class)?.call1((message,))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// The same with a place: `.index`.
pub fn placed<'py>(
    py: Python<'py>,
    class: &str,
    message: &str,
    index: impl IntoPyObject<'py>,
) -> PyErr {
    let raised = raise(py, class, message);
    match raised.value(py).setattr("index", index) {
        Ok(()) => raised,
        Err(error) => error,
    }
}

fn errors(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("deeplimit._errors")
}

/// Bytes of the text to characters of it.
fn characters(text: &str, at: usize) -> usize {
    text.get(..at).map_or(at, |before| before.chars().count())
}

/// The error of the library as one of Python's; `text` is what was parsed, where something was.
pub fn of(py: Python<'_>, error: Error, text: Option<&str>) -> PyErr {
    let message = error.to_string();
    let class = match &error {
        Error::Parse { .. } => "ParseError",
        Error::Domain(_) => "DomainError",
        Error::Unresolved(_) => "Undecided",
        Error::Timeout { .. } => "Timeout",
        Error::Store { .. } | Error::Io(_) => "StoreError",
        Error::Shape(_)
        | Error::Data(_)
        | Error::NoDirection { .. }
        | Error::Axes { .. }
        | Error::NoSource => "DataError",
    };
    let raised = raise(py, class, &message);
    let value = raised.value(py);
    let set = match &error {
        Error::Parse { at, .. } => {
            let [start, end] =
                [at.start, at.end].map(|at| text.map_or(at, |text| characters(text, at)));
            value.setattr("at", (start, end))
        }
        Error::NoDirection { row } => value.setattr("index", row - 1),
        _ => Ok(()),
    };
    set.err().unwrap_or(raised)
}

/// What came of it, a panic as `InternalError`.
pub fn guarded<T>(py: Python<'_>, f: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => result,
        Err(panic) => Err(raise(py, "InternalError", &of_panic(panic))),
    }
}

/// The words of a panic.
pub fn of_panic(panic: Box<dyn std::any::Any + Send>) -> String {
    let words = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_default();
    format!("an internal error, please report it: {words}")
}

/// Quiet: a panic that is caught has no words on standard error.
pub fn register(_: &Bound<'_, PyModule>) -> PyResult<()> {
    let ours = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let here = info.location().is_some_and(|l| {
            let file = l.file();
            file.contains("deeplimit") || file.starts_with("src/") || file.starts_with("python/")
        });
        if !here || std::env::var_os("RUST_BACKTRACE").is_some() {
            ours(info);
        }
    }));
    Ok(())
}
