//! A Gram matrix that is nearly one of low rank: the preconditioner of [`super::conjugate`].
//!
//! With `k` landmarks among the rows, `L L^T = K_kk` and `B = K_nk L^-T`, Nystroem's approximation is `B B^T` (Williams and Seeger 2001), and what
//! it lacks on the diagonal is known: `P = B B^T + D`, `D_ii = K_ii - |b_i|^2 + ridge`. So with `C = D^(-1/2) B`
//!
//! ```text
//! P^-1 = D^(-1/2) (I - C (I + C^T C)^-1 C^T) D^(-1/2)
//! ```
//!
//! (Woodbury). Any positive definite `P` gives the same solution in the end; this one costs `n k` numbers and `n k^2` operations.

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{Llt, Solve};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};

use crate::error::{Error, Result};
use crate::gram::{Gram, Matrix};

/// Of the mean diagonal, added to that of the landmarks: nearly equal ones do no harm.
const JITTER: f64 = 1e-9;
/// Of the mean diagonal, the least that stays of it.
const LEAST: f64 = 1e-12;

/// Ready to be applied.
pub(super) struct Landmarks {
    /// `C`, a row for each point.
    scaled: Vec<f64>,
    count: usize,
    /// `D^(-1/2)`
    roots: Vec<f64>,
    /// `I + C^T C`
    inner: Llt<f64>,
}

/// Rows without rhyme or reason, each once, in order (SplitMix64; Floyd's sample).
fn sample(count: usize, of: usize) -> Vec<usize> {
    let mut state = 0x005e_ed0f_1a4d_u64;
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut chosen = std::collections::BTreeSet::new();
    for last in of - count..of {
        let candidate = (random() % (last as u64 + 1)) as usize;
        if !chosen.insert(candidate) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

impl Landmarks {
    /// Of so many of the rows of a symmetric matrix with this diagonal. `None` where `watch` says so.
    pub fn new(
        gram: &Gram,
        diagonal: &[f64],
        ridge: f64,
        count: usize,
        watch: impl Fn(usize, usize) -> bool + Sync,
    ) -> Result<Option<Self>> {
        let [points, _] = gram.points();
        let n = points.len();
        let count = count.clamp(1, n);
        let rows = sample(count, n);
        let chosen = points.selected(&rows)?;
        let cross = Gram::cross(gram.kernel(), points, &chosen, gram.lengths())?;
        let mut scaled = vec![0.0; n * count];
        if !cross.matrix_watched(&mut scaled, watch)? {
            return Ok(None);
        }
        let mean = diagonal.iter().sum::<f64>() / n as f64;
        let mut jitter = JITTER * mean;
        let factor = loop {
            let among = Mat::from_fn(count, count, |i, j| {
                let own = if i == j {
                    diagonal[rows[i]] + jitter
                } else {
                    scaled[rows[i] * count + j]
                };
                // to the last bit the same on both sides
                if i < j {
                    scaled[rows[j] * count + i]
                } else {
                    own
                }
            });
            match Llt::new(among.as_ref(), Side::Lower) {
                Ok(factor) => break factor,
                Err(_) if jitter < mean => jitter *= 100.0,
                Err(_) => return Err(Error::Unresolved("the kernel matrix of the landmarks is not positive definite: a kernel that leaves the doubles".to_owned())),
            }
        };
        // L B^T = K_kn in place
        solve_lower_triangular_in_place(
            factor.L(),
            MatMut::from_row_major_slice_mut(&mut scaled, n, count).transpose_mut(),
            Par::rayon(0),
        );
        let root = |(i, row): (usize, &[f64])| {
            let known: f64 = row.iter().map(|b| b * b).sum();
            1.0 / ((diagonal[i] - known).max(LEAST * mean) + ridge).sqrt()
        };
        let roots: Vec<f64> = scaled.chunks_exact(count).enumerate().map(root).collect();
        for (row, root) in scaled.chunks_exact_mut(count).zip(&roots) {
            row.iter_mut().for_each(|b| *b *= root);
        }
        let c = MatRef::from_row_major_slice(&scaled, n, count);
        let mut inner = Mat::<f64>::identity(count, count);
        matmul(
            inner.as_mut(),
            Accum::Add,
            c.transpose(),
            c,
            1.0,
            Par::rayon(0),
        );
        let inner = Llt::new(inner.as_ref(), Side::Lower).map_err(|_| {
            Error::Unresolved(
                "the preconditioner is not positive definite in doubles: a larger ridge helps"
                    .to_owned(),
            )
        })?;
        Ok(Some(Landmarks {
            scaled,
            count,
            roots,
            inner,
        }))
    }

    /// `P^-1 V`
    pub fn solved(&self, v: &Matrix) -> Matrix {
        let (n, m) = (v.rows, v.columns);
        let mut out = v.clone();
        let times_roots = |out: &mut Matrix| {
            for (row, root) in out.values.chunks_exact_mut(m).zip(&self.roots) {
                row.iter_mut().for_each(|x| *x *= root);
            }
        };
        times_roots(&mut out);
        let c = MatRef::from_row_major_slice(&self.scaled, n, self.count);
        let mut seen = Mat::<f64>::zeros(self.count, m);
        let given = MatRef::from_row_major_slice(&out.values, n, m);
        matmul(
            seen.as_mut(),
            Accum::Replace,
            c.transpose(),
            given,
            1.0,
            Par::rayon(0),
        );
        let seen = self.inner.solve(&seen);
        let to = MatMut::from_row_major_slice_mut(&mut out.values, n, m);
        matmul(to, Accum::Add, c, seen.as_ref(), -1.0, Par::rayon(0));
        times_roots(&mut out);
        out
    }
}
