//! Files, compressed by gzip or not, and the names of what else a file may be.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result};

/// So many bytes say what a file is: a tar archive has its name at byte 257.
const START: u64 = 512;
/// More than this is not unpacked in memory: a few bytes of gzip can stand for very many.
const UNPACKED_MAX: u64 = 4 << 30;

/// A file to be read from its beginning.
pub(super) struct Source {
    pub path: PathBuf,
    /// Its first bytes, which are read again.
    pub start: Vec<u8>,
    /// How many bytes there are, where that is known before they are read.
    pub size: Option<u64>,
    reader: Box<dyn Read>,
}

impl Source {
    /// # Errors
    /// [`Error::Io`]; [`Error::Data`] for a folder, or a pipe, which can be read once only.
    pub fn open(path: &Path) -> Result<Source> {
        let unread = |e: io::Error| Error::file(path, "read", &e);
        let about = fs::metadata(path).map_err(unread)?;
        if !about.is_file() {
            let what = if about.is_dir() {
                "a folder"
            } else {
                "no file (a pipe or a device)"
            };
            return Err(Error::Data(format!(
                "{}: this is {what}: give the name of a file",
                path.display()
            )));
        }
        let mut file = File::open(path).map_err(unread)?;
        let start = begun(&mut file).map_err(unread)?;
        let again = Cursor::new(start.clone()).chain(file);
        if !start.starts_with(b"\x1f\x8b") {
            return Ok(Source {
                path: path.to_owned(),
                start,
                size: Some(about.len()),
                reader: Box::new(again),
            });
        }
        let mut reader = MultiGzDecoder::new(again).take(UNPACKED_MAX);
        let start = begun(&mut reader).map_err(|e| unpackable(path, &e))?;
        Ok(Source {
            path: path.to_owned(),
            reader: Box::new(Cursor::new(start.clone()).chain(reader)),
            start,
            size: None,
        })
    }

    pub fn bad(&self, what: impl std::fmt::Display) -> Error {
        Error::Data(format!("{}: {what}", self.path.display()))
    }

    /// The next bytes: so many, or fewer at the end of the file.
    pub fn next(&mut self, count: usize) -> Result<Vec<u8>> {
        // no more memory than a file has bytes
        let known = self.size.map_or(0, |s| s.min(count as u64));
        let mut bytes = Vec::with_capacity(known as usize);
        let read = (&mut self.reader)
            .take(count as u64)
            .read_to_end(&mut bytes);
        match (read, self.size) {
            (Ok(_), _) => Ok(bytes),
            (Err(e), Some(_)) => Err(Error::file(&self.path, "read", &e)),
            (Err(e), None) => Err(unpackable(&self.path, &e)),
        }
    }

    /// Is a gzip file that has so many bytes inside unpacked in memory?
    pub fn fits(&self, wanted: u64) -> Result<()> {
        if self.size.is_none() && wanted >= UNPACKED_MAX - START {
            return Err(self.bad(format!(
                "more than {} GiB would be unpacked in memory: unpack it first",
                UNPACKED_MAX >> 30
            )));
        }
        Ok(())
    }

    /// All that is left.
    pub fn rest(&mut self) -> Result<Vec<u8>> {
        let bytes = self.next(usize::MAX)?;
        self.fits(bytes.len() as u64)?;
        Ok(bytes)
    }
}

fn begun(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    reader.take(START).read_to_end(&mut start)?;
    Ok(start)
}

fn unpackable(path: &Path, error: &io::Error) -> Error {
    let how = match error.kind() {
        io::ErrorKind::UnexpectedEof => "is truncated".to_owned(),
        _ => format!("is damaged ({error})"),
    };
    Error::Data(format!("{}: the gzip file {how}", path.display()))
}

/// All bytes of a file, unpacked if gzip has packed it.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] for a folder, and for a gzip file that is damaged or has more than 4 GiB inside.
pub fn unpacked(path: &Path) -> Result<Vec<u8>> {
    Source::open(path)?.rest()
}

/// Does the name end so, whatever gzip has added?
pub(crate) fn ends_in(path: &Path, ending: &str) -> bool {
    let is = |path: &Path, ending: &str| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(ending))
    };
    match path.file_stem() {
        Some(stem) if is(path, "gz") => is(Path::new(stem), ending),
        _ => is(path, ending),
    }
}

/// What a file is that begins so, and what helps, where it is known and no array: the end of a sentence that begins with
/// `this is`.
///
/// ```
/// use deeplimit::array::foreign;
/// assert!(foreign(b"\x80\x02}q\x01(U\x0bbatch_label").unwrap().contains("pickle"));
/// assert_eq!(foreign(b"\x93NUMPY\x01\x00"), None);
/// ```
pub fn foreign(start: &[u8]) -> Option<&'static str> {
    // the first protocols of Python's pickle are text
    let pickle = matches!(start, [0x80, 2..=5, ..])
        || start.starts_with(b"(dp")
        || start.starts_with(b"(lp")
        || start.starts_with(b"ccopy_reg");
    if pickle {
        return Some(
            "a Python pickle, which is not read (it is a program): for CIFAR-10 take the binary version (data_batch_1.bin), \
             for other data save the arrays with numpy.save",
        );
    }
    if start.get(257..262) == Some(b"ustar") {
        return Some("a tar archive: unpack it and name the file inside");
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return Some("a WebP picture: save it as PNG");
    }
    if start.starts_with(b"PK\x03\x04") {
        let holds = |name: &[u8]| start.windows(name.len()).any(|w| w == name);
        return Some(if holds(b".npy") {
            "a zip archive of numpy's arrays (.npz): save the one that is meant with numpy.save"
        } else if holds(b"[Content_Types].xml") || holds(b"xl/") {
            "an Excel workbook: save it as CSV"
        } else {
            "a zip archive (PyTorch's .pt, or another): unpack it, or save the arrays with numpy.save"
        });
    }
    let known: [(&[u8], &str); 22] = [
        (b"PK\x05\x06", "an empty zip archive"),
        (b"\x1f\x8b", "compressed by gzip twice: unpack it first"),
        (b"BZh", "compressed by bzip2: unpack it first"),
        (b"\xfd7zXZ\x00", "compressed by xz: unpack it first"),
        (b"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it first"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
        (
            b"PAR1",
            "Parquet, which is not read: save it as .npy or CSV",
        ),
        (
            b"\x89HDF\r\n\x1a\n",
            "HDF5, which is not read: save the array with numpy.save",
        ),
        (
            b"MATLAB ",
            "a MATLAB file, which is not read: save the array with numpy.save (scipy.io.loadmat reads it)",
        ),
        (
            b"\x89PNG\r\n\x1a\n",
            "one PNG picture: name the folder that it lies in",
        ),
        (b"\xff\xd8\xff", "a JPEG picture: save it as PNG"),
        (b"GIF8", "a GIF picture: save it as PNG"),
        (b"II*\x00", "a TIFF picture: save it as PNG"),
        (b"MM\x00*", "a TIFF picture: save it as PNG"),
        (b"\xff\xfe", "text encoded in UTF-16: save it as UTF-8"),
        (b"\xfe\xff", "text encoded in UTF-16: save it as UTF-8"),
        (b"%PDF", "a PDF document"),
        (
            b"ARROW1",
            "Arrow, which is not read: save it as .npy or CSV",
        ),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV"),
        (
            b"version https://git-lfs",
            "a pointer of Git LFS, not the data themselves: git lfs pull fetches them",
        ),
        (b"<!DOCTYPE", "a page of HTML"),
        (b"<html", "a page of HTML"),
    ];
    let found = known.iter().find(|(magic, _)| start.starts_with(magic));
    found.map(|(_, what)| *what)
}
