//! Answers as they were recorded: what moves walls in the house must not move a number.
//!
//! Each line of `goldens/commands.txt` runs with `--json` in a folder with the small files made below, and its answer is compared with
//! the one in `goldens/answers.json`. Text is equal to the letter: the decimals of balls, sentences, proofs. Numbers of JSON come from
//! doubles: they agree to [`DOUBLES`], or to the error that stands beside them; times and names of processors are not compared.
//!
//! `UPDATE_GOLDENS=1 cargo test --workspace --test goldens` records them anew; `git diff` then shows what changed.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Map, Value as Json};
use support::files::{idx, numbers};
use support::program;

/// Relative: what another order of the same sums may change in a double.
const DOUBLES: f64 = 1e-11;

/// Differs from run to run, or from one processor to another.
const FREE: [&str; 6] = [
    "seconds",
    "instructions",
    "resumed",
    "pairs_per_second",
    "computed",
    "prepared",
];

/// An estimate of an error: its size is compared, not its digits.
const ERRORS: [&str; 4] = [
    "error",
    "error_function",
    "error_rounding",
    "relative_error",
];

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")
}

/// Numbers between -1 and 1 that are the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// Rows of three classes round three directions, unlabelled rows, and images.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("goldens");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    let mut numbers = Numbers(7);
    let rows = |n: usize, labelled: bool, numbers: &mut Numbers| {
        let mut text = "a,b,c,d".to_owned() + if labelled { ",kind\n" } else { "\n" };
        for i in 0..n {
            let centre = |k: usize| if k == i % 3 { 1.0 } else { 0.0 };
            let cells: Vec<String> = (0..4)
                .map(|k| format!("{:.6}", centre(k) + 0.4 * numbers.next()))
                .collect();
            text += &cells.join(",");
            text += &if labelled {
                format!(",{}\n", ["x", "y", "z"][i % 3])
            } else {
                "\n".to_owned()
            };
        }
        text
    };
    fs::write(folder.join("train.csv"), rows(24, true, &mut numbers)).unwrap();
    fs::write(folder.join("test.csv"), rows(9, true, &mut numbers)).unwrap();
    fs::write(folder.join("rows.csv"), rows(7, false, &mut numbers)).unwrap();
    for (name, count) in [("train", 12), ("test", 6)] {
        let mut pixels = vec![];
        let mut labels = vec![];
        for n in 0..count {
            for p in 0..36 {
                let stripe = if n % 2 == 0 { p / 6 } else { p % 6 } % 2;
                pixels.push((100.0 + 80.0 * stripe as f64 + 30.0 * numbers.next()) as u8);
            }
            labels.push((n % 2) as u8);
        }
        fs::write(
            folder.join(format!("{name}.idx")),
            idx(8, &[count, 6, 6], &pixels),
        )
        .unwrap();
        fs::write(
            folder.join(format!("{name}-labels.idx")),
            idx(8, &[count], &labels),
        )
        .unwrap();
    }
    folder
}

/// The numbers in the file that a command line ends with, if it writes one.
fn written(folder: &Path, line: &str) -> Option<Json> {
    let (_, name) = line.rsplit_once("--out ")?;
    let path = folder.join(name);
    let numbers: Vec<Json> = if name.ends_with(".npy") {
        numbers(&path).into_iter().map(Json::from).collect()
    } else {
        let text = fs::read_to_string(path).unwrap();
        let cells = text.split([',', '\n']).filter(|c| !c.is_empty());
        cells
            .map(|c| c.parse::<f64>().map_or_else(|_| c.into(), Json::from))
            .collect()
    };
    assert!(!numbers.is_empty(), "{line}");
    Some(numbers.into())
}

/// What differs, by the path of keys to it.
fn differences(now: &Json, then: &Json, path: &str, tolerance: f64, found: &mut Vec<String>) {
    match (now, then) {
        (Json::Object(a), Json::Object(b)) => {
            let beside = |m: &Map<String, Json>| m.get("error").and_then(Json::as_f64);
            let tolerance = beside(b).map_or(tolerance, |e| tolerance.max(e));
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let path = format!("{path}.{key}");
                match (a.get(key), b.get(key)) {
                    _ if FREE.contains(&key.as_str()) => {}
                    (Some(Json::Number(a)), Some(Json::Number(b)))
                        if ERRORS.contains(&key.as_str()) =>
                    {
                        let [a, b] = [a, b].map(|x| x.as_f64().unwrap());
                        // not so of what is no number
                        let small = a <= 4.0 * b + 1e-15;
                        if !small {
                            found.push(format!("{path}: the error is {a}, was {b}"));
                        }
                    }
                    (Some(a), Some(b)) => differences(a, b, &path, tolerance, found),
                    (Some(a), None) => found.push(format!("{path}: new, {a}")),
                    (None, b) => found.push(format!("{path}: gone, was {b:?}")),
                }
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            for (n, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{path}[{n}]"), tolerance, found);
            }
        }
        (Json::Number(x), Json::Number(y)) => {
            let [a, b] = [x, y].map(|x| x.as_f64().unwrap());
            let near = (a - b).abs() <= tolerance * b.abs().max(1e-300);
            if x != y && !near {
                found.push(format!("{path}: {a}, was {b}"));
            }
        }
        _ if now == then => {}
        _ => found.push(format!("{path}: {now}, was {then}")),
    }
}

#[test]
fn answers_are_as_they_were_recorded() {
    let folder = folder();
    let commands = fs::read_to_string(home().join("commands.txt")).unwrap();
    let lines: Vec<&str> = commands
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .collect();
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let recorded = match update {
        true => Map::new(),
        false => {
            serde_json::from_str(&fs::read_to_string(home().join("answers.json")).unwrap()).unwrap()
        }
    };
    let mut answers = Map::new();
    let mut found = vec![];
    for line in &lines {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("exec \"$0\" {line} --json")])
            .arg(program().get_program())
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let code = output.status.code();
        assert!(
            code.is_some_and(|c| c <= 2),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut answer: Json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{line}: {e}: {}", String::from_utf8_lossy(&output.stderr)));
        if let Some(numbers) = written(&folder, line) {
            answer = serde_json::json!([answer, numbers]);
        }
        match recorded.get(*line) {
            Some(then) => differences(&answer, then, line, DOUBLES, &mut found),
            None if !update => found.push(format!("{line}: not recorded")),
            None => {}
        }
        answers.insert((*line).to_owned(), answer);
    }
    if update {
        let text = serde_json::to_string_pretty(&Json::Object(answers)).unwrap();
        fs::write(home().join("answers.json"), text + "\n").unwrap();
        return;
    }
    assert!(lines.len() >= 60, "{} commands", lines.len());
    assert!(
        found.is_empty(),
        "{} differences:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// The comparison sees what it should.
#[test]
fn a_changed_digit_is_seen() {
    let then: Json = serde_json::json!({"value": "0.76", "x": 1.0, "k": {"error": 1e-3, "y": 2.0}, "seconds": 1.0});
    for (now, seen) in [
        (
            serde_json::json!({"value": "0.76", "x": 1.0, "k": {"error": 1e-3, "y": 2.001}, "seconds": 9.0}),
            0,
        ),
        (
            serde_json::json!({"value": "0.77", "x": 1.0, "k": {"error": 1e-3, "y": 2.0}, "seconds": 1.0}),
            1,
        ),
        (
            serde_json::json!({"value": "0.76", "x": 1.0000001, "k": {"error": 1e-3, "y": 2.0}, "seconds": 1.0}),
            1,
        ),
        (
            serde_json::json!({"value": "0.76", "x": 1.0, "k": {"error": 1e-2, "y": 2.01}, "seconds": 1.0}),
            2,
        ),
        (
            serde_json::json!({"value": "0.76", "k": {"error": 1e-3, "y": 2.0, "z": null}, "seconds": 1.0}),
            2,
        ),
    ] {
        let mut found = vec![];
        differences(&now, &then, "", DOUBLES, &mut found);
        assert_eq!(found.len(), seen, "{found:?}");
    }
}
