//! Sessions of `gram`, `evaluate` and `predict`: whole files or none, resumption, bad input in one sentence.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::files::array;
use crate::support::{Session, run};

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("data-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn json(s: &Session) -> Json {
    assert_eq!(s.code, Some(0), "{}{}", s.stdout, s.stderr);
    serde_json::from_str(&s.stdout).unwrap()
}

/// ReLU at depth 1: `T_1 = rho (1 - theta/pi) + (sin theta + (pi - theta) cos theta)/pi`.
#[test]
fn the_matrix_on_disk_is_the_kernel_of_the_rows() {
    let dir = folder("matrix");
    fs::write(dir.join("x.csv"), "a,b\n1,0\n0,2\n3,3\n").unwrap();
    let line = "gram --data @x.csv --activation relu --depth 1 --out @K.npy --json";
    let answer = json(&run(line, &dir));
    assert_eq!(answer[0]["rows"], 3);
    assert!(answer[0]["error"].as_f64().unwrap() < 1e-12);
    let (header, k) = array(&dir.join("K.npy"));
    assert!(
        header.contains("'<f8'") && header.contains("(3, 3)"),
        "{header}"
    );
    let pi = std::f64::consts::PI;
    let t = |theta: f64| {
        theta.cos() * (1.0 - theta / pi) + (theta.sin() + (pi - theta) * theta.cos()) / pi
    };
    for (i, j, theta) in [
        (0, 1, pi / 2.0),
        (0, 2, pi / 4.0),
        (2, 1, pi / 4.0),
        (1, 1, 0.0),
    ] {
        assert!((k[3 * i + j] - t(theta)).abs() < 1e-14, "{i} {j}");
    }
    // lengths count: |(0, 2)| |(3, 3)| = 2 sqrt(18)
    let line = "gram --data @x.csv --activation relu --depth 1 --out @L.npy --lengths keep";
    assert_eq!(run(line, &dir).code, Some(0));
    let (_, l) = array(&dir.join("L.npy"));
    assert!((l[5] - 2.0 * 18f64.sqrt() * t(pi / 4.0)).abs() < 1e-13);
    // never overwritten, and read back
    let again = run(
        "gram --data @x.csv --activation relu --depth 2 --out @K.npy",
        &dir,
    );
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    let line = "gram --data @K.npy --activation x --depth 2 --out @L.npy --force";
    assert_eq!(run(line, &dir).code, Some(0));
    // what is read is not replaced
    let itself = run(&line.replace("@L", "@K"), &dir);
    assert_eq!(itself.code, Some(2));
    assert!(
        itself.stderr.contains("is read, and would be"),
        "{}",
        itself.stderr
    );
    assert_eq!(array(&dir.join("K.npy")).1, k);
    let left: Vec<_> = fs::read_dir(&dir).unwrap().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

/// The same rows as text, in either order of numpy and in its other types.
#[test]
fn one_matrix_from_every_type_and_order() {
    let dir = folder("types");
    let rows = [[1i8, -2, 3], [4, 5, -6]];
    let by_columns = [1i8, 4, -2, 5, 3, -6];
    fs::write(dir.join("x.csv"), "1,-2,3\n4,5,-6\n").unwrap();
    let write = |name: &str, kind: &str, order: &str, numbers: Vec<Vec<u8>>| {
        let words = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': (2, 3), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((words.len() as u16).to_le_bytes());
        bytes.extend(words.bytes());
        bytes.extend(numbers.concat());
        fs::write(dir.join(name), bytes).unwrap();
    };
    let plain = || rows.concat().into_iter();
    let f8 = |x: i8| f64::from(x).to_le_bytes().to_vec();
    write("f8.npy", "<f8", "False", plain().map(f8).collect());
    write("fortran.npy", "<f8", "True", by_columns.map(f8).to_vec());
    let f4 = plain().map(|x| f32::from(x).to_le_bytes().to_vec());
    write("f4.npy", "<f4", "False", f4.collect());
    let i2 = by_columns.map(|x| i16::from(x).to_le_bytes().to_vec());
    write("i2.npy", "<i2", "True", i2.to_vec());
    let i8 = plain().map(|x| i64::from(x).to_le_bytes().to_vec());
    write("i8.npy", "<i8", "False", i8.collect());
    let i1 = plain().map(|x| x.to_le_bytes().to_vec());
    write("i1.npy", "|i1", "False", i1.collect());
    let matrix = |name: &str| {
        let line = "gram --activation relu --depth 3 --lengths keep --force --out @K.npy --data @";
        let s = run(&format!("{line}{name}"), &dir);
        assert_eq!(s.code, Some(0), "{name}: {}", s.stderr);
        array(&dir.join("K.npy")).1
    };
    let expected = matrix("x.csv");
    for name in [
        "f8.npy",
        "fortran.npy",
        "f4.npy",
        "i2.npy",
        "i8.npy",
        "i1.npy",
    ] {
        assert_eq!(matrix(name), expected, "{name}");
    }
}

/// Columns are those of the training rows by their names, and what would go wrong in silence is said.
#[test]
fn what_a_user_would_not_notice() {
    let dir = folder("unnoticed");
    fs::write(
        dir.join("a.csv"),
        "x,y,label\n1,0,p\n0,2,q\n3,1,p\n-1,1,q\n",
    )
    .unwrap();
    fs::write(dir.join("b.csv"), "x,y\n2,1\n-2,3\n").unwrap();
    fs::write(dir.join("turned.csv"), "y,x\n1,2\n3,-2\n").unwrap();
    fs::write(dir.join("other.csv"), "x,z\n1,2\n3,-2\n").unwrap();
    fs::write(dir.join("open.csv"), "1,2,\"a\n3,1,b\n").unwrap();
    fs::write(dir.join("one.csv"), "1,2,a\n3,1,a\n").unwrap();
    fs::write(dir.join("long.csv"), "1e200,2\n3,1e300\n").unwrap();
    fs::write(dir.join("x.npy.part"), "mine").unwrap();
    let predict = |test: &str| {
        let line =
            "predict --train @a.csv --activation relu --depth 2 --force --out @p.csv --test @";
        run(&format!("{line}{test}"), &dir)
    };
    assert_eq!(predict("b.csv").code, Some(0));
    let straight = fs::read_to_string(dir.join("p.csv")).unwrap();
    assert_eq!(predict("turned.csv").code, Some(0));
    assert_eq!(fs::read_to_string(dir.join("p.csv")).unwrap(), straight);
    let other = predict("other.csv");
    let words = "other.csv: the columns are named x, z, those of ";
    assert!(
        other.code == Some(2) && other.stderr.contains(words),
        "{}",
        other.stderr
    );
    for (line, words) in [
        (
            "gram --data @open.csv --label 3 --activation relu --depth 1 --out @x2.npy",
            "line 1, column 3: a quotation mark",
        ),
        (
            "evaluate --data @one.csv --label 3 --activation relu --depth 1",
            "nothing to tell apart",
        ),
        (
            "evaluate --data @a.csv --label lable --activation relu --depth 1",
            "the first line is x, y, label",
        ),
        (
            "gram --data @long.csv --lengths keep --activation relu --depth 1 --out @x3.npy",
            "leaves the doubles",
        ),
        (
            "gram --data @b.csv --activation relu --depth 1 --out @x.npy",
            "x.npy.part is there, and has no journal",
        ),
        (
            "gram --data @b.csv --activation relu --depth 1 --out @x.csv",
            "ends in .npy or .zarr",
        ),
        (
            "gram --data @b.csv --activation relu --depth 1 --out @no/x.npy",
            "there is no folder",
        ),
        (
            "dynamics --train @a.csv --test @b.csv --activation relu --depth 200 --sigma-w 10 --time 0 --out @d.csv",
            "leave the doubles",
        ),
        (
            "dynamics --train @a.csv --test @b.csv --activation step(x) --depth 1 --time 1 --out @d.csv",
            "kernel of equal inputs is infinite",
        ),
        (
            "gram --data @b.csv --activation relu --depth 1 --sigma-w -1 --out @x4.npy",
            "error in `relu`",
        ),
    ] {
        let s = run(line, &dir);
        assert_eq!(s.code, Some(2), "{line}: {}", s.stderr);
        assert!(s.stderr.contains(words), "{line}: {}", s.stderr);
    }
    assert_eq!(fs::read_to_string(dir.join("x.npy.part")).unwrap(), "mine");
    #[cfg(unix)]
    {
        let pipe = run(
            "gram --data /dev/null --activation relu --depth 1 --out @n.npy",
            &dir,
        );
        assert!(
            pipe.code == Some(2) && pipe.stderr.contains("a pipe or a device"),
            "{}",
            pipe.stderr
        );
    }
    let step = run(
        "gram --data @b.csv --activation step(x) --depth 1 --out @s.npy",
        &dir,
    );
    assert!(
        step.stdout.contains("kernel of equal inputs is infinite"),
        "{}",
        step.stdout
    );
}

/// An idx file of bytes.
fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|s| s.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// In an activation the place is one of the activation, not of a file's name.
#[test]
fn a_misspelt_activation_is_pointed_at() {
    let dir = folder("misspelt");
    fs::write(dir.join("d.csv"), "1,2,a\n3,4,b\n").unwrap();
    for line in [
        "gram --data @d.csv --label 3 --depth 2 --out @k.npy",
        "evaluate --data @d.csv --label 3 --depth 2",
        "predict --train @d.csv --label 3 --test @d.csv --depth 2 --out @p.csv",
        "dynamics --train @d.csv --label 3 --test @d.csv --depth 2 --time 1 --out @p.csv",
    ] {
        let s = run(&format!("{line} --activation 2*rleu(x)"), &dir);
        assert_eq!((s.code, s.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(
            s.stderr.contains("`relu`?\n  2*rleu(x)\n    ^^^^\n"),
            "{line}: {}",
            s.stderr
        );
    }
}

#[test]
fn bad_input_is_one_sentence_and_no_file() {
    let dir = folder("bad");
    let npy_of = |words: &str, numbers: usize| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((words.len() as u16).to_le_bytes());
        bytes.extend(words.bytes());
        bytes.extend(vec![0x3f; 8 * numbers]);
        bytes
    };
    let head =
        |shape: &str| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut infinite = npy_of(&head("(2, 2)"), 4);
    let end = infinite.len() - 16;
    infinite[end..end + 8].copy_from_slice(&f64::INFINITY.to_le_bytes());
    let mut absurd = npy_of(&head("(2, 2)"), 4);
    absurd[6] = 2;
    absurd[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    for (name, bytes, words) in [
        (
            "ragged.csv",
            b"1,2\n3,4,5\n".to_vec(),
            "line 2 has 3 fields",
        ),
        (
            "text.csv",
            b"a,b\n1,2\n3,x\n".to_vec(),
            "line 3, column 2: `x`",
        ),
        ("nan.csv", b"1,2\nnan,4\n".to_vec(), "line 2, column 1"),
        ("zero.csv", b"1,2\n0,0\n".to_vec(), "row 2 is zero"),
        ("empty.csv", b"".to_vec(), "no rows"),
        ("short.npy", npy_of(&head("(2, 2)"), 3), "truncated"),
        (
            "huge.npy",
            npy_of(&head("(9999999999, 9999999999)"), 3),
            "no file holds an array of 9999999999 x 9999999999 numbers",
        ),
        ("long.npy", absurd, "it has 4294967295 bytes"),
        ("cube.npy", npy_of(&head("(1, 1, 4)"), 4), "3 dimensions"),
        (
            "type.npy",
            npy_of(&head("(2, 2)").replace("<f8", "|O"), 4),
            "`|O`",
        ),
        ("text.npy", b"hello, numbers".to_vec(), "no .npy file"),
        ("none.npy", npy_of(&head("(0, 2)"), 0), "no numbers"),
        ("infinite.npy", infinite, "row 2, column 1: inf"),
        ("header.csv", b"a,b\n".to_vec(), "no rows"),
        ("short-idx", idx(&[2, 1, 3], &[1; 5]), "truncated"),
        (
            "cut-idx",
            idx(&[2, 1, 3], &[])[..9].to_vec(),
            "ends inside its header",
        ),
        ("huge-idx", idx(&[u32::MAX; 4], &[1; 5]), "truncated"),
        ("labels-idx", idx(&[3], &[1; 3]), "file of labels"),
        (
            "zero-idx",
            idx(&[2, 3], &[0, 1, 0, 0, 0, 0]),
            "row 2 is zero",
        ),
        ("x.csv.gz", b"\x1f\x8b\x08\x00".to_vec(), "gzip"),
        ("x.parquet", b"PAR1\x15\x04".to_vec(), "Parquet"),
    ] {
        fs::write(dir.join(name), bytes).unwrap();
        let line = format!("gram --data @{name} --activation relu --depth 2 --out @K.npy");
        let s = run(&line, &dir);
        assert_eq!(s.code, Some(2), "{name}: {}{}", s.stdout, s.stderr);
        assert!(s.stderr.contains(words), "{name}: {}", s.stderr);
        assert!(
            !s.stderr.contains("bug") && s.stderr.lines().count() <= 2,
            "{}",
            s.stderr
        );
    }
    fs::write(dir.join("x.csv"), "1,2\n3,4\n").unwrap();
    for (line, words) in [
        (
            "gram --data @none.csv --activation relu --depth 2 --out @K.npy",
            "cannot be read",
        ),
        (
            "gram --data @x.csv --activation tanh --depth inf --sigma-b 0.1 --out @K.npy",
            "infinite depth is known for",
        ),
        (
            "gram --data @x.csv --activation tanh --depth 2 --sigma-b -1 --out @K.npy",
            "sigma_b is a standard deviation",
        ),
        (
            "gram --data @x.csv --activation tanh --depth 2 --sigma-w 2 --convention arora2019 --out @K.npy",
            "arora2019 has no sigma_w",
        ),
        (
            "gram --data @x.csv --activation elu --depth 2 --sigma-b 1 --lengths keep --out @K.npy",
            "no closed form in doubles at two variances",
        ),
        (
            "gram --data @x.csv --activation erf --depth inf --lengths keep --out @K.npy",
            "at infinite depth",
        ),
        (
            "gram --data @x.csv --activation relu --depth 2 --memory 1KiB --out @K.npy",
            "--memory",
        ),
        (
            "gram --data @x.csv --activation relu --depth 2 --out @none/K.npy",
            "cannot be written",
        ),
        (
            "evaluate --data @x.csv --label y --activation relu --depth 2",
            "no column `y`",
        ),
    ] {
        let s = run(line, &dir);
        assert_eq!(s.code, Some(2), "{line}: {}", s.stderr);
        assert!(s.stderr.contains(words), "{line}: {}", s.stderr);
    }
    assert!(!dir.join("K.npy").exists() && !dir.join("K.npy.part").exists());
}

/// Two clouds around opposite corners, far from each other: every rule gets them right.
fn clouds(rows: usize, labelled: bool) -> String {
    let mut text = if labelled {
        "f1,f2,label\n".to_owned()
    } else {
        "f1,f2\n".to_owned()
    };
    for i in 0..rows {
        let side = if i % 2 == 0 { 1.0 } else { -1.0 };
        let angle = 0.3 * (1.7 * i as f64).sin() + 0.5;
        let label = if i % 2 == 0 { ",east" } else { ",west" };
        text += &format!(
            "{},{}{}\n",
            side * angle.cos(),
            side * angle.sin(),
            if labelled { label } else { "" }
        );
    }
    text
}

#[test]
fn clouds_are_told_apart() {
    let dir = folder("clouds");
    fs::write(dir.join("d.csv"), clouds(24, true)).unwrap();
    fs::write(dir.join("new.csv"), clouds(6, false)).unwrap();
    let numbers = |from: usize, to: usize| {
        (from..to)
            .map(|i| i.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    fs::write(
        dir.join("tune.txt"),
        format!("{}\n{}\n", numbers(0, 12), numbers(12, 24)),
    )
    .unwrap();
    fs::write(
        dir.join("folds.txt"),
        format!(
            "{}\n{}\n{}\n{}\n",
            numbers(0, 18),
            numbers(18, 24),
            numbers(6, 24),
            numbers(0, 6)
        ),
    )
    .unwrap();
    let line = "evaluate --data @d.csv --label label --activation sin(x) --depth 2,inf --folds @folds.txt --tune @tune.txt --json";
    let answer = json(&run(line, &dir));
    assert_eq!(answer[0]["accuracy"], 1.0);
    assert_eq!(answer[0]["majority"], 0.5);
    assert_eq!(answer[0]["folds"].as_array().unwrap().len(), 2);
    let text = run(
        "evaluate --data @d.csv --label label --activation relu --depth 3",
        &dir,
    );
    assert!(
        text.stdout.contains("leave-one-out") && text.stdout.contains("100.00 %"),
        "{}",
        text.stdout
    );
    let line =
        "predict --train @d.csv --test @new.csv --activation sin(x) --depth inf --out @p.csv";
    let s = run(line, &dir);
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    let p = fs::read_to_string(dir.join("p.csv")).unwrap();
    let lines: Vec<&str> = p.lines().collect();
    assert_eq!(lines.len(), 7);
    for (i, line) in lines[1..].iter().enumerate() {
        assert!(
            line.starts_with(if i % 2 == 0 { "\"east\"" } else { "\"west\"" }),
            "{line}"
        );
    }
    assert!(run(line, &dir).stderr.contains("exists already"));
    fs::write(dir.join("d.csv"), "f1,f2,label\n1,2,a\n2,1,\n").unwrap();
    let s = run(
        "predict --train @d.csv --test @new.csv --activation relu --depth 1 --out @q.csv",
        &dir,
    );
    assert!(s.stderr.contains("line 3 has no label"), "{}", s.stderr);
    fs::write(dir.join("bad.txt"), "0 1\n99\n").unwrap();
    fs::write(dir.join("d.csv"), clouds(24, true)).unwrap();
    let s = run(
        "evaluate --data @d.csv --label label --activation relu --depth 1 --folds @bad.txt",
        &dir,
    );
    assert_eq!(s.code, Some(2));
    assert!(s.stderr.contains("no row 99"), "{}", s.stderr);
}

/// Bytes over 255, labels from a file of their own: the same as the CSV file of the same numbers.
#[test]
fn idx_and_npy_are_rows_with_labels_beside() {
    let dir = folder("idx");
    let pixels: Vec<u8> = (0..12u8)
        .flat_map(|i| match i % 2 {
            0 => [200, 10 + i, 3, 0],
            _ => [1, 5, 180 + i, 90],
        })
        .collect();
    let classes: Vec<u8> = (0..12).map(|i| 3 + i % 2).collect();
    fs::write(dir.join("images"), idx(&[12, 2, 2], &pixels)).unwrap();
    fs::write(dir.join("labels"), idx(&[12], &classes)).unwrap();
    fs::write(dir.join("few"), idx(&[11], &classes[1..])).unwrap();
    let words = "{'descr': '<i8', 'fortran_order': False, 'shape': (12,), }\n";
    let mut npy_labels = b"\x93NUMPY\x01\x00".to_vec();
    npy_labels.extend((words.len() as u16).to_le_bytes());
    npy_labels.extend(words.bytes());
    npy_labels.extend(classes.iter().flat_map(|c| i64::from(*c).to_le_bytes()));
    fs::write(dir.join("labels.npy"), npy_labels).unwrap();
    let mut csv = "a,b,c,d,label\n".to_owned();
    for (row, class) in pixels.chunks(4).zip(&classes) {
        for byte in row {
            csv += &format!("{:?},", f64::from(*byte) / 255.0);
        }
        csv += &format!("{class}\n");
    }
    fs::write(dir.join("x.csv"), csv).unwrap();
    let network = "--activation relu --depth 2";
    for (data, label, out) in [("x.csv", "--label label", "C.npy"), ("images", "", "I.npy")] {
        let s = run(
            &format!("gram --data @{data} {label} {network} --out @{out}"),
            &dir,
        );
        assert_eq!(s.code, Some(0), "{}", s.stderr);
    }
    assert_eq!(
        fs::read(dir.join("C.npy")).unwrap(),
        fs::read(dir.join("I.npy")).unwrap()
    );
    for label in ["@labels", "@labels.npy"] {
        let line = format!("evaluate --data @images --label {label} {network} --json");
        let answer = json(&run(&line, &dir));
        assert_eq!(
            (&answer[0]["accuracy"], &answer[0]["classes"]),
            (&1.0.into(), &2.into())
        );
    }
    let line =
        format!("predict --train @images --label @labels --test @images {network} --out @p.csv");
    let s = run(&line, &dir);
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    let predicted = fs::read_to_string(dir.join("p.csv")).unwrap();
    assert!(
        predicted.starts_with("label,\"score 3\",\"score 4\"\n\"3\","),
        "{predicted}"
    );
    for (label, words) in [
        ("@few", "11 labels are there for 12 rows"),
        ("@images", "labels have one"),
        ("@none", "none cannot be read: no such file"),
        ("class", "class cannot be read"),
    ] {
        let s = run(
            &format!(
                "predict --train @images --label {label} --test @images {network} --out @q.csv"
            ),
            &dir,
        );
        assert_eq!(s.code, Some(2), "{label}");
        assert!(s.stderr.contains(words), "{label}: {}", s.stderr);
    }
    assert!(!dir.join("q.csv").exists());
}

/// The first images of MNIST, where they are.
#[test]
fn mnist_where_it_is() {
    let data = std::env::var_os("DEEPLIMIT_DATA").map(PathBuf::from);
    let data =
        data.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    let mnist = data.join("mnist");
    if !mnist.is_dir() {
        eprintln!(
            "skipped: no data in {} (set DEEPLIMIT_DATA)",
            data.display()
        );
        return;
    }
    let dir = folder("mnist");
    let part = |from: &str, to: &str, [head, each]: [usize; 2], images: std::ops::Range<usize>| {
        let bytes = fs::read(mnist.join(from)).unwrap();
        let mut out = bytes[..head].to_vec();
        out[4..8].copy_from_slice(&(images.len() as u32).to_be_bytes());
        out.extend(&bytes[head + each * images.start..head + each * images.end]);
        fs::write(dir.join(to), out).unwrap();
    };
    let (images, labels) = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
    part(images, "train", [16, 784], 1000..1400);
    part(labels, "labels", [8, 1], 1000..1400);
    part(images, "test", [16, 784], 0..200);
    let line = "predict --train @train --label @labels --test @test --activation relu --depth 1 --out @p.csv";
    let s = run(line, &dir);
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    let truth = fs::read(mnist.join(labels)).unwrap();
    let predicted = fs::read_to_string(dir.join("p.csv")).unwrap();
    let predicted = predicted
        .lines()
        .skip(1)
        .map(|l| l.split('"').nth(1).unwrap().parse::<u8>().unwrap());
    let right = predicted.zip(&truth[8..]).filter(|(a, b)| a == *b).count();
    // chance is 20 of 200, standard error 4
    assert!(right > 120, "{right} of 200");
}

/// `k_1 = sigma_w^2 E phi phi + sigma_b^2` of erf in closed form (Williams 1997), and the parameters are part of what an
/// unfinished matrix is compared with.
#[test]
fn weights_and_biases_are_those_of_ntk() {
    let dir = folder("network");
    fs::write(dir.join("x.csv"), "1,0\n0,2\n3,3\n").unwrap();
    let line = "gram --data @x.csv --activation erf --depth 1 --kernel nngp --sigma-w 1.5 --sigma-b 0.1 --out @K.npy";
    let s = run(line, &dir);
    assert_eq!(s.code, Some(0), "{}", s.stderr);
    let (_, k) = array(&dir.join("K.npy"));
    let entry = |rho: f64| {
        let sine: f64 = 2.0 * (2.25 * rho + 0.01) / (1.0 + 2.0 * 2.26);
        2.25 * 2.0 / std::f64::consts::PI * sine.asin() + 0.01
    };
    for (i, rho) in [(1, 0.0), (2, 0.5f64.sqrt()), (4, 1.0)] {
        assert!((k[i] - entry(rho)).abs() < 1e-14, "{i}");
    }
    // and `ntk` says the same
    let line = "ntk erf --rho 0 --depth 1 --sigma-w 1.5 --sigma-b 0.1 --json";
    let answer = json(&run(line, &dir));
    let nngp: f64 = answer[0]["nngp"]["value"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((nngp - k[1]).abs() < 1e-14);
}

/// Infinite depth in every regime: the entries, and the classifier that comes of them.
#[test]
fn infinite_depth_in_every_regime() {
    let dir = folder("limits");
    fs::write(dir.join("x.csv"), "1,0\n0,2\n2,0\n").unwrap();
    for (activation, kernel, limit, other, own) in [
        ("relu", "ntk", "edge of chaos", 0.25, 1.0),
        ("relu", "nngp", "edge of chaos", -1.0, 0.0),
        // dual (1 + 2 rho^2)/3: c* = 1/2, dual'(c*) = 2/3
        ("x^2", "ntk", "chaotic", 1.5, f64::INFINITY),
        ("x^2", "nngp", "chaotic", 0.5, 1.0),
        ("x^2-1", "ntk", "nearest neighbour", 0.0, 1.0),
    ] {
        let line = format!(
            "gram --data @x.csv --activation {activation} --kernel {kernel} --depth inf --out @K.npy --force --json"
        );
        let answer = json(&run(&line, &dir));
        assert_eq!(answer[0]["limit"], limit);
        let (_, k) = array(&dir.join("K.npy"));
        // rows 1 and 3 have the same direction
        for (i, x) in [(0, own), (1, other), (2, own), (8, own)] {
            assert!(
                k[i] == x || (k[i] - x).abs() < 1e-15,
                "{activation} {kernel} {i} {}",
                k[i]
            );
        }
    }
    fs::write(dir.join("d.csv"), clouds(25, true)).unwrap();
    for (activation, classifier, accuracy) in [
        // thirteen of twenty-five are east; without itself an eastern row meets a tie, and the first class is east
        ("relu", "majority vote", 13.0 / 25.0),
        ("exp(x)*x", "majority vote", 13.0 / 25.0),
        (
            "(hermite(2,x)+hermite(3,x))/sqrt(2)",
            "nearest neighbour",
            1.0,
        ),
        ("exp(x/2)", "interpolant", 1.0),
        ("sin(x)", "smoother", 1.0),
    ] {
        let line = format!(
            "evaluate --data @d.csv --label label --activation {activation} --depth inf --json"
        );
        let answer = json(&run(&line, &dir));
        assert_eq!(answer[0]["folds"][0]["classifier"], classifier);
        assert_eq!(
            answer[0]["folds"][0]["ridge"].is_null(),
            classifier != "interpolant"
        );
        assert_eq!(answer[0]["accuracy"], accuracy, "{activation}");
    }
    fs::write(dir.join("new.csv"), clouds(2, false)).unwrap();
    let line = "predict --train @d.csv --test @new.csv --activation relu --depth inf --out @p.csv";
    let s = run(line, &dir);
    assert!(
        s.stdout.contains("by majority vote"),
        "{}{}",
        s.stdout,
        s.stderr
    );
    // both new rows are training rows
    let p = fs::read_to_string(dir.join("p.csv")).unwrap();
    let first: Vec<&str> = p
        .lines()
        .skip(1)
        .map(|l| l.split(',').next().unwrap())
        .collect();
    assert_eq!(first, ["\"east\"", "\"west\""]);
}
