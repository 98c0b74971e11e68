//! Whole sessions that need no mathematics: usage, help, completions, pipes, Ctrl-C.

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{AT_ONCE, deeplimit, fed, program};

const COMMANDS: &[&str] = &[
    "classify",
    "activations",
    "constants",
    "hermite",
    "dual",
    "expect",
    "ntk",
    "phase",
    "spectrum",
    "learn",
    "limit",
    "depth",
    "gram",
    "evaluate",
    "predict",
    "regress",
    "dynamics",
    "cntk",
    "identities",
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
        (vec!["dual", "relu"], "--rho"),
        (vec!["man", "classify", "tanh"], "tanh"),
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

/// Sends Ctrl-C when `seconds` have passed.
#[cfg(unix)]
fn interrupted(line: &[&str], seconds: f64) -> (Option<i32>, String, String) {
    let child = program()
        .args(line)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs_f64(seconds));
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// What takes minutes at a thousand digits: it has no closed form.
#[cfg(unix)]
const LONG: &str = "tanh(x+sin(3*x))*exp(-x^2/70)+gelu(2*x)";

/// Every command says what is finished and what is missing; 130 in every case.
#[cfg(unix)]
#[test]
fn ctrl_c_says_what_is_missing() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let data = dir.join("interrupted.csv");
    // Rows enough that no machine is through before the signal.
    let rows: String = (0..6000)
        .map(|n| {
            let x = f64::from(n);
            format!(
                "{},{},{},c{}\n",
                x.sin(),
                (x * x).cos(),
                (3.0 * x).sin(),
                n % 2
            )
        })
        .collect();
    std::fs::write(&data, format!("a,b,c,label\n{rows}")).unwrap();
    let (data, out) = (data.to_str().unwrap(), dir.join("interrupted-out.csv"));
    let out = out.to_str().unwrap();
    let digits = ["--digits", "1000", "--timeout", "600"];
    let network = ["--activation", "relu", "--depth", "3"];
    let lines: Vec<(Vec<&str>, &str)> = vec![
        (
            [&["classify", LONG], &digits[..]].concat(),
            "0 of 1 activations are finished; missing: tanh(x",
        ),
        (
            [&["constants", LONG], &digits[..]].concat(),
            "0 of 1 activations are finished; missing: tanh(x",
        ),
        (
            [&["expect", LONG], &digits[..]].concat(),
            "0 of 1 expressions are finished; missing: tanh(x",
        ),
        (
            [&["hermite", LONG, "--terms", "500"], &digits[..]].concat(),
            "0 of 1 activations are finished; missing: tanh(x",
        ),
        (
            [&["dual", LONG, "--rho", "0.5"], &digits[..]].concat(),
            "0 of 1 activations are finished",
        ),
        (
            [&["ntk", LONG, "--rho", "0.5", "--depth", "9"], &digits[..]].concat(),
            "0 of 1 activations are finished",
        ),
        (
            [&["phase", LONG], &digits[..]].concat(),
            "0 of 1 activations are finished",
        ),
        (
            [&["limit", LONG, "--rho", "0.5"], &digits[..]].concat(),
            "0 of 1 activations are finished",
        ),
        (
            [&["depth", LONG, "--rho", "0,0.5"], &digits[..]].concat(),
            "0 of 2 depths are finished",
        ),
        (
            [
                &["evaluate", "--data", data, "--label", "label"],
                &network[..],
            ]
            .concat(),
            "interrupted: ",
        ),
        (
            [
                &[
                    "predict", "--train", data, "--test", data, "--out", out, "--force",
                ],
                &network[..],
            ]
            .concat(),
            "no row is predicted",
        ),
        (
            [
                &[
                    "dynamics", "--train", data, "--test", data, "--out", out, "--time", "1,2",
                    "--force",
                ],
                &network[..],
            ]
            .concat(),
            "0 of 2 times are finished",
        ),
    ];
    for (line, says) in lines {
        // A signal before the handler is in place ends the program without a word: then it gets more time.
        let found = [0.5, 1.0, 2.0, 4.0].iter().find_map(|seconds| {
            let (code, _, stderr) = interrupted(&line, *seconds);
            (code == Some(130)).then_some(stderr)
        });
        let said = found.unwrap_or_else(|| panic!("{line:?}: never interrupted"));
        assert!(
            said.contains("interrupted: ") && said.contains(says),
            "{line:?}: {said}"
        );
        assert_eq!(said.trim_end().lines().count(), 1, "{line:?}: {said}");
    }
}

/// What is finished is printed, in JSON with an error in the place of what is not.
#[cfg(unix)]
#[test]
fn ctrl_c_prints_what_is_finished() {
    let line = [
        "classify",
        "relu",
        LONG,
        "x",
        "--digits",
        "1000",
        "--timeout",
        "600",
        "--json",
    ];
    let found = [2.0, 4.0, 8.0].iter().find_map(|seconds| {
        let (code, stdout, stderr) = interrupted(&line, *seconds);
        (code == Some(130) && stderr.contains("2 of 3 activations are finished")).then_some(stdout)
    });
    let items: serde_json::Value = serde_json::from_str(&found.expect("an interruption")).unwrap();
    assert_eq!(items[0]["regime"], "majority");
    assert_eq!(
        (&items[1]["activation"], &items[1]["error"]["kind"]),
        (&LONG.into(), &"interrupted".into())
    );
    assert_eq!(items[2]["regime"], "linear");
}

/// The claims that Ctrl-C left are counted, and are in the JSON.
#[cfg(unix)]
#[test]
fn ctrl_c_counts_the_claims_that_are_left() {
    let line = ["papers", "check", "radhakrishnan2022", "--effort", "3"];
    let counted = |text: &str| -> usize {
        let last = text.lines().last().unwrap_or_default().to_owned();
        last.split(", ")
            .filter_map(|part| part.split(' ').next()?.parse::<usize>().ok())
            .sum()
    };
    let (code, stdout, stderr) = interrupted(&line, 3.0);
    assert_eq!(code, Some(130), "{stderr}");
    assert!(
        stdout.contains(" not finished\n") && stderr.contains("claims are finished; missing: "),
        "{stdout}{stderr}"
    );
    let all = deeplimit(&["papers", "list", "radhakrishnan2022", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&all.stdout).unwrap();
    let all = all.as_array().unwrap().len();
    assert_eq!(counted(&stdout), all, "{stdout}");
    let (code, stdout, _) = interrupted(&[&line[..], &["--json"]].concat(), 3.0);
    let items: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let items = items.as_array().unwrap();
    assert_eq!((code, items.len()), (Some(130), all));
    assert!(items.iter().any(|i| i["verdict"] == "not finished"));
}

#[test]
fn no_expression_on_the_standard_input_is_an_empty_answer() {
    let session = fed(&["classify", "-", "--json"], b"\n \n");
    assert_eq!((session.code, session.stdout.trim()), (Some(0), "[]"));
    // Every command takes several activations, and so none too; but one kernel has one.
    let none = fed(&["hermite", "-", "--json"], b"");
    assert_eq!((none.code, none.stdout.trim()), (Some(0), "[]"));
    let line = [
        "gram",
        "--data",
        "X.csv",
        "--depth",
        "1",
        "--out",
        "K.npy",
        "--activation",
        "-",
    ];
    let one = fed(&line, b"");
    assert_eq!(one.code, Some(2));
    assert_eq!(
        one.stderr,
        "error: one expression is wanted, the standard input has 0\n"
    );
}
