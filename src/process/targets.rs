//! Real targets, checked once.

use crate::error::{Error, Result};
use crate::gram::Matrix;
use crate::words::named;

/// What becomes of targets before a kernel sees them. Answers are in the given units either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// Their mean is subtracted, and they are divided by their standard deviation (over `n`), each target by its own.
    #[default]
    Standard,
    /// They stay as they are.
    Raw,
}

named!(Scaling, "way with targets": Standard = "standard", Raw = "raw");

/// Real targets: a row for each point, a column for each target.
///
/// ```
/// use deeplimit::gram::Matrix;
/// use deeplimit::process::{Scaling, Targets};
/// let y = Matrix::new(1, vec![1.0, 3.0, 5.0])?;
/// let targets = Targets::new(y.clone(), &["y".to_owned()], Scaling::Standard)?;
/// assert_eq!((targets.centre(0), targets.values().row(1)[0]), (3.0, 0.0));
/// assert!((targets.scale(0) - (8.0f64 / 3.0).sqrt()).abs() < 1e-15);
/// let constant = Matrix::new(1, vec![2.0, 2.0])?;
/// let error = Targets::new(constant, &["y".to_owned()], Scaling::Raw).unwrap_err();
/// assert_eq!(error.to_string(), "the target `y` is 2 in every row: there is nothing to learn from it");
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Targets {
    names: Vec<String>,
    /// Mean and standard deviation, or 0 and 1.
    units: Vec<(f64, f64)>,
    /// As the kernel sees them.
    values: Matrix,
}

impl Targets {
    /// From numbers, a column for each name.
    ///
    /// # Errors
    /// [`Error::Shape`] where the columns are not as many as the names; [`Error::Data`] for fewer than two rows, a number that is
    /// not finite, a target that is the same in every row or so large or small that its variance leaves the doubles.
    pub fn new(given: Matrix, names: &[String], scaling: Scaling) -> Result<Self> {
        if given.columns != names.len() || names.is_empty() {
            return Err(Error::Shape(format!(
                "there are {} columns of targets and {} names",
                given.columns,
                names.len()
            )));
        }
        if given.rows < 2 {
            return Err(Error::Data(format!(
                "{} row with a target is there, and nothing to learn from: regression takes two or more",
                given.rows
            )));
        }
        let mut values = given;
        let mut units = Vec::new();
        for (j, name) in names.iter().enumerate() {
            let column: Vec<f64> = (0..values.rows).map(|i| values.row(i)[j]).collect();
            let (mean, deviation) = spread(&column, name)?;
            let (mean, deviation) = match scaling {
                Scaling::Standard => (mean, deviation),
                Scaling::Raw => (0.0, 1.0),
            };
            for i in 0..values.rows {
                let y = &mut values.values[i * names.len() + j];
                *y = (*y - mean) / deviation;
            }
            units.push((mean, deviation));
        }
        Ok(Targets {
            names: names.to_vec(),
            units,
            values,
        })
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.values.rows
    }

    /// Their names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// As a kernel sees them.
    pub fn values(&self) -> &Matrix {
        &self.values
    }

    /// What was subtracted from a target.
    pub fn centre(&self, target: usize) -> f64 {
        self.units[target].0
    }

    /// What a target was divided by.
    pub fn scale(&self, target: usize) -> f64 {
        self.units[target].1
    }

    /// A number of this target, in the given units again.
    pub fn given(&self, target: usize, value: f64) -> f64 {
        let (centre, scale) = self.units[target];
        centre + scale * value
    }
}

/// Mean and standard deviation of a target, or why it is none.
fn spread(column: &[f64], name: &str) -> Result<(f64, f64)> {
    if let Some(i) = column.iter().position(|y| !y.is_finite()) {
        return Err(Error::Data(format!(
            "row {}, the target `{name}`: {} is no finite number",
            i + 1,
            column[i]
        )));
    }
    if column.iter().all(|y| *y == column[0]) {
        return Err(Error::Data(format!(
            "the target `{name}` is {} in every row: there is nothing to learn from it",
            column[0]
        )));
    }
    let n = column.len() as f64;
    let mean = column.iter().map(|y| y / n).sum::<f64>();
    let squares: f64 = column.iter().map(|y| (y - mean).powi(2)).sum();
    let deviation = (squares / n).sqrt();
    // a square that leaves the doubles, or loses digits below them
    match deviation.is_finite() && squares / n > f64::MIN_POSITIVE / f64::EPSILON {
        true => Ok((mean, deviation)),
        false => Err(Error::Data(format!(
            "the variance of the target `{name}` leaves the doubles: take other units"
        ))),
    }
}
