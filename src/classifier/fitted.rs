//! A kernel that has learnt rows: the shortest way from data to labels.

use super::labels::labels;
use super::rule::{Fit, Rule};
use crate::error::{Error, Result};
use crate::gram::{Gram, Lengths, Matrix, Points};
use crate::kernel::{Classifier, Kernel};

/// A kernel and labelled rows, ready to say the labels of others.
///
/// ```
/// use deeplimit::{Activation, Depth, Effort, Kind, Network, Points};
/// let relu: Activation = "relu".parse()?;
/// let kernel = Network::of(&relu).kernel(Depth::Layers(3), Kind::Ntk, &Effort::default())?;
/// let rows = Points::new(2, vec![1.0, 0.1, 0.9, 0.3, 0.1, 1.0, 0.2, 0.9])?;
/// let fitted = kernel.fit(&rows, &[0, 0, 1, 1], 1e-6)?;
/// assert_eq!(fitted.labels(&Points::new(2, vec![1.0, 0.0, 0.0, 1.0])?)?, [0, 1]);
/// assert_eq!(fitted.left_out()?, [0, 0, 1, 1]);
/// // a ridge of the size of the kernel halves what is said of a row that was seen
/// let doubting = kernel.fit(&rows, &[0, 0, 1, 1], 10.0)?;
/// assert!(doubting.scores(&rows)?.row(0)[0] < 0.5 * fitted.scores(&rows)?.row(0)[0]);
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub struct Fitted {
    kernel: Kernel,
    points: Points,
    lengths: Lengths,
    gram: Matrix,
    fit: Fit,
}

impl Kernel {
    /// Learns labelled rows by the classifier that the kernel means ([`Kernel::classifier`]): regression at any finite depth, at
    /// infinite depth what its regime makes of it. Labels are numbers of classes, from 0; lengths of rows do not count. The ridge is
    /// relative to the mean diagonal (see [`Rule::new`]).
    ///
    /// # Errors
    /// [`Error::Shape`] where there are not as many labels as rows, [`Error::Data`] for a single class; those of
    /// [`super::Regression::new`].
    pub fn fit(&self, points: &Points, labels: &[usize], ridge: f64) -> Result<Fitted> {
        self.fit_with(points, labels, ridge, Lengths::Unit)
    }

    /// The same; lengths of rows count where they shall.
    ///
    /// # Errors
    /// As [`Kernel::fit`]; [`Error::Domain`] where lengths shall count and the kernel is no power of them, or a majority votes.
    pub fn fit_with(
        &self,
        points: &Points,
        labels: &[usize],
        ridge: f64,
        lengths: Lengths,
    ) -> Result<Fitted> {
        if points.len() != labels.len() {
            return Err(Error::Shape(format!(
                "there are {} rows and {} labels",
                points.len(),
                labels.len()
            )));
        }
        let classes = labels.iter().max().map_or(0, |most| most + 1);
        if labels.iter().all(|label| *label == labels[0]) {
            return Err(Error::Data(
                "all labels are the same: there is a single class, and nothing to decide".into(),
            ));
        }
        let gram = Gram::symmetric(self, points, lengths)?.decisive()?;
        Ok(Fitted {
            fit: Rule::new(self, classes, ridge).fit(&gram, labels)?,
            kernel: self.clone(),
            points: points.clone(),
            lengths,
            gram,
        })
    }
}

impl Fitted {
    /// The classifier.
    pub fn classifier(&self) -> Classifier {
        self.kernel.classifier()
    }

    /// A score for each of these rows (down) and each class (across); the largest decides.
    ///
    /// # Errors
    /// [`Error::Shape`] for rows of another dimension.
    pub fn scores(&self, points: &Points) -> Result<Matrix> {
        let cross = Gram::cross(&self.kernel, points, &self.points, self.lengths)?;
        self.fit.answers(&self.gram, Some(&cross.decisive()?))
    }

    /// The classes of these rows.
    ///
    /// # Errors
    /// As [`Fitted::scores`].
    pub fn labels(&self, points: &Points) -> Result<Vec<usize>> {
        Ok(labels(&self.scores(points)?))
    }

    /// What each training row would be taken for if it had not been seen.
    ///
    /// # Errors
    /// [`Error::Data`] where the matrix is not fit for it.
    pub fn left_out(&self) -> Result<Vec<usize>> {
        Ok(labels(&self.fit.answers(&self.gram, None)?))
    }
}
