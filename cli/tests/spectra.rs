//! `deeplimit spectrum` and `deeplimit learn`: closed forms, the JSON, a figure, bad input.

use std::fs;
use std::path::Path;

use crate::support::{AT_ONCE, assert_bad, begins, deeplimit, float, items, on_one_line};

/// `2 (d+1) mu_k^2` of Bach (2017), on `S^2`: rational numbers.
#[test]
fn relu_on_the_sphere() {
    let line = [
        "spectrum", "relu", "--kernel", "nngp", "--sphere", "2", "--degree", "4", "--digits", "25",
        "--json",
    ];
    let s = &items(&line)[0];
    let values = s["eigenvalues"].as_array().unwrap();
    for (e, exact) in values
        .iter()
        .zip([3.0 / 8.0, 1.0 / 6.0, 3.0 / 128.0, 0.0, 1.0 / 1536.0])
    {
        assert!(
            (float(&e["eigenvalue"]) / exact - 1.0).abs() < 1e-15 || exact == 0.0,
            "{e}"
        );
        assert_eq!(e["vanishes"], exact == 0.0);
        assert_eq!(
            e["multiplicity"],
            (2 * e["degree"].as_u64().unwrap() + 1).to_string()
        );
    }
    begins(&values[1]["eigenvalue"], "0.1666666666666666666666667");
    assert_eq!((&s["space"], &s["kernel"]), (&"S^2".into(), &"nngp".into()));
    assert_eq!(s["decay"]["exponent"], "5");
    let trace: f64 = (0..5)
        .map(|k| f64::from(2 * k as i32 + 1) * float(&values[k]["eigenvalue"]))
        .sum();
    assert!((trace + float(&s["rest"]) - float(&s["trace"])).abs() < 1e-14);
    let shown = deeplimit(&line[..line.len() - 1]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let text = on_one_line(&shown.stdout);
    for part in [
        "degree multiplicity eigenvalue",
        "3 7 0 4 9",
        "decay like k^-5, proved (Bietti and Bach 2021",
    ] {
        assert!(text.contains(part), "{part}: {}", shown.stdout);
    }
}

#[test]
fn degrees_that_are_shown() {
    let s = &items(&[
        "spectrum", "erf", "--cube", "16", "--degree", "9", "--show", "1,9", "--json",
    ])[0];
    assert_eq!(s["space"], "{-1, 1}^16");
    let degrees: Vec<_> = s["eigenvalues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["degree"])
        .collect();
    assert_eq!(degrees, [&1, &9]);
    let limit = &items(&[
        "spectrum",
        "optimal(2)",
        "--sphere",
        "3",
        "--depth",
        "inf",
        "--json",
    ])[0];
    assert!(limit["trace"].is_null() && limit["rest"].is_null());
    assert_eq!(limit["depth"], "inf");
}

#[test]
fn what_cannot_be_asked() {
    for (args, said) in [
        (
            &["--sphere", "0"][..],
            "the number of dimensions must be a whole number from 1 to 10000",
        ),
        (
            &["--degree", "10^9"],
            "a degree is a whole number from 0 to 10000",
        ),
        (
            &["--degree", "-1"],
            "a degree is a whole number from 0 to 10000",
        ),
        (&["--cube", "4", "--degree", "5"], "degrees end at 4"),
        (&["--depth", "inf"], "constant away from the diagonal"),
        (&["--depth", "1e9"], "at most 10000 layers"),
        (
            &["--convention", "arora2019", "--sigma-b", "1"],
            "has no sigma_b",
        ),
    ] {
        let session = deeplimit(&[&["spectrum", "relu"], args].concat());
        assert_bad(said, &session);
        let told = on_one_line(&session.stderr);
        assert!(told.contains(said), "{told}");
        assert!(session.took < AT_ONCE);
    }
    let session = deeplimit(&["spectrum", "optimal(4)", "--depth", "inf", "--sphere", "4"]);
    assert_bad("not integrable", &session);
    assert!(
        on_one_line(&session.stderr).contains("not integrable on S^4: alpha = 4 is not below 4")
    );
    for (args, said) in [
        (&["--target", "x"][..], "a degree is a whole number"),
        (
            &["--target", "2:-1"],
            "the weight of a degree is a number above 0",
        ),
        (&["--target", "2", "--trials", "1"], "no standard error"),
        (
            &["--target", "2", "--n", "0"],
            "the number of points must be",
        ),
        (&["--target", "2", "--depth", "inf"], "constant away"),
        (
            &["--target", "2", "-o", "x.gif"],
            ".svg, .png, .pdf or .csv",
        ),
    ] {
        let session = deeplimit(&[&["learn", "relu"], args].concat());
        assert_bad(said, &session);
        let told = on_one_line(&session.stderr);
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn a_learning_curve_and_its_figure() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("learn");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    let out = folder.join("curve.svg").display().to_string();
    let line = [
        "learn", "relu", "--target", "1", "--n", "16,64", "--trials", "16", "--tests", "100",
        "--json", "-o", &out,
    ];
    let l = &items(&line)[0];
    for row in l["rows"].as_array().unwrap() {
        let [predicted, measured, error] = [
            &row["predicted"],
            &row["measured"]["error"],
            &row["measured"]["standard_error"],
        ]
        .map(|x| x.as_f64().unwrap());
        // few points: what the approximation is off by, besides chance
        assert!(
            (predicted - measured).abs() < 3.0 * error + 0.1 * predicted,
            "{row}"
        );
    }
    let svg = fs::read_to_string(&out).unwrap();
    assert!(svg.contains("<svg") && svg.contains("predicted") && svg.contains("measured"));
    assert_bad("there already", &deeplimit(&line));
    let alone = deeplimit(&[
        "learn", "relu", "--target", "1,2", "--n", "100", "--trials", "0",
    ]);
    assert_eq!(alone.code, Some(0), "{}", alone.stderr);
    assert!(!alone.stdout.contains("measured"), "{}", alone.stdout);
}
