//! Prepared kernels that are kept between two runs: the same matrix with them, without them, and where they are damaged.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::program;

/// A matrix of four points, and what is kept afterwards.
fn matrix(dir: &Path, out: &str, more: &[&str]) -> (Vec<u8>, Vec<PathBuf>) {
    let (data, out) = (dir.join("x.csv"), dir.join(out));
    let output = program()
        .env("XDG_CACHE_HOME", dir)
        .args(["gram", "--data", data.to_str().unwrap()])
        .args(["--activation", "hard_swish", "--depth", "3"])
        .args(["--sigma-w", "1.5", "--sigma-b", "0.1"])
        .args(["--out", out.to_str().unwrap()])
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let kept = fs::read_dir(dir.join("deeplimit"));
    let kept = kept.map_or(vec![], |all| all.map(|f| f.unwrap().path()).collect());
    (fs::read(out).unwrap(), kept)
}

#[test]
fn a_kernel_is_prepared_once() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache-once");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("x.csv"), "1,2\n-1,0.5\n3,-1\n0.1,7\n").unwrap();
    let (plain, none) = matrix(&dir, "plain.npy", &["--no-cache"]);
    assert_eq!(none, [] as [PathBuf; 0]);
    let (first, kept) = matrix(&dir, "first.npy", &[]);
    assert_eq!(plain, first);
    // a machine that prepares it in a fifth of a second keeps nothing
    let Some(record) = kept.first() else { return };
    assert_eq!(kept.len(), 1);
    assert_eq!(plain, matrix(&dir, "again.npy", &[]).0);
    let whole = fs::read(record).unwrap();
    for damaged in [
        &whole[..whole.len() / 2],
        b"",
        &[&whole[1..], b"x"].concat(),
    ] {
        fs::write(record, damaged).unwrap();
        assert_eq!(plain, matrix(&dir, "damaged.npy", &["--force"]).0);
        assert_eq!(fs::read(record).unwrap(), whole);
    }
}
