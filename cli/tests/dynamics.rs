//! Sessions of `dynamics`: the ends of training against closed formulas, bad input in one sentence.

use std::fs;
use std::path::Path;

use crate::support::deeplimit;

/// Two orthogonal training rows, and a test row on one of them: with `relu` at depth 1
/// `S = (1 1/pi; 1/pi 1)`, `T = (2 1/pi; 1/pi 2)`.
#[test]
fn training_begins_at_the_prior_and_ends_at_the_data() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dynamics");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("a.csv"), "x,y,label\n1,0,p\n0,1,q\n").unwrap();
    fs::write(dir.join("b.csv"), "x,y\n1,0\n").unwrap();
    let file = |name: &str| dir.join(name).display().to_string();
    let (a, b) = (file("a.csv"), file("b.csv"));
    let line = |out: &str, more: &[&str]| {
        let out = file(out);
        let mut words = vec!["dynamics", "--train", &a, "--test", &b, "--out", &out];
        words.extend(["--activation", "relu", "--depth", "1"]);
        words.extend(more);
        deeplimit(&words)
    };
    for kernel in ["ntk", "nngp"] {
        let out = format!("{kernel}.csv");
        let s = line(&out, &["--kernel", kernel, "--time", "0,0.5,inf"]);
        assert_eq!(s.code, Some(0), "{}", s.stderr);
        let text = fs::read_to_string(file(&out)).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
        assert_eq!(
            rows[0],
            [
                "time",
                "row",
                "label",
                "\"mean p\"",
                "\"mean q\"",
                "deviation"
            ]
        );
        let number = |i: usize, j: usize| rows[i][j].parse::<f64>().unwrap();
        // targets +-1/2 are an eigenvector with the eigenvalue d - 1/pi
        let d = if kernel == "ntk" { 2.0 } else { 1.0 };
        let middle = 0.5 * -(-0.5 * (d - std::f64::consts::FRAC_1_PI)).exp_m1();
        for (i, p, deviation) in [(1, 0.0, Some(1.0)), (2, middle, None), (3, 0.5, Some(0.0))] {
            assert!((number(i, 3) - p).abs() < 1e-14, "{kernel} {i}");
            assert!((number(i, 4) + p).abs() < 1e-14, "{kernel} {i}");
            if let Some(deviation) = deviation {
                // a variance is off by 1e-15, its root by 3e-8
                assert!((number(i, 5) - deviation).abs() < 1e-7, "{kernel} {i}");
            }
        }
        assert_eq!(rows[3][2], "\"p\"");
        assert!(number(2, 5) > 0.0 && number(2, 5) < 1.0);
    }
    let s = line("json.csv", &["--time", "1", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&s.stdout).unwrap();
    let pi = std::f64::consts::PI;
    let condition = (2.0 + 1.0 / pi) / (2.0 - 1.0 / pi);
    assert!((json[0]["condition"].as_f64().unwrap() - condition).abs() < 1e-13);
    assert_eq!(
        (&json[0]["rank"], &json[0]["times"][0]["time"]),
        (&2.into(), &"1".into())
    );
    let again = line("json.csv", &["--time", "1"]);
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    let s = line("bad.csv", &["--time", "-1"]);
    assert_eq!(s.code, Some(2));
    assert!(
        s.stderr.contains("a time is a number from 0 on"),
        "{}",
        s.stderr
    );
    // the same row twice
    fs::write(dir.join("a.csv"), "x,y,label\n1,0,p\n1,0,q\n0,1,q\n").unwrap();
    let s = line("bad.csv", &["--time", "inf"]);
    assert_eq!(s.code, Some(2));
    assert!(
        s.stderr.contains("singular to within rounding"),
        "{}",
        s.stderr
    );
    assert!(!dir.join("bad.csv").exists());
    assert_eq!(line("fine.csv", &["--time", "5"]).code, Some(0));
    assert_eq!(
        line("also.csv", &["--time", "inf", "--ridge", "1e-3"]).code,
        Some(0)
    );
}
