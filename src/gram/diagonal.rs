//! The diagonal of a Gram matrix, without the matrix.

use super::entries::{Gram, Lengths};
use super::points::Points;
use crate::error::{Error, Result};
use crate::kernel::Kernel;

impl Gram<'_> {
    /// `K(x, x)` of points.
    ///
    /// # Errors
    /// As [`Gram::symmetric`].
    ///
    /// ```
    /// use deeplimit::{Activation, Depth, Effort, Gram, Kind, Lengths, Network, Points};
    /// let relu: Activation = "relu".parse()?;
    /// let kernel = Network::of(&relu).kernel(Depth::Layers(2), Kind::Ntk, &Effort::default())?;
    /// let points = Points::new(2, vec![1.0, 0.0, 0.0, 2.0])?;
    /// assert_eq!(Gram::diagonal(&kernel, &points, Lengths::Unit)?, [3.0, 3.0]);
    /// assert_eq!(Gram::diagonal(&kernel, &points, Lengths::Keep)?, [3.0, 12.0]);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn diagonal(kernel: &Kernel, points: &Points, lengths: Lengths) -> Result<Vec<f64>> {
        Gram::symmetric(kernel, points, lengths)?.own()
    }

    /// [`Gram::diagonal`] of this matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] where the points of its two sides differ.
    pub fn own(&self) -> Result<Vec<f64>> {
        if !self.is_symmetric() {
            return Err(Error::Shape(
                "a matrix between two sets of points has no diagonal".to_owned(),
            ));
        }
        if let Some(kept) = &self.kept {
            return Ok(kept.own().to_vec());
        }
        let diagonal = self.kernel.diagonal();
        // as the entries of the matrix are made, to the last bit
        Ok(match &self.factors {
            Some([factors, _]) => factors.iter().map(|f| diagonal * (f * f)).collect(),
            None => vec![diagonal; self.left.len()],
        })
    }

    /// Are the points of both sides the same?
    pub fn is_symmetric(&self) -> bool {
        self.same
    }
}
