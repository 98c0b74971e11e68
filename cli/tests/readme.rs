//! README.md and docs/ keep their word: their commands run, and the outputs are the program's own.
//!
//! In a `console` block a line that begins with `$ ` is a command, and what follows is its output.
//! In a `sh` block every line is a command, and only its exit code is looked at.
//!
//! `UPDATE_README=1 cargo test --workspace --test readme` writes the outputs into the files.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::shell;

/// Stands where an output has not been written yet.
const OPEN: &str = "<!-- OUTPUT -->";

/// One command, with the lines of its output in the file.
struct Example {
    command: String,
    /// Index of the first line of the output, and one past the last.
    output: std::ops::Range<usize>,
}

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")
}

/// README.md and what it points to.
fn pages() -> [PathBuf; 5] {
    [
        readme(),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tour.md"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/networks.md"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spectra.md"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rows.md"),
    ]
}

/// The commands of all blocks of this kind.
fn examples(lines: &[&str], fence: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (n, line) in lines.iter().enumerate() {
        if line.starts_with("```") {
            inside = *line == fence;
        } else if inside {
            let command = if fence == "```sh" {
                Some(*line)
            } else {
                line.strip_prefix("$ ")
            };
            match (command, examples.last_mut()) {
                (Some(command), _) => examples.push(Example {
                    command: command.to_owned(),
                    output: n + 1..n + 1,
                }),
                (None, Some(last)) => last.output.end = n + 1,
                (None, None) => panic!("line {}: an output before any command", n + 1),
            }
        }
    }
    examples
}

#[test]
fn outputs_are_the_programs_own() {
    for (page, least) in pages().iter().zip([2, 15, 9, 6, 1]) {
        check(page, least);
    }
}

fn check(page: &Path, least: usize) {
    let text = fs::read_to_string(page).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let examples = examples(&lines, "```console");
    assert!(
        examples.len() >= least,
        "{}: {} examples were found",
        page.display(),
        examples.len()
    );
    let update = std::env::var_os("UPDATE_README").is_some();
    let mut updated: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
    // From the end, so that the indices before stay right.
    for example in examples.iter().rev() {
        let shown = lines[example.output.clone()].join("\n");
        let session = shell(&example.command);
        assert!(
            session.code.is_some_and(|c| c <= 2),
            "{}: {:?}",
            example.command,
            session.code
        );
        let output = session.stdout.trim_end();
        if update {
            let output = output.lines().map(str::to_owned);
            updated.splice(example.output.clone(), output);
        } else if shown != OPEN {
            assert_eq!(output, shown, "{}: {}", example.command, session.stderr);
        }
    }
    if update {
        fs::write(page, updated.join("\n") + "\n").unwrap();
    }
}

#[test]
fn commands_of_the_start_run() {
    let text = fs::read_to_string(readme()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let mut answered = 0;
    for example in examples(&lines, "```sh") {
        // The program is built already, and this is the test.
        let Some(args) = example.command.strip_prefix("./cargo.sh run --release -- ") else {
            continue;
        };
        let session = shell(&format!("deeplimit {args}"));
        assert!(
            session.code.is_some_and(|c| c <= 1),
            "{args}: {}",
            session.stderr
        );
        answered += 1;
    }
    assert!(answered >= 1, "the quick start was not found");
}
