//! The same function once more, for the loops over millions of correlations: polynomials of degree 7 on finer cells, each of
//! which is one cache line.
//!
//! Made from [`Charts`], in the same three charts. What a value costs is bringing the coefficients of different lanes together;
//! so there are few of them, and neither centre nor width: in a gap chart the leading bits of the double are the number of the
//! cell and the others the local coordinate; in the middle chart they are the whole part and the rest of `2^s rho`. Cells are
//! halved until the polynomials of degree 7 are those of degree 13 up to rounding.

use std::sync::LazyLock;

use rayon::prelude::*;

use super::charts::{Charts, Mirror, Place};
use crate::real::Chebyshev;

/// Coefficients of a cell.
pub const TERMS: usize = 8;
/// `1 - rho` and `1 + rho` are at least `2^-LOWEST` where `rho` is a double inside of `(-1, 1)`.
const LOWEST: u32 = 53;
/// Divisions of an octave, and of the middle: `2^s` cells.
const DIVISIONS: std::ops::RangeInclusive<u32> = 4..=9;
/// The last Chebyshev coefficient may be so large, relative to the largest value nearby (a quarter of an octave, a sixteenth
/// in the middle): those that are left out are some 64 times smaller, and smaller again. (Not the deviation: where that is
/// rounding in one place, it hides what is left out in another.)
const LAST: f64 = 2e-14;
/// Eights of correlations whose cells are found in one go.
pub(super) const AT_ONCE: usize = 8;

pub(super) const MANTISSA: u64 = (1 << 52) - 1;
pub(super) const ONE: u64 = 1023 << 52;
/// A number below 2^50 plus this has its whole part, rounded to nearest, in its last bits.
pub(super) const SHIFT: f64 = 1.5 * (1u64 << 52) as f64;

/// The coefficients of the powers of the local coordinate.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub struct Cell(pub(super) [f64; TERMS]);

/// The function in lines.
#[derive(Clone, Debug)]
pub struct Lines {
    pub(super) cells: Vec<Cell>,
    /// `s`
    pub(super) division: u32,
    /// `2^s`
    pub(super) scale: f64,
    /// What is added to a gap's leading bits, or to the bits of `2^s rho + SHIFT`, to give the number of the cell.
    pub(super) near: u64,
    pub(super) far: u64,
    pub(super) middle: u64,
    deviation: f64,
    last: f64,
}

impl Lines {
    /// From charts.
    pub fn of(charts: &Charts) -> Self {
        Self::weighed(charts, false, |_, value| value.abs())
    }

    /// The same where errors count relative to `size(place, value)` ([`Charts::weighed`]). `mixed`: for `rho > 1/2` the charts
    /// hold logarithms of what they hold elsewhere, and so do the lines.
    pub fn weighed(charts: &Charts, mixed: bool, size: impl Fn(Place, f64) -> f64 + Sync) -> Self {
        let mut lines = Self::divided(charts, mixed, *DIVISIONS.start(), &size);
        while lines.last > LAST && lines.division < *DIVISIONS.end() {
            lines = Self::divided(charts, mixed, lines.division + 1, &size);
        }
        lines
    }

    fn divided(
        charts: &Charts,
        mixed: bool,
        s: u32,
        weight: &(impl Fn(Place, f64) -> f64 + Sync),
    ) -> Self {
        let (octave, count) = (1usize << s, (LOWEST as usize - 1) << s);
        let base = u64::from(1023 - LOWEST) << s;
        let edge = |n: usize| f64::from_bits((base + n as u64) << (52 - s));
        let gap = |n: usize, y: f64| edge(n) + (edge(n + 1) - edge(n)) / 2.0 * (1.0 + y);
        let fits = |count: usize, place: &(dyn Fn(usize, f64) -> Place + Sync), middle: bool| {
            let all = (0..count).into_par_iter().with_min_len(64);
            let fit = |n| {
                Fit::new(|y| {
                    let place = place(n, y);
                    let value = charts.at_place(place);
                    match place {
                        // the last cell of the middle reaches beyond 1/2
                        Place::Near(_) if middle && mixed => (value.exp(), value.exp()),
                        _ => (value, weight(place, value)),
                    }
                })
            };
            all.map(fit).collect::<Vec<Fit>>()
        };
        let mirror = charts.mirror();
        // from the cell around 0 outwards
        let inner =
            |n: usize, y: f64, side: f64| Place::of((side * n as f64 + y / 2.0) / octave as f64);
        let near = fits(count, &|n, y| Place::Near(gap(n, y)), false);
        let mut right = fits(octave / 2 + 1, &|n, y| inner(n, y, 1.0), true);
        let (far, left) = match mirror {
            Mirror::None => (
                fits(count, &|n, y| Place::Far(gap(n, y)), false),
                fits(octave / 2 + 1, &|n, y| inner(n, y, -1.0), true),
            ),
            // to the last bit: 1 + rho plays the part of 1 - rho
            _ => {
                let sign = if mirror == Mirror::Odd { -1.0 } else { 1.0 };
                right[0].purge(mirror);
                let of = |fits: &[Fit], turn| fits.iter().map(|f| f.times(sign, turn)).collect();
                (of(&near, 1.0), of(&right, -1.0))
            }
        };
        let size = |fits: &[Fit]| fits.iter().fold(0.0, |m: f64, f| m.max(f.largest));
        // without a symmetry the function may be smaller further on: there an error counts relative to the first octave
        let floor = match mirror {
            Mirror::None => size(&far[count - octave..]),
            _ => 0.0,
        };
        let middle: Vec<Fit> = left.into_iter().skip(1).rev().chain(right).collect();
        let (mut deviation, mut last) = (0.0f64, 0.0f64);
        for (fits, piece, floor) in [
            (&near, octave / 4, 0.0),
            (&far, octave / 4, floor),
            (&middle, octave / 16, 0.0),
        ] {
            for piece in fits.chunks(piece) {
                let size = size(piece).max(floor);
                if size > 0.0 {
                    for fit in piece {
                        deviation = deviation.max(fit.apart / size);
                        last = last.max(fit.last / size);
                    }
                }
            }
        }
        let start = (2 * count + octave / 2) as u64;
        Lines {
            cells: near
                .iter()
                .chain(&far)
                .chain(&middle)
                .map(|f| f.cell)
                .collect(),
            division: s,
            scale: octave as f64,
            near: 0u64.wrapping_sub(base),
            far: (count as u64).wrapping_sub(base),
            middle: start.wrapping_sub(SHIFT.to_bits()),
            deviation,
            last,
        }
    }

    /// How far the polynomials are from the charts' where that is largest, relative to the largest value nearby.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// Cells.
    pub fn size(&self) -> usize {
        self.cells.len()
    }

    /// The number of the cell and the local coordinate of `rho` inside of `(-1, 1)`: selections, no branches.
    #[inline(always)]
    fn place(&self, rho: f64) -> (u64, f64) {
        let start = if rho > 0.5 { self.near } else { self.far };
        let bits = (1.0 - rho.abs()).to_bits();
        let outer = (bits >> (52 - self.division)).wrapping_add(start);
        let y = 2.0 * f64::from_bits(((bits << self.division) & MANTISSA) | ONE) - 3.0;
        let z = rho * self.scale;
        let whole = z + SHIFT;
        let inner = whole.to_bits().wrapping_add(self.middle);
        let x = 2.0 * (z - (whole - SHIFT));
        if rho.abs() > 0.5 {
            (outer, y)
        } else {
            (inner, x)
        }
    }

    /// The value at `rho` inside of `(-1, 1)`.
    #[inline(always)]
    pub fn at(&self, rho: f64) -> f64 {
        let (index, y) = self.place(rho);
        value(&self.cells[index as usize], y)
    }

    /// The values at all numbers of a slice, eight at a time (what both have: the longer one's rest stays as it is); `ends` at `-1` and `1` and beyond, undefined for NaN.
    pub fn at_all(&self, rho: &[f64], out: &mut [f64], ends: [f64; 2]) {
        let n = rho.len().min(out.len());
        let (eights, rest) = rho[..n].as_chunks::<8>();
        let (slots, last) = out[..n].as_chunks_mut::<8>();
        let inside = super::vector::values(self, eights, slots);
        let end = |rho: f64| match rho.is_nan() {
            true => f64::NAN,
            false => ends[usize::from(rho > 0.0)],
        };
        let outside = |rho: f64| rho.is_nan() || rho.abs() >= 1.0;
        if !inside {
            let pairs = slots
                .as_flattened_mut()
                .iter_mut()
                .zip(eights.as_flattened());
            for (x, rho) in pairs.filter(|(_, rho)| outside(**rho)) {
                *x = end(*rho);
            }
        }
        for (x, rho) in last.iter_mut().zip(rest) {
            *x = match outside(*rho) {
                true => end(*rho),
                false => self.at(*rho),
            };
        }
    }

    /// The values at several places at once, to the last bit those of [`Lines::at`] inside of `(-1, 1)` and that at 0
    /// elsewhere; `true` if there is no elsewhere.
    pub(super) fn at_eights(&self, rho: &[[f64; 8]], out: &mut [[f64; 8]]) -> bool {
        let mut all = true;
        for (rho, out) in rho.iter().zip(out) {
            for (rho, out) in rho.iter().zip(out) {
                let inside = rho.abs() < 1.0;
                *out = self.at(if inside { *rho } else { 0.0 });
                all &= inside;
            }
        }
        all
    }
}

#[inline(always)]
fn value(cell: &Cell, y: f64) -> f64 {
    let c = &cell.0;
    let mut sum = c[TERMS - 1];
    for c in c[..TERMS - 1].iter().rev() {
        sum = sum * y + c;
    }
    sum
}

/// Nodes and transform of a cell.
static BASIS: LazyLock<Chebyshev<TERMS>> = LazyLock::new(Chebyshev::new);

/// A polynomial through the values at the Chebyshev nodes, the largest value, and how far it is from the function.
#[derive(Clone, Copy)]
struct Fit {
    cell: Cell,
    largest: f64,
    apart: f64,
    /// The modulus of the last Chebyshev coefficient.
    last: f64,
}

impl Fit {
    /// Of a function of the local coordinate, which comes with what its errors are relative to.
    fn new(f: impl Fn(f64) -> (f64, f64)) -> Self {
        let samples: [f64; TERMS] = std::array::from_fn(|j| f(BASIS.node(j)).0);
        let chebyshev = BASIS.coefficients(&samples);
        let mut cell = Cell(Chebyshev::powers(&chebyshev));
        // a constant stays one to the last bit
        if samples.iter().all(|x| *x == samples[0]) {
            cell = Cell::default();
            cell.0[0] = samples[0];
        }
        let (mut largest, mut apart) = (0.0f64, 0.0f64);
        // in between, where the difference is largest
        for j in 0..=TERMS {
            let y = BASIS.extremum(j);
            let (exact, size) = f(y);
            largest = largest.max(size);
            apart = apart.max((value(&cell, y) - exact).abs());
        }
        Fit {
            cell,
            largest,
            apart,
            last: chebyshev[TERMS - 1].abs(),
        }
    }

    /// `sign f(turn y)`
    fn times(&self, sign: f64, turn: f64) -> Self {
        let mut out = *self;
        for (k, c) in out.cell.0.iter_mut().enumerate() {
            *c *= if k % 2 == 1 { sign * turn } else { sign };
        }
        out
    }

    /// Around 0 an even function has no odd coefficients and an odd one no even ones.
    fn purge(&mut self, mirror: Mirror) {
        let absent = usize::from(mirror == Mirror::Even);
        self.cell
            .0
            .iter_mut()
            .skip(absent)
            .step_by(2)
            .for_each(|c| *c = 0.0);
    }
}
