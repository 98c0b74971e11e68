//! The kernels of many images, tile by tile: in memory or kept in a folder, where a later run goes on, and several machines at
//! once; and what kernel regression makes of them.

use std::path::Path;

use super::Convolutional;
use crate::classifier::{Definite, Regression, labels as predicted, one_hot};
use crate::error::Result;
use crate::gram::Matrix;
use crate::image::Images;
use crate::store::{Contents, Filled, Shard, Store, Tile, group};

/// Told how far the work is.
pub trait Progress: Sync {
    /// So many more pairs are finished; `false` stops the work. (With 0 to be asked alone.)
    fn made(&self, pairs: usize) -> bool;

    /// So many pairs were found finished.
    fn found(&self, pairs: u64);
}

/// Which kernels: of the training images with each other, or of the test images with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Gram,
    Cross,
}

/// Kernels between two sets of images, tile by tile: in a store, or nowhere.
#[derive(Debug)]
struct Tiles {
    contents: Contents,
    tiles: Vec<Tile>,
    side: usize,
    store: Option<Store>,
}

impl Tiles {
    fn new(depths: usize, rows: &Images, columns: &Images, symmetric: bool, side: usize) -> Tiles {
        let contents = Contents {
            depths: Some(depths),
            rows: rows.len(),
            columns: columns.len(),
            symmetric,
            words: String::new(),
        };
        let side = side.min(rows.len().max(columns.len()));
        Tiles {
            tiles: contents.tiles(side),
            contents,
            side,
            store: None,
        }
    }

    fn open(&mut self, path: &Path, words: &str) -> Result<()> {
        words.clone_into(&mut self.contents.words);
        let store = Store::within(path, &self.contents, self.side)?;
        self.tiles = store.tiles().to_vec();
        self.store = Some(store);
        Ok(())
    }

    /// On the diagonal every pair counts once.
    fn pairs(&self, tile: &Tile) -> u64 {
        let (n, m) = (tile.rows.len() as u64, tile.columns.len() as u64);
        match self.contents.symmetric && tile.square() {
            true => n * (n + 1) / 2,
            false => n * m,
        }
    }
}

/// Training and test images with the kernels between them, one for every number of layers.
///
/// ```
/// use deeplimit::cntk::{Architecture, Convolutional, Numbers, Progress, Readout, ImageTrial};
/// use deeplimit::image::Images;
/// struct Silent;
/// impl Progress for Silent {
///     fn made(&self, _: usize) -> bool { true }
///     fn found(&self, _: u64) {}
/// }
/// let network = Architecture::new(&"relu".parse()?, &[1, 3], Readout::Gap)?;
/// let kernel = Convolutional::new(&network, Numbers::F64, [2, 2, 1])?;
/// let train = Images::new([2, 2, 1], vec![0.0_f32, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0], vec![0, 1])?;
/// let mut trial = ImageTrial::new(kernel, 2, [train.clone(), train], 32);
/// let answers = trial.answers(0.0, &Silent)?;
/// // what was learned is known
/// assert_eq!(answers.right[1], Ok(vec![true, true]));
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Debug)]
pub struct ImageTrial {
    kernel: Convolutional,
    depths: usize,
    train: Images,
    test: Images,
    grams: Tiles,
    blocks: Tiles,
    made: u64,
}

/// What regression says of the test images.
#[derive(Clone, Debug)]
pub struct Answers {
    /// For every number of layers, whether each of the test images is put into its class: as many as are finished, in order. An
    /// error where there is no regression. Nothing at all where the Gram matrix was not finished.
    pub right: Vec<Result<Vec<bool>>>,
    /// It was stopped.
    pub stopped: bool,
}

/// What came of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharded {
    /// Tiles that it has (as far as it came).
    pub tiles: usize,
    /// Those that were there already.
    pub resumed: usize,
    /// Of both matrices.
    pub filled: Filled,
}

impl ImageTrial {
    /// With nothing computed yet. `depths` numbers of layers has the kernel, tiles have up to `side` rows.
    pub fn new(
        kernel: Convolutional,
        depths: usize,
        [train, test]: [Images; 2],
        side: usize,
    ) -> ImageTrial {
        ImageTrial {
            grams: Tiles::new(depths, &train, &train, true, side),
            blocks: Tiles::new(depths, &test, &train, false, side),
            kernel,
            depths,
            train,
            test,
            made: 0,
        }
    }

    /// Keeps the kernels in a folder (a Zarr group of `train` and `test`), or goes on with those in it. `words` say what they
    /// are of, the images included: a folder of others is refused.
    ///
    /// # Errors
    /// As [`group`] and [`Store::within`].
    pub fn keep(&mut self, folder: &Path, words: &str) -> Result<()> {
        group(folder, words)?;
        self.grams.open(&folder.join("train"), words)?;
        self.blocks.open(&folder.join("test"), words)
    }

    /// The kernel.
    pub fn kernel(&self) -> &Convolutional {
        &self.kernel
    }

    /// The training images.
    pub fn train(&self) -> &Images {
        &self.train
    }

    /// The test images.
    pub fn test(&self) -> &Images {
        &self.test
    }

    /// Pairs of images, all in all.
    pub fn pairs(&self) -> u64 {
        let of = |kept: &Tiles| kept.tiles.iter().map(|t| kept.pairs(t)).sum::<u64>();
        of(&self.grams) + of(&self.blocks)
    }

    /// Pairs whose kernels were made, and not found.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Regression on the training images, `ridge` times the mean diagonal on the diagonal, and its answers on the test images.
    ///
    /// # Errors
    /// Those of the kernel and of the store. (What is wrong with one number of layers is in [`Answers::right`].)
    pub fn answers(&mut self, ridge: f64, progress: &dyn Progress) -> Result<Answers> {
        let Some(grams) = self.gram_matrices(progress)? else {
            return Ok(Answers {
                right: vec![],
                stopped: true,
            });
        };
        let regressions = self.regressions(grams, ridge);
        let mut right = vec![vec![]; self.depths];
        let stopped = regressions.iter().any(Result::is_ok)
            && !self.tested(&regressions, &mut right, progress)?;
        let answers = regressions.into_iter().zip(right);
        Ok(Answers {
            right: answers.map(|(known, right)| known.map(|_| right)).collect(),
            stopped,
        })
    }

    /// Every n-th tile of both matrices, those of the test images counted behind the others, and nothing else.
    ///
    /// # Errors
    /// Those of the kernel and of the store.
    pub fn shard(&mut self, shard: Shard, progress: &dyn Progress) -> Result<Sharded> {
        let first = self.grams.tiles.len();
        let (mut tiles, mut resumed) = (0, 0);
        for (which, offset) in [(Which::Gram, 0), (Which::Cross, first)] {
            let kept = self.kept(which);
            let mine = kept.tiles.iter().filter(|t| shard.has(offset + t.number));
            for tile in mine.cloned().collect::<Vec<_>>() {
                tiles += 1;
                let kept = self.kept(which);
                if let Some(store) = &kept.store
                    && store.has(&tile)?
                {
                    resumed += 1;
                    progress.found(kept.pairs(&tile));
                } else if self.compute(which, &tile, progress)?.is_none() {
                    return Ok(Sharded {
                        tiles,
                        resumed,
                        filled: Filled::Stopped,
                    });
                }
            }
        }
        let mut filled = Filled::Whole;
        for kept in [&mut self.grams, &mut self.blocks] {
            if let (Filled::Whole, Some(store)) = (filled, &mut kept.store) {
                filled = store.finish()?;
            }
        }
        Ok(Sharded {
            tiles,
            resumed,
            filled,
        })
    }

    fn kept(&self, which: Which) -> &Tiles {
        match which {
            Which::Gram => &self.grams,
            Which::Cross => &self.blocks,
        }
    }

    /// The Gram matrix of the training images for every number of layers, row after row; `None` if it was stopped.
    ///
    /// # Errors
    /// Those of the kernel and of the store.
    pub fn gram_matrices(&mut self, progress: &dyn Progress) -> Result<Option<Vec<Vec<f64>>>> {
        let n = self.train.len();
        let mut grams = vec![vec![0.0; n * n]; self.depths];
        for tile in self.grams.tiles.clone() {
            let Some(values) = self.values(Which::Gram, &tile, progress)? else {
                return Ok(None);
            };
            let (rows, columns) = (tile.rows.len(), tile.columns.len());
            for (gram, values) in grams.iter_mut().zip(values.chunks_exact(rows * columns)) {
                for (i, row) in tile.rows.clone().zip(values.chunks_exact(columns)) {
                    for (j, value) in tile.columns.clone().zip(row) {
                        gram[i * n + j] = *value;
                        gram[j * n + i] = *value;
                    }
                }
            }
        }
        Ok(Some(grams))
    }

    fn regressions(&self, grams: Vec<Vec<f64>>, ridge: f64) -> Vec<Result<Regression>> {
        let n = self.train.len();
        let labels = self.train.labels().iter().map(|l| usize::from(*l));
        let labels: Vec<usize> = labels.collect();
        // those that no training image is of come last, and have no score
        let classes = self.train.counts().iter().filter(|n| **n > 0).count();
        let targets = one_hot(&labels, classes.max(2));
        let definite = Definite::Beyond(self.kernel.rounding());
        let regression = |values: Vec<f64>| {
            let gram = Matrix::new(n, values)?;
            let targets = targets.as_ref().map_err(Clone::clone)?;
            Regression::new(&gram, targets, ridge * gram.mean_diagonal(), definite)
        };
        grams.into_iter().map(regression).collect()
    }

    /// Which test images are right; false if it was stopped.
    fn tested(
        &mut self,
        regressions: &[Result<Regression>],
        right: &mut [Vec<bool>],
        progress: &dyn Progress,
    ) -> Result<bool> {
        let n = self.train.len();
        let tiles = self.blocks.tiles.clone();
        for band in tiles.chunk_by(|a, b| a.rows == b.rows) {
            let rows = band[0].rows.clone();
            let mut kernels = vec![vec![0.0; rows.len() * n]; right.len()];
            for tile in band {
                let Some(values) = self.values(Which::Cross, tile, progress)? else {
                    return Ok(false);
                };
                let columns = tile.columns.len();
                let depths = values.chunks_exact(rows.len() * columns);
                for (kernels, values) in kernels.iter_mut().zip(depths) {
                    for (i, row) in values.chunks_exact(columns).enumerate() {
                        kernels[i * n + tile.columns.start..][..columns].copy_from_slice(row);
                    }
                }
            }
            let labels = &self.test.labels()[rows];
            let known = kernels.into_iter().zip(regressions);
            for ((kernels, regression), right) in known.zip(&mut *right) {
                if let Ok(regression) = regression {
                    let classes = predicted(&regression.predictions(&Matrix::new(n, kernels)?)?);
                    let pairs = classes.iter().zip(labels);
                    right.extend(pairs.map(|(a, b)| *a == usize::from(*b)));
                }
            }
        }
        Ok(true)
    }

    /// The kernels of a tile from the store, or made now and kept. `None` if it was stopped.
    fn values(
        &mut self,
        which: Which,
        tile: &Tile,
        progress: &dyn Progress,
    ) -> Result<Option<Vec<f64>>> {
        if !progress.made(0) {
            return Ok(None);
        }
        let kept = self.kept(which);
        if let Some(store) = &kept.store
            && store.has(tile)?
            && let Some(values) = store.read(tile)?
        {
            progress.found(kept.pairs(tile));
            return Ok(Some(values));
        }
        self.compute(which, tile, progress)
    }

    /// The kernels of a tile, made now and kept; `None` if it was stopped.
    fn compute(
        &mut self,
        which: Which,
        tile: &Tile,
        progress: &dyn Progress,
    ) -> Result<Option<Vec<f64>>> {
        let go = |pairs: usize| progress.made(pairs);
        let rows = match which {
            Which::Gram => &self.train,
            Which::Cross => &self.test,
        };
        let rows = rows.part(tile.rows.start, tile.rows.len())?;
        let kernels = match which == Which::Gram && tile.square() {
            true => self.kernel.gram(&rows, &go)?,
            false => {
                let columns = self.train.part(tile.columns.start, tile.columns.len())?;
                self.kernel.block(&rows, &columns, &go)?
            }
        };
        let Some(values) = kernels.map(|k| k.values.concat()) else {
            return Ok(None);
        };
        self.made += self.kept(which).pairs(tile);
        let kept = match which {
            Which::Gram => &mut self.grams,
            Which::Cross => &mut self.blocks,
        };
        if let Some(store) = &mut kept.store {
            store.keep(tile, &values)?;
        }
        Ok(Some(values))
    }
}
