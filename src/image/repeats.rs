//! Test images that are training images too.

use rayon::prelude::*;

use super::Images;

/// What saving a picture again changes at most, of the range of the pixels: one of 255 levels of grey, where no more than
/// half of them occur.
const STEP: f64 = 1.0 / 127.0;

/// How many test images are among the training images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repeats {
    /// Equal to a training image, pixel by pixel.
    pub equal: usize,
    /// Not equal, but no pixel differs by more than 1/127 of the range of the training pixels.
    pub near: usize,
    /// The first of either kind: a test and a training image, from 0.
    pub first: Option<[usize; 2]>,
}

/// Looks every test image up among the training images, all of one size. Two images whose pixels differ by at most `t` have
/// means that differ by at most `t`: in the order of the means, an image is compared with a few neighbours, and none is
/// missed.
///
/// ```
/// use deeplimit::image::{Images, repeats};
/// let train = Images::new([1, 2, 1], vec![0.0, 1.0, 0.25, 0.5], vec![])?;
/// let test = Images::new([1, 2, 1], vec![0.25, 0.5, 0.001, 1.0, 0.5, 0.25], vec![])?;
/// let found = repeats(&train, &test);
/// assert_eq!((found.equal, found.near, found.first), (1, 1, Some([0, 1])));
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn repeats(train: &Images, test: &Images) -> Repeats {
    if train.shape() != test.shape() || train.is_empty() {
        return Repeats::default();
    }
    let ends = |(low, high): (f64, f64), v: &f64| (low.min(*v), high.max(*v));
    let (low, high) = train
        .pixels
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    // each first: the difference may leave the doubles
    let step = (high * STEP - low * STEP).min(f64::MAX);
    let size = train.size() as f64;
    let mean = |image: &[f64]| image.iter().map(|v| v / size).sum::<f64>();
    let mut order: Vec<(f64, usize)> = (0..train.len())
        .map(|n| (mean(train.image(n)), n))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    // the means are rounded: each sum by no more than so much
    let rounding = 2.0 * size * f64::EPSILON * low.abs().max(high.abs());
    let found = |n: usize| {
        let image = test.image(n);
        let middle = mean(image);
        let reach = step + rounding;
        let from = order.partition_point(|(m, _)| *m < middle - reach);
        let near = order[from..]
            .iter()
            .take_while(|(m, _)| *m <= middle + reach);
        let mut twin: Option<(bool, usize)> = None;
        for (_, k) in near {
            let other = train.image(*k);
            if image.iter().zip(other).any(|(a, b)| (a - b).abs() > step) {
                continue;
            }
            let equal = image == other;
            let better = twin.is_none_or(|(was, at)| (!was && equal) || (was == equal && *k < at));
            if better {
                twin = Some((equal, *k));
            }
        }
        twin.map(|(equal, k)| (equal, [n, k]))
    };
    let all: Vec<_> = (0..test.len()).into_par_iter().filter_map(found).collect();
    let equal = all.iter().filter(|(equal, _)| *equal).count();
    Repeats {
        equal,
        near: all.len() - equal,
        first: all.first().map(|(_, pair)| *pair),
    }
}
