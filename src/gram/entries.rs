//! Gram matrices in memory: `X X^T` tile by tile, the kernel applied to a tile while it is in the cache.
//!
//! For a symmetric matrix the tiles on and below the diagonal are computed and then mirrored, so it is symmetric to the last
//! bit. The product is `faer`'s: it has the Cholesky factorisation too, runs on all cores and needs no C.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::kept::Kept;
use super::matrix::Matrix;
use super::mirror::mirror;
use super::pages;
use super::points::{NEAR, Points};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::store::{Contents, Fingerprint};
use crate::words::named;

/// Rows and columns of a tile: 128 kB.
pub(super) const TILE: (usize, usize) = (64, 256);

/// So many correlations at a time are looked through for pairs near each other.
const RUN: usize = 64;

/// What becomes of the lengths of the points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lengths {
    /// Every row is divided by its length.
    #[default]
    Unit,
    /// They count: exactly for homogeneous activations without biases; for others each pair has two variances, and every entry an
    /// error below [`super::PROMISE`].
    Keep,
}

named!(Lengths, "way with lengths": Unit = "unit", Keep = "keep");

/// A kernel between two sets of points.
#[derive(Clone, Debug)]
pub struct Gram<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) left: &'a Points,
    pub(super) right: &'a Points,
    pub(super) same: bool,
    /// `|x|^k`, where lengths count.
    pub(super) factors: Option<[Vec<f64>; 2]>,
    /// The same where the kernel is no power of lengths.
    pub(super) kept: Option<Arc<Kept>>,
}

/// Do the products of lengths, and the kernel times them, stay in the range of doubles?
fn in_doubles(kernel: &Kernel, factors: &[Vec<f64>; 2]) -> Result<()> {
    let largest = |f: &Vec<f64>| f.iter().copied().fold(0.0, f64::max);
    let smallest = |f: &Vec<f64>| {
        let lengthy = f.iter().copied().filter(|x| *x != 0.0);
        lengthy.fold(f64::INFINITY, f64::min)
    };
    let [a, b] = factors;
    let top = if kernel.diagonal().is_finite() {
        kernel.diagonal().abs().max(1.0)
    } else {
        1.0
    };
    if (largest(a) * largest(b) * top).is_finite() && smallest(a) * smallest(b) >= f64::MIN_POSITIVE
    {
        return Ok(());
    }
    Err(Error::Data(
        "rows are so long or so short that the kernel leaves the doubles: divide all of them by one number, or each by its length"
            .to_owned(),
    ))
}

impl<'a> Gram<'a> {
    /// `K(x_i, x_j)` of one set of points.
    ///
    /// # Errors
    /// Where lengths shall count and are no factor: [`Error::Domain`] for what has kinks and no closed form, and at infinite depth,
    /// [`Error::Unresolved`] where rows are so long that no series reaches them, or errors would exceed [`super::PROMISE`].
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline, gram::{Gram, Lengths, Points}};
    /// use deeplimit::kernel::{Depth, Kernel, Kind};
    /// let relu = Expr::parse("relu").unwrap();
    /// let kernel = Kernel::new(&relu, Depth::Layers(100), Kind::Ntk, Deadline::default()).unwrap();
    /// let points = Points::new(2, vec![1.0, 0.0, 0.0, 1.0, 2.0, 0.0]).unwrap();
    /// let k = Gram::symmetric(&kernel, &points, Lengths::Unit).unwrap().matrix();
    /// assert_eq!(k.row(0), [101.0, kernel.at(0.0), 101.0]);
    /// ```
    pub fn symmetric(kernel: &'a Kernel, points: &'a Points, lengths: Lengths) -> Result<Self> {
        Self::new(kernel, points, points, lengths, true)
    }

    /// `K(x_i, y_j)` of two sets of points.
    ///
    /// # Errors
    /// As [`Gram::symmetric`]; [`Error::Data`] where the dimensions differ.
    pub fn cross(
        kernel: &'a Kernel,
        left: &'a Points,
        right: &'a Points,
        lengths: Lengths,
    ) -> Result<Self> {
        Self::new(kernel, left, right, lengths, false)
    }

    fn new(
        kernel: &'a Kernel,
        left: &'a Points,
        right: &'a Points,
        lengths: Lengths,
        same: bool,
    ) -> Result<Self> {
        if left.dimension() != right.dimension() {
            return Err(Error::Data(format!(
                "points of {} and of {} coordinates have no kernel",
                left.dimension(),
                right.dimension()
            )));
        }
        let mut kept = None;
        let factors = match (lengths, kernel.length_exponent()) {
            (Lengths::Unit, _) => {
                left.directed()?;
                right.directed()?;
                None
            }
            (Lengths::Keep, Some(k)) => {
                if k <= 0.0 {
                    left.directed()?;
                    right.directed()?;
                }
                let of =
                    |p: &Points| -> Vec<f64> { p.lengths().iter().map(|x| x.powf(k)).collect() };
                let factors = [of(left), of(right)];
                in_doubles(kernel, &factors)?;
                Some(factors)
            }
            (Lengths::Keep, None) => {
                kept = Some(Arc::new(Kept::new(kernel, [left, right], same)?));
                None
            }
        };
        Ok(Gram {
            kernel,
            left,
            right,
            same,
            factors,
            kept,
        })
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.left.len(), self.right.len())
    }

    /// The kernel.
    pub fn kernel(&self) -> &Kernel {
        self.kernel
    }

    /// The points on both sides.
    pub fn points(&self) -> [&Points; 2] {
        [self.left, self.right]
    }

    /// Do lengths count?
    pub fn lengths(&self) -> Lengths {
        if self.factors.is_some() || self.kept.is_some() {
            Lengths::Keep
        } else {
            Lengths::Unit
        }
    }

    /// The largest error of an entry relative to `sqrt(K(x, x) K(x', x'))`, measured, where rows of different lengths have each their
    /// own variances; `None` where the kernel is a function of the correlation ([`Kernel::accuracy`]), times powers of lengths at most.
    ///
    /// ```
    /// use deeplimit::{Activation, Convention, Depth, Effort, Gram, Kind, Lengths, Network, Points};
    /// let tanh: Activation = "tanh".parse()?;
    /// let network = Network::of(&tanh).convention(Convention::Lee2019).weights("3/2")?.biases("1/10")?;
    /// let kernel = network.kernel(Depth::Layers(3), Kind::Nngp, &Effort::default())?;
    /// let rows = Points::new(2, vec![1.0, 0.0, 3.0, 4.0])?;
    /// let gram = Gram::symmetric(&kernel, &rows, Lengths::Keep)?;
    /// // the row of length 1 has the kernel's own diagonal, the other a variance of its own
    /// let k = gram.matrix();
    /// assert!(gram.error().is_some_and(|e| e < 1e-10) && (k.row(0)[0] / kernel.diagonal() - 1.0).abs() < 1e-13);
    /// assert!(k.row(1)[1] > k.row(0)[0]);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn error(&self) -> Option<f64> {
        self.kept.as_ref().map(|kept| kept.error())
    }

    /// What a store of it holds; the words have kernel, lengths and a hash of the rows.
    pub fn contents(&self) -> Contents {
        let mut hash = Fingerprint::default();
        for points in self.points() {
            hash.add(points.dimension() as u64);
            points.given().iter().for_each(|x| hash.add(x.to_bits()));
        }
        let lengths = match self.lengths() {
            Lengths::Unit => "divided out",
            Lengths::Keep => "kept",
        };
        let scale = match self.kernel.log_scale() {
            0.0 => String::new(),
            log => format!(" (e^{log} times the entries)"),
        };
        Contents {
            depths: None,
            rows: self.left.len(),
            columns: self.right.len(),
            symmetric: self.same,
            words: format!(
                "{}{scale}, lengths {lengths}, data {hash}, deeplimit {}",
                self.kernel.description(),
                env!("CARGO_PKG_VERSION")
            ),
        }
    }

    /// The whole matrix.
    pub fn matrix(&self) -> Matrix {
        let mut out = Matrix::default();
        self.matrix_into(&mut out);
        out
    }

    /// The whole matrix into memory that is there already, where it is large enough: for a matrix after the other of some
    /// thousand points or less. (The first touch of new memory takes longer than the entries that are written there.)
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline, gram::{Gram, Lengths, Matrix, Points}};
    /// use deeplimit::kernel::{Depth, Kernel, Kind};
    /// let relu = Expr::parse("relu").unwrap();
    /// let points = Points::new(2, vec![1.0, 0.0, 0.0, 1.0]).unwrap();
    /// let mut k = Matrix::default();
    /// for layers in [1, 10, 100] {
    ///     let kernel = Kernel::new(&relu, Depth::Layers(layers), Kind::Ntk, Deadline::default()).unwrap();
    ///     Gram::symmetric(&kernel, &points, Lengths::Unit).unwrap().matrix_into(&mut k);
    ///     assert_eq!(k.row(0), [layers as f64 + 1.0, kernel.at(0.0)]);
    /// }
    /// ```
    pub fn matrix_into(&self, out: &mut Matrix) {
        self.fill(out, |i, start, rho, out| self.apply(i, start, rho, out));
    }

    /// The whole matrix into a slice of so many numbers, row after row: [`Gram::matrix`] to the last bit, for memory that is somebody
    /// else's, and for matrices that take a while. `watch(done, all)` is told how many strips of rows are finished, from all threads;
    /// where it says `false` no further one is begun, and the answer is `false`.
    ///
    /// # Errors
    /// [`Error::Shape`] for a slice of another size.
    ///
    /// ```
    /// use deeplimit::{Activation, Depth, Effort, Gram, Kind, Lengths, Network, Points};
    /// let relu: Activation = "relu".parse()?;
    /// let kernel = Network::of(&relu).kernel(Depth::Layers(3), Kind::Ntk, &Effort::default())?;
    /// let points = Points::new(2, vec![1.0, 0.0, 0.0, 1.0])?;
    /// let gram = Gram::symmetric(&kernel, &points, Lengths::Unit)?;
    /// let mut out = [0.0; 4];
    /// assert!(gram.matrix_watched(&mut out, |_, _| true)? && out == gram.matrix().values[..]);
    /// assert!(!gram.matrix_watched(&mut out, |_, _| false)?);
    /// assert!(gram.matrix_watched(&mut [0.0; 3], |_, _| true).is_err());
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn matrix_watched(
        &self,
        out: &mut [f64],
        watch: impl Fn(usize, usize) -> bool + Sync,
    ) -> Result<bool> {
        self.watched(out, watch, |i, start, rho, out| {
            self.apply(i, start, rho, out);
        })
    }

    pub(super) fn watched(
        &self,
        out: &mut [f64],
        watch: impl Fn(usize, usize) -> bool + Sync,
        entries: impl Fn(usize, usize, &[f64], &mut [f64]) + Sync,
    ) -> Result<bool> {
        let (n, m) = self.shape();
        if out.len() != n * m {
            return Err(Error::Shape(format!(
                "a matrix of {n} x {m} has not {} numbers",
                out.len()
            )));
        }
        Ok(self.strips(out, watch, entries))
    }

    pub(super) fn fill(
        &self,
        out: &mut Matrix,
        entries: impl Fn(usize, usize, &[f64], &mut [f64]) + Sync,
    ) {
        let (rows, columns) = self.shape();
        (out.rows, out.columns) = (rows, columns);
        if out.values.capacity() < rows * columns {
            // what was there is given back first
            out.values = Vec::new();
            out.values = pages::zeros(rows * columns);
        } else {
            out.values.resize(rows * columns, 0.0);
        }
        self.strips(&mut out.values, |_, _| true, entries);
    }

    /// The matrix, strip of rows after strip; was it finished?
    fn strips(
        &self,
        out: &mut [f64],
        watch: impl Fn(usize, usize) -> bool + Sync,
        entries: impl Fn(usize, usize, &[f64], &mut [f64]) + Sync,
    ) -> bool {
        let (rows, columns) = self.shape();
        let all = rows.div_ceil(TILE.0);
        let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let strips = out.par_chunks_mut(TILE.0 * columns).enumerate();
        strips.for_each_init(
            || vec![0.0; TILE.0 * TILE.1],
            |tile, (block, out)| {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let first = block * TILE.0;
                let end = match self.same {
                    true => (first + TILE.0).min(columns),
                    false => columns,
                };
                self.strip(first, 0..end, tile, (out, columns), &entries);
                if !watch(done.fetch_add(1, Ordering::Relaxed) + 1, all) {
                    stopped.store(true, Ordering::Relaxed);
                }
            },
        );
        let finished = !stopped.into_inner();
        if self.same && finished {
            mirror(out, rows, rows, 0);
        }
        finished
    }

    /// The entries of these rows and columns into `out`, row after row: on all cores. Where the rows and columns begin at
    /// multiples of 256, they are those of [`Gram::matrix`] to the last bit.
    ///
    /// # Errors
    /// [`Error::Shape`] where there are no such rows or columns, or `out` has another size.
    pub fn tile(&self, rows: Range<usize>, columns: Range<usize>, out: &mut [f64]) -> Result<()> {
        let (n, m) = self.shape();
        if rows.end > n || columns.end > m || out.len() != rows.len() * columns.len() {
            return Err(Error::Shape(format!(
                "rows {rows:?} and columns {columns:?} of a matrix of {n} x {m} are no {} numbers",
                out.len()
            )));
        }
        if out.is_empty() {
            return Ok(());
        }
        let width = columns.len();
        let entries = |i, start, rho: &[f64], out: &mut [f64]| self.apply(i, start, rho, out);
        let strips = out.par_chunks_mut(TILE.0 * width).enumerate();
        strips.for_each_init(
            || vec![0.0; TILE.0 * TILE.1],
            |tile, (block, out)| {
                let first = rows.start + block * TILE.0;
                // above the diagonal a square is mirrored, as the whole matrix is
                let end = match self.same && rows == columns {
                    true => (first + TILE.0).min(columns.end),
                    false => columns.end,
                };
                self.strip(first, columns.start..end, tile, (out, width), &entries);
            },
        );
        if self.same && rows == columns {
            mirror(out, width, width, 0);
        }
        Ok(())
    }

    /// Rows from `first` on; these columns, of the `stride` that `out` has, the first of them at its beginning. `tile` is for
    /// the correlations.
    pub(super) fn strip(
        &self,
        first: usize,
        columns: Range<usize>,
        tile: &mut [f64],
        (out, stride): (&mut [f64], usize),
        entries: &impl Fn(usize, usize, &[f64], &mut [f64]),
    ) {
        let d = self.left.dimension();
        let count = out.len() / stride;
        let left =
            MatRef::from_row_major_slice(&self.left.unit()[first * d..][..count * d], count, d);
        for start in columns.clone().step_by(TILE.1) {
            let width = TILE.1.min(columns.end - start);
            let right = MatRef::from_row_major_slice(
                &self.right.unit()[start * d..][..width * d],
                width,
                d,
            );
            let product = &mut tile[..count * width];
            // the second side transposed, so that both products are of rows
            let target = MatMut::from_row_major_slice_mut(product, count, width);
            matmul(
                target,
                Accum::Replace,
                left,
                right.transpose(),
                1.0,
                Par::Seq,
            );
            for (i, rho) in product.chunks_exact(width).enumerate() {
                entries(
                    first + i,
                    start,
                    rho,
                    &mut out[i * stride + start - columns.start..][..width],
                );
            }
        }
    }

    /// The kernel of one row with some columns.
    pub(super) fn apply(&self, i: usize, start: usize, rho: &[f64], out: &mut [f64]) {
        if let Some(kept) = &self.kept {
            let gap = |k: usize| self.left.gap(i, self.right, start + k, rho[k]);
            return kept.entries((i, start), rho, gap, out);
        }
        self.kernel.at_all(rho, out);
        for (n, (rho, out)) in rho.chunks(RUN).zip(out.chunks_mut(RUN)).enumerate() {
            let start = start + n * RUN;
            let own = self.same && (start..start + rho.len()).contains(&i);
            // hardly ever, and found out in vectors
            let near = rho.iter().fold(false, |near, r| near | (r.abs() > NEAR));
            if !own && !near {
                continue;
            }
            for (k, (product, value)) in rho.iter().zip(out).enumerate() {
                let j = start + k;
                if self.same && i == j {
                    *value = self.kernel.diagonal();
                } else if let Some(t) = self.left.gap(i, self.right, j, *product) {
                    *value = self.kernel.at_gap(t);
                } else if let Some(u) = self.left.opposite_gap(i, self.right, j, *product) {
                    *value = self.kernel.at_opposite_gap(u);
                }
            }
        }
        if let Some([left, right]) = &self.factors {
            for (value, factor) in out.iter_mut().zip(&right[start..]) {
                *value *= left[i] * factor;
            }
        }
    }
}
