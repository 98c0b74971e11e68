//! Matrices on disk, tile by tile: what is finished is there whatever stops the program, and is not computed again.
//!
//! A tile is complete or absent. A matrix is one `.npy` file ([`npy`]) or a folder of Zarr version 3 ([`zarr`]), of which
//! several processes, on several machines if the folder is shared, may each fill a [`Shard`]. While it grows it is
//! `NAME.part`; it gets its name when it is whole. It says in words what it is of, with a hash of the data; other words
//! are refused. [`merge`] joins stores that were filled apart.
//!
//! A symmetric matrix has its tiles on and below the diagonal computed, the others are their mirror images.
//!
//! [`Records`] keep what is no matrix, and cheap to lose: compiled kernels.

mod contents;
pub mod merge;
mod npy;
mod records;
mod zarr;

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use self::npy::Npy;
use self::zarr::Zarr;
use crate::error::{Error, Result, Trouble};

pub use self::contents::{Contents, Fingerprint, SIDE_MAX, Shard, Tile};
pub use self::records::Records;
pub use self::zarr::group;

/// What came of filling a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// All tiles are there, and the matrix has its name.
    Whole,
    /// This shard is finished, others are not.
    Shard,
    /// It was stopped.
    Stopped,
}

#[derive(Debug)]
enum Layout {
    Npy(Npy),
    Zarr(Zarr),
}

/// Matrices on their way to a file or folder.
#[derive(Debug)]
pub struct Store {
    /// The name at last, where it has another one before.
    target: Option<PathBuf>,
    work: PathBuf,
    contents: Contents,
    tiles: Vec<Tile>,
    layout: Layout,
    force: bool,
}

impl Store {
    /// Opens the store for a matrix, or goes on with an unfinished one; a name that ends in `.zarr` is a folder, any other
    /// an `.npy` file. `side` bounds the rows of a tile.
    ///
    /// # Errors
    /// [`Error::Store`] where the target exists already or an unfinished store is of something else (unless `force`, which
    /// replaces both), and where a folder of the name is not deeplimit's; [`Error::Io`] where another process writes the same
    /// file, and where a file cannot be written.
    ///
    /// ```
    /// use deeplimit::store::{Contents, Filled, Shard, Store};
    /// # let dir = std::env::temp_dir().join(format!("deeplimit-store-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&dir).unwrap();
    /// let contents = Contents { depths: None, rows: 5, columns: 5, symmetric: true, words: "i + j".to_owned() };
    /// let mut store = Store::open(&dir.join("K.zarr"), &contents, 2, false).unwrap();
    /// let filled = store.fill(Shard::WHOLE, |_, _| true, |tile, out| {
    ///     let entries = tile.rows.clone().flat_map(|i| tile.columns.clone().map(move |j| (i + j) as f64));
    ///     out.iter_mut().zip(entries).for_each(|(x, e)| *x = e);
    ///     Ok(true)
    /// });
    /// assert_eq!(filled.unwrap(), Filled::Whole);
    /// assert!(dir.join("K.zarr/c/2/0").exists() && dir.join("K.zarr/c/0/2").exists());
    /// # std::fs::remove_dir_all(&dir).unwrap();
    /// ```
    pub fn open(target: &Path, contents: &Contents, side: usize, force: bool) -> Result<Store> {
        let name = target.display();
        if target.exists() && !force {
            return Err(Trouble::Exists.at(target));
        }
        if let Some(parent) = target.parent().filter(|p| !p.as_os_str().is_empty())
            && !parent.is_dir()
        {
            return Err(Error::Io(format!(
                "{name} cannot be written: there is no folder {}",
                parent.display()
            )));
        }
        let folder = is_folder(target);
        if target.exists() {
            if !target.is_file() && !target.is_dir() {
                return Err(Error::Io(format!(
                    "{name} is no file that could be replaced"
                )));
            }
            // what is no matrix is not ours to delete
            if target.is_dir() && !(folder && zarr::is_ours(target)?) {
                return Err(Error::Io(format!("{name} is a folder of something else")));
            }
            if folder && !target.is_dir() {
                return Err(Error::Io(format!(
                    "{name} is a file, and a folder is wanted"
                )));
            }
        }
        let work = beside(target, ".part");
        let layout = match folder {
            true => Layout::Zarr(Zarr::open(&work, contents, side, force)?),
            false => Layout::Npy(Npy::open(target, &work, contents, side, force)?),
        };
        Ok(Store::of(
            Some(target.to_owned()),
            work,
            contents,
            layout,
            force,
        ))
    }

    /// A Zarr array that has its name from the beginning, in a folder of finished and unfinished work.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn within(path: &Path, contents: &Contents, side: usize) -> Result<Store> {
        let layout = Layout::Zarr(Zarr::open(path, contents, side, false)?);
        Ok(Store::of(None, path.to_owned(), contents, layout, false))
    }

    fn of(
        target: Option<PathBuf>,
        work: PathBuf,
        contents: &Contents,
        layout: Layout,
        force: bool,
    ) -> Store {
        let side = match &layout {
            Layout::Npy(l) => l.side(),
            Layout::Zarr(l) => l.side(),
        };
        Store {
            target,
            work,
            tiles: contents.tiles(side),
            contents: contents.clone(),
            layout,
            force,
        }
    }

    /// The tiles that are computed, in their order.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// How many tiles of a shard there are, and how many of them are complete.
    ///
    /// # Errors
    /// [`Error::Data`] for a damaged tile.
    pub fn count(&self, shard: Shard) -> Result<(usize, usize)> {
        let mine = || self.tiles.iter().filter(|t| shard.has(t.number));
        let mut done = 0;
        for tile in mine() {
            done += usize::from(self.has(tile)?);
        }
        Ok((mine().count(), done))
    }

    /// Is this tile complete?
    ///
    /// # Errors
    /// [`Error::Data`] where it is damaged.
    pub fn has(&self, tile: &Tile) -> Result<bool> {
        match &self.layout {
            Layout::Npy(l) => Ok(l.has(tile)),
            Layout::Zarr(l) => l.has(tile),
        }
    }

    /// The numbers of a tile, depth after depth, row after row; `None` if it is not complete.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Data`] where it is damaged.
    pub fn read(&self, tile: &Tile) -> Result<Option<Vec<f64>>> {
        match &self.layout {
            Layout::Npy(l) => l.read(tile),
            Layout::Zarr(l) => l.read(tile),
        }
    }

    /// Keeps a tile: complete, or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written; [`Error::Shape`] for another number of numbers; [`Error::Data`] for NaN,
    /// which stands for what is absent.
    pub fn keep(&mut self, tile: &Tile, values: &[f64]) -> Result<()> {
        if values.len() != self.contents.size(tile) {
            return Err(Error::Shape(format!(
                "{tile} has not {} numbers",
                values.len()
            )));
        }
        if values.iter().any(|x| x.is_nan()) {
            return Err(Error::Data(format!(
                "{tile} has an entry that is no number"
            )));
        }
        match &mut self.layout {
            Layout::Npy(l) => l.keep(tile, values),
            Layout::Zarr(l) => l.keep(tile, values),
        }
    }

    /// Computes what is missing of a shard with `made(tile, out)`, which says `false` where it was stopped, and gives the
    /// matrix its name once all tiles are there. After each tile `report(done, all)` says whether to go on.
    ///
    /// # Errors
    /// Those of `made`; [`Error::Io`] where the disk is full or a file cannot be written. What is finished stays.
    pub fn fill(
        &mut self,
        shard: Shard,
        mut report: impl FnMut(usize, usize) -> bool,
        mut made: impl FnMut(&Tile, &mut [f64]) -> Result<bool>,
    ) -> Result<Filled> {
        let mine: Vec<Tile> = self
            .tiles
            .iter()
            .filter(|t| shard.has(t.number))
            .cloned()
            .collect();
        let mut values = Vec::new();
        for (n, tile) in mine.iter().enumerate() {
            // another process may have been here in the meantime
            if !self.has(tile)? {
                values.clear();
                values.resize(self.contents.size(tile), 0.0);
                if !made(tile, &mut values)? {
                    return Ok(Filled::Stopped);
                }
                if let Err(error) = self.keep(tile, &values) {
                    return self.finished_by_another(error);
                }
            }
            if !report(n + 1, mine.len()) && n + 1 < mine.len() {
                return Ok(Filled::Stopped);
            }
        }
        self.finish()
    }

    /// Gives the matrix its name, if all tiles are there.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Data`] for a damaged tile.
    pub fn finish(&mut self) -> Result<Filled> {
        let (all, done) = match self.count(Shard::WHOLE) {
            Ok(counts) => counts,
            Err(error) => return self.finished_by_another(error),
        };
        if done < all {
            return match self.work.exists() {
                true => Ok(Filled::Shard),
                false => self.finished_by_another(Error::Io(format!(
                    "{} has disappeared",
                    self.work.display()
                ))),
            };
        }
        match &mut self.layout {
            Layout::Npy(l) => l.finish()?,
            Layout::Zarr(l) => l.sweep(),
        }
        let Some(target) = &self.target else {
            return Ok(Filled::Whole);
        };
        let named = named(&self.work, target, self.force);
        if let Err(error) = named {
            return self.finished_by_another(Error::file(target, "written", &error));
        }
        if let Layout::Npy(l) = &self.layout {
            l.forget();
        }
        Ok(Filled::Whole)
    }

    /// Another process may have found the last tile and given the folder its name, under our feet.
    fn finished_by_another(&self, error: Error) -> Result<Filled> {
        let found = self.target.as_deref().filter(|_| !self.work.exists());
        match (found, &self.layout) {
            (Some(target), Layout::Zarr(l)) if l.whole_at(target) => Ok(Filled::Whole),
            _ => Err(error),
        }
    }
}

/// Is a finished matrix of this name the one that is wanted? (So that a shard that comes late is no error.)
pub fn is_whole(target: &Path, contents: &Contents) -> bool {
    is_folder(target)
        && target.is_dir()
        && Zarr::found(target, contents)
            .is_ok_and(|zarr| zarr.is_some_and(|zarr| zarr.whole_at(target)))
}

fn is_folder(target: &Path) -> bool {
    target
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("zarr"))
}

/// The path with an ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Renames; an old file is replaced, an old folder put aside first and deleted then.
fn named(work: &Path, target: &Path, force: bool) -> io::Result<()> {
    if target.exists() && !force {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let old = unfinished(target);
    let aside = target.is_dir() && force && work.is_dir();
    if aside {
        fs::rename(target, &old)?;
    }
    fs::rename(work, target)?;
    if aside {
        fs::remove_dir_all(&old)?;
    }
    settled(target);
    Ok(())
}

/// A name beside this one that no other process on any machine has.
fn unfinished(path: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let time = time.map_or(0, |t| t.as_nanos());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = std::process::id();
    beside(path, &format!(".{id}-{time:x}-{count}.unfinished"))
}

/// Writes a file: whole under its name, or not at all. `anew`: not over one that is there.
fn written(path: &Path, parts: &[&[u8]], anew: bool) -> Result<()> {
    let temporary = unfinished(path);
    let write = || {
        let mut file = File::create_new(&temporary)?;
        for part in parts {
            file.write_all(part)?;
        }
        file.sync_all()?;
        match anew.then(|| fs::hard_link(&temporary, path)) {
            Some(Ok(())) => fs::remove_file(&temporary),
            Some(Err(e)) if e.kind() == io::ErrorKind::AlreadyExists => fs::remove_file(&temporary),
            // a file system without links
            _ => fs::rename(&temporary, path),
        }
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&temporary);
        Error::file(path, "written", &e)
    })?;
    settled(path);
    Ok(())
}

/// The name has reached the disk too, where the system can be asked for that.
fn settled(path: &Path) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

fn other(path: &Path, found: &str, wanted: &str) -> Error {
    let (found, wanted) = (found.to_owned(), wanted.to_owned());
    Trouble::SomethingElse { found, wanted }.at(path)
}
