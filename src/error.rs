//! One error type for the library: every variant prints as one clear sentence.

use std::ops::Range;

/// Everything that can go wrong, sorted by whose hands it is in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not an expression. `at` is a byte range of the text.
    #[error("{message}")]
    Parse {
        /// What is wrong, with a suggestion where there is one.
        message: String,
        /// The place, as a byte range of the text.
        at: Range<usize>,
    },
    /// The question has no answer: `E phi(Z)^2` diverges, `phi` is undefined on a set of
    /// positive measure, or `phi` is zero and cannot be normalised.
    #[error("{0}")]
    Domain(String),
    /// The question may have an answer, but it was not reached; the text says what is missing.
    #[error("{0}")]
    Unresolved(String),
    /// The deadline came first.
    #[error("{0}")]
    Timeout(String),
    /// Two things that must fit together have different sizes.
    #[error("{0}")]
    Shape(String),
    /// The data cannot be used as they are: a row of zeros, a missing label, a label out of range, a matrix that is not
    /// positive definite; the text names the file and the place.
    #[error("{0}")]
    Data(String),
    /// A file cannot be read or written; the text names it.
    #[error("{0}")]
    Io(String),
}

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;
