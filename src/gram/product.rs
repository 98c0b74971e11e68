//! A Gram matrix times vectors, tile by tile: the matrix is never stored, and every tile is computed anew.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::entries::{Gram, TILE};
use super::matrix::Matrix;
use crate::error::{Error, Result};

/// Rows and columns of a tile: 512 kB, beside the correlations of a strip of it.
const SIDE: usize = 256;

impl Gram<'_> {
    /// `K V`, one column for each of `V`, without the matrix: `O(n m)` entries of the kernel on all cores, of a symmetric matrix half as
    /// many, and memory for `V`, the product and on every core another one and a tile. `watch(done, all)` is told how many tiles are
    /// finished, from all threads; where it says `false` there is no answer.
    ///
    /// Accuracy: that of the entries, and of sums of as many products of doubles as the matrix has columns.
    ///
    /// # Errors
    /// [`Error::Shape`] where `V` has not a row for each column of the matrix.
    ///
    /// ```
    /// use deeplimit::{Activation, Depth, Effort, Gram, Kind, Lengths, Matrix, Network, Points};
    /// let relu: Activation = "relu".parse()?;
    /// let kernel = Network::of(&relu).kernel(Depth::Layers(3), Kind::Ntk, &Effort::default())?;
    /// let points = Points::new(2, vec![1.0, 0.0, 0.0, 1.0])?;
    /// let gram = Gram::symmetric(&kernel, &points, Lengths::Unit)?;
    /// let v = Matrix::new(1, vec![1.0, -1.0])?;
    /// let product = gram.times(&v, |_, _| true)?.unwrap();
    /// assert!((product.values[0] - (kernel.at(1.0) - kernel.at(0.0))).abs() < 1e-15);
    /// assert!(gram.times(&v, |_, _| false)?.is_none());
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn times(
        &self,
        v: &Matrix,
        watch: impl Fn(usize, usize) -> bool + Sync,
    ) -> Result<Option<Matrix>> {
        let (rows, columns) = self.shape();
        if v.rows != columns || v.columns == 0 {
            return Err(Error::Shape(format!(
                "a matrix of {rows} x {columns} is not multiplied with one of {} x {}",
                v.rows, v.columns
            )));
        }
        let (down, across) = (rows.div_ceil(SIDE), columns.div_ceil(SIDE));
        let all = match self.same {
            true => down * (down + 1) / 2,
            false => down * across,
        };
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let stopped = AtomicBool::new(false);
        let sum = Mutex::new(vec![0.0; rows * v.columns]);
        let worker = |_: usize| {
            let mut own = vec![0.0; rows * v.columns];
            let mut tile = vec![0.0; SIDE * SIDE];
            let mut scratch = vec![0.0; TILE.0 * TILE.1];
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= all || stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (i, j) = match self.same {
                    true => below(number),
                    false => (number / across, number % across),
                };
                self.tile_times((i, j), v, &mut own, (&mut tile, &mut scratch));
                if !watch(done.fetch_add(1, Ordering::Relaxed) + 1, all) {
                    stopped.store(true, Ordering::Relaxed);
                }
            }
            let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
            sum.iter_mut().zip(&own).for_each(|(s, o)| *s += o);
        };
        let workers = rayon::current_num_threads().min(all);
        (0..workers)
            .into_par_iter()
            .with_max_len(1)
            .for_each(worker);
        if stopped.into_inner() {
            return Ok(None);
        }
        let values = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Some(Matrix {
            rows,
            columns: v.columns,
            values,
        }))
    }

    /// One tile times its rows of `V`, and of a symmetric matrix its mirror image times the others.
    fn tile_times(
        &self,
        (i, j): (usize, usize),
        v: &Matrix,
        out: &mut [f64],
        (tile, scratch): (&mut [f64], &mut [f64]),
    ) {
        let (n, m) = self.shape();
        let range = |k: usize, most: usize| k * SIDE..((k + 1) * SIDE).min(most);
        let (rows, columns) = (range(i, n), range(j, m));
        let (height, width) = (rows.len(), columns.len());
        let tile = &mut tile[..height * width];
        let entries = |i, start, rho: &[f64], out: &mut [f64]| self.apply(i, start, rho, out);
        for (k, strip) in tile.chunks_mut(TILE.0 * width).enumerate() {
            let first = rows.start + k * TILE.0;
            self.strip(first, columns.clone(), scratch, (strip, width), &entries);
        }
        let targets = v.columns;
        let tile = MatRef::from_row_major_slice(tile, height, width);
        let part = |of: std::ops::Range<usize>| {
            let values = &v.values[of.start * targets..of.end * targets];
            MatRef::from_row_major_slice(values, of.len(), targets)
        };
        let mut add = |to: std::ops::Range<usize>, tile: MatRef<f64>, part: MatRef<f64>| {
            let out = &mut out[to.start * targets..to.end * targets];
            let out = MatMut::from_row_major_slice_mut(out, to.len(), targets);
            matmul(out, Accum::Add, tile, part, 1.0, Par::Seq);
        };
        add(rows.clone(), tile, part(columns.clone()));
        if self.same && i != j {
            add(columns, tile.transpose(), part(rows));
        }
    }
}

/// Row and column of the tile of this number on and below the diagonal.
fn below(number: usize) -> (usize, usize) {
    let mut row = (((8.0 * number as f64 + 1.0).sqrt() - 1.0) / 2.0) as usize;
    // the root may have been rounded
    while row * (row + 1) / 2 > number {
        row -= 1;
    }
    while (row + 1) * (row + 2) / 2 <= number {
        row += 1;
    }
    (row, number - row * (row + 1) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gram::tests::{kernel, numbers, points};
    use crate::gram::{Lengths, Points};
    use crate::kernel::Depth;

    #[test]
    fn the_product_is_that_of_the_matrix() {
        let k = kernel("relu", Depth::Layers(2));
        let (x, y): (Points, Points) = (points(300, 4, 1), points(700, 4, 2));
        let v = Matrix::new(3, numbers(3 * 700, 3)).unwrap();
        for gram in [
            Gram::symmetric(&k, &y, Lengths::Keep).unwrap(),
            Gram::cross(&k, &x, &y, Lengths::Unit).unwrap(),
        ] {
            let matrix = gram.matrix();
            let product = gram.times(&v, |_, _| true).unwrap().unwrap();
            for i in 0..matrix.rows {
                for j in 0..3 {
                    let terms = (0..700).map(|l| matrix.row(i)[l] * v.row(l)[j]);
                    let (sum, size) = terms.fold((0.0, 0.0), |(s, a), t| (s + t, a + t.abs()));
                    // 700 roundings
                    assert!((product.row(i)[j] - sum).abs() < 700.0 * f64::EPSILON * size);
                }
            }
        }
        assert!(
            Gram::cross(&k, &y, &x, Lengths::Unit)
                .unwrap()
                .times(&v, |_, _| true)
                .is_err()
        );
    }

    #[test]
    fn tiles_below_the_diagonal_are_counted() {
        let all: Vec<_> = (0..5).flat_map(|i| (0..=i).map(move |j| (i, j))).collect();
        let found: Vec<_> = (0..all.len()).map(below).collect();
        assert_eq!(found, all);
        let far = 3_000_000_000usize;
        assert_eq!(below(far * (far + 1) / 2 + 7), (far, 7));
    }
}
