//! What people type: parameters, other languages, letters that are constants, numbers, several activations.

use serde_json::Value as Json;

use crate::support::{AT_ONCE, assert_bad, deeplimit};

fn json(line: &[&str]) -> Json {
    let session = deeplimit(&[line, &["--json"]].concat());
    assert_eq!(session.code, Some(0), "{line:?}: {}", session.stderr);
    serde_json::from_str(&session.stdout).unwrap()
}

/// A lone number is a parameter in the mind of who writes it, and was the argument in silence.
#[test]
fn a_lone_parameter_is_refused_with_what_was_meant() {
    for text in [
        "leaky_relu(0.2)",
        "leaky_relu(0.2)*2",
        "tanh(x)-leaky_relu(0.2)",
    ] {
        let session = deeplimit(&["expect", text]);
        assert_bad(text, &session);
        assert!(
            session
                .stderr
                .contains("did you mean `leaky_relu(x, 0.2)`?"),
            "{}",
            session.stderr
        );
    }
    // E leaky_relu(0.2, 0.01) = 0.2: the number itself can be written.
    assert_eq!(
        json(&["expect", "leaky_relu(0.2, 0.01)"])[0]["value"]["exact"],
        "1/5"
    );
}

/// The same answer as for the text in this grammar.
#[test]
fn other_languages_are_read() {
    for (typed, meant) in [
        ("x if x>0 else 0", "relu"),
        ("np.maximum(x,0)", "relu"),
        ("lambda x: F.relu(x)", "relu"),
        ("1_000*x", "1000*x"),
        ("log1p(x^2)", "log(1+x^2)"),
        ("x\u{d7}x\u{b2}", "x^3"),
    ] {
        let (a, b) = (json(&["expect", typed]), json(&["expect", meant]));
        assert_eq!(a[0]["value"], b[0]["value"], "{typed}");
    }
    // A hint to `exp` would have been another function: E (e^Z - 1) = sqrt(e) - 1, E e^Z = sqrt(e).
    let all = json(&["expect", "expm1(x)", "exp(x)", "log2(2^3)+x", "2*Phi(x)"]);
    let value = |n: usize| -> f64 { all[n]["value"]["value"].as_str().unwrap().parse().unwrap() };
    assert!((value(0) - (0.5f64.exp() - 1.0)).abs() < 1e-14);
    assert!((value(1) - 0.5f64.exp()).abs() < 1e-14);
    assert!((value(3) - 1.0).abs() < 1e-14);
    assert!((value(2) - 3.0).abs() < 1e-14);
}

/// What is read is listed, and every name in the list can be typed.
#[test]
fn what_is_read_is_listed() {
    let text = deeplimit(&["activations"])
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for listed in [
        "log1p(x) = log(1+x)",
        "expm1(x) = exp(x)-1",
        "ln = log",
        "Phi = normcdf",
    ] {
        assert!(text.contains(listed), "{listed}: {text}");
    }
}

#[test]
fn sentences_that_help() {
    for (text, says) in [
        ("sin^2(x)", "`sin(x)^2`"),
        ("|x|", "`abs(x)`"),
        ("expm1(x", "never closed"),
        ("gelu(x, approximate='tanh')", "`gelu_tanh(x)`"),
        ("tanh(a*x)", "a constant gets its value by `--set a=1.5`"),
        (
            "tanh(beta*x)",
            "a constant gets its value by `--set beta=1.5`",
        ),
    ] {
        let session = deeplimit(&["classify", text]);
        assert_bad(text, &session);
        assert!(session.stderr.contains(says), "{text}: {}", session.stderr);
    }
    // A function that nobody knows is no constant.
    let session = deeplimit(&["classify", "quux(x)"]);
    assert!(!session.stderr.contains("--set"), "{}", session.stderr);
}

#[test]
fn letters_are_set_in_every_command_that_takes_an_activation() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let data = dir.join("typed.csv");
    std::fs::write(
        &data,
        "a,b,label\n1,2,p\n2,1,q\n-1,3,p\n0.5,-1,q\n1,-2,q\n-2,1,p\n",
    )
    .unwrap();
    let (data, out) = (data.to_str().unwrap(), dir.join("typed-out.csv"));
    let (out, matrix) = (out.to_str().unwrap(), dir.join("typed-K.npy"));
    let matrix = matrix.to_str().unwrap();
    for (line, names) in [
        (vec!["classify", "a*x"], "activation"),
        (vec!["constants", "a*x"], "activation"),
        (vec!["expect", "a*x"], "expression"),
        (vec!["hermite", "a*x", "--terms", "2"], "activation"),
        (vec!["dual", "a*x", "--rho", "0.5"], "activation"),
        (
            vec!["ntk", "a*x", "--rho", "0.5", "--depth", "2"],
            "activation",
        ),
        (vec!["limit", "a*x", "--rho", "0.5"], "activation"),
        (vec!["depth", "a*tanh(x)", "--digits", "5"], "activation"),
        (
            vec![
                "gram",
                "--data",
                data,
                "--label",
                "label",
                "--activation",
                "a*x",
                "--depth",
                "2",
                "--out",
                matrix,
                "--force",
            ],
            "activation",
        ),
        (
            vec![
                "evaluate",
                "--data",
                data,
                "--label",
                "label",
                "--activation",
                "a*x",
                "--depth",
                "2",
            ],
            "activation",
        ),
        (
            vec![
                "predict",
                "--train",
                data,
                "--test",
                data,
                "--activation",
                "a*x",
                "--depth",
                "2",
                "--out",
                out,
                "--force",
            ],
            "activation",
        ),
        (
            vec![
                "dynamics",
                "--train",
                data,
                "--test",
                data,
                "--activation",
                "a*x",
                "--depth",
                "2",
                "--time",
                "1",
                "--out",
                out,
                "--force",
            ],
            "activation",
        ),
    ] {
        let items = json(&[&line[..], &["--set", "a=1.5"]].concat());
        let shown = items[0][names].as_str().unwrap();
        assert!(shown.starts_with("1.5*"), "{line:?}: {shown}");
    }
    // Several, in one and in two, with values that are expressions and use each other.
    for settings in [
        &["--set", "a=2,b=sqrt(2)/a"][..],
        &["--set", "a=2", "--set", "b=sqrt(2)/a"],
        &["--set=a=2,b=sqrt(2)/a"],
    ] {
        let items = json(&[&["expect", "a*x^2+b"], settings].concat());
        assert_eq!(items[0]["value"]["exact"], "1/sqrt(2)+2", "{settings:?}");
    }
    for (settings, says) in [
        ("a", "a name and its value are wanted"),
        ("a=", "`a` has no value"),
        ("a=x", "must be a constant"),
        ("x=2", "`x` is the variable"),
        ("tanh=2", "means something already"),
        ("a=1,a=2", "`a` is set twice"),
        ("b=2", "there is no `b` in what was typed"),
        ("a=2*", "in the value of `a`: the expression ends"),
    ] {
        let session = deeplimit(&["expect", "a*x", "--set", settings]);
        assert_bad(settings, &session);
        assert!(
            session.stderr.contains(says),
            "{settings}: {}",
            session.stderr
        );
    }
    // Commands without an activation have no letters to set.
    assert_eq!(deeplimit(&["activations", "--set", "a=2"]).code, Some(2));
}

/// 1/sqrt(2) and the like where a number is wanted; the same digits as for the decimals.
#[test]
fn constants_are_numbers_everywhere() {
    let digits = "0.7071067811865475244008443621048490392848359376884740365883398689953662392310535194251937";
    for (constant, decimal) in [
        (
            vec!["dual", "relu", "--rho", "sqrt(2)/2"],
            vec!["dual", "relu", "--rho", digits],
        ),
        (
            vec!["dual", "relu", "--at", "1/sqrt(2)"],
            vec!["dual", "relu", "--rho", digits],
        ),
        (
            vec!["dual", "relu", "--at=-1/3+1/6"],
            vec!["dual", "relu", "--rho", "-1/6"],
        ),
        (
            vec!["ntk", "relu", "--depth", "3", "--rho", "sin(pi/4)"],
            vec!["ntk", "relu", "--depth", "3", "--rho", digits],
        ),
        (
            vec![
                "ntk",
                "erf",
                "--depth",
                "3",
                "--rho",
                "0.5",
                "--norms",
                "2^2,sqrt(4)",
            ],
            vec![
                "ntk", "erf", "--depth", "3", "--rho", "0.5", "--norms", "4,2",
            ],
        ),
        (
            vec!["limit", "relu", "--distance", "sqrt(2)"],
            vec!["limit", "relu", "--rho", "0"],
        ),
        (
            vec!["phase", "tanh", "--at", "sqrt(9/4),1/10", "--digits", "6"],
            vec!["phase", "tanh", "--at", "1.5,0.1", "--digits", "6"],
        ),
        (
            vec!["phase", "tanh", "--sigma-b", "sqrt(1/100)", "--digits", "6"],
            vec!["phase", "tanh", "--sigma-b", "0.1", "--digits", "6"],
        ),
        (
            vec!["depth", "relu", "--tolerance", "10^-2", "--digits", "5"],
            vec!["depth", "relu", "--tolerance", "0.01", "--digits", "5"],
        ),
    ] {
        let (a, b) = (json(&constant), json(&decimal));
        for key in ["dual", "nngp", "ntk", "limit", "sigma_w", "chi_1", "depth"] {
            assert_eq!(a[0][key], b[0][key], "{constant:?}: {key}");
        }
    }
    for line in [
        ["dual", "relu", "--rho", "sqrt(2)"],
        ["dual", "relu", "--rho", "x"],
        ["limit", "relu", "--distance", "pi"],
        ["depth", "relu", "--tolerance", "1-1"],
    ] {
        let session = deeplimit(&line);
        assert_eq!(session.code, Some(2), "{line:?}");
        assert_eq!(
            session.stderr.lines().count(),
            1,
            "{line:?}: {}",
            session.stderr
        );
    }
}

/// Several activations are several tables, each below its name, and one array.
#[test]
fn several_activations_where_several_answers_make_a_table() {
    for line in [
        &["hermite", "relu", "x^2", "--terms", "2"][..],
        &["dual", "relu", "x^2", "--rho", "0.5,1"],
        &["ntk", "relu", "x^2", "--rho", "0.5,1", "--depth", "2"],
        &["limit", "relu", "x^2", "--rho", "0.5,0.9", "--digits", "5"],
        &["depth", "relu", "x^2", "--rho", "0.5,0.9", "--digits", "5"],
        &["phase", "relu", "erf", "--points", "2", "--digits", "5"],
    ] {
        let items = json(line);
        let names: Vec<_> = items
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["activation"].as_str().unwrap())
            .collect();
        assert_eq!(names.first(), Some(&line[1]), "{line:?}");
        assert_eq!(names.last(), Some(&line[2]), "{line:?}");
        let text = deeplimit(line).stdout;
        assert!(
            text.contains(line[1]) && text.contains(&format!("\n{}", line[2])),
            "{line:?}:\n{text}"
        );
    }
    // Correlations and distances in one table: each row says what it is.
    let text = deeplimit(&[
        "limit",
        "tanh",
        "--rho",
        "0.5",
        "--distance",
        "1",
        "--digits",
        "9",
    ])
    .stdout;
    let row = |name: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name}: {text}"))
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned()
    };
    // |x - x'| = 1 is the correlation 1 - 1/2.
    assert_eq!(row("rho = 0.5 "), row("u = 1 "));
    // One that is wrong leaves the other alone.
    let session = deeplimit(&["dual", "relu", "rleu", "--rho", "1", "--json"]);
    assert_eq!(session.code, Some(2));
    let items: Json = serde_json::from_str(&session.stdout).unwrap();
    assert_eq!(
        (&items[0]["rho"], &items[0]["at"]),
        (&"1".into(), &"1".into())
    );
    assert_eq!(items[1]["error"]["kind"], "parse");
}

/// Nothing that is typed comes back whole when it is huge, and nothing with a blank that was not typed.
#[test]
fn errors_repeat_what_was_typed_but_not_too_much_of_it() {
    let long = "y".repeat(100_000);
    for line in [
        &["classify", &long][..],
        &["classify", "relu", "--digits", &long],
        &["classify", "relu", "--color", &long],
        &[&long],
        &["dual", "relu", "--rho", &long],
        &[
            "ntk",
            "relu",
            "--rho",
            "0",
            "--depth",
            "1",
            "--convention",
            &long,
        ],
        &["papers", "check", &long],
        &["papers", "list", &long],
        &["papers", "table", &long],
        &["man", &long],
        &[
            "gram",
            "--data",
            &long,
            "--activation",
            "relu",
            "--depth",
            "1",
            "--out",
            "K.npy",
        ],
        &[
            "evaluate",
            "--data",
            "x.csv",
            "--label",
            "y",
            "--activation",
            &long,
            "--depth",
            "1",
        ],
        &["expect", "x", "--set", &long],
    ] {
        let session = deeplimit(line);
        assert_eq!(session.code, Some(2), "{:.60?}", line);
        assert!(
            session.stderr.len() < 1000,
            "{:.60?}: {:.300}",
            line,
            session.stderr
        );
        assert!(session.took < AT_ONCE, "{:?}", session.took);
    }
    for (line, says) in [
        (&["hermite", "relu", "--terms", "-5"][..], "'-5'"),
        (&["ntk", "relu", "--rho", "0", "--depth", "-5"], "'-5'"),
        (&["depth", "relu", "--tolerance", "-1"], "`-1`"),
        (&["dual", "relu", "--rho", "-1/0"], "`-1/0`"),
        (
            &[
                "gram",
                "--data",
                "-no.csv",
                "--activation",
                "relu",
                "--depth",
                "1",
                "--out",
                "K.npy",
            ],
            "-no.csv",
        ),
    ] {
        let said = deeplimit(line).stderr;
        assert!(
            said.contains(says) && !said.contains("' -") && !said.contains("` -"),
            "{line:?}: {said}"
        );
    }
    // A file is named once, and in full, however long its name is.
    let path = format!(
        "{}/no-such-file-of-this-name.csv",
        "folder-with-a-name/".repeat(8)
    );
    let line = [
        "gram",
        "--data",
        &path,
        "--activation",
        "relu",
        "--depth",
        "1",
        "--out",
        "K.npy",
    ];
    let said = deeplimit(&line).stderr;
    assert_eq!(
        said.matches("no-such-file-of-this-name.csv").count(),
        1,
        "{said}"
    );
    assert!(said.contains(&path) && !said.contains('\u{2026}'), "{said}");
}
