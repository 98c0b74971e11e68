//! The idx format of MNIST (LeCun, Cortes and Burges 1998): `00 00 type d`, then `d` sizes of four bytes, then the numbers; the
//! larger byte comes first everywhere.

use super::source::Source;
use super::{Array, Format, NumberType, shape, turned};
use crate::error::Result;

/// Reads a file that begins with two zero bytes.
pub(super) fn read(mut source: Source) -> Result<Array> {
    let ends = |source: &Source, at: usize, of: usize| {
        source.bad(format!(
            "the idx file is truncated: it ends inside its header, at byte {at} of {of}"
        ))
    };
    let start = source.next(4)?;
    let &[_, _, kind, dimensions] = &start[..] else {
        return Err(ends(&source, start.len(), 4));
    };
    let kind = match kind {
        0x08 => NumberType::Unsigned(1),
        0x09 => NumberType::Int(1),
        0x0b => NumberType::Int(2),
        0x0c => NumberType::Int(4),
        0x0d => NumberType::Float(4),
        0x0e => NumberType::Float(8),
        other => {
            return Err(source.bad(format!(
                "this is no idx file: the type {other:#04x} of its third byte is none of the format's"
            )));
        }
    };
    let length = 4 * usize::from(dimensions);
    let header = source.next(length)?;
    if header.len() < length {
        return Err(ends(&source, 4 + header.len(), 4 + length));
    }
    let (sizes, _) = header.as_chunks::<4>();
    let sizes: Vec<usize> = sizes
        .iter()
        .map(|b| u32::from_be_bytes(*b) as usize)
        .collect();
    let wanted = sizes
        .iter()
        .try_fold(kind.width(), |n, s| n.checked_mul(*s));
    let says = match dimensions {
        0 => "no sizes".to_owned(),
        _ => format!("{} of {kind}", shape(&sizes)),
    };
    let there = source.size.map(|s| s.saturating_sub(4 + length as u64));
    let wrong = |there: u64| {
        format!(
            "the idx file has {there} bytes behind its header, which says {says}: it is truncated, or no idx file"
        )
    };
    if let Some(there) = there.filter(|t| wanted.map(|w| w as u64) != Some(*t)) {
        return Err(source.bad(wrong(there)));
    }
    let mut data = source.rest()?;
    if wanted != Some(data.len()) {
        return Err(source.bad(wrong(data.len() as u64)));
    }
    if data.is_empty() || dimensions == 0 {
        return Err(source.bad(format!("there are no numbers: the header says {says}")));
    }
    turned(&mut data, kind.width());
    Ok(Array {
        kind,
        sizes,
        data,
        format: Format::Idx,
        path: source.path,
    })
}
