//! Labels, folds, and new rows beside training rows.

use std::fs;

use serde_json::Value as Json;

use super::Folder;

/// Four rows of two classes, with labels as they come: `{}` is each row's.
fn labelled(labels: &[&str]) -> String {
    let rows = labels.iter().enumerate();
    rows.map(|(k, l)| format!("{},{},{l}\n", 1 + k % 2, 2 * (k % 2)))
        .collect()
}

#[test]
fn labels_are_classes() {
    let dir = Folder::new("labels");
    let line = "evaluate --data @d.csv --activation relu --depth 2";
    for (text, more, classes) in [
        // `0` and `0.0` are one class
        (
            labelled(&["0", "1", "0.0", "1.0"]),
            "--label 3",
            vec![("0", 2), ("1", 2)],
        ),
        (
            labelled(&["-1", "+1", "-1.0", "1"]),
            "--label 3",
            vec![("-1", 2), ("1", 2)],
        ),
        // `+` and `-` are names
        (
            labelled(&["+", "-", "+", "-"]),
            "--label 3",
            vec![("+", 2), ("-", 2)],
        ),
        (
            labelled(&["a b", "c", "a b", "c"]),
            "--label 3",
            vec![("a b", 2), ("c", 2)],
        ),
        // a name that stands in line 1 makes it a header, all numbers or not
        (
            "2019,2020,2021\n1,2,0\n2,1,1\n1,3,0\n3,1,1\n".to_owned(),
            "--label 2021",
            vec![("0", 2), ("1", 2)],
        ),
        // without a header a number is that of a column, whatever the first line holds
        (
            "0,1,5\n1,2,4\n0,3,1\n1,1,1\n".to_owned(),
            "--label 1",
            vec![("0", 2), ("1", 2)],
        ),
        // a header decides about names that are numbers
        (
            "a,b,1\n5,1,0\n6,2,1\n7,3,0\n8,1,1\n".to_owned(),
            "--label 1",
            vec![("0", 2), ("1", 2)],
        ),
    ] {
        dir.write("d.csv", &text);
        let answer = dir.answered(&format!("{line} {more}"));
        let read = &answer["read"];
        let found: Vec<(&str, u64)> = read["classes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| (c["class"].as_str().unwrap(), c["rows"].as_u64().unwrap()))
            .collect();
        assert_eq!(found, classes, "{text}");
        assert_eq!((&read["rows"], &read["columns"]), (&4.into(), &2.into()));
    }
    let counted: Vec<String> = (0..40).map(|k| k.to_string()).collect();
    let counted: Vec<&str> = counted.iter().map(String::as_str).collect();
    let names: Vec<String> = counted.iter().map(|k| format!("row{k}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (text, more, words) in [
        (
            labelled(&["0", "1", "", "1"]),
            "--label 3",
            "line 3 has no label",
        ),
        (
            labelled(&["0", "1", "?", "1"]),
            "--label 3",
            "line 3 has no label: `?`",
        ),
        (
            labelled(&["0", "nan", "0", "1"]),
            "--label 3",
            "line 2 has no label: `nan`",
        ),
        (
            labelled(&["0", "NA", "0", "1"]),
            "--label 3",
            "line 2 has no label: `NA`",
        ),
        (
            labelled(&["0", "inf", "0", "1"]),
            "--label 3",
            "line 2 has no label: `inf`",
        ),
        (
            labelled(&["a", "a", "a", "a"]),
            "--label 3",
            "nothing to tell apart",
        ),
        (
            labelled(&["0.1", "0.25", "0.4", "0.7"]),
            "--label 3",
            "4 different numbers in 4 rows are a quantity, not classes",
        ),
        (
            labelled(&counted),
            "--label 3",
            "40 different numbers in 40 rows are a quantity",
        ),
        (
            labelled(&names),
            "--label 3",
            "40 different labels in 40 rows are names of the rows",
        ),
        (
            labelled(&["0", "1", "0", "1"]),
            "--label 4",
            "there is no column `4`",
        ),
        (
            "a,b,class,label\n1,2,0,0\n2,1,1,1\n".to_owned(),
            "--label label",
            "column 3 is called `class`",
        ),
        (
            "a,label,label\n1,0,0\n2,1,1\n".to_owned(),
            "--label label",
            "columns 2 and 3 are both called `label`",
        ),
        (
            "label\n0\n1\n".to_owned(),
            "--label label",
            "no columns of numbers",
        ),
        (
            "a,b,label\n1,2,p\n2,1,q\n".to_owned(),
            "--label label --drop label",
            "both --label and --drop",
        ),
        (
            "a,b,label\n1,2,p\n2,1,q\n".to_owned(),
            "--label lable",
            "there is no column `lable`: the first line is a, b, label",
        ),
    ] {
        dir.write("d.csv", &text);
        dir.refused(&format!("{line} {more}"), words);
    }
}

#[test]
fn folds_are_fair() {
    let dir = Folder::new("folds");
    dir.write("d.csv", labelled(&["p", "q", "p", "q", "p", "q", "p", "q"]));
    let line = "evaluate --data @d.csv --label 3 --activation relu --depth 2";
    for (text, words) in [
        (
            "0 1 2 3\n3 4 5\n",
            "lines 1 and 2: row 3 is both a training and a test row",
        ),
        (
            "0 1 2 2\n4 5\n",
            "lines 1 and 2: row 2 stands twice among the training rows",
        ),
        (
            "0 1 2 3\n\n4 4\n",
            "lines 1 and 3: row 4 stands twice among the test rows",
        ),
        (
            "0 1 2 3\n4 8\n",
            "lines 1 and 2: there is no row 8 (counted from 0) among 8",
        ),
        (
            "0 1 2 3\n4 5\n0 1\n2 99\n",
            "lines 3 and 4: there is no row 99",
        ),
        (
            "0 1 2\n3 4 5\n3 4 5\n0 1 2\n",
            "these are the rows of a file of 6, not of 8",
        ),
        ("0 1 2\n", "1 lines of row numbers are no pairs"),
        ("", "0 lines of row numbers are no pairs"),
        ("0 1 a\n2 3\n", "line 1: `a` is no row number"),
        ("0 1 -1\n2 3\n", "line 1: `-1` is no row number"),
        ("0 1 1.5\n2 3\n", "line 1: `1.5` is no row number"),
    ] {
        dir.write("f.txt", text);
        dir.refused(&format!("{line} --folds @f.txt"), words);
        dir.refused(&format!("{line} --tune @f.txt"), words);
    }
    dir.write("f.txt", "0 1 2 3 4 5\n6 7\n0 1 2 3 6 7\n4 5\n");
    dir.refused(&format!("{line} --tune @f.txt"), "two lines are wanted");
    let answer = dir.answered(&format!("{line} --folds @f.txt"));
    assert_eq!(
        (&answer["accuracy"], &answer["tested"]),
        (&1.0.into(), &4.into())
    );
    let interval = |v: &Json| [v[0].as_f64().unwrap(), v[1].as_f64().unwrap()];
    // all of n right: from n/(n + z^2) to 1, z = 1.959963984540054
    let z2 = 1.959_963_984_540_054_f64.powi(2);
    let [low, high] = interval(&answer["interval"]);
    assert!(
        (low - 4.0 / (4.0 + z2)).abs() < 1e-15 && high == 1.0,
        "{low}"
    );
    let [low, _] = interval(&answer["folds"][0]["interval"]);
    assert!((low - 2.0 / (2.0 + z2)).abs() < 1e-15, "{low}");
    // the same test twice tells no more than once
    dir.write("f.txt", "0 1 2 3 4 5\n6 7\n0 1 2 3\n6 7\n");
    let answer = dir.answered(&format!("{line} --folds @f.txt"));
    assert_eq!(answer["tested"], 2);
    let [low, _] = interval(&answer["interval"]);
    assert!((low - 2.0 / (2.0 + z2)).abs() < 1e-15, "{low}");
    let s = dir.run(&format!("{line} --folds @f.txt"));
    assert!(
        s.stdout
            .contains("the folds test 4 rows, 2 different ones: a row counts once"),
        "{}",
        s.stdout
    );
}

#[test]
fn new_rows_are_matched_by_name() {
    let dir = Folder::new("new");
    dir.write("a.csv", "x,y,label\n1,0,p\n0,2,q\n3,1,p\n-1,1,q\n");
    dir.write("bare.csv", "1,0,p\n0,2,q\n3,1,p\n-1,1,q\n");
    let predicted = |train: &str, test: &str, more: &str| -> String {
        dir.write("b.csv", test);
        let line = format!(
            "predict --train @{train} --test @b.csv --activation relu --depth 2 --force --out @p.csv {more}"
        );
        let answer = dir.answered(&line);
        assert_eq!(answer["read"][0]["rows"], 4);
        assert_eq!(answer["read"][1]["columns"], 2);
        fs::read_to_string(dir.0.join("p.csv")).unwrap()
    };
    let plain = predicted("a.csv", "x,y\n2,1\n-2,3\n", "");
    for (train, test, more) in [
        ("a.csv", "y,x\n1,2\n3,-2\n", ""),
        // a label is known, and not read, wherever it stands and whatever it is
        ("a.csv", "label,y,x\n?,1,2\n,3,-2\n", ""),
        ("a.csv", ",x,y\n0,2,1\n1,-2,3\n", ""),
        ("a.csv", "x,z,y\n2,9,1\n-2,9,3\n", "--drop z"),
        ("a.csv", "2,1\n-2,3\n", ""),
        ("a.csv", "2,1,?\n-2,3,p\n", ""),
        ("bare.csv", "2,1\n-2,3\n", "--label 3"),
        ("bare.csv", "2,1,q\n-2,3,q\n", "--label 3"),
        ("bare.csv", "x,y\n2,1\n-2,3\n", "--label 3"),
    ] {
        assert_eq!(predicted(train, test, more), plain, "{train} {test}");
    }
    let line = "predict --train @a.csv --test @b.csv --activation relu --depth 2 --out @q.csv";
    for (test, more, words) in [
        ("x,z\n2,1\n", "", "the columns are named x, z, those of "),
        (
            "x,y,z\n2,1,0\n",
            "",
            "have 2 and no z (--drop leaves columns out)",
        ),
        ("x\n2\n", "", "y is missing"),
        (
            "x,y,z\n2,1,0\n",
            "--drop w",
            "there is no column `w`: the first line is x, y, z",
        ),
        ("x,y,x\n2,1,2\n", "", "rows have 3 coordinates"),
        ("2,1,0,0\n", "", "rows have 4 coordinates"),
        ("x,y\n2,1\n0,0\n", "", "row 2 is zero"),
    ] {
        dir.write("b.csv", test);
        dir.refused(&format!("{line} {more}"), words);
    }
    // headers of numbers are headers by the names of the training rows
    dir.write(
        "years.csv",
        "2019,2020,label\n1,0,p\n0,2,q\n3,1,p\n-1,1,q\n",
    );
    assert_eq!(predicted("years.csv", "2020,2019\n1,2\n3,-2\n", ""), plain);
    // and it is said where names could not decide
    dir.write("b.csv", "2,1\n");
    let s = dir.run(&format!("{line} --force"));
    assert!(
        s.stderr.contains(
            "has no header, and the training file has one: columns are taken in their order"
        ),
        "{}",
        s.stderr
    );
    // a table is no array
    dir.write("b.csv", "x,y\n2,1\n");
    for out in ["z.npy", "z.NPZ", "z.json", "z.parquet"] {
        dir.refused(
            &line.replace("q.csv", out),
            "are a table, written as CSV, and no .",
        );
        let line =
            "dynamics --train @a.csv --test @b.csv --activation relu --depth 2 --time 1 --out @";
        dir.refused(
            &format!("{line}{out}"),
            "are a table, written as CSV, and no .",
        );
    }
}

/// Rows that stand twice are in both halves of a test: that is said.
#[test]
fn repeated_rows_are_counted() {
    let dir = Folder::new("repeated");
    dir.write("d.csv", "a,b,label\n1,0,p\n0,1,q\n1,-0,p\n1,0.0,q\n2,0,p\n");
    let answer = dir.answered("evaluate --data @d.csv --label label --activation relu --depth 2");
    let notes =
        serde_json::json!(["2 of the rows repeat an earlier one, 1 of them with another label"]);
    assert_eq!(answer["read"]["notes"], notes);
}
