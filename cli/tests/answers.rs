//! Whole sessions with the mathematics behind them: the verdicts, the digits, the JSON, bad input.
//!
//! References are closed forms computed here in MPFR, or published values with their source. None is
//! copied from the program's output.

use std::time::Duration;

use rug::Float;
use rug::float::Constant;
use rug::ops::Pow;
use serde_json::Value as Json;

use crate::support::{Session, assert_bad, deeplimit};

/// Bits of the references: 50 digits need 166.
const BITS: u32 = 300;

fn json(session: &Session) -> Json {
    serde_json::from_str(&session.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{}", session.stdout, session.stderr))
}

fn classified(expressions: &[&str], digits: &str) -> Vec<Json> {
    let mut line = vec!["classify", "--json", "--digits", digits];
    line.extend(expressions);
    let session = deeplimit(&line);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    let items = json(&session).as_array().unwrap().clone();
    assert_eq!(items.len(), expressions.len());
    items
}

fn float(text: &str) -> Float {
    Float::with_val(
        BITS,
        Float::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")),
    )
}

fn real(n: f64) -> Float {
    Float::with_val(BITS, n)
}

fn pi() -> Float {
    Float::with_val(BITS, Constant::Pi)
}

/// The number contains the reference, which is known to within `slack`, and has the digits.
#[track_caller]
fn assert_number(number: &Json, reference: &Float, slack: f64, digits: u32) {
    let (value, radius) = (&number["value"], &number["radius"]);
    let (v, r) = (
        float(value.as_str().unwrap()),
        float(radius.as_str().unwrap()),
    );
    let distance = Float::with_val(BITS, &v - reference).abs();
    assert!(
        distance <= Float::with_val(BITS, &r + slack),
        "{number} is not {reference}"
    );
    // One unit of the last digit wanted.
    let unit = Float::with_val(BITS, 10).pow(1 - digits as i32) * reference.clone().abs();
    assert!(r <= unit, "{number}: fewer than {digits} digits");
}

/// `-4 log|A'| / log B'`.
fn alpha(a_prime: Float, b_prime: Float) -> Float {
    -(a_prime.abs().ln() * 4_u32) / b_prime.ln()
}

#[test]
fn published_verdicts() {
    // Twenty digits: the project's reference table.
    let table = [
        ("tanh", "singular", "alpha", "0.88070363080779621"),
        ("erf(x)", "singular", "alpha", "0.888214651283705937"),
        ("sin(x)", "singular", "alpha", "1.185565769445566"),
        ("selu", "singular", "alpha", "0.860936354193157629"),
        ("gelu", "majority", "b_prime", "1.0720315984362918947"),
        ("softplus", "ordered", "b_prime", "0.31845898368369313757"),
        ("sigmoid", "ordered", "b_prime", "0.15282701171559374896"),
        (
            "max(x,0)-1/sqrt(2*pi)",
            "singular",
            "alpha",
            "1.61786624717785146",
        ),
    ];
    let expressions: Vec<_> = table.iter().map(|row| row.0).collect();
    for digits in ["15", "50"] {
        for (item, (name, regime, key, reference)) in
            classified(&expressions, digits).iter().zip(table)
        {
            assert_eq!(item["regime"], regime, "{name}");
            // A unit of the reference's last digit.
            let places = reference.split('.').nth(1).unwrap().len() as i32;
            let slack = 10_f64.powi(-places);
            assert_number(
                &item[key],
                &float(reference),
                slack,
                digits.parse().unwrap(),
            );
        }
    }
    let gelu = &classified(&["gelu"], "15")[0];
    assert_eq!(gelu["phase"], "chaotic");
}

#[test]
fn closed_forms_to_fifty_digits() {
    let e2 = real(-2.0).exp();
    let sin = (real(1.0) - &e2) / 2_u32;
    // sin: E phi^2 = (1 - e^-2)/2, E phi' = e^(-1/2), E phi'^2 = (1 + e^-2)/2.
    let sin_b = (real(1.0) + &e2) / 2_u32 / &sin;
    let sin_a = real(-0.5).exp() / sin.sqrt();
    // erf: dual(rho) = asin(2 rho/3) / asin(2/3) [Williams 1997].
    let erf = (real(2.0) / 3_u32).asin();
    let erf_a = (real(2.0) / 3_u32 / &erf).sqrt();
    let erf_b = real(2.0) / real(5.0).sqrt() / &erf;
    // relu minus its mean: E phi^2 = 1/2 - 1/(2 pi), E phi' = 1/2, E phi'^2 = 1/2.
    let shifted = (real(1.0) - pi().recip()) / 2_u32;
    let shifted_a = real(0.5) / shifted.clone().sqrt();
    let shifted_b = real(0.5) / &shifted;
    let table = [
        ("sin(x)", sin_a, sin_b),
        ("erf(x)", erf_a, erf_b),
        ("max(x,0)-1/sqrt(2*pi)", shifted_a, shifted_b),
    ];
    for (name, a_prime, b_prime) in table {
        let item = &classified(&[name], "50")[0];
        assert_number(&item["a_prime"], &a_prime, 0.0, 50);
        assert_number(&item["b_prime"], &b_prime, 0.0, 50);
        assert_number(&item["alpha"], &alpha(a_prime, b_prime), 0.0, 50);
        assert_eq!(item["a"]["value"], "0", "{name}");
        assert_eq!(item["regime"], "singular", "{name}");
        assert_eq!(item["proved"], true, "{name}");
    }
}

#[test]
fn relu_is_at_the_edge_of_chaos_and_that_is_proved() {
    let item = &classified(&["relu"], "50")[0];
    assert_eq!(item["regime"], "majority");
    assert_eq!(item["phase"], "edge-of-chaos");
    assert_eq!(item["edge_exponent"], "3/2");
    assert_eq!(item["proved"], true);
    assert_eq!(item["missing"], serde_json::json!([]));
    assert!(!item["evidence"].as_array().unwrap().is_empty());
    assert_number(&item["a"], &pi().sqrt().recip(), 0.0, 50);
    assert_eq!(item["a"]["exact"], "1/sqrt(pi)");
    for key in ["b_prime", "fixed_point"] {
        let one = serde_json::json!({"value": "1", "radius": "0", "exact": "1"});
        assert_eq!(item[key], one, "{key}");
    }
    let two = serde_json::json!({"value": "2", "radius": "0", "exact": "2"});
    assert_eq!(item["normalisation"], two);
}

#[test]
fn nearest_neighbour_linear_and_jumps() {
    let items = classified(&["x^2-1", "hermite(5, x)", "-x", "sign(x)"], "15");
    for (item, order) in items.iter().zip([2, 5]) {
        assert_eq!(item["regime"], "nearest-neighbour");
        assert_eq!(item["order"], order);
        assert_eq!(item["proved"], true);
    }
    assert_eq!(items[2]["regime"], "linear");
    assert_eq!(items[3]["b_prime"]["value"], "inf");
    assert_eq!(items[3]["regime"], "singular");
}

#[test]
fn optimal_activations_have_the_dimension_as_alpha() {
    let names: Vec<_> = (2..=64).map(|d| format!("optimal({d})")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for (d, item) in (2..).zip(classified(&names, "15")) {
        assert_eq!(item["regime"], "singular", "{d}");
        assert_eq!(item["alpha"]["exact"], d.to_string(), "{d}");
        assert_eq!(item["alpha"]["radius"], "0", "{d}");
    }
    let words = deeplimit(&["classify", "optimal(4)"]).stdout;
    assert!(
        words.contains("alpha = 4: Bayes-consistent in dimension 4"),
        "{words}"
    );
}

#[test]
fn the_keys_of_the_contract() {
    let item = &classified(&["tanh"], "15")[0];
    let mut keys: Vec<_> = item
        .as_object()
        .unwrap()
        .iter()
        .map(|(k, v)| (k.as_str(), kind(v)))
        .collect();
    keys.sort_unstable();
    let expected = [
        ("a", "number"),
        ("a_prime", "number"),
        ("activation", "string"),
        ("alpha", "number"),
        ("b_prime", "number"),
        ("edge_exponent", "null"),
        ("evidence", "array"),
        ("facts", "array"),
        ("fixed_point", "number"),
        ("missing", "array"),
        ("multiplier", "number"),
        ("nearby", "array"),
        ("normalisation", "number"),
        ("order", "null"),
        ("phase", "null"),
        ("proved", "bool"),
        ("regime", "string"),
    ];
    assert_eq!(keys, expected);
}

fn kind(v: &Json) -> &'static str {
    match v {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(map) => {
            assert_eq!(map.keys().collect::<Vec<_>>(), ["exact", "radius", "value"]);
            assert!(map["value"].is_string() && map["radius"].is_string());
            "number"
        }
    }
}

#[test]
fn a_bad_expression_leaves_the_others_alone() {
    let session = deeplimit(&["classify", "--json", "relu", "2*rleu(x)", "log(x)", "x"]);
    assert_eq!(session.code, Some(2));
    let items = json(&session);
    assert_eq!(items[0]["regime"], "majority");
    assert_eq!(items[3]["regime"], "linear");
    assert_eq!(items[1]["activation"], "2*rleu(x)");
    assert_eq!(items[1]["error"]["kind"], "parse");
    assert_eq!(items[1]["error"]["at"], serde_json::json!([2, 6]));
    assert_eq!(items[2]["activation"], "log(x)");
    assert_eq!(items[2]["error"]["kind"], "domain");
    assert_eq!(items[2]["error"]["at"], Json::Null);
    assert!(session.stderr.contains("relu") && session.stderr.contains("    ^^^^\n"));
}

#[test]
fn bad_input_is_one_clear_sentence_and_code_2_at_once() {
    for (text, word) in [
        ("log(x)", "log(x)"),
        ("1/x", "1/x"),
        ("exp(x^2)", "exp(x^2)"),
        ("0", "0"),
        ("x-x", "x-x"),
        ("1/0", "0"),
        ("sqrt(x)", "sqrt(x)"),
        ("tan(x)", "tan(x)"),
        ("rleu(x)", "relu"),
    ] {
        let session = deeplimit(&["classify", text]);
        assert_bad(text, &session);
        assert!(session.stderr.contains(word), "{text}: {}", session.stderr);
    }
}

#[test]
fn large_numbers_in_small_expressions_are_no_trap() {
    for text in [
        "1e1000000000",
        "x^1000000000",
        "x^99999999999999999999",
        "hermite(4000000000, x)",
    ] {
        let session = deeplimit(&["classify", text, "--timeout", "5"]);
        assert!(
            matches!(session.code, Some(1 | 2)),
            "{text}: {}{}",
            session.stdout,
            session.stderr
        );
        assert!(
            session.took < Duration::from_secs(10),
            "{text}: {:?}",
            session.took
        );
    }
}

#[test]
fn a_deadline_ends_in_undecided() {
    let line = ["classify", "mish", "--digits", "1000", "--timeout", "0.05"];
    let session = deeplimit(&[&line[..], &["--json"]].concat());
    assert_eq!(session.code, Some(1), "{}", session.stderr);
    let item = &json(&session)[0];
    assert_eq!(item["regime"], "undecided");
    assert_eq!(item["proved"], false);
    assert_eq!(item["missing"].as_array().unwrap().len(), 1);
    assert!(session.took < Duration::from_secs(5), "{:?}", session.took);
    assert!(deeplimit(&line).stdout.contains("undecided: "));
}

#[test]
fn a_minus_sign_may_come_first() {
    for line in [["classify", "-x", "--json"], ["classify", "--json", "-x"]] {
        assert_eq!(json(&deeplimit(&line))[0]["regime"], "linear");
    }
    let session = deeplimit(&["classify", "--json", "--", "--x"]);
    assert_eq!(json(&session)[0]["regime"], "linear");
    // The place of an error is counted in what was typed.
    let session = deeplimit(&["classify", "--json", "-y"]);
    assert_eq!(json(&session)[0]["error"]["at"], serde_json::json!([1, 2]));
    assert_eq!(json(&session)[0]["activation"], "-y");
}

#[test]
fn order_is_kept_and_nothing_is_lost_among_many() {
    let names = ["x", "x^2-1", "relu", "x^3-3*x", "abs(x)"];
    let all: Vec<_> = names.iter().cycle().take(60).copied().collect();
    let items = classified(&all, "5");
    let once = classified(&names, "5");
    for (n, item) in items.iter().enumerate() {
        assert_eq!(*item, once[n % names.len()]);
    }
}

#[test]
fn the_roads_agree() {
    for name in ["tanh", "gelu", "relu", "softplus"] {
        let ball = &classified(&[name], "15")[0];
        for road in ["f64", "mpfr"] {
            let session = deeplimit(&["classify", name, "--json", "--arithmetic", road]);
            let item = &json(&session)[0];
            assert_eq!(item["regime"], ball["regime"], "{name} {road}");
            let reference = float(ball["b_prime"]["value"].as_str().unwrap());
            let value = float(item["b_prime"]["value"].as_str().unwrap());
            let radius = float(item["b_prime"]["radius"].as_str().unwrap());
            // The ball's own rounding to 15 digits: half a unit of the last.
            let slack = real(5e-15) * &reference;
            assert!(
                (value - reference).abs() <= radius + slack,
                "{name} {road}: {item}"
            );
        }
    }
}

#[test]
fn the_evidence_is_explained() {
    let plain = deeplimit(&["classify", "tanh"]).stdout;
    let explained = deeplimit(&["classify", "tanh", "--explain"]).stdout;
    assert!(
        !plain.contains("evidence") && explained.contains("evidence\n    1. "),
        "{explained}"
    );
}

#[test]
fn the_catalogue_is_listed_and_every_entry_can_be_typed() {
    let text = deeplimit(&["activations"]);
    assert_eq!(text.code, Some(0));
    let items = json(&deeplimit(&["activations", "--json"]));
    let items = items.as_array().unwrap();
    assert!(items.len() >= 25);
    for item in items {
        let usage = item["activation"].as_str().unwrap();
        assert!(text.stdout.contains(usage), "{usage}");
        let name = usage.split('(').next().unwrap();
        let typed = match name {
            "hermite" => "hermite(3, x)",
            "optimal" => "optimal(3)",
            name => name,
        };
        // `expect` parses and evaluates; E phi of every entry exists.
        let session = deeplimit(&["expect", typed, "--digits", "5"]);
        assert_eq!(session.code, Some(0), "{usage}: {}", session.stderr);
    }
}

#[test]
fn constants_hermite_dual_and_expect() {
    let items = json(&deeplimit(&[
        "constants",
        "relu",
        "tanh",
        "sign(x)",
        "--json",
    ]));
    let keys: Vec<_> = items[0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "a",
            "a_prime",
            "activation",
            "alpha",
            "b_prime",
            "normalisation"
        ]
    );
    assert_number(&items[0]["a_prime"], &real(0.5).sqrt(), 0.0, 15);
    assert_number(&items[1]["alpha"], &float("0.88070363080779621"), 1e-17, 15);
    assert_eq!(items[2]["b_prime"]["value"], "inf");

    // sqrt(2) relu: a_0 = 1/sqrt(pi), a_1 = 1/sqrt(2), a_2 = 1/sqrt(2 pi), a_3 = 0.
    let items = json(&deeplimit(&[
        "hermite", "relu", "--terms", "4", "--digits", "30", "--json",
    ]));
    let expected = [
        pi().sqrt().recip(),
        real(0.5).sqrt(),
        (pi() * 2_u32).sqrt().recip(),
    ];
    for (n, reference) in expected.iter().enumerate() {
        assert_eq!(items[n]["n"], n);
        assert_number(&items[n]["value"], reference, 0.0, 30);
    }
    assert_eq!(items[3]["value"]["value"], "0");
    assert_eq!(items.as_array().unwrap().len(), 4);

    // relu's dual is kappa_1, its slope kappa_0 [Cho, Saul 2009].
    let line = [
        "dual",
        "relu",
        "--at",
        "-1,0,0.5,1",
        "--slope",
        "--digits",
        "30",
        "--json",
    ];
    let items = json(&deeplimit(&line));
    let kappa0 = |rho: f64| real(1.0) - real(rho).acos() / pi();
    let kappa1 = |rho: f64| {
        let sine = real(1.0 - rho * rho).sqrt();
        (sine + (pi() - real(rho).acos()) * rho) / pi()
    };
    for (item, (at, rho)) in
        items
            .as_array()
            .unwrap()
            .iter()
            .zip([("-1", -1.0), ("0", 0.0), ("0.5", 0.5), ("1", 1.0)])
    {
        assert_eq!(item["at"], at);
        for (key, reference) in [("dual", kappa1(rho)), ("slope", kappa0(rho))] {
            if reference.is_zero() {
                assert_eq!(item[key]["value"], "0", "{at} {key}");
            } else {
                assert_number(&item[key], &reference, 0.0, 30);
            }
        }
    }
    let items = json(&deeplimit(&["dual", "relu", "--at", "1/3,2", "--json"]));
    assert_eq!(items[0]["slope"], Json::Null);
    assert_eq!(items[1]["at"], "2");
    assert_eq!(items[1]["error"]["kind"], "domain");

    // Moments: E Z^4 = 3, E |Z| = sqrt(2/pi), E exp(Z) = sqrt(e).
    let items = json(&deeplimit(&[
        "expect", "x^4", "abs(x)", "exp(x)", "exp(x^2)", "--digits", "40", "--json",
    ]));
    assert_eq!(items[0]["expression"], "x^4");
    assert_number(&items[0]["value"], &real(3.0), 0.0, 40);
    assert_number(&items[1]["value"], &(real(2.0) / pi()).sqrt(), 0.0, 40);
    assert_number(&items[2]["value"], &real(0.5).exp(), 0.0, 40);
    assert_eq!(items[3]["error"]["kind"], "domain");
}
