//! Whole sessions that need no mathematics: usage, help, completions, pipes, Ctrl-C.

mod support;

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use support::{AT_ONCE, deeplimit, fed, program};

const COMMANDS: &[&str] = &[
    "classify",
    "activations",
    "constants",
    "hermite",
    "dual",
    "expect",
    "ntk",
    "phase",
    "limit",
    "depth",
    "gram",
    "evaluate",
    "predict",
    "dynamics",
    "cntk",
    "papers",
    "completions",
    "man",
];

#[test]
fn every_command_has_help_with_examples() {
    let top = deeplimit(&["--help"]);
    assert_eq!(top.code, Some(0));
    for text in [
        "0    answered",
        "1    something is undecided",
        "2    an error",
    ] {
        assert!(top.stdout.contains(text), "{text}");
    }
    for command in COMMANDS {
        assert!(top.stdout.contains(&format!("\n  {command} ")), "{command}");
        let help = deeplimit(&[command, "--help"]);
        assert_eq!(help.code, Some(0), "{command}");
        let example = format!("Examples:\n  deeplimit {command}");
        assert!(help.stdout.contains(&example), "{command}: {}", help.stdout);
        assert!(help.stderr.is_empty());
        let widest = help.stdout.lines().map(|l| l.chars().count()).max();
        assert!(widest <= Some(80), "{command}: {widest:?}");
    }
}

#[test]
fn the_examples_of_the_help_are_accepted() {
    for command in ["activations", "completions", "man"] {
        let help = deeplimit(&[command, "--help"]).stdout;
        let examples = help.lines().filter_map(|l| l.strip_prefix("  deeplimit "));
        for example in examples {
            // What follows is the shell's.
            let words: Vec<_> = example
                .split(" > ")
                .next()
                .unwrap_or(example)
                .split(' ')
                .collect();
            let session = deeplimit(&words);
            assert_eq!(session.code, Some(0), "{example}: {}", session.stderr);
        }
    }
}

#[test]
fn version() {
    let session = deeplimit(&["--version"]);
    let expected = format!("deeplimit {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((session.code, session.stdout), (Some(0), expected));
}

#[test]
fn a_bad_command_line_is_code_2_and_nothing_on_stdout() {
    for (line, words) in [
        (vec!["classify"], "<EXPR>"),
        (vec!["classify", "--digitz", "3", "relu"], "--digits"),
        (vec!["clasify", "relu"], "classify"),
        (vec!["dual", "relu"], "--at"),
        (vec!["hermite", "relu", "tanh"], "tanh"),
        (vec!["classify", "relu", "--arithmetic", "f32"], "f64"),
        (vec!["completions", "tcsh"], "bash"),
        (vec!["man", "clasify"], "classify"),
        (vec![], "Usage"),
    ] {
        let session = deeplimit(&line);
        assert_eq!(session.code, Some(2), "{line:?}");
        assert_eq!(session.stdout, "", "{line:?}");
        assert!(
            session.stderr.contains(words),
            "{line:?}: {}",
            session.stderr
        );
        assert!(!session.stderr.contains('\u{1b}'), "no colour into a pipe");
    }
}

#[test]
fn a_number_out_of_range_is_one_sentence_that_names_the_range() {
    for (line, range) in [
        (vec!["classify", "relu", "--digits", "0"], "from 1 to 1000"),
        (
            vec!["classify", "relu", "--digits", "1000000"],
            "from 1 to 1000",
        ),
        (vec!["hermite", "relu", "--terms", "0"], "from 1 to 10000"),
        (vec!["hermite", "relu", "--terms=10001"], "from 1 to 10000"),
        (vec!["expect", "x", "--timeout", "0"], "above 0"),
        (vec!["expect", "x", "--timeout", "nan"], "above 0"),
        (
            vec!["ntk", "relu", "--rho", "0", "--depth=-1"],
            "from 0 to 10^18",
        ),
        (vec!["phase", "tanh", "--points", "0"], "from 1 to 1000"),
    ] {
        let session = deeplimit(&line);
        assert_eq!(session.code, Some(2), "{line:?}");
        assert_eq!(session.stdout, "", "{line:?}");
        assert_eq!(session.stderr.lines().count(), 1, "{}", session.stderr);
        assert!(session.stderr.starts_with("error: "), "{}", session.stderr);
        assert!(session.stderr.contains(range), "{}", session.stderr);
        assert!(session.took < AT_ONCE, "{line:?}: {:?}", session.took);
    }
}

#[test]
fn completions_know_every_command_and_option() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let session = deeplimit(&["completions", shell]);
        assert_eq!(
            (session.code, session.stderr.as_str()),
            (Some(0), ""),
            "{shell}"
        );
        for word in COMMANDS
            .iter()
            .copied()
            .chain(["digits", "explain", "timeout", "slope"])
        {
            assert!(session.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn bash_reads_its_completions() {
    let script = deeplimit(&["completions", "bash"]).stdout;
    // -n parses without running. A machine without bash has no use for them either.
    let Ok(mut bash) = std::process::Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .spawn()
    else {
        return;
    };
    std::io::Write::write_all(&mut bash.stdin.take().unwrap(), script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn the_manual_page_covers_the_program_and_each_command() {
    let page = deeplimit(&["man"]);
    assert_eq!(page.code, Some(0));
    for part in [
        ".TH deeplimit 1",
        ".SH NAME",
        ".SH OPTIONS",
        ".SH SUBCOMMANDS",
        "answered",
    ] {
        assert!(page.stdout.contains(part), "{part}");
    }
    for command in COMMANDS {
        assert!(
            page.stdout.contains(&format!("deeplimit\\-{command}(1)")),
            "{command}"
        );
        let page = deeplimit(&["man", command]);
        assert_eq!(page.code, Some(0), "{command}");
        assert!(
            page.stdout.contains(&format!(".TH deeplimit-{command} 1")),
            "{command}"
        );
        assert!(
            page.stdout
                .contains("\n.SH NOTES\n.nf\nExamples:\n  deeplimit "),
            "{command}"
        );
    }
}

#[test]
fn colour_only_where_it_is_asked_for() {
    let bad = ["classify", "relu", "--digits", "0"];
    for (extra, colour) in [("--color=always", true), ("--color=never", false)] {
        let session = deeplimit(&[&bad[..], &[extra]].concat());
        assert_eq!(session.stderr.contains('\u{1b}'), colour, "{extra}");
        let help = deeplimit(&["--help", extra]);
        assert_eq!(help.stdout.contains('\u{1b}'), colour, "{extra}");
    }
    let two_words = deeplimit(&[&["--color", "always"][..], &bad[..]].concat());
    assert!(two_words.stderr.contains('\u{1b}'));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = program()
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Like `| head -0`: the reader is gone before anything is written.
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), stderr.as_str()),
        (Some(0), "")
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_while_reading_ends_the_program() {
    // A signal that comes before the handler is in place ends the program too, but without a code:
    // then give it more time.
    let code = [0.5, 1.0, 2.0, 4.0, 8.0].iter().find_map(|seconds| {
        let mut child = program()
            .args(["classify", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(*seconds));
        let id = child.id().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(kill.unwrap().success());
        // `wait` would close the pipe, and an end of input is not what is tested
        let input = child.stdin.take();
        let code = child.wait().unwrap().code();
        drop(input);
        code
    });
    assert_eq!(code, Some(130));
}

#[test]
fn no_expression_on_the_standard_input_is_an_empty_answer() {
    let session = fed(&["classify", "-", "--json"], b"\n \n");
    assert_eq!((session.code, session.stdout.trim()), (Some(0), "[]"));
    let one = fed(&["hermite", "-"], b"");
    assert_eq!(one.code, Some(2));
    assert_eq!(
        one.stderr,
        "error: one expression is wanted, the standard input has 0\n"
    );
}
