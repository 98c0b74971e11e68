//! The matrix that a classifier decides by.

use super::entries::{Gram, Lengths};
use super::matrix::Matrix;
use crate::error::{Error, Result};
use crate::kernel::Classifier;

impl Gram<'_> {
    /// The matrix that the kernel's classifier ([`crate::kernel::Kernel::classifier`]) decides by: the kernel itself; in the nearest-neighbour
    /// regime, where it is a delta, minus the gap `1 - x . x'` (for an activation that is even or odd `1 - |x . x'|`).
    ///
    /// # Errors
    /// [`Error::Domain`] for a majority vote where lengths count: there every point would weigh `1/|x|`.
    pub fn decisive(&self) -> Result<Matrix> {
        self.votes_of_directions()?;
        match self.kernel.classifier() {
            Classifier::NearestNeighbour => {
                let mut out = Matrix::default();
                self.fill(&mut out, |i, start, rho, out| {
                    self.nearness(i, start, rho, out)
                });
                Ok(out)
            }
            _ => Ok(self.matrix()),
        }
    }

    /// [`Gram::decisive`] into a slice, watched like [`Gram::matrix_watched`].
    ///
    /// # Errors
    /// Those of both.
    pub fn decisive_watched(
        &self,
        out: &mut [f64],
        watch: impl Fn(usize, usize) -> bool + Sync,
    ) -> Result<bool> {
        self.votes_of_directions()?;
        match self.kernel.classifier() {
            Classifier::NearestNeighbour => self.watched(out, watch, |i, start, rho, out| {
                self.nearness(i, start, rho, out);
            }),
            _ => self.matrix_watched(out, watch),
        }
    }

    fn votes_of_directions(&self) -> Result<()> {
        match self.kernel.classifier() {
            Classifier::Majority if self.lengths() == Lengths::Keep => Err(Error::Domain(format!(
                "at infinite depth `{}` takes a majority vote of directions: divide the rows by their lengths",
                self.kernel.activation()
            ))),
            _ => Ok(()),
        }
    }

    /// Minus the gap of one row and some columns.
    fn nearness(&self, i: usize, start: usize, rho: &[f64], out: &mut [f64]) {
        let folded = self.kernel.parity().is_some();
        for (k, (product, value)) in rho.iter().zip(out.iter_mut()).enumerate() {
            let j = start + k;
            let gap = if self.same && i == j {
                0.0
            } else if folded && *product < 0.0 {
                let near = self.left.opposite_gap(i, self.right, j, *product);
                near.unwrap_or(1.0 + product)
            } else {
                let near = self.left.gap(i, self.right, j, *product);
                near.unwrap_or(1.0 - product)
            };
            *value = -gap;
        }
    }
}
