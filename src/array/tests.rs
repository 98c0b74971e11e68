//! Files written here byte by byte, in every type and order, are read back; broken and foreign ones are refused in a sentence.

use std::fs;
use std::path::PathBuf;

use super::*;

/// A folder of its own for every test, empty.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("deeplimit-array-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T>, words: &[&str]) {
    let error = result.unwrap_err().to_string();
    for word in words {
        assert!(error.contains(word), "`{word}`: {error}");
    }
    assert!(
        !error.contains('\n') && !error.contains("os error"),
        "{error}"
    );
}

/// As numpy writes it, in one of its versions.
fn npy(version: u8, descr: &str, fortran: bool, sizes: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let words = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': ({sizes}), }}\n");
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((words.len() as u16).to_le_bytes()),
        _ => bytes.extend((words.len() as u32).to_le_bytes()),
    }
    bytes.extend(words.bytes());
    bytes.extend(data);
    bytes
}

/// gzip (RFC 1952) by hand: one stored block of deflate.
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = data.len() as u16;
    let mut bytes = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(data);
    bytes.extend((!crc).to_le_bytes());
    bytes.extend(u32::from(length).to_le_bytes());
    bytes
}

/// The same numbers in every type of numpy's that holds them, both orders of bytes, both of indices, three versions.
#[test]
fn every_type_in_every_order() {
    let home = folder("types");
    // not signed: two rows of three
    let rows = [1_u8, 0, 1, 0, 0, 1];
    let columns = [1_u8, 0, 0, 0, 1, 1];
    let mut tried = 0;
    type Write = fn(u8) -> Vec<u8>;
    let types: [(&str, NumberType, Write); 12] = [
        ("b1", NumberType::Bool, |x| vec![x]),
        ("i1", NumberType::Int(1), |x| vec![x]),
        ("u1", NumberType::Unsigned(1), |x| vec![x]),
        ("i2", NumberType::Int(2), |x| {
            i16::from(x).to_be_bytes().to_vec()
        }),
        ("u2", NumberType::Unsigned(2), |x| {
            u16::from(x).to_be_bytes().to_vec()
        }),
        ("i4", NumberType::Int(4), |x| {
            i32::from(x).to_be_bytes().to_vec()
        }),
        ("u4", NumberType::Unsigned(4), |x| {
            u32::from(x).to_be_bytes().to_vec()
        }),
        ("i8", NumberType::Int(8), |x| {
            i64::from(x).to_be_bytes().to_vec()
        }),
        ("u8", NumberType::Unsigned(8), |x| {
            u64::from(x).to_be_bytes().to_vec()
        }),
        // binary16: 1 is 0x3c00
        ("f2", NumberType::Float(2), |x| {
            (u16::from(x) * 0x3c00).to_be_bytes().to_vec()
        }),
        ("f4", NumberType::Float(4), |x| {
            f32::from(x).to_be_bytes().to_vec()
        }),
        ("f8", NumberType::Float(8), |x| {
            f64::from(x).to_be_bytes().to_vec()
        }),
    ];
    for (name, kind, write) in types {
        let orders: &[&str] = if kind.width() == 1 {
            &["|"]
        } else {
            &["<", ">"]
        };
        for order in orders {
            for (fortran, version) in [(false, 1), (true, 1), (false, 2), (true, 3)] {
                let numbers = if fortran { columns } else { rows };
                let bytes = |x: u8| {
                    let mut bytes = write(x);
                    if *order == "<" {
                        bytes.reverse();
                    }
                    bytes
                };
                let data: Vec<u8> = numbers.into_iter().flat_map(bytes).collect();
                let descr = format!("'{order}{name}'");
                let text = npy(version, &descr, fortran, "2, 3", &data);
                let array = Array::open(&file(&home, "x", &text)).unwrap();
                assert_eq!((array.kind, &array.sizes[..]), (kind, &[2, 3][..]));
                assert_eq!(
                    array.floats().unwrap(),
                    rows.map(f64::from),
                    "{descr} {fortran}"
                );
                // and packed
                let packed = Array::open(&file(&home, "x.npy.gz", &gzip(&text))).unwrap();
                assert_eq!(packed.data, array.data);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 4 * (3 + 2 * 9));
}

/// IEEE 754's binary16, by its definition: `(-1)^s 2^(e - 15) (1 + f/1024)`, `2^-14 f/1024` for `e = 0`.
#[test]
fn halves() {
    for (bits, value) in [
        (0x0000, 0.0),
        (0x8001, -(2_f64.powi(-24))),
        (0x0400, 2_f64.powi(-14)),
        (0x3555, 1365.0 / 4096.0),
        (0xc000, -2.0),
        (0x7bff, 65504.0),
        (0xfc00, f64::NEG_INFINITY),
    ] {
        assert_eq!(half(bits), value, "{bits:#x}");
    }
    assert!(half(0x7e00).is_nan());
}

#[test]
fn whole_numbers_that_no_double_holds_are_refused() {
    let home = folder("large");
    let lossless = 1_i64 << 53;
    for (value, kept) in [(lossless, true), (-lossless, true), (lossless + 1, false)] {
        let data = [7_i64.to_le_bytes(), value.to_le_bytes()].concat();
        let array = Array::open(&file(&home, "x", &npy(1, "'<i8'", false, "1, 2", &data))).unwrap();
        match kept {
            true => assert_eq!(array.floats().unwrap(), [7.0, value as f64]),
            false => assert_refused(array.floats(), &["[0, 1] is 9007199254740993"]),
        }
    }
    let data = u64::MAX.to_le_bytes();
    let array = Array::open(&file(&home, "x", &npy(1, "'<u8'", false, "1,", &data))).unwrap();
    assert_refused(array.floats(), &["[0] is 18446744073709551615"]);
}

#[test]
fn every_type_of_idx() {
    let home = folder("idx");
    let types: [(u8, NumberType, Vec<u8>); 6] = [
        (0x08, NumberType::Unsigned(1), vec![1, 200]),
        (0x09, NumberType::Int(1), vec![1, 200]),
        (0x0b, NumberType::Int(2), vec![0, 1, 0xff, 0xc8]),
        (
            0x0c,
            NumberType::Int(4),
            vec![0, 0, 0, 1, 0xff, 0xff, 0xff, 0xc8],
        ),
        (
            0x0d,
            NumberType::Float(4),
            [1_f32.to_be_bytes(), (-56_f32).to_be_bytes()].concat(),
        ),
        (
            0x0e,
            NumberType::Float(8),
            [1_f64.to_be_bytes(), (-56_f64).to_be_bytes()].concat(),
        ),
    ];
    for (code, kind, data) in types {
        let bytes = [&[0, 0, code, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &data[..]].concat();
        let array = Array::open(&file(&home, "x", &bytes)).unwrap();
        assert_eq!((array.kind, &array.sizes[..]), (kind, &[1, 2][..]));
        // 200 as a signed byte is -56
        let second = if code == 0x08 { 200.0 } else { -56.0 };
        assert_eq!(array.floats().unwrap(), [1.0, second]);
        let packed = Array::open(&file(&home, "x-ubyte.gz", &gzip(&bytes))).unwrap();
        assert_eq!((packed.data, packed.format), (array.data, Format::Idx));
        let short = [0, 0, code, 2, 0, 0, 0, 1, 0, 0, 0, 3];
        let short = [&short[..], &data].concat();
        assert_refused(
            Array::open(&file(&home, "y", &short)),
            &["1 x 3", "truncated"],
        );
        assert_refused(
            Array::open(&file(&home, "y.gz", &gzip(&short))),
            &["truncated"],
        );
    }
}

#[test]
fn broken_files_are_refused_in_one_sentence() {
    let home = folder("broken");
    let bad = |bytes: &[u8], words: &[&str]| {
        assert_refused(Array::open(&file(&home, "b.npy", bytes)), words);
    };
    let eight = |n: usize| vec![0; 8 * n];
    bad(b"", &["b.npy", "empty"]);
    bad(b"1,2\n3,4\n", &["no .npy file"]);
    bad(
        &npy(1, "'<f8'", false, "2, 2", &eight(3)),
        &["truncated", "32 bytes, 24 bytes"],
    );
    bad(
        &npy(1, "'<f8'", false, "2, 2", &eight(5)),
        &["too long", "32 bytes, 40 bytes"],
    );
    bad(
        &npy(1, "'<f8'", false, "2, 0", b""),
        &["no numbers", "2 x 0"],
    );
    bad(
        &npy(1, "'<f8'", false, "2, -1", b""),
        &["not what numpy writes"],
    );
    bad(
        &npy(1, "'<f8'", false, "9999999999, 9999999999", b""),
        &["no file holds"],
    );
    bad(&npy(9, "'<f8'", false, "1,", &eight(1)), &["version 9"]);
    bad(
        &npy(1, "'<f8'", false, "1,", &eight(1))[..9],
        &["ends inside its header"],
    );
    bad(
        &npy(1, "'<f8'", false, "1,", &eight(1))[..20],
        &["ends inside its header"],
    );
    let mut absurd = npy(2, "'<f8'", false, "1,", &eight(1));
    absurd[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    bad(&absurd, &["it has 4294967295 bytes"]);
    bad(
        &npy(1, "'|b1'", false, "2,", &[1, 2]),
        &["number 1 is 2 and no bool"],
    );
    for (descr, words) in [
        ("'<c16'", "`<c16` (complex numbers)"),
        ("'|O'", "`|O` (Python objects)"),
        ("'<U5'", "`<U5` (text)"),
        ("'|S3'", "`|S3` (text)"),
        ("'|V16'", "`|V16` (raw bytes)"),
        ("'<M8[ns]'", "`<M8[ns]` (dates"),
        ("'<f16'", "`<f16` (long doubles)"),
        ("'f8'", "`f8`"),
        ("[('a', '<f8'), ('b', '<i4')]", "structured array"),
    ] {
        bad(&npy(1, descr, false, "1,", &eight(2)), &[words, "not read"]);
    }
    let idx = |bytes: &[u8], words: &[&str]| {
        assert_refused(Array::open(&file(&home, "b", bytes)), words);
    };
    idx(b"hello", &["no .npy file and no idx file"]);
    idx(&[0, 0, 7, 1, 0, 0, 0, 1, 1], &["0x07"]);
    idx(&[0, 0, 8], &["byte 3 of 4"]);
    idx(&[0, 0, 8, 2, 0, 0, 0, 1, 0], &["byte 9 of 12"]);
    idx(&[0, 0, 8, 1, 0, 0, 0, 0], &["no numbers"]);
    idx(&[0, 0, 8, 0, 5], &["no sizes"]);
    // sizes whose product is beyond any machine
    idx(&[&[0, 0, 8, 3][..], &[255; 12]].concat(), &["0 bytes"]);
    let packed = gzip(&npy(1, "'<f8'", false, "2,", &eight(2)));
    assert_refused(
        Array::open(&file(&home, "c.npy.gz", &packed[..40])),
        &["gzip file is truncated"],
    );
    let mut damaged = packed.clone();
    damaged[60] ^= 1;
    assert_refused(
        Array::open(&file(&home, "d.npy.gz", &damaged)),
        &["gzip file is damaged"],
    );
    assert_refused(
        Array::open(&file(&home, "e.gz", &gzip(b"a,b\n"))),
        &["inside gzip"],
    );
    assert_refused(Array::open(&home), &["a folder"]);
    assert_refused(Array::open(&home.join("none")), &["no such file"]);
}

/// What people have instead is called by its name, packed or not.
#[test]
fn other_formats_are_named() {
    let home = folder("foreign");
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, words) in [
        (&b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U"[..], "pickle"),
        (b"\x80\x04\x95\x10\x00", "pickle"),
        (b"(dp0\nS'data'\n", "pickle"),
        (b"PK\x03\x04\x14\x00", "zip archive"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"MATLAB 5.0 MAT-file", "MATLAB"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "name the folder"),
        (b"BZh91AY", "bzip2"),
        (&tar, "tar archive"),
    ] {
        assert_refused(Array::open(&file(&home, "x", bytes)), &[words]);
        assert_refused(Array::open(&file(&home, "x.npy", bytes)), &[words]);
        assert_refused(Array::open(&file(&home, "x.gz", &gzip(bytes))), &[words]);
    }
    assert_refused(
        Array::open(&file(&home, "x.gz", &gzip(&gzip(b"x")))),
        &["twice"],
    );
}

#[test]
fn labels_in_every_form() {
    let home = folder("labels");
    let labels = |descr: &str, sizes: &str, data: &[u8]| {
        Labels::read(&file(&home, "y", &npy(1, descr, false, sizes, data)))
    };
    let doubles = |all: &[f64]| -> Vec<u8> { all.iter().flat_map(|x| x.to_le_bytes()).collect() };
    let read = labels("'|u1'", "3,", &[2, 0, 7]).unwrap();
    assert_eq!((&read.values[..], read.note), (&[2, 0, 7][..], None));
    let note = |labels: Result<Labels>, values: &[i64], words: &str| {
        let labels = labels.unwrap();
        assert_eq!(labels.values, values);
        let note = labels.note.unwrap();
        assert!(note.contains(words), "{note}");
    };
    note(
        labels("'|i1'", "3,", &[1, 255, 1]),
        &[1, -1, 1],
        "-1 and +1",
    );
    note(
        labels("'<f8'", "2,", &doubles(&[-1.0, 1.0])),
        &[-1, 1],
        "-1 and +1",
    );
    note(
        labels("'|b1'", "3,", &[1, 0, 1]),
        &[1, 0, 1],
        "False and True",
    );
    note(
        labels("'<f8'", "3, 1", &doubles(&[3.0, 0.0, 1e6])),
        &[3, 0, 1_000_000],
        "float64",
    );
    let hot = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    note(
        labels("'<f8'", "2, 3", &doubles(&hot)),
        &[1, 2],
        "one-hot labels (2 x 3)",
    );
    for (sizes, values, words) in [
        ("2,", &[0.0, 0.5][..], "[1] is 0.5"),
        ("2,", &[0.0, f64::NAN], "[1] is NaN"),
        ("2,", &[0.0, f64::INFINITY], "[1] is inf"),
        ("2,", &[0.0, 1e300], "[1] is 1e300"),
        (
            "2, 2",
            &[0.0, 1.0, 1.0, 1.0],
            "row [1] of 2 x 2 is not one-hot",
        ),
        ("1, 2", &[2.0, 1.0], "row [0] of 1 x 2 is not one-hot"),
        ("1, 1, 2", &[2.0, 1.0], "3 sizes"),
    ] {
        assert_refused(labels("'<f8'", sizes, &doubles(values)), &[words]);
    }
}
