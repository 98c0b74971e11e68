//! What is no expression: one sentence with the place, code 2, at once.

use serde_json::Value as Json;

use crate::support::{assert_bad, deeplimit, fed};

#[test]
fn the_place_is_pointed_at() {
    for (text, place) in [
        ("2*(x", "  2*(x\n    ^\n"),
        ("x)", "  x)\n   ^\n"),
        ("2*rleu(x) + 1", "  2*rleu(x) + 1\n    ^^^^\n"),
        ("λ", "  λ\n  ^\n"),
        ("x $ 2", "  x $ 2\n    ^\n"),
        ("nan", "  nan\n  ^^^\n"),
        ("-y", "  -y\n   ^\n"),
    ] {
        let session = deeplimit(&["classify", text]);
        assert_bad(text, &session);
        assert!(
            session.stderr.ends_with(place),
            "{text}:\n{}",
            session.stderr
        );
    }
}

#[test]
fn nothing_is_one_sentence() {
    for text in ["", "   "] {
        let session = deeplimit(&["classify", text]);
        assert_bad(text, &session);
        assert_eq!(session.stderr, "error: the expression is empty\n");
    }
}

#[test]
fn every_command_that_takes_an_expression_checks_it() {
    for line in [
        &["classify", "x)"][..],
        &["constants", "x)"],
        &["hermite", "x)"],
        &["dual", "x)", "--at", "0,0.5"],
        &["expect", "x)"],
        &["ntk", "x)", "--rho", "0.5", "--depth", "3"],
        &["phase", "x)"],
    ] {
        assert_bad(line[0], &deeplimit(line));
        let session = deeplimit(&[line, &["--json"]].concat());
        assert_eq!(session.code, Some(2));
        let json: Json = serde_json::from_str(&session.stdout).unwrap();
        assert_eq!(json.as_array().unwrap().len(), 1, "{}", session.stdout);
        let key = if line[0] == "expect" {
            "expression"
        } else {
            "activation"
        };
        assert_eq!(json[0][key], "x)");
        assert_eq!(json[0]["error"]["kind"], "parse");
        assert_eq!(json[0]["error"]["at"], serde_json::json!([1, 2]));
        assert!(json[0]["error"]["message"].is_string());
    }
}

#[test]
fn the_place_is_counted_in_what_was_typed() {
    // Bytes: the letter has two.
    for (text, at) in [
        ("-y", [1, 2]),
        ("  y", [2, 3]),
        ("λ+1", [0, 2]),
        ("-λ", [1, 3]),
    ] {
        let session = deeplimit(&["classify", "--json", text]);
        let json: Json = serde_json::from_str(&session.stdout).unwrap();
        assert_eq!(json[0]["activation"], text);
        assert_eq!(json[0]["error"]["at"], serde_json::json!(at), "{text}");
    }
}

/// An argument may have 128 kB on Linux, so this comes through the standard input.
#[test]
fn monstrous_input_is_refused_at_once() {
    for n in [10_000_000, 100_000, 19_000] {
        for (name, text) in [
            ("open", "(".repeat(n)),
            (
                "open and closed",
                format!("{}x{}", "(".repeat(n / 2), ")".repeat(n / 2)),
            ),
            ("minus", "-".repeat(n) + "x"),
            ("power", "x^".repeat(n / 2) + "x"),
            (
                "calls",
                format!("{}x{}", "sin(".repeat(n / 5), ")".repeat(n / 5)),
            ),
            ("sum", "x+".repeat(n / 2) + "x"),
            ("quotient", "x/".repeat(n / 2) + "x"),
            ("conditional", "x<0?".repeat(n / 4)),
            ("name", "a".repeat(n)),
            (
                "named",
                format!("{}x{}", "gelu(".repeat(n / 6), ")".repeat(n / 6)),
            ),
        ] {
            let session = fed(&["classify", "-"], text.as_bytes());
            assert_bad(&format!("{name} {n}"), &session);
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error_among_others() {
    let session = fed(&["classify", "-", "--json"], b"\xff\xfe\nx)\n");
    assert_eq!(session.code, Some(2));
    let json: Json = serde_json::from_str(&session.stdout).unwrap();
    assert_eq!(json[0]["error"]["kind"], "parse");
    assert_eq!(json[1]["activation"], "x)");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let session = deeplimit(&["classify", "x+\u{1b}[31m\u{7}y"]);
    assert_bad("escape", &session);
    assert!(
        !session.stderr.chars().any(|c| c.is_control() && c != '\n'),
        "{:?}",
        session.stderr
    );
}

#[test]
fn the_catalogue_is_listed() {
    let text = deeplimit(&["activations"]).stdout;
    let session = deeplimit(&["activations", "--json"]);
    assert_eq!(session.code, Some(0));
    let items: Json = serde_json::from_str(&session.stdout).unwrap();
    let items = items.as_array().unwrap();
    // The names that were promised.
    for name in [
        "identity",
        "relu",
        "leaky_relu",
        "prelu",
        "relu6",
        "hard_tanh",
        "hard_sigmoid",
        "elu",
        "celu",
        "selu",
        "gelu",
        "gelu_tanh",
        "silu",
        "swish",
        "mish",
        "softplus",
        "softsign",
        "sigmoid",
        "log_sigmoid",
        "tanh_shrink",
        "soft_shrink",
        "hard_shrink",
        "squared_relu",
        "gaussian",
        "sinc",
        "hermite",
        "optimal",
    ] {
        let is_it = |i: &&Json| i["activation"].as_str().unwrap().split('(').next() == Some(name);
        let item = items.iter().find(is_it).unwrap_or_else(|| panic!("{name}"));
        assert!(
            text.contains(item["activation"].as_str().unwrap()),
            "{name}"
        );
        assert!(text.contains(item["summary"].as_str().unwrap().split(' ').next().unwrap()));
        for key in ["formula", "summary", "source"] {
            assert!(item[key].is_string(), "{name} {key}");
        }
        assert!(item["defaults"].is_object(), "{name}");
    }
}
