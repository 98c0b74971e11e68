//! numpy's `.npy` format, versions 1 to 3: every type of number, either order of bytes and of indices; and the one header that is
//! written (C order, little-endian doubles).

use super::source::Source;
use super::{Array, Format, NumberType, shape, turned};
use crate::error::Result;

/// How a file begins.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// numpy's own headers have some hundred bytes: a longer one is refused.
const HEADER_MAX: usize = 1 << 16;

/// Reads a file that begins with [`MAGIC`].
pub(super) fn read(mut source: Source) -> Result<Array> {
    let ends = "the file is truncated: it ends inside its header";
    let start = source.next(8)?;
    let (begun, length) = match start.get(6) {
        None => return Err(source.bad(ends)),
        Some(1) => {
            let bytes = source.next(2)?;
            let &[a, b] = &bytes[..] else {
                return Err(source.bad(ends));
            };
            (10, usize::from(u16::from_le_bytes([a, b])))
        }
        Some(2 | 3) => {
            let bytes = source.next(4)?;
            let &[a, b, c, d] = &bytes[..] else {
                return Err(source.bad(ends));
            };
            (12, u32::from_le_bytes([a, b, c, d]) as usize)
        }
        Some(version) => {
            return Err(source.bad(format!(
                "version {version} of numpy's format is not known: 1 to 3 are read"
            )));
        }
    };
    if length > HEADER_MAX {
        return Err(source.bad(format!(
            "the header says that it has {length} bytes; at most {HEADER_MAX} are read"
        )));
    }
    let header = source.next(length)?;
    if header.len() < length {
        return Err(source.bad(ends));
    }
    let header = String::from_utf8_lossy(&header);
    let unreadable = "the header is not what numpy writes";
    let Some(descr) = after(&header, "descr") else {
        return Err(source.bad(unreadable));
    };
    let (kind, swapped) = kind_of(descr).map_err(|what| source.bad(what))?;
    let by_columns = match after(&header, "fortran_order") {
        Some(v) if v.starts_with("False") => false,
        Some(v) if v.starts_with("True") => true,
        _ => return Err(source.bad(unreadable)),
    };
    let sizes: Option<Vec<usize>> = after(&header, "shape")
        .and_then(|v| v.strip_prefix('(')?.split_once(')'))
        .map(|(inside, _)| inside.split(',').map(str::trim).filter(|s| !s.is_empty()))
        .and_then(|sizes| sizes.map(|s| s.parse().ok()).collect());
    let Some(sizes) = sizes else {
        return Err(source.bad(unreadable));
    };
    let words = shape(&sizes);
    let width = kind.width();
    let wanted = sizes.iter().try_fold(width, |n, s| n.checked_mul(*s));
    let Some(wanted) = wanted.filter(|w| *w < usize::MAX) else {
        return Err(source.bad(format!("no file holds an array of {words} numbers")));
    };
    if wanted == 0 {
        return Err(source.bad(format!("there are no numbers: the header says {words}")));
    }
    let wrong = |how: &str, there: String| {
        format!(
            "the file {how}: {words} numbers of type {kind} take {wanted} bytes, {there} are there"
        )
    };
    let check = |source: &Source, there: u64, more: bool| {
        if (wanted as u64) > there {
            return Err(source.bad(wrong("is truncated", format!("{there} bytes"))));
        }
        if (wanted as u64) < there {
            let there = match more {
                true => "more".to_owned(),
                false => format!("{there} bytes"),
            };
            return Err(source.bad(wrong("is too long", there)));
        }
        Ok(())
    };
    if let Some(size) = source.size {
        check(&source, size.saturating_sub((begun + length) as u64), false)?;
    }
    source.fits(wanted as u64)?;
    let mut data = source.next(wanted + 1)?;
    check(&source, data.len() as u64, true)?;
    if by_columns {
        data = by_rows(&data, &sizes, width);
    }
    if swapped {
        turned(&mut data, width);
    }
    if let (NumberType::Bool, Some(k)) = (kind, data.iter().position(|b| *b > 1)) {
        return Err(source.bad(format!("number {k} is {} and no bool", data[k])));
    }
    Ok(Array {
        kind,
        sizes,
        data,
        format: Format::Npy,
        path: source.path,
    })
}

/// The type behind `'descr':`, and whether the larger byte comes first; a type that is not read is called by its name.
fn kind_of(descr: &str) -> std::result::Result<(NumberType, bool), String> {
    if descr.starts_with('[') {
        return Err(
            "a structured array (records with named fields) is not read: save one field of it"
                .to_owned(),
        );
    }
    let Some(word) = descr.strip_prefix('\'').and_then(|v| v.split('\'').next()) else {
        return Err("the header is not what numpy writes".to_owned());
    };
    let plain = word.trim_start_matches(['<', '>', '|', '=']);
    let kind = match plain {
        "b1" => Some(NumberType::Bool),
        "i1" => Some(NumberType::Int(1)),
        "i2" => Some(NumberType::Int(2)),
        "i4" => Some(NumberType::Int(4)),
        "i8" => Some(NumberType::Int(8)),
        "u1" => Some(NumberType::Unsigned(1)),
        "u2" => Some(NumberType::Unsigned(2)),
        "u4" => Some(NumberType::Unsigned(4)),
        "u8" => Some(NumberType::Unsigned(8)),
        "f2" => Some(NumberType::Float(2)),
        "f4" => Some(NumberType::Float(4)),
        "f8" => Some(NumberType::Float(8)),
        _ => None,
    };
    let order = &word[..word.len() - plain.len()];
    // where a number has one byte there is no order
    match (kind, order) {
        (Some(kind), "<") => return Ok((kind, false)),
        (Some(kind), ">") => return Ok((kind, true)),
        (Some(kind), "|" | "" | "=") if kind.width() == 1 => return Ok((kind, false)),
        _ => {}
    }
    let name = match plain.chars().next() {
        Some('c') => " (complex numbers)",
        Some('O') => " (Python objects)",
        Some('U' | 'S' | 'a') => " (text)",
        Some('V') => " (raw bytes)",
        Some('M' | 'm') => " (dates and times)",
        Some('f') if plain != "f2" && plain != "f4" && plain != "f8" => " (long doubles)",
        _ => "",
    };
    Err(format!(
        "numbers of numpy's type `{word}`{name} are not read: bool, whole numbers of 1 to 8 bytes, floats of 2, 4 or 8 bytes are"
    ))
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
/// let header = deeplimit::array::npy::header(&[2, 3]);
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
