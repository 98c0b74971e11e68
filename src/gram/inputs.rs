//! How rows of numbers become the inputs of a network.

use super::entries::Lengths;
use super::points::Points;
use crate::error::Result;
use crate::words::named;

/// How rows of numbers become the inputs of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inputs {
    /// Every row is divided by its length.
    #[default]
    Unit,
    /// As they are, and lengths count.
    Keep,
    /// A coordinate 1 is put behind each row, and that is divided by its length ([`Points::lifted`]): directions know lengths then,
    /// and rows of one coordinate become an arc.
    Lift,
}

named!(Inputs, "way with lengths": Unit = "unit", Keep = "keep", Lift = "lift");

impl Inputs {
    /// Rows as points.
    ///
    /// # Errors
    /// As [`Points::new`]; a row of zeros is none where lengths count, and where rows are lifted.
    ///
    /// ```
    /// use deeplimit::gram::Inputs;
    /// // two rows of one column are one direction, and two on the arc
    /// let unit = Inputs::Unit.points(1, vec![1.0, 2.0])?;
    /// let lift = Inputs::Lift.points(1, vec![1.0, 2.0])?;
    /// assert_eq!((unit.unit(), lift.dimension()), (&[1.0, 1.0][..], 2));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn points(self, dimension: usize, rows: Vec<f64>) -> Result<Points> {
        match self {
            Inputs::Unit => Points::new(dimension, rows),
            // rows of zeros have kernel 0 then
            Inputs::Keep => Points::with_zero_rows(dimension, rows),
            Inputs::Lift => Points::lifted(dimension, rows),
        }
    }

    /// What becomes of the lengths of these points.
    pub fn lengths(self) -> Lengths {
        match self {
            Inputs::Keep => Lengths::Keep,
            Inputs::Unit | Inputs::Lift => Lengths::Unit,
        }
    }
}
