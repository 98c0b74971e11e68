//! Points on the sphere with labels, checked once.

use std::cmp::Ordering;
use std::collections::HashMap;

use rug::Rational;

use crate::error::{Error, Result};
use crate::real::{Bits, Real};
use crate::recursion::Correlation;

/// How far from 1 the norm of a point may be that was rounded to doubles.
const ROUNDING: f64 = 1e-12;

/// What to do with a point off the unit sphere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sphere {
    /// An error that names it.
    Refuse,
    /// Divide it by its norm.
    Normalise,
}

/// Points on the unit sphere, exactly: a row of doubles stands for the row divided by its norm.
#[derive(Clone, Debug)]
pub enum Points {
    /// Rows of coordinates.
    Coordinates(Vec<Vec<f64>>),
    /// `(cos(pi a), sin(pi a))` for rational `a`.
    Circle(Vec<Rational>),
}

impl Points {
    /// Rows of the same length, finite and of norm 1 (within `1e-12`, which rounding explains).
    ///
    /// # Errors
    /// [`Error::Domain`] with the number of the first bad row, counted from 1.
    pub fn coordinates(mut rows: Vec<Vec<f64>>, sphere: Sphere) -> Result<Self> {
        let width = rows.first().map_or(0, Vec::len);
        if width == 0 {
            return Err(Error::Domain("there are no points".into()));
        }
        for (i, row) in rows.iter_mut().enumerate() {
            let n = i + 1;
            if row.len() != width {
                return Err(Error::Domain(format!(
                    "point {n} has {} coordinates, point 1 has {width}",
                    row.len()
                )));
            }
            if let Some(x) = row.iter().find(|x| !x.is_finite()) {
                return Err(Error::Domain(format!("point {n} has the coordinate {x}")));
            }
            let largest = row.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            if largest == 0.0 {
                return Err(Error::Domain(format!(
                    "point {n} is the origin, which is on no sphere"
                )));
            }
            let norm = largest
                * row
                    .iter()
                    .map(|x| (x / largest).powi(2))
                    .sum::<f64>()
                    .sqrt();
            if (norm - 1.0).abs() > ROUNDING {
                if sphere == Sphere::Refuse {
                    return Err(Error::Domain(format!(
                        "point {n} is off the unit sphere (its norm is {norm}); ask for normalisation if that is meant"
                    )));
                }
                row.iter_mut().for_each(|x| *x /= norm);
            }
        }
        Ok(Points::Coordinates(rows))
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Points::Coordinates(rows) => rows.len(),
            Points::Circle(angles) => angles.len(),
        }
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Coordinates per point.
    pub fn dimension(&self) -> usize {
        match self {
            Points::Coordinates(rows) => rows.first().map_or(0, Vec::len),
            Points::Circle(_) => 2,
        }
    }

    /// As rows of doubles.
    pub fn rows(&self) -> Vec<Vec<f64>> {
        match self {
            Points::Coordinates(rows) => rows.clone(),
            Points::Circle(angles) => angles
                .iter()
                .map(|a| {
                    let (sin, cos) = (a.to_f64() * std::f64::consts::PI).sin_cos();
                    vec![cos, sin]
                })
                .collect(),
        }
    }

    /// The points at a precision of choice.
    pub fn places<R: Real>(&self, bits: Bits) -> Places<R> {
        let unit = |row: &Vec<f64>| {
            let row: Vec<R> = row
                .iter()
                .map(|x| R::rational(&Rational::from_f64(*x).unwrap_or_default(), bits))
                .collect();
            let square = row.iter().fold(R::int(0, bits), |s, x| &s + &x.powi(2));
            let norm = square.sqrt();
            row.iter().map(|x| x / &norm).collect()
        };
        Places {
            bits,
            rows: match self {
                Points::Coordinates(rows) => rows.iter().map(unit).collect(),
                Points::Circle(angles) => angles
                    .iter()
                    .map(|a| {
                        let angle = &R::pi(bits) * &R::rational(a, bits);
                        vec![angle.cos(), angle.sin()]
                    })
                    .collect(),
            },
        }
    }

    /// Is point `i` here the point `j` there?
    pub fn same(&self, i: usize, other: &Points, j: usize) -> bool {
        match (self, other) {
            (Points::Coordinates(a), Points::Coordinates(b)) => a[i] == b[j],
            (Points::Circle(a), Points::Circle(b)) => a[i] == b[j],
            _ => false,
        }
    }

    /// A key that equal points share: the bits of the coordinates, `-0` as `0`; the letters of the angle.
    fn key(&self, i: usize) -> Vec<u64> {
        match self {
            Points::Coordinates(rows) => rows[i].iter().map(|x| (x + 0.0).to_bits()).collect(),
            Points::Circle(angles) => angles[i].to_string().bytes().map(u64::from).collect(),
        }
    }
}

/// Points at some precision.
#[derive(Clone, Debug)]
pub struct Places<R> {
    bits: Bits,
    rows: Vec<Vec<R>>,
}

impl<R: Real> Places<R> {
    /// `x . x'` by the gap `|x - x'|^2/2`, which has digits where the points are close; for equal points (`same`) it is
    /// exactly 0.
    pub fn correlation(&self, i: usize, other: &Places<R>, j: usize, same: bool) -> Correlation<R> {
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

/// Points with labels `0..classes`.
#[derive(Clone, Debug)]
pub struct Training {
    points: Points,
    labels: Vec<usize>,
    classes: usize,
}

impl Training {
    /// # Errors
    /// [`Error::Domain`] where the numbers of points and labels differ, there is a single class, or a point stands twice
    /// with different labels.
    pub fn new(points: Points, labels: Vec<usize>) -> Result<Self> {
        if points.len() != labels.len() {
            return Err(Error::Domain(format!(
                "there are {} points and {} labels",
                points.len(),
                labels.len()
            )));
        }
        let classes = labels.iter().max().map_or(0, |c| c + 1);
        let present = (0..classes).filter(|c| labels.contains(c)).count();
        if present < 2 {
            return Err(Error::Domain(
                "all labels are the same: there is a single class, and nothing to decide".into(),
            ));
        }
        if present < classes {
            let empty = (0..classes).find(|c| !labels.contains(c)).unwrap_or(0);
            return Err(Error::Domain(format!(
                "class {empty} has no point, class {} has",
                classes - 1
            )));
        }
        let mut seen: HashMap<Vec<u64>, usize> = HashMap::new();
        for (i, label) in labels.iter().enumerate() {
            match seen.get(&points.key(i)) {
                Some(first) if labels[*first] != *label => {
                    return Err(Error::Domain(format!(
                        "points {} and {} are the same and have the labels {} and {label}",
                        first + 1,
                        i + 1,
                        labels[*first]
                    )));
                }
                Some(_) => {}
                None => {
                    seen.insert(points.key(i), i);
                }
            }
        }
        Ok(Training {
            points,
            labels,
            classes,
        })
    }

    /// The points.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// The labels.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// How many classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many points each class has.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        self.labels.iter().for_each(|c| counts[*c] += 1);
        counts
    }

    /// Each point once: the places of first occurrence. A kernel matrix with a row twice has no inverse; the label is the
    /// same, so nothing is lost.
    pub fn distinct(&self) -> Vec<usize> {
        let mut seen = HashMap::new();
        (0..self.labels.len())
            .filter(|i| seen.insert(self.points.key(*i), *i).is_none())
            .collect()
    }

    /// # Errors
    /// [`Error::Domain`] where these are not points of the same space.
    pub(super) fn accepts(&self, tests: &Points) -> Result<()> {
        if tests.dimension() == self.points.dimension() {
            return Ok(());
        }
        Err(Error::Domain(format!(
            "the training points have {} coordinates, the test points have {}",
            self.points.dimension(),
            tests.dimension()
        )))
    }
}
