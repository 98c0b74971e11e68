//! A matrix in one `.npy` file, which one process fills.
//!
//! `NAME.part` is the file; `NAME.journal` says which tiles are complete: a first line with rows, columns, rows of a tile
//! and what the matrix is of, then the number of each tile, written after the tile itself has reached the disk. The journal
//! is locked while it is written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Contents, Tile, beside, other, settled};
use crate::array::npy::header;
use crate::error::{Error, Result, Trouble};

#[derive(Debug)]
pub(super) struct Npy {
    part: PathBuf,
    journal: PathBuf,
    file: File,
    list: File,
    contents: Contents,
    head: u64,
    side: usize,
    done: Vec<bool>,
}

impl Npy {
    pub fn open(
        target: &Path,
        part: &Path,
        contents: &Contents,
        side: usize,
        force: bool,
    ) -> Result<Npy> {
        let failed = |path: &Path, e| Error::file(path, "written", &e);
        let mut sizes: Vec<usize> = contents.depths.into_iter().collect();
        sizes.extend([contents.rows, contents.columns]);
        let header = header(&sizes);
        let journal = beside(target, ".journal");
        let open = |path: &Path| {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(|e| failed(path, e))
        };
        // the journal comes first, so a part without one is somebody else's
        if part.exists() && !journal.exists() && !force {
            return Err(Trouble::NoJournal.at(part));
        }
        let mut list = open(&journal)?;
        // a file system without locks has none to respect
        if let Err(TryLockError::WouldBlock) = list.try_lock() {
            return Err(Error::Io(format!(
                "{} is being written by another process",
                part.display()
            )));
        }
        let mut file = open(part)?;
        let mut store = Npy {
            part: part.to_owned(),
            journal,
            head: header.len() as u64,
            contents: contents.clone(),
            side,
            done: vec![],
            file: file.try_clone().map_err(|e| failed(part, e))?,
            list: list.try_clone().map_err(|e| failed(part, e))?,
        };
        let mut text = String::new();
        let read = list.read_to_string(&mut text);
        read.map_err(|e| Error::file(&store.journal, "read", &e))?;
        if let Some(done) = store.resumed(&text, force)? {
            let mut head = vec![0; header.len()];
            let whole = file.read_exact(&mut head).is_ok() && head == header;
            let reach = store.reach(&done);
            let long = file.metadata().is_ok_and(|m| m.len() >= reach);
            if whole && long {
                // a line that was not finished would run into the next one
                let lines = text.rfind('\n').map_or(0, |end| end + 1);
                let cut = list.set_len(lines as u64);
                cut.map_err(|e| failed(&store.journal, e))?;
                store.done = done;
                return Ok(store);
            }
            if !force {
                return Err(Trouble::Damaged.at(part));
            }
        }
        store.side = side;
        store.done = vec![false; contents.tiles(side).len()];
        let begin = |file: &mut File, bytes: &[u8]| {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        begin(&mut list, b"").map_err(|e| failed(&store.journal, e))?;
        begin(&mut file, &header).map_err(|e| failed(part, e))?;
        let title = format!("{} tile {side}\n", store.title());
        begin(&mut list, title.as_bytes()).map_err(|e| failed(&store.journal, e))?;
        settled(part);
        Ok(store)
    }

    fn title(&self) -> String {
        let c = &self.contents;
        let depths = c.depths.map_or(String::new(), |d| format!(" depths {d}"));
        let (rows, columns, words) = (c.rows, c.columns, &c.words);
        format!("deeplimit-gram 2{depths} rows {rows} columns {columns} of {words}")
    }

    /// The tiles that the journal has; `None` for a new one.
    fn resumed(&mut self, text: &str, force: bool) -> Result<Option<Vec<bool>>> {
        let mut lines = text.split_inclusive('\n').filter(|l| l.ends_with('\n'));
        let Some((title, side)) = lines
            .next()
            .and_then(|l| l.trim_end().rsplit_once(" tile "))
        else {
            // the title itself was not finished
            return Ok(None);
        };
        let side = side.parse().ok().filter(|s| (1..=self.side).contains(s));
        match side {
            Some(side) if title == self.title() => {
                self.side = side;
                let mut done = vec![false; self.contents.tiles(side).len()];
                for number in lines.filter_map(|l| l.trim_end().parse::<usize>().ok()) {
                    if let Some(done) = done.get_mut(number) {
                        *done = true;
                    }
                }
                Ok(Some(done))
            }
            _ if force => Ok(None),
            None if title == self.title() => Err(Trouble::MoreMemory.at(&self.part)),
            _ => {
                let of = |title: &str| title.split_once(" of ").map(|(_, w)| w.to_owned());
                let words = of(title).unwrap_or_default();
                Err(other(&self.part, &words, &self.contents.words))
            }
        }
    }

    /// The end of the last number of these tiles.
    fn reach(&self, done: &[bool]) -> u64 {
        let tiles = self.contents.tiles(self.side);
        let tiles = tiles.iter().filter(|t| done[t.number]);
        let depth = self.contents.depths.unwrap_or(1) - 1;
        let end = |t: &Tile| self.place(depth, t.rows.end - 1, t.columns.end);
        tiles.map(end).max().unwrap_or(0)
    }

    fn place(&self, depth: usize, row: usize, column: usize) -> u64 {
        let c = &self.contents;
        let row = depth as u64 * c.rows as u64 + row as u64;
        self.head + 8 * (row * c.columns as u64 + column as u64)
    }

    pub fn side(&self) -> usize {
        self.side
    }

    pub fn has(&self, tile: &Tile) -> bool {
        self.done.get(tile.number) == Some(&true)
    }

    pub fn read(&self, tile: &Tile) -> Result<Option<Vec<f64>>> {
        if !self.has(tile) {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(self.contents.size(tile));
        let mut bytes = vec![0; 8 * tile.columns.len()];
        let mut file = &self.file;
        for depth in 0..self.contents.depths.unwrap_or(1) {
            for row in tile.rows.clone() {
                let from = SeekFrom::Start(self.place(depth, row, tile.columns.start));
                file.seek(from)
                    .and_then(|_| file.read_exact(&mut bytes))
                    .map_err(|e| Error::file(&self.part, "read", &e))?;
                let (numbers, _) = bytes.as_chunks::<8>();
                values.extend(numbers.iter().map(|b| f64::from_le_bytes(*b)));
            }
        }
        Ok(Some(values))
    }

    pub fn keep(&mut self, tile: &Tile, values: &[f64]) -> Result<()> {
        let (rows, columns) = (tile.rows.len(), tile.columns.len());
        let mut bytes = Vec::new();
        let (mut file, mut list) = (&self.file, &self.list);
        let mut write = || {
            for (depth, values) in values.chunks_exact(rows * columns).enumerate() {
                for (i, row) in values.chunks_exact(columns).enumerate() {
                    bytes.clear();
                    bytes.extend(row.iter().flat_map(|x| x.to_le_bytes()));
                    let at = self.place(depth, tile.rows.start + i, tile.columns.start);
                    file.seek(SeekFrom::Start(at))?;
                    file.write_all(&bytes)?;
                }
                if self.contents.symmetric && !tile.square() {
                    for j in 0..columns {
                        bytes.clear();
                        let column = (0..rows).map(|i| values[i * columns + j]);
                        bytes.extend(column.flat_map(f64::to_le_bytes));
                        let at = self.place(depth, tile.columns.start + j, tile.rows.start);
                        file.seek(SeekFrom::Start(at))?;
                        file.write_all(&bytes)?;
                    }
                }
            }
            file.sync_data()
        };
        write().map_err(|e| Error::file(&self.part, "written", &e))?;
        // one write, so that a line is whole or has no end
        let line = format!("{}\n", tile.number);
        let listed = list
            .seek(SeekFrom::End(0))
            .and_then(|_| list.write_all(line.as_bytes()))
            .and_then(|()| list.sync_data());
        listed.map_err(|e| Error::file(&self.journal, "written", &e))?;
        self.done[tile.number] = true;
        Ok(())
    }

    pub fn finish(&self) -> Result<()> {
        let c = &self.contents;
        // whatever was behind the end is no part of it
        let end = self.place(c.depths.unwrap_or(1) - 1, c.rows - 1, c.columns);
        let synced = self.file.set_len(end).and_then(|()| self.file.sync_all());
        synced.map_err(|e| Error::file(&self.part, "written", &e))
    }

    /// The journal has served.
    pub fn forget(&self) {
        let _ = fs::remove_file(&self.journal);
    }
}
