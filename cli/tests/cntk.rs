//! Whole sessions of `deeplimit cntk` on small images made here, and on CIFAR-10 where it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value as Json;

use crate::support::{Session, assert_bad, deeplimit, on_one_line, program};

/// A folder of its own for every test, with training and test images as idx files: pictures of 6 x 6 with a bright
/// left half (class 0), upper half (class 1), or main diagonal (class 2), and noise.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Home {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cntk-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let home = Home(path);
        home.images("train", 60, 1);
        home.images("test", 45, 2);
        home
    }

    fn images(&self, name: &str, count: u32, seed: u64) {
        let mut state = seed;
        let mut noise = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 58) as u8
        };
        let mut pixels = vec![0, 0, 8, 3];
        let mut labels = vec![0, 0, 8, 1];
        for size in [count, 6, 6] {
            pixels.extend(size.to_be_bytes());
        }
        labels.extend(count.to_be_bytes());
        for n in 0..count {
            let class = n % 3;
            labels.push(class as u8);
            for p in 0..36 {
                let (i, j) = (p / 6, p % 6);
                let bright = match class {
                    0 => j < 3,
                    1 => i < 3,
                    _ => i == j,
                };
                pixels.push(noise() + if bright { 150 } else { 0 });
            }
        }
        fs::write(self.0.join(name), pixels).unwrap();
        fs::write(self.0.join(format!("{name}-labels")), labels).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn line(&self, more: &[&str]) -> Vec<String> {
        let mut line = vec!["cntk".to_owned()];
        for name in ["train", "test"] {
            line.extend([format!("--{name}"), self.path(name)]);
            line.extend([
                format!("--{name}-labels"),
                self.path(&format!("{name}-labels")),
            ]);
        }
        line.extend(more.iter().map(|w| (*w).to_owned()));
        line
    }

    fn run(&self, more: &[&str]) -> Session {
        let line = self.line(more);
        deeplimit(&line.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn json(session: &Session) -> Vec<Json> {
    assert_eq!(
        session.code,
        Some(0),
        "{}{}",
        session.stdout,
        session.stderr
    );
    let all: Json = serde_json::from_str(&session.stdout).unwrap();
    all.as_array().unwrap().clone()
}

#[test]
fn easy_pictures_are_told_apart_at_every_depth() {
    let home = Home::new("easy");
    for readout in ["vanilla", "gap"] {
        let more = [
            "--layers",
            "1,3",
            "--readout",
            readout,
            "--apart",
            "10",
            "--json",
        ];
        let depths = json(&home.run(&more));
        assert_eq!(depths.len(), 2);
        for (depth, layers) in depths.iter().zip([1, 3]) {
            assert_eq!(depth["layers"], layers);
            assert_eq!(depth["depth"], layers + 1);
            assert_eq!(depth["train_count"], 60);
            assert_eq!(depth["pairs"], 60 * 61 / 2 + 60 * 45);
            assert_eq!(depth["all"]["count"], 45);
            assert_eq!(depth["apart"]["count"], 10);
            assert_eq!(depth["all"]["accuracy"], 1.0, "{depth}");
            assert_eq!(depth["all"]["standard_error"], 0.0);
            let [low, high] = [0, 1].map(|k| depth["all"]["interval"][k].as_f64().unwrap());
            assert!((low - 0.921348401267112).abs() < 1e-12 && (high - 1.0).abs() < 1e-12);
        }
    }
    // Fixed at both ends and whitened, a Gaussian process, with a bias, with larger filters: easy all the same.
    for option in [
        ["--zca", "0.1"],
        ["--kernel", "nngp"],
        ["--bias", "0.3"],
        ["--filter", "5"],
    ] {
        let more = [
            &["--layers", "2", "--readout", "vanilla", "--json", "--fixed"],
            &option[..],
        ];
        let depths = json(&home.run(&more.concat()));
        assert_eq!(
            depths[0]["all"]["accuracy"], 1.0,
            "{option:?} {}",
            depths[0]
        );
    }
    let table = home.run(&["--layers", "2", "--readout", "vanilla", "--numbers", "f64"]);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    assert!(
        table.stdout.contains("100.00 % (92.13 to 100.00) of 45"),
        "{}",
        table.stdout
    );
    // the table alone is the answer
    assert!(table.stderr.contains("4,530 pairs"), "{}", table.stderr);
    assert!(!table.stdout.contains("pairs"), "{}", table.stdout);
}

#[test]
fn networks_and_other_activations_tell_them_apart_too() {
    let home = Home::new("networks");
    let network = |text: &str| json(&home.run(&["--network", text, "--json"]));
    let stack = ["--layers", "2", "--readout", "gap", "--json"];
    let wanted = json(&home.run(&stack));
    // The same network, by the same way.
    let same = network("conv3 relu conv3 relu gap");
    assert_eq!(same[0]["all"], wanted[0]["all"]);
    assert_eq!(same[0]["layers"], 2);
    for text in [
        "conv3 relu pool2 conv3 relu flatten",
        "conv3:circular relu conv3/2 tanh flatten",
    ] {
        let depths = network(text);
        assert_eq!(depths.len(), 1);
        assert_eq!(depths[0]["layers"], 2);
        assert_eq!(depths[0]["all"]["accuracy"], 1.0, "{text} {}", depths[0]);
    }
    for option in [["--activation", "gelu"], ["--input", "mean"]] {
        let depths = json(&home.run(&[&stack[..], &option[..]].concat()));
        assert_eq!(depths[0]["all"]["accuracy"], 1.0, "{option:?}");
    }
    // Kept kernels are those of one network.
    let out = home.path("out");
    let kept = |text: &str| home.run(&["--network", text, "--out", &out]);
    assert_eq!(kept("conv3 relu pool2 conv1 relu gap").code, Some(0));
    let other = kept("conv3 relu pool3 conv1 relu gap");
    assert_bad("other network", &other);
    assert!(other.stderr.contains("other kernels"), "{}", other.stderr);
}

#[test]
fn labels_that_are_noise_are_not_learnt() {
    // Chance is 1/3; the classes of the training images are moved by one for every other one.
    let home = Home::new("noise");
    let path = home.0.join("test-labels");
    let mut labels = fs::read(&path).unwrap();
    labels[8..].iter_mut().for_each(|l| *l = (*l + 1) % 3);
    fs::write(&path, labels).unwrap();
    let depths = json(&home.run(&["--layers", "2", "--readout", "gap", "--json"]));
    assert_eq!(depths[0]["all"]["correct"], 0);
}

#[test]
fn a_folder_keeps_finished_tiles_and_only_those_of_the_same_question() {
    let home = Home::new("kept");
    let out = home.path("out");
    let question = [
        "--layers",
        "1,2",
        "--readout",
        "gap",
        "--out",
        &out,
        "--json",
    ];
    let first = json(&home.run(&question));
    let out_path = Path::new(&out);
    // tiles of 32 x 32: two by two of 60 training images, and of 45 test images with those
    for array in ["train", "test"] {
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            // two depths
            let tile = out_path.join(format!("{array}/c/0/{i}/{j}"));
            assert_eq!(
                fs::metadata(&tile).unwrap().len(),
                2 * 32 * 32 * 8,
                "{tile:?}"
            );
        }
        assert_eq!(
            fs::read_dir(out_path.join(array).join("c/0/0"))
                .unwrap()
                .count(),
            2
        );
    }
    assert!(out_path.join("accuracy.json").exists());

    // One tile is lost: it alone is made again.
    let tile = out_path.join("test/c/0/0/1");
    let bytes = fs::read(&tile).unwrap();
    fs::remove_file(&tile).unwrap();
    let second = json(&home.run(&question));
    assert_eq!(second[1]["pairs"], 32 * 28);
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a["all"], b["all"]);
    }
    assert_eq!(fs::read(&tile).unwrap(), bytes);
    // A second name of a symmetric tile is made of the first.
    fs::remove_file(out_path.join("train/c/0/0/1")).unwrap();
    assert_eq!(json(&home.run(&question))[0]["pairs"], 0);

    fs::write(&tile, &bytes[..100]).unwrap();
    let session = home.run(&question[..6]);
    assert_bad("broken tile", &session);
    assert!(
        session.stderr.contains("c/0/0/1 is damaged"),
        "{}",
        session.stderr
    );
    let other = home.run(&["--layers", "1,3", "--readout", "gap", "--out", &out]);
    assert_bad("other question", &other);
    assert!(other.stderr.contains("other kernels"), "{}", other.stderr);
}

/// Shards into one folder and into two that are merged: the accuracy follows without a pair made anew, and equals that of
/// a run in one piece.
#[test]
fn shards_make_the_kernels_and_a_run_without_them_the_accuracy() {
    let home = Home::new("shards");
    let line = |more: &[&str]| {
        let question = ["--layers", "1,2", "--readout", "vanilla", "--json"];
        home.run(&[&question[..], more].concat())
    };
    let plain = json(&line(&[]));
    let (one, two, both, shared) = (
        home.path("one"),
        home.path("two"),
        home.path("both.zarr"),
        home.path("shared"),
    );
    let words = home.run(&[
        "--layers",
        "1,2",
        "--readout",
        "vanilla",
        "--out",
        &one,
        "--shard",
        "1/2",
    ]);
    let words = on_one_line(&words.stdout);
    assert!(words.contains("; no accuracy."), "{words}");
    let second = json(&line(&["--out", &two, "--shard", "2/2"]));
    // one tile of 60 training images, one of 45 with 60
    assert_eq!(
        (&second[0]["tiles"], &second[0]["pairs"]),
        (&1.into(), &(45 * 60).into())
    );
    assert_eq!(second[0]["whole"], false);
    let merge = |stores: &[&str]| deeplimit(&[&["gram", "merge", "--out", &both], stores].concat());
    let missing = merge(&[&one]);
    assert_bad("missing", &missing);
    assert!(missing.stderr.contains("tile 0") && missing.stderr.contains("none of the stores"));
    let merged = merge(&[&one, &two]);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert_eq!(
        json(&line(&["--out", &shared, "--shard", "1/2"]))[0]["whole"],
        false
    );
    assert_eq!(
        json(&line(&["--out", &shared, "--shard", "2/2"]))[0]["whole"],
        true
    );
    assert_eq!(
        json(&line(&["--out", &shared, "--shard", "2/2"]))[0]["resumed"],
        1
    );
    for out in [&both, &shared] {
        for (a, b) in plain.iter().zip(json(&line(&["--out", out]))) {
            assert_eq!(a["all"], b["all"]);
            assert_eq!(b["pairs"], 0);
        }
    }
    let session = home.run(&["--layers", "1", "--readout", "gap", "--shard", "1/2"]);
    assert_eq!(session.code, Some(2));
    assert!(session.stderr.contains("--out"), "{}", session.stderr);
}

#[test]
fn bad_input_is_one_clear_sentence() {
    let home = Home::new("bad");
    let bad = |more: &[&str], words: &[&str]| {
        let session = home.run(more);
        assert_bad(&more.join(" "), &session);
        for word in words {
            assert!(
                session.stderr.contains(word),
                "{more:?}: {}",
                session.stderr
            );
        }
    };
    let with = |more: &[&'static str], words: &[&str]| {
        let mut line = vec!["--layers", "2", "--readout", "gap"];
        line.extend(more);
        bad(&line, words);
    };
    with(&["--filter", "4"], &["odd", "4"]);
    // what is typed is looked at before what is read
    let line = "cntk --train none.bin --test none.bin --layers 2 --readout gap --filter 4";
    let session = deeplimit(&line.split(' ').collect::<Vec<_>>());
    assert_bad(line, &session);
    assert!(session.stderr.contains("odd"), "{}", session.stderr);
    with(&["--activation", "relu6"], &["relu6", "kinks"]);
    let both = ["--layers", "2", "--network", "conv3 relu gap"];
    let session = home.run(&both);
    assert_eq!(session.code, Some(2));
    assert!(session.stderr.contains("cannot be used with '--network"));
    bad(&["--network", "conv3 rleu gap"], &["rleu", "relu", "^^^^"]);
    bad(
        &["--network", "conv3 relu"],
        &["gap or flatten", "    ^^^^"],
    );
    bad(
        &["--network", "conv3 relu pool4 gap"],
        &["no squares of 4 x 4", "6 x 6"],
    );
    bad(&["--network", "conv3 relu6 gap"], &["kinks"]);
    with(&["--activation", "rleu"], &["relu"]);
    with(&["--train-count", "61"], &["60 images", "61"]);
    with(&["--train-skip", "60"], &["60 images"]);
    with(&["--train-count", "0"], &["from 1"]);
    with(&["--bias", "nan"], &["bias"]);
    with(&["--jitter", "nan"], &["ridge"]);
    with(&["--zca", "0"], &["epsilon", "0"]);
    bad(
        &["--layers", "2,0", "--readout", "gap"],
        &["from 1 to 10000"],
    );
    bad(&["--layers", "x", "--readout", "gap"], &["from 1 to 10000"]);

    let one = |train: &str, more: &[&str], words: &[&str]| {
        let (train, test) = (home.path(train), home.path("test"));
        let mut line = vec!["cntk", "--layers", "2", "--readout", "gap"];
        line.extend(["--train", &train, "--test", &test]);
        line.extend(more);
        let session = deeplimit(&line);
        assert_bad(&train, &session);
        for word in words {
            assert!(session.stderr.contains(word), "{}", session.stderr);
        }
    };
    one("none", &[], &["none", "no such file"]);
    one("train", &[], &["no labels", "--train-labels"]);
    fs::write(home.0.join("short.bin"), [0; 5000]).unwrap();
    one("short.bin", &[], &["short.bin", "5000 bytes", "3073"]);
    let mut record = vec![0; 3073];
    record[0] = 10;
    fs::write(home.0.join("label.bin"), record).unwrap();
    one("label.bin", &[], &["label.bin", "record 0", "label 10"]);
    let mut record = vec![7; 2 * 3073];
    (record[0], record[3073]) = (1, 2);
    fs::write(home.0.join("other.bin"), record).unwrap();
    let labels = home.path("test-labels");
    one("other.bin", &["--test-labels", &labels], &["32", "6"]);

    // Equal images have no interpolant; jitter is the way out, and it is reported.
    fs::write(
        home.0.join("twice"),
        [
            &[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0, 6][..],
            &[9; 36],
            &[9; 36],
            &[[9, 0, 0]; 12].concat(),
        ]
        .concat(),
    )
    .unwrap();
    // every class of the test images has one
    fs::write(
        home.0.join("twice-labels"),
        [0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2],
    )
    .unwrap();
    let (twice, twice_labels) = (home.path("twice"), home.path("twice-labels"));
    let more = [
        "--train-labels",
        &twice_labels,
        "--test-labels",
        &labels,
        "--preprocess",
        "none",
    ];
    let test = home.path("test");
    let twins = |option: &[&str]| {
        let mut line = vec!["cntk", "--layers", "2", "--readout", "gap"];
        line.extend(["--train", &twice, "--test", &test]);
        line.extend(more);
        line.extend(option);
        deeplimit(&line)
    };
    let session = twins(&[]);
    assert_bad("equal images", &session);
    assert!(session.stderr.contains("positive definite") && session.stderr.contains("ridge"));
    let session = twins(&["--json"]);
    assert_eq!(session.code, Some(2), "{}", session.stdout);
    let answer: Json = serde_json::from_str(&session.stdout).unwrap();
    assert_eq!(answer[0]["layers"], "2");
    assert_eq!(answer[0]["error"]["kind"], "unresolved");
    for name in ["--ridge", "--jitter"] {
        let session = twins(&[name, "1/1000"]);
        assert_eq!(session.code, Some(0), "{}", session.stderr);
        let said = on_one_line(&session.stderr);
        assert!(said.contains("Ridge 1e-3"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_finished_tiles_and_a_later_run_goes_on() {
    let home = Home::new("interrupted");
    // Enough that it cannot be over before the signal.
    home.images("train", 3000, 3);
    home.images("test", 3000, 4);
    let out = home.path("out");
    let line = home.line(&["--layers", "200", "--readout", "gap", "--out", &out]);
    let child = program()
        .args(&line)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let first = Path::new(&out).join("train/c/0/0/0");
    for _ in 0..600 {
        if first.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(first.exists());
    let id = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(killed.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = on_one_line(&String::from_utf8(output.stderr).unwrap());
    assert!(
        said.contains("Interrupted") && said.contains("goes on"),
        "{said}"
    );
    assert!(first.exists());
    assert!(!Path::new(&out).join("accuracy.json").exists());
    let unfinished = fs::read_dir(first.parent().unwrap()).unwrap();
    let mut names = unfinished.map(|e| e.unwrap().file_name().into_string().unwrap());
    assert!(names.all(|n| !n.contains("unfinished")));
}

#[test]
fn cifar_where_it_is() {
    let data = std::env::var_os("DEEPLIMIT_DATA").map(PathBuf::from);
    let data =
        data.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    let batches = data.join("cifar-10-batches-bin");
    if !batches.is_dir() {
        eprintln!(
            "skipped: no data in {} (set DEEPLIMIT_DATA)",
            data.display()
        );
        return;
    }
    let path = |name: &str| batches.join(name).display().to_string();
    let (train, test) = (path("data_batch_1.bin"), path("test_batch.bin"));
    let mut line = vec![
        "cntk",
        "--train",
        &train,
        "--test",
        &test,
        "--readout",
        "vanilla",
        "--json",
    ];
    line.extend([
        "--layers",
        "3",
        "--train-count",
        "200",
        "--test-count",
        "200",
    ]);
    let depths = json(&deeplimit(&line));
    // Chance is 0.1 with standard error 0.021; 200 training images give about a quarter.
    assert!(
        depths[0]["all"]["accuracy"].as_f64().unwrap() > 0.16,
        "{}",
        depths[0]
    );
}
