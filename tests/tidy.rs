//! The house: a room uses only earlier rooms, no drawer named utils, no file without end.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The order of the rooms; the tests of a room may use later ones.
const ROOMS: &[&str] = &[
    "error",
    "words",
    "deadline",
    "array",
    "store",
    "real",
    "effort",
    "activation",
    "exact",
    "quadrature",
    "emit",
    "hermite",
    "dual",
    "recursion",
    "phase",
    "limit",
    "block",
    "kernel",
    "gram",
    "classifier",
    "process",
    "figure",
    "spectrum",
    "design",
    "network",
    "image",
    "cntk",
    "identity",
    "paper",
];

/// The one line that asks a later room: a mean inside an expression is an integral (`src/activation/mean.rs`). It ends,
/// because what is inside a mean is smaller than the mean.
const ASKS_LATER: (&str, &str) = ("mean.rs", "crate::quadrature::mean(");

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
        let asks = |line: &&str| {
            here == "activation" && name == ASKS_LATER.0 && line.contains(ASKS_LATER.1)
        };
        assert!(code.lines().filter(asks).count() <= 1, "{}", path.display());
        let lines = || code.lines().filter(|l| !l.trim_start().starts_with("//"));
        for later in &ROOMS[position + 1..] {
            for line in lines().filter(|line| !asks(line)) {
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
        for (_, line) in production(&path) {
            if line.trim_start().starts_with("//") {
                continue;
            }
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

/// The lines of a file that are not of tests, each with its number.
fn production(path: &Path) -> Vec<(usize, String)> {
    let in_tests = |c: &std::ffi::OsStr| c == "tests" || c == "tests.rs" || c == "data_tests.rs";
    if path.iter().any(in_tests) {
        return vec![];
    }
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = code.lines().map(str::to_owned).enumerate();
    lines.map(|(n, line)| (n + 1, line)).collect()
}

#[test]
fn the_library_knows_no_flag_of_a_command_line() {
    for path in all() {
        for (n, line) in production(&path) {
            // how a table of times is made is said in Cargo's words
            let line = line.split("cargo bench").next().unwrap();
            let flag = line
                .match_indices("--")
                .any(|(i, _)| line[i + 2..].starts_with(|c: char| c.is_ascii_lowercase()));
            assert!(
                !flag,
                "{}:{n}: {line}\nSay what is wrong in the library's words; the command line adds its flag by the variant of the \
                 error (cli/src/fault.rs).",
                path.display()
            );
        }
    }
}

/// What an error's text is called where it is taken out of it.
fn bound_texts(code: &[(usize, String)]) -> Vec<String> {
    let mut names: Vec<String> = ["message", "error", "err", "e", "why", "sentence", "said"]
        .map(str::to_owned)
        .to_vec();
    let variants = [
        "Domain(",
        "Unresolved(",
        "Shape(",
        "Data(",
        "Io(",
        "Err(",
        "message: ",
    ];
    for (_, line) in code {
        for variant in variants {
            for (i, _) in line.match_indices(variant) {
                let rest = &line[i + variant.len()..];
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                let binding = rest[name.len()..].starts_with([')', ',', ' ', '}']);
                if binding && name.starts_with(|c: char| c.is_ascii_lowercase()) {
                    names.push(name);
                }
            }
        }
    }
    names
}

/// Does this line compare the text of an error, or what was taken out of one, with words?
fn reads_an_error(line: &str, texts: &[String]) -> bool {
    let questions = [
        ".contains(\"",
        ".starts_with(\"",
        ".ends_with(\"",
        ".find(\"",
        " == ",
        " != ",
    ];
    questions.iter().any(|question| {
        line.match_indices(question).any(|(i, _)| {
            let subject = line[..i].trim_end_matches(".as_str()");
            let printed = subject.ends_with(".to_string()");
            let subject = subject.trim_end_matches(".to_string()");
            let name: String = subject
                .chars()
                .rev()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            let name: String = name.chars().rev().collect();
            let with = line[i + question.len()..].trim_start_matches(['"', '&', '*']);
            let words = question.starts_with('.')
                || line[i + question.len()..].starts_with('"')
                || with.starts_with(|c: char| c.is_ascii_uppercase()) && !with.contains("::");
            // a letter is the name of many things
            words && texts.contains(&name) && (printed || name.len() > 1)
        })
    })
}

#[test]
fn no_error_is_recognised_by_its_words() {
    // the rule itself
    let names = bound_texts(&[(1, "matches!(error, Error::Unresolved(text) if".to_owned())]);
    for bad in [
        "let free = message.starts_with(\"unknown name\")",
        "if e.to_string().contains(\"diverges\") {",
        "if text == NO_DATA {",
        "if *text == \"no\" {",
    ] {
        assert!(reads_an_error(bad, &names), "{bad}");
    }
    for good in [
        "if sizes.len() == 3 {",
        "match message.contains(&short) {",
        "if e == Expr::X {",
        "path.extension().is_some_and(|e| e == \"csv\")",
    ] {
        assert!(!reads_an_error(good, &names), "{good}");
    }
    let mut paths = all();
    let door = Path::new(env!("CARGO_MANIFEST_DIR")).join("cli/src");
    sources(&door, &mut paths);
    for path in paths {
        let code = production(&path);
        let texts = bound_texts(&code);
        let found: Vec<_> = code
            .iter()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .filter(|(_, line)| reads_an_error(line, &texts))
            .collect();
        assert!(
            found.is_empty(),
            "{}: {found:?}\nGive the error a variant with what is asked about (src/error.rs).",
            path.display()
        );
    }
}

/// The name of a public type has one meaning: whoever reads it knows the room.
#[test]
fn a_public_type_name_is_defined_once() {
    let mut known: HashMap<String, PathBuf> = HashMap::new();
    for path in all() {
        if path.to_string_lossy().contains("tests") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for line in code.lines() {
            let kinds = ["pub struct ", "pub enum ", "pub trait ", "pub type "];
            let Some(rest) = kinds.iter().find_map(|kind| line.strip_prefix(kind)) else {
                continue;
            };
            let end = rest
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(rest.len());
            if let Some(first) = known.insert(rest[..end].to_owned(), path.clone()) {
                panic!(
                    "`{}` is defined in {} and in {}: two meanings need two names",
                    &rest[..end],
                    first.display(),
                    path.display()
                );
            }
        }
    }
    assert!(known.len() > 100);
}
