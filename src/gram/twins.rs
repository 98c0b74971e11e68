//! Rows of one direction: which rows say nothing new.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use super::points::{Points, gap_of};

/// Multiples whose numbers were rounded are no further apart than this: each of two numbers is off by `2^-53`, relatively, so the
/// sine of the angle is at most `2^-52`.
const ROUNDED: f64 = 2.5e-32;

/// How many rows have the direction of an earlier one, or the opposite one. A row counts once, as the first of these that it is.
///
/// ```
/// use deeplimit::gram::{Points, Twins};
/// let rows = vec![3.0, 1.0, 1.0, 2.0, 3.0, 1.0, 6.0, 2.0, -9.0, -3.0, 0.3, 0.1, 3.0, 1.000001];
/// let twins = Twins::of(&Points::new(2, rows).unwrap());
/// assert_eq!((twins.equal, twins.parallel, twins.rounded, twins.opposite), (1, 1, 1, 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Twins {
    /// The same numbers: the kernel of equal inputs.
    pub equal: usize,
    /// The numbers times a positive number, exactly: the kernel of equal inputs as well (times the lengths, where they count).
    pub parallel: usize,
    /// As near to that as rounding is: the kernel of the numbers as they stand, whose gap is 2.5e-32 or less.
    pub rounded: usize,
    /// The numbers times a negative number, exactly or as nearly.
    pub opposite: usize,
}

/// A row, of whichever set.
struct Numbered<'a> {
    given: &'a [f64],
    unit: &'a [f64],
    /// On a line through 0, without its sign: rows of one direction are neighbours there.
    place: f64,
    number: usize,
}

/// The numbers of a row; there is no NaN among them.
#[derive(PartialEq)]
struct Numbers<'a>(&'a [f64]);

impl Eq for Numbers<'_> {}

impl Hash for Numbers<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // -0.0 as 0
        self.0.iter().for_each(|x| (x + 0.0).to_bits().hash(state));
    }
}

impl Twins {
    /// Among the rows of a set.
    pub fn of(points: &Points) -> Self {
        Self::counted(points, None)
    }

    /// The rows of a set that are rows of another one in this sense.
    pub fn between(points: &Points, others: &Points) -> Self {
        Self::counted(points, Some(others))
    }

    /// Of the rows that are counted, some are.
    pub fn any(&self) -> bool {
        *self != Twins::default()
    }

    fn counted(points: &Points, others: Option<&Points>) -> Self {
        let line = line(points.dimension());
        let mut twins = Twins::default();
        let mut seen = HashSet::new();
        let mut rows = Vec::new();
        // those that rows are compared with have lower numbers
        for n in 0..others.map_or(0, Points::len) {
            let row = row(others.unwrap_or(points), n, &line, n);
            if seen.insert(Numbers(row.given)) {
                rows.push(row);
            }
        }
        let known = others.map_or(0, Points::len);
        for n in 0..points.len() {
            let row = row(points, n, &line, known + n);
            match others {
                None if seen.insert(Numbers(row.given)) => rows.push(row),
                Some(_) if !seen.contains(&Numbers(row.given)) => rows.push(row),
                _ => twins.equal += 1,
            }
        }
        rows.sort_by(|a, b| a.place.total_cmp(&b.place));
        let tolerance = 8.0 * f64::EPSILON * (points.dimension() as f64 + 8.0);
        for (n, row) in rows.iter().enumerate() {
            // rows of zeros have no direction
            if row.number < known || row.given.iter().all(|x| *x == 0.0) {
                continue;
            }
            let last = if others.is_some() { known } else { row.number };
            let near = |other: &&Numbered| (other.place - row.place).abs() <= tolerance;
            let (before, after) = (rows[..n].iter().rev(), rows[n + 1..].iter());
            let window = before.take_while(near).chain(after.take_while(near));
            let kinds = window
                .filter(|other| other.number < last)
                .filter_map(|other| kind(row, other));
            match kinds.min() {
                Some(Likeness::Parallel) => twins.parallel += 1,
                Some(Likeness::Rounded) => twins.rounded += 1,
                Some(Likeness::Opposite) => twins.opposite += 1,
                None => {}
            }
        }
        twins
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Parallel,
    Rounded,
    Opposite,
}

fn kind(row: &Numbered, other: &Numbered) -> Option<Likeness> {
    let product: f64 = row.unit.iter().zip(other.unit).map(|(a, b)| a * b).sum();
    // neighbours on the line that are none in space
    if product.abs() < 0.9 {
        return None;
    }
    let gap = gap_of(row.given, other.given);
    match product > 0.0 {
        true if gap == 0.0 => Some(Likeness::Parallel),
        true if gap <= ROUNDED => Some(Likeness::Rounded),
        false if gap <= ROUNDED => Some(Likeness::Opposite),
        _ => None,
    }
}

fn row<'a>(points: &'a Points, n: usize, line: &[f64], number: usize) -> Numbered<'a> {
    let unit = points.row(points.unit(), n);
    let place: f64 = unit.iter().zip(line).map(|(x, l)| x * l).sum();
    Numbered {
        given: points.row(points.given(), n),
        unit,
        place: place.abs(),
        number,
    }
}

/// Numbers without rhyme or reason in `(-1, 1)` (SplitMix64): by chance alone do rows lie side by side along them.
fn line(dimension: usize) -> Vec<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    (0..dimension)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}
