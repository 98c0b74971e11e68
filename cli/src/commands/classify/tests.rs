//! Reports on verdicts made by hand.

use std::time::Duration;

use deeplimit::limit::{Phase, Value};
use rug::{Float, Rational};
use serde_json::Value as Json;

use super::*;
use crate::args::Effort;
use crate::batch::Batch;
use crate::report::Exit;
use deeplimit::real::Arithmetic;

fn exact(text: &str, of: f64) -> Option<Quantity> {
    let value = Value::Finite {
        midpoint: Float::with_val(53, of),
        radius: Float::new(32),
    };
    Some(Quantity {
        value,
        exact: Some(text.to_owned()),
    })
}

fn about(text: &str) -> Option<Quantity> {
    let midpoint = Float::with_val(300, Float::parse(text).unwrap());
    let radius = Float::with_val(32, Float::parse("1e-60").unwrap());
    Some(Quantity {
        value: Value::Finite { midpoint, radius },
        exact: None,
    })
}

fn relu() -> Classification {
    Classification {
        normalisation: exact("2", 2.0),
        // 1/sqrt(pi)
        a: about("0.56418958354775628694807945156077258584405062932899885684"),
        a_prime: about("0.70710678118654752440084436210484903928483593768847403658"),
        b_prime: exact("1", 1.0),
        fixed_point: exact("1", 1.0),
        multiplier: exact("1", 1.0),
        edge_exponent: Some(Rational::from((3, 2))),
        regime: Regime::Majority,
        phase: Some(Phase::EdgeOfChaos),
        proved: true,
        evidence: vec![
            "E phi(Z)^2 = 1/2, so c_sigma = 2".to_owned(),
            "B' = 1".to_owned(),
        ],
        missing: vec![],
        ..undecided("relu".to_owned(), String::new())
    }
}

fn tanh() -> Classification {
    Classification {
        a: exact("0", 0.0),
        alpha: about("0.88070363080779621"),
        regime: Regime::Singular,
        ..undecided("tanh".to_owned(), "an enclosure of B'".to_owned())
    }
}

fn sign() -> Classification {
    Classification {
        b_prime: Some(Quantity {
            value: Value::Infinite,
            exact: None,
        }),
        ..undecided("sign(x)".to_owned(), "B' is infinite".to_owned())
    }
}

fn args(json: bool, digits: u32, explain: bool) -> Classify {
    let timeout = Duration::from_secs(60);
    let effort = Effort {
        digits,
        json,
        timeout,
        set: vec![],
    };
    Classify {
        blocks: crate::args::Blocks::default(),
        expressions: vec![],
        effort,
        explain,
        arithmetic: Arithmetic::Ball,
    }
}

fn typo() -> Error {
    let message = "unknown name `rleu`; did you mean `relu`?".to_owned();
    Error::Parse {
        message,
        at: 0..4,
        free: None,
    }
}

fn asked(
    texts: Vec<String>,
    batch: Batch<Classification>,
    args: &Classify,
) -> Asked<Classification> {
    Asked {
        texts,
        batch,
        things: "activations",
        json: args.effort.json,
    }
}

fn reported(answers: Vec<Option<Result<Classification>>>, args: &Classify, width: usize) -> Report {
    let texts = (0..answers.len()).map(|n| format!("typed{n}")).collect();
    let batch = Batch {
        answers,
        interrupted: false,
    };
    let mut report = report(asked(texts, batch, args), args, width);
    report.text = anstream::adapter::strip_str(&report.text).to_string();
    report
}

#[test]
fn the_table_aligns_numbers_above_words() {
    let answers = vec![Some(Ok(relu())), Some(Ok(tanh())), Some(Ok(sign()))];
    let report = reported(answers, &args(false, 15, false), 100);
    let expected = "\
activation  A                  A'                 B'   alpha, c* or k
relu        0.564189583547756  0.707106781186548  1    1                  proved
  majority vote (edge of chaos, p = 3/2)
tanh        0                                          0.880703630807796  numerical
  singular kernel, alpha = 0.8807...; Bayes-consistent only where the data's dimension equals alpha,
  so for no integer dimension
sign(x)                                           inf                     undecided
  undecided: B' is infinite
";
    assert_eq!(report.text, expected);
    assert_eq!(report.exit, Exit::Undecided);
}

#[test]
fn fifty_digits_go_below_each_other() {
    for width in [80, 120] {
        let report = reported(vec![Some(Ok(relu()))], &args(false, 50, false), width);
        let expected = "\
relu  proved
  majority vote (edge of chaos, p = 3/2)
  A   0.56418958354775628694807945156077258584405062932900
  A'  0.70710678118654752440084436210484903928483593768847
  B'  1
  c*  1
  p   3/2
";
        assert_eq!(report.text, expected);
    }
}

#[test]
fn no_line_is_wider_than_the_screen() {
    for width in [80, 100, 120] {
        for digits in [1, 5, 15, 16, 17, 30, 50] {
            for explain in [false, true] {
                let answers = vec![Some(Ok(relu())), Some(Ok(tanh())), Some(Ok(sign()))];
                let report = reported(answers, &args(false, digits, explain), width);
                let widest = report
                    .text
                    .lines()
                    .map(|l| l.chars().count())
                    .max()
                    .unwrap();
                assert!(widest <= width, "{width} {digits}:\n{}", report.text);
            }
        }
    }
}

#[test]
fn explain_shows_every_step_and_what_is_missing() {
    let answers = vec![Some(Ok(relu())), Some(Ok(tanh())), Some(Ok(sign()))];
    let report = reported(answers, &args(false, 15, true), 80);
    for line in [
        "  normalisation  2",
        "  slope at c*    1",
        "    1. E phi(Z)^2 = 1/2, so c_sigma = 2",
        "    2. B' = 1",
        "  missing",
        "    1. an enclosure of B'",
        "  undecided: B' is infinite",
    ] {
        assert!(
            report.text.lines().any(|l| l == line),
            "{line}\nin\n{}",
            report.text
        );
    }
}

#[test]
fn the_json_contract() {
    let answers = vec![Some(Ok(relu())), Some(Err(typo())), Some(Ok(sign()))];
    let report = reported(answers, &args(true, 15, false), 100);
    let json: Json = serde_json::from_str(&report.text).unwrap();
    let items = json.as_array().unwrap();
    assert_eq!(items.len(), 3);

    let mut keys: Vec<_> = items[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    let mut contract = [
        "activation",
        "normalisation",
        "a",
        "a_prime",
        "b_prime",
        "alpha",
        "fixed_point",
        "multiplier",
        "order",
        "edge_exponent",
        "regime",
        "phase",
        "proved",
        "evidence",
        "facts",
        "missing",
        "nearby",
    ];
    contract.sort_unstable();
    assert_eq!(keys, contract);

    let one = serde_json::json!({"value": "1", "radius": "0", "exact": "1"});
    assert_eq!(items[0]["b_prime"], one);
    // 0.564189583547756287 is 2.87e-16 above what is printed.
    let a = serde_json::json!({"value": "0.564189583547756", "radius": "2.9e-16", "exact": null});
    assert_eq!(items[0]["a"], a);
    assert_eq!(items[0]["alpha"], Json::Null);
    assert_eq!(items[0]["order"], Json::Null);
    assert_eq!(items[0]["edge_exponent"], "3/2");
    assert_eq!(items[0]["regime"], "majority");
    assert_eq!(items[0]["phase"], "edge-of-chaos");
    assert_eq!(items[0]["proved"], true);
    assert_eq!(items[0]["evidence"].as_array().unwrap().len(), 2);

    let fault = serde_json::json!({
        "activation": "typed1",
        "error": {
            "kind": "parse",
            "message": "unknown name `rleu`; did you mean `relu`?",
            "at": [0, 4],
        },
    });
    assert_eq!(items[1], fault);

    let infinite = serde_json::json!({"value": "inf", "radius": "0", "exact": null});
    assert_eq!(items[2]["b_prime"], infinite);
    assert_eq!(items[2]["missing"], serde_json::json!(["B' is infinite"]));
    // An error outweighs what is undecided.
    assert_eq!(report.exit, Exit::Error);
    assert_eq!(report.faults.len(), 1);
}

#[test]
fn what_is_not_reached_is_undecided_and_no_error() {
    for error in [
        Error::Timeout {
            stage: Some("the fixed point".to_owned()),
            span: Duration::from_secs(2),
        },
        Error::Unresolved("too hard".to_owned()),
    ] {
        let message = crate::fault::sentence(&error);
        let report = reported(vec![Some(Err(error))], &args(true, 15, false), 100);
        let json: Json = serde_json::from_str(&report.text).unwrap();
        assert_eq!(json[0]["activation"], "typed0");
        assert_eq!(json[0]["regime"], "undecided");
        assert_eq!(json[0]["missing"], serde_json::json!([message]));
        assert_eq!(report.exit, Exit::Undecided);
        assert!(report.faults.is_empty());
    }
    let domain = Error::Domain("E phi(Z)^2 diverges".to_owned());
    let report = reported(vec![Some(Err(domain))], &args(false, 15, false), 100);
    assert_eq!((report.text.as_str(), report.exit), ("", Exit::Error));
}

#[test]
fn an_interrupted_batch_reports_what_is_finished() {
    let batch = Batch {
        answers: vec![None, Some(Ok(relu()))],
        interrupted: true,
    };
    let typed = ["tanh".to_owned(), "relu".to_owned()];
    let args = args(true, 15, false);
    let report = report(asked(typed.to_vec(), batch, &args), &args, 100);
    let json: Json = serde_json::from_str(&report.text).unwrap();
    // what is missing has its place, too
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_eq!(json[0]["activation"], "tanh");
    assert_eq!(json[0]["error"]["kind"], "interrupted");
    assert_eq!(json[1]["activation"], "relu");
    assert_eq!(report.exit, Exit::Interrupted);
}
