//! Sessions of `regress`, and of what came with it: real targets of `dynamics`, cross matrices, lifted rows, tables of accuracies.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::files::array;
use crate::support::{Session, run};

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("regress-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn json(s: &Session) -> Json {
    assert_eq!(s.code, Some(0), "{}{}", s.stdout, s.stderr);
    serde_json::from_str(&s.stdout).unwrap()
}

/// The sentence of a refusal.
fn refused(s: &Session, words: &str) {
    assert_eq!(s.code, Some(2), "{}{}", s.stdout, s.stderr);
    assert!(s.stderr.contains(words), "{}", s.stderr);
}

fn near(found: &Json, expected: f64, off: f64) {
    let x = found.as_f64().unwrap();
    assert!((x - expected).abs() < off, "{x} {expected}");
}

/// A case of the independent implementation as files: the targets stand in front of the coordinates.
fn case(number: usize, dir: &Path) -> Json {
    let text = include_str!("../../tests/oracles/process.json");
    let all: Json = serde_json::from_str(text).unwrap();
    let case = all[number].clone();
    let list = |row: &Json| -> Vec<String> {
        let cells = row.as_array().unwrap().iter();
        cells
            .map(|x| format!("{:?}", x.as_f64().unwrap()))
            .collect()
    };
    let (rows, targets) = (
        case["train"].as_array().unwrap(),
        case["targets"].as_array().unwrap(),
    );
    let m = targets[0].as_array().unwrap().len();
    let heads: Vec<String> = (0..list(&rows[0]).len()).map(|k| format!("f{k}")).collect();
    let names: Vec<String> = (0..m).map(|k| format!("out{k}")).collect();
    let mut train = format!("{},{}\n", names.join(","), heads.join(","));
    for (row, y) in rows.iter().zip(targets) {
        writeln!(train, "{},{}", list(y).join(","), list(row).join(",")).unwrap();
    }
    fs::write(dir.join("train.csv"), train).unwrap();
    let mut test = heads.join(",") + "\n";
    for row in case["test"].as_array().unwrap() {
        writeln!(test, "{}", list(row).join(",")).unwrap();
    }
    fs::write(dir.join("test.csv"), test).unwrap();
    case
}

fn cells(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|l| l.split(',').map(str::to_owned).collect())
        .collect()
}

#[test]
fn predictions_evidence_and_left_out_rows_are_those_of_an_independent_implementation() {
    for (number, targets) in [(0, "out0"), (1, "out1,out0")] {
        let dir = folder(&format!("oracle-{number}"));
        let case = case(number, &dir);
        let network = format!(
            "--activation {} --depth {} --sigma-w {} --sigma-b {} --ridge {}",
            case["activation"].as_str().unwrap(),
            case["depth"],
            case["sigma_w"],
            case["sigma_b"],
            case["ridge"]
        );
        for (kernel, mean, deviation, left_out) in [
            ("nngp", "mean", "deviation", "left_out"),
            ("ntk", "ntk_mean", "ntk_deviation", "ntk_left_out"),
        ] {
            let line = format!(
                "regress --train @train.csv --target {targets} --test @test.csv --out @{kernel}.csv --kernel {kernel} {network} --json"
            );
            let answer = json(&run(&line, &dir));
            let answer = &answer[0];
            let names: Vec<&str> = targets.split(',').collect();
            assert_eq!(answer["targets"], serde_json::json!(names));
            assert_eq!(answer["read"][0]["targets"][0]["column"], names[0]);
            let best = &answer["networks"][0];
            let evidence: f64 = case["evidence"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| e.as_f64().unwrap())
                .sum();
            match kernel {
                "nngp" => near(&best["evidence"], evidence, 1e-8),
                _ => assert!(best["evidence"].is_null()),
            }
            let found = cells(&dir.join(format!("{kernel}.csv")));
            assert_eq!(found[0][0], format!("\"mean {}\"", names[0]));
            for (j, name) in names.iter().enumerate() {
                let k = usize::from(*name == "out1");
                let scale = best["noise_variance"][j].as_f64().unwrap().sqrt();
                for i in 0..case["test"].as_array().unwrap().len() {
                    let number = |c: usize| found[i + 1][3 * j + c].parse::<f64>().unwrap();
                    // relative to the deviation of the noise, a tenth of the target's own and more
                    near(&case[mean][k][i], number(0), 1e-7 * scale);
                    near(&case[deviation][k][i], number(1), 1e-7 * scale);
                    let noisy = (number(1).powi(2) + scale * scale).sqrt();
                    assert!((number(2) / noisy - 1.0).abs() < 1e-12);
                }
                let truth = case["targets"].as_array().unwrap().iter();
                let squares = truth.zip(case[left_out][k].as_array().unwrap());
                let squares =
                    squares.map(|(y, m)| (y[k].as_f64().unwrap() - m.as_f64().unwrap()).powi(2));
                let n = case["targets"].as_array().unwrap().len() as f64;
                let rmse = (squares.sum::<f64>() / n).sqrt();
                near(&best["left_out"][j]["rmse"], rmse, 1e-7 * rmse);
            }
        }
        // the same networks, trained to the end
        let line = format!(
            "dynamics --train @train.csv --target {targets} --test @test.csv --out @d.csv --kernel ntk {network} --time 0.5,inf --json"
        );
        let answer = json(&run(&line, &dir));
        assert_eq!(answer[0]["classes"], serde_json::json!([]));
        let m = targets.split(',').count();
        let (long, found) = (cells(&dir.join("d.csv")), cells(&dir.join("ntk.csv")));
        let rows = found.len() - 1;
        for i in 1..=rows {
            let line = &long[rows + i];
            assert_eq!((line[0].as_str(), line[1].parse()), ("inf", Ok(i)));
            for j in 0..m {
                let of = |text: &String| text.parse::<f64>().unwrap();
                assert!((of(&line[2 + j]) / of(&found[i][3 * j]) - 1.0).abs() < 1e-6);
                assert!((of(&line[2 + m + j]) / of(&found[i][3 * j + 1]) - 1.0).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn the_most_likely_network_is_chosen_and_a_search_finds_a_better_one() {
    let dir = folder("choice");
    case(0, &dir);
    let line = "regress --train @train.csv --target out0 --activation erf --depth 1,2 --sigma-w 0.5,1.5 --sigma-b 0.1 --ridge 1e-2,1 \
                --maximise sigma_w,ridge --starts 2 --table @T.csv";
    let answer = json(&run(&format!("{line} --json"), &dir));
    let networks = answer[0]["networks"].as_array().unwrap();
    // 2 depths, 2 widths, 2 ridges, and a maximum for each depth
    assert_eq!(networks.len(), 10);
    let evidence = |n: &Json| n["evidence"].as_f64().unwrap();
    let best = answer[0]["best"].as_u64().unwrap() as usize;
    assert!(
        best >= 8
            && networks
                .iter()
                .all(|n| evidence(n) <= evidence(&networks[best]))
    );
    for (k, depth) in [(8, "1"), (9, "2")] {
        let listed = networks[..8].iter().filter(|n| n["depth"] == depth);
        let top = listed.map(evidence).fold(f64::NEG_INFINITY, f64::max);
        assert!(evidence(&networks[k]) >= top && networks[k]["depth"] == depth);
        assert!(networks[k]["search"].as_array().unwrap().len() == 2);
        assert!(networks[0]["search"].is_null());
    }
    let table = cells(&dir.join("T.csv"));
    assert_eq!(table.len(), 11);
    assert_eq!(table[best + 1].last().unwrap(), "1");
    refused(&run(line, &dir), "exists already");
    let s = run(&format!("{line} --force"), &dir);
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    assert!(
        s.stdout.contains("best") && s.stdout.contains("log evidence"),
        "{}",
        s.stdout
    );
    assert!(s.stderr.contains("target `out0` from"), "{}", s.stderr);
}

#[test]
fn new_rows_with_targets_are_scored() {
    let dir = folder("scores");
    fs::write(dir.join("a.csv"), "x,y\n0,1\n1,2\n2,4\n3,8\n").unwrap();
    fs::write(dir.join("b.csv"), "y,x\n2,1\n4,2\n").unwrap();
    let line = "regress --train @a.csv --target y --test @b.csv --out @p.csv --activation erf --depth 1 --lengths lift --ridge 1e-6";
    let answer = json(&run(&format!("{line} --json"), &dir));
    let score = &answer[0]["new"]["scores"][0];
    // training rows again
    assert!(score["rmse"].as_f64().unwrap() < 1e-2 && score["r2"].as_f64().unwrap() > 0.999);
    // a cell that is no number: nothing to compare with
    fs::write(dir.join("b.csv"), "y,x\n?,1\n4,2\n").unwrap();
    let answer = json(&run(&format!("{line} --json --force"), &dir));
    assert!(answer[0]["new"]["scores"].is_null());
    let notes = answer[0]["read"][1]["notes"].to_string();
    assert!(notes.contains("not compared with them"), "{notes}");
}

#[test]
fn bad_targets_are_refused_in_one_sentence() {
    let dir = folder("faults");
    let good = "a,b,y\n1,0,1.5\n0,1,2.5\n1,1,-1\n";
    fs::write(dir.join("good.csv"), good).unwrap();
    let line = |file: &str, more: &str| {
        let text = format!("regress --train @{file} --activation erf --depth 2 {more}");
        run(&text, &dir)
    };
    refused(&line("good.csv", "--target z"), "there is no column `z`");
    refused(&line("good.csv", "--target y,y"), "`y` is a target twice");
    refused(
        &line("good.csv", "--target y --drop y"),
        "`y` is both --target and --drop",
    );
    refused(
        &line("good.csv", "--target a"),
        "--target y says that it is one, too",
    );
    refused(
        &line("good.csv", "--target y --kernel ntk --maximise ridge"),
        "--maximise takes --kernel nngp",
    );
    let deep = "regress --train @good.csv --target y --activation erf --depth inf";
    refused(&run(deep, &dir), "at a finite depth");
    for (name, text, words) in [
        (
            "nan.csv",
            good.replace("2.5", "nan"),
            "line 3, the target `y`: `nan`",
        ),
        (
            "constant.csv",
            good.replace("2.5", "1.5").replace("-1", "1.5"),
            "is 1.5 in every row",
        ),
        (
            "one.csv",
            "a,b,y\n1,0,1.5\n".to_owned(),
            "takes two or more",
        ),
    ] {
        fs::write(dir.join(name), text).unwrap();
        refused(&line(name, "--target y"), words);
    }
    fs::write(dir.join("twice.csv"), format!("{good}1,1,3\n")).unwrap();
    refused(
        &line("twice.csv", "--target y --ridge 0"),
        "A small ridge helps",
    );
    let s = line("twice.csv", "--target y --ridge 1e-3");
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    assert!(
        s.stderr.contains("1 of them with another target"),
        "{}",
        s.stderr
    );
    // classes are no quantity
    let classes: String = (0..20)
        .map(|i| format!("{},{},{}\n", i + 1, i * i % 7, i % 3))
        .collect();
    fs::write(dir.join("classes.csv"), format!("a,b,kind\n{classes}")).unwrap();
    let s = line("classes.csv", "--target kind --ridge 1");
    assert!(
        s.stderr.contains("classes are learnt by `predict --label`"),
        "{}",
        s.stderr
    );
}

#[test]
fn a_cross_matrix_is_a_part_of_the_whole_and_lifted_rows_have_a_one_behind() {
    let dir = folder("cross");
    fs::write(dir.join("all.csv"), "a,b\n1,0\n0,2\n3,3\n-1,1\n").unwrap();
    fs::write(dir.join("new.csv"), "b,a,label\n0,1,p\n2,0,q\n").unwrap();
    fs::write(dir.join("old.csv"), "a,b,label\n3,3,p\n-1,1,q\n1,0,q\n").unwrap();
    json(&run(
        "gram --data @all.csv --activation gelu --depth 2 --out @K.npy --json",
        &dir,
    ));
    let line = "gram --data @new.csv --with @old.csv --label label --activation gelu --depth 2 --out @C.npy --json";
    let answer = json(&run(line, &dir));
    assert_eq!(
        (&answer[0]["rows"], &answer[0]["columns"]),
        (&2.into(), &3.into())
    );
    assert_eq!(answer[0]["with"]["rows"], 3);
    let ((_, k), (header, c)) = (array(&dir.join("K.npy")), array(&dir.join("C.npy")));
    assert!(header.contains("(2, 3)"), "{header}");
    for i in 0..2 {
        for (j, of) in [2, 3, 0].into_iter().enumerate() {
            assert!((c[3 * i + j] - k[4 * i + of]).abs() < 1e-14, "{i} {j}");
        }
    }
    fs::write(dir.join("line.csv"), "0\n1\n2\n").unwrap();
    fs::write(dir.join("arc.csv"), "0,1\n1,1\n2,1\n").unwrap();
    let s = run(
        "gram --data @line.csv --lengths lift --activation tanh --depth 1 --out @L.npy",
        &dir,
    );
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    run(
        "gram --data @arc.csv --activation tanh --depth 1 --out @A.npy",
        &dir,
    );
    assert_eq!(array(&dir.join("L.npy")).1, array(&dir.join("A.npy")).1);
    fs::write(dir.join("line.csv"), "3\n1\n2\n").unwrap();
    let s = run(
        "gram --data @line.csv --activation relu --depth 1 --out @U.npy",
        &dir,
    );
    assert!(
        s.stderr.contains("--lengths lift keeps them apart"),
        "{}",
        s.stderr
    );
}

#[test]
fn labels_of_new_rows_are_compared_with_what_is_predicted() {
    let dir = folder("tested");
    fs::write(
        dir.join("a.csv"),
        "x,y,label\n1,0,1\n1,0.1,1.0\n0,1,2\n0.1,1,2\n",
    )
    .unwrap();
    fs::write(
        dir.join("b.csv"),
        "x,y,label\n1,0.05,1.0\n0.05,1,2\n1,0.2,2\n0,1,7\n0,1,?\n",
    )
    .unwrap();
    let line =
        "predict --train @a.csv --test @b.csv --keep y --activation relu --depth 2 --out @p.csv";
    let tested = &json(&run(&format!("{line} --json"), &dir))[0]["tested"];
    // two right, one taken for 1, one of a class that is not known, one without a label
    assert_eq!(
        (&tested["rows"], &tested["unknown"]),
        (&4.into(), &1.into())
    );
    assert_eq!(tested["confusion"], serde_json::json!([[1, 0], [1, 1]]));
    near(&tested["accuracy"], 0.5, 1e-15);
    let s = run(&format!("{line} --force"), &dir);
    assert!(
        s.stdout.contains("accuracy 50.00 %") && s.stdout.contains("2: 1 of 2 right, 1 as 1"),
        "{}",
        s.stdout
    );
}

#[test]
fn a_table_of_accuracies_goes_on_where_it_ended() {
    let dir = folder("all");
    let rows: String = (0..12)
        .map(|i| {
            format!(
                "{},{},{}\n",
                f64::from(i).cos(),
                f64::from(i).sin(),
                ["u", "v"][i as usize % 2]
            )
        })
        .collect();
    fs::write(dir.join("d.csv"), format!("a,b,kind\n{rows}")).unwrap();
    let line = "evaluate --data @d.csv --label kind --all --both --activation relu --activation sin(x) --depth 1,3 --out @t.csv --json";
    let all = json(&run(line, &dir));
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 8);
    let accuracy = |l: &Json| l["accuracy"].as_f64().unwrap();
    let top = all.iter().map(accuracy).fold(0.0, f64::max);
    assert!(
        all.iter()
            .all(|l| (l["best"] == true) == (accuracy(l) == top))
    );
    // one by one they are the same
    let one =
        "evaluate --data @d.csv --label kind --kernel ntk --activation sin(x) --depth 3 --json";
    let one = json(&run(one, &dir));
    let same = all
        .iter()
        .find(|l| l["kernel"] == "ntk" && l["activation"] == "sin(x)" && l["depth"] == "3");
    assert_eq!(same.unwrap()["accuracy"], one[0]["accuracy"]);
    // half of the table is there
    let table = fs::read_to_string(dir.join("t.csv")).unwrap();
    assert_eq!(table.lines().count(), 10);
    let half: Vec<&str> = table.lines().take(6).collect();
    fs::write(dir.join("t.csv"), half.join("\n") + "\n").unwrap();
    let again = json(&run(line, &dir));
    let resumed = again
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["resumed"] == true);
    assert_eq!(resumed.count(), 4);
    assert_eq!(fs::read_to_string(dir.join("t.csv")).unwrap(), table);
    // other data under the same name
    fs::write(dir.join("d.csv"), format!("a,b,kind\n{rows}0.5,0.5,u\n")).unwrap();
    let other = json(&run(line, &dir));
    let fresh = |l: &Json| l["resumed"] == false && l["tested"] == 13;
    assert!(other.as_array().unwrap().iter().all(fresh));
    refused(
        &run(&format!("{line} --ridge 1"), &dir),
        "was begun for something else",
    );
    let two = "evaluate --data @d.csv --label kind --activation relu --activation gelu --depth 1";
    refused(&run(two, &dir), "one activation is wanted");
}
