//! Matrices on disk: killed at any moment, the disk full, several processes, little memory. Nothing is lost, nothing is
//! computed twice, nothing is half there under its name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use serde_json::Value as Json;

use crate::support::files::numbers;
use crate::support::{assert_bad, deeplimit, items, program};

/// Rows of the data; tiles of 128 rows come of [`MEMORY`].
const N: usize = 1200;
/// 10 tiles on a side.
const TILES: usize = 55;
/// What the program takes, and half a mebibyte or more for tiles: 128 x 128 three times, but not 256 x 256.
const MEMORY: &str = "25MiB";

/// An empty folder with `x.npy` in it: `n` points in 5 dimensions.
fn folder(name: &str, n: usize) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    let words = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({n}, 5), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((words.len() as u16).to_le_bytes());
    bytes.extend(words.bytes());
    let mut random = Random(1);
    bytes.extend((0..5 * n).flat_map(|_| (random.below(1 << 20) as f64 - 5e5).to_le_bytes()));
    fs::write(dir.join("x.npy"), bytes).unwrap();
    dir
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn line(dir: &Path, out: &str, more: &[&str]) -> Vec<String> {
    let path = |name: &str| dir.join(name).display().to_string();
    let (data, out) = (path("x.npy"), path(out));
    let mut line = vec![
        "gram",
        "--data",
        &data,
        "--activation",
        "relu",
        "--depth",
        "3",
    ];
    line.extend(["--memory", MEMORY, "--json", "--out", &out]);
    line.extend(more);
    line.into_iter().map(String::from).collect()
}

fn gram(dir: &Path, out: &str, more: &[&str]) -> Json {
    let line = line(dir, out, more);
    items(&line.iter().map(String::as_str).collect::<Vec<_>>())[0].clone()
}

fn begun(dir: &Path, out: &str, more: &[&str]) -> Child {
    program()
        .args(line(dir, out, more))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// All files below a folder, or the file itself, with their contents and times.
fn files(path: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut out = BTreeMap::new();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            out.extend(files(&entry.unwrap().path()));
        }
    } else if let Ok(bytes) = fs::read(path) {
        let time = fs::metadata(path).unwrap().modified().unwrap();
        out.insert(path.to_owned(), (bytes, time));
    }
    out
}

/// The contents alone, under their names from `root` on.
fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let relative = |path: PathBuf| path.strip_prefix(root).unwrap().to_owned();
    let files = files(root).into_iter();
    files
        .map(|(path, (bytes, _))| (relative(path), bytes))
        .collect()
}

/// The lines of tiles in the journal that are whole.
fn journal(dir: &Path) -> Vec<String> {
    let text = fs::read_to_string(dir.join("K.npy.journal")).unwrap_or_default();
    let lines = text.split_inclusive('\n').filter(|l| l.ends_with('\n'));
    lines.skip(1).map(|l| l.trim_end().to_owned()).collect()
}

/// The tiles on and below the diagonal that are there, with their mirror images or without.
fn tiles(dir: &Path) -> BTreeMap<(usize, usize), (Vec<u8>, SystemTime)> {
    let c = dir.join("K.zarr.part/c");
    let mut out = BTreeMap::new();
    for (path, found) in files(&c) {
        let place: Vec<Option<usize>> = path
            .strip_prefix(&c)
            .unwrap()
            .iter()
            .map(|n| n.to_str().unwrap().parse().ok())
            .collect();
        if let [Some(i), Some(j)] = place[..]
            && j <= i
        {
            out.insert((i, j), found);
        }
    }
    out
}

fn done(dir: &Path, out: &str) -> usize {
    match out {
        "K.npy" => journal(dir).len(),
        _ => {
            let lower = |i: usize| {
                let row = fs::read_dir(dir.join(format!("K.zarr.part/c/{i}")));
                let names = row.into_iter().flatten().flatten().map(|e| e.file_name());
                let numbers = names.filter_map(|n| n.to_str()?.parse::<usize>().ok());
                numbers.filter(|j| *j <= i).count()
            };
            (0..10).map(lower).sum()
        }
    }
}

/// Kills a process that makes the matrix again and again, some tiles later each time and at any moment of one.
#[test]
fn killed_at_any_moment_it_goes_on_where_it_was() {
    let dir = folder("killed", N);
    for (out, seed) in [("K.npy", 7), ("K.zarr", 8)] {
        let mut random = Random(seed);
        let whole = format!("whole-{out}");
        let answer = gram(&dir, &whole, &[]);
        assert_eq!(
            (&answer["blocks"], &answer["resumed"]),
            (&TILES.into(), &0.into())
        );
        let (mut rounds, mut listed, mut kept) = (0, vec![], BTreeMap::new());
        while done(&dir, out) + 8 < TILES && !dir.join(out).exists() {
            let goal = done(&dir, out) + random.below(6) as usize;
            let mut child = begun(&dir, out, &[]);
            while done(&dir, out) < goal && child.try_wait().unwrap().is_none() {
                sleep(Duration::from_millis(1));
            }
            // a tile takes a fraction of a millisecond
            sleep(Duration::from_micros(random.below(3_000)));
            // kill -9
            child.kill().unwrap();
            child.wait().unwrap();
            rounds += 1;
            assert!(rounds < 200, "no progress");
            // what was finished is there still, and was not made again
            if dir.join(out).exists() {
                break;
            }
            if out == "K.npy" {
                let now = journal(&dir);
                assert!(
                    now.is_empty() || now.starts_with(&listed),
                    "{listed:?} {now:?}"
                );
                let mut once = now.clone();
                once.sort();
                once.dedup();
                assert!(once.len() == now.len() && now.len() >= listed.len());
                listed = now;
            } else {
                let now = tiles(&dir);
                assert!(
                    kept.iter()
                        .all(|(place, file)| now.get(place) == Some(file))
                );
                kept = now;
            }
        }
        assert!(rounds >= 3, "{out}: {rounds} rounds");
        if !dir.join(out).exists() {
            let before = done(&dir, out);
            let last = gram(&dir, out, &[]);
            assert_eq!(last["resumed"], before, "{last}");
            assert_eq!(last["whole"], true);
        }
        assert_eq!(contents(&dir.join(out)), contents(&dir.join(&whole)));
        let left = fs::read_dir(&dir).unwrap().flatten();
        let mut names = left.map(|e| e.file_name().into_string().unwrap());
        assert!(names.all(|n| !n.contains("part") && !n.contains("journal")));
    }
    // both layouts hold the same numbers
    let npy = numbers(&dir.join("K.npy"));
    assert_eq!(npy.len(), N * N);
    for i in [0, 127, 128, 700, N - 1] {
        for j in [0, 500, 1151, 1152, N - 1] {
            let tile = fs::read(dir.join(format!("K.zarr/c/{}/{}", i / 128, j / 128))).unwrap();
            let place = 8 * (i % 128 * 128 + j % 128);
            let number = f64::from_le_bytes(tile[place..place + 8].try_into().unwrap());
            assert_eq!(number.to_bits(), npy[i * N + j].to_bits(), "{i} {j}");
        }
    }
}

/// A limit on the size of files stands for a full disk: the write fails, and later there is room again.
#[test]
fn a_full_disk_is_one_sentence_and_no_loss() {
    let dir = folder("full", N);
    // shells count blocks of 512 or of 1024 bytes: a third of the .npy file, or half of a tile
    for (out, blocks) in [("K.npy", 4000), ("K.zarr", 100)] {
        let output = Command::new("sh")
            .args([
                "-c",
                &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""),
            ])
            .arg(env!("CARGO_BIN_EXE_deeplimit"))
            .args(line(&dir, out, &[]).iter().filter(|w| *w != "--json"))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{out}: {said}");
        assert!(
            said.contains("cannot be written: file too large"),
            "{out}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(output.stdout.is_empty() && !dir.join(out).exists());
        let part = dir.join(format!("{out}.part"));
        assert!(
            files(&part)
                .keys()
                .all(|f| !f.to_str().unwrap().contains("unfinished"))
        );
        let before = done(&dir, out);
        assert_eq!(before > 0, out == "K.npy", "{before}");
        let answer = gram(&dir, out, &[]);
        assert_eq!(answer["resumed"], before);
        let plain = format!("plain-{out}");
        gram(&dir, &plain, &[]);
        assert_eq!(contents(&dir.join(out)), contents(&dir.join(plain)));
    }
}

/// Two processes at once in one folder, each with its shard or both with everything; shards apart, then merged.
#[test]
fn shards_and_several_processes_make_one_matrix() {
    let dir = folder("shards", N);
    gram(&dir, "one.zarr", &[]);
    gram(&dir, "one.npy", &[]);
    let wanted = contents(&dir.join("one.zarr"));
    for (out, shards) in [
        ("apart.zarr", [&["--shard", "1/2"][..], &["--shard", "2/2"]]),
        ("twice.zarr", [&[], &[]]),
    ] {
        let children = shards.map(|shard| begun(&dir, out, shard));
        let codes = children.map(|child| {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            (output.status.code(), said)
        });
        // the second of two whole runs may find that there is nothing left to begin
        let late = |(code, said): &(Option<i32>, String)| {
            *code == Some(2) && said.contains("exists already")
        };
        assert!(
            codes
                .iter()
                .all(|c| c.0 == Some(0) || (out == "twice.zarr" && late(c))),
            "{codes:?}"
        );
        assert_eq!(contents(&dir.join(out)), wanted, "{out}");
        assert!(!dir.join(format!("{out}.part")).exists());
    }
    // a shard that comes late finds all done
    assert_eq!(gram(&dir, "apart.zarr", &["--shard", "1/2"])["whole"], true);
    for k in ["1/3", "2/3", "3/3"] {
        let answer = gram(&dir, &format!("s{}.zarr", &k[..1]), &["--shard", k]);
        assert_eq!(
            (&answer["shard"], &answer["whole"]),
            (&k.into(), &false.into())
        );
        // 55 = 19 + 18 + 18
        assert_eq!(answer["blocks"], if k == "1/3" { 19 } else { 18 });
    }
    let path = |name: &str| dir.join(name).display().to_string();
    let stores = ["s1.zarr", "s2.zarr", "s3.zarr"].map(path);
    let merge = |stores: &[String], more: &[&str]| {
        let stores = stores.iter().map(String::as_str);
        let line: Vec<&str> = ["gram", "merge"].into_iter().chain(stores).collect();
        deeplimit(&[&line[..], more].concat())
    };
    let (npy, zarr) = (path("M.npy"), path("M.zarr"));
    let missing = merge(&stores[..2], &["--out", &npy]);
    assert_bad("missing", &missing);
    assert!(
        missing.stderr.contains("and 17 others of 55 are in none"),
        "{}",
        missing.stderr
    );
    for out in [&npy, &zarr] {
        let session = merge(&stores, &["--out", out, "--json"]);
        assert_eq!(session.code, Some(0), "{}", session.stderr);
        let answer: Json = serde_json::from_str(&session.stdout).unwrap();
        assert_eq!(
            (&answer[0]["rows"], &answer[0]["blocks"]),
            (&N.into(), &TILES.into())
        );
    }
    assert_eq!(contents(Path::new(&zarr)), wanted);
    assert_eq!(
        fs::read(&npy).unwrap(),
        fs::read(dir.join("one.npy")).unwrap()
    );
    for out in [&npy, &zarr] {
        let again = merge(&stores, &["--out", out]);
        assert_bad("exists", &again);
        assert!(again.stderr.contains("exists already"), "{}", again.stderr);
        assert_eq!(merge(&stores, &["--out", out, "--force"]).code, Some(0));
    }
    // refused: one file for many, another matrix, a store that is none
    let bad = |words: Vec<String>, sentence: &str| {
        let session = deeplimit(
            &words
                .iter()
                .map(String::as_str)
                .filter(|w| *w != "--json")
                .collect::<Vec<_>>(),
        );
        assert_bad(sentence, &session);
        assert!(session.stderr.contains(sentence), "{}", session.stderr);
    };
    bad(line(&dir, "S.npy", &["--shard", "1/2"]), "ends in .zarr");
    bad(line(&dir, "one.zarr", &[]), "exists already");
    bad(
        line(&dir, "s1.zarr", &["--kernel", "nngp"]),
        "something else",
    );
    let other = [
        "gram",
        "merge",
        &stores[0],
        &path("x.npy"),
        "--out",
        &path("no.npy"),
    ];
    bad(other.map(String::from).to_vec(), "no Zarr store");
    assert!(!dir.join("S.npy").exists() && !dir.join("no.npy").exists());
}

/// 4,000 points make a matrix of 122 MiB; the program keeps below the 64 MiB that it is given.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_below_the_limit() {
    let dir = folder("memory", 4000);
    for out in ["K.npy", "K.zarr"] {
        let mut words = line(&dir, out, &[]);
        let memory = words.iter().position(|w| w == MEMORY).unwrap();
        "64MiB".clone_into(&mut words[memory]);
        let mut child = program()
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let status =
                fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
            let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
            peak = peak.max(kib.unwrap_or(0));
            sleep(Duration::from_millis(5));
        }
        assert!(dir.join(out).exists());
        eprintln!("{out}: peak {} MiB", peak >> 10);
        assert!((4 << 10..64 << 10).contains(&peak), "{out}: {peak} KiB");
    }
    fs::remove_dir_all(&dir).unwrap();
}

/// What zarr-python reads is what the .npy file holds.
#[test]
fn zarr_python_reads_it() {
    let known = Command::new("python3")
        .args(["-c", "import numpy, zarr"])
        .output();
    if !known.is_ok_and(|o| o.status.success()) {
        eprintln!("skipped: no python3 with numpy and zarr");
        return;
    }
    let dir = folder("python", 300);
    gram(&dir, "K.npy", &[]);
    gram(&dir, "K.zarr", &[]);
    let script = "
import sys, numpy, zarr
k, z = numpy.load(sys.argv[1] + '/K.npy'), zarr.open_array(sys.argv[1] + '/K.zarr', mode='r')
assert z.shape == (300, 300) and z.chunks == (128, 128) and z.dtype == '<f8', z.info
assert numpy.array_equal(k, z[:]) and numpy.array_equal(k, k.T)
assert z.attrs['deeplimit']['symmetric'] and 'relu' in z.attrs['deeplimit']['of']
";
    let read = Command::new("python3")
        .args(["-c", script])
        .arg(&dir)
        .output()
        .unwrap();
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
}
