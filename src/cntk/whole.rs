//! Pairs of images through networks that no diagonal can go through alone: pooling and strides mix displacements, and
//! circular padding closes them to rings. All pairs of positions at once, as matrices `Sigma[p, p']` and `Theta[p, p']`.
//!
//! A window moves both positions by the same step, so its sum is one along the columns and one along the rows. Each is an
//! addition of lines, moved by as much as the window: `Moves` says once which piece of a line goes where. The rest is the
//! loops of the diagonals, with one pixel of the first image and all of the second.
//!
//! Processor time of one core of a busy Zen 5 server, `f32`, 32 x 32 images, on which a stack of convolutions with ReLU took 1.0 ms
//! per pair and layer instead of 0.61: 5.0 ms per pair and layer on a torus, 12 ms per pair for
//! `conv3 relu conv3 relu pool2 conv3 relu pool2 conv3 relu pool2 gap`.

use super::activation::Form;
use super::geometry::{BLOCK, Line};
use super::lane::Lane;
use super::loops::LayerConstants;
use super::network::Padding;
use super::profile::Spread;
use super::vector::Processor;

/// Rows and columns.
pub type Size = [usize; 2];

/// A layer and what it needs.
#[derive(Clone, Debug)]
pub enum Stage<T: Lane> {
    /// `scale` times the sums over windows, and a bias.
    Convolution {
        columns: Moves,
        rows: Moves,
        to: Size,
        scale: T,
        biases: [T; 2],
    },
    /// The activation, of pixels whose standard deviations are known.
    Activation {
        form: Form,
        constants: LayerConstants<T>,
        size: Size,
    },
    /// The mean over squares.
    Pool { from: Size, side: usize },
}

/// The sums over a window along one direction of pictures of `outer x length x inner` numbers.
#[derive(Clone, Debug)]
pub struct Moves {
    /// For every step of the window: which line of the first image goes to which.
    lines: Vec<Vec<(usize, usize)>>,
    /// For every step of the window: pieces `(from, to, count)` of a line.
    pieces: Vec<Vec<[usize; 3]>>,
    from: usize,
    to: usize,
}

impl Moves {
    /// For windows of `2 radius + 1`, at every `stride`-th pixel.
    pub fn new(
        [outer, length, inner]: [usize; 3],
        radius: usize,
        stride: usize,
        padding: Padding,
    ) -> Moves {
        let after = length.div_ceil(stride);
        let mut moves = Moves {
            lines: vec![],
            pieces: vec![],
            from: outer * length * inner,
            to: outer * after * inner,
        };
        for step in 0..=2 * radius {
            let (mut lines, mut pieces) = (vec![], Vec::<[usize; 3]>::new());
            for o in 0..outer {
                for place in 0..after {
                    // The position in the larger picture, `radius` too far so that it is no less than 0.
                    let shifted = place * stride + step;
                    let source = match padding {
                        Padding::Circular => (shifted + length * radius - radius) % length,
                        Padding::Zero if (radius..radius + length).contains(&shifted) => {
                            shifted - radius
                        }
                        Padding::Zero => continue,
                    };
                    let (from, to) = ((o * length + source) * inner, (o * after + place) * inner);
                    lines.extend((0..inner).map(|n| (from + n, to + n)));
                    match pieces.last_mut() {
                        Some([f, t, count]) if *f + *count == from && *t + *count == to => {
                            *count += inner;
                        }
                        _ => pieces.push([from, to, inner]),
                    }
                }
            }
            moves.lines.push(lines);
            moves.pieces.push(pieces);
        }
        moves
    }

    fn apply<T: Lane>(&self, from: &[T], to: &mut [T]) {
        let (long, short) = (line(self.from), line(self.to));
        to[..self.to * short].fill(T::default());
        for (lines, pieces) in self.lines.iter().zip(&self.pieces) {
            for (source, target) in lines {
                let source = &from[source * long..][..long];
                let target = &mut to[target * short..][..short];
                for [f, t, count] in pieces {
                    for (t, f) in target[*t..][..*count].iter_mut().zip(&source[*f..]) {
                        *t = *t + *f;
                    }
                }
            }
        }
    }
}

/// The numbers of a line of so many pixels.
pub fn line(pixels: usize) -> usize {
    pixels.next_multiple_of(BLOCK)
}

/// The matrices of one thread.
#[derive(Debug)]
pub struct Matrices<T> {
    k: Line<T>,
    t: Line<T>,
    spare: Line<T>,
    one: [Line<T>; 2],
}

impl<T: Lane> Matrices<T> {
    /// For pictures of up to so many pixels.
    pub fn new(pixels: usize) -> Matrices<T> {
        let matrix = || Line::zeros(pixels * line(pixels));
        Matrices {
            k: matrix(),
            t: matrix(),
            // Two lines at least, for the activation.
            spare: Line::zeros(pixels.max(2) * line(pixels)),
            one: [Line::zeros(line(pixels)), Line::zeros(line(pixels))],
        }
    }

    /// The products of two images whose channels are lines one after the other; `Theta` likewise, or 0.
    pub fn begin(&mut self, x: &[T], y: &[T], pixels: usize, trained: bool) {
        let row = line(pixels);
        for p in 0..pixels {
            let k = &mut self.k[p * row..][..row];
            k.fill(T::default());
            for (x, y) in x.chunks_exact(row).zip(y.chunks_exact(row)) {
                for (k, y) in k.iter_mut().zip(y) {
                    *k = *k + x[p] * *y;
                }
            }
            let t = &mut self.t[p * row..][..row];
            match trained {
                true => t.copy_from_slice(k),
                false => t.fill(T::default()),
            }
        }
    }

    /// A convolution or a pool.
    pub fn linear(&mut self, stage: &Stage<T>) {
        match stage {
            Stage::Convolution {
                columns,
                rows,
                to,
                scale,
                biases,
            } => {
                let pixels = to[0] * to[1];
                for (matrix, bias) in [&mut self.k, &mut self.t].into_iter().zip(biases) {
                    columns.apply(matrix, &mut self.spare);
                    rows.apply(&self.spare, matrix);
                    for value in &mut matrix[..pixels * line(pixels)] {
                        *value = *value * *scale + *bias;
                    }
                }
            }
            Stage::Pool { from, side } => {
                for matrix in [&mut self.k, &mut self.t] {
                    pooled(matrix, &mut self.spare, &mut self.one[0], *from, *side);
                    std::mem::swap(matrix, &mut self.spare);
                }
            }
            Stage::Activation { .. } => {}
        }
    }

    /// The activation of a stage, which is one.
    pub fn activate(
        &mut self,
        processor: Processor,
        (form, constants, size): (&Form, &LayerConstants<T>, Size),
        x: &Spread<T>,
        y: &Spread<T>,
    ) {
        let pixels = size[0] * size[1];
        let row = line(pixels);
        // The results of one line: the loops do not work in place.
        let (k_out, t_out) = self.spare.split_at_mut(row);
        let t_out = &mut t_out[..row];
        for p in 0..pixels {
            let (k, t) = (&mut self.k[p * row..][..row], &mut self.t[p * row..][..row]);
            match form {
                Form::Bent(_) => {
                    let [deviation, reciprocal] = &mut self.one;
                    deviation[..row].fill(x.deviation()[p]);
                    reciprocal[..row].fill(x.reciprocal()[p]);
                    let lines = [
                        &deviation[..row],
                        &reciprocal[..row],
                        &y.deviation()[..row],
                        &y.reciprocal()[..row],
                    ];
                    processor.activated([k], [t], lines, constants, k_out, t_out);
                }
                Form::Series(_) => processor.expanded::<T, 1, true>(
                    [k],
                    [t],
                    [x.series_reciprocal(p), y.series_reciprocal(0)],
                    [x.terms(p), y.terms(0)],
                    x.common(y),
                    constants.biases(),
                    k_out,
                    t_out,
                ),
            }
            k.copy_from_slice(k_out);
            t.copy_from_slice(t_out);
        }
    }

    /// `Sigma[p, p]`
    pub fn diagonal(&self, pixels: usize) -> Vec<f64> {
        let row = line(pixels);
        (0..pixels).map(|p| self.k[p * row + p].double()).collect()
    }

    /// The sums of `K` and `T`: over all pairs of positions, or those of equal positions.
    pub fn sums(&self, pixels: usize, all: bool) -> [f64; 2] {
        let row = line(pixels);
        [&self.k, &self.t].map(|matrix| {
            let sum = |p: usize| match all {
                true => matrix[p * row..][..pixels].iter().map(|v| v.double()).sum(),
                false => matrix[p * row + p].double(),
            };
            (0..pixels).map(sum).sum()
        })
    }
}

/// The mean over squares of both positions.
fn pooled<T: Lane>(from: &[T], to: &mut [T], sum: &mut [T], [height, width]: Size, side: usize) {
    let (long, after) = (line(height * width), [height / side, width / side]);
    let pixels = after[0] * after[1];
    let short = line(pixels);
    let share = T::rounded((side as f64).powi(-4));
    let square = |p: usize| {
        let corner = p / after[1] * side * width + p % after[1] * side;
        (0..side * side).map(move |n| corner + n / side * width + n % side)
    };
    for p in 0..pixels {
        let sum = &mut sum[..long];
        sum.fill(T::default());
        for q in square(p) {
            for (sum, value) in sum.iter_mut().zip(&from[q * long..][..long]) {
                *sum = *sum + *value;
            }
        }
        let to = &mut to[p * short..][..short];
        to.fill(T::default());
        for (n, to) in to[..pixels].iter_mut().enumerate() {
            let total = square(n).fold(T::default(), |total, q| total + sum[q]);
            *to = total * share;
        }
    }
}
