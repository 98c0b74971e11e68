//! Where data come from. The library opens no tables: whoever opens a laboratory brings a source of them.

use crate::classifier::choice::Split;
use crate::classifier::fair;
use crate::error::{Error, Result};
use crate::image::Images;

/// Rows of numbers with a class each, and the splits of a protocol: one for choosing, several for testing.
#[derive(Clone, Debug)]
pub struct Rows {
    dimension: usize,
    values: Vec<f64>,
    labels: Vec<usize>,
    classes: usize,
    tuning: Split,
    folds: Vec<Split>,
}

impl Rows {
    /// `n` rows of `dimension` numbers, their classes `0..classes`, training and validation rows for choosing, and
    /// training and test rows for each fold, all counted from 0.
    ///
    /// # Errors
    /// [`Error::Data`] where the numbers do not fit: no whole rows, a class or row that is not there, an empty split.
    ///
    /// ```
    /// use deeplimit::paper::Rows;
    /// let halves = [vec![0, 1], vec![2, 3]];
    /// let rows = Rows::new(1, vec![0.0, 1.0, 0.1, 0.9], vec![0, 1, 0, 1], halves.clone(), vec![halves]).unwrap();
    /// assert_eq!((rows.len(), rows.classes()), (4, 2));
    /// ```
    pub fn new(
        dimension: usize,
        values: Vec<f64>,
        labels: Vec<usize>,
        tuning: Split,
        folds: Vec<Split>,
    ) -> Result<Self> {
        let n = labels.len();
        if n == 0 || dimension == 0 || values.len() != n * dimension {
            return Err(Error::Data(format!(
                "{} numbers are no {n} rows of {dimension}",
                values.len()
            )));
        }
        for [train, test] in std::iter::once(&tuning).chain(&folds) {
            fair(n, train, test).map_err(|e| Error::Data(format!("a split: {e}")))?;
        }
        if folds.is_empty() {
            return Err(Error::Data("there are no folds".to_owned()));
        }
        let classes = labels.iter().max().map_or(0, |c| c + 1);
        if classes > n {
            return Err(Error::Data(format!(
                "the class {} is too high for {n} rows",
                classes - 1
            )));
        }
        Ok(Rows {
            dimension,
            values,
            labels,
            classes,
            tuning,
            folds,
        })
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// There is always one.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Numbers of a row.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All rows, one after the other.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The class of each row.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Classes are `0..classes`.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Training and validation rows.
    pub fn tuning(&self) -> &Split {
        &self.tuning
    }

    /// Training and test rows of each fold.
    pub fn folds(&self) -> &[Split] {
        &self.folds
    }
}

/// Which images of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first 10,000 training images.
    Train,
    /// All test images.
    Test,
}

/// What a laboratory may ask for. Everything may be absent: then the error says what is missing and where it was looked for,
/// and the claims that need it are not attempted.
pub trait Source: Send + Sync {
    /// The names of the UCI sets, in order.
    ///
    /// # Errors
    /// Where there are none.
    fn sets(&self) -> Result<Vec<String>>;

    /// A UCI set.
    ///
    /// # Errors
    /// Where it is not there, or not as it should be.
    fn rows(&self, set: &str) -> Result<Rows>;

    /// CIFAR-10.
    ///
    /// # Errors
    /// As [`Source::rows`].
    fn cifar(&self, part: Part) -> Result<Images>;
}
