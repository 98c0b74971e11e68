//! The house: a room uses only earlier rooms, no drawer named utils, no file without end.

use std::fs;
use std::path::{Path, PathBuf};

/// The order of the rooms; the tests of a room may use later ones.
const ROOMS: &[&str] = &[
    "error",
    "deadline",
    "array",
    "store",
    "real",
    "activation",
    "exact",
    "quadrature",
    "hermite",
    "dual",
    "recursion",
    "phase",
    "limit",
    "kernel",
    "gram",
    "classifier",
    "network",
    "image",
    "cntk",
    "paper",
];

/// The rooms that read files, because files are what they are about.
const READS_FILES: [&str; 3] = ["array", "store", "image"];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut out = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut out);
    out
}

fn room(path: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(src).unwrap().components().next().unwrap();
    first
        .as_os_str()
        .to_str()
        .unwrap()
        .trim_end_matches(".rs")
        .to_string()
}

#[test]
fn a_room_uses_only_earlier_rooms() {
    for path in all() {
        let here = room(&path);
        let Some(position) = ROOMS.iter().position(|r| *r == here) else {
            assert_eq!(
                here,
                "lib",
                "{}: put the new room into ROOMS, where the mathematics puts it",
                path.display()
            );
            continue;
        };
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "tests.rs" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for later in &ROOMS[position + 1..] {
            for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
                let uses = format!("crate::{later}");
                let found = line.find(&uses).is_some_and(|i| {
                    !line[i + uses.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                assert!(
                    !found,
                    "{}: room `{here}` uses the later room `{later}`: {line}\nMove what is needed to an earlier room.",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn no_drawers_and_no_endless_files() {
    for path in all() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            !["utils", "util", "common", "helpers", "misc", "manager"].contains(&name),
            "{}: name the thing",
            path.display()
        );
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        // the catalogue is a table
        let limit = if name == "catalogue" { 700 } else { 500 };
        assert!(
            lines <= limit,
            "{} has {lines} lines: split it where the mathematics splits",
            path.display()
        );
    }
}

#[test]
fn the_library_neither_prints_nor_reads_files() {
    for path in all() {
        if path.file_name().is_some_and(|n| n == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
            for word in [
                "println!",
                "eprintln!",
                "std::fs",
                "dbg!(",
                "todo!(",
                "unimplemented!(",
            ] {
                let allowed = word == "std::fs" && READS_FILES.contains(&room(&path).as_str());
                assert!(
                    allowed || !line.contains(word),
                    "{}: {line}",
                    path.display()
                );
            }
        }
    }
}
