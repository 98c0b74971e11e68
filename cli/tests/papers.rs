//! Papers as sessions: claims checked, figures drawn, bad files refused.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{assert_bad, deeplimit, program};
use serde_json::Value as Json;

/// An empty folder of this name.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

const HEAD: &str = "key = \"mine\"\ntitle = \"t\"\nauthors = \"a\"\nreference = \"r\"\n\n";
const CLAIM: &str = "[[claim]]\nkey = \"one\"\nstatement = \"s\"\nsource = \"Theorem 1\"\nquantity = \"regime\"\n\
    parameters = { activation = \"erf\" }\nword = \"singular\"\norigin = \"odd\"\neffort = 1\n";

#[test]
fn a_new_paper_is_a_folder_with_a_file() {
    let dir = folder("papers-new");
    fs::create_dir_all(dir.join("mine")).unwrap();
    fs::write(dir.join("mine/claims.toml"), format!("{HEAD}{CLAIM}")).unwrap();
    let dir = dir.to_str().unwrap();
    let session = deeplimit(&["papers", "check", "mine/one", "--papers", dir]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    assert!(
        session
            .stdout
            .starts_with("agrees         one  singular  (singular)\n"),
        "{}",
        session.stdout
    );
    assert!(
        session
            .stdout
            .ends_with("1 agree, 0 differ, 0 not attempted\n")
    );
    // A line for each paper, and the claims of one.
    let list = deeplimit(&["papers", "list", "--papers", dir]);
    assert_eq!(list.stdout, "mine    1 claim   t\n");
    let list = deeplimit(&["papers", "list", "mine", "--papers", dir]);
    assert!(
        list.stdout.starts_with("mine  t\n") && list.stdout.contains("\n  one  effort 1\n"),
        "{}",
        list.stdout
    );
}

#[test]
fn a_paper_is_a_line_and_a_claim_has_a_prefix() {
    let list = deeplimit(&["papers", "list"]);
    assert_eq!(list.code, Some(0));
    let keys: Vec<_> = list
        .stdout
        .lines()
        .map(|l| l.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        keys,
        ["arora2019", "arora2020", "lee2019", "radhakrishnan2022"]
    );
    assert!(
        list.stdout
            .lines()
            .all(|l| l.contains(" claims ") && l.chars().count() <= 110),
        "{}",
        list.stdout
    );
    for (target, says) in [
        ("nobody2020", "there is no paper `nobody2020`"),
        ("lee2019/x", "a paper is wanted"),
    ] {
        let session = deeplimit(&["papers", "list", target]);
        assert_bad(target, &session);
        assert!(session.stderr.contains(says), "{}", session.stderr);
    }
    // Two claims that begin with `claim-1.`, and one that begins with the same letters.
    let dir = folder("papers-prefix");
    fs::create_dir_all(dir.join("mine")).unwrap();
    let one = |key: &str| CLAIM.replace("\"one\"", &format!("\"{key}\""));
    let text = format!(
        "{HEAD}{}{}{}",
        one("claim-1.a"),
        one("claim-1.b"),
        one("claim-10")
    );
    fs::write(dir.join("mine/claims.toml"), text).unwrap();
    let dir = dir.to_str().unwrap();
    let checked = |target: &str| deeplimit(&["papers", "check", target, "--papers", dir]);
    for (target, ends) in [
        ("mine/claim-1", "2 agree"),
        ("mine/claim-1.a", "1 agree"),
        ("mine/claim-10", "1 agree"),
        ("mine/claim", "3 agree"),
    ] {
        let session = checked(target);
        assert_eq!(session.code, Some(0), "{}", session.stderr);
        let last = session.stdout.lines().last().unwrap();
        assert_eq!(
            last,
            format!("{ends}, 0 differ, 0 not attempted"),
            "{target}"
        );
    }
    for target in ["mine/claim-", "mine/clai", "mine/", "mine/claim-1.ab"] {
        let session = checked(target);
        assert_bad(target, &session);
        assert!(
            session
                .stderr
                .contains("`deeplimit papers list mine` names them all"),
            "{}",
            session.stderr
        );
    }
}

/// A claim that differs stays, with the numbers, and the exit code says so.
#[test]
fn a_claim_that_differs_is_a_finding() {
    let dir = folder("papers-differ");
    fs::create_dir_all(dir.join("mine")).unwrap();
    let text = format!("{HEAD}{CLAIM}").replace("word = \"singular\"", "word = \"ordered\"");
    fs::write(dir.join("mine/claims.toml"), text).unwrap();
    let session = deeplimit(&[
        "papers",
        "check",
        "--json",
        "--papers",
        dir.to_str().unwrap(),
    ]);
    assert_eq!(session.code, Some(1));
    let json: Json = serde_json::from_str(&session.stdout).unwrap();
    assert_eq!(
        (&json[0]["verdict"], &json[0]["measured"]),
        (&"differs".into(), &"singular".into())
    );
}

#[test]
fn a_bad_file_is_one_sentence_with_file_and_line() {
    let whole = format!("{HEAD}{CLAIM}");
    for (name, from, to, line, words) in [
        ("syntax", "effort = 1", "effort = = 1", 14, ""),
        (
            "missing",
            "origin = \"odd\"\n",
            "",
            6,
            "missing field `origin`",
        ),
        ("unknown", "origin", "orgin", 13, "unknown field `orgin`"),
        ("type", "effort = 1", "effort = \"x\"", 14, "invalid type"),
        (
            "quantity",
            "\"regime\"",
            "\"regim\"",
            6,
            "claim `one`: there is no quantity `regim`; did you mean `regime`?",
        ),
        (
            "parameter",
            "activation =",
            "depth =",
            6,
            "needs the parameter `activation`",
        ),
        (
            "nothing",
            "word = \"singular\"\n",
            "",
            6,
            "one of `word`, `near`, `at_most` and `at_least` is wanted",
        ),
        (
            "activation",
            "\"erf\"",
            "\"efr\"",
            6,
            "claim `one`: the parameter `activation`: unknown name `efr`; did you mean `erf`?",
        ),
        (
            "word",
            "word = \"singular\"",
            "word = \"singula\"",
            6,
            "claim `one`: there is no regime `singula`; there is linear, singular, nearest neighbour, majority",
        ),
        (
            "choice",
            "quantity = \"regime\"\nparameters = { activation = \"erf\" }\nword = \"singular\"",
            "quantity = \"constant\"\nparameters = { activation = \"erf\", name = \"alhpa\" }\nat_most = \"2\"",
            6,
            "there is no constant `alhpa`; there is A, A', B', alpha",
        ),
        (
            "rule",
            "quantity = \"regime\"\nparameters = { activation = \"erf\" }\nword = \"singular\"",
            "quantity = \"accuracy\"\nparameters = { dimension = 2, points = 9, rule = \"limit ref\" }\nat_most = \"2\"",
            6,
            "the parameter `rule`: unknown name `ref`",
        ),
        (
            "number",
            "word = \"singular\"",
            "at_most = \"x\"",
            6,
            "`x` is no number",
        ),
        (
            "tolerance",
            "word = \"singular\"",
            "near = \"1\"",
            6,
            "`near` needs a `tolerance`",
        ),
        (
            "effort",
            "effort = 1",
            "effort = 9",
            6,
            "the effort must be 1, 2 or 3",
        ),
        (
            "key",
            "key = \"mine\"",
            "key = \"yours\"",
            1,
            "the key is `yours`, the folder `mine`",
        ),
    ] {
        let dir = folder(&format!("papers-bad-{name}"));
        fs::create_dir_all(dir.join("mine")).unwrap();
        let text = whole.replacen(from, to, 1);
        assert_ne!(text, whole, "{name}");
        fs::write(dir.join("mine/claims.toml"), text).unwrap();
        let session = deeplimit(&["papers", "check", "--papers", dir.to_str().unwrap()]);
        assert_bad(name, &session);
        let place = format!("mine/claims.toml:{line}: ");
        assert!(
            session.stderr.contains(&place),
            "{name}: {}",
            session.stderr
        );
        assert!(session.stderr.contains(words), "{name}: {}", session.stderr);
    }
    let twice = folder("papers-bad-twice");
    fs::create_dir_all(twice.join("mine")).unwrap();
    fs::write(twice.join("mine/claims.toml"), format!("{whole}\n{CLAIM}")).unwrap();
    let session = deeplimit(&["papers", "check", "--papers", twice.to_str().unwrap()]);
    assert_bad("twice", &session);
    assert!(
        session
            .stderr
            .contains("claims.toml:16: the claim `one` stands twice"),
        "{}",
        session.stderr
    );
}

#[test]
fn bad_questions_are_one_sentence() {
    let empty = folder("papers-empty");
    let hollow = folder("papers-hollow");
    fs::create_dir_all(hollow.join("mine")).unwrap();
    let file = folder("papers-file").join("not-a-folder");
    fs::write(&file, "").unwrap();
    for (line, words) in [
        (
            vec!["papers", "check", "nobody1999"],
            "there is no paper `nobody1999`; there is arora2019, arora2020, lee2019, radhakrishnan2022",
        ),
        (
            vec!["papers", "check", "radhakrishnan2022/theorem-9"],
            "has no claim `theorem-9`",
        ),
        (
            vec!["papers", "check", "--papers", empty.to_str().unwrap()],
            "has no papers",
        ),
        (
            vec!["papers", "check", "--papers", hollow.to_str().unwrap()],
            "claims.toml: it cannot be read",
        ),
        (
            vec!["papers", "check", "--papers", "/nowhere"],
            "cannot be read",
        ),
        (
            vec!["papers", "figures", "nobody1999", "--out", "x"],
            "there is no paper `nobody1999`",
        ),
        (
            vec![
                "papers",
                "figures",
                "radhakrishnan2022",
                "--out",
                "x",
                "--only",
                "map",
            ],
            "there is no figure `map`",
        ),
        (
            vec![
                "papers",
                "figures",
                "radhakrishnan2022",
                "--only",
                "maps",
                "--out",
                file.to_str().unwrap(),
            ],
            "cannot be made",
        ),
        (
            vec!["papers", "table", "nobody1999"],
            "the paper `nobody1999` has no table",
        ),
        (
            vec!["papers", "table", "--only", "wine"],
            "--only names sets of arora2020",
        ),
        (
            vec!["papers", "table", "arora2020", "--data", "src"],
            "the UCI sets are missing",
        ),
        (
            vec!["papers", "check", "arora2020", "--data", "/nowhere"],
            "there is no such folder",
        ),
        (
            vec!["papers", "check", "--effort", "4"],
            "the effort must be 1, 2 or 3",
        ),
    ] {
        let session = deeplimit(&line);
        assert_bad(&line.join(" "), &session);
        assert!(
            session.stderr.contains(words),
            "{line:?}: {}",
            session.stderr
        );
    }
    assert!(!Path::new("x").exists());
}

/// The same for training.
#[test]
fn the_quick_claims_about_training_agree() {
    let session = deeplimit(&["papers", "check", "lee2019", "--effort", "1"]);
    assert_eq!(session.code, Some(0), "{}", session.stdout);
    let agree = session.stdout.lines().filter(|l| l.starts_with("agrees"));
    assert_eq!(agree.count(), 5, "{}", session.stdout);
}

/// A data set of two clouds in the folder `uci/NAME`.
fn two_clouds(name: &str) -> PathBuf {
    let data = folder(name);
    let set = data.join("uci/clouds");
    fs::create_dir_all(&set).unwrap();
    let mut csv = "f1,f2,label\n".to_owned();
    for i in 0..24 {
        let (x, class) = if i % 2 == 0 { (1.0, 0) } else { (-1.0, 1) };
        let wobble = f64::from(i % 5) / 10.0;
        csv += &format!("{},{},{class}\n", x + wobble, wobble - 0.2);
    }
    fs::write(set.join("clouds.csv"), csv).unwrap();
    let line = |rows: &mut dyn Iterator<Item = usize>| {
        rows.map(|r| format!("{r} ")).collect::<String>() + "\n"
    };
    let halves = line(&mut (0..12)) + &line(&mut (12..24));
    fs::write(set.join("tuning_split.txt"), halves).unwrap();
    let fold = |k: usize| {
        line(&mut (0..24).filter(|i| i / 6 != k)) + &line(&mut (0..24).filter(|i| i / 6 == k))
    };
    fs::write(set.join("kfold4.txt"), (0..4).map(fold).collect::<String>()).unwrap();
    data
}

/// The table of accuracies on sets that are typed here, in every format; a broken set is named and the others stay.
#[test]
fn rules_on_a_data_set() {
    let data = two_clouds("papers-clouds");
    let dir = data.to_str().unwrap();
    let run = |more: &[&str]| {
        deeplimit(&[&["papers", "table", "arora2020", "--data", dir], more].concat())
    };
    let markdown = run(&[]);
    assert_eq!(markdown.code, Some(0), "{}", markdown.stderr);
    // clouds at a distance of 2 that are 0.4 wide; halves are one class each
    assert!(
        markdown.stdout.contains("| clouds | 24 | 100.00 |"),
        "{}",
        markdown.stdout
    );
    assert!(markdown.stdout.contains("| mean rank |"));
    let json: Json = serde_json::from_str(&run(&["--json", "--only", "clouds"]).stdout).unwrap();
    let rows = json.as_array().unwrap();
    assert_eq!(rows.len(), 26);
    let majority = rows.iter().find(|r| r["rule"] == "majority").unwrap();
    assert_eq!(
        (&majority["set"], &majority["accuracy"]),
        (&"clouds".into(), &0.5.into())
    );
    let csv = run(&["--format", "csv"]);
    assert!(
        csv.stdout.lines().all(|l| l.split(',').count() == 15),
        "{}",
        csv.stdout
    );

    fs::create_dir_all(data.join("uci/broken")).unwrap();
    fs::write(data.join("uci/broken/broken.csv"), "f1,label\n1,x\n").unwrap();
    let both = run(&[]);
    assert_eq!(both.code, Some(2));
    assert!(both.stderr.contains("has the label `x`"), "{}", both.stderr);
    assert!(both.stdout.contains("| clouds | 24 |"), "{}", both.stdout);
    assert_bad("only", &run(&["--only", "nothing"]));
}

/// Claims about data: left out without them, measured with them.
#[test]
fn claims_about_data_say_what_is_missing() {
    let papers = folder("papers-data-claims");
    fs::create_dir_all(papers.join("mine")).unwrap();
    let claim = CLAIM
        .replace("\"regime\"", "\"uci_accuracy\"")
        .replace(
            "activation = \"erf\"",
            "rule = \"nearest\", set = \"clouds\"",
        )
        .replace("word = \"singular\"", "at_least = \"0.9\"");
    fs::write(papers.join("mine/claims.toml"), format!("{HEAD}{claim}")).unwrap();
    let papers = papers.to_str().unwrap();
    let without = deeplimit(&["papers", "check", "--papers", papers]);
    assert_eq!(without.code, Some(0), "{}", without.stdout);
    assert!(
        without.stdout.contains("not attempted  one") && without.stderr.contains("--data DIR"),
        "{}{}",
        without.stdout,
        without.stderr
    );
    let data = two_clouds("papers-clouds-claims");
    let dir = data.to_str().unwrap();
    let with = deeplimit(&["papers", "check", "--papers", papers, "--data", dir]);
    assert!(
        with.stdout.starts_with("agrees         one"),
        "{}",
        with.stdout
    );
    let images = deeplimit(&[
        "papers",
        "check",
        "arora2019/extension.activation",
        "--data",
        dir,
    ]);
    assert_eq!(images.code, Some(1));
    assert!(
        images.stdout.contains("the images of CIFAR-10 are missing"),
        "{}",
        images.stdout
    );
}

/// Where the data are: small sets by the published protocol.
#[test]
fn the_published_sets_where_they_are() {
    let data = std::env::var_os("DEEPLIMIT_DATA").map(PathBuf::from);
    let data =
        data.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    if !data.join("uci").is_dir() {
        eprintln!(
            "skipped: no data in {} (set DEEPLIMIT_DATA)",
            data.display()
        );
        return;
    }
    let dir = data.to_str().unwrap();
    let claim = deeplimit(&["papers", "check", "arora2020/one-set.wine", "--data", dir]);
    assert_eq!(claim.code, Some(0), "{}{}", claim.stdout, claim.stderr);
    // a row of zeros is no obstacle
    let line = [
        "papers",
        "table",
        "arora2020",
        "--data",
        dir,
        "--only",
        "balance-scale",
        "--json",
    ];
    let json: Json = serde_json::from_str(&deeplimit(&line).stdout).unwrap();
    let of = |rule: &str| {
        let row = json.as_array().unwrap().iter().find(|r| r["rule"] == rule);
        row.unwrap()["accuracy"].as_f64().unwrap()
    };
    // 288 of 625 rows are in the largest class
    assert!((of("majority") - 0.46).abs() < 0.05 && of("ntk") > 0.8);
}

/// Every claim of effort 1 that the program brings agrees.
#[test]
fn the_quick_claims_agree() {
    let session = deeplimit(&["papers", "check", "--effort", "1"]);
    let findings: Vec<&str> = session
        .stdout
        .lines()
        .filter(|l| l.starts_with("differs"))
        .collect();
    assert_eq!(session.code, Some(0), "{findings:?}\n{}", session.stdout);
    let agree = session
        .stdout
        .lines()
        .filter(|l| l.starts_with("agrees"))
        .count();
    assert!(agree > 90, "{agree}");
}

#[test]
fn figures_are_whole_files() {
    let out = folder("papers-figures");
    let dir = out.to_str().unwrap();
    let session = deeplimit(&[
        "papers",
        "figures",
        "radhakrishnan2022",
        "--out",
        dir,
        "--only",
        "maps,convergence",
    ]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    let mut names: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "convergence.csv",
            "convergence.pdf",
            "convergence.png",
            "convergence.svg",
            "maps.csv",
            "maps.pdf",
            "maps.png",
            "maps.svg"
        ]
    );
    assert!(
        fs::read(out.join("maps.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    let svg = fs::read_to_string(out.join("maps.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    // five frames, and an l that is no I
    assert!(svg.matches("ℓ").count() >= 10 && svg.matches("identity").count() >= 5);
    let csv = fs::read_to_string(out.join("maps.csv")).unwrap();
    assert!(
        csv.starts_with("panel,series,x,y,error\n"),
        "{}",
        &csv[..80]
    );
    let relu = csv.lines().find(|l| l.contains("relu, ")).unwrap();
    assert!(relu.contains(",\"dual\",0,0.318309886183790"), "{relu}");
}

#[test]
fn the_taxonomy_in_three_formats() {
    let markdown = deeplimit(&["papers", "table"]);
    assert_eq!(markdown.code, Some(0), "{}", markdown.stderr);
    let rows = markdown.stdout.lines().count();
    assert!(rows > 27);
    assert!(
        markdown
            .stdout
            .contains("| relu | 0.564190 | 0.707107 | 1 |  | majority | edge-of-chaos | proved |"),
        "{}",
        markdown.stdout
    );
    let json: Json =
        serde_json::from_str(&deeplimit(&["papers", "table", "--json"]).stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), rows - 2);
    assert_eq!(json[0]["verdict"], "proved");
    let csv = deeplimit(&["papers", "table", "--format", "csv"]);
    assert_eq!(csv.stdout.lines().count(), rows - 1);
    assert!(
        csv.stdout.lines().all(|l| l.split(',').count() == 8),
        "{}",
        csv.stdout
    );
    let latex = deeplimit(&["papers", "table", "--format", "latex"]);
    assert!(latex.stdout.contains("leaky\\_relu & ") && latex.stdout.contains("\\bottomrule"));
    assert_eq!(latex.stdout.matches("\\\\\n").count(), rows - 1);
}

/// Ctrl-C while claims are being measured: what is finished is printed.
#[cfg(unix)]
#[test]
fn ctrl_c_leaves_what_is_finished() {
    use std::process::Stdio;
    use std::time::Duration;
    // before the handler is in place the signal ends the program without a code: then give it more time
    let output = [1.0, 2.0, 4.0, 8.0].iter().find_map(|seconds| {
        let child = program()
            .args(["papers", "check", "--effort", "3"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(*seconds));
        let id = child.id().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().is_some() && text.contains("agrees"))
            .then_some((output.status.code(), text))
    });
    let (code, text) = output.expect("a signal that is handled");
    assert_eq!(code, Some(130));
    let sum = |l: &str| l.ends_with(" not finished") && l.contains(" agree, ");
    assert!(text.lines().last().is_some_and(sum), "{text}");
}
