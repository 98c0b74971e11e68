//! Points at any precision: the numbers of a row as they stand, divided by the row's exact length.

use std::cmp::Ordering;

use rug::Rational;

use super::points::{Points, gap_of};
use crate::error::Result;
use crate::real::{Bits, Real};
use crate::recursion::Correlation;

impl Points {
    /// `(cos(pi a), sin(pi a))` for rational `a`, which any precision has: in doubles the nearest ones.
    ///
    /// ```
    /// use deeplimit::{gram::Points, real::Ball};
    /// use rug::Rational;
    /// let points = Points::on_circle(vec![Rational::new(), Rational::from((1, 3))]).unwrap();
    /// let x = points.exactly::<Ball>(200);
    /// let half = x.correlation(0, &x, 1, false).value();
    /// assert!(half.rad() < 1e-58 && (half.mid().to_f64() - 0.5).abs() < 1e-58);
    /// ```
    ///
    /// # Errors
    /// [`crate::error::Error::Data`] where there are none.
    pub fn on_circle(angles: Vec<Rational>) -> Result<Self> {
        let row = |a: &Rational| {
            let (sin, cos) = (a.to_f64() * std::f64::consts::PI).sin_cos();
            [cos, sin]
        };
        let mut points = Self::new(2, angles.iter().flat_map(row).collect())?;
        points.angles = Some(angles);
        Ok(points)
    }

    /// The unit vectors at a precision of choice.
    pub fn exactly<R: Real>(&self, bits: Bits) -> ExactPoints<R> {
        let unit = |row: &[f64]| -> Vec<R> {
            let largest = row.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            // by a power of two, which is exact, so that no square leaves the doubles
            let power = -(largest.log2().floor().max(-1074.0) as i32);
            let number = |x: &f64| R::rational(&Rational::from_f64(*x).unwrap_or_default(), bits);
            let row: Vec<R> = row.iter().map(|x| number(x).scale2(power)).collect();
            let square = row.iter().fold(R::int(0, bits), |s, x| &s + &x.powi(2));
            let norm = square.sqrt();
            row.iter().map(|x| x / &norm).collect()
        };
        let turned = |a: &Rational| {
            let angle = &R::pi(bits) * &R::rational(a, bits);
            vec![angle.cos(), angle.sin()]
        };
        let rows = match &self.angles {
            None => self
                .given()
                .chunks_exact(self.dimension())
                .map(unit)
                .collect(),
            Some(angles) => angles.iter().map(turned).collect(),
        };
        ExactPoints { bits, rows }
    }

    /// Has row `i` here exactly the direction of row `j` there?
    pub fn same(&self, i: usize, other: &Points, j: usize) -> bool {
        if let (Some(a), Some(b)) = (&self.angles, &other.angles) {
            return a[i] == b[j];
        }
        let rows = |of: fn(&Points) -> &[f64]| (self.row(of(self), i), other.row(of(other), j));
        let (x, y) = rows(Points::unit);
        let (a, b) = rows(Points::given);
        // quotients of the same numbers round to the same
        x == y && (a == b || gap_of(a, b) == 0.0)
    }
}

/// Unit vectors at some precision.
#[derive(Clone, Debug)]
pub struct ExactPoints<R> {
    bits: Bits,
    rows: Vec<Vec<R>>,
}

impl<R: Real> ExactPoints<R> {
    /// `x . x'` by the gap `|x - x'|^2/2`, which has digits where the points are close; for equal points (`same`) it is
    /// exactly 0.
    pub fn correlation(
        &self,
        i: usize,
        other: &ExactPoints<R>,
        j: usize,
        same: bool,
    ) -> Correlation<R> {
        if same {
            return Correlation::Gap(R::int(0, self.bits));
        }
        let zero = R::int(0, self.bits);
        let square = self.rows[i]
            .iter()
            .zip(&other.rows[j])
            .fold(zero, |s, (a, b)| &s + &(a - b).powi(2));
        let gap = square.scale2(-1);
        let one = R::int(1, self.bits);
        // x . x' itself where it is small: 1 - gap has only absolute digits
        if gap.scale2(1).compare(&one) == Some(Ordering::Less) {
            return Correlation::Gap(gap);
        }
        let zero = R::int(0, self.bits);
        let dot = self.rows[i]
            .iter()
            .zip(&other.rows[j])
            .fold(zero, |s, (a, b)| &s + &(a * b));
        Correlation::Plain(dot)
    }
}
