//! Sessions with rows of their own lengths, and with more rows than a matrix may take.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::files::array;
use crate::support::{Session, run};

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rows-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn json(s: &Session) -> Json {
    assert_eq!(s.code, Some(0), "{}{}", s.stdout, s.stderr);
    serde_json::from_str(&s.stdout).unwrap()
}

/// Rows on two spirals.
fn spirals(count: usize, from: usize) -> String {
    let mut text = "x,y,z,label\n".to_owned();
    for i in from..from + count {
        let t = (i * 37 % 101) as f64 / 20.0 + 0.2;
        let side = if i % 2 == 0 { 1.0 } else { -1.0 };
        let noise = (i * i % 17) as f64 / 40.0;
        text += &format!(
            "{},{},{noise},{}\n",
            side * t * t.cos(),
            side * t * t.sin(),
            i % 2
        );
    }
    text
}

/// erf by hand (Williams 1997), at two variances.
#[test]
fn lengths_count_for_other_activations() {
    let dir = folder("lengths");
    fs::write(dir.join("x.csv"), "a,b\n1,0\n0,2\n3,3\n").unwrap();
    let line = "gram --data @x.csv --activation erf --kernel nngp --depth 1 --sigma-w 1.5 --sigma-b 0.1 --lengths keep --out @K.npy";
    let answer = json(&run(&format!("{line} --json"), &dir));
    assert_eq!(answer[0]["lengths"], "keep");
    assert!(answer[0]["error"].as_f64().unwrap() < 1e-12);
    let (_, k) = array(&dir.join("K.npy"));
    let rows = [[1.0f64, 0.0], [0.0, 2.0], [3.0, 3.0]];
    for i in 0..3 {
        for j in 0..3 {
            let dot = |a: usize, b: usize| {
                2.25 * (rows[a][0] * rows[b][0] + rows[a][1] * rows[b][1]) + 0.01
            };
            let root = ((1.0 + 2.0 * dot(i, i)) * (1.0 + 2.0 * dot(j, j))).sqrt();
            let value = 2.25 * 2.0 / std::f64::consts::PI * (2.0 * dot(i, j) / root).asin() + 0.01;
            assert!((k[3 * i + j] - value).abs() < 1e-13, "{i} {j}");
        }
    }
    let words = run(&format!("{line} --force"), &dir);
    assert!(
        words
            .stdout
            .contains("of sqrt(K(x, x) K(x', x')), measured"),
        "{}",
        words.stdout
    );
    // every command that has rows takes them
    fs::write(dir.join("a.csv"), spirals(40, 0)).unwrap();
    fs::write(dir.join("b.csv"), spirals(6, 40)).unwrap();
    for line in [
        "evaluate --data @a.csv --label label --activation tanh --depth 2 --sigma-w 1.5 --lengths keep",
        "predict --train @a.csv --test @b.csv --activation silu --depth 2 --lengths keep --out @P.csv",
        "regress --train @a.csv --target z --drop label --activation gelu --depth 2 --sigma-w 1.5 --lengths keep",
        "dynamics --train @a.csv --test @b.csv --activation tanh --depth 2 --time 1 --lengths keep --out @D.csv",
    ] {
        let s = run(line, &dir);
        assert_eq!(s.code, Some(0), "{line}: {}", s.stderr);
        assert!(
            s.stdout.contains("1e-10 or less") || s.stdout.contains("measured"),
            "{line}: {}",
            s.stdout
        );
    }
}

#[test]
fn conjugate_gradients_are_cholesky() {
    let dir = folder("gradients");
    fs::write(dir.join("a.csv"), spirals(300, 0)).unwrap();
    fs::write(dir.join("b.csv"), spirals(40, 300)).unwrap();
    let line = "predict --train @a.csv --test @b.csv --activation relu --depth 3 --ridge 1e-3 --lengths lift --json";
    let scores = |name: &str| -> Vec<f64> {
        let text = fs::read_to_string(dir.join(name)).unwrap();
        let cells = text.lines().skip(1).flat_map(|l| l.split(',').skip(1));
        cells.map(|c| c.parse().unwrap()).collect()
    };
    let whole = json(&run(
        &format!("{line} --solver cholesky --out @C.csv"),
        &dir,
    ));
    assert!(whole[0]["conjugate_gradients"].is_null());
    let tiled = json(&run(
        &format!("{line} --solver cg --tolerance 1e-9 --out @G.csv"),
        &dir,
    ));
    let how = &tiled[0]["conjugate_gradients"];
    assert!(how["steps"].as_u64().unwrap() > 0 && how["residual"].as_f64().unwrap() <= 1e-9);
    let (c, g) = (scores("C.csv"), scores("G.csv"));
    assert_eq!(
        (c.len(), whole[0]["tested"].clone()),
        (80, tiled[0]["tested"].clone())
    );
    for (c, g) in c.iter().zip(&g) {
        assert!((c - g).abs() < 1e-6, "{c} {g}");
    }
    // three matrices of 300 rows are 2 MiB
    let auto = json(&run(&format!("{line} --memory 1MiB --out @A.csv"), &dir));
    assert!(auto[0]["conjugate_gradients"].is_object());
    assert!(json(&run(&format!("{line} --out @B.csv"), &dir))[0]["conjugate_gradients"].is_null());
    // what is finished leaves nothing behind
    assert!(!dir.join("G.csv.iterate").exists() && !dir.join("A.csv.iterate").exists());
}

#[test]
fn what_has_no_answer_is_one_sentence() {
    let dir = folder("faults");
    fs::write(dir.join("a.csv"), spirals(60, 0)).unwrap();
    fs::write(dir.join("b.csv"), spirals(6, 60)).unwrap();
    fs::write(dir.join("long.csv"), "x,y,label\n1e7,1,a\n1,1,b\n2,1,b\n").unwrap();
    fs::write(dir.join("O.csv.iterate"), "mine").unwrap();
    for (line, words) in [
        (
            "--activation tanh --depth inf --solver cg --out @P.csv",
            "means another classifier",
        ),
        (
            "--activation relu --depth 2 --solver lu --out @P.csv",
            "cholesky",
        ),
        (
            "--activation relu --depth 2 --tolerance 2 --out @P.csv",
            "between 0 and 1",
        ),
        (
            "--activation relu --depth 2 --solver cg --memory 1KiB --out @P.csv",
            "--memory",
        ),
        (
            "--activation relu --depth 2 --solver cg --out @O.csv",
            "damaged",
        ),
        (
            "--activation tanh --depth 2 --lengths keep --out @P.csv --train @long.csv",
            "divide all rows by one number",
        ),
        (
            "--activation elu --depth 2 --lengths keep --out @P.csv",
            "no closed form in doubles",
        ),
        (
            "--activation tanh --depth inf --lengths keep --out @P.csv",
            "at infinite depth",
        ),
    ] {
        let train = if line.contains("--train") {
            ""
        } else {
            "--train @a.csv"
        };
        let test = if line.contains("@long") {
            "@long.csv"
        } else {
            "@b.csv"
        };
        let s = run(&format!("predict {train} --test {test} {line}"), &dir);
        assert_eq!(s.code, Some(2), "{line}: {}{}", s.stdout, s.stderr);
        assert!(s.stderr.contains(words), "{line}: {}", s.stderr);
        assert!(!dir.join("P.csv").exists());
    }
    // what is somebody's own is begun anew only where that is said
    assert_eq!(
        fs::read_to_string(dir.join("O.csv.iterate")).unwrap(),
        "mine"
    );
}
