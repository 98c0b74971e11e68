//! `deeplimit ntk` and `deeplimit phase`: reference values, the JSON, bad input.
//!
//! References: closed forms, published recursions, or mpmath (`tests/oracles/related.txt`); none is copied from the
//! program's output.

use crate::support::{AT_ONCE, assert_bad, begins, deeplimit, float, items};
use serde_json::Value as Json;

fn ntk<'a>(expression: &'a str, rho: &'a str, depth: &'a str, more: &[&'a str]) -> Vec<Json> {
    let line = ["ntk", expression, "--rho", rho, "--depth", depth, "--json"];
    items(&[&line, more].concat())
}

#[test]
fn deep_relu() {
    // mpmath, 60 digits
    for (depth, layers, reference) in [
        ("1000", 1001.0, 0.253_802_446_574_081),
        ("200000", 200_001.0, 0.250_029_056_293_818_8),
    ] {
        let row = &ntk("relu", "0.5", depth, &[])[0];
        let ratio = float(&row["ntk"]) / layers;
        assert!((ratio - reference).abs() < 1e-14, "{depth} {ratio}");
        assert_eq!(row["depth"].as_u64(), depth.parse().ok());
    }
}

/// No hidden layer: `S_0 = T_0 = rho`, in the conventions `sigma_w^2 rho + sigma_b^2` and `rho + beta^2`.
#[test]
fn a_depth_of_zero_is_linear() {
    for (activation, more, reference) in [
        ("relu", &[][..], 0.5),
        ("sign", &[], 0.5),
        ("x^2-1", &[], 0.5),
        ("tanh", &["--sigma-w", "2", "--sigma-b", "1/2"], 2.25),
        (
            "relu",
            &["--convention", "jacot2018", "--sigma-b", "2"],
            4.5,
        ),
        ("gelu", &["--sigma-w", "1", "--norms", "4,9"], 3.0),
    ] {
        let row = &ntk(activation, "1/2", "0", more)[0];
        assert_eq!(float(&row["nngp"]), reference, "{activation}");
        assert_eq!(float(&row["ntk"]), reference, "{activation}");
    }
    // also where the tangent kernel of deeper networks is infinite
    assert_eq!(float(&ntk("sign", "1", "0", &[])[0]["ntk"]), 1.0);
}

#[test]
fn a_depth_of_a_trillion_costs_nothing() {
    let session = deeplimit(&["ntk", "relu", "--rho", "0.5", "--depth", "1e12", "--json"]);
    assert!(session.took < AT_ONCE, "{:?}", session.took);
    let json: Json = serde_json::from_str(&session.stdout).unwrap();
    // T_L/(L+1) = 1/4 + (3/8) log(L)/L + O(1/L)
    assert!((float(&json[0]["ntk"]) / 1e12 - 0.25).abs() < 1e-10);
    assert_eq!(json[0]["depth"].as_u64(), Some(1_000_000_000_000));
    // dual (rho^3+rho)/2: T_100/(101 2^-100) from mathematics.md, and an exponent far outside of doubles
    let rows = ntk(
        "(hermite(1,x)+hermite(3,x))/sqrt(2)",
        "0.5",
        "100",
        &["--digits", "20"],
    );
    let scaled = float(&rows[0]["ntk"]) / 101.0 * 2f64.powi(100);
    assert!((scaled - 0.721_780_004_833_317).abs() < 1e-14, "{scaled}");
    let rows = ntk("(hermite(1,x)+hermite(3,x))/sqrt(2)", "0.5", "1e12", &[]);
    // h(0.5) 2^(-10^12), h(0.5) = 0.713599128288601206..., 10^12 log10(2) = 301029995663.981195...
    begins(&rows[0]["nngp"], "7.4517640845232");
    let value = rows[0]["nngp"]["value"].as_str().unwrap();
    assert!(value.ends_with("e-301029995665"), "{value}");
}

#[test]
fn conventions() {
    // related.txt (e) and (f)
    let row = &ntk("relu", "-1/2,0.5", "5", &["--digits", "30"]);
    begins(&row[0]["ntk"], "1.5071068019861673526731534676");
    begins(&row[1]["ntk"], "2.4628931324580212808478945354");
    assert_eq!(row[0]["convention"], "radhakrishnan2022");
    let jacot = [
        "--convention",
        "jacot2018",
        "--sigma-b",
        "1",
        "--norms",
        "1/2,0.5",
    ];
    let row = &ntk("relu", "1", "3", &jacot)[0];
    assert_eq!(float(&row["ntk"]), 3.5);
    // neural-tangents with W_std^2 = 2 is twice Arora's (9)
    let lee = &ntk(
        "relu",
        "0.5",
        "5",
        &["--sigma-w", "sqrt(2)", "--digits", "30"],
    )[0];
    assert_eq!(lee["convention"], "lee2019");
    begins(&lee["ntk"], "4.92578626491604256169578907080");
}

/// Variances that grow, vanish, or go through all sizes.
#[test]
fn depths_that_were_out_of_reach() {
    // twice the normalised kernel: (L+1)/2 + 3/4 log(L+1) + ... (theory notes 4.5)
    let row = &ntk("relu", "0.5", "1e12", &["--sigma-w", "sqrt(2)"])[0];
    begins(&row["nngp"], "2.00000000000000");
    begins(&row["ntk"], "500000000023.69");
    // the weights only scale: T_L/k_L stays
    let unit = &ntk("relu", "0.5", "1e12", &[])[0];
    let half = &ntk("relu", "0.5", "1e12", &["--sigma-w", "2", "--norms", "3,3"])[0];
    let exponent = |x: &Json| -> i64 {
        x["value"]
            .as_str()
            .unwrap()
            .split_once('e')
            .unwrap()
            .1
            .parse()
            .unwrap()
    };
    // 12 * 2^(10^12): log10(2) 10^12 + log10(12)
    assert_eq!(exponent(&half["nngp"]), 301_029_995_665);
    assert!((float(&unit["ntk"]) / 1e12 - 0.25).abs() < 1e-10);
    // mpmath, 40 digits, layer by layer with the closed form of Tsuchida et al.
    let row = &ntk("gelu", "0.5", "100", &["--sigma-w", "1.5"])[0];
    begins(&row["nngp"], "131053.536435823");
    begins(&row["ntk"], "2978752.19788141");
    // reference values to six digits
    for (depth, nngp, tangent) in [
        ("100", "4.78959", "4.83791"),
        ("1000", "6.70357", "6.71033"),
    ] {
        let row = &ntk("tanh", "0.5", depth, &["--sigma-w", "0.5"])[0];
        let value = |key: &str| row[key]["value"].as_str().unwrap().to_owned();
        let (k, t) = (value("nngp"), value("ntk"));
        let near = |text: &str, expected: &str| {
            let mantissa: f64 = text.split_once('e').unwrap().0.parse().unwrap();
            (mantissa - expected.parse::<f64>().unwrap()).abs() < 5.1e-6
        };
        assert!(near(&k, nngp) && near(&t, tangent), "{depth} {k} {t}");
        let exponents = if depth == "100" {
            ["e-62", "e-60"]
        } else {
            ["e-604", "e-601"]
        };
        assert!(
            k.ends_with(exponents[0]) && t.ends_with(exponents[1]),
            "{k} {t}"
        );
    }
}

/// `erf` with `sigma_w^2 = 1`, `sigma_b = 0` and norms 1/2, 3/2, one layer (Williams 1997):
/// `nngp = (2/pi) asin(2k/sqrt(2 * 4))`, `ntk = nngp + k (4/pi)/sqrt(8 - 4k^2)`, `k = rho sqrt(3)/2`.
#[test]
fn inputs_of_different_norms() {
    let row = &ntk(
        "erf(x)",
        "0.4",
        "1",
        &["--sigma-w", "1", "--norms", "0.5,1.5"],
    )[0];
    let k = 0.4 * 3f64.sqrt() / 2.0;
    let pi = std::f64::consts::PI;
    let nngp = 2.0 / pi * (2.0 * k / 8f64.sqrt()).asin();
    let ntk = nngp + k * 4.0 / pi / (8.0 - 4.0 * k * k).sqrt();
    assert!((float(&row["nngp"]) - nngp).abs() < 1e-14);
    assert!((float(&row["ntk"]) - ntk).abs() < 1e-14);
}

#[test]
fn the_keys_of_the_contract() {
    let row = &ntk("tanh", "0.5", "3", &[])[0];
    let keys: Vec<_> = row
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for key in [
        "rho",
        "depth",
        "convention",
        "nngp",
        "ntk",
        "limit",
        "correction",
    ] {
        assert!(keys.contains(&key), "{key} {keys:?}");
    }
    for key in ["value", "radius", "exact"] {
        assert!(row["ntk"].get(key).is_some(), "{key}");
    }
    // a bad correlation leaves the others alone
    let session = deeplimit(&["ntk", "relu", "--rho", "0.5,2", "--depth", "3", "--json"]);
    assert_eq!(session.code, Some(2));
    let json: Json = serde_json::from_str(&session.stdout).unwrap();
    assert!(json[0]["ntk"].is_object() && json[1]["error"].is_object());
    // the diagonal of a jump
    let row = &ntk("sign(x)", "1", "3", &[])[0];
    assert_eq!(row["ntk"]["value"], "inf");
}

#[test]
fn the_edge_of_chaos() {
    // related.txt (c): sigma_b^2 = 0.01
    let row = &items(&[
        "phase",
        "tanh",
        "--sigma-b",
        "0.1",
        "--digits",
        "21",
        "--json",
    ])[0];
    begins(&row["q"], "0.273300913458231291446");
    begins(&row["sigma_w"], "1.19340072502432967753");
    // relu: sigma_w = sqrt(2), sigma_b = 0, at every variance
    let row = &items(&["phase", "relu", "--json"])[0];
    begins(&row["sigma_w"], "1.4142135623730");
    assert_eq!(
        (row["sigma_b"]["value"].as_str(), &row["q"]),
        (Some("0"), &Json::Null)
    );
    // x^2: V = 3 q^2, D = 4 q: sigma_w^2 = 1/(4q), sigma_b^2 = q/4
    let all = items(&["phase", "x^2", "--points", "6", "--json"]);
    assert_eq!(all.len(), 6);
    for row in &all {
        let q = float(&row["q"]);
        assert!((float(&row["sigma_w"]).powi(2) * 4.0 * q - 1.0).abs() < 1e-13);
        assert!((float(&row["sigma_b"]).powi(2) * 4.0 / q - 1.0).abs() < 1e-13);
    }
}

/// The fixed point must attract.
#[test]
fn points_of_the_edge_that_no_network_reaches() {
    let count = |text: &str| {
        let rows = items(&["phase", text, "--json"]);
        let inner = rows.iter().filter(|r| r["end"].is_null());
        let repelling = inner
            .clone()
            .filter(|r| r["fixed_point"] == "repels")
            .count();
        (repelling, inner.count())
    };
    for (text, repelling, points) in [
        ("silu", 12, 12),
        ("gelu", 7, 12),
        ("mish", 5, 12),
        // sigma_b^2 = q* - 1: there are none below q* = 1
        ("exp(x)", 8, 8),
        ("x^3", 12, 12),
        ("squared_relu", 12, 12),
    ] {
        assert_eq!(count(text), (repelling, points), "{text}");
    }
    let session = deeplimit(&["phase", "silu"]);
    assert_eq!(session.code, Some(0));
    assert!(
        session.stdout.contains("no attracting edge in this range"),
        "{}",
        session.stdout
    );
    let session = deeplimit(&["phase", "gelu"]);
    assert!(
        session.stdout.contains("a branch ends at q* = "),
        "{}",
        session.stdout
    );
    assert!(
        !session.stdout.contains("no attracting edge"),
        "{}",
        session.stdout
    );
    // silu with sigma_b = 0.1 no longer contradicts itself: the point repels, and the network stands elsewhere
    let row = &items(&["phase", "silu", "--sigma-b", "0.1", "--json"])[0];
    begins(&row["sigma_w"], "1.82005172226363");
    assert_eq!(row["fixed_point"], "repels");
    let here = &items(&["phase", "silu", "--at", "1.82005172226363,0.1", "--json"])[0];
    assert_eq!(here["phase"], "ordered");
    let there = float(&row["q"]);
    let repelling = here["repelling"].as_array().unwrap();
    assert!(
        repelling
            .iter()
            .any(|r| (float(&r["q"]) / there - 1.0).abs() < 1e-9),
        "{here}"
    );
    // a point that attracts, typed as it was printed
    let row = &items(&["phase", "tanh", "--sigma-b", "0.1", "--json"])[0];
    assert_eq!(row["fixed_point"], "attracts");
    let typed = format!("{},0.1", row["sigma_w"]["value"].as_str().unwrap());
    let here = &items(&["phase", "tanh", "--at", &typed, "--json"])[0];
    assert_eq!(
        (&here["phase"], &here["edge"]),
        (&Json::Null, &Json::Bool(true))
    );
}

/// Growing without end is an answer.
#[test]
fn variances_that_do_not_settle() {
    let row = &items(&["phase", "relu", "--at", "2,0.1", "--json"])[0];
    assert_eq!(
        (&row["phase"], &row["variance"]),
        (&"diverging".into(), &"grows without end".into())
    );
    assert_eq!(
        (row["q"]["value"].as_str(), float(&row["chi_1"])),
        (Some("inf"), 2.0)
    );
    let session = deeplimit(&["phase", "relu", "--at", "2,0.1"]);
    assert!(
        session.stdout.contains("the variance grows without end"),
        "{}",
        session.stdout
    );
    let row = &items(&["phase", "tanh", "--at", "1/2,0", "--json"])[0];
    assert_eq!(
        (&row["phase"], &row["variance"]),
        (&"ordered".into(), &"shrinks to 0".into())
    );
    let row = &items(&["phase", "relu", "--at", "sqrt(2),0", "--json"])[0];
    assert_eq!(
        (&row["phase"], &row["variance"]),
        (&"critical".into(), &"stays".into())
    );
}

#[test]
fn where_a_network_stands() {
    // relu, sigma_w = sigma_b = 1: q = q/2 + 1, chi = 1/2
    let row = &items(&["phase", "relu", "--at", "1,1", "--json"])[0];
    assert_eq!(row["phase"], "ordered");
    assert_eq!(float(&row["q"]), 2.0);
    assert!((float(&row["xi_1"]) * 2f64.ln() - 1.0).abs() < 1e-14);
    // sin, no bias: c* = 0 and chi(0) = sigma_w^2 e^-q; q = sigma_w^2 (1 - e^(-2q))/2
    let row = &items(&["phase", "sin(x)", "--at", "2,0", "--json"])[0];
    let (q, chi) = (float(&row["q"]), float(&row["chi_c"]));
    assert!((2.0 * (1.0 - (-2.0 * q).exp()) - q).abs() < 1e-13);
    assert_eq!(
        (row["phase"].as_str(), float(&row["c"])),
        (Some("chaotic"), 0.0)
    );
    // slope of the map of correlations at 0: sigma_w^2 q (E phi')^2/q* = 4 e^-q
    assert!((chi - 4.0 * (-q).exp()).abs() < 1e-13, "{chi}");
}

#[test]
fn bad_input_is_one_clear_sentence() {
    let long = format!("1{}", "0".repeat(400));
    for (more, word) in [
        (&["--rho", "2", "--depth", "3"][..], "between -1 and 1"),
        (&["--rho", "nan", "--depth", "3"], "no correlation"),
        (&["--rho", "0.5", "--depth", "-3"], "from 0 to 10^18"),
        (&["--rho", "0.5", "--depth", "10^400"], "from 0 to 10^18"),
        (&["--rho", "0.5", "--depth", &long], "from 0 to 10^18"),
        (
            &["--rho", "0.5", "--depth", "3", "--sigma-w", "0"],
            "sigma_w = 0",
        ),
        (
            &["--rho", "0.5", "--depth", "3", "--sigma-w", "-1"],
            "positive",
        ),
        (
            &["--rho", "0.5", "--depth", "3", "--sigma-w", "nan"],
            "sigma_w must be a constant",
        ),
        (
            &["--rho", "0.5", "--depth", "3", "--sigma-b", "x"],
            "sigma_b must be a constant",
        ),
        (
            &["--rho", "0.5", "--depth", "3", "--sigma-b", "-1"],
            "not be negative",
        ),
        (&["--rho", "0.5", "--depth", "3", "--norms", "1"], "two"),
        (
            &["--rho", "0.5", "--depth", "3", "--norms", "0,1"],
            "greater than 0",
        ),
        (
            &["--rho", "0.5", "--depth", "3", "--convention", "jacot"],
            "jacot2018",
        ),
        (
            &[
                "--rho",
                "0.5",
                "--depth",
                "3",
                "--convention",
                "arora2019",
                "--sigma-w",
                "2",
            ],
            "lee2019",
        ),
    ] {
        let session = deeplimit(&[&["ntk", "relu"], more].concat());
        assert_bad(&more.join(" "), &session);
        assert!(
            session.stderr.contains(word),
            "{more:?}: {}",
            session.stderr
        );
    }
    for (line, word) in [
        (&["phase", "sign(x)"][..], "jumps"),
        (&["phase", "tanh", "--at", "0,1"], "sigma_w"),
        (&["phase", "tanh", "--at", "1"], "two"),
        (&["phase", "tanh", "--sigma-b", "-1"], "not negative"),
        (&["phase", "tanh", "--sigma-b", "inf"], "decimal number"),
    ] {
        let session = deeplimit(line);
        assert_bad(&line.join(" "), &session);
        assert!(
            session.stderr.contains(word),
            "{line:?}: {}",
            session.stderr
        );
    }
}

#[test]
fn a_deadline_is_kept() {
    let line = [
        "ntk",
        "mish",
        "--rho",
        "0.5",
        "--depth",
        "300",
        "--sigma-b",
        "0.1",
        "--digits",
        "300",
    ];
    let session = deeplimit(&[&line[..], &["--timeout", "0.2"]].concat());
    assert_eq!(session.code, Some(2), "{}", session.stdout);
    assert!(session.stderr.contains("deadline"), "{}", session.stderr);
    assert!(session.took < AT_ONCE, "{:?}", session.took);
}
