//! Sessions of `design alpha`, `slopes`, `critical` and `nearest`.

use serde_json::Value as Json;

use crate::support::{deeplimit, on_one_line};

fn json(args: &[&str]) -> Json {
    let s = deeplimit(&[&["design"], args, &["--json"]].concat());
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    serde_json::from_str(&s.stdout).expect("one object")
}

fn number(value: &Json) -> f64 {
    value["value"]
        .as_str()
        .and_then(|v| v.parse().ok())
        .expect("a number")
}

/// What was found is read by `classify`, and has the exponent.
fn classified(solution: &Json) -> Json {
    let phi = solution["activation"].as_str().unwrap();
    let s = deeplimit(&["classify", "--json", "--", phi]);
    assert_eq!(s.code, Some(0), "{phi}: {}", s.stderr);
    let verdict: Json = serde_json::from_str(&s.stdout).unwrap();
    verdict[0].clone()
}

#[test]
fn all_members_of_a_family() {
    let found = json(&[
        "alpha",
        "2",
        "--family",
        "max(x-c,0)",
        "--box",
        "c=-1..3",
        "--digits",
        "20",
    ]);
    assert_eq!(
        (&found["complete"], &found["proved"], &found["infeasible"]),
        (&true.into(), &true.into(), &Json::Null)
    );
    let solution = &found["solutions"][0];
    assert_eq!(
        solution["parameters"]["c"]["value"],
        "0.54508526277301386089"
    );
    assert!((number(&solution["alpha"]) - 2.0).abs() < 1e-15);
    let verdict = classified(solution);
    assert_eq!(verdict["regime"], "singular");
    assert!((number(&verdict["alpha"]) - 2.0).abs() < 1e-13);
}

#[test]
fn none_is_proved() {
    let found = json(&["alpha", "1", "--family", "tanh(c*x)", "--box", "c=0..2"]);
    assert_eq!(
        (&found["complete"], &found["proved"]),
        (&true.into(), &true.into())
    );
    assert!(found["solutions"].as_array().unwrap().is_empty());
    assert!(
        found["infeasible"]
            .as_str()
            .unwrap()
            .contains("no member with c=0..2 has alpha = 1")
    );
    let told = deeplimit(&[
        "design",
        "alpha",
        "1",
        "--family",
        "tanh(c*x)",
        "--box",
        "c=0..2",
    ]);
    let text = on_one_line(&told.stdout);
    assert!(
        told.code == Some(0) && text.contains("None:") && text.contains("alpha tends to 1"),
        "{text}"
    );
}

/// Issue 16: no tanh(c x) has alpha >= 1, at both ends.
#[test]
fn none_at_either_end() {
    let found = json(&["alpha", "1", "--family", "tanh(c*x)", "--box", "c=0..inf"]);
    assert_eq!(
        (&found["complete"], &found["proved"]),
        (&true.into(), &true.into())
    );
    let why = found["infeasible"].as_str().unwrap();
    assert!(
        why.contains("c=0..inf") && why.contains("less for all"),
        "{why}"
    );
    let remarks = found["remarks"].to_string();
    assert!(remarks.contains("alpha tends to 1") && remarks.contains("alpha tends to 0"));
}

#[test]
fn one_of_each_kind() {
    let found = json(&["alpha", "3"]);
    let all = found["solutions"].as_array().unwrap();
    assert!(all.len() >= 4, "{all:?}");
    for solution in all {
        assert!((number(&solution["alpha"]) - 3.0).abs() < 1e-9);
    }
    for at in [0, 1] {
        assert!((number(&classified(&all[at])["alpha"]) - 3.0).abs() < 1e-12);
    }
}

/// What has the shape that is asked for; classified, it has the exponent to twenty digits.
#[test]
fn of_a_shape() {
    let found = json(&[
        "alpha",
        "9",
        "--odd",
        "--bounded",
        "--monotone",
        "--digits",
        "20",
    ]);
    let all = found["solutions"].as_array().unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0]["shape"].to_string(),
        r#"["odd","bounded","monotone"]"#
    );
    let phi = all[0]["activation"].as_str().unwrap();
    let s = deeplimit(&["classify", phi, "--digits", "20", "--json"]);
    let verdict: Json = serde_json::from_str(&s.stdout).unwrap();
    let alpha = verdict[0]["alpha"]["value"].as_str().unwrap();
    assert!(
        alpha.starts_with("9.0000000000000000") || alpha.starts_with("8.9999999999999999"),
        "{alpha}"
    );
    let none = deeplimit(&["design", "alpha", "1/10", "--odd", "--json"]);
    assert_eq!(none.code, Some(1));
    assert!(
        none.stdout.contains(r#""proved": false"#),
        "{}",
        none.stdout
    );
}

/// The contract of `design extremal`, and what is proved of others.
#[test]
fn the_extremal_ones() {
    let steep = json(&["extremal", "4", "largest-slope", "--degree", "6"]);
    assert_eq!(
        (&steep["optimal"], &steep["complete"], &steep["proved"]),
        (&true.into(), &true.into(), &true.into())
    );
    let best = &steep["solutions"][0];
    let verdict = classified(best);
    assert!((number(&verdict["alpha"]) - 4.0).abs() < 1e-12);
    assert!((number(&verdict["b_prime"]) - number(&best["b_prime"])).abs() < 1e-12);
    let kinks = json(&["extremal", "4", "smallest-lipschitz", "--kinks", "2"]);
    assert_eq!(
        (&kinks["optimal"], &kinks["complete"]),
        (&false.into(), &false.into())
    );
    let best = &kinks["solutions"][0];
    assert!(number(&kinks["bound"]) < number(&best["lipschitz"]));
    assert!((number(&classified(best)["alpha"]) - 4.0).abs() < 1e-12);
    let none = json(&["extremal", "1", "smallest-slope"]);
    assert!(
        none["infeasible"]
            .as_str()
            .unwrap()
            .contains("as near to 1")
    );
    let told = deeplimit(&["design", "extremal", "4", "smallest-slope", "--odd"]);
    assert!(
        on_one_line(&told.stdout).contains("No odd activation at all"),
        "{}",
        told.stdout
    );
}

#[test]
fn slopes_of_a_deep_network() {
    let found = json(&["slopes", "tanh", "--slope", "1.002770965849537020065"]);
    let solutions = found["solutions"].as_array().unwrap();
    assert_eq!(solutions.len(), 2);
    for solution in solutions {
        assert!((number(&solution["input_scale"]) - 0.0746107296066).abs() < 1e-12);
        assert!((number(&solution["output_scale"]) - 18.0026361999).abs() < 1e-9);
        assert!((number(&classified(solution)["b_prime"]) - 1.002770965849537).abs() < 1e-10);
    }
    let none = json(&["slopes", "x^2", "--slope", "1.6"]);
    assert!(none["solutions"].as_array().unwrap().is_empty());
    assert!(
        none["infeasible"]
            .as_str()
            .unwrap()
            .contains("Q'(1) = C'(1)")
    );
}

/// The slope of a network by a formula; a leaky ReLU for a depth, or none.
#[test]
fn of_a_whole_network() {
    let found = json(&["slopes", "tanh", "--slope", "1.5", "--network", "psi^50"]);
    let psi: f64 = found["local_slope"].as_str().unwrap().parse().unwrap();
    assert!((psi.powi(50) - 1.5).abs() < 1e-12);
    let of = number(&classified(&found["solutions"][0])["b_prime"]);
    assert!((of - psi).abs() < 1e-12);
    let with_layers = |layers| {
        let question = [
            "slopes",
            "leaky_relu",
            "--tat",
            "--correlation",
            "0.9",
            "--layers",
            layers,
        ];
        json(&question)
    };
    let leaky = with_layers("50");
    assert_eq!(leaky["complete"], true);
    assert!(number(&leaky["solutions"][0]["negative_slope"]) > 0.4);
    let none = with_layers("2");
    assert!(
        none["infeasible"]
            .as_str()
            .unwrap()
            .contains("do not reach")
    );
    let slow = json(&["critical", "tanh", "--rate", "1/2", "--digits", "12"]);
    for solution in slow["solutions"].as_array().unwrap() {
        assert!((number(&solution["variance_slope"]) - 0.5).abs() < 1e-11);
        assert!((number(&classified(solution)["b_prime"]) - 1.0).abs() < 1e-9);
    }
}

#[test]
fn the_edge_of_chaos() {
    let found = json(&["critical", "tanh", "--scale", "1"]);
    for solution in found["solutions"].as_array().unwrap() {
        assert!((number(&classified(solution)["b_prime"]) - 1.0).abs() < 1e-12);
        assert!(number(&solution["variance_slope"]).abs() < 1.0);
    }
}

#[test]
fn the_nearest() {
    let found = json(&["nearest", "gelu", "--alpha", "2"]);
    let solution = &found["solutions"][0];
    assert!((number(&classified(solution)["alpha"]) - 2.0).abs() < 1e-10);
    assert!(solution["distance"].as_f64().unwrap() < 0.5);
}

#[test]
fn a_finite_depth_asks_for_less() {
    let found = json(&["alpha", "4", "--depth", "100", "--points", "1e4"]);
    let alpha = found["finite_depth"]["alpha"].as_f64().unwrap();
    assert!((2.0..2.5).contains(&alpha), "{alpha}");
    assert!((number(&found["solutions"][0]["alpha"]) - alpha).abs() < 1e-3);
}

/// Below 1 the estimate is out of its range, and says so; a designed activation in decimals has its exponent within them.
#[test]
fn what_is_no_longer_certain_is_said() {
    let found = deeplimit(&["design", "alpha", "2", "--depth", "50", "--points", "500"]);
    assert!(
        on_one_line(&found.stderr).contains("below 1 is beyond"),
        "{}",
        found.stderr
    );
    let phi = "centred(max(x-0.545085262773014,0))";
    let told = on_one_line(&deeplimit(&["classify", phi]).stdout);
    assert!(
        told.contains("2 within the digits that are written"),
        "{told}"
    );
    let none = deeplimit(&["design", "critical", "relu", "--rate", "-0.9", "--json"]);
    assert_eq!(none.code, Some(1), "{}", none.stdout);
}

#[test]
fn with_code() {
    let found = json(&["alpha", "4", "--emit", "python"]);
    for solution in found["solutions"].as_array().unwrap() {
        assert!(solution["code"].as_str().unwrap().contains("def phi(x)"));
    }
    let told = deeplimit(&[
        "design", "critical", "tanh", "--scale", "1", "--emit", "latex",
    ]);
    assert!(told.stdout.contains("\\tanh"), "{}", told.stdout);
}

#[test]
fn bad_input() {
    for (args, words) in [
        (&["alpha", "0"][..], "greater than zero"),
        (&["alpha", "-2"], "greater than zero"),
        (&["alpha", "inf"], "nearest neighbour"),
        (&["alpha", "x"], "rational number"),
        (
            &["alpha", "2", "--family", "tanh", "--box", "c=0..1"],
            "no free letter",
        ),
        (
            &["alpha", "2", "--family", "max(x-c,0)", "--box", "c=0..inf"],
            "has no end, and",
        ),
        (
            &["alpha", "2", "--family", "max(x-c,0)", "--box", "c"],
            "c=-6..12",
        ),
        (
            &["alpha", "2", "--family", "max(x-c,0)", "--box", "b=0..1"],
            "there is no `b`",
        ),
        (
            &["alpha", "2", "--family", "step(x-c)", "--box", "c=0..1"],
            "jumps",
        ),
        (
            &["alpha", "4", "--depth", "0", "--points", "10"],
            "at least one layer",
        ),
        (
            &["alpha", "2.5", "--depth", "9", "--points", "10"],
            "no dimension",
        ),
        (&["extremal", "4", "largest-slope"], "no largest value"),
        (&["extremal", "4", "smallest-lipschitz"], "how many kinks"),
        (&["extremal", "4", "smallest"], "largest-slope"),
        (
            &["extremal", "4", "smallest-lipschitz", "--kinks", "9"],
            "from 1 to 8",
        ),
        (&["extremal", "0", "smallest-slope"], "greater than zero"),
        (
            &[
                "alpha",
                "2",
                "--odd",
                "--family",
                "tanh(x+b)",
                "--box",
                "b=0..1",
            ],
            "--family",
        ),
        (&["slopes", "tanh", "--slope", "1"], "greater than 1"),
        (&["slopes", "sign", "--slope", "2"], "jumps"),
        (
            &["slopes", "tanh", "--slope", "2", "--network", "psi+1"],
            "squares of the weights",
        ),
        (
            &["slopes", "tanh", "--slope", "2", "--network", "x^2"],
            "psi",
        ),
        (
            &[
                "slopes",
                "tanh",
                "--tat",
                "--correlation",
                "0.9",
                "--layers",
                "5",
            ],
            "leaky",
        ),
        (&["slopes", "tanh", "--tat"], "--curvature"),
        (&["critical", "tanh", "--rate", "1"], "between -1 and 1"),
        (&["critical", "tanh", "--scale", "0"], "greater than"),
        (&["nearest", "sign", "--alpha", "2"], "jumps"),
        (&["nearest", "tanh", "--alpha", "0"], "greater than zero"),
    ] {
        let s = deeplimit(&[&["design"], args].concat());
        let told = on_one_line(&s.stderr);
        assert_eq!(s.code, Some(2), "{args:?}: {}{told}", s.stdout);
        assert!(told.contains(words), "{args:?}: {told}");
        assert!(s.stdout.is_empty());
    }
}

/// What is typed and would not be used is refused: the layers of no network, the box of no family.
#[test]
fn nothing_typed_is_left_aside() {
    for line in [
        &["kernel", "rho^2", "--layers", "4", "--degree", "5"][..],
        &["kernel", "rho^2", "--kind", "nngp", "--degree", "5"],
        &[
            "kernel", "--table", "t.csv", "--layers", "4", "--degree", "5",
        ],
        &[
            "extremal",
            "4",
            "largest-slope",
            "--degree",
            "6",
            "--box",
            "c=0..1",
        ],
        &[
            "extremal",
            "4",
            "largest-slope",
            "--kinks",
            "2",
            "--box",
            "c=0..1",
        ],
        &["alpha", "4", "--box", "c=0..1"],
        &["slopes", "tanh", "--slope", "1.1", "--curvature", "0.3"],
        &["slopes", "tanh", "--slope", "1.1", "--layers", "3"],
        &[
            "slopes",
            "tanh",
            "--tat",
            "--curvature",
            "0.3",
            "--network",
            "psi^3",
        ],
    ] {
        let session = deeplimit(&[&["design"], line].concat());
        assert_eq!(session.code, Some(2), "{line:?}: {}", session.stdout);
        assert!(
            session.stdout.is_empty() && session.stderr.contains("--"),
            "{line:?}"
        );
    }
}
