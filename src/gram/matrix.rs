//! Matrices of doubles as plain data.

use faer::MatRef;

use crate::error::{Error, Result};

/// A matrix, row after row.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// How many rows.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
    /// The entries.
    pub values: Vec<f64>,
}

impl Matrix {
    /// From its numbers, row after row.
    ///
    /// ```
    /// use deeplimit::gram::Matrix;
    /// let k = Matrix::new(2, vec![1.0, 2.0, 3.0, 4.0])?;
    /// assert_eq!((k.rows, k.row(1)), (2, &[3.0, 4.0][..]));
    /// assert!(Matrix::new(3, k.values).is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Data`] where they are no whole rows.
    pub fn new(columns: usize, values: Vec<f64>) -> Result<Self> {
        if columns == 0 || !values.len().is_multiple_of(columns) {
            return Err(Error::Data(format!(
                "{} numbers are no rows of {columns}",
                values.len()
            )));
        }
        Ok(Matrix {
            rows: values.len() / columns,
            columns,
            values,
        })
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..][..self.columns]
    }

    pub(crate) fn view(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.rows, self.columns)
    }

    /// The entries in these rows and columns.
    ///
    /// # Errors
    /// [`Error::Data`] for a number that is no row or column, and where nothing is selected.
    pub fn selected(&self, rows: &[usize], columns: &[usize]) -> Result<Matrix> {
        if let Some(bad) = rows.iter().find(|i| **i >= self.rows) {
            return Err(Error::Data(format!(
                "there is no row {bad} (counted from 0) among {}",
                self.rows
            )));
        }
        if let Some(bad) = columns.iter().find(|j| **j >= self.columns) {
            return Err(Error::Data(format!(
                "there is no row {bad} (counted from 0) among {}",
                self.columns
            )));
        }
        if rows.is_empty() || columns.is_empty() {
            return Err(Error::Data("no rows are selected".to_owned()));
        }
        let values = rows
            .iter()
            .flat_map(|i| columns.iter().map(|j| self.row(*i)[*j]))
            .collect();
        Ok(Matrix {
            rows: rows.len(),
            columns: columns.len(),
            values,
        })
    }

    /// Rows for columns.
    ///
    /// ```
    /// use deeplimit::gram::Matrix;
    /// let k = Matrix::new(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?.transposed();
    /// assert_eq!((k.rows, k.row(1)), (2, &[2.0, 4.0, 6.0][..]));
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn transposed(&self) -> Matrix {
        Matrix::from(self.view().transpose())
    }

    /// The largest sum of moduli in a column.
    pub fn norm(&self) -> f64 {
        let mut sums = vec![0.0; self.columns];
        for row in self.values.chunks_exact(self.columns.max(1)) {
            sums.iter_mut().zip(row).for_each(|(s, x)| *s += x.abs());
        }
        sums.into_iter().fold(0.0, f64::max)
    }

    /// The mean of the diagonal: what a relative ridge is relative to. Infinite for singular limit kernels.
    pub fn mean_diagonal(&self) -> f64 {
        let n = self.rows.min(self.columns);
        (0..n).map(|i| self.row(i)[i]).sum::<f64>() / n.max(1) as f64
    }
}

impl From<MatRef<'_, f64>> for Matrix {
    fn from(m: MatRef<'_, f64>) -> Self {
        let values = (0..m.nrows())
            .flat_map(|i| (0..m.ncols()).map(move |j| m[(i, j)]))
            .collect();
        Matrix {
            rows: m.nrows(),
            columns: m.ncols(),
            values,
        }
    }
}
