//! Files made byte by byte: arrays of numpy and idx, gzip, PNG; and arrays of doubles, read.

use std::fs;
use std::path::Path;

/// numpy's format, version 1.
pub fn npy(kind: &str, fortran: bool, sizes: &[usize], data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let sizes: String = sizes.iter().map(|s| format!("{s}, ")).collect();
    let words = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({sizes}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((words.len() as u16).to_le_bytes());
    bytes.extend(words.bytes());
    bytes.extend(data);
    bytes
}

/// The header and the numbers of a .npy file of doubles.
pub fn array(path: &Path) -> (String, Vec<f64>) {
    let bytes = fs::read(path).unwrap();
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8(bytes[10..start].to_vec()).unwrap();
    let (numbers, rest) = bytes[start..].as_chunks::<8>();
    assert!(rest.is_empty(), "{header}: {} bytes", bytes.len());
    (
        header,
        numbers.iter().map(|b| f64::from_le_bytes(*b)).collect(),
    )
}

/// The numbers alone.
pub fn numbers(path: &Path) -> Vec<f64> {
    array(path).1
}

/// The idx format, with numbers of this type.
pub fn idx(kind: u8, sizes: &[usize], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|s| (*s as u32).to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn crc(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// One stored block of deflate: at most 65,535 bytes.
fn stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("one block");
    let mut bytes = vec![1];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(data);
    bytes
}

/// gzip (RFC 1952), not compressed.
pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff".to_vec();
    bytes.extend(stored(data));
    bytes.extend(crc(data).to_le_bytes());
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let body = [&name[..], data].concat();
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(&body);
    out.extend(crc(&body).to_be_bytes());
}

fn picture(head: &[u8], chunks: &[([u8; 4], &[u8])], raw: &[u8]) -> Vec<u8> {
    // zlib (RFC 1950): two bytes, deflate, Adler-32
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in raw {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    let mut data = vec![0x78, 0x01];
    data.extend(stored(raw));
    data.extend((b << 16 | a).to_be_bytes());
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, *b"IHDR", head);
    for (name, data) in chunks {
        chunk(&mut out, *name, data);
    }
    chunk(&mut out, *b"IDAT", &data);
    chunk(&mut out, *b"IEND", b"");
    out
}

fn head(width: u32, height: u32, last: [u8; 5]) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &last].concat()
}

/// A PNG of the type `color` (0 grey, 2 colours, 3 palette, 4 grey with alpha, 6 colours with alpha), with so many bits a
/// sample: `rows` are the packed bytes of all rows.
pub fn png(
    width: u32,
    height: u32,
    color: u8,
    bits: u8,
    chunks: &[([u8; 4], &[u8])],
    rows: &[u8],
) -> Vec<u8> {
    let samples = [1, 0, 3, 1, 2, 0, 4][usize::from(color)];
    let row = (samples * usize::from(bits) * width as usize).div_ceil(8);
    // no filter
    let raw: Vec<u8> = rows.chunks(row).flat_map(|r| [&[0], r].concat()).collect();
    picture(&head(width, height, [bits, color, 0, 0, 0]), chunks, &raw)
}

/// A grey PNG of 8 bits in the seven passes of Adam7.
pub fn adam7(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let (w, h) = (width as usize, height as usize);
    let mut raw = vec![];
    for [x, y, dx, dy] in [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
    ] {
        for i in (y..h).step_by(dy) {
            if x < w {
                raw.push(0);
                raw.extend((x..w).step_by(dx).map(|j| pixels[i * w + j]));
            }
        }
    }
    picture(&head(width, height, [8, 0, 0, 0, 1]), &[], &raw)
}
