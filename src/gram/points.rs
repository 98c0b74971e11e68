//! Rows of numbers as points of the unit sphere with a length each.
//!
//! The numbers are taken as they stand, exactly. So a row that is another one times a number has the gap 0 if it is that to the last
//! bit; a product that was rounded on its way into the file (`0.1 x`) has a gap of some 1e-33, which is computed too.

use rug::{Float, Rational};

use rayon::prelude::*;

use crate::error::{Error, Result};

/// Correlations above this are computed again, as gaps.
pub(super) const NEAR: f64 = 0.9;
/// Gaps below this are computed from the rows as they came, not from the rounded unit vectors: those are off by 2e-16,
/// which is 1e-14 of a distance of 0.04.
const VERY_NEAR: f64 = 1e-3;
/// Gaps below this are computed again in multiple precision: the doubles of [`gap_of`] are certain down to the square of this.
const FINE: f64 = 1e-30;
/// Bits of these: products of two doubles are exact.
const BITS: u32 = 128;
/// Numbers that are added side by side.
const LANES: usize = 8;

/// `n` points in `d` dimensions.
#[derive(Clone, Debug)]
pub struct Points {
    dimension: usize,
    given: Vec<f64>,
    unit: Vec<f64>,
    lengths: Vec<f64>,
    /// Of points that are known exactly by them ([`Points::on_circle`]).
    pub(super) angles: Option<Vec<Rational>>,
}

impl Points {
    /// From the rows of a matrix, one after the other.
    ///
    /// # Errors
    /// [`Error::Data`] for a dimension of 0, a slice that is no whole number of rows, a number that is not finite;
    /// [`Error::NoDirection`] for a row of zeros. Rows and columns are counted from 1.
    ///
    /// ```
    /// use deeplimit::gram::Points;
    /// let points = Points::new(2, vec![3.0, 4.0, 0.0, 2.0]).unwrap();
    /// assert_eq!(points.lengths(), [5.0, 2.0]);
    /// assert_eq!(Points::new(2, vec![1.0, 1.0, 0.0, 0.0]).unwrap_err().to_string(), "row 2 is zero and has no direction");
    /// ```
    pub fn new(dimension: usize, rows: Vec<f64>) -> Result<Self> {
        let points = Self::with_zero_rows(dimension, rows)?;
        points.directed()?;
        Ok(points)
    }

    /// Are all rows but zero?
    ///
    /// # Errors
    /// [`Error::NoDirection`] with the first row that is zero.
    pub(super) fn directed(&self) -> Result<()> {
        match self.lengths.iter().position(|x| *x == 0.0) {
            None => Ok(()),
            Some(i) => Err(Error::NoDirection { row: i + 1 }),
        }
    }

    /// As [`Points::new`], rows of zeros allowed: where lengths count ([`super::Lengths::Keep`]) their kernel is 0.
    ///
    /// # Errors
    /// As [`Points::new`], but for the rows of zeros.
    pub fn with_zero_rows(dimension: usize, rows: Vec<f64>) -> Result<Self> {
        if dimension == 0 || rows.is_empty() || !rows.len().is_multiple_of(dimension) {
            return Err(Error::Data(format!(
                "{} numbers are no points of {dimension} coordinates",
                rows.len()
            )));
        }
        let mut unit = rows.clone();
        let mut lengths = Vec::with_capacity(rows.len() / dimension);
        for (i, row) in unit.chunks_exact_mut(dimension).enumerate() {
            if let Some(j) = row.iter().position(|x| !x.is_finite()) {
                return Err(Error::Data(format!(
                    "row {}, column {}: {} is not a finite number",
                    i + 1,
                    j + 1,
                    row[j]
                )));
            }
            // scaled, so that no square leaves the doubles
            let largest = row.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            if largest == 0.0 {
                lengths.push(0.0);
                continue;
            }
            row.iter_mut().for_each(|x| *x /= largest);
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            row.iter_mut().for_each(|x| *x /= length);
            let length = length * largest;
            if !length.is_finite() {
                return Err(Error::Data(format!(
                    "row {} is too long for doubles",
                    i + 1
                )));
            }
            lengths.push(length);
        }
        Ok(Points {
            dimension,
            given: rows,
            unit,
            lengths,
            angles: None,
        })
    }

    /// The rows with a constant coordinate 1 behind them: inputs of a network whose first layer has a bias. Directions then know
    /// lengths: rows of one coordinate, which have but two directions, become an arc.
    ///
    /// # Errors
    /// As [`Points::new`]; a row of zeros is none.
    ///
    /// ```
    /// use deeplimit::Points;
    /// let points = Points::lifted(1, vec![0.0, 1.0])?;
    /// assert_eq!((points.dimension(), points.given()), (2, &[0.0, 1.0, 1.0, 1.0][..]));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn lifted(dimension: usize, rows: Vec<f64>) -> Result<Self> {
        // looked at as they came, so that an error names their places
        let given = Self::with_zero_rows(dimension, rows)?.given;
        let lifted = given
            .chunks_exact(dimension)
            .flat_map(|row| row.iter().copied().chain([1.0]));
        Self::new(dimension + 1, lifted.collect())
    }

    /// The rows with a coordinate behind them that is 1 for rows of zeros and 0 for others: so a row of zeros is a point like others,
    /// orthogonal to them and the same as any other row of zeros. For data that have such rows where directions are wanted.
    ///
    /// # Errors
    /// As [`Points::new`]; a row of zeros is none.
    ///
    /// ```
    /// use deeplimit::Points;
    /// let points = Points::zeros_apart(1, vec![0.0, -5.0])?;
    /// assert_eq!(points.unit(), [0.0, 1.0, -1.0, 0.0]);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn zeros_apart(dimension: usize, rows: Vec<f64>) -> Result<Self> {
        let given = Self::with_zero_rows(dimension, rows)?.given;
        let own = |row: &[f64]| f64::from(u8::from(row.iter().all(|x| *x == 0.0)));
        let extended = given
            .chunks_exact(dimension)
            .flat_map(|row| row.iter().copied().chain([own(row)]));
        Self::new(dimension + 1, extended.collect())
    }

    /// The first row whose length is not 1, up to what the rounding of its coordinates to numbers of this `unit` (`2^-53` for
    /// doubles) can have done. A row is counted from 0.
    ///
    /// ```
    /// use deeplimit::Points;
    /// let points = Points::new(2, vec![0.6, 0.8, 3.0, 4.0])?;
    /// assert_eq!(points.not_of_unit_length(2f64.powi(-53)), Some(1));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn not_of_unit_length(&self, unit: f64) -> Option<usize> {
        let allowed = unit * (self.dimension as f64 + 6.0);
        let near = |length: &f64| (length - 1.0).abs() <= allowed;
        self.lengths.iter().position(|length| !near(length))
    }

    /// `n`
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// There is always one.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// `d`
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The lengths of the rows.
    pub fn lengths(&self) -> &[f64] {
        &self.lengths
    }

    /// The rows divided by their lengths, one after the other.
    pub fn unit(&self) -> &[f64] {
        &self.unit
    }

    /// The rows as they came.
    pub fn given(&self) -> &[f64] {
        &self.given
    }

    /// The rows of these numbers, in this order.
    ///
    /// # Errors
    /// [`Error::Data`] for a number that is no row, or none at all.
    pub fn selected(&self, rows: &[usize]) -> Result<Points> {
        if let Some(bad) = rows.iter().find(|r| **r >= self.len()) {
            return Err(Error::Data(format!(
                "there is no row {bad} (counted from 0) among {}",
                self.len()
            )));
        }
        if rows.is_empty() {
            return Err(Error::Data("no rows are selected".to_owned()));
        }
        let of = |x: &[f64]| {
            rows.iter()
                .flat_map(|r| &x[r * self.dimension..][..self.dimension])
                .copied()
                .collect()
        };
        Ok(Points {
            dimension: self.dimension,
            given: of(&self.given),
            unit: of(&self.unit),
            lengths: rows.iter().map(|r| self.lengths[*r]).collect(),
            angles: (self.angles.as_ref()).map(|a| rows.iter().map(|r| a[*r].clone()).collect()),
        })
    }

    /// Row `i` of the rows as they came, or of the unit vectors.
    pub(super) fn row<'a>(&self, of: &'a [f64], i: usize) -> &'a [f64] {
        &of[i * self.dimension..][..self.dimension]
    }

    /// The gap `1 - x . x'` of row `i` here and row `j` there with its digits, where the product of the unit vectors is near
    /// 1; `None` elsewhere. 0 where one row is a multiple of the other, exactly, and nowhere else: a gap that is below the range of
    /// doubles counts as their smallest normal number.
    #[inline]
    pub fn gap(&self, i: usize, other: &Points, j: usize, product: f64) -> Option<f64> {
        (product > NEAR).then(|| self.distance(i, other, j, 1.0))
    }

    /// As [`Points::gap`] for the opposite of the row there: `1 + x . x'`, where the product is near -1.
    #[inline]
    pub fn opposite_gap(&self, i: usize, other: &Points, j: usize, product: f64) -> Option<f64> {
        (product < -NEAR).then(|| self.distance(i, other, j, -1.0))
    }

    /// `|x - sign x'|^2/2`
    fn distance(&self, i: usize, other: &Points, j: usize, sign: f64) -> f64 {
        let (x, y) = (self.row(&self.unit, i), other.row(&other.unit, j));
        let t = half_square(x, y, sign);
        if t < VERY_NEAR {
            gap_of(self.row(&self.given, i), other.row(&other.given, j))
        } else {
            t
        }
    }
}

/// `|x - y|^2/2` of `x` and each of these rows, from the differences of the numbers as they stand: of unit vectors the gaps.
///
/// ```
/// assert_eq!(deeplimit::gram::gaps(&[1.0, 0.0], &[0.0, 1.0, 1.0, 0.0]), [1.0, 0.0]);
/// ```
pub fn gaps(x: &[f64], rows: &[f64]) -> Vec<f64> {
    let gap = |row: &[f64]| {
        let pairs = row.iter().zip(x);
        0.5 * pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
    };
    rows.chunks_exact(x.len()).map(gap).collect()
}

/// Two rows, and how they lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowPair {
    /// Their numbers from 0, the larger first.
    pub rows: [usize; 2],
    /// `x . x'` of the unit vectors, to some `d 2^-53`.
    pub rho: f64,
    /// `1 - rho` with its digits, where `rho > 0.9`.
    pub gap: Option<f64>,
    /// `1 + rho` with its digits, where `rho < -0.9`.
    pub opposite_gap: Option<f64>,
}

/// The pairs of rows that lie closest to each other and farthest apart, those of one line through the origin aside.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extremes {
    /// The closest pair whose directions differ.
    pub nearest: Option<RowPair>,
    /// The farthest pair whose directions are not opposite.
    pub farthest: Option<RowPair>,
    /// Pairs of exactly the same direction.
    pub same: usize,
    /// Pairs of exactly opposite directions.
    pub opposite: usize,
}

impl Extremes {
    fn of(pair: RowPair) -> Self {
        let (same, opposite) = (pair.gap == Some(0.0), pair.opposite_gap == Some(0.0));
        Extremes {
            nearest: (!same).then_some(pair),
            farthest: (!opposite).then_some(pair),
            same: same.into(),
            opposite: opposite.into(),
        }
    }

    fn with(self, other: Self) -> Self {
        // by the gap where both have one, else by the correlation; the first of equals
        let chosen = |a: Option<RowPair>,
                      b: Option<RowPair>,
                      gap: fn(&RowPair) -> Option<f64>,
                      sign: f64| {
            let (Some(p), Some(q)) = (a, b) else {
                return a.or(b);
            };
            let second = match (gap(&p), gap(&q)) {
                (Some(s), Some(t)) => t < s,
                _ => sign * q.rho > sign * p.rho,
            };
            Some(if second { q } else { p })
        };
        Extremes {
            nearest: chosen(self.nearest, other.nearest, |p| p.gap, 1.0),
            farthest: chosen(self.farthest, other.farthest, |p| p.opposite_gap, -1.0),
            same: self.same + other.same,
            opposite: self.opposite + other.opposite,
        }
    }
}

impl Points {
    /// The rows that lie closest to each other, and those that lie farthest apart, by their angle; the first of equals. Pairs
    /// whose correlations are one double are told apart by their gaps, and those on one line are counted. `O(n^2 d)`, on all
    /// cores.
    ///
    /// # Errors
    /// [`Error::Data`] with the first row that is zero.
    ///
    /// ```
    /// use deeplimit::gram::Points;
    /// let points = Points::new(2, vec![1e200, 0.0, 1e-200, 1e-210, 0.0, 3.0, 5.0, 0.0]).unwrap();
    /// let found = points.extremes().unwrap();
    /// let (near, far) = (found.nearest.unwrap(), found.farthest.unwrap());
    /// // 1 - cos(1e-10) = 5e-21
    /// assert!(near.rows == [1, 0] && (near.gap.unwrap() / 5e-21 - 1.0).abs() < 1e-15);
    /// assert!(far.rows == [2, 0] && far.rho == 0.0);
    /// // the last row is a multiple of the first
    /// assert_eq!((found.same, found.opposite), (1, 0));
    /// ```
    pub fn extremes(&self) -> Result<Extremes> {
        self.directed()?;
        let pair = |i: usize, j: usize| {
            let (x, y) = (self.row(&self.unit, i), self.row(&self.unit, j));
            let rho = x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>();
            Extremes::of(RowPair {
                rows: [i, j],
                rho: rho.clamp(-1.0, 1.0),
                gap: self.gap(i, self, j, rho),
                opposite_gap: self.opposite_gap(i, self, j, rho),
            })
        };
        let of_row = |i: usize| {
            (0..i)
                .map(|j| pair(i, j))
                .fold(Extremes::default(), Extremes::with)
        };
        let all: Vec<Extremes> = (1..self.len()).into_par_iter().map(of_row).collect();
        Ok(all.into_iter().fold(Extremes::default(), Extremes::with))
    }
}

/// How far the correlations of rows may be off by rounding: bounds, which grow with the dimension as if all roundings went the
/// same way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounding {
    /// Of gaps `1 - x . x'` and `1 + x . x'` below 0.1, relative.
    pub gap: f64,
    /// Of other correlations, absolute.
    pub product: f64,
}

impl Rounding {
    /// For rows of so many numbers.
    ///
    /// With `u = 2^-53`: every number of a unit vector is rounded twice, so it is off by `2 u`; a product of two takes `d` more. The
    /// difference of two, `sqrt(2 t)` long, is off by `4 u`, its square by twice as much, relatively; from rows as they came sums of
    /// `d` terms of one sign are divided by each other.
    ///
    /// ```
    /// use deeplimit::gram::Rounding;
    /// let r = Rounding::of(10);
    /// assert!(r.product < 2e-15 && r.gap < 3e-14);
    /// ```
    pub fn of(dimension: usize) -> Self {
        let (u, d) = (f64::EPSILON / 2.0, dimension as f64);
        let unit = 8.0 / (2.0 * VERY_NEAR).sqrt() + d / LANES as f64 + 16.0;
        Rounding {
            gap: u * unit.max(2.0 * d + 16.0),
            product: u * (d + 6.0),
        }
    }
}

/// `|x - sign y|^2/2`
#[inline]
fn half_square(x: &[f64], y: &[f64], sign: f64) -> f64 {
    let square = |x: f64, y: f64| {
        let difference = x - sign * y;
        difference * difference
    };
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (x, y) in xs.iter().zip(ys) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += square(*x, *y);
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| square(*x, *y)).sum();
    (sums.iter().sum::<f64>() + rest) / 2.0
}

/// `1 - |cos|` of the angle between two vectors that are nearly parallel, or nearly opposite, from their coordinates as they are.
///
/// `e = b - r a` with `r = a . b/|a|^2`, each coordinate rounded once (fused): what the rounding of `r` does is parallel to
/// `a` and is projected out again. Then `sin^2 = |e|^2/|b|^2` and `1 - cos = sin^2/(1 + cos)`.
pub fn gap_of(a: &[f64], b: &[f64]) -> f64 {
    let scale = |x: &[f64]| x.iter().fold(0.0f64, |m, x| m.max(x.abs())).log2().floor();
    // by a power of two, which is exact, so that no square leaves the doubles
    let power = |x: &[f64]| 2f64.powi(-(scale(x).max(-1000.0) as i32));
    let (p, q) = (power(a), power(b));
    let pairs = || a.iter().zip(b).map(|(x, y)| (x * p, y * q));
    let (mut aa, mut ab, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in pairs() {
        (aa, ab, bb) = (aa + x * x, ab + x * y, bb + y * y);
    }
    let r = ab / aa;
    let left: f64 = pairs().map(|(x, y)| (-r).mul_add(x, y) * x).sum::<f64>() / aa;
    let sine: f64 = pairs()
        .map(|(x, y)| {
            let e = (-r).mul_add(x, y) - left * x;
            e * e
        })
        .sum::<f64>()
        / bb;
    if sine < FINE {
        return fine_gap(a, b);
    }
    sine / (1.0 + (1.0 - sine.min(1.0)).sqrt())
}

/// The same in multiple precision: 0 if and only if the vectors are parallel.
///
/// With `a_j` the largest number of `a`, `w = a_j b - b_j a` has exact zeros and full digits elsewhere, and
/// `sin^2 = (|w|^2 - (w . a)^2/|a|^2)/(a_j^2 |b|^2)`, where no more is lost than the dimension.
fn fine_gap(a: &[f64], b: &[f64]) -> f64 {
    if a == b {
        return 0.0;
    }
    let float = |x: f64| Float::with_val(BITS, x);
    let largest = |best: usize, j: usize| if a[j].abs() > a[best].abs() { j } else { best };
    let j = (0..a.len()).fold(0, largest);
    let (top, other) = (float(a[j]), float(b[j]));
    let zero = || Float::new(BITS);
    let (mut aa, mut bb, mut ww, mut wa) = (zero(), zero(), zero(), zero());
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (float(*x), float(*y));
        let w = y.clone().mul_sub_mul(&top, &x, &other);
        wa += &w * &x;
        ww += w.square();
        aa += x.square();
        bb += y.square();
    }
    if ww.is_zero() {
        return 0.0;
    }
    let projected = ww - wa.square() / aa;
    let sine = projected / (top.square() * bb);
    let cosine = Float::with_val(BITS, 1 - &sine).sqrt();
    let t: Float = sine / (1u32 + cosine);
    t.to_f64().max(f64::MIN_POSITIVE)
}
