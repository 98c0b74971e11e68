//! Sizes, arrays, ridges, and what is said of what was read.

use serde_json::Value as Json;

use super::{Folder, doubles, npy, numbers};

/// Rows of any size have their directions.
#[test]
fn sizes_do_not_matter() {
    let dir = Folder::new("sizes");
    for scale in ["e-320", "e-200", "", "e200", "e300"] {
        dir.write("x.csv", format!("3{scale},4{scale}\n4,3\n"));
        let line = "gram --data @x.csv --activation x --kernel nngp --depth 1 --force --out @K.npy";
        dir.answered(line);
        let k = numbers(&dir.0.join("K.npy"));
        // a double of 1e-320 has three digits
        let slack = if scale == "e-320" { 1e-3 } else { 1e-15 };
        assert!((k[1] - 0.96).abs() < slack, "{scale} {k:?}");
    }
    // `depth` finds the closest and the farthest pair at any size
    dir.write("x.csv", "3e200,4e200\n4e-200,3e-200\n1,0\n");
    let s = dir.run("depth tanh --data @x.csv --json");
    let json: Json = serde_json::from_str(&s.stdout).unwrap();
    let rho = |k: usize| json[k]["rho"].as_str().unwrap().parse::<f64>().unwrap();
    assert!(
        (rho(0) - 0.96).abs() < 1e-15 && (rho(1) - 0.6).abs() < 1e-15,
        "{}",
        s.stdout
    );
    assert_eq!(json[0]["read"]["rows"], 3);
    dir.write("x.csv", "1,2\n0,0\n");
    dir.refused(
        "depth tanh --data @x.csv",
        "row 2 is zero and has no direction",
    );
    dir.refused(
        "gram --data @x.csv --activation relu --depth 1 --out @Z.npy",
        "x.csv: row 2 is zero and has no direction (--lengths keep takes such rows",
    );
    dir.write("x.csv", "1,2\n");
    dir.refused("depth tanh --data @x.csv", "two points or more are wanted");
}

#[test]
fn arrays_are_what_they_say() {
    let dir = Folder::new("arrays");
    let line = |more: &str| format!("gram --activation relu --depth 1 --out @K.npy --data {more}");
    let mut idx = vec![0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2];
    idx.extend([1, 2, 3]);
    for (name, bytes, words) in [
        ("text.npy", b"1,2\n3,4\n".to_vec(), "this is no .npy file"),
        (
            "head.npy",
            b"\x93NUMPY\x01\x00\x76".to_vec(),
            "ends inside its header",
        ),
        (
            "short.npy",
            npy("<f8", "(2, 2)", &doubles(&[1.0, 2.0, 3.0])),
            "take 32 bytes, 24 bytes are there",
        ),
        (
            "nan.npy",
            npy("<f8", "(2, 2)", &doubles(&[1.0, 2.0, f64::NAN, 4.0])),
            "row 2, column 1: NaN is no finite number",
        ),
        (
            "zero.npy",
            npy("<f8", "(2, 2)", &doubles(&[1.0, 2.0, 0.0, 0.0])),
            "row 2 is zero and has no direction",
        ),
        (
            "none.npy",
            npy("<f8", "(0, 2)", &[]),
            "there are no numbers",
        ),
        (
            "flat.npy",
            npy("<f8", "(2,)", &doubles(&[1.0, 2.0])),
            "is no matrix",
        ),
        ("idx", idx, "truncated"),
    ] {
        dir.write(name, bytes);
        dir.refused(&line(&format!("@{name}")), words);
    }
    dir.write(
        "x.npy",
        npy("<f8", "(2, 2)", &doubles(&[1.0, 2.0, 3.0, 4.0])),
    );
    dir.refused(
        &line("@x.npy --drop 1"),
        "--drop, --keep and --header are about text files",
    );
    dir.refused(&line("@"), "this is a folder");
    dir.refused(&line("@missing.npy"), "cannot be read");
    // an array under another name is an array, and it is said
    dir.write(
        "x.csv",
        npy("<f8", "(2, 2)", &doubles(&[1.0, 2.0, 3.0, 4.0])),
    );
    let answer = dir.answered(&line("@x.csv"));
    assert_eq!(
        (&answer["read"]["format"], &answer["read"]["header"]),
        (&"npy".into(), &Json::Null)
    );
}

/// `--ridge` of `dynamics` with the last layer trained, at the end: the posterior of the Gaussian process. Two orthogonal
/// training rows and a test row between them, relu at depth 1: `K = (1 1/pi; 1/pi 1)`, and the closest kernel is
/// `k = K(cos = 1/sqrt 2) = (sin t + (pi - t) cos t)/pi` at `t = pi/4`. With the noise `r`,
/// `sigma^2 = 1 - 2 k^2/(1 + 1/pi + r)`.
#[test]
fn a_ridge_is_noise() {
    let dir = Folder::new("ridge");
    dir.write("a.csv", "u,v,label\n1,0,p\n0,1,q\n");
    dir.write("b.csv", "u,v\n1,1\n");
    let pi = std::f64::consts::PI;
    let t = pi / 4.0;
    let k = (t.sin() + (pi - t) * t.cos()) / pi;
    for ridge in [0.0, 1e-2, 0.5] {
        let line = format!(
            "dynamics --train @a.csv --test @b.csv --activation relu --depth 1 --kernel nngp --ridge {ridge} --time inf \
             --force --out @p.csv"
        );
        let answer = dir.answered(&line);
        // the diagonal is 1
        assert_eq!(answer["noise_variance"], ridge);
        let sigma = answer["times"][0]["deviation"].as_f64().unwrap();
        let variance = 1.0 - 2.0 * k * k / (1.0 + 1.0 / pi + ridge);
        // three digits are lost in the difference
        assert!((sigma * sigma - variance).abs() < 1e-13, "{ridge} {sigma}");
    }
}

/// What was read is said by every command about data: for people beside the answer, for programs in it.
#[test]
fn every_command_says_what_it_read() {
    let dir = Folder::new("said");
    dir.write("a.csv", "u;v;label\n1;0;p\n0;2;q\n3;1;p\n-1;1;q\n");
    dir.write("b.csv", "u\tv\n1\t1\n");
    let network = "--activation relu --depth 2";
    let a = "a.csv: 4 rows of 2 columns (`u` to `v`), separated by semicolons, with a header; label `label`, 2 classes: p 2, q 2";
    let b = "b.csv: 1 row of 2 columns (`u` to `v`), separated by tabs, with a header";
    let dropped = "a.csv: 4 rows of 2 columns (`u` to `v`), separated by semicolons, with a header; `label` left out (--drop)";
    for (line, notes) in [
        (
            format!("gram --data @a.csv --label label {network} --force --out @K.npy"),
            vec![a],
        ),
        (
            format!("evaluate --data @a.csv --label label {network}"),
            vec![a],
        ),
        (
            format!("predict --train @a.csv --test @b.csv {network} --force --out @p.csv"),
            vec![a, b],
        ),
        (
            format!(
                "dynamics --train @a.csv --test @b.csv {network} --time 1 --force --out @d.csv"
            ),
            vec![a, b],
        ),
        (
            "depth relu --data @a.csv --drop label".to_owned(),
            vec![dropped],
        ),
    ] {
        let s = dir.run(&line);
        assert_eq!(s.code, Some(0), "{line}: {}", s.stderr);
        let said: Vec<&str> = s.stderr.lines().collect();
        assert_eq!(said.len(), notes.len(), "{line}: {}", s.stderr);
        for (said, note) in said.iter().zip(notes) {
            assert!(said.starts_with("note: ") && said.ends_with(note), "{said}");
        }
        let s = dir.run(&format!("{line} --json"));
        assert_eq!(s.stderr, "", "{line}");
        let json: Json = serde_json::from_str(&s.stdout).unwrap();
        let read = match &json[0]["read"] {
            Json::Array(both) => &both[0],
            one => one,
        };
        for (key, value) in [
            ("format", Json::from("csv")),
            ("rows", 4.into()),
            ("columns", 2.into()),
            ("first", "u".into()),
            ("last", "v".into()),
            ("separator", "semicolon".into()),
            ("header", true.into()),
            // `depth` was told to leave it out
            (
                "label",
                if line.starts_with("depth") {
                    Json::Null
                } else {
                    "label".into()
                },
            ),
            ("notes", Json::Array(vec![])),
        ] {
            assert_eq!(read[key], value, "{line} {key}");
        }
    }
    dir.refused("depth relu --data @a.csv", "column 3 is called `label`");
}
