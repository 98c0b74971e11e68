//! A Gram matrix in a `.npy` file, row block by row block: for what does not fit into memory.
//!
//! While it grows, the matrix is `NAME.part`, and beside it `NAME.journal` says which row blocks are complete: a first line
//! that names format, shape and a hash of data and kernel, then a line for each block, written after the block itself has
//! reached the disk. Whatever kills the program, what the journal lists is there and is not computed again, and under the
//! final name there is a whole matrix or nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::matrix::Gram;
use crate::error::{Error, Result};

/// A matrix on its way to a file.
#[derive(Debug)]
pub struct Store {
    target: PathBuf,
    part: PathBuf,
    journal: PathBuf,
    header: Vec<u8>,
    rows: usize,
    columns: usize,
    /// Rows of a block.
    block: usize,
    done: Vec<bool>,
}

/// What to go on with after a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The next block.
    Continue,
    /// Stop here; the finished blocks stay, and the next run goes on from them.
    Stop,
}

impl Store {
    /// Opens the store for this matrix, or goes on with an unfinished one. `memory` bounds the bytes of a block.
    ///
    /// # Errors
    /// [`Error::Io`] where the target exists already (unless `force`), where an unfinished store was made of other data,
    /// another kernel or other blocks (unless `force`, which begins anew), and where a file cannot be written.
    pub fn open(target: &Path, gram: &Gram, memory: u64, force: bool) -> Result<Self> {
        let name = target.display();
        if target.exists() && !force {
            return Err(Error::Io(format!(
                "{name} exists already; --force replaces it"
            )));
        }
        let (rows, columns) = gram.shape();
        let block = ((memory / 8 / columns as u64) as usize).clamp(1, rows);
        if memory < 8 * columns as u64 {
            return Err(Error::Io(format!(
                "one row of the matrix takes {} bytes, more than the memory allowed",
                8 * columns
            )));
        }
        let beside = |ending: &str| {
            let mut path = target.as_os_str().to_owned();
            path.push(ending);
            PathBuf::from(path)
        };
        let mut store = Store {
            target: target.to_owned(),
            part: beside(".part"),
            journal: beside(".journal"),
            header: header(rows, columns),
            rows,
            columns,
            block,
            done: Vec::new(),
        };
        let title = format!(
            "deeplimit-gram 1 rows {rows} columns {columns} hash {:016x}",
            fingerprint(gram)
        );
        store.resumed(&title, force)?;
        Ok(store)
    }

    /// Reads the journal, or begins a new one.
    fn resumed(&mut self, title: &str, force: bool) -> Result<()> {
        let old = fs::read_to_string(&self.journal).unwrap_or_default();
        let mut lines = old
            .split_inclusive('\n')
            .filter(|l| l.ends_with('\n'))
            .map(str::trim_end);
        let found = lines
            .next()
            .and_then(|first| first.rsplit_once(" block "))
            .filter(|_| self.part.exists());
        if let Some((before, block)) = found {
            match block.parse::<usize>() {
                // whatever the memory allows now: the blocks of the unfinished store
                Ok(block) if before == title && (1..=self.block).contains(&block) => {
                    self.block = block;
                    self.done = vec![false; self.rows.div_ceil(block)];
                    for line in lines {
                        if let Some(done) =
                            line.parse().ok().and_then(|b: usize| self.done.get_mut(b))
                        {
                            *done = true;
                        }
                    }
                    return Ok(());
                }
                _ if force => {}
                _ => {
                    return Err(Error::Io(format!(
                        "the unfinished {} was made of other data, another kernel or with more memory; --force begins anew",
                        self.part.display()
                    )));
                }
            }
        }
        self.done = vec![false; self.rows.div_ceil(self.block)];
        let _ = fs::remove_file(&self.journal);
        let mut file = File::create(&self.part).map_err(|e| self.failed(&self.part, &e))?;
        file.write_all(&self.header)
            .and_then(|()| file.sync_all())
            .map_err(|e| self.failed(&self.part, &e))?;
        let mut journal =
            File::create(&self.journal).map_err(|e| self.failed(&self.journal, &e))?;
        writeln!(journal, "{title} block {}", self.block)
            .and_then(|()| journal.sync_all())
            .map_err(|e| self.failed(&self.journal, &e))
    }

    /// Blocks there are, and blocks that are done.
    pub fn blocks(&self) -> (usize, usize) {
        (self.done.len(), self.done.iter().filter(|d| **d).count())
    }

    /// Computes the missing blocks, and gives the file its name once all are there: `true` then. After each block
    /// `report(done, all)` says whether to go on.
    ///
    /// # Errors
    /// [`Error::Io`] where the disk is full or a file cannot be written; what is finished stays.
    pub fn fill(
        &mut self,
        gram: &Gram,
        mut report: impl FnMut(usize, usize) -> Progress,
    ) -> Result<bool> {
        let open = |path: &Path| OpenOptions::new().read(true).write(true).open(path);
        let mut file = open(&self.part).map_err(|e| self.failed(&self.part, &e))?;
        let mut journal = OpenOptions::new()
            .append(true)
            .open(&self.journal)
            .map_err(|e| self.failed(&self.journal, &e))?;
        let mut head = vec![0; self.header.len()];
        let whole = file.read_exact(&mut head).is_ok() && head == self.header;
        if !whole {
            return Err(Error::Io(format!(
                "{} is damaged; --force begins anew",
                self.part.display()
            )));
        }
        let mut values = vec![0.0; self.block * self.columns];
        let mut bytes = Vec::new();
        for block in 0..self.done.len() {
            if self.done[block] {
                continue;
            }
            let first = block * self.block;
            let count = self.block.min(self.rows - first);
            let values = &mut values[..count * self.columns];
            gram.rows(first, values);
            let place = self.header.len() as u64 + 8 * (first * self.columns) as u64;
            let written = (|| {
                file.seek(SeekFrom::Start(place))?;
                for part in values.chunks(1 << 16) {
                    bytes.clear();
                    bytes.extend(part.iter().flat_map(|x| x.to_le_bytes()));
                    file.write_all(&bytes)?;
                }
                file.sync_data()
            })();
            written.map_err(|e| self.failed(&self.part, &e))?;
            writeln!(journal, "{block}")
                .and_then(|()| journal.sync_data())
                .map_err(|e| self.failed(&self.journal, &e))?;
            self.done[block] = true;
            let (all, done) = self.blocks();
            if report(done, all) == Progress::Stop && done < all {
                return Ok(false);
            }
        }
        file.sync_all().map_err(|e| self.failed(&self.part, &e))?;
        fs::rename(&self.part, &self.target).map_err(|e| self.failed(&self.target, &e))?;
        let _ = fs::remove_file(&self.journal);
        Ok(true)
    }

    fn failed(&self, path: &Path, error: &std::io::Error) -> Error {
        Error::Io(format!("{} cannot be written: {error}", path.display()))
    }
}

/// The header of a C-ordered matrix of little-endian doubles (NumPy's format 1.0), padded to a multiple of 64 bytes.
pub fn header(rows: usize, columns: usize) -> Vec<u8> {
    let words =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let length = (10 + words.len() + 1).next_multiple_of(64);
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend(((length - 10) as u16).to_le_bytes());
    out.extend(words.bytes());
    out.resize(length - 1, b' ');
    out.push(b'\n');
    out
}

/// FNV-1a over everything that the entries depend on.
fn fingerprint(gram: &Gram) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut feed = |word: u64| {
        for byte in word.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    };
    let k = gram.kernel();
    let words = format!("{} {:?}", k.description(), gram.lengths());
    words.bytes().for_each(|b| feed(u64::from(b)));
    for points in gram.points() {
        feed(points.dimension() as u64);
        points.given().iter().for_each(|x| feed(x.to_bits()));
    }
    hash
}
