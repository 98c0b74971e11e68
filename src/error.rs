//! One error type for the library: every variant prints as one clear sentence.

use std::ops::Range;
use std::path::Path;

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

impl Error {
    /// That a file cannot be read, written ...: the system's words without their number, with a small letter.
    ///
    /// ```
    /// use deeplimit::error::Error;
    /// let missing = std::io::Error::from_raw_os_error(2);
    /// let error = Error::file("X.npy".as_ref(), "read", &missing);
    /// # #[cfg(target_os = "linux")]
    /// assert_eq!(error.to_string(), "X.npy cannot be read: no such file or directory");
    /// ```
    pub fn file(path: &Path, done: &str, error: &std::io::Error) -> Error {
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        let mut chars = text.chars();
        let first: String = chars
            .next()
            .into_iter()
            .flat_map(char::to_lowercase)
            .collect();
        Error::Io(format!(
            "{} cannot be {done}: {first}{}",
            path.display(),
            chars.as_str()
        ))
    }
}

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;
