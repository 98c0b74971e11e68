//! `deeplimit emit`: whole sessions. That the code is right is tested in the library, where it is run.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::support::{assert_bad, deeplimit, items};

const LANGUAGES: [&str; 5] = ["python", "torch", "jax", "rust", "latex"];

#[test]
fn code_says_what_it_is() {
    for language in LANGUAGES {
        let session = deeplimit(&["emit", "gelu", "--to", language]);
        assert_eq!(session.code, Some(0), "{language}: {}", session.stderr);
        for fact in [
            "gelu",
            "1/E phi(Z)^2 = 2.35171561407337",
            "majority vote (chaotic, c* = 0.7604...), proved",
        ] {
            assert!(
                session.stdout.contains(fact),
                "{language}: {}",
                session.stdout
            );
        }
    }
    let torch = deeplimit(&["emit", "gelu", "--to", "torch"]).stdout;
    assert!(torch.contains("        return F.gelu(x)\n"), "{torch}");
    assert!(
        torch.contains("In float16 it is finite for every finite x.\n"),
        "{torch}"
    );
}

#[test]
fn normalised_means_that_the_square_is_one() {
    let answer = items(&[
        "emit",
        "abs(x)-1",
        "--to",
        "python",
        "--normalise",
        "--name",
        "f",
        "--json",
    ]);
    // E (|Z| - 1)^2 = 2 - 2 sqrt(2/pi)
    let square = 2.0 - 2.0 * (2.0 / std::f64::consts::PI).sqrt();
    let factor = answer[0]["factor"].as_f64().unwrap();
    assert!((factor * factor * square - 1.0).abs() < 1e-15);
    assert_eq!(
        (answer[0]["activation"].as_str(), answer[0]["to"].as_str()),
        (Some("abs(x)-1"), Some("python"))
    );
    let code = answer[0]["code"].as_str().unwrap();
    assert!(
        code.contains(&format!("{factor:?} * (np.abs(x) - 1.0)")),
        "{code}"
    );
    assert!(
        code.contains("def f(x):") && code.contains("def df(x):"),
        "{code}"
    );
    let plain = items(&["emit", "abs(x)-1", "--to", "python", "--json"]);
    assert_eq!(plain[0]["factor"], Json::Null);
}

#[test]
fn letters_get_their_values() {
    let session = deeplimit(&["emit", "tanh(a*x)", "--to", "jax", "--set", "a=1.5"]);
    assert!(
        session.stdout.contains("return jnp.tanh(1.5 * x)"),
        "{}{}",
        session.stdout,
        session.stderr
    );
}

#[test]
fn a_file_is_written_once() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emit");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("phi.rs");
    let path = path.to_str().unwrap();
    let line = ["emit", "silu", "--to", "rust", "--out", path];
    let session = deeplimit(&line);
    assert_eq!(
        session.stdout,
        format!("{path}: silu in rust\n"),
        "{}",
        session.stderr
    );
    assert!(
        fs::read_to_string(path)
            .unwrap()
            .contains("pub fn phi(x: f64) -> f64 {")
    );
    assert_bad("there already", &deeplimit(&line));
    let session = deeplimit(&[&line[..], &["--force"]].concat());
    assert_eq!(session.code, Some(0), "{}", session.stderr);
}

#[test]
fn an_unknown_language_is_told_the_others() {
    for typed in ["pytorch", "fortran"] {
        let session = deeplimit(&["emit", "relu", "--to", typed]);
        assert_eq!(session.code, Some(2));
        assert!(
            session.stderr.contains("python, torch, jax, rust, latex"),
            "{}",
            session.stderr
        );
    }
}

#[test]
fn bad_input_is_one_sentence() {
    for (line, said) in [
        (vec!["emit", "log(x)", "--to", "rust"], "undefined"),
        (vec!["emit", "relu(", "--to", "rust"], "relu("),
        (vec!["emit", "a*x", "--to", "torch"], "--set"),
        (vec!["emit", "relu", "--to", "rust", "--name", "fn"], "`fn`"),
        (vec!["emit", "relu", "--to", "rust", "--name", "2x"], "`2x`"),
        (
            vec![
                "emit",
                "relu",
                "--to",
                "rust",
                "--out",
                "/nowhere/at/all.rs",
            ],
            "no folder",
        ),
        (vec!["emit", "1e400*x", "--to", "jax"], "double"),
    ] {
        let session = deeplimit(&line);
        assert_bad(&line.join(" "), &session);
        assert!(
            session.stderr.contains(said),
            "{line:?}: {}",
            session.stderr
        );
    }
}
