//! Stores that were filled apart, joined into one matrix.

use std::fs;
use std::path::{Path, PathBuf};

use super::zarr::{Zarr, is_ours, value};
use super::{Filled, Shard, Store, beside, is_folder, named};
use crate::error::{Error, Result, Trouble};

/// What was joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Rows of the matrix (of the last by name, if there are several).
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Tiles of all matrices.
    pub tiles: usize,
    /// Those that an earlier attempt had copied.
    pub resumed: usize,
    /// It was not stopped.
    pub whole: bool,
}

/// Joins Zarr stores of the same matrix (or groups of the same matrices) into one `.npy` file or Zarr folder. A store that
/// is not whole is found under its name with or without `.part`. After each tile `report(done, all)` says whether to go on.
///
/// # Errors
/// [`Error::Data`] where two stores are of different matrices, a tile is damaged, or tiles are missing in all (the first is
/// named, and how many there are); [`Error::Store`] for several matrices that shall be one file, and as [`Store::open`].
pub fn merge(
    stores: &[PathBuf],
    target: &Path,
    force: bool,
    mut report: impl FnMut(usize, usize) -> bool,
) -> Result<Merged> {
    let mut places = Vec::new();
    for store in stores {
        places.push(place(store)?);
    }
    let Some(first) = places.first() else {
        return Err(Error::Data("there is nothing to merge".to_owned()));
    };
    let group = value(&first.join("zarr.json"))?.is_some_and(|v| v["node_type"] == "group");
    if !group {
        let parts = opened(&places)?;
        let copies = Copies { parts };
        copies.complete()?;
        let side = copies.parts[0].side();
        let mut out = Store::open(target, copies.parts[0].contents(), side, force)?;
        let all = out.tiles().len();
        return copies.copied(&mut out, &mut |done| report(done, all));
    }
    if !is_folder(target) {
        return Err(Trouble::Several.at(first));
    }
    if target.exists() && !(is_ours(target)? && force) {
        return Err(Trouble::Exists.at(target));
    }
    let words = |place: &Path| -> Result<String> {
        let value = value(&place.join("zarr.json"))?.unwrap_or_default();
        let of = value["attributes"]["deeplimit"]["of"].as_str();
        Ok(of.unwrap_or_default().to_owned())
    };
    let of = words(first)?;
    for place in &places[1..] {
        same(first, &of, place, &words(place)?)?;
    }
    let mut all = Vec::new();
    for name in names(first)? {
        let inside: Vec<PathBuf> = places.iter().map(|p| p.join(&name)).collect();
        let copies = Copies {
            parts: opened(&inside)?,
        };
        copies.complete()?;
        all.push((name, copies));
    }
    let work = beside(target, ".part");
    super::group(&work, &of)?;
    let count = |c: &Copies| c.parts[0].contents().tiles(c.parts[0].side()).len();
    let tiles = all.iter().map(|(_, c)| count(c)).sum();
    let mut merged = Merged::default();
    let mut done = 0;
    for (name, copies) in &all {
        let (contents, side) = (copies.parts[0].contents(), copies.parts[0].side());
        let mut out = Store::within(&work.join(name), contents, side)?;
        let one = copies.copied(&mut out, &mut |n| report(done + n, tiles))?;
        done += one.tiles;
        merged = Merged {
            resumed: merged.resumed + one.resumed,
            tiles,
            ..one
        };
        if !one.whole {
            return Ok(merged);
        }
    }
    named(&work, target, force).map_err(|e| Error::file(target, "written", &e))?;
    Ok(merged)
}

/// The folder itself, or the unfinished one.
fn place(store: &Path) -> Result<PathBuf> {
    let part = beside(store, ".part");
    let found = [store.to_owned(), part];
    let found = found.into_iter().find(|p| p.join("zarr.json").is_file());
    found.ok_or_else(|| Error::Data(format!("{} is no Zarr store", store.display())))
}

/// The arrays of a group.
fn names(group: &Path) -> Result<Vec<String>> {
    let unread = |e| Error::file(group, "read", &e);
    let mut names = Vec::new();
    for entry in fs::read_dir(group).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        if entry.path().join("zarr.json").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    match names.is_empty() {
        true => Err(Error::Data(format!("{} is empty", group.display()))),
        false => Ok(names),
    }
}

fn same(first: &Path, of: &str, place: &Path, words: &str) -> Result<()> {
    match words == of {
        true => Ok(()),
        false => Err(Error::Data(format!(
            "{} ({words}) and {} ({of}) are of different matrices",
            place.display(),
            first.display()
        ))),
    }
}

/// All of the same matrix.
fn opened(places: &[PathBuf]) -> Result<Vec<Zarr>> {
    let mut parts: Vec<Zarr> = Vec::new();
    for place in places {
        let Some(zarr) = Zarr::read_metadata(place)? else {
            return Err(Error::Data(format!("{} is no Zarr store", place.display())));
        };
        if let Some(first) = parts.first() {
            let (one, two) = (first.contents(), zarr.contents());
            same(&places[0], &one.words, place, &two.words)?;
            if one != two || first.side() != zarr.side() {
                return Err(Error::Data(format!(
                    "{} and {} are of different shapes or have tiles of different sizes",
                    place.display(),
                    places[0].display()
                )));
            }
        }
        parts.push(zarr);
    }
    Ok(parts)
}

struct Copies {
    parts: Vec<Zarr>,
}

impl Copies {
    /// Is every tile in one of them?
    fn complete(&self) -> Result<()> {
        let mut missing = Vec::new();
        for tile in self.parts[0].contents().tiles(self.parts[0].side()) {
            let mut found = false;
            for part in &self.parts {
                found |= part.holds(&tile)?;
            }
            if !found {
                missing.push(tile);
            }
        }
        let Some(first) = missing.first() else {
            return Ok(());
        };
        let others = match missing.len() - 1 {
            0 => String::new(),
            1 => " and another one".to_owned(),
            n => format!(" and {n} others"),
        };
        Err(Error::Data(format!(
            "{first}{others} of {} are in none of the stores: run their shards again",
            self.parts[0].contents().tiles(self.parts[0].side()).len()
        )))
    }

    fn copied(&self, out: &mut Store, report: &mut dyn FnMut(usize) -> bool) -> Result<Merged> {
        let (all, resumed) = out.count(Shard::WHOLE)?;
        let filled = out.fill(
            Shard::WHOLE,
            |done, _| report(done),
            |tile, values| {
                for part in &self.parts {
                    if let Some(found) = part.checked(tile)? {
                        values.copy_from_slice(&found);
                        return Ok(true);
                    }
                }
                Err(Error::Data(format!("{tile} has disappeared")))
            },
        )?;
        let contents = self.parts[0].contents();
        Ok(Merged {
            rows: contents.rows,
            columns: contents.columns,
            tiles: all,
            resumed,
            whole: filled == Filled::Whole,
        })
    }
}
