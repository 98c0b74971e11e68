//! Runs the built program.

// Each test file uses its part.
#![allow(dead_code)]

pub mod files;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// What takes milliseconds may take this long on a machine that is busy with other tests.
pub const AT_ONCE: Duration = Duration::from_secs(5);

/// What came of a command line.
pub struct Session {
    /// The exit code; `None` after a signal (a stack overflow).
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

/// The program, in a plain environment.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deeplimit"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "DEEPLIMIT_DATA"] {
        command.env_remove(name);
    }
    // no folder: nothing is kept from one test to the next
    command.env("XDG_CACHE_HOME", "/dev/null");
    command
}

/// `deeplimit` with these arguments and nothing on its standard input.
pub fn deeplimit(args: &[&str]) -> Session {
    fed(args, b"")
}

/// `deeplimit` with a line of arguments, of which `@name` is a file in a folder.
pub fn run(line: &str, dir: &Path) -> Session {
    let words: Vec<String> = line
        .split_whitespace()
        .map(|w| match w.strip_prefix('@') {
            Some(file) => dir.join(file).display().to_string(),
            None => w.to_owned(),
        })
        .collect();
    deeplimit(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// `deeplimit` with these arguments and this on its standard input.
pub fn fed(args: &[&str], input: &[u8]) -> Session {
    let begun = Instant::now();
    let mut child = program()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let input = input.to_vec();
    // A program that does not read its input closes the pipe.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the input is written");
    Session {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("stdout is text"),
        stderr: String::from_utf8(output.stderr).expect("stderr is text"),
        took: begun.elapsed(),
    }
}

/// Words on one line: where a paragraph is broken depends on the lengths of the paths in it.
pub fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// A line of shell in an empty folder, with `deeplimit` on the path.
pub fn shell(line: &str) -> Session {
    let begun = Instant::now();
    let built = Path::new(env!("CARGO_BIN_EXE_deeplimit"));
    let folder = built.parent().expect("the program lies in a folder");
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&paths));
    let output = Command::new("sh")
        .args(["-c", line])
        .env("PATH", std::env::join_paths(paths).expect("a path"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .output()
        .expect("a shell");
    Session {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("stdout is text"),
        stderr: String::from_utf8(output.stderr).expect("stderr is text"),
        took: begun.elapsed(),
    }
}

/// Code 2, at once, nothing on stdout, and on stderr one sentence, for a syntax error with the
/// expression and a caret below it.
#[track_caller]
pub fn assert_bad(name: &str, session: &Session) {
    assert_eq!(
        session.code,
        Some(2),
        "{name}: {}{}",
        session.stdout,
        session.stderr
    );
    assert_eq!(session.stdout, "", "{name}");
    let lines = session.stderr.lines().count();
    assert!(lines == 1 || lines == 3, "{name}: {}", session.stderr);
    assert!(
        session.stderr.starts_with("error"),
        "{name}: {}",
        session.stderr
    );
    // A page is 110 wide; a sentence may be longer than the excerpt.
    assert!(
        session
            .stderr
            .lines()
            .skip(1)
            .all(|l| l.chars().count() <= 110),
        "{name}"
    );
    assert!(session.stderr.len() < 1000, "{name}: {}", session.stderr);
    assert!(
        !session.stderr.contains("bug"),
        "{name}: {}",
        session.stderr
    );
    assert!(session.took < AT_ONCE, "{name}: {:?}", session.took);
}

/// The items of an answer in JSON, of a command that answers.
pub fn items(line: &[&str]) -> Vec<Json> {
    let session = deeplimit(line);
    assert_eq!(session.code, Some(0), "{line:?} {}", session.stderr);
    let json: Json = serde_json::from_str(&session.stdout).unwrap();
    json.as_array().unwrap().clone()
}

/// A decimal begins like the reference, up to the last digit, which may be rounded.
#[track_caller]
pub fn begins(number: &Json, reference: &str) {
    let value = number["value"].as_str().unwrap();
    let head = &reference[..reference.len() - 1];
    assert!(value.starts_with(head), "{value} is not {reference}");
}

/// The value of a number, as a double.
pub fn float(number: &Json) -> f64 {
    number["value"].as_str().unwrap().parse().unwrap()
}
