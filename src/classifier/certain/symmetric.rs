//! Symmetric positive definite systems in any arithmetic: `K = L D L^T` without square roots.
//!
//! In doubles and more than [`BLOCKED`] rows the Cholesky factorisation of `faer` does the same, blocked and on all cores.

use std::cmp::Ordering;

use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};

use crate::real::{Bits, Real};

/// A symmetric matrix: the rows of its lower triangle.
#[derive(Clone, Debug)]
pub struct Symmetric<R> {
    rows: Vec<Vec<R>>,
}

impl<R: Real> Symmetric<R> {
    /// From its entries with `j <= i`.
    pub fn from_fn(n: usize, mut entry: impl FnMut(usize, usize) -> R) -> Self {
        Symmetric {
            rows: (0..n)
                .map(|i| (0..=i).map(|j| entry(i, j)).collect())
                .collect(),
        }
    }

    /// From the rows of the lower triangle; row `i` has `i + 1` entries.
    pub fn from_rows(rows: Vec<Vec<R>>) -> Self {
        Symmetric { rows }
    }

    /// Rows (and columns).
    pub fn size(&self) -> usize {
        self.rows.len()
    }

    /// `K_ij`.
    pub fn at(&self, i: usize, j: usize) -> &R {
        if i >= j {
            &self.rows[i][j]
        } else {
            &self.rows[j][i]
        }
    }

    /// `K x`.
    pub fn times(&self, x: &[R]) -> Vec<R> {
        let bits = x[0].bits();
        (0..self.size())
            .map(|i| (0..self.size()).fold(R::int(0, bits), |s, j| s + &(self.at(i, j) * &x[j])))
            .collect()
    }

    /// `|K| |x|`.
    pub fn moduli_times(&self, x: &[R]) -> Vec<R> {
        let bits = x[0].bits();
        (0..self.size())
            .map(|i| {
                (0..self.size()).fold(R::int(0, bits), |s, j| {
                    s + &(&self.at(i, j).abs() * &x[j].abs())
                })
            })
            .collect()
    }

    /// The largest sum of moduli in a column.
    pub fn norm(&self) -> R {
        let bits = self.rows[0][0].bits();
        let ones = vec![R::int(1, bits); self.size()];
        let sums = self.moduli_times(&ones);
        sums.iter().fold(R::int(0, bits), |m, s| m.max(s))
    }
}

/// More rows than this, and doubles go to `faer`.
const BLOCKED: usize = 96;

/// The factorisation of a matrix whose pivots are all certainly positive.
#[derive(Clone, Debug)]
pub struct Factor<R> {
    lower: Vec<Vec<R>>,
    pivots: Vec<R>,
    fast: Option<Llt<f64>>,
}

impl<R: Real> Factor<R> {
    /// `None` where a pivot is not certainly positive: not positive definite, or not at this precision.
    ///
    /// ```
    /// use deeplimit::classifier::certain::{Factor, Symmetric};
    /// let k = Symmetric::from_fn(2, |i, j| if i == j { 2.0 } else { 1.0 });
    /// let x = Factor::new(&k).unwrap().solved(&[3.0, 0.0]);
    /// assert!((x[0] - 2.0f64).abs() < 1e-15 && (x[1] + 1.0f64).abs() < 1e-15);
    /// ```
    pub fn new(k: &Symmetric<R>) -> Option<Self> {
        let n = k.size();
        let bits = k.at(0, 0).bits();
        let mut out = Factor {
            lower: Vec::with_capacity(n),
            pivots: Vec::with_capacity(n),
            fast: None,
        };
        // 53 bits without errors: doubles (or MPFR numbers that might as well be)
        if n > BLOCKED && bits == 53 && !R::TRACKS_ERRORS {
            if k.rows.iter().flatten().any(|x| !x.is_finite()) {
                return None;
            }
            let matrix = Mat::from_fn(n, n, |i, j| k.at(i, j).to_f64());
            out.fast = Some(Llt::new(matrix.as_ref(), Side::Lower).ok()?);
            return Some(out);
        }
        for i in 0..n {
            // u_j = L_ij D_j
            let mut u: Vec<R> = Vec::with_capacity(i);
            let mut row: Vec<R> = Vec::with_capacity(i);
            let mut pivot = k.at(i, i).clone();
            for j in 0..i {
                let mut s = k.at(i, j).clone();
                for (a, l) in u.iter().zip(&out.lower[j]) {
                    s = s - &(a * l);
                }
                let l = &s / &out.pivots[j];
                pivot = pivot - &(&s * &l);
                u.push(s);
                row.push(l);
            }
            if pivot.sign() != Some(Ordering::Greater) || !pivot.is_finite() {
                return None;
            }
            out.lower.push(row);
            out.pivots.push(pivot);
        }
        Some(out)
    }

    /// `K^-1 b`.
    pub fn solved(&self, b: &[R]) -> Vec<R> {
        if let Some(fast) = &self.fast {
            let bits = b[0].bits();
            let x = fast.solve(Mat::from_fn(b.len(), 1, |i, _| b[i].to_f64()));
            return (0..b.len()).map(|i| from_double(x[(i, 0)], bits)).collect();
        }
        let n = b.len();
        let mut x: Vec<R> = Vec::with_capacity(n);
        for (b, row) in b.iter().zip(&self.lower) {
            let mut s = b.clone();
            for (l, x) in row.iter().zip(&x) {
                s = s - &(l * x);
            }
            x.push(s);
        }
        for (x, d) in x.iter_mut().zip(&self.pivots) {
            *x = &*x / d;
        }
        for i in (0..n).rev() {
            let (before, after) = x.split_at_mut(i);
            for (x, l) in before.iter_mut().zip(&self.lower[i]) {
                *x = &*x - &(l * &after[0]);
            }
        }
        x
    }

    /// A lower estimate of `|K^-1|_1`, usually within a factor of 3.
    pub fn inverse_norm(&self, n: usize, bits: Bits) -> R {
        inverse_norm(n, bits, |b| self.solved(b))
    }
}

/// A lower estimate of `|K^-1|_1` from solutions `K^-1 b`, usually within a factor of 3 (Hager 1984; Higham 1988).
pub(in crate::classifier) fn inverse_norm<R: Real>(
    n: usize,
    bits: Bits,
    solved: impl Fn(&[R]) -> Vec<R>,
) -> R {
    let mut x = vec![&R::int(1, bits) / &R::int(n as i64, bits); n];
    let mut best = R::int(0, bits);
    for _ in 0..5 {
        let y = solved(&x);
        let norm = y.iter().fold(R::int(0, bits), |s, y| s + &y.abs());
        best = best.max(&norm);
        let signs: Vec<R> = y
            .iter()
            .map(|y| {
                R::int(
                    if y.sign() == Some(Ordering::Less) {
                        -1
                    } else {
                        1
                    },
                    bits,
                )
            })
            .collect();
        let z = solved(&signs);
        let (mut at, mut largest) = (0, R::int(0, bits));
        for (i, z) in z.iter().enumerate() {
            if z.abs().compare(&largest) == Some(Ordering::Greater) {
                (at, largest) = (i, z.abs());
            }
        }
        let product = z
            .iter()
            .zip(&x)
            .fold(R::int(0, bits), |s, (z, x)| s + &(z * x));
        if largest.compare(&product) != Some(Ordering::Greater) {
            break;
        }
        x = vec![R::int(0, bits); n];
        x[at] = R::int(1, bits);
    }
    best
}

fn from_double<R: Real>(x: f64, bits: Bits) -> R {
    R::rational(&rug::Rational::from_f64(x).unwrap_or_default(), bits)
}
