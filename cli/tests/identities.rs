//! Sessions of `identities`: the contract, this program against itself, programs of others that are right, wrong, or in trouble.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::{Session, deeplimit};

/// The answer in JSON of a command in which nothing fails.
fn json_of(args: &[&str]) -> Json {
    let session = deeplimit(args);
    assert_eq!(
        session.code,
        Some(0),
        "{args:?}: {}{}",
        session.stdout,
        session.stderr
    );
    serde_json::from_str(&session.stdout).unwrap()
}

/// A program of a few lines that answers what `body` makes of a question `q`.
fn program(name: &str, body: &str) -> String {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("identities");
    std::fs::create_dir_all(&dir).unwrap();
    let path: PathBuf = dir.join(format!("{name}.py"));
    let text = format!(
        "import json, math, sys, time\n\
         def dual(r):\n    s = math.sqrt((1 - r) * (1 + r)); a = math.pi - math.atan2(s, r)\n    return (s + r * a) / math.pi, a / math.pi\n\
         for line in sys.stdin:\n    q = json.loads(line)\n{body}"
    );
    std::fs::write(&path, text).unwrap();
    format!("python3 {}", path.display())
}

const RIGHT: &str = "    a = {'id': q['id']}
    known = q['activation'] == 'relu'
    if known and q['want'] == ['dual']: a['dual'] = dual(q['rho'])[0]
    if known and q['want'] == ['slope']: a['slope'] = dual(q['rho'])[1]
    print(json.dumps(a), flush=True)
";

fn against(command: &str, more: &[&str]) -> Session {
    let fixed = ["identities", "relu", "--against", command, "--json"];
    deeplimit(&[&fixed, more].concat())
}

#[test]
fn the_catalogue_is_listed() {
    let all = json_of(&["identities", "--json"]);
    let all = all.as_array().unwrap();
    assert!(all.len() >= 60, "{}", all.len());
    for one in all {
        for key in ["name", "statement", "source", "domain"] {
            assert!(one[key].as_str().is_some_and(|s| !s.is_empty()), "{one}");
        }
    }
    let text = deeplimit(&["identities"]);
    assert_eq!(text.code, Some(0));
    assert!(
        text.stdout
            .ends_with(&format!("{} identities\n", all.len()))
    );
}

#[test]
fn the_program_obeys_them_itself() {
    let found = json_of(&["identities", "relu", "erf", "--json"]);
    assert_eq!(found["failures"].as_array().unwrap().len(), 0, "{found}");
    assert!(found["held"].as_u64().unwrap() > 100, "{found}");
    let some = deeplimit(&["identities", "tanh", "--only", "dual_at_one,dual_of_odd"]);
    assert_eq!(some.code, Some(0), "{}", some.stderr);
    assert!(
        some.stdout.starts_with("nothing fails; "),
        "{}",
        some.stdout
    );
}

#[test]
fn a_right_program_is_not_accused_and_a_wrong_one_is() {
    let right = against(&program("right", RIGHT), &[]);
    assert_eq!(right.code, Some(0), "{}{}", right.stdout, right.stderr);
    // the angle where its complement belongs
    let wrong = RIGHT.replace("dual(q['rho'])[0]", "dual(-q['rho'])[0]");
    let wrong = against(&program("wrong", &wrong), &[]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.stderr);
    let found: Json = serde_json::from_str(&wrong.stdout).unwrap();
    let names: Vec<_> = (found["failures"].as_array().unwrap().iter())
        .map(|f| f["identity"]["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"dual_at_one") && names.contains(&"dual_certified"),
        "{names:?}"
    );
    let sentence = found["failures"][0]["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("units in the last place") && sentence.contains("relu"),
        "{sentence}"
    );
}

#[test]
fn programs_in_trouble_are_one_sentence_and_the_rest_goes_on() {
    let cases = [
        ("crash", "    if q['id'] == 3: sys.exit(3)\n", "it ended"),
        (
            "rubbish",
            "    if q['id'] == 2: print('Traceback (most recent call last)', flush=True)\n",
            "is no object in JSON",
        ),
        (
            "order",
            "    if q['id'] == 2: print(json.dumps({'id': 1}), flush=True)\n",
            "answered question 1 when question 2 was asked",
        ),
        (
            "words",
            "    if q['id'] == 1: print(json.dumps({'id': q['id'], q['want'][0]: 'many'}), flush=True); continue\n",
            "which is no number",
        ),
        (
            "hang",
            "    if q['id'] == 2: time.sleep(1000)\n",
            "no answer in time",
        ),
    ];
    for (name, trouble, said) in cases {
        let session = against(
            &program(name, &(trouble.to_owned() + RIGHT)),
            &["--patience", "2"],
        );
        assert_eq!(session.code, Some(2), "{name}: {}", session.stderr);
        let found: Json = serde_json::from_str(&session.stdout).unwrap();
        let troubles = found["troubles"].as_array().unwrap();
        assert!(
            !troubles.is_empty() && troubles.len() <= 2,
            "{name}: {troubles:?}"
        );
        assert!(
            troubles[0].as_str().unwrap().contains(said),
            "{name}: {troubles:?}"
        );
        assert!(session.stderr.contains(said), "{name}: {}", session.stderr);
        // the rest goes on
        assert!(found["held"].as_u64().unwrap() > 20, "{name}: {found}");
        assert_eq!(
            found["failures"].as_array().unwrap().len(),
            0,
            "{name}: {found}"
        );
    }
    let absent = against("no-such-program-anywhere", &[]);
    assert_eq!(absent.code, Some(2), "{}", absent.stderr);
    let nothing = against(
        &program(
            "nothing",
            "    print(json.dumps({'id': q['id']}), flush=True)\n",
        ),
        &[],
    );
    assert!(
        nothing.stderr.contains("has answered nothing"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn what_is_no_number_is_a_failure_of_its_own() {
    let nan = RIGHT.replace(
        "dual(q['rho'])[0]",
        "dual(q['rho'])[0] if q['rho'] < 1 else float('nan')",
    );
    let session = against(&program("nan", &nan), &["--only", "dual_at_one"]);
    assert_eq!(session.code, Some(1), "{}", session.stderr);
    assert!(
        session.stdout.contains("the answer is no number"),
        "{}",
        session.stdout
    );
}

#[test]
fn bad_input_is_one_sentence() {
    let cases: [(&[&str], &str); 5] = [
        (&["identities", "relo"], "unknown name `relo`"),
        (
            &["identities", "relu", "--only", "dual_at_two"],
            "did you mean `dual_at_one`?",
        ),
        (&["identities", "relu", "--tests", "0"], "from 1 to 1000000"),
        (&["identities", "relu", "--single"], "--against"),
        (
            &["identities", "--table", "/no/such/folder/t.json"],
            "there is no folder",
        ),
    ];
    for (args, words) in cases {
        let session = deeplimit(args);
        assert_eq!(session.code, Some(2), "{args:?}: {}", session.stdout);
        assert!(
            session.stderr.contains(words),
            "{args:?}: {}",
            session.stderr
        );
    }
}
