//! Small numbers and near-equalities, as the command line shows them.
//!
//! References: mpmath, from closed forms (see `tests/scales.rs` of the library), and the issue's own values.

use crate::support::deeplimit;
use serde_json::Value as Json;

fn json(args: &[&str]) -> Json {
    let session = deeplimit(args);
    assert!(
        !session.stdout.contains("nan"),
        "{args:?}: {}",
        session.stdout
    );
    serde_json::from_str(&session.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{}", session.stdout, session.stderr))
}

#[test]
fn digits_of_small_numbers() {
    for (args, shown) in [
        (&["expect", "step(x-20)"][..], "2.75362411860623e-89"),
        (&["expect", "erfc(x+30)"], "1.67416798469179e-132"),
        (&["classify", "1e-50*tanh(x)"], "0.880703630807796"),
        (&["classify", "relu(x-30)"], "1.56718185826363e-99"),
        (&["classify", "relu(x-30)"], "4.71195889552637e-98"),
        (&["classify", "relu(x-30)"], "452.493399101307"),
        (&["classify", "relu(x-18)"], "4.88514772148879e-73"),
        (&["constants", "relu(x-18)"], "6.98938317842769e-37"),
    ] {
        let session = deeplimit(args);
        assert_eq!(session.code, Some(0), "{args:?}: {}", session.stderr);
        assert!(
            session.stdout.contains(shown),
            "{args:?}: {}",
            session.stdout
        );
    }
    let [tiny, plain] =
        ["1e-100*gelu(x)", "gelu(x)"].map(|e| deeplimit(&["dual", e, "--at", "0.5"]).stdout);
    assert!(!tiny.contains("+-"), "{tiny}");
    assert_eq!(tiny, plain);
    let [tiny, plain] = ["1e-40*gelu(x)", "gelu(x)"].map(|e| json(&["classify", "--json", e]));
    assert_eq!(
        tiny[0]["fixed_point"]["value"],
        plain[0]["fixed_point"]["value"]
    );
}

#[test]
fn a_near_equality_stands_beside_the_verdict() {
    let typed = "max(x,0)-0.3989422804014327";
    for args in [&["classify", typed][..], &["classify", "--explain", typed]] {
        let session = deeplimit(args);
        assert_eq!(session.code, Some(0));
        let text = session
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for part in [
            "A = -3.8e-17 is nearly 0",
            "singular, alpha = 1.6178...",
            "0.3989422804014327 is probably meant as 1/sqrt(2*pi)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let near = json(&["classify", "--json", typed]);
    let near = &near[0]["nearby"][0];
    assert_eq!(near["constant"], "A");
    assert_eq!(near["equals"], 0);
    assert_eq!(near["regime"], "singular");
    assert_eq!(near["typed"], "0.3989422804014327");
    assert_eq!(near["meant"], "1/sqrt(2*pi)");
    assert!(
        near["alpha"]["value"]
            .as_str()
            .unwrap()
            .starts_with("1.61786624717785")
    );

    assert_eq!(
        json(&["classify", "--json", "relu"])[0]["nearby"],
        Json::Array(vec![])
    );
}

/// Without numbers there is no verdict, and what is missing is said.
#[test]
fn no_verdict_without_numbers() {
    for text in ["relu(x-5000)", "x+1e-3000*tanh(x)", "step(x-1000)*x"] {
        let items = json(&["classify", "--json", text]);
        let item = &items[0];
        if item["error"].is_object() {
            continue;
        }
        assert_eq!(item["regime"], "undecided", "{item}");
        assert_eq!(item["proved"], false);
        assert!(!item["missing"].as_array().unwrap().is_empty());
    }
}
