//! Stores that are stopped, continued, damaged, filled by several at once, and joined.

use std::path::PathBuf;

use super::*;
use crate::array::{Array, NumberType, npy};
use crate::gram::tests::{kernel, points};
use crate::gram::{Gram, Lengths};
use crate::kernel::Depth;

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("deeplimit-gram-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// The numbers of a .npy file, whose header must be this.
fn numbers_of(path: &std::path::Path, sizes: &[usize]) -> Vec<f64> {
    let array = Array::open(path).unwrap();
    assert!(
        std::fs::read(path)
            .unwrap()
            .starts_with(&npy::header(sizes))
    );
    assert_eq!(
        (array.kind, &array.sizes[..]),
        (NumberType::Float(8), sizes)
    );
    array.floats().unwrap()
}

fn same_bits(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).all(|(x, y)| x.to_bits() == y.to_bits()));
}

/// Stopped after every tile, with rubbish behind the end and half a line in the journal, the file is the matrix at last;
/// nothing has its name before, no tile is made twice, and other data are refused.
#[test]
fn a_store_is_resumed_and_never_half_there() {
    let dir = folder("resume");
    let k = kernel("relu", Depth::Layers(5));
    let x = points(83, 3, 11);
    let gram = Gram::symmetric(&k, &x, Lengths::Unit).unwrap();
    let contents = gram.contents();
    let other = points(83, 3, 12);
    let other = Gram::symmetric(&k, &other, Lengths::Unit)
        .unwrap()
        .contents();
    let mut wanted = vec![0.0; 83 * 83];
    for tile in contents.tiles(20) {
        let mut values = vec![0.0; tile.rows.len() * tile.columns.len()];
        gram.tile(tile.rows.clone(), tile.columns.clone(), &mut values)
            .unwrap();
        for (i, row) in tile.rows.clone().zip(values.chunks(tile.columns.len())) {
            for (j, value) in tile.columns.clone().zip(row) {
                wanted[83 * i + j] = *value;
                wanted[83 * j + i] = *value;
            }
        }
    }
    for (value, whole) in wanted.iter().zip(&gram.matrix().values) {
        // the product of a tile may be rounded differently at its edges
        assert!((value - whole).abs() <= 1e-14 * whole.abs());
    }
    for name in ["K.npy", "K.zarr"] {
        let target = dir.join(name);
        let part = dir.join(format!("{name}.part"));
        let mut made = Vec::new();
        for runs in 0.. {
            let mut store = Store::open(&target, &contents, 20, false).unwrap();
            // 5 tiles on a side, 15 on and below the diagonal
            assert_eq!(store.count(Shard::WHOLE).unwrap(), (15, runs));
            let filled = store.fill(
                Shard::WHOLE,
                |done, _| done <= runs,
                |tile, out| {
                    made.push(tile.number);
                    gram.tile(tile.rows.clone(), tile.columns.clone(), out)?;
                    Ok(true)
                },
            );
            if filled.unwrap() == Filled::Whole {
                break;
            }
            drop(store);
            assert!(!target.exists());
            if name == "K.npy" {
                let append = |path: PathBuf, rubbish: &[u8]| {
                    let mut bytes = std::fs::read(&path).unwrap();
                    bytes.extend(rubbish);
                    std::fs::write(path, bytes).unwrap();
                };
                // a tile, and a line, that were being written when the power went
                append(part.clone(), &[0xff; 1000]);
                append(dir.join("K.npy.journal"), b"1");
            } else {
                std::fs::write(part.join("c/0/0.1-2-3.unfinished"), b"1").unwrap();
                // the mirror image of the last tile was lost
                let last = &contents.tiles(20)[runs];
                if !last.square() {
                    let (i, j) = (last.rows.start / 20, last.columns.start / 20);
                    std::fs::remove_file(part.join(format!("c/{j}/{i}"))).unwrap();
                }
            }
            let error = Store::open(&target, &other, 20, false)
                .unwrap_err()
                .to_string();
            assert!(error.contains("something else"), "{error}");
        }
        assert_eq!(made, (0..15).collect::<Vec<_>>());
        assert!(!part.exists() && !dir.join("K.npy.journal").exists());
        let error = Store::open(&target, &contents, 20, false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("exists already"), "{error}");
    }
    same_bits(&numbers_of(&dir.join("K.npy"), &[83, 83]), &wanted);
    // the chunks as the specification has them: all of 20 x 20, NaN behind the edge
    let chunk = |i: usize, j: usize| {
        let bytes = std::fs::read(dir.join(format!("K.zarr/c/{i}/{j}"))).unwrap();
        assert_eq!(bytes.len(), 8 * 400);
        bytes
            .as_chunks::<8>()
            .0
            .iter()
            .map(|b| f64::from_le_bytes(*b))
            .collect::<Vec<_>>()
    };
    for (i, j) in (0..5).flat_map(|i| (0..5).map(move |j| (i, j))) {
        for (place, value) in chunk(i, j).into_iter().enumerate() {
            let (r, c) = (20 * i + place / 20, 20 * j + place % 20);
            match r < 83 && c < 83 {
                true => assert_eq!(value.to_bits(), wanted[83 * r + c].to_bits()),
                false => assert!(value.is_nan()),
            }
        }
    }
    let files = std::fs::read_dir(dir.join("K.zarr/c/0")).unwrap().count();
    assert_eq!(files, 5, "unfinished files are swept away");
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Entries that say where they are: depth, row and column.
fn marked(tile: &Tile, depths: usize) -> Vec<f64> {
    let rows = || tile.rows.clone();
    let entry =
        |d: usize, i: usize, j: usize| (1000 * d + i.max(j)) as f64 + i.min(j) as f64 / 1024.0;
    let one = |d| rows().flat_map(move |i| tile.columns.clone().map(move |j| entry(d, i, j)));
    (0..depths).flat_map(one).collect()
}

/// Shards in folders of their own are joined; what is missing or damaged or of something else is named.
#[test]
fn shards_are_joined_or_what_is_wrong_is_named() {
    let dir = folder("merge");
    let contents = |words: &str| Contents {
        depths: Some(2),
        rows: 7,
        columns: 7,
        symmetric: true,
        words: words.to_owned(),
    };
    let shard = |name: &str, words: &str, index: usize| {
        let mut store = Store::open(&dir.join(name), &contents(words), 2, false).unwrap();
        let shard = Shard { index, of: 3 };
        store.fill(
            shard,
            |_, _| true,
            |tile, out| {
                out.copy_from_slice(&marked(tile, 2));
                Ok(true)
            },
        )
    };
    assert_eq!(shard("a.zarr", "x", 1), Ok(Filled::Shard));
    assert_eq!(shard("b.zarr", "x", 2), Ok(Filled::Shard));
    assert_eq!(shard("other.zarr", "y", 3), Ok(Filled::Shard));
    let merged = |names: &[&str], out: &str| {
        let names: Vec<PathBuf> = names.iter().map(|n| dir.join(n)).collect();
        merge::merge(&names, &dir.join(out), false, |_, _| true)
    };
    let error = |names: &[&str]| merged(names, "K.npy").unwrap_err().to_string();
    let text = error(&["a.zarr", "b.zarr"]);
    // tiles 2, 5, 8 of 10
    assert!(
        text.contains("tile 2 (rows 3 to 4, columns 3 to 4) and 2 others of 10"),
        "{text}"
    );
    let text = error(&["a.zarr", "other.zarr"]);
    assert!(text.contains("of different matrices"), "{text}");
    assert!(error(&["a.zarr", "none.zarr"]).contains("no Zarr store"));
    assert_eq!(shard("c.zarr", "x", 3), Ok(Filled::Shard));
    let all = ["a.zarr", "b.zarr", "c.zarr"];
    // tile 1 (c/0/1/0) is shorter; then its mirror image has another number
    let file = dir.join("b.zarr.part/c/0/1/0");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[1..]).unwrap();
    assert!(
        error(&all).contains("63 bytes and not 64"),
        "{}",
        error(&all)
    );
    let mut wrong = bytes.clone();
    wrong[1] ^= 1;
    std::fs::write(&file, &wrong).unwrap();
    assert!(error(&all).contains("mirror image"), "{}", error(&all));
    wrong[..8].copy_from_slice(&f64::NAN.to_le_bytes());
    std::fs::write(&file, &wrong).unwrap();
    assert!(error(&all).contains("gaps"), "{}", error(&all));
    std::fs::write(&file, &bytes).unwrap();
    assert!(!dir.join("K.npy").exists());
    let wanted: Vec<f64> = {
        let square = Contents {
            symmetric: false,
            ..contents("x")
        };
        marked(&square.tiles(7)[0], 2)
    };
    for out in ["K.npy", "K.zarr"] {
        let m = merged(&all, out).unwrap();
        assert_eq!((m.rows, m.columns, m.tiles, m.whole), (7, 7, 10, true));
    }
    same_bits(&numbers_of(&dir.join("K.npy"), &[2, 7, 7]), &wanted);
    assert!(is_whole(&dir.join("K.zarr"), &contents("x")));
    assert!(!is_whole(&dir.join("K.zarr"), &contents("y")));
    assert_eq!(merged(&["K.zarr"], "again.npy").unwrap().tiles, 10);
    same_bits(&numbers_of(&dir.join("again.npy"), &[2, 7, 7]), &wanted);
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Two writers of the whole matrix into one folder: both end well, whichever gives it its name.
#[test]
fn two_writers_do_no_harm() {
    let dir = folder("two");
    let target = dir.join("K.zarr");
    let contents = Contents {
        depths: None,
        rows: 40,
        columns: 30,
        symmetric: false,
        words: String::new(),
    };
    let mut stores = Vec::new();
    for _ in 0..2 {
        stores.push(Store::open(&target, &contents, 4, false).unwrap());
    }
    let filled: Vec<_> = std::thread::scope(|s| {
        let write = |mut store: Store| {
            s.spawn(move || {
                store.fill(
                    Shard::WHOLE,
                    |_, _| true,
                    |tile, out| {
                        out.copy_from_slice(&marked(tile, 1));
                        Ok(true)
                    },
                )
            })
        };
        let threads: Vec<_> = stores.into_iter().map(write).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(filled, [Ok(Filled::Whole), Ok(Filled::Whole)]);
    assert!(!dir.join("K.zarr.part").exists());
    assert!(is_whole(&target, &contents));
    let one = Store::open(&dir.join("K.npy"), &contents, 4, false).unwrap();
    let error = Store::open(&dir.join("K.npy"), &contents, 4, false).unwrap_err();
    assert!(error.to_string().contains("another process"), "{error}");
    drop(one);
    std::fs::write(dir.join("mine.zarr"), b"text").unwrap();
    std::fs::create_dir(dir.join("folder.zarr")).unwrap();
    for (name, words) in [
        ("mine.zarr", "is a file"),
        ("folder.zarr", "something else"),
    ] {
        let error = Store::open(&dir.join(name), &contents, 4, true).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

/// A folder of somebody else's is neither written into nor deleted, with force or without.
#[test]
fn what_is_not_ours_is_left_alone() {
    let dir = folder("foreign");
    let contents = Contents {
        depths: None,
        rows: 4,
        columns: 4,
        symmetric: true,
        words: "x".to_owned(),
    };
    let write = |path: &str, text: &str| {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let theirs = "{\"zarr_format\": 3, \"node_type\": \"array\", \"attributes\": {}}";
    write("pictures/cat.png", "a cat");
    write("their.zarr/zarr.json", theirs);
    write("their.zarr/c/0/0", "numbers");
    write("broken.zarr/zarr.json", "{");
    write("K.zarr.part/notes.txt", "mine");
    let seen = |folder: &Path| -> Vec<PathBuf> {
        let (mut all, mut left) = (vec![], vec![folder.to_owned()]);
        while let Some(next) = left.pop() {
            for entry in std::fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                all.push(path.clone());
                if path.is_dir() {
                    left.push(path);
                }
            }
        }
        all.sort();
        all
    };
    let before = seen(&dir);
    let refused = |result: Result<()>, words: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(seen(&dir), before, "{error}");
    };
    for force in [false, true] {
        let open = |name: &str| Store::open(&dir.join(name), &contents, 2, force).map(|_| ());
        refused(open("K.zarr"), "it holds notes.txt");
        if force {
            refused(open("their.zarr"), "a zarr.json that is not deeplimit's");
            refused(open("broken.zarr"), "a zarr.json that is not deeplimit's");
        }
        let merged = merge::merge(
            &[dir.join("their.zarr")],
            &dir.join("out.zarr"),
            force,
            |_, _| true,
        );
        refused(merged.map(|_| ()), "no matrix of deeplimit's");
    }
    refused(group(&dir.join("pictures"), "x"), "it holds cat.png");
    refused(group(&dir.join("their.zarr"), "x"), "not deeplimit's");
    refused(
        Store::within(&dir.join("pictures"), &contents, 2).map(|_| ()),
        "it holds cat.png",
    );
    // an empty folder, and one in which another process has just begun, have room
    std::fs::create_dir(dir.join("empty")).unwrap();
    write("begun/zarr.json.1-2-3.unfinished", "{");
    for name in ["empty", "begun", "new"] {
        group(&dir.join(name), "x").unwrap();
        group(&dir.join(name), "x").unwrap();
        Store::within(&dir.join(name).join("train"), &contents, 2).unwrap();
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
