//! A function of the correlation on `[-1, 1]` as polynomials of degree 13 on cells that shrink geometrically towards
//! `+-1`: what makes an evaluation cost the same for every kernel.
//!
//! Three charts: `rho` itself on `[-1/2, 1/2]`, the gap `t = 1 - rho` beyond `1/2`, `u = 1 + rho` below `-1/2`. In a gap
//! chart every octave `[2^-k-1, 2^-k]` is cut into `2^s` equal cells; exponent and leading bits of the double **are** the
//! number of its cell, so no logarithm is taken. A function that is analytic in a sector around the gap's axis (all
//! kernels are, the singular ones included: they are self-similar there) has the same relative width of analyticity in
//! every octave; `s` is raised until the last two Chebyshev coefficients are at rounding level.
//!
//! A cell is 16 doubles: centre, reciprocal half width, 14 coefficients in powers of the local coordinate in `[-1, 1]`.

use std::sync::LazyLock;

use rayon::prelude::*;

pub use super::place::{Mirror, Place};
use crate::real::Chebyshev;

/// Coefficients of a cell.
const TERMS: usize = 14;
/// Gaps down to `2^-LOWEST` (3e-33: two points of doubles are never closer without being equal) have cells of their own.
pub const LOWEST: u32 = 108;
/// `1 + rho` of a double `rho` is a multiple of `2^-53`.
const LOWEST_FAR: u32 = 54;
/// Cells that the middle chart begins with.
const MIDDLE: usize = 16;
/// The finest division: `2^6` cells an octave.
const FINEST: u32 = 6;
/// The last two Chebyshev coefficients may be this large, relative to the largest modulus in the cell. (The values come
/// from a recursion in doubles and are no smoother than that.)
const ROUGHNESS: f64 = 2e-14;

type Cell = [f64; TERMS + 2];

/// The compiled function.
#[derive(Clone, Debug)]
pub struct Charts {
    cells: Vec<Cell>,
    /// Of the charts near, far: `52 - s`, the number of the lowest cell before it is shifted, and where its cells begin.
    near: Octaves,
    far: Octaves,
    middle: usize,
    middle_start: usize,
    mirror: Mirror,
    /// The largest relative size of a last coefficient.
    roughness: f64,
    /// How far a polynomial is from the function between its nodes, relative to what an error counts relative to.
    deviation: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Octaves {
    shift: u32,
    base: u64,
    start: usize,
    count: usize,
}

impl Octaves {
    fn new(lowest: u32, s: u32, start: usize) -> Self {
        Octaves {
            shift: 52 - s,
            base: u64::from(1023 - lowest) << s,
            start,
            count: ((lowest - 1) as usize) << s,
        }
    }

    /// The cell of a gap; the lowest for smaller ones.
    #[inline(always)]
    fn index(&self, gap: f64) -> u64 {
        let n = (gap.to_bits() >> self.shift).saturating_sub(self.base);
        self.start as u64 + n.min(self.count as u64 - 1)
    }
}

impl Charts {
    /// Samples `f` and compiles it. `None` where `f` is undefined or infinite at a sampling point.
    pub fn new(mirror: Mirror, f: impl Fn(Place) -> f64 + Sync) -> Option<Self> {
        Self::weighed(mirror, f, |_, value| value.abs())
    }

    /// The same where errors count relative to `size(place, f(place))`: of a logarithm they are errors of its exponential, so
    /// relative to 1, or to as much as it can be known.
    pub fn weighed(
        mirror: Mirror,
        f: impl Fn(Place) -> f64 + Sync,
        size: impl Fn(Place, f64) -> f64 + Sync,
    ) -> Option<Self> {
        let near = |t| sampled(Place::Near(t), &f, &size);
        let (near_s, near, mut last) = octaves(LOWEST, false, near)?;
        let (middle, inner, last_inner) = {
            let mut count = MIDDLE;
            loop {
                // with a symmetry only the right half is sampled
                let first = if mirror == Mirror::None { 0 } else { count / 2 };
                let width = 1.0 / count as f64;
                let edges: Vec<f64> = (first..count).map(|i| i as f64 * width - 0.5).collect();
                let (cells, last) = fitted(&edges, &vec![width; edges.len()], edges.len(), |x| {
                    sampled(Place::Middle(x), &f, &size)
                })?;
                if last.rough <= ROUGHNESS || count >= MIDDLE << FINEST {
                    break (count, cells, last);
                }
                count *= 2;
            }
        };
        last = last.max(last_inner);
        let sign = if mirror == Mirror::Odd { -1.0 } else { 1.0 };
        let middle_start = near.len();
        let near_octaves = Octaves::new(LOWEST, near_s, 0);
        let mut cells = near;
        if mirror != Mirror::None {
            cells.extend(inner.iter().rev().map(|c| mirrored(c, sign)));
        }
        cells.extend(inner);
        let (far_s, far) = if mirror == Mirror::None {
            let far = |u| sampled(Place::Far(u), &f, &size);
            let (s, far, last_far) = octaves(LOWEST_FAR, true, far)?;
            last = last.max(last_far);
            (s, far)
        } else {
            // u plays the part of t
            let skipped = ((LOWEST - LOWEST_FAR) as usize) << near_s;
            let far = cells[skipped..middle_start]
                .iter()
                .map(|c| times(c, sign))
                .collect();
            (near_s, far)
        };
        let far_octaves = Octaves::new(LOWEST_FAR, far_s, cells.len());
        cells.extend(far);
        Some(Charts {
            cells,
            near: near_octaves,
            far: far_octaves,
            middle,
            middle_start,
            mirror,
            roughness: last.rough,
            deviation: last.apart,
        })
    }

    /// What a file takes: the divisions and the symmetry; roughness, deviation, and the cells.
    pub(super) fn to_parts(&self) -> ([u64; 4], Vec<f64>) {
        let division = |o: &Octaves| u64::from(52 - o.shift);
        let mirror = match self.mirror {
            Mirror::None => 0,
            Mirror::Even => 1,
            Mirror::Odd => 2,
        };
        let sizes = [
            division(&self.near),
            division(&self.far),
            self.middle as u64,
            mirror,
        ];
        let seen = [self.roughness, self.deviation];
        let cells = self.cells.iter().flatten().copied();
        (sizes, seen.into_iter().chain(cells).collect())
    }

    /// The same back; `None` where the numbers are not those of charts.
    pub(super) fn from_parts(
        [near, far, middle, mirror]: [u64; 4],
        numbers: &[f64],
    ) -> Option<Self> {
        let division = |s: u64| u32::try_from(s).ok().filter(|s| (1..=FINEST).contains(s));
        let (seen, rest) = numbers.split_at_checked(2)?;
        let (cells, []) = rest.as_chunks::<{ TERMS + 2 }>() else {
            return None;
        };
        let near = Octaves::new(LOWEST, division(near)?, 0);
        let middle = usize::try_from(middle).ok().filter(|n| *n > 0)?;
        let start = near.count.checked_add(middle)?;
        let far = Octaves::new(LOWEST_FAR, division(far)?, start);
        (start + far.count == cells.len()).then(|| Charts {
            cells: cells.to_vec(),
            near,
            far,
            middle,
            middle_start: near.count,
            mirror: match mirror {
                1 => Mirror::Even,
                2 => Mirror::Odd,
                _ => Mirror::None,
            },
            roughness: seen[0],
            deviation: seen[1],
        })
    }

    /// The same value everywhere.
    pub fn constant(value: f64) -> Option<Self> {
        let mut charts = Charts::new(Mirror::Even, |_| 0.0)?;
        for cell in &mut charts.cells {
            cell[2..].fill(0.0);
        }
        charts.raise(value);
        Some(charts)
    }

    /// All values are multiplied.
    pub fn scale(&mut self, factor: f64) {
        self.cells.iter_mut().for_each(|c| *c = times(c, factor));
    }

    /// The number is added to all values.
    pub fn raise(&mut self, by: f64) {
        self.cells.iter_mut().for_each(|c| c[2] += by);
    }

    /// Doubles in the table.
    pub fn size(&self) -> usize {
        self.cells.len() * (TERMS + 2)
    }

    /// The symmetry that it was made with.
    pub fn mirror(&self) -> Mirror {
        self.mirror
    }

    /// How large the last coefficients are.
    pub fn roughness(&self) -> f64 {
        self.roughness
    }

    /// The largest difference of the polynomials from the function where they are furthest from their nodes, once in every
    /// cell: what roughness, seen at the nodes alone, may miss.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// The number of the cell, and the coordinate in its chart.
    #[inline(always)]
    fn place(&self, rho: f64) -> (u64, f64) {
        // a number below 2^51 plus 2^52 has its whole part, rounded, in its last bits
        const SHIFT: f64 = (1u64 << 52) as f64;
        // at +-1 itself the end of the last cell: a polynomial knows nothing of what is outside of its cell
        let (t, u) = ((1.0 - rho).max(lowest()), (1.0 + rho).max(lowest_far()));
        let last = (self.middle - 1) as f64;
        let cell = (rho + 0.5) * self.middle as f64 - 0.5;
        let cell = if cell > 0.0 { cell } else { 0.0 };
        let cell = if cell < last { cell } else { last };
        let cell = (cell + SHIFT).to_bits() & ((1 << 51) - 1);
        let inner = (self.middle_start as u64 + cell, rho);
        let far = (self.far.index(u), u);
        let near = (self.near.index(t), t);
        let left = if rho < -0.5 { far } else { inner };
        if rho > 0.5 { near } else { left }
    }

    /// The cell, and the coordinate in its chart.
    #[inline(always)]
    fn cell(&self, rho: f64) -> (&Cell, f64) {
        let (index, x) = self.place(rho);
        (&self.cells[index as usize], x)
    }

    /// The value.
    #[inline(always)]
    pub fn at(&self, rho: f64) -> f64 {
        let (cell, x) = self.cell(rho);
        value(cell, x)
    }

    /// The value at the gap `t <= 1/2`; for `t` below `2^-LOWEST` that at the lowest gap.
    #[inline(always)]
    pub fn at_gap(&self, t: f64) -> f64 {
        let t = t.max(lowest());
        value(&self.cells[self.near.index(t) as usize], t)
    }

    /// The value at a place inside of the charts.
    pub fn at_place(&self, place: Place) -> f64 {
        match place {
            Place::Near(t) => self.at_gap(t),
            Place::Middle(rho) => self.at(rho),
            Place::Far(u) => {
                let (cell, u) = self.far_cell(u);
                value(cell, u)
            }
        }
    }

    /// The derivative in `rho` at a place inside of the charts.
    pub fn slope_at_place(&self, place: Place) -> f64 {
        match place {
            Place::Near(t) => self.slope_at_gap(t),
            Place::Middle(rho) => self.slope_at(rho),
            Place::Far(u) => {
                let (cell, u) = self.far_cell(u);
                slope(cell, u)
            }
        }
    }

    fn far_cell(&self, u: f64) -> (&Cell, f64) {
        let u = u.max(lowest_far());
        (&self.cells[self.far.index(u) as usize], u)
    }

    /// The derivative in `rho`, from the polynomial.
    pub fn slope_at(&self, rho: f64) -> f64 {
        let (cell, x) = self.cell(rho);
        let sign = if rho > 0.5 { -1.0 } else { 1.0 };
        sign * slope(cell, x)
    }

    /// The derivative in `rho` at the gap `t`.
    pub fn slope_at_gap(&self, t: f64) -> f64 {
        let t = t.max(lowest());
        -slope(&self.cells[self.near.index(t) as usize], t)
    }
}

/// `2^-LOWEST`
pub fn lowest() -> f64 {
    f64::from_bits(u64::from(1023 - LOWEST) << 52)
}

/// `2^-LOWEST_FAR`
pub fn lowest_far() -> f64 {
    f64::from_bits(u64::from(1023 - LOWEST_FAR) << 52)
}

#[inline(always)]
fn value(cell: &Cell, x: f64) -> f64 {
    let y = (x - cell[0]) * cell[1];
    let mut sum = cell[TERMS + 1];
    for c in cell[2..=TERMS].iter().rev() {
        sum = sum * y + c;
    }
    sum
}

fn slope(cell: &Cell, x: f64) -> f64 {
    let y = (x - cell[0]) * cell[1];
    let mut sum = 0.0;
    for k in (1..TERMS).rev() {
        sum = sum * y + k as f64 * cell[k + 2];
    }
    sum * cell[1]
}

fn times(cell: &Cell, factor: f64) -> Cell {
    let mut out = *cell;
    out[2..].iter_mut().for_each(|c| *c *= factor);
    out
}

/// The cell at the place mirrored at 0.
fn mirrored(cell: &Cell, sign: f64) -> Cell {
    let mut out = times(cell, sign);
    out[0] = -out[0];
    out[2..]
        .iter_mut()
        .skip(1)
        .step_by(2)
        .for_each(|c| *c = -*c);
    out
}

/// What is seen of the errors of some cells, relative.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The last coefficients.
    rough: f64,
    /// The difference from the function between the nodes.
    apart: f64,
}

impl Seen {
    fn max(self, other: Seen) -> Seen {
        Seen {
            rough: self.rough.max(other.rough),
            apart: self.apart.max(other.apart),
        }
    }
}

/// A value, and what its error is relative to.
fn sampled(
    place: Place,
    f: &impl Fn(Place) -> f64,
    size: &impl Fn(Place, f64) -> f64,
) -> (f64, f64) {
    let value = f(place);
    (value, size(place, value))
}

/// All octaves `[2^-lowest, 1/2)` of a gap, cut as fine as they need to be. `floored`: an error counts relative to the
/// function in the first octave, where it is smaller further on.
fn octaves(
    lowest: u32,
    floored: bool,
    f: impl Fn(f64) -> (f64, f64) + Sync,
) -> Option<(u32, Vec<Cell>, Seen)> {
    for s in 1..=FINEST {
        let octaves = Octaves::new(lowest, s, 0);
        let edge = |n: usize| f64::from_bits((octaves.base + n as u64) << octaves.shift);
        let edges: Vec<f64> = (0..octaves.count).map(edge).collect();
        let widths: Vec<f64> = (0..octaves.count).map(|n| edge(n + 1) - edge(n)).collect();
        let own = if floored {
            octaves.count - (1 << s)
        } else {
            octaves.count
        };
        let (cells, seen) = fitted(&edges, &widths, own, &f)?;
        if seen.rough <= ROUGHNESS || s == FINEST {
            return Some((s, cells, seen));
        }
    }
    None
}

/// One polynomial for each cell, and the largest errors that are seen of them, relative to the function in the cell, or in
/// the cells from `floor` on.
fn fitted(
    edges: &[f64],
    widths: &[f64],
    floor: usize,
    f: impl Fn(f64) -> (f64, f64) + Sync,
) -> Option<(Vec<Cell>, Seen)> {
    // where the first polynomial that is left out is largest
    let between = BASIS.extremum(5);
    let all: Option<Vec<(Cell, Seen, f64)>> = (0..edges.len())
        .into_par_iter()
        .with_min_len(8)
        .map(|n| {
            let half = widths[n] / 2.0;
            let centre = edges[n] + half;
            let both: [(f64, f64); TERMS] =
                std::array::from_fn(|j| f(centre + half * BASIS.node(j)));
            let samples = both.map(|(value, _)| value);
            let largest = both.iter().fold(0.0f64, |m, (_, size)| m.max(*size));
            if !samples.iter().all(|x| x.is_finite()) {
                return None;
            }
            let chebyshev = BASIS.coefficients(&samples);
            let mut cell = [0.0; TERMS + 2];
            (cell[0], cell[1]) = (centre, 1.0 / half);
            cell[2..].copy_from_slice(&Chebyshev::powers(&chebyshev));
            let x = centre + half * between;
            let apart = (f(x).0 - value(&cell, x)).abs();
            let seen = Seen {
                rough: chebyshev[TERMS - 1].abs() + chebyshev[TERMS - 2].abs(),
                apart: if apart.is_nan() { f64::INFINITY } else { apart },
            };
            Some((cell, seen, largest))
        })
        .collect();
    let all = all?;
    let least = all[floor..].iter().fold(0.0f64, |m, (_, _, l)| m.max(*l));
    let relative = |r: f64, l: f64| if r == 0.0 { 0.0 } else { r / l.max(least) };
    let seen = all.iter().fold(Seen::default(), |seen, (_, cell, l)| {
        seen.max(Seen {
            rough: relative(cell.rough, *l),
            apart: relative(cell.apart, *l),
        })
    });
    Some((all.into_iter().map(|(c, _, _)| c).collect(), seen))
}

/// Nodes and transform of a cell.
static BASIS: LazyLock<Chebyshev<TERMS>> = LazyLock::new(Chebyshev::new);
