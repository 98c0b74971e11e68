//! What a store holds, cut into tiles; shards of them.

use std::ops::Range;

/// The most rows and columns of a tile: 8 MiB.
pub const SIDE_MAX: usize = 1024;
/// So many tiles on a side of a matrix at least, as long as they have 256 rows: for progress, and for many machines.
const TILES: usize = 8;

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// One matrix, or so many on top of each other (one for each depth).
    pub depths: Option<usize>,
    /// Rows of each.
    pub rows: usize,
    /// Columns of each.
    pub columns: usize,
    /// Only the tiles on and below the diagonal are computed.
    pub symmetric: bool,
    /// Of what it is, with the [`Fingerprint`] of the data.
    pub words: String,
}

/// A rectangle of a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// From 0, row after row.
    pub number: usize,
    /// Its rows.
    pub rows: Range<usize>,
    /// Its columns.
    pub columns: Range<usize>,
    pub(super) at: [usize; 2],
}

impl Tile {
    /// On the diagonal.
    pub fn square(&self) -> bool {
        self.at[0] == self.at[1]
    }
}

impl std::fmt::Display for Tile {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let (r, c) = (&self.rows, &self.columns);
        write!(
            f,
            "tile {} (rows {} to {}, columns {} to {})",
            self.number,
            r.start + 1,
            r.end,
            c.start + 1,
            c.end
        )
    }
}

impl Contents {
    /// The tiles that are computed, in their order.
    pub fn tiles(&self, side: usize) -> Vec<Tile> {
        let mut tiles = Vec::new();
        let side = side.max(1);
        let part = |k: usize, n: usize| k * side..((k + 1) * side).min(n);
        for i in 0..self.rows.div_ceil(side) {
            let columns = self.columns.div_ceil(side);
            let last = if self.symmetric { i + 1 } else { columns };
            for j in 0..last.min(columns) {
                tiles.push(Tile {
                    number: tiles.len(),
                    rows: part(i, self.rows),
                    columns: part(j, self.columns),
                    at: [i, j],
                });
            }
        }
        tiles
    }

    /// Rows of a tile, so that a tile and its copies fit into this many bytes: [`SIDE_MAX`], or a multiple of 256, or a power
    /// of two below.
    pub fn side(&self, memory: u64) -> usize {
        // the numbers, their bytes, the mirror image's
        let room = memory / (8 * 3 * self.depths.unwrap_or(1) as u64);
        let longest = self.rows.max(self.columns);
        let wanted = longest.div_ceil(TILES).next_multiple_of(256).min(SIDE_MAX);
        let mut side = wanted.min(longest.max(1));
        while side > 1 && (side as u64).pow(2) > room {
            side = (side - 1).next_power_of_two() / 2;
        }
        side.max(1)
    }

    /// Numbers of a tile.
    pub(super) fn size(&self, tile: &Tile) -> usize {
        self.depths.unwrap_or(1) * tile.rows.len() * tile.columns.len()
    }
}

/// Every `of`-th tile, from the `index`-th (from 1) on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

impl Shard {
    /// All tiles.
    pub const WHOLE: Shard = Shard { index: 1, of: 1 };

    /// Is a tile of this number among them?
    pub fn has(self, number: usize) -> bool {
        number % self.of.max(1) + 1 == self.index
    }
}

/// FNV-1a, 64 bits: tells data apart that were taken for each other by mistake.
#[derive(Clone, Copy, Debug)]
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Fingerprint(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    /// Takes in a number, byte by byte.
    pub fn add(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// What came out.
    pub(super) fn word(&self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
