//! What the data commands say of the entries of their matrices: how certain they are, and which rows say nothing new.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::files::numbers;
use crate::support::{Session, run};

/// An empty folder with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("entries-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    for (file, text) in files {
        fs::write(dir.join(file), text).unwrap();
    }
    dir
}

fn json(s: &Session) -> Json {
    assert_eq!(s.code, Some(0), "{}{}", s.stdout, s.stderr);
    let all: Json = serde_json::from_str(&s.stdout).unwrap();
    all[0].clone()
}

fn number(answer: &Json, key: &str) -> f64 {
    answer[key]
        .as_f64()
        .unwrap_or_else(|| panic!("{key}: {answer}"))
}

/// A tenth of a row, rounded, is at a gap of 3.85e-34: `h` of `optimal(4)` there by the recursion in 120 digits (mpmath). Three
/// times a row is the row.
#[test]
fn scaled_copies_of_a_row() {
    let rows = "a,b\n3,1\n0.3,0.1\n9,3\n-3,-1\n3,1\n0,1\n";
    let dir = folder("copies", &[("x.csv", rows)]);
    let line = "gram --data @x.csv --activation optimal(4) --depth inf --out @K.npy";
    let answer = json(&run(&format!("{line} --json"), &dir));
    let k = numbers(&dir.join("K.npy"));
    assert!(
        (k[1] / 9.873_476_986_674_905e66 - 1.0).abs() < 1e-12,
        "{:e}",
        k[1]
    );
    assert_eq!([k[2], k[4]], [f64::INFINITY; 2]);
    for (key, count) in [
        ("equal_rows", 1.0),
        ("parallel_rows", 1.0),
        ("rounded_rows", 1.0),
        ("opposite_rows", 1.0),
    ] {
        assert_eq!(number(&answer, key), count, "{key}");
    }
    let said = run(&format!("{line} --force"), &dir).stdout;
    for words in [
        "1 row is equal to an earlier one",
        "1 row is a multiple of an earlier one: correlation 1",
        "1 row is a multiple of an earlier one up to rounding",
        "1 row is a negative multiple of an earlier one",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// The error of an entry is that of the function and what the rounding of its correlation makes of it, and is an estimate.
#[test]
fn the_rounding_of_correlations_is_in_the_error() {
    let dir = folder("rounding", &[("x.csv", "a,b\n1,0\n0,2\n3,3\n")]);
    let gram = |activation: &str, depth: &str| {
        let line = format!(
            "gram --data @x.csv --activation {activation} --depth {depth} --out @K.npy --force"
        );
        let said = run(&line, &dir).stdout;
        assert!(
            said.contains("largest error of an entry, an estimate"),
            "{said}"
        );
        json(&run(&format!("{line} --json"), &dir))
    };
    let relu = gram("relu", "3");
    assert_eq!(relu["error_is"], "estimate");
    let (error, function, rounding) = (
        number(&relu, "error"),
        number(&relu, "error_function"),
        number(&relu, "error_rounding"),
    );
    // 2^-53 a rounding, and some ten of them; the square of a small distance has 2e-14
    assert!(error >= function + rounding && rounding > 1e-16, "{relu}");
    assert!(function < 1e-14 && error < 1e-12, "{relu}");
    // rho^(2^12) loses a factor of thousands: an entry at rho = 0.9 is as uncertain
    let power = gram("hermite(2)", "12");
    assert!(number(&power, "error_rounding") > 1000.0 * 1e-16, "{power}");
}

/// Tables of logarithms beside a change of sign; a power that is 0 nearly everywhere.
#[test]
fn deep_kernels_that_were_refused() {
    let dir = folder(
        "deep",
        &[("x.csv", "a,b\n1,0\n1,1.7320508075688772\n-1,0.2\n")],
    );
    // ln K at rho = 1/2, by the recursion in 120 digits (mpmath)
    for (activation, depth, log) in [
        ("optimal(16)", "inf", 11.905_862_952_388_364),
        ("optimal(16)", "100", -537.831_245_756_135_6),
        ("optimal(16)", "1000", -5_526.344_827_774_091),
        ("optimal(32)", "inf", 33.970_971_586_893_775),
        ("optimal(32)", "100", -1_070.105_581_964_139_2),
        ("optimal(32)", "1000", -11_049.434_595_994_714),
    ] {
        let line = format!(
            "gram --data @x.csv --activation {activation} --depth {depth} --out @K.npy --force --json"
        );
        let answer = json(&run(&line, &dir));
        let found = numbers(&dir.join("K.npy"))[1].ln() + number(&answer, "log_scale");
        // the gap of the second row is rounded, and the kernel goes by its 16th power
        assert!((found - log).abs() < 1e-11, "{activation} {depth}: {found}");
    }
    let line = "gram --data @x.csv --activation hermite(2) --depth 50 --out @K.npy --force --json";
    let answer = json(&run(line, &dir));
    let k = numbers(&dir.join("K.npy"));
    assert_eq!(
        (k[0], k[1], k[2]),
        (2f64.powi(51) - 1.0, 0.0, 0.0),
        "{answer}"
    );
}

/// New rows that are training rows are counted in `predict`.
#[test]
fn test_rows_that_are_training_rows() {
    let dir = folder(
        "twins",
        &[
            ("train.csv", "a,b,label\n1,0,x\n0,1,y\n2,1,x\n"),
            ("test.csv", "a,b\n0,1\n4,2\n1,1\n"),
        ],
    );
    let line = "predict --train @train.csv --test @test.csv --label label --activation relu --depth 2 --out @y.csv --json";
    let answer = json(&run(line, &dir));
    assert_eq!(number(&answer, "equal_rows"), 1.0);
    assert_eq!(number(&answer, "parallel_rows"), 1.0);
    assert_eq!(answer["error_is"], "estimate");
}
