//! Kernels tile by tile: in memory, in a folder, in shards and after a stop the answers are the same, and those of the kernel
//! at once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::classifier::{Definite, Regression, labels, one_hot};
use crate::cntk::{Answers, Convolutional, ImageTrial, Numbers, Progress};
use crate::error::Error;
use crate::gram::Matrix;
use crate::image::Images;
use crate::store::{Filled, Shard};

const SHAPE: [usize; 3] = [4, 4, 1];
const TRAIN: usize = 7;
const TEST: usize = 5;
const LAYERS: [usize; 2] = [1, 3];
/// Two tiles on a side and a bit.
const SIDE: usize = 3;

/// Counts pairs, and stops after so many.
struct Count {
    made: AtomicU64,
    found: AtomicU64,
    most: u64,
}

impl Count {
    fn new(most: u64) -> Self {
        let (made, found) = (AtomicU64::new(0), AtomicU64::new(0));
        Count { made, found, most }
    }

    fn counts(&self) -> [u64; 2] {
        [&self.made, &self.found].map(|n| n.load(Ordering::SeqCst))
    }
}

impl Progress for Count {
    fn made(&self, pairs: usize) -> bool {
        self.made.fetch_add(pairs as u64, Ordering::SeqCst) < self.most
    }

    fn found(&self, pairs: u64) {
        self.found.fetch_add(pairs, Ordering::SeqCst);
    }
}

/// All that there are: on the diagonal of the Gram matrix every pair once, beside it the tiles below the diagonal.
const PAIRS: u64 = (TRAIN * (TRAIN + 1) / 2 + TEST * TRAIN) as u64;

/// Noise whose mean has the sign of its class.
fn images(count: usize, seed: u64) -> Images {
    let size = SHAPE.iter().product::<usize>();
    let mut pixels = noise(count * size, seed);
    let labels: Vec<u8> = (0..count).map(|n| (n % 2) as u8).collect();
    for (n, pixels) in pixels.chunks_exact_mut(size).enumerate() {
        let shift = if n % 2 == 0 { 0.3 } else { -0.3 };
        pixels.iter_mut().for_each(|p| *p += shift);
    }
    Images::new(SHAPE, pixels, labels).unwrap()
}

fn kernel() -> Convolutional {
    let network = network("relu", &LAYERS, Readout::Gap);
    Convolutional::new(&network, Numbers::F64, SHAPE).unwrap()
}

fn trial() -> ImageTrial {
    let sets = [images(TRAIN, 3), images(TEST, 8)];
    ImageTrial::new(kernel(), LAYERS.len(), sets, SIDE)
}

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("deeplimit-trial-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn right(answers: Answers) -> Vec<Vec<bool>> {
    assert!(!answers.stopped);
    answers.right.into_iter().map(Result::unwrap).collect()
}

/// The kernels at once, without tiles.
fn at_once(ridge: f64) -> Vec<Vec<bool>> {
    let (train, test) = (images(TRAIN, 3), images(TEST, 8));
    let go = |_: usize| true;
    let own = kernel().gram(&train, &go).unwrap().unwrap();
    let cross = kernel().block(&test, &train, &go).unwrap().unwrap();
    let both = own.values.iter().zip(&cross.values);
    both.map(|(own, cross)| {
        let matrix = |values: &[f64]| Matrix::new(TRAIN, values.to_vec()).unwrap();
        let own = matrix(own);
        let known: Vec<usize> = train.labels().iter().map(|l| usize::from(*l)).collect();
        let targets = one_hot(&known, 2).unwrap();
        let more = ridge * own.mean_diagonal();
        let fit = Regression::new(&own, &targets, more, Definite::Beyond(1e-12)).unwrap();
        let classes = labels(&fit.predictions(&matrix(cross)).unwrap());
        let pairs = classes.iter().zip(test.labels());
        pairs.map(|(a, b)| *a == usize::from(*b)).collect()
    })
    .collect()
}

#[test]
fn tiles_make_the_same_kernels_as_all_pairs_at_once() {
    let progress = Count::new(u64::MAX);
    let mut trial = trial();
    assert_eq!(trial.pairs(), PAIRS);
    let found = right(trial.answers(0.1, &progress).unwrap());
    assert_eq!(found, at_once(0.1));
    assert!(found.iter().all(|depth| depth.len() == TEST));
    assert_eq!(progress.counts(), [PAIRS, 0]);
    assert_eq!(trial.made(), PAIRS);
}

#[test]
fn without_pooling_numbers_are_doubles() {
    for numbers in Numbers::ALL {
        assert_eq!(numbers.with(Readout::Vanilla), Numbers::F64);
        assert_eq!(numbers.with(Readout::Gap), numbers);
    }
}

/// Both halves of them. (Cholesky's decomposition reads one.)
#[test]
fn a_matrix_of_tiles_is_the_matrix() {
    let matrices = trial()
        .gram_matrices(&Count::new(u64::MAX))
        .unwrap()
        .unwrap();
    let whole = kernel()
        .gram(&images(TRAIN, 3), &|_| true)
        .unwrap()
        .unwrap();
    for (tiles, whole) in matrices.iter().zip(&whole.values) {
        for (a, b) in tiles.iter().zip(whole) {
            // sums in another order
            assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
        }
    }
}

#[test]
fn what_a_stop_has_left_is_gone_on_with() {
    let path = folder("stop");
    let kept = || {
        let mut trial = trial();
        trial.keep(&path, "seven and five").unwrap();
        trial
    };
    let mut found = 0;
    for most in [1, 10, 40] {
        let progress = Count::new(most);
        let mut trial = kept();
        let answers = trial.answers(0.1, &progress).unwrap();
        assert!(answers.stopped, "{most}");
        let [_, there] = progress.counts();
        assert_eq!(there, found, "{most}: what was kept is found");
        found += trial.made();
    }
    assert!(found > 0 && found < PAIRS);
    let progress = Count::new(u64::MAX);
    let mut whole = kept();
    assert_eq!(right(whole.answers(0.1, &progress).unwrap()), at_once(0.1));
    assert_eq!(progress.counts(), [PAIRS - found, found]);
    std::fs::remove_dir_all(&path).unwrap();
}

#[test]
fn shards_are_the_whole() {
    let path = folder("shards");
    let shard = |index: usize| {
        let mut trial = trial();
        trial.keep(&path, "seven and five").unwrap();
        let shard = Shard { index, of: 3 };
        trial.shard(shard, &Count::new(u64::MAX)).unwrap()
    };
    let first = [1, 2].map(shard);
    assert!(
        first
            .iter()
            .all(|s| s.filled == Filled::Shard && s.resumed == 0)
    );
    let last = shard(3);
    assert_eq!(last.filled, Filled::Whole);
    let tiles: usize = first.iter().chain([&last]).map(|s| s.tiles).sum();
    // 3 x 3 tiles below and on the diagonal, 2 x 3 beside them
    assert_eq!(tiles, 6 + 6);
    let again = shard(2);
    assert_eq!((again.resumed, again.filled), (again.tiles, Filled::Whole));
    let progress = Count::new(u64::MAX);
    let mut trial = trial();
    trial.keep(&path, "seven and five").unwrap();
    assert_eq!(right(trial.answers(0.1, &progress).unwrap()), at_once(0.1));
    assert_eq!(progress.counts(), [0, PAIRS]);
    // kernels of something else are not taken for these
    let sets = [images(TRAIN, 3), images(TEST, 8)];
    let other = ImageTrial::new(kernel(), LAYERS.len(), sets, SIDE).keep(&path, "others");
    assert!(matches!(other, Err(Error::Store { .. })), "{other:?}");
    std::fs::remove_dir_all(&path).unwrap();
}

/// Equal images at depth 1 and 3: no regression without a ridge, and that is the error of that depth alone.
#[test]
fn what_is_wrong_with_a_depth_is_its_own_error() {
    let train = images(2, 5);
    let twice = [train.image(0), train.image(0)].concat();
    let twice = Images::new(SHAPE, twice, vec![0, 1]).unwrap();
    let mut trial = ImageTrial::new(kernel(), LAYERS.len(), [twice, train], SIDE);
    let answers = trial.answers(0.0, &Count::new(u64::MAX)).unwrap();
    assert!(!answers.stopped && answers.right.len() == LAYERS.len());
    assert!(answers.right.iter().all(Result::is_err));
    let answers = trial.answers(1e-3, &Count::new(u64::MAX)).unwrap();
    assert!(answers.right.iter().all(Result::is_ok));
}
