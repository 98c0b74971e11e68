//! Positions of a padded image as one line of numbers, and what its shifts are.
//!
//! A row of `width` pixels is followed by `radius` zeros: `stride = width + radius`, and a pixel `(i, j)` stands at
//! `p = i stride + j`. The pairs of positions of two images form a matrix of `count^2` entries, and the window `D` of
//! the recursion moves both positions by the same step: it stays on one **diagonal** `p' - p = shift`. So every diagonal
//! goes through all the layers on its own, as a line of numbers under a box filter, and never meets another.
//!
//! A diagonal `shift = di stride + dj` holds two planes of displacement side by side, `(di, dj)` in the columns
//! `[0, width - dj)` and `(di + 1, dj - stride)` in the columns `[stride - dj, width)`: at least `radius` columns where
//! one of the two positions is padding lie between them, so that the filter cannot mix them. All entries where either
//! position is padding are zero because the deviations stored there are. Of `count^2` entries `(height width)^2` count:
//! 94 % for 32 x 32 pixels and a 3 x 3 filter. No row of any length is handled apart, so vectors are always full.

/// Lines are whole multiples of this many numbers: a vector of 512 bits holds 16 (or twice 8).
pub const BLOCK: usize = 16;

/// The shape of all images of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Rows
    pub height: usize,
    /// Columns
    pub width: usize,
    /// Colours
    pub channels: usize,
    /// `(q - 1)/2`
    pub radius: usize,
}

impl Geometry {
    /// Numbers from one row to the next.
    pub fn stride(&self) -> usize {
        self.width + self.radius
    }

    /// Numbers of a padded image.
    pub fn count(&self) -> usize {
        self.height * self.stride()
    }

    /// Numbers that are stored of a padded image: zeros beyond its end are read with the last block.
    pub fn stored(&self) -> usize {
        self.count().next_multiple_of(BLOCK) + BLOCK
    }

    /// Zeros before and behind a diagonal: as far as the window reaches.
    pub fn guard(&self) -> usize {
        (self.radius * (self.stride() + 1)).next_multiple_of(BLOCK)
    }

    /// Pixels.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }
}

/// A vector of numbers that begins at a multiple of 64 bytes.
#[derive(Debug)]
pub struct Line<T> {
    numbers: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Copy + Default> Line<T> {
    /// Zeros.
    pub fn zeros(length: usize) -> Line<T> {
        let most = 64 / size_of::<T>();
        let numbers = vec![T::default(); length + most];
        // A pointer that cannot be aligned is only slower.
        let start = numbers.as_ptr().align_offset(64).min(most);
        Line {
            numbers,
            start,
            length,
        }
    }
}

impl<T> std::ops::Deref for Line<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.numbers[self.start..self.start + self.length]
    }
}

impl<T> std::ops::DerefMut for Line<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.numbers[self.start..self.start + self.length]
    }
}
