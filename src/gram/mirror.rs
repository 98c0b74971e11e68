//! The upper triangle of a symmetric matrix from the lower one, square by square, on all cores.

use rayon::prelude::*;

/// Below this many rows a triangle is mirrored entry by entry.
const SMALL: usize = 16;
/// Rows and columns that are mirrored in one go: a cache line of each.
const SIDE: usize = 8;

/// Copies the lower triangle of the square that begins at column `start` of these rows to the upper one: halves, and the
/// rectangle between them.
pub fn mirror(rows: &mut [f64], count: usize, stride: usize, start: usize) {
    if count <= SMALL {
        for i in 0..count {
            for j in 0..i {
                rows[j * stride + start + i] = rows[i * stride + start + j];
            }
        }
        return;
    }
    let half = (count / 2).next_multiple_of(SIDE);
    let (upper, lower) = rows.split_at_mut(half * stride);
    let lines = &*lower;
    let strips = upper.par_chunks_mut(SIDE * stride).enumerate();
    strips.with_min_len(4).for_each(|(block, out)| {
        transpose(lines, stride, start + SIDE * block, out, start + half);
    });
    rayon::join(
        || mirror(upper, half, stride, start),
        || mirror(lower, count - half, stride, start + half),
    );
}

/// Eight columns, from `column` on, of some rows become eight rows, which begin at `place` of the rows of `out`.
fn transpose(lines: &[f64], stride: usize, column: usize, out: &mut [f64], place: usize) {
    let (squares, rest) = lines.split_at(lines.len() / (SIDE * stride) * SIDE * stride);
    let done = squares.len() / stride;
    for (n, rows) in squares.chunks_exact(SIDE * stride).enumerate() {
        let mut square = [[0.0; SIDE]; SIDE];
        for (line, row) in square.iter_mut().zip(rows.chunks_exact(stride)) {
            line.copy_from_slice(&row[column..][..SIDE]);
        }
        for (i, row) in out.chunks_exact_mut(stride).enumerate() {
            let turned: [f64; SIDE] = std::array::from_fn(|j| square[j][i]);
            row[place + SIDE * n..][..SIDE].copy_from_slice(&turned);
        }
    }
    for (j, row) in rest.chunks_exact(stride).enumerate() {
        for (i, to) in out.chunks_exact_mut(stride).enumerate() {
            to[place + done + j] = row[column + i];
        }
    }
}
