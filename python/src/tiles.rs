//! A store whose tiles somebody else computes: `deeplimit.dask`'s workers fill it.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use deeplimit::store::{Contents, Filled, SIDE_MAX, Shard, Store, Tile, is_whole};
use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors;

/// A matrix on its way to a Zarr folder, tile by tile.
#[pyclass(frozen, module = "deeplimit._core")]
pub struct Tiles {
    target: PathBuf,
    contents: Contents,
    side: usize,
    /// None where the matrix is finished and has its name.
    store: Mutex<Option<Store>>,
}

impl Tiles {
    fn store(&self) -> MutexGuard<'_, Option<Store>> {
        self.store.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn all(&self) -> Vec<Tile> {
        self.contents.tiles(self.side)
    }

    fn at(&self, tile: &Tile) -> (usize, usize) {
        (tile.rows.start / self.side, tile.columns.start / self.side)
    }

    fn tile(&self, py: Python<'_>, i: usize, j: usize) -> PyResult<Tile> {
        let found = self.all().into_iter().find(|t| self.at(t) == (i, j));
        found.ok_or_else(|| {
            let message = format!("there is no tile {i}/{j} that is computed");
            errors::raise(py, "DataError", &message)
        })
    }
}

#[pymethods]
impl Tiles {
    /// Opens the store, or goes on with an unfinished one; a finished one of the same is no error.
    #[new]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        rows: usize,
        columns: usize,
        symmetric: bool,
        words: String,
        side: usize,
    ) -> PyResult<Self> {
        let contents = Contents {
            depths: None,
            rows,
            columns,
            symmetric,
            words,
        };
        let side = side.clamp(1, SIDE_MAX).min(rows.max(columns).max(1));
        let opened = py.detach(|| match is_whole(&path, &contents) {
            true => Ok(None),
            false => Store::open(&path, &contents, side, false).map(Some),
        });
        let store = opened.map_err(|e| errors::of(py, e, None))?;
        // an unfinished one may have smaller tiles
        let found = store.as_ref().and_then(|s| s.tiles().first().cloned());
        let side = found.map_or(side, |t| t.rows.len().max(t.columns.len()));
        Ok(Tiles {
            target: path,
            contents,
            side,
            store: Mutex::new(store),
        })
    }

    /// Rows of a tile, at most.
    #[getter]
    fn side(&self) -> usize {
        self.side
    }

    /// The places of the tiles that are computed and are not there; of one shard `(k, n)` alone, where one is named.
    #[pyo3(signature = (shard=(1, 1)))]
    fn missing(&self, py: Python<'_>, shard: (usize, usize)) -> PyResult<Vec<(usize, usize)>> {
        let (index, of) = shard;
        if !(1..=of).contains(&index) {
            let message = format!("shard must be (k, n) with k from 1 to n, got ({index}, {of})");
            return Err(errors::raise(py, "DataError", &message));
        }
        let shard = Shard { index, of };
        let listed = py.detach(|| {
            let store = self.store();
            let Some(store) = store
                .as_ref()
                .filter(|_| !is_whole(&self.target, &self.contents))
            else {
                return Ok(vec![]);
            };
            let mut missing = vec![];
            for tile in store.tiles().iter().filter(|t| shard.has(t.number)) {
                if !store.has(tile)? {
                    missing.push(self.at(tile));
                }
            }
            Ok(missing)
        });
        listed.map_err(|e| errors::of(py, e, None))
    }

    /// Is this tile there?
    fn has(&self, py: Python<'_>, i: usize, j: usize) -> PyResult<bool> {
        let tile = self.tile(py, i, j)?;
        let there = py.detach(|| match self.store().as_ref() {
            Some(store) => store.has(&tile),
            None => Ok(true),
        });
        there.map_err(|e| errors::of(py, e, None))
    }

    /// Its rows and columns: `(top, bottom, left, right)`, half open.
    fn place(&self, py: Python<'_>, i: usize, j: usize) -> PyResult<(usize, usize, usize, usize)> {
        let Tile { rows, columns, .. } = self.tile(py, i, j)?;
        Ok((rows.start, rows.end, columns.start, columns.end))
    }

    /// Keeps a tile: complete, or not at all.
    fn keep(
        &self,
        py: Python<'_>,
        i: usize,
        j: usize,
        values: PyReadonlyArray2<'_, f64>,
    ) -> PyResult<()> {
        let tile = self.tile(py, i, j)?;
        let wanted = [tile.rows.len(), tile.columns.len()];
        if values.shape() != wanted {
            let message = format!("{tile} is {wanted:?}, got shape {:?}", values.shape());
            return Err(errors::raise(py, "DataError", &message));
        }
        let numbers: Vec<f64> = values.as_array().iter().copied().collect();
        let kept = py.detach(|| match self.store().as_mut() {
            Some(store) => store.keep(&tile, &numbers),
            None => Ok(()),
        });
        kept.map_err(|e| errors::of(py, e, None))
    }

    /// Gives the matrix its name, if all tiles are there; are they?
    fn finish(&self, py: Python<'_>) -> PyResult<bool> {
        let finished = py.detach(|| match self.store().as_mut() {
            Some(store) => store.finish(),
            None => Ok(Filled::Whole),
        });
        let filled = finished.map_err(|e| errors::of(py, e, None))?;
        Ok(filled == Filled::Whole)
    }
}
