//! Sessions of `design`: the contract, activations that `classify` accepts, bad input in one sentence.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::support::deeplimit;

fn json(args: &[&str]) -> Json {
    let s = deeplimit(args);
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    serde_json::from_str(&s.stdout).expect("one object")
}

fn number(value: &Json) -> f64 {
    value["value"]
        .as_str()
        .and_then(|v| v.parse().ok())
        .expect("a number")
}

/// Issue 16: 4.439e-2 at degree 5; the activation is one, and its dual is the polynomial.
#[test]
fn a_kernel_becomes_an_activation() {
    let base = [
        "design", "kernel", "--of", "relu", "--layers", "4", "--degree", "5",
    ];
    let found = json(&[&base[..], &["--json"]].concat());
    for key in [
        "complete",
        "infeasible",
        "proved",
        "kernel",
        "positive_definite",
        "negative_coefficient",
        "looked_up_to",
    ] {
        assert!(found.get(key).is_some(), "{key}");
    }
    assert_eq!(
        (&found["proved"], &found["infeasible"]),
        (&true.into(), &Json::Null)
    );
    let solution = &found["solutions"][0];
    assert_eq!(solution["coefficients"], found["coefficients"]);
    assert_eq!(solution["error"], found["error"]);
    assert!((number(&solution["error"]) - 0.04439).abs() < 1e-5);
    assert!(number(&found["error_at_least"]) <= number(&found["error"]) * (1.0 + 1e-12));
    assert!(
        solution["parameters"]
            .as_object()
            .is_some_and(serde_json::Map::is_empty)
    );
    let b: Vec<f64> = solution["coefficients"]
        .as_array()
        .unwrap()
        .iter()
        .map(number)
        .collect();
    assert_eq!(b.len(), 6);
    let phi = solution["activation"].as_str().unwrap();
    let verdict = deeplimit(&["classify", phi]);
    assert_eq!(verdict.code, Some(0), "{}", verdict.stderr);
    let dual = deeplimit(&["dual", phi, "--rho", "1/2", "--json"]);
    let dual: Json = serde_json::from_str(&dual.stdout).unwrap();
    let at_half: f64 = b.iter().rev().fold(0.0, |sum, b| sum / 2.0 + b);
    let sum: f64 = b.iter().sum();
    assert!((number(&dual[0]["dual"]) - at_half / sum).abs() < 1e-12);
    let text = deeplimit(&base);
    assert!(
        text.stdout
            .contains("no polynomial of this degree is nearer, proved"),
        "{}",
        text.stdout
    );
}

#[test]
fn what_no_activation_has_is_infeasible() {
    let found = json(&[
        "design", "kernel", "cos(rho)", "--exact", "--degree", "9", "--json",
    ]);
    assert_eq!(found["solutions"], Json::Array(vec![]));
    assert_eq!(found["proved"], true);
    assert!(
        found["infeasible"]
            .as_str()
            .unwrap()
            .contains("rho^2 is -0.5")
    );
    let near = json(&["design", "kernel", "cos(rho)", "--degree", "4", "--json"]);
    assert_eq!(near["positive_definite"], false);
    assert_eq!(near["negative_coefficient"]["degree"], 2);
    // half of 1 - cos(1): the best is a constant
    assert!((number(&near["error"]) - (1.0 - 1_f64.cos()) / 2.0).abs() < 1e-9);
}

#[test]
fn a_table_is_read_or_refused() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("design");
    fs::create_dir_all(&dir).unwrap();
    let asked = |name: &str, text: &str, json: bool| {
        let path = dir.join(name).display().to_string();
        fs::write(&path, text).unwrap();
        let mut args = vec!["design", "kernel", "--table", &path, "--degree", "2"];
        args.extend(json.then_some("--json"));
        deeplimit(&args)
    };
    // 1/4 + rho^2/2, unsorted
    let good = asked(
        "good.csv",
        "rho,value\n1,0.75\n-1,0.75\n0,0.25\n0.5,0.375\n",
        true,
    );
    assert_eq!(good.code, Some(0), "{}", good.stderr);
    let good: Json = serde_json::from_str(&good.stdout).unwrap();
    let b: Vec<f64> = good["coefficients"]
        .as_array()
        .unwrap()
        .iter()
        .map(number)
        .collect();
    assert!((b[0] - 0.25).abs() < 1e-9 && b[1].abs() < 1e-9 && (b[2] - 0.5).abs() < 1e-9);
    for (name, text, words) in [
        (
            "nan.csv",
            "0,1\n1,nan\n",
            "line 2, column 2: `nan` is no finite number",
        ),
        ("far.csv", "0,1\n2,1\n", "2 is not a correlation"),
        ("twice.csv", "0,1\n0,2\n", "two values at rho = 0"),
        ("wide.csv", "0,1,2\n", "there are 3 cells"),
        ("empty.csv", "", "no row"),
    ] {
        let s = asked(name, text, false);
        assert_eq!((s.code, s.stdout.as_str()), (Some(2), ""), "{name}");
        assert!(s.stderr.contains(words), "{}", s.stderr);
    }
    let faulty = asked("nan.csv", "0,1\n1,nan\n", true);
    let faulty: Json = serde_json::from_str(&faulty.stdout).unwrap();
    assert_eq!(faulty["error"]["kind"], "data");
}

#[test]
fn bad_questions_have_one_sentence() {
    for (args, words) in [
        (
            &["x^2", "--degree", "3"][..],
            "the variable is called `rho`",
        ),
        (&["sqrt(rho)", "--degree", "3"], "no value at rho = "),
        (&["rho", "--degree", "501"], "from 0 to 200"),
        (&["rho", "--degree", "-1"], "from 0 to 200"),
        (&["rho", "--tolerance", "0"], "tolerance"),
        (&["rho", "--tolerance", "nan"], "tolerance"),
        (&["rho"], "--degree"),
        (&["--of", "relu", "--degree", "3"], "--layers"),
        (
            &["--of", "relu", "--layers", "0", "--degree", "3"],
            "from 1 to 100",
        ),
        (
            &["--of", "step", "--layers", "2", "--degree", "3"],
            "infinite at rho = 1",
        ),
        (
            &["--of", "rleu", "--layers", "2", "--degree", "3"],
            "did you mean `relu`",
        ),
        (&["rho", "--degree", "3", "--as", "ntp"], "ntk"),
    ] {
        let s = deeplimit(&[&["design", "kernel"], args].concat());
        assert_eq!(s.code, Some(2), "{args:?}: {}", s.stderr);
        assert!(s.stderr.contains(words), "{args:?}: {}", s.stderr);
    }
}
