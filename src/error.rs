//! One error type for the library: every variant prints as one clear sentence.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that can go wrong, sorted by whose hands it is in. Where a caller may do something about it, the variant has the
/// data, so that nobody has to read the sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not an expression. `at` is a byte range of the text.
    #[error("{message}")]
    Parse {
        /// What is wrong, with a suggestion where there is one.
        message: String,
        /// The place, as a byte range of the text.
        at: Range<usize>,
        /// The name that is the trouble, where it could be a constant that has got no value
        /// ([`Constants`](crate::activation::Constants)): nothing has this name or one like it.
        free: Option<String>,
    },
    /// The question has no answer: `E phi(Z)^2` diverges, `phi` is undefined on a set of
    /// positive measure, or `phi` is zero and cannot be normalised.
    #[error("{0}")]
    Domain(String),
    /// The question may have an answer, but it was not reached; the text says what is missing.
    #[error("{0}")]
    Unresolved(String),
    /// The deadline came first.
    #[error("{}", late(stage.as_deref(), *span))]
    Timeout {
        /// What was not finished; nothing where a computation did not look at its deadline and was given up.
        stage: Option<String>,
        /// How long there was.
        span: Duration,
    },
    /// Two things that must fit together have different sizes.
    #[error("{0}")]
    Shape(String),
    /// The data cannot be used as they are: a row of zeros, a missing label, a label out of range, a matrix that is not
    /// positive definite; the text names the file and the place.
    #[error("{0}")]
    Data(String),
    /// A row of zeros where directions are wanted, counted from 1.
    #[error("row {row} is zero and has no direction")]
    NoDirection {
        /// Its number.
        row: usize,
    },
    /// The sizes of an array of pictures do not show which axis is which.
    #[error("{message}")]
    Axes {
        /// The file, its sizes, and what they could be.
        message: String,
        /// What would settle it.
        doubt: Doubt,
    },
    /// What is asked about takes data, and there is no [`Source`](crate::paper::Source) of them.
    #[error("it takes data")]
    NoSource,
    /// Matrices cannot be kept under this name.
    #[error("{} {trouble}", path.display())]
    Store {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        trouble: Trouble,
    },
    /// A file cannot be read or written; the text names it.
    #[error("{0}")]
    Io(String),
}

/// Which [`Layout`](crate::image::Layout) would make an array of pictures a clear one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// `Nhw`, if it is not one picture with channels.
    Flat,
    /// `Nchw` probably.
    ChannelsFirst,
    /// `Nhwc` or `Nchw`.
    ChannelsFirstOrLast,
}

/// What stands in the way of a [`Store`](crate::store::Store).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It is there already.
    #[error("exists already")]
    Exists,
    /// It is unfinished, and of something else.
    #[error("was begun for something else ({found}) than this ({wanted})")]
    SomethingElse {
        /// What it says that it is of.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// It is unfinished, with larger tiles.
    #[error("was begun with more memory")]
    MoreMemory,
    /// It is unfinished, and nothing says how far it is.
    #[error("is there, and has no journal")]
    NoJournal,
    /// It is unfinished, and not what its journal says.
    #[error("is damaged")]
    Damaged,
    /// It is a folder that somebody else has made.
    #[error("is a folder of something else (it holds {inside}), in which nothing is written")]
    Foreign {
        /// Something in it.
        inside: String,
    },
    /// It is a group of arrays of something else.
    #[error("holds other kernels ({found}) than these ({wanted})")]
    OtherKernels {
        /// What it says that it is of.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// It is to become one `.npy` file.
    #[error("holds several matrices, which no .npy file does")]
    Several,
}

impl Trouble {
    /// The error of this path.
    pub fn at(self, path: &Path) -> Error {
        Error::Store {
            path: path.to_owned(),
            trouble: self,
        }
    }
}

fn late(stage: Option<&str>, span: Duration) -> String {
    let seconds = span.as_secs_f64();
    match stage {
        Some(stage) => format!("the deadline of {seconds} s came during {stage}"),
        None => format!("no answer within {seconds} seconds"),
    }
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
