//! `deeplimit plot`, and the figures of designs: whole sessions.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{assert_bad, deeplimit, items};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("plots")
        .join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What is drawn is in the numbers: `dual(0) = 1/pi` of a ReLU, `p_1 = 1/2`.
#[test]
fn numbers_behind_a_figure() {
    let dual = items(&["plot", "dual", "relu", "--json"]);
    let points = dual[0]["series"][0]["points"].as_array().unwrap();
    let middle = points.iter().find(|p| p[0].as_f64() == Some(0.0)).unwrap();
    assert!((middle[1].as_f64().unwrap() - std::f64::consts::FRAC_1_PI).abs() < 1e-12);
    let spectrum = deeplimit(&["plot", "spectrum", "relu"]);
    assert!(
        spectrum.stdout.starts_with("series,x,y,error\n"),
        "{}",
        spectrum.stdout
    );
    let first = spectrum
        .stdout
        .lines()
        .find(|l| l.starts_with("\"p_n\",1,"))
        .unwrap();
    let p: f64 = first.split(',').nth(2).unwrap().parse().unwrap();
    assert!((p - 0.5).abs() < 1e-12);
}

#[test]
fn the_ending_tells_the_format() {
    let folder = folder("endings");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for (name, first) in [("a.svg", "<svg"), ("a.csv", "series")] {
        let session = deeplimit(&["plot", "kernel", "optimal(4)", "-o", &path(name)]);
        assert_eq!(session.code, Some(0), "{}", session.stderr);
        assert!(fs::read_to_string(path(name)).unwrap().contains(first));
    }
    let png = path("a.PNG");
    let line = ["plot", "activation", "2*sign(x)", "-o", &png];
    assert_eq!(deeplimit(&line).code, Some(0));
    assert!(fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    assert_bad("there already", &deeplimit(&line));
    assert_eq!(deeplimit(&[&line[..], &["--force"]].concat()).code, Some(0));
    for (name, said) in [
        ("a.gif", ".svg, .png, .pdf or .csv"),
        ("none/a.svg", "no folder"),
    ] {
        let session = deeplimit(&["plot", "dual", "relu", "-o", &path(name)]);
        assert_bad(name, &session);
        assert!(session.stderr.contains(said), "{}", session.stderr);
    }
    let pdf = path("a.pdf");
    let session = deeplimit(&["plot", "phase", "tanh", "-o", &pdf]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    assert!(fs::read(&pdf).unwrap().starts_with(b"%PDF-"));
    let session = deeplimit(&["plot", "portrait", "relu"]);
    assert!(session.code == Some(2) && session.stderr.contains("spectrum"));
    assert_bad("undefined", &deeplimit(&["plot", "dual", "log(x)"]));
}

/// Several activations have a curve each, under their names; an error is about the one that has it.
#[test]
fn several_in_one_frame() {
    let session = deeplimit(&["plot", "spectrum", "relu", "x^2-1", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&session.stdout).unwrap();
    let names: Vec<&str> = found[0]["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["relu", "x^2-1"]);
    // h_2 alone
    assert_eq!(found[0]["series"][1]["points"].as_array().unwrap().len(), 1);
    let session = deeplimit(&["plot", "dual", "relu", "tanh(", "gelu"]);
    assert_bad("a syntax error", &session);
    assert!(
        session.stderr.contains("tanh(") && !session.stderr.contains("gelu"),
        "{}",
        session.stderr
    );
    // what has no R(u) is told where another has one, and an error where none has
    let session = deeplimit(&["plot", "oscillation", "relu", "erf", "--json"]);
    assert!(
        session
            .stdout
            .contains("relu: R(u) belongs to singular kernels"),
        "{}",
        session.stdout
    );
    assert_bad("no R(u)", &deeplimit(&["plot", "oscillation", "relu"]));
}

/// What is beyond doubles is said to be that, and not to be unknown.
#[test]
fn what_is_not_drawn_is_told() {
    let path = folder("told").join("far.svg");
    let session = deeplimit(&[
        "plot",
        "activation",
        "relu(x-100)",
        "-o",
        path.to_str().unwrap(),
    ]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    assert!(
        session.stdout.contains("is beyond doubles") && !session.stdout.contains("not known"),
        "{}",
        session.stdout
    );
    let path = folder("told").join("kernel.svg");
    let session = deeplimit(&["plot", "kernel", "x^2-1", "-o", path.to_str().unwrap()]);
    assert!(
        session.stdout.contains("above and below the frame"),
        "{}",
        session.stdout
    );
}

/// A title and what is against what, for those who do not see the picture.
#[test]
fn figures_describe_themselves() {
    let svg = deeplimit(&["report", "tanh", "--json"]).stdout;
    let page: serde_json::Value = serde_json::from_str(&svg).unwrap();
    for figure in page["activations"][0]["figures"].as_array().unwrap() {
        let svg = figure["svg"].as_str().unwrap();
        let part = |name: &str| {
            svg.split(&format!("<{name}>"))
                .nth(1)
                .unwrap()
                .split('<')
                .next()
                .unwrap()
        };
        assert!(
            part("title").contains("tanh") && part("desc").contains(" against "),
            "{svg}"
        );
    }
}

#[test]
fn designs_are_drawn() {
    let folder = folder("designs").join("new");
    let line = [
        "design",
        "nearest",
        "gelu",
        "--alpha",
        "2",
        "--json",
        "--figures",
        folder.to_str().unwrap(),
    ];
    let session = deeplimit(&line);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    let answer: serde_json::Value = serde_json::from_str(&session.stdout).unwrap();
    let files = answer["solutions"][0]["figures"].as_array().unwrap();
    assert!(files.len() == 12, "{files:?}");
    for file in files {
        assert!(fs::metadata(file.as_str().unwrap()).unwrap().len() > 100);
    }
    let taken = folder.join("1-dual.csv");
    let session = deeplimit(&[
        "design",
        "nearest",
        "gelu",
        "--alpha",
        "2",
        "--figures",
        taken.to_str().unwrap(),
    ]);
    assert_bad("a file in the place of the folder", &session);
}
