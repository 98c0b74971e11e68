//! Matrices as a folder of Zarr version 3 (<https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html>): `zarr.json`, and
//! each tile a file `c/i/j` (`c/0/i/j` of matrices on top of each other) of little-endian doubles. Tiles at the edges are
//! as large as all, filled up with NaN; a tile that is absent reads as NaN too.
//!
//! A tile is written under another name, brought to the disk and renamed, so any number of processes may write, even the
//! same tile. Of a symmetric matrix the mirror image is written first: where a tile is there and its mirror image is not,
//! the image is made of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Contents, Tile, other, settled, written};
use crate::error::{Error, Result, Trouble};

#[derive(Debug)]
pub(super) struct Zarr {
    path: PathBuf,
    contents: Contents,
    side: usize,
}

impl Zarr {
    pub fn open(path: &Path, contents: &Contents, side: usize, force: bool) -> Result<Zarr> {
        let failed = |e| Error::file(path, "written", &e);
        is_ours(path)?;
        match Zarr::found(path, contents) {
            Ok(Some(zarr)) if zarr.side <= side => return Ok(zarr),
            Ok(None) => {}
            _ if force => fs::remove_dir_all(path).map_err(failed)?,
            Ok(Some(_)) => {
                return Err(Trouble::MoreMemory.at(path));
            }
            Err(error) => return Err(error),
        }
        made(path).map_err(failed)?;
        let text = format!("{:#}\n", metadata(contents, side));
        written(&path.join("zarr.json"), &[text.as_bytes()], true)?;
        // another process may have been faster, with tiles of another size
        match Zarr::found(path, contents)? {
            Some(zarr) => Ok(zarr),
            None => Err(Error::Io(format!("{} has disappeared", path.display()))),
        }
    }

    /// The array that is there, if it is this one; `None` where there is none.
    pub fn found(path: &Path, contents: &Contents) -> Result<Option<Zarr>> {
        let Some(zarr) = Zarr::read_metadata(path)? else {
            return Ok(None);
        };
        match zarr.contents == *contents {
            true => Ok(Some(zarr)),
            false => Err(other(path, &zarr.contents.words, &contents.words)),
        }
    }

    /// The array that is there, whatever it is of; `None` where there is none.
    pub fn read_metadata(path: &Path) -> Result<Option<Zarr>> {
        let Some(found) = value(&path.join("zarr.json"))? else {
            return Ok(None);
        };
        let numbers = |value: &Value| -> Option<Vec<usize>> {
            let each = value.as_array()?.iter();
            each.map(|n| usize::try_from(n.as_u64()?).ok()).collect()
        };
        let read = || {
            let shape = numbers(&found["shape"])?;
            let (&[.., rows, columns], true) = (&shape[..], shape.len() <= 3) else {
                return None;
            };
            let chunk = numbers(&found["chunk_grid"]["configuration"]["chunk_shape"])?;
            let own = &found["attributes"]["deeplimit"];
            let contents = Contents {
                depths: (shape.len() == 3).then(|| shape[0]),
                rows,
                columns,
                symmetric: own["symmetric"].as_bool()?,
                words: own["of"].as_str()?.to_owned(),
            };
            let side = chunk.last().copied().filter(|s| *s > 0)?;
            (metadata(&contents, side) == found).then_some(Zarr {
                path: path.to_owned(),
                contents,
                side,
            })
        };
        match read() {
            Some(zarr) => Ok(Some(zarr)),
            None => Err(Error::Data(format!(
                "{} is no matrix of deeplimit's",
                path.display()
            ))),
        }
    }

    pub fn side(&self) -> usize {
        self.side
    }

    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    fn file(&self, root: &Path, [i, j]: [usize; 2]) -> PathBuf {
        let mut path = root.join("c");
        if self.contents.depths.is_some() {
            path.push("0");
        }
        path.push(i.to_string());
        path.push(j.to_string());
        path
    }

    fn depths(&self) -> usize {
        self.contents.depths.unwrap_or(1)
    }

    fn bytes(&self) -> u64 {
        8 * self.depths() as u64 * (self.side as u64).pow(2)
    }

    /// Is there a file of the right length?
    fn there(&self, root: &Path, at: [usize; 2]) -> Result<bool> {
        let path = self.file(root, at);
        match fs::metadata(&path) {
            Ok(m) if m.len() == self.bytes() => Ok(true),
            Ok(m) => Err(damaged(
                &path,
                &format!("has {} bytes and not {}", m.len(), self.bytes()),
            )),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(Error::file(&path, "read", &e)),
        }
    }

    /// Is the tile there? (Nothing is written.)
    pub fn holds(&self, tile: &Tile) -> Result<bool> {
        self.there(&self.path, tile.at)
    }

    /// Is the tile there, and its mirror image too? (It is made where only the tile is.)
    pub fn has(&self, tile: &Tile) -> Result<bool> {
        if !self.there(&self.path, tile.at)? {
            return Ok(false);
        }
        let [i, j] = tile.at;
        if self.mirrored(tile)
            && !self.there(&self.path, [j, i])?
            && let Some(values) = self.chunk(tile, false)?
        {
            self.write([j, i], tile, &values, true)?;
        }
        Ok(true)
    }

    fn mirrored(&self, tile: &Tile) -> bool {
        self.contents.symmetric && !tile.square()
    }

    pub fn read(&self, tile: &Tile) -> Result<Option<Vec<f64>>> {
        self.chunk(tile, false)
    }

    /// As [`Zarr::read`], and the mirror image must be one.
    pub fn checked(&self, tile: &Tile) -> Result<Option<Vec<f64>>> {
        let values = self.chunk(tile, false)?;
        let [i, j] = tile.at;
        if self.mirrored(tile) && self.there(&self.path, [j, i])? {
            let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            let image = self.chunk(tile, true)?;
            if values.as_deref().map(bits) != image.as_deref().map(bits) {
                return Err(damaged(
                    &self.file(&self.path, tile.at),
                    &format!("is not the mirror image of {j}/{i}"),
                ));
            }
        }
        Ok(values)
    }

    /// The numbers of a tile from its file, or from that of its mirror image.
    fn chunk(&self, tile: &Tile, image: bool) -> Result<Option<Vec<f64>>> {
        let [i, j] = tile.at;
        let at = if image { [j, i] } else { [i, j] };
        if !self.there(&self.path, at)? {
            return Ok(None);
        }
        let path = self.file(&self.path, at);
        let bytes = fs::read(&path).map_err(|e| Error::file(&path, "read", &e))?;
        let (numbers, _) = bytes.as_chunks::<8>();
        let mut values = Vec::with_capacity(self.contents.size(tile));
        for depth in numbers.chunks_exact(self.side * self.side) {
            for i in 0..tile.rows.len() {
                for j in 0..tile.columns.len() {
                    let place = match image {
                        true => j * self.side + i,
                        false => i * self.side + j,
                    };
                    values.push(f64::from_le_bytes(depth[place]));
                }
            }
        }
        // what was never written reads as NaN
        if values.len() != self.contents.size(tile) || values.iter().any(|x| x.is_nan()) {
            return Err(damaged(&path, "has gaps"));
        }
        Ok(Some(values))
    }

    pub fn keep(&self, tile: &Tile, values: &[f64]) -> Result<()> {
        let [i, j] = tile.at;
        if self.mirrored(tile) {
            self.write([j, i], tile, values, true)?;
        }
        self.write([i, j], tile, values, false)
    }

    fn write(&self, at: [usize; 2], tile: &Tile, values: &[f64], image: bool) -> Result<()> {
        let (rows, columns, side) = (tile.rows.len(), tile.columns.len(), self.side);
        let mut bytes = Vec::with_capacity(self.bytes() as usize);
        let [height, width] = if image {
            [columns, rows]
        } else {
            [rows, columns]
        };
        for values in values.chunks_exact(rows * columns) {
            for i in 0..side {
                for j in 0..side {
                    let value = match (i < height && j < width, image) {
                        (false, _) => f64::NAN,
                        (true, false) => values[i * columns + j],
                        (true, true) => values[j * columns + i],
                    };
                    bytes.extend(value.to_le_bytes());
                }
            }
        }
        let path = self.file(&self.path, at);
        // one folder after the other, and not the array's own: it may have got another name
        let folders: Vec<&Path> = path.ancestors().skip(1).collect();
        let depth = if self.contents.depths.is_some() { 3 } else { 2 };
        for folder in folders[..depth].iter().rev() {
            made(folder).map_err(|e| Error::file(folder, "written", &e))?;
        }
        written(&path, &[&bytes], false)
    }

    /// Is every tile there, under this name?
    pub fn whole_at(&self, root: &Path) -> bool {
        let there = |at| self.there(root, at).unwrap_or(false);
        let both = |t: &Tile| {
            let [i, j] = t.at;
            there([i, j]) && (!self.mirrored(t) || there([j, i]))
        };
        self.contents.tiles(self.side).iter().all(both)
    }

    /// Deletes what was not finished when all is there.
    pub fn sweep(&self) {
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "unfinished") {
                    let _ = fs::remove_file(&path);
                }
            }
        }
    }
}

fn damaged(path: &Path, how: &str) -> Error {
    Error::Data(format!(
        "{} is damaged: it {how}; delete it, and it is made anew",
        path.display()
    ))
}

/// The folder; not those above it.
fn made(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
        Ok(()) => {
            settled(path);
            Ok(())
        }
    }
}

/// The JSON of a file; `None` where there is none.
pub(super) fn value(path: &Path) -> Result<Option<Value>> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|e| Error::Data(format!("{} is no Zarr metadata: {e}", path.display()))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::file(path, "read", &e)),
    }
}

/// Is there a folder of deeplimit's? Where there is nothing, or an empty folder, there is room for one.
///
/// # Errors
/// [`Error::Store`] for a folder of anything else: nothing is written into it, and nothing in it is deleted.
pub(super) fn is_ours(path: &Path) -> Result<bool> {
    let own = || match value(&path.join("zarr.json")) {
        Ok(found) => Ok(found.map(|v| v["attributes"]["deeplimit"]["of"].is_string())),
        // whose metadata cannot be read are not ours
        Err(Error::Data(_)) => Ok(Some(false)),
        Err(error) => Err(error),
    };
    let foreign = |inside: &str| {
        let inside = inside.to_owned();
        Err(Trouble::Foreign { inside }.at(path))
    };
    match own()? {
        Some(true) => return Ok(true),
        Some(false) => return foreign("a zarr.json that is not deeplimit's"),
        None => {}
    }
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Error::file(path, "written", &e)),
    };
    for entry in entries {
        let entry = entry.map_err(|e| Error::file(path, "read", &e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // another process may be about to make it ours
        if !name.ends_with(".unfinished") {
            return match own()? {
                Some(true) => Ok(true),
                _ => foreign(&name),
            };
        }
    }
    Ok(false)
}

/// What `zarr.json` says.
fn metadata(contents: &Contents, side: usize) -> Value {
    let mut shape: Vec<usize> = contents.depths.into_iter().collect();
    let mut chunk = shape.clone();
    shape.extend([contents.rows, contents.columns]);
    chunk.extend([side, side]);
    let names = ["depth", "row", "column"];
    json!({
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": "NaN",
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "dimension_names": names[3 - shape.len()..],
        "attributes": {"deeplimit": {"of": contents.words, "symmetric": contents.symmetric}},
    })
}

/// Opens or makes a folder of several arrays (a Zarr group) that are all of what these words say.
///
/// # Errors
/// [`Error::Io`] where it cannot be written; [`Error::Store`] where it is a folder that is not deeplimit's, or holds other
/// arrays.
pub fn group(path: &Path, words: &str) -> Result<()> {
    let wanted = json!({
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {"deeplimit": {"of": words}},
    });
    let place = path.join("zarr.json");
    if !is_ours(path)? {
        fs::create_dir_all(path).map_err(|e| Error::file(path, "written", &e))?;
        let text = format!("{wanted:#}\n");
        written(&place, &[text.as_bytes()], true)?;
    }
    match value(&place)? {
        Some(found) if found == wanted => Ok(()),
        found => {
            let of =
                found.and_then(|f| Some(f["attributes"]["deeplimit"]["of"].as_str()?.to_owned()));
            let trouble = Trouble::OtherKernels {
                found: of.unwrap_or_default(),
                wanted: words.to_owned(),
            };
            Err(trouble.at(path))
        }
    }
}
