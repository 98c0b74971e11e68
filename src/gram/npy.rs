//! numpy's `.npy` format, versions 1 to 3, little-endian: the one reader (of either order) and the one header (C order) of the
//! program.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// numpy's own headers have some hundred bytes: a longer one is refused.
const HEADER_MAX: usize = 1 << 16;

/// An array, its numbers row by row (C order) whatever the order of the file.
#[derive(Clone, Debug)]
pub struct Array {
    /// numpy's name of the type of its numbers: `<f8`, `|u1` ...
    pub kind: String,
    /// How many along each axis.
    pub sizes: Vec<usize>,
    /// The numbers.
    pub data: Vec<u8>,
}

impl Array {
    /// Reads a file. Nothing is believed before it is checked: memory is asked for only as much as the file has bytes.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Data`] where the file is not what numpy writes, ends too early or too late, or holds no numbers.
    pub fn read(path: &Path) -> Result<Array> {
        let unread = |e: std::io::Error| Error::file(path, "read", &e);
        let bad = |what: String| Error::Data(format!("{}: {what}", path.display()));
        let mut file = File::open(path).map_err(unread)?;
        let size = file.metadata().map_err(unread)?.len();
        let mut start = Vec::new();
        (&mut file)
            .take(12)
            .read_to_end(&mut start)
            .map_err(unread)?;
        if !start.starts_with(b"\x93NUMPY") {
            return Err(bad(
                "this is no .npy file: it does not begin with \\x93NUMPY".to_owned(),
            ));
        }
        let ends = || bad("the file is truncated: it ends inside its header".to_owned());
        let &[_, _, _, _, _, _, version, _, a, b, c, d] = &start[..] else {
            return Err(ends());
        };
        // the length has two bytes in version 1: the other two belong to the header then
        let (begun, length) = match version {
            1 => (vec![c, d], usize::from(u16::from_le_bytes([a, b]))),
            _ => (vec![], u32::from_le_bytes([a, b, c, d]) as usize),
        };
        if length > HEADER_MAX {
            return Err(bad(format!(
                "the header says that it has {length} bytes; at most {HEADER_MAX} are read"
            )));
        }
        let mut header = begun;
        let more = length.saturating_sub(header.len());
        (&mut file)
            .take(more as u64)
            .read_to_end(&mut header)
            .map_err(unread)?;
        if header.len() < length {
            return Err(ends());
        }
        let header = String::from_utf8_lossy(&header);
        let unreadable = || bad("the header is not what numpy writes".to_owned());
        let kind = after(&header, "descr")
            .and_then(|v| v.strip_prefix('\'')?.split('\'').next())
            .ok_or_else(unreadable)?;
        let width = kind.trim_start_matches(|c: char| !c.is_ascii_digit());
        let width: usize = width
            .parse()
            .map_err(|_| bad(format!("numbers of numpy's type `{kind}` are not read")))?;
        let by_columns = match after(&header, "fortran_order") {
            Some(v) if v.starts_with("False") => false,
            Some(v) if v.starts_with("True") => true,
            _ => return Err(unreadable()),
        };
        let sizes: Option<Vec<usize>> = after(&header, "shape")
            .and_then(|v| v.strip_prefix('(')?.split_once(')'))
            .map(|(inside, _)| inside.split(',').map(str::trim).filter(|s| !s.is_empty()))
            .and_then(|sizes| sizes.map(|s| s.parse().ok()).collect());
        let sizes = sizes.ok_or_else(unreadable)?;
        let shape: Vec<_> = sizes.iter().map(usize::to_string).collect();
        let shape = shape.join(" x ");
        let wanted = sizes.iter().try_fold(width, |n, s| n.checked_mul(*s));
        let wanted =
            wanted.ok_or_else(|| bad(format!("no file holds an array of {shape} numbers")))?;
        let there = size.saturating_sub(if version == 1 { 10 } else { 12 } + length as u64);
        if wanted == 0 {
            return Err(bad("there are no numbers".to_owned()));
        }
        if wanted as u64 != there {
            let how = match wanted as u64 > there {
                true => "is truncated",
                false => "is too long",
            };
            return Err(bad(format!(
                "the file {how}: {shape} numbers of type {kind} take {wanted} bytes, {there} bytes are there"
            )));
        }
        let mut data = Vec::with_capacity(wanted);
        file.take(wanted as u64)
            .read_to_end(&mut data)
            .map_err(unread)?;
        if data.len() != wanted {
            return Err(bad("the file is truncated while it is read".to_owned()));
        }
        if by_columns {
            data = by_rows(&data, &sizes, width);
        }
        Ok(Array {
            kind: kind.to_owned(),
            sizes,
            data,
        })
    }

    /// The numbers, each of `N` bytes.
    pub fn numbers<T, const N: usize>(&self, number: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (chunks, _) = self.data.as_chunks::<N>();
        chunks.iter().map(|c| number(*c)).collect()
    }
}

/// The numbers of an array in Fortran order (the first index runs fastest) in C order (the last one does).
fn by_rows(data: &[u8], sizes: &[usize], width: usize) -> Vec<u8> {
    let mut steps = Vec::with_capacity(sizes.len());
    let mut step = width;
    for size in sizes {
        steps.push(step);
        step *= size;
    }
    let mut out = Vec::with_capacity(data.len());
    let mut index = vec![0; sizes.len()];
    while out.len() < data.len() {
        let at: usize = index.iter().zip(&steps).map(|(i, s)| i * s).sum();
        out.extend_from_slice(&data[at..at + width]);
        for (i, size) in index.iter_mut().zip(sizes).rev() {
            *i += 1;
            match *i < *size {
                true => break,
                false => *i = 0,
            }
        }
    }
    out
}

/// What follows `'key':` in a Python dictionary.
fn after<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let rest = &header[header.find(&format!("'{key}'"))? + key.len() + 2..];
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// The header of a C-ordered array of little-endian doubles (format 1.0), padded to a multiple of 64 bytes.
///
/// ```
/// let header = deeplimit::gram::npy::header(&[2, 3]);
/// assert!(header.starts_with(b"\x93NUMPY\x01\x00") && header.len() == 128);
/// ```
pub fn header(sizes: &[usize]) -> Vec<u8> {
    let sizes: String = sizes.iter().map(|s| format!("{s}, ")).collect();
    // Python's way: (3,) and (3, 4)
    let shape = match sizes.matches(',').count() {
        1 => sizes.trim_end(),
        _ => sizes.trim_end_matches(", "),
    };
    let words = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}");
    let length = (10 + words.len() + 1).next_multiple_of(64);
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend(((length - 10) as u16).to_le_bytes());
    out.extend(words.bytes());
    out.resize(length - 1, b' ');
    out.push(b'\n');
    out
}
